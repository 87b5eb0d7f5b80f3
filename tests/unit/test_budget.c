/* test_budget.c - levels: numbers by hand, texts both ways, kinds in order, budgets of a run. */
#include "harness/config/budget.h"

#include "harness/config/config.h"
#include "tests/unit/unit.h"

/* The numbers stand in stores: they must stay what they are. */
static const struct {
    int64_t level;
    enum budget_kind kind;
    int64_t amount;
    const char *text;
} levels[] = {
    {-1, BUDGET_NONE, 0, "default"},
    {0, BUDGET_VERBOSITY, 0, "0"},
    {4, BUDGET_VERBOSITY, 4, "4"},
    {100, BUDGET_EFFORT, 0, "none"},
    {102, BUDGET_EFFORT, 2, "low"},
    {105, BUDGET_EFFORT, 5, "xhigh"},
    {106, BUDGET_EFFORT, 6, "max"},
    {200000000, BUDGET_THINKING, 0, "thinking:0"},
    {200004096, BUDGET_THINKING, 4096, "thinking:4096"},
    {300000000, BUDGET_THINKING, 100000000, "thinking:100000000"},
    {400000500, BUDGET_FORCED, 500, "forced:500"},
    {600000512, BUDGET_MAX_TOKENS, 512, "max:512"},
    {800000004, BUDGET_STEPS, 4, "steps:4"},
    {900000000, BUDGET_STEPS, 100000000, "steps:100000000"},
};

static void test_levels(void **state)
{
    struct buf text = BUF_INIT;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(levels); i++) {
        int64_t read = 0;
        buf_reset(&text);
        budget_level_print(levels[i].level, &text);
        assert_str(buf_str(&text), levels[i].text);
        assert_int_equal(budget_kind_of(levels[i].level), levels[i].kind);
        assert_int_equal(budget_amount(levels[i].level), levels[i].amount);
        assert_int_equal(budget_level(levels[i].kind, levels[i].amount), levels[i].level);
        assert_true(budget_level_read(str_c(levels[i].text), &read));
        assert_int_equal(read, levels[i].level);
        assert_true(levels[i].level <= INT32_MAX); /* metrics keep 32 bits */
        assert_true(i == 0 || levels[i].level > levels[i - 1].level);
    }
    buf_release(&text);
}

static void test_texts_that_are_no_level(void **state)
{
    static const char *const texts[] = {"", "5", "-1", "lo", "Low", "low ", "thinking",
        "thinking:", "thinking:x", "thinking:-1", "thinking:1.5", "thinking:100000001",
        "thinking:9999999999", "forced: 5", "max:0", "steps:0", "max_tokens:5", "verbosity:1",
        "00000000000000000000"};
    int64_t level;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        if (budget_level_read(str_c(texts[i]), &level))
            fail_msg("\"%s\" was read as %lld", texts[i], (long long)level);
}

/* A damaged store must not end the program. */
static void test_numbers_that_are_no_level(void **state)
{
    static const int64_t numbers[] = {INT64_MIN, -2, 5, 99, 107, 199999999, 300000001, 600000000,
        800000000, 900000001, INT64_MAX};
    struct buf text = BUF_INIT;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        char expected[32];
        snprintf(expected, sizeof expected, "%lld", (long long)numbers[i]);
        buf_reset(&text);
        budget_level_print(numbers[i], &text);
        assert_int_equal(budget_kind_of(numbers[i]), BUDGET_NONE);
        assert_int_equal(budget_amount(numbers[i]), 0);
        assert_null(budget_effort(numbers[i]));
        assert_str(buf_str(&text), expected);
    }
    buf_release(&text);
}

static void test_kinds(void **state)
{
    static const char *const names[] = {
        "none", "verbosity", "effort", "thinking", "forced", "max_tokens", "steps"};
    enum budget_kind kind;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        assert_true(budget_kind_find(str_c(names[i]), &kind));
        assert_int_equal(kind, i);
        assert_string_equal(budget_kind_name(kind), names[i]);
        assert_int_equal(budget_counts(kind), i >= BUDGET_THINKING);
    }
    assert_false(budget_kind_find(STR("number"), &kind));
    assert_false(budget_kind_find(STR("max"), &kind));
}

