/*
 * money.h - decimal numbers as exact integers, and amounts of money as text.
 *
 * Money is a whole number of micro-dollars (USD / 1,000,000) in an int64_t; a name ends in _uusd.
 * No binary fraction is used on the way from a text to an amount or back.
 */
#ifndef HARNESS_CONFIG_MONEY_H
#define HARNESS_CONFIG_MONEY_H

#include "harness/base/buf.h"
#include "harness/base/str.h"

enum {
    MONEY_DECIMALS = 6,       /* a dollar is 10^6 micro-dollars */
    MONEY_PRICE_DECIMALS = 12 /* dollars a token to micro-dollars per million tokens */
};

/* The decimal number that is all of s ([-+]digits[.digits][e[-+]digits], as in JSON) times
 * 10^decimals, rounded half up (half away from zero below it); *ret_exact says whether nothing was
 * rounded. False if s is no such number, has over 30 digits that count, or the result is beyond
 * 2^53. */
MUST_CHECK bool money_scaled(struct str s, int decimals, int64_t *ret, bool *ret_exact);

/* "$12.50", "$0.000125": all six decimals that are not zero, two at least. */
void money_print(struct buf *out, int64_t uusd);

#endif
