/*
 * test_phantom_messages.c - the phantom's Anthropic Messages: refusals, forms, thinking that must
 * come back; no sockets.
 */
#include "tests/unit/test_phantom_lab.h"

#include "harness/base/token.h"
#include "harness/phantom/messages_say.h"
#include "harness/provider/provider.h"

#define HEAD "{\"model\":\"phantom/small\",\"max_tokens\":99,"
#define NEWEST "{\"model\":\"phantom/small:newest\",\"max_tokens\":9999,"
#define USER "{\"role\":\"user\",\"content\":\"hi\"}"
#define TURNS(list) "\"messages\":[" list "]"
#define HI TURNS(USER)
#define CALLS(id)                                                                                  \
    "{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\",\"id\":\"" id                     \
    "\",\"name\":\"f\",\"input\":{}}]}"
#define RESULT(id) "{\"type\":\"tool_result\",\"tool_use_id\":\"" id "\",\"content\":\"x\"}"
#define ASKS(blocks) "{\"role\":\"user\",\"content\":[" blocks "]}"
#define SAID(blocks) "{\"role\":\"assistant\",\"content\":[" blocks "]}," USER
#define WORDS "{\"type\":\"text\",\"text\":\"go\"}"

static const struct {
    const char *body;
    int status;
    const char *message;
} refused[] = {
    {"", 400, "not JSON"},
    {"[]", 400, "JSON object"},
    {"{" HI "}", 400, "model: "},
    {"{\"model\":\"phantom/small\"," HI "}", 400, "max_tokens: "},
    {"{\"model\":\"phantom/small\",\"max_tokens\":0," HI "}", 400, "max_tokens: "},
    {"{\"model\":\"gpt\",\"max_tokens\":9," HI "}", 404, "phantom/small"},
    {HEAD "\"messages\":{}}", 400, "a list is required"},
    {HEAD TURNS("") "}", 400, "at least one message"},
    {HEAD TURNS("3") "}", 400, "messages.0.content.0: "},
    {HEAD TURNS("{\"role\":\"system\",\"content\":\"x\"}") "}", 400, "a field of its own"},
    {HEAD TURNS("{\"role\":\"user\",\"content\":\"\"}") "}", 400, "not empty"},
    {HEAD TURNS(ASKS("{\"type\":\"text\",\"text\":\" \"}")) "}", 400, "not blank"},
    {HEAD TURNS(ASKS("{\"type\":\"image\"}")) "}", 400, "text or tool_result"},
    {HEAD TURNS(SAID("{\"type\":\"image\"}")) "}", 400, "text, thinking or tool_use"},
    {NEWEST TURNS(USER ",{\"role\":\"assistant\",\"content\":\"I\"}") "}", 400,
        "does not support assistant message prefill"},
    {HEAD "\"thinking\":{\"type\":\"adaptive\"}," TURNS(
         USER ",{\"role\":\"assistant\",\"content\":\"I\"}") "}",
        400, "cannot be prefilled"},
    {HEAD TURNS(USER ",{\"role\":\"assistant\",\"content\":\"I \"}") "}", 400,
        "trailing whitespace"},
    {HEAD TURNS(USER "," CALLS("a")) "}", 400, "end of the conversation"},
    {HEAD "\"system\":3," HI "}", 400, "system: "},
    {HEAD "\"system\":[{\"type\":\"image\"}]," HI "}", 400, "text blocks"},
    {HEAD TURNS(USER "," CALLS("a") "," USER) "}", 400, "one `tool_result`"},
    {HEAD TURNS(USER "," CALLS("a") "," ASKS(RESULT("b"))) "}", 400, "one `tool_result`"},
    {HEAD TURNS(USER "," CALLS("a") "," ASKS(RESULT("a") "," RESULT("a"))) "}", 400,
        "one `tool_result`"},
    {HEAD TURNS(USER "," CALLS("a") "," ASKS(WORDS "," RESULT("a"))) "}", 400, "come first"},
    {HEAD TURNS(ASKS(RESULT("a"))) "}", 400, "one `tool_result`"},
    {HEAD TURNS(SAID("{\"type\":\"tool_use\",\"id\":\"a\",\"name\":\"f\",\"input\":\"{}\"}")) "}",
        400, "object input"},
    {HEAD TURNS(SAID("{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"x\"}")) "}", 400,
        "Invalid `signature`"},
    {HEAD TURNS(SAID("{\"type\":\"redacted_thinking\",\"data\":\"x\"}")) "}", 400,
        "Invalid `data`"},
    {HEAD TURNS(USER "," CALLS("toolu_t00000000000000000000") "," ASKS(
         RESULT("toolu_t00000000000000000000"))) "}",
        400, "Expected `thinking` or `redacted_thinking`"},
    {NEWEST "\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":2000}," HI "}", 400,
        "thinking.type.enabled"},
    {HEAD "\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":1023}," HI "}", 400,
        "at least 1024"},
    {HEAD "\"thinking\":{\"type\":\"enabled\"}," HI "}", 400, "at least 1024"},
    {"{\"model\":\"phantom/small\",\"max_tokens\":2000,\"thinking\":{\"type\":\"enabled\","
     "\"budget_tokens\":2000}," HI "}",
        400, "greater than"},
    {HEAD "\"thinking\":{\"type\":\"on\"}," HI "}", 400, "thinking.type"},
    {HEAD "\"thinking\":{\"type\":\"adaptive\",\"display\":\"all\"}," HI "}", 400, "display"},
    {HEAD "\"output_config\":{\"effort\":\"minimal\"}," HI "}", 400, "output_config.effort"},
    {HEAD "\"thinking\":{\"type\":\"adaptive\"},\"temperature\":0," HI "}", 400, "temperature"},
    {HEAD "\"thinking\":{\"type\":\"adaptive\"},\"tool_choice\":{\"type\":\"any\"}," HI "}", 400,
        "forced"},
    {HEAD "\"temperature\":1.5," HI "}", 400, "temperature"},
    {HEAD "\"stream\":1," HI "}", 400, "stream"},
    {HEAD "\"tools\":{}," HI "}", 400, "tools"},
    {HEAD "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}]," HI "}", 400,
        "input_schema"},
};

