/* conform_client.c - exchanges of a case, one after the other; see conform_client.h. */
#include "tests/conformance/conform_client.h"

#include "harness/base/clock.h"
#include "harness/base/json.h"
#include "harness/base/number.h"
#include "harness/net/pace.h"
#include "tests/conformance/conform_talk.h"

#include <unistd.h>

enum { ATTEMPTS = 8, DEADLINE_MS = 600000, MOST_EXCHANGES = 64, SHOWN_CALLS = 6 };

struct client {
    struct conform_case *c;
    struct ask ask;
    struct talk *talk;
    struct net *net;
    struct rng jitter;
    char *base;
    const char *headers[4];
    struct buf *bad, *seen;
    int64_t exchange; /* from 1 */
    int attempt;      /* of the current request */
    /* of the last exchange */
    struct facts facts;
    struct reply reply;
    int64_t wait_ms; /* -1 = it must not be repeated */
    size_t replies, good;
    struct usage sum; /* of all attempts */
};

static void add_usage(struct facts *f, const char *key, struct usage u)
{
    const struct {
        const char *name;
        int64_t v;
    } parts[] = {{"uncached", u.in_uncached}, {"cached", u.in_cached}, {"write", u.in_write},
        {"visible", u.out_visible}, {"reasoning", u.out_reasoning}};
    struct buf text = BUF_INIT;

    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        buf_printf(&text, "%s%s ", i ? " " : "", parts[i].name);
        if (parts[i].v < 0)
            buf_putc(&text, '?');
        else
            buf_printf(&text, "%lld", (long long)parts[i].v);
    }
    if (u.in_write_1h > 0)
        buf_printf(&text, " hour %lld", (long long)u.in_write_1h);
    facts_add(f, key, buf_str(&text));
    buf_release(&text);
}

static void add_calls(struct facts *f, const struct reply *r)
{
    static const char *const keys[SHOWN_CALLS] = {
        "call1", "call2", "call3", "call4", "call5", "call6"};

    facts_printf(f, "calls", "%zu", r->ncalls);
    for (size_t i = 0; i < r->ncalls && i < SHOWN_CALLS; i++)
        facts_printf(f, keys[i], "%.*s %.*s %.*s", STR_ARG(r->calls[i].id),
            STR_ARG(r->calls[i].name), STR_ARG(r->calls[i].arguments));
}

static void add_reply(struct facts *f, const struct reply *r)
{
    facts_add(f, "outcome", str_c(outcome_text(r->outcome)));
    facts_add(f, "content", r->content);
    facts_printf(f, "content_bytes", "%zu", r->content.n);
    facts_add(f, "reasoning", r->reasoning);
    facts_add(f, "refusal", r->refusal);
    facts_add(f, "finish", r->finish);
    facts_add(f, "error", r->error);
    facts_add(f, "error_code", r->error_code);
    facts_add(f, "native", r->native);
    facts_add(f, "model", r->model);
    facts_add(f, "fingerprint", r->fingerprint);
    facts_add(f, "request_id", r->request_id);
    add_usage(f, "usage", r->usage);
    add_calls(f, r);
}

/* The same decision as the runner's: a 200 that is no answer is tried like a server's failure. */
static int64_t decide(struct client *k, const struct net_reply *reply)
{
    struct net_reply seen = *reply;
    bool success = reply->result == NET_OK && reply->status >= 200 && reply->status < 300;

    if (outcome_is_result(k->reply.outcome) || (success && !k->reply.retry))
        return -1;
    if (success)
        seen.status = 500;
    return pace_retry_ms(&seen, k->attempt, (int)case_int(k->c, "attempts", ATTEMPTS),
        case_int(k->c, "deadline_ms", DEADLINE_MS), &k->jitter);
}

/* What the header lines say of limits, "limit/remaining/reset" where a kind is told of, and how
 * long a key that had this reply holds the next request back. */
