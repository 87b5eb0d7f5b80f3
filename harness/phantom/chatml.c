/* chatml.c - the phantom's chat template, and prompts read by it; see chatml.h. */
#include "harness/phantom/chatml.h"

#include "harness/phantom/vocab.h"

#define TURN "<|im_start|>"
#define OVER "<|im_end|>"
#define THINK "<think>"
#define THOUGHT "</think>"

static const struct {
    const char *name;
    enum mind_role role;
} roles[] = {{"system", MIND_SYSTEM}, {"user", MIND_USER}, {"assistant", MIND_ASSISTANT},
    {"tool", MIND_TOOL}, {"developer", MIND_SYSTEM}};

static void open_turn(const struct mind_request *r, const struct chatml_options *o, struct buf *out)
{
    const struct mind_prefix *p = &r->prefix;
    bool tagged = p->stage == MIND_THINKING || p->thinking.n > 0;

    buf_puts(out, TURN "assistant\n");
    if (p->stage == MIND_FRESH && o->thinking == CHATML_THINK)
        buf_puts(out, THINK "\n");
    if (p->stage == MIND_FRESH && o->thinking == CHATML_NO_THINK)
        buf_puts(out, THINK "\n\n" THOUGHT "\n\n");
    if (tagged)
        buf_printf(out, THINK "\n%.*s", STR_ARG(p->thinking));
    if (tagged && p->stage == MIND_ANSWERING)
        buf_puts(out, THOUGHT "\n\n");
    buf_str_add(out, p->answer);
}

void chatml_render(
    const struct mind_request *r, const struct chatml_options *options, struct buf *out)
{
    if (options->bos)
        buf_str_add(out, vocab_special_text(VOCAB_BOS));
    for (size_t i = 0; i < r->nmessages; i++) {
        const char *role = "";
        for (size_t k = ARRAY_LEN(roles); k-- > 0;)
            if (roles[k].role == r->messages[i].role)
                role = roles[k].name;
        buf_printf(out, TURN "%s\n", role);
        buf_str_add(out, r->messages[i].text);
        buf_puts(out, OVER "\n");
    }
    if (options->generation_prompt || r->prefix.stage != MIND_FRESH)
        open_turn(r, options, out);
}

/* ---- reading --------------------------------------------------------------------------------- */

static struct str without(struct str s, struct str prefix)
{
    return str_starts(s, prefix) ? str_from(s, prefix.n) : s;
}

struct mind_prefix chatml_split(struct str said, struct arena *arena, bool *ret_tagged)
{
    struct mind_prefix p = {.stage = MIND_ANSWERING};
    size_t open = str_find(said, STR(THINK), 0);
    size_t close = str_find(said, STR(THOUGHT), open == SIZE_MAX ? 0 : open);

    *ret_tagged = open != SIZE_MAX || close != SIZE_MAX;
    p.thinking = p.answer = STR("");
    if (!*ret_tagged) {
        p.answer = said;
    } else {
        size_t start = open == SIZE_MAX ? 0 : open + strlen(THINK);
        p.thinking = str_slice(said, start, close == SIZE_MAX ? said.n : close);
        p.thinking = without(p.thinking, STR("\n"));
        if (close == SIZE_MAX)
            p.stage = MIND_THINKING;
        else
            p.answer = without(str_from(said, close + strlen(THOUGHT)), STR("\n\n"));
    }
    if (!said.n)
        p.stage = MIND_FRESH;
    p.thinking = arena_str(arena, p.thinking);
    p.answer = arena_str(arena, p.answer);
    return p;
}

/* The assistant's open turn with the delimiters of s1 as think tags. */
static struct str plain_tags(struct str said, struct arena *arena)
{
    static const struct {
        const char *s1, *tag;
    } delimiters[] = {{TURN "think", THINK}, {TURN "answer", THOUGHT}};
    struct buf b = BUF_INIT;

