/*
 * passk.h - the unbiased share of problems solved by at least one of k samples.
 *
 * pass@k = 1 - C(n-c, k) / C(n, k) = 1 - prod_{i=n-c+1..n} (1 - k/i) for n samples of which c are
 * right (Chen et al. 2021, arXiv 2107.03374); 1 if n - c < k. It needs n >= k samples drawn at a
 * temperature above 0, and an oracle that knows the right answer.
 */
#ifndef METRICS_PASSK_H
#define METRICS_PASSK_H

#include "harness/base/str.h"

/* False, and *ret untouched, when n < k or k < 1: fewer samples than k say nothing. O(c). */
MUST_CHECK bool passk_item(unsigned n, unsigned c, unsigned k, double *ret);

/* Reads "1,2,4" into at most `cap` ascending distinct values >= 1; what is not a number is
 * skipped. Returns how many there are. */
size_t passk_list(struct str text, unsigned *ret, size_t cap);

#endif
