/*
 * test_scoring.c - log-probabilities of a query: what is asked, which tokens count, what they sum
 * to.
 *
 * Bodies are written down from documentation and sources of the servers; sums are dyadic fractions,
 * so they are exact.
 */
#include "harness/provider/scoring.h"

#include "harness/provider/scoring_align.h"
#include "tests/unit/unit.h"

#include <math.h>

static struct arena arena;
static struct scoring s;
static struct traits traits;
static struct reply reply;

static void begin(const char *dialect, const char *context, const char *query, bool alone)
{
    struct err err;

    arena_release(&arena);
    traits = traits_default;
    traits.scoring = str_c(dialect);
    if (scoring_start(&s, &arena, &traits, STR("m"), str_c(context), str_c(query), alone, &err))
        fail_msg("%s", err.msg);
}

static void asks(const char *path_, const char *body_)
{
    struct buf path = BUF_INIT, body = BUF_INIT;

    scoring_request(&s, &path, &body);
    assert_string_equal(buf_cstr(&path), path_);
    assert_string_equal(buf_cstr(&body), body_);
    buf_release(&path);
    buf_release(&body);
}

static bool answered(const char *body)
{
    return scoring_step(&s, 200, str_c(body), &reply);
}

/* The tokenizer's three answers of a first pass. */
static void tokens(const char *bare, const char *context, const char *full)
{
    const char *lists[] = {bare, context, full};

    for (size_t i = 0; i < 3; i++)
        assert_false(answered(arena_printf(&arena, "{\"count\":1,\"tokens\":[%s]}", lists[i])));
    assert_int_equal(reply.outcome, OUTCOME_OK);
}

static void refused(const char *words)
{
    assert_int_equal(reply.outcome, OUTCOME_REJECTED);
    assert_false(reply.retry);
    if (!strstr(reply.error.p, words))
        fail_msg("\"%s\" lacks \"%s\"", reply.error.p, words);
    assert_int_not_equal(s.phase, SCORING_OVER);
}

#define VLLM(prompt, list)                                                                         \
    "{\"choices\":[{\"index\":0,\"text\":\"x\",\"finish_reason\":\"length\",\"token_ids\":[5],"    \
    "\"prompt_logprobs\":[" list "]}],\"usage\":{\"prompt_tokens\":" prompt                        \
    ",\"completion_tokens\":1}}"
#define KEY(id, logprob, piece)                                                                    \
    "{\"" id "\":{\"logprob\":" logprob ",\"rank\":5,\"decoded_token\":\"" piece "\"}}"
#define VLLM_ASK(ids)                                                                              \
    "{\"model\":\"m\",\"prompt\":[" ids "],\"max_tokens\":1,\"temperature\":0,"                    \
    "\"prompt_logprobs\":0,\"top_p\":1,\"top_k\":-1,\"min_p\":0,\"repetition_penalty\":1,"         \
    "\"skip_special_tokens\":false,\"include_stop_str_in_output\":false,"                          \
    "\"return_token_ids\":true}"

/* ---- token ids ------------------------------------------------------------------------------- */

