/* conform_ask.c - a case's words into a chat; see conform_ask.h. */
#include "tests/conformance/conform_ask.h"

#include "harness/base/data.h"
#include "harness/base/number.h"
#include "harness/config/model.h"

enum trait_type { TRAIT_STR, TRAIT_BOOL, TRAIT_INT };

#define TRAIT(member, type)                                                                        \
    {                                                                                              \
#member, offsetof(struct traits, member), type                                             \
    }

static const struct {
    const char *name;
    size_t offset;
    enum trait_type type;
} all_traits[] = {
    TRAIT(limit_key, TRAIT_STR),
    TRAIT(seed_key, TRAIT_STR),
    TRAIT(system_role, TRAIT_STR),
    TRAIT(sampling, TRAIT_BOOL),
    TRAIT(tools, TRAIT_BOOL),
    TRAIT(parallel_tools, TRAIT_BOOL),
    TRAIT(tools_with_effort, TRAIT_BOOL),
    TRAIT(stream_usage, TRAIT_BOOL),
    TRAIT(effort_key, TRAIT_STR),
    TRAIT(effort_with, TRAIT_STR),
    TRAIT(thinking_key, TRAIT_STR),
    TRAIT(thinking_with, TRAIT_STR),
    TRAIT(thinking_least, TRAIT_INT),
    TRAIT(thinking_most, TRAIT_INT),
    TRAIT(thinking_hard, TRAIT_BOOL),
    TRAIT(none_with, TRAIT_STR),
    TRAIT(reasoning_back, TRAIT_STR),
    TRAIT(forcing, TRAIT_STR),
    TRAIT(think_open, TRAIT_STR),
    TRAIT(think_close, TRAIT_STR),
    TRAIT(final_cue, TRAIT_STR),
    TRAIT(scoring, TRAIT_STR),
    TRAIT(batch, TRAIT_STR),
    TRAIT(context, TRAIT_INT),
    TRAIT(output, TRAIT_INT),
    TRAIT(extra, TRAIT_STR),
};

static enum err_code set_trait(
    const struct conform_case *c, struct str assignment, struct traits *t, struct err *err)
{
    struct str name;
    struct rat r;

    str_cut(&assignment, '=', &name);
    for (size_t i = 0; i < ARRAY_LEN(all_traits); i++) {
        void *p = (char *)t + all_traits[i].offset;
        if (!str_eqc(name, all_traits[i].name))
            continue;
        if (all_traits[i].type == TRAIT_STR)
            *(struct str *)p = case_text(c->arena, assignment);
        else if (all_traits[i].type == TRAIT_BOOL)
            *(bool *)p = str_eqc(assignment, "yes");
        else if (rat_parse(assignment, &r))
            *(int64_t *)p = r.num;
        return OK;
    }
    return err_set(err, ERR_INPUT, "%.*s is no trait", STR_ARG(name));
}

static enum err_code set_traits(const struct conform_case *c, struct traits *t, struct err *err)
{
    const struct case_section *s = case_section(c, "case", 0);
    struct str like = case_value(c, "like");
    enum err_code code = OK;

    *t = traits_default;
    if (like.n) {
        struct model_config m = {.name = like};
        struct model_place place;
        if (model_place(&m, &place, err))
            return err->code;
        *t = place.traits;
    }
    for (size_t i = 0; !code && i < s->nlines; i++)
        if (str_eqc(s->lines[i].key, "trait"))
            code = set_trait(c, s->lines[i].value, t, err);
    return code;
}

static double number_or(const struct conform_case *c, const char *key, double fallback)
{
    double v;

    return number_double(case_value(c, key), &v) ? v : fallback;
}

static bool yes(const struct conform_case *c, const char *key)
{
    return str_eqc(case_value(c, key), "yes");
}

bool ask_streams(const struct conform_case *c, int64_t round)
{
    struct str rest = case_value(c, "stream"), word = rest;

    for (int64_t i = 0; i < round && rest.p; i++)
        if (!str_cut(&rest, ' ', &word))
            break;
    return str_eqc(word, "yes");
}

enum err_code ask_of(const struct conform_case *c, struct ask *ret, struct err *err)
{
    struct str api = case_value(c, "api"), model = case_value(c, "model");
    struct str effort = case_value(c, "effort"), user = case_value(c, "user");
    struct buf tools = BUF_INIT;

    *ret = (struct ask){.system = case_text(c->arena, case_value(c, "system"))};
    if (set_traits(c, &ret->traits, err))
        return err->code;
    ret->provider = provider_find(api.n ? api : ret->traits.api);
    if (!ret->provider)
        return err_set(err, ERR_INPUT, "%.*s is no wire format", STR_ARG(api));
    ret->user = user.n ? case_text(c->arena, user) : STR("How many pears?");
    if (ret->system.n == 0)
        ret->system = STR("Be brief.");
    if (data_read("configs/prompts/neutral/tools.json", &tools, err))
        return err->code;
    ret->tools = arena_str(c->arena, buf_str(&tools));
    buf_release(&tools);
    ret->messages[0] = (struct message){.role = ROLE_SYSTEM, .text = ret->system};
    ret->messages[1] = (struct message){.role = ROLE_USER, .text = ret->user};
    ret->chat = (struct chat){
        .model = model.n ? model : STR("m"),
        .messages = ret->messages,
        .n = 2,
        .traits = &ret->traits,
        .tools = yes(c, "tools") ? ret->tools : STR(""),
        .temperature = number_or(c, "temperature", -1),
        .max_tokens = case_int(c, "max_tokens", 0),
        .seed = case_int(c, "seed", -1),
        .effort = effort.n ? arena_cstr(c->arena, effort) : NULL,
        .thinking_tokens = case_int(c, "thinking_tokens", 0),
        .no_thinking = yes(c, "no_thinking"),
        .stream = ask_streams(c, 1),
    };
    return OK;
}
