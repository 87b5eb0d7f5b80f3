/*
 * frontier_volume.h - how much of a fixed box of cost and accuracy an arm covers.
 *
 * With the Pareto set sorted by T, T_{n+1} = t_max and the accuracy a_min of chance or 0,
 *     linear = sum_j (T_{j+1} - T_j) (a_j - a_min)
 *     log    = sum_j log(T_{j+1} / T_j) (a_j - a_min)
 * over what lies in the box [t_min, t_max] x [a_min, 1]: a point below t_min counts from t_min on,
 * one beyond t_max or not above a_min not at all. Shares are of the whole box, (t_max - t_min) or
 * log(t_max / t_min) times (1 - a_min), so 0 to 1. The box is chosen in a configuration and is the
 * same for all arms; else volumes can't be compared. Source: SCIENCE 5 (hypervolume), which forgets
 * to cut at t_min: a share could be above 1.
 */
#ifndef METRICS_FRONTIER_VOLUME_H
#define METRICS_FRONTIER_VOLUME_H

#include "metrics/frontier.h"

struct frontier_box {
    double t_min, t_max; /* unit of T; 0 <= t_min < t_max */
    double a_min;        /* below 1 */
};

struct frontier_volume {
    bool known; /* false: no points, or no box */
    enum frontier_reason reason;
    double linear, linear_share; /* T x accuracy; share of the box */
    bool log_known;              /* t_min > 0 */
    double log, log_share;
    size_t outside; /* knots that are cut or left out */
};

/* f is a STEP curve. O(n). */
struct frontier_volume frontier_volume(const struct frontier *f, struct frontier_box box);

#endif
