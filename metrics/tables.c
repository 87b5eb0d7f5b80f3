/* tables.c - the list of tables and what all of them share; see tables.h. */
#include "metrics/tables.h"

#include "harness/config/budget.h"

#include <string.h>

const struct tables_kind tables_all[] = {
    {"accuracy", "accuracy and tokens per arm and test budget", tables_accuracy},
    {"frontier", "points that no other point dominates", tables_frontier},
    {"gain", "accuracy gained at equal budget", tables_gain},
    {"identical", "share of equal samples and equal learned contexts", tables_identical},
    {"outcomes", "final outcome of every task", tables_outcomes},
    {"passk", "unbiased pass@k and sleep at the same tokens", tables_passk},
    {"ratio", "token ratio at equal accuracy", tables_ratio},
    {"reversal", "where test-time thinking alone becomes as good", tables_reversal},
    {"sleep", "tokens and calls spent asleep", tables_sleep},
    {"strata", "accuracy by stratum of the question", tables_strata},
};
const size_t tables_count = ARRAY_LEN(tables_all);

/* A note is one line: what came from outside must not start another one. */
static void note(struct table *t, const char *key, struct str value)
{
    struct buf line = BUF_INIT;

    buf_collapse(&line, value);
    table_note(t, key, buf_str(&line));
    buf_release(&line);
}

/* Notes common to everything that leaves the program: run, source, grader, bootstrap. */
static void common_notes(struct table *t, const struct analysis *a)
{
    struct buf text = BUF_INIT;

    note(t, "run", a->options.run);
    note(t, "source",
        frame_simulated(a->frame) ? STR("simulated (phantom): no claim about language models")
                                  : STR("model"));
    if (a->options.grader.n)
        note(t, "grader", a->options.grader);
    buf_printf(&text, "cluster bootstrap, %zu replicates over %zu clusters, seed %llu, 95 %%",
        a->options.replicates, a->frame->nclusters, (unsigned long long)a->options.seed);
    note(t, "intervals", buf_str(&text));
    buf_release(&text);
}

struct table *tables_new(const struct analysis *a, const char *name, const struct column *columns,
    size_t ncolumns, const char *method)
{
    struct table *t = table_new(name, columns, ncolumns);

    common_notes(t, a);
    note(t, "method", str_c(method));
    return t;
}

void tables_level(struct table *t, int64_t level)
{
    struct buf text = BUF_INIT;

    budget_level_print(level, &text);
    table_str(t, buf_str(&text));
    buf_release(&text);
}

void tables_num_if(struct table *t, bool known, double v)
{
    if (known)
        table_num(t, v);
    else
        table_missing(t);
}

void tables_interval(struct table *t, struct interval ci)
{
    tables_num_if(t, ci.known, ci.lo);
    tables_num_if(t, ci.known, ci.hi);
}

void tables_point(struct table *t, const struct analysis *a, size_t id)
{
    double v = 0;
    bool known = resample_point(&a->resample, id, &v);

    tables_num_if(t, known, v);
}

void tables_spread(struct table *t, const struct interval_spread *s)
{
    table_int(t, (int64_t)s->n);
    table_int(t, (int64_t)s->clusters);
    tables_num_if(t, s->has_deff, s->deff);
}

size_t tables_column(const struct table *t, const char *name)
{
    for (size_t i = 0; i < table_columns(t); i++)
        if (strcmp(table_column(t, i)->name, name) == 0)
            return i;
    BUG("table %s has no column %s", table_name(t), name);
}
