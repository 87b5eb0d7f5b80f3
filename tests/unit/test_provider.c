/*
 * test_provider.c - Chat Completions: requests byte by byte, responses of every known shape.
 *
 * Response cases are rows of body and expectation, written down from provider documentation, not
 * from this program. Cases of `pairs` say the same thing plain and streamed and must read alike.
 */
#include "harness/provider/provider.h"

#include "harness/base/json.h"
#include "tests/unit/test_provider_wire.h"
#include "tests/unit/unit.h"

#include <math.h>

static struct arena arena;

static const struct provider *chat_format(void)
{
    const struct provider *p = provider_find(STR("openai-chat"));

    assert_non_null(p);
    return p;
}

static struct reply read_as(long status, struct str body, bool streamed)
{
    struct reply r;

    chat_format()->read(status, body, streamed, &arena, &r);
    return r;
}

static struct reply read_plain(const char *body)
{
    return read_as(200, str_c(body), false);
}

/* ---- requests -------------------------------------------------------------------------------- */

static void test_a_request_byte_by_byte(void **state)
{
    const struct tool_call calls[] = {{STR("a"), STR("f"), STR("{\"x\":1}")}};
    const struct message messages[] = {
        {.role = ROLE_SYSTEM, .text = STR("be \"brief\"\n")},
        {.role = ROLE_USER, .text = STR("\xC3\xA9")},
        {.role = ROLE_ASSISTANT, .text = STR(""), .calls = calls, .ncalls = 1},
        {.role = ROLE_TOOL, .text = STR("done"), .tool_call_id = STR("a")},
    };
    struct chat chat = {.model = STR("m/x"),
        .messages = messages,
        .n = 4,
        .tools = STR("[1]"),
        .temperature = 0.7,
        .max_tokens = 9,
        .seed = 5,
        .stream = true};
    struct buf body = BUF_INIT;

    (void)state;
    chat_format()->build(&chat, &body);
    assert_string_equal(buf_cstr(&body),
        "{\"model\":\"m/x\",\"messages\":[{\"role\":\"system\",\"content\":\"be "
        "\\\"brief\\\"\\n\"},"
        "{\"role\":\"user\",\"content\":\"\xC3\xA9\"},"
        "{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"a\",\"type\":"
        "\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"x\\\":1}\"}}]},"
        "{\"role\":\"tool\",\"content\":\"done\",\"tool_call_id\":\"a\"}],\"tools\":[1],"
        "\"temperature\":0.7,\"max_tokens\":9,\"seed\":5,\"stream\":true,"
        "\"stream_options\":{\"include_usage\":true}}");
    buf_reset(&body);
    chat = (struct chat){.model = STR("m"),
        .messages = messages + 1,
        .n = 1,
        .temperature = NAN,
        .max_tokens = 0,
        .seed = -1};
    chat_format()->build(&chat, &body);
    assert_string_equal(buf_cstr(&body),
        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"\xC3\xA9\"}]}");
    buf_reset(&body);
    chat.temperature = -1;
    chat.effort = "low";
    chat.max_tokens = 7;
    struct traits traits = traits_default;
    traits.limit_key = STR("max_completion_tokens");
    chat.traits = &traits;
    chat_format()->build(&chat, &body);
    assert_string_equal(buf_cstr(&body),
        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"\xC3\xA9\"}],"
        "\"reasoning_effort\":\"low\",\"max_completion_tokens\":7}");
    buf_release(&body);
}

/* ---- plain and streamed ---------------------------------------------------------------------- */

