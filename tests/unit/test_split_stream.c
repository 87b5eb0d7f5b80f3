/* test_split_stream.c - rows one by one come to the same as all at once: items, splits, columns. */
#include "datasets/item_stream.h"
#include "splitters/split_writer.h"
#include "splitters/splitters.h"
#include "tests/unit/unit.h"

static struct err err;
static struct arena arena;

/* ---- rows ------------------------------------------------------------------------------------ */

static struct buf ids;

static enum err_code note_id(
    void *payload, const struct item *item, struct str row, struct arena *a, struct err *e)
{
    (void)payload, (void)a;
    if (str_find(row, STR("stop"), 0) != SIZE_MAX)
        return err_set(e, ERR_INPUT, "stopped");
    buf_printf(&ids, "%.*s@%zu ", STR_ARG(item->id), item->line);
    return OK;
}

static enum err_code stream(const char *text, bool skip_bad, size_t *skipped)
{
    buf_reset(&ids);
    return item_stream(
        unit_file("rows.jsonl", str_c(text)), "s", NULL, skip_bad, note_id, NULL, skipped, &err);
}

#define ROW(id) "{\"id\":\"" id "\",\"question\":\"A. B?\",\"answer\":\"1\"}\n"

static void test_rows(void **state)
{
    size_t skipped = 9;

    (void)state;
    assert_int_equal(stream("\xEF\xBB\xBF" ROW("a") "\r\n" ROW("b"), false, &skipped), OK);
    assert_string_equal(buf_cstr(&ids), "s/a@1 s/b@3 ");
    assert_int_equal(skipped, 0);
    assert_int_equal(stream(ROW("a") ROW("b") ROW("c") ROW("b") ROW("a"), false, &skipped),
        ERR_INPUT); /* the first in the file, though it sorts behind */
    assert_message(err, "rows.jsonl:4: id \"s/b\" stands in line 2 already");
    assert_int_equal(stream(ROW("a") "{}\n", false, &skipped), ERR_INPUT);
    assert_message(err, "rows.jsonl:2: no column that holds the question");
    assert_int_equal(stream("", false, &skipped), ERR_INPUT);
    assert_message(err, "holds no usable row");
    assert_int_equal(
        item_stream(unit_path("absent"), "s", NULL, false, note_id, NULL, &skipped, &err),
        ERR_NOT_FOUND);
}

static void test_rows_left_out(void **state)
{
    size_t skipped = 9;

    (void)state;
    assert_int_equal(
        stream("x\n" ROW("a") "{}\n" ROW("b") ROW("a") ROW("c") ROW("a"), true, &skipped), OK);
    assert_string_equal(buf_cstr(&ids), "s/a@2 s/b@4 s/c@6 ");
    assert_int_equal(skipped, 4);
    assert_int_equal(stream("x\n{}\n", true, &skipped), ERR_INPUT);
    assert_message(err, "2 left out");
    /* what is made of a row may fail: that row is not malformed */
    assert_int_equal(stream(ROW("a") ROW("stop"), true, &skipped), ERR_INPUT);
    assert_message(err, "rows.jsonl:2: stopped");
}

/* A pipe is read once only. */
static void test_a_pipe(void **state)
{
    struct buf command = BUF_INIT;
    const char *path = unit_path("pipe");
    size_t skipped;

    (void)state;
    buf_printf(&command, "mkfifo '%s'", path);
    assert_int_equal(system(buf_cstr(&command)), 0);
    assert_int_equal(item_stream(path, "s", NULL, true, note_id, NULL, &skipped, &err), ERR_USAGE);
    assert_message(err, "is no regular file");
    buf_release(&command);
}

/* ---- splits ---------------------------------------------------------------------------------- */

struct writing {
    struct split_writer *writer;
    const struct splitter *splitter;
    struct split_options options;
};

static enum err_code write_item(
    void *payload, const struct item *item, struct str row, struct arena *a, struct err *e)
{
    struct writing *w = payload;
    struct cut cut;

    if (split_cut_item(w->splitter, &w->options, item, a, &cut, e))
        return e->code;
    return split_writer_add(w->writer, item, &cut, row, e);
}

static struct split_totals write_form(
    const char *rows, const char *dataset, const char *rule, enum split_form form, const char *out)
{
    struct writing w = {.splitter = splitter_find(str_c(rule))};
    struct outfile *file;
    struct split_totals totals;
    size_t skipped;

    assert_int_equal(outfile_open(out, &file, &err), OK);
    w.writer = split_writer_new(file, form, dataset);
    if (item_stream(rows, dataset, NULL, false, write_item, &w, &skipped, &err) ||
        split_writer_end(w.writer, &totals, &err) || outfile_commit(file, &err))
        fail_msg("%s", err.msg);
    split_writer_free(w.writer);
    outfile_free(file);
    return totals;
}

