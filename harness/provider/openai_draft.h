/*
 * openai_draft.h - a Chat Completions message while it accumulates; a plain response is one delta.
 *
 * Internal to the openai_ files. It takes every shape that servers are known to give tool calls,
 * reasoning and usage, and leaves what it all means to openai_read.c.
 */
#ifndef HARNESS_PROVIDER_OPENAI_DRAFT_H
#define HARNESS_PROVIDER_OPENAI_DRAFT_H

#include "harness/base/json.h"
#include "harness/provider/provider.h"

struct draft_call {
    int64_t index; /* as the server counts; -1 = it does not */
    struct str id, name;
    struct buf arguments;
};

struct draft {
    struct arena *arena;
    struct buf content, reasoning, refusal;
    struct draft_call *calls;
    size_t ncalls, cap;
    struct str finish;
    struct usage usage;
    struct str error;
    int64_t error_code; /* HTTP status inside an error object, 0 = none */
    bool has_choice, failed;
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

#endif
