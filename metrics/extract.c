/* extract.c - the table of graders; see extract.h. */
#include "metrics/extract.h"

#include "metrics/grade.h"

const struct grader *const grader_all[] = {&grade_apple, &grade_release, &grade_strict, NULL};

const struct grader *grader_find(struct str name)
{
    for (size_t i = 0; grader_all[i]; i++)
        if (str_eqc(name, grader_all[i]->name))
            return grader_all[i];
    return NULL;
}
