/* test_base_misc.c - regex, digest, rng, err, outcome, clock, data. */
#include "harness/base/clock.h"
#include "harness/base/data.h"
#include "harness/base/digest.h"
#include "harness/base/embedded.h"
#include "harness/base/outcome.h"
#include "harness/base/regex.h"
#include "harness/base/rng.h"
#include "tests/unit/unit.h"

#include <math.h>

#define FIELDS_HEX "0729b216408525798d604557b45e397c6879b6177c923dd9d48f60597077e68e"

static struct regex *compile(const char *pattern, unsigned flags)
{
    struct regex *re;
    struct err err = {0};

    if (regex_new(str_c(pattern), flags, &re, &err))
        fail_msg("%s", err.msg);
    return re;
}

static void test_regex(void **state)
{
    struct str g[4];
    struct err err = {0};
    struct regex *re = compile("(\\d+)|(x)(?:y)?", 0);

    (void)state;
    assert_int_equal(regex_groups(re), 2);
    assert_int_equal(regex_match(re, STR("ab12x"), 0, g, 4), REGEX_YES);
    assert_str(g[0], "12");
    assert_str(g[1], "12");
    assert_null(g[2].p); /* took no part */
    assert_null(g[3].p); /* not in the pattern */
    assert_int_equal(regex_match(re, STR("ab12x"), 4, g, 1), REGEX_YES);
    assert_str(g[0], "x");
    assert_int_equal(regex_match(re, STR("ab"), 0, NULL, 0), REGEX_NO);
    assert_int_equal(regex_match(re, STR("1"), 9, NULL, 0), REGEX_NO);
    assert_int_equal(regex_match(re, str_c(NULL), 0, NULL, 0), REGEX_NO);
    assert_int_equal(regex_match(re, STR("1\xFF"), 0, NULL, 0), REGEX_NO); /* not UTF-8 */
    regex_free(re);
    regex_free(NULL);
    assert_int_equal(regex_new(STR("a(b"), 0, &re, &err), ERR_INPUT);
    assert_message(err, "byte 3");
    assert_int_equal(regex_new(STR("\xFF"), 0, &re, &err), ERR_INPUT);
}

static void test_regex_flags(void **state)
{
    static const struct {
        unsigned flags;
        const char *text;
        enum regex_result expected;
    } cases[] = {{0, "xaby", REGEX_YES}, {0, "AB", REGEX_NO}, {REGEX_NOCASE, "AB", REGEX_YES},
        {REGEX_ANCHORED, "xab", REGEX_NO}, {REGEX_ANCHORED, "abx", REGEX_YES},
        {REGEX_WHOLE, "abx", REGEX_NO}, {REGEX_WHOLE, "ab", REGEX_YES}};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct regex *re = compile("ab", cases[i].flags);
        assert_int_equal(regex_match(re, str_c(cases[i].text), 0, NULL, 0), cases[i].expected);
        regex_free(re);
    }
    struct regex *re = compile("^b$", REGEX_MULTILINE);
    assert_int_equal(regex_match(re, STR("a\nb\nc"), 0, NULL, 0), REGEX_YES);
    regex_free(re);
}

/* A pattern that doubles its work with every byte ends by the limit, and soon. */
static void test_regex_limit(void **state)
{
    struct regex *re = compile("^(a+)+(a|b)*c$", 0);
    struct buf text = BUF_INIT;

    (void)state;
    for (int i = 0; i < 60; i++)
        buf_putc(&text, 'a');
    buf_puts(&text, "c!"); /* without a 'c' the match would be given up at once */
    assert_int_equal(regex_match(re, buf_str(&text), 0, NULL, 0), REGEX_LIMIT);
    regex_free(re);
    buf_reset(&text);
    struct str odd = STR("a.b*[c]{1}(d)\\|^$ #-\n+?\xE2\x82\xAC");
    regex_quote(&text, odd);
    re = compile(buf_cstr(&text), REGEX_WHOLE);
    assert_int_equal(regex_match(re, odd, 0, NULL, 0), REGEX_YES);
    regex_free(re);
    buf_release(&text);
}

/* FIPS 180 vectors; the fields' digest from Python's hashlib over the framed bytes. */
static void test_digest(void **state)
{
    static const struct {
        const char *text, *hex;
    } cases[] = {
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    };
    char hex[DIGEST_HEX_LEN + 1];
    struct digest_ctx *ctx = digest_new();

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_string_equal(digest_hex(digest_of(str_c(cases[i].text)), hex), cases[i].hex);
        for (const char *p = cases[i].text; *p; p++)
            digest_add(ctx, (struct str){p, 1});
        assert_string_equal(digest_hex(digest_end(ctx), hex), cases[i].hex);
    }
    assert_string_equal(digest_hex(digest_of(str_c(NULL)), hex), cases[0].hex);
    assert_true(digest_u64(digest_of(STR("abc"))) == 0xba7816bf8f01cfeaULL);
    digest_field(ctx, STR("ab"));
    digest_field(ctx, STR("c"));
    digest_field_int(ctx, -2);
    assert_string_equal(digest_hex(digest_end(ctx), hex), FIELDS_HEX);
    digest_field(ctx, STR("a"));
    digest_field(ctx, STR("bc"));
    digest_field_int(ctx, -2);
    assert_string_not_equal(digest_hex(digest_end(ctx), hex), FIELDS_HEX);
    digest_free(ctx);
    digest_free(NULL);
}