static void bad_requests(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
        struct chat_answer a = post("/v1/messages", refused[i].body);
        struct json *doc = parsed(&a);
        struct str message = json_str(json_path(doc, "error.message"));
        if (a.status != refused[i].status ||
            str_find(message, str_c(refused[i].message), 0) == SIZE_MAX)
            fail_msg("%d %s for %s", a.status, buf_cstr(&a.body), refused[i].body);
        assert_true(str_eqc(json_str(json_get(doc, "type")), "error"));
        assert_true(str_eqc(json_str(json_path(doc, "error.type")),
            a.status == 404 ? "not_found_error" : "invalid_request_error"));
        assert_true(str_starts(json_str(json_get(doc, "request_id")), STR("req_")));
        assert_int_equal(a.ledger.n, 0);
        json_free(doc);
        chat_answer_release(&a);
    }
}

static int64_t count_of(const struct json *doc, const char *path)
{
    int64_t v = -1;

    assert_true(json_int(json_path(doc, path), &v));
    return v;
}

static void tokens_are_counted(void **state)
{
    static const char body[] =
        HEAD "\"system\":[{\"type\":\"text\",\"text\":\"Answer \"},{\"type\":\"text\",\"text\":"
             "\"only.\"}],\"metadata\":{},\"tool_choice\":{\"type\":\"auto\"}," TURNS(
                 "{\"role\":\"user\",\"content\":\"Is it 42?\"}") "}";
    struct chat_answer a = post("/v1/messages", body);
    struct json *doc = parsed(&a);

    (void)state;
    assert_int_equal(a.status, 200);
    struct str text = json_str(json_get(json_at(json_get(doc, "content"), 0), "text"));
    /* Answ er only . (a run is cut at four letters) and Is it 4 2 ? */
    assert_int_equal(count_of(doc, "usage.input_tokens"), 4 + 5);
    assert_int_equal(count_of(doc, "usage.output_tokens"), token_count(text));
    assert_int_equal(count_of(doc, "usage.output_tokens_details.thinking_tokens"), 0);
    assert_int_equal(count_of(doc, "usage.cache_read_input_tokens"), 0);
    assert_true(str_eqc(json_str(json_get(doc, "stop_reason")), "end_turn"));
    assert_true(str_starts(json_str(json_get(doc, "id")), STR("msg_")));
    json_free(doc);
    assert_true(a.ledger.n > 0);
    chat_answer_release(&a);
    a = post("/v1/messages/count_tokens", body);
    assert_string_equal(buf_cstr(&a.body), "{\"input_tokens\":9}");
    assert_int_equal(a.ledger.n, 0);
    chat_answer_release(&a);
    a = post("/v1/messages/count_tokens", "{\"model\":\"phantom/small\"," HI "}");
    assert_string_equal(buf_cstr(&a.body), "{\"input_tokens\":1}");
    chat_answer_release(&a);
    a = post("/v1/messages/count_tokens", "{\"model\":\"gpt\"," HI "}");
    assert_int_equal(a.status, 404);
    chat_answer_release(&a);
}

