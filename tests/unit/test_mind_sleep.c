/* test_mind_sleep.c - the rethink loop: coverage, limits, ends; and library mode on real rows. */
#include "tests/unit/test_mind_lab.h"

#include "harness/phantom/mind_impl.h"

static const char *const defaults[] = {NULL};

static bool speaks_of(struct str memory, struct str name)
{
    struct str rest = memory, line, found;
    struct rat v;

    while (str_cut(&rest, '\n', &line))
        if (world_read_line(line, &found, &v) && str_eq(found, name))
            return true;
    return false;
}

/* Does a line of memory state what the item asks? */
static bool covered(
    const struct world_library *lib, const struct item *item, struct str memory, struct arena *a)
{
    struct world_view v;
    struct rat fact;
    size_t query, asked;

    assert_true(world_read_context(lib, item->question, a, &v, &query));
    assert_true(world_read_question(&v, str_from(item->question, query), &asked, &fact));
    return v.quantities[asked].op == QUANTITY_STATED || speaks_of(memory, v.quantities[asked].name);
}

/* The one calibration target: 0.3-0.7 at k = 1, and rising with k. */
static void coverage_is_partial_and_rises(void **state)
{
    static const size_t ks[] = {1, 2, 5, 10};
    static const char *const models[] = {"small", "large"};
    struct mind *m = lab_mind_with(NULL, defaults);
    struct arena a = {0};
    struct item_list items = {0};
    struct world_library *lib = lab_world("paper-like", 2, 8, 31, &a, &items);
    struct lab_text t;

    (void)state;
    lab_text_init(&t);
    for (size_t model = 0; model < ARRAY_LEN(models); model++) {
        double hits[4] = {0};
        struct str memory[10];
        for (size_t i = 0; i < items.n; i++) {
            bool any = false;
            for (size_t j = 0, k = 0; j < 10; j++) {
                struct lab_question q = {.model = models[model],
                    .user = items.v[i].context,
                    .temperature = 0.7,
                    .seed = j + 1};
                size_t responses;
                if (i == 0 || !str_eq(items.v[i].context, items.v[i - 1].context))
                    memory[j] = lab_sleep(m, &t, &q, LAB_CHARS, &a, &responses);
                any = any || covered(lib, &items.v[i], memory[j], &a);
                if (j + 1 == ks[k])
                    hits[k++] += any;
            }
        }
        double n = (double)items.n;
        print_message("%s: coverage %.3f %.3f %.3f %.3f at k = 1 2 5 10\n", models[model],
            hits[0] / n, hits[1] / n, hits[2] / n, hits[3] / n);
        assert_true(hits[0] / n >= 0.3 && hits[0] / n <= 0.7);
        assert_true(hits[0] < hits[1] && hits[1] < hits[2] && hits[2] < hits[3]);
    }
    lab_text_release(&t);
    item_list_release(&items);
    arena_release(&a);
    world_library_free(lib);
    mind_free(m);
}

/* The limit as the prompt names it, and a smaller one that only a refusal tells. */
static void limits_bind(void **state)
{
    static const size_t limits[] = {5000, 300, 90, 5};
    struct mind *m = lab_mind_with(NULL, defaults);
    struct arena a = {0};
    struct item_list items = {0};
    struct world_library *lib = lab_world("paper-like", 1, 8, 3, &a, &items);
    struct lab_text t;

    (void)state;
    lab_text_init(&t);
    for (size_t i = 0; i < 2 * ARRAY_LEN(limits); i++) {
        size_t limit = limits[i / 2], responses;
        struct lab_question q = {
            .user = items.v[0].context, .temperature = 0.7, .seed = 1, .told = i % 2 ? 5000 : 0};
        struct str memory = lab_sleep(m, &t, &q, limit, &a, &responses);
        assert_in_range(responses, 1, 6);
        assert_true(str_utf8_count(memory) <= limit || str_eqc(memory, "[empty]"));
        assert_int_equal(str_eqc(memory, "[empty]"), limit == 5);
    }
    lab_text_release(&t);
    item_list_release(&items);
    arena_release(&a);
    world_library_free(lib);
    mind_free(m);
}

