/* download.c - redirects, attempts and messages of a download; see download.h. */
#include "harness/net/download.h"

#include "harness/base/clock.h"
#include "harness/base/json.h"
#include "harness/base/log.h"
#include "harness/base/rng.h"
#include "harness/net/download_part.h"
#include "harness/net/download_wire.h"
#include "harness/net/net_wire.h"
#include "harness/net/pace.h"

enum {
    CONNECT_MS = 30000,
    IDLE_MS = 60000,
    DEADLINE_MS = 300000,
    ATTEMPTS = 8, /* in a row without a new byte */
    UNREACHABLE_TRIES = 2,
    SLICE_MS = 50,   /* how soon a stop is seen while waiting */
    SAID_MAX = 4096, /* bytes kept of an answer that is no data */
    SNIFF = 256,     /* bytes of data looked at for a web page */
    URL_SHOWN = 160,
};

#define FILE_MAX ((uint64_t)4 << 30)
#define TEXT_MAX ((uint64_t)64 << 20)
#define NS_PER_MS INT64_C(1000000)

/* A download while it runs. Data go to the part or, if there is none, to text. */
struct job {
    const struct download *d;
    CURL *easy;
    struct download_part *part;
    struct buf text;
    struct buf url;                 /* of the hop under way */
    struct buf origin;              /* scheme, host and port of the first address */
    struct buf location, said;      /* of a redirect; body of an error */
    uint64_t max, had, total, most; /* most: the farthest that any attempt came */
    int64_t moved_ns;               /* when the last new byte came, or the first attempt began */
    long status;
    int64_t retry_after_ms;
    bool data, html, large, broken_range, moved; /* moved: a new byte came */
    struct download_end end;
    struct err *err;
};

static uint64_t have(const struct job *j)
{
    return j->part ? j->part->bytes : j->text.n;
}

/* --- addresses ----------------------------------------------------------------------------- */

/* An address as messages show it: without what may be secret or endless. */
static const char *shown(const struct job *j, struct buf *out)
{
    struct str url = buf_str(&j->url);
    bool first = str_eqc(url, j->d->url);

    if (!first) /* a redirect's query often holds a signature */
        url = str_slice(url, 0, str_find(url, STR("?"), 0));
    secret_redact(out, str_slice(url, 0, URL_SHOWN));
    if (url.n > URL_SHOWN)
        buf_puts(out, "...");
    return buf_cstr(out);
}

/* One part of a parsed address, or "". */
static void url_part(CURLU *u, CURLUPart part, unsigned flags, struct buf *out)
{
    char *text;

    if (curl_url_get(u, part, &text, flags))
        return;
    buf_puts(out, text);
    curl_free(text);
}

static void origin_of(CURLU *u, struct buf *out)
{
    url_part(u, CURLUPART_SCHEME, 0, out);
    buf_puts(out, "://");
    url_part(u, CURLUPART_HOST, 0, out);
    buf_puts(out, ":");
    url_part(u, CURLUPART_PORT, CURLU_DEFAULT_PORT, out);
    for (size_t i = 0; i < out->n; i++)
        out->p[i] = str_lower(out->p[i]);
}

/* Checks the address in j->url and gives its origin; `secure`: the one before was https. */
static enum err_code check_url(struct job *j, CURLU *u, bool secure, struct buf *origin)
{
    struct buf user = BUF_INIT, where = BUF_INIT;
    enum err_code code = OK;

    url_part(u, CURLUPART_USER, 0, &user);
    origin_of(u, origin);
    bool https = str_starts(buf_str(origin), STR("https://"));
    bool http = str_starts(buf_str(origin), STR("http://"));
    if (user.n)
        code = err_set(j->err, ERR_USAGE, "%s has a user name in it: give a token by its variable",
            buf_cstr(origin));
    else if (!https && secure)
        code = err_set(j->err, ERR_ENDPOINT, "%s redirects to %s, which is not encrypted: refused",
            j->d->url, shown(j, &where));
    else if (!https && !(http && net_wire_is_loopback(u)))
        code = err_set(j->err, ERR_USAGE,
            "%s: data is fetched by https (http only from this machine)", shown(j, &where));
    buf_release(&user);
    buf_release(&where);
    return code;
}

/* Sets j->url to `next`, an address or one relative to the hop before. */
static enum err_code go_to(
    struct job *j, CURLU *u, const char *next, bool secure, struct buf *origin)
{
    char *whole;

    if (curl_url_set(u, CURLUPART_URL, next, 0) || curl_url_get(u, CURLUPART_URL, &whole, 0))
        return err_set(j->err, j->url.n ? ERR_ENDPOINT : ERR_USAGE,
            "%s %s address that cannot be read", j->d->url, j->url.n ? "redirects to an" : "is an");
    if (j->url.n) {
        buf_reset(&j->url);
        buf_puts(&j->url, whole);
    } else {
        buf_puts(&j->url, j->d->url); /* as it was given, for messages */
    }
    curl_free(whole);
    buf_reset(origin);
    return check_url(j, u, secure, origin);
}

