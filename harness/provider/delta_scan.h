/*
 * delta_scan.h - the usual chunk of a streamed Chat Completions answer, read in one pass. Pure.
 *
 * A long answer is thousands of chunks that carry a few bytes of text in 170 bytes of JSON. One
 * that holds nothing but text (or reasoning) for choice 0 among members known to mean nothing else
 * is taken apart here without a tree; anything unusual is left to the full reader, whose result for
 * those taken is the same by definition. What is accepted is valid JSON in valid UTF-8.
 */
#ifndef HARNESS_PROVIDER_DELTA_SCAN_H
#define HARNESS_PROVIDER_DELTA_SCAN_H

#include "harness/base/buf.h"

/* Members that say who answered; as they stand between their quotes, empty if absent. */
enum delta_fact {
    DELTA_MODEL,
    DELTA_FINGERPRINT,
    DELTA_PROVIDER,
    DELTA_TIER,
    DELTA_REQUEST,
    DELTA_ID,
    DELTA_FACTS
};

/* A JSON string as it stands between its quotes. */
struct delta_text {
    struct str raw;
    bool escaped; /* holds escapes */
};

struct delta {
    struct delta_text content, reasoning; /* empty if absent or null */
    struct str facts[DELTA_FACTS];
};

/* False, with *ret undefined, if the full reader has to look at it. */
bool delta_scan(struct str data, struct delta *ret);
/* Appends the text that the JSON string stands for. */
void delta_text_add(struct buf *out, struct delta_text text);

#endif
