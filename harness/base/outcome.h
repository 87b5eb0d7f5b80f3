/*
 * outcome.h - what became of a call, what an answer is worth, and what it used.
 *
 * The nouns every room above shares. A failed call is a row with an outcome, never a C error.
 */
#ifndef HARNESS_BASE_OUTCOME_H
#define HARNESS_BASE_OUTCOME_H

#include "harness/base/str.h"

/* name, text in store and tables, is it a result (true) or only an attempt to be made again? */
#define OUTCOMES(X)                                                                                \
    X(OUTCOME_NONE, "none", false)                        /* not called yet */                     \
    X(OUTCOME_OK, "ok", true)                             /* an answer or a tool call, whole */    \
    X(OUTCOME_NO_ANSWER_BUDGET, "no_answer_budget", true) /* limit reached, nothing visible */     \
    X(OUTCOME_REASONING_ONLY, "reasoning_only", true)     /* stopped by itself, nothing visible */ \
    X(OUTCOME_TRUNCATED, "truncated", true)               /* limit reached inside the answer */    \
    X(OUTCOME_REFUSAL, "refusal", true)                   /* the model declined in words */        \
    X(OUTCOME_CONTENT_FILTER, "content_filter", true)     /* the provider withheld the text */     \
    X(OUTCOME_TOOL_INVALID, "tool_invalid", true)     /* a tool call that cannot be carried out */ \
    X(OUTCOME_TOOL_TRUNCATED, "tool_truncated", true) /* limit reached inside a tool call */       \
    X(OUTCOME_BUDGET_VIOLATED, "budget_violated", true)      /* more tokens than were allowed */   \
    X(OUTCOME_INCOMPLETE_STREAM, "incomplete_stream", false) /* ended without a final marker */    \
    X(OUTCOME_PROVIDER_ERROR, "provider_error", false) /* 5xx, or an error object behind a 200 */  \
    X(OUTCOME_RATE_LIMITED, "rate_limited", false)     /* 429 */                                   \
    X(OUTCOME_TIMEOUT, "timeout", false)               /* 408, or silence longer than allowed */   \
    X(OUTCOME_HTTP_ERROR, "http_error", false)         /* no connection, reset, other status */    \
    X(OUTCOME_BAD_JSON, "bad_json", false)             /* a 200 whose body cannot be read */       \
    X(OUTCOME_REJECTED, "rejected", false) /* another 4xx: not repeated by this process */         \
    X(OUTCOME_PENDING, "pending", true)    /* being made in the background: asked for again */

#define OUTCOME_ENUM(name, text, result) name,
enum outcome { OUTCOMES(OUTCOME_ENUM) OUTCOME_COUNT };
#undef OUTCOME_ENUM

const char *outcome_text(enum outcome o);
bool outcome_is_result(enum outcome o); /* the task is done; otherwise it is taken up again */
enum outcome outcome_from_text(struct str text); /* OUTCOME_NONE if unknown */

/* Status of an answer against its gold; all but correct count as wrong in headline numbers. */
enum answer_status {
    STATUS_CORRECT,
    STATUS_WRONG,
    STATUS_UNPARSED,
    STATUS_NO_ANSWER,
    STATUS_COUNT
};
const char *status_text(enum answer_status s);

/* Tokens of one or several calls; -1 = the provider did not say (NULL in the store, never 0).
 * in_* and out_* are disjoint parts: input = uncached + cached + write, output = visible +
 * reasoning. If only totals are known they stand in in_uncached and out_visible. */
struct usage {
    int64_t in_uncached, in_cached, in_write, out_visible, out_reasoning;
    int64_t in_write_1h; /* what of in_write was written for an hour, not for five minutes: it has
                          * a price of its own, so attempts keep it and answers do not */
};

#define USAGE_UNKNOWN ((struct usage){-1, -1, -1, -1, -1, -1})
#define USAGE_ZERO ((struct usage){0, 0, 0, 0, 0, 0})

/* Field-wise sum; unknown + known = known, unknown + unknown = unknown. */
struct usage usage_add(struct usage a, struct usage b);
int64_t usage_out(struct usage u); /* visible + reasoning, or -1 if both are unknown */
int64_t usage_in(struct usage u);

/* Four monotonic times of a call, ns; 0 = did not happen. */
struct call_times {
    int64_t ready, sent, first_byte, done;
};

#endif
