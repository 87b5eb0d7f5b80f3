/* test_distribution.c - laws and exact shares: closed forms, and values of printed tables. */
#include "metrics/distribution.h"
#include "metrics/proportion.h"
#include "tests/unit/unit.h"

#include <math.h>

static void near(double got, double want)
{
    if (!(fabs(got - want) <= 1e-9 * fabs(want)))
        fail_msg("%.15g, expected %.15g", got, want);
}

static void test_closed_forms(void **state)
{
    (void)state;
    near(distribution_lngamma(0.5), 0.5 * log(M_PI));
    near(distribution_lngamma(11), log(3628800));
    near(distribution_beta(0.3, 1, 4), 1 - pow(0.7, 4));
    near(distribution_beta(0.3, 5, 1), pow(0.3, 5));
    near(distribution_beta_quantile(1e-12, 5, 1), pow(1e-12, 0.2));
    near(distribution_t(1, 1), 0.75);                            /* Cauchy: 1/2 + atan(t)/pi */
    near(distribution_t(-1e6, 1), atan(1e-6) / M_PI);            /* a far tail keeps its digits */
    near(distribution_t_quantile(0.9, 2), 0.8 * sqrt(2 / 0.36)); /* (2p-1) sqrt(2 / 4p(1-p)) */
    near(distribution_chi2_upper(0), 1);
    assert_true(distribution_beta(0, 2, 3) == 0 && distribution_beta(1, 2, 3) == 1);
    assert_true(distribution_beta_quantile(0, 2, 3) == 0);
    assert_true(distribution_beta_quantile(1, 2, 3) == 1);
}

static void test_tables(void **state)
{
    (void)state;
    near(distribution_normal_quantile(0.975), INTERVAL_Z95);
    near(distribution_normal_quantile(0.8), 0.8416212335729143);
    near(distribution_normal(-INTERVAL_Z95), 0.025);
    near(distribution_t_quantile(0.975, 11), 2.200985160082949);
    near(distribution_t_quantile(0.975, HUGE_VAL), INTERVAL_Z95);
    near(distribution_chi2_upper(3.841458820694124), 0.05);
    assert_true(distribution_normal_quantile(0.5) == 0 && distribution_t_quantile(0.5, 3) == 0);
}

static void test_quantiles_invert(void **state)
{
    (void)state;
    for (double p = 1e-9; p < 1; p = p < 0.4 ? p * 7 : p + 0.13) {
        near(distribution_normal(distribution_normal_quantile(p)), p);
        near(distribution_t(distribution_t_quantile(p, 5), 5), p);
        near(distribution_beta(distribution_beta_quantile(p, 2.5, 40), 2.5, 40), p);
    }
}

static void test_binomial(void **state)
{
    (void)state;
    near(distribution_binomial(1, 3, 0.25), 27.0 / 64);
    near(distribution_binomial_lower(1, 3, 0.25), 54.0 / 64);
    near(distribution_binomial_upper(1, 3, 0.25), 37.0 / 64);
    near(distribution_binomial(0, 0, 0.25), 1);
    near(distribution_binomial_lower(0, 0, 0.25), 1);
    assert_true(distribution_binomial(4, 3, 0.25) == 0);
    assert_true(distribution_binomial_upper(4, 3, 0.25) == 0);
    near(distribution_binomial(3, 3, 1), 1);
    assert_true(distribution_binomial(2, 3, 1) == 0 && distribution_binomial(1, 3, 0) == 0);
    near(distribution_binomial_lower(0, 1000, 0.5), ldexp(1, -1000));
}

static void test_shares(void **state)
{
    struct interval none = proportion_exact(0, 30, 0.95), all = proportion_exact(30, 30, 0.95);

    (void)state;
    assert_true(none.known && none.lo == 0 && all.hi == 1);
    near(none.hi, 1 - pow(0.025, 1.0 / 30));
    near(all.lo, pow(0.025, 1.0 / 30));
    assert_false(proportion_exact(0, 0, 0.95).known);
    near(proportion_above(0, 10, 0.05), 1);
    near(proportion_above(0, 0, 0.05), 1);
    near(proportion_above(2, 2, 0.05), 0.0025);
    /* 500 null runs at 5 %: up to 37 false alarms pass a test at 1 % */
    assert_true(proportion_above(37, 500, 0.05) > 0.01);
    assert_true(proportion_above(38, 500, 0.05) <= 0.01);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_closed_forms),
        cmocka_unit_test(test_tables),
        cmocka_unit_test(test_quantiles_invert),
        cmocka_unit_test(test_binomial),
        cmocka_unit_test(test_shares),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
