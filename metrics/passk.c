/* passk.c - the unbiased pass@k estimator; see passk.h. */
#include "metrics/passk.h"

#include "harness/base/number.h"

bool passk_item(unsigned n, unsigned c, unsigned k, double *ret)
{
    double fail = 1;

    if (k < 1 || n < k || c > n)
        return false;
    if (n - c < k) {
        *ret = 1;
        return true;
    }
    for (unsigned i = n - c + 1; i <= n; i++)
        fail *= 1 - (double)k / i;
    *ret = 1 - fail;
    return true;
}

size_t passk_list(struct str text, unsigned *ret, size_t cap)
{
    size_t n = 0;
    struct str part;

    while (n < cap && str_cut(&text, ',', &part)) {
        struct rat v;
        size_t at = n;
        if (!rat_parse(str_trim(part), &v) || v.den != 1 || v.num < 1 || v.num > UINT16_MAX)
            continue;
        while (at > 0 && ret[at - 1] > (unsigned)v.num)
            at--;
        if (at > 0 && ret[at - 1] == (unsigned)v.num)
            continue;
        for (size_t i = n; i > at; i--)
            ret[i] = ret[i - 1];
        ret[at] = (unsigned)v.num;
        n++;
    }
    return n;
}
