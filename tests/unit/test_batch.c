/*
 * test_batch.c - batches seen from a client: requests byte for byte, answers and results of both
 * vendors, hostile ones too.
 */
#include "harness/base/json.h"
#include "harness/provider/batch_wire.h"
#include "harness/provider/provider.h"
#include "tests/unit/unit.h"

static struct arena arena;
static struct batch_ask ask;

static int release(void **state)
{
    (void)state;
    arena_release(&arena);
    batch_ask_release(&ask);
    ask = (struct batch_ask){0};
    return 0;
}

#define TAG STR("0123456789abcdef0123")

static void ids_of_lines(void **state)
{
    static const struct {
        const char *id;
        bool ok;
        int64_t task, n;
    } cases[] = {
        {"0123456789abcdef0123-17-0", true, 17, 0},
        {"0123456789abcdef0123-9007199254740993-65535", true, 9007199254740993, 65535},
        {"0123456789abcdef0124-17-0", false, 0, 0}, /* somebody else's */
        {"0123456789abcdef0123-17", false, 0, 0},
        {"0123456789abcdef0123-17-", false, 0, 0},
        {"0123456789abcdef0123--1", false, 0, 0},
        {"0123456789abcdef0123-017-0", false, 0, 0}, /* not as we write it */
        {"0123456789abcdef0123-1-0-0", false, 0, 0},
        {"0123456789abcdef0123-99999999999999999999-0", false, 0, 0},
        {"", false, 0, 0},
    };
    struct buf id = BUF_INIT;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        int64_t task = -1, n = -1;
        assert_int_equal(batch_line_parse(str_c(cases[i].id), TAG, &task, &n), cases[i].ok);
        if (!cases[i].ok)
            continue;
        assert_int_equal(task, cases[i].task);
        assert_int_equal(n, cases[i].n);
        buf_reset(&id);
        batch_line_id(TAG, task, n, &id);
        assert_string_equal(buf_cstr(&id), cases[i].id);
    }
    buf_release(&id);
}

static void addresses(void **state)
{
    static const struct {
        const char *base, *path, *url;
    } cases[] = {
        {"https://a.example/v1", "/files", "https://a.example/v1/files"},
        {"https://a.example", "/v1/messages/batches", "https://a.example/v1/messages/batches"},
        {"https://a.example/v1", "/v1/messages/batches?limit=100",
            "https://a.example/v1/messages/batches?limit=100"},
    };
    struct buf url = BUF_INIT;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        buf_reset(&url);
        batch_url(str_c(cases[i].base), str_c(cases[i].path), &url);
        assert_string_equal(buf_cstr(&url), cases[i].url);
    }
    buf_release(&url);
}

static const struct provider *wire(const char *name)
{
    const struct provider *p = provider_find(str_c(name));

    assert_non_null(p);
    return p;
}

static void which_wires(void **state)
{
    (void)state;
    assert_ptr_equal(batch_dialect_find(STR("openai")), &batch_openai);
    assert_ptr_equal(batch_dialect_find(STR("anthropic")), &batch_anthropic);
    assert_null(batch_dialect_find(STR("")));
    assert_true(batch_openai.wire(wire("openai-chat")));
    assert_true(batch_openai.wire(wire("openai-responses")));
    assert_false(batch_openai.wire(wire("anthropic-messages")));
    assert_true(batch_anthropic.wire(wire("anthropic-messages")));
    assert_false(batch_anthropic.wire(wire("openai-chat")));
}

