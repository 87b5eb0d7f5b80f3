/* test_phantom_wire.c - Chat Completions bytes: errors, counts, cuts, streams; no sockets. */
#include "tests/unit/test_phantom_lab.h"

#include "harness/base/token.h"
#include "harness/net/sse.h"
#include "harness/phantom/wire.h"

#define USER "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]"
#define SMALL "\"model\":\"phantom/small\","

static const struct {
    const char *body;
    int status;
    const char *param, *code, *message;
} refused[] = {
    {"", 400, "", "", "not JSON"},
    {"{", 400, "", "", "not JSON"},
    {"[]", 400, "", "", "JSON object"},
    {"{} x", 400, "", "", "not JSON"},
    {"{" USER "}", 400, "model", "missing_required_parameter", "'model'"},
    {"{\"model\":1," USER "}", 400, "model", "invalid_type", "a string"},
    {"{\"model\":\"small\"}", 400, "messages", "missing_required_parameter", "'messages'"},
    {"{" SMALL "\"messages\":{}}", 400, "messages", "invalid_type", "a list"},
    {"{" SMALL "\"messages\":[]}", 400, "messages", "invalid_value", "1 to"},
    {"{" SMALL "\"messages\":[3]}", 400, "messages", "invalid_type", "objects"},
    {"{" SMALL "\"messages\":[{\"role\":\"king\",\"content\":\"x\"}]}", 400, "messages.role",
        "invalid_value", "system, developer"},
    {"{" SMALL "\"messages\":[{\"role\":\"user\"}]}", 400, "messages.content", "invalid_type",
        "list of text parts"},
    {"{" SMALL "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\"}]}]}", 400,
        "messages.content", "invalid_type", "'text'"},
    {"{" SMALL "\"messages\":[{\"role\":\"tool\",\"tool_call_id\":\"a\",\"content\":\"x\"}]}", 400,
        "messages.role", "invalid_value", "must follow"},
    {"{" SMALL
     "\"messages\":[{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"a\","
     "\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]}]}",
        400, "messages", "", "must be followed"},
    {"{" SMALL USER ",\"max_tokens\":0}", 400, "max_tokens", "invalid_type", "at least 1"},
    {"{" SMALL USER ",\"max_completion_tokens\":\"9\"}", 400, "max_completion_tokens",
        "invalid_type", "integer"},
    {"{" SMALL USER ",\"temperature\":3}", 400, "temperature", "invalid_type", "0 to 2"},
    {"{" SMALL USER ",\"seed\":1.5}", 400, "seed", "invalid_type", "integer"},
    {"{" SMALL USER ",\"stream\":1}", 400, "stream", "invalid_type", "true or false"},
    {"{" SMALL USER ",\"stream_options\":1}", 400, "stream_options", "invalid_type", "object"},
    {"{" SMALL USER ",\"tools\":{}}", 400, "tools", "invalid_type", "list"},
    {"{" SMALL USER ",\"tools\":[{\"type\":\"function\"}]}", 400, "tools", "invalid_type", "name"},
    {"{" SMALL USER ",\"n\":2}", 400, "n", "unsupported_value", "n = 1"},
    {"{" SMALL USER ",\"reasoning_effort\":2}", 400, "reasoning_effort", "invalid_type", "string"},
    {"{\"model\":\"gpt\"," USER "}", 404, "model", "model_not_found",
        "phantom/small, phantom/large"},
};

static void bad_requests(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
        struct chat_answer a = post("/v1/chat/completions", refused[i].body);
        struct json *doc = parsed(&a);
        const struct json *e = json_get(doc, "error");
        struct str message = json_str(json_get(e, "message"));
        if (a.status != refused[i].status ||
            !str_eqc(json_str(json_get(e, "param")), refused[i].param) ||
            !str_eqc(json_str(json_get(e, "code")), refused[i].code) ||
            str_find(message, str_c(refused[i].message), 0) == SIZE_MAX)
            fail_msg("%d %s for %s", a.status, buf_cstr(&a.body), refused[i].body);
        assert_true(str_eqc(json_str(json_get(e, "type")), "invalid_request_error"));
        assert_int_equal(a.ledger.n, 0);
        json_free(doc);
        chat_answer_release(&a);
    }
}

