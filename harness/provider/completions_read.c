/*
 * completions_read.c - responses of raw completions: text, token ids, how it ended, what it used.
 *
 * One reader a shape, told by the dialect: OpenAI's (vLLM adds token_ids and stop_reason), SGLang's
 * /generate (a stream repeats all that came before), llama.cpp's /completion. A 200 is a success
 * only with a word on how it ended.
 */
#include "harness/provider/completions.h"

#include "harness/net/sse.h"
#include "harness/provider/completions_impl.h"

#include <math.h>

/* ---- parts ----------------------------------------------------------------------------------- */

static void add_ids(struct completions_body *b, const struct json *list)
{
    if (json_type(list) != JSON_ARRAY)
        return;
    b->ret->has_ids = true;
    for (const struct json *v = json_first(list); v; v = json_next(v)) {
        int64_t id;
        if (!json_int(v, &id) || id < 0 || id > INT32_MAX) {
            b->bad_id = true;
            return;
        }
        ARENA_GROW(b->draft.arena, b->ids, b->nids, b->ids_cap);
        b->ids[b->nids++] = id;
    }
}

/* The stop that was met: a text or a token id. */
static void read_stop(struct completions_body *b, const struct json *v)
{
    int64_t id;

    if (json_str(v).n)
        b->ret->stop_text = arena_str(b->draft.arena, json_str(v));
    else if (json_int(v, &id) && id >= 0)
        b->ret->stop_id = id;
}

static enum completion_end end_of_word(struct str word)
{
    static const struct {
        const char *word;
        enum completion_end end;
    } words[] = {
        {"length", COMPLETION_LIMIT},
        {"limit", COMPLETION_LIMIT},
        {"max_tokens", COMPLETION_LIMIT},
        {"model_length", COMPLETION_LIMIT},
        {"eos", COMPLETION_EOS},
        {"eos_token", COMPLETION_EOS},
        {"stop_sequence", COMPLETION_STOP},
        {"word", COMPLETION_STOP},
        {"abort", COMPLETION_ABORT},
        {"error", COMPLETION_ABORT},
        {"insufficient_system_resource", COMPLETION_ABORT},
        {"content_filter", COMPLETION_FILTER},
    };

    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (str_eqc(word, words[i].word))
            return words[i].end;
    return word.n ? COMPLETION_ENDED : COMPLETION_OPEN;
}

/* ---- shapes ---------------------------------------------------------------------------------- */

void completions_read_openai(struct completions_body *b, const struct json *v)
{
    const struct json *prompt = json_first(json_get(v, "prompt"));

    draft_object(&b->draft, v);
    if (str_eqc(json_str(json_get(v, "object")), "error"))
        b->draft.failed = true;
    for (const struct json *c = json_first(json_get(v, "choices")); c; c = json_next(c)) {
        int64_t index = 0;
        (void)json_int(json_get(c, "index"), &index); /* absent means 0 */
        if (index != 0)
            continue;
        buf_str_add(&b->text, json_str(json_get(c, "text")));
        add_ids(b, json_get(c, "token_ids"));
        read_stop(b, json_get(c, "stop_reason"));
        read_stop(b, json_get(c, "matched_stop"));
        completions_logprobs_keyed(b, json_get(c, "prompt_logprobs"));
        if (!prompt)
            completions_logprobs_lists(b, json_get(c, "logprobs"));
    }
    completions_logprobs_lists(b, json_get(prompt, "logprobs"));
}

/* A stream repeats all that came before, or goes on from there, by the server's settings. */
static void sglang_text(struct completions_body *b, struct str text)
{
    if (b->text.n && str_starts(text, buf_str(&b->text)))
        buf_reset(&b->text);
    buf_str_add(&b->text, text);
}

void completions_read_sglang(struct completions_body *b, const struct json *v)
{
    const struct json *meta = json_get(v, "meta_info");
    const struct json *finish = json_get(meta, "finish_reason");
    const struct json *ids = json_get(v, "output_ids");
    struct draft_counts counts = {.in = draft_tokens(meta, "prompt_tokens"),
        .out = draft_tokens(meta, "completion_tokens"),
        .total = -1,
        .in_cached = draft_tokens(meta, "cached_tokens"),
        .in_write = -1,
        .out_reasoning = -1};

    draft_object(&b->draft, v);
    if (json_type(json_get(v, "text")) != JSON_STRING && !meta)
        return;
    b->draft.has_choice = true;
    sglang_text(b, json_str(json_get(v, "text")));
    if (counts.out >= 0 && json_len(ids) == (size_t)counts.out)
        b->nids = 0;
    add_ids(b, ids ? ids : json_get(meta, "output_ids"));
    if (counts.in >= 0 || counts.out >= 0)
        b->draft.usage = draft_usage(counts);
    b->ret->in = counts.in;
    b->ret->out = counts.out;
    struct str word =
        json_type(finish) == JSON_OBJECT ? json_str(json_get(finish, "type")) : json_str(finish);
    if (word.n)
        b->draft.finish = arena_str(b->draft.arena, word);
    read_stop(b, json_get(finish, "matched"));
    if (str_eqc(word, "abort"))
        b->draft.error = arena_str(b->draft.arena, json_str(json_get(finish, "message")));
    completions_logprobs_triples(b, json_get(meta, "input_token_logprobs"));
}

