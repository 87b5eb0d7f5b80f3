/* test_fewclusters.c - bootstrap-t and wild cluster bootstrap: what must hold, and their coverage.
 */
#include "harness/base/rng.h"
#include "metrics/fewclusters.h"
#include "metrics/paired.h"
#include "metrics/permute.h"
#include "metrics/proportion.h"
#include "metrics/resample.h"
#include "tests/unit/unit.h"

#include <math.h>

enum { FEW = 12, DRAWS = 399 };

static void near(double got, double want)
{
    if (!(fabs(got - want) <= 1e-9 * fmax(1, fabs(want))))
        fail_msg("%.15g, expected %.15g", got, want);
}

static struct fewclusters both(const double *num, const double *den, size_t n, int which)
{
    return which == 0 ? fewclusters_bootstrap_t(num, den, n, DRAWS, 5)
                      : fewclusters_wild(num, den, n,
                            which == 1 ? FEWCLUSTERS_RADEMACHER : FEWCLUSTERS_WEBB, DRAWS, 5);
}

static void test_too_little(void **state)
{
    static const double num[] = {1, 2, 0}, den[] = {2, 4, 0}, none[] = {0, 0, 0};

    (void)state;
    for (int which = 0; which < 3; which++) {
        struct fewclusters r = both(num, den, 0, which);
        assert_int_equal(r.kind, FEWCLUSTERS_TOO_FEW);
        assert_true(r.mean == 0 && r.se == 0 && r.p == 1 && !r.ci.known);
        r = both(none, none, 3, which);
        assert_int_equal(r.kind, FEWCLUSTERS_TOO_FEW);
        r = both(num, den, 1, which);
        assert_int_equal(r.kind, FEWCLUSTERS_TOO_FEW);
        near(r.mean, 0.5);
        r = both(num, den, 3, which); /* both at 1/2, and one without items */
        assert_int_equal(r.kind, FEWCLUSTERS_NO_VARIANCE);
        assert_int_equal(r.clusters, 2);
        assert_true(r.se == 0 && r.p == 1 && !r.ci.known);
    }
    for (int kind = FEWCLUSTERS_OK; kind <= FEWCLUSTERS_UNBOUNDED; kind++)
        assert_true(strlen(fewclusters_text((enum fewclusters_kind)kind)) > 0);
    assert_int_equal(fewclusters_wild(num, (double[]){1, 1, 1}, 3, FEWCLUSTERS_WEBB, 0, 1).kind,
        FEWCLUSTERS_LOST);
    assert_int_equal(
        fewclusters_bootstrap_t(num, (double[]){1, 1, 1}, 3, 0, 1).kind, FEWCLUSTERS_LOST);
}

/* 2^5 patterns: no value has p <= 2/32, so no interval; six-point weights reach 6/6^5. */
static void test_five_clusters(void **state)
{
    static const double num[] = {3, 4, 5, 4, 6}, den[] = {5, 7, 8, 8, 7};
    struct fewclusters r = fewclusters_wild(num, den, 5, FEWCLUSTERS_RADEMACHER, DRAWS, 1);

    (void)state;
    assert_int_equal(r.kind, FEWCLUSTERS_UNBOUNDED);
    assert_true(r.exact && r.replicates == 32 && !r.ci.known);
    near(r.p, 2.0 / 32);
    r = fewclusters_wild(num, den, 5, FEWCLUSTERS_WEBB, 7776, 1);
    assert_int_equal(r.kind, FEWCLUSTERS_OK);
    assert_true(r.exact && r.replicates == 7776);
    assert_true(r.ci.lo > 0 && r.ci.lo < r.mean && r.mean < r.ci.hi);
    assert_int_equal(fewclusters_weights_for(5), FEWCLUSTERS_WEBB);
    assert_int_equal(fewclusters_weights_for(12), FEWCLUSTERS_RADEMACHER);
}

static void test_bootstrap_t_of_two(void **state)
{
    static const double num[] = {0, 1}, den[] = {1, 1};
    struct fewclusters r = fewclusters_bootstrap_t(num, den, 2, DRAWS, 1);

    (void)state;
    assert_int_equal(r.kind, FEWCLUSTERS_LOST); /* half of the resamples are one cluster twice */
    assert_true(r.lost > 0.4 && r.lost < 0.6 && !r.ci.known);
    near(r.se, sqrt(2 * 0.5) / 2);
}

static void example(struct rng *rng, double *num, double *den, bool equal)
{
    for (size_t g = 0; g < FEW; g++) {
        den[g] = equal ? 4 : 1 + (double)rng_below(rng, 6);
        num[g] = den[g] * (0.3 + 0.2 * rng_normal(rng)) + 0.3 * sqrt(den[g]) * rng_normal(rng);
    }
}

