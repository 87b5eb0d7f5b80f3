/*
 * ratelimit.h - what a server's header lines say of its limits. Pure.
 *
 * Understood are the dialects of OpenAI and its likes (x-ratelimit-*, resets as Go durations),
 * Azure (the same names, plain seconds, and -1 for "not said"), Anthropic (anthropic-ratelimit-*,
 * resets as RFC 3339), OpenRouter (X-RateLimit-Reset as epoch milliseconds), Mistral (ratelimits by
 * window, without resets), Together, Cerebras and the RateLimit-* draft of the IETF. A name is read
 * word by word, so the order of its words does not matter; one with an unknown word is skipped, and
 * so is a value that makes no sense.
 */
#ifndef HARNESS_NET_RATELIMIT_H
#define HARNESS_NET_RATELIMIT_H

#include "harness/base/str.h"

enum ratelimit_kind {
    RATELIMIT_REQUESTS,
    RATELIMIT_TOKENS, /* input and output together */
    RATELIMIT_INPUT,
    RATELIMIT_OUTPUT,
    RATELIMIT_KINDS
};

/* -1 = not said. Where a server tells of several windows, it is the one with the least left. */
struct ratelimit_level {
    int64_t limit, remaining;
    int64_t reset_ms; /* from wall_ms until the window is fresh; 0 if that is over */
};

struct ratelimit {
    struct ratelimit_level of[RATELIMIT_KINDS];
};

/* `headers`: kept header lines (net_header.h); wall_ms: when they arrived. */
struct ratelimit ratelimit_read(struct str headers, int64_t wall_ms);
/* Nothing said. */
struct ratelimit ratelimit_none(void);

#endif
