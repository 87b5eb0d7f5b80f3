/*
 * forcing.c - the states of budget forcing; the requests are in forcing_wire.c, the responses of
 * continued chats in forcing_chat.c.
 *
 * A response is read whole before anything of the machine changes, so an attempt that failed leaves
 * no trace.
 */
#include "harness/run/forcing.h"

#include "harness/base/token.h"
#include "harness/provider/completions_template.h"
#include "harness/provider/completions_token.h"
#include "harness/run/forcing_impl.h"

#include <string.h>

static const struct forcing_dialect dialects[] = {
    {"completions", FORM_RAW, NULL},
    {"deepseek-prefix", FORM_DEEPSEEK, "~/beta/chat/completions"},
    {"llama.cpp", FORM_RAW, NULL},
    {"mistral-prefix", FORM_MISTRAL, "/chat/completions"},
    {"prefix", FORM_PREFIX, "/chat/completions"},
    {"sglang", FORM_RAW, NULL},
    {"vllm", FORM_RAW, NULL},
};

static const struct forcing_dialect *find(struct str name)
{
    for (size_t i = 0; i < ARRAY_LEN(dialects); i++)
        if (str_eqc(name, dialects[i].name))
            return &dialects[i];
    return NULL;
}

bool forcing_known(struct str dialect)
{
    return find(dialect) != NULL;
}

/* ---- small parts ----------------------------------------------------------------------------- */

static struct str joined(struct arena *arena, struct str a, struct str b)
{
    struct buf text = BUF_INIT;

    buf_str_add(&text, a);
    buf_str_add(&text, b);
    struct str both = arena_str(arena, buf_str(&text));
    buf_release(&text);
    return both;
}

static void add_ids(struct forcing *f, struct token_ids ids)
{
    for (size_t i = 0; i < ids.n; i++) {
        ARENA_GROW(f->arena, f->ids, f->nids, f->ids_cap);
        f->ids[f->nids++] = ids.v[i];
    }
}

static bool by_ids(const struct forcing *f)
{
    return f->raw && completions_has_ids(f->raw);
}

/* Index of the first `part` in ids, or SIZE_MAX. */
static size_t find_ids(struct token_ids ids, struct token_ids part)
{
    for (size_t i = 0; part.n && i + part.n <= ids.n; i++)
        if (memcmp(ids.v + i, part.v, part.n * sizeof *part.v) == 0)
            return i;
    return SIZE_MAX;
}

static bool ends_with_ids(struct token_ids ids, struct token_ids part)
{
    return part.n && ids.n >= part.n &&
           memcmp(ids.v + (ids.n - part.n), part.v, part.n * sizeof *part.v) == 0;
}

bool forcing_refuse(struct forcing *f, struct reply *ret, const char *fmt, ...)
{
    struct buf text = BUF_INIT;
    va_list ap;

    va_start(ap, fmt);
    buf_vprintf(&text, fmt, ap);
    va_end(ap);
    ret->outcome = OUTCOME_REJECTED;
    ret->retry = false;
    ret->error = arena_str(f->arena, buf_str(&text));
    buf_release(&text);
    return true;
}

int64_t forcing_count(struct forcing *f, int64_t told, struct str text)
{
    if (told >= 0)
        return told;
    f->estimated = true;
    return (int64_t)token_count(text);
}

static void fill(struct reply *ret, const struct completion_reply *r)
{
    ret->outcome = r->outcome;
    ret->usage = r->usage;
    ret->error = r->error;
    ret->retry = r->retry;
    ret->finish = r->finish;
}

/* ---- start ----------------------------------------------------------------------------------- */

static void start_local(struct forcing *f)
{
    struct buf text = BUF_INIT;

    completions_template(f->traits, f->messages, f->n, &text);
    buf_str_add(&text, f->traits->think_open);
    if (f->limits.budget == 0)
        buf_str_add(&text, f->traits->think_close);
    f->prompt = arena_str(f->arena, buf_str(&text));
    buf_release(&text);
}

static enum forcing_phase first_phase(const struct forcing *f)
{
    if (f->raw && completions_renders(f->raw) != COMPLETIONS_RENDER_LOCAL)
        return FORCING_RENDER;
    if (by_ids(f))
        return FORCING_ENCODE;
    return f->limits.budget == 0 ? FORCING_ANSWER : FORCING_THINK;
}

