/*
 * test_traits.c - rows of hosts and models: patterns, layers and their order, where an entry's
 * traits come from, mistakes in files; what a configuration may ask of which endpoint.
 */
#include "harness/config/config_ask.h"
#include "harness/config/model.h"
#include "tests/unit/unit.h"

static struct arena arena;
static struct err err;

/* ---- patterns and layers --------------------------------------------------------------------- */

static void test_patterns(void **state)
{
    static const struct {
        const char *pattern, *name;
        bool fits;
    } rows[] = {
        {"*", "", true},
        {"*", "a/b", true},
        {"", "", true},
        {"", "a", false},
        {"a", "a", true},
        {"a", "ab", false},
        {"a*", "ab", true},
        {"a*", "ba", false},
        {"*b", "ab", true},
        {"*b", "abc", false},
        {"*b*", "abc", true},
        {"a*c", "abcbc", true},
        {"a*c", "abcb", false},
        {"claude-*-4-5*", "claude-opus-4-5-20251101", true},
        {"claude-*-4-5*", "claude-opus-4-6", false},
        {"**", "x", true},
        {"a**b", "ab", true},
        {"gpt-5.*", "gpt-5x1", false},
        {"*aab", "aaab", true},
        {"A", "a", false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (models_fits(str_c(rows[i].pattern), str_c(rows[i].name)) != rows[i].fits)
            fail_msg("%s and %s", rows[i].pattern, rows[i].name);
}

static const char shipped_text[] =
    "{\"hosts\":[{\"name\":\"h\",\"base_url\":\"https://h.example/v1\",\"key_env\":\"H_KEY\","
    "\"aliases\":[\"https://*.h.example/v1\"],\"traits\":{\"context\":1,\"output\":1}},"
    "{\"name\":\"box\",\"by_name\":true},"
    "{\"name\":\"shared\",\"base_url\":\"http://127.0.0.1:7/v1\"}],"
    "\"models\":["
    "{\"hosts\":[\"h\"],\"names\":[\"big-2*\"],\"traits\":{\"output\":22,\"seed_key\":\"s2\"}},"
    "{\"hosts\":[\"h\"],\"names\":[\"big*\",\"huge\"],\"traits\":{\"output\":20,\"seed_key\":"
    "\"s1\","
    "\"api\":\"openai-responses\"}},"
    "{\"hosts\":[\"h\"],\"names\":[\"big*\"],\"api\":\"openai-chat\",\"traits\":{\"output\":30}},"
    "{\"hosts\":[\"box\"],\"names\":[\"*\"],\"traits\":{\"output\":7}}]}";

static const char own_text[] =
    "{\"hosts\":[{\"name\":\"h\",\"key_env\":\"MINE\",\"traits\":{\"batch\":\"openai\"}},"
    "{\"name\":\"port\",\"base_url\":\"http://127.0.0.1:7/v1\",\"traits\":{\"output\":4}}],"
    "\"models\":[{\"hosts\":[\"h\"],\"names\":[\"*\"],\"traits\":{\"output\":5}}]}";

static struct model_list shipped, own;

static struct model_book book_of(bool with_own)
{
    if (models_read(str_c(shipped_text), "shipped", &arena, &shipped, &err) ||
        models_read(str_c(own_text), "own", &arena, &own, &err))
        fail_msg("%s", err.msg);
    return (struct model_book){&shipped, with_own ? &own : NULL};
}

static struct traits traits_at(bool with_own, const char *host, const char *model, const char *api,
    const char *last, struct model_layers *layers)
{
    struct model_book book = book_of(with_own);
    struct traits t;

    if (models_traits(
            &book, str_c(host), str_c(model), str_c(api), str_c(last), &arena, &t, layers, &err))
        fail_msg("%s", err.msg);
    return t;
}

static void test_layers(void **state)
{
    struct model_layers l;
    struct traits t = traits_at(false, "h", "big-20", "", "", &l);

    (void)state;
    assert_int_equal(t.output, 22); /* the row with more letters */
    assert_int_equal(t.context, 1); /* what only the host says */
    assert_str(t.seed_key, "s2");
    assert_str(t.api, "openai-responses"); /* a wider row's, which the closer one does not say */
    assert_str(t.limit_key, "max_output_tokens");
    assert_int_equal(l.n, 3);
    assert_string_equal(l.v[0].where, "shipped, hosts[0]");
    assert_string_equal(l.v[1].where, "shipped, models[1]");
    assert_string_equal(l.v[2].where, "shipped, models[0]");

    /* the entry's wire format wins, and only then the row for it holds; letters still go first */
    t = traits_at(false, "h", "big-1", "openai-chat", "", NULL);
    assert_int_equal(t.output, 30);
    assert_str(t.api, "openai-chat");
    assert_str(t.limit_key, "max_tokens");
    assert_int_equal(traits_at(false, "h", "big-2", "openai-chat", "", NULL).output, 22);

    /* the user's rows win over closer ones of the program, and the entry over all */
    t = traits_at(true, "h", "big-20", "", "", NULL);
    assert_int_equal(t.output, 5);
    assert_str(t.batch, "openai");
    assert_int_equal(t.context, 1);
    t = traits_at(true, "h", "big-20", "", "{\"output\":6,\"api\":\"openai-chat\"}", NULL);
    assert_int_equal(t.output, 6);
    assert_str(t.api, "openai-chat");

    /* of a server that nothing is known about */
    t = traits_at(true, "", "big-20", "", "", &l);
    assert_int_equal(l.n, 0);
    assert_int_equal(t.output, FIELD_NONE);
    t = traits_at(true, "", "x", "anthropic-messages", "", NULL);
    assert_str(t.effort_key, "output_config.effort");
    assert_int_equal(t.seed_key.n, 0);
}

/* The table's defaults are those of the struct, so that a file says only what differs. */
static void test_table_and_struct_agree(void **state)
{
    struct traits t;
    struct buf a = BUF_INIT, b = BUF_INIT;

    (void)state;
    field_defaults(&traits_table, &t, &arena);
    field_print(&traits_table, &t, &a);
    field_print(&traits_table, &traits_default, &b);
    assert_string_equal(buf_cstr(&a), buf_cstr(&b));
    buf_release(&a);
    buf_release(&b);
}

/* ---- hosts ----------------------------------------------------------------------------------- */

static enum err_code place(struct model_config m, bool with_own, struct model_place *ret)
{
    struct model_book book = book_of(with_own);

    err = (struct err){0};
    return model_resolve(&m, &book, &arena, ret, &err);
}

static void test_hosts(void **state)
{
    struct model_place p;

    (void)state;
    assert_int_equal(place((struct model_config){.name = STR("h/big-2")}, false, &p), OK);
    assert_str(p.base_url, "https://h.example/v1");
    assert_str(p.key_env, "H_KEY");
    assert_int_equal(p.traits.output, 22);
    /* the user's row says the key, the program's the address */
    assert_int_equal(place((struct model_config){.name = STR("h/big-2")}, true, &p), OK);
    assert_str(p.base_url, "https://h.example/v1");
    assert_str(p.key_env, "MINE");
    /* a key that is known does not go to an address that the user's row says */
    static const char moved[] =
        "{\"hosts\":[{\"name\":\"h\",\"base_url\":\"https://proxy.example/v1/\"}]}";
    struct model_list list;
    assert_int_equal(models_read(str_c(moved), "own", &arena, &list, &err), OK);
    struct model_book book = {&shipped, &list};
    struct model_config h = {.name = STR("h/big-2")};
    assert_int_equal(model_resolve(&h, &book, &arena, &p, &err), OK);
    assert_str(p.base_url, "https://proxy.example/v1");
    assert_int_equal(p.key_env.n, 0);
    assert_int_equal(models_read(STR("{\"hosts\":[{\"name\":\"h\",\"base_url\":\"ftp://x\"}]}"),
                         "own", &arena, &list, &err),
        OK);
    assert_int_equal(model_resolve(&h, &book, &arena, &p, &err), ERR_USAGE);
    assert_message(err, "host h: base_url \"ftp://x\" must begin with http:// or https://");
    /* by an address of it; no key goes to an address of the entry's own */
    struct model_config m = {.name = STR("big-2"), .base_url = STR("https://eu.h.example/v1/")};
    assert_int_equal(place(m, false, &p), OK);
    assert_str(p.host, "h");
    assert_int_equal(p.traits.output, 22);
    assert_int_equal(p.key_env.n, 0);
    m.base_url = STR("https://h.example.evil.com/v1");
    assert_int_equal(place(m, false, &p), OK);
    assert_int_equal(p.host.n, 0);
    assert_int_equal(p.traits.output, FIELD_NONE);
    /* by the key host, with the name as it is */
    m.host = STR("h");
    assert_int_equal(place(m, false, &p), OK);
    assert_str(p.host, "h");
    assert_str(p.model, "big-2");
    assert_str(p.base_url, "https://h.example.evil.com/v1");
    assert_int_equal(p.key_env.n, 0);
    m.host = STR("hh");
    assert_int_equal(place(m, false, &p), ERR_USAGE);
    assert_message(err, "host \"hh\" is not known: it must be one of h, box, shared");
    /* a host that stands anywhere is told by the name, also at an address */
    m = (struct model_config){.name = STR("box/q/7b"), .base_url = STR("http://127.0.0.1:8000/v1")};
    assert_int_equal(place(m, false, &p), OK);
    assert_str(p.host, "box");
    assert_str(p.model, "q/7b");
    assert_int_equal(p.traits.output, 7);
    m.base_url = (struct str){NULL, 0};
    assert_int_equal(place(m, false, &p), ERR_USAGE);
    assert_message(err, "host box has no address of its own: give the model's base_url");
    /* a port of this machine is a host's by a row of the user's only */
    m = (struct model_config){.name = STR("q"), .base_url = STR("http://127.0.0.1:7/v1")};
    assert_int_equal(place(m, true, &p), OK);
    assert_int_equal(p.traits.output, 4);
    assert_int_equal(place(m, false, &p), OK);
    assert_int_equal(p.host.n, 0);
    /* others not */
    m = (struct model_config){.name = STR("h/big-2"), .base_url = STR("http://127.0.0.1:8000/v1")};
    assert_int_equal(place(m, false, &p), OK);
    assert_str(p.model, "h/big-2");
    assert_int_equal(p.host.n, 0);
    m.traits = STR("{\"output\":9,\"effort_key\":\"a b\"}");
    assert_int_equal(place(m, false, &p), ERR_USAGE);
    assert_message(err, "traits.effort_key is \"a b\"");
}

/* ---- files ----------------------------------------------------------------------------------- */

static void test_mistakes_in_files(void **state)
{
    static const struct {
        const char *json, *message;
    } rows[] = {
        {"[]", "a models file is an object with hosts and models, not"},
        {"{", "m.json"},
        {"{\"host\":[]}", "unknown models file key \"host\"; did you mean \"hosts\"?"},
        {"{\"hosts\":[{}]}", "m.json: hosts[0].name is missing"},
        {"{\"hosts\":[{\"name\":\"a/b\"}]}", "a host needs a name without '/'"},
        {"{\"hosts\":[{\"name\":\"a\"},{\"name\":\"a\"}]}", "hosts[0] and hosts[1] are both \"a\""},
        {"{\"hosts\":[{\"name\":\"a\",\"traits\":{\"limit_kye\":\"x\"}}]}",
            "unknown traits key \"hosts[0].traits.limit_kye\"; did you mean \"limit_key\"?"},
        {"{\"models\":[{\"names\":[\"*\"],\"traits\":{}}]}", "models[0].hosts is empty"},
        {"{\"models\":[{\"hosts\":[\"a\"],\"traits\":{}}]}",
            "models[0].names is empty: say for which models (\"*\" = all)"},
        {"{\"models\":[{\"hosts\":[\"a\"],\"names\":[\"x\"]}]}", "models[0].traits is missing"},
        {"{\"models\":[{\"hosts\":[\"a\"],\"names\":[\"x\"],\"traits\":{\"sampling\":1}}]}",
            "models[0].traits.sampling must be true or false"},
        {"{\"models\":[{\"hosts\":[\"a\"],\"names\":[\"x\"],\"traits\":{\"forcing\":\"y\"}}]}",
            "models[0].traits.forcing is \"y\"; it must be one of completions|vllm"},
        {"{\"models\":[{\"hosts\":[\"a\"],\"names\":[\"x\"],\"traits\":{\"extra\":[1]}}]}",
            "models[0].traits.extra must be an object"},
        {"{\"models\":[{\"hosts\":[\"a\"],\"names\":[\"x\"],\"traits\":{\"limit_key\":\".a\"}}]}",
            "models[0].traits.limit_key is \".a\""},
        {"{\"models\":[{\"hosts\":[\"a\"],\"names\":[\"x\"],\"traits\":{\"seed_key\":\"a\\\",b\"}}"
         "]}",
            "models[0].traits.seed_key is"},
        {"{\"models\":[{\"hosts\":[\"a\"],\"names\":[\"x\"],\"traits\":{\"key_header\":"
         "\"a: b\\r\\nc: \"}}]}",
            "models[0].traits.key_header must be a header"},
        {"{\"models\":[{\"hosts\":[\"a\"],\"names\":[\"x\"],\"traits\":{\"thinking_least\":5,"
         "\"thinking_most\":4}}]}",
            "thinking_least is above thinking_most"},
    };
    struct model_list list;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        err = (struct err){0};
        if (models_read(str_c(rows[i].json), "m.json", &arena, &list, &err) != ERR_USAGE)
            fail_msg("%s was taken", rows[i].json);
        assert_message(err, rows[i].message);
    }
    struct model_book book = {&shipped, &list};
    book_of(false);
    assert_int_equal(models_read(STR("{\"models\":[{\"hosts\":[\"h\",\"k\"],\"names\":[\"x\"],"
                                     "\"traits\":{}}]}"),
                         "m.json", &arena, &list, &err),
        OK);
    assert_int_equal(models_check_hosts(&book, &err), ERR_USAGE);
    assert_message(err, "m.json: models[0].hosts names \"k\", which is none of h, box, shared");
}

/* ---- what a run may ask ---------------------------------------------------------------------- */

static const char *const head = "{\"name\":\"t\",\"temperature\":null,";

static enum err_code ask(const char *rest, struct buf *unsent)
{
    struct buf json = BUF_INIT;
    struct config c;

    arena_reset(&arena);
    err = (struct err){0};
    buf_printf(&json, "%s%s}", strstr(rest, "temperature") ? "{\"name\":\"t\"," : head, rest);
    enum err_code code = config_load(buf_str(&json), "c.json", NULL, 0, &arena, &c, &err);
    if (code)
        fail_msg("%s: %s", buf_cstr(&json), err.msg);
    code = config_ask_check(&c, &err);
    if (unsent)
        config_ask_unsent(&c, unsent);
    buf_release(&json);
    return code;
}

#define MODEL(m) "\"models\":[\"" m "\"]"
#define EFFORT(w) ",\"test_budget\":{\"kind\":\"effort\",\"levels\":[\"" w "\"]}"
#define COUNT(kind, n) ",\"test_budget\":{\"kind\":\"" kind "\",\"levels\":[" n "]}"
#define SLEEPS ",\"arms\":[\"sleep_time\"]"
#define CHAT(m) "\"models\":[{\"name\":\"" m "\",\"api\":\"openai-chat\"}]"

/* The rules of configs/models.json, one by one: NULL is taken, else the words of the refusal. */
static const struct {
    const char *json, *message;
} asks[] = {
    /* efforts: each model has its own words */
    {MODEL("openai/gpt-5.6-sol") EFFORT("xhigh"), NULL},
    {MODEL("openai/gpt-5.6-sol") EFFORT("minimal"),
        "does not take the effort \"minimal\": it takes none, low, medium, high, xhigh"},
    {MODEL("openai/gpt-5.4") EFFORT("minimal"), NULL},
    {MODEL("openai/gpt-5.5-pro") EFFORT("low"), "it takes medium, high, xhigh"},
    {MODEL("openai/gpt-5.5-pro") EFFORT("none"), "it takes medium, high, xhigh"},
    {MODEL("openai/o3-mini") EFFORT("xhigh"), "it takes low, medium, high"},
    {MODEL("openai/gpt-4o") EFFORT("low"),
        "openai/gpt-4o takes no effort: set test_budget.kind to none or max_tokens"},
    {MODEL("deepseek/deepseek-v4-pro") EFFORT("medium"), "it takes none, low, high, max"},
    {MODEL("deepseek/deepseek-v4-pro") EFFORT("none"), NULL},
    {MODEL("anthropic/claude-opus-5") EFFORT("max"), NULL},
    {MODEL("anthropic/claude-opus-5") EFFORT("none"), NULL}, /* nothing is sent */
    {MODEL("anthropic/claude-opus-5") EFFORT("minimal"), "low, medium, high, xhigh, max"},
    {MODEL("anthropic/claude-haiku-4-5") EFFORT("low"),
        "takes no effort: set test_budget.kind to thinking"},
    {MODEL("ollama/qwen3") EFFORT("xhigh"), "it takes none, low, medium, high, max"},
    {MODEL("groq/openai/gpt-oss-20b") EFFORT("none"), NULL}, /* not known to think unasked */
    {MODEL("llama.cpp/q") EFFORT("low"), "set test_budget.kind to thinking"},
    /* thinking tokens */
    {MODEL("anthropic/claude-sonnet-4-5") COUNT("thinking", "1024") ",\"max_tokens\":{"
                                                                    "\"test\":1025}",
        NULL},
    {MODEL("anthropic/claude-sonnet-4-5") COUNT("thinking", "0"), NULL},
    {MODEL("anthropic/claude-sonnet-4-5") COUNT("thinking", "1023") ",\"max_tokens\":{"
                                                                    "\"test\":9999}",
        "does not take 1023 thinking tokens: it takes at least 1024"},
    {MODEL("anthropic/claude-sonnet-4-5") COUNT("thinking", "2048") ",\"max_tokens\":{"
                                                                    "\"test\":2048}",
        "counts thinking within its limit: set max_tokens.test above 2048"},
    {MODEL("anthropic/claude-sonnet-4-5") COUNT("thinking", "2048") ",\"max_tokens\":{"
                                                                    "\"test\":null}",
        "set max_tokens.test above 2048"},
    {MODEL("anthropic/claude-opus-4-7") COUNT("thinking", "2048"),
        "takes no number of thinking tokens: set test_budget.kind to effort"},
    {MODEL("openai/gpt-5.6-sol") COUNT("thinking", "2048"), "takes no number of thinking"},
    {MODEL("gemini/gemini-2.5-pro") COUNT("thinking", "127"), "at least 128 and at most 32768"},
    {MODEL("gemini/gemini-2.5-pro") COUNT("thinking", "32769"), "at most 32768"},
    {MODEL("gemini/gemini-2.5-pro") COUNT("thinking", "0"),
        "cannot be told not to think: ask for some in test_budget.kind"},
    {MODEL("gemini/gemini-2.5-flash") COUNT("thinking", "0,1,24576"), NULL},
    {MODEL("gemini/gemini-2.5-flash-lite") COUNT("thinking", "511"), "at least 512"},
    {MODEL("gemini/gemini-3-pro") COUNT("thinking", "512"), "set test_budget.kind to effort"},
    {MODEL("vllm/q") COUNT("thinking", "0,64"), NULL},
    {MODEL("openrouter/a/b") COUNT("thinking", "64"), NULL},
    /* forcing */
    {MODEL("vllm/q") COUNT("forced", "0,64"), NULL},
    {MODEL("anthropic/claude-opus-5") COUNT("forced", "64"), "cannot be forced to think"},
    {MODEL("openai/gpt-5.6-sol") COUNT("forced", "64"), "cannot be forced to think"},
    {MODEL("deepseek/deepseek-v4-pro") COUNT("forced", "64"), "cannot be forced to think"},
    {MODEL("deepseek-beta/deepseek-v4-pro") COUNT("forced", "64"), NULL},
    {"\"models\":[{\"name\":\"tgi/q\",\"base_url\":\"http://127.0.0.1:1/v1\"}]" EFFORT("low"),
        "tgi/q takes no effort: set test_budget.kind to none or max_tokens"},
    /* temperature */
    {MODEL("openai/gpt-5.6-sol") ",\"temperature\":0",
        "takes no temperature while it thinks: set temperature to null"},
    {MODEL("openai/gpt-5.6-sol") ",\"temperature\":0" EFFORT("none"), NULL},
    {MODEL("openai/o3-mini") ",\"temperature\":0" EFFORT("low"),
        "takes no temperature: set temperature to null"},
    {MODEL("openai/gpt-4o") ",\"temperature\":0", NULL},
    {MODEL("anthropic/claude-opus-5") ",\"temperature\":0", "takes no temperature: set"},
    {MODEL("anthropic/claude-opus-4-6") ",\"temperature\":0", NULL},
    {MODEL("anthropic/claude-opus-4-6") ",\"temperature\":0" EFFORT("low"), "while it thinks"},
    {MODEL("deepseek/deepseek-v4-pro") ",\"temperature\":0", "while it thinks"},
    {MODEL("openai/gpt-5.6-sol") ",\"arms\":[{\"method\":\"test_time\",\"temperature\":1}]",
        "set the arm's temperature to null"},
    /* tools */
    {CHAT("openai/gpt-5.6-sol") SLEEPS,
        "takes no tools while it thinks on openai-chat: set the model's api to "
        "\"openai-responses\""},
    {CHAT("openai/gpt-5.6-sol"), NULL},
    {CHAT("openai/gpt-5.4") SLEEPS, NULL}, /* does not think unless told */
    {CHAT("openai/gpt-5.4") SLEEPS ",\"sleep_budget\":{\"kind\":\"effort\",\"levels\":["
                                   "\"low\"]}",
        "takes no tools while it thinks"},
    {CHAT("openai/gpt-5.6-sol") SLEEPS ",\"sleep_budget\":{\"kind\":\"effort\",\"levels\":["
                                       "\"none\"]}",
        NULL},
    {MODEL("openai/gpt-5.6-sol") SLEEPS, NULL},
    /* the sleeper is another model, and has its own keys */
    {"\"models\":[\"phantom/small\"],\"sleep_models\":[\"anthropic/claude-haiku-4-5\"],"
     "\"sleep_budget\":{\"kind\":\"thinking\",\"levels\":[4096]},"
     "\"arms\":[{\"method\":\"sleep_time\",\"sleep\":{\"model\":\"anthropic/claude-haiku-4-5\"}"
     "}]",
        "claude-haiku-4-5 counts thinking within its limit: set max_tokens.sleep above 4096"},
    /* limits */
    {"\"models\":[{\"name\":\"m\",\"base_url\":\"http://127.0.0.1:1/v1\",\"traits\":{"
     "\"output\":1000}}]",
        "m gives at most 1000 tokens: max_tokens.test is 1024"},
    {"\"models\":[{\"name\":\"m\",\"base_url\":\"http://127.0.0.1:1/v1\",\"traits\":{"
     "\"output\":1000}}]" COUNT("max_tokens", "1000"),
        NULL},
    {"\"models\":[{\"name\":\"m\",\"base_url\":\"http://127.0.0.1:1/v1\",\"traits\":{"
     "\"output\":1000}}]" COUNT("max_tokens", "1001"),
        "test_budget.levels is 1001"},
    {"\"models\":[{\"name\":\"m\",\"base_url\":\"http://127.0.0.1:1/v1\",\"traits\":{"
     "\"limit_key\":null}}]",
        "takes no limit of tokens: set max_tokens.test to null"},
    /* nothing is known: nothing is refused, but what needs a member's name */
    {"\"models\":[{\"name\":\"m\",\"base_url\":\"http://127.0.0.1:1/"
     "v1\"}],\"temperature\":1" EFFORT("max") SLEEPS,
        NULL},
    {"\"models\":[{\"name\":\"m\",\"base_url\":\"http://127.0.0.1:1/v1\"}]" COUNT("thinking", "9"),
        "takes no number of thinking tokens"},
    /* a phantom takes everything */
    {MODEL("phantom/small") COUNT("forced", "9") ",\"temperature\":0", NULL},
    {MODEL("phantom/small") COUNT("thinking", "9"), NULL},
};

static void test_asks(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(asks); i++) {
        enum err_code code = ask(asks[i].json, NULL);
        if (!asks[i].message && code)
            fail_msg("%s: %s", asks[i].json, err.msg);
        if (asks[i].message && code != ERR_USAGE)
            fail_msg("%s was taken", asks[i].json);
        if (asks[i].message)
            assert_message(err, asks[i].message);
    }
}

