/*
 * scoring_align.h - which tokens of an echoed text are the query's. Pure.
 *
 * Offsets that servers tell count what their tokens decode to, and a token that holds a part of a
 * character decodes to U+FFFD (or to "bytes:\xe2\x80"), so the text itself is walked along.
 */
#ifndef HARNESS_PROVIDER_SCORING_ALIGN_H
#define HARNESS_PROVIDER_SCORING_ALIGN_H

#include "harness/provider/completions.h"

struct scoring_align {
    size_t first, end;   /* tokens of the query: first..end-1; what was generated stands behind */
    bool merged;         /* the first of them begins in front of the boundary */
    int64_t chars;       /* code points of the context in it; 0 unless merged */
    bool double_special; /* the text is headed by one special token twice */
};

/* `boundary` is the length of the context in bytes. False if the tokens do not spell the text;
 * *ret_bad is then the first that does not fit, or n if the text is longer than they are. */
bool scoring_align(const struct completion_token *tokens, size_t n, struct str text,
    size_t boundary, struct scoring_align *ret, size_t *ret_bad);

#endif
