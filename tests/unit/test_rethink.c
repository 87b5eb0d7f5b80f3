/* test_rethink.c - the sleep conversation, response by response, by hand. */
#include "harness/run/rethink.h"

#include "harness/base/json.h"
#include "tests/unit/unit.h"

static struct arena arena;
static struct rethink r;

static void start(int64_t chars, int64_t calls)
{
    arena_reset(&arena);
    rethink_start(&r, &arena, STR("system"), STR("context"), chars, calls);
}

static struct tool_call call(const char *id, const char *name, const char *arguments)
{
    return (struct tool_call){str_c(id), str_c(name), str_c(arguments)};
}

static bool step(enum outcome outcome, const char *text, const struct tool_call *calls, size_t n)
{
    struct tool_call own[32];
    struct reply reply = {.outcome = outcome, .content = str_c(text), .calls = own, .ncalls = n};

    if (n)
        memcpy(own, calls, n * sizeof *calls);
    return rethink_step(&r, &reply);
}

static struct str last_text(void)
{
    return r.messages[r.n - 1].text;
}

static void test_starts_empty(void **state)
{
    (void)state;
    start(100, 10);
    assert_int_equal(r.n, 2);
    assert_int_equal(r.messages[0].role, ROLE_SYSTEM);
    assert_str(r.messages[1].text, "context");
    assert_int_equal(r.memory.n, 0);
    assert_int_equal(r.calls, 0);
}

static void test_several_calls_of_one_response_apply_in_order(void **state)
{
    const struct tool_call calls[] = {
        call("a", "rethink_memory", "{\"new_memory\":\"first\"}"),
        call("b", "rethink_memory", "{\"new_memory\":\"second\"}"),
        call("c", "finish_rethinking_memory", "{}"),
        call("d", "rethink_memory", "{\"new_memory\":\"after the end\"}"),
    };

    (void)state;
    start(100, 10);
    assert_false(step(OUTCOME_OK, "", calls, 2));
    assert_str(r.memory, "second");
    assert_int_equal(r.rethinks, 2);
    assert_int_equal(r.calls, 1);
    /* assistant turn, then one answer a call, in order and by id */
    assert_int_equal(r.n, 5);
    assert_int_equal(r.messages[2].role, ROLE_ASSISTANT);
    assert_str(r.messages[3].tool_call_id, "a");
    assert_str(r.messages[4].tool_call_id, "b");
    assert_true(step(OUTCOME_OK, "", calls + 2, 2));
    assert_str(r.memory, "second");
    assert_int_equal(r.calls, 2);
}

static void test_a_text_over_the_limit_is_refused_in_code_points(void **state)
{
    /* five code points, 11 bytes */
    const struct tool_call fits =
        call("a", "rethink_memory", "{\"new_memory\":\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x90\x98xy\"}");
    const struct tool_call over = call(
        "b", "rethink_memory", "{\"new_memory\":\"\\u00e9\\u00e9\\u00e9\\u00e9\\u00e9\\u00e9\"}");

    (void)state;
    start(5, 10);
    assert_false(step(OUTCOME_OK, "", &fits, 1));
    assert_int_equal(r.memory.n, 11);
    assert_false(step(OUTCOME_OK, "", &over, 1));
    assert_int_equal(r.memory.n, 11);
    assert_int_equal(r.refused, 1);
    assert_int_equal(r.rethinks, 1);
    assert_true(str_find(last_text(), STR("6 characters"), 0) != SIZE_MAX);
    assert_true(str_find(last_text(), STR("at most 5"), 0) != SIZE_MAX);
}

static void test_ends_without_a_tool_call(void **state)
{
    (void)state;
    start(100, 10);
    assert_true(step(OUTCOME_OK, "I am done.", NULL, 0));
    assert_int_equal(r.calls, 1);
    assert_int_equal(r.last, OUTCOME_OK);
    start(100, 10);
    assert_true(step(OUTCOME_TRUNCATED, "I am d", NULL, 0));
    assert_int_equal(r.last, OUTCOME_TRUNCATED);
}

static void test_ends_after_the_last_response(void **state)
{
    const struct tool_call more = call("a", "rethink_memory", "{\"new_memory\":\"m\"}");

    (void)state;
    start(100, 10);
    for (int i = 1; i < 10; i++)
        assert_false(step(OUTCOME_OK, "", &more, 1));
    assert_true(step(OUTCOME_OK, "", &more, 1));
    assert_int_equal(r.calls, 10);
    assert_int_equal(r.rethinks, 10);
}

static void test_calls_that_make_no_sense_are_answered(void **state)
{
    static const char *const arguments[] = {"", "{", "[]", "{}", "{\"new_memory\":7}", "null",
        "{\"memory\":\"x\"}", "not json", "{\"new_memory\":\"x\"} and more"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(arguments); i++) {
        struct tool_call bad = call("a", "rethink_memory", arguments[i]);
        start(100, 10);
        assert_false(step(OUTCOME_OK, "", &bad, 1));
        assert_int_equal(r.last, OUTCOME_TOOL_INVALID);
        assert_int_equal(r.memory.n, 0);
        assert_int_equal(r.rethinks, 0);
        assert_true(str_starts(last_text(), STR("Refused")));
    }
    struct tool_call unknown = call("a", "send_money", "{}");
    start(100, 10);
    assert_false(step(OUTCOME_OK, "", &unknown, 1));
    assert_int_equal(r.last, OUTCOME_TOOL_INVALID);
    assert_true(str_find(last_text(), STR("no such tool"), 0) != SIZE_MAX);
}

