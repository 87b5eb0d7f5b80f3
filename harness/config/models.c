/* models.c - reading rows of hosts and models, and the layers that fit a model; see models.h. */
#include "harness/config/models.h"

#include "harness/base/data.h"
#include "harness/base/file.h"
#include "harness/base/json.h"

#include <stdlib.h>

enum { FILE_MOST = 16 << 20 };

const char models_shipped_path[] = "configs/models.json";

#define ROW(type, name, kind, member, fallback, help)                                              \
    {                                                                                              \
        name, kind, offsetof(struct type, member), fallback, 0, 0, NULL, help, true, NULL          \
    }
#define TRAITS(type)                                                                               \
    {                                                                                              \
        "traits", FIELD_PART, offsetof(struct type, traits), "null", 0, 0, NULL,                   \
            "what differs there", true, &traits_table                                              \
    }
#define SOURCE(type)                                                                               \
    ROW(type, "source", FIELD_STR, source, "null", "where this is from"),                          \
        ROW(type, "checked", FIELD_STR, checked, "null", "day it was read there"),                 \
        ROW(type, "unsure", FIELD_BOOL, unsure, "false", "not seen in documentation or source")

static const struct field host_fields[] = {
    ROW(model_host, "name", FIELD_STR, name, "null", "what stands before the names of its models"),
    ROW(model_host, "base_url", FIELD_STR, base_url, "null", "its address"),
    ROW(model_host, "key_env", FIELD_STR, key_env, "null", "environment variable of the key"),
    ROW(model_host, "aliases", FIELD_STRS, aliases, "[]", "patterns of other addresses"),
    ROW(model_host, "by_name", FIELD_BOOL, by_name, "false",
        "its name counts also beside a base_url"),
    TRAITS(model_host),
    SOURCE(model_host),
};

static const struct field_table host_table = {
    "host", host_fields, ARRAY_LEN(host_fields), sizeof(struct model_host), NULL};

static const struct field row_fields[] = {
    ROW(model_row, "hosts", FIELD_STRS, hosts, "[]", "names of hosts"),
    ROW(model_row, "names", FIELD_STRS, names, "[]", "patterns of the models' names"),
    {"api", FIELD_CHOICE, offsetof(struct model_row, api), "null", 0, 0,
        "anthropic-messages|openai-chat|openai-completions|openai-responses",
        "holds on this wire format only", true, NULL},
    TRAITS(model_row),
    SOURCE(model_row),
};

static const struct field_table row_table = {
    "model row", row_fields, ARRAY_LEN(row_fields), sizeof(struct model_row), NULL};

static const struct field list_fields[] = {
    {"hosts", FIELD_LIST, offsetof(struct model_list, hosts), "[]", 0, 0, NULL, "places", true,
        &host_table},
    {"models", FIELD_LIST, offsetof(struct model_list, models), "[]", 0, 0, NULL, "models", true,
        &row_table},
};

static const struct field_table list_table = {
    "models file", list_fields, ARRAY_LEN(list_fields), sizeof(struct model_list), NULL};

static const struct model_host *host_at(const struct model_list *l, size_t i)
{
    return (const struct model_host *)l->hosts.v + i;
}

static const struct model_row *row_at(const struct model_list *l, size_t i)
{
    return (const struct model_row *)l->models.v + i;
}

/* ---- reading --------------------------------------------------------------------------------- */

/* Members of traits hold together on their own: layers may say one without the other. */
static enum err_code check_traits(
    struct str traits, const char *path, struct arena *arena, struct err *err)
{
    struct traits t = traits_default;
    struct json *doc;

    if (!traits.n)
        return OK;
    if (json_parse(traits, JSON_STRICT, &doc, err))
        return err->code;
    const char *at = arena_printf(arena, "%s.traits", path);
    enum err_code code = field_load(&traits_table, &t, doc, at, arena, err);
    json_free(doc);
    return code ? code : traits_check(&t, at, err);
}

