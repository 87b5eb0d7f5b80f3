/* test_pool.c - votes, best of n and first m of a pool: counted by hand, and laws that must hold.
 */
#include "metrics/passk.h"
#include "metrics/pool.h"
#include "tests/unit/unit.h"

#include <math.h>

static void near(double got, double want)
{
    if (!(fabs(got - want) <= 1e-9 * fmax(1e-3, fabs(want))))
        fail_msg("%.15g, expected %.15g", got, want);
}

/* Answers as letters: capitals are right, '-' abstains; lengths 10, 20, ...; score = -length. */
static size_t make(const char *text, struct pool_sample *s)
{
    size_t n = strlen(text);

    for (size_t i = 0; i < n; i++) {
        bool right = text[i] >= 'A' && text[i] <= 'Z';
        double length = 10 * (double)(i + 1);
        s[i] = (struct pool_sample){
            text[i] == '-' ? POOL_ABSTAINS : text[i], right, text[i] != '-', -length, length};
    }
    return n;
}

static void test_majority(void **state)
{
    static const struct {
        const char *pool;
        size_t k;
        double accuracy, abstained;
    } cases[] = {
        {"AAb", 1, 2.0 / 3, 0},
        {"AAb", 2, 2.0 / 3, 0}, /* AA, and two ties of two */
        {"AAb", 3, 1, 0},
        {"Abb", 3, 0, 0},
        {"Abc", 3, 1.0 / 3, 0},
        {"AB", 2, 1, 0},
        {"A---", 2, 0.5, 0.5},
        {"----", 2, 0, 1},
        {"a", 1, 0, 0},
        {"A", 1, 1, 0},
        {"AAbb--", 6, 0.5, 0},
        {"ABBccc", 6, 0, 0},
        {"ABBcc", 5, 0.5, 0},
    };
    struct pool_sample s[8];
    struct pool_value v;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_int_equal(pool_majority(s, make(cases[i].pool, s), cases[i].k, &v), POOL_OK);
        near(v.accuracy, cases[i].accuracy);
        near(v.abstained, cases[i].abstained);
    }
    assert_int_equal(pool_majority(s, make("AAb", s), 2, &v), POOL_OK);
    assert_true(v.has_cost);
    near(v.tokens, 40); /* 2 of 10, 20, 30 */
    near(v.latency, (20 + 30 + 30) / 3.0);
    s[1].tokens = -1;
    assert_int_equal(pool_majority(s, 3, 2, &v), POOL_OK);
    assert_true(!v.has_cost && v.tokens == 0 && v.latency == 0);
}

static void test_best(void **state)
{
    struct pool_sample s[8];
    struct pool_value v;
    double pass;

    (void)state;
    assert_int_equal(pool_best(s, make("bAc", s), 2, &v), POOL_OK); /* bA b, bc b, Ac A */
    near(v.accuracy, 1.0 / 3);
    near(v.tokens, 40);
    assert_int_equal(pool_best(s, make("-A-b", s), 2, &v), POOL_OK); /* -- -A -b A- Ab -b */
    near(v.accuracy, 3.0 / 6);
    near(v.abstained, 1.0 / 6);
    size_t n = make("AAbbcc-d", s);
    for (size_t k = 1; k <= n; k++) {
        for (size_t i = 0; i < n; i++)
            s[i].score = s[i].right; /* a selector that knows: pass@k */
        assert_int_equal(pool_best(s, n, k, &v), POOL_OK);
        assert_true(passk_item((unsigned)n, 2, (unsigned)k, &pass));
        near(v.accuracy, pass);
        for (size_t i = 0; i < n; i++)
            s[i].score = 1; /* one that sees nothing: a fair draw among those that answer */
        assert_int_equal(pool_best(s, n, k, &v), POOL_OK);
        near(v.accuracy, (1 - v.abstained) * 2 / 7);
    }
    s[0].score = -HUGE_VAL; /* the worst, but still an answer */
    assert_int_equal(pool_best(s, make("A-", s), 2, &v), POOL_OK);
    near(v.accuracy, 1);
}

