/* split.c - from items to splits; see split.h. The file form is in split_file.c. */
#include "splitters/split.h"

#include "splitters/splitters.h"

#include <stdlib.h>
#include <string.h>

const struct splitter *const splitter_all[] = {&split_release, &split_strict, NULL};

const struct splitter *splitter_find(struct str name)
{
    for (size_t i = 0; splitter_all[i]; i++)
        if (str_eqc(name, splitter_all[i]->name))
            return splitter_all[i];
    return NULL;
}

const char *split_origin_name(enum split_origin origin)
{
    static const char *const names[ORIGIN_COUNT] = {"", "original", "generated", "world"};

    return names[origin];
}

void split_list_release(struct split_list *list)
{
    for (size_t i = 0; i < list->n; i++)
        free(list->v[i].queries);
    free(list->v);
    buf_release(&list->warnings);
    *list = (struct split_list){0};
}

/* An item with its cut; `leader` is the index of the first item that shares its context. */
struct placed {
    const struct item *item;
    struct cut cut;
    size_t leader, split;
};

static int by_context(const void *a, const void *b)
{
    const struct placed *x = *(const struct placed *const *)a;
    const struct placed *y = *(const struct placed *const *)b;
    int c = str_cmp(x->item->cluster, y->item->cluster);

    c = c ? c : str_cmp(x->cut.context, y->cut.context);
    return c ? c : (x > y) - (x < y); /* equal ones in the order of the items */
}

/* Sorts references, so that grouping costs n log n whatever the texts are. */
static void find_leaders(struct placed *cuts, size_t n)
{
    struct placed **sorted = xmalloc(n * sizeof *sorted);

    for (size_t i = 0; i < n; i++)
        sorted[i] = &cuts[i];
    qsort(sorted, n, sizeof *sorted, by_context);
    for (size_t i = 0; i < n; i++) {
        bool same = i > 0 && str_eq(sorted[i]->cut.context, sorted[i - 1]->cut.context) &&
                    str_eq(sorted[i]->item->cluster, sorted[i - 1]->item->cluster);
        sorted[i]->leader = same ? sorted[i - 1]->leader : (size_t)(sorted[i] - cuts);
    }
    free(sorted);
}

struct split_query split_query_of(
    const struct item *item, const struct cut *cut, struct arena *arena)
{
    return (struct split_query){.id = arena_cstr(arena, item->id),
        .text = cut->query,
        .gold = arena_cstr(arena, item->gold),
        .stratum = arena_cstr(arena, item->stratum),
        .solution = arena_cstr(arena, item->solution),
        .origin = item->world ? ORIGIN_WORLD : ORIGIN_UNSAID};
}

static void add_query(struct split_list *list, struct arena *arena, struct placed *cuts, size_t i)
{
    struct placed *c = &cuts[i];

    if (c->leader == i) {
        GROW(list->v, list->n + 1, list->cap);
        c->split = list->n++;
        list->v[c->split] = (struct split){.id = c->item->id,
            .cluster = c->item->cluster,
            .stratum = c->item->stratum,
            .context = c->cut.context,
            .empty_context = split_context_is_empty(c->cut.context)};
    }
    if (!list->v)
        BUG("item %zu comes before the one that leads its context", i);
    struct split *s = &list->v[cuts[c->leader].split];
    GROW(s->queries, s->nqueries + 1, s->cap);
    s->queries[s->nqueries++] = split_query_of(c->item, &c->cut, arena);
    list->nqueries++;
}

bool split_context_is_empty(struct str context)
{
    for (size_t i = 0; i < context.n; i++)
        if (!str_is_blank(context.p[i]) && context.p[i] != '.')
            return false;
    return true;
}

static int by_split_context(const void *a, const void *b)
{
    const struct split *x = *(const struct split *const *)a, *y = *(const struct split *const *)b;
    int c = str_cmp(x->cluster, y->cluster);

    c = c ? c : str_cmp(x->context, y->context);
    return c ? c : (x > y) - (x < y);
}

