/* manifest.c - reading and checking the registry of data sets; see manifest.h. */
#include "datasets/manifest.h"

#include "datasets/dataset.h"
#include "datasets/item_columns.h"
#include "harness/base/data.h"
#include "harness/base/digest.h"
#include "harness/base/json.h"

#include <stddef.h>
#include <string.h>

static const char place[] = "datasets/manifest.json";

#define TEXT(owner, member, standard, about)                                                       \
    {                                                                                              \
        .name = #member, .type = FIELD_STR, .offset = offsetof(struct owner, member),              \
        .fallback = (standard), .help = (about)                                                    \
    }

static const struct field source_fields[] = {
    {.name = "format",
        .type = FIELD_CHOICE,
        .offset = offsetof(struct manifest_source, format),
        .fallback = "\"jsonl\"",
        .choices = "jsonl|json|rows|file",
        .help = "shape of what comes"},
    TEXT(manifest_source, url, "null", "address; {revision} is filled in"),
    TEXT(manifest_source, revision, "null", "commit or branch"),
    TEXT(manifest_source, sha256, "null", "digest of the file, if it is known"),
    TEXT(manifest_source, token_env, "null", "variable that holds an access token"),
    TEXT(manifest_source, dataset, "null", "rows API: owner/name"),
    TEXT(manifest_source, config, "\"default\"", "rows API: configuration"),
    TEXT(manifest_source, split, "\"train\"", "rows API: split"),
};
static const struct field_table source_table = {
    "source", source_fields, ARRAY_LEN(source_fields), sizeof(struct manifest_source), "url"};

static const struct field part_fields[] = {
    TEXT(manifest_part, file, "null", "name of the file"),
    TEXT(manifest_part, path, "null", "place in its repository"),
    {.name = "sources",
        .type = FIELD_LIST,
        .offset = offsetof(struct manifest_part, sources),
        .fallback = "[]",
        .help = "mirrors, tried in order",
        .sub = &source_table},
};
static const struct field_table part_table = {
    "part", part_fields, ARRAY_LEN(part_fields), sizeof(struct manifest_part), NULL};

static const struct field set_fields[] = {
    TEXT(manifest_set, name, "null", "name of the set"),
    TEXT(manifest_set, help, "\"\"", "what it is"),
    {.name = "kind",
        .type = FIELD_CHOICE,
        .offset = offsetof(struct manifest_set, kind),
        .fallback = "\"rows\"",
        .choices = "rows|files",
        .help = "one file of rows, or files as they are"},
    TEXT(manifest_set, licence, "\"not stated\"", "licence"),
    TEXT(manifest_set, page, "null", "page that describes it"),
    TEXT(manifest_set, note, "null", "what to know before use"),
    TEXT(manifest_set, columns, "null", "names of the columns"),
    {.name = "gated",
        .type = FIELD_BOOL,
        .offset = offsetof(struct manifest_set, gated),
        .fallback = "false",
        .help = "asks for an account and consent"},
    {.name = "parts",
        .type = FIELD_LIST,
        .offset = offsetof(struct manifest_set, parts),
        .fallback = "[]",
        .help = "its files",
        .sub = &part_table},
};
static const struct field_table set_table = {
    "set", set_fields, ARRAY_LEN(set_fields), sizeof(struct manifest_set), NULL};

static const struct field manifest_fields[] = {
    {.name = "sets",
        .type = FIELD_LIST,
        .offset = offsetof(struct manifest, sets),
        .fallback = "[]",
        .help = "data sets",
        .sub = &set_table},
};
static const struct field_table manifest_table = {
    "manifest", manifest_fields, ARRAY_LEN(manifest_fields), sizeof(struct manifest), NULL};

/* --- access -------------------------------------------------------------------------------- */

const struct manifest_set *manifest_set(const struct manifest *m, size_t i)
{
    return i < m->sets.n ? (const struct manifest_set *)m->sets.v + i : NULL;
}

const struct manifest_part *manifest_part(const struct manifest_set *set, size_t i)
{
    return i < set->parts.n ? (const struct manifest_part *)set->parts.v + i : NULL;
}

const struct manifest_source *manifest_source(const struct manifest_part *part, size_t i)
{
    return i < part->sources.n ? (const struct manifest_source *)part->sources.v + i : NULL;
}

bool manifest_is_rows(const struct manifest_set *set)
{
    return str_eqc(set->kind, "rows");
}

const struct manifest_set *manifest_find(const struct manifest *m, struct str name)
{
    for (size_t i = 0; i < m->sets.n; i++)
        if (str_eq(manifest_set(m, i)->name, name))
            return manifest_set(m, i);
    return NULL;
}

/* A name that is no public set's: perhaps a data set that needs no fetching, or a slip. */
static enum err_code unknown_set(const struct manifest *m, struct str name, struct err *err)
{
    const struct dataset *d = dataset_find(name);
    const struct manifest_set *nearest = NULL;
    size_t best = 1 + name.n / 2;

    if (d)
        return err_set(err, ERR_USAGE,
            "\"%s\" is no public data set: %s; `sleepbench data list` has the public ones", d->name,
            d->needs_input ? "it reads a file of yours"
                           : "the program makes its problems, there is nothing to fetch");
    for (size_t i = 0; i < m->sets.n; i++) {
        size_t distance = str_distance(name, manifest_set(m, i)->name);
        if (distance < best) {
            best = distance;
            nearest = manifest_set(m, i);
        }
    }
    if (nearest)
        return err_set(err, ERR_USAGE,
            "no data set \"%.*s\"; did you mean \"%.*s\"? `sleepbench data list` has all names",
            STR_ARG(name), STR_ARG(nearest->name));
    return err_set(err, ERR_USAGE, "no data set \"%.*s\"; `sleepbench data list` has all names",
        STR_ARG(name));
}

