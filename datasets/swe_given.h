/*
 * swe_given.h - clusters that somebody names, by default those of the paper.
 *
 * A file is {"cluster":[number,..],..}, or one such object for each repository:
 * {"owner/name":{"cluster":[number,..],..},..}. The paper's (App. D) travel in the binary as
 * datasets/swe_clusters.json: 33 numbers of two repositories.
 */
#ifndef DATASETS_SWE_GIVEN_H
#define DATASETS_SWE_GIVEN_H

#include "datasets/swe.h"

enum { SWE_CLUSTER_NUMBERS = 5000 };

/* Sets the cluster of every task that the file at `path` (NULL = the paper's) names; it wins over
 * what rows say. Clusters without a repository are those of the list's only one: with several the
 * file is refused, since a number may be used in each. A number that stands in two clusters is
 * ERR_INPUT, one without a task is counted: *ret_absent (may be NULL). */
MUST_CHECK enum err_code swe_given_apply(const char *path, struct arena *arena,
    struct swe_list *list, size_t *ret_absent, struct err *err);

#endif
