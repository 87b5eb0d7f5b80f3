/*
 * mock_answer.h - bodies of the mock server: chat completions whole and streamed, errors, rubbish.
 *
 * All of them are functions of the rule and the request, so that a test can foresee every byte.
 */
#ifndef TESTS_MOCK_MOCK_ANSWER_H
#define TESTS_MOCK_MOCK_ANSWER_H

#include "harness/base/json.h"
#include "harness/base/token.h"
#include "tests/mock/mock_rule.h"

struct answer {
    int status;
    const char *content_type;
    struct buf body;
};

/* What the model says: one of text, tool call, refusal. */
struct saying {
    struct buf text, reasoning, tool_name, tool_args;
    const char *finish; /* NULL = none is given */
    bool refused, null_text;
};

static inline void saying_release(struct saying *s)
{
    buf_release(&s->text);
    buf_release(&s->reasoning);
    buf_release(&s->tool_name);
    buf_release(&s->tool_args);
}

static inline bool has_tool_result(const struct json *request)
{
    const struct json *m = json_first(json_get(request, "messages"));

    for (; m; m = json_next(m))
        if (str_eqc(json_str(json_get(m, "role")), "tool"))
            return true;
    return false;
}

/* Calls the first tool offered, or the last one once a tool result is in the conversation; every
 * required argument is the text "The total is 4." */
static inline void say_tool(struct saying *s, const struct rule *r, const struct json *request)
{
    const struct json *tools = json_get(request, "tools");
    size_t n = json_len(tools);
    const struct json *f =
        json_get(json_at(tools, n && has_tool_result(request) ? n - 1 : 0), "function");
    struct json_writer w = json_writer(&s->tool_args, 0);

    buf_str_add(&s->tool_name, json_str(json_get(f, "name")));
    if (rule_on(r, OPT_TOOLUNKNOWN)) {
        buf_reset(&s->tool_name);
        buf_puts(&s->tool_name, "no_such_tool");
    }
    jsonw_object(&w, NULL);
    const struct json *arg = json_first(json_path(f, "parameters.required"));
    for (; arg; arg = json_next(arg))
        jsonw_cstr(&w, json_str(arg).p, "The total is 4.");
    jsonw_end_object(&w);
    s->finish = "tool_calls";
    if (rule_on(r, OPT_TOOLCUT) || rule_on(r, OPT_TOOLBAD))
        buf_truncate(&s->tool_args, s->tool_args.n / 2 + 1);
    if (rule_on(r, OPT_TOOLCUT))
        s->finish = "length";
}

static inline void say_text(struct saying *s, const struct rule *r)
{
    static const char utf8[] = "Caf\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x8D\x8E. ";

    if (rule_on(r, OPT_BIG))
        for (int64_t n = 0; n < r->v[OPT_BIG]; n += 16)
            buf_puts(&s->text, "So far so good. ");
    if (rule_on(r, OPT_UTF8))
        buf_puts(&s->text, utf8);
    if (rule_on(r, OPT_NUL))
        buf_add(&s->text, "a\0b ", 4);
    if (rule_on(r, OPT_BADUTF8))
        buf_puts(&s->text, "\xC3( \xED\xA0\x80 \xFF ");
    buf_puts(&s->text, r->answer[0] ? r->answer : "The answer is 4.");
}

static inline bool rule_calls(const struct rule *r, const struct json *request)
{
    bool tools = rule_on(r, OPT_TOOLS) || rule_on(r, OPT_TOOLBAD) || rule_on(r, OPT_TOOLCUT) ||
                 rule_on(r, OPT_TOOLUNKNOWN);

    return tools && json_len(json_get(request, "tools"));
}

