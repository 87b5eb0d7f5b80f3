/* mind_awake.c - a question has been asked; see mind_impl.h. */
#include "harness/phantom/mind_impl.h"

#include <math.h>

/* The sentence every answer ends with. */
void mind_awake_close(struct mind_scene *s, struct str reasoning, struct str lines,
    struct str answer, struct mind_reply *ret)
{
    struct buf b = BUF_INIT;

    buf_str_add(&b, lines);
    buf_printf(&b, "The answer is %.*s.", STR_ARG(answer));
    ret->content = arena_str(s->arena, buf_str(&b));
    ret->reasoning = arena_str(s->arena, reasoning);
    buf_release(&b);
}

static void close_with(
    struct mind_scene *s, const struct mind_thinker *t, struct rat answer, struct mind_reply *ret)
{
    struct buf number = BUF_INIT;

    rat_print(&number, answer);
    mind_awake_close(s, buf_str(&t->reasoning), buf_str(&t->said), buf_str(&number), ret);
    buf_release(&number);
}

/* A known form taken for another one: any other candidate. */
static size_t misread(struct mind_scene *s, size_t asked)
{
    const struct world_view *v = &s->problem->view;
    size_t others = 0, pick;

    if (!rng_chance(&s->rng, s->params->misread))
        return asked;
    for (size_t i = 0; i < v->n; i++)
        others += v->quantities[i].candidate && i != asked;
    if (others == 0)
        return asked;
    pick = rng_below(&s->rng, others);
    for (size_t i = 0; i < v->n; i++)
        if (v->quantities[i].candidate && i != asked && pick-- == 0)
            return i;
    return asked;
}

/* Nothing was asked: the question its own prior holds likeliest. */
static size_t guess_question(struct mind_scene *s)
{
    const struct world_view *v = &s->problem->view;
    double *weight = arena_array(s->arena, double, v->n + 1);
    double best = -INFINITY, noise = s->params->sleep_noise * s->request->temperature;
    size_t pick = 0;

    world_law(v, LAW_SLEEPER, STR("paper-like"), weight);
    for (size_t i = 0; i < v->n; i++) {
        if (weight[i] == -INFINITY || v->quantities[i].has_fact)
            continue;
        double w = weight[i] - noise * log(-log(rng_unit(&s->rng) + 1e-300));
        if (w > best) {
            best = w;
            pick = i;
        }
    }
    return pick;
}

static void allow(struct mind_thinker *t, const struct mind_allowance *a)
{
    t->hidden = a->hidden;
    t->visible = a->visible;
    t->recheck = a->recheck;
    t->checks = a->checks;
    t->agree = a->agree;
}

static void see_memory(struct mind_thinker *t, const struct mind_lines *memory)
{
    for (size_t i = 0; i < memory->n; i++)
        (void)mind_think_see(t, memory->v[i]); /* a line without a number states nothing */
}

static void awake_world(struct mind_scene *s, const struct mind_lines *memory,
    const struct mind_allowance *allowance, struct mind_reply *ret)
{
    const struct mind_problem *p = s->problem;
    struct mind_thinker t = mind_think_new(s->params, &p->view, p->fact, &s->rng, s->arena);
    size_t asked = p->has_question ? misread(s, p->quantity) : guess_question(s);

    see_memory(&t, memory);
    allow(&t, allowance);
    t.meter = s->meter;
    close_with(s, &t, mind_think_value(&t, asked), ret);
    mind_think_release(&t);
}

/* No context that it knows: what memory says in words nearest to the question's. */
static void awake_memory_only(
    struct mind_scene *s, const struct mind_lines *memory, struct mind_reply *ret)
{
    struct mind_thinker t = mind_think_new(s->params, NULL, RAT_ZERO, &s->rng, s->arena);
    struct mind_words words = mind_words_of(s->text, s->arena);
    struct rat v;

    see_memory(&t, memory);
    if (!mind_think_fetch(&t, &words, &v))
        v = mind_wrong_guess(&s->rng, s->text);
    close_with(s, &t, v, ret);
    mind_think_release(&t);
}

/* What is left of the allowance in a turn that is under way. */
static struct mind_allowance allowance_now(const struct mind_scene *s)
{
    struct mind_allowance a = mind_prompt_allowance(s->prompts, s->params, s->request);
    int64_t written = (int64_t)s->own.n;

    if (a.hidden < MIND_UNLIMITED)
        a.hidden = a.hidden > written ? a.hidden - written : 0;
    if (s->again) {
        a.hidden = a.checks = MIND_UNLIMITED;
    } else if (s->over) {
        a.hidden = a.checks = 0;
    }
    if (s->cued) {
        a.visible = 0;
        a.recheck = false;
    }
    return a;
}

/* Its own steps are "name = expression = value"; one that was cut before its value states none. */
static bool whole_step(struct str line)
{
    size_t first = str_find(line, STR("="), 0);

    return first != SIZE_MAX && str_find(line, STR("="), first + 1) != SIZE_MAX;
}

void mind_awake(struct mind_scene *s, struct mind_reply *ret)
{
    struct mind_allowance allowance = allowance_now(s);
    struct mind_lines memory = {0}, none = {0};
    const struct mind_problem *p = s->problem;

    mind_prompt_memory(s->request, &memory);
    for (size_t i = 0; i < s->own.n; i++) {
        if (p->kind == PROBLEM_WORLD && !whole_step(s->own.v[i]))
            continue;
        GROW(memory.v, memory.n + 1, memory.cap);
        memory.v[memory.n++] = s->own.v[i];
    }
    if (p->kind == PROBLEM_WORLD && (p->question_read || !p->has_question))
        awake_world(s, &memory, &allowance, ret);
    else if (p->kind == PROBLEM_WORLD) /* a question in words it doesn't know */
        awake_memory_only(s, &none, ret);
    else if (p->kind == PROBLEM_LIBRARY)
        mind_library_awake(s, &memory, &allowance, ret);
    else
        awake_memory_only(s, &memory, ret);
    free(memory.v);
}
