/*
 * frontier_noise.h - curves of resampled points: intervals with the rules of identifiability, bands
 * of attainment, dominance, and what is left of a frontier when choosing and scoring are apart.
 *
 * A frontier of noisy points is optimistic, being a maximum of estimates. What is here takes the
 * points of an arm with their replicates, arrays of the same length for every point, in which b
 * means the same resample everywhere (so that arms stay paired); a value that is not finite means
 * that this replicate has no such point. They come from resample.h or any other sampler.
 * Intervals are 95 % percentiles and follow interval_percentile: replicates without a finite value
 * are counted, and above 5 % of them there is no interval. Source: SCIENCE 4 steps 6-8, 5 (noise).
 */
#ifndef METRICS_FRONTIER_NOISE_H
#define METRICS_FRONTIER_NOISE_H

#include "metrics/frontier_ratio.h"

struct frontier_sample {
    double t, a, w;        /* on the full data, as in struct curve_point */
    const double *ts, *as; /* [replicates]; may be NULL if there are none; borrowed */
};

struct frontier_arm {
    const struct frontier_sample *points;
    size_t n;
};

/* The points of one side of a resample, pointing into it; ret has room for side.n. The number of
 * replicates is r->replicates, to be taken as 0 with fewer than 2 clusters. O(n). */
void frontier_from_resample(
    const struct resample *r, struct ratio_side side, struct frontier_sample *ret);

/* ---- the mean ratio ----------------------------------------------------------------------- */

struct frontier_estimate {
    struct frontier_ratio point; /* of the full data; status may become RATIO_NO_INTERVAL */
    double ratio;                /* exp(point.log_ratio); 0 if not identified */
    struct interval ci;          /* of the ratio */
    size_t replicates, used;     /* used: with a finite value */
    size_t arm_above, arm_below; /* without common accuracy: the arm's lie all above, all below */
    size_t other;                /* without points, or with a cost of zero */
};

/* frontier_ratio_mean, its range made anew in each replicate. An interval is there only if the full
 * data is identified and at most 5 % of the replicates are lost; otherwise the status is
 * RATIO_NO_INTERVAL and the reason FRONTIER_LOST or FRONTIER_NO_REPLICATES. Counts are always
 * filled. O(replicates x n log n). */
struct frontier_estimate frontier_estimate_mean(
    enum frontier_form form, struct frontier_arm ref, struct frontier_arm arm, size_t replicates);

/* ---- any other quantity of two curves ------------------------------------------------------ */

/* False: not known. An infinite value is censored: lost, but in its place among the ordered. */
typedef bool frontier_quantity_fn(
    const struct frontier *ref, const struct frontier *arm, const void *payload, double *ret);

struct frontier_quantity {
    bool known; /* on the full data, and finite */
    double value;
    struct interval ci;
    size_t replicates, lost;
};
struct frontier_quantity frontier_quantity(enum frontier_form form, struct frontier_arm ref,
    struct frontier_arm arm, size_t replicates, frontier_quantity_fn *fn, const void *payload);

/* ---- attainment ---------------------------------------------------------------------------- */

/* What 95, 50 and 5 % of the replicate curves attain at T: the largest a with at least this share
 * of all replicates having F*(T) >= a, that is the ceil(share x replicates)-th largest F*(T). A
 * curve that starts behind T attains nothing there; one that ends before T holds its last accuracy
 * (a configuration no dearer than T got there). Empirical attainment function, no interpolation. */
enum { FRONTIER_BY_95, FRONTIER_BY_50, FRONTIER_BY_5, FRONTIER_BANDS };
struct frontier_band {
    double t;
    bool known[FRONTIER_BANDS]; /* false: less than this share attain anything */
    double a[FRONTIER_BANDS];
};
/* Fills a and known of ret[0..n), whose t are set. O(replicates x (points log + n log replicates)),
 * 8 n replicates bytes. Without replicates nothing is known. */
void frontier_attainment(enum frontier_form form, struct frontier_arm arm, size_t replicates,
    struct frontier_band *ret, size_t n);

/* Share of the replicates in which i dominates j (frontier.h); replicates that lack one of the two
 * are lost and count as none. Dominance is called only at a share of 0.95 or more. O(replicates).
 */
struct frontier_dominance {
    double share; /* 0 without replicates */
    size_t lost;
    bool called;
};
struct frontier_dominance frontier_dominance(
    const struct frontier_sample *i, const struct frontier_sample *j, size_t replicates);

/* ---- cross-fitting ------------------------------------------------------------------------- */

/* One configuration measured on two halves of the clusters. */
struct frontier_halves {
    double t[2], a[2];
};
/* Accuracy at budget T of "the best configuration that costs at most T": chosen on one half, scored
 * on the other, halves swapped, averaged. Of equal accuracies the cheaper is chosen, then the
 * first. False if on one half nothing costs at most T or the chosen one has no accuracy on the
 * other. O(n). */
MUST_CHECK bool frontier_crossfit(const struct frontier_halves *v, size_t n, double t, double *ret);

#endif
