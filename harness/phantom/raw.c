/* raw.c - completing a prompt of token ids, and cutting what comes; see raw.h. */
#include "harness/phantom/raw.h"

#include "harness/base/json.h"
#include "harness/phantom/chatml.h"

#include <math.h>

/* Said when more tokens are wanted than there is to say. */
#define FILLER " There is nothing more to say."
#define S1_THINK "<|im_start|>think"
#define S1_ANSWER "<|im_start|>answer"

static struct str prompt_text(const struct raw_request *r, struct arena *arena)
{
    struct buf text = BUF_INIT;

    for (size_t i = 0; i < r->prompt.n; i++)
        vocab_decode(r->prompt.v[i], &text);
    struct str all = arena_str(arena, buf_str(&text));
    buf_release(&text);
    return all;
}

/* Thinking and answer as they stand behind the prompt, with the tags around the thinking that the
 * prompt has not. */
static void write_turn(
    struct str prompt, enum mind_stage stage, const struct mind_reply *said, struct buf *out)
{
    bool s1 = str_find(prompt, STR(S1_THINK), 0) != SIZE_MAX;
    bool at_tag = str_ends(prompt, STR("<think>")) || str_ends(prompt, STR(S1_THINK));
    bool at_close = str_ends(prompt, STR("</think>")) || str_ends(prompt, STR(S1_ANSWER));

    if (stage == MIND_FRESH && said->reasoning.n) { /* it thinks unasked */
        buf_puts(out, "<think>\n");
        stage = MIND_THINKING;
    }
    if (at_tag)
        buf_putc(out, '\n');
    buf_str_add(out, said->reasoning);
    if (stage == MIND_THINKING) {
        if (out->n ? out->p[out->n - 1] != '\n' : !str_ends(prompt, STR("\n")))
            buf_putc(out, '\n');
        buf_puts(out, s1 ? S1_ANSWER "\n" : "</think>\n\n");
    } else if (at_close) {
        buf_puts(out, "\n\n");
    }
    buf_str_add(out, said->content);
}

static bool think(const struct raw_models *m, const struct raw_request *r, struct arena *arena,
    struct buf *out, struct wire_error *e)
{
    struct mind_request request = r->wire.mind;
    struct str prompt = prompt_text(r, arena);
    struct mind_reply said;
    struct err err;

    chatml_read(prompt, arena, &request);
    if (mind_answer(m->mind, &request, arena, &said, &err))
        return wire_fail(e, 500, NULL, NULL, "%s", err.msg);
    write_turn(prompt, request.prefix.stage, &said, out);
    return true;
}

/* ---- cutting ----------------------------------------------------------------------------------
 */

struct cutter {
    const struct raw_request *r;
    struct raw_reply *reply;
    struct buf text;
    size_t cap;
};

static bool shows(const struct raw_request *r, int64_t id)
{
    if (!vocab_is_special(id) || r->keep_specials)
        return true;
    return r->keep_tags && (id == VOCAB_THINK || id == VOCAB_THINK_END);
}

static bool is_stop_id(const struct raw_request *r, int64_t id)
{
    for (size_t i = 0; i < r->nstop_ids; i++)
        if (r->stop_ids[i] == id)
            return true;
    return false;
}

/* The first stop text in what the last token, `added` bytes, has completed; cuts the text there. */
static bool finds_stop(struct cutter *c, size_t added)
{
    size_t first = SIZE_MAX;
    struct str text = buf_str(&c->text);

    for (size_t i = 0; i < c->r->nstops; i++) {
        struct str stop = c->r->stops[i];
        size_t reach = added + stop.n;
        size_t at = str_find(text, stop, text.n > reach ? text.n - reach : 0);
        if (at < first) {
            first = at;
            c->reply->stop = stop;
        }
    }
    if (first == SIZE_MAX)
        return false;
    buf_truncate(&c->text, first + (c->r->keep_stop ? c->reply->stop.n : 0));
    return true;
}

/* Takes one token; true when it was the last. */
static bool take(struct cutter *c, int64_t id)
{
    struct raw_reply *reply = c->reply;
    size_t from = c->text.n, n = reply->ids.n;
    bool early = (int64_t)n < c->r->least, last = true;

    vocab_ids_add(&reply->ids, id);
    GROW(reply->text_end, n + 1, c->cap);
    bool end = id == VOCAB_END || id == VOCAB_EOS;
    if (shows(c->r, id) && (!end || c->r->keep_specials))
        vocab_decode(id, &c->text);
    if (!early && !c->r->ignore_end && end) {
        reply->end = RAW_TURN;
        buf_truncate(&c->text, from);
    } else if (!early && is_stop_id(c->r, id)) {
        reply->end = RAW_STOP_ID;
        reply->stop_id = id;
        if (!c->r->keep_stop)
            buf_truncate(&c->text, from);
    } else if (finds_stop(c, c->text.n - from)) {
        reply->end = RAW_STOP;
    } else {
        reply->end = RAW_LIMIT;
        last = c->r->limit >= 0 && (int64_t)reply->ids.n >= c->r->limit;
    }
    reply->text_end[n] = c->text.n;
    for (size_t i = n; i-- > 0 && reply->text_end[i] > c->text.n;)
        reply->text_end[i] = c->text.n; /* a stop that began in an earlier token */
    return last;
}

