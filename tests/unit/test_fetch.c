/* test_fetch.c - sets from a server into the cache: joining, pages, mirrors, tokens. */
#include "tests/unit/test_fetch_lab.h"

/* --- rows ---------------------------------------------------------------------------------- */

static void test_one_file(void **state)
{
    char hex[DIGEST_HEX_LEN + 1];
    const char *text = "{\"a\": 1}\r\n{\"a\":2}"; /* as it is: no byte changes */
    struct cache_lock lock;

    (void)state;
    manifest_is(ONE);
    lab_write("www/f", str_c(text));
    assert_int_equal(fetch(), OK);
    assert_fetched(text);
    assert_false(result.already);
    assert_int_equal(result.rows, 2);
    assert_int_equal(result.bytes, strlen(text));
    assert_int_equal(cache_lock_read(lab_path("cache/s"), &arena, &lock, &err), OK);
    const struct cache_file *f = cache_lock_find(&lock, STR("s.jsonl"));
    assert_true(str_eqc(f->sha256, digest_hex(digest_of(str_c(text)), hex)));
    const struct cache_source *source = f->sources.v;
    assert_int_equal(f->sources.n, 1);
    assert_true(str_eqc(source->url, lab_url("f")));
    assert_true(str_eqc(source->sha256, hex));
    assert_int_equal(f->fetched_at.n, 20);
    /* once more: nothing is asked */
    lab_forget();
    assert_int_equal(fetch(), OK);
    assert_true(result.already);
    assert_int_equal(result.rows, 2);
    assert_int_equal(lab_asked(""), 0);
}

static void test_parts_are_joined_in_order(void **state)
{
    (void)state;
    manifest_is(
        "\"parts\":[{\"file\":\"one\",\"sources\":[\"$one\"]},{\"file\":\"two\",\"sources\":"
        "[{\"format\":\"json\",\"url\":\"$two\"}]},{\"file\":\"three\",\"sources\":[\"$three\"]}]");
    lab_write("www/one", STR("{\"n\":1}")); /* no final newline */
    lab_write("www/two", STR("[{\"n\": 2},\n {\"n\": 3}]"));
    lab_write("www/three", STR("{\"n\":4}\n\n"));
    assert_int_equal(fetch(), OK);
    assert_fetched("{\"n\":1}\n{\"n\":2}\n{\"n\":3}\n{\"n\":4}\n");
    assert_int_equal(result.rows, 4);
}

static void test_one_part_that_fails_leaves_nothing(void **state)
{
    (void)state;
    manifest_is(
        "\"parts\":[{\"file\":\"one\",\"sources\":[\"$one\"]},{\"file\":\"two\",\"sources\":"
        "[\"$two\"]}]");
    lab_write("www/one", STR("{\"n\":1}\n"));
    assert_int_equal(fetch(), ERR_ENDPOINT);
    assert_said("two answers with status 404");
    assert_nothing_fetched();
    assert_int_equal(lab_count("cache/s", ""), 1); /* .busy */
}

static void test_what_is_no_rows(void **state)
{
    static const struct {
        const char *content, *said;
    } cases[] = {
        {"<html><body>Log in</body></html>", "gives a web page"},
        {"{\"a\":1}\nnot JSON\n", ":2: "},
        {"[1]", "row 0 is"},
        {"", "holds no row"},
        {"[]", "holds no row"},
        {"a,b\n1,2\n", ":1: "},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        fresh(state);
        manifest_is(ONE);
        lab_write("www/f", str_c(cases[i].content));
        assert_int_equal(fetch(), ERR_INPUT);
        assert_said(cases[i].said);
        assert_nothing_fetched();
        assert_int_equal(lab_count("cache/s", ""), 1);
    }
}

static void test_mirrors(void **state)
{
    char hex[DIGEST_HEX_LEN + 1];
    struct buf text = BUF_INIT;

    (void)state;
    buf_printf(&text,
        "\"parts\":[{\"file\":\"f\",\"sources\":[\"$status=403/f\",{\"url\":\"$wrong\",\"sha256\":"
        "\"%s\"},{\"url\":\"$right\",\"sha256\":\"%s\"}]}]",
        digest_hex(digest_of(STR("{\"n\":1}\n")), hex), hex);
    manifest_is(buf_cstr(&text));
    lab_write("www/f", STR("{\"n\":1}\n"));
    lab_write("www/wrong", STR("{\"n\":2}\n"));
    lab_write("www/right", STR("{\"n\":1}\n"));
    assert_int_equal(fetch(), OK);
    assert_fetched("{\"n\":1}\n");
    assert_non_null(strstr(buf_cstr(&notes), "status 403"));
    assert_non_null(strstr(buf_cstr(&notes), "is not the file that was expected"));
    /* and when the last fails too, nothing is there */
    fresh(state);
    lab_write("www/wrong", STR("{\"n\":2}\n"));
    assert_int_equal(fetch(), ERR_ENDPOINT);
    assert_said("right answers with status 404");
    assert_nothing_fetched();
    buf_release(&text);
}

static void test_a_fetch_that_broke_goes_on(void **state)
{
    struct buf rows = BUF_INIT;

    (void)state;
    for (int i = 0; i < 500; i++)
        buf_printf(&rows, "{\"n\":%d}\n", i);
    manifest_is("\"parts\":[{\"file\":\"f\",\"sources\":[\"$stall=1000/times=1/f\"]}]");
    lab_write("www/f", buf_str(&rows));
    assert_int_equal(
        fetch_with((struct fetch_options){.idle_ms = 400, .deadline_ms = 400}), ERR_FAILED);
    assert_said("1000 bytes are kept");
    assert_nothing_fetched();
    assert_int_equal(fetch(), OK);
    assert_fetched(buf_cstr(&rows));
    assert_int_equal(lab_asked("range=bytes=1000-"), 1);
    assert_int_equal(result.rows, 500);
    buf_release(&rows);
}

