/*
 * repo_tree.h - what list and search share: finding a path in a tree and going through all below.
 */
#ifndef DATASETS_REPO_TREE_H
#define DATASETS_REPO_TREE_H

#include "datasets/repo_impl.h"
#include "datasets/repo_view.h"

struct repo_view {
    struct repo *repo;
    git_tree *root;
    char commit[GIT_OID_HEXSZ + 1];
};

/* Something in a tree. */
struct repo_place {
    struct str path; /* from the top */
    enum repo_entry_kind kind;
    git_oid id;
};

/* Finds a cleaned path. ERR_NOT_FOUND says at which component the way ends, and why. */
MUST_CHECK enum err_code repo_tree_find(
    struct repo_view *v, struct str path, struct repo_place *ret, struct err *err);

/* fn returns true to go on. Directories are given only if the walk does not enter them. */
typedef bool repo_tree_fn(const struct repo_place *place, void *payload);

struct repo_tree_walk {
    bool recursive;
    repo_tree_fn *fn;
    void *payload;
    size_t hidden;  /* entries with impossible names, left out */
    bool truncated; /* fn stopped, or more than 2 million entries, or too deep */
};

/* Goes through the directory `dir` (a cleaned path with the id `tree`). */
MUST_CHECK enum err_code repo_tree_each(struct repo_view *v, struct str dir, const git_oid *tree,
    struct repo_tree_walk *walk, struct err *err);

#endif
