/*
 * scoring.c - asking for log-probabilities and summing those of the query; see scoring.h.
 *
 * Two passes where log P(query) is asked for, too: the second has an empty context. In token ids
 * both begin with what the tokenizer puts in front of an empty text.
 */
#include "harness/provider/scoring.h"

#include "harness/provider/completions_token.h"
#include "harness/provider/scoring_align.h"

#include <math.h>
#include <string.h>

struct scoring_dialect {
    const char *name;
    const char *completions; /* dialect of completions.h */
    bool ids;
    bool echo;          /* echo and logprobs; otherwise parameters of their own */
    bool late;          /* its list starts where the query does, with an entry that is null */
    int64_t max_tokens; /* least that the server takes */
};

static const struct scoring_dialect dialects[] = {
    {"echo", "completions", false, true, false, 0},
    {"echo-1", "completions", false, true, false, 1},
    {"phantom", "completions", false, true, false, 0},
    {"sglang", "sglang", true, false, true, 1},
    {"together", "completions", false, true, false, 1},
    {"vllm", "vllm", true, false, false, 1},
    {"vllm-echo", "vllm", true, true, false, 0},
};

enum { CLAMPED = -9999 }; /* what servers give for minus infinity, which JSON does not have */

static const double ROUNDING = 1e-3; /* a logarithm may be so much above 0 */

static const struct scoring_dialect *find(struct str name)
{
    for (size_t i = 0; i < ARRAY_LEN(dialects); i++)
        if (str_eqc(name, dialects[i].name))
            return &dialects[i];
    return NULL;
}

bool scoring_known(struct str dialect)
{
    return find(dialect) != NULL;
}

static const struct completions_dialect *wire(const struct scoring *s)
{
    return completions_find(str_c(s->dialect->completions));
}

static struct str context_of(const struct scoring *s)
{
    return s->second ? STR("") : s->context;
}

static void start_pass(struct scoring *s)
{
    struct str context = context_of(s);
    struct buf full = BUF_INIT;

    buf_str_add(&full, context);
    buf_str_add(&full, s->query);
    s->full = arena_str(s->arena, buf_str(&full));
    buf_release(&full);
    s->double_bos = false;
    if (!s->dialect->ids)
        s->phase = SCORING_ASK;
    else if (!s->second)
        s->phase = SCORING_BARE;
    else
        s->phase = SCORING_FULL;
}

enum err_code scoring_start(struct scoring *s, struct arena *arena, const struct traits *traits,
    struct str model, struct str context, struct str query, bool unconditional, struct err *err)
{
    const struct scoring_dialect *d = find(traits->scoring);

    if (!d)
        return err_set(err, ERR_USAGE,
            "model %.*s: texts cannot be scored by \"%.*s\" (trait scoring)", STR_ARG(model),
            STR_ARG(traits->scoring));
    if (query.n == 0)
        return err_set(
            err, ERR_USAGE, "model %.*s: there is no query to be scored", STR_ARG(model));
    *s = (struct scoring){.arena = arena,
        .dialect = d,
        .traits = traits,
        .model = model,
        .context = context,
        .query = query,
        .unconditional = unconditional};
    start_pass(s);
    return OK;
}

/* ---- requests -------------------------------------------------------------------------------- */

static struct completion asked(const struct scoring *s)
{
    struct completion c = COMPLETION_NONE;

    c.dialect = wire(s);
    c.traits = s->traits;
    c.model = s->model;
    c.text = s->full;
    c.ids = s->ids;
    c.max_tokens = s->dialect->max_tokens;
    c.temperature = 0;
    c.echo = s->dialect->echo;
    c.logprobs = s->dialect->echo ? 1 : -1;
    c.prompt_logprobs = s->dialect->echo ? -1 : 0;
    /* the entry at the start is null whatever it is: one position earlier */
    c.logprobs_from = s->dialect->late ? (int64_t)s->first - 1 : -1;
    return c;
}

