/*
 * json.h - the only door to cJSON.
 *
 * cJSON 1.7.15 has five traps that this wrapper closes: it accepts text behind the value, accepts
 * invalid UTF-8, cuts strings at \u0000, looks keys up without regard to case, and keeps numbers
 * as doubles. Here: the whole text must be one value; UTF-8 is checked; \u0000 is refused (or, in
 * a model's answer, replaced by U+FFFD and counted); lookup is case-sensitive and duplicate keys
 * are refused in strict mode; integers of 2^53 and more are refused by json_int, so 64-bit values
 * travel as strings. Depth is at most JSON_MAX_DEPTH. Decode into own structs at once: no json
 * value crosses a room.
 *
 *     struct json *doc;
 *     if (json_parse(text, JSON_STRICT, &doc, err))
 *         return err_wrap(err, "%s", path);
 *     struct str name = json_str(json_get(doc, "name"));   (absent or not a string: empty)
 *     json_free(doc);
 */
#ifndef HARNESS_BASE_JSON_H
#define HARNESS_BASE_JSON_H

#include "harness/base/buf.h"
#include "harness/base/err.h"

struct json; /* a value inside a parsed document; borrowed from the document */

enum { JSON_MAX_DEPTH = 256 };

enum json_mode {
    JSON_STRICT, /* our own files: any trap is an error that names the line */
    JSON_REPAIR, /* foreign answers: bad UTF-8, \u0000, half surrogate pairs become U+FFFD */
};

enum json_type {
    JSON_ABSENT,
    JSON_NULL,
    JSON_BOOL,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT
};

/* Parses the whole text. The error names line and column. *ret_doc is owned by the caller. */
MUST_CHECK enum err_code json_parse(
    struct str text, enum json_mode mode, struct json **ret_doc, struct err *err);
void json_free(struct json *doc);

/* Every reader accepts NULL (an absent value) and a value of another type. */
enum json_type json_type(const struct json *v);
const char *json_type_name(enum json_type type);
const struct json *json_get(const struct json *object, const char *key);
const struct json *json_path(const struct json *v, const char *dotted); /* "usage.total" */
const struct json *json_at(const struct json *array, size_t i);         /* O(i) */
size_t json_len(const struct json *v);               /* members of an array or object */
const struct json *json_first(const struct json *v); /* iterate: first, then next until NULL */
const struct json *json_next(const struct json *v);
struct str json_key(const struct json *member); /* key of an object member */
struct str json_str(const struct json *v);      /* empty unless a string */
bool json_bool(const struct json *v, bool fallback);
bool json_num(const struct json *v, double *ret);  /* false unless a finite number */
bool json_int(const struct json *v, int64_t *ret); /* false unless integral, |v| < 2^53 */

/* Serialises v compactly, keys in the order they were read. */
void json_print(struct buf *out, const struct json *v);

/* Writing. json_escape appends s without quotes; json_quote with them. Escaped are '"', '\\' and
 * bytes below 0x20 (short forms where JSON has them); all else is copied, so for well-formed
 * UTF-8 the result is canonical: equal text, equal bytes. */
void json_escape(struct buf *out, struct str s);
void json_quote(struct buf *out, struct str s);
/* Shortest decimal text that reads back as v; integers without a point; not finite -> null. */
void json_number(struct buf *out, double v);

/* Structured writing: commas and nesting are kept right, misuse is a BUG. `indent` > 0 breaks
 * lines. Keys are C strings; pass NULL inside arrays. */
struct json_writer {
    struct buf *out;
    int indent, depth;
    bool first; /* no member written yet at this depth */
};

struct json_writer json_writer(struct buf *out, int indent);
void jsonw_object(struct json_writer *w, const char *key);
void jsonw_array(struct json_writer *w, const char *key);
void jsonw_end_object(struct json_writer *w);
void jsonw_end_array(struct json_writer *w);
void jsonw_str(struct json_writer *w, const char *key, struct str v);
void jsonw_cstr(struct json_writer *w, const char *key, const char *v); /* NULL gives null */
void jsonw_int(struct json_writer *w, const char *key, int64_t v);
void jsonw_num(struct json_writer *w, const char *key, double v);
void jsonw_bool(struct json_writer *w, const char *key, bool v);
void jsonw_null(struct json_writer *w, const char *key);
void jsonw_raw(struct json_writer *w, const char *key, struct str json); /* trusted JSON text */

#endif
