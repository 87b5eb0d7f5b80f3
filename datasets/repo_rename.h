/*
 * repo_rename.h - which added file is which removed file under a new name: git's rule.
 *
 * The rule of `git diff -M` (50 %), as git 2.30 and later apply it, so that our lists equal git's:
 * equal contents first; then files that alone share a base name and are 75 % alike; then all pairs
 * that are 50 % alike, the most alike first. How much of a file is in another one is counted over
 * chunks (lines, cut at 64 bytes), as in git's diffcore-delta.c. With more than 1000 x 1000 pairs
 * left only the first two steps are done.
 */
#ifndef DATASETS_REPO_RENAME_H
#define DATASETS_REPO_RENAME_H

#include "datasets/repo_impl.h"

struct repo_side {
    struct str name; /* path */
    git_oid id;
    uint16_t mode;
    size_t pair; /* index on the other side, or SIZE_MAX */
};

/* Fills `pair` of both sides. Files over REPO_DIFF_BYTES, and those that
 * a partial clone does not have, pair by equal contents only. */
MUST_CHECK enum err_code repo_rename(struct repo *r, struct repo_side *removed, size_t nremoved,
    struct repo_side *added, size_t nadded, struct err *err);

#endif
