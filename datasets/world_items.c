/*
 * world_items.c - the generator: drawn views, questions sampled from P*, worked solutions.
 */
#include "datasets/world_impl.h"

#include <math.h>

/* An answer that people can read and any grader compares: above 0, at most two decimals. */
static bool askable(struct rat value)
{
    return value.num > 0 && 100 % value.den == 0;
}

/* Draws the new fact of a what-if among those with an askable answer; false if there is none. */
static bool draw_fact(
    const struct world_view *v, size_t quantity, struct rng *rng, struct rat *ret_fact)
{
    int64_t low, high, fits = 0;

    *ret_fact = RAT_ZERO;
    if (!v->quantities[quantity].has_fact)
        return askable(v->quantities[quantity].value);
    bool quotient = v->quantities[quantity].op == QUANTITY_QUOTIENT;
    world_fact_domain(v, quantity, &low, &high);
    for (int64_t n = low; n <= high; n++) {
        struct rat value = world_value(v, quantity, rat_int(n));
        if (!askable(value) || (quotient && !rat_is_int(value)))
            continue;
        fits++;
        if (rng_below(rng, (uint64_t)fits) == 0) /* each that fits is kept with equal chance */
            *ret_fact = rat_int(n);
    }
    return fits > 0;
}

int world_by_key(const void *a, const void *b)
{
    const struct world_ranked *x = a, *y = b;

    if (x->key != y->key)
        return x->key < y->key ? 1 : -1;
    return x->quantity < y->quantity ? -1 : x->quantity > y->quantity;
}

/* Gumbel top-k: ordering by log-weight plus Gumbel noise is sampling without replacement. */
static struct world_ranked *rank_questions(const struct world_view *v, struct str world,
    struct rng *rng, struct arena *arena, size_t *ret_n)
{
    double *weights = arena_array(arena, double, v->n);
    struct world_ranked *list = arena_array(arena, struct world_ranked, v->n);
    size_t n = 0;

    world_law(v, LAW_ASKED, world, weights);
    for (size_t i = 0; i < v->n; i++)
        if (isfinite(weights[i]))
            list[n++] = (struct world_ranked){weights[i] - log(-log(1 - rng_unit(rng))), i};
    qsort(list, n, sizeof(*list), world_by_key);
    *ret_n = n;
    return list;
}

static void put_line(const struct world_view *v, size_t quantity, struct rat fact, struct buf *out)
{
    const struct quantity *q = &v->quantities[quantity];
    struct rat values[QUANTITY_MAX_OPERANDS];

    for (size_t i = 0; i < q->noperands; i++) {
        const struct operand *o = &q->operands[i];
        values[i] = o->is_fact       ? fact
                    : o->is_constant ? o->constant
                                     : world_value(v, o->quantity, fact);
    }
    world_render_line(v, quantity, values, world_value(v, quantity, fact), out);
    buf_putc(out, '\n');
}

/* Lines of all that the quantity rests on, then its own; stated quantities need none. */
static void put_solution(const struct world_view *v, size_t quantity, struct rat fact,
    struct arena *arena, struct buf *out)
{
    bool *needed = arena_array(arena, bool, v->n);

    needed[quantity] = true;
    for (size_t i = quantity + 1; i-- > 0;)
        for (size_t k = 0; needed[i] && k < v->quantities[i].noperands; k++)
            if (!v->quantities[i].operands[k].is_constant)
                needed[v->quantities[i].operands[k].quantity] = true;
    for (size_t i = 0; i <= quantity; i++)
        if (needed[i] && v->quantities[i].op != QUANTITY_STATED)
            put_line(v, i, fact, out);
    buf_puts(out, "#### ");
    rat_print(out, world_value(v, quantity, fact));
}

/* What one item is made of. */
struct item_job {
    const struct world_options *options;
    const struct world_view *view;
    struct str context; /* its text */
    int instance, number;
    size_t quantity;
    struct rat fact;
    struct arena *arena, *scratch;
};

