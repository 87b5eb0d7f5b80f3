/*
 * test_messages.c - Anthropic Messages: requests byte by byte, responses of every known shape.
 *
 * Responses are written down from the vendor's documentation. Cases of `pairs` say the same thing
 * plain and streamed and must read alike, down to the bytes that go back.
 */
#include "harness/provider/messages.h"

#include "tests/unit/unit.h"

#include <math.h>

static struct arena arena;

static struct reply read_as(long status, struct str body, bool streamed)
{
    struct reply r;

    provider_find(STR("anthropic-messages"))->read(status, body, streamed, &arena, &r);
    return r;
}

static void assert_body(const struct chat *chat, const char *expected)
{
    struct buf body = BUF_INIT;

    provider_find(STR("anthropic-messages"))->build(chat, &body);
    assert_string_equal(buf_cstr(&body), expected);
    buf_release(&body);
}

/* ---- requests -------------------------------------------------------------------------------- */

#define TOOLS                                                                                      \
    "[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"description\":\"Does \\\"f\\\".\","    \
    "\"parameters\":{\"type\":\"object\",\"properties\":{\"x\":{\"type\":\"integer\"}}}}},"        \
    "{\"type\":\"function\",\"function\":{\"name\":\"end\"}}]"

static void test_a_conversation_byte_by_byte(void **state)
{
    const struct tool_call calls[] = {
        {STR("t1"), STR("f"), STR("{\"x\":1}")}, {STR("t2"), STR("end"), STR("")}};
    const struct message turns[] = {
        {.role = ROLE_SYSTEM, .text = STR("be \"brief\"\n")},
        {.role = ROLE_USER, .text = STR("\xC3\xA9")},
        {.role = ROLE_ASSISTANT, .text = STR("Well."), .calls = calls, .ncalls = 2},
        {.role = ROLE_TOOL, .text = STR("done"), .tool_call_id = STR("t1")},
        {.role = ROLE_TOOL, .text = STR(""), .tool_call_id = STR("t2")},
        {.role = ROLE_USER, .text = STR("Go on.")},
        {.role = ROLE_ASSISTANT,
            .text = STR("not this"),
            .native = STR("[{\"type\":\"thinking\",\"signature\":\"a\\/b\"}]")},
        {.role = ROLE_SYSTEM, .text = STR("and kind")},
        {.role = ROLE_USER, .text = STR("End.")},
    };
    struct chat chat = {.model = STR("claude-x"),
        .messages = turns,
        .n = ARRAY_LEN(turns),
        .tools = STR(TOOLS),
        .temperature = 0.5,
        .max_tokens = 9,
        .seed = 5,
        .stream = true};

    (void)state;
    assert_body(&chat,
        "{\"model\":\"claude-x\",\"max_tokens\":9,\"system\":\"be \\\"brief\\\"\\n\\n\\nand "
        "kind\",\"messages\":[{\"role\":\"user\",\"content\":\"\xC3\xA9\"},"
        "{\"role\":\"assistant\",\"content\":[{\"type\":\"text\",\"text\":\"Well.\"},"
        "{\"type\":\"tool_use\",\"id\":\"t1\",\"name\":\"f\",\"input\":{\"x\":1}},"
        "{\"type\":\"tool_use\",\"id\":\"t2\",\"name\":\"end\",\"input\":{}}]},"
        "{\"role\":\"user\",\"content\":["
        "{\"type\":\"tool_result\",\"tool_use_id\":\"t1\",\"content\":\"done\"},"
        "{\"type\":\"tool_result\",\"tool_use_id\":\"t2\",\"content\":\"\"},"
        "{\"type\":\"text\",\"text\":\"Go on.\"}]},"
        "{\"role\":\"assistant\",\"content\":[{\"type\":\"thinking\",\"signature\":\"a\\/b\"}]},"
        "{\"role\":\"user\",\"content\":\"End.\"}],"
        "\"tools\":[{\"name\":\"f\",\"description\":\"Does \\\"f\\\".\",\"input_schema\":"
        "{\"type\":\"object\",\"properties\":{\"x\":{\"type\":\"integer\"}}}},"
        "{\"name\":\"end\",\"input_schema\":{\"type\":\"object\",\"properties\":{}}}],"
        "\"temperature\":0.5,\"stream\":true}");
}