enum err_code forcing_start(struct forcing *f, struct arena *arena, const struct traits *traits,
    struct str model, const struct message *messages, size_t n, struct forcing_limits limits,
    double temperature, int64_t seed, struct err *err)
{
    const struct forcing_dialect *d = find(traits->forcing);

    if (!d)
        return err_set(err, ERR_USAGE,
            "model %.*s: budgets cannot be forced by \"%.*s\" (trait forcing)", STR_ARG(model),
            STR_ARG(traits->forcing));
    if (d->form != FORM_DEEPSEEK && d->form != FORM_MISTRAL && traits->think_close.n == 0)
        return err_set(err, ERR_USAGE,
            "model %.*s: budget forcing by %s needs the delimiter that closes the thinking (trait "
            "think_close)",
            STR_ARG(model), d->name);
    if (limits.budget < 0 || limits.extensions < 0)
        return err_set(
            err, ERR_USAGE, "model %.*s: a forced budget is 0 or more tokens", STR_ARG(model));
    *f = (struct forcing){.arena = arena,
        .dialect = d,
        .raw = d->form == FORM_RAW ? completions_find(str_c(d->name)) : NULL,
        .traits = traits,
        .model = model,
        .messages = messages,
        .n = n,
        .limits = limits,
        .temperature = temperature,
        .seed = seed,
        .content = {"", 0},
        .reasoning = {"", 0}};
    if (limits.budget == 0)
        f->ended = FORCING_END_SKIPPED;
    f->phase = first_phase(f);
    if (f->raw && f->phase != FORCING_RENDER)
        start_local(f);
    return OK;
}

/* ---- thinking -------------------------------------------------------------------------------- */

/* Text behind the thinking; what is asked next is for `after`. */
static void put_in(struct forcing *f, struct str text, enum forcing_phase after)
{
    f->phase = after;
    if (by_ids(f)) {
        f->pending = text;
        f->after = after;
        f->phase = FORCING_INJECT;
    } else if (f->raw) {
        f->prompt = joined(f->arena, f->prompt, text);
    }
}

/* Of what is put in where no ids tell: by token.h. */
static void count_injected(struct forcing *f, struct str text)
{
    int64_t n = by_ids(f) ? 0 : (int64_t)token_count(text);

    f->injected += n;
    f->thinking += n;
}

void forcing_segment(struct forcing *f, struct str text, int64_t count, int64_t kept, bool by_limit)
{
    int64_t most = forcing_most(f);

    f->thinking_violated = f->thinking_violated || count > most + (by_ids(f) ? 0 : 1);
    f->generated += count;
    f->thinking += kept;
    f->reasoning = joined(f->arena, f->reasoning, text);
    if (!by_limit && f->used < f->limits.extensions && f->generated < f->limits.budget) {
        f->used++;
        f->reasoning = joined(f->arena, f->reasoning, FORCING_WAIT);
        count_injected(f, FORCING_WAIT);
        put_in(f, FORCING_WAIT, FORCING_THINK);
    } else {
        f->ended = by_limit ? FORCING_END_FORCED : FORCING_END_NATURAL;
        put_in(f, forcing_closing(f), FORCING_ANSWER);
    }
}

/* The last segment is as it shall be. */
static void take_last(struct forcing *f, bool by_limit)
{
    int64_t kept = by_ids(f) ? (int64_t)f->last.ids.n : f->last_count;

    add_ids(f, f->last.ids);
    if (f->raw)
        f->prompt = joined(f->arena, f->prompt, f->last.text);
    f->phase = FORCING_THINK;
    forcing_segment(f, f->last.text, f->last_count, kept, by_limit);
}

/* The text holds the closing delimiter: the server has not stopped there. */
static void cut_at_closer(struct forcing *f, size_t at)
{
    size_t i = find_ids(f->last.ids, f->closer);

    f->last.text = str_slice(f->last.text, 0, at);
    if (!by_ids(f) || i != SIZE_MAX) {
        f->last.ids.n = by_ids(f) ? i : 0;
        take_last(f, false);
    } else {
        f->phase = FORCING_RESPELL;
    }
}

/* Servers give the ids of a stop, too, or they do not; the text ends in front of it. */
static void cut_stop(struct forcing *f)
{
    struct token_ids *ids = &f->last.ids;

    if (f->last.stop_id >= 0) {
        if (ids->n && ids->v[ids->n - 1] == f->last.stop_id)
            ids->n--;
        take_last(f, false);
    } else if (ends_with_ids(*ids, f->closer)) {
        ids->n -= f->closer.n;
        take_last(f, false);
    } else {
        f->phase = f->last.text.n ? FORCING_RESPELL : FORCING_THINK;
        ids->n = 0;
        if (f->phase == FORCING_THINK)
            take_last(f, false);
    }
}

