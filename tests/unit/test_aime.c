/*
 * test_aime.c - AIME files as items, with made-up problems whose fingerprints stand in for the
 * built-in ones. The real problems: test_aime_real.c.
 */
#include "datasets/aime.h"
#include "datasets/aime_problem.h"
#include "harness/base/data.h"
#include "splitters/split.h"
#include "tests/unit/unit.h"

static struct arena arena;

/* Problems of our own under names of the contest. */
static const struct {
    const char *id, *text;
} made_up[] = {
    {"2024-I-1", "A jar holds $n$ red beans and twice as many blue ones. Find $n$ if it holds 12."},
    {"2024-II-2", "Seven ships leave port at noon. Each is back by $k$ o'clock. What is $k^2$?"},
    {"2025-I-3", "Let $t$ be the height of a tower of cubes. The tower has 9 of them. Find $t$."},
};

#define JAR "A jar holds $n$ red beans and twice as many blue ones. Find $n$ if it holds 12."
#define SHIPS "Seven ships leave port at noon. Each is back by $k$ o'clock. What is $k^2$?"
#define TOWER "Let $t$ be the height of a tower of cubes. The tower has 9 of them. Find $t$."
#define ROW(id, text, answer) "{\"id\":\"" id "\",\"problem\":\"" text "\",\"answer\":" answer "}\n"

/* Fingerprints and overrides in a directory that --data-dir would name. */
static void use_made_up(void)
{
    struct buf text = BUF_INIT;
    struct err err = {0};
    const char *dir = unit_path("data/datasets");

    buf_puts(&text, "{\"problems\":[");
    for (size_t i = 0; i < ARRAY_LEN(made_up); i++) {
        struct aime_print p = aime_print_of(str_c(made_up[i].text));
        buf_printf(&text,
            "%s{\"id\":\"%s\",\"prefix\":\"%016llx\",\"tail\":\"%016llx\",\"length\":%zu}",
            i ? "," : "", made_up[i].id, (unsigned long long)p.prefix, (unsigned long long)p.tail,
            p.length);
    }
    buf_puts(&text, "]}");
    assert_int_equal(file_make_dirs(dir, &err), OK);
    assert_int_equal(
        file_write(unit_path("data/datasets/aime_fingerprints.json"), buf_str(&text), &err), OK);
    assert_int_equal(
        file_write(unit_path("data/datasets/aime_overrides.jsonl"),
            STR("{\"id\":\"2024-II-2\",\"expect_statements\":3,\"drop\":[2]}\n"), &err),
        OK);
    buf_release(&text);
    data_override(arena_printf(&arena, "%s/data", unit_dir()));
}

static enum err_code load_with(const struct dataset *d, const char *rows, const struct config *more,
    struct item_list *ret, struct err *err)
{
    struct config c = *more;

    c.input = arena_str(&arena, str_c(unit_file("rows.jsonl", str_c(rows))));
    *ret = (struct item_list){0};
    return d->load(d, &c, &arena, ret, err);
}

static enum err_code load(
    const struct dataset *d, const char *rows, struct item_list *ret, struct err *err)
{
    return load_with(d, rows, &(struct config){.seed = 0}, ret, err);
}

static void test_known_rows(void **state)
{
    struct item_list items;
    struct err err = {0};

    (void)state;
    use_made_up();
    /* in any order, under any id, with the answer in any form */
    assert_int_equal(load(&aime_both,
                         ROW("7", SHIPS, "\"025\"") ROW("2025-I-3", TOWER, "\"336^\\\\circ\"")
                             ROW("2024-I-01", JAR, "4"),
                         &items, &err),
        OK);
    assert_int_equal(items.n, 3);
    assert_int_equal(items.nwarnings, 0);
    assert_str(items.v[0].id, "aime-2024/2024-II-2");
    assert_str(items.v[0].cluster, "aime-2024/2024-II-2");
    assert_str(items.v[0].stratum, "2024");
    assert_str(items.v[0].gold, "25");
    assert_int_equal(items.v[0].markup, MARKUP_LATEX);
    assert_non_null(items.v[0].override);
    assert_str(items.v[1].id, "aime-2025/2025-I-3");
    assert_str(items.v[1].gold, "336");
    assert_null(items.v[1].override);
    assert_str(items.v[2].id, "aime-2024/2024-I-1");
    assert_str(items.v[2].question, JAR);
    item_list_release(&items);
    /* equal ids are nothing if the texts differ: two contests in one file */
    assert_int_equal(load(&aime_2024, ROW("1", JAR, "4") ROW("1", SHIPS, "4"), &items, &err), OK);
    assert_int_equal(items.n, 2);
    item_list_release(&items);
}

