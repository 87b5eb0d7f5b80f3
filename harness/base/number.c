/* number.c - exact rational arithmetic on int64 with 128-bit intermediates; see number.h. */
#include "harness/base/number.h"

#include <stdlib.h>

typedef __int128 wide;

static wide wide_gcd(wide a, wide b)
{
    a = a < 0 ? -a : a;
    b = b < 0 ? -b : b;
    while (b) {
        wide t = a % b;
        a = b;
        b = t;
    }
    return a;
}

/* Reduces num/den and stores it if it fits; INT64_MIN is kept out so that negation is safe. */
static bool fit(wide num, wide den, struct rat *ret)
{
    if (den == 0)
        return false;
    if (den < 0) {
        num = -num;
        den = -den;
    }
    wide g = wide_gcd(num, den);
    if (g > 1) {
        num /= g;
        den /= g;
    }
    if (num > INT64_MAX || num < -INT64_MAX || den > INT64_MAX)
        return false;
    *ret = (struct rat){(int64_t)num, (int64_t)den};
    return true;
}

struct rat rat_int(int64_t v)
{
    return (struct rat){v, 1};
}

bool rat_make(int64_t num, int64_t den, struct rat *ret)
{
    return fit(num, den, ret);
}

bool rat_add(struct rat a, struct rat b, struct rat *ret)
{
    /* |a.num * b.den| < 2^126, so the sum of two fits in 127 bits */
    return fit((wide)a.num * b.den + (wide)b.num * a.den, (wide)a.den * b.den, ret);
}

bool rat_sub(struct rat a, struct rat b, struct rat *ret)
{
    return rat_add(a, rat_neg(b), ret);
}

bool rat_mul(struct rat a, struct rat b, struct rat *ret)
{
    return fit((wide)a.num * b.num, (wide)a.den * b.den, ret);
}

bool rat_div(struct rat a, struct rat b, struct rat *ret)
{
    return b.num != 0 && fit((wide)a.num * b.den, (wide)a.den * b.num, ret);
}

struct rat rat_neg(struct rat a)
{
    return (struct rat){-a.num, a.den};
}

struct rat rat_trunc(struct rat a)
{
    return rat_int(a.num / a.den);
}

struct rat rat_floor(struct rat a)
{
    int64_t q = a.num / a.den;

    return rat_int(a.num % a.den < 0 ? q - 1 : q);
}

/* Floor division of the cross products, which stay below 2^126: a / b itself need not fit. */
static bool divide(struct rat a, struct rat b, wide *ret_quotient, wide *ret_remainder)
{
    wide n = (wide)a.num * b.den, d = (wide)b.num * a.den;

    if (d == 0)
        return false;
    *ret_quotient = n / d;
    *ret_remainder = n % d;
    if (*ret_remainder != 0 && (*ret_remainder < 0) != (d < 0)) {
        *ret_quotient -= 1;
        *ret_remainder += d;
    }
    return true;
}

bool rat_floordiv(struct rat a, struct rat b, struct rat *ret)
{
    wide quotient, remainder;

    return divide(a, b, &quotient, &remainder) && fit(quotient, 1, ret);
}

bool rat_mod(struct rat a, struct rat b, struct rat *ret)
{
    wide quotient, remainder;

    return divide(a, b, &quotient, &remainder) && fit(remainder, (wide)a.den * b.den, ret);
}

bool rat_pow(struct rat a, int64_t exponent, struct rat *ret)
{
    struct rat r = rat_int(1);

    if (exponent < 0) {
        if (exponent == INT64_MIN || !rat_div(r, a, &a))
            return false;
        exponent = -exponent;
    }
    if (exponent > 64 && a.num != 0 && !(a.den == 1 && (a.num == 1 || a.num == -1)))
        return false;
    if (exponent > 64)
        exponent = 64 + exponent % 2; /* only 0, 1 and -1 come here; parity is all that counts */
    while (exponent-- > 0)
        if (!rat_mul(r, a, &r))
            return false;
    *ret = r;
    return true;
}

int rat_cmp(struct rat a, struct rat b)
{
    wide l = (wide)a.num * b.den, r = (wide)b.num * a.den;

    return l < r ? -1 : l > r;
}

