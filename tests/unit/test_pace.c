/* test_pace.c - pacing and the retry decision, with the time held still. */
#include "harness/net/pace.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define MS INT64_C(1000000)
#define S (1000 * MS)

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
    {"a time that is over sets none", NET_OK, 429, 0, "", "", 3, 1500, 2000},
    {"498", NET_OK, 498, -1, "", "", 1, 375, 500},
    {"hint at the deadline", NET_OK, 429, 60000, "", "", 1, 60000, 60000},
    {"hint beyond the deadline", NET_OK, 429, 60001, "", "", 1, -1, -1},
    {"no credit", NET_OK, 429, 2000, "", "{\"code\":\"insufficient_quota\"}", 1, -1, -1},
    {"no credit, whatever else is told", NET_OK, 429, 2000, "x-should-retry: true\r\n",
        "{\"error\":{\"type\":\"insufficient_quota\",\"code\":\"credit_balance_exhausted\"}}", 1,
        -1, -1},
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

/* The body's code decides (PROVIDERS.md 1.3). */
static void test_billing(void **state)
{
    static const struct {
        const char *body;
        bool want;
    } rows[] = {
        {"{\"error\":{\"message\":\"m\",\"type\":\"insufficient_quota\",\"param\":null,"
         "\"code\":\"insufficient_quota\"}}",
            true},
        {"{\"error\":{\"type\":\"insufficient_quota\",\"code\":\"credit_balance_exhausted\"}}",
            true},
        {"{\"error\":{\"code\":\"organization_spend_limit_exceeded\"}}", true},
        {"{\"error\":{\"code\":\"project_spend_limit_exceeded\"}}", true},
        {"{\"error\":{\"code\":\"organization_usage_limit_exceeded\"}}", true},
        {"{\"error\":{\"type\":\"insufficient_quota\",\"code\":null}}", true},
        {"{\"error\":{\"type\":\"tokens\",\"code\":\"rate_limit_exceeded\"}}", false},
        {"{\"error\":{\"type\":\"insufficient_quota\",\"code\":\"rate_limit_exceeded\"}}", false},
        {"{\"error\":{\"type\":\"requests\",\"code\":\"slow_down\"}}", false},
        {"{\"error\":{\"message\":\"not insufficient_quota\",\"code\":429}}", false},
        {"{\"error\":\"insufficient_quota\"}", false},
        {"<html>insufficient_quota</html>", false},
        {"", false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (pace_is_billing(str_c(rows[i].body)) != rows[i].want)
            fail_msg("%s", rows[i].body);
}

static void test_park(void **state)
{
    struct rng rng = rng_seeded(3);
    struct net_reply r = {.result = NET_OK, .status = 429, .retry_after_ms = 3600000};
    int64_t wait = -7;

    (void)state;
    assert_int_equal(pace_retry(&r, 1, 5, 600000, &rng, &wait), PACE_PARK);
    assert_int_equal(wait, 3600000);
    assert_int_equal(pace_retry_ms(&r, 1, 5, 600000, &rng), -1);
    wait = -7;
    assert_int_equal(pace_retry(&r, 5, 5, 600000, &rng, &wait), PACE_GIVE_UP);
    r.status = 404;
    assert_int_equal(pace_retry(&r, 1, 5, 600000, &rng, &wait), PACE_GIVE_UP);
    assert_int_equal(wait, -7);
    r.status = 429;
    assert_int_equal(pace_retry(&r, 1, 5, 3600000, &rng, &wait), PACE_AGAIN);
    assert_int_equal(wait, 3600000);
}

/* --- tickets in, ends out ------------------------------------------------------------------- */

static struct pace_ticket ticket(struct pace *p, int64_t now, double tokens)
{
    int64_t wait = -5;

    if (!pace_take(p, now, tokens, &wait))
        fail_msg("has to wait %lld ms", (long long)(wait / MS));
    assert_int_equal(wait, -5);
    return p->last;
}

static int64_t refused(struct pace *p, int64_t now, double tokens)
{
    int64_t wait = -5;

    assert_false(pace_take(p, now, tokens, &wait));
    assert_true(wait > 0);
    return wait;
}

static void ends(struct pace *p, int64_t now, struct pace_ticket t, long status, int64_t after_ms)
{
    struct pace_end e = {.status = status,
        .retry_after_ms = after_ms,
        .used_tokens = -1,
        .limits = ratelimit_none()};

    pace_end(p, now, &t, &e);
}

static void told(struct pace *p, int64_t now, struct pace_ticket t, const char *headers)
{
    struct net_reply reply = {.status = 200,
        .retry_after_ms = -1,
        .headers = str_c(headers),
        .times = {.sent = t.taken_ns, .done = now}};
    struct pace_end e = pace_end_of(&reply, 0, -1);

    pace_end(p, now, &t, &e);
}

static void test_burst_halves_once(void **state)
{
    static const long statuses[] = {429, 498, 503, 529};

    (void)state;
    for (size_t k = 0; k < ARRAY_LEN(statuses); k++) {
        struct pace p;
        struct pace_ticket t[8];
        int64_t now = 50 * S;
        pace_init(&p, 8, 0, 0, now);
        for (size_t i = 0; i < 8; i++)
            t[i] = ticket(&p, now, 0);
        assert_true(refused(&p, now, 0) == INT64_MAX);
        for (size_t i = 0; i < 8; i++) /* one burst, though it takes 14 s to come in */
            ends(&p, now + MS + (int64_t)i * 2 * S, t[i], statuses[k], -1);
        assert_int_equal(p.allowed, 4);
        assert_int_equal(p.in_flight, 0);
        now += 20 * S;
        for (int want = 2; want >= 0; want--) { /* then every new refusal halves: 2, 1, 1 */
            now += 60 * S;
            ends(&p, now + 100 * MS, ticket(&p, now, 0), statuses[k], -1);
            assert_int_equal(p.allowed, want > 0 ? want : 1);
        }
    }
}

static void test_other_failures_leave_concurrency(void **state)
{
    static const long statuses[] = {0, 400, 404, 408, 500, 502, 504};
    struct pace p;

    (void)state;
    pace_init(&p, 8, 0, 0, 0);
    for (size_t i = 0; i < ARRAY_LEN(statuses); i++)
        ends(&p, S, ticket(&p, S, 0), statuses[i], 60000); /* a hint is for that request alone */
    assert_int_equal(p.allowed, 8);
    (void)ticket(&p, S, 0);
}

static void test_growth(void **state)
{
    struct pace p;
    int64_t now = 0;

    (void)state;
    pace_init(&p, 16, 0, 0, now);
    ends(&p, now, ticket(&p, now, 0), 429, -1);
    assert_int_equal(p.allowed, 8);
    now = S;
    for (int i = 0; i < 6; i++) /* every success up to 7/8 of 16 */
        ends(&p, now, ticket(&p, now, 0), 200, -1);
    assert_int_equal(p.allowed, 14);
    for (int i = 0; i < 13; i++)
        ends(&p, now, ticket(&p, now, 0), 200, -1);
    assert_int_equal(p.allowed, 14); /* then a row of 14 */
    ends(&p, now, ticket(&p, now, 0), 500, -1);
    for (int i = 0; i < 13; i++) /* a failure between two: the row starts anew */
        ends(&p, now, ticket(&p, now, 0), 200, -1);
    assert_int_equal(p.allowed, 14);
    for (int i = 0; i < 1000; i++)
        ends(&p, now, ticket(&p, now, 0), 200, -1);
    assert_int_equal(p.allowed, 16); /* never above the cap */
    ends(&p, now, ticket(&p, now, 0), 429, -1);
    assert_int_equal(p.allowed, 16); /* one alone behind so many */
    ends(&p, now, ticket(&p, now, 0), 429, -1);
    assert_int_equal(p.allowed, 8); /* two are no accident */
}

static void test_hold_and_probe(void **state)
{
    struct pace p;
    struct pace_ticket a, b, c, d;
    int64_t now = 9 * S;

    (void)state;
    pace_init(&p, 64, 0, 0, now);
    a = ticket(&p, now, 0), b = ticket(&p, now, 0), c = ticket(&p, now, 0);
    now += S;
    ends(&p, now, a, 429, 2500);
    ends(&p, now, b, 503, 100); /* the shorter wish does not shorten the longer */
    assert_int_equal(refused(&p, now, 0), 2500 * MS);
    ends(&p, now + S, c, 200, -1); /* sent before the hold: opens nothing */
    assert_int_equal(refused(&p, now + 2499 * MS, 0), 1 * MS);
    now += 2500 * MS;
    a = ticket(&p, now, 0); /* the probe */
    assert_int_equal(refused(&p, now + 400 * MS, 0), 600 * MS);
    b = ticket(&p, now + S, 0); /* it says nothing for a second: another one */
    (void)refused(&p, now + S, 0);
    ends(&p, now + S, a, 429, 5000);
    assert_int_equal(refused(&p, now + S, 0), 5 * S);
    ends(&p, now + 2 * S, b, 500, -1); /* was sent before the new hold */
    assert_int_equal(refused(&p, now + 2 * S, 0), 4 * S);
    now += 6 * S;
    a = ticket(&p, now, 0);
    ends(&p, now, a, 0, -1); /* broken: neither yes nor no, so the next may try at once */
    a = ticket(&p, now, 0);
    (void)refused(&p, now, 0);
    ends(&p, now + 10 * MS, a, 200, -1);
    c = ticket(&p, now + 10 * MS, 0), d = ticket(&p, now + 10 * MS, 0); /* open */
    ends(&p, now + S, c, 429, INT64_MAX);                               /* absurd: no overflow */
    ends(&p, now + S, d, 200, -1);
    assert_true(refused(&p, now + 2 * S, 0) > 86400 * S);
}

/* Without a hint the key pauses by itself, though not for one that stands alone. */
static void test_pauses_without_a_hint(void **state)
{
    static const int64_t pauses[] = {0, 500, 1000, 2000, 4000, 8000, 16000, 32000, 32000};
    struct pace p;
    int64_t now = 0;

    (void)state;
    pace_init(&p, 64, 0, 0, now);
    for (size_t i = 0; i < ARRAY_LEN(pauses); i++) {
        struct pace_ticket t = ticket(&p, now, 0);
        ends(&p, now, t, 529, -1);
        if (pauses[i])
            assert_int_equal(refused(&p, now, 0), pauses[i] * MS);
        now += pauses[i] * MS;
    }
    ends(&p, now, ticket(&p, now, 0), 200, -1);
    ends(&p, now, ticket(&p, now, 0), 529, -1);
    (void)ticket(&p, now, 0);
}

/* --- what the server counts ---------------------------------------------------------------- */

static void test_requests_left(void **state)
{
    static const char two[] = "x-ratelimit-limit-requests: 60\r\n"
                              "x-ratelimit-remaining-requests: 2\r\n"
                              "x-ratelimit-reset-requests: 58s\r\n";
    struct pace p;
    struct pace_ticket a, b;

    (void)state;
    pace_init(&p, 100, 0, 0, 0);
    a = ticket(&p, S, 0), b = ticket(&p, S, 0);
    told(&p, 2 * S, a, two); /* two are left behind a; b is one of them */
    (void)ticket(&p, 2 * S, 0);
    assert_int_equal(refused(&p, 2 * S, 0), 58 * S);
    told(&p, 3 * S, b,
        "x-ratelimit-limit-requests: 60\r\nx-ratelimit-remaining-requests: 0\r\n"
        "x-ratelimit-reset-requests: 59.5s\r\n");
    assert_int_equal(refused(&p, 3 * S, 0), 59500 * MS);
    told(&p, 4 * S, a, two); /* late and older: knows less */
    assert_int_equal(refused(&p, 4 * S, 0), 58500 * MS);
    for (int i = 0; i < 60; i++) /* a fresh window has room for its limit, not for more */
        (void)ticket(&p, 63 * S, 0);
    (void)refused(&p, 63 * S, 0);
}

static void test_tokens_left(void **state)
{
    static const char left[] = "anthropic-ratelimit-tokens-limit: 10000\r\n"
                               "anthropic-ratelimit-tokens-remaining: 5000\r\n"
                               "anthropic-ratelimit-tokens-reset: 1970-01-01T00:00:30Z\r\n";
    struct pace p;
    struct pace_ticket a;

    (void)state;
    pace_init(&p, 100, 0, 0, 0);
    a = ticket(&p, 0, 1000);
    (void)ticket(&p, 0, 1000);
    told(&p, S, a, left); /* 4,000 behind the second; the clock of the day stands at 0 */
    assert_int_equal(refused(&p, S, 4001), 30 * S);
    (void)refused(&p, S, 500); /* behind the one that waits */
    (void)ticket(&p, 31 * S, 4001);
    (void)ticket(&p, 31 * S, 500);
    (void)refused(&p, 31 * S, 20000);       /* never fits whole */
    (void)ticket(&p, (31 + 60) * S, 20000); /* so it goes when the window is fresh */
}

static void test_counts_that_do_not_hold(void **state)
{
    static const char *const lines[] = {
        "x-ratelimit-remaining-requests: -1\r\nx-ratelimit-reset-requests: 60\r\n",
        "x-ratelimit-remaining-requests: 0\r\nx-ratelimit-reset-requests: 0\r\n",
        "x-ratelimit-remaining-requests: 0\r\n", /* until when? */
        ("x-ratelimit-limit-requests: 0\r\nx-ratelimit-remaining-requests: 0\r\n"
         "x-ratelimit-reset-requests: 60\r\n"),
        "x-ratelimit-remaining-requests: none\r\nx-ratelimit-reset-requests: soon\r\n",
        "x-ratelimit-remaining-requests: 5\r\nx-ratelimit-reset-requests: 60s\r\n",
        "",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
        struct pace p;
        pace_init(&p, 4, 0, 0, 0);
        told(&p, S, ticket(&p, 0, 0), lines[i]);
        (void)ticket(&p, S, 0);
    }
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
            ends(&p, t, p.last, 200, -1);
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

/* A request is charged with all it may use and gets back what it did not. */
static void test_credit_is_corrected(void **state)
{
    struct pace p;
    struct pace_ticket t;
    struct pace_end e = {.status = 200, .retry_after_ms = -1, .used_tokens = 2000};

    (void)state;
    e.limits = ratelimit_none();
    pace_init(&p, 10, 0, 60000, 0);
    t = ticket(&p, 0, 60000);
    assert_in_range(refused(&p, 0, 58000), 58 * S, 58 * S + 10);
    pace_end(&p, 0, &t, &e);
    t = ticket(&p, 0, 58000);
    e.used_tokens = 118000; /* a server that overran its limit: paid back */
    pace_end(&p, 0, &t, &e);
    assert_in_range(refused(&p, 0, 0 + 1000), 61 * S, 61 * S + 10);
    t = ticket(&p, 300 * S, 100);
    e.used_tokens = 0;
    pace_end(&p, 300 * S, &t, &e);
    assert_true(p.token_credit <= 60000);
    t = ticket(&p, 300 * S, 60000);
    e.used_tokens = -1; /* not known: charged as asked */
    pace_end(&p, 300 * S, &t, &e);
    (void)refused(&p, 300 * S, 1000);
}

/* The place of one that waits is not kept for ever: it may have been given up. */
static void test_place_is_kept_for_a_while(void **state)
{
    struct pace p;

    (void)state;
    pace_init(&p, 10, 0, 60000, 0);
    (void)ticket(&p, 0, 60000);
    assert_in_range(refused(&p, 0, 10000), 10 * S, 10 * S + 10);
    (void)refused(&p, 5 * S, 1000);
    (void)ticket(&p, 11 * S + 100, 1000); /* 10 s and one more second behind it */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_retry),
        cmocka_unit_test(test_billing),
        cmocka_unit_test(test_park),
        cmocka_unit_test(test_backoff_keeps_the_deadline),
        cmocka_unit_test(test_burst_halves_once),
        cmocka_unit_test(test_other_failures_leave_concurrency),
        cmocka_unit_test(test_growth),
        cmocka_unit_test(test_hold_and_probe),
        cmocka_unit_test(test_pauses_without_a_hint),
        cmocka_unit_test(test_requests_left),
        cmocka_unit_test(test_tokens_left),
        cmocka_unit_test(test_counts_that_do_not_hold),
        cmocka_unit_test(test_requests_per_minute),
        cmocka_unit_test(test_tokens_per_minute),
        cmocka_unit_test(test_credit_is_corrected),
        cmocka_unit_test(test_place_is_kept_for_a_while),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
