/*
 * test_grade.c - graders against docs/DATASETS.md's table of replies (by hand), against the
 * reference's goldens (tests/data/grade.test) and over the real golds (SLEEPBENCH_DATA).
 */
#include "datasets/item.h"
#include "harness/base/json.h"
#include "harness/base/lines.h"
#include "metrics/extract.h"
#include "metrics/grade_token.h"
#include "tests/unit/unit.h"

static struct arena arena;

/* Those of numbers of any kind; test_grade_aime.c has the others. */
static const char *const names[] = {"apple", "release", "strict"};

static enum answer_status grade(
    const char *name, const char *answer, const char *gold, struct str *value)
{
    const struct grader *g = grader_find(str_c(name));

    assert_non_null(g);
    return g->grade(str_c(answer), str_c(gold), &arena, value);
}

/* The value of an answer, right if it is gold and wrong if it is not. */
static void check(const char *name, const char *answer, const char *expected)
{
    struct str value;
    enum answer_status right = grade(name, answer, expected, &value);

    if (right != STATUS_CORRECT)
        fail_msg("%s reads \"%s\" as \"%.*s\", not \"%s\"", name, answer, STR_ARG(value), expected);
    assert_int_equal(grade(name, answer, "987654", &value), STATUS_WRONG);
}

static void test_table(void **state)
{
    (void)state;
    assert_null(grader_find(STR("exact")));
    for (size_t i = 0; grader_all[i]; i++) {
        assert_ptr_equal(grader_find(str_c(grader_all[i]->name)), grader_all[i]);
        assert_true(i == 0 || strcmp(grader_all[i - 1]->name, grader_all[i]->name) < 0);
    }
}

