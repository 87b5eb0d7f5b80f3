/* swe_build.c - candidates through the stages of swe_build.h, up to the text. */
#include "datasets/swe_build.h"

#include <stdlib.h>
#include <string.h>

enum { WARNINGS_MOST = 20 };

/* A candidate that passed the stages of files, with its task. */
struct survivor {
    struct swe_task task;
    size_t candidate;
};

struct build {
    struct repo *repo;
    const struct swe_build_options *options;
    struct arena *arena; /* what stays */
    struct arena scratch;
    struct swe_list *list;
    struct swe_report *report;
    struct survivor *v;
    size_t n, cap;
    size_t unread;
};

void swe_report_release(struct swe_report *report)
{
    free(report->v);
    *report = (struct swe_report){0};
}

/* --- files --------------------------------------------------------------------------------- */

static void count_files(const struct build *b, const struct swe_task *task, struct swe_candidate *c)
{
    c->files = task->nfiles;
    c->changed = c->modified = 0;
    for (size_t i = 0; i < task->nfiles; i++) {
        bool wanted = swe_extensions_has(b->options->extensions, task->files[i].name);
        c->changed += wanted;
        c->modified += wanted && task->files[i].status == SWE_MODIFIED;
    }
}

/* The stage of files at which it stops, or SWE_AT_DUPLICATE. */
static enum swe_stage judge_files(const struct build *b, const struct swe_candidate *c)
{
    const struct swe_build_options *o = b->options;

    if (c->changed < o->min_modified)
        return SWE_AT_CHANGED;
    if (c->modified < o->min_modified)
        return SWE_AT_MODIFIED;
    if (o->max_files && c->files > o->max_files)
        return SWE_AT_SIZE;
    return SWE_AT_DUPLICATE;
}

/* Trouble with one pull request is noted with it; what concerns all of them is an error. */
static enum err_code unreadable(struct build *b, struct swe_candidate *c, const struct err *why)
{
    if (why->code != ERR_INPUT && why->code != ERR_LIMIT && why->code != ERR_NOT_FOUND)
        return why->code;
    c->stage = SWE_AT_READ;
    c->why = arena_str(b->arena, str_c(why->msg));
    if (b->unread++ < WARNINGS_MOST)
        swe_list_warn(b->list, "%s %lld (%.*s): %s", swe_kind_name(c->kind), (long long)c->number,
            STR_ARG(str_slice(c->head, 0, 12)), why->msg);
    return OK;
}

/* --- candidates ---------------------------------------------------------------------------- */

/* NULL stays NULL: unknown is not empty. */
static struct str keep(struct build *b, struct str s)
{
    return s.p ? arena_str(b->arena, s) : s;
}

static struct swe_candidate *add_candidate(struct build *b, const struct swe_task *task)
{
    struct swe_report *r = b->report;

    GROW(r->v, r->n + 1, r->cap);
    r->v[r->n] = (struct swe_candidate){
        .kind = task->kind,
        .number = task->number,
        .title = keep(b, task->title),
        .base = keep(b, task->base),
        .head = keep(b, task->head),
        .stage = SWE_AT_BASE,
    };
    return &r->v[r->n++];
}

static void keep_files(struct build *b, const struct swe_task *from, struct swe_task *to)
{
    to->files = arena_array(b->arena, struct swe_file, from->nfiles);
    to->nfiles = from->nfiles;
    for (size_t i = 0; i < from->nfiles; i++) {
        to->files[i] = from->files[i];
        to->files[i].name = keep(b, from->files[i].name);
        to->files[i].previous = keep(b, from->files[i].previous);
    }
    to->changed_files_count = (int64_t)from->nfiles;
}

static void add_survivor(struct build *b, const struct swe_task *task)
{
    const struct swe_candidate *c = &b->report->v[b->report->n - 1];
    struct swe_task copy = *task;

    copy.repo = b->options->name;
    copy.title = c->title;
    copy.base = c->base;
    copy.head = c->head;
    copy.user = keep(b, task->user);
    copy.state = keep(b, task->state);
    copy.body = keep(b, task->body);
    keep_files(b, task, &copy);
    GROW(b->v, b->n + 1, b->cap);
    b->v[b->n++] = (struct survivor){copy, b->report->n - 1};
}

/* Can what GitHub says still change the verdict about the files? Then it is asked. */
static bool may_change(const struct build *b, const struct swe_candidate *c)
{
    return b->options->complete && c->number && c->stage == SWE_AT_SIZE;
}

static enum err_code on_task(const struct swe_task *found, void *payload, struct err *err)
{
    struct build *b = payload;
    struct swe_candidate *c = add_candidate(b, found);
    struct swe_task task = *found;
    struct repo_changes_options changes = {.no_lines = true};
    struct err why = {0};

    if (!task.base.n || !task.head.n)
        return OK;
    arena_reset(&b->scratch);
    if (repo_changes(b->repo, task.base, task.head, &changes, &b->scratch, &task.files,
            &task.nfiles, &why)) {
        if (!unreadable(b, c, &why))
            return OK;
        *err = why;
        return why.code;
    }
    count_files(b, &task, c);
    c->stage = judge_files(b, c);
    if (c->stage == SWE_AT_DUPLICATE || may_change(b, c))
        add_survivor(b, &task);
    return OK;
}

/* --- duplicates ---------------------------------------------------------------------------- */

