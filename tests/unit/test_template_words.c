/* test_template_words.c - quantities in words, and what the word lists promise. */
#include "datasets/template_words.h"
#include "tests/unit/unit.h"

static void test_quantities(void **state)
{
    static const struct {
        const char *text;
        int num, den; /* den 0: no quantity */
    } rows[] = {{"half", 1, 2}, {"a half", 1, 2}, {"Half", 1, 2}, {"one-half", 1, 2},
        {"third", 1, 3}, {"a third", 1, 3}, {"A quarter", 1, 4}, {"an eighth", 1, 8},
        {"two-sixths", 1, 3}, {"three fourths", 3, 4}, {"five-sixths", 5, 6}, {"a tenth", 1, 10},
        {"1/2", 1, 2}, {"2/4", 1, 2}, {"3/16", 3, 16}, {"0.4", 2, 5}, {".5", 1, 2}, {"7", 7, 1},
        {"two times", 2, 1}, {"ten times", 10, 1}, {"3 times", 3, 1}, {"2.5 times", 5, 2},
        {"twice", 2, 1}, {"thrice", 3, 1}, {"double", 2, 1}, {"Triple", 3, 1}, {"quadruple", 4, 1},
        {"quintuple", 5, 1}, {" twice ", 2, 1}, {"", 0, 0}, {"-", 0, 0}, {"-1/2", 0, 0},
        {"1/0", 0, 0}, {"many times", 0, 0}, {"two", 0, 0}, {"two-figs", 0, 0}, {"figs", 0, 0},
        {"half half", 0, 0}, {"a third third", 0, 0}, {"times", 0, 0}};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct rat got = RAT_ZERO;
        bool ok = words_quantity(str_c(rows[i].text), &got);
        if (ok != (rows[i].den != 0) || (ok && (got.num != rows[i].num || got.den != rows[i].den)))
            fail_msg("\"%s\" gives %d, %lld/%lld", rows[i].text, ok, (long long)got.num,
                (long long)got.den);
    }
}

static void test_number_words(void **state)
{
    static const struct {
        int64_t n;
        const char *words; /* NULL: none */
    } rows[] = {{0, "zero"}, {9, "nine"}, {13, "thirteen"}, {20, "twenty"}, {35, "thirty five"},
        {99, "ninety nine"}, {100, "one hundred"}, {212, "two hundred twelve"},
        {340, "three hundred forty"}, {999, "nine hundred ninety nine"}, {1000, NULL}, {-1, NULL}};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct buf out = BUF_INIT;
        assert_int_equal(words_of_number(rows[i].n, &out), rows[i].words != NULL);
        assert_string_equal(buf_cstr(&out), rows[i].words ? rows[i].words : "");
        buf_release(&out);
    }
}

/* Every item of an open list is accepted by the list's own pattern, and quantities have values. */
static void test_lists(void **state)
{
    static const char *const needed[] = {"names", "names_male", "names_female", "multi_times",
        "currencies_sym", "fraction_alnum", "fractions", "multiple_ice", "fraction_nums",
        "weekdays", "fraction_alph", "fruits", "fraction_decimals", "colors", "multiple", "sports",
        "weights_med", "weights_sm", "length_lg", "cities"};
    struct words words;
    struct err err = {0};

    (void)state;
    if (words_load(&words, &err))
        fail_msg("%s", err.msg);
    for (size_t i = 0; i < ARRAY_LEN(needed); i++) {
        const struct word_list *list = words_find(&words, str_c(needed[i]));
        assert_non_null(list);
        if (list->n < 2)
            fail_msg("list %s is too short", needed[i]);
        struct buf pattern = BUF_INIT;
        struct regex *re = NULL;
        if (list->shape != WORD_CLOSED)
            words_pattern((enum word_shape)list->shape, &pattern);
        assert_int_equal(regex_new(buf_str(&pattern), REGEX_WHOLE, &re, &err), OK);
        for (size_t k = 0; k < list->n; k++) {
            if (list->shape != WORD_CLOSED &&
                regex_match(re, list->items[k].text, 0, NULL, 0) != REGEX_YES)
                fail_msg(
                    "%s: \"%.*s\" is not of its shape", needed[i], STR_ARG(list->items[k].text));
            assert_int_equal(list->items[k].has_num, list->shape == WORD_QUANTITY);
        }
        regex_free(re);
        buf_release(&pattern);
    }
    assert_null(words_find(&words, STR("stars")));
    assert_int_equal(words_find(&words, STR("names"))->n,
        words_find(&words, STR("names_male"))->n + words_find(&words, STR("names_female"))->n);
    words_release(&words);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quantities),
        cmocka_unit_test(test_number_words),
        cmocka_unit_test(test_lists),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
