/*
 * likelihood.h - how likely a scoring model finds the questions: per query, and summed up per arm.
 */
#ifndef METRICS_LIKELIHOOD_H
#define METRICS_LIKELIHOOD_H

#include "harness/base/err.h"
#include "harness/base/table.h"

struct store;

/* Two tables that the caller owns, without rows if nothing was scored. `queries`: one row a query
 * with log P(q | c), its mean per token, bits per character, log P(q) and the difference of the two
 * (pointwise mutual information), nats; `summary`: their means over the queries of an arm. */
MUST_CHECK enum err_code likelihood_tables(
    struct store *s, struct table **ret_queries, struct table **ret_summary, struct err *err);

#endif
