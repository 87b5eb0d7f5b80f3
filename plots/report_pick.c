/* report_pick.c - narrow tables for people from the wide ones; see report_pick.h. */
#include "plots/report_pick.h"

#include "metrics/tables.h"

#include <math.h>

/* What would be printed as -0.000 is 0. */
static double without_minus_zero(double v, int digits)
{
    return fabs(v) * pow(10, digits) < 0.5 ? 0 : v;
}

static void number(const struct table *t, size_t row, const char *column, int digits,
    const char *missing, struct buf *out)
{
    size_t c = tables_column(t, column);

    if (table_is_missing(t, row, c))
        buf_puts(out, missing);
    else
        buf_printf(out, "%.*f", digits, without_minus_zero(table_get_num(t, row, c), digits));
}

static void interval(
    const struct table *t, size_t row, const struct report_pick *p, struct buf *out)
{
    bool lo = !table_is_missing(t, row, tables_column(t, p->lo));
    bool hi = !table_is_missing(t, row, tables_column(t, p->hi));

    if (table_is_missing(t, row, tables_column(t, p->column))) {
        buf_puts(out, "-");
        return;
    }
    number(t, row, p->column, p->digits, "", out);
    if (!lo && !hi) {
        buf_puts(out, " (no interval)");
        return;
    }
    buf_puts(out, " (");
    number(t, row, p->lo, p->digits, "unbounded", out);
    buf_puts(out, " to ");
    number(t, row, p->hi, p->digits, "unbounded", out);
    buf_putc(out, ')');
}

static void ratio(const struct table *t, size_t row, const struct report_pick *p, struct buf *out)
{
    struct str status = table_get_str(t, row, tables_column(t, "status"));

    if (str_eqc(status, "identified")) {
        interval(t, row, p, out);
    } else if (str_eqc(status, "not identified")) {
        buf_puts(out, "not identified");
    } else {
        bool lower = str_eqc(status, "lower bound"), upper = str_eqc(status, "upper bound");
        buf_puts(out, lower ? "at least " : upper ? "at most " : "");
        number(t, row, p->column, p->digits, "-", out);
        buf_puts(out, lower || upper ? "" : ", interval not identified");
    }
}

static void range(const struct table *t, size_t row, const struct report_pick *p, struct buf *out)
{
    size_t lo = tables_column(t, p->lo), hi = tables_column(t, p->hi);

    number(t, row, p->lo, p->digits, "-", out);
    if (table_is_missing(t, row, hi) || table_get_num(t, row, lo) == table_get_num(t, row, hi))
        return;
    buf_puts(out, " to ");
    number(t, row, p->hi, p->digits, "-", out);
}

static void copy(const struct table *t, size_t row, const struct report_pick *p, struct buf *out)
{
    size_t c = tables_column(t, p->column);

    if (table_is_missing(t, row, c))
        buf_putc(out, '-');
    else if (table_column(t, c)->type == COLUMN_STR)
        buf_str_add(out, table_get_str(t, row, c));
    else
        buf_printf(out, "%.*f",
            table_column(t, c)->type == COLUMN_NUM ? table_column(t, c)->digits : 0,
            table_get_num(t, row, c));
}

void report_pick_cell(
    const struct table *t, size_t row, const struct report_pick *p, struct buf *out)
{
    switch (p->kind) {
    case REPORT_PICK_COPY:
        copy(t, row, p, out);
        break;
    case REPORT_PICK_NUMBER:
        number(t, row, p->column, p->digits, "-", out);
        break;
    case REPORT_PICK_INTERVAL:
        interval(t, row, p, out);
        break;
    case REPORT_PICK_RANGE:
        range(t, row, p, out);
        break;
    case REPORT_PICK_RATIO:
        ratio(t, row, p, out);
        break;
    }
}

static bool passes(const struct table *t, size_t row, const char *filter, const char *value)
{
    return !filter || str_eqc(table_get_str(t, row, tables_column(t, filter)), value);
}

void report_pick_print(const struct table *t, const struct report_pick *picks, size_t n,
    const char *filter, const char *value, struct buf *out)
{
    struct column columns[REPORT_PICKS];
    struct buf cell = BUF_INIT;

    if (n > REPORT_PICKS)
        BUG("more than %d picks", REPORT_PICKS);
    for (size_t i = 0; i < n; i++)
        columns[i] = (struct column){picks[i].heading, "", COLUMN_STR, 0};
    struct table *narrow = table_new(table_name(t), columns, n);
    for (size_t row = 0; row < table_rows(t); row++) {
        if (!passes(t, row, filter, value))
            continue;
        table_row(narrow);
        for (size_t i = 0; i < n; i++) {
            buf_reset(&cell);
            report_pick_cell(t, row, &picks[i], &cell);
            table_str(narrow, buf_str(&cell));
        }
    }
    if (table_rows(narrow))
        table_print(narrow, TABLE_MARKDOWN, out);
    else
        buf_puts(out, "None in this run.\n");
    table_free(narrow);
    buf_release(&cell);
}
