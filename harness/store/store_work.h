/*
 * store_work.h - what the runner reads and writes: pending tasks, calls, learned contexts, answers.
 */
#ifndef HARNESS_STORE_STORE_WORK_H
#define HARNESS_STORE_STORE_WORK_H

#include "harness/store/store.h"

/* A row of `variant`; see plan.h for the fields. */
struct store_variant {
    int64_t key;
    bool asleep;
    int64_t model, form, level;
    double temperature;
    int64_t max_tokens; /* -1 = no limit */
    int64_t sleep, k;
};

/* A task that is not done. Texts live in the arena it was read into. */
struct store_task {
    int64_t key, variant, context, query; /* query 0: none */
    struct digest id;
    int64_t sample, repeat, seed;
    int64_t calls; /* attempts already in the store */
    int64_t context_text, query_text;
    struct str context_body, query_body;
};

struct store_counts {
    int64_t tasks, done, asleep, asleep_done, cells, calls, failed_calls;
};

MUST_CHECK enum err_code store_variants(struct store *s, struct arena *arena,
    struct store_variant **ret, size_t *ret_n, struct err *err);
/* Up to `most` pending tasks with key > after, in key order; only those that have been tried if
 * `tried`. */
MUST_CHECK enum err_code store_pending(struct store *s, int64_t after, bool tried, size_t most,
    struct arena *arena, struct store_task *ret, size_t *ret_n, struct err *err);
MUST_CHECK enum err_code store_counts(struct store *s, struct store_counts *ret, struct err *err);

struct store_call {
    int64_t task, n; /* n-th attempt of the task, from 0 */
    enum outcome outcome;
    long status;
    struct call_times times;
    int64_t wall_ms, held_ns; /* held_ns: of sent - ready, what was asked to wait */
    struct usage usage;
    struct str headers, why, served; /* served: who answered; empty = not said */
    struct str request, response;    /* packed, see pack.h */
    int64_t batch;                   /* key of the batch it came by; 0 = asked alone */
};
MUST_CHECK enum err_code store_call_put(
    struct store *s, const struct store_call *call, struct err *err);

/* Original bytes of a call's request and response. */
MUST_CHECK enum err_code store_call_bytes(struct store *s, int64_t key, struct buf *ret_request,
    struct buf *ret_response, struct err *err);

/* Calls fn with every earlier response of a task, in order, failed attempts too: an interrupted
 * conversation goes on where it stood. `response` is valid inside fn. */
typedef enum err_code store_response_fn(
    enum outcome outcome, long status, struct str response, void *payload, struct err *err);
MUST_CHECK enum err_code store_each_response(
    struct store *s, int64_t task, store_response_fn *fn, void *payload, struct err *err);

struct store_learned_new {
    int64_t task, context, sleep, j, repeat; /* context: key of its text */
    struct str text;                         /* empty: the block was never written */
    enum outcome outcome;
    int64_t calls, rethinks, refused;
    struct usage usage;
};
MUST_CHECK enum err_code store_learned_put(
    struct store *s, const struct store_learned_new *l, struct err *err);

/* The first k learned contexts of (context's text, sleep, repeat), by j. *ret_n < k: not all are
 * made. */
struct store_memory {
    int64_t text_key;
    struct str text;
};
MUST_CHECK enum err_code store_memories(struct store *s, int64_t context, int64_t sleep,
    int64_t repeat, int64_t k, struct arena *arena, struct store_memory *ret, size_t *ret_n,
    struct err *err);

/* The n-th recorded attempt of the task with this id; *ret_found false if there is none. Its texts
 * live in the arena, request and response as they were on the wire. */
MUST_CHECK enum err_code store_recorded(struct store *s, struct digest id, int64_t n,
    struct arena *arena, struct store_call *ret, bool *ret_found, struct err *err);

MUST_CHECK enum err_code store_answer_put(struct store *s, int64_t task, enum outcome outcome,
    struct str text, struct usage usage, struct err *err);

#endif
