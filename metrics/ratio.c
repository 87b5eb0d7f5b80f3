/* ratio.c - token ratios at equal accuracy and when they are not identified; see ratio.h. */
#include "metrics/ratio.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *ratio_status_text(enum ratio_status s)
{
    static const char *const texts[] = {
        [RATIO_IDENTIFIED] = "identified",
        [RATIO_LOWER_BOUND] = "lower bound",
        [RATIO_UPPER_BOUND] = "upper bound",
        [RATIO_NO_INTERVAL] = "interval not identified",
        [RATIO_NOT_IDENTIFIED] = "not identified",
    };

    return texts[s];
}

size_t ratio_read(const struct resample *r, struct ratio_side side, size_t b, struct curve_point *p)
{
    size_t n = 0;

    for (size_t i = 0; i < side.n; i++) {
        const struct ratio_point *q = &side.points[i];
        double a = b == RATIO_POINT ? r->point[q->acc] : resample_values(r, q->acc)[b];
        double t = b == RATIO_POINT ? r->point[q->tok] : resample_values(r, q->tok)[b];
        if (isnan(a) || isnan(t))
            continue;
        p[n++] = (struct curve_point){.t = t, .a = a, .w = q->weight};
    }
    return n;
}

/* What a form says about one data set. */
struct verdict {
    enum ratio_status status;
    double log_value; /* unless RATIO_NOT_IDENTIFIED; infinite where a replicate is censored */
    double from, to;
    bool clamped;
};

#define NO_VERDICT ((struct verdict){.status = RATIO_NOT_IDENTIFIED})

/* A form looks at the curves and at the arm's points as they were observed. */
struct form_input {
    struct ratio_curves c;
    const struct curve_point *raw; /* the arm's points before pooling */
    size_t nraw;
    double from, to; /* fixed range or accuracy, if the form has one */
    size_t dropped;
};
typedef struct verdict form_fn(const struct form_input *in);

bool ratio_shared(const struct ratio_curves *c, double *ret_lo, double *ret_hi)
{
    if (c->nref == 0 || c->narm == 0)
        return false;
    double lo = fmax(c->ref[0].a, c->arm[0].a);
    double hi = fmin(c->ref[c->nref - 1].a, c->arm[c->narm - 1].a);
    if (lo > hi)
        return false;
    *ret_lo = lo;
    *ret_hi = hi;
    return true;
}

bool ratio_mean_log(const struct ratio_curves *c, double lo, double hi, double *ret)
{
    double sum = 0;
    bool over = false, under = false;

    for (int i = 0; i < RATIO_LEVELS; i++) {
        double a = lo + (hi - lo) * ((i + 0.5) / RATIO_LEVELS);
        double t0 = curve_tokens_at(c->ref, c->nref, a), t1 = curve_tokens_at(c->arm, c->narm, a);
        over = over || isinf(t0);
        under = under || isinf(t1);
        if (isfinite(t0) && isfinite(t1))
            sum += log(t0) - log(t1);
    }
    if (over && under)
        return false;
    *ret = over ? HUGE_VAL : under ? -HUGE_VAL : sum / RATIO_LEVELS;
    return true;
}

/* The bound that is left when the arms share no accuracy. */
static struct verdict bound(const struct ratio_curves *c)
{
    const struct curve_point *ref_last = &c->ref[c->nref - 1], *arm_last = &c->arm[c->narm - 1];

    if (c->arm[0].a > ref_last->a)
        return (struct verdict){RATIO_LOWER_BOUND, log(ref_last->t) - log(c->arm[0].t), ref_last->a,
            c->arm[0].a, false};
    return (struct verdict){
        RATIO_UPPER_BOUND, log(c->ref[0].t) - log(arm_last->t), arm_last->a, c->ref[0].a, false};
}

static struct verdict form_overlap(const struct form_input *in)
{
    struct verdict v = {.status = RATIO_IDENTIFIED};

