/* tables_passk.c - pass@k of a pool of samples beside sleep, and the Pareto set. */
#include "metrics/tables.h"

#include <math.h>
#include <stdlib.h>

static const struct column passk_columns[] = {
    {"arm", "", COLUMN_STR, 0},
    {"model", "", COLUMN_STR, 0},
    {"level", "", COLUMN_STR, 0},
    {"k", "", COLUMN_INT, 0},
    {"pass_at_k", "share", COLUMN_NUM, 3},
    {"pass_at_k_lo", "share", COLUMN_NUM, 3},
    {"pass_at_k_hi", "share", COLUMN_NUM, 3},
    {"test_tok", "tokens", COLUMN_NUM, 1},
    {"test_tok_lo", "tokens", COLUMN_NUM, 1},
    {"test_tok_hi", "tokens", COLUMN_NUM, 1},
    {"items", "", COLUMN_INT, 0},
    {"clusters", "", COLUMN_INT, 0},
    {"deff", "", COLUMN_NUM, 2},
    {"short_items", "", COLUMN_INT, 0}, /* fewer than k samples: left out */
    {"samples", "", COLUMN_INT, 0},
    {"failures", "answers", COLUMN_INT, 0},
    {"sleep_arm", "", COLUMN_STR, 0},
    {"sleep_accuracy", "share", COLUMN_NUM, 3}, /* at the same tokens */
    {"sleep_gain", "share", COLUMN_NUM, 3},
    {"sleep_gain_lo", "share", COLUMN_NUM, 3},
    {"sleep_gain_hi", "share", COLUMN_NUM, 3},
};

static void sleep_beside(struct table *t, const struct analysis *a, const struct analysis_point *p)
{
    const struct frame *f = a->frame;
    size_t sleep = frame_find_arm(f, FRAME_SLEEP_TIME, analysis_arm(a, p)->model, 0);
    struct ratio_point *points, at = {p->acc, p->tok, 1};

    if (sleep == f->narms) {
        for (int i = 0; i < 5; i++)
            table_missing(t);
        return;
    }
    struct gain_at g = gain_at(&a->resample, analysis_side(a, sleep, &points), at);
    free(points);
    table_str(t, f->arms[sleep].name);
    tables_num_if(t, g.known, g.accuracy);
    tables_num_if(t, g.known, g.points);
    tables_interval(t, g.ci);
}

struct table *tables_passk(const struct analysis *a)
{
    struct table *t = tables_new(a, "passk", passk_columns, ARRAY_LEN(passk_columns),
        "1 - C(n-c,k) / C(n,k) per item over the samples obtained, an oracle's choice; tokens are "
        "k times the mean; sleep_* is the isotonic curve of the arm with the fewest c' at those "
        "tokens, empty outside its range");

    for (size_t i = 0; i < a->npoints; i++) {
        const struct analysis_point *p = &a->points[i];
        if (p->k == 0)
            continue;
        table_row(t);
        table_str(t, analysis_arm(a, p)->name);
        table_str(t, analysis_arm(a, p)->model);
        tables_level(t, p->series->level);
        table_int(t, p->k);
        tables_point(t, a, p->acc);
        tables_interval(t, resample_interval(&a->resample, p->acc, NULL));
        tables_point(t, a, p->tok);
        tables_interval(t, resample_interval(&a->resample, p->tok, NULL));
        tables_spread(t, &p->spread);
        table_int(t, (int64_t)p->short_items);
        table_int(t, p->series->most_cells);
        table_int(t, (int64_t)p->series->failures);
        sleep_beside(t, a, p);
    }
    return t;
}

static const struct column frontier_columns[] = {
    {"model", "", COLUMN_STR, 0},
    {"arm", "", COLUMN_STR, 0},
    {"method", "", COLUMN_STR, 0},
    {"level", "", COLUMN_STR, 0},
    {"k", "", COLUMN_INT, 0},
    {"oracle", "", COLUMN_INT, 0},
    {"test_tok", "tokens", COLUMN_NUM, 1},
    {"accuracy", "share", COLUMN_NUM, 3},
    {"accuracy_lo", "share", COLUMN_NUM, 3},
    {"accuracy_hi", "share", COLUMN_NUM, 3},
    {"on_frontier", "", COLUMN_INT, 0},
    {"frontier_share", "share", COLUMN_NUM, 3}, /* of replicates in which it is */
    {"on_oracle_frontier", "", COLUMN_INT, 0},
    {"items", "", COLUMN_INT, 0},
    {"clusters", "", COLUMN_INT, 0},
    {"deff", "", COLUMN_NUM, 2},
    {"repeats", "", COLUMN_INT, 0},
    {"failures", "answers", COLUMN_INT, 0},
};

