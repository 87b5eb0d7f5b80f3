/*
 * slope.h - mean and slope of a paired difference, with cluster bootstrap intervals. Pure.
 *
 * For items i with a difference d_i and a covariate x_i: mean d, and the least-squares slope
 *   b = sum (x - xbar)(d - dbar) / sum (x - xbar)^2,
 * both with percentile intervals over resampled clusters (weights of resample.h, so that they are
 * the same clusters as everywhere else). An interval with fewer than 2 clusters, or with more than
 * 5 % of replicates in which x does not vary, is unknown.
 */
#ifndef METRICS_SLOPE_H
#define METRICS_SLOPE_H

#include "metrics/interval.h"

struct slope_item {
    size_t cluster;
    double x, d;
};

struct slope {
    size_t n, clusters;
    double mean, slope; /* slope: NAN if x does not vary */
    struct interval mean_ci, slope_ci;
};

/* O(n + replicates x clusters). */
struct slope slope_fit(
    const struct slope_item *items, size_t n, size_t clusters, size_t replicates, uint64_t seed);

#endif
