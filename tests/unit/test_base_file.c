/* test_base_file.c - files, locks, the log and its secrets, tables. */
#include "harness/base/file.h"

#include "harness/base/json.h"
#include "harness/base/lines.h"
#include "harness/base/log.h"
#include "harness/base/table.h"
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <math.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void test_read_write(void **state)
{
    struct buf b = BUF_INIT;
    struct err err = {0};
    const char *path = unit_file("f", STR("one\0two"));

    (void)state;
    assert_int_equal(file_read(path, 0, &b, &err), OK);
    assert_int_equal(b.n, 7);
    assert_int_equal(file_read(path, 7, &b, &err), OK); /* appends; the limit is the file's */
    assert_int_equal(b.n, 14);
    assert_int_equal(file_read(path, 6, &b, &err), ERR_INPUT);
    assert_message(err, "larger than 6 bytes");
    buf_release(&b);
    buf_init(&b, 3);
    assert_int_equal(file_read(path, 0, &b, &err), ERR_INPUT);
    assert_message(err, "larger than 3 bytes");
    buf_release(&b);
    b.limit = 0;
    assert_int_equal(file_read(unit_path("absent"), 0, &b, &err), ERR_NOT_FOUND);
    assert_message(err, "absent");
    assert_int_equal(file_read(unit_dir(), 0, &b, &err), ERR_USAGE);
    assert_int_equal(file_write(unit_path("no/dir"), STR("x"), &err), ERR_NOT_FOUND);
    assert_true(file_exists(unit_path("f")) && !file_is_dir(unit_path("f")));
    assert_true(file_is_dir(unit_dir()) && !file_exists(unit_path("absent")));
    buf_release(&b);
}

static enum err_code collect(const char *path, const char *name, void *payload, struct err *err)
{
    (void)err;
    assert_true(file_exists(path));
    buf_printf(payload, "%s ", name);
    return str_eqc(str_c(name), "stop.x") ? ERR_STOPPED : OK;
}

/* A link under the temporary name, which can be foretold, is not followed. */
static void test_a_trap(void **state)
{
    struct buf b = BUF_INIT;
    struct err err = {0};
    char trap[512];
    const char *path = unit_file("wanted", STR("old")), *victim = unit_file("victim", STR("mine"));

    (void)state;
    snprintf(trap, sizeof trap, "%s.tmp.%ld", path, (long)getpid());
    assert_int_equal(symlink(victim, trap), 0);
    assert_int_equal(file_write(path, STR("new"), &err), OK);
    assert_int_equal(file_read(victim, 0, &b, &err), OK);
    assert_string_equal(buf_cstr(&b), "mine");
    buf_reset(&b);
    assert_int_equal(file_read(path, 0, &b, &err), OK);
    assert_string_equal(buf_cstr(&b), "new");
    assert_false(file_exists(trap));
    buf_release(&b);
    unlink(path);
    unlink(victim);
}

/* A failed write leaves the old content and no temporary file. */
static void test_atomic(void **state)
{
    struct buf names = BUF_INIT, b = BUF_INIT;
    struct err err = {0};

    (void)state;
    const char *dir = unit_path("sub");
    assert_int_equal(mkdir(dir, 0755), 0);
    assert_int_equal(file_write(dir, STR("x"), &err), ERR_USAGE);
    assert_int_equal(rmdir(dir), 0);
    const char *path = unit_file("old", STR("old"));
    unit_file_limit(3);
    assert_int_equal(file_write(path, STR("longer"), &err), ERR_IO);
    unit_file_limit(RLIM_INFINITY);
    assert_message(err, path);
    assert_int_equal(file_each(unit_dir(), "", collect, &names, &err), OK);
    assert_null(strstr(buf_cstr(&names), ".tmp."));
    assert_int_equal(file_read(path, 0, &b, &err), OK);
    assert_string_equal(buf_cstr(&b), "old");
    assert_int_equal(file_write(path, STR("new"), &err), OK);
    buf_reset(&b);
    assert_int_equal(file_read(path, 0, &b, &err), OK);
    assert_string_equal(buf_cstr(&b), "new");
    buf_release(&names);
    buf_release(&b);
}

