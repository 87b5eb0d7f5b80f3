/*
 * budget.h - test budgets: how much a model may think before it answers, as one number.
 *
 * A level orders the budgets of a run and tells its kind: 0..4 are verbosity levels (words of the
 * prompt), LEVEL_EFFORT + i is the i-th reasoning effort (a request parameter). The number is what
 * plan, store and metrics carry; people read and write its text, "3" or "low".
 */
#ifndef HARNESS_CONFIG_BUDGET_H
#define HARNESS_CONFIG_BUDGET_H

#include "harness/base/buf.h"

enum { LEVEL_VERBOSITY_MOST = 4, LEVEL_EFFORT = 100 };

/* Name of a reasoning effort (none, minimal, low, medium, high, xhigh); NULL if the level is of
 * another kind. */
const char *budget_effort(int64_t level);
/* Reads the name of an effort; false if it is none. */
MUST_CHECK bool budget_effort_find(struct str name, int64_t *ret_level);
void budget_level_print(int64_t level, struct buf *out);

#endif
