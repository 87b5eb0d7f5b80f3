/*
 * answering.h - the conversation of an answering task: one response, or several with a tool. Pure.
 *
 * The answer is the text of the one response (channel text), or what the model hands to the tool
 * send_message (channel tool, as the released code has it). With the tool a model may take several
 * responses: each one without the tool is a step, the next request says which step of how many it
 * is, and the last step must use the tool. A response that is no whole answer ends it as well.
 *
 * A call of send_message that stands in the text (tool_words.h) is one like any other, whether the
 * model has tools or was told of them in words; other calls there are text.
 */
#ifndef HARNESS_RUN_ANSWERING_H
#define HARNESS_RUN_ANSWERING_H

#include "harness/provider/provider.h"

struct answering {
    struct arena *arena; /* the transcript lives here */
    struct message *messages;
    size_t n, cap;
    struct str tools;    /* with send_message; empty: the channel is text */
    int64_t steps, done; /* most responses, and those that came */
    struct str content;  /* the answer; empty if none came */
    enum outcome last;   /* outcome of the last response, tool_invalid if its call made no sense,
                          * tool_truncated if its text ends inside a call */
};

/* `tools` (borrowed) empty: answers come as text. `steps` at least 1; only a tool makes more. */
void answering_start(struct answering *a, struct arena *arena, struct str system, struct str user,
    struct str tools, int64_t steps);
/* Sets messages, tools and tool choice of the next request. */
void answering_ask(const struct answering *a, struct chat *chat);
/* Applies one response; true if the conversation is over. */
bool answering_step(struct answering *a, const struct reply *reply);

#endif
