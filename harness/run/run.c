/* run.c - the loop: fill free flights, send, poll, commit; and when to stop. See run.h. */
#include "harness/run/run.h"

#include "harness/base/clock.h"
#include "harness/run/batch.h"
#include "harness/run/run_impl.h"

#include <stdlib.h>
#include <string.h>

enum { FAILURES_THAT_STOP = 20, POLL_MS = 200, PROGRESS_MS = 200, STYLES = 4 };

static bool draining(const struct run *run)
{
    return run->stop_now || run->code || (run->o->stop && *run->o->stop);
}

static enum err_code next_batch(struct run *run, struct err *err)
{
    arena_reset(&run->batch_arena);
    run->batch_next = 0;
    if (store_pending(run->o->store, run->after, run->o->only_tried, BATCH, &run->batch_arena,
            run->batch, &run->batch_n, err))
        return err->code;
    if (run->batch_n == 0)
        run->exhausted = true;
    else
        run->after = run->batch[run->batch_n - 1].key;
    return OK;
}

static struct flight *free_flight(struct run *run)
{
    for (size_t i = 0; i < run->nflights; i++)
        if (run->flights[i].state == FLIGHT_FREE)
            return &run->flights[i];
    return NULL;
}

/* Puts pending tasks into free flights, in task order; a task whose learned contexts are still
 * being made holds the queue, so that order does not depend on concurrency. */
static enum err_code fill(struct run *run, struct err *err)
{
    while (!draining(run) && !run->exhausted && run->busy < run->nflights) {
        bool started, skip;
        if (run->batch_next == run->batch_n) {
            if (next_batch(run, err))
                return err->code;
            continue;
        }
        const struct store_task *task = &run->batch[run->batch_next];
        bool batched = !run->replay && batch_wants(run, flight_variant(run, task->variant));
        if (batched && task->calls == 0) {
            run->batch_next++; /* batches have done what they could */
            continue;
        }
        struct flight *f = free_flight(run);
        if (flight_start(run, f, task, &started, &skip, err))
            return err->code;
        if (batched && started && !flight_is_awaited(f)) {
            flight_free(run, f);
            run->batch_next++;
            continue;
        }
        if (!started && !skip)
            return OK;
        run->batch_next++;
        run->progress.failed += skip;
    }
    return OK;
}

static enum err_code send(struct run *run, struct flight *f, struct err *err)
{
    const struct run_endpoint *e = &run->o->endpoints[f->variant->model];
    struct net_request request = {
        .id = (uint64_t)(f - run->flights),
        .url = buf_cstr(&f->url),
        .body = f->body.n ? buf_str(&f->body) : (struct str){NULL, 0},
        .headers = e->headers,
        .ready_ns = f->ready_ns,
        /* a server that is to answer in one piece may be silent while it thinks */
        .idle_ms = run->o->config->idle_s == FIELD_NONE && !run->o->config->stream ? -1 : 0,
    };

    f->attempt++;
    f->state = FLIGHT_SENT;
    return run->net ? net_send(run->net, &request, err) : OK;
}

/* Requests that are with a server, or with the earlier run of a replay. */
static size_t in_flight(const struct run *run)
{
    size_t n = 0;

    if (run->net)
        return net_in_flight(run->net);
    for (size_t i = 0; i < run->nflights; i++)
        n += run->flights[i].state == FLIGHT_SENT;
    return n;
}

static bool calls_used_up(const struct run *run)
{
    int64_t begun = run->progress.calls + (int64_t)in_flight(run);

    return run->o->max_calls && begun >= run->o->max_calls;
}

/* May the request go now? What a server's hold adds to its wait is noted with it. */
static bool may_go(struct run *run, struct flight *f, int64_t now, int64_t *ret_wait)
{
    struct pace *pace = &run->endpoints[f->variant->model].account->pace;

    if (run->replay)
        return true;
    if (f->state == FLIGHT_WAITING && f->retry_at_ns > now) {
        *ret_wait = f->retry_at_ns - now;
        return false;
    }
    if (pace->hold_until_ns > now && pace->hold_until_ns - f->ready_ns > f->held_ns)
        f->held_ns = pace->hold_until_ns - f->ready_ns;
    if (!pace_take(pace, now, f->tokens, ret_wait))
        return false;
    f->ticket = pace->last;
    f->successes_before = run->endpoints[f->variant->model].account->successes;
    return true;
}

/* Sends what may go now; *ret_wait_ns is the shortest wait of what may not. The call limit is asked
 * before every request: several replies of one turn free several flights at once. */
static enum err_code send_ready(struct run *run, int64_t *ret_wait_ns, struct err *err)
{
    int64_t now = 0;

