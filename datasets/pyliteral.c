/* pyliteral.c - a recursive reader of Python's literals that writes JSON; see pyliteral.h. */
#include "datasets/pyliteral.h"

#include "harness/base/json.h"

#include <string.h>

struct reader {
    struct str s;
    size_t i;
    int depth;
    struct buf *out;
    struct err *err;
};

static enum err_code fail(struct reader *r, const char *what)
{
    size_t line = 1, column = 1;

    for (size_t i = 0; i < r->i && i < r->s.n; i++) {
        column = r->s.p[i] == '\n' ? 1 : column + 1;
        line += r->s.p[i] == '\n';
    }
    return err_set(
        r->err, ERR_INPUT, "Python literal, line %zu, column %zu: %s", line, column, what);
}

static char peek(const struct reader *r, size_t ahead)
{
    return r->i + ahead < r->s.n ? r->s.p[r->i + ahead] : '\0';
}

static void skip_blanks(struct reader *r)
{
    while (r->i < r->s.n && str_is_blank(r->s.p[r->i]))
        r->i++;
}

/* --- strings ------------------------------------------------------------------------------- */

static int digit_value(char c)
{
    if (str_is_digit(c))
        return c - '0';
    c = str_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
}

/* Reads at most `most` and at least `least` digits of a base. */
static bool read_code(
    struct reader *r, unsigned base, size_t least, size_t most, uint32_t *ret_code)
{
    uint32_t code = 0;
    size_t n = 0;

    for (; n < most && (unsigned)digit_value(peek(r, 0)) < base && r->i < r->s.n; n++)
        code = code * base + (uint32_t)digit_value(r->s.p[r->i++]);
    *ret_code = code;
    return n >= least;
}

static bool is_high(uint32_t c)
{
    return c >= 0xD800 && c <= 0xDBFF;
}

static bool is_low(uint32_t c)
{
    return c >= 0xDC00 && c <= 0xDFFF;
}

/* JSON cannot carry U+0000 through the reader, and half a surrogate pair is no character. */
static void put_code(struct buf *text, uint32_t code)
{
    bool good = code && code <= 0x10FFFF && !is_high(code) && !is_low(code);

    buf_utf8(text, good ? code : 0xFFFD);
}

static enum err_code read_hex(struct reader *r, struct buf *text, size_t digits)
{
    uint32_t code, low = 0;

    if (!read_code(r, 16, digits, digits, &code))
        return fail(r, "this escape needs more hexadecimal digits");
    if (code > 0x10FFFF)
        return fail(r, "there is no such character");
    if (is_high(code) && peek(r, 0) == '\\' && peek(r, 1) == 'u') {
        size_t back = r->i;
        r->i += 2;
        if (read_code(r, 16, 4, 4, &low) && is_low(low))
            code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
        else
            r->i = back;
    }
    put_code(text, code);
    return OK;
}

/* Behind a backslash. */
static enum err_code read_escape(struct reader *r, struct buf *text)
{
    static const char plain[] = "\\\\''\"\"a\ab\bf\fn\nr\rt\tv\v";
    char c = peek(r, 0);
    uint32_t code;

    if (r->i >= r->s.n)
        return fail(r, "the string has no end");
    for (size_t i = 0; i + 1 < sizeof plain; i += 2)
        if (plain[i] == c) {
            r->i++;
            buf_putc(text, plain[i + 1]);
            return OK;
        }
    if (c >= '0' && c <= '7') {
        (void)read_code(r, 8, 1, 3, &code); /* one digit is there */
        put_code(text, code);
        return OK;
    }
    if (c == 'N')
        return fail(r, "characters by name (\\N{...}) are not read: write \\u and four digits");
    if (c == 'x' || c == 'u' || c == 'U') {
        r->i++;
        return read_hex(r, text, c == 'x' ? 2 : c == 'u' ? 4 : 8);
    }
    if (c == '\n')
        r->i++;
    else
        buf_putc(text, '\\'); /* Python keeps a backslash that means nothing */
    return OK;
}

