/* test_texpr.c - expressions: values computed with Python's Fraction for a = 7, b = 3, c = 1/4,
 * w = "week", six = ("six-sided", 6); u is unknown. */
#include "datasets/texpr.h"
#include "tests/unit/unit.h"

static const struct str names[] = {{"a", 1}, {"b", 1}, {"c", 1}, {"w", 1}, {"six", 3}, {"u", 1}};

static enum texpr_result value_of(const char *text, struct arena *arena, struct buf *out)
{
    struct tvalue v[] = {{{"7", 1}, true, {7, 1}}, {{"3", 1}, true, {3, 1}},
        {{"a quarter", 9}, true, {1, 4}}, {{"week", 4}, false, {0, 1}},
        {{"six-sided", 9}, true, {6, 1}}, {{NULL, 0}, false, {0, 1}}};
    bool known[] = {true, true, true, true, true, false};
    struct tbinding b = {v, known};
    struct err err = {0};
    struct texpr *e;
    struct tvalue got;
    const char *why = NULL;

    if (texpr_parse(str_c(text), arena, &e, &err) ||
        texpr_bind(e, names, ARRAY_LEN(names), NULL, &err))
        fail_msg("%s: %s", text, err.msg);
    enum texpr_result r = texpr_eval(e, &b, &got, &why);
    if (r == TEXPR_OK)
        texpr_show(out, got);
    if (r == TEXPR_FAIL)
        buf_puts(out, why);
    return r;
}

static void check_all(const char *const (*rows)[2], size_t n, enum texpr_result expected)
{
    for (size_t i = 0; i < n; i++) {
        struct arena arena = {0};
        struct buf out = BUF_INIT;
        enum texpr_result r = value_of(rows[i][0], &arena, &out);
        if (r != expected || strcmp(buf_cstr(&out), rows[i][1]) != 0)
            fail_msg("%s gives %d \"%s\", not %d \"%s\"", rows[i][0], r, buf_cstr(&out), expected,
                rows[i][1]);
        buf_release(&out);
        arena_release(&arena);
    }
}

static void test_arithmetic(void **state)
{
    static const char *const rows[][2] = {{"a+b*2", "13"}, {"(a+b)*2", "20"}, {"a-b-1", "3"},
        {"a/b*3", "7"}, {"a//b", "2"}, {"-a//b", "-3"}, {"-a % b", "2"}, {"a % -b", "-2"},
        {"-b**2", "-9"}, {"2**b**2", "512"}, {"a*c", "1.75"}, {"a/b", "7/3"}, {"int(-a/2)", "-3"},
        {"int (a/2)", "3"}, {"round(a*c)", "2"}, {"round(5/2)", "2"}, {"round(1.235, 2)", "1.24"},
        {"round(7.5)", "8"}, {"Fraction(a,b)", "7/3"}, {"Fraction(c)*8", "2"}, {"1-c", "0.75"},
        {"six * 2", "12"}, {"$a + 1", "8"}, {"100. / 8", "12.5"}, {"+a - -b", "10"},
        {"a/2//1", "3"}, {"0.1+0.2", "0.3"}};

    (void)state;
    check_all(rows, ARRAY_LEN(rows), TEXPR_OK);
}

static void test_logic(void **state)
{
    static const char *const rows[][2] = {{"is_int(a*c)", "0"}, {"is_int(c*8)", "1"},
        {"divides(a, c)", "1"}, {"divides(a, b)", "0"}, {"1 < b < a <= 7", "1"},
        {"1 < b < a < 7", "0"}, {"(a > b) == True", "1"}, {"not divides(a, 5)", "1"},
        {"a == 7 and b != 3", "0"}, {"a != 7 or c < 0.3", "1"}, {"is_int(c*10) == False", "1"},
        {"2 if a > b else 5", "2"}, {"4 if b > 5 else 6 if b > 2 else 8", "6"},
        {"7 if w == \"week\" else 30", "7"}, {"7 if w == 'month' else 30", "30"},
        {"'up' if round(c) > c else 'down'", "down"}, {"a >= 7", "1"}};

    (void)state;
    check_all(rows, ARRAY_LEN(rows), TEXPR_OK);
}

static void test_texts(void **state)
{
    static const char *const rows[][2] = {{"w", "week"}, {"w[0]", "w"}, {"w[3]", "k"},
        {"six", "six-sided"}, {"c", "a quarter"}, {"'caf\xc3\xa9'[3]", "\xc3\xa9"}};

    (void)state;
    check_all(rows, ARRAY_LEN(rows), TEXPR_OK);
}