static struct buf as_text(const struct split_list *list)
{
    struct buf text = BUF_INIT;

    split_write(&text, list);
    return text;
}

static struct buf direct(const char *rows, const char *dataset, const char *rule)
{
    struct item_list items;
    struct split_list list;
    struct split_options options = {0};

    assert_int_equal(item_read_jsonl(rows, dataset, NULL, false, &arena, &items, &err), OK);
    assert_int_equal(
        split_items(splitter_find(str_c(rule)), &options, &items, &arena, &list, &err), OK);
    struct buf text = as_text(&list);
    split_list_release(&list);
    item_list_release(&items);
    return text;
}

/* Contexts that return after others, in two clusters. */
static const char *mixed_rows(void)
{
    struct buf text = BUF_INIT;

    for (int i = 0; i < 60; i++)
        buf_printf(&text,
            "{\"id\":%d,\"cluster\":\"k%d\",\"question\":\"Box %d is red. Is it "
            "%d?\",\"answer\":%d,"
            "\"solution\":\"s\\n%d\"}\n",
            i, i % 2, i / 3 % 5, i, i, i);
    const char *path = unit_file("mixed.jsonl", buf_str(&text));
    buf_release(&text);
    return path;
}

static void test_lines_merge_to_the_direct_splits(void **state)
{
    char rows[640], out[640];
    struct split_list list;

    (void)state;
    snprintf(rows, sizeof rows, "%s", mixed_rows());
    snprintf(out, sizeof out, "%s", unit_path("mixed.out"));
    struct split_totals t = write_form(rows, "jsonl", "strict", SPLIT_FORM_OWN, out);
    assert_int_equal(t.contexts, 10);
    assert_int_equal(t.queries, 60);
    assert_int_equal(t.altered + t.empty, 0);
    assert_int_equal(split_read(out, &arena, &list, &err), OK);
    assert_int_equal(list.n, 10);
    struct buf merged = as_text(&list), once = direct(rows, "jsonl", "strict");
    assert_string_equal(buf_cstr(&merged), buf_cstr(&once));
    buf_release(&merged);
    buf_release(&once);
    split_list_release(&list);
}

/* Neighbours share a line, until it is long. */
static void test_long_lines_go_on(void **state)
{
    struct buf text = BUF_INIT, read = BUF_INIT;
    char rows[640], out[640];
    struct split_list list;
    size_t lines = 0;

    (void)state;
    for (int i = 0; i < 100; i++) {
        buf_printf(&text,
            "{\"id\":%d,\"cluster\":\"k\",\"question\":\"One. Why %d?\",\"answer\":1,"
            "\"solution\":\"",
            i, i);
        for (int k = 0; k < 100000; k++)
            buf_putc(&text, 'x');
        buf_puts(&text, "\"}\n");
    }
    snprintf(rows, sizeof rows, "%s", unit_file("long.jsonl", buf_str(&text)));
    snprintf(out, sizeof out, "%s", unit_path("long.out"));
    struct split_totals t = write_form(rows, "jsonl", "strict", SPLIT_FORM_OWN, out);
    assert_int_equal(t.contexts, 1);
    assert_int_equal(file_read(out, 0, &read, &err), OK);
    for (size_t i = 0; i < read.n; i++)
        lines += read.p[i] == '\n';
    assert_int_equal(lines, 3); /* 10 MB, a line ends behind 4 MiB */
    assert_int_equal(split_read(out, &arena, &list, &err), OK);
    assert_int_equal(list.n, 1);
    assert_int_equal(list.v[0].nqueries, 100);
    for (size_t i = 0; i < 100; i++)
        assert_int_equal(strtol(list.v[0].queries[i].id + strlen("jsonl/"), NULL, 10), (long)i);
    split_list_release(&list);
    buf_release(&text);
    buf_release(&read);
}

/* ---- released columns ------------------------------------------------------------------------ */

static struct buf content(const char *path)
{
    struct buf b = BUF_INIT;

    assert_int_equal(file_read(path, 0, &b, &err), OK);
    return b;
}