static void add_limits(struct facts *f, const struct net_reply *reply)
{
    static const char *const kinds[RATELIMIT_KINDS] = {"requests", "tokens", "input", "output"};
    struct ratelimit limits = ratelimit_read(reply->headers, clock_wall_ms());
    struct pace_end end = pace_end_of(reply, clock_wall_ms(), -1);
    struct pace pace;
    struct buf text = BUF_INIT;
    int64_t now = clock_now_ns(), wait_ns = 0;

    for (size_t i = 0; i < RATELIMIT_KINDS; i++) {
        const struct ratelimit_level *l = &limits.of[i];
        if (l->limit >= 0 || l->remaining >= 0 || l->reset_ms >= 0)
            buf_printf(&text, "%s%s %lld/%lld/%lld", text.n ? " " : "", kinds[i],
                (long long)l->limit, (long long)l->remaining, (long long)l->reset_ms);
    }
    facts_add(f, "limits", buf_str(&text));
    buf_release(&text);
    pace_init(&pace, 4, 0, 0, now);
    bool taken = pace_take(&pace, now, 100, &wait_ns);
    struct pace_ticket ticket = pace.last;
    pace_end(&pace, now + 1, &ticket, &end);
    taken = taken && pace_take(&pace, now + 2, 100, &wait_ns);
    facts_printf(f, "held_ms", "%lld", taken ? 0LL : (long long)wait_ns / 1000000);
}

static void on_reply(const struct net_reply *reply, void *payload)
{
    static const char *const results[] = {"ok", "unreachable", "broken", "timeout", "too_large"};
    struct client *k = payload;
    struct facts *f = &k->facts;
    struct net_reply kept = *reply;

    kept.body = arena_str(k->c->arena, reply->body);
    *f = (struct facts){.arena = k->c->arena};
    k->replies++;
    k->good += reply->result == NET_OK && reply->status == 200;
    if (reply->result == NET_OK)
        talk_read(k->talk, reply->status, kept.body, &k->reply);
    else
        k->reply = (struct reply){.usage = USAGE_UNKNOWN,
            .retry = reply->result != NET_TOO_LARGE,
            .outcome = reply->result == NET_TIMEOUT     ? OUTCOME_TIMEOUT
                       : reply->result == NET_TOO_LARGE ? OUTCOME_BAD_JSON
                                                        : OUTCOME_HTTP_ERROR};
    k->wait_ms = decide(k, reply);
    if (k->reply.outcome != OUTCOME_PENDING) /* its use is told at its end */
        k->sum = usage_add(k->sum, k->reply.usage);
    facts_add(f, "result", str_c(results[reply->result]));
    facts_printf(f, "status", "%ld", reply->status);
    facts_add(f, "retry", str_c(k->wait_ms >= 0 ? "yes" : "no"));
    facts_printf(f, "wait_ms", "%lld", (long long)k->wait_ms);
    facts_printf(f, "retry_after_ms", "%lld", (long long)reply->retry_after_ms);
    facts_add(f, "headers", reply->headers);
    add_limits(f, reply);
    facts_add(f, "why", str_c(reply->why));
    facts_printf(f, "body_bytes", "%zu", reply->body.n);
    if (reply->times.first_byte)
        facts_printf(f, "first_ms", "%lld",
            (long long)(reply->times.first_byte - reply->times.sent) / 1000000);
    add_reply(f, &k->reply);
}

static enum err_code exchange(struct client *k, struct err *err)
{
    struct buf url = BUF_INIT, body = BUF_INIT;
    enum err_code code = OK;

    talk_request(k->talk, str_c(k->base), &url, &body);
    struct net_request request = {.url = buf_cstr(&url),
        .headers = k->headers,
        .body = body.n ? buf_str(&body) : (struct str){0}};
    k->exchange++;
    k->attempt++;
    for (int64_t i = case_int(k->c, "at_once", 1); !code && i > 0; i--)
        code = net_send(k->net, &request, err);
    while (!code && net_in_flight(k->net))
        net_poll(k->net, 1000, on_reply, k);
    buf_release(&url);
    buf_release(&body);
    return code;
}

static void check_exchange(struct client *k, bool last)
{
    struct buf where = BUF_INIT;

    buf_printf(&where, "exchange %lld", (long long)k->exchange);
    facts_check(&k->facts, case_section(k->c, "want", k->exchange), buf_cstr(&where), k->bad);
    if (last)
        facts_check(&k->facts, case_section(k->c, "want", 0), buf_cstr(&where), k->bad);
    facts_print(&k->facts, k->seen);
    buf_puts(k->seen, "\n");
    buf_release(&where);
}

