/* test_plots_figure.c - figures: their numbers are those of the tables, their labels are harmless,
 * and gnuplot draws them. */
#include "plots/figure.h"
#include "plots/gnuplot.h"
#include "tests/unit/test_metrics_gold.h"

#include <sys/stat.h>

static struct frame frame;
static struct analysis *analysis;

static int setup(void **state)
{
    (void)state;
    gold_frame(&frame);
    analysis = gold_analysis(&frame);
    return 0;
}

static int teardown(void **state)
{
    analysis_free(analysis);
    frame_release(&frame);
    return unit_cleanup(state);
}

static void need_gnuplot(void)
{
    struct err err = {0};

    if (gnuplot_draw(STR("plot x\n"), GNUPLOT_SVG, 100, 100, unit_path("probe.svg"), &err) ==
        ERR_NOT_FOUND) {
        print_message("SKIP: gnuplot is not installed\n");
        skip();
    }
}

static void read_file(const char *path, struct buf *ret)
{
    struct err err = {0};

    buf_reset(ret);
    if (file_read(path, 0, ret, &err))
        fail_msg("%s", err.msg);
}

static void test_list(void **state)
{
    (void)state;
    for (size_t i = 0; i < figure_count; i++) {
        const struct figure *fig = figure_all[i];
        assert_true(fig->id[0] && fig->title[0] && fig->about[0] && fig->panel);
        assert_ptr_equal(figure_find(str_c(fig->id)), fig);
    }
    assert_null(figure_find(STR("4")));
    assert_null(figure_find(STR("")));
}

static void test_labels(void **state)
{
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"gpt-4o mini (k=5)", "'gpt-4o mini (k=5)'"},
        {"a'b\"c`d\\e$f{g}", "'a?b?c?d?e?f?g?'"},
        {"<b>&amp\n\t\x1b[0m", "'?b??amp????0m'"},
        {"\xe6\xa8\xa1\xe5\x9e\x8b", "'\xe6\xa8\xa1\xe5\x9e\x8b'"}, /* letters of other scripts */
        {"x\xe2\x80\xaey", "'x?y'"},                                /* right-to-left override */
        {"\xff\xfe", "'?\?'"},
        {"", "''"},
    };
    struct buf b = BUF_INIT;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        buf_reset(&b);
        gnuplot_text(&b, str_c(cases[i].in));
        assert_string_equal(buf_cstr(&b), cases[i].out);
    }
    buf_reset(&b);
    char many[500];
    memset(many, 'x', sizeof many);
    gnuplot_text(&b, (struct str){many, sizeof many});
    assert_int_equal(b.n, GNUPLOT_LABEL + 2);
    buf_release(&b);
}

/* Lines that cross at x = 2, y = 2; the second begins later and ends earlier. */
static void test_area(void **state)
{
    static const double first[][2] = {{0, 0}, {4, 4}}, second[][2] = {{1, 3}, {3, 1}};
    static const struct sketch_area above[] = {{1, 1, 3}, {2, 2, 2}, {3, 3, 3}};
    static const struct sketch_area below[] = {{1, 1, 1}, {2, 2, 2}, {3, 3, 1}};
    struct sketch_area got[8];

    (void)state;
    assert_int_equal(sketch_between(first, 2, second, 2, true, got, 8), 3);
    for (size_t i = 0; i < 3; i++) {
        gold_near(got[i].x, above[i].x, "x");
        gold_near(got[i].from, above[i].from, "from");
        gold_near(got[i].to, above[i].to, "to");
    }
    assert_int_equal(sketch_between(first, 2, second, 2, false, got, 8), 3);
    for (size_t i = 0; i < 3; i++) {
        gold_near(got[i].from, below[i].from, "from");
        gold_near(got[i].to, below[i].to, "to");
    }
    assert_int_equal(sketch_between(first, 2, second, 2, true, got, 2), 2); /* no room */
    assert_int_equal(sketch_between(first, 2, second, 0, true, got, 8), 0);
    assert_int_equal(sketch_between(first, 1, second, 2, true, got, 8), 0); /* no shared x */
}

