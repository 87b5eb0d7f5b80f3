/* store_work.c - the runner's reads and writes, the hot path of the store. */
#include "harness/store/store_work.h"

#include "harness/store/sql.h"
#include "harness/store/store_plan.h"

#include <math.h>
#include <string.h>

enum { CALL_SHIFT = 16, MOST_CALLS = 1 << CALL_SHIFT };

static void variant_row(sqlite3_stmt *st, struct arena *arena, void *item)
{
    (void)arena; /* numbers only */
    *(struct store_variant *)item = (struct store_variant){
        .key = sqlite3_column_int64(st, 0),
        .asleep = sqlite3_column_int64(st, 1) != 0,
        .model = sqlite3_column_int64(st, 2),
        .form = sqlite3_column_int64(st, 3),
        .level = sqlite3_column_int64(st, 4),
        .temperature = sqlite3_column_double(st, 5),
        .max_tokens = sql_int_or(st, 6, -1),
        .sleep = sqlite3_column_int64(st, 7),
        .k = sqlite3_column_int64(st, 8),
    };
}

enum err_code store_variants(struct store *s, struct arena *arena, struct store_variant **ret,
    size_t *ret_n, struct err *err)
{
    static const char sql[] = "SELECT key, asleep, model, form, level, temperature, max_tokens, "
                              "sleep, k FROM variant ORDER BY key";
    sqlite3_stmt *st;
    void *v;

    if (sql_prepare(s, sql, &st, err) ||
        sql_collect(s, st, sizeof **ret, variant_row, arena, &v, ret_n, err))
        return err->code;
    *ret = v;
    return OK;
}

static void read_task(sqlite3_stmt *st, struct arena *arena, struct store_task *t)
{
    *t = (struct store_task){
        .key = sqlite3_column_int64(st, 0),
        .variant = sqlite3_column_int64(st, 1),
        .context = sqlite3_column_int64(st, 2),
        .query = sql_int_or(st, 3, 0),
        .sample = sqlite3_column_int64(st, 4),
        .repeat = sqlite3_column_int64(st, 5),
        .seed = sqlite3_column_int64(st, 6),
        .calls = sqlite3_column_int64(st, 7),
        .context_text = sqlite3_column_int64(st, 8),
        .context_body = arena_str(arena, sql_text(st, 9)),
        .query_text = sql_int_or(st, 10, 0),
        .query_body = arena_str(arena, sql_text(st, 11)),
    };
    struct str id = sql_text(st, 12);
    if (id.n == sizeof t->id.b)
        memcpy(t->id.b, id.p, id.n);
}

enum err_code store_pending(struct store *s, int64_t after, bool tried, size_t most,
    struct arena *arena, struct store_task *ret, size_t *ret_n, struct err *err)
{
    static const char sql[] =
        "SELECT t.key, t.variant, t.context, t.query, t.sample, t.repeat, t.seed, "
        "coalesce((SELECT (max(key) & 65535) + 1 FROM call WHERE key BETWEEN t.key << 16 "
        "AND (t.key << 16) + 65535), 0), c.text, cx.body, q.text, qx.body, "
        "t.id FROM task t JOIN context c ON c.key = t.context JOIN text cx ON cx.key = c.text "
        "LEFT JOIN query q ON q.key = t.query LEFT JOIN text qx ON qx.key = q.text "
        "WHERE t.key > ?1 AND NOT EXISTS (SELECT 1 FROM answer a WHERE a.task = t.key) "
        "AND NOT EXISTS (SELECT 1 FROM learned l WHERE l.task = t.key) "
        "AND (NOT ?3 OR EXISTS (SELECT 1 FROM call WHERE key BETWEEN t.key << 16 "
        "AND (t.key << 16) + 65535)) ORDER BY t.key LIMIT ?2";
    sqlite3_stmt *st;
    size_t n = 0;
    bool row;

    if (sql_prepare(s, sql, &st, err) ||
        sql_bind(s, st, err, "iii", after, (int64_t)most, (int64_t)tried))
        return err->code;
    for (;;) {
        if (sql_step(s, st, &row, err))
            return err->code;
        if (!row)
            break;
        read_task(st, arena, &ret[n++]);
    }
    *ret_n = n;
    return OK;
}

enum err_code store_counts(struct store *s, struct store_counts *ret, struct err *err)
{
    static const char sql[] =
        "SELECT (SELECT count(*) FROM task), "
        "(SELECT count(*) FROM answer) + (SELECT count(*) FROM learned), "
        "(SELECT count(*) FROM task t JOIN variant v ON v.key = t.variant WHERE v.asleep), "
        "(SELECT count(*) FROM learned), (SELECT count(*) FROM cell), (SELECT count(*) FROM call)";
    static const char failed[] = "SELECT outcome, count(*) FROM call GROUP BY outcome";
    struct store_counts c = {0};
    sqlite3_stmt *st;
    bool row;

