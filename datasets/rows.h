/*
 * rows.h - the shapes in which rows are published, made into JSON lines. Pure but for rows_file.
 *
 * JSON lines stay as they are; of a JSON array each element, and of a page of the Hugging Face rows
 * API each rows[].row, becomes a line: its bytes without the blanks between them, so that numbers
 * keep all their digits.
 */
#ifndef DATASETS_ROWS_H
#define DATASETS_ROWS_H

#include "harness/base/buf.h"
#include "harness/base/err.h"

enum rows_shape { ROWS_LINES, ROWS_ARRAY, ROWS_PAGE };

enum { ROWS_PAGE_LENGTH = 100 }; /* the most that the API gives at once */

/* Appends the elements of an array of objects to *ret; *count grows. */
MUST_CHECK enum err_code rows_array(
    struct str text, struct buf *ret, int64_t *count, struct err *err);

/* Where a walk through pages stands. Start with total -1. */
struct rows_walk {
    int64_t next, total;
};

/* Appends one page. Refused are cells that the API cut, partial answers, pages that do not begin at
 * walk->next or are shorter than they must be, and a total that differs from the pages before. */
MUST_CHECK enum err_code rows_page(
    struct str text, struct rows_walk *walk, struct buf *ret, struct err *err);

/* Appends JSON lines: every one must be an object; blank lines go. `path` is read in constant
 * memory if ret is NULL: then they are only checked and counted. */
MUST_CHECK enum err_code rows_lines(
    const char *path, struct buf *ret, int64_t *count, struct err *err);

/* What a file holds, by its beginning. */
MUST_CHECK enum err_code rows_shape(const char *path, enum rows_shape *ret, struct err *err);

#endif
