/* test_config_model.c - where a model's requests go, what is this machine, and where keys are. */
#include "harness/config/model.h"

#include "harness/base/log.h"
#include "tests/unit/unit.h"

static struct err err;
static struct arena arena;

static enum err_code resolve(const struct model_config *m, struct model_place *ret)
{
    struct model_book book = {NULL, NULL};

    err = (struct err){0};
    if (models_shipped(&book.shipped, &err))
        fail_msg("%s", err.msg);
    return model_resolve(m, &book, &arena, ret, &err);
}

static enum err_code at(const char *name, const char *url, struct model_place *ret)
{
    struct model_config m = {.name = str_c(name)};

    if (url)
        m.base_url = str_c(url);
    return resolve(&m, ret);
}

static void test_names(void **state)
{
    struct model_place p;

    (void)state;
    assert_int_equal(at("openai/gpt-4o-mini", NULL, &p), OK);
    assert_str(p.base_url, "https://api.openai.com/v1");
    assert_str(p.model, "gpt-4o-mini");
    assert_str(p.key_env, "OPENAI_API_KEY");
    assert_str(p.traits.limit_key, "max_completion_tokens");
    assert_false(p.loopback || p.phantom);
    assert_int_equal(at("openrouter/deepseek/r1", NULL, &p), OK);
    assert_str(p.model, "deepseek/r1");
    assert_int_equal(at("phantom/small", NULL, &p), OK);
    assert_true(p.loopback && p.phantom && p.simulated);
    assert_int_equal(p.key_env.n, 0);
    /* with an address of its own a name is a name, and no provider's key goes there */
    assert_int_equal(at("openai/gpt-4o-mini", "http://10.0.0.1/v1///", &p), OK);
    assert_str(p.base_url, "http://10.0.0.1/v1");
    assert_str(p.model, "openai/gpt-4o-mini");
    assert_int_equal(p.key_env.n, 0);
    assert_false(p.loopback);
    assert_false(p.simulated);
    assert_str(p.traits.limit_key, "max_tokens");
    assert_int_equal(at("m", "https://api.openai.com/v1/", &p), OK);
    assert_str(p.traits.limit_key, "max_completion_tokens");
    /* a phantom that somebody serves is one all the same, but no child of ours */
    assert_int_equal(at("phantom/small", "http://127.0.0.1:9/v1", &p), OK);
    assert_true(p.simulated && !p.phantom);
    assert_str(p.model, "small");
    assert_int_equal(at("unknown/x", NULL, &p), ERR_USAGE);
    assert_message(err, "mistral, ollama, openai");
    assert_int_equal(at("openai", NULL, &p), ERR_USAGE);
}

static void test_wire_formats(void **state)
{
    struct model_config m = {.name = STR("anthropic/claude-x")};
    struct model_place p;

    (void)state;
    assert_int_equal(resolve(&m, &p), OK);
    assert_str(p.base_url, "https://api.anthropic.com");
    assert_str(p.key_env, "ANTHROPIC_API_KEY");
    assert_str(p.model, "claude-x");
    assert_str(p.traits.api, "anthropic-messages");
    assert_int_equal(at("claude-x", "https://api.anthropic.com/", &p), OK);
    assert_str(p.traits.api, "anthropic-messages");
    assert_int_equal(at("deepseek/v4", NULL, &p), OK);
    assert_str(p.traits.api, "openai-chat");
    /* what the entry says holds, with a known provider and without */
    m.api = STR("openai-chat");
    assert_int_equal(resolve(&m, &p), OK);
    assert_str(p.traits.api, "openai-chat");
    m.base_url = STR("https://api.anthropic.com");
    assert_int_equal(resolve(&m, &p), OK);
    assert_str(p.traits.api, "openai-chat");
    m.base_url = STR("https://api.deepseek.com/anthropic");
    m.api = STR("anthropic-messages");
    assert_int_equal(resolve(&m, &p), OK);
    assert_str(p.traits.api, "anthropic-messages");
}

