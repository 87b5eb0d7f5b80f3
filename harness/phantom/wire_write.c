/* wire_write.c - cutting, counting and writing a Chat Completions response; see wire.h. */
#include "harness/phantom/wire.h"

#include "harness/base/json.h"
#include "harness/base/token.h"

enum {
    CREATED = 1735689600, /* 2025-01-01: fixed, so that equal requests get equal bytes */
    PIECE_TOKENS = 6,     /* tokens of content in one stream chunk */
    PIECE_BYTES = 24      /* bytes of tool arguments in one stream chunk */
};

/* Takes what fits of s from *left (-1 = no limit); *cut is set when something is dropped. */
static struct str take(struct str s, int64_t *left, bool *cut, int64_t *used)
{
    size_t n = token_count(s);

    if (*left >= 0 && n > (size_t)*left) {
        s.n = token_prefix(s, (size_t)*left);
        n = (size_t)*left;
        *cut = true;
    }
    if (*left >= 0)
        *left -= (int64_t)n;
    *used += (int64_t)n;
    return s;
}

void wire_fit(const struct wire_request *request, const struct mind_reply *said,
    struct digest digest, struct arena *arena, struct wire_reply *ret)
{
    int64_t left = request->mind.max_tokens;
    bool cut = false;
    char hex[DIGEST_HEX_LEN + 1];
    struct wire_reply r = {.model = request->model,
        .prompt_tokens = request->prompt_tokens,
        .reasoning_key = request->reasoning_key};

    digest_hex(digest, hex);
    r.id = arena_printf(arena, "chatcmpl-%.24s", hex);
    r.reasoning = take(said->reasoning, &left, &cut, &r.reasoning_tokens);
    r.completion_tokens = r.reasoning_tokens;
    if (!cut)
        r.content = take(said->content, &left, &cut, &r.completion_tokens);
    r.calls = arena_array(arena, struct mind_tool_call, said->ncalls);
    for (size_t i = 0; i < said->ncalls && !cut; i++) {
        int64_t name = (int64_t)token_count(said->calls[i].name);
        if (left >= 0 && name > left) { /* a name begun and never ended: made, not shown */
            r.completion_tokens += left;
            cut = true;
            break;
        }
        struct mind_tool_call *c = &r.calls[r.ncalls];
        c->id = str_c(arena_printf(arena, "call_%.20s%04zu", hex, r.ncalls));
        c->name = take(said->calls[i].name, &left, &cut, &r.completion_tokens);
        c->arguments = take(said->calls[i].arguments, &left, &cut, &r.completion_tokens);
        r.ncalls++;
    }
    r.finish_reason = cut ? "length" : r.ncalls ? "tool_calls" : "stop";
    *ret = r;
}

static void write_usage(struct json_writer *w, const struct wire_reply *r)
{
    jsonw_object(w, "usage");
    jsonw_int(w, "prompt_tokens", r->prompt_tokens);
    jsonw_int(w, "completion_tokens", r->completion_tokens);
    jsonw_int(w, "total_tokens", r->prompt_tokens + r->completion_tokens);
    jsonw_object(w, "prompt_tokens_details");
    jsonw_int(w, "cached_tokens", 0);
    jsonw_end_object(w);
    jsonw_object(w, "completion_tokens_details");
    jsonw_int(w, "reasoning_tokens", r->reasoning_tokens);
    jsonw_end_object(w);
    jsonw_end_object(w);
}

static void write_head(struct json_writer *w, const struct wire_reply *r, const char *object)
{
    jsonw_object(w, NULL);
    jsonw_cstr(w, "id", r->id);
    jsonw_cstr(w, "object", object);
    jsonw_int(w, "created", CREATED);
    jsonw_str(w, "model", r->model);
    jsonw_cstr(w, "system_fingerprint", r->fingerprint);
}

static void write_message(struct json_writer *w, const struct wire_reply *r)
{
    jsonw_object(w, "message");
    jsonw_cstr(w, "role", "assistant");
    if (r->ncalls && !r->content.n)
        jsonw_null(w, "content");
    else
        jsonw_str(w, "content", r->content);
    if (r->reasoning_key)
        jsonw_str(w, r->reasoning_key, r->reasoning);
    jsonw_null(w, "refusal");
    if (r->ncalls) {
        jsonw_array(w, "tool_calls");
        for (size_t i = 0; i < r->ncalls; i++) {
            jsonw_object(w, NULL);
            jsonw_str(w, "id", r->calls[i].id);
            jsonw_cstr(w, "type", "function");
            jsonw_object(w, "function");
            jsonw_str(w, "name", r->calls[i].name);
            jsonw_str(w, "arguments", r->calls[i].arguments);
            jsonw_end_object(w);
            jsonw_end_object(w);
        }
        jsonw_end_array(w);
    }
    jsonw_end_object(w);
}

