/*
 * gain.h - how much more accurate an arm is than a reference at equal test tokens.
 *
 * Per test budget the gain is the mean paired difference D_j (series_pair), with a cluster
 * bootstrap interval and, for "up to" claims, a simultaneous lower bound. Between budgets both
 * arms are isotonic log-linear curves (curve.h), compared only where both have tokens: the
 * largest gain over T is biased upward as every maximum of estimates is, so its interval is that
 * of the maximum and the simultaneous bound is what may be claimed (SCIENCE.md 4).
 */
#ifndef METRICS_GAIN_H
#define METRICS_GAIN_H

#include "metrics/ratio.h"

struct gain_max {
    bool known;      /* the arms share a range of tokens */
    double tokens;   /* where the largest difference lies */
    double points;   /* largest F_arm(T) - F_ref(T), absolute */
    double relative; /* largest (F_arm - F_ref) / F_ref; 0 and has_relative false if F_ref is 0 */
    bool has_relative;
    struct interval ci, relative_ci;
    double from, to; /* shared range of tokens */
};

/* Largest difference over the shared range of T, at the knots of the two curves, where a
 * difference of piecewise (log-)linear functions has its maximum. */
struct gain_max gain_max(const struct resample *r, struct ratio_side ref, struct ratio_side arm);
/* The same on two isotonic curves; ci and relative_ci are unknown. */
struct gain_max gain_max_curves(const struct ratio_curves *c);

/* An arm's curve against one foreign point (pass@k) at the tokens of that point. */
struct gain_at {
    bool known;              /* the point lies within the arm's range of tokens */
    double accuracy, points; /* F_arm(T), F_arm(T) - accuracy of the point */
    struct interval ci;      /* of points */
};
struct gain_at gain_at(const struct resample *r, struct ratio_side arm, struct ratio_point at);

/* Reversal: the earliest T_x from which the reference is at least as accurate up to the end of the
 * shared range of tokens. */
struct gain_reversal {
    enum { GAIN_NO_RANGE, GAIN_NO_REVERSAL, GAIN_REVERSAL, GAIN_EVERYWHERE } kind;
    double tokens;      /* if GAIN_REVERSAL or GAIN_EVERYWHERE (then the start of the range) */
    double share;       /* of replicates with a reversal, of those with a shared range */
    struct interval ci; /* of tokens; no reversal counts as infinite */
};
const char *gain_reversal_text(const struct gain_reversal *g);
struct gain_reversal gain_reversal(
    const struct resample *r, struct ratio_side ref, struct ratio_side arm);
struct gain_reversal gain_reversal_curves(const struct ratio_curves *c);

/* Simultaneous 95 % lower bounds of n quantities: value_j - c se_j with se_j the standard
 * deviation of the replicates and c the 95 % quantile of max_j |value*_j - value_j| / se_j
 * (max-T). ret_lower[j] is NaN-free: quantities without replicates or variance get their value.
 * Returns false, outputs untouched, with fewer than 2 clusters. O(replicates x n). */
MUST_CHECK bool gain_simultaneous(
    const struct resample *r, const size_t *ids, size_t n, double *ret_lower);

/* Percentile interval of sum-ratio a / sum-ratio b per replicate: a relative gain. Replicates with
 * b = 0 are lost. */
struct interval gain_relative_interval(const struct resample *r, size_t a, size_t b);

#endif
