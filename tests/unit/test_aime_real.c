/* test_aime_real.c - the 60 problems and every count of theirs that is known (SLEEPBENCH_DATA). */
#include "datasets/aime.h"
#include "harness/base/digest.h"
#include "harness/base/json.h"
#include "harness/base/lines.h"
#include "harness/base/regex.h"
#include "splitters/split.h"
#include "splitters/statement.h"
#include "tests/unit/unit.h"

static struct arena arena;

static void load_file(const struct dataset *d, const char *path, struct item_list *ret)
{
    struct config c = {.input = arena_str(&arena, str_c(path))};
    struct err err = {0};

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
    load_file(&aime_both, unit_file("rows.jsonl", buf_str(&rows)), &items);
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
    load_file(&aime_2024, unit_data("aime/aime_2024.jsonl"), &both[0]);
    load_file(&aime_2025, unit_data("aime/aime_2025.jsonl"), &both[1]);
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
        load_file(year ? &aime_2025 : &aime_2024,
            unit_data(year ? "aime/aime_2025.jsonl" : "aime/aime_2024.jsonl"), &items);
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
    arena_release(&arena);
    return unit_cleanup(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_real_ids),
        cmocka_unit_test(test_real_splits),
        cmocka_unit_test(test_real_counts),
    };

    return cmocka_run_group_tests(tests, NULL, clean_up);
}
