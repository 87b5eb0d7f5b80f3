/*
 * test_plan.c - what is planned: counts by hand, sharing, and what a task's identity depends on.
 *
 * A sink in memory gives keys as the store does: equal things get equal keys, tasks by their id.
 */
#include "harness/plan/plan.h"
#include "tests/unit/unit.h"

enum { MOST = 4096 };

struct named {
    char name[160];
};

static struct {
    struct named arms[64], sleeps[8], variants[128];
    size_t narms, nsleeps, nvariants;
    struct plan_task tasks[MOST];
    size_t ntasks, nput; /* different ones; all that were put */
    struct plan_cell cells[MOST];
    size_t ncells, ncontexts, nqueries;
    int64_t arm_k[64], arm_samples[64];
} got;

static int64_t key_of(struct named *list, size_t *n, const char *name)
{
    for (size_t i = 0; i < *n; i++)
        if (strcmp(list[i].name, name) == 0)
            return (int64_t)i + 1;
    snprintf(list[*n].name, sizeof list->name, "%s", name);
    return (int64_t)++ * n;
}

static enum err_code put_arm(void *p, const struct plan_arm *a, int64_t *ret, struct err *err)
{
    (void)p, (void)err;
    *ret = key_of(got.arms, &got.narms, a->name);
    got.arm_k[*ret - 1] = a->k;
    got.arm_samples[*ret - 1] = a->samples;
    return OK;
}

static enum err_code put_sleep(void *p, const struct plan_sleep *s, int64_t *ret, struct err *err)
{
    (void)p, (void)err;
    *ret = key_of(got.sleeps, &got.nsleeps, s->name);
    return OK;
}

static enum err_code put_variant(
    void *p, const struct plan_variant *v, int64_t *ret, struct err *err)
{
    (void)p, (void)err;
    *ret = key_of(got.variants, &got.nvariants, v->name);
    return OK;
}

static enum err_code put_context(void *p, const struct split *s, int64_t *ret, struct err *err)
{
    (void)p, (void)s, (void)err;
    *ret = (int64_t)++got.ncontexts;
    return OK;
}

static enum err_code put_query(void *p, int64_t context, const struct split *s,
    const struct split_query *q, int64_t *ret, struct err *err)
{
    (void)p, (void)context, (void)s, (void)q, (void)err;
    *ret = (int64_t)++got.nqueries;
    return OK;
}

static enum err_code put_task(void *p, const struct plan_task *t, int64_t *ret, struct err *err)
{
    (void)p, (void)err;
    got.nput++;
    for (size_t i = 0; i < got.ntasks; i++)
        if (memcmp(&got.tasks[i].id, &t->id, sizeof t->id) == 0) {
            *ret = (int64_t)i + 1;
            return OK;
        }
    assert_true(got.ntasks < MOST);
    got.tasks[got.ntasks++] = *t;
    *ret = (int64_t)got.ntasks;
    return OK;
}

static enum err_code put_cell(void *p, const struct plan_cell *c, struct err *err)
{
    (void)p, (void)err;
    assert_true(got.ncells < MOST);
    got.cells[got.ncells++] = *c;
    return OK;
}

static const struct plan_sink sink = {
    NULL, put_arm, put_sleep, put_variant, put_context, put_query, put_task, put_cell};

/* Two contexts, of two queries and of one. */
static struct split_query queries[] = {
    {.id = "a/0", .text = STR("How many?"), .gold = "1", .stratum = "", .solution = ""},
    {.id = "a/1", .text = STR("How much?"), .gold = "2", .stratum = "", .solution = ""},
    {.id = "b/0", .text = STR("How many?"), .gold = "3", .stratum = "", .solution = ""},
};
static struct split splits[] = {
    {STR("a"), STR("a"), STR(""), STR("Ann has 3 pears."), false, queries, 2, 2},
    {STR("b"), STR("b"), STR(""), STR("Ben has 4 cups."), false, queries + 2, 1, 1},
};
static const struct split_list list = {.v = splits, .n = 2, .cap = 2, .nqueries = 3};

static struct arena arena;
static struct prompts prompts;

static void plan(const char *json)
{
    struct config c;
    struct err err = {0};

    memset(&got, 0, sizeof got);
    if (prompts_load(STR("neutral"), STR("jsonl"), &arena, &prompts, &err) ||
        config_load(str_c(json), "test", NULL, 0, &arena, &c, &err) ||
        plan_make(&c, &list, &prompts, &sink, &err))
        fail_msg("%s", err.msg);
}

