/*
 * aime_problem.h - the 60 problems of AIME 2024 and 2025, by fingerprints of their texts.
 *
 * A fingerprint is taken of the letters and digits of a text without drawings, in lower case
 * (aime_text.h): the first 8 bytes of the SHA-256 of the first 32 and of the last 24 of them, and
 * their number. datasets/aime_fingerprints.json holds them; no text can be got back from it.
 */
#ifndef DATASETS_AIME_PROBLEM_H
#define DATASETS_AIME_PROBLEM_H

#include "harness/base/arena.h"
#include "harness/base/err.h"

struct aime_print {
    uint64_t prefix, tail;
    size_t length; /* letters and digits */
};

struct aime_problem {
    struct str id; /* "2024-II-4" */
    int64_t year;
    struct aime_print print;
};

struct aime_problems {
    struct aime_problem *v;
    size_t n;
};

/* Reads the built-in fingerprints; texts live in the arena. */
MUST_CHECK enum err_code aime_problems_load(
    struct arena *arena, struct aime_problems *ret, struct err *err);

struct aime_print aime_print_of(struct str text);

/* NULL if there is none. */
const struct aime_problem *aime_by_prefix(const struct aime_problems *all, struct aime_print p);
/* Many problems end in the same words: only a tail that one problem has counts, and only if the
 * lengths differ by less than a tenth. */
const struct aime_problem *aime_by_tail(const struct aime_problems *all, struct aime_print p);
const struct aime_problem *aime_by_id(const struct aime_problems *all, struct str id);

/* Byte of text behind the problem's known last words, if more letters or digits follow there; else
 * SIZE_MAX. Looked for where a text up to a quarter shorter or longer than the known one ends. */
size_t aime_known_end(const struct aime_problem *problem, struct str text);

#endif
