/*
 * test_probe.c - what a probe says of servers made up here: one that honours everything, one that
 * takes everything and does nothing, one that refuses whatever is optional, and broken ones.
 */
#include "harness/run/probe.h"

#include "tests/unit/test_forcing_lab.h"

enum manner { HONOURS, IGNORES, REFUSES, SAYS };

/* The other end of the wire. */
struct server {
    enum manner manner;
    long status; /* SAYS: what it answers to everything */
    struct str says;
    int64_t calls, stop_at; /* stop_at: this call ends the probe, 0 = none does */
    struct lab lab;         /* HONOURS: raw completions */
    struct buf body;
    struct json_writer w;
};

static struct arena arena;
static struct probe_report report;

static int teardown(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

/* ---- chats ----------------------------------------------------------------------------------- */

struct said {
    const char *text;
    int64_t visible, reasoning;
    size_t calls, choices;
    bool cut;
};

static struct str last_text(const struct json *ask)
{
    const struct json *m = json_get(ask, "messages"), *last = NULL;

    for (const struct json *v = json_first(m); v; v = json_next(v))
        last = v;
    return json_str(json_get(last, "content"));
}

static bool asks_for(const struct json *ask, const char *words)
{
    return str_find(last_text(ask), str_c(words), 0) != SIZE_MAX;
}

static void put_calls(struct json_writer *w, const struct json *ask, size_t n)
{
    const struct json *tool = json_first(json_get(ask, "tools"));

    jsonw_array(w, "tool_calls");
    for (size_t i = 0; i < n; i++) {
        jsonw_object(w, NULL);
        jsonw_cstr(w, "id", i ? "b" : "a");
        jsonw_cstr(w, "type", "function");
        jsonw_object(w, "function");
        jsonw_str(w, "name", json_str(json_path(tool, "function.name")));
        jsonw_cstr(w, "arguments", "{\"city\":\"Oslo\"}");
        jsonw_end_object(w);
        jsonw_end_object(w);
    }
    jsonw_end_array(w);
}

static void put_chat(struct server *s, const struct json *ask, const struct said *said)
{
    bool stream = json_bool(json_get(ask, "stream"), false);
    struct json_writer *w = &s->w;

    if (stream)
        buf_puts(&s->body, "data: ");
    *w = json_writer(&s->body, 0);
    jsonw_object(w, NULL);
    jsonw_cstr(w, "model", "made-up 1");
    jsonw_array(w, "choices");
    for (size_t i = 0; i < said->choices; i++) {
        jsonw_object(w, NULL);
        jsonw_int(w, "index", (int64_t)i);
        jsonw_object(w, stream ? "delta" : "message");
        jsonw_cstr(w, "content", said->text);
        if (said->calls)
            put_calls(w, ask, said->calls);
        jsonw_end_object(w);
        jsonw_cstr(w, "finish_reason", said->cut ? "length" : said->calls ? "tool_calls" : "stop");
        jsonw_end_object(w);
    }
    jsonw_end_array(w);
    jsonw_object(w, "usage");
    jsonw_int(w, "prompt_tokens", 10);
    jsonw_int(w, "completion_tokens", said->visible + said->reasoning);
    jsonw_object(w, "completion_tokens_details");
    jsonw_int(w, "reasoning_tokens", said->reasoning);
    jsonw_end_object(w);
    jsonw_end_object(w);
    jsonw_end_object(w);
    if (stream)
        buf_puts(&s->body, "\n\ndata: [DONE]\n\n");
}

static long refuse(struct server *s, long status, const char *why)
{
    buf_printf(&s->body, "{\"error\":{\"message\":\"%s\"}}", why);
    return status;
}

static int64_t limit_of(const struct json *ask)
{
    return lab_int(ask, "max_completion_tokens", lab_int(ask, "max_tokens", 1000000));
}

/* Thinking follows the effort or the number; -1: a word that is none. */
static int64_t honour_thinking(const struct json *ask)
{
    struct str effort = json_str(json_get(ask, "reasoning_effort"));
    int64_t most = lab_int(ask, "think_tokens", 300);

    if (str_eqc(effort, "low"))
        return 20;
    if (str_eqc(effort, "high"))
        return 90;
    if (effort.n)
        return -1;
    if (!asks_for(ask, "apples") || json_get(ask, "no_think"))
        return 0;
    return most < 300 ? most : 300;
}

/* A list of cities makes two calls, unless one tool must be called. */
static long honour_chat(struct server *s, const struct json *ask)
{
    struct said said = {.text = "yes", .visible = 1, .choices = (size_t)lab_int(ask, "n", 1)};
    int64_t limit = limit_of(ask);

    said.reasoning = honour_thinking(ask);
    if (json_get(ask, "sleepbench_probe"))
        return refuse(s, 400, "what is sleepbench_probe?");
    if (said.reasoning < 0)
        return refuse(s, 400, "no such effort");
    if (asks_for(ask, "Count from 1")) {
        said.text = "1\n2\n3";
        said.visible = limit < 200 ? limit : 200;
        said.cut = limit < 200;
    }
    if (asks_for(ask, "random order"))
        said.text = lab_int(ask, "seed", 0) == 1 ? "qwe" : "rty";
    if (str_eqc(last_text(ask), "a b c d e f"))
        said.text = " g h i";
    if (json_get(ask, "tools"))
        said.calls = json_get(ask, "tool_choice") ? 1 : 2;
    put_chat(s, ask, &said);
    return 200;
}

/* Takes everything, and always says more of the same. */
static long ignore_chat(struct server *s, const struct json *ask)
{
    struct said said = {.visible = 100, .reasoning = 200, .choices = 1};

    said.text = arena_printf(&arena, "answer %lld", (long long)s->calls);
    (void)ask; /* it does not even look */
    put_chat(s, NULL, &said);
    return 200;
}

static long refuse_chat(struct server *s, const struct json *ask)
{
    static const char *const known[] = {"model", "messages", "max_tokens"};
    static const struct said yes = {.text = "yes", .visible = 3, .choices = 1};

    for (const struct json *v = json_first(ask); v; v = json_next(v)) {
        bool found = false;
        for (size_t i = 0; i < ARRAY_LEN(known); i++)
            found = found || str_eqc(json_key(v), known[i]);
        if (!found)
            return refuse(s, 400, "only the bare minimum");
    }
    put_chat(s, NULL, &yes);
    return 200;
}

/* ---- other paths ----------------------------------------------------------------------------- */

/* Every byte is a token of one nat. */
static long honour_scores(struct server *s, const struct json *ask)
{
    s->w = json_writer(&s->body, 0);
    jsonw_object(&s->w, NULL);
    jsonw_array(&s->w, "choices");
    jsonw_object(&s->w, NULL);
    jsonw_int(&s->w, "index", 0);
    jsonw_cstr(&s->w, "text", "x");
    jsonw_cstr(&s->w, "finish_reason", "length");
    jsonw_array(&s->w, "prompt_logprobs");
    bool first = true;
    for (const struct json *v = json_first(json_get(ask, "prompt")); v; v = json_next(v)) {
        int64_t id = 0;
        assert_true(json_int(v, &id));
        if (first) {
            jsonw_null(&s->w, NULL);
        } else {
            jsonw_object(&s->w, NULL);
            jsonw_object(&s->w, arena_printf(&arena, "%lld", (long long)id));
            jsonw_num(&s->w, "logprob", -1);
            jsonw_cstr(&s->w, "decoded_token", arena_printf(&arena, "%c", (char)id));
            jsonw_end_object(&s->w);
            jsonw_end_object(&s->w);
        }
        first = false;
    }
    jsonw_end_array(&s->w);
    jsonw_end_object(&s->w);
    jsonw_end_array(&s->w);
    jsonw_end_object(&s->w);
    return 200;
}

static long honour(struct server *s, struct str path, const struct json *ask, struct str body)
{
    if (str_eqc(path, "/v1/chat/completions"))
        return honour_chat(s, ask);
    if (str_eqc(path, "/v1/models")) {
        buf_puts(&s->body, "{\"data\":[{\"id\":\"other\",\"max_model_len\":1},"
                           "{\"id\":\"m\",\"max_model_len\":4096}]}");
        return 200;
    }
    if (str_eqc(path, "/v1/batches")) {
        buf_puts(&s->body, "{\"object\":\"list\",\"data\":[]}");
        return 200;
    }
    if (json_get(ask, "prompt_logprobs"))
        return honour_scores(s, ask);
    bool raw = str_eqc(path, "/tokenize") || str_eqc(path, "/detokenize");
    if (!raw && !str_eqc(path, "/v1/completions"))
        return refuse(s, 404, "no such path");
    s->lab.dialect = "vllm";
    buf_str_add(&s->body,
        lab_answer(&s->lab,
            raw ? str_c(arena_printf(&arena, "~%.*s", STR_ARG(path))) : STR("/completions"), body));
    return 200;
}

static enum err_code ask(
    void *payload, const char *url, struct str body, struct probe_answer *ret, struct err *err)
{
    static const struct str base = {"http://h", 8};
    struct server *s = payload;
    struct json *doc = NULL;
    struct str path = str_from(str_c(url), base.n);

    assert_true(str_starts(str_c(url), base));
    if (++s->calls == s->stop_at)
        return err_set(err, ERR_STOPPED, "that was enough");
    if (body.n)
        assert_int_equal(json_parse(body, JSON_STRICT, &doc, NULL), OK);
    buf_reset(&s->body);
    bool chat = str_eqc(path, "/v1/chat/completions");
    *ret = (struct probe_answer){.status = 200, .why = "nobody is there"};
    if (s->manner == SAYS) {
        ret->status = s->status;
        buf_str_add(&s->body, s->says);
    } else if (s->manner == HONOURS) {
        ret->status = honour(s, path, doc, body);
    } else if (chat && s->manner == IGNORES) {
        ret->status = ignore_chat(s, doc);
    } else if (chat) {
        ret->status = refuse_chat(s, doc);
    } else {
        ret->status = refuse(s, 404, "no such path");
    }
    ret->body = buf_str(&s->body);
    json_free(doc);
    return OK;
}

static enum err_code probe_at(struct server *s, struct err *err)
{
    static const char *const none[] = {NULL};
    struct run_endpoint e = {
        .provider = provider_find(STR("openai-chat")),
        .url = "http://h/v1/chat/completions",
        .base = STR("http://h/v1"),
        .headers = none,
        .model = STR("m"),
        .traits = traits_default,
        .name = "h/m",
    };
    struct probe_wire wire = {s, ask};

    e.traits.thinking_key = STR("think_tokens");
    e.traits.none_with = STR("{\"no_think\":true}");
    enum err_code code = probe_endpoint(&e, &wire, &arena, &report, err);
    buf_release(&s->body);
    lab_release(&s->lab);
    return code;
}

static void probed(struct server *s)
{
    struct err err;

    arena_release(&arena);
    if (probe_at(s, &err))
        fail_msg("%s", err.msg);
    assert_int_equal(report.calls, s->calls);
}

/* ---- what is expected ------------------------------------------------------------------------ */

struct expected {
    const char *feature, *result, *detail; /* detail NULL: whatever it is */
};

static void rows_are(const struct expected *rows, size_t n)
{
    for (size_t i = 0; i < report.n || i < n; i++) {
        const char *feature = i < report.n ? report.rows[i].feature : "nothing";
        const char *result = i < report.n ? probe_result_text(report.rows[i].result) : "";
        struct str detail = i < report.n ? report.rows[i].detail : STR("");
        if (i >= n || strcmp(feature, rows[i].feature) != 0 ||
            strcmp(result, rows[i].result) != 0 ||
            (rows[i].detail && !str_eqc(detail, rows[i].detail)))
            fail_msg("row %zu is %s | %s | %.*s, not %s | %s | %s", i, feature, result,
                STR_ARG(detail), i < n ? rows[i].feature : "nothing", i < n ? rows[i].result : "",
                i < n && rows[i].detail ? rows[i].detail : "*");
    }
}

static void one_that_honours(void **state)
{
    static const struct expected rows[] = {
        {"answers", "yes", "ok, finish stop"},
        {"served by", "yes", "made-up 1"},
        {"usage", "yes", "10 in, 1 out"},
        {"reasoning text", "no", "0 bytes"},
        {"reasoning count", "yes", "0 tokens"},
        {"list of models", "yes", "status 200, 2 models"},
        {"context limit", "yes", "4096 tokens, by the list of models"},
        {"limit max_tokens", "yes", "16 asked for, 16 came, finish length"},
        {"limit max_completion_tokens", "yes", "16 asked for, 16 came, finish length"},
        {"stream", "yes", "ok, finish stop"},
        {"usage in streams", "yes", "1 out"},
        {"temperature", "yes", "0.5 is taken"},
        {"seed", "yes", "one seed gave one text, another seed another"},
        {"n", "yes", "2 asked for, 2 came"},
        {"tools", "yes", "2 calls, ok"},
        {"parallel tools", "yes", "2 calls in one turn"},
        {"tool choice", "yes", "1 calls"},
        {"tools with effort", "yes", "2 calls"},
        {"effort", "yes", "tokens: none 0, low 20, high 90"}, /* none: by no_think */
        {"thinking tokens", "yes", "64 asked for, 64 came"},
        {"thinking off", "yes", "0 tokens and 0 bytes of thinking"},
        {"unknown members", "refused", "status 400: what is sleepbench_probe?"},
        {"token floor, text", "yes", "1 tokens for one word"},
        {"token floor, tool", "yes", "1 tokens for one word"},
        {"prefix continuation", "yes", "behind \"a b c d e f\" came \" g h i\""},
        {"tokenize", "yes", "7 tokens of \"one two\""},
        {"log-probabilities", "yes", "vllm: -31.000 nats over 31 tokens"},
        {"budget forcing", "yes", "vllm: 16 tokens asked for, 16 came"},
        {"batches", "yes", "status 200"},
    };
    struct server s = {.manner = HONOURS, .lab = {.script = {"thinking~", "391"}}};

    (void)state;
    probed(&s);
    rows_are(rows, ARRAY_LEN(rows));
    assert_str(report.traits,
        "{\"context\":4096,\"limit_key\":\"max_tokens\",\"sampling\":true,"
        "\"efforts\":[\"none\",\"low\",\"high\"],\"scoring\":\"vllm\",\"forcing\":\"vllm\","
        "\"batch\":\"openai\"}");
    assert_true(report.tokens_in > 0 && report.tokens_out > 0);
}

static void one_that_ignores(void **state)
{
    static const struct expected rows[] = {
        {"answers", "yes", "ok, finish stop"},
        {"served by", "yes", "made-up 1"},
        {"usage", "yes", "10 in, 300 out"},
        {"reasoning text", "no", "0 bytes"},
        {"reasoning count", "yes", "200 tokens"},
        {"list of models", "no", "status 404, 0 models"},
        {"context limit", "unknown", "the server does not tell"},
        {"limit max_tokens", "ignored", "16 asked for, 300 came, finish stop"},
        {"limit max_completion_tokens", "ignored", "16 asked for, 300 came, finish stop"},
        {"stream", "yes", NULL}, /* a plain body is understood all the same */
        {"usage in streams", "yes", "300 out"},
        {"temperature", "yes", "0.5 is taken"},
        {"seed", "ignored", "one seed gave two texts"},
        {"n", "ignored", "2 asked for, 1 came"},
        {"tools", "ignored", "0 calls, ok"},
        {"parallel tools", "unknown", "0 calls in one turn"},
        {"tool choice", "ignored", "0 calls"},
        {"tools with effort", "yes", "0 calls"},
        {"effort", "ignored",
            "tokens: none 200, minimal 200, low 200, medium 200, high 200, xhigh 200, max 200"},
        {"thinking tokens", "ignored", "64 asked for, 200 came"},
        {"thinking off", "ignored", "200 tokens and 0 bytes of thinking"},
        {"unknown members", "ignored", "a misspelt parameter would go unnoticed"},
        {"token floor, text", "yes", "300 tokens for one word"},
        {"token floor, tool", "ignored", "300 tokens for one word"},
        {"prefix continuation", "unknown", NULL},
        {"tokenize", "no", "status 404"},
        {"log-probabilities", "no", "no dialect works; last: no such path"},
        {"budget forcing", "ignored", NULL},
        {"batches", "no", "status 404"},
    };
    struct server s = {.manner = IGNORES};

    (void)state;
    probed(&s);
    rows_are(rows, ARRAY_LEN(rows));
    /* what is dropped is taken from the endpoint: a plan then refuses to ask for it */
    assert_str(report.traits, "{\"sampling\":true,\"effort_key\":null,\"thinking_key\":null}");
}

static void one_that_refuses(void **state)
{
    static const struct expected rows[] = {
        {"answers", "yes", "ok, finish stop"},
        {"served by", "yes", "made-up 1"},
        {"usage", "yes", "10 in, 3 out"},
        {"reasoning text", "no", "0 bytes"},
        {"reasoning count", "yes", "0 tokens"},
        {"list of models", "no", "status 404, 0 models"},
        {"context limit", "unknown", "the server does not tell"},
        {"limit max_tokens", "unknown", "4 asked for, 3 came, finish stop"},
        {"limit max_completion_tokens", "refused", "status 400: only the bare minimum"},
        {"stream", "refused", "status 400: only the bare minimum"},
        {"temperature", "refused", "status 400: only the bare minimum"},
        {"seed", "refused", "status 400: only the bare minimum"},
        {"n", "refused", "status 400"},
        {"tools", "refused", "status 400: only the bare minimum"},
        {"effort", "refused", "no word is taken"},
        {"thinking tokens", "refused", "status 400: only the bare minimum"},
        {"thinking off", "refused", "status 400: only the bare minimum"},
        {"unknown members", "refused", "status 400: only the bare minimum"},
        {"token floor, text", "yes", "3 tokens for one word"},
        {"token floor, tool", "refused", "status 400: only the bare minimum"},
        {"prefix continuation", "unknown", "behind \"a b c d e f\" came \"\""},
        {"tokenize", "no", "status 404"},
        {"log-probabilities", "no", "no dialect works; last: no such path"},
        {"budget forcing", "no", "no dialect works; last: only the bare minimum"},
        {"batches", "no", "status 404"},
    };
    struct server s = {.manner = REFUSES};

    (void)state;
    probed(&s);
    rows_are(rows, ARRAY_LEN(rows));
    assert_str(report.traits,
        "{\"sampling\":false,\"tools\":false,\"effort_key\":null,\"thinking_key\":null}");
}

/* ---- broken ones ----------------------------------------------------------------------------- */

static bool one_line(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (strchr("\n\r\t\v\f", s.p[i]) && s.p[i])
            return false;
    return true;
}

/* Whatever was heard: one line a row, and traits that can be read. */
static void is_sound(void)
{
    struct traits t = traits_default;
    struct json *doc;
    struct err err;

    for (size_t i = 0; i < report.n; i++)
        if (!one_line(report.rows[i].detail))
            fail_msg("%s: %.*s", report.rows[i].feature, STR_ARG(report.rows[i].detail));
    if (json_parse(report.traits, JSON_STRICT, &doc, &err) ||
        field_load(&traits_table, &t, doc, "traits", &arena, &err) ||
        traits_check(&t, "traits", &err))
        fail_msg("%s in %.*s", err.msg, STR_ARG(report.traits));
    json_free(doc);
}

#define HOSTILE                                                                                    \
    "\\n\\u001b[31m\\\"},{\\\"x\\\":\\u0000\\r\\n%s%n\\ud800 \\u202e\xC3\xA9\xFF '; DROP TABLE --"
#define HOSTILE_CHAT                                                                               \
    "{\"model\":\"" HOSTILE "\",\"system_fingerprint\":\"" HOSTILE                                 \
    "\",\"choices\":[{\"message\":{\"content\":\"" HOSTILE "\",\"reasoning_content\":\"" HOSTILE   \
    "\",\"tool_calls\":[{\"id\":\"" HOSTILE "\",\"function\":{\"name\":\"" HOSTILE                 \
    "\",\"arguments\":\"" HOSTILE "\"}}]},\"finish_reason\":\"" HOSTILE                            \
    "\"}],\"usage\":{\"prompt_tokens\":9e99,\"completion_tokens\":-5},\"data\":[{\"id\":\"m\","    \
    "\"max_model_len\":1e300}],\"tokens\":[\"" HOSTILE "\",1e99,-1],\"prompt\":\"" HOSTILE "\"}"

static void broken_ones(void **state)
{
    static const struct {
        long status;
        struct str says;
        const char *answers; /* result of the first row; NULL: the probe is an error */
    } cases[] = {
        {200, {"", 0}, "no"},
        {200, {"<html><body>a proxy</body></html>", 33}, "no"},
        {200, {"\0\xFF\x01{", 4}, "no"},
        {200, {"{", 1}, "no"},
        {200, {"[]", 2}, "no"},
        {200, {"null", 4}, "no"},
        {200, {"{\"error\":\"" HOSTILE "\"}", sizeof HOSTILE + 11}, "no"},
        {200, {HOSTILE_CHAT, sizeof HOSTILE_CHAT - 1}, NULL},
        {400, {"", 0}, "refused"},
        {400, {"{\"error\":{\"message\":\"" HOSTILE "\"}}", sizeof HOSTILE + 23}, "refused"},
        {422, {"<html>\n<p>no</p>\n", 17}, "refused"},
    };
    static const long hopeless[] = {0, 301, 401, 403, 404, 429, 500, 503};
    struct err err;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct server s = {.manner = SAYS, .status = cases[i].status, .says = cases[i].says};
        probed(&s);
        assert_string_equal(report.rows[0].feature, "answers");
        if (cases[i].answers)
            assert_string_equal(probe_result_text(report.rows[0].result), cases[i].answers);
        is_sound();
    }
    for (size_t i = 0; i < ARRAY_LEN(hopeless); i++) {
        struct server s = {.manner = SAYS,
            .status = hopeless[i],
            .says = STR("{\"error\":{\"message\":\"" HOSTILE "\"}}")};
        arena_release(&arena);
        assert_int_equal(probe_at(&s, &err), ERR_ENDPOINT);
        assert_message(err, "http://h/v1/chat/completions does not answer a plain question");
        assert_int_equal(s.calls, 1);
        is_sound();
    }
    assert_null(strstr(err.msg, "nobody")); /* its own words */
}

