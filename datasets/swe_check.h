/*
 * swe_check.h - released rows against a clone: is what they say there, and what they lack.
 *
 * For each task of a repository: does the clone have the base commit; does it have, at the base,
 * the files that the task modifies, removes or renames; do the changed files equal what git says of
 * the pull request. A task without files gets those that git knows, if its head is in the clone
 * (refs/pull/N/head, a merge or a squash commit): base as the row says, else the merge base.
 */
#ifndef DATASETS_SWE_CHECK_H
#define DATASETS_SWE_CHECK_H

#include "datasets/repo.h"

struct table;
struct table *swe_check_table_new(void); /* one row a task; the caller frees it */

struct swe_check_options {
    const char *branch; /* NULL = the default one */
    size_t patch_bytes; /* of files that are filled in */
};

/* Checks the tasks of repository `name` (as swe_repo_name gives it) and adds a row for each to t.
 * What fails is a warning of the list, no error: ret_failed (may be NULL) counts such tasks. */
MUST_CHECK enum err_code swe_check(struct repo *r, struct str name,
    const struct swe_check_options *options, struct arena *arena, struct swe_list *list,
    struct table *t, size_t *ret_failed, struct err *err);

#endif
