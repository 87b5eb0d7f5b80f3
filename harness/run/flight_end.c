/* flight_end.c - a finished attempt: its rows, the next request, or another try later. */
#include "harness/run/run_impl.h"

#include "harness/base/clock.h"
#include "harness/base/log.h"
#include "harness/store/store_measure.h"

void flight_free(struct run *run, struct flight *f)
{
    if (f->state != FLIGHT_FREE) {
        run->busy--;
        run->asleep_busy -= f->variant->asleep;
    }
    arena_reset(&f->arena);
    f->state = FLIGHT_FREE;
}

/* What the wire says of an attempt that brought no readable HTTP response. */
static void transport_reply(const struct net_reply *reply, struct reply *ret)
{
    *ret = (struct reply){.usage = USAGE_UNKNOWN, .retry = true, .outcome = OUTCOME_HTTP_ERROR};
    if (reply->result == NET_TIMEOUT)
        ret->outcome = OUTCOME_TIMEOUT;
    if (reply->result == NET_TOO_LARGE) {
        ret->outcome = OUTCOME_BAD_JSON;
        ret->retry = false;
    }
}

/* Who answered, in the server's words: names of models move to other models. */
static struct str served_by(const struct reply *r, struct buf *out)
{
    buf_str_add(out, r->model);
    if (r->fingerprint.n)
        buf_printf(out, "%s%.*s", out->n ? " " : "", STR_ARG(r->fingerprint));
    return buf_str(out);
}

static enum err_code put_call(struct run *run, struct flight *f, const struct net_reply *reply,
    const struct reply *r, struct err *err)
{
    struct buf clean = BUF_INIT, served = BUF_INIT;
    const char *why = reply->why && reply->why[0] ? reply->why : "";

    buf_reset(&run->packed_request);
    buf_reset(&run->packed_response);
    pack_bytes(&run->packed_request, buf_str(&f->body), f->texts, f->ntexts);
    /* only what a sleeper wrote into its block comes back in a response */
    pack_bytes(&run->packed_response, reply->body, f->texts, f->variant->asleep ? f->ntexts : 0);
    secret_redact(&clean, r->error.n ? r->error : str_c(why));
    struct store_call call = {
        .task = f->task.key,
        .n = f->n++,
        .outcome = r->outcome,
        .status = reply->status,
        .times = reply->times,
        .wall_ms = run->replay ? run->extra.wall_ms : clock_wall_ms(),
        .held_ns = run->replay ? run->extra.held_ns : f->held_ns,
        .usage = r->usage,
        .headers = reply->headers,
        .why = buf_str(&clean),
        .served = served_by(r, &served),
        .request = buf_str(&run->packed_request),
        .response = buf_str(&run->packed_response),
        .batch = run->replay ? run->extra.batch : run->by_batch,
    };
    enum err_code code = store_call_put(run->o->store, &call, err);
    buf_release(&clean);
    buf_release(&served);
    return code;
}

static enum err_code put_forcing(struct run *run, const struct flight *f, struct err *err)
{
    const struct forcing *g = &f->dialogue.forced;
    struct store_forcing row = {
        .thinking = g->thinking,
        .injected = g->injected,
        .generated = g->generated,
        .answer = g->answer,
        .extensions = g->used,
        .ended = g->ended,
        .estimated = g->estimated,
    };

    return store_forcing_put(run->o->store, f->task.key, &row, err);
}

static enum err_code put_likelihood(struct run *run, const struct flight *f, struct err *err)
{
    const struct scoring *g = &f->dialogue.score;
    struct store_likelihood row = {
        .given = g->given.logprob,
        .given_tokens = (int64_t)g->given.tokens,
        .alone = g->alone.logprob,
        .alone_tokens = (int64_t)g->alone.tokens,
        .bytes = g->given.bytes,
        .chars = g->given.chars,
        .merged = g->given.boundary_merged,
        .clamped = (int64_t)(g->given.clamped + g->alone.clamped),
    };

    return store_likelihood_put(run->o->store, f->task.key, &row, err);
}

static enum err_code finish_awake(
    struct run *run, struct flight *f, const struct reply *r, struct err *err)
{
    const struct dialogue *d = &f->dialogue;

    if (d->form == DIALOGUE_FORCED && put_forcing(run, f, err))
        return err->code;
    if (d->form == DIALOGUE_SCORE && put_likelihood(run, f, err))
        return err->code;
    if (store_answer_put(
            run->o->store, f->task.key, r->outcome, dialogue_content(d), f->usage, err))
        return err->code;
    run->progress.done++;
    flight_free(run, f);
    return OK;
}

