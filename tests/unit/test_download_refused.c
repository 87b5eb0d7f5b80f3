/* test_download_refused.c - what a download refuses, and where a token goes. */
#include "harness/base/clock.h"
#include "tests/unit/test_download_lab.h"

#include <signal.h>
#include <sys/resource.h>

/* --- refusals ------------------------------------------------------------------------------ */

static void test_refused_at_once(void **state)
{
    struct {
        const char *path;
        enum err_code code;
        const char *said;
    } cases[] = {
        {"nothing", ERR_ENDPOINT, "answers with status 404"},
        {"status=410/data", ERR_ENDPOINT, "moved or gone"},
        {"status=403/said=Terms%20not%20accepted/data", ERR_ENDPOINT, "(\"Terms not accepted\")"},
        {"status=401/data", ERR_ENDPOINT, "get a token"},
        {"page", ERR_INPUT, "gives a web page, not data"},
        {"type=text%2Fhtml;%20charset=utf-8/data", ERR_INPUT, "gives a web page, not data"},
        {"loop/data", ERR_ENDPOINT, "redirects more than 8 times"},
        {"to=ftp:%2F%2F127.0.0.1%2Fdata/x", ERR_USAGE, "data is fetched by https"},
        {"to=file:%2F%2F%2Fetc%2Fpasswd/x", ERR_USAGE, "data is fetched by https"},
        {"to=http:%2F%2Fexample.com%2Fdata/x", ERR_USAGE, "http://example.com/data: data is"},
        {"to=http:%2F%2Fme:pw@127.0.0.1%2Fdata/x", ERR_USAGE, "has a user name in it"},
        {"to=http:%2F%2F%5B/x", ERR_ENDPOINT, "redirects to an address that cannot be read"},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct download d = plain(cases[i].path);
        fresh(state);
        d.forbidden = "get a token";
        if (get(&d) != cases[i].code)
            fail_msg("%s: %d, %s", cases[i].path, err.code, err.msg);
        assert_said(cases[i].said);
        assert_null(strstr(err.msg, "pw@"));
        assert_nothing_left();
    }
}

/* What comes with an error or a redirect may be long, or never end. */
static void test_endless_words(void **state)
{
    struct download d = plain("status=404/flood=1000000/stall=100000/data");
    int64_t before = clock_now_ns();

    assert_int_equal(get(&d), ERR_ENDPOINT);
    assert_said("answers with status 404");
    assert_int_equal(lab_asked("flood"), 1);
    assert_nothing_left();
    fresh(state);
    d = plain("to=%2Fdata/flood=1000000/stall=100000/x");
    assert_int_equal(get(&d), OK);
    assert_whole();
    fresh(state);
    d = plain("times=1/status=503/flood=1000000/stall=100000/data");
    assert_int_equal(get(&d), OK);
    assert_whole();
    assert_true(clock_now_ns() - before < 2900 * INT64_C(1000000)); /* less than the idle time */
}

static void test_addresses(void **state)
{
    static const char *const urls[] = {"ftp://127.0.0.1/x", "http://192.0.2.1/x",
        "http://127.0.0.1.example.com/x", "file:///etc/passwd", "", "no address"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
        struct download d = {.url = urls[i], .deadline_ms = 100};
        assert_int_equal(get(&d), ERR_USAGE);
        assert_nothing_left();
    }
}

static void test_redirects(void **state)
{
    struct download d = plain("to=%2Fcut=900%2Ftimes=1%2Fdata/x");

    (void)state;
    assert_int_equal(get(&d), OK);
    assert_whole();
    assert_int_equal(lab_asked("range=bytes=900-"), 2); /* both hops of the second attempt */
}

static void test_token(void **state)
{
    struct download d = plain("need=secret-token/data");
    struct buf text = BUF_INIT;

    (void)state;
    assert_int_equal(get(&d), ERR_ENDPOINT);
    d.token = "secret-token";
    assert_int_equal(get(&d), OK);
    assert_whole();
    /* a redirect on the same host keeps it, another host never sees it */
    d = plain("to=%2Fecho%2Fx/y");
    d.token = "secret-token";
    assert_int_equal(download_text(&d, &text, &err), OK);
    assert_string_equal(buf_cstr(&text), "Bearer secret-token");
    buf_reset(&text);
    lab_forget();
    d = plain("host/y");
    d.token = "secret-token";
    assert_int_equal(download_text(&d, &text, &err), OK);
    assert_string_equal(buf_cstr(&text), "none");
    assert_int_equal(lab_asked("auth=Bearer secret-token"), 1);
    assert_int_equal(lab_asked("auth=-"), 1);
    buf_release(&text);
}

