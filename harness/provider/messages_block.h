/*
 * messages_block.h - the content blocks of a Messages response while they accumulate.
 *
 * Internal to the messages_ files. A block is kept as the text that the server wrote; deltas stand
 * beside it. A plain response is blocks without deltas. What goes back to the server is put
 * together from those bytes and never from parsed values: thinking is signed.
 */
#ifndef HARNESS_PROVIDER_MESSAGES_BLOCK_H
#define HARNESS_PROVIDER_MESSAGES_BLOCK_H

#include "harness/base/json.h"
#include "harness/provider/openai_draft.h"

struct block {
    int64_t index;
    struct str raw;                          /* the block as it began */
    struct str type;                         /* "text", "thinking", "tool_use" ... */
    const char *spoken;                      /* the member that text deltas add to, NULL = none */
    struct buf text;                         /* value of that member */
    struct buf signature;                    /* of thinking */
    struct buf input;                        /* of a tool call: JSON text */
    bool more_text, signed_late, more_input; /* deltas came */
};

struct blocks {
    struct arena *arena;
    struct block *v;
    size_t n, cap;
};

void blocks_release(struct blocks *b);
/* Begins a block of JSON text. False: it is no object, or there are too many. */
MUST_CHECK bool blocks_begin(struct blocks *b, int64_t index, struct str raw);
/* Adds a delta object to the block of that index. False: there is no such block, or the delta is
 * not of its kind. Deltas of unknown kinds are let pass. */
MUST_CHECK bool blocks_delta(struct blocks *b, int64_t index, const struct json *delta);
/* Text, thinking and calls into the draft. */
void blocks_to_draft(const struct blocks *b, struct draft *d);
/* The content array to be sent back; nothing if a call has no id of its own, because then ours
 * must stand there. A call whose input was cut goes back with {}. */
void blocks_print(const struct blocks *b, struct buf *out);

#endif
