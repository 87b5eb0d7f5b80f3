/*
 * phantom.h - the embedded model as an HTTP server on loopback.
 *
 * Serves what chat.c routes (chats, raw completions, token ids, models) through libmicrohttpd in
 * poll mode. phantom_spawn runs it as a child process of the same binary; the
 * child ends when its parent does, however that happens.
 */
#ifndef HARNESS_PHANTOM_PHANTOM_H
#define HARNESS_PHANTOM_PHANTOM_H

#include "harness/base/err.h"

struct phantom_options {
    const char *host;         /* NULL = 127.0.0.1 */
    int port;                 /* 0 = any free one */
    int threads;              /* 0 = 2 */
    const char *ledger;       /* append one JSON line a completed request, or NULL */
    const char *library;      /* templates, or NULL */
    const char *params;       /* parameter file, or NULL */
    bool ignore_budgets;      /* every model as if its name ended in ":ignore-budgets" (wire.h) */
    const char *faults;       /* what it does wrong on purpose (faults.h), or NULL */
    int64_t batch_polls;      /* before a batch may be done; 0 = 2 */
    int64_t batch_ms;         /* age of a batch before it may be done */
    int64_t background_polls; /* before a response in the background is done; 0 = 2 */
    int ready_fd; /* the chosen port is written there as text and a newline; -1 = none */
    int life_fd;  /* end of file there means: stop; -1 = none */
};

/* Serves until SIGINT, SIGTERM or the end of life_fd. */
MUST_CHECK enum err_code phantom_serve(const struct phantom_options *options, struct err *err);

struct phantom_child; /* a running child */

/* Starts `/proc/self/exe phantom ...` (argv0 elsewhere) and waits until it answers.
 * ret_base_url is "http://127.0.0.1:PORT/v1", valid until phantom_stop. */
MUST_CHECK enum err_code phantom_spawn(const struct phantom_options *options,
    struct phantom_child **ret, const char **ret_base_url, struct err *err);
void phantom_stop(struct phantom_child *child); /* NULL is fine */

#endif
