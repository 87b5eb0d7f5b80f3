/*
 * test_provider_native.c - what of a Chat Completions turn goes back unchanged, and what must not.
 *
 * Each row is a body and the assistant's turn of the next request, written down by hand from what
 * Mistral, OpenRouter and Gemini document.
 */
#include "harness/base/json.h"
#include "harness/provider/provider.h"
#include "tests/unit/test_provider_wire.h"
#include "tests/unit/unit.h"

static struct arena arena;

#define CALLS(list) "\"tool_calls\":[" list "]"
#define CALL(id, more)                                                                             \
    "{\"id\":\"" id "\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}" more "}"
#define BACK(id, more)                                                                             \
    "{\"id\":\"" id                                                                                \
    "\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}" more "}"
#define SIGNED(text) "\"extra_content\":{\"google\":{\"thought_signature\":\"" text "\"}}"
#define THINKING(text)                                                                             \
    "{\"type\":\"thinking\",\"thinking\":[{\"type\":\"text\",\"text\":\"" text "\"}]}"

static const struct row {
    const char *name, *body;
    const char *turn; /* behind "role" */
} rows[] = {
    {"nothing special", SAYS("\"content\":\"4\",\"annotations\":[],\"refusal\":null", "stop"),
        "\"content\":\"4\""},
    {"parts of text alone are text",
        SAYS("\"content\":[{\"type\":\"text\",\"text\":\"4\"}]", "stop"), "\"content\":\"4\""},
    {"Mistral's thinking",
        SAYS("\"content\":[" THINKING("hm") ",{\"type\":\"text\",\"text\":\"4\"}]", "stop"),
        "\"content\":[" THINKING("hm") ",{\"type\":\"text\",\"text\":\"4\"}]"},
    {"the same in pieces",
        CHUNK("\"content\":[" THINKING("h") "]") CHUNK("\"content\":[" THINKING("m") "]")
            CHUNK("\"content\":\"4\"") CHUNK("\"content\":\"2\"") LAST("stop") DONE,
        "\"content\":[" THINKING("hm") ",{\"type\":\"text\",\"text\":\"42\"}]"},
    {"two plain parts stay two",
        SAYS("\"content\":[" THINKING("a") "," THINKING("b") ",{\"type\":\"text\",\"text\":\"4\"}]",
            "stop"),
        "\"content\":[" THINKING("a") "," THINKING("b") ",{\"type\":\"text\",\"text\":\"4\"}]"},
    {"pieces with members that nobody knows stay apart",
        CHUNK("\"content\":[{\"type\":\"thinking\",\"thinking\":[{\"type\":\"text\",\"text\":"
              "\"a\",\"x\":1}]}]") CHUNK("\"content\":[" THINKING("b") "]") LAST("stop") DONE,
        "\"content\":[{\"type\":\"thinking\",\"thinking\":[{\"type\":\"text\",\"text\":\"a\","
        "\"x\":1}]}," THINKING("b") "]"},
    {"text before the parts",
        CHUNK("\"content\":\"so\"") CHUNK("\"content\":[" THINKING("h") "]") LAST("stop") DONE,
        "\"content\":[{\"type\":\"text\",\"text\":\"so\"}," THINKING("h") "]"},
    {"a part in a thought stays whole",
        CHUNK("\"content\":[{\"type\":\"thinking\",\"thinking\":[{\"type\":\"reference\","
              "\"reference_ids\":[1]}],\"closed\":true}]") CHUNK("\"content\":[" THINKING("m") "]")
            LAST("stop") DONE,
        "\"content\":[{\"type\":\"thinking\",\"thinking\":[{\"type\":\"reference\","
        "\"reference_ids\":[1]}],\"closed\":true}," THINKING("m") "]"},
    {"OpenRouter's details",
        SAYS("\"content\":\"4\",\"reasoning\":\"hm\",\"reasoning_details\":[{\"type\":"
             "\"reasoning.text\",\"text\":\"hm\",\"signature\":null,\"format\":\"a\",\"index\":0},"
             "{\"type\":\"reasoning.encrypted\",\"data\":\"q\",\"id\":\"r\",\"index\":1}]",
            "stop"),
        "\"content\":\"4\",\"reasoning_details\":[{\"type\":\"reasoning.text\",\"text\":\"hm\","
        "\"signature\":null,\"format\":\"a\",\"index\":0},{\"type\":\"reasoning.encrypted\","
        "\"data\":\"q\",\"id\":\"r\",\"index\":1}]"},
    {"the same in pieces",
        CHUNK("\"reasoning_details\":[{\"type\":\"reasoning.text\",\"text\":\"h\",\"signature\":"
              "null,\"format\":\"a\",\"index\":0}]")
            CHUNK("\"reasoning_details\":[{\"type\":\"reasoning.text\",\"text\":\"m\",\"index\":"
                  "0}]") CHUNK("\"reasoning_details\":[{\"type\":\"reasoning.text\",\"signature\":"
                               "\"s\",\"index\":0}]")
                CHUNK("\"reasoning_details\":[{\"type\":\"reasoning.summary\",\"summary\":\"x\","
                      "\"index\":1}]") CHUNK("\"reasoning_details\":[{\"type\":"
                                             "\"reasoning.summary\",\"summary\":\"y\",\"index\":"
                                             "1}]")
                    CHUNK("\"reasoning_details\":[{\"type\":\"reasoning.encrypted\",\"data\":"
                          "\"q\",\"index\":2}]") CHUNK("\"content\":\"4\"") LAST("stop") DONE,
        "\"content\":\"4\",\"reasoning_details\":[{\"type\":\"reasoning.text\",\"text\":\"hm\","
        "\"format\":\"a\",\"index\":0,\"signature\":\"s\"},{\"type\":\"reasoning.summary\","
        "\"summary\":\"xy\",\"index\":1},{\"type\":\"reasoning.encrypted\",\"data\":\"q\","
        "\"index\":2}]"},
    {"two thoughts are two",
        CHUNK("\"reasoning_details\":[{\"type\":\"reasoning.text\",\"text\":\"a\",\"index\":0}]")
            CHUNK("\"reasoning_details\":[{\"type\":\"reasoning.text\",\"text\":\"b\",\"index\":"
                  "1}]") CHUNK("\"content\":\"4\"") LAST("stop") DONE,
        "\"content\":\"4\",\"reasoning_details\":[{\"type\":\"reasoning.text\",\"text\":\"a\","
        "\"index\":0},{\"type\":\"reasoning.text\",\"text\":\"b\",\"index\":1}]"},
    {"Gemini's signatures, of calls",
        SAYS(CALLS(CALL("a", "," SIGNED("s\\/+")) "," CALL("b", "")), "tool_calls"),
        "\"content\":null," CALLS(BACK("a", "," SIGNED("s/+")) "," BACK("b", ""))},
    {"the same in pieces, the signature late",
        CHUNK(CALLS("{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"{\"}}"))
            CHUNK(CALLS("{\"index\":1,\"id\":\"b\",\"function\":{\"name\":\"f\",\"arguments\":"
                        "\"{}\"}}"))
                CHUNK(CALLS("{\"index\":0," SIGNED("s") ",\"function\":{\"arguments\":\"}\"}}"))
                    LAST("tool_calls") DONE,
        "\"content\":null," CALLS(BACK("a", "," SIGNED("s")) "," BACK("b", ""))},
    {"Gemini's signature, of a text", SAYS("\"content\":\"4\"," SIGNED("s"), "stop"),
        "\"content\":\"4\"," SIGNED("s")},
    {"what others refuse stays away",
        SAYS("\"content\":\"4\",\"audio\":null,\"reasoning\":\"hm\"," CALLS(
                 CALL("a", ",\"index\":0,\"parsed\":{}")),
            "tool_calls"),
        "\"content\":\"4\"," CALLS(BACK("a", ""))},
    {"a name twice cannot go back",
        SAYS("\"content\":\"4\",\"extra_content\":{\"a\":1,\"a\":2}", "stop"), "\"content\":\"4\""},
};

static void test_turns_go_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct buf body = BUF_INIT, expect = BUF_INIT;
        struct reply r;
        provider_find(STR("openai-chat"))->read(200, str_c(rows[i].body), true, &arena, &r);
        struct message turn = {.role = ROLE_ASSISTANT,
            .text = r.content,
            .calls = r.calls,
            .ncalls = r.ncalls,
            .native = r.native,
            .reasoning = r.reasoning};
        struct chat chat = {
            .model = STR("m"), .messages = &turn, .n = 1, .temperature = -1, .seed = -1};
        provider_find(STR("openai-chat"))->build(&chat, &body);
        buf_printf(
            &expect, "{\"model\":\"m\",\"messages\":[{\"role\":\"assistant\",%s}]}", rows[i].turn);
        if (strcmp(buf_cstr(&body), buf_cstr(&expect)) != 0)
            fail_msg("%s:\n%s\n%s", rows[i].name, buf_cstr(&body), buf_cstr(&expect));
        buf_release(&body);
        buf_release(&expect);
    }
}

