/* data_generate_worlds.c - `sleepbench data generate worlds/...`: splits from our own worlds. */
#include "datasets/world.h"
#include "harness/base/json.h"
#include "harness/cli/cmd_data.h"
#include "splitters/split.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_INSTANCES = 100000 };

struct request {
    struct str world;
    const char *level, *queries, *out, *law;
    int64_t instances, seed;
};

/* The laws of one drawn context, while its questions are written. */
struct laws {
    const struct world_library *lib;
    struct str world;
    struct arena arena;
    struct world_view view;
    size_t start;                     /* where the first question begins */
    double *asked, *sleeper, *scorer; /* log-weights of the view's quantities */
    size_t *quantity;                 /* of each question of the context */
    double log_sum[3];                /* of the weights of these, by law */
};

static enum err_code check(const struct request *r, int *ret_queries, struct err *err)
{
    int64_t n = 0;
    struct rat number;

    if (r->instances < 1 || r->instances > MOST_INSTANCES)
        return err_set(err, ERR_USAGE, "--instances %" PRId64 ": from 1 to %d", r->instances,
            (int)MOST_INSTANCES);
    const struct data_file files[] = {{r->law, STR("")}, {r->out, STR("")}};

    if (data_check_files(files, ARRAY_LEN(files), err))
        return err->code;
    if (strcmp(r->queries, "all") == 0)
        n = WORLD_ALL_QUERIES;
    else if (rat_parse(str_c(r->queries), &number) && rat_is_int(number))
        n = number.num;
    if (n < 1 || n > WORLD_ALL_QUERIES)
        return err_set(err, ERR_USAGE, "--queries %s: a whole number from 1, or all", r->queries);
    *ret_queries = (int)n;
    return OK;
}

/* "worlds-null/fruit/3/17" belongs to "worlds-null/fruit/3": the drawn context. */
static struct str drawing(const struct item *item)
{
    size_t n = item->id.n;

    while (n > 0 && item->id.p[n - 1] != '/')
        n--;
    return str_slice(item->id, 0, n);
}

static size_t drawing_end(const struct item_list *items, size_t from)
{
    size_t end = from + 1;

    while (end < items->n && str_eq(drawing(&items->v[end]), drawing(&items->v[from])))
        end++;
    return end;
}

/* log(exp(w0) + exp(w1) + ...) of the weights at n > 0 places. */
static double log_sum(const double *weights, const size_t *index, size_t n)
{
    double most = weights[index[0]], sum = 1; /* as multiples of exp(most) */

    for (size_t i = 1; i < n; i++) {
        double w = weights[index[i]];
        sum = w > most ? sum * exp(most - w) + 1 : sum + exp(w - most);
        most = w > most ? w : most;
    }
    return most + log(sum);
}

/* Reads the questions [from, end), all that can be asked of one drawn context, back from their
 * texts, as a stranger would. */
static enum err_code read_laws(
    struct laws *l, const struct item_list *items, size_t from, size_t end, struct err *err)
{
    struct arena *arena = &l->arena;
    size_t n = end - from;

    arena_reset(arena);
    if (!world_read_context(l->lib, items->v[from].question, arena, &l->view, &l->start))
        return err_set(
            err, ERR_FAILED, "%.*s: its context is not read back", STR_ARG(items->v[from].id));
    l->quantity = arena_array(arena, size_t, n);
    for (size_t i = 0; i < n; i++) {
        const struct item *item = &items->v[from + i];
        struct str question = str_trim(str_from(item->question, l->start));
        struct rat fact;
        if (!world_read_question(&l->view, question, &l->quantity[i], &fact))
            return err_set(
                err, ERR_FAILED, "%.*s: its question is not read back", STR_ARG(item->id));
    }
    double **weights[] = {&l->asked, &l->sleeper, &l->scorer};
    static const enum world_law law[] = {LAW_ASKED, LAW_SLEEPER, LAW_SCORER};
    for (size_t k = 0; k < ARRAY_LEN(law); k++) {
        *weights[k] = arena_array(arena, double, l->view.n + 1);
        world_law(&l->view, law[k], l->world, *weights[k]);
        l->log_sum[k] = log_sum(*weights[k], l->quantity, n);
    }
    return OK;
}

static void write_law(const struct laws *l, const struct item *item, size_t i, struct buf *out)
{
    struct json_writer w = json_writer(out, 0);
    size_t q = l->quantity[i];
    double asked = l->asked[q] - l->log_sum[0];

    jsonw_object(&w, NULL);
    jsonw_str(&w, "id", item->id);
    jsonw_str(&w, "cluster", item->cluster);
    jsonw_str(&w, "form", item->stratum);
    jsonw_int(&w, "depth", l->view.quantities[q].depth);
    jsonw_num(&w, "p", exp(asked));
    jsonw_num(&w, "log_p", asked);
    jsonw_num(&w, "sleeper_log_p", l->sleeper[q] - l->log_sum[1]);
    jsonw_num(&w, "scorer_log_p", l->scorer[q] - l->log_sum[2]);
    jsonw_end_object(&w);
    buf_putc(out, '\n');
}

