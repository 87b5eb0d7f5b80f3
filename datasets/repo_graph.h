/*
 * repo_graph.h - the commits of a repository as numbers: who is whose parent, where two lines meet.
 *
 * Commits are read once (about 80 bytes each stay in memory) and then known by an index. The cut of
 * a shallow clone is an end of history; any other commit that is missing is an error that names it.
 */
#ifndef DATASETS_REPO_GRAPH_H
#define DATASETS_REPO_GRAPH_H

#include "datasets/repo_impl.h"

struct repo_graph;

enum { REPO_NO_COMMIT = UINT32_MAX };

struct repo_graph *repo_graph_new(struct repo *r);
void repo_graph_free(struct repo_graph *g);

/* Reads the commit and all it reaches; more than 8 million commits are ERR_LIMIT. */
MUST_CHECK enum err_code repo_graph_add(
    struct repo_graph *g, const git_oid *id, uint32_t *ret, struct err *err);

/* Makes all that `tip` reaches the trunk (once), and gives it in the order of `git log`: of the
 * parents of what was given, the one with the newest committer time. The caller owns the array. */
uint32_t *repo_graph_trunk(struct repo_graph *g, uint32_t tip, size_t *ret_n);
bool repo_graph_in_trunk(const struct repo_graph *g, uint32_t commit);

const git_oid *repo_graph_id(const struct repo_graph *g, uint32_t commit);
int64_t repo_graph_time(const struct repo_graph *g, uint32_t commit); /* s since 1970 */
size_t repo_graph_parents(const struct repo_graph *g, uint32_t commit);
uint32_t repo_graph_parent(const struct repo_graph *g, uint32_t commit, size_t i);

/* Where a line of commits leaves another one. */
struct repo_fork {
    uint32_t base;  /* best common ancestor of both, the latest if there are several */
    uint32_t first; /* oldest commit of `head` that is not part of the other */
};

/* `onto` may be REPO_NO_COMMIT: the trunk. A member that does not exist is REPO_NO_COMMIT. */
struct repo_fork repo_graph_fork(struct repo_graph *g, uint32_t onto, uint32_t head);

#endif
