/*
 * test_provider_error.c - failures in the shape of every server, and who it was that answered.
 *
 * Bodies are written down from the servers' sources and documents.
 */
#include "harness/provider/provider.h"
#include "tests/unit/test_provider_wire.h"
#include "tests/unit/unit.h"

static struct arena arena;

static struct reply read_as(const char *format, long status, const char *body)
{
    struct reply r;

    provider_find(str_c(format))->read(status, str_c(body), true, &arena, &r);
    return r;
}

#define AZURE                                                                                      \
    "{\"error\":{\"message\":\"filtered\",\"type\":null,\"param\":\"prompt\",\"code\":"            \
    "\"content_filter\",\"status\":400,\"innererror\":{\"code\":\"ResponsibleAIPolicyViolation\"," \
    "\"content_filter_result\":{\"hate\":{\"filtered\":true,\"severity\":\"high\"}}}}}"
#define LIMIT(type, code)                                                                          \
    "{\"error\":{\"message\":\"m\",\"type\":\"" type "\",\"param\":null,\"code\":" code "}}"

static const struct row {
    long status;
    const char *body;
    enum outcome outcome;
    bool retry;
    const char *error, *code;
} rows[] = {
    /* OpenAI, nested */
    {400,
        "{\"error\":{\"message\":\"Unsupported parameter\",\"type\":\"invalid_request_error\","
        "\"param\":\"max_tokens\",\"code\":\"unsupported_parameter\"}}",
        OUTCOME_REJECTED, false, "Unsupported parameter", "unsupported_parameter"},
    {400, LIMIT("invalid_request_error", "null"), OUTCOME_REJECTED, false, "m",
        "invalid_request_error"},
    {429, LIMIT("requests", "\"rate_limit_exceeded\""), OUTCOME_RATE_LIMITED, true, "m",
        "rate_limit_exceeded"},
    {429, LIMIT("x", "\"slow_down\""), OUTCOME_RATE_LIMITED, true, "m", "slow_down"},
    {429, LIMIT("insufficient_quota", "\"credit_balance_exhausted\""), OUTCOME_RATE_LIMITED, false,
        "m", "credit_balance_exhausted"},
    {429, LIMIT("insufficient_quota", "\"insufficient_quota\""), OUTCOME_RATE_LIMITED, false, "m",
        "insufficient_quota"},
    /* Anthropic */
    {529,
        "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"},"
        "\"request_id\":\"req_1\"}",
        OUTCOME_PROVIDER_ERROR, true, "Overloaded", "overloaded_error"},
    /* SGLang and old vLLM, flat */
    {400,
        "{\"object\":\"error\",\"message\":\"too long\",\"type\":\"BadRequestError\",\"param\":"
        "null,\"code\":400}",
        OUTCOME_REJECTED, false, "too long", "BadRequestError"},
    /* llama.cpp */
    {503, "{\"error\":{\"code\":503,\"message\":\"Loading model\",\"type\":\"unavailable_error\"}}",
        OUTCOME_PROVIDER_ERROR, true, "Loading model", "unavailable_error"},
    {404, "{\"error\":\"model 'x' not found\"}", OUTCOME_HTTP_ERROR, false, "model 'x' not found",
        ""},
    /* TGI */
    {422, "{\"error\":\"Input validation error\",\"error_type\":\"validation\"}", OUTCOME_REJECTED,
        false, "Input validation error", "validation"},
    /* OpenRouter */
    {402, "{\"error\":{\"code\":402,\"message\":\"no credit\",\"metadata\":{}},\"user_id\":\"u\"}",
        OUTCOME_HTTP_ERROR, false, "no credit", ""},
    {200, "{\"error\":{\"code\":502,\"message\":\"upstream\"}}", OUTCOME_PROVIDER_ERROR, true,
        "upstream", ""},
    {200, "{\"error\":{\"code\":402,\"message\":\"no credit\"}}", OUTCOME_HTTP_ERROR, false,
        "no credit", ""},
    /* Azure */
    {400, AZURE, OUTCOME_CONTENT_FILTER, false, "filtered", "content_filter"},
    {200, AZURE, OUTCOME_CONTENT_FILTER, false, "filtered", "content_filter"},
    {200, "data: " AZURE "\n\n", OUTCOME_CONTENT_FILTER, false, "filtered", "content_filter"},
    /* FastAPI */
    {422,
        "{\"detail\":[{\"type\":\"missing\",\"loc\":[\"body\",\"messages\",0],\"msg\":\"Field "
        "required\"},{\"loc\":[],\"msg\":\"and more\"},{}]}",
        OUTCOME_REJECTED, false, "body.messages.0: Field required; and more", ""},
    {404, "{\"detail\":\"Not Found\"}", OUTCOME_HTTP_ERROR, false, "Not Found", ""},
    {422, "{\"detail\":[]}", OUTCOME_REJECTED, false, "{\"detail\":[]}", ""},
    /* no JSON */
    {500, "", OUTCOME_PROVIDER_ERROR, true, "", ""},
    {502, "upstream connect error\r\n", OUTCOME_PROVIDER_ERROR, true, "upstream connect error", ""},
    {504, "<html>\n<h1>504</h1>", OUTCOME_PROVIDER_ERROR, true, "<html> <h1>504</h1>", ""},
    {500, "{\"error\":", OUTCOME_PROVIDER_ERROR, true, "{\"error\":", ""},
    /* behind a 200 */
    {200, LIMIT("server_error", "null"), OUTCOME_PROVIDER_ERROR, true, "m", "server_error"},
    {200, LIMIT("x", "\"insufficient_quota\""), OUTCOME_PROVIDER_ERROR, false, "m",
        "insufficient_quota"},
    {200, "\n\n \r\n" LIMIT("server_error", "null"), OUTCOME_PROVIDER_ERROR, true, "m",
        "server_error"},
};

