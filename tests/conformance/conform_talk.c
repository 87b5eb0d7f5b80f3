/* conform_talk.c - the machines that ask, behind one face; see conform_talk.h. */
#include "tests/conformance/conform_talk.h"

#include "harness/run/forcing.h"
#include "harness/run/rethink.h"
#include "harness/provider/scoring.h"

struct talk {
    const struct conform_case *c;
    struct ask *ask;
    const struct talk_kind *kind;
    int64_t round, rounds;
    bool over; /* a machine that steps while it reads has said so */
    struct rethink rethink;
    struct forcing forcing;
    struct scoring scoring;
};

struct talk_kind {
    const char *name;
    enum err_code (*start)(struct talk *t, struct err *err);
    void (*request)(struct talk *t, struct str base, struct buf *url, struct buf *body);
    void (*read)(struct talk *t, long status, struct str body, struct reply *ret);
    bool (*step)(struct talk *t, const struct reply *reply);
    void (*facts)(const struct talk *t, struct facts *f);
};

/* --- call ---------------------------------------------------------------------------------------
 */

static enum err_code call_start(struct talk *t, struct err *err)
{
    (void)t, (void)err;
    return OK;
}

static void call_request(struct talk *t, struct str base, struct buf *url, struct buf *body)
{
    struct chat chat = t->ask->chat;

    chat.stream = ask_streams(t->c, t->round);
    provider_url(t->ask->provider, base, url);
    t->ask->provider->build(&chat, body);
}

static void call_read(struct talk *t, long status, struct str body, struct reply *ret)
{
    t->ask->provider->read(status, body, ask_streams(t->c, t->round), t->c->arena, ret);
}

static bool call_step(struct talk *t, const struct reply *reply)
{
    (void)reply;
    return t->round++ >= t->rounds;
}

static void call_facts(const struct talk *t, struct facts *f)
{
    facts_printf(f, "rounds", "%lld", (long long)t->round - 1);
}

/* --- sleep --------------------------------------------------------------------------------------
 */

static enum err_code sleep_start(struct talk *t, struct err *err)
{
    (void)err;
    rethink_start(&t->rethink, t->c->arena, t->ask->system, t->ask->user,
        case_int(t->c, "memory_chars", 2000), case_int(t->c, "rethink_calls", 5));
    return OK;
}

static void sleep_request(struct talk *t, struct str base, struct buf *url, struct buf *body)
{
    struct chat chat = t->ask->chat;

    chat.messages = t->rethink.messages;
    chat.n = t->rethink.n;
    chat.tools = t->ask->tools;
    provider_url(t->ask->provider, base, url);
    t->ask->provider->build(&chat, body);
}

static bool sleep_step(struct talk *t, const struct reply *reply)
{
    t->round++;
    return !outcome_is_result(reply->outcome) || rethink_step(&t->rethink, reply);
}

static void sleep_facts(const struct talk *t, struct facts *f)
{
    facts_add(f, "memory", t->rethink.memory);
    facts_printf(f, "sleep_outcome", "%s", outcome_text(t->rethink.last));
    facts_printf(f, "sleep_calls", "%lld", (long long)t->rethink.calls);
    facts_printf(f, "rethinks", "%lld", (long long)t->rethink.rethinks);
    facts_printf(f, "refused", "%lld", (long long)t->rethink.refused);
}

/* --- forcing ------------------------------------------------------------------------------------
 */

static enum err_code forced_start(struct talk *t, struct err *err)
{
    struct forcing_limits limits = {.budget = case_int(t->c, "budget", 100),
        .extensions = case_int(t->c, "extensions", 0),
        .answer = case_int(t->c, "answer_tokens", 50)};

    if (forcing_start(&t->forcing, t->c->arena, &t->ask->traits, t->ask->chat.model,
            t->ask->messages, 2, limits, t->ask->chat.temperature, t->ask->chat.seed, err))
        return err->code;
    t->forcing.stream = ask_streams(t->c, 1);
    return OK;
}

static void forced_request(struct talk *t, struct str base, struct buf *url, struct buf *body)
{
    struct buf path = BUF_INIT;

    forcing_request(&t->forcing, &path, body);
    completions_url(base, buf_str(&path), url);
    buf_release(&path);
}

static void forced_read(struct talk *t, long status, struct str body, struct reply *ret)
{
    t->over = forcing_step(&t->forcing, status, body, ret);
}

static bool machine_step(struct talk *t, const struct reply *reply)
{
    (void)reply;
    t->round++;
    return t->over;
}

