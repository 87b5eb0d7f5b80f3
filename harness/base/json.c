/* json.c - cJSON behind a wrapper that closes its traps; see json.h for which. */
#include "harness/base/json.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* struct json is never defined: a pointer to it is a cJSON pointer. */
static const cJSON *in(const struct json *v)
{
    return (const cJSON *)(const void *)v;
}

static const struct json *out_of(const cJSON *c)
{
    return (const struct json *)(const void *)c;
}

static void line_and_column(struct str text, size_t at, size_t *ret_line, size_t *ret_column)
{
    size_t line = 1, start = 0;

    for (size_t i = 0; i < at && i < text.n; i++)
        if (text.p[i] == '\n') {
            line++;
            start = i + 1;
        }
    *ret_line = line;
    *ret_column = at - start + 1;
}

static enum err_code fail_at(struct str text, size_t at, const char *what, struct err *err)
{
    size_t line, column;

    line_and_column(text, at, &line, &column);
    return err_set(err, ERR_INPUT, "line %zu, column %zu: %s", line, column, what);
}

/* One pass over the bytes before cJSON sees them. */
struct scan {
    bool bad_utf8, nul_escape, nul_byte, lone_surrogate;
    const char *fatal; /* what no mode accepts */
    size_t at;         /* first trouble */
};

/* Value of the escape \uXXXX at t[i], or -1 if there is none. */
static int32_t escape_at(struct str t, size_t i)
{
    int32_t v = 0;

    if (i > t.n || t.n - i < 6 || t.p[i] != '\\' || t.p[i + 1] != 'u')
        return -1;
    for (size_t k = i + 2; k < i + 6; k++) {
        char c = str_lower(t.p[k]);
        if (!str_is_digit(c) && (c < 'a' || c > 'f'))
            return -1;
        v = v * 16 + (c <= '9' ? c - '0' : c - 'a' + 10);
    }
    return v;
}

/* Bytes of a surrogate pair, or of one escape that is no half of a pair, at t[i]; 0 for a half
 * that stands alone (a text cut inside an emoji has one). */
static size_t escape_len(struct str t, size_t i)
{
    int32_t v = escape_at(t, i);

    if (v < 0xD800 || v > 0xDFFF)
        return v < 0 ? 2 : 6;
    int32_t low = v < 0xDC00 ? escape_at(t, i + 6) : -1;
    return low >= 0xDC00 && low <= 0xDFFF ? 12 : 0;
}

/* Looks at the escape at t[*i] and moves *i to its last byte. */
static void note_escape(struct str t, size_t *i, struct scan *s)
{
    size_t n = escape_len(t, *i);

    if (t.p[*i + 1] == 'u' && escape_at(t, *i) < 0 && !s->fatal) {
        s->fatal = "\\u wants four hexadecimal digits"; /* cJSON reads it as \u0000 */
        s->at = *i;
    } else if (escape_at(t, *i) == 0 && !s->nul_escape && !s->fatal) {
        s->nul_escape = true;
        s->at = *i;
    }
    s->lone_surrogate = s->lone_surrogate || n == 0;
    *i += (n ? n : 6) - 1;
}

static struct scan scan_text(struct str t)
{
    struct scan s = {0};
    size_t depth = 0;
    bool in_string = false;

    for (size_t i = 0; i < t.n; i++) {
        char c = t.p[i];
        if (c == '\0') {
            s.nul_byte = true;
            s.at = i;
            return s;
        }
        if (in_string) {
            if (c == '\\' && i + 1 < t.n) {
                note_escape(t, &i, &s);
            } else if (c == '"') {
                in_string = false;
            }
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            if (++depth > JSON_MAX_DEPTH) {
                s.fatal = "JSON nested too deeply";
                s.at = i;
                return s;
            }
        } else if ((c == '}' || c == ']') && depth) {
            depth--;
        }
    }
    s.bad_utf8 = !str_utf8_ok(t);
    return s;
}

/* A copy in which bad bytes, NUL bytes, \u0000 and halves of surrogate pairs read as U+FFFD. */
static void repair(struct buf *out, struct str t)
{
    for (size_t i = 0; i < t.n;) {
        if (t.p[i] == '\\' && i + 1 < t.n && (unsigned char)t.p[i + 1] < 0x80 &&
            t.p[i + 1] != '\0') {
            size_t n = escape_at(t, i) == 0 ? 0 : escape_len(t, i);
            buf_add(out, n ? t.p + i : "\\ufffd", n ? n : 6);
            i += n ? n : 6;
        } else {
            uint32_t cp = str_utf8_next(t, &i);
            buf_utf8(out, cp ? cp : 0xFFFD);
        }
    }
}

