/* test_sse.c - event streams as servers really send them. */
#include "harness/net/sse.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct row {
    const char *why, *in, *out; /* out: name|data; for every event, a newline in data shown as ~ */
};

static const struct row rows[] = {
    {"nothing", "", ""},
    {"LF", "data: a\n\ndata: b\n\n", "|a;|b;"},
    {"CRLF", "data: a\r\n\r\ndata: b\r\n\r\n", "|a;|b;"},
    {"CR", "data: a\r\rdata: b\r\r", "|a;|b;"},
    {"line ends mixed", "data: a\r\n\ndata: b\n\r\n", "|a;|b;"},
    {"several data lines", "data: a\ndata: b\ndata:\ndata: c\n\n", "|a~b~~c;"},
    {"several with CRLF", "data: a\r\ndata: b\r\n\r\n", "|a~b;"},
    {"one blank after the colon is dropped, not two", "data:  a\n\ndata:b\n\n", "| a;|b;"},
    {"no final blank line", "data: a\n\ndata: b", "|a;|b;"},
    {"no final line end either", "data: a", "|a;"},
    {"comments", ": keep-alive\n\n: OPENROUTER PROCESSING\n\ndata: a\n\n", "|a;"},
    {"comment inside an event", "data: a\n: hush\ndata: b\n\n", "|a~b;"},
    {"byte order mark",
        "\xEF\xBB\xBF"
        "data: a\n\n",
        "|a;"},
    {"names", "event: ping\ndata: {}\n\nevent:stop\ndata: x\n\n", "ping|{};stop|x;"},
    {"name behind the data", "data: x\nevent: late\n\n", "late|x;"},
    {"a name does not live on", "event: a\ndata: 1\n\ndata: 2\n\n", "a|1;|2;"},
    {"an event without data is none", "event: a\n\ndata: 1\n\n", "|1;"},
    {"unknown fields", "id: 7\nretry: 10\ndatum: no\ndata: a\n\n", "|a;"},
    {"bare field", "data\n\n", "|;"},
    {"bare field then data", "data\ndata: a\n\n", "|~a;"},
    {"many blank lines", "\n\n\ndata: a\n\n\n\n\ndata: b\n\n", "|a;|b;"},
    {"colon in the value", "data: a: b\n\n", "|a: b;"},
    {"text behind the end marker", "data: [DONE]\n\nrubbish\n", "|[DONE];"},
    {"only rubbish", "<html>\n\n", ""},
};

static void show(struct buf *out, const struct sse_event *e)
{
    buf_str_add(out, e->name);
    buf_putc(out, '|');
    for (size_t i = 0; i < e->data.n; i++)
        buf_putc(out, e->data.p[i] == '\n' ? '~' : e->data.p[i]);
    buf_putc(out, ';');
}

static void test_rows(void **state)
{
    struct buf scratch = BUF_INIT, out = BUF_INIT;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct sse s = sse_of(str_c(rows[i].in));
        struct sse_event e;
        buf_reset(&out);
        while (sse_next(&s, &scratch, &e))
            show(&out, &e);
        if (strcmp(buf_cstr(&out), rows[i].out) != 0)
            fail_msg("%s: got \"%s\", want \"%s\"", rows[i].why, buf_cstr(&out), rows[i].out);
    }
    buf_release(&scratch);
    buf_release(&out);
}

static void test_nul_and_long_line(void **state)
{
    struct buf body = BUF_INIT, scratch = BUF_INIT;
    struct sse_event e;

    (void)state;
    buf_puts(&body, "data: a");
    buf_add(&body, "\0b\n\ndata: ", 10);
    for (size_t i = 0; i < 2000000; i++)
        buf_putc(&body, 'x');
    struct sse s = sse_of(buf_str(&body));
    assert_true(sse_next(&s, &scratch, &e));
    assert_int_equal(e.data.n, 3);
    assert_memory_equal(e.data.p, "a\0b", 3);
    assert_true(sse_next(&s, &scratch, &e));
    assert_int_equal(e.data.n, 2000000);
    assert_false(sse_next(&s, &scratch, &e));
    assert_false(sse_next(&s, &scratch, &e));
    buf_release(&body);
    buf_release(&scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_nul_and_long_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
