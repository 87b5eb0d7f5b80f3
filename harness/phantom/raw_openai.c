/*
 * raw_openai.c - /v1/completions as OpenAI and vLLM have it; see raw.h.
 *
 * Accepted: model, prompt, max_tokens (16 if absent; 0 with echo), min_tokens, stop,
 * stop_token_ids, temperature, seed, n = 1, echo, logprobs 0 to 5, prompt_logprobs,
 * return_token_ids, skip_special_tokens, include_stop_str_in_output, add_special_tokens (false if
 * absent), ignore_eos, thinking_token_budget, stream, stream_options. Of log-probabilities the
 * token that is there is told, no alternative.
 */
#include "harness/phantom/raw.h"

#include "harness/phantom/wire_impl.h"

#include <math.h>

enum { CREATED = 1735689600, MAX_LOGPROBS = 5 };

static bool read_switches(const struct json *root, struct raw_request *r, struct wire_error *e)
{
    const struct json *options = json_get(root, "stream_options");
    bool skip = true;
    struct {
        const char *key;
        bool *ret;
    } switches[] = {{"echo", &r->echo}, {"return_token_ids", &r->return_ids},
        {"skip_special_tokens", &skip}, {"include_stop_str_in_output", &r->keep_stop},
        {"ignore_eos", &r->ignore_end}, {"stream", &r->wire.stream}};

    for (size_t i = 0; i < ARRAY_LEN(switches); i++)
        if (!wire_read_bool(json_get(root, switches[i].key), switches[i].key, switches[i].ret, e))
            return false;
    r->keep_specials = !skip;
    if (!wire_absent(options) && (json_type(options) != JSON_OBJECT || !r->wire.stream))
        return wire_fail(e, 400, "stream_options", "invalid_value",
            "'stream_options' is an object, and goes with stream = true.");
    return wire_read_bool(json_get(options, "include_usage"), "stream_options.include_usage",
        &r->wire.include_usage, e);
}

static bool read_logprobs(const struct json *root, struct raw_request *r, struct wire_error *e)
{
    int64_t logprobs = -1, prompt = -1;

    if (!raw_read_int(json_get(root, "logprobs"), "logprobs", 0, &logprobs, e) ||
        !raw_read_int(json_get(root, "prompt_logprobs"), "prompt_logprobs", 0, &prompt, e))
        return false;
    if (logprobs > MAX_LOGPROBS || prompt > MAX_LOGPROBS)
        return wire_fail(e, 400, "logprobs", "invalid_value",
            "At most %d log-probabilities a token can be asked for.", MAX_LOGPROBS);
    if (prompt >= 0 && r->wire.stream)
        return wire_fail(e, 400, "prompt_logprobs", "unsupported_value",
            "'prompt_logprobs' are not available when 'stream' is true.");
    r->logprobs = logprobs >= 0;
    r->prompt_logprobs = prompt >= 0;
    return true;
}

/* How many, how long and until what. */
static bool read_limits(
    const struct json *root, struct arena *arena, struct raw_request *r, struct wire_error *e)
{
    int64_t n = 1, best = 1;

    r->limit = 16;
    r->logprobs_from = -1;
    if (!raw_read_int(json_get(root, "max_tokens"), "max_tokens", 0, &r->limit, e) ||
        !raw_read_int(json_get(root, "min_tokens"), "min_tokens", 0, &r->least, e) ||
        !raw_read_stops(json_get(root, "stop"), "stop", arena, r, e) ||
        !raw_read_stop_ids(json_get(root, "stop_token_ids"), "stop_token_ids", arena, r, e) ||
        !raw_read_int(json_get(root, "n"), "n", 1, &n, e) ||
        !raw_read_int(json_get(root, "best_of"), "best_of", 1, &best, e))
        return false;
    if (n != 1 || best != 1)
        return wire_fail(e, 400, "n", "unsupported_value", "Only n = 1 is supported.");
    if (r->limit == 0 && !r->echo)
        return wire_fail(
            e, 400, "max_tokens", "invalid_value", "'max_tokens' is 0 only with echo = true.");
    return true;
}

static bool read_root(
    const struct json *root, struct arena *arena, struct raw_request *r, struct wire_error *e)
{
    bool bos = false;

    if (!wire_read_model(root, arena, &r->wire, e) || !read_switches(root, r, e) ||
        !read_logprobs(root, r, e) ||
        !wire_read_bool(json_get(root, "add_special_tokens"), "add_special_tokens", &bos, e) ||
        !raw_read_prompt(json_get(root, "prompt"), "prompt", bos, arena, r, e) ||
        !read_limits(root, arena, r, e) ||
        !raw_read_sampling(json_get(root, "temperature"), json_get(root, "seed"), "seed", r, e) ||
        !raw_read_budget(json_get(root, "thinking_token_budget"), "thinking_token_budget", r, e))
        return false;
    if (json_str(json_get(root, "suffix")).n)
        return wire_fail(e, 400, "suffix", "unsupported_value", "'suffix' is not supported.");
    return raw_check_room(r, e);
}

