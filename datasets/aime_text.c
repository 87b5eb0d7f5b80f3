/* aime_text.c - broken escapes, drawings, answers; see aime_text.h. */
#include "datasets/aime_text.h"

#include <string.h>

static size_t letters_end(struct str s, size_t i)
{
    while (i < s.n && str_is_alpha(s.p[i]))
        i++;
    return i;
}

/* The control characters that JSON escapes stand for, with what they leave of LaTeX commands. A
 * backspace is never meant; the others are, unless exactly such a rest follows. */
static const struct {
    char control, letter;
    const char *rests; /* words between blanks; NULL = any */
} eaten[] = {
    {'\b', 'b', NULL},
    {'\f', 'f', " rac orall box "},
    {'\t', 't', " riangle riangleq frac ext extbf extit extrm imes heta ilde "},
    {'\r', 'r', " ight ceil floor ho "},
    {'\n', 'n', " eq abla otin "},
};

static bool is_listed(struct str word, const char *list)
{
    const char *at = list;

    while (*at) {
        at++; /* the blank */
        size_t n = strcspn(at, " ");
        if (n && str_eq(word, (struct str){at, n}))
            return true;
        at += n;
    }
    return false;
}

/* The letter that a control character at byte i swallowed together with its backslash, or 0. */
static char swallowed(struct str s, size_t i)
{
    for (size_t k = 0; k < ARRAY_LEN(eaten); k++) {
        if (s.p[i] != eaten[k].control)
            continue;
        struct str rest = str_slice(s, i + 1, letters_end(s, i + 1));
        if (rest.n && (!eaten[k].rests || is_listed(rest, eaten[k].rests)))
            return eaten[k].letter;
    }
    return '\0';
}

static bool is_control(char c)
{
    return (unsigned char)c < 0x20 && !str_is_blank(c);
}

static void repair(struct buf *out, struct str s, struct aime_text *ret)
{
    for (size_t i = 0; i < s.n; i++) {
        char letter = swallowed(s, i);
        if (letter) {
            buf_putc(out, '\\');
            buf_putc(out, letter);
            ret->escapes++;
        } else if (s.p[i] == '\\') {
            bool bare = str_eqc(str_slice(s, i + 1, letters_end(s, i + 1)), "rac");
            ret->escapes += bare;
            buf_puts(out, bare ? "\\f" : "\\");
            if (!bare && i + 1 < s.n && s.p[i + 1] == '\\')
                buf_putc(out, s.p[++i]);
        } else {
            ret->controls += is_control(s.p[i]);
            buf_putc(out, is_control(s.p[i]) ? ' ' : s.p[i]);
        }
    }
}

enum { LONGEST_LINK = 4096 };

/* Byte behind the bracketed part that opens at s[i], if it closes soon and none opens in it; else
 * 0.
 */
static size_t bracket_end(struct str s, size_t i, char open, char close)
{
    if (i >= s.n || s.p[i] != open)
        return 0;
    for (size_t k = i + 1; k < s.n && k - i < LONGEST_LINK && s.p[k] != open; k++)
        if (s.p[k] == close)
            return k + 1;
    return 0;
}

/* Byte behind an image that begins at s[i]: ![alt](address) or \includegraphics[..]{file}; or 0. */
static size_t image_end(struct str s, size_t i)
{
    struct str graphics = STR("\\includegraphics");

    if (s.p[i] == '!') {
        size_t alt = bracket_end(s, i + 1, '[', ']');
        return alt ? bracket_end(s, alt, '(', ')') : 0;
    }
    if (!str_starts(str_from(s, i), graphics))
        return 0;
    size_t options = bracket_end(s, i + graphics.n, '[', ']');
    return bracket_end(s, options ? options : i + graphics.n, '{', '}');
}

/* A pair of marks around a drawing. */
struct drawing {
    struct str open, close;
    bool never_closes; /* from here on */
};

/* Byte behind a drawing that begins at s[i], or 0. */
static size_t drawing_end(struct str s, size_t i, struct drawing *d, size_t n, bool *ret_open)
{
    for (size_t k = 0; k < n; k++) {
        if (!str_starts(str_from(s, i), d[k].open))
            continue;
        size_t close = d[k].never_closes ? SIZE_MAX : str_find(s, d[k].close, i);
        if (close != SIZE_MAX)
            return close + d[k].close.n;
        *ret_open = d[k].never_closes = true;
    }
    return 0;
}