/* DATASETS A4, column "right". */
static void test_strict_replies(void **state)
{
    static const struct {
        const char *answer, *value;
    } cases[] = {
        {"The answer is 45.", "45.0"},
        {"The answer is 45.0.", "45"},
        {"It costs $32.50", "32.5"},
        {"So 45.00", "45"},
        {"The area = 120 m^2", "120"},
        {"The answer is 8 (see step 3)", "8"},
        {"The answer is 12. In 7 days.", "12"},
        {"The share is 3/4", "0.75"},
        {"in the range 5-7", "7"},
        {"The answer is 10 (i.e., 10%).,", "10"},
        {"The answer is 10: x, y, ..", "10"},
        {"That is .5", "0.5"},
        {"It is \xE2\x88\x92"
         "5",
            "-5"},
        {"About 1.5e3", "1500"},
        {"Pay \\$1{,}234", "1234"},
        {"Pay 1 234", "1234"},
        {"of [1,2]", "2"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        check("strict", cases[i].answer, cases[i].value);
}

static void test_strict_order(void **state)
{
    static const struct {
        const char *answer, *value;
    } cases[] = {
        /* boxed, marks, phrase, last number: each beats those behind it */
        {"\\boxed{7} #### 8\nThe answer is 9 or 10", "7"},
        {"\\boxed{?} #### 8\nThe answer is 9 or 10", "8"},
        {"The answer is 9. Not 10", "9"},
        {"9, then 10", "10"},
        /* the last of a kind */
        {"\\boxed{1} \\boxed{2}", "2"},
        {"#### 1\n#### 2", "2"},
        {"The answer is 1. No, the answer is 2. 3", "2"},
        /* balanced braces; a box that never closes is none */
        {"\\boxed{\\frac{3}{4}} 5", "0.75"},
        {"\\boxed{x = {1{,}500}} 5", "1500"},
        {"\\boxed{12 \\text{ km}^{2}} 5", "12"},
        {"\\boxed{12} and \\boxed{13", "12"},
        /* marks of a heading are no answer */
        {"#### 2. Sum up\nWe get 40", "40"},
        {"#### Step 2: sum\n#### **40** apples\nin 3 boxes", "40"},
        /* phrases */
        {"**Final answer:** $\\$18$ for 3", "18"},
        {"Answer: x = 12; check 3", "12"},
        {"the answer is approximately 3.5 of 9", "3.5"},
        {"The answer is 3 * 4 = 12 after 7 days", "12"},
        {"Answer:\n1. Take 5.\n2. Get 40", "40"},
        {"the answer is half of 12", "12"},
        {"answer is 12 (= 3 * 4)", "12"},
        {"My answers: 3 and 4", "4"},
        /* scripts, signs, glued letters */
        {"x_2 is 5 cm^3", "5"},
        {"10^{-2} of 7 m^{2}", "7"},
        {"COVID-19", "19"},
        {"(-5)", "-5"},
        {"-$5", "-5"},
        {"$-5", "-5"},
        {"\xE2\x82\xAC"
         "5",
            "5"},
        {"2\\frac{1}{2}", "0.5"},
        /* groups */
        {"1,234,567.80", "1234567.8"},
        {"1,23", "23"},
        {"1234,567", "567"},
        {"in 2024 100", "100"},
        {"1\xE2\x80\xAF"
         "234",
            "1234"},
        {"12\\,345", "12345"},
        /* fractions that are none */
        {"5/0", "0"},
        {"5/7/2024", "2024"},
        {"60 km/h", "60"},
        /* zeros */
        {"007.500", "7.5"},
        {"-0", "0"},
        {"45.00000000000000000000000000", "45"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        check("strict", cases[i].answer, cases[i].value);
}

static void test_statuses(void **state)
{
    struct str value;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        assert_int_equal(grade(names[i], "", "5", &value), STATUS_NO_ANSWER);
        assert_int_equal(value.n, 0);
        assert_int_equal(grade(names[i], " \n\t", "5", &value), STATUS_NO_ANSWER);
        assert_int_equal(grade(names[i], "twelve", "12", &value), STATUS_UNPARSED);
        assert_int_equal(value.n, 0);
        assert_int_equal(grade(names[i], "12", "12", &value), STATUS_CORRECT);
        assert_str(value, "12");
        assert_int_equal(grade(names[i], "13", "12", &value), STATUS_WRONG);
        assert_str(value, "13");
    }
    assert_int_equal(grade("strict", "5", "five", &value), STATUS_WRONG);
    assert_int_equal(grade("apple", "5", "five", &value), STATUS_WRONG);
    assert_int_equal(grade("release", "five", "five", &value), STATUS_CORRECT); /* its rule */
}

/* DATASETS A4, column "extracts": the faults are part of the grader. */
static void test_release_faults(void **state)
{
    static const struct {
        const char *answer, *value;
    } cases[] = {
        {"The answer is 45.", "45"},
        {"$32.50", "32.50"},
        {"= 120 m^2", "2"},
        {"3/4", "4"},
        {"the range 5-7", "-7"},
        {".5", "5"},
        {"1.5e3", "3"},
        {"\\$1{,}234", "234"},
        {"1 234", "234"},
        {"[1,2]", "12"},
        {"\xE2\x82\xAC"
         "1.234,50",
            "1.23450"},
        {"\xE2\x88\x92"
         "5",
            "5"},
    };
    struct str value;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_int_equal(grade("release", cases[i].answer, cases[i].value, &value), STATUS_CORRECT);
        assert_str(value, cases[i].value);
    }
    assert_int_equal(grade("release", "10 (i.e., 10%).,", "10", &value), STATUS_WRONG);
    assert_str(value, "");
    assert_int_equal(grade("release", "45", "45.0", &value), STATUS_WRONG);
    assert_int_equal(grade("release", "1,234", "$1,234.", &value), STATUS_CORRECT);
}

static void test_apple(void **state)
{
    (void)state;
    check("apple", "45", "45.0");
    check("apple", "so 1,234.50.", "1234.5");
    check("apple", "5-7", "-7");
    check("apple", "3/4", "4");
    check("apple", "-0", "0");
    check("apple", ".5", "5");
    check("apple", "9007199254740993", "9007199254740992"); /* floating point cannot tell */
}

static void test_huge(void **state)
{
    static const char *const huge = "123456789012345678901234567890";
    struct buf text = BUF_INIT;
    struct str value;

    (void)state;
    assert_int_equal(grade("strict", huge, huge, &value), STATUS_CORRECT);
    assert_int_equal(
        grade("strict", "00123456789012345678901234567890.0", huge, &value), STATUS_CORRECT);
    assert_int_equal(grade("strict", "123456789012345678901234567891", huge, &value), STATUS_WRONG);
    assert_int_equal(grade("strict", "1e999999999999", "5", &value), STATUS_WRONG);
    assert_int_equal(grade("strict", "1/3", "0.3333333333333333333", &value), STATUS_WRONG);
    assert_int_equal(grade("strict", "-9223372036854775808", "5", &value), STATUS_WRONG);
    for (int i = 0; i < 1000; i++)
        buf_puts(&text, "9999999999");
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        assert_int_equal(
            grader_find(str_c(names[i]))->grade(buf_str(&text), STR("5"), &arena, &value),
            STATUS_WRONG);
    buf_release(&text);
}

/* Answers of megabytes that look like trouble end quickly, with NUL and bad UTF-8 inside. */
static void test_hostile(void **state)
{
    static const char *const pieces[] = {"\\boxed{", "answer is ", "####", "#### ", "\\frac{", "{",
        "1,234,", " 123", "answer:\n1. x", "9", "-", "/", "1e", "\\", "}{", "\xFF\xC3", "^5"};
    struct str value;

    (void)state;
    for (size_t k = 0; k < ARRAY_LEN(pieces); k++) {
        struct buf text = BUF_INIT;
        while (text.n < 2 << 20)
            buf_puts(&text, pieces[k]);
        buf_add(&text, "\0 42", 4);
        for (size_t i = 0; grader_all[i]; i++)
            (void)grader_all[i]->grade(buf_str(&text), STR("42"), &arena, &value);
        buf_release(&text);
        arena_reset(&arena);
    }
    assert_int_equal(grader_find(STR("strict"))->grade(STR("x\0y 42"), STR("42"), &arena, &value),
        STATUS_CORRECT);
}

static void check_golden(const struct json *row, const char *name)
{
    struct str answer = json_str(json_get(row, "answer")), value;
    const struct json *expected = json_get(row, name);
    enum answer_status got =
        grader_find(str_c(name))->grade(answer, json_str(json_get(row, "gold")), &arena, &value);

    if (!str_eqc(json_str(json_at(expected, 0)), status_text(got)) ||
        !str_eq(json_str(json_at(expected, 1)), value))
        fail_msg(
            "%s of \"%.*s\": %s \"%.*s\"", name, STR_ARG(answer), status_text(got), STR_ARG(value));
}

static void test_goldens(void **state)
{
    struct lines *l;
    struct str line;
    struct err err = {0};
    int64_t expected = 0, n = -1;

    (void)state;
    assert_int_equal(lines_open("tests/data/grade.test", LINES_MAX, &l, &err), OK);
    for (;; n++) {
        struct json *row;
        assert_int_equal(lines_next(l, &line, &err), OK);
        if (!line.p)
            break;
        assert_int_equal(json_parse(line, JSON_STRICT, &row, &err), OK);
        if (n < 0)
            assert_true(json_int(json_get(row, "cases"), &expected));
        for (size_t i = 0; n >= 0 && i < ARRAY_LEN(names); i++)
            check_golden(row, names[i]);
        json_free(row);
    }
    lines_free(l);
    assert_true(n > 100);
    assert_int_equal(n, expected);
}

/* An integer reply to a gold such as "45.0": release loses exactly those 47, strict none. */
static void test_real_golds(void **state)
{
    struct item_list items;
    struct err err = {0};
    struct str value;
    size_t lost[3] = {0};
    const char *path = unit_data("gsm_symbolic/GSM_p2_t00-39.jsonl");

    (void)state;
    assert_int_equal(item_read_jsonl(path, "gsm", NULL, false, &arena, &items, &err), OK);
    for (size_t i = 0; i < items.n; i++) {
        struct str gold = items.v[i].gold, reply = gold;
        if (str_ends(reply, STR(".0")))
            reply.n -= 2;
        struct str answer = str_c(arena_printf(&arena, "The answer is %.*s.", STR_ARG(reply)));
        for (size_t g = 0; g < 3; g++)
            lost[g] +=
                grader_find(str_c(names[g]))->grade(answer, gold, &arena, &value) != STATUS_CORRECT;
    }
    assert_int_equal(lost[0], 0);
    assert_int_equal(lost[1], 47);
    assert_int_equal(lost[2], 0);
    item_list_release(&items);
}

static int release_all(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_strict_replies),
        cmocka_unit_test(test_strict_order),
        cmocka_unit_test(test_statuses),
        cmocka_unit_test(test_release_faults),
        cmocka_unit_test(test_apple),
        cmocka_unit_test(test_huge),
        cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_goldens),
        cmocka_unit_test(test_real_golds),
    };

    return cmocka_run_group_tests(tests, NULL, release_all);
}
