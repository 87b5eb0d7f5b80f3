/*
 * frontier_area.h - two curves over the costs that both have: gain at a budget, shaded areas both
 * ways, crossings, the point of reversal, and the mean height of one curve.
 *
 * d(T) = F_arm(T) - F_ref(T), in accuracy. Areas are mean heights: plus = 1/L integral of
 * max(0, d), minus = 1/L integral of max(0, -d) over the shared range of length L, once along T and
 * once along log T; never netted silently (plus - minus along log T is the BD-accuracy). Integrals
 * are exact for each form, split where d changes its sign. Differences below 1e-12 are none. Both
 * curves must be of one form. Source: SCIENCE 1 (reversal), 5.
 */
#ifndef METRICS_FRONTIER_AREA_H
#define METRICS_FRONTIER_AREA_H

#include "metrics/frontier.h"
#include "metrics/gain.h"

/* At equal budget. STEP and HULL hold their last accuracy beyond the last point (the rest of the
 * budget is left over); the other forms are not known there. */
struct frontier_gain {
    bool known;
    enum frontier_reason reason;
    double ref, arm, points; /* F_ref(T), F_arm(T), their difference */
    bool ref_held, arm_held;
};
/* O(n). */
struct frontier_gain frontier_gain_at(
    const struct frontier *ref, const struct frontier *arm, double t);

struct frontier_area {
    bool known;
    enum frontier_reason reason;
    double plus, minus; /* mean heights, >= 0, in accuracy */
    double length;      /* of the range, in T or log T; 0 = a single value, heights are d there */
};

struct frontier_crossing {
    double t;
    int to; /* 1: the arm is better from here on, -1: the reference */
};

struct frontier_shade {
    struct frontier_area linear, log; /* along T, along log T */
    double from, to;                  /* shared range of T */
    size_t crossings;                 /* all there are, also beyond `cap` */
};
/* Where both curves are equal for a while and then change sides, the crossing is where they met.
 * ret_crossings has room for cap, ascending in T; 2 * (ref->n + arm->n) is always enough.
 * O(n^2) for n knots, n being the number of budgets. */
struct frontier_shade frontier_shade(const struct frontier *ref, const struct frontier *arm,
    struct frontier_crossing *ret_crossings, size_t cap);

/* The earliest T_x of the shared range from which the reference is at least as good up to its end;
 * share and ci are not set. The same as gain_reversal_curves, for every form. O(n^2). */
struct gain_reversal frontier_reversal(const struct frontier *ref, const struct frontier *arm);

/* 1/L integral of F over [from, to] along T: for HULL the AIQ of router benchmarks. False, *ret
 * untouched, if the range is empty or does not lie on the curve; a range of one value gives F
 * there. O(n^2). */
MUST_CHECK bool frontier_mean(const struct frontier *f, double from, double to, double *ret);

#endif
