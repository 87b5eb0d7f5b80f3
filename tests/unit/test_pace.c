/* test_pace.c - pacing and the retry decision, with the time held still. */
#include "harness/net/pace.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define MS INT64_C(1000000)
#define S (1000 * MS)

/* 784111777 s is Sun, 06 Nov 1994 08:49:37 GMT (RFC 9110's example; date -u -d ... +%s). */
static const struct {
    const char *value;
    int64_t wall_ms, want;
} retry_after[] = {
    {"0", 0, 0},
    {"2", 0, 2000},
    {" 120 ", 0, 120000},
    {"0.5", 0, 500},
    {"1.2345", 0, 1234},
    {".25", 0, 250},
    {"3.", 0, 3000},
    {"3600", 0, 3600000},
    {"99999999999999999999999999", 0, INT64_C(315360000000)}, /* cut at ten years */
    {"Sun, 06 Nov 1994 08:49:37 GMT", INT64_C(784111770000), 7000},
    {"Sun, 06 Nov 1994 08:49:37 GMT", INT64_C(784111777000), 0},
    {"Sun, 06 Nov 1994 08:49:37 GMT", INT64_C(1795460000000), 0}, /* long past */
    {"Thu, 29 Feb 2024 00:00:00 GMT", INT64_C(1709164790000), 10000},
    {"Fri, 01 Mar 2024 00:00:00 GMT", INT64_C(1709251190000), 10000},
    {"Thu, 01 Jan 1970 00:00:01 GMT", 0, 1000},
    {"", 0, -1},
    {".", 0, -1},
    {"-5", 0, -1},
    {"1e3", 0, -1},
    {"1.2.3", 0, -1},
    {"soon", 0, -1},
    {"2 s", 0, -1},
    {"Sun, 06 Nov 1994 08:49:37 PST", 0, -1},
    {"Sun, 06 Foo 1994 08:49:37 GMT", 0, -1},
    {"Sun, 32 Nov 1994 08:49:37 GMT", 0, -1},
    {"Sun, 06 Nov 1994 25:49:37 GMT", 0, -1},
    {"Sun, 06 Nov 199x 08:49:37 GMT", 0, -1},
    {"Sun, 06 Nov 1994 08:49:37 GMT!", 0, -1},
};

static void test_retry_after(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(retry_after); i++) {
        int64_t got = pace_parse_retry_after(str_c(retry_after[i].value), retry_after[i].wall_ms);
        if (got != retry_after[i].want)
            fail_msg("\"%s\": got %lld, want %lld", retry_after[i].value, (long long)got,
                (long long)retry_after[i].want);
    }
}

