/*
 * template_rows.h - fresh problems of a template, as rows in the columns of GSM-Symbolic.
 *
 * A row is drawn, written, worked out and read back; what a reader would not take for the same
 * values and the same gold is drawn again. Rows of one template have different questions. A row
 * depends on the seed, the template's question section and the rows before it, not on how many are
 * made, on other templates or on file names.
 */
#ifndef DATASETS_TEMPLATE_ROWS_H
#define DATASETS_TEMPLATE_ROWS_H

#include "datasets/template.h"

struct template_row {
    int instance;
    struct tbinding binding;
    struct str question;
    struct str solution; /* worked lines, separated by newlines */
    struct str gold;     /* value of the #### expression: 45, 2.5 or 7/3 */
};

struct template_rows {
    struct template_row *v;
    size_t n; /* fewer than asked for if the template has no more different questions in reach */
};

/* Makes up to `instances` rows, in the arena. ERR_INPUT names the template and the line: nothing
 * satisfies the conditions within the step limit, the answer cannot be worked out, or the text
 * does not read back. */
MUST_CHECK enum err_code template_rows_make(const struct template *t, uint64_t seed, int instances,
    struct arena *arena, struct template_rows *ret, struct err *err);

/* Appends a row as a JSON line: id (the number that the file's name is, else "name/instance"),
 * instance, question, answer (worked lines and "#### gold"), the original's id, question and
 * answer as far as the file has them, and level. `bindings` adds "variables": {"name": {"text",
 * "value"}}, value being "num/den", or null for a text. */
void template_row_write(
    const struct template *t, const struct template_row *row, bool bindings, struct buf *out);

#endif
