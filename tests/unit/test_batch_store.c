/*
 * test_batch_store.c - rows of batches: what is ready, what is open, taking once, older stores.
 *
 * Five sleeping tasks (models 0, 0, 0, 0, 1) and an answering one are put in by SQL.
 */
#include "harness/store/store_batch.h"
#include "harness/store/store_spend.h"
#include "harness/store/store_work.h"
#include "tests/unit/unit.h"

#include <sqlite3.h>

static struct err err;
static struct arena arena;

#define DO(call)                                                                                   \
    do {                                                                                           \
        if (call)                                                                                  \
            fail_msg("%s: %s", #call, err.msg);                                                    \
    } while (0)

static void raw_sql(const char *path, const char *sql)
{
    sqlite3 *db;
    char *why = NULL;

    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
        fail_msg("%s", why);
    sqlite3_close(db);
}

static struct store *open_at(const char *path)
{
    struct store_options options = {.readonly = false};
    struct store *s = NULL;

    DO(store_open(path, &options, &s, &err));
    return s;
}

static struct store *planned(const char *name)
{
    const char *path = unit_path(name);

    store_close(open_at(path));
    raw_sql(path,
        "INSERT INTO text VALUES(1, x'01', x'63');"
        "INSERT INTO context VALUES(1, 'c', 'c', '', 1);"
        "INSERT INTO query VALUES(1, 'q', 1, 1, '1', '', '');"
        "INSERT INTO variant VALUES(1, 's0', 1, 0, 0, 0, 0, NULL, 1, 0);"
        "INSERT INTO variant VALUES(2, 's1', 1, 1, 0, 0, 0, NULL, 2, 0);"
        "INSERT INTO variant VALUES(3, 'a', 0, 0, 0, 0, 0, NULL, 0, 0);"
        "INSERT INTO task VALUES(1, x'01', 1, 1, NULL, 0, 0, 7), (2, x'02', 1, 1, NULL, 1, 0, 7), "
        "(3, x'03', 1, 1, NULL, 2, 0, 7), (4, x'04', 2, 1, NULL, 0, 0, 7), "
        "(5, x'05', 3, 1, 1, 0, 0, 7), (6, x'06', 1, 1, NULL, 3, 0, 7);");
    struct store *s = open_at(path);
    DO(store_batch_begin(s, &err));
    return s;
}

/* "1 2 3" of the tasks of model 0 that are ready. */
static const char *ready(struct store *s, int64_t after, bool tried, size_t most)
{
    static char text[100];
    int64_t keys[10];
    size_t n = 99;

    DO(store_batch_ready(s, 0, after, tried, 3, most, keys, &n, &err));
    text[0] = '\0';
    for (size_t i = 0; i < n; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%lld", i ? " " : "",
            (long long)keys[i]);
    return text;
}

static int64_t put(struct store *s, const char *tag, const int64_t *tasks, size_t n)
{
    struct store_batch b = {
        .model = 0, .tag = str_c(tag), .dialect = STR("openai"), .base = STR("u"), .meant_ms = 5};
    struct store_batch_line lines[8];

    for (size_t i = 0; i < n; i++)
        lines[i] = (struct store_batch_line){tasks[i], 0, true};
    DO(store_begin(s, &err));
    DO(store_batch_put(s, &b, lines, n, &err));
    DO(store_commit(s, &err));
    return b.key;
}

static void call_of(struct store *s, int64_t task, int64_t n, int64_t batch, enum outcome outcome)
{
    struct store_call c = {.task = task,
        .n = n,
        .outcome = outcome,
        .status = 200,
        .usage = {1, 0, 9, 1, 0, n ? 4 : -1}, /* what is written for an hour, from the second on */
        .headers = STR(""),
        .why = STR(""),
        .served = STR(""),
        .request = STR("{}"),
        .response = STR("{}"),
        .batch = batch};

    DO(store_call_put(s, &c, &err));
}

static void what_is_ready(void **state)
{
    struct store *s = planned("ready.db");
    int64_t n = -1;

    (void)state;
    assert_string_equal(ready(s, 0, false, 10), "1 2 3 6"); /* not model 1, not the answer */
    assert_string_equal(ready(s, 1, false, 2), "2 3");
    assert_string_equal(ready(s, 0, true, 10), "");
    call_of(s, 3, 0, 0, OUTCOME_TIMEOUT);
    assert_string_equal(ready(s, 0, true, 10), "3");
    int64_t key = put(s, "t", (int64_t[]){1, 3}, 2);
    assert_string_equal(ready(s, 0, false, 10), "2 6");
    DO(store_batch_end(s, key, STORE_BATCH_FAILED, STR("why"), &err));
    assert_string_equal(ready(s, 0, false, 10), "1 2 3 6");
    /* three failures of this process are enough, or one for good; a success begins anew */
    for (int i = 0; i < 2; i++)
        DO(store_batch_failed(s, 1, false, &err));
    assert_string_equal(ready(s, 0, false, 10), "1 2 3 6");
    DO(store_batch_went_well(s, 1, &err));
    for (int i = 0; i < 2; i++)
        DO(store_batch_failed(s, 1, false, &err));
    assert_string_equal(ready(s, 0, false, 10), "1 2 3 6");
    DO(store_batch_failed(s, 1, false, &err));
    DO(store_batch_failed(s, 2, true, &err));
    assert_string_equal(ready(s, 0, false, 10), "3 6");
    DO(store_batch_given_up(s, 3, &n, &err));
    assert_int_equal(n, 2);
    store_close(s);
    s = open_at(unit_path("ready.db")); /* another process */
    DO(store_batch_begin(s, &err));
    assert_string_equal(ready(s, 0, false, 10), "1 2 3 6");
    store_close(s);
}

static void a_line_is_taken_once(void **state)
{
    struct store *s = planned("once.db");
    struct store_batch *open;
    struct store_batch_line *lines;
    size_t n;
    int64_t left = -1;
    bool mine, known;

    (void)state;
    int64_t key = put(s, "first", (int64_t[]){1, 2}, 2);
    DO(store_batch_uploaded(s, key, STR("file-1"), &err));
    DO(store_batch_created(s, key, STR("batch_1"), &err));
    DO(store_batch_known(s, STR("batch_1"), &known, &err));
    assert_true(known);
    DO(store_batch_known(s, STR("batch_2"), &known, &err));
    assert_false(known);
    store_close(s);
    s = open_at(unit_path("once.db"));
    DO(store_batch_open(s, &arena, &open, &n, &err));
    assert_int_equal(n, 1);
    assert_int_equal(open[0].state, STORE_BATCH_CREATED);
    assert_str(open[0].tag, "first");
    assert_str(open[0].file, "file-1");
    assert_str(open[0].remote, "batch_1");
    assert_int_equal(open[0].lines, 2);
    assert_int_equal(open[0].meant_ms, 5);
    DO(store_batch_take(s, key, 1, 1, &mine, &err)); /* another attempt's */
    assert_false(mine);
    DO(store_batch_take(s, key, 6, 0, &mine, &err)); /* not in this batch */
    assert_false(mine);
    DO(store_begin(s, &err));
    DO(store_batch_take(s, key, 1, 0, &mine, &err));
    assert_true(mine);
    store_rollback(s); /* a kill before the commit */
    DO(store_batch_take(s, key, 1, 0, &mine, &err));
    assert_true(mine);
    DO(store_batch_take(s, key, 1, 0, &mine, &err));
    assert_false(mine);
    DO(store_batch_lines(s, key, &arena, &lines, &n, &err));
    assert_int_equal(n, 2);
    assert_false(lines[0].open);
    assert_true(lines[1].open);
    DO(store_batch_lines_open(s, &left, &err));
    assert_int_equal(left, 1);
    DO(store_batch_end(s, key, STORE_BATCH_COLLECTED, STR(""), &err));
    DO(store_batch_open(s, &arena, &open, &n, &err));
    assert_int_equal(n, 0);
    DO(store_batch_lines_open(s, &left, &err));
    assert_int_equal(left, 0);
    store_close(s);
}

/* The store itself refuses what would submit a task twice. */
static void a_task_is_in_one_open_line(void **state)
{
    struct store *s = planned("unique.db");
    struct store_batch b = {.tag = STR("b"), .dialect = STR("x"), .base = STR("u")};
    struct store_batch_line line = {2, 0, true};

    (void)state;
    (void)put(s, "a", (int64_t[]){1, 2}, 2);
    DO(store_begin(s, &err));
    assert_int_not_equal(store_batch_put(s, &b, &line, 1, &err), OK);
    store_rollback(s);
    b.tag = STR("a"); /* and a tag that was given already */
    line.task = 3;
    DO(store_begin(s, &err));
    assert_int_not_equal(store_batch_put(s, &b, &line, 1, &err), OK);
    store_rollback(s);
    store_close(s);
}

static int spent[2];
static int64_t for_an_hour[2][4]; /* of the first attempts, by batch or not */

static enum err_code count_spend(const struct store_spend *a, void *payload, struct err *e)
{
    (void)payload;
    (void)e;
    assert_int_equal(a->usage.in_write, 9);
    for_an_hour[a->batch][spent[a->batch]] = a->usage.in_write_1h;
    spent[a->batch]++;
    return OK;
}

static void calls_know_their_batch(void **state)
{
    struct store *s = planned("spend.db");

    (void)state;
    call_of(s, 1, 0, 4, OUTCOME_OK);
    call_of(s, 1, 1, 4, OUTCOME_OK);
    call_of(s, 5, 0, 0, OUTCOME_OK);
    DO(store_each_spend(s, count_spend, NULL, &err));
    assert_int_equal(spent[true], 2);
    assert_int_equal(spent[false], 1);
    assert_int_equal(for_an_hour[true][0], -1);
    assert_int_equal(for_an_hour[true][1], 4);
    assert_int_equal(for_an_hour[false][0], -1);
    store_close(s);
}

/* What the second version added is taken away: a store of the first. */
static void older_stores_open(void **state)
{
    const char *path = unit_path("older.db");
    struct store_options readonly = {.readonly = true};
    struct store *s = planned("older.db");

    (void)state;
    call_of(s, 1, 0, 0, OUTCOME_OK);
    store_close(s);
    raw_sql(path, "DROP TABLE batch_line; DROP TABLE batch; DROP TABLE forcing; "
                  "DROP TABLE likelihood; ALTER TABLE call DROP COLUMN batch; "
                  "ALTER TABLE call DROP COLUMN held_ns; ALTER TABLE call DROP COLUMN served; "
                  "ALTER TABLE call DROP COLUMN in_write_1h; "
                  "PRAGMA user_version = 1");
    spent[0] = spent[1] = 0;
    DO(store_open(path, &readonly, &s, &err));
    DO(store_each_spend(s, count_spend, NULL, &err));
    store_close(s);
    assert_int_equal(spent[false], 1);
    s = open_at(path);
    DO(store_batch_begin(s, &err));
    assert_int_equal(put(s, "t", (int64_t[]){2}, 1), 1);
    store_close(s);
}

static int cleanup(void **state)
{
    arena_release(&arena);
    return unit_cleanup(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_ready),
        cmocka_unit_test(a_line_is_taken_once),
        cmocka_unit_test(a_task_is_in_one_open_line),
        cmocka_unit_test(calls_know_their_batch),
        cmocka_unit_test(older_stores_open),
    };

    return cmocka_run_group_tests(tests, NULL, cleanup);
}
