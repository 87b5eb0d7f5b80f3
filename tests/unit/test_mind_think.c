/*
 * test_mind_think.c - the engine awake: slips at their rates, retrieval, allowance, randomness.
 *
 * Rates are compared with a binomial law: an observed count must lie within 4.5 standard
 * deviations of its mean (about 1 false alarm in 150,000).
 */
#include "tests/unit/test_mind_lab.h"

#include "harness/phantom/mind_impl.h"

#include <math.h>

static void assert_rate(const char *what, size_t hits, size_t n, double p)
{
    double mean = (double)n * p, sd = sqrt((double)n * p * (1 - p));

    if (fabs((double)hits - mean) > 4.5 * sd + 0.5)
        fail_msg("%s: %zu of %zu, expected %.1f +- %.1f", what, hits, n, mean, sd);
}

#define NO_FAULTS                                                                                  \
    "explicit_slip", "0", "implicit_slip", "0", "misread", "0", "retrieval_beta", "1e6",           \
        "working_memory", "1000"

static const char *const no_faults[] = {NO_FAULTS, NULL};

/* Right answers among all items at one level, k memories of each context given. */
static size_t right_at(const struct mind *m, const struct lab_text *t,
    const struct item_list *items, int level, uint64_t seed)
{
    size_t right = 0;
    struct buf prompt = BUF_INIT;

    lab_awake_prompt(t, level, NULL, 0, &prompt);
    for (size_t i = 0; i < items->n; i++) {
        struct arena a = {0};
        struct lab_question q = {.system = buf_str(&prompt),
            .user = items->v[i].question,
            .temperature = 1,
            .seed = seed + i};
        right += lab_right(lab_ask(m, &q, &a).content, items->v[i].gold);
        arena_release(&a);
    }
    buf_release(&prompt);
    return right;
}

static void faultless_is_always_right(void **state)
{
    static const char *const worlds[] = {"paper-like", "null", "empty"};
    struct mind *m = lab_mind_with(NULL, no_faults);
    struct lab_text t;

    (void)state;
    lab_text_init(&t);
    for (size_t w = 0; w < ARRAY_LEN(worlds); w++) {
        struct arena a = {0};
        struct item_list items = {0};
        struct world_library *lib = lab_world(worlds[w], 3, 8, 5, &a, &items);
        for (int level = 0; level < 5; level++)
            assert_int_equal(right_at(m, &t, &items, level, 1), items.n);
        item_list_release(&items);
        arena_release(&a);
        world_library_free(lib);
    }
    lab_text_release(&t);
    mind_free(m);
}

/* Steps a question needs: the quantities to be computed, each once. */
static size_t steps(const struct world_view *v, size_t quantity, bool *seen)
{
    const struct quantity *q = &v->quantities[quantity];
    size_t n = 1;

    if (q->op == QUANTITY_STATED || seen[quantity])
        return 0;
    seen[quantity] = true;
    for (size_t i = 0; i < q->noperands; i++)
        if (!q->operands[i].is_constant)
            n += steps(v, q->operands[i].quantity, seen);
    return n;
}

/* Without retrieval error, right = (1 - e_e)^min(B, m) (1 - e_i)^max(0, m - B) for m steps. */
static void accuracy_follows_from_steps(void **state)
{
    static const char *const pairs[] = {"explicit_slip", "0.1", "implicit_slip", "0.3", "misread",
        "0", "retrieval_beta", "1e6", "working_memory", "1000", "lines_as_needed", "4", NULL};
    static const double allowed[] = {0, 1, 2, 4};
    struct mind *m = lab_mind_with(NULL, pairs);
    struct arena a = {0};
    struct item_list items = {0};
    struct world_library *lib = lab_world("paper-like", 6, 8, 7, &a, &items);
    struct lab_text t;

    (void)state;
    lab_text_init(&t);
    for (size_t level = 0; level < ARRAY_LEN(allowed); level++) {
        double mean = 0, variance = 0;
        size_t right = right_at(m, &t, &items, (int)level, 99);
        for (size_t i = 0; i < items.n; i++) {
            struct arena b = {0};
            struct world_view v;
            struct rat fact;
            size_t query, asked;
            assert_true(world_read_context(lib, items.v[i].question, &b, &v, &query));
            assert_true(
                world_read_question(&v, str_from(items.v[i].question, query), &asked, &fact));
            double need = (double)steps(&v, asked, arena_array(&b, bool, v.n));
            double p =
                pow(0.9, fmin(allowed[level], need)) * pow(0.7, fmax(0, need - allowed[level]));
            mean += p;
            variance += p * (1 - p);
            arena_release(&b);
        }
        /* Two slips may cancel by chance, which can only help, and rarely. */
        if ((double)right < mean - 4.5 * sqrt(variance) ||
            (double)right > mean + 4.5 * sqrt(variance) + 0.01 * (double)items.n)
            fail_msg("level %zu: %zu right of %zu, expected %.1f", level, right, items.n, mean);
    }
    lab_text_release(&t);
    item_list_release(&items);
    arena_release(&a);
    world_library_free(lib);
    mind_free(m);
}

