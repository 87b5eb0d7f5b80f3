/*
 * report.h - the report of a run: tables, figures and RESULTS.md.
 *
 *     struct report_info info = {.title = STR("demo"), .run = STR(digest), .seed = 1,
 *         .command = STR("sleepbench demo"), .notes = notes, .nnotes = 6};
 *     if (report_write(&frame, &info, "runs/demo", err))
 *         return err->code;
 *
 * DIR/tables/NAME.csv, DIR/figures/figure_ID.{csv,svg,png} and DIR/RESULTS.md are each written
 * whole or not at all. The text holds numbers, names and notes, never an answer; names and notes
 * may come from anybody and are escaped. Nothing depends on the time or the machine: equal runs
 * give equal bytes.
 */
#ifndef PLOTS_REPORT_H
#define PLOTS_REPORT_H

#include "harness/base/err.h"
#include "harness/base/table.h"
#include "metrics/frame.h"

struct report_note {
    const char *key;
    struct str value;
};

struct report_info {
    struct str title;                /* name of the run */
    struct str run;                  /* run digest */
    struct str grader;               /* whose scores the frame shows */
    struct str command;              /* how to make it again */
    const struct report_note *notes; /* what was run: model, dataset, arms, switches... */
    size_t nnotes;
    uint64_t seed;            /* of the resampling */
    size_t replicates;        /* 0 takes the default, 2000 */
    const double *accuracies; /* at which the token ratio is asked for; at most 8 count */
    size_t naccuracies;
    const struct str *figures; /* ids to draw; none = all */
    size_t nfigures;
    const char *no_figures;           /* a reason: no figure is made (library mode); else NULL */
    const struct table *const *extra; /* further tables to write and show, such as coverage */
    size_t nextra;
    const struct table *filed; /* one more to write, too long to show; NULL = none */
};

/* If gnuplot is not installed or fails, tables, data files and RESULTS.md (which says so) are
 * written all the same and the error is returned. An unknown figure id is ERR_USAGE, told before
 * anything is written. */
MUST_CHECK enum err_code report_write(
    const struct frame *f, const struct report_info *info, const char *dir, struct err *err);

#endif
