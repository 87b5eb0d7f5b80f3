/* test_amortize_lab.h - all that is asked of one pair of arms about its costs, as one list of
 * numbers: for the unit tests and for tests/mock/calculate.c, in the order of
 * scripts/reference/amortize_golden.py. */
#ifndef TESTS_UNIT_TEST_AMORTIZE_LAB_H
#define TESTS_UNIT_TEST_AMORTIZE_LAB_H

#include "metrics/amortize.h"

#include <math.h>
#include <string.h>

#define COST_MISSING (-12345.0)
enum {
    COST_CONTEXTS = 4,
    /* prices, tokens of reference, arm and sleep, scale, t, N, replaced, ratio, contexts */
    COST_INPUTS = 4 * AMORTIZE_KINDS + 5 + 3 * COST_CONTEXTS,
    COST_VALUES = 40
};

struct cost_out {
    double *v;
    size_t n;
};

static inline void cost_put(struct cost_out *o, struct amortize_value v)
{
    bool number = v.kind == AMORTIZE_NUMBER || v.kind == AMORTIZE_FROM || v.kind == AMORTIZE_UP_TO;

    o->v[o->n++] = v.kind;
    o->v[o->n++] = number ? v.value : COST_MISSING;
}

static inline struct amortize_kinds cost_kinds(const double *in)
{
    struct amortize_kinds k;

    memcpy(k.of, in, sizeof k.of);
    return k;
}

static inline void cost_totals(const double *in, struct cost_out *o)
{
    struct amortize_context c[COST_CONTEXTS];

    for (int i = 0; i < COST_CONTEXTS; i++)
        c[i] = (struct amortize_context){in[3 * i], in[3 * i + 1], in[3 * i + 2]};
    struct amortize_totals t = amortize_contexts(c, COST_CONTEXTS);
    cost_put(o, t.per_query);
    cost_put(o, t.sleep_share);
    cost_put(o, t.naive_share);
    o->v[o->n++] = t.mean_queries;
    o->v[o->n++] = t.wasted;
    o->v[o->n++] = (double)t.contexts;
    o->v[o->n++] = (double)t.empty;
    o->v[o->n++] = (double)t.unknown;
}

static inline size_t cost_run(const double *in, double *out)
{
    struct cost_out o = {out, 0};
    struct amortize_prices one = {cost_kinds(in), cost_kinds(in)};
    struct amortize_arms arms = {cost_kinds(in + AMORTIZE_KINDS),
        cost_kinds(in + 2 * AMORTIZE_KINDS), cost_kinds(in + 3 * AMORTIZE_KINDS), 0};
    const double *rest = in + 4 * AMORTIZE_KINDS;
    enum amortize_scale scale = rest[0] > 0 ? AMORTIZE_CALLS : AMORTIZE_OUTPUTS;
    double t = rest[1], replaced = rest[3];
    struct amortize_prices p = amortize_at(&one, scale, t);
    struct amortize_value c0 = amortize_cost(p.test, arms.ref);
    struct amortize_value c1 = amortize_cost(p.test, arms.arm);
    struct amortize_row row;

    arms.n = rest[2];
    amortize_sweep(&one, scale, &arms, &t, 1, &arms.n, 1, &row);
    cost_put(&o, row.ref);
    cost_put(&o, row.arm);
    cost_put(&o, row.ratio);
    cost_put(&o, row.n_star);
    cost_put(&o, row.headline);
    cost_put(&o, amortize_critical_t(&one, scale, &arms));
    bool both = c0.kind == AMORTIZE_NUMBER && c1.kind == AMORTIZE_NUMBER;
    double saving = both ? c0.value - c1.value : NAN;
    cost_put(&o, amortize_longest(saving, replaced, p.test.of[AMORTIZE_IN]));
    cost_put(&o, amortize_longest(saving, replaced, p.test.of[AMORTIZE_CACHED]));
    cost_put(&o, amortize_headline_sleep(both ? c1.value : NAN, rest[4], arms.n));
    cost_totals(rest + 5, &o);
    return o.n;
}

#endif