static void paths_and_methods(void **state)
{
    static const struct {
        const char *method, *path;
        int status;
    } cases[] = {
        {"GET", "/", 404},
        {"POST", "/v1/completion", 404},
        {"GET", "/v1/chat/completions", 405},
        {"POST", "/v1/models", 405},
        {"DELETE", "/health", 405},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct chat_answer a = {0};
        assert_true(chat_early(cases[i].method, cases[i].path, &a));
        assert_int_equal(a.status, cases[i].status);
        assert_int_equal(a.allow != NULL, cases[i].status == 405);
        json_free(parsed(&a));
        chat_answer_release(&a);
    }
    struct chat_answer a = {0};
    chat_answer(chat, "/v1/models", STR(""), &a);
    struct json *doc = parsed(&a);
    assert_int_equal(json_len(json_get(doc, "data")), 3);
    assert_true(
        str_eqc(json_str(json_get(json_at(json_get(doc, "data"), 0), "id")), "phantom/small"));
    json_free(doc);
    chat_answer_release(&a);
}

#define AWAKE                                                                                      \
    "{\"role\":\"developer\",\"content\":[{\"type\":\"text\",\"text\":\"Answer \"},"               \
    "{\"type\":\"text\",\"text\":\"only.\"}]},{\"role\":\"user\",\"content\":\"Is it 42?\"}"

static int64_t usage(const struct json *doc, const char *path)
{
    int64_t v = -1;

    assert_true(json_int(json_path(doc, path), &v));
    return v;
}

static void tokens_are_counted(void **state)
{
    struct chat_answer a = post("/v1/chat/completions",
        "{\"model\":\"small\",\"seed\":1,\"extra\":{\"x\":[]},\"messages\":[" AWAKE "]}");
    struct json *doc = parsed(&a);
    const struct json *choice = json_at(json_get(doc, "choices"), 0);
    struct str content = json_str(json_path(choice, "message.content"));

    (void)state;
    assert_int_equal(a.status, 200);
    assert_true(str_eqc(json_str(json_get(doc, "model")), "small"));
    assert_true(str_eqc(json_str(json_get(choice, "finish_reason")), "stop"));
    /* Answ er on ly(one run of at most four letters each: Answ er only .) + Is it 4 2 ? */
    assert_int_equal(usage(doc, "usage.prompt_tokens"), 4 + 5);
    assert_int_equal(usage(doc, "usage.completion_tokens"), token_count(content));
    assert_int_equal(usage(doc, "usage.total_tokens"), 9 + token_count(content));
    assert_int_equal(usage(doc, "usage.prompt_tokens_details.cached_tokens"), 0);
    assert_int_equal(usage(doc, "usage.completion_tokens_details.reasoning_tokens"), 0);
    json_free(doc);
    assert_true(str_ends(buf_str(&a.ledger), STR("\"finish_reason\":\"stop\"}\n")));
    chat_answer_release(&a);
}

