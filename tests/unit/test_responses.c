/*
 * test_responses.c - OpenAI Responses: requests byte by byte, answers of every known shape.
 *
 * Bodies are written down from provider documentation. Rows of `pairs` say the same plain and
 * streamed and must read alike in every field.
 */
#include "harness/base/json.h"
#include "harness/base/json_slice.h"
#include "harness/provider/provider.h"
#include "tests/unit/unit.h"

static struct arena arena;

static const struct provider *format(void)
{
    const struct provider *p = provider_find(STR("openai-responses"));

    assert_non_null(p);
    return p;
}

static struct reply read_as(long status, struct str body, bool streamed)
{
    struct reply r;

    format()->read(status, body, streamed, &arena, &r);
    return r;
}

/* ---- requests -------------------------------------------------------------------------------- */

static void built(const struct chat *chat, const char *expect)
{
    struct buf body = BUF_INIT;

    format()->build(chat, &body);
    assert_string_equal(buf_cstr(&body), expect);
    buf_release(&body);
}

#define ITEMS                                                                                      \
    "[{\"type\":\"reasoning\",\"id\":\"rs_1\", \"summary\":[],\"encrypted_content\":\"gA\\u0041==" \
    "\"},{\"call_id\":\"a\",\"type\":\"function_call\",\"name\":\"f\",\"arguments\":\"{}\","       \
    "\"id\":"                                                                                      \
    "\"fc_1\"}]"

static void test_a_request_byte_by_byte(void **state)
{
    const struct tool_call calls[] = {
        {STR("a"), STR("f"), STR("{\"x\":1}")}, {STR("b"), STR("g"), STR("{}")}};
    const struct message messages[] = {
        {.role = ROLE_SYSTEM, .text = STR("be \"brief\"\n")},
        {.role = ROLE_USER, .text = STR("\xC3\xA9")},
        {.role = ROLE_ASSISTANT, .text = STR("so"), .calls = calls, .ncalls = 2},
        {.role = ROLE_TOOL, .text = STR("done"), .tool_call_id = STR("a")},
        {.role = ROLE_TOOL, .text = STR("done"), .tool_call_id = STR("b")},
        {.role = ROLE_ASSISTANT, .calls = calls, .ncalls = 1, .native = STR(ITEMS)},
        {.role = ROLE_TOOL, .text = STR("no"), .tool_call_id = STR("a")},
    };
    struct chat chat = {.model = STR("m/x"),
        .messages = messages,
        .n = ARRAY_LEN(messages),
        .tools = STR("[{\"type\":\"function\", \"function\": {\"name\":\"f\",\"parameters\": "
                     "{\"type\":\"object\"}}},"
                     "{\"type\":\"function\",\"function\":{\"name\":\"g\",\"strict\":true}},"
                     "{\"type\":\"web_search\"}]"),
        .temperature = 0.7,
        .max_tokens = 9,
        .seed = 5,
        .effort = "low",
        .stream = true};

    (void)state;
    built(&chat,
        "{\"model\":\"m/x\",\"instructions\":\"be \\\"brief\\\"\\n\",\"input\":["
        "{\"role\":\"user\",\"content\":\"\xC3\xA9\"},"
        "{\"role\":\"assistant\",\"content\":\"so\"},"
        "{\"type\":\"function_call\",\"call_id\":\"a\",\"name\":\"f\",\"arguments\":"
        "\"{\\\"x\\\":1}\"},"
        "{\"type\":\"function_call\",\"call_id\":\"b\",\"name\":\"g\",\"arguments\":\"{}\"},"
        "{\"type\":\"function_call_output\",\"call_id\":\"a\",\"output\":\"done\"},"
        "{\"type\":\"function_call_output\",\"call_id\":\"b\",\"output\":\"done\"},"
        "{\"type\":\"reasoning\",\"id\":\"rs_1\", \"summary\":[],\"encrypted_content\":"
        "\"gA\\u0041==\"},{\"call_id\":\"a\",\"type\":\"function_call\",\"name\":\"f\","
        "\"arguments\":\"{}\",\"id\":\"fc_1\"},"
        "{\"type\":\"function_call_output\",\"call_id\":\"a\",\"output\":\"no\"}],"
        "\"tools\":[{\"type\":\"function\",\"name\":\"f\",\"parameters\":{\"type\":\"object\"},"
        "\"strict\":false},{\"type\":\"function\",\"name\":\"g\",\"strict\":true},"
        "{\"type\":\"web_search\"}],\"reasoning\":{\"effort\":\"low\"},"
        "\"include\":[\"reasoning.encrypted_content\"],\"temperature\":0.7,"
        "\"max_output_tokens\":9,\"store\":false,\"stream\":true}");
    chat = (struct chat){
        .model = STR("m"), .messages = messages + 1, .n = 1, .temperature = -1, .seed = -1};
    built(&chat, "{\"model\":\"m\",\"input\":[{\"role\":\"user\",\"content\":\"\xC3\xA9\"}],"
                 "\"store\":false}");
    const struct message odd[] = {{.role = ROLE_USER, .text = STR("u")},
        {.role = ROLE_SYSTEM, .text = STR("s")},
        {.role = ROLE_ASSISTANT, .text = STR(""), .native = STR("[]")}};
    chat.messages = odd;
    chat.n = 3;
    chat.temperature = 0;
    built(&chat, "{\"model\":\"m\",\"input\":[{\"role\":\"user\",\"content\":\"u\"},"
                 "{\"role\":\"system\",\"content\":\"s\"},"
                 "{\"role\":\"assistant\",\"content\":\"\"}],\"temperature\":0,\"store\":false}");
}

