/*
 * extract.h - from the text of an answer to a status: the graders.
 *
 * A grader is a pure function of two texts, the visible answer and the gold as the dataset writes
 * it; it never sees a budget, an arm or a model. These are there:
 *
 * strict   finds the number the answer commits to and compares exact rationals ("45" equals
 *          "45.0", "3/4" equals "0.75"); grade_strict.c has the rules.
 * release  the paper's released evaluator, fault for fault: the last match of
 *          (-?[$0-9.,]{2,})|(-?[0-9]+), without '$', ',' and outer points, is compared as a string;
 *          without a match the whole answer is.
 * apple    the rule GSM-Symbolic's authors recommend: without commas, the last -?\d+\.?\d* is
 *          compared as a floating-point number.
 * aime-strict, aime-release
 *          the whole number from 0 to 999 that the answer commits to, and the paper's released
 *          evaluator of AIME; a run of an AIME dataset means these by strict and release.
 *
 * Status: STATUS_NO_ANSWER for a blank answer, STATUS_UNPARSED when nothing can be compared,
 * STATUS_WRONG and STATUS_CORRECT otherwise. A text that is not UTF-8 is read byte by byte.
 * Cost is linear in the length of the answer.
 */
#ifndef METRICS_EXTRACT_H
#define METRICS_EXTRACT_H

#include "harness/base/arena.h"
#include "harness/base/outcome.h"

struct grader {
    const char *name, *help;
    /* *ret_value is the value that was compared, as text (a slice of answer or in the arena); empty
     * if there was none. */
    enum answer_status (*grade)(
        struct str answer, struct str gold, struct arena *arena, struct str *ret_value);
};

extern const struct grader *const grader_all[];    /* NULL-terminated, sorted by name */
const struct grader *grader_find(struct str name); /* NULL if unknown */
/* The grader that a run of a dataset (by its name) means by `name`; NULL if unknown. */
const struct grader *grader_for(struct str dataset, struct str name);

#endif