static void test_parameters(void **state)
{
    const struct message user = {.role = ROLE_USER, .text = STR("hi")};
    struct chat chat = {
        .model = STR("m"), .messages = &user, .n = 1, .temperature = NAN, .seed = -1};

    (void)state;
#define HEAD "{\"model\":\"m\",\"max_tokens\":8192,\"messages\":[{\"role\":\"user\",\"content\":"
    assert_body(&chat, HEAD "\"hi\"}]}");
    chat.effort = "none";
    chat.temperature = 0;
    assert_body(&chat, HEAD "\"hi\"}],\"temperature\":0}");
    chat.effort = "xhigh"; /* a thinking model takes no temperature */
    assert_body(&chat, HEAD "\"hi\"}],\"output_config\":{\"effort\":\"xhigh\"},\"thinking\":"
                            "{\"type\":\"adaptive\",\"display\":\"summarized\"}}");
}

static void test_addresses(void **state)
{
    static const struct {
        const char *base, *url;
    } rows[] = {
        {"https://api.anthropic.com", "https://api.anthropic.com/v1/messages"},
        {"http://127.0.0.1:1/v1", "http://127.0.0.1:1/v1/messages"},
        {"https://api.deepseek.com/anthropic", "https://api.deepseek.com/anthropic/v1/messages"},
    };
    const struct provider *p = provider_find(STR("anthropic-messages"));

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct buf url = BUF_INIT;
        provider_url(p, str_c(rows[i].base), &url);
        assert_string_equal(buf_cstr(&url), rows[i].url);
        buf_release(&url);
    }
    assert_string_equal(p->key_header, "x-api-key: ");
    assert_string_equal(p->fixed_header, "anthropic-version: 2023-06-01");
}

/* ---- plain and streamed ---------------------------------------------------------------------- */

#define PLAIN_AS(content, reason, more)                                                            \
    "{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"m\",\"content\":"   \
    "[" content "],\"stop_reason\":" reason ",\"stop_sequence\":null" more                         \
    ",\"usage\":{\"input_tokens\":50,\"cache_creation_input_tokens\":7,"                           \
    "\"cache_read_input_tokens\":3,\"output_tokens\":20}}"
#define PLAIN(content, reason) PLAIN_AS(content, "\"" reason "\"", "")
#define EVENT(name, members) "event: " name "\ndata: {\"type\":\"" name "\"" members "}\n\n"
#define START                                                                                      \
    EVENT("message_start",                                                                         \
        ",\"message\":{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"content\":"  \
        "[],\"model\":\"m\",\"stop_reason\":null,\"usage\":{\"input_tokens\":50,"                  \
        "\"cache_creation_input_tokens\":7,\"cache_read_input_tokens\":3,\"output_tokens\":1}}")
