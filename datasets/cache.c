/* cache.c - the cache's directories and lock files; see cache.h. */
#include "datasets/cache.h"

#include "harness/base/file.h"
#include "harness/base/json.h"

#include <stdlib.h>
#include <string.h>

enum { LOCK_MAX = 1 << 20 };

#define TEXT(owner, member)                                                                        \
    {                                                                                              \
        .name = #member, .type = FIELD_STR, .offset = offsetof(struct owner, member),              \
        .fallback = "null", .help = #member                                                        \
    }
#define COUNT(owner, member)                                                                       \
    {                                                                                              \
        .name = #member, .type = FIELD_INT, .offset = offsetof(struct owner, member),              \
        .fallback = "null", .min = 0, .max = 9007199254740991.0, .help = #member                   \
    }

static const struct field source_fields[] = {
    TEXT(cache_source, url), TEXT(cache_source, sha256), COUNT(cache_source, bytes)};
static const struct field_table source_table = {
    "source", source_fields, ARRAY_LEN(source_fields), sizeof(struct cache_source), NULL};

static const struct field file_fields[] = {
    TEXT(cache_file, file),
    TEXT(cache_file, sha256),
    COUNT(cache_file, bytes),
    COUNT(cache_file, rows),
    TEXT(cache_file, fetched_at),
    {.name = "sources",
        .type = FIELD_LIST,
        .offset = offsetof(struct cache_file, sources),
        .fallback = "[]",
        .help = "where it came from",
        .sub = &source_table},
};
static const struct field_table file_table = {
    "file", file_fields, ARRAY_LEN(file_fields), sizeof(struct cache_file), NULL};

static const struct field lock_fields[] = {
    {.name = "files",
        .type = FIELD_LIST,
        .offset = offsetof(struct cache_lock, files),
        .fallback = "[]",
        .help = "files of the set",
        .sub = &file_table},
};
static const struct field_table lock_table = {
    "lock", lock_fields, ARRAY_LEN(lock_fields), sizeof(struct cache_lock), NULL};

/* --- places -------------------------------------------------------------------------------- */

enum err_code cache_dir(struct str set, struct arena *arena, const char **ret, struct err *err)
{
    const char *own = getenv("SLEEPBENCH_CACHE"), *xdg = getenv("XDG_CACHE_HOME");
    const char *home = getenv("HOME");

    if (own && own[0])
        *ret = arena_printf(arena, "%s/%.*s", own, STR_ARG(set));
    else if (xdg && xdg[0] == '/') /* the standard has others ignored */
        *ret = arena_printf(arena, "%s/sleepbench/%.*s", xdg, STR_ARG(set));
    else if (home && home[0])
        *ret = arena_printf(arena, "%s/.cache/sleepbench/%.*s", home, STR_ARG(set));
    else
        return err_set(err, ERR_USAGE,
            "there is no place for fetched data: set SLEEPBENCH_CACHE to a directory");
    return OK;
}

const char *cache_rows_file(const struct manifest_set *set, struct arena *arena)
{
    return arena_printf(arena, "%.*s.jsonl", STR_ARG(set->name));
}

/* --- the lock file ------------------------------------------------------------------------- */

const struct cache_file *cache_lock_file(const struct cache_lock *lock, size_t i)
{
    return i < lock->files.n ? (const struct cache_file *)lock->files.v + i : NULL;
}

const struct cache_file *cache_lock_find(const struct cache_lock *lock, struct str file)
{
    for (size_t i = 0; i < lock->files.n; i++)
        if (str_eq(cache_lock_file(lock, i)->file, file))
            return cache_lock_file(lock, i);
    return NULL;
}

/* A name is joined to the directory's and must not lead out of it; both are printed. */
static bool names_are_safe(const struct cache_lock *lock)
{
    for (size_t i = 0; i < lock->files.n; i++) {
        const struct cache_file *f = cache_lock_file(lock, i);
        if (!manifest_is_name(f->file) || !manifest_is_digest(f->sha256))
            return false;
    }
    return true;
}

