/*
 * test_mind_continue.c - going on behind what was said: the same text when it is its own, its lines
 * as steps when it was cut, and budgets of thinking.
 */
#include "tests/unit/test_mind_lab.h"

#include "datasets/competition.h"
#include "harness/base/token.h"

#include <math.h>

/* Questions of our competition problems and of the paper-like world. */
struct stage {
    struct mind *mind;
    struct arena arena;
    struct item_list items;
    struct world_library *lib;
};

static void open_stage(struct stage *s, bool worlds, int instances, const char *const *pairs)
{
    struct competition_library problems;
    struct err err;

    *s = (struct stage){.mind = lab_mind_with(NULL, pairs)};
    if (worlds) {
        s->lib = lab_world("paper-like", instances, 4, 9, &s->arena, &s->items);
        return;
    }
    if (competition_load(&problems, &err) ||
        competition_items(&problems, instances, 11, &s->arena, &s->items, &err))
        fail_msg("%s", err.msg);
    competition_release(&problems);
}

static void close_stage(struct stage *s)
{
    mind_free(s->mind);
    item_list_release(&s->items);
    world_library_free(s->lib);
    arena_release(&s->arena);
}

struct ask {
    const char *model;
    const struct item *item;
    uint64_t seed;
    double temperature;
    struct mind_prefix prefix;
    int64_t most; /* thinking tokens; below 0 = no limit */
};

static struct mind_reply reply_to(const struct stage *s, const struct ask *a, struct arena *arena)
{
    struct mind_message user = {.role = MIND_USER, .text = a->item->question};
    struct mind_request r = {.model = str_c(a->model),
        .messages = &user,
        .nmessages = 1,
        .max_tokens = -1,
        .temperature = a->temperature,
        .seed = a->seed,
        .thinks = true,
        .thinking_limited = a->most >= 0,
        .thinking_tokens = a->most,
        .prefix = a->prefix};
    struct mind_reply reply;
    struct err err;

    if (mind_answer(s->mind, &r, arena, &reply, &err))
        fail_msg("%s", err.msg);
    return reply;
}

static const char *const no_change[] = {NULL};
static const char *const models[] = {"small", "reasoner"};

/* From any byte of its thinking or its answer it goes on to the same text. */
static void goes_on_as_it_began(void **state)
{
    (void)state;
    for (int worlds = 0; worlds < 2; worlds++) {
        struct stage s;
        open_stage(&s, worlds, 1, no_change);
        for (size_t i = 0; i < s.items.n; i += 5) {
            struct arena arena = {0};
            struct ask a = {.model = models[i % 2],
                .item = &s.items.v[i],
                .seed = i,
                .temperature = 0.7,
                .most = -1};
            struct mind_reply whole = reply_to(&s, &a, &arena);
            for (size_t n = 0; n <= whole.reasoning.n; n += 7) {
                a.prefix =
                    (struct mind_prefix){MIND_THINKING, str_slice(whole.reasoning, 0, n), STR("")};
                struct mind_reply rest = reply_to(&s, &a, &arena);
                assert_true(str_eq(rest.reasoning, str_from(whole.reasoning, n)));
                assert_true(str_eq(rest.content, whole.content));
            }
            for (size_t n = 0; n <= whole.content.n; n += 5) {
                a.prefix = (struct mind_prefix){
                    MIND_ANSWERING, whole.reasoning, str_slice(whole.content, 0, n)};
                struct mind_reply rest = reply_to(&s, &a, &arena);
                assert_int_equal(rest.reasoning.n, 0);
                assert_true(str_eq(rest.content, str_from(whole.content, n)));
            }
            arena_release(&arena);
        }
        close_stage(&s);
    }
}

static size_t newlines(struct str s)
{
    size_t n = 0;

    for (size_t i = 0; i < s.n; i++)
        n += s.p[i] == '\n';
    return n;
}

/* Only steps in the head slip. Cut between two lines and asked for the answer, it is right when
 * all steps that were not written come out right. */
