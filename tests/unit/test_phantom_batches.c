/*
 * test_phantom_batches.c - the phantom's files and batches: uploads, lifecycles, results, lists and
 * refusals of both vendors, by their paths; no sockets.
 */
#include "tests/unit/test_phantom_lab.h"

#include "harness/base/clock.h"
#include "harness/phantom/batches.h"

#include <string.h>

static struct ledger no_ledger = {-1};

static struct batches *server(struct batches_options o)
{
    o.seed = 3;
    o.fates = 5;
    return batches_new(chat, &no_ledger, &o);
}

/* What was answered last; its JSON in `doc`. */
static struct chat_answer last;
static struct json *doc;

static int ask_all(struct batches *b, const struct batches_ask *ask)
{
    chat_answer_release(&last);
    json_free(doc);
    last = (struct chat_answer){0};
    doc = NULL;
    batches_answer(b, ask, &last);
    if (!last.type && json_parse(buf_str(&last.body), JSON_STRICT, &doc, NULL))
        fail_msg("no JSON: %s", buf_cstr(&last.body));
    return last.status;
}

static int get(struct batches *b, const char *path)
{
    return ask_all(b, &(struct batches_ask){.method = "GET", .path = path});
}

static int post_json(struct batches *b, const char *path, struct str body)
{
    return ask_all(b, &(struct batches_ask){.method = "POST", .path = path, .body = body});
}

static void forget(void)
{
    chat_answer_release(&last);
    json_free(doc);
    last = (struct chat_answer){0};
    doc = NULL;
}

static const char *path_of(const char *prefix, struct str id, const char *suffix)
{
    static char path[3][200];
    static int which;

    which = (which + 1) % 3;
    snprintf(path[which], sizeof path[which], "%s/%.*s%s", prefix, STR_ARG(id), suffix);
    return path[which];
}

static int64_t count_at(const char *path)
{
    int64_t v = -1;

    (void)json_int(json_path(doc, path), &v);
    return v;
}

static void assert_doc(const char *path, const char *expected)
{
    struct str s = json_str(json_path(doc, path));

    if (!str_eqc(s, expected))
        fail_msg(
            "%s is \"%.*s\", not \"%s\" in %s", path, STR_ARG(s), expected, buf_cstr(&last.body));
}

#define BODY(n)                                                                                    \
    "{\"model\":\"phantom/small\",\"seed\":" n ",\"messages\":[{\"role\":\"user\","                \
    "\"content\":\"Say " n "\"}]}"
#define LINE(id, body)                                                                             \
    "{\"custom_id\":\"" id                                                                         \
    "\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\",\"body\":" body "}\n"

static int upload_as(struct batches *b, const char *purpose, const char *name, struct str content)
{
    struct buf form = BUF_INIT;

    buf_printf(&form,
        "--X\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\n%s\r\n"
        "--X\r\nContent-Disposition: form-data; name=\"file\"; filename=\"%s\"\r\n"
        "Content-Type: application/jsonl\r\n\r\n",
        purpose, name);
    buf_str_add(&form, content);
    buf_puts(&form, "\r\n--X--\r\n");
    int status = ask_all(b, &(struct batches_ask){.method = "POST",
                                .path = "/v1/files",
                                .type = "multipart/form-data; boundary=X",
                                .body = buf_str(&form)});
    buf_release(&form);
    return status;
}

/* Uploads the lines and makes a batch of them; its id. */
static struct str begin(struct batches *b, struct str lines)
{
    static char id[64];
    struct buf body = BUF_INIT;

    assert_int_equal(upload_as(b, "batch", "x.jsonl", lines), 200);
    assert_int_equal(count_at("bytes"), (int64_t)lines.n);
    buf_printf(&body,
        "{\"input_file_id\":\"%.*s\",\"endpoint\":\"/v1/chat/completions\","
        "\"completion_window\":\"24h\",\"metadata\":{\"tag\":\"t\"}}",
        STR_ARG(json_str(json_get(doc, "id"))));
    assert_int_equal(post_json(b, "/v1/batches", buf_str(&body)), 200);
    buf_release(&body);
    struct str s = json_str(json_get(doc, "id"));
    memcpy(id, s.p, s.n);
    return (struct str){id, s.n};
}