enum err_code cache_lock_read(
    const char *dir, struct arena *arena, struct cache_lock *ret, struct err *err)
{
    const char *path = arena_printf(arena, "%s/lock.json", dir);
    struct cache_lock lock = {0};
    struct buf text = BUF_INIT;
    struct json *doc = NULL;
    enum err_code code = OK;

    field_defaults(&lock_table, &lock, arena);
    if (file_exists(path)) {
        code = file_read(path, LOCK_MAX, &text, err);
        if (!code)
            code = json_parse(buf_str(&text), JSON_STRICT, &doc, err);
        if (!code)
            code = field_load(&lock_table, &lock, doc, "", arena, err);
        if (!code && !names_are_safe(&lock))
            code = err_set(err, ERR_INPUT, "a file without a proper name or digest");
        if (code == ERR_INPUT || code == ERR_USAGE)
            code = err_set(err, ERR_INPUT, "%s: %s. Take the file away and fetch the set anew",
                path, arena_cstr(arena, str_c(err ? err->msg : "")));
    }
    json_free(doc);
    buf_release(&text);
    if (!code)
        *ret = lock;
    return code;
}

enum err_code cache_lock_write(const char *dir, const struct cache_lock *lock, struct err *err)
{
    struct buf path = BUF_INIT, text = BUF_INIT;

    buf_printf(&path, "%s/lock.json", dir);
    field_print(&lock_table, lock, &text);
    enum err_code code = file_write(buf_cstr(&path), buf_str(&text), err);
    buf_release(&path);
    buf_release(&text);
    return code;
}

/* --- checking ------------------------------------------------------------------------------ */

enum err_code cache_check(const char *dir, const struct cache_file *file, enum cache_state *ret,
    char *ret_hex, struct err *err)
{
    char hex[DIGEST_HEX_LEN + 1] = "";
    struct buf path = BUF_INIT;
    struct digest digest;
    uint64_t bytes;

    buf_printf(&path, "%s/%.*s", dir, STR_ARG(file->file));
    enum err_code code = file_digest(buf_cstr(&path), &digest, &bytes, err);
    buf_release(&path);
    if (code && code != ERR_NOT_FOUND)
        return code;
    *ret = code ? CACHE_MISSING : CACHE_OK;
    if (!code && !str_eqc(file->sha256, digest_hex(digest, hex)))
        *ret = CACHE_CHANGED;
    if (ret_hex)
        memcpy(ret_hex, hex, sizeof hex);
    return OK;
}

/* A file that is kept as it came must still be what the manifest wants, whatever the lock says. */
static bool manifest_allows(const struct manifest_set *set, const struct cache_file *file)
{
    for (size_t i = 0; !manifest_is_rows(set) && i < set->parts.n; i++) {
        const struct manifest_part *part = manifest_part(set, i);
        bool wanted = false;
        for (size_t k = 0; k < part->sources.n; k++)
            wanted |= !manifest_source(part, k)->sha256.p ||
                      str_eq(manifest_source(part, k)->sha256, file->sha256);
        if (str_eq(part->file, file->file))
            return wanted;
    }
    return true;
}

enum err_code cache_use(const struct manifest_set *set, const char *file, struct arena *arena,
    const char **ret_path, struct err *err)
{
    struct cache_lock lock = {0};
    enum cache_state state;
    const char *dir;

    if (!file)
        file = cache_rows_file(set, arena);
    if (cache_dir(set->name, arena, &dir, err) || cache_lock_read(dir, arena, &lock, err))
        return err->code;
    const struct cache_file *f = cache_lock_find(&lock, str_c(file));
    if (!f)
        return err_set(err, ERR_USAGE,
            "data set \"%.*s\" is not on this machine: get it by `sleepbench data fetch %.*s`, or "
            "name a file of it as input",
            STR_ARG(set->name), STR_ARG(set->name));
    if (cache_check(dir, f, &state, NULL, err))
        return err->code;
    if (state == CACHE_MISSING)
        return err_set(err, ERR_USAGE,
            "%s/%s has gone: get it again by `sleepbench data fetch %.*s`", dir, file,
            STR_ARG(set->name));
    if (state == CACHE_CHANGED || !manifest_allows(set, f))
        return err_set(err, ERR_INPUT,
            "%s/%s is not what was fetched (its sha256 differs): get it again by "
            "`sleepbench data fetch %.*s`, or name your own file as input",
            dir, file, STR_ARG(set->name));
    *ret_path = arena_printf(arena, "%s/%s", dir, file);
    return OK;
}
