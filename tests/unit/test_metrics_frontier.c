/* test_metrics_frontier.c - frontiers, ratios, areas, volumes and noise; values from
 * scripts/reference/frontier_golden.py and by hand. */
#include "metrics/frontier_noise.h"
#include "tests/unit/test_frontier_lab.h"
#include "tests/data/golden_frontier.h"
#include "tests/unit/unit.h"

static void near(double got, double want, const char *what, size_t a, size_t b)
{
    if (!(fabs(got - want) <= 1e-9 * fmax(1e-3, fabs(want))))
        fail_msg("%s %zu %zu: got %.17g, expected %.17g", what, a, b, got, want);
}

static void test_cases(void **state)
{
    struct lab_out o;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(gold_cases); i++) {
        lab_run(&gold_cases[i], &o);
        assert_int_equal(o.n, GOLD_VALUES);
        for (size_t j = 0; j < o.n; j++)
            near(o.v[j], gold_values[i][j], "case, value", i, j);
    }
}

/* R = 5 throughout: the same accuracies at a fifth of the tokens. */
static void test_a_known_ratio(void **state)
{
    struct curve_point a[3], b[3];

    (void)state;
    for (int form = 0; form < FRONTIER_FORMS; form++) {
        for (int i = 0; i < 3; i++) {
            a[i] = (struct curve_point){.t = 100 << i, .a = 0.2 + 0.3 * i, .w = 1};
            b[i] = (struct curve_point){.t = 20 << i, .a = 0.2 + 0.3 * i, .w = 1};
        }
        struct frontier ref = frontier_make((enum frontier_form)form, a, 3);
        struct frontier arm = frontier_make((enum frontier_form)form, b, 3);
        struct frontier_ratio r = frontier_ratio_mean(&ref, &arm);
        assert_int_equal(r.status, RATIO_IDENTIFIED);
        near(exp(r.log_ratio), 5, "ratio of form", (size_t)form, 0);
        near(frontier_bd(r.log_ratio), -0.8, "BD of form", (size_t)form, 0);
    }
}

static struct frontier two(
    enum frontier_form form, struct curve_point *room, double t0, double a0, double t1, double a1)
{
    room[0] = (struct curve_point){.t = t0, .a = a0, .w = 1};
    room[1] = (struct curve_point){.t = t1, .a = a1, .w = 1};
    return frontier_make(form, room, 2);
}

static void test_bounds(void **state)
{
    struct curve_point a[2], b[2];
    struct frontier low = two(FRONTIER_ISOTONIC, a, 100, 0.2, 400, 0.4);
    struct frontier high = two(FRONTIER_ISOTONIC, b, 50, 0.6, 90, 0.7);
    struct frontier_ratio r = frontier_ratio_mean(&low, &high);

    (void)state;
    assert_int_equal(r.status, RATIO_LOWER_BOUND); /* T_max0 / T_1 = 400 / 50 */
    assert_int_equal(r.reason, FRONTIER_NO_OVERLAP);
    near(exp(r.log_ratio), 8, "at least", 0, 0);
    r = frontier_ratio_mean(&high, &low);
    assert_int_equal(r.status, RATIO_UPPER_BOUND);
    near(exp(r.log_ratio), 0.125, "at most", 0, 0);
    r = frontier_ratio_at(&low, &low, 0.1);
    assert_int_equal(r.status, RATIO_NOT_IDENTIFIED);
    assert_int_equal(r.reason, FRONTIER_OUT_OF_RANGE);
    assert_true(r.ref_under && r.arm_under && !r.ref_over && !r.arm_over);
    r = frontier_ratio_at(&low, &high, 0.3); /* the arm's first tokens are enough */
    assert_int_equal(r.status, RATIO_LOWER_BOUND);
    near(exp(r.log_ratio), 4, "sqrt(100 * 400) / 50", 0, 0);
    r = frontier_ratio_range(&low, &high, 0.4, 0.3);
    assert_int_equal(r.reason, FRONTIER_BAD_INPUT);
    assert_int_equal(frontier_ratio_at(&low, &high, NAN).reason, FRONTIER_BAD_INPUT);
}

