/* test_paired.c - McNemar, errors over clusters and power: by hand and by what must hold. */
#include "metrics/paired.h"
#include "tests/unit/unit.h"

#include <math.h>

static void near(double got, double want)
{
    if (!(fabs(got - want) <= 1e-9 * fabs(want) + 1e-15))
        fail_msg("%.15g, expected %.15g", got, want);
}

static void test_mcnemar(void **state)
{
    struct paired_mcnemar m = paired_mcnemar(1, 4);

    (void)state;
    near(m.exact, 12.0 / 32); /* 2 (1 + 5) / 2^5 */
    near(m.midp, 7.0 / 32);   /* less P(1) = 5/32 */
    m = paired_mcnemar(4, 1);
    near(m.exact, 12.0 / 32);
    m = paired_mcnemar(2, 2);
    near(m.exact, 1);
    near(m.midp, 1 - 0.5 * 6 / 16);
    m = paired_mcnemar(0, 0);
    assert_false(m.informative);
    assert_true(m.exact == 1 && m.midp == 1);
    m = paired_mcnemar(0, 1);
    assert_true(m.informative);
    near(m.exact, 1);
    near(m.midp, 0.5);
    near(paired_mcnemar(0, 100).exact, ldexp(1, -99));
    near(paired_mcnemar(0, 100).midp, ldexp(1, -100));
    assert_true(paired_mcnemar(0, 5000).exact == 0); /* below the smallest double, not NaN */
}

/* Under no effect a mid-p has mean 1/2, and the exact p is at most a with chance at most a. */
static void test_mcnemar_under_the_null(void **state)
{
    (void)state;
    for (unsigned n = 1; n <= 16; n++) {
        double mean = 0, ways = 1, level = 0.05, exact = 0;
        for (unsigned b = 0; b <= n; b++) {
            struct paired_mcnemar m = paired_mcnemar(b, n - b);
            mean += ldexp(ways, -(int)n) * m.midp;
            exact += m.exact <= level ? ldexp(ways, -(int)n) : 0;
            ways *= (double)(n - b) / (b + 1);
        }
        near(mean, 0.5);
        assert_true(exact <= level);
    }
}

static void test_score(void **state)
{
    static const double totals[] = {1, -1, 3, 0, 1}, none[] = {0, 1e-17};
    double p = -1;

    (void)state;
    assert_true(paired_score(totals, 5, &p)); /* 4^2 / 12 */
    near(p, erfc(sqrt(16.0 / 12 / 2)));
    p = -1;
    assert_false(paired_score(none, 2, &p));
    assert_false(paired_score(none, 0, &p));
    assert_true(p == -1);
}

static void test_mean(void **state)
{
    /* d = {1, 1}, {0, 0}, {} and {1, 0}: mean 1/2, e = 1, -1, 0 */
    static const double totals[] = {2, 0, 0, 1}, sizes[] = {2, 2, 0, 2};
    struct paired_mean m = paired_mean(totals, sizes, 4);

    (void)state;
    assert_true(m.known && m.varies);
    assert_int_equal(m.items, 6);
    assert_int_equal(m.clusters, 3);
    near(m.mean, 0.5);
    near(m.se_cr1, sqrt(3.0 / 2 * 2) / 6);
    near(m.se_cr3, sqrt(2 * 2.25) / 6); /* e / (1 - 2/6) */
    near(m.df, 2);
    near(m.t, 0.5 * 6 / sqrt(3));
    near(m.p, 1 - sqrt(3) / sqrt(2 + 3)); /* P(|T| > t) = 1 - t / sqrt(2 + t^2) for 2 df */
    near(m.ci_cr1.hi - m.mean, 0.95 * sqrt(2 / (4 * 0.975 * 0.025)) * m.se_cr1);
    near(m.mean - m.ci_cr3.lo, 0.95 * sqrt(2 / (4 * 0.975 * 0.025)) * m.se_cr3);
}

static void test_mean_of_little(void **state)
{
    static const double thirds[] = {1.0 / 3 + 1.0 / 3 + 1.0 / 3, 2.0 / 3, 1.0 / 3}, n[] = {3, 2, 1};
    static const double zeros[] = {0, 0}, cancelled[] = {-1.2e-17, 0.1 + 0.2 - 0.3};
    struct paired_mean m = paired_mean(zeros, zeros, 2); /* no items at all */

    (void)state;
    assert_false(m.known);
    assert_true(m.mean == 0 && m.p == 1 && !m.ci_cr1.known && m.items == 0);
    m = paired_mean(thirds, n, 1);
    assert_false(m.known);
    near(m.mean, 1.0 / 3);
    m = paired_mean(thirds, n, 3); /* all alike up to rounding */
    assert_true(m.known && !m.varies);
    assert_true(m.se_cr1 == 0 && m.se_cr3 == 0 && m.p == 0 && isinf(m.t));
    assert_true(m.ci_cr1.lo == m.mean && m.ci_cr1.hi == m.mean);
    m = paired_mean(zeros, n, 2);
    assert_true(m.known && !m.varies && m.t == 0 && m.p == 1);
    m = paired_mean(cancelled, n, 2); /* items that sum to 0 but for rounding */
    assert_true(m.known && !m.varies && m.t == 0 && m.p == 1);
}

