/*
 * job_plan.c - the plan as a table: one row a variant, planned into a store in memory.
 *
 * Input tokens are counted by the project's own token rule over prompts, contexts and queries, so
 * they are estimates for other models, and learned contexts, which nobody knows yet, are taken as
 * one third of their limit. Output tokens are the most that the limits allow.
 *
 * Money is shown when every model that is no phantom has a price: what that input costs uncached,
 * once a task; and the most, with every answer at its limit and every sleep at its last response,
 * each of which reads all before it again. Attempts that fail come on top.
 */
#include "harness/cli/job_plan.h"

#include "harness/base/file.h"
#include "harness/base/json.h"
#include "harness/base/table.h"
#include "harness/base/token.h"
#include "harness/cli/cli.h"
#include "harness/config/budget.h"
#include "harness/config/config_ask.h"
#include "harness/config/model.h"
#include "harness/config/money.h"
#include "harness/provider/completions.h"
#include "harness/store/store_plan.h"
#include "metrics/tables.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { BATCH_TASKS = 256, CHARS_PER_TOKEN = 3 };

struct tally {
    int64_t tasks, in_tokens;
    int64_t in_uusd, most_uusd; /* micro-dollars; -1 = no price, or no limit of tokens */
};

enum { MONEY_COLUMNS = 2 };

static const struct column columns[] = {
    {"model", "", COLUMN_STR, 0},
    {"asks", "", COLUMN_STR, 0},
    {"level", "", COLUMN_STR, 0},
    {"k", "", COLUMN_INT, 0},
    {"tasks", "", COLUMN_INT, 0},
    {"calls", "", COLUMN_STR, 0},
    {"in_tok_est", "tokens", COLUMN_INT, 0},
    {"out_tok_most", "tokens", COLUMN_INT, 0},
    {"in_usd_est", "USD", COLUMN_NUM, 4},
    {"usd_most", "USD", COLUMN_NUM, 4},
};

static int64_t system_tokens(const struct job *job, const struct store_variant *v)
{
    struct buf text = BUF_INIT;
    const struct config *c = &job->config;

    plan_system(c, &job->prompts, v->asleep, (enum prompt_form)v->form, v->level, &text);
    int64_t n = (int64_t)token_count(buf_str(&text));
    buf_release(&text);
    return n + v->k * c->memory_chars / CHARS_PER_TOKEN / 3;
}

static enum err_code tally_tasks(const struct job *job, struct store *store,
    const struct store_variant *v, size_t nv, struct tally *tally, struct err *err)
{
    struct store_task *tasks = xcalloc(BATCH_TASKS, sizeof *tasks);
    struct arena arena = {0};
    size_t n = 1;
    int64_t after = 0, *shared = xcalloc(nv + 1, sizeof *shared);
    enum err_code code = OK;

    for (size_t i = 0; i < nv; i++)
        shared[i] = system_tokens(job, &v[i]);
    while (n && !code) {
        arena_reset(&arena);
        code = store_pending(store, after, false, BATCH_TASKS, &arena, tasks, &n, err);
        for (size_t i = 0; i < n && !code; i++) {
            size_t at = (size_t)tasks[i].variant - 1; /* keys of a fresh store count from 1 */
            tally[at].tasks++;
            tally[at].in_tokens += shared[at] + (int64_t)token_count(tasks[i].context_body) +
                                   (int64_t)token_count(tasks[i].query_body);
            after = tasks[i].key;
        }
    }
    free(shared);
    free(tasks);
    arena_release(&arena);
    return code;
}

/* Adds n times what a call of this usage costs. */
static enum err_code add_cost(
    const struct price *p, struct usage u, bool batch, int64_t n, int64_t *sum, struct err *err)
{
    struct price_cost cost;
    int64_t all;

    if (price_cost(p, u, batch, &cost, err))
        return err->code;
    if (__builtin_mul_overflow(cost.uusd, n, &all) || __builtin_add_overflow(*sum, all, sum))
        return err_set(err, ERR_NUMBER, "the plan costs more than 2^63 micro-dollars");
    return OK;
}

/* Requests of one task, and the most tokens of output that all of them make; -1 = no limit. */
struct asked {
    int64_t least, most;
    int64_t paid; /* of these, such as are billed for a whole prompt */
    int64_t out;
};

/* Budget forcing thinks, goes on after each "Wait", and answers; dialects of token ids ask the
 * server's tokenizer as well (forcing.h). */
static struct asked asked_forced(const struct job *job, const struct store_variant *v)
{
    enum { TOKENIZER_LEAST = 3, TOKENIZER_MOST = 6 };
    const struct traits *traits = &plan_model(&job->config, (size_t)v->model)->place->traits;
    int64_t budget = budget_amount(v->level), thoughts = budget ? 1 : 0;
    const struct completions_dialect *raw = completions_find(traits->forcing);
    bool ids = raw && completions_has_ids(raw);
    struct asked a = {.least = thoughts + 1,
        .most = thoughts * (1 + job->config.forced_extensions) + 1,
        .out = v->max_tokens > 0 ? budget + v->max_tokens : -1};

