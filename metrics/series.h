/*
 * series.h - the cells of one (arm, test budget) gathered by item: x_i, tokens, failures.
 *
 * Repeats and samples of an item are averaged first, then items (SCIENCE.md 4). An answer is
 * observed when its task is done and it is graded, or failed so that no grade is needed; planned
 * answers that are not are counted and left out. A failed answer counts as wrong.
 */
#ifndef METRICS_SERIES_H
#define METRICS_SERIES_H

#include "metrics/frame.h"
#include "metrics/interval.h"

/* One query under one arm and budget; only items with at least one observed answer are kept. */
struct series_item {
    uint32_t query;
    uint16_t cells, correct;       /* observed answers and right ones */
    uint16_t ok_cells, ok_correct; /* of those whose call did not fail */
    uint16_t tok_cells;            /* of those whose output tokens are known */
    double tok;                    /* mean output tokens of these */
};

enum series_token {
    SERIES_OUT,
    SERIES_OUT_VISIBLE,
    SERIES_OUT_REASONING,
    SERIES_IN_UNCACHED,
    SERIES_IN_CACHED,
    SERIES_IN_WRITE,
    SERIES_TOKENS
};

struct series {
    size_t arm;
    int32_t level;
    const struct series_item *items; /* ascending query */
    size_t n;
    unsigned most_cells; /* most observed answers of one item: K repeats, or the pool of samples */
    unsigned first_repeat, last_repeat; /* planned */
    /* answers */
    size_t planned, observed, ungraded, failures, truncated, tok_known;
    size_t by_status[STATUS_COUNT];
    /* mean over items of the mean over answers, by kind; tok_items = 0: unknown */
    double tok_mean[SERIES_TOKENS];
    size_t tok_items[SERIES_TOKENS];
};

struct series_set {
    struct series *series; /* ordered by arm, then level */
    size_t n;
    struct series_item *items;
    size_t nitems;
};

/* O(cells). */
void series_build(const struct frame *f, struct series_set *ret);
void series_release(struct series_set *s);
/* NULL if there is none. */
const struct series *series_find(const struct series_set *s, size_t arm, int32_t level);

/* Value of an item: its share of right answers (k = 0), or pass@k of its samples. False when it
 * has fewer than k samples. */
MUST_CHECK bool series_value(const struct series_item *item, unsigned k, double *ret);

/* Mean accuracy without failed calls; false when all failed. */
MUST_CHECK bool series_accuracy_ok(const struct series *s, double *ret);

/* Sums per cluster of values and of mean tokens, with the number of items behind each.
 * stratum < 0 takes all. The arrays have f->nclusters places and are overwritten. */
struct series_sums {
    double *value, *items, *tok, *tok_items;
};
void series_sum(const struct frame *f, const struct series *s, unsigned k, int64_t stratum,
    struct series_sums *ret);
/* Spread of the values over clusters. */
struct interval_spread series_spread(
    const struct frame *f, const struct series *s, unsigned k, int64_t stratum);

/* Paired by query: d_i = value in a - value in b, over the items both have. diff and base (value
 * in b) are sums per cluster, items their number. Returns the spread of d. */
struct series_paired {
    double *diff, *base, *items;
};
struct interval_spread series_pair(const struct frame *f, const struct series *a,
    const struct series *b, struct series_paired *ret);

#endif
