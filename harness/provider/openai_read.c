/*
 * openai_read.c - Chat Completions responses into replies.
 *
 * Plain and streamed bodies end in the same struct reply. A 200 is a success only with a finish
 * reason; usage that is absent stays unknown; `reasoning_tokens` is part of `completion_tokens` and
 * `cached_tokens` part of `prompt_tokens`, so both are taken out of their totals.
 */
#include "harness/provider/openai_read.h"

#include "harness/base/json.h"
#include "harness/net/sse.h"

/* A message as it accumulates; a plain response is one delta. */
struct draft {
    struct arena *arena;
    struct buf content, reasoning, refusal;
    struct draft_call {
        int64_t index;
        struct str id, name;
        struct buf arguments;
    } * calls;
    size_t ncalls, cap;
    struct str finish;
    struct usage usage;
    struct str error;
    int64_t error_code; /* status inside an error object, 0 = none */
    bool has_choice, failed;
};

static void draft_release(struct draft *d)
{
    buf_release(&d->content);
    buf_release(&d->reasoning);
    buf_release(&d->refusal);
    for (size_t i = 0; i < d->ncalls; i++)
        buf_release(&d->calls[i].arguments);
    /* the array itself is the arena's */
}

static int64_t token_field(const struct json *usage, const char *path)
{
    int64_t v;

    return json_int(json_path(usage, path), &v) && v >= 0 ? v : -1;
}

static int64_t without(int64_t total, int64_t part)
{
    return total < 0 || part < 0 ? total : total > part ? total - part : 0;
}

static void read_usage(const struct json *usage, struct usage *ret)
{
    if (json_type(usage) != JSON_OBJECT)
        return;
    struct usage u = USAGE_UNKNOWN;
    int64_t in = token_field(usage, "prompt_tokens");
    int64_t out = token_field(usage, "completion_tokens");
    u.in_cached = token_field(usage, "prompt_tokens_details.cached_tokens");
    u.in_write = token_field(usage, "prompt_tokens_details.cache_write_tokens");
    u.out_reasoning = token_field(usage, "completion_tokens_details.reasoning_tokens");
    u.in_uncached = without(without(in, u.in_cached), u.in_write);
    u.out_visible = without(out, u.out_reasoning);
    *ret = u;
}

/* Content is a string, or a list of parts of which the text counts. */
static void read_text(const struct json *v, struct buf *out)
{
    if (json_type(v) == JSON_STRING)
        buf_str_add(out, json_str(v));
    for (const struct json *part = json_first(v); part; part = json_next(part))
        buf_str_add(out, json_str(json_get(part, "text")));
}

static struct draft_call *call_at(struct draft *d, int64_t index)
{
    for (size_t i = 0; i < d->ncalls; i++)
        if (d->calls[i].index == index)
            return &d->calls[i];
    if (d->ncalls == d->cap) {
        size_t cap = d->cap ? 2 * d->cap : 4;
        struct draft_call *bigger = arena_array(d->arena, struct draft_call, cap);
        for (size_t i = 0; i < d->ncalls; i++)
            bigger[i] = d->calls[i];
        d->calls = bigger;
        d->cap = cap;
    }
    d->calls[d->ncalls] = (struct draft_call){.index = index};
    return &d->calls[d->ncalls++];
}

static void read_call(struct draft *d, const struct json *v, int64_t position)
{
    int64_t index = position;
    const struct json *arguments = json_path(v, "function.arguments");

    if (json_get(v, "index") && !json_int(json_get(v, "index"), &index))
        index = position;
    struct draft_call *call = call_at(d, index);
    struct str id = json_str(json_get(v, "id")), name = json_str(json_path(v, "function.name"));
    if (id.n && !call->id.n)
        call->id = arena_str(d->arena, id);
    if (name.n && !call->name.n)
        call->name = arena_str(d->arena, name);
    if (json_type(arguments) == JSON_OBJECT)
        json_print(&call->arguments, arguments);
    else
        buf_str_add(&call->arguments, json_str(arguments));
}

/* `message` of a plain response or `delta` of a chunk. */
static void read_message(struct draft *d, const struct json *m)
{
    int64_t position = 0;

    read_text(json_get(m, "content"), &d->content);
    read_text(json_get(m, "reasoning_content"), &d->reasoning);
    read_text(json_get(m, "reasoning"), &d->reasoning);
    read_text(json_get(m, "refusal"), &d->refusal);
    for (const struct json *c = json_first(json_get(m, "tool_calls")); c; c = json_next(c))
        read_call(d, c, position++);
}

static void read_error(struct draft *d, const struct json *error)
{
    struct str text =
        json_type(error) == JSON_STRING ? json_str(error) : json_str(json_get(error, "message"));

    d->failed = true;
    d->error = arena_str(d->arena, text);
    (void)json_int(json_get(error, "code"), &d->error_code); /* 0 stays if it is not a number */
}

