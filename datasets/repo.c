/*
 * repo.c - opening a repository safely, finding commits and blobs; see repo.h.
 */
#include "datasets/repo.h"

#include <stdarg.h>
#include <string.h>

#include "datasets/repo_impl.h"
#include "harness/base/file.h"

enum {
    CACHE_BYTES = 48 << 20,   /* parsed objects */
    CACHE_TREE = 1 << 20,     /* the largest tree that is kept */
    WINDOW_BYTES = 8 << 20,   /* pack files are mapped in pieces of this size ... */
    WINDOWS_BYTES = 160 << 20 /* ... up to this sum */
};

/* Formats that need nothing from a reader: which objects were left out, where settings are. */
static const char *const EXTENSIONS[] = {
    "noop", "partialclone", "preciousobjects", "worktreeconfig", "relativeworktrees"};

/* Settings of the whole process: ours are the only repositories in it. */
static void library_set_up(void)
{
    static const int levels[] = {GIT_CONFIG_LEVEL_PROGRAMDATA, GIT_CONFIG_LEVEL_SYSTEM,
        GIT_CONFIG_LEVEL_XDG, GIT_CONFIG_LEVEL_GLOBAL};

    if (git_libgit2_init() < 0)
        BUG("libgit2 does not start");
    for (size_t i = 0; i < ARRAY_LEN(levels); i++)
        git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, levels[i], "");
    git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
    git_libgit2_opts(GIT_OPT_SET_EXTENSIONS, EXTENSIONS, ARRAY_LEN(EXTENSIONS));
    git_libgit2_opts(GIT_OPT_SET_CACHE_MAX_SIZE, (ssize_t)CACHE_BYTES);
    git_libgit2_opts(GIT_OPT_SET_CACHE_OBJECT_LIMIT, GIT_OBJECT_TREE, (size_t)CACHE_TREE);
    git_libgit2_opts(GIT_OPT_SET_MWINDOW_SIZE, (size_t)WINDOW_BYTES);
    git_libgit2_opts(GIT_OPT_SET_MWINDOW_MAPPED_LIMIT, (size_t)WINDOWS_BYTES);
}

static const char *reason(void)
{
    const git_error *e = git_error_last();
    return e && e->message ? e->message : "no reason given";
}

enum err_code repo_git_error(
    const struct repo *r, int rc, struct err *err, const char *what_fmt, ...)
{
    char what[256];
    va_list ap;

    va_start(ap, what_fmt);
    vsnprintf(what, sizeof what, what_fmt, ap);
    va_end(ap);
    if (rc == GIT_ENOTFOUND)
        return err_set(err, ERR_INPUT,
            "%s: %s is not in the clone, which is partial, shallow or damaged (`git fsck` tells): "
            "clone it again in full",
            r->path, what);
    return err_set(err, ERR_INPUT, "%s: %s cannot be read: %s. Check the clone with `git fsck`",
        r->path, what, reason());
}

/* ---- opening -----------------------------------------------------------------------------------
 */

static int stop_at_first(const char *name, void *payload)
{
    (void)name;
    *(bool *)payload = true;
    return 1;
}

/* Is there anything to look at: a HEAD that leads to a commit, or another reference? */
static bool has_commits(git_repository *git)
{
    git_oid id;
    bool any = false;

    if (!git_reference_name_to_id(&id, git, "HEAD"))
        return true;
    git_reference_foreach_name(git, stop_at_first, &any);
    return any;
}

static enum err_code open_error(const char *path, int rc, struct err *err)
{
    const char *why = reason();

    if (!file_exists(path))
        return err_set(err, ERR_NOT_FOUND, "%s: no such directory", path);
    if (strstr(why, "objectformat"))
        return err_set(err, ERR_INPUT,
            "%s: a repository with SHA-256 object names cannot be read: use a SHA-1 clone", path);
    if (rc == GIT_ENOTFOUND)
        return err_set(err, ERR_INPUT,
            "%s: not a git repository, or one whose HEAD, refs or objects are gone: give the "
            "directory that holds .git, or a bare clone",
            path);
    return err_set(err, ERR_INPUT, "%s: the git repository cannot be opened: %s", path, why);
}

static int by_id(const void *a, const void *b)
{
    return git_oid_cmp(a, b);
}

/* The file "shallow" of a clone lists, one hex id a line, the commits behind which it was cut. */
static enum err_code read_cuts(struct repo *r, struct err *err)
{
    enum { LARGEST = 64 << 20 };
    struct buf path = BUF_INIT, text = BUF_INIT;
    struct str rest, line;
    enum err_code code = OK;
    size_t cap = 0;

