/* test_phantom_thinking.c - budgets, switches and prefixes of the chat dialects, as bytes. */
#include "tests/unit/test_mind_lab.h"

#include "harness/base/token.h"
#include "harness/phantom/chat.h"

static struct chat *chat, *deaf;

static struct chat *chat_with_mind(void)
{
    struct mind_options o = {0};
    struct mind *m;
    struct err err;

    if (mind_new(&o, &m, &err))
        fail_msg("%s", err.msg);
    return chat_new(m, 1);
}

static int setup(void **state)
{
    (void)state;
    chat = chat_with_mind();
    deaf = chat_with_mind();
    chat_ignore_budgets(deaf);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    chat_free(chat);
    chat_free(deaf);
    return 0;
}

static int status_of(struct chat *c, const char *path, const char *body, struct json **ret)
{
    struct chat_answer a = {0};
    struct err err;

    assert_false(chat_early("POST", path, &a));
    chat_answer(c, path, str_c(body), &a);
    if (json_parse(buf_str(&a.body), JSON_STRICT, ret, &err))
        fail_msg("%s in %s", err.msg, buf_cstr(&a.body));
    int status = a.status;
    chat_answer_release(&a);
    return status;
}

#define PROBLEM                                                                                    \
    "\"A board has $6$ rows and $7$ columns of unit squares. The square in row $2$ and column "    \
    "$3$ is painted. Find the number of rectangles made of squares of the board that do not "      \
    "contain the painted square.\""
#define USER "{\"role\":\"user\",\"content\":" PROBLEM "}"
#define CHAT(model, rest)                                                                          \
    "{\"model\":\"phantom/" model "\",\"temperature\":0,\"messages\":[" USER "]" rest "}"

struct counts {
    int64_t reasoning, out, content;
};

static struct counts counts_of(struct chat *c, const char *body)
{
    struct json *doc;
    struct counts n = {-1, -1, -1};

    if (status_of(c, "/v1/chat/completions", body, &doc) != 200)
        fail_msg("refused: %s", body);
    const struct json *m = json_get(json_at(json_get(doc, "choices"), 0), "message");
    assert_true(
        json_int(json_path(doc, "usage.completion_tokens_details.reasoning_tokens"), &n.reasoning));
    assert_true(json_int(json_path(doc, "usage.completion_tokens"), &n.out));
    n.content = (int64_t)token_count(json_str(json_get(m, "content")));
    assert_int_equal(n.out, n.reasoning + n.content);
    json_free(doc);
    return n;
}

/* What thinks 0, exactly 25 or more than 100 tokens. */
static const struct {
    const char *body;
    int64_t thought; /* -1: more than 100 */
} asked[] = {
    {CHAT("reasoner", ""), -1},
    {CHAT("reasoner", ",\"thinking_token_budget\":25"), 25},
    {CHAT("reasoner", ",\"thinking_token_budget\":-1"), -1},
    {CHAT("reasoner", ",\"thinking_token_budget\":0"), 0},
    {CHAT("reasoner", ",\"thinking_budget_tokens\":25"), 25},
    {CHAT("reasoner", ",\"thinking_budget_tokens\":-1"), -1},
    {CHAT("reasoner", ",\"reasoning_budget_tokens\":25"), 25},
    {CHAT("reasoner", ",\"custom_params\":{\"thinking_budget\":25}"), 25},
    {CHAT("reasoner", ",\"reasoning\":{\"max_tokens\":25}"), 25},
    {CHAT("reasoner", ",\"reasoning\":{\"effort\":\"none\"}"), 0},
    {CHAT("reasoner", ",\"reasoning\":{\"enabled\":false}"), 0},
    {CHAT("reasoner", ",\"reasoning_effort\":\"default\""), -1},
    {CHAT("reasoner", ",\"thinking\":{\"type\":\"disabled\"}"), 0},
    {CHAT("reasoner", ",\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":25}"), 25},
    {CHAT("reasoner", ",\"enable_thinking\":false"), 0},
    {CHAT("reasoner", ",\"chat_template_kwargs\":{\"enable_thinking\":false}"), 0},
    {CHAT("reasoner", ",\"chat_template_kwargs\":{\"thinking\":false}"), 0},
    {CHAT(
         "reasoner", ",\"extra_body\":{\"google\":{\"thinking_config\":{\"thinking_budget\":25}}}"),
        25},
    {CHAT("reasoner", ",\"extra_body\":{\"google\":{\"thinking_config\":{\"thinking_budget\":0}}}"),
        0},
    {CHAT("reasoner",
         ",\"extra_body\":{\"google\":{\"thinking_config\":{\"thinking_level\":\"high\"}}}"),
        -1},
    {CHAT("small", ""), 0},
    {CHAT("small", ",\"thinking_token_budget\":25"), 0}, /* a cap on nothing */
    {CHAT("small", ",\"reasoning\":{\"max_tokens\":25}"), 25},
    {CHAT("small", ",\"reasoning\":{\"max_tokens\":9999}"), -1},
    {CHAT("small", ",\"reasoning\":{\"enabled\":true}"), -1},
    {CHAT("small", ",\"thinking\":{\"type\":\"enabled\"}"), -1},
    {CHAT("small", ",\"chat_template_kwargs\":{\"enable_thinking\":true}"), -1},
    {CHAT("small", ",\"extra_body\":{\"google\":{\"thinking_config\":{\"thinking_budget\":-1}}}"),
        -1},
    {CHAT("reasoner:ignore-thinking", ",\"thinking_token_budget\":25"), -1},
    {CHAT("reasoner:ignore-budgets", ",\"thinking_token_budget\":25"), -1},
    {CHAT("reasoner:ignore-limit", ",\"thinking_token_budget\":25"), 25},
};

static void budgets_are_kept(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(asked); i++) {
        struct counts n = counts_of(chat, asked[i].body);
        if (asked[i].thought >= 0 ? n.reasoning != asked[i].thought : n.reasoning <= 100)
            fail_msg("%lld tokens for %s", (long long)n.reasoning, asked[i].body);
        assert_true(n.content > 0); /* the answer comes all the same */
    }
}

