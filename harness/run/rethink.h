/*
 * rethink.h - the sleep conversation: a memory block, two tools, at most n responses. Pure.
 *
 * Start with rethink_start, send the chat's messages, hand each reply to rethink_step until it says
 * that the sleep is over. Several rethink_memory calls of one response apply in order. It ends on
 * finish_rethinking_memory, on a response without a tool call, or after the last response. A text
 * over the limit is refused with a tool result that names limit and length; the block stays.
 */
#ifndef HARNESS_RUN_RETHINK_H
#define HARNESS_RUN_RETHINK_H

#include "harness/provider/provider.h"

struct rethink {
    struct arena *arena; /* the transcript lives here */
    struct message *messages;
    size_t n, cap;
    struct str memory;               /* empty until the block is written */
    int64_t memory_chars, max_calls; /* limits */
    int64_t calls, rethinks, refused;
    enum outcome last; /* outcome of the last response, tool_invalid if a call made no sense */
};

void rethink_start(struct rethink *r, struct arena *arena, struct str system, struct str user,
    int64_t memory_chars, int64_t max_calls);
/* Applies one response; true if the sleep is over. */
bool rethink_step(struct rethink *r, const struct reply *reply);

#endif
