/* test_template_input.c - malformed, unsatisfiable and hostile templates; directories of them. */
#include "datasets/template.h"
#include "harness/base/clock.h"
#include "tests/unit/unit.h"

static enum err_code parse(
    const char *question, const char *answer, struct template **ret, struct err *err)
{
    struct template_source source = {"bad.json", str_c(question), str_c(answer)};

    *ret = NULL;
    return template_parse(&source, ret, err);
}

static void test_malformed(void **state)
{
    static const struct {
        const char *question, *answer;
        const char *message; /* behind "bad.json: " */
    } rows[] = {
        {"", "", "problem text: no problem text"},
        {"#init:\n- x = range(1, 3)\n", "", "problem text: no problem text"},
        {"{x,1} figs", "", "problem text: unknown variable 'x'"},
        {"{x,1 figs\n#init:\n- x = range(1, 3)", "", "problem text: '{' without '}'"},
        {"x,1} figs", "", "problem text: '}' without '{'"},
        {"F\n#init:\n- x = ranger(1, 3)", "", "question line 3: unknown function 'ranger'"},
        {"F\n#init:\n\n- x = sample(stars)", "", "question line 4: unknown list 'stars'"},
        {"F\n#init:\n- x = range(1)", "", "question line 3: range takes 2 to 3 arguments, not 1"},
        {"F\n#init:\n- x = range(0, int())", "", "int takes 1 to 1 arguments, not 0"},
        {"F\n#init:\n- x = range(0, exec(3))", "", "question line 3: unknown function 'exec'"},
        {"F\n#init:\n- x = range(0, [3])", "", "a list has no place in this expression"},
        {"F\n#init:\n- y = range(0, 9)\n- x = range(0, y)", "",
            "question line 4: 'y' where a constant is needed"},
        {"F\n#init:\n- x = sample()", "", "sample takes 1 to 2 arguments, not 0"},
        {"F\n#init:\n- x = list([1], [2])", "", "list takes 1 to 1 arguments, not 2"},
        {"F\n#init:\n- x = numbers_within(3)", "", "numbers_within takes 2 to 2 arguments"},
        {"F\n#init:\n- x, x = sample([1, 2], 2)", "", "line 3: 'x' stands twice on the left"},
        {"F\n#init:\n- x = [1, 2] * 10**12", "", "a list repeated to more than"},
        {"F\n#init:\n- x = ([1] * 2)[0:1]", "", "a slice of a list with repeated items"},
        {"F\n#init:\n- x = range(0, 10**10**10)", "", "question line 3: "},
        {"F\n#init:\n- x = range(3, 3)", "", "question line 3: no value at all"},
        {"F\n#init:\n- x = range(1, 3, 0)", "", "question line 3: a positive step"},
        {"F\n#init:\n- x = range(1, 3, 1/0)", "", "division by zero"},
        {"F\n#init:\n- x = range(1, 99999999)", "", "a range of more than"},
        {"F\n#init:\n- x = range(1, 9999999999999)", "", "at most nine digits"},
        {"F\n#init:\n- x = numbers_within(1, 5000)", "", "from 0 to 999"},
        {"F\n#init:\n- x = sample([])", "", "the list is empty"},
        {"F\n#init:\n- x = [(\"a\", \"b\")]", "", "a number was expected"},
        {"F\n#init:\n- x = [(\"a\", 1, 2)]", "", "a tuple must be"},
        {"F\n#init:\n- x = [1, 2] * 0.5", "", "a whole number of times"},
        {"F\n#init:\n- x = [1, 2] - [1]", "", "added and repeated"},
        {"F\n#init:\n- x = range(0, 500) + range(500, 1000)", "", "of together 1000"},
        {"F\n#init:\n- x, y = range(1, 9)", "", "2 variables stand left of 1"},
        {"F\n#init:\n- x, y = sample([1, 2], 3)", "", "2 variables stand left of 3"},
        {"F\n#init:\n- x, y = sample([1, 1], 2)", "", "2 different values out of 1"},
        {"F\n#init:\n- x = 5", "", "a list or a range was expected"},
        {"F\n#init:\n- x range(1, 3)", "", "expected 'name = values'"},
        {"F\n#init:\n- 2x = range(1, 3)", "", "'2x' is no variable name"},
        {"F\n#init:\n-  = range(1, 3)", "", "a variable name is missing"},
        {"F\n#init:\nx = range(1, 3)", "", "question line 3: expected a line that begins with '-'"},
        {"F\n#init:\n- x = range(1, 3)\n#conditions:\n- y > 1", "",
            "question line 5: unknown variable 'y'"},
        {"F\n#init:\n- x = range(1, 3)\n#conditions:\n- (x > 1", "", "question line 5: "},
        {"F\n#init:\n- x = range(1, 3)\n#conditions:\n- open(x)", "",
            "question line 5: unknown function 'open'"},
        {"F\n#init:\n- x = range(1, 3)", "one\n\n{y}\n#### {x}",
            "answer line 3: unknown variable 'y'"},
        {"F\n#init:\n- x = range(1, 3)", "{x\n#### {x}", "answer line 1: '{' without '}'"},
        {"F\n#init:\n- x = range(1, 3)", "x}\n#### {x}", "answer line 1: '}' without '{'"},
        {"F\n#init:\n- x = range(1, 3)", "{}\n#### {x}", "answer line 1: unexpected end"},
        {"F\n#init:\n- x = range(1, 3)", "{x}", "no \"#### {expression}\" line"},
        {"F \xff", "", "not valid UTF-8"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct template *t;
        struct err err = {0};
        enum err_code code = parse(rows[i].question, rows[i].answer, &t, &err);
        if (code != ERR_INPUT && code != ERR_LIMIT)
            fail_msg("row %zu gives %d", i, code);
        assert_message(err, "bad.json: ");
        assert_message(err, rows[i].message);
    }
}

/* Repeats `part` n times behind `head`. */
static enum err_code parse_long(
    const char *head, const char *part, size_t n, const char *tail, struct err *err)
{
    struct buf text = BUF_INIT;
    struct template *t;

    buf_puts(&text, head);
    for (size_t i = 0; i < n; i++)
        buf_puts(&text, part);
    buf_puts(&text, tail);
    enum err_code code = parse(buf_cstr(&text), "", &t, err);
    template_free(t);
    buf_release(&text);
    return code;
}

static void test_size_limits(void **state)
{
    struct err err = {0};

    (void)state;
    assert_int_equal(parse_long("Figs. ", "x", 20000, "", &err), ERR_LIMIT);
    assert_message(err, "more than 16384 bytes");
    assert_int_equal(
        parse_long("F\n#init:\n- x = range(1, 9)\n#conditions:\n", "- x > 1\n", 65, "", &err),
        ERR_LIMIT);
    assert_message(err, "question line 69: more than 64 conditions");
    assert_int_equal(parse_long("F\n#init:\n", "- x = range(1, 9)\n", 129, "", &err), ERR_LIMIT);
    assert_message(err, "more than 128 #init lines");
    assert_int_equal(parse_long("", "A b. ", 300, "", &err), ERR_LIMIT);
    assert_message(err, "more than 256 pieces");
    assert_int_equal(parse_long("F\n#init:\n- x = ", "[1]+", 200, "[1]", &err), ERR_INPUT);
    assert_message(err, "too deeply");
    assert_int_equal(parse_long("", "A b. ", 200, "", &err), OK);
}

static void check_draw(
    const char *init, const char *conditions, enum err_code expected, const char *message)
{
    struct buf text = BUF_INIT;
    struct arena arena = {0};
    struct rng rng = rng_seeded(1);
    struct err err = {0};
    struct template *t;
    struct tbinding b;

    buf_printf(&text, "F\n#init:\n%s#conditions:\n%s", init, conditions);
    if (parse(buf_cstr(&text), "", &t, &err))
        fail_msg("%s", err.msg);
    int64_t start = clock_now_ns();
    enum err_code code = template_draw(t, &rng, &arena, &b, &err);
    if (code != expected)
        fail_msg("%s gives %d: %s", conditions, code, err.msg);
    assert_message(err, "bad.json: question line ");
    assert_message(err, message);
    assert_true(clock_now_ns() - start < INT64_C(20000000000));
    template_free(t);
    arena_release(&arena);
    buf_release(&text);
}

static void test_unsatisfiable(void **state)
{
    static const char six[] = "- a = range(0, 1000)\n- b = range(0, 1000)\n- c = range(0, 1000)\n"
                              "- d = range(0, 1000)\n- e = range(0, 1000)\n- f = range(0, 1000)\n";

    (void)state;
    check_draw("- x = range(1, 9)\n", "- False\n", ERR_INPUT, "line 5: no values exist");
    check_draw("- x = range(1, 9)\n", "- x > 0\n- x > 100\n", ERR_INPUT, "line 6: no values exist");
    check_draw("- x = range(1, 9)\n", "- x / (x - x) > 1\n", ERR_INPUT, "line 5: division by zero");
    check_draw("- x = range(2, 9)\n", "- x ** 999999 > 1\n", ERR_INPUT, "line 5: the number does");
    check_draw("- x = range(1, 9)\n- y = range(1, 9)\n", "- y == x + 100\n", ERR_INPUT, "line 6: ");
    check_draw("- x = names\n", "- x + 1 > 0\n", ERR_INPUT, "line 5: a text is used");
    /* no proof in reach: 10^18 combinations of an odd sum of even terms */
    check_draw(six, "- 2*a + 4*b + 6*c + 8*d + 10*e + 12*f == 1001\n", ERR_LIMIT,
        "line 10: gave up after 2000000 steps");
}

static void test_solution_fails(void **state)
{
    struct arena arena = {0};
    struct template_line *lines;
    struct template *t;
    struct tbinding b;
    struct str gold;
    struct err err = {0};
    size_t n;

    (void)state;
    assert_int_equal(
        parse("{x,1} figs.\n#init:\n- x = range(1, 9)", "a\n{1 / (x - 4)}\n#### {x}", &t, &err),
        OK);
    assert_int_equal(template_read(t, TEMPLATE_WHOLE, STR("3 figs."), &arena, &b), REGEX_YES);
    assert_int_equal(template_solution(t, &b, &arena, &lines, &n, &gold, &err), OK);
    assert_str(lines[1].text, "-1");
    assert_int_equal(template_read(t, TEMPLATE_WHOLE, STR("4 figs."), &arena, &b), REGEX_YES);
    assert_int_equal(template_solution(t, &b, &arena, &lines, &n, &gold, &err), ERR_INPUT);
    assert_message(err, "bad.json: answer line 2: division by zero");
    b.known[0] = false;
    struct buf out = BUF_INIT;
    assert_int_equal(template_render_question(t, &b, &out, &err), ERR_NOT_FOUND);
    assert_message(err, "'x' has no value");
    buf_release(&out);
    template_free(t);
    arena_release(&arena);
}

/* A text made to make a matcher backtrack costs bounded time. */
static void test_hostile_text(void **state)
{
    struct buf text = BUF_INIT;
    struct arena arena = {0};
    struct template *t;
    struct tbinding b;
    struct err err = {0};

    (void)state;
    assert_int_equal(parse("{a,A} {b,B} {c,C} {d,D} {e,E} {f,F} {g,G} end.\n#init:\n"
                           "- a,b,c,d,e,f,g = sample(names, 7)",
                         "", &t, &err),
        OK);
    for (int i = 0; i < 10000; i++)
        buf_puts(&text, "aa ");
    int64_t start = clock_now_ns();
    assert_int_not_equal(template_read(t, TEMPLATE_WHOLE, buf_str(&text), &arena, &b), REGEX_YES);
    buf_puts(&text, "end.");
    assert_int_not_equal(template_read(t, TEMPLATE_WHOLE, buf_str(&text), &arena, &b), REGEX_YES);
    assert_true(clock_now_ns() - start < INT64_C(5000000000));
    buf_reset(&text);
    for (int i = 0; i < 100000; i++)
        buf_putc(&text, 'a');
    assert_int_equal(template_read(t, TEMPLATE_WHOLE, buf_str(&text), &arena, &b), REGEX_LIMIT);
    template_free(t);
    buf_release(&text);
    arena_release(&arena);
}

static void write_template(const char *path, const char *text)
{
    struct buf json = BUF_INIT;

    buf_printf(&json, "{\"question_annotated\": \"%s\", \"answer_annotated\": \"\"}", text);
    if (file_write(path, buf_str(&json), NULL))
        fail_msg("cannot write %s", path);
    buf_release(&json);
}

static void test_library(void **state)
{
    struct template_library lib;
    struct err err = {0};
    char sub[600], file[700];

    (void)state;
    assert_int_equal(template_library_load(unit_dir(), &lib, &err), ERR_NOT_FOUND);
    snprintf(sub, sizeof sub, "%s/p1", unit_dir());
    assert_int_equal(file_make_dirs(sub, &err), OK);
    write_template(unit_path("b.json"), "Two figs.");
    write_template(unit_path("a.json"), "Three figs.");
    write_template(unit_path("notes.txt"), "no template");
    snprintf(file, sizeof file, "%s/c.json", sub);
    write_template(file, "Four figs.");
    if (template_library_load(unit_dir(), &lib, &err))
        fail_msg("%s", err.msg);
    assert_int_equal(lib.n, 3);
    assert_string_equal(template_name(lib.v[0]), "a.json");
    assert_string_equal(template_name(lib.v[1]), "b.json");
    assert_string_equal(template_name(lib.v[2]), "p1/c.json");
    template_library_release(&lib);
    write_template(file, "{x} figs.");
    assert_int_equal(template_library_load(unit_dir(), &lib, &err), ERR_INPUT);
    assert_message(err, "p1/c.json: problem text: unknown variable 'x'");
    assert_int_equal(file_write(file, STR("{\"question\": 1}"), &err), OK);
    assert_int_equal(template_library_load(unit_dir(), &lib, &err), ERR_INPUT);
    assert_message(err, "p1/c.json: no text under \"question_annotated\"");
    unlink(file);
    rmdir(sub);
    assert_int_equal(template_library_load("no/such/directory", &lib, &err), ERR_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_size_limits),
        cmocka_unit_test(test_unsatisfiable),
        cmocka_unit_test(test_solution_fails),
        cmocka_unit_test(test_hostile_text),
        cmocka_unit_test(test_library),
    };

    return cmocka_run_group_tests(tests, NULL, unit_cleanup);
}