/* Polls until the batch has left its working states; at most 10 s. Names every state that was seen
 * once, in their order. */
static const char *until_over(struct batches *b, const char *path, const char *key)
{
    static char seen[200];
    struct str before = STR("");
    char word[32] = "";

    seen[0] = '\0';
    for (int i = 0; i < 10000; i++) {
        assert_int_equal(get(b, path), 200);
        struct str s = json_str(json_get(doc, key));
        if (!str_eq(s, before)) {
            snprintf(word, sizeof word, "%.*s", STR_ARG(s));
            before = str_c(word);
            snprintf(
                seen + strlen(seen), sizeof seen - strlen(seen), "%s%s", seen[0] ? " " : "", word);
        }
        if (!str_eqc(s, "validating") && !str_eqc(s, "in_progress") && !str_eqc(s, "finalizing") &&
            !str_eqc(s, "cancelling") && !str_eqc(s, "canceling"))
            return seen;
        clock_sleep_ms(1);
    }
    fail_msg("still %s", word);
    return NULL;
}

static const char *over(struct batches *b, struct str id)
{
    return until_over(b, path_of("/v1/batches", id, ""), "status");
}

/* ---- OpenAI ---------------------------------------------------------------------------------- */

static void openai_whole_way(void **state)
{
    struct batches *b = server((struct batches_options){.polls = 5});
    struct chat_answer single = {0};
    struct json *line, *alone;

    (void)state;
    struct str id =
        begin(b, STR(LINE("one", BODY("1")) LINE("two", "{\"model\":\"phantom/small\"}")));
    assert_doc("status", "validating");
    assert_doc("metadata.tag", "t");
    assert_int_equal(json_type(json_get(doc, "output_file_id")), JSON_NULL);
    const char *seen = over(b, id);
    assert_non_null(strstr(seen, "in_progress"));
    assert_non_null(strstr(seen, "completed"));
    assert_int_equal(count_at("request_counts.total"), 2);
    assert_int_equal(count_at("request_counts.completed"), 1);
    assert_int_equal(count_at("request_counts.failed"), 1);
    assert_true(count_at("completed_at") >= count_at("created_at"));
    int64_t in = count_at("usage.input_tokens"), out = count_at("usage.output_tokens");
    assert_int_equal(count_at("usage.total_tokens"), in + out);
    char *errors =
        xstrdup(path_of("/v1/files", json_str(json_get(doc, "error_file_id")), "/content"));
    assert_int_equal(
        get(b, path_of("/v1/files", json_str(json_get(doc, "output_file_id")), "/content")), 200);
    /* the answer is what a single call of the same seeded body says, usage included */
    chat_answer(chat, "/v1/chat/completions", STR(BODY("1")), &single);
    assert_int_equal(json_parse(buf_str(&last.body), JSON_STRICT, &line, NULL), OK);
    assert_int_equal(json_parse(buf_str(&single.body), JSON_STRICT, &alone, NULL), OK);
    const char *const same[] = {"id", "model", "choices", "usage"};
    for (size_t i = 0; i < ARRAY_LEN(same); i++) {
        struct buf x = BUF_INIT, y = BUF_INIT;
        json_print(&x, json_get(json_path(line, "response.body"), same[i]));
        json_print(&y, json_get(alone, same[i]));
        assert_string_equal(buf_cstr(&x), buf_cstr(&y));
        buf_release(&x);
        buf_release(&y);
    }
    int64_t used = 0;
    assert_true(json_int(json_path(alone, "usage.prompt_tokens"), &used));
    assert_int_equal(used, in);
    assert_true(str_eqc(json_str(json_get(line, "custom_id")), "one"));
    json_free(line);
    json_free(alone);
    assert_int_equal(get(b, errors), 200);
    assert_non_null(strstr(buf_cstr(&last.body), "\"custom_id\":\"two\""));
    assert_non_null(strstr(buf_cstr(&last.body), "\"status_code\":400"));
    free(errors);
    chat_answer_release(&single);
    forget();
    batches_free(b);
}

