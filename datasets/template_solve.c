/* template_solve.c - values for variables: drawing, solving hidden ones, deducing; see template.h.
 */
#include "datasets/template_internal.h"

/* In steps; a step is longer when the conditions are: STEP_BYTES of them cost one more. */
enum { FIRST_LIMIT = 2000, STEP_BYTES = 128, DEDUCE_MOST = 10000 };

enum outcome { SOLVED, DEAD, TIRED };

struct solver {
    const struct template *t;
    struct rng *rng; /* NULL: in order */
    struct tbinding *b;
    uint64_t known;
    uint64_t steps, limit, cost;
    const char *why; /* the last arithmetic trouble in a condition, and its line */
    size_t why_line;
    uint64_t refused[TEMPLATE_MAX_CONDITIONS]; /* how often each condition did not hold */
};

/* Which variable is next: all values of its domain, or one that is forced. */
struct choice {
    size_t var;
    bool forced;
    size_t index; /* SIZE_MAX: the forced value is not in the domain */
};

static uint64_t all_variables(const struct template *t)
{
    return t->nvars == 64 ? UINT64_MAX : VAR_BIT(t->nvars) - 1;
}

struct tbinding template_empty_binding(const struct template *t, struct arena *arena)
{
    return (struct tbinding){.v = arena_array(arena, struct tvalue, t->nvars + 1),
        .known = arena_array(arena, bool, t->nvars + 1)};
}

uint64_t template_known(const struct template *t, const struct tbinding *b)
{
    uint64_t mask = 0;

    for (size_t i = 0; i < t->nvars; i++)
        mask |= b->known[i] ? VAR_BIT(i) : 0;
    return mask;
}

static bool holds(struct solver *s, const struct tcondition *c)
{
    struct tvalue v;
    const char *why = NULL;
    enum texpr_result r = texpr_eval(c->e, s->b, &v, &why);

    if (r == TEXPR_FAIL) {
        s->why = why;
        s->why_line = c->line;
    }
    return r == TEXPR_OK && texpr_true(v);
}

/* All conditions that became complete with variable `var`; all complete ones for SIZE_MAX. */
static bool all_hold(struct solver *s, size_t var)
{
    for (size_t i = 0; i < s->t->nconditions; i++) {
        const struct tcondition *c = &s->t->conditions[i];
        if ((c->mask & ~s->known) != 0 || (var != SIZE_MAX && !(c->mask & VAR_BIT(var))))
            continue;
        if (!holds(s, c)) {
            s->refused[i]++;
            return false;
        }
    }
    return true;
}

static void assign(struct solver *s, size_t var, size_t index)
{
    s->b->v[var] = domain_at(&s->t->vars[var].domain, index);
    s->b->known[var] = true;
    s->known |= VAR_BIT(var);
}

static void unassign(struct solver *s, size_t var)
{
    s->b->known[var] = false;
    s->known &= ~VAR_BIT(var);
}

static bool same_value(struct tvalue a, struct tvalue b)
{
    return a.has_num && b.has_num ? rat_eq(a.num, b.num) : str_eq_nocase(a.text, b.text);
}

/* Members of a DRAW_DISTINCT line differ. */
static bool is_distinct(const struct solver *s, size_t var)
{
    const struct tvariable *v = &s->t->vars[var];

    for (size_t i = 0; v->draw == DRAW_DISTINCT && i < s->t->nvars; i++)
        if (i != var && s->b->known[i] && s->t->vars[i].group == v->group &&
            same_value(s->b->v[i], s->b->v[var]))
            return false;
    return true;
}

/* Index of v in a list, by text. */
static size_t list_index(const struct domain *d, struct str text)
{
    for (size_t i = 0; d->items && i < d->n; i++)
        if (str_eq_nocase(d->items[i].text, text))
            return i;
    return SIZE_MAX;
}

/* A known member of a sequence forces the others. */
static bool forced_by_sequence(const struct solver *s, size_t var, struct choice *ret)
{
    const struct tvariable *v = &s->t->vars[var];

    if (v->draw != DRAW_SEQUENCE)
        return false;
    for (size_t i = 0; i < s->t->nvars; i++) {
        const struct tvariable *other = &s->t->vars[i];
        if (!s->b->known[i] || other->group != v->group)
            continue;
        size_t at = list_index(&v->domain, s->b->v[i].text);
        if (at == SIZE_MAX)
            continue;
        size_t n = v->domain.n;
        *ret = (struct choice){
            .var = var, .forced = true, .index = (at + n + v->place - other->place) % n};
        return true;
    }
    return false;
}

