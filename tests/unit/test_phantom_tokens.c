/* test_phantom_tokens.c - token ids, templates and properties as bytes; no sockets. */
#include "tests/unit/test_phantom_lab.h"

#include "harness/phantom/vocab.h"

static const struct {
    const char *path, *body, *reply;
} tokens[] = {
    {"/tokenize", "{\"prompt\":\"a 1\"}",
        "{\"count\":3,\"max_model_len\":131072,\"tokens\":[0,256,%1],\"token_strs\":null}"},
    {"/tokenize", "{\"prompt\":\"a\",\"add_special_tokens\":false,\"return_token_strs\":true}",
        "{\"count\":1,\"max_model_len\":131072,\"tokens\":[256],\"token_strs\":[\"a\"]}"},
    {"/tokenize", "{\"content\":\"b\\n\"}", "{\"tokens\":[257,112]}"},
    {"/tokenize", "{\"content\":\"<think>\",\"add_special\":true}", "{\"tokens\":[0,4]}"},
    {"/tokenize", "{\"content\":\"b\",\"with_pieces\":true}",
        "{\"tokens\":[{\"id\":257,\"piece\":\"b\"}]}"},
    {"/detokenize", "{\"tokens\":[257,112,5]}",
        "{\"prompt\":\"b\\n</think>\",\"content\":\"b\\n</think>\",\"text\":\"b\\n</think>\"}"},
    {"/detokenize", "{\"tokens\":[]}", "{\"prompt\":\"\",\"content\":\"\",\"text\":\"\"}"},
    {"/apply-template", "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}",
        "{\"prompt\":\"<|begin_of_text|><|im_start|>user\\nx<|im_end|>\\n<|im_start|>"
        "assistant\\n\"}"},
    {"/apply-template",
        "{\"model\":\"phantom/reasoner\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}",
        "{\"prompt\":\"<|begin_of_text|><|im_start|>user\\nx<|im_end|>\\n<|im_start|>assistant\\n"
        "<think>\\n\"}"},
    {"/apply-template",
        "{\"model\":\"phantom/reasoner\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],"
        "\"chat_template_kwargs\":{\"enable_thinking\":false}}",
        "{\"prompt\":\"<|begin_of_text|><|im_start|>user\\nx<|im_end|>\\n<|im_start|>assistant\\n"
        "<think>\\n\\n</think>\\n\\n\"}"},
    {"/apply-template",
        "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"},{\"role\":\"assistant\",\"content\":"
        "\"So\"}]}",
        "{\"prompt\":\"<|begin_of_text|><|im_start|>user\\nx<|im_end|>\\n<|im_start|>"
        "assistant\\nSo\"}"},
    {"/apply-template",
        "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"add_generation_prompt\":false}",
        "{\"prompt\":\"<|begin_of_text|><|im_start|>user\\nx<|im_end|>\\n\"}"},
    {"/tokenize",
        "{\"messages\":[{\"role\":\"user\",\"content\":\"a\"}],\"add_generation_prompt\":false}",
        "{\"count\":7,\"max_model_len\":131072,\"tokens\":[0,2,%2,%3,3,112],\"token_strs\":null}"},
};

static void token_endpoints(void **state)
{
    (void)state;
    for (size_t i = 0; i + 1 < ARRAY_LEN(tokens); i++) {
        struct chat_answer a = post(tokens[i].path, tokens[i].body);
        struct buf want = BUF_INIT;
        const char *hole = strstr(tokens[i].reply, "%1");
        if (hole) { /* " 1" by hand: lead 1, the code point behind all words */
            buf_add(&want, tokens[i].reply, (size_t)(hole - tokens[i].reply));
            buf_printf(&want, "%d%s", 256 + (7454980 + 0x110000) + 7454980 + '1', hole + 2);
        } else {
            buf_puts(&want, tokens[i].reply);
        }
        assert_int_equal(a.status, 200);
        assert_string_equal(buf_cstr(&a.body), buf_cstr(&want));
        assert_int_equal(a.ledger.n, 0);
        chat_answer_release(&a);
        buf_release(&want);
    }
    /* a conversation: BOS, START, "user" , "\na", END, "\n" */
    struct json *doc = ask_json("/tokenize", tokens[ARRAY_LEN(tokens) - 1].body);
    assert_int_equal(number(doc, "count"), 6);
    json_free(doc);
}

static void other_routes(void **state)
{
    struct chat_answer a = {0};

    (void)state;
    assert_true(chat_early("GET", "/tokenize", &a) && a.status == 405);
    assert_string_equal(a.allow, "POST");
    chat_answer_release(&a);
    a = (struct chat_answer){0};
    assert_false(chat_early("GET", "/props", &a));
    chat_answer(chat, "/props", STR(""), &a);
    struct json *doc = parsed_text(buf_str(&a.body));
    assert_true(says(doc, "eos_token", "<|im_end|>"));
    assert_int_equal(number(doc, "default_generation_settings.n_ctx"), 131072);
    json_free(doc);
    chat_answer_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(token_endpoints),
        cmocka_unit_test(other_routes),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
