/* test_permute.c - sign flips and max-T: counted by hand, and their error rates counted exactly. */
#include "metrics/permute.h"
#include "tests/unit/unit.h"

#include <math.h>

static const struct permute_options two_sided = {PERMUTE_TWO_SIDED, 999, 7};
static const struct permute_options greater = {PERMUTE_GREATER, 999, 7};

static void near(double got, double want)
{
    if (!(fabs(got - want) <= 1e-12))
        fail_msg("%.15g, expected %.15g", got, want);
}

static void test_by_hand(void **state)
{
    static const double rising[] = {1, 2, 3}, mixed[] = {1, 0, 1, 1, -1, 0};
    struct permute_setting s;
    struct permute_result r = permute_sign_flip(rising, 3, &two_sided, &s);

    (void)state;
    assert_true(r.exact && s.informative);
    assert_int_equal(r.patterns, 8);
    near(s.p, 2.0 / 8); /* itself and its mirror image */
    near(r.least, 2.0 / 8);
    near(s.adjusted, s.p);
    near(r.max_gain, 6);
    near(r.null_mean, 0);
    r = permute_sign_flip(rising, 3, &greater, &s);
    near(s.p, 1.0 / 8);
    near(r.least, 1.0 / 8);
    r = permute_sign_flip(mixed, 6, &two_sided, &s); /* sums 4 2 0 -2 -4: 1 4 6 4 1 ways */
    assert_int_equal(r.moving, 4);
    near(s.p, 10.0 / 16);
    r = permute_sign_flip(mixed, 6, &greater, &s);
    near(s.p, 5.0 / 16);
}

static void test_ties_after_rounding(void **state)
{
    static const double thirds[] = {0.1 + 0.2, 0.3, -0.3, 0.1 * 3}; /* not all the same bits */
    struct permute_setting s;

    (void)state;
    permute_sign_flip(thirds, 4, &two_sided, &s);
    near(s.p, 10.0 / 16);
}

static void test_nothing_moves(void **state)
{
    static const double zeros[] = {0, 1e-17, 0}, one[] = {0, 5, 0};
    struct permute_setting s;
    struct permute_result r = permute_sign_flip(zeros, 3, &two_sided, &s);

    (void)state;
    assert_false(s.informative);
    assert_int_equal(r.moving, 0);
    near(s.p, 1);
    near(s.adjusted, 1);
    near(r.least, 1);
    near(r.null_p95, 0);
    permute_sign_flip(zeros, 0, &two_sided, &s);
    near(s.p, 1);
    r = permute_sign_flip(one, 3, &two_sided, &s); /* one cluster decides nothing */
    assert_true(s.informative);
    near(s.p, 1);
    near(r.least, 1);
}

static void test_max_t_by_hand(void **state)
{
    /* T = 3/sqrt 3, 1/sqrt 3 and 0; settings without items make no gain */
    static const double totals[] = {1, 1, 1, 1, 1, -1, 0, 0, 0}, items[] = {3, 0, 2};
    struct permute_family f = {totals, items, 3, 3};
    struct permute_setting s[3];
    struct permute_result r;

    (void)state;
    permute_max_t(&f, &greater, s, &r);
    /* pairs (S_1, S_2) over the 8 patterns: (3,1) (1,3) (1,-1) (1,-1) and their negatives */
    near(s[0].p, 1.0 / 8);
    near(s[0].adjusted, 2.0 / 8); /* in one more pattern the second reaches 3 */
    near(s[1].p, 4.0 / 8);        /* S_2 >= 1: (3,1), (1,3), (-1,1) twice */
    near(s[1].adjusted, 4.0 / 8);
    assert_false(s[2].informative);
    near(s[2].adjusted, 1);
    assert_true(r.has_gain);
    near(r.max_gain, 1);
    /* the third setting has items and never gains: the maximum is max(S_1/3, 0) */
    near(r.null_mean, (1 + 3 * 1.0 / 3) / 8);
}

