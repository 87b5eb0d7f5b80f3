/*
 * repo_changes.c - the files that differ between two commits; see repo_changes in repo.h.
 *
 * libgit2 compares the trees; pairing, counting and printing work on contents alone, so neither
 * the clone's attributes nor anybody's configuration has a say.
 */
#include "datasets/repo.h"

#include <string.h>

#include "datasets/repo_rename.h"

struct change {
    struct str old_name, new_name;
    git_oid old_id, new_id;
    uint16_t old_mode, new_mode; /* 0: no file on that side */
};

struct changes {
    struct repo *r;
    struct arena *arena;
    struct change *v;
    size_t n;
};

/* ---- the two trees -----------------------------------------------------------------------------
 */

/* Stops a comparison when it has more entries than two a file. */
static int count_delta(
    const git_diff *diff, const git_diff_delta *delta, const char *pathspec, void *payload)
{
    size_t *left = payload;

    (void)diff, (void)delta, (void)pathspec;
    if (!*left)
        return GIT_EUSER;
    --*left;
    return 0;
}

static enum err_code compare_trees(struct repo *r, struct str base, struct str head,
    size_t max_files, git_diff **ret, struct err *err)
{
    git_diff_options options;
    git_tree *old = NULL, *new = NULL;
    size_t left = 2 * max_files;
    enum err_code code = repo_find_tree(r, base, &old, err);

    if (!code)
        code = repo_find_tree(r, head, &new, err);
    if (!code) {
        git_diff_options_init(&options, GIT_DIFF_OPTIONS_VERSION);
        options.flags = GIT_DIFF_INCLUDE_TYPECHANGE | GIT_DIFF_SKIP_BINARY_CHECK;
        options.ignore_submodules = GIT_SUBMODULE_IGNORE_NONE;
        options.notify_cb = count_delta;
        options.payload = &left;
        int rc = git_diff_tree_to_tree(ret, r->git, old, new, &options);
        if (rc == GIT_EUSER)
            code = err_set(err, ERR_LIMIT, "%s: more than %zu files differ between %.*s and %.*s",
                r->path, max_files, STR_ARG(base), STR_ARG(head));
        else if (rc)
            code = repo_git_error(
                r, rc, err, "a tree between %.*s and %.*s", STR_ARG(base), STR_ARG(head));
    }
    git_tree_free(old);
    git_tree_free(new);
    return code;
}

static void take_deltas(struct changes *c, git_diff *diff)
{
    size_t n = git_diff_num_deltas(diff);

    c->v = arena_array(c->arena, struct change, n ? n : 1);
    for (size_t i = 0; i < n; i++) {
        const git_diff_delta *d = git_diff_get_delta(diff, i);
        c->v[c->n++] = (struct change){
            .old_name = arena_str(c->arena, str_c(d->old_file.path)),
            .new_name = arena_str(c->arena, str_c(d->new_file.path)),
            .old_id = d->old_file.id,
            .new_id = d->new_file.id,
            .old_mode = d->status == GIT_DELTA_ADDED ? 0 : d->old_file.mode,
            .new_mode = d->status == GIT_DELTA_DELETED ? 0 : d->new_file.mode,
        };
    }
}

/* Joins a removed and an added file that are one file renamed. */
static enum err_code join_renames(struct changes *c, struct err *err)
{
    struct repo_side *removed = xmalloc(c->n * sizeof *removed);
    struct repo_side *added = xmalloc(c->n * sizeof *added);
    size_t *where = xmalloc(c->n * sizeof *where); /* change of each removed file */
    size_t nremoved = 0, nadded = 0, kept = 0;
    enum err_code code;