static void test_short(void **state)
{
    struct pool_sample s[8];
    struct pool_value v, w;

    (void)state;
    /* first of two: A in {A b}, {A c}; b in {b c} */
    assert_int_equal(pool_short(s, make("Abc", s), 1, 2, &v), POOL_OK);
    near(v.accuracy, 2.0 / 3);
    near(v.latency, (10 + 10 + 20) / 3.0);
    near(v.tokens, 2 * v.latency); /* both run until the first is done */
    /* first two of all four: A and b tie */
    assert_int_equal(pool_short(s, make("AbcA", s), 2, 4, &v), POOL_OK);
    near(v.accuracy, 0.5);
    near(v.latency, 20);
    near(v.tokens, 10 + 3 * 20);
    /* three finish at once; the two that vote are any two of them: Ab, AA, bA */
    make("AbAc", s);
    s[0].tokens = s[1].tokens = s[2].tokens = 10;
    assert_int_equal(pool_short(s, 4, 2, 4, &v), POOL_OK);
    near(v.accuracy, (0.5 + 1 + 0.5) / 3);
    near(v.tokens, 40);
    size_t n = make("AbAc-bAd", s);
    s[3].tokens = s[4].tokens = s[5].tokens;
    for (size_t k = 1; k <= n; k++) { /* waiting for all is the plain vote, with its costs */
        assert_int_equal(pool_short(s, n, k, k, &v), POOL_OK);
        assert_int_equal(pool_majority(s, n, k, &w), POOL_OK);
        near(v.accuracy, w.accuracy);
        near(v.abstained, w.abstained);
        near(v.tokens, w.tokens);
        near(v.latency, w.latency);
        for (size_t i = 0; i < n; i++)
            s[i].score = -s[i].tokens, s[i].scored = true;
    }
}

static void test_what_cannot_be_said(void **state)
{
    struct pool_sample s[POOL_MOST + 1];
    struct pool_value v = {.accuracy = -1};
    size_t n = make("Ab", s);

    (void)state;
    assert_int_equal(pool_majority(s, n, 3, &v), POOL_FEW);
    assert_int_equal(pool_majority(s, n, 0, &v), POOL_FEW);
    assert_int_equal(pool_majority(s, 0, 1, &v), POOL_FEW);
    assert_int_equal(pool_best(s, n, 3, &v), POOL_FEW);
    assert_int_equal(pool_short(s, n, 3, 2, &v), POOL_FEW);
    assert_int_equal(pool_short(s, n, 0, 2, &v), POOL_FEW);
    s[1].scored = false;
    assert_int_equal(pool_best(s, n, 1, &v), POOL_UNSCORED);
    s[1].scored = true;
    s[1].score = NAN;
    assert_int_equal(pool_best(s, n, 1, &v), POOL_UNSCORED);
    s[1].tokens = -1;
    assert_int_equal(pool_short(s, n, 1, 2, &v), POOL_NO_TOKENS);
    s[1].tokens = NAN;
    assert_int_equal(pool_short(s, n, 1, 2, &v), POOL_NO_TOKENS);
    for (size_t i = 0; i <= POOL_MOST; i++)
        s[i] = (struct pool_sample){(int32_t)(i % 2), i % 2 == 1, true, 0, 1};
    assert_int_equal(pool_majority(s, POOL_MOST + 1, 1, &v), POOL_LARGE);
    assert_true(v.accuracy == -1);
    assert_int_equal(pool_best(s, POOL_MOST, 500, &v), POOL_OK); /* C(1000, 500) fits */
    near(v.accuracy, 0.5);
    assert_int_equal(pool_short(s, POOL_MOST, 3, 500, &v), POOL_OK);
    near(v.accuracy, 0.5); /* two answers alike in all */
    assert_int_equal(pool_majority(s, 100, 9, &v), POOL_OK);
    near(v.accuracy, 0.5);
    for (int status = POOL_OK; status <= POOL_NO_TOKENS; status++)
        assert_true(strlen(pool_status_text((enum pool_status)status)) > 0);
}

