/*
 * rng.h - seeded random numbers, identical on every machine and thread count.
 *
 * xoshiro256** (Blackman and Vigna 2018) seeded by splitmix64. A stream is a value: copy it, fork
 * it by a label, give each replicate or context its own. Never used for secrets.
 */
#ifndef HARNESS_BASE_RNG_H
#define HARNESS_BASE_RNG_H

#include "harness/base/str.h"

struct rng {
    uint64_t s[4];
};

struct rng rng_seeded(uint64_t seed);
/* A stream that depends on all bytes of (seed, label): equal inputs, equal stream. */
struct rng rng_labelled(uint64_t seed, struct str label);
uint64_t rng_u64(struct rng *r);
uint64_t rng_below(struct rng *r, uint64_t n); /* uniform on 0..n-1 without bias; n > 0 */
double rng_unit(struct rng *r);                /* uniform on [0, 1), 53 bits */
double rng_normal(struct rng *r);              /* mean 0, variance 1 (polar method) */
bool rng_chance(struct rng *r, double p);      /* true with probability p */
void rng_shuffle(struct rng *r, size_t *index, size_t n); /* Fisher-Yates */

#endif
