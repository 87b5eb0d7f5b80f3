/* test_frontier_lab.h - all that is asked of one pair of arms, as one list of numbers: for the unit
 * tests and for tests/mock/calculate.c, in the order of scripts/reference/frontier_golden.py. */
#ifndef TESTS_UNIT_TEST_FRONTIER_LAB_H
#define TESTS_UNIT_TEST_FRONTIER_LAB_H

#include "metrics/frontier_area.h"
#include "metrics/frontier_ratio.h"
#include "metrics/frontier_volume.h"

#include <math.h>
#include <string.h>

#define LAB_MISSING (-12345.0)
enum { LAB_POINTS = 12, LAB_ASKED = 3, LAB_VALUES = 320 };

struct lab_point {
    double t, a, w;
};

struct lab_case {
    size_t nref, narm;
    struct lab_point ref[LAB_POINTS], arm[LAB_POINTS];
    double levels[LAB_ASKED], budgets[LAB_ASKED];
    double t_min, t_max, a_min;
};

struct lab_out {
    double v[LAB_VALUES];
    size_t n;
};

static inline void lab_put(struct lab_out *o, bool known, double v)
{
    if (o->n == LAB_VALUES)
        BUG("room for more values is needed");
    o->v[o->n++] = known ? v : LAB_MISSING;
}

static inline struct frontier lab_curve(
    enum frontier_form form, const struct lab_point *p, size_t n, struct curve_point *room)
{
    for (size_t i = 0; i < n; i++)
        room[i] = (struct curve_point){.t = p[i].t, .a = p[i].a, .w = p[i].w};
    return frontier_make(form, room, n);
}

static inline void lab_read(const struct lab_case *c, const struct frontier *f, struct lab_out *o)
{
    double v = 0;

    lab_put(o, true, (double)f->unusable);
    lab_put(o, true, (double)f->zero);
    lab_put(o, true, (double)f->dominated);
    for (int i = 0; i < LAB_ASKED; i++) {
        enum frontier_place at = frontier_accuracy(f, c->budgets[i], &v);
        lab_put(o, true, at);
        lab_put(o, at == FRONTIER_INSIDE || at == FRONTIER_OVER, v);
        at = frontier_tokens(f, c->levels[i], &v);
        lab_put(o, true, at);
        lab_put(o, at != FRONTIER_NOWHERE, v);
    }
}

static inline void lab_ratio(struct frontier_ratio r, struct lab_out *o)
{
    bool known = r.status != RATIO_NOT_IDENTIFIED;

    lab_put(o, true, r.status);
    lab_put(o, known, r.log_ratio);
    lab_put(o, known, r.from);
    lab_put(o, known, r.to);
}

static inline void lab_area(struct frontier_area a, struct lab_out *o)
{
    lab_put(o, a.known, a.plus);
    lab_put(o, a.known, a.minus);
    lab_put(o, a.known, a.length);
}

static inline void lab_compare(const struct lab_case *c, const struct frontier *ref,
    const struct frontier *arm, struct lab_out *o)
{
    struct frontier_crossing turns[4 * LAB_POINTS];
    struct frontier_shade s = frontier_shade(ref, arm, turns, ARRAY_LEN(turns));
    struct gain_reversal g = frontier_reversal(ref, arm);

    lab_ratio(frontier_ratio_mean(ref, arm), o);
    for (int i = 0; i < LAB_ASKED; i++) {
        struct frontier_gain gain = frontier_gain_at(ref, arm, c->budgets[i]);
        lab_ratio(frontier_ratio_at(ref, arm, c->levels[i]), o);
        lab_put(o, gain.known, gain.points);
    }
    lab_area(s.linear, o);
    lab_area(s.log, o);
    lab_put(o, true, (double)s.crossings);
    lab_put(o, s.crossings > 0, turns[0].t);
    lab_put(o, s.crossings > 0, turns[0].to);
    lab_put(o, s.crossings > 0, s.crossings ? turns[s.crossings - 1].t : 0);
    lab_put(o, true, g.kind);
    lab_put(o, g.kind == GAIN_REVERSAL || g.kind == GAIN_EVERYWHERE, g.tokens);
}

static inline void lab_alone(const struct lab_case *c, const struct frontier *f, struct lab_out *o)
{
    double mean = 0;
    bool known = f->n && frontier_mean(f, f->p[0].t, f->p[f->n - 1].t, &mean);

    lab_put(o, known, mean);
    if (f->form != FRONTIER_STEP)
        return;
    struct frontier_volume v =
        frontier_volume(f, (struct frontier_box){c->t_min, c->t_max, c->a_min});
    lab_put(o, v.known, v.linear);
    lab_put(o, v.known, v.linear_share);
    lab_put(o, v.known && v.log_known, v.log);
    lab_put(o, v.known && v.log_known, v.log_share);
}

static inline void lab_run(const struct lab_case *c, struct lab_out *o)
{
    struct curve_point ref_room[LAB_POINTS], arm_room[LAB_POINTS];

    o->n = 0;
    for (int form = 0; form < FRONTIER_FORMS; form++) {
        struct frontier ref = lab_curve((enum frontier_form)form, c->ref, c->nref, ref_room);
        struct frontier arm = lab_curve((enum frontier_form)form, c->arm, c->narm, arm_room);
        lab_read(c, &ref, o);
        lab_read(c, &arm, o);
        lab_compare(c, &ref, &arm, o);
        lab_alone(c, &arm, o);
    }
}

#endif
