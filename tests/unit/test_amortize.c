/* test_amortize.c - costs with sleep and where it pays; values from
 * scripts/reference/amortize_golden.py and by hand. */
#include "tests/unit/test_amortize_lab.h"
#include "tests/data/golden_amortize.h"
#include "tests/unit/unit.h"

static void near(double got, double want, const char *what, size_t a, size_t b)
{
    if (!(fabs(got - want) <= 1e-9 * fmax(1e-3, fabs(want))))
        fail_msg("%s %zu %zu: got %.17g, expected %.17g", what, a, b, got, want);
}

static void is(struct amortize_value v, enum amortize_kind kind, double want, const char *what)
{
    if (v.kind != kind)
        fail_msg("%s: %s, expected %s", what, amortize_kind_text(v.kind), amortize_kind_text(kind));
    near(v.value, want, what, 0, 0);
}

static void test_cases(void **state)
{
    double out[COST_VALUES];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(gold_costs); i++) {
        size_t n = cost_run(gold_costs[i].in, out);
        assert_int_equal(n, COST_GOLD_VALUES);
        for (size_t j = 0; j < n; j++)
            near(out[j], gold_costs[i].out[j], "case, value", i, j);
    }
}

/* The paper's 2.5x is S = 2 t g = 20 g at t = 10, whatever g; more sleep scores higher, up to N. */
static void test_headline_identity(void **state)
{
    double before = 1;

    (void)state;
    for (double g = 1; g < 1000; g *= 3) {
        is(amortize_headline(10 * g, 20 * g, 10), AMORTIZE_NUMBER, 2.5, "identity");
        is(amortize_headline_sleep(10 * g, 2.5, 10), AMORTIZE_NUMBER, 20 * g, "S");
    }
    for (double s = 1; s < 1e9; s *= 10) {
        struct amortize_value v = amortize_headline(100, s, 10);
        assert_true(v.value > before && v.value < 10);
        before = v.value;
    }
    is(amortize_headline_sleep(100, 10, 10), AMORTIZE_NEVER, 0, "N itself");
    is(amortize_headline(0, 5, 10), AMORTIZE_NUMBER, 10, "no tests");
}

/* SCIENCE 2c 4: g0 = 600, g1 = 120, c' of 1250 tokens. */
static void test_longest_example(void **state)
{
    const struct amortize_kinds p = amortize_preset(STR("list"))->price;
    struct amortize_value l = amortize_longest(480, 0, p.of[AMORTIZE_IN]);

    (void)state;
    is(l, AMORTIZE_UP_TO, 1920, "list");
    assert_true(l.value / 1250 >= 1 && l.value / 2500 < 1); /* fits for one, not for two */
    is(amortize_longest(480, 0, p.of[AMORTIZE_CACHED]), AMORTIZE_UP_TO, 19200, "cached");
    is(amortize_longest(480, 80, p.of[AMORTIZE_IN]), AMORTIZE_UP_TO, 2000, "replaced");
    is(amortize_longest(-480, 80, p.of[AMORTIZE_IN]), AMORTIZE_NEVER, 0, "dearer");
    is(amortize_longest(480, 0, 0), AMORTIZE_ALWAYS, 0, "free input");
    is(amortize_longest(-1, 0, 0), AMORTIZE_NEVER, 0, "free input, dearer output");
    is(amortize_longest(NAN, 0, 1), AMORTIZE_UNKNOWN, 0, "unknown");
    is(amortize_longest(1, 0, 1e-320), AMORTIZE_ALWAYS, 0, "nearly free");
}

static void test_break_even(void **state)
{
    (void)state;
    is(amortize_break_even(600, 120, 4800), AMORTIZE_FROM, 10, "whole");
    is(amortize_break_even(600, 120, 4801), AMORTIZE_FROM, 11, "one more");
    is(amortize_break_even(0.3, 0.1, 0.6), AMORTIZE_FROM, 3, "0.6 / 0.2 is above 3 in binary");
    is(amortize_break_even(600, 120, 1e-9), AMORTIZE_FROM, 1, "next to nothing");
    is(amortize_break_even(0.3, 0.1 + 0.2, 5), AMORTIZE_NEVER, 0, "equal but for the last bit");
    is(amortize_break_even(5, 5, 0), AMORTIZE_ALWAYS, 0, "free");
    is(amortize_break_even(5, 6, 0), AMORTIZE_NEVER, 0, "free and dearer");
    is(amortize_break_even(5, -1, 0), AMORTIZE_UNKNOWN, 0, "negative");
    is(amortize_break_even(HUGE_VAL, 1, 1), AMORTIZE_UNKNOWN, 0, "infinite");
}

/* Half of the contexts are never asked about: the naive mean hides it. */
static void test_zero_query_contexts(void **state)
{
    static const struct amortize_context v[] = {{90, 10, 1}, {90, 0, 0}, {90, 20, 2}, {90, 0, 0}};
    struct amortize_totals t = amortize_contexts(v, 4);

    (void)state;
    is(t.per_query, AMORTIZE_NUMBER, 130, "(360 + 30) / 3");
    is(t.sleep_share, AMORTIZE_NUMBER, 120, "S / E[N] = 90 / 0.75");
    is(t.naive_share, AMORTIZE_NUMBER, 67.5, "(90 + 45) / 2: below, against Jensen");
    near(t.wasted, 0.5, "wasted", 0, 0);
    near(t.mean_queries, 0.75, "E[N]", 0, 0);
    assert_int_equal(t.empty, 2);
    t = amortize_contexts(v, 0);
    is(t.per_query, AMORTIZE_UNKNOWN, 0, "no contexts");
    t = amortize_contexts(v + 1, 1);
    is(t.per_query, AMORTIZE_NO_QUERIES, 0, "nobody asks");
    near(t.wasted, 1, "all wasted", 0, 0);
    /* where all are asked, Jensen holds: 30 + 90 over 2 against 90 / 2 */
    static const struct amortize_context asked[] = {{90, 0, 3}, {90, 0, 1}};
    t = amortize_contexts(asked, 2);
    assert_true(t.naive_share.value > t.sleep_share.value);
}

