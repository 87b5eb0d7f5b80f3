/* grade_plain.c - LaTeX in answers turned into plain text; see grade_token.h. */
#include "metrics/grade_token.h"

#include <string.h>

enum { LONGEST_ARGUMENT = 64 };

/* Content of the braces that open at *i, at most LONGEST_ARGUMENT bytes; moves *i behind them. */
static bool read_braces(struct str s, size_t *i, struct str *ret)
{
    size_t depth = 0;

    for (size_t k = *i; k < s.n && k - *i < LONGEST_ARGUMENT; k++) {
        if (s.p[k] == '{')
            depth++;
        else if (s.p[k] == '}')
            depth--;
        if (depth == 0) {
            *ret = str_slice(s, *i + 1, k);
            *i = k + 1;
            return s.p[k] == '}';
        }
    }
    return false;
}

/* The two arguments behind \frac: braces, or one digit each. */
static bool read_fraction(struct str s, size_t *i, struct str *above, struct str *below)
{
    size_t k = *i;

    while (k < s.n && s.p[k] == ' ')
        k++;
    if (s.n - k >= 2 && str_is_digit(s.p[k]) && str_is_digit(s.p[k + 1])) {
        *above = str_slice(s, k, k + 1);
        *below = str_slice(s, k + 1, k + 2);
        *i = k + 2;
        return true;
    }
    if (k >= s.n || s.p[k] != '{' || !read_braces(s, &k, above))
        return false;
    if (k >= s.n || s.p[k] != '{' || !read_braces(s, &k, below))
        return false;
    *i = k;
    return true;
}

/* A command of letters that begins behind the backslash at i; returns the byte behind it. */
static size_t command(struct buf *out, struct str s, size_t i)
{
    static const char *const fractions[] = {"frac", "dfrac", "tfrac", "cfrac"};
    size_t start = i + 1, end = start;
    struct str above, below;

    while (end < s.n && str_is_alpha(s.p[end]))
        end++;
    struct str name = str_slice(s, start, end);
    for (size_t k = 0; k < ARRAY_LEN(fractions); k++) {
        if (!str_eqc(name, fractions[k]) || !read_fraction(s, &end, &above, &below))
            continue;
        if (out->n && str_is_digit(out->p[out->n - 1]))
            buf_putc(out, ' ');            /* 2\frac{1}{2} is no 21/2 */
        grade_plain(out, str_trim(above)); /* arguments are short, so this ends soon */
        buf_putc(out, '/');
        grade_plain(out, str_trim(below));
        return end;
    }
    buf_putc(out, ' ');
    return end;
}

/* What a backslash before a character that is no letter stands for. */
static void escaped(struct buf *out, char c)
{
    if (c && strchr("$%#_&\n", c))
        buf_putc(out, c);
    else if (c != '!')
        buf_putc(out, ' '); /* thin and other spaces, \( \) \[ \] \\ */
}

void grade_plain(struct buf *out, struct str s)
{
    buf_reserve(out, s.n);
    for (size_t i = 0; i < s.n; i++) {
        size_t start = i;
        while (i < s.n && s.p[i] != '\\' && s.p[i] != '{' && s.p[i] != '}')
            i++;
        buf_add(out, s.p + start, i - start);
        if (i == s.n)
            break;
        char c = s.p[i], next = i + 1 < s.n ? s.p[i + 1] : '\0';
        if (str_starts(str_from(s, i), STR("{,}"))) {
            buf_putc(out, ',');
            i += 2;
        } else if (c == '}' && next == '{') {
            buf_putc(out, ' ');
        } else if (c == '\\' && str_is_alpha(next)) {
            i = command(out, s, i) - 1;
        } else if (c == '\\') { /* a single brace just goes */
            size_t behind = i + 1;
            if (next)
                (void)str_utf8_next(s, &behind); /* all bytes of the character */
            escaped(out, next);
            i = behind - 1;
        }
    }
}
