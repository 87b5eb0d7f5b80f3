/*
 * data_generate_multi.c - `sleepbench data generate multi-query`: several questions on each
 * context, made by one model and checked by another. See multi.h.
 */
#include "harness/base/data.h"
#include "harness/base/file.h"
#include "harness/base/json.h"
#include "harness/cli/cmd_data.h"
#include "harness/cli/job_plan.h"
#include "harness/cli/multi.h"
#include "harness/config/model.h"

#include <stdio.h>
#include <string.h>

/* One of the two runs. */
struct part {
    const char *config, *suffix, *method, *input, *input_help;
    bool checks;
};

static const struct part making = {"configs/multi_query_make.json", "-questions", "make_queries",
    "originals.jsonl", "the problems to ask about", false};
static const struct part checking = {"configs/multi_query_check.json", "-checks", "test_time",
    "candidates.jsonl", "the new questions", true};

static const char *path_of(struct multi *m, const struct part *part, const char *file)
{
    return arena_printf(&m->arena, "%s/%s%s/%s", m->r->runs, m->r->name, part->suffix, file);
}

static const char *set_model(struct multi *m, const char *name, const char *url)
{
    struct buf b = BUF_INIT;
    struct json_writer w = json_writer(&b, 0);

    buf_puts(&b, "models=");
    jsonw_array(&w, NULL);
    jsonw_object(&w, NULL);
    jsonw_cstr(&w, "name", name);
    if (url)
        jsonw_cstr(&w, "base_url", url);
    jsonw_end_object(&w);
    jsonw_end_array(&w);
    const char *s = arena_cstr(&m->arena, buf_str(&b));
    buf_release(&b);
    return s;
}

static enum err_code add_all(
    struct option_list *to, const struct option_list *from, struct err *err)
{
    if (to->n + from->n > OPTION_LIST_MAX)
        return err_set(err, ERR_USAGE, "more than %d settings", OPTION_LIST_MAX);
    for (size_t i = 0; i < from->n; i++)
        to->v[to->n++] = from->v[i];
    return OK;
}

/* What the command line means for a run; settings given by hand come last and win. */
static enum err_code sets_of(
    struct multi *m, const struct part *part, struct option_list *ret, struct err *err)
{
    const struct multi_request *r = m->r;
    const char *name = part->checks ? r->verify_model : r->model;
    const char *url = part->checks && r->verify_url ? r->verify_url : r->base_url;

    *ret = (struct option_list){.n = 0};
    ret->v[ret->n++] =
        option_text(&m->arena, "name", arena_printf(&m->arena, "%s%s", r->name, part->suffix));
    ret->v[ret->n++] = option_text(&m->arena, "input", path_of(m, part, part->input));
    ret->v[ret->n++] = arena_printf(&m->arena, "seed=%lld", (long long)r->seed);
    if (name)
        ret->v[ret->n++] = set_model(m, name, url);
    if (part->checks)
        ret->v[ret->n++] = arena_printf(&m->arena, "repeats=%lld", (long long)r->of);
    else
        ret->v[ret->n++] =
            arena_printf(&m->arena, "make_queries.count=%lld", (long long)r->per_context);
    if (add_all(ret, &r->sets, err))
        return err->code;
    return add_all(ret, part->checks ? &r->check_sets : &r->make_sets, err);
}

/* Settings by hand may not turn a run into another kind of run. NULL: this one is as it must be. */
static const char *wrong_config(
    const struct multi_request *r, const struct part *part, const struct config *c)
{
    if (c->models.n != 1)
        return "models must name one model";
    if (c->arms.n != 1 || !str_eqc(config_arm(c, 0)->method, part->method))
        return "arms cannot be changed";
    if (c->budget_levels.n != 1)
        return "test_budget.levels must name one level";
    if (c->limit != FIELD_NONE)
        return "limit cannot be set: --instances-per-template says how many problems are used";
    if (c->repeats != (part->checks ? r->of : 1))
        return "repeats cannot be set: --of says how many answers check a question";
    if (part->checks)
        return str_eqc(c->grader, "strict") ? NULL : "checks are graded by the strict grader";
    return c->make_queries_count == r->per_context
               ? NULL
               : "make_queries.count is --questions-per-context";
}

static enum err_code check_config(
    struct multi *m, const struct part *part, const struct config *c, struct err *err)
{
    const char *name = arena_printf(&m->arena, "%s%s", m->r->name, part->suffix);
    const char *wrong = wrong_config(m->r, part, c);

    if (!str_eqc(c->name, name) || !str_eqc(c->input, path_of(m, part, part->input)) ||
        !str_eqc(c->dataset, "splits"))
        wrong = "name, dataset and input are the command's own: use its arguments";
    return wrong ? err_set(err, ERR_USAGE, "the run %s: %s", name, wrong) : OK;
}

