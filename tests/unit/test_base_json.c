/* test_base_json.c - the traps of cJSON stay closed; reading and writing. */
#include "harness/base/json.h"
#include "tests/unit/unit.h"

static enum err_code parse_n(
    struct str text, enum json_mode mode, struct json **doc, struct err *err)
{
    *err = (struct err){0};
    *doc = NULL;
    return json_parse(text, mode, doc, err);
}

/* Prints what was read back, or "error: message". */
static void check(struct str text, enum json_mode mode, const char *expected)
{
    struct buf out = BUF_INIT;
    struct json *doc;
    struct err err;

    if (parse_n(text, mode, &doc, &err)) {
        assert_int_equal(err.code, ERR_INPUT);
        assert_null(doc);
        buf_printf(&out, "error: %s", err.msg);
    } else {
        json_print(&out, doc);
    }
    assert_string_equal(buf_cstr(&out), expected);
    json_free(doc);
    buf_release(&out);
}

/* Trap 1: text behind the value. */
static void test_trailing(void **state)
{
    (void)state;
    check(STR(" {\"a\":1} \r\n\t"), JSON_STRICT, "{\"a\":1}");
    check(STR("{} {}"), JSON_STRICT,
        "error: line 1, column 4: text behind the end of the JSON value");
    check(STR("{\n}\n\nx"), JSON_REPAIR,
        "error: line 4, column 1: text behind the end of the JSON value");
    check(STR("1]"), JSON_STRICT, "error: line 1, column 2: text behind the end of the JSON value");
    check(STR(""), JSON_STRICT, "error: empty text where a JSON value is expected");
    check(STR(" \n"), JSON_REPAIR, "error: empty text where a JSON value is expected");
    check(STR("{\"a\":"), JSON_STRICT,
        "error: line 1, column 5: not valid JSON, or it ends too early");
    check(STR("\xEF\xBB\xBF[1]"), JSON_STRICT, "[1]");
}

/* Trap 2: invalid UTF-8. Trap 3: strings cut at \u0000. */
static void test_bytes(void **state)
{
    (void)state;
    check(STR("\"\xC3\xA9\""), JSON_STRICT, "\"\xC3\xA9\"");
    check(STR("\"a\xFFz\""), JSON_STRICT, "error: the text is not valid UTF-8");
    check(STR("\"a\xFFz\""), JSON_REPAIR, "\"a\xEF\xBF\xBDz\"");
    check(STR("\"a\xE2\x82\""), JSON_REPAIR, "\"a\xEF\xBF\xBD\xEF\xBF\xBD\"");
    check(STR("\"a\\u0000z\""), JSON_STRICT,
        "error: line 1, column 3: \\u0000 is not accepted in a string");
    check(STR("\"a\\u0000z\""), JSON_REPAIR, "\"a\xEF\xBF\xBDz\"");
    check(STR("{\"k\\u0000\":1}"), JSON_REPAIR, "{\"k\xEF\xBF\xBD\":1}");
    check(STR("\"a\\\\u0000z\""), JSON_STRICT, "\"a\\\\u0000z\""); /* a backslash, then u0000 */
    check(STR("\"a\\\\u0000z\xFF\""), JSON_REPAIR, "\"a\\\\u0000z\xEF\xBF\xBD\"");
    check(STR("\"a\0z\""), JSON_STRICT, "error: line 1, column 3: a NUL byte is not JSON");
    check(STR("\"a\0z\""), JSON_REPAIR, "\"a\xEF\xBF\xBDz\"");
    check(STR("\"\\ud83d\\ude00\""), JSON_STRICT, "\"\xF0\x9F\x98\x80\"");
    check(STR("\"x\\ud83d\""), JSON_REPAIR, "\"x\xEF\xBF\xBD\"");
    check(STR("\"\\ude00\\uD83D.\\uD83D\\uDE00\""), JSON_REPAIR,
        "\"\xEF\xBF\xBD\xEF\xBF\xBD.\xF0\x9F\x98\x80\"");
    check(STR("\"\\u12\xFF\""), JSON_REPAIR,
        "error: line 1, column 2: \\u wants four hexadecimal digits");
    check(STR("\"a\\uzzzzb\""), JSON_STRICT,
        "error: line 1, column 3: \\u wants four hexadecimal digits");
    struct json *doc;
    struct err err;
    assert_int_equal(parse_n(STR("\"\\ud83d\""), JSON_STRICT, &doc, &err), ERR_INPUT);
}

