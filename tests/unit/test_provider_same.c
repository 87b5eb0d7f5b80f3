/*
 * test_provider_same.c - plain and streamed are one: a property over made-up answers.
 *
 * An answer (reasoning, text, calls, usage, an ending) is drawn at random, written down once as a
 * plain body and once as a stream cut at random places, in each of the three chat formats. Both
 * must read into the same reply, member by member, with every kind of line end.
 */
#include "tests/unit/test_provider_reply.h"

#include "harness/base/json.h"
#include "harness/base/rng.h"
#include "tests/unit/unit.h"

enum { ROUNDS = 400, MOST_CALLS = 3 };

static struct arena arena;

/* What the model said; texts are raw. */
struct answer {
    struct buf reasoning, text, arguments[MOST_CALLS];
    int ncalls;
    bool length; /* the limit ended it */
    bool usage;
};

static void random_text(struct rng *rng, struct buf *out, int most)
{
    static const char *const bits[] = {"a", " ", "\n", "\"", "\\", "{", "}", "data: ", "\r",
        "\xC3\xA9", "\xF0\x9F\x90\x98", "x=1,", "</p>", "\t", ":", "0"};
    int n = (int)rng_below(rng, (uint64_t)most + 1);

    for (int i = 0; i < n; i++)
        buf_puts(out, bits[rng_below(rng, ARRAY_LEN(bits))]);
}

static void draw(struct rng *rng, struct answer *a)
{
    *a = (struct answer){.ncalls = (int)rng_below(rng, MOST_CALLS + 1)};
    if (rng_below(rng, 3))
        random_text(rng, &a->reasoning, 12);
    if (rng_below(rng, 3)) {
        buf_puts(&a->text, "T"); /* not blank: formats differ in what they keep of blanks */
        random_text(rng, &a->text, 12);
    }
    for (int i = 0; i < a->ncalls; i++) {
        struct buf value = BUF_INIT;
        random_text(rng, &value, 6);
        buf_puts(&a->arguments[i], "{\"v\":");
        json_quote(&a->arguments[i], buf_str(&value));
        buf_putc(&a->arguments[i], '}');
        buf_release(&value);
    }
    a->length = rng_below(rng, 4) == 0;
    a->usage = rng_below(rng, 4) != 0;
}

static void forget(struct answer *a)
{
    buf_release(&a->reasoning);
    buf_release(&a->text);
    for (int i = 0; i < a->ncalls; i++)
        buf_release(&a->arguments[i]);
}

/* The next piece of a text, cut anywhere between code points. */
static struct str piece(struct rng *rng, struct str *rest)
{
    size_t n = 1 + rng_below(rng, 7);

    if (n > rest->n)
        n = rest->n;
    while (n < rest->n && ((unsigned char)rest->p[n] & 0xC0) == 0x80)
        n++;
    struct str ret = str_slice(*rest, 0, n);
    *rest = str_from(*rest, n);
    return ret;
}

static void put(struct buf *out, const char *before, struct str text, const char *after)
{
    buf_puts(out, before);
    json_quote(out, text);
    buf_puts(out, after);
}

/* ---- Chat Completions ------------------------------------------------------------------------ */

#define CHAT_USAGE                                                                                 \
    "{\"prompt_tokens\":20,\"completion_tokens\":9,\"total_tokens\":29,"                           \
    "\"prompt_tokens_details\":{\"cached_tokens\":4},"                                             \
    "\"completion_tokens_details\":{\"reasoning_tokens\":3}}"
#define CHAT_HEAD                                                                                  \
    "{\"id\":\"c-1\",\"model\":\"m-2\",\"system_fingerprint\":\"fp\",\"service_tier\":\"flex\","   \
    "\"choices\":[{\"index\":0,"

static const char *chat_finish(const struct answer *a)
{
    return a->length ? "length" : a->ncalls ? "tool_calls" : "stop";
}

