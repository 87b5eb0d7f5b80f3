/*
 * sleepcost.h - what an arm spends asleep: tokens per context over all its parallel c', and what
 * the rethink loop did.
 *
 * An arm with k takes the first k learned contexts of every (context, repeat) of its sleep
 * configuration; arms with different k share them. S is the mean over contexts of the mean over
 * repeats of the sum over k of output tokens; groups whose k are not all done are left out.
 */
#ifndef METRICS_SLEEPCOST_H
#define METRICS_SLEEPCOST_H

#include "metrics/frame.h"
#include "metrics/resample.h"

struct sleepcost {
    size_t arm;
    size_t contexts;                   /* with at least one whole group */
    size_t clusters;                   /* of these contexts */
    size_t learned;                    /* c' in whole groups */
    size_t pending;                    /* c' that are planned and not done */
    size_t failures, truncated, empty; /* of the learned */
    int64_t refused;                   /* texts over the memory limit, all calls */
    double calls, rethinks, chars;     /* means per learned c' */
    size_t out, in; /* quantities of the resample: output and input tokens per context */
};

/* One entry for every arm that sleeps; *ret is malloc'd and owned by the caller. O(learned). */
void sleepcost_add(
    const struct frame *f, struct resample *r, struct sleepcost **ret, size_t *ret_n);

#endif
