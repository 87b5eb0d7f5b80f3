/* sql.c - prepared statements, binding and error texts; see sql.h. */
#include "harness/store/sql.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum err_code sql_error(struct store *s, struct err *err, const char *doing)
{
    int rc = sqlite3_errcode(s->db);

    if (rc == SQLITE_FULL)
        return err_set(err, ERR_IO,
            "%s: the disk is full; what was committed is safe: make room and run the same command",
            s->path);
    if (rc == SQLITE_BUSY || rc == SQLITE_LOCKED)
        return err_set(err, ERR_BUSY, "%s: another process is using it", s->path);
    if (rc == SQLITE_READONLY)
        return err_set(err, ERR_IO,
            "%s: the file or its directory cannot be written: copy the run to a directory of yours",
            s->path);
    if (rc == SQLITE_NOTADB || rc == SQLITE_CORRUPT)
        return err_set(err, ERR_USAGE, "%s is not a run database or is damaged (%s)", s->path,
            sqlite3_errmsg(s->db));
    return err_set(err, ERR_IO, "%s: %s: %s", s->path, doing, sqlite3_errmsg(s->db));
}

enum err_code sql_prepare(struct store *s, const char *literal, sqlite3_stmt **ret, struct err *err)
{
    for (size_t i = 0; i < s->nstatements; i++)
        if (s->sources[i] == literal) {
            sqlite3_reset(s->statements[i]);
            *ret = s->statements[i];
            return OK;
        }
    if (s->nstatements == SQL_STATEMENTS)
        BUG("more than %d SQL statements", SQL_STATEMENTS);
    sqlite3_stmt *st;
    if (sqlite3_prepare_v3(s->db, literal, -1, SQLITE_PREPARE_PERSISTENT, &st, NULL) != SQLITE_OK)
        return sql_error(s, err, "prepare");
    s->sources[s->nstatements] = literal;
    s->statements[s->nstatements++] = st;
    *ret = st;
    return OK;
}

static int bind_str(sqlite3_stmt *st, int i, const struct str *v, bool blob)
{
    const char *p = v->p ? v->p : "";

    if (blob)
        return sqlite3_bind_blob64(st, i, p, v->n, SQLITE_STATIC);
    return sqlite3_bind_text64(st, i, p, v->n, SQLITE_STATIC, SQLITE_UTF8);
}

static int bind_one(sqlite3_stmt *st, int i, char type, va_list *ap)
{
    int64_t v;

    switch (type) {
    case 'i':
        return sqlite3_bind_int64(st, i, va_arg(*ap, int64_t));
    case 'o':
        v = va_arg(*ap, int64_t);
        return v < 0 ? sqlite3_bind_null(st, i) : sqlite3_bind_int64(st, i, v);
    case 'd':
        return sqlite3_bind_double(st, i, va_arg(*ap, double));
    case 's':
        return sqlite3_bind_text(st, i, va_arg(*ap, const char *), -1, SQLITE_STATIC);
    case 't':
        return bind_str(st, i, va_arg(*ap, const struct str *), false);
    case 'b':
        return bind_str(st, i, va_arg(*ap, const struct str *), true);
    default:
        BUG("unknown binding type %c", type);
    }
}

static enum err_code bind_all(
    struct store *s, sqlite3_stmt *st, struct err *err, const char *types, va_list *ap)
{
    for (int i = 0; types[i]; i++)
        if (bind_one(st, i + 1, types[i], ap) != SQLITE_OK)
            return sql_error(s, err, "bind");
    return OK;
}

enum err_code sql_bind(struct store *s, sqlite3_stmt *st, struct err *err, const char *types, ...)
{
    va_list ap;

    va_start(ap, types);
    enum err_code code = bind_all(s, st, err, types, &ap);
    va_end(ap);
    return code;
}

enum err_code sql_step(struct store *s, sqlite3_stmt *st, bool *ret_row, struct err *err)
{
    int rc = sqlite3_step(st);

    if (rc != SQLITE_ROW && rc != SQLITE_DONE) {
        enum err_code code = sql_error(s, err, "step");
        sqlite3_reset(st);
        return code;
    }
    *ret_row = rc == SQLITE_ROW;
    if (!*ret_row)
        sqlite3_reset(st);
    return OK;
}

static enum err_code run(struct store *s, struct err *err, int64_t *ret, const char *literal,
    const char *types, va_list *ap)
{
    sqlite3_stmt *st;
    bool row;

    if (sql_prepare(s, literal, &st, err))
        return err->code;
    enum err_code code = bind_all(s, st, err, types, ap);
    if (!code)
        code = sql_step(s, st, &row, err);
    if (!code && ret)
        *ret = row ? sqlite3_column_int64(st, 0) : 0;
    sqlite3_reset(st);
    return code;
}

enum err_code sql_run(struct store *s, struct err *err, const char *literal, const char *types, ...)
{
    va_list ap;

    va_start(ap, types);
    enum err_code code = run(s, err, NULL, literal, types, &ap);
    va_end(ap);
    return code;
}

enum err_code sql_run_int(
    struct store *s, struct err *err, int64_t *ret, const char *literal, const char *types, ...)
{
    va_list ap;

    va_start(ap, types);
    enum err_code code = run(s, err, ret, literal, types, &ap);
    va_end(ap);
    return code;
}

enum err_code sql_each(
    struct store *s, sqlite3_stmt *st, sql_row_fn *fn, void *payload, struct err *err)
{
    bool row;

    for (;;) {
        if (sql_step(s, st, &row, err))
            return err->code;
        if (!row)
            return OK;
        if (fn(st, payload, err)) {
            sqlite3_reset(st);
            return err->code;
        }
    }
}

struct collected {
    struct arena *arena;
    sql_fill_fn *fill;
    size_t size, n, cap;
    unsigned char *p;
};

static enum err_code collect_row(sqlite3_stmt *st, void *payload, struct err *err)
{
    struct collected *c = payload;

    (void)err; /* cannot fail */
    GROW(c->p, (c->n + 1) * c->size, c->cap);
    c->fill(st, c->arena, c->p + c->n++ * c->size);
    return OK;
}

enum err_code sql_collect(struct store *s, sqlite3_stmt *st, size_t size, sql_fill_fn *fill,
    struct arena *arena, void **ret, size_t *ret_n, struct err *err)
{
    struct collected c = {.arena = arena, .fill = fill, .size = size};
    enum err_code code = sql_each(s, st, collect_row, &c, err);

    if (!code) {
        *ret = arena_alloc(arena, (c.n + 1) * size);
        if (c.p)
            memcpy(*ret, c.p, c.n * size);
        *ret_n = c.n;
    }
    free(c.p);
    return code;
}

struct str sql_text(sqlite3_stmt *st, int column)
{
    const char *p = sqlite3_column_blob(st, column);

    return (struct str){p ? p : "", (size_t)sqlite3_column_bytes(st, column)};
}

int64_t sql_int_or(sqlite3_stmt *st, int column, int64_t fallback)
{
    if (sqlite3_column_type(st, column) == SQLITE_NULL)
        return fallback;
    return sqlite3_column_int64(st, column);
}

struct usage sql_usage(sqlite3_stmt *st, int column)
{
    return (struct usage){
        .in_uncached = sql_int_or(st, column, -1),
        .in_cached = sql_int_or(st, column + 1, -1),
        .in_write = sql_int_or(st, column + 2, -1),
        .out_visible = sql_int_or(st, column + 3, -1),
        .out_reasoning = sql_int_or(st, column + 4, -1),
        .in_write_1h = -1,
    };
}