static void test_reasons(void **state)
{
    struct curve_point a[2], b[2], none[1];
    struct frontier f = two(FRONTIER_ISOTONIC, a, 100, 0.2, 400, 0.4);
    struct frontier held = two(FRONTIER_HULL, b, 100, 0.2, 400, 0.4);
    struct frontier empty = frontier_make(FRONTIER_ISOTONIC, none, 0);
    double v = 7;

    (void)state;
    assert_int_equal(frontier_gain_at(&f, &f, 50).reason, FRONTIER_BELOW_FIRST);
    assert_int_equal(frontier_gain_at(&f, &f, 500).reason, FRONTIER_ABOVE_LAST);
    assert_int_equal(frontier_gain_at(&f, &empty, 200).reason, FRONTIER_NO_POINTS);
    assert_int_equal(frontier_gain_at(&f, &f, NAN).reason, FRONTIER_BAD_INPUT);
    struct frontier_gain g = frontier_gain_at(&held, &held, 500);
    assert_true(g.known && g.ref_held && g.arm_held);
    assert_int_equal(frontier_shade(&f, &empty, NULL, 0).log.reason, FRONTIER_NO_POINTS);
    assert_int_equal(frontier_accuracy(&empty, 5, &v), FRONTIER_NOWHERE);
    assert_int_equal(frontier_tokens(&f, NAN, &v), FRONTIER_NOWHERE);
    assert_false(frontier_mean(&f, 50, 200, &v));
    assert_false(frontier_mean(&f, 300, 200, &v));
    assert_true(v == 7);
    for (int r = 0; r <= FRONTIER_BAD_INPUT; r++)
        assert_int_equal(frontier_reason_text((enum frontier_reason)r)[0] == 0, r == 0);
    for (int form = 0; form < FRONTIER_FORMS; form++)
        assert_true(frontier_form_text((enum frontier_form)form)[0] != 0);
}

static void test_crossings_in_order(void **state)
{
    static const double t[] = {10, 100, 200, 800}, ref_a[] = {0.1, 0.5, 0.6, 0.9},
                        arm_a[] = {0.3, 0.4, 0.7, 0.8};
    struct curve_point a[4], b[4];
    struct frontier_crossing turns[2];

    (void)state;
    for (int i = 0; i < 4; i++) {
        a[i] = (struct curve_point){.t = t[i], .a = ref_a[i], .w = 1};
        b[i] = (struct curve_point){.t = t[i], .a = arm_a[i], .w = 1};
    }
    struct frontier ref = frontier_make(FRONTIER_LOG_LINEAR, a, 4);
    struct frontier arm = frontier_make(FRONTIER_LOG_LINEAR, b, 4);
    struct frontier_shade s = frontier_shade(&ref, &arm, turns, 2);
    assert_int_equal(s.crossings, 3);
    near(turns[0].t, 10 * pow(10, 2.0 / 3), "first", 0, 0); /* .2 to -.1 on a decade */
    near(turns[1].t, 100 * sqrt(2), "second", 0, 0);
    assert_true(turns[0].to == -1 && turns[1].to == 1);
    near(frontier_reversal(&ref, &arm).tokens, 400, "reversal", 0, 0); /* half of log 4 */
    /* triangles along log T: (.2 * 2/3 + ...) with L = log 80 */
    double d = log(10), e = log(2), l = log(80);
    near(s.log.plus, (0.1 * d * 2 / 3 + 0.05 * e / 2 + 0.05 * e) / l, "plus", 0, 0);
    near(s.log.minus, (0.05 * d / 3 + 0.05 * e / 2 + 0.05 * e) / l, "minus", 0, 0);
}

static void test_pareto_of_two_costs(void **state)
{
    static const double tokens[] = {1, 2, 2, 3, 3, NAN}, seconds[] = {5, 4, 6, 1, 1, 0},
                        acc[] = {0.5, 0.5, 0.5, 0.4, 0.4, 0.9};
    static const bool expected[] = {true, true, false, true, true, false};
    const double *costs[] = {tokens, seconds};
    bool set[6];

    (void)state;
    frontier_pareto(costs, 2, acc, 6, set);
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(set[i], expected[i]);
}

static void test_volume_refuses(void **state)
{
    struct curve_point a[2];
    struct frontier f = two(FRONTIER_STEP, a, 100, 0.2, 400, 0.4);

    (void)state;
    assert_false(frontier_volume(&f, (struct frontier_box){400, 400, 0}).known);
    assert_false(frontier_volume(&f, (struct frontier_box){0, 400, 1}).known);
    assert_int_equal(
        frontier_volume(&f, (struct frontier_box){NAN, 400, 0}).reason, FRONTIER_BAD_INPUT);
    struct frontier_volume v = frontier_volume(&f, (struct frontier_box){200, 300, 0.1});
    assert_int_equal(v.outside, 2);
    near(v.linear, 10, "100 tokens of 0.1", 0, 0);
    near(v.log_share, 0.1 / 0.9, "share", 0, 0);
}

/* ---- replicates ---------------------------------------------------------------------------- */

