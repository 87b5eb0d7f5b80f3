/*
 * repo_tree.c - paths in a tree; see repo_tree.h and repo_view.h.
 *
 * A tree may name the same subtree many times over, so that a small repository holds more paths
 * than a machine can visit: entries and depth are limited, not only what is returned.
 */
#include "datasets/repo_tree.h"

#include <string.h>

enum { VISIT_MAX = 2000000, DEPTH_MAX = 200 };

enum err_code repo_view_open(
    struct repo *r, const char *commit, struct repo_view **ret, struct err *err)
{
    git_commit *c;
    git_tree *root;
    enum err_code code = repo_find_commit(r, commit, &c, err);
    int rc;

    if (code)
        return code;
    rc = git_commit_tree(&root, c);
    if (rc)
        code = repo_git_error(r, rc, err, "the tree of commit %s", commit ? commit : "HEAD");
    else {
        struct repo_view *v = xcalloc(1, sizeof *v);
        v->repo = r;
        v->root = root;
        git_oid_tostr(v->commit, sizeof v->commit, git_commit_id(c));
        *ret = v;
    }
    git_commit_free(c);
    return code;
}

void repo_view_free(struct repo_view *v)
{
    if (!v)
        return;
    git_tree_free(v->root);
    free(v);
}

struct str repo_view_commit(const struct repo_view *v)
{
    return str_c(v->commit);
}

const char *repo_entry_kind_name(enum repo_entry_kind kind)
{
    static const char *const names[] = {
        [REPO_FILE] = "file",
        [REPO_DIR] = "directory",
        [REPO_LINK] = "symbolic link",
        [REPO_SUBMODULE] = "submodule",
    };
    return names[kind];
}

/* ---- paths -------------------------------------------------------------------------------------
 */

enum err_code repo_view_path(struct str path, struct arena *arena, struct str *ret, struct err *err)
{
    struct buf clean = BUF_INIT;
    struct str rest = path, part;
    enum err_code code = OK;

    if (path.n > REPO_PATH_MAX)
        return err_set(
            err, ERR_USAGE, "a path has at most %d bytes, not %zu", REPO_PATH_MAX, path.n);
    if (path.n && memchr(path.p, '\0', path.n))
        return err_set(err, ERR_USAGE, "a path has no NUL byte");
    if (path.n && path.p[0] == '/')
        return err_set(err, ERR_USAGE,
            "path \"%.*s\" is absolute: paths begin at the top of the repository, without '/'",
            STR_ARG(path));
    while (!code && str_cut(&rest, '/', &part)) {
        if (!part.n || str_eqc(part, "."))
            continue;
        if (str_eqc(part, ".."))
            code = err_set(err, ERR_USAGE,
                "path \"%.*s\" goes up by \"..\": write it from the top of the repository",
                STR_ARG(path));
        else if (str_eq_nocase(part, STR(".git")))
            code = err_set(
                err, ERR_USAGE, "path \"%.*s\": what is in .git cannot be read", STR_ARG(path));
        if (clean.n)
            buf_putc(&clean, '/');
        buf_str_add(&clean, part);
    }
    if (!code)
        *ret = arena_str(arena, buf_str(&clean));
    buf_release(&clean);
    return code;
}

static enum repo_entry_kind kind_of(git_filemode_t mode)
{
    switch (mode) {
    case GIT_FILEMODE_TREE:
        return REPO_DIR;
    case GIT_FILEMODE_LINK:
        return REPO_LINK;
    case GIT_FILEMODE_COMMIT:
        return REPO_SUBMODULE;
    default:
        return REPO_FILE;
    }
}

static enum err_code read_tree(
    struct repo_view *v, const git_oid *id, struct str path, git_tree **ret, struct err *err)
{
    int rc = git_tree_lookup(ret, v->repo->git, id);

    if (rc)
        return repo_git_error(v->repo, rc, err, "directory \"%.*s\"", STR_ARG(path));
    return OK;
}

/* The way ends at `place`, which is not a directory, though the path goes on. */
static enum err_code dead_end(
    struct repo_view *v, struct str path, const struct repo_place *place, struct err *err)
{
    if (place->kind == REPO_FILE)
        return err_set(err, ERR_NOT_FOUND, "\"%.*s\": %.*s is a file, not a directory",
            STR_ARG(path), STR_ARG(place->path));
    return err_set(err, ERR_NOT_FOUND, "\"%.*s\": %.*s is a %s of commit %.12s and is not entered",
        STR_ARG(path), STR_ARG(place->path), repo_entry_kind_name(place->kind), v->commit);
}

