/* test_metrics_ratio.c - resampling, and ratio and gain where they are hard: single points, equal
 * tokens, equal accuracies, no overlap, curves that fall, zero tokens, missing answers. */
#include "metrics/gain.h"
#include "tests/unit/unit.h"

#include <math.h>

enum { G = 10, POINTS = 4, B = 100 };

static void near(double got, double expected)
{
    if (!(fabs(got - expected) <= 1e-9 * fmax(1, fabs(expected))))
        fail_msg("got %.15g, expected %.15g", got, expected);
}

/* An arm whose clusters all have the same accuracy and tokens: replicates equal the point. */
struct arm {
    double ta[POINTS][2];
    size_t n;
};

struct lab {
    struct resample r;
    struct ratio_point ref[POINTS], arm[POINTS];
    struct ratio_side ref_side, arm_side;
};

static void add(struct lab *lab, const struct arm *a, struct ratio_point *points)
{
    for (size_t i = 0; i < a->n; i++) {
        double num[G], den[G], tok[G];
        for (int g = 0; g < G; g++) {
            den[g] = 1;
            num[g] = a->ta[i][1];
            tok[g] = a->ta[i][0];
        }
        points[i].acc = resample_add(&lab->r, num, den);
        points[i].tok = resample_add(&lab->r, tok, den);
        points[i].weight = 1;
    }
}

static void lab_init(struct lab *lab, struct arm ref, struct arm arm)
{
    resample_init(&lab->r, G);
    add(lab, &ref, lab->ref);
    add(lab, &arm, lab->arm);
    lab->ref_side = (struct ratio_side){lab->ref, ref.n};
    lab->arm_side = (struct ratio_side){lab->arm, arm.n};
    resample_run(&lab->r, B, 1);
}

#define LAB(name, ...)                                                                             \
    struct lab name;                                                                               \
    lab_init(&name, __VA_ARGS__)
#define ARM(...)                                                                                   \
    ((struct arm){{__VA_ARGS__}, sizeof((double[][2]){__VA_ARGS__}) / sizeof(double[2])})

static const struct arm base = {{{30, .2}, {60, .4}, {120, .6}, {240, .8}}, 4};

static void test_constant_ratio(void **state)
{
    LAB(lab, base, ARM({10, .2}, {20, .4}, {40, .6}, {80, .8}));
    struct ratio r;

    (void)state;
    r = ratio_overlap(&lab.r, lab.ref_side, lab.arm_side);
    assert_int_equal(r.status, RATIO_IDENTIFIED);
    near(r.value, 3);
    near(r.ci.lo, 3);
    near(r.ci.hi, 3);
    near(r.from, .2);
    near(r.to, .8);
    near(ratio_fixed(&lab.r, lab.ref_side, lab.arm_side).value, 3);
    near(ratio_max(&lab.r, lab.ref_side, lab.arm_side).value, 3);
    r = ratio_at(&lab.r, lab.ref_side, lab.arm_side, .47);
    near(r.value, 3);
    assert_false(r.clamped);
    /* swapping the arms inverts the ratio */
    near(ratio_overlap(&lab.r, lab.arm_side, lab.ref_side).value, 1.0 / 3);
    resample_release(&lab.r);
}

/* A reversal makes the largest ratio and the mean two different things. */
static void test_max_is_not_mean(void **state)
{
    LAB(lab, base, ARM({10, .4}, {1000, .8}));
    struct ratio mean = ratio_overlap(&lab.r, lab.ref_side, lab.arm_side);
    struct ratio most = ratio_max(&lab.r, lab.ref_side, lab.arm_side);

    (void)state;
    near(most.value, 6); /* at .4: 60 / 10 */
    near(most.from, .4);
    /* log R falls linearly from log 6 at .4 to log .24 at .8; the mean is the middle */
    near(mean.value, sqrt(6 * .24));
    resample_release(&lab.r);
}

