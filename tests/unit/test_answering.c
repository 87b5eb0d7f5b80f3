/* test_answering.c - the conversation of an answer, response by response, by hand. */
#include "harness/run/answering.h"

#include "harness/provider/provider.h"
#include "tests/unit/unit.h"

#define TOOLS STR("[{\"type\":\"function\",\"function\":{\"name\":\"send_message\"}}]")

static struct arena arena;
static struct answering a;

static int teardown(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static void start(struct str tools, int64_t steps)
{
    arena_reset(&arena);
    answering_start(&a, &arena, STR("be brief"), STR("2 + 2?"), tools, steps);
}

static bool say(enum outcome outcome, const char *text)
{
    struct reply reply = {.outcome = outcome, .content = str_c(text)};

    return answering_step(&a, &reply);
}

static bool call(enum outcome outcome, const char *text, const char *name, const char *arguments)
{
    struct tool_call calls[] = {{{"c", 1}, str_c(name), str_c(arguments)}};
    struct reply reply = {.outcome = outcome, .content = str_c(text), .calls = calls, .ncalls = 1};

    return answering_step(&a, &reply);
}

/* What the next request has. */
static struct chat asked(void)
{
    struct chat chat = {.model = STR("m")};

    answering_ask(&a, &chat);
    return chat;
}

static void text_is_the_answer(void **state)
{
    static const enum outcome all[] = {OUTCOME_OK, OUTCOME_TRUNCATED, OUTCOME_REFUSAL,
        OUTCOME_CONTENT_FILTER, OUTCOME_NO_ANSWER_BUDGET, OUTCOME_REASONING_ONLY};

    (void)state;
    start(STR(""), 5); /* steps need a tool */
    struct chat chat = asked();
    assert_int_equal(chat.n, 2);
    assert_int_equal(chat.messages[0].role, ROLE_SYSTEM);
    assert_str(chat.messages[0].text, "be brief");
    assert_int_equal(chat.messages[1].role, ROLE_USER);
    assert_str(chat.messages[1].text, "2 + 2?");
    assert_int_equal(chat.tools.n, 0);
    assert_null(chat.tool_choice);
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        start(STR(""), 1);
        assert_true(say(all[i], "4, of course"));
        assert_str(a.content, "4, of course");
        assert_int_equal(a.last, all[i]);
        assert_int_equal(a.done, 1);
    }
    /* a call in words is words where no tool was offered */
    start(STR(""), 1);
    assert_true(say(OUTCOME_OK, "{\"name\":\"send_message\",\"arguments\":{\"message\":\"4\"}}"));
    assert_str(a.content, "{\"name\":\"send_message\",\"arguments\":{\"message\":\"4\"}}");
    assert_int_equal(a.last, OUTCOME_OK);
}

static void the_message_is_the_answer(void **state)
{
    (void)state;
    start(TOOLS, 1);
    struct chat chat = asked();
    assert_str(chat.tools, TOOLS.p);
    assert_string_equal(chat.tool_choice, "send_message");
    assert_str(chat.messages[1].text, "2 + 2?"); /* one step is not counted */
    assert_true(call(OUTCOME_OK, "beside it", "send_message", "{\"message\":\"It is \\\"4\\\"\"}"));
    assert_str(a.content, "It is \"4\"");
    assert_int_equal(a.last, OUTCOME_OK);
    /* the wire's word for a call stays */
    start(TOOLS, 1);
    assert_true(call(OUTCOME_BUDGET_VIOLATED, "", "send_message", "{\"message\":\"4\"}"));
    assert_int_equal(a.last, OUTCOME_BUDGET_VIOLATED);
    assert_str(a.content, "4");
}

static void the_first_call_that_makes_sense_counts(void **state)
{
    struct tool_call calls[] = {
        {{"1", 1}, {"look_up", 7}, {"{\"message\":\"no\"}", 16}},
        {{"2", 1}, {"send_message", 12}, {"{\"text\":\"no\"}", 13}},
        {{"3", 1}, {"send_message", 12}, {"{\"message\":\"yes\"}", 17}},
        {{"4", 1}, {"send_message", 12}, {"{\"message\":\"late\"}", 18}},
    };
    struct reply reply = {.outcome = OUTCOME_OK, .content = STR(""), .calls = calls, .ncalls = 4};

    (void)state;
    start(TOOLS, 1);
    assert_true(answering_step(&a, &reply));
    assert_str(a.content, "yes");
    assert_int_equal(a.last, OUTCOME_OK);
}

