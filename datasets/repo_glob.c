/*
 * repo_glob.c - matching a path against a pattern, one state per place in the pattern; see
 * repo_glob.h.
 */
#include "datasets/repo_glob.h"

#include <string.h>

/* One element of a pattern and the place behind it. */
struct element {
    enum { CHAR, ANY, SET, STAR, STARS } kind;
    size_t end;
    struct str text; /* the character of CHAR, all of a SET */
};

/* Bytes of the character at s[i]; a byte that begins none counts alone. */
static size_t char_length(struct str s, size_t i)
{
    size_t next = i;

    str_utf8_next(s, &next);
    return next - i;
}

/* Length of the set that begins at pattern[i] == '[', or 0 if it has no end. */
static size_t set_length(struct str p, size_t i)
{
    size_t k = i + 1;

    if (k < p.n && (p.p[k] == '!' || p.p[k] == '^'))
        k++;
    if (k < p.n && p.p[k] == ']')
        k++;
    while (k < p.n && p.p[k] != ']')
        k++;
    return k < p.n ? k + 1 - i : 0;
}

/* Two stars that are a whole component. */
static bool is_stars(struct str p, size_t i)
{
    return i + 1 < p.n && p.p[i + 1] == '*' && (i == 0 || p.p[i - 1] == '/') &&
           (i + 2 == p.n || p.p[i + 2] == '/');
}

static struct element element_at(struct str p, size_t i)
{
    static const struct str none = {"", 0};
    size_t end;

    if (p.p[i] == '*' && is_stars(p, i)) /* the slash behind belongs to it: both may be nothing */
        return (struct element){STARS, i + (i + 2 < p.n ? 3 : 2), none};
    if (p.p[i] == '*')
        return (struct element){STAR, i + 1, none};
    if (p.p[i] == '?')
        return (struct element){ANY, i + 1, none};
    if (p.p[i] == '[') {
        end = i + set_length(p, i);
        return (struct element){SET, end, str_slice(p, i, end)};
    }
    if (p.p[i] == '\\' && i + 1 < p.n)
        i++;
    end = i + char_length(p, i);
    return (struct element){CHAR, end, str_slice(p, i, end)};
}

enum err_code repo_glob_check(struct str p, struct err *err)
{
    if (p.n > REPO_GLOB_MAX)
        return err_set(
            err, ERR_USAGE, "a glob pattern has at most %d bytes, not %zu", REPO_GLOB_MAX, p.n);
    for (size_t i = 0; i < p.n;) {
        if (p.p[i] == '\0')
            return err_set(err, ERR_USAGE, "a glob pattern has no NUL byte");
        if (p.p[i] == '[' && !set_length(p, i))
            return err_set(err, ERR_USAGE, "glob \"%.*s\": '[' has no ']': write \\[ for the byte",
                STR_ARG(p));
        if (p.p[i] == '\\' && i + 1 == p.n)
            return err_set(err, ERR_USAGE, "glob \"%.*s\" ends in a single '\\'", STR_ARG(p));
        i = element_at(p, i).end;
    }
    return OK;
}

static bool in_set(struct str set, unsigned char c)
{
    size_t i = 1, end = set.n - 1;
    bool negated = i < end && (set.p[i] == '!' || set.p[i] == '^'), in = false;

    for (i += negated; i < end; i++) {
        unsigned char low = (unsigned char)set.p[i], high = low;
        if (i + 2 < end && set.p[i + 1] == '-') {
            high = (unsigned char)set.p[i + 2];
            i += 2;
        }
        in = in || (low <= c && c <= high);
    }
    return in != negated;
}

/* Can the pattern match nothing more? Only stars may be left. */
static bool is_rest_empty(struct str p, size_t i)
{
    while (i < p.n) {
        struct element e = element_at(p, i);
        if (e.kind != STAR && e.kind != STARS)
            return false;
        i = e.end;
    }
    return true;
}

/* States: live[i] says that pattern[..i) matches what was read so far. Stars lead to the state
 * behind them without reading; two stars do so at the start of a component. */
static void spread(struct str p, bool *live, bool at_component)
{
    for (size_t i = 0; i < p.n; i++) {
        if (!live[i])
            continue;
        struct element e = element_at(p, i);
        if (e.kind == STAR || (e.kind == STARS && at_component))
            live[e.end] = true;
    }
}

/* The element's state after it read one character, SIZE_MAX if it cannot. */
static size_t read_char(struct str p, size_t i, struct str c)
{
    struct element e = element_at(p, i);
    bool slash = c.p[0] == '/';

    switch (e.kind) {
    case STAR:
        return slash ? SIZE_MAX : i;
    case STARS:
        return i;
    case ANY:
        return slash ? SIZE_MAX : e.end;
    case SET:
        return !slash && in_set(e.text, (unsigned char)c.p[0]) ? e.end : SIZE_MAX;
    case CHAR:
        break;
    }
    return str_eq(e.text, c) ? e.end : SIZE_MAX;
}

bool repo_glob_match(struct str p, struct str path)
{
    bool live[REPO_GLOB_MAX + 1] = {true}, next[REPO_GLOB_MAX + 1];

    if (!p.n)
        return true;
    if (!memchr(p.p, '/', p.n))
        for (size_t i = path.n; i-- > 0;)
            if (path.p[i] == '/') {
                path = str_from(path, i + 1);
                break;
            }
    for (size_t at = 0; at < path.n;) {
        spread(p, live, at == 0 || path.p[at - 1] == '/');
        memset(next, 0, p.n + 1);
        size_t length = char_length(path, at);
        bool any = false;
        for (size_t i = 0; i < p.n; i++) {
            size_t to = live[i] ? read_char(p, i, str_slice(path, at, at + length)) : SIZE_MAX;
            if (to != SIZE_MAX)
                next[to] = any = true;
        }
        if (!any)
            return false;
        memcpy(live, next, p.n + 1);
        at += length;
    }
    for (size_t i = 0; i <= p.n; i++)
        if (live[i] && is_rest_empty(p, i))
            return true;
    return false;
}