static void test_order_does_not_matter(void **state)
{
    static const double a[] = {1, 2, -1, 3, 0, 1, 1, 1, -2, 4, 2, 2}, items[] = {4, 4, 4};
    static const double b[] = {-2, 4, 2, 2, 1, 2, -1, 3, 0, 1, 1, 1};
    static const size_t to[] = {1, 2, 0};
    struct permute_family f = {a, items, 3, 4}, g = {b, items, 3, 4};
    struct permute_setting s[3], t[3];
    struct permute_result r, q;

    (void)state;
    permute_max_t(&f, &two_sided, s, &r);
    permute_max_t(&g, &two_sided, t, &q);
    for (size_t j = 0; j < 3; j++) {
        near(s[j].p, t[to[j]].p);
        near(s[j].adjusted, t[to[j]].adjusted);
        assert_true(s[j].adjusted >= s[j].p);
    }
    near(r.null_p95, q.null_p95);
}

/* Every sign pattern of the same sizes is equally likely under no effect: the share of them in
 * which anything is significant is at most the level, for one setting and for three at once. */
static void test_error_rate(void **state)
{
    static const double size[3][7] = {
        {1, 2, 4, 8, 16, 3, 5}, {2, 2, 1, -3, 1, 1, 0}, {-1, 1, 1, 1, 2, 9, 9}};
    static const double levels[] = {0.02, 0.05, 0.1, 0.5}, items[] = {9, 9, 9};
    static const struct permute_options *const sides[] = {&two_sided, &greater};

    (void)state;
    for (size_t side = 0; side < 2; side++) {
        size_t single[4] = {0}, family[4] = {0};
        for (unsigned pattern = 0; pattern < 128; pattern++) {
            double totals[21];
            struct permute_family f = {totals, items, 3, 7};
            struct permute_setting s[3];
            struct permute_result r;
            for (size_t i = 0; i < 21; i++)
                totals[i] = pattern >> i % 7 & 1 ? -size[i / 7][i % 7] : size[i / 7][i % 7];
            permute_max_t(&f, sides[side], s, &r);
            double least = fmin(s[0].adjusted, fmin(s[1].adjusted, s[2].adjusted));
            for (size_t l = 0; l < 4; l++) {
                single[l] += s[0].p <= levels[l];
                family[l] += least <= levels[l];
            }
        }
        for (size_t l = 0; l < 4; l++) {
            assert_true((double)single[l] <= 128 * levels[l]);
            assert_true((double)family[l] <= 128 * levels[l]);
        }
        assert_true(single[1] > 0 && family[1] > 0); /* and it can reject */
    }
}

static void test_drawn(void **state)
{
    double all[70], half[70];
    struct permute_setting s, again;
    struct permute_options o = two_sided;

    (void)state;
    for (size_t g = 0; g < 70; g++) {
        all[g] = 1;
        half[g] = g % 2 ? 1 : -1;
    }
    struct permute_result r = permute_sign_flip(all, 70, &o, &s);
    assert_false(r.exact);
    assert_int_equal(r.patterns, 999);
    near(s.p, 1.0 / 1000); /* no draw is as large; never 0 */
    near(r.least, 1.0 / 1000);
    permute_sign_flip(half, 70, &o, &s); /* a sum of 0: every draw is as large */
    near(s.p, 1);
    half[0] = half[2] = half[4] = half[6] = 1; /* sum 8, variance 70: P(|S| >= 8) = 0.4029 */
    o.draws = 9999;
    permute_sign_flip(half, 70, &o, &s);
    assert_true(fabs(s.p - 0.4029) < 4 * sqrt(.4 * .6 / 9999));
    permute_sign_flip(half, 70, &o, &again);
    assert_true(s.p == again.p);
    o.seed++;
    permute_sign_flip(half, 70, &o, &again);
    assert_true(s.p != again.p);
}

/* At 20 moving clusters patterns are counted, at 21 drawn; zeros in between change nothing. */
static void test_where_counting_ends(void **state)
{
    double d[24];
    struct permute_setting s;

    (void)state;
    for (size_t g = 0; g < 24; g++)
        d[g] = g < 4 ? 0 : 1;
    struct permute_result r = permute_sign_flip(d, 24, &two_sided, &s);
    assert_true(r.exact && r.moving == 20);
    near(s.p, ldexp(1, -19));
    d[0] = 1;
    assert_false(permute_sign_flip(d, 24, &two_sided, &s).exact);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_hand),
        cmocka_unit_test(test_ties_after_rounding),
        cmocka_unit_test(test_nothing_moves),
        cmocka_unit_test(test_max_t_by_hand),
        cmocka_unit_test(test_order_does_not_matter),
        cmocka_unit_test(test_error_rate),
        cmocka_unit_test(test_drawn),
        cmocka_unit_test(test_where_counting_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
