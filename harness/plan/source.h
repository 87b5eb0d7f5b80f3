/*
 * source.h - from a configuration to splits: dataset, splitter and limit together.
 */
#ifndef HARNESS_PLAN_SOURCE_H
#define HARNESS_PLAN_SOURCE_H

#include "harness/config/config.h"
#include "splitters/split.h"

/* Loads the configured dataset and splits it; texts live in the arena. `limit` keeps that many
 * queries: clusters take turns in a seeded order, each giving its next query in a seeded order of
 * its own. *ret_skipped counts malformed rows left out. A split file that holds generated and other
 * queries is refused unless `queries` says which are wanted. */
MUST_CHECK enum err_code source_load(const struct config *c, struct arena *arena,
    struct split_list *ret, size_t *ret_skipped, struct err *err);

/* Do dataset, input and what chooses from them go together? *ret_d is the dataset, NULL for a split
 * file. */
struct dataset;
MUST_CHECK enum err_code source_check(
    const struct config *c, const struct dataset **ret_d, struct err *err);

/* Dataset names with one line of help each, for `help datasets`. */
void source_help(struct buf *out);

#endif
