/*
 * mind_generate.c - asked to write new questions about a situation; see mind_generate.h.
 *
 * The wish is recognised by scoring cues in the system messages, as levels of verbosity are. On a
 * world it takes candidates in the order of the sleeper's own prior, perturbed by temperature, and
 * works each out with its usual faults, so that some golds are wrong. It also makes the mistakes of
 * its kind: a question twice, a value forgotten. Nobody tells it which ones will be checked.
 *
 * The two rates of such mistakes are constants here and not parameters of configs/phantom.json:
 * parameters are part of what a model's random draws depend on, and new ones would change answers
 * to every other prompt.
 */
#include "harness/phantom/mind_generate.h"

#include "harness/base/regex.h"

#include <math.h>

static const double repeat_rate = 0.03;   /* a question that was there already, a piece */
static const double unmarked_rate = 0.02; /* no line "#### value", a piece */

enum { DEFAULT_COUNT = 10, MOST_COUNT = 100, LEAST_SCORE = 5, FACT_TRIES = 8 };

static const struct {
    int weight;
    const char *pattern;
} cues[] = {
    {3, "\\b(?:write|invent|make up|compose|create|generate|devise|produce|come up with|think of)"
        "\\w* (?:\\w+ ){0,4}questions\\b"},
    {2, "\\b(?:new|other|different|further|additional|more) (?:\\w+ ){0,2}questions\\b"},
    {1, "\\brepeat|\\bdifferent from (?:the|one|each)\\b|\\bdistinct\\b"},
    {1, "####|\\bfour (?:number|hash|pound) signs\\b"},
    {1, "\\bsolutions?\\b|\\bwork (?:each|every|them|it)\\b"},
};

static const char *const count_pattern =
    "\\b(\\d{1,3}|one|two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|twenty) "
    "(?:\\w+ ){0,4}questions\\b";

struct mind_wishes {
    struct regex *cue[ARRAY_LEN(cues)];
    struct regex *count;
};

enum err_code mind_wishes_new(struct mind_wishes **ret, struct err *err)
{
    struct mind_wishes *w = xcalloc(1, sizeof *w);
    enum err_code code = regex_new(str_c(count_pattern), REGEX_NOCASE, &w->count, err);

    for (size_t i = 0; i < ARRAY_LEN(cues) && !code; i++)
        code = regex_new(str_c(cues[i].pattern), REGEX_NOCASE, &w->cue[i], err);
    if (code)
        mind_wishes_free(w);
    else
        *ret = w;
    return code;
}

void mind_wishes_free(struct mind_wishes *w)
{
    if (!w)
        return;
    for (size_t i = 0; i < ARRAY_LEN(cues); i++)
        regex_free(w->cue[i]);
    regex_free(w->count);
    free(w);
}

static int64_t number_of(struct str word)
{
    static const struct {
        const char *word;
        int64_t value;
    } words[] = {{"one", 1}, {"two", 2}, {"three", 3}, {"four", 4}, {"five", 5}, {"six", 6},
        {"seven", 7}, {"eight", 8}, {"nine", 9}, {"ten", 10}, {"twelve", 12}, {"fifteen", 15},
        {"twenty", 20}};
    struct rat v;

    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (str_eq_nocase(word, str_c(words[i].word)))
            return words[i].value;
    return rat_parse(word, &v) && v.num > 0 ? v.num : DEFAULT_COUNT;
}

int64_t mind_wishes_count(const struct mind_wishes *w, struct str words)
{
    struct buf flat = BUF_INIT;
    struct str group[2];
    int64_t count = DEFAULT_COUNT;
    int score = 0;

    buf_collapse(&flat, words);
    for (size_t i = 0; i < ARRAY_LEN(cues); i++)
        if (regex_match(w->cue[i], buf_str(&flat), 0, NULL, 0) == REGEX_YES)
            score += cues[i].weight;
    if (regex_match(w->count, buf_str(&flat), 0, group, 2) == REGEX_YES)
        count = number_of(group[1]);
    buf_release(&flat);
    if (score < LEAST_SCORE)
        return 0;
    return count < MOST_COUNT ? count : MOST_COUNT;
}

int64_t mind_wishes_of(const struct mind_wishes *w, const struct mind_request *r)
{
    struct buf words = BUF_INIT;

    for (size_t i = 0; i < r->nmessages; i++)
        if (r->messages[i].role == MIND_SYSTEM) {
            buf_str_add(&words, r->messages[i].text);
            buf_putc(&words, '\n');
        }
    int64_t count = mind_wishes_count(w, buf_str(&words));
    buf_release(&words);
    return count;
}

