/* messages_say.c - writing a Messages response, plain and streamed; see messages_say.h. */
#include "harness/phantom/messages_say.h"

#include "harness/base/json.h"
#include "harness/base/token.h"

enum {
    PIECE_TOKENS = 6, /* tokens of text in one event */
    PIECE_BYTES = 24  /* bytes of tool input in one event */
};

/* A response with what this format adds. */
struct saying {
    const struct wire_reply *reply;
    struct str hex;      /* of the response's id */
    struct str thinking; /* as shown */
    char signature[MESSAGES_SIGNATURE + 1];
    const char *stop_reason;
};

/* Digits behind the prefix that an id of Chat Completions has. */
static struct str digits_of(struct str id)
{
    size_t at = str_find(id, STR("-"), 0);

    if (at == SIZE_MAX)
        at = str_find(id, STR("_"), 0);
    return str_from(id, at + 1);
}

static struct saying saying_of(const struct wire_request *request, const struct wire_reply *reply)
{
    struct saying s = {.reply = reply, .hex = digits_of(str_c(reply->id)), .thinking = STR("")};

    s.stop_reason = strcmp(reply->finish_reason, "length") == 0 ? "max_tokens"
                    : reply->ncalls                             ? "tool_use"
                                                                : "end_turn";
    if (reply->reasoning_tokens == 0)
        return s;
    if (request->show_reasoning)
        s.thinking = reply->reasoning;
    messages_sign(str_slice(s.hex, 0, MESSAGES_STAMP), s.thinking, s.signature);
    return s;
}

/* ---- pieces of both forms -------------------------------------------------------------------- */

static void write_usage(struct json_writer *w, const struct saying *r, int64_t output)
{
    jsonw_object(w, "usage");
    jsonw_int(w, "input_tokens", r->reply->prompt_tokens);
    jsonw_int(w, "cache_creation_input_tokens", 0);
    jsonw_int(w, "cache_read_input_tokens", 0);
    jsonw_int(w, "output_tokens", output);
    if (output == r->reply->completion_tokens) {
        jsonw_object(w, "output_tokens_details");
        jsonw_int(w, "thinking_tokens", r->reply->reasoning_tokens);
        jsonw_end_object(w);
    }
    jsonw_cstr(w, "service_tier", "standard");
    jsonw_end_object(w);
}

static void write_head(struct json_writer *w, const char *key, const struct saying *r)
{
    struct buf id = BUF_INIT;

    buf_printf(&id, "msg_%.*s", STR_ARG(r->hex));
    jsonw_object(w, key);
    jsonw_str(w, "id", buf_str(&id));
    buf_release(&id);
    jsonw_cstr(w, "type", "message");
    jsonw_cstr(w, "role", "assistant");
    jsonw_str(w, "model", r->reply->model);
}

static void write_thinking(
    struct json_writer *w, const char *key, struct str thinking, const char *signature)
{
    jsonw_object(w, key);
    jsonw_cstr(w, "type", "thinking");
    jsonw_str(w, "thinking", thinking);
    jsonw_cstr(w, "signature", signature);
    jsonw_end_object(w);
}

static void write_text(struct json_writer *w, const char *key, struct str text)
{
    jsonw_object(w, key);
    jsonw_cstr(w, "type", "text");
    jsonw_str(w, "text", text);
    jsonw_end_object(w);
}

static void write_call(
    struct json_writer *w, const char *key, const struct saying *r, size_t i, struct str input)
{
    const struct mind_tool_call *c = &r->reply->calls[i];
    struct buf id = BUF_INIT;

    buf_puts(&id, r->signature[0] ? MESSAGES_CALL_AFTER_THINKING : "toolu_");
    buf_str_add(&id, digits_of(c->id));
    jsonw_object(w, key);
    jsonw_cstr(w, "type", "tool_use");
    jsonw_str(w, "id", buf_str(&id));
    buf_release(&id);
    jsonw_str(w, "name", c->name);
    jsonw_raw(w, "input", input);
    jsonw_end_object(w);
}

static struct str whole_input(struct str arguments)
{
    struct json *doc = NULL;
    bool ok = json_parse(arguments, JSON_STRICT, &doc, NULL) == OK && json_type(doc) == JSON_OBJECT;

    json_free(doc);
    return ok ? arguments : STR("{}");
}

/* ---- plain ----------------------------------------------------------------------------------- */

static void write_json(const struct saying *r, struct buf *out)
{
    struct json_writer w = json_writer(out, 0);

    write_head(&w, NULL, r);
    jsonw_array(&w, "content");
    if (r->signature[0])
        write_thinking(&w, NULL, r->thinking, r->signature);
    if (r->reply->content.n)
        write_text(&w, NULL, r->reply->content);
    for (size_t i = 0; i < r->reply->ncalls; i++)
        write_call(&w, NULL, r, i, whole_input(r->reply->calls[i].arguments));
    jsonw_end_array(&w);
    jsonw_cstr(&w, "stop_reason", r->stop_reason);
    jsonw_null(&w, "stop_sequence");
    write_usage(&w, r, r->reply->completion_tokens);
    jsonw_end_object(&w);
}

/* ---- streamed -------------------------------------------------------------------------------- */

/* An event in the making: event_begin opens its object, event_end closes it. */
struct events {
    struct buf *out;
    struct json_writer w;
    int64_t index; /* of the block */
};

