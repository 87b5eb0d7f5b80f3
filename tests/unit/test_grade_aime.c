/*
 * test_grade_aime.c - graders of AIME answers: by hand, against the reference's goldens
 * (tests/data/grade_aime.test, made by scripts/reference/make_goldens.py), and which a run means.
 */
#include "harness/base/json.h"
#include "harness/base/lines.h"
#include "metrics/extract.h"
#include "tests/unit/unit.h"

static struct arena arena;

struct reply {
    const char *answer, *value; /* value NULL: nothing is read */
};

static void check(const char *name, const struct reply *cases, size_t n)
{
    const struct grader *g = grader_find(str_c(name));
    struct str value;

    assert_non_null(g);
    for (size_t i = 0; i < n; i++) {
        enum answer_status status =
            g->grade(str_c(cases[i].answer), STR("1000000"), &arena, &value);
        if (!str_eq(value, str_c(cases[i].value)) ||
            status != (cases[i].value ? STATUS_WRONG : STATUS_UNPARSED))
            fail_msg("%s reads \"%s\" as \"%.*s\", not \"%s\"", name, cases[i].answer,
                STR_ARG(value), cases[i].value ? cases[i].value : "");
        if (cases[i].value && strlen(cases[i].value) <= 3 && cases[i].value[0] != '-')
            assert_int_equal(
                g->grade(str_c(cases[i].answer), str_c(cases[i].value), &arena, &value),
                STATUS_CORRECT);
    }
}

static void test_strict(void **state)
{
    static const struct reply cases[] = {
        /* boxes */
        {"\\boxed{204}", "204"},
        {"\\boxed{025} of 7", "25"},
        {"\\boxed{000}", "0"},
        {"\\boxed{0}", "0"},
        {"\\boxed{336^\\circ}", "336"},
        {"\\boxed{ 70 ^{\\circ} }", "70"},
        {"\\boxed{m + n = 104}", "104"},
        {"\\boxed{x=025}", "25"},
        {"\\boxed{\\text{371}}", "371"},
        {"\\boxed{80\\text{ cm}}.", "80"},
        {"\\boxed{\\textbf{(B)} 7} 8", "7"},
        {"\\boxed{(7)} 8", "8"}, /* brackets are no ornament */
        {"\\boxed{1} then \\boxed{2}", "2"},
        {"\\boxed{2} then \\boxed{\\frac{m}{n}}", "2"},
        {"\\boxed{2} then \\boxed{3", "2"},
        {"\\boxed{\\boxed{9}}", "9"},
        {"the answer is 5, \\boxed{6}, 7", "6"},
        /* a number that cannot be an answer is not cut down */
        {"\\boxed{1024} 5", "1024"},
        {"\\boxed{1{,}024} 5", "1024"},
        {"\\boxed{-5} 7", "-5"},
        {"The answer is 2024. See 7", "2024"},
        /* phrases */
        {"The answer is 113, by 2 ways", "113"},
        {"Answer: $\\mathbf{45}$, since 1 + 1 = 2", "45"},
        {"the answer is 100 + 4 = 104", "104"},
        {"the answer is 3/4 of 12", "12"},
        {"the answer is 0", "0"},
        /* the last short whole number */
        {"so m+n = 33", "33"},
        {"we get 33 in 2024", "33"},
        {"33, not 1000", "33"},
        {"33, not 3.5 nor 1/7", "33"},
        {"33 or 1,000 or 12 345", "33"},
        {"33 and x^2 and 10^{12}", "33"},
        {"33 or 0099", "33"},
        {"33 or -9", "33"},
        {"$025$", "25"},
        {"70^\\circ", "70"},
        {"it is 0", "0"},
        {"2024", NULL},
        {"1000 + 3.5", NULL},
        {"none", NULL},
    };

    (void)state;
    check("aime-strict", cases, ARRAY_LEN(cases));
}

