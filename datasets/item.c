/* item.c - the list of items and the reader of JSON lines; see item.h. One row: item_row.c. */
#include "datasets/item.h"

#include "datasets/item_row.h"
#include "harness/base/lines.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void item_list_release(struct item_list *list)
{
    free(list->v);
    buf_release(&list->warnings);
    *list = (struct item_list){0};
}

void item_list_warn(struct item_list *list, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    buf_vline(&list->warnings, fmt, ap);
    va_end(ap);
    list->nwarnings++;
}

enum err_code item_none(const char *path, size_t skipped, struct err *err)
{
    if (skipped)
        return err_set(
            err, ERR_INPUT, "%s holds no usable row (%zu left out as malformed)", path, skipped);
    return err_set(err, ERR_INPUT, "%s holds no usable row: it is empty", path);
}

struct item *item_list_add(struct item_list *list)
{
    GROW(list->v, list->n + 1, list->cap);
    list->v[list->n] = (struct item){0};
    return &list->v[list->n++];
}

static int by_id_then_line(const void *a, const void *b)
{
    const struct item *x = *(const struct item *const *)a, *y = *(const struct item *const *)b;
    int c = str_cmp(x->id, y->id);

    return c ? c : (x->line > y->line) - (x->line < y->line);
}

/* Finds rows whose id stands in an earlier row. Strict: the first of them in the file is an error;
 * else they are marked by line 0. Sorting keeps a hostile file from costing more than n log n.
 */
static enum err_code check_duplicates(
    const char *path, struct item_list *list, bool skip_bad, struct err *err)
{
    struct item **sorted = xmalloc(list->n * sizeof *sorted);
    const struct item *second = NULL, *first = NULL;
    size_t keeper = 0;

    for (size_t i = 0; i < list->n; i++)
        sorted[i] = &list->v[i];
    qsort(sorted, list->n, sizeof *sorted, by_id_then_line);
    for (size_t i = 1; i < list->n; i++) {
        if (!str_eq(sorted[i]->id, sorted[keeper]->id)) {
            keeper = i;
        } else if (skip_bad) {
            sorted[i]->line = 0;
        } else if (!second || sorted[i]->line < second->line) {
            second = sorted[i];
            first = sorted[keeper];
        }
    }
    free(sorted);
    if (second)
        return err_set(err, ERR_INPUT, "%s:%zu: id \"%.*s\" stands in line %zu already", path,
            second->line, STR_ARG(second->id), first->line);
    return OK;
}

static void drop_marked(struct item_list *list)
{
    size_t kept = 0;

    for (size_t i = 0; i < list->n; i++)
        if (list->v[i].line)
            list->v[kept++] = list->v[i];
    list->skipped += list->n - kept;
    list->n = kept;
}

enum err_code item_list_unique(
    const char *path, struct item_list *list, bool skip_bad, struct err *err)
{
    enum err_code code = check_duplicates(path, list, skip_bad, err);

    if (!code)
        drop_marked(list);
    return code;
}

static enum err_code read_all(struct lines *l, const char *dataset,
    const struct item_columns *columns, bool skip_bad, struct arena *arena, struct item_list *list,
    struct err *err)
{
    struct str line;

    for (;;) {
        enum err_code code = lines_next(l, &line, err);
        if (code != OK && code != ERR_INPUT)
            return code;
        if (code == OK && !line.p)
            return OK;
        if (code == OK && str_trim(line).n == 0)
            continue;
        struct item item = {.line = lines_number(l)};
        if (code == OK)
            code = item_row_read(line, dataset, columns, arena, &item, err);
        if (code == OK)
            *item_list_add(list) = item;
        else if (code == ERR_INPUT && skip_bad && !lines_broken(l))
            list->skipped++;
        else
            return lines_wrap(l, err);
    }
}

enum err_code item_read_jsonl(const char *path, const char *dataset,
    const struct item_columns *columns, bool skip_bad, struct arena *arena,
    struct item_list *ret_list, struct err *err)
{
    static const struct item_columns guess = {0};
    struct item_list list = {0};
    struct lines *l;
    enum err_code code = lines_open(path, LINES_MAX, &l, err);

    if (code)
        return code;
    code = read_all(l, dataset, columns ? columns : &guess, skip_bad, arena, &list, err);
    lines_free(l);
    if (!code && !(columns && columns->ids_repeat))
        code = item_list_unique(path, &list, skip_bad, err);
    if (!code && list.n == 0)
        code = item_none(path, list.skipped, err);
    if (code) {
        item_list_release(&list);
        return code;
    }
    *ret_list = list;
    return OK;
}
