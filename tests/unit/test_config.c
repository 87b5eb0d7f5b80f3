/* test_config.c - configurations: every type, range, mistake, --set, differences, the schema. */
#include "harness/config/config.h"

#include "harness/base/data.h"
#include "harness/base/json.h"
#include "harness/config/budget.h"
#include "tests/unit/unit.h"

#include <math.h>

static struct arena arena;
static struct config c;
static struct err err;

static enum err_code load_with(const char *json, const char *const *sets, size_t n)
{
    arena_reset(&arena);
    err = (struct err){0};
    return config_load(str_c(json), "c.json", sets, n, &arena, &c, &err);
}

static enum err_code load(const char *json)
{
    return load_with(json, NULL, 0);
}

static enum err_code set(const char *assignment)
{
    return load_with("{\"name\":\"t\",\"arms\":[\"test_time\",{\"method\":\"sleep_time\","
                     "\"sleep\":{\"temperature\":0.7}}]}",
        &assignment, 1);
}

static void test_defaults(void **state)
{
    (void)state;
    assert_int_equal(load("{\"name\":\"t\"}"), OK);
    assert_str(c.name, "t");
    assert_str(c.dataset, "worlds/paper-like");
    assert_null(c.input.p);
    assert_int_equal(c.limit, FIELD_NONE);
    assert_int_equal(c.seed, 1);
    assert_int_equal(c.models.n, 1);
    assert_str(config_model(&c, 0)->name, "phantom/small");
    assert_true(c.temperature == 0);
    assert_int_equal(c.max_tokens_test, 1024);
    assert_int_equal(c.budget_levels.n, 5);
    assert_int_equal(c.arms.n, 1);
    assert_true(isnan(config_arm(&c, 0)->temperature));
    assert_int_equal(config_arm(&c, 0)->samples, FIELD_NONE);
    assert_false(c.stream);
}

static void test_every_type(void **state)
{
    (void)state;
    assert_int_equal(
        load("{\"name\":\"a-b_c.d/e\",\"stream\":true,\"limit\":7,\"temperature\":0.25,"
             "\"input\":\"x.jsonl\",\"split\":\"release\",\"test_budget\":{\"levels\":[4,0]},"
             "\"figures\":[\"3\"],\"models\":[\"phantom/small\",{\"name\":\"m\",\"base_url\":"
             "\"http://h/v1/"
             "\",\"api_key_env\":\"K\"}],\"arms\":[{\"method\":\"pass_at_k\",\"k\":[1,4],"
             "\"temperature\":1,\"samples\":6}],\"max_tokens\":{\"test\":null,\"sleep\":5}}"),
        OK);
    assert_true(c.stream);
    assert_int_equal(c.limit, 7);
    assert_true(c.temperature == 0.25);
    assert_str(c.input, "x.jsonl");
    assert_str(c.split, "release");
    assert_int_equal(c.budget_levels.v[0], 4);
    assert_int_equal(c.figures.n, 1);
    assert_str(c.figures.v[0], "3");
    assert_int_equal(c.models.n, 2);
    assert_str(config_model(&c, 1)->base_url, "http://h/v1/");
    assert_str(config_model(&c, 1)->api_key_env, "K");
    assert_int_equal(c.max_tokens_test, FIELD_NONE);
    assert_int_equal(c.max_tokens_sleep, 5);
    const struct arm_config *arm = config_arm(&c, 0);
    assert_int_equal(arm->k.v[1], 4);
    assert_int_equal(config_arm_samples(arm), 6);
    assert_true(config_arm_temperature(&c, arm) == 1);
    assert_true(config_sleep_temperature(&c, arm) == 0.25);
}

static void test_effort_levels(void **state)
{
    struct buf printed = BUF_INIT;

    (void)state;
    assert_int_equal(load("{\"name\":\"t\",\"test_budget\":{\"kind\":\"effort\"}}"), OK);
    assert_int_equal(c.budget_levels.n, 3);
    assert_string_equal(budget_effort(c.budget_levels.v[0]), "low");
    assert_string_equal(budget_effort(c.budget_levels.v[2]), "high");
    assert_int_equal(
        load("{\"name\":\"t\",\"temperature\":null,\"test_budget\":{\"kind\":\"effort\","
             "\"levels\":[\"xhigh\",\"none\"]}}"),
        OK);
    assert_int_equal(c.budget_levels.n, 2);
    assert_true(c.budget_levels.v[0] > c.budget_levels.v[1]);
    assert_true(config_arm_temperature(&c, config_arm(&c, 0)) == TEMPERATURE_UNSENT);
    field_print(&config_table, &c, &printed);
    assert_non_null(strstr(buf_cstr(&printed),
        "\"test_budget\":{\"kind\":\"effort\",\"levels\":[\"xhigh\",\"none\"]}"));
    assert_non_null(strstr(buf_cstr(&printed), "\"temperature\":null"));
    buf_release(&printed);
    assert_null(budget_effort(4));
    assert_null(budget_effort(LEVEL_EFFORT + 7));
    assert_null(budget_effort(LEVEL_EFFORT - 1));
}

