/* likelihood.c - tables of log-probabilities; see likelihood.h. */
#include "metrics/likelihood.h"

#include "harness/store/store_measure.h"

#include <math.h>

/* Sums over the queries of one arm; `n` those with the number. */
struct mean {
    double sum;
    int64_t n;
};

struct scored {
    struct table *queries, *summary;
    struct arena arena;
    int64_t arm, n, merged, clamped, tokens;
    struct str name;
    struct mean per_token, bits, pmi;
};

static void mean_add(struct mean *m, double v)
{
    if (!isfinite(v))
        return;
    m->sum += v;
    m->n++;
}

static void put_mean(struct table *t, const struct mean *m)
{
    if (m->n)
        table_num(t, m->sum / (double)m->n);
    else
        table_missing(t);
}

static void finish_arm(struct scored *s)
{
    struct table *t = s->summary;

    if (s->n == 0)
        return;
    table_row(t);
    table_str(t, s->name);
    table_int(t, s->n);
    table_int(t, s->tokens);
    put_mean(t, &s->per_token);
    put_mean(t, &s->bits);
    put_mean(t, &s->pmi);
    table_int(t, s->merged);
    table_int(t, s->clamped);
}

static enum err_code on_scored(const struct store_scored *q, void *payload, struct err *err)
{
    struct scored *s = payload;
    const struct store_likelihood *l = &q->likelihood;
    double per_token = l->given_tokens ? l->given / (double)l->given_tokens : NAN;
    double bits = l->chars ? -l->given / M_LN2 / (double)l->chars : NAN;
    double pmi = l->given - l->alone;
    struct table *t = s->queries;

    (void)err; /* rows only add up */
    if (s->n == 0 || s->arm != q->arm) {
        finish_arm(s);
        *s = (struct scored){
            .queries = s->queries, .summary = s->summary, .arena = s->arena, .arm = q->arm};
        s->name = arena_str(&s->arena, q->arm_name);
    }
    s->n++;
    s->tokens += l->given_tokens;
    s->merged += l->merged;
    s->clamped += l->clamped;
    mean_add(&s->per_token, per_token);
    mean_add(&s->bits, bits);
    mean_add(&s->pmi, pmi);
    table_row(t);
    table_str(t, q->arm_name);
    table_str(t, q->query);
    table_str(t, q->cluster);
    table_num(t, l->given);
    table_int(t, l->given_tokens);
    table_num(t, per_token);
    table_num(t, bits);
    table_num(t, l->alone);
    table_int(t, l->alone_tokens);
    table_num(t, pmi);
    table_int(t, l->merged);
    return OK;
}

enum err_code likelihood_tables(
    struct store *store, struct table **ret_queries, struct table **ret_summary, struct err *err)
{
    static const struct column query_columns[] = {
        {"arm", "", COLUMN_STR, 0},
        {"query", "", COLUMN_STR, 0},
        {"cluster", "", COLUMN_STR, 0},
        {"given_nats", "nats", COLUMN_NUM, 3},
        {"given_tok", "tokens", COLUMN_INT, 0},
        {"per_token_nats", "nats", COLUMN_NUM, 4},
        {"bits_per_char", "bits", COLUMN_NUM, 4},
        {"alone_nats", "nats", COLUMN_NUM, 3},
        {"alone_tok", "tokens", COLUMN_INT, 0},
        {"pmi_nats", "nats", COLUMN_NUM, 3},
        {"boundary_merged", "", COLUMN_INT, 0},
    };
    static const struct column summary_columns[] = {
        {"arm", "", COLUMN_STR, 0},
        {"queries", "", COLUMN_INT, 0},
        {"given_tok", "tokens", COLUMN_INT, 0},
        {"per_token_nats", "nats", COLUMN_NUM, 4},
        {"bits_per_char", "bits", COLUMN_NUM, 4},
        {"pmi_nats", "nats", COLUMN_NUM, 3},
        {"boundary_merged", "", COLUMN_INT, 0},
        {"clamped_tok", "tokens", COLUMN_INT, 0},
    };
    struct scored s = {
        .queries = table_new("likelihood_queries", query_columns, ARRAY_LEN(query_columns)),
        .summary = table_new("likelihood", summary_columns, ARRAY_LEN(summary_columns)),
    };
    enum err_code code = store_each_scored(store, on_scored, &s, err);

    table_note(s.summary, "method",
        STR("means over queries of log P(query | context), without an interval; pmi is "
            "log P(query | context) - log P(query); the rows are in likelihood_queries"));
    if (!code)
        finish_arm(&s);
    arena_release(&s.arena);
    if (code) {
        table_free(s.queries);
        table_free(s.summary);
        return code;
    }
    *ret_queries = s.queries;
    *ret_summary = s.summary;
    return OK;
}