    if (in->c.nref == 0 || in->c.narm == 0)
        return NO_VERDICT;
    if (!ratio_shared(&in->c, &v.from, &v.to))
        return bound(&in->c);
    if (!ratio_mean_log(&in->c, v.from, v.to, &v.log_value))
        return NO_VERDICT;
    return v;
}

static struct verdict form_fixed(const struct form_input *in)
{
    struct verdict v = {.status = RATIO_IDENTIFIED, .from = in->from, .to = in->to};

    if (in->c.nref == 0 || in->c.narm == 0)
        return NO_VERDICT;
    if (!ratio_mean_log(&in->c, v.from, v.to, &v.log_value))
        return NO_VERDICT;
    return v;
}

static struct verdict form_at(const struct form_input *in)
{
    const struct ratio_curves *c = &in->c;
    struct verdict v = {.status = RATIO_IDENTIFIED, .from = in->from, .to = in->from};

    if (c->nref == 0 || c->narm == 0)
        return NO_VERDICT;
    double t0 = curve_tokens_at(c->ref, c->nref, in->from);
    double t1 = curve_tokens_at(c->arm, c->narm, in->from);
    v.clamped = in->from < c->ref[0].a || in->from < c->arm[0].a;
    if (isinf(t0) && isinf(t1))
        return NO_VERDICT;
    if (isinf(t0)) {
        v.status = RATIO_LOWER_BOUND;
        t0 = c->ref[c->nref - 1].t;
    } else if (isinf(t1)) {
        v.status = RATIO_UPPER_BOUND;
        t1 = c->arm[c->narm - 1].t;
    }
    v.log_value = log(t0) - log(t1);
    return v;
}

/* Points of the arm below the reference's first accuracy say nothing about R and are passed over:
 * taking the reference's first tokens there would extrapolate in the arm's favour. One point that
 * the reference never reaches leaves only a lower bound. */
static struct verdict form_max(const struct form_input *in)
{
    const struct ratio_curves *c = &in->c;
    struct verdict best = NO_VERDICT;
    bool censored = false;

    for (size_t i = 0; c->nref && i < in->nraw; i++) {
        const struct curve_point *p = &in->raw[i];
        struct verdict v = {.status = RATIO_IDENTIFIED, .from = p->a, .to = p->a};
        if (!(p->t > 0) || p->a < c->ref[0].a)
            continue;
        double t0 = curve_tokens_at(c->ref, c->nref, p->a);
        if (isinf(t0)) {
            censored = true;
            t0 = c->ref[c->nref - 1].t;
        }
        v.log_value = log(t0) - log(p->t);
        if (best.status == RATIO_NOT_IDENTIFIED || v.log_value > best.log_value)
            best = v;
    }
    if (censored)
        best.status = RATIO_LOWER_BOUND;
    return best;
}

/* Room for the points of both arms, as observed and pooled. */
struct desk {
    struct curve_point *ref, *arm, *raw;
};

static struct desk desk_new(struct ratio_side ref, struct ratio_side arm)
{
    return (struct desk){xcalloc(ref.n, sizeof(struct curve_point)),
        xcalloc(arm.n, sizeof(struct curve_point)), xcalloc(arm.n, sizeof(struct curve_point))};
}

static void desk_free(struct desk *d)
{
    free(d->ref);
    free(d->arm);
    free(d->raw);
}

static size_t usable(const struct curve_point *p, size_t n)
{
    size_t usable = 0;

    for (size_t i = 0; i < n; i++)
        usable += p[i].t > 0;
    return usable;
}

static void desk_read(const struct resample *r, struct ratio_side ref, struct ratio_side arm,
    size_t b, struct desk *d, struct form_input *in)
{
    size_t nref = ratio_read(r, ref, b, d->ref);

    in->nraw = ratio_read(r, arm, b, d->raw);
    in->dropped = ref.n - usable(d->ref, nref) + arm.n - usable(d->raw, in->nraw);
    memcpy(d->arm, d->raw, in->nraw * sizeof *d->arm);
    in->raw = d->raw;
    in->c = (struct ratio_curves){d->ref, d->arm, curve_isotonic(d->ref, nref), 0};
    in->c.narm = curve_isotonic(d->arm, in->nraw);
}