/* Limits by every name, and who does not know them. */
static void limits_are_kept(void **state)
{
    static const struct {
        const char *body;
        bool kept;
    } cases[] = {
        {CHAT("reasoner", ",\"max_tokens\":30"), true},
        {CHAT("reasoner", ",\"max_completion_tokens\":30"), true},
        {CHAT("reasoner", ",\"max_completion_tokens\":30,\"max_tokens\":900"), true},
        {CHAT("reasoner", ",\"max_tokens\":30,\"max_completion_tokens\":900"), true},
        {CHAT("reasoner", ",\"n_predict\":30,\"max_tokens\":900"), true},
        {CHAT("reasoner", ",\"n_predict\":900,\"max_tokens\":30"), false},
        {CHAT("reasoner", ",\"n_predict\":-1,\"max_tokens\":30"), true},
        {CHAT("reasoner:ignore-limit", ",\"max_completion_tokens\":30"), false},
        {CHAT("reasoner:ignore-budgets", ",\"max_completion_tokens\":30"), false},
        {CHAT("reasoner:ignore-limit", ",\"max_tokens\":30"), true},
        {CHAT("reasoner:ignore-thinking", ",\"max_completion_tokens\":30"), true},
    };
    struct json *doc;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct counts n = counts_of(chat, cases[i].body);
        if (cases[i].kept ? n.out != 30 : n.out <= 100)
            fail_msg("%lld tokens for %s", (long long)n.out, cases[i].body);
    }
    /* the server's own switch, for every model and dialect */
    assert_true(counts_of(deaf, CHAT("reasoner", ",\"max_completion_tokens\":30")).out > 100);
    assert_true(counts_of(deaf, CHAT("reasoner", ",\"thinking_token_budget\":9")).reasoning > 100);
    assert_int_equal(counts_of(deaf, CHAT("reasoner", ",\"max_tokens\":30")).out, 30);
    assert_int_equal(status_of(deaf, "/v1/responses",
                         "{\"model\":\"reasoner\",\"temperature\":0,\"max_output_tokens\":30,"
                         "\"input\":" PROBLEM "}",
                         &doc),
        200);
    int64_t out = 0;
    assert_true(json_int(json_path(doc, "usage.output_tokens"), &out) && out > 100);
    json_free(doc);
}

