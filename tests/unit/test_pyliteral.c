/* test_pyliteral.c - Python's literals as JSON: every form, every refusal, limits. */
#include "datasets/pyliteral.h"
#include "harness/base/json.h"
#include "tests/unit/unit.h"

/* Expected values: json.dumps(ast.literal_eval(text), ensure_ascii=False, separators=(",", ":")),
 * written down by hand. */
static const struct {
    const char *text, *json;
} good[] = {
    {"None", "null"},
    {" True\n", "true"},
    {"False", "false"},
    {"0", "0"},
    {"-12", "-12"},
    {"+3", "3"},
    {"1_000", "1000"},
    {"1.", "1.0"},
    {".5", "0.5"},
    {"-2.50e-3", "-2.50e-3"},
    {"''", "\"\""},
    {"'it''s'", "\"its\""},
    {"\"it's\"", "\"it's\""},
    {"'say \"x\"'", "\"say \\\"x\\\"\""},
    {"'a\\nb\\tc\\\\d\\'e'", "\"a\\nb\\tc\\\\d'e\""},
    {"'\\x41\\u00e9\\U0001F600\\101\\0601'", "\"A\xC3\xA9\xF0\x9F\x98\x80"
                                             "A01\""},
    {"'\\ud83d\\ude00'", "\"\xF0\x9F\x98\x80\""},
    {"'\\ud83dx'", "\"\xEF\xBF\xBDx\""},
    {"'\\q'", "\"\\\\q\""},
    {"'a\\\nb'", "\"ab\""},
    {"'''a\n'b' \"c\"'''", "\"a\\n'b' \\\"c\\\"\""},
    {"r'a\\nb\\''", "\"a\\\\nb\\\\'\""},
    {"u'x' R\"y\"", "\"xy\""},
    {"'a' 'b'\n 'c'", "\"abc\""},
    {"'\\0'", "\"\xEF\xBF\xBD\""},
    {"'\xFF'", "\"\xEF\xBF\xBD\""},
    {"[]", "[]"},
    {"()", "[]"},
    {"{}", "{}"},
    {"[1, 2,]", "[1,2]"},
    {"(1,)", "[1]"},
    {"(1)", "1"},
    {"((1, 2), [3])", "[[1,2],[3]]"},
    {"{1, 2}", "[1,2]"},
    {"{'a', 'b'}", "[\"a\",\"b\"]"},
    {"{'a': None, \"b\" : [True],}", "{\"a\":null,\"b\":[true]}"},
    {"[{'filename': 'x/y.py', 'status': 'modified', 'patch': None}]",
        "[{\"filename\":\"x/y.py\",\"status\":\"modified\",\"patch\":null}]"},
};

static void test_good(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        struct buf out = BUF_INIT;
        struct err err = {0};
        struct json *doc = NULL;
        if (pyliteral_json(str_c(good[i].text), &out, &err))
            fail_msg("%s: %s", good[i].text, err.msg);
        assert_str(buf_str(&out), good[i].json);
        if (json_parse(buf_str(&out), JSON_STRICT, &doc, &err))
            fail_msg("%s is no JSON: %s", buf_cstr(&out), err.msg);
        assert_int_equal(err.code, OK);
        json_free(doc);
        buf_release(&out);
    }
}

static const struct {
    const char *text, *part;
} bad[] = {
    {"", "line 1, column 1: a value is missing"},
    {"nan", "only None, True and False"},
    {"null", "only None, True and False"},
    {"[1 2]", "a comma or the end of a collection"},
    {"[,]", "a value is missing"},
    {"[1", "a comma or the end of a collection"},
    {"[1,", "a value is missing"},
    {"'abc", "the string has no end"},
    {"'abc\\", "the string has no end"},
    {"'a\nb'", "a line ends inside a string"},
    {"'''a''", "the string has no end"},
    {"'\\x4'", "needs more hexadecimal digits"},
    {"'\\u12'", "needs more hexadecimal digits"},
    {"'\\U00110000'", "no such character"},
    {"'\\N{DASH}'", "by name"},
    {"{'a' 1}", "a comma or the end of a collection"},
    {"{'a': 1 'b': 2}", "a comma or the end of a dict"},
    {"{'a': 1, 'b'}", "a colon is missing"},
    {"{'a': 1, 2: 3}", "keys of a dict must be strings"},
    {"{1: 2}", "a comma or the end of a collection"},
    {"1 + 2", "something stands behind"},
    {"1e", "exponent has no digits"},
    {"1x", "runs into a name"},
    {"007", "begins with 0"},
    {"--1", "a value is missing"},
    {"b'x'", "only None, True and False"},
    {"__import__('os')", "only None, True and False"},
    {"[1,\n 2,\n  x]", "line 3, column 3"},
    {"open('x')", "only None, True and False"},
    {"None.x", "something stands behind"},
};

static void test_bad(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct buf out = BUF_INIT;
        struct err err = {0};
        if (pyliteral_json(str_c(bad[i].text), &out, &err) != ERR_INPUT)
            fail_msg("\"%s\" was read as %s", bad[i].text, buf_cstr(&out));
        assert_message(err, bad[i].part);
        buf_release(&out);
    }
}

/* n opening marks and n closing ones. */
static enum err_code nest(size_t n, struct buf *out, struct err *err)
{
    struct buf text = BUF_INIT;

    for (size_t i = 0; i < n; i++)
        buf_putc(&text, '[');
    for (size_t i = 0; i < n; i++)
        buf_putc(&text, ']');
    enum err_code code = pyliteral_json(buf_str(&text), out, err);
    buf_release(&text);
    return code;
}

static void test_depth(void **state)
{
    struct buf out = BUF_INIT;
    struct err err = {0};

    (void)state;
    assert_int_equal(nest(PYLITERAL_MAX_DEPTH, &out, &err), OK);
    assert_int_equal(out.n, 2 * PYLITERAL_MAX_DEPTH);
    assert_int_equal(nest(PYLITERAL_MAX_DEPTH + 1, &out, &err), ERR_INPUT);
    assert_message(err, "nested too deeply");
    assert_int_equal(nest(1000000, &out, &err), ERR_INPUT);
    buf_release(&out);
}

/* Every byte may stand anywhere: nothing is read that JSON refuses. */
static void test_any_bytes(void **state)
{
    static const char marks[] = "[]{}()'\",:\\ruN0x1.-+e \n\xC3\xA9";
    struct buf out = BUF_INIT;
    unsigned seed = 1;

    (void)state;
    for (size_t round = 0; round < 20000; round++) {
        char text[12];
        struct err err;
        struct json *doc = NULL;
        for (size_t i = 0; i < sizeof text; i++) {
            seed = seed * 1103515245u + 12345u;
            text[i] = marks[(seed >> 16) % (sizeof marks - 1)];
        }
        buf_reset(&out);
        if (pyliteral_json((struct str){text, 1 + round % sizeof text}, &out, &err))
            continue;
        if (json_parse(buf_str(&out), JSON_REPAIR, &doc, &err))
            fail_msg("%.*s gave %s: %s", (int)sizeof text, text, buf_cstr(&out), err.msg);
        json_free(doc);
    }
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_any_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, unit_cleanup);
}
