/*
 * mind_library.c - problems whose worked solution is known: our competition problems, and the
 * templates of a library.
 *
 * A step is a line of the solution. A slipped line states a wrong value, which replaces the right
 * one wherever later lines repeat it; an answer behind any wrong line is wrong. Two lines state the
 * same step when they are equal but for their numbers. This mode is plumbing: the solution is in
 * the library, so nothing measured with it says anything about models.
 */
#include "harness/phantom/mind_impl.h"

#define FINAL "final answer"

enum { MAX_SWAPS = 64 };

/* A solution on its way: right values that have been replaced so far. */
struct work {
    struct mind_scene *scene;
    struct {
        struct str right, wrong;
    } swap[MAX_SWAPS];
    size_t nswaps;
    bool wrong; /* some line was */
};

static bool digit_at(struct str s, size_t i)
{
    return i < s.n && str_is_digit(s.p[i]);
}

/* End of the number that starts at i: digits with points and commas between digits. */
static size_t number_end(struct str s, size_t i)
{
    while (digit_at(s, i) || (i < s.n && (s.p[i] == '.' || s.p[i] == ',') && digit_at(s, i + 1)))
        i++;
    return i;
}

/* Piece by piece: numbers and what is between them. */
static bool next_piece(struct str s, size_t *i, struct str *ret, bool *is_number)
{
    size_t start = *i;

    if (start >= s.n)
        return false;
    *is_number = digit_at(s, start);
    if (*is_number)
        *i = number_end(s, start);
    else
        while (*i < s.n && !digit_at(s, *i))
            (*i)++;
    *ret = str_slice(s, start, *i);
    return true;
}

/* Which piece of the line states its value: the last that repeats it; SIZE_MAX if none. */
static size_t value_piece(const struct template_line *line)
{
    struct str piece;
    size_t last = SIZE_MAX;
    bool number;

    for (size_t at = 0, k = 0; next_piece(line->text, &at, &piece, &number); k++)
        if (number && str_eq(piece, line->value))
            last = k;
    return last;
}

/* Equal but for their numbers? With `strict` but for the number that is piece `free_piece`. */
static bool same_step(struct str a, struct str b, bool strict, size_t free_piece)
{
    size_t i = 0, j = 0;
    struct str x, y;
    bool nx, ny;

    for (size_t k = 0;; k++) {
        bool more = next_piece(a, &i, &x, &nx);
        if (more != next_piece(b, &j, &y, &ny))
            return false;
        if (!more)
            return true;
        if (nx != ny || (!str_eq(x, y) && (!nx || (strict && k != free_piece))))
            return false;
    }
}

static bool piece_at(struct str line, size_t which, struct str *ret)
{
    size_t i = 0;
    bool number;

    for (size_t k = 0; next_piece(line, &i, ret, &number); k++)
        if (k == which)
            return number;
    return false;
}

static struct str swapped(const struct work *w, struct str number)
{
    for (size_t i = w->nswaps; i-- > 0;)
        if (str_eq(w->swap[i].right, number))
            return w->swap[i].wrong;
    return number;
}

/* The line with replaced values; where it states its own, `stated`. */
static struct str render(const struct work *w, const struct template_line *line, struct str stated)
{
    struct buf b = BUF_INIT;
    struct str piece, text;
    size_t own = value_piece(line), i = 0;
    bool number;

    for (size_t k = 0; next_piece(line->text, &i, &piece, &number); k++)
        buf_str_add(&b, k == own ? stated : number ? swapped(w, piece) : piece);
    text = arena_str(w->scene->arena, buf_str(&b));
    buf_release(&b);
    return text;
}

static struct str wrong_text(struct mind_scene *s, struct str right)
{
    struct rat v;
    struct buf b = BUF_INIT;

    if (!rat_parse(right, &v))
        v = rat_int(0);
    rat_print(&b, mind_wrong_value(&s->rng, v, v));
    struct str text = arena_str(s->arena, buf_str(&b));
    buf_release(&b);
    return text;
}

static void believe(struct work *w, struct str right, struct str stated)
{
    if (str_eq(right, stated))
        return;
    w->wrong = true;
    if (w->nswaps < MAX_SWAPS) {
        w->swap[w->nswaps].right = right;
        w->swap[w->nswaps++].wrong = stated;
    }
}