#define CONFIG(rest) "{\"name\":\"t\",\"models\":[\"phantom/small\"]," rest "}"
#define LEVELS "\"test_budget\":{\"levels\":[0,2]},"
#define SLEEPS(k) "{\"method\":\"sleep_time\",\"k\":" k ",\"sleep\":{\"temperature\":0.7}}"

static size_t count_asleep(void)
{
    size_t n = 0;

    for (size_t i = 0; i < got.ntasks; i++)
        n += got.tasks[i].asleep;
    return n;
}

/* One digest over all task ids, in planning order or sorted. */
static int by_id(const void *a, const void *b)
{
    return memcmp(&((const struct plan_task *)a)->id, &((const struct plan_task *)b)->id,
        sizeof(struct digest));
}

static struct digest ids(bool sorted)
{
    struct digest_ctx *ctx = digest_new();

    if (sorted)
        qsort(got.tasks, got.ntasks, sizeof *got.tasks, by_id);
    for (size_t i = 0; i < got.ntasks; i++)
        digest_add(ctx, (struct str){(const char *)got.tasks[i].id.b, DIGEST_LEN});
    struct digest d = digest_end(ctx);
    digest_free(ctx);
    return d;
}

static bool same(struct digest a, struct digest b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

/* ---- counts ---------------------------------------------------------------------------------- */

static void test_k_shares_its_sleeps(void **state)
{
    (void)state;
    plan(CONFIG(LEVELS "\"arms\":[" SLEEPS("[1,2,5,10]") "]"));
    assert_int_equal(count_asleep(), 2 * 10);         /* not 1 + 2 + 5 + 10 */
    assert_int_equal(got.ntasks, 2 * 10 + 3 * 2 * 4); /* queries x levels x k */
    assert_int_equal(got.ncells, 3 * 2 * 4);
    assert_int_equal(got.narms, 4);
    assert_int_equal(got.nsleeps, 1);
    plan(CONFIG(LEVELS "\"arms\":[" SLEEPS("[1,2]") "," SLEEPS("[5]") "]"));
    assert_int_equal(count_asleep(), 2 * 5); /* equal sleep configurations of two arms */
    plan(CONFIG(LEVELS "\"repeats\":3,\"arms\":[" SLEEPS("[2]") "]"));
    assert_int_equal(count_asleep(), 2 * 2 * 3);
    assert_int_equal(got.ncells, 3 * 2 * 3);
}

static void test_a_task_waits_for_its_k(void **state)
{
    (void)state;
    plan(CONFIG(LEVELS "\"arms\":[" SLEEPS("[1,3]") ",\"test_time\"]"));
    for (size_t i = 0; i < got.ntasks; i++) {
        const struct plan_task *t = &got.tasks[i];
        if (t->asleep)
            assert_true(t->sample >= 0 && t->sample < 3 && t->query == 0);
        else
            assert_true(t->sleep ? t->k == 1 || t->k == 3 : t->k == 0);
        /* sleeps stand before all that waits for them */
        if (t->asleep)
            for (size_t j = 0; j < i; j++)
                assert_true(got.tasks[j].asleep);
    }
}

static void test_the_pool_is_one(void **state)
{
    (void)state;
    plan(CONFIG(LEVELS "\"arms\":[{\"method\":\"pass_at_k\",\"k\":[1,2,8],\"temperature\":0.7}]"));
    assert_int_equal(got.ntasks, 3 * 8); /* lowest level only */
    assert_int_equal(got.ncells, 3 * 8);
    assert_int_equal(got.narms, 1);
    assert_int_equal(got.arm_samples[0], 8);
    for (size_t i = 0; i < got.ncells; i++)
        assert_int_equal(got.cells[i].level, 0);
    plan(CONFIG(LEVELS "\"arms\":[{\"method\":\"pass_at_k\",\"k\":[2],\"samples\":5,"
                       "\"temperature\":0.7}]"));
    assert_int_equal(got.ntasks, 3 * 5);
}

static void test_equal_tasks_are_one(void **state)
{
    (void)state;
    /* the first sample of the pool is the answer of test_time at that level and temperature */
    plan(CONFIG(LEVELS "\"temperature\":0.7,\"arms\":[\"test_time\",{\"method\":\"pass_at_k\","
                       "\"k\":[4]}]"));
    assert_int_equal(got.ncells, 3 * 2 + 3 * 4);
    assert_int_equal(got.ntasks, 3 * 2 + 3 * 4 - 3);
    assert_int_equal(got.nput, got.ncells);
}

static void test_context_only_asks_once_a_context(void **state)
{
    (void)state;
    plan(CONFIG(LEVELS "\"arms\":[\"context_only\"]"));
    assert_int_equal(got.ntasks, 2 * 2); /* contexts x levels */
    assert_int_equal(got.ncells, 3 * 2); /* every query has its cell */
    for (size_t i = 0; i < got.ntasks; i++)
        assert_int_equal(got.tasks[i].query, 0);
    plan(CONFIG(LEVELS "\"arms\":[{\"method\":\"context_only\",\"with_learned\":true,"
                       "\"sleep\":{\"temperature\":0.7}}]"));
    assert_int_equal(got.ntasks, 2 + 2 * 2);
}

static void test_two_models_and_a_sleeper(void **state)
{
    (void)state;
    plan("{\"name\":\"t\",\"models\":[\"phantom/small\",\"phantom/large\"],\"sleep_models\":"
         "[{\"name\":\"z\",\"base_url\":\"http://127.0.0.1:1/v1\"}]," LEVELS
         "\"arms\":[{\"method\":\"sleep_time\",\"sleep\":{\"model\":\"z\"}}]}");
    assert_int_equal(count_asleep(), 2); /* both models read what one sleeper wrote */
    assert_int_equal(got.ntasks, 2 + 2 * 3 * 2);
    plan("{\"name\":\"t\",\"models\":[\"phantom/small\",\"phantom/large\"]," LEVELS
         "\"arms\":[\"sleep_time\"]}");
    assert_int_equal(count_asleep(), 4);
}

/* ---- identity -------------------------------------------------------------------------------- */

#define ARMS "\"arms\":[\"test_time\"," SLEEPS("[1,2]") ",\"context_only\"]"

static void test_what_changes_requests_changes_ids(void **state)
{
    static const char *const changes[] = {
        "\"temperature\":0.5,",
        "\"temperature\":null,",
        "\"max_tokens\":{\"test\":99},",
        "\"max_tokens\":{\"sleep\":99},",
        "\"max_tokens\":{\"test\":null},",
        "\"context_mode\":\"replace\",",
        "\"baseline_prompt\":\"same\",",
        "\"memory_chars\":77,",
        "\"memory_scope\":\"concat\",",
        "\"rethink_calls\":3,",
    };

    (void)state;
    plan(CONFIG(LEVELS ARMS));
    struct digest base = ids(false);
    for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
        char json[1024];
        snprintf(json, sizeof json,
            "{\"name\":\"t\",\"models\":[\"phantom/small\"]," LEVELS "%s" ARMS "}", changes[i]);
        plan(json);
        if (same(base, ids(false)))
            fail_msg("%s changes no id", changes[i]);
    }
    plan("{\"name\":\"t\",\"models\":[\"phantom/large\"]," LEVELS ARMS "}");
    assert_false(same(base, ids(false)));
    plan("{\"name\":\"t\",\"models\":[{\"name\":\"phantom/small\",\"base_url\":"
         "\"http://127.0.0.1:9/v1\"}]," LEVELS ARMS "}");
    struct digest there = ids(false);
    assert_false(same(base, there));
    plan("{\"name\":\"t\",\"models\":[{\"name\":\"phantom/small\",\"base_url\":"
         "\"http://127.0.0.1:10/v1\"}]," LEVELS ARMS "}");
    assert_false(same(there, ids(false)));
}