static void nothing_to_think_about(void **state)
{
    static const char *const texts[] = {"", "A new situation:\n", "Some foreign tale of 3 cats."};
    struct mind *m = lab_mind_with(NULL, defaults);
    struct arena a = {0};
    struct lab_text t;

    (void)state;
    lab_text_init(&t);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct lab_question q = {.user = str_c(texts[i])};
        size_t responses;
        assert_true(str_eqc(lab_sleep(m, &t, &q, LAB_CHARS, &a, &responses), "[empty]"));
        assert_int_equal(responses, 1);
    }
    lab_text_release(&t);
    arena_release(&a);
    mind_free(m);
}

/* Temperature 0: one c' whatever the seed. Above: seeds differ, equal seeds do not. */
static void seeds_order_the_prior(void **state)
{
    struct mind *m = lab_mind_with(NULL, defaults);
    struct arena a = {0};
    struct item_list items = {0};
    struct world_library *lib = lab_world("paper-like", 1, 8, 3, &a, &items);
    struct lab_text t;
    size_t differ = 0;

    (void)state;
    lab_text_init(&t);
    for (size_t i = 0; i < items.n; i += 8) {
        struct str got[4];
        for (size_t j = 0; j < 4; j++) {
            struct lab_question q = {
                .user = items.v[i].context, .temperature = j < 2 ? 0 : 0.7, .seed = j};
            size_t responses;
            got[j] = lab_sleep(m, &t, &q, LAB_CHARS, &a, &responses);
            assert_true(str_eq(got[j], lab_sleep(m, &t, &q, LAB_CHARS, &a, &responses)));
        }
        assert_true(str_eq(got[0], got[1]));
        differ += !str_eq(got[2], got[3]);
    }
    assert_true(differ * 8 > items.n * 8 / 10);
    lab_text_release(&t);
    item_list_release(&items);
    arena_release(&a);
    world_library_free(lib);
    mind_free(m);
}

/* Without slips every line it writes is true. */
static void lines_are_true_without_slips(void **state)
{
    static const char *const pairs[] = {
        "explicit_slip", "0", "implicit_slip", "0", "retrieval_beta", "1e6", NULL};
    struct mind *m = lab_mind_with(NULL, pairs);
    struct arena a = {0};
    struct item_list items = {0};
    struct world_library *lib = lab_world("paper-like", 1, 8, 3, &a, &items);
    struct lab_text t;
    size_t lines = 0;

    (void)state;
    lab_text_init(&t);
    for (size_t i = 0; i < items.n; i += 8) {
        struct lab_question q = {.user = items.v[i].context, .temperature = 0.7, .seed = i};
        struct world_view v;
        size_t responses, query;
        struct str memory = lab_sleep(m, &t, &q, LAB_CHARS, &a, &responses), line, name;
        assert_true(world_read_context(lib, items.v[i].context, &a, &v, &query));
        while (str_cut(&memory, '\n', &line)) {
            struct rat value;
            size_t k = 0;
            assert_true(world_read_line(line, &name, &value));
            while (k < v.n && !str_eq(v.quantities[k].name, name))
                k++;
            assert_true(k < v.n);
            assert_true(rat_eq(v.quantities[k].value, value));
            lines++;
        }
    }
    assert_true(lines > items.n / 8 * 3);
    lab_text_release(&t);
    item_list_release(&items);
    arena_release(&a);
    world_library_free(lib);
    mind_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(coverage_is_partial_and_rises),
        cmocka_unit_test(limits_bind),
        cmocka_unit_test(nothing_to_think_about),
        cmocka_unit_test(seeds_order_the_prior),
        cmocka_unit_test(lines_are_true_without_slips),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