/* --- the rows API -------------------------------------------------------------------------- */

static void test_pages(void **state)
{
    (void)state;
    manifest_is(ROWS_SOURCE(""));
    put_page(0, 100, 230, "");
    put_page(100, 100, 230, "");
    put_page(200, 30, 230, "");
    assert_int_equal(fetch(), OK);
    assert_rows_fetched(230);
    assert_int_equal(
        lab_asked("/rows?dataset=me%2Fit%20s&config=p&split=test&offset=0&length=100"), 1);
    assert_int_equal(lab_asked(""), 3);
    /* exactly one page */
    fresh(state);
    put_page(0, 100, 100, "");
    assert_int_equal(fetch(), OK);
    assert_rows_fetched(100);
    assert_int_equal(lab_asked(""), 1);
}

static void test_a_429_between_pages(void **state)
{
    (void)state;
    manifest_is(ROWS_SOURCE("status=429/after=0/times=1/"));
    put_page(0, 100, 120, "");
    put_page(100, 20, 120, "");
    assert_int_equal(fetch(), OK);
    assert_rows_fetched(120);
    assert_int_equal(lab_asked("offset=0"), 2); /* each page was refused once */
    assert_int_equal(lab_asked("offset=100"), 2);
}

static void test_pages_that_are_refused(void **state)
{
    (void)state;
    manifest_is(ROWS_SOURCE(""));
    put_page(0, 100, 120, "");
    put_page(100, 20, 120, "\"patch\",\"body\"");
    assert_int_equal(fetch(), ERR_INPUT);
    assert_said("row 119");
    assert_said("(patch, body)");
    assert_said("--from FILE");
    assert_nothing_fetched();
    put_page(100, 19, 120, "");
    assert_int_equal(fetch(), ERR_INPUT);
    assert_said("has 19 rows where 20 are due");
    put_page(100, 21, 121, "");
    assert_int_equal(fetch(), ERR_INPUT);
    assert_said("120 rows, then 121");
    lab_write("www/p.0.json", STR("{\"rows\":[],\"num_rows_total\":0,\"partial\":false}"));
    assert_int_equal(fetch(), ERR_INPUT);
    assert_said("the set has no rows");
    lab_write("www/p.0.json", STR("{\"rows\":[],\"num_rows_total\":5,\"partial\":true}"));
    assert_int_equal(fetch(), ERR_INPUT);
    assert_said("partial: true");
    lab_write("www/p.0.json", STR("<html>"));
    assert_int_equal(fetch(), ERR_INPUT);
    assert_said("gives a web page");
    assert_nothing_fetched();
}

/* --- tokens -------------------------------------------------------------------------------- */

static void test_gated(void **state)
{
    (void)state;
    manifest_is(
        "\"page\":\"https://x.example/s\",\"gated\":true,\"parts\":[{\"file\":\"f\",\"sources\":"
        "[{\"url\":\"$need=lab-secret-1/f\",\"token_env\":\"LAB_TOKEN\"}]}]");
    lab_write("www/f", STR("{}\n"));
    assert_int_equal(fetch(), ERR_ENDPOINT);
    assert_said("status 401");
    assert_said("put an access token into the variable LAB_TOKEN");
    assert_said("https://x.example/s");
    setenv("LAB_TOKEN", "lab-secret-2", 1);
    assert_int_equal(fetch(), ERR_ENDPOINT);
    assert_said("the token in LAB_TOKEN has no access");
    assert_null(strstr(err.msg, "lab-secret-2"));
    setenv("LAB_TOKEN", "lab-secret-1", 1);
    assert_int_equal(fetch(), OK);
    assert_fetched("{}\n");
}

/* A token goes where the manifest says and nowhere else. */
static void test_a_token_is_for_its_source(void **state)
{
    (void)state;
    setenv("LAB_TOKEN", "lab-secret-1", 1);
    manifest_is("\"parts\":[{\"file\":\"f\",\"sources\":[{\"url\":\"$status=403/f\",\"token_env\":"
                "\"LAB_TOKEN\"},\"$f\"]}]");
    lab_write("www/f", STR("{}\n"));
    assert_int_equal(fetch(), OK);
    assert_int_equal(lab_asked("/status=403/f range=- if-range=- auth=Bearer lab-secret-1"), 1);
    assert_int_equal(lab_asked("auth=-"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_one_file, fresh),
        cmocka_unit_test_setup(test_parts_are_joined_in_order, fresh),
        cmocka_unit_test_setup(test_one_part_that_fails_leaves_nothing, fresh),
        cmocka_unit_test_setup(test_what_is_no_rows, fresh),
        cmocka_unit_test_setup(test_mirrors, fresh),
        cmocka_unit_test_setup(test_a_fetch_that_broke_goes_on, fresh),
        cmocka_unit_test_setup(test_pages, fresh),
        cmocka_unit_test_setup(test_a_429_between_pages, fresh),
        cmocka_unit_test_setup(test_pages_that_are_refused, fresh),
        cmocka_unit_test_setup(test_gated, fresh),
        cmocka_unit_test_setup(test_a_token_is_for_its_source, fresh),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
