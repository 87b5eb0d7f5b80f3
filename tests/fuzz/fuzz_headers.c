/*
 * fuzz_headers.c - any bytes as response header lines: what is read of dates, waits and limits
 * stays in its bounds, and pacing goes on whatever was told.
 *
 * The first byte chooses the time of day; the rest are lines.
 */
#include "harness/net/http_time.h"
#include "harness/net/net_header.h"
#include "harness/net/pace.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void must(bool ok)
{
    if (!ok)
        abort();
}

static void check_value(struct str value, int64_t wall_ms)
{
    int64_t ms = http_time_retry_after(value, wall_ms), length;

    must(ms >= -1 && ms <= HTTP_TIME_LONGEST_MS);
    if (http_time_duration(value, &length))
        must(length >= 0 && length <= HTTP_TIME_LONGEST_MS);
}

static void check_pace(const struct net_header *h, int64_t wall_ms)
{
    struct rng rng = rng_seeded(1);
    struct net_reply reply = {.status = 429,
        .headers = buf_str(&h->lines),
        .retry_after_ms = h->retry_after_ms,
        .times = {.sent = 1, .first_byte = 2, .done = 3000000}};
    struct pace_end e = pace_end_of(&reply, wall_ms, 10);
    int64_t wait = 0;
    struct pace p;

    pace_init(&p, 4, 0, 100000, 0);
    must(pace_take(&p, 1, 100, &wait));
    struct pace_ticket t = p.last;
    pace_end(&p, 3000000, &t, &e);
    must(p.allowed >= 1 && p.in_flight == 0);
    int64_t now = 3000000;
    for (int i = 0; i < 4 && !pace_take(&p, now, 100, &wait); i++) {
        must(wait > 0 && wait < INT64_MAX); /* nothing is in flight: only time can be missing */
        now += wait;
    }
    must(p.in_flight == 1);
    if (pace_retry(&reply, 1, 5, 60000, &rng, &wait) == PACE_AGAIN)
        must(wait >= 0 && wait <= 60000);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct str rest = {(const char *)data, n}, line;
    int64_t wall_ms = INT64_C(1795484456000) + (n ? data[0] : 0) * INT64_C(10000000000);
    struct net_header h;

    net_header_init(&h);
    rest = str_from(rest, n > 0);
    while (str_cut(&rest, '\n', &line)) {
        size_t colon = str_find(line, STR(":"), 0);
        check_value(colon == SIZE_MAX ? line : str_trim(str_from(line, colon + 1)), wall_ms);
        net_header_line(&h, line);
    }
    net_header_end(&h);
    must(h.retry_after_ms >= -1 && h.retry_after_ms <= HTTP_TIME_LONGEST_MS);
    struct ratelimit limits = ratelimit_read(buf_str(&h.lines), wall_ms);
    for (size_t k = 0; k < RATELIMIT_KINDS; k++) {
        const struct ratelimit_level *l = &limits.of[k];
        must(l->limit >= -1 && l->remaining >= -1);
        must(l->reset_ms >= -1 && l->reset_ms <= HTTP_TIME_LONGEST_MS);
    }
    check_pace(&h, wall_ms);
    net_header_release(&h);
    return 0;
}
