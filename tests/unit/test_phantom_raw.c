/* test_phantom_raw.c - raw completions as bytes: the three dialects; no sockets. */
#include "tests/unit/test_phantom_lab.h"

#include "harness/phantom/vocab.h"

static const struct json *choice(const struct json *doc)
{
    return json_at(json_get(doc, "choices"), 0);
}

#define C "/v1/completions"
#define SMALL "\"model\":\"phantom/small\","

static const struct {
    const char *path, *body;
    int status;
    const char *message;
} refused[] = {
    {C, "{", 400, "not JSON"},
    {C, "[]", 400, "JSON object"},
    {C, "{\"prompt\":\"x\"}", 400, "'model'"},
    {C, "{" SMALL "\"stop\":\"x\"}", 400, "Missing parameter: 'prompt'"},
    {C, "{" SMALL "\"prompt\":\"\"}", 400, "empty"},
    {C, "{" SMALL "\"prompt\":[]}", 400, "empty"},
    {C, "{" SMALL "\"prompt\":{}}", 400, "a text or a list of token ids"},
    {C, "{" SMALL "\"prompt\":[1.5]}", 400, "token ids"},
    {C, "{" SMALL "\"prompt\":[99999999]}", 400, "out of the vocabulary"},
    {C, "{" SMALL "\"prompt\":[\"a\",\"b\"]}", 400, "Only one 'prompt'"},
    {C, "{" SMALL "\"prompt\":[[1],[2]]}", 400, "Only one 'prompt'"},
    {C, "{" SMALL "\"prompt\":\"x\",\"max_tokens\":0}", 400, "only with echo"},
    {C, "{" SMALL "\"prompt\":\"x\",\"max_tokens\":-1}", 400, "at least 0"},
    {C, "{" SMALL "\"prompt\":\"x\",\"max_tokens\":131072}", 400, "maximum context length"},
    {C, "{" SMALL "\"prompt\":\"x\",\"min_tokens\":17}", 400, "least number"},
    {C, "{" SMALL "\"prompt\":\"x\",\"n\":2}", 400, "n = 1"},
    {C, "{" SMALL "\"prompt\":\"x\",\"best_of\":2}", 400, "n = 1"},
    {C, "{" SMALL "\"prompt\":\"x\",\"stop\":[3]}", 400, "texts of 1"},
    {C, "{" SMALL "\"prompt\":\"x\",\"stop\":\"\"}", 400, "texts of 1"},
    {C, "{" SMALL "\"prompt\":\"x\",\"stop_token_ids\":[\"a\"]}", 400, "token ids"},
    {C, "{" SMALL "\"prompt\":\"x\",\"suffix\":\"a\"}", 400, "suffix"},
    {C, "{" SMALL "\"prompt\":\"x\",\"temperature\":3}", 400, "0 to 2"},
    {C, "{" SMALL "\"prompt\":\"x\",\"logprobs\":6}", 400, "At most 5"},
    {C, "{" SMALL "\"prompt\":\"x\",\"logprobs\":1}", 400, "phantom/scorer has"},
    {C, "{" SMALL "\"prompt\":\"x\",\"prompt_logprobs\":0}", 400, "phantom/scorer has"},
    {C, "{" SMALL "\"prompt\":\"x\",\"prompt_logprobs\":0,\"stream\":true}", 400, "stream"},
    {C, "{" SMALL "\"prompt\":\"x\",\"stream_options\":{}}", 400, "stream = true"},
    {C, "{" SMALL "\"prompt\":\"x\",\"thinking_token_budget\":-2}", 400, "at least -1"},
    {C, "{\"model\":\"gpt\",\"prompt\":\"x\"}", 404, "phantom/small"},
    {"/completion", "{\"n_predict\":3}", 400, "'prompt'"},
    {"/completion", "{\"prompt\":\"x\",\"n_predict\":-2}", 400, "at least -1"},
    {"/completion", "{\"prompt\":\"x\",\"ignore_eos\":true}", 400, "needs a limit"},
    {"/completion", "{\"prompt\":\"x\",\"model\":\"gpt\"}", 404, "does not exist"},
    {"/generate", "{\"sampling_params\":{}}", 400, "'text'"},
    {"/generate", "{\"text\":\"x\",\"input_ids\":[1]}", 400, "not both"},
    {"/generate", "{\"text\":\"x\",\"sampling_params\":{\"max_new_tokens\":0}}", 400, "at least 1"},
    {"/generate", "{\"text\":\"x\",\"return_logprob\":true,\"logprob_start_len\":9}", 400,
        "behind"},
    {"/generate", "{\"text\":\"x\",\"sampling_params\":3}", 400, "an object"},
    {"/tokenize", "{}", 400, "prompt"},
    {"/tokenize", "{\"content\":3}", 400, "content"},
    {"/tokenize", "{\"messages\":[]}", 400, "messages"},
    {"/detokenize", "{\"tokens\":[-4]}", 400, "out of the vocabulary"},
    {"/apply-template", "{}", 400, "'messages'"},
    {"/apply-template", "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"tools\":[{}]}",
        400, "no place for tools"},
    {"/apply-template",
        "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"continue_final_message\":true}",
        400, "needs an assistant message"},
};

