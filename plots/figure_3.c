/* figure_3.c - accuracy against test tokens with and without sleep, the difference shaded. */
#include "plots/figure.h"

static void panel(const struct analysis *a, struct sketch *s, struct sketch_panel *p)
{
    (void)s; /* labels are constants here */
    figure_add(a, p, FRAME_TEST_TIME, SKETCH_TEST, STR("test-time only"));
    figure_add(a, p, FRAME_SLEEP_TIME, SKETCH_SLEEP, STR("sleep-time + test-time"));
    p->shaded = true;
}

const struct figure figure_3 = {
    .id = "3",
    .title = "Test-time compute with and without sleep-time compute",
    .about = "Accuracy against test-time tokens for the test budgets, with one learned context "
             "(or the fewest the run has) and without any. The area between the lines is shaded "
             "over the tokens both use.",
    .needs = {FRAME_TEST_TIME, FRAME_SLEEP_TIME, FRAME_OTHER},
    .panel = panel,
};