    a.paid = a.most;
    a.least += ids ? TOKENIZER_LEAST : 0;
    a.most += ids ? TOKENIZER_MOST : 0;
    return a;
}

static struct asked asked_of(const struct job *job, const struct store_variant *v)
{
    enum { SCORES = 2, SCORES_MOST = 7 }; /* given and alone; with the tokenizer */
    int64_t steps = plan_steps(&job->config, v->asleep, v->level);

    if (budget_kind_of(v->level) == BUDGET_FORCED && !v->asleep)
        return asked_forced(job, v);
    if (v->form == FORM_SCORE)
        return (struct asked){SCORES, SCORES_MOST, SCORES, SCORES};
    return (struct asked){1, steps, steps, v->max_tokens > 0 ? steps * v->max_tokens : -1};
}

static enum err_code tally_money(
    const struct job *job, const struct store_variant *v, struct tally *t, struct err *err)
{
    const struct price *p = job->price.of[v->model];
    struct usage u = USAGE_ZERO;
    struct asked asked = asked_of(job, v);
    bool batch = v->asleep && job->config.sleep_batch;

    t->in_uusd = t->most_uusd = -1;
    if (!p)
        return OK;
    t->in_uusd = 0;
    int64_t input = t->tasks ? (t->in_tokens + t->tasks - 1) / t->tasks : 0;
    u.in_uncached = input;
    if (add_cost(p, u, batch, t->tasks, &t->in_uusd, err))
        return err->code;
    if (asked.out < 0)
        return OK;
    t->most_uusd = 0;
    int64_t each = asked.out / asked.paid, first = asked.out - each * (asked.paid - 1);
    for (int64_t i = 0; i < asked.paid; i++) {
        int64_t out = i ? each : first;
        u.in_uncached = input + i * each; /* what was said stands in the next prompt */
        if (p->rates.reasoning > p->rates.output)
            u.out_reasoning = out;
        else
            u.out_visible = out;
        if (add_cost(p, u, batch, t->tasks, &t->most_uusd, err))
            return err->code;
    }
    return OK;
}

static bool has_sleep_budget(const struct store_variant *asleep)
{
    return budget_kind_of(asleep->level) > BUDGET_VERBOSITY;
}

static void money_cell(struct table *t, int64_t uusd)
{
    if (uusd < 0)
        table_missing(t);
    else
        table_num(t, (double)uusd / 1e6);
}

/* What a variant asks for, and by which sleep budget its learned contexts are made. */
static const char *asks_text(
    const struct store_variant *all, size_t n, const struct store_variant *v, struct arena *arena)
{
    const char *form = v->asleep ? "sleep" : prompt_form_name((enum prompt_form)v->form);
    struct buf level = BUF_INIT;

    for (size_t i = 0; i < n && !v->asleep; i++)
        if (all[i].asleep && all[i].sleep == v->sleep && has_sleep_budget(&all[i]))
            budget_level_print(all[i].level, &level);
    if (level.n)
        form = arena_printf(arena, "%s, sleep %s", form, buf_cstr(&level));
    buf_release(&level);
    return form;
}

static void add_row(const struct job *job, struct table *t, const struct store_variant *all,
    size_t n, const struct store_variant *v, const struct tally *tally, struct arena *arena)
{
    struct asked asked = asked_of(job, v);
    int64_t least = tally->tasks * asked.least, most = tally->tasks * asked.most;

    table_row(t);
    table_str(t, plan_model(&job->config, (size_t)v->model)->name);
    table_str(t, str_c(asks_text(all, n, v, arena)));
    if (v->asleep && !has_sleep_budget(v))
        table_missing(t);
    else
        tables_level(t, v->level);
    if (v->asleep)
        table_missing(t);
    else
        table_int(t, v->k);
    table_int(t, tally->tasks);
    table_str(
        t, str_c(most > least ? arena_printf(arena, "%lld-%lld", (long long)least, (long long)most)
                              : arena_printf(arena, "%lld", (long long)most)));
    table_int(t, tally->in_tokens);
    if (asked.out >= 0)
        table_int(t, tally->tasks * asked.out);
    else
        table_missing(t);
    if (table_columns(t) == ARRAY_LEN(columns)) {
        money_cell(t, tally->in_uusd);
        money_cell(t, tally->most_uusd);
    }
}

static void print_money(
    const struct job *job, const struct tally *tally, size_t nv, struct buf *line)
{
    int64_t in = 0, most = 0;
    bool bounded = true;

    if (job->price.lack || !job->price.any) {
        buf_printf(line, "money: %s: %s\n", job->price.lack ? "unknown" : "none",
            job_price_unknown(&job->price));
        return;
    }
    for (size_t i = 0; i < nv; i++) {
        if (tally[i].in_uusd < 0)
            continue;
        in += tally[i].in_uusd;
        most += tally[i].most_uusd;
        bounded = bounded && tally[i].most_uusd >= 0;
    }
    buf_puts(line, "money: about ");
    money_print(line, in);
    buf_puts(line, " for the input alone, ");
    if (bounded) {
        buf_puts(line, "at most ");
        money_print(line, most);
        buf_puts(line, " with every answer at its limit");
    } else {
        buf_puts(line, "no upper bound without max_tokens");
    }
    buf_printf(line, "%s\n", job->price.simulated ? " (a phantom's: simulated)" : "");
}

