/* permute.c - see permute.h. */
#include "metrics/permute.h"

#include "harness/base/buf.h"
#include "harness/base/rng.h"
#include "metrics/interval.h"
#include "metrics/paired.h"

#include <math.h>
#include <stdlib.h>

static const double tie = 1e-9; /* in units of T, which is at most sqrt(G) */

/* The family without clusters that never move, as what the patterns need. */
struct flips {
    size_t settings, moving;
    double *unit;    /* [g * settings + j]: D_gj / sqrt(sum D_gj^2) */
    double *gain;    /* [j]: mean gain of setting j is gain * T_j; 0 if it has no items */
    bool *counts;    /* [j]: has items, so its gain takes part in the maximum */
    double *seen;    /* [j]: T_j without flips, or |T_j| */
    size_t *order;   /* settings by seen, largest first */
    size_t *alone;   /* [j]: patterns with T*_j >= T_j */
    size_t *stepped; /* [rank]: patterns whose maximum over this rank and below is >= T */
    double *sum;     /* [j]: T*_j of the pattern at hand */
    double *maxima;  /* [pattern]: largest mean gain */
    size_t patterns;
    enum permute_side side;
};

/* A total, or 0 for what rounding left of 0. */
static double total(const struct permute_family *f, size_t j, size_t g)
{
    double d = f->totals[j * f->clusters + g];

    return fabs(d) <= PAIRED_ROUNDING ? 0 : d;
}

static bool moves(const struct permute_family *f, size_t g)
{
    for (size_t j = 0; j < f->settings; j++)
        if (total(f, j, g) != 0)
            return true;
    return false;
}

static double root_of_squares(const struct permute_family *f, size_t j)
{
    double squares = 0;

    for (size_t g = 0; g < f->clusters; g++) {
        double d = total(f, j, g);
        squares += d * d;
    }
    return sqrt(squares);
}

/* Units of all moving clusters; T and gains of the unflipped pattern are left to a first count. */
static void flips_init(struct flips *p, const struct permute_family *f)
{
    size_t n = f->settings;

    p->settings = n;
    p->unit = xcalloc(f->clusters * n + 1, sizeof *p->unit);
    p->gain = xcalloc(n, sizeof *p->gain);
    p->counts = xcalloc(n, sizeof *p->counts);
    p->seen = xcalloc(n, sizeof *p->seen);
    p->order = xcalloc(n, sizeof *p->order);
    p->alone = xcalloc(n, sizeof *p->alone);
    p->stepped = xcalloc(n, sizeof *p->stepped);
    p->sum = xcalloc(n, sizeof *p->sum);
    for (size_t j = 0; j < n; j++) {
        double root = root_of_squares(f, j);
        p->counts[j] = f->items[j] > 0;
        p->gain[j] = p->counts[j] ? root / f->items[j] : 0;
        p->seen[j] = root; /* until the units are made */
    }
    for (size_t g = 0; g < f->clusters; g++) {
        if (!moves(f, g))
            continue;
        double *unit = p->unit + p->moving++ * n;
        for (size_t j = 0; j < n; j++)
            unit[j] = p->seen[j] > 0 ? total(f, j, g) / p->seen[j] : 0;
    }
}

static void flips_release(struct flips *p)
{
    free(p->unit);
    free(p->gain);
    free(p->counts);
    free(p->seen);
    free(p->order);
    free(p->alone);
    free(p->stepped);
    free(p->sum);
    free(p->maxima);
}

/* Largest mean gain under the pattern in p->sum; 0 if no setting counts. */
static double largest_gain(const struct flips *p)
{
    double most = 0;
    bool any = false;

    for (size_t j = 0; j < p->settings; j++) {
        double gain = p->gain[j] * p->sum[j];
        if (p->counts[j] && (!any || gain > most)) {
            most = gain;
            any = true;
        }
    }
    return most;
}

static double sided(const struct flips *p, double t)
{
    return p->side == PERMUTE_TWO_SIDED ? fabs(t) : t;
}

/* The unflipped pattern: what is seen, and its order. */
static double flips_observe(struct flips *p)
{
    for (size_t j = 0; j < p->settings; j++) {
        p->sum[j] = 0;
        for (size_t g = 0; g < p->moving; g++)
            p->sum[j] += p->unit[g * p->settings + j];
        p->seen[j] = sided(p, p->sum[j]);
    }
    for (size_t j = 0; j < p->settings; j++) { /* insertion: few settings, stable */
        size_t at = j;
        for (; at > 0 && p->seen[p->order[at - 1]] < p->seen[j]; at--)
            p->order[at] = p->order[at - 1];
        p->order[at] = j;
    }
    return largest_gain(p);
}

