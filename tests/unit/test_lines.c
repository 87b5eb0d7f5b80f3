/* test_lines.c - gzip files read as if they were plain, and what becomes of broken ones. */
#include "harness/base/lines.h"
#include "tests/unit/unit.h"

static struct err err;

/* Packs a file with the gzip program; false where there is none. */
static bool pack(const char *path, const char *more)
{
    struct buf command = BUF_INIT;

    buf_printf(&command, "gzip -c '%s' %s '%s.gz'", path, more, path);
    bool done = system(buf_cstr(&command)) == 0;
    buf_release(&command);
    if (!done)
        print_message("SKIP: no gzip\n");
    return done;
}

static const char *packed_path(const char *path)
{
    static char name[700];

    snprintf(name, sizeof name, "%s.gz", path);
    return name;
}

static struct buf content_of(const char *path)
{
    struct buf b = BUF_INIT;

    if (file_read(path, 0, &b, &err))
        fail_msg("%s", err.msg);
    return b;
}

/* Lines and bytes in them up to the end or the first error. */
struct sum {
    size_t lines, bytes;
    enum err_code code;
    bool broken;
};

static struct sum read_through(const char *path, size_t max_line)
{
    struct lines *l;
    struct str line;
    struct sum s = {0};

    s.code = lines_open(path, max_line, &l, &err);
    if (s.code)
        return s;
    while (!(s.code = lines_next(l, &line, &err)) && line.p) {
        s.lines++;
        s.bytes += line.n;
    }
    s.broken = lines_broken(l);
    if (s.code)
        (void)lines_wrap(l, &err);
    if (s.broken) { /* nothing comes behind */
        assert_int_equal(lines_next(l, &line, &err), OK);
        assert_null(line.p);
    }
    lines_free(l);
    return s;
}

static const char *numbered(size_t n, struct buf *text)
{
    for (size_t i = 0; i < n; i++)
        buf_printf(text, "this is line %zu of many\r\n", i * 7919 % n);
    return unit_file("plain", buf_str(text));
}

static void test_gzip_is_read_like_plain(void **state)
{
    struct buf text = BUF_INIT;
    const char *path = numbered(20000, &text); /* several chunks on both sides */
    struct sum plain = read_through(path, 100);

    (void)state;
    assert_int_equal(plain.lines, 20000);
    if (!pack(path, ">"))
        skip();
    struct sum packed = read_through(packed_path(path), 100);
    assert_int_equal(packed.code, OK);
    assert_int_equal(packed.lines, plain.lines);
    assert_int_equal(packed.bytes, plain.bytes);
    /* members one behind the other, and zeros that fill a block */
    assert_true(pack(path, ">>"));
    FILE *f = fopen(packed_path(path), "a");
    for (int i = 0; i < 70000; i++)
        fputc(0, f);
    fclose(f);
    packed = read_through(packed_path(path), 100);
    assert_int_equal(packed.code, OK);
    assert_int_equal(packed.lines, 2 * plain.lines);
    buf_release(&text);
}

static void test_a_mark_inside_gzip(void **state)
{
    const char *path = unit_file("plain", STR("\xEF\xBB\xBFone\r\n\r\ntwo"));

    (void)state;
    if (!pack(path, ">"))
        skip();
    struct sum s = read_through(packed_path(path), 3);
    assert_int_equal(s.lines, 3);
    assert_int_equal(s.bytes, 6);
}

/* Cut at any place: an error that names the file and a line, never a shorter file that looks whole.
 */
static void test_cut_gzip(void **state)
{
    struct buf text = BUF_INIT;
    const char *path = numbered(3000, &text);

    (void)state;
    if (!pack(path, ">"))
        skip();
    struct buf all = content_of(packed_path(path));
    for (size_t n = 2; n < all.n; n += n < 40 || n + 40 > all.n ? 1 : 997) {
        const char *cut = unit_file("cut.gz", str_slice(buf_str(&all), 0, n));
        struct sum s = read_through(cut, 100);
        assert_int_equal(s.code, ERR_INPUT);
        assert_message(err, "cut.gz:");
        assert_message(err, "is cut short: get the file again");
        assert_true(s.lines < 3000 || n + 40 > all.n);
    }
    buf_release(&all);
    buf_release(&text);
}

static void test_damaged_gzip(void **state)
{
    struct buf text = BUF_INIT;
    const char *path = numbered(3000, &text);

    (void)state;
    if (!pack(path, ">"))
        skip();
    struct buf all = content_of(packed_path(path));
    all.p[all.n - 6] ^= 1; /* the checksum */
    struct sum s = read_through(unit_file("bad.gz", buf_str(&all)), 100);
    assert_int_equal(s.code, ERR_INPUT);
    assert_true(s.broken);
    assert_message(err, "bad.gz:");
    assert_message(err, "is damaged: get the file again");
    all.p[all.n - 6] ^= 1;
    buf_puts(&all, "more");
    s = read_through(unit_file("more.gz", buf_str(&all)), 100);
    assert_int_equal(s.code, ERR_INPUT);
    assert_int_equal(s.lines, 3000);
    assert_message(err, "something else behind its end");
    s = read_through(unit_file("odd.gz", STR("\x1f\x8b\x07 no such method")), 100);
    assert_int_equal(s.code, ERR_INPUT);
    assert_message(err, "odd.gz:1: the gzip data is damaged");
    buf_release(&all);
    buf_release(&text);
}

/* Some bytes that unpack to a hundred megabytes in one line stops at the limit of a line; reading
 * on takes no more memory, and the line behind it is found. */
static void test_bomb(void **state)
{
    struct lines *l;
    struct str line;
    const char *path = unit_path("bomb.gz");
    struct buf command = BUF_INIT;

    (void)state;
    buf_printf(
        &command, "{ head -c 100000000 /dev/zero; echo; echo next; } | gzip -1 > '%s'", path);
    if (system(buf_cstr(&command)) != 0) {
        print_message("SKIP: no gzip\n");
        skip();
    }
    assert_int_equal(lines_open(path, 1000, &l, &err), OK);
    assert_int_equal(lines_next(l, &line, &err), ERR_INPUT);
    assert_message(err, "longer than 1000 bytes");
    assert_false(lines_broken(l));
    assert_int_equal(lines_next(l, &line, &err), OK);
    assert_str(line, "next");
    lines_free(l);
    buf_release(&command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gzip_is_read_like_plain),
        cmocka_unit_test(test_a_mark_inside_gzip),
        cmocka_unit_test(test_cut_gzip),
        cmocka_unit_test(test_damaged_gzip),
        cmocka_unit_test(test_bomb),
    };

    return cmocka_run_group_tests(tests, NULL, unit_cleanup);
}
