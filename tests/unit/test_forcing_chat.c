/*
 * test_forcing_chat.c - budget forcing by chats that are continued: requests byte by byte against
 * responses written down from documentation.
 */
#include "harness/run/forcing.h"

#include "tests/unit/unit.h"

static struct arena arena;
static struct forcing f;
static struct traits traits;
static struct reply reply;
static const struct message talk[] = {
    {.role = ROLE_SYSTEM, .text = {"Be brief.", 9}}, {.role = ROLE_USER, .text = {"1+1?", 4}}};

#define TALK                                                                                       \
    "{\"role\":\"system\",\"content\":\"Be brief.\"},{\"role\":\"user\",\"content\":\"1+1?\"}"
#define SAYS(members, finish, tokens)                                                              \
    "{\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\"," members                      \
    "},\"finish_reason\":\"" finish                                                                \
    "\"}],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":" tokens "}}"
#define REASONED(members, finish, tokens, reasoning)                                               \
    "{\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\"," members                      \
    "},\"finish_reason\":\"" finish                                                                \
    "\"}],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":" tokens                            \
    ",\"completion_tokens_details\":{\"reasoning_tokens\":" reasoning "}}}"

static void begin(const char *dialect, int64_t budget, int64_t extensions)
{
    struct forcing_limits limits = {budget, extensions, 50};
    struct err err;

    traits.forcing = str_c(dialect);
    if (forcing_start(&f, &arena, &traits, STR("m"), talk, 2, limits, 0, 3, &err))
        fail_msg("%s", err.msg);
}

static int fresh(void **state)
{
    (void)state;
    arena_release(&arena);
    traits = traits_default;
    return 0;
}

static void asks(const char *path_, const char *body_)
{
    struct buf path = BUF_INIT, body = BUF_INIT;

    forcing_request(&f, &path, &body);
    assert_string_equal(buf_cstr(&path), path_);
    assert_string_equal(buf_cstr(&body), body_);
    buf_release(&path);
    buf_release(&body);
}

static bool answered(const char *body)
{
    return forcing_step(&f, 200, str_c(body), &reply);
}

/* ---- delimiters as text ---------------------------------------------------------------------- */

#define PREFIX_TAIL "\"add_generation_prompt\":false,\"continue_final_message\":true"
#define PREFIX_THINK(text, most, least)                                                            \
    "{\"model\":\"m\",\"messages\":[" TALK ",{\"role\":\"assistant\",\"content\":\"" text          \
    "\"}],\"max_tokens\":" most ",\"temperature\":0,\"seed\":3," PREFIX_TAIL                       \
    ",\"stop\":[\"</think>\"]" least "}"
#define PREFIX_ANSWER(text)                                                                        \
    "{\"model\":\"m\",\"messages\":[" TALK ",{\"role\":\"assistant\",\"content\":\"" text          \
    "\"}],\"max_tokens\":50,\"temperature\":0,\"seed\":3," PREFIX_TAIL "}"

static void test_prefix_lengthened_and_cut(void **state)
{
    (void)state;
    begin("prefix", 20, 1);
    asks("/chat/completions", PREFIX_THINK("<think>", "20", ""));
    assert_false(answered(SAYS("\"content\":\"one plus one\"", "stop", "8")));
    assert_int_equal(reply.outcome, OUTCOME_OK);
    assert_int_equal(reply.usage.out_reasoning, 8);
    asks("/chat/completions", PREFIX_THINK("<think>one plus oneWait", "12", ",\"min_tokens\":1"));
    /* the reasoning parser labels the continuation; all that was sent comes back with it */
    assert_false(answered(
        SAYS("\"content\":null,\"reasoning_content\":\"one plus oneWait, two\"", "length", "12")));
    asks("/chat/completions",
        PREFIX_ANSWER("<think>one plus oneWait, two\\n</think>\\nFinal Answer:"));
    assert_true(answered(SAYS("\"content\":\" 2\"", "stop", "2")));
    assert_int_equal(reply.outcome, OUTCOME_OK);
    assert_str(f.content, " 2");
    assert_str(f.reasoning, "one plus oneWait, two");
    assert_int_equal(f.ended, FORCING_END_FORCED);
    assert_int_equal(f.generated, 20);
    assert_int_equal(f.thinking, 21); /* "Wait" by token.h */
    assert_int_equal(f.injected, 1);
    assert_int_equal(f.answer, 2);
    assert_false(f.thinking_violated || f.answer_violated || f.relabelled);
}

