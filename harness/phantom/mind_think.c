/*
 * mind_think.c - the engine: fetching, computing, writing, each with its faults; see mind_impl.h.
 *
 * A needed quantity that a visible line speaks of is fetched, otherwise computed from its operands.
 * A fetch picks among all visible lines by softmax(beta * overlap of names), beta falling with
 * their number, and trusts what it picked. A computed step is written while lines are allowed, and
 * slips less often then.
 */
#include "harness/phantom/mind_impl.h"

#include "harness/base/token.h"

#include <math.h>

/* FNV-1a over the lower-cased word. */
static uint32_t word_hash(struct str s, size_t *i)
{
    uint32_t h = 2166136261u;

    for (; *i < s.n && (str_is_alpha(s.p[*i]) || str_is_digit(s.p[*i]) || (s.p[*i] & 0x80)); (*i)++)
        h = (h ^ (unsigned char)str_lower(s.p[*i])) * 16777619u;
    return h;
}

static void insert(struct mind_words *w, uint32_t h)
{
    size_t at = w->n;

    while (at > 0 && w->v[at - 1] > h)
        at--;
    if (at > 0 && w->v[at - 1] == h)
        return;
    memmove(w->v + at + 1, w->v + at, (w->n - at) * sizeof *w->v);
    w->v[at] = h;
    w->n++;
}

struct mind_words mind_words_of(struct str text, struct arena *arena)
{
    enum { MOST = 64 };
    struct mind_words w = {
        arena_array(arena, uint32_t, (text.n / 2 < MOST ? text.n / 2 : MOST) + 1), 0};

    for (size_t i = 0; i < text.n && w.n < MOST;) {
        size_t start = i;
        uint32_t h = word_hash(text, &i);
        if (i > start)
            insert(&w, h);
        else
            i++;
    }
    return w;
}

double mind_overlap(const struct mind_words *a, const struct mind_words *b)
{
    size_t i = 0, j = 0, common = 0;

    while (i < a->n && j < b->n) {
        if (a->v[i] == b->v[j]) {
            common++;
            i++;
            j++;
        } else if (a->v[i] < b->v[j]) {
            i++;
        } else {
            j++;
        }
    }
    size_t all = a->n + b->n - common;
    return all ? (double)common / (double)all : 0;
}

static void add_line(struct mind_thinker *t, struct str name, struct rat value)
{
    GROW(t->lines, t->nlines + 1, t->cap);
    t->lines[t->nlines++] = (struct mind_line){name, mind_words_of(name, t->arena), value};
}

struct mind_thinker mind_think_new(const struct mind_params *params, const struct world_view *view,
    struct rat fact, struct rng *rng, struct arena *arena)
{
    struct mind_thinker t = {
        .params = params, .view = view, .fact = fact, .rng = rng, .arena = arena, .agree = 2};

    t.bound = arena_array(arena, struct mind_bound, (size_t)params->working_memory);
    if (!view)
        return t;
    t.checked = arena_array(arena, bool, view->n + 1);
    for (size_t i = 0; i < view->n; i++)
        if (view->quantities[i].op == QUANTITY_STATED)
            add_line(&t, view->quantities[i].name, view->quantities[i].value);
    return t;
}

void mind_think_release(struct mind_thinker *t)
{
    free(t->lines);
    buf_release(&t->reasoning);
    buf_release(&t->said);
}

bool mind_think_see(struct mind_thinker *t, struct str line)
{
    struct str name, number;
    struct rat value;

    if (!world_read_line(line, &name, &value)) {
        if (!mind_last_number(line, &number) || !rat_parse(number, &value))
            return false;
        name = line; /* foreign prose: speaks of all its words */
    }
    add_line(t, name, value);
    return true;
}

bool mind_think_sees(const struct mind_thinker *t, struct str name)
{
    for (size_t i = 0; i < t->nlines; i++)
        if (str_eq(t->lines[i].name, name))
            return true;
    return false;
}

static double sharpness(const struct mind_thinker *t)
{
    const struct mind_params *p = t->params;
    double crowd = (double)t->nlines / p->retrieval_lines;

    return p->retrieval_beta / (1 + p->retrieval_gamma * (crowd > 1 ? log(crowd) : 0));
}

