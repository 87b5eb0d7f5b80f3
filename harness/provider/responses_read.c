/*
 * responses_read.c - Responses answers into replies: events, endings and what they mean.
 *
 * Plain and streamed bodies end in the same struct reply. A 200 is a success only with a final
 * status: `completed`, or `incomplete` with its reason. Unknown events and items are ignored;
 * unknown items still go back with the others.
 */
#include "harness/provider/responses.h"

#include "harness/base/json_slice.h"
#include "harness/net/sse.h"
#include "harness/provider/openai_read.h"
#include "harness/provider/responses_items.h"

#include <string.h>

struct reading {
    struct items items;
    struct draft draft;
    struct str status;     /* of the response; empty before it is known */
    struct str error_code; /* the word behind a failure */
    struct str id;         /* of the response; may be empty */
    bool over;             /* the final event was seen */
};

static bool is_one_of(struct str word, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (str_eqc(word, words[i]))
            return true;
    return false;
}

static void read_usage(const struct json *usage, struct usage *ret)
{
    *ret = draft_usage((struct draft_counts){
        .in = draft_tokens(usage, "input_tokens"),
        .out = draft_tokens(usage, "output_tokens"),
        .total = draft_tokens(usage, "total_tokens"),
        .in_cached = draft_tokens(usage, "input_tokens_details.cached_tokens"),
        .in_write = draft_tokens(usage, "input_tokens_details.cache_write_tokens"),
        .out_reasoning = draft_tokens(usage, "output_tokens_details.reasoning_tokens"),
    });
}

static void read_error(struct reading *r, const struct json *error)
{
    draft_error(&r->draft, error);
    r->error_code = arena_str(r->draft.arena, json_str(json_get(error, "code")));
}

/* A response object, plain or inside a final event; `text` is what it was read from. */
static void read_response(struct reading *r, const struct json *v, struct str text)
{
    struct json_slices raw = json_slices_of(json_slice(text, "output"));
    const struct json *error = json_get(v, "error");
    struct str reason = json_str(json_path(v, "incomplete_details.reason")), key, value;
    int64_t index = 0;

    for (const struct json *i = json_first(json_get(v, "output")); i; i = json_next(i), index++) {
        value = STR(""); /* an odd spelling of "output": the item is printed anew */
        (void)json_slices_next(&raw, &key, &value);
        items_take(&r->items, index, true, i, value);
    }
    reply_facts_take(&r->draft.facts, r->draft.arena, v);
    r->status = arena_str(r->draft.arena, json_str(json_get(v, "status")));
    r->id = arena_str(r->draft.arena, json_str(json_get(v, "id")));
    r->draft.finish = reason.n ? arena_str(r->draft.arena, reason) : r->status;
    read_usage(json_get(v, "usage"), &r->draft.usage);
    if (json_type(error) == JSON_OBJECT || json_type(error) == JSON_STRING)
        read_error(r, error);
}

/* The event's last word where the response inside has no status. */
static void read_end(struct reading *r, struct str type, const struct json *v, struct str text)
{
    r->over = true;
    read_response(r, json_get(v, "response"), json_slice(text, "response"));
    if (r->status.n == 0)
        r->status = r->draft.finish =
            arena_str(r->draft.arena, str_from(type, strlen("response.")));
}

static void read_event(struct reading *r, const struct json *v, struct str text)
{
    static const char *const ends[] = {
        "response.completed", "response.incomplete", "response.failed", "response.cancelled"};
    struct str type = json_str(json_get(v, "type"));
    const struct json *error = json_get(v, "error");
    int64_t index;

    if (str_eqc(type, "error") || json_type(error) == JSON_OBJECT ||
        json_type(error) == JSON_STRING) {
        r->over = true;
        read_error(r, json_type(error) == JSON_ABSENT || json_type(error) == JSON_NULL ? v : error);
    } else if (is_one_of(type, ends, ARRAY_LEN(ends))) {
        read_end(r, type, v, text);
    } else if (str_starts(type, STR("response.output_item."))) {
        if (!json_int(json_get(v, "output_index"), &index))
            index = items_unnamed(&r->items);
        items_take(&r->items, index, str_ends(type, STR(".done")), json_get(v, "item"),
            json_slice(text, "item"));
    } else {
        items_delta(&r->items, type, v);
    }
}

