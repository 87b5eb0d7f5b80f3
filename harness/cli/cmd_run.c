/* cmd_run.c - `sleepbench run` and `sleepbench plan`. */
#include "harness/base/json.h"
#include "harness/cli/commands.h"
#include "harness/cli/job.h"
#include "harness/cli/job_plan.h"

#include <stdio.h>
#include <string.h>

/* Options that stand for configuration keys, so that the usual cases need no JSON. */
struct shortcuts {
    struct option_list models;
    const char *base_url, *input, *library;
    bool skip_bad;
};

struct request {
    struct option_list sets;
    struct shortcuts shortcuts;
    struct job_limits limits;
    const char *runs, *max_cost; /* dollars */
    bool yes, extend, durable, no_report;
};

static enum err_code one_config(int argc, char **argv, const struct option *options, size_t n,
    const char **ret_path, const char *usage, struct err *err)
{
    const char *args[1];
    size_t nargs;

    if (option_parse(argc, argv, options, n, args, 1, &nargs, err))
        return err->code;
    if (nargs != 1)
        return err_set(err, ERR_USAGE, "usage: %s", usage);
    *ret_path = args[0];
    return OK;
}

static enum err_code add_set(struct option_list *sets, struct arena *arena, const char *key,
    struct str json, struct err *err)
{
    if (sets->n == OPTION_LIST_MAX)
        return err_set(err, ERR_USAGE, "more than %d settings", OPTION_LIST_MAX);
    sets->v[sets->n++] = arena_printf(arena, "%s=%.*s", key, STR_ARG(json));
    return OK;
}

static void models_json(const struct shortcuts *s, struct buf *out)
{
    struct json_writer w = json_writer(out, 0);

    jsonw_array(&w, NULL);
    for (size_t i = 0; i < s->models.n; i++) {
        jsonw_object(&w, NULL);
        jsonw_cstr(&w, "name", s->models.v[i]);
        if (s->base_url)
            jsonw_cstr(&w, "base_url", s->base_url);
        jsonw_end_object(&w);
    }
    jsonw_end_array(&w);
}

/* Shortcuts become --set assignments; --set given by hand comes after them and wins. */
static enum err_code expand(
    const struct shortcuts *s, struct option_list *sets, struct arena *arena, struct err *err)
{
    struct option_list all = {.n = 0};
    struct buf json = BUF_INIT;
    enum err_code code = OK;

    if (s->base_url && s->models.n == 0)
        return err_set(err, ERR_USAGE, "--base-url needs --model NAME, the name the server knows");
    if (s->models.n) {
        models_json(s, &json);
        code = add_set(&all, arena, "models", buf_str(&json), err);
    }
    if (!code && s->input)
        code = add_set(&all, arena, "input", str_c(s->input), err);
    if (!code && s->library)
        code = add_set(&all, arena, "phantom.library", str_c(s->library), err);
    if (!code && s->skip_bad)
        code = add_set(&all, arena, "skip_bad", STR("true"), err);
    for (size_t i = 0; i < sets->n && !code; i++) {
        if (all.n == OPTION_LIST_MAX)
            code = err_set(err, ERR_USAGE, "more than %d settings", OPTION_LIST_MAX);
        else
            all.v[all.n++] = sets->v[i];
    }
    *sets = all;
    buf_release(&json);
    return code;
}

static enum err_code go(struct job *job, const struct request *r, struct err *err)
{
    if (r->max_cost && job_price_unknown(&job->price))
        return err_set(
            err, ERR_USAGE, "--max-cost needs prices: %s", job_price_unknown(&job->price));
    if (job_confirm(job, r->yes, err) || job_connect(job, err) ||
        job_open(job, r->extend, r->durable, err))
        return err->code;
    job_forget_splits(job);
    return job_run_and_report(job, &r->limits, !r->no_report, err);
}