static void test_vllm_given_and_alone(void **state)
{
    (void)state;
    begin("vllm", "ab", "cd\xC3\xA9", true);
    asks("~/tokenize", "{\"model\":\"m\",\"prompt\":\"\",\"add_special_tokens\":true}");
    assert_false(answered("{\"tokens\":[1]}"));
    asks("~/tokenize", "{\"model\":\"m\",\"prompt\":\"ab\",\"add_special_tokens\":true}");
    assert_false(answered("{\"tokens\":[1,10,11]}"));
    asks("~/tokenize", "{\"model\":\"m\",\"prompt\":\"abcd\xC3\xA9\",\"add_special_tokens\":true}");
    assert_false(answered("{\"tokens\":[1,10,11,20,21]}"));
    asks("/completions", VLLM_ASK("1,10,11,20,21"));
    assert_false(answered(
        VLLM("5", "null," KEY("10", "-9", "a") "," KEY("11", "-8",
                      "b") ","
                           "{\"99\":{\"logprob\":-0.125,\"rank\":1,\"decoded_token\":\"z\"},"
                           "\"20\":{\"logprob\":-0.5,\"rank\":2,\"decoded_token\":\"c\"}}," KEY(
                               "21", "-0.25", "d\xC3\xA9"))));
    assert_int_equal(reply.usage.in_uncached, 5);
    asks("~/tokenize", "{\"model\":\"m\",\"prompt\":\"cd\xC3\xA9\",\"add_special_tokens\":true}");
    assert_false(answered("{\"tokens\":[1,20,21]}"));
    asks("/completions", VLLM_ASK("1,20,21"));
    assert_true(answered(VLLM("3", "null," KEY("20", "-4", "c") "," KEY("21", "-2", "d\xC3\xA9"))));
    assert_int_equal(s.phase, SCORING_OVER);
    assert_true(s.given.logprob == -0.75);
    assert_true(s.alone.logprob == -6);
    assert_int_equal(s.given.tokens, 2);
    assert_int_equal(s.given.bytes, 4);
    assert_int_equal(s.given.chars, 3);
    assert_int_equal(s.given.token[0].id, 20);
    assert_str(s.given.token[1].piece, "d\xC3\xA9");
    assert_false(s.given.boundary_merged || s.given.double_bos || s.alone.boundary_merged);
    assert_int_equal(s.given.unscored + s.alone.unscored + s.given.clamped, 0);
}

static void test_a_merged_boundary(void **state)
{
    (void)state;
    begin("vllm", "ab", "cd", false);
    tokens("1", "1,10,11", "1,10,33,21");
    asks("/completions", VLLM_ASK("1,10,33,21"));
    assert_true(answered(VLLM("4",
        "null," KEY("10", "-9", "a") "," KEY("33", "-0.5", "bc") "," KEY("21", "-0.25", "d"))));
    assert_true(s.given.boundary_merged);
    assert_int_equal(s.given.boundary_shift, 1);
    assert_int_equal(s.given.boundary_chars, 1); /* the b */
    assert_true(s.given.logprob == -0.75);
    assert_int_equal(s.given.tokens, 2);
    /* a piece that is a part of a character tells no length */
    begin("vllm", "ab", "cd", false);
    tokens("1", "1,10,11", "1,10,33,21");
    assert_true(answered(VLLM("4", "null," KEY("10", "-9", "a") "," KEY(
                                       "33", "-0.5", "\\ufffd") "," KEY("21", "-0.25", "d"))));
    assert_int_equal(s.given.boundary_chars, -1);
}

static void test_two_beginnings(void **state)
{
    (void)state;
    /* the context brings its own BOS: the tokenizer's goes away in both */
    begin("vllm", "<s>a", "c", false);
    tokens("1", "1,1,10", "1,1,10,20");
    asks("/completions", VLLM_ASK("1,10,20"));
    assert_true(answered(VLLM("3", "null," KEY("10", "-9", "a") "," KEY("20", "-0.5", "c"))));
    assert_true(s.given.double_bos);
    assert_int_equal(s.given.tokens, 1);
    assert_true(s.given.logprob == -0.5);
    /* a tokenizer without one: twice the same word is no such thing, and the first has no score */
    begin("vllm", "", "aa", false);
    assert_false(answered("{\"tokens\":[]}"));
    assert_false(answered("{\"tokens\":[10,10]}"));
    asks("/completions", VLLM_ASK("10,10"));
    assert_true(answered(VLLM("2", "null," KEY("10", "-2", "a"))));
    assert_false(s.given.double_bos);
    assert_int_equal(s.given.unscored, 1);
    assert_int_equal(s.given.tokens, 1);
    assert_true(s.given.logprob == -2);
    /* one token and nothing before it */
    begin("vllm", "", "a", false);
    assert_false(answered("{\"tokens\":[]}"));
    assert_true(answered("{\"tokens\":[10]}"));
    refused("nothing before it");
    begin("vllm", "a", " ", false);
    assert_false(answered("{\"tokens\":[1]}"));
    assert_false(answered("{\"tokens\":[1,10]}"));
    assert_true(answered("{\"tokens\":[1,10]}"));
    refused("no tokens of its own");
}

