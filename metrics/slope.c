/* slope.c - see slope.h. */
#include "metrics/slope.h"

#include "metrics/resample.h"

#include <math.h>
#include <stdlib.h>

/* Sums over the items of a cluster; x is centred first, so that nothing cancels badly. */
struct sums {
    double n, x, d, xx, xd;
};

static void add(struct sums *to, const struct sums *s, double weight)
{
    to->n += weight * s->n;
    to->x += weight * s->x;
    to->d += weight * s->d;
    to->xx += weight * s->xx;
    to->xd += weight * s->xd;
}

static double slope_of(const struct sums *s)
{
    double spread = s->xx - s->x * s->x / s->n;

    return s->n > 0 && spread > 1e-12 * s->n ? (s->xd - s->x * s->d / s->n) / spread : NAN;
}

static struct sums *cluster_sums(const struct slope_item *items, size_t n, size_t clusters)
{
    struct sums *sums = xcalloc(clusters + 1, sizeof *sums);
    double centre = 0;

    for (size_t i = 0; i < n; i++)
        centre += items[i].x / (double)n;
    for (size_t i = 0; i < n; i++) {
        double x = items[i].x - centre;
        struct sums one = {1, x, items[i].d, x * x, x * items[i].d};
        add(&sums[items[i].cluster], &one, 1);
    }
    return sums;
}

static struct interval interval_of(double *values, size_t n, size_t lost)
{
    if (n == 0 || (double)lost > 0.05 * (double)(n + lost))
        return INTERVAL_UNKNOWN;
    return interval_percentile(values, n, NULL);
}

static void bootstrap(
    const struct sums *sums, size_t clusters, size_t replicates, uint64_t seed, struct slope *ret)
{
    uint32_t *weights = xcalloc(clusters, sizeof *weights);
    double *means = xcalloc(replicates, sizeof *means);
    double *slopes = xcalloc(replicates, sizeof *slopes);
    size_t nmeans = 0, nslopes = 0;

    for (size_t b = 0; b < replicates; b++) {
        struct sums all = {0};
        resample_weights(seed, b, clusters, weights);
        for (size_t c = 0; c < clusters; c++)
            add(&all, &sums[c], weights[c]);
        if (all.n > 0)
            means[nmeans++] = all.d / all.n;
        double slope = all.n > 0 ? slope_of(&all) : NAN;
        if (!isnan(slope))
            slopes[nslopes++] = slope;
    }
    ret->mean_ci = interval_of(means, nmeans, replicates - nmeans);
    ret->slope_ci = interval_of(slopes, nslopes, replicates - nslopes);
    free(weights);
    free(means);
    free(slopes);
}

struct slope slope_fit(
    const struct slope_item *items, size_t n, size_t clusters, size_t replicates, uint64_t seed)
{
    struct slope s = {
        .n = n, .slope = NAN, .mean_ci = INTERVAL_UNKNOWN, .slope_ci = INTERVAL_UNKNOWN};
    struct sums all = {0}, *sums = cluster_sums(items, n, clusters);

    for (size_t c = 0; c < clusters; c++) {
        s.clusters += sums[c].n > 0;
        add(&all, &sums[c], 1);
    }
    if (n) {
        s.mean = all.d / all.n;
        s.slope = slope_of(&all);
    }
    if (s.clusters >= 2 && replicates)
        bootstrap(sums, clusters, replicates, seed, &s);
    free(sums);
    return s;
}
