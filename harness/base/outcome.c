/* outcome.c - names of outcomes and statuses, sums of usage; see outcome.h. */
#include "harness/base/outcome.h"

static const struct {
    const char *text;
    bool result;
} outcomes[] = {
#define OUTCOME_ROW(name, text, result) {text, result},
    OUTCOMES(OUTCOME_ROW)
#undef OUTCOME_ROW
};

const char *outcome_text(enum outcome o)
{
    return (size_t)o < ARRAY_LEN(outcomes) ? outcomes[o].text : "none";
}

bool outcome_is_result(enum outcome o)
{
    return (size_t)o < ARRAY_LEN(outcomes) && outcomes[o].result;
}

enum outcome outcome_from_text(struct str text)
{
    for (size_t i = 0; i < ARRAY_LEN(outcomes); i++)
        if (str_eqc(text, outcomes[i].text))
            return (enum outcome)i;
    return OUTCOME_NONE;
}

const char *status_text(enum answer_status s)
{
    static const char *const texts[] = {"correct", "wrong", "unparsed", "no_answer"};

    return (size_t)s < ARRAY_LEN(texts) ? texts[s] : "no_answer";
}

static int64_t add(int64_t a, int64_t b)
{
    return a < 0 ? b : b < 0 ? a : a + b;
}

struct usage usage_add(struct usage a, struct usage b)
{
    return (struct usage){
        .in_uncached = add(a.in_uncached, b.in_uncached),
        .in_cached = add(a.in_cached, b.in_cached),
        .in_write = add(a.in_write, b.in_write),
        .out_visible = add(a.out_visible, b.out_visible),
        .out_reasoning = add(a.out_reasoning, b.out_reasoning),
        .in_write_1h = add(a.in_write_1h, b.in_write_1h),
    };
}

int64_t usage_out(struct usage u)
{
    return add(u.out_visible, u.out_reasoning);
}

int64_t usage_in(struct usage u)
{
    return add(u.in_uncached, add(u.in_cached, u.in_write));
}
