/* table.c - typed rows and their four printed forms; see table.h. */
#include "harness/base/table.h"

#include "harness/base/json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct cell {
    bool missing, whole; /* whole: i is the value */
    double num;
    int64_t i;
    char *text;
};

struct note {
    char *key, *value;
};

struct table {
    char *name;
    const struct column *columns;
    size_t ncolumns, n, cap; /* n cells so far */
    struct cell *cells;
    struct note *notes;
    size_t nnotes, notes_cap;
};

struct table *table_new(const char *name, const struct column *columns, size_t ncolumns)
{
    struct table *t = xcalloc(1, sizeof *t);

    *t = (struct table){.name = xstrdup(name), .columns = columns, .ncolumns = ncolumns};
    return t;
}

void table_free(struct table *t)
{
    if (!t)
        return;
    for (size_t i = 0; i < t->n; i++)
        free(t->cells[i].text);
    for (size_t i = 0; i < t->nnotes; i++) {
        free(t->notes[i].key);
        free(t->notes[i].value);
    }
    free(t->cells);
    free(t->notes);
    free(t->name);
    free(t);
}

static char *copy(struct str s)
{
    char *p = xcalloc(s.n + 1, 1);

    if (s.n)
        memcpy(p, s.p, s.n);
    return p;
}

void table_note(struct table *t, const char *key, struct str value)
{
    GROW(t->notes, t->nnotes + 1, t->notes_cap);
    t->notes[t->nnotes++] = (struct note){xstrdup(key), copy(value)};
}

void table_row(struct table *t)
{
    if (t->n % t->ncolumns)
        BUG("table %s: row %zu has %zu of %zu cells", t->name, t->n / t->ncolumns,
            t->n % t->ncolumns, t->ncolumns);
}

static void add(struct table *t, enum column_type type, bool any_type, struct cell c)
{
    const struct column *column = &t->columns[t->n % t->ncolumns];

    if (!any_type && column->type != type)
        BUG("table %s: column %s has another type", t->name, column->name);
    GROW(t->cells, t->n + 1, t->cap);
    t->cells[t->n++] = c;
}

void table_str(struct table *t, struct str v)
{
    add(t, COLUMN_STR, false, (struct cell){.text = copy(v)});
}

void table_int(struct table *t, int64_t v)
{
    bool any = t->columns[t->n % t->ncolumns].type == COLUMN_NUM;

    add(t, COLUMN_INT, any, (struct cell){.whole = true, .i = v, .num = (double)v});
}

void table_num(struct table *t, double v)
{
    add(t, COLUMN_NUM, false, (struct cell){.missing = !isfinite(v), .num = isfinite(v) ? v : 0});
}

void table_missing(struct table *t)
{
    add(t, COLUMN_STR, true, (struct cell){.missing = true});
}

const char *table_name(const struct table *t)
{
    return t->name;
}

size_t table_rows(const struct table *t)
{
    return t->ncolumns ? t->n / t->ncolumns : 0;
}

size_t table_columns(const struct table *t)
{
    return t->ncolumns;
}

const struct column *table_column(const struct table *t, size_t column)
{
    return &t->columns[column];
}

static const struct cell *cell_at(const struct table *t, size_t row, size_t column)
{
    size_t i = row * t->ncolumns + column;

    if (column >= t->ncolumns || i >= t->n)
        BUG("table %s has no cell %zu, %zu", t->name, row, column);
    return &t->cells[i];
}

bool table_is_missing(const struct table *t, size_t row, size_t column)
{
    return cell_at(t, row, column)->missing;
}

double table_get_num(const struct table *t, size_t row, size_t column)
{
    return cell_at(t, row, column)->num;
}

struct str table_get_str(const struct table *t, size_t row, size_t column)
{
    return str_c(cell_at(t, row, column)->text);
}

/* The value as text: exact, or rounded to the column's digits for people. */
static void print_cell(
    const struct table *t, size_t row, size_t column, bool exact, struct buf *out)
{
    const struct cell *c = cell_at(t, row, column);
    const struct column *col = &t->columns[column];

    if (c->missing)
        return;
    if (col->type == COLUMN_STR)
        buf_puts(out, c->text);
    else if (c->whole)
        buf_printf(out, "%lld", (long long)c->i);
    else if (exact)
        json_number(out, c->num);
    else
        buf_printf(out, "%.*f", col->digits, c->num);
}

static void print_csv_cell(struct str s, struct buf *out)
{
    bool quote = s.n && s.p[0] == '#'; /* else it would read as a note */

    for (size_t i = 0; i < s.n; i++)
        if (strchr(",\"\r\n", s.p[i]))
            quote = true;
    if (!quote) {
        buf_str_add(out, s);
        return;
    }
    buf_putc(out, '"');
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '"')
            buf_putc(out, '"');
        buf_putc(out, s.p[i]);
    }
    buf_putc(out, '"');
}

/* Text for a terminal or a Markdown cell: control characters dropped, bars escaped. */
static void print_plain(struct str s, bool markdown, struct buf *out)
{
    for (size_t i = 0; i < s.n;) {
        size_t start = i;
        uint32_t cp = str_utf8_next(s, &i);
        if (cp < 0x20 || (cp >= 0x7F && cp < 0xA0))
            continue;
        if (markdown && strchr("|\\`*_<>[]", (int)cp < 128 ? (int)cp : 'x'))
            buf_putc(out, '\\');
        if (cp == 0xFFFD)
            buf_utf8(out, cp); /* also for a byte that is no UTF-8 */
        else
            buf_add(out, s.p + start, i - start);
    }
}

