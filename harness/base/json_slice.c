/* json_slice.c - walking over JSON text by its quotes and brackets; see json_slice.h. */
#include "harness/base/json_slice.h"

static size_t skip_blanks(struct str s, size_t i)
{
    while (i < s.n && (unsigned char)s.p[i] <= ' ')
        i++;
    return i;
}

/* Behind the string that opens at i, at most s.n. */
static size_t string_end(struct str s, size_t i)
{
    for (i++; i < s.n && s.p[i] != '"'; i++)
        if (s.p[i] == '\\')
            i++;
    return i < s.n ? i + 1 : s.n;
}

static bool opens(char c)
{
    return c == '{' || c == '[';
}

static bool closes(char c)
{
    return c == '}' || c == ']';
}

/* Behind the value that begins at i. */
static size_t value_end(struct str s, size_t i)
{
    size_t depth = 0;

    if (i < s.n && !opens(s.p[i]) && s.p[i] != '"') {
        while (i < s.n && s.p[i] != ',' && !closes(s.p[i]) && (unsigned char)s.p[i] > ' ')
            i++;
        return i;
    }
    while (i < s.n) {
        if (s.p[i] == '"') {
            i = string_end(s, i);
        } else {
            depth += opens(s.p[i]);
            depth -= closes(s.p[i]) && depth > 0;
            i++;
        }
        if (depth == 0)
            return i;
    }
    return s.n;
}

struct json_slices json_slices_of(struct str text)
{
    size_t i = skip_blanks(text, 0);

    if (i == text.n || !opens(text.p[i]))
        return (struct json_slices){.text = text, .at = text.n};
    return (struct json_slices){text, i + 1, text.p[i] == '{'};
}

bool json_slices_next(struct json_slices *s, struct str *ret_key, struct str *ret_value)
{
    size_t i = skip_blanks(s->text, s->at);

    if (i < s->text.n && s->text.p[i] == ',')
        i = skip_blanks(s->text, i + 1);
    *ret_key = STR("");
    s->at = s->text.n;
    if (i == s->text.n || closes(s->text.p[i]))
        return false;
    if (s->object) {
        size_t end = string_end(s->text, i);
        if (s->text.p[i] != '"' || end < i + 2)
            return false;
        *ret_key = str_slice(s->text, i + 1, end - 1);
        i = skip_blanks(s->text, end);
        if (i == s->text.n || s->text.p[i] != ':')
            return false;
        i = skip_blanks(s->text, i + 1);
    }
    s->at = value_end(s->text, i);
    *ret_value = str_slice(s->text, i, s->at);
    return s->at > i;
}

struct str json_slice(struct str object, const char *key)
{
    struct json_slices s = json_slices_of(object);
    struct str name, value;

    while (s.object && json_slices_next(&s, &name, &value))
        if (str_eqc(name, key))
            return value;
    return STR("");
}
