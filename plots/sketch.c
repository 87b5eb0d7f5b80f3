/* sketch.c - panels, curves and the data file of a figure; see sketch.h. */
#include "plots/sketch.h"

#include "metrics/tables.h"

#include <stdlib.h>

void sketch_release(struct sketch *s)
{
    free(s->panels);
    arena_release(&s->arena);
    *s = (struct sketch){0};
}

struct sketch_panel *sketch_panel(struct sketch *s, struct str model)
{
    if (s->n == SKETCH_PANELS) {
        s->left_out++;
        return NULL;
    }
    if (!s->panels)
        s->panels = xcalloc(SKETCH_PANELS, sizeof *s->panels);
    s->panels[s->n].model = model;
    return &s->panels[s->n++];
}

static double tokens_of(const struct analysis *a, const struct analysis_point *p)
{
    double t = 0;

    return resample_point(&a->resample, p->tok, &t) ? t : -1;
}

/* A point has a place when both its coordinates are known. */
static bool has_place(const struct analysis *a, const struct analysis_point *p)
{
    double acc;

    return tokens_of(a, p) >= 0 && resample_point(&a->resample, p->acc, &acc);
}

void sketch_curve(struct sketch_panel *p, const struct analysis *a, size_t arm,
    enum sketch_role role, struct str label)
{
    bool pool = a->frame->arms[arm].kind == FRAME_PASS_AT_K;
    struct sketch_curve c = {.label = label, .role = role, .name_k = pool};

    if (p->n == SKETCH_CURVES)
        return;
    for (size_t i = 0; i < a->npoints && c.n < SKETCH_POINTS; i++) {
        const struct analysis_point *q = &a->points[i];
        if (q->series->arm != arm || (q->k > 0) != pool || !has_place(a, q))
            continue;
        size_t at = c.n++;
        for (; at > 0 && tokens_of(a, c.points[at - 1]) > tokens_of(a, q); at--)
            c.points[at] = c.points[at - 1];
        c.points[at] = q;
    }
    if (c.n)
        p->curves[p->n++] = c;
}

static const struct column data_columns[] = {
    {"panel", "", COLUMN_STR, 0},
    {"series", "", COLUMN_STR, 0},
    {"arm", "", COLUMN_STR, 0},
    {"level", "", COLUMN_STR, 0},
    {"k", "", COLUMN_INT, 0},
    {"test_tok", "tokens", COLUMN_NUM, 1},
    {"test_tok_lo", "tokens", COLUMN_NUM, 1},
    {"test_tok_hi", "tokens", COLUMN_NUM, 1},
    {"accuracy", "share", COLUMN_NUM, 3},
    {"accuracy_lo", "share", COLUMN_NUM, 3},
    {"accuracy_hi", "share", COLUMN_NUM, 3},
    {"items", "", COLUMN_INT, 0},
    {"clusters", "", COLUMN_INT, 0},
    {"deff", "", COLUMN_NUM, 2},
    {"repeats", "", COLUMN_INT, 0},
    {"failures", "answers", COLUMN_INT, 0},
    {"truncated", "answers", COLUMN_INT, 0},
};

static void data_row(struct table *t, const struct analysis *a, const struct sketch_panel *p,
    const struct sketch_curve *c, const struct analysis_point *q)
{
    const struct frame_arm *arm = analysis_arm(a, q);

    table_row(t);
    table_str(t, p->model);
    table_str(t, c->label);
    table_str(t, arm->name);
    tables_level(t, q->series->level);
    table_int(t, q->k ? (int64_t)q->k : arm->k);
    tables_point(t, a, q->tok);
    tables_interval(t, resample_interval(&a->resample, q->tok, NULL));
    tables_point(t, a, q->acc);
    tables_interval(t, resample_interval(&a->resample, q->acc, NULL));
    tables_spread(t, &q->spread);
    table_int(t, q->series->most_cells);
    table_int(t, (int64_t)q->series->failures);
    table_int(t, (int64_t)q->series->truncated);
}

struct table *sketch_table(const struct sketch *s, const struct analysis *a)
{
    struct table *t;
    struct buf name = BUF_INIT;

    buf_printf(&name, "figure_%s", s->id);
    t = tables_new(a, buf_cstr(&name), data_columns, ARRAY_LEN(data_columns), s->title);
    buf_release(&name);
    for (size_t i = 0; i < s->n; i++)
        for (size_t j = 0; j < s->panels[i].n; j++)
            for (size_t k = 0; k < s->panels[i].curves[j].n; k++)
                data_row(
                    t, a, &s->panels[i], &s->panels[i].curves[j], s->panels[i].curves[j].points[k]);
    return t;
}

/* y of a polyline at x inside its range. */
static double height(const double (*line)[2], size_t n, double x)
{
    for (size_t i = 0; i + 1 < n; i++) {
        double x0 = line[i][0], x1 = line[i + 1][0];
        if (x <= x0)
            return line[i][1];
        if (x < x1)
            return line[i][1] + (x - x0) / (x1 - x0) * (line[i + 1][1] - line[i][1]);
    }
    return line[n - 1][1];
}

/* A knot, and in front of it the place where the lines cross since the knot before. */
static size_t add_knot(const struct sketch_area *knot, bool above, struct sketch_area *ret,
    size_t n, size_t cap, double *last_d)
{
    double d = knot->to - knot->from;

    if (n > 0 && *last_d * d < 0 && n < cap) {
        const struct sketch_area *before = &ret[n - 1];
        double part = *last_d / (*last_d - d);
        double y = before->from + part * (knot->from - before->from);
        ret[n] = (struct sketch_area){before->x + part * (knot->x - before->x), y, y};
        n++;
    }
    *last_d = d;
    if (n < cap) {
        ret[n] = *knot;
        if ((d > 0) != above)
            ret[n].to = ret[n].from;
        n++;
    }
    return n;
}

size_t sketch_between(const double (*first)[2], size_t n, const double (*second)[2], size_t m,
    bool above, struct sketch_area *ret, size_t cap)
{
    size_t count = 0;
    double last_d = 0, lo, hi, x = 0;

    if (n == 0 || m == 0)
        return 0;
    lo = first[0][0] > second[0][0] ? first[0][0] : second[0][0];
    hi = first[n - 1][0] < second[m - 1][0] ? first[n - 1][0] : second[m - 1][0];
    if (lo >= hi)
        return 0;
    for (size_t i = 0, j = 0; i < n || j < m;) {
        bool take_first = j == m || (i < n && first[i][0] <= second[j][0]);
        double next = take_first ? first[i++][0] : second[j++][0];
        if (next < lo || next > hi || (count && next <= x))
            continue;
        x = next;
        struct sketch_area knot = {x, height(first, n, x), height(second, m, x)};
        count = add_knot(&knot, above, ret, count, cap, &last_d);
    }
    return count;
}
