/* frontier_ratio.c - ratios of costs at equal accuracy, exactly integrated; see frontier_ratio.h.
 */
#include "metrics/frontier_ratio.h"

#include <math.h>

#define ROUNDING 1e-12

double frontier_bd(double log_ratio)
{
    return expm1(-log_ratio);
}

bool frontier_common(
    const struct frontier *ref, const struct frontier *arm, double *ret_lo, double *ret_hi)
{
    if (ref->n == 0 || arm->n == 0)
        return false;
    double lo = fmax(ref->p[0].a, arm->p[0].a);
    double hi = fmin(ref->p[ref->n - 1].a, arm->p[arm->n - 1].a);
    if (lo > hi + ROUNDING)
        return false;
    *ret_lo = lo;
    *ret_hi = fmax(lo, hi);
    return true;
}

/* Mean of log T(a) over the part [lo, hi] of the piece from knot p[-1] to knot p: along a hull T is
 * linear in a, T = t (1 + r x) for x in [0, 1], whose mean logarithm is
 * log t + ((1 + r) log(1 + r) - r) / r. */
static double piece_mean(enum frontier_form form, const struct curve_point *p, double lo, double hi)
{
    double width = p->a - p[-1].a;
    double x0 = (lo - p[-1].a) / width, x1 = (hi - p[-1].a) / width;

    if (form == FRONTIER_STEP)
        return log(p->t);
    if (form != FRONTIER_HULL)
        return log(p[-1].t) + (x0 + x1) / 2 * (log(p->t) - log(p[-1].t));
    double t0 = p[-1].t + x0 * (p->t - p[-1].t), t1 = p[-1].t + x1 * (p->t - p[-1].t);
    double r = (t1 - t0) / t0;
    return r > 1e-6 ? log(t0) + ((1 + r) * log1p(r) - r) / r : log(t0) + r / 2 - r * r / 6;
}

/* Integral of log T(a) over [lo, hi], lo < hi, the ends held. No T of 0 is met. */
static double log_integral(const struct frontier *f, double lo, double hi)
{
    const struct curve_point *p = f->p, *last = &f->p[f->n - 1];
    double sum = 0;

    if (lo < p->a)
        sum += (fmin(hi, p->a) - lo) * log(p->t);
    for (size_t i = 1; i < f->n; i++) {
        double from = fmax(lo, p[i - 1].a), to = fmin(hi, p[i].a);
        if (from < to)
            sum += (to - from) * piece_mean(f->form, &p[i], from, to);
    }
    if (hi > last->a)
        sum += (hi - fmax(lo, last->a)) * log(last->t);
    return sum;
}

static double mean_log_tokens(const struct frontier *f, double lo, double hi)
{
    double t = 0;

    if (hi - lo > ROUNDING)
        return log_integral(f, lo, hi) / (hi - lo);
    (void)frontier_tokens(f, lo, &t);
    return log(t);
}

/* Would a cost of 0 be met from lo on? It can only stand at the first knot. */
static bool meets_zero(const struct frontier *f, double lo)
{
    return f->p[0].t <= 0 && (f->n == 1 || lo <= f->p[0].a + ROUNDING);
}

static struct frontier_ratio unknown(struct frontier_ratio r, enum frontier_reason why)
{
    r.status = RATIO_NOT_IDENTIFIED;
    r.reason = why;
    return r;
}

static bool is_under(const struct frontier *f, double lo)
{
    return lo < f->p[0].a - ROUNDING;
}

static bool is_over(const struct frontier *f, double hi)
{
    return hi > f->p[f->n - 1].a + ROUNDING;
}

struct frontier_ratio frontier_ratio_range(
    const struct frontier *ref, const struct frontier *arm, double lo, double hi)
{
    struct frontier_ratio r = {.from = lo, .to = hi};

    if (!isfinite(lo) || !isfinite(hi) || lo > hi)
        return unknown((struct frontier_ratio){0}, FRONTIER_BAD_INPUT);
    if (ref->n == 0 || arm->n == 0)
        return unknown(r, FRONTIER_NO_POINTS);
    r.ref_under = is_under(ref, lo);
    r.ref_over = is_over(ref, hi);
    r.arm_under = is_under(arm, lo);
    r.arm_over = is_over(arm, hi);
    bool at_least = r.ref_over || r.arm_under, at_most = r.arm_over || r.ref_under;
    if (at_least && at_most)
        return unknown(r, FRONTIER_OUT_OF_RANGE);
    if (meets_zero(ref, lo) || meets_zero(arm, lo))
        return unknown(r, FRONTIER_ZERO_TOKENS);
    r.log_ratio = mean_log_tokens(ref, lo, hi) - mean_log_tokens(arm, lo, hi);
    r.status = at_least ? RATIO_LOWER_BOUND : at_most ? RATIO_UPPER_BOUND : RATIO_IDENTIFIED;
    return r;
}

struct frontier_ratio frontier_ratio_at(
    const struct frontier *ref, const struct frontier *arm, double a)
{
    return frontier_ratio_range(ref, arm, a, a);
}

struct frontier_ratio frontier_ratio_mean(const struct frontier *ref, const struct frontier *arm)
{
    struct frontier_ratio r = {0};
    double lo, hi;

    if (ref->n == 0 || arm->n == 0)
        return unknown(r, FRONTIER_NO_POINTS);
    if (!frontier_common(ref, arm, &lo, &hi)) {
        r = frontier_ratio_at(ref, arm, fmax(ref->p[0].a, arm->p[0].a));
        if (r.status != RATIO_NOT_IDENTIFIED)
            r.reason = FRONTIER_NO_OVERLAP;
        return r;
    }
    r = frontier_ratio_range(ref, arm, lo, hi);
    if (r.status == RATIO_IDENTIFIED && hi - lo <= ROUNDING)
        r.reason = FRONTIER_ONE_LEVEL;
    return r;
}