static void test_no_overlap(void **state)
{
    LAB(above, base, ARM({20, .9}, {40, .95}));
    LAB(below, base, ARM({5, .05}, {900, .1}));
    struct ratio r = ratio_overlap(&above.r, above.ref_side, above.arm_side);

    (void)state;
    assert_int_equal(r.status, RATIO_LOWER_BOUND); /* R >= 240 / 20 */
    near(r.value, 12);
    assert_false(r.ci.known);
    assert_int_equal(
        ratio_fixed(&above.r, above.ref_side, above.arm_side).status, RATIO_NOT_IDENTIFIED);
    r = ratio_max(&above.r, above.ref_side, above.arm_side);
    assert_int_equal(r.status, RATIO_LOWER_BOUND);
    near(r.value, 12);
    r = ratio_at(&above.r, above.ref_side, above.arm_side, .92);
    assert_int_equal(r.status, RATIO_LOWER_BOUND);
    r = ratio_at(&above.r, above.ref_side, above.arm_side, .99);
    assert_int_equal(r.status, RATIO_NOT_IDENTIFIED);
    r = ratio_overlap(&below.r, below.ref_side, below.arm_side);
    assert_int_equal(r.status, RATIO_UPPER_BOUND); /* R <= 30 / 900 */
    near(r.value, 30.0 / 900);
    r = ratio_at(&below.r, below.ref_side, below.arm_side, .3);
    assert_int_equal(r.status, RATIO_UPPER_BOUND);
    assert_int_equal(
        ratio_max(&below.r, below.ref_side, below.arm_side).status, RATIO_NOT_IDENTIFIED);
    resample_release(&above.r);
    resample_release(&below.r);
}

static void test_single_and_equal_points(void **state)
{
    LAB(single, ARM({100, .5}), ARM({20, .5}));
    LAB(one, base, ARM({30, .5}));
    LAB(equal_a, ARM({10, .5}, {20, .5}, {40, .5}), ARM({5, .5}, {80, .5}));
    LAB(equal_t, ARM({10, .2}, {10, .4}), ARM({10, .3}, {10, .3}));
    struct ratio r = ratio_overlap(&single.r, single.ref_side, single.arm_side);

    (void)state;
    assert_int_equal(r.status, RATIO_IDENTIFIED); /* one shared accuracy is a range of width 0 */
    near(r.value, 5);
    near(r.to - r.from, 0);
    r = ratio_overlap(&one.r, one.ref_side, one.arm_side);
    near(r.value, sqrt(60 * 120) / 30);
    r = ratio_overlap(&equal_a.r, equal_a.ref_side, equal_a.arm_side);
    near(r.value, 2); /* the cheapest point of each: 10 / 5 */
    r = ratio_overlap(&equal_t.r, equal_t.ref_side, equal_t.arm_side);
    near(r.value, 1); /* merged to one point of accuracy .3 each */
    resample_release(&single.r);
    resample_release(&one.r);
    resample_release(&equal_a.r);
    resample_release(&equal_t.r);
}

static void test_zero_tokens_and_nothing(void **state)
{
    LAB(zero, base, ARM({0, .3}, {20, .5}));
    LAB(nothing, base, ARM({0, .3}));
    struct ratio r = ratio_overlap(&zero.r, zero.ref_side, zero.arm_side);

    (void)state;
    assert_int_equal(r.dropped, 1); /* no place on a logarithmic axis */
    near(r.value, sqrt(60 * 120) / 20);
    r = ratio_overlap(&nothing.r, nothing.ref_side, nothing.arm_side);
    assert_int_equal(r.status, RATIO_NOT_IDENTIFIED);
    assert_int_equal(
        ratio_max(&nothing.r, nothing.ref_side, nothing.arm_side).status, RATIO_NOT_IDENTIFIED);
    assert_int_equal(
        ratio_fixed(&nothing.r, nothing.ref_side, nothing.arm_side).status, RATIO_NOT_IDENTIFIED);
    assert_int_equal(
        ratio_at(&nothing.r, nothing.ref_side, nothing.arm_side, .5).status, RATIO_NOT_IDENTIFIED);
    struct gain_max g = gain_max(&nothing.r, nothing.ref_side, nothing.arm_side);
    assert_false(g.known);
    assert_int_equal(
        gain_reversal(&nothing.r, nothing.ref_side, nothing.arm_side).kind, GAIN_NO_RANGE);
    resample_release(&zero.r);
    resample_release(&nothing.r);
}