/* Every effort is a budget of its own, and none of them is a verbosity level. */
static void test_efforts_are_in_the_id(void **state)
{
    static const char *const levels[] = {"\"kind\":\"effort\",\"levels\":[\"low\"]",
        "\"kind\":\"effort\",\"levels\":[\"high\"]", "\"levels\":[2]"};
    struct digest seen[ARRAY_LEN(levels)];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(levels); i++) {
        char json[512];
        snprintf(json, sizeof json,
            "{\"name\":\"t\",\"models\":[\"phantom/"
            "small\"],\"test_budget\":{%s},\"arms\":[\"test_time\"]}",
            levels[i]);
        plan(json);
        seen[i] = ids(false);
        for (size_t j = 0; j < i; j++)
            assert_false(same(seen[i], seen[j]));
    }
}

#define SLEEPER(k, rest) CONFIG(rest "\"test_budget\":{\"levels\":[2]},\"arms\":[" SLEEPS(k) "]")

/* Each sleep budget is a sleep configuration and an arm; an unset one is what it was. */
static void test_sleep_budgets(void **state)
{
    static const char *const names[] = {"phantom/small sleep_time k=1 sleep=low",
        "phantom/small sleep_time k=2 sleep=low", "phantom/small sleep_time k=1 sleep=max",
        "phantom/small sleep_time k=2 sleep=max"};

    (void)state;
    plan(SLEEPER("[1,2]", ""));
    struct digest unset = ids(true);
    assert_int_equal(got.nsleeps, 1);
    assert_string_equal(got.sleeps[0].name, "phantom/small asleep T=0.7");
    plan(SLEEPER("[1,2]", "\"sleep_budget\":{\"kind\":\"none\"},"));
    assert_true(same(unset, ids(true)));

    plan(SLEEPER("[1,2]", "\"sleep_budget\":{\"kind\":\"effort\",\"levels\":[\"low\",\"max\"]},"));
    assert_int_equal(got.narms, 4);
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        assert_string_equal(got.arms[i].name, names[i]);
    assert_int_equal(got.nsleeps, 2);
    assert_string_equal(got.sleeps[1].name, "phantom/small asleep T=0.7 max");
    assert_int_equal(count_asleep(), 2 * 2 * 2);         /* contexts, k, levels */
    assert_int_equal(got.ntasks, 2 * 2 * 2 + 3 * 2 * 2); /* and queries, k, levels */
    assert_int_equal(got.ncells, 3 * 2 * 2);
    /* an answer waits for the sleeps of its own budget */
    for (size_t i = 0; i < got.ntasks; i++)
        assert_in_range(got.tasks[i].sleep, 1, 2);
}

