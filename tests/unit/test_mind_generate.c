/* test_mind_generate.c - the phantom writes new questions: the wish, the form, faults, no faults.
 */
#include "datasets/multi_query.h"
#include "harness/phantom/mind_generate.h"
#include "metrics/gold.h"
#include "tests/unit/test_mind_lab.h"

enum { INSTANCES = 4, COUNT = 10 };

static const struct {
    int64_t count;
    const char *words;
} wishes[] = {
    {10, "You write new questions about a situation. Write 10 new questions about it; each with a "
         "solution and #### answer."},
    {7, "Your task: invent seven different questions on the text. Do not repeat the given one."},
    {10, "Come up with other questions about the same story, distinct from the one given."},
    {3, "Given the passage, generate 3 additional questions with worked solutions."},
    {100, "Compose 500 further questions, none of which repeats another; then each solution."},
    {0, "Answer the question. Do not repeat the question in your answer."},
    {0, "You prepare for questions that nobody has asked yet. Write each as one line."},
    {0, "Questions come later; write notes for them."},
    {0, "Work step by step. Other questions may follow. End with #### and the answer."},
};

static void test_wishes(void **state)
{
    struct mind_wishes *w;
    struct err err;

    (void)state;
    assert_int_equal(mind_wishes_new(&w, &err), OK);
    for (size_t i = 0; i < ARRAY_LEN(wishes); i++)
        if (mind_wishes_count(w, str_c(wishes[i].words)) != wishes[i].count)
            fail_msg("\"%s\": %lld", wishes[i].words,
                (long long)mind_wishes_count(w, str_c(wishes[i].words)));
    mind_wishes_free(w);
}

/* None of the prompts that ask for an answer is taken for a wish. */
static void test_other_prompts(void **state)
{
    struct mind_wishes *w;
    struct lab_text t;
    struct arena arena = {0};
    struct err err;

    (void)state;
    lab_text_init(&t);
    assert_int_equal(mind_wishes_new(&w, &err), OK);
    for (int level = 0; level < 5; level++) {
        struct buf b = BUF_INIT;
        lab_awake_prompt(&t, level, NULL, 0, &b);
        assert_int_equal(mind_wishes_count(w, buf_str(&b)), 0);
        buf_release(&b);
    }
    assert_int_equal(mind_wishes_count(w, buf_str(&t.context_only)), 0);
    assert_int_equal(mind_wishes_count(w, buf_str(&t.asleep)), 0);
    mind_wishes_free(w);
    arena_release(&arena);
    lab_text_release(&t);
}

/* What came of asking for questions on every context of the paper-like world. */
struct outcome_count {
    size_t asked, kept, wrong, dropped[MULTI_QUERY_DROP_COUNT];
    size_t lines; /* of solutions */
};

/* The truth of a question, by the exact reader: context and question are read again as text. */
static struct rat truth_of(
    const struct world_library *lib, struct str context, struct str question, struct arena *arena)
{
    struct world_view view;
    struct rat fact;
    size_t start, quantity;
    struct str text = str_c(arena_printf(arena, "%.*s %.*s", STR_ARG(context), STR_ARG(question)));

    assert_true(world_read_context(lib, text, arena, &view, &start));
    assert_true(world_read_question(&view, str_from(text, start), &quantity, &fact));
    return world_value(&view, quantity, fact);
}

static void count_pair(const struct world_library *lib, struct str context,
    const struct multi_query_pair *p, struct arena *arena, struct outcome_count *c)
{
    struct rat gold, stated = RAT_ZERO;
    struct str name, line, last = STR("");

    assert_true(rat_parse(p->gold, &gold));
    c->wrong += !rat_eq(gold, truth_of(lib, context, p->question, arena));
    for (struct str rest = p->solution; str_cut(&rest, '\n', &line); c->lines++)
        last = line;
    assert_true(world_read_line(last, &name, &stated));
    assert_true(rat_eq(stated, gold)); /* the solution ends where the answer says */
}

static struct outcome_count generate(const char *const *params, const char *model)
{
    struct mind *m = lab_mind_with(NULL, params);
    struct arena arena = {0};
    struct item_list items = {0};
    struct world_library *lib = lab_world("paper-like", INSTANCES, 1, 5, &arena, &items);
    struct outcome_count c = {0};
    struct buf prompt = BUF_INIT;