/* --- what comes in ------------------------------------------------------------------------- */

static bool refuse_large(struct job *j)
{
    j->large = true;
    return false;
}

/* 200 starts anew, 206 goes on if it does so at the right place; anything else is no data. */
static bool on_head(const struct download_head *h, void *payload)
{
    struct job *j = payload;

    j->status = h->status;
    j->retry_after_ms = h->retry_after_ms;
    buf_reset(&j->location);
    buf_str_add(&j->location, h->location);
    j->data = h->status == 200 || h->status == 206;
    if (!j->data)
        return true;
    j->html = str_eq_nocase(str_slice(h->type, 0, 9), STR("text/html"));
    if (j->html)
        return false;
    if (h->status == 206) {
        j->broken_range = h->range_start != (int64_t)have(j) || have(j) == 0;
        j->total = h->range_total > 0 ? (uint64_t)h->range_total : 0;
        return !j->broken_range && (j->total <= j->max || refuse_large(j));
    }
    j->had = 0;
    j->total = h->length > 0 ? (uint64_t)h->length : 0;
    buf_reset(&j->text);
    if (j->total > j->max)
        return refuse_large(j);
    return !j->part || download_part_restart(j->part, h->validator, j->err) == OK;
}

static bool on_body(struct str bytes, void *payload)
{
    struct job *j = payload;

    if (!j->data) {
        buf_add(&j->said, bytes.p, bytes.n);
        return !j->said.full; /* it may never end */
    }
    if (have(j) + bytes.n > j->max)
        return refuse_large(j);
    if (!j->part)
        buf_str_add(&j->text, bytes);
    else if (!download_part_write(j->part, bytes))
        return false;
    if (have(j) > j->most) { /* bytes that come a second time are no progress */
        j->most = have(j);
        j->moved = true;
        j->moved_ns = clock_now_ns();
    }
    if (j->d->progress)
        j->d->progress(have(j), j->total, j->d->payload);
    return true;
}

bool download_is_html(struct str text)
{
    if (str_starts(text, STR("\xEF\xBB\xBF")))
        text = str_from(text, 3);
    text = str_trim(text);
    return str_eq_nocase(str_slice(text, 0, 9), STR("<!doctype")) ||
           str_eq_nocase(str_slice(text, 0, 5), STR("<html"));
}

/* --- one attempt --------------------------------------------------------------------------- */

static void exchange(struct job *j, bool own)
{
    struct download_wire w = {.url = buf_cstr(&j->url),
        .token = own ? j->d->token : NULL,
        .offset = j->part && j->part->validator.n ? j->part->bytes : 0,
        .validator = j->part ? buf_str(&j->part->validator) : STR(""),
        .connect_ms = j->d->connect_ms > 0 ? j->d->connect_ms : CONNECT_MS,
        .idle_ms = j->d->idle_ms > 0 ? j->d->idle_ms : IDLE_MS,
        .stop = j->d->stop,
        .on_head = on_head,
        .on_body = on_body,
        .payload = j};
    struct buf validator = BUF_INIT; /* the part's own may change under way */

    buf_str_add(&validator, w.validator);
    w.validator = buf_str(&validator);
    j->status = 0;
    j->retry_after_ms = -1;
    j->data = j->html = j->large = j->broken_range = false;
    buf_reset(&j->said);
    download_wire_get(j->easy, &w, &j->end);
    if (j->said.full) { /* the rest was not wanted */
        j->end.result = NET_OK;
        j->end.refused = false;
    }
    buf_release(&validator);
}

static bool is_redirect(const struct job *j)
{
    return j->end.result == NET_OK && j->status >= 300 && j->status < 400 && j->status != 304 &&
           j->location.n;
}

/* From the first address through its redirects to an answer. */
static enum err_code follow(struct job *j)
{
    struct buf origin = BUF_INIT, next = BUF_INIT;
    bool secure = false;
    CURLU *u = curl_url();
    enum err_code code = OK;

    if (!u)
        die_oom();
    buf_reset(&j->url);
    buf_puts(&next, j->d->url);
    for (int hop = 0; !code; hop++) {
        if (hop > DOWNLOAD_REDIRECTS) {
            code =
                err_set(j->err, ERR_ENDPOINT, "%s redirects more than %d times, in a loop it seems",
                    j->d->url, DOWNLOAD_REDIRECTS);
            break;
        }
        code = go_to(j, u, buf_cstr(&next), secure, &origin);
        if (code)
            break;
        secure = str_starts(buf_str(&origin), STR("https://"));
        if (hop == 0 && !j->origin.n)
            buf_str_add(&j->origin, buf_str(&origin));
        exchange(j, str_eq(buf_str(&origin), buf_str(&j->origin)));
        if (!is_redirect(j))
            break;
        buf_reset(&next);
        buf_str_add(&next, buf_str(&j->location));
    }
    curl_url_cleanup(u);
    buf_release(&origin);
    buf_release(&next);
    return code;
}

