/* store_read.c - what metrics reads: arms, queries, cells, learned contexts, identical pairs. */
#include "harness/store/sql.h"

#include <string.h>

static void arm_row(sqlite3_stmt *st, struct arena *arena, void *item)
{
    *(struct store_arm *)item = (struct store_arm){
        .key = sqlite3_column_int64(st, 0),
        .name = arena_str(arena, sql_text(st, 1)),
        .method = arena_str(arena, sql_text(st, 2)),
        .model = arena_str(arena, sql_text(st, 3)),
        .sleep_model = arena_str(arena, sql_text(st, 4)),
        .k = sqlite3_column_int64(st, 5),
        .samples = sqlite3_column_int64(st, 6),
        .k_list = arena_str(arena, sql_text(st, 7)),
        .simulated = sqlite3_column_int64(st, 8) != 0,
    };
}

enum err_code store_arms(
    struct store *s, struct arena *arena, struct store_arm **ret, size_t *ret_n, struct err *err)
{
    static const char sql[] = "SELECT key, name, method, model, sleep_model, k, samples, k_list, "
                              "simulated FROM arm ORDER BY key";
    sqlite3_stmt *st;
    void *v;

    if (sql_prepare(s, sql, &st, err) ||
        sql_collect(s, st, sizeof **ret, arm_row, arena, &v, ret_n, err))
        return err->code;
    *ret = v;
    return OK;
}

static void query_row(sqlite3_stmt *st, struct arena *arena, void *item)
{
    *(struct store_query *)item = (struct store_query){
        .key = sqlite3_column_int64(st, 0),
        .context = sqlite3_column_int64(st, 1),
        .id = arena_str(arena, sql_text(st, 2)),
        .cluster = arena_str(arena, sql_text(st, 3)),
        .stratum = arena_str(arena, sql_text(st, 4)),
        .gold = arena_str(arena, sql_text(st, 5)),
    };
}

enum err_code store_queries(
    struct store *s, struct arena *arena, struct store_query **ret, size_t *ret_n, struct err *err)
{
    static const char sql[] = "SELECT q.key, c.text, q.id, c.cluster, q.stratum, q.gold "
                              "FROM query q JOIN context c ON c.key = q.context ORDER BY q.key";
    sqlite3_stmt *st;
    void *v;

    if (sql_prepare(s, sql, &st, err) ||
        sql_collect(s, st, sizeof **ret, query_row, arena, &v, ret_n, err))
        return err->code;
    *ret = v;
    return OK;
}

enum err_code store_arm_sleep(struct store *s, int64_t arm, int64_t *ret_sleep, struct err *err)
{
    static const char sql[] = "SELECT sleep FROM arm WHERE key = ?1";

    return sql_run_int(s, err, ret_sleep, sql, "i", arm);
}

enum err_code store_sleep_level(struct store *s, int64_t sleep, int64_t *ret_level, struct err *err)
{
    static const char sql[] =
        "SELECT coalesce(max(level), -1) FROM variant WHERE asleep AND sleep = ?1";

    return sql_run_int(s, err, ret_level, sql, "i", sleep);
}

struct cell_rows {
    store_cell_fn *fn;
    void *payload;
};

static enum err_code cell_row(sqlite3_stmt *st, void *payload, struct err *err)
{
    const struct cell_rows *r = payload;
    int64_t status = sql_int_or(st, 13, -1);
    struct store_cell c = {
        .arm = sqlite3_column_int64(st, 0),
        .level = sqlite3_column_int64(st, 1),
        .query = sqlite3_column_int64(st, 2),
        .repeat = sqlite3_column_int64(st, 3),
        .sample = sqlite3_column_int64(st, 4),
        .task = sqlite3_column_int64(st, 5),
        .context = sqlite3_column_int64(st, 6),
        .outcome = (enum outcome)sql_int_or(st, 7, OUTCOME_NONE),
        .test = sql_usage(st, 8),
        .graded = status >= 0,
        .status = status >= 0 ? (enum answer_status)status : STATUS_NO_ANSWER,
    };

