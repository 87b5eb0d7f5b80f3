/* test_ratelimit.c - dates, durations and rate-limit lines of headers, as vendors write them. */
#include "harness/base/buf.h"
#include "harness/net/http_time.h"
#include "harness/net/net_header.h"
#include "harness/net/ratelimit.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* 784111777 s is Sun, 06 Nov 1994 08:49:37 GMT, RFC 9110's example; the others by date -u -d. */
#define EXAMPLE_MS INT64_C(784111777000)
/* 2026-11-24T01:40:56Z */
#define NOW_MS INT64_C(1795484456000)

static const struct {
    const char *value;
    int64_t wall_ms, want;
} retry_after[] = {
    {"0", 0, 0}, {"2", 0, 2000}, {" 120 ", 0, 120000}, {"0.5", 0, 500},
    {"1.2345", 0, 1235}, /* rounded up: nobody comes too early */
    {".25", 0, 250}, {"3.", 0, 3000}, {"3600", 0, 3600000}, {"-5", 0, 0}, {"-0.5", 0, 0},
    {"99999999999999999999999999", 0, INT64_C(315360000000)}, /* cut at ten years */
    {"Sun, 06 Nov 1994 08:49:37 GMT", EXAMPLE_MS - 7000, 7000},
    {"Sunday, 06-Nov-94 08:49:37 GMT", EXAMPLE_MS - 7000, 7000},
    {"Sun Nov  6 08:49:37 1994", EXAMPLE_MS - 7000, 7000},
    {"Wed Nov 16 08:49:37 1994", EXAMPLE_MS, 864000000},
    {"Sun, 06 Nov 1994 08:49:37 GMT", EXAMPLE_MS, 0},
    {"Sun, 06 Nov 1994 08:49:37 GMT", NOW_MS, 0}, /* long past */
    {"Tuesday, 24-Nov-26 01:41:00 GMT", NOW_MS, 4000},
    {"Tuesday, 24-Nov-76 01:40:56 GMT", NOW_MS, INT64_C(315360000000)}, /* 2076: 50 years ahead */
    {"Tuesday, 24-Nov-77 01:40:56 GMT", NOW_MS, 0},                     /* 1977 */
    {"Thu, 29 Feb 2024 00:00:00 GMT", INT64_C(1709164790000), 10000},
    {"Fri, 01 Mar 2024 00:00:00 GMT", INT64_C(1709251190000), 10000},
    {"Thu, 01 Jan 1970 00:00:01 GMT", 0, 1000}, {"2026-11-24T01:41:00Z", NOW_MS, 4000}, {"", 0, -1},
    {".", 0, -1}, {"-", 0, -1}, {"--5", 0, -1}, {"1e3", 0, -1}, {"1.2.3", 0, -1}, {"soon", 0, -1},
    {"2 s", 0, -1}, {"Sun, 06 Nov 1994 08:49:37 PST", 0, -1},
    {"Sun, 06 Foo 1994 08:49:37 GMT", 0, -1}, {"Sun, 32 Nov 1994 08:49:37 GMT", 0, -1},
    {"Sun, 31 Nov 1994 08:49:37 GMT", 0, -1}, {"Sun, 06 Nov 1994 25:49:37 GMT", 0, -1},
    {"Sun, 06 Nov 199x 08:49:37 GMT", 0, -1}, {"Sun, 06 Nov 1994 08:49:37 GMT!", 0, -1},
    {"Sun, 06 Nov 1994 08:49", 0, -1}, {", 06 Nov 1994 08:49:37 GMT", 0, -1},
    {"Sun Nov 6 08:49:37 1994", 0, -1}, /* asctime pads */
};

static void test_retry_after(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(retry_after); i++) {
        int64_t got = http_time_retry_after(str_c(retry_after[i].value), retry_after[i].wall_ms);
        if (got != retry_after[i].want)
            fail_msg("\"%s\": got %lld, want %lld", retry_after[i].value, (long long)got,
                (long long)retry_after[i].want);
    }
}

