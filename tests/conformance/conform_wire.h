/* conform_wire.h - a connection of the misbehaving server: plain or TLS, bytes in and out. */
#ifndef TESTS_CONFORMANCE_CONFORM_WIRE_H
#define TESTS_CONFORMANCE_CONFORM_WIRE_H

#include "harness/base/buf.h"
#include "harness/base/err.h"

struct wire_tls; /* key and certificate of a server whose CA nobody knows */

/* Makes a CA and a certificate of 127.0.0.1 that it signed; the CA goes to DIR/ca.pem. */
MUST_CHECK enum err_code wire_tls_new(const char *dir, struct wire_tls **ret, struct err *err);
void wire_tls_free(struct wire_tls *tls);

struct wire {
    int fd;
    int stop_fd; /* readable when the server ends */
    void *ssl;   /* NULL = plain */
    bool h2_offered;
};

/* Takes over an accepted descriptor. False: the client does not trust us, or is gone. */
MUST_CHECK bool wire_begin(struct wire *w, int fd, int stop_fd, struct wire_tls *tls);
/* Appends what arrives; false when the other end closed or the server ends. */
MUST_CHECK bool wire_read(struct wire *w, struct buf *in);
MUST_CHECK bool wire_write(struct wire *w, struct str bytes);
/* Waits; false when the server ends. ms < 0 waits for that. */
MUST_CHECK bool wire_wait(struct wire *w, int64_t ms);
/* A close, or a reset. */
void wire_end(struct wire *w, bool reset);

#endif
