/* rows.c - arrays, pages and lines of rows; see rows.h. */
#include "datasets/rows.h"

#include "harness/base/file.h"
#include "harness/base/json.h"
#include "harness/base/lines.h"

#include <stdio.h>
#include <string.h>

enum { PAGE_MAX = 256 << 20 }; /* a file that must be read whole, bytes */

/* --- the bytes of a value ------------------------------------------------------------------ */

/* The reader takes every byte up to the blank for one. */
static bool is_blank(char c)
{
    return (unsigned char)c <= 0x20;
}

static void skip_blanks(struct str *s)
{
    size_t i = 0;

    while (i < s->n && is_blank(s->p[i]))
        i++;
    *s = str_from(*s, i);
}

/* Moves *s behind the string it begins with, quotes included, and appends it to out (may be NULL).
 * A bare control character, which the reader lets pass, is escaped: a row stays on one line. */
static void copy_string(struct str *s, struct buf *out)
{
    size_t i = 1;

    while (i < s->n && s->p[i] != '"')
        i += s->p[i] == '\\' ? 2 : 1;
    i = i < s->n ? i + 1 : s->n;
    for (size_t k = 0; out && k < i; k++)
        if ((unsigned char)s->p[k] < 0x20)
            buf_printf(out, "\\u%04x", (unsigned)s->p[k]);
        else
            buf_putc(out, s->p[k]);
    *s = str_from(*s, i);
}

/* Moves *s behind the value it begins with and appends the value without blanks. The text is known
 * to be JSON. */
static void copy_value(struct str *s, struct buf *out)
{
    size_t depth = 0;

    skip_blanks(s);
    while (s->n) {
        char c = s->p[0];
        bool closes = c == '}' || c == ']';
        if (depth == 0 && (closes || c == ','))
            return;
        if (c == '"') {
            copy_string(s, out);
            if (depth == 0)
                return;
            continue;
        }
        depth += c == '{' || c == '[';
        depth -= closes;
        if (out && !is_blank(c))
            buf_putc(out, c);
        *s = str_from(*s, 1);
        if (closes && depth == 0)
            return;
    }
}

/* Behind an opening bracket or a member: moves to the next member. False at the closing bracket. */
static bool next_member(struct str *s)
{
    skip_blanks(s);
    if (s->n && s->p[0] == ',') {
        *s = str_from(*s, 1);
        skip_blanks(s);
    }
    return s->n && s->p[0] != ']' && s->p[0] != '}';
}

/* *s begins with an object: moves it to the value of `key` (plain ASCII, not escaped). */
static bool find_member(struct str *s, const char *key)
{
    struct str rest = str_from(*s, 1);
    struct buf name = BUF_INIT;
    bool found = false;

    while (!found && next_member(&rest)) {
        buf_reset(&name);
        copy_string(&rest, &name);
        skip_blanks(&rest);
        rest = str_from(rest, 1); /* the colon */
        skip_blanks(&rest);
        found = str_eqc(str_slice(buf_str(&name), 1, name.n - 1), key);
        if (!found)
            copy_value(&rest, NULL);
    }
    buf_release(&name);
    if (found)
        *s = rest;
    return found;
}

/* --- arrays -------------------------------------------------------------------------------- */

/* All of them: the reader skips one itself, and what it reads must be what is copied. */
static struct str without_bom(struct str s)
{
    while (str_starts(s, STR("\xEF\xBB\xBF")))
        s = str_from(s, 3);
    return s;
}

enum err_code rows_array(struct str text, struct buf *ret, int64_t *count, struct err *err)
{
    struct str rest = without_bom(text);
    struct json *doc;
    int64_t n = 0;
    enum err_code code = json_parse(rest, JSON_STRICT, &doc, err);

