/* members.c - a tree of names that grows in the order of mention; see members.h. */
#include "harness/provider/members.h"

#include "harness/base/json.h"
#include "harness/base/json_slice.h"

struct member {
    struct str key; /* as between the quotes */
    bool object;    /* its members hang below; otherwise `value` is JSON text */
    struct str value;
    struct member *first, *next;
};

void members_release(struct members *m)
{
    arena_release(&m->arena);
    m->first = NULL;
}

/* The member of that name in a list, made behind the last if there is none. */
static struct member *member_of(
    struct members *m, struct member **list, struct str key, bool *ret_new)
{
    *ret_new = false;
    for (; *list; list = &(*list)->next)
        if (str_eq((*list)->key, key))
            return *list;
    *list = arena_new(&m->arena, struct member);
    (*list)->key = arena_str(&m->arena, key);
    *ret_new = true;
    return *list;
}

static bool is_object(struct str json)
{
    struct json *doc = NULL;
    bool ok =
        str_starts(str_trim(json), STR("{")) && json_parse(json, JSON_STRICT, &doc, NULL) == OK;

    json_free(doc);
    return ok;
}

/* `object` is JSON: depth is what the parser allows. */
static void merge(struct members *m, struct member **list, struct str object)
{
    struct json_slices s = json_slices_of(object);
    struct str key, value;

    while (json_slices_next(&s, &key, &value)) {
        bool fresh, inner = str_starts(value, STR("{"));
        struct member *member = member_of(m, list, key, &fresh);
        if (fresh) {
            member->object = inner;
            member->value = inner ? STR("") : arena_str(&m->arena, value);
        }
        if (inner && member->object)
            merge(m, &member->first, value);
    }
}

static bool is_path(struct str path)
{
    struct str part;

    if (path.n == 0 || path.p[path.n - 1] == '.')
        return false;
    while (str_cut(&path, '.', &part))
        if (part.n == 0)
            return false;
    return true;
}

void members_put(struct members *m, struct str path, struct str json)
{
    struct member **list = &m->first;
    struct str part;

    json = str_trim(json);
    if (!is_path(path) || json.n == 0)
        return;
    while (str_cut(&path, '.', &part)) {
        bool fresh, last = !path.p;
        struct member *member = member_of(m, list, part, &fresh);
        bool object = !last || is_object(json);
        if (fresh) {
            member->object = object;
            member->value = object ? STR("") : arena_str(&m->arena, json);
        }
        if (!object || !member->object)
            return;
        list = &member->first;
    }
    merge(m, list, json);
}

void members_text(struct members *m, struct str path, struct str text)
{
    struct buf json = BUF_INIT;

    json_quote(&json, text);
    members_put(m, path, buf_str(&json));
    buf_release(&json);
}

void members_int(struct members *m, struct str path, int64_t v)
{
    struct buf json = BUF_INIT;

    buf_printf(&json, "%lld", (long long)v);
    members_put(m, path, buf_str(&json));
    buf_release(&json);
}

void members_merge(struct members *m, struct str object)
{
    if (object.n && is_object(object))
        merge(m, &m->first, str_trim(object));
}

void members_drop(struct members *m, const char *name)
{
    struct member **at = &m->first;

    while (*at && !str_eqc((*at)->key, name))
        at = &(*at)->next;
    if (*at)
        *at = (*at)->next;
}

struct str members_get(const struct members *m, const char *path)
{
    const struct member *list = m->first;
    struct str rest = str_c(path), part;

    while (str_cut(&rest, '.', &part)) {
        while (list && !str_eq(list->key, part))
            list = list->next;
        if (!list || !rest.p)
            break;
        list = list->first;
    }
    return list && !list->object ? list->value : STR("");
}

static void print(const struct member *list, struct buf *out)
{
    for (const struct member *m = list; m; m = m->next) {
        buf_puts(out, m == list ? "\"" : ",\"");
        buf_str_add(out, m->key);
        buf_puts(out, "\":");
        if (!m->object) {
            buf_str_add(out, m->value);
            continue;
        }
        buf_putc(out, '{');
        print(m->first, out);
        buf_putc(out, '}');
    }
}

void members_print(const struct members *m, struct buf *out)
{
    print(m->first, out);
}
