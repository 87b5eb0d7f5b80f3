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
    const char *nearest = splits_name;
    size_t best = str_distance(name, str_c(splits_name));

    for (size_t i = 0; dataset_all[i]; i++) {
        size_t d = str_distance(name, str_c(dataset_all[i]->name));
        if (d < best) {
            best = d;
            nearest = dataset_all[i]->name;
        }
    }
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

enum err_code source_load(const struct config *c, struct arena *arena, struct split_list *ret,
    size_t *ret_skipped, struct err *err)
{
    bool is_splits = str_eqc(c->dataset, splits_name);
    const struct dataset *d = is_splits ? NULL : dataset_find(c->dataset);
    struct split_list list = {0};
    size_t skipped = 0;
    enum err_code code;

    if (!is_splits && !d)
        return unknown_dataset(c->dataset, err);
    if (is_splits && !c->input.p)
        return err_set(
            err, ERR_USAGE, "dataset \"%.*s\" is read from a file: set input", STR_ARG(c->dataset));
    if (!is_splits && !d->needs_input && c->input.p)
        return err_set(
            err, ERR_USAGE, "dataset \"%.*s\" reads no file: remove input", STR_ARG(c->dataset));
    if (is_splits)
        code = split_read(arena_cstr(arena, c->input), arena, &list, err);
    else
        code = load_items(c, d, arena, &list, &skipped, err);
    if (code) {
        split_list_release(&list);
        return code;
    }
    if (list.nqueries == 0) {
        split_list_release(&list);
        return err_set(err, ERR_INPUT, "dataset \"%.*s\" holds no question", STR_ARG(c->dataset));
    }
    if (c->limit != FIELD_NONE && (size_t)c->limit < list.nqueries)
        apply_limit(&list, (size_t)c->limit, (uint64_t)c->seed);
    *ret = list;
    *ret_skipped = skipped;
    return OK;
}