/* The caller mends ids and arguments; the turn has the mended ones, and its signatures. */
static void test_broken_calls_do_not_go_back(void **state)
{
    struct reply r;
    struct buf body = BUF_INIT;
    struct json *doc;

    (void)state;
    provider_find(STR("openai-chat"))
        ->read(200,
            STR(SAYS(CALLS("{\"function\":{\"name\":\"f\",\"arguments\":\"{x\"}," SIGNED("s") "}"),
                "tool_calls")),
            false, &arena, &r);
    assert_int_equal(r.outcome, OUTCOME_TOOL_TRUNCATED);
    assert_int_equal(str_find(r.native, STR("{x"), 0), SIZE_MAX);
    const struct tool_call mended = {STR("call_1_0"), STR("f"), STR("{}")};
    const struct message turn = {
        .role = ROLE_ASSISTANT, .calls = &mended, .ncalls = 1, .native = r.native};
    struct chat chat = {
        .model = STR("m"), .messages = &turn, .n = 1, .temperature = -1, .seed = -1};
    provider_find(STR("openai-chat"))->build(&chat, &body);
    assert_int_equal(json_parse(buf_str(&body), JSON_STRICT, &doc, NULL), OK);
    json_free(doc);
    assert_string_equal(buf_cstr(&body),
        "{\"model\":\"m\",\"messages\":[{\"role\":\"assistant\",\"content\":null," CALLS(
            BACK("call_1_0", "," SIGNED("s"))) "}]}");
    buf_release(&body);
}

static void test_a_failure_leaves_nothing(void **state)
{
    struct reply r;

    (void)state;
    provider_find(STR("openai-chat"))
        ->read(200, STR(CHUNK("\"content\":[" THINKING("h") "]")), true, &arena, &r);
    assert_int_equal(r.outcome, OUTCOME_INCOMPLETE_STREAM);
    assert_int_equal(r.native.n, 0);
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
        cmocka_unit_test(test_turns_go_back),
        cmocka_unit_test(test_broken_calls_do_not_go_back),
        cmocka_unit_test(test_a_failure_leaves_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, release);
}
