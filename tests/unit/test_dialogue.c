/*
 * test_dialogue.c - conversations of every form as scripts of responses: what a failure changes
 * (nothing), where stored responses lead (to the same next request), and what is told as a
 * violation of the budget. Responses are written down from provider documentation.
 */
#include "harness/run/dialogue.h"

#include "tests/unit/unit.h"

#define TOOL(name) "{\"type\":\"function\",\"function\":{\"name\":\"" name "\"}}"

enum { MOST_STEPS = 6 };

/* What came, in order; NULL behind the last. The next request must hold `next`. */
struct script {
    const char *name;
    void (*begin)(struct dialogue *d, struct arena *arena);
    struct {
        const char *body, *next;
        enum outcome outcome;
    } steps[MOST_STEPS + 1];
    const char *content; /* at the end */
};

static struct traits traits;
static struct arena scratch;

static int setup(void **state)
{
    (void)state;
    traits = traits_default;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_release(&scratch);
    return 0;
}

static struct dialogue blank(const char *wire, enum dialogue_form form)
{
    return (struct dialogue){.form = form,
        .wire = provider_find(str_c(wire)),
        .chat = {.model = STR("m"),
            .traits = &traits,
            .temperature = -1,
            .max_tokens = 100,
            .seed = -1}};
}

/* ---- forms ----------------------------------------------------------------------------------- */

static void begin_sleep(struct dialogue *d, struct arena *arena)
{
    *d = blank("openai-chat", DIALOGUE_SLEEP);
    d->chat.tools = STR("[" TOOL("rethink_memory") "," TOOL("finish_rethinking_memory") "]");
    rethink_start(&d->sleep, arena, STR("sleep"), STR("Ann has 3 pears."), 50, 3);
}

static void begin_text(struct dialogue *d, struct arena *arena)
{
    *d = blank("openai-chat", DIALOGUE_ANSWER);
    answering_start(&d->answer, arena, STR("brief"), STR("2 + 2?"), STR(""), 1);
}

static void begin_steps(struct dialogue *d, struct arena *arena)
{
    *d = blank("openai-chat", DIALOGUE_ANSWER);
    answering_start(
        &d->answer, arena, STR("brief"), STR("2 + 2?"), STR("[" TOOL("send_message") "]"), 3);
}

static void begin_forced_by(struct dialogue *d, struct arena *arena, int64_t budget)
{
    static const struct message talk[] = {{.role = ROLE_USER, .text = {"1 + 1?", 6}}};
    struct forcing_limits limits = {.budget = budget, .extensions = 1, .answer = 9};
    struct err err;

    *d = blank("openai-chat", DIALOGUE_FORCED);
    traits.forcing = STR("prefix");
    if (forcing_start(&d->forced, arena, &traits, STR("m"), talk, 1, limits, 0, 3, &err))
        fail_msg("%s", err.msg);
}

static void begin_forced(struct dialogue *d, struct arena *arena)
{
    begin_forced_by(d, arena, 20);
}

static void begin_score(struct dialogue *d, struct arena *arena)
{
    struct err err;

    *d = blank("openai-chat", DIALOGUE_SCORE);
    traits.scoring = STR("vllm");
    if (scoring_start(&d->score, arena, &traits, STR("m"), STR("ab"), STR("cd"), false, &err))
        fail_msg("%s", err.msg);
}

static void begin_background(struct dialogue *d, struct arena *arena)
{
    *d = blank("openai-responses", DIALOGUE_ANSWER);
    traits = traits_of_wire(STR("openai-responses"));
    traits.background = true;
    d->chat.background = true;
    answering_start(&d->answer, arena, STR("brief"), STR("2 + 2?"), STR(""), 1);
}

/* ---- scripts --------------------------------------------------------------------------------- */

#define CHAT(message, finish, out)                                                                 \
    "{\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\"," message                      \
    "},\"finish_reason\":\"" finish "\"}],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":"   \
    "" out "}}"
#define SAYS(text) CHAT("\"content\":\"" text "\"", "stop", "5")
#define CALLS(name, arguments)                                                                     \
    CHAT("\"content\":null,\"tool_calls\":[{\"id\":\"c1\",\"type\":\"function\",\"function\":"     \
         "{\"name\":\"" name "\",\"arguments\":\"" arguments "\"}}]",                              \
        "tool_calls", "5")
