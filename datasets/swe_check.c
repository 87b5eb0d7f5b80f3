/* swe_check.c - tasks compared with what a clone knows of their pull requests; see swe_check.h. */
#include "datasets/swe_check.h"

#include "harness/base/table.h"

#include <stdlib.h>

/* What the clone knows of the pull request of a task. */
struct known {
    bool found;
    enum swe_kind kind;
    struct str title, base, head;
    int64_t time;
};

struct check {
    struct repo *repo;
    struct str name;
    const struct swe_check_options *options;
    struct arena *arena;
    struct swe_list *list;
    struct known *known; /* of each task of the list */
    struct arena scratch;
};

/* What was found about one task. */
struct finding {
    const char *base, *at_base, *files;
    size_t missing, extra, lacking, other;
    const char *why; /* NULL = nothing to add */
    bool failed;
};

static const struct column columns[] = {
    {"repo", "", COLUMN_STR, 0},
    {"pr_number", "", COLUMN_INT, 0},
    {"found_as", "", COLUMN_STR, 0},
    {"base", "", COLUMN_STR, 0},          /* ok, absent, unknown */
    {"files_at_base", "", COLUMN_STR, 0}, /* ok, missing, unknown */
    {"files", "", COLUMN_STR, 0},         /* equal, differ, filled, unchecked, unknown */
    {"missing", "", COLUMN_INT, 0},       /* files that are not at the base */
    {"extra", "", COLUMN_INT, 0},         /* files of the row that git does not list */
    {"lacking", "", COLUMN_INT, 0},       /* files that git lists and the row does not */
    {"other_status", "", COLUMN_INT, 0},
};

struct table *swe_check_table_new(void)
{
    return table_new("swe_check", columns, ARRAY_LEN(columns));
}

/* --- the clone's pull requests ------------------------------------------------------------- */

/* By its number, or, for a merge that does not name one, by its head. */
static struct swe_task *find_task(const struct check *c, const struct swe_task *found)
{
    if (found->number)
        return swe_list_find(c->list, c->name, found->number);
    for (size_t i = 0; i < c->list->n; i++)
        if (str_eq(c->list->v[i].repo, c->name) && str_eq(c->list->v[i].head, found->head))
            return &c->list->v[i];
    return NULL;
}

static enum err_code on_task(const struct swe_task *found, void *payload, struct err *err)
{
    struct check *c = payload;
    struct swe_task *task = find_task(c, found);

    (void)err;
    if (!task || c->known[task - c->list->v].found)
        return OK;
    c->known[task - c->list->v] = (struct known){
        .found = true,
        .kind = found->kind,
        .title = found->title.p ? arena_str(c->arena, found->title) : found->title,
        .base = found->base.p ? arena_str(c->arena, found->base) : found->base,
        .head = found->head.p ? arena_str(c->arena, found->head) : found->head,
        .time = found->time,
    };
    return OK;
}

/* Files as git lists them. The walk's base is where the branch left the trunk: the row's base may
 * be a later commit of the trunk, whose difference to the head would hold other people's changes.
 */
static enum err_code git_files(struct check *c, const struct swe_task *task, const struct known *k,
    size_t patch_bytes, struct arena *arena, struct swe_file **ret, size_t *ret_n, struct err *err)
{
    struct repo_changes_options options = {.patch_bytes = patch_bytes};
    struct str base = k->base.n ? k->base : task->base;

    if (!k->found || !k->head.n || !base.n)
        return err_set(err, ERR_NOT_FOUND, "the clone does not have it");
    return repo_changes(c->repo, base, k->head, &options, arena, ret, ret_n, err);
}

/* --- one task ------------------------------------------------------------------------------ */

static void check_base(struct check *c, const struct swe_task *task, struct finding *f)
{
    if (!task->base.n) {
        f->base = "unknown";
        return;
    }
    f->base = repo_has_commit(c->repo, task->base) ? "ok" : "absent";
    if (*f->base == 'a') {
        f->failed = true;
        f->why = "the base commit is not in the clone";
    }
}

/* Name that a file had at the base; empty if it was not there. */
static struct str name_at_base(const struct swe_file *file)
{
    switch (file->status) {
    case SWE_MODIFIED:
    case SWE_REMOVED:
    case SWE_CHANGED:
        return file->name;
    case SWE_RENAMED:
    case SWE_COPIED:
        return file->previous;
    case SWE_ADDED:
    case SWE_STATUS_COUNT:
        break;
    }
    return STR("");
}

static void check_at_base(struct check *c, const struct swe_task *task, struct finding *f)
{
    f->at_base = "unknown";
    if (*f->base != 'o' || !task->nfiles)
        return;
    for (size_t i = 0; i < task->nfiles; i++) {
        struct str name = name_at_base(&task->files[i]);
        f->missing += name.n && !repo_has_file(c->repo, task->base, name);
    }
    f->at_base = f->missing ? "missing" : "ok";
    if (f->missing) {
        f->failed = true;
        f->why = "files that it changes do not exist at its base";
    }
}

