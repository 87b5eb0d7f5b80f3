/*
 * distribution.h - tails and quantiles of the laws that tests refer to.
 *
 * Pure, the same on every machine and from every thread (no global state, as lgamma has). Relative
 * error below 1e-9 where the value is above 1e-300 and parameters are below 1e5; smaller values end
 * in 0, never in NaN. Arguments outside a law's range are a BUG.
 */
#ifndef METRICS_DISTRIBUTION_H
#define METRICS_DISTRIBUTION_H

#include "harness/base/base.h"

/* ln Gamma(x), x > 0: recurrence up to 16, then Stirling's series (Abramowitz and Stegun 6.1.41).
 * O(1). */
double distribution_lngamma(double x);

/* Regularised incomplete beta function I_x(a, b), a, b > 0, x in [0, 1]: the chance that a
 * Beta(a, b) is at most x. Continued fraction (A&S 26.5.8) by Lentz's method. O(sqrt(max(a, b))).
 */
double distribution_beta(double x, double a, double b);
/* x with I_x(a, b) = p, p in [0, 1]. Bisection. */
double distribution_beta_quantile(double p, double a, double b);

double distribution_normal(double z);          /* P(Z <= z) */
double distribution_normal_quantile(double p); /* 0 < p < 1 */

/* Student's t with df > 0 degrees of freedom; df = HUGE_VAL is the normal law. */
double distribution_t(double t, double df);          /* P(T <= t) */
double distribution_t_quantile(double p, double df); /* 0 < p < 1 */

double distribution_chi2_upper(double x); /* P(X > x), one degree of freedom, x >= 0 */

/* Binomial law of n trials with success p in [0, 1]. P(X = k), P(X <= k), P(X >= k); k outside
 * 0..n has chance 0. */
double distribution_binomial(uint64_t k, uint64_t n, double p);
double distribution_binomial_lower(uint64_t k, uint64_t n, double p);
double distribution_binomial_upper(uint64_t k, uint64_t n, double p);

#endif