/* Each in the shape of its server. */
static void bad_requests(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
        struct chat_answer a = post(refused[i].path, refused[i].body);
        struct json *doc = parsed_text(buf_str(&a.body));
        bool flat = strcmp(refused[i].path, "/generate") == 0;
        struct str message = json_str(json_path(doc, flat ? "message" : "error.message"));
        if (a.status != refused[i].status ||
            str_find(message, str_c(refused[i].message), 0) == SIZE_MAX)
            fail_msg("%d %s for %s", a.status, buf_cstr(&a.body), refused[i].body);
        if (flat)
            assert_true(says(doc, "object", "error") && number(doc, "code") == a.status);
        else if (strcmp(refused[i].path, C) != 0)
            assert_int_equal(number(doc, "error.code"), a.status);
        assert_int_equal(a.ledger.n, 0);
        json_free(doc);
        chat_answer_release(&a);
    }
}

#define PROBLEM                                                                                    \
    "A board has $6$ rows and $7$ columns of unit squares. The square in row $2$ and column $3$ "  \
    "is painted. Find the number of rectangles made of squares of the board that do not contain "  \
    "the painted square."
#define TURN "<|im_start|>user\\n" PROBLEM "<|im_end|>\\n<|im_start|>assistant\\n"
#define THINK TURN "<think>\\n"
#define ASK(rest)                                                                                  \
    "{" SMALL "\"prompt\":\"" THINK                                                                \
    "\",\"temperature\":0,\"skip_special_tokens\":false,\"max_tokens\":3000" rest "}"

/* Ids of a text, made here. */
static struct vocab_ids ids_of(const char *text)
{
    struct vocab_ids ids = {0};

    vocab_encode(str_c(text), true, &ids);
    return ids;
}

static void check_ids(const struct json *list, const struct vocab_ids *want)
{
    assert_int_equal(json_len(list), want->n);
    for (size_t i = 0; i < want->n; i++) {
        int64_t v = -1;
        assert_true(json_int(json_at(list, i), &v));
        assert_int_equal(v, want->v[i]);
    }
}

