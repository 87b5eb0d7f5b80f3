/*
 * run_impl.h - the runner's own structures; internal to harness/run.
 *
 * run.c owns the loop and its stops, flight.c one task's way from row to request to row.
 */
#ifndef HARNESS_RUN_RUN_IMPL_H
#define HARNESS_RUN_RUN_IMPL_H

#include "harness/net/net.h"
#include "harness/net/pace.h"
#include "harness/run/dialogue.h"
#include "harness/run/replay.h"
#include "harness/run/run.h"
#include "harness/store/pack.h"

enum { FLIGHT_TEXTS = 24, BATCH = 256 };

enum flight_state { FLIGHT_FREE, FLIGHT_READY, FLIGHT_WAITING, FLIGHT_SENT };

/* Why no new request is sent. */
enum stop_rule {
    STOP_NONE,
    STOP_FAILURES,
    STOP_CALLS,
    STOP_TOKENS,
    STOP_COST,
    STOP_NO_USAGE,
    STOP_HELD,   /* a server asks for a longer wait than deadline_s, and nothing else can go on */
    STOP_REFUSED /* an endpoint refused its first call: run.refusal */
};

/* A task on its way. */
struct flight {
    enum flight_state state;
    struct arena arena; /* everything of this task; reset when it is done */
    struct store_task task;
    const struct store_variant *variant;
    struct buf url, body; /* the request that is sent, kept for retries */
    struct pack_text texts[FLIGHT_TEXTS];
    size_t ntexts;
    int attempt; /* of the current call, in this process */
    int lost;    /* responses in the background that were lost, of the same call and process */
    int64_t n;   /* attempts of the task over all processes */
    int64_t retry_at_ns, ready_ns;
    int64_t held_ns; /* of the wait since ready_ns: what the server or a back-off asked for */
    struct pace_ticket ticket;
    double tokens;             /* that the request may use: prompt and limit of output */
    uint64_t successes_before; /* of its account, when it was sent */
    struct dialogue dialogue;
    struct usage usage; /* of the attempts that were results */
};

/* The part of a variant's system message that all its requests share. */
struct shared_text {
    struct str text;
    int64_t key; /* 0 = not put into the store yet */
};

/* What endpoints of one address and key share. */
struct run_account {
    struct pace pace;
    uint64_t successes; /* results so far */
};

struct run_endpoint_state {
    struct run_account *account;
    bool answered; /* has had a response that was no refusal */
};

struct run {
    const struct run_options *o;
    struct net *net;           /* NULL in a replay */
    struct replay *replay;     /* NULL: requests go to servers */
    struct replay_extra extra; /* of the attempt that is being taken */
    struct arena arena;        /* of the whole run */
    struct arena batch_arena;  /* texts of the current batch */
    struct store_variant *variants;
    size_t nvariants;
    struct shared_text *shared; /* by variant index */
    int64_t tools_key;
    struct run_endpoint_state *endpoints;
    struct run_account *accounts; /* by run_endpoint.account */
    struct flight *flights;
    size_t nflights, busy, asleep_busy;
    struct store_task batch[BATCH];
    size_t batch_n, batch_next;
    int64_t after; /* last task key read */
    bool exhausted;
    int64_t by_batch; /* key of the batch of the lines at hand, -1 = none yet; 0 = live */
    bool batch_failed, batch_again;       /* of its last line: no answer; asking again may help */
    int failures_in_a_row, lost_in_a_row; /* lost: responses in the background, among them */
    enum stop_rule stop_now;
    bool gave_way;      /* tasks were left for now, because a server asks for a long wait */
    struct err refusal; /* by the first endpoint that refused its first call */
    struct rng jitter;
    struct run_progress progress;
    int64_t started_ns, shown_ns;
    struct arena reply_arena;
    struct buf packed_request, packed_response, clean_body;
    struct buf last_failure; /* for the message when the run stops */
    enum err_code code;      /* first hard error, in err */
    struct err *err;
};

const struct store_variant *flight_variant(const struct run *run, int64_t key);
/* Starts a task in a free flight: *ret_started false if it has to wait for learned contexts, and
 * *ret_skip true if those cannot come any more in this process. */
MUST_CHECK enum err_code flight_start(struct run *run, struct flight *f,
    const struct store_task *task, bool *ret_started, bool *ret_skip, struct err *err);
/* Is a response of the task being made in the background? Then no batch asks for it anew. */
bool flight_is_awaited(const struct flight *f);
/* Takes a finished attempt: writes rows, prepares the next request or frees the flight. */
MUST_CHECK enum err_code flight_reply(
    struct run *run, struct flight *f, const struct net_reply *reply, struct err *err);
void flight_free(struct run *run, struct flight *f);
/* Builds the next request of a conversation that goes on. */
void flight_next(struct run *run, struct flight *f);
/* Builds the next look at a response in the background, for later. Looks that failed are forgiven
 * with each one that does not, lost responses count as attempts of the call. */
void flight_poll(struct run *run, struct flight *f);
/* Builds the request of a response in the background that was lost. */
void flight_anew(struct run *run, struct flight *f);
/* Builds the request as another configuration of the same run may have: `stream` and `sleep_batch`
 * may change between two commands. Style 0, 1, 2 and 3 in order lead through all ways and back. */
void flight_restyle(struct run *run, struct flight *f, int style);
/* A memory block with a new text goes into the store, so that packed bytes can refer to it. */
MUST_CHECK enum err_code flight_note_memory(
    struct run *run, struct flight *f, struct str before, struct err *err);

/* Looks at the limits of run_options: sets stop_now. */
void run_check_limits(struct run *run);
/* Tells the caller how far it is, not more often than it wants unless `always`. */
void run_show_progress(struct run *run, bool always);

#endif