static void test_presets(void **state)
{
    const struct amortize_preset *p = amortize_preset(STR("list-batch"));
    struct amortize_prices one = {p->price, p->price}, at = amortize_at(&one, p->scale, p->t);

    (void)state;
    assert_null(amortize_preset(STR("lists")));
    assert_string_equal(amortize_presets[0].name, "paper");
    near(at.test.of[AMORTIZE_IN], 0.5, "twice the input", 0, 0);
    near(at.test.of[AMORTIZE_OUT], 2, "twice the output", 0, 0);
    near(at.sleep.of[AMORTIZE_OUT], 1, "the unit", 0, 0);
    at = amortize_at(&one, AMORTIZE_OUTPUTS, 10);
    near(at.test.of[AMORTIZE_IN], 0.25, "input stays", 0, 0);
    near(at.test.of[AMORTIZE_REASONING], 10, "reasoning is output", 0, 0);
    near(amortize_preset(STR("tokens"))->price.of[AMORTIZE_CACHED], 1, "tokens", 0, 0);
    near(amortize_preset(STR("flop"))->price.of[AMORTIZE_CACHED], 0, "flop", 0, 0);
}

static void test_prices_from_rows(void **state)
{
    struct price test = {.id = STR("big"),
        .currency = STR("USD"),
        .rates = {3000000, 300000, FIELD_NONE, FIELD_NONE, 12000000, FIELD_NONE},
        .per_request = 6};
    struct price sleep = {.id = STR("small"),
        .currency = STR("USD"),
        .rates = {1000000, FIELD_NONE, 1250000, FIELD_NONE, 4000000, 8000000},
        .batch_millionths = 500000};
    struct amortize_prices p = {0};
    struct err err = {0};

    (void)state;
    assert_int_equal(amortize_prices_from(&test, &sleep, false, &p, &err), OK);
    near(p.test.of[AMORTIZE_OUT], 3, "12 / 4", 0, 0);
    near(p.test.of[AMORTIZE_REASONING], 3, "as output", 0, 0);
    near(p.test.of[AMORTIZE_CACHED], 0.075, "0.3 / 4", 0, 0);
    near(p.test.of[AMORTIZE_WRITE], 0.75, "as input", 0, 0);
    near(p.test.of[AMORTIZE_REQUESTS], 1.5, "6 micro-dollars in tokens of 4", 0, 0);
    near(p.sleep.of[AMORTIZE_OUT], 1, "unit", 0, 0);
    near(p.sleep.of[AMORTIZE_CACHED], 0.25, "as input", 0, 0);
    near(p.sleep.of[AMORTIZE_WRITE], 0.3125, "write", 0, 0);
    near(p.sleep.of[AMORTIZE_REASONING], 2, "reasoning", 0, 0);
    assert_int_equal(amortize_prices_from(&test, &sleep, true, &p, &err), OK);
    near(p.test.of[AMORTIZE_OUT], 6, "against half the price", 0, 0);
    near(p.sleep.of[AMORTIZE_IN], 0.25, "sleep among itself", 0, 0);
    struct amortize_prices kept = p;
    assert_int_equal(amortize_prices_from(&sleep, &test, true, &p, &err), ERR_USAGE);
    assert_message(err, "big has no batch_factor");
    sleep.rates.output = 0;
    assert_int_equal(amortize_prices_from(&test, &sleep, false, &p, &err), ERR_USAGE);
    assert_message(err, "can't be the unit");
    sleep.currency = STR("EUR");
    assert_int_equal(amortize_prices_from(&test, &sleep, false, &p, &err), ERR_USAGE);
    assert_message(err, "one currency");
    assert_memory_equal(&kept, &p, sizeof p);
}

static void test_sweep(void **state)
{
    const struct amortize_kinds unit = amortize_presets[0].price;
    const struct amortize_prices one = {unit, unit};
    const struct amortize_arms arms = {
        {{0, 0, 0, 600, 0, 1}}, {{0, 0, 0, 120, 0, 1}}, {{0, 0, 0, 2400, 0, 8}}, 0};
    struct amortize_row rows[AMORTIZE_T_GRID * AMORTIZE_N_GRID];

    (void)state;
    amortize_sweep(&one, AMORTIZE_OUTPUTS, &arms, amortize_t_grid, AMORTIZE_T_GRID, amortize_n_grid,
        AMORTIZE_N_GRID, rows);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        double t = amortize_t_grid[i / 4], n = amortize_n_grid[i % 4];
        assert_true(rows[i].t == t && rows[i].n == n);
        near(rows[i].ref.value, 600 * t, "ref", i, 0);
        near(rows[i].arm.value, 120 * t + 2400 / n, "arm", i, 0);
        near(rows[i].ratio.value, 600 * t / (120 * t + 2400 / n), "ratio", i, 0);
        near(rows[i].n_star.value, ceil(5 / t), "N*", i, 0); /* 2400 / 480 t */
        near(rows[i].headline.value, (120 * t + 2400) / (120 * t + 2400 / n), "headline", i, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_headline_identity),
        cmocka_unit_test(test_longest_example),
        cmocka_unit_test(test_break_even),
        cmocka_unit_test(test_zero_query_contexts),
        cmocka_unit_test(test_presets),
        cmocka_unit_test(test_prices_from_rows),
        cmocka_unit_test(test_sweep),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
