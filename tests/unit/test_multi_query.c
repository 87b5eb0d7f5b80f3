/* test_multi_query.c - replies that list questions, case by case: what is read, what is dropped. */
#include "datasets/multi_query.h"
#include "harness/base/clock.h"
#include "metrics/gold.h"
#include "tests/unit/unit.h"

/* A reply with all that should come of it: pairs as "question|solution|gold", NULL-ended, lines of
 * a solution joined by "/"; drops as "name=count" separated by blanks. */
static const struct reply_case {
    const char *about, *reply, *pairs[5], *drops;
} cases[] = {
    {"as asked",
        "Question: How many pears are there?\nSolution: 3 + 4 = 7\n#### 7\n\n"
        "Question: How many more?\nSolution: 4 - 3 = 1\n#### 1\n",
        {"How many pears are there?|3 + 4 = 7|7", "How many more?|4 - 3 = 1|1"}, ""},
    {"CRLF, mark of byte order, no final line end",
        "\xEF\xBB\xBFQuestion: How many?\r\nSolution: 2\r\n3 * 4\r\n#### 12",
        {"How many?|2/3 * 4|12"}, ""},
    {"numbered, bold, headed, in a fence",
        "Here are four questions:\n\n```\n1. **Question:** How old is Ann?\n   **Solution:** 3 * "
        "4\n"
        "   #### **12**\n---\n### Question 2\nHow old is Bob?\n\n**Answer**\n5 years.\n#### 5 "
        "years\n\n"
        "**Q3:** How old is Cy?\nA: 6\n#### $6.50\n\nQ4. How old is Di?\nWorked solution: 7\n"
        "Answer: #### 7.\n```\nI hope they help!",
        {"How old is Ann?|3 * 4|12", "How old is Bob?|5 years.|5", "How old is Cy?|6|6.5",
            "How old is Di?|7|7"},
        ""},
    {"no labels, a paragraph each",
        "How many pears are there? He has 3 + 4 = 7. #### 7\n\nHow many are left?\n7 - 2 = 5\n#### "
        "5",
        {"How many pears are there?|He has 3 + 4 = 7.|7", "How many are left?|7 - 2 = 5|5"}, ""},
    {"no labels, facts in front of the question, numbers",
        "1) Suppose two more come.\nHow many are there?\n2 + 7 = 9\n#### 9\n"
        "2) How many go?\n9 - 1 = 8\n#### 8\n",
        {"Suppose two more come. How many are there?|2 + 7 = 9|9", "How many go?|9 - 1 = 8|8"}, ""},
    {"a request without a question mark",
        "Question: Work out the total.\n3 + 4 = 7\n#### 7\n\nFind the difference.\n4 - 3 = 1\n#### "
        "1\n\nFind it all.\nSolution: 8\n#### 8",
        {"Work out the total.|3 + 4 = 7|7", "Find the difference.|4 - 3 = 1|1", "Find it all.|8|8"},
        ""},
    {"a missing value is not taken from the next pair",
        "Question: How many pears?\nSolution: 3 + 4 = 7\n\nQuestion: How many plums?\n"
        "Solution: 5\n#### 5\n",
        {"How many plums?|5|5"}, "no_gold=1"},
    {"nor without labels",
        "How many pears?\n3 + 4 = 7\n\nHow many plums?\n5\n#### 5\n\nHow many nuts?\n9\n",
        {"How many plums?|5|5"}, "no_gold=2"},
    {"a question inside a labelled solution",
        "Question: How many?\nSolution: What is needed?\n\nThe sum. Is that all?\n\n8\n#### 8\n",
        {"How many?|What is needed?/The sum. Is that all?/8|8"}, ""},
    {"values that are not one number",
        "Question: A?\n#### twelve\nQuestion: B?\n#### 3 or 4\nQuestion: C?\n#### 5-7\n"
        "Question: D?\n####\nQuestion: E?\n#### 3 + 4 = 7\nQuestion: F?\n#### 2 hours 30 minutes\n"
        "Question: G?\n#### -1,234.50 km/h\nQuestion: H?\n#### 3/4",
        {"G?||-1234.5", "H?||0.75"}, "bad_gold=6"},
    {"headings of four marks are no values",
        "#### Question 1: How many?\n#### Solution\n3\n#### 3\n#### 2. How many more?\n4\n#### 4\n",
        {"How many?|3|3", "How many more?|4|4"}, ""},
    {"the value said twice; a value alone",
        "Question: How many?\nSolution: 3\n#### 3\n#### 3\n\n#### 8\n", {"How many?|3|3"},
        "no_question=1"},
    {"again, the given one, too many",
        "Question: How many PEARS,  then?\nSolution: 1\n#### 1\nQuestion: how many pears then\n"
        "#### 2\nQuestion: Is it the Given one?\n#### 3\nQuestion: Two?\n#### 4\nQuestion: "
        "Three?\n#### 5\nQuestion: Four?\n#### 6\nQuestion: Five?\n#### 7\n",
        {"How many PEARS,  then?|1|1", "Two?||4", "Three?||5", "Four?||6"},
        "original=1 duplicate=1 surplus=1"},
    {"points inside numbers tell questions apart",
        "Question: At 1.5 each?\n#### 1\nQuestion: At 15 each?\n#### 2\n",
        {"At 1.5 each?||1", "At 15 each?||2"}, ""},
    {"an empty question", "Question:\nSolution: 3\n#### 3\n", {NULL}, "no_question=1"},
    {"nothing but words", "I know this text by heart and cannot ask anything else about it.",
        {NULL}, ""},
    {"nothing at all", "", {NULL}, ""},
    {"bytes that are no text",
        "Question: How\x01 m\xFFny?\nSolution: a\x1F"
        "b\n#### 4\n",
        {"How  m\xEF\xBF\xBDny?|a b|4"}, ""},
};