/* What the server says of an error, if it is short JSON: {"error": "..."}. */
static void add_said(const struct job *j, struct buf *out)
{
    struct json *doc;

    if (json_parse(buf_str(&j->said), JSON_REPAIR, &doc, NULL))
        return;
    struct str text = json_str(json_get(doc, "error"));
    if (text.n) {
        buf_puts(out, " (\"");
        buf_collapse(out, str_slice(text, 0, 120));
        buf_puts(out, "\")");
    }
    json_free(doc);
}

static enum err_code refused_status(struct job *j, const char *url)
{
    struct buf said = BUF_INIT;
    bool denied = j->status == 401 || j->status == 403;
    const char *advice = denied && j->d->forbidden              ? j->d->forbidden
                         : j->status == 404 || j->status == 410 ? "what was there has moved or gone"
                                                                : "waiting does not change that";

    add_said(j, &said);
    enum err_code code = err_set(j->err, ERR_ENDPOINT, "%s answers with status %ld%s: %s", url,
        j->status, buf_cstr(&said), advice);
    buf_release(&said);
    return code;
}

/* Trouble that no further attempt mends; OK if there is none of that kind. */
static enum err_code permanent(struct job *j, const char *url)
{
    unsigned long long mib = (unsigned long long)(j->max >> 20);

    if (j->end.stopped)
        return err_set(j->err, ERR_STOPPED, "%s: stopped", url);
    if (j->html)
        return err_set(j->err, ERR_INPUT,
            "%s gives a web page, not data: it may ask for a login, or the address has moved", url);
    if (j->large)
        return err_set(j->err, ERR_INPUT, "%s is larger than %llu MiB: refused", url, mib);
    if (j->part && j->part->write_errno)
        return err_set(
            j->err, ERR_IO, "cannot write %s: %s", j->part->part, strerror(j->part->write_errno));
    if (j->end.refused && !j->broken_range)
        return j->err->code; /* set where the part was restarted */
    return OK;
}

enum verdict { COMPLETE, AGAIN, FATAL };

/* 416: the part is as long as the file, or longer; and a 206 of another place. */
static enum verdict start_anew(struct job *j)
{
    return download_part_restart(j->part, STR(""), j->err) ? FATAL : AGAIN;
}

static enum verdict judge(struct job *j)
{
    struct buf where = BUF_INIT;
    const char *url = shown(j, &where);
    enum verdict v = AGAIN;

    if (permanent(j, url)) {
        v = FATAL;
    } else if (j->part && (j->broken_range || j->status == 416)) {
        v = start_anew(j);
    } else if (j->end.result == NET_OK && j->data) {
        bool whole = !j->total || have(j) == j->total;
        v = whole ? COMPLETE : AGAIN;
        if (!whole)
            snprintf(j->end.why, sizeof j->end.why, "the answer ended early");
    } else if (j->end.result == NET_OK && j->status < 500 && j->status != 408 && j->status != 429) {
        (void)refused_status(j, url);
        v = FATAL;
    }
    buf_release(&where);
    return v;
}

/* --- attempts ------------------------------------------------------------------------------ */

static bool wait_ms(const struct job *j, int64_t ms)
{
    for (; ms > 0; ms -= SLICE_MS) {
        if (j->d->stop && *j->d->stop)
            return false;
        clock_sleep_ms(ms < SLICE_MS ? ms : SLICE_MS);
    }
    return !j->d->stop || !*j->d->stop;
}

static enum err_code gave_up(struct job *j, int tries, int64_t left_ms)
{
    struct buf where = BUF_INIT, why = BUF_INIT;
    const char *url = shown(j, &where);
    enum err_code code;

    if (j->end.result == NET_OK && j->status >= 400)
        buf_printf(&why, "status %ld", j->status);
    else
        secret_redact(&why, str_c(j->end.why));
    if (j->end.result == NET_UNREACHABLE)
        code = err_set(j->err, ERR_FAILED, "cannot reach %s (%s)%s%s", url, buf_cstr(&why),
            j->d->offline ? ": " : "", j->d->offline ? j->d->offline : "");
    else if (j->retry_after_ms > 0 && j->retry_after_ms > left_ms)
        code = err_set(j->err, ERR_FAILED, "%s: %s, and it asks to wait %lld s: try again then",
            url, buf_cstr(&why), (long long)(j->retry_after_ms + 999) / 1000);
    else
        code = err_set(j->err, ERR_FAILED, "%s: %s, given up after %d attempts in a row", url,
            buf_cstr(&why), tries);
    buf_release(&where);
    buf_release(&why);
    return code;
}