static void calls_that_make_no_sense(void **state)
{
    static const struct {
        const char *name, *arguments;
    } cases[] = {
        {"look_up", "{\"message\":\"4\"}"},
        {"send_message", ""},
        {"send_message", "{}"},
        {"send_message", "[\"4\"]"},
        {"send_message", "{\"message\":4}"},
        {"send_message", "{\"message\":null}"},
        {"send_message", "{\"Message\":\"4\"}"},
        {"send_message", "the answer is 4"},
        {"", "{\"message\":\"4\"}"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        start(TOOLS, 3); /* also in the first of several steps */
        assert_true(call(OUTCOME_OK, "it is 4", cases[i].name, cases[i].arguments));
        assert_int_equal(a.last, OUTCOME_TOOL_INVALID);
        assert_int_equal(a.content.n, 0);
    }
    /* what the wire says of them stays */
    start(TOOLS, 1);
    assert_true(call(OUTCOME_TOOL_TRUNCATED, "", "send_message", "{"));
    assert_int_equal(a.last, OUTCOME_TOOL_TRUNCATED);
    assert_int_equal(a.content.n, 0);
}

static void a_text_beside_the_tool_is_the_answer_of_one_step(void **state)
{
    (void)state;
    start(TOOLS, 1);
    assert_true(say(OUTCOME_OK, "It is 4."));
    assert_str(a.content, "It is 4.");
    assert_int_equal(a.last, OUTCOME_OK);
    start(TOOLS, 1);
    assert_true(say(OUTCOME_TRUNCATED, "It is"));
    assert_str(a.content, "It is");
    assert_int_equal(a.last, OUTCOME_TRUNCATED);
}

static void steps_are_counted(void **state)
{
    struct reply thought = {.outcome = OUTCOME_OK,
        .content = STR("Let me think."),
        .native = STR("{\"as\":\"received\"}"),
        .reasoning = STR("hm")};

    (void)state;
    start(TOOLS, 3);
    struct chat chat = asked();
    assert_int_equal(chat.n, 2);
    assert_str(chat.messages[1].text, "2 + 2?\n\n[Step: 1/3]");
    assert_null(chat.tool_choice); /* it may think first */
    assert_str(chat.tools, TOOLS.p);
    assert_false(answering_step(&a, &thought));
    chat = asked();
    assert_int_equal(chat.n, 4);
    assert_int_equal(chat.messages[2].role, ROLE_ASSISTANT);
    assert_str(chat.messages[2].text, "Let me think.");
    assert_str(chat.messages[2].native, "{\"as\":\"received\"}");
    assert_str(chat.messages[2].reasoning, "hm");
    assert_int_equal(chat.messages[3].role, ROLE_USER);
    assert_str(chat.messages[3].text, "[Step: 2/3]");
    assert_null(chat.tool_choice);
    assert_int_equal(a.content.n, 0);
    assert_false(say(OUTCOME_OK, "Two and two."));
    chat = asked();
    assert_int_equal(chat.n, 6);
    assert_str(chat.messages[5].text, "[Step: 3/3]");
    assert_string_equal(chat.tool_choice, "send_message"); /* the last one must answer */
    assert_true(say(OUTCOME_OK, "Four, then."));
    assert_str(a.content, "Four, then.");
    assert_int_equal(a.done, 3);
    /* the tool ends it earlier */
    start(TOOLS, 3);
    assert_false(answering_step(&a, &thought));
    assert_true(call(OUTCOME_OK, "", "send_message", "{\"message\":\"4\"}"));
    assert_int_equal(a.done, 2);
    assert_str(a.content, "4");
}

static void what_is_no_whole_answer_ends_the_steps(void **state)
{
    static const enum outcome ends[] = {OUTCOME_TRUNCATED, OUTCOME_REFUSAL, OUTCOME_CONTENT_FILTER,
        OUTCOME_NO_ANSWER_BUDGET, OUTCOME_REASONING_ONLY, OUTCOME_TOOL_TRUNCATED};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        start(TOOLS, 4);
        assert_true(say(ends[i], "as far as it came"));
        assert_int_equal(a.last, ends[i]);
        assert_str(a.content, "as far as it came");
        assert_int_equal(a.n, 2);
    }
}

