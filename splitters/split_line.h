/*
 * split_line.h - one line of a split file: a context and its queries as JSON.
 *
 * Writing is in three steps, so that a split need not be in memory as a whole:
 *     split_line_open, split_line_query for each query, split_line_close.
 */
#ifndef SPLITTERS_SPLIT_LINE_H
#define SPLITTERS_SPLIT_LINE_H

#include "harness/base/json.h"
#include "splitters/split.h"

void split_line_open(
    struct json_writer *w, const struct split *s); /* its queries are not looked at */
void split_line_query(struct json_writer *w, const struct split_query *q);
/* Ends the line, newline included. The writer must be that of split_line_open. */
void split_line_close(struct json_writer *w, const struct split *s);

/* Reads a line. Texts live in the arena, ret->queries on the heap; on failure nothing is held.
 * ERR_INPUT names the key, without file and line. */
MUST_CHECK enum err_code split_line_read(
    struct str line, struct arena *arena, struct split *ret, struct err *err);

#endif
