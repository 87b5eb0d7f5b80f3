/* report_text.c - the sections of RESULTS.md; see report_text.h. */
#include "plots/report_text.h"

#include "metrics/tables.h"
#include "plots/report_pick.h"

#include <string.h>

void report_text_plain(struct buf *out, struct str s)
{
    for (size_t i = 0; i < s.n;) {
        uint32_t cp = str_utf8_next(s, &i);
        bool mark = cp < 0x80 && cp && strchr("|\\`*_<>[]#&!~", (int)cp);
        if (cp < 0x20 || (cp >= 0x7F && cp < 0xA0) || (cp >= 0x200B && cp <= 0x200F) ||
            (cp >= 0x2028 && cp <= 0x202E) || (cp >= 0x2060 && cp <= 0x206F))
            cp = ' ';
        if (mark)
            buf_putc(out, '\\');
        buf_utf8(out, cp);
    }
}

static void notes(struct buf *out, const struct report_info *info)
{
    static const struct column columns[] = {
        {"what", "", COLUMN_STR, 0},
        {"value", "", COLUMN_STR, 0},
    };
    struct table *t = table_new("notes", columns, ARRAY_LEN(columns));

    for (size_t i = 0; i < info->nnotes; i++) {
        table_row(t);
        table_str(t, str_c(info->notes[i].key));
        table_str(t, info->notes[i].value);
    }
    table_row(t);
    table_str(t, STR("run digest"));
    table_str(t, info->run);
    table_row(t);
    table_str(t, STR("grader"));
    table_str(t, info->grader);
    table_print(t, TABLE_MARKDOWN, out);
    table_free(t);
}

/* A section: a sentence or two, then a narrow table of a wide one. */
struct section {
    const char *heading, *text;
    tables_build_fn *build;
    const char *filter, *value;
    struct report_pick picks[REPORT_PICKS];
};

#define COPY(heading, column)                                                                      \
    {                                                                                              \
        heading, REPORT_PICK_COPY, column, NULL, NULL, 0                                           \
    }
#define NUMBER(heading, column, digits)                                                            \
    {                                                                                              \
        heading, REPORT_PICK_NUMBER, column, NULL, NULL, digits                                    \
    }
#define INTERVAL(heading, column, digits)                                                          \
    {                                                                                              \
        heading, REPORT_PICK_INTERVAL, column, column "_lo", column "_hi", digits                  \
    }

/* First row from `row` on in which column holds text; table_rows if there is none. */
static size_t find_row(const struct table *t, size_t row, const char *column, struct str text)
{
    size_t c = tables_column(t, column);

    while (row < table_rows(t) && !str_eq(table_get_str(t, row, c), text))
        row++;
    return row;
}

/* First row of an arm against `ref` with this form. */
static size_t find_form(const struct table *t, struct str arm, struct str ref, const char *form)
{
    size_t row = 0;

    while ((row = find_row(t, row, "arm", arm)) < table_rows(t)) {
        if (str_eq(table_get_str(t, row, tables_column(t, "ref")), ref) &&
            str_eqc(table_get_str(t, row, tables_column(t, "form")), form))
            break;
        row++;
    }
    return row;
}

static void headline_cell(
    struct table *t, const struct table *from, size_t row, const struct report_pick *pick)
{
    struct buf cell = BUF_INIT;

    if (row < table_rows(from))
        report_pick_cell(from, row, pick, &cell);
    else
        buf_putc(&cell, '-');
    table_str(t, buf_str(&cell));
    buf_release(&cell);
}

