/*
 * test_store.c - the run database: versions, plan rows, work, scores and counts, by hand.
 *
 * The fixture is a plan of one context with two queries: two sleeps, a pool of three samples.
 */
#include "harness/store/pack.h"
#include "harness/store/store_plan.h"
#include "harness/store/store_work.h"
#include "tests/unit/unit.h"

#include <sqlite3.h>

static struct err err;
static struct arena arena;

/* Every call that must work. */
#define DO(call)                                                                                   \
    do {                                                                                           \
        if (call)                                                                                  \
            fail_msg("%s: %s", #call, err.msg);                                                    \
    } while (0)

static struct store *open_at(const char *path)
{
    struct store_options options = {.readonly = false};
    struct store *s = NULL;

    DO(store_open(path, &options, &s, &err));
    return s;
}

static int64_t text_key(struct store *s, const char *text)
{
    int64_t key = 0;

    DO(store_text_put(s, str_c(text), &key, &err));
    return key;
}

/* ---- files ----------------------------------------------------------------------------------- */

static void raw_sql(const char *path, const char *sql)
{
    sqlite3 *db;

    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static enum err_code try_open(const char *path, bool readonly)
{
    struct store_options options = {.readonly = readonly};
    struct store *s = NULL;

    err = (struct err){0};
    enum err_code code = store_open(path, &options, &s, &err);
    if (!code)
        store_close(s);
    return code;
}

static void test_files_that_are_not_ours(void **state)
{
    const char *path = unit_path("newer.db");

    (void)state;
    assert_int_equal(try_open(path, true), ERR_NOT_FOUND);
    assert_int_equal(try_open(path, false), OK);
    assert_int_equal(try_open(path, true), OK);
    raw_sql(path, "PRAGMA user_version=3");
    assert_int_equal(try_open(path, false), ERR_USAGE);
    assert_message(err, "schema version 3, this program knows 2");
    assert_int_equal(try_open(path, true), ERR_USAGE);

    path = unit_path("foreign.db");
    raw_sql(path, "CREATE TABLE mine(x)");
    assert_int_equal(try_open(path, false), ERR_USAGE);
    assert_message(err, "is not a run database");
    raw_sql(path, "DROP TABLE mine; PRAGMA application_id=7");
    assert_int_equal(try_open(path, false), ERR_USAGE);

    path = unit_file("text.db", STR("This is no database, but it is longer than a header of one "
                                    "hundred bytes, so that it is read as one."));
    assert_int_equal(try_open(path, false), ERR_USAGE);
    assert_message(err, "is not a run database");
    assert_int_equal(try_open(unit_path("no/dir.db"), false), ERR_IO);
}

static void test_meta_and_transactions(void **state)
{
    struct store *s = open_at(unit_path("meta.db"));
    struct buf v = BUF_INIT;
    bool found = true;

    (void)state;
    DO(store_meta_get(s, "config", &v, &found, &err));
    assert_false(found);
    DO(store_meta_set(s, "config", STR("one"), &err));
    DO(store_begin(s, &err));
    DO(store_begin(s, &err)); /* a second begin joins */
    DO(store_meta_set(s, "config", STR("two"), &err));
    store_rollback(s);
    DO(store_meta_get(s, "config", &v, &found, &err));
    assert_str(buf_str(&v), "one");
    DO(store_begin(s, &err));
    DO(store_meta_set(s, "config", STR("three"), &err));
    store_close(s); /* what is not committed is gone */
    s = open_at(unit_path("meta.db"));
    buf_reset(&v);
    DO(store_meta_get(s, "config", &v, &found, &err));
    assert_str(buf_str(&v), "one");
    buf_release(&v);
    store_close(s);
}

/* ---- a plan ---------------------------------------------------------------------------------- */

struct keys {
    int64_t sleep, arm_sleep, arm_pool, context, query[2], sleep_tasks[2], samples[3], answer;
};

static struct digest id_of(const char *name)
{
    return digest_of(str_c(name));
}

static int64_t put_task(const struct plan_sink *sink, const char *name, struct plan_task t)
{
    int64_t key;

    t.id = id_of(name);
    DO(sink->task(sink->payload, &t, &key, &err));
    return key;
}

static void put_cell(
    const struct plan_sink *sink, int64_t arm, int64_t query, int64_t sample, int64_t task)
{
    struct plan_cell c = {.arm = arm, .query = query, .sample = sample, .task = task};

    DO(sink->cell(sink->payload, &c, &err));
}

static struct split_query queries[] = {
    {.id = "c/0",
        .text = STR("How many?"),
        .gold = "4",
        .stratum = "",
        .solution = "pears of Ann = 4\n#### 4"},
    {.id = "c/1", .text = STR("How much?"), .gold = "5", .stratum = "deep", .solution = ""},
};
static const struct split context = {
    STR("c"), STR("cluster"), STR("plain"), STR("Ann has 4 pears."), false, queries, 2, 2};

static struct keys make_plan(struct store *s)
{
    struct plan_sink sink = store_plan_sink(s);
    struct plan_sleep sleep = {"m asleep", 0, 0.7, -1};
    struct plan_variant asleep = {
        .name = "sleep", .asleep = true, .temperature = 0.7, .max_tokens = FIELD_NONE};
    struct plan_variant plain = {.name = "plain", .temperature = 0.5, .max_tokens = 9};
    struct plan_variant memory = {.name = "memory", .form = FORM_MEMORY, .k = 2, .max_tokens = 9};
    struct plan_arm arm = {"m sleep_time k=2", "sleep_time", "m", "m", 2, 1, 0, "", true};
    struct plan_arm pool = {"m pass_at_k", "pass_at_k", "m", "", 0, 3, 0, "1,3", false};
    struct keys k;
    int64_t v_asleep, v_plain, v_memory;

    DO(store_begin(s, &err));
    DO(sink.sleep(s, &sleep, &k.sleep, &err));
    arm.sleep = asleep.sleep = memory.sleep = k.sleep;
    DO(sink.arm(s, &arm, &k.arm_sleep, &err));
    DO(sink.arm(s, &pool, &k.arm_pool, &err));
    DO(sink.variant(s, &asleep, &v_asleep, &err));
    DO(sink.variant(s, &plain, &v_plain, &err));
    DO(sink.variant(s, &memory, &v_memory, &err));
    DO(sink.context(s, &context, &k.context, &err));
    for (int q = 0; q < 2; q++)
        DO(sink.query(s, k.context, &context, &queries[q], &k.query[q], &err));
    for (int j = 0; j < 2; j++)
        k.sleep_tasks[j] = put_task(&sink, j ? "s1" : "s0",
            (struct plan_task){.variant = v_asleep, .context = k.context, .sample = j, .seed = 5});
    for (int i = 0; i < 3; i++) {
        static const char *const names[] = {"p0", "p1", "p2"};
        k.samples[i] = put_task(&sink, names[i],
            (struct plan_task){
                .variant = v_plain, .context = k.context, .query = k.query[0], .sample = i});
        put_cell(&sink, k.arm_pool, k.query[0], i, k.samples[i]);
    }
    k.answer = put_task(&sink, "a",
        (struct plan_task){.variant = v_memory, .context = k.context, .query = k.query[1]});
    put_cell(&sink, k.arm_sleep, k.query[1], 0, k.answer);
    DO(store_commit(s, &err));
    return k;
}

static void check_counts(struct store *s, int64_t tasks, int64_t done, int64_t asleep_done,
    int64_t calls, int64_t failed)
{
    struct store_counts c;

    DO(store_counts(s, &c, &err));
    assert_int_equal(c.tasks, tasks);
    assert_int_equal(c.done, done);
    assert_int_equal(c.asleep_done, asleep_done);
    assert_int_equal(c.calls, calls);
    assert_int_equal(c.failed_calls, failed);
}

static void test_planning_again_changes_nothing(void **state)
{
    struct store *s = open_at(unit_path("plan.db"));
    struct keys a, b;
    int64_t lost = 9;

    (void)state;
    a = make_plan(s);
    check_counts(s, 6, 0, 0, 0, 0);
    DO(store_plan_mark(s, &err));
    b = make_plan(s);
    assert_memory_equal(&a, &b, sizeof a);
    check_counts(s, 6, 0, 0, 0, 0);
    DO(store_plan_unmarked(s, &lost, &err));
    assert_int_equal(lost, 0);
    store_close(s);
    s = open_at(unit_path("plan.db"));
    DO(store_plan_mark(s, &err));
    struct plan_sink sink = store_plan_sink(s);
    DO(store_begin(s, &err));
    assert_int_equal(
        put_task(&sink, "p1", (struct plan_task){.variant = 1, .context = 1}), a.samples[1]);
    (void)put_task(&sink, "new", (struct plan_task){.variant = 1, .context = 1});
    DO(store_plan_unmarked(s, &lost, &err));
    assert_int_equal(lost, 5); /* all but p1; the new one was not there before */
    store_rollback(s);
    store_close(s);
}

static void test_a_query_keeps_its_text(void **state)
{
    struct store *s = open_at(unit_path("query.db"));
    struct keys k = make_plan(s);
    struct plan_sink sink = store_plan_sink(s);
    struct split_query other = queries[0];
    int64_t key;

    (void)state;
    other.text = STR("How few?");
    assert_int_equal(sink.query(s, k.context, &context, &other, &key, &err), ERR_USAGE);
    assert_message(err, "query \"c/0\" has another text");
    store_close(s);
}

/* An arm that moved behind another of its kind has its name: what it says must follow. */
static void test_an_arm_follows_its_plan(void **state)
{
    struct store *s = open_at(unit_path("arm.db"));
    struct plan_sink sink = store_plan_sink(s);
    struct plan_arm a = {"x", "sleep_time", "m", "m", 1, 1, 1, "", false};
    int64_t first, again, sleep = 0;

    (void)state;
    DO(sink.arm(s, &a, &first, &err));
    a.sleep = 2;
    a.sleep_model = "other";
    DO(sink.arm(s, &a, &again, &err));
    assert_int_equal(first, again);
    DO(store_arm_sleep(s, first, &sleep, &err));
    assert_int_equal(sleep, 2);
    store_close(s);
}

static void test_texts_are_stored_once(void **state)
{
    struct store *s = open_at(unit_path("text.db2"));
    struct buf back = BUF_INIT;
    static const char odd[] = "a\0b\xFF";

    (void)state;
    int64_t one = text_key(s, "one"), two = text_key(s, "two"), odd_key;
    assert_true(one != two);
    assert_int_equal(text_key(s, "one"), one);
    assert_true(text_key(s, "") > 0);
    DO(store_text_put(s, (struct str){odd, 4}, &odd_key, &err));
    DO(store_text_get(s, odd_key, &back, &err));
    assert_int_equal(back.n, 4);
    assert_memory_equal(back.p, odd, 4);
    assert_int_equal(store_text_get(s, 999, &back, &err), ERR_NOT_FOUND);
    buf_release(&back);
    store_close(s);
}

/* ---- work ------------------------------------------------------------------------------------ */

static void put_call(struct store *s, int64_t task, int64_t n, enum outcome outcome,
    const char *request, const char *response)
{
    struct store_call c = {.task = task,
        .n = n,
        .outcome = outcome,
        .status = 200,
        .usage = {10, -1, -1, 5, -1, -1},
        .request = str_c(request),
        .response = str_c(response)};

    DO(store_call_put(s, &c, &err));
}

static size_t pending(struct store *s, int64_t after, struct store_task *ret)
{
    size_t n = 0;

    DO(store_pending(s, after, false, 8, &arena, ret, &n, &err));
    return n;
}

static enum err_code collect(
    enum outcome outcome, long status, struct str response, void *payload, struct err *e)
{
    (void)status, (void)e;
    buf_printf(payload, "%s ", outcome_text(outcome));
    buf_str_add(payload, response);
    buf_putc(payload, ';');
    return OK;
}

static void test_resume(void **state)
{
    struct store *s = open_at(unit_path("work.db"));
    struct keys k = make_plan(s);
    struct store_task t[8];
    struct buf seen = BUF_INIT;

    (void)state;
    assert_int_equal(pending(s, 0, t), 6);
    assert_int_equal(t[0].key, k.sleep_tasks[0]);
    assert_int_equal(t[0].query, 0);
    assert_int_equal(t[0].seed, 5);
    assert_str(t[0].context_body, "Ann has 4 pears.");
    assert_str(t[5].query_body, "How much?");
    /* two results and a failed attempt of a sleep: it is not done, and goes on behind them */
    put_call(s, k.sleep_tasks[0], 0, OUTCOME_OK, "q", "r0");
    put_call(s, k.sleep_tasks[0], 1, OUTCOME_TIMEOUT, "q", "");
    put_call(s, k.sleep_tasks[0], 2, OUTCOME_TOOL_INVALID, "q", "r2");
    put_call(s, k.samples[0], 0, OUTCOME_RATE_LIMITED, "q", "");
    store_close(s);
    s = open_at(unit_path("work.db"));
    assert_int_equal(pending(s, 0, t), 6);
    assert_int_equal(t[0].calls, 3);
    assert_int_equal(t[1].calls, 0);
    assert_int_equal(t[2].calls, 1);
    DO(store_each_response(s, k.sleep_tasks[0], collect, &seen, &err));
    assert_str(buf_str(&seen), "ok r0;timeout ;tool_invalid r2;");
    check_counts(s, 6, 0, 0, 4, 2);
    DO(store_answer_put(s, k.samples[0], OUTCOME_REFUSAL, STR(""), USAGE_UNKNOWN, &err));
    assert_int_equal(pending(s, 0, t), 5);
    assert_int_equal(pending(s, k.samples[1], t), 2);
    check_counts(s, 6, 1, 0, 4, 2);
    buf_release(&seen);
    store_close(s);
}

static void test_bytes_come_back(void **state)
{
    struct store *s = open_at(unit_path("bytes.db"));
    struct keys k = make_plan(s);
    struct pack_text text = {.key = text_key(s, "a long text that is stored once, here"),
        .text = STR("a long text that is stored once, here")};
    static const char request[] = "{\"c\":\"a long text that is stored once, here\"}";
    struct buf packed = BUF_INIT, q = BUF_INIT, r = BUF_INIT;

    (void)state;
    pack_bytes(&packed, str_c(request), &text, 1);
    assert_true(packed.n < 20);
    struct store_call c = {.task = k.answer,
        .outcome = OUTCOME_OK,
        .request = buf_str(&packed),
        .response = {"\0r\0x\0y", 6}};
    DO(store_call_put(s, &c, &err));
    DO(store_call_bytes(s, k.answer << 16, &q, &r, &err));
    assert_str(buf_str(&q), request);
    assert_int_equal(r.n, 3);
    assert_memory_equal(r.p, "x\0y", 3);
    assert_int_equal(store_call_bytes(s, 12345, &q, &r, &err), ERR_NOT_FOUND);
    put_call(s, k.answer, 1, OUTCOME_OK, "q", "r");
    c.n = 2;
    c.request = (struct str){"\0e99\0", 5};
    DO(store_call_put(s, &c, &err));
    assert_int_equal(store_call_bytes(s, (k.answer << 16) + 2, &q, &r, &err), ERR_FAILED);
    c.n = 1 << 16;
    assert_int_equal(store_call_put(s, &c, &err), ERR_LIMIT);
    buf_release(&packed);
    buf_release(&q);
    buf_release(&r);
    store_close(s);
}

static void put_learned(struct store *s, const struct keys *k, int64_t j, const char *text)
{
    struct store_learned_new l = {.task = k->sleep_tasks[j],
        .context = text_key(s, "Ann has 4 pears."),
        .sleep = k->sleep,
        .j = j,
        .text = str_c(text),
        .outcome = OUTCOME_OK,
        .calls = 2,
        .rethinks = 1,
        .usage = {7, -1, -1, 3, 2, -1}};

    DO(store_learned_put(s, &l, &err));
}

static void test_memories_come_by_j(void **state)
{
    struct store *s = open_at(unit_path("memory.db"));
    struct keys k = make_plan(s);
    struct store_memory m[4];
    size_t n;
    int64_t at = text_key(s, "Ann has 4 pears.");

    (void)state;
    put_learned(s, &k, 1, "second");
    DO(store_memories(s, at, k.sleep, 0, 2, &arena, m, &n, &err));
    assert_int_equal(n, 1);
    put_learned(s, &k, 0, "");
    DO(store_memories(s, at, k.sleep, 0, 2, &arena, m, &n, &err));
    assert_int_equal(n, 2);
    assert_int_equal(m[0].text.n, 0);
    assert_str(m[1].text, "second");
    DO(store_memories(s, at, k.sleep, 0, 1, &arena, m, &n, &err));
    assert_int_equal(n, 1);
    DO(store_memories(s, at, k.sleep, 1, 2, &arena, m, &n, &err)); /* another repeat */
    assert_int_equal(n, 0);
    check_counts(s, 6, 2, 2, 0, 0);
    store_close(s);
}

/* ---- what metrics reads ---------------------------------------------------------------------- */

struct cells {
    struct store_cell v[8];
    size_t n;
};

static enum err_code keep_cell(const struct store_cell *c, void *payload, struct err *e)
{
    struct cells *cells = payload;

    (void)e;
    cells->v[cells->n++] = *c;
    return OK;
}

static enum err_code grade(const struct store_answer *a, void *payload, struct err *e)
{
    bool right = str_eq(a->text, a->gold);

    return store_score_put(
        payload, a->task, a->query, "strict", right ? STATUS_CORRECT : STATUS_WRONG, a->text, e);
}

static void test_cells_and_scores(void **state)
{
    struct store *s = open_at(unit_path("cells.db"));
    struct keys k = make_plan(s);
    struct cells cells = {.n = 0};

    (void)state;
    DO(store_answer_put(
        s, k.samples[0], OUTCOME_OK, STR("4"), (struct usage){9, 1, -1, 2, 0, -1}, &err));
    DO(store_answer_put(s, k.samples[1], OUTCOME_OK, STR("7"), USAGE_UNKNOWN, &err));
    DO(store_each_answer(s, "strict", false, grade, s, &err));
    DO(store_each_cell(s, keep_cell, &cells, &err));
    assert_int_equal(cells.n, 4);
    /* by arm, level, query, repeat, sample: the sleeping arm was put first */
    assert_int_equal(cells.v[0].arm, k.arm_sleep);
    assert_int_equal(cells.v[0].outcome, OUTCOME_NONE);
    assert_false(cells.v[0].graded);
    assert_int_equal(cells.v[1].status, STATUS_CORRECT);
    assert_int_equal(cells.v[1].test.in_uncached, 9);
    assert_int_equal(cells.v[1].test.in_write, -1);
    assert_int_equal(cells.v[1].test.out_reasoning, 0);
    assert_int_equal(cells.v[2].status, STATUS_WRONG);
    assert_int_equal(cells.v[2].test.out_visible, -1);
    assert_int_equal(cells.v[3].outcome, OUTCOME_NONE);
    store_use_grader(s, "apple");
    cells.n = 0;
    DO(store_each_cell(s, keep_cell, &cells, &err));
    assert_false(cells.v[1].graded);
    store_close(s);
}

static void test_identical_pairs(void **state)
{
    struct store *s = open_at(unit_path("same.db"));
    struct keys k = make_plan(s);
    struct store_identical same;

    (void)state;
    DO(store_identical(s, &same, &err));
    assert_int_equal(same.sample_pairs + same.sample_equal + same.learned_pairs, 0);
    /* three samples, two of them equal: 3 pairs, 1 equal */
    DO(store_answer_put(s, k.samples[0], OUTCOME_OK, STR("x"), USAGE_UNKNOWN, &err));
    DO(store_answer_put(s, k.samples[1], OUTCOME_OK, STR("y"), USAGE_UNKNOWN, &err));
    DO(store_answer_put(s, k.samples[2], OUTCOME_OK, STR("x"), USAGE_UNKNOWN, &err));
    DO(store_answer_put(s, k.answer, OUTCOME_OK, STR("x"), USAGE_UNKNOWN, &err));
    put_learned(s, &k, 0, "same");
    put_learned(s, &k, 1, "same");
    DO(store_identical(s, &same, &err));
    assert_int_equal(same.sample_pairs, 3);
    assert_int_equal(same.sample_equal, 1);
    assert_int_equal(same.learned_pairs, 1);
    assert_int_equal(same.learned_equal, 1);
    store_close(s);
}

static void test_outcomes_count_attempts(void **state)
{
    struct store *s = open_at(unit_path("outcomes.db"));
    struct keys k = make_plan(s);
    int64_t counts[OUTCOME_COUNT];

    (void)state;
    put_call(s, k.answer, 0, OUTCOME_TIMEOUT, "q", "");
    put_call(s, k.answer, 1, OUTCOME_TIMEOUT, "q", "");
    put_call(s, k.answer, 2, OUTCOME_OK, "q", "r");
    DO(store_outcomes(s, counts, &err));
    assert_int_equal(counts[OUTCOME_TIMEOUT], 2);
    assert_int_equal(counts[OUTCOME_OK], 1);
    assert_int_equal(counts[OUTCOME_NONE], 0);
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
        cmocka_unit_test(test_files_that_are_not_ours),
        cmocka_unit_test(test_meta_and_transactions),
        cmocka_unit_test(test_planning_again_changes_nothing),
        cmocka_unit_test(test_a_query_keeps_its_text),
        cmocka_unit_test(test_an_arm_follows_its_plan),
        cmocka_unit_test(test_texts_are_stored_once),
        cmocka_unit_test(test_resume),
        cmocka_unit_test(test_bytes_come_back),
        cmocka_unit_test(test_memories_come_by_j),
        cmocka_unit_test(test_cells_and_scores),
        cmocka_unit_test(test_identical_pairs),
        cmocka_unit_test(test_outcomes_count_attempts),
    };

    return cmocka_run_group_tests(tests, NULL, cleanup);
}
