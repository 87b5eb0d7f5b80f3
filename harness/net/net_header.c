/* net_header.c - which response header lines are kept, and what two of them say. */
#include "harness/net/net_header.h"

#include "harness/base/clock.h"
#include "harness/base/log.h"
#include "harness/net/http_time.h"

enum { MOST_HEADER_BYTES = 16384 };

/* Lower case; one that ends in '-' stands for all names that begin so. */
static const char *const kept[] = {
    "anthropic-",
    "apim-request-id",
    "content-type",
    "openai-",
    "ratelimit-",
    "ratelimitbysize-",
    "request-id",
    "retry-after",
    "retry-after-ms",
    "x-generation-id",
    "x-ratelimit-",
    "x-ratelimitbysize-",
    "x-request-id",
    "x-should-retry",
    "x-tokenlimit-",
};

void net_header_init(struct net_header *h)
{
    *h = (struct net_header){.retry_after_ms = -1};
    buf_init(&h->lines, MOST_HEADER_BYTES);
}

void net_header_release(struct net_header *h)
{
    buf_release(&h->lines);
}

void net_header_reset(struct net_header *h)
{
    buf_reset(&h->lines);
    h->content_type = (struct str){NULL, 0};
    h->retry_after_ms = -1;
    h->ended = false;
}

static bool is_kept(struct str name)
{
    for (size_t i = 0; i < ARRAY_LEN(kept); i++) {
        struct str want = str_c(kept[i]);
        if (name.n == 0 || str_lower(name.p[0]) != want.p[0] || name.n < want.n)
            continue;
        bool all = want.p[want.n - 1] != '-';
        if (str_eq_nocase(all ? name : str_slice(name, 0, want.n), want))
            return true;
    }
    return false;
}

void net_header_line(struct net_header *h, struct str line)
{
    size_t colon = 0;

    if (str_starts(line, STR("HTTP/"))) {
        net_header_reset(h);
        return;
    }
    if (str_trim(line).n == 0)
        h->ended = true;
    while (colon < line.n && line.p[colon] != ':')
        colon++;
    if (colon == line.n || !is_kept(str_slice(line, 0, colon)))
        return;
    secret_redact(&h->lines, str_trim(line));
    buf_add(&h->lines, "\r\n", 2);
}

struct str net_header_value(struct str lines, const char *name)
{
    struct str want = str_c(name), line;

    while (str_cut(&lines, '\n', &line))
        if (line.n > want.n && line.p[want.n] == ':' &&
            str_eq_nocase(str_slice(line, 0, want.n), want))
            return str_trim(str_from(line, want.n + 1));
    return (struct str){NULL, 0};
}

void net_header_end(struct net_header *h)
{
    struct str lines = buf_str(&h->lines);
    int64_t ms;

    if (lines.n == 0)
        return;
    h->content_type = net_header_value(lines, "content-type");
    struct str after_ms = net_header_value(lines, "retry-after-ms");
    struct str after = net_header_value(lines, "retry-after");
    /* A number of milliseconds read as seconds is a thousand times too long; rounded up. */
    if (http_time_seconds(after_ms, &ms))
        h->retry_after_ms = (ms + 999) / 1000;
    else if (after.n)
        h->retry_after_ms = http_time_retry_after(after, clock_wall_ms());
}