static void take_thinking(struct forcing *f)
{
    size_t at = str_find(f->last.text, f->traits->think_close, 0);

    if (at != SIZE_MAX)
        cut_at_closer(f, at);
    else if (f->last.end == COMPLETION_LIMIT || !by_ids(f) || f->last.ids.n == 0)
        take_last(f, f->last.end == COMPLETION_LIMIT);
    else if (f->last.end == COMPLETION_STOP)
        cut_stop(f);
    else
        f->phase = FORCING_TRIM;
}

/* ---- responses of completions ---------------------------------------------------------------- */

static bool says(struct str text, const char *part)
{
    struct str needle = str_c(part);

    for (size_t i = 0; i + needle.n <= text.n; i++)
        if (str_eq_nocase(str_slice(text, i, i + needle.n), needle))
            return true;
    return false;
}

/* Ids beyond the vocabulary can be sampled (padding rows of the matrix) and not be given back. */
static void explain_refusal(const struct forcing *f, struct reply *ret)
{
    bool vocabulary = says(ret->error, "vocab") || says(ret->error, "token id");

    if (ret->outcome == OUTCOME_REJECTED && by_ids(f) && vocabulary)
        ret->error = str_c(arena_printf(f->arena,
            "the server refuses a token id that it has made itself, beyond its vocabulary: %.*s",
            STR_ARG(ret->error)));
}

/* Reads a completion; false if the step ends here, with what it returns. */
static bool read_completion(struct forcing *f, long status, struct str body,
    struct completion_reply *r, struct reply *ret, bool *ret_over)
{
    const struct completion asked = forcing_completion(f);

    completions_read(&asked, status, body, f->arena, r);
    fill(ret, r);
    if (r->outcome != OUTCOME_OK) {
        explain_refusal(f, ret);
        *ret_over = !r->retry;
        if (outcome_is_result(r->outcome))
            f->phase = FORCING_OVER;
    } else if (by_ids(f) && !r->has_ids) {
        *ret_over = forcing_refuse(f, ret,
            "the server gives no token ids back (it may be older than its dialect %s): budgets can "
            "be forced there by text, with the dialect completions",
            f->dialect->name);
    } else if (r->truncated || (by_ids(f) && r->in >= 0 && r->in != (int64_t)f->nids)) {
        *ret_over = forcing_refuse(f, ret,
            "the server has read %lld tokens of a prompt of %zu: it cuts it or adds to it",
            (long long)r->in, f->nids);
    } else {
        return true;
    }
    return false;
}

static bool raw_think(struct forcing *f, long status, struct str body, struct reply *ret)
{
    struct completion_reply r;
    bool over = false;

    if (!read_completion(f, status, body, &r, ret, &over))
        return over;
    int64_t told = r.has_ids && r.out < (int64_t)r.ids.n ? (int64_t)r.ids.n : r.out;
    if (ret->usage.out_visible > 0 && ret->usage.out_reasoning <= 0) {
        ret->usage.out_reasoning = ret->usage.out_visible;
        ret->usage.out_visible = 0;
    }
    ret->reasoning = r.text;
    f->last = r;
    f->last_count = forcing_count(f, told, r.text);
    take_thinking(f);
    return false;
}

void forcing_finish(struct forcing *f, struct str content, int64_t count, struct reply *ret)
{
    f->answer = count;
    f->content = content;
    f->answer_violated = f->limits.answer > 0 && count > f->limits.answer + (by_ids(f) ? 0 : 1);
    f->phase = FORCING_OVER;
    ret->content = f->content;
    ret->reasoning = f->reasoning;
}

static bool raw_answer(struct forcing *f, long status, struct str body, struct reply *ret)
{
    struct completion_reply r;
    bool over = false;

    if (!read_completion(f, status, body, &r, ret, &over))
        return over;
    bool limit = r.end == COMPLETION_LIMIT;
    int64_t told = r.has_ids && r.out < (int64_t)r.ids.n ? (int64_t)r.ids.n : r.out;
    if (str_trim(r.text).n)
        ret->outcome = limit ? OUTCOME_TRUNCATED : OUTCOME_OK;
    else
        ret->outcome = limit ? OUTCOME_NO_ANSWER_BUDGET : OUTCOME_REASONING_ONLY;
    forcing_finish(f, r.text, forcing_count(f, told, r.text), ret);
    return true;
}

/* ---- responses of the tokenizer -------------------------------------------------------------- */

