/*
 * world_plan.c - enumerates the quantities of a context, without values, in a fixed order.
 *
 * First the cells (stated ones, then those told by a relation, each behind the cells it speaks of),
 * the rates and the asides, then every form of the table over all its arguments. A quantity may be
 * asked if its form has a question and it lies 1 to WORLD_MAX_DEPTH steps deep.
 */
#include "datasets/world_impl.h"

enum { NO_NODE = UINT16_MAX };

struct planner {
    struct world_context *c;
    struct world_node *v;
    size_t n, cap;
};

static size_t slot_of(const struct world_context *c, size_t e, size_t a)
{
    return e * c->nkinds + a;
}

static struct world_node *add_node(struct planner *p, int form, const uint16_t args[4])
{
    GROW(p->v, p->n + 1, p->cap);
    if (p->n >= NO_NODE)
        BUG("too many quantities");
    struct world_node *node = &p->v[p->n];
    *node = (struct world_node){.form = form, .op = world_forms[form].op};
    memcpy(node->args, args, sizeof(node->args));
    uint16_t *first = &p->c->node_of[form][slot_of(p->c, args[0], args[1])];
    if (*first == NO_NODE)
        *first = (uint16_t)p->n;
    p->n++;
    return node;
}

static void add_source(
    struct planner *p, struct world_node *node, enum world_source_kind kind, size_t index)
{
    if (node->nsources == QUANTITY_MAX_OPERANDS)
        BUG("form %s has too many operands", world_forms[node->form].name);
    node->sources[node->nsources++] = (struct world_source){kind, (uint16_t)index};
    if (kind == SOURCE_FACT)
        node->has_fact = true;
    if (kind != SOURCE_NODE)
        return;
    if (index >= p->n)
        BUG("form %s uses a quantity that does not exist yet", world_forms[node->form].name);
    node->has_fact = node->has_fact || p->v[index].has_fact;
    if (p->v[index].depth > node->depth)
        node->depth = p->v[index].depth;
}

static void finish_node(struct world_node *node)
{
    if (node->op != QUANTITY_STATED)
        node->depth++;
    node->candidate =
        world_forms[node->form].question && node->depth >= 1 && node->depth <= WORLD_MAX_DEPTH;
}

static uint16_t find(const struct planner *p, int form, size_t e, size_t a)
{
    return p->c->node_of[form][slot_of(p->c, e, a)];
}

static void use(struct planner *p, struct world_node *node, int form, size_t e, size_t a)
{
    add_source(p, node, SOURCE_NODE, find(p, form, e, a));
}

/* How an operand letter finds its quantity: a form, and which arguments (of e, a, f, b) it takes;
 * NONE stands for argument 0. A letter with `over` stands for a list over all entities or kinds. */
enum { ARG_E, ARG_A, ARG_F, ARG_B, NONE };

static const struct source_letter {
    char letter;
    int form, entity, kind;
    enum { ONE, OVER_ENTITIES, OVER_KINDS, OVER_OTHERS } over;
} source_letters[] = {
    {'c', FORM_CELL, ARG_E, ARG_A, ONE},
    {'d', FORM_CELL, ARG_F, ARG_B, ONE},
    {'r', FORM_ROW_TOTAL, ARG_E, NONE, ONE},
    {'s', FORM_ROW_TOTAL, ARG_F, NONE, ONE},
    {'k', FORM_COLUMN_TOTAL, NONE, ARG_A, ONE},
    {'l', FORM_COLUMN_TOTAL, NONE, ARG_B, ONE},
    {'g', FORM_GRAND_TOTAL, NONE, NONE, ONE},
    {'m', FORM_MONEY_CELL, ARG_E, ARG_A, ONE},
    {'n', FORM_MONEY_ROW, ARG_E, NONE, ONE},
    {'o', FORM_MONEY_ROW, ARG_F, NONE, ONE},
    {'q', FORM_MONEY_COLUMN, NONE, ARG_A, ONE},
    {'t', FORM_MONEY_COLUMN, NONE, ARG_B, ONE},
    {'x', FORM_MULTIPLE, ARG_E, ARG_A, ONE},
    {'R', FORM_CELL, ARG_E, NONE, OVER_KINDS},
    {'C', FORM_CELL, NONE, ARG_A, OVER_ENTITIES},
    {'O', FORM_CELL, ARG_E, ARG_A, OVER_OTHERS},
    {'T', FORM_ROW_TOTAL, NONE, NONE, OVER_ENTITIES},
    {'N', FORM_MONEY_CELL, ARG_E, NONE, OVER_KINDS},
    {'Q', FORM_MONEY_CELL, NONE, ARG_A, OVER_ENTITIES},
    {'Z', FORM_MONEY_ROW, NONE, NONE, OVER_ENTITIES},
};

static void add_letter(struct planner *p, struct world_node *node, const struct source_letter *l)
{
    size_t e = l->entity == NONE ? 0 : node->args[l->entity];
    size_t a = l->kind == NONE ? 0 : node->args[l->kind];

    if (l->over == ONE) {
        use(p, node, l->form, e, a);
        return;
    }
    size_t n = l->over == OVER_KINDS ? p->c->nkinds : p->c->nentities;
    for (size_t i = 0; i < n; i++) {
        if (l->over == OVER_OTHERS && i == e)
            continue;
        use(p, node, l->form, l->over == OVER_KINDS ? e : i, l->over == OVER_KINDS ? i : a);
    }
}

static void add_operand(struct planner *p, struct world_node *node, char letter)
{
    if (letter == 'F') {
        add_source(p, node, SOURCE_FACT, 0);
        return;
    }
    if (letter == 'p') {
        use(p, node, FORM_RATE, 0, p->c->nrates == 1 ? 0 : node->args[ARG_A]);
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(source_letters); i++)
        if (source_letters[i].letter == letter) {
            add_letter(p, node, &source_letters[i]);
            return;
        }
    BUG("form %s has unknown operand '%c'", world_forms[node->form].name, letter);
}