static const struct {
    const char *value;
    int64_t want; /* -1 = refused */
} durations[] = {
    {"12ms", 12},
    {"1s", 1000},
    {"6m0s", 360000},
    {"2m59.56s", 179560},
    {"1h", 3600000},
    {"1h30m1.5s", 5401500},
    {"300us", 1},
    {"300\xC2\xB5s", 1},
    {"300\xCE\xBCs", 1},
    {"999999ns", 1},
    {"1ns", 1},
    {"0s", 0},
    {"0", 0},
    {"1.5ms", 2},
    {"0.5h", 1800000},
    {"99999999999h", INT64_C(315360000000)},
    {"9999999999999999999999999999h1s", INT64_C(315360000000)},
    {"", -1},
    {"1", -1},
    {"s", -1},
    {"1x", -1},
    {"1s2", -1},
    {"-1s", -1},
    {"1 s", -1},
    {"1m ", -1},
    {".s", -1},
};

static void test_durations(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(durations); i++) {
        int64_t got = -1;
        bool ok = http_time_duration(str_c(durations[i].value), &got);
        if (ok != (durations[i].want >= 0) || got != durations[i].want)
            fail_msg("\"%s\": got %lld", durations[i].value, (long long)got);
    }
}

static const struct {
    const char *value;
    int64_t want; /* from NOW_MS; INT64_MIN = refused */
} stamps[] = {
    {"2026-11-24T01:40:56Z", 0},
    {"2026-11-24T01:40:57.25Z", 1250},
    {"2026-11-24T01:40:57.123456789z", 1123},
    {"2026-11-24T02:40:56+01:00", 0},
    {"2026-11-23T20:10:56-05:30", 0},
    {"2026-11-24 01:40:58Z", 2000},
    {"2026-11-24t01:40:55Z", -1000},
    {"2026-11-25T01:40:56Z", 86400000},
    {"2026-11-24T01:40:56", INT64_MIN}, /* of which zone? */
    {"2026-11-24T01:40:56.Z", INT64_MIN},
    {"2026-11-24T01:40:56+0100", INT64_MIN},
    {"2026-11-24T01:40:56+25:00", INT64_MIN},
    {"2026-13-24T01:40:56Z", INT64_MIN},
    {"2026-11-24T01:40:56Zz", INT64_MIN},
    {"2026-11-24", INT64_MIN},
    {"", INT64_MIN},
};

static void test_rfc3339(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(stamps); i++) {
        int64_t got = INT64_MIN + NOW_MS;
        (void)http_time_rfc3339(str_c(stamps[i].value), &got);
        if (got - NOW_MS != stamps[i].want)
            fail_msg("\"%s\": got %lld", stamps[i].value, (long long)(got - NOW_MS));
    }
}

#define UNSAID                                                                                     \
    {                                                                                              \
        -1, -1, -1                                                                                 \
    }