#define PING EVENT("ping", "")
#define OPEN(i, block) EVENT("content_block_start", ",\"index\":" #i ",\"content_block\":" block)
#define ADD(i, kind, member, text)                                                                 \
    EVENT("content_block_delta",                                                                   \
        ",\"index\":" #i ",\"delta\":{\"type\":\"" kind "\",\"" member "\":\"" text "\"}")
#define CLOSE(i) EVENT("content_block_stop", ",\"index\":" #i)
#define TEXT(i, text) ADD(i, "text_delta", "text", text)
#define THINK(i, text) ADD(i, "thinking_delta", "thinking", text)
#define SIGN(i, text) ADD(i, "signature_delta", "signature", text)
#define INPUT(i, text) ADD(i, "input_json_delta", "partial_json", text)
#define END_AS(reason, more)                                                                       \
    EVENT("message_delta", ",\"delta\":{\"stop_reason\":" reason ",\"stop_sequence\":null" more    \
                           "},\"usage\":{\"output_tokens\":20}")                                   \
    EVENT("message_stop", "")
#define END(reason) END_AS("\"" reason "\"", "")
#define NO_TEXT "{\"type\":\"text\",\"text\":\"\"}"
#define SAYS(text) "{\"type\":\"text\",\"text\":\"" text "\"}"
#define NO_THOUGHT "{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}"
#define THOUGHT(text, signature)                                                                   \
    "{\"type\":\"thinking\",\"thinking\":\"" text "\",\"signature\":\"" signature "\"}"
#define HIDDEN "{\"type\":\"redacted_thinking\",\"data\":\"q\\/Zw==\"}"
#define CALL(id, input)                                                                            \
    "{\"type\":\"tool_use\",\"id\":\"" id "\",\"name\":\"f\",\"input\":" input "}"
#define REFUSED                                                                                    \
    ",\"stop_details\":{\"type\":\"refusal\",\"category\":\"cyber\",\"explanation\":\"No.\"}"

static const struct pair {
    const char *name, *plain, *stream;
    enum outcome outcome;
    const char *content, *reasoning, *native;
    const char *arguments[2]; /* of the calls */
} pairs[] = {
    {"text", PLAIN(SAYS("It is 4."), "end_turn"),
        START OPEN(0, NO_TEXT) PING TEXT(0, "It ") TEXT(0, "is 4.") CLOSE(0) END("end_turn"),
        OUTCOME_OK, "It is 4.", "", "[" SAYS("It is 4.") "]", {NULL}},
    {"two texts", PLAIN(SAYS("It ") "," SAYS("is 4."), "stop_sequence"),
        START OPEN(0, NO_TEXT) TEXT(0, "It ") CLOSE(0) OPEN(1, NO_TEXT) TEXT(1, "is 4.") CLOSE(1)
            END("stop_sequence"),
        OUTCOME_OK, "It is 4.", "", "[" SAYS("It ") "," SAYS("is 4.") "]", {NULL}},
    {"text in the opening", PLAIN(SAYS("4"), "end_turn"),
        START OPEN(0, SAYS("4")) CLOSE(0) END("end_turn"), OUTCOME_OK, "4", "", "[" SAYS("4") "]",
        {NULL}},
    {"thinking", PLAIN(THOUGHT("hm", "E+/sig==") "," SAYS("4"), "end_turn"),
        START OPEN(0, NO_THOUGHT) THINK(0, "h") THINK(0, "m") SIGN(0, "E+/sig==") CLOSE(0)
            OPEN(1, NO_TEXT) TEXT(1, "4") CLOSE(1) END("end_turn"),
        OUTCOME_OK, "4", "hm", "[" THOUGHT("hm", "E+/sig==") "," SAYS("4") "]", {NULL}},
    {"thinking omitted, and hidden, before a call",
        PLAIN(THOUGHT("", "s1") "," HIDDEN "," CALL("t1", "{\"x\":1.50}"), "tool_use"),
        START OPEN(0, NO_THOUGHT) SIGN(0, "s1") CLOSE(0) OPEN(1, HIDDEN) CLOSE(1)
            OPEN(2, CALL("t1", "{}")) INPUT(2, "") INPUT(2, "{\\\"x\\\"") INPUT(2, ":1.50}")
                CLOSE(2) END("tool_use"),
        OUTCOME_OK, "", "", "[" THOUGHT("", "s1") "," HIDDEN "," CALL("t1", "{\"x\":1.50}") "]",
        {"{\"x\":1.50}"}},
    {"the thinking alone", PLAIN(THOUGHT("hm", "s"), "end_turn"),
        START OPEN(0, NO_THOUGHT) THINK(0, "hm") SIGN(0, "s") CLOSE(0) END("end_turn"),
        OUTCOME_REASONING_ONLY, "", "hm", "[" THOUGHT("hm", "s") "]", {NULL}},
    {"nothing at all", PLAIN("", "end_turn"), START END("end_turn"), OUTCOME_REASONING_ONLY, "", "",
        "", {NULL}},
    {"budget eaten by thinking", PLAIN(THOUGHT("hm", ""), "max_tokens"),
        START OPEN(0, NO_THOUGHT) THINK(0, "hm") CLOSE(0) END("max_tokens"),
        OUTCOME_NO_ANSWER_BUDGET, "", "hm", "[" THOUGHT("hm", "") "]", {NULL}},
    {"cut by the limit", PLAIN(SAYS("The ans"), "max_tokens"),
        START OPEN(0, NO_TEXT) TEXT(0, "The ans") CLOSE(0) END("max_tokens"), OUTCOME_TRUNCATED,
        "The ans", "", "[" SAYS("The ans") "]", {NULL}},
    {"cut by the context", PLAIN(SAYS("The"), "model_context_window_exceeded"),
        START OPEN(0, NO_TEXT) TEXT(0, "The") CLOSE(0) END("model_context_window_exceeded"),
        OUTCOME_TRUNCATED, "The", "", "[" SAYS("The") "]", {NULL}},
    {"paused", PLAIN(SAYS("The"), "pause_turn"),
        START OPEN(0, NO_TEXT) TEXT(0, "The") CLOSE(0) END("pause_turn"), OUTCOME_TRUNCATED, "The",
        "", "[" SAYS("The") "]", {NULL}},
    {"unknown word", PLAIN(SAYS("4"), "tired"),
        START OPEN(0, NO_TEXT) TEXT(0, "4") CLOSE(0) END("tired"), OUTCOME_OK, "4", "",
        "[" SAYS("4") "]", {NULL}},
    {"refused with a call under way",
        PLAIN_AS(SAYS("Sure") "," CALL("t", "{}"), "\"refusal\"", REFUSED),
        START OPEN(0, NO_TEXT) TEXT(0, "Sure") CLOSE(0) OPEN(1, CALL("t", "{}")) CLOSE(1)
            END_AS("\"refusal\"", REFUSED),
        OUTCOME_REFUSAL, "Sure", "", "[" SAYS("Sure") "," CALL("t", "{}") "]", {NULL}},
    {"a blank text does not go back", PLAIN(SAYS("\\n\\n") "," CALL("t", "{}"), "tool_use"),
        START OPEN(0, NO_TEXT) TEXT(0, "\\n\\n") CLOSE(0) OPEN(1, CALL("t", "{}")) INPUT(1, "")
            CLOSE(1) END("tool_use"),
        OUTCOME_OK, "\n\n", "", "[" CALL("t", "{}") "]", {"{}"}},
    {"input split inside an escape", PLAIN(CALL("t", "{\"s\":\"a\\u00e9\\\\\\\"b\"}"), "tool_use"),
        START OPEN(0, CALL("t", "{}")) INPUT(0, "{\\\"s\\\":\\\"a\\\\u0") INPUT(0, "0e9\\\\")
            INPUT(0, "\\\\\\\\") INPUT(0, "\\\"b\\\"}") CLOSE(0) END("tool_use"),
        OUTCOME_OK, "", "", "[" CALL("t", "{\"s\":\"a\\u00e9\\\\\\\"b\"}") "]",
        {"{\"s\":\"a\\u00e9\\\\\\\"b\"}"}},
    {"two calls, interleaved", PLAIN(CALL("a", "{\"x\":1}") "," CALL("b", "{\"x\":2}"), "tool_use"),
        START OPEN(0, CALL("a", "{}")) OPEN(1, CALL("b", "{}")) INPUT(0, "{\\\"x\\\":")
            INPUT(1, "{\\\"x\\\":") INPUT(0, "1}") INPUT(1, "2}") CLOSE(0) CLOSE(1) END("tool_use"),
        OUTCOME_OK, "", "", "[" CALL("a", "{\"x\":1}") "," CALL("b", "{\"x\":2}") "]",
        {"{\"x\":1}", "{\"x\":2}"}},
    {"one id twice: our own must stand there",
        PLAIN(CALL("a", "{\"x\":1}") "," CALL("a", "{\"x\":2}"), "tool_use"),
        START OPEN(0, CALL("a", "{\"x\":1}")) OPEN(1, CALL("a", "{\"x\":2}")) END("tool_use"),
        OUTCOME_OK, "", "", "", {"{\"x\":1}", "{\"x\":2}"}},
    {"other blocks are kept", PLAIN(SAYS("4") ",{\"type\":\"new\",\"n\":1e2}", "end_turn"),
        START OPEN(0, NO_TEXT) TEXT(0, "4") CLOSE(0) OPEN(1, "{\"type\":\"new\",\"n\":1e2}")
            CLOSE(1) EVENT("later", ",\"x\":[1]") END("end_turn"),
        OUTCOME_OK, "4", "", "[" SAYS("4") ",{\"type\":\"new\",\"n\":1e2}]", {NULL}},
};

static void check_pair(const struct pair *p, const char *body, bool streamed)
{
    struct reply r = read_as(200, str_c(body), streamed);
    size_t ncalls = 0;

    if (r.outcome != p->outcome || !str_eqc(r.native, p->native))
        fail_msg("%s%s: %s, %.*s", p->name, streamed ? ", streamed" : "", outcome_text(r.outcome),
            STR_ARG(r.native));
    assert_str(r.content, p->content);
    assert_str(r.reasoning, p->reasoning);
    assert_str(r.refusal, p->outcome == OUTCOME_REFUSAL ? "No." : "");
    assert_false(r.retry);
    while (ncalls < 2 && p->arguments[ncalls])
        ncalls++;
    assert_int_equal(r.ncalls, ncalls);
    for (size_t i = 0; i < ncalls; i++) {
        assert_str(r.calls[i].arguments, p->arguments[i]);
        assert_str(r.calls[i].name, "f");
    }
    assert_int_equal(r.usage.in_uncached, 50);
    assert_int_equal(r.usage.in_write, 7);
    assert_int_equal(r.usage.in_cached, 3);
    assert_int_equal(r.usage.out_visible, 20);
    assert_int_equal(r.usage.out_reasoning, -1);
}

static void test_plain_and_streamed_read_alike(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
        check_pair(&pairs[i], pairs[i].plain, false);
        check_pair(&pairs[i], pairs[i].plain, true); /* a server that ignores "stream" */
        check_pair(&pairs[i], pairs[i].stream, true);
    }
}

