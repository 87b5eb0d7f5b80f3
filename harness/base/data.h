/*
 * data.h - the data files that travel inside the binary.
 *
 * Prompts, worlds, phantom parameters, plot theme: embedded at build time under their path in the
 * source tree ("datasets/worlds/orchard.json"). data_override(dir) makes files below dir win, for
 * `--data-dir`; a file that is not there still comes from the binary.
 */
#ifndef HARNESS_BASE_DATA_H
#define HARNESS_BASE_DATA_H

#include "harness/base/buf.h"
#include "harness/base/err.h"

void data_override(const char *dir); /* borrowed for the life of the process; NULL = none */
const char *data_override_dir(void); /* what was given last: a child process wants it too */

/* Appends the file's content to *ret; ERR_NOT_FOUND names the path. */
MUST_CHECK enum err_code data_read(const char *path, struct buf *ret, struct err *err);

/* Embedded paths that start with prefix, in byte order: i counts from 0; NULL behind the last. */
const char *data_path(const char *prefix, size_t i);

#endif
