/*
 * messages_read.c - Messages responses into replies: events, usage, and why it ended.
 *
 * Plain and streamed bodies end in the same struct reply. A stream is over with message_stop and
 * with nothing else. Input counts are disjoint; output_tokens holds all thinking, which
 * thinking_tokens, where it is given, takes out again. Counts of message_delta are totals so far:
 * the last one holds. message_start's output count is no total and is not used.
 */
#include "harness/provider/messages_read.h"

#include "harness/base/json_slice.h"
#include "harness/net/sse.h"
#include "harness/provider/messages_block.h"

struct reading {
    struct draft d;
    struct blocks blocks;
    int64_t output, thinking; /* tokens, -1 = not said */
    bool begun, stopped;      /* a message; its last event */
    bool damaged;             /* an event that cannot be read or does not fit */
};

/* ---- counts ---------------------------------------------------------------------------------- */

static void keep_count(int64_t *count, const struct json *usage, const char *path)
{
    int64_t v = draft_tokens(usage, path);

    if (v >= 0)
        *count = v;
}

static void read_usage(struct reading *r, const struct json *usage, bool total)
{
    struct usage *u = &r->d.usage;

    keep_count(&u->in_uncached, usage, "input_tokens");
    keep_count(&u->in_cached, usage, "cache_read_input_tokens");
    keep_count(&u->in_write, usage, "cache_creation_input_tokens");
    keep_count(&u->in_write_1h, usage, "cache_creation.ephemeral_1h_input_tokens");
    if (total) {
        keep_count(&r->output, usage, "output_tokens");
        keep_count(&r->thinking, usage, "output_tokens_details.thinking_tokens");
    }
    u->out_visible = r->output;
    u->out_reasoning = -1;
    if (r->output >= 0 && r->thinking >= 0) { /* an estimate of theirs: it may exceed the total */
        u->out_reasoning = r->thinking < r->output ? r->thinking : r->output;
        u->out_visible = r->output - u->out_reasoning;
    }
}

/* ---- errors ---------------------------------------------------------------------------------- */

