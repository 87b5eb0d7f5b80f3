/*
 * tables.h - every published number as a table: the columns, their units, and the notes.
 *
 * A table carries the run digest, the source of the answers (simulated or a model), the seed and
 * number of replicates and the method. Values depend on results only, never on times or attempts:
 * a resumed run and an uninterrupted one give the same bytes.
 */
#ifndef METRICS_TABLES_H
#define METRICS_TABLES_H

#include "harness/base/table.h"
#include "metrics/analysis.h"

typedef struct table *tables_build_fn(const struct analysis *a);

struct tables_kind {
    const char *name; /* also the file name, without .csv */
    const char *about;
    tables_build_fn *build;
};

extern const struct tables_kind tables_all[];
extern const size_t tables_count;

tables_build_fn tables_accuracy;  /* per arm and test budget: accuracy, tokens, failures */
tables_build_fn tables_strata;    /* accuracy by stratum of the question */
tables_build_fn tables_passk;     /* unbiased pass@k, and sleep at the same tokens */
tables_build_fn tables_frontier;  /* which points no other point dominates */
tables_build_fn tables_ratio;     /* tokens of the reference over tokens of the arm */
tables_build_fn tables_gain;      /* accuracy gained at equal budget */
tables_build_fn tables_reversal;  /* from where on thinking at test time alone is as good */
tables_build_fn tables_sleep;     /* what was spent asleep */
tables_build_fn tables_identical; /* share of equal samples and equal c' */
tables_build_fn tables_outcomes;  /* final outcome of every task */

/* ---- helpers of the builders ------------------------------------------------------------ */

/* A table with the notes that all have, and `method` said in words. */
struct table *tables_new(const struct analysis *a, const char *name, const struct column *columns,
    size_t ncolumns, const char *method);
/* Two cells: lo and hi, missing where the interval is not known or an end is unbounded. */
void tables_interval(struct table *t, struct interval ci);
void tables_level(struct table *t, int64_t level); /* a test budget as its text (budget.h) */
void tables_num_if(struct table *t, bool known, double v);
void tables_point(struct table *t, const struct analysis *a, size_t id); /* a quantity's value */
/* Three cells: items, clusters, deff. */
void tables_spread(struct table *t, const struct interval_spread *s);
/* Column of that name; a BUG if there is none. */
size_t tables_column(const struct table *t, const char *name);

#endif
