/* sketch_script.c - the gnuplot script of a sketch: layout, colours, legend, stamp. */
#include "plots/gnuplot.h"
#include "plots/sketch.h"

#include <math.h>

/* Sizes in points of the canvas. */
enum {
    PANEL_W = 400,
    PANEL_H = 290,
    LEFT = 78,
    RIGHT = 24,
    GAP_X = 46,
    TOP = 66,
    GAP_Y = 92,
    BELOW = 58,
    LEGEND_LINE = 24,
    LEGEND_COLUMNS = 5
};

/* Okabe and Ito's colours for all kinds of colour vision; markers differ as well. */
static const struct style {
    const char *colour;
    int marker, dash;
} styles[SKETCH_ROLES] = {
    [SKETCH_TEST] = {"#4d4d4d", 7, 1},
    [SKETCH_SLEEP] = {"#0072b2", 5, 1},
    [SKETCH_PASS] = {"#d55e00", 9, 2},
    [SKETCH_CONTEXT] = {"#cc79a7", 13, 4},
    [SKETCH_K] = {"#e69f00", 9, 1},
    [SKETCH_K + 1] = {"#56b4e9", 5, 1},
    [SKETCH_K + 2] = {"#009e73", 13, 1},
    [SKETCH_K + 3] = {"#0072b2", 11, 1},
    [SKETCH_K + 4] = {"#cc79a7", 15, 1},
    [SKETCH_K + 5] = {"#d55e00", 65, 1},
};
static const char gain_colour[] = "#0072b2", loss_colour[] = "#d55e00";

struct place {
    double x, y, lo, hi;
};

static struct place place_of(const struct analysis *a, const struct analysis_point *p)
{
    struct place r = {0};
    struct interval ci = resample_interval(&a->resample, p->acc, NULL);

    (void)resample_point(&a->resample, p->tok, &r.x); /* sketch_curve took only known points */
    (void)resample_point(&a->resample, p->acc, &r.y);
    r.lo = ci.known ? ci.lo : r.y;
    r.hi = ci.known ? ci.hi : r.y;
    return r;
}

/* What both axes must show. */
struct view {
    double x0, x1, y0, y1;
    bool any;
};

static void look(struct view *v, struct place p)
{
    if (!v->any)
        *v = (struct view){p.x, p.x, p.lo, p.hi, true};
    v->x0 = fmin(v->x0, p.x);
    v->x1 = fmax(v->x1, p.x);
    v->y0 = fmin(v->y0, p.lo);
    v->y1 = fmax(v->y1, p.hi);
}

static struct view view_of(const struct analysis *a, const struct sketch_panel *p)
{
    struct view v = {0};

    for (size_t i = 0; i < p->n; i++)
        for (size_t j = 0; j < p->curves[i].n; j++)
            look(&v, place_of(a, p->curves[i].points[j]));
    return v;
}

/* One range of accuracy for all panels, on tenths, with room so that nothing touches a border. */
static struct view view_all(const struct sketch *s, const struct analysis *a)
{
    struct view all = {0};

    for (size_t i = 0; i < s->n; i++) {
        struct view v = view_of(a, &s->panels[i]);
        if (!v.any)
            continue;
        look(&all, (struct place){v.x0, v.y0, v.y0, v.y0});
        look(&all, (struct place){v.x1, v.y1, v.y1, v.y1});
    }
    all.y0 = fmax(0, floor((all.y0 - 0.02) * 10) / 10);
    all.y1 = fmin(1, ceil((all.y1 + 0.02) * 10) / 10);
    return all;
}

/* A name goes to the side of its point where no other curve runs. */
static bool name_above(const struct analysis *a, const struct sketch_panel *p,
    const struct sketch_curve *c, struct place at)
{
    for (size_t i = 0; i < p->n; i++) {
        const struct sketch_curve *other = &p->curves[i];
        for (size_t j = 0; other != c && j + 1 < other->n; j++) {
            struct place left = place_of(a, other->points[j]);
            struct place right = place_of(a, other->points[j + 1]);
            if (at.x < left.x || at.x > right.x || right.x <= left.x)
                continue;
            double y = left.y + (at.x - left.x) / (right.x - left.x) * (right.y - left.y);
            return y < at.y;
        }
    }
    return false;
}

