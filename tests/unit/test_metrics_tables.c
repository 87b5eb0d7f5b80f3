/* test_metrics_tables.c - every table against numbers that numpy and scipy computed from items. */
#include "tests/unit/test_metrics_gold.h"

#define ROW(t, ...)                                                                                \
    gold_row((t), (const char *const[]){COLUMNS}, (const char *const[]){__VA_ARGS__},              \
        ARRAY_LEN(((const char *const[]){COLUMNS})))

static struct frame frame;

static int setup(void **state)
{
    gold_frame(&frame);
    *state = gold_analysis(&frame);
    return 0;
}

static int teardown(void **state)
{
    analysis_free(*state);
    frame_release(&frame);
    return 0;
}

static const char *digit(int v)
{
    static char text[2][8];
    static int which;

    which = !which;
    snprintf(text[which], sizeof text[which], "%d", v);
    return text[which];
}

static void test_accuracy(void **state)
{
    struct table *t = tables_accuracy(*state);

#define COLUMNS "arm", "level"
    assert_int_equal(table_rows(t), ARRAY_LEN(gold_accuracy));
    for (size_t i = 0; i < ARRAY_LEN(gold_accuracy); i++) {
        size_t r = ROW(t, gold_arms[gold_accuracy[i].arm].name, digit(gold_accuracy[i].level));
        gold_cell(t, r, "items", gold_accuracy[i].items);
        gold_cell(t, r, "accuracy", gold_accuracy[i].acc);
        gold_cell(t, r, "accuracy_lo", gold_accuracy[i].lo);
        gold_cell(t, r, "accuracy_hi", gold_accuracy[i].hi);
        gold_cell(t, r, "wilson_lo", gold_accuracy[i].wlo);
        gold_cell(t, r, "wilson_hi", gold_accuracy[i].whi);
        gold_cell(t, r, "deff", gold_accuracy[i].deff);
        gold_cell(t, r, "accuracy_ok", gold_accuracy[i].ok);
        gold_cell(t, r, "test_tok", gold_accuracy[i].tok);
        gold_cell(t, r, "test_tok_lo", gold_accuracy[i].tok_lo);
        gold_cell(t, r, "test_tok_hi", gold_accuracy[i].tok_hi);
        gold_cell(t, r, "failures", gold_accuracy[i].failures);
        gold_cell(t, r, "ungraded", gold_accuracy[i].ungraded);
        gold_cell(t, r, "clusters", GOLD_CLUSTERS);
        gold_cell(t, r, "test_in_uncached_tok", 200);
        gold_cell(t, r, "test_in_cached_tok", MISSING);
    }
#undef COLUMNS
    table_free(t);
}

static void test_passk(void **state)
{
    struct table *t = tables_passk(*state);

    assert_int_equal(table_rows(t), ARRAY_LEN(gold_passk));
    for (size_t r = 0; r < ARRAY_LEN(gold_passk); r++) {
        gold_cell(t, r, "k", gold_passk[r].k);
        gold_cell(t, r, "items", gold_passk[r].items);
        gold_cell(t, r, "short_items", GOLD_QUERIES - gold_passk[r].items);
        gold_cell(t, r, "pass_at_k", gold_passk[r].acc);
        gold_cell(t, r, "pass_at_k_lo", gold_passk[r].lo);
        gold_cell(t, r, "pass_at_k_hi", gold_passk[r].hi);
        gold_cell(t, r, "test_tok", gold_passk[r].tok);
        gold_cell(t, r, "sleep_accuracy", gold_passk[r].sleep);
        gold_cell(t, r, "sleep_gain", gold_passk[r].gain);
        gold_cell(t, r, "sleep_gain_lo", gold_passk[r].gain_lo);
        gold_cell(t, r, "sleep_gain_hi", gold_passk[r].gain_hi);
    }
    table_free(t);
}

