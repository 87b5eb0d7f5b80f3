/* extract.c - the table of graders; see extract.h. */
#include "metrics/extract.h"

#include "metrics/grade.h"

const struct grader *const grader_all[] = {
    &grade_aime_release, &grade_aime_strict, &grade_apple, &grade_release, &grade_strict, NULL};

const struct grader *grader_find(struct str name)
{
    for (size_t i = 0; grader_all[i]; i++)
        if (str_eqc(name, grader_all[i]->name))
            return grader_all[i];
    return NULL;
}

const struct grader *grader_for(struct str dataset, struct str name)
{
    bool whole = str_starts(dataset, STR("aime")) || str_eqc(dataset, "competition");

    if (whole && str_eqc(name, "strict"))
        return &grade_aime_strict;
    if (whole && str_eqc(name, "release"))
        return &grade_aime_release;
    return grader_find(name);
}
