/*
 * interval.h - quantiles, Wilson's interval, and how much clusters widen it.
 *
 * All functions are pure and never return NaN; what cannot be estimated is said by a flag.
 */
#ifndef METRICS_INTERVAL_H
#define METRICS_INTERVAL_H

#include "harness/base/base.h"

#define INTERVAL_Z95 1.959963984540054 /* standard normal quantile at 0.975 */

struct interval {
    double lo, hi;
    bool known; /* false: not identified, lo and hi mean nothing */
};

#define INTERVAL_UNKNOWN ((struct interval){0, 0, false})

/* Quantile p in [0, 1] of n > 0 ascending values by linear interpolation between order statistics
 * (type 7 of Hyndman and Fan 1996, numpy's default). Infinite values are kept: next to one the
 * result is infinite. O(1). */
double interval_quantile(const double *sorted, size_t n, double p);

/* The same of n > 0 values in any order, none of them NaN; values[] is sorted. O(n log n). */
double interval_quantile_of(double *values, size_t n, double p);

/* Percentile interval (2.5 % to 97.5 %) of n replicates; values[] is used as scratch. Values that
 * are not a number are lost; infinite ones are lost too but stay in the order statistics. When
 * more than 5 % are lost, or none is left, the interval is unknown (SCIENCE.md 4, steps 7 and 8).
 * An end may be infinite: unbounded on that side. *ret_lost (may be NULL) is the share lost (1
 * for n = 0). O(n log n). */
struct interval interval_percentile(double *values, size_t n, double *ret_lost);

/* Wilson's score interval at 95 % of a share p out of n_eff > 0 independent trials:
 * (p + z^2/2n -+ z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n) (Wilson 1927). n_eff may be a
 * fraction: n items whose clusters inflate the variance by deff count as n / deff. */
struct interval interval_wilson(double p, double n_eff);

/* Standard errors of a mean of n values in clusters (Miller 2024, arXiv 2411.00640):
 *   se_iid^2     = sum (s_i - mean)^2 / (n (n-1))
 *   se_cluster^2 = se_iid^2 + sum over clusters of sum_{i != j} (s_i - mean)(s_j - mean) / n^2
 *   deff         = se_cluster^2 / se_iid^2 */
struct interval_spread {
    size_t n, clusters; /* clusters that hold at least one value */
    double mean, se_iid, se_cluster;
    double deff;
    bool has_deff; /* false with fewer than 2 clusters or no variance at all */
    double n_eff;  /* n / max(1, deff); without deff the number of clusters, the cautious end */
};

/* cluster[i] < nclusters. n = 0 gives all zeros. O(n + nclusters). */
struct interval_spread interval_spread(
    const double *values, const uint32_t *cluster, size_t n, size_t nclusters);

#endif
