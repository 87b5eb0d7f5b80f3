/* frontier_area.c - what lies between two curves; see frontier_area.h. */
#include "metrics/frontier_area.h"

#include <math.h>
#include <stdlib.h>

#define ROUNDING 1e-12

static bool holds(const struct frontier *f)
{
    return f->form == FRONTIER_STEP || f->form == FRONTIER_HULL;
}

static enum frontier_reason read_at(const struct frontier *f, double t, double *ret, bool *ret_held)
{
    enum frontier_place place = frontier_accuracy(f, t, ret);

    *ret_held = place == FRONTIER_OVER;
    if (f->n == 0)
        return FRONTIER_NO_POINTS;
    if (place == FRONTIER_NOWHERE)
        return FRONTIER_BAD_INPUT;
    if (place == FRONTIER_UNDER)
        return FRONTIER_BELOW_FIRST;
    return place == FRONTIER_OVER && !holds(f) ? FRONTIER_ABOVE_LAST : FRONTIER_FINE;
}

static struct frontier_gain gain_unknown(enum frontier_reason why)
{
    return (struct frontier_gain){.reason = why};
}

struct frontier_gain frontier_gain_at(
    const struct frontier *ref, const struct frontier *arm, double t)
{
    struct frontier_gain g = {.known = true};
    enum frontier_reason why;

    if (!isfinite(t))
        return gain_unknown(FRONTIER_BAD_INPUT);
    why = read_at(ref, t, &g.ref, &g.ref_held);
    if (why == FRONTIER_FINE)
        why = read_at(arm, t, &g.arm, &g.arm_held);
    if (why != FRONTIER_FINE)
        return gain_unknown(why);
    g.points = g.arm - g.ref;
    return g;
}

/* The knots of one or two curves in a range, both ends of it, and the height at each. */
struct walk {
    enum frontier_form form;
    double *t, *d;
    size_t n;
};

static void walk_free(struct walk *w)
{
    free(w->t);
    free(w->d);
}

static int double_cmp(const void *pa, const void *pb)
{
    double a = *(const double *)pa, b = *(const double *)pb;

    return (a > b) - (a < b);
}

static void add_knots(struct walk *w, const struct frontier *f, double lo, double hi)
{
    for (size_t i = 0; i < f->n; i++)
        if (f->p[i].t > lo && f->p[i].t < hi)
            w->t[w->n++] = f->p[i].t;
}

static double height(const struct frontier *f, double t)
{
    double a = 0;

    (void)frontier_accuracy(f, t, &a);
    return a;
}

/* ref may be NULL: heights are then those of the arm. */
static struct walk walk_new(
    const struct frontier *ref, const struct frontier *arm, double lo, double hi)
{
    size_t most = arm->n + 2 + (ref ? ref->n : 0), kept = 0;
    struct walk w = {arm->form, xcalloc(most, sizeof *w.t), xcalloc(most, sizeof *w.d), 0};

    w.t[w.n++] = lo;
    w.t[w.n++] = hi;
    add_knots(&w, arm, lo, hi);
    if (ref)
        add_knots(&w, ref, lo, hi);
    qsort(w.t, w.n, sizeof *w.t, double_cmp);
    for (size_t i = 0; i < w.n; i++)
        if (kept == 0 || w.t[i] > w.t[kept - 1])
            w.t[kept++] = w.t[i];
    w.n = kept;
    for (size_t i = 0; i < w.n; i++) {
        double d = height(arm, w.t[i]) - (ref ? height(ref, w.t[i]) : 0);
        w.d[i] = fabs(d) < ROUNDING ? 0 : d;
    }
    return w;
}

/* A piece of d from T = u to v with heights du and dv, straight along one of the axes. */
struct piece {
    enum frontier_form form;
    double u, v, du, dv;
};

static bool straight_on_log(enum frontier_form form)
{
    return form == FRONTIER_LOG_LINEAR || form == FRONTIER_ISOTONIC;
}

static double log_step(double u, double v)
{
    return log1p((v - u) / u);
}

static double integral_linear(const struct piece *p)
{
    double width = p->v - p->u;

    if (!straight_on_log(p->form))
        return (p->du + p->dv) / 2 * width;
    double log_width = log_step(p->u, p->v);
    /* d = du + s log(T/u); the integral of log(T/u) from u to v is v log(v/u) - (v - u) */
    return p->du * width + (p->dv - p->du) / log_width * (p->v * log_width - width);
}

static double integral_log(const struct piece *p)
{
    double log_width = log_step(p->u, p->v);

    if (p->form != FRONTIER_HULL)
        return (p->du + p->dv) / 2 * log_width;
    /* d = du + s (T - u) */
    double width = p->v - p->u;
    return p->du * log_width + (p->dv - p->du) / width * (width - p->u * log_width);
}

/* Where a piece whose ends have different signs is zero. */
static double root(const struct piece *p)
{
    double part = p->du / (p->du - p->dv);

    if (straight_on_log(p->form))
        return p->u * exp(part * log_step(p->u, p->v));
    return p->u + part * (p->v - p->u);
}

static struct piece piece_of(const struct walk *w, size_t i)
{
    struct piece p = {w->form, w->t[i], w->t[i + 1], w->d[i], w->d[i + 1]};

    if (w->form == FRONTIER_STEP)
        p.dv = p.du;
    return p;
}

typedef double integral_fn(const struct piece *p);

