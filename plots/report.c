/* report.c - writes tables, figures and RESULTS.md; see report.h. */
#include "plots/report.h"

#include "harness/base/file.h"
#include "metrics/tables.h"
#include "plots/figure.h"
#include "plots/report_text.h"

struct report {
    const struct report_info *info;
    struct analysis *a;
    const char *dir;
    struct err picture; /* the first trouble with gnuplot; code OK: none */
};

static struct analysis *analyse(const struct frame *f, const struct report_info *info)
{
    struct analysis_options o = {
        .replicates = info->replicates,
        .seed = info->seed,
        .run = info->run,
        .grader = info->grader,
    };

    for (size_t i = 0; i < info->naccuracies && i < ANALYSIS_ACCURACIES; i++)
        o.accuracies[o.naccuracies++] = info->accuracies[i];
    return analysis_new(f, &o);
}

static enum err_code write_table(const struct report *r, const struct table *t, struct err *err)
{
    struct buf path = BUF_INIT, text = BUF_INIT;

    buf_printf(&path, "%s/tables/%s.csv", r->dir, table_name(t));
    table_print(t, TABLE_CSV, &text);
    enum err_code rc = file_write(buf_cstr(&path), buf_str(&text), err);
    buf_release(&path);
    buf_release(&text);
    return rc;
}

static enum err_code make_dir(const char *dir, const char *name, struct err *err)
{
    struct buf path = BUF_INIT;

    buf_printf(&path, "%s/%s", dir, name);
    enum err_code rc = file_make_dirs(buf_cstr(&path), err);
    buf_release(&path);
    return rc;
}

static enum err_code write_tables(const struct report *r, struct err *err)
{
    enum err_code rc = make_dir(r->dir, "tables", err);

    for (size_t i = 0; !rc && i < tables_count; i++) {
        struct table *t = tables_all[i].build(r->a);
        rc = write_table(r, t, err);
        table_free(t);
    }
    for (size_t i = 0; !rc && i < r->info->nextra; i++)
        rc = write_table(r, r->info->extra[i], err);
    if (!rc && r->info->filed)
        rc = write_table(r, r->info->filed, err);
    return rc;
}

static bool wanted(const struct report_info *info, const struct figure *fig)
{
    for (size_t i = 0; i < info->nfigures; i++)
        if (str_eqc(info->figures[i], fig->id))
            return true;
    return info->nfigures == 0;
}

static void embed(struct buf *out, const struct figure *fig, const struct sketch *s, bool drawn)
{
    buf_printf(out, "\n### Figure %s. %s\n\n%s\n\n", fig->id, fig->title, fig->about);
    if (s->left_out)
        buf_printf(out, "%zu further models are left out of the picture; the tables have them.\n\n",
            s->left_out);
    if (drawn)
        buf_printf(out, "![Figure %s](figures/figure_%s.png)\n\n", fig->id, fig->id);
    if (drawn)
        buf_printf(out, "[SVG](figures/figure_%s.svg) · ", fig->id);
    buf_printf(out, "[data](figures/figure_%s.csv)\n", fig->id);
}

static enum err_code one_figure(
    struct report *r, const struct figure *fig, struct buf *out, struct err *err)
{
    struct sketch s;
    struct buf dir = BUF_INIT, why = BUF_INIT;
    enum err_code rc = OK;

    buf_printf(&dir, "%s/figures", r->dir);
    if (!figure_sketch(fig, r->a, &s, &why)) {
        buf_printf(
            out, "\n### Figure %s. %s\n\nNot drawn: %s.\n", fig->id, fig->title, buf_cstr(&why));
    } else {
        rc = figure_write_data(fig, &s, r->a, buf_cstr(&dir), err);
        bool draw = !rc && !r->picture.code;
        if (draw)
            draw = figure_draw(fig, &s, r->a, buf_cstr(&dir), &r->picture) == OK;
        embed(out, fig, &s, draw);
    }
    sketch_release(&s);
    buf_release(&dir);
    buf_release(&why);
    return rc;
}

static enum err_code write_figures(struct report *r, struct buf *out, struct err *err)
{
    struct buf text = BUF_INIT;
    enum err_code rc;

    buf_puts(out, "\n## Figures\n\n");
    if (r->info->no_figures) {
        buf_puts(out, "No figure is made: ");
        report_text_plain(out, str_c(r->info->no_figures));
        buf_puts(out, "\n");
        return OK;
    }
    rc = make_dir(r->dir, "figures", err);
    for (size_t i = 0; !rc && i < figure_count; i++)
        if (wanted(r->info, figure_all[i]))
            rc = one_figure(r, figure_all[i], &text, err);
    buf_puts(out, "Bars are 95 % intervals of the accuracy.\n");
    if (r->picture.code) {
        buf_puts(out, "\n**Pictures are missing:** ");
        report_text_plain(out, str_c(r->picture.msg));
        buf_puts(out, " The data files are complete.\n");
    }
    buf_str_add(out, buf_str(&text));
    buf_release(&text);
    return rc;
}

static enum err_code check_figures(const struct report_info *info, struct err *err)
{
    struct buf ids = BUF_INIT;
    enum err_code rc = OK;

    for (size_t i = 0; i < figure_count; i++)
        buf_printf(&ids, "%s%s",
            i == 0                 ? ""
            : i + 1 < figure_count ? ", "
                                   : " and ",
            figure_all[i]->id);
    for (size_t i = 0; !rc && i < info->nfigures; i++)
        if (!figure_find(info->figures[i]))
            rc = err_set(err, ERR_USAGE, "no figure is called '%.*s': there are %s",
                STR_ARG(info->figures[i]), buf_cstr(&ids));
    buf_release(&ids);
    return rc;
}

enum err_code report_write(
    const struct frame *f, const struct report_info *info, const char *dir, struct err *err)
{
    struct report r = {.info = info, .dir = dir};
    struct buf text = BUF_INIT, path = BUF_INIT;
    enum err_code rc = check_figures(info, err);

    if (rc)
        return rc;
    r.a = analyse(f, info);
    rc = write_tables(&r, err);
    report_text_head(&text, r.a, info);
    if (!rc)
        rc = write_figures(&r, &text, err);
    report_text_body(&text, r.a, info);
    report_text_foot(&text, r.a, info);
    if (!rc) {
        buf_printf(&path, "%s/RESULTS.md", dir);
        rc = file_write(buf_cstr(&path), buf_str(&text), err);
    }
    if (!rc && r.picture.code) {
        if (err)
            *err = r.picture;
        rc = r.picture.code;
    }
    analysis_free(r.a);
    buf_release(&text);
    buf_release(&path);
    return rc;
}
