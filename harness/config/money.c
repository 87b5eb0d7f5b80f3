/* money.c - decimal text to scaled integers without a binary fraction; see money.h. */
#include "harness/config/money.h"

typedef __int128 wide;

enum { DIGITS_MOST = 30, EXPONENT_MOST = 400, POWER_MOST = 38 };

static const int64_t most = INT64_C(1) << 53;

/* mantissa * 10^exponent */
struct decimal {
    wide mantissa;
    int exponent;
    bool negative;
};

static bool take(struct str s, size_t *i, char c)
{
    bool there = *i < s.n && s.p[*i] == c;

    *i += there;
    return there;
}

static size_t take_digits(struct str s, size_t *i, struct decimal *d, int *digits, bool behind)
{
    size_t from = *i;

    for (; *i < s.n && str_is_digit(s.p[*i]); (*i)++) {
        *digits += d->mantissa != 0 || s.p[*i] != '0';
        if (*digits <= DIGITS_MOST)
            d->mantissa = d->mantissa * 10 + (s.p[*i] - '0');
        d->exponent -= behind;
    }
    return *i - from;
}

static bool take_exponent(struct str s, size_t *i, struct decimal *d)
{
    int e = 0;
    size_t from;

    if (!take(s, i, 'e') && !take(s, i, 'E'))
        return true;
    bool negative = take(s, i, '-');
    if (!negative)
        (void)take(s, i, '+'); /* allowed and says nothing */
    for (from = *i; *i < s.n && str_is_digit(s.p[*i]); (*i)++)
        e = e > EXPONENT_MOST ? e : e * 10 + (s.p[*i] - '0');
    d->exponent += negative ? -e : e;
    return *i > from;
}

static bool read_decimal(struct str s, struct decimal *ret)
{
    struct decimal d = {0};
    int digits = 0;
    size_t i = 0;

    d.negative = take(s, &i, '-');
    if (!d.negative)
        (void)take(s, &i, '+'); /* allowed and says nothing */
    if (take_digits(s, &i, &d, &digits, false) == 0)
        return false;
    if (take(s, &i, '.') && take_digits(s, &i, &d, &digits, true) == 0)
        return false;
    if (!take_exponent(s, &i, &d) || i < s.n || digits > DIGITS_MOST)
        return false;
    *ret = d;
    return true;
}

bool money_scaled(struct str s, int decimals, int64_t *ret, bool *ret_exact)
{
    struct decimal d;
    wide rest = 0, power = 1;

    if (!read_decimal(s, &d))
        return false;
    int shift = d.exponent + decimals;
    for (; shift > 0 && d.mantissa; shift--) {
        d.mantissa *= 10;
        if (d.mantissa > most)
            return false;
    }
    if (d.mantissa && shift < -POWER_MOST) {
        rest = 1; /* less than 10^30 / 10^39: nothing, but not exactly */
        d.mantissa = 0;
    } else if (d.mantissa && shift < 0) {
        for (; shift < 0; shift++)
            power *= 10;
        rest = d.mantissa % power;
        d.mantissa = d.mantissa / power + (rest >= power - rest);
    }
    if (d.mantissa > most)
        return false;
    *ret = (int64_t)(d.negative ? -d.mantissa : d.mantissa);
    *ret_exact = rest == 0;
    return true;
}

void money_print(struct buf *out, int64_t uusd)
{
    uint64_t v = uusd < 0 ? 0 - (uint64_t)uusd : (uint64_t)uusd;
    uint64_t below = v % 1000000;
    int digits = MONEY_DECIMALS;

    for (; digits > 2 && below % 10 == 0; digits--)
        below /= 10;
    buf_printf(out, "%s$%llu.%0*llu", uusd < 0 ? "-" : "", (unsigned long long)(v / 1000000),
        digits, (unsigned long long)below);
}
