/*
 * outfile.h - output that is written piece by piece and is there as a whole or not at all.
 *
 * Bytes go to a temporary file beside the path, which takes its place at the end (a symbolic link
 * to a file stays; a device or a pipe is written as it is). Without a path
 * they go to a temporary file without a name (in TMPDIR, or /tmp), to be copied or read back.
 * A write that fails is kept and reported at the end, so that callers need not check each piece.
 */
#ifndef HARNESS_BASE_OUTFILE_H
#define HARNESS_BASE_OUTFILE_H

#include "harness/base/err.h"
#include "harness/base/str.h"

struct outfile;

/* path NULL: a file without a name. */
MUST_CHECK enum err_code outfile_open(const char *path, struct outfile **ret, struct err *err);
void outfile_write(struct outfile *o, struct str bytes);
/* Syncs and renames. Not for a file without a name. */
MUST_CHECK enum err_code outfile_commit(struct outfile *o, struct err *err);
/* Copies all that was written to the descriptor `to`, which messages call `name`. */
MUST_CHECK enum err_code outfile_copy(struct outfile *o, int to, const char *name, struct err *err);
/* Reads exactly n bytes at `offset` of what was written. */
MUST_CHECK enum err_code outfile_read_at(
    struct outfile *o, uint64_t offset, void *to, size_t n, struct err *err);
void outfile_free(struct outfile *o); /* what was not committed goes away */

#endif
