/* budget.c - kinds of levels and their texts; see budget.h. */
#include "harness/config/budget.h"

#include "harness/base/base.h"

static const char *const efforts[] = {"none", "minimal", "low", "medium", "high", "xhigh", "max"};

/* The levels of a kind are base + least .. base + most. */
static const struct kind {
    const char *name, *prefix; /* prefix of the text of a kind that counts */
    int64_t base, least, most;
} kinds[] = {
    [BUDGET_NONE] = {"none", NULL, LEVEL_NONE, 0, 0},
    [BUDGET_VERBOSITY] = {"verbosity", NULL, 0, 0, LEVEL_VERBOSITY_MOST},
    [BUDGET_EFFORT] = {"effort", NULL, LEVEL_EFFORT, 0, ARRAY_LEN(efforts) - 1},
    [BUDGET_THINKING] = {"thinking", "thinking:", 200000000, 0, BUDGET_AMOUNT_MOST},
    [BUDGET_FORCED] = {"forced", "forced:", 400000000, 0, BUDGET_AMOUNT_MOST},
    [BUDGET_MAX_TOKENS] = {"max_tokens", "max:", 600000000, 1, BUDGET_AMOUNT_MOST},
    [BUDGET_STEPS] = {"steps", "steps:", 800000000, 1, BUDGET_AMOUNT_MOST},
    [BUDGET_NUMBER] = {"number", NULL, 1000000000, 0, BUDGET_AMOUNT_MOST},
};

enum budget_kind budget_kind_of(int64_t level)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (level >= kinds[i].base + kinds[i].least && level <= kinds[i].base + kinds[i].most)
            return (enum budget_kind)i;
    return BUDGET_NONE;
}

int64_t budget_amount(int64_t level)
{
    enum budget_kind kind = budget_kind_of(level);

    return kind == BUDGET_NONE ? 0 : level - kinds[kind].base;
}

int64_t budget_level(enum budget_kind kind, int64_t n)
{
    if (n < kinds[kind].least || n > kinds[kind].most)
        BUG("%lld is no %s budget", (long long)n, kinds[kind].name);
    return kinds[kind].base + n;
}

int64_t budget_least(enum budget_kind kind)
{
    return kinds[kind].least;
}

int64_t budget_most(enum budget_kind kind)
{
    return kinds[kind].most;
}

bool budget_counts(enum budget_kind kind)
{
    return kinds[kind].prefix != NULL;
}

const char *budget_kind_name(enum budget_kind kind)
{
    return kinds[kind].name;
}

bool budget_kind_find(struct str name, enum budget_kind *ret)
{
    for (size_t i = 0; i < BUDGET_NUMBER; i++)
        if (str_eqc(name, kinds[i].name)) {
            *ret = (enum budget_kind)i;
            return true;
        }
    return false;
}

const char *budget_effort(int64_t level)
{
    bool is = level >= LEVEL_EFFORT && level < LEVEL_EFFORT + (int64_t)ARRAY_LEN(efforts);

    return is ? efforts[level - LEVEL_EFFORT] : NULL;
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
    const struct kind *k = &kinds[budget_kind_of(level)];

    if (level == LEVEL_NONE)
        buf_puts(out, "default");
    else if (budget_effort(level))
        buf_puts(out, budget_effort(level));
    else if (k->prefix)
        buf_printf(out, "%s%lld", k->prefix, (long long)budget_amount(level));
    else
        buf_printf(out, "%lld", (long long)level);
}

/* Digits alone, at most as many as the largest amount has. */
static bool read_amount(struct str s, int64_t *ret)
{
    int64_t n = 0;

    for (size_t i = 0; i < s.n; i++) {
        if (!str_is_digit(s.p[i]) || i >= 9)
            return false;
        n = n * 10 + (s.p[i] - '0');
    }
    *ret = n;
    return s.n > 0;
}

bool budget_level_read(struct str text, int64_t *ret_level)
{
    int64_t n;

    if (str_eqc(text, "default")) {
        *ret_level = LEVEL_NONE;
        return true;
    }
    if (budget_effort_find(text, ret_level))
        return true;
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        struct str prefix = str_c(kinds[i].prefix ? kinds[i].prefix : "");
        bool reads = kinds[i].prefix || i == BUDGET_VERBOSITY;
        if (!reads || !str_starts(text, prefix) || !read_amount(str_from(text, prefix.n), &n))
            continue;
        if (n < kinds[i].least || n > kinds[i].most)
            return false;
        *ret_level = kinds[i].base + n;
        return true;
    }
    return false;
}
