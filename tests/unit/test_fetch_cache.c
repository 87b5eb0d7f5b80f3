/* test_fetch_cache.c - locks of fetched sets, their use, and sets from files at hand. */
#include "tests/unit/test_fetch_lab.h"

/* --- the lock ------------------------------------------------------------------------------ */

static void test_lock(void **state)
{
    struct dataset_input in;

    (void)state;
    manifest_is(ONE);
    lab_write("www/f", STR("{\"n\":1}\n"));
    assert_int_equal(use(NULL, NULL, &in), ERR_USAGE);
    assert_said("sleepbench data fetch s");
    assert_int_equal(fetch(), OK);
    assert_int_equal(use(NULL, NULL, &in), OK);
    assert_string_equal(in.path, lab_path("cache/s/s.jsonl"));

    /* the file here has changed: it is not used; a fetch heals it */
    lab_write("cache/s/s.jsonl", STR("{\"n\":9}\n"));
    assert_int_equal(use(NULL, NULL, &in), ERR_INPUT);
    assert_said("is not what was fetched");
    assert_int_equal(fetch(), OK);
    assert_false(result.already);
    assert_fetched("{\"n\":1}\n");

    /* the source has changed: refused, what is here stays; --accept-new takes it */
    lab_write("www/f", STR("{\"n\":2}\n"));
    assert_int_equal(fetch(), OK);
    assert_true(result.already);
    unlink(lab_path("cache/s/s.jsonl"));
    assert_int_equal(use(NULL, NULL, &in), ERR_USAGE);
    assert_said("has gone");
    assert_int_equal(fetch(), ERR_INPUT);
    assert_said("is not what was fetched at 20");
    assert_said("sleepbench data fetch s --accept-new");
    assert_int_equal(lab_count("cache/s", "s.jsonl"), 0);
    assert_int_equal(accept_new(), OK);
    assert_fetched("{\"n\":2}\n");
    assert_int_equal(use(NULL, NULL, &in), OK);
}

static void test_a_broken_lock(void **state)
{
#define ZEROS "000000000000000000000000000000000000000000000000000000000000"
    static const char *const texts[] = {"", "{",
        "{\"files\":[{\"file\":\"../x\",\"sha256\":\"0000" ZEROS "\"}]}",
        "{\"files\":[{\"file\":\"s\\u001b[2J\",\"sha256\":\"0000" ZEROS "\"}]}",
        "{\"files\":[{\"file\":\"s.jsonl\",\"sha256\":\"\\u001b[2J" ZEROS "\"}]}",
        "{\"files\":[{\"file\":\"../x\",\"sha256\":\"\"}]}",
        "{\"files\":[{\"file\":\"s.jsonl\",\"sha256\":\"abc\"}]}", "{\"file\":[]}"};
    struct dataset_input in;

    (void)state;
    manifest_is(ONE);
    lab_write("www/f", STR("{\"n\":1}\n"));
    assert_int_equal(fetch(), OK);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        lab_write("cache/s/lock.json", str_c(texts[i]));
        assert_int_equal(use(NULL, NULL, &in), ERR_INPUT);
        assert_said("lock.json");
        assert_int_equal(fetch(), ERR_INPUT);
    }
    unlink(lab_path("cache/s/lock.json"));
    assert_int_equal(fetch(), OK);
}

static void test_one_at_a_time(void **state)
{
    int fd;

    (void)state;
    manifest_is(ONE);
    lab_write("www/f", STR("{}\n"));
    assert_int_equal(file_make_dirs(lab_path("cache/s"), &err), OK);
    assert_int_equal(file_lock(lab_path("cache/s/.busy"), &fd, &err), OK);
    assert_int_equal(fetch(), ERR_BUSY);
    assert_said("another sleepbench process fetches \"s\"");
    file_unlock(fd);
    assert_int_equal(fetch(), OK);
}

/* --- use ----------------------------------------------------------------------------------- */

static void test_input_and_columns(void **state)
{
    struct dataset_input in;

    (void)state;
    manifest_is("\"columns\":\"question=q,answer=a\"," ONE);
    lab_write("www/f", STR("{}\n"));
    assert_int_equal(fetch(), OK);
    assert_int_equal(use(NULL, NULL, &in), OK);
    assert_string_equal(in.columns.question, "q");
    assert_int_equal(use("cache:s", "answer=b", &in), OK);
    assert_string_equal(in.path, lab_path("cache/s/s.jsonl"));
    assert_string_equal(in.columns.question, "q");
    assert_string_equal(in.columns.answer, "b");
    assert_int_equal(use("own.jsonl", NULL, &in), OK);
    assert_string_equal(in.path, "own.jsonl");
    assert_null(in.columns.question);
    assert_int_equal(use("cache:st", NULL, &in), ERR_USAGE);
    assert_said("did you mean \"s\"?");
    assert_int_equal(use("cache:t", NULL, &in), ERR_USAGE); /* too far from any */
    assert_null(strstr(err.msg, "did you mean"));
    assert_int_equal(use("own.jsonl", "x", &in), ERR_USAGE);
    assert_said("columns: ");
}

