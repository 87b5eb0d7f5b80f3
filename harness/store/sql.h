/*
 * sql.h - the store's own use of SQLite: prepared statements by number, typed binding.
 *
 * Internal to harness/store. Statements are prepared at first use and kept until the store closes.
 */
#ifndef HARNESS_STORE_SQL_H
#define HARNESS_STORE_SQL_H

#include "harness/store/store.h"

#include <sqlite3.h>

enum { SQL_STATEMENTS = 96 };

/* A row in `text`, remembered by digest so that repeated puts cost no query. */
struct text_slot {
    uint64_t hash;
    int64_t key;
};

struct store {
    sqlite3 *db;
    sqlite3_stmt *statements[SQL_STATEMENTS];
    const char *sources[SQL_STATEMENTS];
    size_t nstatements;
    char path[512];
    char grader[16];
    bool in_transaction, readonly;
    bool immutable; /* read where nobody can write: the file is told never to change */
};

extern const char *const store_schema_steps[]; /* schema.c: from version i to i + 1 */

/* The prepared form of a string literal (recognised by its address), reset and unbound. */
MUST_CHECK enum err_code sql_prepare(
    struct store *s, const char *literal, sqlite3_stmt **ret, struct err *err);

/* Binds by type letters, from parameter 1: i int64_t, o int64_t where -1 and FIELD_NONE-like
 * minima mean NULL, d double, s const char * (NULL = NULL), t const struct str * as text, b const
 * struct str * as blob. */
MUST_CHECK enum err_code sql_bind(
    struct store *s, sqlite3_stmt *st, struct err *err, const char *types, ...);
/* Prepares, binds and steps a statement that returns no row. */
MUST_CHECK enum err_code sql_run(
    struct store *s, struct err *err, const char *literal, const char *types, ...);
/* The same for one that finds a number: the first column of its row, 0 where there is no row. */
MUST_CHECK enum err_code sql_run_int(
    struct store *s, struct err *err, int64_t *ret, const char *literal, const char *types, ...);
/* Steps; *ret_row says whether there is a row. */
MUST_CHECK enum err_code sql_step(
    struct store *s, sqlite3_stmt *st, bool *ret_row, struct err *err);
/* Gives every row of a bound statement to fn; a failure of fn ends it. */
typedef enum err_code sql_row_fn(sqlite3_stmt *st, void *payload, struct err *err);
MUST_CHECK enum err_code sql_each(
    struct store *s, sqlite3_stmt *st, sql_row_fn *fn, void *payload, struct err *err);
/* All rows of a bound statement as an array in the arena: fill writes one item of `size` bytes. */
typedef void sql_fill_fn(sqlite3_stmt *st, struct arena *arena, void *item);
MUST_CHECK enum err_code sql_collect(struct store *s, sqlite3_stmt *st, size_t size,
    sql_fill_fn *fill, struct arena *arena, void **ret, size_t *ret_n, struct err *err);
/* Reports what SQLite says, with the file's name; a full disk is named as such. */
enum err_code sql_error(struct store *s, struct err *err, const char *doing);

struct str sql_text(sqlite3_stmt *st, int column);                  /* valid until the next step */
int64_t sql_int_or(sqlite3_stmt *st, int column, int64_t fallback); /* NULL gives fallback */
/* Five usage columns from `column` on. */
struct usage sql_usage(sqlite3_stmt *st, int column);

#endif
