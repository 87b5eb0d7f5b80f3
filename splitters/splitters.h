/* splitters.h - the splitters there are; a new one is a file of its own and a line in split.c. */
#ifndef SPLITTERS_SPLITTERS_H
#define SPLITTERS_SPLITTERS_H

#include "splitters/split.h"

extern const struct splitter split_release, split_strict;

/* True if the context says nothing: blanks and periods only (the release writes "."). */
bool split_context_is_empty(struct str context);

#endif
