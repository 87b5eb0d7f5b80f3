/*
 * store_measure.h - what tasks measured beside their answers: budgets used, likelihoods.
 */
#ifndef HARNESS_STORE_STORE_MEASURE_H
#define HARNESS_STORE_STORE_MEASURE_H

#include "harness/store/store.h"

/* Beside the answer of a task under budget forcing: tokens, see forcing.h. */
struct store_forcing {
    int64_t thinking, injected, generated, answer, extensions, ended;
    bool estimated;
};
MUST_CHECK enum err_code store_forcing_put(
    struct store *s, int64_t task, const struct store_forcing *f, struct err *err);

/* What a scoring task found, nats; NAN = not asked for. */
struct store_likelihood {
    double given, alone;
    int64_t given_tokens, alone_tokens, bytes, chars;
    bool merged; /* a token crosses the end of the context */
    int64_t clamped;
};
MUST_CHECK enum err_code store_likelihood_put(
    struct store *s, int64_t task, const struct store_likelihood *l, struct err *err);

/* An answered cell and what its task used, in the order of arm and level. */
struct store_use {
    int64_t arm, level;
    enum outcome outcome;
    struct usage usage;
    bool forced; /* there was budget forcing: */
    struct store_forcing forcing;
};
typedef enum err_code store_use_fn(const struct store_use *u, void *payload, struct err *err);
MUST_CHECK enum err_code store_each_use(
    struct store *s, store_use_fn *fn, void *payload, struct err *err);

/* A scored query, in the order of arm and query. Texts are valid inside fn. */
struct store_scored {
    int64_t arm;
    struct str arm_name, query, cluster;
    struct store_likelihood likelihood;
};
typedef enum err_code store_scored_fn(const struct store_scored *q, void *payload, struct err *err);
MUST_CHECK enum err_code store_each_scored(
    struct store *s, store_scored_fn *fn, void *payload, struct err *err);

/* An attempt that was sent, in the order of keys: where its time went, ns, -1 = not known, and who
 * answered (valid inside fn; empty = not told). */
struct store_timing {
    int64_t held, queued, first_byte, service; /* held: what a server or a back-off asked to wait */
    struct str served;
};
typedef enum err_code store_timing_fn(const struct store_timing *t, void *payload, struct err *err);
MUST_CHECK enum err_code store_each_timing(
    struct store *s, store_timing_fn *fn, void *payload, struct err *err);

/* A name that tasks of an arm were served under, as the server told it, and how many: of calls that
 * were results only. A task whose calls came under two names counts for both. In the order of arm,
 * awake before asleep, and name; texts are valid inside fn. */
struct store_served {
    int64_t arm;
    bool asleep; /* the sleeps that the arm reads, else its answers */
    struct str arm_name, served;
    int64_t tasks;
};
typedef enum err_code store_served_fn(const struct store_served *r, void *payload, struct err *err);
MUST_CHECK enum err_code store_each_served(
    struct store *s, store_served_fn *fn, void *payload, struct err *err);

#endif
