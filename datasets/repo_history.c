/*
 * repo_history.c - finding pull requests in the history of a branch; see repo_walk in repo.h.
 */
#include "datasets/repo.h"

#include <string.h>

#include "datasets/repo_graph.h"
#include "harness/base/regex.h"

enum { SUBJECT_MAX = 64 << 10, MESSAGE_MAX = 1 << 20 };

/* Subjects by which a commit is known as the end of a pull request. */
static const struct {
    enum swe_kind kind;
    size_t parents;
    const char *pattern;
} KINDS[] = {
    {SWE_MERGE, 2, "^Merge pull request #(\\d{1,15}) from \\S+"},
    {SWE_SQUASH, 1, "^(.*) \\(#(\\d{1,15})\\)$"},
    {SWE_MANUAL, 2, "^Merge (?:remote-tracking )?branch '(.+)' of [a-z+]+://\\S+"},
};

/* A pull request's head below refs/pull. */
struct pull {
    int64_t number;
    git_oid head;
};

/* A commit of the trunk that merged `head` into its first parent. */
struct merger {
    uint32_t head, commit;
    size_t age; /* place in the trunk: the higher the older */
};

struct walk {
    struct repo *r;
    struct repo_graph *graph;
    struct regex *kinds[ARRAY_LEN(KINDS)];
    repo_task_fn *fn;
    void *payload;
    struct repo_walk_counts counts;
    int64_t *known; /* numbers given to fn */
    size_t nknown, known_cap;
    struct buf message; /* of the current commit, as UTF-8 */
    struct buf subject;
    struct arena task; /* texts of the current task */
};

/* ---- messages ----------------------------------------------------------------------------------
 */

static bool is_latin1(const char *encoding)
{
    static const char *const names[] = {"iso-8859-1", "iso8859-1", "latin-1", "latin1"};

    for (size_t i = 0; encoding && i < ARRAY_LEN(names); i++)
        if (str_eq_nocase(str_c(encoding), str_c(names[i])))
            return true;
    return false;
}

static void message_utf8(struct walk *w, const git_commit *commit)
{
    struct str raw = str_c(git_commit_message(commit));
    bool latin1 = is_latin1(git_commit_message_encoding(commit));

    if (raw.n > MESSAGE_MAX)
        raw.n = MESSAGE_MAX;
    buf_reset(&w->message);
    if (!latin1 && str_utf8_ok(raw))
        buf_str_add(&w->message, raw);
    else
        for (size_t i = 0; i < raw.n;)
            buf_utf8(&w->message, latin1 ? (unsigned char)raw.p[i++] : str_utf8_next(raw, &i));
}

/* Reads the message of a commit. The subject is its first paragraph on one line, as %s of
 * `git log`; the body is what comes behind. Valid until the next call. */
static enum err_code read_message(
    struct walk *w, uint32_t index, struct str *ret_subject, struct str *ret_body, struct err *err)
{
    const git_oid *id = repo_graph_id(w->graph, index);
    git_commit *commit;
    char hex[GIT_OID_HEXSZ + 1];
    struct str rest, line;
    int rc = git_commit_lookup(&commit, w->r->git, id);

    if (rc)
        return repo_git_error(w->r, rc, err, "commit %s", git_oid_tostr(hex, sizeof hex, id));
    message_utf8(w, commit);
    git_commit_free(commit);
    buf_reset(&w->subject);
    rest = str_trim(buf_str(&w->message));
    while (rest.n && str_cut(&rest, '\n', &line)) {
        if (str_trim(line).n == 0)
            break;
        while (line.n && str_is_blank(line.p[line.n - 1]))
            line.n--;
        if (w->subject.n)
            buf_putc(&w->subject, ' ');
        buf_str_add(&w->subject, line);
    }
    *ret_subject = buf_str(&w->subject);
    *ret_body = str_trim(rest);
    return OK;
}

/* ---- tasks -------------------------------------------------------------------------------------
 */

static struct str text_of(struct walk *w, struct str s)
{
    return arena_str(&w->task, str_trim(s));
}

/* Hex of a commit; of none, unknown. */
static struct str hex_of(struct walk *w, uint32_t commit)
{
    char hex[GIT_OID_HEXSZ + 1];

    if (commit == REPO_NO_COMMIT)
        return (struct str){NULL, 0};
    git_oid_tostr(hex, sizeof hex, repo_graph_id(w->graph, commit));
    return arena_str(&w->task, str_c(hex));
}

static int64_t number_of(struct str digits)
{
    int64_t n = 0;

    for (size_t i = 0; i < digits.n; i++)
        n = 10 * n + (digits.p[i] - '0');
    return n;
}

static enum err_code give(struct walk *w, const struct swe_task *task, struct err *err)
{
    w->counts.no_base += !task->base.p;
    return w->fn(task, w->payload, err);
}

static void remember(struct walk *w, int64_t number)
{
    GROW(w->known, w->nknown + 1, w->known_cap);
    w->known[w->nknown++] = number;
}

