/* fuzz_grade.c - any bytes as an answer, the first line as gold: every grader gives a status. */
#include "metrics/extract.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct str answer = {(const char *)data, n}, gold;
    struct arena arena = {0};

    if (!str_cut(&answer, '\n', &gold))
        return 0;
    for (size_t i = 0; grader_all[i]; i++) {
        struct str value = {NULL, 0};
        enum answer_status status = grader_all[i]->grade(answer, gold, &arena, &value);
        if (status >= STATUS_COUNT || (status == STATUS_NO_ANSWER && value.n))
            abort();
    }
    arena_release(&arena);
    return 0;
}
