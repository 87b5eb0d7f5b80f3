/*
 * analysis.h - everything that is computed once from a frame: what tables and figures read.
 *
 * An analysis gathers the series, registers every published quantity with one resample (so that
 * all intervals come from the same resampled clusters), and lists the comparisons of the run.
 * Tables (tables.h) and figures only read it: a number in a figure is the number in a table.
 *
 *     struct analysis *a = analysis_new(&frame, &(struct analysis_options){.seed = 1, ...});
 *     struct table *t = tables_accuracy(a);
 *     analysis_free(a);
 */
#ifndef METRICS_ANALYSIS_H
#define METRICS_ANALYSIS_H

#include "metrics/gain.h"
#include "metrics/series.h"
#include "metrics/sleepcost.h"

enum { ANALYSIS_REPLICATES = 2000, ANALYSIS_ACCURACIES = 8 };

struct analysis_options {
    size_t replicates; /* 0 takes ANALYSIS_REPLICATES */
    uint64_t seed;
    struct str run;    /* run digest, in every table */
    struct str grader; /* which grader's scores these are; may be empty */
    /* accuracies at which the token ratio is asked for, fixed before looking; may be none */
    double accuracies[ANALYSIS_ACCURACIES];
    size_t naccuracies;
};

/* One accuracy with its tokens: a series, or pass@k of a pool of samples. */
struct analysis_point {
    const struct series *series;
    unsigned k;      /* 0 = mean accuracy; else pass@k */
    size_t acc, tok; /* quantities of the resample */
    struct interval_spread spread;
    size_t short_items; /* items with fewer than k samples, left out */
};

enum analysis_pair_kind {
    ANALYSIS_VS_TEST,   /* sleep_time against test_time of the same test model */
    ANALYSIS_VS_K1,     /* more parallel c' against the smallest k */
    ANALYSIS_VS_CONTEXT /* sleep_time against context_only */
};

struct analysis_pair {
    enum analysis_pair_kind kind;
    size_t arm, ref;
};

/* Paired difference of a pair at one test budget. */
struct analysis_gain {
    size_t pair; /* index */
    int32_t level;
    size_t diff, base;             /* quantities */
    struct interval_spread spread; /* of the differences; n = common items */
    size_t failures;               /* of both series */
};

/* Accuracy of the items of one stratum. */
struct analysis_stratum {
    size_t point; /* index of an analysis_point with k = 0 */
    uint32_t stratum;
    size_t acc;
    struct interval_spread spread;
};

struct analysis {
    const struct frame *frame; /* borrowed; must outlive the analysis */
    struct analysis_options options;
    struct series_set set;
    struct resample resample;
    struct analysis_point *points;
    struct analysis_pair *pairs;
    struct analysis_gain *gains;
    struct analysis_stratum *strata;
    struct sleepcost *sleeps;
    size_t npoints, npairs, ngains, nstrata, nsleeps;
    size_t points_cap, pairs_cap, gains_cap, strata_cap;
};

/* O(cells + replicates x clusters x quantities). The frame must be finished. */
struct analysis *analysis_new(const struct frame *f, const struct analysis_options *options);
void analysis_free(struct analysis *a);

const struct frame_arm *analysis_arm(const struct analysis *a, const struct analysis_point *p);

/* Points of an arm (k = 0) for ratio.h; *ret_points is malloc'd and owned by the caller. */
struct ratio_side analysis_side(
    const struct analysis *a, size_t arm, struct ratio_point **ret_points);

/* Of all series of an arm: failed answers, most items, the largest design effect (1 if none is
 * known), most observed answers of an item. */
struct analysis_arm_summary {
    size_t items, failures, observed;
    unsigned repeats;
    double deff;
};
struct analysis_arm_summary analysis_summary(const struct analysis *a, size_t arm);

#endif
