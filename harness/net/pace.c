/* pace.c - rate limits, adaptive concurrency and the retry decision; see pace.h. */
#include "harness/net/pace.h"

#include <math.h>

enum {
    FIRST_BACKOFF_MS = 500,
    LONGEST_BACKOFF_MS = 32000,
    SECOND_MS = 1000,
};

#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S INT64_C(1000000000)
#define NS_PER_MINUTE 6e10
/* No server means longer than this; larger numbers are cut so that no sum can overflow. */
#define LONGEST_WAIT_MS (INT64_C(10) * 365 * 86400 * 1000)

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

/* Nanoseconds until `missing` units have come in; at least 1, so that a caller never spins. */
static int64_t ns_until(double missing, double per_minute)
{
    return (int64_t)ceil(missing / per_minute * NS_PER_MINUTE) + 1;
}

bool pace_take(struct pace *p, int64_t now_ns, double tokens, int64_t *ret_wait_ns)
{
    int64_t wait = 0;

    if (p->in_flight >= p->allowed) {
        *ret_wait_ns = INT64_MAX;
        return false;
    }
    if (now_ns < p->hold_until_ns)
        wait = p->hold_until_ns - now_ns;
    if (p->requests_per_minute > 0 || p->tokens_per_minute > 0)
        refill(p, now_ns);
    if (p->requests_per_minute > 0 && p->request_credit < 1) {
        int64_t more = ns_until(1 - p->request_credit, p->requests_per_minute);
        wait = more > wait ? more : wait;
    }
    /* A request larger than a whole minute's tokens goes when the credit is full. */
    double need = fmin(tokens, p->tokens_per_minute);
    if (p->tokens_per_minute > 0 && p->token_credit < need) {
        int64_t more = ns_until(need - p->token_credit, p->tokens_per_minute);
        wait = more > wait ? more : wait;
    }
    if (wait > 0) {
        *ret_wait_ns = wait;
        return false;
    }
    p->request_credit -= p->requests_per_minute > 0 ? 1 : 0;
    p->token_credit -= p->tokens_per_minute > 0 ? tokens : 0;
    p->in_flight++;
    return true;
}

void pace_done(struct pace *p, int64_t now_ns, long status, int64_t retry_after_ms)
{
    if (p->in_flight == 0)
        BUG("pace_done without pace_take");
    p->in_flight--;
    if (status == 429) {
        p->successes = 0;
        if (now_ns - p->last_halved_ns >= NS_PER_S) {
            p->allowed = p->allowed > 1 ? p->allowed / 2 : 1;
            p->last_halved_ns = now_ns;
        }
    } else if (status >= 200 && status < 300) {
        if (++p->successes >= p->allowed) {
            p->successes = 0;
            p->allowed += p->allowed < p->cap ? 1 : 0;
        }
    } else {
        p->successes = 0;
    }
    if ((status == 429 || status == 503) && retry_after_ms > 0) {
        int64_t capped = retry_after_ms < LONGEST_WAIT_MS ? retry_after_ms : LONGEST_WAIT_MS;
        int64_t until = now_ns + capped * NS_PER_MS;
        p->hold_until_ns = until > p->hold_until_ns ? until : p->hold_until_ns;
    }
}

/* Value of header `name` (lower case, with the colon) in CRLF separated lines. */
static struct str header_value(struct str lines, struct str name)
{
    struct str line;

    while (str_cut(&lines, '\n', &line))
        if (line.n > name.n && str_eq_nocase(str_slice(line, 0, name.n), name))
            return str_trim(str_from(line, name.n));
    return (struct str){NULL, 0};
}

static bool worth_retrying(const struct net_reply *reply)
{
    if (reply->result == NET_TOO_LARGE)
        return false;
    if (reply->result != NET_OK)
        return true;
    struct str told = header_value(reply->headers, STR("x-should-retry:"));
    if (str_eq_nocase(told, STR("true")))
        return true;
    if (str_eq_nocase(told, STR("false")))
        return false;
    /* An empty account answers 429 too, and no waiting fills it. */
    if (reply->status == 429)
        return str_find(reply->body, STR("insufficient_quota"), 0) == SIZE_MAX;
    return reply->status == 408 || reply->status == 409 || reply->status >= 500;
}

