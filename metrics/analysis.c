/* analysis.c - registers every quantity of a run with one resample; see analysis.h. */
#include "metrics/analysis.h"

#include "metrics/passk.h"

#include <stdlib.h>

enum { MAX_PASS_K = 64 };

/* Sums per cluster, filled and registered again and again. */
struct bench {
    struct series_sums sums;
    struct series_paired paired;
};

static struct bench bench_new(size_t clusters)
{
    struct bench b = {
        .sums = {xcalloc(clusters, sizeof(double)), xcalloc(clusters, sizeof(double)),
            xcalloc(clusters, sizeof(double)), xcalloc(clusters, sizeof(double))},
        .paired = {xcalloc(clusters, sizeof(double)), xcalloc(clusters, sizeof(double)),
            xcalloc(clusters, sizeof(double))},
    };

    return b;
}

static void bench_free(struct bench *b)
{
    free(b->sums.value);
    free(b->sums.items);
    free(b->sums.tok);
    free(b->sums.tok_items);
    free(b->paired.diff);
    free(b->paired.base);
    free(b->paired.items);
}

static void add_point(struct analysis *a, const struct series *s, unsigned k, struct bench *b)
{
    const struct frame *f = a->frame;

    series_sum(f, s, k, -1, &b->sums);
    struct analysis_point p = {
        .series = s,
        .k = k,
        .acc = resample_add(&a->resample, b->sums.value, b->sums.items),
        .tok = resample_add(&a->resample, b->sums.tok, b->sums.tok_items),
        .spread = series_spread(f, s, k, -1),
    };
    p.short_items = s->n - p.spread.n;
    GROW(a->points, a->npoints + 1, a->points_cap);
    a->points[a->npoints++] = p;
}

static void add_points(struct analysis *a, struct bench *b)
{
    for (size_t i = 0; i < a->set.n; i++) {
        const struct series *s = &a->set.series[i];
        const struct frame_arm *arm = &a->frame->arms[s->arm];
        unsigned ks[MAX_PASS_K];
        size_t n = arm->kind == FRAME_PASS_AT_K ? passk_list(arm->k_list, ks, MAX_PASS_K) : 0;
        add_point(a, s, 0, b);
        for (size_t j = 0; j < n; j++)
            add_point(a, s, ks[j], b);
    }
}

static void add_strata(struct analysis *a, struct bench *b)
{
    const struct frame *f = a->frame;

    if (f->nstrata < 2)
        return;
    for (size_t i = 0; i < a->npoints; i++) {
        const struct analysis_point *p = &a->points[i];
        for (uint32_t s = 0; p->k == 0 && s < f->nstrata; s++) {
            series_sum(f, p->series, 0, s, &b->sums);
            GROW(a->strata, a->nstrata + 1, a->strata_cap);
            a->strata[a->nstrata++] = (struct analysis_stratum){
                .point = i,
                .stratum = s,
                .acc = resample_add(&a->resample, b->sums.value, b->sums.items),
                .spread = series_spread(f, p->series, 0, s),
            };
        }
    }
}

static void add_gain(struct analysis *a, size_t pair, const struct series *x,
    const struct series *ref, struct bench *b)
{
    struct interval_spread spread = series_pair(a->frame, x, ref, &b->paired);

    GROW(a->gains, a->ngains + 1, a->gains_cap);
    a->gains[a->ngains++] = (struct analysis_gain){
        .pair = pair,
        .level = x->level,
        .diff = resample_add(&a->resample, b->paired.diff, b->paired.items),
        .base = resample_add(&a->resample, b->paired.base, b->paired.items),
        .spread = spread,
        .failures = x->failures + ref->failures,
    };
}

static void add_pair(
    struct analysis *a, enum analysis_pair_kind kind, size_t arm, size_t ref, struct bench *b)
{
    if (ref >= a->frame->narms || ref == arm)
        return;
    GROW(a->pairs, a->npairs + 1, a->pairs_cap);
    a->pairs[a->npairs++] = (struct analysis_pair){kind, arm, ref};
    for (size_t i = 0; i < a->set.n; i++) {
        const struct series *x = &a->set.series[i];
        const struct series *y = series_find(&a->set, ref, x->level);
        if (x->arm == arm && y)
            add_gain(a, a->npairs - 1, x, y, b);
    }
}