bool raw_openai_read(
    struct str body, struct arena *arena, struct raw_request *ret, struct wire_error *e)
{
    return raw_read_with(read_root, body, arena, ret, e);
}

/* ---- writing ----------------------------------------------------------------------------------
 */

/* A token of prompt and completion, counted through. */
static int64_t id_at(const struct raw_request *r, const struct raw_reply *a, size_t i)
{
    return i < r->prompt.n ? r->prompt.v[i] : a->ids.v[i - r->prompt.n];
}

static void number_or_null(struct json_writer *w, const char *key, double v)
{
    if (isnan(v))
        jsonw_null(w, key);
    else
        jsonw_num(w, key, v);
}

static void write_tokens(struct json_writer *w, const char *key, const struct raw_request *r,
    const struct raw_reply *a, size_t from, size_t to)
{
    struct buf text = BUF_INIT;

    jsonw_array(w, key);
    for (size_t i = from; i < to; i++)
        jsonw_str(w, NULL, raw_token_text(id_at(r, a, i), &text));
    jsonw_end_array(w);
    buf_release(&text);
}

static void write_top(struct json_writer *w, const struct raw_request *r, const struct raw_reply *a,
    size_t from, size_t to)
{
    struct buf text = BUF_INIT;

    jsonw_array(w, "top_logprobs");
    for (size_t i = from; i < to; i++) {
        if (isnan(a->logprobs[i])) {
            jsonw_null(w, NULL);
            continue;
        }
        jsonw_object(w, NULL);
        jsonw_num(w, raw_token_text(id_at(r, a, i), &text).p, a->logprobs[i]);
        jsonw_end_object(w);
    }
    jsonw_end_array(w);
    buf_release(&text);
}

/* The four lists, for the tokens from..to counted through; *offset goes on in code points. */
static void write_logprobs(struct json_writer *w, const struct raw_request *r,
    const struct raw_reply *a, size_t from, size_t to, int64_t *offset)
{
    struct buf text = BUF_INIT;

    if (!r->logprobs) {
        jsonw_null(w, "logprobs");
        return;
    }
    jsonw_object(w, "logprobs");
    write_tokens(w, "tokens", r, a, from, to);
    jsonw_array(w, "token_logprobs");
    for (size_t i = from; i < to; i++)
        number_or_null(w, NULL, a->logprobs[i]);
    jsonw_end_array(w);
    write_top(w, r, a, from, to);
    jsonw_array(w, "text_offset");
    for (size_t i = from; i < to; i++) {
        jsonw_int(w, NULL, *offset);
        *offset += (int64_t)str_utf8_count(raw_token_text(id_at(r, a, i), &text));
    }
    jsonw_end_array(w);
    jsonw_end_object(w);
    buf_release(&text);
}

static void write_ids(
    struct json_writer *w, const char *key, const int64_t *v, size_t n, bool wanted)
{
    if (!wanted) {
        jsonw_null(w, key);
        return;
    }
    jsonw_array(w, key);
    for (size_t i = 0; i < n; i++)
        jsonw_int(w, NULL, v[i]);
    jsonw_end_array(w);
}

/* One entry a token, keyed by its id; null for the first. */
static void write_prompt_logprobs(
    struct json_writer *w, const struct raw_request *r, const struct raw_reply *a)
{
    struct buf text = BUF_INIT, key = BUF_INIT;

    if (!r->prompt_logprobs) {
        jsonw_null(w, "prompt_logprobs");
        return;
    }
    jsonw_array(w, "prompt_logprobs");
    for (size_t i = 0; i < r->prompt.n; i++) {
        if (isnan(a->logprobs[i])) {
            jsonw_null(w, NULL);
            continue;
        }
        buf_reset(&key);
        buf_printf(&key, "%lld", (long long)r->prompt.v[i]);
        jsonw_object(w, NULL);
        jsonw_object(w, buf_cstr(&key));
        jsonw_num(w, "logprob", a->logprobs[i]);
        jsonw_null(w, "rank");
        jsonw_str(w, "decoded_token", raw_token_text(r->prompt.v[i], &text));
        jsonw_end_object(w);
        jsonw_end_object(w);
    }
    jsonw_end_array(w);
    buf_release(&text);
    buf_release(&key);
}

