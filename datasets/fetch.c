/* fetch.c - the order of a fetch: look, gather, compare with the lock, give names; see fetch.h. */
#include "datasets/fetch.h"

#include "datasets/fetch_impl.h"
#include "harness/base/clock.h"
#include "harness/base/file.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define TEXT_MAX ((size_t)1 << 30) /* parts that are joined are held in memory, bytes */

/* --- what is there ------------------------------------------------------------------------- */

static enum err_code all_there(
    const struct fetch *f, const struct cache_lock *lock, bool *ret, struct err *err)
{
    size_t want = manifest_is_rows(f->set) ? 1 : f->set->parts.n;

    *ret = lock->files.n == want;
    for (size_t i = 0; i < lock->files.n && *ret; i++) {
        enum cache_state state;
        if (cache_check(f->dir, cache_lock_file(lock, i), &state, NULL, err))
            return err->code;
        *ret = state == CACHE_OK;
    }
    return OK;
}

static void sum_up(const struct fetch *f, const struct cache_lock *lock, struct fetch_result *ret)
{
    ret->files = lock->files.n;
    ret->dir = f->dir;
    ret->rows = FIELD_NONE;
    for (size_t i = 0; i < lock->files.n; i++) {
        ret->bytes += cache_lock_file(lock, i)->bytes;
        if (cache_lock_file(lock, i)->rows != FIELD_NONE)
            ret->rows = cache_lock_file(lock, i)->rows;
    }
}

/* --- gathering ----------------------------------------------------------------------------- */

static const char *new_path(const struct fetch *f, struct str file)
{
    return arena_printf(f->arena, "%s/%.*s.new", f->dir, STR_ARG(file));
}

static enum err_code get_part(struct fetch *f, size_t i, struct fetch_part *ret, struct err *err)
{
    *ret = (struct fetch_part){.rows = 0};
    buf_init(&ret->text, TEXT_MAX);
    return f->o->nfrom ? fetch_part_import(f, i, ret, err) : fetch_part_sources(f, i, ret, err);
}

/* A downloaded file moves, one of the user's is copied. */
static enum err_code place_file(
    const struct fetch *f, const struct fetch_part *part, const char *to, struct err *err)
{
    struct buf text;

    if (!f->o->nfrom && part->path) {
        if (rename(part->path, to) != 0)
            return err_set(err, ERR_IO, "cannot write %s: %s", to, strerror(errno));
        return OK;
    }
    if (!part->path)
        return file_write(to, buf_str(&part->text), err);
    buf_init(&text, TEXT_MAX);
    enum err_code code = file_read(part->path, TEXT_MAX, &text, err);
    if (!code)
        code = file_write(to, buf_str(&text), err);
    buf_release(&text);
    return code;
}

static enum err_code add_file(struct fetch *f, struct str file, const struct object_list *sources,
    int64_t rows, struct err *err)
{
    char hex[DIGEST_HEX_LEN + 1];
    struct cache_file *entry = (struct cache_file *)f->lock.files.v + f->lock.files.n;
    struct digest digest;
    uint64_t bytes;

    if (file_digest(new_path(f, file), &digest, &bytes, err))
        return err->code;
    *entry = (struct cache_file){.file = file,
        .sha256 = arena_str(f->arena, str_c(digest_hex(digest, hex))),
        .fetched_at = str_c(f->now),
        .bytes = (int64_t)bytes,
        .rows = rows,
        .sources = *sources};
    f->lock.files.n++;
    return OK;
}

static enum err_code gather_files(struct fetch *f, struct err *err)
{
    for (size_t i = 0; i < f->set->parts.n; i++) {
        struct str file = manifest_part(f->set, i)->file;
        struct cache_source *source = arena_new(f->arena, struct cache_source);
        struct object_list sources = {source, 1};
        struct fetch_part part;
        enum err_code code = get_part(f, i, &part, err);
        *source = part.source;
        if (!code)
            code = place_file(f, &part, new_path(f, file), err);
        buf_release(&part.text);
        if (!code)
            code = add_file(f, file, &sources, FIELD_NONE, err);
        if (code)
            return code;
    }
    return OK;
}

/* Appends a part's rows, each on a line of its own. */
static enum err_code append_part(
    const struct fetch *f, const struct fetch_part *part, struct buf *all, struct err *err)
{
    int64_t count = 0;
    enum err_code code = OK;

    if (part->path) {
        code = rows_lines(part->path, all, &count, err);
        if (!f->o->nfrom)
            unlink(part->path);
    } else {
        buf_str_add(all, buf_str(&part->text));
    }
    if (!code && all->full)
        code = err_set(err, ERR_LIMIT, "set \"%.*s\" is larger than 1 GiB", STR_ARG(f->set->name));
    return code;
}

static enum err_code gather_joined(
    struct fetch *f, const char *to, struct cache_source *sources, int64_t *rows, struct err *err)
{
    struct buf all;
    enum err_code code = OK;

    buf_init(&all, TEXT_MAX);
    for (size_t i = 0; i < f->set->parts.n && !code; i++) {
        struct fetch_part part;
        code = get_part(f, i, &part, err);
        if (!code)
            code = append_part(f, &part, &all, err);
        sources[i] = part.source;
        *rows += part.rows;
        buf_release(&part.text);
    }
    if (!code)
        code = file_write(to, buf_str(&all), err);
    buf_release(&all);
    return code;
}

