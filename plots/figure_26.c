/* figure_26.c - more thinking asleep: accuracy against test tokens for every budget of sleep. */
#include "plots/figure.h"

enum { STYLES = SKETCH_ROLES - SKETCH_K };

/* Arms that differ from the model's first sleeper (smallest k) in nothing but the sleep's budget.
 */
static bool is_of_sweep(const struct frame *f, const struct frame_arm *arm, struct str model)
{
    size_t first = frame_find_arm(f, FRAME_SLEEP_TIME, model, 0);

    return first < f->narms && arm->kind == FRAME_SLEEP_TIME && str_eq(arm->model, model) &&
           arm->k == f->arms[first].k && str_eq(arm->sleep_model, f->arms[first].sleep_model);
}

/* The arm of the sweep with points and the least budget above `after`; narms if there is none. */
static size_t next_arm(const struct analysis *a, struct str model, int64_t after)
{
    const struct frame *f = a->frame;
    size_t best = f->narms;

    for (size_t i = 0; i < f->narms; i++)
        if (is_of_sweep(f, &f->arms[i], model) && f->arms[i].sleep_level > after &&
            (best == f->narms || f->arms[i].sleep_level < f->arms[best].sleep_level) &&
            figure_has_points(a, i))
            best = i;
    return best;
}

static bool has_sweep(const struct analysis *a, struct str model)
{
    size_t first = next_arm(a, model, INT64_MIN);

    return first < a->frame->narms &&
           next_arm(a, model, a->frame->arms[first].sleep_level) < a->frame->narms;
}

static void panel(const struct analysis *a, struct sketch *s, struct sketch_panel *p)
{
    const struct frame *f = a->frame;
    int64_t level = INT64_MIN;

    figure_add(a, p, FRAME_TEST_TIME, SKETCH_TEST, STR("test-time only"));
    for (int style = 0; style < STYLES; style++) {
        size_t arm = next_arm(a, p->model, level);
        if (arm == f->narms)
            return;
        level = f->arms[arm].sleep_level;
        sketch_curve(p, a, arm, (enum sketch_role)(SKETCH_K + style),
            str_c(arena_printf(&s->arena, "sleep budget %.*s", STR_ARG(f->arms[arm].sleep_text))));
    }
}

const struct figure figure_26 = {
    .id = "26",
    .title = "Scaling sleep-time compute: the budget of a sleep",
    .about =
        "Every test budget after sleeps of each sleep budget, with one learned context (or the "
        "fewest the run has); test-time thinking alone for reference.",
    .needs = {FRAME_SLEEP_TIME, FRAME_OTHER},
    .has = has_sweep,
    .lacks = "no model sleeps with more than one sleep budget",
    .panel = panel,
};
