/*
 * responses_items.h - the output items of a Responses answer while they arrive. Internal.
 *
 * A stream gives each item in pieces and then whole; a plain body gives all whole. What is whole
 * replaces its pieces, once: encrypted_content is complete only there.
 */
#ifndef HARNESS_PROVIDER_RESPONSES_ITEMS_H
#define HARNESS_PROVIDER_RESPONSES_ITEMS_H

#include "harness/base/json.h"
#include "harness/provider/openai_draft.h"

struct items_one {
    int64_t index; /* output_index; items stand in its order */
    bool whole;
    bool commentary; /* a message that announces what comes, no answer */
    bool message, call;
    struct str id, name; /* of a call */
    struct buf text, refusal, reasoning, arguments;
    struct str raw; /* the whole item as received, "" before that */
};

struct items {
    struct arena *arena;
    struct items_one *v;
    size_t n, cap;
    bool too_many;
};

void items_release(struct items *items);

/* An item, begun or `whole`; `raw` is the text of v. Nothing happens to one that is whole. */
void items_take(
    struct items *items, int64_t index, bool whole, const struct json *v, struct str raw);

/* The index that an event means which names none: the item under way, or a new one behind it. */
int64_t items_unnamed(const struct items *items);

/* A delta event of the given type. */
void items_delta(struct items *items, struct str type, const struct json *event);

/* Text, reasoning, refusals and calls into the draft. */
void items_finish(const struct items *items, struct draft *d);

/* All items as a JSON array, byte for byte; empty if one did not come whole, or if the calls
 * cannot be answered as they stand. `d` is the finished draft. */
struct str items_native(const struct items *items, const struct draft *d);

#endif
