/* tables_ratio.c - token ratios at equal accuracy in their three forms, and the reversal. */
#include "metrics/tables.h"

#include <stdlib.h>

static const struct column ratio_columns[] = {
    {"model", "", COLUMN_STR, 0},
    {"arm", "", COLUMN_STR, 0},
    {"ref", "", COLUMN_STR, 0},
    {"form", "", COLUMN_STR, 0},
    {"about", "", COLUMN_STR, 0},
    {"accuracy_from", "share", COLUMN_NUM, 3},
    {"accuracy_to", "share", COLUMN_NUM, 3},
    {"status", "", COLUMN_STR, 0},
    {"ratio", "", COLUMN_NUM, 2},
    {"ratio_lo", "", COLUMN_NUM, 2},
    {"ratio_hi", "", COLUMN_NUM, 2},
    {"lost_share", "share", COLUMN_NUM, 3}, /* replicates without a finite value */
    {"clamped", "", COLUMN_INT, 0},
    {"dropped_points", "", COLUMN_INT, 0},
    {"items", "", COLUMN_INT, 0},
    {"clusters", "", COLUMN_INT, 0},
    {"deff_most", "", COLUMN_NUM, 2}, /* largest of the accuracies that enter */
    {"repeats", "", COLUMN_INT, 0},
    {"failures", "answers", COLUMN_INT, 0},
};

/* Two arms, and what every row about them says. */
struct versus {
    const struct analysis *a;
    const struct analysis_pair *pair;
    struct ratio_side arm, ref;
    struct ratio_point *arm_points, *ref_points;
    struct analysis_arm_summary s, r;
};

static struct versus versus_new(const struct analysis *a, const struct analysis_pair *pair)
{
    struct versus v = {.a = a, .pair = pair};

    v.arm = analysis_side(a, pair->arm, &v.arm_points);
    v.ref = analysis_side(a, pair->ref, &v.ref_points);
    v.s = analysis_summary(a, pair->arm);
    v.r = analysis_summary(a, pair->ref);
    return v;
}

static void versus_free(struct versus *v)
{
    free(v->arm_points);
    free(v->ref_points);
}

static void names(struct table *t, const struct versus *v)
{
    const struct frame_arm *arms = v->a->frame->arms;

    table_row(t);
    table_str(t, arms[v->pair->arm].model);
    table_str(t, arms[v->pair->arm].name);
    table_str(t, arms[v->pair->ref].name);
}

static void counts(struct table *t, const struct versus *v)
{
    const struct analysis_arm_summary *s = &v->s, *r = &v->r;

    table_int(t, (int64_t)(s->items < r->items ? s->items : r->items));
    table_int(t, (int64_t)v->a->frame->nclusters);
    table_num(t, s->deff > r->deff ? s->deff : r->deff);
    table_int(t, s->repeats < r->repeats ? s->repeats : r->repeats);
    table_int(t, (int64_t)(s->failures + r->failures));
}

static void ratio_row(struct table *t, const struct versus *v, const char *form, const char *about,
    const struct ratio *r)
{
    bool known = r->status != RATIO_NOT_IDENTIFIED;

    names(t, v);
    table_str(t, str_c(form));
    table_str(t, str_c(about));
    tables_num_if(t, known, r->from);
    tables_num_if(t, known, r->to);
    table_str(t, str_c(ratio_status_text(r->status)));
    tables_num_if(t, known, r->value);
    tables_interval(t, r->ci);
    table_num(t, r->lost);
    table_int(t, r->clamped);
    table_int(t, (int64_t)r->dropped);
    counts(t, v);
}

/* R at the accuracies of the reference's two lowest budgets: the paper's region of interest. */
static void lowest_budgets(struct table *t, const struct versus *v)
{
    const struct analysis *a = v->a;

    for (size_t i = 0; i < v->ref.n && i < 2; i++) {
        double accuracy;
        struct buf about = BUF_INIT;
        if (!resample_point(&a->resample, v->ref.points[i].acc, &accuracy))
            continue;
        struct ratio r = ratio_at(&a->resample, v->ref, v->arm, accuracy);
        buf_printf(&about, "accuracy of the reference's budget %zu from below", i + 1);
        ratio_row(t, v, "at", buf_cstr(&about), &r);
        buf_release(&about);
    }
}

