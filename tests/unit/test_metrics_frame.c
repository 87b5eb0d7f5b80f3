/* test_metrics_frame.c - loading, sorting and counting: the store's reading side is replaced by
 * rows given here. */
#include "harness/store/store.h"
#include "metrics/frame_load.h"
#include "metrics/tables.h"
#include "tests/unit/unit.h"

/* ---- a store of five functions ------------------------------------------------------------ */

static struct store_arm fake_arms[] = {
    {.key = 1, .name = {"base", 4}, .method = {"test_time", 9}, .model = {"m", 1}, .samples = 1},
    {.key = 2,
        .name = {"sleep", 5},
        .method = {"sleep_time", 10},
        .model = {"m", 1},
        .sleep_model = {"m", 1},
        .k = 2,
        .samples = 1},
};
static struct store_query fake_queries[] = {
    {.key = 1, .context = 7, .cluster = {"zeta", 4}, .stratum = {"s", 1}},
    {.key = 2, .context = 7, .cluster = {"zeta", 4}, .stratum = {"s", 1}},
    {.key = 5, .context = 9, .cluster = {"alpha", 5}, .stratum = {"s", 1}},
};
#define TOKENS(v, r)                                                                               \
    {                                                                                              \
        100, 20, -1, v, r                                                                          \
    }
static struct store_cell fake_cells[] = {
    {.arm = 1, .query = 1, .task = 1, .outcome = OUTCOME_OK, .graded = true, .test = TOKENS(8, 2)},
    {.arm = 1,
        .query = 2,
        .task = 1, /* shared with the cell before */
        .outcome = OUTCOME_OK,
        .graded = true,
        .status = STATUS_WRONG,
        .test = TOKENS(8, 2)},
    {.arm = 1, .query = 5, .task = 3, .outcome = OUTCOME_TRUNCATED, .test = TOKENS(50, -1)},
    {.arm = 2, .query = 1, .task = 4, .outcome = OUTCOME_NONE, .test = TOKENS(-1, -1)},
    {.arm = 2, .query = 2, .task = 5, .outcome = OUTCOME_HTTP_ERROR, .test = TOKENS(-1, -1)},
    {.arm = 2,
        .query = 5,
        .task = 6,
        .outcome = OUTCOME_OK,
        .graded = true,
        .test = TOKENS(INT64_MAX, -1)},
};
static struct store_learned fake_learned[] = {
    {.context = 7,
        .sleep = 3,
        .j = 0,
        .outcome = OUTCOME_OK,
        .usage = TOKENS(30, 10),
        .calls = 4,
        .rethinks = 3,
        .chars = 200},
    {.context = 7,
        .sleep = 3,
        .j = 1,
        .outcome = OUTCOME_TRUNCATED,
        .usage = TOKENS(50, 10),
        .calls = 2,
        .rethinks = 1,
        .refused = 1,
        .chars = 100,
        .empty = true},
    {.context = 7, .sleep = 3, .j = 2, .outcome = OUTCOME_OK, .usage = TOKENS(999, 0)}, /* k = 2 */
    {.context = 9, .sleep = 3, .j = 1, .outcome = OUTCOME_OK, .usage = TOKENS(999, 0)}, /* no 0 */
};
static int fake_broken;

enum err_code store_arms(
    struct store *s, struct arena *arena, struct store_arm **ret, size_t *ret_n, struct err *err)
{
    (void)s, (void)arena, (void)err;
    *ret = fake_arms;
    *ret_n = ARRAY_LEN(fake_arms);
    return OK;
}

enum err_code store_queries(
    struct store *s, struct arena *arena, struct store_query **ret, size_t *ret_n, struct err *err)
{
    (void)s, (void)arena, (void)err;
    *ret = fake_queries;
    *ret_n = ARRAY_LEN(fake_queries);
    return OK;
}

enum err_code store_arm_sleep(struct store *s, int64_t arm, int64_t *ret_sleep, struct err *err)
{
    (void)s, (void)err;
    *ret_sleep = arm == 2 ? 3 : 0;
    return OK;
}

enum err_code store_sleep_level(struct store *s, int64_t sleep, int64_t *ret_level, struct err *err)
{
    (void)s, (void)err;
    assert_int_equal(sleep, 3);
    *ret_level = 103; /* an effort */
    return OK;
}

enum err_code store_each_cell(struct store *s, store_cell_fn *fn, void *payload, struct err *err)
{
    (void)s;
    for (size_t i = 0; i < ARRAY_LEN(fake_cells); i++)
        if (fn(&fake_cells[i], payload, err))
            return err->code;
    return OK;
}

enum err_code store_each_learned(
    struct store *s, store_learned_fn *fn, void *payload, struct err *err)
{
    (void)s;
    for (size_t i = 0; i < ARRAY_LEN(fake_learned); i++)
        if (fn(&fake_learned[i], payload, err))
            return err->code;
    return OK;
}

