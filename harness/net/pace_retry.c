/* pace_retry.c - whether a failed attempt is made again, and when; see pace.h. */
#include "harness/base/json.h"
#include "harness/net/net_header.h"
#include "harness/net/pace.h"

enum { FIRST_BACKOFF_MS = 500, LONGEST_BACKOFF_MS = 32000 };

bool pace_is_billing(struct str body)
{
    static const char *const codes[] = {
        "insufficient_quota",
        "credit_balance_exhausted",
        "organization_spend_limit_exceeded",
        "project_spend_limit_exceeded",
        "organization_usage_limit_exceeded",
        "billing_hard_limit_reached",
        "billing_not_active",
    };
    struct json *doc;
    bool yes = false;

    if (json_parse(body, JSON_REPAIR, &doc, NULL))
        return false;
    const struct json *error = json_get(doc, "error") ? json_get(doc, "error") : doc;
    struct str word = json_str(json_get(error, "code"));
    if (word.n == 0) /* the code decides: a type may stand for more than money */
        word = json_str(json_get(error, "type"));
    for (size_t i = 0; i < ARRAY_LEN(codes); i++)
        yes |= str_eqc(word, codes[i]);
    json_free(doc);
    return yes;
}

static bool worth_retrying(const struct net_reply *reply)
{
    if (reply->result == NET_TOO_LARGE)
        return false;
    if (reply->result != NET_OK)
        return true;
    if (reply->status == 429 && pace_is_billing(reply->body))
        return false;
    struct str told = net_header_value(reply->headers, "x-should-retry");
    if (str_eq_nocase(told, STR("true")))
        return true;
    if (str_eq_nocase(told, STR("false")))
        return false;
    return reply->status == 408 || reply->status == 409 || reply->status == 429 ||
           reply->status == 498 || reply->status >= 500;
}

/* Doubling, with up to a quarter taken off. */
static int64_t backoff_ms(int attempt, struct rng *jitter)
{
    int64_t wait = FIRST_BACKOFF_MS;

    for (int i = 1; i < attempt && wait < LONGEST_BACKOFF_MS; i++)
        wait *= 2;
    return wait - (int64_t)((double)wait * 0.25 * rng_unit(jitter));
}

enum pace_verdict pace_retry(const struct net_reply *reply, int attempt, int max_attempts,
    int64_t max_wait_ms, struct rng *jitter, int64_t *ret_wait_ms)
{
    int64_t told = reply->retry_after_ms;

    if (attempt >= max_attempts || !worth_retrying(reply))
        return PACE_GIVE_UP;
    if (told > max_wait_ms) {
        *ret_wait_ms = told;
        return PACE_PARK;
    }
    /* The server's word counts; up to a tenth is added so that waiters do not come back at once. */
    int64_t wait = told > 0 ? told + (int64_t)((double)told * 0.1 * rng_unit(jitter))
                            : backoff_ms(attempt, jitter);
    *ret_wait_ms = wait < max_wait_ms ? wait : max_wait_ms;
    return PACE_AGAIN;
}

int64_t pace_retry_ms(const struct net_reply *reply, int attempt, int max_attempts,
    int64_t max_wait_ms, struct rng *jitter)
{
    int64_t wait;

    if (pace_retry(reply, attempt, max_attempts, max_wait_ms, jitter, &wait) != PACE_AGAIN)
        return -1;
    return wait;
}
