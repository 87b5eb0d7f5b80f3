/* test_swe_github.c - the cache of GitHub's answers: what is in it is not asked for. The rest is
 * tests/cli/swe.bats. */
#include "datasets/swe_github.h"
#include "harness/base/clock.h"
#include "tests/unit/unit.h"

enum { LINES = 200000 };

static struct err err;

static struct swe_github *open_cache(const char *path)
{
    struct swe_github_options options = {.repo = "o/r", .cache = path, .token = STR("")};
    struct swe_github *g = NULL;

    if (swe_github_open(&options, &g, &err))
        fail_msg("%s", err.msg);
    return g;
}

/* A repository's newest pull requests are asked for first: numbers fall. */
static void test_a_long_cache(void **state)
{
    struct arena arena = {0};
    struct buf text = BUF_INIT;
    int64_t start = clock_now_ns();

    (void)state;
    buf_puts(&text, "{\"github\":\"o/r\"}\n");
    for (int i = LINES; i > 0; i--)
        buf_printf(&text, "{\"pr_number\":%d,\"found\":false}\n", i);
    struct swe_github *g = open_cache(unit_file("long", buf_str(&text)));
    for (int64_t number = 1; number <= LINES; number += LINES - 1) {
        struct swe_task task = {.number = number};
        assert_int_equal(swe_github_complete(g, &task, &arena, &err), OK);
    }
    struct swe_github_counts counts = swe_github_counts(g);
    assert_int_equal(counts.cached, 2);
    assert_int_equal(counts.absent, 2);
    assert_int_equal(counts.requests, 0);
    assert_true(clock_now_ns() - start < INT64_C(10000000000));
    swe_github_close(g);
    buf_release(&text);
    arena_release(&arena);
}

/* Of two lines on one pull request the first counts. */
static void test_a_number_twice(void **state)
{
    struct arena arena = {0};
    struct swe_task task = {.number = 7, .changed_files_count = -1};
    const char *path = unit_file(
        "twice", STR("{\"github\":\"o/r\"}\n"
                     "{\"pr_number\":9,\"found\":false}\n"
                     "{\"pr_number\":7,\"found\":true,\"complete\":true,\"row\":{\"pr_number\":7,"
                     "\"title\":\"first\",\"changed_files\":[],\"changed_files_count\":0}}\n"
                     "{\"pr_number\":7,\"found\":true,\"complete\":true,\"row\":{\"pr_number\":7,"
                     "\"title\":\"second\",\"changed_files\":[],\"changed_files_count\":0}}\n"
                     "{\"pr_number\":3,\"found\":false}\n"));

    (void)state;
    struct swe_github *g = open_cache(path);
    assert_int_equal(swe_github_complete(g, &task, &arena, &err), OK);
    assert_str(task.title, "first");
    assert_int_equal(swe_github_counts(g).requests, 0);
    swe_github_close(g);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_long_cache),
        cmocka_unit_test(test_a_number_twice),
    };

    return cmocka_run_group_tests(tests, NULL, unit_cleanup);
}