static inline void say(struct saying *s, const struct rule *r, const struct json *request)
{
    *s = (struct saying){.finish = "stop"};
    if (rule_on(r, OPT_REASONING) || rule_on(r, OPT_BUDGET))
        buf_puts(&s->reasoning, "Two and two are four.");
    if (rule_calls(r, request)) {
        say_tool(s, r, request);
        s->null_text = true;
    } else if (rule_on(r, OPT_NULLCONTENT)) {
        s->null_text = true;
    } else if (!rule_on(r, OPT_REASONING) && !rule_on(r, OPT_BUDGET)) {
        say_text(s, r);
    }
    if (rule_on(r, OPT_REFUSAL)) {
        buf_reset(&s->text);
        buf_puts(&s->text, "I'm sorry, but I can't help with that.");
        s->refused = s->null_text = true;
    }
    if (rule_on(r, OPT_FILTER))
        s->finish = "content_filter";
    if (rule_on(r, OPT_LENGTH) || rule_on(r, OPT_BUDGET))
        s->finish = "length";
    if (rule_on(r, OPT_NOFINISH))
        s->finish = NULL;
}

/* json.h writes no \u0000 and escapes nothing above 0x7F; what must be wrong is put in here. */
static inline void put_string(struct buf *out, struct str s)
{
    buf_putc(out, '"');
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '\0')
            buf_puts(out, "\\u0000");
        else
            json_escape(out, str_slice(s, i, i + 1));
    }
    buf_putc(out, '"');
}

static inline void put_usage(
    struct buf *out, const struct rule *r, const struct saying *s, size_t request_bytes)
{
    long long in = (long long)(request_bytes / 4);
    long long thought = (long long)token_count(buf_str(&s->reasoning));
    long long told =
        rule_on(r, OPT_USED)
            ? (long long)r->v[OPT_USED]
            : (long long)(token_count(buf_str(&s->text)) + token_count(buf_str(&s->tool_args))) +
                  thought;

    buf_printf(out,
        "{\"prompt_tokens\":%lld,\"completion_tokens\":%lld,\"total_tokens\":%lld,"
        "\"completion_tokens_details\":{\"reasoning_tokens\":%lld}}",
        in, told, in + told, thought);
}

static inline void put_finish(struct buf *out, const struct saying *s)
{
    if (s->finish)
        buf_printf(out, ",\"finish_reason\":\"%s\"", s->finish);
    else
        buf_puts(out, ",\"finish_reason\":null");
}

static inline void put_head(struct buf *out, const char *object, struct str model)
{
    buf_printf(out, "{\"id\":\"mock-1\",\"object\":\"%s\",\"created\":1,\"model\":", object);
    put_string(out, model);
}

static inline void put_completion(
    struct buf *out, const struct rule *r, const struct json *request, size_t request_bytes)
{
    struct saying s;

    say(&s, r, request);
    put_head(out, "chat.completion", json_str(json_get(request, "model")));
    buf_puts(out, ",\"choices\":[");
    if (!rule_on(r, OPT_NOCHOICE)) {
        buf_puts(out, "{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":");
        if (s.null_text)
            buf_puts(out, "null");
        else
            put_string(out, buf_str(&s.text));
        if (s.refused) {
            buf_puts(out, ",\"refusal\":");
            put_string(out, buf_str(&s.text));
        }
        if (s.reasoning.n) {
            buf_puts(out, ",\"reasoning_content\":");
            put_string(out, buf_str(&s.reasoning));
        }
        if (s.tool_name.n) {
            buf_puts(out, ",\"tool_calls\":[{\"id\":\"call_1\",\"type\":\"function\","
                          "\"function\":{\"name\":");
            put_string(out, buf_str(&s.tool_name));
            buf_puts(out, ",\"arguments\":");
            put_string(out, buf_str(&s.tool_args));
            buf_puts(out, "}}]");
        }
        buf_putc(out, '}');
        put_finish(out, &s);
        buf_putc(out, '}');
    }
    buf_putc(out, ']');
    if (!rule_on(r, OPT_NOUSAGE)) {
        buf_puts(out, ",\"usage\":");
        put_usage(out, r, &s, request_bytes);
    }
    buf_putc(out, '}');
    saying_release(&s);
}

/* --- streaming ----------------------------------------------------------------------------- */

struct stream {
    struct buf *out;
    const struct rule *r;
    const char *eol;
    struct str model;
};

static inline void put_event(struct stream *st, struct str data)
{
    if (rule_on(st->r, OPT_COMMENTS))
        buf_printf(st->out, ": keep-alive%s%s", st->eol, st->eol);
    buf_printf(st->out, "data: ");
    buf_str_add(st->out, data);
    buf_printf(st->out, "%s%s", st->eol, st->eol);
}

/* A chunk whose delta is `{` + field + value + `}`; finish may be NULL. */
static inline void put_delta(
    struct stream *st, const char *before, struct str value, const char *after, const char *finish)
{
    struct buf b = BUF_INIT;

