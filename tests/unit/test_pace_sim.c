/*
 * test_pace_sim.c - a client and a server on a clock that jumps: whole runs in milliseconds.
 *
 * The client is the runner's loop in small: flights that wait for their retry or for the key, one
 * struct pace, pace_retry for what failed. The server is a rule that answers one arrival. Checked
 * in every run: no request leaves before the time that a delivered reply named, never more in
 * flight than the user allows, every job ends.
 */
#include "harness/net/pace.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define MS INT64_C(1000000)
#define S (1000 * MS)
#define WALL_MS INT64_C(1795482000000) /* 2026-11-24T01:00:00Z, when a simulation begins */

enum { MOST_CAP = 128, LAG_MS = 20, MOST_ATTEMPTS = 1000 };

/* What the server says to one request. */
struct word {
    enum net_result result;
    long status;
    int64_t retry_after_ms, service_ms;
    bool no_answer; /* a 200 that is none */
    char headers[600];
};

struct sim;
typedef void rule_fn(struct sim *sim, int64_t at_ns, double tokens, struct word *ret);

struct flight {
    enum { EMPTY, READY, SENT } state;
    int job, attempt;
    double tokens;
    int64_t ready_ns, due_ns, sent_ns;
    struct pace_ticket ticket;
    struct word word;
};

struct sim {
    struct pace pace;
    struct rng rng;
    rule_fn *rule;
    size_t cap;
    int jobs, next, done, sends, limited, most_attempts;
    double (*tokens)(struct sim *sim, int job);
    struct flight flights[MOST_CAP];
    int64_t now, told_until, end;
    int64_t first_done[4]; /* when jobs 0 to 3 ended */
    /* of the server: */
    double level, rate_per_s, capacity, token_level, tokens_per_s, token_capacity;
    int64_t level_ns, window_ns, window_end;
    int left, per_window, busy;
    bool anthropic;
};

static void start(struct sim *sim, size_t i)
{
    struct flight *f = &sim->flights[i];

    *f = (struct flight){.state = READY, .job = sim->next++, .ready_ns = sim->now};
    f->tokens = sim->tokens ? sim->tokens(sim, f->job) : 0;
}

static void send_one(struct sim *sim, struct flight *f)
{
    if (sim->now < sim->told_until)
        fail_msg("sent %lld ms early", (long long)((sim->told_until - sim->now) / MS));
    f->state = SENT;
    f->ticket = sim->pace.last;
    f->sent_ns = sim->now;
    f->attempt++;
    f->word = (struct word){.result = NET_OK, .retry_after_ms = -1};
    sim->rule(sim, sim->now + LAG_MS * MS, f->tokens, &f->word);
    f->due_ns = sim->now + (2 * LAG_MS + f->word.service_ms) * MS;
    sim->sends++;
}

static void receive(struct sim *sim, struct flight *f)
{
    const struct word *w = &f->word;
    struct net_reply reply = {.result = w->result,
        .status = w->status,
        .retry_after_ms = w->retry_after_ms,
        .headers = str_c(w->headers),
        .body = STR("{}"),
        .times = {
            .sent = f->sent_ns, .first_byte = f->sent_ns + 2 * LAG_MS * MS, .done = sim->now}};
    struct pace_end end = pace_end_of(&reply, WALL_MS + sim->now / MS, f->tokens / 2);
    bool ok = w->result == NET_OK && w->status == 200 && !w->no_answer;
    int64_t wait;

    pace_end(&sim->pace, sim->now, &f->ticket, &end);
    sim->limited += pace_is_limit(w->status);
    if (pace_is_limit(w->status) && w->retry_after_ms > 0 &&
        sim->now + w->retry_after_ms * MS > sim->told_until)
        sim->told_until = sim->now + w->retry_after_ms * MS;
    if (w->no_answer)
        reply.status = 500;
    if (ok) {
        if (f->job < 4)
            sim->first_done[f->job] = sim->now;
        sim->done++;
        sim->end = sim->now;
        f->state = EMPTY;
        sim->most_attempts = f->attempt > sim->most_attempts ? f->attempt : sim->most_attempts;
        return;
    }
    if (pace_retry(&reply, f->attempt, MOST_ATTEMPTS, 600000, &sim->rng, &wait) != PACE_AGAIN)
        fail_msg("job %d given up after %d attempts", f->job, f->attempt);
    f->state = READY;
    f->ready_ns = sim->now + wait * MS;
}

