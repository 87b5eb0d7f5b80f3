/*
 * sentence.h - where sentences of ordinary prose end.
 *
 * A run of '.', '?' or '!' with the quotes and brackets that close behind it ends a sentence if the
 * text ends there, or if blanks follow and what comes next is not a lower-case letter. A single '.'
 * ends none after a title or abbreviation (Mr., e.g., vs.), after "no." or "fig." before a digit,
 * or after one capital letter (an initial). Decimals never end one: no blank follows their point.
 */
#ifndef SPLITTERS_SENTENCE_H
#define SPLITTERS_SENTENCE_H

#include "harness/base/str.h"

/* Byte behind the end of the sentence that begins at `start` (closing quotes included, blanks not);
 * text.n if no sentence ends before. start < text.n. */
size_t sentence_end(struct str text, size_t start);

#endif
