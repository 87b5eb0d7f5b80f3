/* wire_impl.h - pieces of request reading that the phantom's wire formats share; internal. */
#ifndef HARNESS_PHANTOM_WIRE_IMPL_H
#define HARNESS_PHANTOM_WIRE_IMPL_H

#include "harness/base/json.h"
#include "harness/phantom/wire.h"

bool wire_absent(const struct json *v); /* or null */
/* A 400 for `param`, which should be `wanted`; false. */
bool wire_bad_type(struct wire_error *e, const char *param, const char *wanted);
/* r->model, and without "phantom/" and endings r->mind.model. */
void wire_name_model(struct str model, struct arena *arena, struct wire_request *r);
/* The root is an object with a model. */
bool wire_read_model(
    const struct json *root, struct arena *arena, struct wire_request *r, struct wire_error *e);
bool wire_read_messages(
    const struct json *list, struct arena *arena, struct mind_request *r, struct wire_error *e);
/* `nested`: a tool's name stands in its member `function`, else beside `type`. Counts them. */
bool wire_read_tools(const struct json *root, bool nested, struct arena *arena,
    struct wire_request *r, struct wire_error *e);
/* Lowers *limit (negative = none yet) to an integer of at least 1. */
bool wire_read_limit(
    const struct json *root, const char *key, int64_t *limit, struct wire_error *e);
bool wire_read_bool(const struct json *v, const char *key, bool *ret, struct wire_error *e);
/* The word of a reasoning effort, which stands at `param`; absent is empty. */
bool wire_read_effort(const struct json *v, const char *param, struct arena *arena,
    struct wire_request *r, struct wire_error *e);
/* wire_thinking.c: efforts, budgets and switches of thinking of a chat. */
bool wire_read_thinking(
    const struct json *root, struct arena *arena, struct wire_request *r, struct wire_error *e);
/* wire_prefix.c: a partial turn at the end of a chat becomes the mind's prefix. */
bool wire_read_prefix(
    const struct json *root, struct arena *arena, struct wire_request *r, struct wire_error *e);
/* temperature, n and seed */
bool wire_read_sampling(const struct json *root, struct wire_request *r, struct wire_error *e);
/* Every tool call is answered, once, by the tool messages that follow it at once. */
bool wire_check_tool_order(const struct mind_message *m, size_t n, struct wire_error *e);
/* Adds the tokens of all messages to r->prompt_tokens. */
void wire_count_messages(struct wire_request *r);

#endif
