/*
 * forcing.h - budget forcing after s1 (Muennighoff et al. 2025) as a state machine. Pure.
 *
 * Start it, send forcing_request, hand each response to forcing_step until that returns true. What
 * is asked: the prompt, then thinking behind the opening delimiter with at most the budget, then
 * the answer with a limit of its own. Thinking that ends by itself while budget is left is
 * lengthened with "Wait", so many times as told; thinking that reaches the budget is closed with a
 * newline (unless it ends in one), the closing delimiter and the cue for the answer; thinking that
 * ends by itself for good is closed with the delimiter alone. Token ids are fed forward where the
 * dialect has them, text elsewhere. A budget of 0 opens and closes the thinking at once.
 *
 * Dialects, by the trait `forcing`: those of completions.h, and by continued chats `prefix` (vLLM,
 * SGLang, llama.cpp), `deepseek-prefix` and `mistral-prefix`.
 *
 * A failed attempt leaves the machine as it was, so forcing_request gives the same bytes again; the
 * same responses in the same order, failed ones or not, lead to the same state.
 */
#ifndef HARNESS_RUN_FORCING_H
#define HARNESS_RUN_FORCING_H

#include "harness/provider/completions.h"

/* What the next request is for. */
enum forcing_phase {
    FORCING_RENDER,  /* the chat becomes a prompt */
    FORCING_ENCODE,  /* the prompt, a text, becomes token ids */
    FORCING_LOOK,    /* the end of the prompt becomes text: is the thinking open already? */
    FORCING_CLOSER,  /* the closing delimiter becomes token ids: is it one token? */
    FORCING_INJECT,  /* what is put in becomes token ids */
    FORCING_TRIM,    /* the last token id becomes text: is it the end of the turn? */
    FORCING_RESPELL, /* the text in front of a stop becomes token ids: no ids show where it ends */
    FORCING_THINK,
    FORCING_ANSWER,
    FORCING_OVER
};

/* How the thinking ended for good. */
enum forcing_end {
    FORCING_END_NONE,    /* it has not */
    FORCING_END_NATURAL, /* by itself */
    FORCING_END_FORCED,  /* at the budget */
    FORCING_END_SKIPPED  /* budget 0: there was none */
};

struct forcing_limits {
    int64_t budget;     /* most tokens of thinking, 0 and up; what is put in does not count */
    int64_t extensions; /* how often an early end is lengthened */
    int64_t answer;     /* most tokens of the answer; below 1 = not sent */
};

struct forcing {
    bool stream; /* completions are asked for as streams; set it behind forcing_start */

    /* results */
    struct str content;   /* the answer, without the cue */
    struct str reasoning; /* the thinking with each "Wait", without delimiters */
    int64_t thinking;     /* tokens between the delimiters, those of `injected` included */
    int64_t injected;     /* of these, put in by the machine: "Wait", the newline of a forced end */
    int64_t generated;    /* tokens made while thinking, stops included: what the budget is for */
    int64_t answer;       /* tokens of the answer, its end included where the server counts it */
    int64_t used;         /* extensions */
    int64_t respelled;    /* segments tokenised anew, because ids did not show where the stop is */
    bool estimated;       /* some counts are by token.h: the server told none */
    bool relabelled;      /* the server gave the answer as reasoning */
    bool thinking_violated, answer_violated; /* more tokens came than were allowed */
    enum forcing_end ended;

    /* the machine's own */
    enum forcing_phase phase;
    struct arena *arena;
    const struct forcing_dialect *dialect;
    const struct completions_dialect *raw; /* NULL where chats are continued */
    const struct traits *traits;
    struct str model;
    const struct message *messages;
    size_t n;
    struct forcing_limits limits;
    double temperature;
    int64_t seed;
    struct str prompt; /* of completions: all that the server is given, as text */
    int64_t *ids;      /* the same as token ids, fed forward */
    size_t nids, ids_cap;
    struct token_ids closer;      /* the closing delimiter */
    struct str pending;           /* text that is to be put in */
    enum forcing_phase after;     /* where FORCING_INJECT leads */
    struct completion_reply last; /* a segment whose end is being found */
    int64_t last_count;           /* tokens that were generated for it */
};

bool forcing_known(struct str dialect);

/* Everything given is borrowed and must live as long as the arena. ERR_USAGE if the trait names no
 * dialect. temperature below 0 and a negative seed are not sent. */
MUST_CHECK enum err_code forcing_start(struct forcing *f, struct arena *arena,
    const struct traits *traits, struct str model, const struct message *messages, size_t n,
    struct forcing_limits limits, double temperature, int64_t seed, struct err *err);

/* Appends path (completions_url makes an address of it) and body of the next request. */
void forcing_request(const struct forcing *f, struct buf *path, struct buf *body);

/* Takes the response to the last request and fills *ret for its row: outcome, usage, error, retry,
 * and the text that came. True if nothing more is to be asked: it is over (phase FORCING_OVER, and
 * content and reasoning of *ret are the whole ones), or the attempt failed in a way that asking
 * again does not change (ret->retry is false). The caller makes OUTCOME_BUDGET_VIOLATED of
 * thinking_violated and answer_violated. */
bool forcing_step(struct forcing *f, long status, struct str body, struct reply *ret);

#endif