static const struct {
    const char *why, *headers;
    struct ratelimit_level want[RATELIMIT_KINDS]; /* requests, tokens, input, output */
} rows[] = {
    {"nothing", "", {UNSAID, UNSAID, UNSAID, UNSAID}},
    {"OpenAI",
        "x-ratelimit-limit-requests: 500\r\nx-ratelimit-limit-tokens: 30000\r\n"
        "x-ratelimit-remaining-requests: 499\r\nx-ratelimit-remaining-tokens: 29996\r\n"
        "x-ratelimit-reset-requests: 120ms\r\nx-ratelimit-reset-tokens: 6m0s\r\n",
        {{500, 499, 120}, {30000, 29996, 360000}, UNSAID, UNSAID}},
    {"Groq",
        "X-RateLimit-Limit-Requests: 14400\r\nX-RateLimit-Remaining-Requests: 14370\r\n"
        "X-RateLimit-Reset-Requests: 2m59.56s\r\nX-RateLimit-Limit-Tokens: 18000\r\n"
        "X-RateLimit-Remaining-Tokens: 17997\r\nX-RateLimit-Reset-Tokens: 7.66s\r\n",
        {{14400, 14370, 179560}, {18000, 17997, 7660}, UNSAID, UNSAID}},
    {"Azure",
        "x-ratelimit-limit-requests: 10\r\nx-ratelimit-remaining-requests: 9\r\n"
        "x-ratelimit-reset-requests: 9\r\nx-ratelimit-limit-tokens: 1000\r\n"
        "x-ratelimit-remaining-tokens: 0\r\nx-ratelimit-reset-tokens: 59\r\n",
        {{10, 9, 9000}, {1000, 0, 59000}, UNSAID, UNSAID}},
    {"Azure, Responses",
        "x-ratelimit-limit-tokens: -1\r\nx-ratelimit-remaining-tokens: -1\r\n"
        "x-ratelimit-reset-tokens: -1\r\nx-ratelimit-limit-requests: 0\r\n"
        "x-ratelimit-remaining-requests: 0\r\nx-ratelimit-reset-requests: 0\r\n",
        {UNSAID, UNSAID, UNSAID, UNSAID}},
    {"Anthropic",
        "anthropic-ratelimit-requests-limit: 50\r\nanthropic-ratelimit-requests-remaining: 0\r\n"
        "anthropic-ratelimit-requests-reset: 2026-11-24T01:41:56Z\r\n"
        "anthropic-ratelimit-tokens-limit: 38000\r\nanthropic-ratelimit-tokens-remaining: 1\r\n"
        "anthropic-ratelimit-tokens-reset: 2026-11-24T01:40:00Z\r\n"
        "anthropic-ratelimit-input-tokens-limit: 30000\r\n"
        "anthropic-ratelimit-input-tokens-remaining: 29000\r\n"
        "anthropic-ratelimit-input-tokens-reset: 2026-11-24T02:40:58.5+01:00\r\n"
        "anthropic-ratelimit-output-tokens-limit: 8000\r\n"
        "anthropic-ratelimit-output-tokens-remaining: 7000\r\n"
        "anthropic-ratelimit-output-tokens-reset: 2026-11-24T01:40:57Z\r\n"
        "anthropic-organization-id: 7\r\nanthropic-priority-input-tokens-limit: 1\r\n",
        {{50, 0, 60000}, {38000, 1, 0}, {30000, 29000, 2500}, {8000, 7000, 1000}}},
    {"OpenRouter, epoch milliseconds",
        "X-RateLimit-Limit: 20\r\nX-RateLimit-Remaining: 0\r\nX-RateLimit-Reset: 1795484460000\r\n",
        {{20, 0, 4000}, UNSAID, UNSAID, UNSAID}},
    {"epoch seconds", "x-ratelimit-remaining: 3\r\nx-ratelimit-reset: 1795484466\r\n",
        {{-1, 3, 10000}, UNSAID, UNSAID, UNSAID}},
    {"epoch, long past", "x-ratelimit-remaining: 3\r\nx-ratelimit-reset: 1700000000\r\n",
        {{-1, 3, 0}, UNSAID, UNSAID, UNSAID}},
    {"Mistral by window",
        "x-ratelimit-limit-tokens-minute: 5000000\r\n"
        "x-ratelimit-remaining-tokens-minute: 4999911\r\nx-ratelimit-tokens-query-cost: 52\r\n"
        "x-ratelimit-limit-req-minute: 720\r\nx-ratelimit-remaining-req-minute: 717\r\n",
        {{720, 717, 60000}, {5000000, 4999911, 60000}, UNSAID, UNSAID}},
    {"Mistral by size",
        "ratelimitbysize-limit: 500000\r\nratelimitbysize-remaining: 499900\r\n"
        "ratelimitbysize-reset: 47\r\nratelimitbysize-query-cost: 32007\r\n"
        "x-ratelimitbysize-limit-month: 1000000000\r\n"
        "x-ratelimitbysize-remaining-month: 999967994\r\n",
        {UNSAID, {500000, 499900, 47000}, UNSAID, UNSAID}},
    {"Cerebras: the window with the least left",
        "x-ratelimit-limit-requests-day: 14400\r\nx-ratelimit-remaining-requests-day: 14380\r\n"
        "x-ratelimit-reset-requests-day: 33011.382867\r\nx-ratelimit-limit-tokens-minute: 60000\r\n"
        "x-ratelimit-remaining-tokens-minute: 59500\r\n"
        "x-ratelimit-reset-tokens-minute: 11.382867\r\n",
        {{14400, 14380, 33011383}, {60000, 59500, 11383}, UNSAID, UNSAID}},
    {"two windows",
        "x-ratelimit-remaining-requests-minute: 9\r\nx-ratelimit-remaining-requests-day: 2\r\n"
        "x-ratelimit-reset-requests-day: 5h\r\n",
        {{-1, 2, 18000000}, UNSAID, UNSAID, UNSAID}},
    {"Together",
        "x-ratelimit-limit: 10\r\nx-ratelimit-remaining: 9\r\nx-ratelimit-reset: 1\r\n"
        "x-tokenlimit-limit: 2000\r\nx-tokenlimit-remaining: 1999\r\n",
        {{10, 9, 1000}, {2000, 1999, -1}, UNSAID, UNSAID}},
    {"Fireworks",
        "x-ratelimit-limit-tokens-prompt: 60000\r\nx-ratelimit-remaining-tokens-prompt: 59977\r\n"
        "x-ratelimit-limit-tokens-generated: 6000\r\n"
        "x-ratelimit-remaining-tokens-generated: 5000\r\nx-ratelimit-over-limit: no\r\n",
        {UNSAID, UNSAID, {60000, 59977, -1}, {6000, 5000, -1}}},
    {"the draft",
        "RateLimit-Limit: 100, 100;w=60\r\nRateLimit-Remaining: 50\r\nRateLimit-Reset: 50\r\n"
        "RateLimit-Policy: 100;w=60\r\n",
        {{100, 50, 50000}, UNSAID, UNSAID, UNSAID}},
    {"nonsense",
        "x-ratelimit-limit-requests: many\r\nx-ratelimit-remaining-requests: "
        "99999999999999999999\r\n"
        "x-ratelimit-reset-requests: soon\r\nx-ratelimit-limit-tokens: 5x\r\nx-ratelimit-: 1\r\n"
        "x-ratelimit-limit-frogs: 7\r\nx-ratelimit-tokens: "
        "8\r\nx-ratelimit-reset-tokens:\r\nno\r\n",
        {UNSAID, UNSAID, UNSAID, UNSAID}},
    {"a float, blanks", "x-ratelimit-remaining-requests :  12.0 \r\n",
        {{-1, 12, -1}, UNSAID, UNSAID, UNSAID}},
};

