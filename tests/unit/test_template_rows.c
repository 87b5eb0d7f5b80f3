/* test_template_rows.c - generated rows of templates of our own: different, seeded, read back. */
#include "datasets/template_rows.h"
#include "harness/base/json.h"
#include "tests/unit/unit.h"

static const char plums[] =
    "{name,Ada} picks {n,12} {fruit,plum}s and eats {frac,a third}. {name,Ada} had {m,3} more. "
    "How many {fruit,plum}s are left?\n#init:\n- name = sample(names)\n"
    "- fruit = sample([\"plum\", \"fig\"])\n- $n = range(6, 40)\n- $m = range(1, 9)\n"
    "- $frac = sample(fractions)\n- $left = range(2, 50)\n#conditions:\n- is_int(n * frac)\n"
    "- left == n * (1 - frac) + m\n#answer: left\n";
static const char plums_answer[] = "{n} - {n*frac} = <<{n}-{n*frac}>>{n-n*frac}\n#### {left}";

static struct template *parse(const char *question, const char *answer)
{
    struct template_source source = {"test.json", str_c(question), str_c(answer)};
    struct template *t = NULL;
    struct err err = {0};

    if (template_parse(&source, &t, &err))
        fail_msg("%s", err.msg);
    /* cppcheck-suppress CastIntegerToAddressAtReturn ; it takes `template` for C++ */
    return t;
}

static struct template_rows make(
    const struct template *t, uint64_t seed, int instances, struct arena *arena)
{
    struct template_rows rows = {.n = 0};
    struct err err = {0};

    if (template_rows_make(t, seed, instances, arena, &rows, &err))
        fail_msg("%s", err.msg);
    return rows;
}

static void assert_same_row(const struct template_row *a, const struct template_row *b)
{
    assert_int_equal(a->instance, b->instance);
    assert_true(str_eq(a->question, b->question));
    assert_true(str_eq(a->solution, b->solution));
    assert_true(str_eq(a->gold, b->gold));
}

static struct tvalue value(
    const struct template *t, const struct template_row *row, const char *name)
{
    return row->binding.v[template_variable_index(t, str_c(name))];
}

/* Values, gold and worked line agree with arithmetic done here. */
static void check_plums(const struct template *t, const struct template_row *row)
{
    struct rat n = value(t, row, "n").num, m = value(t, row, "m").num;
    struct rat frac = value(t, row, "frac").num;
    struct buf expected = BUF_INIT;

    assert_int_equal(n.num * frac.num % frac.den, 0);
    int64_t eaten = n.num * frac.num / frac.den, rest = n.num - eaten;
    buf_printf(
        &expected, "%lld - %lld = %lld", (long long)n.num, (long long)eaten, (long long)rest);
    assert_str(row->solution, buf_cstr(&expected));
    buf_reset(&expected);
    int64_t left = rest + m.num;
    buf_printf(&expected, "%lld", (long long)left);
    assert_str(row->gold, buf_cstr(&expected));
    buf_release(&expected);
}

static void test_rows(void **state)
{
    struct template *t = parse(plums, plums_answer);
    struct arena arena = {0};

    (void)state;
    struct template_rows rows = make(t, 7, 50, &arena), again = make(t, 7, 50, &arena);
    struct template_rows few = make(t, 7, 10, &arena), other = make(t, 8, 50, &arena);
    assert_int_equal(rows.n, 50);
    assert_int_equal(few.n, 10);
    size_t same = 0;
    for (size_t i = 0; i < 50; i++) {
        assert_int_equal(rows.v[i].instance, (int)i);
        check_plums(t, &rows.v[i]);
        assert_same_row(&rows.v[i], &again.v[i]);
        if (i < 10) /* fewer rows are the first ones of more */
            assert_same_row(&rows.v[i], &few.v[i]);
        same += str_eq(rows.v[i].question, other.v[i].question);
        for (size_t k = 0; k < i; k++)
            assert_false(str_eq(rows.v[i].question, rows.v[k].question));
    }
    assert_true(same < 3);
    arena_release(&arena);
    template_free(t);
}

/* Two fruits and three numbers make six questions; the two with an odd number cannot be. */
static void test_exhausted(void **state)
{
    struct template *t = parse("{n,2} {fruit,fig}s.\n#init:\n- n = range(2, 5)\n"
                               "- fruit = sample(['fig', 'plum'])\n#conditions:\n- n % 2 == 0",
        "#### {n}");
    struct template *one = parse("Two figs.", "#### 2");
    struct arena arena = {0};

    (void)state;
    assert_int_equal(make(t, 1, 50, &arena).n, 4);
    assert_int_equal(make(t, 1, 3, &arena).n, 3);
    struct template_rows rows = make(one, 1, 5, &arena);
    assert_int_equal(rows.n, 1);
    assert_str(rows.v[0].question, "Two figs.");
    assert_str(rows.v[0].solution, "");
    arena_release(&arena);
    template_free(t);
    template_free(one);
}