static void test_sleep_budgets_are_in_the_id(void **state)
{
    static const char *const budgets[] = {"",
        "\"sleep_budget\":{\"kind\":\"effort\",\"levels\":[\"low\"]},",
        "\"sleep_budget\":{\"kind\":\"effort\",\"levels\":[\"high\"]},",
        "\"sleep_budget\":{\"kind\":\"thinking\",\"levels\":[500]},",
        "\"sleep_budget\":{\"kind\":\"max_tokens\",\"levels\":[500]},",
        "\"sleep_budget\":{\"kind\":\"steps\",\"levels\":[3]},"};
    struct digest seen[ARRAY_LEN(budgets)];
    char json[512];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(budgets); i++) {
        snprintf(json, sizeof json, SLEEPER("[1]", "%s"), budgets[i]);
        plan(json);
        seen[i] = ids(true);
        for (size_t j = 0; j < i; j++)
            assert_false(same(seen[i], seen[j]));
    }
    /* max_tokens is max_tokens.sleep by another name, steps are rethink_calls */
    plan(SLEEPER("[1]", "\"max_tokens\":{\"sleep\":500},"));
    assert_true(same(seen[4], ids(true)));
    plan(SLEEPER("[1]", "\"rethink_calls\":3,"));
    assert_true(same(seen[5], ids(true)));
}

/* Counted budgets: every number another request, but for a limit that is the run's own. */
static void test_counted_budgets_are_in_the_id(void **state)
{
    static const char *const budgets[] = {"\"none\"", "\"thinking\",\"levels\":[0]",
        "\"thinking\",\"levels\":[500]", "\"thinking\",\"levels\":[501]",
        "\"forced\",\"levels\":[500]", "\"max_tokens\",\"levels\":[500]",
        "\"steps\",\"levels\":[3]},\"answer_channel\":\"tool\",\"max_tokens\":{\"test\":1024",
        "\"effort\",\"levels\":[\"max\"]"};
    struct digest seen[ARRAY_LEN(budgets)];
    char json[512];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(budgets); i++) {
        snprintf(json, sizeof json,
            CONFIG("\"test_budget\":{\"kind\":%s},\"arms\":[\"test_time\"]"), budgets[i]);
        plan(json);
        seen[i] = ids(true);
        for (size_t j = 0; j < i; j++)
            assert_false(same(seen[i], seen[j]));
    }
    plan(CONFIG("\"test_budget\":{\"kind\":\"max_tokens\",\"levels\":[1024]},"
                "\"arms\":[\"test_time\"]"));
    assert_true(same(seen[0], ids(true))); /* max_tokens.test is 1024 */
}