static void test_prefix_labels(void **state)
{
    (void)state;
    /* the stop was ignored: reasoning, and an answer that nobody asked for yet */
    begin("prefix", 20, 0);
    assert_false(answered(
        SAYS("\"reasoning_content\":\"one plus one\",\"content\":\"It is 2.\"", "length", "20")));
    asks("/chat/completions", PREFIX_ANSWER("<think>one plus one</think>"));
    /* without the closing delimiter the parser takes the answer for reasoning */
    assert_true(answered(SAYS("\"content\":\"\",\"reasoning\":\"It is 2.\"", "stop", "5")));
    assert_str(f.content, "It is 2.");
    assert_true(f.relabelled);
    assert_int_equal(reply.outcome, OUTCOME_OK);
    /* the same inside the content, and the whole prefix before the answer */
    begin("prefix", 20, 0);
    assert_false(answered(SAYS("\"content\":\"<think>hm</think>2\"", "stop", "9")));
    asks("/chat/completions", PREFIX_ANSWER("<think>hm</think>"));
    assert_true(answered(SAYS("\"content\":\"<think>hm</think>2\"", "length", "9")));
    assert_str(f.content, "2");
    assert_int_equal(reply.outcome, OUTCOME_TRUNCATED);
}

static void test_prefix_without_thinking(void **state)
{
    (void)state;
    begin("prefix", 0, 3);
    asks("/chat/completions", PREFIX_ANSWER("<think></think>"));
    assert_true(answered(SAYS("\"content\":\"2\"", "stop", "51")));
    assert_int_equal(f.ended, FORCING_END_SKIPPED);
    assert_false(f.answer_violated); /* the end of the turn may be one */
    begin("prefix", 0, 0);
    assert_true(answered(SAYS("\"content\":\"2\"", "stop", "52")));
    assert_true(f.answer_violated);
    begin("prefix", 10, 0);
    assert_false(answered(SAYS("\"content\":\"2\"", "stop", "12")));
    assert_true(f.thinking_violated);
}

static void test_prefix_streamed(void **state)
{
    (void)state;
    begin("prefix", 20, 0);
    f.stream = true;
    asks("/chat/completions",
        "{\"model\":\"m\",\"messages\":[" TALK ",{\"role\":\"assistant\",\"content\":\"<think>\"}],"
        "\"max_tokens\":20,\"temperature\":0,\"seed\":3,\"stream\":true,\"stream_options\":{"
        "\"include_usage\":true}," PREFIX_TAIL ",\"stop\":[\"</think>\"]}");
    assert_false(answered("data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n"));
    assert_int_equal(reply.outcome, OUTCOME_INCOMPLETE_STREAM);
    assert_true(reply.retry);
    assert_int_equal(f.phase, FORCING_THINK);
    assert_int_equal(f.generated, 0);
    assert_false(answered(
        "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n"
        "data: {\"choices\":[{\"delta\":{\"content\":\"b\"},\"finish_reason\":\"stop\"}]}\n\n"
        "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":3}}\n\n"));
    assert_int_equal(f.phase, FORCING_ANSWER);
    assert_str(f.reasoning, "ab");
    assert_int_equal(f.generated, 3);
}

/* ---- DeepSeek -------------------------------------------------------------------------------- */

#define DEEPSEEK "~/beta/chat/completions"
#define DEEPSEEK_BODY(last, most)                                                                  \
    "{\"model\":\"m\",\"messages\":[" TALK last "],\"max_tokens\":" most                           \
    ",\"temperature\":0,\"seed\":3}"
#define DEEPSEEK_LAST(reasoning, content)                                                          \
    ",{\"role\":\"assistant\",\"prefix\":true,\"content\":\"" content                              \
    "\",\"reasoning_content\":\"" reasoning "\"}"

