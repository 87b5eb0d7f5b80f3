/*
 * repo_impl.h - what the files of repo share: the open repository and its error texts.
 */
#ifndef DATASETS_REPO_IMPL_H
#define DATASETS_REPO_IMPL_H

#include "datasets/repo.h"

#include <git2.h>

struct repo {
    git_repository *git;
    git_odb *odb;
    char *path;    /* as the caller named it */
    git_oid *cuts; /* commits of a shallow clone whose parents are not there, sorted */
    size_t ncuts;
};

/* Is history cut off behind this commit? It has no parents then, whatever it says. */
bool repo_is_cut(const struct repo *r, const git_oid *commit);

/* "PATH: what: libgit2's reason", with advice where objects are missing; rc is what libgit2
 * returned. Returns ERR_INPUT. */
PRINTF_LIKE(4, 5)
enum err_code repo_git_error(
    const struct repo *r, int rc, struct err *err, const char *what_fmt, ...);

/* The commit that a name stands for; NULL as in repo_resolve. */
MUST_CHECK enum err_code repo_find_commit(
    struct repo *r, const char *name, git_commit **ret, struct err *err);
/* The root tree of that commit. */
MUST_CHECK enum err_code repo_find_tree(
    struct repo *r, struct str commit, git_tree **ret, struct err *err);

/* Content of a blob. Of one with more than `limit` bytes, and of one that a partial clone does not
 * have (*ret_size is REPO_ABSENT), *ret_text.p is NULL. The blob, owned by the caller
 * (git_blob_free takes NULL), holds the text. */
#define REPO_ABSENT SIZE_MAX
MUST_CHECK enum err_code repo_blob(struct repo *r, const git_oid *id, size_t limit,
    git_blob **ret_blob, struct str *ret_text, size_t *ret_size, struct err *err);
/* git's rule: a NUL among the first 8000 bytes. */
bool repo_is_binary(struct str content);

#endif