/* A limit of cost wants a price of every model that is no phantom, and money to count. */
static enum err_code check_price(struct multi *m, const struct config *c, struct err *err)
{
    struct job_price price;

    if (!m->r->limits.max_cost_uusd)
        return OK;
    if (job_price_load(c, &m->arena, &price, err))
        return err->code;
    if (price.lack)
        return err_set(err, ERR_USAGE, "--max-cost needs prices: %s", price.lack);
    m->priced = m->priced || price.any;
    return OK;
}

static enum err_code model_of(struct multi *m, const struct part *part, struct multi_used *ret,
    struct str *ret_wire, struct err *err)
{
    struct option_list sets;
    struct buf text = BUF_INIT;
    struct config config;
    struct model_place place;
    enum err_code code = sets_of(m, part, &sets, err);

    if (!code)
        code = data_read(part->config, &text, err);
    if (!code)
        code = config_load(buf_str(&text), part->config, sets.v, sets.n, &m->arena, &config, err);
    buf_release(&text);
    if (!code)
        code = check_config(m, part, &config, err);
    if (!code)
        code = model_place(config_model(&config, 0), &place, err);
    if (!code)
        code = check_price(m, &config, err);
    if (code)
        return code;
    ret->model = config_model(&config, 0)->name;
    ret->simulated = place.simulated;
    *ret_wire = arena_str(&m->arena, place.model);
    if (part->checks && config_arm_temperature(&config, config_arm(&config, 0)) == 0 &&
        m->r->of > 1)
        cli_warn("checks at temperature 0: a model that repeats itself confirms nothing");
    return OK;
}

/* Both configurations are looked at before the first call. */
static enum err_code check_models(struct multi *m, struct err *err)
{
    struct str maker, checker;

    if (model_of(m, &making, &m->make, &maker, err) ||
        model_of(m, &checking, &m->check, &checker, err))
        return err->code;
    if (m->r->limits.max_cost_uusd && !m->priced)
        return err_set(err, ERR_USAGE,
            "--max-cost needs prices: only phantoms answer, and they cost no money");
    m->one_model = str_eq_nocase(maker, checker);
    if (m->one_model && !m->r->same_model)
        return err_set(err, ERR_USAGE,
            "%.*s would check its own questions, and repeat its own mistakes: name another model "
            "with --verify-model, or say --same-model",
            STR_ARG(m->check.model));
    return OK;
}

/* Writes what a run reads. What it has been made from before is not overwritten by something
 * else, unless that may add to it. */
static enum err_code write_input(
    struct multi *m, const struct part *part, const struct split_list *list, struct err *err)
{
    const char *path = path_of(m, part, part->input);
    struct buf text = BUF_INIT, old = BUF_INIT;
    enum err_code code = OK;

    split_write(&text, list);
    if (file_exists(path))
        code = file_read(path, 0, &old, err);
    bool same = old.n && str_eq(buf_str(&old), buf_str(&text));
    if (!code && !same && old.n && !m->r->extend && file_exists(path_of(m, part, "run.db")))
        code = err_set(err, ERR_USAGE,
            "%s was made with other arguments or data (%s): give another --name, or --extend if "
            "this only adds to it",
            path, part->input_help);
    if (!code && !same)
        code = file_make_dirs(path_of(m, part, ""), err);
    if (!code && !same)
        code = file_write(path, buf_str(&text), err);
    buf_release(&text);
    buf_release(&old);
    return code;
}

/* What is left of the limits of this command when its first run has had its part. */
static enum err_code limits_left(
    const struct multi *m, const struct part *part, struct job_limits *ret, struct err *err)
{
    const struct run_progress *p = &m->spent;

    *ret = m->r->limits;
    if (!part->checks)
        return OK;
    if ((ret->max_calls && p->calls >= ret->max_calls) ||
        (ret->max_tokens && p->tokens_in + p->tokens_out >= ret->max_tokens) ||
        (ret->max_cost_uusd && p->uusd >= ret->max_cost_uusd))
        return err_set(err, ERR_STOPPED,
            "stopped at the limit of calls, tokens or cost: the questions are made and not yet "
            "checked; "
            "the same command goes on");
    ret->max_calls -= ret->max_calls ? p->calls : 0;
    ret->max_tokens -= ret->max_tokens ? p->tokens_in + p->tokens_out : 0;
    ret->max_cost_uusd -= ret->max_cost_uusd ? p->uusd : 0;
    return OK;
}