static void test_released_columns(void **state)
{
    static const char rows[] =
        "{\"id\":1,\"instance\":0,\"question\":\"It costs $0.7. Why? So.\","
        "\"answer\":\"#### 1\", \"odd\" : [ {\"a\": \"}],\\\"\"} , 1.50e+3 ], "
        "\"n\":12345678901234567890}\n"
        "{ \"stateful_gsm_symbolic_context\":\"old\",\"id\":2,\"instance\":0,"
        "\"question\":\"Q?\",\"stateful_gsm_symbolic_\\u0071uestion\":\"old\",\"answer\":\"#### "
        "2\"}\n";
    static const char expected[] =
        "{\"id\":1, \"instance\":0, \"question\":\"It costs $0.7. Why? So.\", "
        "\"answer\":\"#### 1\", \"odd\" : [ {\"a\": \"}],\\\"\"} , 1.50e+3 ], "
        "\"n\":12345678901234567890, "
        "\"stateful_gsm_symbolic_context\": \"It costs $0.7.\", "
        "\"stateful_gsm_symbolic_question\": \"Why? So.\"}\n"
        "{\"id\":2, \"instance\":0, \"question\":\"Q?\", \"answer\":\"#### 2\", "
        "\"stateful_gsm_symbolic_context\": \"\", \"stateful_gsm_symbolic_question\": \"Q?\"}\n";
    char in[640], out[640];

    (void)state;
    snprintf(in, sizeof in, "%s", unit_file("gsm.jsonl", str_c(rows)));
    snprintf(out, sizeof out, "%s", unit_path("gsm.out"));
    struct split_totals t = write_form(in, "gsm-symbolic-p2", "strict", SPLIT_FORM_RELEASED, out);
    assert_int_equal(t.queries, 2);
    assert_int_equal(t.empty, 1);
    struct buf got = content(out);
    assert_string_equal(buf_cstr(&got), expected);
    buf_release(&got);
}

static void test_aime_columns_without_a_row(void **state)
{
    struct item item = {.id = STR("aime/2"),
        .question = STR("A. \"B\"?"),
        .gold = STR("7"),
        .solution = STR("l\n")};
    struct cut cut = {.context = STR("A."), .query = STR("\"B\"?")};
    struct outfile *file;
    char out[640];

    (void)state;
    snprintf(out, sizeof out, "%s", unit_path("aime.out"));
    assert_int_equal(outfile_open(out, &file, &err), OK);
    struct split_writer *w = split_writer_new(file, SPLIT_FORM_RELEASED, "aime-2024");
    assert_int_equal(split_writer_add(w, &item, &cut, (struct str){NULL, 0}, &err), OK);
    assert_int_equal(outfile_commit(file, &err), OK);
    split_writer_free(w);
    outfile_free(file);
    struct buf got = content(out);
    assert_string_equal(buf_cstr(&got),
        "{\"id\": \"aime/2\", \"question\": \"A. \\\"B\\\"?\", \"answer\": \"7\", \"solution\": "
        "\"l\\n\", "
        "\"stateful_aime_context\": \"A.\", \"stateful_aime_question\": \"\\\"B\\\"?\"}\n");
    buf_release(&got);
}

/* The real rows: what others read from our file is what we made, under both rules. */
static void test_released_columns_of_real_rows(void **state)
{
    static const char *const rules[] = {"strict", "release"};
    const char *rows = unit_data("gsm_symbolic/GSM_p2_t00-39.jsonl");
    char out[640];

    (void)state;
    snprintf(out, sizeof out, "%s", unit_path("released.jsonl"));
    for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
        struct split_totals t =
            write_form(rows, "gsm-symbolic-p2", rules[i], SPLIT_FORM_RELEASED, out);
        assert_int_equal(t.queries, 2000);
        struct buf before = direct(rows, "gsm-symbolic-p2", rules[i]);
        struct buf behind = direct(out, "gsm-symbolic-p2", rules[i]);
        assert_string_equal(buf_cstr(&behind), buf_cstr(&before));
        buf_release(&before);
        buf_release(&behind);
    }
}

static int release_all(void **state)
{
    arena_release(&arena);
    buf_release(&ids);
    return unit_cleanup(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_rows_left_out),
        cmocka_unit_test(test_a_pipe),
        cmocka_unit_test(test_lines_merge_to_the_direct_splits),
        cmocka_unit_test(test_long_lines_go_on),
        cmocka_unit_test(test_released_columns),
        cmocka_unit_test(test_aime_columns_without_a_row),
        cmocka_unit_test(test_released_columns_of_real_rows),
    };

    return cmocka_run_group_tests(tests, NULL, release_all);
}