static void forced_facts(const struct talk *t, struct facts *f)
{
    static const char *const ends[] = {"none", "natural", "forced", "skipped"};
    const struct forcing *g = &t->forcing;

    facts_add(f, "content", g->content);
    facts_add(f, "reasoning", g->reasoning);
    facts_printf(f, "thinking", "%lld", (long long)g->thinking);
    facts_printf(f, "injected", "%lld", (long long)g->injected);
    facts_printf(f, "generated", "%lld", (long long)g->generated);
    facts_printf(f, "answer", "%lld", (long long)g->answer);
    facts_printf(f, "used", "%lld", (long long)g->used);
    facts_printf(f, "ended", "%s", ends[g->ended]);
    facts_printf(f, "violated", "%s",
        g->thinking_violated ? "thinking"
        : g->answer_violated ? "answer"
                             : "no");
    facts_printf(f, "estimated", "%s", g->estimated ? "yes" : "no");
    facts_printf(f, "over", "%s", g->phase == FORCING_OVER ? "yes" : "no");
}

/* --- scoring ------------------------------------------------------------------------------------
 */

static enum err_code score_start(struct talk *t, struct err *err)
{
    return scoring_start(&t->scoring, t->c->arena, &t->ask->traits, t->ask->chat.model,
        case_text(t->c->arena, case_value(t->c, "context")),
        case_text(t->c->arena, case_value(t->c, "query")),
        str_eqc(case_value(t->c, "alone"), "yes"), err);
}

static void score_request(struct talk *t, struct str base, struct buf *url, struct buf *body)
{
    struct buf path = BUF_INIT;

    scoring_request(&t->scoring, &path, body);
    completions_url(base, buf_str(&path), url);
    buf_release(&path);
}

static void score_read(struct talk *t, long status, struct str body, struct reply *ret)
{
    t->over = scoring_step(&t->scoring, status, body, ret);
}

static void score_facts(const struct talk *t, struct facts *f)
{
    const struct score *s = &t->scoring.given;

    facts_printf(f, "logprob", "%.4f", s->logprob);
    facts_printf(f, "alone", "%.4f", t->scoring.alone.logprob);
    facts_printf(f, "tokens", "%zu", s->tokens);
    facts_printf(f, "unscored", "%zu", s->unscored);
    facts_printf(f, "clamped", "%zu", s->clamped);
    facts_printf(f, "bytes", "%lld", (long long)s->bytes);
    facts_printf(f, "boundary_merged", "%s", s->boundary_merged ? "yes" : "no");
    facts_printf(f, "boundary_shift", "%lld", (long long)s->boundary_shift);
    facts_printf(f, "double_bos", "%s", s->double_bos ? "yes" : "no");
    facts_printf(f, "over", "%s", t->scoring.phase == SCORING_OVER ? "yes" : "no");
}

/* --- fetch --------------------------------------------------------------------------------------
 */

static enum err_code fetch_start(struct talk *t, struct err *err)
{
    const struct case_section *s = case_section(t->c, "fetch", 0);

    if (!s)
        return err_set(err, ERR_INPUT, "nothing to fetch");
    t->rounds = (int64_t)s->nlines;
    return OK;
}

static void fetch_request(struct talk *t, struct str base, struct buf *url, struct buf *body)
{
    const struct case_section *s = case_section(t->c, "fetch", 0);

    (void)body;
    completions_url(base, s->lines[t->round - 1].value, url);
}

static void fetch_read(struct talk *t, long status, struct str body, struct reply *ret)
{
    (void)t;
    *ret = (struct reply){.usage = USAGE_UNKNOWN, .content = body};
    ret->outcome = status == 200 ? OUTCOME_OK : provider_status(status, &ret->retry);
}

static const struct talk_kind kinds[] = {
    {"call", call_start, call_request, call_read, call_step, call_facts},
    {"sleep", sleep_start, sleep_request, call_read, sleep_step, sleep_facts},
    {"forcing", forced_start, forced_request, forced_read, machine_step, forced_facts},
    {"scoring", score_start, score_request, score_read, machine_step, score_facts},
    {"fetch", fetch_start, fetch_request, fetch_read, call_step, call_facts},
};

enum err_code talk_new(
    const struct conform_case *c, struct ask *ask, struct talk **ret, struct err *err)
{
    struct str kind = case_value(c, "kind");
    struct talk *t = xcalloc(1, sizeof *t);

    *t = (struct talk){.c = c, .ask = ask, .round = 1, .rounds = case_int(c, "rounds", 1)};
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (str_eqc(kind.n ? kind : STR("call"), kinds[i].name))
            t->kind = &kinds[i];
    enum err_code code =
        t->kind ? t->kind->start(t, err) : err_set(err, ERR_INPUT, "no kind %.*s", STR_ARG(kind));
    if (code)
        free(t);
    else
        *ret = t;
    return code;
}

void talk_free(struct talk *t)
{
    free(t);
}

void talk_request(
    struct talk *t, struct str base, struct buf *url, struct buf *body, bool *ret_post)
{
    *ret_post = t->kind->request != fetch_request;
    t->kind->request(t, base, url, body);
}

void talk_read(struct talk *t, long status, struct str body, struct reply *ret)
{
    t->kind->read(t, status, body, ret);
}

bool talk_step(struct talk *t, const struct reply *reply)
{
    return t->kind->step(t, reply);
}

void talk_facts(const struct talk *t, struct facts *f)
{
    t->kind->facts(t, f);
}
