/*
 * frame.h - the observations of one run in compact memory: what every estimator works on.
 *
 * A frame is filled from the store (frame_load.h) or by hand in tests, then finished: cells are
 * sorted by (arm, level, query, repeat, sample) and clusters and strata get numbers in the byte
 * order of their names, so that every result is independent of the order of insertion. A cell
 * takes 40 bytes: 100,000 cells are 4 MB. The frame knows no texts of models.
 *
 *     struct frame f;
 *     frame_init(&f);
 *     size_t arm = frame_arm_add(&f, &(struct frame_arm){.name = STR("base"), ...});
 *     size_t q = frame_query_add(&f, 0, STR("template-07"), STR(""));
 *     frame_cell_add(&f, &(struct frame_cell){.arm = arm, .query = q, ...});
 *     frame_finish(&f);
 *     frame_release(&f);
 */
#ifndef METRICS_FRAME_H
#define METRICS_FRAME_H

#include "harness/base/arena.h"
#include "harness/base/outcome.h"

enum frame_method {
    FRAME_TEST_TIME,
    FRAME_SLEEP_TIME,
    FRAME_PASS_AT_K,
    FRAME_CONTEXT_ONLY,
    FRAME_OTHER /* shown with its accuracy, compared with nothing */
};
const char *frame_method_text(enum frame_method m); /* its name in a run; NULL for OTHER */

struct frame_arm {
    struct str name, method, model, sleep_model;
    enum frame_method kind; /* set by frame_arm_add from method */
    int k;                  /* parallel learned contexts; 0 = does not sleep */
    int sleep;              /* number of the sleep configuration; 0 = none */
    int64_t sleep_level;    /* its budget (budget.h) ... */
    struct str sleep_text;  /* ... as text, "low" */
    struct str k_list;      /* pass_at_k: the k to report, "1,2,4" */
    bool simulated;
};

struct frame_query {
    struct str cluster_name, stratum_name;
    uint32_t cluster, stratum; /* set by frame_finish */
    uint32_t context;
};

/* Token kinds of a cell, in the order of struct usage. */
enum frame_token {
    FRAME_IN_UNCACHED,
    FRAME_IN_CACHED,
    FRAME_IN_WRITE,
    FRAME_OUT_VISIBLE,
    FRAME_OUT_REASONING,
    FRAME_TOKENS
};

enum { FRAME_UNGRADED = 255 };

struct frame_cell {
    uint32_t query, task; /* task 0 = unknown, never shared */
    int32_t level;
    uint16_t arm, repeat, sample;
    uint8_t outcome;           /* enum outcome */
    uint8_t status;            /* enum answer_status or FRAME_UNGRADED */
    int32_t tok[FRAME_TOKENS]; /* -1 = unknown */
};

struct frame_learned {
    uint32_t context;
    uint16_t sleep, j, repeat;
    uint8_t outcome;
    bool empty;
    int32_t tok[FRAME_TOKENS];
    int32_t calls, rethinks, refused, chars;
};

/* Pairs of equal samples and equal learned contexts, counted by the store. */
struct frame_identical {
    int64_t sample_pairs, sample_equal, learned_pairs, learned_equal;
};

struct frame {
    struct arena arena;
    struct frame_arm *arms;
    struct frame_query *queries;
    struct frame_cell *cells;
    struct frame_learned *learned;
    size_t narms, nqueries, ncells, nlearned;
    size_t arms_cap, queries_cap, cells_cap, learned_cap;
    struct str *clusters, *strata; /* names by number */
    size_t nclusters, nstrata;
    struct frame_identical identical;
    bool finished;
};

void frame_init(struct frame *f);
void frame_release(struct frame *f);

/* Each returns the index of what was added. Strings are copied. */
size_t frame_arm_add(struct frame *f, const struct frame_arm *arm);
size_t frame_query_add(struct frame *f, uint32_t context, struct str cluster, struct str stratum);
void frame_cell_add(struct frame *f, const struct frame_cell *cell);
void frame_learned_add(struct frame *f, const struct frame_learned *l);
void frame_finish(struct frame *f); /* O(n log n); nothing may be added behind it */

/* Tokens of a usage as 32 bits; a value beyond that is cut to INT32_MAX. */
void frame_tokens(struct usage u, int32_t *ret_tok);

/* An answer that counts: its task is done and it has a grade, or failed so that none is needed. */
bool frame_observed(const struct frame_cell *c);
/* Visible plus reasoning output tokens, or -1 if neither is known. */
int64_t frame_out(const int32_t *tok);
/* The limit of tokens was reached: truncated, no_answer_budget, tool_truncated. */
bool frame_is_truncated(uint8_t outcome);
bool frame_simulated(const struct frame *f); /* any arm's answers come from the phantom */

/* First arm of that kind and model; k 0 takes the smallest k. narms if there is none. */
size_t frame_find_arm(const struct frame *f, enum frame_method kind, struct str model, int k);
/* Distinct test models in order of appearance; i from 0, empty behind the last. */
struct str frame_model(const struct frame *f, size_t i);

#endif
