/*
 * flight.c - one task: from its row to request bytes, from response bytes to rows.
 *
 * A request is built once and sent again unchanged when an attempt fails. An answering task has one
 * call; a sleeping task has as many as its conversation takes.
 */
#include "harness/run/run_impl.h"

#include "harness/base/clock.h"
#include "harness/base/log.h"
#include "harness/config/budget.h"
#include "harness/plan/plan.h"
#include "harness/store/store_plan.h"

#include <string.h>

enum { MOST_MEMORIES = 1000 };

static const struct store_variant *variant_of(const struct run *run, int64_t key)
{
    for (size_t i = 0; i < run->nvariants; i++)
        if (run->variants[i].key == key)
            return &run->variants[i];
    BUG("task of an unknown variant %lld", (long long)key);
}

/* A text that may stand in the bytes to keep; key 0 is a text that the store does not have. */
static void note_text(struct flight *f, int64_t key, struct str text, bool plain)
{
    if (key && f->ntexts < FLIGHT_TEXTS)
        f->texts[f->ntexts++] = (struct pack_text){key, text, plain, !f->variant->asleep};
}

/* System text that all requests of the variant share, put into the store at first use. */
static enum err_code shared_system(
    struct run *run, const struct store_variant *v, struct shared_text **ret, struct err *err)
{
    struct shared_text *shared = &run->shared[v - run->variants];

    *ret = shared;
    if (shared->key)
        return OK;
    struct buf text = BUF_INIT;
    plan_system(
        run->o->config, run->o->prompts, v->asleep, (enum prompt_form)v->form, v->level, &text);
    shared->text = arena_str(&run->arena, buf_str(&text));
    buf_release(&text);
    return store_text_put(run->o->store, shared->text, &shared->key, err);
}

static void build(struct run *run, struct flight *f, const struct message *messages, size_t n)
{
    const struct store_variant *v = f->variant;
    const struct run_endpoint *e = &run->o->endpoints[v->model];
    struct chat chat = {
        .model = e->model,
        .messages = messages,
        .n = n,
        .tools = v->asleep ? run->o->prompts->tools : STR(""),
        .temperature = v->temperature,
        .max_tokens = v->max_tokens,
        .traits = &e->traits,
        .effort = v->asleep ? NULL : budget_effort(v->level),
        .seed = f->task.seed,
        .stream = run->o->config->stream,
    };

    buf_reset(&f->body);
    e->provider->build(&chat, &f->body);
    f->state = FLIGHT_READY;
    f->attempt = 0;
    f->ready_ns = clock_now_ns();
}

/* Cuts the k texts together to the limit, at the end of a line where there is one. */
static void cut_memories(struct store_memory *m, size_t n, int64_t limit)
{
    size_t left = (size_t)limit;

    for (size_t i = 0; i < n; i++) {
        size_t chars = str_utf8_count(m[i].text), at = 0, line = 0;
        if (chars <= left) {
            left -= chars;
            continue;
        }
        for (size_t c = 0; c < left; c++) {
            if (m[i].text.p[at] == '\n')
                line = at;
            (void)str_utf8_next(m[i].text, &at); /* only the position matters */
        }
        m[i].text = str_slice(m[i].text, 0, line ? line : at);
        m[i].text_key = 0; /* no stored text is what the request shows */
        left = 0;
    }
}

/* Adds the memory blocks of an awake request; *ret_missing counts c' that are not made yet. */
static enum err_code add_memories(
    struct run *run, struct flight *f, struct buf *system, size_t *ret_missing, struct err *err)
{
    const struct store_variant *v = f->variant;
    struct store_memory m[MOST_MEMORIES];
    size_t n = 0;

    *ret_missing = 0;
    if (v->k == 0) {
        prompt_memory_block(STR(""), system); /* baseline_prompt same */
        return OK;
    }
    if (v->k > MOST_MEMORIES)
        return err_set(err, ERR_LIMIT, "k is %lld, more than %d", (long long)v->k, MOST_MEMORIES);
    if (store_memories(run->o->store, f->task.context_text, v->sleep, f->task.repeat, v->k,
            &f->arena, m, &n, err))
        return err->code;
    *ret_missing = (size_t)v->k - n;
    if (str_eqc(run->o->config->memory_scope, "concat"))
        cut_memories(m, n, run->o->config->memory_chars);
    for (size_t i = 0; i < n; i++) {
        prompt_memory_block(m[i].text, system);
        note_text(f, m[i].text_key, m[i].text, false);
    }
    return OK;
}

static enum err_code start_awake(
    struct run *run, struct flight *f, size_t *ret_missing, struct err *err)
{
    const struct store_variant *v = f->variant;
    enum prompt_form form = (enum prompt_form)v->form;
    struct shared_text *shared;
    struct buf system = BUF_INIT, user = BUF_INIT;