/* The whole turn: thoughts, the tag, the answer, the end of the turn as a token without text. */
static void a_whole_turn(void **state)
{
    struct json *doc = ask_json(C, ASK(",\"return_token_ids\":true"));
    const struct json *c = choice(doc);
    struct str text = json_str(json_get(c, "text"));
    struct vocab_ids ids = ids_of(text.p), prompt = {0};

    (void)state;
    vocab_ids_add(&ids, VOCAB_END);
    check_ids(json_get(c, "token_ids"), &ids);
    assert_true(says(doc, "object", "text_completion") && says(c, "finish_reason", "stop"));
    assert_int_equal(json_type(json_get(c, "stop_reason")), JSON_NULL);
    assert_int_equal(json_type(json_get(c, "logprobs")), JSON_NULL);
    assert_int_equal(number(doc, "usage.completion_tokens"), ids.n);
    assert_int_equal(number(doc, "usage.prompt_tokens"), json_len(json_get(c, "prompt_token_ids")));
    assert_int_equal(
        number(doc, "usage.total_tokens"), number(doc, "usage.prompt_tokens") + (int64_t)ids.n);
    size_t tag = str_find(text, STR("\n</think>\n\n"), 0);
    assert_true(tag != SIZE_MAX && tag > 40);
    assert_true(str_find(str_from(text, tag), STR("The answer is "), 0) != SIZE_MAX);
    assert_true(str_find(text, STR("<think>"), 0) == SIZE_MAX);
    json_free(doc);
    vocab_ids_release(&ids);
    vocab_ids_release(&prompt);
}

static struct str text_of(struct json *doc, struct arena *arena)
{
    struct str text = arena_str(arena, json_str(json_get(choice(doc), "text")));

    json_free(doc);
    return text;
}

/* Stops: of text, of ids, kept or not, across tokens; limits; what min_tokens puts off. */
static void ends(void **state)
{
    struct arena arena = {0};
    struct str whole = text_of(ask_json(C, ASK("")), &arena);
    struct str thought = str_slice(whole, 0, str_find(whole, STR("</think>"), 0));
    struct json *doc =
        ask_json(C, ASK(",\"stop\":[\"</think>\",\"never\"],\"return_token_ids\":true"));

    (void)state;
    assert_true(says(choice(doc), "stop_reason", "</think>"));
    assert_true(str_eq(json_str(json_get(choice(doc), "text")), thought));
    int64_t n = number(doc, "usage.completion_tokens");
    const struct json *ids = json_get(choice(doc), "token_ids");
    int64_t last = -1;
    assert_true(json_int(json_at(ids, (size_t)n - 1), &last) && last == VOCAB_THINK_END);
    json_free(doc);
    doc = ask_json(C, ASK(",\"stop\":\"</think>\",\"include_stop_str_in_output\":true"));
    assert_int_equal(json_str(json_get(choice(doc), "text")).n, thought.n + strlen("</think>"));
    json_free(doc);
    doc = ask_json(C, ASK(",\"stop_token_ids\":[5]")); /* </think> */
    assert_int_equal(number(choice(doc), "stop_reason"), 5);
    assert_true(str_eq(json_str(json_get(choice(doc), "text")), thought));
    json_free(doc);
    /* with special tokens left out of the text the stop is never there */
    doc = ask_json(C, "{" SMALL "\"prompt\":\"" THINK
                      "\",\"temperature\":0,\"max_tokens\":3000,\"stop\":\"</think>\"}");
    assert_int_equal(json_type(json_get(choice(doc), "stop_reason")), JSON_NULL);
    assert_int_equal(json_str(json_get(choice(doc), "text")).n, whole.n - strlen("</think>"));
    json_free(doc);
    doc = ask_json(C, ASK(",\"stop\":\"ces of neigh\"")); /* inside two words */
    assert_true(says(choice(doc), "text", "Choi"));
    assert_int_equal(number(doc, "usage.completion_tokens"), 5); /* Choi ces of neig hbor */
    json_free(doc);
    doc = ask_json(C, ASK(",\"stop_token_ids\":[5],\"min_tokens\":2000"));
    assert_in_range(number(doc, "usage.completion_tokens"), 2001, 2009); /* to the sentence's end */
    assert_true(str_starts(json_str(json_get(choice(doc), "text")), whole));
    json_free(doc);
    doc = ask_json(C, ASK(",\"ignore_eos\":true"));
    assert_int_equal(number(doc, "usage.completion_tokens"), 3000);
    assert_true(says(choice(doc), "finish_reason", "length"));
    json_free(doc);
    arena_release(&arena);
}

