/*
 * grade_find.h - where an answer names its result: boxes and phrases, for the graders of ours.
 */
#ifndef METRICS_GRADE_FIND_H
#define METRICS_GRADE_FIND_H

#include "metrics/grade_token.h"

/* The boxes of a text from the last to the first, at most 64 of them. */
struct grade_boxes {
    struct str text;
    size_t at;
    int seen;
};

struct grade_boxes grade_boxes(struct str text);
/* Content of the next \boxed{..} whose braces balance within 4096 bytes; false if there is none. */
bool grade_boxes_next(struct grade_boxes *b, struct str *ret);

/* The last "answer is", "answer:" or "answer =" of a plain text (grade_plain) that a number token
 * follows, filling words apart; if the line goes on as a calculation, the token behind its last
 * '='. A number that only labels an entry on a new line is none. */
bool grade_phrase(struct str plain, struct arena *arena, struct grade_value *ret);

/* Byte behind the run of bytes of `set` that begins at i. */
size_t grade_skip(struct str s, size_t i, const char *set);
/* Is a number that ends at `end` the label of a heading or list entry: "2. Then", "2) Then"? */
bool grade_is_label(struct str s, size_t end);

#endif