static void test_what_changes_no_request_changes_no_id(void **state)
{
    static const char *const changes[] = {
        "\"concurrency\":3,",
        "\"stream\":true,",
        "\"grader\":\"apple\",",
        "\"cost\":{\"t\":2},",
        "\"figures\":[],",
        "\"bootstrap\":500,",
        "\"requests_per_minute\":5,",
        "\"attempts\":2,",
        "\"idle_s\":7,",
        "\"poll_s\":7,",
        "\"deadline_s\":7,",
        "\"seed\":9,", /* in the seed of a task, not in its id */
        "\"force\":true,",
        "\"split\":\"release\",", /* by its texts only */
        "\"limit\":2,",
    };

    (void)state;
    plan(CONFIG(LEVELS ARMS));
    struct digest base = ids(false);
    for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
        char json[1024];
        snprintf(json, sizeof json,
            "{\"name\":\"other\",\"models\":[\"phantom/small\"]," LEVELS "%s" ARMS "}", changes[i]);
        plan(json);
        if (!same(base, ids(false)))
            fail_msg("%s changes an id", changes[i]);
    }
    plan("{\"name\":\"t\",\"models\":[{\"name\":\"phantom/small\",\"api_key_env\":\"KEY\"}]," LEVELS
            ARMS "}");
    assert_true(same(base, ids(false)));
}

/* Invariant 1: an arm is a name for cells; no request knows of it. */
static void test_ids_know_no_arms(void **state)
{
    (void)state;
    plan(CONFIG(LEVELS ARMS));
    struct digest base = ids(true);
    size_t n = got.ntasks;
    plan(CONFIG("\"test_budget\":{\"levels\":[2,0]},\"arms\":[\"context_only\"," SLEEPS(
        "[2]") ",\"test_time\"," SLEEPS("[1]") "]"));
    assert_int_equal(got.ntasks, n);
    assert_true(same(base, ids(true)));
}

static void test_seeds(void **state)
{
    int64_t seeds[MOST];

    (void)state;
    plan(CONFIG(LEVELS ARMS));
    size_t n = got.ntasks;
    for (size_t i = 0; i < n; i++) {
        seeds[i] = got.tasks[i].seed;
        assert_true(seeds[i] >= 0 && seeds[i] <= 0x7FFFFFFF);
        for (size_t j = 0; j < i; j++)
            assert_true(seeds[j] != seeds[i]);
    }
    plan(CONFIG(LEVELS ARMS));
    for (size_t i = 0; i < n; i++)
        assert_int_equal(got.tasks[i].seed, seeds[i]);
    plan(CONFIG("\"seed\":2," LEVELS ARMS));
    size_t equal = 0;
    for (size_t i = 0; i < n; i++)
        equal += got.tasks[i].seed == seeds[i];
    assert_int_equal(equal, 0);
}

/* Samples, repeats and j differ in nothing but their number, and that must be enough. */
static void test_ids_are_unique(void **state)
{
    (void)state;
    plan(CONFIG(
        LEVELS "\"repeats\":2,\"arms\":[" SLEEPS("[3]") ",{\"method\":\"pass_at_k\",\"k\":[4],"
                                                        "\"temperature\":1}]"));
    assert_int_equal(got.ntasks, 2 * 3 * 2 + 3 * 2 * 2 + 3 * 4 * 2);
    assert_int_equal(got.nput, got.ntasks);
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
        cmocka_unit_test(test_k_shares_its_sleeps),
        cmocka_unit_test(test_a_task_waits_for_its_k),
        cmocka_unit_test(test_the_pool_is_one),
        cmocka_unit_test(test_equal_tasks_are_one),
        cmocka_unit_test(test_context_only_asks_once_a_context),
        cmocka_unit_test(test_two_models_and_a_sleeper),
        cmocka_unit_test(test_what_changes_requests_changes_ids),
        cmocka_unit_test(test_efforts_are_in_the_id),
        cmocka_unit_test(test_sleep_budgets),
        cmocka_unit_test(test_sleep_budgets_are_in_the_id),
        cmocka_unit_test(test_counted_budgets_are_in_the_id),
        cmocka_unit_test(test_what_changes_no_request_changes_no_id),
        cmocka_unit_test(test_ids_know_no_arms),
        cmocka_unit_test(test_seeds),
        cmocka_unit_test(test_ids_are_unique),
    };

    return cmocka_run_group_tests(tests, NULL, release);
}