/* One line a sleep arm: the numbers that the paper's claims are made of, with intervals. */
static void headline(struct buf *out, const struct analysis *a)
{
    static const struct column columns[] = {
        {"sleep arm", "", COLUMN_STR, 0},
        {"token ratio at equal accuracy", "", COLUMN_STR, 0},
        {"the paper's form (largest)", "", COLUMN_STR, 0},
        {"gain at the lowest budget", "", COLUMN_STR, 0},
        {"largest gain at a budget is at least", "", COLUMN_STR, 0},
        {"n", "", COLUMN_STR, 0},
        {"clusters", "", COLUMN_STR, 0},
        {"failed", "", COLUMN_STR, 0},
    };
    static const struct report_pick ratio_pick = {
        "ratio", REPORT_PICK_RATIO, "ratio", "ratio_lo", "ratio_hi", 2};
    static const struct report_pick gain_pick = INTERVAL("gain", "gain", 3);
    static const struct report_pick bound_pick = NUMBER("bound", "simultaneous_lo", 3);
    static const struct report_pick count_picks[] = {
        COPY("n", "items"), COPY("clusters", "clusters"), COPY("failed", "failures")};
    struct table *t = table_new("headline", columns, ARRAY_LEN(columns));
    struct table *ratio = tables_ratio(a), *gain = tables_gain(a);

    for (size_t row = 0; (row = find_row(ratio, row, "form", STR("overlap"))) < table_rows(ratio);
         row++) {
        struct str arm = table_get_str(ratio, row, tables_column(ratio, "arm"));
        struct str ref = table_get_str(ratio, row, tables_column(ratio, "ref"));
        table_row(t);
        table_str(t, arm);
        headline_cell(t, ratio, row, &ratio_pick);
        headline_cell(t, ratio, find_form(ratio, arm, ref, "max"), &ratio_pick);
        headline_cell(t, gain, find_form(gain, arm, ref, "level"), &gain_pick);
        headline_cell(t, gain, find_form(gain, arm, ref, "max_level"), &bound_pick);
        for (size_t i = 0; i < ARRAY_LEN(count_picks); i++)
            headline_cell(t, ratio, row, &count_picks[i]);
    }
    buf_puts(out, "\n## Headline\n\nSleep-time compute against test-time thinking alone; what the "
                  "columns mean is said in the sections below.\n\n");
    if (table_rows(t))
        table_print(t, TABLE_MARKDOWN, out);
    else
        buf_puts(
            out, "The run has no pair of a sleep_time arm and a test_time arm of one model.\n");
    table_free(t);
    table_free(ratio);
    table_free(gain);
}

void report_text_head(struct buf *out, const struct analysis *a, const struct report_info *info)
{
    const struct frame *f = a->frame;
    size_t planned = 0, observed = 0, failures = 0, truncated = 0;

    buf_puts(out, "# Results: ");
    report_text_plain(out, info->title);
    buf_puts(out, "\n\n");
    if (frame_simulated(f))
        buf_puts(out,
            "> **SIMULATED.** The answers come from the phantom, a program of known truth that "
            "calibrates the instrument. Nothing below is a claim about language models.\n\n");
    for (size_t i = 0; i < a->set.n; i++) {
        planned += a->set.series[i].planned;
        observed += a->set.series[i].observed;
        failures += a->set.series[i].failures;
        truncated += a->set.series[i].truncated;
    }
    buf_printf(out,
        "%zu questions in %zu clusters, %zu arms; %zu of %zu planned answers observed, %zu of "
        "them failed calls (counted as wrong), %zu truncated.\n",
        f->nqueries, f->nclusters, f->narms, observed, planned, failures, truncated);
    if (observed < planned)
        buf_printf(out, "\n**Not complete:** %zu answers are missing or not graded.\n",
            planned - observed);
    buf_printf(out,
        "Intervals are 95 %%: percentiles of %zu resamples of whole clusters (seed %llu), the same "
        "for all arms and budgets.\n\n## What was run\n\n",
        a->options.replicates, (unsigned long long)a->options.seed);
    notes(out, info);
    headline(out, a);
}