static void print_drops(const struct multi_query *m, struct buf *out)
{
    for (int d = 0; d < MULTI_QUERY_DROP_COUNT; d++)
        if (m->dropped[d])
            buf_printf(out, "%s%s=%zu", out->n ? " " : "",
                multi_query_drop_text((enum multi_query_drop)d), m->dropped[d]);
}

static void print_pair(const struct multi_query_pair *p, struct buf *out)
{
    buf_printf(out, "%.*s|", STR_ARG(p->question));
    for (size_t i = 0; i < p->solution.n; i++)
        buf_putc(out, p->solution.p[i] == '\n' ? '/' : p->solution.p[i]);
    buf_printf(out, "|%.*s", STR_ARG(p->gold));
}

static void check_total(const struct multi_query *m)
{
    size_t n = m->n;

    for (int d = 0; d < MULTI_QUERY_DROP_COUNT; d++)
        n += m->dropped[d];
    assert_int_equal(n, m->found);
}

static struct multi_query parse(struct str reply, bool cut, struct arena *arena)
{
    struct multi_query_options o = {
        .original = STR("Is it the given one?"), .most = 4, .cut = cut, .gold = gold_read};
    struct multi_query m;

    multi_query_parse(reply, &o, arena, &m);
    check_total(&m);
    return m;
}

static void test_replies(void **state)
{
    struct arena arena = {0};
    struct buf got = BUF_INIT;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct reply_case *c = &cases[i];
        struct multi_query m = parse(str_c(c->reply), false, &arena);
        size_t n = 0;
        for (; c->pairs[n]; n++) {
            buf_reset(&got);
            if (n < m.n)
                print_pair(&m.v[n], &got);
            if (strcmp(buf_cstr(&got), c->pairs[n]) != 0)
                fail_msg(
                    "%s, pair %zu: \"%s\", not \"%s\"", c->about, n, buf_cstr(&got), c->pairs[n]);
        }
        buf_reset(&got);
        print_drops(&m, &got);
        if (m.n != n || strcmp(buf_cstr(&got), c->drops) != 0)
            fail_msg("%s: %zu pairs, drops \"%s\", not %zu and \"%s\"", c->about, m.n,
                buf_cstr(&got), n, c->drops);
    }
    buf_release(&got);
    arena_release(&arena);
}

static void test_cut_reply(void **state)
{
    struct arena arena = {0};
    struct str reply = STR("Question: A?\n#### 12\nQuestion: B?\n#### 12");
    struct multi_query m = parse(reply, true, &arena);

    (void)state;
    assert_int_equal(m.n, 1); /* of 125, say */
    assert_int_equal(m.dropped[MULTI_QUERY_CUT], 1);
    m = parse(STR("Question: B?\n#### 12\n"), true, &arena);
    assert_int_equal(m.n, 1);
    m = parse(STR("Question: B?\nSolution: 5 + 7"), true, &arena);
    assert_int_equal(m.dropped[MULTI_QUERY_NO_GOLD], 1);
    arena_release(&arena);
}

static void test_limits(void **state)
{
    struct arena arena = {0};
    struct buf text = BUF_INIT;

    (void)state;
    buf_puts(&text, "Question: ");
    for (int i = 0; i < MULTI_QUERY_QUESTION; i++)
        buf_putc(&text, 'x');
    buf_puts(&text, "?\n#### 1\nQuestion: B?\nSolution: ");
    for (int i = 0; i <= MULTI_QUERY_SOLUTION; i++)
        buf_putc(&text, 'y');
    buf_puts(&text, "\n#### 1\nQuestion: C?\n#### 3\n");
    struct multi_query m = parse(buf_str(&text), false, &arena);
    assert_int_equal(m.n, 1);
    assert_int_equal(m.dropped[MULTI_QUERY_OVERLONG], 2);
    buf_reset(&text);
    while (text.n <= MULTI_QUERY_TEXT) /* what stands behind the limit is not looked at */
        buf_puts(&text, "one more line\n");
    buf_puts(&text, "Question: D?\n#### 4\n");
    m = parse(buf_str(&text), false, &arena);
    assert_int_equal(m.found, 0);
    buf_release(&text);
    arena_release(&arena);
}

/* A megabyte of one piece costs seconds at most, whatever the piece is. */
static void test_hostile(void **state)
{
    static const char *const pieces[] = {"?\n", "a\n", "a?b\n", "a?\n\n", "Solution: a\n",
        "Question: a?\n", "> ", "1. ", "*_", "#", "#### 5\n", "Q: a?\n#### 1\n"};
    int64_t start = clock_now_ns();

    (void)state;
    for (size_t k = 0; k < ARRAY_LEN(pieces); k++) {
        struct arena arena = {0};
        struct buf text = BUF_INIT;
        while (text.n + 20 < MULTI_QUERY_TEXT)
            buf_puts(&text, pieces[k]);
        buf_puts(&text, "?\n#### 5\n");
        (void)parse(buf_str(&text), false, &arena);
        buf_release(&text);
        arena_release(&arena);
    }
    assert_true(clock_now_ns() - start < INT64_C(20000000000));
}

static void test_names(void **state)
{
    (void)state;
    for (int d = 0; d < MULTI_QUERY_DROP_COUNT; d++) {
        assert_true(*multi_query_drop_text((enum multi_query_drop)d));
        assert_true(*multi_query_drop_help((enum multi_query_drop)d));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_replies),
        cmocka_unit_test(test_cut_reply),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
