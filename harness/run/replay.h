/*
 * replay.h - an earlier run's store in the place of the servers.
 *
 * The n-th attempt of a task is answered by the n-th attempt recorded for the task with the same
 * id, if its request bytes are the same: failed ones too, so that counts, usage and times of the
 * new run are those of the old. Nothing goes over a network and nothing is waited for.
 */
#ifndef HARNESS_RUN_REPLAY_H
#define HARNESS_RUN_REPLAY_H

#include "harness/net/net.h"
#include "harness/store/store_work.h"

struct replay;

MUST_CHECK enum err_code replay_open(const char *store_path, struct replay **ret, struct err *err);
void replay_close(struct replay *r); /* NULL is fine */

/* What a replay hands back beside a reply. */
struct replay_extra {
    int64_t wall_ms, held_ns, batch;
};

/* *ret_found false: the earlier run has no such attempt, or asked something else. Texts of *ret are
 * valid until the next call. */
MUST_CHECK enum err_code replay_attempt(struct replay *r, struct digest task, int64_t n,
    struct str request, struct net_reply *ret, struct replay_extra *ret_extra, bool *ret_found,
    struct err *err);

#endif
