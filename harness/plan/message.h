/*
 * message.h - a model request before it has a wire form: messages, tools and parameters.
 */
#ifndef HARNESS_PLAN_MESSAGE_H
#define HARNESS_PLAN_MESSAGE_H

#include "harness/config/traits.h"

enum role { ROLE_SYSTEM, ROLE_USER, ROLE_ASSISTANT, ROLE_TOOL };

struct tool_call {
    struct str id, name, arguments; /* arguments as the model wrote them: maybe not JSON */
};

struct message {
    enum role role;
    struct str text;
    const struct tool_call *calls; /* of an assistant turn; their arguments are JSON objects */
    size_t ncalls;
    struct str native;       /* of an assistant turn: what the wire format gave to be sent back */
    struct str reasoning;    /* of an assistant turn: for servers that want it back (traits.h) */
    struct str tool_call_id; /* of a tool result */
};

struct chat {
    struct str model;
    const struct message *messages;
    size_t n;
    const struct traits *traits; /* what the endpoint takes; NULL = traits_default */
    struct str tools;            /* JSON array, empty = none offered */
    const char *tool_choice; /* name of the tool that must be called; NULL = as the model likes */
    double temperature;      /* below 0 = not sent */
    int64_t max_tokens;      /* below 1 = not sent */
    int64_t seed;            /* negative = not sent */
    const char *effort;      /* NULL = not sent; "none" switches thinking off */
    int64_t thinking_tokens; /* most tokens of thinking; below 1 = not sent */
    bool no_thinking;        /* switch thinking off: a wish of 0 tokens; as effort "none" */
    bool stream;
    bool background; /* where the endpoint can (traits.background): made while nobody waits for it,
                      * and never a stream */
};

#endif
