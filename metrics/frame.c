/* frame.c - building, sorting and reading the observations of a run; see frame.h. */
#include "metrics/frame.h"

#include <stdlib.h>
#include <string.h>

void frame_init(struct frame *f)
{
    *f = (struct frame){0};
}

void frame_release(struct frame *f)
{
    arena_release(&f->arena);
    free(f->arms);
    free(f->queries);
    free(f->cells);
    free(f->learned);
    free(f->clusters);
    free(f->strata);
    frame_init(f);
}

static const char *const method_names[] = {
    [FRAME_TEST_TIME] = "test_time",
    [FRAME_SLEEP_TIME] = "sleep_time",
    [FRAME_PASS_AT_K] = "pass_at_k",
    [FRAME_CONTEXT_ONLY] = "context_only",
};

const char *frame_method_text(enum frame_method m)
{
    return (size_t)m < ARRAY_LEN(method_names) ? method_names[m] : NULL;
}

static enum frame_method method_of(struct str name)
{
    for (size_t i = 0; i < ARRAY_LEN(method_names); i++)
        if (str_eqc(name, method_names[i]))
            return (enum frame_method)i;
    return FRAME_OTHER;
}

static void check_open(const struct frame *f)
{
    if (f->finished)
        BUG("the frame is finished: nothing may be added");
}

size_t frame_arm_add(struct frame *f, const struct frame_arm *arm)
{
    struct frame_arm a = *arm;

    check_open(f);
    if (f->narms == UINT16_MAX)
        BUG("more than %d arms", UINT16_MAX);
    a.name = arena_str(&f->arena, a.name);
    a.method = arena_str(&f->arena, a.method);
    a.model = arena_str(&f->arena, a.model);
    a.sleep_model = arena_str(&f->arena, a.sleep_model);
    a.sleep_text = arena_str(&f->arena, a.sleep_text);
    a.k_list = arena_str(&f->arena, a.k_list);
    a.kind = method_of(a.method);
    GROW(f->arms, f->narms + 1, f->arms_cap);
    f->arms[f->narms] = a;
    return f->narms++;
}

size_t frame_query_add(struct frame *f, uint32_t context, struct str cluster, struct str stratum)
{
    check_open(f);
    GROW(f->queries, f->nqueries + 1, f->queries_cap);
    f->queries[f->nqueries] = (struct frame_query){
        .cluster_name = arena_str(&f->arena, cluster),
        .stratum_name = arena_str(&f->arena, stratum),
        .context = context,
    };
    return f->nqueries++;
}

void frame_cell_add(struct frame *f, const struct frame_cell *cell)
{
    check_open(f);
    if (cell->arm >= f->narms || cell->query >= f->nqueries)
        BUG("a cell names an arm or a query that is not there");
    GROW(f->cells, f->ncells + 1, f->cells_cap);
    f->cells[f->ncells++] = *cell;
}

void frame_learned_add(struct frame *f, const struct frame_learned *l)
{
    check_open(f);
    GROW(f->learned, f->nlearned + 1, f->learned_cap);
    f->learned[f->nlearned++] = *l;
}

#define COMPARE(a, b)                                                                              \
    do {                                                                                           \
        if ((a) != (b))                                                                            \
            return (a) < (b) ? -1 : 1;                                                             \
    } while (0)

static int cell_cmp(const void *pa, const void *pb)
{
    const struct frame_cell *a = pa, *b = pb;

    COMPARE(a->arm, b->arm);
    COMPARE(a->level, b->level);
    COMPARE(a->query, b->query);
    COMPARE(a->repeat, b->repeat);
    COMPARE(a->sample, b->sample);
    return 0;
}

static int learned_cmp(const void *pa, const void *pb)
{
    const struct frame_learned *a = pa, *b = pb;

    COMPARE(a->sleep, b->sleep);
    COMPARE(a->context, b->context);
    COMPARE(a->repeat, b->repeat);
    COMPARE(a->j, b->j);
    return 0;
}