/* ---- plain and streamed ---------------------------------------------------------------------- */

#define RESPONSE(status, items, more)                                                              \
    "{\"id\":\"resp_1\",\"object\":\"response\",\"status\":\"" status                              \
    "\",\"error\":null,\"output\":[" items "]" more "}"
#define EVENT(type, members) "event: " type "\ndata: {\"type\":\"" type "\"," members "}\n\n"
#define CREATED EVENT("response.created", "\"response\":" RESPONSE("in_progress", "", ""))
#define ADDED(i, item) EVENT("response.output_item.added", "\"output_index\":" i ",\"item\":" item)
#define ITEM_DONE(i, item)                                                                         \
    EVENT("response.output_item.done", "\"output_index\":" i ",\"item\":" item)
#define DELTA(type, i, text)                                                                       \
    EVENT("response." type ".delta", "\"output_index\":" i ",\"delta\":\"" text "\"")
#define END(type, status, items, more)                                                             \
    EVENT("response." type, "\"response\":" RESPONSE(status, items, more))

#define MESSAGE(parts)                                                                             \
    "{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"content\":[" parts "]}"
#define PHASED(phase, text)                                                                        \
    "{\"type\":\"message\",\"phase\":\"" phase "\",\"content\":[" TEXT(text) "]}"
#define TEXT(text) "{\"type\":\"output_text\",\"text\":\"" text "\",\"annotations\":[]}"
#define THOUGHT(summary, secret)                                                                   \
    "{\"id\":\"rs_1\",\"type\":\"reasoning\",\"summary\":[" summary                                \
    "],\"encrypted_content\":\"" secret "\"}"
#define SUMMARY(text) "{\"type\":\"summary_text\",\"text\":\"" text "\"}"
#define CALL(id, name, arguments)                                                                  \
    "{\"id\":\"fc_1\",\"type\":\"function_call\",\"call_id\":\"" id "\",\"name\":\"" name          \
    "\",\"arguments\":\"" arguments "\"}"
#define LIMIT ",\"incomplete_details\":{\"reason\":\"max_output_tokens\"}"
#define FILTER ",\"incomplete_details\":{\"reason\":\"content_filter\"}"
#define USAGE                                                                                      \
    ",\"usage\":{\"input_tokens\":50,\"input_tokens_details\":{\"cached_tokens\":8},"              \
    "\"output_tokens\":20,\"output_tokens_details\":{\"reasoning_tokens\":15},"                    \
    "\"total_tokens\":70}"

/* The same items plain, in item events, and only in the final event. */
#define ONE(status, ending, item, more)                                                            \
    RESPONSE(status, item, more),                                                                  \
        CREATED ADDED("0", "{\"type\":\"message\"}") ITEM_DONE("0", item)                          \
            END(ending, status, item, more),                                                       \
        END(ending, status, item, more)
