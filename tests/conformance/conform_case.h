/*
 * conform_case.h - a case of the conformance tests: what is asked, what the server plays, what must
 * come out.
 *
 * A file holds cases, each headed by "=== name"; "=== rows" heads a table instead, one line a case,
 * "name | a | b", and what stands behind it is read once a line with %0% (the name), %1%, %2% ...
 * replaced. The case's own name is FILE/NAME. Sections begin with "== name" or "== name N":
 *
 *   case       items (of items.txt), does (one sentence), kind (conform_talk.h, "run", "unit"),
 *              and keys of conform_ask.h, conform_talk.h, conform_client.c, conform_run.h
 *   answer     one answer of the server; struct case_answer has its keys. Behind a line "--" stands
 *              the body, in the language of conform_body.h
 *   want       what must come of an exchange, request what must be in a request, after what must be
 *              known at the end (conform_client.h); command, fetch: see conform_run.h,
 * conform_talk.h
 *
 * Their lines are "key: value" (equal), "key has: value", "key lacks: value", "key in: A..B". A
 * value that begins with a quote is a JSON string. A line that begins with # is a comment, except
 * in a body.
 */
#ifndef TESTS_CONFORMANCE_CONFORM_CASE_H
#define TESTS_CONFORMANCE_CONFORM_CASE_H

#include "harness/base/arena.h"
#include "harness/base/buf.h"
#include "harness/base/err.h"

enum { CASE_MAX_LINES = 64, CASE_MAX_ANSWERS = 24, CASE_MAX_SECTIONS = 32 };

enum case_op { OP_IS, OP_HAS, OP_LACKS, OP_IN };

struct case_line {
    struct str key, value;
    enum case_op op;
    size_t number; /* of the line in its file */
};

/* A section of lines: "case", "want", "want 2", "request 1" ... */
struct case_section {
    struct str name;
    int64_t n; /* the number behind the name, 0 = none */
    struct case_line lines[CASE_MAX_LINES];
    size_t nlines;
};

enum act { ACT_WAIT, ACT_CLOSE, ACT_RESET, ACT_STALL };

/* What happens once the first `at` bytes are on the wire. */
struct case_mark {
    size_t at;
    enum act act;
    int64_t ms;
};

/* One answer of the server: conditions, head, body and what happens on the way. */
struct case_answer {
    struct str method, path, when, unless; /* empty = any */
    struct str validate;                   /* rules a request must keep, words; empty = none */
    struct str known;                      /* members a body may have, words; empty = any */
    int64_t times;                         /* how often it is given; -1 = always */
    int64_t given;                         /* so far; the server's */
    int64_t status;
    struct str headers; /* lines with CRLF */
    int64_t write;      /* bytes a write, 0 = all at once */
    int64_t chunk;      /* bytes a chunk of the chunked coding; 0 = Content-Length, -1 = neither */
    bool close, close_idle; /* with "Connection: close"; without a word, after the reply */
    struct buf body;
    struct case_mark *marks; /* on the body */
    size_t nmarks, cap_marks;
};

struct conform_case {
    struct str name;
    const char *file;
    struct arena *arena;
    struct case_section *sections;
    size_t nsections;
    struct case_answer answers[CASE_MAX_ANSWERS];
    size_t nanswers;
};

/* Calls fn for every case of a file. */
typedef enum err_code case_fn(struct conform_case *c, void *payload, struct err *err);
MUST_CHECK enum err_code case_each(const char *path, case_fn *fn, void *payload, struct err *err);

/* The section of that name and number; NULL if there is none. */
const struct case_section *case_section(const struct conform_case *c, const char *name, int64_t n);
/* A value of the section "case"; empty if it is not there. */
struct str case_value(const struct conform_case *c, const char *key);
int64_t case_int(const struct conform_case *c, const char *key, int64_t fallback);
/* A value that begins with a quote is a JSON string; all else stands for itself. */
struct str case_text(struct arena *arena, struct str value);

#endif
