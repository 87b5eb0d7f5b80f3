/* test_aime_text.c - repairs, drawings, answers, fingerprints and overrides, on texts of our own.
 */
#include "datasets/aime_override.h"
#include "datasets/aime_problem.h"
#include "datasets/aime_text.h"
#include "harness/base/clock.h"
#include "tests/unit/unit.h"

static struct arena arena;

static void test_clean(void **state)
{
    static const struct {
        const char *raw, *text;
        size_t figures, escapes, controls;
        bool open;
    } cases[] = {
        {"A $\\frac{1}{2}$ b.", "A $\\frac{1}{2}$ b.", 0, 0, 0, false},
        /* escapes that JSON ate */
        {"\frac{1}{2}", "\\frac{1}{2}", 0, 1, 0, false},
        {"In \triangle ABC", "In \\triangle ABC", 0, 1, 0, false},
        {"3\times 4 \text{ cm}", "3\\times 4 \\text{ cm}", 0, 2, 0, false},
        {"\binom{5}{2} \begin{a}", "\\binom{5}{2} \\begin{a}", 0, 2, 0, false},
        {"\\left(x\right)", "\\left(x\\right)", 0, 1, 0, false},
        {"a\neq b", "a\\neq b", 0, 1, 0, false},
        {"a literal \\rac{1}{2}", "a literal \\frac{1}{2}", 0, 1, 0, false},
        /* blanks that are meant */
        {"one\ttwo\nequal three", "one\ttwo\nequal three", 0, 0, 0, false},
        {"a\\\\rac", "a\\\\rac", 0, 0, 0, false},
        {"a\frog", "a\frog", 0, 0, 0, false},
        {"a\x01z\x1Fy", "a z y", 0, 0, 2, false},
        /* drawings */
        {"A. [asy] draw((0,0)); [/asy] B?", "A.   B?", 1, 0, 0, false},
        {"A.\n\\begin{asy} x. Y \\end{asy}\n\nB?", "A.\nB?", 1, 0, 0, false},
        {"A.\n\\begin{center}\n\\begin{tikzpicture} x \\end{tikzpicture} \\end{center}\nB?",
            "A.\nB?", 1, 0, 0, false},
        {"A ![a box](http://x.y/z.png) and \\includegraphics[width=3cm]{a.b} b.", "A   and   b.", 2,
            0, 0, false},
        {"[asy]x[/asy]", "", 1, 0, 0, false},
        {"5![a,b](c", "5![a,b](c", 0, 0, 0, false},
        {"A [asy] x", "A [asy] x", 0, 0, 0, true},
        {"A [asy] x \\begin{asy} y \\end{asy}", "A [asy] x", 1, 0, 0, true},
        {"\\begin{center}A\\end{center}", "\\begin{center}A\\end{center}", 0, 0, 0, false},
        /* blank lines */
        {"\n A. \n\n \n B. ", "A.\nB.", 0, 0, 0, false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct aime_text t;
        aime_clean(str_c(cases[i].raw), &arena, &t);
        assert_str(t.text, cases[i].text);
        assert_int_equal(t.figures, cases[i].figures);
        assert_int_equal(t.escapes, cases[i].escapes);
        assert_int_equal(t.controls, cases[i].controls);
        assert_int_equal(t.open_figure, cases[i].open);
    }
}

static void test_answer(void **state)
{
    static const struct {
        const char *text;
        int value; /* -1: none */
    } cases[] = {{"25", 25}, {"025", 25}, {"000", 0}, {" 0 ", 0}, {"999", 999}, {"0000999", 999},
        {"336^\\circ", 336}, {"$336^{\\circ}$", 336}, {"336\xC2\xB0", 336}, {"$70$", 70},
        {"25.0", 25}, {"25.", 25}, {"1000", -1}, {"-1", -1}, {"25.5", -1}, {"", -1}, {"$$", -1},
        {"x", -1}, {"1/2", -1}, {"2 5", -1}, {".0", -1}, {"99999999999999999999", -1},
        {"^\\circ", -1}, {"\\frac{1}{2}", -1}};
    int got;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        got = -1;
        if (aime_answer(str_c(cases[i].text), &got) != (cases[i].value >= 0) ||
            got != cases[i].value)
            fail_msg("\"%s\" is read as %d", cases[i].text, got);
    }
}

