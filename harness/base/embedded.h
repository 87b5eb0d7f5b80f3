/* embedded.h - shape of the generated table of data files; read through data.h only. */
#ifndef HARNESS_BASE_EMBEDDED_H
#define HARNESS_BASE_EMBEDDED_H

#include <stddef.h>

struct embedded_file {
    const char *path;
    const unsigned char *bytes;
    size_t n;
};

extern const struct embedded_file embedded_files[]; /* sorted by path */
extern const size_t embedded_count;
extern const char build_revision[]; /* git revision, or "unknown" outside a clone */

#endif