static void test_deepseek_cut(void **state)
{
    (void)state;
    begin("deepseek-prefix", 20, 0);
    asks(DEEPSEEK, DEEPSEEK_BODY("", "20"));
    assert_false(answered(
        REASONED("\"content\":\"\",\"reasoning_content\":\"one plus\"", "length", "20", "20")));
    assert_int_equal(reply.outcome, OUTCOME_OK);
    asks(DEEPSEEK, DEEPSEEK_BODY(DEEPSEEK_LAST("one plus", "Final Answer:"), "50"));
    assert_true(answered(REASONED("\"content\":\" 2\"", "stop", "3", "0")));
    assert_str(f.content, " 2");
    assert_str(f.reasoning, "one plus");
    assert_int_equal(f.thinking, 20);
    assert_int_equal(f.ended, FORCING_END_FORCED);
}

static void test_deepseek_one_response_is_enough(void **state)
{
    (void)state;
    begin("deepseek-prefix", 200, 0);
    assert_true(answered(
        REASONED("\"content\":\"It is 2.\",\"reasoning_content\":\"hm\"", "stop", "30", "25")));
    assert_int_equal(f.phase, FORCING_OVER);
    assert_int_equal(f.ended, FORCING_END_NATURAL);
    assert_str(f.content, "It is 2.");
    assert_str(reply.reasoning, "hm");
    assert_int_equal(f.thinking, 25);
    assert_int_equal(f.answer, 5);
    /* cut inside the answer, or one longer than its limit: the answer is asked for anew */
    begin("deepseek-prefix", 200, 0);
    assert_false(answered(
        REASONED("\"content\":\"It i\",\"reasoning_content\":\"hm\"", "length", "200", "190")));
    asks(DEEPSEEK, DEEPSEEK_BODY(DEEPSEEK_LAST("hm", ""), "50"));
    begin("deepseek-prefix", 200, 0);
    assert_false(answered(
        REASONED("\"content\":\"long\",\"reasoning_content\":\"hm\"", "stop", "150", "90")));
    assert_false(f.answer_violated);
    assert_true(answered(REASONED("\"content\":\"2\"", "stop", "52", "0")));
    assert_true(f.answer_violated);
    /* a limit that was not heard */
    begin("deepseek-prefix", 100, 0);
    (void)answered(
        REASONED("\"content\":\"2\",\"reasoning_content\":\"hm\"", "stop", "150", "120"));
    assert_true(f.thinking_violated);
}

static void test_deepseek_lengthened(void **state)
{
    (void)state;
    begin("deepseek-prefix", 100, 1);
    assert_false(answered(
        REASONED("\"content\":\"It is 3.\",\"reasoning_content\":\"hm\"", "stop", "30", "25")));
    asks(DEEPSEEK, DEEPSEEK_BODY(DEEPSEEK_LAST("hmWait", ""), "75"));
    assert_true(answered(
        REASONED("\"content\":\"It is 2.\",\"reasoning_content\":\", no\"", "stop", "12", "7")));
    assert_str(f.reasoning, "hmWait, no");
    assert_str(f.content, "It is 2.");
    assert_int_equal(f.used, 1);
    assert_int_equal(f.generated, 32);
}

static void test_deepseek_without_thinking(void **state)
{
    (void)state;
    begin("deepseek-prefix", 0, 0);
    asks(DEEPSEEK, DEEPSEEK_BODY(DEEPSEEK_LAST("", ""), "50"));
    traits.none_with = STR("{\"thinking\":{\"type\":\"disabled\"}}");
    traits.extra = STR("{\"thinking\":{\"type\":\"enabled\"},\"user_id\":\"u\"}");
    asks(DEEPSEEK,
        "{\"model\":\"m\",\"messages\":[" TALK "],\"max_tokens\":50,\"temperature\":0,\"seed\":3,"
        "\"thinking\":{\"type\":\"disabled\"},\"user_id\":\"u\"}");
    assert_true(answered(SAYS("\"content\":\"2\"", "stop", "2")));
    assert_str(f.content, "2");
    assert_int_equal(f.thinking, 0);
}

/* ---- Mistral --------------------------------------------------------------------------------- */

#define MISTRAL(last, most)                                                                        \
    "{\"model\":\"m\",\"messages\":[" TALK last "],\"max_tokens\":" most                           \
    ",\"temperature\":0,\"random_seed\":3}"
#define MISTRAL_LAST(text, closed, more)                                                           \
    ",{\"role\":\"assistant\",\"prefix\":true,\"content\":[{\"type\":\"thinking\",\"thinking\":["  \
    "{\"type\":\"text\",\"text\":\"" text "\"}],\"closed\":" closed "}" more "]}"

