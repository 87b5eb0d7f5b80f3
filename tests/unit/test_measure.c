/*
 * test_measure.c - what tasks measured beside their answers: rows of the store, and the tables of
 * budgets, of log-probabilities and of who answered made of them.
 *
 * The plan is written by hand as SQL. Expected numbers are computed by hand, and once more by
 * queries of SQLite itself.
 */
#include "harness/config/budget.h"
#include "harness/store/store_measure.h"
#include "harness/store/store_work.h"
#include "metrics/budget_use.h"
#include "metrics/likelihood.h"
#include "metrics/served.h"
#include "tests/unit/unit.h"

#include <math.h>
#include <sqlite3.h>

static struct err err;

#define DO(call)                                                                                   \
    do {                                                                                           \
        if (call)                                                                                  \
            fail_msg("%s: %s", #call, err.msg);                                                    \
    } while (0)

static struct store *open_at(const char *path, bool readonly)
{
    struct store *s = NULL;

    DO(store_open(path, &(struct store_options){.readonly = readonly}, &s, &err));
    return s;
}

static void run_sql(sqlite3 *db, const char *sql)
{
    char *why = NULL;

    if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
        fail_msg("%s: %s", sql, why);
}

/* The second opinion: one number. */
static double number(const char *path, const char *sql)
{
    sqlite3 *db;
    sqlite3_stmt *st;

    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    assert_int_equal(sqlite3_step(st), SQLITE_ROW);
    assert_int_not_equal(sqlite3_column_type(st, 0), SQLITE_NULL);
    double v = sqlite3_column_double(st, 0);
    sqlite3_finalize(st);
    sqlite3_close(db);
    return v;
}

/* Two arms, four queries of two clusters; tasks 1 to 40 exist, cells come later. */
static const char *plan(const char *name)
{
    const char *path = unit_path(name);
    sqlite3 *db;

    store_close(open_at(path, false));
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    run_sql(db, "INSERT INTO text VALUES(1, x'01', x'61');"
                "INSERT INTO context VALUES(1, 'c1', 'pears', '', 1);"
                "INSERT INTO context VALUES(2, 'c2', 'plums', '', 1);"
                "INSERT INTO query VALUES(1, 'c1/0', 1, 1, '4', '', '');"
                "INSERT INTO query VALUES(2, 'c1/1', 1, 1, '4', '', '');"
                "INSERT INTO query VALUES(3, 'c2/0', 2, 1, '4', '', '');"
                "INSERT INTO query VALUES(4, 'c2/1', 2, 1, '4', '', '');"
                "INSERT INTO arm VALUES(1, 'first', 'test_time', 'm', '', 0, 1, 0, '', 0);"
                "INSERT INTO arm VALUES(2, 'second', 'test_time', 'm', '', 0, 1, 0, '', 0);");
    sqlite3_close(db);
    return path;
}

static void cell(const char *path, int arm, int64_t level, int query, int task)
{
    char sql[200];
    sqlite3 *db;

    snprintf(sql, sizeof sql, "INSERT INTO cell VALUES(%d, %lld, %d, 0, 0, %d)", arm,
        (long long)level, query, task);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    run_sql(db, sql);
    sqlite3_close(db);
}

/* ---- budgets --------------------------------------------------------------------------------- */

static void answer(
    struct store *s, int64_t task, enum outcome outcome, int64_t visible, int64_t reasoning)
{
    struct usage u = {.in_uncached = 9,
        .in_cached = -1,
        .in_write = -1,
        .out_visible = visible,
        .out_reasoning = reasoning};

    DO(store_answer_put(s, task, outcome, STR("4"), u, &err));
}

static void forced(struct store *s, int64_t task, int64_t thinking, int64_t injected,
    int64_t extensions, int64_t ended)
{
    struct store_forcing f = {thinking, injected, thinking + 3, 7, extensions, ended, task % 2};

    DO(store_forcing_put(s, task, &f, &err));
}

static void fill_budgets(struct store *s)
{
    /* thinking:100 of the first arm */
    answer(s, 1, OUTCOME_OK, 5, 80);
    answer(s, 2, OUTCOME_OK, 5, 100);
    answer(s, 3, OUTCOME_BUDGET_VIOLATED, 5, 130);
    answer(s, 4, OUTCOME_TRUNCATED, 5, -1);
    /* forced:50 of the first arm; its third has no row of forcing */
    answer(s, 5, OUTCOME_OK, 300, -1);
    forced(s, 5, 41, 1, 2, 2);
    answer(s, 6, OUTCOME_OK, 300, -1);
    forced(s, 6, 50, 0, 0, 1);
    answer(s, 7, OUTCOME_REFUSAL, 300, -1);
    answer(s, 8, OUTCOME_BUDGET_VIOLATED, 300, -1);
    forced(s, 8, 53, 1, 1, 2);
    /* max:20 of both arms; they share a task */
    answer(s, 9, OUTCOME_OK, 12, 8);
    answer(s, 10, OUTCOME_OK, 5, -1);
    answer(s, 11, OUTCOME_OK, -1, -1);
    answer(s, 12, OUTCOME_OK, 21, -1);
    /* thinking:7 of the second arm, of which the server tells nothing */
    answer(s, 13, OUTCOME_OK, 40, -1);
    /* no number to hold against */
    answer(s, 14, OUTCOME_OK, 40, 40);
    answer(s, 15, OUTCOME_OK, 40, 40);
}

static const char *with_budgets(const char *name)
{
    const char *path = plan(name);
    const int64_t thinking = budget_level(BUDGET_THINKING, 100);
    const int64_t force = budget_level(BUDGET_FORCED, 50),
                  most = budget_level(BUDGET_MAX_TOKENS, 20);

    for (int q = 1; q <= 4; q++) {
        cell(path, 1, thinking, q, q);
        cell(path, 1, force, q, q + 4);
    }
    for (int q = 1; q <= 3; q++)
        cell(path, 1, most, q, q + 8);
    cell(path, 1, most, 4, 30); /* not answered yet */
    cell(path, 2, most, 1, 12);
    cell(path, 2, most, 2, 9);
    cell(path, 2, budget_level(BUDGET_THINKING, 7), 1, 13);
    cell(path, 2, budget_level(BUDGET_VERBOSITY, 2), 1, 14);
    cell(path, 2, LEVEL_EFFORT, 1, 15);
    cell(path, 2, LEVEL_NONE, 1, 15);
    cell(path, 2, budget_level(BUDGET_STEPS, 3), 1, 15);
    struct store *s = open_at(path, false);
    fill_budgets(s);
    store_close(s);
    return path;
}

/* A row as text: what is missing is "-". */
static void row_text(const struct table *t, size_t row, struct buf *out)
{
    buf_reset(out);
    for (size_t c = 0; c < table_columns(t); c++) {
        if (c)
            buf_putc(out, '|');
        if (table_is_missing(t, row, c))
            buf_putc(out, '-');
        else if (table_column(t, c)->type == COLUMN_STR)
            buf_str_add(out, table_get_str(t, row, c));
        else
            buf_printf(out, "%.6g", table_get_num(t, row, c));
    }
}

/* Every expected row is there once, and no other; the order of levels is budget.h's. */
static void rows_are(const struct table *t, const char *const *rows, size_t n)
{
    struct buf text = BUF_INIT;

    for (size_t i = 0; i < table_rows(t); i++) {
        size_t found = 0;
        row_text(t, i, &text);
        for (size_t k = 0; k < n; k++)
            found += strcmp(buf_cstr(&text), rows[k]) == 0;
        if (found != 1)
            fail_msg("%s has %s", table_name(t), buf_cstr(&text));
    }
    assert_int_equal(table_rows(t), n);
    buf_release(&text);
}

static void budgets_against_hand_and_sql(void **state)
{
    /* arm|budget|requested|mean|least|most|answers|reached|passed|violated|extensions|not told */
    static const char *const rows[] = {
        "first|thinking:100|100|103.333|80|130|4|1|1|1|0|1",
        "first|forced:50|50|47.3333|40|52|4|1|1|1|3|1", /* 41 - 1, 50, 53 - 1 */
        "first|max:20|20|12.5|5|20|3|1|0|0|0|1",
        "second|max:20|20|20.5|20|21|2|1|1|0|0|0",
        "second|thinking:7|7|-|-|-|1|0|0|0|0|1",
    };
    const char *path = with_budgets("budgets.db");
    struct store *s = open_at(path, true);
    struct table *t;

    (void)state;
    DO(budget_use_table(s, &t, &err));
    store_close(s);
    rows_are(t, rows, ARRAY_LEN(rows));
    static const struct {
        const char *budget, *mean, *passed;
    } again[] = {
        {"thinking:100", "avg(out_reasoning)", "sum(out_reasoning > 100)"},
        {"forced:50", "avg(thinking - injected)", "sum(thinking - injected > 50)"},
        {"max:20", "avg(out_visible + coalesce(out_reasoning, 0))",
            "sum(out_visible + coalesce(out_reasoning, 0) > 20)"},
    };
    for (size_t i = 0; i < ARRAY_LEN(again); i++) {
        int64_t level;
        char sql[300];
        assert_true(budget_level_read(str_c(again[i].budget), &level));
        for (size_t r = 0; r < table_rows(t); r++) {
            if (!str_eqc(table_get_str(t, r, 1), again[i].budget))
                continue;
            int arm = str_eqc(table_get_str(t, r, 0), "first") ? 1 : 2;
            const char *const what[] = {again[i].mean, again[i].passed, "count(*)"};
            const size_t columns[] = {3, 8, 6};
            for (size_t k = 0; k < ARRAY_LEN(what); k++) {
                snprintf(sql, sizeof sql,
                    "SELECT %s FROM cell JOIN answer USING(task) LEFT JOIN forcing USING(task) "
                    "WHERE arm = %d AND level = %lld",
                    what[k], arm, (long long)level);
                assert_true(fabs(number(path, sql) - table_get_num(t, r, columns[k])) < 1e-9);
            }
        }
    }
    table_free(t);
}

struct uses {
    size_t n;
    int64_t arm, level;
    struct store_use at[32];
};

static enum err_code on_use(const struct store_use *u, void *payload, struct err *e)
{
    struct uses *all = payload;

    (void)e;
    assert_true(u->arm > all->arm || (u->arm == all->arm && u->level >= all->level));
    all->arm = u->arm;
    all->level = u->level;
    all->at[all->n++] = *u;
    return OK;
}

static void uses_come_as_they_went(void **state)
{
    struct store *s = open_at(with_budgets("uses.db"), true);
    struct uses all = {.arm = 0, .level = INT64_MIN};
    size_t seen = 0;

    (void)state;
    DO(store_each_use(s, on_use, &all, &err));
    store_close(s);
    assert_int_equal(all.n, 18); /* 4 + 4 + 3 answered cells of the first arm, 7 of the second */
    for (size_t i = 0; i < all.n; i++) {
        const struct store_use *u = &all.at[i];
        if (!u->forced || u->forcing.thinking != 41)
            continue;
        seen++;
        assert_int_equal(u->arm, 1);
        assert_int_equal(u->level, budget_level(BUDGET_FORCED, 50));
        assert_int_equal(u->outcome, OUTCOME_OK);
        assert_int_equal(u->usage.out_visible, 300);
        assert_int_equal(u->usage.out_reasoning, -1);
        assert_int_equal(u->forcing.injected, 1);
        assert_int_equal(u->forcing.generated, 44);
        assert_int_equal(u->forcing.answer, 7);
        assert_int_equal(u->forcing.extensions, 2);
        assert_int_equal(u->forcing.ended, 2);
        assert_true(u->forcing.estimated);
    }
    assert_int_equal(seen, 1);
}

/* ---- log-probabilities ----------------------------------------------------------------------- */

static void scored(struct store *s, int64_t task, struct store_likelihood l)
{
    DO(store_likelihood_put(s, task, &l, &err));
}

static const char *with_scores(void)
{
    const char *path = plan("scores.db");

    for (int q = 1; q <= 3; q++)
        cell(path, 1, LEVEL_NONE, q, q);
    cell(path, 1, LEVEL_NONE, 4, 30); /* not scored yet */
    cell(path, 2, LEVEL_NONE, 1, 4);
    cell(path, 2, LEVEL_NONE, 3, 5);
    struct store *s = open_at(path, false);
    scored(s, 1, (struct store_likelihood){-10, -16, 5, 6, 22, 20, true, 0});
    scored(s, 2, (struct store_likelihood){-3, NAN, 2, 0, 8, 8, false, 2});
    scored(s, 3, (struct store_likelihood){NAN, NAN, 0, 0, 0, 0, false, 0});
    scored(s, 4, (struct store_likelihood){-1, -1, 0, 1, 4, 4, false, 0});
    scored(s, 5, (struct store_likelihood){-INFINITY, -2, 3, 3, 9, 9, true, 1});
    store_close(s);
    return path;
}

static void likelihoods_against_hand_and_sql(void **state)
{
    /* arm|query|cluster|given|tokens|per token|bits per char|alone|tokens|pmi|merged; the bits are
     * 10 / (20 ln 2), 3 / (8 ln 2) and 1 / (4 ln 2) */
    static const char *const rows[] = {
        "first|c1/0|pears|-10|5|-2|0.721348|-16|6|6|1",
        "first|c1/1|pears|-3|2|-1.5|0.541011|-|0|-|0",
        "first|c2/0|plums|-|0|-|-|-|0|-|0",
        "second|c1/0|pears|-1|0|-|0.360674|-1|1|0|0",
        "second|c2/0|plums|-|3|-|-|-2|3|-|1",
    };
    /* arm|queries|tokens|per token|bits|pmi|merged|clamped: means of those that have the number */
    static const char *const sums[] = {
        "first|3|7|-1.75|0.631179|6|1|2",
        "second|2|3|-|0.360674|0|1|1",
    };
    const char *path = with_scores();
    struct store *s = open_at(path, true);
    struct table *queries, *summary;

    (void)state;
    DO(likelihood_tables(s, &queries, &summary, &err));
    store_close(s);
    rows_are(queries, rows, ARRAY_LEN(rows));
    rows_are(summary, sums, ARRAY_LEN(sums));
#define OF_FIRST " FROM cell JOIN likelihood USING(task) WHERE arm = 1"
    assert_true(fabs(number(path, "SELECT avg(given / given_tokens)" OF_FIRST) -
                     table_get_num(summary, 0, 3)) < 1e-12);
    assert_true(fabs(number(path, "SELECT avg(-given / 0.6931471805599453 / chars)" OF_FIRST) -
                     table_get_num(summary, 0, 4)) < 1e-12);
    assert_true(number(path, "SELECT avg(given - alone)" OF_FIRST) == table_get_num(summary, 0, 5));
    assert_true(number(path, "SELECT sum(given_tokens)" OF_FIRST) == table_get_num(summary, 0, 2));
    table_free(queries);
    table_free(summary);
}

/* ---- edges ----------------------------------------------------------------------------------- */

static void nothing_measured_makes_no_rows(void **state)
{
    struct store *s = open_at(plan("nothing.db"), true);
    struct table *a, *b;

    (void)state;
    DO(budget_use_table(s, &a, &err));
    assert_int_equal(table_rows(a), 0);
    table_free(a);
    DO(likelihood_tables(s, &a, &b, &err));
    assert_int_equal(table_rows(a) + table_rows(b), 0);
    table_free(a);
    table_free(b);
    store_close(s);
}

/* A task that is done again after a crash between its rows has one row of each. */
static void a_second_row_replaces_the_first(void **state)
{
    const char *path = plan("twice.db");
    struct store *s = open_at(path, false);

    (void)state;
    forced(s, 1, 10, 0, 0, 1);
    forced(s, 1, 20, 0, 0, 1);
    scored(s, 1, (struct store_likelihood){-1, -1, 1, 1, 1, 1, false, 0});
    scored(s, 1, (struct store_likelihood){-2, -1, 1, 1, 1, 1, false, 0});
    store_close(s);
    assert_int_equal(number(path, "SELECT count(*) * 1000 + thinking FROM forcing"), 1020);
    assert_int_equal(number(path, "SELECT count(*) * 1000 + given FROM likelihood"), 998);
}

/* ---- who answered ---------------------------------------------------------------------------- */

static void call(struct store *s, int64_t task, int64_t n, enum outcome outcome, const char *served)
{
    struct store_call c = {.task = task,
        .n = n,
        .outcome = outcome,
        .usage = USAGE_UNKNOWN,
        .headers = STR(""),
        .why = STR(""),
        .served = str_c(served),
        .request = STR("{}"),
        .response = STR("{}")};

    DO(store_call_put(s, &c, &err));
}

static void fill_served(struct store *s)
{
    /* tasks 1 to 3 of the first arm, 3 and 4 of the second: a row of two names for the first only
     */
    call(s, 1, 0, OUTCOME_RATE_LIMITED, "m-old");
    call(s, 1, 1, OUTCOME_OK, "m-1 fingerprint=a");
    call(s, 2, 0, OUTCOME_OK, "m-2");
    call(s, 2, 1, OUTCOME_TRUNCATED, "m-1 fingerprint=a"); /* both names, one task */
    call(s, 2, 2, OUTCOME_OK, "m-2");
    call(s, 3, 0, OUTCOME_OK, "m-2");
    call(s, 4, 0, OUTCOME_OK, "m-2");
    call(s, 4, 1, OUTCOME_OK, "");
    /* the third arm sleeps: c'_0 and c'_1 are its own, c'_2 is that of a larger k */
    call(s, 20, 0, OUTCOME_OK, "s-1");
    call(s, 21, 0, OUTCOME_OK, "s-2");
    call(s, 22, 0, OUTCOME_OK, "s-3");
}

static void names_are_told_where_there_are_several(void **state)
{
    const char *path = plan("served.db");
    static const char *const rows[][4] = {
        {"first", "answers", "m-1 fingerprint=a", "2"},
        {"first", "answers", "m-2", "2"},
        {"third", "sleeps", "s-1", "1"},
        {"third", "sleeps", "s-2", "1"},
    };
    struct buf note = BUF_INIT, cells = BUF_INIT, want = BUF_INIT;
    struct store *s = open_at(path, false);
    struct table *t;
    sqlite3 *db;

    (void)state;
    DO(served_table(s, &t, &note, &err));
    assert_int_equal(table_rows(t), 0);
    assert_int_equal(note.n, 0);
    table_free(t);
    fill_served(s);
    store_close(s);
    cell(path, 1, 0, 1, 1);
    cell(path, 1, 0, 2, 2);
    cell(path, 1, 2, 2, 2); /* a task that two cells name is one */
    cell(path, 1, 0, 3, 3);
    cell(path, 2, 0, 3, 3);
    cell(path, 2, 0, 4, 4);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    run_sql(db, "INSERT INTO arm VALUES(3, 'third', 'sleep_time', 'm', 's', 2, 1, 7, '', 0);");
    run_sql(db, "INSERT INTO learned(task, context, sleep, j, repeat, text, outcome, calls, "
                "rethinks, refused, chars, empty) VALUES(20, 1, 7, 0, 0, 1, 1, 1, 1, 0, 1, 0), "
                "(21, 1, 7, 1, 0, 1, 1, 1, 1, 0, 1, 0), (22, 1, 7, 2, 0, 1, 1, 1, 1, 0, 1, 0);");
    sqlite3_close(db);
    s = open_at(path, true);
    DO(served_table(s, &t, &note, &err));
    assert_int_equal(table_rows(t), ARRAY_LEN(rows));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        buf_reset(&cells);
        buf_reset(&want);
        for (size_t c = 0; c < 3; c++) {
            buf_str_add(&cells, table_get_str(t, i, c));
            buf_puts(&cells, "|");
            buf_printf(&want, "%s|", rows[i][c]);
        }
        buf_printf(&cells, "%.0f", table_get_num(t, i, 3));
        buf_puts(&want, rows[i][3]);
        assert_string_equal(buf_cstr(&cells), buf_cstr(&want));
    }
    assert_string_equal(
        buf_cstr(&note), "first: m-1 fingerprint=a (2), m-2 (2); third, asleep: s-1 (1), s-2 (1)");
    table_free(t);
    store_close(s);
    buf_release(&note);
    buf_release(&cells);
    buf_release(&want);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(budgets_against_hand_and_sql),
        cmocka_unit_test(uses_come_as_they_went),
        cmocka_unit_test(likelihoods_against_hand_and_sql),
        cmocka_unit_test(nothing_measured_makes_no_rows),
        cmocka_unit_test(a_second_row_replaces_the_first),
        cmocka_unit_test(names_are_told_where_there_are_several),
    };

    return cmocka_run_group_tests(tests, NULL, unit_cleanup);
}
