/*
 * download_part.h - the unfinished file of a download: PATH.part, and beside it PATH.part.json,
 * which says where its bytes came from and by what the server would know that they are still the
 * same.
 *
 * A part without such a validator (a strong ETag, else Last-Modified) cannot be gone on with: it is
 * taken away when the download fails.
 */
#ifndef HARNESS_NET_DOWNLOAD_PART_H
#define HARNESS_NET_DOWNLOAD_PART_H

#include "harness/base/buf.h"
#include "harness/base/digest.h"
#include "harness/base/err.h"

struct download_part {
    char *path, *part, *note; /* final name, PATH.part, PATH.part.json */
    char *url;
    int fd;
    uint64_t bytes;       /* in the part */
    struct buf validator; /* for If-Range; empty = the part cannot be gone on with */
    int write_errno;      /* why the last write failed */
};

/* Opens or makes the part. What an earlier download of the same address left is taken up, anything
 * else is dropped. */
MUST_CHECK enum err_code download_part_open(
    struct download_part *p, const char *path, const char *url, struct err *err);
/* Closes; the part stays on disk if it can be gone on with. True if it does. */
bool download_part_close(struct download_part *p);
/* Empties the part; bytes that come now are known by `validator`. */
MUST_CHECK enum err_code download_part_restart(
    struct download_part *p, struct str validator, struct err *err);
/* Appends; false when the disk refuses, with write_errno set. */
bool download_part_write(struct download_part *p, struct str bytes);
/* The first bytes of the part, at most n; returns how many. */
size_t download_part_start(const struct download_part *p, char *ret, size_t n);
/* Syncs the part and gives its digest. */
MUST_CHECK enum err_code download_part_digest(
    struct download_part *p, struct digest *ret, struct err *err);
/* The synced part takes its final name. */
MUST_CHECK enum err_code download_part_rename(struct download_part *p, struct err *err);

#endif