enum err_code manifest_need(
    const struct manifest *m, struct str name, const struct manifest_set **ret, struct err *err)
{
    const struct manifest_set *set = manifest_find(m, name);

    if (!set)
        return unknown_set(m, name, err);
    *ret = set;
    return OK;
}

/* --- checks -------------------------------------------------------------------------------- */

bool manifest_is_name(struct str s)
{
    if (!s.n || s.n > 80 || s.p[0] == '.' || s.p[0] == '-')
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (!str_is_alpha(s.p[i]) && !str_is_digit(s.p[i]) && !strchr("-_.", s.p[i]))
            return false;
    return !str_eqc(s, "lock.json");
}

bool manifest_is_digest(struct str s)
{
    if (s.n != DIGEST_HEX_LEN)
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (!str_is_digit(s.p[i]) && !(s.p[i] >= 'a' && s.p[i] <= 'f'))
            return false;
    return true;
}

static struct str fill_in(struct str url, struct str revision, struct arena *arena)
{
    struct str mark = STR("{revision}");
    size_t at = str_find(url, mark, 0);

    if (at == SIZE_MAX)
        return url;
    return str_c(arena_printf(arena, "%.*s%.*s%.*s", STR_ARG(str_slice(url, 0, at)),
        STR_ARG(revision), STR_ARG(str_from(url, at + mark.n))));
}

static enum err_code check_source(
    const struct manifest_set *set, struct manifest_source *s, struct arena *arena, struct err *err)
{
    bool api = str_eqc(s->format, "rows"), file = str_eqc(s->format, "file");

    if (!s->url.n)
        return err_set(err, ERR_INPUT, "a source has no url");
    if (str_find(s->url, STR("{revision}"), 0) != SIZE_MAX && !s->revision.n)
        return err_set(err, ERR_INPUT, "%.*s needs a revision", STR_ARG(s->url));
    if (s->sha256.p && !manifest_is_digest(s->sha256))
        return err_set(err, ERR_INPUT, "sha256 \"%.*s\" is not 64 digits of lower-case hex",
            STR_ARG(s->sha256));
    if (api && !s->dataset.n)
        return err_set(err, ERR_INPUT, "a source of format \"rows\" needs a dataset");
    if (api && s->sha256.p)
        return err_set(err, ERR_INPUT, "a source of format \"rows\" has no digest of its own");
    if (file == manifest_is_rows(set))
        return err_set(err, ERR_INPUT, "format \"%.*s\" does not go with kind \"%.*s\"",
            STR_ARG(s->format), STR_ARG(set->kind));
    s->url = fill_in(s->url, s->revision, arena);
    return OK;
}

static enum err_code check_part(
    const struct manifest_set *set, size_t i, struct arena *arena, struct err *err)
{
    const struct manifest_part *part = manifest_part(set, i);

    if (!manifest_is_name(part->file))
        return err_set(err, ERR_INPUT, "parts[%zu].file must be a plain file name", i);
    for (size_t j = 0; j < i; j++)
        if (str_eq(manifest_part(set, j)->file, part->file))
            return err_set(err, ERR_INPUT, "two parts are named %.*s", STR_ARG(part->file));
    if (part->sources.n == 0)
        return err_set(err, ERR_INPUT, "parts[%zu] has no sources", i);
    for (size_t k = 0; k < part->sources.n; k++)
        if (check_source(set, (struct manifest_source *)part->sources.v + k, arena, err))
            return err_wrap(err, "parts[%zu].sources[%zu]", i, k);
    return OK;
}

static enum err_code check_set(
    const struct manifest *m, size_t i, struct arena *arena, struct err *err)
{
    const struct manifest_set *set = manifest_set(m, i);
    struct item_columns columns = {0};

    if (!manifest_is_name(set->name))
        return err_set(err, ERR_INPUT,
            "sets[%zu].name must be letters, digits, '-', '_' and '.', as a directory is named", i);
    if (i && str_cmp(manifest_set(m, i - 1)->name, set->name) >= 0)
        return err_set(err, ERR_INPUT, "set \"%.*s\" is out of order: names go up, each once",
            STR_ARG(set->name));
    if (set->parts.n == 0)
        return err_set(err, ERR_INPUT, "set \"%.*s\" has no parts", STR_ARG(set->name));
    if (set->columns.p && item_columns_read(set->columns, arena, &columns, err))
        return err_wrap(err, "set \"%.*s\"", STR_ARG(set->name));
    for (size_t k = 0; k < set->parts.n; k++)
        if (check_part(set, k, arena, err))
            return err_wrap(err, "set \"%.*s\"", STR_ARG(set->name));
    return OK;
}

enum err_code manifest_load(struct arena *arena, struct manifest *ret, struct err *err)
{
    struct buf text = BUF_INIT;
    struct manifest m = {0};
    struct json *doc = NULL;
    enum err_code code = data_read(place, &text, err);

    if (!code)
        code = json_parse(buf_str(&text), JSON_STRICT, &doc, err);
    if (!code) {
        field_defaults(&manifest_table, &m, arena);
        code = field_load(&manifest_table, &m, doc, "", arena, err);
    }
    for (size_t i = 0; i < m.sets.n && !code; i++)
        code = check_set(&m, i, arena, err);
    json_free(doc);
    buf_release(&text);
    if (code)
        return err_wrap(err, "%s", place);
    *ret = m;
    return OK;
}
