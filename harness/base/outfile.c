/* outfile.c - see outfile.h. */
#include "harness/base/outfile.h"

#include "harness/base/buf.h"
#include "harness/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEPT = 65536 };

struct outfile {
    char *path, *temporary; /* NULL: no name; temporary NULL: written in place */
    int fd, failed;         /* failed: errno of the first write that did not work */
    size_t n;               /* bytes in kept, not written yet */
    char kept[KEPT];
};

static int open_unnamed(char **ret_name)
{
    const char *dir = getenv("TMPDIR");
    struct buf name = BUF_INIT;

    buf_printf(&name, "%s/sleepbench.XXXXXX", dir && dir[0] ? dir : "/tmp");
    *ret_name = buf_detach(&name);
    int fd = mkostemp(*ret_name, O_CLOEXEC);
    if (fd >= 0)
        unlink(*ret_name);
    return fd;
}

/* The name can be foretold: what stands there, of a process that was killed or somebody's link, is
 * taken away and never written to. */
static int open_beside(const char *path, char **ret_name)
{
    const int flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    struct buf name = BUF_INIT;

    buf_printf(&name, "%s.tmp.%ld", path, (long)getpid());
    *ret_name = buf_detach(&name);
    int fd = open(*ret_name, flags, 0644);
    if (fd < 0 && errno == EEXIST && unlink(*ret_name) == 0)
        fd = open(*ret_name, flags, 0644);
    return fd;
}

/* A device, a pipe or a socket must not be replaced by a file. */
static bool is_written_in_place(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode);
}

/* Where a path leads: a link stays, the file behind it is replaced. */
static char *behind_links(const char *path)
{
    char *real = realpath(path, NULL);

    return real ? real : xstrdup(path);
}

enum err_code outfile_open(const char *path, struct outfile **ret, struct err *err)
{
    struct outfile *o = xcalloc(1, sizeof *o);
    char *name = NULL;

    o->path = path ? behind_links(path) : NULL;
    if (path && file_is_dir(path)) {
        o->fd = -1;
        errno = EISDIR;
    } else if (path && is_written_in_place(path))
        o->fd = open(path, O_WRONLY | O_CLOEXEC);
    else
        o->fd = path ? open_beside(o->path, &name) : open_unnamed(&name);
    if (o->fd < 0) {
        enum err_code code = err_errno(err, errno, "write", path ? path : name);
        free(name);
        free(o->path);
        free(o);
        return code;
    }
    if (path)
        o->temporary = name;
    else
        free(name);
    *ret = o;
    return OK;
}

/* 0 or errno */
static int put(int fd, const char *p, size_t n)
{
    while (n) {
        ssize_t done = write(fd, p, n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return errno;
        p += done;
        n -= (size_t)done;
    }
    return 0;
}

static void flush(struct outfile *o)
{
    if (!o->failed)
        o->failed = put(o->fd, o->kept, o->n);
    o->n = 0;
}

void outfile_write(struct outfile *o, struct str bytes)
{
    if (o->n + bytes.n > KEPT)
        flush(o);
    if (bytes.n > KEPT) {
        if (!o->failed)
            o->failed = put(o->fd, bytes.p, bytes.n);
    } else if (bytes.n) {
        memcpy(o->kept + o->n, bytes.p, bytes.n);
        o->n += bytes.n;
    }
}

static enum err_code finish(struct outfile *o, struct err *err)
{
    flush(o);
    return o->failed ? err_errno(err, o->failed, "write", o->path ? o->path : "a temporary file")
                     : OK;
}

enum err_code outfile_commit(struct outfile *o, struct err *err)
{
    if (!o->path)
        BUG("a file without a name is committed");
    if (finish(o, err))
        return err->code;
    if (!o->temporary)
        return OK;
    if (fsync(o->fd) != 0 || rename(o->temporary, o->path) != 0)
        return err_errno(err, errno, "write", o->path);
    free(o->temporary);
    o->temporary = NULL;
    return OK;
}

enum err_code outfile_copy(struct outfile *o, int to, const char *name, struct err *err)
{
    uint64_t offset = 0;
    ssize_t n;

    if (finish(o, err))
        return err->code;
    while ((n = pread(o->fd, o->kept, KEPT, (off_t)offset)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_errno(err, errno, "read", "a temporary file");
        int failed = put(to, o->kept, (size_t)n);
        if (failed)
            return err_errno(err, failed, "write", name);
        offset += (uint64_t)n;
    }
    return OK;
}

enum err_code outfile_read_at(
    struct outfile *o, uint64_t offset, void *to, size_t n, struct err *err)
{
    char *p = to;

    if ((o->n || o->failed) && finish(o, err))
        return err->code;
    while (n) {
        ssize_t got = pread(o->fd, p, n, (off_t)offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return err_errno(err, got ? errno : EIO, "read", "a temporary file");
        p += got;
        offset += (uint64_t)got;
        n -= (size_t)got;
    }
    return OK;
}

void outfile_free(struct outfile *o)
{
    if (!o)
        return;
    close(o->fd);
    if (o->temporary)
        unlink(o->temporary);
    free(o->temporary);
    free(o->path);
    free(o);
}
