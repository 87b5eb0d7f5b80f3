/* figure_7.c - more parallel learned contexts: accuracy against test tokens for every k. */
#include "plots/figure.h"

enum { STYLES = SKETCH_ROLES - SKETCH_K };

static bool is_next(const struct frame_arm *arm, struct str model, int after, int before)
{
    return arm->kind == FRAME_SLEEP_TIME && str_eq(arm->model, model) && arm->k > after &&
           arm->k < before;
}

/* The arm of the model with the smallest k above `after`; narms if there is none. */
static size_t next_arm(const struct frame *f, struct str model, int after)
{
    size_t best = f->narms;

    for (size_t i = 0; i < f->narms; i++)
        if (is_next(&f->arms[i], model, after, best < f->narms ? f->arms[best].k : INT32_MAX))
            best = i;
    return best;
}

static void panel(const struct analysis *a, struct sketch *s, struct sketch_panel *p)
{
    const struct frame *f = a->frame;

    figure_add(a, p, FRAME_TEST_TIME, SKETCH_TEST, STR("test-time only"));
    for (int k = 0, style = 0; style < STYLES; style++) {
        size_t arm = next_arm(f, p->model, k);
        if (arm == f->narms)
            return;
        k = f->arms[arm].k;
        sketch_curve(p, a, arm, (enum sketch_role)(SKETCH_K + style),
            str_c(arena_printf(&s->arena, "sleep-time, k = %d", k)));
    }
}

const struct figure figure_7 = {
    .id = "7",
    .title = "Scaling sleep-time compute: k parallel learned contexts",
    .about = "Every test budget with k learned contexts made in parallel and given together, on a "
             "logarithmic token axis; test-time thinking alone for reference.",
    .needs = {FRAME_SLEEP_TIME, FRAME_OTHER},
    .log_x = true,
    .panel = panel,
};