/* Golds print without needless decimals; a value that has no gold is drawn again. */
static void test_golds(void **state)
{
    static const struct {
        const char *gold, *expected;
    } rows[] = {{"{n * 9}", "45"}, {"{n * 0.5}", "2.5"}, {"{(n + 2) / 3}", "7/3"},
        {"{n / 5 * 45.0}", "45"}, {"{-n}", "-5"}, {"45.0", "45"}, {"{10 / (n - 3)} x", "5"},
        {"{n ** 2 // 2}", "12"}, {"{int(-n / 2)}", "-2"}, {"{round(n / 2)}", "2"}};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct arena arena = {0};
        struct buf answer = BUF_INIT;
        buf_printf(&answer, "#### %s", rows[i].gold);
        struct template *t = parse("{n,5} figs.\n#init:\n- n = [5]", buf_cstr(&answer));
        assert_str(make(t, 1, 1, &arena).v[0].gold, rows[i].expected);
        template_free(t);
        buf_release(&answer);
        arena_release(&arena);
    }
    struct arena arena = {0};
    struct template *t = parse("{n,5} figs.\n#init:\n- n = range(1, 9)", "#### {12 / (n - 4)}");
    struct template_rows made = make(t, 1, 20, &arena);
    assert_int_equal(made.n, 7); /* 4 has no answer */
    for (size_t i = 0; i < made.n; i++)
        assert_false(str_eqc(made.v[i].question, "4 figs."));
    template_free(t);
    arena_release(&arena);
}

