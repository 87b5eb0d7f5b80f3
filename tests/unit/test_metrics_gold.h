/* test_metrics_gold.h - the frame of the golden data set (scripts/reference/stats_golden.py). */
#ifndef TESTS_UNIT_TEST_METRICS_GOLD_H
#define TESTS_UNIT_TEST_METRICS_GOLD_H

#include "metrics/analysis.h"
#include "metrics/tables.h"
#include "tests/data/golden_metrics.h"
#include "tests/unit/unit.h"

#include <math.h>

enum { GOLD_ARMS = ARRAY_LEN(gold_arms), GOLD_QUERIES = GOLD_CLUSTERS * GOLD_PER };

static inline void gold_near(double got, double expected, const char *what)
{
    if (!(fabs(got - expected) <= 1e-9 * fmax(1, fabs(expected))))
        fail_msg("%s: got %.15g, expected %.15g", what, got, expected);
}

static inline void gold_answer(char letter, struct frame_cell *c)
{
    static const struct {
        char letter;
        enum outcome outcome;
        int status;
    } letters[] = {
        {'c', OUTCOME_OK, STATUS_CORRECT},
        {'w', OUTCOME_OK, STATUS_WRONG},
        {'u', OUTCOME_OK, STATUS_UNPARSED},
        {'t', OUTCOME_TRUNCATED, STATUS_NO_ANSWER},
        {'k', OUTCOME_TRUNCATED, STATUS_CORRECT},
        {'p', OUTCOME_TIMEOUT, FRAME_UNGRADED},
        {'g', OUTCOME_OK, FRAME_UNGRADED},
    };

    for (size_t i = 0; i < ARRAY_LEN(letters); i++)
        if (letters[i].letter == letter) {
            c->outcome = (uint8_t)letters[i].outcome;
            c->status = (uint8_t)letters[i].status;
            return;
        }
    fail_msg("no answer is written '%c'", letter);
}

static inline void gold_cells(struct frame *f, size_t arm, size_t level)
{
    const char *letter = gold_arms[arm].cells[level];
    static uint32_t task;

    for (unsigned q = 0; letter && q < GOLD_QUERIES; q++)
        for (int rep = 0; rep < gold_arms[arm].repeats; rep++)
            for (int sample = 0; sample < gold_arms[arm].samples; sample++) {
                task++;
                struct frame_cell c = {.query = q,
                    .task = task,
                    .level = (int32_t)level,
                    .arm = (uint16_t)arm,
                    .repeat = (uint16_t)rep,
                    .sample = (uint16_t)sample,
                    .tok = {200, -1, -1,
                        gold_arms[arm].tok[level] + (int)(7 * q + 11u * rep + 3u * sample) % 17,
                        q % 5 == 0 ? -1 : (int)(q % 4)}};
                gold_answer(*letter++, &c);
                frame_cell_add(f, &c);
            }
}

static inline void gold_frame(struct frame *f)
{
    frame_init(f);
    for (size_t i = 0; i < GOLD_ARMS; i++)
        frame_arm_add(f, &(struct frame_arm){.name = str_c(gold_arms[i].name),
                             .method = str_c(gold_arms[i].method),
                             .model = STR("gold"),
                             .sleep_model = gold_arms[i].k ? STR("gold") : STR(""),
                             .k = gold_arms[i].k,
                             .sleep = gold_arms[i].k ? 1 : 0,
                             .k_list = i == 4 ? STR("1,2,4,8") : STR(""),
                             .simulated = true});
    for (unsigned q = 0; q < GOLD_QUERIES; q++) {
        char cluster[16];
        snprintf(cluster, sizeof cluster, "c%02u", q / GOLD_PER);
        frame_query_add(f, q / GOLD_PER + 1, str_c(cluster), q % 2 ? STR("odd") : STR("even"));
    }
    for (size_t i = 0; i < GOLD_ARMS; i++)
        for (size_t level = 0; level < 5; level++)
            gold_cells(f, i, level);
    frame_finish(f);
}

static inline struct analysis *gold_analysis(const struct frame *f)
{
    return analysis_new(f, &(struct analysis_options){.replicates = GOLD_B,
                               .seed = GOLD_SEED,
                               .run = STR("0123abcd"),
                               .accuracies = {0.5, 0.7},
                               .naccuracies = 2});
}

/* The first row whose cells in `columns` have these texts (numbers as "%g"). */
static inline size_t gold_row(
    const struct table *t, const char *const *columns, const char *const *texts, size_t n)
{
    for (size_t r = 0; r < table_rows(t); r++) {
        size_t equal = 0;
        for (size_t i = 0; i < n; i++) {
            size_t c = tables_column(t, columns[i]);
            char text[64];
            if (table_column(t, c)->type == COLUMN_STR)
                snprintf(text, sizeof text, "%.*s", STR_ARG(table_get_str(t, r, c)));
            else
                snprintf(text, sizeof text, "%g", table_get_num(t, r, c));
            equal += strcmp(text, texts[i]) == 0;
        }
        if (equal == n)
            return r;
    }
    fail_msg("table %s lacks the row %s %s", table_name(t), texts[0], n > 1 ? texts[1] : "");
    return 0;
}

/* A cell against a golden value; MISSING means an empty cell. */
static inline void gold_cell(const struct table *t, size_t row, const char *column, double expected)
{
    size_t c = tables_column(t, column);
    char what[96];

    snprintf(what, sizeof what, "%s row %zu %s", table_name(t), row, column);
    if (expected == MISSING) {
        if (!table_is_missing(t, row, c))
            fail_msg("%s: got %.15g, expected nothing", what, table_get_num(t, row, c));
        return;
    }
    if (table_is_missing(t, row, c))
        fail_msg("%s: got nothing, expected %.15g", what, expected);
    gold_near(table_get_num(t, row, c), expected, what);
}

#endif