static enum err_code finish_asleep(struct run *run, struct flight *f, struct err *err)
{
    const struct rethink *r = &f->dialogue.sleep;
    struct store_learned_new l = {
        .task = f->task.key,
        .context = f->task.context_text,
        .sleep = f->variant->sleep,
        .j = f->task.sample,
        .repeat = f->task.repeat,
        .text = r->memory,
        .outcome = r->last,
        .calls = r->calls,
        .rethinks = r->rethinks,
        .refused = r->refused,
        .usage = f->usage,
    };

    if (store_learned_put(run->o->store, &l, err))
        return err->code;
    run->progress.done++;
    flight_free(run, f);
    return OK;
}

/* A result: the next request, or the end of the task. */
static enum err_code take_result(struct run *run, struct flight *f, const struct net_reply *reply,
    const struct reply *r, bool over, struct err *err)
{
    run->progress.violated += r->outcome == OUTCOME_BUDGET_VIOLATED;
    if (put_call(run, f, reply, r, err))
        return err->code;
    if (r->outcome == OUTCOME_PENDING) {
        flight_poll(run, f);
        return OK;
    }
    if (!over) {
        flight_next(run, f);
        return OK;
    }
    return f->variant->asleep ? finish_asleep(run, f, err) : finish_awake(run, f, r, err);
}

/* May the request be sent again, and when? A refusal for too many requests does not count as one of
 * its attempts while others of the same key get through: then it is only waiting in line. */
static enum pace_verdict judge(struct run *run, struct flight *f, const struct net_reply *reply,
    const struct reply *r, int64_t *ret_wait_ms)
{
    const struct config *c = run->o->config;
    const struct run_account *account = run->endpoints[f->variant->model].account;
    struct net_reply seen = *reply;
    bool success = reply->result == NET_OK && reply->status >= 200 && reply->status < 300;

    *ret_wait_ms = 0;
    if (run->replay)
        return PACE_AGAIN; /* what was tried again then is tried again now */
    bool told = success || f->dialogue.background.lost;
    if (told && !r->retry)
        return PACE_GIVE_UP;
    if (told)
        seen.status = 500; /* a 200 that is no answer: again, with the usual back-off */
    if (pace_is_limit(reply->status) && account->successes > f->successes_before && f->attempt > 1)
        f->attempt--;
    return pace_retry(
        &seen, f->attempt, (int)c->attempts, c->deadline_s * 1000, &run->jitter, ret_wait_ms);
}

/* An attempt that is no result: again later, or given up for this process. */
static void plan_retry(
    struct run *run, struct flight *f, const struct net_reply *reply, const struct reply *r)
{
    int64_t wait_ms;

    if (f->dialogue.background.lost)
        flight_anew(run, f);
    run->lost_in_a_row += f->dialogue.background.lost;
    enum pace_verdict verdict = judge(run, f, reply, r, &wait_ms);
    run->progress.attempts_failed++;
    run->progress.rate_limited += reply->status == 429;
    /* a burst of 429 that will be tried again is pacing at work, not a broken server */
    if ((reply->status != 429 || verdict == PACE_GIVE_UP) && !run->by_batch)
        run->failures_in_a_row++;
    struct str why = str_slice(r->error.n ? r->error : str_c(reply->why), 0, 300);
    log_msg(LOG_WARN, "task %lld attempt %d: %s, status %ld: %.*s", (long long)f->task.key,
        f->attempt, outcome_text(r->outcome), reply->status, STR_ARG(why));
    buf_reset(&run->last_failure);
    buf_printf(&run->last_failure, "%s", outcome_text(r->outcome));
    if (reply->status)
        buf_printf(&run->last_failure, " (status %ld)", reply->status);
    if (why.n)
        buf_printf(&run->last_failure, ": %.*s", STR_ARG(why));
    if (run->by_batch) { /* batch.h counts, and asks again in another batch */
        run->batch_failed = true;
        run->batch_again = verdict != PACE_GIVE_UP;
        flight_free(run, f);
        return;
    }
    if (verdict == PACE_GIVE_UP) {
        run->progress.failed++;
        flight_free(run, f);
        return;
    }
    f->state = FLIGHT_WAITING;
    f->ready_ns = clock_now_ns();
    f->retry_at_ns = f->ready_ns + wait_ms * 1000000;
    f->held_ns = wait_ms * 1000000;
}

/* 401 to 404 on the first call of an endpoint: key, money, permission or address are wrong. What
 * is in flight elsewhere is paid for: it is waited for. */