/* A long text of the server does not fill the table. */
static void words_are_few(void **state)
{
    struct buf body = BUF_INIT;

    (void)state;
    buf_puts(&body, "{\"error\":{\"message\":\"");
    for (int i = 0; i < 5000; i++)
        buf_puts(&body, "\xE2\x82\xAC");
    buf_puts(&body, "\"}}");
    struct server s = {.manner = SAYS, .status = 400, .says = buf_str(&body)};
    probed(&s);
    struct str detail = report.rows[0].detail;
    assert_true(str_starts(detail, STR("status 400: \xE2\x82\xAC")));
    assert_true(str_utf8_ok(detail));
    assert_true(str_utf8_count(detail) <= 12 + 100);
    buf_release(&body);
}

/* The wire says that there is no point in going on: at whatever request, nothing is asked behind.
 */
static void the_probe_can_end_anywhere(void **state)
{
    struct server whole = {.manner = HONOURS, .lab = {.script = {"thinking~", "391"}}};

    (void)state;
    probed(&whole);
    assert_true(whole.calls > 30);
    for (int64_t n = 1; n <= whole.calls; n++) {
        struct server s = {
            .manner = HONOURS, .stop_at = n, .lab = {.script = {"thinking~", "391"}}};
        struct err err;
        arena_release(&arena);
        assert_int_equal(probe_at(&s, &err), ERR_STOPPED);
        assert_string_equal(err.msg, "that was enough");
        assert_int_equal(s.calls, n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_that_honours),
        cmocka_unit_test(one_that_ignores),
        cmocka_unit_test(one_that_refuses),
        cmocka_unit_test(broken_ones),
        cmocka_unit_test(words_are_few),
        cmocka_unit_test(the_probe_can_end_anywhere),
    };

    return cmocka_run_group_tests(tests, NULL, teardown);
}
