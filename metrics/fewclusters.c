/* fewclusters.c - see fewclusters.h. */
#include "metrics/fewclusters.h"

#include "harness/base/buf.h"
#include "harness/base/rng.h"
#include "metrics/paired.h"
#include "metrics/resample.h"

#include <math.h>
#include <stdlib.h>

const char *fewclusters_text(enum fewclusters_kind kind)
{
    static const char *const texts[] = {
        [FEWCLUSTERS_OK] = "known",
        [FEWCLUSTERS_TOO_FEW] = "fewer than 2 clusters",
        [FEWCLUSTERS_NO_VARIANCE] = "no variance between clusters",
        [FEWCLUSTERS_LOST] = "not identified: over 5 % of the replicates have no pivot",
        [FEWCLUSTERS_UNBOUNDED] = "unbounded: too few clusters to reject anything",
    };

    return texts[kind];
}

enum fewclusters_weights fewclusters_weights_for(size_t clusters)
{
    return clusters < FEWCLUSTERS_WEBB_BELOW ? FEWCLUSTERS_WEBB : FEWCLUSTERS_RADEMACHER;
}

/* Clusters with items, centred: e_g = num_g - theta den_g sums to 0, and nothing cancels later. */
struct centred {
    size_t n;
    double *e, *den;
    double items, squares; /* sums of den and of e^2 */
};

static void centred_release(struct centred *c)
{
    free(c->e);
    free(c->den);
}

/* Fills mean, se and kind; only OK can go on. */
static struct fewclusters centre(
    const double *num, const double *den, size_t clusters, struct centred *c)
{
    struct fewclusters r = {.p = 1, .ci = INTERVAL_UNKNOWN};
    double sum = 0, scale = 0;

    *c = (struct centred){
        0, xcalloc(clusters, sizeof *c->e), xcalloc(clusters, sizeof *c->den), 0, 0};
    for (size_t g = 0; g < clusters; g++) {
        if (!(den[g] > 0))
            continue;
        c->e[c->n] = num[g];
        c->den[c->n++] = den[g];
        c->items += den[g];
        sum += num[g];
        scale += num[g] * num[g] + den[g] * den[g];
    }
    r.clusters = c->n;
    r.mean = c->n && fabs(sum / c->items) > PAIRED_ROUNDING ? sum / c->items : 0;
    for (size_t g = 0; g < c->n; g++) {
        c->e[g] -= r.mean * c->den[g];
        c->squares += c->e[g] * c->e[g];
    }
    bool varies = c->squares > PAIRED_ROUNDING * PAIRED_ROUNDING * scale;
    r.kind = c->n < 2 ? FEWCLUSTERS_TOO_FEW : varies ? FEWCLUSTERS_OK : FEWCLUSTERS_NO_VARIANCE;
    if (r.kind == FEWCLUSTERS_OK)
        r.se = sqrt(c->squares * (double)c->n / (double)(c->n - 1)) / c->items;
    return r;
}

/* ---- bootstrap-t ------------------------------------------------------------------------ */

/* t* of one resample: infinite where only se* is 0, NaN where theta* = theta too. */
static double pivot(const struct centred *c, const uint32_t *weights)
{
    double sum = 0, items = 0, squares = 0;

    for (size_t g = 0; g < c->n; g++) {
        sum += weights[g] * c->e[g];
        items += weights[g] * c->den[g];
    }
    double shift = sum / items; /* theta* - theta */
    for (size_t g = 0; g < c->n; g++) {
        double e = c->e[g] - shift * c->den[g];
        squares += weights[g] * e * e;
    }
    if (squares <= 1e-24 * c->squares)
        return fabs(shift) * c->items <= 1e-12 * sqrt(c->squares) ? NAN : copysign(HUGE_VAL, shift);
    return shift * items / sqrt(squares * (double)c->n / (double)(c->n - 1));
}

struct fewclusters fewclusters_bootstrap_t(
    const double *num, const double *den, size_t clusters, size_t replicates, uint64_t seed)
{
    struct centred c;
    struct fewclusters r = centre(num, den, clusters, &c);

    if (r.kind != FEWCLUSTERS_OK || replicates == 0) {
        r.kind = r.kind ? r.kind : FEWCLUSTERS_LOST;
        centred_release(&c);
        return r;
    }
    uint32_t *weights = xcalloc(c.n, sizeof *weights);
    double *t = xmalloc(replicates * sizeof *t), seen = fabs(r.mean / r.se);
    size_t large = 0;
    for (size_t b = 0; b < replicates; b++) {
        resample_weights(seed, b, c.n, weights);
        t[b] = pivot(&c, weights);
        large += isnan(t[b]) || fabs(t[b]) >= seen * (1 - 1e-9); /* the cautious side */
    }
    r.replicates = replicates;
    r.p = (double)(1 + large) / (double)(1 + replicates);
    struct interval q = interval_percentile(t, replicates, &r.lost);
    if (!q.known)
        r.kind = FEWCLUSTERS_LOST;
    else if (isinf(q.lo) || isinf(q.hi))
        r.kind = FEWCLUSTERS_UNBOUNDED;
    if (q.known && !(isinf(q.lo) && isinf(q.hi)))
        r.ci = (struct interval){r.mean - q.hi * r.se, r.mean - q.lo * r.se, true};
    free(weights);
    free(t);
    centred_release(&c);
    return r;
}

/* ---- wild cluster bootstrap --------------------------------------------------------------- */

