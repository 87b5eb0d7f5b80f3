/*
 * mind_asleep.c - a context without a question: rethink memory, call by call; see mind_impl.h.
 *
 * The transcript shows earlier calls and what became of them. Candidates come in the order of the
 * sleeper's own prior, perturbed by temperature and seed; each call adds a few lines, wrong ones
 * too, and replaces the whole block. It ends when little prior mass is left, after its own number
 * of calls, or when the next line would not fit the block.
 */
#include "harness/phantom/mind_impl.h"

#include "harness/base/json.h"

#include <math.h>

/* Where the rethinking stands, from the transcript. */
struct sleep {
    struct str memory; /* text of the block */
    size_t calls;      /* rethink_memory calls so far */
    int64_t limit;     /* characters the block may hold; 0 = unknown */
};

/* new_memory of a rethink_memory call; false if its arguments can't be read. */
static bool call_text(const struct mind_tool_call *call, struct arena *arena, struct str *ret)
{
    struct json *doc;
    const struct json *text;

    if (json_parse(call->arguments, JSON_REPAIR, &doc, NULL))
        return false;
    text = json_get(doc, "new_memory");
    bool ok = json_type(text) == JSON_STRING;
    if (ok)
        *ret = arena_str(arena, json_str(text));
    json_free(doc);
    return ok;
}

static struct str result_of(const struct mind_request *r, size_t turn, struct str call_id)
{
    for (size_t i = turn + 1; i < r->nmessages && r->messages[i].role == MIND_TOOL; i++)
        if (str_eq(r->messages[i].call_id, call_id))
            return r->messages[i].text;
    return (struct str){NULL, 0};
}

static void note_limit(struct sleep *z, int64_t limit)
{
    if (limit > 0 && (z->limit == 0 || limit < z->limit))
        z->limit = limit;
}

static void follow_call(
    struct mind_scene *s, size_t turn, const struct mind_tool_call *call, struct sleep *z)
{
    struct str text, result = result_of(s->request, turn, call->id);

    if (!str_eqc(call->name, "rethink_memory"))
        return;
    z->calls++;
    bool whole = call_text(call, s->arena, &text);
    if (!whole)
        text = call->arguments; /* cut off: shorter is better all the same */
    if (whole && !mind_prompt_refused(s->prompts, result)) {
        z->memory = text;
        return;
    }
    int64_t named = mind_prompt_limit(s->prompts, result), had = (int64_t)str_utf8_count(text);
    note_limit(z, named > 0 && named < had ? named : had * 4 / 5);
}

static struct sleep follow(struct mind_scene *s)
{
    const struct mind_request *r = s->request;
    struct sleep z = {0};
    struct mind_lines start = {0};
    struct buf block = BUF_INIT;

    mind_prompt_memory(r, &start);
    for (size_t i = 0; i < start.n; i++)
        buf_printf(&block, "%s%.*s", i ? "\n" : "", STR_ARG(start.v[i]));
    z.memory = arena_str(s->arena, buf_str(&block));
    free(start.v);
    buf_release(&block);
    for (size_t i = 0; i < r->nmessages; i++) {
        const struct mind_message *m = &r->messages[i];
        if (m->role == MIND_SYSTEM)
            note_limit(&z, mind_prompt_limit(s->prompts, m->text));
        for (size_t c = 0; c < m->ncalls; c++)
            follow_call(s, i, &m->calls[c], &z);
    }
    return z;
}

/* A sleeper's plan: candidates by falling weight, and what is prepared already. */
struct plan {
    size_t *order;
    size_t n;
    double *weight; /* by quantity: share of prior mass */
};

/* The perturbation belongs to seed and context, not to the turn: one order for the whole loop. */
static struct plan make_plan(struct mind_scene *s)
{
    const struct world_view *v = &s->problem->view;
    struct plan p = {.order = arena_array(s->arena, size_t, v->n + 1),
        .weight = arena_array(s->arena, double, v->n + 1)};
    struct world_ranked *r = arena_array(s->arena, struct world_ranked, v->n + 1);
    double noise = s->params->sleep_noise * s->request->temperature, sum = 0;
    struct rng rng = rng_labelled(s->request->temperature > 0 ? s->request->seed : 0, s->text);

    world_law(v, LAW_SLEEPER, STR("paper-like"), p.weight);
    for (size_t i = 0; i < v->n; i++) {
        double w = p.weight[i], u = rng_unit(&rng);
        p.weight[i] = w == -INFINITY ? 0 : exp(w);
        sum += p.weight[i];
        if (p.weight[i] > 0)
            r[p.n++] = (struct world_ranked){w - noise * log(-log(u + 1e-300)), i};
    }
    qsort(r, p.n, sizeof *r, world_by_key);
    for (size_t i = 0; i < p.n; i++)
        p.order[i] = r[i].quantity;
    for (size_t i = 0; i < v->n && sum > 0; i++)
        p.weight[i] /= sum;
    return p;
}

