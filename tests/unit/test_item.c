/* test_item.c - rows to items: columns, the GSM forms, malformed rows. */
#include "datasets/item.h"
#include "tests/unit/unit.h"

static struct arena arena;

static enum err_code read_text(const char *text, const struct item_columns *columns, bool skip_bad,
    struct item_list *list, struct err *err)
{
    const char *path = unit_file("rows.jsonl", str_c(text));

    *err = (struct err){0};
    return item_read_jsonl(path, "set", columns, skip_bad, &arena, list, err);
}

static struct item read_one(const char *text, const struct item_columns *columns)
{
    struct item_list list = {0};
    struct err err;

    if (read_text(text, columns, false, &list, &err))
        fail_msg("%s", err.msg);
    assert_int_equal(list.n, 1);
    struct item item = list.v[0];
    item_list_release(&list);
    return item;
}

#define GSM_TAIL                                                                                   \
    "\"answer\":\"5 - 3 = 2\\nSo #### no\\n#### 2.0\",\"original_id\":473,"                        \
    "\"original_question\":\"x\",\"original_answer\":\"#### 9\",\"canary\":\"c\"}"

static void test_gsm_row(void **state)
{
    (void)state;
    struct item i = read_one(
        "{\"id\":3,\"instance\":17,\"question\":\"A is 5. What is A - 3?\"," GSM_TAIL, NULL);
    assert_str(i.id, "set/0003/17");
    assert_str(i.cluster, "473");
    assert_str(i.stratum, "0003");
    assert_str(i.question, "A is 5. What is A - 3?");
    assert_str(i.gold, "2.0"); /* as written */
    assert_str(i.solution, "5 - 3 = 2\nSo #### no");
    assert_false(i.stateful);
    assert_int_equal(i.line, 1);
    /* no original id: the template is the unit */
    i = read_one("{\"id\":3,\"instance\":1,\"question\":\"Q?\",\"answer\":\"#### 7\"}", NULL);
    assert_str(i.cluster, "template-0003");
    assert_str(i.solution, "");
}

static void test_released_form(void **state)
{
    (void)state;
    /* Apple's question is there: the splitters cut it themselves */
    struct item i = read_one("{\"id\":3,\"instance\":17,\"question\":\"A is $0.5. What is A?\","
                             "\"stateful_gsm_symbolic_context\":\"A is $0. 5.\","
                             "\"stateful_gsm_symbolic_question\":\"What is A?\"," GSM_TAIL,
        NULL);
    assert_false(i.stateful);
    assert_str(i.question, "A is $0.5. What is A?");
    /* it is not: the released cut is all there is */
    i = read_one("{\"id\":3,\"instance\":17,\"stateful_gsm_symbolic_context\":\"A is 5.\","
                 "\"stateful_gsm_symbolic_question\":\"What is A?\"," GSM_TAIL,
        NULL);
    assert_true(i.stateful);
    assert_str(i.question, "A is 5. What is A?");
    assert_str(i.context, "A is 5.");
    assert_str(i.query, "What is A?");
}

static void test_synonyms_and_map(void **state)
{
    (void)state;
    struct item i =
        read_one("{\"ID\":\"2024-I-1\",\"Problem\":\" P \",\"Answer\":\" 025 \",\"x\":null}", NULL);
    assert_str(i.id, "set/2024-I-1");
    assert_str(i.question, "P");
    assert_str(i.gold, "025");
    assert_str(i.cluster, "set/2024-I-1");
    i = read_one("\n\n{\"problem\":\"P\",\"expected_answer\":25}", NULL);
    assert_str(i.id, "set/3"); /* no id: the line */
    assert_str(i.gold, "25");
    i = read_one("{\"problem_idx\":4,\"prompt\":\"P\",\"answer\":2.5,\"solution\":\"s\"}", NULL);
    assert_str(i.id, "set/4");
    assert_str(i.gold, "2.5");
    assert_str(i.solution, "s");
    struct item_columns map = {
        .id = "k", .question = "t", .answer = "a", .cluster = "g", .stratum = "h"};
    i = read_one("{\"k\":\"set/1\",\"t\":\"P\",\"a\":\"1\",\"g\":7,\"h\":\"u\",\"id\":[]}", &map);
    assert_str(i.id, "set/1");
    assert_str(i.cluster, "7");
    assert_str(i.stratum, "u");
    struct item_columns cut = {.context = "context", .query = "question"};
    i = read_one("{\"context\":\"\",\"question\":\"Q?\",\"answer\":\"1\"}", &cut);
    assert_true(i.stateful);
    assert_str(i.question, "Q?");
    i = read_one("{\"context\":\"C.\",\"query\":\"Q?\",\"answer\":\"1\"}", NULL);
    assert_str(i.question, "C. Q?");
}

