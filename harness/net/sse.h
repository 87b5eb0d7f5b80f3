/*
 * sse.h - server-sent events out of a byte buffer. Pure.
 *
 * Accepts LF, CRLF and CR line ends, comments, multi-line data, a BOM, and a last event without a
 * blank line behind it.
 *
 *     struct sse s = sse_of(body);
 *     struct sse_event e;
 *     while (sse_next(&s, &scratch, &e)) ...   (e.data is valid until the next call)
 */
#ifndef HARNESS_NET_SSE_H
#define HARNESS_NET_SSE_H

#include "harness/base/buf.h"

struct sse {
    struct str rest;
    const char *lf; /* the next line feed in rest, or its end; before rest: not looked for */
};

struct sse_event {
    struct str name; /* value of event:, empty if absent */
    struct str data; /* data: lines joined by LF */
};

struct sse sse_of(struct str body);
bool sse_next(struct sse *s, struct buf *scratch, struct sse_event *ret_event);

/* Gives the data of every event to fn, but for empty data and [DONE], as streams of model servers
 * have them; false as soon as fn says so. `data` is valid inside fn. */
typedef bool sse_data_fn(void *payload, struct str data);
bool sse_each(struct str body, sse_data_fn *fn, void *payload);

#endif