/* Any limit cuts the same text; behind what it gave the rest follows, by text and by ids. */
static void limits_and_going_on(void **state)
{
    struct arena arena = {0};
    struct str whole = text_of(ask_json(C, ASK("")), &arena);
    struct buf body = BUF_INIT;

    (void)state;
    for (int limit = 1; limit < 140; limit += 9) {
        buf_reset(&body);
        buf_printf(&body,
            "{" SMALL "\"prompt\":\"" THINK "\",\"temperature\":0,\"skip_special_tokens\":false,"
            "\"return_token_ids\":true,\"max_tokens\":%d}",
            limit);
        struct json *doc = ask_json(C, buf_cstr(&body));
        struct str text = json_str(json_get(choice(doc), "text"));
        assert_int_equal(number(doc, "usage.completion_tokens"), limit);
        assert_true(says(choice(doc), "finish_reason", "length"));
        assert_true(str_starts(whole, text));
        buf_reset(&body);
        buf_puts(&body, "{" SMALL "\"temperature\":0,\"skip_special_tokens\":false,"
                        "\"max_tokens\":3000,\"prompt\":[");
        for (int k = 0; k < 2; k++) {
            const struct json *list = json_get(choice(doc), k ? "token_ids" : "prompt_token_ids");
            for (const struct json *v = json_first(list); v; v = json_next(v)) {
                buf_puts(&body, v == json_first(list) && !k ? "" : ",");
                json_print(&body, v);
            }
        }
        buf_puts(&body, "]}");
        struct str rest = text_of(ask_json(C, buf_cstr(&body)), &arena);
        assert_true(str_eq(rest, str_from(whole, text.n)));
        json_free(doc);
    }
    arena_release(&arena);
    buf_release(&body);
}

/* The answer is asked for before its time: what was written counts, the rest is done unseen. */
static void forced_answer(void **state)
{
    struct arena arena = {0};
    struct str text = text_of(
        ask_json(C,
            "{" SMALL "\"prompt\":\"" THINK
            "All rectangles: 21 * 28 = 588.\\n</think>\\nFinal Answer:\",\"temperature\":0}"),
        &arena);

    (void)state;
    assert_true(str_starts(text, STR(" The answer is ")));
    assert_true(str_find(text, STR("\n"), 0) == SIZE_MAX);
    text = text_of(ask_json(C, "{" SMALL "\"prompt\":\"" TURN
                               "<|im_start|>think\\nx\\n<|im_start|>answer\\nFinal Answer:\","
                               "\"temperature\":0}"),
        &arena);
    assert_true(str_starts(text, STR(" The answer is ")));
    /* a model that thinks unasked opens its tag itself */
    text = text_of(ask_json(C, "{\"model\":\"phantom/reasoner\",\"prompt\":\"" TURN
                               "\",\"temperature\":0,\"skip_special_tokens\":false}"),
        &arena);
    assert_true(str_starts(text, STR("<think>\nChoices")));
    /* s1's own delimiter ends the thoughts that it began */
    text =
        text_of(ask_json(C, "{" SMALL "\"prompt\":\"" TURN "<|im_start|>think\",\"temperature\":0,"
                            "\"skip_special_tokens\":false,\"max_tokens\":3000}"),
            &arena);
    assert_true(str_starts(text, STR("\nChoices")));
    assert_true(str_find(text, STR("<|im_start|>answer\n"), 0) != SIZE_MAX);
    assert_true(str_find(text, STR("</think>"), 0) == SIZE_MAX);
    arena_release(&arena);
}

/* All events of a stream put together; the last usage. */
static void gather(struct str stream, const char *text_path, struct buf *text, struct buf *ids,
    struct str *ret_last, bool *ret_done)
{
    struct str rest = stream, line;

