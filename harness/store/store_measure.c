/* store_measure.c - rows of `forcing` and `likelihood`, and who asks for them. */
#include "harness/store/store_measure.h"

#include "harness/store/sql.h"

#include <math.h>

enum err_code store_forcing_put(
    struct store *s, int64_t task, const struct store_forcing *f, struct err *err)
{
    static const char sql[] = "INSERT OR REPLACE INTO forcing(task, thinking, injected, generated, "
                              "answer, extensions, ended, estimated) "
                              "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";

    return sql_run(s, err, sql, "iiiiiiii", task, f->thinking, f->injected, f->generated, f->answer,
        f->extensions, f->ended, (int64_t)f->estimated);
}

enum err_code store_likelihood_put(
    struct store *s, int64_t task, const struct store_likelihood *l, struct err *err)
{
    static const char sql[] =
        "INSERT OR REPLACE INTO likelihood(task, given, given_tokens, alone, alone_tokens, bytes, "
        "chars, merged, clamped) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";

    /* SQLite keeps a NaN as NULL */
    return sql_run(s, err, sql, "ididiiiii", task, l->given, l->given_tokens, l->alone,
        l->alone_tokens, l->bytes, l->chars, (int64_t)l->merged, l->clamped);
}

struct use_rows {
    store_use_fn *fn;
    void *payload;
};

static enum err_code use_row(sqlite3_stmt *st, void *payload, struct err *err)
{
    const struct use_rows *r = payload;
    struct store_use u = {
        .arm = sqlite3_column_int64(st, 0),
        .level = sqlite3_column_int64(st, 1),
        .outcome = (enum outcome)sqlite3_column_int64(st, 2),
        .usage = sql_usage(st, 3),
        .forced = sqlite3_column_type(st, 8) != SQLITE_NULL,
        .forcing =
            {
                .thinking = sqlite3_column_int64(st, 8),
                .injected = sqlite3_column_int64(st, 9),
                .generated = sqlite3_column_int64(st, 10),
                .answer = sqlite3_column_int64(st, 11),
                .extensions = sqlite3_column_int64(st, 12),
                .ended = sqlite3_column_int64(st, 13),
                .estimated = sqlite3_column_int64(st, 14) != 0,
            },
    };

    return r->fn(&u, r->payload, err);
}

enum err_code store_each_use(struct store *s, store_use_fn *fn, void *payload, struct err *err)
{
    static const char sql[] =
        "SELECT c.arm, c.level, a.outcome, a.in_uncached, a.in_cached, a.in_write, a.out_visible, "
        "a.out_reasoning, f.thinking, f.injected, f.generated, f.answer, f.extensions, f.ended, "
        "f.estimated FROM cell c JOIN answer a ON a.task = c.task "
        "LEFT JOIN forcing f ON f.task = c.task ORDER BY c.arm, c.level, c.query, c.repeat, "
        "c.sample";
    struct use_rows r = {fn, payload};
    sqlite3_stmt *st;

    if (sql_prepare(s, sql, &st, err))
        return err->code;
    return sql_each(s, st, use_row, &r, err);
}

struct scored_rows {
    store_scored_fn *fn;
    void *payload;
};

static double num_or_nan(sqlite3_stmt *st, int column)
{
    return sqlite3_column_type(st, column) == SQLITE_NULL ? NAN : sqlite3_column_double(st, column);
}

static enum err_code scored_row(sqlite3_stmt *st, void *payload, struct err *err)
{
    const struct scored_rows *r = payload;
    struct store_scored q = {
        .arm = sqlite3_column_int64(st, 0),
        .arm_name = sql_text(st, 1),
        .query = sql_text(st, 2),
        .cluster = sql_text(st, 3),
        .likelihood =
            {
                .given = num_or_nan(st, 4),
                .given_tokens = sqlite3_column_int64(st, 5),
                .alone = num_or_nan(st, 6),
                .alone_tokens = sqlite3_column_int64(st, 7),
                .bytes = sqlite3_column_int64(st, 8),
                .chars = sqlite3_column_int64(st, 9),
                .merged = sqlite3_column_int64(st, 10) != 0,
                .clamped = sqlite3_column_int64(st, 11),
            },
    };

    return r->fn(&q, r->payload, err);
}

