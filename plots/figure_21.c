/* figure_21.c - how far the context alone goes: the question withheld, against sleep. */
#include "plots/figure.h"

static void panel(const struct analysis *a, struct sketch *s, struct sketch_panel *p)
{
    (void)s; /* labels are constants here */
    figure_add(a, p, FRAME_CONTEXT_ONLY, SKETCH_CONTEXT, STR("context only (question guessed)"));
    figure_add(a, p, FRAME_SLEEP_TIME, SKETCH_SLEEP, STR("sleep-time + test-time"));
}

const struct figure figure_21 = {
    .id = "21",
    .title = "Are the questions guessable from the context?",
    .about = "The model sees the context without the question and answers the question it finds "
             "likeliest, against sleep-time compute with the question. A gap says that the gain is "
             "not mere guessing.",
    .needs = {FRAME_CONTEXT_ONLY, FRAME_SLEEP_TIME, FRAME_OTHER},
    .panel = panel,
};
