/* budget.c - names of reasoning efforts; see budget.h. */
#include "harness/config/budget.h"

static const char *const efforts[] = {"none", "minimal", "low", "medium", "high", "xhigh"};

const char *budget_effort(int64_t level)
{
    int64_t i = level - LEVEL_EFFORT;

    return i >= 0 && i < (int64_t)ARRAY_LEN(efforts) ? efforts[i] : NULL;
}

bool budget_effort_find(struct str name, int64_t *ret_level)
{
    for (size_t i = 0; i < ARRAY_LEN(efforts); i++)
        if (str_eqc(name, efforts[i])) {
            *ret_level = LEVEL_EFFORT + (int64_t)i;
            return true;
        }
    return false;
}

void budget_level_print(int64_t level, struct buf *out)
{
    if (budget_effort(level))
        buf_puts(out, budget_effort(level));
    else
        buf_printf(out, "%lld", (long long)level);
}
