/*
 * openai_draft.h - a Chat Completions message while it accumulates; a plain response is one delta.
 *
 * Internal to the wire formats. draft_object takes every shape that servers of Chat Completions are
 * known to give tool calls, reasoning and usage, and leaves what it all means to openai_read.c.
 * The other formats fill a draft themselves; what they share with it stands at the end.
 */
#ifndef HARNESS_PROVIDER_OPENAI_DRAFT_H
#define HARNESS_PROVIDER_OPENAI_DRAFT_H

#include "harness/base/json.h"
#include "harness/provider/openai_native.h"
#include "harness/provider/provider.h"
#include "harness/provider/reply_facts.h"

struct draft_call {
    int64_t index; /* as the server counts; -1 = it does not */
    struct str id, name;
    struct buf arguments;
    struct str beside; /* what else goes back with it (openai_native.h) */
};

struct draft {
    struct arena *arena;
    struct buf content, reasoning, refusal;
    struct draft_call *calls;
    size_t ncalls, cap;
    struct str finish;
    struct usage usage;
    struct str error;
    struct str error_word; /* its code, or its type */
    int64_t error_code;    /* HTTP status inside an error object, 0 = none */
    bool has_choice, failed;
    bool withheld; /* the error is a content filter's */
    struct native native;
    struct reply_facts facts;
};

void draft_release(struct draft *d);
/* Takes one response object or stream chunk; only choice 0 is ours. */
void draft_object(struct draft *d, const struct json *v);
/* After the last object: inline thinking moves to the reasoning, glued arguments become calls of
 * their own, absent ones {}. */
void draft_finish(struct draft *d);

/* How a text stands as JSON, by its brackets and strings alone. */
enum json_shape { SHAPE_EMPTY, SHAPE_OPEN, SHAPE_WHOLE, SHAPE_BROKEN };
/* *ret_end is where the first whole value ends. */
enum json_shape draft_shape(struct str text, size_t *ret_end);

/* A call more; the last one again where there are too many. */
struct draft_call *draft_add_call(struct draft *d, int64_t index);
/* An error object, or the text of one, behind a 200 or in a stream. */
void draft_error(struct draft *d, const struct json *error);
/* The error of a body in any of the known shapes; one that stands flat ("message", "detail") gives
 * its words only, since only the status makes it an error. */
void draft_any_error(struct draft *d, const struct json *v);
/* What becomes of a failure behind a 200: by the status it names, if it names one. */
enum outcome draft_failure(const struct draft *d, bool *ret_retry);
/* The same for a failed status: a filter that withheld the prompt is a result, and an account
 * without money stays without it. */
enum outcome draft_status(const struct draft *d, long status, bool *ret_retry);
/* A count of tokens; -1 if it is absent or no count. */
int64_t draft_tokens(const struct json *usage, const char *path);
/* Totals and the parts that OpenAI counts inside them, -1 = not said. Reasoning stands inside
 * `out`, except where `total` says that it stands outside. Unknown if both totals are. */
struct draft_counts {
    int64_t in, out, total, in_cached, in_write, out_reasoning;
};
struct usage draft_usage(struct draft_counts c);
/* What the calls are worth. Some servers say tool_calls where the limit cut the arguments: the text
 * shows it. */
enum outcome draft_tool_outcome(const struct draft *d, bool length);
void draft_copy_out(struct draft *d, struct reply *ret);
struct str draft_native(const struct draft *d); /* of a Chat Completions turn; may be empty */

struct str draft_without_bom(struct str body);
bool draft_is_stream(struct str body); /* server-sent events, by their first word */
/* A refusal in plain text or HTML is still worth its first words. */
struct str draft_first_words(struct arena *arena, struct str body);
/* The same of an answer that should have been JSON and is a page or a sentence: empty for what
 * begins as JSON does, since the first words of a damaged answer are the model's. */
struct str draft_page_words(struct arena *arena, struct str body);

#endif