static enum err_code check_host(
    const struct model_list *l, size_t i, struct arena *arena, struct err *err)
{
    const struct model_host *h = host_at(l, i);
    const char *path = arena_printf(arena, "hosts[%zu]", i);

    if (h->name.n == 0 || str_find(h->name, STR("/"), 0) != SIZE_MAX)
        return err_set(err, ERR_USAGE, "%s.name is %s: a host needs a name without '/'", path,
            h->name.n ? "no name" : "missing");
    for (size_t j = 0; j < i; j++)
        if (str_eq(h->name, host_at(l, j)->name))
            return err_set(err, ERR_USAGE, "hosts[%zu] and hosts[%zu] are both \"%.*s\"", j, i,
                STR_ARG(h->name));
    return check_traits(h->traits, path, arena, err);
}

static enum err_code check_row(
    const struct model_list *l, size_t i, struct arena *arena, struct err *err)
{
    const struct model_row *r = row_at(l, i);
    const char *path = arena_printf(arena, "models[%zu]", i);

    if (r->hosts.n == 0 || r->names.n == 0)
        return err_set(err, ERR_USAGE, "%s.%s is empty: say for which %s the row is", path,
            r->hosts.n ? "names" : "hosts", r->hosts.n ? "models (\"*\" = all)" : "hosts");
    if (!r->traits.p)
        return err_set(err, ERR_USAGE, "%s.traits is missing: the row says nothing", path);
    return check_traits(r->traits, path, arena, err);
}

enum err_code models_read(struct str text, const char *origin, struct arena *arena,
    struct model_list *ret, struct err *err)
{
    struct model_list list;
    struct json *doc;

    if (json_parse(text, JSON_STRICT, &doc, err)) {
        err->code = ERR_USAGE;
        return err_wrap(err, "%s", origin);
    }
    field_defaults(&list_table, &list, arena);
    enum err_code code = OK;
    if (json_type(doc) != JSON_OBJECT)
        code = err_set(err, ERR_USAGE, "a models file is an object with hosts and models, not %s",
            json_type_name(json_type(doc)));
    if (!code)
        code = field_load(&list_table, &list, doc, "", arena, err);
    json_free(doc);
    for (size_t i = 0; !code && i < list.hosts.n; i++)
        code = check_host(&list, i, arena, err);
    for (size_t i = 0; !code && i < list.models.n; i++)
        code = check_row(&list, i, arena, err);
    if (code)
        return err_wrap(err, "%s", origin);
    list.origin = arena_cstr(arena, str_c(origin));
    *ret = list;
    return OK;
}

enum err_code models_load(
    struct str path, struct arena *arena, struct model_list *ret, struct err *err)
{
    const char *name = arena_cstr(arena, path);
    struct buf text = BUF_INIT;
    enum err_code code = file_read(name, FILE_MOST, &text, err) ? err_wrap(err, "models_file") : OK;

    if (code)
        err->code = code = ERR_USAGE;
    else
        code = models_read(buf_str(&text), name, arena, ret, err);
    buf_release(&text);
    return code;
}

enum err_code models_shipped(const struct model_list **ret, struct err *err)
{
    static struct arena arena; /* for the life of the process */
    static struct model_list list;
    static bool loaded;
    struct buf text = BUF_INIT;
    enum err_code code = OK;

    if (!loaded) {
        code = data_read(models_shipped_path, &text, err);
        if (!code)
            code = models_read(buf_str(&text), models_shipped_path, &arena, &list, err);
        buf_release(&text);
        loaded = code == OK;
    }
    if (!code)
        *ret = &list;
    return code;
}

/* ---- hosts ----------------------------------------------------------------------------------- */

static const struct model_host *find_host(const struct model_list *l, struct str name)
{
    for (size_t i = 0; l && i < l->hosts.n; i++)
        if (str_eq(host_at(l, i)->name, name))
            return host_at(l, i);
    return NULL;
}

