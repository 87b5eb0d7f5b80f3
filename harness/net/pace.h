/*
 * pace.h - when to send, and whether to send again. Pure: time comes in as an argument.
 *
 * Pacing holds requests and tokens per minute and an adaptive concurrency for one (endpoint, key).
 * The concurrency starts at the user's cap; a 429 halves it (at most once per second), every
 * `concurrency` successes in a row add one. Retry: 408, 409, 429, 5xx and broken connections, with
 * doubling back-off and jitter, Retry-After honoured up to the caller's deadline; any other 4xx
 * never.
 */
#ifndef HARNESS_NET_PACE_H
#define HARNESS_NET_PACE_H

#include "harness/base/rng.h"
#include "harness/net/net.h"

struct pace {
    double requests_per_minute, tokens_per_minute; /* 0 = no limit */
    size_t cap;                                    /* the user's concurrency */
    size_t allowed;                                /* the adaptive concurrency, 1..cap */
    size_t in_flight;
    double request_credit, token_credit;
    int64_t last_refill_ns, last_halved_ns, hold_until_ns;
    size_t successes;
};

void pace_init(struct pace *p, size_t cap, double requests_per_minute, double tokens_per_minute,
    int64_t now_ns);
/* True if a request of about `tokens` may go now; then it counts as in flight. Otherwise
 * *ret_wait_ns says how long to wait (INT64_MAX = until a reply comes). */
bool pace_take(struct pace *p, int64_t now_ns, double tokens, int64_t *ret_wait_ns);
/* Tells how a request ended: status 0 for a connection that failed. */
void pace_done(struct pace *p, int64_t now_ns, long status, int64_t retry_after_ms);

/* Delay before attempt number `attempt` + 1 (attempt counts from 1), or -1 if it must not be
 * retried: permanent status, attempts used up, or Retry-After beyond max_wait_ms. */
int64_t pace_retry_ms(const struct net_reply *reply, int attempt, int max_attempts,
    int64_t max_wait_ms, struct rng *jitter);

/* Retry-After: delta seconds (also fractional) or an HTTP date, relative to wall_ms; -1 if not
 * readable; a date in the past is 0. */
int64_t pace_parse_retry_after(struct str value, int64_t wall_ms);

#endif
