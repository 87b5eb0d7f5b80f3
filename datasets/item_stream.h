/*
 * item_stream.h - the rows of a JSON lines file one by one, in memory that does not grow with it.
 *
 * The same rows, ids and errors as item_read_jsonl (item.h), for files that need not fit in memory.
 * That no id comes twice is found by sorting digests in a temporary file (harness/base/seen.h), so
 * an error about it comes when all rows were given out: what was made of them is to be thrown away.
 */
#ifndef DATASETS_ITEM_STREAM_H
#define DATASETS_ITEM_STREAM_H

#include "datasets/item.h"

/* Called for each item with the text of its row; both are gone when it returns, as is what it takes
 * from the arena. Another result than OK ends the stream and is returned. */
typedef enum err_code item_stream_fn(
    void *payload, const struct item *item, struct str row, struct arena *arena, struct err *err);

/* With skip_bad the file is read twice (it must be a regular file), and *ret_skipped counts rows
 * that were malformed or had the id of an earlier one. */
MUST_CHECK enum err_code item_stream(const char *path, const char *dataset,
    const struct item_columns *columns, bool skip_bad, item_stream_fn *fn, void *payload,
    size_t *ret_skipped, struct err *err);

#endif