static void test_mistral(void **state)
{
    (void)state;
    traits.seed_key = STR("random_seed");
    begin("mistral-prefix", 100, 1);
    asks("/chat/completions", MISTRAL("", "100"));
    assert_false(
        answered(SAYS("\"content\":[{\"type\":\"thinking\",\"thinking\":[{\"type\":\"text\","
                      "\"text\":\"hm\"}]},{\"type\":\"text\",\"text\":\"It is 3.\"}]",
            "stop", "30")));
    assert_true(f.estimated); /* one total for both: the thinking is by token.h */
    assert_int_equal(f.generated, 1);
    asks("/chat/completions", MISTRAL(MISTRAL_LAST("hmWait", "false", ""), "99"));
    /* the prefix comes back with the rest */
    assert_false(answered(SAYS(
        "\"content\":[{\"type\":\"thinking\",\"thinking\":[{\"type\":\"text\",\"text\":\"hmWait, "
        "no\"}]}]",
        "length", "99")));
    assert_str(f.reasoning, "hmWait, no");
    asks("/chat/completions", MISTRAL(MISTRAL_LAST("hmWait, no", "true",
                                          ",{\"type\":\"text\",\"text\":\"Final Answer:\"}"),
                                  "50"));
    assert_true(answered(SAYS("\"content\":\"Final Answer: 2\"", "stop", "4")));
    assert_str(f.content, " 2");
    assert_int_equal(f.ended, FORCING_END_FORCED);
}

/* ---- failures -------------------------------------------------------------------------------- */

static void test_failures_change_nothing(void **state)
{
    static const struct {
        long status;
        const char *body;
        bool over;
        enum outcome outcome;
    } cases[] = {
        {429, "{\"error\":{\"message\":\"slow down\"}}", false, OUTCOME_RATE_LIMITED},
        {500, "", false, OUTCOME_PROVIDER_ERROR},
        {200, "{\"choices\":[{\"mess", false, OUTCOME_BAD_JSON},
        {400, "{\"error\":{\"message\":\"no prefill\"}}", true, OUTCOME_REJECTED},
    };
    static const char *const names[] = {"prefix", "deepseek-prefix", "mistral-prefix"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct buf path = BUF_INIT, before = BUF_INIT, after = BUF_INIT;
        begin(names[i], 20, 1);
        assert_false(answered(SAYS("\"content\":\"\",\"reasoning_content\":\"a\"", "stop", "5")));
        forcing_request(&f, &path, &before);
        for (size_t k = 0; k < ARRAY_LEN(cases); k++) {
            assert_int_equal(
                forcing_step(&f, cases[k].status, str_c(cases[k].body), &reply), cases[k].over);
            assert_int_equal(reply.outcome, cases[k].outcome);
            assert_int_equal(reply.retry, !cases[k].over);
            buf_reset(&path);
            buf_reset(&after);
            forcing_request(&f, &path, &after);
            assert_string_equal(buf_cstr(&before), buf_cstr(&after));
        }
        assert_true(answered(SAYS("\"content\":\"\"", "content_filter", "1")));
        assert_int_equal(reply.outcome, OUTCOME_CONTENT_FILTER);
        assert_int_equal(f.phase, FORCING_OVER);
        buf_release(&path);
        buf_release(&before);
        buf_release(&after);
    }
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
        cmocka_unit_test_setup(test_prefix_lengthened_and_cut, fresh),
        cmocka_unit_test_setup(test_prefix_labels, fresh),
        cmocka_unit_test_setup(test_prefix_without_thinking, fresh),
        cmocka_unit_test_setup(test_prefix_streamed, fresh),
        cmocka_unit_test_setup(test_deepseek_cut, fresh),
        cmocka_unit_test_setup(test_deepseek_one_response_is_enough, fresh),
        cmocka_unit_test_setup(test_deepseek_lengthened, fresh),
        cmocka_unit_test_setup(test_deepseek_without_thinking, fresh),
        cmocka_unit_test_setup(test_mistral, fresh),
        cmocka_unit_test_setup(test_failures_change_nothing, fresh),
    };
    return cmocka_run_group_tests(tests, NULL, release);
}
