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
#include "harness/provider/delta_scan.h"
#include "harness/provider/openai_draft.h"

static bool read_plain(struct draft *d, struct str body)
{
    struct json *doc;

    if (json_parse(draft_without_bom(body), JSON_REPAIR, &doc, NULL))
        return false;
    bool object = json_type(doc) == JSON_OBJECT;
    draft_object(d, doc);
    json_free(doc);
    return object;
}

/* True if the full reader would learn nothing from these words: of all but the tier the first ones
 * stand (reply_facts.h). */
static bool facts_known(const struct reply_facts *f, const struct delta *delta)
{
    const struct {
        enum delta_fact fact;
        struct str known;
    } firsts[] = {{DELTA_MODEL, f->model}, {DELTA_FINGERPRINT, f->fingerprint},
        {DELTA_PROVIDER, f->provider}, {DELTA_REQUEST, f->request}, {DELTA_ID, f->id}};
    struct str tier = delta->facts[DELTA_TIER];

    for (size_t i = 0; i < ARRAY_LEN(firsts); i++)
        if (delta->facts[firsts[i].fact].n && firsts[i].known.n == 0)
            return false;
    return tier.n == 0 || str_eq(tier, f->tier);
}

/* A chunk of nothing but text, without a tree of it; false, and nothing taken, if it is none. */
static bool read_usual(struct draft *d, struct str data)
{
    struct delta delta;

    /* text behind content in parts has its place among them */
    if (d->native.content.n || !delta_scan(data, &delta) || !facts_known(&d->facts, &delta))
        return false;
    d->has_choice = true;
    delta_text_add(&d->content, delta.content);
    delta_text_add(&d->reasoning, delta.reasoning);
    return true;
}

/* False if an event cannot be read: the bytes were cut or damaged. */
static bool read_event(void *draft, struct str data)
{
    return read_usual(draft, data) || read_plain(draft, data);
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
    static const char *const lengths[] = {"length", "model_length", "max_tokens", "MAX_TOKENS"};
    static const char *const failures[] = {"error", "abort", "insufficient_system_resource"};
    static const char *const filters[] = {
        "content_filter", "SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII"};
    bool length = finish_is(d, lengths, ARRAY_LEN(lengths));

    if (finish_is(d, failures, ARRAY_LEN(failures))) {
        *ret_retry = true;
        return OUTCOME_PROVIDER_ERROR;
    }
    if (finish_is(d, filters, ARRAY_LEN(filters)))
        return OUTCOME_CONTENT_FILTER;
    if (d->ncalls)
        return draft_tool_outcome(d, length);
    if (str_trim(buf_str(&d->content)).n)
        return length ? OUTCOME_TRUNCATED : OUTCOME_OK;
    if (d->refusal.n)
        return OUTCOME_REFUSAL;
    if (length)
        return OUTCOME_NO_ANSWER_BUDGET;
    return OUTCOME_REASONING_ONLY;
}

static void classify_success(const struct draft *d, bool readable, bool streamed, struct reply *ret)
{
    if (d->failed) {
        ret->outcome = draft_failure(d, &ret->retry);
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

void openai_read(
    long status, struct str body, bool streamed, struct arena *arena, struct reply *ret)
{
    struct draft d = {.arena = arena, .usage = USAGE_UNKNOWN};
    bool stream = streamed && draft_is_stream(body);

    *ret = (struct reply){.usage = USAGE_UNKNOWN};
    bool readable = stream ? sse_each(body, read_event, &d) : read_plain(&d, body);
    draft_finish(&d);
    draft_copy_out(&d, ret);
    if (status < 200 || status > 299) {
        ret->outcome = draft_status(&d, status, &ret->retry);
        if (ret->error.n == 0)
            ret->error = draft_first_words(arena, body);
    } else {
        classify_success(&d, readable, stream, ret);
        if (ret->outcome == OUTCOME_BAD_JSON && ret->error.n == 0)
            ret->error = draft_page_words(arena, body);
    }
    if (outcome_is_result(ret->outcome))
        ret->native = draft_native(&d);
    draft_release(&d);
}
