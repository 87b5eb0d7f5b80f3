/* test_plots_report.c - RESULTS.md and the files beside it. */
#include "plots/report.h"
#include "tests/unit/test_metrics_gold.h"

static struct frame frame;

static int setup(void **state)
{
    (void)state;
    gold_frame(&frame);
    return 0;
}

static enum err_code remove_file(const char *path, const char *name, void *payload, struct err *err)
{
    (void)name, (void)payload, (void)err;
    unlink(path);
    return OK;
}

static void clear(const char *dir)
{
    static const char *const below[] = {"tables", "figures", "."};
    char path[700];

    for (size_t i = 0; i < ARRAY_LEN(below); i++) {
        snprintf(path, sizeof path, "%s/%s", dir, below[i]);
        if (file_each(path, "", remove_file, NULL, NULL) == OK && i < 2)
            rmdir(path);
    }
}

static int teardown(void **state)
{
    frame_release(&frame);
    clear(unit_dir());
    return unit_cleanup(state);
}

static const double accuracies[] = {0.5, 0.7};

static struct report_info basic(void)
{
    static const struct report_note notes[] = {
        {"models", {"a|b <i> `c`", 11}},
        {"dataset", {"x\n# heading", 11}},
    };

    return (struct report_info){.title = STR("gold *run*"),
        .run = STR("0123abcd"),
        .grader = STR("strict"),
        .command = STR("sleepbench run gold.json\n--x"),
        .notes = notes,
        .nnotes = ARRAY_LEN(notes),
        .seed = GOLD_SEED,
        .replicates = GOLD_B,
        .accuracies = accuracies,
        .naccuracies = ARRAY_LEN(accuracies),
        .no_figures = "library mode <b>"};
}

static void read_results(struct buf *ret)
{
    struct err err = {0};

    buf_reset(ret);
    if (file_read(unit_path("RESULTS.md"), 0, ret, &err))
        fail_msg("%s", err.msg);
}

static bool has(const struct buf *b, const char *part)
{
    return strstr(buf_cstr(b), part) != NULL;
}

static void test_text(void **state)
{
    struct report_info info = basic();
    struct err err = {0};
    struct buf b = BUF_INIT;

    (void)state;
    clear(unit_dir());
    if (report_write(&frame, &info, unit_dir(), &err))
        fail_msg("%s", err.msg);
    read_results(&b);
    assert_true(has(&b, "# Results: gold \\*run\\*\n\n> **SIMULATED.**"));
    assert_true(has(&b, "| run digest | 0123abcd |"));
    assert_true(has(&b, "a\\|b \\<i\\> \\`c\\`"));
    assert_false(has(&b, "\n# heading"));
    assert_true(has(&b, "No figure is made: library mode \\<b\\>"));
    assert_true(has(&b, "    sleepbench run gold.json --x\n"));
    assert_true(has(&b, "With 12 clusters")); /* too few for percentile intervals */
    /* the golden values, rounded: primary ratio of k = 1, its interval, and the paper's form */
    assert_true(has(&b, "| 3.19 (2.50 to 3.90) | 4.13 (3.40 to 5.76) |"));
    assert_true(has(&b, "7.45, interval not identified"));
    assert_true(has(&b, "odd") == false); /* strata stay in their table */
    assert_false(file_is_dir(unit_path("figures")));
    for (size_t i = 0; i < tables_count; i++) {
        char name[64];
        snprintf(name, sizeof name, "tables/%s.csv", tables_all[i].name);
        assert_true(file_exists(unit_path(name)));
    }
    buf_release(&b);
}

/* Equal frames give equal bytes, and a second report replaces the first. */
static void test_same_bytes(void **state)
{
    struct report_info info = basic();
    struct err err = {0};
    struct buf first = BUF_INIT, second = BUF_INIT;

    (void)state;
    assert_int_equal(report_write(&frame, &info, unit_dir(), &err), OK);
    read_results(&first);
    assert_int_equal(report_write(&frame, &info, unit_dir(), &err), OK);
    read_results(&second);
    assert_string_equal(buf_cstr(&first), buf_cstr(&second));
    buf_release(&first);
    buf_release(&second);
}

static void test_extra_table(void **state)
{
    static const struct column columns[] = {{"share", "", COLUMN_NUM, 2}};
    struct table *t = table_new("coverage", columns, 1);
    const struct table *extra[] = {t};
    struct report_info info = basic();
    struct err err = {0};
    struct buf b = BUF_INIT;

    (void)state;
    table_row(t);
    table_num(t, 0.4375);
    info.extra = extra;
    info.nextra = 1;
    assert_int_equal(report_write(&frame, &info, unit_dir(), &err), OK);
    read_results(&b);
    assert_true(has(&b, "## Table: coverage\n\n| share |\n| --: |\n| 0.44 |"));
    assert_true(file_exists(unit_path("tables/coverage.csv")));
    table_free(t);
    buf_release(&b);
}

static void test_without_gnuplot(void **state)
{
    struct report_info info = basic();
    struct err err = {0};
    struct buf b = BUF_INIT;
    char *path = xstrdup(getenv("PATH"));

    (void)state;
    clear(unit_dir());
    info.no_figures = NULL;
    setenv("PATH", unit_dir(), 1);
    enum err_code rc = report_write(&frame, &info, unit_dir(), &err);
    setenv("PATH", path, 1);
    free(path);
    assert_int_equal(rc, ERR_NOT_FOUND);
    assert_message(err, "gnuplot");
    read_results(&b);
    assert_true(has(&b, "**Pictures are missing:**"));
    assert_true(has(&b, "[data](figures/figure_21.csv)"));
    assert_false(has(&b, "figure_3.png"));
    assert_true(file_exists(unit_path("figures/figure_7.csv")));
    assert_false(file_exists(unit_path("figures/figure_7.svg")));
    assert_true(file_exists(unit_path("tables/ratio.csv")));
    buf_release(&b);
}

static void test_chosen_figures(void **state)
{
    static const struct str ids[] = {{"5", 1}, {"99", 2}};
    struct report_info info = basic();
    struct err err = {0};
    struct buf b = BUF_INIT;

    (void)state;
    clear(unit_dir());
    info.no_figures = NULL;
    info.figures = ids;
    info.nfigures = 2;
    assert_int_equal(report_write(&frame, &info, unit_dir(), &err), ERR_USAGE);
    assert_message(err, "'99'");
    assert_false(file_exists(unit_path("RESULTS.md"))); /* told before anything is written */
    info.nfigures = 1;
    enum err_code rc = report_write(&frame, &info, unit_dir(), &err);
    assert_true(rc == OK || rc == ERR_NOT_FOUND); /* without gnuplot only the data file */
    read_results(&b);
    assert_true(has(&b, "### Figure 5."));
    assert_false(has(&b, "### Figure 3."));
    assert_false(file_exists(unit_path("figures/figure_3.csv")));
    buf_release(&b);
}

static void test_unwritable(void **state)
{
    struct report_info info = basic();
    struct err err = {0};
    struct buf path = BUF_INIT;

    (void)state;
    buf_printf(&path, "%s/below", unit_file("plain", STR("a file, not a directory")));
    assert_int_equal(report_write(&frame, &info, buf_cstr(&path), &err), ERR_USAGE);
    buf_release(&path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_same_bytes),
        cmocka_unit_test(test_extra_table),
        cmocka_unit_test(test_without_gnuplot),
        cmocka_unit_test(test_chosen_figures),
        cmocka_unit_test(test_unwritable),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
