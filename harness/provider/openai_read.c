/*
 * openai_read.c - Chat Completions responses into replies: what a collected message means.
 *
 * Plain and streamed bodies end in the same struct reply. A 200 is a success only with a finish
 * reason; usage that is absent stays unknown; `reasoning_tokens` is part of `completion_tokens` and
 * `cached_tokens` part of `prompt_tokens`, so both are taken out of their totals.
 */
#include "harness/provider/openai_read.h"

#include "harness/base/json.h"
#include "harness/net/sse.h"
#include "harness/provider/openai_draft.h"

static const struct str bom = {"\xEF\xBB\xBF", 3};

static bool read_plain(struct draft *d, struct str body)
{
    struct json *doc;

    if (str_starts(body, bom))
        body = str_from(body, bom.n);
    if (json_parse(body, JSON_REPAIR, &doc, NULL))
        return false;
    bool object = json_type(doc) == JSON_OBJECT;
    draft_object(d, doc);
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

/* Some servers say tool_calls where the limit cut the arguments: the text shows it. */
static enum outcome tool_outcome(const struct draft *d, bool length)
{
    enum outcome outcome = OUTCOME_OK;

    for (size_t i = 0; i < d->ncalls; i++) {
        struct str arguments = buf_str(&d->calls[i].arguments);
        struct json *doc = NULL;
        size_t end;
        if (draft_shape(arguments, &end) == SHAPE_OPEN)
            return OUTCOME_TOOL_TRUNCATED;
        if (d->calls[i].name.n == 0 || json_parse(arguments, JSON_REPAIR, &doc, NULL))
            outcome = OUTCOME_TOOL_INVALID;
        json_free(doc);
    }
    return length ? OUTCOME_TOOL_TRUNCATED : outcome;
}

static bool finish_is(const struct draft *d, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (str_eqc(d->finish, words[i]))
            return true;
    return false;
}

/* An unknown word is taken as "stop": the text is there, and servers invent words. */
static enum outcome finished_outcome(const struct draft *d, bool *ret_retry)
{
    static const char *const lengths[] = {"length", "model_length", "max_tokens"};
    static const char *const failures[] = {"error", "abort", "insufficient_system_resource"};
    bool length = finish_is(d, lengths, ARRAY_LEN(lengths));

    if (finish_is(d, failures, ARRAY_LEN(failures))) {
        *ret_retry = true;
        return OUTCOME_PROVIDER_ERROR;
    }
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
        ret->outcome = finished_outcome(d, &ret->retry);
    }
}

static bool looks_like_stream(struct str body)
{
    static const char *const fields[] = {"data:", "event:", "id:", "retry:", ":"};
    struct str s = str_trim(str_starts(body, bom) ? str_from(body, bom.n) : body);

    for (size_t i = 0; i < ARRAY_LEN(fields); i++)
        if (str_starts(s, str_c(fields[i])))
            return true;
    return false;
}

/* A refusal in plain text or HTML is still worth its first words. */
static struct str first_words(struct arena *arena, struct str body)
{
    struct buf line = BUF_INIT;

    buf_collapse(&line, str_slice(body, 0, 200));
    struct str words = arena_str(arena, buf_str(&line));
    buf_release(&line);
    return words;
}

void openai_read(
    long status, struct str body, bool streamed, struct arena *arena, struct reply *ret)
{
    struct draft d = {.arena = arena, .usage = USAGE_UNKNOWN};
    bool stream = streamed && looks_like_stream(body);

    *ret = (struct reply){.usage = USAGE_UNKNOWN};
    bool readable = stream ? read_stream(&d, body) : read_plain(&d, body);
    draft_finish(&d);
    copy_out(&d, ret);
    if (status < 200 || status > 299) {
        ret->outcome = provider_status(status, &ret->retry);
        if (ret->error.n == 0)
            ret->error = first_words(arena, body);
    } else {
        classify_success(&d, readable, stream, ret);
    }
    draft_release(&d);
}
