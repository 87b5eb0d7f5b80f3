/*
 * test_gsm_facts.c - the counts of DATASETS A1, A3 and A4 on the real rows at hand.
 *
 * Expected values were counted by a Python script with its own splitter
 * (scripts/reference/splitters.py) and fractions, for templates 0 to 39 of P2 and for the stand-in
 * for P1.
 */
#include "harness/base/number.h"
#include "splitters/sentence.h"
#include "splitters/split.h"
#include "splitters/split_stats.h"
#include "tests/unit/unit.h"

static struct err err;
static struct arena arena;

/* Traits of the rows of a file. */
struct facts {
    size_t rows, question_mark, period, not_ascii,
        blanks; /* of the question; blanks: none but ' ' */
    size_t titles, title_templates, quotes;
    size_t query_numbers, query_number_templates, query_if, query_if_templates;
    size_t fewest_sentences, most_sentences;
    uint64_t context_chars, query_chars;
    size_t one_digit, tenths, not_whole, not_two_decimals, below_one;
    double least, most;
    bool has_title[100], has_number[100], has_if[100];
};

static bool has_digit(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (str_is_digit(s.p[i]))
            return true;
    return false;
}

static size_t occurrences(struct str s, const char *needle)
{
    size_t n = 0;

    for (size_t at = 0; (at = str_find(s, str_c(needle), at)) != SIZE_MAX; at++)
        n += at == 0 || !str_is_alpha(s.p[at - 1]);
    return n;
}

static size_t sentences(struct str text)
{
    size_t n = 0;

    for (size_t start = 0; start < text.n; n++) {
        start = sentence_end(text, start);
        while (start < text.n && str_is_blank(text.p[start]))
            start++;
    }
    return n;
}

static void count_question(struct facts *f, const struct item *item, size_t template)
{
    struct str q = item->question;
    bool ascii = true, odd = false;
    size_t n = sentences(q);
    size_t titles = occurrences(q, "Mr.") + occurrences(q, "Mrs.") + occurrences(q, "Ms.") +
                    occurrences(q, "Dr.");

    for (size_t i = 0; i < q.n; i++) {
        ascii &= (unsigned char)q.p[i] < 0x80;
        odd |= str_is_blank(q.p[i]) && (q.p[i] != ' ' || q.p[i + 1] == ' ');
    }
    f->question_mark += str_ends(q, STR("?"));
    f->period += str_ends(q, STR("."));
    f->not_ascii += !ascii;
    f->blanks += odd;
    f->titles += titles;
    f->has_title[template] |= titles > 0;
    f->fewest_sentences = f->rows == 0 || n < f->fewest_sentences ? n : f->fewest_sentences;
    f->most_sentences = n > f->most_sentences ? n : f->most_sentences;
}

static void count_gold(struct facts *f, struct str gold)
{
    struct buf two = BUF_INIT;
    struct rat r;

    assert_true(rat_parse(gold, &r));
    double v = rat_double(r);
    f->one_digit += gold.n == 1;
    f->tenths += str_ends(gold, STR(".0"));
    f->not_whole += !rat_is_int(r);
    buf_printf(&two, "%.2f", v);
    f->not_two_decimals += !str_eq(buf_str(&two), gold);
    f->below_one += r.num <= 0;
    f->least = f->rows == 0 || v < f->least ? v : f->least;
    f->most = v > f->most ? v : f->most;
    buf_release(&two);
}

static void count_cut(struct facts *f, const struct item *item, size_t template)
{
    static const struct split_options plain;
    struct cut cut = {.warning = NULL};

    splitter_find(STR("strict"))->cut(item, &plain, &arena, &cut);
    f->context_chars += str_utf8_count(cut.context);
    f->query_chars += str_utf8_count(cut.query);
    f->quotes += occurrences(cut.context, "\"");
    f->query_numbers += has_digit(cut.query);
    f->has_number[template] |= has_digit(cut.query);
    f->query_if += str_starts(cut.query, STR("If "));
    f->has_if[template] |= str_starts(cut.query, STR("If "));
}

static void count_file(const char *path, const char *name, struct facts *f)
{
    struct item_list items;

    memset(f, 0, sizeof *f);
    if (item_read_jsonl(path, name, NULL, false, &arena, &items, &err))
        fail_msg("%s", err.msg);
    for (size_t i = 0; i < items.n; i++, f->rows++) {
        size_t template = strtoul(items.v[i].stratum.p, NULL, 10);
        assert_true(template <100);
        count_question(f, &items.v[i], template);
        count_cut(f, &items.v[i], template);
        count_gold(f, items.v[i].gold);
    }
    for (size_t i = 0; i < 100; i++) {
        f->title_templates += f->has_title[i];
        f->query_number_templates += f->has_number[i];
        f->query_if_templates += f->has_if[i];
    }
    item_list_release(&items);
}

