/*
 * frontier.h - accuracy against cost as a curve, in four forms that are always told apart.
 *
 * A point is one configuration: T, mean cost of a test call (tokens, or money, or seconds; >= 0),
 * and a, mean accuracy. Point i dominates j iff T_i <= T_j and a_i >= a_j, one of them strict. The
 * Pareto set is sorted by T (equal T: the larger a first) and keeps strict running maxima of a.
 *
 *   STEP        F(T) = max{a_j : T_j <= T}: what can be run as it is; continuous from the right
 *   LOG_LINEAR  straight lines in (log T, a) through the Pareto set
 *   ISOTONIC    all points, pooled to be non-decreasing with weights (curve.h), straight lines in
 *               (log T, a): uses dominated points and chooses none, so it is less biased upward
 * than a running maximum; the form for estimates. Weight: 1 / variance, or items observed HULL
 * upper concave hull of the Pareto set on the linear axis: what is reached by drawing one of two
 * configurations at random. Never to be drawn on a logarithmic axis
 *
 * The Pareto forms (STEP, LOG_LINEAR, HULL) run flat from the last point of the
 * set to the largest T that was observed: a dominated dearer budget shows that more tokens were
 * looked at and brought nothing. So the last knot of every form is the observed reach of the arm.
 *
 * Points are not used, and counted, when something is not finite, T < 0 or the weight is not above
 * 0; and in the two forms on log T when T = 0. Nothing here returns NaN. Source: SCIENCE 5.
 * Pure; knots live in the caller's memory.
 */
#ifndef METRICS_FRONTIER_H
#define METRICS_FRONTIER_H

#include "metrics/curve.h"

enum frontier_form {
    FRONTIER_STEP,
    FRONTIER_LOG_LINEAR,
    FRONTIER_ISOTONIC,
    FRONTIER_HULL,
    FRONTIER_FORMS
};
const char *frontier_form_text(enum frontier_form form);

/* Why something is not known, or known only in a special case. */
enum frontier_reason {
    FRONTIER_FINE,
    FRONTIER_NO_POINTS,    /* a curve has no usable point */
    FRONTIER_NO_OVERLAP,   /* no accuracy, or no cost, that both curves have */
    FRONTIER_ONE_LEVEL,    /* the shared range is a single value: the answer is that of the value */
    FRONTIER_OUT_OF_RANGE, /* bounds in both directions at once: above or below both curves */
    FRONTIER_ZERO_TOKENS,  /* a cost of 0 has no logarithm and no ratio */
    FRONTIER_BELOW_FIRST,  /* cheaper than the cheapest point of a curve */
    FRONTIER_ABOVE_LAST,   /* beyond the last point of a curve: never extrapolated */
    FRONTIER_LOST,         /* over 5 % of the replicates have no finite value */
    FRONTIER_NO_REPLICATES, /* none were given */
    FRONTIER_BAD_INPUT      /* an argument is not finite, or a range is empty */
};
const char *frontier_reason_text(enum frontier_reason r);

struct frontier {
    enum frontier_form form;
    const struct curve_point *p; /* knots: T strictly ascending, a non-decreasing; borrowed */
    size_t n;
    size_t unusable;  /* points with something missing, T < 0 or without weight */
    size_t zero;      /* points with T = 0 in a form on log T */
    size_t dominated; /* usable points outside the Pareto set, or the same as one in it;
                         ISOTONIC leaves none out: 0 */
};

/* Makes the curve of n points of one arm (t, a and w set) in place: p is rewritten and must outlive
 * the result. n = 0 or no usable point gives n = 0. O(n log n). */
struct frontier frontier_make(enum frontier_form form, struct curve_point *p, size_t n);

/* Where an argument lies on a curve. */
enum frontier_place {
    FRONTIER_NOWHERE, /* no points, or the argument is not a number; *ret untouched */
    FRONTIER_UNDER,   /* below the first knot */
    FRONTIER_INSIDE,
    FRONTIER_OVER /* above the last knot */
};

/* F(T), in accuracy. UNDER: no value, *ret untouched. OVER: the last accuracy, held. O(n). */
enum frontier_place frontier_accuracy(const struct frontier *f, double t, double *ret);

/* T(a) = inf{T : F(T) >= a}, in the unit of T. UNDER: the first T, which is enough but may be more
 * than needed. OVER: the last T, which is not enough. Accuracies within 1e-12 are equal. O(n). */
enum frontier_place frontier_tokens(const struct frontier *f, double a, double *ret);

/* The Pareto set with several costs: i dominates j iff no cost of i is larger, its accuracy is not
 * smaller, and one of these is strict. costs[c][i] is cost c of point i. Points with anything that
 * is not finite are never in the set and dominate none. Equal points stay. O(n^2 ncosts). */
void frontier_pareto(
    const double *const *costs, size_t ncosts, const double *a, size_t n, bool *ret);

#endif