static void test_sglang_starts_one_early(void **state)
{
    (void)state;
    begin("sglang", "ab", "cd", true);
    asks("~/tokenize", "{\"model\":\"m\",\"prompt\":\"\",\"add_special_tokens\":true}");
    tokens("1", "1,10,11", "1,10,11,20,21");
    asks("~/generate",
        "{\"model\":\"m\",\"input_ids\":[1,10,11,20,21],\"sampling_params\":{\"max_new_tokens\":1,"
        "\"temperature\":0,\"top_p\":1,\"top_k\":-1,\"min_p\":0,\"skip_special_tokens\":false},"
        "\"return_logprob\":true,\"logprob_start_len\":2,\"return_text_in_logprobs\":true}");
    assert_false(answered("{\"text\":\"x\",\"output_ids\":[3],\"meta_info\":{\"prompt_tokens\":5,"
                          "\"completion_tokens\":1,\"finish_reason\":{\"type\":\"length\"},"
                          "\"input_token_logprobs\":[[null,11,\"b\"],[-0.5,20,\"c\"],"
                          "[-0.25,21,null]]}}"));
    assert_false(answered("{\"tokens\":[1,20,21]}"));
    assert_true(answered("{\"text\":\"x\",\"output_ids\":[3],\"meta_info\":{\"prompt_tokens\":3,"
                         "\"completion_tokens\":1,\"finish_reason\":{\"type\":\"length\"},"
                         "\"input_token_logprobs\":[[null,1,null],[-4,20,\"c\"],[-2,21,\"d\"]]}}"));
    assert_true(s.given.logprob == -0.75);
    assert_int_equal(s.given.tokens, 2);
    assert_true(s.alone.logprob == -6);
}

#define ECHO(prompt, tokens, logprobs)                                                             \
    "{\"choices\":[{\"index\":0,\"text\":\"x\",\"finish_reason\":\"length\",\"logprobs\":{"        \
    "\"tokens\":[" tokens "],\"token_logprobs\":[" logprobs                                        \
    "]}}],\"usage\":{\"prompt_tokens\":" prompt ",\"completion_tokens\":1}}"

static void test_vllm_echo(void **state)
{
    (void)state;
    begin("vllm-echo", "ab", "cd", false);
    tokens("1", "1,10,11", "1,10,11,20,21");
    asks("/completions", "{\"model\":\"m\",\"prompt\":[1,10,11,20,21],\"max_tokens\":0,"
                         "\"temperature\":0,\"echo\":true,\"logprobs\":1,\"top_p\":1,\"top_k\":-1,"
                         "\"min_p\":0,\"repetition_penalty\":1,\"skip_special_tokens\":false,"
                         "\"include_stop_str_in_output\":false,\"return_token_ids\":true}");
    /* a server that makes a token all the same: it is not the query's */
    assert_true(
        answered(ECHO("5", "\"<s>\",\"a\",\"b\",\"c\",\"d\",\"e\"", "null,-9,-8,-0.5,-0.25,-100")));
    assert_true(s.given.logprob == -0.75);
    assert_int_equal(s.given.tokens, 2);
}

static void test_ids_that_do_not_fit(void **state)
{
    (void)state;
    begin("vllm", "ab", "cd", false);
    tokens("1", "1,10,11", "1,10,11,20");
    assert_true(answered(VLLM("3", "null," KEY("10", "-9", "a") "," KEY("11", "-8", "b"))));
    refused("has read 3 tokens of a prompt of 4"); /* it was cut */
    assert_true(answered(VLLM("4", "null," KEY("10", "-9", "a"))));
    refused("does not score prompts");
    assert_true(answered(
        VLLM("4", "null," KEY("10", "-9", "a") "," KEY("11", "-8", "b") "," KEY("21", "-8", "d"))));
    refused("another token");
    assert_true(answered(VLLM(
        "4", "null," KEY("10", "-9", "a") "," KEY("11", "-8", "b") "," KEY("20", "null", "d"))));
    refused("no log-probability");
    assert_true(answered(VLLM(
        "4", "null," KEY("10", "-9", "a") "," KEY("11", "-8", "b") "," KEY("20", "0.5", "d"))));
    refused("no log-probability");
    /* minus infinity */
    assert_true(answered(VLLM(
        "4", "null," KEY("10", "-9", "a") "," KEY("11", "-8", "b") "," KEY("20", "-9999.0", "d"))));
    assert_int_equal(s.phase, SCORING_OVER);
    assert_int_equal(s.given.clamped, 1);
}

