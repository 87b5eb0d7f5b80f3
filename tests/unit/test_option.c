/* test_option.c - command-line options: every type, place and mistake. */
#include "harness/cli/option.h"

#include "tests/unit/unit.h"

static struct {
    bool yes;
    const char *runs;
    int64_t calls;
    struct option_list sets;
} got;

static const struct option options[] = {
    {"--yes", OPTION_FLAG, &got.yes, NULL, "go on"},
    {"--runs", OPTION_STR, &got.runs, "DIR", "where"},
    {"--max-calls", OPTION_INT, &got.calls, "N", "how many"},
    {"--set", OPTION_LIST, &got.sets, "KEY=VALUE", "change"},
};

static const char *args[2];
static size_t nargs;
static struct err err;

static enum err_code parse(const char *line)
{
    static char copy[4096];
    char *argv[80];
    int argc = 0;

    snprintf(copy, sizeof copy, "cmd %s", line);
    for (char *p = copy; *p && argc < 80;) {
        argv[argc++] = p;
        while (*p && *p != ' ')
            p++;
        while (*p == ' ')
            *p++ = '\0';
    }
    memset(&got, 0, sizeof got);
    memset(args, 0, sizeof args);
    nargs = 0;
    return option_parse(argc, argv, options, ARRAY_LEN(options), args, 2, &nargs, &err);
}

static void test_every_type_in_any_place(void **state)
{
    (void)state;
    assert_int_equal(parse("a --yes --runs dir b --max-calls=-12 --set x=1 --set=y=2=3"), OK);
    assert_true(got.yes);
    assert_string_equal(got.runs, "dir");
    assert_int_equal(got.calls, -12);
    assert_int_equal(got.sets.n, 2);
    assert_string_equal(got.sets.v[0], "x=1");
    assert_string_equal(got.sets.v[1], "y=2=3");
    assert_int_equal(nargs, 2);
    assert_string_equal(args[0], "a");
    assert_string_equal(args[1], "b");
    assert_int_equal(parse(""), OK);
    assert_int_equal(nargs, 0);
}

static void test_dashes(void **state)
{
    (void)state;
    assert_int_equal(parse("-- --yes -x"), OK);
    assert_false(got.yes);
    assert_string_equal(args[0], "--yes");
    assert_string_equal(args[1], "-x");
    assert_int_equal(parse("-"), OK);
    assert_string_equal(args[0], "-");
    assert_int_equal(parse("--runs --yes"), OK); /* a value is whatever follows */
    assert_string_equal(got.runs, "--yes");
    assert_int_equal(parse("--runs="), OK);
    assert_string_equal(got.runs, "");
}

static void test_mistakes(void **state)
{
    static const struct {
        const char *line, *message;
    } rows[] = {
        {"--ye", "unknown option --ye; did you mean --yes?"},
        {"--run dir", "did you mean --runs?"},
        {"--entirely-else", "unknown option --entirely-else"},
        {"-y", "unknown option -y"},
        {"--yes=1", "--yes takes no value"},
        {"--runs", "--runs needs a value"},
        {"--max-calls ten", "--max-calls needs a whole number, not \"ten\""},
        {"--max-calls=", "needs a whole number"},
        {"--max-calls=5x", "needs a whole number"},
        {"--max-calls=99999999999999999999", "needs a whole number"},
        {"a b c", "unexpected argument \"c\""},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_int_equal(parse(rows[i].line), ERR_USAGE);
        assert_message(err, rows[i].message);
    }
}

static void test_a_list_has_an_end(void **state)
{
    struct buf line = BUF_INIT;

    (void)state;
    for (int i = 0; i < OPTION_LIST_MAX; i++)
        buf_puts(&line, "--set=a ");
    assert_int_equal(parse(buf_cstr(&line)), OK);
    assert_int_equal(got.sets.n, OPTION_LIST_MAX);
    buf_puts(&line, "--set=a");
    assert_int_equal(parse(buf_cstr(&line)), ERR_USAGE);
    assert_message(err, "more than 64 times");
    buf_release(&line);
}

static void test_help_lists_every_option(void **state)
{
    struct buf out = BUF_INIT;

    (void)state;
    option_help(options, ARRAY_LEN(options), &out);
    assert_non_null(strstr(buf_cstr(&out), "--max-calls N"));
    assert_non_null(strstr(buf_cstr(&out), "--yes "));
    assert_non_null(strstr(buf_cstr(&out), "change\n"));
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_type_in_any_place),
        cmocka_unit_test(test_dashes),
        cmocka_unit_test(test_mistakes),
        cmocka_unit_test(test_a_list_has_an_end),
        cmocka_unit_test(test_help_lists_every_option),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
