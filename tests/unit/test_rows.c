/* test_rows.c - arrays, pages of the rows API and lines of rows. */
#include "datasets/rows.h"

#include "harness/base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct err err;
static struct buf out;
static char path[256];

static int fresh(void **state)
{
    (void)state;
    buf_reset(&out);
    err = (struct err){0};
    return 0;
}

static int make_path(void **state)
{
    const char *tmp = getenv("TMPDIR");

    (void)state;
    snprintf(path, sizeof path, "%s/sleepbench-rows.XXXXXX", tmp && tmp[0] ? tmp : "/tmp");
    int fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

static int remove_path(void **state)
{
    (void)state;
    buf_release(&out);
    return unlink(path);
}

static void put(struct str text)
{
    if (file_write(path, text, &err))
        fail_msg("%s", err.msg);
}

static void assert_said(const char *text)
{
    if (!strstr(err.msg, text))
        fail_msg("\"%s\" is not in: %s", text, err.msg);
}

/* --- arrays -------------------------------------------------------------------------------- */

static void test_arrays(void **state)
{
    static const struct {
        const char *text, *lines;
        int count;
    } cases[] = {
        {"[]", "", 0},
        {" [ {} ] ", "{}\n", 1},
        {"\xEF\xBB\xBF\xEF\xBB\xBF[{}]", "{}\n", 1},
        {"\xEF\xBB\xBF[{\"a\": 1},\n {\"b\" : [1, 2, {\"c\": null}]}]",
            "{\"a\":1}\n{\"b\":[1,2,{\"c\":null}]}\n", 2},
        /* blanks and brackets inside of texts stay; so do quotes that are escaped */
        {"[{\"a b\": \"x  y ]} , \\\" \\\\\"}]", "{\"a b\":\"x  y ]} , \\\" \\\\\"}\n", 1},
        {"[{\"a\":\"one\ntwo\tthree\"}]", "{\"a\":\"one\\u000atwo\\u0009three\"}\n", 1},
        /* numbers keep their digits, keys their order */
        {"[{\"z\":0.30000000000000004440892098500626,\"a\":100000000000000000001}]",
            "{\"z\":0.30000000000000004440892098500626,\"a\":100000000000000000001}\n", 1},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        int64_t n = 7;
        buf_reset(&out);
        enum err_code code = rows_array(str_c(cases[i].text), &out, &n, &err);
        assert_int_equal(code, OK);
        assert_string_equal(buf_cstr(&out), cases[i].lines);
        assert_int_equal(n, 7 + cases[i].count);
    }
}

static void test_bad_arrays(void **state)
{
    static const char *const texts[] = {"", "{", "[{}", "[{}] x", "{\"a\":1}", "[{},3]", "[[]]",
        "[{\"a\":1,\"a\":2}]", "[{\"a\":\"\xFF\"}]"};
    int64_t n = 0;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        assert_int_equal(rows_array(str_c(texts[i]), &out, &n, &err), ERR_INPUT);
    assert_int_equal(out.n, 0);
    assert_int_equal(n, 0);
    assert_int_equal(rows_array(STR("[{},3]"), &out, &n, &err), ERR_INPUT);
    assert_said("row 1 is");
}

/* --- pages --------------------------------------------------------------------------------- */

/* A page as the API writes one: rows from..to of `total`, each {"n": row}. */
static void page(struct buf *b, int from, int to, int total)
{
    buf_reset(b);
    buf_puts(b, "{\"features\":[{\"feature_idx\":0,\"name\":\"n\"}], \"rows\":[");
    for (int i = from; i < to; i++)
        buf_printf(b, "%s{\"row_idx\":%d,\"row\":{\"n\": %d},\"truncated_cells\":[]}",
            i > from ? "," : "", i, i);
    buf_printf(b, "],\"num_rows_total\":%d,\"num_rows_per_page\":100,\"partial\":false}", total);
}

static void test_pages(void **state)
{
    struct rows_walk walk = {0, -1};
    struct buf text = BUF_INIT, want = BUF_INIT;

    (void)state;
    for (int from = 0; from < 250; from += 100) {
        page(&text, from, from + 100 < 250 ? from + 100 : 250, 250);
        assert_int_equal(rows_page(buf_str(&text), &walk, &out, &err), OK);
    }
    assert_int_equal(walk.next, 250);
    assert_int_equal(walk.total, 250);
    for (int i = 0; i < 250; i++)
        buf_printf(&want, "{\"n\":%d}\n", i);
    assert_string_equal(buf_cstr(&out), buf_cstr(&want));
    buf_release(&text);
    buf_release(&want);
}

/* The key "row" inside of a row, and keys in another order, mislead nobody. */
static void test_a_page_in_another_order(void **state)
{
    struct rows_walk walk = {0, -1};

    (void)state;
    assert_int_equal(
        rows_page(
            STR("{\"partial\":false,\"num_rows_total\":1,\"x\":{\"rows\":[]},\"rows\":[{"
                "\"truncated_cells\":[],\"extra\":\"\\\"row\\\":{}\",\"row\":{\"row\":{\"rows\":"
                "[1]}},\"row_idx\":0}]}"),
            &walk, &out, &err),
        OK);
    assert_string_equal(buf_cstr(&out), "{\"row\":{\"rows\":[1]}}\n");
}

static void test_refused_pages(void **state)
{
    static const struct {
        int from, to, total, next, known;
        const char *said;
    } cases[] = {
        {0, 99, 250, 0, -1, "has 99 rows where 100 are due (250 in all)"},
        {100, 150, 250, 100, 250, "has 50 rows where 100 are due"},
        {200, 200, 250, 200, 250, "has 0 rows where 50 are due"},
        {200, 251, 250, 200, 250, "has 51 rows where 50 are due"},
        {100, 200, 251, 100, 250, "250 rows, then 251"},
        {0, 100, 250, 100, 250, "row 100 was expected, but row_idx is 0"},
    };
    struct buf text = BUF_INIT;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct rows_walk walk = {cases[i].next, cases[i].known};
        page(&text, cases[i].from, cases[i].to, cases[i].total);
        assert_int_equal(rows_page(buf_str(&text), &walk, &out, &err), ERR_INPUT);
        assert_said(cases[i].said);
        assert_int_equal(walk.next, cases[i].next);
        assert_int_equal(out.n, 0);
    }
    buf_release(&text);
}

