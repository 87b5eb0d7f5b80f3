/*
 * conform_server.h - one server of the loopback that plays the answers of a case, byte by byte.
 *
 * No HTTP library: it must break the protocol on purpose. A thread accepts, a thread a connection
 * plays. For each request the first answer in file order is taken whose method, path and conditions
 * fit and which was not given often enough. A request that no answer fits gets status 599 and is a
 * fault, as is one that breaks the rules of its answer.
 */
#ifndef TESTS_CONFORMANCE_CONFORM_SERVER_H
#define TESTS_CONFORMANCE_CONFORM_SERVER_H

#include "tests/conformance/conform_case.h"

struct conform_server;

struct conform_request {
    struct str method, path, head, body; /* head: the header lines */
    int64_t at_ns;
    size_t connection; /* from 1 */
};

struct conform_server_end {
    size_t connections;
    size_t requests;
    bool h2_offered;   /* a TLS client asked for HTTP/2 */
    struct str faults; /* lines */
};

/* Serves `c` on a free port; `tls_dir` NULL for plain HTTP, otherwise where ca.pem is written. */
MUST_CHECK enum err_code conform_server_start(struct conform_case *c, const char *tls_dir,
    struct conform_server **ret, int *ret_port, struct err *err);
/* Ends all connections. What it saw stays until conform_server_free. */
void conform_server_stop(struct conform_server *s, struct conform_server_end *ret);
/* The i-th request, from 0, in order of arrival; NULL behind the last. After the stop only. */
const struct conform_request *conform_server_request(const struct conform_server *s, size_t i);
void conform_server_free(struct conform_server *s);

#endif
