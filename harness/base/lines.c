/* lines.c - line reader over one chunk of a file; see lines.h. */
#include "harness/base/lines.h"

#include "harness/base/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct lines {
    char *path;
    int fd;
    bool end; /* the file is read to its end */
    size_t number, max_line;
    struct buf line;
    size_t at, n; /* unread part of chunk */
    char chunk[65536];
};

static enum err_code io_error(const char *verb, const char *path, struct err *err)
{
    int code = errno;

    return err_set(err, code == ENOENT ? ERR_NOT_FOUND : ERR_IO, "cannot %s %s: %s", verb, path,
        strerror(code));
}

static enum err_code fill(struct lines *l, struct err *err)
{
    ssize_t n;

    do
        n = read(l->fd, l->chunk, sizeof l->chunk);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return io_error("read", l->path, err);
    l->at = 0;
    l->n = (size_t)n;
    l->end = n == 0;
    return OK;
}

enum err_code lines_open(const char *path, size_t max_line, struct lines **ret, struct err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return io_error("open", path, err);
    struct lines *l = xcalloc(1, sizeof *l);
    l->path = xstrdup(path);
    l->fd = fd;
    l->max_line = max_line;
    buf_init(&l->line, max_line + 1);
    enum err_code code = fill(l, err);
    if (!code && l->n >= 2 && memcmp(l->chunk, "\x1f\x8b", 2) == 0)
        code = err_set(err, ERR_INPUT, "%s is compressed with gzip: unpack it first (gunzip -k %s)",
            path, path);
    if (code) {
        lines_free(l);
        return code;
    }
    if (l->n >= 3 && memcmp(l->chunk, "\xEF\xBB\xBF", 3) == 0)
        l->at = 3;
    *ret = l;
    return OK;
}

void lines_free(struct lines *l)
{
    if (!l)
        return;
    close(l->fd);
    buf_release(&l->line);
    free(l->path);
    free(l);
}

enum err_code lines_next(struct lines *l, struct str *ret_line, struct err *err)
{
    bool got = false, whole = false;

    buf_reset(&l->line);
    while (!whole) {
        if (l->at == l->n && !l->end) {
            enum err_code code = fill(l, err);
            if (code)
                return code;
        }
        if (l->end)
            break;
        const char *start = l->chunk + l->at;
        const char *hit = memchr(start, '\n', l->n - l->at);
        size_t n = hit ? (size_t)(hit - start) : l->n - l->at;
        buf_add(&l->line, start, n);
        l->at += n + (hit != NULL);
        got = true;
        whole = hit != NULL;
    }
    if (!got) {
        *ret_line = (struct str){NULL, 0};
        return OK;
    }
    l->number++;
    if (l->line.n && l->line.p[l->line.n - 1] == '\r')
        buf_truncate(&l->line, l->line.n - 1);
    if (l->line.full || l->line.n > l->max_line)
        return err_set(err, ERR_INPUT, "the line is longer than %zu bytes", l->max_line);
    *ret_line = buf_str(&l->line);
    return OK;
}

size_t lines_number(const struct lines *l)
{
    return l->number;
}

enum err_code lines_wrap(const struct lines *l, struct err *err)
{
    static const char noise[] = "line 1, ";

    if (err && strncmp(err->msg, noise, sizeof noise - 1) == 0)
        memmove(err->msg, err->msg + sizeof noise - 1, strlen(err->msg + sizeof noise - 1) + 1);
    return err_wrap(err, "%s:%zu", l->path, l->number);
}