void wire_write_json(const struct wire_reply *r, struct buf *out)
{
    struct json_writer w = json_writer(out, 0);

    write_head(&w, r, "chat.completion");
    jsonw_array(&w, "choices");
    jsonw_object(&w, NULL);
    jsonw_int(&w, "index", 0);
    write_message(&w, r);
    jsonw_null(&w, "logprobs");
    jsonw_cstr(&w, "finish_reason", r->finish_reason);
    jsonw_end_object(&w);
    jsonw_end_array(&w);
    write_usage(&w, r);
    jsonw_end_object(&w);
}

/* A stream in the making: chunk_begin opens `delta`, chunk_end closes it and the event. */
struct chunks {
    const struct wire_reply *reply;
    struct buf *out;
    struct json_writer w;
    bool usage; /* every chunk carries "usage": null, the last one the numbers */
};

static void chunk_begin(struct chunks *c)
{
    buf_puts(c->out, "data: ");
    c->w = json_writer(c->out, 0);
    write_head(&c->w, c->reply, "chat.completion.chunk");
    jsonw_array(&c->w, "choices");
    jsonw_object(&c->w, NULL);
    jsonw_int(&c->w, "index", 0);
    jsonw_object(&c->w, "delta");
}

static void chunk_end(struct chunks *c, const char *finish_reason)
{
    jsonw_end_object(&c->w);
    jsonw_null(&c->w, "logprobs");
    jsonw_cstr(&c->w, "finish_reason", finish_reason);
    jsonw_end_object(&c->w);
    jsonw_end_array(&c->w);
    if (c->usage)
        jsonw_null(&c->w, "usage");
    jsonw_end_object(&c->w);
    buf_puts(c->out, "\n\n");
}

/* Opens delta.tool_calls[i].function; id and name come with the first piece only. */
static void call_piece(struct chunks *c, size_t i, bool first, struct str piece)
{
    const struct mind_tool_call *call = &c->reply->calls[i];

    chunk_begin(c);
    jsonw_array(&c->w, "tool_calls");
    jsonw_object(&c->w, NULL);
    jsonw_int(&c->w, "index", (int64_t)i);
    if (first) {
        jsonw_str(&c->w, "id", call->id);
        jsonw_cstr(&c->w, "type", "function");
    }
    jsonw_object(&c->w, "function");
    if (first)
        jsonw_str(&c->w, "name", call->name);
    jsonw_str(&c->w, "arguments", piece);
    jsonw_end_object(&c->w);
    jsonw_end_object(&c->w);
    jsonw_end_array(&c->w);
    chunk_end(c, NULL);
}

static void write_pieces(struct chunks *c, const char *key, struct str rest)
{
    while (rest.n) {
        size_t n = token_prefix(rest, PIECE_TOKENS);
        if (n == 0)
            n = rest.n;
        chunk_begin(c);
        jsonw_str(&c->w, key, str_slice(rest, 0, n));
        chunk_end(c, NULL);
        rest = str_from(rest, n);
    }
}

static void write_call(struct chunks *c, size_t i)
{
    struct str rest = c->reply->calls[i].arguments;

    call_piece(c, i, true, STR(""));
    while (rest.n) {
        size_t n = rest.n < PIECE_BYTES ? rest.n : PIECE_BYTES;
        while (n < rest.n && ((unsigned char)rest.p[n] & 0xC0) == 0x80)
            n++; /* never inside a character */
        call_piece(c, i, false, str_slice(rest, 0, n));
        rest = str_from(rest, n);
    }
}

void wire_write_sse(const struct wire_reply *r, bool include_usage, struct buf *out)
{
    struct chunks c = {.reply = r, .out = out, .usage = include_usage};

    chunk_begin(&c);
    jsonw_cstr(&c.w, "role", "assistant");
    if (r->ncalls && !r->content.n)
        jsonw_null(&c.w, "content");
    else
        jsonw_str(&c.w, "content", STR(""));
    chunk_end(&c, NULL);
    if (r->reasoning_key)
        write_pieces(&c, r->reasoning_key, r->reasoning);
    write_pieces(&c, "content", r->content);
    for (size_t i = 0; i < r->ncalls; i++)
        write_call(&c, i);
    chunk_begin(&c);
    chunk_end(&c, r->finish_reason);
    if (include_usage) {
        buf_puts(out, "data: ");
        c.w = json_writer(out, 0);
        write_head(&c.w, r, "chat.completion.chunk");
        jsonw_array(&c.w, "choices");
        jsonw_end_array(&c.w);
        write_usage(&c.w, r);
        jsonw_end_object(&c.w);
        buf_puts(out, "\n\n");
    }
    buf_puts(out, "data: [DONE]\n\n");
}

void wire_write_error(const struct wire_error *e, struct buf *out)
{
    struct json_writer w = json_writer(out, 0);

    jsonw_object(&w, NULL);
    jsonw_object(&w, "error");
    jsonw_cstr(&w, "message", e->err.msg);
    jsonw_cstr(&w, "type", e->status >= 500 ? "server_error" : "invalid_request_error");
    jsonw_cstr(&w, "param", e->param);
    jsonw_cstr(&w, "code", e->code);
    jsonw_end_object(&w);
    jsonw_end_object(&w);
}
