/*
 * test_download_lab.h - a body to fetch and where it goes: what the tests of downloads share.
 */
#ifndef TESTS_UNIT_TEST_DOWNLOAD_LAB_H
#define TESTS_UNIT_TEST_DOWNLOAD_LAB_H

#include "harness/net/download.h"
#include "tests/mock/file_lab.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { BODY = 5000 };

static struct err err;
static struct buf body; /* of www/data: BODY bytes that do not repeat soon */
static struct download_result result;

UNUSED static int start(void **state)
{
    if (lab_start(state))
        return -1;
    for (int i = 0; body.n < BODY; i++)
        buf_printf(&body, "{\"line\":%d}\n", i);
    buf_truncate(&body, BODY);
    lab_write("www/data", buf_str(&body));
    lab_write("www/page", STR("\n <!DOCTYPE html><html><body>Log in</body></html>"));
    return 0;
}

UNUSED static int stop(void **state)
{
    buf_release(&body);
    return lab_stop(state);
}

UNUSED static int fresh(void **state)
{
    (void)state;
    lab_forget();
    unlink(lab_path("out"));
    unlink(lab_path("out.part"));
    unlink(lab_path("out.part.json"));
    result = (struct download_result){.bytes = 0};
    err = (struct err){0};
    return 0;
}

UNUSED static struct download plain(const char *path)
{
    return (struct download){.url = lab_url(path), .deadline_ms = 8000, .idle_ms = 3000};
}

UNUSED static enum err_code get(const struct download *d)
{
    return download_file(d, lab_path("out"), &result, &err);
}

UNUSED static void assert_whole(void)
{
    struct buf got = BUF_INIT;
    struct digest want = digest_of(buf_str(&body));

    lab_read("out", &got);
    assert_int_equal(got.n, body.n);
    assert_memory_equal(got.p, body.p, body.n);
    assert_int_equal(result.bytes, BODY);
    assert_memory_equal(result.sha256.b, want.b, DIGEST_LEN);
    assert_int_equal(lab_count("", "out"), 1); /* no part, no note */
    buf_release(&got);
}

UNUSED static void assert_said(const char *text)
{
    if (!strstr(err.msg, text))
        fail_msg("\"%s\" is not in: %s", text, err.msg);
}

UNUSED static void assert_nothing_left(void)
{
    assert_int_equal(lab_count("", "out"), 0);
}

UNUSED static void assert_part(size_t bytes)
{
    struct buf got = BUF_INIT;

    assert_false(file_exists(lab_path("out")));
    lab_read("out.part", &got);
    assert_int_equal(got.n, bytes);
    assert_memory_equal(got.p, body.p, bytes);
    assert_true(file_exists(lab_path("out.part.json")));
    buf_release(&got);
}

#endif
