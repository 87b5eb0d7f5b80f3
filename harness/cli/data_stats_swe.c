/* data_stats_swe.c - `sleepbench data stats swe-features`: what a file of pull requests consists
 * of.
 */
#include "datasets/swe_given.h"
#include "datasets/swe_row.h"
#include "harness/base/json.h"
#include "harness/base/table.h"
#include "harness/cli/cmd_data.h"
#include "harness/cli/cmd_split.h"

static bool has_clusters(const struct swe_list *list)
{
    for (size_t i = 0; i < list->n; i++)
        if (list->v[i].cluster.n)
            return true;
    return false;
}

/* Rows without clusters get the paper's, as far as these name a row. */
static enum err_code load(
    const struct split_source *source, struct arena *arena, struct swe_list *ret, struct err *err)
{
    struct dataset_input input;
    const struct dataset *d;
    struct config c;
    size_t absent;

    if (source->split || source->tail || source->columns)
        return err_set(err, ERR_USAGE,
            data_swe_name
            " has no questions to cut and columns of its own: remove --split, --tail, "
            "--map");
    if (split_source_load(source, arena, &c, &d, err) || dataset_input(d, &c, arena, &input, err) ||
        swe_rows_read(input.path, NULL, c.skip_bad, arena, ret, err))
        return err->code;
    if (!ret->n)
        return item_none(input.path, ret->skipped, err);
    if (!has_clusters(ret) && swe_given_apply(NULL, arena, ret, &absent, err))
        return err->code;
    swe_relate(ret, false, arena);
    swe_list_sort(ret);
    return OK;
}

/* {"dataset":..,"repos":[{"repo":..,"tasks":..},..]} */
static void print_json(const struct table *t, struct buf *out)
{
    struct json_writer w = json_writer(out, 0);
    struct str open = {NULL, 0};

    jsonw_object(&w, NULL);
    jsonw_cstr(&w, "dataset", data_swe_name);
    jsonw_array(&w, "repos");
    for (size_t r = 0; r < table_rows(t); r++) {
        struct str repo = table_get_str(t, r, 0), what = table_get_str(t, r, 1);
        if (!open.p || !str_eq(open, repo)) {
            if (open.p)
                jsonw_end_object(&w);
            jsonw_object(&w, NULL);
            jsonw_str(&w, "repo", repo);
            open = repo;
        }
        if (table_is_missing(t, r, 2))
            jsonw_null(&w, what.p);
        else
            jsonw_num(&w, what.p, table_get_num(t, r, 2));
    }
    if (open.p)
        jsonw_end_object(&w);
    jsonw_end_array(&w);
    jsonw_end_object(&w);
    buf_putc(out, '\n');
}

enum err_code data_stats_swe(const struct split_source *source, bool json, struct err *err)
{
    struct swe_list list = {0};
    struct arena arena = {0};
    struct buf text = BUF_INIT;
    enum err_code code = load(source, &arena, &list, err);

    cli_warn_lines(buf_str(&list.warnings), list.nwarnings);
    if (!code) {
        struct table *t = swe_stats_table(&list);
        if (json)
            print_json(t, &text);
        else
            table_print(t, TABLE_TEXT, &text);
        cli_print(buf_str(&text));
        table_free(t);
    }
    buf_release(&text);
    swe_list_release(&list);
    arena_release(&arena);
    return code;
}
