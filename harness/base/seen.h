/*
 * seen.h - which keys of a long sequence came before, exactly, in a few megabytes of memory.
 *
 * Keys are compared by their SHA-256. Batches of them are sorted and spilled to a temporary file
 * without a name; the answer comes at the end, from one merge. Memory: 1.3 MB, and 4 KB for each
 * 32,768 keys.
 */
#ifndef HARNESS_BASE_SEEN_H
#define HARNESS_BASE_SEEN_H

#include "harness/base/err.h"
#include "harness/base/str.h"

struct seen;

struct seen *seen_new(void);
void seen_free(struct seen *s);

/* Takes a key with its number, e.g. its line; numbers grow. */
MUST_CHECK enum err_code seen_add(struct seen *s, struct str key, uint64_t number, struct err *err);

/* Calls fn once for every key that had been added before, with the number of its first: in no
 * particular order of keys, numbers of one key growing. Nothing may be added behind this. */
typedef void seen_fn(void *payload, uint64_t first, uint64_t again);
MUST_CHECK enum err_code seen_repeats(struct seen *s, seen_fn *fn, void *payload, struct err *err);

#endif