#define WRITES(text) CALLS("rethink_memory", "{\\\"new_memory\\\":\\\"" text "\\\"}")
#define LATER(status) "{\"id\":\"resp_a-1\",\"status\":\"" status "\",\"output\":[],\"usage\":null}"
#define LATE                                                                                       \
    "{\"id\":\"resp_a-1\",\"status\":\"completed\",\"output\":[{\"type\":\"message\",\"content\":" \
    "[{\"type\":\"output_text\",\"text\":\"Four.\"}]}],\"usage\":{\"input_tokens\":9,"             \
    "\"output_tokens\":5}}"

static const struct script scripts[] = {
    {"sleep", begin_sleep,
        {{WRITES("Ann: 3"), "The block was replaced.", OUTCOME_OK},
            {CALLS("nap", "{}"), "there is no such tool", OUTCOME_TOOL_INVALID},
            {CALLS("finish_rethinking_memory", "{}"), NULL, OUTCOME_OK}},
        ""},
    {"text", begin_text, {{SAYS("Four."), NULL, OUTCOME_OK}}, "Four."},
    {"steps", begin_steps,
        {{SAYS("Let me see."), "[Step: 2/3]", OUTCOME_OK}, {SAYS("Hm."), "[Step: 3/3]", OUTCOME_OK},
            {CALLS("send_message", "{\\\"message\\\":\\\"4\\\"}"), NULL, OUTCOME_OK}},
        "4"},
    {"forced", begin_forced,
        {{SAYS("one"), "oneWait", OUTCOME_OK},
            {CHAT("\"content\":\" and\"", "length", "15"), "Final Answer:", OUTCOME_OK},
            {SAYS(" 2"), NULL, OUTCOME_OK}},
        " 2"},
    {"score", begin_score,
        {{"{\"tokens\":[1]}", "\"prompt\":\"ab\"", OUTCOME_OK},
            {"{\"tokens\":[1,10]}", "\"prompt\":\"abcd\"", OUTCOME_OK},
            {"{\"tokens\":[1,10,20]}", "\"prompt\":[1,10,20]", OUTCOME_OK},
            {"{\"choices\":[{\"index\":0,\"text\":\"x\",\"finish_reason\":\"length\",\"token_ids\":"
             "[5],\"prompt_logprobs\":[null,{\"10\":{\"logprob\":-1,\"decoded_token\":\"ab\"}},"
             "{\"20\":{\"logprob\":-0.5,\"decoded_token\":\"cd\"}}]}],\"usage\":{\"prompt_tokens\":"
             "3,\"completion_tokens\":1}}",
                NULL, OUTCOME_OK}},
        ""},
    {"background", begin_background,
        {{LATER("queued"), "/responses/resp_a-1\n", OUTCOME_PENDING},
            {LATER("in_progress"), "/responses/resp_a-1\n", OUTCOME_PENDING},
            {LATE, NULL, OUTCOME_OK}},
        "Four."},
};

/* "PATH\nBODY" of the next request. */
static const char *asked(const struct dialogue *d)
{
    struct buf path = BUF_INIT, body = BUF_INIT;

    dialogue_request(d, &path, &body);
    const char *ret = arena_printf(&scratch, "%s\n%s", buf_cstr(&path), buf_cstr(&body));
    buf_release(&path);
    buf_release(&body);
    return ret;
}

static bool hear(struct dialogue *d, long status, const char *body, struct reply *ret)
{
    return dialogue_step(d, status, str_c(body), &scratch, ret);
}

static void every_form_goes_its_way(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(scripts); i++) {
        struct arena arena = {0};
        struct dialogue d;
        struct reply r;
        scripts[i].begin(&d, &arena);
        for (size_t n = 0; scripts[i].steps[n].body; n++) {
            const char *next = scripts[i].steps[n].next;
            bool over = hear(&d, 200, scripts[i].steps[n].body, &r);
            if (over != !next || r.outcome != scripts[i].steps[n].outcome ||
                (next && !strstr(asked(&d), next)))
                fail_msg("%s %zu: %s, over %d, then %s", scripts[i].name, n,
                    outcome_text(r.outcome), over, over ? "nothing" : asked(&d));
        }
        assert_str(dialogue_content(&d), scripts[i].content);
        arena_release(&arena);
    }
}

