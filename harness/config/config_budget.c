/* config_budget.c - levels by kind: defaults, ranges and mistakes; see config_budget.h. */
#include "harness/config/config_budget.h"

#include "harness/config/budget.h"

enum { STEPS_MOST = 100 }; /* as of rethink_calls */

/* What to write, for messages. */
static const char *example(enum budget_kind kind)
{
    static const char *const texts[] = {
        [BUDGET_NONE] = "left out",
        [BUDGET_VERBOSITY] = "numbers from 0 to 4",
        [BUDGET_EFFORT] = "efforts such as [\"low\",\"high\"]",
        [BUDGET_THINKING] = "numbers of thinking tokens such as [1024,4096] (0 = no thinking)",
        [BUDGET_FORCED] = "numbers of forced thinking tokens such as [500,2000] (0 = no thinking)",
        [BUDGET_MAX_TOKENS] = "limits in tokens such as [512,2048]",
        [BUDGET_STEPS] = "numbers of responses such as [1,4,10]",
    };

    return texts[kind];
}

/* What an absent list stands for; false: it must be given. */
static bool absent(enum budget_kind kind, struct arena *arena, struct int_list *l)
{
    int64_t first = kind == BUDGET_EFFORT ? 2 : 0; /* low, medium and high */
    size_t n = kind == BUDGET_EFFORT ? 3 : (size_t)budget_most(kind) + 1;

    if (budget_counts(kind))
        return false;
    *l = (struct int_list){arena_array(arena, int64_t, n), n};
    for (size_t i = 0; i < n; i++)
        l->v[i] = budget_level(kind, first + (int64_t)i);
    return true;
}

static enum err_code resolve_level(
    enum budget_kind kind, const char *what, const char *key, int64_t *level, struct err *err)
{
    int64_t n = budget_amount(*level);

    if (budget_kind_of(*level) == kind)
        return OK;
    if (budget_kind_of(*level) != BUDGET_NUMBER || kind == BUDGET_EFFORT || kind == BUDGET_NONE)
        return err_set(err, ERR_USAGE, "%s.kind is %s: %s must be %s", what, budget_kind_name(kind),
            key, example(kind));
    if (n < budget_least(kind) || n > budget_most(kind))
        return err_set(err, ERR_USAGE, "%s is %lld, outside %lld to %lld", key, (long long)n,
            (long long)budget_least(kind), (long long)budget_most(kind));
    *level = budget_level(kind, n);
    return OK;
}

static enum err_code resolve_list(struct str kind_name, const char *what, const char *key,
    struct arena *arena, struct int_list *l, struct err *err)
{
    enum budget_kind kind;

    if (!budget_kind_find(kind_name, &kind))
        BUG("%s.kind passed its choices", what);
    if (!l->v)
        return absent(kind, arena, l) ? OK
                                      : err_set(err, ERR_USAGE, "%s.kind is %s: %s must be %s",
                                            what, budget_kind_name(kind), key, example(kind));
    if (l->n == 0)
        return err_set(err, ERR_USAGE, "%s is empty: it must be %s", key, example(kind));
    for (size_t i = 0; i < l->n; i++)
        if (resolve_level(kind, what, key, &l->v[i], err))
            return err->code;
    for (size_t i = 1; i < l->n; i++) /* "thinking:5" and 5 are one */
        for (size_t j = 0; j < i; j++)
            if (l->v[i] == l->v[j])
                return err_set(err, ERR_USAGE, "%s names one level twice", key);
    return OK;
}

/* Steps are responses of one conversation. */
static enum err_code check_steps(const struct int_list *l, const char *key, struct err *err)
{
    for (size_t i = 0; i < l->n; i++)
        if (budget_kind_of(l->v[i]) == BUDGET_STEPS && budget_amount(l->v[i]) > STEPS_MOST)
            return err_set(err, ERR_USAGE, "%s is %lld, outside 1 to %d", key,
                (long long)budget_amount(l->v[i]), STEPS_MOST);
    return OK;
}

enum err_code config_budget_resolve(struct config *c, struct arena *arena, struct err *err)
{
    struct arm_config *arms = c->arms.v;

    if (resolve_list(
            c->budget_kind, "test_budget", "test_budget.levels", arena, &c->budget_levels, err) ||
        resolve_list(c->sleep_budget_kind, "sleep_budget", "sleep_budget.levels", arena,
            &c->sleep_levels, err) ||
        check_steps(&c->budget_levels, "test_budget.levels", err) ||
        check_steps(&c->sleep_levels, "sleep_budget.levels", err))
        return err->code;
    for (size_t i = 0; i < c->arms.n; i++) {
        const char *key = arena_printf(arena, "arms[%zu].sleep.levels", i);
        if (arms[i].sleep_levels.v && (resolve_list(c->sleep_budget_kind, "sleep_budget", key,
                                           arena, &arms[i].sleep_levels, err) ||
                                          check_steps(&arms[i].sleep_levels, key, err)))
            return err->code;
    }
    return OK;
}