bool rat_eq(struct rat a, struct rat b)
{
    return a.num == b.num && a.den == b.den;
}

bool rat_is_int(struct rat a)
{
    return a.den == 1;
}

bool rat_round(struct rat a, int digits, struct rat *ret)
{
    struct rat scale, scaled, twice;

    if (digits < 0 || digits > 15 || !rat_pow(rat_int(10), digits, &scale) ||
        !rat_mul(a, scale, &scaled))
        return false;
    struct rat low = rat_floor(scaled);
    if (!rat_sub(scaled, low, &twice) || !rat_add(twice, twice, &twice))
        return false;
    int side = rat_cmp(twice, rat_int(1));
    if ((side > 0 || (side == 0 && low.num % 2 != 0)) && !rat_add(low, rat_int(1), &low))
        return false;
    return rat_div(low, scale, ret);
}

double rat_double(struct rat a)
{
    return (double)a.num / (double)a.den;
}

/* Reads digits at *i into *value and counts them; false on overflow. */
static bool read_digits(struct str s, size_t *i, wide *value, size_t *count)
{
    for (*count = 0; *i < s.n && str_is_digit(s.p[*i]); (*i)++, (*count)++) {
        *value = *value * 10 + (s.p[*i] - '0');
        if (*value > INT64_MAX)
            return false;
    }
    return true;
}

/* The digits behind a point at *i, if there is one: joins them to *num and widens *scale. */
static bool read_decimals(struct str s, size_t *i, wide *num, wide *scale, size_t *count)
{
    *count = 0;
    if (*i == s.n || s.p[*i] != '.')
        return true;
    (*i)++;
    if (!read_digits(s, i, num, count) || *count == 0 || *count > 18)
        return false;
    for (size_t k = 0; k < *count; k++)
        *scale *= 10;
    return true;
}

bool rat_parse(struct str s, struct rat *ret)
{
    size_t i = 0, whole, decimals, below;
    wide num = 0, scale = 1, den = 1;
    bool negative = s.n && s.p[0] == '-';

    if (s.n && (s.p[0] == '-' || s.p[0] == '+'))
        i++;
    if (!read_digits(s, &i, &num, &whole) || !read_decimals(s, &i, &num, &scale, &decimals) ||
        whole + decimals == 0)
        return false;
    if (i < s.n && s.p[i] == '/') {
        i++;
        den = 0;
        if (!read_digits(s, &i, &den, &below) || below == 0)
            return false;
    }
    return i == s.n && fit(negative ? -num : num, scale * den, ret);
}

bool number_double(struct str s, double *ret)
{
    struct buf text = BUF_INIT;
    size_t i = s.n && (s.p[0] == '-' || s.p[0] == '+'), digits = i;

    while (i < s.n && str_is_digit(s.p[i]))
        i++;
    if (i == digits)
        return false;
    if (i < s.n && s.p[i] == '.')
        i++;
    while (i < s.n && str_is_digit(s.p[i]))
        i++;
    if (i < s.n)
        return false;
    buf_str_add(&text, s); /* strtod wants an end */
    *ret = strtod(buf_cstr(&text), NULL);
    buf_release(&text);
    return true;
}

void rat_print(struct buf *out, struct rat a)
{
    int64_t den = a.den;
    int twos = 0, fives = 0;

    for (; den % 2 == 0; den /= 2)
        twos++;
    for (; den % 5 == 0; den /= 5)
        fives++;
    int digits = twos > fives ? twos : fives;
    struct rat scale, scaled;
    if (den != 1 || digits > 15 || !rat_pow(rat_int(10), digits, &scale) ||
        !rat_mul(a, scale, &scaled)) {
        buf_printf(out, "%lld/%lld", (long long)a.num, (long long)a.den);
        return;
    }
    int64_t v = scaled.num < 0 ? -scaled.num : scaled.num, unit = scale.num;
    if (a.num < 0)
        buf_putc(out, '-');
    buf_printf(out, "%lld", (long long)(v / unit));
    if (digits > 0)
        buf_printf(out, ".%0*lld", digits, (long long)(v % unit));
}
