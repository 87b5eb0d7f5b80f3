/* source.c - dataset, splitter and seeded limit; see source.h. */
#include "harness/plan/source.h"

#include "datasets/dataset.h"
#include "harness/base/rng.h"

#include <stdlib.h>
#include <string.h>

static const char splits_name[] = "splits"; /* a split file, already cut */

void source_help(struct buf *out)
{
    for (size_t i = 0; dataset_all[i]; i++)
        buf_printf(out, "  %-20s %s%s\n", dataset_all[i]->name, dataset_all[i]->help,
            dataset_all[i]->needs_input ? "; reads a file" : "");
    buf_printf(out, "  %-20s a split file: contexts with their queries; set input to the file\n",
        splits_name);
}

static enum err_code unknown_dataset(struct str name, struct err *err)
{
    const char *nearest = NULL;
    size_t best = 1 + name.n / 2;

    if (str_distance(name, str_c(splits_name)) < best) {
        best = str_distance(name, str_c(splits_name));
        nearest = splits_name;
    }
    for (size_t i = 0; dataset_all[i]; i++) {
        size_t d = str_distance(name, str_c(dataset_all[i]->name));
        if (d < best) {
            best = d;
            nearest = dataset_all[i]->name;
        }
    }
    if (!nearest)
        return err_set(err, ERR_USAGE,
            "dataset \"%.*s\" is not known; `sleepbench help datasets` lists all", STR_ARG(name));
    return err_set(err, ERR_USAGE,
        "dataset \"%.*s\" is not known; did you mean \"%s\"? `sleepbench help datasets` lists all",
        STR_ARG(name), nearest);
}

static enum err_code load_items(const struct config *c, const struct dataset *d,
    struct arena *arena, struct split_list *ret, size_t *ret_skipped, struct err *err)
{
    struct item_list items = {0};
    enum err_code code = d->load(d, c, arena, &items, err);

    if (!code)
        code = split_items(splitter_find(c->split),
            &(struct split_options){.tail_context = str_eqc(c->tail, "context")}, &items, arena,
            ret, err);
    if (!code)
        *ret_skipped = items.skipped;
    item_list_release(&items);
    return code;
}

/* One query with its place, to be ordered by cluster and turn. */
struct place {
    size_t split, query, turn, cluster;
};

static int by_cluster_name(const void *a, const void *b)
{
    const struct split *const *x = a, *const *y = b;

    return str_cmp((*x)->cluster, (*y)->cluster);
}

/* Numbers the clusters 0.. in a seeded order; ret_cluster has one entry a split. */
static size_t number_clusters(const struct split_list *list, uint64_t seed, size_t *ret_cluster)
{
    const struct split **sorted = xcalloc(list->n + 1, sizeof *sorted);
    size_t *order = xcalloc(list->n + 1, sizeof *order), n = 0;
    struct rng rng = rng_labelled(seed, STR("limit clusters"));

    for (size_t i = 0; i < list->n; i++)
        sorted[i] = &list->v[i];
    qsort(sorted, list->n, sizeof *sorted, by_cluster_name);
    for (size_t i = 0; i < list->n; i++) {
        if (i && !str_eq(sorted[i]->cluster, sorted[i - 1]->cluster))
            n++;
        ret_cluster[sorted[i] - list->v] = n;
    }
    n = list->n ? n + 1 : 0;
    for (size_t i = 0; i < n; i++)
        order[i] = i;
    rng_shuffle(&rng, order, n);
    for (size_t i = 0; i < list->n; i++)
        ret_cluster[i] = order[ret_cluster[i]];
    free(order);
    free(sorted);
    return n;
}

static int by_turn(const void *a, const void *b)
{
    const struct place *x = a, *y = b;

    if (x->turn != y->turn)
        return x->turn < y->turn ? -1 : 1;
    return x->cluster < y->cluster ? -1 : x->cluster > y->cluster;
}

/* Every query with its turn: its number in its cluster's seeded order. */
static struct place *places(const struct split_list *list, uint64_t seed)
{
    size_t *cluster = xcalloc(list->n + 1, sizeof *cluster), n = 0;
    size_t nclusters = number_clusters(list, seed, cluster);
    size_t *next_turn = xcalloc(nclusters + 1, sizeof *next_turn);
    size_t *order = xcalloc(list->nqueries + 1, sizeof *order);
    struct place *all = xcalloc(list->nqueries + 1, sizeof *all);
    struct place *out = xcalloc(list->nqueries + 1, sizeof *out);
    struct rng rng = rng_labelled(seed, STR("limit queries"));

    for (size_t i = 0; i < list->n; i++)
        for (size_t q = 0; q < list->v[i].nqueries; q++)
            all[n++] = (struct place){i, q, 0, cluster[i]};
    for (size_t i = 0; i < n; i++)
        order[i] = i;
    rng_shuffle(&rng, order, n);
    for (size_t i = 0; i < n; i++) {
        out[i] = all[order[i]];
        out[i].turn = next_turn[out[i].cluster]++;
    }
    qsort(out, n, sizeof *out, by_turn);
    free(all);
    free(order);
    free(next_turn);
    free(cluster);
    return out;
}

static void keep_marked(struct split_list *list, bool *const *keep)
{
    size_t splits = 0;

    list->nqueries = 0;
    for (size_t i = 0; i < list->n; i++) {
        struct split s = list->v[i];
        size_t n = 0;
        for (size_t q = 0; q < s.nqueries; q++)
            if (keep[i][q])
                s.queries[n++] = s.queries[q];
        s.nqueries = n;
        list->nqueries += n;
        if (n)
            list->v[splits++] = s;
        else
            free(s.queries);
    }
    list->n = splits;
}