static enum err_code converse(struct client *k, struct err *err)
{
    bool follow = case_value(k->c, "attempts").n > 0;
    int64_t scale = case_int(k->c, "scale", 1000);
    struct talk_state state = {false, false};

    while (!state.over && k->exchange < MOST_EXCHANGES) {
        if (k->exchange && k->attempt == 0)
            clock_sleep_ms(case_int(k->c, "pause_ms", 0));
        if (exchange(k, err))
            return err->code;
        if (follow && k->wait_ms >= 0) {
            check_exchange(k, false);
            clock_sleep_ms(k->wait_ms / scale);
            continue;
        }
        k->attempt = 0;
        if (talk_next(k->talk, outcome_is_result(k->reply.outcome), &state, err))
            return err->code;
        check_exchange(k, state.round_over);
    }
    return OK;
}

/* --- the requests -------------------------------------------------------------------------------
 */

/* "messages.0.content" of a JSON text, printed compactly; a string without its quotes. */
static void json_at_path(struct str text, struct str path, struct buf *out)
{
    struct json *doc;
    struct str part;

    if (json_parse(text, JSON_REPAIR, &doc, NULL)) {
        buf_puts(out, "no JSON");
        return;
    }
    const struct json *v = doc;
    while (v && str_cut(&path, '.', &part)) {
        struct rat index;
        char name[64] = "";
        if (json_type(v) == JSON_ARRAY)
            v = rat_parse(part, &index) ? json_at(v, (size_t)index.num) : NULL;
        else {
            memcpy(name, part.p, part.n < 63 ? part.n : 63);
            v = json_get(v, name);
        }
    }
    if (!v)
        buf_puts(out, "absent");
    else if (json_type(v) == JSON_STRING)
        buf_str_add(out, json_str(v));
    else
        json_print(out, v);
    json_free(doc);
}

static void check_request(const struct conform_case *c, const struct case_section *s,
    const struct conform_request *r, const char *where, struct buf *bad)
{
    for (size_t i = 0; s && i < s->nlines; i++) {
        const struct case_line *l = &s->lines[i];
        struct buf value = BUF_INIT;
        if (str_starts(l->key, STR("json ")))
            json_at_path(r->body, str_from(l->key, 5), &value);
        else if (str_eqc(l->key, "body"))
            buf_str_add(&value, r->body);
        else if (str_eqc(l->key, "head"))
            buf_str_add(&value, r->head);
        else if (str_eqc(l->key, "path"))
            buf_str_add(&value, r->path);
        else if (str_eqc(l->key, "method"))
            buf_str_add(&value, r->method);
        else
            buf_printf(bad, "%s: a request has no %.*s\n", where, STR_ARG(l->key));
        facts_check_line(c->arena, l, buf_str(&value), where, bad);
        buf_release(&value);
    }
}

void conform_check_requests(
    const struct conform_case *c, const struct conform_server *s, struct buf *bad)
{
    const struct conform_request *r;

    for (size_t i = 0; (r = conform_server_request(s, i)); i++) {
        struct buf where = BUF_INIT;
        buf_printf(&where, "request %zu", i + 1);
        check_request(c, case_section(c, "request", 0), r, buf_cstr(&where), bad);
        check_request(c, case_section(c, "request", (int64_t)i + 1), r, buf_cstr(&where), bad);
        buf_release(&where);
    }
    for (size_t i = 0; i < c->nsections; i++)
        if (str_eqc(c->sections[i].name, "request") && c->sections[i].n &&
            !conform_server_request(s, (size_t)c->sections[i].n - 1))
            buf_printf(bad, "request %lld never came\n", (long long)c->sections[i].n);
}

/* --- a case --------------------------------------------------------------------------------------
 */

static void check_wanted_exist(const struct client *k)
{
    for (size_t i = 0; i < k->c->nsections; i++)
        if (str_eqc(k->c->sections[i].name, "want") && k->c->sections[i].n > k->exchange)
            buf_printf(k->bad, "exchange %lld never came\n", (long long)k->c->sections[i].n);
}

void conform_show_requests(const struct conform_server *s, struct buf *seen)
{
    const struct conform_request *r;

    for (size_t i = 0; (r = conform_server_request(s, i)); i++)
        buf_printf(seen, "request %zu: %.*s %.*s %.*s\n", i + 1, STR_ARG(r->method),
            STR_ARG(r->path), STR_ARG(str_slice(r->body, 0, 2000)));
}

