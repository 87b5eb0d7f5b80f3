/* config_ask.c - budgets, temperatures and limits against traits; see config_ask.h. */
#include "harness/config/config_ask.h"

#include "harness/config/budget.h"
#include "harness/config/model.h"

#include <math.h>

/* One kind of request of a model, and the keys that decide what is in it. */
struct ask {
    const struct model_config *m;
    const struct traits *t;
    const char *kind_key, *limit_key, *temperature_key;
    int64_t level, limit; /* FIELD_NONE = none is sent */
    double temperature;   /* below 0 = none is sent */
    bool tools;
};

static bool lists(const struct str_list *l, const char *word)
{
    for (size_t i = 0; i < l->n; i++)
        if (str_eqc(l->v[i], word))
            return true;
    return false;
}

/* Thinking is switched off by this level. */
static bool wants_none(int64_t level)
{
    enum budget_kind kind = budget_kind_of(level);

    return (kind == BUDGET_EFFORT && level == LEVEL_EFFORT) ||
           (kind == BUDGET_THINKING && budget_amount(level) == 0);
}

static bool thinks_at(const struct traits *t, int64_t level)
{
    enum budget_kind kind = budget_kind_of(level);

    if (kind == BUDGET_EFFORT || kind == BUDGET_THINKING)
        return !wants_none(level);
    return kind != BUDGET_FORCED && t->thinks;
}

static enum err_code refuse_effort(const struct ask *a, struct err *err)
{
    struct buf words = BUF_INIT;

    for (size_t i = 0; i < a->t->efforts.n; i++)
        buf_printf(&words, "%s%.*s", i ? ", " : "", STR_ARG(a->t->efforts.v[i]));
    (void)err_set(err, ERR_USAGE, "%.*s does not take the effort \"%s\": it takes %s",
        STR_ARG(a->m->name), budget_effort(a->level),
        buf_cstr(&words)); /* the code is what we return */
    buf_release(&words);
    return ERR_USAGE;
}

static enum err_code check_none(const struct ask *a, struct err *err)
{
    const struct traits *t = a->t;
    bool by_word = t->effort_key.n && (t->efforts.n == 0 || lists(&t->efforts, "none"));

    if (!t->thinks || t->none_with.n || by_word)
        return OK;
    if (budget_effort(a->level) && t->efforts.n)
        return refuse_effort(a, err);
    return err_set(err, ERR_USAGE, "%.*s cannot be told not to think: ask for some in %s",
        STR_ARG(a->m->name), a->kind_key);
}

static enum err_code check_effort(const struct ask *a, struct err *err)
{
    const struct traits *t = a->t;

    if (!t->effort_key.n)
        return err_set(err, ERR_USAGE, "%.*s takes no effort: set %s to %s", STR_ARG(a->m->name),
            a->kind_key,
            t->thinking_key.n ? "thinking"
            : t->forcing.n    ? "forced"
                              : "none or max_tokens");
    if (t->efforts.n && !lists(&t->efforts, budget_effort(a->level)))
        return refuse_effort(a, err);
    return OK;
}

static enum err_code check_thinking(const struct ask *a, struct err *err)
{
    const struct traits *t = a->t;
    int64_t n = budget_amount(a->level);

    if (!t->thinking_key.n)
        return err_set(err, ERR_USAGE, "%.*s takes no number of thinking tokens: set %s to %s",
            STR_ARG(a->m->name), a->kind_key,
            t->effort_key.n ? "effort"
            : t->forcing.n  ? "forced"
                            : "none or max_tokens");
    if ((t->thinking_least != FIELD_NONE && n < t->thinking_least) ||
        (t->thinking_most != FIELD_NONE && n > t->thinking_most)) {
        struct buf most = BUF_INIT;
        if (t->thinking_most != FIELD_NONE)
            buf_printf(&most, " and at most %lld", (long long)t->thinking_most);
        (void)err_set(err, ERR_USAGE,
            "%.*s does not take %lld thinking tokens: it takes at least %lld%s",
            STR_ARG(a->m->name), (long long)n,
            (long long)(t->thinking_least == FIELD_NONE ? 0 : t->thinking_least),
            buf_cstr(&most)); /* the code is what we return */
        buf_release(&most);
        return ERR_USAGE;
    }
    if (t->thinking_in_limit && (a->limit == FIELD_NONE || n >= a->limit))
        return err_set(err, ERR_USAGE, "%.*s counts thinking within its limit: set %s above %lld",
            STR_ARG(a->m->name), a->limit_key, (long long)n);
    return OK;
}

static enum err_code check_budget(const struct ask *a, struct err *err)
{
    if (wants_none(a->level))
        return check_none(a, err);
    switch (budget_kind_of(a->level)) {
    case BUDGET_EFFORT:
        return check_effort(a, err);
    case BUDGET_THINKING:
        return check_thinking(a, err);
    case BUDGET_FORCED:
        if (a->t->forcing.n)
            return OK;
        return err_set(err, ERR_USAGE,
            "%.*s cannot be forced to think: that needs raw completions or a continued chat "
            "(traits "
            "forcing, docs/MODELS.md); set %s to %s",
            STR_ARG(a->m->name), a->kind_key,
            a->t->thinking_key.n ? "thinking"
            : a->t->effort_key.n ? "effort"
                                 : "none or max_tokens");
    default:
        return OK;
    }
}