static void refused_endpoint(struct run *run, struct flight *f, long status, const struct reply *r)
{
    const struct run_endpoint *e = &run->o->endpoints[f->variant->model];
    static const char *const hints[] = {"check the key", "check the account",
        "check what the key may do", "check the model's name and base_url"};
    struct buf clean = BUF_INIT;

    secret_redact(&clean, str_slice(r->error, 0, 200)); /* the hint must find room behind it */
    if (!run->refusal.code)
        err_set(&run->refusal, ERR_ENDPOINT, "%s answers %ld to model %s: %s; %s",
            buf_cstr(&f->url), status, e->name, clean.n ? buf_cstr(&clean) : "no message",
            hints[status - 401]);
    buf_release(&clean);
    run->progress.attempts_failed++;
    run->stop_now = STOP_REFUSED;
    flight_free(run, f);
}

/* A result whose cost nobody can know ends a run that has a limit of cost. */
static enum err_code count_cost(
    struct run *run, const struct price *price, long status, const struct reply *r, struct err *err)
{
    struct price_cost cost;

    if (!price)
        return OK;
    bool batch = run->replay ? run->extra.batch != 0 : run->by_batch != 0;
    if (price_attempt(price, r->usage, status, batch, &cost, err))
        return err->code;
    run->progress.uusd += cost.uusd;
    run->progress.cost_unknown += !cost.known;
    if (!cost.known && run->o->max_cost_uusd && outcome_is_result(r->outcome))
        run->stop_now = STOP_NO_USAGE;
    return OK;
}

static void count(struct run *run, const struct reply *r)
{
    int64_t in = usage_in(r->usage), out = usage_out(r->usage);

    run->progress.calls++;
    run->progress.tokens_in += in > 0 ? in : 0;
    run->progress.tokens_out += out > 0 ? out : 0;
}

/* A server may repeat the key in what it says: it is gone before anything reads or keeps it. */
static struct str without_secrets(struct run *run, struct str body)
{
    buf_reset(&run->clean_body);
    secret_redact(&run->clean_body, body);
    return run->clean_body.n == body.n ? body : buf_str(&run->clean_body);
}

/* What an endpoint said of its limits, for the pace of its key. */
static void tell_pace(
    struct run *run, struct flight *f, const struct net_reply *reply, const struct reply *r)
{
    struct run_account *account = run->endpoints[f->variant->model].account;
    bool told = reply->status >= 200 && reply->status < 300 && !outcome_is_result(r->outcome);
    int64_t in = usage_in(r->usage), out = usage_out(r->usage);
    double used = in >= 0 && out >= 0 ? (double)(in + out) : -1;

    if (run->replay || run->by_batch)
        return;
    struct pace_end end = pace_end_of(reply, clock_wall_ms(), used);
    if (told && (str_find(r->error_code, STR("overloaded"), 0) != SIZE_MAX ||
                    str_find(r->error_code, STR("rate_limit"), 0) != SIZE_MAX))
        end.status = 529; /* too much, told behind a 200 */
    pace_end(&account->pace, clock_now_ns(), &f->ticket, &end);
    account->successes += outcome_is_result(r->outcome);
}

enum err_code flight_reply(
    struct run *run, struct flight *f, const struct net_reply *raw, struct err *err)
{
    struct net_reply cleaned = *raw;
    const struct net_reply *reply = &cleaned;
    const struct run_endpoint *e = &run->o->endpoints[f->variant->model];
    struct run_endpoint_state *state = &run->endpoints[f->variant->model];
    struct str before = f->dialogue.sleep.memory;
    struct reply r;
    bool over = false;

    arena_reset(&run->reply_arena);
    if (e->headers[0]) /* a key was sent */
        cleaned.body = without_secrets(run, raw->body);
    if (reply->result == NET_OK)
        over = dialogue_step(&f->dialogue, reply->status, reply->body, &run->reply_arena, &r);
    else
        transport_reply(reply, &r);
    count(run, &r);
    if (count_cost(run, e->price, reply->status, &r, err) ||
        flight_note_memory(run, f, before, err))
        return err->code;
    tell_pace(run, f, reply, &r);
    if (outcome_is_result(r.outcome)) {
        bool pending = r.outcome == OUTCOME_PENDING;
        run->lost_in_a_row = pending ? run->lost_in_a_row : 0;
        run->failures_in_a_row = run->lost_in_a_row;
        state->answered = true;
        if (!pending) /* what a response under way has used is not known before its end */
            f->usage = usage_add(f->usage, r.usage);
        return take_result(run, f, reply, &r, over, err);
    }
    if (put_call(run, f, reply, &r, err))
        return err->code;
    bool refused = reply->status >= 401 && reply->status <= 404 && !f->dialogue.background.lost;
    /* a line of a batch speaks for itself alone: the batch as a whole was taken */
    if (!state->answered && refused && !run->replay && !run->by_batch)
        refused_endpoint(run, f, reply->status, &r);
    else
        plan_retry(run, f, reply, &r);
    return OK;
}
