/* swe_rows.c - files of released rows: JSON lines, an array, pages of the rows API; see swe_row.h.
 */
#include "datasets/swe_row.h"

#include "harness/base/file.h"
#include "harness/base/json.h"
#include "harness/base/lines.h"

#include <stdlib.h>

#define DOCUMENT_MAX ((size_t)256 << 20)

/* A file while it is read. */
struct rows {
    const char *path, *repo;
    bool skip_bad;
    struct arena *arena;
    struct swe_list *list;
    size_t number; /* of the line, or of the row in a document */
    bool document; /* not JSON lines */
};

/* Numbers in the paper's lists that are no pull requests: refs/pull has none, and the only merge of
 * that number is another repository's. */
static const struct {
    const char *repo;
    int64_t number;
} not_pulls[] = {{"Aider-AI/aider", 10}};

static bool is_no_pull(const struct swe_task *task)
{
    for (size_t i = 0; i < ARRAY_LEN(not_pulls); i++)
        if (task->number == not_pulls[i].number && str_eqc(task->repo, not_pulls[i].repo))
            return true;
    return false;
}

static char *place_of(const struct rows *r, size_t number)
{
    return arena_printf(r->arena, r->document ? "%s: row %zu" : "%s:%zu", r->path, number);
}

/* The row is left out, or the file is refused. */
static enum err_code bad_row(struct rows *r, const char *where, struct err *err)
{
    if (!r->skip_bad || err->code != ERR_INPUT)
        return err_wrap(err, "%s", where);
    swe_list_warn(r->list, "%s: left out: %s", where, err->msg);
    r->list->skipped++;
    return OK;
}

static enum err_code take_row(struct rows *r, const struct json *row, struct err *err)
{
    struct swe_task task;
    const char *where = place_of(r, r->number);

    if (r->list->n >= SWE_ROWS_MAX)
        return err_set(err, ERR_LIMIT, "%s: more than %d tasks", where, SWE_ROWS_MAX);
    if (swe_row_read(row, r->repo, where, r->arena, r->list, &task, err))
        return bad_row(r, where, err);
    if (is_no_pull(&task)) {
        swe_list_warn(r->list, "%s: %.*s #%lld is not a pull request: left out", where,
            STR_ARG(task.repo), (long long)task.number);
        r->list->skipped++;
        return OK;
    }
    task.line = r->number;
    *swe_list_add(r->list) = task;
    return OK;
}

/* A page of the rows API: {"rows":[{"row":{..},"truncated_cells":[..]},..],..} */
static enum err_code take_page(struct rows *r, const struct json *rows, struct err *err)
{
    for (const struct json *v = json_first(rows); v; v = json_next(v)) {
        const struct json *cut = json_get(v, "truncated_cells");
        const struct json *row = json_get(v, "row");
        if (r->document)
            r->number++;
        if (json_len(cut)) {
            (void)err_set(err, ERR_INPUT,
                "the rows API cut the cell \"%.*s\" of this row: get the file itself, or ask "
                "GitHub",
                STR_ARG(json_str(json_first(cut)))); /* the row decides */
            if (bad_row(r, place_of(r, r->number), err))
                return err->code;
        } else if (take_row(r, row ? row : v, err)) {
            return err->code;
        }
    }
    return OK;
}

static enum err_code take_value(struct rows *r, const struct json *v, struct err *err)
{
    const struct json *rows = json_get(v, "rows");

    if (json_type(rows) == JSON_ARRAY && !json_get(v, "pr_number"))
        return take_page(r, rows, err);
    return take_row(r, v, err);
}

static enum err_code read_lines(struct rows *r, struct lines *lines, struct err *err)
{
    struct str line;
    enum err_code code;

    for (;;) {
        struct json *doc;
        code = lines_next(lines, &line, err);
        if (code)
            return lines_broken(lines) ? code : lines_wrap(lines, err);
        if (!line.p)
            return OK;
        if (!str_trim(line).n)
            continue;
        r->number = lines_number(lines);
        if (json_parse(line, JSON_REPAIR, &doc, err)) {
            (void)lines_wrap(lines, err); /* the row decides */
            if (!r->skip_bad)
                return err->code;
            swe_list_warn(r->list, "%s: left out", err->msg);
            r->list->skipped++;
            continue;
        }
        code = take_value(r, doc, err);
        json_free(doc);
        if (code)
            return code;
    }
}

