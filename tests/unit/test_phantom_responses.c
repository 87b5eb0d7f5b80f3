/*
 * test_phantom_responses.c - the phantom's Responses dialect: refusals, counts, streams, and items
 * that must come back as they went. Chat Completions is the other derivation of what it says.
 */
#include "tests/unit/test_phantom_lab.h"

#include "harness/net/sse.h"
#include "harness/phantom/wire.h"
#include "harness/phantom/wire_responses.h"
#include "harness/provider/provider.h"

/* What our own reader makes of the answer; texts live in the arena. */
static struct reply ask(const char *format, const char *path, const char *body)
{
    struct chat_answer a = post(path, body);
    struct reply r;

    provider_find(str_c(format))->read(a.status, buf_str(&a.body), a.stream, &lab_arena, &r);
    chat_answer_release(&a);
    return r;
}

static struct reply ask_responses(const char *body)
{
    return ask("openai-responses", "/v1/responses", body);
}

#define SMALL "\"model\":\"phantom/small\","
#define HI "\"input\":\"hi\""

static const struct {
    const char *body;
    int status;
    const char *param, *code, *message;
} refused[] = {
    {"{", 400, "", "", "not JSON"},
    {"[]", 400, "", "", "JSON object"},
    {"{" HI "}", 400, "model", "missing_required_parameter", "'model'"},
    {"{\"model\":\"gpt\"," HI "}", 404, "model", "model_not_found", "phantom/small"},
    {"{\"model\":\"small\"}", 400, "input", "missing_required_parameter", "'input'"},
    {"{" SMALL "\"input\":{}}", 400, "input", "invalid_type", "a string or a list"},
    {"{" SMALL "\"input\":[]}", 400, "input", "invalid_value", "1 to"},
    {"{" SMALL "\"input\":[3]}", 400, "input", "invalid_type", "objects"},
    {"{" SMALL "\"input\":[{\"type\":\"image\"}]}", 400, "input.type", "invalid_value", "'image'"},
    {"{" SMALL "\"input\":[{\"role\":\"tool\",\"content\":\"x\"}]}", 400, "input.role",
        "invalid_value", "developer"},
    {"{" SMALL "\"input\":[{\"role\":\"user\"}]}", 400, "input.content", "invalid_type", "parts"},
    {"{" SMALL "\"input\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_image\"}]}]}", 400,
        "input.content", "invalid_type", "parts"},
    {"{" SMALL "\"input\":[{\"type\":\"function_call\",\"call_id\":\"a\"}]}", 400, "input",
        "invalid_type", "arguments"},
    {"{" SMALL
     "\"input\":[{\"type\":\"function_call\",\"call_id\":\"a\",\"name\":\"f\",\"arguments\":"
     "\"{}\"}]}",
        400, "input", "invalid_value", "'a' must have one output"},
    {"{" SMALL
     "\"input\":[{\"type\":\"function_call_output\",\"call_id\":\"a\",\"output\":\"x\"}]}",
        400, "input", "invalid_value", "no function call 'a'"},
    {"{" SMALL "\"input\":[{\"type\":\"reasoning\",\"id\":\"rs_1\",\"summary\":[]}]}", 400, "input",
        "invalid_value", "encrypted_content"},
    {"{" SMALL "\"input\":[{\"type\":\"reasoning\",\"id\":\"rs_1\",\"summary\":[],"
     "\"encrypted_content\":\"x\"}]}",
        400, "input", "invalid_value", "not the one that was sent"},
    {"{" SMALL HI ",\"instructions\":[]}", 400, "instructions", "invalid_type", "a string"},
    {"{" SMALL HI ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}]}", 400,
        "tools", "invalid_type", "with name"},
    {"{" SMALL HI ",\"messages\":[]}", 400, "messages", "unsupported_parameter", "'messages'"},
    {"{" SMALL HI ",\"max_tokens\":5}", 400, "max_tokens", "unsupported_parameter", "max_tokens"},
    {"{" SMALL HI ",\"max_completion_tokens\":5}", 400, "max_completion_tokens",
        "unsupported_parameter", "max_completion_tokens"},
    {"{" SMALL HI ",\"seed\":5}", 400, "seed", "unsupported_parameter", "seed"},
    {"{" SMALL HI ",\"n\":1}", 400, "n", "unsupported_parameter", "'n'"},
    {"{" SMALL HI ",\"stop\":\"x\"}", 400, "stop", "unsupported_parameter", "stop"},
    {"{" SMALL HI ",\"reasoning_effort\":\"low\"}", 400, "reasoning_effort",
        "unsupported_parameter", "reasoning_effort"},
    {"{" SMALL HI ",\"previous_response_id\":\"resp_1\"}", 400, "previous_response_id",
        "unsupported_value", "stored"},
    {"{" SMALL HI ",\"background\":1}", 400, "background", "invalid_type", "true or false"},
    {"{" SMALL HI ",\"background\":true,\"store\":false}", 400, "store", "invalid_value", "stored"},
    {"{" SMALL HI ",\"background\":true,\"stream\":true}", 400, "stream", "unsupported_value",
        "background"},
    {"{" SMALL HI ",\"include\":\"x\"}", 400, "include", "invalid_type", "list"},
    {"{" SMALL HI ",\"reasoning\":\"low\"}", 400, "reasoning", "invalid_type", "object"},
    {"{" SMALL HI ",\"reasoning\":{\"effort\":2}}", 400, "reasoning.effort", "invalid_type",
        "string"},
    {"{" SMALL HI ",\"max_output_tokens\":0}", 400, "max_output_tokens", "invalid_type",
        "at least 1"},
    {"{" SMALL HI ",\"temperature\":3}", 400, "temperature", "invalid_type", "0 to 2"},
    {"{" SMALL HI ",\"stream\":1}", 400, "stream", "invalid_type", "true or false"},
};

