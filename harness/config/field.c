/* field.c - reading values into structs by table; printing is in field_print.c. See field.h. */
#include "harness/config/field.h"

#include "harness/base/json.h"
#include "harness/config/budget.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

struct reader {
    const struct field_table *table;
    struct arena *arena;
    const char *path; /* of the object that is read */
};

static void *member(const struct field *f, void *object)
{
    return (char *)object + f->offset;
}

static const struct field *find(const struct field_table *table, struct str name)
{
    for (size_t i = 0; i < table->n; i++)
        if (str_eqc(name, table->fields[i].name))
            return &table->fields[i];
    return NULL;
}

static bool is_group(const struct field_table *table, struct str name)
{
    for (size_t i = 0; i < table->n; i++) {
        struct str field = str_c(table->fields[i].name);
        if (field.n > name.n && str_starts(field, name) && field.p[name.n] == '.')
            return true;
    }
    return false;
}

static enum err_code unknown_key(const struct reader *r, struct str name, struct err *err)
{
    const char *nearest = NULL;
    size_t best = 4;

    for (size_t i = 0; i < r->table->n; i++) {
        size_t d = str_distance(name, str_c(r->table->fields[i].name));
        if (d < best) {
            best = d;
            nearest = r->table->fields[i].name;
        }
    }
    const char *dot = r->path[0] ? "." : "";
    if (nearest)
        return err_set(err, ERR_USAGE, "unknown %s key \"%s%s%.*s\"; did you mean \"%s\"?",
            r->table->what, r->path, dot, STR_ARG(name), nearest);
    return err_set(err, ERR_USAGE,
        "unknown %s key \"%s%s%.*s\"; `sleepbench help config` lists all keys", r->table->what,
        r->path, dot, STR_ARG(name));
}

static enum err_code wrong_type(const struct reader *r, const struct field *f, const char *want,
    const struct json *v, struct err *err)
{
    return err_set(err, ERR_USAGE, "%s%s%s must be %s, not %s", r->path, r->path[0] ? "." : "",
        f->name, want, json_type_name(json_type(v)));
}

static enum err_code check_range(
    const struct reader *r, const struct field *f, double v, struct err *err)
{
    if (f->min == f->max || (v >= f->min && v <= f->max))
        return OK;
    return err_set(err, ERR_USAGE, "%s%s%s is %.15g, outside %.15g to %.15g", r->path,
        r->path[0] ? "." : "", f->name, v, f->min, f->max);
}

static enum err_code load_bool(
    const struct reader *r, const struct field *f, void *to, const struct json *v, struct err *err)
{
    if (json_type(v) != JSON_BOOL)
        return wrong_type(r, f, "true or false", v, err);
    *(bool *)to = json_bool(v, false);
    return OK;
}

static enum err_code load_int(
    const struct reader *r, const struct field *f, void *to, const struct json *v, struct err *err)
{
    int64_t i;

    if (json_type(v) == JSON_NULL) {
        *(int64_t *)to = FIELD_NONE;
        return OK;
    }
    if (!json_int(v, &i))
        return wrong_type(r, f, "a whole number", v, err);
    if (check_range(r, f, (double)i, err))
        return err->code;
    *(int64_t *)to = i;
    return OK;
}

static enum err_code load_num(
    const struct reader *r, const struct field *f, void *to, const struct json *v, struct err *err)
{
    double d;

    if (json_type(v) == JSON_NULL) {
        *(double *)to = NAN;
        return OK;
    }
    if (!json_num(v, &d))
        return wrong_type(r, f, "a number", v, err);
    if (check_range(r, f, d, err))
        return err->code;
    *(double *)to = d;
    return OK;
}

static enum err_code load_str(
    const struct reader *r, const struct field *f, void *to, const struct json *v, struct err *err)
{
    if (json_type(v) == JSON_NULL) {
        *(struct str *)to = (struct str){NULL, 0};
        return OK;
    }
    if (json_type(v) != JSON_STRING)
        return wrong_type(r, f, "a string", v, err);
    *(struct str *)to = arena_str(r->arena, json_str(v));
    return OK;
}

