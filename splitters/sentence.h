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

/* Parts of the rule, for statements of LaTeX problems (statement.h). */
bool sentence_is_stop(char c); /* '.', '?' or '!' */
/* Byte behind the run of stops that begins at `at` and what closes behind it. */
size_t sentence_stops_end(struct str s, size_t at, bool *ret_single_point);
/* Is the single '.' at `at` part of an abbreviation? `next` is the first byte behind the blanks. */
bool sentence_abbreviates(struct str s, size_t at, char next);
/* Lower-case letters of the scripts that word problems use: Latin, Greek, Cyrillic. */
bool sentence_is_lower(uint32_t cp);

#endif