/* Which sleeps go by batches, and at what part of the price. */
static void print_batches(
    const struct job *job, const struct store_variant *v, size_t nv, struct buf *line)
{
    for (size_t i = 0; i < nv && job->config.sleep_batch; i++) {
        const struct price *p = job->price.of[v[i].model];
        bool told = false;
        for (size_t j = 0; j < i; j++)
            told = told || (v[j].asleep && v[j].model == v[i].model);
        if (!v[i].asleep || told)
            continue;
        buf_printf(line, "sleeps of %.*s go by batches",
            STR_ARG(plan_model(&job->config, (size_t)v[i].model)->name));
        if (p) {
            buf_puts(line, ", at ");
            json_number(line, p->batch_factor);
            buf_puts(line, " of the price");
        }
        buf_putc(line, '\n');
    }
}

static void print_totals(
    const struct job *job, const struct tally *tally, const struct store_variant *v, size_t nv)
{
    int64_t tasks = 0, least = 0, most = 0;
    struct buf line = BUF_INIT;

    for (size_t i = 0; i < nv; i++) {
        tasks += tally[i].tasks;
        least += tally[i].tasks * asked_of(job, &v[i]).least;
        most += tally[i].tasks * asked_of(job, &v[i]).most;
    }
    buf_printf(&line,
        "\n%lld tasks, %lld to %lld calls; %zu contexts, %zu queries; run digest %s\n",
        (long long)tasks, (long long)least, (long long)most, job->splits.n, job->splits.nqueries,
        job->run_digest);
    print_money(job, tally, nv, &line);
    print_batches(job, v, nv, &line);
    config_ask_unsent(&job->config, &line);
    cli_print(buf_str(&line));
    buf_release(&line);
}

/* What runs/NAME has already. */
static enum err_code print_done(const struct job *job, struct err *err)
{
    struct buf path = BUF_INIT, line = BUF_INIT;
    struct store *store = NULL;
    struct store_options options = {.readonly = true};
    struct store_counts counts;
    enum err_code code = OK;

    buf_printf(&path, "%s/run.db", job->dir);
    if (file_exists(buf_cstr(&path))) {
        code = store_open(buf_cstr(&path), &options, &store, err);
        if (!code)
            code = store_counts(store, &counts, err);
        if (!code) {
            buf_printf(&line, "%s has %lld of its %lld tasks done already\n", job->dir,
                (long long)counts.done, (long long)counts.tasks);
            cli_print(buf_str(&line));
        }
        store_close(store);
    }
    buf_release(&path);
    buf_release(&line);
    return code;
}

static enum err_code print_plan(
    struct job *job, struct store *store, struct arena *arena, struct err *err)
{
    struct plan_sink sink = store_plan_sink(store);
    struct store_variant *v;
    struct buf text = BUF_INIT;
    size_t nv;

    if (store_begin(store, err) || store_plan_mark(store, err) ||
        plan_make(&job->config, &job->splits, &job->prompts, &sink, err) ||
        store_commit(store, err) || store_variants(store, arena, &v, &nv, err))
        return err->code;
    struct tally *tally = arena_array(arena, struct tally, nv + 1);
    if (tally_tasks(job, store, v, nv, tally, err))
        return err->code;
    for (size_t i = 0; i < nv; i++)
        if (tally_money(job, &v[i], &tally[i], err))
            return err->code;
    size_t hidden = job_price_unknown(&job->price) ? MONEY_COLUMNS : 0;
    struct table *t = table_new("plan", columns, ARRAY_LEN(columns) - hidden);
    for (size_t i = 0; i < nv; i++)
        add_row(job, t, v, nv, &v[i], &tally[i], arena);
    table_print(t, TABLE_TEXT, &text);
    cli_print(buf_str(&text));
    print_totals(job, tally, v, nv);
    table_free(t);
    buf_release(&text);
    return print_done(job, err);
}

enum err_code job_plan_print(struct job *job, struct err *err)
{
    struct store_options options = {.readonly = false};
    struct store *store = NULL;
    struct arena arena = {0};
    enum err_code code = store_open(":memory:", &options, &store, err);

    if (!code)
        code = print_plan(job, store, &arena, err);
    store_close(store);
    arena_release(&arena);
    return code;
}

enum err_code job_confirm(struct job *job, bool yes, struct err *err)
{
    char answer[16];

    if (!job_is_remote(job) || yes)
        return OK;
    if (job_plan_print(job, err))
        return err->code;
    (void)fflush(stdout); /* the question comes after the plan, wherever that goes */
    if (!isatty(0))
        return err_set(
            err, ERR_USAGE, "this run would call a server elsewhere: add --yes to start it");
    fprintf(stderr, "start these calls? [y/N] ");
    if (!fgets(answer, sizeof answer, stdin) || (answer[0] != 'y' && answer[0] != 'Y'))
        return err_set(err, ERR_STOPPED, "not started");
    return OK;
}
