/*
 * swe_write.h - tasks as rows in the released columns, so that others can use our files.
 *
 * One JSON object a line: repo, pr_number, title, user_login, state, body, changed_files (an array
 * of objects), changed_files_count, base_commit, and head_commit, merged_at, cluster, related.
 * What is unknown is null, so every row has the same columns. swe_rows_read reads it back.
 */
#ifndef DATASETS_SWE_WRITE_H
#define DATASETS_SWE_WRITE_H

#include "datasets/swe.h"

/* Appends one line. Bytes that are not UTF-8 are written as U+FFFD: such a file name matches no
 * file any more, so the number of names that were changed is returned. */
size_t swe_row_write(struct buf *out, const struct swe_task *task);
size_t swe_rows_write(struct buf *out, const struct swe_list *list);

#endif
