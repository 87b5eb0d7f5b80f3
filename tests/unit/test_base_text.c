/* test_base_text.c - str, buf, arena and the token rule (tests/data/token.test). */
#include "harness/base/arena.h"
#include "harness/base/lines.h"
#include "harness/base/token.h"
#include "tests/unit/unit.h"

static void test_compare(void **state)
{
    (void)state;
    assert_true(str_eq(STR("a\0b"), STR("a\0b")));
    assert_false(str_eq(STR("a\0b"), STR("a\0c")));
    assert_true(str_eq(str_c(NULL), STR("")));
    assert_true(str_eqc(STR("ab"), "ab") && !str_eqc(STR("ab"), "a"));
    assert_true(str_eq_nocase(STR("aZ[\xC3"), STR("Az[\xC3")));
    assert_false(str_eq_nocase(STR("@"), STR("`"))); /* 32 apart, but no letters */
    assert_true(str_cmp(STR("a"), STR("ab")) < 0 && str_cmp(STR("\xFF"), STR("a")) > 0);
    assert_int_equal(str_cmp(STR(""), str_c(NULL)), 0);
    assert_true(str_starts(STR("abc"), STR("ab")) && !str_starts(STR("a"), STR("ab")));
    assert_true(str_ends(STR("abc"), STR("bc")) && !str_ends(STR("c"), STR("bc")));
    assert_true(str_starts(STR(""), STR("")) && str_ends(str_c(NULL), STR("")));
}

static void test_find_and_slice(void **state)
{
    (void)state;
    assert_int_equal(str_find(STR("abcabc"), STR("bc"), 0), 1);
    assert_int_equal(str_find(STR("abcabc"), STR("bc"), 2), 4);
    assert_int_equal(str_find(STR("abcabc"), STR("bc"), 5), SIZE_MAX);
    assert_int_equal(str_find(STR("abc"), STR("abcd"), 0), SIZE_MAX);
    assert_int_equal(str_find(STR("abc"), STR(""), 3), 3);
    assert_int_equal(str_find(STR("abc"), STR(""), 4), SIZE_MAX);
    assert_int_equal(str_find(STR("a\0b"), STR("b"), 0), 2);
    assert_int_equal(str_find(STR("abc"), STR("c"), 99), SIZE_MAX);
    assert_str(str_slice(STR("abcd"), 1, 3), "bc");
    assert_str(str_slice(STR("abcd"), 3, 99), "d");
    assert_str(str_slice(STR("abcd"), 4, 2), "");
    assert_str(str_from(STR("abcd"), 9), "");
    assert_int_equal(str_slice(str_c(NULL), 1, 2).n, 0);
    assert_str(str_trim(STR(" \t\r\n\f\va b ")), "a b");
    assert_str(str_trim(STR("   ")), "");
    assert_str(str_trim(STR("\xC2\xA0x")), "\xC2\xA0x"); /* ASCII blanks only */
}

static void test_cut(void **state)
{
    static const struct {
        const char *text;
        size_t parts;
    } cases[] = {{"", 1}, {",", 2}, {"a", 1}, {"a,b", 2}, {",a,,b,", 5}};
    struct str part;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct str rest = str_c(cases[i].text);
        size_t parts = 0, bytes = 0;
        while (str_cut(&rest, ',', &part)) {
            parts++;
            bytes += part.n;
            assert_null(part.n ? memchr(part.p, ',', part.n) : NULL);
        }
        assert_int_equal(parts, cases[i].parts);
        assert_int_equal(bytes + parts - 1, strlen(cases[i].text));
    }
    struct str none = {NULL, 0};
    assert_false(str_cut(&none, ',', &part));
}