    for (size_t i = 0; i < run->nflights && run->busy; i++) {
        struct flight *f = &run->flights[i];
        int64_t wait = 0;
        if (calls_used_up(run))
            run->stop_now = STOP_CALLS;
        if (f->state != FLIGHT_READY && f->state != FLIGHT_WAITING)
            continue;
        if (draining(run)) {
            flight_free(run, f); /* not sent: taken up by the same command */
            continue;
        }
        now = now ? now : clock_now_ns();
        if (may_go(run, f, now, &wait)) {
            if (send(run, f, err))
                return err->code;
            continue;
        }
        *ret_wait_ns = wait < *ret_wait_ns ? wait : *ret_wait_ns;
    }
    return OK;
}

static void on_reply(const struct net_reply *reply, void *payload)
{
    struct run *run = payload;
    struct flight *f = &run->flights[reply->id];

    if (run->code)
        return; /* the first hard error has been kept; nothing more can be written */
    run->code = store_begin(run->o->store, run->err);
    if (!run->code)
        run->code = flight_reply(run, f, reply, run->err);
}

void run_show_progress(struct run *run, bool always)
{
    int64_t now = clock_now_ns();

    if (!run->o->progress || (!always && now - run->shown_ns < PROGRESS_MS * 1000000LL))
        return;
    run->shown_ns = now;
    run->progress.in_flight = (int64_t)in_flight(run);
    run->progress.elapsed_ns = now - run->started_ns;
    run->o->progress(&run->progress, run->o->payload);
}

void run_check_limits(struct run *run)
{
    const struct run_options *o = run->o;
    int64_t tokens = run->progress.tokens_in + run->progress.tokens_out;

    if (run->failures_in_a_row >= FAILURES_THAT_STOP && !run->replay)
        run->stop_now = STOP_FAILURES;
    if (calls_used_up(run))
        run->stop_now = STOP_CALLS;
    if (o->max_tokens && tokens >= o->max_tokens)
        run->stop_now = STOP_TOKENS;
    if (o->max_cost_uusd && run->progress.uusd >= o->max_cost_uusd)
        run->stop_now = STOP_COST;
}

/* The earlier run answers all that was sent; what it did not record is left undone, without a row.
 */
static void answer_from_record(struct run *run)
{
    for (size_t i = 0; i < run->nflights && !run->code; i++) {
        struct flight *f = &run->flights[i];
        struct net_reply reply;
        bool found = false;
        if (f->state != FLIGHT_SENT)
            continue;
        for (int style = 0; style < STYLES && !found; style++) {
            run->code = replay_attempt(run->replay, f->task.id, f->n, buf_str(&f->body), &reply,
                &run->extra, &found, run->err);
            if (run->code)
                return;
            if (!found)
                flight_restyle(run, f, style);
        }
        if (found) {
            reply.id = i;
            on_reply(&reply, run);
            continue;
        }
        buf_reset(&run->last_failure);
        buf_puts(&run->last_failure, "the earlier run has no answer to the same request");
        run->progress.failed++;
        flight_free(run, f);
    }
}

/* All that is on its way waits for servers that asked for a long wait: tasks behind it may be for
 * others. Nothing is left to try when all have been looked at. */
static void give_way(struct run *run)
{
    if (run->exhausted) {
        run->stop_now = STOP_HELD;
        return;
    }
    run->progress.failed += (int64_t)run->busy;
    for (size_t i = 0; i < run->nflights; i++)
        if (run->flights[i].state != FLIGHT_FREE)
            flight_free(run, &run->flights[i]);
    run->gave_way = true;
}

/* Waits for replies, at most until the next request may go. */
static void poll(struct run *run, int64_t wait_ns)
{
    int64_t shown_ns = POLL_MS * 1000000LL, most = wait_ns < shown_ns ? wait_ns : shown_ns;

    if (run->replay)
        answer_from_record(run);
    else if (net_in_flight(run->net))
        (void)net_poll(run->net, most / 1000000 + 1, on_reply, run); /* replies are counted */
    else if (run->busy && wait_ns > run->o->config->deadline_s * 1000000000LL)
        give_way(run);
    else if (run->busy)
        clock_sleep_ms(most / 1000000 + 1);
}

static enum err_code turn(struct run *run, struct err *err)
{
    int64_t wait_ns = run->o->config->deadline_s * 1000000000LL + 1;

    if (fill(run, err) || send_ready(run, &wait_ns, err))
        return err->code;
    poll(run, wait_ns);
    if (run->code) {
        struct err second = {0};                  /* the first error is the one to tell */
        if (store_commit(run->o->store, &second)) /* the attempt that was refused is a row too */
            store_rollback(run->o->store);
        return run->code;
    }
    if (store_commit(run->o->store, err))
        return err->code;
    run_check_limits(run);
    run_show_progress(run, false);
    return OK;
}

static enum err_code loop(struct run *run, struct err *err)
{
    while ((!run->exhausted && !draining(run)) || run->busy) {
        if (run->o->stop && *run->o->stop > 1)
            break;
        if (turn(run, err))
            return err->code;
    }
    return OK;
}