static double censored(struct verdict v)
{
    switch (v.status) {
    case RATIO_IDENTIFIED:
        return v.log_value;
    case RATIO_LOWER_BOUND:
        return HUGE_VAL;
    case RATIO_UPPER_BOUND:
        return -HUGE_VAL;
    default:
        return NAN;
    }
}

/* A replicate without overlap is lost for the primary form, on whichever side it lies. */
static double replicate_value(form_fn *form, struct verdict v)
{
    if (form == form_overlap && v.status != RATIO_IDENTIFIED)
        return NAN;
    return censored(v);
}

static struct interval bootstrap(const struct resample *r, struct ratio_side ref,
    struct ratio_side arm, form_fn *form, struct form_input *in, struct desk *d, double *ret_lost)
{
    double *values = xmalloc(r->replicates * sizeof *values);
    struct interval ci = INTERVAL_UNKNOWN;

    for (size_t b = 0; b < r->replicates; b++) {
        desk_read(r, ref, arm, b, d, in);
        values[b] = replicate_value(form, form(in));
    }
    *ret_lost = 1;
    if (r->clusters >= 2)
        ci = interval_percentile(values, r->replicates, ret_lost);
    free(values);
    if (ci.known) {
        ci.lo = exp(ci.lo);
        ci.hi = exp(ci.hi);
    }
    return ci;
}

static struct ratio estimate(const struct resample *r, struct ratio_side ref, struct ratio_side arm,
    form_fn *form, double from, double to)
{
    struct form_input in = {.from = from, .to = to};
    struct desk d = desk_new(ref, arm);
    struct ratio ret = {.lost = 1};

    desk_read(r, ref, arm, RATIO_POINT, &d, &in);
    struct verdict v = form(&in);
    ret.status = v.status;
    ret.from = v.from;
    ret.to = v.to;
    ret.clamped = v.clamped;
    ret.dropped = in.dropped;
    if (v.status != RATIO_NOT_IDENTIFIED)
        ret.value = exp(v.log_value);
    if (v.status == RATIO_IDENTIFIED && !isfinite(ret.value))
        ret.status = RATIO_NOT_IDENTIFIED;
    if (ret.status == RATIO_IDENTIFIED) {
        ret.ci = bootstrap(r, ref, arm, form, &in, &d, &ret.lost);
        if (!ret.ci.known)
            ret.status = RATIO_NO_INTERVAL;
    }
    desk_free(&d);
    return ret;
}

struct ratio ratio_overlap(const struct resample *r, struct ratio_side ref, struct ratio_side arm)
{
    return estimate(r, ref, arm, form_overlap, 0, 0);
}

struct ratio ratio_fixed(const struct resample *r, struct ratio_side ref, struct ratio_side arm)
{
    struct desk d = desk_new(ref, arm);
    struct form_input in = {0};
    double lo, hi;

    desk_read(r, ref, arm, RATIO_POINT, &d, &in);
    bool shared = ratio_shared(&in.c, &lo, &hi);
    desk_free(&d);
    if (!shared)
        return (struct ratio){.status = RATIO_NOT_IDENTIFIED, .lost = 1, .dropped = in.dropped};
    double quarter = (hi - lo) / 4;
    return estimate(r, ref, arm, form_fixed, lo + quarter, hi - quarter);
}

struct ratio ratio_max(const struct resample *r, struct ratio_side ref, struct ratio_side arm)
{
    return estimate(r, ref, arm, form_max, 0, 0);
}

struct ratio ratio_at(
    const struct resample *r, struct ratio_side ref, struct ratio_side arm, double accuracy)
{
    return estimate(r, ref, arm, form_at, accuracy, accuracy);
}