static void datablocks(
    const struct sketch_panel *p, size_t panel, const struct analysis *a, struct buf *out)
{
    for (size_t i = 0; i < p->n; i++) {
        const struct sketch_curve *c = &p->curves[i];
        buf_printf(out, "$p%zuc%zu << EOD\n", panel, i);
        for (size_t j = 0; j < c->n; j++) {
            struct place at = place_of(a, c->points[j]);
            buf_printf(out, "%.9g %.9g %.9g %.9g %u %d\n", at.x, at.y, at.lo, at.hi,
                c->points[j]->k, c->name_k && name_above(a, p, c, at));
        }
        buf_puts(out, "EOD\n");
    }
}

static size_t polyline(const struct sketch_curve *c, const struct analysis *a, double (*line)[2])
{
    size_t n = 0;

    for (size_t i = 0; i < c->n; i++) {
        struct place at = place_of(a, c->points[i]);
        line[n][0] = at.x;
        line[n++][1] = at.y;
    }
    return n;
}

/* The shaded area of a panel as two datablocks; returns which of them hold anything. */
static void areas(const struct sketch_panel *p, size_t panel, const struct analysis *a,
    struct buf *out, bool ret_any[2])
{
    double first[SKETCH_POINTS][2], second[SKETCH_POINTS][2];
    struct sketch_area area[4 * SKETCH_POINTS];

    ret_any[0] = ret_any[1] = false;
    if (!p->shaded || p->n < 2)
        return;
    size_t n = polyline(&p->curves[0], a, first), m = polyline(&p->curves[1], a, second);
    for (int above = 0; above < 2; above++) {
        size_t k = sketch_between((const double(*)[2])first, n, (const double(*)[2])second, m,
            above, area, ARRAY_LEN(area));
        buf_printf(out, "$p%zu%s << EOD\n", panel, above ? "gain" : "loss");
        for (size_t i = 0; i < k; i++) {
            buf_printf(out, "%.9g %.9g %.9g\n", area[i].x, area[i].from, area[i].to);
            if (fabs(area[i].to - area[i].from) > 1e-9)
                ret_any[above] = true;
        }
        buf_puts(out, "EOD\n");
    }
}

struct layout {
    size_t columns, rows, entries, legend_rows;
    int width, height;
};

/* Legend entries: every label once, in order of appearance. */
struct legend {
    struct str labels[SKETCH_PANELS * SKETCH_CURVES];
    enum sketch_role roles[SKETCH_PANELS * SKETCH_CURVES];
    size_t n;
    bool gain, loss;
};

static struct legend legend_of(const struct sketch *s)
{
    struct legend l = {0};

    for (size_t i = 0; i < s->n; i++)
        for (size_t j = 0; j < s->panels[i].n; j++) {
            const struct sketch_curve *c = &s->panels[i].curves[j];
            size_t k = 0;
            while (k < l.n && !str_eq(l.labels[k], c->label))
                k++;
            if (k < l.n)
                continue;
            l.labels[l.n] = c->label;
            l.roles[l.n++] = c->role;
        }
    return l;
}

static struct layout layout_of(const struct sketch *s, const struct legend *l)
{
    struct layout y = {.columns = s->n > 1 ? 2 : 1, .entries = l->n + l->gain + l->loss};
    size_t per_row = s->n > 1 ? LEGEND_COLUMNS : LEGEND_COLUMNS / 2;

    y.rows = (s->n + y.columns - 1) / y.columns;
    y.legend_rows = (y.entries + per_row - 1) / per_row;
    y.width = (int)(LEFT + y.columns * PANEL_W + (y.columns - 1) * GAP_X + RIGHT);
    y.height = (int)(TOP + y.rows * PANEL_H + (y.rows - 1) * GAP_Y + BELOW +
                     y.legend_rows * LEGEND_LINE + 10);
    return y;
}

static void margins(const struct layout *y, size_t panel, struct buf *out)
{
    size_t column = panel % y->columns, row = panel / y->columns;
    double left = (double)(LEFT + column * (PANEL_W + GAP_X));
    double top = (double)(TOP + row * (PANEL_H + GAP_Y));
    double w = y->width, h = y->height;

    buf_printf(out, "set lmargin at screen %.6f\nset rmargin at screen %.6f\n", left / w,
        (left + PANEL_W) / w);
    buf_printf(out, "set tmargin at screen %.6f\nset bmargin at screen %.6f\n", 1 - top / h,
        1 - (top + PANEL_H) / h);
}

