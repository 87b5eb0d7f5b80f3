/* cmd_store.c - commands on a run that is there: status, grade, report, export. */
#include "harness/base/file.h"
#include "harness/base/table.h"
#include "harness/cli/commands.h"
#include "harness/cli/job.h"
#include "harness/cli/status_times.h"
#include "harness/store/store_batch.h"
#include "harness/store/store_plan.h"
#include "metrics/extract.h"
#include "metrics/tables.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* "runs/NAME", "NAME" below the runs directory, or a configuration's name. */
static enum err_code open_run(const char *name, const char *runs, bool readonly,
    struct buf *ret_dir, struct store **ret, struct err *err)
{
    struct store_options options = {.readonly = readonly};
    struct buf path = BUF_INIT;

    buf_printf(ret_dir, "%s", name);
    buf_printf(&path, "%s/run.db", name);
    if (!file_exists(buf_cstr(&path))) {
        buf_reset(ret_dir);
        buf_printf(ret_dir, "%s/%s", runs, name);
        buf_reset(&path);
        buf_printf(&path, "%s/run.db", buf_cstr(ret_dir));
    }
    enum err_code code = OK;
    if (!file_exists(buf_cstr(&path)))
        code = err_set(err, ERR_NOT_FOUND, "there is no run %s (no %s)", name, buf_cstr(&path));
    else
        code = store_open(buf_cstr(&path), &options, ret, err);
    buf_release(&path);
    return code;
}

static enum err_code one_run(int argc, char **argv, const struct option *options, size_t n,
    const char **ret_name, const struct command *c, struct err *err)
{
    const char *args[1];
    size_t nargs;

    if (option_parse(argc, argv, options, n, args, 1, &nargs, err))
        return err->code;
    if (nargs != 1)
        return err_set(err, ERR_USAGE, "usage: sleepbench %s %s", c->name, c->args);
    *ret_name = args[0];
    return OK;
}

/* The run's own configuration; texts live in the arena. */
static enum err_code stored_config(
    struct store *store, struct arena *arena, struct config *ret, struct err *err)
{
    struct buf text = BUF_INIT;
    bool found;
    enum err_code code = store_meta_get(store, "config", &text, &found, err);

    if (!code && !found)
        code = err_set(err, ERR_USAGE, "the run has no stored configuration");
    if (!code)
        code = config_load(buf_str(&text), "the stored configuration", NULL, 0, arena, ret, err);
    buf_release(&text);
    return code;
}

/* What all attempts cost, where prices were known when the run was last started. */
static enum err_code print_spent(struct store *store, struct err *err)
{
    struct arena arena = {0};
    struct config config = {.seed = 0};
    struct buf text = BUF_INIT;
    enum err_code code = stored_config(store, &arena, &config, err);

    if (!code)
        code = job_price_spent(store, &config, &text, err);
    if (!code)
        cli_print(buf_str(&text));
    buf_release(&text);
    arena_release(&arena);
    return code;
}

/* What is with a provider, for whoever wonders why nothing moves. */
static enum err_code print_batches(struct store *store, struct err *err)
{
    struct arena arena = {0};
    struct store_batch *open;
    size_t n = 0;
    int64_t lines = 0;
    enum err_code code = store_batch_open(store, &arena, &open, &n, err);

    if (!code)
        code = store_batch_lines_open(store, &lines, err);
    if (!code && n)
        printf("batches: %zu are not over, with %" PRId64 " requests; the run's command takes them "
               "up\n",
            n, lines);
    arena_release(&arena);
    return code;
}

static enum err_code print_status(struct store *store, const char *dir, struct err *err)
{
    struct store_counts c;
    int64_t outcomes[OUTCOME_COUNT];

    if (store_counts(store, &c, err) || store_outcomes(store, outcomes, err))
        return err->code;
    printf("%s: %" PRId64 " of %" PRId64 " tasks done (%" PRId64 " of %" PRId64 " sleeps), %" PRId64
           " calls\n",
        dir, c.done, c.tasks, c.asleep_done, c.asleep, c.calls);
    for (int i = 0; i < OUTCOME_COUNT; i++)
        if (outcomes[i])
            printf("  %-18s %" PRId64 "%s\n", outcome_text((enum outcome)i), outcomes[i],
                outcome_is_result((enum outcome)i) ? "" : "  (attempts)");
    if (print_batches(store, err))
        return err->code;
    if (c.calls == 0)
        return OK;
    struct buf times = BUF_INIT;
    enum err_code code = status_times(store, &times, err);
    if (!code)
        cli_print(buf_str(&times));
    buf_release(&times);
    return code ? code : print_spent(store, err);
}

