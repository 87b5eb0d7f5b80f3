/* gain.c - accuracy gained at equal tokens, its maximum and where it turns; see gain.h. */
#include "metrics/gain.h"

#include <math.h>
#include <stdlib.h>

/* Tokens that both curves cover; false if there are none. */
static bool shared_tokens(const struct ratio_curves *c, double *ret_lo, double *ret_hi)
{
    if (c->nref == 0 || c->narm == 0)
        return false;
    double lo = fmax(c->ref[0].t, c->arm[0].t);
    double hi = fmin(c->ref[c->nref - 1].t, c->arm[c->narm - 1].t);
    if (lo > hi)
        return false;
    *ret_lo = lo;
    *ret_hi = hi;
    return true;
}

static void look_at(const struct ratio_curves *c, double t, struct gain_max *best)
{
    double f0, f1;

    if (!curve_accuracy_at(c->ref, c->nref, t, &f0) || !curve_accuracy_at(c->arm, c->narm, t, &f1))
        return;
    if (!best->known || f1 - f0 > best->points) {
        best->points = f1 - f0;
        best->tokens = t;
    }
    if (f0 > 0 && (!best->has_relative || (f1 - f0) / f0 > best->relative)) {
        best->relative = (f1 - f0) / f0;
        best->has_relative = true;
    }
    best->known = true;
}

struct gain_max gain_max_curves(const struct ratio_curves *c)
{
    struct gain_max best = {0};

    if (!shared_tokens(c, &best.from, &best.to))
        return best;
    for (size_t i = 0; i < c->nref; i++)
        look_at(c, c->ref[i].t, &best);
    for (size_t i = 0; i < c->narm; i++)
        look_at(c, c->arm[i].t, &best);
    return best;
}

/* Knots of both curves inside [lo, hi], ascending; room for nref + narm. */
static size_t knots(const struct ratio_curves *c, double lo, double hi, double *ret)
{
    size_t n = 0;

    for (size_t i = 0, j = 0; i < c->nref || j < c->narm;) {
        bool ref = j == c->narm || (i < c->nref && c->ref[i].t <= c->arm[j].t);
        double t = ref ? c->ref[i++].t : c->arm[j++].t;
        if (t >= lo && t <= hi && (n == 0 || ret[n - 1] < t))
            ret[n++] = t;
    }
    return n;
}

/* A difference in the last bits of two sums is none. */
static double difference(const struct ratio_curves *c, double t)
{
    double f0 = 0, f1 = 0;

    if (!curve_accuracy_at(c->ref, c->nref, t, &f0) || !curve_accuracy_at(c->arm, c->narm, t, &f1))
        BUG("a knot lies outside the shared range");
    return fabs(f1 - f0) < 1e-12 ? 0 : f1 - f0;
}

struct gain_reversal gain_reversal_curves(const struct ratio_curves *c)
{
    struct gain_reversal g = {.kind = GAIN_NO_RANGE};
    double lo, hi, later;

    if (!shared_tokens(c, &lo, &hi))
        return g;
    double *t = xmalloc((c->nref + c->narm) * sizeof *t);
    size_t n = knots(c, lo, hi, t);
    later = difference(c, t[n - 1]);
    g.kind = later > 0 ? GAIN_NO_REVERSAL : GAIN_EVERYWHERE;
    g.tokens = t[0];
    for (size_t i = n - 1; g.kind == GAIN_EVERYWHERE && i > 0; i--) {
        double d = difference(c, t[i - 1]);
        if (d > 0) { /* the sign turns between two knots: linear in log T */
            double part = d / (d - later);
            g.kind = GAIN_REVERSAL;
            g.tokens = exp(log(t[i - 1]) + part * (log(t[i]) - log(t[i - 1])));
        }
        later = d;
    }
    free(t);
    return g;
}

const char *gain_reversal_text(const struct gain_reversal *g)
{
    static const char *const texts[] = {
        [GAIN_NO_RANGE] = "no shared range of tokens",
        [GAIN_NO_REVERSAL] = "none within the shared range",
        [GAIN_REVERSAL] = "reversal",
        [GAIN_EVERYWHERE] = "reference at least as good throughout",
    };

    return texts[g->kind];
}

/* Curves of both sides at one replicate. */
struct sides {
    struct ratio_curves c;
    struct ratio_side ref, arm;
};

static struct sides sides_new(struct ratio_side ref, struct ratio_side arm)
{
    return (struct sides){{xcalloc(ref.n, sizeof(struct curve_point)),
                              xcalloc(arm.n, sizeof(struct curve_point)), 0, 0},
        ref, arm};
}

static void sides_free(struct sides *s)
{
    free(s->c.ref);
    free(s->c.arm);
}

static void sides_read(const struct resample *r, size_t b, struct sides *s)
{
    s->c.nref = curve_isotonic(s->c.ref, ratio_read(r, s->ref, b, s->c.ref));
    s->c.narm = curve_isotonic(s->c.arm, ratio_read(r, s->arm, b, s->c.arm));
}

