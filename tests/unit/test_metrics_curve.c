/* test_metrics_curve.c - pass@k, intervals, isotonic curves and dominance; values by hand and from
 * scripts/reference/stats_golden.py. */
#include "metrics/curve.h"
#include "metrics/passk.h"
#include "tests/unit/test_metrics_gold.h"

static void test_passk_items(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(gold_passk_item); i++) {
        double v = -1;
        bool known = passk_item((unsigned)gold_passk_item[i].n, (unsigned)gold_passk_item[i].c,
            (unsigned)gold_passk_item[i].k, &v);
        assert_int_equal(known, gold_passk_item[i].value != MISSING);
        if (known)
            gold_near(v, gold_passk_item[i].value, "pass@k");
        else
            assert_true(v == -1); /* untouched */
    }
}

static void test_passk_lists(void **state)
{
    static const struct {
        const char *text;
        size_t n;
        unsigned k[4];
    } cases[] = {
        {"1,2,4", 3, {1, 2, 4}}, {"8, 1,2,2", 3, {1, 2, 8}}, {"", 0, {0}},
        {"0,-3,x,2.5,70000,3", 1, {3}}, {"5,4,3,2,1", 4, {2, 3, 4, 5}}, /* room for four */
    };
    unsigned k[4];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_int_equal(passk_list(str_c(cases[i].text), k, 4), cases[i].n);
        for (size_t j = 0; j < cases[i].n; j++)
            assert_int_equal(k[j], cases[i].k[j]);
    }
}

static void test_wilson(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(gold_wilson); i++) {
        struct interval ci = interval_wilson(gold_wilson[i].p, gold_wilson[i].n);
        assert_true(ci.known);
        assert_true(fabs(ci.lo - gold_wilson[i].lo) < 1e-7); /* np.roots of a double root */
        assert_true(fabs(ci.hi - gold_wilson[i].hi) < 1e-7);
        assert_true(ci.lo >= 0 && ci.hi <= 1);
    }
}

static void test_quantiles(void **state)
{
    static const double v[] = {1, 2, 4, 8};
    double with_end[] = {1, 2, HUGE_VAL};

    (void)state;
    gold_near(interval_quantile(v, 4, 0), 1, "0");
    gold_near(interval_quantile(v, 4, 1), 8, "1");
    gold_near(interval_quantile(v, 4, 0.5), 3, "median");
    gold_near(interval_quantile(v, 4, 0.9), 6.8, "0.9"); /* position 2.7 */
    gold_near(interval_quantile(v, 1, 0.3), 1, "one value");
    gold_near(interval_quantile(with_end, 3, 0.5), 2, "a number is a number");
    assert_true(isinf(interval_quantile(with_end, 3, 0.6)));
}

static void fill(double *v, size_t n, size_t lost, double as)
{
    for (size_t i = 0; i < n; i++)
        v[i] = i < lost ? as : (double)i;
}

static void test_percentile_and_losses(void **state)
{
    double v[100], lost;
    struct interval ci;

    (void)state;
    fill(v, 100, 5, NAN); /* 5 % may be lost; 5..99 are left: 0.025 * 94 = 2.35 above 5 */
    ci = interval_percentile(v, 100, &lost);
    assert_true(ci.known);
    gold_near(lost, 0.05, "lost");
    gold_near(ci.lo, 5 + 2.35, "lo");
    gold_near(ci.hi, 99 - 2.35, "hi");
    fill(v, 100, 6, NAN);
    assert_false(interval_percentile(v, 100, &lost).known);
    fill(v, 100, 6, HUGE_VAL);
    assert_false(interval_percentile(v, 100, &lost).known);
    fill(v, 100, 4, HUGE_VAL); /* kept in order: the upper end is unbounded */
    ci = interval_percentile(v, 100, &lost);
    assert_true(ci.known && isinf(ci.hi) && isfinite(ci.lo));
    assert_false(interval_percentile(v, 0, &lost).known);
    gold_near(lost, 1, "nothing");
}

static void test_spread(void **state)
{
    static const double v[] = {1, 1, 0, 0};
    static const uint32_t same[] = {0, 0, 1, 1}, one[] = {0, 0, 0, 0};
    static const double flat[] = {1, 1, 1, 1};
    struct interval_spread s = interval_spread(v, same, 4, 3);

    (void)state;
    /* sum d^2 = 1; se_iid^2 = 1/12; pairs: 2 clusters x 2 x 0.25 = 1, / 16; deff = 1.75 */
    gold_near(s.mean, 0.5, "mean");
    gold_near(s.se_iid, sqrt(1.0 / 12), "se");
    gold_near(s.se_cluster, sqrt(1.0 / 12 + 1.0 / 16), "clustered");
    gold_near(s.deff, 1.75, "deff");
    gold_near(s.n_eff, 4 / 1.75, "n_eff");
    assert_int_equal(s.clusters, 2);
    s = interval_spread(v, one, 4, 1);
    assert_false(s.has_deff); /* one cluster says nothing about clusters */
    gold_near(s.n_eff, 1, "n_eff");
    s = interval_spread(flat, same, 4, 2);
    assert_false(s.has_deff);
    gold_near(s.n_eff, 2, "n_eff of no variance");
    s = interval_spread(v, same, 0, 2);
    assert_int_equal(s.n, 0);
    assert_false(s.has_deff);
}

