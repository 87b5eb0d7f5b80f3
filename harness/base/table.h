/*
 * table.h - rows with typed, unit-bearing columns: all that is printed, exported or plotted.
 *
 * A column says its name, unit and type once; text, CSV, JSON lines and Markdown come from the
 * same rows. A cell may be missing (NULL in JSON, empty in CSV, "-" in text): never NaN.
 *
 *     struct table *t = table_new("accuracy", columns, ARRAY_LEN(columns));
 *     table_row(t);
 *     table_str(t, STR("test_time")); table_num(t, 0.81); table_int(t, 2000);
 *     table_print(t, TABLE_CSV, &out);
 *     table_free(t);
 */
#ifndef HARNESS_BASE_TABLE_H
#define HARNESS_BASE_TABLE_H

#include "harness/base/buf.h"

enum column_type { COLUMN_STR, COLUMN_INT, COLUMN_NUM };

struct column {
    const char *name; /* snake_case, unit as suffix where it has one: test_tok, wall_ms */
    const char *unit; /* "tokens", "share", "ms", "" ... for legends and headings */
    enum column_type type;
    int digits; /* decimals shown in text and Markdown; CSV and JSON are exact */
};

struct table; /* owned by the caller; columns are borrowed and must outlive it */

struct table *table_new(const char *name, const struct column *columns, size_t ncolumns);
void table_free(struct table *t);
/* A line of explanation carried with the table (run digest, "simulated"...); shown as a comment
 * line by CSV ("# key: value") and text, dropped by JSON lines. */
void table_note(struct table *t, const char *key, struct str value);

void table_row(struct table *t); /* starts a row; the previous one must be complete */
void table_str(struct table *t, struct str v);
void table_int(
    struct table *t, int64_t v); /* also a count in a COLUMN_NUM: shown without decimals */
void table_num(struct table *t, double v); /* a value that is not finite counts as missing */
void table_missing(struct table *t);

const char *table_name(const struct table *t);
size_t table_rows(const struct table *t);
size_t table_columns(const struct table *t);
const struct column *table_column(const struct table *t, size_t column);
bool table_is_missing(const struct table *t, size_t row, size_t column);
double table_get_num(
    const struct table *t, size_t row, size_t column); /* ints convert; missing 0 */
struct str table_get_str(const struct table *t, size_t row, size_t column);

enum table_format { TABLE_TEXT, TABLE_CSV, TABLE_JSONL, TABLE_MARKDOWN };
/* Text from models is made harmless: control characters are dropped in text and Markdown, '|' is
 * escaped in Markdown, CSV quotes by RFC 4180. */
void table_print(const struct table *t, enum table_format format, struct buf *out);

#endif