static struct frontier_arm gold_arm(bool slept, struct frontier_sample *room)
{
    for (int i = 0; i < 4; i++)
        room[i] = slept ? (struct frontier_sample){gold_arm_t[i], gold_arm_a[i], 1, gold_arm_ts[i],
                              gold_arm_as[i]}
                        : (struct frontier_sample){
                              gold_ref_t[i], gold_ref_a[i], 1, gold_ref_ts[i], gold_ref_as[i]};
    return (struct frontier_arm){room, 4};
}

static bool gain_quantity(
    const struct frontier *ref, const struct frontier *arm, const void *payload, double *ret)
{
    struct frontier_gain g = frontier_gain_at(ref, arm, *(const double *)payload);

    *ret = g.points;
    return g.known;
}

static void test_intervals(void **state)
{
    struct frontier_sample a[4], b[4];
    struct frontier_arm ref = gold_arm(false, a), arm = gold_arm(true, b);
    double at = 110;

    (void)state;
    for (size_t form = 0; form < FRONTIER_FORMS; form++) {
        struct frontier_estimate e =
            frontier_estimate_mean((enum frontier_form)form, ref, arm, GOLD_REPLICATES);
        assert_int_equal(e.point.status, RATIO_IDENTIFIED);
        assert_int_equal(e.used, GOLD_REPLICATES);
        near(log(e.ratio), gold_noise[form].log_ratio, "log ratio", form, 0);
        near(e.ci.lo, gold_noise[form].lo, "lo", form, 0);
        near(e.ci.hi, gold_noise[form].hi, "hi", form, 0);
        struct frontier_quantity q = frontier_quantity(
            (enum frontier_form)form, ref, arm, GOLD_REPLICATES, gain_quantity, &at);
        assert_true(q.known && q.ci.known && q.lost == 0);
        near(q.value, gold_noise[form].gain, "gain", form, 0);
        near(q.ci.lo, gold_noise[form].gain_lo, "gain lo", form, 0);
        near(q.ci.hi, gold_noise[form].gain_hi, "gain hi", form, 0);
    }
}

/* 5 % of 40 replicates are 2: with 2 lost there is an interval, with 3 there is none. */
static void test_lost_replicates(void **state)
{
    struct frontier_sample a[4], b[4];
    struct frontier_arm ref = gold_arm(false, a), arm = gold_arm(true, b);
    double far[4][GOLD_REPLICATES];

    (void)state;
    for (size_t lost = 2; lost <= 3; lost++) {
        for (int i = 0; i < 4; i++) {
            memcpy(far[i], gold_arm_as[i], sizeof far[i]);
            for (size_t k = 0; k < lost; k++)
                far[i][7 * k] = k == 1 ? 0.01 : k == 2 ? NAN : 0.999;
            b[i].as = far[i];
        }
        struct frontier_estimate e =
            frontier_estimate_mean(FRONTIER_ISOTONIC, ref, arm, GOLD_REPLICATES);
        assert_int_equal(e.arm_above, 1);
        assert_int_equal(e.arm_below, 1);
        assert_int_equal(e.other, lost - 2);
        assert_int_equal(e.used, GOLD_REPLICATES - lost);
        assert_int_equal(e.ci.known, lost == 2);
        assert_int_equal(e.point.status, lost == 2 ? RATIO_IDENTIFIED : RATIO_NO_INTERVAL);
        assert_int_equal(e.point.reason, lost == 2 ? FRONTIER_FINE : FRONTIER_LOST);
        assert_true(e.ratio > 1);
    }
    struct frontier_estimate e = frontier_estimate_mean(FRONTIER_ISOTONIC, ref, arm, 0);
    assert_int_equal(e.point.reason, FRONTIER_NO_REPLICATES);
    e = frontier_estimate_mean(FRONTIER_STEP, (struct frontier_arm){a, 0}, arm, GOLD_REPLICATES);
    assert_int_equal(e.point.reason, FRONTIER_NO_POINTS);
    assert_int_equal(e.other, GOLD_REPLICATES);
    assert_true(e.ratio == 0 && !e.ci.known);
}

static void test_attainment(void **state)
{
    struct frontier_sample b[4];
    struct frontier_arm arm = gold_arm(true, b);
    struct frontier_band bands[5];

    (void)state;
    for (size_t form = 0; form < FRONTIER_FORMS; form++) {
        for (size_t i = 0; i < 5; i++)
            bands[i].t = gold_bands[form][i][0];
        frontier_attainment((enum frontier_form)form, arm, GOLD_REPLICATES, bands, 5);
        for (size_t i = 0; i < 5; i++)
            for (int j = 0; j < FRONTIER_BANDS; j++) {
                double want = gold_bands[form][i][j + 1];
                assert_int_equal(bands[i].known[j], want != MISSING_BAND);
                near(bands[i].a[j], want == MISSING_BAND ? 0 : want, "band", i, (size_t)j);
            }
        frontier_attainment((enum frontier_form)form, arm, 0, bands, 1);
        assert_false(bands[0].known[FRONTIER_BY_5]);
    }
}