static void ratio_rows(struct table *t, const struct versus *v)
{
    static const struct {
        struct ratio (*fn)(const struct resample *, struct ratio_side, struct ratio_side);
        const char *form, *about;
    } forms[] = {
        {ratio_overlap, "overlap", "primary: mean of log ratio over the shared accuracies"},
        {ratio_fixed, "fixed", "sensitivity: fixed range, censored"},
        {ratio_max, "max", "paper's form: largest over points, biased upward"},
    };
    const struct analysis_options *o = &v->a->options;

    for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
        struct ratio r = forms[i].fn(&v->a->resample, v->ref, v->arm);
        ratio_row(t, v, forms[i].form, forms[i].about, &r);
    }
    for (size_t i = 0; i < o->naccuracies; i++) {
        struct ratio r = ratio_at(&v->a->resample, v->ref, v->arm, o->accuracies[i]);
        ratio_row(t, v, "at", "accuracy chosen beforehand", &r);
    }
    lowest_budgets(t, v);
}

struct table *tables_ratio(const struct analysis *a)
{
    struct table *t = tables_new(a, "ratio", ratio_columns, ARRAY_LEN(ratio_columns),
        "test tokens of ref over test tokens of arm at equal accuracy, isotonic curves linear in "
        "(log tokens, accuracy); more than 5 % of replicates without a value: not identified; "
        "clamped: below the first point of a curve its first tokens are used");

    for (size_t i = 0; i < a->npairs; i++) {
        if (a->pairs[i].kind != ANALYSIS_VS_TEST)
            continue;
        struct versus v = versus_new(a, &a->pairs[i]);
        ratio_rows(t, &v);
        versus_free(&v);
    }
    return t;
}

static const struct column reversal_columns[] = {
    {"model", "", COLUMN_STR, 0},
    {"arm", "", COLUMN_STR, 0},
    {"ref", "", COLUMN_STR, 0},
    {"reversal", "", COLUMN_STR, 0},
    {"test_tok", "tokens", COLUMN_NUM, 1},
    {"test_tok_lo", "tokens", COLUMN_NUM, 1},
    {"test_tok_hi", "tokens", COLUMN_NUM, 1},
    {"replicate_share", "share", COLUMN_NUM, 3}, /* replicates with a reversal */
    {"items", "", COLUMN_INT, 0},
    {"clusters", "", COLUMN_INT, 0},
    {"deff_most", "", COLUMN_NUM, 2},
    {"repeats", "", COLUMN_INT, 0},
    {"failures", "answers", COLUMN_INT, 0},
};

struct table *tables_reversal(const struct analysis *a)
{
    struct table *t = tables_new(a, "reversal", reversal_columns, ARRAY_LEN(reversal_columns),
        "earliest tokens from which ref is at least as accurate as arm up to the end of the "
        "tokens both use; a replicate without one counts as infinite");

    for (size_t i = 0; i < a->npairs; i++) {
        if (a->pairs[i].kind != ANALYSIS_VS_TEST)
            continue;
        struct versus v = versus_new(a, &a->pairs[i]);
        struct gain_reversal g = gain_reversal(&a->resample, v.ref, v.arm);
        bool known = g.kind == GAIN_REVERSAL || g.kind == GAIN_EVERYWHERE;
        names(t, &v);
        table_str(t, str_c(gain_reversal_text(&g)));
        tables_num_if(t, known, g.tokens);
        tables_interval(t, g.ci);
        tables_num_if(t, g.kind != GAIN_NO_RANGE && a->resample.clusters >= 2, g.share);
        counts(t, &v);
        versus_free(&v);
    }
    return t;
}
