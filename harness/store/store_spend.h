/*
 * store_spend.h - what every attempt of a run used, for whoever knows prices.
 */
#ifndef HARNESS_STORE_STORE_SPEND_H
#define HARNESS_STORE_STORE_SPEND_H

#include "harness/store/store.h"

struct store_spend {
    int64_t model; /* plan_model's index */
    bool asleep;
    int64_t wall_ms; /* when its row was written */
    long status;     /* of HTTP; 0 = no response */
    bool batch;      /* it came by a batch */
    struct usage usage;
};

/* Calls fn for every attempt that is stored, failed ones included, in the order of tasks. */
typedef enum err_code store_spend_fn(
    const struct store_spend *spend, void *payload, struct err *err);
MUST_CHECK enum err_code store_each_spend(
    struct store *s, store_spend_fn *fn, void *payload, struct err *err);

#endif