static enum err_code run_status(int argc, char **argv, struct err *err)
{
    const char *name, *runs = "runs";
    const struct option options[] = {
        {"--runs", OPTION_STR, &runs, "DIR", "directory of runs (default runs)"},
    };
    struct store *store = NULL;
    struct buf dir = BUF_INIT;

    if (cli_wants_help(argc, argv, &cmd_status, options, ARRAY_LEN(options)))
        return OK;
    if (one_run(argc, argv, options, ARRAY_LEN(options), &name, &cmd_status, err))
        return err->code;
    enum err_code code = open_run(name, runs, true, &dir, &store, err);
    if (!code)
        code = print_status(store, buf_cstr(&dir), err);
    store_close(store);
    buf_release(&dir);
    return code;
}

/* Another grader becomes the run's own: reports show the grades that were asked for last. */
static enum err_code keep_config(struct store *store, const struct config *config, struct err *err)
{
    struct buf out = BUF_INIT;

    field_print(&config_table, config, &out);
    enum err_code code = store_meta_set(store, "config", buf_str(&out), err);
    buf_release(&out);
    return code;
}

static enum err_code grade_run(
    struct store *store, const char *dir, const char *grader, bool report, struct err *err)
{
    struct arena arena = {0};
    struct config config = {.seed = 0};
    int64_t n = 0;
    enum err_code code = stored_config(store, &arena, &config, err);

    if (grader)
        config.grader = str_c(grader);
    if (!code)
        code = job_grade(store, config.dataset, config.grader, true, &n, err);
    if (!code && grader)
        code = keep_config(store, &config, err);
    if (!code)
        printf("%" PRId64 " answers graded by %s\n", n,
            grader_for(config.dataset, config.grader)->name);
    if (!code && report)
        code = job_report(store, dir, err);
    arena_release(&arena);
    return code;
}

static enum err_code run_grade(int argc, char **argv, struct err *err)
{
    const char *name, *runs = "runs", *grader = NULL;
    bool no_report = false;
    const struct option options[] = {
        {"--grader", OPTION_STR, &grader, "NAME",
            "strict, release, apple, .. (default: the run's)"},
        {"--runs", OPTION_STR, &runs, "DIR", "directory of runs (default runs)"},
        {"--no-report", OPTION_FLAG, &no_report, NULL, "write no tables and figures"},
    };
    struct store *store = NULL;
    struct buf dir = BUF_INIT;
    int lock = -1;

    if (cli_wants_help(argc, argv, &cmd_grade, options, ARRAY_LEN(options)))
        return OK;
    if (one_run(argc, argv, options, ARRAY_LEN(options), &name, &cmd_grade, err))
        return err->code;
    enum err_code code = open_run(name, runs, false, &dir, &store, err);
    struct buf path = BUF_INIT;
    buf_printf(&path, "%s/lock", buf_cstr(&dir));
    if (!code)
        code = file_lock(buf_cstr(&path), &lock, err);
    if (!code)
        code = grade_run(store, buf_cstr(&dir), grader, !no_report, err);
    store_close(store);
    file_unlock(lock);
    buf_release(&path);
    buf_release(&dir);
    return code;
}

static enum err_code run_report(int argc, char **argv, struct err *err)
{
    const char *name, *runs = "runs";
    const struct option options[] = {
        {"--runs", OPTION_STR, &runs, "DIR", "directory of runs (default runs)"},
    };
    struct store *store = NULL;
    struct buf dir = BUF_INIT;

    if (cli_wants_help(argc, argv, &cmd_report, options, ARRAY_LEN(options)))
        return OK;
    if (one_run(argc, argv, options, ARRAY_LEN(options), &name, &cmd_report, err))
        return err->code;
    enum err_code code = open_run(name, runs, true, &dir, &store, err);
    if (!code)
        code = job_report(store, buf_cstr(&dir), err);
    if (!code)
        printf("report: %s/RESULTS.md\n", buf_cstr(&dir));
    store_close(store);
    buf_release(&dir);
    return code;
}

/* ---- export: rows for other programs --------------------------------------------------------- */

struct export
{
    struct store *store;
    struct buf line;
    struct store_arm *arms;
    struct store_query *queries;
    size_t narms, nqueries;
};

