/*
 * multiple.h - p-values of a family of tests, adjusted for their number.
 *
 * Pure. An adjusted p-value is compared with the level as a plain one is. `family` is how many
 * tests were declared: those that could not be made (no data, one cluster) count as p = 1, so that
 * a family does not become easier because a test is missing.
 */
#ifndef METRICS_MULTIPLE_H
#define METRICS_MULTIPLE_H

#include "harness/base/base.h"

/* Holm's step-down: adjusted p of the i-th smallest (from 1) is the maximum over j <= i of
 * min(1, (m - j + 1) p_j), m = family (Holm 1979, Scand. J. Stat. 6:65). Bounds the chance of any
 * false rejection under every dependence. n values in [0, 1], family >= n, results in the order of
 * the input; ret_adjusted may be p itself. Anything else is a BUG. O(n log n). */
void multiple_holm(const double *p, size_t n, size_t family, double *ret_adjusted);

/* Benjamini and Hochberg's step-up: the minimum over j >= i of min(1, m p_j / j) (1995, J. R.
 * Stat. Soc. B 57:289). Bounds the expected share of false ones among the rejections when the
 * tests are independent or positively dependent: for exploration. As above. O(n log n). */
void multiple_bh(const double *p, size_t n, size_t family, double *ret_adjusted);

#endif