static void heading(const struct sketch *s, const struct layout *y, bool simulated, struct buf *out)
{
    double title = 1 - 17.0 / y->height, stamp = 1 - 36.0 / y->height;

    buf_printf(out, "set label 1 ");
    gnuplot_text(out, str_c(s->title));
    buf_printf(out, " at screen %.6f,%.6f left font ',14' front\n", (double)LEFT / y->width, title);
    if (!simulated)
        return;
    buf_printf(out,
        "set label 2 'SIMULATED (phantom): says nothing about "
        "language models' at screen %.6f,%.6f left font ',10' textcolor rgb '#b00020' front\n",
        (double)LEFT / y->width, stamp);
    buf_puts(out, "set label 3 'SIMULATED (phantom)' at graph 0.5,0.5 center rotate by 24 font "
                  "',25' textcolor rgb '#ececec' back\n");
}

/* Points with a name beside them need room on the right. */
static bool names_k(const struct sketch_panel *p)
{
    for (size_t i = 0; i < p->n; i++)
        if (p->curves[i].name_k)
            return true;
    return false;
}

static void axes(const struct sketch *s, const struct layout *y, size_t panel, const struct view *v,
    const struct view *all, struct buf *out)
{
    double step = all->y1 - all->y0 > 0.55 ? 0.2 : 0.1;
    double pad = (all->y1 - all->y0) * 0.03;

    buf_puts(out, "set title ");
    gnuplot_text(out, s->panels[panel].model);
    buf_puts(out, " offset 0,-0.6\n");
    buf_printf(out, "set yrange [%.4f:%.4f]\nset ytics %.2f\n", all->y0 - (all->y0 > 0 ? 0 : pad),
        all->y1 + (names_k(&s->panels[panel]) ? 3 * pad
                      : all->y1 < 1           ? 0
                                              : pad),
        step);
    if (panel % y->columns == 0)
        buf_puts(out, "set ylabel 'Accuracy' offset 0.5,0\nset format y '%.1f'\n");
    else
        buf_puts(out, "unset ylabel\nset format y ''\n");
    buf_puts(out, "set xlabel 'Avg. test-time tokens per question'\nset format x '%.0f'\n");
    if (s->log_x)
        buf_printf(
            out, "set xrange [%.6g:%.6g]\n", fmax(v->x0, 0.5) / 1.25, fmax(v->x1, 0.5) * 1.25);
    else
        buf_printf(out, "set xrange [0:%.6g]\n",
            v->x1 > 0 ? v->x1 * (names_k(&s->panels[panel]) ? 1.13 : 1.06) : 1);
}

/* Tokens rarely span two decades: ticks at 1, 2, 5 of each. */
static void log_ticks(struct buf *out)
{
    const char *comma = "";

    buf_puts(out, "set logscale x 10\nset xtics (");
    for (int power = 0; power < 8; power++)
        for (int i = 0; i < 3; i++) {
            double at = pow(10, power) * (i == 0 ? 1 : i == 1 ? 2 : 5);
            buf_printf(out, "%s'%.0f' %.0f", comma, at, at);
            comma = ", ";
        }
    buf_puts(out, ")\n");
}