/* What was signed goes back with the very escapes, digits and order it came with. */
static void test_bytes_come_back_unchanged(void **state)
{
#define ODD                                                                                        \
    "{\"signature\":\"a\\/b\\u002b\", \"thinking\" : \"\\u00e9\\t\", \"n\":1.0e+3,"                \
    "\"type\":\"thinking\",\"extra\":[1.10,{\"\\u0061\":null}]}"
    struct reply r = read_as(200, STR(PLAIN(ODD " , " CALL("t", "{ \"x\":1e0}"), "tool_use")), 0);

    (void)state;
    assert_str(r.native, "[" ODD "," CALL("t", "{ \"x\":1e0}") "]");
    assert_str(r.reasoning, "\xC3\xA9\t");
    assert_str(r.calls[0].arguments, "{ \"x\":1e0}");
    /* a delta changes its own member and no other */
    r = read_as(200,
        STR(START OPEN(0, "{\"signature\":\"\", \"n\":1.0e+3,\"type\":\"thinking\"}")
                THINK(0, "a\\u002fb") SIGN(0, "x") SIGN(0, "+y") END("end_turn")),
        true);
    assert_str(r.native,
        "[{\"signature\":\"x+y\",\"n\":1.0e+3,\"type\":\"thinking\",\"thinking\":\"a/b\"}]");
}