/* A merge commit's own words: the first line of the body is the title, the rest the body. */
static void merge_text(struct walk *w, struct str body, struct swe_task *task)
{
    struct str title;

    if (!body.n || !str_cut(&body, '\n', &title))
        return;
    task->title = text_of(w, title);
    task->body = text_of(w, body);
}

/* Which kind of end of a pull request a commit is; false: none. */
static bool kind_of(
    struct walk *w, uint32_t index, struct str subject, size_t *ret, struct str *groups)
{
    size_t parents = repo_graph_parents(w->graph, index);

    for (size_t i = 0; i < ARRAY_LEN(KINDS) && subject.n <= SUBJECT_MAX; i++) {
        if (KINDS[i].parents != parents ||
            regex_match(w->kinds[i], subject, 0, groups, 3) != REGEX_YES)
            continue;
        *ret = i;
        return true;
    }
    return false;
}

static void fill_task(struct walk *w, uint32_t index, enum swe_kind kind, const struct str *groups,
    struct str body, struct swe_task *task)
{
    uint32_t onto = repo_graph_parent(w->graph, index, 0);

    if (kind == SWE_SQUASH) {
        task->number = number_of(groups[2]);
        task->title = text_of(w, groups[1]);
        task->body = text_of(w, body);
        task->base = hex_of(w, onto);
        task->head = hex_of(w, index);
        return;
    }
    uint32_t head = repo_graph_parent(w->graph, index, 1);
    if (kind == SWE_MERGE) {
        task->number = number_of(groups[1]);
        merge_text(w, body, task);
    } else {
        task->title = text_of(w, groups[1]);
        task->body = text_of(w, body);
    }
    task->base = hex_of(w, repo_graph_fork(w->graph, onto, head).base);
    task->head = hex_of(w, head);
}

static enum err_code visit(struct walk *w, uint32_t index, struct err *err)
{
    struct swe_task task = {.changed_files_count = -1};
    struct str subject, body, groups[3];
    size_t i;
    enum err_code code = read_message(w, index, &subject, &body, err);

    if (code || !kind_of(w, index, subject, &i, groups))
        return code;
    arena_reset(&w->task);
    task.kind = KINDS[i].kind;
    task.time = repo_graph_time(w->graph, index);
    task.state = STR("closed");
    fill_task(w, index, task.kind, groups, body, &task);
    w->counts.merges += task.kind == SWE_MERGE;
    w->counts.squashes += task.kind == SWE_SQUASH;
    w->counts.manuals += task.kind == SWE_MANUAL;
    if (task.number)
        remember(w, task.number);
    return give(w, &task, err);
}

/* ---- refs/pull ---------------------------------------------------------------------------------
 */

static int by_number(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b; /* first member of a pull */
    return (x > y) - (x < y);
}

/* N of "refs/pull/N/head", 0 for any other name. */
static int64_t pull_number(const char *name)
{
    struct str digits = str_from(str_c(name), strlen("refs/pull/"));

    digits.n -= strlen("/head");
    for (size_t i = 0; i < digits.n; i++)
        if (!str_is_digit(digits.p[i]))
            return 0;
    return digits.n <= 15 ? number_of(digits) : 0;
}

static enum err_code list_pulls(struct walk *w, struct pull **ret, size_t *ret_n, struct err *err)
{
    git_reference_iterator *it = NULL;
    git_reference *ref;
    struct pull *v = NULL;
    size_t n = 0, cap = 0;
    enum err_code code = OK;
    int rc = git_reference_iterator_glob_new(&it, w->r->git, "refs/pull/*/head");

    while (!rc && !code && !(rc = git_reference_next(&ref, it))) {
        int64_t number = pull_number(git_reference_name(ref));
        git_object *commit = NULL;
        if (number && git_reference_peel(&commit, ref, GIT_OBJECT_COMMIT))
            code = err_set(err, ERR_INPUT, "%s: %s leads to no commit of the clone: fetch it again",
                w->r->path, git_reference_name(ref));
        if (commit) {
            GROW(v, n + 1, cap);
            v[n++] = (struct pull){number, *git_object_id(commit)};
        }
        git_object_free(commit);
        git_reference_free(ref);
    }
    git_reference_iterator_free(it);
    if (!code && rc != GIT_ITEROVER)
        code = repo_git_error(w->r, rc, err, "a reference");
    if (code) {
        free(v);
        return code;
    }
    if (n)
        qsort(v, n, sizeof *v, by_number);
    *ret = v;
    *ret_n = n;
    return OK;
}

static int by_head(const void *a, const void *b)
{
    const struct merger *x = a, *y = b;

    if (x->head != y->head)
        return x->head < y->head ? -1 : 1;
    return (x->age < y->age) - (x->age > y->age); /* the oldest first */
}

static struct merger *list_mergers(
    const struct repo_graph *g, const uint32_t *trunk, size_t n, size_t *ret_n)
{
    struct merger *v = NULL;
    size_t count = 0, cap = 0;

    for (size_t i = 0; i < n; i++)
        for (size_t k = 1; k < repo_graph_parents(g, trunk[i]); k++) {
            GROW(v, count + 1, cap);
            v[count++] = (struct merger){repo_graph_parent(g, trunk[i], k), trunk[i], i};
        }
    if (count)
        qsort(v, count, sizeof *v, by_head);
    *ret_n = count;
    return v;
}