    buf_printf(&path, "%sshallow", git_repository_commondir(r->git));
    if (file_exists(buf_cstr(&path)))
        code = file_read(buf_cstr(&path), LARGEST, &text, err);
    rest = buf_str(&text);
    while (!code && rest.n && str_cut(&rest, '\n', &line)) {
        if (!(line = str_trim(line)).n)
            continue;
        GROW(r->cuts, r->ncuts + 1, cap);
        if (line.n != GIT_OID_HEXSZ || git_oid_fromstrn(&r->cuts[r->ncuts], line.p, line.n))
            code = err_set(err, ERR_INPUT, "%s: \"%.*s\" is not a commit id. Clone again",
                buf_cstr(&path), (int)(line.n < 60 ? line.n : 60), line.p);
        r->ncuts++;
    }
    if (r->ncuts)
        qsort(r->cuts, r->ncuts, sizeof *r->cuts, by_id);
    buf_release(&path);
    buf_release(&text);
    return code;
}

bool repo_is_cut(const struct repo *r, const git_oid *commit)
{
    return r->ncuts && bsearch(commit, r->cuts, r->ncuts, sizeof *r->cuts, by_id);
}

enum err_code repo_open(const char *path, struct repo **ret, struct err *err)
{
    struct repo *r = xcalloc(1, sizeof *r);
    enum err_code code = OK;
    int rc;

    library_set_up();
    r->path = xstrdup(path);
    rc = git_repository_open_ext(&r->git, path, GIT_REPOSITORY_OPEN_NO_SEARCH, NULL);
    if (!rc)
        rc = git_repository_odb(&r->odb, r->git);
    if (rc)
        code = open_error(path, rc, err);
    else if (!has_commits(r->git))
        code = err_set(err, ERR_INPUT, "%s: the repository has no commits", path);
    if (code) {
        repo_free(r);
        return code;
    }
    code = read_cuts(r, err);
    if (code) {
        repo_free(r);
        return code;
    }
    *ret = r;
    return OK;
}

void repo_free(struct repo *r)
{
    if (!r)
        return;
    git_odb_free(r->odb);
    git_repository_free(r->git);
    free(r->cuts);
    free(r->path);
    free(r);
    git_libgit2_shutdown();
}

bool repo_is_shallow(const struct repo *r)
{
    return r->ncuts > 0;
}

/* ---- commits -----------------------------------------------------------------------------------
 */

static bool is_hex(const char *s, size_t *ret_n)
{
    *ret_n = strspn(s, "0123456789abcdefABCDEF");
    return s[*ret_n] == '\0';
}

/* The commit behind a reference, tags peeled. The name stays that of the caller's reference. */
static enum err_code from_reference(
    struct repo *r, const git_reference *ref, git_commit **ret, struct err *err)
{
    const char *name = git_reference_name(ref);
    git_reference *direct = NULL;
    git_object *object = NULL, *commit = NULL;
    int rc = git_reference_resolve(&direct, ref);

    if (!rc)
        rc = git_object_lookup(&object, r->git, git_reference_target(direct), GIT_OBJECT_ANY);
    if (!rc)
        rc = git_object_peel(&commit, object, GIT_OBJECT_COMMIT);
    git_object_free(object);
    git_reference_free(direct);
    if (rc == GIT_EINVALIDSPEC || rc == GIT_EPEEL)
        return err_set(err, ERR_INPUT, "%s: %s is not a commit", r->path, name);
    if (rc)
        return repo_git_error(r, rc, err, "the commit of %s", name);
    *ret = (git_commit *)commit;
    return OK;
}

static enum err_code default_commit(struct repo *r, git_commit **ret, struct err *err)
{
    static const char *const names[] = {"HEAD", "refs/heads/main", "refs/heads/master",
        "refs/remotes/origin/HEAD", "refs/remotes/origin/main", "refs/remotes/origin/master"};

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        git_reference *ref = NULL, *direct = NULL;
        if (git_reference_lookup(&ref, r->git, names[i]))
            continue;
        int rc = git_reference_resolve(&direct, ref);
        git_reference_free(ref);
        if (rc) /* a HEAD that names a branch which does not exist */
            continue;
        enum err_code code = from_reference(r, direct, ret, err);
        git_reference_free(direct);
        return code;
    }
    return err_set(err, ERR_NOT_FOUND,
        "%s: HEAD names no branch that exists, and there is neither main nor master: name the "
        "branch (`git branch -a` lists them)",
        r->path);
}

static enum err_code from_hex(
    struct repo *r, const char *name, size_t n, git_commit **ret, struct err *err)
{
    git_oid id;
    int rc;

