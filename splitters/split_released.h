/*
 * split_released.h - a source row with its cut in the two columns that the paper's release has.
 */
#ifndef SPLITTERS_SPLIT_RELEASED_H
#define SPLITTERS_SPLIT_RELEASED_H

#include "splitters/split.h"

/* Appends the row (a JSON object, its members byte for byte, without such columns of its own) with
 * the context and query columns behind them, and a newline. Without a row (p NULL) the members are
 * id, question, answer and solution. */
MUST_CHECK enum err_code split_released_row(const struct item *item, const struct cut *cut,
    struct str row, const char *dataset, struct buf *out, struct err *err);

#endif
