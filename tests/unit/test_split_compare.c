/* test_split_compare.c - kinds of difference between the two rules, by hand and on the real rows.
 */
#include "splitters/split_compare.h"
#include "harness/base/clock.h"
#include "splitters/splitters.h"
#include "tests/unit/unit.h"

static struct err err;
static struct arena arena;

#define BIT(kind) (1u << SPLIT_KIND_##kind)

static unsigned kinds(const char *question)
{
    static const struct split_options plain;
    struct item item = {.id = STR("i"), .question = str_c(question)};
    struct cut strict, release;
    bool of[SPLIT_KIND_COUNT];
    unsigned bits = 0;

    if (split_cut_item(&split_strict, &plain, &item, &arena, &strict, &err) ||
        split_cut_item(&split_release, &plain, &item, &arena, &release, &err))
        fail_msg("%s", err.msg);
    split_kinds_of(&item, &strict, &release, of);
    for (int k = 0; k < SPLIT_KIND_COUNT; k++)
        bits |= of[k] ? 1u << k : 0;
    return bits;
}

static void test_kinds(void **state)
{
    static const unsigned real = BIT(DIFFER) | BIT(SUBSTANCE),
                          period = BIT(DIFFER) | BIT(PERIOD_ONLY);
    static const struct {
        const char *question;
        unsigned kinds;
    } cases[] = {
        {"Ann has 3. Why?", 0},
        {"Mr. Lee has 3. Why?", 0}, /* cut and put together again */
        {"It costs $0.7. Why?", real | BIT(DECIMAL)},
        {"It costs $.7. Why?", real | BIT(DECIMAL)},
        {"It is one. Is it 0.7 or not?", real | BIT(DECIMAL_QUERY)},
        {"It is 0.1. Is it 0.7 or not?", real | BIT(DECIMAL) | BIT(DECIMAL_QUERY)},
        {"She has 3. What does Mrs. Lee need?", real | BIT(TITLE)},
        {"She has 3. If it is for Mr. Lee, what does Mrs. Lee need?", real | BIT(TITLE)},
        {"He said \"Go.\" She went. Why?", real | BIT(CLOSING)},
        {"He ran (far.) She went. Why?", real | BIT(CLOSING)},
        {"Ann has 3. Count them.", period | BIT(NO_MARK)},
        {"Ann has 3. Why? She ran.", period | BIT(NOT_LAST)},
        {"Ann has 3. Why? She ran", BIT(NOT_LAST)},
        {"Why?", real | BIT(EMPTY)}, /* the release writes "." */
        {"Why now.", real | BIT(EMPTY) | BIT(NO_MARK)},
        {"Ann has 3? Why?", real | BIT(OTHER)}, /* '?' is no cut there */
        {"She is in the U.S. Army.  So? Why?", real | BIT(OTHER)},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        if (kinds(cases[i].question) != cases[i].kinds)
            fail_msg(
                "\"%s\": %x, not %x", cases[i].question, kinds(cases[i].question), cases[i].kinds);
}

/* ---- the real rows: DATASETS A2, counted again in Python for the rows at hand
 * -------------------- */

struct expected {
    const char *stratum;
    int64_t rows, counts[SPLIT_KIND_COUNT];
};

#define COUNT(kind, n) [SPLIT_KIND_##kind] = (n)
#define REAL(n) COUNT(DIFFER, n), COUNT(SUBSTANCE, n)
#define PERIOD COUNT(DIFFER, 50), COUNT(PERIOD_ONLY, 50)

static void check_table(const char *path, const char *name, const struct expected *v, size_t n)
{
    struct item_list items;
    struct split_compare *c = split_compare_new();

    if (item_read_jsonl(path, name, NULL, false, &arena, &items, &err))
        fail_msg("%s", err.msg);
    for (size_t i = 0; i < items.n; i++)
        assert_int_equal(split_compare_add(c, &items.v[i], &arena, &err), OK);
    struct table *t = split_compare_table(c);
    assert_int_equal(table_rows(t), n);
    for (size_t i = 0; i < n; i++) {
        assert_str(table_get_str(t, i, 0), v[i].stratum);
        assert_int_equal(table_get_num(t, i, 1), v[i].rows);
        for (size_t k = 0; k < SPLIT_KIND_COUNT; k++)
            if ((int64_t)table_get_num(t, i, k + 2) != v[i].counts[k])
                fail_msg("%s, %s: %g", v[i].stratum, split_kind_name((enum split_kind)k),
                    table_get_num(t, i, k + 2));
    }
    table_free(t);
    split_compare_free(c);
    item_list_release(&items);
}

static void test_real_rows(void **state)
{
    static const struct expected expected[] = {
        {"0010", 50, {REAL(50), COUNT(DECIMAL, 50)}},
        {"0018", 50, {REAL(50), COUNT(DECIMAL, 50)}},
        {"0027", 50, {PERIOD, COUNT(NOT_LAST, 50)}},
        {"0028", 50, {PERIOD, COUNT(NO_MARK, 50)}},
        {"0030", 50, {REAL(50), COUNT(DECIMAL, 50)}},
        {"0032", 50, {REAL(50), COUNT(TITLE, 50)}},
        {"0034", 50, {REAL(50), COUNT(TITLE, 50)}},
        {"all", 2000,
            {COUNT(DIFFER, 350), COUNT(SUBSTANCE, 250), COUNT(PERIOD_ONLY, 100),
                COUNT(DECIMAL, 150), COUNT(TITLE, 100), COUNT(NOT_LAST, 50), COUNT(NO_MARK, 50)}},
    };

    (void)state;
    check_table(unit_data("gsm_symbolic/GSM_p2_t00-39.jsonl"), "gsm-symbolic-p2", expected,
        ARRAY_LEN(expected));
}

static void test_stand_in_rows(void **state)
{
    static const struct expected expected[] = {
        {"0005", 50, {PERIOD, COUNT(NO_MARK, 50)}},
        {"0010", 50, {REAL(50), COUNT(DECIMAL, 50)}},
        {"0018", 50, {REAL(40), COUNT(DECIMAL, 40)}},
        {"0028", 50, {PERIOD, COUNT(NO_MARK, 50)}},
        {"0030", 50, {REAL(50), COUNT(DECIMAL, 50)}},
        {"0032", 50, {REAL(50), COUNT(TITLE, 50)}},
        {"0034", 50, {REAL(50), COUNT(TITLE, 50)}},
        {"0040", 50, {REAL(50), COUNT(DECIMAL, 35), COUNT(CLOSING, 50)}},
        {"0048", 50, {PERIOD, COUNT(NOT_LAST, 50)}},
        {"0049", 50, {REAL(50), COUNT(DECIMAL, 50)}},
        {"0051", 50, {REAL(50), COUNT(DECIMAL, 50)}},
        {"0076", 50, {REAL(43), COUNT(DECIMAL_QUERY, 43)}},
        {"all", 4000,
            {COUNT(DIFFER, 583), COUNT(SUBSTANCE, 433), COUNT(PERIOD_ONLY, 150),
                COUNT(DECIMAL, 275), COUNT(DECIMAL_QUERY, 43), COUNT(TITLE, 100),
                COUNT(CLOSING, 50), COUNT(NOT_LAST, 50), COUNT(NO_MARK, 100)}},
    };

    (void)state;
    check_table(unit_data("gsm_symbolic/synthetic_p1_standin.jsonl.gz"), "gsm-symbolic-p1",
        expected, ARRAY_LEN(expected));
}

/* A megabyte of one piece costs seconds at most. */
static void test_hostile(void **state)
{
    static const char *const pieces[] = {".", ".)", "A.", "? ", ". ", "a.b", ".5", "'"};
    int64_t start = clock_now_ns();

    (void)state;
    for (size_t k = 0; k < ARRAY_LEN(pieces); k++) {
        struct split_compare *c = split_compare_new();
        struct buf text = BUF_INIT;
        buf_puts(&text, "One. ");
        while (text.n < 1 << 20)
            buf_puts(&text, pieces[k]);
        buf_puts(&text, " Is it? Yes.");
        struct item item = {.id = STR("a"), .question = buf_str(&text)};
        assert_int_equal(split_compare_add(c, &item, &arena, &err), OK);
        arena_reset(&arena);
        split_compare_free(c);
        buf_release(&text);
    }
    assert_true(clock_now_ns() - start < INT64_C(20000000000));
}

static int release_all(void **state)
{
    arena_release(&arena);
    return unit_cleanup(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_real_rows),
        cmocka_unit_test(test_stand_in_rows),
        cmocka_unit_test(test_hostile),
    };

    return cmocka_run_group_tests(tests, NULL, release_all);
}
