/*
 * test_provider_request.c - what chats ask for, under the traits of endpoints, in three formats.
 *
 * A row tells how the traits differ from those of an unknown server, what the chat wishes, and the
 * whole of the body behind the messages, written down from the vendors' documentation.
 */
#include "harness/provider/provider.h"

#include "harness/base/json.h"
#include "tests/unit/unit.h"

#define TOOLS "[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}]"
#define ADAPTIVE "\"thinking\":{\"type\":\"adaptive\",\"display\":\"summarized\"}"
#define ENABLED "{\"thinking\":{\"type\":\"enabled\"}}"
#define SEALED "\"include\":[\"reasoning.encrypted_content\"]"
#define FLAT_TOOLS "\"tools\":[{\"type\":\"function\",\"name\":\"f\",\"strict\":false}]"
#define CLAUDE_TOOLS                                                                               \
    "\"tools\":[{\"name\":\"f\",\"input_schema\":{\"type\":\"object\",\"properties\":{}}}]"

struct given {
    /* traits; NULL or false = as of an unknown server, "" = the endpoint takes none */
    const char *limit_key, *seed_key, *effort_key, *effort_with, *thinking_key, *thinking_with;
    const char *none_with, *extra, *efforts;
    bool no_sampling, parallel, not_with_effort, no_stream_usage;
    int64_t output;
    /* the chat */
    const char *effort, *choice;
    int64_t thinking, max_tokens;
    bool none, tools, stream, seed, warm;
};