/* The first commit that merged a head, or REPO_NO_COMMIT. */
static uint32_t merger_of(const struct merger *v, size_t n, uint32_t head)
{
    size_t low = 0, high = n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (v[middle].head < head)
            low = middle + 1;
        else
            high = middle;
    }
    return low < n && v[low].head == head ? v[low].commit : REPO_NO_COMMIT;
}

static enum err_code visit_pull(struct walk *w, const struct pull *pull,
    const struct merger *mergers, size_t nmergers, struct err *err)
{
    struct swe_task task = {
        .kind = SWE_PULL_REF, .number = pull->number, .changed_files_count = -1};
    struct repo_fork fork = {REPO_NO_COMMIT, REPO_NO_COMMIT};
    struct str subject, body;
    uint32_t head, merger;
    enum err_code code = repo_graph_add(w->graph, &pull->head, &head, err);

    if (code)
        return err_wrap(err, "refs/pull/%lld/head", (long long)pull->number);
    arena_reset(&w->task);
    task.time = repo_graph_time(w->graph, head);
    merger = merger_of(mergers, nmergers, head);
    if (!repo_graph_in_trunk(w->graph, head)) {
        w->counts.unmerged++;
        fork = repo_graph_fork(w->graph, REPO_NO_COMMIT, head);
    } else if (merger != REPO_NO_COMMIT) {
        w->counts.merged++;
        task.time = repo_graph_time(w->graph, merger);
        task.state = STR("closed");
        fork = repo_graph_fork(w->graph, repo_graph_parent(w->graph, merger, 0), head);
    } else {
        w->counts.fast_forwarded++;
        task.state = STR("closed");
    }
    if (fork.first != REPO_NO_COMMIT) {
        code = read_message(w, fork.first, &subject, &body, err);
        if (code)
            return code;
        task.title = text_of(w, subject);
    }
    task.base = hex_of(w, fork.base);
    task.head = hex_of(w, head);
    return give(w, &task, err);
}

static enum err_code visit_pulls(struct walk *w, const uint32_t *trunk, size_t n, struct err *err)
{
    struct pull *pulls = NULL;
    size_t npulls = 0, nmergers;
    enum err_code code = list_pulls(w, &pulls, &npulls, err);

    if (code)
        return code;
    struct merger *mergers = list_mergers(w->graph, trunk, n, &nmergers);
    if (w->nknown)
        qsort(w->known, w->nknown, sizeof *w->known, by_number);
    w->counts.pull_refs = npulls;
    for (size_t i = 0; i < npulls && !code; i++) {
        if (w->nknown &&
            bsearch(&pulls[i].number, w->known, w->nknown, sizeof *w->known, by_number))
            w->counts.known++;
        else
            code = visit_pull(w, &pulls[i], mergers, nmergers, err);
    }
    free(mergers);
    free(pulls);
    return code;
}

/* ---- the walk ----------------------------------------------------------------------------------
 */

static void walk_init(struct walk *w, struct repo *r, repo_task_fn *fn, void *payload)
{
    *w = (struct walk){.r = r, .fn = fn, .payload = payload, .graph = repo_graph_new(r)};
    for (size_t i = 0; i < ARRAY_LEN(KINDS); i++) {
        struct err err = {0};
        if (regex_new(str_c(KINDS[i].pattern), 0, &w->kinds[i], &err))
            BUG("%s", err.msg);
    }
}

static void walk_release(struct walk *w)
{
    for (size_t i = 0; i < ARRAY_LEN(KINDS); i++)
        regex_free(w->kinds[i]);
    repo_graph_free(w->graph);
    buf_release(&w->message);
    buf_release(&w->subject);
    arena_release(&w->task);
    free(w->known);
}

static enum err_code walk_all(
    struct walk *w, const struct repo_walk *options, const git_oid *tip, struct err *err)
{
    uint32_t index;
    size_t n;
    enum err_code code = repo_graph_add(w->graph, tip, &index, err);

    if (code)
        return code;
    uint32_t *trunk = repo_graph_trunk(w->graph, index, &n);
    size_t most = options->max_commits && options->max_commits < n ? options->max_commits : n;
    for (size_t i = 0; i < most && !code; i++) {
        w->counts.commits++;
        code = visit(w, trunk[i], err);
    }
    if (!code && options->pull_refs)
        code = visit_pulls(w, trunk, n, err);
    free(trunk);
    return code;
}

enum err_code repo_walk(struct repo *r, const struct repo_walk *options, repo_task_fn *fn,
    void *payload, struct repo_walk_counts *ret, struct err *err)
{
    struct walk w;
    git_commit *tip;
    enum err_code code = repo_find_commit(r, options->branch, &tip, err);

    if (code)
        return code;
    walk_init(&w, r, fn, payload);
    code = walk_all(&w, options, git_commit_id(tip), err);
    if (ret)
        *ret = w.counts;
    walk_release(&w);
    git_commit_free(tip);
    return code;
}
