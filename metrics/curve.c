/* curve.c - isotonic curves, their inverse, and dominance; see curve.h. */
#include "metrics/curve.h"

#include <math.h>
#include <stdlib.h>

/* Two sums of the same shares may differ in their last bits; a plateau must still be met. */
#define ROUNDING 1e-12

static int point_cmp(const void *pa, const void *pb)
{
    const struct curve_point *a = pa, *b = pb;

    if (a->t != b->t)
        return a->t < b->t ? -1 : 1;
    return (a->a > b->a) - (a->a < b->a); /* a fixed order, for equal sums on every machine */
}

static size_t drop_unusable(struct curve_point *p, size_t n)
{
    size_t kept = 0;

    for (size_t i = 0; i < n; i++)
        if (isfinite(p[i].t) && p[i].t > 0 && isfinite(p[i].a) && p[i].w > 0)
            p[kept++] = p[i];
    return kept;
}

static size_t merge_equal(struct curve_point *p, size_t n)
{
    size_t kept = 0;

    for (size_t i = 0; i < n; i++) {
        if (kept && p[kept - 1].t == p[i].t) {
            struct curve_point *q = &p[kept - 1];
            q->a = (q->a * q->w + p[i].a * p[i].w) / (q->w + p[i].w);
            q->w += p[i].w;
        } else {
            p[kept++] = p[i];
        }
    }
    return kept;
}

/* Blocks live in the pool_ fields of the first points: never more blocks than points read. */
static void pool(struct curve_point *p, size_t n)
{
    size_t blocks = 0;

    for (size_t i = 0; i < n; i++) {
        double a = p[i].a, w = p[i].w;
        size_t count = 1;
        while (blocks && p[blocks - 1].pool_a > a) {
            const struct curve_point *last = &p[--blocks];
            a = (last->pool_a * last->pool_w + a * w) / (last->pool_w + w);
            w += last->pool_w;
            count += last->pool_n;
        }
        p[blocks].pool_a = a;
        p[blocks].pool_w = w;
        p[blocks++].pool_n = count;
    }
    for (size_t i = n; blocks > 0; blocks--)
        for (size_t left = p[blocks - 1].pool_n; left > 0; left--)
            p[--i].a = p[blocks - 1].pool_a;
}

size_t curve_isotonic(struct curve_point *p, size_t n)
{
    n = drop_unusable(p, n);
    if (n == 0)
        return 0;
    qsort(p, n, sizeof *p, point_cmp);
    n = merge_equal(p, n);
    pool(p, n);
    return n;
}

double curve_tokens_at(const struct curve_point *p, size_t n, double a)
{
    if (a <= p[0].a + ROUNDING)
        return p[0].t;
    for (size_t i = 1; i < n; i++) {
        if (a > p[i].a + ROUNDING)
            continue;
        double part = fmin(1, (a - p[i - 1].a) / (p[i].a - p[i - 1].a));
        return exp(log(p[i - 1].t) + part * (log(p[i].t) - log(p[i - 1].t)));
    }
    return INFINITY;
}

bool curve_accuracy_at(const struct curve_point *p, size_t n, double t, double *ret)
{
    if (n == 0 || t < p[0].t || t > p[n - 1].t)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (t == p[i].t) {
            *ret = p[i].a;
            return true;
        }
        if (t > p[i].t)
            continue;
        double part = (log(t) - log(p[i - 1].t)) / (log(p[i].t) - log(p[i - 1].t));
        *ret = p[i - 1].a + part * (p[i].a - p[i - 1].a);
        return true;
    }
    return false;
}

void curve_pareto(const double *t, const double *a, size_t n, bool *ret)
{
    for (size_t j = 0; j < n; j++) {
        ret[j] = isfinite(t[j]) && isfinite(a[j]);
        for (size_t i = 0; ret[j] && i < n; i++)
            if (t[i] <= t[j] && a[i] >= a[j] && (t[i] < t[j] || a[i] > a[j]))
                ret[j] = false;
    }
}
