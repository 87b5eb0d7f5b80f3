/* file.c - whole-file input and output; see file.h. */
#include "harness/base/file.h"

#include "harness/base/outfile.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum err_code file_read(const char *path, size_t limit, struct buf *ret, struct err *err)
{
    char chunk[65536];
    size_t start = ret->n;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return err_errno(err, errno, "open", path);
    for (;;) {
        ssize_t n = read(fd, chunk, sizeof chunk);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            enum err_code code = err_errno(err, errno, "read", path);
            close(fd);
            return code;
        }
        if (n == 0)
            break;
        buf_add(ret, chunk, (size_t)n);
        if ((limit && ret->n - start > limit) || ret->full) {
            close(fd);
            return err_set(
                err, ERR_INPUT, "%s is larger than %zu bytes", path, limit ? limit : ret->limit);
        }
    }
    close(fd);
    return OK;
}

enum err_code file_digest(
    const char *path, struct digest *ret, uint64_t *ret_bytes, struct err *err)
{
    char chunk[65536];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    uint64_t bytes = 0;
    ssize_t n;

    if (fd < 0)
        return err_errno(err, errno, "open", path);
    struct digest_ctx *ctx = digest_new();
    enum err_code code = OK;
    while ((n = read(fd, chunk, sizeof chunk)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            code = err_errno(err, errno, "read", path);
            break;
        }
        digest_add(ctx, (struct str){chunk, (size_t)n});
        bytes += (uint64_t)n;
    }
    if (!code) {
        *ret = digest_end(ctx);
        *ret_bytes = bytes;
    }
    digest_free(ctx);
    close(fd);
    return code;
}

enum err_code file_write(const char *path, struct str content, struct err *err)
{
    struct outfile *o;

    if (outfile_open(path, &o, err))
        return err->code;
    outfile_write(o, content);
    enum err_code code = outfile_commit(o, err);
    outfile_free(o);
    return code;
}

bool file_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

bool file_is_dir(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

bool file_is_regular(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static bool is_one_inode(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Where a file that is not there yet would be; *ret_name is its name in that directory. */
static bool stat_parent(const char *path, struct stat *ret, const char **ret_name)
{
    const char *slash = strrchr(path, '/');

    *ret_name = slash ? slash + 1 : path;
    if (!slash)
        return stat(".", ret) == 0;
    char *parent = xstrdup(path);
    parent[slash - path + 1] = '\0';
    bool ok = stat(parent, ret) == 0;
    free(parent);
    return ok;
}

bool file_is_same(const char *a, const char *b)
{
    struct stat x, y;
    const char *name_a, *name_b;
    bool is_a = stat(a, &x) == 0, is_b = stat(b, &y) == 0;

    if (is_a || is_b)
        return is_a && is_b && S_ISREG(x.st_mode) && is_one_inode(&x, &y);
    if (!stat_parent(a, &x, &name_a) || !stat_parent(b, &y, &name_b))
        return strcmp(a, b) == 0;
    return is_one_inode(&x, &y) && strcmp(name_a, name_b) == 0;
}

enum err_code file_make_dirs(const char *path, struct err *err)
{
    enum err_code code = OK;

    if (!path[0])
        return err_set(err, ERR_USAGE, "the name of a directory is empty");
    char *copy = xstrdup(path);
    for (char *p = copy + 1;; p++) {
        char saved = *p;
        if (saved != '/' && saved != '\0')
            continue;
        *p = '\0';
        if (copy[0] != '\0' && mkdir(copy, 0755) != 0 && errno != EEXIST) {
            code = err_errno(err, errno, "make directory", copy);
            break;
        }
        *p = saved;
        if (saved == '\0')
            break;
    }
    if (code == OK && !file_is_dir(path))
        code = err_set(err, ERR_IO, "%s is there but is not a directory", path);
    free(copy);
    return code;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

enum err_code file_each(
    const char *dir, const char *suffix, file_fn *fn, void *payload, struct err *err)
{
    DIR *d = opendir(dir);
    char **names = NULL;
    size_t n = 0, cap = 0;
    enum err_code code = OK;

    if (!d)
        return err_errno(err, errno, "list", dir);
    for (struct dirent *e; (e = readdir(d));) {
        if (!str_ends(str_c(e->d_name), str_c(suffix)) || e->d_name[0] == '.')
            continue;
        GROW(names, n + 1, cap);
        names[n++] = xstrdup(e->d_name);
    }
    closedir(d);
    if (n)
        qsort(names, n, sizeof *names, by_name);
    struct buf path = BUF_INIT;
    for (size_t i = 0; i < n; i++) {
        buf_reset(&path);
        buf_printf(&path, "%s/%s", dir, names[i]);
        if (code == OK)
            code = fn(buf_cstr(&path), names[i], payload, err);
        free(names[i]);
    }
    buf_release(&path);
    free(names);
    return code;
}

enum err_code file_lock(const char *path, int *ret_fd, struct err *err)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);

    if (fd < 0)
        return err_errno(err, errno, "open", path);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        enum err_code code =
            errno == EWOULDBLOCK
                ? err_set(err, ERR_BUSY,
                      "another sleepbench process works on this run (%s is locked): wait for it "
                      "or stop it",
                      path)
                : err_errno(err, errno, "lock", path);
        close(fd);
        return code;
    }
    *ret_fd = fd;
    return OK;
}

void file_unlock(int fd)
{
    if (fd >= 0)
        close(fd);
}