static void write_usage(struct json_writer *w, const struct raw_reply *a)
{
    jsonw_object(w, "usage");
    jsonw_int(w, "prompt_tokens", a->wire.prompt_tokens);
    jsonw_int(w, "completion_tokens", a->wire.completion_tokens);
    jsonw_int(w, "total_tokens", a->wire.prompt_tokens + a->wire.completion_tokens);
    jsonw_end_object(w);
}

static void write_end(struct json_writer *w, const struct raw_reply *a, bool over)
{
    jsonw_cstr(w, "finish_reason", over ? a->wire.finish_reason : NULL);
    if (over && a->end == RAW_STOP)
        jsonw_str(w, "stop_reason", a->stop);
    else if (over && a->end == RAW_STOP_ID)
        jsonw_int(w, "stop_reason", a->stop_id);
    else
        jsonw_null(w, "stop_reason");
}

static void write_head(struct json_writer *w, const struct raw_reply *a)
{
    jsonw_object(w, NULL);
    jsonw_cstr(w, "id", a->wire.id);
    jsonw_cstr(w, "object", "text_completion");
    jsonw_int(w, "created", CREATED);
    jsonw_str(w, "model", a->wire.model);
    jsonw_cstr(w, "system_fingerprint", a->wire.fingerprint);
    jsonw_array(w, "choices");
}

/* The text of the prompt, when it comes back. */
static void add_prompt(const struct raw_request *r, struct buf *out)
{
    for (size_t i = 0; r->echo && i < r->prompt.n; i++)
        if (r->keep_specials || !vocab_is_special(r->prompt.v[i]))
            vocab_decode(r->prompt.v[i], out);
}

static void write_json(const struct raw_request *r, const struct raw_reply *a, struct buf *out)
{
    struct json_writer w = json_writer(out, 0);
    struct buf text = BUF_INIT;
    int64_t offset = 0;

    add_prompt(r, &text);
    buf_str_add(&text, a->text);
    write_head(&w, a);
    jsonw_object(&w, NULL);
    jsonw_int(&w, "index", 0);
    jsonw_str(&w, "text", buf_str(&text));
    write_logprobs(&w, r, a, r->echo ? 0 : r->prompt.n, r->prompt.n + a->ids.n, &offset);
    write_end(&w, a, true);
    write_ids(&w, "token_ids", a->ids.v, a->ids.n, r->return_ids);
    write_ids(&w, "prompt_token_ids", r->prompt.v, r->prompt.n, r->return_ids);
    write_prompt_logprobs(&w, r, a);
    jsonw_end_object(&w);
    jsonw_end_array(&w);
    write_usage(&w, a);
    jsonw_end_object(&w);
    buf_release(&text);
}

/* Generated tokens from..to as an event; the first one has the prompt in front. */
static void write_chunk(const struct raw_request *r, const struct raw_reply *a, size_t from,
    size_t to, int64_t *offset, struct buf *out)
{
    struct json_writer w;
    struct buf text = BUF_INIT;
    bool first = from == 0, over = to == a->ids.n;

    if (first)
        add_prompt(r, &text);
    buf_str_add(&text, raw_piece(a, from, to));
    buf_puts(out, "data: ");
    w = json_writer(out, 0);
    write_head(&w, a);
    jsonw_object(&w, NULL);
    jsonw_int(&w, "index", 0);
    jsonw_str(&w, "text", buf_str(&text));
    write_logprobs(&w, r, a, first && r->echo ? 0 : r->prompt.n + from, r->prompt.n + to, offset);
    write_end(&w, a, over);
    write_ids(&w, "token_ids", a->ids.v + from, to - from, r->return_ids);
    write_ids(&w, "prompt_token_ids", r->prompt.v, r->prompt.n, r->return_ids && first);
    jsonw_end_object(&w);
    jsonw_end_array(&w);
    if (r->wire.include_usage)
        jsonw_null(&w, "usage");
    jsonw_end_object(&w);
    buf_puts(out, "\n\n");
    buf_release(&text);
}

void raw_openai_write(const struct raw_request *r, const struct raw_reply *a, struct buf *out)
{
    int64_t offset = 0;
    size_t from = 0;

    if (!r->wire.stream) {
        write_json(r, a, out);
        return;
    }
    do {
        size_t to = a->ids.n - from > RAW_PIECE ? from + RAW_PIECE : a->ids.n;
        write_chunk(r, a, from, to, &offset, out);
        from = to;
    } while (from < a->ids.n);
    if (r->wire.include_usage) {
        buf_puts(out, "data: ");
        struct json_writer w = json_writer(out, 0);
        write_head(&w, a);
        jsonw_end_array(&w);
        write_usage(&w, a);
        jsonw_end_object(&w);
        buf_puts(out, "\n\n");
    }
    buf_puts(out, "data: [DONE]\n\n");
}
