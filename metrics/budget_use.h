/*
 * budget_use.h - tokens of thinking or of output that a budget asked for, against those that came.
 */
#ifndef METRICS_BUDGET_USE_H
#define METRICS_BUDGET_USE_H

#include "harness/base/err.h"
#include "harness/base/table.h"

struct store;

/* One row per arm and test budget that has a number of tokens (thinking, forced, max): requested,
 * mean, least and most observed, how often it was reached, passed, and not told by the server. For
 * forced budgets the observed are the tokens between the delimiters without those put in. A table
 * without rows if no budget has a number; the caller owns it. */
MUST_CHECK enum err_code budget_use_table(struct store *s, struct table **ret, struct err *err);

#endif