/* Takes the pattern in p->sum into the counts. */
static void flips_count(struct flips *p)
{
    double most = -HUGE_VAL;

    for (size_t rank = p->settings; rank-- > 0;) {
        size_t j = p->order[rank];
        double t = sided(p, p->sum[j]), bar = p->seen[j] - tie;
        most = fmax(most, t);
        p->alone[j] += t >= bar;
        p->stepped[rank] += most >= bar;
    }
    p->maxima[p->patterns++] = largest_gain(p);
}

/* Sums over `n` clusters from `from` on, under every pattern of their signs. */
static double *half_table(const struct flips *p, size_t from, size_t n)
{
    double *table = xcalloc(p->settings << n, sizeof *table);

    for (size_t pattern = 0; pattern < (size_t)1 << n; pattern++)
        for (size_t g = 0; g < n; g++)
            for (size_t j = 0; j < p->settings; j++) {
                double u = p->unit[(from + g) * p->settings + j];
                table[pattern * p->settings + j] += pattern >> g & 1 ? -u : u;
            }
    return table;
}

/* All patterns as sums of two halves: two roundings a sum, however many patterns there are. */
static void enumerate(struct flips *p)
{
    size_t low = p->moving / 2, high = p->moving - low, n = p->settings;
    double *a = half_table(p, 0, low), *b = half_table(p, low, high);

    for (size_t i = 0; i < (size_t)1 << low; i++)
        for (size_t k = 0; k < (size_t)1 << high; k++) {
            for (size_t j = 0; j < n; j++)
                p->sum[j] = a[i * n + j] + b[k * n + j];
            flips_count(p);
        }
    free(a);
    free(b);
}

/* Signs of draw b: bit g % 64 of the stream's word g / 64; 1 flips. */
static void draw_one(struct flips *p, uint64_t seed, size_t b)
{
    struct buf label = BUF_INIT;

    buf_printf(&label, "signs %zu", b);
    struct rng rng = rng_labelled(seed, buf_str(&label));
    buf_release(&label);
    for (size_t j = 0; j < p->settings; j++)
        p->sum[j] = 0;
    uint64_t word = 0;
    for (size_t g = 0; g < p->moving; g++) {
        if (g % 64 == 0)
            word = rng_u64(&rng);
        double sign = word >> g % 64 & 1 ? -1 : 1;
        for (size_t j = 0; j < p->settings; j++)
            p->sum[j] += sign * p->unit[g * p->settings + j];
    }
    flips_count(p);
}

static void p_values(
    const struct flips *p, const struct permute_family *f, bool exact, struct permute_setting *ret)
{
    double add = exact ? 0 : 1, of = (double)p->patterns + add, most = 0;

    for (size_t rank = 0; rank < p->settings; rank++) {
        size_t j = p->order[rank];
        most = fmax(most, ((double)p->stepped[rank] + add) / of);
        ret[j].informative = root_of_squares(f, j) > 0;
        ret[j].p = ret[j].informative ? ((double)p->alone[j] + add) / of : 1;
        ret[j].adjusted = ret[j].informative ? most : 1;
    }
}

static void null_maximum(struct flips *p, struct permute_result *ret)
{
    double sum = 0;

    for (size_t i = 0; i < p->patterns; i++)
        sum += p->maxima[i];
    ret->null_mean = sum / (double)p->patterns;
    ret->null_p95 = interval_quantile_of(p->maxima, p->patterns, 0.95);
}

void permute_max_t(const struct permute_family *f, const struct permute_options *o,
    struct permute_setting *ret_settings, struct permute_result *ret)
{
    struct flips p = {.side = o->side};
    struct permute_result r = {0};

    if (o->draws == 0)
        BUG("no patterns are to be drawn");
    flips_init(&p, f);
    r.moving = p.moving;
    r.exact = p.moving <= PERMUTE_ENUMERATED;
    r.patterns = r.exact ? (size_t)1 << p.moving : o->draws;
    r.max_gain = flips_observe(&p);
    p.maxima = xmalloc(r.patterns * sizeof *p.maxima);
    if (r.exact)
        enumerate(&p);
    for (size_t b = 0; !r.exact && b < o->draws; b++)
        draw_one(&p, o->seed, b);
    p_values(&p, f, r.exact, ret_settings);
    null_maximum(&p, &r);
    for (size_t j = 0; j < p.settings; j++)
        r.has_gain |= p.counts[j];
    double twice = o->side == PERMUTE_TWO_SIDED ? 2 : 1;
    r.least = r.exact ? fmin(1, twice / (double)r.patterns) : 1 / (1 + (double)o->draws);
    flips_release(&p);
    *ret = r;
}

struct permute_result permute_sign_flip(const double *totals, size_t clusters,
    const struct permute_options *o, struct permute_setting *ret)
{
    double one = 1;
    struct permute_family f = {totals, &one, 1, clusters};
    struct permute_result r;

    permute_max_t(&f, o, ret, &r);
    return r;
}
