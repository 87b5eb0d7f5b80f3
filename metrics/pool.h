/*
 * pool.h - what one pool of samples of an item says about methods that take k of them: majority
 * vote, best of n by a score, the first m to finish, and pass@k's own noise.
 *
 * Each value is the exact mean over all C(n, k) subsets of the n samples, all equally likely, so
 * that one stored pool serves every k without drawing (SCIENCE.md 6). Selectors see answers, scores
 * and lengths and never which answer is right; that only grades what they chose. Pure.
 */
#ifndef METRICS_POOL_H
#define METRICS_POOL_H

#include "harness/base/base.h"

enum { POOL_ABSTAINS = -1, POOL_MOST = 1000 };

struct pool_sample {
    int32_t answer; /* same number, same answer; POOL_ABSTAINS: none could be read, or failed */
    bool right;     /* equal for equal answers; false when it abstains */
    bool scored;
    double score;  /* larger is better: mean log-probability, a judge's mark, minus the length */
    double tokens; /* output tokens decoded until it finished; below 0: unknown */
};

enum pool_status {
    POOL_OK,
    POOL_FEW,      /* n < k, or k < 1, or m not in 1..k: these samples say nothing about that */
    POOL_LARGE,    /* n > POOL_MOST: binomials would leave the range of double */
    POOL_UNSCORED, /* a sample that does not abstain has no score */
    POOL_NO_TOKENS /* a sample's tokens are not known */
};
const char *pool_status_text(enum pool_status status);

/* Mean over subsets. tokens: decoded in all k samples; latency: tokens decoded one after the other
 * until the answer is there (all samples run at once, at the same speed). */
struct pool_value {
    double accuracy;
    double abstained; /* chance that nothing was chosen, as all voters abstain: counts as wrong */
    bool has_cost;    /* false when a sample's tokens are not known; then both are 0 */
    double tokens, latency; /* of the k samples: k times their mean; the longest of the k */
};

/* maj@k (self-consistency, Wang et al. 2023, arXiv 2203.11171): the most frequent answer of the k;
 * m answers that tie are chosen with chance 1/m each; abstentions do not vote. Dynamic programme
 * over answers: for each count j of a right answer, ways to take at most j of every other one, by
 * samples taken and ties. ret is untouched unless POOL_OK. O(answers k^3) at worst. */
enum pool_status pool_majority(
    const struct pool_sample *s, size_t n, size_t k, struct pool_value *ret);

/* Best of k by score: the i-th best of n (from 0) is the best of a subset with chance
 * C(n-1-i, k-1) / C(n, k); equal scores share evenly. Samples that abstain rank last, whatever
 * their score. Tokens of a judge are not in here. ret is untouched unless POOL_OK. O(n log n). */
enum pool_status pool_best(const struct pool_sample *s, size_t n, size_t k, struct pool_value *ret);

/* short-m@k (Hassid et al. 2025, arXiv 2505.17813): k samples run at once, all stop when m have
 * finished, and these m vote as above (ties of answers split evenly). Of samples that finish at the
 * same length those that count are drawn evenly. tokens: each of the k decoded up to the m-th
 * length; latency: that length. m = k is maj@k. O(n m answers m^3) at worst. */
enum pool_status pool_short(
    const struct pool_sample *s, size_t n, size_t m, size_t k, struct pool_value *ret);

/* pass^k: the chance that all k of a subset are right, C(c, k) / C(n, k). False when n < k or
 * k < 1. O(k). */
MUST_CHECK bool pool_all_right(unsigned n, unsigned c, unsigned k, double *ret);

/* Sampling variance of one item's pass@k estimate (passk.h) had another pool of n been drawn.
 * With n >= 2k: F_k^2 - F_2k, F_k = C(n-c, k) / C(n, k), which is unbiased, as F_k and F_2k are
 * unbiased for q^k and q^2k (at k = 1 it is x (1 - x) / (n - 1)); never negative. With fewer
 * samples the variance under a binomial law with c/n put in, which is 0 at c = 0 and c = n, and
 * *ret_unbiased is false. The variance of a mean over items is the sum over items / items^2;
 * between items it comes from the cluster bootstrap. False when n < k, k < 1 or c > n. O(n k). */
MUST_CHECK bool pool_pass_variance(
    unsigned n, unsigned c, unsigned k, double *ret, bool *ret_unbiased);

#endif
