/* split_file.c - split files: reading all of one into a list, checking it, writing it. */
#include "splitters/split.h"

#include "harness/base/json.h"
#include "harness/base/lines.h"
#include "splitters/split_line.h"

#include <stdlib.h>
#include <string.h>

void split_write(struct buf *out, const struct split_list *list)
{
    for (size_t i = 0; i < list->n; i++) {
        const struct split *s = &list->v[i];
        struct json_writer w = json_writer(out, 0);
        split_line_open(&w, s);
        for (size_t k = 0; k < s->nqueries; k++)
            split_line_query(&w, &s->queries[k]);
        split_line_close(&w, s);
    }
}

/* A file while it is read: lines[i] is where list.v[i] stands. Problems go to `report`, or, if that
 * is NULL, the first of them ends the reading. */
struct reading {
    const char *path;
    struct split_list list;
    uint32_t *lines;
    size_t cap;
    struct split_problems *report;
};

void split_problems_release(struct split_problems *p)
{
    buf_release(&p->text);
    *p = (struct split_problems){0};
}

/* Takes the problem that err describes; the code to go on with. */
static enum err_code take_problem(struct reading *r, struct err *err)
{
    if (!r->report || err->code != ERR_INPUT)
        return err->code;
    if (r->report->n++ < r->report->most) {
        buf_puts(&r->report->text, err->msg);
        buf_putc(&r->report->text, '\n');
    }
    return OK;
}

static enum err_code read_lines(
    struct reading *r, struct lines *l, struct arena *arena, struct err *err)
{
    struct str line;

    for (;;) {
        struct split s;
        enum err_code code = lines_next(l, &line, err);
        if (!code && !line.p)
            return OK;
        if (!code && !str_trim(line).n)
            continue;
        if (!code)
            code = split_line_read(line, arena, &s, err);
        if (code) {
            (void)lines_wrap(l, err);
            code = take_problem(r, err);
            if (code)
                return code;
            continue;
        }
        GROW(r->list.v, r->list.n + 1, r->list.cap);
        GROW(r->lines, r->list.n + 1, r->cap);
        r->lines[r->list.n] = (uint32_t)lines_number(l);
        r->list.v[r->list.n++] = s;
        r->list.nqueries += s.nqueries;
    }
}

/* An id and the line where it stands. */
struct place {
    const char *id;
    uint32_t line;
};

static int by_id(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    int c = strcmp(x->id, y->id);

    return c ? c : (x->line > y->line) - (x->line < y->line);
}

static enum err_code check_unique(
    struct reading *r, const char *noun, struct place *v, size_t n, struct err *err)
{
    qsort(v, n, sizeof *v, by_id);
    for (size_t i = 1, first = 0; i < n; i++) {
        if (strcmp(v[i].id, v[first].id) != 0) {
            first = i;
            continue;
        }
        (void)err_set(err, ERR_INPUT, "%s:%u: the %s id \"%s\" stands in line %u already", r->path,
            v[i].line, noun, v[i].id, v[first].line);
        if (take_problem(r, err))
            return err->code;
    }
    return OK;
}

static enum err_code check_ids(struct reading *r, struct err *err)
{
    const struct split_list *list = &r->list;
    struct place *v = xmalloc((list->nqueries + 1) * sizeof *v);
    size_t n = 0;

    for (size_t i = 0; i < list->n; i++)
        v[n++] = (struct place){list->v[i].id.p, r->lines[i]};
    enum err_code code = check_unique(r, "split", v, n, err);
    n = 0;
    for (size_t i = 0; i < list->n && !code; i++)
        for (size_t k = 0; k < list->v[i].nqueries; k++)
            v[n++] = (struct place){list->v[i].queries[k].id, r->lines[i]};
    if (!code)
        code = check_unique(r, "query", v, n, err);
    free(v);
    return code;
}

static enum err_code read_file(struct reading *r, struct arena *arena, struct err *err)
{
    struct lines *l;
    enum err_code code = lines_open(r->path, LINES_MAX, &l, err);

    if (code)
        return take_problem(r, err);
    code = read_lines(r, l, arena, err);
    lines_free(l);
    if (!code)
        code = check_ids(r, err);
    if (!code && !r->list.n && !(r->report && r->report->n)) {
        (void)err_set(err, ERR_INPUT, "%s holds no split", r->path);
        code = take_problem(r, err);
    }
    return code;
}

static enum err_code read_all(struct reading *r, struct arena *arena, struct err *err)
{
    enum err_code code = read_file(r, arena, err);

    free(r->lines);
    if (code) {
        split_list_release(&r->list);
        return code;
    }
    split_list_merge(&r->list);
    return OK;
}

enum err_code split_read(
    const char *path, struct arena *arena, struct split_list *ret_list, struct err *err)
{
    struct reading r = {.path = path};
    enum err_code code = read_all(&r, arena, err);

    if (!code)
        *ret_list = r.list;
    return code;
}

enum err_code split_check(const char *path, struct arena *arena, struct split_list *ret_list,
    struct split_problems *ret, struct err *err)
{
    struct reading r = {.path = path, .report = ret};
    enum err_code code = read_all(&r, arena, err);

    if (!code)
        *ret_list = r.list;
    return code;
}