static const struct pair {
    const char *name, *plain, *stream;
    enum outcome outcome;
    const char *content, *reasoning;
} pairs[] = {
    {"text", SAYS("\"content\":\"The answer is 4.\"", "stop"),
        CHUNK("\"role\":\"assistant\",\"content\":\"\"") CHUNK("\"content\":\"The \"")
            CHUNK("\"content\":\"answer is 4.\"") LAST("stop") DONE,
        OUTCOME_OK, "The answer is 4.", ""},
    {"role only first, content null", SAYS("\"content\":\"4\"", "stop"),
        CHUNK("\"role\":\"assistant\"") CHUNK("\"content\":null") CHUNK("\"content\":\"4\"")
            LAST("stop") DONE,
        OUTCOME_OK, "4", ""},
    {"finish on the last content chunk, no [DONE]", SAYS("\"content\":\"4\"", "stop"),
        "data: "
        "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"4\"},\"finish_reason\":\"stop\"}]}",
        OUTCOME_OK, "4", ""},
    {"repeated finish", SAYS("\"content\":\"4\"", "stop"),
        CHUNK("\"content\":\"4\"") LAST("stop") LAST("stop") DONE, OUTCOME_OK, "4", ""},
    {"cut by the limit", SAYS("\"content\":\"The ans\"", "length"),
        CHUNK("\"content\":\"The ans\"") LAST("length") DONE, OUTCOME_TRUNCATED, "The ans", ""},
    {"cut, in Mistral's word", SAYS("\"content\":\"The ans\"", "model_length"),
        CHUNK("\"content\":\"The ans\"") LAST("model_length") DONE, OUTCOME_TRUNCATED, "The ans",
        ""},
    {"budget eaten by thinking", SAYS("\"content\":\"\",\"reasoning_content\":\"hm\"", "length"),
        CHUNK("\"reasoning_content\":\"h\"") CHUNK("\"reasoning_content\":\"m\"") LAST("length")
            DONE,
        OUTCOME_NO_ANSWER_BUDGET, "", "hm"},
    {"nothing visible", SAYS("\"content\":null,\"reasoning\":\"hm\"", "stop"),
        CHUNK("\"reasoning\":\"hm\"") LAST("stop") DONE, OUTCOME_REASONING_ONLY, "", "hm"},
    {"content absent", CHOICE("{\"role\":\"assistant\"}", "\"stop\""), LAST("stop") DONE,
        OUTCOME_REASONING_ONLY, "", ""},
    {"blank content", SAYS("\"content\":\" \\n\"", "stop"),
        CHUNK("\"content\":\" \\n\"") LAST("stop") DONE, OUTCOME_REASONING_ONLY, " \n", ""},
    {"refusal", SAYS("\"content\":null,\"refusal\":\"I can't\"", "stop"),
        CHUNK("\"refusal\":\"I \"") CHUNK("\"refusal\":\"can't\"") LAST("stop") DONE,
        OUTCOME_REFUSAL, "", ""},
    {"withheld", SAYS("\"content\":\"\"", "content_filter"), LAST("content_filter") DONE,
        OUTCOME_CONTENT_FILTER, "", ""},
    {"withheld half way", SAYS("\"content\":\"The\"", "content_filter"),
        CHUNK("\"content\":\"The\"") LAST("content_filter") DONE, OUTCOME_CONTENT_FILTER, "The",
        ""},
    {"unknown word", SAYS("\"content\":\"4\"", "eos"), CHUNK("\"content\":\"4\"") LAST("eos") DONE,
        OUTCOME_OK, "4", ""},
    {"failed word", SAYS("\"content\":\"4\"", "error"),
        CHUNK("\"content\":\"4\"") LAST("error") DONE, OUTCOME_PROVIDER_ERROR, "4", ""},
    {"aborted", SAYS("\"content\":\"4\"", "abort"), CHUNK("\"content\":\"4\"") LAST("abort") DONE,
        OUTCOME_PROVIDER_ERROR, "4", ""},
    {"overloaded", SAYS("\"content\":\"\"", "insufficient_system_resource"),
        LAST("insufficient_system_resource") DONE, OUTCOME_PROVIDER_ERROR, "", ""},
    {"thinking inline", SAYS("\"content\":\"<think>is it 3?</think>\\n\\nIt is 4.\"", "stop"),
        CHUNK("\"content\":\"<thi\"") CHUNK("\"content\":\"nk>is it 3?</think>\"")
            CHUNK("\"content\":\"\\n\\nIt is 4.\"") LAST("stop") DONE,
        OUTCOME_OK, "It is 4.", "is it 3?"},
    {"only the closing tag", SAYS("\"content\":\"is it 3?</think>It is 4.\"", "stop"),
        CHUNK("\"content\":\"is it 3?</think>It is 4.\"") LAST("stop") DONE, OUTCOME_OK, "It is 4.",
        "is it 3?"},
    {"limit inside inline thinking", SAYS("\"content\":\"<think>is it 3\"", "length"),
        CHUNK("\"content\":\"<think>is it 3\"") LAST("length") DONE, OUTCOME_NO_ANSWER_BUDGET, "",
        "is it 3"},
    {"reasoning twice in one message",
        SAYS("\"content\":\"4\",\"reasoning\":\"hm\",\"reasoning_content\":\"hm\"", "stop"),
        CHUNK("\"reasoning\":\"hm\",\"reasoning_content\":\"hm\"") CHUNK("\"content\":\"4\"")
            LAST("stop") DONE,
        OUTCOME_OK, "4", "hm"},
    {"reasoning details",
        SAYS(
            "\"content\":\"4\",\"reasoning_details\":[{\"type\":\"reasoning.text\",\"text\":\"h\"},"
            "{\"type\":\"reasoning.encrypted\",\"data\":\"x\"},{\"text\":\"m\"}]",
            "stop"),
        CHUNK("\"reasoning_details\":[{\"text\":\"hm\"}]") CHUNK("\"content\":\"4\"") LAST("stop")
            DONE,
        OUTCOME_OK, "4", "hm"},
    {"content parts",
        SAYS("\"content\":[{\"type\":\"thinking\",\"thinking\":[{\"type\":\"text\",\"text\":\"hm\"}"
             "]},"
             "{\"type\":\"text\",\"text\":\"It is \"},{\"type\":\"text\",\"text\":\"4\"}]",
            "stop"),
        CHUNK("\"content\":[{\"type\":\"thinking\",\"thinking\":[{\"type\":\"text\",\"text\":"
              "\"hm\"}]}]") CHUNK("\"content\":\"It is 4\"") LAST("stop") DONE,
        OUTCOME_OK, "It is 4", "hm"},
    {"reasoning details, summarised",
        SAYS("\"content\":\"4\",\"reasoning_details\":[{\"type\":\"reasoning.summary\","
             "\"summary\":\"hm\"}]",
            "stop"),
        CHUNK("\"reasoning_details\":[{\"summary\":\"h\"},{\"summary\":\"m\"}]")
            CHUNK("\"content\":\"4\"") LAST("stop") DONE,
        OUTCOME_OK, "4", "hm"},
    {"a closing tag in an answer whose reasoning came apart",
        SAYS("\"content\":\"write </think> last\",\"reasoning\":\"hm\"", "stop"),
        CHUNK("\"reasoning\":\"hm\"") CHUNK("\"content\":\"write </think> last\"") LAST("stop")
            DONE,
        OUTCOME_OK, "write </think> last", "hm"},
    {"tokens with their probabilities",
        "{\"choices\":[{\"index\":0,\"message\":{\"content\":\"4\"},\"logprobs\":{\"content\":[{"
        "\"token\":\"4\",\"logprob\":-9999.0,\"bytes\":null,\"top_logprobs\":[]}],\"refusal\":null}"
        ","
        "\"finish_reason\":\"stop\"}]}",
        "data: "
        "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"4\"},\"logprobs\":{\"content\":[{"
        "\"token\":\"4\",\"logprob\":-9999.0,\"bytes\":null,\"top_logprobs\":[]}]},"
        "\"finish_reason\":null}]}\n\n" LAST("stop") DONE,
        OUTCOME_OK, "4", ""},
    {"probabilities as Together has them",
        "{\"choices\":[{\"message\":{\"content\":\"4\"},\"logprobs\":{\"tokens\":[\"4\"],"
        "\"token_logprobs\":[null]},\"finish_reason\":\"eos\"}]}",
        CHUNK("\"content\":\"4\"") LAST("eos") DONE, OUTCOME_OK, "4", ""},
    {"several answers: the first is ours",
        "{\"choices\":[{\"index\":1,\"message\":{\"content\":\"5\"},\"finish_reason\":\"length\"},"
        "{\"index\":0,\"message\":{\"content\":\"42\"},\"finish_reason\":\"stop\"}]}",
        "data: {\"choices\":[{\"index\":1,\"delta\":{\"content\":\"5\"}}]}\n\n" CHUNK(
            "\"content\":\"4\"") "data: {\"choices\":[{\"index\":1,\"delta\":{\"content\":\"6\"},"
                                 "\"finish_reason\":\"length\"},{\"index\":0,\"delta\":"
                                 "{\"content\":\"2\"}}]}\n\n" LAST("stop") DONE,
        OUTCOME_OK, "42", ""},
    {"several answers without numbers",
        "{\"choices\":[{\"message\":{\"content\":\"4\"},\"finish_reason\":\"stop\"},"
        "{\"message\":{\"content\":\"5\"},\"finish_reason\":\"length\"}]}",
        CHUNK("\"content\":\"4\"") LAST("stop") DONE, OUTCOME_OK, "4", ""},
    {"a stop made up behind the limit", SAYS("\"content\":\"4\"", "length"),
        CHUNK("\"content\":\"4\"") LAST("length") LAST("stop") DONE, OUTCOME_TRUNCATED, "4", ""},
    {"escapes and surrogates", SAYS("\"content\":\"\\u00e9\\ud83d\\udc18\"", "stop"),
        CHUNK("\"content\":\"\\u00e9\"") CHUNK("\"content\":\"\\ud83d\\udc18\"") LAST("stop") DONE,
        OUTCOME_OK, "\xC3\xA9\xF0\x9F\x90\x98", ""},
};

