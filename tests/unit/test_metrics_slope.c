/* test_metrics_slope.c - mean and slope of a paired difference; lines of a learned context. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "metrics/coverage.h"
#include "metrics/slope.h"

#include <math.h>

enum { REPLICATES = 400 };

/* By hand: x 0 1 2 3, d 0 1 1 2; Sxx = 5, Sxd = 3. */
static void test_by_hand(void **state)
{
    const struct slope_item items[] = {{0, 0, 0}, {1, 1, 1}, {2, 2, 1}, {3, 3, 2}};
    struct slope s = slope_fit(items, 4, 4, REPLICATES, 7);

    (void)state;
    assert_int_equal(s.n, 4);
    assert_int_equal(s.clusters, 4);
    assert_true(fabs(s.mean - 1) < 1e-12);
    assert_true(fabs(s.slope - 0.6) < 1e-12);
    assert_true(s.mean_ci.known && s.mean_ci.lo < 1 && s.mean_ci.hi > 1);
    assert_true(s.mean_ci.lo >= 0 && s.mean_ci.hi <= 2);
}

/* d = 5 - 2 x without noise: the slope is -2 in every resample where x varies. */
static void test_exact_line(void **state)
{
    struct slope_item items[60];

    (void)state;
    for (size_t i = 0; i < 60; i++)
        items[i] = (struct slope_item){i / 3, (double)(i % 7), 5 - 2.0 * (double)(i % 7)};
    struct slope s = slope_fit(items, 60, 20, REPLICATES, 1);
    assert_true(fabs(s.slope + 2) < 1e-9);
    assert_true(s.slope_ci.known);
    assert_true(fabs(s.slope_ci.lo + 2) < 1e-9 && fabs(s.slope_ci.hi + 2) < 1e-9);
}

/* Two clusters, d 0 in one and 1 in the other: a resample's mean is 0, 1/2 or 1 with chances 1/4,
 * 1/2, 1/4, so the 95 % interval is the whole range. */
static void test_two_clusters(void **state)
{
    const struct slope_item items[] = {{0, 0, 0}, {0, 1, 0}, {1, 0, 1}, {1, 1, 1}};
    struct slope s = slope_fit(items, 4, 2, REPLICATES, 3);

    (void)state;
    assert_true(fabs(s.mean - 0.5) < 1e-12 && fabs(s.slope) < 1e-12);
    assert_true(s.mean_ci.known && s.mean_ci.lo == 0 && s.mean_ci.hi == 1);
}

static void test_not_identified(void **state)
{
    const struct slope_item one[] = {{0, 0, 0}, {0, 1, 1}};
    const struct slope_item flat[] = {{0, 2, 0}, {1, 2, 1}, {2, 2, 1}};
    struct slope s = slope_fit(one, 2, 1, REPLICATES, 1);

    (void)state;
    assert_true(fabs(s.slope - 1) < 1e-12);
    assert_false(s.mean_ci.known || s.slope_ci.known);
    s = slope_fit(flat, 3, 3, REPLICATES, 1);
    assert_true(isnan(s.slope));
    assert_true(s.mean_ci.known);
    assert_false(s.slope_ci.known);
    s = slope_fit(flat, 0, 3, REPLICATES, 1);
    assert_int_equal(s.n, 0);
    assert_false(s.mean_ci.known || s.slope_ci.known);
}

static void test_has_line(void **state)
{
    struct str text = STR("pears of Ann = 3\napples of Ann = 2 * 3 = 6\nof Ben = 1");

    (void)state;
    assert_true(coverage_has_line(text, STR("apples of Ann")));
    assert_true(coverage_has_line(text, STR("of Ben")));
    assert_false(coverage_has_line(text, STR("apples of")));
    assert_false(coverage_has_line(text, STR("of Ann")));
    assert_false(coverage_has_line(STR(""), STR("apples of Ann")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_hand),
        cmocka_unit_test(test_exact_line),
        cmocka_unit_test(test_two_clusters),
        cmocka_unit_test(test_not_identified),
        cmocka_unit_test(test_has_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