/* A row and the warning that it causes; id is what it is called then. */
static void test_warnings(void **state)
{
    static const struct {
        const char *row, *id, *warning;
    } cases[] = {
        {ROW("2024-II-2", JAR, "4"), "aime-2024/2024-I-1",
            "the row is called 2024-II-2, but its text is 2024-I-1: the text counts"},
        {ROW("3",
             "Some jar has $n$ red beans and twice as many blue ones. Find $n$ if it holds 12.",
             "4"),
            "aime-2024/2024-I-1", "taken for 2024-I-1 by its last words: it begins otherwise"},
        {ROW("2024-I-1", "A vase has twice as many blue beans as red ones. How many?", "4"),
            "aime-2024/2024-I-1", "taken for 2024-I-1 by its id: the wording is not known"},
        {ROW("a", "What is two?", "2"), "aime/a",
            "no known problem of AIME 2024 or 2025: it keeps its own id"},
        {ROW("a", JAR " We see that $3n=12$ is all there is, so that $n=4$ is what we want.", "4"),
            "aime-2024/2024-I-1",
            "2024-I-1 goes on behind its known end, a solution may have leaked into it: \"We see "
            "that $3n=12$ is all there is, so that $n=4$ is what w..\""},
        {ROW("a", JAR " Graph", "4"), "aime-2024/2024-I-1", "leaked into it: \"Graph\""},
        {ROW("a",
             "A jar holds $n$ red beans and twice as many blue ones. It is on a table, the table "
             "is "
             "in a house. Find $n$ if it holds 12.",
             "4"),
            "aime-2024/2024-I-1",
            "2024-I-1 has 86 letters and digits where 56 are known: a solution may have leaked"},
        {ROW("a", "A jar holds $n$ red beans and twice as many.", "4"), "aime-2024/2024-I-1",
            "2024-I-1 has 32 letters and digits where 56 are known: a part may be missing"},
        {ROW("a", JAR " [asy] draw(x);", "4"), "aime-2024/2024-I-1",
            "a drawing begins and does not end"},
        {"{\"problem\":\"A jar holds $n$ red beans and twice as many blue ones. Find $n$ if it "
         "holds \\u000312.\",\"answer\":4}",
            "aime-2024/2024-I-1", "control characters that became blanks: 1"},
        {"{\"problem\":\"" JAR "\",\"answer\":4,\"solution\":\"So \\\\boxed{005}.\"}",
            "aime-2024/2024-I-1", "the answer is 4, but the row's solution ends with 5"},
    };
    struct item_list items;
    struct err err = {0};

    (void)state;
    use_made_up();
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_int_equal(load(&aime_both, cases[i].row, &items, &err), OK);
        assert_str(items.v[0].id, cases[i].id);
        if (!strstr(buf_cstr(&items.warnings), cases[i].warning))
            fail_msg("\"%s\" lacks \"%s\"", buf_cstr(&items.warnings), cases[i].warning);
        assert_non_null(strstr(buf_cstr(&items.warnings), "rows.jsonl:1: "));
        item_list_release(&items);
    }
    /* a solution that agrees, and one that ends with no number */
    assert_int_equal(load(&aime_both,
                         "{\"problem\":\"" JAR "\",\"answer\":4,\"solution\":\"\\\\boxed{004}\"}\n"
                         "{\"problem\":\"" SHIPS "\",\"answer\":4,\"solution\":\"\\\\boxed{k}\"}",
                         &items, &err),
        OK);
    assert_int_equal(items.nwarnings, 0);
    item_list_release(&items);
}

/* An escape that JSON ate is mended before the row is looked up. */
static void test_repair(void **state)
{
    struct item_list items;
    struct err err = {0};

    (void)state;
    use_made_up();
    assert_int_equal(load(&aime_both,
                         ROW("1", JAR "\\n[asy] x [/asy]", "4")
                             ROW("b", "Is $\\frac{1}{2}$ more than $\\theta$?", "1"),
                         &items, &err),
        OK);
    assert_int_equal(items.v[0].figures, 1);
    assert_str(items.v[0].question, JAR);
    assert_str(items.v[1].question, "Is $\\frac{1}{2}$ more than $\\theta$?");
    assert_non_null(strstr(buf_cstr(&items.warnings),
        "rows.jsonl:2: LaTeX commands that a JSON escape had broken: 2 repaired"));
    item_list_release(&items);
}