static const struct section sections[] = {
    {"Accuracy and tokens",
        "Per arm and test budget (level). `tokens` are output tokens of the test call, reasoning "
        "included. Failed calls count as wrong; `without failures` leaves them out. Wilson's "
        "interval uses n / max(1, deff). pass_at_k stands here with the mean over its samples.",
        tables_accuracy, NULL, NULL,
        {COPY("arm", "arm"), COPY("level", "level"), INTERVAL("accuracy", "accuracy", 3),
            {"Wilson", REPORT_PICK_RANGE, NULL, "wilson_lo", "wilson_hi", 3},
            NUMBER("without failures", "accuracy_ok", 3), INTERVAL("tokens", "test_tok", 1),
            COPY("n", "items"), COPY("clusters", "clusters"), NUMBER("deff", "deff", 2),
            COPY("K", "repeats"), COPY("failed", "failures"), COPY("truncated", "truncated"),
            COPY("unparsed", "unparsed"), COPY("no answer", "no_answer")}},
    {"Token ratio at equal accuracy",
        "Test tokens of test-time thinking alone over test tokens with sleep. `overlap` is the "
        "primary number: the geometric mean over the accuracies both reach. `fixed` is its "
        "sensitivity to the range, `max` the paper's headline form, the largest ratio at an "
        "observed point, biased upward by construction. `at` asks at one accuracy. Where more "
        "than 5 % of the resamples give no value the interval is not identified.",
        tables_ratio, NULL, NULL,
        {COPY("arm", "arm"), COPY("against", "ref"), COPY("form", "form"), COPY("about", "about"),
            {"accuracies", REPORT_PICK_RANGE, NULL, "accuracy_from", "accuracy_to", 3},
            {"ratio", REPORT_PICK_RATIO, "ratio", "ratio_lo", "ratio_hi", 2},
            NUMBER("lost", "lost_share", 3), COPY("n", "items"), COPY("clusters", "clusters"),
            NUMBER("deff", "deff_most", 2), COPY("K", "repeats"), COPY("failed", "failures")}},
    {"Where test-time thinking alone becomes as good",
        "Earliest tokens from which test-time thinking alone is at least as accurate, up to the "
        "end of the tokens both use.",
        tables_reversal, NULL, NULL,
        {COPY("arm", "arm"), COPY("against", "ref"), COPY("reversal", "reversal"),
            INTERVAL("tokens", "test_tok", 1), NUMBER("share of resamples", "replicate_share", 3),
            COPY("n", "items"), COPY("clusters", "clusters")}},
    {"Gain at equal budget: sleep against test-time only",
        "Paired differences in accuracy per budget; `max_level` is the largest with the "
        "simultaneous lower bound that an \"up to\" claim may state; `max_tokens` the largest "
        "difference of the curves over shared tokens (biased upward).",
        tables_gain, "comparison", "sleep - test only",
        {COPY("arm", "arm"), COPY("form", "form"), COPY("level", "level"),
            NUMBER("tokens", "test_tok", 1), INTERVAL("gain", "gain", 3),
            NUMBER("simultaneous lower bound", "simultaneous_lo", 3),
            INTERVAL("relative", "relative", 3), COPY("n", "items"), COPY("clusters", "clusters"),
            NUMBER("deff", "deff", 2), COPY("failed", "failures")}},
    {"Gain of more parallel learned contexts",
        "The same against the arm with the fewest learned contexts.", tables_gain, "comparison",
        "more c' - fewest c'",
        {COPY("arm", "arm"), COPY("form", "form"), COPY("level", "level"),
            NUMBER("tokens", "test_tok", 1), INTERVAL("gain", "gain", 3),
            NUMBER("simultaneous lower bound", "simultaneous_lo", 3),
            INTERVAL("relative", "relative", 3), COPY("n", "items"), COPY("clusters", "clusters"),
            NUMBER("deff", "deff", 2), COPY("failed", "failures")}},
    {"Parallel sampling (pass@k) and sleep at the same tokens",
        "pass@k lets an oracle pick; it costs k times the mean tokens. `sleep at these tokens` "
        "is the curve of the sleep arm with the fewest learned contexts, where it reaches.",
        tables_passk, NULL, NULL,
        {COPY("arm", "arm"), COPY("k", "k"), INTERVAL("pass@k", "pass_at_k", 3),
            INTERVAL("tokens", "test_tok", 1), NUMBER("sleep at these tokens", "sleep_accuracy", 3),
            INTERVAL("sleep - pass@k", "sleep_gain", 3), COPY("n", "items"),
            COPY("too few samples", "short_items"), COPY("clusters", "clusters"),
            NUMBER("deff", "deff", 2), COPY("samples", "samples"), COPY("failed", "failures")}},
    {"Context only",
        "Sleep minus seeing the context without the question: a small gap would mean that the "
        "questions can be guessed.",
        tables_gain, "comparison", "sleep - context only",
        {COPY("arm", "arm"), COPY("form", "form"), COPY("level", "level"),
            INTERVAL("gap", "gain", 3), COPY("n", "items"), COPY("clusters", "clusters"),
            NUMBER("deff", "deff", 2), COPY("failed", "failures")}},
    {"Spent asleep",
        "Per context, all its learned contexts together; `calls`, `rethinks` and `chars` per "
        "learned context. `refused`: texts over the memory limit.",
        tables_sleep, NULL, NULL,
        {COPY("arm", "arm"), INTERVAL("output tokens", "out_tok", 1),
            INTERVAL("input tokens", "in_tok", 1), COPY("contexts", "contexts"),
            COPY("clusters", "clusters"), COPY("learned", "learned"), NUMBER("calls", "calls", 2),
            NUMBER("rethinks", "rethinks", 2), NUMBER("chars", "chars", 0),
            COPY("refused", "refused"), COPY("empty", "empty"), COPY("truncated", "truncated"),
            COPY("failed", "failures"), COPY("pending", "pending")}},
    {"Identical draws",
        "Pairs of samples, and of learned contexts, that are equal byte for byte: near 1 there "
        "is nothing to choose from.",
        tables_identical, NULL, NULL,
        {COPY("pairs of", "pairs_of"), COPY("pairs", "pairs"), COPY("equal", "equal"),
            NUMBER("share", "equal_share", 4)}},
    {"Outcomes", "How every task ended.", tables_outcomes, NULL, NULL,
        {COPY("phase", "phase"), COPY("arm", "arm"), COPY("outcome", "outcome"),
            COPY("tasks", "tasks")}},
};

