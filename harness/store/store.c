/* store.c - opening, versions, transactions and meta; see store.h. */
#include "harness/store/store.h"

#include "harness/base/file.h"
#include "harness/store/sql.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* "SLPB" as SQLite's application id: a file with another one is not ours. */
enum { APPLICATION_ID = 0x534C5042 };

static enum err_code exec(struct store *s, const char *sql, struct err *err)
{
    if (sqlite3_exec(s->db, sql, NULL, NULL, NULL) != SQLITE_OK)
        return sql_error(s, err, "exec");
    return OK;
}

static enum err_code pragma_int(struct store *s, const char *sql, int64_t *ret, struct err *err)
{
    sqlite3_stmt *st;

    if (sqlite3_prepare_v2(s->db, sql, -1, &st, NULL) != SQLITE_OK)
        return sql_error(s, err, "read");
    int rc = sqlite3_step(st);
    *ret = rc == SQLITE_ROW ? sqlite3_column_int64(st, 0) : 0;
    enum err_code code = rc == SQLITE_ROW || rc == SQLITE_DONE ? OK : sql_error(s, err, "read");
    sqlite3_finalize(st);
    return code;
}

/* Makes a new store's tables (version 0), or what an older one lacks. */
static enum err_code make_schema(struct store *s, int64_t version, struct err *err)
{
    char versions[120];

    /* another process may have been faster */
    if (exec(s, "BEGIN IMMEDIATE", err) || pragma_int(s, "PRAGMA user_version", &version, err))
        return err->code;
    for (int64_t v = version; v < STORE_SCHEMA_VERSION; v++)
        if (exec(s, store_schema_steps[v], err))
            return err->code;
    snprintf(versions, sizeof versions, "PRAGMA application_id=%d; PRAGMA user_version=%d;",
        APPLICATION_ID, STORE_SCHEMA_VERSION);
    if (exec(s, versions, err) || exec(s, "COMMIT", err))
        return err->code;
    return OK;
}

/* Asked before anything is written: a file that is not ours stays as it is. */
static enum err_code check_schema(
    struct store *s, bool *ret_empty, int64_t *ret_version, struct err *err)
{
    int64_t application, tables, version;

    if (pragma_int(s, "PRAGMA application_id", &application, err) ||
        pragma_int(s, "PRAGMA user_version", &version, err) ||
        pragma_int(s, "SELECT count(*) FROM sqlite_master", &tables, err))
        return err->code;
    *ret_version = version;
    *ret_empty = tables == 0 && application == 0 && !s->readonly;
    if (*ret_empty)
        return OK;
    if (application != APPLICATION_ID)
        return err_set(err, ERR_USAGE, "%s is not a run database of sleepbench", s->path);
    if (version < 1)
        return err_set(err, ERR_USAGE, "%s is a damaged run database: it has no version", s->path);
    if (version > STORE_SCHEMA_VERSION)
        return err_set(err, ERR_USAGE,
            "%s has schema version %lld, this program knows %d: use a newer sleepbench", s->path,
            (long long)version, STORE_SCHEMA_VERSION);
    return OK;
}

/* 16 KB pages and a large WAL: rows are about a page, and checkpoints stay out of the loop. */
static enum err_code tune(struct store *s, struct err *err)
{
    if (s->readonly)
        return exec(s, "PRAGMA query_only=1; PRAGMA cache_size=-4000;", err);
    return exec(s,
        "PRAGMA page_size=16384; PRAGMA journal_mode=WAL; PRAGMA cache_size=-2000; "
        "PRAGMA wal_autocheckpoint=2000; PRAGMA journal_size_limit=67108864; "
        "PRAGMA temp_store=MEMORY; PRAGMA mmap_size=0;",
        err);
}

/* From here on rows are worth something. A store that is still empty was made without syncs. */
static enum err_code start_syncing(struct store *s, bool durable, struct err *err)
{
    if (s->readonly)
        return OK;
    return exec(s, durable ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL", err);
}

/* Checks, tunes, and makes what is missing; an older store gets its new columns when it is read,
 * too, because reading asks for all of them. */
static enum err_code prepare(struct store *s, bool durable, struct err *err)
{
    bool empty = false, before_tuning = s->readonly;
    int64_t version = 0;

