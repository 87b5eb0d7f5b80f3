/* status_times.h - where the time of a run's attempts went, and who answered: for `status`. */
#ifndef HARNESS_CLI_STATUS_TIMES_H
#define HARNESS_CLI_STATUS_TIMES_H

#include "harness/base/buf.h"
#include "harness/base/err.h"

struct store;

/* Appends medians and 95th percentiles of waiting, queueing and service, and who answered how
 * often; nothing if nothing was sent. */
MUST_CHECK enum err_code status_times(struct store *store, struct buf *out, struct err *err);

#endif
