/* test_provider_tools.c - tool calls of every known shape, plain and streamed; by hand. */
#include "harness/provider/provider.h"
#include "tests/unit/test_provider_wire.h"
#include "tests/unit/unit.h"

static struct arena arena;

static struct reply read_as(long status, struct str body, bool streamed)
{
    struct reply r;

    provider_find(STR("openai-chat"))->read(status, body, streamed, &arena, &r);
    return r;
}

#define TOOL(members) "{\"type\":\"function\"," members "}"
#define CALLS(list) "\"tool_calls\":[" list "]"

static const struct tools {
    const char *name, *body;
    enum outcome outcome;
    const char *expect; /* id name arguments; one call a line */
} tools[] = {
    {"single",
        SAYS("\"content\":null," CALLS(TOOL("\"id\":\"a\",\"function\":{\"name\":\"f\","
                                            "\"arguments\":\"{\\\"x\\\":1}\"}")),
            "tool_calls"),
        OUTCOME_OK, "a f {\"x\":1}\n"},
    {"two, with text",
        SAYS("\"content\":\"so\"," CALLS(
                 TOOL("\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}") "," TOOL(
                     "\"id\":\"b\",\"function\":{\"name\":\"g\",\"arguments\":\"{}\"}")),
            "tool_calls"),
        OUTCOME_OK, "a f {}\nb g {}\n"},
    {"two without ids or index",
        SAYS(CALLS("{\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}},"
                   "{\"function\":{\"name\":\"g\",\"arguments\":\"{}\"}}"),
            "stop"),
        OUTCOME_OK, " f {}\n g {}\n"},
    {"arguments as an object",
        SAYS(CALLS("{\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":"
                   "{\"x\":[1,2]}}}"),
            "tool_calls"),
        OUTCOME_OK, "a f {\"x\":[1,2]}\n"},
    {"no arguments",
        SAYS(
            CALLS("{\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"\"}}"), "tool_calls"),
        OUTCOME_OK, "a f {}\n"},
    {"arguments absent", SAYS(CALLS("{\"id\":\"a\",\"function\":{\"name\":\"f\"}}"), "tool_calls"),
        OUTCOME_OK, "a f {}\n"},
    {"arguments no JSON",
        SAYS(CALLS("{\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"x=1\"}}"),
            "tool_calls"),
        OUTCOME_TOOL_INVALID, "a f x=1\n"},
    {"no name", SAYS(CALLS("{\"id\":\"a\",\"function\":{\"arguments\":\"{}\"}}"), "tool_calls"),
        OUTCOME_TOOL_INVALID, "a  {}\n"},
    {"cut, said so",
        SAYS(CALLS(
                 "{\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"x\\\":\\\"h\"}}"),
            "length"),
        OUTCOME_TOOL_TRUNCATED, "a f {\"x\":\"h\n"},
    {"cut, called tool_calls",
        SAYS(CALLS("{\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":"
                   "\"{\\\"x\\\":\\\"h\"}}"),
            "tool_calls"),
        OUTCOME_TOOL_TRUNCATED, "a f {\"x\":\"h\n"},
    {"whole, but the limit was reached",
        SAYS(CALLS("{\"id\":\"a\",\"function\":{\"name\":\"f\","
                   "\"arguments\":\"{}\"}}"),
            "length"),
        OUTCOME_TOOL_TRUNCATED, "a f {}\n"},
    {"the old form",
        SAYS("\"content\":null,\"function_call\":{\"name\":\"f\",\"arguments\":\"{}\"}",
            "function_call"),
        OUTCOME_OK, " f {}\n"},
    {"glued",
        SAYS(CALLS("{\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":"
                   "\"{\\\"x\\\":\\\"}{\\\"}{\\\"x\\\":2} {\\\"x\\\":3}\"}}"),
            "tool_calls"),
        OUTCOME_OK, "a f {\"x\":\"}{\"}\n f {\"x\":2}\n f {\"x\":3}\n"},
    {"arguments no object",
        SAYS(CALLS("{\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"[1]\"}}"),
            "tool_calls"),
        OUTCOME_TOOL_INVALID, "a f [1]\n"},
    {"ids twice",
        SAYS(CALLS(TOOL("\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}") "," TOOL(
                 "\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"x\\\":1}\"}")),
            "tool_calls"),
        OUTCOME_OK, "a f {}\na f {\"x\":1}\n"},
    {"a tool that nobody offered",
        SAYS(CALLS("{\"id\":\"a\",\"function\":{\"name\":\"send money\",\"arguments\":\"{}\"}}"),
            "tool_calls"),
        OUTCOME_OK, "a send money {}\n"},
    {"withheld",
        SAYS(CALLS("{\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}"),
            "content_filter"),
        OUTCOME_CONTENT_FILTER, "a f {}\n"},
    {"null list", SAYS("\"content\":\"4\",\"tool_calls\":null", "stop"), OUTCOME_OK, ""},
    {"empty list", SAYS("\"content\":\"4\",\"tool_calls\":[]", "stop"), OUTCOME_OK, ""},
    /* streams */
    {"interleaved",
        CHUNK(CALLS("{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"\"}}"))
            CHUNK(CALLS("{\"index\":1,\"id\":\"b\",\"function\":{\"name\":\"g\",\"arguments\":\"{"
                        "\\\"y\\\"\"}}"))
                CHUNK(CALLS("{\"index\":0,\"function\":{\"arguments\":\"{\\\"x\\\":\"}}"))
                    CHUNK(CALLS("{\"index\":1,\"function\":{\"arguments\":\":2}\"}},"
                                "{\"index\":0,\"function\":{\"arguments\":\"1}\"}}"))
                        LAST("tool_calls") DONE,
        OUTCOME_OK, "a f {\"x\":1}\nb g {\"y\":2}\n"},
    {"id and name repeated",
        CHUNK(CALLS("{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"{"
                    "\\\"x\\\"\"}}"))
            CHUNK(CALLS(
                "{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\":1}\"}}"))
                LAST("tool_calls") DONE,
        OUTCOME_OK, "a f {\"x\":1}\n"},
    {"cumulative",
        CHUNK(CALLS(
            "{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"x\"}}"))
            CHUNK(CALLS("{\"index\":0,\"function\":{\"arguments\":\"{\\\"x\\\":1}\"}}"))
                CHUNK(CALLS("{\"index\":0,\"function\":{\"arguments\":\"{\\\"x\\\":1}\"}}"))
                    LAST("tool_calls") DONE,
        OUTCOME_OK, "a f {\"x\":1}\n"},
    {"{} and then the object",
        CHUNK(
            CALLS("{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}"))
            CHUNK(CALLS("{\"index\":0,\"function\":{\"arguments\":\"{\\\"x\\\":1}\"}}"))
                LAST("stop") DONE,
        OUTCOME_OK, "a f {\"x\":1}\n"},
    {"one index for two calls",
        CHUNK(CALLS("{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"{"
                    "\\\"x\\\":1}\"}}"))
            CHUNK(CALLS("{\"index\":0,\"id\":\"b\",\"function\":{\"name\":\"f\",\"arguments\":\"{"
                        "\\\"x\\\":2}\"}}")) LAST("tool_calls") DONE,
        OUTCOME_OK, "a f {\"x\":1}\nb f {\"x\":2}\n"},
    {"one index, no id, two objects",
        CHUNK(CALLS("{\"index\":0,\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"x\\\":1}\"}}"))
            CHUNK(CALLS(
                "{\"index\":0,\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"x\\\":2}\"}}"))
                LAST("tool_calls") DONE,
        OUTCOME_OK, " f {\"x\":1}\n f {\"x\":2}\n"},
    {"no index",
        CHUNK(CALLS("{\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"x\\\"\"}}"))
            CHUNK(CALLS("{\"function\":{\"arguments\":\":1}\"}}"))
                CHUNK(CALLS("{\"id\":\"b\",\"function\":{\"name\":\"g\",\"arguments\":\"{}\"}}"))
                    LAST("stop") DONE,
        OUTCOME_OK, "a f {\"x\":1}\nb g {}\n"},
    {"whole calls of other names, no id, no index",
        CHUNK(CALLS("{\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}},"
                    "{\"function\":{\"name\":\"g\",\"arguments\":\"{\\\"x\\\":1}\"}}"))
            CHUNK(CALLS("{\"function\":{\"name\":\"h\",\"arguments\":{\"y\":2}}}"))
                LAST("tool_calls") DONE,
        OUTCOME_OK, " f {}\n g {\"x\":1}\n h {\"y\":2}\n"},
    {"one index for two names, no id",
        CHUNK(CALLS("{\"index\":0,\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"x\\\":1}\"}}"))
            CHUNK(CALLS(
                "{\"index\":0,\"function\":{\"name\":\"g\",\"arguments\":\"{\\\"x\\\":2}\"}}"))
                LAST("tool_calls") DONE,
        OUTCOME_OK, " f {\"x\":1}\n g {\"x\":2}\n"},
    {"glued on an index below another",
        CHUNK(CALLS("{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}},"
                    "{\"index\":1,\"id\":\"b\",\"function\":{\"name\":\"g\",\"arguments\":\"{"
                    "\\\"y\\\":1}\"}}"))
            CHUNK(CALLS("{\"index\":1,\"function\":{\"arguments\":\"{\\\"z\\\":1}\"}}"))
                LAST("tool_calls") DONE,
        OUTCOME_OK, "a f {}\nb g {\"y\":1}\n g {\"z\":1}\n"},
    {"the old form in pieces",
        CHUNK("\"function_call\":{\"name\":\"f\",\"arguments\":\"\"}")
            CHUNK("\"function_call\":{\"arguments\":\"{\\\"x\\\":\"}")
                CHUNK("\"function_call\":{\"arguments\":\"1}\"}") LAST("function_call") DONE,
        OUTCOME_OK, " f {\"x\":1}\n"},
    {"a finish said twice",
        CHUNK(
            CALLS("{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}"))
            LAST("tool_calls") LAST("tool_calls") LAST("stop") DONE,
        OUTCOME_OK, "a f {}\n"},
    {"cut stream of a call",
        CHUNK(CALLS("{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"{"
                    "\\\"x\\\"\"}}")),
        OUTCOME_INCOMPLETE_STREAM, "a f {\"x\"\n"},
};

static void test_tool_calls(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(tools); i++) {
        const struct tools *t = &tools[i];
        struct buf got = BUF_INIT;
        struct reply r = read_as(200, str_c(t->body), true);
        for (size_t k = 0; k < r.ncalls; k++)
            buf_printf(&got, "%.*s %.*s %.*s\n", STR_ARG(r.calls[k].id), STR_ARG(r.calls[k].name),
                STR_ARG(r.calls[k].arguments));
        if (r.outcome != t->outcome || strcmp(buf_cstr(&got), t->expect) != 0)
            fail_msg("%s: %s\n%s", t->name, outcome_text(r.outcome), buf_cstr(&got));
        buf_release(&got);
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
        cmocka_unit_test(test_tool_calls),
    };

    return cmocka_run_group_tests(tests, NULL, release);
}