static void test_places(void **state)
{
    const char *dir;

    (void)state;
    assert_int_equal(cache_dir(STR("s"), &arena, &dir, &err), OK);
    assert_string_equal(dir, lab_path("cache/s"));
    unsetenv("SLEEPBENCH_CACHE");
    setenv("XDG_CACHE_HOME", "/x", 1);
    setenv("HOME", "/h", 1);
    assert_int_equal(cache_dir(STR("s"), &arena, &dir, &err), OK);
    assert_string_equal(dir, "/x/sleepbench/s");
    setenv("XDG_CACHE_HOME", "relative", 1); /* the standard has it ignored */
    assert_int_equal(cache_dir(STR("s"), &arena, &dir, &err), OK);
    assert_string_equal(dir, "/h/.cache/sleepbench/s");
    unsetenv("XDG_CACHE_HOME");
    unsetenv("HOME");
    assert_int_equal(cache_dir(STR("s"), &arena, &dir, &err), ERR_USAGE);
    assert_said("SLEEPBENCH_CACHE");
}

/* --- files at hand ------------------------------------------------------------------------- */

static void test_import_shapes(void **state)
{
    static const char *const texts[] = {"{\"n\":1}\n{\"n\":2}\n", "[{\"n\":1},{\"n\":2}]",
        "{\"rows\":[{\"row_idx\":0,\"row\":{\"n\":1},\"truncated_cells\":[]},{\"row_idx\":1,"
        "\"row\":"
        "{\"n\":2},\"truncated_cells\":[]}],\"num_rows_total\":2,\"partial\":false}"};

    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        fresh(state);
        manifest_is(ONE);
        lab_write("here/x", str_c(texts[i]));
        assert_int_equal(import(lab_path("here/x"), NULL), OK);
        assert_fetched("{\"n\":1}\n{\"n\":2}\n");
        assert_file("here/x", texts[i]); /* the user's file stays as it is */
        assert_int_equal(result.rows, 2);
        assert_int_equal(lab_asked(""), 0);
    }
}

static void test_import_of_several(void **state)
{
    (void)state;
    manifest_is(
        "\"parts\":[{\"file\":\"one\",\"sources\":[\"$one\"]},{\"file\":\"two\",\"sources\":"
        "[\"$two\"]}]");
    lab_write("here/a", STR("{\"n\":1}"));
    lab_write("here/b", STR("[{\"n\":2}]"));
    assert_int_equal(import(lab_path("here/a"), NULL), ERR_USAGE);
    assert_said("has 2 parts, 1 given");
    assert_int_equal(import(lab_path("here/a"), lab_path("here/b")), OK);
    assert_fetched("{\"n\":1}\n{\"n\":2}\n");
    /* the other way round is another set, which the lock refuses */
    assert_int_equal(import(lab_path("here/b"), lab_path("here/a")), ERR_INPUT);
    assert_said("--accept-new");
    assert_fetched("{\"n\":1}\n{\"n\":2}\n");
}

static void test_import_of_pages(void **state)
{
    char first[512], second[512];

    (void)state;
    manifest_is(ROWS_SOURCE(""));
    put_page(0, 100, 130, "");
    put_page(100, 30, 130, "");
    snprintf(first, sizeof first, "%s", lab_path("www/p.0.json"));
    snprintf(second, sizeof second, "%s", lab_path("www/p.100.json"));
    assert_int_equal(import(first, NULL), ERR_INPUT);
    assert_said("hold 100 of 130 rows");
    assert_int_equal(import(second, first), ERR_INPUT);
    assert_nothing_fetched();
    assert_int_equal(import(first, second), OK);
    assert_rows_fetched(130);
}

static void test_import_is_checked(void **state)
{
    char hex[DIGEST_HEX_LEN + 1];
    struct buf text = BUF_INIT;

    (void)state;
    buf_printf(&text,
        "\"parts\":[{\"file\":\"f\",\"sources\":[{\"url\":\"$f\",\"sha256\":\"%s\"}]}]",
        digest_hex(digest_of(STR("{\"n\":1}\n")), hex));
    manifest_is(buf_cstr(&text));
    lab_write("here/x", STR("{\"n\":2}\n"));
    assert_int_equal(import(lab_path("here/x"), NULL), ERR_INPUT);
    assert_said("is not the file that was expected");
    assert_said(hex);
    assert_nothing_fetched();
    lab_write("here/x", STR("{\"n\":1}\n"));
    assert_int_equal(import(lab_path("here/x"), NULL), OK);
    assert_fetched("{\"n\":1}\n");
    fresh(state);
    manifest_is(ONE);
    lab_write("here/x", STR("<!doctype html><p>sign in"));
    assert_int_equal(import(lab_path("here/x"), NULL), ERR_INPUT);
    assert_said("is a web page, not data");
    lab_write("here/x", STR("{\"n\":1}\n{\"n\":"));
    assert_int_equal(import(lab_path("here/x"), NULL), ERR_INPUT);
    assert_said("here/x:2: ");
    assert_int_equal(import(lab_path("here/none"), NULL), ERR_NOT_FOUND);
    assert_nothing_fetched();
    buf_release(&text);
}

