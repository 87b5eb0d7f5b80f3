/*
 * run.h - calls in flight: takes pending tasks from the store, brings back rows.
 *
 * One thread owns the net loop and the store. Everything that finished in one turn of the loop is
 * committed before the next requests are sent, so a kill loses at most what is in flight. Retries,
 * pacing and the rules of when a run stops are in docs/ARCHITECTURE.md.
 */
#ifndef HARNESS_RUN_RUN_H
#define HARNESS_RUN_RUN_H

#include "harness/config/config.h"
#include "harness/config/price.h"
#include "harness/plan/prompt.h"
#include "harness/provider/provider.h"
#include "harness/store/store_work.h"

#include <signal.h>

/* Where the requests of one model go. */
struct run_endpoint {
    const struct provider *provider;
    const char *url; /* base URL + provider's path */
    struct str base; /* base URL; dialogues with other paths start there */
    size_t account;  /* endpoints of one address and key have the same: below nendpoints */
    const char *const *headers; /* "Authorization: ...", NULL-terminated */
    struct str model;           /* name on the wire */
    struct traits traits;       /* what its requests are like */
    const char *name;           /* for messages */
    const struct price *price;  /* of this day; NULL: not known, or a phantom without one */
};

struct run_progress {
    int64_t total, done, failed;                            /* tasks */
    int64_t calls, attempts_failed, rate_limited, violated; /* violated: budget_violated */
    int64_t tokens_in, tokens_out;                          /* of this process */
    int64_t uusd; /* micro-dollars of all priced attempts of this process */
    int64_t
        cost_unknown; /* priced attempts that did not say all they used: uusd is a lower bound */
    int64_t in_flight;
    int64_t elapsed_ns;
};

struct run_options {
    struct store *store;
    const struct config *config;
    const struct prompts *prompts;
    const struct run_endpoint *endpoints; /* by plan_variant.model */
    size_t nendpoints;
    const char *replay; /* database of the run that answers instead of servers; NULL = servers do */
    bool only_tried;    /* only tasks that have failed attempts */
    int64_t max_calls, max_tokens; /* of this process; 0 = no limit */
    int64_t max_cost_uusd;         /* the same in micro-dollars; what is in flight comes on top */
    const volatile sig_atomic_t *stop; /* 1: finish what is in flight; 2: quit now */
    void (*progress)(const struct run_progress *p, void *payload);
    void *payload;
};

/* OK: every planned task is done. ERR_STOPPED: some are not; the same command goes on.
 * ERR_ENDPOINT: an endpoint refused its first call. Other codes: disk, store. What finished is
 * committed in every case. */
MUST_CHECK enum err_code run_tasks(
    const struct run_options *options, struct run_progress *ret_progress, struct err *err);

#endif
