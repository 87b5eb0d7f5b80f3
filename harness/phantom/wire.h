/*
 * wire.h - the phantom's side of OpenAI Chat Completions: request bytes in, response bytes out.
 *
 * Pure. Accepted: roles system, developer (read as system), user, assistant, tool; content as a
 * string or a list of text parts; tools, tool_choice "none", max_tokens, max_completion_tokens
 * (the smaller one binds), n_predict (wins over both), temperature, seed, stream, stream_options,
 * n = 1; efforts, budgets and switches of thinking in the dialects of wire_thinking.c; a partial
 * turn of the assistant at the end (wire_prefix.c). Any other field is ignored. A wrong type, an
 * unknown effort or a broken order of tool results is a 400.
 *
 * A model's name may have endings: ":ignore-limit" (max_completion_tokens and max_output_tokens do
 * nothing, max_tokens does), ":ignore-thinking" (budgets of thinking do nothing),
 * ":ignore-budgets" (both) and ":newest" (refuses what the newest Messages models refuse).
 *
 * Tokens are counted by harness/base/token.h: of the prompt, the text of all messages, names and
 * arguments of earlier tool calls, and name, description and parameters of the offered tools; of
 * the completion, hidden reasoning, content, and name + arguments of each tool call, in this order.
 * That order is also the one in which a token limit cuts.
 */
#ifndef HARNESS_PHANTOM_WIRE_H
#define HARNESS_PHANTOM_WIRE_H

#include "harness/base/digest.h"
#include "harness/phantom/mind.h"

struct wire_error {
    int status;
    const char *param, *code; /* may be NULL */
    struct err err;           /* the message */
};

/* Fills *e with an OpenAI-shaped error; false, so that readers write `return wire_fail(...)`. */
#define wire_fail(e, status, param, code, ...)                                                     \
    (err_set(&(e)->err, ERR_INPUT, __VA_ARGS__), wire_fail_as((e), (status), (param), (code)))
bool wire_fail_as(struct wire_error *e, int status, const char *param, const char *code);

struct wire_request {
    struct mind_request mind; /* seed is 0 until the server sets it */
    struct str model;         /* as the client wrote it */
    bool stream, include_usage;
    bool background;           /* Responses: made while nobody waits for it */
    bool include_encrypted;    /* Responses: reasoning items carry encrypted_content */
    bool show_reasoning;       /* Messages: thinking blocks have their text */
    const char *reasoning_key; /* Chat: member that shows the reasoning, or NULL */
    bool ignore_limit, ignore_thinking, newest; /* endings of the model's name, or the server's */
    bool has_seed;
    uint64_t seed;
    int64_t prompt_tokens;
};

/* Texts live in the arena. ret's ignore_... are read too: true where the server ignores. On false
 * *ret_error says why. */
bool wire_read(
    struct str body, struct arena *arena, struct wire_request *ret, struct wire_error *ret_error);

struct wire_reply {
    const char *id;
    const char *fingerprint;
    struct str model;
    struct str content;
    struct str reasoning;      /* what was thought up to the limit */
    const char *reasoning_key; /* of the request */
    struct mind_tool_call *calls;
    size_t ncalls;
    const char *finish_reason;
    int64_t prompt_tokens, completion_tokens, reasoning_tokens;
};

/* Cuts what the mind wants to say to the token limit and counts it. Ids are made from `digest`. */
void wire_fit(const struct wire_request *request, const struct mind_reply *said,
    struct digest digest, struct arena *arena, struct wire_reply *ret);

void wire_write_json(const struct wire_reply *reply, struct buf *out);
void wire_write_sse(const struct wire_reply *reply, bool include_usage, struct buf *out);
void wire_write_error(const struct wire_error *e, struct buf *out);

#endif
