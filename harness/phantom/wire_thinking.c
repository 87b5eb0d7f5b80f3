/*
 * wire_thinking.c - how much thinking a chat asks for, in every vendor's words; and the endings of
 * a model's name. See wire_impl.h.
 *
 * A budget is either a cap on what the model thinks anyway (vLLM, llama.cpp, SGLang), or it is what
 * switches thinking on (OpenRouter, Gemini, thinking.budget_tokens); then, without an effort beside
 * it, it thinks as at high. 0 switches thinking off, -1 is no cap.
 */
#include "harness/phantom/wire_impl.h"

void wire_name_model(struct str model, struct arena *arena, struct wire_request *r)
{
    static const struct {
        const char *ending;
        bool limit, thinking, newest;
    } endings[] = {
        {":ignore-limit", true, false, false},
        {":ignore-thinking", false, true, false},
        {":ignore-budgets", true, true, false},
        {":newest", false, false, true},
    };

    r->model = arena_str(arena, model);
    struct str name = r->model;
    if (str_starts(name, STR("phantom/")))
        name = str_from(name, sizeof "phantom/" - 1);
    for (size_t i = 0; i < ARRAY_LEN(endings);) {
        if (!str_ends(name, str_c(endings[i].ending))) {
            i++;
            continue;
        }
        name.n -= strlen(endings[i].ending);
        r->ignore_limit = r->ignore_limit || endings[i].limit;
        r->ignore_thinking = r->ignore_thinking || endings[i].thinking;
        r->newest = r->newest || endings[i].newest;
        i = 0;
    }
    r->mind.model = arena_str(arena, name);
}

bool wire_read_effort(const struct json *v, const char *param, struct arena *arena,
    struct wire_request *r, struct wire_error *e)
{
    static const char *const words[] = {"none", "minimal", "low", "medium", "high", "xhigh", "max"};

    if (wire_absent(v) || str_eqc(json_str(v), "default"))
        return true;
    if (json_type(v) != JSON_STRING)
        return wire_bad_type(e, param, "a string");
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (str_eqc(json_str(v), words[i])) {
            r->mind.reasoning_effort = arena_str(arena, json_str(v));
            return true;
        }
    return wire_fail(e, 400, param, "invalid_value",
        "Invalid value for '%s': expected none, minimal, low, medium, high, xhigh or max.", param);
}

/* What the members say together. */
struct wish {
    bool off, on, limited;
    int64_t tokens;
};

static const struct budget_member {
    const char *path;
    bool switches_on;
    const char *shown; /* the member in which that server shows its reasoning */
} budgets[] = {
    {"thinking_token_budget", false, "reasoning"},
    {"thinking_budget_tokens", false, "reasoning_content"},
    {"reasoning_budget_tokens", false, "reasoning_content"},
    {"custom_params.thinking_budget", false, "reasoning_content"},
    {"reasoning.max_tokens", true, "reasoning"},
    {"extra_body.google.thinking_config.thinking_budget", true, NULL},
    {"thinking.budget_tokens", true, "reasoning_content"},
};

static bool read_budgets(
    const struct json *root, struct wish *wish, struct wire_request *r, struct wire_error *e)
{
    for (size_t i = 0; i < ARRAY_LEN(budgets); i++) {
        const struct json *v = json_path(root, budgets[i].path);
        int64_t n;
        if (wire_absent(v))
            continue;
        if (!json_int(v, &n) || n < -1)
            return wire_bad_type(e, budgets[i].path, "an integer of at least -1");
        if (budgets[i].shown)
            r->reasoning_key = budgets[i].shown;
        wish->off = wish->off || n == 0;
        wish->on = wish->on || (budgets[i].switches_on && n != 0);
        if (n > 0 && (!wish->limited || n < wish->tokens)) {
            wish->limited = true;
            wish->tokens = n;
        }
    }
    return true;
}