static const struct row {
    const char *format;
    struct given given;
    const char *expect;
} rows[] = {
    /* --- Chat Completions --- */
    {"openai-chat", {.max_tokens = 9, .seed = true, .warm = true},
        "\"temperature\":0.5,\"max_tokens\":9,\"seed\":7"},
    {"openai-chat",
        {.limit_key = "max_completion_tokens",
            .seed_key = "random_seed",
            .no_sampling = true,
            .max_tokens = 9,
            .seed = true,
            .warm = true},
        "\"max_completion_tokens\":9,\"random_seed\":7"},
    {"openai-chat",
        {.limit_key = "", .seed_key = "", .max_tokens = 9, .seed = true, .stream = true},
        "\"stream\":true,\"stream_options\":{\"include_usage\":true}"},
    {"openai-chat", {.no_stream_usage = true, .stream = true}, "\"stream\":true"},
    {"openai-chat",
        {.extra = "{\"stream_options\":{\"include_obfuscation\":false},\"user\":\"u\","
                  "\"max_tokens\":1}",
            .stream = true,
            .max_tokens = 9},
        "\"max_tokens\":9,\"stream\":true,\"stream_options\":{\"include_usage\":true,"
        "\"include_obfuscation\":false},\"user\":\"u\""},
    {"openai-chat", {.extra = "{\"stream_options\":{\"include_obfuscation\":false}}"}, ""},
    {"openai-chat", {.effort = "max"}, "\"reasoning_effort\":\"max\""},
    {"openai-chat", {.effort = "low", .effort_key = ""}, ""},
    /* OpenRouter */
    {"openai-chat",
        {.effort_key = "reasoning.effort",
            .effort_with = "{\"reasoning\":{\"exclude\":false}}",
            .thinking_key = "reasoning.max_tokens",
            .none_with = "{\"reasoning\":{\"enabled\":false}}",
            .extra = "{\"provider\":{\"require_parameters\":true}}",
            .effort = "high"},
        "\"reasoning\":{\"effort\":\"high\",\"exclude\":false},"
        "\"provider\":{\"require_parameters\":true}"},
    {"openai-chat",
        {.effort_key = "reasoning.effort",
            .thinking_key = "reasoning.max_tokens",
            .thinking_with = "{\"reasoning\":{\"exclude\":true}}",
            .thinking = 2000},
        "\"reasoning\":{\"max_tokens\":2000,\"exclude\":true}"},
    {"openai-chat",
        {.effort_key = "reasoning.effort",
            .none_with = "{\"reasoning\":{\"enabled\":false}}",
            .none = true,
            .thinking = 5},
        "\"reasoning\":{\"enabled\":false}"},
    /* DeepSeek */
    {"openai-chat",
        {.effort_with = "{\"thinking\":{\"type\":\"enabled\"}}",
            .none_with = "{\"thinking\":{\"type\":\"disabled\"}}",
            .effort = "max"},
        "\"reasoning_effort\":\"max\",\"thinking\":{\"type\":\"enabled\"}"},
    {"openai-chat", {.none_with = "{\"thinking\":{\"type\":\"disabled\"}}", .effort = "none"},
        "\"thinking\":{\"type\":\"disabled\"}"},
    /* Gemini */
    {"openai-chat",
        {.thinking_key = "extra_body.google.thinking_config.thinking_budget",
            .thinking_with =
                "{\"extra_body\":{\"google\":{\"thinking_config\":{\"include_thoughts\":true}}}}",
            .thinking = 128},
        "\"extra_body\":{\"google\":{\"thinking_config\":{\"thinking_budget\":128,"
        "\"include_thoughts\":true}}}"},
    /* vLLM, llama.cpp */
    {"openai-chat", {.thinking_key = "thinking_token_budget", .thinking = 64},
        "\"thinking_token_budget\":64"},
    {"openai-chat", {.thinking = 64}, ""},
    /* nothing to switch thinking off with: "none" as an effort, if that may be one */
    {"openai-chat", {.none = true}, "\"reasoning_effort\":\"none\""},
    {"openai-chat", {.none = true, .effort = "high"}, "\"reasoning_effort\":\"none\""},
    {"openai-chat", {.none = true, .efforts = "low"}, ""},
    {"openai-chat", {.none = true, .efforts = "none"}, "\"reasoning_effort\":\"none\""},
    {"openai-chat", {.none = true, .effort_key = ""}, ""},
    /* tools */
    {"openai-chat", {.tools = true}, "\"tools\":" TOOLS},
    {"openai-chat", {.tools = true, .parallel = true, .choice = "f"},
        "\"tools\":" TOOLS ",\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"f\"}},"
        "\"parallel_tool_calls\":false"},
    {"openai-chat", {.parallel = true, .choice = "f"}, ""},
    {"openai-chat", {.tools = true, .not_with_effort = true, .effort = "high"},
        "\"tools\":" TOOLS ",\"reasoning_effort\":\"none\""},
    {"openai-chat", {.tools = true, .not_with_effort = true},
        "\"tools\":" TOOLS ",\"reasoning_effort\":\"none\""},
    {"openai-chat", {.not_with_effort = true, .effort = "high"}, "\"reasoning_effort\":\"high\""},
    /* --- Responses --- */
    {"openai-responses", {.max_tokens = 9, .seed = true, .warm = true},
        "\"temperature\":0.5,\"max_output_tokens\":9,\"store\":false"},
    {"openai-responses",
        {.effort_with = "{\"reasoning\":{\"summary\":\"auto\"}}",
            .extra = "{\"text\":{\"verbosity\":\"low\"},\"store\":true}",
            .no_sampling = true,
            .warm = true,
            .effort = "xhigh",
            .stream = true},
        "\"reasoning\":{\"effort\":\"xhigh\",\"summary\":\"auto\"},\"store\":false,"
        "\"stream\":true,\"text\":{\"verbosity\":\"low\"}"},
    {"openai-responses", {.tools = true}, FLAT_TOOLS "," SEALED ",\"store\":false"},
    {"openai-responses", {.tools = true, .choice = "f", .parallel = true, .effort = "low"},
        FLAT_TOOLS ",\"tool_choice\":{\"type\":\"function\",\"name\":\"f\"},"
                   "\"parallel_tool_calls\":false,\"reasoning\":{\"effort\":\"low\"}," SEALED
                   ",\"store\":false"},
    {"openai-responses", {.tools = true, .effort = "none"},
        FLAT_TOOLS ",\"reasoning\":{\"effort\":\"none\"},\"store\":false"},
    {"openai-responses", {.tools = true, .effort_key = ""}, FLAT_TOOLS ",\"store\":false"},
    {"openai-responses", {.effort = "low"}, "\"reasoning\":{\"effort\":\"low\"},\"store\":false"},
    {"openai-responses", {.limit_key = "", .max_tokens = 9}, "\"store\":false"},
    /* --- Messages; its limit stands in front --- */
    {"anthropic-messages", {.max_tokens = 9, .seed = true, .warm = true}, "9 \"temperature\":0.5"},
    {"anthropic-messages", {.output = 64000}, "64000 "},
    {"anthropic-messages", {.output = 64000, .max_tokens = 9}, "9 "},
    {"anthropic-messages", {.no_sampling = true, .warm = true}, "8192 "},
    {"anthropic-messages", {.effort = "max", .warm = true},
        "8192 \"output_config\":{\"effort\":\"max\"}," ADAPTIVE},
    {"anthropic-messages",
        {.thinking_key = "thinking.budget_tokens",
            .thinking_with = ENABLED,
            .thinking = 2048,
            .warm = true},
        "8192 \"thinking\":{\"budget_tokens\":2048,\"type\":\"enabled\"}"},
    {"anthropic-messages",
        {.thinking_key = "thinking.budget_tokens",
            .thinking_with = ENABLED,
            .thinking = 2048,
            .max_tokens = 2048},
        "2048 \"thinking\":{\"budget_tokens\":2047,\"type\":\"enabled\"}"},
    {"anthropic-messages",
        {.thinking_key = "thinking.budget_tokens", .thinking = 20000, .output = 10000},
        "10000 \"thinking\":{\"budget_tokens\":9999}"},
    {"anthropic-messages", {.thinking = 2048}, "8192 "},
    {"anthropic-messages", {.none = true, .warm = true}, "8192 \"temperature\":0.5"},
    {"anthropic-messages",
        {.none = true, .none_with = "{\"thinking\":{\"type\":\"disabled\"}}", .warm = true},
        "8192 \"thinking\":{\"type\":\"disabled\"},\"temperature\":0.5"},
    {"anthropic-messages", {.tools = true, .choice = "f"},
        "8192 " CLAUDE_TOOLS ",\"tool_choice\":{\"type\":\"tool\",\"name\":\"f\"}"},
    {"anthropic-messages", {.tools = true, .choice = "f", .parallel = true},
        "8192 " CLAUDE_TOOLS ",\"tool_choice\":{\"type\":\"tool\",\"name\":\"f\","
        "\"disable_parallel_tool_use\":true}"},
    {"anthropic-messages", {.tools = true, .parallel = true},
        "8192 " CLAUDE_TOOLS ",\"tool_choice\":{\"type\":\"auto\","
        "\"disable_parallel_tool_use\":true}"},
    {"anthropic-messages", {.tools = true, .choice = "f", .effort = "low"},
        "8192 " CLAUDE_TOOLS ",\"output_config\":{\"effort\":\"low\"}," ADAPTIVE
        ",\"tool_choice\":{\"type\":\"auto\"}"},
    {"anthropic-messages",
        {.tools = true,
            .choice = "f",
            .warm = true,
            .extra = "{\"thinking\":{\"type\":\"adaptive\"},\"service_tier\":\"auto\"}"},
        "8192 " CLAUDE_TOOLS ",\"tool_choice\":{\"type\":\"auto\"},"
        "\"thinking\":{\"type\":\"adaptive\"},\"service_tier\":\"auto\""},
};