static void add_quantity(struct planner *p, int form, size_t e, size_t a, size_t f, size_t b)
{
    const uint16_t args[4] = {(uint16_t)e, (uint16_t)a, (uint16_t)f, (uint16_t)b};
    struct world_node *node = add_node(p, form, args);

    for (const char *letter = world_forms[form].operands; *letter; letter++)
        add_operand(p, node, *letter);
    finish_node(node);
}

/* All arguments of a form: the outer pair runs over entities e < f, the inner over kinds a < b,
 * and what the shape does not vary stays at one value. */
static void add_form(struct planner *p, int form)
{
    static const struct {
        bool e, a, f, b;
    } varies[] = {
        [SHAPE_GRAND] = {false, false, false, false},
        [SHAPE_ROW] = {true, false, false, false},
        [SHAPE_COLUMN] = {false, true, false, false},
        [SHAPE_CELL] = {true, true, false, false},
        [SHAPE_ROWS] = {true, false, true, false},
        [SHAPE_COLUMNS] = {false, true, false, true},
        [SHAPE_PLACES] = {true, true, true, false},
        [SHAPE_KINDS] = {true, true, false, true},
    };
    enum world_shape s = world_forms[form].shape;
    size_t ne = p->c->nentities, na = p->c->nkinds;

    for (size_t e = 0; e < (varies[s].e ? ne : 1); e++)
        for (size_t a = 0; a < (varies[s].a ? na : 1); a++)
            for (size_t f = varies[s].f ? e + 1 : e; f < (varies[s].f ? ne : e + 1); f++)
                for (size_t b = varies[s].b ? a + 1 : a; b < (varies[s].b ? na : a + 1); b++)
                    add_quantity(p, form, e, a, f, b);
}

static bool form_fits(const struct world_context *c, const struct world_form *form)
{
    bool over_entities = form->shape == SHAPE_ROWS || form->shape == SHAPE_PLACES;

    if (form->shape == SHAPE_OWN)
        return false;
    if ((form->flags & FORM_RATED) && c->nrates == 0)
        return false;
    return !(form->flags & FORM_THREE) || (over_entities ? c->nentities : c->nkinds) >= 3;
}

static bool cell_ready(const struct planner *p, const struct world_cell *cell)
{
    for (size_t i = 0; i < cell->nparts; i++)
        if (cell->part[i].is_cell && p->c->node_of[FORM_CELL][cell->part[i].index] == NO_NODE)
            return false;
    return true;
}

static void add_cell(struct planner *p, size_t e, size_t a)
{
    const struct world_cell *cell = &p->c->cells[slot_of(p->c, e, a)];
    const uint16_t args[4] = {(uint16_t)e, (uint16_t)a, (uint16_t)e, (uint16_t)a};
    uint16_t from[WORLD_MAX_SIDE];

    for (size_t i = 0; i < cell->nparts; i++)
        from[i] = cell->part[i].is_cell ? p->c->node_of[FORM_CELL][cell->part[i].index]
                                        : cell->part[i].index;
    struct world_node *node = add_node(p, FORM_CELL, args);
    node->op = cell->op;
    for (size_t i = 0; i < cell->nparts; i++)
        add_source(p, node, cell->part[i].is_cell ? SOURCE_NODE : SOURCE_VARIABLE, from[i]);
    finish_node(node);
}

/* Adds cells until all are there; a pass that adds none means that they go round in a circle. */
static enum err_code add_cells(struct planner *p, struct err *err)
{
    size_t total = p->c->nentities * p->c->nkinds;

    while (p->n < total) {
        size_t before = p->n;
        for (size_t i = 0; i < total; i++)
            if (p->c->node_of[FORM_CELL][i] == NO_NODE && cell_ready(p, &p->c->cells[i]))
                add_cell(p, i / p->c->nkinds, i % p->c->nkinds);
        if (p->n == before)
            return err_set(err, ERR_INPUT, "world context %.*s: its cells refer to each other",
                STR_ARG(p->c->name));
    }
    return OK;
}

static void add_stated(struct planner *p, int form, size_t e, size_t a, uint16_t variable)
{
    const uint16_t args[4] = {(uint16_t)e, (uint16_t)a, (uint16_t)e, (uint16_t)a};
    struct world_node *node = add_node(p, form, args);

    add_source(p, node, SOURCE_VARIABLE, variable);
    finish_node(node);
}

enum err_code world_plan(struct world_context *c, struct arena *arena, struct err *err)
{
    struct planner p = {c, NULL, 0, 0};

    if (world_form_count > WORLD_MAX_FORMS)
        BUG("raise WORLD_MAX_FORMS");
    memset(c->node_of, 0xFF, sizeof(c->node_of));
    enum err_code code = add_cells(&p, err);
    if (code || !p.v) { /* a grid has cells, so there is no plan only after an error */
        free(p.v);
        return code;
    }
    for (size_t i = 0; i < c->nrates; i++)
        add_stated(&p, FORM_RATE, 0, i, c->rates[i]);
    for (size_t i = 0; i < c->nasides; i++)
        add_stated(&p, FORM_ASIDE, i, 0, c->aside_variable[i]);
    for (size_t form = 0; form < world_form_count; form++)
        if (form_fits(c, &world_forms[form]))
            add_form(&p, (int)form);
    c->nodes = arena_array(arena, struct world_node, p.n);
    memcpy(c->nodes, p.v, p.n * sizeof(*p.v));
    c->nnodes = p.n;
    free(p.v);
    return OK;
}