/* Trap 4: keys without regard to case; and keys given twice. */
static void test_keys(void **state)
{
    struct json *doc;
    struct err err;
    int64_t v;

    (void)state;
    assert_int_equal(parse_n(STR("{\"a\":1,\"A\":2,\"b.c\":3}"), JSON_STRICT, &doc, &err), OK);
    assert_true(json_int(json_get(doc, "A"), &v) && v == 2);
    assert_true(json_int(json_get(doc, "a"), &v) && v == 1);
    assert_null(json_get(doc, "B"));
    assert_null(json_path(doc, "b.c")); /* a dot is a step */
    json_free(doc);
    check(STR("{\"a\":1,\"a\":1}"), JSON_STRICT, "error: a JSON object names the key \"a\" twice");
    check(STR("[{\"x\":{\"a\":1,\"b\":2,\"a\":3}}]"), JSON_STRICT,
        "error: a JSON object names the key \"a\" twice");
    check(STR("{\"a\":1,\"a\":2}"), JSON_REPAIR, "{\"a\":1,\"a\":2}");
    check(STR("[{\"a\":1},{\"a\":2}]"), JSON_STRICT, "[{\"a\":1},{\"a\":2}]");
    struct buf many = BUF_INIT; /* a hundred thousand keys cost no quadratic time */
    for (int i = 0; i < 100000; i++)
        buf_printf(&many, "%s\"k%d\":0", i ? "," : "{", i);
    buf_putc(&many, '}');
    assert_int_equal(parse_n(buf_str(&many), JSON_STRICT, &doc, &err), OK);
    assert_int_equal(json_len(doc), 100000);
    json_free(doc);
    buf_release(&many);
}

/* Trap 5: numbers are doubles. */
static void test_numbers(void **state)
{
    static const struct {
        const char *text;
        bool is_int;
        int64_t value;
    } cases[] = {{"0", true, 0}, {"-7", true, -7}, {"1e3", true, 1000}, {"2.0", true, 2},
        {"2.5", false, 0}, {"9007199254740991", true, 9007199254740991},
        {"-9007199254740991", true, -9007199254740991}, {"9007199254740992", false, 0},
        {"9007199254740993", false, 0}, {"1732300000123456789", false, 0}, {"1e400", false, 0},
        {"\"5\"", false, 0}, {"true", false, 0}};
    struct json *doc;
    struct err err;
    double d;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        int64_t v = -42;
        assert_int_equal(parse_n(str_c(cases[i].text), JSON_STRICT, &doc, &err), OK);
        assert_int_equal(json_int(doc, &v), cases[i].is_int);
        assert_int_equal(v, cases[i].is_int ? cases[i].value : -42);
        json_free(doc);
    }
    assert_int_equal(parse_n(STR("1e400"), JSON_STRICT, &doc, &err), OK);
    assert_false(json_num(doc, &d));
    json_free(doc);
    check(
        STR("[1e2,0.1,1.0,-0.5,123456789012345]"), JSON_STRICT, "[100,0.1,1,-0.5,123456789012345]");
    check(STR("nan"), JSON_STRICT, "error: line 1, column 1: not valid JSON");
    check(
        STR("[1,x"), JSON_REPAIR, "error: line 1, column 4: not valid JSON, or it ends too early");
}

static void nested(struct buf *out, int depth, const char *prefix)
{
    buf_puts(out, prefix);
    for (int i = 0; i < depth; i++)
        buf_putc(out, '[');
    for (int i = 0; i < depth; i++)
        buf_putc(out, ']');
}

static void test_depth(void **state)
{
    struct buf text = BUF_INIT;
    struct json *doc;
    struct err err;

    (void)state;
    nested(&text, JSON_MAX_DEPTH, "");
    assert_int_equal(parse_n(buf_str(&text), JSON_STRICT, &doc, &err), OK);
    json_free(doc);
    buf_reset(&text);
    nested(&text, JSON_MAX_DEPTH + 1, "");
    assert_int_equal(parse_n(buf_str(&text), JSON_STRICT, &doc, &err), ERR_INPUT);
    assert_message(err, "nested too deeply");
    /* also behind a NUL byte, where the first look at the text ends */
    buf_reset(&text);
    buf_add(&text, "[\"\0\",", 6);
    nested(&text, 500, "");
    buf_putc(&text, ']');
    assert_int_equal(parse_n(buf_str(&text), JSON_REPAIR, &doc, &err), ERR_INPUT);
    assert_message(err, "nested too deeply");
    buf_reset(&text);
    nested(&text, 100000, "");
    assert_int_equal(parse_n(buf_str(&text), JSON_REPAIR, &doc, &err), ERR_INPUT);
    check(STR("\"[[[[\\\"[[[\""), JSON_STRICT, "\"[[[[\\\"[[[\""); /* brackets in text are text */
    buf_release(&text);
}

