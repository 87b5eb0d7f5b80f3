/*
 * field.h - one table a kind of configuration object: it loads, checks, overrides, prints,
 * explains.
 *
 * A field has a dotted name ("max_tokens.test"), a type, the offset of its member, a default as
 * JSON text, a range or choices, and help. From one table come: reading a JSON object with errors
 * that name the key's path and suggest the nearest name, `--set a.b=c`, the effective configuration
 * as JSON, the help listing and the JSON Schema for editors.
 *
 * Member types: FIELD_BOOL bool, FIELD_INT int64_t (null = FIELD_NONE), FIELD_NUM double (null =
 * NAN), FIELD_STR and FIELD_CHOICE struct str (null = p NULL), FIELD_INTS struct int_list,
 * FIELD_LEVELS the same (levels of budget.h; a number stays BUDGET_NUMBER until the owner of the
 * list gives it its kind; null = v NULL),
 * FIELD_STRS struct str_list, FIELD_LIST struct object_list of elements described by `sub`,
 * FIELD_PART struct str: an object as its compact JSON (null = p NULL), whose members, if there is
 * a `sub`, are those of its table that are said and no others.
 */
#ifndef HARNESS_CONFIG_FIELD_H
#define HARNESS_CONFIG_FIELD_H

#include "harness/base/arena.h"
#include "harness/base/buf.h"
#include "harness/base/err.h"

#define FIELD_NONE INT64_MIN

struct int_list {
    int64_t *v;
    size_t n;
};

struct str_list {
    struct str *v;
    size_t n;
};

struct object_list {
    void *v; /* n elements of the sub-table's size */
    size_t n;
};

enum field_type {
    FIELD_BOOL,
    FIELD_INT,
    FIELD_NUM,
    FIELD_STR,
    FIELD_CHOICE,
    FIELD_INTS,
    FIELD_LEVELS,
    FIELD_STRS,
    FIELD_LIST,
    FIELD_PART,
};

struct field_table;

struct field {
    const char *name; /* dotted; members of one JSON object stand together */
    enum field_type type;
    size_t offset;
    const char *fallback; /* default as JSON text */
    double min, max;      /* for numbers and the elements of FIELD_INTS; equal = no range */
    const char *choices;  /* "a|b|c" for FIELD_CHOICE */
    const char *help;
    bool keeps_tasks; /* changing it never changes which requests are made */
    const struct field_table *sub;
};

struct field_table {
    const char *what; /* "configuration", "arm" */
    const struct field *fields;
    size_t n, size;        /* size of the C struct */
    const char *shorthand; /* field that a bare string stands for, or NULL */
};

/* Sets every member of *object to its default. Memory of strings and lists is the arena's. */
void field_defaults(const struct field_table *table, void *object, struct arena *arena);
struct json;
/* Reads a JSON object (or a bare string, if the table has a shorthand). `path` names the object in
 * messages ("arms[1]", empty at the top). */
MUST_CHECK enum err_code field_load(const struct field_table *table, void *object,
    const struct json *v, const char *path, struct arena *arena, struct err *err);
/* One `a.b=value`; the value is JSON, or else taken as a string. List elements: "arms.0.k=[1,2]".
 */
MUST_CHECK enum err_code field_set(const struct field_table *table, void *object,
    const char *assignment, struct arena *arena, struct err *err);
/* The object as JSON with every field, nested by dots, in table order. */
void field_print(const struct field_table *table, const void *object, struct buf *out);
/* One field's value as compact JSON. */
void field_print_value(const struct field *field, const void *object, struct buf *out);
void field_help(const struct field_table *table, struct buf *out);
void field_schema(const struct field_table *table, struct buf *out); /* JSON Schema 2020-12 */

#endif