static void add_lines(struct buf *out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        buf_printf(out,
            "{\"custom_id\":\"%zu\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\",\"body\":"
            "{\"model\":\"phantom/small\",\"max_tokens\":1,\"seed\":1,\"messages\":[{\"role\":"
            "\"user\",\"content\":\"hi\"}]}}\n",
            i);
}

/* Which lines the file has, and whether they stand in another order than 0, 1, 2... */
static size_t lines_of(struct str content, bool *ret_mixed)
{
    struct str rest = content, line;
    bool had[64] = {false};
    size_t n = 0;

    *ret_mixed = false;
    while (str_cut(&rest, '\n', &line) && line.n) {
        struct json *v;
        assert_int_equal(json_parse(line, JSON_STRICT, &v, NULL), OK);
        size_t id = (size_t)strtoul(json_str(json_get(v, "custom_id")).p, NULL, 10);
        assert_in_range(id, 0, 63);
        assert_false(had[id]);
        had[id] = true;
        *ret_mixed = *ret_mixed || id != n;
        n++;
        json_free(v);
    }
    return n;
}

static void results_are_mixed_and_may_expire(void **state)
{
    struct buf lines = BUF_INIT;
    bool mixed;

    (void)state;
    add_lines(&lines, 40);
    struct batches *b = server((struct batches_options){.polls = 1});
    assert_non_null(strstr(over(b, begin(b, buf_str(&lines))), "completed"));
    get(b, path_of("/v1/files", json_str(json_get(doc, "output_file_id")), "/content"));
    assert_int_equal(lines_of(buf_str(&last.body), &mixed), 40);
    assert_true(mixed);
    batches_free(b);

    b = server((struct batches_options){.polls = 1, .expired = 100});
    assert_non_null(strstr(over(b, begin(b, buf_str(&lines))), "expired"));
    int64_t failed = count_at("request_counts.failed");
    assert_in_range(failed, 5, 35); /* about half of 40 */
    char *errors =
        xstrdup(path_of("/v1/files", json_str(json_get(doc, "error_file_id")), "/content"));
    get(b, path_of("/v1/files", json_str(json_get(doc, "output_file_id")), "/content"));
    assert_int_equal(lines_of(buf_str(&last.body), &mixed), 40 - failed);
    get(b, errors);
    assert_int_equal(lines_of(buf_str(&last.body), &mixed), failed);
    assert_non_null(strstr(buf_cstr(&last.body), "\"code\":\"batch_expired\""));
    free(errors);
    batches_free(b);

    b = server((struct batches_options){.polls = 1, .line_errored = 50});
    assert_non_null(strstr(over(b, begin(b, buf_str(&lines))), "completed"));
    assert_in_range(count_at("request_counts.failed"), 5, 35);
    batches_free(b);

    b = server((struct batches_options){.polls = 1, .failed = 100});
    assert_non_null(strstr(over(b, begin(b, buf_str(&lines))), "failed"));
    assert_int_equal(json_len(json_path(doc, "errors.data")), 1);
    assert_int_equal(json_type(json_get(doc, "output_file_id")), JSON_NULL);
    forget();
    batches_free(b);
    buf_release(&lines);
}

/* Files that fail as a whole; code, number of the line (-1 = none). */
static const struct {
    const char *lines, *code;
    int64_t line;
} invalid[] = {
    {"\n", "empty_file", -1},
    {LINE("a", BODY("1")) "{\n", "invalid_json_line", 2},
    {LINE("a", BODY("1")) LINE("a", BODY("2")), "duplicate_custom_id", 2},
    {LINE("", BODY("1")), "missing_required_parameter", 1},
    {"{\"custom_id\":\"a\",\"method\":\"GET\",\"url\":\"/v1/chat/completions\",\"body\":{}}",
        "invalid_method", 1},
    {"{\"custom_id\":\"a\",\"method\":\"POST\",\"url\":\"/v1/responses\",\"body\":{}}",
        "mismatched_endpoint", 1},
    {LINE("a", "7"), "invalid_request", 1},
    {LINE("a", "{\"model\":\"x\"}") LINE("b", "{\"model\":\"y\"}"), "mismatched_model", 2},
};