static void test_ratio(void **state)
{
    struct table *t = tables_ratio(*state);
    size_t arm_column = tables_column(t, "arm"), form_column = tables_column(t, "form");

    /* each arm: three forms, two accuracies chosen beforehand, two budgets of the reference */
    assert_int_equal(table_rows(t), 2 * 7);
    for (size_t i = 0, r = 0; i < ARRAY_LEN(gold_ratio); i++, r++) {
        if (r == 5) /* rows about the reference's lowest budgets have no golden value here */
            r = 7;
        assert_str(table_get_str(t, r, arm_column), gold_arms[gold_ratio[i].arm].name);
        assert_str(table_get_str(t, r, form_column), gold_ratio[i].form);
        gold_cell(t, r, "ratio", gold_ratio[i].ratio);
        gold_cell(t, r, "ratio_lo", gold_ratio[i].lo);
        gold_cell(t, r, "ratio_hi", gold_ratio[i].hi);
        gold_cell(t, r, "lost_share", gold_ratio[i].lost);
        gold_cell(t, r, "accuracy_from", gold_ratio[i].from);
        gold_cell(t, r, "accuracy_to", gold_ratio[i].to);
        assert_str(table_get_str(t, r, tables_column(t, "status")),
            gold_ratio[i].lo == MISSING ? "interval not identified" : "identified");
    }
    table_free(t);
}

static const char *const comparisons[] = {
    "sleep - test only", "more c' - fewest c'", "sleep - context only"};

static void test_gain(void **state)
{
    struct table *t = tables_gain(*state);

#define COLUMNS "comparison", "arm", "form", "level"
    for (size_t i = 0; i < ARRAY_LEN(gold_gain); i++) {
        size_t r = ROW(t, comparisons[gold_gain[i].kind], gold_arms[gold_gain[i].arm].name, "level",
            digit(gold_gain[i].level));
        assert_str(table_get_str(t, r, tables_column(t, "ref")), gold_arms[gold_gain[i].ref].name);
        gold_cell(t, r, "items", gold_gain[i].items);
        gold_cell(t, r, "gain", gold_gain[i].gain);
        gold_cell(t, r, "gain_lo", gold_gain[i].lo);
        gold_cell(t, r, "gain_hi", gold_gain[i].hi);
        gold_cell(t, r, "relative", gold_gain[i].rel);
        gold_cell(t, r, "relative_lo", gold_gain[i].rel_lo);
        gold_cell(t, r, "relative_hi", gold_gain[i].rel_hi);
        gold_cell(t, r, "deff", gold_gain[i].deff);
        gold_cell(t, r, "simultaneous_lo", gold_gain[i].simultaneous);
    }
#undef COLUMNS
#define COLUMNS "comparison", "arm", "form"
    for (size_t i = 0; i < ARRAY_LEN(gold_gain_max); i++) {
        const char *arm = gold_arms[gold_gain_max[i].arm].name;
        size_t r = ROW(t, comparisons[gold_gain_max[i].kind], arm, "max_tokens");
        double most = -1, bound = -1;
        gold_cell(t, r, "gain", gold_gain_max[i].gain);
        gold_cell(t, r, "gain_lo", gold_gain_max[i].lo);
        gold_cell(t, r, "gain_hi", gold_gain_max[i].hi);
        gold_cell(t, r, "relative", gold_gain_max[i].rel);
        for (size_t j = 0; j < ARRAY_LEN(gold_gain); j++) {
            if (gold_gain[j].kind != gold_gain_max[i].kind ||
                gold_gain[j].arm != gold_gain_max[i].arm)
                continue;
            most = fmax(most, gold_gain[j].gain);
            bound = fmax(bound, gold_gain[j].simultaneous);
        }
        r = ROW(t, comparisons[gold_gain_max[i].kind], arm, "max_level");
        gold_cell(t, r, "gain", most);
        gold_cell(t, r, "simultaneous_lo", bound);
    }
#undef COLUMNS
    table_free(t);
}

static void test_reversal(void **state)
{
    struct table *t = tables_reversal(*state);

    assert_int_equal(table_rows(t), 2);
    for (size_t r = 0; r < 2; r++) { /* the first two golden rows compare with test only */
        gold_cell(t, r, "test_tok", gold_gain_max[r].reversal);
        assert_str(table_get_str(t, r, tables_column(t, "reversal")),
            gold_gain_max[r].reversal == MISSING ? "none within the shared range" : "reversal");
    }
    table_free(t);
}

