/*
 * test_forcing.c - budget forcing against a small server that obeys or does not.
 *
 * What is asked for and counted is written down by hand: one token a byte, one a delimiter.
 */
#include "harness/run/forcing.h"

#include "tests/unit/test_forcing_lab.h"
#include "tests/unit/unit.h"

static const char *const all[] = {"vllm", "sglang", "llama.cpp", "completions"};
static const struct message question[] = {{.role = ROLE_USER, .text = {"Q", 1}}};

struct trial {
    struct arena arena;
    struct traits traits;
    struct forcing f;
    struct lab lab;
    struct reply reply; /* the last */
    int steps;
};

static void begin(struct trial *t, struct lab lab, int64_t budget, int64_t extensions)
{
    struct err err;
    struct forcing_limits limits = {budget, extensions, 10};

    *t = (struct trial){.traits = traits_default, .lab = lab};
    t->traits.forcing = str_c(lab.dialect);
    if (forcing_start(&t->f, &t->arena, &t->traits, STR("m"), question, 1, limits, 0, 1, &err))
        fail_msg("%s", err.msg);
    t->f.stream = lab.streams;
}

static void ask(struct trial *t, struct buf *path, struct buf *body)
{
    buf_reset(path);
    buf_reset(body);
    forcing_request(&t->f, path, body);
}

/* One request and its answer. */
static bool step(struct trial *t)
{
    struct buf path = BUF_INIT, body = BUF_INIT;

    ask(t, &path, &body);
    struct str answer = lab_answer(&t->lab, buf_str(&path), buf_str(&body));
    bool over = forcing_step(&t->f, 200, answer, &t->reply);
    buf_release(&path);
    buf_release(&body);
    assert_in_range(++t->steps, 1, 40);
    return over;
}

static void run(struct trial *t, struct lab lab, int64_t budget, int64_t extensions)
{
    begin(t, lab, budget, extensions);
    while (!step(t))
        assert_int_equal(t->reply.outcome, OUTCOME_OK);
}

static void end(struct trial *t)
{
    lab_release(&t->lab);
    arena_release(&t->arena);
}

#define CHECK(t, log_, content_, reasoning_, thinking_, injected_, generated_, ended_)             \
    do {                                                                                           \
        assert_string_equal(buf_cstr(&(t).lab.log), (log_));                                       \
        assert_str((t).f.content, (content_));                                                     \
        assert_str((t).f.reasoning, (reasoning_));                                                 \
        assert_int_equal((t).f.thinking, (thinking_));                                             \
        assert_int_equal((t).f.injected, (injected_));                                             \
        assert_int_equal((t).f.generated, (generated_));                                           \
        assert_int_equal((t).f.ended, (ended_));                                                   \
        assert_int_equal((t).f.phase, FORCING_OVER);                                               \
    } while (0)

/* ---- the three ways of s1 -------------------------------------------------------------------- */

static void test_a_natural_end_is_closed(void **state)
{
    struct trial t;

    (void)state;
    for (size_t i = 0; i < 3; i++)
        for (int streams = 0; streams < 2; streams++) {
            run(&t,
                (struct lab){
                    .dialect = all[i], .script = {"abc</think>", "42"}, .streams = streams},
                20, 0);
            CHECK(t, "<think> | 20 | 0\n<think>abc</think> | 10 | 0\n", "42", "abc", 3, 0, 4,
                FORCING_END_NATURAL);
            assert_int_equal(t.reply.outcome, OUTCOME_OK);
            assert_int_equal(t.f.answer, 3); /* the end of the turn is one */
            assert_false(t.f.thinking_violated || t.f.answer_violated || t.f.estimated);
            assert_int_equal(t.f.respelled, 0);
            assert_str(t.reply.content, "42");
            assert_str(t.reply.reasoning, "abc");
            end(&t);
        }
}

static void test_at_the_budget_it_is_cut_with_a_cue(void **state)
{
    struct trial t;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        run(&t, (struct lab){.dialect = all[i], .script = {"abcdefgh~", " 7"}}, 5, 3);
        CHECK(t, "<think> | 5 | 0\n<think>abcde\n</think>\nFinal Answer: | 10 | 0\n", " 7", "abcde",
            6, 1, 5, FORCING_END_FORCED);
        assert_false(t.f.thinking_violated);
        end(&t);
        /* no second newline */
        run(&t, (struct lab){.dialect = all[i], .script = {"abcd\n~", " 7"}}, 5, 3);
        CHECK(t, "<think> | 5 | 0\n<think>abcd\n</think>\nFinal Answer: | 10 | 0\n", " 7", "abcd\n",
            5, 0, 5, FORCING_END_FORCED);
        end(&t);
    }
}

