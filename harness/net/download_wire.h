/*
 * download_wire.h - one GET of a download: a request, the head of the answer, its bytes as they
 * come.
 *
 * No redirect is followed and nothing is repeated here; download.c decides that.
 */
#ifndef HARNESS_NET_DOWNLOAD_WIRE_H
#define HARNESS_NET_DOWNLOAD_WIRE_H

#include "harness/net/net.h"

#include <curl/curl.h>
#include <signal.h>

/* Of the answer. Texts are empty if absent and live in the handle until its next request. */
struct download_head {
    long status;
    struct str location, type, validator; /* validator: strong ETag, else Last-Modified */
    int64_t length;                       /* of the body; -1 = unknown */
    int64_t range_start, range_total;     /* Content-Range; -1 = absent or unknown */
    int64_t retry_after_ms;               /* -1 = absent */
};

struct download_wire {
    const char *url, *token; /* token NULL: none is sent */
    uint64_t offset;         /* 0 = the whole */
    struct str validator;    /* for If-Range when offset > 0 */
    int64_t connect_ms, idle_ms;
    const volatile sig_atomic_t *stop; /* nonzero ends the call; may be NULL */
    /* Called once, before the first byte of a body (or at the end of an answer without one), and
     * for every piece of it; false ends the call. */
    bool (*on_head)(const struct download_head *head, void *payload);
    bool (*on_body)(struct str bytes, void *payload);
    void *payload;
};

struct download_end {
    enum net_result result;
    bool stopped, refused; /* by `stop`; by one of the callbacks: result means nothing then */
    char why[CURL_ERROR_SIZE];
};

void download_wire_get(CURL *easy, const struct download_wire *w, struct download_end *ret);

#endif