static bool forced_by_condition(struct solver *s, struct choice *ret)
{
    for (size_t i = 0; i < s->t->nconditions; i++) {
        const struct tcondition *c = &s->t->conditions[i];
        for (size_t k = 0; k < c->nsolutions; k++) {
            const struct tsolution *how = &c->solutions[k];
            const char *why;
            struct tvalue v;
            if ((s->known & VAR_BIT(how->var)) || (how->needs & ~s->known))
                continue;
            bool ok = texpr_eval(how->value, s->b, &v, &why) == TEXPR_OK && v.has_num;
            *ret = (struct choice){.var = how->var, .forced = true, .index = SIZE_MAX};
            if (ok)
                ret->index = domain_index(&s->t->vars[how->var].domain, v.num);
            s->refused[i] += ret->index == SIZE_MAX;
            return true;
        }
    }
    return false;
}

/* The unknown variable with the fewest values among those of mask. */
static size_t smallest(const struct solver *s, uint64_t mask)
{
    size_t best = SIZE_MAX;

    for (size_t i = 0; i < s->t->nvars; i++)
        if ((mask & VAR_BIT(i)) && !(s->known & VAR_BIT(i)) &&
            (best == SIZE_MAX || s->t->vars[i].domain.n < s->t->vars[best].domain.n))
            best = i;
    return best;
}

/* How many combinations are open in a condition; saturates. */
static double combinations(const struct solver *s, uint64_t open)
{
    double product = 1;

    for (size_t i = 0; i < s->t->nvars; i++)
        if (open & VAR_BIT(i))
            product *= (double)s->t->vars[i].domain.n;
    return product;
}

/* What is forced comes first; then a variable of the condition that can be tested soonest. */
static struct choice choose(struct solver *s)
{
    struct choice c = {.index = 0};
    double best = 0;
    uint64_t open = 0;

    if (forced_by_condition(s, &c))
        return c;
    for (size_t i = 0; i < s->t->nconditions; i++) {
        uint64_t rest = s->t->conditions[i].mask & ~s->known;
        double size = rest ? combinations(s, rest) : 0;
        if (rest && (open == 0 || size < best)) {
            best = size;
            open = rest;
        }
    }
    c.var = smallest(s, open ? open : ~s->known);
    forced_by_sequence(s, c.var, &c);
    return c;
}

static uint64_t gcd(uint64_t a, uint64_t b)
{
    while (b) {
        uint64_t t = a % b;
        a = b;
        b = t;
    }
    return a;
}

static enum outcome search(struct solver *s)
{
    if (s->known == all_variables(s->t))
        return SOLVED;
    struct choice c = choose(s);
    uint64_t n = s->t->vars[c.var].domain.n, first = 0, stride = 1;
    if (c.forced)
        n = c.index == SIZE_MAX ? 0 : 1;
    else if (s->rng) { /* a random walk through all indices without memory */
        first = domain_pick(&s->t->vars[c.var].domain, s->rng);
        do
            stride = 1 + rng_below(s->rng, n);
        while (gcd(stride, n) != 1);
    }
    for (uint64_t i = 0; i < n; i++) {
        s->steps += s->cost;
        if (s->steps > s->limit)
            return TIRED;
        assign(s, c.var, c.forced ? c.index : (size_t)((first + i * stride) % n));
        enum outcome o = is_distinct(s, c.var) && all_hold(s, c.var) ? search(s) : DEAD;
        if (o != DEAD)
            return o;
        unassign(s, c.var);
    }
    return DEAD;
}

static void forget_all_but(struct solver *s, uint64_t keep)
{
    for (size_t i = 0; i < s->t->nvars; i++)
        if (!(keep & VAR_BIT(i)))
            unassign(s, i);
}

/* Names the condition that refused most often. */
static enum err_code give_up(
    const struct solver *s, enum outcome o, uint64_t steps, struct err *err)
{
    enum err_code code = o == DEAD ? ERR_INPUT : ERR_LIMIT;
    size_t worst = 0;

    if (s->why)
        return err_set(err, code, "%s: question line %zu: %s, for all values tried", s->t->name,
            s->why_line, s->why);
    for (size_t i = 1; i < s->t->nconditions; i++)
        worst = s->refused[i] > s->refused[worst] ? i : worst;
    size_t line = s->t->nconditions ? s->t->conditions[worst].line : 0;
    if (o == DEAD)
        return err_set(err, code,
            "%s: question line %zu: no values exist that satisfy all conditions", s->t->name, line);
    return err_set(err, code,
        "%s: question line %zu: gave up after %llu steps without values that satisfy all "
        "conditions",
        s->t->name, line, (unsigned long long)steps);
}