static void check_pair(const struct pair *p, const char *body, bool streamed)
{
    struct reply r = read_as(200, str_c(body), streamed);

    if (r.outcome != p->outcome)
        fail_msg("%s%s: %s", p->name, streamed ? ", streamed" : "", outcome_text(r.outcome));
    assert_str(r.content, p->content);
    assert_str(r.reasoning, p->reasoning);
    assert_int_equal(r.retry, p->outcome == OUTCOME_PROVIDER_ERROR);
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

/* ---- stream forms ---------------------------------------------------------------------------- */

static void test_stream_forms(void **state)
{
    static const char *const same[] = {
        ": keep-alive\n\n" CHUNK("\"content\":\"4\"") ": OPENROUTER PROCESSING\n\n" LAST("stop")
            DONE,
        "\xEF\xBB\xBF" CHUNK("\"content\":\"4\"") LAST("stop") DONE,
        "\n\n\n" CHUNK("\"content\":\"4\"") LAST("stop") DONE,
        "event: message\nid: 1\nretry: 10\ndata:{\"choices\":[{\"delta\":{\"content\":\"4\"},"
        "\"finish_reason\":\"stop\"}]}\n\n",
        "id: 1\ndata: {\"choices\":[{\"index\":0,\"delta\":\ndata: {\"content\":\"4\"},"
        "\"finish_reason\":\"stop\"}]}\n\n",
        "data: {\"choices\":[]}\n\n" CHUNK("\"content\":\"4\"") LAST(
            "stop") "data: {\"choices\":[],\"usage\":null}\n\n" DONE "and bytes behind the end",
        "data: "
        "{\"choices\":[{\"index\":1,\"delta\":{\"content\":\"5\"},\"finish_reason\":\"length\"}]}"
        "\n\n" CHUNK("\"content\":\"4\"") LAST("stop") DONE,
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(same); i++) {
        struct reply r = read_as(200, str_c(same[i]), true);
        if (r.outcome != OUTCOME_OK)
            fail_msg("form %zu: %s", i, outcome_text(r.outcome));
        assert_str(r.content, "4");
    }
}

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
        {"", true, OUTCOME_BAD_JSON, true, ""},
        {"<html><body>busy</body></html>", false, OUTCOME_BAD_JSON, true,
            "<html><body>busy</body></html>"},
        {"<html><body>busy</body></html>", true, OUTCOME_BAD_JSON, true,
            "<html><body>busy</body></html>"},
        {"\xef\xbb\xbf\r\n Please\n log  in.\n", true, OUTCOME_BAD_JSON, true, "Please log in."},
        {"busy \xff\xc3", false, OUTCOME_BAD_JSON, true, "busy \xef\xbf\xbd\xef\xbf\xbd"},
        {"{\"detail\":\"come later\"}", false, OUTCOME_BAD_JSON, true, "come later"},
        {"[]", false, OUTCOME_BAD_JSON, true, ""},
        {"null", false, OUTCOME_BAD_JSON, true, "null"},
        {"{}", false, OUTCOME_BAD_JSON, true, ""},
        {"{\"choices\":[]}", false, OUTCOME_BAD_JSON, true, ""},
        {"{\"choices\":{}}", false, OUTCOME_BAD_JSON, true, ""},
        {CHOICE("{\"content\":\"4\"}", "null"), false, OUTCOME_BAD_JSON, true, ""},
        {"{\"choices\":[{\"index\":0,\"message\":{\"content\":\"4", false, OUTCOME_BAD_JSON, true,
            ""},
        {SAYS("\"content\":\"4\"", "stop") "trailing", false, OUTCOME_BAD_JSON, true, ""},
        {"{\"error\":{\"message\":\"too busy\",\"code\":null}}", false, OUTCOME_PROVIDER_ERROR,
            true, "too busy"},
        {"{\"error\":\"too busy\"}", false, OUTCOME_PROVIDER_ERROR, true, "too busy"},
        {"{\"error\":{\"message\":\"slow\",\"code\":429}}", false, OUTCOME_RATE_LIMITED, true,
            "slow"},
        {"{\"error\":{\"message\":\"no\",\"code\":400}}", false, OUTCOME_REJECTED, false, "no"},
        {"{\"error\":{\"message\":\"odd\",\"code\":1113}}", false, OUTCOME_PROVIDER_ERROR, true,
            "odd"},
        {CHUNK("\"content\":\"4\""), true, OUTCOME_INCOMPLETE_STREAM, true, ""},
        {CHUNK("\"content\":\"4\"") DONE, true, OUTCOME_INCOMPLETE_STREAM, true, ""},
        {CHUNK("\"content\":\"4\"") "data: {\"choices\":[{\"ind", true, OUTCOME_INCOMPLETE_STREAM,
            true, ""},
        {CHUNK("\"content\":\"4\"") "data: {\"error\":{\"message\":\"died\"}}\n\n", true,
            OUTCOME_PROVIDER_ERROR, true, "died"},
        {CHUNK("\"content\":\"4\"") "event: error\ndata: {\"error\":\"died\"}\n\n" LAST("stop"),
            true, OUTCOME_PROVIDER_ERROR, true, "died"},
        {": only comments\n\n", true, OUTCOME_INCOMPLETE_STREAM, true, ""},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct reply r = read_as(200, str_c(rows[i].body), rows[i].streamed);
        if (r.outcome != rows[i].outcome || r.retry != rows[i].retry)
            fail_msg("%s: %s, retry %d", rows[i].body, outcome_text(r.outcome), r.retry);
        assert_str(r.error, rows[i].error);
    }
}