static void set(struct str *to, const char *value)
{
    if (value)
        *to = str_c(value);
}

static struct traits traits_of(const struct given *g, struct str *effort)
{
    struct traits t = traits_default;

    set(&t.limit_key, g->limit_key);
    set(&t.seed_key, g->seed_key);
    set(&t.effort_key, g->effort_key);
    set(&t.effort_with, g->effort_with);
    set(&t.thinking_key, g->thinking_key);
    set(&t.thinking_with, g->thinking_with);
    set(&t.none_with, g->none_with);
    set(&t.extra, g->extra);
    if (g->efforts) {
        *effort = str_c(g->efforts);
        t.efforts = (struct str_list){effort, 1};
    }
    t.sampling = !g->no_sampling;
    t.parallel_tools = g->parallel;
    t.tools_with_effort = !g->not_with_effort;
    t.stream_usage = !g->no_stream_usage;
    t.output = g->output ? g->output : FIELD_NONE;
    return t;
}

static void build_row(const struct row *row, struct buf *body)
{
    const struct message user = {.role = ROLE_USER, .text = STR("hi")};
    const struct given *g = &row->given;
    struct str effort;
    struct traits traits = traits_of(g, &effort);
    struct chat chat = {.model = STR("m"),
        .messages = &user,
        .n = 1,
        .traits = &traits,
        .tools = g->tools ? STR(TOOLS) : STR(""),
        .tool_choice = g->choice,
        .temperature = g->warm ? 0.5 : -1,
        .max_tokens = g->max_tokens,
        .seed = g->seed ? 7 : -1,
        .effort = g->effort,
        .thinking_tokens = g->thinking,
        .no_thinking = g->none,
        .stream = g->stream};

    provider_find(str_c(row->format))->build(&chat, body);
}

