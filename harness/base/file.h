/*
 * file.h - reading and writing whole files; a write is complete or did not happen.
 */
#ifndef HARNESS_BASE_FILE_H
#define HARNESS_BASE_FILE_H

#include "harness/base/buf.h"
#include "harness/base/digest.h"
#include "harness/base/err.h"

/* Appends the content of path to *ret; more than `limit` bytes is ERR_INPUT (0 = no limit). */
MUST_CHECK enum err_code file_read(
    const char *path, size_t limit, struct buf *ret, struct err *err);
/* SHA-256 and size of the content, in constant memory. */
MUST_CHECK enum err_code file_digest(
    const char *path, struct digest *ret, uint64_t *ret_bytes, struct err *err);
/* Writes a temporary file beside path, syncs it and renames it: never a half file. */
MUST_CHECK enum err_code file_write(const char *path, struct str content, struct err *err);
MUST_CHECK enum err_code file_make_dirs(const char *path, struct err *err); /* like mkdir -p */
bool file_exists(const char *path);
bool file_is_dir(const char *path);
bool file_is_regular(const char *path); /* no device, pipe or directory: it can be read twice */
/* Do both paths lead to one file, which writing the one would take from the other? Never so of
 * devices and pipes; of files that are not there yet if name and directory are the same. */
bool file_is_same(const char *a, const char *b);

/* Calls fn for every entry of dir whose name ends in `suffix`, in byte order of the names. A
 * nonzero return of fn stops and is returned. */
typedef enum err_code file_fn(const char *path, const char *name, void *payload, struct err *err);
MUST_CHECK enum err_code file_each(
    const char *dir, const char *suffix, file_fn *fn, void *payload, struct err *err);

/* Takes an exclusive advisory lock on path (made if absent), held until file_unlock or the end of
 * the process. ERR_BUSY when another process has it. */
MUST_CHECK enum err_code file_lock(const char *path, int *ret_fd, struct err *err);
void file_unlock(int fd);

#endif