    git_oid_fromstrn(&id, name, n);
    rc = n == GIT_OID_HEXSZ ? git_commit_lookup(ret, r->git, &id)
                            : git_commit_lookup_prefix(ret, r->git, &id, n);
    if (!rc)
        return OK;
    if (rc == GIT_EAMBIGUOUS)
        return err_set(err, ERR_NOT_FOUND,
            "%s: more than one object begins with %s: give more digits", r->path, name);
    if (rc == GIT_ENOTFOUND)
        return err_set(err, ERR_NOT_FOUND, "%s: there is no commit %s%s", r->path, name,
            r->ncuts ? " (the clone is shallow: `git fetch --unshallow` gets the rest)" : "");
    return repo_git_error(r, rc, err, "commit %s", name);
}

enum err_code repo_find_commit(struct repo *r, const char *name, git_commit **ret, struct err *err)
{
    git_reference *ref = NULL;
    size_t n;
    bool hex;

    if (!name)
        return default_commit(r, ret, err);
    hex = is_hex(name, &n);
    if (*name && !(hex && n == GIT_OID_HEXSZ) && !git_reference_dwim(&ref, r->git, name)) {
        enum err_code code = from_reference(r, ref, ret, err);
        git_reference_free(ref);
        return code;
    }
    if (hex && n >= 4 && n <= GIT_OID_HEXSZ)
        return from_hex(r, name, n, ret, err);
    return err_set(err, ERR_NOT_FOUND,
        "%s: there is no branch, tag or commit \"%s\" (`git branch -a` lists branches)", r->path,
        name);
}

enum err_code repo_resolve(
    struct repo *r, const char *name, struct arena *arena, struct str *ret_hex, struct err *err)
{
    git_commit *commit;
    char hex[GIT_OID_HEXSZ + 1];
    enum err_code code = repo_find_commit(r, name, &commit, err);

    if (code)
        return code;
    git_oid_tostr(hex, sizeof hex, git_commit_id(commit));
    git_commit_free(commit);
    *ret_hex = arena_str(arena, str_c(hex));
    return OK;
}

/* A commit by its full id, or NULL. */
static git_commit *full_commit(struct repo *r, struct str hex)
{
    git_commit *commit = NULL;
    git_oid id;

    if (hex.n != GIT_OID_HEXSZ || git_oid_fromstrn(&id, hex.p, hex.n))
        return NULL;
    return git_commit_lookup(&commit, r->git, &id) ? NULL : commit;
}

bool repo_has_commit(struct repo *r, struct str hex)
{
    git_commit *commit = full_commit(r, hex);

    git_commit_free(commit);
    return commit != NULL;
}

bool repo_has_file(struct repo *r, struct str commit, struct str name)
{
    git_commit *c = full_commit(r, commit);
    git_tree *tree = NULL;
    git_tree_entry *entry = NULL;
    bool found = false;

    if (c && name.n && !memchr(name.p, '\0', name.n) && !git_commit_tree(&tree, c)) {
        struct arena a = {0};
        if (!git_tree_entry_bypath(&entry, tree, arena_cstr(&a, name)))
            found = git_tree_entry_type(entry) == GIT_OBJECT_BLOB;
        arena_release(&a);
    }
    git_tree_entry_free(entry);
    git_tree_free(tree);
    git_commit_free(c);
    return found;
}

/* ---- trees and blobs ---------------------------------------------------------------------------
 */

enum err_code repo_find_tree(struct repo *r, struct str commit, git_tree **ret, struct err *err)
{
    struct arena a = {0};
    git_commit *c = NULL;
    enum err_code code = repo_find_commit(r, arena_cstr(&a, commit), &c, err);

    if (!code) {
        int rc = git_commit_tree(ret, c);
        if (rc)
            code = repo_git_error(r, rc, err, "the tree of commit %.*s", STR_ARG(commit));
        git_commit_free(c);
    }
    arena_release(&a);
    return code;
}

enum err_code repo_blob(struct repo *r, const git_oid *id, size_t limit, git_blob **ret_blob,
    struct str *ret_text, size_t *ret_size, struct err *err)
{
    git_object_t type;
    git_blob *blob;
    char hex[GIT_OID_HEXSZ + 1];
    int rc = git_odb_read_header(ret_size, &type, r->odb, id);

    *ret_blob = NULL;
    *ret_text = (struct str){NULL, 0};
    if (rc == GIT_ENOTFOUND)
        *ret_size = REPO_ABSENT;
    if (rc == GIT_ENOTFOUND || (!rc && *ret_size > limit))
        return OK;
    if (!rc)
        rc = git_blob_lookup(&blob, r->git, id);
    if (rc)
        return repo_git_error(r, rc, err, "blob %s", git_oid_tostr(hex, sizeof hex, id));
    const char *text = git_blob_rawcontent(blob);
    *ret_blob = blob;
    *ret_text = (struct str){text ? text : "", (size_t)git_blob_rawsize(blob)};
    return OK;
}

bool repo_is_binary(struct str content)
{
    enum { LOOK = 8000 };
    return memchr(content.p, '\0', content.n < LOOK ? content.n : LOOK) != NULL;
}
