/*
 * test_aime.c - AIME files as items: with made-up problems whose fingerprints stand in for the
 * built-in ones, and the 60 real problems with every count of theirs that is known
 * (SLEEPBENCH_DATA).
 */
#include "datasets/aime.h"
#include "datasets/aime_problem.h"
#include "harness/base/data.h"
#include "harness/base/digest.h"
#include "harness/base/json.h"
#include "harness/base/lines.h"
#include "harness/base/regex.h"
#include "splitters/split.h"
#include "splitters/statement.h"
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

/* ---- the real problems --------------------------------------------------------------------------
 */

static void load_real(const struct dataset *d, const char *name, struct item_list *ret)
{
    struct config c = {.input = arena_str(&arena, str_c(unit_data(name)))};
    struct err err = {0};

    data_override(NULL);
    *ret = (struct item_list){0};
    if (d->load(d, &c, &arena, ret, &err))
        fail_msg("%s", err.msg);
}

/* Every row is known by its text alone: ids are taken away first, and the order is turned. */
static void test_real_ids(void **state)
{
    static const char *const files[] = {"aime/aime_2025.jsonl", "aime/aime_2024.jsonl"};
    struct buf rows = BUF_INIT, ids = BUF_INIT;
    struct item_list items;
    struct lines *l;
    struct str line;
    struct err err = {0};
    size_t n = 0;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        assert_int_equal(lines_open(unit_data(files[i]), LINES_MAX, &l, &err), OK);
        while (lines_next(l, &line, &err) == OK && line.p) {
            struct json *row;
            assert_int_equal(json_parse(line, JSON_STRICT, &row, &err), OK);
            struct json_writer w = json_writer(&rows, 0);
            jsonw_object(&w, NULL);
            jsonw_str(&w, "question", json_str(json_get(row, "problem")));
            jsonw_cstr(&w, "answer", "007");
            jsonw_end_object(&w);
            buf_putc(&rows, '\n');
            struct str id = json_str(json_get(row, "id"));
            buf_printf(&ids, "aime-%.4s/%.*s\n", id.p, STR_ARG(id));
            json_free(row);
        }
        lines_free(l);
    }
    data_override(NULL);
    assert_int_equal(load(&aime_both, buf_cstr(&rows), &items, &err), OK);
    assert_int_equal(items.n, 60);
    assert_int_equal(items.nwarnings, 0);
    struct str rest = buf_str(&ids), id;
    for (; n < items.n && str_cut(&rest, '\n', &id); n++)
        assert_true(str_eq(items.v[n].id, id));
    item_list_release(&items);
    buf_release(&rows);
    buf_release(&ids);
}

static bool same_digest(struct str text, const struct json *expected)
{
    char hex[DIGEST_HEX_LEN + 1];
    struct buf flat = BUF_INIT;

    buf_collapse(&flat, text);
    bool same = str_eqc(json_str(expected), digest_hex(digest_of(buf_str(&flat)), hex));
    buf_release(&flat);
    return same;
}

static const struct item *item_of(const struct item_list *items, struct str id)
{
    for (size_t i = 0; i < items->n; i++)
        if (str_ends(items->v[i].id, id) && items->v[i].id.p[items->v[i].id.n - id.n - 1] == '/')
            return &items->v[i];
    return NULL;
}

/* One line of aime_splits_expected.jsonl: the cut before overrides. */
static void check_split(const struct json *row, const struct item_list *items, size_t *empty)
{
    const struct item *found = item_of(items, json_str(json_get(row, "id")));
    int64_t statements, query, figures;
    struct statements s;
    struct cut cut = {.warning = NULL};

    assert_non_null(found);
    assert_true(json_int(json_get(row, "statements"), &statements));
    assert_true(json_int(json_get(row, "query"), &query));
    assert_true(json_int(json_get(row, "figures"), &figures));
    struct item item = *found;
    item.override = NULL;
    statement_find(item.question, &arena, &s);
    splitter_find(STR("strict"))->cut(&item, &(struct split_options){0}, &arena, &cut);
    if ((int64_t)s.n != statements || (int64_t)s.question + 1 != query ||
        (int64_t)item.figures != figures ||
        !same_digest(cut.context, json_get(row, "sha256_context")) ||
        !same_digest(cut.query, json_get(row, "sha256_query")))
        fail_msg("%.*s: %zu statements, the question is %zu, %zu figures, or another text",
            STR_ARG(item.id), s.n, s.question + 1, item.figures);
    *empty += cut.context.n == 0;
}