static enum err_code check_limit(const struct ask *a, struct err *err)
{
    if (a->limit == FIELD_NONE)
        return OK;
    if (!a->t->limit_key.n)
        return err_set(err, ERR_USAGE, "%.*s takes no limit of tokens: set %s to null",
            STR_ARG(a->m->name), a->limit_key);
    if (a->t->output != FIELD_NONE && a->limit > a->t->output)
        return err_set(err, ERR_USAGE, "%.*s gives at most %lld tokens: %s is %lld",
            STR_ARG(a->m->name), (long long)a->t->output, a->limit_key, (long long)a->limit);
    return OK;
}

static enum err_code check_one(const struct ask *a, struct err *err)
{
    bool thinks = thinks_at(a->t, a->level);

    if (check_budget(a, err) || check_limit(a, err))
        return err->code;
    if (a->temperature >= 0 && (!a->t->sampling || (thinks && !a->t->sampling_thinking)))
        return err_set(err, ERR_USAGE, "%.*s takes no temperature%s: set %s to null",
            STR_ARG(a->m->name), a->t->sampling ? " while it thinks" : "", a->temperature_key);
    if (a->tools && thinks && !a->t->tools_with_effort)
        return err_set(err, ERR_USAGE,
            "%.*s takes no tools while it thinks on %.*s: set the model's api to "
            "\"openai-responses\", or sleep at effort none",
            STR_ARG(a->m->name), STR_ARG(a->t->api));
    return OK;
}

static enum err_code check_levels(
    struct ask a, const struct int_list *levels, const char *levels_key, struct err *err)
{
    int64_t limit = a.limit;
    const char *limit_key = a.limit_key;

    for (size_t i = 0; i < levels->n; i++) {
        bool own = budget_kind_of(levels->v[i]) == BUDGET_MAX_TOKENS;
        a.level = levels->v[i];
        a.limit = own ? budget_amount(a.level) : limit;
        a.limit_key = own ? levels_key : limit_key;
        if (check_one(&a, err))
            return err->code;
    }
    return OK;
}

static const struct model_config *sleeper(
    const struct config *c, const struct arm_config *arm, const struct model_config *m)
{
    const struct model_config *all = c->sleep_models.v;

    for (size_t i = 0; arm->sleep_model.p && i < c->sleep_models.n; i++)
        if (str_eq(all[i].name, arm->sleep_model))
            return &all[i];
    return m;
}

/* An arm that scores asks for log-probabilities and for nothing else. */
static enum err_code check_score(const struct model_config *m, struct err *err)
{
    if (m->place->traits.scoring.n)
        return OK;
    return err_set(err, ERR_USAGE,
        "score: %.*s is not known to give log-probabilities of a prompt; `sleepbench probe` finds "
        "out, or set its trait scoring (docs/MODELS.md)",
        STR_ARG(m->name));
}

static enum err_code check_arm(const struct config *c, const struct arm_config *arm,
    const struct model_config *m, struct err *err)
{
    struct ask awake = {
        .m = m,
        .t = &m->place->traits,
        .kind_key = "test_budget.kind",
        .limit_key = "max_tokens.test",
        .temperature_key = isnan(arm->temperature) ? "temperature" : "the arm's temperature",
        .limit = c->max_tokens_test,
        .temperature = config_arm_temperature(c, arm),
    };
    const struct model_config *s = sleeper(c, arm, m);
    struct ask asleep = {
        .m = s,
        .t = &s->place->traits,
        .kind_key = "sleep_budget.kind",
        .limit_key = "max_tokens.sleep",
        .temperature_key =
            isnan(arm->sleep_temperature) ? "temperature" : "the arm's sleep.temperature",
        .limit = c->max_tokens_sleep,
        .temperature = config_sleep_temperature(c, arm),
        .tools = s->place->traits.tools,
    };

    if (str_eqc(arm->method, "score"))
        return check_score(m, err);
    if (check_levels(awake, &c->budget_levels, "test_budget.levels", err))
        return err->code;
    if (!str_eqc(arm->method, "sleep_time") && !arm->with_learned)
        return OK;
    return check_levels(asleep, config_sleep_levels(c, arm), "sleep_budget.levels", err);
}

enum err_code config_ask_check(const struct config *c, struct err *err)
{
    for (size_t m = 0; m < c->models.n; m++)
        for (size_t a = 0; a < c->arms.n; a++)
            if (check_arm(c, config_arm(c, a), config_model(c, m), err))
                return err_wrap(err, "arms[%zu]", a);
    return OK;
}

static void add_seedless(const struct object_list *list, struct buf *names)
{
    const struct model_config *m = list->v;

    for (size_t i = 0; i < list->n; i++)
        if (!m[i].place->traits.seed_key.n)
            buf_printf(names, "%s%.*s on %.*s", names->n ? ", " : "", STR_ARG(m[i].name),
                STR_ARG(m[i].place->traits.api));
}

void config_ask_unsent(const struct config *c, struct buf *out)
{
    struct buf names = BUF_INIT;

    add_seedless(&c->models, &names);
    add_seedless(&c->sleep_models, &names);
    if (names.n)
        buf_printf(out, "not sent: the seed (no such parameter: %s)\n", buf_cstr(&names));
    buf_release(&names);
}