void split_list_merge(struct split_list *list)
{
    struct split **sorted = xmalloc((list->n + 1) * sizeof *sorted);
    struct split *first = NULL;
    size_t kept = 0;

    for (size_t i = 0; i < list->n; i++)
        sorted[i] = &list->v[i];
    qsort(sorted, list->n, sizeof *sorted, by_split_context);
    for (size_t i = 0; i < list->n; i++) {
        struct split *s = sorted[i];
        if (!first || !str_eq(s->context, first->context) || !str_eq(s->cluster, first->cluster)) {
            first = s;
            continue;
        }
        GROW(first->queries, first->nqueries + s->nqueries, first->cap);
        memcpy(first->queries + first->nqueries, s->queries, s->nqueries * sizeof *s->queries);
        first->nqueries += s->nqueries;
        free(s->queries);
        s->queries = NULL;
    }
    free(sorted);
    for (size_t i = 0; i < list->n; i++)
        if (list->v[i].queries)
            list->v[kept++] = list->v[i];
    list->n = list->cap = kept;
    list->v = xrealloc(list->v, (kept + 1) * sizeof *list->v);
}

/* The usual case, byte for byte. */
static bool is_joined(struct str question, const struct cut *cut)
{
    size_t at = cut->context.n + (cut->context.n > 0);

    return question.n == at + cut->query.n && str_starts(question, cut->context) &&
           (!at || question.p[at - 1] == ' ') && str_ends(question, cut->query);
}

bool split_is_altered(const struct item *item, const struct cut *cut)
{
    if (is_joined(item->question, cut))
        return false;

    struct buf joined = BUF_INIT, source = BUF_INIT, scratch = BUF_INIT;

    buf_str_add(&scratch, cut->context);
    buf_putc(&scratch, ' ');
    buf_str_add(&scratch, cut->query);
    buf_collapse(&joined, buf_str(&scratch));
    buf_collapse(&source, item->question);
    struct str a = buf_str(&joined), b = buf_str(&source);
    if (str_ends(b, STR(".")) && !str_ends(a, STR(".")))
        b.n--;
    bool altered = b.n && !str_eq(a, b);
    buf_release(&joined);
    buf_release(&source);
    buf_release(&scratch);
    return altered;
}

enum err_code split_cut_item(const struct splitter *splitter, const struct split_options *options,
    const struct item *item, struct arena *arena, struct cut *ret, struct err *err)
{
    struct cut cut = {.warning = NULL};

    if (item->stateful && splitter == &split_strict) {
        cut.context = item->context;
        cut.query = item->query;
    } else {
        splitter->cut(item, options, arena, &cut);
    }
    *ret = cut;
    if (ret->query.n)
        return OK;
    return err_set(err, ERR_INPUT, "item %.*s: nothing is left for the query", STR_ARG(item->id));
}

static void note_warning(struct split_list *list, const struct placed *c)
{
    if (!c->cut.warning)
        return;
    buf_printf(&list->warnings, "%.*s (line %zu): %s\n", STR_ARG(c->item->id), c->item->line,
        c->cut.warning);
    list->nwarnings++;
}

enum err_code split_items(const struct splitter *splitter, const struct split_options *options,
    const struct item_list *items, struct arena *arena, struct split_list *ret_list,
    struct err *err)
{
    struct placed *cuts = xcalloc(items->n, sizeof *cuts);
    struct split_list list = {.nwarnings = items->nwarnings};
    enum err_code code = OK;

    buf_str_add(&list.warnings, buf_str(&items->warnings));
    for (size_t i = 0; i < items->n && !code; i++) {
        cuts[i].item = &items->v[i];
        code = split_cut_item(splitter, options, &items->v[i], arena, &cuts[i].cut, err);
        if (code && items->v[i].line)
            code = err_wrap(err, "line %zu", items->v[i].line);
        note_warning(&list, &cuts[i]);
    }
    if (code) {
        split_list_release(&list);
    } else {
        find_leaders(cuts, items->n);
        for (size_t i = 0; i < items->n; i++) {
            add_query(&list, arena, cuts, i);
            list.altered += split_is_altered(cuts[i].item, &cuts[i].cut);
        }
        *ret_list = list;
    }
    free(cuts);
    return code;
}