/* Sends if it may; the time when this flight can do something next. */
static int64_t advance(struct sim *sim, struct flight *f)
{
    int64_t wait;

    if (f->state == READY && f->ready_ns <= sim->now) {
        if (pace_take(&sim->pace, sim->now, f->tokens, &wait))
            send_one(sim, f);
        else
            return wait < INT64_MAX ? sim->now + wait : INT64_MAX;
    }
    assert_true(sim->pace.in_flight <= sim->cap);
    if (f->state == READY)
        return f->ready_ns;
    return f->state == SENT ? f->due_ns : INT64_MAX;
}

/* Everything that can happen now; returns when something can happen next. */
static int64_t step(struct sim *sim)
{
    int64_t next = INT64_MAX;

    for (size_t i = 0; i < sim->cap; i++)
        if (sim->flights[i].state == SENT && sim->flights[i].due_ns <= sim->now)
            receive(sim, &sim->flights[i]);
    for (size_t i = 0; i < sim->cap; i++) {
        if (sim->flights[i].state == EMPTY && sim->next < sim->jobs)
            start(sim, i);
        int64_t at = advance(sim, &sim->flights[i]);
        next = at < next ? at : next;
    }
    return next;
}

/* Runs until all jobs are done or the time is over. */
static void run(struct sim *sim, int64_t most_ns)
{
    sim->rng = rng_seeded(11);
    if (sim->pace.cap == 0)
        pace_init(&sim->pace, sim->cap, 0, 0, 0);
    while (sim->done < sim->jobs && sim->now < most_ns) {
        int64_t next = step(sim);
        if (next == INT64_MAX && sim->done < sim->jobs)
            fail_msg("frozen after %d of %d jobs", sim->done, sim->jobs);
        sim->now = next > sim->now ? next : sim->now;
    }
}

/* --- mixed faults -------------------------------------------------------------------------- */

static void mixed(struct sim *sim, int64_t at, double tokens, struct word *w)
{
    static const long statuses[] = {429, 429, 500, 502, 503, 529};
    uint64_t dice = rng_below(&sim->rng, 200);

    (void)at, (void)tokens;
    w->status = 200;
    w->service_ms = 200 + (int64_t)rng_below(&sim->rng, 400);
    if (dice >= 10) /* 5 % */
        return;
    w->service_ms = 0;
    if (dice < ARRAY_LEN(statuses))
        w->status = statuses[dice];
    if (dice == 0)
        w->retry_after_ms = 1500;
    if (dice == 6)
        w->result = NET_BROKEN, w->status = 0;
    if (dice == 7) /* silence until the idle limit */
        w->result = NET_TIMEOUT, w->status = 0, w->service_ms = 120000;
    if (dice == 8)
        w->result = NET_BROKEN, w->service_ms = 300;
    if (dice == 9)
        w->no_answer = true;
}

static void test_mixed_faults(void **state)
{
    static struct sim sim = {.rule = mixed, .cap = 128, .jobs = 10000};

    (void)state;
    run(&sim, 24 * 3600 * S);
    print_message("mixed: %d sends, %d limited, %.0f s, most attempts %d\n", sim.sends, sim.limited,
        (double)sim.end / 1e9, sim.most_attempts);
    assert_int_equal(sim.done, 10000);
    assert_true(sim.most_attempts <= 8);
    assert_true(sim.end < 3600 * S);
}

/* --- a steady stream of 429 ---------------------------------------------------------------- */

/* per_window requests are let through, all others told to come back when the window is over, which
 * begins with its first request. */
static void window(struct sim *sim, int64_t at, double tokens, struct word *w)
{
    (void)tokens;
    if (at >= sim->window_end) {
        sim->window_end = at + sim->window_ns;
        sim->left = sim->per_window;
    }
    if (sim->left > 0) {
        sim->left--;
        w->status = 200;
        w->service_ms = 2000 + (int64_t)rng_below(&sim->rng, 3000);
    } else {
        w->status = 429;
        w->retry_after_ms = 89000;
    }
}