static void test_calls_that_cannot_be_carried_out(void **state)
{
    static const struct {
        const char *stream;
        enum outcome outcome;
        const char *arguments, *native;
    } rows[] = {
        {START OPEN(0, CALL("t", "{}")) INPUT(0, "{\\\"x\\\":\\\"ab") END("max_tokens"),
            OUTCOME_TOOL_TRUNCATED, "{\"x\":\"ab", "[" CALL("t", "{}") "]"},
        {START OPEN(0, CALL("t", "{}")) INPUT(0, "{\\\"x\\\":\\\"ab") END("tool_use"),
            OUTCOME_TOOL_TRUNCATED, "{\"x\":\"ab", "[" CALL("t", "{}") "]"},
        {START OPEN(0, CALL("t", "{}")) INPUT(0, "{x}") END("tool_use"), OUTCOME_TOOL_INVALID,
            "{x}", "[" CALL("t", "{}") "]"},
        {PLAIN("{\"type\":\"tool_use\",\"id\":\"t\",\"input\":{}}", "tool_use"),
            OUTCOME_TOOL_INVALID, "{}", "[{\"type\":\"tool_use\",\"id\":\"t\",\"input\":{}}]"},
        {PLAIN(CALL("t", "\"{\\\"x\\\":1}\""), "tool_use"), OUTCOME_OK, "{\"x\":1}",
            "[" CALL("t", "{\"x\":1}") "]"},
        {PLAIN("{\"type\":\"tool_use\",\"name\":\"f\",\"input\":null}", "tool_use"), OUTCOME_OK,
            "{}", ""},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct reply r = read_as(200, str_c(rows[i].stream), true);
        if (r.outcome != rows[i].outcome)
            fail_msg("row %zu: %s", i, outcome_text(r.outcome));
        assert_int_equal(r.ncalls, 1);
        assert_str(r.calls[0].arguments, rows[i].arguments);
        assert_str(r.native, rows[i].native);
    }
}

