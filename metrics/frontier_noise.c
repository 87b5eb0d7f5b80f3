/* frontier_noise.c - curves under resampling; see frontier_noise.h. */
#include "metrics/frontier_noise.h"

#include <math.h>
#include <stdlib.h>

#define FULL_DATA SIZE_MAX

void frontier_from_resample(
    const struct resample *r, struct ratio_side side, struct frontier_sample *ret)
{
    for (size_t i = 0; i < side.n; i++) {
        const struct ratio_point *p = &side.points[i];
        ret[i] = (struct frontier_sample){r->point[p->tok], r->point[p->acc], p->weight,
            resample_values(r, p->tok), resample_values(r, p->acc)};
    }
}

/* Two arms and room for their knots. */
struct pair {
    enum frontier_form form;
    struct frontier_arm arm[2]; /* reference, arm */
    struct curve_point *room[2];
    struct frontier curve[2];
};

static struct pair pair_new(
    enum frontier_form form, struct frontier_arm ref, struct frontier_arm arm)
{
    return (struct pair){.form = form,
        .arm = {ref, arm},
        .room = {xcalloc(ref.n, sizeof(struct curve_point)),
            xcalloc(arm.n, sizeof(struct curve_point))}};
}

static void pair_free(struct pair *p)
{
    free(p->room[0]);
    free(p->room[1]);
}

static struct frontier read_curve(
    enum frontier_form form, struct frontier_arm arm, size_t b, struct curve_point *room)
{
    for (size_t i = 0; i < arm.n; i++) {
        const struct frontier_sample *s = &arm.points[i];
        bool full = b == FULL_DATA;
        room[i] = (struct curve_point){
            .t = full ? s->t : s->ts[b], .a = full ? s->a : s->as[b], .w = s->w};
    }
    return frontier_make(form, room, arm.n);
}

static void pair_read(struct pair *p, size_t b)
{
    for (int i = 0; i < 2; i++)
        p->curve[i] = read_curve(p->form, p->arm[i], b, p->room[i]);
}

static double count_replicate(struct frontier_ratio r, struct frontier_estimate *e)
{
    if (r.status == RATIO_IDENTIFIED && isfinite(r.log_ratio)) {
        e->used++;
        return r.log_ratio;
    }
    if (r.status == RATIO_LOWER_BOUND)
        e->arm_above++;
    else if (r.status == RATIO_UPPER_BOUND)
        e->arm_below++;
    else
        e->other++;
    return NAN;
}

struct frontier_estimate frontier_estimate_mean(
    enum frontier_form form, struct frontier_arm ref, struct frontier_arm arm, size_t replicates)
{
    struct frontier_estimate e = {.replicates = replicates, .ci = INTERVAL_UNKNOWN};
    struct pair p = pair_new(form, ref, arm);
    double *values = xcalloc(replicates, sizeof *values);

    for (size_t b = 0; b < replicates; b++) {
        pair_read(&p, b);
        values[b] = count_replicate(frontier_ratio_mean(&p.curve[0], &p.curve[1]), &e);
    }
    pair_read(&p, FULL_DATA);
    e.point = frontier_ratio_mean(&p.curve[0], &p.curve[1]);
    if (e.point.status != RATIO_NOT_IDENTIFIED)
        e.ratio = exp(e.point.log_ratio);
    if (e.point.status == RATIO_IDENTIFIED) {
        e.ci = interval_percentile(values, replicates, NULL);
        e.ci.lo = e.ci.known ? exp(e.ci.lo) : 0;
        e.ci.hi = e.ci.known ? exp(e.ci.hi) : 0;
        if (!e.ci.known) {
            e.point.status = RATIO_NO_INTERVAL;
            e.point.reason = replicates ? FRONTIER_LOST : FRONTIER_NO_REPLICATES;
        }
    }
    free(values);
    pair_free(&p);
    return e;
}

