/* sleepcost.c - sums of learned contexts per arm and cluster; see sleepcost.h. */
#include "metrics/sleepcost.h"

#include <stdlib.h>
#include <string.h>

struct place {
    uint32_t context, cluster;
};

/* Sums per cluster, and of the context that is being read. */
struct ledger {
    double *out, *out_n, *in, *in_n;
    size_t clusters;
    struct place *places; /* sorted by context */
    size_t nplaces;
};

/* Means over repeats of one context. */
struct context_sum {
    double out, in;
    size_t out_n, in_n, groups;
};

static int place_cmp(const void *pa, const void *pb)
{
    const struct place *a = pa, *b = pb;

    if (a->context != b->context)
        return a->context < b->context ? -1 : 1;
    return (a->cluster > b->cluster) - (a->cluster < b->cluster);
}

static struct ledger ledger_new(const struct frame *f)
{
    struct ledger l = {
        .out = xcalloc(f->nclusters, sizeof(double)),
        .out_n = xcalloc(f->nclusters, sizeof(double)),
        .in = xcalloc(f->nclusters, sizeof(double)),
        .in_n = xcalloc(f->nclusters, sizeof(double)),
        .clusters = f->nclusters,
        .places = xcalloc(f->nqueries, sizeof(struct place)),
        .nplaces = f->nqueries,
    };

    for (size_t i = 0; i < f->nqueries; i++)
        l.places[i] = (struct place){f->queries[i].context, f->queries[i].cluster};
    if (l.nplaces)
        qsort(l.places, l.nplaces, sizeof *l.places, place_cmp);
    return l;
}

static void ledger_clear(struct ledger *l)
{
    memset(l->out, 0, l->clusters * sizeof(double));
    memset(l->out_n, 0, l->clusters * sizeof(double));
    memset(l->in, 0, l->clusters * sizeof(double));
    memset(l->in_n, 0, l->clusters * sizeof(double));
}

static void ledger_free(struct ledger *l)
{
    free(l->out);
    free(l->out_n);
    free(l->in);
    free(l->in_n);
    free(l->places);
}

static int64_t input_of(const int32_t *tok)
{
    int64_t sum = -1;

    for (int i = FRAME_IN_UNCACHED; i <= FRAME_IN_WRITE; i++)
        if (tok[i] >= 0)
            sum = (sum < 0 ? 0 : sum) + tok[i];
    return sum;
}

/* Takes one (context, repeat) of n learned contexts; those with j < k, counted from first_j,
 * belong to the arm. A group that is not whole is left out. */
static void read_group(const struct frame_learned *l, size_t n, int first_j, struct sleepcost *c,
    int k, struct context_sum *sum)
{
    int64_t out = 0, in = 0;
    size_t done = 0;

    for (size_t i = 0; i < n; i++)
        done += l[i].j - first_j < k && outcome_is_result((enum outcome)l[i].outcome);
    if (done < (size_t)k)
        return;
    sum->groups++;
    for (size_t i = 0; i < n && l[i].j - first_j < k; i++) {
        int64_t o = frame_out(l[i].tok), x = input_of(l[i].tok);
        c->learned++;
        c->failures += l[i].outcome != OUTCOME_OK;
        c->truncated += frame_is_truncated(l[i].outcome);
        c->empty += l[i].empty;
        c->refused += l[i].refused;
        c->calls += l[i].calls;
        c->rethinks += l[i].rethinks;
        c->chars += l[i].chars;
        out = o < 0 || out < 0 ? -1 : out + o;
        in = x < 0 || in < 0 ? -1 : in + x;
    }
    sum->out += out < 0 ? 0 : (double)out;
    sum->out_n += out >= 0;
    sum->in += in < 0 ? 0 : (double)in;
    sum->in_n += in >= 0;
}

static void close_context(
    const struct context_sum *sum, uint32_t context, struct ledger *l, struct sleepcost *c)
{
    size_t at = 0, end = l->nplaces;

    while (at < end) { /* the first query of the context */
        size_t middle = at + (end - at) / 2;
        if (l->places[middle].context < context)
            at = middle + 1;
        else
            end = middle;
    }
    const struct place *hit =
        at < l->nplaces && l->places[at].context == context ? &l->places[at] : NULL;
    if (!hit || sum->groups == 0)
        return;
    c->contexts++;
    if (sum->out_n) {
        l->out[hit->cluster] += sum->out / (double)sum->out_n;
        l->out_n[hit->cluster] += 1;
    }
    if (sum->in_n) {
        l->in[hit->cluster] += sum->in / (double)sum->in_n;
        l->in_n[hit->cluster] += 1;
    }
}

/* The row behind the (sleep, context, repeat) or, with `whole`, (sleep, context) of row i. */
static size_t behind(const struct frame *f, size_t i, bool whole)
{
    const struct frame_learned *l = &f->learned[i];

    while (i < f->nlearned && f->learned[i].sleep == l->sleep &&
           f->learned[i].context == l->context && (whole || f->learned[i].repeat == l->repeat))
        i++;
    return i;
}

static int lowest_j(const struct frame *f)
{
    int lowest = UINT16_MAX;

    for (size_t i = 0; i < f->nlearned; i++)
        lowest = f->learned[i].j < lowest ? f->learned[i].j : lowest;
    return lowest;
}

static size_t distinct_contexts(const struct ledger *l)
{
    size_t n = 0;

    for (size_t i = 0; i < l->nplaces; i++)
        n += i == 0 || l->places[i].context != l->places[i - 1].context;
    return n;
}

static void read_arm(const struct frame *f, struct ledger *ledger, struct sleepcost *c)
{
    const struct frame_arm *arm = &f->arms[c->arm];
    int first_j = lowest_j(f);

    for (size_t i = 0, end; i < f->nlearned; i = end) {
        struct context_sum sum = {0};
        end = behind(f, i, true);
        if (f->learned[i].sleep != arm->sleep)
            continue;
        for (size_t from = i; from < end; from = behind(f, from, false))
            read_group(&f->learned[from], behind(f, from, false) - from, first_j, c, arm->k, &sum);
        close_context(&sum, f->learned[i].context, ledger, c);
    }
    c->pending = distinct_contexts(ledger) - c->contexts;
    if (c->learned) {
        c->calls /= (double)c->learned;
        c->rethinks /= (double)c->learned;
        c->chars /= (double)c->learned;
    }
    for (size_t g = 0; g < ledger->clusters; g++)
        c->clusters += ledger->out_n[g] > 0 || ledger->in_n[g] > 0;
}

void sleepcost_add(const struct frame *f, struct resample *r, struct sleepcost **ret, size_t *ret_n)
{
    struct sleepcost *all = xcalloc(f->narms, sizeof *all);
    struct ledger ledger = ledger_new(f);
    size_t n = 0;

    for (size_t i = 0; i < f->narms; i++) {
        if (f->arms[i].sleep == 0 || f->arms[i].k == 0)
            continue;
        struct sleepcost *c = &all[n++];
        c->arm = i;
        ledger_clear(&ledger);
        read_arm(f, &ledger, c);
        c->out = resample_add(r, ledger.out, ledger.out_n);
        c->in = resample_add(r, ledger.in, ledger.in_n);
    }
    ledger_free(&ledger);
    *ret = all;
    *ret_n = n;
}
