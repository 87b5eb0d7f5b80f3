/*
 * number.h - exact rational numbers: what problems are made of and answers are compared as.
 *
 * A value is num/den in lowest terms with den > 0, both int64. Every operation returns false when
 * the exact result does not fit or does not exist (division by zero); nothing is ever rounded
 * silently. Intermediate products use 128 bits.
 */
#ifndef HARNESS_BASE_NUMBER_H
#define HARNESS_BASE_NUMBER_H

#include "harness/base/buf.h"

struct rat {
    int64_t num, den;
};

#define RAT_ZERO ((struct rat){0, 1})

struct rat rat_int(int64_t v);
MUST_CHECK bool rat_make(int64_t num, int64_t den, struct rat *ret); /* reduces; den != 0 */
MUST_CHECK bool rat_add(struct rat a, struct rat b, struct rat *ret);
MUST_CHECK bool rat_sub(struct rat a, struct rat b, struct rat *ret);
MUST_CHECK bool rat_mul(struct rat a, struct rat b, struct rat *ret);
MUST_CHECK bool rat_div(struct rat a, struct rat b, struct rat *ret);
MUST_CHECK bool rat_floordiv(struct rat a, struct rat b, struct rat *ret); /* floor(a / b) */
MUST_CHECK bool rat_mod(struct rat a, struct rat b, struct rat *ret); /* sign of b, as in Python */
MUST_CHECK bool rat_pow(struct rat a, int64_t exponent, struct rat *ret);
int rat_cmp(struct rat a, struct rat b); /* -1, 0, 1; exact */
bool rat_eq(struct rat a, struct rat b);
bool rat_is_int(struct rat a);
struct rat rat_neg(struct rat a);   /* a.num is never INT64_MIN in a valid value */
struct rat rat_trunc(struct rat a); /* towards zero */
struct rat rat_floor(struct rat a);
/* Half to even at `digits` decimals (0..15), as Python's round on exact values. */
MUST_CHECK bool rat_round(struct rat a, int digits, struct rat *ret);
double rat_double(struct rat a);

/* Reads the whole of s: [+-]digits[.digits][/digits], no blanks, no commas. */
MUST_CHECK bool rat_parse(struct str s, struct rat *ret);
/* The nearest double of the whole of s, [+-]digits[.[digits]] of any length; too large a number
 * becomes infinite. For rules that are defined on floating point; all else uses struct rat. */
MUST_CHECK bool number_double(struct str s, double *ret);
/* Writes an integer, a terminating decimal with the digits it needs, or num/den. */
void rat_print(struct buf *out, struct rat a);

#endif
