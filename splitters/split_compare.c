/* split_compare.c - see split_compare.h. */
#include "splitters/split_compare.h"

#include "splitters/sentence.h"
#include "splitters/splitters.h"

#include <stdlib.h>
#include <string.h>

#define KIND_NAME(name, text) text,
static const char *const names[] = {SPLIT_KINDS(KIND_NAME)};
#undef KIND_NAME

const char *split_kind_name(enum split_kind kind)
{
    return names[kind];
}

/* A point with a digit right behind it. */
static bool has_decimal(struct str s)
{
    for (size_t i = 0; i + 1 < s.n; i++)
        if (s.p[i] == '.' && str_is_digit(s.p[i + 1]))
            return true;
    return false;
}

/* A point with a closing quote or bracket right behind it. */
static bool has_closing(struct str s)
{
    bool single;

    for (size_t i = 0; i + 1 < s.n; i++)
        if (s.p[i] == '.' && !sentence_is_stop(s.p[i + 1]) &&
            sentence_stops_end(s, i, &single) > i + 1)
            return true;
    return false;
}

static bool is_period_only(const struct cut *strict, const struct cut *release)
{
    return str_eq(strict->context, release->context) && strict->query.n == release->query.n + 1 &&
           str_ends(strict->query, STR(".")) && str_starts(strict->query, release->query);
}

/* The release query is the end of the strict one, its final period apart, and what stands in front
 * of it there is a point: where that script cut. SIZE_MAX if it is not so. */
static size_t cut_inside(struct str strict, struct str release)
{
    if (str_ends(strict, STR(".")))
        strict.n--;
    if (release.n >= strict.n || !str_ends(strict, release))
        return SIZE_MAX;
    size_t at = strict.n - release.n;
    while (at && str_is_blank(strict.p[at - 1]))
        at--;
    return at && strict.p[at - 1] == '.' ? at - 1 : SIZE_MAX;
}

/* Does a sentence without '?' follow the one that asks? */
static bool is_asked_before_the_end(const struct item *item)
{
    struct buf flat = BUF_INIT;
    bool asked = false, last = false;

    buf_collapse(&flat, item->question);
    struct str text = buf_str(&flat);
    for (size_t start = 0, end; start < text.n; start = end) {
        end = sentence_end(text, start);
        last = memchr(text.p + start, '?', end - start) != NULL;
        asked |= last;
        while (end < text.n && str_is_blank(text.p[end]))
            end++;
    }
    buf_release(&flat);
    return asked && !last;
}

void split_kinds_of(const struct item *item, const struct cut *strict, const struct cut *release,
    bool ret[SPLIT_KIND_COUNT])
{
    size_t at = cut_inside(strict->query, release->query);
    bool differ =
        !str_eq(strict->context, release->context) || !str_eq(strict->query, release->query);
    bool substance = differ && !is_period_only(strict, release);

    memset(ret, 0, SPLIT_KIND_COUNT * sizeof *ret);
    ret[SPLIT_KIND_DIFFER] = differ;
    ret[SPLIT_KIND_SUBSTANCE] = substance;
    ret[SPLIT_KIND_PERIOD_ONLY] = differ && !substance;
    ret[SPLIT_KIND_DECIMAL] = substance && has_decimal(strict->context);
    ret[SPLIT_KIND_DECIMAL_QUERY] = substance && has_decimal(strict->query);
    ret[SPLIT_KIND_TITLE] = at != SIZE_MAX && !str_is_digit(strict->query.p[at + 1]);
    ret[SPLIT_KIND_CLOSING] = substance && has_closing(strict->context);
    ret[SPLIT_KIND_NOT_LAST] = is_asked_before_the_end(item);
    ret[SPLIT_KIND_NO_MARK] = !memchr(item->question.p, '?', item->question.n);
    ret[SPLIT_KIND_EMPTY] = split_context_is_empty(strict->context);
    ret[SPLIT_KIND_OTHER] = substance && !ret[SPLIT_KIND_EMPTY];
    for (int k = SPLIT_KIND_DECIMAL; k < SPLIT_KIND_OTHER; k++)
        ret[SPLIT_KIND_OTHER] &= !ret[k];
}

struct counts {
    struct str stratum;
    int64_t rows, n[SPLIT_KIND_COUNT];
};

struct split_compare {
    struct arena arena;
    struct counts *v; /* in byte order of the strata */
    size_t n, cap;
};

struct split_compare *split_compare_new(void)
{
    return xcalloc(1, sizeof(struct split_compare));
}

void split_compare_free(struct split_compare *c)
{
    if (!c)
        return;
    arena_release(&c->arena);
    free(c->v);
    free(c);
}

static struct counts *counts_of(struct split_compare *c, struct str stratum)
{
    size_t low = 0, high = c->n;

    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (str_cmp(c->v[mid].stratum, stratum) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    if (low < c->n && str_eq(c->v[low].stratum, stratum))
        return &c->v[low];
    GROW(c->v, c->n + 1, c->cap);
    memmove(&c->v[low + 1], &c->v[low], (c->n - low) * sizeof *c->v);
    c->n++;
    c->v[low] = (struct counts){.stratum = arena_str(&c->arena, stratum)};
    return &c->v[low];
}

enum err_code split_compare_add(
    struct split_compare *c, const struct item *item, struct arena *arena, struct err *err)
{
    static const struct split_options plain = {0};
    struct cut strict, release;
    bool kinds[SPLIT_KIND_COUNT];

    if (split_cut_item(&split_strict, &plain, item, arena, &strict, err) ||
        split_cut_item(&split_release, &plain, item, arena, &release, err))
        return err->code;
    split_kinds_of(item, &strict, &release, kinds);
    struct counts *counts = counts_of(c, item->stratum);
    counts->rows++;
    for (int k = 0; k < SPLIT_KIND_COUNT; k++)
        counts->n[k] += kinds[k];
    return OK;
}

static void add_row(struct table *t, const struct counts *counts)
{
    table_row(t);
    table_str(t, counts->stratum);
    table_int(t, counts->rows);
    for (int k = 0; k < SPLIT_KIND_COUNT; k++)
        table_int(t, counts->n[k]);
}

struct table *split_compare_table(const struct split_compare *c)
{
    static struct column columns[SPLIT_KIND_COUNT + 2];
    struct counts all = {.stratum = STR("all")};

    columns[0] = (struct column){"stratum", "", COLUMN_STR, 0};
    columns[1] = (struct column){"rows", "", COLUMN_INT, 0};
    for (int k = 0; k < SPLIT_KIND_COUNT; k++)
        columns[k + 2] = (struct column){names[k], "", COLUMN_INT, 0};
    struct table *t = table_new("split_compare", columns, ARRAY_LEN(columns));
    for (size_t i = 0; i < c->n; i++) {
        bool told = false;
        all.rows += c->v[i].rows;
        for (int k = 0; k < SPLIT_KIND_COUNT; k++) {
            all.n[k] += c->v[i].n[k];
            told |= c->v[i].n[k] != 0;
        }
        if (told)
            add_row(t, &c->v[i]);
    }
    add_row(t, &all);
    return t;
}