static void test_real_splits(void **state)
{
    struct item_list both[2];
    struct split_list list;
    struct lines *l;
    struct str line;
    struct err err = {0};
    size_t n = 0, empty = 0, overridden = 0;

    (void)state;
    load_real(&aime_2024, "aime/aime_2024.jsonl", &both[0]);
    load_real(&aime_2025, "aime/aime_2025.jsonl", &both[1]);
    assert_int_equal(both[0].n, 30);
    assert_int_equal(both[1].n, 30);
    assert_int_equal(both[0].nwarnings + both[1].nwarnings, 0);
    assert_int_equal(
        lines_open(unit_data("aime/aime_splits_expected.jsonl"), LINES_MAX, &l, &err), OK);
    for (; lines_next(l, &line, &err) == OK && line.p; n++) {
        struct json *row;
        assert_int_equal(json_parse(line, JSON_STRICT, &row, &err), OK);
        check_split(row, &both[str_starts(json_str(json_get(row, "id")), STR("2025"))], &empty);
        json_free(row);
    }
    lines_free(l);
    assert_int_equal(n, 60);
    assert_int_equal(empty, 5);
    empty = 0;
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(split_items(splitter_find(STR("strict")), &(struct split_options){0},
                             &both[i], &arena, &list, &err),
            OK);
        assert_int_equal(list.nwarnings, 0);
        for (size_t k = 0; k < list.n; k++)
            empty += list.v[k].empty_context;
        for (size_t k = 0; k < both[i].n; k++)
            overridden += both[i].v[k].override != NULL;
        split_list_release(&list);
        item_list_release(&both[i]);
    }
    assert_int_equal(empty, 6);
    assert_int_equal(overridden, 2);
}

/* One problem, cut, for the questions of DATASETS B2. */
struct looked_at {
    const struct item *item;
    struct str text; /* blanks collapsed */
    struct statements s;
    struct cut release;
};

static bool has(const struct looked_at *p, const char *pattern)
{
    struct regex *re;
    struct err err = {0};

    assert_int_equal(regex_new(str_c(pattern), 0, &re, &err), OK);
    bool yes = regex_match(re, p->text, 0, NULL, 0) == REGEX_YES;
    regex_free(re);
    return yes;
}

/* Number of pieces if the text is cut at blanks behind '.', '?', '!'. */
static size_t naive_pieces(struct str text)
{
    size_t n = 1;

    for (size_t i = 1; i < text.n; i++)
        n += text.p[i] == ' ' && strchr(".?!", text.p[i - 1]) != NULL;
    return n;
}

static bool one_statement(const struct looked_at *p)
{
    return p->s.n == 1;
}

static bool question_not_last(const struct looked_at *p)
{
    return p->s.question != p->s.n - 1;
}

static bool drawn(const struct looked_at *p)
{
    return p->item->figures > 0;
}

static bool speaks_of_figure(const struct looked_at *p)
{
    return has(p, "below|as shown");
}

static bool release_only_closes(const struct looked_at *p)
{
    return str_starts(p->release.query, STR("\\]")) ||
           str_starts(p->release.query, STR("\\end{")) || str_starts(p->release.query, STR("$"));
}

static bool naive_count_wrong(const struct looked_at *p)
{
    return naive_pieces(p->text) != p->s.n;
}

static bool period_before_mark(const struct looked_at *p)
{
    return has(p, "\\. ?(\\$|\\\\\\])");
}

static bool no_final_stop(const struct looked_at *p)
{
    return !strchr(".?!", p->text.p[p->text.n - 1]);
}