void conform_server_facts(
    const struct conform_server *s, const struct conform_server_end *end, struct facts *f)
{
    static const char *const gaps[] = {"gap1_ms", "gap2_ms", "gap3_ms", "gap4_ms", "gap5_ms"};

    facts_printf(f, "requests", "%zu", end->requests);
    facts_printf(f, "connections", "%zu", end->connections);
    facts_printf(f, "h2_offered", "%s", end->h2_offered ? "yes" : "no");
    for (size_t i = 0; i < ARRAY_LEN(gaps) && i + 1 < end->requests; i++)
        facts_printf(f, gaps[i], "%lld",
            (long long)(conform_server_request(s, i + 1)->at_ns -
                        conform_server_request(s, i)->at_ns) /
                1000000);
}

static void check_after(
    struct client *k, const struct conform_server *server, const struct conform_server_end *end)
{
    struct facts f = {.arena = k->c->arena};

    conform_server_facts(server, end, &f);
    facts_printf(&f, "replies", "%zu", k->replies);
    facts_printf(&f, "good", "%zu", k->good);
    add_usage(&f, "sum", k->sum);
    talk_facts(k->talk, &f);
    facts_check(&f, case_section(k->c, "after", 0), "after", k->bad);
    facts_print(&f, k->seen);
    buf_puts(k->seen, "\n");
    conform_show_requests(server, k->seen);
    if (end->faults.n)
        buf_printf(k->bad, "the server objects: %.*s", STR_ARG(end->faults));
    conform_check_requests(k->c, server, k->bad);
}

static void set_headers(struct client *k)
{
    const struct provider *p = k->ask.provider;
    size_t n = 0;

    k->headers[n++] = arena_printf(k->c->arena, "%skey-of-the-tests", p->key_header);
    if (p->fixed_header)
        k->headers[n++] = p->fixed_header;
    k->headers[n] = NULL;
}

static enum err_code with_server(struct client *k, const char *dir, const char *ca, struct err *err)
{
    struct net_options options = {.max_in_flight = 128,
        .idle_ms = case_int(k->c, "idle_ms", 5000),
        .total_ms = case_int(k->c, "total_ms", 20000),
        .max_reply_bytes = (size_t)case_int(k->c, "max_reply_bytes", 0)};
    struct conform_server *server;
    struct conform_server_end end;
    int port;

    if (conform_server_start(k->c, dir, &server, &port, err))
        return err->code;
    if (ca)
        setenv("SSL_CERT_FILE", ca, 1);
    k->base = arena_printf(k->c->arena, "http%s://127.0.0.1:%d/v1", dir ? "s" : "", port);
    enum err_code code = net_new(&options, &k->net, err);
    if (!code)
        code = converse(k, err);
    net_free(k->net);
    conform_server_stop(server, &end);
    if (!code)
        check_after(k, server, &end);
    conform_server_free(server);
    unsetenv("SSL_CERT_FILE");
    return code;
}

enum err_code conform_client(
    struct conform_case *c, struct buf *bad, struct buf *seen, struct err *err)
{
    struct client k = {.c = c, .bad = bad, .seen = seen, .sum = USAGE_UNKNOWN};
    struct str tls = case_value(c, "tls");
    const char *tmp = getenv("TMPDIR");
    char *dir = NULL, *ca = NULL;

    k.jitter = rng_seeded(1);
    if (ask_of(c, &k.ask, err) || talk_new(c, &k.ask, &k.talk, err))
        return err->code;
    set_headers(&k);
    if (tls.n) {
        dir = arena_printf(c->arena, "%s/conform.XXXXXX", tmp ? tmp : "/tmp");
        if (!mkdtemp(dir)) {
            talk_free(k.talk);
            return err_set(err, ERR_IO, "cannot make %s", dir);
        }
        ca = arena_printf(c->arena, "%s/ca.pem", dir);
    }
    enum err_code code = with_server(&k, dir, str_eqc(tls, "yes") ? ca : NULL, err);
    check_wanted_exist(&k);
    if (dir) {
        unlink(ca);
        rmdir(dir);
    }
    talk_free(k.talk);
    return code;
}
