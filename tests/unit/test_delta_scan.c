/* test_delta_scan.c - the short way through a stream says what the long way says. */
#include "harness/base/arena.h"
#include "harness/base/json.h"
#include "harness/base/rng.h"
#include "harness/provider/delta_scan.h"
#include "harness/provider/openai_read.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define HEAD                                                                                       \
    "{\"id\":\"c-1\",\"object\":\"chat.completion.chunk\",\"created\":1790000000,\"model\":\"m\","

static const struct {
    const char *why, *data;
    bool taken;
    const char *content, *reasoning;
} rows[] = {
    {"text",
        HEAD "\"choices\":[{\"index\":0,\"delta\":{\"content\":\" a\"},\"finish_reason\":null}]}",
        true, " a", ""},
    {"with role and nulls",
        HEAD
        "\"system_fingerprint\":null,\"usage\":null,\"choices\":[{\"index\":0,\"delta\":{\"role\":"
        "\"assistant\",\"content\":\"\",\"refusal\":null,\"tool_calls\":null},\"logprobs\":null,"
        "\"finish_reason\":null}],\"obfuscation\":\"x8\",\"service_tier\":\"default\"}",
        true, "", ""},
    {"no index", "{\"choices\":[{\"delta\":{\"content\":\"a\"}}]}", true, "a", ""},
    {"empty delta", "{\"choices\":[{\"delta\":{}}]}", true, "", ""},
    {"null content", "{\"choices\":[{\"delta\":{\"content\":null}}]}", true, "", ""},
    {"reasoning_content",
        "{\"choices\":[{\"delta\":{\"content\":null,\"reasoning_content\":\"hm\"}}]}", true, "",
        "hm"},
    {"reasoning", "{\"choices\":[{\"delta\":{\"content\":\"a\",\"reasoning\":\"hm\"}}]}", true, "a",
        "hm"},
    {"one of two empty",
        "{\"choices\":[{\"delta\":{\"reasoning_content\":\"\",\"reasoning\":\"hm\"}}]}", true, "",
        "hm"},
    {"blanks", " { \"choices\" :\t[ {\r\n\"delta\" : { \"content\" : \"a\" } } ] } ", true, "a",
        ""},
    {"escapes",
        "{\"choices\":[{\"delta\":{\"content\":\"\\\"\\\\\\/"
        "\\b\\f\\n\\r\\t\\u0041\\u00e9\\u20AC\"}}]}",
        true, "\"\\/\b\f\n\r\tA\xC3\xA9\xE2\x82\xAC", ""},
    {"a pair", "{\"choices\":[{\"delta\":{\"content\":\"x\\ud83c\\uDF4Ey\"}}]}", true,
        "x\xF0\x9F\x8D\x8Ey", ""},
    {"UTF-8", "{\"choices\":[{\"delta\":{\"content\":\"\xF0\x9F\x8D\x8E\xC3\xA9\"}}]}", true,
        "\xF0\x9F\x8D\x8E\xC3\xA9", ""},
    /* left to the full reader */
    {"bad UTF-8", "{\"choices\":[{\"delta\":{\"content\":\"\xC3(\"}}]}", false, "", ""},
    {"bad UTF-8 elsewhere", "{\"id\":\"\xFF\",\"choices\":[{\"delta\":{\"content\":\"a\"}}]}",
        false, "", ""},
    {"NUL", "{\"choices\":[{\"delta\":{\"content\":\"\\u0000\"}}]}", false, "", ""},
    {"half a pair", "{\"choices\":[{\"delta\":{\"content\":\"\\ud83c\"}}]}", false, "", ""},
    {"the other half", "{\"choices\":[{\"delta\":{\"content\":\"\\udf4e\"}}]}", false, "", ""},
    {"two first halves", "{\"choices\":[{\"delta\":{\"content\":\"\\ud83c\\ud83c\"}}]}", false, "",
        ""},
    {"a control byte", "{\"choices\":[{\"delta\":{\"content\":\"a\nb\"}}]}", false, "", ""},
    {"wrong escape", "{\"choices\":[{\"delta\":{\"content\":\"\\x\"}}]}", false, "", ""},
    {"finish", "{\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}", false, "", ""},
    {"usage", "{\"choices\":[{\"delta\":{}}],\"usage\":{\"prompt_tokens\":1}}", false, "", ""},
    {"error", "{\"choices\":[{\"delta\":{}}],\"error\":{\"message\":\"m\"}}", false, "", ""},
    {"flat error", "{\"choices\":[{\"delta\":{}}],\"message\":\"m\"}", false, "", ""},
    {"choice 1", "{\"choices\":[{\"index\":1,\"delta\":{\"content\":\"a\"}}]}", false, "", ""},
    {"choice 0.0", "{\"choices\":[{\"index\":0.0,\"delta\":{\"content\":\"a\"}}]}", false, "", ""},
    {"two choices", "{\"choices\":[{\"delta\":{}},{\"delta\":{}}]}", false, "", ""},
    {"no choices", "{\"choices\":[]}", false, "", ""},
    {"none at all", "{\"id\":\"a\"}", false, "", ""},
    {"a message", "{\"choices\":[{\"message\":{\"content\":\"a\"}}]}", false, "", ""},
    {"null delta", "{\"choices\":[{\"delta\":null}]}", false, "", ""},
    {"tools", "{\"choices\":[{\"delta\":{\"tool_calls\":[]}}]}", false, "", ""},
    {"refusal", "{\"choices\":[{\"delta\":{\"refusal\":\"no\"}}]}", false, "", ""},
    {"parts", "{\"choices\":[{\"delta\":{\"content\":[{\"type\":\"text\",\"text\":\"a\"}]}}]}",
        false, "", ""},
    {"two reasonings",
        "{\"choices\":[{\"delta\":{\"reasoning\":\"a\",\"reasoning_content\":\"a\"}}]}", false, "",
        ""},
    {"an unknown member", "{\"choices\":[{\"delta\":{\"content\":\"a\",\"citation\":\"b\"}}]}",
        false, "", ""},
    {"content twice", "{\"choices\":[{\"delta\":{\"content\":\"a\",\"content\":\"b\"}}]}", false,
        "", ""},
    {"content twice, once null", "{\"choices\":[{\"delta\":{\"content\":null,\"content\":\"b\"}}]}",
        false, "", ""},
    {"an escaped name", "{\"choices\":[{\"delta\":{\"cont\\u0065nt\":\"a\"}}]}", false, "", ""},
    {"an escaped fact", "{\"id\":\"a\\n\",\"choices\":[{\"delta\":{}}]}", false, "", ""},
    {"text behind", "{\"choices\":[{\"delta\":{\"content\":\"a\"}}]} x", false, "", ""},
    {"a comma too many", "{\"choices\":[{\"delta\":{\"content\":\"a\",}}]}", false, "", ""},
    {"no comma", "{\"choices\":[{\"delta\":{\"content\":\"a\"\"role\":\"b\"}}]}", false, "", ""},
    {"01", "{\"created\":01,\"choices\":[{\"delta\":{}}]}", false, "", ""},
    {"1.", "{\"created\":1.,\"choices\":[{\"delta\":{}}]}", false, "", ""},
    {"nul", "{\"usage\":nul,\"choices\":[{\"delta\":{}}]}", false, "", ""},
    {"nothing", "", false, "", ""},
    {"an array", "[]", false, "", ""},
};

