/* demo_worlds.c - likelihood of every asked question from the world's own law, gains from cells. */
#include "harness/cli/demo_worlds.h"

#include "datasets/world.h"
#include "metrics/slope.h"

#include <math.h>
#include <stdlib.h>

static const struct column columns[] = {
    {"world", "", COLUMN_STR, 0},
    {"model", "", COLUMN_STR, 0},
    {"gain", "share", COLUMN_NUM, 3},
    {"gain_lo", "share", COLUMN_NUM, 3},
    {"gain_hi", "share", COLUMN_NUM, 3},
    {"slope", "per nat", COLUMN_NUM, 3},
    {"slope_lo", "per nat", COLUMN_NUM, 3},
    {"slope_hi", "per nat", COLUMN_NUM, 3},
    {"queries", "", COLUMN_INT, 0},
    {"clusters", "", COLUMN_INT, 0},
};

/* Of one query: its place and the two answers that are compared. */
struct asked {
    struct str id;
    size_t cluster;
    double likelihood; /* log-probability among the candidates, nats */
    int base, slept;   /* 1 right, 0 wrong, -1 not there */
};

struct compare {
    const struct job *job;
    struct arena arena;
    struct asked *v; /* by query key - 1 */
    size_t n, clusters;
    int64_t base_arm, sleep_arm, lowest;
};

/* Log-probability, in nats, that the world's law gives quantity q among its context's candidates.
 */
static double log_share(const struct world_view *view, size_t q, struct str world)
{
    double *weights = xcalloc(view->n + 1, sizeof *weights), most = -INFINITY, sum = 0;

    world_law(view, LAW_ASKED, world, weights);
    for (size_t i = 0; i < view->n; i++)
        most = weights[i] > most ? weights[i] : most;
    for (size_t i = 0; i < view->n; i++)
        sum += exp(weights[i] - most);
    double share = isfinite(weights[q]) ? weights[q] - most - log(sum) : NAN;
    free(weights);
    return share;
}

/* The likelihood of a problem's question; NAN if the text is not of a world. */
static double likelihood(const struct world_library *lib, const struct split *s,
    const struct split_query *q, struct str world)
{
    struct arena arena = {0};
    struct buf text = BUF_INIT;
    struct world_view view;
    struct rat fact;
    size_t start, quantity;
    double share = NAN;

    buf_str_add(&text, s->context);
    if (s->context.n)
        buf_putc(&text, ' ');
    buf_str_add(&text, q->text);
    if (world_read_context(lib, buf_str(&text), &arena, &view, &start) &&
        world_read_question(&view, str_trim(str_from(buf_str(&text), start)), &quantity, &fact))
        share = log_share(&view, quantity, world);
    buf_release(&text);
    arena_release(&arena);
    return share;
}

static struct asked *find(struct compare *c, struct str id)
{
    for (size_t i = 0; i < c->n; i++)
        if (str_eq(c->v[i].id, id))
            return &c->v[i];
    return NULL;
}

static size_t cluster_number(
    const struct store_query *queries, const struct asked *v, size_t i, size_t *clusters)
{
    for (size_t j = 0; j < i; j++)
        if (str_eq(queries[j].cluster, queries[i].cluster))
            return v[j].cluster;
    return (*clusters)++;
}

static enum err_code load_queries(
    struct compare *c, const struct world_library *lib, struct str world, struct err *err)
{
    struct store_query *queries;
    const struct split_list *splits = &c->job->splits;

    if (store_queries(c->job->store, &c->arena, &queries, &c->n, err))
        return err->code;
    c->v = arena_array(&c->arena, struct asked, c->n + 1);
    for (size_t i = 0; i < c->n; i++)
        c->v[i] = (struct asked){.id = queries[i].id,
            .cluster = cluster_number(queries, c->v, i, &c->clusters),
            .likelihood = NAN};
    for (size_t i = 0; i < splits->n; i++)
        for (size_t q = 0; q < splits->v[i].nqueries; q++) {
            struct asked *a = find(c, str_c(splits->v[i].queries[q].id));
            if (a)
                a->likelihood = likelihood(lib, &splits->v[i], &splits->v[i].queries[q], world);
        }
    return OK;
}