/* One step: the entry `name` of the directory `at`; at->path becomes the path up to it. */
static enum err_code step(
    struct repo_view *v, struct str path, struct str name, struct repo_place *at, struct err *err)
{
    char text[REPO_PATH_MAX + 1];
    git_tree *tree;
    enum err_code code = read_tree(v, &at->id, at->path, &tree, err);

    if (code)
        return code;
    memcpy(text, name.p, name.n);
    text[name.n] = '\0';
    const git_tree_entry *e = git_tree_entry_byname(tree, text);
    if (e) {
        at->kind = kind_of(git_tree_entry_filemode(e));
        at->id = *git_tree_entry_id(e);
        at->path = str_slice(path, 0, (size_t)(name.p + name.n - path.p));
    } else
        code = err_set(err, ERR_NOT_FOUND, "there is no \"%.*s\" in commit %.12s%s%.*s",
            STR_ARG(path), v->commit, at->path.n ? ": it ends at " : "", STR_ARG(at->path));
    git_tree_free(tree);
    return code;
}

enum err_code repo_tree_find(
    struct repo_view *v, struct str path, struct repo_place *ret, struct err *err)
{
    struct repo_place at = {STR(""), REPO_DIR, *git_tree_id(v->root)};
    struct str rest = path, name;

    while (rest.n && str_cut(&rest, '/', &name)) {
        enum err_code code =
            at.kind == REPO_DIR ? step(v, path, name, &at, err) : dead_end(v, path, &at, err);
        if (code)
            return code;
    }
    *ret = at;
    return OK;
}

/* ---- all below a directory ---------------------------------------------------------------------
 */

/* An open directory and the next entry to look at. */
struct level {
    git_tree *tree;
    size_t next, path; /* path: length of the directory's path, its slash included */
};

struct descent {
    struct repo_view *view;
    struct repo_tree_walk *walk;
    struct buf path;
    struct level levels[DEPTH_MAX];
    size_t depth, visited;
    bool stop;
};

/* Would a checkout accept the name? */
static bool is_possible(struct str name)
{
    return name.n && !memchr(name.p, '/', name.n) && !str_eqc(name, ".") && !str_eqc(name, "..") &&
           !str_eq_nocase(name, STR(".git"));
}

static enum err_code enter(struct descent *d, const git_oid *id, struct err *err)
{
    git_tree *tree;
    enum err_code code = read_tree(d->view, id, buf_str(&d->path), &tree, err);

    if (code)
        return code;
    if (d->path.n)
        buf_putc(&d->path, '/');
    d->levels[d->depth++] = (struct level){tree, 0, d->path.n};
    return OK;
}

/* One entry of the innermost directory. */
static enum err_code visit(struct descent *d, const git_tree_entry *e, struct err *err)
{
    struct str name = str_c(git_tree_entry_name(e));
    struct repo_place place = {
        .kind = kind_of(git_tree_entry_filemode(e)), .id = *git_tree_entry_id(e)};

    if (!is_possible(name)) {
        d->walk->hidden++;
        return OK;
    }
    buf_truncate(&d->path, d->levels[d->depth - 1].path);
    buf_str_add(&d->path, name);
    place.path = buf_str(&d->path);
    if (d->depth == DEPTH_MAX || d->path.n > REPO_PATH_MAX) {
        d->walk->truncated = true;
        return OK;
    }
    d->stop = ++d->visited > VISIT_MAX;
    if (!d->stop && place.kind == REPO_DIR && d->walk->recursive)
        return enter(d, &place.id, err);
    d->stop = d->stop || !d->walk->fn(&place, d->walk->payload);
    d->walk->truncated = d->walk->truncated || d->stop;
    return OK;
}

enum err_code repo_tree_each(struct repo_view *v, struct str dir, const git_oid *tree,
    struct repo_tree_walk *walk, struct err *err)
{
    struct descent *d = xcalloc(1, sizeof *d);
    enum err_code code;

    d->view = v;
    d->walk = walk;
    buf_str_add(&d->path, dir);
    code = enter(d, tree, err);
    while (!code && !d->stop && d->depth) {
        struct level *l = &d->levels[d->depth - 1];
        const git_tree_entry *e = git_tree_entry_byindex(l->tree, l->next++);
        if (e)
            code = visit(d, e, err);
        else
            git_tree_free(d->levels[--d->depth].tree);
    }
    while (d->depth)
        git_tree_free(d->levels[--d->depth].tree);
    buf_release(&d->path);
    free(d);
    return code;
}
