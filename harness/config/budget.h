/*
 * budget.h - budgets of thinking: how much a model may think, asleep or awake, as one number.
 *
 * A level orders the budgets of a run and tells its kind. -1 is no budget: the endpoint does as it
 * does by itself. 0..4 are verbosity levels (words of the prompt), LEVEL_EFFORT + i is the i-th
 * reasoning effort (a request parameter). The other kinds count: tokens of thinking that the
 * request allows, tokens of thinking that are forced, most tokens of a response, most responses.
 * The number is what plan, store and metrics carry, and fits 32 bits; people read and write its
 * text: "default", "3", "low", "thinking:4096", "forced:500", "max:512", "steps:4".
 */
#ifndef HARNESS_CONFIG_BUDGET_H
#define HARNESS_CONFIG_BUDGET_H

#include "harness/base/buf.h"

enum budget_kind {
    BUDGET_NONE,
    BUDGET_VERBOSITY,
    BUDGET_EFFORT,
    BUDGET_THINKING,
    BUDGET_FORCED,
    BUDGET_MAX_TOKENS,
    BUDGET_STEPS,
    BUDGET_NUMBER /* of a list that is being read: a number whose kind is not known yet */
};

enum {
    LEVEL_NONE = -1,
    LEVEL_VERBOSITY_MOST = 4,
    LEVEL_EFFORT = 100,
    BUDGET_AMOUNT_MOST = 100000000 /* most n of the kinds that count */
};

/* A number that is no level (of a damaged store) is of no kind. */
enum budget_kind budget_kind_of(int64_t level);
/* n of a kind that counts, the verbosity, the effort's index; 0 of no budget. */
int64_t budget_amount(int64_t level);
/* The level of `kind` with amount n, which must be in its range (budget_least to budget_most). */
int64_t budget_level(enum budget_kind kind, int64_t n);
int64_t budget_least(enum budget_kind kind);
int64_t budget_most(enum budget_kind kind);
/* Does the kind count tokens or responses? */
bool budget_counts(enum budget_kind kind);

/* As configurations name kinds: "none", "verbosity", "effort", "thinking", "forced", "max_tokens",
 * "steps". */
const char *budget_kind_name(enum budget_kind kind);
MUST_CHECK bool budget_kind_find(struct str name, enum budget_kind *ret);

/* Name of a reasoning effort (none, minimal, low, medium, high, xhigh, max); NULL if the level is
 * of another kind. */
const char *budget_effort(int64_t level);
/* Reads the name of an effort; false if it is none. */
MUST_CHECK bool budget_effort_find(struct str name, int64_t *ret_level);

/* The level's text, and back; false if it is no level's text. */
void budget_level_print(int64_t level, struct buf *out);
MUST_CHECK bool budget_level_read(struct str text, int64_t *ret_level);

#endif
