/*
 * scorer.h - phantom/scorer: how probable a question is behind a context of our worlds.
 *
 *     P(q | c) = (1 - s) * sum over j of pi_j * prod over v of 1 / |dom(v)| * [q asks for j with
 *                the new facts v]  +  s * g(q)
 *
 * pi is the scorer's own prior (LAW_SCORER of datasets/world.h), a noisy copy of what is asked; s
 * is the parameter ngram_share; g is a bigram over tokens, mixed with a unigram and with a model
 * that knows no word, trained on every question of every context, once each. Without a context
 * there is g alone, and P(q) = g(q).
 *
 * The value of a token is the difference of the logarithms of the probabilities that a text begins
 * with the tokens up to it and up to the one before. These sum to log P(q | c), for questions end
 * in "?" and no other token is one. Blanks are given: two texts that differ in blanks alone
 * have the same score, and a token of blanks has the value 0.
 *
 * "scorer" follows P* of the paper-like world, "scorer-null" that of the null world: which world a
 * context was asked in does not stand in its text.
 */
#ifndef HARNESS_PHANTOM_SCORER_H
#define HARNESS_PHANTOM_SCORER_H

#include "datasets/world.h"
#include "harness/phantom/vocab.h"

struct scorer; /* immutable; shared by threads */

/* params: a file as for mind_new, or NULL. A file without a member `scorer` gets the embedded
 * one's. */
MUST_CHECK enum err_code scorer_new(const char *params, struct scorer **ret, struct err *err);
void scorer_free(struct scorer *s);

bool scorer_is(struct str model);        /* "scorer" or "scorer-null" */
const char *scorer_model_name(size_t i); /* from 0, NULL behind the last */
const char *scorer_fingerprint(const struct scorer *s);

/* One value a token, in nats; the first is NAN. logprobs has n places. */
void scorer_values(const struct scorer *s, struct str model, const struct vocab_ids *ids,
    struct arena *arena, double *ret_logprobs);

/* The likeliest question that goes on behind the prompt, as text; empty if it knows none. */
struct str scorer_continue(
    const struct scorer *s, struct str model, const struct vocab_ids *ids, struct arena *arena);

/* g of a text, as a logarithm. For tests. */
double scorer_ngram(const struct scorer *s, struct str text);

#endif
