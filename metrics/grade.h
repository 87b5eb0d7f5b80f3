/* grade.h - the graders there are; a new one is a file of its own and a line in extract.c. */
#ifndef METRICS_GRADE_H
#define METRICS_GRADE_H

#include "metrics/extract.h"

extern const struct grader grade_aime_release, grade_aime_strict, grade_apple, grade_release,
    grade_strict;

#endif
