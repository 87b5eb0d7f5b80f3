/*
 * test_repo_search.c - searching one commit, against `git grep`; and trees that are hostile or
 * large.
 */
#include "tests/unit/test_repo_view_lab.h"

/* ---- search ------------------------------------------------------------------------------------
 */

static struct repo_hits search(const struct repo_search_options *options)
{
    struct repo_hits h = {0};
    struct err err = {0};

    if (repo_search(view, options, &arena, &h, &err))
        fail_msg("%s", err.msg);
    return h;
}

static const char *lines_of(const struct repo_hits *h)
{
    struct buf b = BUF_INIT;
    const char *text;

    for (size_t i = 0; i < h->n; i++)
        buf_printf(&b, "%s%.*s:%zu:%zu", i ? "\n" : "", STR_ARG(h->v[i].path), h->v[i].line,
            h->v[i].column);
    text = arena_str(&arena, buf_str(&b)).p;
    buf_release(&b);
    return text;
}

static void test_search(void **state)
{
    static const struct {
        const char *text, *path, *glob, *hits;
        bool regex, nocase;
    } cases[] = {
        {"two", "", "", "docs/text:1:7\ndocs/text:2:9\nsrc/a.py:2:1\nsrc/deep/er/d.js:1:4", false,
            false},
        {"two", "src", "", "src/a.py:2:1\nsrc/deep/c.py:2:9\nsrc/deep/er/d.js:1:4", false, true},
        {"t[wh]", "src", "*.py", "src/a.py:2:1\nsrc/a.py:3:1", true, false},
        {"^x = .$", "src/deep/c.py", "*.js", "src/deep/c.py:1:1", true, false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct repo_hits h = search(&(struct repo_search_options){.text = str_c(cases[i].text),
            .regex = cases[i].regex,
            .nocase = cases[i].nocase,
            .path = str_c(cases[i].path),
            .glob = str_c(cases[i].glob)});
        assert_string_equal(lines_of(&h), cases[i].hits);
        assert_false(h.truncated);
    }
    /* a text is no pattern */
    struct repo_hits h = search(&(struct repo_search_options){.text = STR("t[wh]")});
    assert_int_equal(h.n, 0);
    h = search(&(struct repo_search_options){.text = STR("[x]"), .glob = STR("we\\[*")});
    assert_string_equal(lines_of(&h), "we[i]rd*name:1:1");
    /* the same lines as git finds */
    h = search(&(struct repo_search_options){.text = STR("[a-z]+ "), .regex = true});
    const char *git = lab_sh("git -C r grep -nIE --column '[a-z]+ ' base | sed 's/^base://' | "
                             "cut -d: -f1-3");
    assert_string_equal(lines_of(&h), git);
    assert_int_equal(h.binary, 1);
    h = search(&(struct repo_search_options){.text = STR("caf\xC3\x89"), .nocase = true});
    assert_int_equal(h.n, 1);
    assert_str(h.v[0].text, "caf\xC3\xA9 two"); /* without its CR */
    h = search(&(struct repo_search_options){.text = STR("bad")});
    assert_str(h.v[0].text, "bad \xEF\xBF\xBD two");
}

static void test_search_limits(void **state)
{
    struct repo_hits h;
    struct repo_search_options o = {.text = STR("needle"), .max_line = 20};
    struct repo *r;
    struct repo_view *old = view;

    (void)state;
    lab_sh("git init -q -b main s && cd s && yes x | head -100 >many\n"
           "printf '%%0100dneedle%%0100d\\nneedle\\n' 0 0 >wide && seq 1 100000 >long && ci one");
    r = lab_open("s");
    view = view_of(r, NULL);
    h = search(&o);
    assert_int_equal(h.n, 2);
    assert_int_equal(h.v[0].column, 101);
    assert_int_equal(h.v[0].text.n, 20);
    assert_true(str_find(h.v[0].text, STR("needle"), 0) != SIZE_MAX);
    assert_str(h.v[1].text, "needle");
    h = search(&(struct repo_search_options){.text = STR("x"), .max_hits = 100});
    assert_int_equal(h.n, 100);
    assert_false(h.truncated);
    h = search(&(struct repo_search_options){.text = STR("x"), .max_hits = 99});
    assert_int_equal(h.n, 99);
    assert_true(h.truncated);
    h = search(&(struct repo_search_options){.text = STR("x"), .max_file_bytes = 300});
    assert_int_equal(h.n, 100);
    assert_int_equal(h.large, 1);
    assert_int_equal(h.files, 2);
    h = search(&(struct repo_search_options){.text = STR("needle"), .max_bytes = 1000});
    assert_true(h.truncated);
    repo_view_free(view);
    repo_free(r);
    /* a pattern that explodes is given up, soon */
    lab_sh("git init -q -b main bad && cd bad && for i in $(seq 200); do printf '%%060d!\\n' 0; "
           "done | "
           "tr 0 a >f && ci one");
    r = lab_open("bad");
    view = view_of(r, NULL);
    h = search(&(struct repo_search_options){.text = STR("^(a|aa|a?a)+$"), .regex = true});
    assert_int_equal(h.n, 0);
    assert_true(h.given_up > 0);
    assert_true(h.truncated);
    repo_view_free(view);
    repo_free(r);
    view = old;
}

static void test_search_refused(void **state)
{
    static const struct {
        struct repo_search_options options;
        enum err_code code;
        const char *message;
    } cases[] = {
        {{.text = {"", 0}}, ERR_USAGE, "empty"},
        {{.text = {"a\nb", 3}}, ERR_USAGE, "line feed"},
        {{.text = {"(", 1}, .regex = true}, ERR_USAGE, "\"(\""},
        {{.text = {"a", 1}, .path = {"../..", 5}}, ERR_USAGE, "goes up"},
        {{.text = {"a", 1}, .path = {"nosuch", 6}}, ERR_NOT_FOUND, "nosuch"},
        {{.text = {"a", 1}, .path = {"link", 4}}, ERR_USAGE, "symbolic link"},
        {{.text = {"a", 1}, .path = {"out/etc", 7}}, ERR_NOT_FOUND, "symbolic link"},
        {{.text = {"a", 1}, .path = {"sub", 3}}, ERR_USAGE, "submodule"},
        {{.text = {"a", 1}, .glob = {"[", 1}}, ERR_USAGE, "has no ']'"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct repo_hits h = {0};
        struct err err = {0};
        enum err_code code = repo_search(view, &cases[i].options, &arena, &h, &err);
        assert_int_equal(err_exit_code(code), err_exit_code(cases[i].code));
        assert_message(err, cases[i].message);
        assert_null(h.v);
    }
}

/* ---- hostile and large trees -------------------------------------------------------------------
 */

static void test_impossible_names(void **state)
{
    struct repo_listing l;
    struct repo_view *old = view;
    struct repo *r;

    (void)state;
    lab_sh("git init -q -b main evil && cd evil && b=$(echo x | git hash-object -w --stdin)\n"
           "python3 - $b >t <<'E'\n"
           "import sys\n"
           "b = bytes.fromhex(sys.argv[1])\n"
           "for n in (b'.', b'..', b'.GIT', b'a', b'a/b'):\n"
           "    sys.stdout.buffer.write(b'100644 ' + n + b'\\0' + b)\n"
           "E\n"
           "t=$(git hash-object -t tree -w --literally t) && tick\n"
           "git update-ref refs/heads/main $(git commit-tree -m evil $t)");
    r = lab_open("evil");
    view = view_of(r, "main");
    l = list(&(struct repo_list_options){.recursive = true});
    assert_string_equal(paths_of(&l), "a");
    assert_int_equal(l.hidden, 4);
    repo_view_free(view);
    repo_free(r);
    view = old;
}

/* Ten directories in each of ten levels, all the same: 10^10 paths in eleven objects. */
static void test_tree_bomb(void **state)
{
    struct repo_listing l;
    struct repo_hits h;
    struct repo_view *old = view;
    struct repo *r;

    (void)state;
    lab_sh("git init -q -b main bomb && cd bomb && b=$(echo x | git hash-object -w --stdin)\n"
           "t=$(for i in 0 1 2 3 4 5 6 7 8 9; do printf '100644 blob %%s\\t%%s\\n' $b $i; done | "
           "git mktree)\n"
           "for l in 1 2 3 4 5 6 7 8 9; do t=$(for i in 0 1 2 3 4 5 6 7 8 9; do\n"
           "printf '040000 tree %%s\\t%%s\\n' $t $i; done | git mktree); done; tick\n"
           "git update-ref refs/heads/main $(git commit-tree -m bomb $t)");
    r = lab_open("bomb");
    view = view_of(r, "main");
    l = list(&(struct repo_list_options){.recursive = true, .glob = STR("nothing")});
    assert_int_equal(l.n, 0);
    assert_true(l.truncated);
    h = search(&(struct repo_search_options){.text = STR("x"), .glob = STR("**/5/5")});
    assert_int_equal(h.n, 200);
    assert_true(h.truncated);
    repo_view_free(view);
    repo_free(r);
    view = old;
}

static void test_many_files(void **state)
{
    struct repo_listing l;
    struct repo_hits h;
    struct repo_view *old = view;
    struct repo *r;

    (void)state;
    lab_sh(
        "git init -q -b main many && cd many && awk 'BEGIN {\n"
        "  print \"blob\\nmark :1\\ndata 2\\nx\\n\\ncommit refs/heads/main\"\n"
        "  print \"committer A <a> 1700000000 +0000\\ndata 1\\nm\"\n"
        "  for (i = 0; i < 200000; i++) printf \"M 100644 :1 d%%03d/f%%06d.py\\n\", i / 1000, i\n"
        "  print \"\" }' | git fast-import --quiet");
    r = lab_open("many");
    view = view_of(r, "main");
    l = list(&(struct repo_list_options){.recursive = true, .max_entries = 300000});
    assert_int_equal(l.n, 200000);
    assert_str(l.v[199999].path, "d199/f199999.py");
    l = list(&(struct repo_list_options){.recursive = true, .glob = STR("f19999?.py")});
    assert_int_equal(l.n, 10);
    l = list(&(struct repo_list_options){.dir = STR("d007")});
    assert_int_equal(l.n, 1000);
    h = search(&(struct repo_search_options){.text = STR("y")});
    assert_int_equal(h.files, 200000);
    assert_int_equal(h.n, 0);
    assert_false(h.truncated);
    repo_view_free(view);
    repo_free(r);
    view = old;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_search),
        cmocka_unit_test(test_search_limits),
        cmocka_unit_test(test_search_refused),
        cmocka_unit_test(test_impossible_names),
        cmocka_unit_test(test_tree_bomb),
        cmocka_unit_test(test_many_files),
    };
    return cmocka_run_group_tests(tests, make, done);
}