/* The first numbers of the published generators: state {1,2,3,4}, and splitmix64 of 1234567. */
static void test_rng_vectors(void **state)
{
    static const uint64_t known[] = {11520, 0, 1509978240, 1215971899390074240u,
        1216172134540287360u, 607988272756665600u, 16172922978634559625u, 8476171486693032832u,
        10595114339597558777u, 2904607092377533576u};
    static const uint64_t split[] = {
        6457827717110365317u, 3203168211198807973u, 9817491932198370423u, 4593380528125082431u};
    struct rng r = {{1, 2, 3, 4}};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        assert_true(rng_u64(&r) == known[i]);
    r = rng_seeded(1234567);
    for (size_t i = 0; i < 4; i++)
        assert_true(r.s[i] == split[i]);
}

static void test_rng_streams(void **state)
{
    struct rng a = rng_labelled(7, STR("x")), b = rng_labelled(7, STR("x"));
    struct rng others[] = {rng_labelled(8, STR("x")), rng_labelled(7, STR("y")),
        rng_labelled(7, STR("x\0")), rng_seeded(7)};
    uint64_t first = rng_u64(&a);

    (void)state;
    assert_true(first == rng_u64(&b));
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        assert_true(rng_u64(&others[i]) != first);
    struct rng copy = a; /* a stream is a value */
    for (int i = 0; i < 100; i++)
        assert_true(rng_u64(&a) == rng_u64(&copy));
}

/* Chi-square over `cells` counts of n draws stays below a bound that chance passes by once in a
 * million (degrees + 6 * sqrt(2 * degrees) is beyond that). */
static void check_uniform(const size_t *counts, size_t cells, size_t n)
{
    double expected = (double)n / (double)cells, sum = 0, df = (double)cells - 1;

    for (size_t i = 0; i < cells; i++)
        sum += ((double)counts[i] - expected) * ((double)counts[i] - expected) / expected;
    assert_true(sum < df + 6 * sqrt(2 * df));
    assert_true(sum > 0);
}

static void test_rng_laws(void **state)
{
    enum { N = 120000 };
    struct rng r = rng_seeded(1);
    size_t below[6] = {0}, units[10] = {0}, orders[6] = {0}, hits = 0;
    double sum = 0, square = 0;

    (void)state;
    for (int i = 0; i < N; i++) {
        below[rng_below(&r, 6)]++;
        double u = rng_unit(&r);
        assert_true(u >= 0 && u < 1);
        units[(size_t)(u * 10)]++;
        size_t order[3] = {0, 1, 2};
        rng_shuffle(&r, order, 3);
        assert_int_equal(order[0] + order[1] + order[2], 3);
        orders[order[0] * 2 + (order[1] > order[2])]++;
        hits += rng_chance(&r, 0.25);
        double z = rng_normal(&r);
        sum += z;
        square += z * z;
    }
    check_uniform(below, 6, N);
    check_uniform(units, 10, N);
    check_uniform(orders, 6, N);
    assert_true(fabs((double)hits / N - 0.25) < 6 * sqrt(0.25 * 0.75 / N));
    assert_true(fabs(sum / N) < 6 / sqrt(N));
    assert_true(fabs(square / N - 1) < 6 * sqrt(2.0 / N));
    for (int i = 0; i < 100; i++) {
        assert_int_equal(rng_below(&r, 1), 0);
        assert_false(rng_chance(&r, 0));
        assert_true(rng_chance(&r, 1));
    }
    rng_shuffle(&r, NULL, 0);
}

static void test_err(void **state)
{
    struct err err = {0};

    (void)state;
    assert_int_equal(err_set(&err, ERR_INPUT, "bad %s", "row"), ERR_INPUT);
    assert_int_equal(err_wrap(&err, "file %d", 3), ERR_INPUT);
    assert_string_equal(err.msg, "file 3: bad row");
    assert_non_null(strstr(err.file, "test_base_misc.c"));
    assert_int_equal(err_set(NULL, ERR_IO, "x"), ERR_IO);
    char big[900];
    memset(big, 'z', sizeof big - 1);
    big[sizeof big - 1] = '\0';
    err_set(&err, ERR_IO, "%s", big);
    assert_int_equal(err_wrap(&err, "%s", big), ERR_IO); /* cut, never overrun */
    assert_true(strlen(err.msg) == sizeof err.msg - 1);
    static const struct {
        enum err_code code;
        int exit_code;
    } codes[] = {{OK, 0}, {ERR_FAILED, 1}, {ERR_IO, 1}, {ERR_NUMBER, 1}, {ERR_LIMIT, 1},
        {ERR_USAGE, 2}, {ERR_INPUT, 2}, {ERR_NOT_FOUND, 2}, {ERR_ENDPOINT, 2}, {ERR_BUSY, 2},
        {ERR_WORSE, 3}, {ERR_STOPPED, 4}};
    assert_int_equal(ARRAY_LEN(codes), ERR_CODE_COUNT);
    for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
        assert_int_equal(err_exit_code(codes[i].code), codes[i].exit_code);
        assert_true(err_meaning(codes[i].code)[0] != '\0');
    }
    assert_int_equal(err_exit_code((enum err_code)99), 1);
}