static bool dots_or_factorial(const struct looked_at *p)
{
    return has(p, "\\\\[lc]?dots|[0-9n]!");
}

static bool decimal(const struct looked_at *p)
{
    return has(p, "[0-9]\\.[0-9]");
}

static const struct question {
    const char *noun;
    bool (*is)(const struct looked_at *p);
    const char *ids[2]; /* of 2024 and of 2025 */
} questions[] = {
    {"one statement", one_statement, {"I-7 II-11 ", "I-1 I-4 II-2 "}},
    {"question not last", question_not_last, {"II-3 II-15 ", "I-8 "}},
    {"figure", drawn, {"II-8 II-15 ", ""}},
    {"speaks of a figure", speaks_of_figure, {"I-6 II-3 II-15 ", "I-10 II-5 II-6 "}},
    {"release query is a closing mark", release_only_closes, {"I-12 II-11 ", ""}},
    {"naive count wrong", naive_count_wrong, {"I-4 II-11 ", "I-10 "}},
    {"period before mark", period_before_mark, {"I-4 I-8 I-12 II-2 ", "II-13 II-14 "}},
    {"no final stop", no_final_stop, {"I-12 II-3 II-11 ", ""}},
    {"dots or factorial", dots_or_factorial, {"I-4 ", "I-5 II-4 II-12 II-13 "}},
    {"decimal", decimal, {"", ""}},
};

static void look_at(const struct item *item, struct looked_at *ret)
{
    struct buf flat = BUF_INIT;

    buf_collapse(&flat, item->question);
    *ret = (struct looked_at){.item = item, .text = arena_str(&arena, buf_str(&flat))};
    buf_release(&flat);
    statement_find(ret->text, &arena, &ret->s);
    splitter_find(STR("release"))->cut(item, &(struct split_options){0}, &arena, &ret->release);
}

static void check_questions(const struct item_list *items, size_t year)
{
    struct looked_at p;

    for (size_t q = 0; q < ARRAY_LEN(questions); q++) {
        struct buf ids = BUF_INIT;
        for (size_t i = 0; i < items->n; i++) {
            look_at(&items->v[i], &p);
            if (questions[q].is(&p))
                buf_printf(&ids, "%s ", p.item->id.p + strlen("aime-2024/2024-"));
        }
        if (!str_eq(buf_str(&ids), str_c(questions[q].ids[year])))
            fail_msg("%s: %s", questions[q].noun, buf_cstr(&ids));
        buf_release(&ids);
    }
}

/* DATASETS B2, every count that the texts at hand allow. */
static void test_real_counts(void **state)
{
    static const size_t context_chars[] = {236, 310}, query_chars[] = {76, 52};
    struct item_list items;

    (void)state;
    for (size_t year = 0; year < 2; year++) {
        size_t least = SIZE_MAX, most = 0, context = 0, query = 0;
        load_real(year ? &aime_2025 : &aime_2024,
            year ? "aime/aime_2025.jsonl" : "aime/aime_2024.jsonl", &items);
        check_questions(&items, year);
        for (size_t i = 0; i < items.n; i++) {
            struct looked_at p;
            struct cut cut = {.warning = NULL};
            struct item item = items.v[i];
            item.override = NULL;
            look_at(&item, &p);
            least = p.s.n < least ? p.s.n : least;
            most = p.s.n > most ? p.s.n : most;
            splitter_find(STR("strict"))->cut(&item, &(struct split_options){0}, &arena, &cut);
            context += str_utf8_count(cut.context);
            query += str_utf8_count(cut.query);
        }
        assert_int_equal(least, 1);
        assert_int_equal(most, 6);
        assert_int_equal((context + items.n / 2) / items.n, context_chars[year]);
        assert_int_equal((query + items.n / 2) / items.n, query_chars[year]);
        item_list_release(&items);
    }
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
        cmocka_unit_test(test_real_ids),
        cmocka_unit_test(test_real_splits),
        cmocka_unit_test(test_real_counts),
    };

    return cmocka_run_group_tests(tests, NULL, clean_up);
}
