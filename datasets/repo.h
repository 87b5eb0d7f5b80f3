/*
 * repo.h - a local git repository, read through libgit2 without a checkout.
 *
 * Works on bare and non-bare clones. Nothing is ever written into the repository and none of its
 * hooks, filters or configured commands run. Names and contents are foreign bytes: they may be of
 * any encoding and any size; every call has limits.
 */
#ifndef DATASETS_REPO_H
#define DATASETS_REPO_H

#include "datasets/swe.h"

struct repo;

/* Errors say what is wrong: no repository, no commits, shallow (history incomplete), corrupt. */
MUST_CHECK enum err_code repo_open(const char *path, struct repo **ret, struct err *err);
void repo_free(struct repo *r);
bool repo_is_shallow(const struct repo *r);
/* Commit that a name stands for ("main", "refs/pull/12/head", a hex id), as hex in the arena. p
 * NULL names the branch that HEAD points to, else main, else master. */
MUST_CHECK enum err_code repo_resolve(
    struct repo *r, const char *name, struct arena *arena, struct str *ret_hex, struct err *err);
bool repo_has_commit(struct repo *r, struct str hex);
/* Is there a file of that name in that commit? */
bool repo_has_file(struct repo *r, struct str commit, struct str name);

/* Pull requests in the history of a branch: merge, squash and manual merges (swe.h), and with
 * pull_refs the heads below refs/pull. fn gets each task with all but its files (they cost a diff:
 * repo_changes); texts are valid inside fn only, so memory stays bounded. A nonzero return of fn
 * stops and is returned.
 */
struct repo_walk {
    const char *branch; /* NULL = the default one */
    bool pull_refs;
    size_t max_commits; /* 0 = all */
};

typedef enum err_code repo_task_fn(const struct swe_task *task, void *payload, struct err *err);
MUST_CHECK enum err_code repo_walk(struct repo *r, const struct repo_walk *options,
    repo_task_fn *fn, void *payload, size_t *ret_commits, struct err *err);

/* Files that differ between two commits, renames found at git's default similarity, in byte order
 * of their names. More than max_files (0 = 3000) is ERR_LIMIT. With patch_bytes > 0 each file gets
 * its patch, cut at that length; binary files have none. */
struct repo_changes_options {
    size_t max_files, patch_bytes;
};

MUST_CHECK enum err_code repo_changes(struct repo *r, struct str base, struct str head,
    const struct repo_changes_options *options, struct arena *arena, struct swe_file **ret,
    size_t *ret_n, struct err *err);

#endif