static void test_a_cut_call_is_answered_and_counts(void **state)
{
    const struct tool_call cut = call("a", "rethink_memory", "{\"new_memory\":\"half of");

    (void)state;
    start(100, 2);
    assert_false(step(OUTCOME_TOOL_TRUNCATED, "", &cut, 1));
    assert_int_equal(r.memory.n, 0);
    assert_true(str_find(last_text(), STR("cut off"), 0) != SIZE_MAX);
    assert_true(step(OUTCOME_TOOL_TRUNCATED, "", &cut, 1));
}

/* What goes back on the wire: valid JSON whatever the model wrote, and an id for every call. */
static void test_the_echo_is_sound(void **state)
{
    const struct tool_call calls[] = {
        call("", "rethink_memory", "{\"new_memory\":\"a \\\"b\\\"\"}"),
        call("same", "rethink_memory", "{broken"),
        call("same", "rethink_memory", "[1]"),
        call("q\"uote", "rethink_memory", "{}"),
    };
    struct err err = {0};

    (void)state;
    start(100, 10);
    assert_false(step(OUTCOME_OK, "text beside", calls, 4));
    assert_str(r.messages[2].text, "text beside");
    assert_int_equal(r.messages[2].ncalls, 4);
    for (size_t i = 0; i < 4; i++) {
        const struct tool_call *c = &r.messages[2].calls[i];
        struct json *arguments;
        struct str id = c->id;
        assert_true(id.n > 0);
        assert_true(str_eq(id, r.messages[3 + i].tool_call_id));
        for (size_t k = 0; k < i; k++)
            assert_false(str_eq(id, r.messages[3 + k].tool_call_id));
        assert_int_equal(json_parse(c->arguments, JSON_STRICT, &arguments, &err), OK);
        assert_int_equal(json_type(arguments), JSON_OBJECT);
        json_free(arguments);
    }
    assert_str(r.messages[2].calls[0].arguments, "{\"new_memory\":\"a \\\"b\\\"\"}");
}

static void test_a_flood_of_calls_is_answered_but_not_carried_out(void **state)
{
    struct tool_call many[20];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(many); i++)
        many[i] = call("", "rethink_memory", "{\"new_memory\":\"x\"}");
    start(100, 10);
    assert_false(step(OUTCOME_OK, "", many, ARRAY_LEN(many)));
    assert_int_equal(r.rethinks, 16);
    assert_int_equal(r.n, 2 + 1 + 20);
}

/* Two repairs in a row may be asked for; the third response that makes no sense ends the sleep. */
static void test_repairs_are_counted(void **state)
{
    const struct tool_call broken = call("a", "rethink_memory", "{\"new_memory\": \"x");
    const struct tool_call unknown = call("a", "send_money", "{}");
    const struct tool_call good = call("a", "rethink_memory", "{\"new_memory\":\"m\"}");
    const struct tool_call both[] = {broken, good};

    (void)state;
    start(100, 10);
    assert_false(step(OUTCOME_TOOL_INVALID, "", &broken, 1));
    assert_str(r.messages[2].calls[0].arguments, "{}"); /* what goes back is sound */
    assert_false(step(OUTCOME_TOOL_INVALID, "", &unknown, 1));
    assert_int_equal(r.repairs, 2);
    assert_true(step(OUTCOME_TOOL_TRUNCATED, "", &broken, 1));
    assert_int_equal(r.last, OUTCOME_TOOL_TRUNCATED);
    assert_int_equal(r.calls, 3);
    assert_int_equal(r.repairs, 2);
    /* a call that makes sense begins the count anew */
    start(100, 10);
    for (int i = 0; i < 3; i++) {
        assert_false(step(OUTCOME_TOOL_INVALID, "", &broken, 1));
        assert_false(step(OUTCOME_TOOL_INVALID, "", &broken, 1));
        assert_false(step(OUTCOME_TOOL_INVALID, "", both, 2));
    }
    assert_int_equal(r.repairs, 6);
    assert_int_equal(r.rethinks, 3);
    assert_str(r.memory, "m");
    assert_int_equal(r.last, OUTCOME_TOOL_INVALID);
    /* a text over the limit is the model's choice and no broken call */
    const struct tool_call longer = call("a", "rethink_memory", "{\"new_memory\":\"long\"}");
    start(3, 10);
    for (int i = 0; i < 9; i++)
        assert_false(step(OUTCOME_OK, "", &longer, 1));
    assert_int_equal(r.repairs, 0);
    /* none is asked for where the last response was broken */
    start(100, 1);
    assert_true(step(OUTCOME_TOOL_INVALID, "", &broken, 1));
    assert_int_equal(r.repairs, 0);
}