    for (size_t i = 0; i < c->n; i++) {
        struct change *f = &c->v[i];
        if (!f->new_mode) {
            where[nremoved] = i;
            removed[nremoved++] = (struct repo_side){f->old_name, f->old_id, f->old_mode, 0};
        } else if (!f->old_mode)
            added[nadded++] = (struct repo_side){f->new_name, f->new_id, f->new_mode, 0};
    }
    code = repo_rename(c->r, removed, nremoved, added, nadded, err);
    for (size_t i = 0, a = 0; i < c->n && !code; i++) {
        struct change *f = &c->v[i];
        if (f->old_mode || !f->new_mode)
            continue;
        const struct repo_side *side = &added[a++];
        if (side->pair == SIZE_MAX)
            continue;
        struct change *from = &c->v[where[side->pair]];
        f->old_name = from->old_name;
        f->old_id = from->old_id;
        f->old_mode = from->old_mode;
        from->old_mode = 0; /* with no side left it is gone */
    }
    for (size_t i = 0; i < c->n; i++)
        if (c->v[i].old_mode || c->v[i].new_mode)
            c->v[kept++] = c->v[i];
    c->n = code ? c->n : kept;
    free(removed);
    free(added);
    free(where);
    return code;
}

/* ---- lines -------------------------------------------------------------------------------------
 */

/* What a side of a change holds; a submodule holds the line that git shows for it. */
struct content {
    struct str text; /* p NULL: not there or too large to compare */
    git_blob *blob;
    char link[sizeof "Subproject commit \n" + GIT_OID_HEXSZ];
};

static enum err_code content_read(
    struct repo *r, const git_oid *id, uint16_t mode, struct content *c, struct err *err)
{
    char hex[GIT_OID_HEXSZ + 1];
    size_t size;

    c->blob = NULL;
    c->text = STR("");
    if (!mode)
        return OK;
    if (mode != GIT_FILEMODE_COMMIT)
        return repo_blob(r, id, REPO_DIFF_BYTES, &c->blob, &c->text, &size, err);
    snprintf(c->link, sizeof c->link, "Subproject commit %s\n", git_oid_tostr(hex, sizeof hex, id));
    c->text = str_c(c->link);
    return OK;
}

struct printing {
    struct swe_file *file;
    struct buf patch; /* limit 0: not wanted */
};

static int take_hunk(const git_diff_delta *delta, const git_diff_hunk *hunk, void *payload)
{
    struct printing *p = payload;

    (void)delta;
    if (p->patch.limit)
        buf_add(&p->patch, hunk->header, hunk->header_len);
    return 0;
}

static int take_line(const git_diff_delta *delta, const git_diff_hunk *hunk,
    const git_diff_line *line, void *payload)
{
    struct printing *p = payload;
    bool is_line = line->origin == '+' || line->origin == '-' || line->origin == ' ';

    (void)delta, (void)hunk;
    p->file->additions += line->origin == '+';
    p->file->deletions += line->origin == '-';
    if (!p->patch.limit)
        return 0;
    if (is_line)
        buf_putc(&p->patch, line->origin);
    buf_add(&p->patch, line->content, line->content_len);
    return 0;
}

/* Length of a text that was cut anywhere, without the half character at its end. */
static size_t whole_characters(struct str s)
{
    size_t i = s.n, back = 0;

    while (i && back < 3 && ((unsigned char)s.p[i - 1] & 0xC0) == 0x80) {
        i--;
        back++;
    }
    if (!i || (unsigned char)s.p[i - 1] < 0xC0)
        return s.n;
    unsigned char lead = (unsigned char)s.p[i - 1];
    size_t need = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
    return back < need ? i - 1 : s.n;
}

