/* mind_wrong.c - numbers that are wrong in a believable way; see mind_impl.h. */
#include "harness/phantom/mind_impl.h"

/* Errors of people and models at sums: off by a little, a slipped digit, a wrong operation. */
static bool shift(struct rng *rng, struct rat v, struct rat *ret)
{
    static const int steps[] = {1, 1, 1, 2, 2, 3, 4, 5, 6, 10, 10, 20};
    int64_t step = steps[rng_below(rng, ARRAY_LEN(steps))];
    bool up = rng_chance(rng, 0.5);

    int64_t size = rat_floor(v).num;
    switch (rng_below(rng, 8)) {
    case 0: /* a carry lost or made */
        step = size >= 100 && rng_chance(rng, 0.5) ? 100 : size >= 10 ? 10 : step;
        break;
    case 1: /* off by about a tenth */
        step = size / (7 + (int64_t)rng_below(rng, 7));
        break;
    default:
        break;
    }
    struct rat by = rat_int(step < 0 ? -step : step);
    if (!up && rat_cmp(v, by) > 0)
        by = rat_neg(by);
    return rat_add(v, by, ret);
}

struct rat mind_wrong_value(struct rng *rng, struct rat value, struct rat truth)
{
    struct rat wrong;

    for (int tries = 0; tries < 64; tries++)
        if (shift(rng, value, &wrong) && !rat_eq(wrong, value) && !rat_eq(wrong, truth))
            return wrong;
    for (int64_t v = 1;; v++) { /* the value is at the edge of what fits */
        wrong = rat_int(v);
        if (!rat_eq(wrong, value) && !rat_eq(wrong, truth))
            return wrong;
    }
}

static bool in_number(struct str s, size_t i)
{
    if (str_is_digit(s.p[i]))
        return true;
    return (s.p[i] == '.' || s.p[i] == ',') && i > 0 && str_is_digit(s.p[i - 1]) && i + 1 < s.n &&
           str_is_digit(s.p[i + 1]);
}

bool mind_last_number(struct str line, struct str *ret)
{
    size_t end = line.n;

    while (end > 0 && !str_is_digit(line.p[end - 1]))
        end--;
    if (end == 0)
        return false;
    size_t start = end;
    while (start > 0 && in_number(line, start - 1))
        start--;
    *ret = str_slice(line, start, end);
    return true;
}

struct rat mind_wrong_guess(struct rng *rng, struct str text)
{
    int64_t largest = 0;

    for (size_t i = 0; i < text.n; i++) {
        int64_t v = 0;
        while (i < text.n && str_is_digit(text.p[i]) && v < 100000000)
            v = v * 10 + (text.p[i++] - '0');
        if (v > largest)
            largest = v;
    }
    return rat_int(3 * largest + 1000 + (int64_t)rng_below(rng, 9000));
}