static void test_steady_429(void **state)
{
    static const int sizes[] = {1, 2, 5, 20, 60, 300};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        static struct sim sim;
        sim = (struct sim){.rule = window,
            .cap = 128,
            .jobs = sizes[i] * 40,
            .per_window = sizes[i],
            .window_ns = 80 * S};
        run(&sim, 24 * 3600 * S);
        /* whoever waits 89 s behind its first 429 gets one window in 89 s and the time that 128
         * at once need for it at 3.5 s each */
        double best = 39 * (89 + sizes[i] * 3.5 / 128), took = (double)sim.end / 1e9;
        print_message("window %d: %d sends, %d limited, %.0f s, %.1f %% of the rate\n", sizes[i],
            sim.sends, sim.limited, took, 100 * best / took);
        assert_int_equal(sim.done, sizes[i] * 40);
        assert_true(best / took >= 0.9);
    }
}

/* --- servers that count -------------------------------------------------------------------- */

static void print_duration(char *out, size_t n, double seconds)
{
    int minutes = (int)(seconds / 60);

    if (seconds < 1)
        snprintf(out, n, "%dms", (int)ceil(seconds * 1000));
    else if (minutes)
        snprintf(out, n, "%dm%.3fs", minutes, seconds - minutes * 60);
    else
        snprintf(out, n, "%.3fs", seconds);
}

static void tell(struct sim *sim, int64_t at, struct word *w)
{
    double full = (sim->capacity - sim->level) / sim->rate_per_s;
    double tokens_full =
        sim->tokens_per_s > 0 ? (sim->token_capacity - sim->token_level) / sim->tokens_per_s : 0;
    char a[40], b[40];

    if (!sim->anthropic) {
        print_duration(a, sizeof a, full);
        print_duration(b, sizeof b, tokens_full);
        snprintf(w->headers, sizeof w->headers,
            "x-ratelimit-limit-requests: %d\r\nx-ratelimit-remaining-requests: %d\r\n"
            "x-ratelimit-reset-requests: %s\r\nx-ratelimit-limit-tokens: %d\r\n"
            "x-ratelimit-remaining-tokens: %d\r\nx-ratelimit-reset-tokens: %s\r\n",
            (int)sim->capacity, (int)sim->level, a, (int)sim->token_capacity, (int)sim->token_level,
            b);
        return;
    }
    int64_t at_s = (int64_t)ceil((double)at / 1e9 + full) + 3600; /* 01:00:00 + */
    snprintf(w->headers, sizeof w->headers,
        "anthropic-ratelimit-requests-limit: %d\r\nanthropic-ratelimit-requests-remaining: %d\r\n"
        "anthropic-ratelimit-requests-reset: 2026-11-24T%02d:%02d:%02dZ\r\n",
        (int)sim->capacity, (int)sim->level, (int)(at_s / 3600), (int)(at_s / 60 % 60),
        (int)(at_s % 60));
}

/* Two buckets, of requests and tokens, that fill without a break. */
static void bucket(struct sim *sim, int64_t at, double tokens, struct word *w)
{
    double seconds = (double)(at - sim->level_ns) / 1e9;
    bool counts_tokens = sim->tokens_per_s > 0;

    sim->level = fmin(sim->capacity, sim->level + seconds * sim->rate_per_s);
    sim->token_level = fmin(sim->token_capacity, sim->token_level + seconds * sim->tokens_per_s);
    sim->level_ns = at;
    if (sim->level >= 1 && (!counts_tokens || sim->token_level >= tokens)) {
        sim->level -= 1;
        sim->token_level -= counts_tokens ? tokens : 0;
        w->status = 200;
        w->service_ms = 1000 + (int64_t)rng_below(&sim->rng, 4000);
    } else {
        w->status = 429;
        w->retry_after_ms = (int64_t)ceil((1 - sim->level) / sim->rate_per_s) * 1000;
        w->retry_after_ms = w->retry_after_ms < 1000 ? 1000 : w->retry_after_ms;
    }
    tell(sim, at, w);
}

/* Share of what the server would have let through: its first fill and its rate since. */
static double share(const struct sim *sim)
{
    return sim->done / (sim->capacity + (double)sim->end / 1e9 * sim->rate_per_s);
}