static void test_utf8(void **state)
{
    static const char *const good[] = {"", "abc", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80",
        "\xED\x9F\xBF", "\xEE\x80\x80", "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"};
    static const char *const bad[] = {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xC2", "\xC2\x41",
        "\xE0\x9F\xBF", "\xED\xA0\x80", "\xED\xBF\xBF", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80",
        "\xF5\x80\x80\x80", "\xFE", "\xFF", "\xE2\x82", "a\xF0\x9F\x98"};
    size_t i = 0;

    (void)state;
    for (size_t k = 0; k < ARRAY_LEN(good); k++)
        assert_true(str_utf8_ok(str_c(good[k])));
    for (size_t k = 0; k < ARRAY_LEN(bad); k++)
        assert_false(str_utf8_ok(str_c(bad[k])));
    assert_true(str_utf8_ok(STR("a\0b")));
    struct str s = STR("a\xE2\x82\xAC\xFF\xF0\x9F\x98\x80");
    assert_int_equal(str_utf8_next(s, &i), 'a');
    assert_int_equal(str_utf8_next(s, &i), 0x20AC);
    assert_int_equal(str_utf8_next(s, &i), 0xFFFD);
    assert_int_equal(i, 5);
    assert_int_equal(str_utf8_next(s, &i), 0x1F600);
    assert_int_equal(i, s.n);
    assert_int_equal(str_utf8_count(s), 4);
    struct buf b = BUF_INIT;
    static const uint32_t points[] = {'a', 0x7F, 0x80, 0x7FF, 0x800, 0xFFFF, 0x10000, 0x10FFFF};
    for (size_t k = 0; k < ARRAY_LEN(points); k++)
        buf_utf8(&b, points[k]);
    assert_true(str_utf8_ok(buf_str(&b)));
    i = 0;
    for (size_t k = 0; k < ARRAY_LEN(points); k++)
        assert_int_equal(str_utf8_next(buf_str(&b), &i), points[k]);
    buf_release(&b);
}

static void test_distance(void **state)
{
    char longer[200];

    (void)state;
    assert_int_equal(str_distance(STR("kitten"), STR("sitting")), 3);
    assert_int_equal(str_distance(STR(""), STR("abc")), 3);
    assert_int_equal(str_distance(STR("Split"), STR("split")), 0);
    assert_int_equal(str_distance(STR("flaw"), STR("lawn")), 2);
    memset(longer, 'x', sizeof longer);
    assert_int_equal(str_distance((struct str){longer, sizeof longer}, STR("x")), 62);
}

static void test_buf(void **state)
{
    struct buf b = BUF_INIT, small;

    (void)state;
    assert_string_equal(buf_cstr(&b), "");
    buf_str_add(&b, str_c(NULL));
    buf_printf(&b, "%d-%s", 5, "x");
    assert_string_equal(buf_cstr(&b), "5-x");
    char big[1000];
    memset(big, 'y', sizeof big - 1);
    big[sizeof big - 1] = '\0';
    buf_printf(&b, "%s", big); /* longer than the first try */
    assert_int_equal(b.n, 3 + 999);
    buf_truncate(&b, 2);
    assert_string_equal(buf_cstr(&b), "5-");
    buf_truncate(&b, 99);
    assert_int_equal(b.n, 2);
    buf_add(&b, "\0z", 2);
    assert_int_equal(b.n, 4);
    char *p = buf_detach(&b);
    assert_memory_equal(p, "5-\0z", 5);
    free(p);
    p = buf_detach(&b);
    assert_string_equal(p, "");
    free(p);
    buf_init(&small, 4);
    buf_puts(&small, "abc");
    assert_false(small.full);
    buf_puts(&small, "de");
    assert_true(small.full);
    assert_string_equal(buf_cstr(&small), "abcd");
    buf_reset(&small);
    assert_false(small.full);
    buf_puts(&small, "abcd");
    assert_false(small.full);
    buf_release(&small);
    buf_collapse(&b, STR(" a \t\n b  c\r\n"));
    assert_string_equal(buf_cstr(&b), "a b c");
    buf_collapse(&b, STR("  "));
    assert_string_equal(buf_cstr(&b), "a b c");
    buf_release(&b);
}

static void test_arena(void **state)
{
    struct arena a = {0};
    char *last = NULL;

    (void)state;
    arena_release(&a);
    arena_reset(&a);
    for (size_t n = 0; n < 5000; n = n * 2 + 1) {
        char *p = arena_alloc(&a, n);
        assert_int_equal((uintptr_t)p % 16, 0);
        for (size_t i = 0; i < n; i++)
            assert_int_equal(p[i], 0);
        memset(p, 0xAA, n);
        if (n)
            assert_ptr_not_equal(p, last);
        last = n ? p : last;
    }
    char *big = arena_alloc(&a, 3 << 20);
    big[(3 << 20) - 1] = 'x';
    struct str s = arena_str(&a, STR("a\0b"));
    assert_int_equal(s.n, 3);
    assert_memory_equal(s.p, "a\0b", 4);
    assert_string_equal(arena_cstr(&a, str_c(NULL)), "");
    assert_string_equal(arena_printf(&a, "%s/%03d", "x", 7), "x/007");
    assert_true(a.used > 3 << 20);
    arena_reset(&a);
    assert_int_equal(a.used, 0);
    int *zeroed = arena_array(&a, int, 1000);
    for (size_t i = 0; i < 1000; i++)
        assert_int_equal(zeroed[i], 0); /* reused memory is zeroed again */
    arena_release(&a);
}