    for (size_t i = 0; i < said.n;) {
        size_t next = str_find(said, STR(TURN), i), k = 0;
        if (next == SIZE_MAX)
            next = said.n;
        buf_str_add(&b, str_slice(said, i, next));
        i = next;
        while (k < ARRAY_LEN(delimiters) && !str_starts(str_from(said, i), str_c(delimiters[k].s1)))
            k++;
        if (k < ARRAY_LEN(delimiters)) {
            buf_puts(&b, delimiters[k].tag);
            i += strlen(delimiters[k].s1);
        } else if (i < said.n) {
            i += strlen(TURN);
        }
    }
    struct str text = arena_str(arena, buf_str(&b));
    buf_release(&b);
    return text;
}

struct reading {
    struct str text;
    size_t at, next_turn, next_end; /* the last two lie at or behind `at` */
    struct arena *arena;
    struct mind_message *v;
    size_t n, cap;
};

static size_t find(const struct reading *r, const char *what, size_t known)
{
    if (known >= r->at)
        return known;
    size_t at = str_find(r->text, str_c(what), r->at);
    return at == SIZE_MAX ? r->text.n : at;
}

static void add(struct reading *r, enum mind_role role, struct str text)
{
    ARENA_GROW(r->arena, r->v, r->n, r->cap);
    r->v[r->n++] = (struct mind_message){.role = role, .text = arena_str(r->arena, text)};
}

/* The role at r->at, and moves behind its line; another word is read as the user's. */
static enum mind_role take_role(struct reading *r)
{
    struct str rest = str_from(r->text, r->at), line = rest;
    enum mind_role role = MIND_USER;

    for (size_t i = 0; i < rest.n && i < 32; i++)
        if (rest.p[i] == '\n' || rest.p[i] == '<') {
            line = str_slice(rest, 0, i);
            break;
        }
    line = str_slice(line, 0, line.n < 32 ? line.n : 32);
    for (size_t i = 0; i < ARRAY_LEN(roles); i++)
        if (str_eqc(str_trim(line), roles[i].name))
            role = roles[i].role;
    r->at += line.n;
    if (r->at < r->text.n && r->text.p[r->at] == '\n')
        r->at++;
    return role;
}

/* One turn; true when it is the assistant's and open. */
static bool take_turn(struct reading *r)
{
    enum mind_role role = take_role(r);
    size_t start = r->at;

    r->next_end = find(r, OVER, r->next_end);
    if (role == MIND_ASSISTANT && r->next_end == r->text.n)
        return true;
    r->next_turn = find(r, TURN, r->next_turn);
    r->at = r->next_end < r->next_turn || role == MIND_ASSISTANT ? r->next_end : r->next_turn;
    add(r, role, str_slice(r->text, start, r->at));
    return false;
}

static void set_prefix(struct str said, struct arena *arena, struct mind_request *ret)
{
    bool tagged;

    ret->prefix = chatml_split(said, arena, &tagged);
    ret->thinks = tagged;
    if (!str_trim(said).n)
        ret->prefix.stage = MIND_FRESH;
}

void chatml_read(struct str prompt, struct arena *arena, struct mind_request *ret)
{
    struct reading r = {.text = prompt, .arena = arena};
    bool open = false;

    while (str_starts(str_from(r.text, r.at), vocab_special_text(VOCAB_BOS)))
        r.at += vocab_special_text(VOCAB_BOS).n;
    r.next_turn = str_find(r.text, STR(TURN), r.at);
    if (r.next_turn == SIZE_MAX) { /* no conversation: all of it is the question */
        size_t tag = str_find(r.text, STR(THINK), r.at), end = tag == SIZE_MAX ? r.text.n : tag;
        add(&r, MIND_USER, str_slice(r.text, r.at, end));
        set_prefix(str_from(r.text, end), arena, ret);
    }
    while (!open && r.next_turn != SIZE_MAX && r.next_turn < r.text.n) {
        r.at = r.next_turn + strlen(TURN);
        open = take_turn(&r);
        if (!open)
            r.next_turn = find(&r, TURN, r.next_turn);
    }
    if (open)
        set_prefix(plain_tags(str_from(r.text, r.at), arena), arena, ret);
    ret->messages = r.v;
    ret->nmessages = r.n;
}
