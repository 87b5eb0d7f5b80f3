/*
 * test_completions.c - raw completions: requests byte by byte, responses of every dialect.
 *
 * Bodies are written down from documentation and sources of the servers, not from this program.
 */
#include "harness/provider/completions.h"

#include "harness/base/json.h"
#include "tests/unit/unit.h"

#include <math.h>

static struct arena arena;
static struct buf body, path;

static const struct completions_dialect *dialect(const char *name)
{
    const struct completions_dialect *d = completions_find(str_c(name));

    assert_non_null(d);
    return d;
}

static const char *request(struct completion c, const char *name)
{
    struct json *doc = NULL;
    struct err err;

    c.dialect = dialect(name);
    buf_reset(&body);
    completions_request(&c, &body);
    if (json_parse(buf_str(&body), JSON_STRICT, &doc, &err))
        fail_msg("%s: %s", err.msg, buf_cstr(&body));
    json_free(doc);
    return buf_cstr(&body);
}

static struct completion_reply answer_to(const struct completion *c, long status, const char *text)
{
    struct completion_reply r;

    completions_read(c, status, str_c(text), &arena, &r);
    return r;
}

static struct completion_reply answer(const char *name, const char *text)
{
    struct completion c = COMPLETION_NONE;

    c.dialect = dialect(name);
    return answer_to(&c, 200, text);
}

static void assert_ids(struct token_ids ids, const char *expected)
{
    struct buf text = BUF_INIT;

    for (size_t i = 0; i < ids.n; i++)
        buf_printf(&text, i ? " %lld" : "%lld", (long long)ids.v[i]);
    assert_string_equal(buf_cstr(&text), expected);
    buf_release(&text);
}

/* ---- requests -------------------------------------------------------------------------------- */

static const int64_t some_ids[] = {7, 151648, 0};

static struct completion full_request(void)
{
    static const int64_t stop[] = {9};
    struct completion c = COMPLETION_NONE;

    c.model = STR("m");
    c.text = STR("say \"\xC3\xA9\"\n");
    c.stops[c.nstops++] = STR("</think>");
    c.stops[c.nstops++] = STR("\n");
    c.stop_ids = (struct token_ids){stop, 1};
    c.max_tokens = 50;
    c.min_tokens = 1;
    c.temperature = 0;
    c.seed = 3;
    return c;
}

static void test_requests_byte_by_byte(void **state)
{
    struct completion c = full_request();

    (void)state;
    assert_string_equal(request(c, "completions"),
        "{\"model\":\"m\",\"prompt\":\"say \\\"\xC3\xA9\\\"\\n\",\"max_tokens\":50,"
        "\"stop\":[\"</think>\",\"\\n\"],\"temperature\":0,\"seed\":3}");
    c.ids = (struct token_ids){some_ids, 3};
    assert_string_equal(request(c, "vllm"),
        "{\"model\":\"m\",\"prompt\":[7,151648,0],\"max_tokens\":50,\"min_tokens\":1,"
        "\"stop\":[\"</think>\",\"\\n\"],\"stop_token_ids\":[9],\"temperature\":0,\"seed\":3,"
        "\"top_p\":1,\"top_k\":-1,\"min_p\":0,\"repetition_penalty\":1,"
        "\"skip_special_tokens\":false,\"include_stop_str_in_output\":false,"
        "\"return_token_ids\":true}");
    assert_string_equal(request(c, "sglang"),
        "{\"model\":\"m\",\"input_ids\":[7,151648,0],\"sampling_params\":{\"max_new_tokens\":50,"
        "\"min_new_tokens\":1,\"stop\":[\"</think>\",\"\\n\"],\"stop_token_ids\":[9],"
        "\"temperature\":0,\"sampling_seed\":3,\"top_p\":1,\"top_k\":-1,\"min_p\":0,"
        "\"skip_special_tokens\":false}}");
    assert_string_equal(request(c, "llama.cpp"),
        "{\"model\":\"m\",\"prompt\":[7,151648,0],\"n_predict\":50,"
        "\"stop\":[\"</think>\",\"\\n\"],\"preserved_tokens\":[\"</think>\",\"\\n\"],"
        "\"temperature\":0,\"seed\":3,\"top_k\":0,\"top_p\":1,\"min_p\":0,"
        "\"return_tokens\":true,\"cache_prompt\":false}");
}