static void unwritten_steps_are_done_in_the_head(void **state)
{
    static const char *const pairs[] = {"explicit_slip", "0", "implicit_slip", "0.3", "misread",
        "0", "retrieval_beta", "1000000", "retrieval_gamma", "0", NULL};
    double expected = 0, variance = 0, right = 0;
    size_t cut = 0;
    struct stage s;

    (void)state;
    open_stage(&s, false, 30, pairs);
    for (size_t i = 0; i < s.items.n; i++) {
        struct arena arena = {0};
        struct ask a = {
            .model = "small", .item = &s.items.v[i], .seed = i, .temperature = 1, .most = -1};
        struct mind_reply whole = reply_to(&s, &a, &arena);
        size_t steps = newlines(whole.reasoning), kept = i % (steps + 1), end = 0;
        for (size_t k = 0; k < kept; k++)
            end = str_find(whole.reasoning, STR("\n"), end) + 1;
        a.prefix = (struct mind_prefix){
            MIND_ANSWERING, str_slice(whole.reasoning, 0, end), STR("\nFinal Answer:")};
        struct mind_reply forced = reply_to(&s, &a, &arena);
        double p = pow(0.7, (double)(steps - kept));
        assert_true(str_starts(forced.content, STR(" The answer is ")));
        right += lab_right(forced.content, s.items.v[i].gold);
        expected += p;
        variance += p * (1 - p);
        cut += kept < steps;
        arena_release(&arena);
    }
    assert_true(cut > s.items.n / 2);
    if (fabs(right - expected) > 4 * sqrt(variance))
        fail_msg("%.0f right of %zu, %.1f expected, deviation %.1f", right, s.items.n, expected,
            sqrt(variance));
    close_stage(&s);
}

/* A line that stands in its thinking is believed, whoever wrote it, and spoils the answer when it
 * is wrong; one cut before its value is not read. Without faults all else is right. */
static void written_lines_are_believed(void **state)
{
    static const char *const pairs[] = {"explicit_slip", "0", "implicit_slip", "0", "misread", "0",
        "retrieval_beta", "1000000", "retrieval_gamma", "0", NULL};
    static const char question[] =
        "A board has $6$ rows and $7$ columns of unit squares. The square in row $2$ and column "
        "$3$ is painted. Find the number of rectangles made of squares of the board that do not "
        "contain the painted square.";
    static const struct {
        const char *thinking;
        bool right; /* 21 * 28 - 10 * 15 = 438 */
    } cases[] = {
        {"", true},
        {"All rectangles: 21 * 28 = 588.\n", true},
        {"All rectangles: 21 * 28 = 1000.\n", false},
        {"Rectangles with the painted square: 10 * 15 = 200.\n", false},
        {"Check: All rectangles: 21 * 28 = 1000.\n", false},
        {"All rectangles: 21 *", true},
        {"I like tea.\n", true},
    };
    struct stage s = {.mind = lab_mind_with(NULL, pairs)};
    struct item item = {.question = str_c(question)};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        for (int over = 0; over < 2; over++) {
            struct arena arena = {0};
            struct ask a = {.model = "small", .item = &item, .most = -1};
            a.prefix.stage = over ? MIND_ANSWERING : MIND_THINKING;
            a.prefix.thinking = str_c(cases[i].thinking);
            a.prefix.answer = over ? STR("Final Answer:") : STR("");
            struct mind_reply r = reply_to(&s, &a, &arena);
            if (lab_right(r.content, STR("438")) != cases[i].right)
                fail_msg("%s for %s", r.content.p, cases[i].thinking);
            arena_release(&arena);
        }
    mind_free(s.mind);
}

/* The last line of a worked solution as far as its value; empty if there is none. */
static struct str last_step(const struct item *item)
{
    size_t end = str_find(item->solution, STR("####"), 0), start = end - 1;

    if (end == 0 || end == SIZE_MAX)
        return STR(""); /* it stands in the text */
    while (start > 0 && item->solution.p[start - 1] != '\n')
        start--;
    struct str line = str_slice(item->solution, start, end - 1);
    while (line.p[line.n - 1] != '=')
        line.n--;
    return line;
}

static void check_believed(
    const struct stage *s, const struct item *item, struct str thinking, struct str answer)
{
    for (int over = 0; over < 2; over++) {
        struct arena arena = {0};
        struct ask a = {.model = "small", .item = item, .most = -1};
        a.prefix = (struct mind_prefix){
            over ? MIND_ANSWERING : MIND_THINKING, thinking, over ? STR("Final Answer:") : STR("")};
        struct mind_reply r = reply_to(s, &a, &arena);
        if (!lab_right(r.content, answer))
            fail_msg("%s behind %s", r.content.p, thinking.p);
        arena_release(&arena);
    }
}

/* The last line of the worked solution with another value, 7 more: then that is the answer. Cut
 * inside the expression it is no step, and the right value is found. */