static void test_dominance(void **state)
{
    struct frontier_sample a[4], b[4];
    double ts[20], as[20];

    (void)state;
    gold_arm(false, a);
    gold_arm(true, b);
    for (size_t i = 0; i < 4; i++)
        for (size_t j = 0; j < 4; j++) {
            struct frontier_dominance d = frontier_dominance(&b[i], &a[j], GOLD_REPLICATES);
            near(d.share, gold_dominance[i][j], "dominance", i, j);
        }
    for (int k = 0; k < 20; k++) { /* 19 of 20 are 95 % */
        ts[k] = k == 0 ? NAN : 10;
        as[k] = 0.9;
    }
    struct frontier_sample best = {10, 0.9, 1, ts, as};
    struct frontier_dominance d = frontier_dominance(&best, &a[0], 20);
    assert_int_equal(d.lost, 1);
    assert_true(d.called);
    ts[1] = 1000;
    assert_false(frontier_dominance(&best, &a[0], 20).called);
    assert_false(frontier_dominance(&best, &a[0], 0).called);
}

static void test_crossfit(void **state)
{
    /* half 0 takes the second (0.9 -> 0.5), half 1 the first (0.6 -> 0.4) */
    static const struct frontier_halves v[] = {
        {{10, 10}, {0.4, 0.6}}, {{20, 20}, {0.9, 0.5}}, {{90, 90}, {1, 1}}, {{5, 5}, {NAN, 0.1}}};
    double a = 7;

    (void)state;
    assert_true(frontier_crossfit(v, 4, 50, &a));
    near(a, 0.45, "crossfit", 0, 0);
    a = 7;
    assert_false(frontier_crossfit(v, 4, 4, &a));
    assert_false(frontier_crossfit(v, 4, 5, &a)); /* on half 0 nothing is known at this budget */
    assert_true(a == 7);
}

/* Points that come from a resample give the same as ratio.h but for its 50 levels. */
static void test_from_resample(void **state)
{
    enum { G = 30, POINTS = 3 };
    struct resample r;
    struct ratio_point p[2][POINTS];
    struct frontier_sample s[2][POINTS];
    double num[G], den[G];

    (void)state;
    resample_init(&r, G);
    for (size_t arm = 0; arm < 2; arm++)
        for (size_t i = 0; i < POINTS; i++) {
            p[arm][i].weight = G;
            for (size_t g = 0; g < G; g++) {
                den[g] = 1;
                num[g] = (double)((g * 7 + i * 5) % 10 < 2 + 3 * i + arm);
            }
            p[arm][i].acc = resample_add(&r, num, den);
            for (size_t g = 0; g < G; g++)
                num[g] = (double)(((arm ? 50 : 100) << i) + g % 3);
            p[arm][i].tok = resample_add(&r, num, den);
        }
    resample_run(&r, 200, 9);
    struct ratio_side ref = {p[0], POINTS}, arm = {p[1], POINTS};
    frontier_from_resample(&r, ref, s[0]);
    frontier_from_resample(&r, arm, s[1]);
    struct frontier_estimate e = frontier_estimate_mean(FRONTIER_ISOTONIC,
        (struct frontier_arm){s[0], POINTS}, (struct frontier_arm){s[1], POINTS}, 200);
    struct ratio other = ratio_overlap(&r, ref, arm);
    assert_int_equal(e.point.status, other.status);
    assert_int_equal(e.point.status, RATIO_IDENTIFIED);
    assert_true(fabs(e.ratio / other.value - 1) < 0.01);
    assert_true(fabs(e.ci.lo / other.ci.lo - 1) < 0.01);
    assert_true(fabs(e.ci.hi / other.ci.hi - 1) < 0.01);
    near(e.point.from, other.from, "from", 0, 0);
    resample_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_a_known_ratio),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_reasons),
        cmocka_unit_test(test_crossings_in_order),
        cmocka_unit_test(test_pareto_of_two_costs),
        cmocka_unit_test(test_volume_refuses),
        cmocka_unit_test(test_intervals),
        cmocka_unit_test(test_lost_replicates),
        cmocka_unit_test(test_attainment),
        cmocka_unit_test(test_dominance),
        cmocka_unit_test(test_crossfit),
        cmocka_unit_test(test_from_resample),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