static void test_mistakes_are_named(void **state)
{
    static const struct {
        const char *json, *message;
    } rows[] = {
        {"{\"name\":\"t\",\"seeed\":1}",
            "c.json: unknown configuration key \"seeed\"; did you mean \"seed\"?"},
        {"{\"name\":\"t\",\"max_tokens\":{\"tset\":1}}", "did you mean \"max_tokens.test\"?"},
        {"{\"name\":\"t\",\"max_tokens\":5}", "unknown configuration key \"max_tokens\""},
        {"{\"name\":\"t\",\"entirely_else\":1}", "`sleepbench help config`"},
        {"{\"name\":\"t\",\"arms\":[{\"metod\":\"test_time\"}]}",
            "\"arms[0].metod\"; did you mean \"method\"?"},
        {"{\"name\":\"t\",\"models\":[{\"name\":\"m\",\"url\":\"x\"}]}",
            "unknown model key \"models[0].url\""},
        {"{\"name\":\"t\",\"stream\":\"yes\"}", "stream must be true or false, not"},
        {"{\"name\":\"t\",\"stream\":null}", "stream must be true or false"},
        {"{\"name\":\"t\",\"seed\":1.5}", "seed must be a whole number"},
        {"{\"name\":\"t\",\"seed\":\"1\"}", "seed must be a whole number"},
        {"{\"name\":\"t\",\"seed\":9007199254740993}", "seed must be a whole number"},
        {"{\"name\":\"t\",\"temperature\":2.5}", "temperature is 2.5, outside 0 to 2"},
        {"{\"name\":\"t\",\"temperature\":[0]}", "temperature must be a number"},
        {"{\"name\":\"t\",\"memory_chars\":0}", "memory_chars is 0, outside 1"},
        {"{\"name\":\"t\",\"split\":\"Strict\"}",
            "split is \"Strict\"; it must be one of strict|release"},
        {"{\"name\":\"t\",\"split\":null}", "split must be a string"},
        {"{\"name\":\"t\",\"test_budget\":{\"levels\":3}}", "test_budget.levels must be a list"},
        {"{\"name\":\"t\",\"test_budget\":{\"levels\":[0,0]}}", "names 0 twice"},
        {"{\"name\":\"t\",\"test_budget\":{\"levels\":[0.5]}}", "list of whole numbers"},
        {"{\"name\":\"t\",\"test_budget\":{\"levels\":[\"low\"]}}",
            "test_budget.kind is verbosity: test_budget.levels must be numbers from 0 to 4"},
        {"{\"name\":\"t\",\"test_budget\":{\"kind\":\"effort\",\"levels\":[2]}}",
            "must be efforts such as"},
        {"{\"name\":\"t\",\"test_budget\":{\"kind\":\"effort\",\"levels\":[\"lo\"]}}",
            "names \"lo\"; efforts are none, minimal, low, medium, high, xhigh and max"},
        {"{\"name\":\"t\",\"test_budget\":{\"kind\":\"effort\",\"levels\":[\"low\",\"low\"]}}",
            "test_budget.levels names low twice"},
        {"{\"name\":\"t\",\"test_budget\":{\"kind\":\"thought\"}}",
            "it must be one of none|verbosity|effort|thinking|forced|max_tokens|steps"},
        {"{\"name\":\"t\",\"test_budget\":{\"kind\":\"thinking\"}}",
            "test_budget.kind is thinking: test_budget.levels must be numbers of thinking tokens"},
        {"{\"name\":\"t\",\"figures\":[3]}", "figures must be a list of strings"},
        {"{\"name\":\"t\",\"arms\":{}}", "arms must be a list"},
        {"{\"name\":\"t\",\"arms\":[3]}", "arms[0] must be an object or a string"},
        {"{\"name\":\"t\",\"arms\":[\"sleeping\"]}", "must be one of test_time|sleep_time"},
        {"{\"name\":7}", "name must be a string"},
        {"{}", "a run needs a name"},
        {"{\"name\":\"\"}", "a run needs a name"},
        {"{\"name\":\"a b\"}", "a run needs a name"},
        {"{\"name\":\"../x\"}", "a run needs a name"},
        {"{\"name\":\"x/../y\"}", "a run needs a name"},
        {"{\"name\":\".hidden\"}", "a run needs a name"},
        {"{\"name\":\"x/\"}", "a run needs a name"},
        {"{\"name\":\"t\",\"models\":[\"\"]}", "models[0] has no name"},
        {"{\"name\":\"t\",\"models\":[\"m\"]}", "names no known provider"},
        {"{\"name\":\"t\",\"models\":[\"phantom/x\",\"phantom/x\"]}", "names \"phantom/x\" twice"},
        {"\"t\"", "the configuration must be an object"},
        {"{\"name\":\"t\"", "c.json"},
        {"{\"name\":\"t\",\"name\":\"u\"}", "twice"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (load(rows[i].json) != ERR_USAGE)
            fail_msg("%s is accepted", rows[i].json);
        if (!strstr(err.msg, rows[i].message))
            fail_msg("%s: %s", rows[i].json, err.msg);
    }
}

static void test_set(void **state)
{
    (void)state;
    assert_int_equal(set("seed=12"), OK);
    assert_int_equal(c.seed, 12);
    assert_int_equal(set("name=123"), OK); /* a string stays one */
    assert_str(c.name, "123");
    assert_int_equal(set("input=null"), OK);
    assert_null(c.input.p);
    assert_int_equal(set("input=a=b.jsonl"), OK);
    assert_str(c.input, "a=b.jsonl");
    assert_int_equal(set(" max_tokens.test = 7 "), OK);
    assert_int_equal(c.max_tokens_test, 7);
    assert_int_equal(set("max_tokens={\"sleep\":9}"), OK); /* of a group, the members named */
    assert_int_equal(c.max_tokens_sleep, 9);
    assert_int_equal(c.max_tokens_test, 1024);
    assert_int_equal(set("arms.1.k=[1,5]"), OK);
    assert_int_equal(config_arm(&c, 1)->k.v[1], 5);
    assert_int_equal(set("arms.1.sleep.temperature=0.9"), OK);
    assert_true(config_sleep_temperature(&c, config_arm(&c, 1)) == 0.9);
    assert_int_equal(set("arms.0.method=context_only"), OK);
    assert_str(config_arm(&c, 0)->method, "context_only");
    assert_int_equal(set("models=[\"phantom/a\",\"phantom/b\"]"), OK);
    assert_int_equal(c.models.n, 2);
    assert_int_equal(set("arms=[\"test_time\"]"), OK);
    assert_int_equal(c.arms.n, 1);
}

static void test_set_mistakes(void **state)
{
    static const struct {
        const char *assignment, *message;
    } rows[] = {
        {"seed", "write it as key=value"},
        {"=5", "unknown configuration key"},
        {"seed=", "seed must be a whole number"},
        {"seeed=1", "did you mean \"seed\"?"},
        {"arms.2.k=[1]", "arms has only 2 entries"},
        {"arms.x.k=[1]", "unknown configuration key"},
        {"arms.1.kk=[1]", "did you mean \"k\"?"},
        {"arms.1=x", "unknown configuration key"},
        {"arms.99999999999.k=[1]", "unknown configuration key"},
        {"seed.0.k=1", "unknown configuration key"},
        {"arms.0.k=[0]", "outside 1"},
        {"max_tokens=9", "--set max_tokens: max_tokens must be an object"},
        {"max_tokens={\"slep\":9}", "did you mean \"max_tokens.sleep\"?"},
        {"stream=maybe", "stream must be true or false"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (set(rows[i].assignment) != ERR_USAGE || !strstr(err.msg, rows[i].message))
            fail_msg("%s: %s", rows[i].assignment, err.msg);
    }
}

static void test_later_sets_win(void **state)
{
    const char *sets[] = {"seed=2", "seed=3", "arms=[\"context_only\"]"};

    (void)state;
    assert_int_equal(load_with("{\"name\":\"t\",\"seed\":1}", sets, 3), OK);
    assert_int_equal(c.seed, 3);
    assert_str(config_arm(&c, 0)->method, "context_only");
}

#define ARM(arm) "{\"name\":\"t\",\"arms\":[" arm "]}"

static void test_contradictory_arms(void **state)
{
    static const struct {
        const char *json, *message;
    } rows[] = {
        {ARM("{\"method\":\"sleep_time\",\"k\":[1,2]}"),
            "arms[0] sleeps 2 times in parallel at temperature 0"},
        {ARM("{\"method\":\"context_only\",\"with_learned\":true,\"k\":[3]}"),
            "arms[0] sleeps 3 times"},
        {ARM("\"test_time\",{\"method\":\"test_time\"}"), "arms[0] and arms[1] are the same arm"},
        {ARM("{\"method\":\"test_time\",\"k\":[1]}"), "takes no k"},
        {ARM("{\"method\":\"context_only\",\"k\":[1]}"), "takes no k"},
        {ARM("{\"method\":\"test_time\",\"samples\":1}"), "samples belongs to pass_at_k"},
        {ARM("{\"method\":\"test_time\",\"sleep\":{\"temperature\":0.5}}"), "does not sleep"},
        {ARM("{\"method\":\"test_time\",\"sleep\":{\"model\":\"x\"}}"), "does not sleep"},
        {ARM("{\"method\":\"sleep_time\",\"with_learned\":true}"),
            "with_learned belongs to context_only"},
        {ARM("{\"method\":\"sleep_time\",\"sleep\":{\"model\":\"x\"}}"),
            "sleep_models does not list"},
        {ARM("{\"method\":\"pass_at_k\",\"temperature\":1}"), "needs k"},
        {ARM("{\"method\":\"pass_at_k\",\"k\":[2]}"), "at temperature 0"},
        {ARM("{\"method\":\"pass_at_k\",\"k\":[4],\"temperature\":1,\"samples\":3}"),
            "fewer than its largest k, 4"},
        {ARM(""), "arms is empty"},
        {"{\"name\":\"t\",\"models\":[]}", "models is empty"},
        {"{\"name\":\"t\",\"test_budget\":{\"levels\":[]}}", "test_budget.levels is empty"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (load(rows[i].json) != ERR_USAGE || !strstr(err.msg, rows[i].message))
            fail_msg("%s: %s", rows[i].json, err.msg);
    /* and what is next to them is fine */
    assert_int_equal(
        load("{\"name\":\"t\",\"force\":true,\"arms\":[{\"method\":\"sleep_time\",\"k\":[2]}]}"),
        OK);
    assert_int_equal(load("{\"name\":\"t\",\"temperature\":0.5,\"arms\":[{\"method\":\"sleep_"
                          "time\",\"k\":[2]}]}"),
        OK);
    assert_int_equal(load(ARM("{\"method\":\"sleep_time\",\"k\":[1]}")), OK);
    assert_int_equal(load(ARM("\"test_time\",{\"method\":\"test_time\",\"temperature\":1}")), OK);
}

static void test_differences(void **state)
{
    static const struct {
        const char *a, *b, *tasks, *all;
    } rows[] = {
        {"{\"name\":\"t\"}", "{\"name\":\"t\"}", "", ""},
        {"{\"name\":\"t\"}", "{\"name\":\"u\",\"seed\":1}", "", "name"},
        {"{\"name\":\"t\"}", "{\"name\":\"t\",\"seed\":2,\"limit\":5,\"stream\":true}",
            "limit, seed", "limit, seed, stream"},
        {"{\"name\":\"t\"}", "{\"name\":\"t\",\"arms\":[\"context_only\"]}", "arms", "arms"},
        {"{\"name\":\"t\"}", "{\"name\":\"t\",\"max_tokens\":{\"sleep\":5},\"grader\":\"apple\"}",
            "max_tokens.sleep", "max_tokens.sleep, grader"},
        {"{\"name\":\"t\",\"models\":[\"phantom/small\"]}", "{\"name\":\"t\"}", "", ""},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct buf tasks = BUF_INIT, all = BUF_INIT;
        assert_int_equal(
            config_difference(str_c(rows[i].a), str_c(rows[i].b), true, &tasks, &err), OK);
        assert_int_equal(
            config_difference(str_c(rows[i].a), str_c(rows[i].b), false, &all, &err), OK);
        assert_string_equal(buf_cstr(&tasks), rows[i].tasks);
        assert_string_equal(buf_cstr(&all), rows[i].all);
        buf_release(&tasks);
        buf_release(&all);
    }
}

/* The effective configuration reads back as itself: it is what a run stores. */
static void test_print_reads_back(void **state)
{
    struct buf first = BUF_INIT, second = BUF_INIT;

    (void)state;
    assert_int_equal(
        load(
            "{\"name\":\"t\",\"temperature\":0.1,\"limit\":3,\"arms\":[\"test_time\",{\"method\":"
            "\"pass_at_k\",\"k\":[1,2],\"temperature\":0.7}],\"models\":[{\"name\":\"m \\\"x\\\"\","
            "\"base_url\":\"http://127.0.0.1:1/v1\"}]}"),
        OK);
    field_print(&config_table, &c, &first);
    assert_int_equal(load(buf_cstr(&first)), OK);
    field_print(&config_table, &c, &second);
    assert_string_equal(buf_cstr(&first), buf_cstr(&second));
    buf_release(&first);
    buf_release(&second);
}

static void test_help_and_schema(void **state)
{
    struct buf help = BUF_INIT, schema = BUF_INIT;
    struct json *doc;

    (void)state;
    field_help(&config_table, &help);
    field_schema(&config_table, &schema);
    /* each list of members once, and numbers as they are written in a file */
    const char *heading = strstr(buf_cstr(&help), "\neach entry of models and of sleep_models:\n");
    assert_non_null(heading);
    assert_non_null(strstr(heading, "\nmembers of traits:\n"));
    assert_non_null(strstr(heading, "\neach entry of arms:\n"));
    assert_null(strstr(buf_cstr(&help), "each entry of sleep_models"));
    const char *member = strstr(heading, "limit_key ");
    assert_non_null(member);
    assert_null(strstr(member + 1, "limit_key "));
    assert_non_null(strstr(buf_cstr(&help), "(0 to 9007199254740991)"));
    assert_non_null(strstr(buf_cstr(&help), "(0.01 to 600)"));
    if (json_parse(buf_str(&schema), JSON_STRICT, &doc, &err))
        fail_msg("%s", err.msg);
    assert_true(str_starts(
        json_str(json_get(doc, "$schema")), STR("https://json-schema.org/draft/2020-12")));
    assert_str(json_str(json_first(json_get(doc, "type"))), "object");
    assert_false(json_bool(json_get(doc, "additionalProperties"), true));
    for (size_t i = 0; i < config_table.n; i++) {
        const char *name = config_table.fields[i].name;
        struct buf path = BUF_INIT;
        struct str rest = str_c(name), part;
        const struct json *v = doc;
        assert_non_null(strstr(buf_cstr(&help), name));
        while (str_cut(&rest, '.', &part)) {
            buf_reset(&path);
            buf_str_add(&path, part);
            v = json_get(json_get(v, "properties"), buf_cstr(&path));
        }
        buf_release(&path);
        if (!v)
            fail_msg("the schema lacks %s", name);
    }
    json_free(doc);
    buf_release(&help);
    buf_release(&schema);
}

/* The file for editors is what `help schema` prints, and a value that may be null says so. */
static void test_schema_file(void **state)
{
    struct buf file = BUF_INIT, schema = BUF_INIT;
    struct json *doc;

    (void)state;
    field_schema(&config_table, &schema);
    assert_int_equal(data_read("configs/schema.json", &file, &err), OK);
    if (!str_eq(buf_str(&file), buf_str(&schema)))
        fail_msg("configs/schema.json is old: sleepbench help schema >configs/schema.json");
    assert_int_equal(json_parse(buf_str(&schema), JSON_STRICT, &doc, &err), OK);
    const struct json *model = json_path(doc, "properties.models.items.properties");
    const struct json *words = json_path(model, "api.enum");
    assert_int_equal(json_len(words), 5);
    assert_int_equal(json_type(json_at(words, 4)), JSON_NULL);
    assert_int_equal(json_len(json_path(doc, "properties.grader.enum")), 5); /* never null */
    const struct json *traits = json_path(model, "traits");
    assert_str(json_str(json_at(json_get(traits, "type"), 1)), "null");
    assert_non_null(json_path(traits, "properties.thinking_key"));
    json_free(doc);
    buf_release(&file);
    buf_release(&schema);
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
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_every_type),
        cmocka_unit_test(test_effort_levels),
        cmocka_unit_test(test_mistakes_are_named),
        cmocka_unit_test(test_set),
        cmocka_unit_test(test_set_mistakes),
        cmocka_unit_test(test_later_sets_win),
        cmocka_unit_test(test_contradictory_arms),
        cmocka_unit_test(test_differences),
        cmocka_unit_test(test_print_reads_back),
        cmocka_unit_test(test_help_and_schema),
        cmocka_unit_test(test_schema_file),
    };

    return cmocka_run_group_tests(tests, NULL, release);
}