static void test_cut_and_partial(void **state)
{
    struct rows_walk walk = {0, -1};

    (void)state;
    assert_int_equal(rows_page(STR("{\"rows\":[{\"row_idx\":0,\"row\":{},\"truncated_cells\":[]},"
                                   "{\"row_idx\":1,\"row\":{},\"truncated_cells\":[\"patch\","
                                   "\"body\"]}],\"num_rows_total\":2,\"partial\":false}"),
                         &walk, &out, &err),
        ERR_INPUT);
    assert_said("row 1");
    assert_said("(patch, body)");
    assert_said("--from FILE");
    assert_int_equal(rows_page(STR("{\"rows\":[{\"row_idx\":0,\"row\":{},\"truncated_cells\":[]}],"
                                   "\"num_rows_total\":1,\"partial\":true}"),
                         &walk, &out, &err),
        ERR_INPUT);
    assert_said("partial: true");
    static const char *const texts[] = {"", "[]", "{}", "{\"rows\":[]}",
        "{\"rows\":{},\"num_rows_total\":0}", "{\"error\":\"not found\"}",
        "{\"rows\":[],\"num_rows_total\":-1}",
        "{\"rows\":[{\"row_idx\":0,\"row\":[]}],\"num_rows_total\":1}",
        "{\"rows\":[{\"row\":{}}],\"num_rows_total\":1}",
        "{\"rows\":[{\"row_idx\":0,\"r\\u006fw\":{}}],\"num_rows_total\":1}"};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        assert_int_equal(rows_page(str_c(texts[i]), &walk, &out, &err), ERR_INPUT);
    assert_int_equal(walk.next, 0);
    assert_int_equal(out.n, 0);
}

/* --- files --------------------------------------------------------------------------------- */

static void test_lines(void **state)
{
    int64_t n = 1;

    (void)state;
    put(STR("\xEF\xBB\xBF{\"a\": 1}\r\n\n  \n{\"b\":2}"));
    assert_int_equal(rows_lines(path, &out, &n, &err), OK);
    assert_string_equal(buf_cstr(&out), "{\"a\": 1}\n{\"b\":2}\n");
    assert_int_equal(n, 3);
    assert_int_equal(rows_lines(path, NULL, &n, &err), OK);
    assert_int_equal(n, 5);
    put(STR("{}\n{}\n[1]\n"));
    assert_int_equal(rows_lines(path, NULL, &n, &err), ERR_INPUT);
    assert_said(":3: ");
    put(STR("{}\n{\"a\":\n"));
    assert_int_equal(rows_lines(path, NULL, &n, &err), ERR_INPUT);
    assert_said(":2: ");
    put(STR("\n \n"));
    assert_int_equal(rows_lines(path, NULL, &n, &err), ERR_INPUT);
    assert_said("holds no row");
    assert_int_equal(n, 5);
    assert_int_equal(rows_lines("no/such/file", NULL, &n, &err), ERR_NOT_FOUND);
}

static void test_shapes(void **state)
{
    static const struct {
        const char *text;
        enum rows_shape shape;
    } cases[] = {
        {"{\"a\":1}\n{\"a\":2}\n", ROWS_LINES},
        {"\n\n{\"rows\":[]}", ROWS_LINES},
        {"\xEF\xBB\xBF\n [\n{}]", ROWS_ARRAY},
        {"[]", ROWS_ARRAY},
        {"{\"rows\":[],\"num_rows_total\":0}", ROWS_PAGE},
        {"{\n \"num_rows_total\": 0,\n \"rows\": []\n}\n", ROWS_PAGE},
        {"{\n \"a\": 1\n}\n", ROWS_LINES},
        {"", ROWS_LINES},
        {"no JSON", ROWS_LINES},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        enum rows_shape shape = ROWS_PAGE;
        put(str_c(cases[i].text));
        assert_int_equal(rows_shape(path, &shape, &err), OK);
        assert_int_equal(shape, cases[i].shape);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_arrays, fresh),
        cmocka_unit_test_setup(test_bad_arrays, fresh),
        cmocka_unit_test_setup(test_pages, fresh),
        cmocka_unit_test_setup(test_a_page_in_another_order, fresh),
        cmocka_unit_test_setup(test_refused_pages, fresh),
        cmocka_unit_test_setup(test_cut_and_partial, fresh),
        cmocka_unit_test_setup(test_lines, fresh),
        cmocka_unit_test_setup(test_shapes, fresh),
    };

    return cmocka_run_group_tests(tests, make_path, remove_path);
}