static int by_key(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorted, so that an object with a million keys costs no million times a million. */
/* A key that an object names twice, or NULL. */
static const char *own_duplicate(const cJSON *object)
{
    size_t n = 0, cap = 0;
    const char **keys = NULL, *found = NULL;

    for (const cJSON *m = object->child; m; m = m->next) {
        GROW(keys, n + 1, cap);
        keys[n++] = m->string;
    }
    if (n)
        qsort(keys, n, sizeof *keys, by_key);
    for (size_t i = 1; i < n && !found; i++)
        found = strcmp(keys[i - 1], keys[i]) == 0 ? keys[i] : NULL;
    free(keys);
    return found;
}

static const char *duplicate_key(const cJSON *v)
{
    const char *found = cJSON_IsObject(v) ? own_duplicate(v) : NULL;

    for (const cJSON *m = v->child; m && !found; m = m->next)
        found = m->child ? duplicate_key(m) : NULL;
    return found;
}

static enum err_code parse_scanned(
    struct str text, enum json_mode mode, struct json **ret_doc, struct err *err)
{
    const char *end = NULL;
    cJSON *c = cJSON_ParseWithLengthOpts(text.p, text.n, &end, 0);

    if (!c) {
        size_t at =
            end && end >= text.p && end <= text.p + text.n ? (size_t)(end - text.p) : text.n;
        /* cJSON puts an early end at the last byte, where it can't be told from a wrong byte */
        return fail_at(text, at,
            at + 1 >= text.n ? "not valid JSON, or it ends too early" : "not valid JSON", err);
    }
    size_t used = (size_t)(end - text.p);
    while (used < text.n && str_is_blank(text.p[used]))
        used++;
    if (used < text.n) {
        cJSON_Delete(c);
        return fail_at(text, used, "text behind the end of the JSON value", err);
    }
    const char *twice = mode == JSON_STRICT ? duplicate_key(c) : NULL;
    if (twice) {
        enum err_code code =
            err_set(err, ERR_INPUT, "a JSON object names the key \"%s\" twice", twice);
        cJSON_Delete(c);
        return code;
    }
    *ret_doc = (struct json *)(void *)c;
    return OK;
}

/* What our own files may not hold at all. */
static enum err_code refuse(struct str text, const struct scan *s, struct err *err)
{
    if (s->nul_byte)
        return fail_at(text, s->at, "a NUL byte is not JSON", err);
    if (s->nul_escape)
        return fail_at(text, s->at, "\\u0000 is not accepted in a string", err);
    if (s->bad_utf8)
        return err_set(err, ERR_INPUT, "the text is not valid UTF-8");
    return OK;
}

static enum err_code parse_repaired(
    struct str text, enum json_mode mode, struct json **ret_doc, struct err *err)
{
    struct buf fixed = BUF_INIT;

    repair(&fixed, text);
    struct scan s = scan_text(buf_str(&fixed)); /* the first look ended at a NUL byte */
    enum err_code code = s.fatal ? fail_at(buf_str(&fixed), s.at, s.fatal, err)
                                 : parse_scanned(buf_str(&fixed), mode, ret_doc, err);
    buf_release(&fixed);
    return code;
}

enum err_code json_parse(
    struct str text, enum json_mode mode, struct json **ret_doc, struct err *err)
{
    if (text.n >= 3 && memcmp(text.p, "\xEF\xBB\xBF", 3) == 0)
        text = str_from(text, 3);
    if (str_trim(text).n == 0)
        return err_set(err, ERR_INPUT, "empty text where a JSON value is expected");
    struct scan s = scan_text(text);
    if (s.fatal)
        return fail_at(text, s.at, s.fatal, err);
    if (mode == JSON_STRICT) {
        enum err_code code = refuse(text, &s, err);
        return code ? code : parse_scanned(text, mode, ret_doc, err);
    }
    if (s.nul_byte || s.nul_escape || s.bad_utf8 || s.lone_surrogate)
        return parse_repaired(text, mode, ret_doc, err);
    return parse_scanned(text, mode, ret_doc, err);
}

void json_free(struct json *doc)
{
    cJSON_Delete((cJSON *)(void *)doc);
}

enum json_type json_type(const struct json *v)
{
    const cJSON *c = in(v);

    if (!c)
        return JSON_ABSENT;
    switch (c->type & 0xFF) {
    case cJSON_NULL:
        return JSON_NULL;
    case cJSON_True:
    case cJSON_False:
        return JSON_BOOL;
    case cJSON_Number:
        return JSON_NUMBER;
    case cJSON_String:
        return JSON_STRING;
    case cJSON_Array:
        return JSON_ARRAY;
    case cJSON_Object:
        return JSON_OBJECT;
    default:
        return JSON_ABSENT;
    }
}

const char *json_type_name(enum json_type type)
{
    static const char *const names[] = {
        "nothing", "null", "true or false", "a number", "a string", "a list", "an object"};

    return names[type];
}

const struct json *json_get(const struct json *object, const char *key)
{
    return json_type(object) == JSON_OBJECT
               ? out_of(cJSON_GetObjectItemCaseSensitive(in(object), key))
               : NULL;
}

const struct json *json_path(const struct json *v, const char *dotted)
{
    struct str rest = str_c(dotted), part;
    char key[128];

    while (v && str_cut(&rest, '.', &part)) {
        if (part.n >= sizeof key)
            return NULL;
        memcpy(key, part.p, part.n);
        key[part.n] = '\0';
        v = json_get(v, key);
    }
    return v;
}

const struct json *json_first(const struct json *v)
{
    enum json_type t = json_type(v);

    return t == JSON_ARRAY || t == JSON_OBJECT ? out_of(in(v)->child) : NULL;
}

const struct json *json_next(const struct json *v)
{
    return v ? out_of(in(v)->next) : NULL;
}

const struct json *json_at(const struct json *array, size_t i)
{
    const struct json *v = json_type(array) == JSON_ARRAY ? json_first(array) : NULL;

    while (v && i--)
        v = json_next(v);
    return v;
}

size_t json_len(const struct json *v)
{
    size_t n = 0;

    for (const struct json *m = json_first(v); m; m = json_next(m))
        n++;
    return n;
}

struct str json_key(const struct json *member)
{
    return member ? str_c(in(member)->string) : (struct str){NULL, 0};
}

struct str json_str(const struct json *v)
{
    return json_type(v) == JSON_STRING ? str_c(in(v)->valuestring) : (struct str){NULL, 0};
}

bool json_bool(const struct json *v, bool fallback)
{
    return json_type(v) == JSON_BOOL ? cJSON_IsTrue(in(v)) : fallback;
}

bool json_num(const struct json *v, double *ret)
{
    if (json_type(v) != JSON_NUMBER || !isfinite(in(v)->valuedouble))
        return false;
    *ret = in(v)->valuedouble;
    return true;
}

bool json_int(const struct json *v, int64_t *ret)
{
    double d;

    if (!json_num(v, &d) || d != trunc(d) || fabs(d) >= 9007199254740992.0)
        return false;
    *ret = (int64_t)d;
    return true;
}

/* Bytes from i on that need no escape, eight at a time as far as that goes. The tests for a zero
 * byte (of w ^ pattern) and for a byte below 0x20 may name too many words, never too few. */
static size_t skip_plain(struct str s, size_t i)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), tops = ones << 7;

    for (uint64_t w; i + sizeof w <= s.n; i += sizeof w) {
        memcpy(&w, s.p + i, sizeof w);
        uint64_t quote = w ^ ones * '"', back = w ^ ones * '\\';
        if ((((w - ones * 0x20) & ~w) | ((quote - ones) & ~quote) | ((back - ones) & ~back)) & tops)
            break;
    }
    return i;
}

