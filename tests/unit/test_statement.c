/*
 * test_statement.c - statements of LaTeX problems: tests/data/statement.test by hand, properties on
 * generated and hostile texts, overrides. The real problems: test_aime.c.
 */
#include "harness/base/clock.h"
#include "harness/base/lines.h"
#include "harness/base/rng.h"
#include "splitters/latex.h"
#include "splitters/statement.h"
#include "tests/unit/unit.h"

static struct arena arena;

static void check_case(struct str text, struct str joined, struct str number)
{
    struct statements s;
    struct buf got = BUF_INIT;

    statement_find(text, &arena, &s);
    for (size_t i = 0; i < s.n; i++)
        buf_printf(&got, "%s%.*s", i ? " / " : "", STR_ARG(s.v[i]));
    assert_str(joined, buf_cstr(&got));
    assert_int_equal(s.question + 1, strtoul(number.p, NULL, 10));
    buf_release(&got);
}

static void test_golden(void **state)
{
    struct lines *l;
    struct str line, fields[3];
    struct err err = {0};
    size_t n = 0, cases = 0;

    (void)state;
    assert_int_equal(lines_open("tests/data/statement.test", LINES_MAX, &l, &err), OK);
    for (;;) {
        assert_int_equal(lines_next(l, &line, &err), OK);
        if (!line.p)
            break;
        if (!line.n || line.p[0] == '#')
            continue;
        fields[n++] = arena_str(&arena, line);
        if (n < 3)
            continue;
        n = 0;
        cases++;
        check_case(fields[0], fields[1], fields[2]);
    }
    lines_free(l);
    assert_int_equal(n, 0);
    assert_int_equal(cases, 20);
}

/* Statements are slices in order that hold every byte but blanks, and none is blank. */
static void check_whole(struct str text, const struct statements *s)
{
    const char *at = text.p;

    for (size_t i = 0; i < s->n; i++) {
        assert_true(s->v[i].n > 0);
        assert_false(str_is_blank(s->v[i].p[0]) || str_is_blank(s->v[i].p[s->v[i].n - 1]));
        for (; at < s->v[i].p; at++)
            assert_true(str_is_blank(*at));
        assert_ptr_equal(at, s->v[i].p);
        at += s->v[i].n;
    }
    for (; at && at < text.p + text.n; at++)
        assert_true(str_is_blank(*at));
    assert_true(s->n ? s->question < s->n : s->question == 0);
}

static void test_properties(void **state)
{
    static const char *const parts[] = {"$", "$$", "\\[", "\\]", "\\(", "\\)", "\\begin{a}",
        "\\end{a}", "\\begin{b}", "\\end{b}", "\\", "\\\\", ".", ". ", "? ", "!", " ", "\n\n", "x",
        "A", "5", "find ", "what", ", how many", "Mr. ", "|", "*", "\"", "\xE2\x80\x9C", "\xFF",
        "\xC3"};
    struct rng rng = rng_seeded(20260);

    (void)state;
    for (int round = 0; round < 20000; round++) {
        struct buf text = BUF_INIT;
        struct statements s, again;
        for (uint64_t n = rng_below(&rng, 20); n > 0; n--)
            buf_puts(&text, parts[rng_below(&rng, ARRAY_LEN(parts))]);
        if (rng_chance(&rng, 0.1))
            buf_putc(&text, '\0');
        statement_find(buf_str(&text), &arena, &s);
        check_whole(buf_str(&text), &s);
        statement_find(buf_str(&text), &arena, &again);
        assert_int_equal(s.n, again.n);
        assert_int_equal(s.question, again.question);
        buf_release(&text);
        arena_reset(&arena);
    }
}

/* A megabyte of marks that never close, or close at once, or nest, takes no time to speak of. */
static void test_hostile(void **state)
{
    static const char *const pieces[] = {"$", "$$ ", "\\[", "\\(", "\\[\\(", "\\begin{a}",
        "\\begin{a}\\end{b}", "\\begin{a}\\begin{b}", "\\end{a}", "a.", ". ", ".A ", "\\", "?)",
        "\\]", "\\$", "$.$ A", "a, ", "\\[ \\begin{c}"};
    int64_t start = clock_now_ns();

    (void)state;
    for (size_t k = 0; k < ARRAY_LEN(pieces); k++) {
        struct buf text = BUF_INIT;
        struct statements s;
        while (text.n < 1 << 20)
            buf_puts(&text, pieces[k]);
        buf_add(&text, "\0", 1);
        statement_find(buf_str(&text), &arena, &s);
        buf_release(&text);
        arena_reset(&arena);
    }
    struct buf many = BUF_INIT; /* as many names as there are tags */
    struct statements s;
    for (int i = 0; i < 40000; i++) {
        char name[8] = "";
        for (int k = 0, rest = i; k < 5; k++, rest /= 26)
            name[k] = (char)('a' + rest % 26);
        buf_printf(&many, "\\begin{%s} go. ", name);
    }
    statement_find(buf_str(&many), &arena, &s);
    assert_int_equal(s.n, 40000);
    buf_release(&many);
    assert_true(clock_now_ns() - start < (int64_t)20e9); /* quadratic would be hours */
}

