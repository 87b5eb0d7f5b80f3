/* store_spend.c - usage of every attempt with the model it went to; see store_spend.h. */
#include "harness/store/store_spend.h"

#include "harness/store/sql.h"

struct each {
    store_spend_fn *fn;
    void *payload;
};

static enum err_code spend_row(sqlite3_stmt *st, void *payload, struct err *err)
{
    const struct each *each = payload;
    struct store_spend spend = {
        .model = sqlite3_column_int64(st, 0),
        .asleep = sqlite3_column_int64(st, 1) != 0,
        .wall_ms = sqlite3_column_int64(st, 2),
        .status = (long)sqlite3_column_int64(st, 3),
        .usage = sql_usage(st, 4),
        .batch = sqlite3_column_type(st, 9) != SQLITE_NULL,
    };

    spend.usage.in_write_1h = sql_int_or(st, 10, -1);
    return each->fn(&spend, each->payload, err);
}

enum err_code store_each_spend(struct store *s, store_spend_fn *fn, void *payload, struct err *err)
{
    static const char sql[] =
        "SELECT v.model, v.asleep, c.wall_ms, c.status, c.in_uncached, c.in_cached, c.in_write, "
        "c.out_visible, c.out_reasoning, c.batch, c.in_write_1h FROM call c JOIN task t ON t.key = "
        "c.key >> 16 "
        "JOIN variant v ON v.key = t.variant ORDER BY c.key";
    struct each each = {fn, payload};
    sqlite3_stmt *st;

    if (sql_prepare(s, sql, &st, err))
        return err->code;
    return sql_each(s, st, spend_row, &each, err);
}