static enum err_code gather_rows(struct fetch *f, struct err *err)
{
    struct str file = str_c(cache_rows_file(f->set, f->arena));
    struct cache_source *sources = arena_array(f->arena, struct cache_source, f->set->parts.n);
    struct object_list list = {sources, f->set->parts.n};
    const char *to = new_path(f, file);
    int64_t rows = 0;
    enum err_code code;

    if (f->set->parts.n > 1) {
        code = gather_joined(f, to, sources, &rows, err);
    } else {
        struct fetch_part part;
        code = get_part(f, 0, &part, err);
        if (!code)
            code = place_file(f, &part, to, err);
        sources[0] = part.source;
        rows = part.rows;
        buf_release(&part.text);
    }
    return code ? code : add_file(f, file, &list, rows, err);
}

/* --- taking it in -------------------------------------------------------------------------- */

static enum err_code compare(const struct fetch *f, const struct cache_lock *old, struct err *err)
{
    for (size_t i = 0; i < f->lock.files.n && !f->o->accept_new; i++) {
        const struct cache_file *now = cache_lock_file(&f->lock, i);
        const struct cache_file *before = cache_lock_find(old, now->file);
        if (before && !str_eq(before->sha256, now->sha256))
            return err_set(err, ERR_INPUT,
                "%.*s is not what was fetched at %.*s: its sha256 was %.12s..., now it is "
                "%.12s..., "
                "and results of the two do not compare. `sleepbench data fetch %.*s --accept-new` "
                "takes the new one",
                STR_ARG(now->file), STR_ARG(before->fetched_at), before->sha256.p, now->sha256.p,
                STR_ARG(f->set->name));
    }
    return OK;
}

static enum err_code take_in(const struct fetch *f, struct err *err)
{
    for (size_t i = 0; i < f->lock.files.n; i++) {
        struct str file = cache_lock_file(&f->lock, i)->file;
        const char *to = arena_printf(f->arena, "%s/%.*s", f->dir, STR_ARG(file));
        if (rename(new_path(f, file), to) != 0)
            return err_set(err, ERR_IO, "cannot write %s: %s", to, strerror(errno));
    }
    return cache_lock_write(f->dir, &f->lock, err);
}

static void remove_if(const char *dir, struct str stem, const char *suffix)
{
    struct buf path = BUF_INIT;

    buf_printf(&path, "%s/%.*s%s", dir, STR_ARG(stem), suffix);
    unlink(buf_cstr(&path));
    buf_release(&path);
}

/* Takes away what is not needed: files under a passing name and, after a success, the parts of
 * mirrors that were given up. */
static void clean_up(const struct fetch *f, bool success)
{
    for (size_t i = 0; i < f->set->parts.n; i++) {
        struct str file = manifest_part(f->set, i)->file;
        remove_if(f->dir, file, ".new");
        remove_if(f->dir, file, ".download");
        if (success) {
            remove_if(f->dir, file, ".download.part");
            remove_if(f->dir, file, ".download.part.json");
        }
    }
    remove_if(f->dir, str_c(cache_rows_file(f->set, f->arena)), ".new");
}

static enum err_code fetch_locked(struct fetch *f, struct fetch_result *ret, struct err *err)
{
    struct cache_lock old;
    bool there = false;

    if (cache_lock_read(f->dir, f->arena, &old, err))
        return err->code;
    if (!f->o->accept_new && !f->o->nfrom && all_there(f, &old, &there, err))
        return err->code;
    if (there) {
        ret->already = true;
        sum_up(f, &old, ret);
        return OK;
    }
    f->lock.files.v = arena_array(f->arena, struct cache_file, f->set->parts.n);
    enum err_code code = manifest_is_rows(f->set) ? gather_rows(f, err) : gather_files(f, err);
    if (!code)
        code = compare(f, &old, err);
    if (!code)
        code = take_in(f, err);
    clean_up(f, !code);
    if (!code)
        sum_up(f, &f->lock, ret);
    return code;
}

enum err_code fetch_set(const struct manifest_set *set, const struct fetch_options *o,
    struct arena *arena, struct fetch_result *ret, struct err *err)
{
    struct fetch f = {.set = set, .o = o, .arena = arena};
    struct fetch_result result = {0};
    struct err local = {0};
    int fd;

    f.now = clock_iso(clock_wall_ms(), arena_alloc(arena, 32));
    if (cache_dir(set->name, arena, &f.dir, &local) || file_make_dirs(f.dir, &local))
        return err_set(err, local.code, "%s", local.msg);
    enum err_code code = file_lock(arena_printf(arena, "%s/.busy", f.dir), &fd, &local);
    if (code == ERR_BUSY)
        return err_set(err, ERR_BUSY,
            "another sleepbench process fetches \"%.*s\": wait for it or stop it",
            STR_ARG(set->name));
    if (code)
        return err_set(err, code, "%s", local.msg);
    code = fetch_locked(&f, &result, &local);
    file_unlock(fd);
    if (code)
        return err_set(err, code, "%.*s: %s", STR_ARG(set->name), local.msg);
    *ret = result;
    return OK;
}