static void test_an_early_end_is_lengthened(void **state)
{
    struct trial t;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        const char *log = i == 2 /* llama.cpp has no least number */
                              ? "<think> | 20 | 0\n<think>abcWait | 16 | 0\n"
                                "<think>abcWaitdeWait | 13 | 0\n"
                                "<think>abcWaitdeWaitf</think> | 10 | 0\n"
                              : "<think> | 20 | 0\n<think>abcWait | 16 | 1\n"
                                "<think>abcWaitdeWait | 13 | 1\n"
                                "<think>abcWaitdeWaitf</think> | 10 | 0\n";
        run(&t,
            (struct lab){
                .dialect = all[i], .script = {"abc</think>", "de</think>", "f</think>", "7"}},
            20, 2);
        CHECK(t, log, "7", "abcWaitdeWaitf", 14, 8, 9, FORCING_END_NATURAL);
        assert_int_equal(t.f.used, 2);
        end(&t);
    }
}

static void test_lengthening_ends_with_the_budget(void **state)
{
    struct trial t;

    (void)state;
    /* nothing is left: the delimiter was the fourth token */
    run(&t, (struct lab){.dialect = "vllm", .script = {"abc</think>", "7"}}, 4, 5);
    CHECK(t, "<think> | 4 | 0\n<think>abc</think> | 10 | 0\n", "7", "abc", 3, 0, 4,
        FORCING_END_NATURAL);
    assert_int_equal(t.f.used, 0);
    end(&t);
    /* the lengthened thinking runs into it */
    run(&t, (struct lab){.dialect = "vllm", .script = {"ab</think>", "cdefg~", "7"}}, 6, 5);
    CHECK(t,
        "<think> | 6 | 0\n<think>abWait | 3 | 1\n"
        "<think>abWaitcde\n</think>\nFinal Answer: | 10 | 0\n",
        "7", "abWaitcde", 10, 5, 6, FORCING_END_FORCED);
    assert_int_equal(t.f.used, 1);
    end(&t);
}

static void test_the_least_number_holds_the_delimiter_back(void **state)
{
    struct trial t;

    (void)state;
    /* an end right behind "Wait" is not let through by the server: 'z' comes instead */
    run(&t, (struct lab){.dialect = "vllm", .script = {"a</think>", "", "7"}}, 9, 1);
    CHECK(t, "<think> | 9 | 0\n<think>aWait | 7 | 1\n<think>aWaitz</think> | 10 | 0\n", "7",
        "aWaitz", 6, 4, 4, FORCING_END_NATURAL);
    end(&t);
}

/* ---- prompts --------------------------------------------------------------------------------- */

static void test_an_open_template_is_not_opened_again(void **state)
{
    static const char *const rendering[] = {"vllm", "llama.cpp"};
    struct trial t;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rendering); i++) {
        run(&t,
            (struct lab){.dialect = rendering[i], .script = {"abc</think>", "42"}, .opens = true},
            20, 0);
        CHECK(t, "<think>\n | 20 | 0\n<think>\nabc</think> | 10 | 0\n", "42", "abc", 3, 0, 4,
            FORCING_END_NATURAL);
        end(&t);
        run(&t, (struct lab){.dialect = rendering[i], .script = {"42"}, .opens = true}, 0, 2);
        CHECK(t, "<think>\n</think> | 10 | 0\n", "42", "", 0, 0, 0, FORCING_END_SKIPPED);
        end(&t);
    }
}

static void test_a_budget_of_nothing(void **state)
{
    struct trial t;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        run(&t, (struct lab){.dialect = all[i], .script = {"42"}}, 0, 2);
        CHECK(t, "<think></think> | 10 | 0\n", "42", "", 0, 0, 0, FORCING_END_SKIPPED);
        end(&t);
    }
}

/* ---- where it ends in ids -------------------------------------------------------------------- */

static void test_the_end_of_the_turn_is_no_thought(void **state)
{
    struct trial t;

    (void)state;
    for (size_t i = 0; i < 3; i++)
        for (int trims = 0; trims < 2; trims++) {
            run(&t, (struct lab){.dialect = all[i], .script = {"abc", "42"}, .trims = trims}, 20,
                0);
            CHECK(t, "<think> | 20 | 0\n<think>abc</think> | 10 | 0\n", "42", "abc", 3, 0,
                trims ? 3 : 4, FORCING_END_NATURAL);
            end(&t);
        }
}

