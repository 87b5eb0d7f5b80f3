/* test_background.c - names of responses under way, and the pauses between looks; by hand. */
#include "harness/run/background.h"

#include "tests/unit/unit.h"

static struct arena arena;

static int teardown(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static struct reply pending(struct str name)
{
    return (struct reply){.outcome = OUTCOME_INCOMPLETE_STREAM,
        .usage = USAGE_UNKNOWN,
        .pending = {name.p ? name.p : "", name.n},
        .retry = true};
}

static void names(void **state)
{
    static const char *const good[] = {"r", "resp_0aB-9", "-", "_"};
    static const char *const bad[] = {"", "a/b", "../models", "a?x=1", "a#b", "a b", "a%2Fb", "a.b",
        "a\nb", "a\r\nHost: x", "\xC3\xA9", "a:b", "a@b", "a\\b"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        struct background b = {.polls = 0};
        struct reply r = pending(str_c(good[i]));
        assert_false(background_take(&b, 200, &arena, &r));
        assert_int_equal(r.outcome, OUTCOME_PENDING);
        assert_false(r.retry);
        assert_string_equal(b.name, good[i]);
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct background b = {.polls = 0};
        struct reply r = pending(str_c(bad[i]));
        assert_false(background_take(&b, 200, &arena, &r));
        assert_int_equal(r.outcome, OUTCOME_PROVIDER_ERROR);
        assert_false(r.retry);
        assert_true(r.error.n > 0);
        assert_int_equal(b.name[0], 0);
        /* nor does one replace a good one */
        struct reply first = pending(STR("good"));
        assert_false(background_take(&b, 200, &arena, &first));
        r = pending(str_c(bad[i]));
        assert_false(background_take(&b, 200, &arena, &r));
        assert_string_equal(b.name, "good");
    }
    struct background b = {.polls = 0};
    struct reply r = pending((struct str){"a\0b", 3});
    assert_false(background_take(&b, 200, &arena, &r));
    assert_int_equal(b.name[0], 0);
}

static void long_names(void **state)
{
    char text[BACKGROUND_NAME + 1];
    struct background b = {.polls = 0};

    (void)state;
    memset(text, 'a', sizeof text);
    struct reply r = pending((struct str){text, BACKGROUND_NAME + 1});
    assert_false(background_take(&b, 200, &arena, &r));
    assert_int_equal(r.outcome, OUTCOME_PROVIDER_ERROR);
    r = pending((struct str){text, BACKGROUND_NAME});
    assert_false(background_take(&b, 200, &arena, &r));
    assert_int_equal(r.outcome, OUTCOME_PENDING);
    assert_int_equal(strlen(b.name), 200);
}

static void nothing_is_lost_that_was_not_there(void **state)
{
    struct background b = {.polls = 0};
    struct reply r = {.outcome = OUTCOME_HTTP_ERROR};

    (void)state;
    assert_false(background_take(&b, 404, &arena, &r));
    assert_false(b.lost || r.retry);
    r = (struct reply){.outcome = OUTCOME_OK};
    assert_true(background_take(&b, 200, &arena, &r));
    /* "failed" of a page that is no 2xx says nothing of the response */
    struct reply first = pending(STR("good"));
    assert_false(background_take(&b, 200, &arena, &first));
    r = (struct reply){.outcome = OUTCOME_PROVIDER_ERROR, .finish = STR("failed"), .retry = true};
    assert_false(background_take(&b, 502, &arena, &r));
    assert_false(b.lost);
    assert_string_equal(b.name, "good");
}

static void pauses(void **state)
{
    static const struct {
        int64_t polls;
        double poll_s;
        int64_t most_s, expect_ms;
    } cases[] = {
        {1, 2, 600, 2000}, {63, 2, 600, 2000}, {64, 2, 600, 4000}, {128, 2, 600, 6000},
        {64 * 28, 2, 600, 58000}, {64 * 1000, 2, 600, 60000}, {1, 0.02, 600, 20},
        {640, 0.02, 600, 220}, {1, 300, 600, 300000}, {640, 300, 600, 300000},
        {1, 300, 10, 10000}, /* never longer than a server may ask for */
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct background b = {.name = "r", .polls = cases[i].polls};
        assert_int_equal(
            background_pause_ms(&b, cases[i].poll_s, cases[i].most_s), cases[i].expect_ms);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),
        cmocka_unit_test(long_names),
        cmocka_unit_test(nothing_is_lost_that_was_not_there),
        cmocka_unit_test(pauses),
    };

    return cmocka_run_group_tests(tests, NULL, teardown);
}