int64_t pace_retry_ms(const struct net_reply *reply, int attempt, int max_attempts,
    int64_t max_wait_ms, struct rng *jitter)
{
    if (attempt >= max_attempts || !worth_retrying(reply))
        return -1;
    if (reply->retry_after_ms > max_wait_ms)
        return -1;

    int64_t wait = FIRST_BACKOFF_MS;
    for (int i = 1; i < attempt && wait < LONGEST_BACKOFF_MS; i++)
        wait *= 2;
    wait -= (int64_t)((double)wait * 0.25 * rng_unit(jitter));
    if (wait > max_wait_ms)
        wait = max_wait_ms;
    if (reply->retry_after_ms < 0)
        return wait;
    /* The server's word counts; up to a tenth is added so that waiters do not come back at once. */
    wait = reply->retry_after_ms;
    wait += (int64_t)((double)wait * 0.1 * rng_unit(jitter));
    return wait < max_wait_ms ? wait : max_wait_ms;
}

/* Non-negative decimal seconds as milliseconds, cut at LONGEST_WAIT_MS; -1 if s is not one. */
static int64_t decimal_seconds_ms(struct str s)
{
    int64_t ms = 0, unit = SECOND_MS;
    bool point = false, digit = false;

    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '.' && !point) {
            point = true;
            continue;
        }
        if (!str_is_digit(s.p[i]))
            return -1;
        digit = true;
        int64_t d = s.p[i] - '0';
        if (point)
            ms += (unit /= 10) * d;
        else
            ms = ms > LONGEST_WAIT_MS ? ms : ms * 10 + d * SECOND_MS;
    }
    if (!digit)
        return -1;
    return ms < LONGEST_WAIT_MS ? ms : LONGEST_WAIT_MS;
}

/* Reads exactly `digits` digits at s[*i]; -1 if they are not there. */
static int fixed_digits(struct str s, size_t *i, int digits)
{
    int v = 0;

    for (int k = 0; k < digits; k++, (*i)++) {
        if (*i >= s.n || !str_is_digit(s.p[*i]))
            return -1;
        v = v * 10 + (s.p[*i] - '0');
    }
    return v;
}

/* Days from 1970-01-01 to a date of the Gregorian calendar (era of 400 years from 1 March). */
static int64_t days_of(int year, int month, int day)
{
    int y = month <= 2 ? year - 1 : year;
    int era = y / 400, yoe = y % 400;
    int doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;

    return (int64_t)era * 146097 + doe - 719468;
}

static int month_of(struct str name)
{
    static const char months[] = "janfebmaraprmayjunjulaugsepoctnovdec";

    for (int m = 0; m < 12; m++)
        if (str_eq_nocase(name, (struct str){months + m * 3, 3}))
            return m + 1;
    return -1;
}

/* "Sun, 06 Nov 1994 08:49:37 GMT", the one form servers may still send (RFC 9110, 5.6.7). */
static bool http_date_ms(struct str s, int64_t *ret_ms)
{
    if (s.n != 29 || s.p[3] != ',' || !str_eqc(str_from(s, 25), " GMT"))
        return false;
    size_t i = 5, j = 12, k = 17;
    int day = fixed_digits(s, &i, 2), year = fixed_digits(s, &j, 4);
    int month = month_of(str_slice(s, 8, 11));
    int hour = fixed_digits(s, &k, 2), minute, second;
    k++;
    minute = fixed_digits(s, &k, 2);
    k++;
    second = fixed_digits(s, &k, 2);
    if (day < 1 || day > 31 || month < 1 || year < 1970 || hour < 0 || hour > 23 || minute < 0 ||
        minute > 59 || second < 0 || second > 60)
        return false;
    *ret_ms = (days_of(year, month, day) * 86400 + hour * 3600 + minute * 60 + second) * SECOND_MS;
    return true;
}

int64_t pace_parse_retry_after(struct str value, int64_t wall_ms)
{
    int64_t ms, at;

    value = str_trim(value);
    ms = decimal_seconds_ms(value);
    if (ms >= 0)
        return ms;
    if (!http_date_ms(value, &at))
        return -1;
    return at > wall_ms ? at - wall_ms : 0;
}
