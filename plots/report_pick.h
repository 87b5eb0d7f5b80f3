/*
 * report_pick.h - narrow Markdown tables made from the wide ones: some columns, an estimate and
 * its interval in one cell.
 */
#ifndef PLOTS_REPORT_PICK_H
#define PLOTS_REPORT_PICK_H

#include "harness/base/table.h"

enum report_pick_kind {
    REPORT_PICK_COPY,     /* the cell as it is */
    REPORT_PICK_NUMBER,   /* with `digits` decimals */
    REPORT_PICK_INTERVAL, /* "0.81 (0.77 to 0.85)" from column, lo, hi */
    REPORT_PICK_RANGE,    /* "0.20 to 0.90" from lo, hi */
    REPORT_PICK_RATIO     /* as an interval, in the words of the column `status` */
};

struct report_pick {
    const char *heading;
    enum report_pick_kind kind;
    const char *column, *lo, *hi;
    int digits;
};

/* Rows whose column `filter` holds `value` (all with filter NULL) as a Markdown table; a sentence
 * if there are none. At most REPORT_PICKS picks. */
enum { REPORT_PICKS = 16 };
void report_pick_print(const struct table *t, const struct report_pick *picks, size_t n,
    const char *filter, const char *value, struct buf *out);

/* The text of one pick of one row. */
void report_pick_cell(
    const struct table *t, size_t row, const struct report_pick *pick, struct buf *out);

#endif
