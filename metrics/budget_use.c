/* budget_use.c - requested against observed tokens; see budget_use.h. */
#include "metrics/budget_use.h"

#include "harness/config/budget.h"
#include "harness/store/store_measure.h"
#include "metrics/tables.h"

/* One arm at one level. */
struct use {
    int64_t arm, level, n, told, sum, least, most, reached, passed, extensions, violated;
};

struct using
{
    struct table *table;
    const struct store_arm *arms;
    size_t narms;
    struct use now;
};

static struct str arm_name(const struct using *u, int64_t key)
{
    for (size_t i = 0; i < u->narms; i++)
        if (u->arms[i].key == key)
            return u->arms[i].name;
    return STR("");
}

static void finish_row(struct using *u)
{
    const struct use *now = &u->now;
    struct table *t = u->table;

    if (now->n == 0)
        return;
    table_row(t);
    table_str(t, arm_name(u, now->arm));
    tables_level(t, now->level);
    table_int(t, budget_amount(now->level));
    if (now->told) {
        table_num(t, (double)now->sum / (double)now->told);
        table_int(t, now->least);
        table_int(t, now->most);
    } else {
        table_missing(t);
        table_missing(t);
        table_missing(t);
    }
    table_int(t, now->n);
    table_int(t, now->reached);
    table_int(t, now->passed);
    table_int(t, now->violated);
    table_int(t, now->extensions);
    table_int(t, now->n - now->told);
}

/* Tokens that the budget is about; -1 = the server did not say. */
static int64_t observed(const struct store_use *u, enum budget_kind kind)
{
    if (kind == BUDGET_FORCED)
        return u->forced ? u->forcing.thinking - u->forcing.injected : -1;
    if (kind == BUDGET_THINKING)
        return u->usage.out_reasoning;
    return usage_out(u->usage);
}

static enum err_code on_use(const struct store_use *row, void *payload, struct err *err)
{
    struct using *u = payload;
    struct use *now = &u->now;
    enum budget_kind kind = budget_kind_of(row->level);

    (void)err; /* rows only add up */
    if (kind != BUDGET_FORCED && kind != BUDGET_THINKING && kind != BUDGET_MAX_TOKENS)
        return OK;
    if (now->arm != row->arm || now->level != row->level) {
        finish_row(u);
        *now = (struct use){.arm = row->arm, .level = row->level, .least = INT64_MAX};
    }
    int64_t tokens = observed(row, kind), asked = budget_amount(row->level);
    now->n++;
    now->violated += row->outcome == OUTCOME_BUDGET_VIOLATED;
    now->extensions += row->forced ? row->forcing.extensions : 0;
    if (tokens < 0)
        return OK;
    now->told++;
    now->sum += tokens;
    now->least = tokens < now->least ? tokens : now->least;
    now->most = tokens > now->most ? tokens : now->most;
    now->reached += tokens == asked;
    now->passed += tokens > asked;
    return OK;
}

enum err_code budget_use_table(struct store *s, struct table **ret, struct err *err)
{
    static const struct column columns[] = {
        {"arm", "", COLUMN_STR, 0},
        {"budget", "", COLUMN_STR, 0},
        {"requested_tok", "tokens", COLUMN_INT, 0},
        {"observed_tok", "tokens", COLUMN_NUM, 1},
        {"least_tok", "tokens", COLUMN_INT, 0},
        {"most_tok", "tokens", COLUMN_INT, 0},
        {"answers", "", COLUMN_INT, 0},
        {"reached", "", COLUMN_INT, 0},
        {"passed", "", COLUMN_INT, 0},
        {"violated", "", COLUMN_INT, 0},
        {"extensions", "", COLUMN_INT, 0},
        {"not_told", "", COLUMN_INT, 0},
    };
    struct using u = {.table = table_new("budgets", columns, ARRAY_LEN(columns))};
    struct arena arena = {0};
    struct store_arm *arms;
    enum err_code code = store_arms(s, &arena, &arms, &u.narms, err);

    table_note(u.table, "method",
        STR("tokens that a budget asked for against those that came, without an interval: forced "
            "budgets by the tokens between the delimiters without those put in, thinking budgets "
            "by the reasoning tokens the server tells, max by all output"));
    if (!code) {
        u.arms = arms;
        code = store_each_use(s, on_use, &u, err);
    }
    if (!code)
        finish_row(&u);
    arena_release(&arena);
    if (code)
        table_free(u.table);
    else
        *ret = u.table;
    return code;
}
