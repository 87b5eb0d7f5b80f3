/*
 * flight.c - one task: from its row to request bytes, from response bytes to rows.
 *
 * A request is built once and sent again unchanged when an attempt fails. How many a task takes is
 * its dialogue's business (dialogue.h); flight_end.c writes what came of it.
 */
#include "harness/run/batch.h"
#include "harness/run/run_impl.h"

#include "harness/base/clock.h"
#include "harness/base/log.h"
#include "harness/base/token.h"
#include "harness/config/budget.h"
#include "harness/plan/plan.h"
#include "harness/store/store_plan.h"

#include <string.h>

enum { MOST_MEMORIES = 1000, USUAL_OUTPUT = 1000 };

const struct store_variant *flight_variant(const struct run *run, int64_t key)
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

/* Parameters of the task's requests by chat. */
static struct chat chat_of(const struct run *run, const struct flight *f)
{
    const struct store_variant *v = f->variant;
    const struct run_endpoint *e = &run->o->endpoints[v->model];
    int64_t amount = budget_amount(v->level);
    bool live = !run->by_batch && !batch_wants(run, v);
    struct chat chat = {
        .model = e->model,
        .traits = &e->traits,
        .tools = v->asleep ? run->o->prompts->tools : STR(""),
        .temperature = v->temperature,
        .max_tokens = v->max_tokens,
        .effort = budget_effort(v->level),
        .seed = f->task.seed,
        .stream = run->o->config->stream && live,
        .background = live,
    };

    if (budget_kind_of(v->level) == BUDGET_THINKING) {
        chat.thinking_tokens = amount;
        chat.no_thinking = amount == 0;
    }
    return chat;
}

/* The next request's address and bytes. */
static void write_request(const struct run *run, struct flight *f)
{
    const struct run_endpoint *e = &run->o->endpoints[f->variant->model];
    struct buf path = BUF_INIT;

    buf_reset(&f->url);
    buf_reset(&f->body);
    dialogue_request(&f->dialogue, &path, &f->body);
    if (path.n)
        completions_url(e->base, buf_str(&path), &f->url);
    else
        buf_puts(&f->url, e->url);
    buf_release(&path);
}

static void build(struct run *run, struct flight *f)
{
    int64_t limit = f->variant->max_tokens;

    write_request(run, f);
    f->tokens = (double)token_count(buf_str(&f->body)) + (double)(limit > 0 ? limit : USUAL_OUTPUT);
    if (f->body.n == 0)
        f->tokens = 0; /* a look at a response that is charged when it is there */
    f->state = FLIGHT_READY;
    f->attempt = 0;
    f->held_ns = 0;
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

/* s1: the chat is rendered and thought about under a forced budget. */
static enum err_code start_forced(
    struct run *run, struct flight *f, struct str system, struct str user, struct err *err)
{
    const struct store_variant *v = f->variant;
    const struct run_endpoint *e = &run->o->endpoints[v->model];
    struct message *messages = arena_array(&f->arena, struct message, 2);
    struct forcing_limits limits = {
        .budget = budget_amount(v->level),
        .extensions = run->o->config->forced_extensions,
        .answer = v->max_tokens,
    };

    messages[0] = (struct message){.role = ROLE_SYSTEM, .text = arena_str(&f->arena, system)};
    messages[1] = (struct message){.role = ROLE_USER, .text = arena_str(&f->arena, user)};
    f->dialogue.form = DIALOGUE_FORCED;
    if (forcing_start(&f->dialogue.forced, &f->arena, &e->traits, e->model, messages, 2, limits,
            v->temperature, f->task.seed, err))
        return err->code;
    f->dialogue.forced.stream = run->o->config->stream;
    return OK;
}

static enum err_code start_answer(
    struct run *run, struct flight *f, struct str system, struct str user, struct err *err)
{
    enum budget_kind kind = budget_kind_of(f->variant->level);

    if (kind == BUDGET_FORCED)
        return start_forced(run, f, system, user, err);
    f->dialogue.form = DIALOGUE_ANSWER;
    answering_start(&f->dialogue.answer, &f->arena, system, user,
        str_eqc(run->o->config->answer_channel, "tool") ? run->o->prompts->answer_tools : STR(""),
        kind == BUDGET_STEPS ? budget_amount(f->variant->level) : 1);
    return OK;
}

/* log P(query | context) and log P(query): no words of ours are in such a request, but for the
 * space between the two, which counts as the query's. */
static enum err_code start_score(struct run *run, struct flight *f, struct err *err)
{
    const struct run_endpoint *e = &run->o->endpoints[f->variant->model];

    note_text(f, f->task.context_text, f->task.context_body, false);
    note_text(f, f->task.query_text, f->task.query_body, false);
    f->dialogue.form = DIALOGUE_SCORE;
    struct str query = str_c(arena_printf(&f->arena, " %.*s", STR_ARG(f->task.query_body)));
    return scoring_start(&f->dialogue.score, &f->arena, &e->traits, e->model, f->task.context_body,
        query, true, err);
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
        code = start_answer(run, f, buf_str(&system), buf_str(&user), err);
    }
    buf_release(&system);
    buf_release(&user);
    return code;
}

