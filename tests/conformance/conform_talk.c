/* conform_talk.c - the program's conversations behind one face; see conform_talk.h. */
#include "tests/conformance/conform_talk.h"

#include "harness/run/dialogue.h"

enum talk_kind { TALK_CALL, TALK_SLEEP, TALK_FORCING, TALK_SCORING, TALK_FETCH, TALK_KINDS };

struct talk {
    const struct conform_case *c;
    struct ask *ask;
    enum talk_kind kind;
    struct dialogue d;
    int64_t round, rounds;
    bool over; /* said by the conversation when it took the last response */
};

static bool yes(const struct conform_case *c, const char *key)
{
    return str_eqc(case_value(c, key), "yes");
}

/* --- the beginning of a round
 * --------------------------------------------------------------------- */

static enum err_code start_chat(struct talk *t)
{
    bool sleep = t->kind == TALK_SLEEP || yes(t->c, "tools");
    int64_t most = t->kind == TALK_SLEEP ? case_int(t->c, "rethink_calls", 5) : 1;

    t->d.form = sleep ? DIALOGUE_SLEEP : DIALOGUE_ANSWER;
    if (sleep)
        rethink_start(&t->d.sleep, t->c->arena, t->ask->system, t->ask->user,
            case_int(t->c, "memory_chars", 2000), most);
    else
        answering_start(&t->d.answer, t->c->arena, t->ask->system, t->ask->user, STR(""), 1);
    t->d.chat.tools = sleep ? t->ask->tools : STR("");
    return OK;
}

static enum err_code start_forcing(struct talk *t, struct err *err)
{
    struct forcing_limits limits = {.budget = case_int(t->c, "budget", 100),
        .extensions = case_int(t->c, "extensions", 0),
        .answer = case_int(t->c, "answer_tokens", 50)};

    t->d.form = DIALOGUE_FORCED;
    if (forcing_start(&t->d.forced, t->c->arena, &t->ask->traits, t->ask->chat.model,
            t->ask->messages, 2, limits, t->ask->chat.temperature, t->ask->chat.seed, err))
        return err->code;
    t->d.forced.stream = t->d.streamed;
    return OK;
}

static enum err_code start_scoring(struct talk *t, struct err *err)
{
    t->d.form = DIALOGUE_SCORE;
    return scoring_start(&t->d.score, t->c->arena, &t->ask->traits, t->ask->chat.model,
        case_text(t->c->arena, case_value(t->c, "context")),
        case_text(t->c->arena, case_value(t->c, "query")), yes(t->c, "alone"), err);
}

static enum err_code begin_round(struct talk *t, struct err *err)
{
    t->d = (struct dialogue){
        .wire = t->ask->provider, .chat = t->ask->chat, .streamed = ask_streams(t->c, t->round)};
    t->d.chat.stream = t->d.streamed;
    t->over = false;
    if (t->kind == TALK_FORCING)
        return start_forcing(t, err);
    if (t->kind == TALK_SCORING)
        return start_scoring(t, err);
    return start_chat(t);
}

enum err_code talk_new(
    const struct conform_case *c, struct ask *ask, struct talk **ret, struct err *err)
{
    static const char *const names[TALK_KINDS] = {"call", "sleep", "forcing", "scoring", "fetch"};
    const struct case_section *fetch = case_section(c, "fetch", 0);
    struct str kind = case_value(c, "kind");
    struct talk *t = xcalloc(1, sizeof *t);
    enum err_code code;

    *t = (struct talk){.c = c,
        .ask = ask,
        .kind = kind.n ? TALK_KINDS : TALK_CALL,
        .round = 1,
        .rounds = fetch ? (int64_t)fetch->nlines : case_int(c, "rounds", 1)};
    for (size_t i = 0; i < TALK_KINDS; i++)
        if (str_eqc(kind, names[i]))
            t->kind = (enum talk_kind)i;
    if (t->kind == TALK_KINDS || (t->kind == TALK_FETCH && !fetch))
        code = err_set(
            err, ERR_INPUT, "kind %.*s is not known, or there is nothing to fetch", STR_ARG(kind));
    else
        code = begin_round(t, err);
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

/* --- requests and responses
 * ------------------------------------------------------------------------ */

void talk_request(struct talk *t, struct str base, struct buf *url, struct buf *body)
{
    struct buf path = BUF_INIT;

    if (t->kind == TALK_FETCH)
        buf_str_add(&path, case_section(t->c, "fetch", 0)->lines[t->round - 1].value);
    else
        dialogue_request(&t->d, &path, body);
    if (path.n)
        completions_url(base, buf_str(&path), url);
    else
        provider_url(t->ask->provider, base, url);
    buf_release(&path);
}

void talk_read(struct talk *t, long status, struct str body, struct reply *ret)
{
    if (t->kind == TALK_FETCH) {
        *ret = (struct reply){.usage = USAGE_UNKNOWN, .content = body};
        ret->outcome = status == 200 ? OUTCOME_OK : provider_status(status, &ret->retry);
        t->over = status == 200;
        return;
    }
    t->over = dialogue_step(&t->d, status, body, t->c->arena, ret);
    if (t->d.form == DIALOGUE_ANSWER && outcome_is_result(ret->outcome))
        ret->content = dialogue_content(&t->d);
}

enum err_code talk_next(struct talk *t, bool taken, struct talk_state *ret, struct err *err)
{
    ret->round_over = !taken || t->over;
    ret->over = ret->round_over && t->round >= t->rounds;
    if (!ret->round_over)
        return OK;
    t->round++;
    return ret->over || t->kind == TALK_FETCH ? OK : begin_round(t, err);
}

/* --- the end
 * ----------------------------------------------------------------------------------------- */

static void sleep_facts(const struct rethink *r, struct facts *f)
{
    facts_add(f, "memory", r->memory);
    facts_printf(f, "sleep_outcome", "%s", outcome_text(r->last));
    facts_printf(f, "sleep_calls", "%lld", (long long)r->calls);
    facts_printf(f, "rethinks", "%lld", (long long)r->rethinks);
    facts_printf(f, "refused", "%lld", (long long)r->refused);
}

static void forced_facts(const struct forcing *g, struct facts *f)
{
    static const char *const ends[] = {"none", "natural", "forced", "skipped"};

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

static void score_facts(const struct scoring *g, struct facts *f)
{
    const struct score *s = &g->given;

    facts_printf(f, "logprob", "%.4f", s->logprob);
    facts_printf(f, "alone", "%.4f", g->alone.logprob);
    facts_printf(f, "tokens", "%zu", s->tokens);
    facts_printf(f, "unscored", "%zu", s->unscored);
    facts_printf(f, "clamped", "%zu", s->clamped);
    facts_printf(f, "bytes", "%lld", (long long)s->bytes);
    facts_printf(f, "boundary_merged", "%s", s->boundary_merged ? "yes" : "no");
    facts_printf(f, "boundary_shift", "%lld", (long long)s->boundary_shift);
    facts_printf(f, "double_bos", "%s", s->double_bos ? "yes" : "no");
    facts_printf(f, "over", "%s", g->phase == SCORING_OVER ? "yes" : "no");
}

void talk_facts(const struct talk *t, struct facts *f)
{
    facts_printf(f, "rounds", "%lld", (long long)t->round - 1);
    if (t->kind == TALK_SLEEP)
        sleep_facts(&t->d.sleep, f);
    else if (t->kind == TALK_FORCING)
        forced_facts(&t->d.forced, f);
    else if (t->kind == TALK_SCORING)
        score_facts(&t->d.score, f);
}
