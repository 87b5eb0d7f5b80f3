/*
 * openai_native.h - what of a Chat Completions turn has to go back that text and calls do not hold.
 *
 * Content in parts (Mistral's thinking), reasoning_details (OpenRouter), thought signatures beside
 * calls and text (Gemini's extra_content). Kept as one JSON object in the wire's own form:
 *
 *     {"content":[..],"tool_calls":[{"extra_content":{..}},{}],"reasoning_details":[..]}
 *
 * where tool_calls holds only what stands beside id and function, by position. Ids and arguments
 * are not in it: servers refuse a conversation with broken ones for ever, so those are written anew
 * from the message. Pieces of a stream are joined into what a plain response would have said.
 * Internal to the openai_ files.
 */
#ifndef HARNESS_PROVIDER_OPENAI_NATIVE_H
#define HARNESS_PROVIDER_OPENAI_NATIVE_H

#include "harness/base/arena.h"
#include "harness/base/buf.h"
#include "harness/base/json.h"

extern const char *const openai_native_kept[]; /* members beside content and calls; NULL-ended */

struct native_part; /* an element of a list */

struct native_list {
    struct native_part *v;
    size_t n, cap;
};

struct native {
    struct arena *arena;
    struct native_list content, details;
    bool parts;             /* content holds more than text */
    struct str extra, mark; /* of the message: extra_content, provider_specific_fields */
};

void native_release(struct native *n);
/* Takes a message or delta; `before` is the text that came earlier. */
void native_take(struct native *n, const struct json *m, struct str before, bool plain);
/* What stands beside a call, added to what stood there before: a JSON object, or empty. */
struct str native_beside_call(struct arena *arena, struct str before, const struct json *call);
/* The object; nothing if nothing needs to be kept. `beside` are the n calls' own. */
void native_print(const struct native *n, const struct str *beside, size_t ncalls, struct buf *out);

#endif
