/*
 * sketch.h - a figure before it is drawn: panels of curves over the points of an analysis.
 *
 * The published data file and the gnuplot script come from the same sketch, and its numbers from
 * the same resample as the tables: a number in a figure is the number in a table.
 *
 *     struct sketch s = {.id = "3", .title = "..."};
 *     struct sketch_panel *p = sketch_panel(&s, model);
 *     sketch_curve(p, a, arm, SKETCH_SLEEP, STR("sleep-time"));
 *     struct table *data = sketch_table(&s, a);
 *     sketch_script(&s, a, &script);
 *     sketch_release(&s);
 */
#ifndef PLOTS_SKETCH_H
#define PLOTS_SKETCH_H

#include "harness/base/table.h"
#include "metrics/analysis.h"

/* Colour, marker and dash belong to a role, so that a method looks alike in every figure. */
enum sketch_role {
    SKETCH_TEST,
    SKETCH_SLEEP,
    SKETCH_PASS,
    SKETCH_CONTEXT,
    SKETCH_K, /* the first of a row of styles for rising k */
    SKETCH_ROLES = SKETCH_K + 6
};

enum { SKETCH_PANELS = 6, SKETCH_CURVES = 10, SKETCH_POINTS = 64 };

struct sketch_curve {
    struct str label;
    enum sketch_role role;
    bool name_k; /* write k at the points */
    const struct analysis_point *points[SKETCH_POINTS];
    size_t n;
};

struct sketch_panel {
    struct str model;
    struct sketch_curve curves[SKETCH_CURVES];
    size_t n;
    bool shaded; /* between curve 0 and curve 1, where curve 1 is higher and where it is lower */
};

struct sketch {
    const char *id, *title;
    bool log_x;
    struct sketch_panel *panels;
    size_t n;
    size_t left_out;    /* models beyond SKETCH_PANELS */
    struct arena arena; /* labels */
};

void sketch_release(struct sketch *s);
/* A new panel, or NULL when there are SKETCH_PANELS already (counted in left_out). */
struct sketch_panel *sketch_panel(struct sketch *s, struct str model);
/* Adds the points of an arm in the order of tokens: accuracies, or pass@k for a pool. A curve
 * without any point is not added. */
void sketch_curve(struct sketch_panel *p, const struct analysis *a, size_t arm,
    enum sketch_role role, struct str label);

/* The data file: one row a point, with n, clusters, interval and failures. */
struct table *sketch_table(const struct sketch *s, const struct analysis *a);
/* The script without its terminal; *ret_width and *ret_height in points. */
void sketch_script(const struct sketch *s, const struct analysis *a, struct buf *out,
    int *ret_width, int *ret_height);

/* Knots of the area between two polylines over the x both have: x, lower, upper. `above` takes the
 * stretches where the second is higher, else where it is lower. Exposed for tests. */
struct sketch_area {
    double x, from, to;
};
size_t sketch_between(const double (*first)[2], size_t n, const double (*second)[2], size_t m,
    bool above, struct sketch_area *ret, size_t cap);

#endif
