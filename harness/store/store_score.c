/* store_score.c - answers waiting for a grade, and grades. */
#include "harness/store/sql.h"

enum err_code store_score_put(struct store *s, int64_t task, int64_t query, const char *grader,
    enum answer_status status, struct str value, struct err *err)
{
    static const char sql[] = "INSERT INTO score(task, query, grader, status, value) "
                              "VALUES(?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE SET "
                              "status = excluded.status, value = excluded.value";

    return sql_run(s, err, sql, "iisit", task, query, grader, (int64_t)status, &value);
}

struct answer_rows {
    store_answer_fn *fn;
    void *payload;
};

static enum err_code answer_row(sqlite3_stmt *st, void *payload, struct err *err)
{
    const struct answer_rows *r = payload;
    struct store_answer a = {
        .task = sqlite3_column_int64(st, 0),
        .query = sqlite3_column_int64(st, 1),
        .outcome = (enum outcome)sqlite3_column_int64(st, 2),
        .text = sql_text(st, 3),
        .gold = sql_text(st, 4),
    };

    return r->fn(&a, r->payload, err);
}

bool store_arm_makes(const struct store_arm *arm)
{
    return str_eqc(arm->method, "make_queries");
}

bool store_arm_scores(const struct store_arm *arm)
{
    return str_eqc(arm->method, "score");
}

enum err_code store_each_made(struct store *s, store_answer_fn *fn, void *payload, struct err *err)
{
    static const char sql[] =
        "SELECT c.task, c.query, a.outcome, a.text, '' FROM cell c JOIN answer a "
        "ON a.task = c.task JOIN arm m ON m.key = c.arm WHERE m.method = 'make_queries' "
        "ORDER BY c.query, c.arm, c.level, c.repeat, c.sample";
    struct answer_rows r = {fn, payload};
    sqlite3_stmt *st;

    if (sql_prepare(s, sql, &st, err))
        return err->code;
    return sql_each(s, st, answer_row, &r, err);
}

enum err_code store_each_answer(struct store *s, const char *grader, bool again,
    store_answer_fn *fn, void *payload, struct err *err)
{
    static const char drop[] = "DELETE FROM score WHERE grader = ?1";
    /* a pair that two cells name is met a second time with its score already there */
    static const char sql[] =
        "SELECT c.task, c.query, a.outcome, a.text, q.gold FROM cell c "
        "JOIN answer a ON a.task = c.task JOIN query q ON q.key = c.query "
        "JOIN arm m ON m.key = c.arm WHERE m.method NOT IN ('make_queries', 'score') AND NOT "
        "EXISTS "
        "(SELECT 1 FROM score o WHERE o.task = c.task AND o.query = c.query AND o.grader = ?1)";
    struct answer_rows r = {fn, payload};
    sqlite3_stmt *st;

    if (again && sql_run(s, err, drop, "s", grader))
        return err->code;
    if (sql_prepare(s, sql, &st, err) || sql_bind(s, st, err, "s", grader))
        return err->code;
    return sql_each(s, st, answer_row, &r, err);
}
