/*
 * grade_token.h - number tokens in an answer, for the strict grader.
 *
 * token = sign? currency? sign? digits [point digits] [exponent] [/ digits [point digits]] [%]
 *
 * Digits may come in groups of three behind commas or single blanks ("1,234", "1 234"); a leading
 * point is read (".5" is one half). The sign is '-' or U+2212 and is none behind a letter, a digit
 * or a closing bracket ("5-7"). A number right behind '^', or behind '_' that follows a letter, is
 * no token. '%' does not change the value: golds are written without it.
 */
#ifndef METRICS_GRADE_TOKEN_H
#define METRICS_GRADE_TOKEN_H

#include "harness/base/arena.h"
#include "harness/base/number.h"

/* A value: an exact rational, or the canonical decimal text of one that does not fit. */
struct grade_value {
    bool exact;
    struct rat rat;
    struct str text; /* how it is shown and, if not exact, compared; in the arena */
};

bool grade_value_eq(const struct grade_value *a, const struct grade_value *b);

/* Looks for the first token that begins at byte `from` or later but before `limit`. */
bool grade_token_next(struct str s, size_t from, size_t limit, size_t *ret_start, size_t *ret_end);

/* Value of the token s[start..end) that grade_token_next found. */
struct grade_value grade_token_value(struct str token, struct arena *arena);

/* Length of the first of the texts that stands at s[i], or 0. */
size_t grade_any_at(struct str s, size_t i, const char *const *texts, size_t n);

/* Appends text to out with LaTeX undone: \$ \% \, {,} \frac{a}{b} \text{..} and the like; other
 * commands and braces go. Blanks and line ends stay. */
void grade_plain(struct buf *out, struct str s);

#endif