    if (check_schema(s, &empty, &version, err) || (empty && exec(s, "PRAGMA synchronous=OFF", err)))
        return err->code;
    bool old = version < STORE_SCHEMA_VERSION;
    if (old && s->immutable)
        return err_set(err, ERR_USAGE,
            "%s is of an older program and cannot be brought up where nothing can be written: copy "
            "the run to a directory of yours",
            s->path);
    if ((old && before_tuning && make_schema(s, version, err)) || tune(s, err) ||
        (old && !before_tuning && make_schema(s, version, err)))
        return err->code;
    return start_syncing(s, durable, err);
}

/* SQLite wants to write even to read, but for a file that is told never to change: one that nobody
 * here can write, and that no process has left in the middle of something. */
static bool cannot_change(const char *path)
{
    struct buf other = BUF_INIT;
    struct str dir = str_c(path);

    while (dir.n && dir.p[dir.n - 1] != '/')
        dir.n--;
    buf_str_add(&other, dir.n ? dir : STR("."));
    bool closed = access(path, W_OK) != 0 || access(buf_cstr(&other), W_OK) != 0;
    buf_reset(&other);
    buf_printf(&other, "%s-wal", path);
    closed = closed && !file_exists(buf_cstr(&other));
    buf_release(&other);
    return closed;
}

/* "file:PATH?immutable=1" for SQLite, which reads %, ? and # in it. */
static void immutable_uri(const char *path, struct buf *out)
{
    buf_puts(out, "file:");
    for (const char *p = path; *p; p++)
        if (*p == '%' || *p == '?' || *p == '#')
            buf_printf(out, "%%%02X", (unsigned)*p);
        else
            buf_putc(out, *p);
    buf_puts(out, "?immutable=1");
}

static int open_db(struct store *s, const char *path)
{
    struct buf name = BUF_INIT;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;

    if (!s->readonly)
        flags |= SQLITE_OPEN_CREATE;
    if (s->immutable) {
        flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI;
        immutable_uri(path, &name);
    } else {
        buf_puts(&name, path);
    }
    int rc = sqlite3_open_v2(buf_cstr(&name), &s->db, flags, NULL);
    buf_release(&name);
    return rc;
}

enum err_code store_open(
    const char *path, const struct store_options *options, struct store **ret, struct err *err)
{
    struct store *s = xcalloc(1, sizeof *s);
    enum err_code code;

    snprintf(s->path, sizeof s->path, "%s", path);
    snprintf(s->grader, sizeof s->grader, "strict");
    s->readonly = options->readonly;
    if (options->readonly && !file_exists(path)) {
        free(s);
        return err_set(err, ERR_NOT_FOUND, "there is no run database %s", path);
    }
    s->immutable = s->readonly && cannot_change(path);
    if (open_db(s, path) != SQLITE_OK) {
        code = err_set(err, ERR_IO, "cannot open %s: %s", path,
            s->db ? sqlite3_errmsg(s->db) : "out of memory");
        store_close(s);
        return code;
    }
    sqlite3_busy_timeout(s->db, 5000);
    code = prepare(s, options->durable, err);
    if (code) {
        store_close(s);
        return code;
    }
    *ret = s;
    return OK;
}

void store_close(struct store *s)
{
    if (!s)
        return;
    store_rollback(s);
    for (size_t i = 0; i < s->nstatements; i++)
        sqlite3_finalize(s->statements[i]);
    sqlite3_close(s->db);
    free(s);
}

enum err_code store_begin(struct store *s, struct err *err)
{
    static const char sql[] = "BEGIN IMMEDIATE";

    if (s->in_transaction)
        return OK;
    if (sql_run(s, err, sql, ""))
        return err->code;
    s->in_transaction = true;
    return OK;
}

enum err_code store_commit(struct store *s, struct err *err)
{
    static const char sql[] = "COMMIT";

    if (!s->in_transaction)
        return OK;
    if (sql_run(s, err, sql, ""))
        return err->code;
    s->in_transaction = false;
    return OK;
}

void store_rollback(struct store *s)
{
    if (!s->in_transaction)
        return;
    for (size_t i = 0; i < s->nstatements; i++)
        sqlite3_reset(s->statements[i]);
    /* a failed rollback means that SQLite has rolled back already */
    (void)sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
    s->in_transaction = false;
}

enum err_code store_meta_set(struct store *s, const char *key, struct str value, struct err *err)
{
    static const char sql[] = "INSERT INTO meta(key, value) VALUES(?1, ?2) "
                              "ON CONFLICT(key) DO UPDATE SET value = excluded.value";

    return sql_run(s, err, sql, "st", key, &value);
}

enum err_code store_meta_get(
    struct store *s, const char *key, struct buf *ret, bool *ret_found, struct err *err)
{
    static const char sql[] = "SELECT value FROM meta WHERE key = ?1";
    sqlite3_stmt *st;

    if (sql_prepare(s, sql, &st, err) || sql_bind(s, st, err, "s", key) ||
        sql_step(s, st, ret_found, err))
        return err->code;
    if (*ret_found)
        buf_str_add(ret, sql_text(st, 0));
    sqlite3_reset(st);
    return OK;
}

void store_use_grader(struct store *s, const char *grader)
{
    snprintf(s->grader, sizeof s->grader, "%s", grader);
}