/* A pipe is written, not replaced; a link stays and the file behind it changes. */
static void test_what_is_no_file(void **state)
{
    const char *pipe_path = unit_path("pipe"), *link_path = unit_path("link");
    struct buf b = BUF_INIT;
    struct err err = {0};
    struct stat st;
    char got[8] = "";

    (void)state;
    assert_int_equal(mkfifo(pipe_path, 0600), 0);
    int fd = open(pipe_path, O_RDWR | O_NONBLOCK);
    assert_true(fd >= 0);
    assert_int_equal(file_write(pipe_path, STR("piped"), &err), OK);
    assert_int_equal(read(fd, got, sizeof got), 5);
    assert_string_equal(got, "piped");
    close(fd);
    assert_int_equal(lstat(pipe_path, &st), 0);
    assert_true(S_ISFIFO(st.st_mode));

    const char *target = unit_file("target", STR("before"));
    assert_int_equal(symlink(target, link_path), 0);
    assert_int_equal(file_write(link_path, STR("after"), &err), OK);
    assert_int_equal(lstat(link_path, &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    assert_int_equal(file_read(target, 0, &b, &err), OK);
    assert_string_equal(buf_cstr(&b), "after");
    buf_release(&b);

    assert_true(file_is_same(target, link_path));
    assert_true(file_is_regular(link_path));
    assert_false(file_is_same(target, "not/there"));
    assert_true(file_is_same("not/there", "not/there"));
    assert_false(file_is_same("/dev/null", "/dev/null"));
    assert_true(file_is_same("none", "./none") && file_is_same("//none", "/./none"));
    assert_false(file_is_same("none", "other") || file_is_same("none", "/none"));
    assert_false(file_is_regular("not/there"));
    pipe_path = unit_path("pipe"); /* two names at a time: target's is gone */
    assert_false(file_is_same(link_path, pipe_path) || file_is_regular(pipe_path));
}

static void test_dirs(void **state)
{
    struct buf names = BUF_INIT, path = BUF_INIT;
    struct err err = {0};

    (void)state;
    buf_printf(&path, "%s/a//b/c/", unit_dir());
    assert_int_equal(file_make_dirs(buf_cstr(&path), &err), OK);
    assert_int_equal(file_make_dirs(buf_cstr(&path), &err), OK);
    assert_true(file_is_dir(buf_cstr(&path)));
    for (int depth = 3; depth > 0; depth--) {
        buf_reset(&path);
        buf_printf(&path, "%s/%.*s", unit_dir(), 2 * depth - 1, "a/b/c");
        assert_int_equal(rmdir(buf_cstr(&path)), 0);
    }
    assert_int_equal(file_make_dirs("", &err), ERR_USAGE);
    unit_file("plain", STR(""));
    assert_int_equal(file_make_dirs(unit_path("plain"), &err), ERR_IO);
    assert_message(err, "not a directory");
    unit_file("b.x", STR(""));
    unit_file("a.x", STR(""));
    unit_file(".hidden.x", STR(""));
    unit_file("stop.x", STR(""));
    unit_file("z.x", STR(""));
    assert_int_equal(file_each(unit_dir(), ".x", collect, &names, &err), ERR_STOPPED);
    assert_string_equal(buf_cstr(&names), "a.x b.x stop.x ");
    assert_int_equal(file_each(unit_path("absent"), "", collect, &names, &err), ERR_NOT_FOUND);
    unlink(unit_path(".hidden.x"));
    buf_release(&names);
    buf_release(&path);
}

static int lock_from_child(const char *path)
{
    pid_t child = fork();
    int status = 0, fd;

    if (child == 0)
        _exit((int)file_lock(path, &fd, NULL));
    assert_int_equal(waitpid(child, &status, 0), child);
    return WEXITSTATUS(status);
}

static void test_lock(void **state)
{
    struct err err = {0};
    const char *path = unit_path("lock");
    int fd = -1;

    (void)state;
    assert_int_equal(file_lock(path, &fd, &err), OK);
    assert_int_equal(lock_from_child(path), ERR_BUSY);
    file_unlock(fd);
    assert_int_equal(lock_from_child(path), OK); /* and its end frees it again */
    assert_int_equal(file_lock(path, &fd, &err), OK);
    file_unlock(fd);
    file_unlock(-1);
}

static void test_redaction(void **state)
{
    struct buf b = BUF_INIT;

    (void)state;
    secret_add(STR("short")); /* under 6 bytes: not taken */
    secret_add(STR("sk-abc"));
    secret_add(STR("sk-abcdef"));
    secret_add(STR("sk-abc"));
    secret_redact(&b, STR("short sk-abcdef, sk-abc; sk-ab sk-abcsk-abc"));
    assert_string_equal(buf_cstr(&b), "short [redacted], [redacted]; sk-ab [redacted][redacted]");
    for (int i = 0; i < 100; i++) { /* no number of keys is too many */
        char key[32];
        snprintf(key, sizeof key, "key-number-%03d", i);
        secret_add(str_c(key));
    }
    buf_reset(&b);
    secret_redact(&b, STR("x key-number-099"));
    assert_string_equal(buf_cstr(&b), "x [redacted]");
    buf_release(&b);
}

/* Every line is one JSON object, whatever the text; a secret is never cut in two. */
static void test_log(void **state)
{
    struct err err = {0};
    struct lines *l;
    struct str line;
    struct json *doc;
    const char *path = unit_path("log.jsonl");
    size_t n = 0;

    (void)state;
    log_msg(LOG_ERROR, "dropped: no file yet");
    assert_int_equal(log_open(unit_path("no/dir"), LOG_INFO, &err), ERR_IO);
    assert_int_equal(log_open(path, LOG_INFO, &err), OK);
    secret_add(STR("sk-abcdef"));
    log_msg(LOG_DEBUG, "below the level");
    log_msg(LOG_INFO, "key sk-abcdef \"%s\"", "a\nb\xFF");
    for (int pad = 2030; pad < 2050; pad++)
        log_msg(LOG_WARN, "%*ssk-abcdef", pad, "");
    for (int pad = 8180; pad < 8200; pad++)
        log_msg(LOG_WARN, "%*ssk-abcdef", pad, "");
    log_close();
    log_msg(LOG_ERROR, "dropped: closed");
    assert_int_equal(lines_open(path, LINES_MAX, &l, &err), OK);
    for (;; n++) {
        assert_int_equal(lines_next(l, &line, &err), OK);
        if (!line.p)
            break;
        assert_int_equal(json_parse(line, JSON_STRICT, &doc, &err), OK);
        assert_int_equal(str_find(line, STR("sk-"), 0), SIZE_MAX);
        if (n == 0) {
            assert_str(json_str(json_get(doc, "level")), "info");
            assert_str(json_str(json_get(doc, "text")), "key [redacted] \"a\nb\xEF\xBF\xBD\"");
        }
        json_free(doc);
    }
    assert_int_equal(n, 41);
    lines_free(l);
}

static const struct column columns[] = {{"name", "", COLUMN_STR, 0},
    {"test_tok", "tokens", COLUMN_INT, 0}, {"accuracy", "share", COLUMN_NUM, 2}};

static struct table *sample(void)
{
    struct table *t = table_new("sample", columns, ARRAY_LEN(columns));

    table_note(t, "run", STR("a\nb"));
    table_row(t);
    table_str(t, STR("a,\"b\"|\x1b[31m\xC2\x9B\xFF\nc"));
    table_int(t, -5);
    table_num(t, 1.0 / 8);
    table_row(t);
    table_str(t, STR("#x"));
    table_missing(t);
    table_num(t, NAN);
    return t;
}

static void check_table(const struct table *t, enum table_format format, const char *expected)
{
    struct buf out = BUF_INIT;

    table_print(t, format, &out);
    assert_string_equal(buf_cstr(&out), expected);
    buf_release(&out);
}

static void test_table(void **state)
{
    struct table *t = sample();

    (void)state;
    assert_string_equal(table_name(t), "sample");
    assert_int_equal(table_rows(t), 2);
    assert_int_equal(table_columns(t), 3);
    assert_string_equal(table_column(t, 1)->unit, "tokens");
    assert_true(table_get_num(t, 0, 1) == -5 && table_get_num(t, 1, 1) == 0);
    assert_true(table_is_missing(t, 1, 1) && table_is_missing(t, 1, 2));
    assert_str(table_get_str(t, 1, 0), "#x");
    check_table(t, TABLE_CSV,
        "# run: ab\nname,test_tok,accuracy\n"
        "\"a,\"\"b\"\"|\x1b[31m\xC2\x9B\xFF\nc\",-5,0.125\n\"#x\",,\n");
    check_table(t, TABLE_MARKDOWN,
        "| name | test_tok (tokens) | accuracy (share) |\n| :-- | --: | --: |\n"
        "| a,\"b\"\\|\\[31m\xEF\xBF\xBD"
        "c | -5 | 0.12 |\n| #x | - | - |\n");
    check_table(t, TABLE_TEXT,
        "name"
        "          "
        "test_tok  accuracy\n" /* widest cell: 12 characters */
        "a,\"b\"|[31m\xEF\xBF\xBD"
        "c        -5      0.12\n"
        "#x"
        "          "
        "         -         -\nrun: ab\n");
    table_free(t);
    table_free(NULL);
    t = table_new("j", columns, ARRAY_LEN(columns));
    table_row(t);
    table_str(t, STR("a\"\n"));
    table_int(t, INT64_MAX);
    table_num(t, 0.1);
    table_row(t);
    table_missing(t);
    table_int(t, 0);
    table_num(t, INFINITY);
    table_row(t); /* a count among numbers */
    table_str(t, STR(""));
    table_int(t, 1);
    table_int(t, 9007199254740993); /* 2^53 + 1: no double */
    assert_true(table_get_num(t, 2, 2) == 9007199254740992.0);
    check_table(t, TABLE_JSONL,
        "{\"name\":\"a\\\"\\n\",\"test_tok\":9223372036854775807,\"accuracy\":0.1}\n"
        "{\"name\":null,\"test_tok\":0,\"accuracy\":null}\n"
        "{\"name\":\"\",\"test_tok\":1,\"accuracy\":9007199254740993}\n");
    check_table(t, TABLE_CSV,
        "name,test_tok,accuracy\n\"a\"\"\n\",9223372036854775807,0.1\n,0,\n,1,9007199254740993\n");
    table_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read_write),
        cmocka_unit_test(test_atomic),
        cmocka_unit_test(test_a_trap),
        cmocka_unit_test(test_what_is_no_file),
        cmocka_unit_test(test_dirs),
        cmocka_unit_test(test_lock),
        cmocka_unit_test(test_redaction),
        cmocka_unit_test(test_log),
        cmocka_unit_test(test_table),
    };

    return cmocka_run_group_tests(tests, NULL, unit_cleanup);
}