static void test_counting_servers(void **state)
{
    static const struct {
        const char *why;
        bool anthropic;
        double per_minute;
    } rows[] = {{"OpenAI", false, 500}, {"OpenAI, slow", false, 20}, {"Anthropic", true, 500},
        {"Anthropic, slow", true, 50}};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        static struct sim sim;
        double n = rows[i].per_minute;
        sim = (struct sim){.rule = bucket,
            .cap = 128,
            .jobs = (int)(n * 30),
            .capacity = n,
            .level = n,
            .rate_per_s = n / 60,
            .anthropic = rows[i].anthropic};
        run(&sim, 24 * 3600 * S);
        print_message("%s %.0f/min: %d sends, %d limited, %.0f s, %.1f %% of the rate\n",
            rows[i].why, n, sim.sends, sim.limited, (double)sim.end / 1e9, 100 * share(&sim));
        assert_int_equal(sim.done, sim.jobs);
        assert_true(share(&sim) >= 0.9);
        assert_true(sim.limited < sim.jobs / 10 + 130); /* the first burst knew nothing */
    }
}

static double big_and_small(struct sim *sim, int job)
{
    (void)sim;
    return job == 1 ? 30000 : 2000;
}

/* 40,000 tokens a minute, and one request that needs three quarters of them among small ones. */
static void test_large_request_is_not_starved(void **state)
{
    static struct sim sim;

    (void)state;
    for (int user = 0; user < 2; user++) {
        sim = (struct sim){.rule = bucket,
            .cap = 16,
            .jobs = 600,
            .capacity = 1e6,
            .level = 1e6,
            .rate_per_s = 1e6,
            .token_capacity = 40000,
            .token_level = 9000,
            .tokens_per_s = 40000 / 60.0,
            .tokens = big_and_small};
        pace_init(&sim.pace, 16, 0, user ? 40000 : 0, 0);
        sim.pace.token_credit = user ? 9000 : 0;
        run(&sim, 24 * 3600 * S);
        print_message("large request: done after %.0f s, all after %.0f s, %d limited\n",
            (double)sim.first_done[1] / 1e9, (double)sim.end / 1e9, sim.limited);
        assert_int_equal(sim.done, 600);
        assert_true(sim.first_done[1] < 180 * S);
    }
}

/* --- other shapes -------------------------------------------------------------------------- */

/* A server that works on 10 requests at once and tells nobody when to come back. Its count of the
 * busy ones is taken from the flights. */
static void ten_at_once(struct sim *sim, int64_t at, double tokens, struct word *w)
{
    int busy = 0;

    (void)tokens;
    for (size_t i = 0; i < sim->cap; i++)
        busy += sim->flights[i].state == SENT && sim->flights[i].word.status == 200 &&
                sim->flights[i].due_ns - LAG_MS * MS > at;
    w->status = busy < 10 ? 200 : 429;
    w->service_ms = busy < 10 ? 1000 : 0;
}

static void test_concurrency_is_found(void **state)
{
    static struct sim sim = {.rule = ten_at_once, .cap = 128, .jobs = 4000};

    (void)state;
    run(&sim, 24 * 3600 * S);
    double took = (double)sim.end / 1e9;
    print_message("ten at once: %d limited, %.0f s, %.1f %% of the rate\n", sim.limited, took,
        100 * 400 * 1.04 / took);
    assert_int_equal(sim.done, 4000);
    assert_true(took < 400 * 1.04 / 0.6);
}

/* The first request behind a hold is never answered: it must not keep the key shut. */
static void silent_probe(struct sim *sim, int64_t at, double tokens, struct word *w)
{
    (void)at, (void)tokens;
    w->status = 200;
    w->service_ms = 100;
    if (sim->sends == 0) {
        w->status = 429;
        w->retry_after_ms = 5000;
    } else if (sim->sends == 4) {
        w->result = NET_TIMEOUT;
        w->service_ms = 300000;
    }
}

static void test_silent_probe(void **state)
{
    static struct sim sim = {.rule = silent_probe, .cap = 4, .jobs = 100};

    (void)state;
    run(&sim, 60 * S);
    assert_true(sim.done >= 90);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mixed_faults),
        cmocka_unit_test(test_steady_429),
        cmocka_unit_test(test_counting_servers),
        cmocka_unit_test(test_large_request_is_not_starved),
        cmocka_unit_test(test_concurrency_is_found),
        cmocka_unit_test(test_silent_probe),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
