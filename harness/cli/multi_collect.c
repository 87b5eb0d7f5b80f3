/* multi_collect.c - replies become candidates, answers become votes. See multi.h. */
#include "harness/cli/multi.h"

#include "metrics/gold.h"

#include <stdlib.h>

struct collecting {
    struct multi *m;
    size_t *number, n; /* by key of a query */
};

static void add_candidates(
    struct multi *m, const struct split *original, const struct multi_query *made)
{
    struct split_list *list = &m->candidates;

    if (!made->n)
        return;
    GROW(list->v, list->n + 1, list->cap);
    struct split *s = &list->v[list->n++];
    *s = *original;
    s->queries = xcalloc(made->n, sizeof *s->queries);
    s->nqueries = s->cap = made->n;
    for (size_t i = 0; i < made->n; i++)
        s->queries[i] = (struct split_query){
            .id = arena_printf(&m->arena, "%s/g%zu", original->queries[0].id, i + 1),
            .text = made->v[i].question,
            .gold = made->v[i].gold.p,
            .stratum = "",
            .solution = made->v[i].solution.p,
            .origin = ORIGIN_GENERATED,
        };
    list->nqueries += made->n;
}

/* Replies come in the order of the originals' keys, which is their own order. */
static enum err_code take_reply(const struct store_answer *a, void *payload, struct err *err)
{
    struct collecting *c = payload;
    struct multi *m = c->m;
    size_t number = (size_t)a->query < c->n ? c->number[a->query] : SIZE_MAX;
    struct multi_query made;

    (void)err; /* cannot fail */
    if (number == SIZE_MAX)
        return OK; /* of a problem that this command does not sample */
    const struct split *original = &m->originals.v[number];
    struct multi_query_options o = {.original = original->queries[0].text,
        .most = (size_t)m->r->per_context,
        .cut = a->outcome == OUTCOME_TRUNCATED,
        .gold = gold_read};
    multi_query_parse(a->text, &o, &m->arena, &made);
    m->replies++;
    m->cut += o.cut;
    m->silent += made.found == 0;
    m->found += made.found;
    for (int d = 0; d < MULTI_QUERY_DROP_COUNT; d++)
        m->dropped[d] += made.dropped[d];
    add_candidates(m, original, &made);
    return OK;
}

enum err_code multi_candidates(struct multi *m, struct store *store, struct err *err)
{
    struct collecting c = {.m = m};
    enum err_code code = multi_numbers(store, &m->originals, &c.number, &c.n, err);

    if (!code)
        code = store_each_made(store, take_reply, &c, err);
    free(c.number);
    return code;
}

struct voting {
    struct split_query **query; /* candidates by number */
    size_t *number, n;
    const struct multi_request *r;
};

static enum err_code take_vote(const struct store_cell *cell, void *payload, struct err *err)
{
    struct voting *v = payload;
    size_t number = (size_t)cell->query < v->n ? v->number[cell->query] : SIZE_MAX;

    (void)err; /* cannot fail */
    if (number == SIZE_MAX || cell->repeat >= v->r->of || !cell->graded)
        return OK;
    v->query[number]->votes++;
    if (cell->status == STATUS_CORRECT)
        v->query[number]->agree++;
    return OK;
}

enum err_code multi_votes(struct multi *m, struct store *store, struct err *err)
{
    struct split_list *list = &m->candidates;
    struct voting v = {.r = m->r, .query = xcalloc(list->nqueries + 1, sizeof *v.query)};
    size_t n = 0;

    for (size_t i = 0; i < list->n; i++)
        for (size_t k = 0; k < list->v[i].nqueries; k++)
            v.query[n++] = &list->v[i].queries[k];
    store_use_grader(store, "strict");
    enum err_code code = multi_numbers(store, list, &v.number, &v.n, err);
    if (!code)
        code = store_each_cell(store, take_vote, &v, err);
    for (size_t i = 0; i < n; i++)
        v.query[i]->verified = v.query[i]->agree >= m->r->agree ? VERIFIED_YES : VERIFIED_NO;
    free(v.number);
    free(v.query);
    return code;
}

static enum err_code add_usage(const struct store_cell *cell, void *payload, struct err *err)
{
    struct multi_used *used = payload;

    (void)err; /* cannot fail */
    used->usage = usage_add(used->usage, cell->test);
    return OK;
}

enum err_code multi_usage(struct store *store, struct multi_used *ret, struct err *err)
{
    ret->usage = USAGE_UNKNOWN;
    if (store_counts(store, &ret->counts, err))
        return err->code;
    return store_each_cell(store, add_usage, ret, err);
}