static void test_boxed(void **state)
{
    struct str box;

    (void)state;
    assert_true(aime_boxed(STR("so \\boxed{1} and \\boxed{a{b}c} end"), &box));
    assert_str(box, "a{b}c");
    assert_false(aime_boxed(STR("\\boxed{1} and \\boxed{2"), &box));
    assert_false(aime_boxed(STR("\\boxed 1"), &box));
    assert_false(aime_boxed(STR(""), &box));
}

/* Digests by sha256sum(1): of a..z012345, of k..z01234567 and of ab. */
static void test_print(void **state)
{
    struct buf normal = BUF_INIT;

    (void)state;
    aime_normal(&normal, STR("The $x^2$-Axis, \xC3\xA9t 7!"));
    assert_string_equal(buf_cstr(&normal), "thex2axist7");
    buf_release(&normal);
    struct aime_print p = aime_print_of(STR("Abc, def. Ghi jkl mno-pqr stu vwx yz 0123 456 7?"));
    assert_int_equal(p.length, 34);
    assert_true(p.prefix == UINT64_C(0x653bb1245e828fcd));
    assert_true(p.tail == UINT64_C(0x68c79d9591430cd4));
    p = aime_print_of(STR("A b!")); /* shorter than either */
    assert_int_equal(p.length, 2);
    assert_true(p.prefix == UINT64_C(0xfb8e20fc2e4c3f24) && p.tail == p.prefix);
}

static void test_problems(void **state)
{
    struct aime_problems all;
    struct err err = {0};
    size_t year[2] = {0};

    (void)state;
    assert_int_equal(aime_problems_load(&arena, &all, &err), OK);
    assert_int_equal(all.n, 60);
    for (size_t i = 0; i < all.n; i++) {
        assert_true(all.v[i].year == 2024 || all.v[i].year == 2025);
        year[all.v[i].year - 2024]++;
        assert_ptr_equal(aime_by_id(&all, all.v[i].id), &all.v[i]);
        assert_ptr_equal(aime_by_prefix(&all, all.v[i].print), &all.v[i]);
    }
    assert_int_equal(year[0], 30);
    assert_int_equal(year[1], 30);
    assert_null(aime_by_id(&all, STR("2024-I-16")));
    assert_null(aime_by_prefix(&all, (struct aime_print){.length = 100}));
}

/* A made-up problem whose text we have: its end is found in a longer text. */
static void test_known_end(void **state)
{
    struct str text = STR("Ada has seven red hens and some blue ones. How many are blue?");
    struct aime_problem p = {.id = STR("x"), .print = aime_print_of(text)};
    struct aime_problems all = {&p, 1};
    struct buf longer = BUF_INIT;

    (void)state;
    assert_int_equal(aime_known_end(&p, text), SIZE_MAX);
    buf_str_add(&longer, text);
    buf_puts(&longer, " There are $9$.");
    size_t end = aime_known_end(&p, buf_str(&longer));
    assert_int_equal(end, text.n - 1);
    assert_str(str_from(buf_str(&longer), end), "? There are $9$.");
    buf_release(&longer);
    assert_int_equal(aime_known_end(&p, STR("Ada has seven")), SIZE_MAX);
    assert_int_equal(aime_known_end(&p, STR("")), SIZE_MAX);
    /* the tail counts if it is one problem's alone and the length is near */
    struct aime_print other = p.print;
    other.prefix++;
    other.length -= 4;
    assert_ptr_equal(aime_by_tail(&all, other), &p);
    other.length -= 1;
    assert_null(aime_by_tail(&all, other));
    struct aime_problem twins[] = {p, p};
    assert_null(aime_by_tail(&(struct aime_problems){twins, 2}, p.print));
}

static void test_overrides(void **state)
{
    static const char text[] =
        "\xEF\xBB\xBF{\"id\":\"b\",\"expect_statements\":3,\"query\":1,\"drop\":[2,3],"
        "\"edit\":[[\"x\",\"\"],[\"y\",\"z\"]],\"why\":\"w\"}\r\n\n"
        "{\"id\":\"a\",\"expect_statements\":1}";
    struct aime_overrides all;
    struct err err = {0};

    (void)state;
    assert_int_equal(aime_overrides_read(str_c(text), "f", &arena, &all, &err), OK);
    assert_int_equal(all.n, 2);
    struct aime_override *o = aime_override_of(&all, STR("b"));
    assert_non_null(o);
    assert_int_equal(o->line, 1);
    assert_int_equal(o->cut.expect_statements, 3);
    assert_int_equal(o->cut.query, 1);
    assert_int_equal(o->cut.ndrop, 2);
    assert_int_equal(o->cut.drop[1], 3);
    assert_int_equal(o->cut.nedits, 2);
    assert_str(o->cut.edits[1][1], "z");
    assert_int_equal(aime_override_of(&all, STR("a"))->line, 3);
    assert_int_equal(aime_override_of(&all, STR("a"))->cut.query, 0);
    assert_null(aime_override_of(&all, STR("c")));
    assert_int_equal(aime_overrides_read(STR(""), "f", &arena, &all, &err), OK);
    assert_int_equal(all.n, 0);
}