/* ---- in a configuration ---------------------------------------------------------------------- */

static struct arena arena;
static struct config c;
static struct err err;

static enum err_code load(const char *budgets)
{
    char json[1024];

    snprintf(json, sizeof json,
        "{\"name\":\"t\",\"temperature\":null,%s\"arms\":[\"test_time\",\"sleep_time\"]}", budgets);
    arena_reset(&arena);
    err = (struct err){0};
    return config_load(str_c(json), "c.json", NULL, 0, &arena, &c, &err);
}

/* "levels" as their texts, blanks between. */
static const char *texts_of(const struct int_list *l)
{
    static struct buf text;

    buf_reset(&text);
    for (size_t i = 0; i < l->n; i++) {
        buf_puts(&text, i ? " " : "");
        budget_level_print(l->v[i], &text);
    }
    return buf_cstr(&text);
}

static void test_budgets_of_a_run(void **state)
{
    static const struct {
        const char *json, *test, *sleep;
    } rows[] = {
        {"", "0 1 2 3 4", "default"},
        {"\"test_budget\":{\"kind\":\"none\"},", "default", "default"},
        {"\"test_budget\":{\"kind\":\"effort\"},", "low medium high", "default"},
        {"\"test_budget\":{\"kind\":\"effort\",\"levels\":[\"max\",\"none\"]},", "max none",
            "default"},
        {"\"test_budget\":{\"kind\":\"thinking\",\"levels\":[0,3,104,4096]},",
            "thinking:0 thinking:3 thinking:104 thinking:4096", "default"},
        {"\"test_budget\":{\"kind\":\"forced\",\"levels\":[\"forced:7\",8]},", "forced:7 forced:8",
            "default"},
        {"\"test_budget\":{\"kind\":\"max_tokens\",\"levels\":[64]},", "max:64", "default"},
        {"\"answer_channel\":\"tool\",\"test_budget\":{\"kind\":\"steps\",\"levels\":[1,100]},",
            "steps:1 steps:100", "default"},
        {"\"sleep_budget\":{\"kind\":\"effort\"},", "0 1 2 3 4", "low medium high"},
        {"\"sleep_budget\":{\"kind\":\"steps\",\"levels\":[2,5]},", "0 1 2 3 4", "steps:2 steps:5"},
        {"\"sleep_budget\":{\"kind\":\"max_tokens\",\"levels\":[99]},", "0 1 2 3 4", "max:99"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct buf printed = BUF_INIT, again = BUF_INIT;
        if (load(rows[i].json))
            fail_msg("%s: %s", rows[i].json, err.msg);
        assert_string_equal(texts_of(&c.budget_levels), rows[i].test);
        assert_string_equal(texts_of(&c.sleep_levels), rows[i].sleep);
        /* the effective configuration says the same */
        field_print(&config_table, &c, &printed);
        if (config_load(buf_str(&printed), "printed", NULL, 0, &arena, &c, &err))
            fail_msg("%s", err.msg);
        field_print(&config_table, &c, &again);
        assert_string_equal(buf_cstr(&printed), buf_cstr(&again));
        assert_string_equal(texts_of(&c.budget_levels), rows[i].test);
        assert_string_equal(texts_of(&c.sleep_levels), rows[i].sleep);
        buf_release(&printed);
        buf_release(&again);
    }
}

static void test_mistakes(void **state)
{
    static const struct {
        const char *json, *message;
    } rows[] = {
        {"\"test_budget\":{\"kind\":\"thinking\"},",
            "test_budget.kind is thinking: test_budget.levels must be numbers of thinking tokens "
            "such as [1024,4096]"},
        {"\"test_budget\":{\"kind\":\"max_tokens\",\"levels\":[0]},",
            "test_budget.levels is 0, outside 1 to 100000000"},
        {"\"test_budget\":{\"kind\":\"forced\",\"levels\":[100000001]},", "100000001"},
        {"\"test_budget\":{\"kind\":\"forced\",\"levels\":[-1]},", "-1, outside 0 to"},
        {"\"test_budget\":{\"kind\":\"steps\",\"levels\":[101]},", "is 101, outside 1 to 100"},
        {"\"test_budget\":{\"kind\":\"steps\",\"levels\":[\"low\"]},",
            "must be numbers of responses"},
        {"\"test_budget\":{\"kind\":\"thinking\",\"levels\":[5,\"thinking:5\"]},",
            "test_budget.levels names one level twice"},
        {"\"test_budget\":{\"kind\":\"thinking\",\"levels\":[700,700]},", "names 700 twice"},
        {"\"test_budget\":{\"kind\":\"none\",\"levels\":[1]},",
            "test_budget.kind is none: test_budget.levels must be left out"},
        {"\"test_budget\":{\"levels\":[7]},", "test_budget.levels is 7, outside 0 to 4"},
        {"\"sleep_budget\":{\"kind\":\"verbosity\"},",
            "it must be one of none|effort|thinking|max_tokens|steps"},
        {"\"sleep_budget\":{\"kind\":\"forced\",\"levels\":[1]},",
            "sleep_budget.kind is \"forced\""},
        {"\"sleep_budget\":{\"levels\":[1]},", "sleep_budget.kind is none"},
        {"\"sleep_budget\":{\"kind\":\"effort\",\"levels\":[3]},",
            "sleep_budget.levels must be efforts such as"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (load(rows[i].json) != ERR_USAGE)
            fail_msg("%s was taken", rows[i].json);
        assert_message(err, rows[i].message);
    }
}

static void test_sleep_levels_of_an_arm(void **state)
{
    static const char arms[] =
        "{\"name\":\"t\",\"sleep_budget\":{\"kind\":\"effort\"},\"arms\":[\"sleep_time\","
        "{\"method\":\"sleep_time\",\"k\":[2],\"sleep\":{\"levels\":[\"max\"],\"temperature\":1}}]"
        "}";

    (void)state;
    arena_reset(&arena);
    assert_int_equal(config_load(str_c(arms), "c.json", NULL, 0, &arena, &c, &err), OK);
    assert_string_equal(texts_of(config_sleep_levels(&c, config_arm(&c, 0))), "low medium high");
    assert_string_equal(texts_of(config_sleep_levels(&c, config_arm(&c, 1))), "max");
    static const struct {
        const char *json, *message;
    } rows[] = {
        {"{\"name\":\"t\",\"arms\":[{\"method\":\"sleep_time\",\"sleep\":{\"levels\":[\"low\"]}}]}",
            "sleep_budget.kind is none: arms[0].sleep.levels must be left out"},
        {"{\"name\":\"t\",\"sleep_budget\":{\"kind\":\"effort\"},\"arms\":[{\"method\":"
         "\"test_time\",\"sleep\":{\"levels\":[\"low\"]}}]}",
            "arms[0] (test_time) does not sleep"},
        {"{\"name\":\"t\",\"sleep_budget\":{\"kind\":\"steps\",\"levels\":[1]},\"arms\":[{"
         "\"method\":\"sleep_time\",\"sleep\":{\"levels\":[200]}}]}",
            "arms[0].sleep.levels is 200, outside 1 to 100"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_int_equal(
            config_load(str_c(rows[i].json), "c.json", NULL, 0, &arena, &c, &err), ERR_USAGE);
        assert_message(err, rows[i].message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_levels),
        cmocka_unit_test(test_texts_that_are_no_level),
        cmocka_unit_test(test_numbers_that_are_no_level),
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_budgets_of_a_run),
        cmocka_unit_test(test_mistakes),
        cmocka_unit_test(test_sleep_levels_of_an_arm),
    };

    return cmocka_run_group_tests(tests, NULL, unit_cleanup);
}