/* The numbers of SCIENCE.md 4: omega^2 = .048, s^2 = .12 in each arm, 80 % power at 5 %. */
static void test_mde(void **state)
{
    static const struct {
        unsigned n, k;
        double points;
    } cases[] = {{60, 3, 12.9}, {60, 10, 9.7}, {30, 3, 18.3}, {500, 1, 6.7}};
    struct paired_design d = {.048, .12, .12, 1, 1, 1};
    uint64_t items = 7;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        d.k_a = d.k_b = cases[i].k;
        assert_true(fabs(100 * paired_mde(&d, cases[i].n, .05, .8) - cases[i].points) < 0.05);
    }
    d.k_a = d.k_b = 1;
    double plain = paired_mde(&d, 33, .05, .8);
    d.deff = 4;
    near(paired_mde(&d, 33, .05, .8), 2 * plain);
    assert_true(paired_items(&d, 2 * plain, .05, .8, &items));
    assert_true(items == 33 || items == 34); /* the root is whole up to rounding */
    assert_true(paired_mde(&d, (double)items, .05, .8) <= 2 * plain * (1 + 1e-12));
    assert_false(paired_items(&d, 1e-12, .05, .8, &items));
    assert_true(paired_items(&d, 1e3, .05, .8, &items));
    assert_int_equal(items, 1);
    /* fewer degrees of freedom, less to be seen; half the power needs the quantile alone */
    assert_true(paired_mde_se(1, 11, .05, .8) > paired_mde_se(1, HUGE_VAL, .05, .8));
    near(paired_mde_se(2, HUGE_VAL, .05, .5), 2 * INTERVAL_Z95);
    assert_true(paired_mde_se(0, 11, .05, .8) == 0);
}

static void test_estimate(void **state)
{
    /* d = 1, 0, -1/2; within: 0, 1/2, 0 and 0, 1/2, 1/2 at k = 2 */
    static const struct paired_item twice[] = {{2, 2, 0, 2}, {1, 2, 1, 2}, {0, 2, 1, 2}};
    static const struct paired_item once[] = {{1, 1, 0, 1}, {0, 1, 0, 1}};
    static const struct paired_item noise[] = {{1, 2, 1, 2}, {1, 2, 1, 2}};
    struct paired_design d;
    bool separable = true;

    (void)state;
    assert_true(paired_estimate(twice, 3, &d, &separable));
    assert_true(separable && d.k_a == 2 && d.k_b == 2);
    near(d.sigma2_a, 1.0 / 6);
    near(d.sigma2_b, 1.0 / 3);
    near(d.omega2, 7.0 / 12 - 1.0 / 12 - 1.0 / 6); /* Var d: mean 1/6, squares 25 + 1 + 16 / 36 */
    near(d.deff, 1);
    assert_true(paired_estimate(once, 2, &d, &separable));
    assert_false(separable);
    near(d.omega2, 0.5);
    assert_true(d.sigma2_a == 0 && d.sigma2_b == 0);
    assert_true(paired_estimate(noise, 2, &d, &separable));
    assert_true(separable && d.omega2 == 0); /* less than its noise: 0, not negative */
    assert_false(paired_estimate(once, 1, &d, &separable));
    /* 1, 2, 3, 2, 1 and 1, 3 repeats: harmonic mean 7 / (14/3) = 3/2, up to 2 */
    static const unsigned k[] = {1, 2, 3, 2, 1, 1, 3};
    struct paired_item mixed[7];
    for (size_t i = 0; i < 7; i++)
        mixed[i] = (struct paired_item){1, k[i], 0, 2};
    assert_true(paired_estimate(mixed, 7, &d, &separable));
    assert_true(separable && d.k_a == 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mcnemar),
        cmocka_unit_test(test_mcnemar_under_the_null),
        cmocka_unit_test(test_score),
        cmocka_unit_test(test_mean),
        cmocka_unit_test(test_mean_of_little),
        cmocka_unit_test(test_mde),
        cmocka_unit_test(test_estimate),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