/* Hidden lines are in usage, within the completion's tokens, and nowhere in the message. */
static void hidden_reasoning_is_counted(void **state)
{
    static const char problem[] =
        "A board has $6$ rows and $7$ columns of unit squares. The square in row $2$ and column "
        "$3$ is painted. Find the number of rectangles made of squares of the board that do not "
        "contain the painted square.";
    struct buf body = BUF_INIT;

    (void)state;
    buf_printf(&body,
        "{\"model\":\"phantom/reasoner\",\"seed\":1,\"reasoning_effort\":\"low\",\"messages\":"
        "[{\"role\":\"system\",\"content\":\"Reply with the answer only.\"},"
        "{\"role\":\"user\",\"content\":\"%s\"}]}",
        problem);
    struct chat_answer a = post("/v1/chat/completions", buf_cstr(&body));
    struct json *doc = parsed(&a);
    const struct json *message = json_path(json_at(json_get(doc, "choices"), 0), "message");
    struct str content = json_str(json_get(message, "content"));
    int64_t hidden = usage(doc, "usage.completion_tokens_details.reasoning_tokens");
    assert_true(str_starts(content, STR("The answer is ")));
    assert_true(hidden > 30); /* three lines of more than ten tokens */
    assert_int_equal(usage(doc, "usage.completion_tokens"), hidden + (int64_t)token_count(content));
    assert_true(str_find(buf_str(&a.body), STR("Choices of"), 0) == SIZE_MAX);
    json_free(doc);
    chat_answer_release(&a);
    buf_release(&body);
}

/* A whole problem with hidden reasoning, cut at every limit. */
static void limits_cut_what_was_said(void **state)
{
    struct arena arena = {0};
    struct mind_tool_call call = {
        .name = STR("rethink_memory"), .arguments = STR("{\"new_memory\":\"a = 1\"}")};
    struct mind_reply said = {.reasoning = STR("one two six"),
        .content = STR("The answer is 36."),
        .calls = &call,
        .ncalls = 1};
    struct digest d = digest_of(STR("x"));
    int64_t whole = 3 + 7 + (int64_t)token_count(call.name) + (int64_t)token_count(call.arguments);

    (void)state;
    for (int64_t limit = 1; limit <= whole + 2; limit++) {
        struct wire_request r = {.mind = {.max_tokens = limit}, .prompt_tokens = 5};
        struct wire_reply out;
        wire_fit(&r, &said, d, &arena, &out);
        assert_int_equal(out.completion_tokens, limit < whole ? limit : whole);
        assert_string_equal(out.finish_reason, limit < whole ? "length" : "tool_calls");
        assert_int_equal(out.reasoning_tokens, limit < 3 ? limit : 3);
        assert_true(str_starts(said.content, out.content));
        assert_int_equal(out.content.n == said.content.n, limit >= 10);
        if (out.ncalls)
            assert_true(str_starts(call.arguments, out.calls[0].arguments));
        assert_int_equal(out.ncalls, limit >= 10 + (int64_t)token_count(call.name));
    }
    arena_release(&arena);
}

/* Puts a stream together again; returns chunks seen. */
static size_t reassemble(
    struct str body, struct buf *content, struct buf *name, struct buf *arguments, struct buf *rest)
{
    struct sse s = sse_of(body);
    struct buf scratch = BUF_INIT;
    struct sse_event e;
    struct err err;
    size_t n = 0;
    bool done = false;

    while (sse_next(&s, &scratch, &e)) {
        struct json *doc;
        assert_false(done);
        if (str_eqc(e.data, "[DONE]")) {
            done = true;
            continue;
        }
        assert_int_equal(json_parse(e.data, JSON_STRICT, &doc, &err), OK);
        const struct json *choice = json_at(json_get(doc, "choices"), 0);
        const struct json *call = json_at(json_path(choice, "delta.tool_calls"), 0);
        buf_str_add(content, json_str(json_path(choice, "delta.content")));
        buf_str_add(name, json_str(json_path(call, "function.name")));
        buf_str_add(arguments, json_str(json_path(call, "function.arguments")));
        buf_str_add(rest, json_str(json_get(choice, "finish_reason")));
        if (json_type(json_get(doc, "usage")) == JSON_OBJECT)
            json_print(rest, json_get(doc, "usage"));
        json_free(doc);
        n++;
    }
    assert_true(done);
    buf_release(&scratch);
    return n;
}

