/*
 * statement.h - a LaTeX problem as statements, one of which asks.
 *
 * A statement ends at a run of '.', '?' or '!' with the quotes and brackets that close behind it,
 * if the text ends there or if blanks and an allowed start follow: a capital, a digit, '$', '\',
 * '(',
 * '[', a quote or '*'. So a table row ("|") and a lower-case word continue a statement.
 * Abbreviations are those of sentence.h. Nothing ends inside a formula or an environment (latex.h),
 * but one whose own last character is a stop (not "\!", not "..") ends a statement if an allowed
 * start follows, behind a blank or, for displayed ones, at once.
 *
 * The question is the last statement that holds a '?', or begins with find, compute, determine,
 * evaluate, calculate, what, how many or express, or has one of these behind a comma; the last
 * statement if there is none. Query = the question; context = all others in their order.
 */
#ifndef SPLITTERS_STATEMENT_H
#define SPLITTERS_STATEMENT_H

#include "splitters/split.h"

struct statements {
    struct str *v; /* slices of the text without blanks around them, in order; in the arena */
    size_t n;
    size_t question; /* index; 0 if there are none */
};

/* Any bytes will do; cost n log n. The statements hold every byte of text that is not a blank. */
void statement_find(struct str text, struct arena *arena, struct statements *ret);

/* The cut of an item by this rule and its override. An override that was made for another number of
 * statements, or whose texts are not found, is left out and ret->warning says so. */
void statement_cut(const struct item *item, struct arena *arena, struct cut *ret);

#endif