void completions_read_llama(struct completions_body *b, const struct json *v)
{
    static const char *const old[][2] = {
        {"stopped_eos", "eos"}, {"stopped_word", "word"}, {"stopped_limit", "limit"}};
    struct draft_counts counts = {.in = draft_tokens(v, "tokens_evaluated"),
        .out = draft_tokens(v, "tokens_predicted"),
        .total = -1,
        .in_cached = draft_tokens(v, "timings.cache_n"),
        .in_write = -1,
        .out_reasoning = -1};
    struct str word = json_str(json_get(v, "stop_type"));

    draft_object(&b->draft, v);
    if (json_type(json_get(v, "content")) != JSON_STRING)
        return;
    b->draft.has_choice = true;
    buf_str_add(&b->text, json_str(json_get(v, "content")));
    add_ids(b, json_get(v, "tokens"));
    if (!json_bool(json_get(v, "stop"), false))
        return;
    for (size_t i = 0; i < ARRAY_LEN(old) && word.n == 0; i++)
        if (json_bool(json_get(v, old[i][0]), false))
            word = str_c(old[i][1]);
    b->draft.finish = arena_str(b->draft.arena, word.n ? word : STR("stop"));
    read_stop(b, json_get(v, "stopping_word"));
    b->ret->truncated = json_bool(json_get(v, "truncated"), false);
    if (counts.in >= 0 || counts.out >= 0)
        b->draft.usage = draft_usage(counts);
    b->ret->in = counts.in;
    b->ret->out = counts.out;
}

/* ---- the whole ------------------------------------------------------------------------------- */

static bool read_one(struct completions_body *b, struct str body)
{
    struct json *doc;

    if (json_parse(draft_without_bom(body), JSON_REPAIR, &doc, NULL))
        return false;
    bool object = json_type(doc) == JSON_OBJECT;
    b->asked->dialect->read(b, doc);
    json_free(doc);
    return object;
}

/* False if an event cannot be read: the bytes were cut or damaged. */
static bool read_event(void *body, struct str data)
{
    return read_one(body, data);
}

/* A prompt that is only scored may come back without a word on its end. */
static bool has_end(const struct completions_body *b)
{
    bool scored = b->asked->echo && b->asked->max_tokens == 0 && b->ntokens;

    return b->ret->end != COMPLETION_OPEN || scored;
}

static void classify(struct completions_body *b, bool readable, bool stream)
{
    struct completion_reply *r = b->ret;

    r->retry = true;
    if (b->draft.failed)
        r->outcome = b->draft.error_code ? provider_status((long)b->draft.error_code, &r->retry)
                                         : OUTCOME_PROVIDER_ERROR;
    else if (stream && !has_end(b))
        r->outcome = OUTCOME_INCOMPLETE_STREAM;
    else if (!readable || !b->draft.has_choice || !has_end(b) || b->bad_id)
        r->outcome = OUTCOME_BAD_JSON;
    else if (r->end == COMPLETION_ABORT)
        r->outcome = OUTCOME_PROVIDER_ERROR;
    else {
        r->outcome = r->end == COMPLETION_FILTER ? OUTCOME_CONTENT_FILTER : OUTCOME_OK;
        r->retry = false;
    }
}

static void take_end(struct completions_body *b)
{
    struct completion_reply *r = b->ret;

    r->finish = b->draft.finish;
    r->end = end_of_word(r->finish);
    if (r->end == COMPLETION_ENDED && (r->stop_text.n || r->stop_id >= 0))
        r->end = COMPLETION_STOP;
    else if (r->end == COMPLETION_ENDED && b->asked->dialect->tells_stop)
        r->end = COMPLETION_EOS;
}

void completions_read(const struct completion *asked, long status, struct str body,
    struct arena *arena, struct completion_reply *ret)
{
    struct completions_body b = {
        .asked = asked, .draft = {.arena = arena, .usage = USAGE_UNKNOWN}, .ret = ret};
    bool stream = draft_is_stream(body);

    *ret = (struct completion_reply){
        .stop_id = -1, .in = -1, .out = -1, .usage = USAGE_UNKNOWN, .outcome = OUTCOME_NONE};
    bool readable = stream ? sse_each(body, read_event, &b) : read_one(&b, body);
    ret->usage = b.draft.usage;
    if (ret->in < 0)
        ret->in = usage_in(ret->usage);
    if (ret->out < 0)
        ret->out = usage_out(ret->usage);
    ret->text = arena_str(arena, buf_str(&b.text));
    ret->ids = (struct token_ids){b.ids, b.nids};
    ret->tokens = b.tokens;
    ret->ntokens = b.ntokens;
    ret->error = b.draft.error;
    take_end(&b);
    if (status < 200 || status > 299) {
        ret->outcome = provider_status(status, &ret->retry);
        if (ret->error.n == 0)
            ret->error = draft_first_words(arena, body);
    } else {
        classify(&b, readable, stream);
        if (ret->outcome == OUTCOME_BAD_JSON && ret->error.n == 0)
            ret->error = draft_page_words(arena, body);
    }
    buf_release(&b.text);
    draft_release(&b.draft);
}