/* ---- failures -------------------------------------------------------------------------------- */

#define BEGUN START OPEN(0, NO_TEXT) TEXT(0, "4")
#define ERROR(type, message)                                                                       \
    "{\"type\":\"error\",\"error\":{\"type\":\"" type "\",\"message\":\"" message                  \
    "\"},\"request_id\":\"req_1\"}"
#define FAILS(type) "event: error\ndata: " ERROR(type, "so") "\n\n"

static void test_responses_that_are_no_answer(void **state)
{
    static const struct {
        const char *body;
        bool streamed;
        enum outcome outcome;
        bool retry;
        const char *error;
    } rows[] = {
        {"", false, OUTCOME_BAD_JSON, true, ""},
        {"{}", false, OUTCOME_BAD_JSON, true, ""},
        {"<html>busy</html>", true, OUTCOME_BAD_JSON, true, "<html>busy</html>"},
        {"{\"choices\":[{\"message\":{\"content\":\"4\"},\"finish_reason\":\"stop\"}]}", false,
            OUTCOME_BAD_JSON, true, ""},
        {PLAIN_AS(SAYS("4"), "null", ""), false, OUTCOME_BAD_JSON, true, ""},
        {"{\"content\":\"4\",\"stop_reason\":\"end_turn\"}", false, OUTCOME_BAD_JSON, true, ""},
        {PLAIN("3", "end_turn"), false, OUTCOME_BAD_JSON, true, ""},
        {BEGUN, true, OUTCOME_INCOMPLETE_STREAM, true, ""},
        {BEGUN CLOSE(0) EVENT("message_delta", ",\"delta\":{\"stop_reason\":\"end_turn\"}"), true,
            OUTCOME_INCOMPLETE_STREAM, true, ""},
        {BEGUN CLOSE(0) EVENT("message_stop", ""), true, OUTCOME_INCOMPLETE_STREAM, true, ""},
        {BEGUN "event: content_block_delta\ndata: {\"type\":\"cont", true,
            OUTCOME_INCOMPLETE_STREAM, true, ""},
        {START TEXT(0, "4") END("end_turn"), true, OUTCOME_INCOMPLETE_STREAM, true, ""},
        {START OPEN(0, NO_TEXT) THINK(0, "4") END("end_turn"), true, OUTCOME_INCOMPLETE_STREAM,
            true, ""},
        {START START END("end_turn"), true, OUTCOME_INCOMPLETE_STREAM, true, ""},
        {": nothing\n\n", true, OUTCOME_INCOMPLETE_STREAM, true, ""},
        {BEGUN FAILS("overloaded_error"), true, OUTCOME_PROVIDER_ERROR, true, "so"},
        {FAILS("api_error"), true, OUTCOME_PROVIDER_ERROR, true, "so"},
        {BEGUN FAILS("rate_limit_error"), true, OUTCOME_RATE_LIMITED, true, "so"},
        {BEGUN FAILS("timeout_error"), true, OUTCOME_PROVIDER_ERROR, true, "so"},
        {BEGUN FAILS("invalid_request_error"), true, OUTCOME_REJECTED, false, "so"},
        {BEGUN FAILS("authentication_error"), true, OUTCOME_HTTP_ERROR, false, "so"},
        {BEGUN FAILS("something_new"), true, OUTCOME_PROVIDER_ERROR, true, "so"},
        {BEGUN "event: error\ndata: {}\n\n" END("end_turn"), true, OUTCOME_PROVIDER_ERROR, true,
            ""},
        {ERROR("overloaded_error", "full"), false, OUTCOME_PROVIDER_ERROR, true, "full"},
        {ERROR("billing_error", "no money"), false, OUTCOME_HTTP_ERROR, false, "no money"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct reply r = read_as(200, str_c(rows[i].body), rows[i].streamed);
        if (r.outcome != rows[i].outcome || r.retry != rows[i].retry)
            fail_msg("row %zu: %s, retry %d", i, outcome_text(r.outcome), r.retry);
        assert_str(r.error, rows[i].error);
    }
}

static void test_statuses(void **state)
{
    static const struct {
        long status;
        const char *type;
        enum outcome outcome;
        bool retry;
    } rows[] = {
        {400, "invalid_request_error", OUTCOME_REJECTED, false},
        {401, "authentication_error", OUTCOME_HTTP_ERROR, false},
        {402, "billing_error", OUTCOME_HTTP_ERROR, false},
        {403, "permission_error", OUTCOME_HTTP_ERROR, false},
        {404, "not_found_error", OUTCOME_HTTP_ERROR, false},
        {413, "request_too_large", OUTCOME_REJECTED, false},
        {429, "rate_limit_error", OUTCOME_RATE_LIMITED, true},
        {500, "api_error", OUTCOME_PROVIDER_ERROR, true},
        {504, "timeout_error", OUTCOME_PROVIDER_ERROR, true},
        {529, "overloaded_error", OUTCOME_PROVIDER_ERROR, true},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct buf body = BUF_INIT;
        buf_printf(&body, "{\"type\":\"error\",\"error\":{\"type\":\"%s\",\"message\":\"why\"}}",
            rows[i].type);
        for (int streamed = 0; streamed < 2; streamed++) {
            struct reply r = read_as(rows[i].status, buf_str(&body), streamed);
            assert_int_equal(r.outcome, rows[i].outcome);
            assert_int_equal(r.retry, rows[i].retry);
            assert_str(r.error, "why");
        }
        buf_release(&body);
    }
    assert_str(read_as(502, STR("<b>bad\ngateway</b>"), true).error, "<b>bad gateway</b>");
    assert_int_equal(
        read_as(529, STR(PLAIN(SAYS("4"), "end_turn")), false).outcome, OUTCOME_PROVIDER_ERROR);
}

/* ---- usage ----------------------------------------------------------------------------------- */

static void test_usage(void **state)
{
    static const struct {
        const char *usage;
        struct usage expect; /* uncached, cached, write, visible, reasoning, write for an hour */
    } rows[] = {
        {"null", {-1, -1, -1, -1, -1, -1}},
        {"{\"input_tokens\":50,\"output_tokens\":20}", {50, -1, -1, 20, -1, -1}},
        {"{\"input_tokens\":50,\"cache_creation_input_tokens\":2000,\"cache_read_input_tokens\":"
         "null,\"cache_creation\":{\"ephemeral_5m_input_tokens\":0},\"output_tokens\":1500,"
         "\"output_tokens_details\":{\"thinking_tokens\":1200}}",
            {50, -1, 2000, 300, 1200, -1}},
        {"{\"input_tokens\":50,\"cache_creation_input_tokens\":2000,\"cache_creation\":{"
         "\"ephemeral_5m_input_tokens\":500,\"ephemeral_1h_input_tokens\":1500},"
         "\"output_tokens\":15}",
            {50, -1, 2000, 15, -1, 1500}},
        {"{\"input_tokens\":50,\"cache_creation_input_tokens\":0,\"cache_creation\":{"
         "\"ephemeral_1h_input_tokens\":0},\"output_tokens\":15}",
            {50, -1, 0, 15, -1, 0}},
        {"{\"input_tokens\":0,\"cache_read_input_tokens\":9,\"output_tokens\":0,"
         "\"output_tokens_details\":{\"thinking_tokens\":0}}",
            {0, 9, -1, 0, 0, -1}},
        {"{\"output_tokens\":5,\"output_tokens_details\":{\"thinking_tokens\":9}}",
            {-1, -1, -1, 0, 5, -1}},
        {"{\"input_tokens\":-3,\"output_tokens\":\"5\"}", {-1, -1, -1, -1, -1, -1}},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        for (int streamed = 0; streamed < 2; streamed++) {
            struct buf body = BUF_INIT;
            buf_printf(&body,
                streamed ? "data: {\"type\":\"message_start\"}\n\ndata: {\"type\":"
                           "\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":"
                           "%s}\n\ndata: {\"type\":\"message_stop\"}\n\n"
                         : "{\"content\":[],\"stop_reason\":\"end_turn\",\"usage\":%s}",
                rows[i].usage);
            struct usage u = read_as(200, buf_str(&body), streamed).usage;
            if (memcmp(&u, &rows[i].expect, sizeof u) != 0)
                fail_msg("%s: %lld %lld %lld %lld %lld %lld", rows[i].usage,
                    (long long)u.in_uncached, (long long)u.in_cached, (long long)u.in_write,
                    (long long)u.out_visible, (long long)u.out_reasoning, (long long)u.in_write_1h);
            buf_release(&body);
        }
}

static void test_counts_of_a_stream_are_totals(void **state)
{
#define SO_FAR(counts) EVENT("message_delta", ",\"delta\":{},\"usage\":{" counts "}")
    struct usage u = read_as(200,
        STR(START SO_FAR("\"output_tokens\":10")
                SO_FAR("\"input_tokens\":60,\"output_tokens\":30,\"output_tokens_details\":"
                       "{\"thinking_tokens\":25}") END("end_turn")),
        true)
                         .usage;

    (void)state; /* END says 20: the last word holds, and thinking stays within it */
    assert_int_equal(u.in_uncached, 60);
    assert_int_equal(u.in_cached, 3);
    assert_int_equal(u.out_visible, 0);
    assert_int_equal(u.out_reasoning, 20);
    /* before its end a stream has counted its input and nothing else */
    u = read_as(200, STR(BEGUN), true).usage;
    assert_int_equal(usage_in(u), 60);
    assert_int_equal(usage_out(u), -1);
}

/* ---- hostile bytes --------------------------------------------------------------------------- */

static void test_hostile_bytes(void **state)
{
    struct buf many = BUF_INIT;
    struct reply r;

    (void)state;
    r = read_as(200, STR(PLAIN(SAYS("a\\u0000b\xFF\xC3("), "end_turn")), false);
    assert_int_equal(r.outcome, OUTCOME_OK);
    assert_true(str_utf8_ok(r.content) && str_utf8_ok(r.native));
    r = read_as(
        200, STR(START OPEN(0, "{\"type\":\"text\",\"text\":\"\xFF\"}") END("end_turn")), 1);
    assert_int_equal(r.outcome, OUTCOME_OK);
    assert_true(str_utf8_ok(r.native));
    /* a key in disguise is understood by one reading at most */
    r = read_as(200, STR("{\"c\\u006fntent\":[],\"content\":[3],\"stop_reason\":\"end_turn\"}"), 0);
    assert_false(outcome_is_result(r.outcome) && r.native.n);
    buf_puts(&many, START);
    for (int i = 0; i < 300; i++)
        buf_printf(&many,
            "data: {\"type\":\"content_block_start\",\"index\":%d,\"content_block\":"
            "{\"type\":\"tool_use\",\"id\":\"%d\",\"name\":\"f\",\"input\":{}}}\n\n",
            i, i);
    buf_puts(&many, END("tool_use"));
    r = read_as(200, buf_str(&many), true);
    assert_int_equal(r.outcome, OUTCOME_INCOMPLETE_STREAM);
    assert_int_equal(r.native.n, 0);
    buf_release(&many);
}

static void test_every_beginning_of_a_stream(void **state)
{
    static const char whole[] = START OPEN(0, NO_THOUGHT) THINK(0, "hm") SIGN(0, "s") CLOSE(0)
        OPEN(1, CALL("t", "{}")) INPUT(1, "{\\\"x\\\":1}") CLOSE(1) END("tool_use");

    (void)state;
    for (size_t n = 1; n < sizeof whole; n++) {
        struct reply r = read_as(200, (struct str){whole, n}, true);
        /* the last event needs no line end behind it */
        bool over = n + 2 >= sizeof whole - 1;
        assert_int_equal(outcome_is_result(r.outcome), over);
        if (!over)
            assert_true(r.retry);
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
        cmocka_unit_test(test_a_conversation_byte_by_byte),
        cmocka_unit_test(test_parameters),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_plain_and_streamed_read_alike),
        cmocka_unit_test(test_bytes_come_back_unchanged),
        cmocka_unit_test(test_calls_that_cannot_be_carried_out),
        cmocka_unit_test(test_responses_that_are_no_answer),
        cmocka_unit_test(test_statuses),
        cmocka_unit_test(test_usage),
        cmocka_unit_test(test_counts_of_a_stream_are_totals),
        cmocka_unit_test(test_hostile_bytes),
        cmocka_unit_test(test_every_beginning_of_a_stream),
    };

    return cmocka_run_group_tests(tests, NULL, release);
}
