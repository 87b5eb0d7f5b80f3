/* test_template_counts.c - the constructs of the public templates, as our parser sees them.
 *
 * Expected counts: scripts/reference/template_check.py --count, Python's parser over the same
 * files; over all 150 templates it gives the numbers of DATASETS A5. */
#include "datasets/template_internal.h"
#include "harness/base/json.h"
#include "tests/unit/unit.h"

enum { WHERE_INIT, WHERE_CONDITION, WHERE_ANSWER, WHERE_COUNT };

struct tally {
    int templates, lines[WHERE_COUNT], placeholders, plain, notes;
    int call[WHERE_COUNT][32], op[WHERE_COUNT][TEXPR_GE + 1], kind[WHERE_COUNT][TEXPR_TUPLE + 1];
    int chained;
};

static const char *const functions[] = {"range", "sample", "numbers_within", "np.arange", "frange",
    "fix_floats", "list", "shuffle_list", "sample_sequential", "np.random.randint", "is_int",
    "divides", "int", "Fraction", "round"};

static void count_tree(struct tally *t, int where, const struct texpr *e)
{
    t->kind[where][e->kind]++;
    if (e->kind == TEXPR_BINARY)
        t->op[where][e->op]++;
    for (size_t i = 0; e->kind == TEXPR_CALL && i < ARRAY_LEN(functions); i++)
        t->call[where][i] += str_eqc(e->text, functions[i]);
    t->chained += where == WHERE_CONDITION && e->kind == TEXPR_COMPARE && e->nkids > 2;
    for (const struct texpr *kid = e->first; kid; kid = kid->next) {
        if (e->kind == TEXPR_COMPARE && kid != e->first)
            t->op[where][kid->compare]++;
        count_tree(t, where, kid);
    }
}

static void count_text(struct tally *t, int where, struct str text)
{
    struct arena arena = {0};
    struct err err = {0};
    struct texpr *e;

    if (texpr_parse(text, &arena, &e, &err))
        fail_msg("%s", err.msg);
    t->lines[where]++;
    count_tree(t, where, e);
    if (where == WHERE_ANSWER)
        t->plain += e->kind == TEXPR_NAME || e->kind == TEXPR_NUMBER;
    arena_release(&arena);
}

static void count_question(struct tally *t, struct str question)
{
    int where = -1;
    struct str line;

    while (str_cut(&question, '\n', &line)) {
        line = str_trim(line);
        if (str_starts(line, STR("#init")))
            where = WHERE_INIT;
        else if (str_starts(line, STR("#conditions")))
            where = WHERE_CONDITION;
        else if (str_starts(line, STR("#answer")))
            return;
        else if (where == WHERE_INIT && line.n)
            count_text(t, where, str_from(line, str_find(line, STR("="), 0) + 1));
        else if (where == WHERE_CONDITION && line.n)
            count_text(t, where, str_from(line, 1));
        else
            for (size_t i = 0; i < line.n; i++)
                t->placeholders += line.p[i] == '{';
    }
}

static void count_answer(struct tally *t, struct str answer)
{
    size_t open, close;

    for (size_t at = 0; (at = str_find(answer, STR("<<"), at)) != SIZE_MAX; at += 2)
        t->notes++;
    for (size_t at = 0; (open = str_find(answer, STR("{"), at)) != SIZE_MAX; at = close) {
        close = str_find(answer, STR("}"), open);
        assert_true(close != SIZE_MAX);
        count_text(t, WHERE_ANSWER, str_slice(answer, open + 1, close));
    }
}

static enum err_code count_file(const char *path, const char *name, void *payload, struct err *err)
{
    struct tally *t = payload;
    struct buf text = BUF_INIT;
    struct json *doc;

    (void)name;
    if (file_read(path, 0, &text, err) || json_parse(buf_str(&text), JSON_STRICT, &doc, err))
        fail_msg("%s", err->msg);
    t->templates++;
    count_question(t, json_str(json_get(doc, "question_annotated")));
    count_answer(t, json_str(json_get(doc, "answer_annotated")));
    json_free(doc);
    buf_release(&text);
    return OK;
}

static void assert_calls(const struct tally *t, int where, const int *expected)
{
    for (size_t i = 0; i < ARRAY_LEN(functions); i++)
        if (t->call[where][i] != expected[i])
            fail_msg(
                "%s: %d calls, not %d (%d)", functions[i], t->call[where][i], expected[i], where);
}

/* expected: + - * / // % ** == != < <= > >= */
static void assert_ops(const struct tally *t, int where, const int *expected)
{
    for (int op = TEXPR_ADD; op <= TEXPR_GE; op++)
        if (t->op[where][op] != expected[op - TEXPR_ADD])
            fail_msg("operator %d: %d, not %d (%d)", op, t->op[where][op], expected[op - TEXPR_ADD],
                where);
}

static void test_counts(void **state)
{
    static const int init_calls[ARRAY_LEN(functions)] = {508, 434, 17, 15, 4, 10, 13, 2, 7};
    static const int condition_calls[ARRAY_LEN(functions)] = {
        [10] = 143, [11] = 68, [12] = 36, [13] = 7, [14] = 3};
    static const int answer_calls[ARRAY_LEN(functions)] = {[12] = 757, [13] = 54, [14] = 63};
    static const int init_ops[] = {14, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    static const int condition_ops[] = {315, 216, 617, 167, 31, 8, 2, 29, 7, 87, 7, 73, 1};
    static const int answer_ops[] = {1714, 1035, 3150, 557, 427, 0, 4, 5, 0, 0, 0, 4, 0};
    struct tally t = {0};

    (void)state;
    assert_int_equal(
        file_each(unit_data("gsm_symbolic/templates/p1"), ".json", count_file, &t, NULL), OK);
    assert_int_equal(
        file_each(unit_data("gsm_symbolic/templates/p2"), ".json", count_file, &t, NULL), OK);
    assert_int_equal(t.templates, 120);
    assert_int_equal(t.lines[WHERE_INIT], 987);
    assert_int_equal(t.lines[WHERE_CONDITION], 398);
    assert_int_equal(t.lines[WHERE_ANSWER], 4378);
    assert_int_equal(t.plain, 2330);
    assert_int_equal(t.notes, 337);
    assert_int_equal(t.placeholders, 1631);
    assert_calls(&t, WHERE_INIT, init_calls);
    assert_calls(&t, WHERE_CONDITION, condition_calls);
    assert_calls(&t, WHERE_ANSWER, answer_calls);
    assert_ops(&t, WHERE_INIT, init_ops);
    assert_ops(&t, WHERE_CONDITION, condition_ops);
    assert_ops(&t, WHERE_ANSWER, answer_ops);
    assert_int_equal(t.chained, 12);
    assert_int_equal(t.kind[WHERE_INIT][TEXPR_TUPLE], 51);
    assert_int_equal(t.kind[WHERE_INIT][TEXPR_SLICE], 1);
    assert_int_equal(t.kind[WHERE_CONDITION][TEXPR_NOT], 6);
    assert_int_equal(t.kind[WHERE_CONDITION][TEXPR_AND], 1);
    assert_int_equal(t.kind[WHERE_ANSWER][TEXPR_IF], 9);
    assert_int_equal(t.kind[WHERE_ANSWER][TEXPR_INDEX], 6);
    assert_int_equal(t.kind[WHERE_ANSWER][TEXPR_NEGATE], 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