    if (code)
        return code;
    if (json_type(doc) != JSON_ARRAY)
        code = err_set(err, ERR_INPUT, "expected an array of rows, this is %s",
            json_type_name(json_type(doc)));
    for (const struct json *v = json_first(doc); v && !code; v = json_next(v), n++)
        if (json_type(v) != JSON_OBJECT)
            code = err_set(err, ERR_INPUT, "row %lld is %s, not an object", (long long)n,
                json_type_name(json_type(v)));
    json_free(doc);
    if (code)
        return code;
    skip_blanks(&rest);
    rest = str_from(rest, 1);
    while (next_member(&rest)) {
        copy_value(&rest, ret);
        buf_putc(ret, '\n');
    }
    *count += n;
    return OK;
}

/* --- pages --------------------------------------------------------------------------------- */

static enum err_code refuse_cut(const struct json *row, int64_t at, struct err *err)
{
    struct buf names;

    buf_init(&names, 120);
    for (const struct json *c = json_first(json_get(row, "truncated_cells")); c; c = json_next(c)) {
        buf_puts(&names, names.n ? ", " : "");
        buf_str_add(&names, json_str(c));
    }
    enum err_code code = err_set(err, ERR_INPUT,
        "row %lld: the rows API has cut its cells (%s): it cannot give this set. Take the file "
        "from "
        "the set's page, as JSON lines or a JSON array, and use --from FILE",
        (long long)at, buf_cstr(&names));
    buf_release(&names);
    return code;
}

static enum err_code check_row(const struct json *row, int64_t at, struct err *err)
{
    int64_t index;

    if (!json_int(json_get(row, "row_idx"), &index) || index != at)
        return err_set(err, ERR_INPUT, "row %lld was expected, but row_idx is %lld", (long long)at,
            json_int(json_get(row, "row_idx"), &index) ? (long long)index : -1LL);
    if (json_len(json_get(row, "truncated_cells")))
        return refuse_cut(row, at, err);
    if (json_type(json_get(row, "row")) != JSON_OBJECT)
        return err_set(err, ERR_INPUT, "row %lld has no object \"row\"", (long long)at);
    return OK;
}

static enum err_code check_page(const struct json *doc, const struct rows_walk *walk,
    int64_t *ret_total, int64_t *ret_n, struct err *err)
{
    const struct json *rows = json_get(doc, "rows");
    int64_t total, n = (int64_t)json_len(rows), at = walk->next;

    if (json_type(rows) != JSON_ARRAY || !json_int(json_get(doc, "num_rows_total"), &total) ||
        total < 0)
        return err_set(
            err, ERR_INPUT, "no page of the rows API: \"rows\" or \"num_rows_total\" is missing");
    if (json_bool(json_get(doc, "partial"), false))
        return err_set(err, ERR_INPUT,
            "the rows API has only a part of this set (partial: true): take the file from the "
            "set's "
            "page and use --from FILE");
    if (walk->total >= 0 && total != walk->total)
        return err_set(err, ERR_INPUT,
            "the set changed while it was fetched: %lld rows, then %lld. Fetch it again",
            (long long)walk->total, (long long)total);
    int64_t due = total - at < ROWS_PAGE_LENGTH ? total - at : ROWS_PAGE_LENGTH;
    if (n != due)
        return err_set(err, ERR_INPUT,
            "the page at row %lld has %lld rows where %lld are due (%lld in all)", (long long)at,
            (long long)n, (long long)(due > 0 ? due : 0), (long long)total);
    for (const struct json *row = json_first(rows); row; row = json_next(row), at++)
        if (check_row(row, at, err))
            return err->code;
    *ret_total = total;
    *ret_n = n;
    return OK;
}

enum err_code rows_page(struct str text, struct rows_walk *walk, struct buf *ret, struct err *err)
{
    struct str rest = without_bom(text), row;
    struct err local = {0};
    struct json *doc;
    int64_t total = 0, n = 0;

    if (json_parse(rest, JSON_STRICT, &doc, &local))
        return err_set(err, ERR_INPUT, "%s", local.msg);
    enum err_code code = check_page(doc, walk, &total, &n, &local);
    json_free(doc);
    if (code)
        return err_set(err, code, "%s", local.msg);
    skip_blanks(&rest);
    if (!find_member(&rest, "rows"))
        return err_set(err, ERR_INPUT, "the page writes the key \"rows\" in an unusual way");
    rest = str_from(rest, 1);
    while (next_member(&rest)) {
        row = rest;
        copy_value(&rest, NULL);
        if (!find_member(&row, "row"))
            return err_set(err, ERR_INPUT, "the page writes the key \"row\" in an unusual way");
        copy_value(&row, ret);
        buf_putc(ret, '\n');
    }
    walk->next += n;
    walk->total = total;
    return OK;
}