static void test_a_delimiter_of_many_tokens(void **state)
{
    struct trial t;

    (void)state;
    for (size_t i = 0; i < 3; i++)
        for (int trims = 0; trims < 2; trims++) {
            run(&t,
                (struct lab){.dialect = all[i],
                    .script = {"abc</think>", "d</think>", "42"},
                    .plain = true,
                    .trims = trims},
                30, 1);
            assert_str(t.f.reasoning, "abcWaitd");
            assert_int_equal(t.f.thinking, 8);
            assert_int_equal(t.f.injected, 4);
            assert_int_equal(t.f.generated, trims ? 4 : 20); /* 3 + 8 and 1 + 8 */
            assert_int_equal(t.f.respelled, trims ? 2 : 0);
            assert_non_null(strstr(buf_cstr(&t.lab.log), "<think>abcWaitd</think> | 10 | 0\n"));
            end(&t);
        }
}

/* ---- servers that do as they like ------------------------------------------------------------ */

static void test_a_deaf_server_is_told_on(void **state)
{
    struct trial t;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        run(&t, (struct lab){.dialect = all[i], .script = {"abcdefgh", "42"}, .deaf_limit = true},
            3, 0);
        assert_true(t.f.thinking_violated);
        assert_false(t.f.answer_violated);
        assert_int_equal(t.f.generated, 9);
        assert_str(t.f.content, "42");
        end(&t);
        run(&t,
            (struct lab){
                .dialect = all[i], .script = {"a</think>", "0123456789ab"}, .deaf_limit = true},
            30, 0);
        assert_false(t.f.thinking_violated);
        assert_true(t.f.answer_violated);
        assert_int_equal(t.f.answer, 13);
        end(&t);
    }
}

static void test_an_answer_behind_the_thinking_is_asked_for_anew(void **state)
{
    struct trial t;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        for (int plain = 0; plain < 2; plain++) {
            run(&t,
                (struct lab){.dialect = all[i],
                    .script = {"abc</think>junk", "42"},
                    .plain = plain,
                    .deaf_stop = true},
                40, 0);
            assert_str(t.f.reasoning, "abc");
            assert_non_null(strstr(buf_cstr(&t.lab.log), "\n<think>abc</think> | 10 | 0\n"));
            assert_str(t.f.content, "42");
            assert_int_equal(t.f.ended, FORCING_END_NATURAL);
            if (i < 3)
                assert_int_equal(t.f.thinking, 3);
            end(&t);
        }
}

static void refused(struct lab lab, const char *words)
{
    struct trial t;
    struct buf before[2] = {BUF_INIT, BUF_INIT}, after[2] = {BUF_INIT, BUF_INIT};

    begin(&t, lab, 20, 0);
    while (t.f.phase != FORCING_THINK)
        assert_false(step(&t));
    ask(&t, &before[0], &before[1]);
    assert_true(step(&t));
    assert_false(outcome_is_result(t.reply.outcome));
    assert_false(t.reply.retry);
    if (!strstr(t.reply.error.p, words))
        fail_msg("\"%s\" lacks \"%s\"", t.reply.error.p, words);
    ask(&t, &after[0], &after[1]);
    assert_string_equal(buf_cstr(&before[1]), buf_cstr(&after[1]));
    for (int i = 0; i < 2; i++) {
        buf_release(&before[i]);
        buf_release(&after[i]);
    }
    end(&t);
}

static void test_what_makes_no_sense_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        refused((struct lab){.dialect = all[i], .script = {"abc"}, .no_ids = true},
            "gives no token ids");
        refused(
            (struct lab){.dialect = all[i], .script = {"abc"}, .adds = true}, "cuts it or adds");
    }
}

static void test_ids_beyond_the_vocabulary(void **state)
{
    struct trial t;

    (void)state;
    begin(&t, (struct lab){.dialect = "vllm", .script = {"abc~"}}, 3, 0);
    while (t.f.phase != FORCING_ANSWER)
        assert_false(step(&t));
    assert_true(forcing_step(&t.f, 400,
        STR("{\"error\":{\"message\":\"Token id 152064 is out of vocabulary\",\"code\":400}}"),
        &t.reply));
    assert_int_equal(t.reply.outcome, OUTCOME_REJECTED);
    assert_false(t.reply.retry);
    assert_non_null(strstr(t.reply.error.p, "a token id that it has made itself"));
    assert_non_null(strstr(t.reply.error.p, "152064"));
    assert_int_equal(t.f.phase, FORCING_ANSWER);
    end(&t);
}

