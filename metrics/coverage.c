/* coverage.c - see coverage.h. */
#include "metrics/coverage.h"

#include "harness/store/store.h"
#include "metrics/resample.h"

#include <math.h>
#include <stdlib.h>

bool coverage_has_line(struct str text, struct str name)
{
    struct str rest = text, line;

    while (str_cut(&rest, '\n', &line))
        if (str_starts(line, name) && str_starts(str_from(line, name.n), STR(" = ")))
            return true;
    return false;
}

/* The (sleep, k) pairs of a run's arms, each once. */
struct point {
    int64_t sleep, k;
    double *num, *den; /* by cluster: covered queries x repeats, all of them */
    size_t queries;
};

struct measure {
    struct store *store;
    struct arena arena;
    struct store_query *queries;
    size_t nqueries, nclusters;
    size_t *cluster; /* by query */
    struct point *points;
    size_t npoints;
};

static int by_sleep_and_k(const void *a, const void *b)
{
    const struct point *x = a, *y = b;

    if (x->sleep != y->sleep)
        return x->sleep < y->sleep ? -1 : 1;
    return x->k < y->k ? -1 : x->k > y->k;
}

static enum err_code find_points(struct measure *m, struct err *err)
{
    struct store_arm *arms;
    size_t narms;

    if (store_arms(m->store, &m->arena, &arms, &narms, err))
        return err->code;
    m->points = arena_array(&m->arena, struct point, narms + 1);
    for (size_t i = 0; i < narms; i++) {
        struct point p = {.k = arms[i].k};
        bool known = false;
        if (store_arm_sleep(m->store, arms[i].key, &p.sleep, err))
            return err->code;
        for (size_t j = 0; j < m->npoints; j++)
            known = known || (m->points[j].sleep == p.sleep && m->points[j].k == p.k);
        if (p.sleep && p.k && !known)
            m->points[m->npoints++] = p;
    }
    if (m->npoints)
        qsort(m->points, m->npoints, sizeof *m->points, by_sleep_and_k);
    return OK;
}

static enum err_code number_clusters(struct measure *m, struct err *err)
{
    if (store_queries(m->store, &m->arena, &m->queries, &m->nqueries, err))
        return err->code;
    m->cluster = arena_array(&m->arena, size_t, m->nqueries + 1);
    for (size_t i = 0; i < m->nqueries; i++) {
        size_t j = 0;
        while (j < i && !str_eq(m->queries[j].cluster, m->queries[i].cluster))
            j++;
        m->cluster[i] = j < i ? m->cluster[j] : m->nclusters++;
    }
    for (size_t i = 0; i < m->npoints; i++) {
        m->points[i].num = arena_array(&m->arena, double, m->nclusters + 1);
        m->points[i].den = arena_array(&m->arena, double, m->nclusters + 1);
    }
    return OK;
}

/* One query against the learned contexts of one sleep configuration. */
struct search {
    struct str target;
    int64_t repeat, first; /* of the repeat in hand: smallest j that covers, or INT64_MAX */
    struct measure *m;
    int64_t sleep;
    size_t cluster;
};

static void book(struct search *s)
{
    if (s->repeat < 0)
        return;
    for (size_t i = 0; i < s->m->npoints; i++) {
        struct point *p = &s->m->points[i];
        if (p->sleep != s->sleep)
            continue;
        p->den[s->cluster]++;
        p->num[s->cluster] += s->first < p->k;
        p->queries++;
    }
}

static enum err_code look(
    int64_t j, int64_t repeat, struct str text, void *payload, struct err *err)
{
    struct search *s = payload;

    (void)err; /* cannot fail */
    if (repeat != s->repeat) {
        book(s);
        s->repeat = repeat;
        s->first = INT64_MAX;
    }
    if (s->first == INT64_MAX && coverage_has_line(text, s->target))
        s->first = j;
    return OK;
}

static size_t query_index(const struct measure *m, int64_t key)
{
    size_t low = 0, high = m->nqueries;

    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (m->queries[mid].key < key)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static enum err_code one_target(const struct store_target *t, void *payload, struct err *err)
{
    struct measure *m = payload;

    for (size_t i = 0; i < m->npoints; i++) {
        if (i && m->points[i].sleep == m->points[i - 1].sleep)
            continue;
        struct search s = {
            .target = t->target,
            .repeat = -1,
            .first = INT64_MAX,
            .m = m,
            .sleep = m->points[i].sleep,
            .cluster = m->cluster[query_index(m, t->query)],
        };
        if (store_each_learned_text(m->store, t->context, s.sleep, look, &s, err))
            return err->code;
        book(&s);
    }
    return OK;
}

static void summarise(
    const struct measure *m, size_t replicates, uint64_t seed, struct coverage *ret)
{
    struct resample r;
    size_t *ids = xcalloc(m->npoints + 1, sizeof *ids);

    resample_init(&r, m->nclusters);
    for (size_t i = 0; i < m->npoints; i++)
        ids[i] = resample_add(&r, m->points[i].num, m->points[i].den);
    resample_run(&r, replicates, seed);
    ret->rows = xcalloc(m->npoints + 1, sizeof *ret->rows);
    for (size_t i = 0; i < m->npoints; i++) {
        double share;
        if (!resample_point(&r, ids[i], &share))
            continue;
        struct interval ci = resample_interval(&r, ids[i], NULL);
        ret->rows[ret->n++] = (struct coverage_row){
            .sleep = m->points[i].sleep,
            .k = m->points[i].k,
            .queries = m->points[i].queries,
            .clusters = m->nclusters,
            .share = share,
            .lo = ci.known ? ci.lo : NAN,
            .hi = ci.known ? ci.hi : NAN,
        };
    }
    resample_release(&r);
    free(ids);
}

enum err_code coverage_measure(
    struct store *s, size_t replicates, uint64_t seed, struct coverage *ret, struct err *err)
{
    struct measure m = {.store = s};

    *ret = (struct coverage){0};
    enum err_code code = find_points(&m, err);
    if (!code)
        code = number_clusters(&m, err);
    if (!code && m.npoints)
        code = store_each_target(s, one_target, &m, err);
    if (!code && m.npoints && m.nclusters)
        summarise(&m, replicates, seed, ret);
    arena_release(&m.arena);
    return code;
}

void coverage_release(struct coverage *c)
{
    free(c->rows);
    *c = (struct coverage){0};
}

struct table *coverage_table(const struct coverage *c)
{
    static const struct column columns[] = {
        {"sleep", "", COLUMN_INT, 0},
        {"k", "", COLUMN_INT, 0},
        {"coverage", "share", COLUMN_NUM, 3},
        {"coverage_lo", "share", COLUMN_NUM, 3},
        {"coverage_hi", "share", COLUMN_NUM, 3},
        {"queries", "", COLUMN_INT, 0},
        {"clusters", "", COLUMN_INT, 0},
    };
    struct table *t = table_new("coverage", columns, ARRAY_LEN(columns));

    for (size_t i = 0; i < c->n; i++) {
        const struct coverage_row *r = &c->rows[i];
        table_row(t);
        table_int(t, r->sleep);
        table_int(t, r->k);
        table_num(t, r->share);
        table_num(t, r->lo);
        table_num(t, r->hi);
        table_int(t, (int64_t)r->queries);
        table_int(t, (int64_t)r->clusters);
    }
    return t;
}
