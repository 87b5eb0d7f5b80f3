/*
 * github_server.c - answers GET requests from files, as a stand-in for GitHub's API. Tests only.
 *
 *     github_server DIR LOG
 *
 * Loopback, one connection at a time, each closed after its reply. Prints "port N"; ends on SIGTERM
 * or when stdin closes. The file of a request is named by its path and query with every byte but
 * letters and digits turned into '_': "/repos/o/r/pulls/7" is _repos_o_r_pulls_7. The k-th request
 * for it gets NAME.k if that exists, else NAME, else status 404 and JSON. In a file the first line
 * is the status, or "close" for no reply at all; header lines follow up to a blank line; then the
 * body. "@now+N" in a header is the Unix time in N seconds. LOG gets "path token" a request, token
 * being that of "Authorization: Bearer", or "-".
 */
#include "harness/base/clock.h"
#include "harness/base/file.h"
#include "tests/mock/mock_listen.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

enum { REQUEST_MAX = 65536, PATHS = 256 };

static struct {
    char *name;
    int n;
} asked[PATHS];

static int times_asked(const char *name)
{
    for (size_t i = 0; i < PATHS; i++) {
        if (!asked[i].name)
            asked[i].name = xstrdup(name);
        if (strcmp(asked[i].name, name) == 0)
            return ++asked[i].n;
    }
    return 0;
}

static void read_request(int fd, struct buf *request)
{
    char chunk[4096];
    ssize_t n;

    while (request->n < REQUEST_MAX && str_find(buf_str(request), STR("\r\n\r\n"), 0) == SIZE_MAX &&
           (n = read(fd, chunk, sizeof chunk)) > 0)
        buf_add(request, chunk, (size_t)n);
}

static struct str word_behind(struct str s, struct str mark)
{
    size_t at = str_find(s, mark, 0), end;

    if (at == SIZE_MAX)
        return STR("-");
    for (end = at + mark.n; end < s.n && !str_is_blank(s.p[end]);)
        end++;
    return str_slice(s, at + mark.n, end);
}

/* Content of the file for this request; false if there is none. */
static bool find_file(const char *dir, struct str path, struct buf *ret)
{
    struct buf name = BUF_INIT;
    struct err err;

    buf_printf(&name, "%s/", dir);
    for (size_t i = 0; i < path.n; i++)
        buf_putc(&name, str_is_alpha(path.p[i]) || str_is_digit(path.p[i]) ? path.p[i] : '_');
    size_t n = name.n;
    buf_printf(&name, ".%d", times_asked(buf_cstr(&name)));
    if (!file_exists(buf_cstr(&name)))
        buf_truncate(&name, n);
    bool found = file_exists(buf_cstr(&name)) && !file_read(buf_cstr(&name), 0, ret, &err);
    buf_release(&name);
    return found;
}

static void put_header(struct buf *out, struct str line)
{
    size_t at = str_find(line, STR("@now+"), 0);
    int64_t seconds = 0;

    if (at == SIZE_MAX) {
        buf_str_add(out, line);
    } else {
        for (size_t i = at + 5; i < line.n && str_is_digit(line.p[i]); i++)
            seconds = seconds * 10 + (line.p[i] - '0');
        buf_str_add(out, str_slice(line, 0, at));
        buf_printf(out, "%lld", (long long)clock_wall_ms() / 1000 + seconds);
    }
    buf_puts(out, "\r\n");
}

static void make_reply(struct str file, struct buf *out)
{
    struct str line = {NULL, 0};

    (void)str_cut(&file, '\n', &line); /* an empty file has an empty status */
    if (str_eqc(line, "close"))
        return;
    buf_printf(out, "HTTP/1.1 %.*s X\r\n", STR_ARG(line));
    while (str_cut(&file, '\n', &line) && line.n)
        put_header(out, line);
    buf_printf(out, "Connection: close\r\nContent-Length: %zu\r\n\r\n", file.n);
    buf_str_add(out, file);
}

static void serve(int fd, const char *dir, FILE *log)
{
    struct buf request = BUF_INIT, file = BUF_INIT, reply = BUF_INIT;

    read_request(fd, &request);
    struct str path = word_behind(buf_str(&request), STR("GET "));
    struct str token = word_behind(buf_str(&request), STR("Authorization: Bearer "));
    fprintf(log, "%.*s %.*s\n", STR_ARG(path), STR_ARG(token));
    fflush(log);
    if (!find_file(dir, path, &file))
        buf_puts(&file, "404\n\n{\"message\":\"Not Found\"}");
    make_reply(buf_str(&file), &reply);
    for (size_t i = 0; i < reply.n;) {
        ssize_t n = send(fd, reply.p + i, reply.n - i, MSG_NOSIGNAL);
        if (n <= 0)
            break;
        i += (size_t)n;
    }
    buf_release(&request);
    buf_release(&file);
    buf_release(&reply);
}

int main(int argc, char **argv)
{
    FILE *log = argc == 3 ? fopen(argv[2], "a") : NULL;

    if (!log) {
        fprintf(stderr, "usage: github_server DIR LOG\n");
        return 1;
    }
    struct pollfd fds[] = {
        {.fd = mock_listen("github_server"), .events = POLLIN}, {.fd = 0, .events = POLLIN}};
    while (poll(fds, 2, -1) >= 0 || errno == EINTR) {
        char byte;
        if (fds[1].revents && read(0, &byte, 1) <= 0)
            return 0;
        if (!(fds[0].revents & POLLIN))
            continue;
        int fd = accept(fds[0].fd, NULL, NULL);
        if (fd < 0)
            continue;
        serve(fd, argv[1], log);
        close(fd);
    }
    return 1;
}