/* DATASETS B3: the faults are part of the grader. */
static void test_release(void **state)
{
    static const struct reply cases[] = {
        {"\\boxed{204}", "204"},
        {"\\boxed{025} of 7", "25"},
        {"\\boxed{0}", "0"},
        {"the answer is 0", NULL}, /* a search cannot find 0 */
        {"2024", "4"},
        {"in all 1000", "100"},
        {"1024", "4"},
        {"\\boxed{1024}", "1024"},
        {"\\boxed{70^\\circ} or 3", "3"},
        {"\\boxed{70^\\circ}", "70"},
        {"\\boxed{x=25} 7", "7"},
        {"\\boxed{1{,}024} 5", "5"},
        {"\\boxed{ 25 } 7", "25"},
        {"\\boxed{+2_5} 7", "25"},
        {"\\boxed{2__5} 7", "7"},
        {"\\boxed {25} 7", "7"},
        {"\\fbox{25} 7", "7"},
        {"\\boxed{1} \\boxed{2", "2"},
        {"12345", "45"},
        {"0.5", "5"},
        {"007", "7"},
        {"1005", "5"},
        {"\\boxed{\\}25} 7", "7"},
        {"none", NULL},
    };
    struct str value;

    (void)state;
    check("aime-release", cases, ARRAY_LEN(cases));
    /* what strict gets right where release does not, and the other way round */
    const struct grader *strict = grader_find(STR("aime-strict"));
    const struct grader *release = grader_find(STR("aime-release"));
    assert_int_equal(strict->grade(STR("It is 0."), STR("0"), &arena, &value), STATUS_CORRECT);
    assert_int_equal(release->grade(STR("It is 0."), STR("0"), &arena, &value), STATUS_UNPARSED);
    assert_int_equal(strict->grade(STR("2024"), STR("4"), &arena, &value), STATUS_UNPARSED);
    assert_int_equal(release->grade(STR("2024"), STR("4"), &arena, &value), STATUS_CORRECT);
    assert_int_equal(strict->grade(STR("\\boxed{1024}"), STR("24"), &arena, &value), STATUS_WRONG);
    assert_int_equal(strict->grade(STR("1000"), STR("100"), &arena, &value), STATUS_UNPARSED);
    assert_int_equal(release->grade(STR("1000"), STR("100"), &arena, &value), STATUS_CORRECT);
}

static void test_statuses(void **state)
{
    static const char *const names[] = {"aime-release", "aime-strict"};
    struct str value;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const struct grader *g = grader_find(str_c(names[i]));
        assert_int_equal(g->grade(STR(" \n\t"), STR("5"), &arena, &value), STATUS_NO_ANSWER);
        assert_int_equal(value.n, 0);
        assert_int_equal(g->grade(STR("x\0y 42"), STR("42"), &arena, &value), STATUS_CORRECT);
        assert_int_equal(g->grade(STR("42"), STR("042"), &arena, &value), STATUS_CORRECT);
        assert_int_equal(g->grade(STR("42"), STR("forty"), &arena, &value), STATUS_WRONG);
    }
}

/* A run of an AIME dataset means these two by strict and release. */
static void test_for(void **state)
{
    static const struct {
        const char *dataset, *name, *expected;
    } cases[] = {
        {"aime", "strict", "aime-strict"},
        {"aime-2024", "strict", "aime-strict"},
        {"aime-2025", "release", "aime-release"},
        {"aime-2025", "apple", "apple"},
        {"aime-2025", "aime-release", "aime-release"},
        {"splits", "aime-strict", "aime-strict"},
        {"gsm-symbolic-p1", "strict", "strict"},
        {"gsm-symbolic-p1", "release", "release"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_string_equal(
            grader_for(str_c(cases[i].dataset), str_c(cases[i].name))->name, cases[i].expected);
    assert_null(grader_for(STR("aime"), STR("Strict")));
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
    assert_int_equal(lines_open("tests/data/grade_aime.test", LINES_MAX, &l, &err), OK);
    for (;; n++) {
        struct json *row;
        assert_int_equal(lines_next(l, &line, &err), OK);
        if (!line.p)
            break;
        assert_int_equal(json_parse(line, JSON_STRICT, &row, &err), OK);
        if (n < 0)
            assert_true(json_int(json_get(row, "cases"), &expected));
        if (n >= 0) {
            check_golden(row, "aime-strict");
            check_golden(row, "aime-release");
        }
        json_free(row);
    }
    lines_free(l);
    assert_true(n > 100);
    assert_int_equal(n, expected);
}

/* Megabytes that look like trouble end quickly. */
static void test_hostile(void **state)
{
    static const char *const pieces[] = {"\\boxed{", "\\boxed{5", "answer is ", "\\text{", "{", "9",
        "1,", "_", "^\\circ", "\\", "}", "\xC2\xA0", "\xE2\x80\x80", "\\boxed{\\text{", "="};
    struct str value;

    (void)state;
    for (size_t k = 0; k < ARRAY_LEN(pieces); k++) {
        struct buf text = BUF_INIT;
        buf_puts(&text, "\\boxed{");
        while (text.n < 1 << 20)
            buf_puts(&text, pieces[k]);
        buf_puts(&text, "}");
        (void)grader_find(STR("aime-strict"))->grade(buf_str(&text), STR("5"), &arena, &value);
        (void)grader_find(STR("aime-release"))->grade(buf_str(&text), STR("5"), &arena, &value);
        (void)grader_find(STR("aime-strict"))->grade(STR("5"), buf_str(&text), &arena, &value);
        (void)grader_find(STR("aime-release"))->grade(STR("5"), buf_str(&text), &arena, &value);
        buf_release(&text);
        arena_reset(&arena);
    }
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
        cmocka_unit_test(test_strict),
        cmocka_unit_test(test_release),
        cmocka_unit_test(test_statuses),
        cmocka_unit_test(test_for),
        cmocka_unit_test(test_goldens),
        cmocka_unit_test(test_hostile),
    };

    return cmocka_run_group_tests(tests, NULL, release_all);
}