/* --- files --------------------------------------------------------------------------------- */

static enum err_code check_line(struct str line, struct err *err)
{
    struct json *doc;

    if (json_parse(line, JSON_STRICT, &doc, err))
        return err->code;
    enum json_type type = json_type(doc);
    json_free(doc);
    if (type != JSON_OBJECT)
        return err_set(err, ERR_INPUT, "a row must be one JSON object a line, this is %s",
            json_type_name(type));
    return OK;
}

enum err_code rows_lines(const char *path, struct buf *ret, int64_t *count, struct err *err)
{
    struct lines *l;
    struct str line;
    struct err local = {0};
    int64_t n = 0;
    enum err_code code = lines_open(path, LINES_MAX, &l, &local);

    if (code)
        return err_set(err, code, "%s", local.msg);
    while (!(code = lines_next(l, &line, &local)) && line.p) {
        if (str_trim(line).n == 0)
            continue;
        code = check_line(line, &local);
        if (code)
            break;
        n++;
        if (ret) {
            buf_str_add(ret, line);
            buf_putc(ret, '\n');
        }
    }
    if (code)
        code = lines_wrap(l, &local);
    lines_free(l);
    if (!code && n == 0)
        code = err_set(&local, ERR_INPUT, "%s holds no row", path);
    if (code)
        return err_set(err, code, "%s", local.msg);
    *count += n;
    return OK;
}

static bool is_page(struct str text)
{
    struct json *doc;

    if (json_parse(text, JSON_STRICT, &doc, NULL))
        return false;
    bool page = json_type(json_get(doc, "rows")) == JSON_ARRAY &&
                json_type(json_get(doc, "num_rows_total")) == JSON_NUMBER;
    json_free(doc);
    return page;
}

/* A page is one object, on one line or many; lines of rows are objects each. */
static enum err_code page_or_lines(
    const char *path, struct str line, bool too_long, enum rows_shape *ret, struct err *err)
{
    struct buf text = BUF_INIT;
    struct json *doc;
    enum err_code code = OK;
    bool whole = !too_long && json_parse(line, JSON_STRICT, &doc, NULL) == OK;

    if (whole) {
        json_free(doc);
        *ret = is_page(line) ? ROWS_PAGE : ROWS_LINES;
        return OK;
    }
    code = file_read(path, PAGE_MAX, &text, err);
    if (!code)
        *ret = is_page(without_bom(buf_str(&text))) ? ROWS_PAGE : ROWS_LINES;
    buf_release(&text);
    return code;
}

/* The first byte that is no blank, behind a byte-order mark; EOF if there is none. */
static int first_byte(const char *path)
{
    FILE *f = fopen(path, "rb");
    int c = EOF;

    if (!f)
        return EOF;
    do
        c = getc(f);
    while (c != EOF && (str_is_blank((char)c) || strchr("\xEF\xBB\xBF", c)));
    fclose(f);
    return c;
}

enum err_code rows_shape(const char *path, enum rows_shape *ret, struct err *err)
{
    struct lines *l;
    struct str line = {NULL, 0};
    struct err local = {0};
    enum err_code code = lines_open(path, LINES_MAX, &l, err);
    int first = first_byte(path);

    if (code)
        return code;
    *ret = first == '[' ? ROWS_ARRAY : ROWS_LINES;
    if (first == '{') {
        do
            code = lines_next(l, &line, &local);
        while (!code && line.p && str_trim(line).n == 0);
        code = code && code != ERR_INPUT ? err_set(err, code, "%s", local.msg)
                                         : page_or_lines(path, line, code == ERR_INPUT, ret, err);
    }
    lines_free(l);
    return code;
}
