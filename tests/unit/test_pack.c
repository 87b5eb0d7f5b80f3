/* test_pack.c - packed bytes: what they look like by hand, and that they come back unchanged. */
#include "harness/store/pack.h"

#include "harness/base/json.h"
#include "harness/base/rng.h"
#include "tests/unit/unit.h"

enum { TEXTS = 6 };

static struct pack_text texts[TEXTS];

static bool lookup(int64_t key, struct buf *out, void *payload)
{
    (void)payload;
    for (size_t i = 0; i < TEXTS; i++)
        if (texts[i].key == key && texts[i].text.p) {
            buf_str_add(out, texts[i].text);
            return true;
        }
    return false;
}

static void check_round(struct str bytes, size_t n)
{
    struct buf packed = BUF_INIT, back = BUF_INIT;

    pack_bytes(&packed, bytes, texts, n);
    assert_true(pack_restore(&back, buf_str(&packed), lookup, NULL));
    assert_int_equal(back.n, bytes.n);
    assert_memory_equal(buf_cstr(&back), bytes.n ? bytes.p : "", bytes.n);
    buf_release(&packed);
    buf_release(&back);
}

static void check_packed(const char *bytes, const char *packed, size_t packed_n)
{
    struct buf out = BUF_INIT;

    pack_bytes(&out, str_c(bytes), texts, 3);
    assert_int_equal(out.n, packed_n);
    assert_memory_equal(buf_cstr(&out), packed, packed_n);
    buf_release(&out);
    check_round(str_c(bytes), 3);
}

#define PACKED(bytes, literal) check_packed(bytes, literal, sizeof(literal) - 1)

static void by_hand(void)
{
    texts[0] = (struct pack_text){7, STR("a text of twenty-four ch"), false, false};
    texts[1] = (struct pack_text){8, STR("another \"text\"\nwith two lines"), false, false};
    texts[2] = (struct pack_text){12, STR("[{\"type\":\"function\"}, 12345]"), true, false};
}

static void test_references(void **state)
{
    (void)state;
    by_hand();
    PACKED("{\"c\":\"a text of twenty-four ch\"}", "{\"c\":\"\0e7\0\"}");
    PACKED("a text of twenty-four cha text of twenty-four ch", "\0e7\0\0e7\0");
    PACKED("{\"c\":\"another \\\"text\\\"\\nwith two lines\"}", "{\"c\":\"\0e8\0\"}");
    PACKED("{\"a\":\"{\\\"m\\\":\\\"another \\\\\\\"text\\\\\\\"\\\\nwith two lines\\\"}\"}",
        "{\"a\":\"{\\\"m\\\":\\\"\0d8\0\\\"}\"}");
    PACKED("\"tools\":[{\"type\":\"function\"}, 12345],", "\"tools\":\0p12\0,");
    PACKED("a text of twenty-four c", "a text of twenty-four c");
    PACKED("", "");
}

static void test_short_texts_stay(void **state)
{
    struct pack_text small = {1, STR("twenty-three characters"), false, false};
    struct buf out = BUF_INIT;

    (void)state;
    pack_bytes(&out, STR("\"twenty-three characters\""), &small, 1);
    assert_str(buf_str(&out), "\"twenty-three characters\"");
    buf_release(&out);
}

static void test_bytes_with_nul_are_kept_raw(void **state)
{
    static const char raw[] = "x\0e7\0 a text of twenty-four ch";
    struct buf out = BUF_INIT;

    (void)state;
    by_hand();
    struct str bytes = {raw, sizeof raw - 1};
    pack_bytes(&out, bytes, texts, 3);
    assert_int_equal(out.n, bytes.n + 3);
    assert_memory_equal(out.p, "\0r\0", 3);
    buf_release(&out);
    check_round(bytes, 3);
    check_round((struct str){"\0r\0", 3}, 3);
    check_round((struct str){"\0", 1}, 3);
}

static void test_damaged_blobs_are_noticed(void **state)
{
    static const struct {
        const char *p;
        size_t n;
    } bad[] = {
        {"\0", 1},
        {"\0e", 2},
        {"\0e7", 3},
        {"\0e\0", 3},
        {"\0x7\0", 4},
        {"\0e99\0", 5},
        {"\0e7x\0", 5},
        {"\0e-7\0", 5},
        {"ok\0e99999999999999999999999999\0", 31},
    };

    (void)state;
    by_hand();
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct buf out = BUF_INIT;
        assert_false(pack_restore(&out, (struct str){bad[i].p, bad[i].n}, lookup, NULL));
        buf_release(&out);
    }
}

/* A text of letters that JSON escapes and letters that it does not. */
static void random_text(struct rng *rng, struct buf *out, size_t n, bool nul)
{
    static const char *const pieces[] = {"a", "b", " ", "\"", "\\", "\n", "\t", "\xC3\xA9",
        "\xF0\x9F\x90\x98", "{", "}", "\\n", "\x01", "\x80", "\xff"};

    for (size_t i = 0; i < n; i++) {
        if (nul && rng_chance(rng, 0.02))
            buf_putc(out, '\0');
        buf_puts(out, pieces[rng_below(rng, ARRAY_LEN(pieces))]);
    }
}

static void random_body(struct rng *rng, struct buf *body)
{
    struct buf once = BUF_INIT;

    for (size_t i = 0; i < 12; i++) {
        struct str text = texts[rng_below(rng, TEXTS)].text;
        buf_reset(&once);
        json_escape(&once, text);
        switch (rng_below(rng, 5)) {
        case 0:
            buf_str_add(body, text);
            break;
        case 1:
            buf_str_add(body, buf_str(&once));
            break;
        case 2:
            json_escape(body, buf_str(&once));
            break;
        case 3: /* cut in the middle */
            buf_str_add(body, str_slice(buf_str(&once), 0, once.n / 2));
            break;
        default:
            random_text(rng, body, rng_below(rng, 30), rng_chance(rng, 0.2));
        }
    }
    buf_release(&once);
}

static void test_round_trip_of_random_bytes(void **state)
{
    struct rng rng = rng_seeded(2026);

    (void)state;
    for (int round = 0; round < 2000; round++) {
        struct buf made[TEXTS], body = BUF_INIT;
        for (size_t i = 0; i < TEXTS; i++) {
            buf_init(&made[i], 0);
            random_text(&rng, &made[i], rng_below(&rng, 60), false);
            texts[i] = (struct pack_text){.key = (int64_t)(i * 1000 + 1),
                .text = buf_str(&made[i]),
                .plain = rng_chance(&rng, 0.2),
                false};
            if (!texts[i].text.p)
                texts[i].text = STR("");
        }
        random_body(&rng, &body);
        check_round(buf_str(&body), TEXTS);
        buf_release(&body);
        for (size_t i = 0; i < TEXTS; i++)
            buf_release(&made[i]);
    }
    memset(texts, 0, sizeof texts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_references),
        cmocka_unit_test(test_short_texts_stay),
        cmocka_unit_test(test_bytes_with_nul_are_kept_raw),
        cmocka_unit_test(test_damaged_blobs_are_noticed),
        cmocka_unit_test(test_round_trip_of_random_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
