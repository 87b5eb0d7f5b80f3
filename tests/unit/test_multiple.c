/* test_multiple.c - adjusted p-values, by hand. */
#include "metrics/multiple.h"
#include "tests/unit/unit.h"

#include <math.h>

static void near(const double *got, const double *want, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (fabs(got[i] - want[i]) > 1e-12)
            fail_msg("%zu: %.15g, expected %.15g", i, got[i], want[i]);
}

static void test_holm(void **state)
{
    static const double p[] = {.01, .04, .03, .005}, same[] = {.2, .2, .2}, large[] = {.9, 1, 0};
    double a[4];

    (void)state;
    multiple_holm(p, 4, 4, a); /* 4 x .005, 3 x .01, 2 x .03, then not below that */
    near(a, (double[]){.03, .06, .06, .02}, 4);
    multiple_holm(p, 4, 5, a); /* one more that could not be made */
    near(a, (double[]){.04, .09, .09, .025}, 4);
    multiple_holm(same, 3, 3, a);
    near(a, (double[]){.6, .6, .6}, 3);
    multiple_holm(large, 3, 3, a);
    near(a, (double[]){1, 1, 0}, 3);
}

static void test_bh(void **state)
{
    static const double p[] = {.01, .04, .03, .005}, bump[] = {.01, .011, .9};
    double a[4];

    (void)state;
    multiple_bh(p, 4, 4, a); /* .005 x 4, .01 x 2, .03 x 4/3, .04 */
    near(a, (double[]){.02, .04, .04, .02}, 4);
    multiple_bh(bump, 3, 3, a); /* .03 falls to .0165, its neighbour's */
    near(a, (double[]){.0165, .0165, .9}, 3);
    multiple_bh(bump, 3, 6, a);
    near(a, (double[]){.033, .033, 1}, 3);
}

static void test_edges(void **state)
{
    double one[] = {.03}, p[] = {.02, .5, .01};

    (void)state;
    multiple_holm(one, 0, 0, one); /* nothing to adjust */
    multiple_bh(one, 0, 3, one);
    near(one, (double[]){.03}, 1);
    multiple_holm(one, 1, 1, one);
    near(one, (double[]){.03}, 1);
    multiple_holm(p, 3, 3, p); /* in place */
    near(p, (double[]){.04, .5, .03}, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_holm),
        cmocka_unit_test(test_bh),
        cmocka_unit_test(test_edges),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
