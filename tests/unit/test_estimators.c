/* test_estimators.c - the estimators against the reference's goldens (tests/data/estimators.test).
 */
#include "harness/base/lines.h"
#include "tests/unit/estimate_case.h"
#include "tests/unit/unit.h"

/* A number to 1e-9 relative to it or to `scale`; where 0 is expected, to 1e-12. */
static bool near(const struct json *got, const struct json *want, double scale)
{
    double a, b;

    if (!json_num(got, &a) || !json_num(want, &b))
        return false;
    double size = fmax(fabs(b), scale);
    return fabs(a - b) <= (size > 0 ? 1e-9 * size : 1e-12);
}

static bool same(const struct json *got, const struct json *want, double scale)
{
    if (json_type(got) != json_type(want))
        return false;
    switch (json_type(want)) {
    case JSON_NUMBER:
        return near(got, want, scale);
    case JSON_STRING:
        return str_eq(json_str(got), json_str(want));
    case JSON_ARRAY:
        if (json_len(got) != json_len(want))
            return false;
        for (size_t i = 0; i < json_len(want); i++)
            if (!same(json_at(got, i), json_at(want, i), 0))
                return false;
        return true;
    case JSON_NULL:
        return true;
    default:
        return false;
    }
}

/* Ends of an interval are compared relative to the larger. */
static double scale_of(const struct json *want, const char *key)
{
    static const char *const ends[] = {"lo", "hi", "lo3", "hi3"};
    double scale = 0, v;
    bool is_end = false;

    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        is_end |= strcmp(key, ends[i]) == 0;
        if (json_num(json_get(want, ends[i]), &v))
            scale = fmax(scale, fabs(v));
    }
    return is_end ? scale : 0;
}

static void check_case(const char *line, const struct json *in)
{
    struct buf out = BUF_INIT;
    struct err err = {0};
    struct json *got = NULL;
    const struct json *want = json_get(in, "out");

    assert_true(json_len(want) > 0);
    if (!estimate_case(in, &out) || json_parse(buf_str(&out), JSON_STRICT, &got, &err))
        fail_msg("%s: %s", line, err.msg);
    for (const struct json *m = json_first(want); m; m = json_next(m)) {
        struct str key = json_key(m);
        char name[32] = "";
        memcpy(name, key.p, key.n < sizeof name ? key.n : sizeof name - 1);
        if (!same(json_get(got, name), m, scale_of(want, name)))
            fail_msg("%s\n%s: the C code gives %s", line, name, buf_cstr(&out));
    }
    json_free(got);
    buf_release(&out);
}

static void test_goldens(void **state)
{
    struct lines *l;
    struct str line;
    struct err err = {0};
    struct json *doc;
    size_t n = 0;
    int64_t cases = -1;

    (void)state;
    assert_int_equal(lines_open("tests/data/estimators.test", LINES_MAX, &l, &err), OK);
    for (;;) {
        assert_int_equal(lines_next(l, &line, &err), OK);
        if (!line.p)
            break;
        char *copy = xcalloc(line.n + 1, 1);
        memcpy(copy, line.p, line.n);
        assert_int_equal(json_parse(line, JSON_STRICT, &doc, &err), OK);
        if (cases < 0) {
            assert_true(json_int(json_get(doc, "cases"), &cases));
        } else {
            check_case(copy, doc);
            n++;
        }
        json_free(doc);
        free(copy);
    }
    lines_free(l);
    assert_int_equal(n, cases);
    assert_true(n > 150);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_goldens),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
