/* frontier.c - from points to curves, and reading them both ways; see frontier.h. */
#include "metrics/frontier.h"

#include <math.h>
#include <stdlib.h>

/* Two sums of the same shares may differ in their last bits. */
#define ROUNDING 1e-12

const char *frontier_form_text(enum frontier_form form)
{
    static const char *const texts[FRONTIER_FORMS] = {
        [FRONTIER_STEP] = "step",
        [FRONTIER_LOG_LINEAR] = "log-linear",
        [FRONTIER_ISOTONIC] = "isotonic",
        [FRONTIER_HULL] = "concave hull",
    };

    return texts[form];
}

const char *frontier_reason_text(enum frontier_reason r)
{
    static const char *const texts[] = {
        [FRONTIER_FINE] = "",
        [FRONTIER_NO_POINTS] = "a curve has no usable point",
        [FRONTIER_NO_OVERLAP] = "the curves share no range",
        [FRONTIER_ONE_LEVEL] = "the curves share a single value",
        [FRONTIER_OUT_OF_RANGE] = "outside both curves",
        [FRONTIER_ZERO_TOKENS] = "a cost of zero has no ratio",
        [FRONTIER_BELOW_FIRST] = "cheaper than the cheapest point of a curve",
        [FRONTIER_ABOVE_LAST] = "beyond the last point of a curve",
        [FRONTIER_LOST] = "over 5 % of the replicates have no finite value",
        [FRONTIER_NO_REPLICATES] = "no replicates",
        [FRONTIER_BAD_INPUT] = "an argument is not a number or a range is empty",
    };

    return texts[r];
}

static bool on_log_axis(enum frontier_form form)
{
    return form == FRONTIER_LOG_LINEAR || form == FRONTIER_ISOTONIC;
}

static size_t keep_usable(struct curve_point *p, size_t n, struct frontier *f)
{
    size_t kept = 0;

    for (size_t i = 0; i < n; i++) {
        bool fine = isfinite(p[i].t) && p[i].t >= 0 && isfinite(p[i].a) && isfinite(p[i].w);
        if (!fine || !(p[i].w > 0))
            f->unusable++;
        else if (p[i].t <= 0 && on_log_axis(f->form))
            f->zero++;
        else
            p[kept++] = p[i];
    }
    return kept;
}

/* Ascending T; of equal T the best first. */
static int best_first(const void *pa, const void *pb)
{
    const struct curve_point *a = pa, *b = pb;

    if (a->t != b->t)
        return a->t < b->t ? -1 : 1;
    return (a->a < b->a) - (a->a > b->a);
}

static size_t keep_maxima(struct curve_point *p, size_t n)
{
    size_t kept = 0;

    for (size_t i = 0; i < n; i++)
        if (kept == 0 || p[i].a > p[kept - 1].a)
            p[kept++] = p[i];
    return kept;
}

/* Is b below the line from a to c, or on it? */
static bool sags(
    const struct curve_point *a, const struct curve_point *b, const struct curve_point *c)
{
    return (b->a - a->a) * (c->t - a->t) <= (c->a - a->a) * (b->t - a->t);
}

/* Andrew's monotone chain, its upper half. */
static size_t keep_hull(struct curve_point *p, size_t n)
{
    size_t kept = 0;

    for (size_t i = 0; i < n; i++) {
        while (kept >= 2 && sags(&p[kept - 2], &p[kept - 1], &p[i]))
            kept--;
        p[kept++] = p[i];
    }
    return kept;
}

/* The flat end has room: a point beyond the last of the set was left out of it. */
static size_t make_pareto(enum frontier_form form, struct curve_point *p, size_t n, size_t *ret_out)
{
    double reach;
    size_t kept;

    qsort(p, n, sizeof *p, best_first);
    reach = p[n - 1].t;
    kept = keep_maxima(p, n);
    *ret_out = n - kept;
    if (form == FRONTIER_HULL)
        kept = keep_hull(p, kept);
    if (p[kept - 1].t < reach) {
        p[kept] = p[kept - 1];
        p[kept++].t = reach;
    }
    return kept;
}

