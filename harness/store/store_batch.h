/*
 * store_batch.h - batches of requests: what was meant to be sent, what the vendor knows, and which
 * results have been taken.
 *
 * A batch's row and lines are written before anything of it goes out, so that after a kill the same
 * process of looking, sending and taking goes on. A task stands in at most one open line, and a
 * line is closed once, in the transaction that writes the row of its call.
 *
 * How often lines of a task have failed is counted for this process only, in a temporary table.
 */
#ifndef HARNESS_STORE_STORE_BATCH_H
#define HARNESS_STORE_STORE_BATCH_H

#include "harness/store/store.h"

/* How far a batch has come. All behind CREATED is over. */
enum store_batch_state {
    STORE_BATCH_MEANT,    /* rows are written; what the vendor knows is not known */
    STORE_BATCH_UPLOADED, /* the file with the lines is there */
    STORE_BATCH_CREATED,
    STORE_BATCH_COLLECTED,
    STORE_BATCH_FAILED /* nothing of it will come: its lines are free again */
};

struct store_batch {
    int64_t key, model; /* model: plan_model's index */
    enum store_batch_state state;
    struct str tag, dialect;
    struct str base;   /* address it was sent to */
    struct str file;   /* the vendor's id of the file, or empty */
    struct str remote; /* the vendor's id of the batch, or empty */
    int64_t lines, meant_ms;
};

struct store_batch_line {
    int64_t task, n; /* n-th attempt of the task */
    bool open;
};

/* Once a process, before all others. */
MUST_CHECK enum err_code store_batch_begin(struct store *s, struct err *err);

/* Keys of up to `most` sleeping tasks of `model` above `after` that are neither done nor in an open
 * line, have failed less than `attempts` times in this process, and, if `tried`, have been tried
 * before: in key order. */
MUST_CHECK enum err_code store_batch_ready(struct store *s, int64_t model, int64_t after,
    bool tried, int64_t attempts, size_t most, int64_t *ret, size_t *ret_n, struct err *err);
/* The number of such tasks that failed too often. */
MUST_CHECK enum err_code store_batch_given_up(
    struct store *s, int64_t attempts, int64_t *ret_n, struct err *err);

/* Writes a batch that is meant, with its lines; sets batch->key. */
MUST_CHECK enum err_code store_batch_put(struct store *s, struct store_batch *batch,
    const struct store_batch_line *lines, size_t n, struct err *err);
/* Batches that are not over, oldest first. */
MUST_CHECK enum err_code store_batch_open(
    struct store *s, struct arena *arena, struct store_batch **ret, size_t *ret_n, struct err *err);
MUST_CHECK enum err_code store_batch_lines(struct store *s, int64_t key, struct arena *arena,
    struct store_batch_line **ret, size_t *ret_n, struct err *err);
/* Open lines of all batches. */
MUST_CHECK enum err_code store_batch_lines_open(struct store *s, int64_t *ret_n, struct err *err);
/* Has any batch of this store that id? */
MUST_CHECK enum err_code store_batch_known(
    struct store *s, struct str remote, bool *ret, struct err *err);

MUST_CHECK enum err_code store_batch_uploaded(
    struct store *s, int64_t key, struct str file, struct err *err);
MUST_CHECK enum err_code store_batch_created(
    struct store *s, int64_t key, struct str remote, struct err *err);
/* COLLECTED or FAILED: lines that are open still are closed. */
MUST_CHECK enum err_code store_batch_end(
    struct store *s, int64_t key, enum store_batch_state state, struct str why, struct err *err);

/* Closes a line: *ret_mine false if it is no open line of this batch. */
MUST_CHECK enum err_code store_batch_take(
    struct store *s, int64_t key, int64_t task, int64_t n, bool *ret_mine, struct err *err);
/* A line's result was no answer (`for_good`: asking again does not help), or it was one. */
MUST_CHECK enum err_code store_batch_failed(
    struct store *s, int64_t task, bool for_good, struct err *err);
MUST_CHECK enum err_code store_batch_went_well(struct store *s, int64_t task, struct err *err);

#endif