/* Is all there that can be known of it now? A question's new fact can't be. */
static bool prepared(const struct mind_thinker *t, size_t quantity)
{
    const struct quantity *q = &t->view->quantities[quantity];

    if (q->op == QUANTITY_STATED)
        return true;
    if (!q->has_fact)
        return mind_think_sees(t, q->name);
    for (size_t i = 0; i < q->noperands; i++)
        if (!q->operands[i].is_constant && !prepared(t, q->operands[i].quantity))
            return false;
    return true;
}

/* Writes what is missing for one quantity, operands first; false when the lines are used up. */
static bool prepare(struct mind_thinker *t, size_t quantity)
{
    const struct quantity *q = &t->view->quantities[quantity];

    if (prepared(t, quantity))
        return true;
    for (size_t i = 0; i < q->noperands; i++)
        if (!q->operands[i].is_constant && !prepare(t, q->operands[i].quantity))
            return false;
    if (q->has_fact)
        return true;
    if (t->visible <= 0)
        return false;
    (void)mind_think_compute(t, quantity);
    return true;
}

static double mass_left(const struct mind_thinker *t, const struct plan *p)
{
    double left = 0;

    for (size_t i = 0; i < p->n; i++)
        if (!prepared(t, p->order[i]))
            left += p->weight[p->order[i]];
    return left;
}

/* New lines on a world; false when enough is prepared. */
static bool think_world(struct mind_scene *s, struct str memory, struct buf *ret_new)
{
    struct mind_thinker t =
        mind_think_new(s->params, &s->problem->view, s->problem->fact, &s->rng, s->arena);
    struct plan plan = make_plan(s);
    struct mind_lines lines = {0};

    mind_prompt_lines(memory, &lines);
    for (size_t i = 0; i < lines.n; i++)
        (void)mind_think_see(&t, lines.v[i]); /* a line without a number states nothing */
    free(lines.v);
    t.visible = (int64_t)s->params->sleep_lines;
    bool open = mass_left(&t, &plan) >= s->params->sleep_mass_left;
    for (size_t i = 0; i < plan.n && open && t.visible > 0; i++)
        if (!prepare(&t, plan.order[i]))
            break;
    buf_str_add(ret_new, buf_str(&t.said));
    open = open && mass_left(&t, &plan) >= s->params->sleep_mass_left;
    mind_think_release(&t);
    return open;
}

/* Appends new lines while they fit; false when one did not. */
static bool append_lines(struct buf *memory, struct str added, int64_t limit, bool *grew)
{
    struct str rest = added, line;

    while (str_cut(&rest, '\n', &line)) {
        if (!line.n)
            continue;
        size_t need = str_utf8_count(buf_str(memory)) + str_utf8_count(line) + 1;
        if (limit > 0 && need > (size_t)limit)
            return false;
        if (memory->n)
            buf_putc(memory, '\n');
        buf_str_add(memory, line);
        *grew = true;
    }
    return true;
}

/* Drops lines from the end until the text fits. */
static void shorten(struct buf *memory, int64_t limit)
{
    while (limit > 0 && memory->n && str_utf8_count(buf_str(memory)) > (size_t)limit) {
        size_t end = memory->n;
        while (end > 0 && memory->p[end - 1] != '\n')
            end--;
        buf_truncate(memory, end ? end - 1 : 0);
    }
}

static void add_call(
    struct mind_reply *ret, struct arena *arena, const char *name, struct str arguments)
{
    ret->calls[ret->ncalls++] =
        (struct mind_tool_call){.name = str_c(name), .arguments = arena_str(arena, arguments)};
}

static void add_rethink(struct mind_scene *s, struct str memory, struct mind_reply *ret)
{
    struct buf b = BUF_INIT;
    struct json_writer w = json_writer(&b, 0);

    jsonw_object(&w, NULL);
    jsonw_str(&w, "new_memory", memory);
    jsonw_cstr(&w, "target_block_label", "rethink_memory_block");
    jsonw_cstr(&w, "source_block_label", "rethink_memory_block");
    jsonw_end_object(&w);
    add_call(ret, s->arena, "rethink_memory", buf_str(&b));
    buf_release(&b);
}

static bool think(struct mind_scene *s, struct str memory, struct buf *ret_new)
{
    if (s->problem->kind == PROBLEM_WORLD)
        return think_world(s, memory, ret_new);
    if (s->problem->kind == PROBLEM_LIBRARY)
        return mind_library_asleep(s, memory, ret_new);
    return false;
}

void mind_asleep(struct mind_scene *s, struct mind_reply *ret)
{
    struct sleep z = follow(s);
    struct buf memory = BUF_INIT, added = BUF_INIT;
    bool grew = false, open;

    ret->calls = arena_array(s->arena, struct mind_tool_call, 2);
    buf_str_add(&memory, z.memory);
    shorten(&memory, z.limit);
    open = z.calls < (size_t)s->params->sleep_calls && think(s, buf_str(&memory), &added);
    if (!append_lines(&memory, buf_str(&added), z.limit, &grew))
        open = false;
    if (z.calls + 1 >= (size_t)s->params->sleep_calls)
        open = false;
    if (grew)
        add_rethink(s, buf_str(&memory), ret);
    if (!open || !grew)
        add_call(ret, s->arena, "finish_rethinking_memory", STR("{}"));
    buf_release(&memory);
    buf_release(&added);
}
