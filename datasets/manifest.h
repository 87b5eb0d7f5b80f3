/*
 * manifest.h - the registry of public data sets: where each is, under which licence, and what its
 * bytes must be.
 *
 * datasets/manifest.json travels in the binary; --data-dir may put another in its place. A set of
 * kind "rows" becomes one file of JSON lines, its parts joined in order; a set of kind "files"
 * keeps its files as they are. The sources of a part are mirrors, tried in order. A source without
 * a digest is trusted at its first use, and the lock file of the cache holds later ones to that.
 */
#ifndef DATASETS_MANIFEST_H
#define DATASETS_MANIFEST_H

#include "harness/config/field.h"

struct manifest_source {
    struct str format;    /* "jsonl", "json" (an array), "rows" (Hugging Face rows API), "file" */
    struct str url;       /* whole: {revision} is filled in */
    struct str revision;  /* a commit, or a branch that may move; p NULL = none */
    struct str sha256;    /* of the file; p NULL = not known */
    struct str token_env; /* variable with a token for this source; p NULL = none is sent */
    struct str dataset, config, split; /* of the rows API */
};

struct manifest_part {
    struct str file;            /* name in the cache (of kind "files") or while it is fetched */
    struct str path;            /* place in the repository it is from; p NULL = unknown */
    struct object_list sources; /* struct manifest_source */
};

struct manifest_set {
    struct str name, help, kind, licence, page;
    struct str note;    /* p NULL = none */
    struct str columns; /* a column map as item_columns.h reads it; p NULL = the usual names */
    bool gated;         /* the page asks for an account and consent */
    struct object_list parts; /* struct manifest_part */
};

struct manifest {
    struct object_list sets; /* struct manifest_set, sorted by name */
};

/* Reads and checks the manifest; all of it lives in the arena. ERR_INPUT names the key. */
MUST_CHECK enum err_code manifest_load(struct arena *arena, struct manifest *ret, struct err *err);

const struct manifest_set *manifest_set(const struct manifest *m, size_t i);
const struct manifest_set *manifest_find(const struct manifest *m, struct str name); /* or NULL */
/* ERR_USAGE with the nearest name. */
MUST_CHECK enum err_code manifest_need(
    const struct manifest *m, struct str name, const struct manifest_set **ret, struct err *err);
const struct manifest_part *manifest_part(const struct manifest_set *set, size_t i);
const struct manifest_source *manifest_source(const struct manifest_part *part, size_t i);
bool manifest_is_rows(const struct manifest_set *set);

/* May it be the name of a file or directory of the cache? Letters, digits, '-', '_' and '.', the
 * first neither '-' nor '.'. */
bool manifest_is_name(struct str s);
bool manifest_is_digest(struct str s); /* SHA-256 in lower-case hex */

#endif