enum err_code template_solve(const struct template *t, struct rng *rng, uint64_t *steps,
    struct arena *arena, struct tbinding *b, struct err *err)
{
    struct solver s = {.t = t,
        .rng = rng,
        .b = b,
        .known = template_known(t, b),
        .cost = 1 + t->condition_bytes / STEP_BYTES};
    uint64_t given = s.known, total = 0, most = *steps;
    enum outcome o = all_hold(&s, SIZE_MAX) ? TIRED : DEAD;

    for (uint64_t round = rng ? FIRST_LIMIT : most; o == TIRED && total < most;
         round += round / 2) {
        s.limit = round < most - total ? round : most - total;
        forget_all_but(&s, given);
        s.steps = 0;
        o = search(&s);
        total += s.steps < s.limit ? s.steps : s.limit;
    }
    *steps -= total;
    if (o != SOLVED)
        return give_up(&s, o, total, err);
    for (size_t i = 0; i < t->nvars; i++)
        if (!b->v[i].text.p) {
            const struct domain *d = &t->vars[i].domain;
            b->v[i] = domain_text(d, domain_index(d, b->v[i].num), arena);
        }
    return OK;
}

enum err_code template_draw_within(const struct template *t, struct rng *rng, uint64_t *steps,
    struct arena *arena, struct tbinding *ret_binding, struct err *err)
{
    struct tbinding b = template_empty_binding(t, arena);
    enum err_code code = template_solve(t, rng, steps, arena, &b, err);

    if (!code)
        *ret_binding = b;
    return code;
}

enum err_code template_draw(const struct template *t, struct rng *rng, struct arena *arena,
    struct tbinding *ret_binding, struct err *err)
{
    uint64_t steps = TEMPLATE_MAX_STEPS;

    return template_draw_within(t, rng, &steps, arena, ret_binding, err);
}

/* A hidden variable may be found from conditions in which it alone is open. One that the rest of
 * the text will show may not: that a question's number happens to be the only whole one is luck. */
static bool may_deduce(const struct solver *s, size_t var)
{
    bool any = false;

    for (size_t i = 0; i < s->t->nconditions; i++)
        any = any || (s->t->conditions[i].mask & ~s->known) == VAR_BIT(var);
    return any && !(s->t->text_mask & VAR_BIT(var));
}

/* Index of the only value that the conditions leave, or SIZE_MAX; *ret_count: how many are left. */
static size_t only_value(struct solver *s, size_t var, size_t *ret_count)
{
    size_t found = SIZE_MAX;

    *ret_count = 0;
    for (size_t i = 0; i < s->t->vars[var].domain.n && *ret_count < 2; i++) {
        assign(s, var, i);
        if (all_hold(s, var)) {
            found = i;
            ++*ret_count;
        }
        unassign(s, var);
    }
    return *ret_count == 1 ? found : SIZE_MAX;
}

/* Tries to find variable `var`; false if no value of it is possible. */
static bool deduce_one(struct solver *s, size_t var, struct arena *arena, bool *ret_progress)
{
    size_t count;
    const struct domain *d = &s->t->vars[var].domain;

    if (d->n > DEDUCE_MOST || !may_deduce(s, var))
        return true;
    size_t index = only_value(s, var, &count);
    if (index == SIZE_MAX)
        return count > 0 || (d->shapes & ~(unsigned)(WORD_CLOSED | WORD_NUMBER)) != 0;
    assign(s, var, index);
    s->b->v[var] = domain_text(d, index, arena);
    *ret_progress = true;
    return true;
}

bool template_deduce(const struct template *t, struct arena *arena, struct tbinding *b)
{
    struct solver s = {.t = t, .b = b, .known = template_known(t, b)};
    bool progress = true;

    while (progress) {
        struct choice c;
        progress = false;
        if (!all_hold(&s, SIZE_MAX))
            return false;
        if (forced_by_condition(&s, &c)) {
            if (c.index == SIZE_MAX)
                return false;
            assign(&s, c.var, c.index);
            b->v[c.var] = domain_text(&t->vars[c.var].domain, c.index, arena);
            progress = true;
            continue;
        }
        for (size_t i = 0; i < t->nvars; i++)
            if (!b->known[i] && !deduce_one(&s, i, arena, &progress))
                return false;
    }
    return true;
}