static void test_bad_overrides(void **state)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"{\"id\":", "f:1: "},
        {"\n[]", "f:2: an override must be one JSON object a line"},
        {"{\"expect_statements\":1}", "f:1: \"id\" must name a problem"},
        {"{\"id\":\"a\"}", "\"expect_statements\" must be a whole number from 1"},
        {"{\"id\":\"a\",\"expect_statements\":0}", "\"expect_statements\" must be"},
        {"{\"id\":\"a\",\"expect_statements\":2,\"query\":3}",
            "\"query\" must be a whole number from 1 to 2"},
        {"{\"id\":\"a\",\"expect_statements\":2,\"query\":\"1\"}", "\"query\" must be"},
        {"{\"id\":\"a\",\"expect_statements\":2,\"drop\":2}", "\"drop\" must be a list"},
        {"{\"id\":\"a\",\"expect_statements\":2,\"drop\":[0]}", "\"drop\" must be a whole"},
        {"{\"id\":\"a\",\"expect_statements\":2,\"query\":2,\"drop\":[2]}",
            "\"drop\" holds 2, which is the query"},
        {"{\"id\":\"a\",\"expect_statements\":2,\"edit\":{}}", "\"edit\" must be a list"},
        {"{\"id\":\"a\",\"expect_statements\":2,\"edit\":[[\"\",\"x\"]]}", "\"edit\" must be"},
        {"{\"id\":\"a\",\"expect_statements\":2,\"edit\":[[\"x\"]]}", "\"edit\" must be"},
        {"{\"id\":\"a\",\"expect_statements\":2,\"edit\":[[\"x\",1]]}", "\"edit\" must be"},
        {"{\"id\":\"a\",\"expect_statements\":2,\"querry\":1}", "unknown key \"querry\""},
        {"{\"id\":\"a\",\"expect_statements\":2}\n\n{\"id\":\"a\",\"expect_statements\":1}",
            "f:3: \"a\" stands in line 1 already"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct aime_overrides all = {.n = 77};
        struct err err = {0};
        assert_int_equal(
            aime_overrides_read(str_c(cases[i].text), "f", &arena, &all, &err), ERR_INPUT);
        assert_message(err, cases[i].message);
        assert_message(err, "f:");
        assert_int_equal(all.n, 77);
    }
}

static void test_hostile(void **state)
{
    static const char *const pieces[] = {"[asy]", "\\begin{asy}", "![", "![a](", "!",
        "\\includegraphics[", "\\includegraphics{", "\\begin{center} ", "\f", "\t", "\\",
        "\\boxed{", "\\begin{tikzpicture}", "a", "\\a", "\fr"};
    int64_t start = clock_now_ns();
    struct str box;

    (void)state;
    for (size_t k = 0; k < ARRAY_LEN(pieces); k++) {
        struct buf text = BUF_INIT;
        struct aime_text t;
        buf_puts(&text, "[asy][/asy]");
        while (text.n < 1 << 20)
            buf_puts(&text, pieces[k]);
        aime_clean(buf_str(&text), &arena, &t);
        (void)aime_boxed(buf_str(&text), &box);
        (void)aime_print_of(t.text);
        buf_release(&text);
        arena_reset(&arena);
    }
    assert_true(clock_now_ns() - start < (int64_t)20e9);
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
        cmocka_unit_test(test_clean),
        cmocka_unit_test(test_answer),
        cmocka_unit_test(test_boxed),
        cmocka_unit_test(test_print),
        cmocka_unit_test(test_problems),
        cmocka_unit_test(test_known_end),
        cmocka_unit_test(test_overrides),
        cmocka_unit_test(test_bad_overrides),
        cmocka_unit_test(test_hostile),
    };

    return cmocka_run_group_tests(tests, NULL, release_all);
}