/* False if it is no JSON object. */
static bool read_one(struct reading *r, struct str text, bool event)
{
    struct json *doc;

    text = draft_without_bom(text);
    if (json_parse(text, JSON_REPAIR, &doc, NULL))
        return false;
    bool object = json_type(doc) == JSON_OBJECT;
    if (object && event)
        read_event(r, doc, text);
    else if (object)
        read_response(r, doc, text);
    json_free(doc);
    return object;
}

/* What stands behind the final event is not read. */
static bool read_streamed(void *reading, struct str data)
{
    struct reading *r = reading;

    return r->over || read_one(r, data, true);
}

/* ---- what it means --------------------------------------------------------------------------- */

/* Again, unless the error says that the request itself is at fault. */
static enum outcome failed_outcome(const struct reading *r, bool *ret_retry)
{
    static const char *const passing[] = {
        "", "server_error", "rate_limit_exceeded", "slow_down", "vector_store_timeout"};

    if (r->draft.error_code || r->draft.withheld)
        return draft_failure(&r->draft, ret_retry);
    *ret_retry = is_one_of(r->error_code, passing, ARRAY_LEN(passing));
    return OUTCOME_PROVIDER_ERROR;
}

static enum outcome ended_outcome(const struct reading *r)
{
    const struct draft *d = &r->draft;
    bool cut = str_eqc(r->status, "incomplete");

    if (str_eqc(d->finish, "content_filter"))
        return OUTCOME_CONTENT_FILTER;
    if (d->ncalls)
        return draft_tool_outcome(d, cut);
    if (str_trim(buf_str(&d->content)).n)
        return cut ? OUTCOME_TRUNCATED : OUTCOME_OK;
    if (d->refusal.n)
        return OUTCOME_REFUSAL;
    return cut ? OUTCOME_NO_ANSWER_BUDGET : OUTCOME_REASONING_ONLY;
}

static void classify(const struct reading *r, bool readable, bool stream, struct reply *ret)
{
    static const char *const under_way[] = {"queued", "in_progress"};
    static const char *const ended[] = {"completed", "incomplete"};

    ret->retry = true;
    if (r->draft.failed || str_eqc(r->status, "failed")) {
        ret->outcome = failed_outcome(r, &ret->retry);
    } else if ((stream && !r->over) || str_eqc(r->status, "cancelled")) {
        ret->outcome = OUTCOME_INCOMPLETE_STREAM;
    } else if (is_one_of(r->status, under_way, ARRAY_LEN(under_way))) {
        ret->outcome = OUTCOME_INCOMPLETE_STREAM;
        ret->pending = r->id;
    } else if (!readable || r->items.too_many || !is_one_of(r->status, ended, ARRAY_LEN(ended))) {
        ret->outcome = OUTCOME_BAD_JSON;
    } else {
        ret->retry = false;
        ret->outcome = ended_outcome(r);
    }
}

void responses_read(
    long status, struct str body, bool streamed, struct arena *arena, struct reply *ret)
{
    struct reading r = {
        .items = {.arena = arena},
        .draft = {.arena = arena, .usage = USAGE_UNKNOWN},
        .error_code = {"", 0},
        .id = {"", 0},
    };
    bool stream = streamed && draft_is_stream(body);

    if (status < 200 || status > 299) { /* errors are those of Chat Completions */
        openai_read(status, body, streamed, arena, ret);
        return;
    }
    *ret = (struct reply){.usage = USAGE_UNKNOWN};
    bool readable = stream ? sse_each(body, read_streamed, &r) : read_one(&r, body, false);
    items_finish(&r.items, &r.draft);
    draft_copy_out(&r.draft, ret);
    classify(&r, readable, stream, ret);
    if (ret->outcome == OUTCOME_BAD_JSON && ret->error.n == 0)
        ret->error = draft_page_words(arena, body);
    if (outcome_is_result(ret->outcome))
        ret->native = items_native(&r.items, &r.draft);
    draft_release(&r.draft);
    items_release(&r.items);
}
