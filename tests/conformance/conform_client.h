/*
 * conform_client.h - a case through the program's own path: net_send and net_poll, the wire
 * format's build and read, the decisions of pace.h. Without the store.
 *
 * Checked are: "want" against the last exchange of each round, "want N" against exchange N,
 * "request" against each request the server saw and "request N" against the N-th, "after" against
 * what is known at the end.
 */
#ifndef TESTS_CONFORMANCE_CONFORM_CLIENT_H
#define TESTS_CONFORMANCE_CONFORM_CLIENT_H

#include "tests/conformance/conform_case.h"
#include "tests/conformance/conform_fact.h"
#include "tests/conformance/conform_server.h"

/* Appends a line to `bad` for everything that is not as wanted, and all facts as JSON to `seen`. */
MUST_CHECK enum err_code conform_client(
    struct conform_case *c, struct buf *bad, struct buf *seen, struct err *err);

/* Holds the requests the server saw against "request" sections. */
void conform_check_requests(
    const struct conform_case *c, const struct conform_server *s, struct buf *bad);

/* The beginnings of all requests. */
void conform_show_requests(const struct conform_server *s, struct buf *seen);

/* What the server saw: requests, connections, h2_offered, gap1_ms ... between requests. */
void conform_server_facts(
    const struct conform_server *s, const struct conform_server_end *end, struct facts *f);

#endif