static size_t curve(struct curve_point *p, size_t n, const double (*ta)[2])
{
    for (size_t i = 0; i < n; i++)
        p[i] = (struct curve_point){.t = ta[i][0], .a = ta[i][1], .w = 1};
    return curve_isotonic(p, n);
}

static void test_isotonic(void **state)
{
    static const double falling[][2] = {{10, .5}, {20, .3}, {30, .7}, {40, .6}, {50, .2}};
    static const double all_down[][2] = {{4, .1}, {3, .2}, {2, .3}, {1, .6}};
    static const double equal_t[][2] = {{10, .2}, {10, .4}, {20, .5}};
    static const double zero[][2] = {{0, .2}, {-1, .4}, {10, .5}};
    struct curve_point p[5];

    (void)state;
    assert_int_equal(curve(p, 5, falling), 5);
    gold_near(p[0].a, .4, "first block");
    gold_near(p[1].a, .4, "first block");
    gold_near(p[2].a, .5, "second block");
    gold_near(p[4].a, .5, "second block");
    assert_int_equal(curve(p, 4, all_down), 4);
    for (int i = 0; i < 4; i++)
        gold_near(p[i].a, .3, "one block");
    gold_near(p[0].t, 1, "sorted");
    assert_int_equal(curve(p, 3, equal_t), 2);
    gold_near(p[0].a, .3, "merged");
    gold_near(p[0].w, 2, "merged");
    assert_int_equal(curve(p, 3, zero), 1);
    assert_int_equal(curve(p, 0, zero), 0);
}

static void test_weights(void **state)
{
    struct curve_point p[] = {{.t = 1, .a = .9, .w = 1}, {.t = 2, .a = .3, .w = 3},
        {.t = 3, .a = .1, .w = 0}, {.t = 4, .a = NAN, .w = 2}};

    (void)state;
    assert_int_equal(curve_isotonic(p, 4), 2); /* no weight, no accuracy: no point */
    gold_near(p[0].a, (.9 + 3 * .3) / 4, "weighted");
}

static void test_inverse(void **state)
{
    static const double ta[][2] = {{10, .2}, {100, .4}, {1000, .4}, {10000, .8}};
    struct curve_point p[4];
    double a;
    size_t n = curve(p, 4, ta);

    (void)state;
    gold_near(curve_tokens_at(p, n, .1), 10, "below: the first");
    gold_near(curve_tokens_at(p, n, .2), 10, "at the first");
    gold_near(curve_tokens_at(p, n, .3), sqrt(1000), "half way in log");
    gold_near(curve_tokens_at(p, n, .4), 100, "start of the plateau");
    gold_near(curve_tokens_at(p, n, .6), sqrt(1e7), "behind the plateau");
    gold_near(curve_tokens_at(p, n, .8), 10000, "the last");
    assert_true(isinf(curve_tokens_at(p, n, .81)));
    assert_true(curve_accuracy_at(p, n, sqrt(1000), &a));
    gold_near(a, .3, "forward");
    assert_true(curve_accuracy_at(p, n, 10000, &a));
    gold_near(a, .8, "the end");
    assert_false(curve_accuracy_at(p, n, 9.99, &a));
    assert_false(curve_accuracy_at(p, n, 10000.1, &a));
    assert_false(curve_accuracy_at(p, 0, 1, &a));
}

static void test_pareto(void **state)
{
    static const struct {
        size_t n;
        double t[4], a[4];
        bool on[4];
    } cases[] = {
        {1, {5}, {.5}, {true}},
        {3, {1, 2, 3}, {.1, .2, .3}, {true, true, true}},
        {3, {1, 2, 3}, {.3, .2, .1}, {true, false, false}}, /* all others dominated */
        {3, {2, 2, 2}, {.1, .3, .2}, {false, true, false}}, /* equal tokens */
        {3, {3, 1, 2}, {.2, .2, .2}, {false, true, false}}, /* equal accuracy */
        {3, {1, 1, 2}, {.2, .2, .2}, {true, true, false}},  /* equal points stand together */
        {4, {0, 1, NAN, 2}, {.2, .4, .9, NAN}, {true, true, false, false}},
    };
    bool on[4];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        curve_pareto(cases[i].t, cases[i].a, cases[i].n, on);
        for (size_t j = 0; j < cases[i].n; j++)
            assert_int_equal(on[j], cases[i].on[j]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_passk_items),
        cmocka_unit_test(test_passk_lists),
        cmocka_unit_test(test_wilson),
        cmocka_unit_test(test_quantiles),
        cmocka_unit_test(test_percentile_and_losses),
        cmocka_unit_test(test_spread),
        cmocka_unit_test(test_isotonic),
        cmocka_unit_test(test_weights),
        cmocka_unit_test(test_inverse),
        cmocka_unit_test(test_pareto),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