static void test_reading(void **state)
{
    struct json *doc;
    struct err err;
    int64_t v = 0;

    (void)state;
    assert_int_equal(parse_n(STR("{\"u\":{\"total\":5},\"l\":[1,\"x\",null,true],\"e\":{}}"),
                         JSON_STRICT, &doc, &err),
        OK);
    assert_true(json_int(json_path(doc, "u.total"), &v) && v == 5);
    assert_null(json_path(doc, "u.total.x"));
    assert_null(json_path(doc, "l.0"));
    const struct json *list = json_get(doc, "l");
    assert_int_equal(json_len(list), 4);
    assert_str(json_str(json_at(list, 1)), "x");
    assert_null(json_at(list, 4));
    assert_int_equal(json_type(json_at(list, 2)), JSON_NULL);
    assert_true(json_bool(json_at(list, 3), false));
    assert_true(json_bool(json_at(list, 0), true)); /* not a truth value: the fallback */
    assert_str(json_key(json_first(doc)), "u");
    assert_null(json_first(json_get(doc, "e")));
    assert_null(json_next(json_at(list, 3)));
    /* every reader takes an absent value */
    assert_int_equal(json_type(NULL), JSON_ABSENT);
    assert_null(json_get(NULL, "x"));
    assert_null(json_path(NULL, "x"));
    assert_null(json_first(NULL));
    assert_null(json_next(NULL));
    assert_null(json_str(NULL).p);
    assert_null(json_key(NULL).p);
    assert_int_equal(json_len(NULL), 0);
    assert_false(json_int(NULL, &v));
    assert_string_equal(json_type_name(JSON_ABSENT), "nothing");
    json_free(doc);
    json_free(NULL);
}

static void test_escape(void **state)
{
    struct buf b = BUF_INIT;

    (void)state;
    json_quote(&b, STR("\b\t\n\v\f\r\x1f \"\\/\x7f\xC3\xA9\0."));
    assert_string_equal(
        buf_cstr(&b), "\"\\b\\t\\n\\u000b\\f\\r\\u001f \\\"\\\\/\x7f\xC3\xA9\\u0000.\"");
    buf_reset(&b);
    json_quote(&b, str_c(NULL));
    assert_string_equal(buf_cstr(&b), "\"\"");
    buf_release(&b);
}

static void test_number_text(void **state)
{
    static const struct {
        double v;
        const char *text;
    } cases[] = {{0, "0"}, {-3, "-3"}, {0.1, "0.1"}, {0.1 + 0.2, "0.30000000000000004"},
        {1e15, "1e+15"}, {123456789012345, "123456789012345"}, {1.0 / 3, "0.3333333333333333"},
        {5e-324, "4.94065645841247e-324"}, {1.7976931348623157e308, "1.7976931348623157e+308"},
        {0.0 / 1, "0"}};
    struct buf b = BUF_INIT;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        buf_reset(&b);
        json_number(&b, cases[i].v);
        assert_string_equal(buf_cstr(&b), cases[i].text);
        assert_true(strtod(buf_cstr(&b), NULL) == cases[i].v);
    }
    buf_reset(&b);
    volatile double zero = 0;
    json_number(&b, zero / zero);
    json_number(&b, 1 / zero);
    assert_string_equal(buf_cstr(&b), "nullnull");
    buf_release(&b);
}

static void write_sample(struct json_writer *w)
{
    jsonw_object(w, NULL);
    jsonw_str(w, "s", STR("a\"b"));
    jsonw_cstr(w, "n", NULL);
    jsonw_array(w, "l");
    jsonw_int(w, NULL, INT64_MIN);
    jsonw_num(w, NULL, 0.5);
    jsonw_array(w, NULL);
    jsonw_end_array(w);
    jsonw_end_array(w);
    jsonw_bool(w, "b", true);
    jsonw_raw(w, "r", STR("{\"x\":[]}"));
    jsonw_null(w, "z");
    jsonw_object(w, "e");
    jsonw_end_object(w);
    jsonw_end_object(w);
}

static void test_writer(void **state)
{
    struct buf b = BUF_INIT;
    struct json *doc;
    struct err err;

    (void)state;
    struct json_writer w = json_writer(&b, 0);
    write_sample(&w);
    assert_string_equal(buf_cstr(&b),
        "{\"s\":\"a\\\"b\",\"n\":null,\"l\":[-9223372036854775808,0.5,[]],\"b\":true,"
        "\"r\":{\"x\":[]},\"z\":null,\"e\":{}}");
    buf_reset(&b);
    w = json_writer(&b, 2);
    write_sample(&w);
    assert_non_null(
        strstr(buf_cstr(&b), "{\n  \"s\": \"a\\\"b\",\n  \"n\": null,\n  \"l\": [\n    -922"));
    assert_int_equal(parse_n(buf_str(&b), JSON_STRICT, &doc, &err), OK);
    assert_int_equal(json_len(doc), 7);
    json_free(doc);
    buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_trailing),
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_reading),
        cmocka_unit_test(test_escape),
        cmocka_unit_test(test_number_text),
        cmocka_unit_test(test_writer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
