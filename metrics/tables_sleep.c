/* tables_sleep.c - what was spent asleep, how alike draws were, and how tasks ended. */
#include "metrics/tables.h"

#include <stdlib.h>

static const struct column sleep_columns[] = {
    {"arm", "", COLUMN_STR, 0},
    {"sleep_model", "", COLUMN_STR, 0},
    {"k", "", COLUMN_INT, 0},
    {"out_tok", "tokens", COLUMN_NUM, 1}, /* per context, all k together: S */
    {"out_tok_lo", "tokens", COLUMN_NUM, 1},
    {"out_tok_hi", "tokens", COLUMN_NUM, 1},
    {"in_tok", "tokens", COLUMN_NUM, 1},
    {"in_tok_lo", "tokens", COLUMN_NUM, 1},
    {"in_tok_hi", "tokens", COLUMN_NUM, 1},
    {"contexts", "", COLUMN_INT, 0},
    {"clusters", "", COLUMN_INT, 0},
    {"learned", "", COLUMN_INT, 0},
    {"pending", "", COLUMN_INT, 0},
    {"failures", "", COLUMN_INT, 0},
    {"truncated", "", COLUMN_INT, 0},
    {"empty", "", COLUMN_INT, 0},
    {"refused", "", COLUMN_INT, 0}, /* texts over the memory limit */
    {"calls", "", COLUMN_NUM, 2},   /* means per learned context */
    {"rethinks", "", COLUMN_NUM, 2},
    {"chars", "", COLUMN_NUM, 0},
};

struct table *tables_sleep(const struct analysis *a)
{
    struct table *t = tables_new(a, "sleep", sleep_columns, ARRAY_LEN(sleep_columns),
        "tokens per context over all its k learned contexts, mean over contexts; calls, rethinks "
        "and chars per learned context; pending: contexts whose k are not all done, left out");

    for (size_t i = 0; i < a->nsleeps; i++) {
        const struct sleepcost *c = &a->sleeps[i];
        const struct frame_arm *arm = &a->frame->arms[c->arm];
        table_row(t);
        table_str(t, arm->name);
        table_str(t, arm->sleep_model);
        table_int(t, arm->k);
        tables_point(t, a, c->out);
        tables_interval(t, resample_interval(&a->resample, c->out, NULL));
        tables_point(t, a, c->in);
        tables_interval(t, resample_interval(&a->resample, c->in, NULL));
        table_int(t, (int64_t)c->contexts);
        table_int(t, (int64_t)c->clusters);
        table_int(t, (int64_t)c->learned);
        table_int(t, (int64_t)c->pending);
        table_int(t, (int64_t)c->failures);
        table_int(t, (int64_t)c->truncated);
        table_int(t, (int64_t)c->empty);
        table_int(t, c->refused);
        tables_num_if(t, c->learned > 0, c->calls);
        tables_num_if(t, c->learned > 0, c->rethinks);
        tables_num_if(t, c->learned > 0, c->chars);
    }
    return t;
}

static const struct column identical_columns[] = {
    {"pairs_of", "", COLUMN_STR, 0},
    {"pairs", "", COLUMN_INT, 0},
    {"equal", "", COLUMN_INT, 0},
    {"equal_share", "share", COLUMN_NUM, 4},
};

static void identical_row(struct table *t, const char *what, int64_t pairs, int64_t equal)
{
    table_row(t);
    table_str(t, str_c(what));
    table_int(t, pairs);
    table_int(t, equal);
    tables_num_if(t, pairs > 0, pairs > 0 ? (double)equal / (double)pairs : 0);
}

struct table *tables_identical(const struct analysis *a)
{
    const struct frame_identical *same = &a->frame->identical;
    struct table *t = tables_new(a, "identical", identical_columns, ARRAY_LEN(identical_columns),
        "counted over all pairs, without an interval: samples of one question and budget, learned "
        "contexts of one context, sleep configuration and repeat, byte for byte");

    identical_row(t, "samples", same->sample_pairs, same->sample_equal);
    identical_row(t, "learned contexts", same->learned_pairs, same->learned_equal);
    return t;
}

static const struct column outcome_columns[] = {
    {"phase", "", COLUMN_STR, 0},
    {"arm", "", COLUMN_STR, 0},
    {"outcome", "", COLUMN_STR, 0},
    {"tasks", "", COLUMN_INT, 0},
};

/* Distinct tasks, as one byte each: keys are small integers. */
struct seen {
    bool *task;
    size_t n;
};

static struct seen seen_new(const struct frame *f)
{
    struct seen s = {.n = 1};

    for (size_t i = 0; i < f->ncells; i++)
        if (f->cells[i].task >= s.n)
            s.n = (size_t)f->cells[i].task + 1;
    s.task = xcalloc(s.n, sizeof *s.task);
    return s;
}

static bool first_time(const struct seen *s, uint32_t task)
{
    bool before = s->task[task];

    s->task[task] = task > 0; /* 0 is not named: cannot be shared */
    return !before;
}

/* What a task came to: an attempt that is to be made again is no result yet. */
static uint8_t final_outcome(uint8_t outcome)
{
    return outcome_is_result((enum outcome)outcome) ? outcome : OUTCOME_NONE;
}

static void outcome_rows(
    struct table *t, const char *phase, struct str arm, const int64_t counts[OUTCOME_COUNT])
{
    for (int o = 0; o < OUTCOME_COUNT; o++) {
        if (counts[o] == 0)
            continue;
        table_row(t);
        table_str(t, str_c(phase));
        table_str(t, arm);
        table_str(t, o == OUTCOME_NONE ? STR("not done") : str_c(outcome_text((enum outcome)o)));
        table_int(t, counts[o]);
    }
}

/* narms counts all arms together, every task once. */
static void test_rows(struct table *t, const struct frame *f, size_t arm)
{
    int64_t counts[OUTCOME_COUNT] = {0};
    struct seen seen = seen_new(f);
    bool all = arm == f->narms;

    for (size_t i = 0; i < f->ncells; i++) {
        const struct frame_cell *c = &f->cells[i];
        if ((all || c->arm == arm) && first_time(&seen, c->task))
            counts[final_outcome(c->outcome)]++;
    }
    outcome_rows(t, "test", all ? STR("all, each task once") : f->arms[arm].name, counts);
    free(seen.task);
}

struct table *tables_outcomes(const struct analysis *a)
{
    const struct frame *f = a->frame;
    int64_t asleep[OUTCOME_COUNT] = {0};
    struct table *t = tables_new(a, "outcomes", outcome_columns, ARRAY_LEN(outcome_columns),
        "final outcome of every task; tasks shared by arms count in each; attempts that were made "
        "again are not counted");

    for (size_t i = 0; i <= f->narms; i++)
        test_rows(t, f, i);
    for (size_t i = 0; i < f->nlearned; i++)
        asleep[final_outcome(f->learned[i].outcome)]++;
    outcome_rows(t, "sleep", STR("all, each task once"), asleep);
    return t;
}