static enum err_code load_choice(
    const struct reader *r, const struct field *f, void *to, const struct json *v, struct err *err)
{
    struct str rest = str_c(f->choices), one;

    if (json_type(v) == JSON_NULL && strcmp(f->fallback, "null") == 0) {
        *(struct str *)to = (struct str){NULL, 0};
        return OK;
    }
    if (json_type(v) != JSON_STRING)
        return wrong_type(r, f, "a string", v, err);
    while (str_cut(&rest, '|', &one))
        if (str_eq(one, json_str(v))) {
            *(struct str *)to = one;
            return OK;
        }
    return err_set(err, ERR_USAGE, "%s%s%s is \"%.*s\"; it must be one of %s", r->path,
        r->path[0] ? "." : "", f->name, STR_ARG(json_str(v)), f->choices);
}

/* The value behind the list's last must not be in the list. */
static enum err_code check_new(
    const struct reader *r, const struct field *f, const struct int_list *list, struct err *err)
{
    int64_t v = list->v[list->n];
    struct buf name = BUF_INIT;
    enum err_code code = OK;

    if (f->type == FIELD_LEVELS && budget_kind_of(v) != BUDGET_NUMBER)
        budget_level_print(v, &name);
    else
        buf_printf(&name, "%lld", (long long)(f->type == FIELD_LEVELS ? budget_amount(v) : v));
    for (size_t i = 0; i < list->n && !code; i++)
        if (list->v[i] == v)
            code = err_set(err, ERR_USAGE, "%s%s%s names %s twice", r->path, r->path[0] ? "." : "",
                f->name, buf_cstr(&name));
    buf_release(&name);
    return code;
}

static enum err_code load_ints(
    const struct reader *r, const struct field *f, void *to, const struct json *v, struct err *err)
{
    struct int_list list = {arena_array(r->arena, int64_t, json_len(v) + 1), 0};

    if (json_type(v) != JSON_ARRAY)
        return wrong_type(r, f, "a list of whole numbers", v, err);
    for (const struct json *e = json_first(v); e; e = json_next(e)) {
        if (!json_int(e, &list.v[list.n]))
            return wrong_type(r, f, "a list of whole numbers", e, err);
        if (check_range(r, f, (double)list.v[list.n], err) || check_new(r, f, &list, err))
            return err->code;
        list.n++;
    }
    *(struct int_list *)to = list;
    return OK;
}

/* One level: a number, whose kind the list's owner knows, or the text of a level. */
static enum err_code load_level(const struct reader *r, const struct field *f, const struct json *v,
    int64_t *ret, struct err *err)
{
    int64_t n;

    if (json_type(v) == JSON_STRING) {
        if (budget_level_read(json_str(v), ret))
            return OK;
        return err_set(err, ERR_USAGE,
            "%s%s%s names \"%.*s\"; efforts are none, minimal, low, medium, high, xhigh and max",
            r->path, r->path[0] ? "." : "", f->name, STR_ARG(json_str(v)));
    }
    if (!json_int(v, &n))
        return wrong_type(r, f, "a list of whole numbers or efforts", v, err);
    if (check_range(r, f, (double)n, err))
        return err->code;
    *ret = budget_level(BUDGET_NUMBER, n);
    return OK;
}

static enum err_code load_levels(
    const struct reader *r, const struct field *f, void *to, const struct json *v, struct err *err)
{
    struct int_list list = {arena_array(r->arena, int64_t, json_len(v) + 1), 0};

    if (json_type(v) == JSON_NULL) {
        *(struct int_list *)to = (struct int_list){NULL, 0};
        return OK;
    }
    if (json_type(v) != JSON_ARRAY)
        return wrong_type(r, f, "a list of whole numbers or efforts", v, err);
    for (const struct json *e = json_first(v); e; e = json_next(e)) {
        if (load_level(r, f, e, &list.v[list.n], err) || check_new(r, f, &list, err))
            return err->code;
        list.n++;
    }
    *(struct int_list *)to = list;
    return OK;
}