static void a_call_in_words_is_a_call(void **state)
{
    static const struct {
        enum outcome outcome;
        const char *text;
        enum outcome last;
        const char *content;
    } cases[] = {
        {OUTCOME_OK, "{\"name\":\"send_message\",\"arguments\":{\"message\":\"It is 4.\"}}",
            OUTCOME_OK, "It is 4."},
        {OUTCOME_OK,
            "Two and "
            "two.\n```json\n{\"tool\":\"send_message\",\"input\":{\"message\":\"4\"}}\n```\n",
            OUTCOME_OK, "4"},
        {OUTCOME_OK,
            "<tool_call>{\"function\":{\"name\":\"send_message\",\"arguments\":"
            "{\"message\":\"a\\nb\"}}}</tool_call>",
            OUTCOME_OK, "a\nb"},
        {OUTCOME_TRUNCATED,
            "{\"name\":\"send_message\",\"arguments\":{\"message\":\"4\"}} and then it went on",
            OUTCOME_TRUNCATED, "4"},
        {OUTCOME_OK,
            "{\"name\":\"look_up\",\"arguments\":{\"message\":\"no\"}} "
            "{\"name\":\"send_message\",\"arguments\":{\"message\":\"yes\"}}",
            OUTCOME_OK, "yes"},
        /* no sense in it */
        {OUTCOME_OK, "{\"name\":\"send_message\",\"arguments\":{\"text\":\"4\"}}",
            OUTCOME_TOOL_INVALID, ""},
        {OUTCOME_OK, "{\"name\":\"send_message\"}", OUTCOME_TOOL_INVALID, ""},
        /* cut off inside */
        {OUTCOME_TRUNCATED, "So: {\"name\":\"send_message\",\"arguments\":{\"message\":\"It i",
            OUTCOME_TOOL_TRUNCATED, ""},
        {OUTCOME_OK, "{\"name\":\"send_message\",\"arguments\":{\"message\":\"It is 4.\"}",
            OUTCOME_TOOL_TRUNCATED, ""},
    };

    (void)state;
    for (int64_t steps = 1; steps < 4; steps += 2)
        for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
            start(TOOLS, steps);
            assert_true(say(cases[i].outcome, cases[i].text));
            assert_int_equal(a.last, cases[i].last);
            assert_str(a.content, cases[i].content);
        }
    /* a call that came as one goes before what the text says */
    start(TOOLS, 1);
    assert_true(call(OUTCOME_OK, "{\"name\":\"send_message\",\"arguments\":{\"message\":\"no\"}}",
        "send_message", "{\"message\":\"yes\"}"));
    assert_str(a.content, "yes");
}

static void other_objects_are_text(void **state)
{
    static const char *const texts[] = {
        "{\"name\":\"Ann\",\"apples\":4}",
        "{\"name\":\"look_up\",\"arguments\":{\"message\":\"4\"}}",
        "The set {1, 2} has 2 elements, and {} none.",
        "send_message would say 4",
        "",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        start(TOOLS, 1);
        assert_true(say(OUTCOME_OK, texts[i]));
        assert_int_equal(a.last, OUTCOME_OK);
        assert_str(a.content, texts[i]);
        start(TOOLS, 2); /* and a step */
        assert_false(say(OUTCOME_OK, texts[i]));
    }
    /* a refusal is one, whatever it quotes */
    start(TOOLS, 1);
    assert_true(
        say(OUTCOME_REFUSAL, "{\"name\":\"send_message\",\"arguments\":{\"message\":\"4\"}}"));
    assert_int_equal(a.last, OUTCOME_REFUSAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_the_answer),
        cmocka_unit_test(the_message_is_the_answer),
        cmocka_unit_test(the_first_call_that_makes_sense_counts),
        cmocka_unit_test(calls_that_make_no_sense),
        cmocka_unit_test(a_text_beside_the_tool_is_the_answer_of_one_step),
        cmocka_unit_test(steps_are_counted),
        cmocka_unit_test(what_is_no_whole_answer_ends_the_steps),
        cmocka_unit_test(a_call_in_words_is_a_call),
        cmocka_unit_test(other_objects_are_text),
    };

    return cmocka_run_group_tests(tests, NULL, teardown);
}
