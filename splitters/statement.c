/* statement.c - where statements end, which one asks, and hand-made corrections; see statement.h.
 */
#include "splitters/statement.h"

#include "splitters/latex.h"
#include "splitters/sentence.h"

#include <stdlib.h>
#include <string.h>

/* May a statement begin with what stands at byte i? */
static bool starts_here(struct str s, size_t i)
{
    unsigned char c = (unsigned char)s.p[i];
    uint32_t cp;

    if (c < 0x80)
        return str_is_digit(s.p[i]) || (c >= 'A' && c <= 'Z') || (c && strchr("$\\([\"'`*", c));
    cp = str_utf8_next(s, &i);
    if (cp == 0x201C || cp == 0x2018) /* opening quotes */
        return true;
    return cp >= 0xC0 && cp < 0x530 && cp != 0xD7 && !sentence_is_lower(cp);
}

static size_t skip_blanks(struct str s, size_t i)
{
    while (i < s.n && str_is_blank(s.p[i]))
        i++;
    return i;
}

/* Does a statement end behind this span? */
static bool span_ends(struct str s, const struct latex_span *span)
{
    struct str inner = str_trim(span->inner);

    if (!inner.n || !sentence_is_stop(inner.p[inner.n - 1]))
        return false;
    if (inner.n > 1 && strchr("\\.", inner.p[inner.n - 2]) && inner.p[inner.n - 2])
        return false;
    size_t next = skip_blanks(s, span->end);
    return next == s.n || ((next > span->end || span->display) && starts_here(s, next));
}

/* Does a statement end with the stops at `at`, which reach to `end`? */
static bool stops_end(struct str s, size_t at, size_t end, bool single_point)
{
    size_t next = skip_blanks(s, end);

    if (next == s.n)
        return true;
    if (next == end || !starts_here(s, next))
        return false;
    return !single_point || !sentence_abbreviates(s, at, s.p[next]);
}

/* Byte behind the statement that begins at `start`. *next_span is the first span that is not behind
 * us. */
static size_t statement_end(
    struct str s, size_t start, const struct latex_spans *spans, size_t *next_span)
{
    for (size_t i = start; i < s.n;) {
        const struct latex_span *span = *next_span < spans->n ? &spans->v[*next_span] : NULL;
        bool single_point;
        if (span && span->start == i) {
            ++*next_span;
            if (span_ends(s, span))
                return span->end;
            i = span->end;
        } else if (sentence_is_stop(s.p[i])) {
            size_t end = sentence_stops_end(s, i, &single_point);
            if (stops_end(s, i, end, single_point))
                return end;
            i = end;
        } else {
            i += s.p[i] == '\\' && i + 1 < s.n ? 2 : 1;
        }
    }
    return s.n;
}

/* Length of an asking word at byte i, or 0. */
static size_t asking_word(struct str s, size_t i)
{
    static const char *const words[] = {
        "find", "compute", "determine", "evaluate", "calculate", "what", "how many", "express"};

    for (size_t k = 0; k < ARRAY_LEN(words); k++) {
        struct str word = str_c(words[k]), rest = str_from(s, i);
        if (!str_eq_nocase(str_slice(rest, 0, word.n), word))
            continue;
        char after = rest.n > word.n ? rest.p[word.n] : ' ';
        if (!str_is_alpha(after) && !str_is_digit(after) && after != '_')
            return word.n;
    }
    return 0;
}

static bool asks(struct str s)
{
    if (memchr(s.p, '?', s.n) || asking_word(s, 0))
        return true;
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == ',' && asking_word(s, skip_blanks(s, i + 1)))
            return true;
    return false;
}

void statement_find(struct str text, struct arena *arena, struct statements *ret)
{
    struct latex_spans spans;
    size_t cap = 0, span = 0;
    struct str *v = NULL;

    *ret = (struct statements){0};
    latex_spans_find(text, &spans);
    for (size_t start = skip_blanks(text, 0), end; start < text.n;) {
        end = statement_end(text, start, &spans, &span);
        GROW(v, ret->n + 1, cap);
        v[ret->n++] = str_trim(str_slice(text, start, end));
        start = skip_blanks(text, end);
    }
    latex_spans_release(&spans);
    ret->v = arena_array(arena, struct str, ret->n + 1);
    if (ret->n)
        memcpy(ret->v, v, ret->n * sizeof *v);
    free(v);
    ret->question = ret->n ? ret->n - 1 : 0;
    for (size_t i = ret->n; i-- > 0;)
        if (asks(ret->v[i])) {
            ret->question = i;
            break;
        }
}

/* s with every `from` replaced; s itself if there is none. */
static struct str replaced(struct str s, struct str from, struct str to, struct arena *arena)
{
    struct buf out = BUF_INIT;
    size_t done = 0, at;

    if (!from.n || str_find(s, from, 0) == SIZE_MAX)
        return s;
    while ((at = str_find(s, from, done)) != SIZE_MAX) {
        buf_str_add(&out, str_slice(s, done, at));
        buf_str_add(&out, to);
        done = at + from.n;
    }
    buf_str_add(&out, str_from(s, done));
    struct str copy = arena_str(arena, buf_str(&out));
    buf_release(&out);
    return copy;
}

/* Applies the edits; returns the first that was found nowhere, or nedits. */
static size_t edit(struct statements *s, const struct cut_override *o, struct arena *arena)
{
    size_t missing = o->nedits;

    for (size_t e = 0; e < o->nedits; e++) {
        bool found = false;
        for (size_t i = 0; i < s->n; i++) {
            found |= str_find(s->v[i], o->edits[e][0], 0) != SIZE_MAX;
            s->v[i] = replaced(s->v[i], o->edits[e][0], o->edits[e][1], arena);
        }
        if (!found && missing == o->nedits)
            missing = e;
    }
    return missing;
}

/* The statements as the override wants them; keep[] tells which stay. */
static void apply_override(struct statements *s, const struct cut_override *o, bool *keep,
    struct arena *arena, const char **ret_warning)
{
    if (s->n != o->expect_statements) {
        *ret_warning = arena_printf(arena,
            "its override is for %zu statements and there are %zu: another wording, cut by the "
            "rule alone",
            o->expect_statements, s->n);
        return;
    }
    size_t missing = edit(s, o, arena);
    if (missing < o->nedits)
        *ret_warning = arena_printf(arena,
            "its override wants to replace \"%.*s\", which is not "
            "there",
            STR_ARG(o->edits[missing][0]));
    if (o->query >= 1 && o->query <= s->n)
        s->question = o->query - 1;
    for (size_t i = 0; i < o->ndrop; i++)
        if (o->drop[i] >= 1 && o->drop[i] <= s->n)
            keep[o->drop[i] - 1] = false;
}

void statement_cut(const struct item *item, struct arena *arena, struct cut *ret)
{
    struct buf text = BUF_INIT;
    struct statements s;

    buf_collapse(&text, item->question);
    statement_find(arena_str(arena, buf_str(&text)), arena, &s);
    bool *keep = xmalloc(s.n + 1);
    memset(keep, true, s.n + 1);
    if (item->override)
        apply_override(&s, item->override, keep, arena, &ret->warning);
    buf_reset(&text);
    for (size_t i = 0; i < s.n; i++) {
        if (i == s.question || !keep[i] || !s.v[i].n)
            continue;
        buf_puts(&text, text.n ? " " : "");
        buf_str_add(&text, s.v[i]);
    }
    ret->context = arena_str(arena, buf_str(&text));
    ret->query = s.n ? s.v[s.question] : (struct str){"", 0};
    buf_release(&text);
    free(keep);
}