#define TWO(status, ending, item, item2, more)                                                     \
    RESPONSE(status, item "," item2, more),                                                        \
        CREATED ITEM_DONE("0", item) ITEM_DONE("1", item2) END(ending, status, "", more),          \
        CREATED ITEM_DONE("1", item2) END(ending, status, item "," item2, more)

static const struct pair {
    const char *name, *plain, *stream, *late;
    enum outcome outcome;
    const char *content, *reasoning, *calls, *native;
} pairs[] = {
    {"text", ONE("completed", "completed", MESSAGE(TEXT("It is 4.")), USAGE), OUTCOME_OK,
        "It is 4.", "", "", "[" MESSAGE(TEXT("It is 4.")) "]"},
    {"two parts", ONE("completed", "completed", MESSAGE(TEXT("It ") "," TEXT("is 4.")), USAGE),
        OUTCOME_OK, "It is 4.", "", "", "[" MESSAGE(TEXT("It ") "," TEXT("is 4.")) "]"},
    {"reasoning and text",
        TWO("completed", "completed", THOUGHT(SUMMARY("hm") "," SUMMARY("so"), "gAAA="),
            MESSAGE(TEXT("4")), USAGE),
        OUTCOME_OK, "4", "hm\n\nso", "",
        "[" THOUGHT(SUMMARY("hm") "," SUMMARY("so"), "gAAA=") "," MESSAGE(TEXT("4")) "]"},
    {"open reasoning",
        ONE("completed", "completed",
            "{\"type\":\"reasoning\",\"summary\":[],\"content\":[{\"type\":\"reasoning_text\","
            "\"text\":\"hm\"}]}",
            ""),
        OUTCOME_REASONING_ONLY, "", "hm", "",
        "[{\"type\":\"reasoning\",\"summary\":[],\"content\":[{\"type\":\"reasoning_text\","
        "\"text\":\"hm\"}]}]"},
    {"reasoning and call",
        TWO("completed", "completed", THOUGHT("", "gA\\/=="), CALL("a", "f", "{\\\"x\\\":1}"),
            USAGE),
        OUTCOME_OK, "", "", "a f {\"x\":1}\n",
        "[" THOUGHT("", "gA\\/==") "," CALL("a", "f", "{\\\"x\\\":1}") "]"},
    {"text and call", TWO("completed", "completed", MESSAGE(TEXT("so")), CALL("a", "f", "{}"), ""),
        OUTCOME_OK, "so", "", "a f {}\n", "[" MESSAGE(TEXT("so")) "," CALL("a", "f", "{}") "]"},
    {"two calls", TWO("completed", "completed", CALL("a", "f", "{}"), CALL("b", "g", "{}"), ""),
        OUTCOME_OK, "", "", "a f {}\nb g {}\n",
        "[" CALL("a", "f", "{}") "," CALL("b", "g", "{}") "]"},
    {"one id twice", TWO("completed", "completed", CALL("a", "f", "{}"), CALL("a", "g", "{}"), ""),
        OUTCOME_OK, "", "", "a f {}\na g {}\n", ""},
    {"no id", ONE("completed", "completed", CALL("", "f", "{}"), ""), OUTCOME_OK, "", "", " f {}\n",
        ""},
    {"no arguments", ONE("completed", "completed", CALL("a", "f", ""), ""), OUTCOME_OK, "", "",
        "a f {}\n", "[" CALL("a", "f", "") "]"},
    {"glued calls", ONE("completed", "completed", CALL("a", "f", "{}{}"), ""), OUTCOME_OK, "", "",
        "a f {}\n f {}\n", ""},
    {"arguments no JSON", ONE("completed", "completed", CALL("a", "f", "x=1"), ""),
        OUTCOME_TOOL_INVALID, "", "", "a f x=1\n", ""},
    {"cut call", ONE("incomplete", "incomplete", CALL("a", "f", "{\\\"x"), LIMIT),
        OUTCOME_TOOL_TRUNCATED, "", "", "a f {\"x\n", ""},
    {"whole call at the limit", ONE("incomplete", "incomplete", CALL("a", "f", "{}"), LIMIT),
        OUTCOME_TOOL_TRUNCATED, "", "", "a f {}\n", "[" CALL("a", "f", "{}") "]"},
    {"cut text", ONE("incomplete", "incomplete", MESSAGE(TEXT("It i")), LIMIT USAGE),
        OUTCOME_TRUNCATED, "It i", "", "", "[" MESSAGE(TEXT("It i")) "]"},
    {"budget eaten by thinking",
        ONE("incomplete", "incomplete", THOUGHT(SUMMARY("hm"), "x"), LIMIT USAGE),
        OUTCOME_NO_ANSWER_BUDGET, "", "hm", "", "[" THOUGHT(SUMMARY("hm"), "x") "]"},
    {"cut, no reason said", ONE("incomplete", "incomplete", MESSAGE(TEXT("It i")), ""),
        OUTCOME_TRUNCATED, "It i", "", "", "[" MESSAGE(TEXT("It i")) "]"},
    {"withheld", ONE("incomplete", "incomplete", MESSAGE(TEXT("It i")), FILTER),
        OUTCOME_CONTENT_FILTER, "It i", "", "", "[" MESSAGE(TEXT("It i")) "]"},
    {"refusal",
        ONE("completed", "completed", MESSAGE("{\"type\":\"refusal\",\"refusal\":\"I can't\"}"),
            ""),
        OUTCOME_REFUSAL, "", "", "",
        "[" MESSAGE("{\"type\":\"refusal\",\"refusal\":\"I can't\"}") "]"},
    {"commentary before the answer",
        TWO("completed", "completed", PHASED("commentary", "I add."), PHASED("final_answer", "4"),
            ""),
        OUTCOME_OK, "4", "", "",
        "[" PHASED("commentary", "I add.") "," PHASED("final_answer", "4") "]"},
    {"commentary alone",
        TWO("completed", "completed", PHASED("commentary", "I add."), CALL("a", "f", "{}"), ""),
        OUTCOME_OK, "I add.", "", "a f {}\n",
        "[" PHASED("commentary", "I add.") "," CALL("a", "f", "{}") "]"},
    {"unknown item",
        TWO("completed", "completed", "{\"type\":\"web_search_call\", \"odd\" : [1.50, null]}",
            MESSAGE(TEXT("4")), ""),
        OUTCOME_OK, "4", "", "",
        "[{\"type\":\"web_search_call\", \"odd\" : [1.50, null]}," MESSAGE(TEXT("4")) "]"},
    {"thinking inline", ONE("completed", "completed", MESSAGE(TEXT("<think>hm</think>4")), ""),
        OUTCOME_OK, "4", "hm", "", "[" MESSAGE(TEXT("<think>hm</think>4")) "]"},
    {"nothing", RESPONSE("completed", "", ""), CREATED END("completed", "completed", "", ""),
        END("completed", "completed", "", ""), OUTCOME_REASONING_ONLY, "", "", "", ""},
};

