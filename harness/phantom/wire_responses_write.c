/* wire_responses_write.c - writing a Responses answer, plain and as events; see
 * wire_responses.h. */
#include "harness/phantom/wire_responses.h"

#include "harness/base/json.h"
#include "harness/base/token.h"

#include <string.h>

enum {
    CREATED = 1735689600, /* 2025-01-01: fixed, as in wire_write.c */
    PIECE_TOKENS = 6,     /* of text in one event */
    PIECE_BYTES = 24,     /* of arguments in one event */
    BEGUN_BYTES = 16      /* of encrypted_content before an item is done */
};

/* An answer with what its items need. */
struct answer {
    const struct wire_request *request;
    const struct wire_reply *reply;
    struct buf *out;
    struct str ident; /* the part that all ids of this answer share */
    bool reasons;     /* begins with a reasoning item */
    bool speaks;      /* has a message */
    bool cut;
    const char *under_way; /* status before the end */
    char secret[DIGEST_HEX_LEN + 1];
    char reasoning_id[WIRE_MARK_SIZE];
    int64_t sequence; /* number of the next event */
};

static struct answer answer_of(
    const struct wire_request *request, const struct wire_reply *reply, struct buf *out)
{
    struct str ident = str_c(reply->id);
    struct answer a = {.request = request, .reply = reply, .out = out, .under_way = "in_progress"};

    a.ident = str_starts(ident, STR("chatcmpl-")) ? str_from(ident, strlen("chatcmpl-")) : ident;
    a.reasons = reply->reasoning_tokens > 0;
    a.cut = strcmp(reply->finish_reason, "length") == 0;
    a.speaks = reply->content.n > 0 || (reply->ncalls == 0 && !a.cut);
    if (a.reasons) {
        struct digest_ctx *ctx = digest_new();
        digest_field(ctx, STR("reasoning"));
        digest_field(ctx, a.ident);
        digest_hex(digest_end(ctx), a.secret);
        digest_free(ctx);
        struct str secret = str_c(a.secret);
        wire_responses_mark(a.reasoning_id, "rs", STR(""), &secret, 1);
    }
    return a;
}

static const char *status_of(const struct answer *a)
{
    return a->cut ? "incomplete" : "completed";
}

/* ---- items ----------------------------------------------------------------------------------- */

static void write_reasoning(
    struct json_writer *w, const char *key, const struct answer *a, bool whole)
{
    jsonw_object(w, key);
    jsonw_cstr(w, "id", a->reasoning_id);
    jsonw_cstr(w, "type", "reasoning");
    jsonw_array(w, "summary");
    jsonw_end_array(w);
    if (a->request->include_encrypted)
        jsonw_str(w, "encrypted_content",
            str_slice(str_c(a->secret), 0, whole ? DIGEST_HEX_LEN : BEGUN_BYTES));
    jsonw_end_object(w);
}

static void write_part(struct json_writer *w, const char *key, struct str text)
{
    jsonw_object(w, key);
    jsonw_cstr(w, "type", "output_text");
    jsonw_str(w, "text", text);
    jsonw_array(w, "annotations");
    jsonw_end_array(w);
    jsonw_end_object(w);
}

static const char *message_id(const struct answer *a, char out[WIRE_MARK_SIZE])
{
    return wire_responses_mark(out, "msg", str_c(a->reasoning_id), &a->reply->content, 1);
}

static void write_message(
    struct json_writer *w, const char *key, const struct answer *a, bool whole)
{
    char id[WIRE_MARK_SIZE];

    jsonw_object(w, key);
    jsonw_cstr(w, "id", message_id(a, id));
    jsonw_cstr(w, "type", "message");
    jsonw_cstr(w, "role", "assistant");
    jsonw_cstr(w, "status", whole ? status_of(a) : "in_progress");
    jsonw_array(w, "content");
    if (whole)
        write_part(w, NULL, a->reply->content);
    jsonw_end_array(w);
    jsonw_end_object(w);
}

static const char *call_mark(const struct answer *a, size_t i, char out[WIRE_MARK_SIZE])
{
    const struct mind_tool_call *c = &a->reply->calls[i];
    struct str parts[] = {c->id, c->name, c->arguments};

    return wire_responses_mark(out, "fc", str_c(a->reasoning_id), parts, ARRAY_LEN(parts));
}

