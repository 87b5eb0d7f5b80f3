/*
 * frontier_ratio.h - how many times cheaper an arm is than a reference at equal accuracy.
 *
 * R(a) = T_ref(a) / T_arm(a); log R is what is computed, averaged and compared. The mean over the
 * accuracies that both curves have is Bjontegaard's delta (piecewise instead of his cubic, which
 * overshoots; arXiv 2202.12565, 2401.04039):
 *     log_ratio = 1/(hi-lo) * integral over [lo, hi] of log T_ref(a) - log T_arm(a)
 *     saving    = exp(log_ratio)        BD = exp(-log_ratio) - 1, below 0 if the arm is cheaper
 * The integral is exact for each form, not a sum over levels; ratio.h, the published estimate,
 * takes 50 midpoints of the isotonic form.
 *
 * Outside a curve its end is put in and the answer becomes a bound, never an estimate:
 *   above the reference, or below the arm   at least exp(log_ratio)
 *   above the arm, or below the reference   at most exp(log_ratio)
 *   both                                    not identified
 * (Below the arm's first accuracy its first cost is enough but may be more than needed, so R is at
 * least what the first cost says.) Source: SCIENCE 4 steps 3-8, and 5.
 */
#ifndef METRICS_FRONTIER_RATIO_H
#define METRICS_FRONTIER_RATIO_H

#include "metrics/frontier.h"
#include "metrics/ratio.h"

struct frontier_ratio {
    enum ratio_status status; /* RATIO_IDENTIFIED, _LOWER_BOUND, _UPPER_BOUND or _NOT_IDENTIFIED */
    enum frontier_reason reason;
    double log_ratio; /* natural logarithm; 0 if not identified */
    double from, to;  /* accuracies it is about; equal for a single one */
    bool ref_under, ref_over, arm_under, arm_over; /* part of [from, to] lies outside this curve */
};

/* R at one accuracy. O(n). */
struct frontier_ratio frontier_ratio_at(
    const struct frontier *ref, const struct frontier *arm, double a);

/* Mean log R over a given range of accuracies, lo <= hi. O(n). */
struct frontier_ratio frontier_ratio_range(
    const struct frontier *ref, const struct frontier *arm, double lo, double hi);

/* Mean log R over the common range; if the curves share no accuracy, the bound at the higher of the
 * two first accuracies: R >= last T_ref / first T_arm if the arm starts above the reference's best.
 * O(n). */
struct frontier_ratio frontier_ratio_mean(const struct frontier *ref, const struct frontier *arm);

/* The accuracies that both curves have; within 1e-12 of each other they are one. False if there is
 * none. O(1). */
MUST_CHECK bool frontier_common(
    const struct frontier *ref, const struct frontier *arm, double *ret_lo, double *ret_hi);

double frontier_bd(double log_ratio); /* BD as a share: -0.8 = a fifth of the cost */

#endif