static enum err_code compare_contents(struct changes *c, const struct content *old,
    const struct content *new, size_t patch_bytes, struct swe_file *file, struct err *err)
{
    struct printing p = {.file = file};
    git_diff_options options;
    int rc;

    file->additions = file->deletions = 0;
    git_diff_options_init(&options, GIT_DIFF_OPTIONS_VERSION);
    options.flags = GIT_DIFF_FORCE_TEXT;
    options.context_lines = patch_bytes ? 3 : 0;
    buf_init(&p.patch, patch_bytes);
    rc = git_diff_buffers(old->text.p, old->text.n, NULL, new->text.p, new->text.n, NULL, &options,
        NULL, NULL, take_hunk, take_line, &p);
    if (rc)
        return repo_git_error(c->r, rc, err, "the change of %.*s", STR_ARG(file->name));
    if (patch_bytes) {
        struct str patch = buf_str(&p.patch);
        if (p.patch.full)
            patch.n = whole_characters(patch);
        else if (patch.n && patch.p[patch.n - 1] == '\n')
            patch.n--;
        file->patch = arena_str(c->arena, patch);
    }
    buf_release(&p.patch);
    return OK;
}

static enum err_code count_lines(struct changes *c, const struct change *f, size_t patch_bytes,
    struct swe_file *file, struct err *err)
{
    struct content old, new = {.blob = NULL};
    enum err_code code = content_read(c->r, &f->old_id, f->old_mode, &old, err);

    if (!code)
        code = content_read(c->r, &f->new_id, f->new_mode, &new, err);
    if (code)
        err_wrap(err, "%.*s", STR_ARG(file->name));
    else if (old.text.p && new.text.p && !repo_is_binary(old.text) && !repo_is_binary(new.text))
        code = compare_contents(c, &old, &new, patch_bytes, file, err);
    git_blob_free(old.blob);
    git_blob_free(new.blob);
    return code;
}

/* ---- the list ----------------------------------------------------------------------------------
 */

static enum swe_status status_of(const struct change *f)
{
    if (!f->old_mode)
        return SWE_ADDED;
    if (!f->new_mode)
        return SWE_REMOVED;
    if (!str_eq(f->old_name, f->new_name))
        return SWE_RENAMED;
    if ((f->old_mode & 0170000) != (f->new_mode & 0170000))
        return SWE_CHANGED;
    return git_oid_equal(&f->old_id, &f->new_id) ? SWE_CHANGED : SWE_MODIFIED;
}

static int by_name(const void *a, const void *b)
{
    const struct swe_file *x = a, *y = b;
    int c = str_cmp(x->name, y->name);
    return c ? c : (int)x->status - (int)y->status;
}

static enum err_code take_changes(struct changes *c, const struct repo_changes_options *options,
    struct swe_file *files, struct err *err)
{
    for (size_t i = 0; i < c->n; i++) {
        const struct change *f = &c->v[i];
        struct swe_file *file = &files[i];
        file->status = status_of(f);
        file->name = f->new_mode ? f->new_name : f->old_name;
        file->previous = file->status == SWE_RENAMED ? f->old_name : STR("");
        file->additions = file->deletions = -1;
        if (options->no_lines)
            continue;
        enum err_code code = count_lines(c, f, options->patch_bytes, file, err);
        if (code)
            return code;
    }
    qsort(files, c->n, sizeof *files, by_name);
    return OK;
}

enum err_code repo_changes(struct repo *r, struct str base, struct str head,
    const struct repo_changes_options *options, struct arena *arena, struct swe_file **ret,
    size_t *ret_n, struct err *err)
{
    struct changes c = {.r = r, .arena = arena};
    size_t max_files = options->max_files ? options->max_files : REPO_FILES;
    git_diff *diff = NULL;
    struct swe_file *files;
    enum err_code code = compare_trees(r, base, head, max_files, &diff, err);

    if (code)
        return code;
    take_deltas(&c, diff);
    git_diff_free(diff);
    code = join_renames(&c, err);
    if (!code && c.n > max_files)
        code = err_set(err, ERR_LIMIT, "%s: more than %zu files differ between %.*s and %.*s",
            r->path, max_files, STR_ARG(base), STR_ARG(head));
    if (code)
        return code;
    files = arena_array(arena, struct swe_file, c.n ? c.n : 1);
    code = take_changes(&c, options, files, err);
    if (code)
        return code;
    *ret = files;
    *ret_n = c.n;
    return OK;
}
