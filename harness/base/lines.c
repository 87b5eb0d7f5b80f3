/* lines.c - line reader over one chunk of a file, unpacked if need be; see lines.h. */
#include "harness/base/lines.h"

#include "harness/base/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

enum { CHUNK = 65536 };

/* A gzip file while it is unpacked: members may follow each other, zeros may follow the last. */
struct unpack {
    z_stream z;
    bool between; /* a member ended: what comes next is a member, zeros or the end */
    unsigned char packed[CHUNK];
};

struct lines {
    char *path;
    int fd;
    bool end;              /* the file is read to its end */
    bool broken;           /* it cannot be read on */
    struct unpack *unpack; /* NULL for plain text */
    size_t number, max_line;
    struct buf line;
    size_t at, n; /* unread part of chunk */
    char chunk[CHUNK];
};

static enum err_code read_some(struct lines *l, void *to, size_t *ret_n, struct err *err)
{
    ssize_t n;

    do
        n = read(l->fd, to, CHUNK);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return err_errno(err, errno, "read", l->path);
    *ret_n = (size_t)n;
    return OK;
}

static enum err_code broken(struct lines *l, const char *what, struct err *err)
{
    return err_set(err, ERR_INPUT,
        "the gzip data %s: get the file again, or check it with gzip -t %s", what, l->path);
}

/* Steps over zeros behind a member and starts on the next. */
static enum err_code next_member(struct lines *l, struct err *err)
{
    z_stream *z = &l->unpack->z;

    while (z->avail_in && *z->next_in == 0) {
        z->next_in++;
        z->avail_in--;
    }
    if (!z->avail_in)
        return OK;
    if (*z->next_in != 0x1f || inflateReset(z) != Z_OK)
        return broken(l, "has something else behind its end", err);
    l->unpack->between = false;
    return OK;
}

/* Unpacks until there are some bytes in the chunk, or the file ends. */
static enum err_code unpack_some(struct lines *l, size_t *ret_n, struct err *err)
{
    struct unpack *u = l->unpack;
    size_t n;

    u->z.next_out = (unsigned char *)l->chunk;
    u->z.avail_out = CHUNK;
    while (u->z.avail_out == CHUNK) {
        if (!u->z.avail_in) {
            if (read_some(l, u->packed, &n, err))
                return err->code;
            u->z.next_in = u->packed;
            u->z.avail_in = (unsigned)n;
            if (!n && u->between)
                break;
            if (!n)
                return broken(l, "is cut short", err);
        }
        if (u->between && next_member(l, err))
            return err->code;
        if (u->between)
            continue;
        int code = inflate(&u->z, Z_NO_FLUSH);
        if (code != Z_OK && code != Z_STREAM_END)
            return broken(l, "is damaged", err);
        u->between = code == Z_STREAM_END;
    }
    *ret_n = CHUNK - u->z.avail_out;
    return OK;
}

static enum err_code fill(struct lines *l, struct err *err)
{
    size_t n;
    enum err_code code = l->unpack ? unpack_some(l, &n, err) : read_some(l, l->chunk, &n, err);

    if (code) {
        l->end = l->broken = true;
        return code;
    }
    l->at = 0;
    l->n = n;
    l->end = n == 0;
    return OK;
}

/* The first chunk of a gzip file is in l->chunk: takes it as packed bytes and unpacks from there.
 */
static enum err_code start_unpacking(struct lines *l, struct err *err)
{
    struct unpack *u = xcalloc(1, sizeof *u);

    memcpy(u->packed, l->chunk, l->n);
    u->z.next_in = u->packed;
    u->z.avail_in = (unsigned)l->n;
    if (inflateInit2(&u->z, 16 + MAX_WBITS) != Z_OK)
        die_oom();
    l->unpack = u;
    l->number = 1; /* for the message, which lines_wrap gives a place */
    if (fill(l, err))
        return lines_wrap(l, err);
    l->number = 0;
    return OK;
}

enum err_code lines_open(const char *path, size_t max_line, struct lines **ret, struct err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return err_errno(err, errno, "open", path);
    struct lines *l = xcalloc(1, sizeof *l);
    l->path = xstrdup(path);
    l->fd = fd;
    l->max_line = max_line;
    buf_init(&l->line, max_line + 1);
    enum err_code code = fill(l, err);
    if (!code && l->n >= 2 && memcmp(l->chunk, "\x1f\x8b", 2) == 0)
        code = start_unpacking(l, err);
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
    if (l->unpack)
        inflateEnd(&l->unpack->z);
    free(l->unpack);
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
            if (code) {
                l->number++;
                return code;
            }
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

bool lines_broken(const struct lines *l)
{
    return l->broken;
}

enum err_code lines_wrap_at(const char *path, size_t number, struct err *err)
{
    static const char noise[] = "line 1, ";

    if (err && strncmp(err->msg, noise, sizeof noise - 1) == 0)
        memmove(err->msg, err->msg + sizeof noise - 1, strlen(err->msg + sizeof noise - 1) + 1);
    return err_wrap(err, "%s:%zu", path, number);
}

enum err_code lines_wrap(const struct lines *l, struct err *err)
{
    return lines_wrap_at(l->path, l->number, err);
}
