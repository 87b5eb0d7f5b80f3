/*
 * pace.h - when to send, and whether to send again. Pure: time comes in as an argument.
 *
 * One struct pace is shared by everything that spends one key: what a server tells one request, it
 * tells all of them.
 *
 *     if (pace_take(&pace, now, tokens, &wait))
 *         ticket = pace.last;                            (and the request is sent)
 *     ...
 *     struct pace_end end = pace_end_of(&reply, wall_ms, used);
 *     pace_end(&pace, now, &ticket, &end);
 *
 * Four things hold a request back:
 *   - Hold. A 429, 498, 503 or 529 with Retry-After stops the key until then, whoever asks; two of
 *     them in a row without one stop it for a doubling pause. Behind a hold one probe goes, and
 *     one more each second in which nothing has come back; its success opens the key.
 *   - Concurrency. It starts at the user's cap. Such a status halves it, though only for requests
 *     that were sent after the last halving (a burst that was on the wire already halves once), and
 *     not if it stands alone behind `allowed` successes: servers refuse at random, too. Then every
 *     success adds one, up to 7/8 of where it was cut, or all of it where the server named a time;
 *     above, `allowed` successes in a row add one. It is never below 1, so that the key moves on at
 *     the rate that is let through.
 *   - The server's counts (ratelimit.h): none left, or fewer tokens than the request may use, waits
 *     for the reset, counting what has been sent since the server counted.
 *   - The user's requests and tokens per minute. A request is charged with all it may use, as
 *     servers do, and gets back what it did not use.
 * A request that waits for tokens keeps its place: smaller ones behind it may not use them up.
 */
#ifndef HARNESS_NET_PACE_H
#define HARNESS_NET_PACE_H

#include "harness/base/rng.h"
#include "harness/net/net.h"
#include "harness/net/ratelimit.h"

/* What pace_take gave away. */
struct pace_ticket {
    uint64_t number; /* from 1 */
    double tokens;   /* charged */
    double total;    /* tokens charged up to and with this one */
    int64_t taken_ns;
};

/* What a server has left of one kind, as far as it is known; until_ns 0 = nothing is. */
struct pace_room {
    double left, limit; /* limit -1 = not said */
    int64_t until_ns;   /* the window is fresh then: `limit` is left */
    uint64_t as_of;     /* replies to tickets with a lower number know less */
};

struct pace {
    double requests_per_minute, tokens_per_minute; /* 0 = no limit */
    size_t cap;                                    /* the user's concurrency */
    size_t allowed;                                /* the adaptive concurrency, 1..cap */
    size_t in_flight;
    struct pace_ticket last; /* of the last pace_take that said yes */
    int64_t hold_until_ns;   /* nothing goes before */
    double request_credit, token_credit;
    int64_t last_refill_ns, last_halved_ns;
    size_t successes;   /* in a row, since concurrency grew */
    size_t good;        /* since the last limited reply */
    size_t quick_until; /* below it every success adds one */
    size_t refusals;    /* limited replies in a row, a burst counted once */
    bool probing;       /* behind a hold, until a success */
    int64_t held_ns;    /* when the running hold was told: later tickets are probes */
    int64_t probe_ns;   /* no other probe before */
    struct pace_room room[RATELIMIT_KINDS];
    double bar; /* tokens that a waiting request needs; smaller ones leave them */
    int64_t bar_until_ns;
};

void pace_init(struct pace *p, size_t cap, double requests_per_minute, double tokens_per_minute,
    int64_t now_ns);
/* True if a request that may use `tokens` (input and its limit of output together) may go now; then
 * it counts as in flight, and p->last is its ticket. Otherwise *ret_wait_ns says how long to wait
 * (INT64_MAX = until a reply comes). */
bool pace_take(struct pace *p, int64_t now_ns, double tokens, int64_t *ret_wait_ns);

/* How a request ended. */
struct pace_end {
    long status; /* HTTP status; 0 = the connection failed; 529 for "overloaded" or "rate limit"
                  * told inside a 200 */
    int64_t retry_after_ms;  /* -1 = not said */
    double used_tokens;      /* -1 = not known */
    struct ratelimit limits; /* as told at limits_ns */
    int64_t limits_ns;
};

/* Reads limits and hints of a reply; wall_ms is the time of day now. */
struct pace_end pace_end_of(const struct net_reply *reply, int64_t wall_ms, double used_tokens);
void pace_end(
    struct pace *p, int64_t now_ns, const struct pace_ticket *t, const struct pace_end *e);

/* Whether a status says "too much": 429, 498 (Groq), 503, 529. */
bool pace_is_limit(long status);

/* What to do with an attempt that failed. */
enum pace_verdict {
    PACE_GIVE_UP, /* permanent, or the attempts are used up */
    PACE_AGAIN,   /* after *ret_wait_ms */
    PACE_PARK,    /* worth it, but the server asks for more than max_wait_ms: *ret_wait_ms. A caller
                   * with other work may keep the request until then, any other gives it up */
};

/* Retried are broken connections, 408, 409, 429, 498 and 5xx with doubling back-off and jitter, a
 * server's x-should-retry and Retry-After before all else; any other 4xx never, nor a 429 that only
 * money ends (told by error.code). `attempt` counts from 1. A Retry-After of 0 or in the past sets
 * no time: the usual back-off counts. */
enum pace_verdict pace_retry(const struct net_reply *reply, int attempt, int max_attempts,
    int64_t max_wait_ms, struct rng *jitter, int64_t *ret_wait_ms);
/* The same for those who cannot park: delay, or -1 for anything but PACE_AGAIN. */
int64_t pace_retry_ms(const struct net_reply *reply, int attempt, int max_attempts,
    int64_t max_wait_ms, struct rng *jitter);

/* An error body that says the account has no money or may spend no more: waiting fills nothing. */
bool pace_is_billing(struct str body);

#endif