    put_head(&b, "chat.completion.chunk", st->model);
    buf_puts(&b, ",\"choices\":[{\"index\":0,\"delta\":{");
    buf_puts(&b, before);
    if (before[0])
        put_string(&b, value);
    buf_puts(&b, after);
    buf_puts(&b, "},\"finish_reason\":");
    if (finish)
        buf_printf(&b, "\"%s\"", finish);
    else
        buf_puts(&b, "null");
    buf_puts(&b, "}]}");
    put_event(st, buf_str(&b));
    buf_release(&b);
}

/* A text in pieces of at most `piece` bytes; cuts between code points only, as JSON demands. */
static inline void put_pieces(
    struct stream *st, const char *before, struct str text, const char *after, size_t piece)
{
    for (size_t i = 0; i < text.n;) {
        size_t end = i + piece < text.n ? i + piece : text.n;
        while (end < text.n && ((unsigned char)text.p[end] & 0xC0) == 0x80)
            end++;
        put_delta(st, before, str_slice(text, i, end), after, NULL);
        i = end;
    }
}

static inline void put_stream(
    struct buf *out, const struct rule *r, const struct json *request, size_t request_bytes)
{
    struct stream st = {out, r, "\n", json_str(json_get(request, "model"))};
    struct saying s;
    bool usage = json_bool(json_path(request, "stream_options.include_usage"), false);