static void openai_requests(void **state)
{
    const struct provider *p = wire("openai-responses");
    struct buf payload = BUF_INIT;

    (void)state;
    batch_openai.line(p, STR("t-1-0"), STR("{\"model\":\"m\"}"), &payload);
    batch_openai.line(p, STR("t-2-3"), STR("{}"), &payload);
    batch_openai.close(&payload);
    assert_string_equal(buf_cstr(&payload),
        "{\"custom_id\":\"t-1-0\",\"method\":\"POST\",\"url\":\"/v1/responses\",\"body\":"
        "{\"model\":\"m\"}}\n"
        "{\"custom_id\":\"t-2-3\",\"method\":\"POST\",\"url\":\"/v1/responses\",\"body\":{}}\n");
    batch_openai.upload(TAG, STR("LINES\n"), &ask);
    assert_string_equal(buf_cstr(&ask.path), "/files");
    assert_true(ask.post);
    assert_string_equal(buf_cstr(&ask.type),
        "Content-Type: multipart/form-data; boundary=sleepbench-0123456789abcdef0123");
    assert_string_equal(buf_cstr(&ask.body),
        "--sleepbench-0123456789abcdef0123\r\n"
        "Content-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n"
        "--sleepbench-0123456789abcdef0123\r\n"
        "Content-Disposition: form-data; name=\"file\"; "
        "filename=\"sleepbench-0123456789abcdef0123.jsonl\"\r\n"
        "Content-Type: application/jsonl\r\n\r\nLINES\n\r\n"
        "--sleepbench-0123456789abcdef0123--\r\n");
    batch_openai.create(p, TAG, STR("file-7"), buf_str(&payload), &ask);
    assert_string_equal(buf_cstr(&ask.path), "/batches");
    assert_int_equal(ask.type.n, 0);
    assert_string_equal(buf_cstr(&ask.body),
        "{\"input_file_id\":\"file-7\",\"endpoint\":\"/v1/responses\",\"completion_window\":"
        "\"24h\",\"metadata\":{\"sleepbench\":\"0123456789abcdef0123\"}}");
    batch_openai.poll(STR("batch_1"), &ask);
    assert_string_equal(buf_cstr(&ask.path), "/batches/batch_1");
    assert_false(ask.post);
    batch_openai.list(STR(""), &ask);
    assert_string_equal(buf_cstr(&ask.path), "/batches?limit=100");
    batch_openai.list(STR("batch_9"), &ask);
    assert_string_equal(buf_cstr(&ask.path), "/batches?limit=100&after=batch_9");
    batch_openai.list_files(STR("file-9"), &ask);
    assert_string_equal(
        buf_cstr(&ask.path), "/files?purpose=batch&order=desc&limit=100&after=file-9");
    buf_release(&payload);
}

static void anthropic_requests(void **state)
{
    const struct provider *p = wire("anthropic-messages");
    struct buf payload = BUF_INIT;

    (void)state;
    batch_anthropic.line(p, STR("t-1-0"), STR("{\"a\":1}"), &payload);
    batch_anthropic.line(p, STR("t-2-0"), STR("{}"), &payload);
    batch_anthropic.close(&payload);
    batch_anthropic.create(p, TAG, STR(""), buf_str(&payload), &ask);
    assert_string_equal(buf_cstr(&ask.path), "/v1/messages/batches");
    assert_true(ask.post);
    assert_string_equal(buf_cstr(&ask.body),
        "{\"requests\":[{\"custom_id\":\"t-1-0\",\"params\":{\"a\":1}},"
        "{\"custom_id\":\"t-2-0\",\"params\":{}}]}");
    batch_anthropic.list(STR("msgbatch_1"), &ask);
    assert_string_equal(buf_cstr(&ask.path), "/v1/messages/batches?limit=100&after_id=msgbatch_1");
    batch_anthropic.poll(STR("msgbatch_1"), &ask);
    assert_string_equal(buf_cstr(&ask.path), "/v1/messages/batches/msgbatch_1");
    buf_release(&payload);
}

