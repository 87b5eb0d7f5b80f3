/* store_call.c - recorded calls read back: their bytes, and whole attempts for a replay. */
#include "harness/store/pack.h"
#include "harness/store/sql.h"
#include "harness/store/store_plan.h"
#include "harness/store/store_work.h"

static bool lookup_text(int64_t key, struct buf *out, void *payload)
{
    struct err err = {0};

    return store_text_get(payload, key, out, &err) == OK;
}

enum err_code store_call_bytes(struct store *s, int64_t key, struct buf *ret_request,
    struct buf *ret_response, struct err *err)
{
    static const char sql[] = "SELECT request, response FROM call WHERE key = ?1";
    struct buf *const outs[] = {ret_request, ret_response};
    sqlite3_stmt *st;
    bool row, ok = true;

    if (sql_prepare(s, sql, &st, err) || sql_bind(s, st, err, "i", key) ||
        sql_step(s, st, &row, err))
        return err->code;
    if (!row)
        return err_set(err, ERR_NOT_FOUND, "%s has no call %lld", s->path, (long long)key);
    for (int i = 0; i < 2 && ok; i++)
        ok = pack_restore(outs[i], sql_text(st, i), lookup_text, s);
    sqlite3_reset(st);
    if (!ok)
        return err_set(err, ERR_FAILED, "%s: the bytes of call %lld cannot be restored", s->path,
            (long long)key);
    return OK;
}

enum err_code store_each_response(
    struct store *s, int64_t task, store_response_fn *fn, void *payload, struct err *err)
{
    static const char sql[] =
        "SELECT outcome, status, response FROM call WHERE key BETWEEN ?1 << 16 "
        "AND (?1 << 16) + 65535 ORDER BY key";
    struct buf bytes = BUF_INIT;
    enum err_code code = OK;
    sqlite3_stmt *st;
    bool row;

    if (sql_prepare(s, sql, &st, err) || sql_bind(s, st, err, "i", task))
        return err->code;
    while (!code) {
        code = sql_step(s, st, &row, err);
        if (code || !row)
            break;
        buf_reset(&bytes);
        if (!pack_restore(&bytes, sql_text(st, 2), lookup_text, s))
            code = err_set(err, ERR_FAILED, "%s: a response of task %lld cannot be restored",
                s->path, (long long)task);
        else
            code = fn((enum outcome)sqlite3_column_int64(st, 0), (long)sqlite3_column_int64(st, 1),
                buf_str(&bytes), payload, err);
    }
    sqlite3_reset(st);
    buf_release(&bytes);
    return code;
}

static void recorded_row(sqlite3_stmt *st, struct arena *arena, struct store_call *ret)
{
    *ret = (struct store_call){
        .task = sqlite3_column_int64(st, 0),
        .outcome = (enum outcome)sqlite3_column_int64(st, 1),
        .status = (long)sqlite3_column_int64(st, 2),
        .times = {sqlite3_column_int64(st, 3), sqlite3_column_int64(st, 4),
            sqlite3_column_int64(st, 5), sqlite3_column_int64(st, 6)},
        .wall_ms = sqlite3_column_int64(st, 7),
        .headers = arena_str(arena, sql_text(st, 8)),
        .why = arena_str(arena, sql_text(st, 9)),
        .held_ns = sqlite3_column_int64(st, 10),
        .batch = sql_int_or(st, 11, 0),
    };
}

enum err_code store_recorded(struct store *s, struct digest id, int64_t n, struct arena *arena,
    struct store_call *ret, bool *ret_found, struct err *err)
{
    static const char sql[] =
        "SELECT c.key, outcome, status, ready_ns, sent_ns, first_ns, done_ns, wall_ms, headers, "
        "why, held_ns, batch FROM task t JOIN call c ON c.key = t.key << 16 | ?2 WHERE t.id = ?1";
    struct str bytes = {(const char *)id.b, sizeof id.b};
    struct buf request = BUF_INIT, response = BUF_INIT;
    sqlite3_stmt *st;

    if (sql_prepare(s, sql, &st, err) || sql_bind(s, st, err, "bi", &bytes, n) ||
        sql_step(s, st, ret_found, err))
        return err->code;
    if (!*ret_found)
        return OK;
    recorded_row(st, arena, ret);
    sqlite3_reset(st);
    enum err_code code = store_call_bytes(s, ret->task, &request, &response, err);
    ret->request = arena_str(arena, buf_str(&request));
    ret->response = arena_str(arena, buf_str(&response));
    ret->task >>= 16; /* the key of a call is task << 16 | n */
    ret->n = n;
    buf_release(&request);
    buf_release(&response);
    return code;
}