bool models_host(const struct model_book *book, struct str name, struct model_host *ret)
{
    const struct model_host *own = find_host(book->own, name);
    const struct model_host *shipped = find_host(book->shipped, name);

    if (!own) {
        if (shipped)
            *ret = *shipped;
        return shipped != NULL;
    }
    struct model_host h = *own;
    if (shipped) {
        if (!h.key_env.p && !h.base_url.p) /* no known key goes to another address */
            h.key_env = shipped->key_env;
        if (!h.base_url.p)
            h.base_url = shipped->base_url;
        if (!h.aliases.n)
            h.aliases = shipped->aliases;
        h.by_name = h.by_name || shipped->by_name;
    }
    *ret = h;
    return true;
}

static bool is_at(const struct model_host *h, struct str url)
{
    bool is = h->base_url.p && str_eq(h->base_url, url);

    for (size_t i = 0; i < h->aliases.n && !is; i++)
        is = models_fits(h->aliases.v[i], url);
    return is;
}

bool models_host_at(const struct model_book *book, struct str url, struct model_host *ret)
{
    const struct model_list *lists[] = {book->own, book->shipped};

    for (size_t k = 0; k < ARRAY_LEN(lists); k++)
        for (size_t i = 0; lists[k] && i < lists[k]->hosts.n; i++)
            if (is_at(host_at(lists[k], i), url))
                return models_host(book, host_at(lists[k], i)->name, ret);
    return false;
}

void models_host_names(const struct model_book *book, struct buf *out)
{
    const struct model_list *lists[] = {book->own, book->shipped};

    for (size_t k = 0; k < ARRAY_LEN(lists); k++)
        for (size_t i = 0; lists[k] && i < lists[k]->hosts.n; i++) {
            struct str name = host_at(lists[k], i)->name;
            if (k == 0 || !find_host(book->own, name))
                buf_printf(out, "%s%.*s", out->n ? ", " : "", STR_ARG(name));
        }
}

enum err_code models_check_hosts(const struct model_book *book, struct err *err)
{
    struct model_host host;

    for (size_t i = 0; book->own && i < book->own->models.n; i++) {
        const struct str_list *hosts = &row_at(book->own, i)->hosts;
        for (size_t j = 0; j < hosts->n; j++)
            if (!models_host(book, hosts->v[j], &host)) {
                struct buf known = BUF_INIT;
                models_host_names(book, &known);
                (void)err_set(err, ERR_USAGE,
                    "%s: models[%zu].hosts names \"%.*s\", which is none of %s", book->own->origin,
                    i, STR_ARG(hosts->v[j]), buf_cstr(&known)); /* the code is what we return */
                buf_release(&known);
                return ERR_USAGE;
            }
    }
    return OK;
}

/* ---- layers ---------------------------------------------------------------------------------- */

bool models_fits(struct str pattern, struct str s)
{
    size_t p = 0, i = 0, star = SIZE_MAX, from = 0;

    while (i < s.n) {
        if (p < pattern.n && pattern.p[p] == '*') {
            star = p++;
            from = i;
        } else if (p < pattern.n && pattern.p[p] == s.p[i]) {
            p++;
            i++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            i = ++from;
        } else {
            return false;
        }
    }
    while (p < pattern.n && pattern.p[p] == '*')
        p++;
    return p == pattern.n;
}

static int64_t letters(struct str pattern)
{
    int64_t n = 0;

    for (size_t i = 0; i < pattern.n; i++)
        n += pattern.p[i] != '*';
    return n;
}

/* How closely a row is for a model: twice the letters of its best pattern, and one for a wire
 * format; -1 if it is not. */