/* Writes the laws of the first `queries` questions of each drawn context; items holds all. */
static enum err_code write_laws(const struct request *r, const struct world_library *lib,
    const struct item_list *items, int queries, struct buf *out, struct err *err)
{
    struct laws l = {.lib = lib, .world = r->world};
    enum err_code code = OK;

    for (size_t from = 0, end; from < items->n && !code; from = end) {
        end = drawing_end(items, from);
        code = read_laws(&l, items, from, end, err);
        for (size_t i = 0; !code && i < end - from && i < (size_t)queries; i++)
            write_law(&l, &items->v[from + i], i, out);
    }
    arena_release(&l.arena);
    return code;
}

/* Keeps the first `queries` questions of each drawn context. */
static enum err_code cut_items(struct item_list *items, int queries, struct err *err)
{
    size_t kept = 0;

    for (size_t from = 0, end; from < items->n; from = end) {
        end = drawing_end(items, from);
        if (queries != WORLD_ALL_QUERIES && end - from < (size_t)queries)
            return err_set(err, ERR_USAGE, "%.*s has only %zu questions; ask for fewer, or all",
                STR_ARG(items->v[from].cluster), end - from);
        for (size_t i = from; i < end && i - from < (size_t)queries; i++)
            items->v[kept++] = items->v[i];
    }
    items->n = kept;
    return OK;
}

static enum err_code write_splits(const struct request *r, const struct item_list *items,
    struct arena *arena, struct buf *out, const char **ret_summary, struct err *err)
{
    struct split_options plain = {0};
    struct split_list list = {0};
    enum err_code code =
        split_items(splitter_find(STR("strict")), &plain, items, arena, &list, err);

    if (code)
        return code;
    split_write(out, &list);
    *ret_summary = arena_printf(arena, "%zu contexts, %zu queries of worlds/%.*s, seed %" PRId64,
        list.n, list.nqueries, STR_ARG(r->world), r->seed);
    split_list_release(&list);
    return OK;
}

static enum err_code generate(const struct request *r, struct err *err)
{
    struct world_options options = {.world = r->world,
        .level = str_c(r->level),
        .instances = (int)r->instances,
        .queries = WORLD_ALL_QUERIES,
        .seed = (uint64_t)r->seed};
    struct world_library *lib = NULL;
    struct item_list items = {.n = 0};
    struct arena arena = {0};
    struct buf law = BUF_INIT, text = BUF_INIT;
    const char *summary = "";
    int queries = 0;
    enum err_code code = check(r, &queries, err);

    if (!code)
        code = world_library_load(&lib, err);
    if (!code)
        code = world_items(lib, &options, &arena, &items, err);
    if (!code && r->law)
        code = write_laws(r, lib, &items, queries, &law, err);
    if (!code)
        code = cut_items(&items, queries, err);
    if (!code)
        code = write_splits(r, &items, &arena, &text, &summary, err);
    const struct data_file files[] = {{r->law, buf_str(&law)}, {r->out, buf_str(&text)}};
    if (!code)
        code = data_write_all(files, ARRAY_LEN(files), err);
    if (!code)
        fprintf(stderr, "%s\n", summary);
    buf_release(&law);
    buf_release(&text);
    item_list_release(&items);
    arena_release(&arena);
    world_library_free(lib);
    return code;
}

static enum err_code run_world(
    const struct command *command, int argc, char **argv, struct err *err)
{
    struct request r = {.world = str_c(strchr(command->name, '/') + 1),
        .level = "",
        .queries = "8",
        .out = "-",
        .instances = 2,
        .seed = 1};
    const struct option options[] = {
        {"--instances", OPTION_INT, &r.instances, "N", "drawings of each context (2)"},
        {"--queries", OPTION_STR, &r.queries, "N", "questions of each drawing (8), or all"},
        {"--level", OPTION_STR, &r.level, "NAME", "only contexts of this level: p1 or p2"},
        {"--seed", OPTION_INT, &r.seed, "S", "same seed, same problems (1)"},
        {"--law", OPTION_STR, &r.law, "FILE",
            "also write what each question's probability is, JSON lines"},
        {"--out", OPTION_STR, &r.out, "FILE", "where to write; - (default) is standard output"},
    };
    size_t nargs;

    if (cli_wants_help(argc, argv, command, options, ARRAY_LEN(options)))
        return OK;
    if (option_parse(argc, argv, options, ARRAY_LEN(options), NULL, 0, &nargs, err))
        return err->code;
    return generate(&r, err);
}

static enum err_code run_empty(int argc, char **argv, struct err *err)
{
    return run_world(&data_generate_empty, argc, argv, err);
}

static enum err_code run_null(int argc, char **argv, struct err *err)
{
    return run_world(&data_generate_null, argc, argv, err);
}

static enum err_code run_paper(int argc, char **argv, struct err *err)
{
    return run_world(&data_generate_paper, argc, argv, err);
}

const struct command data_generate_empty = {"data generate worlds/empty", "[options]",
    "our own problems, everything in the query", run_empty, false};
const struct command data_generate_null = {"data generate worlds/null", "[options]",
    "our own problems, asked without regard to what a sleeper expects", run_null, false};
const struct command data_generate_paper = {"data generate worlds/paper-like", "[options]",
    "our own problems, partly predictable questions", run_paper, false};
