/* figure.c - the list of figures, their panels and their files; see figure.h. */
#include "plots/figure.h"

#include "harness/base/file.h"
#include "plots/gnuplot.h"

const struct figure *const figure_all[] = {&figure_3, &figure_5, &figure_7, &figure_21, &figure_26};
const size_t figure_count = ARRAY_LEN(figure_all);

const struct figure *figure_find(struct str id)
{
    for (size_t i = 0; i < figure_count; i++)
        if (str_eqc(id, figure_all[i]->id))
            return figure_all[i];
    return NULL;
}

bool figure_has_points(const struct analysis *a, size_t arm)
{
    double v;

    for (size_t i = 0; arm < a->frame->narms && i < a->npoints; i++)
        if (a->points[i].series->arm == arm && resample_point(&a->resample, a->points[i].acc, &v) &&
            resample_point(&a->resample, a->points[i].tok, &v))
            return true;
    return false;
}

static const char *missing(const struct figure *fig, const struct analysis *a, struct str model)
{
    for (size_t i = 0; fig->needs[i] != FRAME_OTHER; i++)
        if (!figure_has_points(a, frame_find_arm(a->frame, fig->needs[i], model, 0)))
            return frame_method_text(fig->needs[i]);
    return NULL;
}

bool figure_sketch(
    const struct figure *fig, const struct analysis *a, struct sketch *ret, struct buf *ret_why)
{
    struct str model;
    const char *lacking = NULL;
    bool complete = false; /* a model has all the arms */

    *ret = (struct sketch){.id = fig->id, .title = fig->title, .log_x = fig->log_x};
    for (size_t i = 0; (model = frame_model(a->frame, i)).n > 0; i++) {
        const char *name = missing(fig, a, model);
        bool fits = !name && (!fig->has || fig->has(a, model));
        lacking = name ? name : lacking;
        complete = complete || !name;
        struct sketch_panel *p = fits ? sketch_panel(ret, model) : NULL;
        if (p)
            fig->panel(a, ret, p);
    }
    if (ret->n)
        return true;
    if (complete) {
        buf_puts(ret_why, fig->lacks);
        return false;
    }
    buf_printf(ret_why, "no model has graded answers with known tokens of the arm %s",
        lacking ? lacking : "test_time");
    return false;
}

enum err_code figure_write_data(const struct figure *fig, const struct sketch *s,
    const struct analysis *a, const char *dir, struct err *err)
{
    struct buf path = BUF_INIT, text = BUF_INIT;
    struct table *data = sketch_table(s, a);

    table_print(data, TABLE_CSV, &text);
    table_free(data);
    buf_printf(&path, "%s/figure_%s.csv", dir, fig->id);
    enum err_code rc = file_write(buf_cstr(&path), buf_str(&text), err);
    buf_release(&path);
    buf_release(&text);
    return rc;
}

enum err_code figure_draw(const struct figure *fig, const struct sketch *s,
    const struct analysis *a, const char *dir, struct err *err)
{
    static const struct {
        enum gnuplot_format format;
        const char *ending;
    } formats[] = {{GNUPLOT_SVG, "svg"}, {GNUPLOT_PNG, "png"}};
    struct buf path = BUF_INIT, text = BUF_INIT;
    enum err_code rc = OK;
    int width, height;

    sketch_script(s, a, &text, &width, &height);
    for (size_t i = 0; !rc && i < ARRAY_LEN(formats); i++) {
        buf_reset(&path);
        buf_printf(&path, "%s/figure_%s.%s", dir, fig->id, formats[i].ending);
        rc = gnuplot_draw(buf_str(&text), formats[i].format, width, height, buf_cstr(&path), err);
    }
    buf_release(&path);
    buf_release(&text);
    return rc;
}

void figure_add(const struct analysis *a, struct sketch_panel *p, enum frame_method method,
    enum sketch_role role, struct str label)
{
    size_t arm = frame_find_arm(a->frame, method, p->model, 0);

    if (arm < a->frame->narms)
        sketch_curve(p, a, arm, role, label);
}