/* With --allow-missing a run that tried everything is over, though some requests were refused. */
static enum err_code accept_missing(
    const struct multi *m, const struct job *job, enum err_code code, struct err *err)
{
    const struct run_progress *p = &job->progress;

    if (code != ERR_STOPPED || !m->r->allow_missing || p->done + p->failed < p->total)
        return code;
    cli_warn("going on without them: %s", err->msg);
    *err = (struct err){0};
    return OK;
}

/* Makes or resumes a run and leaves it open for reading. */
static enum err_code do_run(
    struct multi *m, const struct part *part, struct job *job, struct err *err)
{
    struct option_list sets;
    struct job_limits limits;
    int64_t graded;

    if (limits_left(m, part, &limits, err) || sets_of(m, part, &sets, err) ||
        job_load(job, NULL, part->config, &sets, m->r->runs, err) ||
        job_confirm(job, m->r->yes, err) || job_connect(job, err) ||
        job_open(job, m->r->extend, m->r->durable, err))
        return err->code;
    job_forget_splits(job);
    if (!limits.quiet)
        fprintf(stderr, "%s\n", job->dir);
    enum err_code code = job_run(job, &limits, err);
    code = accept_missing(m, job, code, err);
    if (!code && part->checks)
        code = job_grade(job->store, job->config.dataset, STR("strict"), false, &graded, err);
    if (code)
        return code;
    struct multi_used *used = part->checks ? &m->check : &m->make;
    memcpy(used->run_digest, job->run_digest, sizeof used->run_digest);
    m->spent = job->progress;
    return multi_usage(job->store, used, err);
}

static enum err_code make_questions(struct multi *m, struct err *err)
{
    struct job job = {.lock = -1};
    enum err_code code = write_input(m, &making, &m->originals, err);

    if (!code)
        code = do_run(m, &making, &job, err);
    if (!code)
        code = multi_candidates(m, job.store, err);
    job_close(&job);
    return code;
}

static enum err_code check_questions(struct multi *m, struct err *err)
{
    struct job job = {.lock = -1};
    enum err_code code = write_input(m, &checking, &m->candidates, err);

    if (!code)
        code = do_run(m, &checking, &job, err);
    if (!code)
        code = multi_votes(m, job.store, err);
    job_close(&job);
    return code;
}

static enum err_code write_result(struct multi *m, const struct split_list *result, struct err *err)
{
    struct buf text = BUF_INIT, notes = BUF_INIT;
    const char *notes_path = arena_printf(&m->arena, "%s.made.json", m->r->out);

    split_write(&text, result);
    multi_notes(m, result, &notes);
    enum err_code code = file_write(m->r->out, buf_str(&text), err);
    if (!code)
        code = file_write(notes_path, buf_str(&notes), err);
    buf_release(&text);
    buf_release(&notes);
    return code;
}

static enum err_code generate(struct multi *m, struct err *err)
{
    struct split_list result = {0};

    if (check_models(m, err) || multi_sample(m, err) || make_questions(m, err))
        return err->code;
    if (m->candidates.n == 0) {
        m->check.model = STR("");
        multi_result(m, &result);
        multi_print(m, &result);
        split_list_release(&result);
        return err_set(err, ERR_FAILED,
            "no reply of %.*s holds a question that can be used: %s is not written",
            STR_ARG(m->make.model), m->r->out);
    }
    if (check_questions(m, err))
        return err->code;
    multi_result(m, &result);
    enum err_code code = write_result(m, &result, err);
    if (!code) {
        multi_print(m, &result);
        fprintf(
            stderr, "%s: %zu questions on %zu contexts\n", m->r->out, result.nqueries, result.n);
    }
    split_list_release(&result);
    return code;
}

static enum err_code in_range(
    const char *option, int64_t v, int64_t least, int64_t most, struct err *err)
{
    if (v >= least && v <= most)
        return OK;
    return err_set(err, ERR_USAGE, "%s %lld: a whole number from %lld to %lld", option,
        (long long)v, (long long)least, (long long)most);
}

static enum err_code check_request(const struct multi_request *r, struct err *err)
{
    if (!r->dataset)
        return err_set(err, ERR_USAGE,
            "--dataset NAME is missing: worlds, or one of `sleepbench help datasets`");
    if (in_range("--questions-per-context", r->per_context, 1, 100, err) ||
        in_range("--instances-per-template", r->per_template, 1, 100000, err) ||
        in_range("--of", r->of, 1, 1000, err) || in_range("--agree", r->agree, 1, r->of, err) ||
        in_range("--seed", r->seed, 0, INT64_C(9007199254740991), err))
        return err->code;
    if (r->base_url && !r->model)
        return err_set(err, ERR_USAGE, "--base-url needs --model NAME, the name the server knows");
    if (r->verify_url && !r->verify_model)
        return err_set(err, ERR_USAGE, "--verify-base-url needs --verify-model NAME");
    if (!r->out[0] || strcmp(r->out, "-") == 0)
        return err_set(err, ERR_USAGE, "--out needs the name of a file");
    return OK;
}