static void test_every_shape(void **state)
{
    static const char *const formats[] = {"openai-chat", "openai-responses", "anthropic-messages"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        for (size_t f = 0; f < ARRAY_LEN(formats); f++) {
            struct reply r = read_as(formats[f], rows[i].status, rows[i].body);
            /* Responses tells what may pass from what may not by the word */
            bool words = f == 1 && rows[i].status == 200 &&
                         rows[i].outcome == OUTCOME_PROVIDER_ERROR && rows[i].code[0];
            if (r.outcome != rows[i].outcome || (r.retry != rows[i].retry && !words))
                fail_msg(
                    "%s, row %zu: %s, retry %d", formats[f], i, outcome_text(r.outcome), r.retry);
            assert_str(r.error, rows[i].error);
            assert_str(r.error_code, rows[i].code);
        }
}

static void test_an_error_after_fifty_tokens(void **state)
{
    struct buf body = BUF_INIT, text = BUF_INIT;

    (void)state;
    for (int i = 0; i < 50; i++) {
        buf_printf(&body, CHUNK("\"content\":\"t%d \""), i);
        buf_printf(&text, "t%d ", i);
    }
    buf_puts(&body, "data: {\"id\":\"g\",\"provider\":\"P\",\"error\":{\"code\":502,\"message\":"
                    "\"cut\"},\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\"},"
                    "\"finish_reason\":\"error\"}]}\n\n" DONE);
    struct reply r = read_as("openai-chat", 200, buf_cstr(&body));
    assert_int_equal(r.outcome, OUTCOME_PROVIDER_ERROR);
    assert_true(r.retry);
    assert_str(r.error, "cut");
    assert_str(r.content, buf_cstr(&text)); /* what came stays visible */
    assert_int_equal(usage_out(r.usage), -1);
    buf_release(&body);
    buf_release(&text);
}

/* ---- who answered ---------------------------------------------------------------------------- */

static void test_who_answered(void **state)
{
    static const struct {
        const char *format;
        long status;
        const char *body, *model, *fingerprint, *id;
    } facts[] = {
        {"openai-chat", 200, SAYS("\"content\":\"4\"", "stop"), "", "", ""},
        {"openai-chat", 200,
            "{\"id\":\"c-1\",\"model\":\"gpt\\n x\",\"system_fingerprint\":null,\"choices\":[]}",
            "gpt x", "", "c-1"},
        {"openai-chat", 200,
            "data: {\"id\":\"c-1\",\"model\":\"m\",\"provider\":\"P\",\"service_tier\":\"auto\","
            "\"choices\":[]}\n\ndata: {\"id\":\"c-2\",\"model\":\"other\",\"system_fingerprint\":"
            "\"fp_1\",\"service_tier\":\"default\",\"x_groq\":{\"id\":\"req_9\"}}\n\n" LAST("stop"),
            "m", "fingerprint=fp_1 provider=P service_tier=default", "req_9"},
        {"openai-responses", 200,
            "{\"id\":\"r-1\",\"model\":\"m\",\"service_tier\":\"flex\",\"status\":\"completed\","
            "\"output\":[]}",
            "m", "service_tier=flex", "r-1"},
        {"openai-responses", 200,
            "data: {\"type\":\"response.completed\",\"response\":{\"id\":\"r-1\",\"model\":\"m\","
            "\"status\":\"completed\"}}\n\n",
            "m", "", "r-1"},
        {"anthropic-messages", 200,
            "{\"id\":\"msg_1\",\"model\":\"m\",\"content\":[],\"stop_reason\":\"end_turn\","
            "\"usage\":{\"service_tier\":\"standard\"}}",
            "m", "service_tier=standard", "msg_1"},
        {"anthropic-messages", 200,
            "data: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"model\":\"m\","
            "\"usage\":{\"service_tier\":\"batch\"}}}\n\n",
            "m", "service_tier=batch", "msg_1"},
        {"anthropic-messages", 400,
            "{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\",\"message\":\"m\"},"
            "\"request_id\":\"req_1\"}",
            "", "", "req_1"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(facts); i++) {
        struct reply r = read_as(facts[i].format, facts[i].status, facts[i].body);
        assert_str(r.model, facts[i].model);
        assert_str(r.fingerprint, facts[i].fingerprint);
        assert_str(r.request_id, facts[i].id);
    }
}

/* Words of a server may be of any length and kind. */
static void test_words_are_cut_and_clean(void **state)
{
    struct buf body = BUF_INIT;

    (void)state;
    buf_puts(&body, "{\"model\":\"x");
    for (int i = 0; i < 5000; i++)
        buf_puts(&body, "\xC3\xA9");
    buf_puts(&body, "\",\"id\":\"a\\u001b[2Jb\"}");
    struct reply r = read_as("openai-chat", 200, buf_cstr(&body));
    assert_int_equal(r.model.n, 199); /* one byte, and as many pairs as fit in 200 */
    assert_true(str_utf8_ok(r.model));
    assert_str(r.request_id, "a?[2Jb");
    buf_release(&body);
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
        cmocka_unit_test(test_every_shape),
        cmocka_unit_test(test_an_error_after_fifty_tokens),
        cmocka_unit_test(test_who_answered),
        cmocka_unit_test(test_words_are_cut_and_clean),
    };

    return cmocka_run_group_tests(tests, NULL, release);
}