static enum err_code load_strs(
    const struct reader *r, const struct field *f, void *to, const struct json *v, struct err *err)
{
    struct str_list list = {arena_array(r->arena, struct str, json_len(v) + 1), 0};

    if (json_type(v) != JSON_ARRAY)
        return wrong_type(r, f, "a list of strings", v, err);
    for (const struct json *e = json_first(v); e; e = json_next(e)) {
        if (json_type(e) != JSON_STRING)
            return wrong_type(r, f, "a list of strings", e, err);
        list.v[list.n++] = arena_str(r->arena, json_str(e));
    }
    *(struct str_list *)to = list;
    return OK;
}

static enum err_code load_list(
    const struct reader *r, const struct field *f, void *to, const struct json *v, struct err *err)
{
    size_t n = json_len(v), i = 0;
    struct object_list list = {arena_alloc(r->arena, f->sub->size * (n + 1)), n};

    if (json_type(v) != JSON_ARRAY)
        return wrong_type(r, f, "a list", v, err);
    for (const struct json *e = json_first(v); e; e = json_next(e), i++) {
        void *element = (char *)list.v + i * f->sub->size;
        const char *path =
            arena_printf(r->arena, "%s%s%s[%zu]", r->path, r->path[0] ? "." : "", f->name, i);
        field_defaults(f->sub, element, r->arena);
        if (field_load(f->sub, element, e, path, r->arena, err))
            return err->code;
    }
    *(struct object_list *)to = list;
    return OK;
}

static enum err_code load_part(
    const struct reader *r, const struct field *f, void *to, const struct json *v, struct err *err)
{
    struct buf text = BUF_INIT;

    if (json_type(v) == JSON_NULL) {
        *(struct str *)to = (struct str){NULL, 0};
        return OK;
    }
    if (json_type(v) != JSON_OBJECT)
        return wrong_type(r, f, "an object", v, err);
    if (f->sub) {
        void *scratch = arena_alloc(r->arena, f->sub->size);
        const char *path =
            arena_printf(r->arena, "%s%s%s", r->path, r->path[0] ? "." : "", f->name);
        field_defaults(f->sub, scratch, r->arena);
        if (field_load(f->sub, scratch, v, path, r->arena, err))
            return err->code;
    }
    json_print(&text, v);
    *(struct str *)to = arena_str(r->arena, buf_str(&text));
    buf_release(&text);
    return OK;
}

typedef enum err_code load_fn(
    const struct reader *, const struct field *, void *, const struct json *, struct err *);

static enum err_code load_value(const struct reader *r, const struct field *f, void *object,
    const struct json *v, struct err *err)
{
    static load_fn *const loaders[] = {
        [FIELD_BOOL] = load_bool,
        [FIELD_INT] = load_int,
        [FIELD_NUM] = load_num,
        [FIELD_STR] = load_str,
        [FIELD_CHOICE] = load_choice,
        [FIELD_INTS] = load_ints,
        [FIELD_LEVELS] = load_levels,
        [FIELD_STRS] = load_strs,
        [FIELD_LIST] = load_list,
        [FIELD_PART] = load_part,
    };

    return loaders[f->type](r, f, member(f, object), v, err);
}

/* Reads the members of one JSON object whose dotted prefix is `prefix`. */
static enum err_code load_object(
    const struct reader *r, void *object, const struct json *v, const char *prefix, struct err *err)
{
    for (const struct json *m = json_first(v); m; m = json_next(m)) {
        struct str name = str_c(
            arena_printf(r->arena, "%s%s%.*s", prefix, prefix[0] ? "." : "", STR_ARG(json_key(m))));
        const struct field *f = find(r->table, name);
        enum err_code code;
        if (f)
            code = load_value(r, f, object, m, err);
        else if (is_group(r->table, name) && json_type(m) == JSON_OBJECT)
            code = load_object(r, object, m, name.p, err);
        else
            code = unknown_key(r, name, err);
        if (code)
            return code;
    }
    return OK;
}

enum err_code field_load(const struct field_table *table, void *object, const struct json *v,
    const char *path, struct arena *arena, struct err *err)
{
    struct reader r = {table, arena, path};

    if (table->shorthand && json_type(v) == JSON_STRING)
        return load_value(&r, find(table, str_c(table->shorthand)), object, v, err);
    if (json_type(v) != JSON_OBJECT)
        return err_set(err, ERR_USAGE, "%s must be an object%s, not %s",
            path[0] ? path : "the configuration", table->shorthand ? " or a string" : "",
            json_type_name(json_type(v)));
    return load_object(&r, object, v, "", err);
}

