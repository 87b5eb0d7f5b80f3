/* job_plan.h - what a run would do: tasks exactly, calls as a range, tokens estimated. */
#ifndef HARNESS_CLI_JOB_PLAN_H
#define HARNESS_CLI_JOB_PLAN_H

#include "harness/cli/job.h"

/* Requests that leave this machine cost money: shows the plan and asks, unless `yes`. */
MUST_CHECK enum err_code job_confirm(struct job *job, bool yes, struct err *err);
/* Prints the plan of a loaded job; what runs/NAME has done already is subtracted. No request. */
MUST_CHECK enum err_code job_plan_print(struct job *job, struct err *err);

#endif