/* 0: a member with the reasoning; 1: parts in content; 2: details; calls carry a signature. */
static void chat_plain(const struct answer *a, int form, struct buf *out)
{
    buf_puts(out, CHAT_HEAD "\"message\":{\"role\":\"assistant\",\"content\":");
    if (form == 1 && a->reasoning.n) {
        put(out, "[{\"type\":\"thinking\",\"thinking\":[{\"type\":\"text\",\"text\":",
            buf_str(&a->reasoning), "}]}");
        if (a->text.n)
            put(out, ",{\"type\":\"text\",\"text\":", buf_str(&a->text), "}");
        buf_putc(out, ']');
    } else {
        put(out, "", buf_str(&a->text), "");
    }
    if (form == 0)
        put(out, ",\"reasoning_content\":", buf_str(&a->reasoning), "");
    if (form == 2 && a->reasoning.n)
        put(out, ",\"reasoning_details\":[{\"type\":\"reasoning.text\",\"text\":",
            buf_str(&a->reasoning), ",\"index\":0,\"signature\":\"sig\"}]");
    for (int i = 0; i < a->ncalls; i++) {
        buf_printf(out,
            "%s{\"id\":\"t%d\",\"type\":\"function\",\"function\":{\"name\":\"f\","
            "\"arguments\":",
            i ? "," : ",\"tool_calls\":[", i);
        put(out, "", buf_str(&a->arguments[i]), "}");
        buf_puts(out, i ? "}" : ",\"extra_content\":{\"google\":{\"thought_signature\":\"s+/\"}}}");
    }
    buf_printf(out, "%s},\"finish_reason\":\"%s\"}]", a->ncalls ? "]" : "", chat_finish(a));
    buf_printf(out, ",\"usage\":%s}", a->usage ? CHAT_USAGE : "null");
}

static void chat_delta(struct buf *out, const char *before, struct str text, const char *after)
{
    buf_puts(out, "data: " CHAT_HEAD "\"delta\":{");
    put(out, before, text, after);
    buf_puts(out, "},\"finish_reason\":null}],\"usage\":null}\n\n");
}

static void chat_reasoning(const struct answer *a, int form, struct rng *rng, struct buf *out)
{
    static const struct {
        const char *before, *after;
    } forms[] = {
        {"\"reasoning_content\":", ""},
        {"\"content\":[{\"type\":\"thinking\",\"thinking\":[{\"type\":\"text\",\"text\":", "}]}]"},
        {"\"reasoning_details\":[{\"type\":\"reasoning.text\",\"text\":",
            ",\"index\":0,\"signature\":null}]"},
    };
    struct str rest = buf_str(&a->reasoning);

    while (rest.n)
        chat_delta(out, forms[form].before, piece(rng, &rest), forms[form].after);
    if (form == 2 && a->reasoning.n)
        chat_delta(out,
            "\"reasoning_details\":[{\"type\":\"reasoning.text\",\"index\":0,\"signature\":",
            STR("sig"), "}]");
}

static void chat_calls(const struct answer *a, struct rng *rng, struct buf *out)
{
    struct str rest[MOST_CALLS] = {{NULL, 0}};
    int left = a->ncalls;
    char before[200];

    for (int i = 0; i < a->ncalls; i++) {
        rest[i] = buf_str(&a->arguments[i]);
        snprintf(before, sizeof before,
            "\"tool_calls\":[{\"index\":%d,\"id\":\"t%d\",%s\"function\":{\"name\":\"f\","
            "\"arguments\":",
            i, i, i ? "" : "\"extra_content\":{\"google\":{\"thought_signature\":\"s+/\"}},");
        chat_delta(out, before, STR(""), "}}]");
    }
    while (left) { /* interleaved */
        int i = (int)rng_below(rng, (uint64_t)a->ncalls);
        if (rest[i].n == 0)
            continue;
        snprintf(
            before, sizeof before, "\"tool_calls\":[{\"index\":%d,\"function\":{\"arguments\":", i);
        chat_delta(out, before, piece(rng, &rest[i]), "}}]");
        left -= rest[i].n == 0;
    }
}

