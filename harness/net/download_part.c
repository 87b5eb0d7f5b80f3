/* download_part.c - the unfinished file of a download and its note; see download_part.h. */
#include "harness/net/download_part.h"

#include "harness/base/file.h"
#include "harness/base/json.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NOTE_MAX = 65536 };

static char *joined(const char *path, const char *suffix)
{
    struct buf b = BUF_INIT;

    buf_printf(&b, "%s%s", path, suffix);
    return buf_detach(&b);
}

static enum err_code part_error(struct err *err, const char *verb, const char *path)
{
    return err_set(err, ERR_IO, "cannot %s %s: %s", verb, path, strerror(errno));
}

/* Reads the note; its validator counts only for the same address. */
static void read_note(struct download_part *p)
{
    struct buf text = BUF_INIT;
    struct json *doc;

    if (file_read(p->note, NOTE_MAX, &text, NULL) == OK &&
        json_parse(buf_str(&text), JSON_STRICT, &doc, NULL) == OK) {
        if (str_eqc(json_str(json_get(doc, "url")), p->url))
            buf_str_add(&p->validator, json_str(json_get(doc, "validator")));
        json_free(doc);
    }
    buf_release(&text);
}

static enum err_code write_note(const struct download_part *p, struct err *err)
{
    struct buf text = BUF_INIT;
    struct json_writer w = json_writer(&text, 1);

    jsonw_object(&w, NULL);
    jsonw_cstr(&w, "url", p->url);
    jsonw_str(&w, "validator", buf_str(&p->validator));
    jsonw_end_object(&w);
    enum err_code code = file_write(p->note, buf_str(&text), err);
    buf_release(&text);
    return code;
}

enum err_code download_part_open(
    struct download_part *p, const char *path, const char *url, struct err *err)
{
    struct stat st;

    *p = (struct download_part){.path = xstrdup(path),
        .part = joined(path, ".part"),
        .note = joined(path, ".part.json"),
        .url = xstrdup(url)};
    p->fd = open(p->part, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (p->fd < 0)
        return part_error(err, "write", p->part);
    if (fstat(p->fd, &st) != 0 || !S_ISREG(st.st_mode))
        return err_set(err, ERR_IO, "cannot write %s: it is no ordinary file", p->part);
    read_note(p);
    if (p->validator.n == 0)
        return download_part_restart(p, STR(""), err);
    p->bytes = (uint64_t)st.st_size;
    return lseek(p->fd, 0, SEEK_END) < 0 ? part_error(err, "read", p->part) : OK;
}

bool download_part_close(struct download_part *p)
{
    bool keep = p->fd >= 0 && p->validator.n && p->bytes;

    if (p->fd >= 0) {
        close(p->fd);
        if (!keep) {
            unlink(p->part);
            unlink(p->note);
        }
    }
    free(p->path);
    free(p->part);
    free(p->note);
    free(p->url);
    buf_release(&p->validator);
    *p = (struct download_part){.fd = -1};
    return keep;
}

enum err_code download_part_restart(struct download_part *p, struct str validator, struct err *err)
{
    buf_reset(&p->validator);
    buf_str_add(&p->validator, validator);
    p->bytes = 0;
    /* first the note goes: a part of old bytes with a new note would be a wrong file */
    unlink(p->note);
    if (ftruncate(p->fd, 0) != 0 || lseek(p->fd, 0, SEEK_SET) < 0)
        return part_error(err, "empty", p->part);
    return validator.n ? write_note(p, err) : OK;
}

bool download_part_write(struct download_part *p, struct str bytes)
{
    while (bytes.n) {
        ssize_t n = write(p->fd, bytes.p, bytes.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            p->write_errno = n < 0 ? errno : ENOSPC;
            return false;
        }
        p->bytes += (uint64_t)n;
        bytes = str_from(bytes, (size_t)n);
    }
    return true;
}

size_t download_part_start(const struct download_part *p, char *ret, size_t n)
{
    ssize_t got = pread(p->fd, ret, n, 0);

    return got > 0 ? (size_t)got : 0;
}

enum err_code download_part_digest(struct download_part *p, struct digest *ret, struct err *err)
{
    uint64_t bytes;

    if (fsync(p->fd) != 0)
        return part_error(err, "write", p->part);
    return file_digest(p->part, ret, &bytes, err);
}

enum err_code download_part_rename(struct download_part *p, struct err *err)
{
    if (rename(p->part, p->path) != 0)
        return part_error(err, "write", p->path);
    unlink(p->note);
    close(p->fd);
    p->fd = -1;
    return OK;
}
