/*
 * gold.h - a text that should be one number, read as the strict grader reads numbers.
 *
 * For values that a model wrote down as the answer to its own question: "12", "$1,234.50",
 * "**3/4** cups". What could be two numbers ("3 or 4", "5-7", "2 hours 30 minutes"), a calculation
 * or no number at all is refused.
 */
#ifndef METRICS_GOLD_H
#define METRICS_GOLD_H

#include "harness/base/arena.h"

/* True if text is one number with nothing but signs in front of it and at most a unit behind it;
 * *ret is then the number as golds are written: a decimal that ends, or a fraction. */
bool gold_read(struct str text, struct arena *arena, struct str *ret);

#endif