/* One quoted piece at r->i, prefix already read. */
static enum err_code read_quoted(struct reader *r, bool raw, struct buf *text)
{
    char quote = peek(r, 0);
    size_t marks = peek(r, 1) == quote && peek(r, 2) == quote ? 3 : 1;

    r->i += marks;
    while (r->i < r->s.n) {
        char c = r->s.p[r->i];
        if (c == quote && (marks == 1 || (peek(r, 1) == quote && peek(r, 2) == quote))) {
            r->i += marks;
            return OK;
        }
        if (c == '\n' && marks == 1)
            return fail(r, "a line ends inside a string");
        if (c == '\\' && !raw) {
            r->i++;
            if (read_escape(r, text))
                return ERR_INPUT;
        } else if (c == '\\' && r->i + 1 < r->s.n) {
            buf_putc(text, c);
            r->i++;
            put_code(text, str_utf8_next(r->s, &r->i));
        } else {
            put_code(text, str_utf8_next(r->s, &r->i));
        }
    }
    return fail(r, "the string has no end");
}

/* Length of a string's prefix at r->i when a quote follows it; SIZE_MAX if there is no string. */
static size_t prefix_length(const struct reader *r, bool *ret_raw)
{
    char c = str_lower(peek(r, 0));
    size_t n = c == 'r' || c == 'u' ? 1 : 0;

    *ret_raw = c == 'r';
    return peek(r, n) == '\'' || peek(r, n) == '"' ? n : SIZE_MAX;
}

static enum err_code read_string(struct reader *r)
{
    struct buf text = BUF_INIT;
    enum err_code code = OK;
    bool raw;
    size_t prefix;

    while (!code && (prefix = prefix_length(r, &raw)) != SIZE_MAX) {
        r->i += prefix;
        code = read_quoted(r, raw, &text);
        skip_blanks(r);
    }
    if (!code)
        json_quote(r->out, buf_str(&text));
    buf_release(&text);
    return code;
}

/* --- numbers and names --------------------------------------------------------------------- */

static size_t copy_digits(struct reader *r, struct buf *out)
{
    size_t n = 0;

    while (str_is_digit(peek(r, 0)) || (n && peek(r, 0) == '_' && str_is_digit(peek(r, 1)))) {
        if (peek(r, 0) != '_') {
            buf_putc(out, peek(r, 0));
            n++;
        }
        r->i++;
    }
    return n;
}

/* Digits, or with a point: "1", "1.5", "1." and ".5" (JSON wants digits on both sides). */
static enum err_code read_decimal(struct reader *r)
{
    size_t start = r->i;
    bool leads = peek(r, 0) == '.', follows = false;

    if (leads)
        buf_putc(r->out, '0');
    size_t whole = copy_digits(r, r->out);
    if (whole > 1 && r->s.p[start] == '0')
        return fail(r, "a number begins with 0");
    if (peek(r, 0) == '.') {
        r->i++;
        buf_putc(r->out, '.');
        follows = copy_digits(r, r->out) > 0;
        if (!follows)
            buf_putc(r->out, '0');
    }
    return whole || follows ? OK : fail(r, "a value is missing here");
}

static enum err_code read_number(struct reader *r)
{
    char sign = peek(r, 0);

    if (sign == '-')
        buf_putc(r->out, '-');
    if (sign == '-' || sign == '+')
        r->i++;
    if (read_decimal(r))
        return ERR_INPUT;
    if (str_lower(peek(r, 0)) == 'e') {
        r->i++;
        buf_putc(r->out, 'e');
        if (peek(r, 0) == '-' || peek(r, 0) == '+')
            buf_putc(r->out, r->s.p[r->i++]);
        if (!copy_digits(r, r->out))
            return fail(r, "an exponent has no digits");
    }
    if (str_is_alpha(peek(r, 0)) || peek(r, 0) == '_')
        return fail(r, "a number runs into a name");
    return OK;
}

static enum err_code read_name(struct reader *r)
{
    static const char *const names[][2] = {{"None", "null"}, {"True", "true"}, {"False", "false"}};
    size_t start = r->i, end = start;