/* ---- thinking -------------------------------------------------------------------------------- */

#define STAMP "0123456789abcdef0123"
#define DIGITS STAMP "4567"

/* A reply that thought and then calls: what the mind rarely says at once. */
static struct wire_reply thoughtful(struct mind_tool_call *call)
{
    *call = (struct mind_tool_call){
        STR("call_" STAMP "0000"), STR("f"), STR("{\"s\":\"\xC3\xA9\\\"\\n\\u00e9\",\"n\":1.50}")};
    return (struct wire_reply){.id = "chatcmpl-" DIGITS,
        .model = STR("phantom/small"),
        .content = STR("So."),
        .reasoning = STR("one two \"six\"\n and some more words to fill several pieces"),
        .calls = call,
        .ncalls = 1,
        .finish_reason = "tool_calls",
        .prompt_tokens = 5,
        .completion_tokens = 30,
        .reasoning_tokens = 12};
}

static struct reply read_back(const struct wire_reply *said, bool stream, bool show)
{
    const struct wire_request request = {.stream = stream, .show_reasoning = show};
    struct buf body = BUF_INIT;
    struct reply r;

    messages_write(&request, said, &body);
    provider_find(STR("anthropic-messages"))->read(200, buf_str(&body), stream, &lab_arena, &r);
    assert_int_equal(r.outcome, OUTCOME_OK);
    buf_release(&body);
    return r;
}

static void plain_and_streamed_say_the_same(void **state)
{
    struct mind_tool_call call;
    const struct wire_reply said = thoughtful(&call);

    (void)state;
    for (int show = 0; show < 2; show++) {
        struct reply plain = read_back(&said, false, show), streamed = read_back(&said, true, show);
        assert_true(str_eq(plain.native, streamed.native));
        assert_true(str_eq(plain.reasoning, show ? said.reasoning : STR("")));
        assert_true(str_eq(plain.reasoning, streamed.reasoning));
        assert_true(str_eqc(plain.content, "So.") && str_eqc(streamed.content, "So."));
        assert_true(str_eqc(plain.calls[0].id, "toolu_t" STAMP "0000"));
        assert_true(str_eq(plain.calls[0].arguments, call.arguments));
        assert_true(str_eq(streamed.calls[0].arguments, call.arguments));
        assert_memory_equal(&plain.usage, &streamed.usage, sizeof plain.usage);
        assert_int_equal(plain.usage.out_reasoning, 12);
        assert_int_equal(plain.usage.out_visible, 18);
        assert_int_equal(plain.usage.in_uncached, 5);
    }
}

/* Status of a conversation whose assistant turn is `turn`. */
static int status_of_turn(struct str turn)
{
    const struct message messages[] = {
        {.role = ROLE_USER, .text = STR("hi")},
        {.role = ROLE_ASSISTANT, .native = turn},
        {.role = ROLE_TOOL, .text = STR("done"), .tool_call_id = STR("toolu_t" STAMP "0000")},
    };
    const struct chat asked = {.model = STR("phantom/small"), .messages = messages, .n = 3};
    struct buf body = BUF_INIT;

    provider_find(STR("anthropic-messages"))->build(&asked, &body);
    struct chat_answer a = post("/v1/messages", buf_cstr(&body));
    int status = a.status;
    chat_answer_release(&a);
    buf_release(&body);
    return status;
}