static void write_call(
    struct json_writer *w, const char *key, const struct answer *a, size_t i, bool whole)
{
    const struct mind_tool_call *c = &a->reply->calls[i];
    bool cut = a->cut && i + 1 == a->reply->ncalls;
    char id[WIRE_MARK_SIZE];

    jsonw_object(w, key);
    jsonw_cstr(w, "id", call_mark(a, i, id));
    jsonw_cstr(w, "type", "function_call");
    jsonw_cstr(w, "status", !whole ? "in_progress" : cut ? "incomplete" : "completed");
    jsonw_str(w, "call_id", c->id);
    jsonw_str(w, "name", c->name);
    jsonw_str(w, "arguments", whole ? c->arguments : STR(""));
    jsonw_end_object(w);
}

/* ---- the response object --------------------------------------------------------------------- */

static void write_usage(struct json_writer *w, const struct wire_reply *r)
{
    jsonw_object(w, "usage");
    jsonw_int(w, "input_tokens", r->prompt_tokens);
    jsonw_object(w, "input_tokens_details");
    jsonw_int(w, "cached_tokens", 0);
    jsonw_end_object(w);
    jsonw_int(w, "output_tokens", r->completion_tokens);
    jsonw_object(w, "output_tokens_details");
    jsonw_int(w, "reasoning_tokens", r->reasoning_tokens);
    jsonw_end_object(w);
    jsonw_int(w, "total_tokens", r->prompt_tokens + r->completion_tokens);
    jsonw_end_object(w);
}

static void write_output(struct json_writer *w, const struct answer *a)
{
    if (a->reasons)
        write_reasoning(w, NULL, a, true);
    if (a->speaks)
        write_message(w, NULL, a, true);
    for (size_t i = 0; i < a->reply->ncalls; i++)
        write_call(w, NULL, a, i, true);
}

static void put_name(const struct answer *a, struct buf *out)
{
    buf_printf(out, "resp_%.*s", STR_ARG(a->ident));
}

static void write_response(struct json_writer *w, const char *key, const struct answer *a, bool end)
{
    struct buf id = BUF_INIT;

    put_name(a, &id);
    jsonw_object(w, key);
    jsonw_str(w, "id", buf_str(&id));
    jsonw_cstr(w, "object", "response");
    jsonw_int(w, "created_at", CREATED);
    jsonw_cstr(w, "status", end ? status_of(a) : a->under_way);
    jsonw_bool(w, "background", a->request->background);
    jsonw_null(w, "error");
    if (end && a->cut) {
        jsonw_object(w, "incomplete_details");
        jsonw_cstr(w, "reason", "max_output_tokens");
        jsonw_end_object(w);
    } else {
        jsonw_null(w, "incomplete_details");
    }
    jsonw_null(w, "instructions");
    jsonw_str(w, "model", a->reply->model);
    jsonw_array(w, "output");
    if (end)
        write_output(w, a);
    jsonw_end_array(w);
    jsonw_bool(w, "parallel_tool_calls", true);
    jsonw_num(w, "temperature", a->request->mind.temperature);
    jsonw_cstr(w, "tool_choice", "auto");
    jsonw_array(w, "tools");
    jsonw_end_array(w);
    jsonw_bool(w, "store", a->request->background);
    if (end)
        write_usage(w, a->reply);
    else
        jsonw_null(w, "usage");
    jsonw_end_object(w);
    buf_release(&id);
}

/* ---- events ---------------------------------------------------------------------------------- */

static struct json_writer event_begin(struct answer *a, const char *type)
{
    buf_printf(a->out, "event: %s\ndata: ", type);
    struct json_writer w = json_writer(a->out, 0);
    jsonw_object(&w, NULL);
    jsonw_cstr(&w, "type", type);
    jsonw_int(&w, "sequence_number", a->sequence++);
    return w;
}

static void event_end(struct answer *a, struct json_writer *w)
{
    jsonw_end_object(w);
    buf_puts(a->out, "\n\n");
}

static void response_event(struct answer *a, const char *type, bool end)
{
    struct json_writer w = event_begin(a, type);

    write_response(&w, "response", a, end);
    event_end(a, &w);
}

/* An event about a piece of an item: where it belongs. */
static struct json_writer piece_begin(
    struct answer *a, const char *type, const char *item_id, int64_t index, bool part)
{
    struct json_writer w = event_begin(a, type);