static void test_unsent(void **state)
{
    struct buf line = BUF_INIT;

    (void)state;
    assert_int_equal(ask(MODEL("openai/gpt-4o"), &line), OK);
    assert_int_equal(line.n, 0);
    assert_int_equal(ask("\"models\":[\"openai/gpt-5.6-sol\",\"openai/gpt-4o\","
                         "\"anthropic/claude-opus-5\"]",
                         &line),
        OK);
    assert_str(buf_str(&line),
        "not sent: the seed (no such parameter: openai/gpt-5.6-sol on openai-responses, "
        "anthropic/claude-opus-5 on anthropic-messages)\n");
    buf_release(&line);
}

/* Every shipped row can be read, and says what it must. */
static void test_shipped_rows(void **state)
{
    static const char *const hosts[] = {"anthropic", "azure", "deepseek", "fireworks", "gemini",
        "groq", "llama.cpp", "lmstudio", "mistral", "ollama", "openai", "openrouter", "phantom",
        "sglang", "tgi", "together", "vllm"};
    const struct model_list *list;
    struct model_host h;

    (void)state;
    if (models_shipped(&list, &err))
        fail_msg("%s", err.msg);
    struct model_book book = {list, list};
    for (size_t i = 0; i < ARRAY_LEN(hosts); i++)
        assert_true(models_host(&book, str_c(hosts[i]), &h));
    if (models_check_hosts(&book, &err))
        fail_msg("%s", err.msg);
    const struct model_host *all = list->hosts.v;
    for (size_t i = 0; i < list->hosts.n; i++)
        assert_true(all[i].source.n && all[i].checked.n == 10);
    const struct model_row *rows = list->models.v;
    for (size_t i = 0; i < list->models.n; i++)
        assert_true(rows[i].source.n && rows[i].checked.n == 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_patterns),
        cmocka_unit_test(test_layers),
        cmocka_unit_test(test_table_and_struct_agree),
        cmocka_unit_test(test_hosts),
        cmocka_unit_test(test_mistakes_in_files),
        cmocka_unit_test(test_asks),
        cmocka_unit_test(test_unsent),
        cmocka_unit_test(test_shipped_rows),
    };

    return cmocka_run_group_tests(tests, NULL, unit_cleanup);
}