static void test_p2(void **state)
{
    struct facts f;

    (void)state;
    count_file(unit_data("gsm_symbolic/GSM_p2_t00-39.jsonl"), "gsm-symbolic-p2", &f);
    assert_int_equal(f.rows, 2000);
    assert_int_equal(f.question_mark, 1900);
    assert_int_equal(f.period, 100);
    assert_int_equal(f.blanks, 0);
    assert_int_equal(f.not_ascii, 237);
    assert_int_equal(f.titles, 305);
    assert_int_equal(f.title_templates, 3);
    assert_true(f.has_title[25] && f.has_title[32] && f.has_title[34]);
    assert_int_equal(f.quotes, 0);
    assert_int_equal(f.query_numbers, 700);
    assert_int_equal(f.query_number_templates, 14);
    assert_int_equal(f.query_if, 400);
    assert_int_equal(f.query_if_templates, 8);
    assert_int_equal(f.fewest_sentences, 2);
    assert_int_equal(f.most_sentences, 9);
    assert_int_equal(f.context_chars, 649499); /* 324.7 a row */
    assert_int_equal(f.query_chars, 158751);   /* 79.4 a row */
    assert_int_equal(f.one_digit, 242);
    assert_int_equal(f.tenths, 47);
    assert_int_equal(f.not_whole, 53);
    assert_int_equal(f.not_two_decimals, 1969);
    assert_int_equal(f.below_one, 0);
    assert_true(f.least == 1 && f.most == 297902);
}

static void test_p1_stand_in(void **state)
{
    struct facts f;

    (void)state;
    count_file(unit_data("gsm_symbolic/synthetic_p1_standin.jsonl.gz"), "gsm-symbolic-p1", &f);
    assert_int_equal(f.rows, 4000);
    assert_int_equal(f.question_mark, 3850);
    assert_int_equal(f.period, 150);
    assert_int_equal(f.blanks, 0);
    assert_int_equal(f.titles, 266);
    assert_int_equal(f.title_templates, 3);
    assert_int_equal(f.quotes, 100);
    assert_int_equal(f.query_numbers, 1813);
    assert_int_equal(f.query_number_templates, 37);
    assert_int_equal(f.query_if, 950);
    assert_int_equal(f.query_if_templates, 19);
    assert_int_equal(f.fewest_sentences, 2);
    assert_int_equal(f.most_sentences, 9);
    assert_int_equal(f.context_chars, 889778);
    assert_int_equal(f.query_chars, 317393);
    assert_int_equal(f.not_whole, 50);
    assert_int_equal(f.tenths, 0);
    assert_int_equal(f.one_digit, 500);
    assert_true(f.least == 1 && f.most == 243300);
}

/* "####" stands once in an answer, in its last line; golds are digits, or digits with a point in
 * the rows of templates 0 and 2. */
static void test_answers(void **state)
{
    struct buf text = BUF_INIT;
    struct str rest, line;
    size_t rows = 0, decimals = 0;

    (void)state;
    if (file_read(unit_data("gsm_symbolic/GSM_p2_t00-39.jsonl"), 0, &text, &err))
        fail_msg("%s", err.msg);
    rest = buf_str(&text);
    while (str_cut(&rest, '\n', &line)) {
        if (!line.n)
            break;
        size_t from = str_find(line, STR("\"answer\": \""), 0);
        size_t to = str_find(line, STR("\", \"original_id\""), from);
        assert_true(from != SIZE_MAX && to != SIZE_MAX);
        struct str answer = str_slice(line, from, to);
        size_t mark = str_find(answer, STR("\\n#### "), 0);
        assert_true(mark != SIZE_MAX);
        struct str gold = str_from(answer, mark + 7);
        assert_int_equal(str_find(answer, STR("####"), mark + 6), SIZE_MAX);
        size_t points = 0;
        for (size_t i = 0; i < gold.n; i++) {
            points += gold.p[i] == '.';
            assert_true(gold.p[i] == '.' || str_is_digit(gold.p[i]));
        }
        bool decimal_template =
            str_starts(line, STR("{\"id\": 0,")) || str_starts(line, STR("{\"id\": 2,"));
        assert_int_equal(points, decimal_template ? 1 : 0);
        decimals += points;
        rows++;
    }
    assert_int_equal(rows, 2000);
    assert_int_equal(decimals, 100);
    buf_release(&text);
}

/* Counted by Python over pairs of original_id and context. */
static void test_stats(void **state)
{
    struct item_list items;
    struct split_list list;
    struct split_stats t;
    static const struct split_options plain;

    (void)state;
    const char *path = unit_data("gsm_symbolic/GSM_p2_t00-39.jsonl");
    if (item_read_jsonl(path, "gsm-symbolic-p2", NULL, false, &arena, &items, &err) ||
        split_items(splitter_find(STR("strict")), &plain, &items, &arena, &list, &err))
        fail_msg("%s", err.msg);
    split_stats_of(&list, &t);
    assert_int_equal(t.contexts, 1978);
    assert_int_equal(t.queries, 2000);
    assert_int_equal(t.origins[ORIGIN_UNSAID], 2000);
    assert_int_equal(t.empty_contexts, 0);
    assert_int_equal(t.context_chars, 649499);
    assert_int_equal(t.query_chars, 158751);
    assert_int_equal(t.integer_golds, 1900);
    assert_int_equal(t.decimal_golds, 100);
    assert_int_equal(t.other_golds, 0);
    assert_int_equal(t.fewest, 1);
    assert_int_equal(t.most, 5);
    split_list_release(&list);
    item_list_release(&items);
}

static int release_all(void **state)
{
    arena_release(&arena);
    return unit_cleanup(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_p2),
        cmocka_unit_test(test_p1_stand_in),
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_stats),
    };

    return cmocka_run_group_tests(tests, NULL, release_all);
}