/* The arm with the fewest parallel c' of the same model and sleep configuration; arm itself if it
 * is that one. */
static size_t fewest_k(const struct frame *f, size_t arm)
{
    size_t best = arm;

    for (size_t i = 0; i < f->narms; i++)
        if (f->arms[i].kind == FRAME_SLEEP_TIME && f->arms[i].k < f->arms[best].k &&
            str_eq(f->arms[i].model, f->arms[arm].model) &&
            str_eq(f->arms[i].sleep_model, f->arms[arm].sleep_model) &&
            f->arms[i].sleep == f->arms[arm].sleep)
            best = i;
    return best;
}

static size_t reference(const struct frame *f, enum frame_method ref, size_t arm)
{
    if (ref == FRAME_SLEEP_TIME)
        return fewest_k(f, arm);
    return frame_find_arm(f, ref, f->arms[arm].model, 0);
}

/* Every sleep arm against the references of its test model, one kind of comparison at a time. */
static void add_pairs(struct analysis *a, struct bench *b)
{
    static const struct {
        enum analysis_pair_kind kind;
        enum frame_method ref;
    } kinds[] = {
        {ANALYSIS_VS_TEST, FRAME_TEST_TIME},
        {ANALYSIS_VS_K1, FRAME_SLEEP_TIME},
        {ANALYSIS_VS_CONTEXT, FRAME_CONTEXT_ONLY},
    };
    const struct frame *f = a->frame;

    for (size_t k = 0; k < ARRAY_LEN(kinds); k++)
        for (size_t i = 0; i < f->narms; i++)
            if (f->arms[i].kind == FRAME_SLEEP_TIME)
                add_pair(a, kinds[k].kind, i, reference(f, kinds[k].ref, i), b);
}

struct analysis *analysis_new(const struct frame *f, const struct analysis_options *options)
{
    struct analysis *a = xcalloc(1, sizeof *a);
    struct bench b = bench_new(f->nclusters);

    if (options->naccuracies > ANALYSIS_ACCURACIES)
        BUG("more than %d accuracies", ANALYSIS_ACCURACIES);
    a->frame = f;
    a->options = *options;
    if (a->options.replicates == 0)
        a->options.replicates = ANALYSIS_REPLICATES;
    series_build(f, &a->set);
    resample_init(&a->resample, f->nclusters);
    add_points(a, &b);
    add_strata(a, &b);
    add_pairs(a, &b);
    sleepcost_add(f, &a->resample, &a->sleeps, &a->nsleeps);
    resample_run(&a->resample, a->options.replicates, a->options.seed);
    bench_free(&b);
    return a;
}

void analysis_free(struct analysis *a)
{
    if (!a)
        return;
    series_release(&a->set);
    resample_release(&a->resample);
    free(a->points);
    free(a->pairs);
    free(a->gains);
    free(a->strata);
    free(a->sleeps);
    free(a);
}

const struct frame_arm *analysis_arm(const struct analysis *a, const struct analysis_point *p)
{
    return &a->frame->arms[p->series->arm];
}

struct ratio_side analysis_side(
    const struct analysis *a, size_t arm, struct ratio_point **ret_points)
{
    struct ratio_point *points = xcalloc(a->npoints, sizeof *points);
    size_t n = 0;

    for (size_t i = 0; i < a->npoints; i++) {
        const struct analysis_point *p = &a->points[i];
        if (p->series->arm == arm && p->k == 0)
            points[n++] = (struct ratio_point){p->acc, p->tok, (double)p->spread.n};
    }
    *ret_points = points;
    return (struct ratio_side){points, n};
}

struct analysis_arm_summary analysis_summary(const struct analysis *a, size_t arm)
{
    struct analysis_arm_summary r = {.deff = 1};

    for (size_t i = 0; i < a->npoints; i++) {
        const struct analysis_point *p = &a->points[i];
        const struct series *s = p->series;
        if (s->arm != arm || p->k)
            continue;
        r.items = s->n > r.items ? s->n : r.items;
        r.failures += s->failures;
        r.observed += s->observed;
        r.repeats = s->most_cells > r.repeats ? s->most_cells : r.repeats;
        if (p->spread.has_deff && p->spread.deff > r.deff)
            r.deff = p->spread.deff;
    }
    return r;
}
