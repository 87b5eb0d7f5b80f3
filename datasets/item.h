/*
 * item.h - a source problem, as read from a dataset or made by a world.
 *
 * A plain item has `question` (the whole problem). An item that is already stateful has `context`
 * and `query` as well, and question == context + " " + query. All texts live in the caller's arena.
 */
#ifndef DATASETS_ITEM_H
#define DATASETS_ITEM_H

#include "harness/base/arena.h"
#include "harness/base/buf.h"
#include "harness/base/err.h"

/* What kind of text a problem is: it decides where statements end. */
enum item_markup { MARKUP_PROSE, MARKUP_LATEX };

/* A hand-made correction of the automatic cut of a LaTeX problem. Statements count from 1. It
 * applies only if the text has expect_statements of them: another wording is left alone. */
struct cut_override {
    size_t expect_statements, query;
    size_t *drop; /* statements that go away */
    size_t ndrop;
    struct str (*edits)[2]; /* from, to: applied to every statement */
    size_t nedits;
};

struct item {
    struct str id;      /* unique in its list, e.g. "gsm-symbolic-p2/0003/17" */
    struct str cluster; /* unit of statistics: original_id for GSM, context name for worlds */
    struct str stratum; /* template or form: results are stratified by it */
    struct str question;
    struct str gold;     /* final answer as written in the source */
    struct str solution; /* worked lines, may be empty */
    bool stateful;       /* context and query come from the source */
    bool world;          /* asked by a world of ours: the gold is computed */
    struct str context, query;
    size_t line; /* 1-based line in the source file, 0 if generated */
    enum item_markup markup;
    size_t figures;                      /* drawings taken out of the text */
    const struct cut_override *override; /* NULL = none */
};

struct item_list {
    struct item *v;
    size_t n, cap;
    size_t skipped;      /* malformed rows left out by skip_bad */
    struct buf warnings; /* what was repaired or looks wrong: "file:line: ..." a line */
    size_t nwarnings;
};

void item_list_release(struct item_list *list); /* frees v; texts belong to the arena */
PRINTF_LIKE(2, 3) void item_list_warn(struct item_list *list, const char *fmt, ...);
struct item *item_list_add(struct item_list *list); /* a zeroed new last item */

/* ERR_INPUT: the file has no row, or none that is well-formed. */
enum err_code item_none(const char *path, size_t skipped, struct err *err);

/* Which columns hold what; NULL = try the synonyms of DATASETS D in order. */
struct item_columns {
    const char *id, *question, *answer, *cluster, *stratum, *context, *query;
    bool ids_repeat; /* equal ids pass: the caller gives new ones and calls item_list_unique */
};

/* Of rows with equal ids only the first is well-formed: the next is an error that names file, line
 * and the line of the first, or, with skip_bad, such rows are left out and counted. */
MUST_CHECK enum err_code item_list_unique(
    const char *path, struct item_list *list, bool skip_bad, struct err *err);

/* Reads JSON lines. A malformed row (bad JSON, missing column, duplicate id, no gold) is an error
 * naming file and line, or, with skip_bad, left out and counted. GSM-Symbolic rows (Apple's 8
 * columns, or with stateful_gsm_symbolic_context/_question) are recognised: id = dataset/template/
 * instance, cluster = original_id, gold = text behind the last "#### " of the answer.
 * CRLF, BOM and a missing final newline are fine; blank lines are skipped. */
MUST_CHECK enum err_code item_read_jsonl(const char *path, const char *dataset,
    const struct item_columns *columns, bool skip_bad, struct arena *arena,
    struct item_list *ret_list, struct err *err);

#endif
