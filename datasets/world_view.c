/*
 * world_view.c - a context with values: building a view, its facts and its written context.
 */
#include "datasets/world_impl.h"

/* Copies a phrase with every {variable} replaced by the variable's text. */
static struct str fill_phrase(
    const struct world_context *c, const struct tbinding *b, struct str phrase, struct arena *arena)
{
    struct buf out = BUF_INIT;
    size_t i = 0;

    for (;;) {
        size_t open = str_find(phrase, STR("{"), i);
        size_t close = str_find(phrase, STR("}"), i);
        if (open == SIZE_MAX || close == SIZE_MAX)
            break;
        buf_str_add(&out, str_slice(phrase, i, open));
        struct str name = str_slice(phrase, open + 1, close);
        buf_str_add(&out, b->v[template_variable_index(c->template, name)].text);
        i = close + 1;
    }
    if (i == 0)
        return phrase;
    buf_str_add(&out, str_from(phrase, i));
    struct str filled = arena_str(arena, buf_str(&out));
    buf_release(&out);
    return filled;
}

static struct world_words *view_words(
    const struct world_context *c, const struct tbinding *b, struct arena *arena)
{
    struct world_words *w = arena_new(arena, struct world_words);

    for (size_t i = 0; i < c->nentities; i++)
        w->entity[i] = fill_phrase(c, b, c->entity[i], arena);
    for (size_t i = 0; i < c->nkinds; i++)
        w->kind[i] = fill_phrase(c, b, c->kind[i], arena);
    for (size_t i = 0; i < c->nasides; i++)
        w->aside[i] = fill_phrase(c, b, c->aside[i], arena);
    return w;
}

static bool sum_of(const struct rat *v, size_t n, struct rat *ret)
{
    struct rat sum = RAT_ZERO;

    for (size_t i = 0; i < n; i++)
        if (!rat_add(sum, v[i], &sum))
            return false;
    *ret = sum;
    return true;
}

static bool product_of(const struct rat *v, size_t n, struct rat *ret)
{
    struct rat product = rat_int(1);

    for (size_t i = 0; i < n; i++)
        if (!rat_mul(product, v[i], &product))
            return false;
    *ret = product;
    return true;
}

static bool apply(enum quantity_op op, const struct rat *v, size_t n, struct rat *ret)
{
    struct rat part;

    switch (op) {
    case QUANTITY_STATED:
        *ret = v[0];
        return true;
    case QUANTITY_SUM:
        return sum_of(v, n, ret);
    case QUANTITY_DIFFERENCE:
        return rat_sub(v[0], v[1], ret);
    case QUANTITY_PRODUCT:
        return product_of(v, n, ret);
    case QUANTITY_QUOTIENT:
        return rat_div(v[0], v[1], ret);
    case QUANTITY_PERCENT:
        return rat_mul(rat_int(100), v[0], &part) && rat_div(part, v[1], ret);
    case QUANTITY_MEAN:
        return sum_of(v, n, &part) && rat_div(part, rat_int((int64_t)n), ret);
    }
    BUG("quantity operation %d", (int)op);
}

/* Bounds of new facts by kind; FEWER and LOSS are cut to what there is to take away. */
static const struct fact_bounds {
    int64_t low, high;
} fact_bounds[] = {
    [FACT_NONE] = {0, 0},
    [FACT_EXTRA] = {2, 20},
    [FACT_FEWER] = {2, 20},
    [FACT_LOSS] = {2, 30},
    [FACT_TIMES] = {3, 6},
    [FACT_SHARE] = {2, 12},
    [FACT_PRICE] = {2, 20},
};

static struct rat operand_value(const struct world_view *v, const struct operand *o)
{
    return o->is_constant ? o->constant : v->quantities[o->quantity].value;
}

/* The larger operand of a comparison comes first, and with it what the form speaks of. */
static void order_operands(const struct world_view *v, struct quantity *q)
{
    struct operand first = q->operands[0];
    uint16_t e = q->args[0], a = q->args[1];

    if (rat_cmp(operand_value(v, &q->operands[0]), operand_value(v, &q->operands[1])) >= 0)
        return;
    q->operands[0] = q->operands[1];
    q->operands[1] = first;
    q->args[0] = q->args[2];
    q->args[1] = q->args[3];
    q->args[2] = e;
    q->args[3] = a;
}

