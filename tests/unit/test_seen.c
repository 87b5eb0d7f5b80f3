/* test_seen.c - repeated keys over several spilled batches, and output that is whole or absent. */
#include "harness/base/outfile.h"
#include "harness/base/seen.h"
#include "tests/unit/unit.h"

#include <fcntl.h>

static struct err err;

enum { KEYS = 150000, DIFFERENT = 101000 };

/* What was told of each number: its first, plus one. */
struct told {
    uint32_t first[KEYS];
    size_t n;
};

static void take(void *payload, uint64_t first, uint64_t again)
{
    struct told *t = payload;

    assert_true(again < KEYS && first < again);
    assert_int_equal(t->first[again], 0);
    t->first[again] = (uint32_t)first + 1;
    t->n++;
}

/* Key number i is i times a step modulo DIFFERENT, so that i repeats i - DIFFERENT. */
static void test_repeats_over_batches(void **state)
{
    static struct told told;
    struct seen *s = seen_new();

    (void)state;
    for (uint64_t i = 0; i < KEYS; i++) {
        char key[32];
        snprintf(key, sizeof key, "key %llu", (unsigned long long)(i * 7919 % DIFFERENT));
        assert_int_equal(seen_add(s, str_c(key), i, &err), OK);
    }
    assert_int_equal(seen_repeats(s, take, &told, &err), OK);
    assert_int_equal(told.n, KEYS - DIFFERENT);
    for (size_t i = 0; i < KEYS; i++)
        assert_int_equal(told.first[i], i < DIFFERENT ? 0 : i - DIFFERENT + 1);
    seen_free(s);
}

static void test_few_keys(void **state)
{
    static const char *const keys[] = {"a", "b", "a", "", "a", "ab", ""};
    static const uint32_t firsts[] = {0, 0, 1, 0, 1, 0, 4};
    static struct told told;
    struct seen *s = seen_new();

    (void)state;
    assert_int_equal(seen_repeats(s, take, &told, &err), OK);
    assert_int_equal(told.n, 0);
    seen_free(s);
    s = seen_new();
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        assert_int_equal(seen_add(s, str_c(keys[i]), i, &err), OK);
    assert_int_equal(seen_repeats(s, take, &told, &err), OK);
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        assert_int_equal(told.first[i], firsts[i]);
    seen_free(s);
    seen_free(NULL);
}

static size_t files_in_dir(void)
{
    struct buf names = BUF_INIT;
    size_t n = 0;

    buf_printf(&names, "ls '%s' | wc -l", unit_dir());
    FILE *f = popen(buf_cstr(&names), "r");
    assert_non_null(f);
    assert_int_equal(fscanf(f, "%zu", &n), 1);
    pclose(f);
    buf_release(&names);
    return n;
}

static void test_a_file_is_whole_or_absent(void **state)
{
    struct outfile *o;
    struct buf expected = BUF_INIT, got = BUF_INIT;
    const char *path = unit_path("out");
    size_t before = files_in_dir();

    (void)state;
    assert_int_equal(outfile_open(path, &o, &err), OK);
    outfile_write(o, STR("half"));
    assert_false(file_exists(path));
    outfile_free(o);
    assert_int_equal(files_in_dir(), before);
    assert_int_equal(outfile_open(path, &o, &err), OK);
    for (int i = 0; i < 300; i++) { /* pieces of 0 to 90,000 bytes */
        struct buf piece = BUF_INIT;
        for (int k = 0; k < i * i; k++)
            buf_putc(&piece, (char)('a' + (i + k) % 26));
        outfile_write(o, buf_str(&piece));
        buf_str_add(&expected, buf_str(&piece));
        buf_release(&piece);
    }
    assert_int_equal(outfile_commit(o, &err), OK);
    outfile_free(o);
    assert_int_equal(files_in_dir(), before + 1);
    assert_int_equal(file_read(path, 0, &got, &err), OK);
    assert_true(str_eq(buf_str(&got), buf_str(&expected)));
    assert_int_equal(outfile_open(unit_path("no/such/dir/out"), &o, &err), ERR_NOT_FOUND);
    assert_message(err, "no/such/dir/out");
    buf_release(&expected);
    buf_release(&got);
}

static void test_a_file_without_a_name(void **state)
{
    struct outfile *o;
    struct buf got = BUF_INIT;
    const char *path = unit_path("copy");
    char some[4];

    (void)state;
    assert_int_equal(outfile_open(NULL, &o, &err), OK);
    outfile_write(o, STR("0123456789"));
    assert_int_equal(outfile_read_at(o, 3, some, 4, &err), OK);
    assert_memory_equal(some, "3456", 4);
    assert_int_equal(outfile_read_at(o, 8, some, 4, &err), ERR_IO);
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    assert_int_equal(outfile_copy(o, fd, "the copy", &err), OK);
    close(fd);
    assert_int_equal(file_read(path, 0, &got, &err), OK);
    assert_string_equal(buf_cstr(&got), "0123456789");
    assert_int_equal(outfile_copy(o, fd, "the copy", &err), ERR_IO); /* closed */
    assert_message(err, "cannot write the copy");
    outfile_free(o);
    outfile_free(NULL);
    buf_release(&got);
}

/* A disk that is full is told at the end, and the file is not there. */
static void test_a_write_that_fails(void **state)
{
    struct outfile *named, *unnamed;
    char some[4];

    (void)state;
    assert_int_equal(outfile_open(unit_path("full"), &named, &err), OK);
    assert_int_equal(outfile_open(NULL, &unnamed, &err), OK);
    outfile_write(named, STR("lost"));
    outfile_write(unnamed, STR("lost"));
    unit_file_limit(3);
    enum err_code committed = outfile_commit(named, &err);
    struct err second = {0};
    enum err_code read = outfile_read_at(unnamed, 0, some, 4, &second);
    unit_file_limit(RLIM_INFINITY);
    assert_int_equal(committed, ERR_IO);
    assert_message(err, "full: File too large");
    assert_int_equal(read, ERR_IO);
    assert_message(second, "cannot write a temporary file");
    assert_int_equal(outfile_read_at(unnamed, 0, some, 4, &second), ERR_IO); /* still */
    assert_message(second, "cannot write a temporary file");
    outfile_free(named);
    outfile_free(unnamed);
    assert_false(file_exists(unit_path("full")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_repeats_over_batches),
        cmocka_unit_test(test_few_keys),
        cmocka_unit_test(test_a_file_is_whole_or_absent),
        cmocka_unit_test(test_a_file_without_a_name),
        cmocka_unit_test(test_a_write_that_fails),
    };

    return cmocka_run_group_tests(tests, NULL, unit_cleanup);
}