/* ---- text alone ------------------------------------------------------------------------------ */

static void test_by_text(void **state)
{
    struct trial t;

    (void)state;
    run(&t, (struct lab){.dialect = "completions", .script = {"abc</think>", "defghijklm~", "7"}},
        9, 1);
    CHECK(t,
        "<think> | 9 | 0\n<think>abcWait | 5 | 0\n"
        "<think>abcWaitdefgh\n</think>\nFinal Answer: | 10 | 0\n",
        "7", "abcWaitdefgh", 10, 1, 9, FORCING_END_FORCED); /* usage 4 + 5, "Wait" by token.h */
    assert_false(t.f.estimated);
    end(&t);
    /* without usage: token.h has one token for up to 4 letters */
    run(&t,
        (struct lab){
            .dialect = "completions", .script = {"abcd ef</think>", "42"}, .no_usage = true},
        9, 0);
    assert_true(t.f.estimated);
    assert_int_equal(t.f.generated, 2);
    assert_int_equal(t.f.answer, 2);
    end(&t);
}

/* ---- outcomes -------------------------------------------------------------------------------- */

static void test_outcomes_and_usage(void **state)
{
    static const struct {
        const char *answer;
        enum outcome outcome;
    } cases[] = {
        {"42", OUTCOME_OK},
        {"0123456789~", OUTCOME_TRUNCATED},
        {" ~", OUTCOME_TRUNCATED},
        {"          ~", OUTCOME_NO_ANSWER_BUDGET},
        {"", OUTCOME_REASONING_ONLY},
    };
    struct trial t;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        run(&t, (struct lab){.dialect = "vllm", .script = {"a</think>", cases[i].answer}}, 9, 0);
        assert_int_equal(t.reply.outcome, cases[i].outcome);
        end(&t);
    }
    begin(&t, (struct lab){.dialect = "vllm", .script = {"abc</think>", "42"}}, 9, 0);
    while (t.f.phase != FORCING_THINK) {
        assert_false(step(&t));
        assert_int_equal(usage_in(t.reply.usage), 0); /* tokenising costs nothing */
    }
    assert_false(step(&t));
    assert_int_equal(t.reply.usage.in_uncached, 7); /* [Q][A] and the delimiter */
    assert_int_equal(t.reply.usage.out_reasoning, 4);
    assert_int_equal(t.reply.usage.out_visible, 0);
    assert_str(t.reply.reasoning, "abc");
    while (!step(&t))
        ;
    assert_int_equal(t.reply.usage.in_uncached, 11);
    assert_int_equal(t.reply.usage.out_visible, 3);
    end(&t);
}

static void test_a_filter_ends_it(void **state)
{
    struct trial t;

    (void)state;
    begin(&t, (struct lab){.dialect = "vllm"}, 9, 0);
    while (t.f.phase != FORCING_THINK)
        assert_false(step(&t));
    assert_true(forcing_step(&t.f, 200,
        STR("{\"choices\":[{\"text\":\"\",\"finish_reason\":\"content_filter\"}]}"), &t.reply));
    assert_int_equal(t.reply.outcome, OUTCOME_CONTENT_FILTER);
    assert_int_equal(t.f.phase, FORCING_OVER);
    end(&t);
}

/* ---- failed attempts and resuming ------------------------------------------------------------ */

static const struct {
    long status;
    const char *body;
} failures[] = {
    {429, "{\"error\":{\"message\":\"wait\"}}"},
    {500, "oops"},
    {200, "{\"choices\":[{\"text\":\"ab"},
    {200, "<html>"},
    {200, "data: {\"choices\":[{\"text\":\"a\"}]}\n\n"},
    {200, ""},
};

/* Plays a run, failing before each answer, and keeps all responses. */
static size_t record(struct trial *t, struct str *bodies, long *statuses, char **requests)
{
    struct buf path = BUF_INIT, body = BUF_INIT, again = BUF_INIT;
    size_t n = 0;
    bool over = false;

    while (!over) {
        ask(t, &path, &body);
        for (size_t i = 0; i < ARRAY_LEN(failures); i++) {
            assert_false(
                forcing_step(&t->f, failures[i].status, str_c(failures[i].body), &t->reply));
            assert_true(t->reply.retry);
            assert_false(outcome_is_result(t->reply.outcome));
            ask(t, &path, &again);
            assert_string_equal(buf_cstr(&body), buf_cstr(&again));
            bodies[n] = str_c(failures[i].body);
            requests[n] = xstrdup(buf_cstr(&body));
            statuses[n++] = failures[i].status;
        }
        bodies[n] = arena_str(&t->arena, lab_answer(&t->lab, buf_str(&path), buf_str(&body)));
        requests[n] = xstrdup(buf_cstr(&body));
        statuses[n] = 200;
        over = forcing_step(&t->f, 200, bodies[n++], &t->reply);
    }
    buf_release(&path);
    buf_release(&body);
    buf_release(&again);
    return n;
}