static bool ends_open(const struct forcing *f, struct str text)
{
    return f->traits->think_open.n == 0 ||
           str_ends(str_trim(text), str_trim(f->traits->think_open));
}

/* What the prompt still lacks: delimiters. */
static struct str lacking(const struct forcing *f, struct str tail)
{
    return str_c(arena_printf(f->arena, "%.*s%.*s",
        STR_ARG(ends_open(f, tail) ? STR("") : f->traits->think_open),
        STR_ARG(f->limits.budget == 0 ? f->traits->think_close : STR(""))));
}

static void take_rendered(struct forcing *f, const struct completion_reply *r)
{
    if (completions_renders(f->raw) == COMPLETIONS_RENDER_IDS) {
        add_ids(f, r->ids);
        f->phase = FORCING_LOOK;
    } else {
        f->prompt = joined(f->arena, r->text, lacking(f, r->text));
        f->phase = FORCING_ENCODE;
    }
}

static void take_injected(struct forcing *f, struct token_ids ids)
{
    size_t closer = find_ids(ids, f->closer);
    size_t inside = 0; /* of the thinking */

    if (f->ended == FORCING_END_NONE && str_eq(f->pending, FORCING_WAIT))
        inside = ids.n;
    else if (f->ended == FORCING_END_FORCED)
        inside = closer != SIZE_MAX ? closer : str_starts(f->pending, STR("\n"));
    f->injected += (int64_t)inside;
    f->thinking += (int64_t)inside;
    add_ids(f, ids);
    f->pending = STR("");
    f->phase = f->after;
}

/* Is the last id text, or the end of the turn? The text of the segment does not have that. */
static void take_spelled(struct forcing *f, struct str piece)
{
    bool partial = str_find(piece, STR("\xEF\xBF\xBD"), 0) != SIZE_MAX;

    if (piece.n == 0 || (!partial && !str_ends(f->last.text, piece)))
        f->last.ids.n--;
    take_last(f, false);
}

static void take_tokens(struct forcing *f, const struct completion_reply *r)
{
    bool skip = f->limits.budget == 0;

    switch (f->phase) {
    case FORCING_RENDER:
        take_rendered(f, r);
        return;
    case FORCING_ENCODE:
        add_ids(f, r->ids);
        f->phase = skip ? FORCING_ANSWER : FORCING_CLOSER;
        return;
    case FORCING_LOOK:
        f->pending = lacking(f, r->text);
        f->after = skip ? FORCING_ANSWER : FORCING_THINK;
        f->phase = skip ? FORCING_INJECT : FORCING_CLOSER;
        return;
    case FORCING_CLOSER:
        f->closer = r->ids;
        f->after = FORCING_THINK;
        f->phase = f->pending.n ? FORCING_INJECT : FORCING_THINK;
        return;
    case FORCING_INJECT:
        take_injected(f, r->ids);
        return;
    case FORCING_TRIM:
        take_spelled(f, r->text);
        return;
    default:
        f->last.ids = r->ids;
        f->respelled++;
        take_last(f, false);
    }
}

static bool is_text(const struct forcing *f)
{
    if (f->phase == FORCING_RENDER)
        return completions_renders(f->raw) == COMPLETIONS_RENDER_TEXT;
    return f->phase == FORCING_LOOK || f->phase == FORCING_TRIM;
}

static bool tokens(struct forcing *f, long status, struct str body, struct reply *ret)
{
    struct completion_reply r;

    if (is_text(f))
        completions_read_text(status, body, f->arena, &r);
    else
        completions_read_ids(status, body, f->arena, &r);
    fill(ret, &r);
    if (r.outcome != OUTCOME_OK)
        return !r.retry;
    if (!is_text(f) && r.ids.n == 0 && f->phase != FORCING_RESPELL)
        return forcing_refuse(f, ret, "the server makes no token ids of a text that is not empty");
    take_tokens(f, &r);
    return false;
}

bool forcing_step(struct forcing *f, long status, struct str body, struct reply *ret)
{
    *ret = (struct reply){.outcome = OUTCOME_NONE, .usage = USAGE_UNKNOWN};
    switch (f->phase) {
    case FORCING_THINK:
        return f->raw ? raw_think(f, status, body, ret) : forcing_chat_think(f, status, body, ret);
    case FORCING_ANSWER:
        return f->raw ? raw_answer(f, status, body, ret)
                      : forcing_chat_answer(f, status, body, ret);
    case FORCING_OVER:
        BUG("budget forcing is over: there is nothing to answer");
    default:
        return tokens(f, status, body, ret);
    }
}