static bool read_switches(
    const struct json *root, bool *ret_on, struct wish *wish, struct wire_error *e)
{
    static const char *const switches[] = {"enable_thinking", "reasoning.enabled",
        "chat_template_kwargs.enable_thinking", "chat_template_kwargs.thinking"};
    const struct json *type = json_path(root, "thinking.type");
    bool on;

    for (size_t i = 0; i < ARRAY_LEN(switches); i++) {
        const struct json *v = json_path(root, switches[i]);
        if (wire_absent(v))
            continue;
        if (!wire_read_bool(v, switches[i], &on, e))
            return false;
        *ret_on = *ret_on || on;
        wish->off = wish->off || !on;
    }
    if (wire_absent(type))
        return true;
    on = str_eqc(json_str(type), "enabled") || str_eqc(json_str(type), "adaptive");
    if (!on && !str_eqc(json_str(type), "disabled"))
        return wire_fail(e, 400, "thinking.type", "invalid_value",
            "Invalid value for 'thinking.type': expected enabled, adaptive or disabled.");
    *ret_on = *ret_on || on;
    wish->off = wish->off || !on;
    return true;
}

/* Members of which a server takes one only. */
static bool check_pairs(const struct json *root, struct wire_error *e)
{
    static const char *const pairs[][2] = {
        {"reasoning.effort", "reasoning.max_tokens"},
        {"extra_body.google.thinking_config.thinking_budget",
            "extra_body.google.thinking_config.thinking_level"},
        {"extra_body.google.thinking_config.thinking_budget", "reasoning_effort"},
        {"extra_body.google.thinking_config.thinking_level", "reasoning_effort"},
    };

    for (size_t i = 0; i < ARRAY_LEN(pairs); i++)
        if (!wire_absent(json_path(root, pairs[i][0])) &&
            !wire_absent(json_path(root, pairs[i][1])))
            return wire_fail(e, 400, pairs[i][0], "invalid_value",
                "Only one of '%s' and '%s' can be given.", pairs[i][0], pairs[i][1]);
    return true;
}

static bool read_efforts(
    const struct json *root, struct arena *arena, struct wire_request *r, struct wire_error *e)
{
    static const char *const efforts[] = {
        "reasoning_effort", "reasoning.effort", "extra_body.google.thinking_config.thinking_level"};

    r->mind.reasoning_effort = STR("");
    for (size_t i = 0; i < ARRAY_LEN(efforts); i++)
        if (!wire_read_effort(json_path(root, efforts[i]), efforts[i], arena, r, e))
            return false;
    return true;
}

/* Where the reasoning is shown: only to who asks for it in one of the ways that servers know. */
static bool read_shown(const struct json *root, struct wire_request *r, struct wire_error *e)
{
    const struct json *reasoning = json_get(root, "reasoning");
    struct str format = json_str(json_get(root, "reasoning_format"));
    bool include = false, separate = false, exclude = false;

    if (!wire_read_bool(json_get(root, "include_reasoning"), "include_reasoning", &include, e) ||
        !wire_read_bool(json_get(root, "separate_reasoning"), "separate_reasoning", &separate, e) ||
        !wire_read_bool(json_get(reasoning, "exclude"), "reasoning.exclude", &exclude, e))
        return false;
    if (json_type(reasoning) == JSON_OBJECT || include || str_eqc(format, "parsed"))
        r->reasoning_key = "reasoning";
    if (separate || json_type(json_get(root, "thinking")) == JSON_OBJECT ||
        str_eqc(format, "deepseek"))
        r->reasoning_key = "reasoning_content";
    if (exclude || str_eqc(format, "hidden"))
        r->reasoning_key = NULL;
    return true;
}

bool wire_read_thinking(
    const struct json *root, struct arena *arena, struct wire_request *r, struct wire_error *e)
{
    struct wish wish = {0};
    bool on = false;

    if (!check_pairs(root, e) || !read_efforts(root, arena, r, e) || !read_shown(root, r, e) ||
        !read_budgets(root, &wish, r, e) || !read_switches(root, &on, &wish, e))
        return false;
    if (wish.off)
        r->mind.reasoning_effort = STR("none");
    else if (!r->mind.reasoning_effort.n && wish.on)
        r->mind.reasoning_effort = STR("high");
    r->mind.thinks = r->mind.thinks || (on && !wish.off);
    r->mind.thinking_limited = wish.limited && !wish.off && !r->ignore_thinking;
    r->mind.thinking_tokens = wish.tokens;
    return true;
}
