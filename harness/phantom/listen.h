/*
 * listen.h - sockets and pipes that no child inherits.
 */
#ifndef HARNESS_PHANTOM_LISTEN_H
#define HARNESS_PHANTOM_LISTEN_H

#include "harness/base/err.h"

/* Binds and listens; port 0 takes a free one, *ret_port is the one it got. */
MUST_CHECK enum err_code listen_open(
    const char *host, int port, int *ret_fd, int *ret_port, struct err *err);
/* A pipe with both ends close-on-exec; 0, or -1 with errno. */
MUST_CHECK int listen_pipe(int fds[2]);

#endif
