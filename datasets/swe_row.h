/*
 * swe_row.h - released rows become tasks, in every shape in which they are passed on.
 *
 * Columns: repo, pr_number, title, user_login, state, body, changed_files, changed_files_count,
 * base_commit, and what our own files add: head_commit, merged_at, cluster, related. A file is JSON
 * lines (perhaps packed), one JSON array of rows, or pages of the Hugging Face rows API.
 * `changed_files` is an array of objects, or a text that holds one as JSON or as a Python literal.
 */
#ifndef DATASETS_SWE_ROW_H
#define DATASETS_SWE_ROW_H

#include "datasets/swe.h"

struct json;

enum { SWE_ROWS_MAX = 20000 };

/* Appends the tasks of a file. A malformed row, or one whose pull request stands in an earlier row,
 * is ERR_INPUT naming file and line (of an array: the row), or with skip_bad left out, counted and
 * told in the warnings. Numbers that are no pull requests (aider #10 of the paper's list) are left
 * out with a warning. `repo` is for rows that have no such column; NULL = they must have one. */
MUST_CHECK enum err_code swe_rows_read(const char *path, const char *repo, bool skip_bad,
    struct arena *arena, struct swe_list *list, struct err *err);

/* One row. Warnings go to `list`, each behind "where: ". ERR_INPUT does not name the place. */
MUST_CHECK enum err_code swe_row_read(const struct json *row, const char *repo, const char *where,
    struct arena *arena, struct swe_list *list, struct swe_task *ret, struct err *err);

/* Reads the value of changed_files. */
MUST_CHECK enum err_code swe_files_read(const struct json *value, struct arena *arena,
    struct swe_file **ret, size_t *ret_n, struct err *err);

/* Is it a commit id: 7 to 64 lower-case hexadecimal digits? */
bool swe_is_commit(struct str hex);

#endif