static enum err_code take_cell(const struct store_cell *cell, void *payload, struct err *err)
{
    struct compare *c = payload;

    (void)err; /* cannot fail */
    if (cell->level != c->lowest || cell->repeat || cell->sample || !cell->graded)
        return OK;
    int right = cell->status == STATUS_CORRECT;
    if (cell->arm == c->base_arm)
        c->v[cell->query - 1].base = right;
    if (cell->arm == c->sleep_arm)
        c->v[cell->query - 1].slept = right;
    return OK;
}

static int64_t find_arm(
    const struct store_arm *arms, size_t n, struct str model, const char *method, int64_t k)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq(arms[i].model, model) && str_eqc(arms[i].method, method) && arms[i].k == k)
            return arms[i].key;
    return 0;
}

static void add_row(struct compare *c, struct table *t, const char *world, struct str model)
{
    struct slope_item *items = xcalloc(c->n + 1, sizeof *items);
    const struct config *config = &c->job->config;
    size_t n = 0;

    for (size_t i = 0; i < c->n; i++)
        if (c->v[i].base >= 0 && c->v[i].slept >= 0 && !isnan(c->v[i].likelihood))
            items[n++] = (struct slope_item){
                c->v[i].cluster, c->v[i].likelihood, c->v[i].slept - c->v[i].base};
    struct slope s =
        slope_fit(items, n, c->clusters, (size_t)config->bootstrap, (uint64_t)config->seed);
    const struct interval *ci[] = {&s.mean_ci, &s.slope_ci};
    const double point[] = {s.mean, s.slope};
    table_row(t);
    table_str(t, str_c(world));
    table_str(t, model);
    for (int i = 0; i < 2; i++) {
        table_num(t, n ? point[i] : NAN);
        table_num(t, ci[i]->known ? ci[i]->lo : NAN);
        table_num(t, ci[i]->known ? ci[i]->hi : NAN);
    }
    table_int(t, (int64_t)n);
    table_int(t, (int64_t)s.clusters);
    free(items);
}

static enum err_code add_models(
    struct compare *c, struct table *t, const char *world, struct err *err)
{
    struct store_arm *arms;
    size_t narms;
    const struct int_list *levels = &c->job->config.budget_levels;

    if (store_arms(c->job->store, &c->arena, &arms, &narms, err))
        return err->code;
    c->lowest = levels->v[0];
    for (size_t i = 0; i < levels->n; i++)
        c->lowest = levels->v[i] < c->lowest ? levels->v[i] : c->lowest;
    for (size_t m = 0; m < c->job->config.models.n; m++) {
        struct str model = config_model(&c->job->config, m)->name;
        c->base_arm = find_arm(arms, narms, model, "test_time", 0);
        c->sleep_arm = find_arm(arms, narms, model, "sleep_time", 1);
        for (size_t i = 0; i < c->n; i++)
            c->v[i].base = c->v[i].slept = -1;
        if (store_each_cell(c->job->store, take_cell, c, err))
            return err->code;
        add_row(c, t, world, model);
    }
    return OK;
}

enum err_code demo_world_table(
    const struct job *job, const char *world, struct table **ret, struct err *err)
{
    struct compare c = {.job = job};
    struct world_library *lib;
    struct table *t = table_new("world", columns, ARRAY_LEN(columns));
    enum err_code code = world_library_load(&lib, err);

    if (!code) {
        code = load_queries(&c, lib, str_c(world), err);
        world_library_free(lib);
    }
    if (!code)
        code = add_models(&c, t, world, err);
    arena_release(&c.arena);
    if (code)
        table_free(t);
    else
        *ret = t;
    return code;
}
