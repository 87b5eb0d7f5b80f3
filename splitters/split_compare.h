/*
 * split_compare.h - where the strict and the release cut of the same items differ, and how.
 */
#ifndef SPLITTERS_SPLIT_COMPARE_H
#define SPLITTERS_SPLIT_COMPARE_H

#include "harness/base/table.h"
#include "splitters/split.h"

/* Kinds, in the order of the table's columns; a row may be of several. The first three say what it
 * comes to: `differ` is the sum of the other two. The next are what the release cut did to a row,
 * the last are traits of a row, whether or not the cuts differ. */
#define SPLIT_KINDS(X)                                                                             \
    X(DIFFER, "differ")                  /* context or query are not the same text */              \
    X(SUBSTANCE, "substance")            /* not only by a final period */                          \
    X(PERIOD_ONLY, "period_only")        /* the query lost its final period, nothing else */       \
    X(DECIMAL, "decimal_in_context")     /* a point between digits got a blank: "$0. 7" */         \
    X(DECIMAL_QUERY, "decimal_in_query") /* the query was cut, or got a blank, at a decimal */     \
    X(TITLE, "title_cut")                /* the query begins behind Mrs., Dr. or the like */       \
    X(CLOSING, "closing_quote")          /* a blank before the quote that closes a sentence */     \
    X(OTHER, "other")                    /* differs in substance and is none of these */           \
    X(NOT_LAST, "question_not_last")     /* sentences follow the question */                       \
    X(NO_MARK, "no_question_mark")       /* the problem asks without '?' */                        \
    X(EMPTY, "empty_context")            /* one sentence: nothing is known early */

#define SPLIT_KIND_ENUM(name, text) SPLIT_KIND_##name,
enum split_kind { SPLIT_KINDS(SPLIT_KIND_ENUM) SPLIT_KIND_COUNT };
#undef SPLIT_KIND_ENUM

const char *split_kind_name(enum split_kind kind);

/* Fills ret[kind] for one item; strict must be cut with default options. */
void split_kinds_of(const struct item *item, const struct cut *strict, const struct cut *release,
    bool ret[SPLIT_KIND_COUNT]);

/* Counts by stratum. */
struct split_compare;

struct split_compare *split_compare_new(void);
void split_compare_free(struct split_compare *c);
/* Makes both cuts and counts. ERR_INPUT if nothing is left for a query. */
MUST_CHECK enum err_code split_compare_add(
    struct split_compare *c, const struct item *item, struct arena *arena, struct err *err);
/* One row for each stratum with a difference or a trait, in byte order, and one for all. */
struct table *split_compare_table(const struct split_compare *c);

#endif
