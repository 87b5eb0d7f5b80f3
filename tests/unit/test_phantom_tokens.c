/* test_phantom_tokens.c - token ids, templates and properties as bytes; no sockets. */
#include "tests/unit/test_mind_lab.h"

#include "harness/phantom/chat.h"
#include "harness/phantom/vocab.h"

static struct chat *chat;

static int setup(void **state)
{
    struct mind_options o = {0};
    struct mind *m;
    struct err err;

    (void)state;
    if (mind_new(&o, &m, &err))
        fail_msg("%s", err.msg);
    chat = chat_new(m, 1);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    chat_free(chat);
    return 0;
}

static struct chat_answer post(const char *path, const char *body)
{
    struct chat_answer a = {0};

    assert_false(chat_early("POST", path, &a));
    chat_answer(chat, path, str_c(body), &a);
    return a;
}

static struct json *parsed(struct str text)
{
    struct json *doc;
    struct err err;

    if (json_parse(text, JSON_STRICT, &doc, &err))
        fail_msg("%s in %.*s", err.msg, STR_ARG(text));
    return doc;
}

/* A 200 as JSON. */
static struct json *ask(const char *path, const char *body)
{
    struct chat_answer a = post(path, body);

    if (a.status != 200)
        fail_msg("%d %s for %s", a.status, buf_cstr(&a.body), body);
    struct json *doc = parsed(buf_str(&a.body));
    chat_answer_release(&a);
    return doc;
}

static bool says(const struct json *doc, const char *path, const char *text)
{
    return str_eqc(json_str(json_path(doc, path)), text);
}

static int64_t number(const struct json *doc, const char *path)
{
    int64_t v = -77;

    (void)json_int(json_path(doc, path), &v);
    return v;
}

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
    struct json *doc = ask("/tokenize", tokens[ARRAY_LEN(tokens) - 1].body);
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
    struct json *doc = parsed(buf_str(&a.body));
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
