/*
 * served.h - arms that were not answered by one and the same model.
 *
 * Servers move a name from one model to another, and say so only in their responses. An arm whose
 * results came under more than one name compares models where it should compare methods.
 */
#ifndef METRICS_SERVED_H
#define METRICS_SERVED_H

#include "harness/base/buf.h"
#include "harness/base/err.h"
#include "harness/base/table.h"

struct store;

/* A table that the caller owns: a row for each name (model and, where told, fingerprint, host and
 * tier) of an arm's answers, or of its sleeps, with more than one. No rows: there are none. Appends
 * to *note the same in words, at most a few; the names are the servers' and not escaped. */
MUST_CHECK enum err_code served_table(
    struct store *s, struct table **ret, struct buf *note, struct err *err);

#endif