static const struct column cell_columns[] = {
    {"arm", "", COLUMN_STR, 0},
    {"level", "", COLUMN_STR, 0},
    {"query", "", COLUMN_STR, 0},
    {"cluster", "", COLUMN_STR, 0},
    {"stratum", "", COLUMN_STR, 0},
    {"repeat", "", COLUMN_INT, 0},
    {"sample", "", COLUMN_INT, 0},
    {"outcome", "", COLUMN_STR, 0},
    {"status", "", COLUMN_STR, 0},
    {"in_tok", "tokens", COLUMN_INT, 0},
    {"out_tok", "tokens", COLUMN_INT, 0},
    {"reasoning_tok", "tokens", COLUMN_INT, 0},
};

static void token_cell(struct table *t, int64_t v)
{
    if (v < 0)
        table_missing(t);
    else
        table_int(t, v);
}

static const struct store_arm *arm_of(const struct export *e, int64_t key)
{
    for (size_t i = 0; i < e->narms; i++)
        if (e->arms[i].key == key)
            return &e->arms[i];
    BUG("a cell of an unknown arm");
}

static const struct store_query *query_of(const struct export *e, int64_t key)
{
    size_t low = 0, high = e->nqueries;

    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (e->queries[mid].key < key)
            low = mid + 1;
        else
            high = mid;
    }
    if (low == e->nqueries || e->queries[low].key != key)
        BUG("a cell of an unknown query");
    return &e->queries[low];
}

/* One row a table: memory stays small however long the run is. */
static enum err_code export_cell(const struct store_cell *c, void *payload, struct err *err)
{
    struct export *e = payload;
    const struct store_query *q = query_of(e, c->query);
    struct table *t = table_new("cells", cell_columns, ARRAY_LEN(cell_columns));

    (void)err; /* cannot fail */
    table_row(t);
    table_str(t, arm_of(e, c->arm)->name);
    tables_level(t, c->level);
    table_str(t, q->id);
    table_str(t, q->cluster);
    table_str(t, q->stratum);
    table_int(t, c->repeat);
    table_int(t, c->sample);
    table_str(t, str_c(outcome_text(c->outcome)));
    if (c->graded)
        table_str(t, str_c(status_text(c->status)));
    else
        table_missing(t);
    token_cell(t, usage_in(c->test));
    token_cell(t, usage_out(c->test));
    token_cell(t, c->test.out_reasoning);
    buf_reset(&e->line);
    table_print(t, TABLE_JSONL, &e->line);
    fwrite(e->line.p, 1, e->line.n, stdout);
    table_free(t);
    return OK;
}

static enum err_code export_cells(struct store *store, struct err *err)
{
    struct export e = {.store = store};
    struct arena arena = {0};
    struct config config = {.seed = 0};
    enum err_code code = stored_config(store, &arena, &config, err);

    if (!code) {
        store_use_grader(store, grader_for(config.dataset, config.grader)->name);
        code = store_arms(store, &arena, &e.arms, &e.narms, err);
    }
    if (!code)
        code = store_queries(store, &arena, &e.queries, &e.nqueries, err);
    if (!code)
        code = store_each_cell(store, export_cell, &e, err);
    buf_release(&e.line);
    arena_release(&arena);
    return code;
}

static enum err_code run_export(int argc, char **argv, struct err *err)
{
    const char *name, *runs = "runs";
    const struct option options[] = {
        {"--runs", OPTION_STR, &runs, "DIR", "directory of runs (default runs)"},
    };
    struct store *store = NULL;
    struct buf dir = BUF_INIT;

    if (cli_wants_help(argc, argv, &cmd_export, options, ARRAY_LEN(options)))
        return OK;
    if (one_run(argc, argv, options, ARRAY_LEN(options), &name, &cmd_export, err))
        return err->code;
    enum err_code code = open_run(name, runs, true, &dir, &store, err);
    if (!code)
        code = export_cells(store, err);
    store_close(store);
    buf_release(&dir);
    return code;
}

const struct command cmd_status = {"status", "RUN", "what a run has done", run_status, false};
const struct command cmd_grade = {
    "grade", "RUN [options]", "grade again without a call", run_grade, false};
const struct command cmd_report = {
    "report", "RUN", "write tables, figures and RESULTS.md again", run_report, false};
const struct command cmd_export = {
    "export", "RUN", "every planned answer as a JSON line on standard output", run_export, false};
