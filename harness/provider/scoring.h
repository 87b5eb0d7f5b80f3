/*
 * scoring.h - log P(query | context) and log P(query) by a model's log-probabilities. Pure.
 *
 * Start it, send scoring_request, hand each response to scoring_step until that returns true.
 * Dialects, by the trait `scoring`:
 *
 *     vllm       token ids, prompt_logprobs (dialect A of vLLM)
 *     vllm-echo  token ids, echo and logprobs with max_tokens 0 (dialect B)
 *     sglang     token ids, return_logprob
 *     echo       text, echo and logprobs with max_tokens 0; phantom is the same
 *     echo-1     the same with max_tokens 1, for servers that refuse 0
 *     together   text, echo and logprobs with max_tokens 1, the prompt's in a list of its own
 *
 * Which tokens are the query's: of token ids, those behind the common prefix of the context's ids
 * and the ids of context and query; of text, those that start at or behind the end of the context.
 * A token that holds the end of the context and the start of the query counts as the query's, and
 * the score says so. Logarithms are natural.
 */
#ifndef HARNESS_PROVIDER_SCORING_H
#define HARNESS_PROVIDER_SCORING_H

#include "harness/provider/completions.h"

struct score {
    double logprob;         /* sum over the tokens, nats */
    size_t tokens;          /* of the query, that were summed */
    size_t unscored;        /* 1 if the query's first token has none: nothing stands before it */
    size_t clamped;         /* tokens at -9999, which stands for minus infinity */
    int64_t bytes, chars;   /* of the query, UTF-8 and code points */
    bool boundary_merged;   /* the first token begins in the context */
    int64_t boundary_shift; /* tokens of the context that the merge has replaced; 0 by text */
    int64_t boundary_chars; /* code points of the context in the query's tokens; -1 = not known */
    bool double_bos;        /* a second BOS was there: taken away (ids) or not counted (text) */
    const struct completion_token *token; /* those that were summed */
};

enum scoring_phase {
    SCORING_BARE,    /* the empty text becomes token ids: the BOS, if there is one */
    SCORING_CONTEXT, /* the context becomes token ids */
    SCORING_FULL,    /* context and query become token ids */
    SCORING_ASK,     /* the log-probabilities */
    SCORING_OVER
};

struct scoring {
    /* results */
    struct score given; /* log P(query | context) */
    struct score alone; /* log P(query), if asked for */

    /* the machine's own */
    enum scoring_phase phase;
    bool second; /* at work on `alone` */
    struct arena *arena;
    const struct scoring_dialect *dialect;
    const struct traits *traits;
    struct str model, context, query;
    bool unconditional;
    struct str full;                   /* the text of this pass */
    struct token_ids bare, front, ids; /* of nothing, of the context, of all */
    size_t shared;                     /* ids that context and all begin with */
    size_t first;                      /* index in ids of the query's first token with a score */
    bool double_bos;
};

bool scoring_known(struct str dialect);

/* Everything given is borrowed and must live as long as the arena. ERR_USAGE if the trait names no
 * dialect or the query is empty. */
MUST_CHECK enum err_code scoring_start(struct scoring *s, struct arena *arena,
    const struct traits *traits, struct str model, struct str context, struct str query,
    bool unconditional, struct err *err);

/* Appends path (completions_url makes an address of it) and body of the next request. */
void scoring_request(const struct scoring *s, struct buf *path, struct buf *body);

/* Takes the response to the last request and fills *ret for its row. True if nothing more is to be
 * asked: it is over (phase SCORING_OVER), or the attempt failed in a way that asking again does not
 * change (ret->retry is false). A failed attempt leaves the machine as it was. */
bool scoring_step(struct scoring *s, long status, struct str body, struct reply *ret);

#endif
