/*
 * multi_query.h - from a model's text to new questions on a context, each with solution and gold.
 *
 * A reply is read line by line. A pair ends at a line with four (or more) '#' and a value behind
 * them. Its question stands behind a label ("Question:", "**Q3.**", "### Question 3"), or, where
 * the reply has no labels, is the last paragraph before the value that begins with a line holding
 * '?'. What follows the question is the solution. Numbering, bullets, bold type, headings, rules,
 * code fences, CR and a byte-order mark are taken off; text around the pairs is ignored. A question
 * without a value behind it is never joined with the value of the next one.
 *
 * Pure; any bytes are fine (bad UTF-8 becomes U+FFFD, control characters become blanks) and the
 * cost is linear but for at most MULTI_QUERY_MOST comparisons a pair.
 */
#ifndef DATASETS_MULTI_QUERY_H
#define DATASETS_MULTI_QUERY_H

#include "harness/base/arena.h"
#include "harness/base/buf.h"

enum {
    MULTI_QUERY_MOST = 1000,         /* pairs of one reply */
    MULTI_QUERY_TEXT = 1 << 20,      /* bytes of a reply that are looked at */
    MULTI_QUERY_QUESTION = 2000,     /* bytes of a question */
    MULTI_QUERY_SOLUTION = 16 * 1024 /* bytes of a solution */
};

/* Why a pair is left out: name in the enum, name in tables, meaning. */
#define MULTI_QUERY_DROPS(X)                                                                       \
    X(MULTI_QUERY_NO_GOLD, "no_gold", "a question without a #### line")                            \
    X(MULTI_QUERY_BAD_GOLD, "bad_gold", "what stands behind #### is not one number")               \
    X(MULTI_QUERY_CUT, "cut", "the reply ended inside the value")                                  \
    X(MULTI_QUERY_NO_QUESTION, "no_question", "a #### line without a question")                    \
    X(MULTI_QUERY_OVERLONG, "overlong", "question or solution over the limit")                     \
    X(MULTI_QUERY_ORIGINAL, "original", "the given question again")                                \
    X(MULTI_QUERY_DUPLICATE, "duplicate", "a question of the same reply again")                    \
    X(MULTI_QUERY_SURPLUS, "surplus", "more questions than were asked for")

#define MULTI_QUERY_ENUM(name, text, help) name,
enum multi_query_drop { MULTI_QUERY_DROPS(MULTI_QUERY_ENUM) MULTI_QUERY_DROP_COUNT };
#undef MULTI_QUERY_ENUM

const char *multi_query_drop_text(enum multi_query_drop d);
const char *multi_query_drop_help(enum multi_query_drop d);

/* Reads what stands behind "####": true if it is one number, which *ret then is, written as golds
 * are. Which texts are numbers is the grader's business, above this room. */
typedef bool multi_query_gold_fn(struct str text, struct arena *arena, struct str *ret);

struct multi_query_options {
    struct str original; /* the question that was given */
    size_t most;         /* pairs that were asked for */
    bool cut;            /* the reply stopped at a limit of tokens */
    multi_query_gold_fn *gold;
};

struct multi_query_pair {
    struct str question, solution, gold; /* question: one line; solution: may be empty */
};

/* found = n + all of dropped. */
struct multi_query {
    struct multi_query_pair *v;
    size_t n, found;
    size_t dropped[MULTI_QUERY_DROP_COUNT];
};

/* Texts live in the arena. */
void multi_query_parse(struct str reply, const struct multi_query_options *options,
    struct arena *arena, struct multi_query *ret);

/* Appends s as it is compared: letters in lower case (ASCII), digits and decimal points; all else
 * is one blank. */
void multi_query_normalise(struct str s, struct buf *out);

#endif
