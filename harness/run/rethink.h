/*
 * rethink.h - the sleep conversation: a memory block, two tools, at most n responses. Pure.
 *
 * Start with rethink_start, send the chat's messages, hand each reply to rethink_step until it says
 * that the sleep is over. Several rethink_memory calls of one response apply in order. It ends on
 * finish_rethinking_memory, on a response without a tool call, or after the last response. A text
 * over the limit is refused with a tool result that names limit and length; the block stays.
 *
 * A response none of whose calls can be carried out (broken JSON, cut, no such tool) is answered,
 * and the model may repair it: RETHINK_REPAIRS times in a row, the next such response ends the
 * sleep. What goes back never holds broken JSON. Repairs are responses as any other: they count
 * against max_calls, and their usage is the caller's to add.
 *
 * Calls that stand in the text (tool_words.h) are carried out like others, whether the model has
 * tools or was told of them in words: the turn goes back as the text it was, and the answers as one
 * message of the user. `spoken` counts them; a model that has tools should have none.
 */
#ifndef HARNESS_RUN_RETHINK_H
#define HARNESS_RUN_RETHINK_H

#include "harness/provider/provider.h"

enum { RETHINK_REPAIRS = 2 };

struct rethink {
    struct arena *arena; /* the transcript lives here */
    struct message *messages;
    size_t n, cap;
    struct str memory;               /* empty until the block is written */
    int64_t memory_chars, max_calls; /* limits */
    int64_t calls, rethinks, refused;
    int64_t spoken, repairs; /* calls that stood in a text; repairs that were asked for */
    int broken_in_a_row;     /* responses none of whose calls could be carried out */
    enum outcome last; /* outcome of the last response, tool_invalid if a call made no sense */
};

void rethink_start(struct rethink *r, struct arena *arena, struct str system, struct str user,
    int64_t memory_chars, int64_t max_calls);
/* Applies one response; true if the sleep is over. */
bool rethink_step(struct rethink *r, const struct reply *reply);

#endif
