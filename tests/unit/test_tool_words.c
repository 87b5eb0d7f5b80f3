/* test_tool_words.c - tools told in words, and calls found in texts; expected values by hand. */
#include "harness/provider/tool_words.h"

#include "tests/unit/unit.h"

static struct arena arena;

#define TOOLS                                                                                      \
    "[{\"type\":\"function\",\"function\":{\"name\":\"write\",\"description\":\"Writes.\","        \
    "\"parameters\":{\"type\":\"object\",\"properties\":{\"text\":{\"type\":\"string\"}}}}},"      \
    "{\"type\":\"function\",\"function\":{\"name\":\"end\",\"parameters\":{\"type\":\"object\","   \
    "\"properties\":{}}}}]"

static void test_description(void **state)
{
    struct buf out = BUF_INIT;

    (void)state;
    tool_words_describe(STR(TOOLS), "write", &out);
    static const char *const parts[] = {
        "{\"name\": \"NAME OF THE TOOL\", \"arguments\": {...}}",
        "\n- write: Writes.\n  Arguments, as a JSON Schema: {\"type\":\"object\",\"properties\":"
        "{\"text\":{\"type\":\"string\"}}}",
        "\n- end\n  It takes no arguments: write {}.",
        "Your next message must call write.",
    };
    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        if (!strstr(buf_cstr(&out), parts[i]))
            fail_msg("no \"%s\" in\n%s", parts[i], buf_cstr(&out));
    buf_reset(&out);
    tool_words_describe(STR(TOOLS), NULL, &out);
    assert_null(strstr(buf_cstr(&out), "must call"));
    buf_reset(&out);
    tool_words_describe(STR("[]"), "write", &out);
    tool_words_describe(STR(""), "write", &out);
    tool_words_describe(STR("{no"), "write", &out);
    assert_int_equal(out.n, 0);
    buf_release(&out);
}

static void test_a_conversation_in_words(void **state)
{
    const struct tool_call calls[] = {
        {STR("a"), STR("write"), STR("{\"text\":\"x\"}")}, {STR("b"), STR("end"), STR("")}};
    const struct message turns[] = {
        {.role = ROLE_SYSTEM, .text = STR("Be brief.")},
        {.role = ROLE_USER, .text = STR("Go.")},
        {.role = ROLE_ASSISTANT,
            .text = STR("Well."),
            .calls = calls,
            .ncalls = 2,
            .native = STR("{\"tool_calls\":[]}")},
        {.role = ROLE_TOOL, .text = STR("done"), .tool_call_id = STR("a")},
        {.role = ROLE_TOOL, .text = STR("over"), .tool_call_id = STR("b")},
        {.role = ROLE_ASSISTANT, .text = STR("Bye."), .native = STR("{\"content\":[]}")},
        {.role = ROLE_TOOL, .text = STR("?"), .tool_call_id = STR("c")},
    };
    struct chat chat = {.messages = turns,
        .n = ARRAY_LEN(turns),
        .tools = STR(TOOLS),
        .tool_choice = "end",
        .max_tokens = 7};

    (void)state;
    struct chat words = tool_words_chat(&chat, &arena);
    assert_int_equal(words.n, 6);
    assert_int_equal(words.max_tokens, 7);
    assert_int_equal(words.tools.n, 0);
    assert_null(words.tool_choice);
    assert_true(str_starts(words.messages[0].text, STR("Be brief.\n\nThere are tools")));
    assert_true(str_ends(words.messages[0].text, STR("must call end.")));
    assert_str(words.messages[2].text, "Well.\n\n{\"name\": \"write\", \"arguments\": {\"text\":"
                                       "\"x\"}}\n\n{\"name\": \"end\", \"arguments\": {}}");
    assert_int_equal(words.messages[2].ncalls, 0);
    assert_int_equal(words.messages[2].native.n, 0);
    assert_int_equal(words.messages[3].role, ROLE_USER);
    assert_str(words.messages[3].text, "Result of write: done\n\nResult of end: over");
    assert_int_equal(words.messages[3].tool_call_id.n, 0);
    assert_str(words.messages[4].native, "{\"content\":[]}");
    assert_str(words.messages[5].text, "Result of a tool: ?");
    /* without a system message there is one */
    chat.messages = turns + 1;
    chat.n = 1;
    words = tool_words_chat(&chat, &arena);
    assert_int_equal(words.n, 2);
    assert_int_equal(words.messages[0].role, ROLE_SYSTEM);
    assert_true(str_starts(words.messages[0].text, STR("There are tools")));
    assert_str(words.messages[1].text, "Go.");
}