static const struct {
    const char *body, *message;
} refused[] = {
    {CHAT("small", ",\"reasoning_effort\":\"much\""), "expected none, minimal"},
    {CHAT("small", ",\"reasoning\":{\"effort\":\"much\"}"), "reasoning.effort"},
    {CHAT("small", ",\"reasoning\":{\"effort\":\"low\",\"max_tokens\":9}"), "Only one of"},
    {CHAT("small", ",\"thinking_token_budget\":1.5"), "at least -1"},
    {CHAT("small", ",\"thinking_budget_tokens\":\"9\""), "at least -1"},
    {CHAT("small", ",\"thinking\":{\"type\":\"on\"}"), "thinking.type"},
    {CHAT("small", ",\"enable_thinking\":1"), "true or false"},
    {CHAT("small", ",\"reasoning\":{\"exclude\":1}"), "true or false"},
    {CHAT("small", ",\"extra_body\":{\"google\":{\"thinking_config\":{\"thinking_budget\":9,"
                   "\"thinking_level\":\"low\"}}}"),
        "Only one of"},
    {CHAT("small", ",\"reasoning_effort\":\"low\",\"extra_body\":{\"google\":{\"thinking_config\":{"
                   "\"thinking_budget\":9}}}"),
        "Only one of"},
    {CHAT("small", ",\"continue_final_message\":true"), "needs an assistant message"},
    {"{\"model\":\"small\",\"messages\":[{\"role\":\"assistant\",\"content\":\"x\",\"prefix\":true}"
     "," USER "]}",
        "at the end"},
    {"{\"model\":\"small\",\"messages\":[" USER
     ",{\"role\":\"assistant\",\"content\":\"x\"}],\"continue_final_message\":true,"
     "\"add_generation_prompt\":true}",
        "Cannot set both"},
    {"{\"model\":\"small:ignore\",\"messages\":[" USER "]}", "does not exist"},
};

static void bad_requests(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
        struct json *doc;
        int status = status_of(chat, "/v1/chat/completions", refused[i].body, &doc);
        struct str message = json_str(json_path(doc, "error.message"));
        if ((status != 400 && status != 404) ||
            str_find(message, str_c(refused[i].message), 0) == SIZE_MAX)
            fail_msg("%d %.*s for %s", status, STR_ARG(message), refused[i].body);
        json_free(doc);
    }
}