static const struct {
    const char *why;
    enum net_result result;
    long status;
    int64_t retry_after_ms;
    const char *headers, *body;
    int attempt;
    int64_t least, most; /* -1, -1: not retried */
} retries[] = {
    {"first 500", NET_OK, 500, -1, "", "", 1, 375, 500},
    {"second 503", NET_OK, 503, -1, "", "", 2, 750, 1000},
    {"fifth 529", NET_OK, 529, -1, "", "", 5, 6000, 8000},
    {"back-off has an end", NET_OK, 500, -1, "", "", 9, 24000, 32000},
    {"last attempt", NET_OK, 500, -1, "", "", 10, -1, -1},
    {"408", NET_OK, 408, -1, "", "", 1, 375, 500},
    {"409", NET_OK, 409, -1, "", "", 1, 375, 500},
    {"429 with a hint", NET_OK, 429, 2000, "", "", 1, 2000, 2200},
    {"429 now", NET_OK, 429, 0, "", "", 3, 0, 0},
    {"hint at the deadline", NET_OK, 429, 60000, "", "", 1, 60000, 60000},
    {"hint beyond the deadline", NET_OK, 429, 60001, "", "", 1, -1, -1},
    {"no credit", NET_OK, 429, 2000, "", "{\"code\":\"insufficient_quota\"}", 1, -1, -1},
    {"400", NET_OK, 400, -1, "", "", 1, -1, -1},
    {"401", NET_OK, 401, -1, "", "", 1, -1, -1},
    {"402", NET_OK, 402, -1, "", "", 1, -1, -1},
    {"403", NET_OK, 403, -1, "", "", 1, -1, -1},
    {"404", NET_OK, 404, 1000, "", "", 1, -1, -1},
    {"413", NET_OK, 413, -1, "", "", 1, -1, -1},
    {"422", NET_OK, 422, -1, "", "", 1, -1, -1},
    {"200", NET_OK, 200, -1, "", "", 1, -1, -1},
    {"301", NET_OK, 301, -1, "", "", 1, -1, -1},
    {"server says no", NET_OK, 503, -1, "X-Should-Retry: false\r\n", "", 1, -1, -1},
    {"server says yes", NET_OK, 400, -1, "a: b\r\nx-should-retry: true\r\n", "", 1, 375, 500},
    {"no connection", NET_UNREACHABLE, 0, -1, "", "", 1, 375, 500},
    {"broken", NET_BROKEN, 200, -1, "", "", 2, 750, 1000},
    {"timeout", NET_TIMEOUT, 0, -1, "", "", 1, 375, 500},
    {"too large", NET_TOO_LARGE, 200, -1, "", "", 1, -1, -1},
};

static void test_retry(void **state)
{
    struct rng rng = rng_seeded(7);

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(retries); i++)
        for (int k = 0; k < 200; k++) {
            struct net_reply r = {.result = retries[i].result,
                .status = retries[i].status,
                .retry_after_ms = retries[i].retry_after_ms,
                .headers = str_c(retries[i].headers),
                .body = str_c(retries[i].body)};
            int64_t got = pace_retry_ms(&r, retries[i].attempt, 10, 60000, &rng);
            if (got < retries[i].least || got > retries[i].most)
                fail_msg("%s: got %lld, want %lld to %lld", retries[i].why, (long long)got,
                    (long long)retries[i].least, (long long)retries[i].most);
        }
}

static void test_backoff_keeps_the_deadline(void **state)
{
    struct rng rng = rng_seeded(1);
    struct net_reply r = {.result = NET_OK, .status = 500, .retry_after_ms = -1};

    (void)state;
    for (int attempt = 1; attempt < 40; attempt++)
        assert_in_range(pace_retry_ms(&r, attempt, 40, 300, &rng), 0, 300);
}

static void take(struct pace *p, int64_t now, size_t n)
{
    int64_t wait = -5;

    for (size_t i = 0; i < n; i++) {
        assert_true(pace_take(p, now, 0, &wait));
        assert_int_equal(wait, -5);
    }
}

static void test_concurrency(void **state)
{
    struct pace p;
    int64_t wait, now = 50 * S;

    (void)state;
    pace_init(&p, 8, 0, 0, now);
    take(&p, now, 8);
    assert_false(pace_take(&p, now, 0, &wait));
    assert_true(wait == INT64_MAX);

    pace_done(&p, now, 429, -1); /* 8 -> 4, and only once within a second */
    pace_done(&p, now + 999 * MS, 429, -1);
    assert_int_equal(p.allowed, 4);
    pace_done(&p, now + 1000 * MS, 429, -1);
    assert_int_equal(p.allowed, 2);
    pace_done(&p, now + 2000 * MS, 429, -1);
    pace_done(&p, now + 3000 * MS, 429, -1);
    pace_done(&p, now + 4000 * MS, 429, -1);
    assert_int_equal(p.allowed, 1); /* never 0 */
    pace_done(&p, now + 4000 * MS, 500, -1);
    pace_done(&p, now + 4000 * MS, 0, -1);
    assert_int_equal(p.in_flight, 0);
    assert_int_equal(p.allowed, 1);

    now += 5 * S; /* 1 success -> 2, 2 more -> 3, 3 more -> 4, 4 more -> 5: 10 in all */
    for (int i = 0; i < 10; i++) {
        take(&p, now, 1);
        pace_done(&p, now, 200, -1);
    }
    assert_int_equal(p.allowed, 5);
    for (int i = 0; i < 1000; i++) {
        take(&p, now, 1);
        pace_done(&p, now, 200, -1);
    }
    assert_int_equal(p.allowed, 8); /* never above the cap */
}