/* Dominance recomputed from the printed table by its definition. */
static void test_frontier(void **state)
{
    struct table *t = tables_frontier(*state);
    size_t tok = tables_column(t, "test_tok"), acc = tables_column(t, "accuracy");
    size_t on = tables_column(t, "on_frontier"), oracle = tables_column(t, "oracle");
    size_t any = 0;

    assert_int_equal(table_rows(t), 5 + 5 + 5 + 4); /* context_only does not compete */
    for (size_t j = 0; j < table_rows(t); j++) {
        bool free_of = true;
        if (table_get_num(t, j, oracle) > 0) {
            assert_true(table_is_missing(t, j, on));
            continue;
        }
        for (size_t i = 0; i < table_rows(t); i++) {
            double dt = table_get_num(t, i, tok) - table_get_num(t, j, tok);
            double da = table_get_num(t, i, acc) - table_get_num(t, j, acc);
            if (table_get_num(t, i, oracle) == 0 && dt <= 0 && da >= 0 && (dt < 0 || da > 0))
                free_of = false;
        }
        assert_int_equal(table_get_num(t, j, on), free_of);
        any += free_of;
    }
    assert_true(any >= 3);
    table_free(t);
}

static void test_strata(void **state)
{
    struct table *t = tables_strata(*state);
    struct table *whole = tables_accuracy(*state);
    size_t n = tables_column(t, "items"), acc = tables_column(t, "accuracy");

    assert_int_equal(table_rows(t), 2 * table_rows(whole));
    for (size_t r = 0; r < table_rows(whole); r++) { /* the strata add up to the whole */
        double n0 = table_get_num(t, 2 * r, n), n1 = table_get_num(t, 2 * r + 1, n);
        double sum = n0 * table_get_num(t, 2 * r, acc) + n1 * table_get_num(t, 2 * r + 1, acc);
        gold_near(sum / (n0 + n1), table_get_num(whole, r, tables_column(whole, "accuracy")),
            "weighted strata");
    }
    table_free(t);
    table_free(whole);
}

/* Every table: notes that name the run and its source, and never a value that is no number. */
static void test_all_print(void **state)
{
    struct buf text = BUF_INIT;

    for (size_t i = 0; i < tables_count; i++) {
        struct table *t = tables_all[i].build(*state);
        assert_string_equal(table_name(t), tables_all[i].name);
        assert_true(tables_all[i].about[0] != 0);
        if (i)
            assert_true(strcmp(tables_all[i - 1].name, tables_all[i].name) < 0);
        buf_reset(&text);
        table_print(t, TABLE_CSV, &text);
        assert_non_null(strstr(buf_cstr(&text), "# run: 0123abcd\n"));
        assert_non_null(strstr(buf_cstr(&text), "# source: simulated"));
        assert_null(strstr(buf_cstr(&text), ",nan"));
        assert_null(strstr(buf_cstr(&text), ",-nan"));
        assert_null(strstr(buf_cstr(&text), ",inf"));
        assert_null(strstr(buf_cstr(&text), ",-inf"));
        table_free(t);
    }
    buf_release(&text);
}

/* The same cells in another order, and one more attempt: the same bytes. */
static void test_order_of_cells(void **state)
{
    const struct analysis *a = *state;
    struct frame g;
    struct buf x = BUF_INIT, y = BUF_INIT;

    frame_init(&g);
    for (size_t i = 0; i < a->frame->narms; i++)
        frame_arm_add(&g, &a->frame->arms[i]);
    for (size_t i = 0; i < a->frame->nqueries; i++)
        frame_query_add(&g, a->frame->queries[i].context, a->frame->queries[i].cluster_name,
            a->frame->queries[i].stratum_name);
    for (size_t i = a->frame->ncells; i > 0; i--)
        frame_cell_add(&g, &a->frame->cells[i - 1]);
    frame_finish(&g);
    struct analysis *b = gold_analysis(&g);
    for (size_t i = 0; i < tables_count; i++) {
        struct table *s = tables_all[i].build(a), *t = tables_all[i].build(b);
        buf_reset(&x);
        buf_reset(&y);
        table_print(s, TABLE_CSV, &x);
        table_print(t, TABLE_CSV, &y);
        assert_string_equal(buf_cstr(&x), buf_cstr(&y));
        table_free(s);
        table_free(t);
    }
    buf_release(&x);
    buf_release(&y);
    analysis_free(b);
    frame_release(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accuracy),
        cmocka_unit_test(test_passk),
        cmocka_unit_test(test_ratio),
        cmocka_unit_test(test_gain),
        cmocka_unit_test(test_reversal),
        cmocka_unit_test(test_frontier),
        cmocka_unit_test(test_strata),
        cmocka_unit_test(test_all_print),
        cmocka_unit_test(test_order_of_cells),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