/* The value a step comes out with: right, unless it slips or builds on a replaced value. */
static struct str work_out(struct work *w, const struct template_line *line, double slip)
{
    return rng_chance(&w->scene->rng, slip) ? wrong_text(w->scene, line->value)
                                            : swapped(w, line->value);
}

/* Do other lines of the solution look the same? */
static bool ambiguous(const struct mind_problem *p, const struct template_line *line)
{
    size_t alike = 0;

    for (size_t i = 0; i < p->nlines; i++)
        alike += same_step(p->lines[i].text, line->text, false, 0);
    return alike > 1;
}

/* What memory states for this step: one of the lines that do. */
static bool remembered(struct work *w, const struct mind_lines *memory,
    const struct template_line *line, struct str *ret)
{
    bool strict = ambiguous(w->scene->problem, line);
    struct str text = strict ? render(w, line, line->value) : line->text;
    size_t hits = 0, pick, own = value_piece(line);

    for (size_t i = 0; i < memory->n; i++)
        hits += same_step(memory->v[i], text, strict, own);
    if (hits == 0)
        return false;
    pick = rng_below(&w->scene->rng, hits);
    for (size_t i = 0; i < memory->n; i++)
        if (same_step(memory->v[i], text, strict, own) && pick-- == 0)
            return piece_at(memory->v[i], own, ret);
    return false;
}

/* A heading or a remark states no value: it is no step. */
static bool is_step(const struct template_line *line)
{
    return line->known && line->value.n > 0;
}

/* Written lines of an answer. */
struct pages {
    struct mind_allowance left;
    struct mind_meter meter; /* of the reasoning */
    struct buf reasoning, said;
};

static struct buf *paper(struct pages *p)
{
    int64_t *left = p->left.hidden > 0 ? &p->left.hidden : &p->left.visible;

    if (*left <= 0)
        return NULL;
    --*left;
    return left == &p->left.hidden ? &p->reasoning : &p->said;
}

/* False when the line was cut, and thinking is over with it. */
static bool put_line(struct pages *p, struct buf *out, const char *lead, struct str text)
{
    struct mind_meter none = {0};
    bool whole = mind_meter_line(out == &p->reasoning ? &p->meter : &none, lead, text, out);

    if (!whole) {
        p->left.hidden = 0;
        p->left.checks = 0;
    }
    return whole;
}

static struct str vote(struct str a, struct str b, struct str c)
{
    return str_eq(a, b) || str_eq(a, c) ? a : str_eq(b, c) ? b : c;
}

static size_t votes(const struct str *v, size_t n, struct str value)
{
    size_t equal = 0;

    for (size_t i = 0; i < n; i++)
        equal += str_eq(v[i], value);
    return equal;
}

/* The most frequent value, the latest on a tie. */
static struct str elect(const struct str *v, size_t n)
{
    size_t best = 0;

    for (size_t i = 1; i < n; i++)
        if (votes(v, n, v[i]) >= votes(v, n, v[best]))
            best = i;
    return v[best];
}

/* Checks a step on hidden lines of its own until `agree` values are equal, in 2 * agree - 1 tries.
 * v holds the first n of them, remembered or worked out. */
static struct str settle(struct work *w, const struct template_line *line, struct pages *pages,
    struct str v[2 * MIND_AGREE_MOST - 1], size_t n)
{
    size_t agree = pages->left.agree, most = 2 * agree - 1;

    while (n < most && votes(v, n, v[n - 1]) < agree) {
        v[n] = work_out(w, line, w->scene->params->explicit_slip);
        if (!put_line(pages, &pages->reasoning,
                n == 1 ? "Check: " : "Once more: ", render(w, line, v[n])))
            break;
        n++;
    }
    return elect(v, n);
}

/* The step worked out: on paper where there is some, else in the head. */
static struct str work_step(struct work *w, const struct template_line *line, struct pages *pages)
{
    const struct mind_params *p = w->scene->params;

    for (;;) {
        struct buf *out = paper(pages);
        struct str v = work_out(w, line, out ? p->explicit_slip : p->implicit_slip);
        if (!out || put_line(pages, out, "", render(w, line, v)))
            return v;
    }
}