static void write_item(const struct item_job *job, struct item *item)
{
    const struct world_view *v = job->view;
    struct buf text = BUF_INIT;
    struct arena *arena = job->arena;
    struct str name = v->context->name;

    item->id = str_c(arena_printf(arena, "worlds-%.*s/%.*s/%d/%d", STR_ARG(job->options->world),
        STR_ARG(name), job->instance, job->number));
    item->cluster = arena_str(arena, name);
    item->stratum = str_c(world_forms[v->quantities[job->quantity].form].name);
    item->stateful = item->world = true;
    buf_printf(&text, "%.*s ", STR_ARG(job->context));
    size_t start = text.n;
    world_render_question(v, job->quantity, job->fact, &text);
    item->question = arena_str(arena, buf_str(&text));
    bool empty = str_eqc(job->options->world, "empty");
    item->context = empty ? STR("") : str_slice(item->question, 0, start - 1);
    item->query = empty ? item->question : str_from(item->question, start);
    buf_reset(&text);
    rat_print(&text, world_value(v, job->quantity, job->fact));
    item->gold = arena_str(arena, buf_str(&text));
    buf_reset(&text);
    put_solution(v, job->quantity, job->fact, job->scratch, &text);
    item->solution = arena_str(arena, buf_str(&text));
    buf_release(&text);
}

/* One view and its questions. Values do not depend on the world; worlds with one P* (paper-like
 * and empty) ask the same questions. */
static enum err_code add_instance(const struct world_context *c,
    const struct world_options *options, int instance, struct arena *arena, struct arena *scratch,
    struct item_list *list, struct err *err)
{
    const char *law = str_eqc(options->world, "null") ? "null" : "paper-like";
    struct world_view view;
    struct buf context = BUF_INIT;
    size_t n;
    char *label = arena_printf(scratch, "%.*s/%d", STR_ARG(c->name), instance);
    struct rng rng = rng_labelled(options->seed, str_c(label));
    enum err_code code = world_draw(c, &rng, scratch, &view, err);

    if (code)
        return code;
    world_render_context(&view, &context);
    rng = rng_labelled(options->seed, str_c(arena_printf(scratch, "%s/%s", label, law)));
    struct world_ranked *ranking = rank_questions(&view, str_c(law), &rng, scratch, &n);
    struct item_job job = {
        options, &view, buf_str(&context), instance, 0, 0, RAT_ZERO, arena, scratch};
    for (size_t i = 0; i < n && job.number < options->queries; i++) {
        job.quantity = ranking[i].quantity;
        if (!draw_fact(&view, job.quantity, &rng, &job.fact))
            continue;
        write_item(&job, item_list_add(list));
        job.number++;
    }
    buf_release(&context);
    if (job.number < options->queries && options->queries != WORLD_ALL_QUERIES)
        return err_set(err, ERR_USAGE, "world context %.*s has only %d questions; ask for fewer",
            STR_ARG(c->name), job.number);
    return OK;
}

static enum err_code check_options(const struct world_options *options, struct err *err)
{
    if (!str_eqc(options->world, "paper-like") && !str_eqc(options->world, "null") &&
        !str_eqc(options->world, "empty"))
        return err_set(err, ERR_USAGE, "no world %.*s; there are paper-like, null and empty",
            STR_ARG(options->world));
    if (options->level.n > 0 && !str_eqc(options->level, "p1") && !str_eqc(options->level, "p2"))
        return err_set(
            err, ERR_USAGE, "no level %.*s; there are p1 and p2", STR_ARG(options->level));
    if (options->instances < 1 || options->queries < 1)
        return err_set(err, ERR_USAGE, "a world needs at least one instance and one query");
    return OK;
}

enum err_code world_items(const struct world_library *lib, const struct world_options *options,
    struct arena *arena, struct item_list *ret_list, struct err *err)
{
    struct arena scratch = {NULL, 0};
    enum err_code code = check_options(options, err);

    for (size_t i = 0; i < lib->n && !code; i++) {
        if (options->level.n > 0 && !str_eq(options->level, lib->v[i].level))
            continue;
        for (int k = 0; k < options->instances && !code; k++) {
            arena_reset(&scratch);
            code = add_instance(&lib->v[i], options, k, arena, &scratch, ret_list, err);
        }
    }
    arena_release(&scratch);
    return code;
}
