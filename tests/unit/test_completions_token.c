/*
 * test_completions_token.c - a chat into a prompt, by the server or by a template of our own, and
 * texts into token ids.
 */
#include "harness/provider/completions_token.h"

#include "harness/provider/completions_template.h"
#include "tests/unit/unit.h"

static struct arena arena;
static struct buf body, path;
static const int64_t some_ids[] = {7, 151648, 0};

static const struct completions_dialect *dialect(const char *name)
{
    const struct completions_dialect *d = completions_find(str_c(name));

    assert_non_null(d);
    return d;
}

static void assert_ids(struct token_ids ids, const char *expected)
{
    struct buf text = BUF_INIT;

    for (size_t i = 0; i < ids.n; i++)
        buf_printf(&text, i ? " %lld" : "%lld", (long long)ids.v[i]);
    assert_string_equal(buf_cstr(&text), expected);
    buf_release(&text);
}

/* ---- tokens ---------------------------------------------------------------------------------- */

static const struct message talk[] = {
    {.role = ROLE_SYSTEM, .text = {"Be brief.", 9}}, {.role = ROLE_USER, .text = {"1+1?", 4}}};

static void test_rendering_and_tokenising(void **state)
{
    struct traits traits = traits_default;

    (void)state;
    traits.extra = STR("{\"x\":1,\"chat_template_kwargs\":{\"enable_thinking\":true}}");
    buf_reset(&path);
    buf_reset(&body);
    completions_render_request(dialect("vllm"), &traits, STR("m"), talk, 2, &path, &body);
    assert_string_equal(buf_cstr(&path), "~/tokenize");
    assert_string_equal(buf_cstr(&body),
        "{\"model\":\"m\",\"messages\":[{\"role\":\"system\",\"content\":\"Be brief.\"},{\"role\":"
        "\"user\",\"content\":\"1+1?\"}],\"add_generation_prompt\":true,\"add_special_tokens\":"
        "false,\"chat_template_kwargs\":{\"enable_thinking\":true}}");
    buf_reset(&path);
    buf_reset(&body);
    completions_render_request(
        dialect("llama.cpp"), &traits_default, STR("m"), talk + 1, 1, &path, &body);
    assert_string_equal(buf_cstr(&path), "~/apply-template");
    assert_string_equal(buf_cstr(&body),
        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"1+1?\"}]}");
    static const char *const expected[][3] = {
        {"vllm", "{\"model\":\"m\",\"prompt\":\"a\",\"add_special_tokens\":true}",
            "{\"model\":\"m\",\"tokens\":[7,151648,0]}"},
        {"sglang", "{\"model\":\"m\",\"prompt\":\"a\",\"add_special_tokens\":true}",
            "{\"model\":\"m\",\"tokens\":[7,151648,0],\"skip_special_tokens\":false}"},
        {"llama.cpp",
            "{\"model\":\"m\",\"content\":\"a\",\"add_special\":true,\"parse_special\":true}",
            "{\"model\":\"m\",\"tokens\":[7,151648,0]}"},
    };
    for (size_t i = 0; i < ARRAY_LEN(expected); i++) {
        buf_reset(&path);
        buf_reset(&body);
        completions_tokenize_request(
            dialect(expected[i][0]), STR("m"), STR("a"), true, &path, &body);
        assert_string_equal(buf_cstr(&path), "~/tokenize");
        assert_string_equal(buf_cstr(&body), expected[i][1]);
        buf_reset(&path);
        buf_reset(&body);
        completions_detokenize_request(
            dialect(expected[i][0]), STR("m"), (struct token_ids){some_ids, 3}, &path, &body);
        assert_string_equal(buf_cstr(&path), "~/detokenize");
        assert_string_equal(buf_cstr(&body), expected[i][2]);
    }
}

static void test_reading_tokens_and_texts(void **state)
{
    struct completion_reply r;

    (void)state;
    completions_read_ids(
        200, STR("{\"count\":2,\"max_model_len\":9,\"tokens\":[5,6]}"), &arena, &r);
    assert_int_equal(r.outcome, OUTCOME_OK);
    assert_ids(r.ids, "5 6");
    assert_int_equal(usage_out(r.usage), 0);
    completions_read_ids(200, STR("{\"tokens\":[]}"), &arena, &r);
    assert_int_equal(r.outcome, OUTCOME_OK);
    assert_int_equal(r.ids.n, 0);
    completions_read_ids(200, STR("{\"tokens\":[5,6.5]}"), &arena, &r);
    assert_int_equal(r.outcome, OUTCOME_BAD_JSON);
    completions_read_ids(200, STR("{\"tokens\":[5,"), &arena, &r);
    assert_int_equal(r.outcome, OUTCOME_BAD_JSON);
    assert_true(r.retry);
    assert_str(r.error, "");
    completions_read_ids(200, STR("<html>busy</html>"), &arena, &r);
    assert_int_equal(r.outcome, OUTCOME_BAD_JSON);
    assert_str(r.error, "<html>busy</html>");
    completions_read_ids(404, STR("{\"detail\":\"Not Found\"}"), &arena, &r);
    assert_int_equal(r.outcome, OUTCOME_HTTP_ERROR);
    assert_false(r.retry);
    assert_str(r.error, "Not Found");
    completions_read_ids(200, STR("{\"error\":{\"message\":\"no\",\"code\":400}}"), &arena, &r);
    assert_int_equal(r.outcome, OUTCOME_REJECTED);
    assert_false(r.retry);
    static const char *const texts[] = {
        "{\"prompt\":\"a\\u00e9\"}", "{\"content\":\"a\\u00e9\"}", "{\"text\":\"a\\u00e9\"}"};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        completions_read_text(200, str_c(texts[i]), &arena, &r);
        assert_int_equal(r.outcome, OUTCOME_OK);
        assert_str(r.text, "a\xC3\xA9");
    }
    completions_read_text(200, STR("{\"tokens\":[1]}"), &arena, &r);
    assert_int_equal(r.outcome, OUTCOME_BAD_JSON);
}