/* Puts off the end of the turn as long as it must not come. */
static bool fill_up(struct cutter *c)
{
    struct vocab_ids filler = {0};
    bool last = false;

    vocab_encode(STR(FILLER), false, &filler);
    while (!last && (c->r->ignore_end || (int64_t)c->reply->ids.n < c->r->least))
        for (size_t i = 0; i < filler.n && !last; i++)
            last = take(c, filler.v[i]);
    vocab_ids_release(&filler);
    return last;
}

static void cut(
    const struct raw_request *r, struct str said, struct arena *arena, struct raw_reply *reply)
{
    struct cutter c = {.r = r, .reply = reply};
    struct vocab_ids ids = {0};
    bool last = r->limit == 0;

    reply->stop_id = -1;
    vocab_encode(said, true, &ids);
    for (size_t i = 0; i < ids.n && !last; i++)
        last = take(&c, ids.v[i]);
    if (!last)
        last = fill_up(&c);
    if (!last)
        (void)take(&c, scorer_is(r->wire.mind.model) ? VOCAB_EOS : VOCAB_END);
    vocab_ids_release(&ids);
    reply->text = arena_str(arena, buf_str(&c.text));
    buf_release(&c.text);
    int64_t *v = arena_array(arena, int64_t, reply->ids.n + 1);
    size_t *ends = arena_array(arena, size_t, reply->ids.n + 1);
    if (reply->ids.n) {
        memcpy(v, reply->ids.v, reply->ids.n * sizeof *v);
        memcpy(ends, reply->text_end, reply->ids.n * sizeof *ends);
    }
    free(reply->ids.v);
    free(reply->text_end);
    reply->ids.v = v;
    reply->text_end = ends;
}

/* ---- all of it ----------------------------------------------------------------------------------
 */

/* Tokens between the think tags, generated ones. */
static int64_t thinking_tokens(const struct raw_request *r, const struct raw_reply *reply)
{
    int64_t n = 0;
    bool inside = false;

    for (size_t i = 0; i < r->prompt.n; i++)
        if (r->prompt.v[i] == VOCAB_THINK || r->prompt.v[i] == VOCAB_THINK_END)
            inside = r->prompt.v[i] == VOCAB_THINK;
    for (size_t i = 0; i < reply->ids.n; i++) {
        if (reply->ids.v[i] == VOCAB_THINK || reply->ids.v[i] == VOCAB_THINK_END)
            inside = reply->ids.v[i] == VOCAB_THINK;
        else
            n += inside;
    }
    return n;
}

static void score(const struct raw_models *m, const struct raw_request *r, struct arena *arena,
    struct raw_reply *reply)
{
    struct vocab_ids all = {.n = r->prompt.n + reply->ids.n};

    all.v = arena_array(arena, int64_t, all.n + 1);
    memcpy(all.v, r->prompt.v, r->prompt.n * sizeof *all.v);
    if (reply->ids.n)
        memcpy(all.v + r->prompt.n, reply->ids.v, reply->ids.n * sizeof *all.v);
    reply->logprobs = arena_array(arena, double, all.n + 1);
    scorer_values(m->scorer, r->wire.mind.model, &all, arena, reply->logprobs);
}

bool raw_complete(const struct raw_models *m, const struct raw_request *r, struct digest id,
    struct arena *arena, struct raw_reply *ret, struct wire_error *e)
{
    struct str model = r->wire.mind.model;
    bool scores = m->scorer && scorer_is(model);
    bool wants = r->logprobs || r->prompt_logprobs || r->logprobs_from >= 0;
    struct buf said = BUF_INIT;
    char hex[DIGEST_HEX_LEN + 1];

    *ret = (struct raw_reply){0};
    if (wants && !scores)
        return wire_fail(e, 400, "logprobs", "unsupported_value",
            "'%.100s' has no log-probabilities; phantom/scorer has.", r->wire.model.p);
    if (scores)
        buf_str_add(&said, scorer_continue(m->scorer, model, &r->prompt, arena));
    else if (!think(m, r, arena, &said, e))
        return false;
    cut(r, buf_str(&said), arena, ret);
    buf_release(&said);
    if (wants)
        score(m, r, arena, ret);
    ret->wire = (struct wire_reply){.model = r->wire.model,
        .id = arena_printf(arena, "cmpl-%.24s", digest_hex(id, hex)),
        .fingerprint = scores ? scorer_fingerprint(m->scorer) : mind_fingerprint(m->mind, model),
        .finish_reason = ret->end == RAW_LIMIT ? "length" : "stop",
        .prompt_tokens = (int64_t)r->prompt.n,
        .completion_tokens = (int64_t)ret->ids.n,
        .reasoning_tokens = thinking_tokens(r, ret)};
    return true;
}

struct str raw_piece(const struct raw_reply *reply, size_t from, size_t to)
{
    size_t start = from ? reply->text_end[from - 1] : 0;
    size_t end = to ? reply->text_end[to - 1] : 0;

    return str_slice(reply->text, start, end);
}

struct str raw_token_text(int64_t id, struct buf *scratch)
{
    buf_reset(scratch);
    vocab_decode(id, scratch);
    return buf_str(scratch);
}

bool raw_read_with(raw_root_fn *fn, struct str body, struct arena *arena, struct raw_request *ret,
    struct wire_error *e)
{
    struct json *doc;
    struct err err;

    if (json_parse(body, JSON_REPAIR, &doc, &err))
        return wire_fail(e, 400, NULL, NULL, "The body is not JSON: %s.", err.msg);
    bool ok = fn(doc, arena, ret, e);
    json_free(doc);
    return ok;
}
