/* conform_ask.c - a case's words into a chat; see conform_ask.h. */
#include "tests/conformance/conform_ask.h"

#include "harness/base/data.h"
#include "harness/base/number.h"
#include "harness/config/model.h"

/* As the program finds them for a configuration's model; one without a name of a host is at a
 * server that nothing is known of. */
static enum err_code set_traits(const struct conform_case *c, struct traits *t, struct err *err)
{
    const struct case_section *s = case_section(c, "case", 0);
    struct str like = case_value(c, "like"), api = case_value(c, "api");
    struct model_config m = {.name = like.n ? like : STR("m"), .api = api};
    struct model_book book = {NULL, NULL};
    struct model_place place;
    enum err_code code = models_shipped(&book.shipped, err);

    if (like.n == 0)
        m.base_url = STR("http://127.0.0.1:1/v1");
    if (code || model_resolve(&m, &book, c->arena, &place, err))
        return err->code;
    *t = place.traits;
    for (size_t i = 0; !code && i < s->nlines; i++)
        if (str_eqc(s->lines[i].key, "trait"))
            code =
                field_set(&traits_table, t, arena_cstr(c->arena, s->lines[i].value), c->arena, err);
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
    struct str model = case_value(c, "model");
    struct str effort = case_value(c, "effort"), user = case_value(c, "user");
    struct buf tools = BUF_INIT;

    *ret = (struct ask){.system = case_text(c->arena, case_value(c, "system"))};
    if (set_traits(c, &ret->traits, err))
        return err->code;
    ret->provider = provider_find(ret->traits.api);
    if (!ret->provider)
        return err_set(err, ERR_INPUT, "%.*s is no wire format", STR_ARG(ret->traits.api));
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
        .background = true, /* where the endpoint's row says so, as every live call */
        .stream = ask_streams(c, 1),
    };
    return OK;
}