/* All that p(theta + delta) needs of weights v. With S_g = e_g - delta den_g, P = sum v S and
 * N = sum den, theta* - theta0 is P/N and the residuals of num* are v S - (P/N) den = A - delta B,
 * A_g = v_g e_g - (sum v e / N) den_g and B_g = (v_g - sum v den / N) den_g. B is 0 where all
 * weights are equal: no difference of large numbers, however far delta is. */
struct pattern {
    double ve, vd;     /* sum v e, sum v den */
    double aa, ab, bb; /* sums of A^2, A B, B^2 */
};

struct wild {
    const struct centred *c;
    enum fewclusters_weights weights;
    size_t choices;
    struct pattern *patterns;
    size_t n;
    bool exact;
};

static double weight_of(enum fewclusters_weights kind, size_t choice)
{
    static const double webb[] = {-1.5, -1, -0.5, 0.5, 1, 1.5}; /* signed squares */

    if (kind == FEWCLUSTERS_RADEMACHER)
        return choice ? 1 : -1;
    return copysign(sqrt(fabs(webb[choice])), webb[choice]);
}

static struct pattern pattern_of(const struct centred *c, const double *v)
{
    struct pattern p = {0};

    for (size_t g = 0; g < c->n; g++) {
        p.ve += v[g] * c->e[g];
        p.vd += v[g] * c->den[g];
    }
    for (size_t g = 0; g < c->n; g++) {
        double a = v[g] * c->e[g] - p.ve / c->items * c->den[g];
        double b = (v[g] - p.vd / c->items) * c->den[g];
        p.aa += a * a;
        p.ab += a * b;
        p.bb += b * b;
    }
    return p;
}

static void wild_enumerate(struct wild *w, double *v)
{
    for (size_t i = 0; i < w->n; i++) {
        size_t rest = i;
        for (size_t g = 0; g < w->c->n; g++, rest /= w->choices)
            v[g] = weight_of(w->weights, rest % w->choices);
        w->patterns[i] = pattern_of(w->c, v);
    }
}

static void wild_draw(struct wild *w, uint64_t seed, double *v)
{
    struct buf label = BUF_INIT;

    for (size_t b = 0; b < w->n; b++) {
        buf_reset(&label);
        buf_printf(&label, "wild %zu", b);
        struct rng rng = rng_labelled(seed, buf_str(&label));
        for (size_t g = 0; g < w->c->n; g++)
            v[g] = weight_of(w->weights, (size_t)rng_below(&rng, w->choices));
        w->patterns[b] = pattern_of(w->c, v);
    }
    buf_release(&label);
}

/* p(theta + delta): |P| / sqrt(Q) against |delta| N / sqrt(sum e^2); the rest of both t cancels. */
static double wild_p(const struct wild *w, double delta)
{
    double seen = delta * delta * w->c->items * w->c->items, add = w->exact ? 0 : 1;
    size_t large = 0;

    for (size_t i = 0; i < w->n; i++) {
        const struct pattern *v = &w->patterns[i];
        double sum = v->ve - delta * v->vd;
        double q = v->aa - 2 * delta * v->ab + delta * delta * v->bb;
        large += sum * sum * w->c->squares >= seen * q * (1 - 2e-9);
    }
    return ((double)large + add) / ((double)w->n + add);
}

/* Distance from theta at which p falls to 0.05 on one side (sign -1 or 1). */
static double wild_end(const struct wild *w, double se, double sign)
{
    double in = 0, out = se;

    for (int i = 0; wild_p(w, sign * out) > 0.05; i++) {
        if (i == 20)
            return HUGE_VAL;
        in = out;
        out *= 2;
    }
    while (out - in > 1e-12 * out) {
        double mid = 0.5 * (in + out);
        if (wild_p(w, sign * mid) > 0.05)
            in = mid;
        else
            out = mid;
    }
    return out;
}

/* choices^n if that is at most `most`, else 0. */
static size_t all_patterns(size_t choices, size_t n, size_t most)
{
    size_t all = 1;

    for (size_t g = 0; g < n; g++) {
        if (all > most / choices)
            return 0;
        all *= choices;
    }
    return all;
}

static void wild_run(struct wild *w, struct fewclusters *r)
{
    double lo = r->mean - wild_end(w, r->se, -1), hi = r->mean + wild_end(w, r->se, 1);
    r->p = wild_p(w, -r->mean);
    r->replicates = w->n;
    r->exact = w->exact;
    if (isinf(lo) || isinf(hi))
        r->kind = FEWCLUSTERS_UNBOUNDED;
    if (!isinf(lo) || !isinf(hi))
        r->ci = (struct interval){lo, hi, true};
}

struct fewclusters fewclusters_wild(const double *num, const double *den, size_t clusters,
    enum fewclusters_weights weights, size_t replicates, uint64_t seed)
{
    struct centred c;
    struct fewclusters r = centre(num, den, clusters, &c);

    if (r.kind == FEWCLUSTERS_OK && replicates == 0)
        r.kind = FEWCLUSTERS_LOST;
    if (r.kind == FEWCLUSTERS_OK) {
        size_t choices = weights == FEWCLUSTERS_RADEMACHER ? 2 : 6;
        size_t all = all_patterns(choices, c.n, replicates);
        struct wild w = {&c, weights, choices, NULL, all ? all : replicates, all > 0};
        double *v = xmalloc(c.n * sizeof *v);
        w.patterns = xcalloc(w.n, sizeof *w.patterns);
        if (w.exact)
            wild_enumerate(&w, v);
        else
            wild_draw(&w, seed, v);
        free(v);
        wild_run(&w, &r);
        free(w.patterns);
    }
    centred_release(&c);
    return r;
}