static void test_refused(void **state)
{
    static const struct {
        const char *question, *answer, *message;
    } rows[] = {
        {"{n,5} figs.\n#init:\n- n = [5]", "", "test.json: no text under \"answer_annotated\""},
        {"{n,5} figs.\n#init:\n- n = [5]", "a\n{n / (n - 5)}\n#### {n}",
            "test.json: answer line 2: division by zero"},
        {"{n,5} figs.\n#init:\n- n = [5]", "#### {n / (5 - n)}",
            "test.json: answer line 1: division by zero"},
        {"{n,5} figs.\n#init:\n- n = names", "#### {n}", "answer line 1: the answer is no number"},
        {"{n,5} figs.\n#init:\n- n = range(2, 9)", "#### {n ** 500}",
            "answer line 1: the number does not fit"},
        {"{n,5} figs.\n#init:\n- n = range(2, 9)\n#conditions:\n- n > 2\n- False", "#### {n}",
            "question line 6: no values exist"},
        {"{n,5} figs.\n#init:\n- n = range(2, 9)\n#conditions:\n- n / 0 > 2", "#### {n}",
            "question line 5: division by zero"},
        {"{a,1}{b,100} figs.\n#init:\n- a = range(1, 9)\n- b = range(100, 999)", "#### {a + b}",
            "test.json: what it writes is not read back as the same values"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct template *t = parse(rows[i].question, rows[i].answer);
        struct arena arena = {0};
        struct template_rows made = {.n = 77};
        struct err err = {0};
        assert_int_equal(template_rows_make(t, 1, 5, &arena, &made, &err), ERR_INPUT);
        assert_message(err, rows[i].message);
        assert_int_equal(made.n, 77);
        arena_release(&arena);
        template_free(t);
    }
}

/* Texts that can be read in two ways are drawn again: a row always reads back. */
static void test_read_back(void **state)
{
    struct template *t =
        parse("{a,1}{b,2} figs.\n#init:\n- a = range(1, 100)\n- b = range(1, 100)", "#### {a - b}");
    struct arena arena = {0};
    struct template_rows rows = make(t, 1, 40, &arena);

    (void)state;
    for (size_t i = 0; i < rows.n; i++) {
        struct tbinding back;
        assert_int_equal(
            template_read(t, TEMPLATE_WHOLE, rows.v[i].question, &arena, &back), REGEX_YES);
        for (size_t k = 0; k < template_variables(t); k++)
            assert_true(str_eq(back.v[k].text, rows.v[i].binding.v[k].text));
    }
    arena_release(&arena);
    template_free(t);
}

/* How often "a" is drawn in `draws`. */
static int count_a(const char *init, int draws)
{
    struct buf text = BUF_INIT;
    struct rng rng = rng_seeded(3);
    int count = 0;

    buf_printf(&text, "{x,a} figs.\n#init:\n- x = %s", init);
    struct template *t = parse(buf_cstr(&text), "#### 1");
    for (int i = 0; i < draws; i++) {
        struct arena arena = {0};
        struct tbinding b;
        assert_int_equal(template_draw(t, &rng, &arena, &b, NULL), OK);
        count += str_eqc(b.v[0].text, "a");
        arena_release(&arena);
    }
    template_free(t);
    buf_release(&text);
    return count;
}

/* Repeated items weigh. Of 4000 draws five standard deviations are 137 at 3/4, 158 at 1/2. */
static void test_weights(void **state)
{
    static const struct {
        const char *init;
        int expected;
    } rows[] = {{"sample(['a', 'a', 'b', 'a'])", 3000}, {"sample(['a'] * 3 + ['b'])", 3000},
        {"sample(['a', 'b'] * 7)", 2000}, {"['a', 'b']", 2000},
        {"sample((['a'] + ['b'] * 2) * 2 + ['a'] * 2)", 2000},
        {"sample(['b', 'a', 'a'][1:3])", 4000}};

    (void)state;
    for (size_t i = 0; i + 1 < ARRAY_LEN(rows); i++) {
        int count = count_a(rows[i].init, 4000);
        if (abs(count - rows[i].expected) > 158)
            fail_msg("%s gives a %d times of 4000", rows[i].init, count);
    }
    struct template_source source = {
        "test.json", STR("{x,a} figs.\n#init:\n- x = sample(['b', 'a', 'a'][1:3])"), STR("#### 1")};
    struct template *t;
    struct err err = {0};
    assert_int_equal(template_parse(&source, &t, &err), ERR_INPUT);
    assert_message(err, "question line 3: a slice of a list with repeated items");
}

static void assert_key(const struct json *doc, const char *key, const char *expected)
{
    assert_int_equal(json_type(json_get(doc, key)), JSON_STRING);
    assert_str(json_str(json_get(doc, key)), expected);
}

static void check_row_json(struct str line)
{
    struct json *doc;
    int64_t n;

    assert_int_equal(json_parse(line, JSON_STRICT, &doc, NULL), OK);
    assert_true(json_int(json_get(doc, "id"), &n) && n == 12);
    assert_true(json_int(json_get(doc, "instance"), &n) && n == 0);
    assert_true(json_int(json_get(doc, "original_id"), &n) && n == 99);
    assert_key(doc, "question", "Half of 4 figs.");
    assert_key(doc, "answer", "half * 4 = 2\n#### 2");
    assert_key(doc, "original_question", "Half of 2 figs?");
    assert_key(doc, "original_answer", "1\n#### 1"); /* its note is dropped */
    assert_key(json_path(doc, "variables.frac"), "text", "half");
    assert_key(json_path(doc, "variables.frac"), "value", "1/2");
    assert_key(json_path(doc, "variables.n"), "value", "4/1");
    assert_int_equal(json_type(json_path(doc, "variables.what.value")), JSON_NULL);
    assert_null(json_get(doc, "canary"));
    json_free(doc);
}

/* The file's own keys travel into the rows. */
static void test_columns(void **state)
{
    struct template_library lib;
    struct template_choice choice = {.level = NULL};
    struct arena arena = {0};
    struct buf line = BUF_INIT;
    struct err err = {0};

    (void)state;
    unit_file("0012.json",
        STR("{\"question\":\"Half of 2 figs?\",\"answer\":\"<<1=1>>1\\n#### 1\",\"id_orig\":99,"
            "\"id_shuffled\":3,\"question_annotated\":\"{frac,half} of {n,4} {what,fig}s.\\n"
            "#init:\\n- frac = sample([(\\\"half\\\", 0.5)])\\n- n = [4]\\n- what = ['fig']\","
            "\"answer_annotated\":\"{frac} * {n} = {frac * n}\\n#### {frac * n}\"}"));
    unit_file("birds.json",
        STR("{\"question_annotated\":\"Two birds.\",\"answer_annotated\":\"#### 2\"}"));
    if (template_library_choose(unit_dir(), &choice, &lib, &err))
        fail_msg("%s", err.msg);
    assert_int_equal(lib.n, 2);
    struct template_rows rows = make(lib.v[0], 1, 1, &arena);
    template_row_write(lib.v[0], &rows.v[0], true, &line);
    check_row_json(buf_str(&line));
    buf_reset(&line);
    template_row_write(lib.v[0], &rows.v[0], false, &line);
    assert_true(str_find(buf_str(&line), STR("variables"), 0) == SIZE_MAX);
    buf_reset(&line);
    rows = make(lib.v[1], 1, 1, &arena);
    template_row_write(lib.v[1], &rows.v[0], false, &line);
    assert_true(str_starts(buf_str(&line), STR("{\"id\":\"birds/0\",\"instance\":0,\"question\":"
                                               "\"Two birds.\",\"answer\":\"#### 2\",\"level\":")));
    buf_release(&line);
    arena_release(&arena);
    template_library_release(&lib);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_exhausted),
        cmocka_unit_test(test_golds),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_read_back),
        cmocka_unit_test(test_weights),
        cmocka_unit_test(test_columns),
    };

    return cmocka_run_group_tests(tests, NULL, unit_cleanup);
}
