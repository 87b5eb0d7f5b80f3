/* proportion.c - see proportion.h. */
#include "metrics/proportion.h"

#include "metrics/distribution.h"

struct interval proportion_exact(uint64_t s, uint64_t n, double level)
{
    double successes = (double)s, failures = (double)(n - s);

    if (s > n || !(level > 0 && level < 1))
        BUG("%llu of %llu at %g", (unsigned long long)s, (unsigned long long)n, level);
    if (n == 0)
        return INTERVAL_UNKNOWN;
    struct interval ci = {0, 1, true};
    if (s > 0)
        ci.lo = distribution_beta_quantile((1 - level) / 2, successes, failures + 1);
    if (s < n)
        ci.hi = distribution_beta_quantile((1 + level) / 2, successes + 1, failures);
    return ci;
}

double proportion_above(uint64_t s, uint64_t n, double p0)
{
    if (s > n)
        BUG("%llu of %llu", (unsigned long long)s, (unsigned long long)n);
    return distribution_binomial_upper(s, n, p0);
}
