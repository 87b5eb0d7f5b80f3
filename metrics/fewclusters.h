/*
 * fewclusters.h - intervals and tests for a mean when clusters are few (below about 30), where a
 * percentile interval is too short: the bootstrap-t and the wild cluster bootstrap.
 *
 * The mean is a ratio of sums over clusters, theta = sum_g num_g / sum_g den_g (den_g items whose
 * values sum to num_g), as resample.h has it: an accuracy, or a mean paired difference. Its
 * standard error is CR1 (paired.h): se^2 = G/(G-1) sum_g (num_g - theta den_g)^2 / (sum den)^2.
 * Clusters with den_g = 0 are left out, and what is within PAIRED_ROUNDING (paired.h) of no
 * variance is none. Every replicate has a random stream of its own, made from (seed, b): any order
 * or number of threads gives the same. Both methods refer the pivot (theta* - theta)/se* to its own
 * resampled law instead of the normal one.
 */
#ifndef METRICS_FEWCLUSTERS_H
#define METRICS_FEWCLUSTERS_H

#include "metrics/interval.h"

enum fewclusters_kind {
    FEWCLUSTERS_OK,
    FEWCLUSTERS_TOO_FEW,     /* fewer than 2 clusters: nothing can be said */
    FEWCLUSTERS_NO_VARIANCE, /* every cluster lies on the mean: no standard error */
    FEWCLUSTERS_LOST,        /* over 5 % of the replicates have no pivot (bootstrap-t) */
    FEWCLUSTERS_UNBOUNDED    /* no value is rejected on one side or both: too few patterns */
};

struct fewclusters {
    enum fewclusters_kind kind;
    size_t clusters;    /* with items */
    double mean, se;    /* 0 without clusters, without variance */
    struct interval ci; /* 95 %; known only if OK, or UNBOUNDED with one end infinite */
    double p;           /* two-sided, of theta = 0; 1 where nothing can be said */
    double lost;        /* share of replicates without a finite pivot (bootstrap-t) */
    bool exact;         /* all weight patterns were counted (wild) */
    size_t replicates;  /* drawn, or patterns counted */
};
const char *fewclusters_text(enum fewclusters_kind kind);

/* Bootstrap-t: replicate b resamples the clusters with weights resample_weights(seed, b) over
 * those with items, t*_b = (theta*_b - theta)/se*_b, and the interval is [theta - q_.975 se,
 * theta - q_.025 se] with type-7 quantiles of t* (Efron 1979; Hall 1988, Ann. Stat. 16:927). se* =
 * 0 away from theta gives an infinite t*, kept in the order, and counts as lost, as does 0/0. p is
 * (1 + those with |t*| >= |theta/se|) / (1 + replicates). O(replicates x clusters). */
struct fewclusters fewclusters_bootstrap_t(
    const double *num, const double *den, size_t clusters, size_t replicates, uint64_t seed);

enum fewclusters_weights {
    FEWCLUSTERS_RADEMACHER, /* -1, 1 */
    FEWCLUSTERS_WEBB        /* -+sqrt(3/2), -+1, -+sqrt(1/2): for fewer than about 12 clusters */
};
enum { FEWCLUSTERS_WEBB_BELOW = 12 };
/* Webb's weights below FEWCLUSTERS_WEBB_BELOW clusters, where 2^G patterns are coarse (Webb 2023,
 * Can. J. Econ. 56:839), Rademacher's else. */
enum fewclusters_weights fewclusters_weights_for(size_t clusters);

/* Wild cluster bootstrap-t with the null imposed (Cameron, Gelbach and Miller 2008, Rev. Econ.
 * Stat. 90:414). For a value theta0: u_g = num_g - theta0 den_g, num*_g = theta0 den_g + v_g u_g
 * with random weights v; p(theta0) is the share of patterns whose |theta* - theta0|/se* is at least
 * |theta - theta0|/se (a tie within 1e-9 counts, as does se* = 0). If all patterns (2^G or 6^G) are
 * no more than `replicates` they are counted and p is exact, else drawn and p = (1 + count) /
 * (1 + replicates). The interval is {theta0: p(theta0) > 0.05}, found on each side by doubling the
 * distance from one se and then bisecting to 1e-12 of it; an end that is not found below 2^20 se
 * is infinite. With Rademacher weights and 5 clusters or fewer p never falls to 0.05.
 * O(replicates x (clusters + 140)). */
struct fewclusters fewclusters_wild(const double *num, const double *den, size_t clusters,
    enum fewclusters_weights weights, size_t replicates, uint64_t seed);

#endif