static enum err_code run(struct job *j)
{
    int64_t deadline = j->d->deadline_ms > 0 ? j->d->deadline_ms : DEADLINE_MS;
    struct rng jitter = rng_labelled((uint64_t)clock_now_ns(), STR("download"));

    j->moved_ns = clock_now_ns();
    for (int tries = 1;; tries++) {
        j->moved = false;
        if (follow(j))
            return j->err->code;
        enum verdict v = judge(j);
        if (v != AGAIN)
            return v == COMPLETE ? OK : j->err->code;
        if (j->moved)
            tries = 1;
        struct net_reply reply = {.result = j->end.result,
            .status = j->status == 416 || j->status < 400 ? 500 : j->status,
            .body = buf_str(&j->said),
            .retry_after_ms = j->retry_after_ms};
        int64_t left = deadline - (clock_now_ns() - j->moved_ns) / NS_PER_MS;
        int most = j->end.result == NET_UNREACHABLE ? UNREACHABLE_TRIES : ATTEMPTS;
        int64_t wait = left > 0 ? pace_retry_ms(&reply, tries, most, left, &jitter) : -1;
        if (wait < 0)
            return gave_up(j, tries, left);
        if (!wait_ms(j, wait))
            return err_set(j->err, ERR_STOPPED, "%s: stopped", j->d->url);
    }
}

static void job_release(struct job *j)
{
    curl_easy_cleanup(j->easy);
    buf_release(&j->text);
    buf_release(&j->url);
    buf_release(&j->origin);
    buf_release(&j->location);
    buf_release(&j->said);
}

static void job_init(struct job *j, const struct download *d, uint64_t most, struct err *err)
{
    *j = (struct job){.d = d, .max = d->max_bytes ? d->max_bytes : most, .err = err};
    net_init();
    j->easy = curl_easy_init();
    if (!j->easy)
        die_oom();
    buf_init(&j->said, SAID_MAX);
    if (d->token)
        secret_add(str_c(d->token));
}

static enum err_code check_content(
    struct job *j, struct digest digest, struct str start, struct err *err)
{
    char hex[DIGEST_HEX_LEN + 1];

    if (download_is_html(start))
        return err_set(err, ERR_INPUT,
            "%s gives a web page, not data: it may ask for a login, or the address has moved",
            j->d->url);
    if (j->d->sha256 && strcmp(digest_hex(digest, hex), j->d->sha256) != 0)
        return err_set(err, ERR_INPUT,
            "%s is not the file that was expected: its sha256 is %s, expected is %s", j->d->url,
            hex, j->d->sha256);
    return OK;
}

/* --- the two uses -------------------------------------------------------------------------- */

static enum err_code finish(struct job *j, struct digest *ret, struct err *err)
{
    char start[SNIFF];
    size_t n = download_part_start(j->part, start, sizeof start);
    enum err_code code = download_part_digest(j->part, ret, err);

    if (!code)
        code = check_content(j, *ret, (struct str){start, n}, err);
    return code ? code : download_part_rename(j->part, err);
}

enum err_code download_file(
    const struct download *d, const char *path, struct download_result *ret, struct err *err)
{
    struct download_part part = {.fd = -1};
    struct err local = {0};
    struct job j;

    job_init(&j, d, FILE_MAX, &local);
    enum err_code code = download_part_open(&part, path, d->url, &local);
    j.part = &part;
    j.had = part.bytes;
    struct download_result result = {.resumed_from = 0};
    if (!code)
        code = run(&j);
    result.bytes = part.bytes;
    result.resumed_from = j.had;
    if (!code)
        code = finish(&j, &result.sha256, &local);
    if (code == ERR_INPUT && part.fd >= 0) /* what came is wrong: nothing to go on with */
        buf_reset(&part.validator);
    uint64_t kept = part.bytes;
    bool keep = download_part_close(&part);
    job_release(&j);
    if (!code) {
        *ret = result;
        return OK;
    }
    if (keep)
        return err_set(err, code, "%s. %llu bytes are kept: the same command goes on from there",
            local.msg, (unsigned long long)kept);
    return err_set(err, code, "%s", local.msg);
}

enum err_code download_text(const struct download *d, struct buf *ret, struct err *err)
{
    struct err local = {0};
    struct job j;

    job_init(&j, d, TEXT_MAX, &local);
    enum err_code code = run(&j);
    if (!code)
        code = check_content(&j, digest_of(buf_str(&j.text)), buf_str(&j.text), &local);
    if (!code)
        buf_str_add(ret, buf_str(&j.text));
    job_release(&j);
    return code ? err_set(err, code, "%s", local.msg) : OK;
}