static void test_limits(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct ratelimit got = ratelimit_read(str_c(rows[i].headers), NOW_MS);
        for (size_t k = 0; k < RATELIMIT_KINDS; k++) {
            const struct ratelimit_level *g = &got.of[k], *w = &rows[i].want[k];
            if (g->limit != w->limit || g->remaining != w->remaining || g->reset_ms != w->reset_ms)
                fail_msg("%s, kind %zu: %lld %lld %lld", rows[i].why, k, (long long)g->limit,
                    (long long)g->remaining, (long long)g->reset_ms);
        }
    }
}

/* Every line that is read must be one that is kept. */
static void test_lines_are_kept(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct str rest = str_c(rows[i].headers), line;
        struct net_header h;
        net_header_init(&h);
        while (str_cut(&rest, '\n', &line))
            net_header_line(&h, line);
        struct ratelimit a = ratelimit_read(buf_str(&h.lines), NOW_MS);
        for (size_t k = 0; k < RATELIMIT_KINDS; k++)
            if (a.of[k].limit != rows[i].want[k].limit ||
                a.of[k].reset_ms != rows[i].want[k].reset_ms)
                fail_msg("%s: not kept", rows[i].why);
        net_header_release(&h);
    }
}

static void test_retry_headers(void **state)
{
    static const struct {
        const char *lines;
        int64_t want;
    } hints[] = {
        {"retry-after-ms: 1500\r\nretry-after: 7\r\n", 1500},
        {"Retry-After: 7\r\nRetry-After-Ms: 12.3\r\n", 13},
        {"retry-after-ms: x\r\nretry-after: 7\r\n", 7000},
        {"retry-after-ms: -4\r\n", 0},
        {"retry-after: -1\r\n", 0},
        {"retry-after: Sun Nov  6 08:49:37 1994\r\n", 0},
        {"retry-after: 3600\r\n", 3600000},
        {"retry-after: later\r\n", -1},
        {"retry-afterwards: 3\r\n", -1},
        {"x-request-id: a\r\n", -1},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(hints); i++) {
        struct str rest = str_c(hints[i].lines), line;
        struct net_header h;
        net_header_init(&h);
        while (str_cut(&rest, '\n', &line))
            net_header_line(&h, line);
        net_header_end(&h);
        if (h.retry_after_ms != hints[i].want)
            fail_msg("%s: got %lld", hints[i].lines, (long long)h.retry_after_ms);
        net_header_release(&h);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_retry_after),
        cmocka_unit_test(test_durations),
        cmocka_unit_test(test_rfc3339),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_lines_are_kept),
        cmocka_unit_test(test_retry_headers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
