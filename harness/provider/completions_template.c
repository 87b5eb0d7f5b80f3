/* completions_template.c - chats as texts, and the wire format made of it. */
#include "harness/provider/completions_template.h"

#include "harness/provider/completions.h"
#include "harness/provider/openai_draft.h"

struct template
{
    const char *name;
    const char *heads[4]; /* in front of a turn, by role */
    const char *tail;     /* behind it */
    const char *stop;     /* what the assistant's turn ends with, or the next begins with */
};

static const struct template templates[] = {
    {"plain", {"System:\n", "User:\n", "Assistant:\n", "Tool:\n"}, "\n\n", "\nUser:"},
    {"chatml",
        {"<|im_start|>system\n", "<|im_start|>user\n", "<|im_start|>assistant\n",
            "<|im_start|>tool\n"},
        "<|im_end|>\n", "<|im_end|>"},
};

static const struct template *find(struct str name)
{
    for (size_t i = 0; i < ARRAY_LEN(templates); i++)
        if (str_eqc(name, templates[i].name))
            return &templates[i];
    return NULL;
}

/* The first one where none, or an unknown one, is named. */
static const struct template *template_of(const struct traits *traits)
{
    const struct template *t = find(traits->template);

    return t ? t : &templates[0];
}

bool completions_template_known(struct str name)
{
    return find(name) != NULL;
}

void completions_template(
    const struct traits *traits, const struct message *messages, size_t n, struct buf *out)
{
    const struct template *t = template_of(traits);

    for (size_t i = 0; i < n; i++) {
        buf_puts(out, t->heads[messages[i].role]);
        buf_str_add(out, messages[i].text);
        buf_puts(out, t->tail);
    }
    buf_puts(out, t->heads[ROLE_ASSISTANT]);
}

struct str completions_template_stop(const struct traits *traits)
{
    return str_c(template_of(traits)->stop);
}

/* ---- the wire format ------------------------------------------------------------------------- */

static void build(const struct chat *chat, struct buf *body)
{
    const struct traits *traits = chat->traits ? chat->traits : &traits_default;
    struct buf prompt = BUF_INIT;
    struct completion c = COMPLETION_NONE;

    completions_template(traits, chat->messages, chat->n, &prompt);
    c.dialect = completions_find(STR("completions"));
    c.traits = traits;
    c.model = chat->model;
    c.text = buf_str(&prompt);
    c.stops[c.nstops++] = completions_template_stop(traits);
    c.max_tokens = chat->max_tokens > 0 ? chat->max_tokens : -1;
    c.temperature = chat->temperature;
    c.seed = chat->seed;
    c.stream = chat->stream;
    completions_request(&c, body);
    buf_release(&prompt);
}

static enum outcome outcome_of(const struct completion_reply *r, const struct reply *ret)
{
    bool limit = r->end == COMPLETION_LIMIT;

    if (r->outcome != OUTCOME_OK)
        return r->outcome;
    if (str_trim(ret->content).n)
        return limit ? OUTCOME_TRUNCATED : OUTCOME_OK;
    return limit ? OUTCOME_NO_ANSWER_BUDGET : OUTCOME_REASONING_ONLY;
}

static void read(
    long status, struct str body, bool streamed, struct arena *arena, struct reply *ret)
{
    struct completion c = COMPLETION_NONE;
    struct completion_reply r;
    struct draft d = {.arena = arena, .usage = USAGE_UNKNOWN};

    (void)streamed; /* the body shows it */
    c.dialect = completions_find(STR("completions"));
    completions_read(&c, status, body, arena, &r);
    *ret = (struct reply){.usage = USAGE_UNKNOWN};
    buf_str_add(&d.content, r.text);
    draft_finish(&d); /* thinking within the text is no answer */
    draft_copy_out(&d, ret);
    draft_release(&d);
    ret->finish = r.finish;
    ret->usage = r.usage;
    ret->error = r.error;
    ret->retry = r.retry;
    ret->outcome = outcome_of(&r, ret);
}

const struct provider openai_completions = {
    .name = "openai-completions",
    .path = "/completions",
    .key_header = "Authorization: Bearer ",
    .build = build,
    .read = read,
};