struct frontier_quantity frontier_quantity(enum frontier_form form, struct frontier_arm ref,
    struct frontier_arm arm, size_t replicates, frontier_quantity_fn *fn, const void *payload)
{
    struct frontier_quantity q = {.replicates = replicates, .ci = INTERVAL_UNKNOWN};
    struct pair p = pair_new(form, ref, arm);
    double *values = xcalloc(replicates, sizeof *values), v = 0;

    for (size_t b = 0; b < replicates; b++) {
        pair_read(&p, b);
        values[b] = fn(&p.curve[0], &p.curve[1], payload, &v) ? v : NAN;
        q.lost += !isfinite(values[b]);
    }
    pair_read(&p, FULL_DATA);
    q.known = fn(&p.curve[0], &p.curve[1], payload, &v) && isfinite(v);
    if (q.known) {
        q.value = v;
        q.ci = interval_percentile(values, replicates, NULL);
    }
    free(values);
    pair_free(&p);
    return q;
}

static int descending(const void *pa, const void *pb)
{
    double a = *(const double *)pa, b = *(const double *)pb;

    return (a < b) - (a > b);
}

static void read_bands(double *heights, size_t replicates, struct frontier_band *ret)
{
    static const size_t percent[FRONTIER_BANDS] = {95, 50, 5};

    qsort(heights, replicates, sizeof *heights, descending);
    for (int i = 0; i < FRONTIER_BANDS; i++) {
        size_t rank = (percent[i] * replicates + 99) / 100; /* rounded up; 1 is the largest */
        double a = rank ? heights[rank - 1] : -HUGE_VAL;
        ret->known[i] = isfinite(a);
        ret->a[i] = ret->known[i] ? a : 0;
    }
}

void frontier_attainment(enum frontier_form form, struct frontier_arm arm, size_t replicates,
    struct frontier_band *ret, size_t n)
{
    struct curve_point *room = xcalloc(arm.n, sizeof *room);
    double *heights = xcalloc(n * replicates + 1, sizeof *heights);

    for (size_t b = 0; b < replicates; b++) {
        struct frontier f = read_curve(form, arm, b, room);
        for (size_t i = 0; i < n; i++) {
            double *h = &heights[i * replicates + b];
            enum frontier_place place = frontier_accuracy(&f, ret[i].t, h);
            if (place == FRONTIER_NOWHERE || place == FRONTIER_UNDER)
                *h = -HUGE_VAL;
        }
    }
    for (size_t i = 0; i < n; i++)
        read_bands(heights + i * replicates, replicates, &ret[i]);
    free(heights);
    free(room);
}

struct frontier_dominance frontier_dominance(
    const struct frontier_sample *i, const struct frontier_sample *j, size_t replicates)
{
    struct frontier_dominance d = {0};
    size_t times = 0;

    for (size_t b = 0; b < replicates; b++) {
        double ti = i->ts[b], tj = j->ts[b], ai = i->as[b], aj = j->as[b];
        if (!isfinite(ti) || !isfinite(tj) || !isfinite(ai) || !isfinite(aj))
            d.lost++;
        else
            times += ti <= tj && ai >= aj && (ti < tj || ai > aj);
    }
    if (replicates)
        d.share = (double)times / (double)replicates;
    d.called = replicates && times * 20 >= replicates * 19;
    return d;
}

/* The best configuration of one half within the budget; n if there is none. */
static size_t choose(const struct frontier_halves *v, size_t n, int half, double t)
{
    size_t best = n;

    for (size_t i = 0; i < n; i++) {
        double cost = v[i].t[half], a = v[i].a[half];
        if (!isfinite(cost) || !isfinite(a) || cost < 0 || cost > t)
            continue;
        if (best == n || a > v[best].a[half] || (a >= v[best].a[half] && cost < v[best].t[half]))
            best = i;
    }
    return best;
}

bool frontier_crossfit(const struct frontier_halves *v, size_t n, double t, double *ret)
{
    size_t first = choose(v, n, 0, t), second = choose(v, n, 1, t);

    if (first == n || second == n || !isfinite(v[first].a[1]) || !isfinite(v[second].a[0]))
        return false;
    *ret = (v[first].a[1] + v[second].a[0]) / 2;
    return true;
}