static void streams_say_the_same(void **state)
{
    static const char tools[] =
        ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"rethink_memory\"}},"
        "{\"type\":\"function\",\"function\":{\"name\":\"finish_rethinking_memory\"}}]";
    struct arena arena = {0};
    struct item_list items = {0};
    struct world_library *lib = lab_world("paper-like", 1, 2, 1, &arena, &items);

    (void)state;
    for (size_t i = 0; i < 20; i++) {
        const struct item *item = &items.v[i];
        struct buf parts[2] = {BUF_INIT, BUF_INIT};
        struct buf got[4] = {BUF_INIT, BUF_INIT, BUF_INIT, BUF_INIT};
        for (int stream = 0; stream < 2; stream++) {
            buf_puts(&parts[stream], "{\"model\":\"small\",\"seed\":7,\"messages\":[{\"role\":"
                                     "\"user\",\"content\":");
            json_quote(&parts[stream], i % 2 ? item->context : item->question);
            buf_printf(&parts[stream], "}]%s%s}", i % 2 ? tools : "",
                stream ? ",\"stream\":true,\"stream_options\":{\"include_usage\":true}" : "");
        }
        struct chat_answer plain = post("/v1/chat/completions", buf_cstr(&parts[0]));
        struct chat_answer stream = post("/v1/chat/completions", buf_cstr(&parts[1]));
        struct json *doc = parsed(&plain);
        const struct json *choice = json_at(json_get(doc, "choices"), 0);
        const struct json *call = json_at(json_path(choice, "message.tool_calls"), 0);
        assert_true(stream.stream);
        assert_true(reassemble(buf_str(&stream.body), &got[0], &got[1], &got[2], &got[3]) > 4);
        assert_true(str_eq(buf_str(&got[0]), json_str(json_path(choice, "message.content"))));
        assert_true(str_eq(buf_str(&got[1]), json_str(json_path(call, "function.name"))));
        assert_true(str_eq(buf_str(&got[2]), json_str(json_path(call, "function.arguments"))));
        assert_int_equal(got[1].n > 0, i % 2);
        struct buf expected = BUF_INIT;
        buf_str_add(&expected, json_str(json_get(choice, "finish_reason")));
        json_print(&expected, json_get(doc, "usage"));
        assert_string_equal(buf_cstr(&got[3]), buf_cstr(&expected));
        buf_release(&expected);
        json_free(doc);
        chat_answer_release(&plain);
        chat_answer_release(&stream);
        for (size_t k = 0; k < 4; k++)
            buf_release(&got[k]);
        buf_release(&parts[0]);
        buf_release(&parts[1]);
    }
    item_list_release(&items);
    world_library_free(lib);
    arena_release(&arena);
}

/* Equal bytes with a seed: equal bytes. Without one, above temperature 0: not. */
static void seeds_fix_the_bytes(void **state)
{
    static const char *const bodies[] = {"{" SMALL "\"seed\":3,\"temperature\":1," USER "}",
        "{" SMALL "\"temperature\":1," USER "}"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        struct chat_answer a = post("/v1/chat/completions", bodies[i]),
                           b = post("/v1/chat/completions", bodies[i]);
        assert_int_equal(str_eq(buf_str(&a.body), buf_str(&b.body)), i == 0);
        struct json *x = parsed(&a), *y = parsed(&b);
        assert_int_equal(
            str_eq(json_str(json_path(json_at(json_get(x, "choices"), 0), "message.content")),
                json_str(json_path(json_at(json_get(y, "choices"), 0), "message.content"))),
            i == 0);
        json_free(x);
        json_free(y);
        chat_answer_release(&a);
        chat_answer_release(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_requests),
        cmocka_unit_test(paths_and_methods),
        cmocka_unit_test(tokens_are_counted),
        cmocka_unit_test(hidden_reasoning_is_counted),
        cmocka_unit_test(limits_cut_what_was_said),
        cmocka_unit_test(streams_say_the_same),
        cmocka_unit_test(seeds_fix_the_bytes),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