static void openai_statuses(void **state)
{
    static const struct {
        const char *status;
        enum batch_state state;
    } words[] = {{"validating", BATCH_WORKING}, {"in_progress", BATCH_WORKING},
        {"finalizing", BATCH_WORKING}, {"cancelling", BATCH_WORKING}, {"novel", BATCH_WORKING},
        {"completed", BATCH_ENDED}, {"expired", BATCH_ENDED}, {"cancelled", BATCH_ENDED},
        {"failed", BATCH_FAILED}};
    struct batch_status s;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        struct buf body = BUF_INIT;
        buf_printf(&body,
            "{\"id\":\"batch_1\",\"status\":\"%s\",\"created_at\":1764000000,\"metadata\":"
            "{\"sleepbench\":\"x\",\"other\":\"y\"},\"input_file_id\":\"file-1\","
            "\"output_file_id\":\"file-2\",\"error_file_id\":null,\"request_counts\":"
            "{\"total\":7}}",
            words[i].status);
        assert_true(batch_openai.read_status(buf_str(&body), &arena, &s));
        assert_int_equal(s.state, words[i].state);
        buf_release(&body);
    }
    assert_str(s.id, "batch_1");
    assert_str(s.tag, "x");
    assert_str(s.file, "file-1");
    assert_str(s.results[0], "/files/file-2/content");
    assert_int_equal(s.results[1].n, 0);
    assert_int_equal(s.total, 7);
    assert_true(s.created_ms == INT64_C(1764000000000));
    static const char failed[] =
        "{\"id\":\"b\",\"status\":\"failed\",\"errors\":{\"object\":\"list\",\"data\":["
        "{\"code\":\"c\",\"line\":3,\"message\":\"bad\"},{\"line\":null,\"message\":\"worse\"},"
        "{\"message\":\"x\"},{\"message\":\"y\"}]}}";
    assert_true(batch_openai.read_status(STR(failed), &arena, &s));
    assert_str(s.why, "line 3: bad; worse; x; and 1 more");
    assert_int_equal(s.total, -1);
    assert_true(s.created_ms == -1);
}

/* Answers that are none; among them ids that would lead elsewhere. */
static void hostile_statuses(void **state)
{
    static const char *const openai[] = {"", "[]", "<html>", "{\"id\":\"b\"}",
        "{\"status\":\"completed\"}", "{\"id\":\"../../x\",\"status\":\"completed\"}",
        "{\"id\":\"b?a=1\",\"status\":\"completed\"}", "{\"id\":\"b\\r\\nX: y\",\"status\":\"x\"}",
        "{\"id\":\"b\",\"status\":\"completed\",\"output_file_id\":\"http://evil.example/\"}",
        "{\"id\":\"b\",\"status\":\"completed\",\"error_file_id\":\"a/b\"}"};
    struct batch_status s, *list;
    struct batch_page page;
    struct batch_file f;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(openai); i++)
        assert_false(batch_openai.read_status(str_c(openai[i]), &arena, &s));
    assert_false(batch_anthropic.read_status(
        STR("{\"id\":\"a b\",\"processing_status\":\"ended\"}"), &arena, &s));
    assert_false(batch_openai.read_file(STR("{\"id\":\"/etc\"}"), &arena, &f));
    assert_false(batch_openai.read_list(STR("{\"data\":{}}"), &arena, &list, &page));
    assert_false(batch_anthropic.read_list(STR("{}"), &arena, &list, &page));
    /* what cannot be read in a list is somebody else's; a cursor that is no id ends it */
    assert_true(batch_openai.read_list(
        STR("{\"data\":[{\"id\":\"b\",\"status\":\"x\"},{},7,{\"id\":\"a b\",\"status\":\"x\"}],"
            "\"has_more\":true}"),
        &arena, &list, &page));
    assert_int_equal(page.n, 1);
    assert_int_equal(page.last.n, 0);
}

