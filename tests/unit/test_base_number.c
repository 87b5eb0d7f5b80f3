/* test_base_number.c - exact rationals against Python's fractions (tests/data/number.test). */
#include "harness/base/lines.h"
#include "harness/base/number.h"
#include "tests/unit/unit.h"

#include <math.h>

static struct rat parse(struct str s)
{
    struct rat r;

    if (!rat_parse(s, &r))
        fail_msg("cannot read \"%.*s\"", STR_ARG(s));
    return r;
}

static long long whole(struct str s)
{
    return strtoll(s.p, NULL, 10);
}

/* The operation named, or false as the library says. */
static bool apply(struct str op, struct rat a, struct str b, struct rat *ret)
{
    static const struct {
        const char *name;
        bool (*fn)(struct rat, struct rat, struct rat *);
    } binary[] = {{"add", rat_add}, {"sub", rat_sub}, {"mul", rat_mul}, {"div", rat_div},
        {"floordiv", rat_floordiv}, {"mod", rat_mod}};

    for (size_t i = 0; i < ARRAY_LEN(binary); i++)
        if (str_eqc(op, binary[i].name))
            return binary[i].fn(a, parse(b), ret);
    if (str_eqc(op, "pow"))
        return rat_pow(a, whole(b), ret);
    if (str_eqc(op, "round"))
        return rat_round(a, (int)whole(b), ret);
    if (str_eqc(op, "cmp"))
        *ret = rat_int(rat_cmp(a, parse(b)));
    else if (str_eqc(op, "floor"))
        *ret = rat_floor(a);
    else if (str_eqc(op, "trunc"))
        *ret = rat_trunc(a);
    else
        fail_msg("unknown operation %.*s", STR_ARG(op));
    return true;
}

static void check_line(struct str line)
{
    struct str rest = line, f[5];
    struct rat got;
    struct buf text = BUF_INIT;

    for (size_t i = 0; i < 5; i++)
        assert_true(str_cut(&rest, ' ', &f[i]));
    if (str_eqc(f[0], "print")) {
        rat_print(&text, parse(f[1]));
    } else if (apply(f[0], parse(f[1]), f[2], &got)) {
        assert_true(got.den > 0);
        buf_printf(&text, "%lld/%lld", (long long)got.num, (long long)got.den);
    } else {
        buf_puts(&text, "fail");
    }
    if (!str_eq(buf_str(&text), f[4]))
        fail_msg("%.*s, got %s", STR_ARG(line), buf_cstr(&text));
    buf_release(&text);
}

static void test_goldens(void **state)
{
    struct lines *l;
    struct str line;
    struct err err = {0};
    size_t n = 0;

    (void)state;
    assert_int_equal(lines_open("tests/data/number.test", LINES_MAX, &l, &err), OK);
    for (;; n++) {
        assert_int_equal(lines_next(l, &line, &err), OK);
        if (!line.p)
            break;
        if (line.p[0] != '#')
            check_line(line);
    }
    assert_true(n > 1000);
    lines_free(l);
}

static void test_parse(void **state)
{
    static const struct {
        const char *text;
        int64_t num, den;
    } good[] = {{"0", 0, 1}, {"+7", 7, 1}, {"-7", -7, 1}, {".5", 1, 2}, {"-0.25", -1, 4},
        {"3/4", 3, 4}, {"6/4", 3, 2}, {"1.5/0003", 1, 2}, {"007", 7, 1}, {"-0", 0, 1},
        {"9223372036854775807", INT64_MAX, 1}, {"0.000000000000000001", 1, 1000000000000000000}};
    static const char *const bad[] = {"", "-", ".", "5.", "1,000", " 1", "1 ", "1/0", "1/", "/2",
        "1/-2", "--1", "1e3", "0x10", "9223372036854775808", "0.1234567890123456789", "1.2.3",
        ("\xE2\x88\x92"
         "5")};
    struct rat r = {42, 43};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        r = parse(str_c(good[i].text));
        assert_int_equal(r.num, good[i].num);
        assert_int_equal(r.den, good[i].den);
    }
    r = (struct rat){42, 43};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        if (rat_parse(str_c(bad[i]), &r))
            fail_msg("\"%s\" was read", bad[i]);
    assert_int_equal(r.num, 42);
}

static void test_edges(void **state)
{
    struct rat r;

    (void)state;
    assert_false(rat_make(1, 0, &r));
    assert_true(rat_make(4, -6, &r));
    assert_true(r.num == -2 && r.den == 3);
    assert_false(rat_make(INT64_MIN, 1, &r)); /* kept out so that negation is safe */
    assert_true(rat_make(INT64_MIN, 2, &r));
    assert_false(rat_pow(rat_int(2), INT64_MIN, &r));
    assert_false(rat_round(rat_int(1), -1, &r));
    assert_false(rat_round(rat_int(1), 16, &r));
    assert_true(rat_eq(parse(STR("2/4")), parse(STR("0.5"))));
    assert_true(rat_is_int(parse(STR("4/2"))));
    assert_false(rat_is_int(parse(STR("1/2"))));
    assert_true(rat_double(parse(STR("1/4"))) == 0.25);
}

static void test_number_double(void **state)
{
    static const struct {
        const char *text;
        double value;
    } good[] = {{"12", 12}, {"-1.5", -1.5}, {"3.", 3}, {"+0.1", 0.1}, {"00", 0}};
    static const char *const bad[] = {"", "-", ".5", "inf", "nan", "1e5", "0x1", "1 ", "1..2"};
    struct buf huge = BUF_INIT;
    double d;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        assert_true(number_double(str_c(good[i].text), &d));
        assert_true(d == good[i].value);
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(number_double(str_c(bad[i]), &d));
    for (int i = 0; i < 400; i++)
        buf_putc(&huge, '9');
    assert_true(number_double(buf_str(&huge), &d));
    assert_true(isinf(d));
    buf_release(&huge);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_goldens),
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_edges),
        cmocka_unit_test(test_number_double),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