static void test_nothing_optional_is_sent_unasked(void **state)
{
    struct completion c = COMPLETION_NONE;

    (void)state;
    c.model = STR("m");
    c.text = STR("x");
    assert_string_equal(request(c, "completions"), "{\"model\":\"m\",\"prompt\":\"x\"}");
    c.max_tokens = 0; /* a prompt that is only scored */
    c.echo = true;
    c.logprobs = 1;
    assert_string_equal(request(c, "completions"),
        "{\"model\":\"m\",\"prompt\":\"x\",\"max_tokens\":0,\"echo\":true,\"logprobs\":1}");
}

static void test_traits_have_their_say(void **state)
{
    struct traits traits = traits_default;
    struct completion c = full_request();

    (void)state;
    c.traits = &traits;
    c.nstops = 0;
    c.stream = true;
    traits.sampling = false;
    traits.seed_key = STR("");
    traits.extra = STR("{\"cache_salt\":\"a\",\"max_tokens\":7}");
    assert_string_equal(request(c, "completions"),
        "{\"model\":\"m\",\"prompt\":\"say \\\"\xC3\xA9\\\"\\n\",\"max_tokens\":50,"
        "\"stream\":true,\"stream_options\":{\"include_usage\":true},\"cache_salt\":\"a\"}");
    traits.stream_usage = false;
    traits.limit_key = STR("");
    traits.extra = STR("");
    assert_string_equal(request(c, "completions"),
        "{\"model\":\"m\",\"prompt\":\"say \\\"\xC3\xA9\\\"\\n\",\"stream\":true}");
    /* what goes along wins over the dialect's own samplers */
    traits.sampling = true;
    traits.extra = STR("{\"sampling_params\":{\"top_k\":20}}");
    c.stream = false;
    c.seed = -1;
    c.stop_ids.n = 0;
    c.min_tokens = 0;
    assert_string_equal(request(c, "sglang"),
        "{\"model\":\"m\",\"text\":\"say "
        "\\\"\xC3\xA9\\\"\\n\",\"sampling_params\":{\"temperature\":0,"
        "\"top_k\":20,\"top_p\":1,\"min_p\":0,\"skip_special_tokens\":false}}");
}

