/*
 * ledger.h - one JSON line for every completed request.
 *
 * A request is completed when the last byte of its 200 response has been handed to the network: a
 * client that was killed while it waited leaves no line. Each line is one write to a file opened
 * for appending, so that lines of several threads or servers never mix.
 */
#ifndef HARNESS_PHANTOM_LEDGER_H
#define HARNESS_PHANTOM_LEDGER_H

#include "harness/phantom/wire.h"

struct ledger {
    int fd; /* -1 = none is kept */
};

MUST_CHECK enum err_code ledger_open(const char *path, struct ledger *ret, struct err *err);
void ledger_close(struct ledger *l);
/* {"digest": SHA-256 of the request body, "model", "prompt_tokens", "completion_tokens",
 * "reasoning_tokens", "finish_reason"} and a newline. */
void ledger_line(struct digest body, const struct wire_reply *reply, struct buf *out);
/* False when the line could not be written whole. */
MUST_CHECK bool ledger_append(const struct ledger *l, struct str line);

#endif