/* The memory block has a new text: it goes into the store, so that bytes can refer to it. */
enum err_code flight_note_memory(
    struct run *run, struct flight *f, struct str before, struct err *err)
{
    int64_t key;

    struct str memory = f->dialogue.sleep.memory;

    if (!f->variant->asleep || memory.p == before.p || memory.n == 0)
        return OK;
    if (store_text_put(run->o->store, memory, &key, err))
        return err->code;
    note_text(f, key, memory, false);
    return OK;
}

bool flight_is_awaited(const struct flight *f)
{
    return f->dialogue.background.name[0] != '\0';
}

struct again {
    struct run *run;
    struct flight *f;
};

static enum err_code again_response(
    enum outcome outcome, long status, struct str response, void *payload, struct err *err)
{
    struct again *a = payload;
    struct str before = a->f->dialogue.sleep.memory;
    bool broken = outcome == OUTCOME_HTTP_ERROR || outcome == OUTCOME_TIMEOUT;
    struct reply reply;

    arena_reset(&a->run->reply_arena);
    if (!outcome_is_result(outcome)) {
        if (!broken || status < 200 || status > 299) /* else half a response may be all there is */
            dialogue_missed(&a->f->dialogue, status, response, &a->run->reply_arena);
        return OK;
    }
    /* had the conversation been over, the task would be done */
    (void)dialogue_step(&a->f->dialogue, status, response, &a->run->reply_arena, &reply);
    if (reply.outcome != OUTCOME_PENDING)
        a->f->usage = usage_add(a->f->usage, reply.usage);
    return flight_note_memory(a->run, a->f, before, err);
}

/* The responses that are in the store lead the conversation to where it stood. */
static enum err_code catch_up(struct run *run, struct flight *f, struct err *err)
{
    struct again again = {run, f};
    struct dialogue *d = &f->dialogue;
    bool streamed = d->streamed, background = d->chat.background;

    if (f->task.calls == 0)
        return OK;
    /* some may have come as streams (a body shows whether it is one), some from the background */
    d->streamed = d->chat.background = true;
    enum err_code code =
        store_each_response(run->o->store, f->task.key, again_response, &again, err);
    d->streamed = streamed;
    d->chat.background = background || flight_is_awaited(f);
    return code;
}

/* Most responses of a sleep. */
static int64_t sleep_calls(const struct run *run, const struct store_variant *v)
{
    if (budget_kind_of(v->level) == BUDGET_STEPS)
        return budget_amount(v->level);
    return run->o->config->rethink_calls;
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
    f->dialogue.form = DIALOGUE_SLEEP;
    rethink_start(&f->dialogue.sleep, &f->arena, shared->text, buf_str(&user), c->memory_chars,
        sleep_calls(run, f->variant));
    buf_release(&user);
    return OK;
}

static enum err_code start(struct run *run, struct flight *f, size_t *ret_missing, struct err *err)
{
    const struct run_endpoint *e = &run->o->endpoints[f->variant->model];

    f->dialogue = (struct dialogue){
        .wire = e->provider, .chat = chat_of(run, f), .streamed = run->o->config->stream};
    if (f->variant->asleep)
        return start_asleep(run, f, err);
    if (f->variant->form == FORM_SCORE)
        return start_score(run, f, err);
    return start_awake(run, f, ret_missing, err);
}

enum err_code flight_start(struct run *run, struct flight *f, const struct store_task *task,
    bool *ret_started, bool *ret_skip, struct err *err)
{
    size_t missing = 0;

    arena_reset(&f->arena);
    f->task = *task;
    f->task.context_body = arena_str(&f->arena, task->context_body);
    f->task.query_body = arena_str(&f->arena, task->query_body);
    f->variant = flight_variant(run, task->variant);
    f->ntexts = 0;
    f->n = task->calls;
    f->lost = 0;
    f->usage = USAGE_UNKNOWN;
    enum err_code code = start(run, f, &missing, err);
    if (!code && missing == 0)
        code = catch_up(run, f, err);
    *ret_started = !code && missing == 0;
    *ret_skip = missing > 0 && run->asleep_busy == 0;
    if (*ret_started) {
        build(run, f);
        run->busy++;
        run->asleep_busy += f->variant->asleep;
    }
    return code;
}

void flight_restyle(struct run *run, struct flight *f, int style)
{
    struct dialogue *d = &f->dialogue;

    if (style % 2 == 0) {
        d->streamed = !d->streamed;
        d->chat.stream = d->streamed;
        d->forced.stream = d->streamed;
    } else {
        d->chat.background = !d->chat.background;
    }
    write_request(run, f);
}

void flight_next(struct run *run, struct flight *f)
{
    build(run, f);
    f->lost = 0;
}

void flight_poll(struct run *run, struct flight *f)
{
    const struct config *c = run->o->config;

    build(run, f);
    f->attempt = f->lost;
    f->state = FLIGHT_WAITING;
    f->held_ns = background_pause_ms(&f->dialogue.background, c->poll_s, c->deadline_s) * 1000000;
    f->retry_at_ns = f->ready_ns + f->held_ns;
}

void flight_anew(struct run *run, struct flight *f)
{
    build(run, f);
    f->attempt = ++f->lost;
}