/* ---- calls in words -------------------------------------------------------------------------- */

#define WRITE(text) "{\"name\": \"rethink_memory\", \"arguments\": {\"new_memory\": \"" text "\"}}"
#define FINISH "{\"name\": \"finish_rethinking_memory\", \"arguments\": {}}"

static void test_a_sleep_in_words(void **state)
{
    struct reply reply = {.outcome = OUTCOME_OK,
        .content = STR("I note:\n```json\n" WRITE("one") "\n```\n" WRITE("two")),
        .native = STR("[\"kept\"]"),
        .reasoning = STR("hm")};

    (void)state;
    start(100, 10);
    assert_false(rethink_step(&r, &reply));
    assert_str(r.memory, "two");
    assert_int_equal(r.rethinks, 2);
    assert_int_equal(r.spoken, 2);
    /* the turn as it was, and one message of the user */
    assert_int_equal(r.n, 4);
    assert_int_equal(r.messages[2].role, ROLE_ASSISTANT);
    assert_true(str_eq(r.messages[2].text, reply.content));
    assert_int_equal(r.messages[2].ncalls, 0);
    assert_str(r.messages[2].native, "[\"kept\"]");
    assert_str(r.messages[2].reasoning, "hm");
    assert_int_equal(r.messages[3].role, ROLE_USER);
    assert_str(r.messages[3].text, "Result of rethink_memory: The block was replaced.\n\nResult of "
                                   "rethink_memory: The block was replaced.");
    assert_true(step(OUTCOME_OK, WRITE("three") FINISH, NULL, 0));
    assert_str(r.memory, "three");
    assert_int_equal(r.spoken, 4);
    assert_int_equal(r.calls, 2);
}

static void test_words_that_cannot_be_carried_out(void **state)
{
    (void)state;
    start(5, 10);
    assert_false(step(OUTCOME_OK, WRITE("too long"), NULL, 0));
    assert_true(str_find(last_text(), STR("8 characters"), 0) != SIZE_MAX);
    assert_int_equal(r.refused, 1);
    assert_false(step(OUTCOME_TRUNCATED, "{\"name\": \"rethink_memory\", \"argum", NULL, 0));
    assert_int_equal(r.last, OUTCOME_TOOL_TRUNCATED);
    assert_true(str_find(last_text(), STR("cut off"), 0) != SIZE_MAX);
    assert_false(step(OUTCOME_OK, "{\"name\":\"rethink_memory\",\"arguments\":{x}}", NULL, 0));
    assert_int_equal(r.last, OUTCOME_TOOL_INVALID);
    assert_int_equal(r.repairs, 2);
    assert_true(step(OUTCOME_OK, "{\"name\":\"rethink_memory\",\"arguments\":{x}}", NULL, 0));
    assert_int_equal(r.memory.n, 0);
    /* words that are no call end the sleep as ever; so does a refusal that quotes one */
    start(100, 10);
    assert_true(step(OUTCOME_OK, "The JSON {\"a\": 1} is no call.", NULL, 0));
    assert_int_equal(r.spoken, 0);
    start(100, 10);
    assert_true(step(OUTCOME_CONTENT_FILTER, WRITE("x"), NULL, 0));
    assert_int_equal(r.memory.n, 0);
}

/* Calls by tools and calls in words in one sleep keep their own forms. */
static void test_both_forms_in_one_sleep(void **state)
{
    const struct tool_call good = call("a", "rethink_memory", "{\"new_memory\":\"m\"}");

    (void)state;
    start(100, 10);
    assert_false(step(OUTCOME_OK, "", &good, 1));
    assert_int_equal(r.messages[r.n - 1].role, ROLE_TOOL);
    assert_false(step(OUTCOME_OK, WRITE("n"), NULL, 0));
    assert_int_equal(r.messages[r.n - 1].role, ROLE_USER);
    assert_str(r.memory, "n");
    assert_false(step(OUTCOME_OK, WRITE("not this, the tool"), &good, 1));
    assert_int_equal(r.messages[r.n - 1].role, ROLE_TOOL);
    assert_str(r.memory, "m");
    assert_int_equal(r.spoken, 1);
}

static int release(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_starts_empty),
        cmocka_unit_test(test_several_calls_of_one_response_apply_in_order),
        cmocka_unit_test(test_a_text_over_the_limit_is_refused_in_code_points),
        cmocka_unit_test(test_ends_without_a_tool_call),
        cmocka_unit_test(test_ends_after_the_last_response),
        cmocka_unit_test(test_calls_that_make_no_sense_are_answered),
        cmocka_unit_test(test_a_cut_call_is_answered_and_counts),
        cmocka_unit_test(test_the_echo_is_sound),
        cmocka_unit_test(test_a_flood_of_calls_is_answered_but_not_carried_out),
        cmocka_unit_test(test_repairs_are_counted),
        cmocka_unit_test(test_a_sleep_in_words),
        cmocka_unit_test(test_words_that_cannot_be_carried_out),
        cmocka_unit_test(test_both_forms_in_one_sleep),
    };

    return cmocka_run_group_tests(tests, NULL, release);
}