static enum err_code why_stopped(const struct run *run, struct err *err)
{
    const struct run_progress *p = &run->progress;
    long long left = (long long)(p->total - p->done);
    struct str why = str_slice(buf_str(&run->last_failure), 0, 300);
    bool signalled = run->o->stop && *run->o->stop;
    static const char *const limits[] = {
        [STOP_CALLS] = "call", [STOP_TOKENS] = "token", [STOP_COST] = "cost"};

    if (run->refusal.code) {
        *err = run->refusal;
        return err->code;
    }
    if (left == 0)
        return OK;
    if (run->stop_now == STOP_FAILURES)
        return err_set(err, ERR_STOPPED,
            "stopped: %d attempts in a row failed, the last one with %.*s; %lld tasks are left, "
            "the "
            "same command goes on",
            FAILURES_THAT_STOP, STR_ARG(why), left);
    if (run->stop_now == STOP_HELD || (run->gave_way && !run->stop_now && !signalled))
        return err_set(err, ERR_STOPPED,
            "stopped: the server asks to wait longer than deadline_s, %lld s; %lld tasks are left, "
            "the same command goes on",
            (long long)run->o->config->deadline_s, left);
    if (run->stop_now == STOP_NO_USAGE)
        return err_set(err, ERR_STOPPED,
            "stopped: an answer came without its usage, so what it cost cannot be held against "
            "--max-cost; %lld tasks are left, --max-calls or --max-tokens can limit them",
            left);
    if (run->stop_now)
        return err_set(err, ERR_STOPPED,
            "stopped at the %s limit; %lld tasks are left, the same command goes on",
            limits[run->stop_now], left);
    if (signalled)
        return err_set(err, ERR_STOPPED,
            "stopped by a signal; %lld tasks are left, the same command goes on", left);
    return err_set(err, ERR_STOPPED,
        "%lld tasks could not be done (%.*s; log.jsonl has the others); the same command tries "
        "them again",
        left, STR_ARG(why));
}

static enum err_code run_open(struct run *run, struct err *err)
{
    const struct run_options *o = run->o;
    const struct config *c = o->config;
    struct net_options net = {
        .max_in_flight = run->nflights,
        .idle_ms = c->idle_s == FIELD_NONE ? 0 : c->idle_s * 1000,
        .total_ms = c->total_s * 1000,
    };
    struct store_counts counts;

    if (store_variants(o->store, &run->arena, &run->variants, &run->nvariants, err) ||
        store_counts(o->store, &counts, err) ||
        (o->replay ? replay_open(o->replay, &run->replay, err) : net_new(&net, &run->net, err)))
        return err->code;
    run->progress.total = counts.tasks;
    run->progress.done = counts.done;
    run->shared = arena_array(&run->arena, struct shared_text, run->nvariants + 1);
    run->endpoints = arena_array(&run->arena, struct run_endpoint_state, o->nendpoints + 1);
    run->flights = arena_array(&run->arena, struct flight, run->nflights);
    run->accounts = arena_array(&run->arena, struct run_account, o->nendpoints + 1);
    for (size_t i = 0; i < o->nendpoints; i++) {
        pace_init(&run->accounts[i].pace, run->nflights, c->requests_per_minute,
            c->tokens_per_minute, run->started_ns);
        run->endpoints[i].account = &run->accounts[o->endpoints[i].account];
    }
    return OK;
}

static void run_close(struct run *run)
{
    net_free(run->net);
    replay_close(run->replay);
    for (size_t i = 0; run->flights && i < run->nflights; i++) {
        arena_release(&run->flights[i].arena);
        buf_release(&run->flights[i].url);
        buf_release(&run->flights[i].body);
    }
    buf_release(&run->packed_request);
    buf_release(&run->packed_response);
    buf_release(&run->clean_body);
    buf_release(&run->last_failure);
    arena_release(&run->reply_arena);
    arena_release(&run->batch_arena);
    arena_release(&run->arena);
}

enum err_code run_tasks(
    const struct run_options *options, struct run_progress *ret_progress, struct err *err)
{
    struct run *run = xcalloc(1, sizeof *run);

    run->o = options;
    run->err = err;
    run->nflights = (size_t)options->config->concurrency;
    run->started_ns = clock_now_ns();
    run->jitter = rng_seeded((uint64_t)run->started_ns);
    enum err_code code = run_open(run, err);
    if (!code && !run->replay)
        code = batch_run(run, err);
    if (!code)
        code = loop(run, err);
    if (code)
        store_rollback(options->store);
    if (run->net || run->replay)
        run_show_progress(run, true);
    if (!code)
        code = why_stopped(run, err);
    *ret_progress = run->progress;
    run_close(run);
    free(run);
    return code;
}