struct gain_max gain_max(const struct resample *r, struct ratio_side ref, struct ratio_side arm)
{
    struct sides s = sides_new(ref, arm);

    sides_read(r, RATIO_POINT, &s);
    struct gain_max g = gain_max_curves(&s.c);
    if (g.known && r->clusters >= 2) {
        double *points = xmalloc(r->replicates * sizeof *points);
        double *relative = xmalloc(r->replicates * sizeof *relative);
        for (size_t b = 0; b < r->replicates; b++) {
            sides_read(r, b, &s);
            struct gain_max m = gain_max_curves(&s.c);
            points[b] = m.known ? m.points : NAN;
            relative[b] = m.has_relative ? m.relative : NAN;
        }
        g.ci = interval_percentile(points, r->replicates, NULL);
        if (g.has_relative)
            g.relative_ci = interval_percentile(relative, r->replicates, NULL);
        free(points);
        free(relative);
    }
    sides_free(&s);
    return g;
}

struct gain_at gain_at(const struct resample *r, struct ratio_side arm, struct ratio_point at)
{
    struct gain_at g = {0};
    struct sides s = sides_new((struct ratio_side){&at, 1}, arm);
    double *values = xmalloc(r->replicates * sizeof *values), f;

    for (size_t b = 0; b < r->replicates; b++) {
        sides_read(r, b, &s);
        bool inside = s.c.nref && curve_accuracy_at(s.c.arm, s.c.narm, s.c.ref[0].t, &f);
        values[b] = inside ? f - s.c.ref[0].a : NAN;
    }
    sides_read(r, RATIO_POINT, &s);
    if (s.c.nref && curve_accuracy_at(s.c.arm, s.c.narm, s.c.ref[0].t, &f)) {
        g = (struct gain_at){.known = true, .accuracy = f, .points = f - s.c.ref[0].a};
        if (r->clusters >= 2)
            g.ci = interval_percentile(values, r->replicates, NULL);
    }
    free(values);
    sides_free(&s);
    return g;
}

struct gain_reversal gain_reversal(
    const struct resample *r, struct ratio_side ref, struct ratio_side arm)
{
    struct sides s = sides_new(ref, arm);
    double *values = xmalloc(r->replicates * sizeof *values);
    size_t with = 0, shared = 0;

    sides_read(r, RATIO_POINT, &s);
    struct gain_reversal g = gain_reversal_curves(&s.c);
    for (size_t b = 0; b < r->replicates; b++) {
        sides_read(r, b, &s);
        struct gain_reversal one = gain_reversal_curves(&s.c);
        bool turned = one.kind == GAIN_REVERSAL || one.kind == GAIN_EVERYWHERE;
        values[b] = one.kind == GAIN_NO_RANGE ? NAN : turned ? one.tokens : HUGE_VAL;
        with += turned;
        shared += one.kind != GAIN_NO_RANGE;
    }
    g.share = shared ? (double)with / (double)shared : 0;
    if (r->clusters >= 2 && g.kind == GAIN_REVERSAL)
        g.ci = interval_percentile(values, r->replicates, NULL);
    free(values);
    sides_free(&s);
    return g;
}

static double deviation(const double *values, size_t n)
{
    double mean = 0, squares = 0;
    size_t kept = 0;

    for (size_t i = 0; i < n; i++) {
        if (isnan(values[i]))
            continue;
        kept++;
        double d = values[i] - mean; /* Welford: one pass, no cancellation */
        mean += d / (double)kept;
        squares += d * (values[i] - mean);
    }
    return kept > 1 ? sqrt(squares / (double)(kept - 1)) : 0;
}

bool gain_simultaneous(const struct resample *r, const size_t *ids, size_t n, double *ret_lower)
{
    if (r->clusters < 2 || r->replicates == 0)
        return false;
    double *se = xcalloc(n, sizeof *se), *most = xcalloc(r->replicates, sizeof *most);
    for (size_t j = 0; j < n; j++) {
        const double *v = resample_values(r, ids[j]);
        double point = 0;
        se[j] = resample_point(r, ids[j], &point) ? deviation(v, r->replicates) : 0;
        for (size_t b = 0; se[j] > 1e-12 && b < r->replicates; b++)
            if (!isnan(v[b]))
                most[b] = fmax(most[b], fabs(v[b] - point) / se[j]);
    }
    double c = interval_quantile_of(most, r->replicates, 0.95);
    for (size_t j = 0; j < n; j++) {
        double point = 0;
        ret_lower[j] = resample_point(r, ids[j], &point) ? point - c * se[j] : 0;
    }
    free(se);
    free(most);
    return true;
}

struct interval gain_relative_interval(const struct resample *r, size_t a, size_t b)
{
    const double *num = resample_values(r, a), *den = resample_values(r, b);
    double *values = xmalloc(r->replicates * sizeof *values);
    struct interval ci = INTERVAL_UNKNOWN;

    for (size_t i = 0; i < r->replicates; i++)
        values[i] = den[i] > 0 ? num[i] / den[i] : NAN;
    if (r->clusters >= 2)
        ci = interval_percentile(values, r->replicates, NULL);
    free(values);
    return ci;
}
