/*
 * test_mind_effort.c - the reasoner: hidden lines and checks by effort, on competition problems and
 * on worlds.
 */
#include "tests/unit/test_mind_lab.h"

#include "datasets/competition.h"
#include "harness/base/token.h"
#include "harness/phantom/mind_impl.h"

#include <math.h>

static const char *const efforts[] = {"none", "minimal", "low", "medium", "high", "xhigh"};
enum { EFFORTS = ARRAY_LEN(efforts), INSTANCES = 20 };

/* What the embedded file gives the reasoner, by effort; of each problem's last steps. */
static const struct {
    size_t lines, checks, agree;
} bought[EFFORTS] = {{0, 0, 2}, {1, 0, 2}, {3, 0, 2}, {6, 2, 2}, {999, 999, 2}, {999, 999, 3}};

struct stage {
    struct mind *mind;
    struct arena arena;
    struct item_list items;
    struct buf prompt;
};

static void open_stage(struct stage *s, const char *const *pairs)
{
    struct competition_library lib;
    struct err err;

    *s = (struct stage){.mind = lab_mind_with(NULL, pairs)};
    if (competition_load(&lib, &err) ||
        competition_items(&lib, INSTANCES, 11, &s->arena, &s->items, &err))
        fail_msg("%s", err.msg);
    competition_release(&lib);
    lab_read("effort", &s->prompt);
}

static void close_stage(struct stage *s)
{
    mind_free(s->mind);
    item_list_release(&s->items);
    buf_release(&s->prompt);
    arena_release(&s->arena);
}

struct tally {
    size_t right, n, reasoning, content; /* the last two in tokens */
};

static void ask(
    const struct stage *s, const char *effort, struct str system, uint64_t seed, struct tally *t)
{
    for (size_t i = 0; i < s->items.n; i++) {
        struct arena a = {0};
        struct lab_question q = {.model = "reasoner",
            .system = system,
            .user = s->items.v[i].question,
            .temperature = 1,
            .seed = seed + i,
            .effort = effort};
        struct mind_reply r = lab_ask(s->mind, &q, &a);
        t->right += lab_right(r.content, s->items.v[i].gold);
        t->reasoning += token_count(r.reasoning);
        t->content += token_count(r.content);
        t->n++;
        arena_release(&a);
    }
}

static size_t newlines(struct str s)
{
    size_t n = 0;

    for (size_t i = 0; i < s.n; i++)
        n += s.p[i] == '\n';
    return n;
}

/* P(n of the tries are right), for tries that are right with p each. */
static double binomial(int tries, int n, double p)
{
    static const int choose[6][6] = {
        {1}, {1, 1}, {1, 2, 1}, {1, 3, 3, 1}, {1, 4, 6, 4, 1}, {1, 5, 10, 10, 5, 1}};

    return choose[tries][n] * pow(p, n) * pow(1 - p, tries - n);
}

/* Bounds of the probability that a checked step comes out right: the first try is right with p1,
 * the others with p. All tries are imagined, also those that were not needed. The most frequent
 * value wins and the latest on a tie: right if `agree` are right, wrong if none is. */
static void checked(size_t agree, double p1, double p, double *low, double *high)
{
    int others = 2 * (int)agree - 2;

    *low = 0;
    for (int n = 0; n <= others; n++) {
        *low += n + 1 >= (int)agree ? p1 * binomial(others, n, p) : 0;
        *low += n >= (int)agree ? (1 - p1) * binomial(others, n, p) : 0;
    }
    *high = 1 - (1 - p1) * binomial(others, 0, p);
    if (agree == 2) /* wrong, wrong, right: the last word, if the two slips differ */
        *high = *low + (1 - p1) * (1 - p) * p;
}

/* A problem of m steps is right if every step is: 1 - e_e on a line, 1 - e_i in the head, more if
 * it is checked. */
static void accuracy_follows_from_effort(void **state)
{
    static const char *const pairs[] = {
        "explicit_slip", "0.1", "implicit_slip", "0.3", "misread", "0.05", NULL};
    const double e_e = 0.1, e_i = 0.3, e_r = 0.05;
    struct stage s;

    (void)state;
    open_stage(&s, pairs);
    for (size_t e = 0; e < EFFORTS; e++) {
        double low = 0, high = 0, variance = 0;
        struct tally t = {0};
        for (size_t i = 0; i < s.items.n; i++) {
            size_t m = newlines(s.items.v[i].solution) + 1;
            double l = 1 - e_r, h = l;
            for (size_t k = 0; k < m; k++) {
                double p1 = 1 - (k < bought[e].lines ? e_e : e_i), a = p1, b = p1;
                if (m - k <= bought[e].checks)
                    checked(bought[e].agree, p1, 1 - e_e, &a, &b);
                l *= a;
                h *= b;
            }
            low += l;
            high += h;
            variance += fmax(l * (1 - l), h * (1 - h));
        }
        ask(&s, efforts[e], buf_str(&s.prompt), 500, &t);
        if ((double)t.right < low - 4 * sqrt(variance) ||
            (double)t.right > high + 4 * sqrt(variance))
            fail_msg(
                "%s: %zu right of %zu, expected %.1f to %.1f", efforts[e], t.right, t.n, low, high);
    }
    close_stage(&s);
}

/* With the parameters as they are, more effort is more right answers and more hidden tokens. */
static void more_effort_is_more(void **state)
{
    static const char *const defaults[] = {NULL};
    struct tally last = {0};
    struct stage s;

    (void)state;
    open_stage(&s, defaults);
    for (size_t e = 0; e < EFFORTS; e++) {
        struct tally t = {0};
        for (uint64_t seed = 0; seed < 3; seed++)
            ask(&s, efforts[e], buf_str(&s.prompt), 10000 * seed, &t);
        if (e > 0) {
            assert_true(t.right > last.right);
            assert_true(t.reasoning > last.reasoning);
        } else {
            assert_int_equal(t.reasoning, 0);
        }
        assert_in_range(t.content, 7 * t.n, 10 * t.n); /* the sentence alone: the rest is hidden */
        last = t;
    }
    close_stage(&s);
}

