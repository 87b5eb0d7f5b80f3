/* test_phantom_vocab.c - token ids: texts come back, counts are those of token.h; the template. */
#include "tests/unit/test_mind_lab.h"

#include "harness/base/token.h"
#include "harness/phantom/chatml.h"
#include "harness/phantom/vocab.h"

static const char *const texts[] = {
    "",
    " ",
    "\n",
    "a",
    "abcd",
    "abcde Zz",
    "How many apples were picked by Ada?",
    "  two blanks, then one \t tab\r\n\v\f end  ",
    "\n\n\nthree breaks",
    "1234567890 12.5 -3/4",
    "na\xC3\xAFve \xE2\x82\xAC 5 \xF0\x9F\x98\x80x",
    "<think>\nx = 1\n</think>\n\n<|im_start|>user\n<|im_end|>",
    "<thin k> < <| <|im_start <|im_start|",
    "                                                                      x",
};

static struct str decoded(const struct vocab_ids *ids, struct buf *out)
{
    buf_reset(out);
    for (size_t i = 0; i < ids->n; i++) {
        assert_true(vocab_valid(ids->v[i]));
        assert_true(ids->v[i] < vocab_size());
        vocab_decode(ids->v[i], out);
    }
    return buf_str(out);
}

static void texts_come_back(void **state)
{
    struct buf out = BUF_INIT;
    struct vocab_ids ids = {0};
    struct rng rng = rng_seeded(5);
    static const char letters[] = "abZ yq1\n\t<>|/_imendstarthk09. ";

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        for (int specials = 0; specials < 2; specials++) {
            ids.n = 0;
            vocab_encode(str_c(texts[i]), specials, &ids);
            assert_true(str_eqc(decoded(&ids, &out), texts[i]));
        }
    for (int i = 0; i < 20000; i++) {
        char text[64];
        size_t n = rng_below(&rng, sizeof text);
        for (size_t k = 0; k < n; k++)
            text[k] = letters[rng_below(&rng, sizeof letters - 1)];
        ids.n = 0;
        vocab_encode((struct str){text, n}, true, &ids);
        assert_true(str_eq(decoded(&ids, &out), (struct str){text, n}));
    }
    vocab_ids_release(&ids);
    buf_release(&out);
}

/* By hand: the layout of vocab.c. 256 starts words without blanks; a..z are 0..25, A.. 26..; */
static void ids_by_hand(void **state)
{
    const int64_t per_lead = 52 + 52 * 52 + 52 * 52 * 52 + 52 * 52 * 52 * 52 + 0x110000;
    const int64_t words = per_lead - 0x110000;
    static const struct {
        const char *text;
        int64_t lead, bare; /* below 0: a code point */
    } cases[] = {
        {"a", 0, 0},
        {"Z", 0, 51},
        {"aa", 0, 52},
        {" ba", 1, 52 + 52},
        {"\nzz", 2, 52 + 25 * 52 + 25},
        {"\n\naaa", 3, 52 + 2704},
        {"ZZZZ", 0, 52 + 2704 + 140608 + 7311616 - 1},
        {" 7", 1, -'7'},
        {"\xE2\x82\xAC", 0, -0x20AC},
    };
    struct vocab_ids ids = {0};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        int64_t bare = cases[i].bare >= 0 ? cases[i].bare : words - cases[i].bare;
        ids.n = 0;
        vocab_encode(str_c(cases[i].text), true, &ids);
        assert_int_equal(ids.n, 1);
        assert_int_equal(ids.v[0], 256 + cases[i].lead * per_lead + bare);
        assert_int_equal(vocab_bare(ids.v[0]), 256 + bare);
    }
    assert_int_equal(vocab_size(), 256 + 4 * per_lead);
    vocab_ids_release(&ids);
}

/* With single blanks between words ids are as many as tokens by the project's rule. */
static void counts_are_the_projects(void **state)
{
    struct vocab_ids ids = {0};
    static const char *const plain[] = {"How many apples were picked by Ada?", "x = 2 * 12 = 24.",
        "one\ntwo\n\nthree", "don't stop-it, 50 %"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(plain); i++) {
        ids.n = 0;
        vocab_encode(str_c(plain[i]), true, &ids);
        assert_int_equal(ids.n, token_count(str_c(plain[i])));
    }
    ids.n = 0; /* a tag is one token, the break behind it another */
    vocab_encode(STR("<think>\nx</think>"), true, &ids);
    assert_int_equal(ids.n, 3);
    vocab_ids_release(&ids);
}

static void numbers_that_are_no_ids(void **state)
{
    const int64_t words = 52 + 2704 + 140608 + 7311616;
    const int64_t bad[] = {-1, VOCAB_SPECIALS, 15, 208, 255, vocab_size(), INT64_MAX, 256 + words,
        256 + words + 'a', 256 + words + ' ', 256 + words + 0xD800};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(vocab_valid(bad[i]));
    assert_true(vocab_valid(256 + words + '0'));
    assert_true(vocab_valid(256 + words + 0x10FFFF));
}

