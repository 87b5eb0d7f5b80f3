/*
 * batch_impl.h - one process's view of its batches; internal to harness/run.
 *
 * batch.c owns the rounds, batch_submit.c the way up, batch_take.c the way back, batch_talk.c the
 * requests themselves.
 */
#ifndef HARNESS_RUN_BATCH_IMPL_H
#define HARNESS_RUN_BATCH_IMPL_H

#include "harness/provider/batch_wire.h"
#include "harness/run/batch.h"
#include "harness/run/run_impl.h"
#include "harness/store/store_batch.h"

/* A batch that is not over. */
struct batch_open {
    struct store_batch row; /* texts live in the arena of struct batches_run */
    const struct batch_dialect *dialect;
    int looks;      /* before anything is sent: how often it has yet to be missing in the lists */
    int64_t due_ns; /* nothing is asked before */
};

struct batch_desk {
    struct run *run;
    struct net *net;
    struct arena arena;   /* of open batches */
    struct arena scratch; /* of one answer */
    struct arena task_arena;
    struct batch_open *open;
    size_t n, cap;
    struct buf payload; /* of the batch payload_of; 0 = of none */
    int64_t payload_of;
    struct batch_ask ask;
    struct buf heard; /* body of the last answer */
};

/* ---- batch_talk.c ---- */

/* Takes a successful body; false if it cannot be read. */
typedef bool batch_read_fn(struct str body, void *payload);

struct batch_heard {
    bool ok;         /* a 2xx that could be read */
    bool unsure;     /* a POST of which nobody knows whether the server carried it out */
    long status;     /* of HTTP, 0 = none */
    char words[300]; /* what a failure says, without secrets */
};

/* Sends desk->ask to the endpoint `model` of the run and hears the answer, desk->heard. Attempts
 * that failed are repeated where that can do no harm; ERR_STOPPED when they are used up or a signal
 * came, ERR_ENDPOINT on 401 to 403. */
MUST_CHECK enum err_code batch_talk(struct batch_desk *desk, size_t model, batch_read_fn *read,
    void *payload, struct batch_heard *ret, struct err *err);
/* Waits, at most until a signal; false if one came. */
bool batch_wait(struct batch_desk *desk, int64_t until_ns);
enum err_code batch_stopped(const struct batch_desk *desk, struct err *err);
int64_t batch_poll_ns(const struct batch_desk *desk);

/* ---- batch_submit.c ---- */

/* Reads one task of the store and makes its next request in run->flights[0]: *ret_found false if it
 * is done. The caller frees the flight. */
MUST_CHECK enum err_code batch_flight(
    struct batch_desk *desk, int64_t task, bool *ret_found, struct err *err);
/* Appends the request of run->flights[0] to the payload. */
void batch_add_line(struct batch_desk *desk, const struct batch_open *o);
/* One step of a batch that is not at the provider yet: looks for it, or sends what is next. */
MUST_CHECK enum err_code batch_submit(
    struct batch_desk *desk, struct batch_open *o, struct err *err);

/* ---- batch_take.c ---- */

/* Asks how far a batch is, and takes its results when it has ended; *ret_over then. */
MUST_CHECK enum err_code batch_look(
    struct batch_desk *desk, struct batch_open *o, bool *ret_over, struct err *err);
/* The batch has failed as a whole: its lines are free, and the run ends with the reason. */
MUST_CHECK enum err_code batch_fail(
    struct batch_desk *desk, struct batch_open *o, const char *why, struct err *err);

#endif