static void written_values_are_answers(void **state)
{
    static const char *const pairs[] = {"explicit_slip", "0", "implicit_slip", "0", "misread", "0",
        "retrieval_beta", "1000000", "retrieval_gamma", "0", NULL};
    struct stage s;
    size_t n = 0;

    (void)state;
    open_stage(&s, true, 2, pairs);
    for (size_t i = 0; i < s.items.n; i++) {
        const struct item *item = &s.items.v[i];
        struct str line = last_step(item);
        struct buf number = BUF_INIT, thinking = BUF_INIT;
        struct rat other;
        if (!line.n)
            continue;
        assert_true(rat_parse(item->gold, &other) && rat_add(other, rat_int(7), &other));
        rat_print(&number, other);
        buf_printf(&thinking, "%.*s %s\n", STR_ARG(line), buf_cstr(&number));
        check_believed(&s, item, buf_str(&thinking), buf_str(&number));
        buf_truncate(&thinking, line.n - 2); /* without the second "=" */
        check_believed(&s, item, buf_str(&thinking), item->gold);
        buf_release(&number);
        buf_release(&thinking);
        n++;
    }
    assert_true(n > 80);
    close_stage(&s);
}

/* Told to wait it computes again, and is right more often; a second time more often still. */
static void waiting_pays(void **state)
{
    static const char *const pairs[] = {"explicit_slip", "0.15", "misread", "0", "retrieval_beta",
        "1000000", "retrieval_gamma", "0", NULL};
    size_t right[3] = {0}, tokens[3] = {0};
    struct stage s;

    (void)state;
    open_stage(&s, false, 30, pairs);
    for (size_t i = 0; i < s.items.n; i++) {
        struct arena arena = {0};
        struct ask a = {
            .model = "small", .item = &s.items.v[i], .seed = i, .temperature = 1, .most = -1};
        struct mind_reply r = reply_to(&s, &a, &arena);
        struct buf thinking = BUF_INIT;
        for (int waits = 0; waits < 3; waits++) {
            buf_str_add(&thinking, r.reasoning);
            right[waits] += lab_right(r.content, s.items.v[i].gold);
            tokens[waits] += token_count(buf_str(&thinking));
            if (waits == 2)
                break;
            buf_puts(&thinking, "Wait");
            a.prefix = (struct mind_prefix){MIND_THINKING, buf_str(&thinking), STR("")};
            r = reply_to(&s, &a, &arena);
            assert_true(r.reasoning.n > 0);
        }
        buf_release(&thinking);
        arena_release(&arena);
    }
    assert_true(tokens[2] > tokens[1] && tokens[1] > tokens[0]);
    assert_true((double)right[1] > (double)right[0] + 0.05 * (double)s.items.n);
    assert_true(right[2] >= right[1]);
    close_stage(&s);
}

/* A budget cuts at its token, changes nothing before it and nothing at all when it is not reached;
 * more of it is more right answers. */
static void budgets_cut(void **state)
{
    static const int64_t budgets[] = {0, 10, 40, 80, 160, 100000};

    (void)state;
    for (int worlds = 0; worlds < 2; worlds++) {
        struct stage s;
        size_t right[ARRAY_LEN(budgets)] = {0};
        open_stage(&s, worlds, worlds ? 4 : 20, no_change);
        for (size_t i = 0; i < s.items.n; i++) {
            struct arena arena = {0};
            struct ask a = {.model = models[i % 2],
                .item = &s.items.v[i],
                .seed = i,
                .temperature = 1,
                .most = -1};
            struct mind_reply whole = reply_to(&s, &a, &arena);
            int64_t natural = (int64_t)token_count(whole.reasoning);
            for (size_t b = 0; b < ARRAY_LEN(budgets); b++) {
                a.most = budgets[b];
                struct mind_reply r = reply_to(&s, &a, &arena);
                int64_t used = (int64_t)token_count(r.reasoning);
                assert_int_equal(used, natural < a.most ? natural : a.most);
                assert_true(str_starts(whole.reasoning, r.reasoning));
                if (natural <= a.most)
                    assert_true(str_eq(r.content, whole.content));
                right[b] += lab_right(r.content, s.items.v[i].gold);
            }
            arena_release(&arena);
        }
        for (size_t b = 1; b < ARRAY_LEN(budgets); b++) /* within what chance does to neighbours */
            assert_true(
                (double)right[b] > (double)right[b - 1] - 2 * sqrt((double)s.items.n) * 0.5);
        assert_true((double)right[5] > (double)right[0] + 0.05 * (double)s.items.n);
        close_stage(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goes_on_as_it_began),
        cmocka_unit_test(unwritten_steps_are_done_in_the_head),
        cmocka_unit_test(written_lines_are_believed),
        cmocka_unit_test(written_values_are_answers),
        cmocka_unit_test(waiting_pays),
        cmocka_unit_test(budgets_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