    return r->fn(&c, r->payload, err);
}

enum err_code store_each_cell(struct store *s, store_cell_fn *fn, void *payload, struct err *err)
{
    static const char sql[] =
        "SELECT c.arm, c.level, c.query, c.repeat, c.sample, c.task, x.text, a.outcome, "
        "a.in_uncached, a.in_cached, a.in_write, a.out_visible, a.out_reasoning, o.status "
        "FROM cell c JOIN query q ON q.key = c.query JOIN context x ON x.key = q.context "
        "LEFT JOIN answer a ON a.task = c.task "
        "LEFT JOIN score o ON o.task = c.task AND o.query = c.query AND o.grader = ?1 "
        "ORDER BY c.arm, c.level, c.query, c.repeat, c.sample";
    struct cell_rows r = {fn, payload};
    sqlite3_stmt *st;

    if (sql_prepare(s, sql, &st, err) || sql_bind(s, st, err, "s", s->grader))
        return err->code;
    return sql_each(s, st, cell_row, &r, err);
}

struct learned_rows {
    store_learned_fn *fn;
    void *payload;
};

static enum err_code learned_row(sqlite3_stmt *st, void *payload, struct err *err)
{
    const struct learned_rows *r = payload;
    struct store_learned l = {
        .task = sqlite3_column_int64(st, 0),
        .context = sqlite3_column_int64(st, 1),
        .sleep = sqlite3_column_int64(st, 2),
        .j = sqlite3_column_int64(st, 3),
        .repeat = sqlite3_column_int64(st, 4),
        .outcome = (enum outcome)sqlite3_column_int64(st, 5),
        .calls = sqlite3_column_int64(st, 6),
        .rethinks = sqlite3_column_int64(st, 7),
        .refused = sqlite3_column_int64(st, 8),
        .chars = sqlite3_column_int64(st, 9),
        .empty = sqlite3_column_int64(st, 10) != 0,
        .usage = sql_usage(st, 11),
    };
    struct str digest = sql_text(st, 16);

    if (digest.n == DIGEST_LEN)
        memcpy(l.text.b, digest.p, DIGEST_LEN);
    return r->fn(&l, r->payload, err);
}

enum err_code store_each_learned(
    struct store *s, store_learned_fn *fn, void *payload, struct err *err)
{
    static const char sql[] =
        "SELECT l.task, l.context, l.sleep, l.j, l.repeat, l.outcome, l.calls, l.rethinks, "
        "l.refused, l.chars, l.empty, l.in_uncached, l.in_cached, l.in_write, l.out_visible, "
        "l.out_reasoning, x.digest FROM learned l JOIN text x ON x.key = l.text "
        "ORDER BY l.sleep, l.context, l.repeat, l.j";
    struct learned_rows r = {fn, payload};
    sqlite3_stmt *st;

    if (sql_prepare(s, sql, &st, err))
        return err->code;
    return sql_each(s, st, learned_row, &r, err);
}

struct target_rows {
    store_target_fn *fn;
    void *payload;
};

static enum err_code target_row(sqlite3_stmt *st, void *payload, struct err *err)
{
    const struct target_rows *r = payload;
    struct store_target t = {
        .query = sqlite3_column_int64(st, 0),
        .context = sqlite3_column_int64(st, 1),
        .target = sql_text(st, 2),
    };

    return r->fn(&t, r->payload, err);
}

enum err_code store_each_target(
    struct store *s, store_target_fn *fn, void *payload, struct err *err)
{
    static const char sql[] =
        "SELECT q.key, c.text, q.target FROM query q JOIN context c ON c.key = q.context "
        "WHERE q.target <> '' ORDER BY q.key";
    struct target_rows r = {fn, payload};
    sqlite3_stmt *st;

    if (sql_prepare(s, sql, &st, err))
        return err->code;
    return sql_each(s, st, target_row, &r, err);
}