static void apply_limit(struct split_list *list, size_t limit, uint64_t seed)
{
    struct place *p = places(list, seed);
    bool **keep = xcalloc(list->n + 1, sizeof *keep);
    size_t nsplits = list->n;

    for (size_t i = 0; i < nsplits; i++)
        keep[i] = xcalloc(list->v[i].nqueries + 1, sizeof **keep);
    for (size_t i = 0; i < limit; i++)
        keep[p[i].split][p[i].query] = true;
    keep_marked(list, keep);
    for (size_t i = 0; i < nsplits; i++)
        free(keep[i]);
    free(keep);
    free(p);
}

/* Queries by who asks them: what `queries` chooses from. */
struct origins {
    size_t original, generated, verified; /* verified is a part of generated */
};

static bool is_generated(const struct split_query *q)
{
    return q->origin == ORIGIN_GENERATED;
}

static bool is_wanted(const struct split_query *q, struct str queries)
{
    if (str_eqc(queries, "original"))
        return !is_generated(q);
    if (str_eqc(queries, "generated"))
        return is_generated(q);
    return str_eqc(queries, "all") || !is_generated(q) || q->verified == VERIFIED_YES;
}

static struct origins count_origins(const struct split_list *list)
{
    struct origins n = {0};

    for (size_t i = 0; i < list->n; i++)
        for (size_t k = 0; k < list->v[i].nqueries; k++) {
            const struct split_query *q = &list->v[i].queries[k];
            n.original += !is_generated(q);
            n.generated += is_generated(q);
            n.verified += is_generated(q) && q->verified == VERIFIED_YES;
        }
    return n;
}

static void keep_wanted(struct split_list *list, struct str queries)
{
    bool **keep = xcalloc(list->n + 1, sizeof *keep);
    size_t nsplits = list->n;

    for (size_t i = 0; i < nsplits; i++) {
        keep[i] = xcalloc(list->v[i].nqueries + 1, sizeof **keep);
        for (size_t k = 0; k < list->v[i].nqueries; k++)
            keep[i][k] = is_wanted(&list->v[i].queries[k], queries);
    }
    keep_marked(list, keep);
    for (size_t i = 0; i < nsplits; i++)
        free(keep[i]);
    free(keep);
}

static enum err_code load_splits(
    const struct config *c, struct arena *arena, struct split_list *list, struct err *err)
{
    const char *path = arena_cstr(arena, c->input);

    if (split_read(path, arena, list, err))
        return err->code;
    struct origins n = count_origins(list);
    if (!c->queries.p && n.original && n.generated)
        return err_set(err, ERR_USAGE,
            "%s mixes %zu original and %zu generated queries (%zu of them verified): set queries "
            "to all, original, generated, or verified (the original and the verified ones)",
            path, n.original, n.generated, n.verified);
    if (c->queries.p)
        keep_wanted(list, c->queries);
    if (list->nqueries)
        return OK;
    return err_set(err, ERR_INPUT,
        "%s has no query for queries = %.*s: it holds %zu original and %zu generated ones (%zu of "
        "them verified)",
        path, STR_ARG(c->queries), n.original, n.generated, n.verified);
}

enum err_code source_check(const struct config *c, const struct dataset **ret_d, struct err *err)
{
    bool is_splits = str_eqc(c->dataset, splits_name);
    const struct dataset *d = is_splits ? NULL : dataset_find(c->dataset);

    if (!is_splits && !d)
        return unknown_dataset(c->dataset, err);
    if (is_splits && !c->input.p)
        return err_set(
            err, ERR_USAGE, "dataset \"%s\" is read from a file: set input", splits_name);
    if (d && !d->needs_input && c->input.p)
        return err_set(
            err, ERR_USAGE, "dataset \"%.*s\" reads no file: remove input", STR_ARG(c->dataset));
    if (d && c->queries.p)
        return err_set(err, ERR_USAGE,
            "queries chooses among the origins of a split file, but dataset is \"%.*s\": remove it",
            STR_ARG(c->dataset));
    if (c->overrides.p && !(d && dataset_takes_overrides(d)))
        return err_set(err, ERR_USAGE,
            "overrides correct the cuts of aime datasets, but dataset is \"%.*s\": remove it",
            STR_ARG(c->dataset));
    *ret_d = d;
    return OK;
}

enum err_code source_load(const struct config *c, struct arena *arena, struct split_list *ret,
    size_t *ret_skipped, struct err *err)
{
    const struct dataset *d = NULL;
    struct split_list list = {0};
    size_t skipped = 0;

    if (source_check(c, &d, err))
        return err->code;
    enum err_code code =
        d ? load_items(c, d, arena, &list, &skipped, err) : load_splits(c, arena, &list, err);
    if (!code && list.nqueries == 0)
        code = err_set(err, ERR_INPUT, "dataset \"%.*s\" holds no question", STR_ARG(c->dataset));
    if (code) {
        split_list_release(&list);
        return code;
    }
    if (c->limit != FIELD_NONE && (size_t)c->limit < list.nqueries)
        apply_limit(&list, (size_t)c->limit, (uint64_t)c->seed);
    *ret = list;
    *ret_skipped = skipped;
    return OK;
}