/* ---- failures -------------------------------------------------------------------------------- */

static const struct {
    long status;
    const char *body;
} failures[] = {
    {500, "{\"error\":{\"message\":\"broken\"}}"},
    {503, ""},
    {429, "{\"error\":{\"message\":\"slow down\",\"code\":\"rate_limit_exceeded\"}}"},
    {401, "{\"error\":{\"message\":\"no\"}}"},
    {400, "{\"error\":{\"message\":\"no\"}}"},
    {200, ""},
    {200, "<html>a proxy</html>"},
    {200, "{\"error\":{\"message\":\"overloaded\"}}"},
    {200, "[]"},
    {200, "\x00\xFF\xFE"},
    {200, "{\"id\":\"x\"}"},
};

static void failures_change_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(scripts); i++) {
        struct arena arena = {0};
        struct dialogue d;
        struct reply r;
        scripts[i].begin(&d, &arena);
        for (size_t n = 0; scripts[i].steps[n].body; n++) {
            const char *before = asked(&d);
            for (size_t f = 0; f < ARRAY_LEN(failures); f++) {
                bool over = hear(&d, failures[f].status, failures[f].body, &r);
                if (over || outcome_is_result(r.outcome) || strcmp(before, asked(&d)) != 0)
                    fail_msg("%s %zu behind failure %zu: %s, %s", scripts[i].name, n, f,
                        outcome_text(r.outcome), asked(&d));
                dialogue_missed(&d, failures[f].status, str_c(failures[f].body), &scratch);
                assert_string_equal(before, asked(&d));
            }
            (void)hear(&d, 200, scripts[i].steps[n].body, &r);
        }
        assert_str(dialogue_content(&d), scripts[i].content);
        arena_release(&arena);
    }
}

/* ---- going on -------------------------------------------------------------------------------- */

static void stored_responses_lead_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(scripts); i++) {
        struct arena arena = {0};
        struct dialogue live;
        struct reply r;
        scripts[i].begin(&live, &arena);
        for (size_t n = 0; scripts[i].steps[n].next; n++) {
            struct arena own = {0};
            struct dialogue again;
            (void)hear(&live, 200, scripts[i].steps[n].body, &r);
            scripts[i].begin(&again, &own);
            for (size_t k = 0; k <= n; k++) {
                assert_false(hear(&again, 200, scripts[i].steps[k].body, &r));
                arena_reset(&scratch); /* its texts are nobody's */
            }
            const char *expect = asked(&live);
            assert_string_equal(asked(&again), expect);
            arena_release(&own);
        }
        arena_release(&arena);
    }
}

/* ---- budgets --------------------------------------------------------------------------------- */

/* One response of a form at max_tokens 100 and thinking_tokens 40: what the row says. */
static enum outcome used(void (*begin)(struct dialogue *, struct arena *), const char *message,
    const char *finish, int visible, int reasoning, enum outcome *ret_last)
{
    struct arena arena = {0};
    struct dialogue d;
    struct reply r;

    begin(&d, &arena);
    d.chat.thinking_tokens = 40;
    const char *body = arena_printf(&scratch,
        "{\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",%s},\"finish_reason\":"
        "\"%s\"}],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":%d,"
        "\"completion_tokens_details\":{\"reasoning_tokens\":%d}}}",
        message, finish, visible + reasoning, reasoning);
    (void)hear(&d, 200, body, &r);
    *ret_last = d.form == DIALOGUE_SLEEP ? d.sleep.last : d.answer.last;
    if (r.outcome == OUTCOME_BUDGET_VIOLATED)
        assert_true(r.error.n > 0);
    arena_release(&arena);
    return r.outcome;
}