/* ---- text ------------------------------------------------------------------------------------ */

static void test_echo(void **state)
{
    static const char *const names[] = {"echo", "phantom"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        begin(names[i], "ab", "cd", true);
        asks("/completions", "{\"model\":\"m\",\"prompt\":\"abcd\",\"max_tokens\":0,"
                             "\"temperature\":0,\"echo\":true,\"logprobs\":1}");
        assert_false(
            answered("{\"choices\":[{\"text\":\"abcd\",\"finish_reason\":\"length\",\"logprobs\":{"
                     "\"tokens\":[\"a\",\"b\",\"c\",\"d\"],\"token_logprobs\":[null,-1,-0.5,-0.25],"
                     "\"text_offset\":[0,1,2,3],\"top_logprobs\":null}}],\"usage\":{"
                     "\"prompt_tokens\":4,\"completion_tokens\":0}}"));
        asks("/completions", "{\"model\":\"m\",\"prompt\":\"cd\",\"max_tokens\":0,"
                             "\"temperature\":0,\"echo\":true,\"logprobs\":1}");
        assert_true(answered(ECHO("2", "\"c\",\"d\"", "null,-2")));
        assert_true(s.given.logprob == -0.75);
        assert_int_equal(s.given.tokens, 2);
        assert_int_equal(s.given.unscored, 0);
        assert_true(s.alone.logprob == -2);
        assert_int_equal(s.alone.tokens, 1);
        assert_int_equal(s.alone.unscored, 1); /* no BOS: the c has nothing before it */
    }
}

static void test_one_token_more(void **state)
{
    (void)state;
    begin("echo-1", "ab", "cd", false);
    asks("/completions", "{\"model\":\"m\",\"prompt\":\"abcd\",\"max_tokens\":1,"
                         "\"temperature\":0,\"echo\":true,\"logprobs\":1}");
    assert_true(answered(ECHO("4", "\"ab\",\"cd\",\" e\"", "null,-0.5,-7")));
    assert_true(s.given.logprob == -0.5);
    assert_int_equal(s.given.tokens, 1);
}

static void test_together(void **state)
{
    (void)state;
    begin("together", "ab", "cd", false);
    asks("/completions", "{\"model\":\"m\",\"prompt\":\"abcd\",\"max_tokens\":1,"
                         "\"temperature\":0,\"echo\":true,\"logprobs\":1}");
    assert_true(answered(
        "{\"prompt\":[{\"text\":\"<s>abcd\",\"logprobs\":{\"token_ids\":[1,10,20,21],\"tokens\":["
        "\"<s>\",\"ab\",\"c\",\"d\"],\"token_logprobs\":[null,-9,-0.5,-0.25]}}],\"choices\":[{"
        "\"text\":\"e\",\"finish_reason\":\"length\",\"logprobs\":{\"token_ids\":[5],\"tokens\":["
        "\"e\"],\"token_logprobs\":[-7]}}]}"));
    assert_true(s.given.logprob == -0.75);
    assert_int_equal(s.given.tokens, 2);
    assert_int_equal(s.given.token[0].id, 20);
}

static void test_texts_that_do_not_fit(void **state)
{
    (void)state;
    begin("echo", "ab", "cd", false);
    assert_true(answered(ECHO("4", "\"a\",\"b\",\"c\"", "null,-1,-1")));
    refused("do not spell the text that was sent, from token 4");
    assert_true(answered(ECHO("4", "\"a\",\"x\",\"c\"", "null,-1,-1")));
    refused("from token 2");
    /* new-style lists hold tokens that were made, not those of the prompt */
    assert_true(answered("{\"choices\":[{\"text\":\"abcd\",\"finish_reason\":\"length\","
                         "\"logprobs\":{\"content\":[{\"token\":\"e\",\"logprob\":-1}]}}]}"));
    refused("no log-probabilities of the prompt");
    assert_true(answered(ECHO("4", "\"a\",\"b\",\"c\",\"d\"", "null,-1,null,-1")));
    refused("token 1 of the query has no log-probability");
}