/* How good a source is: a number beats none, what was merged tells more than a head alone. */
static int rank(const struct swe_task *task)
{
    static const int ranks[SWE_KIND_COUNT] = {
        [SWE_MERGE] = 4,
        [SWE_SQUASH] = 3,
        [SWE_PULL_REF] = 2,
        [SWE_MANUAL] = 1,
    };

    return ranks[task->kind];
}

/* Same head: the better source first; same number: the one that came first in time. */
static int by_head(const void *a, const void *b)
{
    const struct survivor *x = *(struct survivor *const *)a, *y = *(struct survivor *const *)b;
    int c = str_cmp(x->task.head, y->task.head);

    if (!c)
        c = rank(&y->task) - rank(&x->task);
    return c ? c : (x->candidate > y->candidate) - (x->candidate < y->candidate);
}

static int by_number(const void *a, const void *b)
{
    const struct survivor *x = *(struct survivor *const *)a, *y = *(struct survivor *const *)b;
    int c = (x->task.number > y->task.number) - (x->task.number < y->task.number);

    if (!c)
        c = (x->task.time > y->task.time) - (x->task.time < y->task.time);
    return c ? c : (x->candidate > y->candidate) - (x->candidate < y->candidate);
}

static bool same_head(const struct swe_task *a, const struct swe_task *b)
{
    return str_eq(a->head, b->head);
}

static bool same_number(const struct swe_task *a, const struct swe_task *b)
{
    return a->number && a->number == b->number;
}

/* Two tasks of one pull request would be each other's answer. */
static void drop_same(struct build *b, int (*compare)(const void *, const void *),
    bool (*same)(const struct swe_task *, const struct swe_task *))
{
    struct survivor **sorted = xmalloc(b->n * sizeof *sorted);
    bool *gone = xcalloc(b->n, sizeof *gone);
    size_t kept = 0;

    for (size_t i = 0; i < b->n; i++)
        sorted[i] = &b->v[i];
    if (b->n)
        qsort(sorted, b->n, sizeof *sorted, compare);
    for (size_t i = 1, keeper = 0; i < b->n; i++) {
        if (!same(&sorted[keeper]->task, &sorted[i]->task)) {
            keeper = i;
            continue;
        }
        b->report->v[sorted[i]->candidate].stage = SWE_AT_DUPLICATE;
        gone[sorted[i] - b->v] = true;
    }
    for (size_t i = 0; i < b->n; i++)
        if (!gone[i])
            b->v[kept++] = b->v[i];
    b->n = kept;
    free(sorted);
    free(gone);
}

/* --- texts --------------------------------------------------------------------------------- */

static enum err_code complete(struct build *b, struct survivor *s, struct err *err)
{
    struct swe_candidate *c = &b->report->v[s->candidate];

    if (!b->options->complete || !s->task.number)
        return OK;
    if (b->options->complete(&s->task, b->arena, b->options->payload, err))
        return err->code;
    c->title = s->task.title;
    c->base = s->task.base;
    c->head = s->task.head;
    count_files(b, &s->task, c);
    c->stage = judge_files(b, c);
    return OK;
}

/* Lines are known if the files came from elsewhere. */
static bool has_lines(const struct swe_task *task)
{
    for (size_t i = 0; i < task->nfiles; i++)
        if (task->files[i].additions >= 0)
            return true;
    return false;
}

/* Lines and patches cost most of all and are read for tasks only. A clone that lacks a content
 * still has its name: then they stay unknown. */
static void add_lines(struct build *b, struct swe_task *task, const struct swe_candidate *found)
{
    struct repo_changes_options changes = {.patch_bytes = b->options->patch_bytes};
    struct swe_file *files;
    struct err why;
    size_t n;

    if (has_lines(task))
        return;
    if (repo_changes(b->repo, found->base, found->head, &changes, b->arena, &files, &n, &why)) {
        swe_list_warn(b->list, "%s %lld: its lines and patches are unknown: %s",
            swe_kind_name(task->kind), (long long)task->number, why.msg);
        return;
    }
    task->files = files;
    task->nfiles = n;
}

static void judge_text(struct build *b, struct survivor *s)
{
    struct swe_candidate *c = &b->report->v[s->candidate];

    if (c->stage != SWE_AT_DUPLICATE)
        return;
    c->stage = SWE_AT_END;
    if (b->options->words)
        c->verdict = swe_filter(b->options->words, s->task.title, s->task.body, &c->why);
    if (c->verdict != SWE_KEPT) {
        c->stage = SWE_AT_TEXT;
        return;
    }
    add_lines(b, &s->task, c);
    *swe_list_add(b->list) = s->task;
}

enum err_code swe_build(struct repo *r, const struct swe_build_options *options,
    struct arena *arena, struct swe_list *list, struct swe_report *report, struct err *err)
{
    struct build b = {
        .repo = r, .options = options, .arena = arena, .list = list, .report = report};
    enum err_code code = repo_walk(r, &options->walk, on_task, &b, &report->walk, err);

    if (b.unread > WARNINGS_MOST)
        swe_list_warn(list, "and %zu more that cannot be read", b.unread - WARNINGS_MOST);
    if (!code) {
        drop_same(&b, by_head, same_head);
        drop_same(&b, by_number, same_number);
    }
    for (size_t i = 0; i < b.n && !code; i++) {
        code = complete(&b, &b.v[i], err);
        if (!code)
            judge_text(&b, &b.v[i]);
    }
    swe_list_sort(list);
    arena_release(&b.scratch);
    free(b.v);
    return code;
}