static void test_addresses(void **state)
{
    static const char *const cases[][3] = {
        {"http://h:8000/v1", "/completions", "http://h:8000/v1/completions"},
        {"http://h:8000/v1", "~/tokenize", "http://h:8000/tokenize"},
        {"http://h:8000/v1/", "~/tokenize", "http://h:8000/tokenize"},
        {"http://h:8000", "~/generate", "http://h:8000/generate"},
        {"https://api.deepseek.com", "~/beta/chat/completions",
            "https://api.deepseek.com/beta/chat/completions"},
        {"https://api.deepseek.com/v1", "~/beta/chat/completions",
            "https://api.deepseek.com/beta/chat/completions"},
        {"https://api.deepseek.com/beta", "~/beta/chat/completions",
            "https://api.deepseek.com/beta/chat/completions"},
        {"http://h/proxy/v1", "~/completion", "http://h/proxy/completion"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        buf_reset(&path);
        completions_url(str_c(cases[i][0]), str_c(cases[i][1]), &path);
        assert_string_equal(buf_cstr(&path), cases[i][2]);
    }
}

/* ---- responses ------------------------------------------------------------------------------- */

static void test_openai(void **state)
{
    struct completion_reply r = answer("completions",
        "{\"id\":\"cmpl-1\",\"object\":\"text_completion\",\"model\":\"m\",\"choices\":[{\"text\":"
        "\" 42\\n\",\"index\":0,\"logprobs\":null,\"finish_reason\":\"stop\"}],\"usage\":{"
        "\"prompt_tokens\":5,\"completion_tokens\":3,\"total_tokens\":8}}");

    (void)state;
    assert_int_equal(r.outcome, OUTCOME_OK);
    assert_str(r.text, " 42\n");
    assert_int_equal(r.end, COMPLETION_ENDED); /* by a stop or by itself: it does not say */
    assert_false(r.has_ids);
    assert_int_equal(r.in, 5);
    assert_int_equal(r.out, 3);
    assert_int_equal(r.usage.in_uncached, 5);
    assert_int_equal(r.usage.out_visible, 3);
    r = answer("completions", "{\"choices\":[{\"text\":\"a\",\"finish_reason\":\"length\"}]}");
    assert_int_equal(r.end, COMPLETION_LIMIT);
    assert_int_equal(r.out, -1);
    assert_int_equal(usage_out(r.usage), -1);
    r = answer("completions", "{\"choices\":[{\"text\":\"a\",\"finish_reason\":\"eos\"}]}");
    assert_int_equal(r.end, COMPLETION_EOS); /* Together */
    r = answer("completions", "{\"choices\":[{\"text\":\"a\",\"finish_reason\":\"stop\","
                              "\"matched_stop\":\"</think>\"}]}");
    assert_int_equal(r.end, COMPLETION_STOP); /* SGLang's /v1 */
    assert_str(r.stop_text, "</think>");
}

#define VLLM(stop)                                                                                 \
    "{\"choices\":[{\"index\":0,\"text\":\"so\",\"finish_reason\":\"stop\",\"stop_reason\":" stop  \
    ",\"token_ids\":[11,12,9],\"prompt_token_ids\":[1,2]}],\"usage\":{\"prompt_tokens\":2,"        \
    "\"completion_tokens\":3,\"prompt_tokens_details\":{\"cached_tokens\":1}}}"

static void test_vllm_says_why_it_stopped(void **state)
{
    struct completion_reply r = answer("vllm", VLLM("\"</think>\""));

    (void)state;
    assert_int_equal(r.end, COMPLETION_STOP);
    assert_str(r.stop_text, "</think>");
    assert_true(r.has_ids);
    assert_ids(r.ids, "11 12 9");
    assert_int_equal(r.usage.in_cached, 1);
    assert_int_equal(r.usage.in_uncached, 1);
    r = answer("vllm", VLLM("9"));
    assert_int_equal(r.end, COMPLETION_STOP);
    assert_int_equal(r.stop_id, 9);
    r = answer("vllm", VLLM("null"));
    assert_int_equal(r.end, COMPLETION_EOS);
    assert_int_equal(r.stop_id, -1);
}

static void test_streams_read_like_plain_bodies(void **state)
{
    struct completion_reply r = answer("vllm",
        ": keep-alive\n\n"
        "data: {\"choices\":[{\"index\":0,\"text\":\"s\",\"finish_reason\":null,"
        "\"prompt_token_ids\":[1,2],\"token_ids\":[11]}]}\n\n"
        "data: {\"choices\":[{\"index\":1,\"text\":\"other\",\"token_ids\":[5]}]}\n\n"
        "data: {\"choices\":[{\"index\":0,\"text\":\"o\",\"finish_reason\":\"stop\","
        "\"stop_reason\":9,\"token_ids\":[12,9]}]}\r\n\r\n"
        "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":2,\"completion_tokens\":3}}\n\n"
        "data: [DONE]\n\n");

    (void)state;
    assert_int_equal(r.outcome, OUTCOME_OK);
    assert_str(r.text, "so");
    assert_ids(r.ids, "11 12 9");
    assert_int_equal(r.stop_id, 9);
    assert_int_equal(r.out, 3);
    /* llama.cpp: pieces; SGLang: all so far, or pieces */
    r = answer("llama.cpp", "data: {\"content\":\"s\",\"tokens\":[11],\"stop\":false}\n\n"
                            "data: {\"content\":\"o\",\"tokens\":[12],\"stop\":false}\n\n"
                            "data: {\"content\":\"\",\"tokens\":[],\"stop\":true,\"stop_type\":"
                            "\"limit\",\"tokens_predicted\":2,\"tokens_evaluated\":2}\n\n");
    assert_int_equal(r.outcome, OUTCOME_OK);
    assert_str(r.text, "so");
    assert_ids(r.ids, "11 12");
    assert_int_equal(r.end, COMPLETION_LIMIT);
    r = answer("sglang",
        "data: {\"text\":\"s\",\"output_ids\":[11],\"meta_info\":{\"completion_tokens\":1,"
        "\"prompt_tokens\":2,\"finish_reason\":null}}\n\n"
        "data: {\"text\":\"so\",\"output_ids\":[11,12],\"meta_info\":{\"completion_tokens\":2,"
        "\"prompt_tokens\":2,\"finish_reason\":{\"type\":\"length\",\"length\":2}}}\n\n"
        "data: [DONE]\n\n");
    assert_str(r.text, "so");
    assert_ids(r.ids, "11 12");
    assert_int_equal(r.end, COMPLETION_LIMIT);
    r = answer("sglang",
        "data: {\"text\":\"s\",\"output_ids\":[11],\"meta_info\":{\"completion_tokens\":1,"
        "\"finish_reason\":null}}\n\n"
        "data: {\"text\":\"o\",\"output_ids\":[12],\"meta_info\":{\"completion_tokens\":2,"
        "\"finish_reason\":{\"type\":\"stop\",\"matched\":151645}}}\n\n");
    assert_str(r.text, "so");
    assert_ids(r.ids, "11 12");
    assert_int_equal(r.stop_id, 151645);
}

static void test_sglang(void **state)
{
    struct completion_reply r = answer("sglang",
        "{\"text\":\" so\",\"output_ids\":[11,9],\"meta_info\":{\"id\":\"x\",\"finish_reason\":"
        "{\"type\":\"stop\",\"matched\":\"</think>\"},\"prompt_tokens\":6,\"completion_tokens\":2,"
        "\"cached_tokens\":4}}");

    (void)state;
    assert_int_equal(r.outcome, OUTCOME_OK);
    assert_int_equal(r.end, COMPLETION_STOP);
    assert_str(r.stop_text, "</think>");
    assert_ids(r.ids, "11 9");
    assert_int_equal(r.in, 6);
    assert_int_equal(r.usage.in_uncached, 2);
    assert_int_equal(r.usage.in_cached, 4);
    assert_int_equal(r.out, 2);
    r = answer("sglang", "{\"text\":\"\",\"output_ids\":[],\"meta_info\":{\"finish_reason\":"
                         "{\"type\":\"abort\",\"message\":\"out of memory\"}}}");
    assert_int_equal(r.outcome, OUTCOME_PROVIDER_ERROR);
    assert_true(r.retry);
    assert_str(r.error, "out of memory");
    r = answer("sglang", "{\"object\":\"error\",\"message\":\"busy\",\"type\":"
                         "\"InternalServerError\",\"code\":500}");
    assert_int_not_equal(r.outcome, OUTCOME_OK);
    assert_true(r.retry);
}

static void test_llama(void **state)
{
    static const struct {
        const char *members;
        enum completion_end end;
    } cases[] = {
        {"\"stop_type\":\"eos\",\"stopping_word\":\"\"", COMPLETION_EOS},
        {"\"stop_type\":\"limit\",\"stopping_word\":\"\"", COMPLETION_LIMIT},
        {"\"stop_type\":\"word\",\"stopping_word\":\"</think>\"", COMPLETION_STOP},
        {"\"stopped_eos\":true,\"stopped_limit\":false", COMPLETION_EOS},
        {"\"stopped_eos\":false,\"stopped_limit\":true", COMPLETION_LIMIT},
        {"\"stopped_word\":true,\"stopping_word\":\"</think>\"", COMPLETION_STOP},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct completion_reply r = answer(
            "llama.cpp", arena_printf(&arena,
                             "{\"index\":0,\"content\":\"so\",\"tokens\":[11,12],\"stop\":true,"
                             "\"tokens_predicted\":2,\"tokens_evaluated\":30,\"truncated\":%s,%s,"
                             "\"timings\":{\"cache_n\":10,\"prompt_n\":20}}",
                             i == 1 ? "true" : "false", cases[i].members));
        assert_int_equal(r.outcome, OUTCOME_OK);
        assert_int_equal(r.end, cases[i].end);
        assert_ids(r.ids, "11 12");
        assert_int_equal(r.in, 30);
        assert_int_equal(r.usage.in_cached, 10);
        assert_int_equal(r.usage.in_uncached, 20);
        assert_int_equal(r.truncated, i == 1);
        if (cases[i].end == COMPLETION_STOP)
            assert_str(r.stop_text, "</think>");
    }
}

/* ---- failures -------------------------------------------------------------------------------- */

static void test_failures(void **state)
{
    static const struct {
        const char *dialect;
        long status;
        const char *body;
        enum outcome outcome;
        bool retry;
        const char *error;
    } cases[] = {
        {"vllm", 200, "{\"choices\":[{\"text\":\"a\",\"finish_rea", OUTCOME_BAD_JSON, true, ""},
        {"vllm", 200, "<html>bad gateway</html>", OUTCOME_BAD_JSON, true,
            "<html>bad gateway</html>"},
        {"vllm", 200, "{\"choices\":[{\"text\":\"a\",\"finish_reason\":null}]}", OUTCOME_BAD_JSON,
            true, ""},
        {"vllm", 200, "", OUTCOME_BAD_JSON, true, ""},
        {"vllm", 200, "[1]", OUTCOME_BAD_JSON, true, ""},
        {"vllm", 200,
            "{\"choices\":[{\"text\":\"a\",\"finish_reason\":\"stop\",\"token_ids\":[1,\"x\"]}]}",
            OUTCOME_BAD_JSON, true, ""},
        {"vllm", 200,
            "{\"choices\":[{\"text\":\"a\",\"finish_reason\":\"stop\",\"token_ids\":[-1]}]}",
            OUTCOME_BAD_JSON, true, ""},
        {"vllm", 200, "data: {\"choices\":[{\"text\":\"a\"}]}\n\n", OUTCOME_INCOMPLETE_STREAM, true,
            ""},
        {"vllm", 200,
            "data: {\"choices\":[{\"text\":\"a\"}]}\n\ndata: {\"error\":{\"message\":\"b\"}}",
            OUTCOME_PROVIDER_ERROR, true, "b"},
        {"vllm", 200,
            "{\"choices\":[{\"text\":\"a\",\"finish_reason\":\"abort\",\"token_ids\":[1]}]}",
            OUTCOME_PROVIDER_ERROR, true, ""},
        {"vllm", 400,
            "{\"error\":{\"message\":\"too long\",\"type\":\"BadRequestError\",\"code\":400}}",
            OUTCOME_REJECTED, false, "too long"},
        {"vllm", 400, "{\"object\":\"error\",\"message\":\"flat\",\"code\":400}", OUTCOME_REJECTED,
            false, "flat"},
        {"vllm", 429, "slow  down", OUTCOME_RATE_LIMITED, true, "slow down"},
        {"llama.cpp", 503, "{\"error\":{\"code\":503,\"message\":\"Loading model\"}}",
            OUTCOME_PROVIDER_ERROR, true, "Loading model"},
        {"llama.cpp", 200, "data: {\"content\":\"a\",\"stop\":false}\n\n",
            OUTCOME_INCOMPLETE_STREAM, true, ""},
        {"sglang", 200, "{\"text\":\"a\",\"meta_info\":{\"finish_reason\":null}}", OUTCOME_BAD_JSON,
            true, ""},
        {"completions", 200, "{\"error\":{\"message\":\"m\",\"code\":429}}", OUTCOME_RATE_LIMITED,
            true, "m"},
        {"completions", 404, "{\"error\":\"model 'x' not found\"}", OUTCOME_HTTP_ERROR, false,
            "model 'x' not found"},
        {"completions", 200, "{\"choices\":[{\"text\":\"\",\"finish_reason\":\"content_filter\"}]}",
            OUTCOME_CONTENT_FILTER, false, ""},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct completion c = COMPLETION_NONE;
        c.dialect = dialect(cases[i].dialect);
        struct completion_reply r = answer_to(&c, cases[i].status, cases[i].body);
        if (r.outcome != cases[i].outcome || r.retry != cases[i].retry)
            fail_msg("case %zu: %s, retry %d", i, outcome_text(r.outcome), r.retry);
        assert_str(r.error, cases[i].error);
    }
}

/* ---- log-probabilities ----------------------------------------------------------------------- */

static void test_logprobs_of_lists(void **state)
{
    struct completion_reply r = answer("completions",
        "{\"choices\":[{\"text\":\"a b\",\"index\":0,\"finish_reason\":\"length\",\"logprobs\":{"
        "\"tokens\":[\"a\",\" b\"],\"token_logprobs\":[null,-1.5],\"top_logprobs\":[null,{\" c\":"
        "-0.5,\" b\":-1.5}],\"text_offset\":[0,1]}}]}");

    (void)state;
    assert_int_equal(r.ntokens, 2);
    assert_true(isnan(r.tokens[0].logprob));
    assert_true(r.tokens[1].logprob == -1.5);
    assert_str(r.tokens[1].piece, " b");
    assert_int_equal(r.tokens[1].offset, 1);
    assert_int_equal(r.tokens[1].id, -1);
    /* Together: the prompt has a list of its own, that of the completion is not ours */
    r = answer("completions",
        "{\"prompt\":[{\"text\":\"a b\",\"logprobs\":{\"token_ids\":[1,40,41],\"tokens\":[\"<s>\","
        "\"a\",\" b\"],\"token_logprobs\":[null,-2,-3]}}],\"choices\":[{\"text\":\"c\","
        "\"finish_reason\":\"length\",\"logprobs\":{\"token_ids\":[5],\"tokens\":[\"c\"],"
        "\"token_logprobs\":[-9]}}]}");
    assert_int_equal(r.outcome, OUTCOME_OK);
    assert_int_equal(r.ntokens, 3);
    assert_int_equal(r.tokens[2].id, 41);
    assert_int_equal(r.tokens[2].offset, -1);
    assert_true(r.tokens[2].logprob == -3);
}

static void test_logprobs_keyed_by_id(void **state)
{
    static const int64_t ids[] = {1, 40, 41};
    struct completion c = COMPLETION_NONE;

    (void)state;
    c.dialect = dialect("vllm");
    c.ids = (struct token_ids){ids, 3};
    struct completion_reply r = answer_to(&c, 200,
        "{\"choices\":[{\"text\":\"x\",\"finish_reason\":\"length\",\"token_ids\":[9],"
        "\"prompt_logprobs\":[null,"
        "{\"77\":{\"logprob\":-0.1,\"rank\":1,\"decoded_token\":\" no\"},"
        "\"40\":{\"logprob\":-4,\"rank\":8,\"decoded_token\":\" yes\"}},"
        "{\"9999\":{\"logprob\":-1,\"rank\":1,\"decoded_token\":\"q\"}}]}]}");
    assert_int_equal(r.ntokens, 3);
    assert_true(isnan(r.tokens[0].logprob));
    assert_int_equal(r.tokens[1].id, 40); /* the likelier one beside it is not the prompt's */
    assert_true(r.tokens[1].logprob == -4);
    assert_str(r.tokens[1].piece, " yes");
    assert_int_equal(r.tokens[2].id, -1); /* not the token that was sent */
    assert_true(isnan(r.tokens[2].logprob));
}

static void test_logprobs_in_triples(void **state)
{
    struct completion_reply r = answer("sglang",
        "{\"text\":\"x\",\"output_ids\":[3],\"meta_info\":{\"finish_reason\":{\"type\":\"length\"},"
        "\"input_token_logprobs\":[[null,40,null],[-0.25,41,\" b\"]],"
        "\"output_token_logprobs\":[[-7,3,\"x\"]]}}");

    (void)state;
    assert_int_equal(r.ntokens, 2);
    assert_true(isnan(r.tokens[0].logprob));
    assert_int_equal(r.tokens[0].id, 40);
    assert_null(r.tokens[0].piece.p);
    assert_true(r.tokens[1].logprob == -0.25);
    assert_str(r.tokens[1].piece, " b");
}

static int release(void **state)
{
    (void)state;
    arena_release(&arena);
    buf_release(&body);
    buf_release(&path);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests_byte_by_byte),
        cmocka_unit_test(test_nothing_optional_is_sent_unasked),
        cmocka_unit_test(test_traits_have_their_say),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_openai),
        cmocka_unit_test(test_vllm_says_why_it_stopped),
        cmocka_unit_test(test_streams_read_like_plain_bodies),
        cmocka_unit_test(test_sglang),
        cmocka_unit_test(test_llama),
        cmocka_unit_test(test_failures),
        cmocka_unit_test(test_logprobs_of_lists),
        cmocka_unit_test(test_logprobs_keyed_by_id),
        cmocka_unit_test(test_logprobs_in_triples),
    };
    return cmocka_run_group_tests(tests, NULL, release);
}
