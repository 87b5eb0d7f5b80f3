/* unit.h - what every unit test includes: cmocka, string asserts, temporary files, real data. */
#ifndef TESTS_UNIT_UNIT_H
#define TESTS_UNIT_UNIT_H

#include "harness/base/buf.h"
#include "harness/base/err.h"
#include "harness/base/file.h"

/* cmocka needs these in front of it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* struct str against a C string; the message shows both. */
#define assert_str(s, expected)                                                                    \
    do {                                                                                           \
        struct str unit_s = (s);                                                                   \
        char *unit_copy = xcalloc(unit_s.n + 1, 1);                                                \
        if (unit_s.n)                                                                              \
            memcpy(unit_copy, unit_s.p, unit_s.n);                                                 \
        assert_string_equal(unit_copy, (expected));                                                \
        free(unit_copy);                                                                           \
    } while (0)

/* The message of an error must hold a text. */
#define assert_message(err, part)                                                                  \
    do {                                                                                           \
        if (!strstr((err).msg, (part)))                                                            \
            fail_msg("message \"%s\" lacks \"%s\"", (err).msg, (part));                            \
    } while (0)

/* A fresh directory below TMPDIR; unit_path names a file in it (static buffer, two at a time). */
static inline const char *unit_dir(void)
{
    static char dir[512];

    if (!dir[0]) {
        const char *base = getenv("TMPDIR");
        snprintf(dir, sizeof dir, "%s/unit.XXXXXX", base ? base : "/tmp");
        assert_non_null(mkdtemp(dir));
    }
    return dir;
}

static inline const char *unit_path(const char *name)
{
    static char path[2][640];
    static int which;

    which = !which;
    snprintf(path[which], sizeof path[which], "%s/%s", unit_dir(), name);
    return path[which];
}

static inline const char *unit_file(const char *name, struct str content)
{
    struct err err = {0};
    const char *path = unit_path(name);

    if (file_write(path, content, &err))
        fail_msg("%s", err.msg);
    return path;
}

/* No file can grow beyond so many bytes from here on: a disk that is full. RLIM_INFINITY ends it.
 */
static inline void unit_file_limit(rlim_t bytes)
{
    struct rlimit limit;

    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* Removes the directory and the plain files in it. */
static inline enum err_code unit_remove(
    const char *path, const char *name, void *payload, struct err *err)
{
    (void)name, (void)payload, (void)err;
    unlink(path);
    return OK;
}

static inline int unit_cleanup(void **state)
{
    (void)state;
    if (file_each(unit_dir(), "", unit_remove, NULL, NULL) == OK)
        rmdir(unit_dir());
    return 0;
}

/* Path of a real data file; without SLEEPBENCH_DATA the test is skipped. */
static inline const char *unit_data(const char *name)
{
    static char path[1024];
    const char *dir = getenv("SLEEPBENCH_DATA");

    if (!dir || !dir[0]) {
        print_message("SKIP: set SLEEPBENCH_DATA\n");
        skip();
    }
    snprintf(path, sizeof path, "%s/%s", dir, name);
    return path;
}

#endif
