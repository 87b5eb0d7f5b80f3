/*
 * split_stats.h - counts and lengths of a list of splits: what a data set is like.
 */
#ifndef SPLITTERS_SPLIT_STATS_H
#define SPLITTERS_SPLIT_STATS_H

#include "splitters/split.h"

/* Lengths in code points. Golds: integer = digits with an optional sign, decimal = with a point,
 * other = all else. */
struct split_stats {
    size_t contexts, queries;
    size_t origins[ORIGIN_COUNT]; /* queries by enum split_origin */
    size_t verified;              /* generated queries that are verified */
    size_t empty_contexts;
    size_t repeated;                     /* queries whose text their context has already */
    uint64_t context_chars, query_chars; /* sums over queries: a context counts once for each */
    size_t longest_context, longest_query;
    struct str longest_context_id;
    const char *longest_query_id; /* NULL without queries */
    size_t fewest, most;          /* queries of one context */
    size_t integer_golds, decimal_golds, other_golds;
};

void split_stats_of(const struct split_list *list, struct split_stats *ret);

#endif