/* With equal sizes |t*| rises with |sum v S|, so that the wild p is the sign flip's. */
static void test_wild_is_a_sign_flip(void **state)
{
    struct rng rng = rng_seeded(3);
    struct permute_options o = {PERMUTE_TWO_SIDED, 1, 1};
    struct permute_setting s;

    (void)state;
    for (int i = 0; i < 20; i++) {
        double num[FEW], den[FEW];
        example(&rng, num, den, true);
        for (size_t g = 0; g < FEW; g++)
            num[g] -= 1;
        struct fewclusters r =
            fewclusters_wild(num, den, FEW, FEWCLUSTERS_RADEMACHER, (size_t)1 << FEW, 1);
        permute_sign_flip(num, FEW, &o, &s);
        assert_true(r.exact);
        near(r.p, s.p);
        /* and the interval holds 0 exactly when p is above 0.05 */
        assert_int_equal(r.p > 0.05, r.ci.lo < 0 && r.ci.hi > 0);
    }
}

/* Adding a to every item moves the interval by a; b times the items stretch it by b. */
static void test_moves_with_the_data(void **state)
{
    struct rng rng = rng_seeded(4);
    double num[FEW], den[FEW], moved[FEW];

    (void)state;
    example(&rng, num, den, false);
    for (size_t g = 0; g < FEW; g++)
        moved[g] = -2 * num[g] + 10 * den[g];
    for (int which = 0; which < 3; which++) {
        struct fewclusters r = both(num, den, FEW, which), m = both(moved, den, FEW, which);
        assert_int_equal(r.kind, FEWCLUSTERS_OK);
        near(m.mean, 10 - 2 * r.mean);
        near(m.se, 2 * r.se);
        near(m.ci.lo, 10 - 2 * r.ci.hi);
        near(m.ci.hi, 10 - 2 * r.ci.lo);
        struct paired_mean p = paired_mean(num, den, FEW);
        near(r.mean, p.mean);
        near(r.se, p.se_cr1);
    }
}

static void test_seed(void **state)
{
    struct rng rng = rng_seeded(6);
    double num[FEW], den[FEW];

    (void)state;
    example(&rng, num, den, false);
    for (int which = 0; which < 3; which++) {
        struct fewclusters a = both(num, den, FEW, which), b = both(num, den, FEW, which);
        assert_true(a.ci.lo == b.ci.lo && a.ci.hi == b.ci.hi && a.p == b.p);
    }
    assert_true(fewclusters_wild(num, den, FEW, FEWCLUSTERS_WEBB, DRAWS, 1).ci.lo !=
                fewclusters_wild(num, den, FEW, FEWCLUSTERS_WEBB, DRAWS, 2).ci.lo);
}

/* 12 clusters of unequal size, 300 data sets: the interval of the measured coverage meets
 * [92, 97] for both methods, and the percentile interval on the same data stays below both. */
static void test_coverage(void **state)
{
    enum { SETS = 300 };
    struct rng rng = rng_seeded(20);
    uint64_t hit[4] = {0};

    (void)state;
    for (int i = 0; i < SETS; i++) {
        double num[FEW], den[FEW];
        struct resample r;
        example(&rng, num, den, false);
        for (int which = 0; which < 3; which++) {
            struct fewclusters f = both(num, den, FEW, which);
            hit[which] += f.ci.known && f.ci.lo <= 0.3 && f.ci.hi >= 0.3;
        }
        resample_init(&r, FEW);
        size_t id = resample_add(&r, num, den);
        resample_run(&r, DRAWS, 9);
        struct interval ci = resample_interval(&r, id, NULL);
        hit[3] += ci.lo <= 0.3 && ci.hi >= 0.3;
        resample_release(&r);
    }
    for (int which = 0; which < 3; which++) {
        struct interval measured = proportion_exact(hit[which], SETS, 0.99);
        if (measured.lo > 0.97 || measured.hi < 0.92)
            fail_msg("method %d covers %llu of %d", which, (unsigned long long)hit[which], SETS);
        assert_true(hit[3] < hit[which]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_too_little),
        cmocka_unit_test(test_five_clusters),
        cmocka_unit_test(test_bootstrap_t_of_two),
        cmocka_unit_test(test_wild_is_a_sign_flip),
        cmocka_unit_test(test_moves_with_the_data),
        cmocka_unit_test(test_seed),
        cmocka_unit_test(test_coverage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