static void add_piece(const struct piece *p, integral_fn *integral, struct frontier_area *area)
{
    if (p->du * p->dv < 0) {
        double zero = root(p);
        struct piece left = {p->form, p->u, zero, p->du, 0},
                     right = {p->form, zero, p->v, 0, p->dv};
        if (zero > p->u)
            add_piece(&left, integral, area);
        if (zero < p->v)
            add_piece(&right, integral, area);
        return;
    }
    if (p->du + p->dv > 0)
        area->plus += integral(p);
    else if (p->du + p->dv < 0)
        area->minus -= integral(p);
}

static struct frontier_area area_of(const struct walk *w, integral_fn *integral, double length)
{
    struct frontier_area area = {.known = true, .length = length};

    if (w->n == 1) {
        area.reason = FRONTIER_ONE_LEVEL;
        area.plus = fmax(0, w->d[0]);
        area.minus = fmax(0, -w->d[0]);
        return area;
    }
    for (size_t i = 0; i + 1 < w->n; i++) {
        struct piece p = piece_of(w, i);
        add_piece(&p, integral, &area);
    }
    area.plus /= length;
    area.minus /= length;
    return area;
}

/* Walks over the signs of d; `turn` is where the last sign other than 0 ended. */
struct signs {
    int last; /* 0 until there is one */
    double turn;
    bool met; /* the curves have met since */
};

/* True if knot i shows a new sign, opposite to an earlier one. */
static bool signs_step(struct signs *s, const struct walk *w, size_t i)
{
    int now = (w->d[i] > 0) - (w->d[i] < 0);

    if (now == s->last || (now == 0 && s->met)) {
        s->met = s->met && now == 0;
        return false;
    }
    if (!s->met) /* a jump of a step, a zero at a knot, or one between two knots */
        s->turn = i == 0 || now == 0 || w->form == FRONTIER_STEP || s->last == 0
                      ? w->t[i]
                      : root(&(struct piece){w->form, w->t[i - 1], w->t[i], w->d[i - 1], w->d[i]});
    s->met = now == 0 && s->last != 0;
    if (now == 0)
        return false;
    bool turned = s->last != 0;
    s->last = now;
    return turned;
}

static size_t find_crossings(const struct walk *w, struct frontier_crossing *ret, size_t cap)
{
    struct signs s = {0};
    size_t n = 0;

    for (size_t i = 0; i < w->n; i++) {
        if (!signs_step(&s, w, i))
            continue;
        if (n < cap)
            ret[n] = (struct frontier_crossing){s.turn, s.last};
        n++;
    }
    return n;
}

static enum frontier_reason shared_range(
    const struct frontier *ref, const struct frontier *arm, double *ret_lo, double *ret_hi)
{
    if (ref->form != arm->form)
        BUG("a %s curve is compared with a %s one", frontier_form_text(ref->form),
            frontier_form_text(arm->form));
    if (ref->n == 0 || arm->n == 0)
        return FRONTIER_NO_POINTS;
    *ret_lo = fmax(ref->p[0].t, arm->p[0].t);
    *ret_hi = fmin(ref->p[ref->n - 1].t, arm->p[arm->n - 1].t);
    return *ret_lo <= *ret_hi ? FRONTIER_FINE : FRONTIER_NO_OVERLAP;
}

struct frontier_shade frontier_shade(const struct frontier *ref, const struct frontier *arm,
    struct frontier_crossing *ret_crossings, size_t cap)
{
    struct frontier_shade s = {0};
    double lo = 0, hi = 0;
    enum frontier_reason why = shared_range(ref, arm, &lo, &hi);

    s.linear.reason = s.log.reason = why;
    if (why != FRONTIER_FINE)
        return s;
    struct walk w = walk_new(ref, arm, lo, hi);
    s.from = lo;
    s.to = hi;
    s.linear = area_of(&w, integral_linear, hi - lo);
    if (lo > 0)
        s.log = area_of(&w, integral_log, log_step(lo, hi));
    else
        s.log.reason = FRONTIER_ZERO_TOKENS;
    s.crossings = find_crossings(&w, ret_crossings, cap);
    walk_free(&w);
    return s;
}

struct gain_reversal frontier_reversal(const struct frontier *ref, const struct frontier *arm)
{
    struct gain_reversal g = {.kind = GAIN_NO_RANGE};
    struct signs s = {0};
    double lo = 0, hi = 0, fell = 0;
    bool arm_led = false;

    if (shared_range(ref, arm, &lo, &hi) != FRONTIER_FINE)
        return g;
    struct walk w = walk_new(ref, arm, lo, hi);
    for (size_t i = 0; i < w.n; i++) {
        bool led = s.last > 0 && !s.met;
        (void)signs_step(&s, &w, i);
        if (led && (s.met || s.last < 0))
            fell = s.turn;
        arm_led = arm_led || w.d[i] > 0;
    }
    g.kind = !arm_led ? GAIN_EVERYWHERE : w.d[w.n - 1] > 0 ? GAIN_NO_REVERSAL : GAIN_REVERSAL;
    g.tokens = g.kind == GAIN_REVERSAL ? fell : lo;
    walk_free(&w);
    return g;
}

bool frontier_mean(const struct frontier *f, double from, double to, double *ret)
{
    if (f->n == 0 || !(from <= to) || from < f->p[0].t || to > f->p[f->n - 1].t)
        return false;
    struct walk w = walk_new(NULL, f, from, to);
    struct frontier_area area = area_of(&w, integral_linear, to - from);
    walk_free(&w);
    *ret = area.plus - area.minus;
    return true;
}