static void chat_stream(const struct answer *a, int form, struct rng *rng, struct buf *out)
{
    struct str rest = buf_str(&a->text);

    buf_puts(out, ": keep-alive\n\n");
    chat_delta(out, "\"role\":", STR("assistant"), "");
    chat_reasoning(a, form, rng, out);
    while (rest.n)
        chat_delta(out, "\"content\":", piece(rng, &rest), "");
    chat_calls(a, rng, out);
    buf_printf(
        out, "data: " CHAT_HEAD "\"delta\":{},\"finish_reason\":\"%s\"}]}\n\n", chat_finish(a));
    if (a->usage)
        buf_puts(out, "data: {\"choices\":[],\"usage\":" CHAT_USAGE "}\n\n");
    buf_puts(out, "data: [DONE]\n\n");
}

/* ---- Responses ------------------------------------------------------------------------------- */

#define R_HEAD "{\"id\":\"r-1\",\"model\":\"m-2\",\"service_tier\":\"flex\",\"status\":"
#define R_USAGE                                                                                    \
    "{\"input_tokens\":20,\"input_tokens_details\":{\"cached_tokens\":4},\"output_tokens\":9,"     \
    "\"output_tokens_details\":{\"reasoning_tokens\":3},\"total_tokens\":29}"

static void r_item(const struct answer *a, int i, bool whole, struct buf *out)
{
    if (i == 0) {
        put(out,
            "{\"type\":\"reasoning\",\"id\":\"rs\",\"summary\":[{\"type\":\"summary_text\","
            "\"text\":",
            whole ? buf_str(&a->reasoning) : STR(""), "}],\"encrypted_content\":\"gA==\"}");
    } else if (i == 1) {
        put(out,
            "{\"type\":\"message\",\"phase\":\"final_answer\",\"content\":[{\"type\":"
            "\"output_text\",\"text\":",
            whole ? buf_str(&a->text) : STR(""), "}]}");
    } else {
        buf_printf(out,
            "{\"type\":\"function_call\",\"call_id\":\"t%d\",\"name\":\"f\",\"arguments\":", i);
        put(out, "", whole ? buf_str(&a->arguments[i - 2]) : STR(""), "}");
    }
}

static bool r_there(const struct answer *a, int i)
{
    return i == 0 ? a->reasoning.n > 0 : i == 1 ? a->text.n > 0 : i - 2 < a->ncalls;
}

static void r_response(const struct answer *a, bool items, struct buf *out)
{
    const char *comma = "";

    buf_printf(
        out, R_HEAD "\"%s\",\"error\":null,\"output\":[", a->length ? "incomplete" : "completed");
    for (int i = 0; items && i < MOST_CALLS + 2; i++) {
        if (!r_there(a, i))
            continue;
        buf_puts(out, comma);
        r_item(a, i, true, out);
        comma = ",";
    }
    buf_printf(out, "]%s,\"usage\":%s}",
        a->length ? ",\"incomplete_details\":{\"reason\":\"max_output_tokens\"}" : "",
        a->usage ? R_USAGE : "null");
}

static void r_event(struct buf *out, const char *type, int index)
{
    buf_printf(out, "event: %s\ndata: {\"type\":\"%s\",\"output_index\":%d,", type, type, index);
}

static void r_stream(const struct answer *a, int form, struct rng *rng, struct buf *out)
{
    static const char *const deltas[] = {"response.reasoning_summary_text.delta",
        "response.output_text.delta", "response.function_call_arguments.delta"};
    int index = 0;

    buf_puts(out, "event: response.created\ndata: {\"type\":\"response.created\",\"response\":"
                  "{\"status\":\"in_progress\"}}\n\n");
    for (int i = 0; i < MOST_CALLS + 2; i++) {
        if (!r_there(a, i))
            continue;
        r_event(out, "response.output_item.added", index);
        buf_puts(out, "\"item\":");
        r_item(a, i, false, out);
        buf_puts(out, "}\n\n");
        struct str rest = i == 0   ? buf_str(&a->reasoning)
                          : i == 1 ? buf_str(&a->text)
                                   : buf_str(&a->arguments[i - 2]);
        while (rest.n) {
            r_event(out, deltas[i < 2 ? i : 2], index);
            put(out, "\"delta\":", piece(rng, &rest), "}\n\n");
        }
        r_event(out, "response.output_item.done", index++);
        buf_puts(out, "\"item\":");
        r_item(a, i, true, out);
        buf_puts(out, "}\n\n");
    }
    buf_printf(out, "event: response.end\ndata: {\"type\":\"response.%s\",\"response\":",
        a->length ? "incomplete" : "completed");
    r_response(a, form == 0, out);
    buf_puts(out, "}\n\n");
}

