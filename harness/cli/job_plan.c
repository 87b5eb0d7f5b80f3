/*
 * job_plan.c - the plan as a table: one row a variant, planned into a store in memory.
 *
 * Input tokens are counted by the project's own token rule over prompts, contexts and queries, so
 * they are estimates for other models, and learned contexts, which nobody knows yet, are taken as
 * one third of their limit. Output tokens are the most that the limits allow.
 */
#include "harness/cli/job_plan.h"

#include "harness/base/file.h"
#include "harness/base/table.h"
#include "harness/base/token.h"
#include "harness/cli/cli.h"
#include "harness/config/model.h"
#include "harness/store/store_plan.h"
#include "metrics/tables.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { BATCH_TASKS = 256, CHARS_PER_TOKEN = 3 };

struct tally {
    int64_t tasks, in_tokens;
};

static const struct column columns[] = {
    {"model", "", COLUMN_STR, 0},
    {"asks", "", COLUMN_STR, 0},
    {"level", "", COLUMN_STR, 0},
    {"k", "", COLUMN_INT, 0},
    {"tasks", "", COLUMN_INT, 0},
    {"calls", "", COLUMN_STR, 0},
    {"in_tok_est", "tokens", COLUMN_INT, 0},
    {"out_tok_most", "tokens", COLUMN_INT, 0},
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
        code = store_pending(store, after, BATCH_TASKS, &arena, tasks, &n, err);
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

static void add_row(const struct job *job, struct table *t, const struct store_variant *v,
    const struct tally *tally, struct arena *arena)
{
    int64_t calls = v->asleep ? tally->tasks * job->config.rethink_calls : tally->tasks;

    table_row(t);
    table_str(t, plan_model(&job->config, (size_t)v->model)->name);
    table_str(t, v->asleep ? STR("sleep") : str_c(prompt_form_name((enum prompt_form)v->form)));
    if (v->asleep) {
        table_missing(t);
        table_missing(t);
    } else {
        tables_level(t, v->level);
        table_int(t, v->k);
    }
    table_int(t, tally->tasks);
    table_str(t, str_c(v->asleep ? arena_printf(arena, "%lld-%lld", (long long)tally->tasks,
                                       (long long)calls)
                                 : arena_printf(arena, "%lld", (long long)calls)));
    table_int(t, tally->in_tokens);
    if (v->max_tokens > 0)
        table_int(t, calls * v->max_tokens);
    else
        table_missing(t);
}

static void print_totals(
    const struct job *job, const struct tally *tally, const struct store_variant *v, size_t nv)
{
    int64_t tasks = 0, least = 0, most = 0;
    struct buf line = BUF_INIT;

    for (size_t i = 0; i < nv; i++) {
        tasks += tally[i].tasks;
        least += tally[i].tasks;
        most += v[i].asleep ? tally[i].tasks * job->config.rethink_calls : tally[i].tasks;
    }
    buf_printf(&line,
        "\n%lld tasks, %lld to %lld calls; %zu contexts, %zu queries; run digest %s\n",
        (long long)tasks, (long long)least, (long long)most, job->splits.n, job->splits.nqueries,
        job->run_digest);
    if (job_is_remote(job))
        buf_puts(&line, "money: this version has no price list; multiply the tokens by your "
                        "provider's prices\n");
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
    struct table *t = table_new("plan", columns, ARRAY_LEN(columns));
    for (size_t i = 0; i < nv; i++)
        add_row(job, t, &v[i], &tally[i], arena);
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
