/* tables_gain.c - accuracy gained at equal budget: sleep against test-time only, more parallel c'
 * against the fewest, and sleep against seeing the context only. */
#include "metrics/tables.h"

#include <stdlib.h>

static const struct column gain_columns[] = {
    {"comparison", "", COLUMN_STR, 0},
    {"model", "", COLUMN_STR, 0},
    {"arm", "", COLUMN_STR, 0},
    {"ref", "", COLUMN_STR, 0},
    {"form", "", COLUMN_STR, 0}, /* level, max_level, max_tokens */
    {"level", "", COLUMN_STR, 0},
    {"test_tok", "tokens", COLUMN_NUM, 1},
    {"gain", "share", COLUMN_NUM, 3},
    {"gain_lo", "share", COLUMN_NUM, 3},
    {"gain_hi", "share", COLUMN_NUM, 3},
    {"simultaneous_lo", "share", COLUMN_NUM, 3},
    {"relative", "share", COLUMN_NUM, 3},
    {"relative_lo", "share", COLUMN_NUM, 3},
    {"relative_hi", "share", COLUMN_NUM, 3},
    {"items", "", COLUMN_INT, 0},
    {"clusters", "", COLUMN_INT, 0},
    {"deff", "", COLUMN_NUM, 2},
    {"repeats", "", COLUMN_INT, 0},
    {"failures", "answers", COLUMN_INT, 0},
};

static const char *const comparisons[] = {
    [ANALYSIS_VS_TEST] = "sleep - test only",
    [ANALYSIS_VS_K1] = "more c' - fewest c'",
    [ANALYSIS_VS_CONTEXT] = "sleep - context only",
};

static void head(struct table *t, const struct analysis *a, size_t pair, const char *form)
{
    const struct analysis_pair *p = &a->pairs[pair];

    table_row(t);
    table_str(t, str_c(comparisons[p->kind]));
    table_str(t, a->frame->arms[p->arm].model);
    table_str(t, a->frame->arms[p->arm].name);
    table_str(t, a->frame->arms[p->ref].name);
    table_str(t, str_c(form));
}

static unsigned repeats(const struct analysis *a, size_t pair)
{
    unsigned x = analysis_summary(a, a->pairs[pair].arm).repeats;
    unsigned y = analysis_summary(a, a->pairs[pair].ref).repeats;

    return x < y ? x : y;
}

static void relative(struct table *t, const struct analysis *a, const struct analysis_gain *g)
{
    double d = 0, base = 0;
    bool known = resample_point(&a->resample, g->diff, &d) &&
                 resample_point(&a->resample, g->base, &base) && base > 0;

    tables_num_if(t, known, known ? d / base : 0);
    tables_interval(
        t, known ? gain_relative_interval(&a->resample, g->diff, g->base) : INTERVAL_UNKNOWN);
}

static void level_row(
    struct table *t, const struct analysis *a, const struct analysis_gain *g, const double *lower)
{
    head(t, a, g->pair, "level");
    tables_level(t, g->level);
    table_missing(t);
    tables_point(t, a, g->diff);
    tables_interval(t, resample_interval(&a->resample, g->diff, NULL));
    tables_num_if(t, lower && g->spread.n > 0, lower ? *lower : 0);
    relative(t, a, g);
    tables_spread(t, &g->spread);
    table_int(t, repeats(a, g->pair));
    table_int(t, (int64_t)g->failures);
}

static void max_level_row(struct table *t, const struct analysis *a, const struct analysis_gain *g,
    size_t n, const double *lower)
{
    size_t best = n;
    double most = 0, bound = 0, d;
    bool bounded = false;
    size_t failures = 0;

    for (size_t j = 0; j < n; j++) {
        failures += g[j].failures;
        if (!resample_point(&a->resample, g[j].diff, &d))
            continue;
        if (best == n || d > most) {
            best = j;
            most = d;
        }
        if (lower && (!bounded || lower[j] > bound)) {
            bound = lower[j];
            bounded = true;
        }
    }
    if (best == n)
        return;
    head(t, a, g->pair, "max_level");
    tables_level(t, g[best].level);
    table_missing(t);
    table_num(t, most);
    tables_interval(t, INTERVAL_UNKNOWN);
    tables_num_if(t, bounded, bound);
    for (int i = 0; i < 3; i++)
        table_missing(t);
    tables_spread(t, &g[best].spread);
    table_int(t, repeats(a, g->pair));
    table_int(t, (int64_t)failures);
}

static void max_tokens_row(struct table *t, const struct analysis *a, size_t pair)
{
    struct ratio_point *arm, *ref;
    struct ratio_side x = analysis_side(a, a->pairs[pair].arm, &arm);
    struct ratio_side y = analysis_side(a, a->pairs[pair].ref, &ref);
    struct gain_max g = gain_max(&a->resample, y, x);
    struct analysis_arm_summary s = analysis_summary(a, a->pairs[pair].arm);
    struct analysis_arm_summary r = analysis_summary(a, a->pairs[pair].ref);

    free(arm);
    free(ref);
    head(t, a, pair, "max_tokens");
    table_missing(t);
    tables_num_if(t, g.known, g.tokens);
    tables_num_if(t, g.known, g.points);
    tables_interval(t, g.ci);
    table_missing(t);
    tables_num_if(t, g.has_relative, g.relative);
    tables_interval(t, g.relative_ci);
    table_int(t, (int64_t)(s.items < r.items ? s.items : r.items));
    table_int(t, (int64_t)a->frame->nclusters);
    table_num(t, s.deff > r.deff ? s.deff : r.deff);
    table_int(t, repeats(a, pair));
    table_int(t, (int64_t)(s.failures + r.failures));
}

static void pair_rows(struct table *t, const struct analysis *a, size_t first, size_t n)
{
    const struct analysis_gain *g = &a->gains[first];
    size_t *ids = xcalloc(n, sizeof *ids);
    double *lower = xcalloc(n, sizeof *lower);

    for (size_t j = 0; j < n; j++)
        ids[j] = g[j].diff;
    bool bounded = gain_simultaneous(&a->resample, ids, n, lower);
    for (size_t j = 0; j < n; j++)
        level_row(t, a, &g[j], bounded ? &lower[j] : NULL);
    max_level_row(t, a, g, n, bounded ? lower : NULL);
    max_tokens_row(t, a, g->pair);
    free(ids);
    free(lower);
}

struct table *tables_gain(const struct analysis *a)
{
    struct table *t = tables_new(a, "gain", gain_columns, ARRAY_LEN(gain_columns),
        "level: mean paired difference over the items both arms have; max_level: the largest of "
        "them with the largest simultaneous lower bound (max-T), which is what an 'up to' claim "
        "may state; max_tokens: largest difference of the isotonic curves over the tokens both "
        "use, biased upward; relative: divided by the accuracy of ref");

    for (size_t i = 0; i < a->ngains;) {
        size_t end = i;
        while (end < a->ngains && a->gains[end].pair == a->gains[i].pair)
            end++;
        pair_rows(t, a, i, end - i);
        i = end;
    }
    return t;
}
