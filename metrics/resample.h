/*
 * resample.h - the cluster bootstrap: every quantity of a run under the same resampled clusters.
 *
 * A quantity is a ratio of sums over clusters, sum_g w_g num_g / sum_g w_g den_g: mean accuracy,
 * mean tokens, a mean paired difference. Replicate b draws as many clusters as there are, with
 * replacement, and w_g counts how often g was drawn; the same w serves all quantities, so arms,
 * levels and repeats of a cluster stay together and comparisons stay paired. Items are never
 * touched: a replicate costs O(clusters x quantities). Replicate b has a random stream of its own,
 * made from (seed, b) alone, so that any order or number of threads gives identical values.
 *
 *     struct resample r;
 *     resample_init(&r, clusters);
 *     size_t id = resample_add(&r, num, den);
 *     resample_run(&r, 2000, seed);
 *     struct interval ci = resample_interval(&r, id, NULL);
 *     resample_release(&r);
 */
#ifndef METRICS_RESAMPLE_H
#define METRICS_RESAMPLE_H

#include "metrics/interval.h"

struct resample {
    size_t clusters, n, cap, replicates;
    double *num, *den; /* [quantity * clusters + cluster] */
    double *point;     /* [quantity] with all weights 1; NaN where den is 0 */
    double *value;     /* [quantity * replicates + b]; NaN where den is 0 */
};

void resample_init(struct resample *r, size_t clusters);
void resample_release(struct resample *r);

/* Adds a quantity by its sums per cluster (copied) and returns its number. */
size_t resample_add(struct resample *r, const double *num, const double *den);

/* Draws all replicates. O(replicates x clusters x quantities). Once, behind the last add. */
void resample_run(struct resample *r, size_t replicates, uint64_t seed);

/* Weights of replicate b, as used by resample_run. */
void resample_weights(uint64_t seed, size_t b, size_t clusters, uint32_t *ret_weights);

/* False when no cluster has the quantity. */
bool resample_point(const struct resample *r, size_t id, double *ret);
/* Replicates of a quantity, r->replicates values. */
const double *resample_values(const struct resample *r, size_t id);
/* Percentile interval; unknown with fewer than 2 clusters in the frame. */
struct interval resample_interval(const struct resample *r, size_t id, double *ret_lost);

#endif