enum err_code store_identical(struct store *s, struct store_identical *ret, struct err *err)
{
    (void)s;
    if (fake_broken)
        return err_set(err, ERR_IO, "disk on fire");
    *ret = (struct store_identical){10, 4, 0, 0};
    return OK;
}

/* ---- loading ------------------------------------------------------------------------------- */

static void test_load(void **state)
{
    struct frame f;
    struct err err = {0};

    (void)state;
    assert_int_equal(frame_load(NULL, &f, &err), OK);
    assert_int_equal(f.narms, 2);
    assert_int_equal(f.arms[1].sleep, 3);
    assert_int_equal(f.arms[1].sleep_level, 103);
    assert_str(f.arms[1].sleep_text, "medium");
    assert_int_equal(f.arms[0].sleep_text.n, 0);
    assert_int_equal(f.arms[1].kind, FRAME_SLEEP_TIME);
    assert_int_equal(f.nclusters, 2);
    assert_str(f.clusters[0], "alpha"); /* by name, not by appearance */
    assert_int_equal(f.queries[0].cluster, 1);
    assert_int_equal(f.queries[2].cluster, 0);
    assert_int_equal(f.ncells, 6);
    assert_int_equal(f.cells[2].query, 2); /* key 5 */
    assert_int_equal(f.cells[2].status, FRAME_UNGRADED);
    assert_true(frame_observed(&f.cells[2])); /* failed: needs no grade */
    assert_false(frame_observed(&f.cells[3]));
    assert_false(frame_observed(&f.cells[4])); /* to be made again */
    assert_int_equal(f.cells[5].tok[FRAME_OUT_VISIBLE], INT32_MAX);
    assert_int_equal(frame_out(f.cells[2].tok), 50);
    assert_int_equal(frame_out(f.cells[3].tok), -1);
    assert_int_equal(sizeof(struct frame_cell), 40);
    assert_false(frame_simulated(&f));
    frame_release(&f);
    frame_release(&f); /* twice is fine */
}

static void test_damaged_store(void **state)
{
    struct frame f;
    struct err err = {0};

    (void)state;
    fake_cells[5].query = 77;
    assert_int_equal(frame_load(NULL, &f, &err), ERR_INPUT);
    assert_message(err, "query 77");
    fake_cells[5].query = 5;
    fake_cells[5].task = INT64_C(1) << 40;
    assert_int_equal(frame_load(NULL, &f, &err), ERR_INPUT);
    fake_cells[5].task = 6;
    fake_queries[2].key = -1;
    assert_int_equal(frame_load(NULL, &f, &err), ERR_INPUT);
    assert_message(err, "query with key -1");
    fake_queries[2].key = INT64_C(1) << 40; /* must not cost terabytes */
    assert_int_equal(frame_load(NULL, &f, &err), ERR_INPUT);
    fake_queries[2].key = 5;
    fake_broken = 1;
    assert_int_equal(frame_load(NULL, &f, &err), ERR_IO);
    assert_message(err, "disk on fire");
    fake_broken = 0;
}

/* ---- what is counted ------------------------------------------------------------------------ */

static struct analysis *loaded(struct frame *f)
{
    struct err err = {0};

    assert_int_equal(frame_load(NULL, f, &err), OK);
    return analysis_new(f, &(struct analysis_options){.replicates = 50, .seed = 1});
}

static double cell(const struct table *t, size_t row, const char *column)
{
    size_t c = tables_column(t, column);

    assert_false(table_is_missing(t, row, c));
    return table_get_num(t, row, c);
}

static void test_accuracy_counts(void **state)
{
    struct frame f;
    struct analysis *a = loaded(&f);
    struct table *t = tables_accuracy(a);

    (void)state;
    assert_int_equal(table_rows(t), 2);
    assert_true(cell(t, 0, "accuracy") == 1.0 / 3);
    assert_true(cell(t, 0, "accuracy_ok") == 0.5);
    assert_true(cell(t, 0, "failures") == 1 && cell(t, 0, "truncated") == 1);
    assert_true(cell(t, 0, "no_answer") == 1 && cell(t, 0, "wrong") == 1);
    assert_true(cell(t, 0, "test_tok") == (10 + 10 + 50) / 3.0);
    assert_true(cell(t, 0, "test_reasoning_tok") == 2); /* over the two that say */
    assert_true(table_is_missing(t, 0, tables_column(t, "test_in_write_tok")));
    assert_true(cell(t, 1, "planned") == 3 && cell(t, 1, "observed") == 1);
    table_free(t);
    analysis_free(a);
    frame_release(&f);
}