/* The points of one model, and what dominance says about them. */
struct field {
    const struct analysis_point **p;
    size_t n;
    double *t, *a;
    bool *on, *on_oracle;
    size_t *times; /* replicates on the frontier */
};

static bool competes(const struct frame_arm *arm, const struct analysis_point *p)
{
    if (arm->kind == FRAME_PASS_AT_K)
        return p->k > 0;
    return arm->kind == FRAME_TEST_TIME || arm->kind == FRAME_SLEEP_TIME;
}

static struct field field_new(const struct analysis *a, struct str model)
{
    struct field f = {
        .p = xcalloc(a->npoints, sizeof(struct analysis_point *)),
        .t = xcalloc(a->npoints, sizeof(double)),
        .a = xcalloc(a->npoints, sizeof(double)),
        .on = xcalloc(a->npoints, sizeof(bool)),
        .on_oracle = xcalloc(a->npoints, sizeof(bool)),
        .times = xcalloc(a->npoints, sizeof(size_t)),
    };

    for (size_t i = 0; i < a->npoints; i++) {
        const struct frame_arm *arm = analysis_arm(a, &a->points[i]);
        if (str_eq(arm->model, model) && competes(arm, &a->points[i]))
            f.p[f.n++] = &a->points[i];
    }
    return f;
}

static void field_free(struct field *f)
{
    free(f->p);
    free(f->t);
    free(f->a);
    free(f->on);
    free(f->on_oracle);
    free(f->times);
}

/* Positions at a replicate; without the oracle its points lie nowhere. */
static void field_place(const struct resample *r, size_t b, bool oracle, struct field *f)
{
    for (size_t i = 0; i < f->n; i++) {
        const struct analysis_point *p = f->p[i];
        bool out = p->k && !oracle;
        f->a[i] = b == RATIO_POINT ? r->point[p->acc] : resample_values(r, p->acc)[b];
        f->t[i] = b == RATIO_POINT ? r->point[p->tok] : resample_values(r, p->tok)[b];
        if (out)
            f->t[i] = NAN;
    }
}

static void field_judge(const struct resample *r, struct field *f)
{
    for (size_t b = 0; b < r->replicates; b++) {
        field_place(r, b, false, f);
        curve_pareto(f->t, f->a, f->n, f->on);
        for (size_t i = 0; i < f->n; i++)
            f->times[i] += f->on[i];
    }
    field_place(r, RATIO_POINT, false, f);
    curve_pareto(f->t, f->a, f->n, f->on);
    field_place(r, RATIO_POINT, true, f);
    curve_pareto(f->t, f->a, f->n, f->on_oracle);
}

static void frontier_row(struct table *t, const struct analysis *a, const struct field *f, size_t i)
{
    const struct analysis_point *p = f->p[i];
    const struct frame_arm *arm = analysis_arm(a, p);
    size_t replicates = a->resample.replicates;

    table_row(t);
    table_str(t, arm->model);
    table_str(t, arm->name);
    table_str(t, arm->method);
    tables_level(t, p->series->level);
    table_int(t, p->k ? (int64_t)p->k : arm->k);
    table_int(t, p->k > 0);
    tables_point(t, a, p->tok);
    tables_point(t, a, p->acc);
    tables_interval(t, resample_interval(&a->resample, p->acc, NULL));
    if (p->k)
        table_missing(t);
    else
        table_int(t, f->on[i]);
    tables_num_if(t, !p->k && a->resample.clusters >= 2, (double)f->times[i] / (double)replicates);
    table_int(t, f->on_oracle[i]);
    tables_spread(t, &p->spread);
    table_int(t, p->series->most_cells);
    table_int(t, (int64_t)p->series->failures);
}

struct table *tables_frontier(const struct analysis *a)
{
    struct table *t = tables_new(a, "frontier", frontier_columns, ARRAY_LEN(frontier_columns),
        "a point is on the frontier if no other has at most its tokens and at least its accuracy, "
        "one strictly; call it dominant only at a share of 0.95; pass@k needs an oracle and "
        "competes in on_oracle_frontier alone");
    struct str model;

    for (size_t m = 0; (model = frame_model(a->frame, m)).n > 0; m++) {
        struct field f = field_new(a, model);
        field_judge(&a->resample, &f);
        for (size_t i = 0; i < f.n; i++)
            frontier_row(t, a, &f, i);
        field_free(&f);
    }
    return t;
}
