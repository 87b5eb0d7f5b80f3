/*
 * store.h - the run database: the only place where `run` and `metrics` meet.
 *
 * SQLite, WAL, STRICT tables, integer keys; schema.sql is embedded. One connection, one thread.
 * Texts (system prompts, contexts, queries, learned contexts) are stored once by digest in `text`;
 * requests and responses refer to them and reassemble to identical bytes (store_pack/store_unpack).
 * All rows written between store_begin and store_commit appear together or not at all.
 *
 * Keys: arm, query, context, task are small integers from 1. What metrics see as a context is its
 * text's key: contexts of equal text share one learned context, whatever their clusters. A call's
 * key is task << 16 | n, n counting the task's attempts over all processes that ever worked on it.
 */
#ifndef HARNESS_STORE_STORE_H
#define HARNESS_STORE_STORE_H

#include "harness/base/arena.h"
#include "harness/base/buf.h"
#include "harness/base/digest.h"
#include "harness/base/err.h"
#include "harness/base/outcome.h"

struct store;

enum { STORE_SCHEMA_VERSION = 2 };

/* Opens or makes path. A newer schema or a file that is no run database is ERR_USAGE.
 * `durable` syncs at every commit. `readonly` never writes and takes no lock. */
struct store_options {
    bool readonly, durable;
};
MUST_CHECK enum err_code store_open(
    const char *path, const struct store_options *options, struct store **ret, struct err *err);
void store_close(struct store *s);

MUST_CHECK enum err_code store_begin(struct store *s, struct err *err);
MUST_CHECK enum err_code store_commit(struct store *s, struct err *err);
void store_rollback(struct store *s);

/* meta: config, dataset digest, run digest, versions. Absent: *ret is left alone, *ret_found false
 */
MUST_CHECK enum err_code store_meta_set(
    struct store *s, const char *key, struct str value, struct err *err);
MUST_CHECK enum err_code store_meta_get(
    struct store *s, const char *key, struct buf *ret, bool *ret_found, struct err *err);

/* ---- what metrics reads ---------------------------------------------------------------- */

/* An arm with one k: a series of the figures. pass_at_k is one arm with its pool of samples. */
struct store_arm {
    int64_t key;
    struct str name;   /* unique label: "phantom/small sleep_time k=5" */
    struct str method; /* test_time, sleep_time, pass_at_k, context_only, make_queries, score */
    struct str model;
    struct str sleep_model; /* empty if the arm does not sleep */
    int64_t k;              /* parallel c', 0 for arms that do not sleep */
    int64_t samples;        /* pool size of pass_at_k, else 1 */
    struct str k_list;      /* pass_at_k: the k to report, "1,2,4" */
    bool simulated;         /* answers come from the phantom */
};

/* Does the arm make questions? Then its texts are no answers: nothing grades or reports them. */
bool store_arm_makes(const struct store_arm *arm);
/* Does it ask how likely a question is? It answers none either. */
bool store_arm_scores(const struct store_arm *arm);

struct store_query {
    int64_t key, context;
    struct str id, cluster, stratum, gold;
};

/* One planned answer: which task holds it and what came of it. Ordered by (arm, level, query,
 * repeat, sample). Tokens are of the test call(s) only. */
struct store_cell {
    int64_t arm, query, context, task;
    int64_t level, repeat, sample;
    enum outcome outcome; /* OUTCOME_NONE: not done */
    bool graded;
    enum answer_status status; /* meaningful if graded */
    struct usage test;
};

/* A sleep task: j-th learned context of a context under an arm's sleep configuration. */
struct store_learned {
    int64_t task, context, sleep; /* sleep: number of the sleep configuration */
    int64_t j, repeat;
    enum outcome outcome;
    struct usage usage; /* all calls of the task */
    int64_t calls, rethinks, refused, chars;
    bool empty;         /* still [empty] at the end */
    struct digest text; /* digest of c' */
};

typedef enum err_code store_cell_fn(const struct store_cell *cell, void *payload, struct err *err);
typedef enum err_code store_learned_fn(
    const struct store_learned *l, void *payload, struct err *err);

MUST_CHECK enum err_code store_arms(
    struct store *s, struct arena *arena, struct store_arm **ret, size_t *ret_n, struct err *err);
MUST_CHECK enum err_code store_queries(
    struct store *s, struct arena *arena, struct store_query **ret, size_t *ret_n, struct err *err);
/* Sleep configuration of an arm (store_learned.sleep), 0 if it does not sleep. */
MUST_CHECK enum err_code store_arm_sleep(
    struct store *s, int64_t arm, int64_t *ret_sleep, struct err *err);
/* Budget of a sleep configuration (budget.h); LEVEL_NONE, -1, if there is no such sleep. */
MUST_CHECK enum err_code store_sleep_level(
    struct store *s, int64_t sleep, int64_t *ret_level, struct err *err);
MUST_CHECK enum err_code store_each_cell(
    struct store *s, store_cell_fn *fn, void *payload, struct err *err);
MUST_CHECK enum err_code store_each_learned(
    struct store *s, store_learned_fn *fn, void *payload, struct err *err);

/* A query whose asked quantity is known by name (our worlds write it into their solutions). */
struct store_target {
    int64_t query, context;
    struct str target; /* "apples picked by Ada" */
};
typedef enum err_code store_target_fn(const struct store_target *t, void *payload, struct err *err);
MUST_CHECK enum err_code store_each_target(
    struct store *s, store_target_fn *fn, void *payload, struct err *err);
/* Calls fn with every learned context of (context, sleep), ordered by repeat and j. */
typedef enum err_code store_learned_text_fn(
    int64_t j, int64_t repeat, struct str text, void *payload, struct err *err);
MUST_CHECK enum err_code store_each_learned_text(struct store *s, int64_t context, int64_t sleep,
    store_learned_text_fn *fn, void *payload, struct err *err);

/* Answers to grade: one per (task, query) pair that cells name and whose task is done. `text` is
 * the final answer text (empty if there was none), `gold` the query's. */
struct store_answer {
    int64_t task, query;
    enum outcome outcome;
    struct str text, gold;
};
typedef enum err_code store_answer_fn(const struct store_answer *a, void *payload, struct err *err);
/* Only pairs without a score under `grader` unless `again`. fn may call store_score_put. */
MUST_CHECK enum err_code store_each_answer(struct store *s, const char *grader, bool again,
    store_answer_fn *fn, void *payload, struct err *err);
/* What arms that make questions brought, in the order of their queries' keys; gold is empty. */
MUST_CHECK enum err_code store_each_made(
    struct store *s, store_answer_fn *fn, void *payload, struct err *err);
/* `value` is the number that was read from the answer, as text (empty if none). */
MUST_CHECK enum err_code store_score_put(struct store *s, int64_t task, int64_t query,
    const char *grader, enum answer_status status, struct str value, struct err *err);
/* Which grader's scores store_each_cell shows. */
void store_use_grader(struct store *s, const char *grader);

/* Counts of calls by outcome, over all attempts: fills counts[OUTCOME_COUNT]. */
MUST_CHECK enum err_code store_outcomes(struct store *s, int64_t *ret_counts, struct err *err);
/* Share of identical answers among sample pairs of one (query, level) at temperature > 0, and of
 * identical c' among pairs j < j' of one (context, sleep, repeat): pairs counted and equal ones. */
struct store_identical {
    int64_t sample_pairs, sample_equal, learned_pairs, learned_equal;
};
MUST_CHECK enum err_code store_identical(
    struct store *s, struct store_identical *ret, struct err *err);

#endif