    st.eol = rule_on(r, OPT_CRLF) ? "\r\n" : rule_on(r, OPT_CR) ? "\r" : "\n";
    say(&s, r, request);
    if (rule_on(r, OPT_BOM))
        buf_puts(out, "\xEF\xBB\xBF");
    put_delta(&st, "\"role\":", STR("assistant"), ",\"content\":\"\"", NULL);
    put_pieces(&st, "\"reasoning_content\":", buf_str(&s.reasoning), "", 8);
    if (s.refused)
        put_pieces(&st, "\"refusal\":", buf_str(&s.text), "", 8);
    else
        put_pieces(&st, "\"content\":", buf_str(&s.text), "", s.text.n > 4096 ? 4096 : 4);
    if (rule_on(r, OPT_ERREVENT)) {
        put_event(&st, STR("{\"error\":{\"message\":\"The mock model fell over.\","
                           "\"type\":\"server_error\",\"code\":500}}"));
        saying_release(&s);
        return;
    }
    if (s.tool_name.n) {
        put_delta(&st,
            "\"tool_calls\":[{\"index\":0,\"id\":\"call_1\",\"type\":\"function\","
            "\"function\":{\"arguments\":\"\",\"name\":",
            buf_str(&s.tool_name), "}}]", NULL);
        put_pieces(&st,
            "\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":", buf_str(&s.tool_args),
            "}}]", 5);
    }
    if (s.finish)
        put_delta(&st, "", STR(""), "", s.finish);
    if (usage && !rule_on(r, OPT_NOUSAGE)) {
        struct buf b = BUF_INIT;
        put_head(&b, "chat.completion.chunk", st.model);
        buf_puts(&b, ",\"choices\":[],\"usage\":");
        put_usage(&b, r, &s, request_bytes);
        buf_putc(&b, '}');
        put_event(&st, buf_str(&b));
        buf_release(&b);
    }
    if (s.finish && !rule_on(r, OPT_NODONE))
        put_event(&st, STR("[DONE]"));
    if (rule_on(r, OPT_NOBLANK))
        buf_truncate(out, out->n - 2 * strlen(st.eol));
    saying_release(&s);
}

/* --- errors -------------------------------------------------------------------------------- */

static inline void put_error(struct answer *a, const struct rule *r, int status)
{
    static const struct {
        const char *shape, *type, *body;
    } shapes[] = {
        {"openai", "application/json",
            "{\"error\":{\"message\":\"mock status %d\",\"type\":\"mock_error\",\"param\":null,"
            "\"code\":\"mock_%d\"}}"},
        {"anthropic", "application/json",
            "{\"type\":\"error\",\"error\":{\"type\":\"mock_error\",\"message\":\"mock status %d, "
            "%d\"}}"},
        {"flat", "application/json",
            "{\"object\":\"error\",\"message\":\"mock status %d\",\"code\":%d}"},
        {"string", "application/json", "{\"error\":\"mock status %d (%d)\"}"},
        {"quota", "application/json",
            "{\"error\":{\"message\":\"mock status %d: you ran out of credit (%d)\","
            "\"type\":\"insufficient_quota\",\"code\":\"insufficient_quota\"}}"},
        {"context", "application/json",
            "{\"error\":{\"message\":\"mock status %d: the prompt is too long (%d)\","
            "\"type\":\"invalid_request_error\",\"code\":\"context_length_exceeded\"}}"},
        {"plain", "text/plain", "mock status %d (%d)\n"},
        {"html", "text/html", "<html><body><h1>%d</h1>mock %d</body></html>"},
        {"empty", "text/plain", ""},
    };
    size_t i = 0;

    while (i + 1 < ARRAY_LEN(shapes) && r->shape[0] && strcmp(shapes[i].shape, r->shape) != 0)
        i++;
    a->status = status;
    a->content_type = shapes[i].type;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    buf_printf(&a->body, shapes[i].body, status, status);
#pragma GCC diagnostic pop
}

static inline void put_garbage(struct buf *out)
{
    uint32_t x = 2463534242u; /* Marsaglia's xorshift32: the same rubbish every time */

    for (int i = 0; i < 500; i++) {
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        buf_putc(out, (char)(x & 0xFF));
    }
}

static inline void answer_make(
    struct answer *a, const struct rule *r, const struct json *request, size_t request_bytes)
{
    bool stream = json_bool(json_get(request, "stream"), false) && !rule_on(r, OPT_PLAIN);

    a->status = 200;
    a->content_type = stream ? "text/event-stream" : "application/json";
    if (rule_on(r, OPT_BLANK))
        buf_puts(&a->body, stream ? "\n\n" : "\r\n  \n\n");
    if (rule_on(r, OPT_GARBAGE)) {
        put_garbage(&a->body);
    } else if (rule_on(r, OPT_HTML)) {
        a->content_type = "text/html";
        buf_puts(&a->body, "<!doctype html><title>Bad gateway</title><p>Please log in.");
    } else if (rule_on(r, OPT_NOTJSON)) {
        buf_puts(&a->body, "The answer is 4.");
    } else if (rule_on(r, OPT_ERROR200)) {
        put_error(a, r, 502);
        a->status = 200;
    } else if (rule_on(r, OPT_EMPTYBODY)) {
        buf_reset(&a->body);
    } else if (stream) {
        put_stream(&a->body, r, request, request_bytes);
    } else {
        put_completion(&a->body, r, request, request_bytes);
    }
}

#endif
