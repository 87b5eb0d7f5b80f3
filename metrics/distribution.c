/* distribution.c - see distribution.h. */
#include "metrics/distribution.h"

#include <float.h>
#include <math.h>

double distribution_lngamma(double x)
{
    static const double series[] = {
        1.0 / 12, -1.0 / 360, 1.0 / 1260, -1.0 / 1680, 1.0 / 1188, -691.0 / 360360, 1.0 / 156};
    double product = 1, sum = 0;

    if (!(x > 0))
        BUG("lngamma(%g)", x);
    while (x < 16)
        product *= x++;
    for (size_t i = ARRAY_LEN(series); i-- > 0;)
        sum = sum / (x * x) + series[i];
    return (x - 0.5) * log(x) - x + 0.5 * log(2 * M_PI) + sum / x - log(product);
}

/* Lentz's method keeps its terms away from zero. */
static double away(double v)
{
    return fabs(v) < 1e-300 ? 1e-300 : v;
}

/* The continued fraction of I_x(a, b); converges fast for x < (a + 1) / (a + b + 2). */
static double beta_fraction(double x, double a, double b)
{
    double c = 1, d = 1 / away(1 - (a + b) * x / (a + 1)), f = d;

    for (int i = 1; i < 1000000; i++) {
        double m = i;
        double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        d = 1 / away(1 + even * d);
        c = away(1 + even / c);
        f *= c * d;
        d = 1 / away(1 + odd * d);
        c = away(1 + odd / c);
        f *= c * d;
        if (fabs(c * d - 1) < 4 * DBL_EPSILON)
            break;
    }
    return f;
}

/* x^a (1 - x)^b / B(a, b); y = 1 - x is given apart, so that small ones keep their digits. */
static double beta_front(double x, double y, double a, double b)
{
    return exp(distribution_lngamma(a + b) - distribution_lngamma(a) - distribution_lngamma(b) +
               a * log(x) + b * log(y));
}

static double beta_xy(double x, double y, double a, double b)
{
    if (x <= 0)
        return 0;
    if (y <= 0)
        return 1;
    if (x < (a + 1) / (a + b + 2))
        return fmin(1, beta_front(x, y, a, b) * beta_fraction(x, a, b) / a);
    return fmax(0, 1 - beta_front(x, y, a, b) * beta_fraction(y, b, a) / b);
}

double distribution_beta(double x, double a, double b)
{
    if (!(x >= 0 && x <= 1 && a > 0 && b > 0))
        BUG("beta(%g, %g, %g)", x, a, b);
    return beta_xy(x, 1 - x, a, b);
}

double distribution_beta_quantile(double p, double a, double b)
{
    double lo = 0, hi = 1;

    if (!(p >= 0 && p <= 1))
        BUG("beta_quantile(%g)", p);
    if (p == 0 || p == 1)
        return p;
    for (;;) {
        /* in the middle of the exponents while they differ, then of the numbers */
        double mid = lo > 0 && hi > 4 * lo ? sqrt(lo * hi) : lo > 0 ? 0.5 * (lo + hi) : hi / 16;
        if (mid <= lo || mid >= hi)
            return hi;
        if (distribution_beta(mid, a, b) < p)
            lo = mid;
        else
            hi = mid;
    }
}

double distribution_normal(double z)
{
    return 0.5 * erfc(-z * M_SQRT1_2);
}

/* Upper tail quantile of a tail below one half, by Newton's method on the logarithm of the tail:
 * convex, so that the steps come from one side. */
static double normal_tail_quantile(double tail)
{
    double z = sqrt(fmax(0, -2 * log(2 * tail)));

    for (int i = 0; i < 100; i++) {
        double upper = distribution_normal(-z);
        double density = exp(-0.5 * z * z) / sqrt(2 * M_PI);
        double step = upper / density * log(upper / tail);
        z += step;
        if (fabs(step) <= 2 * DBL_EPSILON * fabs(z))
            break;
    }
    return z;
}

double distribution_normal_quantile(double p)
{
    if (!(p > 0 && p < 1))
        BUG("normal_quantile(%g)", p);
    if (p == 0.5)
        return 0;
    return p < 0.5 ? -normal_tail_quantile(p) : normal_tail_quantile(1 - p);
}

/* P(T > t) for t >= 0. */
static double t_upper(double t, double df)
{
    double square = t * t;

    if (isinf(df))
        return distribution_normal(-t);
    return 0.5 * beta_xy(df / (df + square), square / (df + square), 0.5 * df, 0.5);
}

double distribution_t(double t, double df)
{
    if (!(df > 0))
        BUG("t with %g degrees of freedom", df);
    return t > 0 ? 1 - t_upper(t, df) : t_upper(-t, df);
}

double distribution_t_quantile(double p, double df)
{
    if (!(p > 0 && p < 1 && df > 0))
        BUG("t_quantile(%g, %g)", p, df);
    if (p == 0.5)
        return 0;
    if (isinf(df))
        return distribution_normal_quantile(p);
    double tail = p < 0.5 ? p : 1 - p, lo = 0, hi = 1;
    while (t_upper(hi, df) > tail)
        hi *= 2;
    for (;;) {
        double mid = 0.5 * (lo + hi);
        if (mid <= lo || mid >= hi)
            break;
        if (t_upper(mid, df) > tail)
            lo = mid;
        else
            hi = mid;
    }
    return p < 0.5 ? -hi : hi;
}

double distribution_chi2_upper(double x)
{
    if (!(x >= 0))
        BUG("chi2_upper(%g)", x);
    return erfc(sqrt(0.5 * x));
}

static void check_share(double p)
{
    if (!(p >= 0 && p <= 1))
        BUG("a binomial law with p = %g", p);
}

double distribution_binomial(uint64_t k, uint64_t n, double p)
{
    check_share(p);
    if (k > n)
        return 0;
    if (p == 0 || p == 1)
        return k == (p == 0 ? 0 : n);
    double a = (double)k, b = (double)(n - k);
    return exp(distribution_lngamma(a + b + 1) - distribution_lngamma(a + 1) -
               distribution_lngamma(b + 1) + a * log(p) + b * log1p(-p));
}

double distribution_binomial_lower(uint64_t k, uint64_t n, double p)
{
    check_share(p);
    return k >= n ? 1 : beta_xy(1 - p, p, (double)(n - k), (double)k + 1);
}

double distribution_binomial_upper(uint64_t k, uint64_t n, double p)
{
    check_share(p);
    if (k == 0)
        return 1;
    return k > n ? 0 : beta_xy(p, 1 - p, (double)k, (double)(n - k) + 1);
}