bool mind_think_fetch(struct mind_thinker *t, const struct mind_words *words, struct rat *ret)
{
    double beta = sharpness(t), best = 0, sum = 0;

    if (t->nlines == 0)
        return false;
    double *weight = xmalloc(t->nlines * sizeof *weight);
    for (size_t i = 0; i < t->nlines; i++) {
        weight[i] = mind_overlap(words, &t->lines[i].words);
        best = weight[i] > best ? weight[i] : best;
    }
    for (size_t i = 0; i < t->nlines; i++)
        sum += weight[i] = exp(beta * (weight[i] - best));
    double u = rng_unit(t->rng) * sum;
    size_t pick = 0;
    while (pick + 1 < t->nlines && (u -= weight[pick]) >= 0)
        pick++;
    free(weight);
    *ret = t->lines[pick].value;
    return true;
}

static const struct mind_bound *bound_value(const struct mind_thinker *t, size_t quantity)
{
    for (size_t i = 0; i < t->nbound; i++)
        if (t->bound[i].quantity == quantity)
            return &t->bound[i];
    return NULL;
}

static void bind(struct mind_thinker *t, size_t quantity, struct rat value)
{
    size_t room = (size_t)t->params->working_memory;

    t->bound[t->next_bound] = (struct mind_bound){quantity, value};
    t->next_bound = (t->next_bound + 1) % room;
    if (t->nbound < room)
        t->nbound++;
}

static bool all_of(enum quantity_op op, const struct rat *v, size_t n, struct rat *ret)
{
    struct rat r = v[0];

    for (size_t i = 1; i < n; i++)
        if (!(op == QUANTITY_PRODUCT ? rat_mul(r, v[i], &r) : rat_add(r, v[i], &r)))
            return false;
    *ret = r;
    return true;
}

static bool operate(enum quantity_op op, const struct rat *v, size_t n, struct rat *ret)
{
    struct rat r;

    if (n == 0)
        return false;
    switch (op) {
    case QUANTITY_DIFFERENCE:
        return n == 2 && rat_sub(v[0], v[1], ret);
    case QUANTITY_QUOTIENT:
        return n == 2 && v[1].num != 0 && rat_div(v[0], v[1], ret);
    case QUANTITY_PERCENT:
        return n == 2 && v[1].num != 0 && rat_mul(v[0], rat_int(100), &r) && rat_div(r, v[1], ret);
    case QUANTITY_MEAN:
        return all_of(QUANTITY_SUM, v, n, &r) && rat_div(r, rat_int((int64_t)n), ret);
    default:
        return all_of(op, v, n, ret);
    }
}

/* One attempt at the last operation of a step. */
static struct rat attempt(
    struct mind_thinker *t, size_t quantity, const struct rat *operands, double slip)
{
    const struct quantity *q = &t->view->quantities[quantity];
    struct rat truth = q->has_fact ? world_value(t->view, quantity, t->fact) : q->value, v;

    if (!operate(q->op, operands, q->noperands, &v)) /* nonsense came in: nonsense goes out */
        return mind_wrong_value(t->rng, truth, truth);
    return rng_chance(t->rng, slip) ? mind_wrong_value(t->rng, v, truth) : v;
}

/* Where the next line goes; NULL when no line is left. */
static struct buf *paper(struct mind_thinker *t)
{
    if (t->hidden > 0) {
        t->hidden--;
        return &t->reasoning;
    }
    if (t->visible > 0) {
        t->visible--;
        return &t->said;
    }
    return NULL;
}

bool mind_meter_line(struct mind_meter *m, const char *lead, struct str text, struct buf *out)
{
    struct buf line = BUF_INIT;
    bool whole = true;

    buf_puts(&line, lead);
    buf_str_add(&line, text);
    if (m->on) {
        int64_t n = (int64_t)token_count(buf_str(&line));
        whole = n <= m->left;
        if (!whole)
            buf_truncate(&line, token_prefix(buf_str(&line), (size_t)m->left));
        m->left = whole ? m->left - n : 0;
    }
    buf_str_add(out, buf_str(&line));
    if (whole)
        buf_putc(out, '\n');
    buf_release(&line);
    return whole;
}

/* No more thinking: what is left is done in the answer or in the head. */
static void stop_thinking(struct mind_thinker *t)
{
    t->hidden = 0;
    t->checks = 0;
}

static bool write_line(struct mind_thinker *t, const char *lead, size_t quantity,
    const struct rat *operands, struct rat value)
{
    struct buf *out = paper(t), line = BUF_INIT;
    struct mind_meter none = {0};

    if (!out)
        return false;
    world_render_line(t->view, quantity, operands, value, &line);
    bool whole =
        mind_meter_line(out == &t->reasoning ? &t->meter : &none, lead, buf_str(&line), out);
    buf_release(&line);
    if (!whole)
        stop_thinking(t);
    return whole;
}