/* Every number of every data file stands in accuracy.csv or passk.csv. */
static void test_data_equals_tables(void **state)
{
    static const char *const same[] = {"accuracy", "accuracy_lo", "accuracy_hi", "test_tok",
        "test_tok_lo", "test_tok_hi", "items", "clusters", "failures"};
    static const char *const pass[] = {"pass_at_k", "pass_at_k_lo", "pass_at_k_hi", "test_tok",
        "test_tok_lo", "test_tok_hi", "items", "clusters", "failures"};
    struct table *accuracy = tables_accuracy(analysis), *passk = tables_passk(analysis);
    static const size_t rows[] = {10, 9, 15, 10}; /* figures 3, 5, 7, 21 */

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) { /* 26 wants several budgets of sleep */
        struct sketch s;
        struct buf why = BUF_INIT;
        assert_true(figure_sketch(figure_all[i], analysis, &s, &why));
        struct table *t = sketch_table(&s, analysis);
        assert_int_equal(table_rows(t), rows[i]);
        for (size_t r = 0; r < table_rows(t); r++) {
            struct str arm = table_get_str(t, r, tables_column(t, "arm"));
            bool pool = str_eqc(arm, "pool");
            char number[16], name[32];
            if (pool)
                snprintf(number, sizeof number, "%g", table_get_num(t, r, tables_column(t, "k")));
            else
                snprintf(number, sizeof number, "%.*s",
                    STR_ARG(table_get_str(t, r, tables_column(t, "level"))));
            snprintf(name, sizeof name, "%.*s", STR_ARG(arm));
            const struct table *from = pool ? passk : accuracy;
            size_t row = gold_row(from, (const char *const[]){"arm", pool ? "k" : "level"},
                (const char *const[]){name, number}, 2);
            for (size_t c = 0; c < ARRAY_LEN(same); c++)
                gold_cell(t, r, same[c],
                    table_get_num(from, row, tables_column(from, (pool ? pass : same)[c])));
        }
        table_free(t);
        sketch_release(&s);
        buf_release(&why);
    }
    table_free(accuracy);
    table_free(passk);
}

static void write_figure(const char *id, const struct analysis *a)
{
    struct sketch s;
    struct buf why = BUF_INIT;
    struct err err = {0};
    const struct figure *fig = figure_find(str_c(id));

    assert_true(figure_sketch(fig, a, &s, &why));
    if (figure_write_data(fig, &s, a, unit_dir(), &err) ||
        figure_draw(fig, &s, a, unit_dir(), &err))
        fail_msg("%s", err.msg);
    sketch_release(&s);
    buf_release(&why);
}

static void test_draw(void **state)
{
    struct buf svg = BUF_INIT, again = BUF_INIT, png = BUF_INIT, csv = BUF_INIT;

    (void)state;
    need_gnuplot();
    for (size_t i = 0; i < figure_count; i++) {
        char name[32];
        if (figure_all[i] == &figure_26)
            continue;
        write_figure(figure_all[i]->id, analysis);
        snprintf(name, sizeof name, "figure_%s.svg", figure_all[i]->id);
        read_file(unit_path(name), &svg);
        assert_non_null(strstr(buf_cstr(&svg), "</svg>"));
        assert_non_null(strstr(buf_cstr(&svg), "SIMULATED (phantom)"));
        assert_non_null(strstr(buf_cstr(&svg), "Avg. test-time tokens per question"));
        snprintf(name, sizeof name, "figure_%s.png", figure_all[i]->id);
        read_file(unit_path(name), &png);
        assert_true(png.n > 10000);
        assert_memory_equal(png.p, "\x89PNG\r\n", 6);
        snprintf(name, sizeof name, "figure_%s.csv", figure_all[i]->id);
        read_file(unit_path(name), &csv);
        assert_non_null(strstr(buf_cstr(&csv), "# run: 0123abcd\n# source: simulated"));
    }
    write_figure("3", analysis);
    read_file(unit_path("figure_3.svg"), &svg);
    write_figure("3", analysis);
    read_file(unit_path("figure_3.svg"), &again);
    assert_string_equal(buf_cstr(&svg), buf_cstr(&again));
    buf_release(&svg);
    buf_release(&again);
    buf_release(&png);
    buf_release(&csv);
}

/* A frame with one answer per arm, for a model of any name. */
static struct analysis *small(struct frame *f, struct str model, bool sleeps, bool simulated)
{
    static const char *const methods[] = {"test_time", "sleep_time"};

    frame_init(f);
    frame_query_add(f, 1, STR("c"), STR(""));
    for (uint16_t arm = 0; arm < 1 + sleeps; arm++) {
        frame_arm_add(f, &(struct frame_arm){.name = model,
                             .method = str_c(methods[arm]),
                             .model = model,
                             .k = arm,
                             .simulated = simulated});
        frame_cell_add(
            f, &(struct frame_cell){.arm = arm, .outcome = OUTCOME_OK, .tok = {1, 1, 1, 0, 0}});
    }
    frame_finish(f);
    return analysis_new(f, &(struct analysis_options){.replicates = 5, .seed = 1});
}

