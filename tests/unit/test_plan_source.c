/* test_plan_source.c - dataset, split and seeded limit together; prompts as messages. */
#include "harness/plan/prompt.h"
#include "harness/plan/source.h"
#include "tests/unit/unit.h"

enum { CLUSTERS = 4, EACH = 5 };

static struct arena arena;
static struct err err;
static struct split_list list;
static size_t skipped;

/* Four clusters of five queries on contexts of their own; ids "cluster.query". */
static const char *split_file(void)
{
    struct buf text = BUF_INIT;

    for (int q = 0; q < EACH; q++)
        for (int c = 0; c < CLUSTERS; c++)
            buf_printf(&text,
                "{\"id\":\"%d.%d\",\"cluster\":\"k%d\",\"stratum\":\"\",\"context\":\"Context "
                "%d.%d.\","
                "\"queries\":[{\"id\":\"%d.%d\",\"query\":\"How many?\",\"gold\":\"1\"}]}\n",
                c, q, c, c, q, c, q);
    const char *path = unit_file("splits.jsonl", buf_str(&text));
    buf_release(&text);
    return path;
}

static enum err_code load(const char *dataset, const char *input, int limit, int seed)
{
    char json[1024];
    struct config c;

    snprintf(json, sizeof json,
        "{\"name\":\"t\",\"dataset\":\"%s\",\"input\":%s%s%s,\"limit\":%d,\"seed\":%d}", dataset,
        input ? "\"" : "", input ? input : "null", input ? "\"" : "", limit, seed);
    split_list_release(&list);
    list = (struct split_list){0};
    err = (struct err){0};
    if (config_load(str_c(json), "t", NULL, 0, &arena, &c, &err))
        fail_msg("%s", err.msg);
    return source_load(&c, &arena, &list, &skipped, &err);
}

/* Ids of what is left, in order. */
static void ids(struct buf *out)
{
    for (size_t i = 0; i < list.n; i++)
        for (size_t q = 0; q < list.v[i].nqueries; q++)
            buf_printf(out, "%s ", list.v[i].queries[q].id);
}

static size_t of_cluster(const char *name)
{
    size_t n = 0;

    for (size_t i = 0; i < list.n; i++)
        n += str_eqc(list.v[i].cluster, name) ? list.v[i].nqueries : 0;
    return n;
}

static void test_limit_is_spread_over_all_clusters(void **state)
{
    const char *path = split_file();

    (void)state;
    for (int limit = 1; limit <= CLUSTERS * EACH + 3; limit++) {
        int expect = limit < CLUSTERS * EACH ? limit : CLUSTERS * EACH;
        assert_int_equal(load("splits", path, limit, 1), OK);
        assert_int_equal(list.nqueries, expect);
        for (int c = 0; c < CLUSTERS; c++) {
            char name[16];
            snprintf(name, sizeof name, "k%d", c);
            size_t n = of_cluster(name);
            assert_true(n == (size_t)(expect / CLUSTERS) || n == (size_t)(expect / CLUSTERS) + 1);
        }
        for (size_t i = 0; i < list.n; i++)
            assert_true(list.v[i].nqueries > 0); /* a context without queries is gone */
    }
}

static void test_limit_follows_the_seed(void **state)
{
    struct buf first = BUF_INIT, again = BUF_INIT, other = BUF_INIT;
    const char *path = split_file();
    int different = 0;

    (void)state;
    assert_int_equal(load("splits", path, 6, 1), OK);
    ids(&first);
    assert_int_equal(load("splits", path, 6, 1), OK);
    ids(&again);
    assert_string_equal(buf_cstr(&first), buf_cstr(&again));
    for (int seed = 2; seed < 8; seed++) {
        buf_reset(&other);
        assert_int_equal(load("splits", path, 6, seed), OK);
        ids(&other);
        different += strcmp(buf_cstr(&first), buf_cstr(&other)) != 0;
    }
    assert_true(different >= 4);
    assert_string_not_equal(
        buf_cstr(&first), "0.0 1.0 2.0 3.0 0.1 1.1 "); /* never the first rows */
    buf_release(&first);
    buf_release(&again);
    buf_release(&other);
}

static void test_a_smaller_limit_is_part_of_a_larger(void **state)
{
    struct buf small = BUF_INIT, large = BUF_INIT;
    const char *path = split_file();
    struct str rest, id;

    (void)state;
    assert_int_equal(load("splits", path, 5, 3), OK);
    ids(&small);
    assert_int_equal(load("splits", path, 9, 3), OK);
    ids(&large);
    rest = str_trim(buf_str(&small));
    while (str_cut(&rest, ' ', &id))
        assert_true(str_find(buf_str(&large), id, 0) != SIZE_MAX);
    buf_release(&small);
    buf_release(&large);
}