    *ret_done = false;
    while (str_cut(&rest, '\n', &line)) {
        if (!line.n)
            continue;
        assert_true(str_starts(line, STR("data: ")));
        line = str_from(line, 6);
        if (str_eqc(line, "[DONE]")) {
            *ret_done = true;
            continue;
        }
        *ret_last = line;
        struct json *doc = parsed_text(line);
        const struct json *c = strcmp(text_path, "text") == 0 ? choice(doc) : doc;
        buf_str_add(text, json_str(json_get(c, text_path)));
        for (const struct json *v =
                 json_first(json_get(c, strcmp(text_path, "text") == 0 ? "token_ids" : "tokens"));
             v; v = json_next(v)) {
            json_print(ids, v);
            buf_putc(ids, ' ');
        }
        json_free(doc);
    }
}

static void streams_are_the_same(void **state)
{
    static const char *const variants[] = {"", ",\"stop\":\"ces of neigh\"", ",\"echo\":true",
        ",\"max_tokens\":1", ",\"max_tokens\":7", ",\"stop\":\"</think>\""};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(variants); i++) {
        struct buf body = BUF_INIT, text = BUF_INIT, ids = BUF_INIT, want = BUF_INIT;
        struct str last = STR("");
        bool done;
        const char *head =
            "{" SMALL "\"prompt\":\"" THINK "\",\"temperature\":0,\"skip_special_tokens\":false,"
            "\"return_token_ids\":true";
        const char *limit = strstr(variants[i], "max_tokens") ? "" : ",\"max_tokens\":3000";
        buf_printf(&body, "%s%s%s}", head, variants[i], limit);
        struct json *plain = ask_json(C, buf_cstr(&body));
        buf_reset(&body);
        buf_printf(&body, "%s%s%s,\"stream\":true,\"stream_options\":{\"include_usage\":true}}",
            head, variants[i], limit);
        struct chat_answer a = post(C, buf_cstr(&body));
        assert_true(a.status == 200 && a.stream);
        gather(buf_str(&a.body), "text", &text, &ids, &last, &done);
        const struct json *list = json_get(choice(plain), "token_ids");
        for (const struct json *v = json_first(list); v; v = json_next(v)) {
            json_print(&want, v);
            buf_putc(&want, ' ');
        }
        assert_true(done);
        assert_true(str_eq(buf_str(&text), json_str(json_get(choice(plain), "text"))));
        assert_true(str_eq(buf_str(&ids), buf_str(&want)));
        struct json *usage = parsed_text(last);
        assert_int_equal(json_len(json_get(usage, "choices")), 0);
        assert_int_equal(
            number(usage, "usage.completion_tokens"), number(plain, "usage.completion_tokens"));
        json_free(usage);
        json_free(plain);
        chat_answer_release(&a);
        buf_release(&body);
        buf_release(&text);
        buf_release(&ids);
        buf_release(&want);
    }
}