static void test_rows(void **state)
{
    struct buf content = BUF_INIT, reasoning = BUF_INIT;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct delta d;
        buf_reset(&content);
        buf_reset(&reasoning);
        bool taken = delta_scan(str_c(rows[i].data), &d);
        if (taken) {
            delta_text_add(&content, d.content);
            delta_text_add(&reasoning, d.reasoning);
        }
        if (taken != rows[i].taken || !str_eqc(buf_str(&content), rows[i].content) ||
            !str_eqc(buf_str(&reasoning), rows[i].reasoning))
            fail_msg("%s: %d \"%s\" \"%s\"", rows[i].why, taken, buf_cstr(&content),
                buf_cstr(&reasoning));
    }
    buf_release(&content);
    buf_release(&reasoning);
}

/* Cut anywhere, no row is taken, and nothing behind the end is read (asan). */
static void test_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        for (size_t n = 0; n < str_trim(str_c(rows[i].data)).n; n++) {
            char *copy = xmalloc(n + 1);
            struct delta d;
            struct str whole = str_trim(str_c(rows[i].data));
            memcpy(copy + 1, whole.p, n);
            /* but for the one that goes on behind its end */
            if (delta_scan((struct str){copy + 1, n}, &d) &&
                strcmp(rows[i].why, "text behind") != 0)
                fail_msg("%s, cut at %zu", rows[i].why, n);
            free(copy);
        }
}