/* One line of the solution: remembered, written or in the head. `last_steps`: from here on. */
static void step(struct work *w, const struct mind_lines *memory, const struct template_line *line,
    int64_t last_steps, struct pages *pages)
{
    const struct mind_params *p = w->scene->params;
    struct str stated, again, tries[2 * MIND_AGREE_MOST - 1];
    bool known = remembered(w, memory, line, &stated), own = last_steps <= pages->left.checks;

    if (known && !pages->left.recheck && !own) {
        believe(w, line->value, stated);
        return;
    }
    again = work_step(w, line, pages);
    own = last_steps <= pages->left.checks;
    if (own) {
        tries[0] = known ? stated : again;
        tries[1] = again;
        stated = settle(w, line, pages, tries, known ? 2 : 1);
    } else if (!known) {
        stated = again;
    }
    if (pages->left.recheck && !own) {
        struct str second = work_out(w, line, p->explicit_slip);
        struct buf *out = paper(pages);
        if (out)
            (void)put_line(pages, out, "Check: ", render(w, line, second)); /* cut or not */
        stated = known ? vote(stated, again, second)
                       : vote(again, second, work_out(w, line, p->explicit_slip));
    }
    believe(w, line->value, stated);
}

static struct str final_value(struct work *w, const struct mind_problem *p)
{
    if (!w->wrong)
        return p->gold;
    struct str v = swapped(w, p->gold);
    return str_eq(v, p->gold) ? wrong_text(w->scene, p->gold) : v;
}

static bool remembered_answer(const struct mind_lines *memory, struct rng *rng, struct str *ret)
{
    size_t hits = 0, pick;

    for (size_t i = 0; i < memory->n; i++)
        hits += str_starts(memory->v[i], STR(FINAL));
    if (hits == 0)
        return false;
    pick = rng_below(rng, hits);
    for (size_t i = 0; i < memory->n; i++)
        if (str_starts(memory->v[i], STR(FINAL)) && pick-- == 0)
            return mind_last_number(memory->v[i], ret);
    return false;
}

void mind_library_awake(struct mind_scene *s, const struct mind_lines *memory,
    const struct mind_allowance *allowance, struct mind_reply *ret)
{
    const struct mind_problem *p = s->problem;
    struct work w = {.scene = s};
    struct pages pages = {.left = *allowance, .meter = s->meter};
    struct str answer;
    struct buf guess = BUF_INIT;
    int64_t last_steps = 0;

    for (size_t i = 0; i < p->nlines; i++)
        last_steps += is_step(&p->lines[i]);
    if (!p->gold.p || (p->has_question && rng_chance(&s->rng, s->params->misread))) {
        rat_print(&guess, mind_wrong_guess(&s->rng, s->text));
        answer = arena_str(s->arena, buf_str(&guess));
    } else if (allowance->recheck || allowance->checks > 0 ||
               !remembered_answer(memory, &s->rng, &answer)) {
        for (size_t i = 0; i < p->nlines; i++)
            if (is_step(&p->lines[i]))
                step(&w, memory, &p->lines[i], last_steps--, &pages);
        answer = final_value(&w, p);
    }
    mind_awake_close(s, buf_str(&pages.reasoning), buf_str(&pages.said), answer, ret);
    buf_release(&guess);
    buf_release(&pages.reasoning);
    buf_release(&pages.said);
}

/* Lines that memory has are believed as they stand; then what is missing is written. */
bool mind_library_asleep(struct mind_scene *s, struct str memory, struct buf *ret_new)
{
    const struct mind_problem *p = s->problem;
    struct work w = {.scene = s};
    struct mind_lines lines = {0};
    struct str stated;
    size_t left = (size_t)s->params->sleep_lines;

    mind_prompt_lines(memory, &lines);
    for (size_t i = 0; i < p->nlines && left > 0; i++) {
        const struct template_line *line = &p->lines[i];
        if (!is_step(line))
            continue;
        if (!remembered(&w, &lines, line, &stated)) {
            stated = work_out(&w, line, s->params->explicit_slip);
            buf_str_add(ret_new, render(&w, line, stated));
            buf_putc(ret_new, '\n');
            left--;
        }
        believe(&w, line->value, stated);
    }
    bool answered = !p->gold.p || remembered_answer(&lines, &s->rng, &stated);
    if (!answered && left > 0) {
        struct str answer = final_value(&w, p);
        buf_printf(ret_new, FINAL " = %.*s\n", STR_ARG(answer));
        left--;
    }
    free(lines.v);
    return left == 0;
}