static void test_hostile_model(void **state)
{
    static const char name[] = "x';system('touch pwned');'`touch pwned`\n@M <script>{/Bold y}";
    struct frame f;
    struct buf svg = BUF_INIT;
    char here[512];

    (void)state;
    need_gnuplot();
    struct analysis *a = small(&f, str_c(name), true, false);
    assert_non_null(getcwd(here, sizeof here));
    assert_int_equal(chdir(unit_dir()), 0);
    write_figure("3", a); /* one point of zero tokens: the axes still have a range */
    write_figure("7", a);
    assert_int_equal(chdir(here), 0);
    assert_false(file_exists(unit_path("pwned")));
    read_file(unit_path("figure_3.svg"), &svg);
    assert_null(strstr(buf_cstr(&svg), "<script"));
    assert_null(strstr(buf_cstr(&svg), "SIMULATED"));
    assert_non_null(strstr(buf_cstr(&svg), "x?;system(?touch pwned?);??touch pwned??@M"));
    buf_release(&svg);
    analysis_free(a);
    frame_release(&f);
}

static void test_what_is_missing(void **state)
{
    struct frame f;
    struct sketch s;
    struct buf why = BUF_INIT;

    (void)state;
    struct analysis *a = small(&f, STR("m"), false, true);
    assert_false(figure_sketch(&figure_3, a, &s, &why));
    assert_non_null(strstr(buf_cstr(&why), "sleep_time"));
    sketch_release(&s);
    buf_reset(&why);
    assert_false(figure_sketch(&figure_21, a, &s, &why));
    sketch_release(&s);
    analysis_free(a);
    frame_release(&f);
    buf_release(&why);
}

/* One query, right at the level of an answer above 0; a test_time arm and sleepers by table. */
struct sleeper {
    int k;
    const char *by, *text;
    int64_t level;
    bool answered;
};

static struct analysis *sweep(struct frame *f, const struct sleeper *v, size_t n)
{
    frame_init(f);
    frame_query_add(f, 1, STR("c"), STR(""));
    for (size_t i = 0; i <= n; i++) {
        struct frame_arm arm = {.name = STR("base"), .method = STR("test_time")};
        if (i)
            arm = (struct frame_arm){.name = str_c(v[i - 1].text),
                .method = STR("sleep_time"),
                .sleep_model = str_c(v[i - 1].by),
                .k = v[i - 1].k,
                .sleep = (int)i,
                .sleep_level = v[i - 1].level,
                .sleep_text = str_c(v[i - 1].text)};
        arm.model = STR("m");
        arm.simulated = true;
        frame_arm_add(f, &arm);
        for (int level = 0; level < 2 && (i == 0 || v[i - 1].answered); level++)
            frame_cell_add(f, &(struct frame_cell){.arm = (uint16_t)i,
                                  .level = level,
                                  .outcome = OUTCOME_OK,
                                  .status = level ? STATUS_CORRECT : STATUS_WRONG,
                                  .tok = {1, 1, 1, 10 * ((int)i + 1) + level, 0}});
    }
    frame_finish(f);
    return analysis_new(f, &(struct analysis_options){.replicates = 5, .seed = 1});
}

/* Rising budgets of the smallest k and the first sleeper, whatever the order of the arms. */
static void test_sleep_budgets(void **state)
{
    static const struct sleeper sleepers[] = {{1, "s", "high", 104, true},
        {1, "s", "low", 102, true}, {5, "s", "medium", 103, true}, {1, "t", "xhigh", 105, true},
        {1, "s", "minimal", 101, false}, {1, "s", "none", 100, true}};
    static const char *const series[] = {
        "test-time only", "sleep budget none", "sleep budget low", "sleep budget high"};
    static const double tokens[] = {10, 70, 30, 20}; /* by place: 10 * (arm + 1) */
    struct buf why = BUF_INIT;
    struct sketch s;
    struct frame f;

    (void)state;
    struct analysis *a = sweep(&f, sleepers, ARRAY_LEN(sleepers));
    assert_true(figure_sketch(&figure_26, a, &s, &why));
    struct table *t = sketch_table(&s, a);
    assert_int_equal(table_rows(t), 2 * ARRAY_LEN(series));
    for (size_t r = 0; r < table_rows(t); r++) {
        assert_str(table_get_str(t, r, tables_column(t, "series")), series[r / 2]);
        gold_near(table_get_num(t, r, tables_column(t, "test_tok")),
            tokens[r / 2] + (double)(r % 2), "tokens");
        gold_near(table_get_num(t, r, tables_column(t, "accuracy")), (double)(r % 2), "accuracy");
    }
    table_free(t);
    sketch_release(&s);
    need_gnuplot();
    write_figure("26", a);
    struct buf svg = BUF_INIT;
    read_file(unit_path("figure_26.svg"), &svg);
    assert_non_null(strstr(buf_cstr(&svg), "SIMULATED (phantom)"));
    assert_non_null(strstr(buf_cstr(&svg), "sleep budget high"));
    assert_null(strstr(buf_cstr(&svg), "medium"));
    read_file(unit_path("figure_26.csv"), &svg);
    assert_non_null(strstr(buf_cstr(&svg), "# source: simulated"));
    buf_release(&svg);
    analysis_free(a);
    frame_release(&f);
}