static void test_unknown(void **state)
{
    static const char *const rows[][2] = {{"u", ""}, {"a + u", ""}, {"u if a > b else 1", ""},
        {"a > b and u", ""}, {"a < u", ""}, {"int(u)", ""}};
    static const char *const decided[][2] = {
        {"1 if a > b else u", "1"}, {"a < b and u", "0"}, {"a > b or u", "1"}, {"b > a > u", "0"}};

    (void)state;
    check_all(rows, ARRAY_LEN(rows), TEXPR_UNKNOWN);
    check_all(decided, ARRAY_LEN(decided), TEXPR_OK);
}

static void test_no_value(void **state)
{
    static const char *const rows[][2] = {{"a / (b - 3)", "division by zero"},
        {"a % 0", "division by zero"}, {"divides(a, 0)", "division by zero"},
        {"a ** 64", "the number does not fit"}, {"a ** a ** a", "the number does not fit"},
        {"a ** 0.5", "the number does not fit"}, {"w + 1", "a text is used as a number"},
        {"-w", "a text is used as a number"}, {"int(w)", "a text is used as a number"},
        {"round(a, 99)", "this rounding is not possible"},
        {"w[4]", "the index is behind the end of the text"},
        {"w[0-1]", "an index must be a whole number from 0"}};

    (void)state;
    check_all(rows, ARRAY_LEN(rows), TEXPR_FAIL);
}

static void refuse(const char *text, const char *part)
{
    struct arena arena = {0};
    struct err err = {0};
    struct texpr *e;
    enum err_code code = texpr_parse(str_c(text), &arena, &e, &err);

    if (!code)
        code = texpr_bind(e, names, ARRAY_LEN(names), NULL, &err);
    if (code != ERR_INPUT)
        fail_msg("\"%.40s\" gives %d", text, code);
    assert_message(err, part);
    arena_release(&arena);
}

static void test_malformed(void **state)
{
    (void)state;
    refuse("", "unexpected end");
    refuse("a +", "unexpected end");
    refuse("(a", "bracket");
    refuse("a)", "unexpected text");
    refuse("a b", "unexpected text");
    refuse("int(a", "bracket");
    refuse("w[0", "']'");
    refuse("1 if a", "'else'");
    refuse("a = 3", "unexpected text");
    refuse("'week", "unexpected sign");
    refuse("a and or b", "a value is missing");
    refuse("()", "empty brackets");
    refuse("1.2.3", "not a number");
    refuse("99999999999999999999", "not a number");
    refuse("zz + 1", "unknown variable 'zz'");
    refuse("system(a)", "unknown function 'system'");
    refuse("divides(a)", "divides takes 2 to 2 arguments, not 1");
    refuse("is_int()", "is_int takes");
    refuse("[a, b]", "a list has no place");
}

/* n times `open`, an operand, n times `close`. */
static void refuse_nested(const char *open, const char *close, size_t n, const char *part)
{
    struct buf text = BUF_INIT;

    for (size_t i = 0; i < n; i++)
        buf_puts(&text, open);
    buf_puts(&text, "a");
    for (size_t i = 0; i < n; i++)
        buf_puts(&text, close);
    refuse(buf_cstr(&text), part);
    buf_release(&text);
}

static void test_depth_is_capped(void **state)
{
    (void)state;
    refuse_nested("(", ")", 100000, "too deeply");
    refuse_nested("-", "", 100000, "too deeply");
    refuse_nested("not ", "", 100000, "too deeply");
    refuse_nested("int(", ")", 100000, "too deeply");
    refuse_nested("[", "]", 100000, "too deeply");
    refuse_nested("2 ** ", "", 100000, "too deeply");
    refuse_nested("1 if 1 else ", "", 100000, "too deeply");
    refuse_nested("a + ", "", 100000, "too deeply");
    refuse_nested("", "[0]", 100000, "too deeply");
    refuse_nested("1 < ", "", 100000, "too long");
}

static void test_mask(void **state)
{
    struct arena arena = {0};
    struct err err = {0};
    struct texpr *e;
    uint64_t mask = 0;

    (void)state;
    assert_int_equal(texpr_parse(STR("a*(u-1) if w == 'c' else a"), &arena, &e, &err), OK);
    assert_int_equal(texpr_bind(e, names, ARRAY_LEN(names), &mask, &err), OK);
    assert_int_equal(mask, 1 | 8 | 32); /* a, w, u */
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arithmetic),
        cmocka_unit_test(test_logic),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_no_value),
        cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_depth_is_capped),
        cmocka_unit_test(test_mask),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
