/* multi_source.c - the problems that new questions are made for: sampled by template. See multi.h.
 */
#include "harness/cli/multi.h"

#include "harness/base/data.h"
#include "harness/base/rng.h"
#include "harness/cli/cli.h"
#include "harness/plan/source.h"

#include <stdlib.h>

enum { OWN_SETS = 5 };

void multi_release(struct multi *m)
{
    split_list_release(&m->originals);
    split_list_release(&m->candidates);
    arena_release(&m->arena);
}

/* The dataset as a run would load it, with one question a context where it is made and not read. */
static enum err_code load(struct multi *m, struct split_list *ret, struct err *err)
{
    const struct multi_request *r = m->r;
    const char *sets[OWN_SETS + OPTION_LIST_MAX];
    struct buf text = BUF_INIT;
    struct config config;
    size_t n = 0, skipped = 0;

    sets[n++] = option_text(&m->arena, "dataset", arena_cstr(&m->arena, m->dataset));
    sets[n++] = arena_printf(&m->arena, "seed=%lld", (long long)r->seed);
    sets[n++] = "world.queries=1";
    sets[n++] = arena_printf(&m->arena, "world.instances=%lld", (long long)r->per_template);
    if (r->input)
        sets[n++] = option_text(&m->arena, "input", r->input);
    for (size_t i = 0; i < r->sets.n; i++)
        sets[n++] = r->sets.v[i];
    enum err_code code = data_read("configs/multi_query_make.json", &text, err);
    if (!code)
        code =
            config_load(buf_str(&text), "the dataset's settings", sets, n, &m->arena, &config, err);
    if (!code)
        code = source_load(&config, &m->arena, ret, &skipped, err);
    buf_release(&text);
    if (!code) {
        cli_warn_lines(buf_str(&ret->warnings), ret->nwarnings);
        if (skipped)
            cli_warn("%zu malformed rows were left out (skip_bad)", skipped);
    }
    return code;
}

/* GSM-Symbolic rows know their template by number; elsewhere the cluster is the template. */
static struct str template_of(struct multi *m, const struct split *s)
{
    if (str_starts(m->dataset, STR("gsm-symbolic")) && s->stratum.n)
        return str_c(arena_printf(&m->arena, "template-%.*s", STR_ARG(s->stratum)));
    return s->cluster;
}

/* The given question: the first that no model made. */
static const struct split_query *given(const struct split *s)
{
    for (size_t i = 0; i < s->nqueries; i++)
        if (s->queries[i].origin != ORIGIN_GENERATED)
            return &s->queries[i];
    return NULL;
}

struct source {
    size_t split;
    struct str template;
};

static int by_template(const void *a, const void *b)
{
    const struct source *x = a, *y = b;
    int c = str_cmp(x->template, y->template);

    return c ? c : (x->split > y->split) - (x->split < y->split);
}

/* Marks `most` of n contexts of one template, chosen by the seed. */
static void choose(const struct multi *m, const struct source *v, size_t n, struct str *keep)
{
    struct rng rng = rng_labelled((uint64_t)m->r->seed, v[0].template);
    size_t *order = xcalloc(n, sizeof *order);

    for (size_t i = 0; i < n; i++)
        order[i] = i;
    rng_shuffle(&rng, order, n);
    for (size_t i = 0; i < n && i < (size_t)m->r->per_template; i++)
        keep[v[order[i]].split] = v[order[i]].template;
    free(order);
}

static void add_original(struct multi *m, const struct split *s, struct str template)
{
    struct split_list *list = &m->originals;

    GROW(list->v, list->n + 1, list->cap);
    struct split *one = &list->v[list->n++];
    *one = *s;
    one->cluster = one->stratum = template;
    one->queries = xcalloc(1, sizeof *one->queries);
    one->queries[0] = *given(s);
    one->queries[0].origin = ORIGIN_ORIGINAL;
    one->nqueries = one->cap = 1;
    list->nqueries++;
}

static void sample(struct multi *m, const struct split_list *all)
{
    struct source *v = xcalloc(all->n + 1, sizeof *v);
    struct str *keep = xcalloc(all->n + 1, sizeof *keep);
    size_t n = 0;

    for (size_t i = 0; i < all->n; i++) {
        m->empty_contexts += all->v[i].empty_context;
        if (!all->v[i].empty_context && given(&all->v[i]))
            v[n++] = (struct source){i, template_of(m, &all->v[i])};
    }
    qsort(v, n, sizeof *v, by_template);
    for (size_t from = 0, end; from < n; from = end) {
        for (end = from + 1; end < n && str_eq(v[end].template, v[from].template);)
            end++;
        choose(m, v + from, end - from, keep);
        m->templates++;
    }
    for (size_t i = 0; i < all->n; i++)
        if (keep[i].p)
            add_original(m, &all->v[i], keep[i]);
    m->rows = n;
    free(v);
    free(keep);
}

enum err_code multi_sample(struct multi *m, struct err *err)
{
    struct split_list all = {0};
    enum err_code code = load(m, &all, err);

    if (code)
        return code;
    sample(m, &all);
    split_list_release(&all);
    if (!m->originals.n)
        return err_set(err, ERR_INPUT,
            "dataset \"%.*s\" has no context to ask about: its problems are all question",
            STR_ARG(m->dataset));
    return OK;
}

struct named {
    struct str id;
    size_t number;
};

static int by_id(const void *a, const void *b)
{
    return str_cmp(((const struct named *)a)->id, ((const struct named *)b)->id);
}

enum err_code multi_numbers(struct store *store, const struct split_list *list, size_t **ret,
    size_t *ret_n, struct err *err)
{
    struct arena arena = {0};
    struct store_query *queries;
    size_t n, most = 0, k = 0;

    if (store_queries(store, &arena, &queries, &n, err)) {
        arena_release(&arena);
        return err->code;
    }
    struct named *names = xcalloc(list->nqueries + 1, sizeof *names);
    for (size_t i = 0; i < list->n; i++)
        for (size_t q = 0; q < list->v[i].nqueries; q++, k++)
            names[k] = (struct named){str_c(list->v[i].queries[q].id), k};
    qsort(names, k, sizeof *names, by_id);
    for (size_t i = 0; i < n; i++)
        most = (size_t)queries[i].key > most ? (size_t)queries[i].key : most;
    *ret = xmalloc((most + 1) * sizeof **ret);
    for (size_t i = 0; i <= most; i++)
        (*ret)[i] = SIZE_MAX;
    for (size_t i = 0; i < n; i++) {
        struct named key = {queries[i].id, 0};
        const struct named *hit = bsearch(&key, names, k, sizeof *names, by_id);
        if (hit)
            (*ret)[queries[i].key] = hit->number;
    }
    *ret_n = most + 1;
    free(names);
    arena_release(&arena);
    return OK;
}
