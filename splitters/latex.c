/* latex.c - marks, pairs of environments and the spans they make; see latex.h. */
#include "splitters/latex.h"

#include <stdlib.h>

enum { LONGEST_NAME = 40 };

/* \begin{name} or \end{name}. */
struct tag {
    struct str name;
    size_t start, end; /* bytes of the tag itself */
    bool opens;
    size_t partner; /* index of the \end that belongs to a \begin; SIZE_MAX = none */
};

struct tags {
    struct tag *v;
    size_t n, cap;
};

/* Reads a tag at the backslash s[i]. */
static bool read_tag(struct str s, size_t i, struct tag *ret)
{
    struct str rest = str_from(s, i);
    bool opens = str_starts(rest, STR("\\begin{"));
    size_t name = i + (opens ? 7 : 5), end = name;

    if (!opens && !str_starts(rest, STR("\\end{")))
        return false;
    while (end < s.n && end - name < LONGEST_NAME && (str_is_alpha(s.p[end]) || s.p[end] == '*'))
        end++;
    if (end == name || end == s.n || s.p[end] != '}')
        return false;
    *ret = (struct tag){str_slice(s, name, end), i, end + 1, opens, SIZE_MAX};
    return true;
}

static int by_name_then_place(const void *a, const void *b)
{
    const struct tag *x = *(struct tag *const *)a, *y = *(struct tag *const *)b;
    int c = str_cmp(x->name, y->name);

    return c ? c : (x->start > y->start) - (x->start < y->start);
}

/* Gives each \begin the \end of its name that closes it, as brackets close. */
static void pair_tags(struct tags *tags)
{
    struct tag **sorted = xmalloc(tags->n * sizeof *sorted);
    struct tag **open = xmalloc(tags->n * sizeof *open);
    size_t depth = 0;

    for (size_t i = 0; i < tags->n; i++)
        sorted[i] = &tags->v[i];
    qsort(sorted, tags->n, sizeof *sorted, by_name_then_place);
    for (size_t i = 0; i < tags->n; i++) {
        if (i && !str_eq(sorted[i]->name, sorted[i - 1]->name))
            depth = 0;
        if (sorted[i]->opens)
            open[depth++] = sorted[i];
        else if (depth)
            open[--depth]->partner = (size_t)(sorted[i] - tags->v);
    }
    free(open);
    free(sorted);
}

static void find_tags(struct str s, struct tags *ret)
{
    struct tag tag;

    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] != '\\')
            continue;
        if (read_tag(s, i, &tag)) {
            GROW(ret->v, ret->n + 1, ret->cap);
            ret->v[ret->n++] = tag;
        }
        i++; /* a backslash takes the next byte with it */
    }
    pair_tags(ret);
}

/* A pair of marks. `none_from`: no closing mark stands at this byte or behind it. */
struct mark {
    struct str open, close;
    bool display;
    size_t none_from;
};

static size_t find_close(struct str s, size_t from, struct mark *m)
{
    for (size_t i = from; i < s.n && i < m->none_from; i++) {
        if (str_starts(str_from(s, i), m->close))
            return i;
        if (s.p[i] == '\\')
            i++;
    }
    m->none_from = from < m->none_from ? from : m->none_from;
    return SIZE_MAX;
}

static bool marked_span(
    struct str s, size_t i, struct mark *marks, size_t n, struct latex_span *ret)
{
    for (size_t k = 0; k < n; k++) {
        if (!str_starts(str_from(s, i), marks[k].open))
            continue;
        size_t inner = i + marks[k].open.n, close = find_close(s, inner, &marks[k]);
        if (close == SIZE_MAX)
            continue; /* "$$" may still be an empty "$..$" */
        *ret = (struct latex_span){
            i, close + marks[k].close.n, str_slice(s, inner, close), marks[k].display};
        return true;
    }
    return false;
}

/* The environment that begins at byte i. *next is the first tag that is not behind us. */
static bool environment(
    struct str s, size_t i, const struct tags *tags, size_t *next, struct latex_span *ret)
{
    while (*next < tags->n && tags->v[*next].start < i)
        ++*next;
    if (*next == tags->n || tags->v[*next].start != i || tags->v[*next].partner == SIZE_MAX)
        return false;
    const struct tag *open = &tags->v[*next], *close = &tags->v[open->partner];
    *ret = (struct latex_span){i, close->end, str_slice(s, open->end, close->start), true};
    return true;
}

void latex_spans_find(struct str text, struct latex_spans *ret)
{
    struct mark marks[] = {
        {STR("\\["), STR("\\]"), true, SIZE_MAX},
        {STR("\\("), STR("\\)"), false, SIZE_MAX},
        {STR("$$"), STR("$$"), true, SIZE_MAX},
        {STR("$"), STR("$"), false, SIZE_MAX},
    };
    struct latex_spans spans = {0};
    struct latex_span span;
    struct tags tags = {0};
    size_t next = 0;

    find_tags(text, &tags);
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] != '\\' && text.p[i] != '$')
            continue;
        if (environment(text, i, &tags, &next, &span) ||
            marked_span(text, i, marks, ARRAY_LEN(marks), &span)) {
            GROW(spans.v, spans.n + 1, spans.cap);
            spans.v[spans.n++] = span;
            i = span.end - 1;
        } else if (text.p[i] == '\\') {
            i++;
        }
    }
    free(tags.v);
    *ret = spans;
}

void latex_spans_release(struct latex_spans *spans)
{
    free(spans->v);
    *spans = (struct latex_spans){0};
}