/* Is the step at hand near enough to the question for a check on lines of its own? */
static bool checks_here(const struct mind_thinker *t)
{
    return t->depth < t->checks;
}

static size_t votes(const struct rat *v, size_t n, struct rat value)
{
    size_t equal = 0;

    for (size_t i = 0; i < n; i++)
        equal += rat_eq(v[i], value);
    return equal;
}

/* The most frequent value, the latest on a tie. */
static struct rat elect(const struct rat *v, size_t n)
{
    size_t best = 0;

    for (size_t i = 1; i < n; i++)
        if (votes(v, n, v[i]) >= votes(v, n, v[best]))
            best = i;
    return v[best];
}

static struct rat vote(struct rat a, struct rat b, struct rat c)
{
    return elect((struct rat[]){a, b, c}, 3);
}

/* A value is computed again on paper until `agree` results are equal, in 2 * agree - 1 tries. */
static struct rat check_step(
    struct mind_thinker *t, size_t quantity, const struct rat *operands, struct rat first)
{
    struct rat v[2 * MIND_AGREE_MOST - 1] = {first};

    for (size_t n = 1; n < 2 * t->agree - 1; n++) {
        v[n] = attempt(t, quantity, operands, t->params->explicit_slip);
        t->hidden += checks_here(t);
        if (!write_line(t, n == 1 ? "Check: " : "Once more: ", quantity, operands, v[n]) && n == 1)
            return first;
        if (votes(v, n + 1, v[n]) == t->agree)
            return v[n];
    }
    return elect(v, 2 * t->agree - 1);
}

struct rat mind_think_compute(struct mind_thinker *t, size_t quantity)
{
    const struct quantity *q = &t->view->quantities[quantity];
    struct rat operands[QUANTITY_MAX_OPERANDS];

    t->depth++;
    for (size_t i = 0; i < q->noperands; i++) {
        const struct operand *o = &q->operands[i];
        operands[i] = !o->is_constant ? mind_think_value(t, o->quantity)
                      : o->is_fact    ? t->fact
                                      : o->constant;
    }
    t->depth--;
    struct rat v;
    for (;;) {
        bool written = t->hidden > 0 || t->visible > 0;
        v = attempt(
            t, quantity, operands, written ? t->params->explicit_slip : t->params->implicit_slip);
        if (!written && !checks_here(t))
            return v;
        if (!written || write_line(t, "", quantity, operands, v))
            break; /* a line that was cut is no step: it is done once more, elsewhere */
    }
    if (t->recheck || checks_here(t))
        v = check_step(t, quantity, operands, v);
    add_line(t, q->name, v);
    return v;
}

static struct rat fetch(struct mind_thinker *t, const struct mind_words *words)
{
    struct rat v;

    if (!mind_think_fetch(t, words, &v))
        BUG("fetching among no lines");
    return v;
}

/* A fetched value; with double checks it is looked up again and, if it can be, computed. */
static struct rat fetch_checked(struct mind_thinker *t, size_t quantity)
{
    const struct quantity *q = &t->view->quantities[quantity];
    struct mind_words words = mind_words_of(q->name, t->arena);
    struct rat a = fetch(t, &words);

    if (!t->recheck && !checks_here(t))
        return a;
    struct rat b = fetch(t, &words);
    if (!rat_eq(a, b))
        a = vote(a, b, fetch(t, &words));
    if (q->op == QUANTITY_STATED || t->checked[quantity])
        return a;
    t->checked[quantity] = true;
    b = mind_think_compute(t, quantity);
    return rat_eq(a, b) ? a : vote(a, b, mind_think_compute(t, quantity));
}

struct rat mind_think_value(struct mind_thinker *t, size_t quantity)
{
    const struct quantity *q = &t->view->quantities[quantity];
    const struct mind_bound *b = bound_value(t, quantity);
    struct rat v;

    if (b)
        return b->value;
    if (q->op == QUANTITY_STATED || mind_think_sees(t, q->name)) {
        v = fetch_checked(t, quantity);
    } else {
        if (t->recheck || checks_here(t))
            t->checked[quantity] = true; /* each step is checked as it is written */
        v = mind_think_compute(t, quantity);
    }
    bind(t, quantity, v);
    return v;
}
