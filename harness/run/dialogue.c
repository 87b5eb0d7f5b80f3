/* dialogue.c - the forms of a conversation in one table; see dialogue.h. */
#include "harness/run/dialogue.h"

#include "harness/provider/limits.h"

static void by_chat(const struct dialogue *d, const struct chat *chat, struct buf *body)
{
    d->wire->build(chat, body);
}

static void ask_sleep(const struct dialogue *d, struct buf *path, struct buf *body)
{
    struct chat chat = d->chat;

    (void)path; /* the wire format's own */
    chat.messages = d->sleep.messages;
    chat.n = d->sleep.n;
    by_chat(d, &chat, body);
}

static void ask_answer(const struct dialogue *d, struct buf *path, struct buf *body)
{
    struct chat chat = d->chat;

    (void)path; /* the wire format's own */
    answering_ask(&d->answer, &chat);
    by_chat(d, &chat, body);
}

static void ask_forced(const struct dialogue *d, struct buf *path, struct buf *body)
{
    forcing_request(&d->forced, path, body);
}

static void ask_score(const struct dialogue *d, struct buf *path, struct buf *body)
{
    scoring_request(&d->score, path, body);
}

static bool in_background(const struct dialogue *d)
{
    return d->chat.background && d->chat.traits && d->chat.traits->background;
}

/* False if this is not the response: then nothing has changed but what is known of one that is made
 * in the background. */
static bool read_chat(
    struct dialogue *d, long status, struct str body, struct arena *scratch, struct reply *ret)
{
    d->wire->read(status, body, d->streamed, scratch, ret);
    if (in_background(d))
        return background_take(&d->background, status, scratch, ret);
    return outcome_is_result(ret->outcome);
}

/* A whole answer that used more than its request allowed is told as such. */
static void hold_against(const struct chat *chat, struct arena *scratch, struct reply *ret)
{
    struct buf why = BUF_INIT;
    bool full = chat->max_tokens > 0 && usage_out(ret->usage) >= chat->max_tokens;

    if (ret->outcome == OUTCOME_OK && full && !chat->traits->ends_told) {
        ret->outcome = ret->ncalls ? OUTCOME_TOOL_TRUNCATED : OUTCOME_TRUNCATED;
        ret->error = STR("as long as its limit, and this server does not tell of cuts");
    } else if (ret->outcome == OUTCOME_OK && limits_violation(chat, ret, &why)) {
        ret->outcome = OUTCOME_BUDGET_VIOLATED;
        ret->error = arena_str(scratch, buf_str(&why));
    }
    buf_release(&why);
}

static bool step_sleep(
    struct dialogue *d, long status, struct str body, struct arena *scratch, struct reply *ret)
{
    if (!read_chat(d, status, body, scratch, ret))
        return false;
    bool over = rethink_step(&d->sleep, ret);
    ret->outcome = d->sleep.last;
    hold_against(&d->chat, scratch, ret);
    d->sleep.last = ret->outcome;
    return over;
}

static bool step_answer(
    struct dialogue *d, long status, struct str body, struct arena *scratch, struct reply *ret)
{
    if (!read_chat(d, status, body, scratch, ret))
        return false;
    bool over = answering_step(&d->answer, ret);
    ret->outcome = d->answer.last;
    hold_against(&d->chat, scratch, ret);
    d->answer.last = ret->outcome;
    return over;
}

static bool step_forced(
    struct dialogue *d, long status, struct str body, struct arena *scratch, struct reply *ret)
{
    (void)scratch; /* its texts live in the machine's arena */
    bool over = forcing_step(&d->forced, status, body, ret) && outcome_is_result(ret->outcome);

    if (over && ret->outcome == OUTCOME_OK &&
        (d->forced.thinking_violated || d->forced.answer_violated))
        ret->outcome = OUTCOME_BUDGET_VIOLATED;
    return over;
}

static bool step_score(
    struct dialogue *d, long status, struct str body, struct arena *scratch, struct reply *ret)
{
    (void)scratch; /* its texts live in the machine's arena */
    return scoring_step(&d->score, status, body, ret) && outcome_is_result(ret->outcome);
}

static struct str no_content(const struct dialogue *d)
{
    (void)d; /* a sleep makes a learned context, a score a number */
    return STR("");
}

static struct str answered(const struct dialogue *d)
{
    return d->answer.content;
}

static struct str forced_answer(const struct dialogue *d)
{
    return d->forced.content;
}

static const struct {
    void (*ask)(const struct dialogue *d, struct buf *path, struct buf *body);
    bool (*step)(
        struct dialogue *d, long status, struct str body, struct arena *scratch, struct reply *ret);
    struct str (*content)(const struct dialogue *d);
} forms[DIALOGUE_FORMS] = {
    [DIALOGUE_SLEEP] = {ask_sleep, step_sleep, no_content},
    [DIALOGUE_ANSWER] = {ask_answer, step_answer, answered},
    [DIALOGUE_FORCED] = {ask_forced, step_forced, forced_answer},
    [DIALOGUE_SCORE] = {ask_score, step_score, no_content},
};

void dialogue_request(const struct dialogue *d, struct buf *path, struct buf *body)
{
    if (d->background.name[0]) {
        buf_printf(path, "%s/%s", d->wire->path, d->background.name);
        return;
    }
    forms[d->form].ask(d, path, body);
}

bool dialogue_step(
    struct dialogue *d, long status, struct str body, struct arena *scratch, struct reply *ret)
{
    return forms[d->form].step(d, status, body, scratch, ret);
}

void dialogue_missed(struct dialogue *d, long status, struct str body, struct arena *scratch)
{
    struct background before = d->background;
    struct reply reply;

    if (!before.name[0])
        return;
    d->wire->read(status, body, d->streamed, scratch, &reply);
    (void)background_take(&d->background, status, scratch, &reply); /* only the name matters */
    if (!d->background.lost)
        d->background = before;
}

struct str dialogue_content(const struct dialogue *d)
{
    return forms[d->form].content(d);
}
