/* multiple.c - see multiple.h. */
#include "metrics/multiple.h"

#include <math.h>
#include <stdlib.h>

struct place {
    double p;
    size_t at;
};

static int place_cmp(const void *pa, const void *pb)
{
    const struct place *a = pa, *b = pb;

    if (a->p != b->p)
        return a->p > b->p ? 1 : -1;
    return (a->at > b->at) - (a->at < b->at);
}

/* The values ascending; the caller frees them. */
static struct place *ranked(const double *p, size_t n, size_t family)
{
    struct place *r = xmalloc(n * sizeof *r);

    if (family < n)
        BUG("%zu tests in a family of %zu", n, family);
    for (size_t i = 0; i < n; i++) {
        if (!(p[i] >= 0 && p[i] <= 1))
            BUG("a p-value of %g", p[i]);
        r[i] = (struct place){p[i], i};
    }
    qsort(r, n, sizeof *r, place_cmp);
    return r;
}

void multiple_holm(const double *p, size_t n, size_t family, double *ret_adjusted)
{
    struct place *r = ranked(p, n, family);
    double most = 0;

    for (size_t i = 0; i < n; i++) {
        most = fmax(most, fmin(1, (double)(family - i) * r[i].p));
        ret_adjusted[r[i].at] = most;
    }
    free(r);
}

void multiple_bh(const double *p, size_t n, size_t family, double *ret_adjusted)
{
    struct place *r = ranked(p, n, family);
    double least = 1;

    for (size_t i = n; i-- > 0;) {
        least = fmin(least, (double)family * r[i].p / (double)(i + 1));
        ret_adjusted[r[i].at] = least;
    }
    free(r);
}