static enum err_code run_run(int argc, char **argv, struct err *err)
{
    struct request r = {.runs = "runs"};
    struct shortcuts *s = &r.shortcuts;
    const struct option options[] = {
        {"--model", OPTION_LIST, &s->models, "NAME",
            "answer with this model, HOST/NAME; may be repeated"},
        {"--base-url", OPTION_STR, &s->base_url, "URL",
            "where --model is served, NAME as it knows it"},
        {"--input", OPTION_STR, &s->input, "FILE", "file the dataset is read from"},
        {"--library", OPTION_STR, &s->library, "DIR", "templates that the phantom knows"},
        {"--skip-bad", OPTION_FLAG, &s->skip_bad, NULL, "leave malformed rows out and count them"},
        {"--set", OPTION_LIST, &r.sets, "KEY=VALUE", "change a configuration key"},
        {"--runs", OPTION_STR, &r.runs, "DIR", "directory of runs (default runs)"},
        {"--yes", OPTION_FLAG, &r.yes, NULL, "start calls to a server elsewhere without asking"},
        {"--extend", OPTION_FLAG, &r.extend, NULL, "accept a configuration that adds tasks"},
        {"--max-calls", OPTION_INT, &r.limits.max_calls, "N", "stop cleanly after N calls"},
        {"--max-tokens", OPTION_INT, &r.limits.max_tokens, "N", "stop cleanly after N tokens"},
        {"--max-cost", OPTION_STR, &r.max_cost, "USD", "stop cleanly when calls have cost this"},
        {"--retry-errors", OPTION_FLAG, &r.limits.only_tried, NULL,
            "only tasks whose attempts have all failed so far"},
        {"--durable", OPTION_FLAG, &r.durable, NULL, "sync every commit, for power cuts"},
        {"--no-report", OPTION_FLAG, &r.no_report, NULL, "grade, but write no tables and figures"},
        {"--json", OPTION_FLAG, &r.limits.json, NULL, "progress as JSON lines"},
        {"--quiet", OPTION_FLAG, &r.limits.quiet, NULL, "no progress"},
    };
    struct job job = {.lock = -1};
    const char *path;

    if (cli_wants_help(argc, argv, &cmd_run, options, ARRAY_LEN(options)))
        return OK;
    if (one_config(
            argc, argv, options, ARRAY_LEN(options), &path, "sleepbench run CONFIG [options]", err))
        return err->code;
    enum err_code code = job_price_limit(r.max_cost, &r.limits.max_cost_uusd, err);
    if (!code)
        code = expand(s, &r.sets, &job.arena, err);
    if (!code)
        code = job_load(&job, path, NULL, &r.sets, r.runs, err);
    if (!code)
        code = go(&job, &r, err);
    job_close(&job);
    return code;
}

static enum err_code run_plan(int argc, char **argv, struct err *err)
{
    struct option_list sets = {.n = 0};
    struct shortcuts s = {.skip_bad = false};
    const char *path, *runs = "runs";
    const struct option options[] = {
        {"--model", OPTION_LIST, &s.models, "NAME",
            "answer with this model, HOST/NAME; may be repeated"},
        {"--base-url", OPTION_STR, &s.base_url, "URL",
            "where --model is served, NAME as it knows it"},
        {"--input", OPTION_STR, &s.input, "FILE", "file the dataset is read from"},
        {"--library", OPTION_STR, &s.library, "DIR", "templates that the phantom knows"},
        {"--skip-bad", OPTION_FLAG, &s.skip_bad, NULL, "leave malformed rows out and count them"},
        {"--set", OPTION_LIST, &sets, "KEY=VALUE", "change a configuration key"},
        {"--runs", OPTION_STR, &runs, "DIR", "directory of runs (default runs)"},
    };
    struct job job = {.lock = -1};

    if (cli_wants_help(argc, argv, &cmd_plan, options, ARRAY_LEN(options)))
        return OK;
    if (one_config(argc, argv, options, ARRAY_LEN(options), &path,
            "sleepbench plan CONFIG [options]", err))
        return err->code;
    enum err_code code = expand(&s, &sets, &job.arena, err);
    if (!code)
        code = job_load(&job, path, NULL, &sets, runs, err);
    if (!code)
        code = job_plan_print(&job, err);
    job_close(&job);
    return code;
}

const struct command cmd_run = {
    "run", "CONFIG [options]", "make or resume a run: calls, grades, report", run_run, false};
const struct command cmd_plan = {
    "plan", "CONFIG [options]", "show what a run would call, before any request", run_plan, false};