static void test_outcome(void **state)
{
    struct usage a = {1, 2, -1, 4, -1, -1}, b = {10, -1, -1, 40, 5, 7};

    (void)state;
    for (int o = 0; o < OUTCOME_COUNT; o++)
        assert_int_equal(outcome_from_text(str_c(outcome_text((enum outcome)o))), o);
    assert_int_equal(outcome_from_text(STR("nonsense")), OUTCOME_NONE);
    assert_true(outcome_is_result(OUTCOME_TRUNCATED) && outcome_is_result(OUTCOME_REFUSAL));
    assert_false(outcome_is_result(OUTCOME_TIMEOUT) || outcome_is_result(OUTCOME_NONE));
    assert_string_equal(status_text(STATUS_UNPARSED), "unparsed");
    struct usage s = usage_add(a, b);
    assert_int_equal(s.in_uncached, 11);
    assert_int_equal(s.in_cached, 2); /* unknown + known */
    assert_int_equal(s.in_write, -1); /* unknown + unknown */
    assert_int_equal(s.in_write_1h, 7);
    assert_int_equal(s.out_visible, 44);
    assert_int_equal(usage_out(s), 49);
    assert_int_equal(usage_in(s), 13);
    assert_int_equal(usage_out(USAGE_UNKNOWN), -1);
    assert_int_equal(usage_in(USAGE_ZERO), 0);
}

static void test_clock(void **state)
{
    int64_t fake = 42;
    char text[24];

    (void)state;
    clock_fake(&fake);
    assert_int_equal(clock_now_ns(), 42);
    fake = 43;
    assert_int_equal(clock_now_ns(), 43);
    clock_fake(NULL);
    int64_t t = clock_now_ns();
    clock_sleep_ms(2);
    assert_true(clock_now_ns() - t >= 2000000);
    assert_string_equal(clock_iso(0, text), "1970-01-01T00:00:00Z");
    assert_string_equal(clock_iso(1709210096789, text), "2024-02-29T12:34:56Z");
    assert_string_equal(clock_iso(INT64_C(253402300799999), text), "9999-12-31T23:59:59Z");
    assert_string_equal(clock_iso(INT64_C(253402300800000), text), "9999-12-31T23:59:59Z");
    assert_string_equal(clock_iso(INT64_MAX, text), "9999-12-31T23:59:59Z");
    assert_string_equal(clock_iso(INT64_MIN, text), "1000-01-01T00:00:00Z");
    assert_true(clock_wall_ms() > 1700000000000);
}

static void test_data(void **state)
{
    struct buf a = BUF_INIT, b = BUF_INIT;
    struct err err = {0};
    const char *name = data_path("", 0);

    (void)state;
    assert_int_equal(data_read("no/such", &a, &err), ERR_NOT_FOUND);
    assert_message(err, "no/such");
    assert_non_null(name); /* prompts and worlds travel in the binary */
    for (size_t i = 1; data_path("", i); i++)
        assert_true(strcmp(data_path("", i - 1), data_path("", i)) < 0);
    assert_null(data_path("no/such/prefix", 0));
    assert_int_equal(data_read(name, &a, &err), OK);
    assert_int_equal(file_read(name, 0, &b, &err), OK); /* tests run in the source tree */
    assert_true(str_eq(buf_str(&a), buf_str(&b)));
    assert_true(build_revision[0] != '\0');
    /* a file below the directory wins; the others still come from the binary */
    buf_reset(&a);
    unit_file("mine.json", STR("{}"));
    data_override(unit_dir());
    assert_int_equal(data_read("mine.json", &a, &err), OK);
    assert_string_equal(buf_cstr(&a), "{}");
    buf_reset(&a);
    assert_int_equal(data_read(name, &a, &err), OK);
    assert_true(str_eq(buf_str(&a), buf_str(&b)));
    data_override(NULL);
    assert_int_equal(data_read("mine.json", &a, &err), ERR_NOT_FOUND);
    buf_release(&a);
    buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_regex),
        cmocka_unit_test(test_regex_flags),
        cmocka_unit_test(test_regex_limit),
        cmocka_unit_test(test_digest),
        cmocka_unit_test(test_rng_vectors),
        cmocka_unit_test(test_rng_streams),
        cmocka_unit_test(test_rng_laws),
        cmocka_unit_test(test_err),
        cmocka_unit_test(test_outcome),
        cmocka_unit_test(test_clock),
        cmocka_unit_test(test_data),
    };

    return cmocka_run_group_tests(tests, NULL, unit_cleanup);
}
