/*
 * mind_continue.c - going on behind what was said, by this mind or in its name; see mind_impl.h.
 *
 * What it would have said by itself it goes on saying: it answers anew from the start of its turn,
 * or from where it was told to wait, and when the prefix is the beginning of that, the rest
 * follows. Behind any other prefix the whole lines written there are its steps so far.
 */
#include "harness/phantom/mind_impl.h"

#include "harness/base/token.h"

/* Words by which a model is made to think again (budget forcing). */
static const char *const second_thoughts[] = {"Wait", "Hmm", "Alternatively"};

#define AGAIN ", let me check that."

static bool letter_at(struct str s, size_t i)
{
    return i < s.n && str_is_alpha(s.p[i]);
}

/* Where what was thought after the last of these words begins; 0 if there is none. */
static size_t last_second_thought(struct str thinking)
{
    size_t last = 0;

    for (size_t i = 0; i < ARRAY_LEN(second_thoughts); i++) {
        struct str word = str_c(second_thoughts[i]);
        size_t at = str_find(thinking, word, 0);
        for (; at != SIZE_MAX; at = str_find(thinking, word, at + 1))
            if (at + word.n > last && !letter_at(thinking, at + word.n))
                last = at + word.n;
    }
    return last;
}

static struct str without_lead(struct str line)
{
    static const char *const lead[] = {"Check: ", "Once more: "};

    for (size_t i = 0; i < ARRAY_LEN(lead); i++)
        if (str_starts(line, str_c(lead[i])))
            return str_from(line, strlen(lead[i]));
    return line;
}

/* How to answer once more. */
struct attempt {
    struct str thinking, answer; /* what has been said before it */
    bool again, over, cued;
};

static struct mind_reply answer_behind(const struct mind_scene *scene, const struct attempt *a)
{
    struct mind_scene s = *scene;
    struct mind_reply r = {.content = STR(""), .reasoning = STR("")};
    struct buf said = BUF_INIT, lead = BUF_INIT;
    int64_t used = (int64_t)token_count(a->thinking);

    buf_str_add(&said, a->thinking);
    if (a->over)
        buf_printf(&said, "</think>%.*s", STR_ARG(a->answer));
    s.rng = mind_rng(s.params, s.request, buf_str(&said));
    s.own = (struct mind_lines){0};
    mind_prompt_lines(a->thinking, &s.own);
    mind_prompt_lines(a->answer, &s.own);
    for (size_t i = 0; i < s.own.n; i++)
        s.own.v[i] = without_lead(s.own.v[i]);
    s.again = a->again;
    s.over = a->over;
    s.cued = a->cued;
    s.meter.left = s.meter.left > used ? s.meter.left - used : 0;
    bool goes_on = !a->again || mind_meter_line(&s.meter, AGAIN, STR(""), &lead);
    if (!goes_on) {
        s.again = false;
        s.over = true;
    }
    mind_awake(&s, &r);
    buf_str_add(&lead, r.reasoning);
    r.reasoning = arena_str(s.arena, buf_str(&lead));
    free(s.own.v);
    buf_release(&said);
    buf_release(&lead);
    return r;
}

/* The text that follows `said` when it goes on with `text`: a last line that `text` begins with is
 * completed, another one is ended. */
static struct str joined(struct arena *arena, struct str said, struct str text, char between)
{
    size_t start = said.n;

    while (start > 0 && said.p[start - 1] != '\n')
        start--;
    struct str line = str_from(said, start);
    if (!str_trim(line).n)
        return text;
    if (str_starts(text, line))
        return str_from(text, line.n);
    if (!text.n || str_is_blank(said.p[said.n - 1]))
        return text;
    return str_c(arena_printf(arena, "%c%.*s", between, STR_ARG(text)));
}

static struct str whole_lines(struct str text)
{
    while (text.n > 0 && text.p[text.n - 1] != '\n')
        text.n--;
    return text;
}

static void go_on_thinking(const struct mind_scene *s, size_t anchor, struct mind_reply *ret)
{
    struct str thinking = s->request->prefix.thinking, tail = str_from(thinking, anchor);
    struct attempt a = {.thinking = str_slice(thinking, 0, anchor), .again = anchor > 0};
    struct mind_reply r = answer_behind(s, &a);

    if (str_starts(r.reasoning, tail)) {
        r.reasoning = str_from(r.reasoning, tail.n);
        *ret = r;
        return;
    }
    a = (struct attempt){.thinking = whole_lines(thinking)};
    r = answer_behind(s, &a);
    r.reasoning = joined(s->arena, thinking, r.reasoning, '\n');
    *ret = r;
}

static void go_on_answering(const struct mind_scene *s, size_t anchor, struct mind_reply *ret)
{
    const struct mind_prefix *p = &s->request->prefix;
    struct attempt a = {.thinking = str_slice(p->thinking, 0, anchor), .again = anchor > 0};
    struct mind_reply r = answer_behind(s, &a);

    if (str_eq(r.reasoning, str_from(p->thinking, anchor)) && str_starts(r.content, p->answer)) {
        r.content = str_from(r.content, p->answer.n);
    } else {
        a = (struct attempt){.thinking = p->thinking, .answer = p->answer, .over = true};
        a.cued = str_trim(p->answer).n > 0;
        r = answer_behind(s, &a);
        r.content = joined(s->arena, p->answer, r.content, ' ');
    }
    r.reasoning = STR("");
    *ret = r;
}

void mind_continue(const struct mind_scene *s, struct mind_reply *ret)
{
    const struct mind_prefix *p = &s->request->prefix;
    size_t anchor = last_second_thought(p->thinking);

    if (p->stage == MIND_THINKING)
        go_on_thinking(s, anchor, ret);
    else
        go_on_answering(s, anchor, ret);
}
