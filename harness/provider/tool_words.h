/*
 * tool_words.h - tools in plain words, for models that take none, and calls found in a text. Pure.
 *
 * A call in words is one JSON object: {"name": "TOOL", "arguments": {...}}. Models that learned
 * another form are understood too: "tool", "tool_name" or "function" for the name, "parameters",
 * "input" or "args" for the arguments, {"function": {...}} around both, lists of calls, and any
 * fence or tag around them. Models that do have tools write calls into their text now and then;
 * whoever reads such a text counts it.
 */
#ifndef HARNESS_PROVIDER_TOOL_WORDS_H
#define HARNESS_PROVIDER_TOOL_WORDS_H

#include "harness/plan/message.h"

/* The tools of a request (JSON as in struct chat) and how to call them; `must` is the one that has
 * to be called, NULL = none. Nothing if there are none. */
void tool_words_describe(struct str tools, const char *must, struct buf *out);

/* The same conversation without tools: described in the system message, calls and results as text.
 * Results that stand together are one message of the user. Memory is the arena's. */
struct chat tool_words_chat(const struct chat *chat, struct arena *arena);

enum tool_words { TOOL_WORDS_NONE, TOOL_WORDS_CALLS, TOOL_WORDS_CUT };

/* The calls in a text, in order, without ids. A name of `names` (n of them) is enough for a call;
 * another name needs an object of arguments beside it. Arguments that are no JSON are given as they
 * stand. CUT: the text ends inside a call of one of `names`; whole calls before it are given. */
enum tool_words tool_words_read(struct str text, const char *const *names, size_t n,
    struct arena *arena, struct tool_call **ret_calls, size_t *ret_n);

#endif
