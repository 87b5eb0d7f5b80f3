/*
 * test_repo_view.c - listing and reading one commit, against `git ls-tree`; and the ways out of the
 * tree, all shut.
 */
#include "tests/unit/test_repo_view_lab.h"

static void test_paths(void **state)
{
    static const struct {
        struct str path;
        const char *clean, *message; /* one of them */
    } cases[] = {
        {{"src/a.py", 8}, "src/a.py", NULL},
        {{"./src//a.py", 11}, "src/a.py", NULL},
        {{"src/", 4}, "src", NULL},
        {{"", 0}, "", NULL},
        {{".", 1}, "", NULL},
        {{"./.", 3}, "", NULL},
        {{"...", 3}, "...", NULL},
        {{".gitignore", 10}, ".gitignore", NULL},
        {{"a\\..\\b", 6}, "a\\..\\b", NULL},
        {{"..", 2}, NULL, "goes up"},
        {{"../x", 4}, NULL, "goes up"},
        {{"src/../../x", 11}, NULL, "goes up"},
        {{"src/..", 6}, NULL, "goes up"},
        {{"/etc/passwd", 11}, NULL, "absolute"},
        {{"//", 2}, NULL, "absolute"},
        {{".git/config", 11}, NULL, ".git cannot be read"},
        {{"sub/.GIT/config", 15}, NULL, ".git cannot be read"},
        {{"src/a.py\0.txt", 13}, NULL, "NUL"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err err = {0};
        struct str clean = {0};
        enum err_code code = repo_view_path(cases[i].path, &arena, &clean, &err);
        if (cases[i].clean) {
            assert_int_equal(code, OK);
            assert_str(clean, cases[i].clean);
        } else {
            assert_int_equal(code, ERR_USAGE);
            assert_message(err, cases[i].message);
        }
    }
    struct err err = {0};
    struct str clean, longest = {lab_sh("head -c 4097 /dev/zero | tr '\\0' a"), 4097};
    assert_int_equal(repo_view_path(longest, &arena, &clean, &err), ERR_USAGE);
    longest.n--;
    assert_int_equal(repo_view_path(longest, &arena, &clean, &err), OK);
}

/* ---- list --------------------------------------------------------------------------------------
 */

static void test_list(void **state)
{
    struct repo_listing l;
    static const char *const dirs[] = {"", "src", "src/deep", "docs"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(dirs); i++) {
        const char *sep = dirs[i][0] ? "/" : "";
        l = list(&(struct repo_list_options){.dir = str_c(dirs[i])});
        assert_string_equal(paths_of(&l),
            lab_sh("git -C r ls-tree -z --name-only base %s%s | tr '\\0' '\\n'", dirs[i], sep));
        l = list(&(struct repo_list_options){.dir = str_c(dirs[i]), .recursive = true});
        assert_string_equal(paths_of(&l),
            lab_sh("git -C r ls-tree -rz --name-only base %s%s | tr '\\0' '\\n'", dirs[i], sep));
        assert_false(l.truncated);
        assert_int_equal(l.hidden, 0);
    }
}

static const struct repo_entry *entry(const struct repo_listing *l, const char *path)
{
    for (size_t i = 0; i < l->n; i++)
        if (str_eqc(l->v[i].path, path))
            return &l->v[i];
    fail_msg("no %s", path);
    return NULL;
}

static void test_entries(void **state)
{
    struct repo_listing l = list(&(struct repo_list_options){.dir = STR("")});

    (void)state;
    assert_int_equal(entry(&l, "README.md")->kind, REPO_FILE);
    assert_int_equal(entry(&l, "README.md")->size, 4);
    assert_int_equal(entry(&l, "src")->kind, REPO_DIR);
    assert_int_equal(entry(&l, "src")->size, -1);
    assert_int_equal(entry(&l, "link")->kind, REPO_LINK);
    assert_str(entry(&l, "link")->target, "src/a.py");
    assert_str(entry(&l, "out")->target, "/");
    assert_int_equal(entry(&l, "sub")->kind, REPO_SUBMODULE);
    assert_str(entry(&l, "sub")->target, lab_sh("git -C r rev-parse base~1"));
    assert_string_equal(repo_entry_kind_name(REPO_SUBMODULE), "submodule");
    assert_str(repo_view_commit(view), lab_sh("git -C r rev-parse base"));
}

static void test_list_filtered(void **state)
{
    static const struct {
        const char *dir, *glob, *paths;
        bool recursive;
    } cases[] = {
        {"", "*.py", "src/a.py\nsrc/b.py\nsrc/deep/c.py", true},
        {"", "src/*.py", "src/a.py\nsrc/b.py", true},
        {"src", "*.py", "src/a.py\nsrc/b.py", false},
        {"src", "deep/*", "src/deep/c.py", true},
        {"", "**/er/**", "src/deep/er/d.js", true},
        {"", "src/**/*.[jp][sy]", "src/a.py\nsrc/b.py\nsrc/deep/c.py\nsrc/deep/er/d.js", true},
        {"", "nothing", "", true},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct repo_listing l = list(&(struct repo_list_options){.dir = str_c(cases[i].dir),
            .glob = str_c(cases[i].glob),
            .recursive = cases[i].recursive});
        assert_string_equal(paths_of(&l), cases[i].paths);
    }
    struct repo_listing l = list(&(struct repo_list_options){.recursive = true, .max_entries = 3});
    assert_int_equal(l.n, 3);
    assert_true(l.truncated);
    l = list(&(struct repo_list_options){.glob = STR("*.py"), .recursive = true, .max_entries = 3});
    assert_int_equal(l.n, 3);
    assert_false(l.truncated);
}

static void test_list_refused(void **state)
{
    static const struct {
        const char *dir, *glob;
        enum err_code code;
        const char *message;
    } cases[] = {
        {"../r", "", ERR_USAGE, "goes up"},
        {"nosuch", "", ERR_NOT_FOUND, "\"nosuch\""},
        {"later", "", ERR_NOT_FOUND, "later"}, /* of a later commit */
        {"src/nosuch/x", "", ERR_NOT_FOUND, "it ends at src"},
        {"src/a.py", "", ERR_USAGE, "is a file, not a directory"},
        {"src/a.py/x", "", ERR_NOT_FOUND, "src/a.py is a file"},
        {"out", "", ERR_USAGE, "symbolic link"},
        {"out/etc", "", ERR_NOT_FOUND, "out is a symbolic link"},
        {"src/up/src", "", ERR_NOT_FOUND, "src/up is a symbolic link"},
        {"sub", "", ERR_USAGE, "submodule"},
        {"sub/x", "", ERR_NOT_FOUND, "sub is a submodule"},
        {"", "a[b", ERR_USAGE, "has no ']'"},
        {"", "a\\", ERR_USAGE, "ends in"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct repo_list_options options = {
            .dir = str_c(cases[i].dir), .glob = str_c(cases[i].glob), .recursive = true};
        struct repo_listing l = {0};
        struct err err = {0};
        assert_int_equal(repo_list(view, &options, &arena, &l, &err), cases[i].code);
        assert_message(err, cases[i].message);
        assert_null(l.v);
    }
}

static void test_glob(void **state)
{
    static const struct {
        const char *pattern, *path;
        bool matches;
    } cases[] = {
        {"", "any/thing", true},
        {"*", "a/b", true}, /* no '/': the last component */
        {"b", "a/b", true},
        {"a/*", "a/b", true},
        {"a/*", "a/b/c", false},
        {"/*", "a", false},
        {"a/**", "a/b/c", true},
        {"a/**", "b/a/c", false},
        {"**/c", "c", true},
        {"**/c", "a/b/c", true},
        {"**/c", "a/bc", false},
        {"a/**/c", "a/c", true},
        {"a/**/c", "a/x/y/c", true},
        {"a/**/c", "a/xc", false},
        {"a/**/b/**/c", "a/b/b/c", true},
        {"**/*.py", "x.py", true},
        {"a**c", "abc", true},
        {"x/a**c", "x/ab/c", false},
        {"?", "\xC3\xA9", true},
        {"?", "ab", false},
        {"\xC3\xA9*", "\xC3\xA9t\xC3\xA9", true},
        {"a/?", "a//", false},
        {"[a-c]x", "bx", true},
        {"[!a-c]x", "bx", false},
        {"[^a-c]x", "dx", true},
        {"[]x]", "]", true},
        {"[a-]", "-", true},
        {"x/[!a]", "x//", false},
        {"\\*", "*", true},
        {"\\*", "a", false},
        {"a.py", "aXpy", false},
        {"*.PY", "a.py", false},
        {"\xFF", "\xFF", true},
        {"?", "\xFF", true},
    };
    struct err err = {0};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct str pattern = str_c(cases[i].pattern), path = str_c(cases[i].path);
        assert_int_equal(repo_glob_check(pattern, &err), OK);
        if (repo_glob_match(pattern, path) != cases[i].matches)
            fail_msg("%s against %s", cases[i].pattern, cases[i].path);
    }
    /* no pattern is slow */
    char stars[REPO_GLOB_MAX], path[REPO_PATH_MAX];
    for (size_t i = 0; i < sizeof stars; i++)
        stars[i] = i % 2 ? 'a' : '*';
    stars[sizeof stars - 1] = 'b';
    memset(path, 'a', sizeof path);
    assert_false(
        repo_glob_match((struct str){stars, sizeof stars}, (struct str){path, sizeof path}));
    struct str larger = {path, REPO_GLOB_MAX + 1};
    assert_int_equal(repo_glob_check(larger, &err), ERR_USAGE);
}

/* ---- read --------------------------------------------------------------------------------------
 */

static struct repo_text read_lines(const struct repo_read_options *options)
{
    struct repo_text t = {0};
    struct err err = {0};

    if (repo_read(view, options, &arena, &t, &err))
        fail_msg("%s", err.msg);
    return t;
}

static void test_read(void **state)
{
    struct repo_text t = read_lines(&(struct repo_read_options){.path = STR("src/a.py")});

    (void)state;
    assert_str(t.text, "one\ntwo\nthree\n");
    assert_int_equal(t.size, 14);
    assert_int_equal(t.first, 1);
    assert_int_equal(t.lines, 3);
    assert_int_equal(t.total_lines, 3);
    assert_false(t.truncated);
    t = read_lines(&(struct repo_read_options){.path = STR("src/b.py")});
    assert_str(t.text, "no feed");
    assert_int_equal(t.total_lines, 1);
    t = read_lines(&(struct repo_read_options){.path = STR("src/empty")});
    assert_str(t.text, "");
    assert_int_equal(t.total_lines, 0);
    t = read_lines(&(struct repo_read_options){.path = STR("blob.bin")});
    assert_true(t.binary);
    assert_int_equal(t.size, 5);
    assert_str(t.text, "");
    t = read_lines(&(struct repo_read_options){.path = STR("we[i]rd*name")});
    assert_str(t.text, "[x]");
    t = read_lines(&(struct repo_read_options){.path = STR("src/n\xFF")});
    assert_str(t.text, "b");
    /* links are shown, wherever they lead */
    t = read_lines(&(struct repo_read_options){.path = STR("out")});
    assert_int_equal(t.kind, REPO_LINK);
    assert_str(t.text, "/");
}

static void test_read_lines(void **state)
{
    static const struct {
        size_t first, count, max_bytes;
        const char *text;
        size_t lines;
        bool truncated;
    } cases[] = {
        {2, 1, 0, "two\n", 1, false},
        {2, 0, 0, "two\nthree\n", 2, false},
        {3, 9, 0, "three\n", 1, false},
        {4, 1, 0, "", 0, false},
        {SIZE_MAX, SIZE_MAX, 0, "", 0, false},
        {1, 0, 8, "one\ntwo\n", 2, true},
        {1, 0, 7, "one\n", 1, true},
        {1, 2, 8, "one\ntwo\n", 2, false},
        {3, 0, 3, "thr", 1, true},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct repo_text t = read_lines(&(struct repo_read_options){
            STR("src/a.py"), cases[i].first, cases[i].count, cases[i].max_bytes});
        assert_str(t.text, cases[i].text);
        assert_int_equal(t.lines, cases[i].lines);
        assert_int_equal(t.first, cases[i].first);
        assert_int_equal(t.truncated, cases[i].truncated);
        assert_int_equal(t.total_lines, 3);
    }
    /* never half a character */
    struct repo_text t = read_lines(&(struct repo_read_options){STR("docs/text"), 1, 1, 4});
    assert_str(t.text, "caf");
}

static void test_read_refused(void **state)
{
    static const struct {
        const char *path;
        enum err_code code;
        const char *message;
    } cases[] = {
        {"src", ERR_USAGE, "directory: list it"},
        {"", ERR_USAGE, "directory"},
        {"sub", ERR_USAGE, "another repository"},
        {"nosuch.py", ERR_NOT_FOUND, "nosuch.py"},
        {"link/x", ERR_NOT_FOUND, "link is a symbolic link"},
        {"/etc/passwd", ERR_USAGE, "absolute"},
        {"src/../.git/config", ERR_USAGE, "goes up"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct repo_read_options options = {.path = str_c(cases[i].path)};
        struct repo_text t = {0};
        struct err err = {0};
        assert_int_equal(repo_read(view, &options, &arena, &t, &err), cases[i].code);
        assert_message(err, cases[i].message);
        assert_null(t.text.p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_list),
        cmocka_unit_test(test_entries),
        cmocka_unit_test(test_list_filtered),
        cmocka_unit_test(test_list_refused),
        cmocka_unit_test(test_glob),
        cmocka_unit_test(test_read),
        cmocka_unit_test(test_read_lines),
        cmocka_unit_test(test_read_refused),
    };
    return cmocka_run_group_tests(tests, make, done);
}
