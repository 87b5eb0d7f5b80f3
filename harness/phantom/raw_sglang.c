/*
 * raw_sglang.c - SGLang's /generate; see raw.h.
 *
 * Accepted: model, text or input_ids, sampling_params (max_new_tokens, 128 if absent,
 * min_new_tokens, stop, stop_token_ids, temperature, sampling_seed, skip_special_tokens,
 * no_stop_trim, ignore_eos, n = 1, custom_params.thinking_budget), return_logprob,
 * logprob_start_len, stream. A text gets no token in front. Streamed texts grow from event to
 * event. Entry 0 of input_token_logprobs is null, wherever it starts.
 */
#include "harness/phantom/raw.h"

#include "harness/phantom/wire_impl.h"

#include <math.h>

static bool read_params(
    const struct json *p, struct arena *arena, struct raw_request *r, struct wire_error *e)
{
    bool skip = true;
    int64_t n = 1;

    if (!wire_absent(p) && json_type(p) != JSON_OBJECT)
        return wire_bad_type(e, "sampling_params", "an object");
    if (!raw_read_int(json_get(p, "max_new_tokens"), "max_new_tokens", 1, &r->limit, e) ||
        !raw_read_int(json_get(p, "min_new_tokens"), "min_new_tokens", 0, &r->least, e) ||
        !raw_read_stops(json_get(p, "stop"), "stop", arena, r, e) ||
        !raw_read_stop_ids(json_get(p, "stop_token_ids"), "stop_token_ids", arena, r, e) ||
        !raw_read_sampling(
            json_get(p, "temperature"), json_get(p, "sampling_seed"), "sampling_seed", r, e) ||
        !raw_read_budget(
            json_path(p, "custom_params.thinking_budget"), "custom_params.thinking_budget", r, e) ||
        !wire_read_bool(json_get(p, "skip_special_tokens"), "skip_special_tokens", &skip, e) ||
        !wire_read_bool(json_get(p, "no_stop_trim"), "no_stop_trim", &r->keep_stop, e) ||
        !wire_read_bool(json_get(p, "ignore_eos"), "ignore_eos", &r->ignore_end, e) ||
        !raw_read_int(json_get(p, "n"), "n", 1, &n, e))
        return false;
    r->keep_specials = !skip;
    return n == 1 || wire_fail(e, 400, "n", "unsupported_value", "Only n = 1 is supported.");
}

static bool read_root(
    const struct json *root, struct arena *arena, struct raw_request *r, struct wire_error *e)
{
    const struct json *ids = json_get(root, "input_ids");
    bool logprobs = false;
    int64_t from = -1;

    r->limit = 128;
    r->logprobs_from = -1;
    if (json_type(root) != JSON_OBJECT)
        return wire_fail(e, 400, NULL, NULL, "The body must be a JSON object.");
    if (!wire_absent(json_get(root, "model")) && !wire_read_model(root, arena, &r->wire, e))
        return false;
    if (!wire_absent(ids) && !wire_absent(json_get(root, "text")))
        return wire_fail(
            e, 400, "text", "invalid_value", "Either text or input_ids is given, not both.");
    bool read = wire_absent(ids)
                    ? raw_read_prompt(json_get(root, "text"), "text", false, arena, r, e)
                    : raw_read_prompt(ids, "input_ids", false, arena, r, e);
    if (!read || !read_params(json_get(root, "sampling_params"), arena, r, e) ||
        !wire_read_bool(json_get(root, "return_logprob"), "return_logprob", &logprobs, e) ||
        !raw_read_int(json_get(root, "logprob_start_len"), "logprob_start_len", -1, &from, e) ||
        !wire_read_bool(json_get(root, "stream"), "stream", &r->wire.stream, e))
        return false;
    r->logprobs = logprobs;
    if (logprobs && from >= (int64_t)r->prompt.n)
        return wire_fail(e, 400, "logprob_start_len", "invalid_value",
            "'logprob_start_len' is behind the prompt's %zu tokens.", r->prompt.n);
    r->logprobs_from = logprobs ? from : -1;
    return raw_check_room(r, e);
}