static struct buf calls_of(const struct reply *r)
{
    struct buf got = BUF_INIT;

    for (size_t k = 0; k < r->ncalls; k++)
        buf_printf(&got, "%.*s %.*s %.*s\n", STR_ARG(r->calls[k].id), STR_ARG(r->calls[k].name),
            STR_ARG(r->calls[k].arguments));
    return got;
}

static struct usage check_pair(const struct pair *p, const char *body, bool streamed)
{
    struct reply r = read_as(200, str_c(body), streamed);
    struct buf calls = calls_of(&r);

    if (r.outcome != p->outcome || r.retry || strcmp(buf_cstr(&calls), p->calls) != 0 ||
        !str_eqc(r.native, p->native))
        fail_msg("%s%s: %s\n%s%.*s", p->name, streamed ? ", streamed" : "", outcome_text(r.outcome),
            buf_cstr(&calls), STR_ARG(r.native));
    assert_str(r.content, p->content);
    assert_str(r.reasoning, p->reasoning);
    buf_release(&calls);
    return r.usage;
}

static void test_plain_and_streamed_read_alike(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
        struct usage u[] = {
            check_pair(&pairs[i], pairs[i].plain, false),
            check_pair(&pairs[i], pairs[i].plain, true), /* a server that ignores "stream" */
            check_pair(&pairs[i], pairs[i].stream, true),
            check_pair(&pairs[i], pairs[i].late, true),
        };
        for (size_t k = 1; k < ARRAY_LEN(u); k++)
            assert_memory_equal(&u[0], &u[k], sizeof u[0]);
    }
}

/* ---- streams --------------------------------------------------------------------------------- */

#define FOUR ITEM_DONE("0", MESSAGE(TEXT("4")))

