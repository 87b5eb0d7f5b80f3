/*
 * test_fetch_lab.h - a manifest of one set, a cache and a server: what the tests of fetches share.
 */
#ifndef TESTS_UNIT_TEST_FETCH_LAB_H
#define TESTS_UNIT_TEST_FETCH_LAB_H

#include "datasets/dataset.h"
#include "datasets/fetch.h"
#include "harness/base/data.h"
#include "tests/mock/file_lab.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/file.h>

#include <cmocka.h>

static struct arena arena;
static struct err err;
static struct fetch_result result;
static struct buf notes;

/* --- a manifest and a cache of the test's own ---------------------------------------------- */

UNUSED static int fresh(void **state)
{
    struct buf command = BUF_INIT;

    (void)state;
    buf_printf(
        &command, "rm -rf '%s' '%s' '%s'", lab_path("cache"), lab_path("www"), lab_path("here"));
    int gone = system(buf_cstr(&command));
    buf_release(&command);
    lab_forget();
    arena_reset(&arena);
    buf_reset(&notes);
    err = (struct err){0};
    result = (struct fetch_result){0};
    unsetenv("LAB_TOKEN");
    setenv("SLEEPBENCH_CACHE", lab_path("cache"), 1);
    return gone || file_make_dirs(lab_path("www"), &err) || file_make_dirs(lab_path("here"), &err);
}

UNUSED static int start(void **state)
{
    return lab_start(state) || file_make_dirs(lab_path("data/datasets"), &err);
}

UNUSED static int stop(void **state)
{
    data_override(NULL);
    arena_release(&arena);
    buf_release(&notes);
    return lab_stop(state);
}

/* Makes a set "s" the whole manifest; '$' in the text stands for the server's address. */
UNUSED static void manifest_is(const char *members)
{
    static char top[512];
    struct buf text = BUF_INIT;

    buf_puts(&text, "{\"sets\":[{\"name\":\"s\",");
    for (const char *p = members; *p; p++)
        if (*p == '$')
            buf_puts(&text, lab_url(""));
        else
            buf_putc(&text, *p);
    buf_puts(&text, "}]}");
    lab_write("data/datasets/manifest.json", buf_str(&text));
    buf_release(&text);
    snprintf(top, sizeof top, "%s", lab_path("data"));
    data_override(top);
}

UNUSED static void on_note(const char *text, void *payload)
{
    (void)payload;
    buf_printf(&notes, "%s\n", text);
}

UNUSED static const struct manifest_set *the_set(void)
{
    static struct manifest m;

    if (manifest_load(&arena, &m, &err))
        fail_msg("%s", err.msg);
    return manifest_set(&m, 0);
}

UNUSED static enum err_code fetch_with(struct fetch_options o)
{
    o.note = on_note;
    o.deadline_ms = o.deadline_ms ? o.deadline_ms : 5000;
    return fetch_set(the_set(), &o, &arena, &result, &err);
}

UNUSED static enum err_code fetch(void)
{
    return fetch_with((struct fetch_options){.nfrom = 0});
}

UNUSED static enum err_code accept_new(void)
{
    return fetch_with((struct fetch_options){.accept_new = true});
}

UNUSED static enum err_code import(const char *a, const char *b)
{
    const char *from[] = {a, b};

    return fetch_with((struct fetch_options){.from = from, .nfrom = b ? 2 : 1});
}

UNUSED static void assert_said(const char *text)
{
    if (!strstr(err.msg, text))
        fail_msg("\"%s\" is not in: %s", text, err.msg);
}

UNUSED static void assert_file(const char *name, const char *content)
{
    struct buf got = BUF_INIT;

    lab_read(name, &got);
    assert_string_equal(buf_cstr(&got), content);
    buf_release(&got);
}

UNUSED static void assert_fetched(const char *content)
{
    assert_file("cache/s/s.jsonl", content);
    assert_true(file_exists(lab_path("cache/s/lock.json")));
    assert_int_equal(lab_count("cache/s", ""), 3); /* rows, lock, .busy */
}

UNUSED static void assert_nothing_fetched(void)
{
    assert_int_equal(lab_count("cache/s", "s.jsonl"), 0);
    assert_int_equal(lab_count("cache/s", "lock"), 0);
}

/* How the rows are used: path and columns by dataset_input. */
UNUSED static enum err_code use(const char *input, const char *columns, struct dataset_input *in)
{
    struct dataset d = {.name = "s"};
    struct config c = {.input = str_c(input), .columns = str_c(columns)};

    if (!input)
        c.input.p = NULL;
    if (!columns)
        c.columns.p = NULL;
    return dataset_input(&d, &c, &arena, in, &err);
}

#define ONE "\"parts\":[{\"file\":\"f\",\"sources\":[\"$f\"]}]"
#define ROWS_SOURCE(more)                                                                          \
    "\"parts\":[{\"file\":\"f\",\"sources\":[{\"format\":\"rows\",\"url\":\"$" more                \
    "rows\",\"dataset\":\"me/it s\",\"config\":\"p\",\"split\":\"test\"}]}]"

UNUSED static void put_page(int offset, int n, int total, const char *more)
{
    struct buf b = BUF_INIT;
    char name[64];

    buf_puts(&b, "{\"rows\":[");
    for (int i = offset; i < offset + n; i++)
        buf_printf(&b, "%s{\"row_idx\":%d,\"row\":{\"n\":%d},\"truncated_cells\":[%s]}",
            i > offset ? "," : "", i, i, i == offset + n - 1 ? more : "");
    buf_printf(&b, "],\"num_rows_total\":%d,\"num_rows_per_page\":100,\"partial\":false}", total);
    snprintf(name, sizeof name, "www/p.%d.json", offset);
    lab_write(name, buf_str(&b));
    buf_release(&b);
}

UNUSED static void assert_rows_fetched(int n)
{
    struct buf want = BUF_INIT;

    for (int i = 0; i < n; i++)
        buf_printf(&want, "{\"n\":%d}\n", i);
    assert_fetched(buf_cstr(&want));
    assert_int_equal(result.rows, n);
    buf_release(&want);
}

#endif