static void questions_are_misread_at_their_rate(void **state)
{
    static const char *const pairs[] = {"explicit_slip", "0", "implicit_slip", "0", "misread",
        "0.25", "retrieval_beta", "1e6", "working_memory", "1000", NULL};
    struct mind *m = lab_mind_with(NULL, pairs);
    struct arena a = {0};
    struct item_list items = {0};
    struct world_library *lib = lab_world("paper-like", 6, 8, 3, &a, &items);
    struct lab_text t;

    (void)state;
    lab_text_init(&t);
    size_t wrong = items.n - right_at(m, &t, &items, 4, 17);
    /* Another question may have the same answer by chance. */
    assert_rate("misread", wrong + wrong / 40, items.n, 0.25);
    lab_text_release(&t);
    item_list_release(&items);
    arena_release(&a);
    world_library_free(lib);
    mind_free(m);
}

static void slips_are_never_right(void **state)
{
    static const struct rat values[] = {
        {0, 1}, {1, 1}, {7, 1}, {36, 1}, {-3, 1}, {5, 2}, {600, 19}, {99999999, 1}, {INT64_MAX, 1}};
    struct rng rng = rng_seeded(4);

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(values); i++)
        for (size_t j = 0; j < ARRAY_LEN(values); j++)
            for (int n = 0; n < 500; n++) {
                struct rat w = mind_wrong_value(&rng, values[i], values[j]);
                assert_false(rat_eq(w, values[i]));
                assert_false(rat_eq(w, values[j]));
            }
}

/* No two quantities of a context have the same words: the sharpest fetch finds the right one. */
static void names_differ_in_words(void **state)
{
    struct world_library *lib;
    struct err err;

    (void)state;
    assert_int_equal(world_library_load(&lib, &err), OK);
    for (size_t c = 0; c < world_contexts(lib); c++) {
        struct arena a = {0};
        struct rng rng = rng_seeded(c);
        struct world_view v;
        assert_int_equal(world_draw(world_context_at(lib, c), &rng, &a, &v, &err), OK);
        struct mind_words *words = arena_array(&a, struct mind_words, v.n);
        for (size_t i = 0; i < v.n; i++)
            words[i] = mind_words_of(v.quantities[i].name, &a);
        for (size_t i = 0; i < v.n; i++)
            for (size_t j = 0; j < i; j++)
                if (mind_overlap(&words[i], &words[j]) > 0.999)
                    fail_msg("'%.*s' and '%.*s'", STR_ARG(v.quantities[i].name),
                        STR_ARG(v.quantities[j].name));
        arena_release(&a);
    }
    world_library_free(lib);
}

static void overlap_is_jaccard(void **state)
{
    static const struct {
        const char *a, *b;
        double overlap;
    } cases[] = {
        {"apples picked by Ada", "pears picked by Ada", 3.0 / 5},
        {"Apples, picked", "picked apples", 1},
        {"apples", "pears", 0},
        {"", "pears", 0},
        {"a a b", "a b b", 1},
        {"12 of 13", "13", 1.0 / 3},
    };
    struct arena arena = {0};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct mind_words a = mind_words_of(str_c(cases[i].a), &arena);
        struct mind_words b = mind_words_of(str_c(cases[i].b), &arena);
        assert_true(fabs(mind_overlap(&a, &b) - cases[i].overlap) < 1e-12);
    }
    arena_release(&arena);
}

/* Three lines with overlaps 1, 1/2 and 0 are fetched in the ratio exp(b) : exp(b/2) : 1. */
static void fetching_is_softmax(void **state)
{
    struct mind_params p = {.retrieval_beta = 2,
        .retrieval_gamma = 1,
        .retrieval_lines = 3 / exp(1), /* so that log(n / n0) = 1 and beta is halved */
        .working_memory = 1};
    struct arena a = {0};
    struct rng rng = rng_seeded(8);
    struct mind_thinker t = mind_think_new(&p, NULL, RAT_ZERO, &rng, &a);
    struct mind_words wanted = mind_words_of(STR("red boxes"), &a);
    enum { N = 20000 };
    size_t hits[3] = {0};
    double sum = exp(1) + exp(0.5) + 1;

    (void)state;
    assert_true(mind_think_see(&t, STR("red boxes = 2 * 3 = 0")));
    assert_true(mind_think_see(&t, STR("boxes = 1")));
    assert_true(mind_think_see(&t, STR("There are 5 bags and 2")));
    assert_false(mind_think_see(&t, STR("no number here")));
    for (int i = 0; i < N; i++) {
        struct rat v;
        assert_true(mind_think_fetch(&t, &wanted, &v));
        hits[v.num]++;
    }
    assert_rate("exact line", hits[0], N, exp(1) / sum);
    assert_rate("half", hits[1], N, exp(0.5) / sum);
    assert_rate("foreign", hits[2], N, 1 / sum);
    mind_think_release(&t);
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faultless_is_always_right),
        cmocka_unit_test(accuracy_follows_from_steps),
        cmocka_unit_test(questions_are_misread_at_their_rate),
        cmocka_unit_test(slips_are_never_right),
        cmocka_unit_test(names_differ_in_words),
        cmocka_unit_test(overlap_is_jaccard),
        cmocka_unit_test(fetching_is_softmax),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
