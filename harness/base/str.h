/*
 * str.h - the string currency of the tree: a pointer and a length, borrowed, never owned.
 *
 * A struct str may hold NUL bytes and need not be terminated. Building text is buf.h's job.
 * Print with printf("%.*s", STR_ARG(s)).
 */
#ifndef HARNESS_BASE_STR_H
#define HARNESS_BASE_STR_H

#include "harness/base/base.h"

struct str {
    const char *p;
    size_t n;
};

#define STR(literal) ((struct str){(literal), sizeof(literal) - 1})
#define STR_ARG(s) ((int)(s).n), ((s).p ? (s).p : "")

struct str str_c(const char *s); /* NULL gives the empty string */
bool str_eq(struct str a, struct str b);
bool str_eqc(struct str a, const char *b);
bool str_eq_nocase(struct str a, struct str b); /* ASCII only */
int str_cmp(struct str a, struct str b);        /* byte order, shorter first */
bool str_starts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);
/* Index of the first `needle` at or after `from`, or SIZE_MAX. */
size_t str_find(struct str s, struct str needle, size_t from);
struct str str_from(struct str s, size_t start);              /* s[start..] */
struct str str_slice(struct str s, size_t start, size_t end); /* s[start..end) */
struct str str_trim(struct str s);                            /* ASCII blanks at both ends */

/* Splits off the part of *rest before the first `sep` byte. Returns false when *rest is exhausted;
 * the last part has no separator behind it. Start with *rest = whole text; a NULL *rest.p ends. */
bool str_cut(struct str *rest, char sep, struct str *ret_part);

/* UTF-8. str_utf8_ok accepts exactly well-formed UTF-8 (no surrogates, no overlong forms);
 * str_utf8_next reads one code point at *i and moves *i behind it, giving 0xFFFD for a bad byte. */
bool str_utf8_ok(struct str s);
uint32_t str_utf8_next(struct str s, size_t *i);
size_t str_utf8_count(struct str s); /* code points */

/* A case-insensitive edit distance for did-you-mean hints; texts over 63 bytes are cut. */
size_t str_distance(struct str a, struct str b);

bool str_is_blank(char c); /* space, tab, CR, LF, FF, VT */
bool str_is_digit(char c);
bool str_is_alpha(char c); /* ASCII */
char str_lower(char c);

#endif