/* llama.cpp: its words for the end; texts of a stream add up, and nothing marks its end. */
static void llama_form(void **state)
{
    struct buf text = BUF_INIT, ids = BUF_INIT;
    struct str last = STR("");
    bool done;
    struct json *doc = ask_json("/completion",
        "{\"prompt\":\"" THINK "\",\"temperature\":0,\"n_predict\":-1,\"return_tokens\":true}");

    (void)state;
    assert_true(says(doc, "stop_type", "eos") && says(doc, "stopping_word", ""));
    assert_true(json_bool(json_get(doc, "stop"), false));
    assert_int_equal(json_len(json_get(doc, "tokens")), number(doc, "tokens_predicted"));
    struct chat_answer a = post("/completion",
        "{\"prompt\":\"" THINK "\",\"temperature\":0,\"n_predict\":-1,\"stream\":true}");
    gather(buf_str(&a.body), "content", &text, &ids, &last, &done);
    assert_true(!done && str_eq(buf_str(&text), json_str(json_get(doc, "content"))));
    assert_true(str_find(buf_str(&text), STR("</think>"), 0) != SIZE_MAX);
    json_free(doc);
    doc = parsed_text(last);
    assert_true(json_bool(json_get(doc, "stop"), false) && says(doc, "stop_type", "eos"));
    json_free(doc);
    chat_answer_release(&a);
    doc = ask_json("/completion",
        "{\"prompt\":\"" THINK "\",\"temperature\":0,\"n_predict\":900,\"stop\":[\"</think>\"]}");
    assert_true(says(doc, "stop_type", "word") && says(doc, "stopping_word", "</think>"));
    assert_int_equal(json_len(json_get(doc, "tokens")), 0);
    json_free(doc);
    /* the token that begins texts, and ids mixed with texts */
    doc = ask_json("/completion", "{\"prompt\":\"hi\",\"n_predict\":2}");
    assert_true(says(doc, "stop_type", "limit") && number(doc, "tokens_evaluated") == 2);
    json_free(doc);
    doc = ask_json("/completion", "{\"prompt\":[0,\"hi there\",3],\"n_predict\":2}");
    assert_int_equal(number(doc, "tokens_evaluated"), 5); /* BOS hi ther e END */
    json_free(doc);
    buf_release(&text);
    buf_release(&ids);
}

/* SGLang: the end in meta_info; the text of a stream grows. */
static void sglang_form(void **state)
{
    struct json *doc = ask_json("/generate",
        "{\"text\":\"" THINK "\",\"sampling_params\":{\"temperature\":0,\"max_new_tokens\":900,"
        "\"stop\":[\"</think>\"],\"skip_special_tokens\":false}}");
    struct arena arena = {0};

    (void)state;
    struct str text = arena_str(&arena, json_str(json_get(doc, "text")));
    assert_true(says(doc, "meta_info.finish_reason.type", "stop"));
    assert_true(says(doc, "meta_info.finish_reason.matched", "</think>"));
    assert_int_equal(
        json_len(json_get(doc, "output_ids")), number(doc, "meta_info.completion_tokens"));
    json_free(doc);
    doc = ask_json("/generate", "{\"text\":\"hi\",\"sampling_params\":{\"max_new_tokens\":2}}");
    assert_true(says(doc, "meta_info.finish_reason.type", "length"));
    assert_int_equal(number(doc, "meta_info.finish_reason.length"), 2);
    assert_int_equal(number(doc, "meta_info.prompt_tokens"), 1);
    json_free(doc);
    doc = ask_json("/generate", "{\"text\":\"hi\",\"sampling_params\":{\"max_new_tokens\":90}}");
    assert_int_equal(number(doc, "meta_info.finish_reason.matched"), VOCAB_END);
    json_free(doc);
    struct chat_answer a = post("/generate",
        "{\"text\":\"" THINK "\",\"stream\":true,\"sampling_params\":{\"temperature\":0,"
        "\"max_new_tokens\":900,\"stop\":[\"</think>\"],\"skip_special_tokens\":false}}");
    struct str rest = buf_str(&a.body), line, before = STR("");
    while (str_cut(&rest, '\n', &line)) {
        if (!line.n || str_eqc(line, "data: [DONE]"))
            continue;
        doc = parsed_text(str_from(line, 6));
        struct str now = arena_str(&arena, json_str(json_get(doc, "text")));
        assert_true(str_starts(now, before));
        before = now;
        json_free(doc);
    }
    assert_true(str_eq(before, text));
    chat_answer_release(&a);
    arena_release(&arena);
}

