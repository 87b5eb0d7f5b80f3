/* job_run.c - making the calls of a run, with a progress line and orderly stops. */
#include "harness/base/json.h"
#include "harness/cli/cli.h"
#include "harness/cli/job.h"
#include "harness/config/money.h"

#include <stdio.h>
#include <unistd.h>

static volatile sig_atomic_t stop_requests;

static void on_signal(int signal_number)
{
    (void)signal_number; /* SIGINT and SIGTERM mean the same */
    stop_requests = stop_requests + 1;
}

struct display {
    const struct job_limits *limits;
    bool tty, line_open, priced;
    int64_t last_ns;
};

static void print_json(const struct run_progress *p, bool priced)
{
    struct buf line = BUF_INIT;
    struct json_writer w = json_writer(&line, 0);

    jsonw_object(&w, NULL);
    jsonw_int(&w, "done", p->done);
    jsonw_int(&w, "total", p->total);
    jsonw_int(&w, "failed", p->failed);
    jsonw_int(&w, "calls", p->calls);
    jsonw_int(&w, "attempts_failed", p->attempts_failed);
    jsonw_int(&w, "rate_limited", p->rate_limited);
    jsonw_int(&w, "budget_violated", p->violated);
    jsonw_int(&w, "tokens_in", p->tokens_in);
    jsonw_int(&w, "tokens_out", p->tokens_out);
    if (priced) {
        jsonw_int(&w, "micro_usd", p->uusd);
        jsonw_int(&w, "cost_unknown", p->cost_unknown);
    }
    jsonw_num(&w, "seconds", (double)p->elapsed_ns / 1e9);
    jsonw_end_object(&w);
    fprintf(stderr, "%s\n", buf_cstr(&line));
    buf_release(&line);
}

/* "  $0.25", with "at least" where an attempt did not say what it used. */
static void add_spend(struct buf *out, const struct run_progress *p)
{
    buf_puts(out, p->cost_unknown ? "  at least " : "  ");
    money_print(out, p->uusd);
}

static void print_line(const struct run_progress *p, bool tty, bool priced)
{
    struct buf spend = BUF_INIT;
    double seconds = (double)p->elapsed_ns / 1e9;
    double rate = seconds > 0 ? (double)p->calls / seconds : 0;
    long long left = (long long)(p->total - p->done);
    char eta[32] = "";

    if (rate > 0 && left > 0)
        snprintf(eta, sizeof eta, "  about %.0f s left", (double)left / rate);
    if (priced)
        add_spend(&spend, p);
    fprintf(stderr,
        "%s%lld/%lld tasks  %.0f calls/s  %lld+%lld tokens%s  %lld failed attempts"
        "  %lld x 429%s%s",
        tty ? "\r" : "", (long long)p->done, (long long)p->total, rate, (long long)p->tokens_in,
        (long long)p->tokens_out, buf_cstr(&spend), (long long)p->attempts_failed,
        (long long)p->rate_limited, eta, tty ? "\x1b[K" : "\n");
    buf_release(&spend);
}

static void on_progress(const struct run_progress *p, void *payload)
{
    struct display *d = payload;
    bool last = p->in_flight == 0 && p->done + p->failed >= p->total;

    if (d->limits->quiet)
        return;
    if (!d->tty && !last && p->elapsed_ns - d->last_ns < 5000000000LL)
        return; /* a log wants a line now and then, not five a second */
    d->last_ns = p->elapsed_ns;
    if (d->limits->json) {
        print_json(p, d->priced);
        return;
    }
    print_line(p, d->tty, d->priced);
    d->line_open = d->tty;
}

static void print_rate(const struct run_progress *p, bool priced)
{
    struct buf spend = BUF_INIT;
    double seconds = (double)p->elapsed_ns / 1e9;

    if (priced)
        add_spend(&spend, p);
    fprintf(stderr, "%lld calls in %.1f s%s\n", (long long)p->calls, seconds, buf_cstr(&spend));
    if (p->violated)
        fprintf(stderr, "%lld responses used more tokens than their request allowed\n",
            (long long)p->violated);
    buf_release(&spend);
}

enum err_code job_run(struct job *job, const struct job_limits *limits, struct err *err)
{
    struct display display = {.limits = limits,
        .tty = isatty(2) && !limits->json,
        .priced = !job_price_unknown(&job->price)};
    struct run_progress progress = {0};
    struct sigaction action = {.sa_handler = on_signal}, old_int, old_term;
    struct run_options options = {
        .store = job->store,
        .config = &job->config,
        .prompts = &job->prompts,
        .endpoints = job->endpoints,
        .nendpoints = job->nendpoints,
        .replay = job->replay,
        .only_tried = limits->only_tried,
        .max_calls = limits->max_calls,
        .max_tokens = limits->max_tokens,
        .max_cost_uusd = limits->max_cost_uusd,
        .stop = &stop_requests,
        .progress = on_progress,
        .payload = &display,
    };

    stop_requests = 0;
    sigaction(SIGINT, &action, &old_int);
    sigaction(SIGTERM, &action, &old_term);
    enum err_code code = run_tasks(&options, &progress, err);
    job->progress = progress;
    sigaction(SIGINT, &old_int, NULL);
    sigaction(SIGTERM, &old_term, NULL);
    if (display.line_open)
        fputc('\n', stderr);
    if (!limits->quiet && !limits->json && progress.calls)
        print_rate(&progress, display.priced);
    return code;
}

static enum err_code finish(struct job *job, bool report, struct err *err)
{
    struct err quiet = {0};
    int64_t graded;

    if (job_grade(job->store, job->config.dataset, job->config.grader, false, &graded, &quiet) ||
        (report && job_report(job->store, job->dir, &quiet))) {
        *err = quiet;
        return quiet.code;
    }
    if (report)
        fprintf(stderr, "report: %s/RESULTS.md\n", job->dir);
    return OK;
}

enum err_code job_run_and_report(
    struct job *job, const struct job_limits *limits, bool report, struct err *err)
{
    struct err report_err = {0};
    enum err_code code = job_run(job, limits, err);

    if (code && code != ERR_STOPPED)
        return code;
    enum err_code reported = finish(job, report, &report_err);
    if (!code && reported)
        *err = report_err;
    else if (reported)
        cli_warn("%s", report_err.msg);
    return code ? code : reported;
}
