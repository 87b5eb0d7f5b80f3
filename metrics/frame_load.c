/* frame_load.c - from rows of the store to a frame; see frame_load.h. */
#include "metrics/frame_load.h"

#include "harness/config/budget.h"
#include "harness/store/store.h"

#include <stdlib.h>

/* Keys are small integers from 1 without large gaps; anything else is a damaged store. */
enum { MAX_KEY = 100000000 };

struct keys {
    uint32_t *index; /* by key; 0 = none, else index + 1 */
    size_t n;
};

struct loader {
    struct frame *f;
    struct keys arms, queries;
    struct keys makers; /* arms without answers: they make questions */
};

static enum err_code keys_put(
    struct keys *k, const char *what, int64_t key, size_t index, struct err *err)
{
    if (key < 1 || key > MAX_KEY)
        return err_set(err, ERR_INPUT, "the store has a %s with key %lld, outside 1..%d", what,
            (long long)key, MAX_KEY);
    if ((size_t)key >= k->n) {
        size_t old = k->n;
        GROW(k->index, (size_t)key + 1, k->n);
        for (size_t i = old; i < k->n; i++)
            k->index[i] = 0;
    }
    k->index[key] = (uint32_t)index + 1;
    return OK;
}

static bool keys_get(const struct keys *k, int64_t key, size_t *ret_index)
{
    if (key < 1 || (uint64_t)key >= k->n || k->index[key] == 0)
        return false;
    *ret_index = k->index[key] - 1;
    return true;
}

static enum err_code load_arm(
    struct store *s, struct loader *l, const struct store_arm *arm, struct err *err)
{
    int64_t sleep = 0, level = LEVEL_NONE;
    struct buf text = BUF_INIT;

    if (store_arm_makes(arm) || store_arm_scores(arm))
        return keys_put(&l->makers, "arm", arm->key, 0, err);
    if (store_arm_sleep(s, arm->key, &sleep, err) ||
        (sleep && store_sleep_level(s, sleep, &level, err)))
        return err->code;
    if (sleep)
        budget_level_print(level, &text);
    size_t index = frame_arm_add(l->f, &(struct frame_arm){
                                           .name = arm->name,
                                           .method = arm->method,
                                           .model = arm->model,
                                           .sleep_model = arm->sleep_model,
                                           .k = (int)arm->k,
                                           .sleep = (int)sleep,
                                           .sleep_level = level,
                                           .sleep_text = buf_str(&text),
                                           .k_list = arm->k_list,
                                           .simulated = arm->simulated,
                                       });
    buf_release(&text);
    return keys_put(&l->arms, "arm", arm->key, index, err);
}

static enum err_code load_arms(struct store *s, struct loader *l, struct err *err)
{
    struct arena arena = {0};
    struct store_arm *arms;
    size_t n;
    enum err_code rc = store_arms(s, &arena, &arms, &n, err);

    for (size_t i = 0; !rc && i < n; i++)
        rc = load_arm(s, l, &arms[i], err);
    arena_release(&arena);
    return rc;
}

static enum err_code load_queries(struct store *s, struct loader *l, struct err *err)
{
    struct arena arena = {0};
    struct store_query *queries;
    size_t n;
    enum err_code rc = store_queries(s, &arena, &queries, &n, err);

    for (size_t i = 0; !rc && i < n; i++) {
        const struct store_query *q = &queries[i];
        size_t index = frame_query_add(l->f, (uint32_t)q->context, q->cluster, q->stratum);
        rc = keys_put(&l->queries, "query", q->key, index, err);
    }
    arena_release(&arena);
    return rc;
}

static enum err_code on_cell(const struct store_cell *c, void *payload, struct err *err)
{
    struct loader *l = payload;
    size_t arm, query;

    if (keys_get(&l->makers, c->arm, &arm))
        return OK;
    if (!keys_get(&l->arms, c->arm, &arm) || !keys_get(&l->queries, c->query, &query))
        return err_set(err, ERR_INPUT,
            "the store has an answer for arm %lld and query %lld, and one of them is not there",
            (long long)c->arm, (long long)c->query);
    if (c->task < 0 || c->task > MAX_KEY)
        return err_set(err, ERR_INPUT, "the store has an answer of task %lld, outside 1..%d",
            (long long)c->task, MAX_KEY);
    struct frame_cell cell = {
        .query = (uint32_t)query,
        .task = (uint32_t)c->task,
        .level = (int32_t)c->level,
        .arm = (uint16_t)arm,
        .repeat = (uint16_t)c->repeat,
        .sample = (uint16_t)c->sample,
        .outcome = (uint8_t)c->outcome,
        .status = c->graded ? (uint8_t)c->status : FRAME_UNGRADED,
    };
    frame_tokens(c->test, cell.tok);
    frame_cell_add(l->f, &cell);
    return OK;
}

static int32_t narrow(int64_t v)
{
    return v < 0 ? 0 : v > INT32_MAX ? INT32_MAX : (int32_t)v;
}

static enum err_code on_learned(const struct store_learned *r, void *payload, struct err *err)
{
    struct loader *l = payload;
    struct frame_learned row = {
        .context = (uint32_t)r->context,
        .sleep = (uint16_t)r->sleep,
        .j = (uint16_t)r->j,
        .repeat = (uint16_t)r->repeat,
        .outcome = (uint8_t)r->outcome,
        .empty = r->empty,
        .calls = narrow(r->calls),
        .rethinks = narrow(r->rethinks),
        .refused = narrow(r->refused),
        .chars = narrow(r->chars),
    };

    (void)err; /* a learned context cannot be refused */
    frame_tokens(r->usage, row.tok);
    frame_learned_add(l->f, &row);
    return OK;
}

enum err_code frame_load(struct store *s, struct frame *ret, struct err *err)
{
    struct loader l = {.f = ret};
    struct store_identical same = {0};
    enum err_code rc;

    frame_init(ret);
    rc = load_arms(s, &l, err);
    if (!rc)
        rc = load_queries(s, &l, err);
    if (!rc)
        rc = store_each_cell(s, on_cell, &l, err);
    if (!rc)
        rc = store_each_learned(s, on_learned, &l, err);
    if (!rc)
        rc = store_identical(s, &same, err);
    free(l.arms.index);
    free(l.queries.index);
    free(l.makers.index);
    if (rc) {
        frame_release(ret);
        return err_wrap(err, "reading the run");
    }
    ret->identical = (struct frame_identical){
        same.sample_pairs, same.sample_equal, same.learned_pairs, same.learned_equal};
    frame_finish(ret);
    return OK;
}