static void print_notes(const struct table *t, const char *mark, struct buf *out)
{
    for (size_t i = 0; i < t->nnotes; i++) {
        buf_printf(out, "%s%s: ", mark, t->notes[i].key);
        print_plain(str_c(t->notes[i].value), false, out);
        buf_putc(out, '\n');
    }
}

static void print_csv(const struct table *t, struct buf *out)
{
    struct buf cell = BUF_INIT;

    print_notes(t, "# ", out);
    for (size_t c = 0; c < t->ncolumns; c++)
        buf_printf(out, "%s%s", c ? "," : "", t->columns[c].name);
    buf_putc(out, '\n');
    for (size_t r = 0; r < table_rows(t); r++) {
        for (size_t c = 0; c < t->ncolumns; c++) {
            if (c)
                buf_putc(out, ',');
            buf_reset(&cell);
            print_cell(t, r, c, true, &cell);
            print_csv_cell(buf_str(&cell), out);
        }
        buf_putc(out, '\n');
    }
    buf_release(&cell);
}

static void print_jsonl(const struct table *t, struct buf *out)
{
    for (size_t r = 0; r < table_rows(t); r++) {
        struct json_writer w = json_writer(out, 0);
        jsonw_object(&w, NULL);
        for (size_t c = 0; c < t->ncolumns; c++) {
            const struct cell *cell = cell_at(t, r, c);
            const char *name = t->columns[c].name;
            if (cell->missing)
                jsonw_null(&w, name);
            else if (t->columns[c].type == COLUMN_STR)
                jsonw_cstr(&w, name, cell->text);
            else if (cell->whole)
                jsonw_int(&w, name, cell->i);
            else
                jsonw_num(&w, name, cell->num);
        }
        jsonw_end_object(&w);
        buf_putc(out, '\n');
    }
}

static void plain_cell(const struct table *t, size_t r, size_t c, bool markdown, struct buf *out)
{
    struct buf raw = BUF_INIT;

    if (table_is_missing(t, r, c))
        buf_puts(&raw, "-");
    else
        print_cell(t, r, c, false, &raw);
    print_plain(buf_str(&raw), markdown && t->columns[c].type == COLUMN_STR, out);
    buf_release(&raw);
}

static void print_markdown(const struct table *t, struct buf *out)
{
    for (size_t c = 0; c < t->ncolumns; c++) {
        buf_printf(out, "%s%s", c ? " | " : "| ", t->columns[c].name);
        if (t->columns[c].unit && t->columns[c].unit[0])
            buf_printf(out, " (%s)", t->columns[c].unit);
    }
    buf_puts(out, " |\n");
    for (size_t c = 0; c < t->ncolumns; c++)
        buf_puts(out, t->columns[c].type == COLUMN_STR ? "| :-- " : "| --: ");
    buf_puts(out, "|\n");
    for (size_t r = 0; r < table_rows(t); r++) {
        for (size_t c = 0; c < t->ncolumns; c++) {
            buf_puts(out, c ? " | " : "| ");
            plain_cell(t, r, c, true, out);
        }
        buf_puts(out, " |\n");
    }
}

static void print_text_line(
    const struct table *t, const size_t *width, size_t r, bool heading, struct buf *out)
{
    struct buf cell = BUF_INIT;

    for (size_t c = 0; c < t->ncolumns; c++) {
        buf_reset(&cell);
        if (heading)
            buf_puts(&cell, t->columns[c].name);
        else
            plain_cell(t, r, c, false, &cell);
        size_t pad = width[c] - str_utf8_count(buf_str(&cell));
        bool left = t->columns[c].type == COLUMN_STR, last = c + 1 == t->ncolumns;
        buf_printf(out, "%s%*s", c ? "  " : "", left ? 0 : (int)pad, "");
        buf_puts(out, buf_cstr(&cell));
        buf_printf(out, "%*s", left && !last ? (int)pad : 0, "");
    }
    buf_putc(out, '\n');
    buf_release(&cell);
}

static void print_text(const struct table *t, struct buf *out)
{
    size_t *width = xcalloc(t->ncolumns, sizeof *width);
    struct buf cell = BUF_INIT;

    for (size_t c = 0; c < t->ncolumns; c++) {
        width[c] = strlen(t->columns[c].name);
        for (size_t r = 0; r < table_rows(t); r++) {
            buf_reset(&cell);
            plain_cell(t, r, c, false, &cell);
            size_t n = str_utf8_count(buf_str(&cell));
            width[c] = n > width[c] ? n : width[c];
        }
    }
    print_text_line(t, width, 0, true, out);
    for (size_t r = 0; r < table_rows(t); r++)
        print_text_line(t, width, r, false, out);
    print_notes(t, "", out);
    buf_release(&cell);
    free(width);
}

void table_print(const struct table *t, enum table_format format, struct buf *out)
{
    static void (*const printers[])(const struct table *, struct buf *) = {
        print_text, print_csv, print_jsonl, print_markdown};

    if (t->n % t->ncolumns)
        BUG("table %s: the last row is not complete", t->name);
    printers[format](t, out);
}