/* The reasoning shows where it is asked for, under the name that goes with the way of asking. */
static void shown_reasoning(void **state)
{
    static const struct {
        const char *rest, *key;
    } cases[] = {
        {"", NULL},
        {",\"reasoning_effort\":\"high\"", NULL},
        {",\"include_reasoning\":true", "reasoning"},
        {",\"reasoning\":{}", "reasoning"},
        {",\"reasoning\":{\"exclude\":true}", NULL},
        {",\"reasoning_format\":\"parsed\"", "reasoning"},
        {",\"reasoning_format\":\"deepseek\"", "reasoning_content"},
        {",\"reasoning_format\":\"hidden\"", NULL},
        {",\"thinking\":{\"type\":\"enabled\"}", "reasoning_content"},
        {",\"separate_reasoning\":true", "reasoning_content"},
        {",\"thinking_token_budget\":25", "reasoning"},
        {",\"thinking_budget_tokens\":25", "reasoning_content"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct buf body = BUF_INIT;
        struct json *doc;
        int64_t n;
        buf_printf(&body, "{\"model\":\"reasoner\",\"temperature\":0,\"messages\":[" USER "]%s}",
            cases[i].rest);
        assert_int_equal(status_of(chat, "/v1/chat/completions", buf_cstr(&body), &doc), 200);
        const struct json *m = json_get(json_at(json_get(doc, "choices"), 0), "message");
        const struct json *one = json_get(m, "reasoning");
        const struct json *other = json_get(m, "reasoning_content");
        assert_int_equal(one != NULL, cases[i].key && strcmp(cases[i].key, "reasoning") == 0);
        assert_int_equal(
            other != NULL, cases[i].key && strcmp(cases[i].key, "reasoning_content") == 0);
        assert_true(
            json_int(json_path(doc, "usage.completion_tokens_details.reasoning_tokens"), &n));
        if (cases[i].key)
            assert_int_equal(token_count(json_str(json_get(m, cases[i].key))), n);
        json_free(doc);
        buf_release(&body);
    }
}

/* ---- prefixes ---------------------------------------------------------------------------------
 */

/* The whole turn, and what follows a part of it given in a vendor's way. */
struct turn {
    struct str reasoning, content;
};

static struct turn turn_of(const char *body, struct arena *arena)
{
    struct json *doc;
    struct turn t;

    if (status_of(chat, "/v1/chat/completions", body, &doc) != 200) {
        struct buf text = BUF_INIT;
        json_print(&text, doc);
        fail_msg("%s for %s", buf_cstr(&text), body);
    }
    const struct json *m = json_get(json_at(json_get(doc, "choices"), 0), "message");
    t.reasoning = arena_str(arena, json_str(json_get(m, "reasoning_content")));
    t.content = arena_str(arena, json_str(json_get(m, "content")));
    json_free(doc);
    return t;
}

static struct turn behind(
    const char *format, struct str reasoning, struct str content, struct arena *arena)
{
    struct buf body = BUF_INIT, r = BUF_INIT, c = BUF_INIT;

    json_escape(&r, reasoning);
    json_escape(&c, content);
    buf_puts(&body, "{\"model\":\"reasoner\",\"temperature\":0,\"messages\":[" USER
                    ",{\"role\":\"assistant\",");
    for (const char *p = format; *p; p++) {
        if (*p == '%' && (p[1] == 'r' || p[1] == 'c'))
            buf_str_add(&body, buf_str(*++p == 'r' ? &r : &c));
        else
            buf_putc(&body, *p);
    }
    struct turn t = turn_of(buf_cstr(&body), arena);
    buf_release(&body);
    buf_release(&r);
    buf_release(&c);
    return t;
}

static const char *const thinking_forms[] = {
    "\"prefix\":true,\"content\":\"\",\"reasoning_content\":\"%r\"}]}",
    "\"prefix\":true,\"content\":null,\"reasoning_content\":\"%r\"}]}",
    "\"content\":\"<think>\\n%r\"}],\"continue_final_message\":true,"
    "\"add_generation_prompt\":false,\"thinking\":{\"type\":\"enabled\"}}",
    "\"content\":\"<think>\\n%r\"}],\"separate_reasoning\":true}",
    "\"prefix\":true,\"content\":[{\"type\":\"thinking\",\"thinking\":[{\"type\":\"text\","
    "\"text\":\"%r\"}],\"closed\":false}]}]}",
};
static const char *const answer_forms[] = {
    "\"prefix\":true,\"content\":\"%c\",\"reasoning_content\":\"%r\"}]}",
    "\"content\":\"<think>\\n%r</think>\\n\\n%c\"}],\"continue_final_message\":true}",
    "\"prefix\":true,\"content\":[{\"type\":\"thinking\",\"thinking\":[{\"type\":\"text\","
    "\"text\":\"%r\"}]},{\"type\":\"text\",\"text\":\"%c\"}]}]}",
};

static void prefixes_of_all_vendors(void **state)
{
    struct arena arena = {0};
    struct turn whole = turn_of(CHAT("reasoner", ",\"thinking\":{\"type\":\"enabled\"}"), &arena);
    size_t half = whole.reasoning.n / 2, few = 9;

    (void)state;
    assert_true(half > 50 && whole.content.n > 2 * few);
    for (size_t i = 0; i < ARRAY_LEN(thinking_forms); i++) {
        struct turn t =
            behind(thinking_forms[i], str_slice(whole.reasoning, 0, half), STR(""), &arena);
        if (!str_eq(t.reasoning, str_from(whole.reasoning, half)))
            fail_msg("%s: '%s'", thinking_forms[i], t.reasoning.p);
        assert_true(str_eq(t.content, whole.content));
    }
    for (size_t i = 0; i < ARRAY_LEN(answer_forms); i++) {
        struct turn t =
            behind(answer_forms[i], whole.reasoning, str_slice(whole.content, 0, few), &arena);
        assert_int_equal(t.reasoning.n, 0);
        assert_true(str_eq(t.content, str_from(whole.content, few)));
        t = behind(
            answer_forms[i], str_slice(whole.reasoning, 0, half), STR("Final Answer:"), &arena);
        assert_int_equal(t.reasoning.n, 0);
        assert_true(str_starts(t.content, STR(" The answer is ")));
    }
    /* a plain turn at the end is continued, unless the client says no */
    struct turn t = behind("\"content\":\"The answer is\"}]}", STR(""), STR(""), &arena);
    assert_true(str_is_blank(t.content.p[0]) && str_is_digit(t.content.p[1]));
    t = behind("\"content\":\"The answer is\"}],\"continue_final_message\":false}", STR(""),
        STR(""), &arena);
    assert_false(str_is_blank(t.content.p[0]));
    arena_release(&arena);
}

/* ---- Messages ---------------------------------------------------------------------------------
 */

#define MESSAGES(model, rest)                                                                      \
    "{\"model\":\"phantom/" model "\",\"max_tokens\":9000,\"messages\":[" USER "]" rest "}"

static void messages_budgets(void **state)
{
    static const struct {
        const char *body;
        bool thinks;
    } cases[] = {
        {MESSAGES("small", ""), false},
        {MESSAGES("small", ",\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":1024}"), true},
        {MESSAGES("small", ",\"thinking\":{\"type\":\"adaptive\"}"), true},
        {MESSAGES("reasoner", ",\"thinking\":{\"type\":\"disabled\"}"), false},
        {MESSAGES("reasoner:newest", ",\"thinking\":{\"type\":\"adaptive\"},"
                                     "\"output_config\":{\"effort\":\"low\"}"),
            true},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct json *doc;
        int64_t n = -1;
        assert_int_equal(status_of(chat, "/v1/messages", cases[i].body, &doc), 200);
        const struct json *first = json_at(json_get(doc, "content"), 0);
        assert_int_equal(str_eqc(json_str(json_get(first, "type")), "thinking"), cases[i].thinks);
        assert_true(json_int(json_path(doc, "usage.output_tokens_details.thinking_tokens"), &n));
        assert_int_equal(n > 0, cases[i].thinks);
        if (i == 1) /* the older form shows what was thought */
            assert_int_equal(token_count(json_str(json_get(first, "thinking"))), n);
        json_free(doc);
    }
    struct json *doc;
    assert_int_equal(
        status_of(chat, "/v1/messages",
            "{\"model\":\"small\",\"max_tokens\":99,\"temperature\":0,\"messages\":[" USER
            ",{\"role\":\"assistant\",\"content\":\"The answer is\"}]}",
            &doc),
        200);
    assert_true(
        str_starts(json_str(json_get(json_at(json_get(doc, "content"), 0), "text")), STR(" ")));
    json_free(doc);
}

/* ---- an answer by tool ------------------------------------------------------------------------
 */

#define TOOL                                                                                       \
    "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"send_message\",\"description\":"   \
    "\"Says it.\",\"parameters\":{\"type\":\"object\",\"properties\":{\"message\":{\"type\":"      \
    "\"string\"}}}}}]"

/* The call holds the text that would have been the content; its tokens are counted as it stands,
 * behind the thinking; the same question is answered alike but for chance. */
static void answers_by_tool(void **state)
{
    struct json *doc;
    int64_t reasoning = 0, out = 0;
    struct err err;

    (void)state;
    assert_int_equal(
        status_of(chat, "/v1/chat/completions",
            CHAT("reasoner", ",\"seed\":1," TOOL ",\"reasoning_effort\":\"high\""), &doc),
        200);
    const struct json *c = json_at(json_get(doc, "choices"), 0);
    assert_true(str_eqc(json_str(json_get(c, "finish_reason")), "tool_calls"));
    assert_int_equal(json_type(json_path(c, "message.content")), JSON_NULL);
    const struct json *calls = json_path(c, "message.tool_calls");
    assert_int_equal(json_len(calls), 1);
    const struct json *f = json_get(json_first(calls), "function");
    assert_true(str_eqc(json_str(json_get(f, "name")), "send_message"));
    struct str arguments = json_str(json_get(f, "arguments"));
    struct json *message;
    assert_int_equal(json_parse(arguments, JSON_STRICT, &message, &err), OK);
    assert_int_equal(json_len(message), 1);
    assert_true(
        str_find(json_str(json_get(message, "message")), STR("The answer is "), 0) != SIZE_MAX);
    assert_true(
        json_int(json_path(doc, "usage.completion_tokens_details.reasoning_tokens"), &reasoning));
    assert_true(json_int(json_path(doc, "usage.completion_tokens"), &out));
    assert_true(reasoning > 100);
    /* send _ mess age: by hand */
    assert_int_equal(out, reasoning + 4 + (int64_t)token_count(arguments));
    json_free(message);
    json_free(doc);
    assert_int_equal(status_of(chat, "/v1/chat/completions",
                         CHAT("small", "," TOOL ",\"tool_choice\":\"none\""), &doc),
        200);
    assert_int_equal(
        json_type(json_path(json_at(json_get(doc, "choices"), 0), "message.content")), JSON_STRING);
    json_free(doc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(budgets_are_kept),
        cmocka_unit_test(limits_are_kept),
        cmocka_unit_test(bad_requests),
        cmocka_unit_test(shown_reasoning),
        cmocka_unit_test(prefixes_of_all_vendors),
        cmocka_unit_test(messages_budgets),
        cmocka_unit_test(answers_by_tool),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
