/*
 * item_columns.h - a column map in words: "question=Problem,answer=Answer".
 *
 * The left side is one of ours (id, question or problem, answer, cluster, stratum, context, query),
 * the right side the column's name in the file.
 */
#ifndef DATASETS_ITEM_COLUMNS_H
#define DATASETS_ITEM_COLUMNS_H

#include "datasets/item.h"

/* Sets the members that text names and leaves the others as they are; names live in the arena.
 * ERR_USAGE names the part that cannot be read. */
MUST_CHECK enum err_code item_columns_read(
    struct str text, struct arena *arena, struct item_columns *columns, struct err *err);

#endif
