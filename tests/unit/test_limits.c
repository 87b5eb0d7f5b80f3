/* test_limits.c - tokens that came against tokens that were allowed; cases by hand. */
#include "harness/provider/limits.h"

#include "tests/unit/unit.h"

static void test_limits(void **state)
{
    static const struct {
        const char *name;
        int64_t max_tokens, thinking_tokens; /* wishes of the chat */
        bool none, target;
        int64_t visible, reasoning;
        enum limits_broken expect;
        const char *why;
    } rows[] = {
        {"no wishes", 0, 0, false, false, 9000, 9000, LIMITS_KEPT, ""},
        {"nothing counted", 10, 10, true, false, -1, -1, LIMITS_KEPT, ""},
        {"within", 100, 0, false, false, 60, 40, LIMITS_KEPT, ""},
        {"the token that ended it", 100, 0, false, false, 60, 41, LIMITS_KEPT, ""},
        {"one more", 100, 0, false, false, 60, 42, LIMITS_MAX_TOKENS,
            "102 tokens came, 100 were allowed"},
        {"a total only", 100, 0, false, false, 102, -1, LIMITS_MAX_TOKENS,
            "102 tokens came, 100 were allowed"},
        {"reasoning only", 100, 0, false, false, -1, 300, LIMITS_MAX_TOKENS,
            "300 tokens came, 100 were allowed"},
        {"thinking within", 0, 50, false, false, 900, 50, LIMITS_KEPT, ""},
        {"its delimiter", 0, 50, false, false, 900, 51, LIMITS_KEPT, ""},
        {"thinking over", 0, 50, false, false, 900, 52, LIMITS_THINKING,
            "52 tokens of thinking came, 50 were allowed"},
        {"thinking not told apart", 0, 50, false, false, 952, -1, LIMITS_KEPT, ""},
        {"a target may be passed", 1000, 50, false, true, 100, 800, LIMITS_KEPT, ""},
        {"but not the limit", 1000, 50, false, true, 202, 800, LIMITS_MAX_TOKENS,
            "1002 tokens came, 1000 were allowed"},
        {"the limit comes first", 100, 50, false, false, 60, 60, LIMITS_MAX_TOKENS,
            "120 tokens came, 100 were allowed"},
        {"none, and none came", 100, 0, true, false, 60, 0, LIMITS_KEPT, ""},
        {"none, and one came", 100, 0, true, false, 60, 1, LIMITS_NO_THINKING,
            "1 tokens of thinking came, 0 were allowed"},
        {"none on a host of targets", 100, 0, true, true, 60, 7, LIMITS_NO_THINKING,
            "7 tokens of thinking came, 0 were allowed"},
        {"far over", 1, 1, false, false, INT64_MAX / 2, INT64_MAX / 2, LIMITS_MAX_TOKENS,
            "9223372036854775806 tokens came, 1 were allowed"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        for (int by_effort = 0; by_effort < 2; by_effort++) {
            struct traits traits = traits_default;
            struct buf why = BUF_INIT;
            traits.thinking_hard = !rows[i].target;
            struct chat chat = {.traits = &traits,
                .max_tokens = rows[i].max_tokens,
                .thinking_tokens = rows[i].thinking_tokens,
                .no_thinking = rows[i].none && !by_effort,
                .effort = by_effort ? rows[i].none ? "none" : "low" : NULL};
            struct reply reply = {.usage = USAGE_UNKNOWN};
            reply.usage.out_visible = rows[i].visible;
            reply.usage.out_reasoning = rows[i].reasoning;
            if (limits_violation(&chat, &reply, &why) != rows[i].expect ||
                strcmp(buf_cstr(&why), rows[i].why) != 0)
                fail_msg("%s: %s", rows[i].name, buf_cstr(&why));
            assert_int_equal(limits_violation(&chat, &reply, NULL), rows[i].expect);
            buf_release(&why);
        }
}

/* A server that counts no reasoning may still show it. */
static void test_thinking_that_shows(void **state)
{
    struct chat chat = {.no_thinking = true};
    struct reply reply = {.usage = USAGE_UNKNOWN, .reasoning = STR("hm")};
    struct buf why = BUF_INIT;

    (void)state;
    assert_int_equal(limits_violation(&chat, &reply, &why), LIMITS_NO_THINKING);
    assert_string_equal(buf_cstr(&why), "thinking came, which was switched off");
    reply.reasoning = STR(" \n");
    assert_int_equal(limits_violation(&chat, &reply, NULL), LIMITS_KEPT);
    reply.reasoning = STR("hm");
    reply.usage.out_reasoning = 0; /* it counts, and counts none: an empty frame of the template */
    assert_int_equal(limits_violation(&chat, &reply, NULL), LIMITS_KEPT);
    chat.no_thinking = false;
    reply.usage.out_reasoning = 5;
    assert_int_equal(limits_violation(&chat, &reply, NULL), LIMITS_KEPT);
    buf_release(&why);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_thinking_that_shows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