static void test_names_and_files(void **state)
{
    struct buf help = BUF_INIT;

    (void)state;
    assert_int_equal(load("world/null", NULL, 1, 1), ERR_USAGE);
    assert_message(err, "did you mean \"worlds/null\"?");
    assert_int_equal(load("splits", "no/such.jsonl", 1, 1), ERR_NOT_FOUND);
    assert_message(err, "no/such.jsonl");
    assert_int_equal(load("worlds/paper-like", "x", 3, 1), ERR_USAGE);
    assert_int_equal(load("worlds/paper-like", NULL, 3, 1), OK);
    assert_int_equal(list.nqueries, 3);
    source_help(&help);
    assert_non_null(strstr(buf_cstr(&help), "worlds/paper-like"));
    assert_non_null(strstr(buf_cstr(&help), "  splits "));
    buf_release(&help);
}

/* ---- prompts --------------------------------------------------------------------------------- */

static struct prompts handmade(void)
{
    return (struct prompts){.awake = STR("AWAKE"),
        .awake_replace = STR("REPLACE"),
        .context_only = STR("GUESS"),
        .memory = STR("MEMORY"),
        .asleep = STR("{max_calls} calls, {memory_chars} characters, {other} {"),
        .asleep_user = STR("NEW"),
        .verbosity = {STR("v0"), STR("v1"), STR("v2"), STR("v3"), STR("v4")}};
}

static void test_prompt_forms(void **state)
{
    static const struct {
        enum prompt_form form;
        const char *name, *system, *user;
        bool memory, query;
    } rows[] = {
        {FORM_PLAIN, "plain", "AWAKE\n\nv2", "c\n\nq", false, true},
        {FORM_MEMORY, "memory", "AWAKE\n\nv2\n\nMEMORY", "c\n\nq", true, true},
        {FORM_REPLACE, "replace", "REPLACE\n\nv2\n\nMEMORY", "q", true, true},
        {FORM_GUESS, "guess", "GUESS\n\nv2", "c", false, false},
        {FORM_GUESS_MEMORY, "guess_memory", "GUESS\n\nv2\n\nMEMORY", "c", true, false},
    };
    struct prompts p = handmade();

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct buf system = BUF_INIT, user = BUF_INIT;
        prompt_awake(&p, rows[i].form, 2, &system);
        prompt_user(rows[i].form, STR("c"), STR("q"), &user);
        assert_string_equal(buf_cstr(&system), rows[i].system);
        assert_string_equal(buf_cstr(&user), rows[i].user);
        assert_string_equal(prompt_form_name(rows[i].form), rows[i].name);
        assert_int_equal(prompt_form_has_memory(rows[i].form), rows[i].memory);
        assert_int_equal(prompt_form_has_query(rows[i].form), rows[i].query);
        buf_release(&system);
        buf_release(&user);
    }
    struct buf out = BUF_INIT; /* everything in the query: nothing stands in front of it */
    prompt_user(FORM_PLAIN, STR(""), STR("q"), &out);
    assert_string_equal(buf_cstr(&out), "q");
    buf_release(&out);
}

static void test_prompt_texts(void **state)
{
    struct prompts p = handmade();
    struct buf out = BUF_INIT;

    (void)state;
    prompt_asleep(&p, 10, 5000, &out);
    assert_string_equal(buf_cstr(&out), "10 calls, 5000 characters, {other} {");
    buf_reset(&out);
    prompt_asleep_user(&p, STR("Ann has {max_calls}."), &out);
    assert_string_equal(buf_cstr(&out), "NEW\n\nAnn has {max_calls}.");
    buf_reset(&out);
    prompt_memory_block(STR("fact"), &out);
    prompt_memory_block(STR(""), &out);
    assert_string_equal(buf_cstr(&out),
        "\n\n<rethink_memory_block>\nfact\n</rethink_memory_block>"
        "\n\n<rethink_memory_block>\n[empty]\n</rethink_memory_block>");
    buf_release(&out);
}

static void test_prompt_sets(void **state)
{
    static const char *const refused[] = {
        "", "none", "../prompts/neutral", "neutral/", "a/../neutral"};
    struct prompts a, b;

    (void)state;
    assert_int_equal(prompts_load(STR("neutral"), STR("jsonl"), &arena, &a, &err), OK);
    assert_int_equal(prompts_load(STR("neutral"), STR("jsonl"), &arena, &b, &err), OK);
    assert_memory_equal(&a.digest, &b.digest, sizeof a.digest);
    assert_true(a.tools.n > 0 && a.verbosity[4].n > 0);
    for (size_t i = 0; i < ARRAY_LEN(refused); i++)
        assert_int_equal(
            prompts_load(str_c(refused[i]), STR("jsonl"), &arena, &b, &err), ERR_USAGE);
}

static int cleanup(void **state)
{
    split_list_release(&list);
    arena_release(&arena);
    return unit_cleanup(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_limit_is_spread_over_all_clusters),
        cmocka_unit_test(test_limit_follows_the_seed),
        cmocka_unit_test(test_a_smaller_limit_is_part_of_a_larger),
        cmocka_unit_test(test_names_and_files),
        cmocka_unit_test(test_prompt_forms),
        cmocka_unit_test(test_prompt_texts),
        cmocka_unit_test(test_prompt_sets),
    };

    return cmocka_run_group_tests(tests, NULL, cleanup);
}