static void expect_row(const struct row *row, struct buf *out)
{
    const char *turns = "[{\"role\":\"user\",\"content\":\"hi\"}]", *rest = row->expect;

    if (strcmp(row->format, "anthropic-messages") == 0) {
        rest = strchr(row->expect, ' ') + 1;
        buf_printf(out, "{\"model\":\"m\",\"max_tokens\":%.*s,\"messages\":%s",
            (int)(rest - row->expect - 1), row->expect, turns);
    } else if (strcmp(row->format, "openai-chat") == 0) {
        buf_printf(out, "{\"model\":\"m\",\"messages\":%s", turns);
    } else {
        buf_printf(out, "{\"model\":\"m\",\"input\":%s", turns);
    }
    buf_printf(out, "%s%s}", *rest ? "," : "", rest);
}

static void test_wishes_under_traits(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct buf body = BUF_INIT, again = BUF_INIT, expect = BUF_INIT;
        build_row(&rows[i], &body);
        expect_row(&rows[i], &expect);
        assert_string_equal(buf_cstr(&body), buf_cstr(&expect));
        build_row(&rows[i], &again); /* equal chats, equal bytes */
        assert_string_equal(buf_cstr(&body), buf_cstr(&again));
        buf_release(&body);
        buf_release(&again);
        buf_release(&expect);
    }
}

/* ---- roles, reasoning, tools in words -------------------------------------------------------- */

static void built(const char *format, const struct chat *chat, struct buf *body)
{
    struct json *doc;
    struct err err = {0};

    buf_reset(body);
    provider_find(str_c(format))->build(chat, body);
    if (json_parse(buf_str(body), JSON_STRICT, &doc, &err))
        fail_msg("%s: %s\n%s", format, err.msg, buf_cstr(body));
    json_free(doc);
}

static void test_the_word_for_instructions(void **state)
{
    const struct message turns[] = {{.role = ROLE_SYSTEM, .text = STR("a")},
        {.role = ROLE_USER, .text = STR("b")}, {.role = ROLE_SYSTEM, .text = STR("c")}};
    struct traits traits = traits_default;
    struct chat chat = {.model = STR("m"),
        .messages = turns,
        .n = 3,
        .traits = &traits,
        .temperature = -1,
        .seed = -1};
    struct buf body = BUF_INIT;

    (void)state;
    traits.system_role = STR("developer");
    built("openai-chat", &chat, &body);
    assert_string_equal(buf_cstr(&body),
        "{\"model\":\"m\",\"messages\":[{\"role\":\"developer\",\"content\":\"a\"},{\"role\":"
        "\"user\",\"content\":\"b\"},{\"role\":\"developer\",\"content\":\"c\"}]}");
    built("openai-responses", &chat, &body);
    assert_string_equal(buf_cstr(&body),
        "{\"model\":\"m\",\"instructions\":\"a\",\"input\":[{\"role\":\"user\",\"content\":\"b\"},"
        "{\"role\":\"developer\",\"content\":\"c\"}],\"store\":false}");
    buf_release(&body);
}