static void test_what_is_this_machine(void **state)
{
    static const struct {
        const char *url;
        bool loopback;
    } rows[] = {
        {"http://127.0.0.1/v1", true}, {"http://127.0.0.1", true},
        {"http://127.255.1.2:8000/v1", true}, {"http://localhost:1/v1", true},
        {"https://LocalHost/v1", true}, {"http://[::1]:8000/v1", true}, {"http://[::1]", true},
        {"http://127.evil.com/v1", false}, {"http://127.0.0.1.evil.com/v1", false},
        {"http://127.0.0.1evil.com", false}, {"http://127.0.0", false},
        {"http://127.0.0.1.1", false}, {"http://127.0.0.256", false},
        {"http://127.0.0.1234", false}, {"http://127..0.1", false}, {"http://1270.0.0.1", false},
        {"http://localhost.evil.com", false}, {"http://localhosts", false},
        {"http://evil.com/127.0.0.1", false}, {"http://evil.com?127.0.0.1", false},
        {"http://evil.com#localhost", false}, {"http://evil.com\\localhost", false},
        {"http://[::1].evil.com", false}, {"http://[::2]", false}, {"http://[::1", false},
        {"http://10.0.0.1", false}, {"http://192.168.1.1", false},
        {"http://0x7f.0.0.1", false}, /* asking once too often does no harm */
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct model_place p;
        assert_int_equal(at("m", rows[i].url, &p), OK);
        if (p.loopback != rows[i].loopback)
            fail_msg("%s", rows[i].url);
    }
}

static void test_addresses_that_are_refused(void **state)
{
    static const char *const urls[] = {"", "localhost:8000", "ftp://x/v1", "file:///etc/passwd",
        "http://a b/v1", "http://a/\n", "http://user:hunter2@127.0.0.1/v1",
        "http://127.0.0.1@evil.com/v1", "HTTP//x"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
        struct model_place p;
        if (at("m", urls[i], &p) != ERR_USAGE)
            fail_msg("%s", urls[i]);
        assert_null(strstr(err.msg, "hunter2"));
    }
}

static enum err_code key(struct model_config m, struct buf *ret)
{
    buf_reset(ret);
    err = (struct err){0};
    m.name = STR("m");
    m.base_url = STR("http://127.0.0.1:1/v1");
    struct model_place place;
    if (resolve(&m, &place))
        fail_msg("%s", err.msg);
    m.place = &place;
    return model_key(&m, ret, &err);
}

static void test_keys(void **state)
{
    struct buf got = BUF_INIT, clean = BUF_INIT;

    (void)state;
    assert_int_equal(key((struct model_config){.name = STR("")}, &got), OK);
    assert_int_equal(got.n, 0);
    unsetenv("UNIT_KEY");
    assert_int_equal(key((struct model_config){.api_key_env = STR("UNIT_KEY")}, &got), ERR_USAGE);
    assert_message(err, "set the environment variable UNIT_KEY");
    setenv("UNIT_KEY", "", 1);
    assert_int_equal(key((struct model_config){.api_key_env = STR("UNIT_KEY")}, &got), ERR_USAGE);
    setenv("UNIT_KEY", " sk-unit-12345 \n", 1);
    assert_int_equal(key((struct model_config){.api_key_env = STR("UNIT_KEY")}, &got), OK);
    assert_str(buf_str(&got), "sk-unit-12345");
    secret_redact(&clean, STR("got sk-unit-12345!"));
    assert_str(buf_str(&clean), "got [redacted]!");
    /* a line break would begin another header */
    setenv("UNIT_KEY", "sk-a\r\nX-Evil: 1", 1);
    assert_int_equal(key((struct model_config){.api_key_env = STR("UNIT_KEY")}, &got), ERR_USAGE);
    assert_message(err, "blank or line break");
    assert_null(strstr(err.msg, "sk-a"));
    buf_release(&got);
    buf_release(&clean);
}

static void test_key_files(void **state)
{
    struct buf got = BUF_INIT;
    const char *path = unit_file("key", STR("  sk-file-67890\nsecond line\n"));

    (void)state;
    assert_int_equal(key((struct model_config){.api_key_file = str_c(path)}, &got), OK);
    assert_str(buf_str(&got), "sk-file-67890");
    path = unit_file("empty", STR("\n"));
    assert_int_equal(key((struct model_config){.api_key_file = str_c(path)}, &got), ERR_USAGE);
    assert_message(err, "is empty");
    assert_int_equal(
        key((struct model_config){.api_key_file = STR("no/such.key")}, &got), ERR_USAGE);
    assert_message(err, "no/such.key");
    buf_release(&got);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_wire_formats),
        cmocka_unit_test(test_what_is_this_machine),
        cmocka_unit_test(test_addresses_that_are_refused),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_key_files),
    };

    return cmocka_run_group_tests(tests, NULL, unit_cleanup);
}
