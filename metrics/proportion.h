/*
 * proportion.h - exact statements about a share of independent trials: measured coverage, false
 * alarms.
 *
 * For items in clusters use the cluster bootstrap or interval_wilson with effective n instead.
 */
#ifndef METRICS_PROPORTION_H
#define METRICS_PROPORTION_H

#include "metrics/interval.h"

/* Clopper and Pearson's interval (1934, Biometrika 26:404) of s <= n successes at `level`, say
 * 0.99: Beta quantiles (1-level)/2 of (s, n-s+1) and (1+level)/2 of (s+1, n-s); 0 below s = 0 and
 * 1 above s = n. Never covers less than its level. n = 0: unknown. O(sqrt n) per bisection step. */
struct interval proportion_exact(uint64_t s, uint64_t n, double level);

/* One-sided exact test that the chance of a success is at most p0: P(X >= s), X binomial(n, p0).
 * n = 0 or s = 0 gives 1. O(sqrt n). */
double proportion_above(uint64_t s, uint64_t n, double p0);

#endif