struct frontier frontier_make(enum frontier_form form, struct curve_point *p, size_t n)
{
    struct frontier f = {.form = form, .p = p};

    n = keep_usable(p, n, &f);
    if (n && form == FRONTIER_ISOTONIC)
        f.n = curve_isotonic(p, n);
    else if (n)
        f.n = make_pareto(form, p, n, &f.dominated);
    return f;
}

/* The last knot at or below t, which the curve has. */
static size_t knot_before(const struct frontier *f, double t)
{
    size_t i = f->n - 1;

    while (f->p[i].t > t)
        i--;
    return i;
}

enum frontier_place frontier_accuracy(const struct frontier *f, double t, double *ret)
{
    if (f->n == 0 || isnan(t))
        return FRONTIER_NOWHERE;
    if (t < f->p[0].t)
        return FRONTIER_UNDER;
    if (t > f->p[f->n - 1].t) {
        *ret = f->p[f->n - 1].a;
        return FRONTIER_OVER;
    }
    if (on_log_axis(f->form)) {
        if (!curve_accuracy_at(f->p, f->n, t, ret))
            BUG("%g lies outside a curve that has it", t);
        return FRONTIER_INSIDE;
    }
    size_t i = knot_before(f, t);
    const struct curve_point *p = &f->p[i];
    *ret = p->a;
    if (f->form == FRONTIER_HULL && t > p->t)
        *ret += (p[1].a - p->a) * ((t - p->t) / (p[1].t - p->t));
    return FRONTIER_INSIDE;
}

static double hull_tokens(const struct curve_point *p, double a)
{
    double part = (a - p[-1].a) / (p->a - p[-1].a);

    return p[-1].t + fmin(1, part) * (p->t - p[-1].t);
}

enum frontier_place frontier_tokens(const struct frontier *f, double a, double *ret)
{
    const struct curve_point *p = f->p;

    if (f->n == 0 || isnan(a))
        return FRONTIER_NOWHERE;
    if (a <= p[0].a + ROUNDING) {
        *ret = p[0].t;
        return a < p[0].a - ROUNDING ? FRONTIER_UNDER : FRONTIER_INSIDE;
    }
    if (a > p[f->n - 1].a + ROUNDING) {
        *ret = p[f->n - 1].t;
        return FRONTIER_OVER;
    }
    if (on_log_axis(f->form)) {
        *ret = curve_tokens_at(p, f->n, a);
        return FRONTIER_INSIDE;
    }
    while (a > p->a + ROUNDING)
        p++;
    *ret = f->form == FRONTIER_STEP ? p->t : hull_tokens(p, a);
    return FRONTIER_INSIDE;
}

static bool point_finite(const double *const *costs, size_t ncosts, const double *a, size_t i)
{
    bool finite = isfinite(a[i]);

    for (size_t c = 0; c < ncosts; c++)
        finite = finite && isfinite(costs[c][i]);
    return finite;
}

static bool dominates(
    const double *const *costs, size_t ncosts, const double *a, size_t i, size_t j)
{
    bool never_worse = a[i] >= a[j], once_better = a[i] > a[j];

    for (size_t c = 0; c < ncosts; c++) {
        never_worse = never_worse && costs[c][i] <= costs[c][j];
        once_better = once_better || costs[c][i] < costs[c][j];
    }
    return never_worse && once_better;
}

void frontier_pareto(
    const double *const *costs, size_t ncosts, const double *a, size_t n, bool *ret)
{
    for (size_t j = 0; j < n; j++) {
        ret[j] = point_finite(costs, ncosts, a, j);
        for (size_t i = 0; ret[j] && i < n; i++)
            if (point_finite(costs, ncosts, a, i) && dominates(costs, ncosts, a, i, j))
                ret[j] = false;
    }
}