    while (end < r->s.n &&
           (str_is_alpha(r->s.p[end]) || str_is_digit(r->s.p[end]) || r->s.p[end] == '_'))
        end++;
    struct str word = str_slice(r->s, start, end);
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (str_eqc(word, names[i][0])) {
            r->i = end;
            buf_puts(r->out, names[i][1]);
            return OK;
        }
    return fail(r, word.n ? "only None, True and False may stand here without quotes"
                          : "a value is missing here");
}

/* --- collections --------------------------------------------------------------------------- */

static enum err_code read_value(struct reader *r);

/* True, and behind the mark, if the next thing is `mark`. */
static bool take(struct reader *r, char mark)
{
    skip_blanks(r);
    if (r->i >= r->s.n || r->s.p[r->i] != mark)
        return false;
    r->i++;
    return true;
}

/* [a, b], (a, b), (a,) or {a, b}; behind the opening mark. A tuple of one without its comma is a
 * value in parentheses: `paren` tells. */
static enum err_code read_members(struct reader *r, char end, bool paren)
{
    size_t start = r->out->n, n = 0;
    bool comma = false;

    buf_putc(r->out, '[');
    while (!take(r, end)) {
        if (n && !comma)
            return fail(r, "a comma or the end of a collection is missing");
        if (n)
            buf_putc(r->out, ',');
        if (read_value(r))
            return ERR_INPUT;
        n++;
        comma = take(r, ',');
    }
    if (paren && n == 1 && !comma) {
        memmove(r->out->p + start, r->out->p + start + 1, r->out->n - start - 1);
        buf_truncate(r->out, r->out->n - 1);
        return OK;
    }
    buf_putc(r->out, ']');
    return OK;
}

/* {"a": b} or {} behind the opening mark; a set if no colon follows the first member. */
static enum err_code read_braces(struct reader *r)
{
    struct reader ahead = *r;
    struct buf scratch = BUF_INIT;
    bool raw, comma = true, is_dict;

    skip_blanks(r);
    ahead.i = r->i;
    ahead.out = &scratch;
    is_dict = peek(r, 0) == '}' || (prefix_length(&ahead, &raw) != SIZE_MAX &&
                                       !read_string(&ahead) && take(&ahead, ':'));
    buf_release(&scratch);
    if (!is_dict)
        return read_members(r, '}', false);
    buf_putc(r->out, '{');
    for (size_t n = 0; !take(r, '}'); n++) {
        if (!comma)
            return fail(r, "a comma or the end of a dict is missing");
        if (n)
            buf_putc(r->out, ',');
        if (prefix_length(r, &raw) == SIZE_MAX)
            return fail(r, "the keys of a dict must be strings");
        if (read_string(r))
            return ERR_INPUT;
        if (!take(r, ':'))
            return fail(r, "a colon is missing behind a key");
        buf_putc(r->out, ':');
        if (read_value(r))
            return ERR_INPUT;
        comma = take(r, ',');
    }
    buf_putc(r->out, '}');
    return OK;
}

static enum err_code read_collection(struct reader *r)
{
    char open = r->s.p[r->i];
    enum err_code code;

    if (r->depth == PYLITERAL_MAX_DEPTH)
        return fail(r, "nested too deeply");
    r->depth++;
    r->i++;
    if (open == '{')
        code = read_braces(r);
    else
        code = read_members(r, open == '[' ? ']' : ')', open == '(');
    r->depth--;
    return code;
}

static enum err_code read_value(struct reader *r)
{
    bool raw;
    char c;

    skip_blanks(r);
    c = peek(r, 0);
    if (c == '[' || c == '(' || c == '{')
        return read_collection(r);
    if (prefix_length(r, &raw) != SIZE_MAX)
        return read_string(r);
    if (str_is_digit(c) || (c && strchr("+-.", c)))
        return read_number(r);
    return read_name(r);
}

enum err_code pyliteral_json(struct str text, struct buf *ret_json, struct err *err)
{
    struct reader r = {.s = text, .out = ret_json, .err = err};

    if (read_value(&r))
        return ERR_INPUT;
    skip_blanks(&r);
    if (r.i < r.s.n)
        return fail(&r, "something stands behind the value");
    return OK;
}
