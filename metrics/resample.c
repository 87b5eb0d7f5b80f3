/* resample.c - the cluster bootstrap on sums per cluster; see resample.h. */
#include "metrics/resample.h"

#include "harness/base/buf.h"
#include "harness/base/rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void resample_init(struct resample *r, size_t clusters)
{
    *r = (struct resample){.clusters = clusters};
}

void resample_release(struct resample *r)
{
    free(r->num);
    free(r->den);
    free(r->point);
    free(r->value);
    resample_init(r, 0);
}

size_t resample_add(struct resample *r, const double *num, const double *den)
{
    if (r->value)
        BUG("a quantity is added behind resample_run");
    if (r->n == r->cap) {
        r->cap = r->cap ? 2 * r->cap : 32;
        r->num = xrealloc(r->num, r->cap * r->clusters * sizeof *r->num);
        r->den = xrealloc(r->den, r->cap * r->clusters * sizeof *r->den);
    }
    if (r->clusters) {
        memcpy(r->num + r->n * r->clusters, num, r->clusters * sizeof *num);
        memcpy(r->den + r->n * r->clusters, den, r->clusters * sizeof *den);
    }
    return r->n++;
}

void resample_weights(uint64_t seed, size_t b, size_t clusters, uint32_t *ret_weights)
{
    struct buf label = BUF_INIT;

    buf_printf(&label, "replicate %zu", b);
    struct rng rng = rng_labelled(seed, buf_str(&label));
    buf_release(&label);
    memset(ret_weights, 0, clusters * sizeof *ret_weights);
    for (size_t i = 0; i < clusters; i++)
        ret_weights[rng_below(&rng, clusters)]++;
}

static double ratio_of_sums(
    const double *num, const double *den, const double *weights, size_t clusters)
{
    double n = 0, d = 0;

    for (size_t g = 0; g < clusters; g++) {
        n += weights[g] * num[g];
        d += weights[g] * den[g];
    }
    return d > 0 ? n / d : NAN;
}

static void one_replicate(struct resample *r, const double *weights, double *out, size_t stride)
{
    for (size_t q = 0; q < r->n; q++) {
        size_t at = q * r->clusters;
        out[q * stride] = ratio_of_sums(r->num + at, r->den + at, weights, r->clusters);
    }
}

void resample_run(struct resample *r, size_t replicates, uint64_t seed)
{
    uint32_t *counts = xcalloc(r->clusters, sizeof *counts);
    double *weights = xcalloc(r->clusters, sizeof *weights);

    if (r->value)
        BUG("resample_run is called twice");
    r->replicates = r->clusters ? replicates : 0;
    r->point = xcalloc(r->n, sizeof *r->point);
    r->value = xcalloc(r->n * r->replicates + 1, sizeof *r->value);
    for (size_t g = 0; g < r->clusters; g++)
        weights[g] = 1;
    one_replicate(r, weights, r->point, 1);
    for (size_t b = 0; b < r->replicates; b++) {
        resample_weights(seed, b, r->clusters, counts);
        for (size_t g = 0; g < r->clusters; g++)
            weights[g] = counts[g];
        one_replicate(r, weights, r->value + b, r->replicates);
    }
    free(counts);
    free(weights);
}

bool resample_point(const struct resample *r, size_t id, double *ret)
{
    if (!r->point || isnan(r->point[id]))
        return false;
    *ret = r->point[id];
    return true;
}

const double *resample_values(const struct resample *r, size_t id)
{
    return r->value + id * r->replicates;
}

struct interval resample_interval(const struct resample *r, size_t id, double *ret_lost)
{
    struct interval ci;
    double *copy;

    if (r->clusters < 2 || r->replicates == 0) {
        if (ret_lost)
            *ret_lost = 1;
        return INTERVAL_UNKNOWN;
    }
    copy = xmalloc(r->replicates * sizeof *copy);
    memcpy(copy, resample_values(r, id), r->replicates * sizeof *copy);
    ci = interval_percentile(copy, r->replicates, ret_lost);
    free(copy);
    return ci;
}
