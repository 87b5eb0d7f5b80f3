/* tables_accuracy.c - accuracy, tokens and failures per arm and budget, and by stratum. */
#include "metrics/tables.h"

static const struct column accuracy_columns[] = {
    {"arm", "", COLUMN_STR, 0}, {"model", "", COLUMN_STR, 0}, {"method", "", COLUMN_STR, 0},
    {"k", "", COLUMN_INT, 0}, {"level", "", COLUMN_STR, 0}, {"accuracy", "share", COLUMN_NUM, 3},
    {"accuracy_lo", "share", COLUMN_NUM, 3}, {"accuracy_hi", "share", COLUMN_NUM, 3},
    {"wilson_lo", "share", COLUMN_NUM, 3}, {"wilson_hi", "share", COLUMN_NUM, 3},
    {"accuracy_ok", "share", COLUMN_NUM, 3}, /* without failed calls */
    {"items", "", COLUMN_INT, 0}, {"clusters", "", COLUMN_INT, 0}, {"deff", "", COLUMN_NUM, 2},
    {"repeats", "", COLUMN_INT, 0}, /* answers per item: repeats, or samples of a pool */
    {"planned", "answers", COLUMN_INT, 0}, {"observed", "answers", COLUMN_INT, 0},
    {"ungraded", "answers", COLUMN_INT, 0}, {"failures", "answers", COLUMN_INT, 0},
    {"truncated", "answers", COLUMN_INT, 0}, {"correct", "answers", COLUMN_INT, 0},
    {"wrong", "answers", COLUMN_INT, 0}, {"unparsed", "answers", COLUMN_INT, 0},
    {"no_answer", "answers", COLUMN_INT, 0}, {"test_tok", "tokens", COLUMN_NUM, 1},
    {"test_tok_lo", "tokens", COLUMN_NUM, 1}, {"test_tok_hi", "tokens", COLUMN_NUM, 1},
    {"test_visible_tok", "tokens", COLUMN_NUM, 1}, {"test_reasoning_tok", "tokens", COLUMN_NUM, 1},
    {"test_in_uncached_tok", "tokens", COLUMN_NUM, 1},
    {"test_in_cached_tok", "tokens", COLUMN_NUM, 1}, {"test_in_write_tok", "tokens", COLUMN_NUM, 1},
    {"tok_known", "answers", COLUMN_INT, 0}, /* answers whose output tokens are known */
};

static void wilson(struct table *t, const struct analysis *a, const struct analysis_point *p)
{
    double share = 0;
    struct interval ci = INTERVAL_UNKNOWN;

    if (resample_point(&a->resample, p->acc, &share) && p->spread.n_eff > 0)
        ci = interval_wilson(share, p->spread.n_eff);
    tables_interval(t, ci);
}

static void answers(struct table *t, const struct series *s)
{
    table_int(t, s->most_cells);
    table_int(t, (int64_t)s->planned);
    table_int(t, (int64_t)s->observed);
    table_int(t, (int64_t)s->ungraded);
    table_int(t, (int64_t)s->failures);
    table_int(t, (int64_t)s->truncated);
    for (int i = 0; i < STATUS_COUNT; i++)
        table_int(t, (int64_t)s->by_status[i]);
}

static void tokens(struct table *t, const struct analysis *a, const struct analysis_point *p)
{
    const struct series *s = p->series;

    tables_point(t, a, p->tok);
    tables_interval(t, resample_interval(&a->resample, p->tok, NULL));
    for (int i = SERIES_OUT_VISIBLE; i < SERIES_TOKENS; i++)
        tables_num_if(t, s->tok_items[i] > 0, s->tok_mean[i]);
    table_int(t, (int64_t)s->tok_known);
}

static void accuracy_row(struct table *t, const struct analysis *a, const struct analysis_point *p)
{
    const struct frame_arm *arm = analysis_arm(a, p);
    double without_failures = 0;

    table_row(t);
    table_str(t, arm->name);
    table_str(t, arm->model);
    table_str(t, arm->method);
    table_int(t, arm->k);
    tables_level(t, p->series->level);
    tables_point(t, a, p->acc);
    tables_interval(t, resample_interval(&a->resample, p->acc, NULL));
    wilson(t, a, p);
    bool known = series_accuracy_ok(p->series, &without_failures);
    tables_num_if(t, known, without_failures);
    tables_spread(t, &p->spread);
    answers(t, p->series);
    tokens(t, a, p);
}

struct table *tables_accuracy(const struct analysis *a)
{
    struct table *t = tables_new(a, "accuracy", accuracy_columns, ARRAY_LEN(accuracy_columns),
        "mean over items of the mean over their answers; failed answers count as wrong; "
        "Wilson with n / max(1, deff)");

    for (size_t i = 0; i < a->npoints; i++)
        if (a->points[i].k == 0)
            accuracy_row(t, a, &a->points[i]);
    return t;
}

static const struct column strata_columns[] = {
    {"arm", "", COLUMN_STR, 0},
    {"level", "", COLUMN_STR, 0},
    {"stratum", "", COLUMN_STR, 0},
    {"accuracy", "share", COLUMN_NUM, 3},
    {"accuracy_lo", "share", COLUMN_NUM, 3},
    {"accuracy_hi", "share", COLUMN_NUM, 3},
    {"items", "", COLUMN_INT, 0},
    {"clusters", "", COLUMN_INT, 0},
    {"deff", "", COLUMN_NUM, 2},
    {"repeats", "", COLUMN_INT, 0},
};

struct table *tables_strata(const struct analysis *a)
{
    struct table *t = tables_new(a, "strata", strata_columns, ARRAY_LEN(strata_columns),
        "accuracy as in accuracy.csv, over the items of one stratum; replicates that draw none "
        "of its clusters are left out");

    for (size_t i = 0; i < a->nstrata; i++) {
        const struct analysis_stratum *s = &a->strata[i];
        const struct analysis_point *p = &a->points[s->point];
        bool several = s->spread.clusters >= 2;
        table_row(t);
        table_str(t, analysis_arm(a, p)->name);
        tables_level(t, p->series->level);
        table_str(t, a->frame->strata[s->stratum]);
        tables_point(t, a, s->acc);
        tables_interval(
            t, several ? resample_interval(&a->resample, s->acc, NULL) : INTERVAL_UNKNOWN);
        tables_spread(t, &s->spread);
        table_int(t, p->series->most_cells);
    }
    return t;
}