static void test_reasoning_goes_back(void **state)
{
    const struct tool_call call = {STR("a"), STR("f"), STR("{}")};
    const struct message turns[] = {
        {.role = ROLE_USER, .text = STR("b")},
        {.role = ROLE_ASSISTANT, .calls = &call, .ncalls = 1, .reasoning = STR("h\"m")},
        {.role = ROLE_TOOL, .text = STR("r"), .tool_call_id = STR("a")},
        {.role = ROLE_ASSISTANT, .text = STR("so")},
    };
    struct traits traits = traits_default;
    struct chat chat = {.model = STR("m"),
        .messages = turns,
        .n = 4,
        .traits = &traits,
        .temperature = -1,
        .seed = -1};
    struct buf body = BUF_INIT;

    (void)state;
    built("openai-chat", &chat, &body);
    assert_null(strstr(buf_cstr(&body), "h\\\"m")); /* others refuse the member */
    traits.reasoning_back = STR("reasoning_content");
    built("openai-chat", &chat, &body);
    assert_string_equal(buf_cstr(&body),
        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"b\"},"
        "{\"role\":\"assistant\",\"content\":null,\"reasoning_content\":\"h\\\"m\",\"tool_calls\":"
        "[{\"id\":\"a\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]"
        "},{\"role\":\"tool\",\"content\":\"r\",\"tool_call_id\":\"a\"},"
        "{\"role\":\"assistant\",\"content\":\"so\",\"reasoning_content\":\"\"}]}");
    buf_release(&body);
}

/* A named tool is asked for where the endpoint takes that, and nowhere else. */
static void test_named_tools(void **state)
{
    static const char *const formats[] = {"openai-chat", "openai-responses", "anthropic-messages"};
    const struct message turn = {.role = ROLE_USER, .text = STR("b")};
    struct traits traits = traits_default;
    struct chat chat = {.model = STR("m"),
        .messages = &turn,
        .n = 1,
        .traits = &traits,
        .tools = STR(TOOLS),
        .tool_choice = "f",
        .temperature = -1,
        .seed = -1};
    struct buf body = BUF_INIT;

    (void)state;
    for (size_t i = 0; i < 2 * ARRAY_LEN(formats); i++) {
        traits.tool_choice = i % 2 == 0;
        built(formats[i / 2], &chat, &body);
        assert_non_null(strstr(buf_cstr(&body), "\"tools\""));
        bool named = strstr(buf_cstr(&body), "\"name\":\"f\"}") != NULL &&
                     strstr(buf_cstr(&body), "tool_choice") != NULL;
        if (named != traits.tool_choice)
            fail_msg("%s: %s", formats[i / 2], buf_cstr(&body));
    }
    buf_release(&body);
}

static void test_tools_in_words(void **state)
{
    static const char *const formats[] = {"openai-chat", "openai-responses", "anthropic-messages"};
    const struct tool_call call = {STR("a"), STR("f"), STR("{\"x\":1}")};
    const struct message turns[] = {
        {.role = ROLE_SYSTEM, .text = STR("Be brief.")},
        {.role = ROLE_USER, .text = STR("b")},
        {.role = ROLE_ASSISTANT, .calls = &call, .ncalls = 1},
        {.role = ROLE_TOOL, .text = STR("r"), .tool_call_id = STR("a")},
    };
    struct traits traits = traits_default;
    struct chat chat = {.model = STR("m"),
        .messages = turns,
        .n = 4,
        .traits = &traits,
        .tools = STR(TOOLS),
        .tool_choice = "f",
        .temperature = -1,
        .seed = -1};
    struct buf body = BUF_INIT;

    (void)state;
    traits.tools = false;
    traits.parallel_tools = true;
    for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
        built(formats[i], &chat, &body);
        static const char *const absent[] = {
            "\"tools\"", "tool_choice", "parallel", "tool_call", "function_call", "tool_use"};
        static const char *const there[] = {"Be brief.\\n\\nThere are tools", "must call f.",
            "{\\\"name\\\": \\\"f\\\", \\\"arguments\\\": {\\\"x\\\":1}}", "Result of f: r"};
        for (size_t k = 0; k < ARRAY_LEN(absent); k++)
            if (strstr(buf_cstr(&body), absent[k]))
                fail_msg("%s: %s in %s", formats[i], absent[k], buf_cstr(&body));
        for (size_t k = 0; k < ARRAY_LEN(there); k++)
            if (!strstr(buf_cstr(&body), there[k]))
                fail_msg("%s: no %s in %s", formats[i], there[k], buf_cstr(&body));
    }
    chat.tools = STR("");
    chat.n = 2;
    built("openai-chat", &chat, &body);
    assert_null(strstr(buf_cstr(&body), "There are tools"));
    buf_release(&body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wishes_under_traits),
        cmocka_unit_test(test_the_word_for_instructions),
        cmocka_unit_test(test_reasoning_goes_back),
        cmocka_unit_test(test_named_tools),
        cmocka_unit_test(test_tools_in_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
