/* figure_5.c - sleep against parallel sampling with an oracle at equal test tokens. */
#include "plots/figure.h"

static void panel(const struct analysis *a, struct sketch *s, struct sketch_panel *p)
{
    (void)s; /* labels are constants here */
    figure_add(a, p, FRAME_PASS_AT_K, SKETCH_PASS, STR("pass@k (oracle picks)"));
    figure_add(a, p, FRAME_SLEEP_TIME, SKETCH_SLEEP, STR("sleep-time + test-time"));
}

const struct figure figure_5 = {
    .id = "5",
    .title = "Sleep-time compute against parallel sampling",
    .about = "Pass@k at the lowest test budget costs k times its mean tokens and counts a question "
             "as solved when an oracle finds one right sample among k: an upper bound of what "
             "choosing among samples can reach.",
    .needs = {FRAME_PASS_AT_K, FRAME_SLEEP_TIME, FRAME_OTHER},
    .panel = panel,
};