static void cut(struct item item, struct cut *ret)
{
    *ret = (struct cut){.warning = NULL};
    item.markup = MARKUP_LATEX;
    splitter_find(STR("strict"))->cut(&item, &(struct split_options){0}, &arena, ret);
}

#define PROBLEM STR("One  is $1$.\nTwo is as shown. Find   two. Three is odd.")

static void test_cut(void **state)
{
    struct item item = {.question = PROBLEM};
    struct cut c;

    (void)state;
    cut(item, &c);
    assert_str(c.context, "One is $1$. Two is as shown. Three is odd.");
    assert_str(c.query, "Find two.");
    assert_null(c.warning);
    item.question = STR("Find $n$.");
    cut(item, &c);
    assert_int_equal(c.context.n, 0);
    assert_str(c.query, "Find $n$.");
    item.question = STR(" \n");
    cut(item, &c);
    assert_int_equal(c.query.n, 0);
    /* prose follows the other rule: the note stays behind the question */
    item.question = STR("One. Is it? Yes.");
    splitter_find(STR("strict"))->cut(&item, &(struct split_options){0}, &arena, &c);
    assert_str(c.query, "Is it? Yes.");
}

static void test_override(void **state)
{
    size_t drop[] = {1, 4};
    struct str edits[][2] = {{STR("as shown"), STR("2")}, {STR("odd"), STR("even")}};
    struct cut_override o = {4, 2, drop, 2, edits, 2};
    struct item item = {.question = PROBLEM, .override = &o};
    struct cut c;

    (void)state;
    cut(item, &c);
    assert_str(c.context, "Find two.");
    assert_str(c.query, "Two is 2.");
    assert_null(c.warning);
    o.query = 0; /* the rule chooses */
    o.ndrop = 1;
    cut(item, &c);
    assert_str(c.context, "Two is 2. Three is even.");
    assert_str(c.query, "Find two.");
    /* what is not there is reported, the rest applies */
    edits[0][0] = STR("as drawn");
    cut(item, &c);
    assert_str(c.context, "Two is as shown. Three is even.");
    assert_non_null(strstr(c.warning, "as drawn"));
    /* made for another wording: refused as a whole */
    o.expect_statements = 3;
    cut(item, &c);
    assert_str(c.context, "One is $1$. Two is as shown. Three is odd.");
    assert_non_null(strstr(c.warning, "for 3 statements and there are 4"));
}

/* Warnings of items and cuts arrive in the list. */
static void test_warnings(void **state)
{
    struct cut_override o = {.expect_statements = 9};
    struct item_list items = {0};
    struct split_list list;
    struct err err = {0};

    (void)state;
    *item_list_add(&items) = (struct item){.id = STR("p/1"),
        .cluster = STR("p/1"),
        .question = PROBLEM,
        .gold = STR("2"),
        .line = 7,
        .markup = MARKUP_LATEX,
        .override = &o};
    item_list_warn(&items, "f:7: odd");
    assert_int_equal(split_items(splitter_find(STR("strict")), &(struct split_options){0}, &items,
                         &arena, &list, &err),
        OK);
    assert_int_equal(list.nwarnings, 2);
    assert_true(str_starts(buf_str(&list.warnings), STR("f:7: odd\np/1 (line 7): its override")));
    split_list_release(&list);
    item_list_release(&items);
}

static void test_spans(void **state)
{
    struct latex_spans spans;
    struct str text = STR("a $b$ \\$ \\[c\\] \\(d\\) $$e$$ \\begin{f}g\\end{f} $h");

    (void)state;
    latex_spans_find(text, &spans);
    assert_int_equal(spans.n, 5);
    static const char *const inner[] = {"b", "c", "d", "e", "g"};
    static const bool display[] = {false, true, false, true, true};
    for (size_t i = 0; i < spans.n; i++) {
        assert_str(spans.v[i].inner, inner[i]);
        assert_int_equal(spans.v[i].display, display[i]);
        assert_true(spans.v[i].end > spans.v[i].start);
    }
    latex_spans_release(&spans);
    assert_int_equal(spans.n, 0);
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
        cmocka_unit_test(test_golden),
        cmocka_unit_test(test_properties),
        cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_override),
        cmocka_unit_test(test_warnings),
        cmocka_unit_test(test_spans),
    };

    return cmocka_run_group_tests(tests, NULL, release_all);
}