static void test_digest(void **state)
{
    char hex[DIGEST_HEX_LEN + 1];
    struct download d = plain("data");

    (void)state;
    d.sha256 = "0000000000000000000000000000000000000000000000000000000000000000";
    assert_int_equal(get(&d), ERR_INPUT);
    assert_said("is not the file that was expected");
    assert_said(digest_hex(digest_of(buf_str(&body)), hex));
    assert_said(d.sha256);
    assert_nothing_left();
    d.sha256 = hex;
    assert_int_equal(get(&d), OK);
    assert_whole();
}

/* What stood under the final name stays when a download fails. */
static void test_the_old_file_stays(void **state)
{
    struct download d = plain("cut=0/data");
    struct buf got = BUF_INIT;

    (void)state;
    d.deadline_ms = 100;
    lab_write("out", STR("old"));
    assert_int_equal(get(&d), ERR_FAILED);
    lab_read("out", &got);
    assert_string_equal(buf_cstr(&got), "old");
    buf_release(&got);
}

static void test_size(void **state)
{
    struct download d = plain("data");
    struct buf text = BUF_INIT;

    (void)state;
    d.max_bytes = BODY - 1;
    assert_int_equal(get(&d), ERR_INPUT);
    assert_said("is larger than");
    assert_nothing_left();
    d.url = lab_url("nolength/data"); /* not told beforehand */
    assert_int_equal(get(&d), ERR_INPUT);
    assert_nothing_left();
    assert_int_equal(download_text(&d, &text, &err), ERR_INPUT);
    assert_int_equal(text.n, 0);
    d.max_bytes = BODY;
    assert_int_equal(get(&d), OK);
    assert_whole();
    buf_release(&text);
}

/* A disk that takes no more: here a limit on the size of files stands for it. */
static void test_full_disk(void **state)
{
    struct rlimit old, small = {2048, RLIM_INFINITY};
    struct download d = plain("data");

    (void)state;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small.rlim_max = old.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    enum err_code code = get(&d);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_int_equal(code, ERR_IO);
    assert_said("cannot write");
    assert_said("out.part: File too large");
    assert_said("2048 bytes are kept");
    assert_part(2048);
    assert_int_equal(get(&d), OK);
    assert_whole();
    assert_int_equal(result.resumed_from, 2048);
}

static void test_no_place(void **state)
{
    struct download d = plain("data");

    (void)state;
    assert_int_equal(download_file(&d, lab_path("no/such/place"), &result, &err), ERR_IO);
    assert_said("no/such/place.part");
    assert_int_equal(lab_asked("/data"), 0);
}

static void test_text(void **state)
{
    struct download d = plain("cut=100/times=1/data");
    struct buf text = BUF_INIT;

    (void)state;
    buf_puts(&text, "before ");
    assert_int_equal(download_text(&d, &text, &err), OK);
    assert_int_equal(text.n, 7 + BODY);
    assert_memory_equal(text.p + 7, body.p, BODY);
    d = plain("page");
    assert_int_equal(download_text(&d, &text, &err), ERR_INPUT);
    assert_int_equal(text.n, 7 + BODY);
    buf_release(&text);
}

static void test_is_html(void **state)
{
    (void)state;
    assert_true(download_is_html(STR("<!DOCTYPE html>")));
    assert_true(download_is_html(STR("\xEF\xBB\xBF \n<HTML lang=en>")));
    assert_false(download_is_html(STR("{\"a\":\"<html>\"}")));
    assert_false(download_is_html(STR("")));
    assert_false(download_is_html(STR("<!doc")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_refused_at_once, fresh),
        cmocka_unit_test_setup(test_endless_words, fresh),
        cmocka_unit_test_setup(test_addresses, fresh),
        cmocka_unit_test_setup(test_redirects, fresh),
        cmocka_unit_test_setup(test_token, fresh),
        cmocka_unit_test_setup(test_digest, fresh),
        cmocka_unit_test_setup(test_the_old_file_stays, fresh),
        cmocka_unit_test_setup(test_size, fresh),
        cmocka_unit_test_setup(test_full_disk, fresh),
        cmocka_unit_test_setup(test_no_place, fresh),
        cmocka_unit_test_setup(test_text, fresh),
        cmocka_unit_test_setup(test_is_html, fresh),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