void field_defaults(const struct field_table *table, void *object, struct arena *arena)
{
    struct reader r = {table, arena, ""};
    struct err err = {0};

    memset(object, 0, table->size);
    for (size_t i = 0; i < table->n; i++) {
        struct json *doc;
        const struct field *f = &table->fields[i];
        if (json_parse(str_c(f->fallback), JSON_STRICT, &doc, &err) ||
            load_value(&r, f, object, doc, &err))
            BUG("default of %s: %s", f->name, err.msg);
        json_free(doc);
    }
}

/* "arms.0.k" with a list field "arms": finds the element and goes on in its table. */
static enum err_code set_in_list(const struct field_table *table, void *object, struct str name,
    struct str value, struct arena *arena, struct err *err);

/* "test_budget" with an object: its members, as a file has them. */
static enum err_code set_group(
    const struct reader *r, void *object, struct str name, struct str value, struct err *err)
{
    struct json *doc = NULL;
    enum err_code code = json_parse(value, JSON_STRICT, &doc, err);

    if (!code && json_type(doc) != JSON_OBJECT)
        code = err_set(err, ERR_USAGE, "%.*s must be an object, not %s", STR_ARG(name),
            json_type_name(json_type(doc)));
    if (!code)
        code = load_object(r, object, doc, arena_cstr(r->arena, name), err);
    json_free(doc);
    return code ? err_wrap(err, "--set %.*s", STR_ARG(name)) : OK;
}

static enum err_code set_named(const struct field_table *table, void *object, struct str name,
    struct str value, struct arena *arena, struct err *err)
{
    struct reader r = {table, arena, ""};
    const struct field *f = find(table, name);
    struct json *doc = NULL;
    struct buf quoted = BUF_INIT;

    if (!f && is_group(table, name))
        return set_group(&r, object, name, value, err);
    if (!f)
        return set_in_list(table, object, name, value, arena, err);
    bool text = f->type == FIELD_STR || f->type == FIELD_CHOICE;
    bool is_json = json_parse(value, JSON_STRICT, &doc, NULL) == OK;
    if (is_json && text && json_type(doc) != JSON_STRING && json_type(doc) != JSON_NULL) {
        json_free(doc);
        is_json = false; /* --set name=123 names a run 123 */
    }
    if (!is_json) {
        json_quote(&quoted, value);
        enum err_code code = json_parse(buf_str(&quoted), JSON_STRICT, &doc, err);
        buf_release(&quoted);
        if (code)
            return err_wrap(err, "--set %.*s", STR_ARG(name));
    }
    enum err_code code = load_value(&r, f, object, doc, err);
    json_free(doc);
    return code ? err_wrap(err, "--set") : OK;
}

static enum err_code set_in_list(const struct field_table *table, void *object, struct str name,
    struct str value, struct arena *arena, struct err *err)
{
    struct reader r = {table, arena, ""};
    struct str rest = name, head, index;

    if (str_cut(&rest, '.', &head) && rest.p && str_cut(&rest, '.', &index) && rest.p) {
        const struct field *f = find(table, head);
        size_t i = 0, digits = 0;
        for (; digits < index.n && digits < 6 && str_is_digit(index.p[digits]); digits++)
            i = i * 10 + (size_t)(index.p[digits] - '0');
        if (f && f->type == FIELD_LIST && digits == index.n && digits) {
            struct object_list *list = member(f, object);
            if (i >= list->n)
                return err_set(err, ERR_USAGE, "--set %.*s: %s has only %zu entries", STR_ARG(name),
                    f->name, list->n);
            return set_named(f->sub, (char *)list->v + i * f->sub->size, rest, value, arena, err);
        }
    }
    return unknown_key(&r, name, err);
}

enum err_code field_set(const struct field_table *table, void *object, const char *assignment,
    struct arena *arena, struct err *err)
{
    struct str rest = str_c(assignment), name;

    if (!str_cut(&rest, '=', &name) || !rest.p)
        return err_set(err, ERR_USAGE, "--set %s: write it as key=value", assignment);
    return set_named(table, object, str_trim(name), str_trim(rest), arena, err);
}