static void lists(void **state)
{
    struct batch_status *list;
    struct batch_file *files;
    struct batch_page page;

    (void)state;
    assert_true(batch_openai.read_list(
        STR("{\"data\":[{\"id\":\"b1\",\"status\":\"x\",\"metadata\":null},{\"id\":\"b2\","
            "\"status\":\"completed\",\"metadata\":{\"sleepbench\":\"t\"}}],\"has_more\":true}"),
        &arena, &list, &page));
    assert_int_equal(page.n, 2);
    assert_str(page.last, "b2");
    assert_str(list[1].tag, "t");
    assert_int_equal(list[0].tag.n, 0);
    assert_true(batch_openai.read_files(
        STR("{\"data\":[{\"id\":\"f1\",\"filename\":\"a.jsonl\",\"created_at\":5}],"
            "\"has_more\":false}"),
        &arena, &files, &page));
    assert_str(files[0].name, "a.jsonl");
    assert_true(files[0].created_ms == 5000);
    assert_int_equal(page.last.n, 0);
    assert_true(batch_anthropic.read_list(
        STR("{\"data\":[{\"id\":\"m1\",\"processing_status\":\"ended\",\"request_counts\":"
            "{\"processing\":0,\"succeeded\":3,\"errored\":1,\"canceled\":0,\"expired\":2},"
            "\"created_at\":\"2025-11-24T16:00:00.5Z\",\"results_url\":\"http://evil.example/r\"}],"
            "\"has_more\":true,\"last_id\":\"m1\"}"),
        &arena, &list, &page));
    assert_int_equal(list[0].total, 6);
    assert_int_equal(list[0].state, BATCH_ENDED);
    assert_true(list[0].created_ms == INT64_C(1764000000500)); /* date -u -d @1764000000 */
    assert_str(list[0].results[0], "/v1/messages/batches/m1/results");
    assert_str(page.last, "m1");
    assert_true(batch_anthropic.read_status(
        STR("{\"id\":\"m1\",\"processing_status\":\"canceling\"}"), &arena, list));
    assert_int_equal(list[0].state, BATCH_WORKING);
    assert_int_equal(list[0].results[0].n, 0);
}

static void results(void **state)
{
    static const struct {
        const struct batch_dialect *dialect;
        const char *line;
        bool ok;
        long status;
        const char *body;
    } cases[] = {
        {&batch_openai,
            "{\"id\":\"r\",\"custom_id\":\"a\",\"response\":{\"status_code\":200,\"request_id\":"
            "\"q\",\"body\":{ \"x\" : 1.0 }},\"error\":null}",
            true, 200, "{ \"x\" : 1.0 }"},
        {&batch_openai,
            "{\"custom_id\":\"a\",\"response\":{\"status_code\":429,\"body\":{\"error\":{}}}}",
            true, 429, "{\"error\":{}}"},
        {&batch_openai,
            "{\"custom_id\":\"a\",\"response\":null,\"error\":{\"code\":\"batch_expired\","
            "\"message\":\"late\"}}",
            true, 408, "{\"error\":{\"code\":\"batch_expired\",\"message\":\"late\"}}"},
        {&batch_openai,
            "{\"custom_id\":\"a\",\"response\":null,\"error\":{\"code\":\"batch_cancelled\"}}",
            true, 409, "{\"error\":{\"code\":\"batch_cancelled\"}}"},
        {&batch_openai, "{\"custom_id\":\"a\",\"response\":null}", true, 500, "{\"error\":null}"},
        {&batch_openai, "{\"response\":{\"status_code\":200,\"body\":{}}}", false, 0, ""},
        {&batch_openai, "{\"custom_id\":\"a\",\"response\":{\"status_code\":7}}", false, 0, ""},
        {&batch_openai, "{\"custom_id\":\"a\",\"response\":{\"body\":{}}}", false, 0, ""},
        {&batch_openai, "<html>", false, 0, ""},
        {&batch_anthropic,
            "{\"custom_id\":\"a\",\"result\":{\"type\":\"succeeded\",\"message\":{ \"id\":1 }}}",
            true, 200, "{ \"id\":1 }"},
        {&batch_anthropic,
            "{\"custom_id\":\"a\",\"result\":{\"type\":\"errored\",\"error\":{\"type\":\"error\","
            "\"error\":{\"type\":\"invalid_request_error\",\"message\":\"m\"}}}}",
            true, 400,
            "{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\",\"message\":\"m\"}"
            "}"},
        {&batch_anthropic,
            "{\"custom_id\":\"a\",\"result\":{\"type\":\"errored\",\"error\":{\"type\":"
            "\"overloaded_error\"}}}",
            true, 529, "{\"type\":\"overloaded_error\"}"},
        {&batch_anthropic,
            "{\"custom_id\":\"a\",\"result\":{\"type\":\"errored\",\"error\":{\"error\":{\"type\":"
            "\"new\"}}}}",
            true, 500, "{\"error\":{\"type\":\"new\"}}"},
        {&batch_anthropic, "{\"custom_id\":\"a\",\"result\":{\"type\":\"expired\"}}", true, 408,
            "{\"type\":\"expired\"}"},
        {&batch_anthropic, "{\"custom_id\":\"a\",\"result\":{\"type\":\"canceled\"}}", true, 409,
            "{\"type\":\"canceled\"}"},
        {&batch_anthropic, "{\"custom_id\":\"a\",\"result\":{\"type\":\"odd\"}}", false, 0, ""},
        {&batch_anthropic, "{\"result\":{\"type\":\"expired\"}}", false, 0, ""},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct batch_result r;
        if (cases[i].dialect->read_result(str_c(cases[i].line), &arena, &r) != cases[i].ok)
            fail_msg("%s", cases[i].line);
        if (!cases[i].ok)
            continue;
        assert_str(r.id, "a");
        assert_int_equal(r.status, cases[i].status);
        assert_str(r.body, cases[i].body);
    }
}

