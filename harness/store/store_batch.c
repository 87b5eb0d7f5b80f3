/* store_batch.c - rows of batches and of their lines; see store_batch.h. */
#include "harness/store/store_batch.h"

#include "harness/base/clock.h"
#include "harness/store/sql.h"

enum { FOR_GOOD = 1000000 };

enum err_code store_batch_begin(struct store *s, struct err *err)
{
    static const char sql[] = "CREATE TEMP TABLE IF NOT EXISTS batch_tries(task INTEGER PRIMARY "
                              "KEY, n INTEGER NOT NULL)";

    return sql_run(s, err, sql, "");
}

/* The sleeping tasks that nothing has become of yet: t, v. */
#define UNDONE                                                                                     \
    "task t JOIN variant v ON v.key = t.variant WHERE v.asleep "                                   \
    "AND NOT EXISTS (SELECT 1 FROM learned l WHERE l.task = t.key) "
#define TRIES "coalesce((SELECT n FROM batch_tries b WHERE b.task = t.key), 0) "

enum err_code store_batch_ready(struct store *s, int64_t model, int64_t after, bool tried,
    int64_t attempts, size_t most, int64_t *ret, size_t *ret_n, struct err *err)
{
    static const char sql[] =
        "SELECT t.key FROM " UNDONE "AND v.model = ?1 AND t.key > ?2 "
        "AND NOT EXISTS (SELECT 1 FROM batch_line o WHERE o.task = t.key AND o.open) "
        "AND (NOT ?3 OR EXISTS (SELECT 1 FROM call WHERE key BETWEEN t.key << 16 "
        "AND (t.key << 16) + 65535)) AND " TRIES "< ?4 ORDER BY t.key LIMIT ?5";
    sqlite3_stmt *st;
    size_t n = 0;
    bool row;

    if (sql_prepare(s, sql, &st, err) ||
        sql_bind(s, st, err, "iiiii", model, after, (int64_t)tried, attempts, (int64_t)most))
        return err->code;
    for (;;) {
        if (sql_step(s, st, &row, err))
            return err->code;
        if (!row)
            break;
        ret[n++] = sqlite3_column_int64(st, 0);
    }
    *ret_n = n;
    return OK;
}

enum err_code store_batch_given_up(
    struct store *s, int64_t attempts, int64_t *ret_n, struct err *err)
{
    static const char sql[] = "SELECT count(*) FROM " UNDONE "AND " TRIES ">= ?1";

    return sql_run_int(s, err, ret_n, sql, "i", attempts);
}

enum err_code store_batch_put(struct store *s, struct store_batch *batch,
    const struct store_batch_line *lines, size_t n, struct err *err)
{
    static const char next[] = "SELECT coalesce(max(key), 0) + 1 FROM batch";
    static const char sql[] =
        "INSERT INTO batch(key, model, state, tag, dialect, base, lines, meant_ms) "
        "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    static const char line[] = "INSERT INTO batch_line(batch, task, n, open) VALUES(?1, ?2, ?3, 1)";
    int64_t key = 0;

    if (sql_run_int(s, err, &key, next, "") ||
        sql_run(s, err, sql, "iiitttii", key, batch->model, (int64_t)STORE_BATCH_MEANT, &batch->tag,
            &batch->dialect, &batch->base, (int64_t)n, batch->meant_ms))
        return err->code;
    for (size_t i = 0; i < n; i++)
        if (sql_run(s, err, line, "iii", key, lines[i].task, lines[i].n))
            return err->code;
    batch->key = key;
    batch->lines = (int64_t)n;
    batch->state = STORE_BATCH_MEANT;
    return OK;
}

static void batch_row(sqlite3_stmt *st, struct arena *arena, void *item)
{
    *(struct store_batch *)item = (struct store_batch){
        .key = sqlite3_column_int64(st, 0),
        .model = sqlite3_column_int64(st, 1),
        .state = (enum store_batch_state)sqlite3_column_int64(st, 2),
        .tag = arena_str(arena, sql_text(st, 3)),
        .dialect = arena_str(arena, sql_text(st, 4)),
        .base = arena_str(arena, sql_text(st, 5)),
        .file = arena_str(arena, sql_text(st, 6)),
        .remote = arena_str(arena, sql_text(st, 7)),
        .lines = sqlite3_column_int64(st, 8),
        .meant_ms = sqlite3_column_int64(st, 9),
    };
}

