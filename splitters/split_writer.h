/*
 * split_writer.h - items that were cut go to a file one by one, in memory that does not grow with
 * it.
 *
 * Two forms: the split file (docs/split.schema.json; neighbours with equal cluster and context
 * share a line, and split_read merges the lines that are no neighbours), and the rows of the source
 * as they are with two columns more, named as in the released data, for other people's programs.
 */
#ifndef SPLITTERS_SPLIT_WRITER_H
#define SPLITTERS_SPLIT_WRITER_H

#include "harness/base/outfile.h"
#include "splitters/split.h"

enum split_form { SPLIT_FORM_OWN, SPLIT_FORM_RELEASED };

struct split_totals {
    uint64_t contexts, queries; /* contexts: different pairs of cluster and context */
    uint64_t empty;             /* queries whose context says nothing */
    uint64_t altered;           /* queries whose parts no longer join to the source's text */
};

struct split_writer;

/* out is borrowed. dataset chooses the names of the columns: stateful_aime_* or
 * stateful_gsm_symbolic_*. */
struct split_writer *split_writer_new(
    struct outfile *out, enum split_form form, const char *dataset);
void split_writer_free(struct split_writer *w);

/* row: the item's JSON line, which the released form copies byte for byte; without one (p NULL) it
 * writes id, question, answer and solution. */
MUST_CHECK enum err_code split_writer_add(struct split_writer *w, const struct item *item,
    const struct cut *cut, struct str row, struct err *err);
MUST_CHECK enum err_code split_writer_end(
    struct split_writer *w, struct split_totals *ret, struct err *err);

#endif
