/*
 * file_lab.h - a directory of a test's own and a file server over it, for tests of downloads.
 *
 * lab_start and lab_stop are cmocka's group set-up and tear-down. All files stand below TMPDIR.
 */
#ifndef TESTS_MOCK_FILE_LAB_H
#define TESTS_MOCK_FILE_LAB_H

#include "harness/base/digest.h"
#include "harness/base/file.h"

#include <dirent.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct lab {
    pid_t pid;
    int stdin_fd, port;
    char top[256]; /* served are files of top/www; the log is top/log */
} lab;

/* A path below the lab's directory; valid until the eighth call from now. */
UNUSED static const char *lab_path(const char *name)
{
    static char text[8][512];
    static int turn;

    turn = (turn + 1) % 8;
    snprintf(text[turn], sizeof text[turn], "%s/%s", lab.top, name);
    return text[turn];
}

/* http://127.0.0.1:PORT/NAME, likewise. */
UNUSED static const char *lab_url(const char *name)
{
    static char text[8][512];
    static int turn;

    turn = (turn + 1) % 8;
    snprintf(text[turn], sizeof text[turn], "http://127.0.0.1:%d/%s", lab.port, name);
    return text[turn];
}

UNUSED static void lab_write(const char *name, struct str content)
{
    struct err err;

    if (file_write(lab_path(name), content, &err)) {
        fprintf(stderr, "%s\n", err.msg);
        abort();
    }
}

/* Appends the whole content of a file of the lab. */
UNUSED static void lab_read(const char *name, struct buf *out)
{
    struct err err;

    if (file_read(lab_path(name), 0, out, &err)) {
        fprintf(stderr, "%s\n", err.msg);
        abort();
    }
}

/* How many lines of the server's log hold `text`; the log is emptied by lab_forget. */
UNUSED static int lab_asked(const char *text)
{
    struct buf log = BUF_INIT;
    struct str rest, line;
    int n = 0;

    lab_read("log", &log);
    rest = buf_str(&log);
    while (str_cut(&rest, '\n', &line))
        n += line.n && str_find(line, str_c(text), 0) != SIZE_MAX;
    buf_release(&log);
    return n;
}

UNUSED static void lab_forget(void)
{
    if (truncate(lab_path("log"), 0))
        perror("log");
}

/* How many names in a directory of the lab begin with `prefix`. */
UNUSED static int lab_count(const char *name, const char *prefix)
{
    DIR *d = opendir(lab_path(name));
    int n = 0;

    if (!d)
        return 0;
    for (struct dirent *e; (e = readdir(d));)
        n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0 &&
             strncmp(e->d_name, prefix, strlen(prefix)) == 0;
    closedir(d);
    return n;
}

static void lab_server_path(char *out, size_t n)
{
    char self[4096] = "";
    const char *b = getenv("B");

    if (readlink("/proc/self/exe", self, sizeof self - 1) > 0)
        snprintf(out, n, "%s/../mock/file_server", dirname(self));
    if (access(out, X_OK) && b)
        snprintf(out, n, "%s/tests/mock/file_server", b);
}

UNUSED static int lab_start(void **state)
{
    const char *tmp = getenv("TMPDIR");
    char path[4200] = "", www[300], log[300];
    int in[2], out[2];

    (void)state;
    snprintf(lab.top, sizeof lab.top, "%s/sleepbench-lab.XXXXXX", tmp && tmp[0] ? tmp : "/tmp");
    if (!mkdtemp(lab.top) || file_make_dirs(lab_path("www"), NULL) || pipe(in) || pipe(out))
        return -1;
    lab_write("log", STR(""));
    snprintf(www, sizeof www, "%s/www", lab.top);
    snprintf(log, sizeof log, "%s/log", lab.top);
    lab_server_path(path, sizeof path);
    lab.pid = fork();
    if (lab.pid == 0) {
        dup2(in[0], 0);
        dup2(out[1], 1);
        close(in[1]);
        execl(path, path, www, log, NULL);
        perror(path);
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    lab.stdin_fd = in[1];
    FILE *f = fdopen(out[0], "r");
    int got = f ? fscanf(f, "port %d", &lab.port) : 0;
    if (f)
        fclose(f);
    return got == 1 ? 0 : -1;
}

UNUSED static int lab_stop(void **state)
{
    struct buf command = BUF_INIT;
    int status = -1;

    (void)state;
    close(lab.stdin_fd); /* its end ends the server */
    waitpid(lab.pid, &status, 0);
    buf_printf(&command, "rm -rf '%s'", lab.top);
    int gone = system(buf_cstr(&command));
    buf_release(&command);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 && gone == 0 ? 0 : -1;
}

#endif