static void test_hostile_bytes_in_a_body(void **state)
{
    static const char nul[] = "{\"choices\":[{\"message\":{\"content\":\"a\0b\"},\"finish_reason\":"
                              "\"stop\"}]}";
    struct reply r;

    (void)state;
    r = read_plain(SAYS("\"content\":\"a\\u0000b\xFF\xC3(\"", "stop"));
    assert_int_equal(r.outcome, OUTCOME_OK);
    assert_true(str_utf8_ok(r.content));
    assert_true(str_find(r.content,
                    STR("a\xEF\xBF\xBD"
                        "b"),
                    0) == 0);
    r = read_plain("\xEF\xBB\xBF\r\n " SAYS("\"content\":\"4\"", "stop"));
    assert_str(r.content, "4");
    r = read_as(200, (struct str){nul, sizeof nul - 1}, false);
    assert_true(r.outcome == OUTCOME_BAD_JSON || str_utf8_ok(r.content));
    struct buf deep = BUF_INIT;
    for (int i = 0; i < 100000; i++)
        buf_putc(&deep, '[');
    assert_int_equal(read_as(200, buf_str(&deep), false).outcome, OUTCOME_BAD_JSON);
    buf_release(&deep);
}

/* ---- usage ----------------------------------------------------------------------------------- */

