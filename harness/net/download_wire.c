/* download_wire.c - one GET on a curl easy handle; see download_wire.h. */
#include "harness/net/download_wire.h"

#include "harness/base/clock.h"
#include "harness/net/http_time.h"
#include "harness/net/net_wire.h"

#define NS_PER_MS INT64_C(1000000)

enum { DIGITS_MAX = 15 };

/* One call while it runs. */
struct call {
    CURL *easy;
    const struct download_wire *w;
    struct download_end *end;
    int64_t active_ns; /* last sign of life */
    bool headed, idle;
};

static struct str header(CURL *easy, const char *name)
{
    struct curl_header *h;

    return curl_easy_header(easy, name, 0, CURLH_HEADER, -1, &h) == CURLHE_OK
               ? str_trim(str_c(h->value))
               : STR("");
}

/* Digits at the start of *s, which moves behind them; -1 if there are none or too many. */
static int64_t take_number(struct str *s)
{
    int64_t v = 0;
    size_t i = 0;

    for (; i < s->n && str_is_digit(s->p[i]); i++)
        v = i < DIGITS_MAX ? v * 10 + (s->p[i] - '0') : -1;
    *s = str_from(*s, i);
    return i && i <= DIGITS_MAX ? v : -1;
}

/* "bytes 100-199/200", "bytes 100-199/" and a star, "bytes" star "/200" */
static void read_range(struct str s, struct download_head *h)
{
    if (!str_eq_nocase(str_slice(s, 0, 6), STR("bytes ")))
        return;
    s = str_from(s, 6);
    h->range_start = take_number(&s);
    size_t slash = str_find(s, STR("/"), 0);
    if (slash == SIZE_MAX)
        return;
    s = str_from(s, slash + 1);
    h->range_total = take_number(&s);
}

static struct download_head read_head(CURL *easy)
{
    struct download_head h = {.range_start = -1, .range_total = -1, .retry_after_ms = -1};
    curl_off_t length = -1;
    struct str etag = header(easy, "etag"), after = header(easy, "retry-after");

    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &h.status);
    curl_easy_getinfo(easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    h.length = length;
    h.location = header(easy, "location");
    h.type = header(easy, "content-type");
    h.validator = etag.n && etag.p[0] == '"' ? etag : header(easy, "last-modified");
    read_range(header(easy, "content-range"), &h);
    if (after.n)
        h.retry_after_ms = http_time_retry_after(after, clock_wall_ms());
    return h;
}

static bool head_once(struct call *c)
{
    struct download_head h;

    if (c->headed)
        return true;
    c->headed = true;
    h = read_head(c->easy);
    c->end->refused = !c->w->on_head(&h, c->w->payload);
    return !c->end->refused;
}

static size_t on_body(char *p, size_t size, size_t n, void *payload)
{
    struct call *c = payload;

    n *= size;
    c->active_ns = clock_now_ns();
    if (!head_once(c))
        return CURL_WRITEFUNC_ERROR;
    if (c->w->on_body((struct str){p, n}, c->w->payload))
        return n;
    c->end->refused = true;
    return CURL_WRITEFUNC_ERROR;
}

static size_t on_header(char *p, size_t size, size_t n, void *payload)
{
    struct call *c = payload;

    (void)p;
    c->active_ns = clock_now_ns();
    return n * size;
}

/* curl calls this about once a second, and more often while bytes move. */
static int on_tick(void *payload, curl_off_t total, curl_off_t now, curl_off_t ut, curl_off_t un)
{
    struct call *c = payload;
    curl_off_t connected = 0;

    (void)total, (void)now, (void)ut, (void)un;
    if (c->w->stop && *c->w->stop) {
        c->end->stopped = true;
        return 1;
    }
    curl_easy_getinfo(c->easy, CURLINFO_CONNECT_TIME_T, &connected);
    if (connected == 0) /* the connect limit is curl's */
        c->active_ns = clock_now_ns();
    c->idle = clock_now_ns() - c->active_ns > c->w->idle_ms * NS_PER_MS;
    return c->idle;
}

static struct curl_slist *request_headers(const struct download_wire *w)
{
    struct curl_slist *list = NULL;
    struct buf line = BUF_INIT;

    list = curl_slist_append(list, "User-Agent: sleepbench");
    if (w->token) {
        buf_printf(&line, "Authorization: Bearer %s", w->token);
        list = curl_slist_append(list, buf_cstr(&line));
    }
    if (w->offset) {
        buf_reset(&line);
        buf_printf(&line, "Range: bytes=%llu-", (unsigned long long)w->offset);
        list = curl_slist_append(list, buf_cstr(&line));
        buf_reset(&line);
        buf_printf(&line, "If-Range: %.*s", STR_ARG(w->validator));
        list = curl_slist_append(list, buf_cstr(&line));
    }
    buf_release(&line);
    if (!list)
        die_oom();
    return list;
}

static void set_options(struct call *c, CURLU *parsed, struct curl_slist *headers)
{
    const char *ca = getenv("SSL_CERT_FILE");
    CURL *e = c->easy;

    curl_easy_reset(e);
    curl_easy_setopt(e, CURLOPT_CURLU, parsed);
    curl_easy_setopt(e, CURLOPT_NOPROXY, net_wire_is_loopback(parsed) ? "*" : NULL);
    curl_easy_setopt(e, CURLOPT_ERRORBUFFER, c->end->why);
    curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)c->w->connect_ms);
    curl_easy_setopt(e, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(e, CURLOPT_WRITEDATA, c);
    curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(e, CURLOPT_HEADERDATA, c);
    curl_easy_setopt(e, CURLOPT_XFERINFOFUNCTION, on_tick);
    curl_easy_setopt(e, CURLOPT_XFERINFODATA, c);
    curl_easy_setopt(e, CURLOPT_NOPROGRESS, 0L);
    if (ca)
        curl_easy_setopt(e, CURLOPT_CAINFO, ca);
}

static enum net_result result_of(CURLcode code, bool idle)
{
    switch (code) {
    case CURLE_OK:
        return NET_OK;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
        return NET_UNREACHABLE;
    case CURLE_OPERATION_TIMEDOUT:
        return NET_TIMEOUT;
    default:
        return idle ? NET_TIMEOUT : NET_BROKEN;
    }
}

void download_wire_get(CURL *easy, const struct download_wire *w, struct download_end *ret)
{
    struct call c = {.easy = easy, .w = w, .end = ret, .active_ns = clock_now_ns()};
    struct curl_slist *headers = request_headers(w);
    CURLU *parsed = curl_url();

    *ret = (struct download_end){.result = NET_BROKEN};
    if (!parsed)
        die_oom();
    if (curl_url_set(parsed, CURLUPART_URL, w->url, 0))
        BUG("%s was not checked", w->url);
    set_options(&c, parsed, headers);
    CURLcode code = curl_easy_perform(easy);
    ret->result = result_of(code, c.idle);
    if (c.idle)
        snprintf(ret->why, sizeof ret->why, "no byte came for %lld s",
            (long long)(w->idle_ms + 999) / 1000);
    else if (code != CURLE_OK && !ret->why[0])
        snprintf(ret->why, sizeof ret->why, "%s", curl_easy_strerror(code));
    if (code == CURLE_OK)
        (void)head_once(&c);
    curl_easy_setopt(easy, CURLOPT_CURLU, NULL);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, NULL);
    curl_slist_free_all(headers);
    curl_url_cleanup(parsed);
}