/* Undoes \n \t \\ \xHH. */
static void unescape(struct str s, struct buf *out)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] != '\\') {
            buf_putc(out, s.p[i]);
            continue;
        }
        char c = s.p[++i];
        if (c == 'x') {
            char hex[3] = {s.p[i + 1], s.p[i + 2], '\0'};
            buf_putc(out, (char)strtoul(hex, NULL, 16));
            i += 2;
        } else {
            buf_putc(out, c == 'n' ? '\n' : c == 't' ? '\t' : c);
        }
    }
}

/* The prefix of max tokens holds max tokens, ends behind one, and no longer text has as few. */
static void check_prefixes(struct str s, size_t count)
{
    for (size_t max = 0; max <= count + 1; max++) {
        size_t n = token_prefix(s, max);
        assert_int_equal(token_count(str_slice(s, 0, n)), max < count ? max : count);
        if (max >= count)
            assert_int_equal(n, s.n);
        else if (n)
            assert_false(str_is_blank(s.p[n - 1]));
    }
}

static void test_token_goldens(void **state)
{
    struct lines *l;
    struct str line, number;
    struct err err = {0};
    size_t n = 0;

    (void)state;
    assert_int_equal(lines_open("tests/data/token.test", LINES_MAX, &l, &err), OK);
    for (;;) {
        struct buf text = BUF_INIT;
        assert_int_equal(lines_next(l, &line, &err), OK);
        if (!line.p)
            break;
        if (line.n == 0 || line.p[0] == '#')
            continue;
        assert_true(str_cut(&line, '\t', &number) && line.p);
        unescape(line, &text);
        size_t expected = strtoul(number.p, NULL, 10);
        if (token_count(buf_str(&text)) != expected)
            fail_msg("\"%s\" has %zu tokens", buf_cstr(&text), token_count(buf_str(&text)));
        check_prefixes(buf_str(&text), expected);
        buf_release(&text);
        n++;
    }
    lines_free(l);
    assert_int_equal(n, 23);
}

static void test_lines(void **state)
{
    struct lines *l;
    struct str line;
    struct err err = {0};
    struct buf text = BUF_INIT;

    (void)state;
    for (int i = 0; i < 20000; i++)
        buf_printf(&text, "line %d%s\n", i, i % 3 ? "" : "\r"); /* over several chunks */
    buf_puts(&text, "last");
    assert_int_equal(lines_open(unit_file("lines", buf_str(&text)), 100, &l, &err), OK);
    for (int i = 0; i < 20000; i++) {
        char expected[32];
        snprintf(expected, sizeof expected, "line %d", i);
        assert_int_equal(lines_next(l, &line, &err), OK);
        assert_str(line, expected);
        assert_int_equal(lines_number(l), i + 1);
    }
    assert_int_equal(lines_next(l, &line, &err), OK);
    assert_str(line, "last");
    err_set(&err, ERR_INPUT, "line 1, column 3: odd");
    assert_int_equal(lines_wrap(l, &err), ERR_INPUT);
    assert_message(err, "lines:20001: column 3: odd");
    for (int i = 0; i < 2; i++) {
        assert_int_equal(lines_next(l, &line, &err), OK);
        assert_null(line.p);
    }
    lines_free(l);
    lines_free(NULL);
    buf_release(&text);
    /* a line of just the limit passes, with or without CR; one byte more does not */
    assert_int_equal(lines_open(unit_file("lines", STR("abc\nabc\r\nabcd\nx\n")), 3, &l, &err), OK);
    assert_int_equal(lines_next(l, &line, &err), OK);
    assert_int_equal(lines_next(l, &line, &err), OK);
    assert_str(line, "abc");
    assert_int_equal(lines_next(l, &line, &err), ERR_INPUT);
    assert_int_equal(lines_next(l, &line, &err), OK);
    assert_str(line, "x");
    lines_free(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_compare),
        cmocka_unit_test(test_find_and_slice),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_utf8),
        cmocka_unit_test(test_distance),
        cmocka_unit_test(test_buf),
        cmocka_unit_test(test_arena),
        cmocka_unit_test(test_token_goldens),
        cmocka_unit_test(test_lines),
    };

    return cmocka_run_group_tests(tests, NULL, unit_cleanup);
}