/* A cap of thinking tokens, by each server's name for it; and a model that ignores it. */
static void raw_budgets(void **state)
{
    static const struct {
        const char *path, *body;
        int64_t thought;
    } cases[] = {
        {C, ASK(",\"thinking_token_budget\":20"), 20},
        {C, ASK(",\"thinking_token_budget\":0"), 0},
        {"/completion",
            "{" SMALL "\"prompt\":\"" THINK "\",\"temperature\":0,\"reasoning_budget_tokens\":20}",
            20},
        {"/generate",
            "{" SMALL "\"text\":\"" THINK
            "\",\"sampling_params\":{\"temperature\":0,\"max_new_tokens\":3000,"
            "\"skip_special_tokens\":false,\"custom_params\":{\"thinking_budget\":20}}}",
            20},
        {C,
            "{\"model\":\"phantom/small:ignore-thinking\",\"prompt\":\"" THINK
            "\",\"temperature\":0,\"skip_special_tokens\":false,\"max_tokens\":3000,"
            "\"thinking_token_budget\":20}",
            -1},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct json *doc = ask_json(cases[i].path, cases[i].body);
        const struct json *at = i == 2 || i == 3 ? doc : choice(doc);
        struct str text = json_str(json_get(at, i == 2 ? "content" : "text"));
        size_t tag = str_find(text, STR("</think>"), 0);
        assert_true(tag != SIZE_MAX);
        struct buf thought = BUF_INIT;
        buf_str_add(&thought, str_trim(str_slice(text, 0, tag)));
        struct vocab_ids ids = ids_of(buf_cstr(&thought));
        if (cases[i].thought >= 0)
            assert_int_equal(ids.n, cases[i].thought);
        else
            assert_true(ids.n > 100);
        vocab_ids_release(&ids);
        buf_release(&thought);
        json_free(doc);
    }
}

/* Same bytes and seed, same bytes; other seeds differ; ids and text are one prompt; the ledger. */
static void determinism(void **state)
{
#define SEEDED(seed)                                                                               \
    "{" SMALL "\"prompt\":\"" THINK "\",\"temperature\":1,\"max_tokens\":900,\"seed\":" seed "}"
    struct chat_answer a = post(C, SEEDED("1")), b = post(C, SEEDED("1"));
    size_t same = 0;

    (void)state;
    assert_true(str_eq(buf_str(&a.body), buf_str(&b.body)));
    struct json *doc = parsed_text(buf_str(&a.body)),
                *line = parsed_text(str_trim(buf_str(&a.ledger)));
    assert_int_equal(number(line, "completion_tokens"), number(doc, "usage.completion_tokens"));
    assert_int_equal(number(line, "prompt_tokens"), number(doc, "usage.prompt_tokens"));
    assert_true(number(line, "reasoning_tokens") > 50);
    assert_true(number(line, "reasoning_tokens") < number(line, "completion_tokens"));
    json_free(line);
    json_free(doc);
    for (int seed = 2; seed < 40; seed++) {
        struct buf body = BUF_INIT;
        buf_printf(&body,
            "{" SMALL "\"prompt\":\"" THINK "\",\"temperature\":1,\"max_tokens\":900,\"seed\":%d}",
            seed);
        struct chat_answer other = post(C, buf_cstr(&body));
        doc = parsed_text(buf_str(&other.body));
        struct json *first = parsed_text(buf_str(&a.body));
        same += str_eq(
            json_str(json_get(choice(doc), "text")), json_str(json_get(choice(first), "text")));
        json_free(first);
        json_free(doc);
        chat_answer_release(&other);
        buf_release(&body);
    }
    assert_true(same < 38);
    chat_answer_release(&a);
    chat_answer_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_requests),
        cmocka_unit_test(a_whole_turn),
        cmocka_unit_test(ends),
        cmocka_unit_test(limits_and_going_on),
        cmocka_unit_test(forced_answer),
        cmocka_unit_test(streams_are_the_same),
        cmocka_unit_test(llama_form),
        cmocka_unit_test(sglang_form),
        cmocka_unit_test(raw_budgets),
        cmocka_unit_test(determinism),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