static void test_calls_in_a_text(void **state)
{
    static const char *const names[] = {"write", "end"};
    static const struct {
        const char *text;
        enum tool_words found;
        const char *expect; /* name arguments; one call a line */
    } rows[] = {
        {"", TOOL_WORDS_NONE, ""},
        {"The answer is 4.", TOOL_WORDS_NONE, ""},
        {"{\"name\": \"write\", \"arguments\": {\"text\": \"a}\\\"{\"}}", TOOL_WORDS_CALLS,
            "write {\"text\":\"a}\\\"{\"}\n"},
        {"First\n```json\n{\"name\":\"write\",\"arguments\":{\"text\":\"a\"}}\n```\nthen\n"
         "<tool_call>{\"name\":\"end\",\"arguments\":{}}</tool_call>",
            TOOL_WORDS_CALLS, "write {\"text\":\"a\"}\nend {}\n"},
        {"[TOOL_CALLS][{\"name\":\"end\",\"parameters\":{\"x\":1}},{\"name\":\"end\"}]",
            TOOL_WORDS_CALLS, "end {\"x\":1}\nend {}\n"},
        {"{\"tool\":\"end\",\"input\":{}} {\"tool_name\":\"end\",\"args\":{}} "
         "{\"function\":\"end\"} {\"type\":\"function\",\"function\":{\"name\":\"write\","
         "\"arguments\":\"{\\\"text\\\":1}\"}}",
            TOOL_WORDS_CALLS, "end {}\nend {}\nend {}\nwrite {\"text\":1}\n"},
        {"{\"tool_calls\":[{\"name\":\"end\"},{\"function\":{\"name\":\"write\",\"arguments\":"
         "{}}},{\"tool_calls\":[{\"name\":\"end\"}]}]}",
            TOOL_WORDS_CALLS, "end {}\nwrite {}\n"},
        /* JSON that is no call */
        {"{\"name\":\"Alice\",\"age\":7} and {\"name\":\"x y\",\"arguments\":{}} and {\"a\":{}}",
            TOOL_WORDS_NONE, ""},
        {"{\"note\":{\"name\":\"end\",\"arguments\":{}}}", TOOL_WORDS_NONE, ""},
        /* a tool that was not offered needs its arguments to be one */
        {"{\"name\":\"send\",\"arguments\":{\"to\":1}}", TOOL_WORDS_CALLS, "send {\"to\":1}\n"},
        {"{\"name\":\"send\",\"arguments\":\"x\"}", TOOL_WORDS_NONE, ""},
        /* broken, cut, stray */
        {"{\"name\":\"write\",\"arguments\":{\"text\":1,}}", TOOL_WORDS_CALLS,
            "write {\"name\":\"write\",\"arguments\":{\"text\":1,}}\n"},
        {"{\"name\":\"write\",\"arguments\":\"x\"}", TOOL_WORDS_CALLS, "write x\n"},
        {"{\"name\":\"end\"} {\"name\":\"write\",\"arguments\":{\"text\":\"half", TOOL_WORDS_CUT,
            "end {}\n"},
        {"{\"name\":\"write\",\"arguments\":{\"a\":{},\"b\":\"half", TOOL_WORDS_CUT, ""},
        {"a { stray brace, {\"name\":\"end\",\"arguments\":{}}", TOOL_WORDS_CALLS, "end {}\n"},
        {"a { stray brace and no call", TOOL_WORDS_NONE, ""},
        {"{{{{{{ \"", TOOL_WORDS_NONE, ""},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct tool_call *calls;
        size_t n;
        struct buf got = BUF_INIT;
        enum tool_words found =
            tool_words_read(str_c(rows[i].text), names, ARRAY_LEN(names), &arena, &calls, &n);
        for (size_t k = 0; k < n; k++) {
            assert_int_equal(calls[k].id.n, 0);
            buf_printf(&got, "%.*s %.*s\n", STR_ARG(calls[k].name), STR_ARG(calls[k].arguments));
        }
        if (found != rows[i].found || strcmp(buf_cstr(&got), rows[i].expect) != 0)
            fail_msg("%s: %d\n%s", rows[i].text, found, buf_cstr(&got));
        buf_release(&got);
    }
}

static void test_a_flood_is_bounded(void **state)
{
    static const char *const names[] = {"end"};
    struct buf text = BUF_INIT;
    struct tool_call *calls;
    size_t n;

    (void)state;
    for (int i = 0; i < 300; i++)
        buf_puts(&text, "{\"name\":\"end\"}");
    assert_int_equal(
        tool_words_read(buf_str(&text), names, 1, &arena, &calls, &n), TOOL_WORDS_CALLS);
    assert_int_equal(n, 64);
    buf_reset(&text);
    for (int i = 0; i < 1 << 20; i++)
        buf_putc(&text, '{');
    assert_int_equal(
        tool_words_read(buf_str(&text), names, 1, &arena, &calls, &n), TOOL_WORDS_NONE);
    buf_release(&text);
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
        cmocka_unit_test(test_description),
        cmocka_unit_test(test_a_conversation_in_words),
        cmocka_unit_test(test_calls_in_a_text),
        cmocka_unit_test(test_a_flood_is_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, release);
}
