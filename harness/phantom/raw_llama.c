/*
 * raw_llama.c - llama.cpp's /completion; see raw.h.
 *
 * Accepted: model, prompt (a text, ids, or both mixed in a list), n_predict (-1 = no limit), stop,
 * temperature, seed (-1 = none), ignore_eos, return_tokens, reasoning_budget_tokens, stream. A text
 * gets the token that begins texts. Think tags show, other special tokens do not.
 */
#include "harness/phantom/raw.h"

#include "harness/phantom/wire_impl.h"

static bool read_root(
    const struct json *root, struct arena *arena, struct raw_request *r, struct wire_error *e)
{
    r->limit = -1;
    r->logprobs_from = -1;
    r->keep_tags = true;
    if (json_type(root) != JSON_OBJECT)
        return wire_fail(e, 400, NULL, NULL, "The body must be a JSON object.");
    if (!wire_absent(json_get(root, "model")) && !wire_read_model(root, arena, &r->wire, e))
        return false;
    if (!raw_read_prompt(json_get(root, "prompt"), "prompt", true, arena, r, e) ||
        !raw_read_int(json_get(root, "n_predict"), "n_predict", -1, &r->limit, e) ||
        !raw_read_stops(json_get(root, "stop"), "stop", arena, r, e) ||
        !raw_read_sampling(json_get(root, "temperature"), json_get(root, "seed"), "seed", r, e) ||
        !raw_read_budget(
            json_get(root, "reasoning_budget_tokens"), "reasoning_budget_tokens", r, e) ||
        !wire_read_bool(json_get(root, "ignore_eos"), "ignore_eos", &r->ignore_end, e) ||
        !wire_read_bool(json_get(root, "return_tokens"), "return_tokens", &r->return_ids, e) ||
        !wire_read_bool(json_get(root, "stream"), "stream", &r->wire.stream, e))
        return false;
    return raw_check_room(r, e);
}

bool raw_llama_read(
    struct str body, struct arena *arena, struct raw_request *ret, struct wire_error *e)
{
    return raw_read_with(read_root, body, arena, ret, e);
}

static void write_ids(struct json_writer *w, const struct raw_request *r, const struct raw_reply *a,
    size_t from, size_t to)
{
    jsonw_array(w, "tokens");
    for (size_t i = from; r->return_ids && i < to; i++)
        jsonw_int(w, NULL, a->ids.v[i]);
    jsonw_end_array(w);
}

static void write_stop(struct json_writer *w, const struct raw_reply *a)
{
    static const char *const types[] = {
        [RAW_LIMIT] = "limit", [RAW_TURN] = "eos", [RAW_STOP] = "word", [RAW_STOP_ID] = "word"};

    jsonw_cstr(w, "stop_type", types[a->end]);
    jsonw_str(w, "stopping_word", a->end == RAW_STOP ? a->stop : STR(""));
}

/* What the end tells beside text and tokens. */
static void write_rest(
    struct json_writer *w, const struct raw_request *r, const struct raw_reply *a)
{
    struct buf prompt = BUF_INIT;

    for (size_t i = 0; i < r->prompt.n; i++)
        vocab_decode(r->prompt.v[i], &prompt);
    jsonw_int(w, "id_slot", 0);
    jsonw_bool(w, "stop", true);
    jsonw_str(w, "model", a->wire.model);
    jsonw_int(w, "tokens_predicted", a->wire.completion_tokens);
    jsonw_int(w, "tokens_evaluated", a->wire.prompt_tokens);
    jsonw_object(w, "generation_settings");
    jsonw_int(w, "n_predict", r->limit);
    jsonw_num(w, "temperature", r->wire.mind.temperature);
    jsonw_end_object(w);
    jsonw_str(w, "prompt", buf_str(&prompt));
    jsonw_bool(w, "has_new_line", str_find(a->text, STR("\n"), 0) != SIZE_MAX);
    jsonw_bool(w, "truncated", false);
    write_stop(w, a);
    jsonw_int(w, "tokens_cached", 0);
    jsonw_object(w, "timings");
    jsonw_int(w, "cache_n", 0);
    jsonw_int(w, "prompt_n", a->wire.prompt_tokens);
    jsonw_int(w, "predicted_n", a->wire.completion_tokens);
    jsonw_end_object(w);
    buf_release(&prompt);
}

static void write_chunk(const struct raw_reply *a, size_t from, size_t to, struct buf *out)
{
    buf_puts(out, "data: ");
    struct json_writer w = json_writer(out, 0);
    jsonw_object(&w, NULL);
    jsonw_int(&w, "index", 0);
    jsonw_str(&w, "content", raw_piece(a, from, to));
    jsonw_array(&w, "tokens"); /* streams have them unasked */
    for (size_t i = from; i < to; i++)
        jsonw_int(&w, NULL, a->ids.v[i]);
    jsonw_end_array(&w);
    jsonw_bool(&w, "stop", false);
    jsonw_int(&w, "tokens_predicted", (int64_t)to);
    jsonw_int(&w, "tokens_evaluated", a->wire.prompt_tokens);
    jsonw_end_object(&w);
    buf_puts(out, "\n\n");
}

void raw_llama_write(const struct raw_request *r, const struct raw_reply *a, struct buf *out)
{
    bool stream = r->wire.stream;

    for (size_t from = 0, to; stream && from < a->ids.n; from = to) {
        to = a->ids.n - from > RAW_PIECE ? from + RAW_PIECE : a->ids.n;
        write_chunk(a, from, to, out);
    }
    if (stream)
        buf_puts(out, "data: ");
    struct json_writer w = json_writer(out, 0);
    jsonw_object(&w, NULL);
    jsonw_int(&w, "index", 0);
    jsonw_str(&w, "content", stream ? STR("") : a->text);
    write_ids(&w, r, a, 0, stream ? 0 : a->ids.n);
    write_rest(&w, r, a);
    jsonw_end_object(&w);
    if (stream)
        buf_puts(out, "\n\n");
}

void raw_llama_error(const struct wire_error *e, struct buf *out)
{
    struct json_writer w = json_writer(out, 0);

    jsonw_object(&w, NULL);
    jsonw_object(&w, "error");
    jsonw_int(&w, "code", e->status);
    jsonw_cstr(&w, "message", e->err.msg);
    jsonw_cstr(&w, "type",
        e->status >= 500   ? "server_error"
        : e->status == 404 ? "not_found_error"
                           : "invalid_request_error");
    jsonw_end_object(&w);
    jsonw_end_object(&w);
}