/* At every place: a machine that is fed the responses so far asks what the first one asked. */
static void test_replay_leads_to_the_same_state(void **state)
{
    enum { MOST = 400 };
    struct buf path = BUF_INIT, body = BUF_INIT;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        for (int failed = 0; failed < 2; failed++) {
            struct trial t, again;
            struct str bodies[MOST];
            long statuses[MOST];
            char *requests[MOST];
            const struct lab lab = {
                .dialect = all[i], .script = {"abc</think>", "de", "fgh~", "7"}};
            begin(&t, lab, 12, 2);
            size_t n = record(&t, bodies, statuses, requests);
            begin(&again, lab, 12, 2);
            for (size_t k = 0; k < n; k++) {
                bool last = k + 1 == n;
                if (!failed && (k + 1) % (ARRAY_LEN(failures) + 1) != 0)
                    continue; /* a store may keep the failed ones or not */
                ask(&again, &path, &body);
                assert_string_equal(buf_cstr(&body), requests[k]);
                assert_int_equal(
                    forcing_step(&again.f, statuses[k], bodies[k], &again.reply), last);
            }
            assert_int_equal(again.f.phase, FORCING_OVER);
            assert_str(again.f.content, "7");
            assert_true(str_eq(again.f.reasoning, t.f.reasoning));
            assert_int_equal(again.f.thinking, t.f.thinking);
            assert_int_equal(again.f.injected, t.f.injected);
            assert_int_equal(again.f.used, 2);
            for (size_t k = 0; k < n; k++)
                free(requests[k]);
            end(&again);
            end(&t);
        }
    buf_release(&path);
    buf_release(&body);
}

static void test_what_cannot_be_forced(void **state)
{
    struct arena arena = {0};
    struct traits traits = traits_default;
    struct forcing f;
    struct err err;
    struct forcing_limits limits = {5, 0, 5};

    (void)state;
    assert_int_equal(
        forcing_start(&f, &arena, &traits, STR("m"), question, 1, limits, 0, 1, &err), ERR_USAGE);
    assert_message(err, "trait forcing");
    traits.forcing = STR("vllm");
    traits.think_close = STR("");
    assert_int_equal(
        forcing_start(&f, &arena, &traits, STR("m"), question, 1, limits, 0, 1, &err), ERR_USAGE);
    assert_message(err, "think_close");
    traits = traits_default;
    traits.forcing = STR("vllm");
    limits.budget = -1;
    assert_int_equal(
        forcing_start(&f, &arena, &traits, STR("m"), question, 1, limits, 0, 1, &err), ERR_USAGE);
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        assert_true(forcing_known(str_c(all[i])));
    assert_true(forcing_known(STR("prefix")));
    assert_true(forcing_known(STR("deepseek-prefix")));
    assert_true(forcing_known(STR("mistral-prefix")));
    assert_false(forcing_known(STR("")));
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_natural_end_is_closed),
        cmocka_unit_test(test_at_the_budget_it_is_cut_with_a_cue),
        cmocka_unit_test(test_an_early_end_is_lengthened),
        cmocka_unit_test(test_lengthening_ends_with_the_budget),
        cmocka_unit_test(test_the_least_number_holds_the_delimiter_back),
        cmocka_unit_test(test_an_open_template_is_not_opened_again),
        cmocka_unit_test(test_a_budget_of_nothing),
        cmocka_unit_test(test_the_end_of_the_turn_is_no_thought),
        cmocka_unit_test(test_a_delimiter_of_many_tokens),
        cmocka_unit_test(test_a_deaf_server_is_told_on),
        cmocka_unit_test(test_an_answer_behind_the_thinking_is_asked_for_anew),
        cmocka_unit_test(test_what_makes_no_sense_is_refused),
        cmocka_unit_test(test_ids_beyond_the_vocabulary),
        cmocka_unit_test(test_by_text),
        cmocka_unit_test(test_outcomes_and_usage),
        cmocka_unit_test(test_a_filter_ends_it),
        cmocka_unit_test(test_replay_leads_to_the_same_state),
        cmocka_unit_test(test_what_cannot_be_forced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