static void bad_requests(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
        struct chat_answer a = post("/v1/responses", refused[i].body);
        struct json *doc;
        assert_int_equal(json_parse(buf_str(&a.body), JSON_STRICT, &doc, NULL), OK);
        const struct json *e = json_get(doc, "error");
        if (a.status != refused[i].status ||
            !str_eqc(json_str(json_get(e, "param")), refused[i].param) ||
            !str_eqc(json_str(json_get(e, "code")), refused[i].code) ||
            str_find(json_str(json_get(e, "message")), str_c(refused[i].message), 0) == SIZE_MAX)
            fail_msg("%d %s for %s", a.status, buf_cstr(&a.body), refused[i].body);
        assert_int_equal(a.ledger.n, 0);
        json_free(doc);
        chat_answer_release(&a);
    }
}

#define PROBLEM                                                                                    \
    "\"A board has $6$ rows and $7$ columns of unit squares. The square in row $2$ and column "    \
    "$3$ is painted. Find the number of rectangles made of squares of the board that do not "      \
    "contain the painted square.\""
#define SLEEP "\"Ann has 3 pears. Ben has 4 more pears than Ann.\""
#define TWO_TOOLS                                                                                  \
    "{\"type\":\"function\",\"name\":\"rethink_memory\",\"description\":\"d\",\"parameters\":"     \
    "{\"type\":\"object\"}},{\"type\":\"function\",\"name\":\"finish_rethinking_memory\"}"
#define TWO_NESTED                                                                                 \
    "{\"type\":\"function\",\"function\":{\"name\":\"rethink_memory\",\"description\":\"d\","      \
    "\"parameters\":{\"type\":\"object\"}}},{\"type\":\"function\",\"function\":{\"name\":"        \
    "\"finish_rethinking_memory\"}}"