/* --- files --------------------------------------------------------------------------------- */

static void files_manifest(void)
{
    char one[DIGEST_HEX_LEN + 1], two[DIGEST_HEX_LEN + 1];
    struct buf text = BUF_INIT;

    buf_printf(&text,
        "\"kind\":\"files\",\"parts\":[{\"file\":\"one.txt\",\"path\":\"deep/"
        "one.txt\",\"sources\":[{"
        "\"format\":\"file\",\"url\":\"$one\",\"sha256\":\"%s\"}]},{\"file\":\"two.txt\","
        "\"sources\":"
        "[{\"format\":\"file\",\"url\":\"$two\",\"sha256\":\"%s\"}]}]",
        digest_hex(digest_of(STR("first")), one), digest_hex(digest_of(STR("second")), two));
    manifest_is(buf_cstr(&text));
    buf_release(&text);
}

static void test_files(void **state)
{
    struct dataset_input in;
    const char *path;

    (void)state;
    files_manifest();
    lab_write("www/one", STR("first"));
    assert_int_equal(fetch(), ERR_ENDPOINT);
    assert_int_equal(lab_count("cache/s", "one"), 0); /* the first waits for the second */
    lab_write("www/two", STR("second"));
    assert_int_equal(fetch(), OK);
    assert_file("cache/s/one.txt", "first");
    assert_file("cache/s/two.txt", "second");
    assert_int_equal(lab_count("cache/s", ""), 4);
    assert_int_equal(result.files, 2);
    assert_int_equal(result.rows, FIELD_NONE);
    assert_int_equal(cache_use(the_set(), "one.txt", &arena, &path, &err), OK);
    assert_string_equal(path, lab_path("cache/s/one.txt"));
    assert_int_equal(cache_use(the_set(), "three.txt", &arena, &path, &err), ERR_USAGE);
    assert_int_equal(use("cache:s", NULL, &in), ERR_USAGE);
    assert_said("is no set of rows");
}

/* A lock that was written to fit a changed file does not help: the manifest has the digest too. */
static void test_a_forged_lock(void **state)
{
    struct cache_lock lock;
    struct cache_file *f;
    char hex[DIGEST_HEX_LEN + 1];
    const char *path;

    (void)state;
    files_manifest();
    lab_write("www/one", STR("first"));
    lab_write("www/two", STR("second"));
    assert_int_equal(fetch(), OK);
    lab_write("cache/s/one.txt", STR("forged"));
    assert_int_equal(cache_lock_read(lab_path("cache/s"), &arena, &lock, &err), OK);
    f = (struct cache_file *)lock.files.v;
    f->sha256 = str_c(digest_hex(digest_of(STR("forged")), hex));
    assert_int_equal(cache_lock_write(lab_path("cache/s"), &lock, &err), OK);
    assert_int_equal(cache_use(the_set(), "one.txt", &arena, &path, &err), ERR_INPUT);
    assert_said("is not what was fetched");
    assert_int_equal(cache_use(the_set(), "two.txt", &arena, &path, &err), OK);
}

static void test_import_of_files(void **state)
{
    char one[512];

    (void)state;
    files_manifest();
    assert_int_equal(file_make_dirs(lab_path("here/deep"), &err), OK);
    lab_write("here/deep/one.txt", STR("first"));
    lab_write("here/two.txt", STR("2nd"));
    snprintf(one, sizeof one, "%s", lab_path("here/deep/one.txt"));
    assert_int_equal(import(one, NULL), ERR_USAGE);
    assert_said("--from has no file two.txt");
    assert_int_equal(import(lab_path("here"), NULL), ERR_INPUT);
    assert_said("here/two.txt is not the file that was expected");
    lab_write("here/two.txt", STR("second"));
    assert_int_equal(import(lab_path("here"), NULL), OK);
    assert_file("cache/s/one.txt", "first");
    assert_int_equal(import(lab_path("here/two.txt"), one), OK); /* in any order, by name */
    assert_int_equal(lab_asked(""), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_lock, fresh),
        cmocka_unit_test_setup(test_a_broken_lock, fresh),
        cmocka_unit_test_setup(test_one_at_a_time, fresh),
        cmocka_unit_test_setup(test_input_and_columns, fresh),
        cmocka_unit_test_setup(test_places, fresh),
        cmocka_unit_test_setup(test_import_shapes, fresh),
        cmocka_unit_test_setup(test_import_of_several, fresh),
        cmocka_unit_test_setup(test_import_of_pages, fresh),
        cmocka_unit_test_setup(test_import_is_checked, fresh),
        cmocka_unit_test_setup(test_files, fresh),
        cmocka_unit_test_setup(test_a_forged_lock, fresh),
        cmocka_unit_test_setup(test_import_of_files, fresh),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
