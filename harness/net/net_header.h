/*
 * net_header.h - the few response header lines that are kept.
 *
 * Fed line by line as they arrive. Kept are those that explain a reply later: content type, request
 * ids, rate limits, retry hints, processing times. All others, cookies above all, are dropped.
 */
#ifndef HARNESS_NET_NET_HEADER_H
#define HARNESS_NET_NET_HEADER_H

#include "harness/base/buf.h"

struct net_header {
    struct buf lines;        /* CRLF separated, secrets redacted */
    struct str content_type; /* set by net_header_end; empty if absent */
    int64_t retry_after_ms;  /* set by net_header_end; -1 if absent */
    bool ended;              /* the blank line behind the header has come */
};

void net_header_init(struct net_header *h);
void net_header_release(struct net_header *h);
void net_header_reset(struct net_header *h);
/* One line as curl gives it, status lines included: each of them starts a new response. */
void net_header_line(struct net_header *h, struct str line);
void net_header_end(struct net_header *h);

/* Value of the first line of that name (any case) in CRLF separated lines; empty if absent. */
struct str net_header_value(struct str lines, const char *name);

#endif
