/* test_mind_prompt.c - the words of prompts: verbosity, memory blocks, limits, refusals. */
#include "tests/unit/test_mind_lab.h"

#include "harness/phantom/mind_impl.h"

static int setup(void **state)
{
    struct err err;
    struct mind_prompts *p;

    if (mind_prompts_new(&p, &err))
        fail_msg("%s", err.msg);
    *state = p;
    return 0;
}

static int teardown(void **state)
{
    mind_prompts_free(*state);
    return 0;
}

static const struct {
    int level;
    bool recheck;
    const char *words;
} said[] = {
    {0, false, "Answer in a single sentence and give no explanation."},
    {0, false, "Respond with only the final answer. Do not show any reasoning."},
    {0, false, "Reply directly with one sentence that holds the number, without explaining it."},
    {0, false, "State just the answer, nothing else."},
    {1, false, "Write one brief sentence of reasoning and then the number."},
    {1, false, "Explain your answer in one sentence, then say what the answer is."},
    {1, false, "First a single short sentence of explanation; after it the answer."},
    {1, false, "Justify the result in just one line, then state it."},
    {2, false, "Use two short sentences of explanation before the answer."},
    {2, false, "Explain yourself in a couple of sentences and finish with the result."},
    {2, false, "Give 2 sentences of working, then the answer."},
    {2, false, "Reason in two lines. Then answer."},
    {3, false, "Use just as much reasoning as is needed to be right, and put the number last."},
    {3, false,
        "Think with the amount of reasoning required for a correct answer, no more than that."},
    {3, false, "Keep to the steps that are necessary and end with the answer."},
    {3, false, "Write enough reasoning to be certain of the answer, but none more."},
    {4, true, "Go through it step by step and double check all you use, memory included."},
    {4, true, "Show every calculation in detail, then recompute each value before answering."},
    {4, true, "Explain thoroughly; verify every number from your notes a second time."},
    {4, false, "Explain each step at length and in full detail."},
    {-1, false, "You answer questions about situations."},
    {-1, false, ""},
};

static void levels_of_paraphrases(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(said); i++) {
        bool recheck;
        int level = mind_prompt_level(*state, str_c(said[i].words), &recheck);
        if (level != said[i].level || recheck != said[i].recheck)
            fail_msg("level %d recheck %d of: %s", level, recheck, said[i].words);
    }
}

static void levels_of_our_prompts(void **state)
{
    struct lab_text t;

    lab_text_init(&t);
    for (int i = 0; i < 5; i++) {
        struct buf all = BUF_INIT;
        bool recheck;
        lab_awake_prompt(&t, i, NULL, 0, &all);
        assert_int_equal(mind_prompt_level(*state, buf_str(&all), &recheck), i);
        assert_int_equal(recheck, i == 4);
        buf_printf(&all, "\n\n%s", buf_cstr(&t.memory));
        assert_int_equal(mind_prompt_level(*state, buf_str(&all), &recheck), i);
        assert_int_equal(recheck, i == 4);
        buf_release(&all);
    }
    lab_text_release(&t);
}

/* The paper's own files, fetched by the user; not part of the tree. */
static void levels_of_the_papers_prompts(void **state)
{
    static const char *const files[] = {
        "system/convo_verbosity", "persona/persona_verbosity", "human/human_verbosity"};
    const char *dir = getenv("SLEEPBENCH_PAPER_PROMPTS");

    for (int level = 0; level < 5; level++) {
        struct buf words = BUF_INIT, path = BUF_INIT;
        struct err err;
        bool recheck;
        for (size_t i = 0; i < ARRAY_LEN(files); i++) {
            buf_reset(&path);
            buf_printf(&path, "%s/%s_%d.txt", dir, files[i], level);
            if (file_read(buf_cstr(&path), 1 << 20, &words, &err))
                fail_msg("%s", err.msg);
            buf_putc(&words, '\n');
        }
        assert_int_equal(mind_prompt_level(*state, buf_str(&words), &recheck), level);
        assert_int_equal(recheck, level == 4);
        buf_release(&words);
        buf_release(&path);
    }
}

/* A longer allowance never comes from a terser level, and memory's words are no instruction. */
static void allowances(void **state)
{
    static const struct {
        const char *system, *effort;
        int64_t hidden, visible;
        bool recheck;
    } cases[] = {
        {"Reply with the answer only.", "", 0, 0, false},
        {"Explain in one short sentence, then answer.", "", 0, 1, false},
        {"Explain in two sentences, then answer.", "", 0, 2, false},
        {"Reason only as far as needed.", "", 0, 4, false},
        {"", "", 0, 4, false},
        {"Step by step, and double-check.", "", 0, MIND_UNLIMITED, true},
        {"Reply with the answer only.", "low", 2, 0, false},
        {"Reply with the answer only.", "medium", 4, 0, false},
        {"Reply with the answer only.", "high", MIND_UNLIMITED, 0, false},
        {"Reply with the answer only.", "max", MIND_UNLIMITED, 0, true},
        {"Reply with the answer only.", "none", 0, 0, false},
        {"Reply with the answer only.", "minimal", 0, 0, false},
        {"Reply with the answer only.", "immense", 0, 0, false},
        {"Work it out. Keep the reply itself short.", "", 0, 0, false},
        {"Reply with the answer only.\n<rethink_memory_block>\nShow every step in detail and "
         "double-check.\n</rethink_memory_block>\n",
            "", 0, 0, false},
    };
    struct mind_models models;
    struct err err;

    assert_int_equal(mind_params_load(NULL, &models, &err), OK);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct mind_message m = {.role = MIND_SYSTEM, .text = str_c(cases[i].system)};
        struct mind_request r = {
            .messages = &m, .nmessages = 1, .reasoning_effort = str_c(cases[i].effort)};
        struct mind_allowance a = mind_prompt_allowance(*state, &models.v[0].params, &r);
        assert_int_equal(a.hidden, cases[i].hidden);
        assert_int_equal(a.visible, cases[i].visible);
        assert_int_equal(a.recheck, cases[i].recheck);
        assert_int_equal(a.checks, 0);
        assert_int_equal(a.agree, 2);
    }
    mind_params_release(&models);
}