/* One budget, or several of which one has answers, are no sweep. */
static void test_one_sleep_budget(void **state)
{
    static const struct sleeper sleepers[] = {
        {1, "s", "low", 102, true}, {1, "s", "high", 104, false}};
    struct buf why = BUF_INIT;
    struct sketch s;
    struct frame f;

    (void)state;
    for (size_t n = 0; n <= ARRAY_LEN(sleepers); n++) {
        struct analysis *a = sweep(&f, sleepers, n);
        buf_reset(&why);
        assert_false(figure_sketch(&figure_26, a, &s, &why));
        assert_string_equal(buf_cstr(&why),
            n ? "no model sleeps with more than one sleep budget"
              : "no model has graded answers with known tokens of the arm sleep_time");
        sketch_release(&s);
        analysis_free(a);
        frame_release(&f);
    }
    buf_release(&why);
}

static void test_no_gnuplot(void **state)
{
    struct err err = {0};
    char *path = xstrdup(getenv("PATH"));

    (void)state;
    setenv("PATH", unit_dir(), 1);
    enum err_code rc =
        gnuplot_draw(STR("plot x\n"), GNUPLOT_PNG, 100, 100, unit_path("none.png"), &err);
    setenv("PATH", path, 1);
    free(path);
    assert_int_equal(rc, ERR_NOT_FOUND);
    assert_message(err, "apt-get install gnuplot-nox");
    assert_false(file_exists(unit_path("none.png")));
}

/* A gnuplot in front of the real one that knows no cairo. */
static void test_png_without_cairo(void **state)
{
    struct err err = {0};
    struct buf script = BUF_INIT, search = BUF_INIT, png = BUF_INIT;
    char *path = xstrdup(getenv("PATH"));

    (void)state;
    need_gnuplot();
    buf_printf(&script,
        "#!/bin/sh\ngrep -q pngcairo \"$2\" && { echo unknown terminal >&2; exit 1; }\n"
        "PATH='%s' exec gnuplot \"$@\"\n",
        path);
    assert_int_equal(chmod(unit_file("gnuplot", buf_str(&script)), 0755), 0);
    buf_printf(&search, "%s:%s", unit_dir(), path);
    setenv("PATH", buf_cstr(&search), 1);
    enum err_code rc =
        gnuplot_draw(STR("plot x\n"), GNUPLOT_PNG, 200, 100, unit_path("plain.png"), &err);
    setenv("PATH", path, 1);
    unlink(unit_path("gnuplot"));
    if (rc)
        fail_msg("%s", err.msg);
    read_file(unit_path("plain.png"), &png);
    assert_memory_equal(png.p, "\x89PNG\r\n", 6);
    buf_release(&script);
    buf_release(&search);
    buf_release(&png);
    free(path);
}

static void test_bad_script(void **state)
{
    struct err err = {0};

    (void)state;
    need_gnuplot();
    assert_int_equal(
        gnuplot_draw(STR("plot nonsense(\n"), GNUPLOT_SVG, 100, 100, unit_path("bad.svg"), &err),
        ERR_FAILED);
    assert_message(err, "gnuplot failed");
    assert_false(file_exists(unit_path("bad.svg")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_list),
        cmocka_unit_test(test_labels),
        cmocka_unit_test(test_area),
        cmocka_unit_test(test_data_equals_tables),
        cmocka_unit_test(test_draw),
        cmocka_unit_test(test_hostile_model),
        cmocka_unit_test(test_what_is_missing),
        cmocka_unit_test(test_sleep_budgets),
        cmocka_unit_test(test_one_sleep_budget),
        cmocka_unit_test(test_no_gnuplot),
        cmocka_unit_test(test_png_without_cairo),
        cmocka_unit_test(test_bad_script),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
