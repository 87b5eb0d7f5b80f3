/*
 * repo_view.c - listing directories and reading files of one commit; see repo_view.h.
 */
#include "datasets/repo_view.h"

#include <string.h>

#include "datasets/repo_tree.h"

enum {
    ENTRIES = 2000,
    TEXT_BYTES = 256 << 10,
    LINK_BYTES = REPO_PATH_MAX /* a longer target leads nowhere and is not shown */
};

/* ---- list --------------------------------------------------------------------------------------
 */

struct listing {
    struct repo_view *view;
    const struct repo_list_options *options;
    struct arena *arena;
    struct repo_listing *out;
    size_t cap, max;
    size_t below; /* length of the directory's part of each path */
    struct repo_entry *v;
    enum err_code code;
    struct err *err;
};

/* Text of a symbolic link; empty if a partial clone does not have it. */
static enum err_code link_target(struct repo_view *v, const struct repo_place *place,
    struct arena *arena, struct str *ret, int64_t *ret_size, struct err *err)
{
    git_blob *blob;
    struct str text;
    size_t size;
    enum err_code code = repo_blob(v->repo, &place->id, LINK_BYTES, &blob, &text, &size, err);

    if (code)
        return err_wrap(err, "%.*s", STR_ARG(place->path));
    *ret = text.p ? arena_str(arena, text) : STR("");
    *ret_size = size == REPO_ABSENT ? -1 : (int64_t)size;
    git_blob_free(blob);
    return OK;
}

static enum err_code fill_entry(
    struct listing *l, const struct repo_place *place, struct repo_entry *entry, struct err *err)
{
    struct repo *r = l->view->repo;
    char hex[GIT_OID_HEXSZ + 1];
    git_object_t type;
    size_t size;
    int rc;

    *entry = (struct repo_entry){arena_str(l->arena, place->path), place->kind, -1, {"", 0}};
    if (place->kind == REPO_LINK)
        return link_target(l->view, place, l->arena, &entry->target, &entry->size, err);
    if (place->kind == REPO_SUBMODULE)
        entry->target = arena_str(l->arena, str_c(git_oid_tostr(hex, sizeof hex, &place->id)));
    if (place->kind != REPO_FILE)
        return OK;
    rc = git_odb_read_header(&size, &type, r->odb, &place->id);
    if (rc && rc != GIT_ENOTFOUND)
        return repo_git_error(r, rc, err, "file \"%.*s\"", STR_ARG(place->path));
    entry->size = rc ? -1 : (int64_t)size;
    return OK;
}

static bool list_place(const struct repo_place *place, void *payload)
{
    struct listing *l = payload;

    if (!repo_glob_match(l->options->glob, str_from(place->path, l->below)))
        return true;
    if (l->out->n == l->max)
        return false;
    GROW(l->v, l->out->n + 1, l->cap);
    l->code = fill_entry(l, place, &l->v[l->out->n++], l->err);
    return l->code == OK;
}

/* The directory of a path, or the error that says what else it is. */
static enum err_code find_dir(
    struct repo_view *v, struct str path, struct repo_place *ret, struct err *err)
{
    enum err_code code = repo_tree_find(v, path, ret, err);

    if (!code && ret->kind != REPO_DIR)
        code = err_set(err, ERR_USAGE, "\"%.*s\" is a %s, not a directory", STR_ARG(path),
            repo_entry_kind_name(ret->kind));
    return code;
}

enum err_code repo_list(struct repo_view *v, const struct repo_list_options *options,
    struct arena *arena, struct repo_listing *ret, struct err *err)
{
    struct repo_listing out = {0};
    struct listing l = {.view = v,
        .options = options,
        .arena = arena,
        .out = &out,
        .max = options->max_entries ? options->max_entries : ENTRIES,
        .err = err};
    struct repo_tree_walk walk = {options->recursive, list_place, &l, 0, false};
    struct repo_place dir;
    struct str path = {NULL, 0};
    enum err_code code = repo_glob_check(options->glob, err);