/* A vote of k independent answers, right with chance p, else one of two wrong ones: the mean over
 * all pools of n is the vote over the law itself, as the estimate has no bias. */
static void test_majority_has_no_bias(void **state)
{
    const double p[] = {0.5, 0.3, 0.2};
    struct pool_sample s[6];
    struct pool_value v;
    double mean[7] = {0};

    (void)state;
    for (int code = 0; code < 729; code++) { /* 3^6 pools */
        double chance = 1;
        for (int i = 0, rest = code; i < 6; i++, rest /= 3) {
            s[i] = (struct pool_sample){rest % 3, rest % 3 == 0, false, 0, 1};
            chance *= p[rest % 3];
        }
        for (size_t k = 1; k <= 6; k++) {
            assert_int_equal(pool_majority(s, 6, k, &v), POOL_OK);
            mean[k] += chance * v.accuracy;
        }
    }
    near(mean[1], 0.5);
    near(mean[2], 0.5); /* two answers: a tie or the same */
    /* k = 3: AAA, AAx, and a third of the ties of three different ones */
    near(mean[3], 0.125 + 3 * 0.25 * 0.5 + 6 * 0.5 * 0.3 * 0.2 / 3);
    near(mean[6], mean[6] > mean[3] ? mean[6] : -1);
}

static void test_all_right(void **state)
{
    double v = -1;

    (void)state;
    assert_true(pool_all_right(5, 3, 2, &v));
    near(v, 3.0 / 10);
    assert_true(pool_all_right(5, 1, 2, &v));
    assert_true(v == 0);
    assert_false(pool_all_right(5, 1, 6, &v));
    assert_false(pool_all_right(5, 1, 0, &v));
    assert_false(pool_all_right(5, 6, 1, &v));
}

/* Mean of the variance estimate over c is the variance of the pass@k estimate over c. */
static void test_pass_variance(void **state)
{
    const double p = 0.3;
    double v = -1, pass;
    bool unbiased;

    (void)state;
    assert_true(pool_pass_variance(10, 4, 1, &v, &unbiased));
    near(v, 0.4 * 0.6 / 9);
    for (unsigned n = 2; n <= 16; n++)
        for (unsigned k = 1; 2 * k <= n; k++) {
            double ways = 1, mean = 0, square = 0, estimate = 0;
            for (unsigned c = 0; c <= n; c++) {
                double chance = ways * pow(p, c) * pow(1 - p, n - c);
                assert_true(pool_pass_variance(n, c, k, &v, &unbiased));
                assert_true(unbiased && v >= 0);
                assert_true(passk_item(n, c, k, &pass));
                estimate += chance * v;
                mean += chance * pass;
                square += chance * pass * pass;
                ways *= (double)(n - c) / (c + 1);
            }
            near(estimate, square - mean * mean);
        }
    assert_true(pool_pass_variance(3, 1, 2, &v, &unbiased)); /* put in: c/n = 1/3 */
    assert_false(unbiased);
    /* pass@2 = 0, 2/3, 1, 1 with chance 8, 12, 6, 1 of 27 */
    near(v, (12 * 4.0 / 9 + 7) / 27 - pow((12 * 2.0 / 3 + 7) / 27, 2));
    assert_true(pool_pass_variance(3, 0, 2, &v, &unbiased));
    assert_true(v == 0 && !unbiased);
    assert_false(pool_pass_variance(3, 1, 4, &v, &unbiased));
    assert_false(pool_pass_variance(3, 1, 0, &v, &unbiased));
    assert_false(pool_pass_variance(3, 4, 1, &v, &unbiased));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_majority),
        cmocka_unit_test(test_best),
        cmocka_unit_test(test_short),
        cmocka_unit_test(test_what_cannot_be_said),
        cmocka_unit_test(test_majority_has_no_bias),
        cmocka_unit_test(test_all_right),
        cmocka_unit_test(test_pass_variance),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
