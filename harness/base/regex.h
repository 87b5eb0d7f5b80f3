/*
 * regex.h - the only door to PCRE2: compiled once, matched with limits.
 *
 * Patterns are UTF-8 and JIT-compiled where the machine allows. Every match has a match limit and
 * a depth limit, so a hostile text costs bounded time; reaching a limit is reported, never a hang.
 * A compiled regex may be used by several threads at once.
 */
#ifndef HARNESS_BASE_REGEX_H
#define HARNESS_BASE_REGEX_H

#include "harness/base/err.h"
#include "harness/base/str.h"

struct regex;

enum {
    REGEX_NOCASE = 1,
    REGEX_ANCHORED = 2,
    REGEX_WHOLE = 4 /* anchored at both ends */,
    REGEX_MULTILINE = 8
};

enum regex_result { REGEX_NO = 0, REGEX_YES = 1, REGEX_LIMIT = -1 };

MUST_CHECK enum err_code regex_new(
    struct str pattern, unsigned flags, struct regex **ret, struct err *err);
void regex_free(struct regex *re); /* NULL is fine */

/* Number of capture groups, the whole match (group 0) not counted. */
size_t regex_groups(const struct regex *re);

/* Searches `subject` from byte `start`. groups (may be NULL) receives up to `ngroups` slices of
 * subject, group 0 first; a group that took no part has p == NULL. */
enum regex_result regex_match(
    const struct regex *re, struct str subject, size_t start, struct str *groups, size_t ngroups);

/* Appends s to out with every character that means something to PCRE2 escaped. */
struct buf;
void regex_quote(struct buf *out, struct str s);

#endif