static void one_section(struct buf *out, const struct analysis *a, const struct section *s)
{
    struct table *t = s->build(a);
    size_t n = 0;

    while (n < REPORT_PICKS && s->picks[n].heading)
        n++;
    buf_printf(out, "\n## %s\n\n%s\n\n", s->heading, s->text);
    report_pick_print(t, s->picks, n, s->filter, s->value, out);
    table_free(t);
}

void report_text_body(struct buf *out, const struct analysis *a, const struct report_info *info)
{
    for (size_t i = 0; i < ARRAY_LEN(sections); i++)
        one_section(out, a, &sections[i]);
    for (size_t i = 0; i < info->nextra; i++) {
        buf_puts(out, "\n## Table: ");
        report_text_plain(out, str_c(table_name(info->extra[i])));
        buf_puts(out, "\n\n");
        if (table_rows(info->extra[i]))
            table_print(info->extra[i], TABLE_MARKDOWN, out);
        else
            buf_puts(out, "None in this run.\n");
    }
}

void report_text_foot(struct buf *out, const struct analysis *a, const struct report_info *info)
{
    struct buf line = BUF_INIT;

    buf_puts(out, "\n## Tables\n\nExact values with notes, one file each:\n\n");
    for (size_t i = 0; i < tables_count; i++)
        buf_printf(out, "- [%s](tables/%s.csv): %s\n", tables_all[i].name, tables_all[i].name,
            tables_all[i].about);
    buf_puts(out, "\n## Make it again\n\n    ");
    buf_collapse(&line, info->command);
    for (size_t i = 0; i < line.n; i++) /* an indented line is code: nothing in it is markup */
        buf_putc(out, (unsigned char)line.p[i] < 0x20 || line.p[i] == 0x7F ? '?' : line.p[i]);
    buf_puts(out, "\n");
    buf_release(&line);
    if (a->frame->nclusters < 20)
        buf_printf(out,
            "\nWith %zu clusters percentile intervals are too short (87 %% instead of 95 %% at "
            "12): read them with care.\n",
            a->frame->nclusters);
}