static int64_t closeness(
    const struct model_row *r, struct str host, struct str model, struct str api)
{
    int64_t best = -1;
    bool here = false;

    for (size_t i = 0; i < r->hosts.n && !here; i++)
        here = str_eq(r->hosts.v[i], host);
    if (!here || (r->api.p && !str_eq(r->api, api)))
        return -1;
    for (size_t i = 0; i < r->names.n; i++)
        if (models_fits(r->names.v[i], model)) {
            int64_t n = 2 * letters(r->names.v[i]) + (r->api.p != NULL);
            best = n > best ? n : best;
        }
    return best;
}

struct candidate {
    int64_t closeness;
    size_t row;
};

static int by_closeness(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;

    if (x->closeness != y->closeness)
        return x->closeness < y->closeness ? -1 : 1;
    return x->row < y->row ? -1 : x->row > y->row;
}

static void add_layer(struct model_layers *l, struct model_layer layer)
{
    if (layer.traits.n)
        l->v[l->n++] = layer;
}

/* The host's row and the model rows of one file. */
static void add_list(const struct model_list *list, struct str host, struct str model,
    struct str api, struct arena *arena, struct model_layers *l)
{
    size_t n = 0;

    if (!list)
        return;
    const struct model_host *h = find_host(list, host);
    if (h)
        add_layer(l, (struct model_layer){arena_printf(arena, "%s, hosts[%zu]", list->origin,
                                              (size_t)(h - host_at(list, 0))),
                         h->traits, h->source, h->checked, h->unsure});
    struct candidate *fits = arena_array(arena, struct candidate, list->models.n + 1);
    for (size_t i = 0; i < list->models.n; i++) {
        int64_t c = closeness(row_at(list, i), host, model, api);
        if (c >= 0)
            fits[n++] = (struct candidate){c, i};
    }
    qsort(fits, n, sizeof *fits, by_closeness);
    for (size_t i = 0; i < n; i++) {
        const struct model_row *r = row_at(list, fits[i].row);
        add_layer(l,
            (struct model_layer){arena_printf(arena, "%s, models[%zu]", list->origin, fits[i].row),
                r->traits, r->source, r->checked, r->unsure});
    }
}

static struct model_layers layers_of(const struct model_book *book, struct str host,
    struct str model, struct str api, struct str last, struct arena *arena)
{
    size_t most = 3 + book->shipped->models.n + (book->own ? book->own->models.n : 0);
    struct model_layers l = {arena_array(arena, struct model_layer, most), 0};

    add_list(book->shipped, host, model, api, arena, &l);
    add_list(book->own, host, model, api, arena, &l);
    add_layer(&l, (struct model_layer){.where = "the configuration's traits", .traits = last});
    return l;
}

static enum err_code apply(
    const struct model_layers *l, struct arena *arena, struct traits *t, struct err *err)
{
    for (size_t i = 0; i < l->n; i++) {
        struct json *doc;
        if (json_parse(l->v[i].traits, JSON_STRICT, &doc, err))
            return err_wrap(err, "%s", l->v[i].where);
        enum err_code code = field_load(&traits_table, t, doc, "traits", arena, err);
        json_free(doc);
        if (code)
            return err_wrap(err, "%s", l->v[i].where);
    }
    return OK;
}

enum err_code models_traits(const struct model_book *book, struct str host, struct str model,
    struct str api, struct str last, struct arena *arena, struct traits *ret,
    struct model_layers *ret_layers, struct err *err)
{
    struct str wire = api;
    struct traits t = traits_default;
    struct model_layers l;

    if (!wire.n) { /* rows for one wire format only do not choose it */
        l = layers_of(book, host, model, wire, last, arena);
        if (apply(&l, arena, &t, err))
            return err->code;
        wire = t.api;
    }
    t = traits_of_wire(wire);
    l = layers_of(book, host, model, wire, last, arena);
    if (apply(&l, arena, &t, err))
        return err->code;
    t.api = wire;
    if (traits_check(&t, "traits", err))
        return err->code;
    *ret = t;
    if (ret_layers)
        *ret_layers = l;
    return OK;
}
