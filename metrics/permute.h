/*
 * permute.h - sign-flip permutation tests over clusters, for one difference and for the largest of
 * many.
 *
 * Under no effect the labels of the two compared things (arms, sleep settings) may be swapped in a
 * whole cluster: the sign of all its differences flips at once, so clusters, and what settings
 * share, stay together. Statistic of setting j under signs s: T_j = sum_g s_g D_gj / sqrt(sum_g
 * D_gj^2), the score form, whose denominator no flip changes. With at most PERMUTE_ENUMERATED
 * clusters that move (some D_gj is not 0) all 2^G patterns are counted and p is their exact share;
 * beyond that `draws` patterns are drawn and p = (1 + those as large) / (1 + draws). Draw b has a
 * random stream of its own, made from (seed, b): any order or number of threads gives the same.
 * Two statistics closer than 1e-9 are a tie, and a tie counts as large; a total within
 * PAIRED_ROUNDING (paired.h) of 0 is 0.
 *
 * Sources: Westfall and Young 1993, Resampling-Based Multiple Testing, 2.8 (step-down max-T, valid
 * as the flips are exact under every intersection of null hypotheses); Phipson and Smyth 2010
 * (the 1 + of drawn patterns). Needs d to be symmetric about 0 under no effect, as swapped labels
 * make it.
 */
#ifndef METRICS_PERMUTE_H
#define METRICS_PERMUTE_H

#include "harness/base/base.h"

enum { PERMUTE_ENUMERATED = 20 };

enum permute_side {
    PERMUTE_TWO_SIDED,
    PERMUTE_GREATER /* only gains count: for claims that something is better */
};

struct permute_options {
    enum permute_side side;
    size_t draws;  /* at least 1; 9,999 makes p a multiple of 1e-4 */
    uint64_t seed; /* of the drawn patterns */
};

/* J settings over the same G clusters: totals[j * G + g] is the sum of the paired differences of
 * the items of cluster g in setting j, 0 where it has none; items[j] the number of items behind
 * setting j, which only scales gains. */
struct permute_family {
    const double *totals, *items;
    size_t settings, clusters;
};

struct permute_setting {
    bool informative; /* false: all its totals are 0, and both p are 1 by convention */
    double p;         /* of this setting alone */
    double adjusted;  /* step-down max-T: holds for all settings at once */
};

struct permute_result {
    bool exact;      /* all patterns were counted */
    size_t moving;   /* clusters with any total that is not 0 */
    size_t patterns; /* counted or drawn */
    double least;    /* the smallest p that this test can give: 2^(1-G) or 2^-G, or 1/(1+draws) */
    /* Largest mean gain max_j sum_g D_gj / items_j over settings with items, and what it is when
     * the labels mean nothing: mean and 95 % quantile (type 7) over the patterns. has_gain is false
     * when no setting has items. */
    bool has_gain;
    double max_gain, null_mean, null_p95;
};

/* ret_settings has one place a setting. Without a moving cluster every p is 1. O(patterns x
 * settings), plus O(draws x clusters x settings) when drawn; 8 bytes a pattern. */
void permute_max_t(const struct permute_family *f, const struct permute_options *o,
    struct permute_setting *ret_settings, struct permute_result *ret);

/* One setting: p = share of patterns with |sum s_g D_g| >= |sum D_g| (or sum >= sum). */
struct permute_result permute_sign_flip(const double *totals, size_t clusters,
    const struct permute_options *o, struct permute_setting *ret);

#endif
