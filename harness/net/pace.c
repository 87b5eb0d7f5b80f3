/* pace.c - rate limits and adaptive concurrency; see pace.h. What is tried again: pace_retry.c. */
#include "harness/net/pace.h"

#include "harness/net/http_time.h"

#include <math.h>

enum { FIRST_PAUSE_MS = 500, LONGEST_PAUSE_MS = 32000 };

#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S INT64_C(1000000000)
#define NS_PER_MINUTE 6e10
#define PROBE_PATIENCE_NS NS_PER_S
#define RENEWED_NS (60 * NS_PER_S) /* most limits are per minute */

void pace_init(struct pace *p, size_t cap, double requests_per_minute, double tokens_per_minute,
    int64_t now_ns)
{
    *p = (struct pace){
        .requests_per_minute = requests_per_minute,
        .tokens_per_minute = tokens_per_minute,
        .cap = cap ? cap : 1,
        .allowed = cap ? cap : 1,
        .request_credit = fmax(1, requests_per_minute / 60),
        .token_credit = tokens_per_minute,
        .last_refill_ns = now_ns,
        .last_halved_ns = now_ns - NS_PER_S,
        .hold_until_ns = now_ns,
    };
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* --- may it go? ---------------------------------------------------------------------------- */

/* Requests may come in bursts of one second's worth, tokens of one minute's. */
static void refill(struct pace *p, int64_t now_ns)
{
    double minutes = (double)(now_ns - p->last_refill_ns) / NS_PER_MINUTE;

    if (minutes <= 0)
        return;
    p->last_refill_ns = now_ns;
    p->request_credit = fmin(
        p->request_credit + minutes * p->requests_per_minute, fmax(1, p->requests_per_minute / 60));
    p->token_credit = fmin(p->token_credit + minutes * p->tokens_per_minute, p->tokens_per_minute);
}

/* A window that is over is fresh; how much of it is used the next reply tells. */
static void renew_rooms(struct pace *p, int64_t now_ns)
{
    for (size_t k = 0; k < RATELIMIT_KINDS; k++) {
        struct pace_room *room = &p->room[k];
        if (room->until_ns == 0 || now_ns < room->until_ns)
            continue;
        room->left = room->limit;
        room->as_of = p->last.number + 1; /* what older requests saw is over */
        room->until_ns = room->limit > 0 ? now_ns + RENEWED_NS : 0;
    }
}

/* Nanoseconds until `missing` units have come in; at least 1, so that a caller never spins. */
static int64_t ns_until(double missing, double per_minute)
{
    return (int64_t)ceil(missing / per_minute * NS_PER_MINUTE) + 1;
}

static int64_t wait_for_requests(struct pace *p)
{
    if (p->requests_per_minute <= 0 || p->request_credit >= 1)
        return 0;
    return ns_until(1 - p->request_credit, p->requests_per_minute);
}

/* Tokens that must be there: its own, and those of a larger one that waits already. */
static double tokens_needed(const struct pace *p, int64_t now_ns, double tokens)
{
    bool behind = now_ns < p->bar_until_ns && tokens < p->bar;

    return behind ? tokens + p->bar : tokens;
}

/* A request larger than a whole minute's tokens goes when the credit is full. */
static int64_t wait_for_tokens(const struct pace *p, int64_t now_ns, double tokens)
{
    double need = fmin(tokens_needed(p, now_ns, tokens), p->tokens_per_minute);

    if (p->tokens_per_minute <= 0 || p->token_credit >= need)
        return 0;
    return ns_until(need - p->token_credit, p->tokens_per_minute);
}

/* The server's own counts. Input and output are held only when nothing is left of them: how a
 * request divides between them is not known before. */
static int64_t wait_for_room(
    const struct pace *p, enum ratelimit_kind kind, int64_t now_ns, double tokens)
{
    const struct pace_room *room = &p->room[kind];
    double need = kind == RATELIMIT_TOKENS ? fmax(tokens_needed(p, now_ns, tokens), 1) : 1;

    if (room->limit > 0) /* a larger one goes when the window is fresh */
        need = fmin(need, room->limit);
    if (now_ns >= room->until_ns || room->left >= need)
        return 0;
    return room->until_ns - now_ns;
}

static int64_t wait_for_any(struct pace *p, int64_t now_ns, double tokens)
{
    int64_t wait = p->hold_until_ns - now_ns;

    if (p->probing)
        wait = later(wait, p->probe_ns - now_ns);
    wait = later(wait, wait_for_requests(p));
    wait = later(wait, wait_for_room(p, RATELIMIT_REQUESTS, now_ns, tokens));
    wait = later(wait, wait_for_room(p, RATELIMIT_INPUT, now_ns, tokens));
    wait = later(wait, wait_for_room(p, RATELIMIT_OUTPUT, now_ns, tokens));
    int64_t of_tokens = later(
        wait_for_tokens(p, now_ns, tokens), wait_for_room(p, RATELIMIT_TOKENS, now_ns, tokens));
    if (of_tokens > 0 && (tokens >= p->bar || now_ns >= p->bar_until_ns)) {
        p->bar = tokens;
        p->bar_until_ns = now_ns + of_tokens + NS_PER_S;
    }
    return later(wait, of_tokens);
}

bool pace_take(struct pace *p, int64_t now_ns, double tokens, int64_t *ret_wait_ns)
{
    if (p->in_flight >= p->allowed) {
        *ret_wait_ns = INT64_MAX;
        return false;
    }
    refill(p, now_ns);
    renew_rooms(p, now_ns);
    int64_t wait = wait_for_any(p, now_ns, tokens);
    if (wait > 0) {
        *ret_wait_ns = wait;
        return false;
    }
    p->request_credit -= p->requests_per_minute > 0 ? 1 : 0;
    p->token_credit -= p->tokens_per_minute > 0 ? tokens : 0;
    p->room[RATELIMIT_REQUESTS].left -= 1;
    p->room[RATELIMIT_TOKENS].left -= tokens;
    if (tokens >= p->bar)
        p->bar = 0;
    if (p->probing)
        p->probe_ns = now_ns + PROBE_PATIENCE_NS;
    p->in_flight++;
    p->last = (struct pace_ticket){p->last.number + 1, tokens, p->last.total + tokens, now_ns};
    return true;
}

/* --- how it ended -------------------------------------------------------------------------- */

bool pace_is_limit(long status)
{
    return status == 429 || status == 498 || status == 503 || status == 529;
}

struct pace_end pace_end_of(const struct net_reply *reply, int64_t wall_ms, double used_tokens)
{
    const struct call_times *t = &reply->times;
    int64_t head_ns = t->first_byte ? t->first_byte : t->done;

    return (struct pace_end){
        .status = reply->status,
        .retry_after_ms = reply->retry_after_ms,
        .used_tokens = used_tokens,
        .limits = ratelimit_read(reply->headers, wall_ms - (t->done - head_ns) / NS_PER_MS),
        .limits_ns = head_ns,
    };
}

/* The server counted when this request came; what was sent behind it is counted here. It makes the
 * reset later, too, if that means "full again": then what was known of it stands until the reply to
 * the last request tells. */
static void take_level(struct pace *p, enum ratelimit_kind kind,
    const struct ratelimit_level *level, int64_t told_ns, const struct pace_ticket *t)
{
    struct pace_room *room = &p->room[kind];
    double since = 0;

    if (level->remaining < 0 || level->reset_ms < 0 || t->number < room->as_of)
        return;
    if (kind == RATELIMIT_REQUESTS)
        since = (double)(p->last.number - t->number);
    if (kind == RATELIMIT_TOKENS)
        since = p->last.total - t->total;
    int64_t until = told_ns + level->reset_ms * NS_PER_MS;
    room->left = (double)level->remaining - since;
    room->limit = (double)level->limit;
    room->until_ns = since > 0 ? later(room->until_ns, until) : until;
    room->as_of = t->number;
}

static void hold(struct pace *p, int64_t now_ns, int64_t ms)
{
    ms = ms < HTTP_TIME_LONGEST_MS ? ms : HTTP_TIME_LONGEST_MS;
    p->hold_until_ns = later(p->hold_until_ns, now_ns + ms * NS_PER_MS);
    p->held_ns = now_ns;
    p->probing = true;
    p->probe_ns = p->hold_until_ns;
}

static void slow_down(
    struct pace *p, int64_t now_ns, const struct pace_ticket *t, int64_t retry_after_ms)
{
    bool alone = p->good >= p->allowed;

    p->successes = p->good = 0;
    if (t->taken_ns >= p->last_halved_ns && !alone) {
        /* a time to wait says that the rate was too high, and not so much the concurrency */
        p->quick_until = retry_after_ms > 0 ? p->allowed : p->allowed * 7 / 8;
        p->allowed = p->allowed > 1 ? p->allowed / 2 : 1;
        p->last_halved_ns = now_ns;
        p->refusals++;
    }
    if (retry_after_ms > 0) {
        hold(p, now_ns, retry_after_ms);
    } else if (p->refusals > 1) {
        int64_t pause = FIRST_PAUSE_MS;
        for (size_t i = 2; i < p->refusals && pause < LONGEST_PAUSE_MS; i++)
            pause *= 2;
        hold(p, now_ns, pause);
    }
}

static void speed_up(struct pace *p, const struct pace_ticket *t)
{
    p->refusals = 0;
    p->good++;
    if (t->taken_ns >= p->held_ns)
        p->probing = false;
    if (p->allowed < p->quick_until || ++p->successes >= p->allowed) {
        p->successes = 0;
        p->allowed += p->allowed < p->cap ? 1 : 0;
    }
}

void pace_end(struct pace *p, int64_t now_ns, const struct pace_ticket *t, const struct pace_end *e)
{
    if (p->in_flight == 0)
        BUG("pace_end without pace_take");
    p->in_flight--;
    if (p->tokens_per_minute > 0 && e->used_tokens >= 0)
        p->token_credit = fmin(p->token_credit + t->tokens - e->used_tokens, p->tokens_per_minute);
    for (int k = 0; k < RATELIMIT_KINDS; k++)
        take_level(
            p, (enum ratelimit_kind)k, &e->limits.of[k], e->limits_ns ? e->limits_ns : now_ns, t);
    if (p->probing && t->taken_ns >= p->held_ns)
        p->probe_ns = now_ns; /* the probe is back: another may go if it was no success */
    if (pace_is_limit(e->status))
        slow_down(p, now_ns, t, e->retry_after_ms);
    else if (e->status >= 200 && e->status < 300)
        speed_up(p, t);
    else
        p->successes = 0;
}