static void test_stream_forms(void **state)
{
    static const char *const same[] = {
        /* deltas before the whole item are not added to it */
        CREATED ADDED("0", MESSAGE("")) DELTA("output_text", "0", "4")
            EVENT("response.output_text.done", "\"output_index\":0,\"text\":\"4\"")
                FOUR END("completed", "completed", "", ""),
        /* an item that only deltas brought */
        CREATED ADDED("0", MESSAGE("")) DELTA("output_text", "0", "4")
            END("completed", "completed", "", ""),
        DELTA("output_text", "0", "4") END("completed", "completed", "", ""),
        FOUR FOUR END("completed", "completed", MESSAGE(TEXT("5")), ""),
        FOUR EVENT("response.shiny.new", "\"x\":[1]") END("completed", "completed", "", ""),
        FOUR EVENT("response.completed", "\"response\":{}"),
        FOUR EVENT("response.completed", "\"response\":{}") "data: {\"cut",
        FOUR END("completed", "completed", "", "") "data: [DONE]\n\n" END(
            "failed", "failed", "", ""),
        ": ping\n\n" FOUR "data: [DONE]\n\n" END("completed", "completed", "", ""),
        "data: {\"type\":\"response.output_item.done\",\"item\":" MESSAGE(TEXT("4")) "}\n\n" END(
            "completed", "completed", "", ""),
        "\xEF\xBB\xBF" FOUR "data: {\"type\":\ndata: \"response.completed\",\"response\":"
        "{\"status\":\"completed\"}}",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(same); i++) {
        struct reply r = read_as(200, str_c(same[i]), true);
        if (r.outcome != OUTCOME_OK || !str_eqc(r.content, "4"))
            fail_msg("form %zu: %s %.*s", i, outcome_text(r.outcome), STR_ARG(r.content));
    }
}

/* Only the end of an item has all of its encrypted text. */
static void test_encrypted_content_is_that_of_the_end(void **state)
{
    struct reply r = read_as(200,
        STR(CREATED ADDED("0", THOUGHT("", "gA")) DELTA("reasoning_summary_text", "0", "h")
                DELTA("reasoning_summary_text", "0", "m")
                    ITEM_DONE("0", THOUGHT(SUMMARY("hm"), "gAAAABwhole=="))
                        ADDED("1", CALL("a", "f", "")) DELTA("function_call_arguments", "1", "{")
                            DELTA("function_call_arguments", "1", "}")
                                ITEM_DONE("1", CALL("a", "f", "{}")) END("completed", "completed",
                                    THOUGHT("", "gA") "," CALL("a", "f", "{}"), USAGE)),
        true);

    (void)state;
    assert_int_equal(r.outcome, OUTCOME_OK);
    assert_str(r.reasoning, "hm");
    assert_str(r.native, "[" THOUGHT(SUMMARY("hm"), "gAAAABwhole==") "," CALL("a", "f", "{}") "]");
    r = read_as(200,
        STR(ADDED("0", CALL("a", "f", "")) DELTA("function_call_arguments", "0", "{\\\"x\\\":")
                DELTA("function_call_arguments", "0", "1}") END("completed", "completed", "", "")),
        true);
    assert_int_equal(r.outcome, OUTCOME_OK);
    assert_str(r.calls[0].arguments, "{\"x\":1}");
    assert_int_equal(r.native.n, 0); /* never seen whole */
}