static void test_usage(void **state)
{
    static const struct {
        const char *usage;
        struct usage expect; /* in_uncached, in_cached, in_write, out_visible, out_reasoning */
    } rows[] = {
        {"null", {-1, -1, -1, -1, -1, -1}},
        {"{}", {-1, -1, -1, -1, -1, -1}},
        {"{\"prompt_tokens\":10,\"completion_tokens\":5,\"total_tokens\":15}",
            {10, -1, -1, 5, -1, -1}},
        {"{\"prompt_tokens\":1200,\"completion_tokens\":900,\"prompt_tokens_details\":"
         "{\"cached_tokens\":1024},\"completion_tokens_details\":{\"reasoning_tokens\":832}}",
            {176, 1024, -1, 68, 832, -1}},
        {"{\"prompt_tokens\":10,\"completion_tokens\":5,\"prompt_tokens_details\":{\"cached_"
         "tokens\":0,"
         "\"cache_write_tokens\":4},\"completion_tokens_details\":{\"reasoning_tokens\":0}}",
            {6, 0, 4, 5, 0, -1}},
        {"{\"prompt_tokens\":10,\"completion_tokens\":5,\"prompt_tokens_details\":null}",
            {10, -1, -1, 5, -1, -1}},
        /* thinking outside completion_tokens: the total gives it away */
        {"{\"prompt_tokens\":10,\"completion_tokens\":5,\"total_tokens\":45}",
            {10, -1, -1, 5, 30, -1}},
        {"{\"prompt_tokens\":10,\"completion_tokens\":5,\"total_tokens\":45,"
         "\"completion_tokens_details\":{\"reasoning_tokens\":30}}",
            {10, -1, -1, 5, 30, -1}},
        /* DeepSeek: hits and misses; SGLang: a count at the top */
        {"{\"prompt_tokens\":10,\"completion_tokens\":5,\"total_tokens\":15,"
         "\"prompt_cache_hit_tokens\":8,\"prompt_cache_miss_tokens\":2,"
         "\"completion_tokens_details\":{\"reasoning_tokens\":1}}",
            {2, 8, -1, 4, 1, -1}},
        {"{\"prompt_tokens\":10,\"completion_tokens\":5,\"prompt_cache_hit_tokens\":8,"
         "\"prompt_tokens_details\":{\"cached_tokens\":7}}",
            {3, 7, -1, 5, -1, -1}},
        {"{\"prompt_tokens\":10,\"completion_tokens\":5,\"total_tokens\":15,\"reasoning_tokens\":3,"
         "\"prompt_tokens_details\":null}",
            {10, -1, -1, 2, 3, -1}},
        /* nonsense stays unknown or small, never negative */
        {"{\"prompt_tokens\":-3,\"completion_tokens\":5}", {-1, -1, -1, 5, -1, -1}},
        {"{\"prompt_tokens\":\"10\",\"completion_tokens\":5}", {-1, -1, -1, 5, -1, -1}},
        {"{\"prompt_tokens\":10,\"completion_tokens\":5,\"completion_tokens_details\":"
         "{\"reasoning_tokens\":9}}",
            {10, -1, -1, 0, 9, -1}},
        {"[1,2]", {-1, -1, -1, -1, -1, -1}},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct buf body = BUF_INIT;
        buf_printf(&body,
            "{\"choices\":[{\"message\":{\"content\":\"4\"},\"finish_reason\":\"stop\"}],"
            "\"usage\":%s}",
            rows[i].usage);
        struct usage u = read_plain(buf_cstr(&body)).usage;
        if (memcmp(&u, &rows[i].expect, sizeof u) != 0)
            fail_msg("%s: %lld %lld %lld %lld %lld", rows[i].usage, (long long)u.in_uncached,
                (long long)u.in_cached, (long long)u.in_write, (long long)u.out_visible,
                (long long)u.out_reasoning);
        buf_release(&body);
    }
}