/* Rows: pieces, text, length of the context; first and end of the query's tokens. */
static void test_alignment(void **state)
{
    static const struct {
        const char *pieces[8];
        const char *text;
        size_t boundary, first, end;
        bool merged;
        int64_t chars;
        bool twice;
    } cases[] = {
        {{"a", "b", "c"}, "abc", 2, 2, 3, false, 0, false},
        {{"a", "bc", "d"}, "abcd", 2, 1, 3, true, 1, false},
        {{"<s>", "a", "b"}, "ab", 1, 2, 3, false, 0, false},
        {{"<s>", "<s>", "a", "b"}, "ab", 0, 2, 4, false, 0, true},
        {{" a", " b"}, "a b", 1, 1, 2, false, 0, false}, /* a blank that SentencePiece puts */
        {{"<s>", " a", " b"}, "a b", 0, 1, 3, false, 0, false},
        {{"a", "b", "more"}, "ab", 1, 1, 2, false, 0, false},
        /* a character of four bytes in two tokens, in the context, in the query, on both sides */
        {{"x", "\xEF\xBF\xBD", "\xEF\xBF\xBD", "y"}, "x\xF0\x9F\x98\x80y", 5, 3, 4, false, 0,
            false},
        {{"x", "\xEF\xBF\xBD", "\xEF\xBF\xBD", "y"}, "x\xF0\x9F\x98\x80y", 1, 1, 4, false, 0,
            false},
        {{"x", "\xEF\xBF\xBD", "\xEF\xBF\xBD"}, "x\xF0\x9F\x98\x80", 1, 1, 3, false, 0, false},
        {{"x", "\xEF\xBF\xBD", "\xEF\xBF\xBD", "\xEF\xBF\xBD", "y"},
            "x\xF0\x9F\x98\x80\xF0\x9F\x98\x81y", 5, 1, 5, true, 1, false},
        {{"a\xEF\xBF\xBD", "\xEF\xBF\xBD", "a"}, "a\xC3\xA9\x61", 3, 2, 3, false, 0, false},
        {{"x", "bytes:\\xf0\\x9f", "bytes:\\x98\\x80", "y"}, "x\xF0\x9F\x98\x80y", 1, 1, 4, false,
            0, false},
        {{"x", "bytes:\\xf0\\x9f", "bytes:\\x98\\x80", "y"}, "x\xF0\x9F\x98\x80y", 5, 3, 4, false,
            0, false},
        /* what stands whole in front of the part is no next token */
        {{"ab\xEF\xBF\xBD", "\xEF\xBF\xBD", "b"}, "ab\xC3\xA9\x62", 4, 2, 3, false, 0, false},
        /* the text itself has U+FFFD */
        {{"a", "\xEF\xBF\xBD", "b"}, "a\xEF\xBF\xBD\x62", 4, 2, 3, false, 0, false},
        /* a merge counts code points, not bytes */
        {{"\xC3\xA9\xC3\xA9x"}, "\xC3\xA9\xC3\xA9x", 4, 0, 1, true, 2, false},
        {{"a", "", "b"}, "ab", 1, 2, 3, false, 0, false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct completion_token list[8];
        struct scoring_align at;
        size_t n = 0, bad;
        for (; n < 8 && cases[i].pieces[n]; n++)
            list[n] = (struct completion_token){.id = -1, .piece = str_c(cases[i].pieces[n])};
        if (!scoring_align(list, n, str_c(cases[i].text), cases[i].boundary, &at, &bad))
            fail_msg("row %zu: token %zu does not fit", i, bad);
        if (at.first != cases[i].first || at.end != cases[i].end || at.merged != cases[i].merged ||
            at.chars != cases[i].chars || at.double_special != cases[i].twice)
            fail_msg("row %zu: %zu to %zu, merged %d by %d, twice %d", i, at.first, at.end,
                at.merged, (int)at.chars, at.double_special);
    }
}

static void test_alignment_refuses(void **state)
{
    static const struct {
        const char *pieces[4];
        const char *text;
        size_t bad;
    } cases[] = {
        {{"a", "c"}, "abc", 1},
        {{"a"}, "ab", 1},
        {{"x", "y"}, "ab", 2},
        {{NULL}, "ab", 0},
        {{"bytes:\\xg0", "b"}, "ab", 2},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct completion_token list[4];
        struct scoring_align at;
        size_t n = 0, bad = 99;
        for (; n < 4 && cases[i].pieces[n]; n++)
            list[n] = (struct completion_token){.id = -1, .piece = str_c(cases[i].pieces[n])};
        assert_false(scoring_align(list, n, str_c(cases[i].text), 1, &at, &bad));
        assert_int_equal(bad, cases[i].bad);
    }
}

/* ---- failures and resuming ------------------------------------------------------------------- */

static void test_failures_change_nothing(void **state)
{
    static const struct {
        long status;
        const char *body;
        bool over;
        enum outcome outcome;
    } cases[] = {
        {429, "slow down", false, OUTCOME_RATE_LIMITED},
        {500, "", false, OUTCOME_PROVIDER_ERROR},
        {200, "{\"choices\":[{\"text\":\"x\",", false, OUTCOME_BAD_JSON},
        {200, "{\"tokens\":[1,", false, OUTCOME_BAD_JSON},
        {400, "{\"error\":{\"message\":\"logprobs\"}}", true, OUTCOME_REJECTED},
    };
    static const char *const good[] = {"{\"tokens\":[1]}", "{\"tokens\":[1,10]}",
        "{\"tokens\":[1,10,20]}",
        VLLM("3", "null," KEY("10", "-9", "a") "," KEY("20", "-0.5", "c")), "{\"tokens\":[1,20]}",
        VLLM("2", "null," KEY("20", "-2", "c"))};
    struct buf path = BUF_INIT, before = BUF_INIT, after = BUF_INIT;

    (void)state;
    begin("vllm", "a", "c", true);
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        buf_reset(&path);
        buf_reset(&before);
        scoring_request(&s, &path, &before);
        for (size_t k = 0; k < ARRAY_LEN(cases); k++) {
            assert_int_equal(
                scoring_step(&s, cases[k].status, str_c(cases[k].body), &reply), cases[k].over);
            assert_int_equal(reply.outcome, cases[k].outcome);
            assert_int_equal(reply.retry, !cases[k].over);
            buf_reset(&path);
            buf_reset(&after);
            scoring_request(&s, &path, &after);
            assert_string_equal(buf_cstr(&before), buf_cstr(&after));
        }
        assert_int_equal(answered(good[i]), i + 1 == ARRAY_LEN(good));
    }
    assert_true(s.given.logprob == -0.5 && s.alone.logprob == -2);
    /* the good ones alone lead there, too */
    begin("vllm", "a", "c", true);
    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        assert_int_equal(answered(good[i]), i + 1 == ARRAY_LEN(good));
    assert_true(s.given.logprob == -0.5 && s.alone.logprob == -2);
    buf_release(&path);
    buf_release(&before);
    buf_release(&after);
}

