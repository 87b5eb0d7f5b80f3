/*
 * net_wire.h - what a request looks like on the wire: address, header lines, body.
 *
 * Options stay in the curl handle between requests; only what differs from the last one is set.
 */
#ifndef HARNESS_NET_NET_WIRE_H
#define HARNESS_NET_NET_WIRE_H

#include "harness/net/net.h"

#include <curl/curl.h>

struct net_wire {
    CURL *easy; /* borrowed */
    CURLU *parsed;
    struct buf url, body;
    struct curl_slist *headers, *own_headers; /* own_headers: first line behind the caller's */
    bool is_post;
};

void net_wire_init(struct net_wire *w, CURL *easy);
void net_wire_release(struct net_wire *w); /* when the easy handle is gone */
/* Copies all it needs of the request. ERR_USAGE if the address is no http(s) URL. */
MUST_CHECK enum err_code net_wire_set(
    struct net_wire *w, const struct net_request *r, struct err *err);

/* True if the address is this machine by name or number: localhost, 127.x.x.x, [::1]. */
bool net_wire_is_loopback(CURLU *parsed);

/* Empties b; one that a giant text has blown up gives its memory back. */
void net_wire_empty(struct buf *b);

#endif
