/* split_file.c - the JSON lines form of splits; docs/split.schema.json describes a line. */
#include "splitters/split.h"

#include "harness/base/json.h"
#include "harness/base/lines.h"
#include "splitters/splitters.h"

#include <stdlib.h>

void split_write(struct buf *out, const struct split_list *list)
{
    for (size_t i = 0; i < list->n; i++) {
        const struct split *s = &list->v[i];
        struct json_writer w = json_writer(out, 0);
        jsonw_object(&w, NULL);
        jsonw_str(&w, "id", s->id);
        jsonw_str(&w, "cluster", s->cluster);
        jsonw_str(&w, "stratum", s->stratum);
        jsonw_str(&w, "context", s->context);
        jsonw_array(&w, "queries");
        for (size_t k = 0; k < s->nqueries; k++) {
            const struct split_query *q = &s->queries[k];
            jsonw_object(&w, NULL);
            jsonw_str(&w, "id", q->id);
            jsonw_str(&w, "query", q->text);
            jsonw_str(&w, "gold", q->gold);
            jsonw_cstr(&w, "stratum", q->stratum);
            jsonw_cstr(&w, "solution", q->solution);
            jsonw_end_object(&w);
        }
        jsonw_end_array(&w);
        if (s->empty_context) {
            jsonw_array(&w, "flags");
            jsonw_cstr(&w, NULL, "empty_context");
            jsonw_end_array(&w);
        }
        jsonw_end_object(&w);
        buf_putc(out, '\n');
    }
}

/* A text member of an object: where it goes and whether it must be there and hold something. */
struct member {
    const char *key;
    struct str *ret;
    bool required, may_be_empty;
};

static enum err_code read_texts(const struct json *object, const struct member *members, size_t n,
    const char *also, struct arena *arena, struct err *err)
{
    for (size_t i = 0; i < n; i++) {
        const struct json *v = json_get(object, members[i].key);
        if (json_type(v) != JSON_STRING && (v || members[i].required))
            return err_set(err, ERR_INPUT, "\"%s\" must be a string, found %s", members[i].key,
                json_type_name(json_type(v)));
        *members[i].ret = arena_str(arena, json_str(v));
        if (members[i].required && !members[i].may_be_empty && !str_trim(*members[i].ret).n)
            return err_set(err, ERR_INPUT, "\"%s\" is empty", members[i].key);
    }
    for (const struct json *m = json_first(object); m; m = json_next(m)) {
        bool known = str_eqc(json_key(m), "flags") || (also && str_eqc(json_key(m), also));
        for (size_t i = 0; i < n; i++)
            known |= str_eqc(json_key(m), members[i].key);
        if (!known)
            return err_set(err, ERR_INPUT, "unknown key \"%.*s\" in a split", STR_ARG(json_key(m)));
    }
    return OK;
}

static enum err_code read_query(
    const struct json *json, struct arena *arena, struct split_query *ret, struct err *err)
{
    struct str stratum = STR(""), solution = STR("");
    struct member members[] = {
        {"id", &ret->id, true, false},
        {"query", &ret->text, true, false},
        {"gold", &ret->gold, true, false},
        {"stratum", &stratum, false, true},
        {"solution", &solution, false, true},
    };

    if (json_type(json) != JSON_OBJECT)
        return err_set(err, ERR_INPUT, "a query must be an object");
    enum err_code code = read_texts(json, members, ARRAY_LEN(members), NULL, arena, err);
    ret->stratum = stratum.n ? stratum.p : "";
    ret->solution = solution.n ? solution.p : "";
    return code;
}

/* On failure the caller releases what s->queries holds. */
static enum err_code read_split(
    struct str line, struct arena *arena, struct split *s, struct err *err)
{
    struct member members[] = {
        {"id", &s->id, true, false},
        {"cluster", &s->cluster, true, false},
        {"stratum", &s->stratum, false, true},
        {"context", &s->context, true, true},
    };
    struct json *doc;
    enum err_code code = json_parse(line, JSON_STRICT, &doc, err);

    if (code)
        return code;
    if (json_type(doc) != JSON_OBJECT)
        code = err_set(err, ERR_INPUT, "a split must be one JSON object a line");
    else
        code = read_texts(doc, members, ARRAY_LEN(members), "queries", arena, err);
    const struct json *queries = json_get(doc, "queries");
    if (!code && (json_type(queries) != JSON_ARRAY || !json_first(queries)))
        code = err_set(err, ERR_INPUT, "\"queries\" must be a list with at least one query");
    s->cap = json_len(queries);
    s->queries = xcalloc(s->cap, sizeof *s->queries);
    for (const struct json *q = json_first(queries); q && !code; q = json_next(q)) {
        s->queries[s->nqueries] = (struct split_query){0};
        code = read_query(q, arena, &s->queries[s->nqueries++], err);
    }
    s->empty_context = split_context_is_empty(s->context);
    json_free(doc);
    return code;
}

static int by_text(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static enum err_code check_unique(
    const char *path, const char *noun, struct str *ids, size_t n, struct err *err)
{
    qsort(ids, n, sizeof *ids, by_text);
    for (size_t i = 1; i < n; i++)
        if (str_eq(ids[i], ids[i - 1]))
            return err_set(
                err, ERR_INPUT, "%s: two %s have the id \"%.*s\"", path, noun, STR_ARG(ids[i]));
    return OK;
}

static enum err_code check_ids(const char *path, const struct split_list *list, struct err *err)
{
    struct str *ids = xmalloc((list->nqueries + 1) * sizeof *ids);
    size_t n = 0;

    for (size_t i = 0; i < list->n; i++)
        ids[n++] = list->v[i].id;
    enum err_code code = check_unique(path, "splits", ids, n, err);
    n = 0;
    for (size_t i = 0; i < list->n; i++)
        for (size_t k = 0; k < list->v[i].nqueries; k++)
            ids[n++] = list->v[i].queries[k].id;
    if (!code)
        code = check_unique(path, "queries", ids, n, err);
    free(ids);
    return code;
}

static enum err_code read_lines(
    struct lines *l, struct arena *arena, struct split_list *list, struct err *err)
{
    struct str line;
    enum err_code code;

    while (!(code = lines_next(l, &line, err)) && line.p) {
        if (!str_trim(line).n)
            continue;
        GROW(list->v, list->n + 1, list->cap);
        struct split *s = &list->v[list->n++];
        *s = (struct split){0};
        code = read_split(line, arena, s, err);
        if (code)
            return lines_wrap(l, err);
        list->nqueries += s->nqueries;
    }
    return code ? lines_wrap(l, err) : OK;
}

enum err_code split_read(
    const char *path, struct arena *arena, struct split_list *ret_list, struct err *err)
{
    struct split_list list = {0};
    struct lines *l;
    enum err_code code = lines_open(path, LINES_MAX, &l, err);

    if (code)
        return code;
    code = read_lines(l, arena, &list, err);
    lines_free(l);
    if (!code && !list.n)
        code = err_set(err, ERR_INPUT, "%s holds no split", path);
    if (!code)
        code = check_ids(path, &list, err);
    if (code) {
        split_list_release(&list);
        return code;
    }
    list.cap = list.n;
    list.v = xrealloc(list.v, list.cap * sizeof *list.v);
    *ret_list = list;
    return OK;
}
