/* paired.c - see paired.h. */
#include "metrics/paired.h"

#include "metrics/distribution.h"

#include <math.h>

struct paired_mcnemar paired_mcnemar(size_t gains, size_t losses)
{
    struct paired_mcnemar r = {gains, losses, gains + losses > 0, 1, 1};
    size_t n = gains + losses, least = gains < losses ? gains : losses;

    if (n == 0)
        return r;
    double at = distribution_binomial(least, n, 0.5);
    if (gains == losses) {
        r.midp = 1 - 0.5 * at;
        return r;
    }
    double tail = distribution_binomial_lower(least, n, 0.5);
    r.exact = fmin(1, 2 * tail);
    /* the tail without its last outcome is summed, not subtracted: it may be far smaller */
    r.midp = at + (least ? 2 * distribution_binomial_lower(least - 1, n, 0.5) : 0);
    return r;
}

bool paired_score(const double *totals, size_t clusters, double *ret_p)
{
    double sum = 0, squares = 0;

    for (size_t g = 0; g < clusters; g++) {
        if (fabs(totals[g]) <= PAIRED_ROUNDING)
            continue;
        sum += totals[g];
        squares += totals[g] * totals[g];
    }
    if (!(squares > 0))
        return false;
    *ret_p = distribution_chi2_upper(sum * sum / squares);
    return true;
}

/* Two-sided p of a mean whose standard error may be 0. */
static void student(struct paired_mean *m)
{
    if (m->varies) {
        m->t = m->mean / m->se_cr1;
        m->p = 2 * distribution_t(-fabs(m->t), m->df);
    } else {
        m->t = m->mean == 0 ? 0 : copysign(HUGE_VAL, m->mean);
        m->p = m->mean == 0 ? 1 : 0;
    }
    double quantile = distribution_t_quantile(0.975, m->df);
    m->ci_cr1 =
        (struct interval){m->mean - quantile * m->se_cr1, m->mean + quantile * m->se_cr1, true};
    m->ci_cr3 =
        (struct interval){m->mean - quantile * m->se_cr3, m->mean + quantile * m->se_cr3, true};
}

struct paired_mean paired_mean(const double *totals, const double *sizes, size_t clusters)
{
    struct paired_mean m = {.p = 1, .ci_cr1 = INTERVAL_UNKNOWN, .ci_cr3 = INTERVAL_UNKNOWN};
    double n = 0, sum = 0, scale = 0, cr1 = 0, cr3 = 0;

    for (size_t g = 0; g < clusters; g++) {
        if (!(sizes[g] > 0))
            continue;
        m.clusters++;
        n += sizes[g];
        sum += totals[g];
        scale += totals[g] * totals[g] + sizes[g] * sizes[g];
    }
    m.items = (size_t)n;
    m.mean = n > 0 && fabs(sum / n) > PAIRED_ROUNDING ? sum / n : 0;
    m.known = m.clusters >= 2;
    if (!m.known)
        return m;
    for (size_t g = 0; g < clusters; g++) {
        if (!(sizes[g] > 0))
            continue;
        double e = totals[g] - sizes[g] * m.mean, spread = e / (1 - sizes[g] / n);
        cr1 += e * e;
        cr3 += spread * spread;
    }
    m.df = (double)(m.clusters - 1);
    m.varies = cr1 > PAIRED_ROUNDING * PAIRED_ROUNDING * scale;
    if (m.varies) {
        m.se_cr1 = sqrt(cr1 * (double)m.clusters / m.df) / n;
        m.se_cr3 = sqrt(cr3) / n;
    }
    student(&m);
    return m;
}

static double item_variance(const struct paired_design *d)
{
    if (d->k_a == 0 || d->k_b == 0 || !(d->deff > 0))
        BUG("a design with %u and %u repeats, deff %g", d->k_a, d->k_b, d->deff);
    return d->deff * (d->omega2 + d->sigma2_a / d->k_a + d->sigma2_b / d->k_b);
}

double paired_mde_se(double se, double df, double alpha, double power)
{
    if (!(alpha > 0 && alpha < 1 && power >= 0.5 && power < 1))
        BUG("power %g at level %g", power, alpha);
    return se * (distribution_t_quantile(1 - alpha / 2, df) + distribution_t_quantile(power, df));
}

double paired_mde(const struct paired_design *d, double n, double alpha, double power)
{
    if (!(n > 0))
        BUG("%g items", n);
    return paired_mde_se(sqrt(item_variance(d) / n), HUGE_VAL, alpha, power);
}

bool paired_items(
    const struct paired_design *d, double delta, double alpha, double power, uint64_t *ret)
{
    if (!(delta > 0))
        BUG("a difference of %g", delta);
    double root = paired_mde(d, 1, alpha, power) / delta, n = ceil(root * root);
    if (!(n <= 0x1p53))
        return false;
    *ret = n < 1 ? 1 : (uint64_t)n;
    return true;
}

/* Noise of one arm, gathered over items. */
struct noise {
    double sum, inverse_k; /* of k/(k-1) x (1-x); of 1/k */
    size_t repeated;       /* items with k >= 2 */
};

static double noise_add(struct noise *n, unsigned c, unsigned k)
{
    if (k == 0 || c > k)
        BUG("%u right of %u", c, k);
    double x = (double)c / k;
    n->inverse_k += 1.0 / k;
    if (k >= 2) {
        n->repeated++;
        n->sum += x * (1 - x) * k / (k - 1);
    }
    return x;
}

/* Mean variance of one answer, and what it adds to the mean variance of d; false for k = 1. */
static bool noise_end(const struct noise *n, size_t items, double *ret_sigma2, unsigned *ret_k)
{
    /* halves up, whatever the order of the sum did to the last bits */
    *ret_k = (unsigned)floor((double)items / n->inverse_k + 0.5 + 1e-9);
    *ret_sigma2 = n->repeated ? n->sum / (double)n->repeated : 0;
    return n->repeated > 0 && *ret_k >= 2;
}

bool paired_estimate(
    const struct paired_item *items, size_t n, struct paired_design *ret, bool *ret_separable)
{
    struct noise a = {0}, b = {0};
    double mean = 0, squares = 0, noise = 0;

    if (n < 2)
        return false;
    for (size_t i = 0; i < n; i++) {
        double d =
            noise_add(&a, items[i].c_a, items[i].k_a) - noise_add(&b, items[i].c_b, items[i].k_b);
        double off = d - mean;
        mean += off / (double)(i + 1); /* Welford */
        squares += off * (d - mean);
    }
    struct paired_design d = {.deff = 1};
    *ret_separable = true;
    if (noise_end(&a, n, &d.sigma2_a, &d.k_a))
        noise += d.sigma2_a * a.inverse_k / (double)n;
    else
        *ret_separable = false, d.sigma2_a = 0;
    if (noise_end(&b, n, &d.sigma2_b, &d.k_b))
        noise += d.sigma2_b * b.inverse_k / (double)n;
    else
        *ret_separable = false, d.sigma2_b = 0;
    d.omega2 = fmax(0, squares / (double)(n - 1) - noise);
    *ret = d;
    return true;
}
