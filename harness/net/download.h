/*
 * download.h - getting one file, or one short text, from an address: whole or not at all.
 *
 * A file is written as PATH.part and takes its name when it is complete, synced and has the wanted
 * digest. A download that breaks is taken up where it stopped, in this call (with growing pauses,
 * as pace.h has them, for 408, 429, 5xx, silence and broken connections) or in the next: PATH.part
 * and a note beside it stay when the server gave a validator (ETag or Last-Modified) by which it
 * tells whether the file is still the same. If it is not, or the server knows no ranges, it starts
 * anew.
 *
 * Addresses are https; http is for the loopback. At most DOWNLOAD_REDIRECTS redirects are followed,
 * never from https to http; the token goes to the scheme, host and port of the first address only.
 * A web page in place of data is refused.
 */
#ifndef HARNESS_NET_DOWNLOAD_H
#define HARNESS_NET_DOWNLOAD_H

#include "harness/base/buf.h"
#include "harness/base/digest.h"
#include "harness/base/err.h"

#include <signal.h>

enum { DOWNLOAD_REDIRECTS = 8 };

struct download {
    const char *url;
    const char *token;     /* sent as bearer token; NULL = none */
    const char *sha256;    /* wanted digest in hex; NULL = any */
    uint64_t max_bytes;    /* 0 = 4 GiB for a file, 64 MiB for a text */
    int64_t connect_ms;    /* 0 = 30,000 */
    int64_t idle_ms;       /* longest silence; 0 = 60,000; seen within about a second */
    int64_t deadline_ms;   /* longest time without a new byte, pauses included; 0 = 300,000 */
    const char *offline;   /* advice put behind "cannot reach"; may be NULL */
    const char *forbidden; /* advice put behind 401 and 403; may be NULL */
    const volatile sig_atomic_t *stop; /* nonzero: end now; may be NULL */
    void (*progress)(uint64_t have, uint64_t total, void *payload); /* total 0 = unknown */
    void *payload;
};

struct download_result {
    struct digest sha256;
    uint64_t bytes;
    uint64_t resumed_from; /* bytes that an earlier call had left; 0 = none were used */
};

/* ERR_USAGE: no address that may be used. ERR_ENDPOINT: a refusal that waiting does not change.
 * ERR_FAILED: the network gave up first. ERR_INPUT: too large, a web page, another digest. ERR_IO:
 * disk. ERR_STOPPED: by `stop`. The message names the address and says whether the same call would
 * go on from where it stopped. */
MUST_CHECK enum err_code download_file(
    const struct download *d, const char *path, struct download_result *ret, struct err *err);

/* Appends the body to *ret; nothing is appended on failure. */
MUST_CHECK enum err_code download_text(const struct download *d, struct buf *ret, struct err *err);

/* True if text begins as a web page does. */
bool download_is_html(struct str text);

#endif