static void test_clamped(void **state)
{
    LAB(lab, base, ARM({10, .5}, {40, .8}));
    struct ratio r = ratio_at(&lab.r, lab.ref_side, lab.arm_side, .3);

    (void)state;
    assert_true(r.clamped); /* below the arm's first point: its first tokens */
    near(r.value, sqrt(30 * 60) / 10);
    resample_release(&lab.r);
}

static void test_falling_curve(void **state)
{
    LAB(lab, base, ARM({10, .6}, {20, .4}, {40, .8})); /* pooled: .5, .5, .8 */
    struct ratio r = ratio_at(&lab.r, lab.ref_side, lab.arm_side, .5);

    (void)state;
    near(r.value, sqrt(60 * 120) / 10);
    r = ratio_max(&lab.r, lab.ref_side, lab.arm_side);
    near(r.value, 12); /* the observed .6 at 10 tokens against 120: how the maximum flatters */
    resample_release(&lab.r);
}

static void test_gain(void **state)
{
    LAB(lab, base, ARM({30, .5}, {120, .7}, {480, .7}));
    struct gain_max g = gain_max(&lab.r, lab.ref_side, lab.arm_side);
    struct gain_reversal t = gain_reversal(&lab.r, lab.ref_side, lab.arm_side);

    (void)state;
    assert_true(g.known && g.has_relative);
    near(g.points, .3);
    near(g.tokens, 30);
    near(g.relative, 1.5);
    near(g.from, 30);
    near(g.to, 240);
    near(g.ci.lo, .3);
    /* +.1 at 120, -.1 at 240: half way in log */
    assert_int_equal(t.kind, GAIN_REVERSAL);
    near(t.tokens, sqrt(120 * 240));
    near(t.share, 1);
    t = gain_reversal(&lab.r, lab.arm_side, lab.ref_side);
    assert_int_equal(t.kind, GAIN_NO_REVERSAL);
    resample_release(&lab.r);
    LAB(worse, base, ARM({30, .1}, {240, .5}));
    t = gain_reversal(&worse.r, worse.ref_side, worse.arm_side);
    assert_int_equal(t.kind, GAIN_EVERYWHERE);
    near(t.tokens, 30);
    resample_release(&worse.r);
    LAB(apart, base, ARM({300, .1}, {900, .5}));
    assert_false(gain_max(&apart.r, apart.ref_side, apart.arm_side).known);
    resample_release(&apart.r);
}

static void test_gain_against_zero(void **state)
{
    LAB(lab, ARM({10, 0}, {20, 0}), ARM({10, .5}, {20, .6}));
    struct gain_max g = gain_max(&lab.r, lab.ref_side, lab.arm_side);

    (void)state;
    near(g.points, .6);
    assert_false(g.has_relative); /* nothing to divide by */
    resample_release(&lab.r);
}

static void test_gain_at(void **state)
{
    LAB(lab, ARM({60, .5}), base);
    struct gain_at g = gain_at(&lab.r, lab.arm_side, lab.ref[0]);

    (void)state;
    assert_true(g.known);
    near(g.accuracy, .4);
    near(g.points, -.1);
    near(g.ci.hi, -.1);
    resample_release(&lab.r);
    LAB(outside, ARM({600, .5}), base);
    assert_false(gain_at(&outside.r, outside.arm_side, outside.ref[0]).known);
    resample_release(&outside.r);
}