static enum err_code read_document(struct rows *r, struct err *err)
{
    struct buf text = BUF_INIT;
    struct json *doc = NULL;
    enum err_code code = file_read(r->path, DOCUMENT_MAX, &text, err);

    r->document = true;
    if (!code && json_parse(buf_str(&text), JSON_REPAIR, &doc, err))
        code = err_wrap(err, "%s", r->path);
    buf_release(&text);
    if (!code && json_type(doc) == JSON_ARRAY) {
        for (const struct json *v = json_first(doc); v && !code; v = json_next(v)) {
            r->number++;
            code = take_value(r, v, err);
        }
    } else if (!code) {
        r->number = 1;
        code = json_get(doc, "rows") ? (r->number = 0, take_page(r, json_get(doc, "rows"), err))
                                     : take_row(r, doc, err);
    }
    json_free(doc);
    return code;
}

/* A document begins with '[', or its first line ends inside an object. */
static enum err_code is_document(struct rows *r, bool *ret, struct err *err)
{
    struct lines *lines;
    struct str line;
    enum err_code code = lines_open(r->path, LINES_MAX, &lines, err);

    *ret = false;
    if (code)
        return code;
    while (!(code = lines_next(lines, &line, err)) && line.p) {
        line = str_trim(line);
        if (line.n) {
            *ret = line.p[0] == '[' || str_eqc(line, "{");
            break;
        }
    }
    lines_free(lines);
    return code;
}

static int by_pull(const void *a, const void *b)
{
    const struct swe_task *x = *(const struct swe_task *const *)a;
    const struct swe_task *y = *(const struct swe_task *const *)b;
    int c = str_cmp(x->repo, y->repo);

    if (!c)
        c = (x->number > y->number) - (x->number < y->number);
    if (!c && !x->number)
        c = str_cmp(x->head, y->head);
    return c ? c : (x->line > y->line) - (x->line < y->line);
}

static bool same_pull(const struct swe_task *a, const struct swe_task *b)
{
    return str_eq(a->repo, b->repo) && a->number == b->number &&
           (a->number || str_eq(a->head, b->head));
}

/* Takes the tasks whose line became 0 out of the list. */
static void drop_marked(struct swe_list *list, size_t from)
{
    size_t kept = from;

    for (size_t i = from; i < list->n; i++)
        if (list->v[i].line)
            list->v[kept++] = list->v[i];
    list->skipped += list->n - kept;
    list->n = kept;
}

/* Looks for pull requests that stand in several of the rows from `from` on. */
static enum err_code check_duplicates(struct rows *r, size_t from, struct err *err)
{
    struct swe_list *list = r->list;
    size_t n = list->n - from;
    struct swe_task **sorted = xmalloc(n * sizeof *sorted);
    enum err_code code = OK;

    for (size_t i = 0; i < n; i++)
        sorted[i] = &list->v[from + i];
    if (n)
        qsort(sorted, n, sizeof *sorted, by_pull);
    for (size_t i = 1, keeper = 0; i < n && !code; i++) {
        if (!same_pull(sorted[keeper], sorted[i])) {
            keeper = i;
            continue;
        }
        (void)err_set(err, ERR_INPUT, "%.*s #%lld stands in row %zu already",
            STR_ARG(sorted[i]->repo), (long long)sorted[i]->number, sorted[keeper]->line);
        code = bad_row(r, place_of(r, sorted[i]->line), err);
        if (r->skip_bad)
            list->skipped--; /* counted when it is dropped */
        sorted[i]->line = 0;
    }
    free(sorted);
    if (!code)
        drop_marked(list, from);
    return code;
}

enum err_code swe_rows_read(const char *path, const char *repo, bool skip_bad, struct arena *arena,
    struct swe_list *list, struct err *err)
{
    struct rows r = {
        .path = path, .repo = repo, .skip_bad = skip_bad, .arena = arena, .list = list};
    struct lines *lines;
    size_t from = list->n;
    bool document;

    if (is_document(&r, &document, err))
        return err->code;
    if (document) {
        if (read_document(&r, err))
            return err->code;
        return check_duplicates(&r, from, err);
    }
    if (lines_open(path, LINES_MAX, &lines, err))
        return err->code;
    enum err_code code = read_lines(&r, lines, err);
    lines_free(lines);
    return code ? code : check_duplicates(&r, from, err);
}