static void test_bad_rows(void **state)
{
    static const struct {
        const char *row, *message;
    } cases[] = {
        {ROW("a", JAR, "1000"),
            "rows.jsonl:2: the answer \"1000\" is no whole number from 0 to 999"},
        {ROW("a", JAR, "-1"), "the answer \"-1\" is no whole number"},
        {ROW("a", JAR, "2.5"), "the answer \"2.5\" is no whole number"},
        {ROW("a", JAR, "\"x\""), "the answer \"x\" is no whole number"},
        {ROW("a", "[asy] x [/asy]", "4"), "rows.jsonl:2: nothing is left of the problem"},
        {ROW("a", TOWER, "4"),
            "rows.jsonl:2: this is problem 2025-I-3: choose dataset aime-2025 or aime"},
        {ROW("a", SHIPS, "5"), "rows.jsonl:2: problem 2024-II-2 stands in line 1 already"},
        {ROW("a", "", "4"), "rows.jsonl:2: the question is empty"},
        {"{\"id\":\"a\"}", "rows.jsonl:2: no column"},
        {"{", "rows.jsonl:2: "},
    };

    (void)state;
    use_made_up();
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *rows = arena_printf(&arena, "%s%s", ROW("1", SHIPS, "4"), cases[i].row);
        struct item_list items = {0};
        struct err err = {0};
        assert_int_equal(load(&aime_2024, rows, &items, &err), ERR_INPUT);
        assert_message(err, cases[i].message);
        assert_int_equal(items.n, 0);
        assert_int_equal(
            load_with(&aime_2024, rows, &(struct config){.skip_bad = true}, &items, &err), OK);
        assert_int_equal(items.n, 1);
        assert_int_equal(items.skipped, 1);
        item_list_release(&items);
    }
    struct item_list items = {0};
    struct err err = {0};
    assert_int_equal(load_with(&aime_2025, ROW("1", SHIPS, "4"), &(struct config){.skip_bad = true},
                         &items, &err),
        ERR_INPUT);
    assert_message(err, "holds no usable row (1 left out as malformed)");
    /* unknown rows need ids of their own */
    assert_int_equal(
        load(&aime_both, ROW("a", "One?", "1") ROW("a", "Two?", "2"), &items, &err), ERR_INPUT);
    assert_message(err, "rows.jsonl:2: id \"aime/a\" stands in line 1 already");
}

/* The released stateful form: cut by others, known by its whole text, repaired part by part. */
static void test_stateful(void **state)
{
    struct item_list items;
    struct split_list list;
    struct err err = {0};

    (void)state;
    use_made_up();
    assert_int_equal(
        load(&aime_2024,
            "{\"stateful_aime_context\":\"Seven ships leave port at noon. Each is back by $k$ "
            "o'clock. [asy]x[/asy]\",\"stateful_aime_question\":\"What is $k^2$?\",\"answer\":49}",
            &items, &err),
        OK);
    assert_int_equal(items.nwarnings, 0);
    assert_str(items.v[0].id, "aime-2024/2024-II-2");
    assert_true(items.v[0].stateful);
    assert_str(items.v[0].context, "Seven ships leave port at noon. Each is back by $k$ o'clock.");
    assert_str(items.v[0].question, SHIPS);
    assert_int_equal(items.v[0].figures, 1);
    assert_int_equal(split_items(splitter_find(STR("strict")), &(struct split_options){0}, &items,
                         &arena, &list, &err),
        OK);
    assert_str(list.v[0].queries[0].text, "What is $k^2$?");
    split_list_release(&list);
    item_list_release(&items);
}

static void test_overrides(void **state)
{
    const char *path = unit_file("o.jsonl", STR("{\"id\":\"2024-I-1\",\"expect_statements\":2,"
                                                "\"query\":1}\n{\"id\":\"aime/u\",\"expect_"
                                                "statements\":1}\n{\"id\":\"gone\",\"expect_"
                                                "statements\":1}\n"));
    struct config c = {.overrides = arena_str(&arena, str_c(path))};
    struct item_list items;
    struct err err = {0};

    (void)state;
    use_made_up();
    assert_int_equal(
        load_with(&aime_both, ROW("1", JAR, "4") ROW("2", SHIPS, "4") ROW("u", "One?", "1"), &c,
            &items, &err),
        OK);
    assert_int_equal(items.v[0].override->query, 1);
    assert_null(items.v[1].override); /* the program's are replaced, not joined */
    assert_int_equal(items.v[2].override->expect_statements, 1);
    assert_int_equal(items.nwarnings, 2);
    assert_non_null(strstr(buf_cstr(&items.warnings), "o.jsonl:3: no row has the id \"gone\""));
    item_list_release(&items);
    c.overrides = arena_str(&arena, str_c(unit_file("o.jsonl", STR("{}"))));
    assert_int_equal(load_with(&aime_both, ROW("1", JAR, "4"), &c, &items, &err), ERR_INPUT);
    assert_message(err, "o.jsonl:1: ");
    c.overrides = STR("no such file");
    assert_int_equal(load_with(&aime_both, ROW("1", JAR, "4"), &c, &items, &err), ERR_NOT_FOUND);
}

static int clean_up(void **state)
{
    data_override(NULL);
    unlink(unit_path("data/datasets/aime_fingerprints.json"));
    unlink(unit_path("data/datasets/aime_overrides.jsonl"));
    rmdir(unit_path("data/datasets"));
    rmdir(unit_path("data"));
    arena_release(&arena);
    return unit_cleanup(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_rows),
        cmocka_unit_test(test_warnings),
        cmocka_unit_test(test_repair),
        cmocka_unit_test(test_bad_rows),
        cmocka_unit_test(test_stateful),
        cmocka_unit_test(test_overrides),
    };

    return cmocka_run_group_tests(tests, NULL, clean_up);
}