/* --- both ways over random streams --------------------------------------------------------- */

static void add_random_text(struct rng *rng, struct buf *out)
{
    static const char *const pieces[] = {"a", " the", "\\n", "\\\"", "\\u00e9", "\\ud83c\\udf4e",
        "\xE2\x82\xAC", "\xF0\x9F\x8D\x8E", "{", "}", "\\\\", "data:", "0", "\\ud83c", "\xC3(",
        "\\u0000", "</think>"};
    size_t n = rng_below(rng, 4);

    for (size_t i = 0; i < n; i++) /* the last four seldom */
        buf_puts(out, pieces[rng_below(
                          rng, rng_chance(rng, 0.02) ? ARRAY_LEN(pieces) : ARRAY_LEN(pieces) - 4)]);
}

/* The members of a chunk in one of many orders and sets. `slow` gets the same chunk with a member
 * that the short way does not take and the full reader passes over. */
static void add_chunk(struct rng *rng, struct buf *fast, struct buf *slow)
{
    static const char *const extras[] = {"", ",\"usage\":null", ",\"service_tier\":\"default\"",
        ",\"service_tier\":\"flex\"", ",\"obfuscation\":\"q\"", ",\"model\":\"other\"",
        ",\"system_fingerprint\":\"fp\"",
        ",\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4}", ",\"x_groq\":{\"id\":\"r\"}"};
    static const char *const more[] = {"", ",\"role\":\"assistant\"", ",\"refusal\":null",
        ",\"reasoning\":\"hm \"", ",\"reasoning_content\":\"so \"",
        (",\"tool_calls\":[{\"index\":0,\"id\":\"t\",\"function\":{\"name\":\"f\",\"arguments\":\"{"
         "}"
         "\"}}]")};
    struct buf text = BUF_INIT, chunk = BUF_INIT;

    add_random_text(rng, &text);
    buf_printf(&chunk,
        "{\"id\":\"c\"%s,\"choices\":[{\"index\":%d,\"delta\":{\"content\":\"%s\"%s}}]",
        extras[rng_below(rng, ARRAY_LEN(extras))], rng_chance(rng, 0.05), buf_cstr(&text),
        more[rng_below(rng, rng_chance(rng, 0.1) ? ARRAY_LEN(more) : 4)]);
    buf_printf(fast, "data: %s}\n\n", buf_cstr(&chunk));
    buf_printf(slow, "data: %s,\"passed_over\":0}\n\n", buf_cstr(&chunk));
    buf_release(&text);
    buf_release(&chunk);
}

static void same(struct str a, struct str b, const char *what, const struct buf *stream)
{
    if (!str_eq(a, b))
        fail_msg("%s: \"%.*s\", \"%.*s\" of\n%s", what, STR_ARG(a), STR_ARG(b), buf_cstr(stream));
}

static void test_both_ways(void **state)
{
    struct rng rng = rng_seeded(5);
    struct buf fast = BUF_INIT, slow = BUF_INIT;
    struct arena arena = {0};

    (void)state;
    for (int round = 0; round < 3000; round++) {
        struct reply a, b;
        buf_reset(&fast);
        buf_reset(&slow);
        size_t n = rng_below(&rng, 12);
        for (size_t i = 0; i < n; i++)
            add_chunk(&rng, &fast, &slow);
        const char *end =
            rng_chance(&rng, 0.8)
                ? "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
                : "data: {\"choices\":[{\"delta\":{\n\n";
        buf_puts(&fast, end);
        buf_puts(&slow, end);
        openai_read(200, buf_str(&fast), true, &arena, &a);
        openai_read(200, buf_str(&slow), true, &arena, &b);
        same(a.content, b.content, "content", &fast);
        same(a.reasoning, b.reasoning, "reasoning", &fast);
        same(a.native, b.native, "native", &fast);
        same(a.finish, b.finish, "finish", &fast);
        same(a.error, b.error, "error", &fast);
        same(a.model, b.model, "model", &fast);
        same(a.fingerprint, b.fingerprint, "fingerprint", &fast);
        same(a.request_id, b.request_id, "request id", &fast);
        assert_int_equal(a.outcome, b.outcome);
        assert_int_equal(a.retry, b.retry);
        assert_int_equal(a.ncalls, b.ncalls);
        assert_memory_equal(&a.usage, &b.usage, sizeof a.usage);
        arena_reset(&arena);
    }
    buf_release(&fast);
    buf_release(&slow);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_both_ways),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
