/*
 * prompt.h - a prompt set, and the messages it makes of contexts, queries and memories.
 *
 * A set is a directory below configs/prompts, or the paper's own. Awake, the system message is form
 * text + verbosity text (+ memory text + one memory block per learned context); the user message is
 * context, query or both. Asleep, system text with limits filled in, and a user message that
 * announces c.
 */
#ifndef HARNESS_PLAN_PROMPT_H
#define HARNESS_PLAN_PROMPT_H

#include "harness/base/arena.h"
#include "harness/base/buf.h"
#include "harness/base/digest.h"
#include "harness/base/err.h"

enum { PROMPT_LEVELS = 5 };

/* What an awake request shows. */
enum prompt_form {
    FORM_PLAIN,        /* c and q, no memory block */
    FORM_MEMORY,       /* c and q, memory block(s) */
    FORM_REPLACE,      /* q, memory block(s) */
    FORM_GUESS,        /* c, no memory block: the question is guessed */
    FORM_GUESS_MEMORY, /* c, memory block(s) */
    FORM_QUESTIONS,    /* c and q, no memory block: new questions are wanted, no answer */
    FORM_SCORE,        /* c and q bare: how likely the model finds q, no answer */
    FORM_COUNT,
};

const char *prompt_form_name(enum prompt_form form);
bool prompt_form_has_memory(enum prompt_form form);
bool prompt_form_has_query(enum prompt_form form);

struct prompts {
    struct str awake, awake_replace, context_only, memory, asleep, asleep_user, tools;
    struct str verbosity[PROMPT_LEVELS];
    struct str effort;       /* instead of a verbosity text when the budget is no verbosity */
    struct str make_queries; /* FORM_QUESTIONS; p NULL if the set has none */
    struct str answer_tools; /* answer_channel tool: the tools of an answering request */
    /* Set "paper": the whole system text of a level, for all forms but FORM_GUESS and
     * FORM_QUESTIONS; p NULL otherwise. An effort has that of level 0, as in the release. */
    struct str released[PROMPT_LEVELS];
    struct digest digest; /* over the texts above but the last three, which stand whole
                             in the requests that use them */
};

/* "paper" is the release's set as `data fetch paper-prompts` has stored it (prompt_paper.h); its
 * sleepers read another text for an AIME dataset. Any other name is a directory. */
MUST_CHECK enum err_code prompts_load(
    struct str set, struct str dataset, struct arena *arena, struct prompts *ret, struct err *err);

/* The part of the system message that all requests of one (form, level) share; prompt_questions for
 * FORM_QUESTIONS, which asks for `count` questions whatever the level. */
void prompt_awake(const struct prompts *p, enum prompt_form form, int64_t level, struct buf *out);
void prompt_questions(const struct prompts *p, int64_t count, struct buf *out);
/* Adds one memory block; an empty memory reads [empty]. */
void prompt_memory_block(struct str memory, struct buf *out);
void prompt_user(enum prompt_form form, struct str context, struct str query, struct buf *out);
void prompt_asleep(
    const struct prompts *p, int64_t max_calls, int64_t memory_chars, struct buf *out);
void prompt_asleep_user(const struct prompts *p, struct str context, struct buf *out);

#endif
