/*
 * forcing_chat.c - budget forcing by chats that are continued: what their responses mean.
 *
 * Servers label a continuation as reasoning or as content as their parsers see fit, some repeat
 * what they were given, and where thinking is a member of its own one response may hold the whole
 * thinking and the answer behind it.
 */
#include "harness/base/token.h"
#include "harness/run/forcing_impl.h"

/* False if the step ends here. A failure leaves the machine as it was. */
static bool read_chat(
    struct forcing *f, long status, struct str body, struct reply *ret, bool *ret_over)
{
    provider_find(STR("openai-chat"))->read(status, body, true, f->arena, ret);
    if (!outcome_is_result(ret->outcome)) {
        *ret_over = !ret->retry;
        return false;
    }
    if (ret->outcome == OUTCOME_CONTENT_FILTER || ret->outcome == OUTCOME_REFUSAL) {
        f->phase = FORCING_OVER;
        *ret_over = true;
        return false;
    }
    return true;
}

static bool at_limit(const struct reply *r)
{
    return r->outcome == OUTCOME_TRUNCATED || r->outcome == OUTCOME_NO_ANSWER_BUDGET;
}

/* A server that gives one total has it all in the visible part. */
static void all_is_thinking(struct usage *u)
{
    if (u->out_visible < 0)
        return;
    u->out_reasoning = (u->out_reasoning > 0 ? u->out_reasoning : 0) + u->out_visible;
    u->out_visible = 0;
}

/* Without what was sent and came back: all of it, or the delimiter alone. */
static struct str without_echo(struct str text, struct str sent, struct str opening)
{
    if (sent.n && str_starts(text, sent))
        return str_from(text, sent.n);
    if (opening.n && str_starts(text, opening))
        return str_from(text, opening.n);
    return text;
}

/* ---- delimiters as text ---------------------------------------------------------------------- */

static void prefix_think(struct forcing *f, struct reply *ret)
{
    bool labelled = ret->reasoning.n > 0, went_on = labelled && ret->content.n > 0;
    struct str text = labelled ? ret->reasoning : ret->content;
    struct str sent = str_c(
        arena_printf(f->arena, "%.*s%.*s", STR_ARG(f->traits->think_open), STR_ARG(f->reasoning)));
    int64_t count = forcing_count(f, usage_out(ret->usage), text);

    all_is_thinking(&ret->usage);
    text = without_echo(text, sent, f->traits->think_open);
    if (labelled && f->reasoning.n)
        text = without_echo(text, f->reasoning, STR(""));
    size_t close = str_find(text, f->traits->think_close, 0);
    if (close != SIZE_MAX)
        text = str_slice(text, 0, close);
    ret->reasoning = text;
    ret->content = STR("");
    int64_t kept = went_on || close != SIZE_MAX ? (int64_t)token_count(text) : count;
    if (kept != count) {
        f->estimated = true;
        kept = kept < count ? kept : count;
    }
    forcing_segment(f, text, count, kept, at_limit(ret) && !went_on && close == SIZE_MAX);
}

/* ---- thinking as a member of its own --------------------------------------------------------- */

/* The first response may be all that is needed. */
static bool whole_answer(const struct forcing *f, const struct reply *r, int64_t answer)
{
    return r->outcome == OUTCOME_OK && f->ended == FORCING_END_NATURAL &&
           f->phase == FORCING_ANSWER && (f->limits.answer < 1 || answer <= f->limits.answer);
}

static bool structured_think(struct forcing *f, struct reply *ret)
{
    struct str content = ret->content;
    struct str text = without_echo(ret->reasoning, f->reasoning, STR(""));
    bool answered = str_trim(content).n > 0;
    int64_t told = ret->usage.out_reasoning >= 0 ? ret->usage.out_reasoning
                   : answered                    ? -1
                                                 : usage_out(ret->usage);
    int64_t count = forcing_count(f, told, text);
    int64_t total = usage_out(ret->usage);

    if (!answered && ret->usage.out_reasoning < 0)
        all_is_thinking(&ret->usage);
    bool over = total >= 0 && total > forcing_most(f) + 1;
    forcing_segment(f, text, count, count, at_limit(ret) && !answered);
    f->thinking_violated = f->thinking_violated || over;
    ret->reasoning = text;
    int64_t answer = total >= count ? total - count : (int64_t)token_count(content);
    if (!whole_answer(f, ret, answer))
        return false;
    forcing_finish(f, content, answer, ret);
    return true;
}

bool forcing_chat_think(struct forcing *f, long status, struct str body, struct reply *ret)
{
    bool over = false;

    if (!read_chat(f, status, body, ret, &over))
        return over;
    if (forcing_is_structured(f)) {
        over = structured_think(f, ret);
    } else {
        prefix_think(f, ret);
    }
    if (!over) {
        ret->content = STR("");
        ret->outcome = OUTCOME_OK;
    }
    return over;
}

/* ---- the answer ------------------------------------------------------------------------------ */

bool forcing_chat_answer(struct forcing *f, long status, struct str body, struct reply *ret)
{
    bool over = false;

    if (!read_chat(f, status, body, ret, &over))
        return over;
    struct str content = ret->content, cue = forcing_cue(f);
    int64_t count = forcing_count(f, usage_out(ret->usage), content);
    if (!forcing_is_structured(f)) {
        struct str sent = str_c(arena_printf(f->arena, "%.*s%.*s%.*s",
            STR_ARG(f->traits->think_open), STR_ARG(f->reasoning), STR_ARG(forcing_closing(f))));
        content = without_echo(content, sent, STR(""));
        if (str_trim(content).n == 0 && ret->reasoning.n) { /* the thinking is closed */
            bool limit = at_limit(ret);
            content = ret->reasoning;
            f->relabelled = true;
            ret->outcome = limit ? OUTCOME_TRUNCATED : OUTCOME_OK;
        }
    }
    content = without_echo(content, cue, STR(""));
    forcing_finish(f, content, count, ret);
    return true;
}