enum err_code store_each_scored(
    struct store *s, store_scored_fn *fn, void *payload, struct err *err)
{
    static const char sql[] =
        "SELECT c.arm, m.name, q.id, x.cluster, l.given, l.given_tokens, l.alone, l.alone_tokens, "
        "l.bytes, l.chars, l.merged, l.clamped FROM cell c JOIN likelihood l ON l.task = c.task "
        "JOIN arm m ON m.key = c.arm JOIN query q ON q.key = c.query "
        "JOIN context x ON x.key = q.context ORDER BY c.arm, c.query, c.repeat";
    struct scored_rows r = {fn, payload};
    sqlite3_stmt *st;

    if (sql_prepare(s, sql, &st, err))
        return err->code;
    return sql_each(s, st, scored_row, &r, err);
}

struct timing_rows {
    store_timing_fn *fn;
    void *payload;
};

static enum err_code timing_row(sqlite3_stmt *st, void *payload, struct err *err)
{
    const struct timing_rows *r = payload;
    struct store_timing t = {
        .held = sql_int_or(st, 0, -1),
        .queued = sql_int_or(st, 1, -1),
        .first_byte = sql_int_or(st, 2, -1),
        .service = sql_int_or(st, 3, -1),
        .served = sql_text(st, 4),
    };

    return r->fn(&t, r->payload, err);
}

enum err_code store_each_timing(
    struct store *s, store_timing_fn *fn, void *payload, struct err *err)
{
    /* a hold may be longer than the wait was: the next request of a task is ready in its middle */
    static const char sql[] =
        "SELECT min(held_ns, sent_ns - ready_ns), max(0, sent_ns - ready_ns - held_ns), "
        "CASE WHEN first_ns > 0 THEN first_ns - sent_ns END, done_ns - sent_ns, served "
        "FROM call WHERE sent_ns > 0 ORDER BY key";
    struct timing_rows r = {fn, payload};
    sqlite3_stmt *st;

    if (sql_prepare(s, sql, &st, err))
        return err->code;
    return sql_each(s, st, timing_row, &r, err);
}

struct served_rows {
    store_served_fn *fn;
    void *payload;
};

static enum err_code served_row(sqlite3_stmt *st, void *payload, struct err *err)
{
    const struct served_rows *r = payload;
    struct store_served row = {
        .arm = sqlite3_column_int64(st, 0),
        .arm_name = sql_text(st, 1),
        .asleep = sqlite3_column_int64(st, 2) != 0,
        .served = sql_text(st, 3),
        .tasks = sqlite3_column_int64(st, 4),
    };

    return r->fn(&row, r->payload, err);
}

/* The calls of a task, as far as they were results, by who served them. */
static void add_calls_of(struct buf *sql, const char *task)
{
    buf_printf(
        sql, "l.served IS NOT NULL AND l.key BETWEEN %s << 16 AND %s << 16 | 65535", task, task);
    buf_puts(sql, " AND l.outcome IN (");
    for (int o = 0, n = 0; o < OUTCOME_COUNT; o++)
        if (outcome_is_result((enum outcome)o))
            buf_printf(sql, "%s%d", n++ ? "," : "", o);
    buf_puts(sql, ") GROUP BY a.key, l.served ");
}

enum err_code store_each_served(
    struct store *s, store_served_fn *fn, void *payload, struct err *err)
{
    struct served_rows r = {fn, payload};
    struct buf sql = BUF_INIT;
    sqlite3_stmt *st;

    buf_puts(&sql, "SELECT a.key, a.name, 0, l.served, count(DISTINCT c.task) FROM arm a "
                   "JOIN cell c ON c.arm = a.key JOIN call l WHERE ");
    add_calls_of(&sql, "c.task");
    buf_puts(&sql, "UNION ALL SELECT a.key, a.name, 1, l.served, count(DISTINCT d.task) FROM arm a "
                   "JOIN learned d ON d.sleep = a.sleep AND d.j < a.k JOIN call l WHERE ");
    add_calls_of(&sql, "d.task");
    buf_puts(&sql, "ORDER BY 1, 3, 4");
    enum err_code code = sql_prepare(s, buf_cstr(&sql), &st, err);
    buf_release(&sql);
    return code ? code : sql_each(s, st, served_row, &r, err);
}