    if (!code)
        code = repo_view_path(options->dir, arena, &path, err);
    if (!code)
        code = find_dir(v, path, &dir, err);
    if (code)
        return code;
    l.below = path.n ? path.n + 1 : 0;
    code = repo_tree_each(v, path, &dir.id, &walk, err);
    if (!code)
        code = l.code;
    if (!code) {
        out.v = arena_array(arena, struct repo_entry, out.n ? out.n : 1);
        if (out.n)
            memcpy(out.v, l.v, out.n * sizeof *out.v);
        out.hidden = walk.hidden;
        out.truncated = walk.truncated;
        *ret = out;
    }
    free(l.v);
    return code;
}

/* ---- read --------------------------------------------------------------------------------------
 */

static size_t count_lines(struct str s)
{
    size_t n = 0;

    for (const char *p = s.p, *end = s.p + s.n; p < end; n++) {
        p = memchr(p, '\n', (size_t)(end - p));
        if (!p++)
            return n + 1;
    }
    return n;
}

/* The lines that were asked for: whole ones up to max bytes, but at least a part of the first. */
static void take_lines(
    struct str all, const struct repo_read_options *o, struct arena *arena, struct repo_text *out)
{
    size_t max = o->max_bytes ? o->max_bytes : TEXT_BYTES;
    size_t line = 1, start = 0, end, last;

    out->first = o->first ? o->first : 1;
    out->total_lines = count_lines(all);
    for (; line < out->first && start < all.n; line++) {
        size_t feed = str_find(all, STR("\n"), start);
        start = feed == SIZE_MAX ? all.n : feed + 1;
    }
    last = o->count ? o->count : SIZE_MAX;
    for (end = start; end < all.n && out->lines < last; out->lines++) {
        size_t feed = str_find(all, STR("\n"), end);
        size_t next = feed == SIZE_MAX ? all.n : feed + 1;
        if (next - start > max) {
            out->truncated = true;
            break;
        }
        end = next;
    }
    if (out->truncated && end == start) {
        end = start + max;
        while (end > start && ((unsigned char)all.p[end] & 0xC0) == 0x80)
            end--;
        out->lines = 1;
    }
    out->text = arena_str(arena, str_slice(all, start, end));
}

static enum err_code read_file(struct repo_view *v, const struct repo_place *place,
    const struct repo_read_options *options, struct arena *arena, struct repo_text *out,
    struct err *err)
{
    git_blob *blob;
    struct str all;
    size_t size;
    enum err_code code = repo_blob(v->repo, &place->id, REPO_READ_BYTES, &blob, &all, &size, err);

    if (code)
        return err_wrap(err, "%.*s", STR_ARG(place->path));
    if (size == REPO_ABSENT)
        return repo_git_error(
            v->repo, GIT_ENOTFOUND, err, "the content of \"%.*s\"", STR_ARG(place->path));
    if (!all.p)
        return err_set(err, ERR_LIMIT, "\"%.*s\" has %zu bytes: files of up to %d are read",
            STR_ARG(place->path), size, REPO_READ_BYTES);
    out->size = (int64_t)size;
    out->binary = repo_is_binary(all);
    if (!out->binary)
        take_lines(all, options, arena, out);
    git_blob_free(blob);
    return OK;
}

enum err_code repo_read(struct repo_view *v, const struct repo_read_options *options,
    struct arena *arena, struct repo_text *ret, struct err *err)
{
    struct repo_text out = {.text = {"", 0}, .first = 1};
    struct repo_place place;
    struct str path;
    enum err_code code = repo_view_path(options->path, arena, &path, err);

    if (!code)
        code = repo_tree_find(v, path, &place, err);
    if (code)
        return code;
    out.kind = place.kind;
    switch (place.kind) {
    case REPO_DIR:
        return err_set(err, ERR_USAGE, "\"%.*s\" is a directory: list it", STR_ARG(path));
    case REPO_SUBMODULE:
        return err_set(err, ERR_USAGE,
            "\"%.*s\" is a submodule: its files are in another repository", STR_ARG(path));
    case REPO_LINK:
        code = link_target(v, &place, arena, &out.text, &out.size, err);
        break;
    case REPO_FILE:
        code = read_file(v, &place, options, arena, &out, err);
        break;
    }
    if (!code)
        *ret = out;
    return code;
}
