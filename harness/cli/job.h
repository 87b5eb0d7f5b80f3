/*
 * job.h - a run from its configuration to its report, in steps that the commands share.
 *
 * job_load reads configuration, dataset and prompts and touches nothing; job_open makes or reopens
 * runs/NAME with its store and plan; job_connect readies endpoints (starts the phantom); job_run
 * makes the calls; job_grade and job_report need the store only.
 */
#ifndef HARNESS_CLI_JOB_H
#define HARNESS_CLI_JOB_H

#include "harness/cli/job_price.h"
#include "harness/cli/option.h"
#include "harness/phantom/phantom.h"
#include "harness/run/run.h"
#include "splitters/split.h"

struct job {
    struct arena arena;
    struct arena texts; /* of the splits */
    struct config config;
    struct job_price price;
    struct buf effective; /* the configuration as JSON */
    struct split_list splits;
    size_t skipped; /* malformed rows left out */
    struct prompts prompts;
    struct digest dataset; /* of the splits */
    char run_digest[65];   /* of everything that determines the requests */
    const char *runs;      /* directory of runs */
    char *dir;             /* runs/NAME */
    int lock;
    struct store *store;
    struct phantom_child *phantom;
    struct run_endpoint *endpoints;
    size_t nendpoints;
    const char *replay;           /* database of the run that answers; NULL = servers answer */
    struct run_progress progress; /* of the last job_run */
};

struct job_limits {
    int64_t max_calls, max_tokens; /* 0 = none */
    int64_t max_cost_uusd;         /* micro-dollars; 0 = none */
    bool only_tried;               /* only tasks that have been tried */
    bool json;                     /* progress as JSON lines */
    bool quiet;
};

/* `path` names a configuration file; with NULL, `embedded` names one inside the program. */
MUST_CHECK enum err_code job_load(struct job *job, const char *path, const char *embedded,
    const struct option_list *sets, const char *runs, struct err *err);
MUST_CHECK enum err_code job_open(struct job *job, bool extend, bool durable, struct err *err);
/* Once planned, texts come from the store: the splits' memory can go. */
void job_forget_splits(struct job *job);
MUST_CHECK enum err_code job_connect(struct job *job, struct err *err);
MUST_CHECK enum err_code job_run(struct job *job, const struct job_limits *limits, struct err *err);
/* job_run; then what is there is graded, and reported if asked for, even when the run stopped. */
MUST_CHECK enum err_code job_run_and_report(
    struct job *job, const struct job_limits *limits, bool report, struct err *err);
void job_close(struct job *job); /* a zeroed job is fine */

/* Counts the contexts whose worked solution a phantom of this run has built in (competition
 * problems, from whatever file they come); 0 if no phantom answers. Such a run tests plumbing. */
MUST_CHECK enum err_code job_answer_key(
    const struct job *job, size_t *ret_contexts, struct err *err);

/* True if a request would leave this machine. */
bool job_is_remote(const struct job *job);

/* Grades what has no grade yet under what a run of the dataset means by `grader` (all answers if
 * `again`), without a call. */
MUST_CHECK enum err_code job_grade(struct store *store, struct str dataset, struct str grader,
    bool again, int64_t *ret_graded, struct err *err);
/* Writes tables, figures and RESULTS.md of the run in dir. */
MUST_CHECK enum err_code job_report(struct store *store, const char *dir, struct err *err);

#endif