/* "worlds" means the paper-like one; a name for the runs follows from the dataset. */
static void fill_in(struct multi *m, struct multi_request *r)
{
    bool worlds = strcmp(r->dataset, "worlds") == 0;

    m->dataset = worlds ? STR("worlds/paper-like") : str_c(r->dataset);
    if (!r->name) {
        char *name = arena_printf(&m->arena, "multi-query-%s", r->dataset);
        for (char *p = name; *p; p++)
            *p = *p == '/' ? '-' : *p;
        r->name = name;
    }
    if (!r->out)
        r->out = arena_printf(&m->arena, "%s.jsonl", r->name);
}

static enum err_code run(int argc, char **argv, struct err *err)
{
    struct multi_request r = {
        .runs = "runs", .per_context = 10, .per_template = 10, .agree = 2, .of = 3, .seed = 1};
    const struct option options[] = {
        {"--dataset", OPTION_STR, &r.dataset, "NAME", "problems to ask about; worlds is ours"},
        {"--input", OPTION_STR, &r.input, "FILE", "file the dataset is read from"},
        {"--model", OPTION_STR, &r.model, "NAME", "writes the questions (phantom/large)"},
        {"--verify-model", OPTION_STR, &r.verify_model, "NAME", "answers them (phantom/small)"},
        {"--base-url", OPTION_STR, &r.base_url, "URL", "where the named models are served"},
        {"--verify-base-url", OPTION_STR, &r.verify_url, "URL", "where --verify-model is served"},
        {"--questions-per-context", OPTION_INT, &r.per_context, "N", "new questions each (10)"},
        {"--instances-per-template", OPTION_INT, &r.per_template, "N", "contexts of each (10)"},
        {"--agree", OPTION_INT, &r.agree, "M", "answers that must equal the gold (2)"},
        {"--of", OPTION_INT, &r.of, "N", "answers to each new question (3)"},
        {"--same-model", OPTION_FLAG, &r.same_model, NULL, "one model may write and check"},
        {"--allow-missing", OPTION_FLAG, &r.allow_missing, NULL,
            "go on without requests that a server refuses for good"},
        {"--seed", OPTION_INT, &r.seed, "S", "of the sample and of both runs (1)"},
        {"--out", OPTION_STR, &r.out, "FILE", "split file to write (NAME.jsonl)"},
        {"--name", OPTION_STR, &r.name, "NAME", "runs are NAME-questions and NAME-checks"},
        {"--runs", OPTION_STR, &r.runs, "DIR", "directory of runs (default runs)"},
        {"--set", OPTION_LIST, &r.sets, "KEY=VALUE", "change a configuration key of both runs"},
        {"--make-set", OPTION_LIST, &r.make_sets, "KEY=VALUE", "... of the run that writes"},
        {"--check-set", OPTION_LIST, &r.check_sets, "KEY=VALUE", "... of the run that checks"},
        {"--yes", OPTION_FLAG, &r.yes, NULL, "start calls to a server elsewhere without asking"},
        {"--extend", OPTION_FLAG, &r.extend, NULL, "accept arguments that add tasks"},
        {"--max-calls", OPTION_INT, &r.limits.max_calls, "N", "stop cleanly after N calls"},
        {"--max-tokens", OPTION_INT, &r.limits.max_tokens, "N", "stop cleanly after N tokens"},
        {"--max-cost", OPTION_STR, &r.max_cost, "USD", "stop cleanly when calls have cost this"},
        {"--durable", OPTION_FLAG, &r.durable, NULL, "sync every commit, for power cuts"},
        {"--json", OPTION_FLAG, &r.limits.json, NULL, "progress as JSON lines"},
        {"--quiet", OPTION_FLAG, &r.limits.quiet, NULL, "no progress"},
    };
    struct multi m = {.r = &r};
    size_t nargs;

    if (cli_wants_help(argc, argv, &data_generate_multi, options, ARRAY_LEN(options)))
        return OK;
    enum err_code code =
        option_parse(argc, argv, options, ARRAY_LEN(options), NULL, 0, &nargs, err);
    if (!code && r.dataset)
        fill_in(&m, &r);
    if (!code)
        code = check_request(&r, err);
    if (!code)
        code = job_price_limit(r.max_cost, &r.limits.max_cost_uusd, err);
    if (!code)
        code = generate(&m, err);
    multi_release(&m);
    return code;
}

const struct command data_generate_multi = {"data generate multi-query", "--dataset NAME [options]",
    "several questions a context, made and checked by models", run, false};