static void test_outcomes(void **state)
{
    static const struct {
        const char *phase, *arm, *outcome;
        double tasks;
    } rows[] = {
        {"test", "base", "ok", 1}, /* one task, two cells */
        {"test", "base", "truncated", 1},
        {"test", "sleep", "not done", 2}, /* the attempt that failed is no outcome */
        {"test", "sleep", "ok", 1},
        {"test", "all, each task once", "not done", 2},
        {"test", "all, each task once", "ok", 2},
        {"test", "all, each task once", "truncated", 1},
        {"sleep", "all, each task once", "ok", 3},
        {"sleep", "all, each task once", "truncated", 1},
    };
    struct frame f;
    struct analysis *a = loaded(&f);
    struct table *t = tables_outcomes(a);

    (void)state;
    assert_int_equal(table_rows(t), ARRAY_LEN(rows));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_str(table_get_str(t, i, 0), rows[i].phase);
        assert_str(table_get_str(t, i, 1), rows[i].arm);
        assert_str(table_get_str(t, i, 2), rows[i].outcome);
        assert_true(table_get_num(t, i, 3) == rows[i].tasks);
    }
    table_free(t);
    analysis_free(a);
    frame_release(&f);
}

static void test_sleep(void **state)
{
    struct frame f;
    struct analysis *a = loaded(&f);
    struct table *t = tables_sleep(a), *same = tables_identical(a);

    (void)state;
    assert_int_equal(table_rows(t), 1);
    assert_true(cell(t, 0, "out_tok") == 40 + 60); /* j = 0 and 1 of the one whole context */
    assert_true(cell(t, 0, "in_tok") == 240);
    assert_true(cell(t, 0, "contexts") == 1 && cell(t, 0, "pending") == 1);
    assert_true(cell(t, 0, "learned") == 2 && cell(t, 0, "clusters") == 1);
    assert_true(cell(t, 0, "calls") == 3 && cell(t, 0, "rethinks") == 2);
    assert_true(cell(t, 0, "chars") == 150 && cell(t, 0, "refused") == 1);
    assert_true(cell(t, 0, "empty") == 1 && cell(t, 0, "truncated") == 1);
    assert_true(cell(same, 0, "equal_share") == 0.4);
    assert_true(table_is_missing(same, 1, tables_column(same, "equal_share"))); /* no pair */
    table_free(t);
    table_free(same);
    analysis_free(a);
    frame_release(&f);
}

/* No question, no answer, one cluster: every table is made and nothing is invented. */
static void test_empty_and_tiny(void **state)
{
    struct buf text = BUF_INIT;

    (void)state;
    for (int size = 0; size < 3; size++) {
        struct frame f;
        frame_init(&f);
        size_t arm = frame_arm_add(&f,
            &(struct frame_arm){.name = STR("x"), .method = STR("test_time"), .model = STR("m")});
        if (size > 0)
            frame_query_add(&f, 1, STR("only"), STR(""));
        if (size > 1)
            frame_cell_add(&f, &(struct frame_cell){.arm = (uint16_t)arm,
                                   .outcome = OUTCOME_OK,
                                   .status = STATUS_CORRECT,
                                   .tok = {-1, -1, -1, -1, -1}});
        frame_finish(&f);
        struct analysis *a =
            analysis_new(&f, &(struct analysis_options){.replicates = 10, .seed = 1});
        for (size_t i = 0; i < tables_count; i++) {
            struct table *t = tables_all[i].build(a);
            buf_reset(&text);
            table_print(t, TABLE_CSV, &text);
            assert_null(strstr(buf_cstr(&text), ",nan"));
            table_free(t);
        }
        struct table *t = tables_accuracy(a);
        assert_int_equal(table_rows(t), size > 1);
        if (size > 1) {
            assert_true(cell(t, 0, "accuracy") == 1);
            assert_true(table_is_missing(t, 0, tables_column(t, "accuracy_lo")));
            assert_true(table_is_missing(t, 0, tables_column(t, "test_tok"))); /* never 0 */
            assert_true(table_is_missing(t, 0, tables_column(t, "deff")));
        }
        table_free(t);
        analysis_free(a);
        frame_release(&f);
    }
    buf_release(&text);
}

/* A store note or a name with line ends cannot start a line of its own. */
static void test_notes_are_lines(void **state)
{
    struct frame f;
    struct buf text = BUF_INIT;

    (void)state;
    frame_init(&f);
    frame_finish(&f);
    struct analysis *a = analysis_new(
        &f, &(struct analysis_options){.replicates = 1, .run = STR("x\n# source: model\r\n")});
    struct table *t = tables_accuracy(a);
    table_print(t, TABLE_CSV, &text);
    assert_non_null(strstr(buf_cstr(&text), "# run: x # source: model\n# source: model\n"));
    buf_release(&text);
    table_free(t);
    analysis_free(a);
    frame_release(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_load),
        cmocka_unit_test(test_damaged_store),
        cmocka_unit_test(test_accuracy_counts),
        cmocka_unit_test(test_outcomes),
        cmocka_unit_test(test_sleep),
        cmocka_unit_test(test_empty_and_tiny),
        cmocka_unit_test(test_notes_are_lines),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