static void files_that_fail(void **state)
{
    struct batches *b = server((struct batches_options){.polls = 1});
    struct buf many = BUF_INIT;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(invalid); i++) {
        over(b, begin(b, str_c(invalid[i].lines)));
        assert_doc("status", "failed");
        const struct json *e = json_at(json_path(doc, "errors.data"), 0);
        assert_true(str_eqc(json_str(json_get(e, "code")), invalid[i].code));
        int64_t line = -1;
        (void)json_int(json_get(e, "line"), &line);
        assert_int_equal(line, invalid[i].line);
    }
    for (int i = 0; i < 50001; i++)
        buf_puts(&many, "{}\n");
    over(b, begin(b, buf_str(&many)));
    assert_doc("status", "failed");
    assert_true(str_eqc(json_str(json_get(json_at(json_path(doc, "errors.data"), 0), "code")),
        "too_many_requests"));
    buf_release(&many);
    forget();
    batches_free(b);
}

static void refusals(void **state)
{
    struct batches *b = server((struct batches_options){.polls = 1});
    static const char *const bad_batches[] = {"", "{}", "[]",
        "{\"input_file_id\":\"file-1\",\"endpoint\":\"/v1/chat/completions\","
        "\"completion_window\":\"24h\"}"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad_batches); i++)
        assert_int_equal(post_json(b, "/v1/batches", str_c(bad_batches[i])), 400);
    assert_int_equal(upload_as(b, "fine-tune", "x.jsonl", STR("{}")), 400);
    assert_int_equal(upload_as(b, "batch", "x.txt", STR("{}")), 400);
    assert_int_equal(upload_as(b, "batch", "x.jsonl", STR("")), 400);
    assert_int_equal(post_json(b, "/v1/files", STR("{}")), 400);
    assert_int_equal(get(b, "/v1/files/file-0"), 404);
    assert_int_equal(get(b, "/v1/batches/batch_0"), 404);
    assert_doc("error.code", "not_found");
    assert_int_equal(
        ask_all(b, &(struct batches_ask){.method = "PUT", .path = "/v1/batches"}), 405);
    assert_string_equal(last.allow, "GET, POST");
    assert_int_equal(get(b, "/v1/messages/batches/msgbatch_0"), 404);
    assert_doc("type", "error");
    assert_doc("error.type", "not_found_error");
    assert_int_equal(
        ask_all(b, &(struct batches_ask){.method = "GET", .path = "/v1/batches", .limit = "101"}),
        400);
    assert_int_equal(
        ask_all(
            b, &(struct batches_ask){.method = "GET", .path = "/v1/batches", .after = "batch_1"}),
        400);
    assert_false(batches_serves("/v1/filesystem"));
    assert_false(batches_serves("/v1/messages"));
    assert_true(batches_serves("/v1/messages/batches"));
    forget();
    batches_free(b);
}