static void strip_figures(struct buf *out, struct str s, struct aime_text *ret)
{
    struct drawing drawings[] = {
        {STR("[asy]"), STR("[/asy]"), false},
        {STR("\\begin{asy}"), STR("\\end{asy}"), false},
        {STR("\\begin{tikzpicture}"), STR("\\end{tikzpicture}"), false},
    };

    for (size_t i = 0; i < s.n; i++) {
        size_t end = 0;
        if (s.p[i] == '[' || s.p[i] == '\\' || s.p[i] == '!') {
            end = drawing_end(s, i, drawings, ARRAY_LEN(drawings), &ret->open_figure);
            end = end ? end : image_end(s, i);
        }
        buf_putc(out, end ? ' ' : s.p[i]);
        if (end) {
            ret->figures++;
            i = end - 1;
        }
    }
}

/* Byte behind an environment around nothing that begins at s[i], or 0. */
static size_t hollow_end(struct str s, size_t i)
{
    static const char *const names[] = {"center", "figure"};
    struct str begin = STR("\\begin{"), rest = str_from(s, i);

    for (size_t k = 0; k < ARRAY_LEN(names); k++) {
        struct str name = str_c(names[k]), inner = str_from(rest, begin.n + name.n + 1);
        if (!str_starts(rest, begin) || !str_starts(str_from(rest, begin.n), name) ||
            !str_starts(str_from(rest, begin.n + name.n), STR("}")))
            continue;
        size_t at = i + begin.n + name.n + 1;
        for (size_t b = 0; b < inner.n && str_is_blank(inner.p[b]); b++)
            at++;
        if (str_starts(str_from(s, at), STR("\\end{")) && str_starts(str_from(s, at + 5), name) &&
            str_starts(str_from(s, at + 5 + name.n), STR("}")))
            return at + 5 + name.n + 1;
    }
    return 0;
}

/* One line break for any blanks that hold one; hollow environments go if drawings went. */
static void tidy(struct buf *out, struct str s, bool hollow)
{
    for (size_t i = 0, end; i < s.n; i = end) {
        if (hollow && s.p[i] == '\\' && (end = hollow_end(s, i)) > 0)
            continue;
        for (end = i; end < s.n && str_is_blank(s.p[end]);)
            end++;
        if (end == i)
            buf_putc(out, s.p[end++]);
        else if (!memchr(s.p + i, '\n', end - i))
            buf_str_add(out, str_slice(s, i, end));
        else if (out->n && out->p[out->n - 1] != '\n')
            buf_putc(out, '\n');
    }
}

void aime_clean(struct str raw, struct arena *arena, struct aime_text *ret)
{
    struct buf a = BUF_INIT, b = BUF_INIT;

    *ret = (struct aime_text){.figures = 0};
    buf_reserve(&a, raw.n);
    buf_reserve(&b, raw.n);
    repair(&a, raw, ret);
    strip_figures(&b, buf_str(&a), ret);
    buf_reset(&a);
    tidy(&a, buf_str(&b), ret->figures > 0);
    ret->text = arena_str(arena, str_trim(buf_str(&a)));
    buf_release(&a);
    buf_release(&b);
}

void aime_normal(struct buf *out, struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (str_is_alpha(s.p[i]) || str_is_digit(s.p[i]))
            buf_putc(out, str_lower(s.p[i]));
}

/* s without a degree mark at its end. */
static struct str without_degrees(struct str s)
{
    static const char *const marks[] = {
        "^\\circ", "^{\\circ}", "^\\degree", "\\degree", "\\circ", "\xC2\xB0"};

    for (size_t i = 0; i < ARRAY_LEN(marks); i++)
        if (str_ends(s, str_c(marks[i])))
            return str_trim(str_slice(s, 0, s.n - str_c(marks[i]).n));
    return s;
}

bool aime_answer(struct str s, int *ret)
{
    int value = 0;

    s = str_trim(s);
    if (s.n > 1 && s.p[0] == '$' && s.p[s.n - 1] == '$')
        s = str_trim(str_slice(s, 1, s.n - 1));
    s = without_degrees(s);
    for (size_t i = 0, n = s.n; i < n; i++)
        if (s.p[i] == '.') { /* "25.0" */
            for (size_t k = i + 1; k < n; k++)
                if (s.p[k] != '0')
                    return false;
            s.n = n = i;
        }
    if (!s.n)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        if (!str_is_digit(s.p[i]))
            return false;
        value = value * 10 + (s.p[i] - '0');
        if (value > 999)
            return false;
    }
    *ret = value;
    return true;
}

bool aime_boxed(struct str s, struct str *ret)
{
    struct str mark = STR("\\boxed{");
    size_t start = 0, depth = 1;

    for (size_t at = 0; (at = str_find(s, mark, at)) != SIZE_MAX;)
        start = at += mark.n;
    for (size_t i = start; start && i < s.n; i++) {
        depth += s.p[i] == '{';
        depth -= s.p[i] == '}';
        if (!depth) {
            *ret = str_slice(s, start, i);
            return true;
        }
    }
    return false;
}