/* ---- the resample itself ---------------------------------------------------------------- */

static void test_weights(void **state)
{
    uint32_t w[G], again[G], other[G];
    uint32_t sum = 0;

    (void)state;
    resample_weights(7, 3, G, w);
    resample_weights(7, 4, G, other); /* a replicate does not depend on those before it */
    resample_weights(7, 3, G, again);
    for (int g = 0; g < G; g++)
        sum += w[g];
    assert_int_equal(sum, G);
    assert_memory_equal(w, again, sizeof w);
    assert_memory_not_equal(w, other, sizeof w);
    resample_weights(8, 3, G, other);
    assert_memory_not_equal(w, other, sizeof w);
}

/* The bootstrap's variance of a mean of G values is sum (x - mean)^2 / G^2. */
static void test_bootstrap_variance(void **state)
{
    enum { MANY = 20000 };
    struct resample r;
    double num[G], den[G], mean = 0, var = 0, expected = 0;

    (void)state;
    resample_init(&r, G);
    for (int g = 0; g < G; g++) {
        num[g] = g * g;
        den[g] = 1;
        mean += num[g] / G;
    }
    for (int g = 0; g < G; g++)
        expected += (num[g] - mean) * (num[g] - mean) / (G * G);
    size_t id = resample_add(&r, num, den);
    resample_run(&r, MANY, 1);
    for (size_t b = 0; b < MANY; b++)
        var += pow(resample_values(&r, id)[b] - mean, 2) / MANY;
    assert_true(fabs(var / expected - 1) < 0.05); /* 5 standard errors */
    resample_release(&r);
}

static void test_few_clusters(void **state)
{
    struct resample r;
    double one = 1, zero = 0, v, lost;

    (void)state;
    resample_init(&r, 1);
    size_t id = resample_add(&r, &one, &one), empty = resample_add(&r, &zero, &zero);
    resample_run(&r, B, 1);
    assert_true(resample_point(&r, id, &v));
    near(v, 1);
    assert_false(resample_point(&r, empty, &v));
    assert_false(resample_interval(&r, id, &lost).known);
    near(lost, 1);
    resample_release(&r);
    resample_init(&r, 0); /* a run without any question */
    resample_run(&r, B, 1);
    assert_int_equal(r.replicates, 0);
    resample_release(&r);
}

static void test_simultaneous(void **state)
{
    struct resample r;
    double x[G], y[G], den[G], lower[3];
    size_t ids[3];

    (void)state;
    resample_init(&r, G);
    for (int g = 0; g < G; g++) {
        x[g] = g % 2;
        y[g] = .25;
        den[g] = 1;
    }
    ids[0] = resample_add(&r, x, den);
    ids[1] = resample_add(&r, y, den);
    ids[2] = ids[0];
    resample_run(&r, 2000, 1);
    assert_true(gain_simultaneous(&r, ids, 3, lower));
    assert_true(lower[0] < .5 - .25); /* about .5 - 2 x .158 */
    assert_true(lower[0] > .5 - .45);
    near(lower[1], .25); /* no variance: its value */
    near(lower[2], lower[0]);
    resample_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_constant_ratio),
        cmocka_unit_test(test_max_is_not_mean),
        cmocka_unit_test(test_no_overlap),
        cmocka_unit_test(test_single_and_equal_points),
        cmocka_unit_test(test_zero_tokens_and_nothing),
        cmocka_unit_test(test_clamped),
        cmocka_unit_test(test_falling_curve),
        cmocka_unit_test(test_gain),
        cmocka_unit_test(test_gain_against_zero),
        cmocka_unit_test(test_gain_at),
        cmocka_unit_test(test_weights),
        cmocka_unit_test(test_bootstrap_variance),
        cmocka_unit_test(test_few_clusters),
        cmocka_unit_test(test_simultaneous),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