/* ---- a chat as a text ------------------------------------------------------------------------ */

static struct reply read_chat(const char *text)
{
    struct reply r;

    openai_completions.read(200, str_c(text), true, &arena, &r);
    return r;
}

static void test_a_chat_as_one_completion(void **state)
{
    struct traits traits = traits_default;
    struct chat chat = {.model = STR("base"),
        .messages = talk,
        .n = 2,
        .traits = &traits,
        .temperature = 0.5,
        .max_tokens = 9,
        .seed = -1};

    (void)state;
    assert_ptr_equal(provider_find(STR("openai-completions")), &openai_completions);
    buf_reset(&body);
    openai_completions.build(&chat, &body);
    assert_string_equal(buf_cstr(&body),
        "{\"model\":\"base\",\"prompt\":\"System:\\nBe brief.\\n\\nUser:\\n1+1?\\n\\n"
        "Assistant:\\n\",\"max_tokens\":9,\"stop\":[\"\\nUser:\"],\"temperature\":0.5}");
    traits.template = STR("chatml");
    buf_reset(&body);
    openai_completions.build(&chat, &body);
    assert_string_equal(buf_cstr(&body),
        "{\"model\":\"base\",\"prompt\":\"<|im_start|>system\\nBe brief.<|im_end|>\\n"
        "<|im_start|>user\\n1+1?<|im_end|>\\n<|im_start|>assistant\\n\",\"max_tokens\":9,"
        "\"stop\":[\"<|im_end|>\"],\"temperature\":0.5}");
    assert_true(completions_template_known(STR("plain")));
    assert_true(completions_template_known(STR("chatml")));
    assert_false(completions_template_known(STR("llama")));
}

static void test_what_a_completion_is_worth(void **state)
{
    static const struct {
        const char *text, *finish;
        enum outcome outcome;
        const char *content, *reasoning;
    } cases[] = {
        {"The answer is 2.", "stop", OUTCOME_OK, "The answer is 2.", ""},
        {"The answer", "length", OUTCOME_TRUNCATED, "The answer", ""},
        {" \\n", "length", OUTCOME_NO_ANSWER_BUDGET, " \n", ""},
        {"", "stop", OUTCOME_REASONING_ONLY, "", ""},
        {"<think>hm</think>2", "stop", OUTCOME_OK, "2", "hm"},
        {"<think>hm", "length", OUTCOME_NO_ANSWER_BUDGET, "", "hm"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct reply r = read_chat(arena_printf(&arena,
            "{\"choices\":[{\"text\":\"%s\",\"finish_reason\":\"%s\"}],\"usage\":{"
            "\"prompt_tokens\":4,\"completion_tokens\":2}}",
            cases[i].text, cases[i].finish));
        assert_int_equal(r.outcome, cases[i].outcome);
        assert_str(r.content, cases[i].content);
        assert_str(r.reasoning, cases[i].reasoning);
        assert_int_equal(usage_out(r.usage), 2);
    }
    struct reply r = read_chat("data: {\"choices\":[{\"text\":\"4\"}]}\n\n"
                               "data: {\"choices\":[{\"text\":\"2\",\"finish_reason\":\"stop\"}]}"
                               "\n\ndata: [DONE]\n\n");
    assert_int_equal(r.outcome, OUTCOME_OK);
    assert_str(r.content, "42");
    r = read_chat("data: {\"choices\":[{\"text\":\"4\"}]}\n\ndata: [DONE]\n\n");
    assert_int_equal(r.outcome, OUTCOME_INCOMPLETE_STREAM);
    assert_true(r.retry);
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
        cmocka_unit_test(test_rendering_and_tokenising),
        cmocka_unit_test(test_reading_tokens_and_texts),
        cmocka_unit_test(test_a_chat_as_one_completion),
        cmocka_unit_test(test_what_a_completion_is_worth),
    };
    return cmocka_run_group_tests(tests, NULL, release);
}
