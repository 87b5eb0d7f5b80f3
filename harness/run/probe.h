/*
 * probe.h - what an endpoint really does, found out by a few small calls.
 *
 * Each check makes requests that differ in one thing and judges what comes back: honoured, ignored,
 * refused. What is found goes into rows for people and into traits for `plan`. How a request
 * travels is the caller's (struct probe_wire), so checks are tested without a server.
 *
 * probe.c has the list of checks and what they share, probe_chat.c those by the wire format of
 * chats, probe_raw.c those by other paths of the server.
 */
#ifndef HARNESS_RUN_PROBE_H
#define HARNESS_RUN_PROBE_H

#include "harness/run/run.h"

enum probe_result { PROBE_YES, PROBE_NO, PROBE_IGNORED, PROBE_REFUSED, PROBE_UNKNOWN };
const char *probe_result_text(enum probe_result r);

struct probe_row {
    const char *feature;
    enum probe_result result;
    struct str detail; /* what was seen, one line */
};

struct probe_answer {
    long status;     /* 0 = no HTTP response */
    struct str body; /* valid until the next request */
    const char *why; /* of a request without a response */
};

struct probe_wire {
    void *payload;
    /* `body` empty: a GET. ERR_* only for what makes the whole probe pointless. */
    MUST_CHECK enum err_code (*ask)(
        void *payload, const char *url, struct str body, struct probe_answer *ret, struct err *err);
};

enum { PROBE_ROWS = 48 };

struct probe_report {
    struct probe_row rows[PROBE_ROWS];
    size_t n;
    struct str traits; /* JSON object of the traits that were found */
    int64_t calls, tokens_in, tokens_out;
};

/* Asks the endpoint; texts live in the arena. An endpoint that does not answer a plain question is
 * an error (ERR_ENDPOINT), everything else is a row. */
MUST_CHECK enum err_code probe_endpoint(const struct run_endpoint *e, const struct probe_wire *wire,
    struct arena *arena, struct probe_report *ret, struct err *err);

#endif