/* One byte of the thinking block at a time is another: each is noticed. */
static void thinking_comes_back_unchanged(void **state)
{
    struct mind_tool_call call;
    const struct wire_reply said = thoughtful(&call);
    struct reply r = read_back(&said, true, true);
    size_t end = str_find(r.native, STR("},"), 0), changed = 0;
    struct buf turn = BUF_INIT;

    (void)state;
    assert_int_equal(status_of_turn(r.native), 200);
    assert_true(str_starts(r.native, STR("[{\"type\":\"thinking\",\"thinking\":\"one two")));
    for (size_t i = sizeof "[{\"type\":\"thinking\",\"thinking\":\"" - 1; i + 1 < end; i++) {
        if (!str_is_alpha(r.native.p[i]) && !str_is_digit(r.native.p[i]))
            continue;
        buf_reset(&turn);
        buf_str_add(&turn, r.native);
        turn.p[i] = turn.p[i] == 'e' ? 'f' : 'e';
        assert_int_equal(status_of_turn(buf_str(&turn)), 400);
        changed++;
    }
    assert_true(changed > 100);
    /* left out, or behind the call */
    buf_reset(&turn);
    buf_putc(&turn, '[');
    buf_str_add(&turn, str_from(r.native, end + 2));
    assert_int_equal(status_of_turn(buf_str(&turn)), 400);
    buf_truncate(&turn, turn.n - 1);
    buf_putc(&turn, ',');
    buf_str_add(&turn, str_slice(r.native, 1, end + 1));
    buf_putc(&turn, ']');
    assert_int_equal(status_of_turn(buf_str(&turn)), 400);
    buf_release(&turn);
}

/* Effort buys hidden reasoning here as it does by the other format. */
static void effort_makes_the_model_think(void **state)
{
    static const char *const efforts[] = {"none", "low", "medium"};
    const struct message user = {.role = ROLE_USER,
        .text = STR("A board has $6$ rows and $7$ columns of unit squares. The square in row $2$ "
                    "and column $3$ is painted. Find the number of rectangles made of squares of "
                    "the board that do not contain the painted square.")};
    struct chat asked = {
        .model = STR("phantom/large"), .messages = &user, .n = 1, .temperature = 0};
    int64_t before = -1;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(efforts); i++) {
        struct buf body = BUF_INIT;
        struct reply r;
        asked.effort = efforts[i];
        asked.stream = i & 1;
        provider_find(STR("anthropic-messages"))->build(&asked, &body);
        struct chat_answer a = post("/v1/messages", buf_cstr(&body));
        provider_find(STR("anthropic-messages"))
            ->read(a.status, buf_str(&a.body), a.stream, &lab_arena, &r);
        assert_int_equal(r.outcome, OUTCOME_OK);
        assert_int_equal(r.reasoning.n > 0, i > 0);
        assert_true(r.usage.out_reasoning > before);
        before = r.usage.out_reasoning;
        chat_answer_release(&a);
        buf_release(&body);
    }
}

static void paths_and_methods(void **state)
{
    struct chat_answer a = {0};

    (void)state;
    assert_true(chat_early("GET", "/v1/messages", &a));
    assert_int_equal(a.status, 405);
    struct json *doc = parsed(&a);
    assert_true(str_eqc(json_str(json_get(doc, "type")), "error"));
    json_free(doc);
    chat_answer_release(&a);
    a = (struct chat_answer){0};
    chat_too_large("/v1/messages", &a);
    doc = parsed(&a);
    assert_int_equal(a.status, 413);
    assert_true(str_eqc(json_str(json_path(doc, "error.type")), "request_too_large"));
    json_free(doc);
    chat_answer_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_requests),
        cmocka_unit_test(tokens_are_counted),
        cmocka_unit_test(plain_and_streamed_say_the_same),
        cmocka_unit_test(thinking_comes_back_unchanged),
        cmocka_unit_test(effort_makes_the_model_think),
        cmocka_unit_test(paths_and_methods),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
