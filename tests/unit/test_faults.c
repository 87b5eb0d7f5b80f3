/* test_faults.c - what --faults accepts, how often each fault is drawn, and what it answers. */
#include "harness/base/json.h"
#include "harness/phantom/faults.h"
#include "tests/unit/unit.h"

static struct faults parsed(const char *text)
{
    struct faults f;
    struct err err;

    if (faults_parse(text, &f, &err))
        fail_msg("%s", err.msg);
    return f;
}

static void accepted(void **state)
{
    (void)state;
    struct faults f = parsed("429:2,500:1, reset:0.5,retry_after:0.25,stall_s:3,seed:9,"
                             "batch_failed:10,line_expired:100");
    assert_true(f.percent[FAULT_429] == 2 && f.percent[FAULT_500] == 1);
    assert_true(f.percent[FAULT_RESET] == 0.5 && f.percent[FAULT_HTML] == 0);
    assert_true(f.stall_s == 3 && f.seed == 9 && f.batch_failed == 10 && f.line_expired == 100);
    assert_string_equal(f.retry_after_text, "0.25");
    assert_true(faults_any(&f));
    f = parsed(NULL);
    assert_false(faults_any(&f));
    assert_true(f.retry_after < 0 && f.seed == 1);
    f = parsed("batch_failed:5");
    assert_false(faults_any(&f)); /* of requests */
}

static void refused(void **state)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"429", "\"429\" is not NAME:NUMBER"},
        {"teapot:1", "\"teapot\" is none of 429, 500,"},
        {"500:x", "500 is \"x\", not a number from 0 to 100"},
        {"500:-1", "not a number from 0 to 100"},
        {"500:101", "not a number from 0 to 100"},
        {"500:inf", "not a number from 0 to 100"},
        {"500:60,503:41", "more than 100 percent"},
        {"seed:1.5", "seed is no whole number"},
        {"500:1,,503:1", "is not NAME:NUMBER"},
        {"retry_after:99999999", "from 0 to 86400"},
    };
    struct faults f;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err err = {0};
        assert_int_equal(faults_parse(cases[i].text, &f, &err), ERR_USAGE);
        assert_message(err, cases[i].message);
        assert_message(err, "--faults");
    }
}

/* 100,000 draws: each share within five standard deviations, sqrt(p (1 - p) n). */
static void shares(void **state)
{
    struct faults f = parsed("429:2,500:1,529:0.5,html:10,stall:0.25");
    int counts[FAULT_COUNT] = {0}, n = 100000;

    (void)state;
    for (int i = 0; i < n; i++)
        counts[faults_draw(&f, (uint64_t)i)]++;
    assert_in_range(counts[FAULT_429], 2000 - 222, 2000 + 222);
    assert_in_range(counts[FAULT_500], 1000 - 158, 1000 + 158);
    assert_in_range(counts[FAULT_529], 500 - 112, 500 + 112);
    assert_in_range(counts[FAULT_HTML], 10000 - 475, 10000 + 475);
    assert_in_range(counts[FAULT_STALL], 250 - 79, 250 + 79);
    assert_int_equal(counts[FAULT_RESET] + counts[FAULT_503] + counts[FAULT_TRUNCATE], 0);
    /* the same words draw the same, another seed draws otherwise */
    struct faults again = parsed("429:2,500:1,529:0.5,html:10,stall:0.25");
    struct faults other = parsed("429:2,500:1,529:0.5,html:10,stall:0.25,seed:2");
    int differ = 0;
    for (uint64_t i = 0; i < 1000; i++) {
        assert_int_equal(faults_draw(&f, i), faults_draw(&again, i));
        differ += faults_draw(&f, i) != faults_draw(&other, i);
    }
    assert_true(differ > 50);
}

static void answers(void **state)
{
    static const struct {
        enum fault fault;
        int status;
        const char *path, *member, *value;
    } cases[] = {
        {FAULT_429, 429, "/v1/chat/completions", "error.code", "rate_limit_exceeded"},
        {FAULT_429, 429, "/v1/messages", "error.type", "rate_limit_error"},
        {FAULT_429, 429, "/v1/messages", "type", "error"},
        {FAULT_500, 500, "/v1/responses", "error.type", "server_error"},
        {FAULT_503, 503, "/v1/messages/batches", "error.type", "api_error"},
        {FAULT_504, 504, "/v1/messages", "error.type", "timeout_error"},
        {FAULT_529, 529, "/v1/messages", "error.type", "overloaded_error"},
    };
    struct faults f = parsed("429:1,retry_after:7"), silent = parsed("429:1");

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct chat_answer a = {.status = 0};
        struct json *doc;
        assert_true(faults_answer(&f, cases[i].fault, cases[i].path, &a));
        assert_int_equal(a.status, cases[i].status);
        assert_int_equal(json_parse(buf_str(&a.body), JSON_STRICT, &doc, NULL), OK);
        assert_str(json_str(json_path(doc, cases[i].member)), cases[i].value);
        if (cases[i].fault == FAULT_429)
            assert_string_equal(a.retry_after, "7");
        else
            assert_null(a.retry_after);
        json_free(doc);
        chat_answer_release(&a);
    }
    struct chat_answer a = {.status = 0};
    assert_true(faults_answer(&silent, FAULT_429, "/v1/messages", &a));
    assert_null(a.retry_after);
    chat_answer_release(&a);
    a = (struct chat_answer){.status = 0};
    assert_true(faults_answer(&f, FAULT_HTML, "/v1/messages", &a));
    assert_int_equal(a.status, 200);
    assert_string_equal(a.type, "text/html");
    chat_answer_release(&a);
    a = (struct chat_answer){.status = 0};
    assert_false(faults_answer(&f, FAULT_RESET, "/v1/messages", &a));
    assert_false(faults_answer(&f, FAULT_NONE, "/v1/messages", &a));
    assert_int_equal(a.status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(accepted), cmocka_unit_test(refused),
        cmocka_unit_test(shares), cmocka_unit_test(answers)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
