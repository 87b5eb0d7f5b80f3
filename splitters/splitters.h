/* splitters.h - the splitters there are; a new one is a file of its own and a line in split.c. */
#ifndef SPLITTERS_SPLITTERS_H
#define SPLITTERS_SPLITTERS_H

#include "splitters/split.h"

extern const struct splitter split_release, split_strict;

/* One item, cut. Stateful items are taken as they are by the strict rule. ERR_INPUT if nothing is
 * left for the query. */
MUST_CHECK enum err_code split_cut_item(const struct splitter *splitter,
    const struct split_options *options, const struct item *item, struct arena *arena,
    struct cut *ret, struct err *err);
/* The query of an item that was cut; what has to be terminated is copied. */
struct split_query split_query_of(
    const struct item *item, const struct cut *cut, struct arena *arena);
/* Do context and query no longer join to the source's text, blanks apart? A rule that breaks
 * decimals or loses punctuation alters it; a lost final period is harmless to a reader and not
 * counted. */
bool split_is_altered(const struct item *item, const struct cut *cut);

/* True if the context says nothing: blanks and periods only (the release writes "."). */
bool split_context_is_empty(struct str context);

#endif
