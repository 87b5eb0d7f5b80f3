/*
 * scorer_gram.h - a bigram over token ids; part of scorer.c.
 *
 *     p(b | a) = w2 * n(a, b) / n(a, .) + w1 * n(b) / n + w0 * u(b)
 *
 * n counts what it was trained on; w2 falls to w1 where a was never seen. u knows no word: a token
 * is a run of letters with 6/10 (1 to 4 letters with 1/4 each, letters alike), a digit with 1/10
 * (alike), else with 3/10, one of 2^21 code points. Ids are bare (vocab_bare).
 */
#ifndef HARNESS_PHANTOM_SCORER_GRAM_H
#define HARNESS_PHANTOM_SCORER_GRAM_H

#include "harness/phantom/vocab.h"

struct gram; /* counts, sorted */

enum { GRAM_START = -1 }; /* stands before the first token of a text */

struct gram *gram_new(double bigram, double unigram); /* w2 and w1; w0 is what is left */
void gram_free(struct gram *g);
void gram_train(struct gram *g, const struct vocab_ids *ids); /* one text; not after gram_seal */
void gram_seal(struct gram *g);
double gram_logprob(const struct gram *g, int64_t before, int64_t id);

#endif
