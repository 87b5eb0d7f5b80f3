/* batch_talk.c - requests about batches, one at a time, with their retries; see batch_impl.h. */
#include "harness/base/clock.h"
#include "harness/base/log.h"
#include "harness/run/batch_impl.h"

#include <string.h>

enum { MOST_HEADERS = 32, SLICE_MS = 50, WORDS = 200 };

/* What came back, kept behind the callback. */
struct echo {
    struct buf *body;
    struct net_reply reply;
    char why[200];
};

static void keep_words(char *to, size_t size, struct str words)
{
    struct buf clean = BUF_INIT;

    secret_redact(&clean, words);
    size_t n = clean.n < size - 1 ? clean.n : size - 1;
    memcpy(to, buf_cstr(&clean), n);
    to[n] = '\0';
    buf_release(&clean);
}

static void on_reply(const struct net_reply *reply, void *payload)
{
    struct echo *e = payload;

    e->reply = *reply;
    buf_reset(e->body);
    buf_str_add(e->body, reply->body);
    e->reply.body = buf_str(e->body);
    keep_words(e->why, sizeof e->why, str_c(reply->why));
}

int64_t batch_poll_ns(const struct batch_desk *desk)
{
    return (int64_t)(desk->run->o->config->batch_poll_s * 1e9);
}

static bool signalled(const struct batch_desk *desk)
{
    return desk->run->o->stop && *desk->run->o->stop;
}

bool batch_wait(struct batch_desk *desk, int64_t until_ns)
{
    for (int64_t left; (left = until_ns - clock_now_ns()) > 0;) {
        if (signalled(desk))
            return false;
        run_show_progress(desk->run, false);
        clock_sleep_ms(left / 1000000 < SLICE_MS ? left / 1000000 + 1 : SLICE_MS);
    }
    return !signalled(desk);
}

enum err_code batch_stopped(const struct batch_desk *desk, struct err *err)
{
    const struct run_progress *p = &desk->run->progress;

    return err_set(err, ERR_STOPPED,
        "stopped by a signal; %lld tasks are left, %zu batches of them with the provider; the same "
        "command goes on",
        (long long)(p->total - p->done), desk->n);
}

static enum err_code send(
    struct batch_desk *desk, const struct run_endpoint *e, struct echo *ret, struct err *err)
{
    const char *headers[MOST_HEADERS + 2];
    struct buf url = BUF_INIT;
    size_t n = 0;

    for (const char *const *h = e->headers; *h && n < MOST_HEADERS; h++)
        headers[n++] = *h;
    if (desk->ask.type.n)
        headers[n++] = buf_cstr(&desk->ask.type);
    headers[n] = NULL;
    batch_url(e->base, buf_str(&desk->ask.path), &url);
    struct net_request request = {.url = buf_cstr(&url), .headers = headers};
    if (desk->ask.post)
        request.body = buf_str(&desk->ask.body);
    enum err_code code = net_send(desk->net, &request, err);
    while (!code && net_in_flight(desk->net)) {
        (void)net_poll(desk->net, SLICE_MS, on_reply, ret); /* one at most */
        run_show_progress(desk->run, false);
    }
    buf_release(&url);
    return code;
}

/* What one attempt means. */
enum verdict { VERDICT_OK, VERDICT_NO, VERDICT_AGAIN, VERDICT_UNSURE };

static enum verdict judge(const struct echo *e, bool post, batch_read_fn *read, void *payload)
{
    long status = e->reply.status;
    bool retry;

    if (e->reply.result == NET_UNREACHABLE)
        return VERDICT_AGAIN;
    if (e->reply.result != NET_OK)
        return post ? VERDICT_UNSURE : VERDICT_AGAIN;
    if (status >= 200 && status <= 299 && read(e->reply.body, payload))
        return VERDICT_OK;
    if (status == 429)
        return VERDICT_AGAIN;
    (void)provider_status(status, &retry); /* only whether it may help to ask again */
    if ((status >= 200 && status <= 399) || retry)
        return post ? VERDICT_UNSURE : VERDICT_AGAIN;
    return VERDICT_NO;
}

/* "status 503: the first words of the body", or what the transport says. */
static void describe(const struct echo *e, char *to, size_t size)
{
    struct buf text = BUF_INIT;

    if (e->reply.status)
        buf_printf(&text, "status %ld: ", e->reply.status);
    if (e->why[0])
        buf_puts(&text, e->why);
    else
        buf_collapse(&text, str_slice(e->reply.body, 0, WORDS));
    keep_words(to, size, buf_str(&text));
    buf_release(&text);
}

static int64_t pause_ms(struct batch_desk *desk, const struct echo *e, int attempt)
{
    const struct config *c = desk->run->o->config;
    struct net_reply seen = e->reply;

    if (seen.result == NET_OK && seen.status < 400)
        seen.status = 500; /* a 2xx that cannot be read */
    return pace_retry_ms(
        &seen, attempt, (int)c->attempts, c->deadline_s * 1000, &desk->run->jitter);
}

static enum err_code gave_up(struct batch_desk *desk, const struct run_endpoint *e,
    const struct batch_heard *heard, struct err *err)
{
    return err_set(err, heard->status >= 401 && heard->status <= 403 ? ERR_ENDPOINT : ERR_STOPPED,
        "batches of %s, %s %.*s: %s; the same command goes on", e->name,
        desk->ask.post ? "POST" : "GET", STR_ARG(str_slice(buf_str(&desk->ask.path), 0, 120)),
        heard->words[0] ? heard->words : "no answer");
}

enum err_code batch_talk(struct batch_desk *desk, size_t model, batch_read_fn *read, void *payload,
    struct batch_heard *ret, struct err *err)
{
    const struct run_endpoint *e = &desk->run->o->endpoints[model];

    for (int attempt = 1;; attempt++) {
        struct echo echo = {.body = &desk->heard};
        if (signalled(desk))
            return batch_stopped(desk, err);
        if (send(desk, e, &echo, err))
            return err->code;
        enum verdict v = judge(&echo, desk->ask.post, read, payload);
        *ret = (struct batch_heard){
            .ok = v == VERDICT_OK, .unsure = v == VERDICT_UNSURE, .status = echo.reply.status};
        if (v == VERDICT_OK)
            return OK;
        describe(&echo, ret->words, sizeof ret->words);
        log_msg(LOG_WARN, "batches: %s %s: %s", desk->ask.post ? "POST" : "GET",
            buf_cstr(&desk->ask.path), ret->words);
        if (ret->status >= 401 && ret->status <= 403)
            return gave_up(desk, e, ret, err);
        if (v == VERDICT_NO || v == VERDICT_UNSURE)
            return OK;
        int64_t wait = pause_ms(desk, &echo, attempt);
        if (wait < 0)
            return gave_up(desk, e, ret, err);
        if (!batch_wait(desk, clock_now_ns() + wait * 1000000))
            return batch_stopped(desk, err);
    }
}