static void event_begin(struct events *s, const char *type)
{
    buf_printf(s->out, "event: %s\ndata: ", type);
    s->w = json_writer(s->out, 0);
    jsonw_object(&s->w, NULL);
    jsonw_cstr(&s->w, "type", type);
}

static void event_end(struct events *s)
{
    jsonw_end_object(&s->w);
    buf_puts(s->out, "\n\n");
}

static void block_begin(struct events *s)
{
    event_begin(s, "content_block_start");
    jsonw_int(&s->w, "index", s->index);
}

static void block_end(struct events *s)
{
    event_begin(s, "content_block_stop");
    jsonw_int(&s->w, "index", s->index++);
    event_end(s);
}

static void delta(struct events *s, const char *type, const char *member, struct str text)
{
    event_begin(s, "content_block_delta");
    jsonw_int(&s->w, "index", s->index);
    jsonw_object(&s->w, "delta");
    jsonw_cstr(&s->w, "type", type);
    jsonw_str(&s->w, member, text);
    jsonw_end_object(&s->w);
    event_end(s);
}

static void text_deltas(struct events *s, const char *type, const char *member, struct str text)
{
    while (text.n) {
        size_t n = token_prefix(text, PIECE_TOKENS);
        if (n == 0)
            n = text.n;
        delta(s, type, member, str_slice(text, 0, n));
        text = str_from(text, n);
    }
}

static void stream_call(struct events *s, const struct saying *r, size_t i)
{
    struct str rest = r->reply->calls[i].arguments;

    block_begin(s);
    write_call(&s->w, "content_block", r, i, STR("{}"));
    event_end(s);
    delta(s, "input_json_delta", "partial_json", STR(""));
    while (rest.n) {
        size_t n = rest.n < PIECE_BYTES ? rest.n : PIECE_BYTES;
        while (n < rest.n && ((unsigned char)rest.p[n] & 0xC0) == 0x80)
            n++; /* never inside a character */
        delta(s, "input_json_delta", "partial_json", str_slice(rest, 0, n));
        rest = str_from(rest, n);
    }
    block_end(s);
}

static void stream_blocks(struct events *s, const struct saying *r)
{
    if (r->signature[0]) {
        block_begin(s);
        write_thinking(&s->w, "content_block", STR(""), "");
        event_end(s);
        text_deltas(s, "thinking_delta", "thinking", r->thinking);
        delta(s, "signature_delta", "signature", str_c(r->signature));
        block_end(s);
    }
    if (r->reply->content.n) {
        block_begin(s);
        write_text(&s->w, "content_block", STR(""));
        event_end(s);
        text_deltas(s, "text_delta", "text", r->reply->content);
        block_end(s);
    }
    for (size_t i = 0; i < r->reply->ncalls; i++)
        stream_call(s, r, i);
}

static void write_sse(const struct saying *r, struct buf *out)
{
    struct events s = {.out = out};

    event_begin(&s, "message_start");
    write_head(&s.w, "message", r);
    jsonw_array(&s.w, "content");
    jsonw_end_array(&s.w);
    jsonw_null(&s.w, "stop_reason");
    jsonw_null(&s.w, "stop_sequence");
    write_usage(&s.w, r, 0);
    jsonw_end_object(&s.w);
    event_end(&s);
    event_begin(&s, "ping");
    event_end(&s);
    stream_blocks(&s, r);
    event_begin(&s, "message_delta");
    jsonw_object(&s.w, "delta");
    jsonw_cstr(&s.w, "stop_reason", r->stop_reason);
    jsonw_null(&s.w, "stop_sequence");
    jsonw_end_object(&s.w);
    write_usage(&s.w, r, r->reply->completion_tokens);
    event_end(&s);
    event_begin(&s, "message_stop");
    event_end(&s);
}

void messages_write(
    const struct wire_request *request, const struct wire_reply *reply, struct buf *out)
{
    struct saying s = saying_of(request, reply);

    if (request->stream)
        write_sse(&s, out);
    else
        write_json(&s, out);
}

/* ---- other answers --------------------------------------------------------------------------- */

void messages_write_count(int64_t tokens, struct buf *out)
{
    struct json_writer w = json_writer(out, 0);

    jsonw_object(&w, NULL);
    jsonw_int(&w, "input_tokens", tokens);
    jsonw_end_object(&w);
}

void messages_write_error(const struct wire_error *e, struct buf *out)
{
    struct json_writer w = json_writer(out, 0);
    const char *type = e->status >= 500   ? "api_error"
                       : e->status == 404 ? "not_found_error"
                       : e->status == 413 ? "request_too_large"
                                          : "invalid_request_error";
    struct str message = str_c(e->err.msg);
    char hex[DIGEST_HEX_LEN + 1];

    digest_hex(digest_of(message), hex);
    jsonw_object(&w, NULL);
    jsonw_cstr(&w, "type", "error");
    jsonw_object(&w, "error");
    jsonw_cstr(&w, "type", type);
    jsonw_str(&w, "message", message);
    jsonw_end_object(&w);
    hex[24] = '\0';
    struct buf id = BUF_INIT;
    buf_printf(&id, "req_%s", hex);
    jsonw_str(&w, "request_id", buf_str(&id));
    buf_release(&id);
    jsonw_end_object(&w);
}