enum err_code store_batch_open(
    struct store *s, struct arena *arena, struct store_batch **ret, size_t *ret_n, struct err *err)
{
    static const char sql[] = "SELECT key, model, state, tag, dialect, base, file, remote, lines, "
                              "meant_ms FROM batch WHERE state < ?1 ORDER BY key";
    sqlite3_stmt *st;
    void *v;

    if (sql_prepare(s, sql, &st, err) ||
        sql_bind(s, st, err, "i", (int64_t)STORE_BATCH_COLLECTED) ||
        sql_collect(s, st, sizeof **ret, batch_row, arena, &v, ret_n, err))
        return err->code;
    *ret = v;
    return OK;
}

static void line_row(sqlite3_stmt *st, struct arena *arena, void *item)
{
    (void)arena; /* numbers only */
    *(struct store_batch_line *)item = (struct store_batch_line){
        sqlite3_column_int64(st, 0), sqlite3_column_int64(st, 1), sqlite3_column_int64(st, 2) != 0};
}

enum err_code store_batch_lines(struct store *s, int64_t key, struct arena *arena,
    struct store_batch_line **ret, size_t *ret_n, struct err *err)
{
    static const char sql[] = "SELECT task, n, open FROM batch_line WHERE batch = ?1 ORDER BY task";
    sqlite3_stmt *st;
    void *v;

    if (sql_prepare(s, sql, &st, err) || sql_bind(s, st, err, "i", key) ||
        sql_collect(s, st, sizeof **ret, line_row, arena, &v, ret_n, err))
        return err->code;
    *ret = v;
    return OK;
}

enum err_code store_batch_lines_open(struct store *s, int64_t *ret_n, struct err *err)
{
    static const char sql[] = "SELECT count(*) FROM batch_line WHERE open";

    return sql_run_int(s, err, ret_n, sql, "");
}

enum err_code store_batch_known(struct store *s, struct str remote, bool *ret, struct err *err)
{
    static const char sql[] = "SELECT count(*) FROM batch WHERE remote = ?1";
    int64_t n = 0;

    if (sql_run_int(s, err, &n, sql, "t", &remote))
        return err->code;
    *ret = n > 0;
    return OK;
}

enum err_code store_batch_uploaded(struct store *s, int64_t key, struct str file, struct err *err)
{
    static const char sql[] = "UPDATE batch SET state = ?2, file = ?3 WHERE key = ?1";

    return sql_run(s, err, sql, "iit", key, (int64_t)STORE_BATCH_UPLOADED, &file);
}

enum err_code store_batch_created(struct store *s, int64_t key, struct str remote, struct err *err)
{
    static const char sql[] =
        "UPDATE batch SET state = ?2, remote = ?3, created_ms = ?4 WHERE key = ?1";

    return sql_run(
        s, err, sql, "iiti", key, (int64_t)STORE_BATCH_CREATED, &remote, clock_wall_ms());
}

enum err_code store_batch_end(
    struct store *s, int64_t key, enum store_batch_state state, struct str why, struct err *err)
{
    static const char sql[] = "UPDATE batch SET state = ?2, why = ?3, ended_ms = ?4 WHERE key = ?1";
    static const char lines[] = "UPDATE batch_line SET open = 0 WHERE batch = ?1 AND open";

    if (sql_run(s, err, sql, "iiti", key, (int64_t)state, &why, clock_wall_ms()))
        return err->code;
    return sql_run(s, err, lines, "i", key);
}

enum err_code store_batch_take(
    struct store *s, int64_t key, int64_t task, int64_t n, bool *ret_mine, struct err *err)
{
    static const char sql[] =
        "UPDATE batch_line SET open = 0 WHERE batch = ?1 AND task = ?2 AND n = ?3 AND open";

    if (sql_run(s, err, sql, "iii", key, task, n))
        return err->code;
    *ret_mine = sqlite3_changes(s->db) == 1;
    return OK;
}

enum err_code store_batch_failed(struct store *s, int64_t task, bool for_good, struct err *err)
{
    static const char sql[] = "INSERT INTO batch_tries(task, n) VALUES(?1, ?2) ON CONFLICT(task) "
                              "DO UPDATE SET n = n + excluded.n";

    return sql_run(s, err, sql, "ii", task, (int64_t)(for_good ? FOR_GOOD : 1));
}

enum err_code store_batch_went_well(struct store *s, int64_t task, struct err *err)
{
    static const char sql[] = "DELETE FROM batch_tries WHERE task = ?1";

    return sql_run(s, err, sql, "i", task);
}