static void test_responses_that_are_no_answer(void **state)
{
#define FAILED(code)                                                                               \
    "{\"status\":\"failed\",\"error\":{\"code\":\"" code "\",\"message\":\"words\"},"              \
    "\"output\":[]" USAGE "}"
    static const struct {
        const char *body;
        bool streamed;
        enum outcome outcome;
        bool retry;
        const char *error;
    } rows[] = {
        {"", false, OUTCOME_BAD_JSON, true, ""},
        {"", true, OUTCOME_BAD_JSON, true, ""},
        {"<html>busy</html>", true, OUTCOME_BAD_JSON, true, "<html>busy</html>"},
        {"[]", false, OUTCOME_BAD_JSON, true, ""},
        {"{}", false, OUTCOME_BAD_JSON, true, ""},
        {"{\"status\":7,\"output\":{}}", false, OUTCOME_BAD_JSON, true, ""},
        {"{\"status\":\"odd\",\"output\":[" MESSAGE(TEXT("4")) "]}", false, OUTCOME_BAD_JSON, true,
            ""},
        {"{\"status\":\"completed\",\"output\":[", false, OUTCOME_BAD_JSON, true, ""},
        {RESPONSE("completed", MESSAGE(TEXT("4")), "") "x", false, OUTCOME_BAD_JSON, true, ""},
        {"{\"choices\":[{\"message\":{\"content\":\"4\"},\"finish_reason\":\"stop\"}]}", false,
            OUTCOME_BAD_JSON, true, ""},
        {RESPONSE("queued", "", ""), false, OUTCOME_INCOMPLETE_STREAM, true, ""},
        {RESPONSE("in_progress", "", ""), false, OUTCOME_INCOMPLETE_STREAM, true, ""},
        {RESPONSE("cancelled", MESSAGE(TEXT("4")), ""), false, OUTCOME_INCOMPLETE_STREAM, true, ""},
        {CREATED, true, OUTCOME_INCOMPLETE_STREAM, true, ""},
        {CREATED FOUR, true, OUTCOME_INCOMPLETE_STREAM, true, ""},
        {CREATED FOUR "data: [DONE]\n\n", true, OUTCOME_INCOMPLETE_STREAM, true, ""},
        {CREATED FOUR "data: {\"type\":\"response.comp", true, OUTCOME_INCOMPLETE_STREAM, true, ""},
        {": only comments\n\n", true, OUTCOME_INCOMPLETE_STREAM, true, ""},
        {FAILED("server_error"), false, OUTCOME_PROVIDER_ERROR, true, "words"},
        {FAILED("rate_limit_exceeded"), false, OUTCOME_PROVIDER_ERROR, true, "words"},
        {FAILED("invalid_prompt"), false, OUTCOME_PROVIDER_ERROR, false, "words"},
        {"{\"status\":\"failed\",\"error\":null,\"output\":[]}", false, OUTCOME_PROVIDER_ERROR,
            true, ""},
        {"data: {\"type\":\"response.failed\",\"response\":" FAILED("server_error") "}\n\n", true,
            OUTCOME_PROVIDER_ERROR, true, "words"},
        {"data: {\"type\":\"response.failed\",\"response\":" FAILED("invalid_prompt") "}\n\n", true,
            OUTCOME_PROVIDER_ERROR, false, "words"},
        {CREATED FOUR EVENT("error",
             "\"code\":\"server_error\",\"message\":\"died\",\"param\":null,\"sequence_number\":9"),
            true, OUTCOME_PROVIDER_ERROR, true, "died"},
        {CREATED EVENT("error", "\"code\":null,\"message\":\"died\""), true, OUTCOME_PROVIDER_ERROR,
            true, "died"},
        {CREATED EVENT("error", "\"code\":\"insufficient_quota\",\"message\":\"money\""), true,
            OUTCOME_PROVIDER_ERROR, false, "money"},
        {EVENT("error", "\"error\":{\"code\":\"rate_limit_exceeded\",\"message\":\"slow\"}"), true,
            OUTCOME_PROVIDER_ERROR, true, "slow"},
        {"data: {\"error\":{\"code\":429,\"message\":\"slow\"}}\n\n", true, OUTCOME_RATE_LIMITED,
            true, "slow"},
        {"data: {\"error\":\"died\"}\n\n", true, OUTCOME_PROVIDER_ERROR, true, "died"},
        {"{\"error\":{\"message\":\"no\",\"code\":400}}", false, OUTCOME_REJECTED, false, "no"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct reply r = read_as(200, str_c(rows[i].body), rows[i].streamed);
        if (r.outcome != rows[i].outcome || r.retry != rows[i].retry)
            fail_msg("%s: %s, retry %d", rows[i].body, outcome_text(r.outcome), r.retry);
        assert_str(r.error, rows[i].error);
        assert_int_equal(r.native.n, 0);
    }
    struct usage u = read_as(200, STR(FAILED("server_error")), false).usage;
    assert_int_equal(u.out_reasoning, 15); /* a failure costs too */
}

static void test_words_for_the_end(void **state)
{
    (void)state;
    assert_str(read_as(200, STR(RESPONSE("completed", "", "")), false).finish, "completed");
    assert_str(
        read_as(200, STR(RESPONSE("incomplete", "", LIMIT)), false).finish, "max_output_tokens");
    assert_str(read_as(200, STR(END("incomplete", "incomplete", "", FILTER)), true).finish,
        "content_filter");
    assert_str(
        read_as(200, STR("data: {\"type\":\"response.completed\"}"), true).finish, "completed");
    assert_str(read_as(200,
                   STR(RESPONSE(
                       "completed", MESSAGE("{\"type\":\"refusal\",\"refusal\":\"I can't\"}"), "")),
                   false)
                   .refusal,
        "I can't");
}

static void test_usage(void **state)
{
    static const struct {
        const char *usage;
        struct usage expect; /* in_uncached, in_cached, in_write, out_visible, out_reasoning */
    } rows[] = {
        {"null", {-1, -1, -1, -1, -1, -1}},
        {"{}", {-1, -1, -1, -1, -1, -1}},
        {"[]", {-1, -1, -1, -1, -1, -1}},
        {"{\"input_tokens\":10,\"output_tokens\":5,\"total_tokens\":15}", {10, -1, -1, 5, -1, -1}},
        {"{\"input_tokens\":50,\"input_tokens_details\":{\"cached_tokens\":8,"
         "\"cache_write_tokens\":2},\"output_tokens\":20,\"output_tokens_details\":"
         "{\"reasoning_tokens\":15}}",
            {40, 8, 2, 5, 15, -1}},
        {"{\"input_tokens\":10,\"output_tokens\":5,\"input_tokens_details\":null,"
         "\"output_tokens_details\":{\"reasoning_tokens\":0}}",
            {10, -1, -1, 5, 0, -1}},
        {"{\"input_tokens\":-1,\"output_tokens\":\"5\"}", {-1, -1, -1, -1, -1, -1}},
        {"{\"input_tokens\":10,\"output_tokens\":5,\"total_tokens\":45}", {10, -1, -1, 5, 30, -1}},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct buf body = BUF_INIT;
        buf_printf(&body, "{\"status\":\"completed\",\"output\":[],\"usage\":%s}", rows[i].usage);
        struct usage u = read_as(200, buf_str(&body), false).usage;
        assert_memory_equal(&u, &rows[i].expect, sizeof u);
        buf_release(&body);
    }
}

static void test_errors_are_those_of_chat(void **state)
{
    static const struct {
        long status;
        const char *body;
        enum outcome outcome;
        const char *error;
    } rows[] = {
        {400, "{\"error\":{\"message\":\"altered\",\"code\":\"x\"}}", OUTCOME_REJECTED, "altered"},
        {429, "{\"error\":{\"message\":\"slow\"}}", OUTCOME_RATE_LIMITED, "slow"},
        {500, "{\"detail\":\"flat\"}", OUTCOME_PROVIDER_ERROR, "flat"},
        {502, "<b>bad\ngateway</b>", OUTCOME_PROVIDER_ERROR, "<b>bad gateway</b>"},
        {401, RESPONSE("completed", MESSAGE(TEXT("4")), ""), OUTCOME_HTTP_ERROR, NULL},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct reply r = read_as(rows[i].status, str_c(rows[i].body), i % 2);
        assert_int_equal(r.outcome, rows[i].outcome);
        if (rows[i].error)
            assert_str(r.error, rows[i].error);
    }
}

/* ---- hostile bytes --------------------------------------------------------------------------- */

static void test_bytes_that_cannot_go_back_are_mended(void **state)
{
    struct reply r = read_as(200,
        STR("{\"status\":\"completed\",\"output\":[ " MESSAGE(TEXT("a\xFF\\u0000")) " ]}"), false);

    (void)state;
    assert_int_equal(r.outcome, OUTCOME_OK);
    assert_true(str_utf8_ok(r.native));
    struct json *doc;
    struct err err;
    assert_int_equal(json_parse(r.native, JSON_STRICT, &doc, &err), OK);
    assert_str(json_str(json_path(json_first(json_get(json_first(doc), "content")), "text")),
        "a\xEF\xBF\xBD\xEF\xBF\xBD");
    json_free(doc);
    /* a spelling of "output" that no slice finds: the items are printed anew */
    r = read_as(
        200, STR("{\"status\":\"completed\",\"out\\u0070ut\":[{\"type\" : \"x\"}]}"), false);
    assert_str(r.native, "[{\"type\":\"x\"}]");
}

static void test_too_much_is_refused(void **state)
{
    struct buf b = BUF_INIT;

    (void)state;
    buf_puts(&b, "{\"status\":\"completed\",\"output\":[{}");
    for (int i = 0; i < 1023; i++)
        buf_puts(&b, ",{}");
    struct reply r = read_as(200, (buf_puts(&b, "]}"), buf_str(&b)), false);
    assert_int_equal(r.outcome, OUTCOME_REASONING_ONLY);
    buf_truncate(&b, b.n - 2);
    buf_puts(&b, ",{}]}");
    assert_int_equal(read_as(200, buf_str(&b), false).outcome, OUTCOME_BAD_JSON);
    buf_reset(&b);
    buf_puts(&b, "{\"status\":\"completed\",\"output\":");
    for (int i = 0; i < 100000; i++)
        buf_putc(&b, '[');
    assert_int_equal(read_as(200, buf_str(&b), false).outcome, OUTCOME_BAD_JSON);
    buf_reset(&b);
    for (int i = 0; i < 300; i++) /* more calls than a response may have */
        buf_printf(&b,
            "data: {\"type\":\"response.output_item.done\",\"output_index\":%d,\"item\":{\"type\":"
            "\"function_call\",\"call_id\":\"c%d\",\"name\":\"f\",\"arguments\":\"{}\"}}\n\n",
            300 - i, i);
    buf_puts(&b, END("completed", "completed", "", ""));
    r = read_as(200, buf_str(&b), true);
    assert_int_equal(r.outcome, OUTCOME_OK);
    assert_int_equal(r.ncalls, 256);
    assert_str(r.calls[0].id, "c299"); /* in the order of output_index */
    assert_int_equal(r.native.n, 0);
    buf_release(&b);
}

/* ---- slices ---------------------------------------------------------------------------------- */

static void test_slices(void **state)
{
    static const struct {
        const char *text, *expect;
    } rows[] = {
        {"[]", ""},
        {" [ ] ", ""},
        {"7", ""},
        {"\"x\"", ""},
        {"", ""},
        {"[1, \"a,]\\\"\" ,{\"x\":[1,2]}\n, null]", "=1;=\"a,]\\\"\";={\"x\":[1,2]};=null;"},
        {"{\"a\" : [ {} ],\"b\\n\":\"}\",\"\":-1.5e3}", "a=[ {} ];b\\n=\"}\";=-1.5e3;"},
        {"[[[]],[{}]]", "=[[]];=[{}];"},
        /* no JSON: pieces, and an end */
        {"[1", "=1;"},
        {"{\"a\"", ""},
        {"{\"a\":", ""},
        {"{\"", ""},
        {"{x:1}", ""},
        {"[\"a", "=\"a;"},
        {"[\"a\\", "=\"a\\;"},
        {"[,,]", ""},
        {"[{]", "={];"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct json_slices s = json_slices_of(str_c(rows[i].text));
        struct str key, value;
        struct buf got = BUF_INIT;
        while (json_slices_next(&s, &key, &value))
            buf_printf(&got, "%.*s=%.*s;", STR_ARG(key), STR_ARG(value));
        assert_string_equal(buf_cstr(&got), rows[i].expect);
        buf_release(&got);
    }
    assert_str(json_slice(STR("{\"a\":1,\"b\": {\"a\":2} ,\"b\":3}"), "b"), "{\"a\":2}");
    assert_int_equal(json_slice(STR("[\"b\",1]"), "b").n, 0);
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
        cmocka_unit_test(test_a_request_byte_by_byte),
        cmocka_unit_test(test_plain_and_streamed_read_alike),
        cmocka_unit_test(test_stream_forms),
        cmocka_unit_test(test_encrypted_content_is_that_of_the_end),
        cmocka_unit_test(test_responses_that_are_no_answer),
        cmocka_unit_test(test_words_for_the_end),
        cmocka_unit_test(test_usage),
        cmocka_unit_test(test_errors_are_those_of_chat),
        cmocka_unit_test(test_bytes_that_cannot_go_back_are_mended),
        cmocka_unit_test(test_too_much_is_refused),
        cmocka_unit_test(test_slices),
    };

    return cmocka_run_group_tests(tests, NULL, release);
}
