/*
 * batch_wire.h - batches of requests: what is asked of a vendor's batch endpoints and what comes
 * back, one dialect a file. Pure.
 *
 * A batch is known by its tag, BATCH_TAG hex digits of our own that no other batch of anybody has.
 * OpenAI: the tag is the uploaded file's name and a member of the batch's metadata. Anthropic: it
 * begins every custom_id, which only results show; until then time and number of requests tell
 * which batch may be ours.
 *
 * Each line has an id, TAG-TASK-N: the N-th attempt of a task. What came of it is a status and the
 * bytes of a single call, so that provider->read reads it. A line that was not carried out has a
 * status of our own: 408 if the batch's time ran out before it, 409 if the batch was cancelled.
 *
 * Addresses in answers are not followed and ids are taken only if they are plain words: the key
 * goes to the configured host and nowhere else.
 */
#ifndef HARNESS_PROVIDER_BATCH_WIRE_H
#define HARNESS_PROVIDER_BATCH_WIRE_H

#include "harness/provider/provider.h"

enum { BATCH_TAG = 20, BATCH_STATUS_EXPIRED = 408, BATCH_STATUS_CANCELED = 409 };

/* One HTTP request. Zeroed is empty. */
struct batch_ask {
    struct buf path; /* "/batches?limit=100"; batch_url makes an address of it */
    struct buf body; /* of a POST */
    struct buf type; /* "Content-Type: ..."; empty = JSON */
    bool post;
};

void batch_ask_release(struct batch_ask *ask);
void batch_ask_reset(struct batch_ask *ask);

/* Appends the address of `path`. A base that ends in "/v1" already has that part of the path. */
void batch_url(struct str base, struct str path, struct buf *out);

struct batch_file {
    struct str id, name;
    int64_t created_ms; /* wall time; -1 = not said */
};

enum batch_state {
    BATCH_WORKING,
    BATCH_ENDED, /* results can be fetched; lines may have failed */
    BATCH_FAILED /* no line was carried out */
};

struct batch_status {
    struct str id;
    struct str tag;  /* empty if the vendor does not keep it */
    struct str file; /* id of the input file; empty if there is none */
    enum batch_state state;
    struct str word; /* the vendor's word for the state */
    int64_t total;   /* lines; -1 = not said */
    int64_t created_ms;
    struct str results[2]; /* paths of what is to be fetched; empty = none */
    struct str why;        /* of a failure */
};

struct batch_result {
    struct str id; /* of the line */
    long status;
    struct str body;
};

/* One of a list's pages, newest first. */
struct batch_page {
    size_t n;
    struct str last; /* id that the next page comes behind; empty = this is the last page */
};

struct batch_dialect {
    const char *name;
    size_t most_lines, most_bytes;          /* of a batch: the vendor's limits */
    bool uploads;                           /* the lines go up as a file before the batch is made */
    bool tagged;                            /* lists show the tag */
    bool (*wire)(const struct provider *p); /* can it carry requests of this wire format? */

    /* Appends a line to the payload, which starts empty; close it behind the last. */
    void (*line)(const struct provider *p, struct str id, struct str body, struct buf *payload);
    void (*close)(struct buf *payload);
    /* The request that makes a batch; `file` is what was uploaded, empty where nothing is. */
    void (*create)(const struct provider *p, struct str tag, struct str file, struct str payload,
        struct batch_ask *ret);
    void (*poll)(struct str id, struct batch_ask *ret);
    void (*list)(struct str after, struct batch_ask *ret); /* after empty: the first page */

    /* Readers of successful answers; texts live in the arena. False if it is none. */
    bool (*read_status)(struct str body, struct arena *arena, struct batch_status *ret);
    bool (*read_list)(struct str body, struct arena *arena, struct batch_status **ret,
        struct batch_page *ret_page);
    bool (*read_result)(struct str line, struct arena *arena, struct batch_result *ret);

    /* Only where `uploads`: */
    void (*upload)(struct str tag, struct str payload, struct batch_ask *ret);
    void (*list_files)(struct str after, struct batch_ask *ret);
    bool (*read_file)(struct str body, struct arena *arena, struct batch_file *ret);
    bool (*read_files)(
        struct str body, struct arena *arena, struct batch_file **ret, struct batch_page *ret_page);
};

extern const struct batch_dialect batch_openai, batch_anthropic;
const struct batch_dialect *batch_dialect_find(struct str name); /* NULL if there is none */

/* The name of the file with the lines of a batch. */
void batch_file_name(struct str tag, struct buf *out);
void batch_line_id(struct str tag, int64_t task, int64_t n, struct buf *out);
/* False if it is no line of the batch `tag`. */
bool batch_line_parse(struct str id, struct str tag, int64_t *ret_task, int64_t *ret_n);

/* What the dialects share: an id that may stand in a path, and a time with its zone in ms. */
bool batch_id_ok(struct str id);
int64_t batch_time_ms(struct str iso); /* "2026-11-23T18:44:00.123Z"; -1 if it is none */

#endif
