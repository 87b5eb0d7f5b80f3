/* frontier_volume.c - hypervolume in a box; see frontier_volume.h. */
#include "metrics/frontier_volume.h"

#include <math.h>

static bool box_fine(struct frontier_box b)
{
    return isfinite(b.t_min) && isfinite(b.t_max) && isfinite(b.a_min) && b.t_min >= 0 &&
           b.t_min < b.t_max && b.a_min < 1;
}

static double cut(double v, struct frontier_box b)
{
    return fmin(fmax(v, b.t_min), b.t_max);
}

struct frontier_volume frontier_volume(const struct frontier *f, struct frontier_box box)
{
    struct frontier_volume v = {0};

    if (f->form != FRONTIER_STEP)
        BUG("a volume of a %s curve", frontier_form_text(f->form));
    if (!box_fine(box) || f->n == 0) {
        v.reason = f->n == 0 ? FRONTIER_NO_POINTS : FRONTIER_BAD_INPUT;
        return v;
    }
    v.known = true;
    v.log_known = box.t_min > 0;
    for (size_t j = 0; j < f->n; j++) {
        double t = f->p[j].t, height = fmin(1, f->p[j].a) - box.a_min;
        double from = cut(t, box), to = j + 1 < f->n ? cut(f->p[j + 1].t, box) : box.t_max;
        v.outside += t < box.t_min || t > box.t_max || height <= 0;
        if (height <= 0 || from >= to)
            continue;
        v.linear += (to - from) * height;
        if (v.log_known)
            v.log += log(to / from) * height;
    }
    v.linear_share = v.linear / ((box.t_max - box.t_min) * (1 - box.a_min));
    if (v.log_known)
        v.log_share = v.log / (log(box.t_max / box.t_min) * (1 - box.a_min));
    return v;
}
