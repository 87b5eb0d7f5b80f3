/* str.c - comparing, cutting and decoding borrowed strings; see str.h. */
#include "harness/base/str.h"

#include <string.h>

struct str str_c(const char *s)
{
    return (struct str){s, s ? strlen(s) : 0};
}

bool str_eq(struct str a, struct str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool str_eqc(struct str a, const char *b)
{
    return str_eq(a, str_c(b));
}

char str_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

bool str_eq_nocase(struct str a, struct str b)
{
    if (a.n != b.n)
        return false;
    for (size_t i = 0; i < a.n; i++)
        if (str_lower(a.p[i]) != str_lower(b.p[i]))
            return false;
    return true;
}

int str_cmp(struct str a, struct str b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int c = n ? memcmp(a.p, b.p, n) : 0;

    if (c)
        return c;
    return a.n < b.n ? -1 : a.n > b.n;
}

bool str_starts(struct str s, struct str prefix)
{
    return s.n >= prefix.n && (prefix.n == 0 || memcmp(s.p, prefix.p, prefix.n) == 0);
}

bool str_ends(struct str s, struct str suffix)
{
    return s.n >= suffix.n &&
           (suffix.n == 0 || memcmp(s.p + s.n - suffix.n, suffix.p, suffix.n) == 0);
}

size_t str_find(struct str s, struct str needle, size_t from)
{
    if (needle.n == 0)
        return from <= s.n ? from : SIZE_MAX;
    if (from > s.n || s.n - from < needle.n)
        return SIZE_MAX;
    const char *hit = memmem(s.p + from, s.n - from, needle.p, needle.n);
    return hit ? (size_t)(hit - s.p) : SIZE_MAX;
}

struct str str_slice(struct str s, size_t start, size_t end)
{
    if (end > s.n)
        end = s.n;
    if (start > end)
        start = end;
    return (struct str){s.p ? s.p + start : NULL, end - start};
}

struct str str_from(struct str s, size_t start)
{
    return str_slice(s, start, s.n);
}

bool str_is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

bool str_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool str_is_alpha(char c)
{
    c = str_lower(c);
    return c >= 'a' && c <= 'z';
}

struct str str_trim(struct str s)
{
    while (s.n && str_is_blank(s.p[0]))
        s.p++, s.n--;
    while (s.n && str_is_blank(s.p[s.n - 1]))
        s.n--;
    return s;
}

bool str_cut(struct str *rest, char sep, struct str *ret_part)
{
    if (!rest->p)
        return false;
    const char *hit = rest->n ? memchr(rest->p, sep, rest->n) : NULL;
    if (!hit) {
        *ret_part = *rest;
        *rest = (struct str){NULL, 0};
        return true;
    }
    size_t n = (size_t)(hit - rest->p);
    *ret_part = (struct str){rest->p, n};
    *rest = (struct str){hit + 1, rest->n - n - 1};
    return true;
}

/* Length of the well-formed sequence at s[i] (1..4) and its code point, or 0. */
static size_t utf8_decode(struct str s, size_t i, uint32_t *ret_cp)
{
    static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char b = (unsigned char)s.p[i];
    size_t len = b < 0x80 ? 1 : b >> 5 == 6 ? 2 : b >> 4 == 14 ? 3 : b >> 3 == 30 ? 4 : 0;

    if (len == 0 || s.n - i < len)
        return 0;
    uint32_t cp = len == 1 ? b : b & (0xFFu >> (len + 1));
    for (size_t k = 1; k < len; k++) {
        unsigned char c = (unsigned char)s.p[i + k];
        if (c >> 6 != 2)
            return 0;
        cp = cp << 6 | (c & 0x3F);
    }
    if (cp < least[len] || cp > 0x10FFFF || (cp >= 0xD800 && cp < 0xE000))
        return 0;
    *ret_cp = cp;
    return len;
}

bool str_utf8_ok(struct str s)
{
    uint32_t cp;

    for (size_t i = 0; i < s.n;) {
        if ((unsigned char)s.p[i] < 0x80) {
            i++;
            continue;
        }
        size_t len = utf8_decode(s, i, &cp);
        if (!len)
            return false;
        i += len;
    }
    return true;
}

uint32_t str_utf8_next(struct str s, size_t *i)
{
    uint32_t cp = 0xFFFD;
    size_t len = utf8_decode(s, *i, &cp);

    *i += len ? len : 1;
    return len ? cp : 0xFFFD;
}

size_t str_utf8_count(struct str s)
{
    size_t count = 0;

    for (size_t i = 0; i < s.n; count++)
        (void)str_utf8_next(s, &i); /* only the position matters here */
    return count;
}

size_t str_distance(struct str a, struct str b)
{
    size_t row[64];

    a.n = a.n > 63 ? 63 : a.n;
    b.n = b.n > 63 ? 63 : b.n;
    for (size_t j = 0; j <= b.n; j++)
        row[j] = j;
    for (size_t i = 1; i <= a.n; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.n; j++) {
            size_t best = diagonal + (str_lower(a.p[i - 1]) != str_lower(b.p[j - 1]));
            diagonal = row[j];
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
        }
    }
    return row[b.n];
}
