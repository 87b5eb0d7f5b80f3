/*
 * test_repo_lab.h - small repositories made by the git command line, below a temporary directory.
 *
 * Scripts run in an environment of their own: no configuration of the machine or the user, fixed
 * names, and a clock that moves a minute with each `tick`. What git itself says about a repository
 * is what the tests compare with.
 */
#ifndef TESTS_UNIT_TEST_REPO_LAB_H
#define TESTS_UNIT_TEST_REPO_LAB_H

#include <stdarg.h>

#include "datasets/repo.h"
#include "tests/unit/unit.h"

/* libgit2 1.5 forgets 20 KiB of PCRE2 each time it opens a repository of format version 1. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libpcre2-8.so";
}

/* Runs a script in the lab; its standard output (128 KiB at most), without the last line feed, is
 * valid for three calls more. */
PRINTF_LIKE(1, 2) static inline const char *lab_sh(const char *fmt, ...)
{
    static const char head[] =
        "set -e; export LC_ALL=C GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1\n"
        "export GIT_AUTHOR_NAME=Ann GIT_AUTHOR_EMAIL=ann@example.org\n"
        "export GIT_COMMITTER_NAME=Ann GIT_COMMITTER_EMAIL=ann@example.org\n"
        "unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE\n"
        "tick() { n=$(($(cat \"$LAB/clock\" 2>/dev/null || echo 1700000000) + 60))\n"
        "  echo $n >\"$LAB/clock\"; export GIT_AUTHOR_DATE=\"$n +0000\" "
        "GIT_COMMITTER_DATE=\"$n +0000\"; }\n"
        "ci() { tick; git add -A; git commit -q --allow-empty -m \"$1\"; }\n"
        "mg() { m=$1; shift; tick; git merge -q --no-ff -m \"$m\" \"$@\"; }\n"
        "tick\ncd \"$LAB\"\n";
    static char out[4][128 << 10];
    static int which;
    va_list ap;
    FILE *f;
    int status;

    which = (which + 1) % 4;
    setenv("LAB", unit_dir(), 1);
    const char *path = unit_path("script");
    f = fopen(path, "w");
    assert_non_null(f);
    fputs(head, f);
    va_start(ap, fmt);
    vfprintf(f, fmt, ap);
    va_end(ap);
    fputc('\n', f);
    assert_int_equal(fclose(f), 0);
    f = popen("sh \"$LAB/script\"", "r"); /* NOLINT(cert-env33-c): the lab's own script */
    assert_non_null(f);
    size_t n = fread(out[which], 1, sizeof out[which] - 1, f);
    status = pclose(f);
    if (status)
        fail_msg("script failed: %s", fmt);
    while (n && out[which][n - 1] == '\n')
        n--;
    out[which][n] = '\0';
    return out[which];
}

/* A path in the lab as an argument of repo_open. */
static inline const char *lab_path(const char *name)
{
    return unit_path(name);
}

static inline struct repo *lab_open(const char *name)
{
    struct err err = {0};
    struct repo *r = NULL;

    if (repo_open(lab_path(name), &r, &err))
        fail_msg("%s", err.msg);
    return r;
}

/* The clone cannot be opened, and the message says why. */
static inline void lab_refused(const char *name, enum err_code code, const char *part)
{
    struct err err = {0};
    struct repo *r = NULL;

    assert_int_equal(repo_open(lab_path(name), &r, &err), code);
    assert_message(err, part);
    assert_null(r);
}

static inline int lab_remove(void **state)
{
    (void)state;
    setenv("LAB", unit_dir(), 1);
    /* NOLINTNEXTLINE(cert-env33-c): a directory that mkdtemp made */
    return system("chmod -R u+rwx \"$LAB\" && rm -rf -- \"$LAB\"");
}

#endif