void scoring_request(const struct scoring *s, struct buf *path, struct buf *body)
{
    struct completion c;

    switch (s->phase) {
    case SCORING_BARE:
        completions_tokenize_request(wire(s), s->model, STR(""), true, path, body);
        return;
    case SCORING_CONTEXT:
        completions_tokenize_request(wire(s), s->model, s->context, true, path, body);
        return;
    case SCORING_FULL:
        completions_tokenize_request(wire(s), s->model, s->full, true, path, body);
        return;
    case SCORING_ASK:
        c = asked(s);
        buf_puts(path, completions_path(c.dialect));
        completions_request(&c, body);
        return;
    case SCORING_OVER:
        BUG("scoring is over: there is no request");
    }
}

/* ---- responses ------------------------------------------------------------------------------- */

PRINTF_LIKE(3, 4)
static bool refuse(struct scoring *s, struct reply *ret, const char *fmt, ...)
{
    struct buf text = BUF_INIT;
    va_list ap;

    va_start(ap, fmt);
    buf_vprintf(&text, fmt, ap);
    va_end(ap);
    ret->outcome = OUTCOME_REJECTED;
    ret->retry = false;
    ret->error = arena_str(s->arena, buf_str(&text));
    buf_release(&text);
    return true;
}

static void fill(struct reply *ret, const struct completion_reply *r)
{
    ret->outcome = r->outcome;
    ret->usage = r->usage;
    ret->error = r->error;
    ret->retry = r->retry;
    ret->finish = r->finish;
}

/* A text that brings its own BOS gets a second one from the tokenizer. */
static struct token_ids without_second_bos(const struct scoring *s, struct token_ids ids)
{
    bool twice = s->bare.n == 1 && ids.n > 1 && ids.v[0] == s->bare.v[0] && ids.v[1] == ids.v[0];

    return twice ? (struct token_ids){ids.v + 1, ids.n - 1} : ids;
}

/* The ids of the context of this pass. */
static struct token_ids front_of(const struct scoring *s)
{
    return context_of(s).n ? s->front : s->bare;
}

/* All ids are there: which are the query's? */
static bool take_full(struct scoring *s, struct token_ids full, struct reply *ret)
{
    struct token_ids ids = without_second_bos(s, full);
    struct token_ids front = front_of(s);
    size_t k = 0;

    while (k < front.n && k < ids.n && front.v[k] == ids.v[k])
        k++;
    if (k == ids.n)
        return refuse(s, ret,
            ids.n ? "the query has no tokens of its own: it vanishes in the context"
                  : "the server's tokenizer gave no token ids");
    if (ids.n < 2)
        return refuse(s, ret,
            "the query is one token with nothing before it: there is nothing to "
            "be scored");
    s->double_bos = ids.n != full.n;
    s->ids = ids;
    s->shared = k;
    s->first = k ? k : 1;
    s->phase = SCORING_ASK;
    return false;
}

static bool tokens(struct scoring *s, long status, struct str body, struct reply *ret)
{
    struct completion_reply r;

    completions_read_ids(status, body, s->arena, &r);
    fill(ret, &r);
    if (r.outcome != OUTCOME_OK)
        return !r.retry;
    if (s->phase == SCORING_FULL)
        return take_full(s, r.ids, ret);
    if (s->phase == SCORING_BARE) {
        s->bare = r.ids;
        s->phase = s->context.n ? SCORING_CONTEXT : SCORING_FULL;
    } else {
        s->front = without_second_bos(s, r.ids);
        s->phase = SCORING_FULL;
    }
    return false;
}

/* Sums up tokens; the first may have no log-probability if nothing stands before it. */
static bool sum_up(struct scoring *s, const struct completion_token *token, size_t n, bool alone,
    struct score *ret, struct reply *reply)
{
    if (alone && n && isnan(token[0].logprob)) {
        ret->unscored = 1;
        token++;
        n--;
    }
    ret->token = token;
    ret->tokens = n;
    ret->bytes = (int64_t)s->query.n;
    ret->chars = (int64_t)str_utf8_count(s->query);
    for (size_t i = 0; i < n; i++) {
        if (isnan(token[i].logprob) || token[i].logprob > ROUNDING)
            return !refuse(s, reply, "token %zu of the query has no log-probability", i + 1);
        ret->clamped += token[i].logprob <= CLAMPED;
        ret->logprob += token[i].logprob;
    }
    if (n == 0)
        return !refuse(s, reply, "no token of the query has a log-probability");
    return true;
}