/* On worlds the first efforts differ by far; checks cannot lower the tokens. */
static void efforts_work_on_worlds(void **state)
{
    static const char *const defaults[] = {NULL};
    struct stage s = {.mind = lab_mind_with(NULL, defaults)};
    struct world_library *lib = lab_world("paper-like", 2, 8, 4, &s.arena, &s.items);
    struct tally t[EFFORTS] = {0};

    (void)state;
    lab_read("effort", &s.prompt);
    for (size_t e = 0; e < EFFORTS; e++)
        ask(&s, efforts[e], buf_str(&s.prompt), 77, &t[e]);
    for (size_t e = 1; e < EFFORTS; e++) {
        assert_true(t[e].reasoning > t[e - 1].reasoning);
        if (e <= 3)
            assert_true(t[e].right > t[e - 1].right);
    }
    assert_true(t[4].right > t[3].right && t[5].right > t[3].right);
    world_library_free(lib);
    close_stage(&s);
}

/* Lines of one problem, without faults, at each effort. */
static void lines_that_an_effort_buys(void **state)
{
    static const char *const pairs[] = {
        "explicit_slip", "0", "implicit_slip", "0", "misread", "0", NULL};
    static const struct {
        const char *effort, *lines;
    } cases[] = {
        {"none", ""},
        {"minimal", "Half of the first chord: 14 / 2 = 7.\n"},
        {"low", "Half of the first chord: 14 / 2 = 7.\n"
                "Half of the second chord: 48 / 2 = 24.\n"
                "Difference of their squares: 24^2 - 7^2 = 527.\n"},
        {"medium", "Half of the first chord: 14 / 2 = 7.\n"
                   "Half of the second chord: 48 / 2 = 24.\n"
                   "Difference of their squares: 24^2 - 7^2 = 527.\n"
                   "With the square of the distance: 527 + 31^2 = 1488.\n"
                   "The first chord is as far from the center as 1488 / (2 * 31) = 24.\n"
                   "Check: The first chord is as far from the center as 1488 / (2 * 31) = 24.\n"
                   "Square of the radius: 7^2 + 24^2 = 625.\n"
                   "Check: Square of the radius: 7^2 + 24^2 = 625.\n"},
    };
    struct stage s;
    struct arena a = {0};
    struct lab_question q = {.model = "reasoner",
        .system = STR("Reply with the answer only."),
        .user = STR("Two parallel chords of a circle have lengths $14$ and $48$. The center of the "
                    "circle lies between the chords, whose distance from each other is $31$. Find "
                    "the square of the radius.")};

    (void)state;
    open_stage(&s, pairs);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        q.effort = cases[i].effort;
        struct mind_reply r = lab_ask(s.mind, &q, &a);
        assert_string_equal(arena_cstr(&a, r.reasoning), cases[i].lines);
        assert_string_equal(arena_cstr(&a, r.content), "The answer is 625.");
    }
    q.effort = NULL; /* none is named: medium */
    struct str absent = lab_ask(s.mind, &q, &a).reasoning;
    assert_string_equal(arena_cstr(&a, absent), cases[3].lines);
    q.effort = "high"; /* six steps, each worked out twice, three times at xhigh */
    assert_int_equal(newlines(lab_ask(s.mind, &q, &a).reasoning), 12);
    q.effort = "xhigh";
    assert_int_equal(newlines(lab_ask(s.mind, &q, &a).reasoning), 18);
    q.model = "small"; /* and the others reason in their answer only */
    q.effort = NULL;
    assert_int_equal(lab_ask(s.mind, &q, &a).reasoning.n, 0);
    arena_release(&a);
    close_stage(&s);
}

/* Asleep on a context that leaves something open: only what follows from it is written. */
static void asleep_it_writes_what_follows(void **state)
{
    static const char *const pairs[] = {"explicit_slip", "0", "sleep_calls", "10", NULL};
    static const struct {
        const char *context, *memory;
    } cases[] = {
        {"A function $f$ on the positive integers satisfies $f(x + y) = f(x) + f(y) + 3xy$ for all "
         "positive integers $x$ and $y$. It is known that $f(4) = 50$.",
            "Mixed products on the way from f(1) to the known value: 4 * (4 - 1) / 2 = 6.\n"
            "They contribute 3 * 6 = 18.\n"
            "What is left for the copies of f(1): 50 - 18 = 32.\n"
            "Value of f(1): 32 / 4 = 8."},
        {"For a positive integer $k$ let $f(k) = \\lfloor k/4 \\rfloor + \\lfloor k/7 \\rfloor$.",
            "[empty]"},
    };
    struct lab_text text;
    struct stage s;

    (void)state;
    open_stage(&s, pairs);
    lab_text_init(&text);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct lab_question night = {.model = "reasoner", .user = str_c(cases[i].context)};
        size_t responses;
        struct str memory = lab_sleep(s.mind, &text, &night, LAB_CHARS, &s.arena, &responses);
        assert_string_equal(arena_cstr(&s.arena, memory), cases[i].memory);
    }
    lab_text_release(&text);
    close_stage(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accuracy_follows_from_effort),
        cmocka_unit_test(more_effort_is_more),
        cmocka_unit_test(efforts_work_on_worlds),
        cmocka_unit_test(lines_that_an_effort_buys),
        cmocka_unit_test(asleep_it_writes_what_follows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