/* Pairs of the same request in both formats, at temperature 0. */
static const struct {
    const char *chat, *responses;
} twins[] = {
    {"\"model\":\"phantom/small\",\"messages\":[{\"role\":\"system\",\"content\":\"Brief.\"},"
     "{\"role\":\"user\",\"content\":\"Is it 42?\"}]",
        "\"model\":\"phantom/small\",\"instructions\":\"Brief.\",\"input\":\"Is it 42?\""},
    {"\"model\":\"phantom/small\",\"messages\":[{\"role\":\"system\",\"content\":\"Brief.\"},"
     "{\"role\":\"user\",\"content\":\"Is it 42?\"}]",
        "\"model\":\"phantom/small\",\"input\":[{\"role\":\"developer\",\"content\":\"Brief.\"},"
        "{\"type\":\"message\",\"role\":\"user\",\"content\":[{\"type\":\"input_text\",\"text\":"
        "\"Is it \"},{\"type\":\"input_text\",\"text\":\"42?\"}]}]"},
    {"\"model\":\"phantom/reasoner\",\"reasoning_effort\":\"low\",\"messages\":[{\"role\":\"user\","
     "\"content\":" PROBLEM "}]",
        "\"model\":\"phantom/reasoner\",\"reasoning\":{\"effort\":\"low\"},\"input\":" PROBLEM},
    {"\"model\":\"phantom/reasoner\",\"max_tokens\":5,\"messages\":[{\"role\":\"user\","
     "\"content\":" PROBLEM "}]",
        "\"model\":\"phantom/reasoner\",\"max_output_tokens\":5,\"input\":" PROBLEM},
    {"\"model\":\"phantom/small\",\"max_tokens\":5,\"messages\":[{\"role\":\"user\","
     "\"content\":" PROBLEM "}]",
        "\"model\":\"phantom/small\",\"max_output_tokens\":5,\"input\":" PROBLEM},
    {"\"model\":\"phantom/small\",\"tools\":[" TWO_NESTED "],\"messages\":[{\"role\":\"user\","
     "\"content\":" SLEEP "}]",
        "\"model\":\"phantom/small\",\"tools\":[" TWO_TOOLS "],\"input\":" SLEEP},
    {"\"model\":\"phantom/small\",\"max_tokens\":9,\"tools\":[" TWO_NESTED
     "],\"messages\":[{\"role\":\"user\",\"content\":" SLEEP "}]",
        "\"model\":\"phantom/small\",\"max_output_tokens\":9,\"tools\":[" TWO_TOOLS
        "],\"input\":" SLEEP},
    {"\"model\":\"phantom/small\",\"tools\":[" TWO_NESTED "],\"messages\":[{\"role\":\"user\","
     "\"content\":" SLEEP "},{\"role\":\"assistant\",\"content\":\"so\",\"tool_calls\":[{\"id\":"
     "\"a\",\"type\":\"function\",\"function\":{\"name\":\"rethink_memory\",\"arguments\":\"{}\"}}"
     "]},{\"role\":\"tool\",\"tool_call_id\":\"a\",\"content\":\"The block was replaced.\"}]",
        "\"model\":\"phantom/small\",\"tools\":[" TWO_TOOLS "],\"input\":[{\"role\":\"user\","
        "\"content\":" SLEEP "},{\"role\":\"assistant\",\"content\":\"so\"},{\"type\":"
        "\"function_call\",\"call_id\":\"a\",\"name\":\"rethink_memory\",\"arguments\":\"{}\"},"
        "{\"type\":\"function_call_output\",\"call_id\":\"a\",\"output\":"
        "\"The block was replaced.\"}]"},
};

static void both_formats_say_the_same(void **state)
{
    size_t called = 0, thought = 0, cut = 0;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(twins); i++)
        for (int stream = 0; stream < 2; stream++) {
            const char *tail =
                stream ? ",\"stream\":true,\"stream_options\":{\"include_usage\":true}}" : "}";
            struct reply a = ask("openai-chat", "/v1/chat/completions",
                arena_printf(&lab_arena, "{\"temperature\":0,%s%s", twins[i].chat, tail));
            struct reply b = ask_responses(
                arena_printf(&lab_arena, "{\"temperature\":0,%s%s", twins[i].responses, tail));
            if (a.outcome != b.outcome || !str_eq(a.content, b.content) || a.ncalls != b.ncalls)
                fail_msg(
                    "twin %zu: %s and %s", i, outcome_text(a.outcome), outcome_text(b.outcome));
            assert_true(outcome_is_result(a.outcome));
            assert_memory_equal(&a.usage, &b.usage, sizeof a.usage);
            for (size_t k = 0; k < a.ncalls; k++) {
                assert_true(str_eq(a.calls[k].name, b.calls[k].name));
                assert_true(str_eq(a.calls[k].arguments, b.calls[k].arguments));
            }
            called += b.ncalls > 0;
            thought += b.usage.out_reasoning > 0;
            cut += str_eqc(b.finish, "max_output_tokens");
        }
    assert_true(called >= 4 && thought >= 4 && cut >= 4);
}

static void samples_differ_without_a_seed(void **state)
{
    const char *body = "{" SMALL "\"temperature\":1," HI "}";
    struct chat_answer a = post("/v1/responses", body), b = post("/v1/responses", body);

    (void)state;
    assert_int_equal(a.status, 200);
    assert_false(str_eq(buf_str(&a.body), buf_str(&b.body)));
    chat_answer_release(&a);
    chat_answer_release(&b);
}

/* ---- streams --------------------------------------------------------------------------------- */

