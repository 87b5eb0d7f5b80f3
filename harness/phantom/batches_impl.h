/*
 * batches_impl.h - what the phantom's batches are made of; internal to harness/phantom.
 *
 * batches.c owns the list and the thread that answers lines; batches_openai.c and
 * batches_anthropic.c read requests and write objects of their vendor. Functions that take a
 * struct batches are called with its lock held.
 */
#ifndef HARNESS_PHANTOM_BATCHES_IMPL_H
#define HARNESS_PHANTOM_BATCHES_IMPL_H

#include "harness/base/arena.h"
#include "harness/base/outcome.h"
#include "harness/phantom/batches.h"

enum { BATCHES_ID = 48 };

enum line_state { LINE_WAITING, LINE_ANSWERED, LINE_EXPIRED, LINE_CANCELED };

/* One request of a batch. Texts live in the batch's arena. */
struct batches_line {
    struct str id;   /* custom_id */
    struct str body; /* of the single call */
    enum line_state state;
    int status;        /* of the answer */
    struct str answer; /* its body */
};

/* What a poll shows. */
enum batches_stage {
    STAGE_VALIDATING,
    STAGE_WORKING,
    STAGE_FINALIZING,
    STAGE_CANCELING,
    STAGE_DONE
};

struct batches_batch {
    bool anthropic;
    char id[BATCHES_ID], input[BATCHES_ID], output[BATCHES_ID], errors[BATCHES_ID];
    const char *path;    /* of a single call */
    struct str metadata; /* a JSON object, or empty */
    struct str window;
    struct buf content; /* OpenAI: the file's bytes */
    struct arena arena;
    struct batches_line *lines;
    size_t n;
    struct str failure; /* OpenAI: the errors of a batch that failed as a whole, JSON; or empty */
    bool cut;           /* its time runs out before all is answered */
    /* under the lock: */
    bool worked; /* the thread is through with it: all above and all lines stay as they are */
    bool cancel;
    size_t answered;
    struct usage usage;
    enum batches_stage stage;
    int64_t polls, created_ms, canceled_ms, ended_ms;
};

struct batches_file {
    char id[BATCHES_ID];
    bool output; /* made by a batch */
    struct str filename;
    struct buf content;
    int64_t created_ms;
    struct arena arena;
};

struct batches;

/* "PREFIX" and 24 hex digits that no other id has. */
void batches_id(struct batches *b, const char *prefix, char out[BATCHES_ID]);
struct batches_batch *batches_begin(struct batches *b, bool anthropic);
/* Hands it to the thread. */
void batches_submit(struct batches *b, struct batches_batch *batch);
void batches_batch_free(struct batches_batch *batch); /* one that was not submitted */

struct batches_batch *batches_find(struct batches *b, bool anthropic, struct str id);
/* Counts a poll and brings the stage up to date. */
void batches_poll(struct batches *b, struct batches_batch *batch);
void batches_cancel(struct batches *b, struct batches_batch *batch);

/* A page of a list, newest first: fills ret with up to `limit` indexes of `all` that come behind
 * the one whose id is `after` (NULL = from the start); false if there is no such id. */
struct batches_page {
    size_t at[1000], n;
    bool more;
};
typedef bool batches_wanted_fn(const struct batches *b, size_t i, const void *payload);
typedef const char *batches_id_fn(const struct batches *b, size_t i);
bool batches_page_of(const struct batches *b, size_t all, const char *after, size_t limit,
    batches_id_fn *id, batches_wanted_fn *wanted, const void *payload, struct batches_page *ret);

size_t batches_count(const struct batches *b);
struct batches_batch *batches_at(const struct batches *b, size_t i);
size_t batches_files(const struct batches *b);
struct batches_file *batches_file_at(const struct batches *b, size_t i);
struct batches_file *batches_file_find(const struct batches *b, struct str id);
/* Room for a file of so many bytes? Otherwise NULL. */
struct batches_file *batches_file_new(struct batches *b, const char *prefix, size_t bytes);
void batches_file_delete(struct batches *b, struct batches_file *file);
/* Indexes of the lines in the order of the results. The caller frees them. */
size_t *batches_order(struct batches *b, const struct batches_batch *batch);

/* OpenAI: reads the content of the input file; *ret_failure is a JSON list if it cannot be used. */
void batches_openai_lines(struct batches_batch *batch, struct str *ret_failure);
/* OpenAI: the output files of a batch that was worked through. */
void batches_openai_finish(struct batches *b, struct batches_batch *batch);

/* A response of an error in the vendor's form. */
void batches_refuse(const char *path, struct wire_error *e, struct chat_answer *ret);
void batches_openai_answer(
    struct batches *b, const struct batches_ask *ask, struct chat_answer *ret);
void batches_anthropic_answer(
    struct batches *b, const struct batches_ask *ask, struct chat_answer *ret);
/* Number of a list's page: the default without one; false with an error. */
bool batches_limit(
    const struct batches_ask *ask, size_t fallback, size_t most, size_t *ret, struct wire_error *e);
/* "/v1/files/ID/content": ID and what follows it behind `prefix`; false if there is no id. */
bool batches_path(const char *path, struct str prefix, struct str *ret_id, struct str *ret_action);

#endif