void json_escape(struct buf *out, struct str s)
{
    size_t start = 0;

    buf_reserve(out, s.n);
    for (size_t i = 0; i < s.n; i++) {
        if (i % 8 == 0 && (i = skip_plain(s, i)) == s.n)
            break;
        unsigned char c = (unsigned char)s.p[i];
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        buf_add(out, s.p + start, i - start);
        start = i + 1;
        static const char shorts[] = "btn\0fr";
        if (c == '"' || c == '\\') {
            buf_putc(out, '\\');
            buf_putc(out, (char)c);
        } else if (c >= 8 && c <= 13 && c != 11) {
            buf_putc(out, '\\');
            buf_putc(out, shorts[c - 8]);
        } else {
            buf_printf(out, "\\u%04x", c);
        }
    }
    buf_add(out, s.p + start, s.n - start);
}

void json_quote(struct buf *out, struct str s)
{
    buf_putc(out, '"');
    json_escape(out, s);
    buf_putc(out, '"');
}

void json_number(struct buf *out, double v)
{
    char text[40];

    if (!isfinite(v)) {
        buf_puts(out, "null");
        return;
    }
    if (v == trunc(v) && fabs(v) < 1e15) {
        buf_printf(out, "%lld", (long long)v);
        return;
    }
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, v);
        if (strtod(text, NULL) == v)
            break;
    }
    buf_puts(out, text);
}