struct learned_text_rows {
    store_learned_text_fn *fn;
    void *payload;
};

static enum err_code learned_text_row(sqlite3_stmt *st, void *payload, struct err *err)
{
    const struct learned_text_rows *r = payload;

    return r->fn(
        sqlite3_column_int64(st, 0), sqlite3_column_int64(st, 1), sql_text(st, 2), r->payload, err);
}

enum err_code store_each_learned_text(struct store *s, int64_t context, int64_t sleep,
    store_learned_text_fn *fn, void *payload, struct err *err)
{
    static const char sql[] =
        "SELECT l.j, l.repeat, x.body FROM learned l JOIN text x ON x.key = l.text "
        "WHERE l.context = ?1 AND l.sleep = ?2 ORDER BY l.repeat, l.j";
    struct learned_text_rows r = {fn, payload};
    sqlite3_stmt *st;

    if (sql_prepare(s, sql, &st, err) || sql_bind(s, st, err, "ii", context, sleep))
        return err->code;
    return sql_each(s, st, learned_text_row, &r, err);
}

static enum err_code outcome_row(sqlite3_stmt *st, void *payload, struct err *err)
{
    int64_t *counts = payload, outcome = sqlite3_column_int64(st, 0);

    (void)err; /* cannot fail */
    if (outcome >= 0 && outcome < OUTCOME_COUNT)
        counts[outcome] = sqlite3_column_int64(st, 1);
    return OK;
}

enum err_code store_outcomes(struct store *s, int64_t *ret_counts, struct err *err)
{
    static const char sql[] = "SELECT outcome, count(*) FROM call GROUP BY outcome";
    sqlite3_stmt *st;

    memset(ret_counts, 0, OUTCOME_COUNT * sizeof *ret_counts);
    if (sql_prepare(s, sql, &st, err))
        return err->code;
    return sql_each(s, st, outcome_row, ret_counts, err);
}

static enum err_code two_numbers(
    struct store *s, const char *sql, int64_t *ret_a, int64_t *ret_b, struct err *err)
{
    sqlite3_stmt *st;
    bool row;

    if (sql_prepare(s, sql, &st, err) || sql_step(s, st, &row, err))
        return err->code;
    *ret_a = sql_int_or(st, 0, 0);
    *ret_b = sql_int_or(st, 1, 0);
    sqlite3_reset(st);
    return OK;
}

enum err_code store_identical(struct store *s, struct store_identical *ret, struct err *err)
{
    /* n samples of one question make n(n-1)/2 pairs; m equal texts among them m(m-1)/2 equal ones
     */
    static const char samples[] =
        "WITH one AS (SELECT DISTINCT c.arm, c.level, c.query, c.repeat, c.sample, a.text AS t "
        "FROM cell c JOIN arm m ON m.key = c.arm JOIN answer a ON a.task = c.task "
        "WHERE m.method = 'pass_at_k'), same AS (SELECT arm, level, query, repeat, count(*) AS m "
        "FROM one GROUP BY arm, level, query, repeat, t), whole AS (SELECT sum(m) AS n, "
        "sum(m * (m - 1) / 2) AS eq FROM same GROUP BY arm, level, query, repeat) "
        "SELECT sum(n * (n - 1) / 2), sum(eq) FROM whole";
    static const char learned[] =
        "WITH same AS (SELECT context, sleep, repeat, count(*) AS m FROM learned "
        "GROUP BY context, sleep, repeat, text), whole AS (SELECT sum(m) AS n, "
        "sum(m * (m - 1) / 2) AS eq FROM same GROUP BY context, sleep, repeat) "
        "SELECT sum(n * (n - 1) / 2), sum(eq) FROM whole";
    struct store_identical r;

    if (two_numbers(s, samples, &r.sample_pairs, &r.sample_equal, err) ||
        two_numbers(s, learned, &r.learned_pairs, &r.learned_equal, err))
        return err->code;
    *ret = r;
    return OK;
}