static void what_passes_its_limit_is_told(void **state)
{
    static const struct {
        int visible, reasoning;
        const char *finish;
        enum outcome expect;
    } cases[] = {
        {60, 40, "stop", OUTCOME_OK}, {60, 41, "stop", OUTCOME_OK}, /* the token that ends each */
        {61, 41, "stop", OUTCOME_BUDGET_VIOLATED}, {10, 42, "stop", OUTCOME_BUDGET_VIOLATED},
        {102, 0, "stop", OUTCOME_BUDGET_VIOLATED},
        {300, 300, "length", OUTCOME_TRUNCATED}, /* what it is already stays */
    };
    enum outcome last;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_int_equal(used(begin_text, "\"content\":\"4\"", cases[i].finish, cases[i].visible,
                             cases[i].reasoning, &last),
            cases[i].expect);
        assert_int_equal(last, cases[i].expect);
        assert_int_equal(used(begin_sleep, "\"content\":\"4\"", cases[i].finish, cases[i].visible,
                             cases[i].reasoning, &last),
            cases[i].expect);
        assert_int_equal(last, cases[i].expect);
    }
}

/* A server whose word for the end cannot be trusted: as long as the limit is cut. */
static void what_fills_its_limit_is_cut_where_ends_are_not_told(void **state)
{
    static const struct {
        int out;
        bool told;
        enum outcome expect;
    } cases[] = {{100, true, OUTCOME_OK}, {100, false, OUTCOME_TRUNCATED}, {99, false, OUTCOME_OK},
        {101, false, OUTCOME_TRUNCATED}};
    struct arena arena = {0};
    struct dialogue d;
    struct reply r;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct traits own = traits_default;
        own.ends_told = cases[i].told;
        begin_text(&d, &arena);
        d.chat.traits = &own;
        const char *body = arena_printf(&scratch,
            "{\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"4\"},"
            "\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":9,"
            "\"completion_tokens\":%d}}",
            cases[i].out);
        assert_true(hear(&d, 200, body, &r));
        assert_int_equal(r.outcome, cases[i].expect);
        assert_int_equal(d.answer.last, cases[i].expect);
    }
    arena_release(&arena);
}

/* A sleep goes on behind a response that passed its limit, and its block is written. */
static void a_violation_is_a_result(void **state)
{
    struct arena arena = {0};
    struct dialogue d;
    struct reply r;

    (void)state;
    begin_sleep(&d, &arena);
    assert_false(hear(&d, 200,
        CHAT("\"content\":null,\"tool_calls\":[{\"id\":\"c1\",\"type\":\"function\",\"function\":"
             "{\"name\":\"rethink_memory\",\"arguments\":\"{\\\"new_memory\\\":\\\"n\\\"}\"}}]",
            "tool_calls", "500"),
        &r));
    assert_int_equal(r.outcome, OUTCOME_BUDGET_VIOLATED);
    assert_str(d.sleep.memory, "n");
    assert_int_equal(usage_out(r.usage), 500);
    assert_true(hear(&d, 200, CALLS("finish_rethinking_memory", "{}"), &r));
    assert_int_equal(d.sleep.last, OUTCOME_OK);
    arena_release(&arena);
}

static void forced_budgets_are_held_against(void **state)
{
    static const struct {
        const char *thought, *answer;
        enum outcome expect;
    } cases[] = {
        {CHAT("\"content\":\"one and\"", "length", "8"), CHAT("\"content\":\" 2\"", "stop", "9"),
            OUTCOME_OK},
        {CHAT("\"content\":\"one and\"", "length", "40"), CHAT("\"content\":\" 2\"", "stop", "9"),
            OUTCOME_BUDGET_VIOLATED},
        {CHAT("\"content\":\"one and\"", "length", "8"), CHAT("\"content\":\" 2\"", "stop", "60"),
            OUTCOME_BUDGET_VIOLATED},
        {CHAT("\"content\":\"one and\"", "length", "40"), CHAT("\"content\":\" 2\"", "length", "9"),
            OUTCOME_TRUNCATED},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena arena = {0};
        struct dialogue d;
        struct reply r;
        begin_forced_by(&d, &arena, 8);
        assert_false(hear(&d, 200, cases[i].thought, &r));
        assert_int_equal(r.outcome, OUTCOME_OK); /* told at the end */
        assert_true(hear(&d, 200, cases[i].answer, &r));
        assert_int_equal(r.outcome, cases[i].expect);
        assert_str(dialogue_content(&d), " 2");
        arena_release(&arena);
    }
}

/* ---- in the background ----------------------------------------------------------------------- */