static void test_where_streams_put_usage(void **state)
{
#define COUNTS "{\"prompt_tokens\":10,\"completion_tokens\":5}"
    static const char *const bodies[] = {
        CHUNK("\"content\":\"4\"") LAST("stop") "data: {\"choices\":[],\"usage\":" COUNTS
                                                "}\n\n" DONE,
        CHUNK(
            "\"content\":\"4\"") "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":"
                                 "\"stop\"}],\"usage\":" COUNTS "}\n\n" DONE,
        CHUNK(
            "\"content\":\"4\"") "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":"
                                 "\"stop\"}],\"x_groq\":{\"id\":\"r\",\"usage\":" COUNTS
                                 "}}\n\n" DONE,
        "data: "
        "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"4\"}}],\"usage\":{\"prompt_tokens\":"
        "10,"
        "\"completion_tokens\":1}}\n\n" LAST("stop") "data: {\"choices\":[],\"usage\":" COUNTS
                                                     "}\n\n"
                                                     "data: {\"choices\":[],\"usage\":null}\n\n",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        struct usage u = read_as(200, str_c(bodies[i]), true).usage;
        assert_int_equal(u.in_uncached, 10);
        assert_int_equal(u.out_visible, 5);
    }
    struct usage u = read_as(200, STR(CHUNK("\"content\":\"4\"") LAST("stop")), true).usage;
    assert_int_equal(usage_in(u), -1);
    assert_int_equal(usage_out(u), -1);
}