/* ---- Messages -------------------------------------------------------------------------------- */

#define M_HEAD                                                                                     \
    "{\"id\":\"msg-1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"m-2\",\"content\":" \
    "["
#define M_IN                                                                                       \
    "\"input_tokens\":20,\"cache_read_input_tokens\":4,\"cache_creation_input_tokens\":6,"         \
    "\"cache_creation\":{\"ephemeral_5m_input_tokens\":2,\"ephemeral_1h_input_tokens\":4},"        \
    "\"service_tier\":\"standard\""
#define M_OUT "\"output_tokens\":9,\"output_tokens_details\":{\"thinking_tokens\":3}"

static const char *m_reason(const struct answer *a)
{
    return a->length ? "max_tokens" : a->ncalls ? "tool_use" : "end_turn";
}

static void m_block(const struct answer *a, int i, bool whole, struct buf *out)
{
    if (i == 0) {
        put(out, "{\"type\":\"thinking\",\"thinking\":", whole ? buf_str(&a->reasoning) : STR(""),
            ",\"signature\":");
        put(out, "", whole ? STR("E+/s==") : STR(""), "}");
    } else if (i == 1) {
        put(out, "{\"type\":\"text\",\"text\":", whole ? buf_str(&a->text) : STR(""), "}");
    } else {
        buf_printf(out, "{\"type\":\"tool_use\",\"id\":\"t%d\",\"name\":\"f\",\"input\":", i);
        buf_str_add(out, whole ? buf_str(&a->arguments[i - 2]) : STR("{}"));
        buf_putc(out, '}');
    }
}

static void m_plain(const struct answer *a, struct buf *out)
{
    const char *comma = "";

    buf_puts(out, M_HEAD);
    for (int i = 0; i < MOST_CALLS + 2; i++) {
        if (!r_there(a, i))
            continue;
        buf_puts(out, comma);
        m_block(a, i, true, out);
        comma = ",";
    }
    buf_printf(out, "],\"stop_reason\":\"%s\",\"usage\":{%s}}", m_reason(a),
        a->usage ? M_IN "," M_OUT : "");
}

static void m_deltas(const struct answer *a, int i, int index, struct rng *rng, struct buf *out)
{
    static const struct {
        const char *type, *member;
    } kinds[] = {{"thinking_delta", "thinking"}, {"text_delta", "text"},
        {"input_json_delta", "partial_json"}};
    struct str rest = i == 0   ? buf_str(&a->reasoning)
                      : i == 1 ? buf_str(&a->text)
                               : buf_str(&a->arguments[i - 2]);
    int k = i < 2 ? i : 2;

    while (rest.n) {
        buf_printf(out,
            "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":%d,"
            "\"delta\":{\"type\":\"%s\",\"%s\":",
            index, kinds[k].type, kinds[k].member);
        put(out, "", piece(rng, &rest), "}}\n\n");
    }
    if (i == 0)
        buf_printf(out,
            "data: {\"type\":\"content_block_delta\",\"index\":%d,\"delta\":{\"type\":"
            "\"signature_delta\",\"signature\":\"E+/s==\"}}\n\n",
            index);
}

