/*
 * paired.h - paired differences between two arms: tests, standard errors over clusters, and the
 * difference that a design can detect.
 *
 * d_i is the value of item i in the arm minus its value in the reference, repeats averaged first
 * (series_pair makes it). Pure; what cannot be computed is said by a flag and never NaN.
 */
#ifndef METRICS_PAIRED_H
#define METRICS_PAIRED_H

#include "metrics/interval.h"

/* Sums and means nearer to 0 than this are what rounding left of 0: values are shares, or numbers
 * of order 1, and their sums over items cancel to 1e-16 or so. Choose the unit accordingly. */
#define PAIRED_ROUNDING 1e-12

/* ---- McNemar's test of items with one right-or-wrong answer in each arm -------------------- */

struct paired_mcnemar {
    size_t gains, losses; /* right in the arm alone, right in the reference alone */
    bool informative;     /* false without discordant pairs: both p are 1 by convention */
    double exact;         /* min(1, 2 P(X <= min)), X binomial(gains + losses, 1/2) */
    /* Half the weight on what is as likely as the observed: exact - P(X = min), and
     * 1 - P(X = min)/2 at gains = losses, where both tails are one outcome (Fagerland, Lydersen and
     * Laake 2013, BMC Med. Res. Methodol. 13:91). Its mean is 1/2 under no effect. */
    double midp;
};

/* Two-sided. Items must be independent: with clusters use permute.h or paired_score. O(sqrt n). */
struct paired_mcnemar paired_mcnemar(size_t gains, size_t losses);

/* Score form for clusters (Obuchowski 1998, Stat. Med. 17:1495): D^2 / sum D_g^2 with
 * D = sum D_g, against chi-square with 1 degree of freedom. totals[g] is the sum of d over cluster
 * g. False, *ret untouched, when all totals are zero. Large samples only. O(clusters). */
MUST_CHECK bool paired_score(const double *totals, size_t clusters, double *ret_p);

/* ---- mean difference with a standard error over clusters ------------------------------------- */

struct paired_mean {
    size_t items, clusters; /* clusters with at least one item */
    double mean;            /* sum_g total_g / items; 0 without items */
    bool known;             /* false with fewer than 2 clusters: nothing below means anything */
    bool varies; /* false when every cluster lies on the mean: all se are 0, p is 1 or 0 */
    /* e_g = total_g - n_g mean, n = items, G = clusters, variances over n^2:
     *   CR1  G/(G-1) sum e_g^2             (what regression programs print for a mean)
     *   CR3  sum (e_g / (1 - n_g/n))^2     (wider; close to the jackknife; for few clusters) */
    double se_cr1, se_cr3;
    double df;   /* G - 1 */
    double t, p; /* mean / se_cr1 against Student's t, two-sided; 0 and 1 at 0/0 */
    struct interval ci_cr1, ci_cr3; /* 95 %: mean -+ t quantile with df times se */
};

/* totals[g] and sizes[g]: sum of d and number of items of cluster g; clusters of size 0 are left
 * out. With G below 30 prefer fewclusters.h. The standard error of Miller 2024 on items is
 * interval_spread's. O(clusters). */
struct paired_mean paired_mean(const double *totals, const double *sizes, size_t clusters);

/* ---- power: what could have been seen ------------------------------------------------------ */

/* Variance of a mean paired difference of n items: deff (omega2 + sigma2_a/k_a + sigma2_b/k_b)/n
 * (Miller 2024, arXiv 2411.00640): omega2 the variance over items of the true difference, sigma2
 * the mean variance of one answer within an item, k repeats, deff = 1 + (m - 1) ICC(d) for clusters
 * of m items (1: independent). */
struct paired_design {
    double omega2, sigma2_a, sigma2_b;
    unsigned k_a, k_b; /* at least 1 */
    double deff;
};

/* Least true difference that a two-sided test at `alpha` finds with chance `power` (0.5 to 1):
 * (z_{1-alpha/2} + z_power) sqrt(variance). n > 0 items. In the unit of d. O(1). */
double paired_mde(const struct paired_design *d, double n, double alpha, double power);

/* Items needed to find `delta` > 0 so; the inverse of paired_mde, rounded up. False, *ret
 * untouched, when that is more than 2^53. O(1). */
MUST_CHECK bool paired_items(
    const struct paired_design *d, double delta, double alpha, double power, uint64_t *ret);

/* The same from a standard error that was measured: (t_{1-alpha/2} + t_power) se with df degrees
 * of freedom (HUGE_VAL: normal). Printed beside every result that is not significant. O(1). */
double paired_mde_se(double se, double df, double alpha, double power);

/* Right answers of one item: c of k in each arm. */
struct paired_item {
    unsigned c_a, k_a, c_b, k_b;
};

/* Estimates a design's variances from items with k >= 1 answers in each arm; k_a and k_b are the
 * harmonic means, rounded (halves up). sigma2 is the mean of k/(k-1) x (1-x) over the items with k
 * >= 2, and omega2 the variance of d less the noise, or 0 where that is negative. With k = 1 in an
 * arm its noise cannot be told from omega2: it stays in omega2, sigma2 is 0 and `separable` false;
 * then other k cannot be planned. False with fewer than 2 items. deff is set to 1. O(n). */
MUST_CHECK bool paired_estimate(
    const struct paired_item *items, size_t n, struct paired_design *ret, bool *ret_separable);

#endif