/* Candidates but the one that was asked, likeliest first. */
static struct world_ranked *rank(struct mind_scene *s, size_t *ret_n)
{
    const struct mind_problem *p = s->problem;
    const struct world_view *v = &p->view;
    struct world_ranked *r = arena_array(s->arena, struct world_ranked, v->n + 1);
    double *weight = arena_array(s->arena, double, v->n + 1);
    double noise = s->params->sleep_noise * s->request->temperature;
    size_t n = 0;

    world_law(v, LAW_SLEEPER, STR("paper-like"), weight);
    for (size_t i = 0; i < v->n; i++) {
        double u = rng_unit(&s->rng);
        if (weight[i] == -INFINITY || (p->question_read && i == p->quantity))
            continue;
        r[n++] = (struct world_ranked){weight[i] - noise * log(-log(u + 1e-300)), i};
    }
    qsort(r, n, sizeof *r, world_by_key);
    *ret_n = n;
    return r;
}

/* A question with what it takes the answer to be. */
struct written {
    size_t quantity;
    struct rat fact;
};

/* An answer that it would write down as one number: above 0, at most two decimals. */
static bool plain_number(struct rat v)
{
    return v.num > 0 && 100 % v.den == 0;
}

/* Works a question out; false if the result is none to ask for. */
static bool solve(
    struct mind_scene *s, const struct written *w, struct buf *solution, struct rat *ret)
{
    const struct world_view *v = &s->problem->view;
    struct mind_thinker t = mind_think_new(s->params, v, w->fact, &s->rng, s->arena);

    t.visible = MIND_UNLIMITED;
    *ret = mind_think_value(&t, w->quantity);
    buf_reset(solution);
    buf_str_add(solution, buf_str(&t.said));
    mind_think_release(&t);
    if (!solution->n) { /* it stands in the text */
        world_render_fact(v->quantities[w->quantity].name, *ret, solution);
        buf_putc(solution, '\n');
    }
    return plain_number(*ret);
}

/* The same with a new fact, if the question brings one. */
static bool try_question(
    struct mind_scene *s, struct written *w, struct buf *solution, struct rat *ret)
{
    const struct world_view *v = &s->problem->view;
    int64_t low, high;

    w->fact = RAT_ZERO;
    if (!v->quantities[w->quantity].has_fact)
        return solve(s, w, solution, ret);
    world_fact_domain(v, w->quantity, &low, &high);
    for (int i = 0; i < FACT_TRIES && high >= low; i++) {
        w->fact = rat_int(low + (int64_t)rng_below(&s->rng, (uint64_t)(high - low + 1)));
        if (solve(s, w, solution, ret))
            return true;
    }
    return false;
}

static void write_question(struct mind_scene *s, const struct written *w, struct str solution,
    struct rat value, struct buf *out)
{
    buf_puts(out, out->n ? "\nQuestion: " : "Question: ");
    world_render_question(&s->problem->view, w->quantity, w->fact, out);
    buf_printf(out, "\nSolution: %.*s", STR_ARG(solution));
    if (rng_chance(&s->rng, unmarked_rate))
        return;
    buf_puts(out, "#### ");
    rat_print(out, value);
    buf_putc(out, '\n');
}

static void write_questions(struct mind_scene *s, size_t count, struct buf *out)
{
    struct written *done = arena_array(s->arena, struct written, count + 1);
    struct buf solution = BUF_INIT;
    struct rat value;
    size_t n, next = 0;
    struct world_ranked *ranked = rank(s, &n);

    for (size_t i = 0; i < count;) {
        if (i > 0 && rng_chance(&s->rng, repeat_rate)) {
            done[i] = done[rng_below(&s->rng, i)];
            (void)solve(s, &done[i], &solution, &value); /* it has been a question once */
        } else if (next == n) {
            break; /* nothing is left to ask */
        } else {
            done[i].quantity = ranked[next++].quantity;
            if (!try_question(s, &done[i], &solution, &value))
                continue;
        }
        write_question(s, &done[i++], buf_str(&solution), value, out);
    }
    buf_release(&solution);
}

void mind_generate(struct mind_scene *s, int64_t count, struct mind_reply *ret)
{
    struct buf out = BUF_INIT;

    if (s->problem->kind == PROBLEM_WORLD)
        write_questions(s, (size_t)count, &out);
    else if (s->problem->kind == PROBLEM_LIBRARY)
        buf_puts(&out, "I know this text only as a problem with one question and its solution, so "
                       "I cannot write other questions about it.");
    else
        buf_puts(&out, "I cannot read this situation, so I cannot write questions about it.");
    ret->content = arena_str(s->arena, buf_str(&out));
    buf_release(&out);
}