    *ret_missing = 0;
    if (shared_system(run, v, &shared, err))
        return err->code;
    note_text(f, shared->key, shared->text, false);
    note_text(f, f->task.context_text, f->task.context_body, false);
    note_text(f, f->task.query_text, f->task.query_body, false);
    buf_str_add(&system, shared->text);
    enum err_code code = OK;
    if (prompt_form_has_memory(form))
        code = add_memories(run, f, &system, ret_missing, err);
    if (!code && *ret_missing == 0) {
        prompt_user(form, f->task.context_body, f->task.query_body, &user);
        struct message messages[] = {
            {.role = ROLE_SYSTEM, .text = buf_str(&system)},
            {.role = ROLE_USER, .text = buf_str(&user)},
        };
        build(run, f, messages, ARRAY_LEN(messages));
    }
    buf_release(&system);
    buf_release(&user);
    return code;
}

/* The memory block has a new text: it goes into the store, so that bytes can refer to it. */
static enum err_code note_memory(
    struct run *run, struct flight *f, struct str before, struct err *err)
{
    int64_t key;

    if (f->rethink.memory.p == before.p || f->rethink.memory.n == 0)
        return OK;
    if (store_text_put(run->o->store, f->rethink.memory, &key, err))
        return err->code;
    note_text(f, key, f->rethink.memory, false);
    return OK;
}

struct replay {
    struct run *run;
    struct flight *f;
};

static enum err_code replay_response(
    long status, struct str response, void *payload, struct err *err)
{
    struct replay *r = payload;
    struct str before = r->f->rethink.memory;
    struct reply reply;

    arena_reset(&r->run->reply_arena);
    r->run->o->endpoints[r->f->variant->model].provider->read(
        status, response, true, &r->run->reply_arena, &reply);
    r->f->usage = usage_add(r->f->usage, reply.usage);
    (void)rethink_step(&r->f->rethink, &reply); /* had it been over, the task would be done */
    return note_memory(r->run, r->f, before, err);
}

static enum err_code start_asleep(struct run *run, struct flight *f, struct err *err)
{
    const struct config *c = run->o->config;
    struct shared_text *shared;
    struct buf user = BUF_INIT;

    if (shared_system(run, f->variant, &shared, err))
        return err->code;
    if (!run->tools_key &&
        store_text_put(run->o->store, run->o->prompts->tools, &run->tools_key, err))
        return err->code;
    note_text(f, shared->key, shared->text, false);
    note_text(f, f->task.context_text, f->task.context_body, false);
    note_text(f, run->tools_key, run->o->prompts->tools, true);
    prompt_asleep_user(run->o->prompts, f->task.context_body, &user);
    rethink_start(
        &f->rethink, &f->arena, shared->text, buf_str(&user), c->memory_chars, c->rethink_calls);
    buf_release(&user);
    struct replay replay = {run, f};
    if (f->task.calls &&
        store_each_response(run->o->store, f->task.key, replay_response, &replay, err))
        return err->code;
    build(run, f, f->rethink.messages, f->rethink.n);
    return OK;
}

void flight_free(struct run *run, struct flight *f)
{
    if (f->state != FLIGHT_FREE) {
        run->busy--;
        run->asleep_busy -= f->variant->asleep;
    }
    arena_reset(&f->arena);
    f->state = FLIGHT_FREE;
}

enum err_code flight_start(struct run *run, struct flight *f, const struct store_task *task,
    bool *ret_started, bool *ret_skip, struct err *err)
{
    size_t missing = 0;

    arena_reset(&f->arena);
    f->task = *task;
    f->task.context_body = arena_str(&f->arena, task->context_body);
    f->task.query_body = arena_str(&f->arena, task->query_body);
    f->variant = variant_of(run, task->variant);
    f->ntexts = 0;
    f->n = task->calls;
    f->usage = USAGE_UNKNOWN;
    enum err_code code =
        f->variant->asleep ? start_asleep(run, f, err) : start_awake(run, f, &missing, err);
    *ret_started = !code && missing == 0;
    *ret_skip = missing > 0 && run->asleep_busy == 0;
    if (*ret_started) {
        run->busy++;
        run->asleep_busy += f->variant->asleep;
    }
    return code;
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

static enum err_code put_call(struct run *run, struct flight *f, const struct net_reply *reply,
    const struct reply *r, struct err *err)
{
    struct buf clean = BUF_INIT;
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
        .wall_ms = clock_wall_ms(),
        .usage = r->usage,
        .headers = reply->headers,
        .why = buf_str(&clean),
        .request = buf_str(&run->packed_request),
        .response = buf_str(&run->packed_response),
    };
    enum err_code code = store_call_put(run->o->store, &call, err);
    buf_release(&clean);
    return code;
}

