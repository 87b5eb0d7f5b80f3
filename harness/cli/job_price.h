/*
 * job_price.h - prices of a run's models, and what its calls have cost.
 *
 * A phantom costs nothing and has no price: its money is "none", not 0. A row of the user's may
 * give it one, so that limits and sums can be rehearsed; they are then called simulated.
 */
#ifndef HARNESS_CLI_JOB_PRICE_H
#define HARNESS_CLI_JOB_PRICE_H

#include "harness/config/config.h"
#include "harness/config/price.h"

struct store;

struct job_price {
    struct price_book book;
    const struct price **of; /* of today (UTC), by plan_model's index; NULL: none */
    bool any;                /* a model has a price */
    bool simulated;          /* a phantom is among these */
    const char *lack;        /* why a model that is no phantom has none; NULL: all have one */
};

/* Reads the program's rows and those of the key `prices`. */
MUST_CHECK enum err_code job_price_load(
    const struct config *config, struct arena *arena, struct job_price *ret, struct err *err);
/* Is money known, and is there any? Then NULL, else the reason. */
const char *job_price_unknown(const struct job_price *prices);
/* The dollars of --max-cost, above 0 and with at most six decimals, as micro-dollars; NULL gives 0,
 * no limit. */
MUST_CHECK enum err_code job_price_limit(const char *text, int64_t *ret, struct err *err);
/* Keeps the rows of the run's models, of any date, beside its calls. */
MUST_CHECK enum err_code job_price_save(const struct job_price *prices, const struct config *config,
    struct store *store, struct err *err);
/* Appends a line of what all stored attempts cost by the rows that were kept; nothing if there are
 * none. */
MUST_CHECK enum err_code job_price_spent(
    struct store *store, const struct config *config, struct buf *out, struct err *err);

#endif