/* Lines that were not carried out may be asked again; refused ones not. */
static void what_results_mean(void **state)
{
    static const struct {
        const struct batch_dialect *dialect;
        const char *wire, *line;
        enum outcome outcome;
        bool retry;
    } cases[] = {
        {&batch_openai, "openai-chat",
            "{\"custom_id\":\"a\",\"response\":null,\"error\":{\"code\":\"batch_expired\","
            "\"message\":\"late\"}}",
            OUTCOME_TIMEOUT, true},
        {&batch_openai, "openai-responses",
            "{\"custom_id\":\"a\",\"response\":null,\"error\":{\"code\":\"batch_cancelled\"}}",
            OUTCOME_HTTP_ERROR, true},
        {&batch_openai, "openai-chat",
            "{\"custom_id\":\"a\",\"response\":{\"status_code\":400,\"body\":{\"error\":{"
            "\"message\":\"no\"}}}}",
            OUTCOME_REJECTED, false},
        {&batch_anthropic, "anthropic-messages",
            "{\"custom_id\":\"a\",\"result\":{\"type\":\"expired\"}}", OUTCOME_TIMEOUT, true},
        {&batch_anthropic, "anthropic-messages",
            "{\"custom_id\":\"a\",\"result\":{\"type\":\"errored\",\"error\":{\"type\":\"error\","
            "\"error\":{\"type\":\"api_error\",\"message\":\"m\"}}}}",
            OUTCOME_PROVIDER_ERROR, true},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct batch_result r;
        struct reply reply;
        assert_true(cases[i].dialect->read_result(str_c(cases[i].line), &arena, &r));
        wire(cases[i].wire)->read(r.status, r.body, false, &arena, &reply);
        assert_int_equal(reply.outcome, cases[i].outcome);
        assert_int_equal(reply.retry, cases[i].retry);
        assert_int_equal(usage_in(reply.usage), -1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(ids_of_lines, release),
        cmocka_unit_test_teardown(addresses, release),
        cmocka_unit_test_teardown(which_wires, release),
        cmocka_unit_test_teardown(openai_requests, release),
        cmocka_unit_test_teardown(anthropic_requests, release),
        cmocka_unit_test_teardown(openai_statuses, release),
        cmocka_unit_test_teardown(hostile_statuses, release),
        cmocka_unit_test_teardown(lists, release),
        cmocka_unit_test_teardown(results, release),
        cmocka_unit_test_teardown(what_results_mean, release),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