static int name_cmp(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* Sorted distinct names of the queries; `offset` says which name of struct frame_query. */
static size_t distinct(const struct frame *f, size_t offset, struct str **ret)
{
    struct str *names = xcalloc(f->nqueries, sizeof *names);
    size_t n = 0;

    for (size_t i = 0; i < f->nqueries; i++)
        memcpy(&names[i], (const char *)&f->queries[i] + offset, sizeof *names);
    qsort(names, f->nqueries, sizeof *names, name_cmp);
    for (size_t i = 0; i < f->nqueries; i++)
        if (n == 0 || !str_eq(names[n - 1], names[i]))
            names[n++] = names[i];
    *ret = xrealloc(names, n * sizeof *names);
    return n;
}

static uint32_t number_of(const struct str *names, size_t n, struct str name)
{
    const struct str *hit = bsearch(&name, names, n, sizeof *names, name_cmp);

    return (uint32_t)(hit - names);
}

static bool cells_sorted(const struct frame *f)
{
    for (size_t i = 1; i < f->ncells; i++)
        if (cell_cmp(&f->cells[i - 1], &f->cells[i]) > 0)
            return false;
    return true;
}

void frame_finish(struct frame *f)
{
    check_open(f);
    f->nclusters = distinct(f, offsetof(struct frame_query, cluster_name), &f->clusters);
    f->nstrata = distinct(f, offsetof(struct frame_query, stratum_name), &f->strata);
    for (size_t i = 0; i < f->nqueries; i++) {
        struct frame_query *q = &f->queries[i];
        q->cluster = number_of(f->clusters, f->nclusters, q->cluster_name);
        q->stratum = number_of(f->strata, f->nstrata, q->stratum_name);
    }
    if (!cells_sorted(f)) /* the store delivers them in order; qsort would copy all of them */
        qsort(f->cells, f->ncells, sizeof *f->cells, cell_cmp);
    if (f->nlearned)
        qsort(f->learned, f->nlearned, sizeof *f->learned, learned_cmp);
    f->finished = true;
}

void frame_tokens(struct usage u, int32_t *ret_tok)
{
    const int64_t all[FRAME_TOKENS] = {
        u.in_uncached, u.in_cached, u.in_write, u.out_visible, u.out_reasoning};

    for (size_t i = 0; i < FRAME_TOKENS; i++)
        ret_tok[i] = all[i] < 0 ? -1 : all[i] > INT32_MAX ? INT32_MAX : (int32_t)all[i];
}

bool frame_observed(const struct frame_cell *c)
{
    if (!outcome_is_result((enum outcome)c->outcome))
        return false;
    return c->status != FRAME_UNGRADED || c->outcome != OUTCOME_OK;
}

int64_t frame_out(const int32_t *tok)
{
    int64_t v = tok[FRAME_OUT_VISIBLE], r = tok[FRAME_OUT_REASONING];

    if (v < 0 && r < 0)
        return -1;
    return (v > 0 ? v : 0) + (r > 0 ? r : 0);
}

bool frame_is_truncated(uint8_t outcome)
{
    return outcome == OUTCOME_TRUNCATED || outcome == OUTCOME_NO_ANSWER_BUDGET ||
           outcome == OUTCOME_TOOL_TRUNCATED;
}

bool frame_simulated(const struct frame *f)
{
    for (size_t i = 0; i < f->narms; i++)
        if (f->arms[i].simulated)
            return true;
    return false;
}

size_t frame_find_arm(const struct frame *f, enum frame_method kind, struct str model, int k)
{
    size_t best = f->narms;

    for (size_t i = 0; i < f->narms; i++) {
        const struct frame_arm *a = &f->arms[i];
        if (a->kind != kind || !str_eq(a->model, model) || (k && a->k != k))
            continue;
        if (best == f->narms || a->k < f->arms[best].k)
            best = i;
    }
    return best;
}

static bool seen_before(const struct frame *f, size_t arm)
{
    for (size_t i = 0; i < arm; i++)
        if (str_eq(f->arms[i].model, f->arms[arm].model))
            return true;
    return false;
}

struct str frame_model(const struct frame *f, size_t i)
{
    for (size_t arm = 0; arm < f->narms; arm++)
        if (!seen_before(f, arm) && i-- == 0)
            return f->arms[arm].model;
    return STR("");
}