/* Code points of the context in the query's tokens, -1 where the pieces do not tell. */
static int64_t chars_before(const struct scoring *s, const struct completion_token *token, size_t n)
{
    int64_t chars = 0;

    for (size_t i = 0; i < n; i++) {
        if (!token[i].piece.p || str_find(token[i].piece, STR("\xEF\xBF\xBD"), 0) != SIZE_MAX)
            return -1;
        chars += (int64_t)str_utf8_count(token[i].piece);
    }
    chars -= (int64_t)str_utf8_count(s->query);
    return chars >= 0 ? chars : -1;
}

/* Is the list that of the prompt which was sent? Its entries stand for ids[from..]. */
static bool is_ours(
    struct scoring *s, const struct completion_reply *r, size_t from, struct reply *ret)
{
    if (r->in >= 0 && r->in != (int64_t)s->ids.n)
        return !refuse(s, ret,
            "the server has read %lld tokens of a prompt of %zu: it cuts it or adds to it",
            (long long)r->in, s->ids.n);
    if (r->ntokens < s->ids.n - from)
        return !refuse(s, ret,
            "the server gives %zu log-probabilities where a prompt has %zu: it does not score "
            "prompts",
            r->ntokens, s->ids.n - from);
    for (size_t i = s->first; i < s->ids.n; i++) {
        int64_t id = r->tokens[i - from].id;
        if (id >= 0 ? id != s->ids.v[i] : !s->dialect->echo)
            return !refuse(s, ret, "the log-probability at position %zu is of another token", i);
    }
    return true;
}

static bool score_ids(
    struct scoring *s, const struct completion_reply *r, struct score *score, struct reply *ret)
{
    struct token_ids front = front_of(s);
    size_t from = s->dialect->late ? s->first - 1 : 0;

    if (!is_ours(s, r, from, ret) ||
        !sum_up(s, r->tokens + (s->first - from), s->ids.n - s->first, false, score, ret))
        return false;
    score->unscored = s->first - s->shared;
    score->boundary_merged = s->shared < front.n;
    score->double_bos = s->double_bos;
    if (score->boundary_merged) {
        score->boundary_shift = (int64_t)(front.n - s->shared);
        score->boundary_chars = score->unscored ? -1 : chars_before(s, score->token, score->tokens);
    }
    return true;
}

static bool score_text(
    struct scoring *s, const struct completion_reply *r, struct score *score, struct reply *ret)
{
    struct scoring_align at;
    size_t bad;

    if (r->ntokens == 0)
        return !refuse(
            s, ret, "the server gives no log-probabilities of the prompt (echo with logprobs)");
    if (!scoring_align(r->tokens, r->ntokens, s->full, context_of(s).n, &at, &bad))
        return !refuse(s, ret,
            "the tokens that came back do not spell the text that was sent, from token %zu on",
            bad + 1);
    if (!sum_up(s, r->tokens + at.first, at.end - at.first, at.first == 0, score, ret))
        return false;
    score->boundary_merged = at.merged;
    score->boundary_chars = at.chars;
    score->double_bos = at.double_special;
    return true;
}

static bool answer(struct scoring *s, long status, struct str body, struct reply *ret)
{
    const struct completion c = asked(s);
    struct completion_reply r;
    struct score score = {0};

    completions_read(&c, status, body, s->arena, &r);
    fill(ret, &r);
    if (r.outcome != OUTCOME_OK)
        return !r.retry;
    if (!(s->dialect->ids ? score_ids : score_text)(s, &r, &score, ret))
        return true;
    *(s->second ? &s->alone : &s->given) = score;
    if (s->second || !s->unconditional) {
        s->phase = SCORING_OVER;
        return true;
    }
    s->second = true;
    start_pass(s);
    return false;
}

bool scoring_step(struct scoring *s, long status, struct str body, struct reply *ret)
{
    *ret = (struct reply){.outcome = OUTCOME_NONE, .usage = USAGE_UNKNOWN};
    if (s->phase == SCORING_OVER)
        BUG("scoring is over: there is nothing to answer");
    if (s->phase == SCORING_ASK)
        return answer(s, status, body, ret);
    return tokens(s, status, body, ret);
}
