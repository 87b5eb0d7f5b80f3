/*
 * lines.h - reading a text file line by line in constant memory.
 *
 * A byte-order mark, a CR before the LF and a missing final newline are not part of a line. A file
 * that begins like gzip is unpacked on the way, whatever its name.
 *
 *     struct lines *l;
 *     struct str line;
 *     if (lines_open(path, LINES_MAX, &l, err))
 *         return err->code;
 *     while (!(code = lines_next(l, &line, err)) && line.p)
 *         use(line);
 *     lines_free(l);
 */
#ifndef HARNESS_BASE_LINES_H
#define HARNESS_BASE_LINES_H

#include "harness/base/err.h"
#include "harness/base/str.h"

enum { LINES_MAX = 16 << 20 }; /* the longest line of a dataset, bytes */

struct lines;

MUST_CHECK enum err_code lines_open(
    const char *path, size_t max_line, struct lines **ret, struct err *err);
void lines_free(struct lines *l);

/* The next line, borrowed until the next call; p == NULL behind the last. A line over max_line is
 * ERR_INPUT: it is consumed, and reading may go on behind it. */
MUST_CHECK enum err_code lines_next(struct lines *l, struct str *ret_line, struct err *err);
size_t lines_number(const struct lines *l); /* 1-based number of the line given last */
/* The last error was no bad line: the file cannot be read on (disk trouble, gzip data damaged or
 * cut short), so leaving a line out does not help. Reading then gives no further line. */
bool lines_broken(const struct lines *l);

/* Puts "path:line: " before err's message; a "line 1, " that the JSON reader put there (it saw one
 * line only) goes away. Returns err's code. */
enum err_code lines_wrap(const struct lines *l, struct err *err);
/* The same for a line that was read otherwise. */
enum err_code lines_wrap_at(const char *path, size_t number, struct err *err);

#endif
