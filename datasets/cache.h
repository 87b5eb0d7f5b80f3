/*
 * cache.h - fetched data sets on this machine, and the lock files that hold them to their bytes.
 *
 * $SLEEPBENCH_CACHE, else $XDG_CACHE_HOME/sleepbench, else ~/.cache/sleepbench; a directory a set.
 * Its lock.json is written at the first fetch and says of each file where it came from and what its
 * digest is. Whoever uses or fetches the set later is held to it.
 */
#ifndef DATASETS_CACHE_H
#define DATASETS_CACHE_H

#include "datasets/manifest.h"
#include "harness/base/digest.h"

struct cache_source {
    struct str url, sha256; /* of what was downloaded; rows of the API have no digest (p NULL) */
    int64_t bytes;
};

struct cache_file {
    struct str file, sha256, fetched_at; /* fetched_at: "2026-11-23T18:44:00Z" */
    int64_t bytes, rows;                 /* rows: FIELD_NONE for a file of another kind */
    struct object_list sources;          /* struct cache_source, in the order they were joined */
};

struct cache_lock {
    struct object_list files; /* struct cache_file; none = not fetched */
};

enum cache_state { CACHE_OK, CACHE_CHANGED, CACHE_MISSING };

/* The set's directory, which need not be there. ERR_USAGE if the environment names no place. */
MUST_CHECK enum err_code cache_dir(
    struct str set, struct arena *arena, const char **ret, struct err *err);
/* Name of the one file of a set of kind "rows". */
const char *cache_rows_file(const struct manifest_set *set, struct arena *arena);

MUST_CHECK enum err_code cache_lock_read(
    const char *dir, struct arena *arena, struct cache_lock *ret, struct err *err);
MUST_CHECK enum err_code cache_lock_write(
    const char *dir, const struct cache_lock *lock, struct err *err);
const struct cache_file *cache_lock_file(const struct cache_lock *lock, size_t i);
const struct cache_file *cache_lock_find(const struct cache_lock *lock, struct str file);

/* Computes the digest of a file and compares; *ret_hex (DIGEST_HEX_LEN + 1, may be NULL) is empty
 * if it is missing. ERR_IO if it cannot be read. */
MUST_CHECK enum err_code cache_check(const char *dir, const struct cache_file *file,
    enum cache_state *ret, char *ret_hex, struct err *err);

/* The path of a set's file, after its digest was checked against lock and manifest. `file` NULL:
 * the rows. ERR_USAGE with the command to give if the set was not fetched; ERR_INPUT if the file is
 * no longer what was fetched. */
MUST_CHECK enum err_code cache_use(const struct manifest_set *set, const char *file,
    struct arena *arena, const char **ret_path, struct err *err);

#endif
