/* aime_override.c - reading corrections of cuts; see aime_override.h. */
#include "datasets/aime_override.h"

#include "harness/base/json.h"
#include "harness/base/lines.h"

#include <stdlib.h>

enum { MOST_STATEMENTS = 10000 };

/* A statement number of the override, 1..expect_statements. */
static enum err_code read_number(
    const struct json *v, const char *key, size_t most, size_t *ret, struct err *err)
{
    int64_t n;

    if (!json_int(v, &n) || n < 1 || n > (int64_t)most)
        return err_set(err, ERR_INPUT, "\"%s\" must be a whole number from 1 to %zu", key, most);
    *ret = (size_t)n;
    return OK;
}

static enum err_code read_drop(
    const struct json *list, struct arena *arena, struct cut_override *ret, struct err *err)
{
    if (list && json_type(list) != JSON_ARRAY)
        return err_set(err, ERR_INPUT, "\"drop\" must be a list of statement numbers");
    ret->drop = arena_array(arena, size_t, json_len(list) + 1);
    for (const struct json *v = json_first(list); v; v = json_next(v)) {
        size_t *number = &ret->drop[ret->ndrop++];
        if (read_number(v, "drop", ret->expect_statements, number, err))
            return err->code;
        if (*number == ret->query)
            return err_set(err, ERR_INPUT, "\"drop\" holds %zu, which is the query", *number);
    }
    return OK;
}

static enum err_code read_edits(
    const struct json *list, struct arena *arena, struct cut_override *ret, struct err *err)
{
    if (list && json_type(list) != JSON_ARRAY)
        return err_set(err, ERR_INPUT, "\"edit\" must be a list of [from, to]");
    ret->edits = arena_alloc(arena, (json_len(list) + 1) * sizeof *ret->edits);
    for (const struct json *v = json_first(list); v; v = json_next(v)) {
        const struct json *from = json_at(v, 0), *to = json_at(v, 1);
        if (json_type(v) != JSON_ARRAY || json_len(v) != 2 || !json_str(from).n ||
            json_type(to) != JSON_STRING)
            return err_set(err, ERR_INPUT, "\"edit\" must be a list of [from, to], two texts each");
        ret->edits[ret->nedits][0] = arena_str(arena, json_str(from));
        ret->edits[ret->nedits++][1] = arena_str(arena, json_str(to));
    }
    return OK;
}

static enum err_code check_keys(const struct json *row, struct err *err)
{
    static const char *const keys[] = {"id", "expect_statements", "query", "drop", "edit", "why"};

    for (const struct json *m = json_first(row); m; m = json_next(m)) {
        bool known = false;
        for (size_t i = 0; i < ARRAY_LEN(keys); i++)
            known |= str_eqc(json_key(m), keys[i]);
        if (!known)
            return err_set(err, ERR_INPUT,
                "unknown key \"%.*s\": id, expect_statements, query, drop, edit and why are known",
                STR_ARG(json_key(m)));
    }
    return OK;
}

static enum err_code read_row(
    const struct json *row, struct arena *arena, struct aime_override *ret, struct err *err)
{
    const struct json *query = json_get(row, "query");

    if (json_type(row) != JSON_OBJECT)
        return err_set(err, ERR_INPUT, "an override must be one JSON object a line");
    if (check_keys(row, err))
        return err->code;
    ret->id = arena_str(arena, json_str(json_get(row, "id")));
    if (!ret->id.n)
        return err_set(err, ERR_INPUT, "\"id\" must name a problem, for example \"2024-II-15\"");
    if (read_number(json_get(row, "expect_statements"), "expect_statements", MOST_STATEMENTS,
            &ret->cut.expect_statements, err) ||
        (query && read_number(query, "query", ret->cut.expect_statements, &ret->cut.query, err)) ||
        read_drop(json_get(row, "drop"), arena, &ret->cut, err))
        return err->code;
    return read_edits(json_get(row, "edit"), arena, &ret->cut, err);
}

static int by_id_then_line(const void *a, const void *b)
{
    const struct aime_override *x = a, *y = b;
    int c = str_cmp(x->id, y->id);

    return c ? c : (x->line > y->line) - (x->line < y->line);
}

static enum err_code read_lines(struct str text, const char *origin, struct arena *arena,
    struct aime_overrides *all, struct err *err)
{
    struct str rest = str_starts(text, STR("\xEF\xBB\xBF")) ? str_from(text, 3) : text, line;
    enum err_code code = OK;
    struct json *doc;

    for (size_t number = 1; !code && str_cut(&rest, '\n', &line); number++) {
        if (!str_trim(line).n)
            continue;
        struct aime_override *o = &all->v[all->n++];
        o->line = number;
        code = json_parse(str_trim(line), JSON_STRICT, &doc, err);
        if (code)
            return lines_wrap_at(origin, number, err);
        code = read_row(doc, arena, o, err);
        json_free(doc);
        if (code)
            return lines_wrap_at(origin, number, err);
    }
    return code;
}

enum err_code aime_overrides_read(struct str text, const char *origin, struct arena *arena,
    struct aime_overrides *ret, struct err *err)
{
    struct aime_overrides all = {.n = 0};
    size_t lines = 1;

    for (size_t i = 0; i < text.n; i++)
        lines += text.p[i] == '\n';
    all.v = arena_array(arena, struct aime_override, lines);
    if (read_lines(text, origin, arena, &all, err))
        return err->code;
    qsort(all.v, all.n, sizeof *all.v, by_id_then_line);
    for (size_t i = 1; i < all.n; i++)
        if (str_eq(all.v[i].id, all.v[i - 1].id))
            return err_set(err, ERR_INPUT, "%s:%zu: \"%.*s\" stands in line %zu already", origin,
                all.v[i].line, STR_ARG(all.v[i].id), all.v[i - 1].line);
    *ret = all;
    return OK;
}

struct aime_override *aime_override_of(const struct aime_overrides *all, struct str id)
{
    for (size_t i = 0; i < all->n; i++)
        if (str_eq(all->v[i].id, id))
            return &all->v[i];
    return NULL;
}