    if (sql_prepare(s, sql, &st, err) || sql_step(s, st, &row, err))
        return err->code;
    int64_t *const fields[] = {&c.tasks, &c.done, &c.asleep, &c.asleep_done, &c.cells, &c.calls};
    for (int i = 0; i < (int)ARRAY_LEN(fields); i++)
        *fields[i] = sqlite3_column_int64(st, i);
    sqlite3_reset(st);
    if (sql_prepare(s, failed, &st, err))
        return err->code;
    for (;;) {
        if (sql_step(s, st, &row, err))
            return err->code;
        if (!row)
            break;
        if (!outcome_is_result((enum outcome)sqlite3_column_int64(st, 0)))
            c.failed_calls += sqlite3_column_int64(st, 1);
    }
    *ret = c;
    return OK;
}

enum err_code store_call_put(struct store *s, const struct store_call *c, struct err *err)
{
    static const char sql[] =
        "INSERT INTO call(key, outcome, status, ready_ns, sent_ns, first_ns, done_ns, wall_ms, "
        "in_uncached, in_cached, in_write, out_visible, out_reasoning, headers, why, request, "
        "response, held_ns, served, batch, in_write_1h) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, "
        "?10, ?11, "
        "?12, ?13, ?14, ?15, ?16, ?17, ?18, nullif(?19, ''), nullif(?20, 0), ?21)";

    if (c->n >= MOST_CALLS)
        return err_set(
            err, ERR_LIMIT, "task %lld has had %d attempts", (long long)c->task, MOST_CALLS);
    return sql_run(s, err, sql, "iiiiiiiiooooottbbitio", c->task << CALL_SHIFT | c->n,
        (int64_t)c->outcome, (int64_t)c->status, c->times.ready, c->times.sent, c->times.first_byte,
        c->times.done, c->wall_ms, c->usage.in_uncached, c->usage.in_cached, c->usage.in_write,
        c->usage.out_visible, c->usage.out_reasoning, &c->headers, &c->why, &c->request,
        &c->response, c->held_ns, &c->served, c->batch, c->usage.in_write_1h);
}

enum err_code store_learned_put(struct store *s, const struct store_learned_new *l, struct err *err)
{
    static const char sql[] =
        "INSERT INTO learned(task, context, sleep, j, repeat, text, outcome, calls, rethinks, "
        "refused, chars, empty, in_uncached, in_cached, in_write, out_visible, out_reasoning) "
        "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)";
    int64_t text;

    if (store_text_put(s, l->text, &text, err))
        return err->code;
    return sql_run(s, err, sql, "iiiiiiiiiiiiooooo", l->task, l->context, l->sleep, l->j, l->repeat,
        text, (int64_t)l->outcome, l->calls, l->rethinks, l->refused,
        (int64_t)str_utf8_count(l->text), (int64_t)(l->text.n == 0), l->usage.in_uncached,
        l->usage.in_cached, l->usage.in_write, l->usage.out_visible, l->usage.out_reasoning);
}

enum err_code store_memories(struct store *s, int64_t context, int64_t sleep, int64_t repeat,
    int64_t k, struct arena *arena, struct store_memory *ret, size_t *ret_n, struct err *err)
{
    static const char sql[] =
        "SELECT l.text, x.body FROM learned l JOIN text x ON x.key = l.text WHERE l.context = ?1 "
        "AND l.sleep = ?2 AND l.repeat = ?3 AND l.j < ?4 ORDER BY l.j";
    sqlite3_stmt *st;
    size_t n = 0;
    bool row;

    if (sql_prepare(s, sql, &st, err) || sql_bind(s, st, err, "iiii", context, sleep, repeat, k))
        return err->code;
    for (;;) {
        if (sql_step(s, st, &row, err))
            return err->code;
        if (!row)
            break;
        ret[n++] =
            (struct store_memory){sqlite3_column_int64(st, 0), arena_str(arena, sql_text(st, 1))};
    }
    *ret_n = n;
    return OK;
}

enum err_code store_answer_put(struct store *s, int64_t task, enum outcome outcome, struct str text,
    struct usage u, struct err *err)
{
    static const char sql[] =
        "INSERT INTO answer(task, outcome, text, in_uncached, in_cached, in_write, out_visible, "
        "out_reasoning) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";

    return sql_run(s, err, sql, "iibooooo", task, (int64_t)outcome, &text, u.in_uncached,
        u.in_cached, u.in_write, u.out_visible, u.out_reasoning);
}
