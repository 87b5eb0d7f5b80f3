/*
 * curve.h - accuracy against tokens as a monotone curve, its inverse, and the Pareto set.
 *
 * A curve is made from the points of one arm, one per test budget. Estimation uses the isotonic
 * curve: points sorted by tokens and made non-decreasing by pooling adjacent violators (PAVA;
 * Ayer et al. 1955) with weights, then joined by straight lines in (log T, A). Its inverse is
 * T(a) = inf{T : F(T) >= a}: the first point's T below the first accuracy, infinite above the last
 * (SCIENCE.md 4, step 3). All functions are pure and work in the caller's memory.
 */
#ifndef METRICS_CURVE_H
#define METRICS_CURVE_H

#include "harness/base/base.h"

struct curve_point {
    double t, a; /* mean tokens, accuracy */
    double w;    /* weight in pooling: items observed */
    /* scratch of curve_isotonic */
    double pool_a, pool_w;
    size_t pool_n;
};

/* Sorts by t, merges points of equal t into their weighted mean, drops points that cannot stand
 * on a logarithmic axis (t <= 0 or not finite, accuracy not finite), then pools. Returns how many
 * points are left, at the front of p. O(n log n). */
size_t curve_isotonic(struct curve_point *p, size_t n);

/* T(a) of an isotonic curve of n > 0 points; accuracies within 1e-12 are the same. */
double curve_tokens_at(const struct curve_point *p, size_t n, double a);
/* F(t) for t within [first t, last t]; false outside: never extrapolated. */
MUST_CHECK bool curve_accuracy_at(const struct curve_point *p, size_t n, double t, double *ret);

/* i dominates j iff T_i <= T_j and a_i >= a_j and one of the two is strict. Sets ret[i] for the
 * points that none dominates; equal points do not dominate each other. Points that are not
 * finite are never in the set. O(n^2). */
void curve_pareto(const double *t, const double *a, size_t n, bool *ret);

#endif
