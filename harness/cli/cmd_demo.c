/*
 * cmd_demo.c - `sleepbench demo`: the core experiment on the embedded model, in three worlds.
 *
 * runs/demo holds the paper-like world with all arms and figures; runs/demo/null and
 * runs/demo/empty are its controls: questions that no sleeper can foresee, and nothing to sleep on.
 * What it prints is simulated and says so.
 */
#include "harness/base/table.h"
#include "harness/cli/commands.h"
#include "harness/cli/demo_worlds.h"
#include "harness/cli/job.h"
#include "metrics/coverage.h"

#include <stdio.h>

static const char demo_config[] = "configs/demo.json";

/* A world of the demo: how its configuration differs from configs/demo.json. */
struct world_run {
    const char *world;
    const char *sets[4];
    size_t nsets;
};

static const struct world_run worlds[] = {
    {"paper-like", {NULL}, 0},
    {"null",
        {"name=demo/null", "dataset=worlds/null",
            "arms=[{\"method\":\"test_time\"},{\"method\":\"sleep_time\",\"k\":[1,10],"
            "\"sleep\":{\"temperature\":0.7}}]"},
        3},
    {"empty",
        {"name=demo/empty", "dataset=worlds/empty",
            "arms=[{\"method\":\"test_time\"},{\"method\":\"sleep_time\",\"k\":[1,10],"
            "\"sleep\":{\"temperature\":0.7}}]"},
        3},
};

static enum err_code run_world(const struct world_run *w, const struct option_list *user,
    const char *runs, struct job *job, struct err *err)
{
    struct option_list sets = {.n = 0};
    struct job_limits limits = {.quiet = false};
    int64_t graded;

    for (size_t i = 0; i < w->nsets; i++)
        sets.v[sets.n++] = w->sets[i];
    for (size_t i = 0; i < user->n && sets.n < OPTION_LIST_MAX; i++)
        sets.v[sets.n++] = user->v[i];
    fprintf(stderr, "world %s\n", w->world);
    if (job_load(job, NULL, demo_config, &sets, runs, err) || job_connect(job, err) ||
        job_open(job, false, false, err) || job_run(job, &limits, err) ||
        job_grade(job->store, job->config.dataset, job->config.grader, false, &graded, err))
        return err->code;
    return job_report(job->store, job->dir, err);
}

static enum err_code print_coverage(const struct job *job, const char *world, struct err *err)
{
    struct coverage c;
    struct buf text = BUF_INIT;

    if (coverage_measure(
            job->store, (size_t)job->config.bootstrap, (uint64_t)job->config.seed, &c, err))
        return err->code;
    if (c.n) {
        struct table *t = coverage_table(&c);
        buf_printf(&text, "\nworld %s, share of asked quantities that stand in c':\n", world);
        table_print(t, TABLE_TEXT, &text);
        table_free(t);
    }
    cli_print(buf_str(&text));
    buf_release(&text);
    coverage_release(&c);
    return OK;
}

static enum err_code print_world(const struct job *job, const char *world, struct err *err)
{
    struct table *t;
    struct buf text = BUF_INIT;

    if (demo_world_table(job, world, &t, err))
        return err->code;
    buf_puts(&text, "\ngain of sleep (k = 1, lowest budget) and its slope on the question's "
                    "likelihood:\n");
    table_print(t, TABLE_TEXT, &text);
    cli_print(buf_str(&text));
    table_free(t);
    buf_release(&text);
    return OK;
}

static double share(int64_t part, int64_t whole)
{
    return whole ? (double)part / (double)whole : 0;
}

static enum err_code print_identical(const struct job *job, struct err *err)
{
    struct store_identical same;

    if (store_identical(job->store, &same, err))
        return err->code;
    printf("\nidentical samples: %.3f of %lld pairs; identical c': %.3f of %lld pairs\n",
        share(same.sample_equal, same.sample_pairs), (long long)same.sample_pairs,
        share(same.learned_equal, same.learned_pairs), (long long)same.learned_pairs);
    return OK;
}

static enum err_code run(int argc, char **argv, struct err *err)
{
    struct option_list sets = {.n = 0};
    const char *runs = "runs";
    const struct option options[] = {
        {"--set", OPTION_LIST, &sets, "KEY=VALUE", "change a configuration key of all worlds"},
        {"--runs", OPTION_STR, &runs, "DIR", "directory of runs (default runs)"},
    };
    enum err_code code = OK;
    size_t nargs;

    if (cli_wants_help(argc, argv, &cmd_demo, options, ARRAY_LEN(options)))
        return OK;
    if (option_parse(argc, argv, options, ARRAY_LEN(options), NULL, 0, &nargs, err))
        return err->code;
    printf("simulated: every number below comes from the phantom and is no claim about language "
           "models\n");
    for (size_t i = 0; i < ARRAY_LEN(worlds) && !code; i++) {
        struct job job = {.lock = -1};
        code = run_world(&worlds[i], &sets, runs, &job, err);
        if (!code)
            code = print_coverage(&job, worlds[i].world, err);
        if (!code)
            code = print_world(&job, worlds[i].world, err);
        if (!code)
            code = print_identical(&job, err);
        job_close(&job);
    }
    if (!code)
        printf("\nreport: %s/demo/RESULTS.md   figures: %s/demo/figures/\n", runs, runs);
    return code;
}

const struct command cmd_demo = {
    "demo", "[options]", "the core experiment on the embedded model, no key needed", run, false};