static void curve_plots(
    const struct sketch_panel *p, size_t panel, const bool any[2], struct buf *out)
{
    const char *comma = "plot ";

    if (any[1]) {
        buf_printf(out,
            "%s$p%zugain using 1:2:3 with filledcurves fillcolor rgb '%s' "
            "fillstyle transparent solid 0.16 noborder notitle",
            comma, panel, gain_colour);
        comma = ", \\\n  ";
    }
    if (any[0]) {
        buf_printf(out,
            "%s$p%zuloss using 1:2:3 with filledcurves fillcolor rgb '%s' "
            "fillstyle transparent solid 0.16 noborder notitle",
            comma, panel, loss_colour);
        comma = ", \\\n  ";
    }
    for (size_t i = 0; i < p->n; i++) {
        const struct style *st = &styles[p->curves[i].role];
        buf_printf(out,
            "%s$p%zuc%zu using 1:2 with lines linewidth 1.6 dashtype %d linecolor rgb '%s' notitle",
            comma, panel, i, st->dash, st->colour);
        comma = ", \\\n  ";
        buf_printf(out,
            "%s$p%zuc%zu using 1:2:3:4 with yerrorbars linewidth 1 pointtype %d pointsize 0.9 "
            "linecolor rgb '%s' notitle",
            comma, panel, i, st->marker, st->colour);
        for (int above = 0; p->curves[i].name_k && above < 2; above++)
            buf_printf(out,
                "%s$p%zuc%zu using 1:(column(6) == %d ? column(2) : NaN):(sprintf('k=%%d', "
                "column(5))) with labels font ',10' textcolor rgb '%s' offset %s notitle",
                comma, panel, i, above, st->colour, above ? "-0.6,0.8 right" : "0.7,-0.9 left");
    }
    buf_puts(out, "\n");
}

/* The legend is a panel of its own at the foot: it can cover nothing. */
static void legend(const struct legend *l, const struct layout *y, struct buf *out)
{
    double top = (double)(y->legend_rows * LEGEND_LINE + 8) / y->height;
    const char *comma = "plot ";

    buf_puts(out, "unset label\nunset title\nunset xlabel\nunset ylabel\nunset tics\nunset border\n"
                  "unset logscale\nunset grid\nset xrange [0:1]\nset yrange [0:1]\n");
    buf_printf(out,
        "set lmargin at screen 0.01\nset rmargin at screen 0.99\nset bmargin at screen "
        "0\nset tmargin at screen %.6f\n",
        top);
    buf_printf(out,
        "set key center center horizontal Left reverse noenhanced samplen 2.4 "
        "spacing 1.35 width -2 maxrows %zu font ',12'\n",
        y->legend_rows);
    for (size_t i = 0; i < l->n; i++) {
        const struct style *st = &styles[l->roles[i]];
        buf_printf(out,
            "%sNaN with linespoints linewidth 1.6 dashtype %d pointtype %d pointsize 0.9 "
            "linecolor rgb '%s' title ",
            comma, st->dash, st->marker, st->colour);
        gnuplot_text(out, l->labels[i]);
        comma = ", \\\n  ";
    }
    if (l->gain)
        buf_printf(out,
            "%sNaN with boxes fillcolor rgb '%s' fillstyle transparent solid 0.16 "
            "noborder title 'gain at equal tokens'",
            comma, gain_colour);
    if (l->loss)
        buf_printf(out,
            "%sNaN with boxes fillcolor rgb '%s' fillstyle transparent solid 0.16 "
            "noborder title 'loss at equal tokens'",
            comma, loss_colour);
    buf_puts(out, "\n");
}

void sketch_script(const struct sketch *s, const struct analysis *a, struct buf *out,
    int *ret_width, int *ret_height)
{
    struct legend l = legend_of(s);
    struct view all = view_all(s, a);
    bool any[SKETCH_PANELS][2];

    for (size_t i = 0; i < s->n; i++) {
        datablocks(&s->panels[i], i, a, out);
        areas(&s->panels[i], i, a, out, any[i]);
        l.loss = l.loss || any[i][0];
        l.gain = l.gain || any[i][1];
    }
    struct layout y = layout_of(s, &l);
    buf_puts(out,
        "set multiplot\nset key noenhanced\nunset key\nset errorbars 0.5\n"
        "set border 3 linewidth 1 linecolor rgb '#333333'\nset tics nomirror out scale 0.6 "
        "font ',11'\nset grid ytics back linetype 1 linecolor rgb '#d8d8d8' linewidth 0.5 dashtype "
        "1\n");
    if (s->log_x)
        log_ticks(out);
    for (size_t i = 0; i < s->n; i++) {
        struct view v = view_of(a, &s->panels[i]);
        heading(s, &y, frame_simulated(a->frame), out);
        margins(&y, i, out);
        axes(s, &y, i, &v, &all, out);
        if (s->panels[i].n)
            curve_plots(&s->panels[i], i, any[i], out);
        buf_puts(out, "unset label 1\nunset label 2\n");
    }
    legend(&l, &y, out);
    buf_puts(out, "unset multiplot\n");
    *ret_width = y.width;
    *ret_height = y.height;
}