static void print_value(struct buf *out, const struct json *v)
{
    double d = 0;
    enum json_type type = json_type(v);
    bool first = true;

    switch (type) {
    case JSON_STRING:
        json_quote(out, json_str(v));
        return;
    case JSON_NUMBER:
        (void)json_num(v, &d); /* an infinite value prints as 0 only if cJSON could read one */
        json_number(out, d);
        return;
    case JSON_BOOL:
        buf_puts(out, json_bool(v, false) ? "true" : "false");
        return;
    case JSON_ARRAY:
    case JSON_OBJECT:
        buf_putc(out, type == JSON_ARRAY ? '[' : '{');
        for (const struct json *m = json_first(v); m; m = json_next(m), first = false) {
            if (!first)
                buf_putc(out, ',');
            if (type == JSON_OBJECT) {
                json_quote(out, json_key(m));
                buf_putc(out, ':');
            }
            print_value(out, m);
        }
        buf_putc(out, type == JSON_ARRAY ? ']' : '}');
        return;
    default:
        buf_puts(out, "null");
    }
}

void json_print(struct buf *out, const struct json *v)
{
    print_value(out, v);
}

struct json_writer json_writer(struct buf *out, int indent)
{
    return (struct json_writer){.out = out, .indent = indent, .first = true};
}

static void new_line(struct json_writer *w)
{
    if (w->indent <= 0)
        return;
    buf_putc(w->out, '\n');
    for (int i = 0; i < w->depth * w->indent; i++)
        buf_putc(w->out, ' ');
}

static void member(struct json_writer *w, const char *key)
{
    if (!w->first)
        buf_putc(w->out, ',');
    if (w->depth)
        new_line(w);
    w->first = false;
    if (!key)
        return;
    json_quote(w->out, str_c(key));
    buf_puts(w->out, w->indent > 0 ? ": " : ":");
}

static void open_bracket(struct json_writer *w, const char *key, char bracket)
{
    member(w, key);
    buf_putc(w->out, bracket);
    w->depth++;
    w->first = true;
}

static void close_bracket(struct json_writer *w, char bracket)
{
    if (--w->depth < 0)
        BUG("JSON writer closed too often");
    if (!w->first)
        new_line(w);
    buf_putc(w->out, bracket);
    w->first = false;
}

void jsonw_object(struct json_writer *w, const char *key)
{
    open_bracket(w, key, '{');
}

void jsonw_array(struct json_writer *w, const char *key)
{
    open_bracket(w, key, '[');
}

void jsonw_end_object(struct json_writer *w)
{
    close_bracket(w, '}');
}

void jsonw_end_array(struct json_writer *w)
{
    close_bracket(w, ']');
}

void jsonw_str(struct json_writer *w, const char *key, struct str v)
{
    member(w, key);
    json_quote(w->out, v);
}

void jsonw_cstr(struct json_writer *w, const char *key, const char *v)
{
    if (v)
        jsonw_str(w, key, str_c(v));
    else
        jsonw_null(w, key);
}

void jsonw_int(struct json_writer *w, const char *key, int64_t v)
{
    member(w, key);
    buf_printf(w->out, "%lld", (long long)v);
}

void jsonw_num(struct json_writer *w, const char *key, double v)
{
    member(w, key);
    json_number(w->out, v);
}

void jsonw_bool(struct json_writer *w, const char *key, bool v)
{
    member(w, key);
    buf_puts(w->out, v ? "true" : "false");
}

void jsonw_null(struct json_writer *w, const char *key)
{
    member(w, key);
    buf_puts(w->out, "null");
}

void jsonw_raw(struct json_writer *w, const char *key, struct str json)
{
    member(w, key);
    buf_str_add(w->out, json);
}
