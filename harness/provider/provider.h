/*
 * provider.h - wire formats: a chat into request bytes, response bytes into a reply. Pure.
 *
 * One wire format a file; provider_all lists them. Adding one: a file with a struct provider and
 * one line in provider.c.
 */
#ifndef HARNESS_PROVIDER_PROVIDER_H
#define HARNESS_PROVIDER_PROVIDER_H

#include "harness/base/arena.h"
#include "harness/base/buf.h"
#include "harness/base/outcome.h"
#include "harness/plan/message.h"

/* What came back. Texts live in the arena given to read. */
struct reply {
    enum outcome outcome;
    struct str content, reasoning, refusal;
    struct tool_call *calls;
    size_t ncalls;
    struct str native; /* the assistant's turn in the wire's own form, to be sent back unchanged
                        * with the next request; empty where the format has no use for it */
    struct str finish; /* the provider's word for why it ended */
    struct usage usage;
    struct str error;      /* the provider's message, for failures */
    struct str error_code; /* its word for the failure, "unsupported_parameter"; may be empty */
    bool retry;            /* a failed attempt worth repeating */
    /* Who answered, in the server's words, for telling when a model changed; empty = not said. */
    struct str model;
    struct str fingerprint; /* "fingerprint=fp_1 provider=X service_tier=default", what there is */
    struct str request_id;  /* of the request, or else of the response */
    struct str pending;     /* name of a response that is still being made, as the server wrote it,
                             * maybe empty; p NULL = it is none, or one that was cut off */
};

struct provider {
    const char *name;         /* "openai-chat" */
    const char *path;         /* appended to the base URL */
    const char *key_header;   /* stands in front of the key: "Authorization: Bearer " */
    const char *fixed_header; /* goes with every request; NULL = none */
    void (*build)(const struct chat *chat, struct buf *body);
    /* `streamed`: the chat asked for a stream; a plain body is understood all the same. */
    void (*read)(
        long status, struct str body, bool streamed, struct arena *arena, struct reply *ret);
};

extern const struct provider *const provider_all[]; /* sorted by name, NULL-terminated */
const struct provider *provider_find(struct str name);

/* The address of a request. A base that ends in "/v1" already has that part of the path. */
void provider_url(const struct provider *p, struct str base, struct buf *out);

/* Outcome of an HTTP status other than 2xx; *ret_retry says whether another attempt may help. */
enum outcome provider_status(long status, bool *ret_retry);

#endif