static void test_what_cannot_be_scored(void **state)
{
    struct err err;

    (void)state;
    traits = traits_default;
    assert_int_equal(
        scoring_start(&s, &arena, &traits, STR("m"), STR("a"), STR("b"), false, &err), ERR_USAGE);
    assert_message(err, "trait scoring");
    traits.scoring = STR("vllm");
    assert_int_equal(
        scoring_start(&s, &arena, &traits, STR("m"), STR("a"), STR(""), false, &err), ERR_USAGE);
    assert_message(err, "no query");
    assert_true(scoring_known(STR("together")));
    assert_false(scoring_known(STR("llama.cpp")));
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
        cmocka_unit_test(test_vllm_given_and_alone),
        cmocka_unit_test(test_a_merged_boundary),
        cmocka_unit_test(test_two_beginnings),
        cmocka_unit_test(test_sglang_starts_one_early),
        cmocka_unit_test(test_vllm_echo),
        cmocka_unit_test(test_ids_that_do_not_fit),
        cmocka_unit_test(test_echo),
        cmocka_unit_test(test_one_token_more),
        cmocka_unit_test(test_together),
        cmocka_unit_test(test_texts_that_do_not_fit),
        cmocka_unit_test(test_alignment),
        cmocka_unit_test(test_alignment_refuses),
        cmocka_unit_test(test_failures_change_nothing),
        cmocka_unit_test(test_what_cannot_be_scored),
    };
    return cmocka_run_group_tests(tests, NULL, release);
}