static void events_come_in_order(void **state)
{
    static const char *const expected[] = {"response.created", "response.in_progress",
        "response.output_item.added", "response.output_item.done", "response.output_item.added",
        "response.content_part.added", "response.output_text.delta", "response.output_text.done",
        "response.content_part.done", "response.output_item.done", "response.completed"};
    struct chat_answer a = post("/v1/responses",
        "{\"model\":\"reasoner\",\"stream\":true,\"temperature\":0,\"include\":"
        "[\"reasoning.encrypted_content\"],\"input\":" PROBLEM "}");
    struct sse s = sse_of(buf_str(&a.body));
    struct sse_event e;
    struct buf scratch = BUF_INIT;
    const char *last = "";
    size_t n = 0, secrets[2] = {0, 0};
    int64_t number = 0, sequence = -1;

    (void)state;
    assert_true(a.stream);
    while (sse_next(&s, &scratch, &e)) {
        struct json *doc;
        assert_int_equal(json_parse(e.data, JSON_STRICT, &doc, NULL), OK);
        assert_true(str_eq(e.name, json_str(json_get(doc, "type"))));
        assert_true(json_int(json_get(doc, "sequence_number"), &sequence));
        assert_int_equal(sequence, number++);
        if (!str_eqc(e.name, last) || strcmp(last, "response.output_text.delta") != 0) {
            assert_true(n < ARRAY_LEN(expected));
            last = expected[n++];
            assert_true(str_eqc(e.name, last));
        }
        if (n == 3 || n == 4)
            secrets[n - 3] = json_str(json_path(doc, "item.encrypted_content")).n;
        json_free(doc);
    }
    assert_int_equal(n, ARRAY_LEN(expected));
    assert_true(secrets[0] < secrets[1]); /* complete only when the item is done */
    buf_release(&scratch);
    chat_answer_release(&a);
}

/* ---- items that come back -------------------------------------------------------------------- */

/* A reasoning answer with a call, as wire_responses_write would give it for these numbers. */
static struct reply said(bool encrypted, bool stream)
{
    struct wire_request request = {.include_encrypted = encrypted, .stream = stream};
    struct mind_tool_call call = {
        STR("call_1"), STR("rethink_memory"), STR("{\"new_memory\":\"a\"}")};
    struct wire_reply reply = {.id = "chatcmpl-0123",
        .model = STR("reasoner"),
        .content = STR("I note it."),
        .calls = &call,
        .ncalls = 1,
        .finish_reason = "tool_calls",
        .prompt_tokens = 5,
        .completion_tokens = 9,
        .reasoning_tokens = 3};
    struct buf out = BUF_INIT;
    struct reply r;

    wire_responses_write(&request, &reply, &out);
    provider_find(STR("openai-responses"))->read(200, buf_str(&out), stream, &lab_arena, &r);
    buf_release(&out);
    return r;
}

static int replayed(struct str native, const char *between)
{
    struct chat_answer a = post("/v1/responses",
        arena_printf(&lab_arena,
            "{\"model\":\"reasoner\",\"tools\":[" TWO_TOOLS "],\"input\":[{\"role\":\"user\","
            "\"content\":" SLEEP "},%.*s%s{\"type\":\"function_call_output\",\"call_id\":"
            "\"call_1\",\"output\":\"The block was replaced.\"}]}",
            STR_ARG(str_slice(native, 1, native.n - 1)), between));
    int status = a.status;

    chat_answer_release(&a);
    return status;
}

/* The text with its first `from` written `to`. */
static struct str with(struct str text, const char *from, const char *to)
{
    size_t at = str_find(text, str_c(from), 0);

    assert_true(at != SIZE_MAX);
    return str_c(arena_printf(
        &lab_arena, "%.*s%s%.*s", (int)at, text.p, to, STR_ARG(str_from(text, at + strlen(from)))));
}