/* One response object or stream chunk; only choice 0 is ours. */
static void read_object(struct draft *d, const struct json *v)
{
    const struct json *error = json_get(v, "error");

    if (json_type(error) == JSON_OBJECT || json_type(error) == JSON_STRING)
        read_error(d, error);
    read_usage(json_get(v, "usage"), &d->usage);
    for (const struct json *c = json_first(json_get(v, "choices")); c; c = json_next(c)) {
        int64_t index = 0;
        (void)json_int(json_get(c, "index"), &index); /* absent means 0 */
        if (index != 0)
            continue;
        d->has_choice = true;
        read_message(d, json_get(c, json_get(c, "delta") ? "delta" : "message"));
        struct str finish = json_str(json_get(c, "finish_reason"));
        if (finish.n)
            d->finish = arena_str(d->arena, finish);
    }
}

static bool read_plain(struct draft *d, struct str body)
{
    struct json *doc;

    if (json_parse(body, JSON_REPAIR, &doc, NULL))
        return false;
    bool object = json_type(doc) == JSON_OBJECT;
    read_object(d, doc);
    json_free(doc);
    return object;
}

/* False if an event cannot be read: the bytes were cut or damaged. */
static bool read_stream(struct draft *d, struct str body)
{
    struct sse sse = sse_of(body);
    struct sse_event event;
    struct buf scratch = BUF_INIT;
    bool ok = true;

    while (ok && sse_next(&sse, &scratch, &event)) {
        if (event.data.n == 0 || str_eqc(event.data, "[DONE]"))
            continue;
        ok = read_plain(d, event.data);
    }
    buf_release(&scratch);
    return ok;
}

static enum outcome tool_outcome(const struct draft *d, bool length)
{
    if (length)
        return OUTCOME_TOOL_TRUNCATED;
    for (size_t i = 0; i < d->ncalls; i++)
        if (d->calls[i].name.n == 0)
            return OUTCOME_TOOL_INVALID;
    return OUTCOME_OK;
}

static enum outcome finished_outcome(const struct draft *d)
{
    bool length = str_eqc(d->finish, "length") || str_eqc(d->finish, "model_length");

    if (str_eqc(d->finish, "content_filter"))
        return OUTCOME_CONTENT_FILTER;
    if (d->ncalls)
        return tool_outcome(d, length);
    if (str_trim(buf_str(&d->content)).n)
        return length ? OUTCOME_TRUNCATED : OUTCOME_OK;
    if (d->refusal.n)
        return OUTCOME_REFUSAL;
    if (length)
        return OUTCOME_NO_ANSWER_BUDGET;
    return OUTCOME_REASONING_ONLY;
}

static void copy_out(struct draft *d, struct reply *ret)
{
    ret->content = arena_str(d->arena, buf_str(&d->content));
    ret->reasoning = arena_str(d->arena, buf_str(&d->reasoning));
    ret->refusal = arena_str(d->arena, buf_str(&d->refusal));
    ret->finish = d->finish;
    ret->usage = d->usage;
    ret->error = d->error;
    ret->calls = arena_array(d->arena, struct tool_call, d->ncalls);
    ret->ncalls = d->ncalls;
    for (size_t i = 0; i < d->ncalls; i++)
        ret->calls[i] = (struct tool_call){
            d->calls[i].id, d->calls[i].name, arena_str(d->arena, buf_str(&d->calls[i].arguments))};
}

static void classify_success(const struct draft *d, bool readable, bool streamed, struct reply *ret)
{
    if (d->failed) {
        bool retry = true;
        ret->outcome =
            d->error_code ? provider_status((long)d->error_code, &retry) : OUTCOME_PROVIDER_ERROR;
        ret->retry = retry;
    } else if (streamed && d->finish.n == 0) {
        ret->outcome = OUTCOME_INCOMPLETE_STREAM;
        ret->retry = true;
    } else if (!readable || !d->has_choice || d->finish.n == 0) {
        ret->outcome = OUTCOME_BAD_JSON;
        ret->retry = true;
    } else {
        ret->outcome = finished_outcome(d);
    }
}

static bool looks_like_stream(struct str body)
{
    struct str s = str_trim(body);

    return str_starts(s, STR("data:")) || str_starts(s, STR("event:")) || str_starts(s, STR(":"));
}

void openai_read(
    long status, struct str body, bool streamed, struct arena *arena, struct reply *ret)
{
    struct draft d = {.arena = arena, .usage = USAGE_UNKNOWN};
    bool stream = streamed && looks_like_stream(body);

    *ret = (struct reply){.usage = USAGE_UNKNOWN};
    bool readable = stream ? read_stream(&d, body) : read_plain(&d, body);
    copy_out(&d, ret);
    if (status < 200 || status > 299)
        ret->outcome = provider_status(status, &ret->retry);
    else
        classify_success(&d, readable, stream, ret);
    draft_release(&d);
}