static void lists_and_deletes(void **state)
{
    struct batches *b = server((struct batches_options){.polls = 1});
    char first[64] = "", newest[64] = "";

    (void)state;
    for (int i = 0; i < 3; i++) {
        struct str id = begin(b, STR(LINE("a", BODY("1"))));
        snprintf(i == 0 ? first : newest, sizeof first, "%.*s", STR_ARG(id));
    }
    assert_int_equal(
        ask_all(b, &(struct batches_ask){.method = "GET", .path = "/v1/batches", .limit = "2"}),
        200);
    assert_int_equal(json_len(json_get(doc, "data")), 2);
    assert_doc("first_id", newest);
    assert_true(json_bool(json_get(doc, "has_more"), false));
    char cursor[64];
    snprintf(cursor, sizeof cursor, "%.*s", STR_ARG(json_str(json_get(doc, "last_id"))));
    assert_int_equal(
        ask_all(b,
            &(struct batches_ask){
                .method = "GET", .path = "/v1/batches", .limit = "2", .after = cursor}),
        200);
    assert_int_equal(json_len(json_get(doc, "data")), 1);
    assert_doc("last_id", first);
    assert_false(json_bool(json_get(doc, "has_more"), true));
    assert_int_equal(get(b, "/v1/messages/batches"), 200); /* the other vendor's are not shown */
    assert_int_equal(json_len(json_get(doc, "data")), 0);
    assert_int_equal(
        ask_all(b, &(struct batches_ask){.method = "GET", .path = "/v1/files", .purpose = "batch"}),
        200);
    assert_int_equal(json_len(json_get(doc, "data")), 3);
    char *file = xstrdup(path_of("/v1/files", json_str(json_path(doc, "first_id")), ""));
    assert_int_equal(get(b, file), 200);
    assert_doc("filename", "x.jsonl");
    assert_int_equal(ask_all(b, &(struct batches_ask){.method = "DELETE", .path = file}), 200);
    assert_true(json_bool(json_get(doc, "deleted"), false));
    assert_int_equal(get(b, file), 404);
    free(file);
    forget();
    batches_free(b);
}

static void openai_cancel(void **state)
{
    struct batches *b = server((struct batches_options){.polls = 1000, .ms = 60000});

    (void)state;
    struct str id = begin(b, STR(LINE("a", BODY("1"))));
    char *path = xstrdup(path_of("/v1/batches", id, ""));
    assert_int_equal(post_json(b, path_of("/v1/batches", id, "/cancel"), STR("")), 200);
    assert_doc("status", "cancelling");
    assert_non_null(strstr(until_over(b, path, "status"), "cancelled"));
    assert_int_equal(post_json(b, path_of("/v1/batches", id, "/cancel"), STR("")), 409);
    free(path);
    forget();
    batches_free(b);
}

/* ---- Anthropic ------------------------------------------------------------------------------- */

#define PARAMS                                                                                     \
    "{\"model\":\"phantom/small\",\"max_tokens\":20,\"messages\":[{\"role\":\"user\",\"content\":" \
    "\"hi\"}]}"
#define REQUEST(id, params) "{\"custom_id\":\"" id "\",\"params\":" params "}"
#define REQUESTS(list) STR("{\"requests\":[" list "]}")

static struct str begin_messages(struct batches *b, struct str body)
{
    static char id[64];

    if (post_json(b, "/v1/messages/batches", body) != 200)
        fail_msg("%s", buf_cstr(&last.body));
    struct str s = json_str(json_get(doc, "id"));
    memcpy(id, s.p, s.n);
    return (struct str){id, s.n};
}

static void anthropic_whole_way(void **state)
{
    struct batches *b = server((struct batches_options){.polls = 3});

    (void)state;
    struct str id = begin_messages(
        b, REQUESTS(REQUEST("a-1", PARAMS) "," REQUEST("b_2", "{\"model\":\"phantom/small\"}")));
    assert_doc("type", "message_batch");
    assert_doc("processing_status", "in_progress");
    assert_int_equal(count_at("request_counts.processing"), 2);
    assert_int_equal(json_type(json_get(doc, "results_url")), JSON_NULL);
    assert_int_equal(get(b, path_of("/v1/messages/batches", id, "/results")), 404);
    char *path = xstrdup(path_of("/v1/messages/batches", id, ""));
    assert_string_equal(until_over(b, path, "processing_status"), "in_progress ended");
    free(path);
    assert_int_equal(count_at("request_counts.succeeded"), 1);
    assert_int_equal(count_at("request_counts.errored"), 1);
    assert_int_equal(count_at("request_counts.processing"), 0);
    assert_non_null(strstr(json_str(json_get(doc, "results_url")).p, "/results"));
    assert_int_equal(get(b, path_of("/v1/messages/batches", id, "/results")), 200);
    assert_string_equal(last.type, "application/x-jsonl");
    struct str rest = buf_str(&last.body), line;
    int succeeded = 0, errored = 0;
    while (str_cut(&rest, '\n', &line) && line.n) {
        struct json *v;
        assert_int_equal(json_parse(line, JSON_STRICT, &v, NULL), OK);
        if (str_eqc(json_str(json_get(v, "custom_id")), "a-1")) {
            assert_true(str_eqc(json_str(json_path(v, "result.type")), "succeeded"));
            assert_true(str_eqc(json_str(json_path(v, "result.message.type")), "message"));
            succeeded++;
        } else {
            assert_true(str_eqc(json_str(json_path(v, "result.type")), "errored"));
            assert_true(str_eqc(
                json_str(json_path(v, "result.error.error.type")), "invalid_request_error"));
            errored++;
        }
        json_free(v);
    }
    assert_int_equal(succeeded, 1);
    assert_int_equal(errored, 1);
    forget();
    batches_free(b);
}