static void items_come_back_unchanged(void **state)
{
    struct reply plain = said(true, false), stream = said(true, true), bare = said(false, false);
    size_t message = str_find(plain.native, STR(",{\"id\":\"msg_"), 0);
    size_t call = str_find(plain.native, STR(",{\"id\":\"fc_"), 0);

    (void)state;
    assert_true(plain.native.n > 100 && str_eq(plain.native, stream.native));
    assert_true(message != SIZE_MAX && call != SIZE_MAX);
    assert_int_equal(replayed(plain.native, ","), 200);
    assert_int_equal(replayed(bare.native, ","), 400); /* nothing to check it by */
    assert_int_equal(
        replayed(with(plain.native, "encrypted_content\":\"", "encrypted_content\":\"0"), ","),
        400);
    assert_int_equal(replayed(with(plain.native, "rs_", "rs_0"), ","), 400);
    assert_int_equal(replayed(with(plain.native, "I note it.", "I note."), ","), 400);
    assert_int_equal(replayed(with(plain.native, "\\\"a\\\"", "\\\"b\\\""), ","), 400);
    assert_int_equal(replayed(with(plain.native, "\"summary\":[]", "\"summary\":[1]"), ","), 400);
    /* the reasoning left out, or alone */
    struct str rest =
        str_c(arena_printf(&lab_arena, "[%.*s", STR_ARG(str_from(plain.native, message + 1))));
    assert_int_equal(replayed(rest, ","), 400);
    struct str alone = str_c(arena_printf(&lab_arena, "%.*s]", (int)message, plain.native.p));
    assert_int_equal(
        replayed(alone, ",{\"type\":\"message\",\"role\":\"user\",\"content\":\"and?\"},{\"type\":"
                        "\"function_call\",\"call_id\":\"call_1\",\"name\":\"f\",\"arguments\":"
                        "\"{}\"},"),
        400);
}

/* A look at a response in the background: its status, and what our reader makes of it. */
static struct reply look(const char *path, char status[32])
{
    struct chat_answer a = {0};
    struct json *doc;
    struct reply r;

    assert_false(chat_early("GET", path, &a));
    chat_answer(chat, path, STR(""), &a);
    assert_int_equal(a.ledger.n, 0); /* the answer was told when it was asked for */
    assert_int_equal(json_parse(buf_str(&a.body), JSON_STRICT, &doc, NULL), OK);
    snprintf(status, 32, "%d %.*s", a.status, STR_ARG(json_str(json_get(doc, "status"))));
    assert_int_equal(json_bool(json_get(doc, "store"), false), a.status == 200);
    provider_find(STR("openai-responses"))->read(a.status, buf_str(&a.body), false, &lab_arena, &r);
    json_free(doc);
    chat_answer_release(&a);
    return r;
}

#define LATER                                                                                      \
    "{" SMALL "\"temperature\":0,\"input\":\"Ann has 3 pears and buys 2 more. How many has "       \
    "she?\""

static void the_background_comes_in_stages(void **state)
{
    static const struct {
        int64_t polls;
        const char *seen[6];
    } cases[] = {
        {0, {"200 queued", "200 in_progress", "200 completed", "200 completed"}},
        {1, {"200 in_progress", "200 completed"}},
        {4, {"200 queued", "200 queued", "200 in_progress", "200 in_progress", "200 completed"}},
    };
    char status[32];

    (void)state;
    struct reply now = ask_responses(LATER "}");
    assert_int_equal(now.outcome, OUTCOME_OK);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        chat_background_polls(chat, cases[i].polls);
        struct chat_answer a = post("/v1/responses", LATER ",\"background\":true}");
        struct reply r;
        assert_int_equal(a.status, 200);
        assert_true(a.ledger.n > 0);
        provider_find(STR("openai-responses"))->read(200, buf_str(&a.body), false, &lab_arena, &r);
        chat_answer_release(&a);
        assert_true(str_starts(r.pending, STR("resp_")));
        assert_int_equal(usage_out(r.usage), -1);
        const char *path = arena_printf(&lab_arena, "/v1/responses/%.*s", STR_ARG(r.pending));
        for (size_t n = 0; cases[i].seen[n]; n++) {
            r = look(path, status);
            assert_string_equal(status, cases[i].seen[n]);
        }
        assert_int_equal(r.outcome, OUTCOME_OK);
        assert_true(str_eq(r.content, now.content));
        assert_int_equal(usage_out(r.usage), usage_out(now.usage));
    }
    (void)look("/v1/responses/resp_0", status);
    assert_string_equal(status, "404 ");
    (void)look("/v1/responses/", status);
    assert_string_equal(status, "404 ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_requests),
        cmocka_unit_test(both_formats_say_the_same),
        cmocka_unit_test(samples_differ_without_a_seed),
        cmocka_unit_test(events_come_in_order),
        cmocka_unit_test(items_come_back_unchanged),
        cmocka_unit_test(the_background_comes_in_stages),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
