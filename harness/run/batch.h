/*
 * batch.h - sleeps by the provider's batches: formed, submitted, looked after, taken.
 *
 * With the key sleep_batch, sleeping tasks do not go out one by one. All whose next request is
 * known form batches, at most batch_most lines each; every batch_poll_s seconds the provider is
 * asked how far they are; each result is taken as a live reply would be, and conversations that go
 * on form the next batches, until none is left. Answering tasks come afterwards, live.
 *
 * Nothing is lost or submitted twice, whenever the process is killed:
 *   - Rows of batch and lines are committed before anything goes out, with a tag that nobody else
 *     has. What was not confirmed (a kill, a broken connection, a 5xx) is looked for in the
 *     provider's lists, twice, batch_poll_s apart, before it is sent again.
 *   - A result's rows are committed together with the end of its line, so that it is taken once.
 * Batches that are not over are looked after whatever the configuration says now.
 */
#ifndef HARNESS_RUN_BATCH_H
#define HARNESS_RUN_BATCH_H

#include "harness/run/run.h"

struct run;

/* Does the run leave this variant's requests to batches? */
bool batch_wants(const struct run *run, const struct store_variant *v);

/* Sleeps until nothing is left that could go by batch. ERR_USAGE, before anything is sent: a model
 * that should sleep takes no batches, or has a price but no batch price. ERR_ENDPOINT: the provider
 * refuses. ERR_STOPPED: a signal, a batch that failed as a whole, or a provider that doesn't
 * answer. Sets run->stop_now at a limit. */
MUST_CHECK enum err_code batch_run(struct run *run, struct err *err);

#endif
