/*
 * demo_worlds.h - what a run on one of our worlds must show, since the truth is known there.
 *
 * For each model: the gain of sleep (k = 1, lowest test budget) and its slope on the
 * log-probability, in nats, with which the world asks the question. The gain must be nothing in
 * `empty`, and the slope nothing in `null`.
 */
#ifndef HARNESS_CLI_DEMO_WORLDS_H
#define HARNESS_CLI_DEMO_WORLDS_H

#include "harness/base/table.h"
#include "harness/cli/job.h"

/* One row a model; the caller owns the table. `world` as in datasets/world.h. */
MUST_CHECK enum err_code demo_world_table(
    const struct job *job, const char *world, struct table **ret, struct err *err);

#endif