static void test_line_forms(void **state)
{
    struct item_list list;
    struct err err;

    (void)state;
    assert_int_equal(read_text("\xEF\xBB\xBF{\"question\":\"a\",\"answer\":\"1\"}\r\n\r\n  \n"
                               "{\"question\":\"b\",\"answer\":\"2\"}\r\n"
                               "{\"question\":\"c\\u00e9\",\"answer\":\"3\"}",
                         NULL, false, &list, &err),
        OK);
    assert_int_equal(list.n, 3);
    assert_str(list.v[0].question, "a");
    assert_int_equal(list.v[1].line, 4);
    assert_str(list.v[2].question, "c\xC3\xA9");
    assert_int_equal(list.skipped, 0);
    item_list_release(&list);
}

#define GOOD "{\"id\":\"g\",\"question\":\"Q?\",\"answer\":\"1\"}\n"

static void test_bad_rows(void **state)
{
    static const struct {
        const char *row, *message;
    } cases[] = {
        {"{\"question\":\"Q?\",\"answer\":\"1\"", "rows.jsonl:2: column"},
        {"{\"question\":\"Q?\",\"answer\":\"1\"} x", "behind the end"},
        {"[1]", "one JSON object a line, this is a list"},
        {"null", "this is null"},
        {"{\"question\":\"Q?\"}", "holds the answer (tried answer); the row has: question"},
        {"{\"answer\":\"1\",\"extra\":1}",
            "holds the question (tried question); the row has: answer, extra"},
        {"{\"question\":\" \",\"answer\":\"1\"}", "the question is empty"},
        {"{\"question\":[],\"answer\":\"1\"}", "the question is a list, not a text"},
        {"{\"question\":\"Q?\",\"answer\":\"\"}", "the answer is empty"},
        {"{\"question\":\"Q?\",\"answer\":\"x\\n#### \"}", "the answer is empty"},
        {"{\"question\":\"Q?\",\"answer\":null}", "holds the answer"},
        {"{\"question\":\"Q?\",\"answer\":12345678901234567890}", "too large to be exact"},
        {"{\"question\":\"Q?\",\"context\":\"C\",\"answer\":\"1\"}", "no query"},
        {"{\"context\":\"C\",\"answer\":\"1\"}", "holds the query"},
        {"{\"context\":\"C\",\"query\":\"\",\"answer\":\"1\"}", "the query is empty"},
        {"{\"id\":1,\"instance\":2,\"question\":\"Q?\",\"answer\":\"5\"}",
            "no line \"#### value\""},
        {"{\"id\":\"g\",\"question\":\"R?\",\"answer\":\"1\"}",
            ":2: id \"set/g\" stands in line 1"},
        {"{\"question\":\"\\u0000\",\"answer\":\"1\"}", "\\u0000"},
        {"{\"question\":\"\xFF\",\"answer\":\"1\"}", "not valid UTF-8"},
        {"{\"question\":\"Q\",\"question\":\"R\",\"answer\":\"1\"}", "twice"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct item_list list = {0};
        struct buf text = BUF_INIT;
        struct err err;
        buf_printf(&text, GOOD "%s\n", cases[i].row);
        assert_int_equal(read_text(buf_cstr(&text), NULL, false, &list, &err), ERR_INPUT);
        assert_message(err, cases[i].message);
        assert_message(err, "rows.jsonl:2: ");
        assert_int_equal(list.n, 0);
        assert_int_equal(read_text(buf_cstr(&text), NULL, true, &list, &err), OK);
        assert_int_equal(list.n, 1);
        assert_int_equal(list.skipped, 1);
        assert_str(list.v[0].id, "set/g");
        item_list_release(&list);
        buf_release(&text);
    }
}

static void test_duplicates(void **state)
{
    struct item_list list;
    struct err err;
    const char *rows = "{\"id\":\"b\",\"question\":\"1\",\"answer\":\"1\"}\n"
                       "{\"id\":\"a\",\"question\":\"2\",\"answer\":\"1\"}\n"
                       "{\"id\":\"b\",\"question\":\"3\",\"answer\":\"1\"}\n"
                       "{\"id\":\"a\",\"question\":\"4\",\"answer\":\"1\"}\n"
                       "{\"id\":\"b\",\"question\":\"5\",\"answer\":\"1\"}\n";

    (void)state;
    assert_int_equal(read_text(rows, NULL, false, &list, &err), ERR_INPUT);
    assert_message(err, ":3: id \"set/b\" stands in line 1 already");
    assert_int_equal(read_text(rows, NULL, true, &list, &err), OK);
    assert_int_equal(list.n, 2);
    assert_int_equal(list.skipped, 3);
    assert_str(list.v[0].question, "1");
    assert_str(list.v[1].question, "2");
    item_list_release(&list);
}

static void test_files(void **state)
{
    struct item_list list;
    struct err err = {0};
    struct item_columns map = {.question = "nope"};

    (void)state;
    assert_int_equal(
        item_read_jsonl(unit_path("absent"), "s", NULL, true, &arena, &list, &err), ERR_NOT_FOUND);
    assert_message(err, "absent");
    assert_int_equal(read_text("", NULL, true, &list, &err), ERR_INPUT);
    assert_message(err, "no usable row");
    assert_int_equal(read_text("x\ny\n", NULL, true, &list, &err), ERR_INPUT);
    assert_message(err, "2 left out");
    assert_int_equal(read_text("\x1f\x8b\x08", NULL, true, &list, &err), ERR_INPUT);
    assert_message(err, ":1: the gzip data is cut short"); /* skip_bad is no help */
    assert_int_equal(read_text(GOOD, &map, false, &list, &err), ERR_INPUT);
    assert_message(err, "no column \"nope\" for the question; the row has: id, question, answer");
}

/* A line over the limit is an error with its number; reading goes on behind it. */
static void test_long_line(void **state)
{
    struct item_list list;
    struct buf text = BUF_INIT;
    struct err err;

    (void)state;
    buf_puts(&text, GOOD "{\"question\":\"");
    for (int i = 0; i < 17 << 10; i++)
        for (int k = 0; k < 16; k++)
            buf_puts(&text, "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef");
    buf_puts(&text, "\",\"answer\":\"1\"}\n{\"question\":\"z\",\"answer\":\"1\"}\n");
    assert_int_equal(read_text(buf_cstr(&text), NULL, false, &list, &err), ERR_INPUT);
    assert_message(err, "rows.jsonl:2: the line is longer than");
    assert_int_equal(read_text(buf_cstr(&text), NULL, true, &list, &err), OK);
    assert_int_equal(list.n, 2);
    assert_int_equal(list.v[1].line, 3);
    item_list_release(&list);
    buf_release(&text);
}

static void test_real_rows(void **state)
{
    struct item_list list;
    struct err err = {0};
    const char *path = unit_data("gsm_symbolic/GSM_p2_t00-39.jsonl");
    size_t tenths = 0;

    (void)state;
    assert_int_equal(
        item_read_jsonl(path, "gsm-symbolic-p2", NULL, false, &arena, &list, &err), OK);
    assert_int_equal(list.n, 2000);
    assert_int_equal(list.skipped, 0);
    for (size_t i = 0; i < list.n; i++) {
        assert_true(list.v[i].solution.n > 0);
        tenths += str_ends(list.v[i].gold, STR(".0"));
    }
    assert_int_equal(tenths, 47);
    assert_str(list.v[0].id, "gsm-symbolic-p2/0000/0");
    assert_str(list.v[0].cluster, "473");
    assert_str(list.v[0].gold, "32.5");
    assert_str(list.v[1999].id, "gsm-symbolic-p2/0039/49");
    item_list_release(&list);
}

static int release_all(void **state)
{
    arena_release(&arena);
    return unit_cleanup(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gsm_row),
        cmocka_unit_test(test_released_form),
        cmocka_unit_test(test_synonyms_and_map),
        cmocka_unit_test(test_line_forms),
        cmocka_unit_test(test_bad_rows),
        cmocka_unit_test(test_duplicates),
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_long_line),
        cmocka_unit_test(test_real_rows),
    };

    return cmocka_run_group_tests(tests, NULL, release_all);
}