static void anthropic_ends_otherwise(void **state)
{
    struct batches *b = server((struct batches_options){.polls = 1, .line_expired = 100});

    (void)state;
    struct str id = begin_messages(b, REQUESTS(REQUEST("a", PARAMS)));
    until_over(b, path_of("/v1/messages/batches", id, ""), "processing_status");
    assert_int_equal(count_at("request_counts.expired"), 1);
    assert_int_equal(get(b, path_of("/v1/messages/batches", id, "/results")), 200);
    assert_non_null(strstr(buf_cstr(&last.body), "\"result\":{\"type\":\"expired\"}"));
    batches_free(b);

    b = server((struct batches_options){.polls = 1000, .ms = 60000});
    id = begin_messages(b, REQUESTS(REQUEST("a", PARAMS)));
    char *path = xstrdup(path_of("/v1/messages/batches", id, ""));
    assert_int_equal(post_json(b, path_of("/v1/messages/batches", id, "/cancel"), STR("")), 200);
    assert_doc("processing_status", "canceling");
    until_over(b, path, "processing_status");
    free(path);
    assert_int_equal(count_at("request_counts.processing"), 0);
    forget();
    batches_free(b);
}

static void anthropic_refusals(void **state)
{
    struct batches *b = server((struct batches_options){.polls = 1});
    const struct {
        struct str body;
        const char *message;
    } cases[] = {
        {STR(""), "not JSON"},
        {STR("{\"requests\":[]}"), "requests: a list of 1 to 100000"},
        {STR("{\"requests\":{}}"), "requests: a list of 1 to 100000"},
        {REQUESTS(REQUEST("", PARAMS)), "requests.0.custom_id"},
        {REQUESTS(REQUEST("a b", PARAMS)), "requests.0.custom_id"},
        {REQUESTS(REQUEST("a", PARAMS) "," REQUEST("a", PARAMS)), "requests.1.custom_id"},
        {REQUESTS(REQUEST("a", "[]")), "requests.0.params"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_int_equal(post_json(b, "/v1/messages/batches", cases[i].body), 400);
        if (!strstr(buf_cstr(&last.body), cases[i].message))
            fail_msg("%s lacks %s", buf_cstr(&last.body), cases[i].message);
    }
    /* a stream is refused line by line */
    struct str id =
        begin_messages(b, REQUESTS(REQUEST("a", "{\"model\":\"phantom/small\",\"stream\":true}")));
    until_over(b, path_of("/v1/messages/batches", id, ""), "processing_status");
    assert_int_equal(count_at("request_counts.errored"), 1);
    forget();
    batches_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(openai_whole_way),
        cmocka_unit_test(results_are_mixed_and_may_expire),
        cmocka_unit_test(files_that_fail),
        cmocka_unit_test(refusals),
        cmocka_unit_test(lists_and_deletes),
        cmocka_unit_test(openai_cancel),
        cmocka_unit_test(anthropic_whole_way),
        cmocka_unit_test(anthropic_ends_otherwise),
        cmocka_unit_test(anthropic_refusals),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