    lab_read("make_queries", &prompt);
    for (size_t i = 0; i < items.n; i++) {
        const struct item *it = &items.v[i];
        struct str user =
            str_c(arena_printf(&arena, "%.*s\n\n%.*s", STR_ARG(it->context), STR_ARG(it->query)));
        struct lab_question q = {model, buf_str(&prompt), user, 0.7, i, NULL, 0};
        struct mind_reply r = lab_ask(m, &q, &arena);
        struct multi_query_options o = {it->query, COUNT, false, gold_read};
        struct multi_query got;
        multi_query_parse(r.content, &o, &arena, &got);
        c.asked += COUNT;
        c.kept += got.n;
        assert_int_equal(got.found, COUNT);
        for (int d = 0; d < MULTI_QUERY_DROP_COUNT; d++)
            c.dropped[d] += got.dropped[d];
        for (size_t k = 0; k < got.n; k++)
            count_pair(lib, it->context, &got.v[k], &arena, &c);
    }
    buf_release(&prompt);
    item_list_release(&items);
    world_library_free(lib);
    arena_release(&arena);
    mind_free(m);
    return c;
}

static void test_without_faults(void **state)
{
    static const char *const none[] = {"explicit_slip", "0", "implicit_slip", "0", "misread", "0",
        "retrieval_beta", "1000000", NULL};
    struct outcome_count c = generate(none, "small");

    (void)state;
    assert_int_equal(c.wrong, 0);
    assert_true(c.kept >= c.asked * 9 / 10 && c.lines >= c.kept);
    assert_int_equal(
        c.kept + c.dropped[MULTI_QUERY_DUPLICATE] + c.dropped[MULTI_QUERY_NO_GOLD], c.asked);
}

static void test_with_faults(void **state)
{
    static const char *const none[] = {NULL};

    (void)state;
    for (int large = 0; large < 2; large++) {
        struct outcome_count c = generate(none, large ? "large" : "small");
        print_message("%s: %zu asked, %zu kept, %zu wrong, %zu duplicates, %zu unmarked\n",
            large ? "large" : "small", c.asked, c.kept, c.wrong, c.dropped[MULTI_QUERY_DUPLICATE],
            c.dropped[MULTI_QUERY_NO_GOLD]);
        assert_true(c.wrong > c.kept / 100 && c.wrong < c.kept / 5);
        assert_true(c.dropped[MULTI_QUERY_DUPLICATE] > 0);
        assert_true(c.dropped[MULTI_QUERY_NO_GOLD] > 0);
    }
}

/* Same seed, same bytes; at temperature 0 the seed is nothing; other seeds ask other things. */
static void test_seeds(void **state)
{
    static const char *const none[] = {NULL};
    struct mind *m = lab_mind_with(NULL, none);
    struct arena arena = {0};
    struct item_list items = {0};
    struct world_library *lib = lab_world("paper-like", 1, 1, 5, &arena, &items);
    struct str system = STR("Write 10 new questions, each with its solution, different from the "
                            "one given.");
    struct lab_question q = {"large", system, items.v[0].question, 0.7, 1, NULL, 0};
    struct str a = lab_ask(m, &q, &arena).content, b = lab_ask(m, &q, &arena).content;

    (void)state;
    assert_true(str_eq(a, b));
    q.seed = 2;
    assert_false(str_eq(a, lab_ask(m, &q, &arena).content));
    q.temperature = 0;
    a = lab_ask(m, &q, &arena).content;
    q.seed = 3;
    assert_true(str_eq(a, lab_ask(m, &q, &arena).content));
    q.user = STR("Somebody went somewhere. Why?"); /* no situation that it knows */
    a = lab_ask(m, &q, &arena).content;
    assert_true(str_find(a, STR("cannot"), 0) != SIZE_MAX);
    assert_true(str_find(a, STR("####"), 0) == SIZE_MAX);
    world_library_free(lib);
    item_list_release(&items);
    arena_release(&arena);
    mind_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wishes),
        cmocka_unit_test(test_other_prompts),
        cmocka_unit_test(test_without_faults),
        cmocka_unit_test(test_with_faults),
        cmocka_unit_test(test_seeds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
