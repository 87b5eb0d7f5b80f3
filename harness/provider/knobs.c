/* knobs.c - wishes of a chat under the names of an endpoint; see knobs.h. */
#include "harness/provider/knobs.h"

#include "harness/base/json.h"

static void own_name(struct str *name, struct str fallback, struct str own)
{
    if (str_eq(*name, fallback))
        *name = own;
}

struct traits knobs_traits(const struct chat *chat, const struct traits *own)
{
    struct traits t = chat->traits ? *chat->traits : traits_default;
    bool effort_unsaid = str_eq(t.effort_key, traits_default.effort_key);

    if (!own)
        return t;
    own_name(&t.limit_key, traits_default.limit_key, own->limit_key);
    own_name(&t.seed_key, traits_default.seed_key, own->seed_key);
    if (effort_unsaid) {
        t.effort_key = own->effort_key;
        if (t.effort_with.n == 0)
            t.effort_with = own->effort_with;
    }
    if (t.efforts.n == 0)
        t.efforts = own->efforts;
    return t;
}

bool knobs_none(const struct chat *chat)
{
    return chat->no_thinking || (chat->effort && str_eqc(str_c(chat->effort), "none"));
}

bool knobs_offers_tools(const struct chat *chat, const struct traits *t)
{
    return chat->tools.n && t->tools;
}

static bool takes_effort(const struct traits *t, const char *word)
{
    bool takes = t->efforts.n == 0;

    for (size_t i = 0; i < t->efforts.n && !takes; i++)
        takes = str_eqc(t->efforts.v[i], word);
    return takes && t->effort_key.n;
}

static void put_none(const struct traits *t, struct members *m)
{
    if (t->none_with.n)
        members_merge(m, t->none_with);
    else if (takes_effort(t, "none"))
        members_text(m, t->effort_key, STR("none"));
}

void knobs_thinking(
    const struct chat *chat, const struct traits *t, int64_t most, struct members *m)
{
    bool tools = knobs_offers_tools(chat, t);

    if (knobs_none(chat) || (tools && !t->tools_with_effort)) {
        put_none(t, m);
        return;
    }
    if (chat->effort && t->effort_key.n) {
        members_text(m, t->effort_key, str_c(chat->effort));
        members_merge(m, t->effort_with);
    }
    if (chat->thinking_tokens > 0 && t->thinking_key.n) {
        int64_t tokens = chat->thinking_tokens;
        members_int(m, t->thinking_key, most > 0 && tokens > most ? most : tokens);
        members_merge(m, t->thinking_with);
    }
}

/* Will the model think, as far as its row tells? */
static bool will_think(const struct chat *chat, const struct traits *t)
{
    if (knobs_none(chat) || (knobs_offers_tools(chat, t) && !t->tools_with_effort))
        return false;
    return t->thinks || (chat->effort && t->effort_key.n) ||
           (chat->thinking_tokens > 0 && t->thinking_key.n);
}

void knobs_temperature(const struct chat *chat, const struct traits *t, struct members *m)
{
    struct buf json = BUF_INIT;

    if (t->sampling && chat->temperature >= 0 && (t->sampling_thinking || !will_think(chat, t))) {
        json_number(&json, chat->temperature);
        members_put(m, STR("temperature"), buf_str(&json));
    }
    buf_release(&json);
}

void knobs_limit(const struct chat *chat, const struct traits *t, struct members *m)
{
    if (chat->max_tokens > 0 && t->limit_key.n)
        members_int(m, t->limit_key, chat->max_tokens);
}

void knobs_seed(const struct chat *chat, const struct traits *t, struct members *m)
{
    if (chat->seed >= 0 && t->seed_key.n)
        members_int(m, t->seed_key, chat->seed);
}