bool raw_sglang_read(
    struct str body, struct arena *arena, struct raw_request *ret, struct wire_error *e)
{
    return raw_read_with(read_root, body, arena, ret, e);
}

static void write_value(struct json_writer *w, double logprob, int64_t id)
{
    jsonw_array(w, NULL);
    if (isnan(logprob))
        jsonw_null(w, NULL);
    else
        jsonw_num(w, NULL, logprob);
    jsonw_int(w, NULL, id);
    jsonw_null(w, NULL);
    jsonw_end_array(w);
}

static void write_logprobs(
    struct json_writer *w, const struct raw_request *r, const struct raw_reply *a, size_t generated)
{
    if (!r->logprobs)
        return;
    jsonw_array(w, "input_token_logprobs");
    for (size_t i = r->logprobs_from < 0 ? r->prompt.n : (size_t)r->logprobs_from; i < r->prompt.n;
         i++)
        write_value(
            w, (int64_t)i == r->logprobs_from ? (double)NAN : a->logprobs[i], r->prompt.v[i]);
    jsonw_end_array(w);
    jsonw_array(w, "output_token_logprobs");
    for (size_t i = 0; i < generated; i++)
        write_value(w, a->logprobs[r->prompt.n + i], a->ids.v[i]);
    jsonw_end_array(w);
}

static void write_finish(
    struct json_writer *w, const struct raw_request *r, const struct raw_reply *a, bool over)
{
    if (!over) {
        jsonw_null(w, "finish_reason");
        return;
    }
    jsonw_object(w, "finish_reason");
    jsonw_cstr(w, "type", a->wire.finish_reason);
    if (a->end == RAW_LIMIT)
        jsonw_int(w, "length", r->limit);
    else if (a->end == RAW_STOP)
        jsonw_str(w, "matched", a->stop);
    else
        jsonw_int(w, "matched", a->ids.v[a->ids.n - 1]);
    jsonw_end_object(w);
}

/* The reply as far as `to` generated tokens. */
static void write_reply(
    const struct raw_request *r, const struct raw_reply *a, size_t to, struct buf *out)
{
    struct json_writer w = json_writer(out, 0);

    jsonw_object(&w, NULL);
    jsonw_str(&w, "text", raw_piece(a, 0, to));
    jsonw_array(&w, "output_ids");
    for (size_t i = 0; i < to; i++)
        jsonw_int(&w, NULL, a->ids.v[i]);
    jsonw_end_array(&w);
    jsonw_object(&w, "meta_info");
    jsonw_cstr(&w, "id", a->wire.id);
    write_finish(&w, r, a, to == a->ids.n);
    jsonw_int(&w, "prompt_tokens", a->wire.prompt_tokens);
    jsonw_int(&w, "completion_tokens", (int64_t)to);
    jsonw_int(&w, "cached_tokens", 0);
    jsonw_cstr(&w, "weight_version", a->wire.fingerprint);
    write_logprobs(&w, r, a, to);
    jsonw_end_object(&w);
    jsonw_end_object(&w);
}

void raw_sglang_write(const struct raw_request *r, const struct raw_reply *a, struct buf *out)
{
    if (!r->wire.stream) {
        write_reply(r, a, a->ids.n, out);
        return;
    }
    for (size_t from = 0, to; from < a->ids.n; from = to) {
        to = a->ids.n - from > RAW_PIECE ? from + RAW_PIECE : a->ids.n;
        buf_puts(out, "data: ");
        write_reply(r, a, to, out);
        buf_puts(out, "\n\n");
    }
    buf_puts(out, "data: [DONE]\n\n");
}

void raw_sglang_error(const struct wire_error *e, struct buf *out)
{
    struct json_writer w = json_writer(out, 0);

    jsonw_object(&w, NULL);
    jsonw_cstr(&w, "object", "error");
    jsonw_cstr(&w, "message", e->err.msg);
    jsonw_cstr(&w, "type", e->status >= 500 ? "InternalServerError" : "BadRequestError");
    jsonw_cstr(&w, "param", e->param);
    jsonw_int(&w, "code", e->status);
    jsonw_end_object(&w);
}