static void m_stream(const struct answer *a, struct rng *rng, struct buf *out)
{
    int index = 0;

    buf_printf(out,
        "event: message_start\ndata: {\"type\":\"message_start\",\"message\":" M_HEAD
        "],\"usage\":{%s}}}\n\n",
        a->usage ? M_IN ",\"output_tokens\":1" : "");
    for (int i = 0; i < MOST_CALLS + 2; i++) {
        if (!r_there(a, i))
            continue;
        buf_printf(
            out, "data: {\"type\":\"content_block_start\",\"index\":%d,\"content_block\":", index);
        m_block(a, i, false, out);
        buf_puts(out, "}\n\nevent: ping\ndata: {\"type\":\"ping\"}\n\n");
        m_deltas(a, i, index, rng, out);
        buf_printf(out, "data: {\"type\":\"content_block_stop\",\"index\":%d}\n\n", index++);
    }
    buf_printf(out,
        "data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"%s\"},\"usage\":{%s}}\n\n"
        "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
        m_reason(a), a->usage ? M_OUT : "");
}

/* ---- the property ---------------------------------------------------------------------------- */

static void read_into(const char *format, struct str body, struct buf *out)
{
    struct reply r;

    provider_find(str_c(format))->read(200, body, true, &arena, &r);
    buf_reset(out);
    reply_print(&r, out);
}

static void check_same(const char *format, const struct buf *plain, const struct buf *stream)
{
    struct buf expect = BUF_INIT, got = BUF_INIT, other = BUF_INIT;

    read_into(format, buf_str(plain), &expect);
    assert_null(strstr(buf_cstr(&expect), "bad_json"));
    read_into(format, buf_str(stream), &got);
    for (int kind = 0; kind <= 6; kind++) {
        if (strcmp(buf_cstr(&expect), buf_cstr(&got)) != 0)
            fail_msg("%s, line ends %d\n%s\n%s\n--- plain\n%s--- streamed\n%s", format, kind,
                buf_cstr(plain), buf_cstr(stream), buf_cstr(&expect), buf_cstr(&got));
        line_ends(buf_cstr(stream), kind, &other);
        read_into(format, buf_str(&other), &got);
    }
    arena_reset(&arena);
    buf_release(&expect);
    buf_release(&got);
    buf_release(&other);
}

/* What was drawn is what is read, so that two equal blanks do not pass for a success. */
static void check_drawn(const char *format, const struct answer *a, const struct buf *plain)
{
    struct reply r;

    provider_find(str_c(format))->read(200, buf_str(plain), false, &arena, &r);
    assert_true(str_eq(r.content, buf_str(&a->text)));
    assert_true(str_eq(r.reasoning, buf_str(&a->reasoning)));
    assert_int_equal(r.ncalls, a->ncalls);
    for (int i = 0; i < a->ncalls; i++)
        assert_true(str_eq(r.calls[i].arguments, buf_str(&a->arguments[i])));
    assert_int_equal(r.usage.out_reasoning, a->usage ? 3 : -1);
    assert_int_equal(r.usage.in_cached, a->usage ? 4 : -1);
    assert_str(r.model, "m-2");
}

static void test_plain_and_streamed_are_one(void **state)
{
    struct rng rng = rng_seeded(20261124);

    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        struct buf plain = BUF_INIT, stream = BUF_INIT;
        struct answer a;
        draw(&rng, &a);
        for (int form = 0; form < 3; form++) {
            buf_reset(&plain);
            buf_reset(&stream);
            chat_plain(&a, form, &plain);
            chat_stream(&a, form, &rng, &stream);
            check_drawn("openai-chat", &a, &plain);
            check_same("openai-chat", &plain, &stream);
        }
        for (int form = 0; form < 2; form++) { /* items in the last event, too, or not */
            buf_reset(&plain);
            buf_reset(&stream);
            r_response(&a, true, &plain);
            r_stream(&a, form, &rng, &stream);
            check_drawn("openai-responses", &a, &plain);
            check_same("openai-responses", &plain, &stream);
        }
        buf_reset(&plain);
        buf_reset(&stream);
        m_plain(&a, &plain);
        m_stream(&a, &rng, &stream);
        check_drawn("anthropic-messages", &a, &plain);
        check_same("anthropic-messages", &plain, &stream);
        forget(&a);
        buf_release(&plain);
        buf_release(&stream);
    }
}

static int release(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain_and_streamed_are_one),
    };

    return cmocka_run_group_tests(tests, NULL, release);
}
