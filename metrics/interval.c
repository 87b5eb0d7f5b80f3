/* interval.c - quantiles, Wilson's interval and design effects; see interval.h. */
#include "metrics/interval.h"

#include <math.h>
#include <stdlib.h>

double interval_quantile(const double *sorted, size_t n, double p)
{
    double position = p * (double)(n - 1), floor_at = floor(position);
    size_t i = (size_t)floor_at;
    double part = position - floor_at;

    if (part <= 0 || i + 1 >= n || sorted[i] == sorted[i + 1])
        return sorted[i];
    if (isinf(sorted[i]) || isinf(sorted[i + 1])) /* between a number and infinity: infinity */
        return isinf(sorted[i]) ? sorted[i] : sorted[i + 1];
    return sorted[i] + part * (sorted[i + 1] - sorted[i]);
}

static int double_cmp(const void *pa, const void *pb)
{
    double a = *(const double *)pa, b = *(const double *)pb;

    return (a > b) - (a < b);
}

double interval_quantile_of(double *values, size_t n, double p)
{
    qsort(values, n, sizeof *values, double_cmp);
    return interval_quantile(values, n, p);
}

struct interval interval_percentile(double *values, size_t n, double *ret_lost)
{
    size_t kept = 0, infinite = 0;

    for (size_t i = 0; i < n; i++) {
        infinite += isinf(values[i]) != 0;
        if (!isnan(values[i]))
            values[kept++] = values[i];
    }
    size_t lost = n - kept + infinite;
    if (ret_lost)
        *ret_lost = n ? (double)lost / (double)n : 1;
    if (kept == 0 || (double)lost > 0.05 * (double)n)
        return INTERVAL_UNKNOWN;
    qsort(values, kept, sizeof *values, double_cmp);
    return (struct interval){
        interval_quantile(values, kept, 0.025), interval_quantile(values, kept, 0.975), true};
}

struct interval interval_wilson(double p, double n_eff)
{
    const double z2 = INTERVAL_Z95 * INTERVAL_Z95;
    double centre = p + z2 / (2 * n_eff), scale = 1 + z2 / n_eff;
    double variance = p * (1 - p) / n_eff + z2 / (4 * n_eff * n_eff);
    double half = INTERVAL_Z95 * sqrt(variance > 0 ? variance : 0);
    struct interval r = {(centre - half) / scale, (centre + half) / scale, true};

    r.lo = r.lo < 0 ? 0 : r.lo; /* rounding only: the formula stays within [0, 1] */
    r.hi = r.hi > 1 ? 1 : r.hi;
    return r;
}

struct interval_spread interval_spread(
    const double *values, const uint32_t *cluster, size_t n, size_t nclusters)
{
    struct interval_spread r = {.n = n};
    double *sum, squares = 0, cluster_squares = 0;
    size_t *size;

    if (n == 0)
        return r;
    for (size_t i = 0; i < n; i++)
        r.mean += values[i] / (double)n;
    sum = xcalloc(nclusters, sizeof *sum);
    size = xcalloc(nclusters, sizeof *size);
    for (size_t i = 0; i < n; i++) {
        double d = values[i] - r.mean;
        squares += d * d;
        sum[cluster[i]] += d;
        size[cluster[i]]++;
    }
    for (size_t g = 0; g < nclusters; g++) {
        cluster_squares += sum[g] * sum[g];
        r.clusters += size[g] > 0;
    }
    free(sum);
    free(size);
    r.n_eff = (double)r.clusters;
    if (n < 2)
        return r;
    double iid = squares / ((double)n * (double)(n - 1));
    double between = (cluster_squares - squares) / ((double)n * (double)n);
    double clustered = iid + between > 0 ? iid + between : 0;
    r.se_iid = sqrt(iid);
    r.se_cluster = sqrt(clustered);
    r.has_deff = r.clusters >= 2 && iid > 1e-24;
    if (r.has_deff) {
        r.deff = clustered / iid;
        r.n_eff = (double)n / (r.deff > 1 ? r.deff : 1);
    }
    return r;
}