static const struct swe_file *find_file(const struct swe_file *files, size_t n, struct str name)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq(files[i].name, name))
            return &files[i];
    return NULL;
}

static void compare_files(
    const struct swe_task *task, const struct swe_file *files, size_t n, struct finding *f)
{
    for (size_t i = 0; i < task->nfiles; i++) {
        const struct swe_file *git = find_file(files, n, task->files[i].name);
        f->extra += !git;
        f->other += git && git->status != task->files[i].status;
    }
    for (size_t i = 0; i < n; i++)
        f->lacking += !find_file(task->files, task->nfiles, files[i].name);
    f->files = f->extra || f->lacking || f->other ? "differ" : "equal";
    if (*f->files == 'd') {
        f->failed = true;
        f->why = "its changed files are not those that git lists";
    }
}

static void check_files(
    struct check *c, struct swe_task *task, const struct known *k, struct finding *f)
{
    struct swe_file *files;
    struct err why = {0};
    size_t n;
    bool fill = !task->nfiles && task->changed_files_count != 0;

    arena_reset(&c->scratch);
    if (git_files(c, task, k, fill ? c->options->patch_bytes : 0, fill ? c->arena : &c->scratch,
            &files, &n, &why)) {
        f->files = fill ? "unknown" : "unchecked";
        if (fill) {
            f->failed = true;
            f->why = why.code == ERR_NOT_FOUND
                         ? "it has no files, and neither has the clone: ask GitHub (--github)"
                         : arena_printf(c->arena,
                               "it has no files, and the clone's cannot be "
                               "read: %s",
                               why.msg);
        }
        return;
    }
    if (!fill) {
        compare_files(task, files, n, f);
        return;
    }
    f->files = "filled";
    if (task->changed_files_count >= 0 && (size_t)task->changed_files_count != n) {
        f->failed = true;
        f->why = "the clone lists another number of files than changed_files_count";
    }
    task->files = files;
    task->nfiles = n;
    if (task->changed_files_count < 0)
        task->changed_files_count = (int64_t)n;
}

/* What the row does not say and the clone does; the time of a head alone is not that of a merge. */
static void complete(struct swe_task *task, const struct known *k)
{
    struct swe_task from = {
        .title = k->title,
        .base = k->base,
        .head = k->head,
        .time = k->kind == SWE_PULL_REF ? 0 : k->time,
        .changed_files_count = -1,
    };

    swe_task_fill(task, &from);
}

static void check_task(
    struct check *c, struct swe_task *task, const struct known *k, struct finding *f)
{
    if (!task->base.n)
        task->base = k->base;
    check_base(c, task, f);
    check_files(c, task, k, f);
    check_at_base(c, task, f);
    complete(task, k);
}

static void put_row(
    struct table *t, const struct swe_task *task, const struct known *k, const struct finding *f)
{
    table_row(t);
    table_str(t, task->repo);
    table_int(t, task->number);
    table_str(t, str_c(k->found ? swe_kind_name(k->kind) : "nothing"));
    table_str(t, str_c(f->base));
    table_str(t, str_c(f->at_base));
    table_str(t, str_c(f->files));
    table_int(t, (int64_t)f->missing);
    table_int(t, (int64_t)f->extra);
    table_int(t, (int64_t)f->lacking);
    table_int(t, (int64_t)f->other);
}

static size_t check_all(struct check *c, struct table *t)
{
    size_t failed = 0;

    for (size_t i = 0; i < c->list->n; i++) {
        struct swe_task *task = &c->list->v[i];
        struct finding f = {0};
        if (!str_eq(task->repo, c->name))
            continue;
        check_task(c, task, &c->known[i], &f);
        put_row(t, task, &c->known[i], &f);
        failed += f.failed;
        if (f.failed)
            swe_list_warn(
                c->list, "%.*s #%lld: %s", STR_ARG(task->repo), (long long)task->number, f.why);
    }
    return failed;
}

enum err_code swe_check(struct repo *r, struct str name, const struct swe_check_options *options,
    struct arena *arena, struct swe_list *list, struct table *t, size_t *ret_failed,
    struct err *err)
{
    struct check c = {.repo = r, .name = name, .options = options, .arena = arena, .list = list};
    struct repo_walk walk = {.branch = options->branch, .pull_refs = true};

    c.known = xcalloc(list->n, sizeof *c.known);
    enum err_code code = repo_walk(r, &walk, on_task, &c, NULL, err);
    size_t failed = code ? 0 : check_all(&c, t);
    if (!code && ret_failed)
        *ret_failed = failed;
    free(c.known);
    arena_release(&c.scratch);
    return code;
}