static void a_response_under_way_is_asked_for(void **state)
{
    struct arena arena = {0};
    struct dialogue d;
    struct reply r;

    (void)state;
    begin_background(&d, &arena);
    assert_string_equal(asked(&d),
        "\n{\"model\":\"m\",\"instructions\":\"brief\",\"input\":[{\"role\":\"user\",\"content\":"
        "\"2 + 2?\"}],\"max_output_tokens\":100,\"background\":true,\"store\":true}");
    assert_false(hear(&d, 200, LATER("queued"), &r));
    assert_int_equal(r.outcome, OUTCOME_PENDING);
    assert_int_equal(usage_in(r.usage) + usage_out(r.usage), 0); /* it is told at the end */
    assert_false(r.retry);
    assert_string_equal(asked(&d), "/responses/resp_a-1\n");
    assert_true(hear(&d, 200, LATE, &r));
    assert_int_equal(usage_in(r.usage), 9);
    assert_int_equal(usage_out(r.usage), 5);
    /* a server may also answer at once */
    begin_background(&d, &arena);
    assert_true(hear(&d, 200, LATE, &r));
    assert_str(dialogue_content(&d), "Four.");
    arena_release(&arena);
}

/* Only who asked for it waits for it. */
static void others_have_no_background(void **state)
{
    struct arena arena = {0};
    struct dialogue d;
    struct reply r;

    (void)state;
    for (int trait = 0; trait < 2; trait++) {
        begin_background(&d, &arena);
        traits.background = trait;
        d.chat.background = !trait;
        assert_non_null(strstr(asked(&d), "\"store\":false"));
        assert_null(strstr(asked(&d), "background"));
        const char *before = asked(&d);
        assert_false(hear(&d, 200, LATER("queued"), &r));
        assert_int_equal(r.outcome, OUTCOME_INCOMPLETE_STREAM);
        assert_true(r.retry);
        assert_string_equal(asked(&d), before);
    }
    arena_release(&arena);
}

static void a_lost_response_is_asked_for_anew(void **state)
{
    static const struct {
        long status;
        const char *body;
        bool retry;
    } lost[] = {
        {404, "{\"error\":{\"message\":\"not found\"}}", true},
        {410, "", true},
        {200, LATER("cancelled"), true},
        {200,
            "{\"id\":\"resp_a-1\",\"status\":\"failed\",\"error\":{\"code\":\"server_error\","
            "\"message\":\"x\"}}",
            true},
        {200,
            "{\"id\":\"resp_a-1\",\"status\":\"failed\",\"error\":{\"code\":\"invalid_prompt\","
            "\"message\":\"x\"}}",
            false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(lost); i++) {
        struct arena arena = {0};
        struct dialogue d, later;
        struct reply r;
        begin_background(&d, &arena);
        const char *first = asked(&d);
        assert_false(hear(&d, 200, LATER("queued"), &r));
        later = d;
        assert_false(hear(&d, lost[i].status, lost[i].body, &r));
        assert_false(outcome_is_result(r.outcome));
        assert_int_equal(r.retry, lost[i].retry);
        assert_true(d.background.lost);
        assert_string_equal(asked(&d), first);
        /* the same by the rows of an earlier process */
        dialogue_missed(&later, lost[i].status, str_c(lost[i].body), &scratch);
        assert_string_equal(asked(&later), first);
        /* the next one is another */
        assert_false(hear(&d, 200, "{\"id\":\"resp_b\",\"status\":\"queued\",\"output\":[]}", &r));
        assert_string_equal(asked(&d), "/responses/resp_b\n");
        assert_false(d.background.lost);
        arena_release(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(every_form_goes_its_way, setup),
        cmocka_unit_test_setup(failures_change_nothing, setup),
        cmocka_unit_test_setup(stored_responses_lead_back, setup),
        cmocka_unit_test_setup(what_passes_its_limit_is_told, setup),
        cmocka_unit_test_setup(what_fills_its_limit_is_cut_where_ends_are_not_told, setup),
        cmocka_unit_test_setup(a_violation_is_a_result, setup),
        cmocka_unit_test_setup(forced_budgets_are_held_against, setup),
        cmocka_unit_test_setup(a_response_under_way_is_asked_for, setup),
        cmocka_unit_test_setup(others_have_no_background, setup),
        cmocka_unit_test_setup(a_lost_response_is_asked_for_anew, setup),
    };

    return cmocka_run_group_tests(tests, NULL, teardown);
}