static struct mind_request conversation(void)
{
    static const struct mind_message messages[] = {
        {.role = MIND_SYSTEM, .text = {"Be brief.", 9}},
        {.role = MIND_USER, .text = {"hi\nthere", 8}},
    };

    return (struct mind_request){.messages = messages, .nmessages = 2};
}

#define TURNS                                                                                      \
    "<|begin_of_text|><|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nhi\nthere"        \
    "<|im_end|>\n"
#define OPEN TURNS "<|im_start|>assistant\n"

static const struct {
    enum chatml_thinking thinking;
    struct mind_prefix prefix;
    const char *text;
    bool thinks; /* when it is read back */
    enum mind_stage stage;
    const char *thought, *answer;
} rendered[] = {
    {CHATML_PLAIN, {MIND_FRESH, {"", 0}, {"", 0}}, OPEN, false, MIND_FRESH, "", ""},
    {CHATML_THINK, {MIND_FRESH, {"", 0}, {"", 0}}, OPEN "<think>\n", true, MIND_THINKING, "", ""},
    {CHATML_NO_THINK, {MIND_FRESH, {"", 0}, {"", 0}}, OPEN "<think>\n\n</think>\n\n", true,
        MIND_ANSWERING, "\n", ""},
    {CHATML_PLAIN, {MIND_THINKING, {"a = 1\nb", 7}, {"", 0}}, OPEN "<think>\na = 1\nb", true,
        MIND_THINKING, "a = 1\nb", ""},
    {CHATML_PLAIN, {MIND_ANSWERING, {"a\n", 2}, {"So", 2}}, OPEN "<think>\na\n</think>\n\nSo", true,
        MIND_ANSWERING, "a\n", "So"},
    {CHATML_THINK, {MIND_ANSWERING, {"", 0}, {"So", 2}}, OPEN "So", false, MIND_ANSWERING, "",
        "So"},
};

static void template_and_back(void **state)
{
    struct buf out = BUF_INIT;
    struct arena arena = {0};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rendered); i++) {
        struct chatml_options o = {true, true, rendered[i].thinking};
        struct mind_request r = conversation(), back = {0};
        r.prefix = rendered[i].prefix;
        buf_reset(&out);
        chatml_render(&r, &o, &out);
        assert_string_equal(buf_cstr(&out), rendered[i].text);
        chatml_read(buf_str(&out), &arena, &back);
        assert_int_equal(back.nmessages, 2);
        for (size_t k = 0; k < 2; k++) {
            assert_int_equal(back.messages[k].role, r.messages[k].role);
            assert_true(str_eq(back.messages[k].text, r.messages[k].text));
        }
        assert_int_equal(back.thinks, rendered[i].thinks);
        assert_int_equal(back.prefix.stage, rendered[i].stage);
        assert_true(str_eqc(back.prefix.thinking, rendered[i].thought));
        assert_true(str_eqc(back.prefix.answer, rendered[i].answer));
    }
    arena_release(&arena);
    buf_release(&out);
}

/* Texts without turns, turns that never end, and the delimiters of s1. */
static void other_prompts(void **state)
{
    static const struct {
        const char *prompt, *user;
        enum mind_stage stage;
        const char *thinking, *answer;
    } cases[] = {
        {"What is it?", "What is it?", MIND_FRESH, "", ""},
        {"What?\n<think>\nx = 1", "What?\n", MIND_THINKING, "x = 1", ""},
        {"<|im_start|>user\nQ<|im_end|>\n<|im_start|>assistant\n<|im_start|>think\nx\n"
         "<|im_start|>answer\nFinal Answer:",
            "Q", MIND_ANSWERING, "x\n", "\nFinal Answer:"},
        {"<|im_start|>user\nQ<|im_end|>\n<|im_start|>assistant\n<|im_start|>think", "Q",
            MIND_THINKING, "", ""},
        {"<|im_start|>user\nnever ended", "never ended", MIND_FRESH, "", ""},
        {"<|im_start|>user\nQ<|im_start|>assistant\n", "Q", MIND_FRESH, "", ""},
        {"<|im_start|>king\nQ<|im_end|>", "Q", MIND_FRESH, "", ""},
    };
    struct arena arena = {0};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct mind_request r = {0};
        chatml_read(str_c(cases[i].prompt), &arena, &r);
        assert_int_equal(r.nmessages, 1);
        assert_true(str_eqc(r.messages[0].text, cases[i].user));
        assert_int_equal(r.prefix.stage, cases[i].stage);
        assert_true(str_eqc(r.prefix.thinking, cases[i].thinking));
        assert_true(str_eqc(r.prefix.answer, cases[i].answer));
    }
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_come_back),
        cmocka_unit_test(ids_by_hand),
        cmocka_unit_test(counts_are_the_projects),
        cmocka_unit_test(numbers_that_are_no_ids),
        cmocka_unit_test(template_and_back),
        cmocka_unit_test(other_prompts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
