/*
 * token.h - the project's own token rule: the phantom's meter, and a marked estimate elsewhere.
 *
 * A token is a maximal run of at most 4 ASCII letters, one digit, or any other single non-blank
 * code point; blanks are free. tests/data/token.test is the golden file.
 */
#ifndef HARNESS_BASE_TOKEN_H
#define HARNESS_BASE_TOKEN_H

#include "harness/base/str.h"

size_t token_count(struct str s);
/* Number of bytes of the longest prefix of s that has at most `max` tokens (s.n if all fit);
 * blanks behind the last token of a cut text are not part of the prefix. */
size_t token_prefix(struct str s, size_t max);

#endif
