/*
 * ratio.h - how many times fewer test tokens an arm needs for the accuracy of a reference arm.
 *
 * R(a) = T_ref(a) / T_arm(a) on isotonic log-linear curves (curve.h). Three forms, always told
 * apart:
 *   ratio_overlap  primary: exp of the mean of log R over the accuracies both arms reach, the
 *                  range recomputed in every replicate (a piecewise-linear Bjontegaard delta);
 *   ratio_fixed    sensitivity: the range of the full data, shrunk by a quarter at each end, is
 *                  kept; a level the reference does not reach counts +inf, the arm's -inf;
 *   ratio_max      the paper's headline form: the largest R at an observed point of the arm.
 *                  Biased upward: 1.2-1.6 without any effect on small data (SCIENCE.md 4).
 * and ratio_at for one accuracy. Intervals are percentiles over cluster resamples; where more than
 * 5 % of the replicates have no finite value the answer is "not identified".
 * The mean over a range is taken at RATIO_LEVELS midpoints. Complexity O(replicates x points log).
 */
#ifndef METRICS_RATIO_H
#define METRICS_RATIO_H

#include "metrics/curve.h"
#include "metrics/resample.h"

enum { RATIO_LEVELS = 50 };

/* One point of an arm: quantities of a resample. */
struct ratio_point {
    size_t acc, tok; /* numbers given by resample_add */
    double weight;   /* items observed */
};

struct ratio_side {
    const struct ratio_point *points;
    size_t n;
};

enum ratio_status {
    RATIO_IDENTIFIED,
    RATIO_LOWER_BOUND,   /* the reference never gets there: at least `value` */
    RATIO_UPPER_BOUND,   /* the arm never gets there: at most `value` */
    RATIO_NO_INTERVAL,   /* a value, but too many replicates without one for an interval */
    RATIO_NOT_IDENTIFIED /* no value at all */
};
const char *ratio_status_text(enum ratio_status s);

struct ratio {
    enum ratio_status status;
    double value;       /* unless RATIO_NOT_IDENTIFIED */
    struct interval ci; /* an end may be infinite */
    double from, to;    /* accuracies it is about; equal for a single one */
    double lost;        /* share of replicates without a finite value */
    bool clamped;       /* a lies below the first point of a curve: its first tokens are used */
    size_t dropped;     /* points without a place on a logarithmic axis (zero or unknown tokens) */
};

struct ratio ratio_overlap(const struct resample *r, struct ratio_side ref, struct ratio_side arm);
struct ratio ratio_fixed(const struct resample *r, struct ratio_side ref, struct ratio_side arm);
struct ratio ratio_max(const struct resample *r, struct ratio_side ref, struct ratio_side arm);
struct ratio ratio_at(
    const struct resample *r, struct ratio_side ref, struct ratio_side arm, double accuracy);

/* ---- the same on curves, without resampling -------------------------------------------- */

struct ratio_curves {
    struct curve_point *ref, *arm; /* isotonic */
    size_t nref, narm;
};

/* The accuracies both curves reach; false if there are none. A single common one is a range. */
MUST_CHECK bool ratio_shared(const struct ratio_curves *c, double *ret_lo, double *ret_hi);
/* Mean of log R over [lo, hi]; +-HUGE_VAL if a level is out of reach of one arm; false if of
 * both arms, at one level or at different ones. */
MUST_CHECK bool ratio_mean_log(const struct ratio_curves *c, double lo, double hi, double *ret);

/* Reads one side at a replicate (or at the full data: b = RATIO_POINT) into p, which has room for
 * side.n points; points without a value are left out. The result is not yet isotonic. */
#define RATIO_POINT SIZE_MAX
size_t ratio_read(
    const struct resample *r, struct ratio_side side, size_t b, struct curve_point *p);

#endif