static bool fill_operands(
    const struct world_view *v, const struct world_node *node, struct quantity *q)
{
    for (size_t i = 0; i < node->nsources; i++) {
        const struct world_source *s = &node->sources[i];
        struct operand *o = &q->operands[i];
        o->is_constant = s->kind != SOURCE_NODE;
        o->is_fact = s->kind == SOURCE_FACT;
        if (s->kind == SOURCE_NODE) {
            o->quantity = s->index;
        } else if (s->kind == SOURCE_FACT) {
            o->constant = rat_int(fact_bounds[world_forms[node->form].fact].low);
        } else {
            if (!v->binding.known[s->index] || !v->binding.v[s->index].has_num)
                return false;
            o->constant = v->binding.v[s->index].num;
        }
    }
    return true;
}

static bool fill_quantity(
    const struct world_view *v, const struct world_node *node, struct quantity *q)
{
    struct rat values[QUANTITY_MAX_OPERANDS];

    q->op = node->op;
    q->noperands = node->nsources;
    q->depth = node->depth;
    q->candidate = node->candidate;
    q->has_fact = node->has_fact;
    q->form = node->form;
    memcpy(q->args, node->args, sizeof(q->args));
    if (!fill_operands(v, node, q))
        return false;
    if (world_forms[node->form].flags & FORM_ORDERED)
        order_operands(v, q);
    for (size_t i = 0; i < q->noperands; i++)
        values[i] = operand_value(v, &q->operands[i]);
    return apply(q->op, values, q->noperands, &q->value);
}

bool world_view_build(const struct world_context *c, struct tbinding binding, struct arena *arena,
    struct world_view *ret_view)
{
    struct world_view v = {c, binding, arena_array(arena, struct quantity, c->nnodes), c->nnodes,
        view_words(c, &binding, arena)};
    struct buf name = BUF_INIT;

    for (size_t i = 0; i < c->nnodes; i++) {
        struct quantity *q = &v.quantities[i];
        if (!fill_quantity(&v, &c->nodes[i], q)) {
            buf_release(&name);
            return false;
        }
        buf_reset(&name);
        world_pattern(&v, q, world_forms[q->form].label, RAT_ZERO, &name);
        q->name = arena_str(arena, buf_str(&name));
    }
    buf_release(&name);
    *ret_view = v;
    return true;
}

enum err_code world_draw(const struct world_context *c, struct rng *rng, struct arena *arena,
    struct world_view *ret_view, struct err *err)
{
    struct tbinding binding;
    enum err_code code = template_draw(c->template, rng, arena, &binding, err);

    if (code)
        return code;
    if (!world_view_build(c, binding, arena, ret_view))
        return err_set(
            err, ERR_INPUT, "world context %.*s: drawn values make no sense", STR_ARG(c->name));
    return OK;
}

void world_render_context(const struct world_view *v, struct buf *out)
{
    struct err err;

    if (template_render_question(v->context->template, &v->binding, out, &err))
        BUG("world context cannot be written: %s", err.msg);
}

void world_fact_domain(
    const struct world_view *v, size_t quantity, int64_t *ret_low, int64_t *ret_high)
{
    const struct quantity *q = &v->quantities[quantity];
    enum world_fact fact = world_forms[q->form].fact;
    const struct world_context *c = v->context;
    struct fact_bounds bounds = fact_bounds[fact];
    struct rat most = rat_int(bounds.high + 1);

    if (fact == FACT_FEWER)
        most = v->quantities[c->node_of[FORM_CELL][q->args[0] * c->nkinds + q->args[1]]].value;
    if (fact == FACT_LOSS)
        most = operand_value(v, &q->operands[0]);
    most = rat_floor(most);
    *ret_low = bounds.low;
    *ret_high = most.num - 1 < bounds.high ? most.num - 1 : bounds.high;
}

static bool value_under(
    const struct world_view *v, size_t quantity, struct rat fact, struct rat *ret)
{
    const struct quantity *q = &v->quantities[quantity];
    struct rat values[QUANTITY_MAX_OPERANDS];

    if (!q->has_fact) {
        *ret = q->value;
        return true;
    }
    for (size_t i = 0; i < q->noperands; i++) {
        const struct operand *o = &q->operands[i];
        if (o->is_fact)
            values[i] = fact;
        else if (o->is_constant)
            values[i] = o->constant;
        else if (!value_under(v, o->quantity, fact, &values[i])) /* depth <= WORLD_MAX_DEPTH */
            return false;
    }
    return apply(q->op, values, q->noperands, ret);
}

struct rat world_value(const struct world_view *v, size_t quantity, struct rat fact)
{
    struct rat value;

    return value_under(v, quantity, fact, &value) ? value : v->quantities[quantity].value;
}
