/*
 * net.h - HTTP requests in flight: one curl multi handle, keep-alive, streaming or not.
 *
 * Transport only: bytes out, bytes in, four times and what happened on the wire. It knows nothing
 * of providers, retries (pace.h decides those) or the store. One thread owns a struct net.
 * HTTP/1.1, no 100-continue, no redirects, TCP keepalive after 60 s and every 30 s, connections
 * unused for 60 s are not used again, and one that its server has closed meanwhile is replaced
 * before any byte came. SSL_CERT_FILE names the authorities of TLS. Bodies are not asked for in
 * compressed form, but read.
 *
 *     struct net *net;
 *     if (net_new(&(struct net_options){.max_in_flight = 64}, &net, err)) ...
 *     net_send(net, &request);
 *     while (net_in_flight(net))
 *         net_poll(net, 1000, on_reply, payload);      (on_reply may call net_send)
 *     net_free(net);
 */
#ifndef HARNESS_NET_NET_H
#define HARNESS_NET_NET_H

#include "harness/base/buf.h"
#include "harness/base/err.h"
#include "harness/base/outcome.h"

struct net;

struct net_options {
    size_t max_in_flight;   /* handles kept for reuse */
    int64_t connect_ms;     /* 0 = 10,000 */
    int64_t idle_ms;        /* longest silence between bytes, 0 = 300,000 */
    int64_t total_ms;       /* longest whole call, 0 = none */
    size_t max_reply_bytes; /* 0 = 64 MiB; reaching it ends the call with NET_TOO_LARGE */
};

struct net_request {
    uint64_t id; /* the caller's name for it, returned with the reply */
    const char *url;
    struct str body;            /* POST body; copied. A NULL p makes it a GET */
    const char *const *headers; /* "Name: value", NULL-terminated; copied; Content-Type is added */
    int64_t ready_ns;           /* when the caller had it ready; 0 = now */
    int64_t idle_ms;            /* longest silence; 0 = the net's own, -1 = none (an answer that is
                                 * not streamed says nothing until it is whole) */
};

enum net_result {
    NET_OK,          /* an HTTP response arrived whole, whatever its status */
    NET_UNREACHABLE, /* name, connection or TLS failed: nothing was sent */
    NET_BROKEN,      /* the connection broke after the request was sent */
    NET_TIMEOUT,     /* connect, idle or total limit */
    NET_TOO_LARGE,   /* max_reply_bytes reached; body holds what arrived */
};

struct net_reply {
    uint64_t id;
    enum net_result result;
    long status;             /* HTTP status, 0 if none arrived */
    struct str body;         /* bytes as received, unpacked; valid inside the callback */
    struct str content_type; /* empty if absent */
    struct str headers;      /* response header lines, CRLF separated, secrets redacted */
    int64_t retry_after_ms;  /* from retry-after-ms or Retry-After (seconds or date); -1 absent */
    struct call_times times;
    const char *why; /* curl's words for a result that is not NET_OK, else "" */
};

typedef void net_reply_fn(const struct net_reply *reply, void *payload);

/* What the process needs before its first connection; net_new does it. Any number of times. */
void net_init(void);
MUST_CHECK enum err_code net_new(
    const struct net_options *options, struct net **ret, struct err *err);
void net_free(struct net *net); /* aborts what is in flight; NULL is fine */
MUST_CHECK enum err_code net_send(
    struct net *net, const struct net_request *request, struct err *err);
size_t net_in_flight(const struct net *net);
/* Waits at most timeout_ms for something to happen and calls fn for every finished request.
 * Returns the number of replies delivered. */
size_t net_poll(struct net *net, int64_t timeout_ms, net_reply_fn *fn, void *payload);

/* One blocking request (probes, /v1/models). The body is appended to *ret_body. */
MUST_CHECK enum err_code net_fetch(
    const struct net_request *request, struct buf *ret_body, long *ret_status, struct err *err);

#endif