static enum err_code finish_awake(
    struct run *run, struct flight *f, const struct reply *r, struct err *err)
{
    if (store_answer_put(run->o->store, f->task.key, r->outcome, r->content, f->usage, err))
        return err->code;
    run->progress.done++;
    flight_free(run, f);
    return OK;
}

static enum err_code finish_asleep(struct run *run, struct flight *f, struct err *err)
{
    const struct rethink *r = &f->rethink;
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

/* A result of a sleep response: next request, or the learned context. New block texts are put into
 * the store first, so that the bytes that carry them can refer to them. */
static enum err_code step_asleep(struct run *run, struct flight *f, const struct net_reply *reply,
    struct reply *r, struct err *err)
{
    struct str before = f->rethink.memory;
    bool over = rethink_step(&f->rethink, r);

    if (note_memory(run, f, before, err))
        return err->code;
    r->outcome = f->rethink.last;
    if (put_call(run, f, reply, r, err))
        return err->code;
    if (over)
        return finish_asleep(run, f, err);
    build(run, f, f->rethink.messages, f->rethink.n);
    return OK;
}

/* An attempt that is no result: again later, or given up for this process. */
static void plan_retry(
    struct run *run, struct flight *f, const struct net_reply *reply, const struct reply *r)
{
    const struct config *c = run->o->config;
    struct net_reply seen = *reply;
    bool success = reply->result == NET_OK && reply->status >= 200 && reply->status < 300;

    if (success)
        seen.status = 500; /* a 200 that is no answer: again, with the usual back-off */
    int64_t wait_ms = success && !r->retry ? -1
                                           : pace_retry_ms(&seen, f->attempt, (int)c->attempts,
                                                 c->deadline_s * 1000, &run->jitter);
    run->progress.attempts_failed++;
    run->progress.rate_limited += reply->status == 429;
    /* a burst of 429 that will be tried again is pacing at work, not a broken server */
    if (reply->status != 429 || wait_ms < 0)
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
    if (wait_ms < 0) {
        run->progress.failed++;
        flight_free(run, f);
        return;
    }
    f->state = FLIGHT_WAITING;
    f->retry_at_ns = clock_now_ns() + wait_ms * 1000000;
}

/* 401 to 404 on the first call of an endpoint: key, money, permission or address are wrong. */
static enum err_code refused_endpoint(
    struct run *run, const struct flight *f, long status, const struct reply *r, struct err *err)
{
    const struct run_endpoint *e = &run->o->endpoints[f->variant->model];
    static const char *const hints[] = {"check the key", "check the account",
        "check what the key may do", "check the model's name and base_url"};
    struct buf clean = BUF_INIT;

    secret_redact(&clean, str_slice(r->error, 0, 200)); /* the hint must find room behind it */
    enum err_code code = err_set(err, ERR_ENDPOINT, "%s answers %ld to model %s: %s; %s", e->url,
        status, e->name, clean.n ? buf_cstr(&clean) : "no message", hints[status - 401]);
    buf_release(&clean);
    return code;
}

/* A result whose cost nobody can know ends a run that has a limit of cost. */
static enum err_code count_cost(
    struct run *run, const struct price *price, long status, const struct reply *r, struct err *err)
{
    struct price_cost cost;

    if (!price)
        return OK;
    if (price_attempt(price, r->usage, status, &cost, err))
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

enum err_code flight_reply(
    struct run *run, struct flight *f, const struct net_reply *raw, struct err *err)
{
    struct net_reply cleaned = *raw;
    const struct net_reply *reply = &cleaned;
    const struct run_endpoint *e = &run->o->endpoints[f->variant->model];
    struct run_endpoint_state *state = &run->endpoints[f->variant->model];
    struct reply r;

    arena_reset(&run->reply_arena);
    if (e->headers[0]) /* a key was sent */
        cleaned.body = without_secrets(run, raw->body);
    if (reply->result == NET_OK)
        e->provider->read(
            reply->status, reply->body, run->o->config->stream, &run->reply_arena, &r);
    else
        transport_reply(reply, &r);
    count(run, &r);
    if (count_cost(run, e->price, reply->status, &r, err))
        return err->code;
    pace_done(&state->pace, clock_now_ns(), reply->status, reply->retry_after_ms);
    if (outcome_is_result(r.outcome)) {
        run->failures_in_a_row = 0;
        state->answered = true;
        f->usage = usage_add(f->usage, r.usage);
        if (f->variant->asleep)
            return step_asleep(run, f, reply, &r, err);
        if (put_call(run, f, reply, &r, err))
            return err->code;
        return finish_awake(run, f, &r, err);
    }
    if (put_call(run, f, reply, &r, err))
        return err->code;
    if (!state->answered && reply->status >= 401 && reply->status <= 404)
        return refused_endpoint(run, f, reply->status, &r, err);
    plan_retry(run, f, reply, &r);
    return OK;
}