/* What the reasoner's efforts buy; without one it is medium. */
static void efforts_of_the_reasoner(void **state)
{
    static const struct {
        const char *effort;
        int64_t hidden, checks;
        size_t agree;
        bool recheck;
    } cases[] = {
        {"none", 0, 0, 2, false},
        {"minimal", 1, 0, 2, false},
        {"low", 3, 0, 2, false},
        {"medium", 6, 2, 2, false},
        {"", 6, 2, 2, false},
        {"high", MIND_UNLIMITED, 1000, 2, false},
        {"xhigh", MIND_UNLIMITED, MIND_UNLIMITED, 3, true},
        {"max", MIND_UNLIMITED, MIND_UNLIMITED, 3, true},
    };
    struct mind_models models;
    struct err err;

    assert_int_equal(mind_params_load(NULL, &models, &err), OK);
    assert_string_equal(models.v[2].name, "reasoner");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct mind_message m = {.role = MIND_SYSTEM, .text = STR("Reply with the answer only.")};
        struct mind_request r = {
            .messages = &m, .nmessages = 1, .reasoning_effort = str_c(cases[i].effort)};
        struct mind_allowance a = mind_prompt_allowance(*state, &models.v[2].params, &r);
        assert_int_equal(a.hidden, cases[i].hidden);
        assert_int_equal(a.visible, 0);
        assert_int_equal(a.checks, cases[i].checks);
        assert_int_equal(a.agree, cases[i].agree);
        assert_int_equal(a.recheck, cases[i].recheck);
    }
    mind_params_release(&models);
}

/* The effort prompt allows the sleeping arm no line more than the other. */
static void memory_buys_no_lines(void **state)
{
    struct lab_text t;
    struct buf words = BUF_INIT;
    bool recheck;

    lab_text_init(&t);
    buf_printf(&words, "%s\n\n", buf_cstr(&t.awake));
    lab_read("effort", &words);
    assert_int_equal(mind_prompt_level(*state, buf_str(&words), &recheck), 0);
    buf_printf(&words, "\n\n%s", buf_cstr(&t.memory));
    assert_int_equal(mind_prompt_level(*state, buf_str(&words), &recheck), 0);
    buf_release(&words);
    lab_text_release(&t);
}

static void memory_blocks(void **state)
{
    struct mind_message m[] = {
        {.role = MIND_SYSTEM,
            .text = STR("Answer.\n<rethink_memory_block characters=\"9/5000\">\na = 1\n\n b = 2 "
                        "\n</rethink_memory_block>\nc = 3\n<rethink_memory_block>\n[empty]\n"
                        "</rethink_memory_block>\n<rethink_memory_block>\nd = 4\n"
                        "</rethink_memory_block>")},
        {.role = MIND_USER, .text = STR("<rethink_memory_block>\ne = 5\n</rethink_memory_block>")},
    };
    struct mind_request r = {.messages = m, .nmessages = 2};
    struct mind_lines lines = {0};
    static const char *const expected[] = {"a = 1", "b = 2", "d = 4"};

    (void)state;
    mind_prompt_memory(&r, &lines);
    assert_int_equal(lines.n, ARRAY_LEN(expected));
    for (size_t i = 0; i < lines.n; i++)
        assert_true(str_eqc(lines.v[i], expected[i]));
    free(lines.v);
}

static void limits_and_refusals(void **state)
{
    static const struct {
        const char *text;
        int64_t limit;
        bool refused;
    } cases[] = {
        {"The block holds at most 5000 characters; a longer text is refused.", 5000, true},
        {"Refused: 6120 characters, the limit is 5000. The block stays as it was.", 5000, true},
        {"Error: the text exceeds the 800-character limit.", 800, true},
        {"rethink_memory_block 312/5000", 5000, false},
        {"Call it at most 10 times; the block holds at most 5000 characters.", 5000, false},
        {"The limit is 10 calls.", 0, false},
        {"Refused: the text has 120 characters, the block holds at most 90. The block is "
         "unchanged.",
            90, true},
        {"Done.", 0, false},
        {"OK, the block was replaced.", 0, false},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_int_equal(mind_prompt_limit(*state, str_c(cases[i].text)), cases[i].limit);
        assert_int_equal(mind_prompt_refused(*state, str_c(cases[i].text)), cases[i].refused);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(levels_of_paraphrases),
        cmocka_unit_test(levels_of_our_prompts),
        cmocka_unit_test(allowances),
        cmocka_unit_test(efforts_of_the_reasoner),
        cmocka_unit_test(memory_buys_no_lines),
        cmocka_unit_test(memory_blocks),
        cmocka_unit_test(limits_and_refusals),
    };

    /* the paper's prompts are no part of the project: tested where a user has fetched them */
    const struct CMUnitTest paper[] = {cmocka_unit_test(levels_of_the_papers_prompts)};
    int failed =
        getenv("SLEEPBENCH_PAPER_PROMPTS") ? cmocka_run_group_tests(paper, setup, teardown) : 0;

    return failed + cmocka_run_group_tests(tests, setup, teardown);
}