static int64_t status_of_error(struct str type)
{
    static const struct {
        const char *type;
        int64_t status;
    } rows[] = {
        {"invalid_request_error", 400},
        {"authentication_error", 401},
        {"billing_error", 402},
        {"permission_error", 403},
        {"not_found_error", 404},
        {"request_too_large", 413},
        {"rate_limit_error", 429},
        {"api_error", 500},
        {"timeout_error", 504},
        {"overloaded_error", 529},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (str_eqc(type, rows[i].type))
            return rows[i].status;
    return 0;
}

/* Behind a 200 the type stands for the status that came too late. */
static void read_error(struct reading *r, const struct json *v)
{
    int64_t status = status_of_error(json_str(json_path(v, "error.type")));

    draft_object(&r->d, v);
    r->d.failed = true;
    if (status)
        r->d.error_code = status;
}

/* ---- a message, and events ------------------------------------------------------------------- */

static void read_ending(struct reading *r, const struct json *v)
{
    struct str reason = json_str(json_get(v, "stop_reason"));
    const struct json *details = json_get(v, "stop_details");

    if (reason.n)
        r->d.finish = arena_str(r->d.arena, reason);
    if (json_str(json_get(details, "explanation")).n && r->d.refusal.n == 0)
        buf_str_add(&r->d.refusal, json_str(json_get(details, "explanation")));
}

/* The blocks as the server wrote them; as we understood them where that is no text to send. */
static void read_content(struct reading *r, struct str body, const struct json *v)
{
    struct str raw = json_slice(body, "content"), key, value;
    struct buf text = BUF_INIT;
    int64_t index = 0;

    if (raw.n == 0 || !str_utf8_ok(raw)) {
        json_print(&text, json_get(v, "content"));
        raw = buf_str(&text);
    }
    struct json_slices s = json_slices_of(raw);
    while (!r->damaged && json_slices_next(&s, &key, &value))
        r->damaged = !blocks_begin(&r->blocks, index++, value);
    buf_release(&text);
}

static bool read_plain(struct reading *r, struct str body)
{
    struct json *doc;

    body = draft_without_bom(body);
    if (json_parse(body, JSON_REPAIR, &doc, NULL))
        return false;
    if (json_type(json_get(doc, "content")) == JSON_ARRAY) {
        r->begun = r->stopped = true;
        reply_facts_take(&r->d.facts, r->d.arena, doc);
        read_content(r, body, doc);
        read_usage(r, json_get(doc, "usage"), true);
        read_ending(r, doc);
    } else if (json_type(json_get(doc, "error")) != JSON_ABSENT) {
        read_error(r, doc);
    } else {
        draft_object(&r->d, doc); /* for the words of an error that stands flat */
    }
    json_free(doc);
    return true;
}

static void on_start(struct reading *r, const struct json *v)
{
    r->damaged = r->damaged || r->begun;
    r->begun = true;
    reply_facts_take(&r->d.facts, r->d.arena, json_get(v, "message"));
    read_usage(r, json_path(v, "message.usage"), false);
}

static void on_block(struct reading *r, struct str data, const struct json *v)
{
    struct str raw = json_slice(data, "content_block");
    struct buf text = BUF_INIT;
    int64_t index = -1;

    (void)json_int(json_get(v, "index"), &index); /* absent: -1, as in the deltas */
    if (!str_utf8_ok(raw) || raw.n == 0) {
        json_print(&text, json_get(v, "content_block"));
        raw = buf_str(&text);
    }
    if (!blocks_begin(&r->blocks, index, raw))
        r->damaged = true;
    buf_release(&text);
}

static void on_delta(struct reading *r, const struct json *v)
{
    int64_t index = -1;

    (void)json_int(json_get(v, "index"), &index);
    if (!blocks_delta(&r->blocks, index, json_get(v, "delta")))
        r->damaged = true;
}

/* Unknown events, ping and content_block_stop among them, say nothing to us. */
static void on_event(struct reading *r, struct str name, struct str data, const struct json *v)
{
    struct str type = json_str(json_get(v, "type"));

    if (type.n == 0)
        type = name;
    if (str_eqc(type, "message_start")) {
        on_start(r, v);
    } else if (str_eqc(type, "content_block_start")) {
        on_block(r, data, v);
    } else if (str_eqc(type, "content_block_delta")) {
        on_delta(r, v);
    } else if (str_eqc(type, "message_delta")) {
        read_ending(r, json_get(v, "delta"));
        read_usage(r, json_get(v, "usage"), true);
    } else if (str_eqc(type, "message_stop")) {
        r->stopped = true;
    } else if (str_eqc(type, "error") || json_type(json_get(v, "error")) == JSON_OBJECT) {
        read_error(r, v);
    }
}

static void read_stream(struct reading *r, struct str body)
{
    struct sse sse = sse_of(body);
    struct sse_event event;
    struct buf scratch = BUF_INIT;

    while (!r->damaged && !r->stopped && !r->d.failed && sse_next(&sse, &scratch, &event)) {
        struct json *doc;
        if (event.data.n == 0 || str_eqc(event.data, "[DONE]"))
            continue;
        if (json_parse(event.data, JSON_REPAIR, &doc, NULL)) {
            r->damaged = true;
            break;
        }
        on_event(r, event.name, event.data, doc);
        json_free(doc);
    }
    buf_release(&scratch);
}

/* ---- what it means --------------------------------------------------------------------------- */

/* pause_turn ends a turn of the vendor's own tools, which we never offer: what is there counts as
 * cut. An unknown word is taken as end_turn. */
static enum outcome finished_outcome(const struct reading *r)
{
    static const char *const cuts[] = {"max_tokens", "model_context_window_exceeded", "pause_turn"};
    const struct draft *d = &r->d;
    bool cut = false;

    for (size_t i = 0; i < ARRAY_LEN(cuts); i++)
        cut = cut || str_eqc(d->finish, cuts[i]);
    if (str_eqc(d->finish, "refusal"))
        return OUTCOME_REFUSAL;
    if (d->ncalls)
        return draft_tool_outcome(d, cut);
    if (str_trim(buf_str(&d->content)).n)
        return cut ? OUTCOME_TRUNCATED : OUTCOME_OK;
    return cut ? OUTCOME_NO_ANSWER_BUDGET : OUTCOME_REASONING_ONLY;
}

static void classify(const struct reading *r, bool streamed, struct reply *ret)
{
    const struct draft *d = &r->d;

    ret->retry = true;
    if (d->failed) {
        ret->outcome = draft_failure(d, &ret->retry);
    } else if (streamed && (r->damaged || !r->stopped || d->finish.n == 0)) {
        ret->outcome = OUTCOME_INCOMPLETE_STREAM;
    } else if (!r->begun || r->damaged || d->finish.n == 0) {
        ret->outcome = OUTCOME_BAD_JSON;
    } else {
        ret->outcome = finished_outcome(r);
        ret->retry = false;
    }
}

static void copy_out(struct reading *r, struct reply *ret)
{
    struct buf native = BUF_INIT;

    blocks_to_draft(&r->blocks, &r->d);
    if (str_eqc(r->d.finish, "refusal")) /* a call before a refusal is not to be carried out */
        while (r->d.ncalls)
            buf_release(&r->d.calls[--r->d.ncalls].arguments);
    draft_copy_out(&r->d, ret);
    if (!r->damaged)
        blocks_print(&r->blocks, &native);
    ret->native = arena_str(r->d.arena, buf_str(&native));
    buf_release(&native);
}

void messages_read(
    long status, struct str body, bool streamed, struct arena *arena, struct reply *ret)
{
    struct reading r = {.d = {.arena = arena, .usage = USAGE_UNKNOWN},
        .blocks = {.arena = arena},
        .output = -1,
        .thinking = -1};
    bool stream = streamed && draft_is_stream(body);

    *ret = (struct reply){.usage = USAGE_UNKNOWN};
    if (stream)
        read_stream(&r, body);
    else if (!read_plain(&r, body))
        r.damaged = true;
    copy_out(&r, ret);
    if (status < 200 || status > 299) {
        ret->outcome = draft_status(&r.d, status, &ret->retry);
        if (ret->error.n == 0)
            ret->error = draft_first_words(arena, body);
    } else {
        classify(&r, stream, ret);
        if (ret->outcome == OUTCOME_BAD_JSON && ret->error.n == 0)
            ret->error = draft_page_words(arena, body);
    }
    blocks_release(&r.blocks);
    draft_release(&r.d);
}