static void test_words_for_the_end(void **state)
{
    static const struct {
        const char *word;
        enum outcome with_text, without;
        bool retry;
    } rows[] = {
        {"stop", OUTCOME_OK, OUTCOME_REASONING_ONLY, false},
        {"tool_calls", OUTCOME_OK, OUTCOME_REASONING_ONLY, false},
        {"function_call", OUTCOME_OK, OUTCOME_REASONING_ONLY, false},
        {"eos", OUTCOME_OK, OUTCOME_REASONING_ONLY, false},
        {"eos_token", OUTCOME_OK, OUTCOME_REASONING_ONLY, false},
        {"stop_sequence", OUTCOME_OK, OUTCOME_REASONING_ONLY, false},
        {"STOP", OUTCOME_OK, OUTCOME_REASONING_ONLY, false},
        {"tired", OUTCOME_OK, OUTCOME_REASONING_ONLY, false},
        {"length", OUTCOME_TRUNCATED, OUTCOME_NO_ANSWER_BUDGET, false},
        {"model_length", OUTCOME_TRUNCATED, OUTCOME_NO_ANSWER_BUDGET, false},
        {"max_tokens", OUTCOME_TRUNCATED, OUTCOME_NO_ANSWER_BUDGET, false},
        {"MAX_TOKENS", OUTCOME_TRUNCATED, OUTCOME_NO_ANSWER_BUDGET, false},
        {"content_filter", OUTCOME_CONTENT_FILTER, OUTCOME_CONTENT_FILTER, false},
        {"SAFETY", OUTCOME_CONTENT_FILTER, OUTCOME_CONTENT_FILTER, false},
        {"RECITATION", OUTCOME_CONTENT_FILTER, OUTCOME_CONTENT_FILTER, false},
        {"error", OUTCOME_PROVIDER_ERROR, OUTCOME_PROVIDER_ERROR, true},
        {"abort", OUTCOME_PROVIDER_ERROR, OUTCOME_PROVIDER_ERROR, true},
        {"insufficient_system_resource", OUTCOME_PROVIDER_ERROR, OUTCOME_PROVIDER_ERROR, true},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        for (int text = 0; text < 2; text++) {
            struct buf body = BUF_INIT;
            buf_printf(&body,
                "{\"choices\":[{\"message\":{\"content\":%s},\"finish_reason\":\"%s\"}]}",
                text ? "\"4\"" : "null", rows[i].word);
            struct reply r = read_plain(buf_cstr(&body));
            if (r.outcome != (text ? rows[i].with_text : rows[i].without) ||
                r.retry != rows[i].retry)
                fail_msg("%s: %s", buf_cstr(&body), outcome_text(r.outcome));
            assert_str(r.finish, rows[i].word);
            buf_release(&body);
        }
}

/* ---- failed statuses ------------------------------------------------------------------------- */

static void test_statuses(void **state)
{
    static const struct {
        long status;
        enum outcome outcome;
        bool retry;
    } rows[] = {
        {400, OUTCOME_REJECTED, false},
        {401, OUTCOME_HTTP_ERROR, false},
        {402, OUTCOME_HTTP_ERROR, false},
        {403, OUTCOME_HTTP_ERROR, false},
        {404, OUTCOME_HTTP_ERROR, false},
        {408, OUTCOME_TIMEOUT, true},
        {409, OUTCOME_HTTP_ERROR, true},
        {413, OUTCOME_REJECTED, false},
        {422, OUTCOME_REJECTED, false},
        {429, OUTCOME_RATE_LIMITED, true},
        {498, OUTCOME_RATE_LIMITED, true},
        {500, OUTCOME_PROVIDER_ERROR, true},
        {502, OUTCOME_PROVIDER_ERROR, true},
        {503, OUTCOME_PROVIDER_ERROR, true},
        {529, OUTCOME_PROVIDER_ERROR, true},
        {301, OUTCOME_HTTP_ERROR, false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        /* a choice behind a failed status is no answer */
        struct reply r = read_as(rows[i].status, STR(SAYS("\"content\":\"4\"", "stop")), false);
        assert_int_equal(r.outcome, rows[i].outcome);
        assert_int_equal(r.retry, rows[i].retry);
        assert_false(outcome_is_result(r.outcome));
    }
}

static void test_error_words(void **state)
{
    static const struct {
        const char *body, *error;
    } rows[] = {
        {"{\"error\":{\"message\":\"nested\",\"type\":\"x\",\"code\":null}}", "nested"},
        {"{\"type\":\"error\",\"error\":{\"type\":\"x\",\"message\":\"anthropic\"},\"request_id\":"
         "\"r\"}",
            "anthropic"},
        {"{\"object\":\"error\",\"message\":\"flat\",\"code\":400}", "flat"},
        {"{\"detail\":\"not found\"}", "not found"},
        {"{\"error\":\"a string\",\"error_type\":\"x\"}", "a string"},
        {"plain words\n", "plain words"},
        {"<html>\n<b>busy</b>", "<html> <b>busy</b>"},
        {"", ""},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_str(read_as(500, str_c(rows[i].body), false).error, rows[i].error);
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
        cmocka_unit_test(test_responses_that_are_no_answer),
        cmocka_unit_test(test_hostile_bytes_in_a_body),
        cmocka_unit_test(test_usage),
        cmocka_unit_test(test_where_streams_put_usage),
        cmocka_unit_test(test_words_for_the_end),
        cmocka_unit_test(test_statuses),
        cmocka_unit_test(test_error_words),
    };

    return cmocka_run_group_tests(tests, NULL, release);
}
