/* cmd_replay.c - `sleepbench replay`: a run made again from what an earlier one recorded. */
#include "harness/base/file.h"
#include "harness/base/json.h"
#include "harness/cli/commands.h"
#include "harness/cli/job.h"

#include <stdio.h>
#include <string.h>

struct request {
    const char *name, *runs;
    struct option_list sets;
    struct job_limits limits;
};

/* RUN is a directory, or a name below the runs directory. */
static enum err_code find_run(
    const char *run, const char *runs, struct arena *arena, const char **ret_dir, struct err *err)
{
    *ret_dir = run;
    if (file_exists(arena_printf(arena, "%s/run.db", run)))
        return OK;
    *ret_dir = arena_printf(arena, "%s/%s", runs, run);
    if (file_exists(arena_printf(arena, "%s/run.db", *ret_dir)))
        return OK;
    return err_set(err, ERR_NOT_FOUND, "there is no run %s (no %s/run.db)", run, *ret_dir);
}

/* The new name goes first, so that --set name=... cannot undo it unnoticed. */
static enum err_code with_name(struct request *r, struct arena *arena, struct err *err)
{
    struct buf quoted = BUF_INIT;

    if (r->sets.n == OPTION_LIST_MAX)
        return err_set(err, ERR_USAGE, "more than %d settings", OPTION_LIST_MAX - 1);
    json_quote(&quoted, str_c(r->name));
    r->sets.v[r->sets.n++] = arena_printf(arena, "name=%s", buf_cstr(&quoted));
    buf_release(&quoted);
    return OK;
}

static enum err_code replay(struct job *job, struct request *r, const char *run, struct err *err)
{
    const char *dir;

    if (find_run(run, r->runs, &job->arena, &dir, err) || with_name(r, &job->arena, err))
        return err->code;
    job->replay = arena_printf(&job->arena, "%s/run.db", dir);
    if (job_load(
            job, arena_printf(&job->arena, "%s/config.json", dir), NULL, &r->sets, r->runs, err))
        return err->code;
    if (file_is_same(job->replay, arena_printf(&job->arena, "%s/run.db", job->dir)))
        return err_set(
            err, ERR_USAGE, "--name %s is the run itself: give the replay a new name", r->name);
    if (job_connect(job, err) || job_open(job, false, false, err))
        return err->code;
    job_forget_splits(job);
    return job_run_and_report(job, &r->limits, true, err);
}

static enum err_code run_replay(int argc, char **argv, struct err *err)
{
    struct request r = {.runs = "runs"};
    const struct option options[] = {
        {"--name", OPTION_STR, &r.name, "NAME", "name of the new run (must be given)"},
        {"--set", OPTION_LIST, &r.sets, "KEY=VALUE", "change a configuration key"},
        {"--runs", OPTION_STR, &r.runs, "DIR", "directory of runs (default runs)"},
        {"--quiet", OPTION_FLAG, &r.limits.quiet, NULL, "no progress"},
    };
    struct job job = {.lock = -1};
    const char *args[1];
    size_t n;

    if (cli_wants_help(argc, argv, &cmd_replay, options, ARRAY_LEN(options)))
        return OK;
    if (option_parse(argc, argv, options, ARRAY_LEN(options), args, 1, &n, err))
        return err->code;
    if (n != 1 || !r.name)
        return err_set(err, ERR_USAGE, "usage: sleepbench replay RUN --name NEW [options]");
    enum err_code code = replay(&job, &r, args[0], err);
    job_close(&job);
    return code;
}

const struct command cmd_replay = {"replay", "RUN --name NEW [options]",
    "make a run again from an earlier one's recorded calls, without a network", run_replay, false};