static void test_row_of_successes(void **state)
{
    struct pace p;

    (void)state;
    pace_init(&p, 4, 0, 0, 0);
    take(&p, 0, 1);
    pace_done(&p, 0, 429, -1);
    assert_int_equal(p.allowed, 2);
    for (int i = 0; i < 6; i++) { /* a failure between two successes: the row starts anew */
        take(&p, S, 1);
        pace_done(&p, S, i % 2 ? 500 : 200, -1);
    }
    assert_int_equal(p.allowed, 2);
}

static void test_hold(void **state)
{
    struct pace p;
    int64_t wait, now = 9 * S;

    (void)state;
    pace_init(&p, 4, 0, 0, now);
    take(&p, now, 2);
    pace_done(&p, now, 429, 2500);
    pace_done(&p, now, 503, 100); /* the shorter wish does not shorten the longer */
    assert_false(pace_take(&p, now, 0, &wait));
    assert_int_equal(wait, 2500 * MS);
    assert_false(pace_take(&p, now + 2499 * MS, 0, &wait));
    assert_int_equal(wait, 1 * MS);
    take(&p, now + 2500 * MS, 1);
    pace_done(&p, now + 3 * S, 500, 60000); /* a hint on a 500 is for that request alone */
    take(&p, now + 3 * S, 1);
    pace_done(&p, now + 3 * S, 429, INT64_MAX); /* absurd: no overflow */
    assert_false(pace_take(&p, now + 4 * S, 0, &wait));
    assert_true(wait > 0);
}

static void test_requests_per_minute(void **state)
{
    struct pace p;
    int64_t wait, now = 0;

    (void)state;
    pace_init(&p, 1000, 600, 0, now); /* 10 a second, a burst of 10 */
    take(&p, now, 10);
    assert_false(pace_take(&p, now, 0, &wait));
    assert_in_range(wait, 100 * MS, 100 * MS + 10);
    now += wait;
    take(&p, now, 1);
    assert_false(pace_take(&p, now, 0, &wait));
    size_t sent = 0; /* over ten minutes of trying every 7 ms no more than 6,000 and a burst */
    for (int64_t t = now; t <= now + 600 * S; t += 7 * MS)
        if (pace_take(&p, t, 0, &wait)) {
            pace_done(&p, t, 200, -1);
            sent++;
        }
    assert_in_range(sent, 5990, 6010);
}

static void test_tokens_per_minute(void **state)
{
    struct pace p;
    int64_t wait;

    (void)state;
    pace_init(&p, 1000, 0, 60000, 0); /* 1,000 a second */
    assert_true(pace_take(&p, 0, 60000, &wait));
    assert_false(pace_take(&p, 0, 500, &wait));
    assert_in_range(wait, 500 * MS, 500 * MS + 10);
    assert_true(pace_take(&p, 500 * MS + 10, 500, &wait));
    /* Larger than a minute's worth: goes with full credit, then is paid back. */
    assert_true(pace_take(&p, 120 * S, 180000, &wait));
    assert_false(pace_take(&p, 121 * S, 1000, &wait));
    assert_in_range(wait, 120 * S, 120 * S + 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_retry_after),
        cmocka_unit_test(test_retry),
        cmocka_unit_test(test_backoff_keeps_the_deadline),
        cmocka_unit_test(test_concurrency),
        cmocka_unit_test(test_row_of_successes),
        cmocka_unit_test(test_hold),
        cmocka_unit_test(test_requests_per_minute),
        cmocka_unit_test(test_tokens_per_minute),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