    jsonw_cstr(&w, "item_id", item_id);
    jsonw_int(&w, "output_index", index);
    if (part)
        jsonw_int(&w, "content_index", 0);
    return w;
}

static struct json_writer item_begin(struct answer *a, bool whole, int64_t index)
{
    struct json_writer w =
        event_begin(a, whole ? "response.output_item.done" : "response.output_item.added");

    jsonw_int(&w, "output_index", index);
    return w;
}

static void stream_reasoning(struct answer *a, int64_t index)
{
    for (int whole = 0; whole < 2; whole++) {
        struct json_writer w = item_begin(a, whole, index);
        write_reasoning(&w, "item", a, whole);
        event_end(a, &w);
    }
}

static void part_event(
    struct answer *a, const char *type, const char *id, int64_t index, struct str text)
{
    struct json_writer w = piece_begin(a, type, id, index, true);

    write_part(&w, "part", text);
    event_end(a, &w);
}

static void stream_message(struct answer *a, int64_t index)
{
    char id[WIRE_MARK_SIZE];
    struct json_writer w = item_begin(a, false, index);

    message_id(a, id);
    write_message(&w, "item", a, false);
    event_end(a, &w);
    part_event(a, "response.content_part.added", id, index, STR(""));
    for (struct str rest = a->reply->content; rest.n;) {
        size_t n = token_prefix(rest, PIECE_TOKENS);
        if (n == 0)
            n = rest.n;
        w = piece_begin(a, "response.output_text.delta", id, index, true);
        jsonw_str(&w, "delta", str_slice(rest, 0, n));
        event_end(a, &w);
        rest = str_from(rest, n);
    }
    w = piece_begin(a, "response.output_text.done", id, index, true);
    jsonw_str(&w, "text", a->reply->content);
    event_end(a, &w);
    part_event(a, "response.content_part.done", id, index, a->reply->content);
    w = item_begin(a, true, index);
    write_message(&w, "item", a, true);
    event_end(a, &w);
}

static void stream_call(struct answer *a, size_t i, int64_t index)
{
    char id[WIRE_MARK_SIZE];
    struct json_writer w = item_begin(a, false, index);

    call_mark(a, i, id);
    write_call(&w, "item", a, i, false);
    event_end(a, &w);
    for (struct str rest = a->reply->calls[i].arguments; rest.n;) {
        size_t n = rest.n < PIECE_BYTES ? rest.n : PIECE_BYTES;
        while (n < rest.n && ((unsigned char)rest.p[n] & 0xC0) == 0x80)
            n++; /* never inside a character */
        w = piece_begin(a, "response.function_call_arguments.delta", id, index, false);
        jsonw_str(&w, "delta", str_slice(rest, 0, n));
        event_end(a, &w);
        rest = str_from(rest, n);
    }
    w = piece_begin(a, "response.function_call_arguments.done", id, index, false);
    jsonw_str(&w, "arguments", a->reply->calls[i].arguments);
    event_end(a, &w);
    w = item_begin(a, true, index);
    write_call(&w, "item", a, i, true);
    event_end(a, &w);
}

void wire_responses_write(
    const struct wire_request *request, const struct wire_reply *reply, struct buf *out)
{
    struct answer a = answer_of(request, reply, out);
    int64_t index = 0;

    if (!request->stream) {
        struct json_writer w = json_writer(out, 0);
        write_response(&w, NULL, &a, true);
        return;
    }
    response_event(&a, "response.created", false);
    response_event(&a, "response.in_progress", false);
    if (a.reasons)
        stream_reasoning(&a, index++);
    if (a.speaks)
        stream_message(&a, index++);
    for (size_t i = 0; i < reply->ncalls; i++)
        stream_call(&a, i, index++);
    response_event(&a, a.cut ? "response.incomplete" : "response.completed", true);
}

void wire_responses_name(const struct wire_reply *reply, struct buf *out)
{
    struct answer a = answer_of(&(struct wire_request){0}, reply, NULL);

    put_name(&a, out);
}

void wire_responses_under_way(const struct wire_request *request, const struct wire_reply *reply,
    const char *status, struct buf *out)
{
    struct answer a = answer_of(request, reply, out);
    struct json_writer w = json_writer(out, 0);

    a.under_way = status;
    write_response(&w, NULL, &a, false);
}
