/*
 * item_row.h - one JSON line of a dataset becomes one item.
 *
 * Columns are looked up by the caller's names or, where there are none, by the names that public
 * data sets use. docs/DATASETS.md has the table.
 */
#ifndef DATASETS_ITEM_ROW_H
#define DATASETS_ITEM_ROW_H

#include "datasets/item.h"

/* Fills *ret, whose `line` the caller has set; texts live in the arena. ERR_INPUT says what is
 * wrong with the row, without naming file and line. */
MUST_CHECK enum err_code item_row_read(struct str line, const char *dataset,
    const struct item_columns *columns, struct arena *arena, struct item *ret, struct err *err);

#endif
