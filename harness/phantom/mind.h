/*
 * mind.h - the phantom's engine: text in, text out, with faults. Pure apart from its caches.
 *
 * It gets what a request carries and nothing else: no gold, no ids, no arm. Reading, retrieval,
 * slips, allowance of lines and trust are as ARCHITECTURE 6 says; parameters come from one
 * committed file, configs/phantom.json. A mind may be used by several threads.
 */
#ifndef HARNESS_PHANTOM_MIND_H
#define HARNESS_PHANTOM_MIND_H

#include "datasets/template.h"
#include "datasets/world.h"

struct mind; /* worlds, competition problems, template library, parameters, parsed problems */

struct mind_options {
    const char *library; /* directory of GSM-Symbolic templates, or NULL */
    const char *params;  /* parameter file, or NULL for the embedded configs/phantom.json */
};

MUST_CHECK enum err_code mind_new(
    const struct mind_options *options, struct mind **ret, struct err *err);
void mind_free(struct mind *m);
bool mind_has_model(const struct mind *m, struct str model); /* "small", "large" ... */
/* Model names for /v1/models: i from 0, NULL behind the last. */
const char *mind_model_name(const struct mind *m, size_t i);
bool mind_thinks_unasked(const struct mind *m, struct str model); /* as the reasoner does */
/* A short hash of engine version and the model's parameters, for system_fingerprint. */
const char *mind_fingerprint(const struct mind *m, struct str model);

/* A turn of the conversation as the wire gave it. */
enum mind_role { MIND_SYSTEM, MIND_USER, MIND_ASSISTANT, MIND_TOOL };

struct mind_tool_call {
    struct str id, name, arguments; /* arguments: JSON text */
};

struct mind_message {
    enum mind_role role;
    struct str text;
    struct mind_tool_call *calls; /* of an assistant turn */
    size_t ncalls;
    struct str call_id; /* of a tool turn: the call it answers */
};

/* What the assistant has said of the turn at hand; the mind goes on behind it. */
enum mind_stage {
    MIND_FRESH,    /* nothing yet */
    MIND_THINKING, /* in the middle of its thinking, maybe at its start */
    MIND_ANSWERING /* the thinking, if there was any, is over */
};

struct mind_prefix {
    enum mind_stage stage;
    struct str thinking, answer; /* texts so far */
};

struct mind_request {
    struct str model; /* without "phantom/" */
    const struct mind_message *messages;
    size_t nmessages;
    const struct str *tools; /* names of the offered tools */
    size_t ntools;
    struct str reasoning_effort; /* empty if absent */
    bool thinks;                 /* told to think, by a tag or a switch; an effort has the say */
    bool thinking_limited;       /* its thinking is cut behind thinking_tokens */
    int64_t thinking_tokens;
    struct mind_prefix prefix;
    int64_t max_tokens; /* -1 if absent */
    double temperature;
    uint64_t seed; /* the request's, or a draw from the server's own state */
};

/* What it wants to say, behind the prefix if there is one; texts live in the arena. */
struct mind_reply {
    struct str content;
    struct str reasoning; /* hidden reasoning text, counted but not shown; may be empty */
    struct mind_tool_call *calls;
    size_t ncalls;
};

/* Randomness depends on what is said and offered, the model's parameters (not its name) and the
 * temperature; above temperature 0 on `seed` too. max_tokens changes nothing here: like a real
 * model the mind does not know its limit, the server cuts. A limit of thinking changes nothing
 * before the place where it cuts; what was not thought by then is done in the answer.
 *
 * A prefix that is what it would have said itself is continued to the same text. Behind any other
 * prefix it thinks anew, and the lines written there are lines of its own. ERR_NOT_FOUND: no such
 * model. */
MUST_CHECK enum err_code mind_answer(const struct mind *m, const struct mind_request *request,
    struct arena *arena, struct mind_reply *ret, struct err *err);

#endif
