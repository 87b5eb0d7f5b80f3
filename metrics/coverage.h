/*
 * coverage.h - how often the quantity that is asked stands in the learned contexts.
 *
 * Known only where a dataset names the asked quantity of each query (our worlds do). A query is
 * covered at k when one of the first k learned contexts of its context has a line that begins with
 * that name and " = ". The share of covered queries says how well a sleeper foresaw the questions;
 * whether the value in the line is right is another matter.
 */
#ifndef METRICS_COVERAGE_H
#define METRICS_COVERAGE_H

#include "harness/base/err.h"
#include "harness/base/table.h"

struct store;

struct coverage_row {
    int64_t sleep, k;
    size_t queries, clusters;
    double share, lo, hi; /* 95 % cluster bootstrap; lo = hi = NAN if not known */
};

struct coverage {
    struct coverage_row *rows; /* by sleep configuration, then k ascending */
    size_t n;
};

/* Fills ret (coverage_release frees it); n = 0 when no query names its quantity or nothing slept.
 * O(queries x learned contexts of a context). */
MUST_CHECK enum err_code coverage_measure(
    struct store *s, size_t replicates, uint64_t seed, struct coverage *ret, struct err *err);
void coverage_release(struct coverage *c);

struct table *coverage_table(const struct coverage *c); /* the caller owns it */

/* True if text has a line "name = ...". */
bool coverage_has_line(struct str text, struct str name);

#endif
