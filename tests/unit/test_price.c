/* test_price.c - decimal money, price rows, and the cost of calls computed by hand. */
#include "harness/config/price.h"

#include "harness/config/money.h"
#include "tests/unit/unit.h"

#include <math.h>

static struct arena arena;
static struct err err;

static int teardown(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

/* Values by Python's fractions: Fraction(text) * 10**12. */
static void test_decimals_are_exact(void **state)
{
    static const struct {
        const char *text;
        bool ok;
        int64_t value;
        bool exact;
    } cases[] = {
        {"5e-06", true, 5000000, true},
        {"1.375e-05", true, 13750000, true},
        {"0.000000123456", true, 123456, true},
        {"5.46875E-07", true, 546875, true},
        {"2.4414e-07", true, 244140, true},
        {"1e+0", true, 1000000000000, true},
        {"0", true, 0, true},
        {"0.0e-300", true, 0, true},
        {"-3e-6", true, -3000000, true},
        {"1.0000000000005e-06", true, 1000000, false},
        {"1.4999999e-12", true, 1, false},
        {"1.5e-12", true, 2, false},
        {"0.5e-12", true, 1, false},
        {"0.49e-12", true, 0, false},
        {"1e-99", true, 0, false},
        {"9007.199254740992", true, 9007199254740992, true},
        {"9007.199254740993", false, 0, false},
        {"1e300", false, 0, false},
        {"1e-9999999999", true, 0, false},
        {"1234567890123456789012345678901", false, 0, false},
        {"", false, 0, false},
        {".5", false, 0, false},
        {"5.", false, 0, false},
        {"1e", false, 0, false},
        {"1e-", false, 0, false},
        {"0x10", false, 0, false},
        {"1 ", false, 0, false},
        {"nan", false, 0, false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        int64_t v = -7;
        bool exact = false;
        bool ok = money_scaled(str_c(cases[i].text), MONEY_PRICE_DECIMALS, &v, &exact);
        if (ok != cases[i].ok || (ok && (v != cases[i].value || exact != cases[i].exact)))
            fail_msg("\"%s\": %d %lld %d", cases[i].text, ok, (long long)v, exact);
    }
}

static void test_amounts_as_text(void **state)
{
    static const struct {
        int64_t uusd;
        const char *text;
    } cases[] = {{0, "$0.00"}, {1, "$0.000001"}, {120, "$0.00012"}, {1500000, "$1.50"},
        {12000000, "$12.00"}, {1234567, "$1.234567"}, {-2500000, "-$2.50"},
        {INT64_MAX, "$9223372036854.775807"}};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct buf out = BUF_INIT;
        money_print(&out, cases[i].uusd);
        assert_string_equal(buf_cstr(&out), cases[i].text);
        buf_release(&out);
    }
}

/* A row of our own: 3 in, 0.3 cached, 3.75 and 6 written, 15 out, reasoning 20; above 200k input
 * 6, 0.6, 22.5. */
static const char full[] =
    "[{\"id\":\"m\",\"aliases\":[\"m-latest\"],\"provider\":\"acme\",\"effective_from\":"
    "\"2026-01-01\",\"input\":3000000,\"cache_read\":300000,\"cache_write_5m\":3750000,"
    "\"cache_write_1h\":6000000,\"output\":15000000,\"reasoning\":20000000,\"batch_factor\":0.5,"
    "\"tiers\":[{\"above_input\":200000,\"input\":6000000,\"cache_read\":600000,"
    "\"output\":22500000},{\"above_input\":272000,\"input\":7000000,\"output\":30000000}]},"
    "{\"id\":\"plain\",\"provider\":null,\"effective_from\":\"2026-01-01\",\"input\":1,"
    "\"output\":1,\"per_request\":5},{\"id\":\"young\",\"effective_from\":\"2026-01-01\","
    "\"input\":1000000,\"cache_write_5m\":2000000,\"output\":1000000}]";

static struct price_list rows_of(const char *json)
{
    struct price_list list = {NULL, 0};

    err = (struct err){0};
    if (price_read(str_c(json), "p.json", &arena, &list, &err))
        fail_msg("%s", err.msg);
    return list;
}

static void test_costs_by_hand(void **state)
{
    struct price_list list = rows_of(full);
    static const struct {
        size_t row;
        struct usage u; /* uncached, cached, write, visible, reasoning, write for an hour */
        bool batch;
        int64_t uusd;
        bool known;
    } cases[] = {
        /* 1000*3 + 500*15 + 200*20 */
        {0, {1000, 0, 0, 500, 200, -1}, false, 3000 + 7500 + 4000, true},
        /* hit and miss: 400*3 + 600*0.3 + 100*15 */
        {0, {400, 600, 0, 100, 0, -1}, false, 1200 + 180 + 1500, true},
        /* disjoint parts with a write: 10*3 + 2000*0.3 + 800*3.75 + 50*15 */
        {0, {10, 2000, 800, 50, 0, -1}, false, 30 + 600 + 3000 + 750, true},
        /* of 800 written, 300 for an hour: 10*3 + 500*3.75 + 300*6 + 50*15 */
        {0, {10, 0, 800, 50, 0, 300}, false, 30 + 1875 + 1800 + 750, true},
        {0, {10, 0, 800, 50, 0, 800}, false, 30 + 4800 + 750, true},
        {0, {10, 0, 800, 50, 0, 0}, false, 30 + 3000 + 750, true},
        /* more than was written cannot be; half of (800*6) in a batch */
        {0, {0, 0, 800, 0, 0, 900}, true, 2400, true},
        {0, {10, 0, -1, 50, 0, 300}, false, 30 + 750, true},
        /* a tier without prices of writes: as its input */
        {0, {0, 0, 200001, 0, 0, 200000}, false, 1200006, true},
        /* halves are rounded up once, at the end: 0.3 + 0.3 = 0.6 -> 1; 0.3 -> 0 */
        {0, {0, 2, 0, 0, 0, -1}, false, 1, true}, {0, {0, 1, 0, 0, 0, -1}, false, 0, true},
        /* in a batch half of it: (1000*3 + 1*15)/2 = 1507.5 -> 1508 */
        {0, {1000, 0, 0, 1, 0, -1}, true, 1508, true},
        /* the tier counts the whole input and prices the whole request */
        {0, {200000, 0, 0, 10, 0, -1}, false, 600000 + 150, true},
        {0, {200001, 0, 0, 10, 0, -1}, false, 1200006 + 225, true},
        {0, {1, 200000, 0, 10, 0, -1}, false, 6 + 120000 + 225, true},
        {0, {0, 0, 200001, 0, 0, -1}, false, 1200006,
            true}, /* no write price in the tier: input's */
        {0, {272000, 0, 0, 0, 1, -1}, false, 1632000 + 23, true}, /* 22.5, tier's output -> 23 */
        {0, {272001, 0, 0, 2, 0, -1}, false, 1904007 + 60, true},
        /* totals only: cached unknown is uncached; reasoning unknown is dearer than visible */
        {0, {1000, -1, -1, 500, 0, -1}, false, 3000 + 7500, true},
        {0, {1000, -1, -1, 500, -1, -1}, false, 3000 + 7500, false},
        /* a side that nobody told */
        {0, {-1, -1, -1, 500, 0, -1}, false, 7500, false},
        {0, {1000, 0, 0, -1, -1, -1}, false, 3000, false},
        {0, {-1, -1, -1, -1, -1, -1}, false, 0, false}, {1, {0, 0, 0, 0, 0, -1}, false, 5, true},
        {1, {250000, 200000, 0, 50000, -1, -1}, false, 6, true}, /* half a micro-dollar, up */
        {1, {249999, 200000, 0, 50000, -1, -1}, false, 5, true},
        {2, {0, 0, 70, 0, 0, 40}, false, 140, true}, /* no price for an hour: five minutes' */
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct price_cost c = {-1, false};
        assert_int_equal(
            price_cost(&list.v[cases[i].row], cases[i].u, cases[i].batch, &c, &err), OK);
        if (c.uusd != cases[i].uusd || c.known != cases[i].known)
            fail_msg("case %zu: %lld %d, not %lld", i, (long long)c.uusd, c.known,
                (long long)cases[i].uusd);
    }
}

static void test_costs_that_do_not_exist(void **state)
{
    struct price_list list = rows_of(full);
    struct price_cost c;

    (void)state;
    assert_int_equal(price_cost(&list.v[1], USAGE_ZERO, true, &c, &err), ERR_USAGE);
    assert_message(err, "no batch price of \"plain\"");
    struct usage huge = {INT64_MAX, 0, 0, 0, 0, -1};
    assert_int_equal(price_cost(&list.v[0], huge, false, &c, &err), ERR_NUMBER);
    /* the dearest row and the longest usage that are allowed: no overflow on the way */
    struct price_list dear = rows_of("[{\"id\":\"x\",\"effective_from\":\"2026-01-01\",\"input\":"
                                     "1000000000000000,\"output\":1000000000000000,"
                                     "\"batch_factor\":1}]");
    int64_t n = INT64_C(1) << 53;
    assert_int_equal(
        price_cost(&dear.v[0], (struct usage){n, n, n, n, n, -1}, true, &c, &err), ERR_NUMBER);
    assert_int_equal(
        price_cost(&dear.v[0], (struct usage){9000000000, 0, 0, 0, 0, -1}, true, &c, &err), OK);
    assert_int_equal(c.uusd, INT64_C(9000000000000000000));
}

static void test_attempts(void **state)
{
    struct price_list list = rows_of(full);
    static const struct {
        struct usage u;
        long status;
        int64_t uusd;
        bool known;
    } cases[] = {
        {{1000, 0, 0, 0, 0, -1}, 200, 3000, true}, {{-1, -1, -1, -1, -1, -1}, 429, 0, true},
        {{-1, -1, -1, -1, -1, -1}, 503, 0, true},
        {{1000, -1, -1, 0, 0, -1}, 500, 3000, true}, /* what is reported is charged */
        {{-1, -1, -1, -1, -1, -1}, 200, 0, false},
        {{-1, -1, -1, -1, -1, -1}, 0, 0, false}, /* timed out: perhaps generated, perhaps billed */
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct price_cost c = {-1, false};
        assert_int_equal(
            price_attempt(&list.v[0], cases[i].u, cases[i].status, false, &c, &err), OK);
        assert_int_equal(c.uusd, cases[i].uusd);
        assert_int_equal(c.known, cases[i].known);
    }
}

static void test_bad_rows(void **state)
{
#define ROW "[{\"id\":\"m\",\"effective_from\":\"2026-01-01\",\"input\":1,\"output\":2"
    static const struct {
        const char *json, *says;
    } cases[] = {
        {"{}", "p.json: prices are a list of rows, not an object"},
        {"[{]", "p.json: line 1"},
        {"[7]", "p.json: [0] must be an object"},
        {"[{\"id\":\"m\"}]", "[0].effective_from is missing"},
        {"[{\"effective_from\":\"2026-01-01\"}]", "[0].id is missing"},
        {"[{\"id\":\"m\",\"effective_from\":\"2026-02-29\"}]", "\"2026-02-29\", not a day"},
        {"[{\"id\":\"m\",\"effective_from\":\"soon\"}]", "\"soon\", not a day"},
        {"[{\"id\":\"m\",\"effective_from\":\"2026-01-01\",\"output\":2}]", "[0].input is missing"},
        {"[{\"id\":\"m\",\"effective_from\":\"2026-01-01\",\"input\":2}]", "[0].output is missing"},
        {ROW ",\"inptu\":3}]", "unknown price key \"[0].inptu\"; did you mean \"input\"?"},
        {ROW ",\"cache_read\":0.5}]", "[0].cache_read must be a whole number"},
        {ROW ",\"cache_read\":-1}]", "[0].cache_read is -1"},
        {ROW ",\"unit\":\"1K\"}]", "unit"},
        {ROW ",\"currency\":\"EUR\"}]", "currency"},
        {ROW ",\"per_request\":null}]", "[0].per_request is null"},
        {ROW ",\"batch_factor\":0}]", "[0].batch_factor must be above 0"},
        {ROW ",\"batch_factor\":0.33333333}]", "six decimals"},
        {ROW ",\"retrieved_at\":\"2026\"}]", "[0].retrieved_at is \"2026\""},
        {ROW ",\"tiers\":[{\"input\":1,\"output\":1}]}]", "[0].tiers[0].above_input must be given"},
        {ROW ",\"tiers\":[{\"above_input\":5,\"output\":1}]}]", "[0].tiers[0].input is missing"},
        {ROW ",\"tiers\":[{\"above_input\":5,\"input\":1,\"output\":1},{\"above_input\":5,"
             "\"input\":1,\"output\":1}]}]",
            "[0].tiers[1].above_input must be above"},
        {ROW "},{\"id\":\"n\",\"aliases\":[\"m\"],\"effective_from\":\"2026-01-01\",\"input\":1,"
             "\"output\":1}]",
            "rows [0] and [1] both price \"m\" from 2026-01-01"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct price_list list;
        err = (struct err){0};
        assert_int_equal(
            price_read(str_c(cases[i].json), "p.json", &arena, &list, &err), ERR_USAGE);
        assert_message(err, cases[i].says);
    }
}

static int64_t input_of(const struct price_book *book, const char *model, const char *date)
{
    const struct price *p = NULL;

    err = (struct err){0};
    if (price_find(book, str_c(model), str_c(date), &p, &err)) {
        assert_int_equal(err.code, ERR_NOT_FOUND);
        return -1;
    }
    return p->rates.input;
}

static void test_finding(void **state)
{
    struct price_book book;
    const char *path = unit_file("own.json",
        STR("[{\"id\":\"gpt-5.6-sol\",\"provider\":\"openai\",\"effective_from\":\"2027-01-01\","
            "\"input\":7,\"output\":7},\n{\"id\":\"a/b\",\"aliases\":[\"c\"],\"provider\":\"acme\","
            "\"effective_from\":\"2026-01-01\",\"input\":1,\"output\":1},\n{\"id\":\"a/b\","
            "\"aliases\":[\"c\"],\"provider\":\"acme\",\"effective_from\":\"2026-06-01\","
            "\"input\":2,\"output\":1},\n{\"id\":\"mine\",\"effective_from\":\"2026-01-01\","
            "\"input\":9,\"output\":9}]"));

    (void)state;
    assert_int_equal(price_book_load(str_c(path), &arena, &book, &err), OK);
    /* the user's row goes before the program's from its first day on */
    assert_int_equal(input_of(&book, "openai/gpt-5.6-sol", "2026-12-31"), 5000000);
    assert_int_equal(input_of(&book, "openai/gpt-5.6-sol", "2027-01-01"), 7);
    /* of several the latest that has begun; an alias is a name */
    assert_int_equal(input_of(&book, "acme/a/b", "2025-12-31"), -1);
    assert_message(err, "begins on 2026-01-01, after 2025-12-31");
    assert_int_equal(input_of(&book, "acme/a/b", "2026-05-31"), 1);
    assert_int_equal(input_of(&book, "acme/c", "2026-06-01"), 2);
    /* a provider is part of the name, and without one the name is bare */
    assert_int_equal(input_of(&book, "a/b", "2026-06-01"), -1);
    assert_int_equal(input_of(&book, "acmea/b", "2026-06-01"), -1);
    assert_int_equal(input_of(&book, "mine", "2026-06-01"), 9);
    assert_int_equal(input_of(&book, "x/mine", "2026-06-01"), -1);
    /* nothing is free for lack of a row */
    assert_int_equal(input_of(&book, "phantom/small", "2026-12-01"), -1);
    assert_message(err, "no price of \"phantom/small\" is known");
    assert_int_equal(price_book_load(STR("no/such/file"), &arena, &book, &err), ERR_NOT_FOUND);
    assert_message(err, "no/such/file");
}

/* The shipped rows against the prices that were read, in dollars per million. */
static void test_shipped_rows(void **state)
{
    static const struct {
        const char *model;
        double in, cached, write, out;
    } cases[] = {
        {"openai/gpt-5.6-sol", 5, 0.5, -1, 30},
        {"openai/gpt-5.6-terra", 2.5, -1, -1, 15},
        {"openai/gpt-5.6-luna", 1, -1, -1, 6},
        {"openai/gpt-5.5-pro", 30, -1, -1, 180},
        {"anthropic/claude-opus-4-5", 5, 0.5, 6.25, 25},
        {"anthropic/claude-opus-4-8", 5, 0.5, 6.25, 25},
        {"anthropic/claude-fable-5", 10, -1, -1, 50},
        {"openai/babbage-002", 0.4, -1, -1, 0.4},
    };
    struct price_book book;

    (void)state;
    assert_int_equal(price_book_load(STR(""), &arena, &book, &err), OK);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct price *p;
        assert_int_equal(price_find(&book, str_c(cases[i].model), STR("2026-11-23"), &p, &err), OK);
        assert_int_equal(p->rates.input, llround(cases[i].in * 1e6));
        assert_int_equal(p->rates.output, llround(cases[i].out * 1e6));
        assert_int_equal(
            p->rates.cache_read, cases[i].cached < 0 ? FIELD_NONE : llround(cases[i].cached * 1e6));
        assert_int_equal(p->rates.cache_write_5m,
            cases[i].write < 0 ? FIELD_NONE : llround(cases[i].write * 1e6));
        assert_true(p->source_url.n > 0);
    }
}

static void test_written_rows_are_read(void **state)
{
    struct price_list list = rows_of(full), again;
    struct buf a = BUF_INIT, b = BUF_INIT;

    (void)state;
    price_write(&a, list.v, list.n);
    assert_int_equal(price_read(buf_str(&a), "again", &arena, &again, &err), OK);
    price_write(&b, again.v, again.n);
    assert_string_equal(buf_cstr(&a), buf_cstr(&b));
    assert_non_null(strstr(buf_cstr(&a), "\"batch_factor\":0.5"));
    assert_int_equal(again.n, 3);
    buf_release(&a);
    buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decimals_are_exact),
        cmocka_unit_test(test_amounts_as_text),
        cmocka_unit_test(test_costs_by_hand),
        cmocka_unit_test(test_costs_that_do_not_exist),
        cmocka_unit_test(test_attempts),
        cmocka_unit_test(test_bad_rows),
        cmocka_unit_test(test_finding),
        cmocka_unit_test(test_shipped_rows),
        cmocka_unit_test(test_written_rows_are_read),
    };

    int failed = cmocka_run_group_tests(tests, NULL, teardown);
    unit_cleanup(NULL);
    return failed;
}
