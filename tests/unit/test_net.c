/* test_net.c - the network room against the misbehaving mock server. */
#include "harness/base/clock.h"
#include "harness/base/json.h"
#include "harness/base/log.h"
#include "harness/net/net.h"
#include "harness/net/net_header.h"

#include <arpa/inet.h>
#include <libgen.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { MOST = 400 };

static struct mock {
    pid_t pid;
    int stdin_fd, port;
} mock;

/* What on_reply saw of one request. */
struct seen {
    int times;
    enum net_result result;
    long status;
    struct buf body, headers, type, why;
    int64_t retry_after_ms;
    struct call_times at;
};

struct bag {
    struct net *net;
    struct seen seen[MOST];
    uint64_t order[MOST];
    size_t n;
    uint64_t again; /* how many more to send from inside the callback */
};

static struct bag bag;

/* --- the server ---------------------------------------------------------------------------- */

static int mock_start(void **state)
{
    char self[4096] = "", path[4200];
    int in[2], out[2];
    const char *b = getenv("B");

    (void)state;
    if (readlink("/proc/self/exe", self, sizeof self - 1) < 0)
        return -1;
    snprintf(path, sizeof path, "%s/../mock/mock_server", dirname(self));
    if (access(path, X_OK) && b)
        snprintf(path, sizeof path, "%s/tests/mock/mock_server", b);
    if (pipe(in) || pipe(out))
        return -1;
    mock.pid = fork();
    if (mock.pid == 0) {
        dup2(in[0], 0);
        dup2(out[1], 1);
        close(in[1]);
        execl(path, path, NULL);
        perror(path);
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    mock.stdin_fd = in[1];
    FILE *f = fdopen(out[0], "r");
    int got = fscanf(f, "port %d", &mock.port);
    fclose(f);
    return got == 1 ? 0 : -1;
}

static int mock_stop(void **state)
{
    int status = -1;

    (void)state;
    close(mock.stdin_fd); /* the end of stdin ends the server */
    waitpid(mock.pid, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

static const char *url(const char *path)
{
    static char text[128];

    snprintf(text, sizeof text, "http://127.0.0.1:%d%s", mock.port, path);
    return text;
}

static int64_t stat_of(const char *name)
{
    struct buf body = BUF_INIT;
    struct json *doc;
    struct err err;
    long status;
    int64_t v;

    assert_int_equal(
        net_fetch(&(struct net_request){.url = url("/mock/stats")}, &body, &status, &err), OK);
    assert_int_equal(json_parse(buf_str(&body), JSON_STRICT, &doc, &err), OK);
    assert_true(json_int(json_get(doc, name), &v));
    json_free(doc);
    buf_release(&body);
    return v;
}

/* --- sending ------------------------------------------------------------------------------- */

static void keep(struct buf *b, struct str s)
{
    buf_reset(b);
    buf_str_add(b, s);
}

static void post(struct net *net, uint64_t id, const char *command, const char *more)
{
    struct buf body = BUF_INIT;
    struct err err;

    buf_printf(&body,
        "{\"model\":\"%s\",\"messages\":[{\"role\":\"user\",\"content\":\"%llu\"}]%s}", command,
        (unsigned long long)id, more);
    if (net_send(net,
            &(struct net_request){
                .id = id, .url = url("/v1/chat/completions"), .body = buf_str(&body)},
            &err))
        fail_msg("%s", err.msg);
    buf_release(&body);
}

static void on_reply(const struct net_reply *r, void *payload)
{
    struct bag *b = payload;
    struct seen *s = &b->seen[r->id];

    s->times++;
    s->result = r->result;
    s->status = r->status;
    s->retry_after_ms = r->retry_after_ms;
    s->at = r->times;
    keep(&s->body, r->body);
    keep(&s->headers, r->headers);
    keep(&s->type, r->content_type);
    keep(&s->why, str_c(r->why));
    b->order[b->n++] = r->id;
    if (b->again) {
        b->again--;
        post(b->net, b->n + net_in_flight(b->net), "mock", "");
    }
}

static void bag_clear(void)
{
    for (size_t i = 0; i < MOST; i++) {
        buf_release(&bag.seen[i].body);
        buf_release(&bag.seen[i].headers);
        buf_release(&bag.seen[i].type);
        buf_release(&bag.seen[i].why);
    }
    memset(&bag, 0, sizeof bag);
}

static struct net *net_of(struct net_options options)
{
    struct err err;

    bag_clear();
    if (net_new(&options, &bag.net, &err))
        fail_msg("%s", err.msg);
    return bag.net;
}

static void drain(struct net *net)
{
    int64_t end = clock_now_ns() + INT64_C(20000000000);

    while (net_in_flight(net)) {
        if (clock_now_ns() > end)
            fail_msg("%zu requests never ended", net_in_flight(net));
        net_poll(net, 1000, on_reply, &bag);
    }
}

static const struct seen *one(
    const struct net_options *options, const char *command, const char *more)
{
    struct net *net = net_of(*options);

    post(net, 0, command, more);
    drain(net);
    net_free(net);
    assert_int_equal(bag.seen[0].times, 1);
    return &bag.seen[0];
}

static bool has(const struct buf *b, const char *text)
{
    return str_find(buf_str(b), str_c(text), 0) != SIZE_MAX;
}

/* --- tests --------------------------------------------------------------------------------- */

static const struct {
    const char *command, *more;
    enum net_result result;
    long status;
    const char *body; /* must be part of what arrived */
    int64_t retry_after_ms;
} behaviours[] = {
    {"mock", "", NET_OK, 200, "The answer is 4.", -1},
    {"mock-401", "", NET_OK, 401, "mock_401", -1},
    {"mock-404-shape=empty", "", NET_OK, 404, "", -1},
    {"mock-429-after=2", "", NET_OK, 429, "mock_429", 2000},
    {"mock-429-after=0.5", "", NET_OK, 429, "", 500},
    {"mock-429-after=soon", "", NET_OK, 429, "", -1},
    {"mock-429-after=7-after_ms=1500", "", NET_OK, 429, "", 1500},
    {"mock-429-after=7-after_ms=x", "", NET_OK, 429, "", 7000},
    {"mock-503-afterdate=-60", "", NET_OK, 503, "", 0},
    {"mock-chunked", "", NET_OK, 200, "The answer is 4.", -1},
    {"mock-close", "", NET_OK, 200, "The answer is 4.", -1},
    {"mock-write=1", "", NET_OK, 200, "The answer is 4.", -1},
    {"mock-html", "", NET_OK, 200, "<!doctype html>", -1},
    {"mock-garbage", "", NET_OK, 200, "", -1},
    {"mock-emptybody", "", NET_OK, 200, "", -1},
    {"mock-error200", "", NET_OK, 200, "\"error\"", -1},
    {"mock-badutf8", "", NET_OK, 200, "\xC3(", -1},
    {"mock", ",\"stream\":true", NET_OK, 200, "data: [DONE]", -1},
    {"mock-utf8-write=1-chunked=1", ",\"stream\":true", NET_OK, 200, "\xF0\x9F\x8D\x8E", -1},
    {"mock-cut=30", "", NET_BROKEN, 200, "{\"id\":\"mock-1\"", -1},
    {"mock-cut=30-chunked", "", NET_BROKEN, 200, "{\"id\"", -1},
    {"mock-reset=30", "", NET_BROKEN, 200, "", -1},
    {"mock-resetnow", "", NET_BROKEN, 0, "", -1},
    {"mock-closenow", "", NET_BROKEN, 0, "", -1},
    {"mock-nohttp", "", NET_BROKEN, 0, "", -1},
    {"mock-stall", "", NET_TIMEOUT, 200, "", -1},
    {"mock-stall=20", "", NET_TIMEOUT, 200, "{\"id\":\"mock-1\"", -1},
    {"mock-delay=9000", "", NET_TIMEOUT, 0, "", -1},
};

static void test_behaviours(void **state)
{
    const struct net_options options = {.max_in_flight = 1, .idle_ms = 300};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(behaviours); i++) {
        const struct seen *s = one(&options, behaviours[i].command, behaviours[i].more);
        if (s->result != behaviours[i].result || s->status != behaviours[i].status ||
            s->retry_after_ms != behaviours[i].retry_after_ms || !has(&s->body, behaviours[i].body))
            fail_msg("%s: result %d status %ld retry %lld why \"%s\" body \"%.60s\"",
                behaviours[i].command, s->result, s->status, (long long)s->retry_after_ms,
                buf_cstr(&s->why), buf_cstr(&s->body));
        assert_int_equal(s->why.n == 0, s->result == NET_OK);
    }
}

static void test_retry_after_date(void **state)
{
    const struct net_options options = {.max_in_flight = 1};
    const struct seen *s = one(&options, "mock-429-afterdate=90", "");

    (void)state;
    assert_in_range(s->retry_after_ms, 85000, 90000);
}

static void test_times(void **state)
{
    const struct net_options options = {.max_in_flight = 1};
    struct net *net = net_of(options);
    int64_t before = clock_now_ns();

    (void)state;
    post(net, 0, "mock-delay=80-tokdelay=20", ",\"stream\":true");
    drain(net);
    net_free(net);
    const struct call_times *t = &bag.seen[0].at;
    assert_true(before <= t->ready && t->ready <= t->sent);
    assert_true(t->sent - before < INT64_C(60000000));
    assert_true(t->first_byte - t->sent >= INT64_C(79000000));
    assert_true(t->done - t->first_byte >= INT64_C(80000000)); /* 7 events, 20 ms between them */
    assert_true(t->done <= clock_now_ns());
}

static void test_ready_is_the_callers(void **state)
{
    struct net *net = net_of((struct net_options){.max_in_flight = 1});
    struct err err;

    (void)state;
    assert_int_equal(
        net_send(
            net, &(struct net_request){.id = 3, .url = url("/v1/models"), .ready_ns = 42}, &err),
        OK);
    drain(net);
    net_free(net);
    assert_int_equal(bag.seen[3].at.ready, 42);
    assert_true(bag.seen[3].at.sent > 42);
    assert_true(has(&bag.seen[3].body, "\"list\"")); /* and without a body it was a GET */
}

static void test_empty_body_has_no_first_byte(void **state)
{
    const struct net_options options = {.max_in_flight = 1};
    const struct seen *s = one(&options, "mock-emptybody", "");

    (void)state;
    assert_int_equal(s->at.first_byte, 0);
    assert_true(s->at.done > s->at.sent);
}

static void test_limits(void **state)
{
    struct net_options options = {.max_in_flight = 1, .max_reply_bytes = 1000};
    const struct seen *s = one(&options, "mock-big=100000", "");

    (void)state;
    assert_int_equal(s->result, NET_TOO_LARGE);
    assert_int_equal(s->body.n, 1000);

    options = (struct net_options){.max_in_flight = 1};
    s = one(&options, "mock-big", "");
    assert_int_equal(s->result, NET_OK);
    assert_true(s->body.n > 10000000);

    /* Bytes keep coming, so only the limit for the whole call ends it. */
    options = (struct net_options){.max_in_flight = 1, .idle_ms = 5000, .total_ms = 250};
    s = one(&options, "mock-write=1-tokdelay=20", "");
    assert_int_equal(s->result, NET_TIMEOUT);
    assert_in_range((s->at.done - s->at.sent) / 1000000, 249, 1500);
    /* And a slow but steady stream outlives the idle limit. */
    options = (struct net_options){.max_in_flight = 1, .idle_ms = 150};
    s = one(&options, "mock-tokdelay=60", ",\"stream\":true");
    assert_int_equal(s->result, NET_OK);
    assert_true(s->at.done - s->at.sent > INT64_C(200000000));
}

static void test_headers(void **state)
{
    const struct net_options options = {.max_in_flight = 1};
    const struct seen *s = one(&options, "mock-500-should=false", "");

    (void)state;
    assert_true(has(&s->headers, "x-should-retry: false\r\n"));
    assert_true(has(&s->headers, "x-request-id: mock-"));
    assert_false(has(&s->headers, "ookie"));
    assert_string_equal(buf_cstr(&s->type), "application/json");
}

static void test_header_lines(void **state)
{
    static const char *const lines[] = {"HTTP/1.1 100 Continue\r\n", "Retry-After: 9\r\n", "\r\n",
        "HTTP/1.1 429 No\r\n", "Content-TYPE:text/plain ; charset=x\r\n",
        "OpenAI-Organization: sk-test-secret-42\r\n", "X-RateLimit-Remaining-Tokens: 12\r\n",
        "Authorization: Bearer sk-test-secret-42\r\n", "no colon\r\n", "retry-after-ms: 12.7\r\n",
        "Content-Length: 4\r\n", "\r\n"};
    struct net_header h;

    (void)state;
    secret_add(STR("sk-test-secret-42"));
    net_header_init(&h);
    for (size_t i = 0; i < ARRAY_LEN(lines); i++)
        net_header_line(&h, str_c(lines[i]));
    net_header_end(&h);
    assert_string_equal(buf_cstr(&h.lines),
        "Content-TYPE:text/plain ; charset=x\r\nOpenAI-Organization: [redacted]\r\n"
        "X-RateLimit-Remaining-Tokens: 12\r\nretry-after-ms: 12.7\r\n");
    assert_true(str_eqc(h.content_type, "text/plain ; charset=x"));
    assert_int_equal(h.retry_after_ms, 13); /* rounded up */
    net_header_reset(&h);
    for (size_t i = 0; i < 5000; i++) /* a server that never stops */
        net_header_line(&h, STR("x-request-id: 0123456789\r\n"));
    net_header_end(&h);
    assert_true(h.lines.n <= 16384);
    assert_int_equal(h.retry_after_ms, -1);
    net_header_release(&h);
}

static void test_keep_alive(void **state)
{
    int64_t before = stat_of("connections");
    struct net *net = net_of((struct net_options){.max_in_flight = 4});

    (void)state;
    bag.again = 196;
    for (uint64_t i = 0; i < 4; i++)
        post(net, i, "mock", "");
    drain(net);
    net_free(net);
    assert_int_equal(bag.n, 200);
    /* Four of ours and the connection that asks. */
    assert_true(stat_of("connections") - before <= 5);
}

static void test_idle_connection_closed_by_server(void **state)
{
    struct net *net = net_of((struct net_options){.max_in_flight = 2});

    (void)state;
    for (uint64_t round = 0; round < 10; round++) {
        post(net, round, "mock-closeidle", "");
        drain(net);
        clock_sleep_ms(5);
        net_poll(net, 0, on_reply, &bag); /* the closed connection must not spin or confuse */
    }
    net_free(net);
    for (size_t i = 0; i < 10; i++)
        assert_int_equal(bag.seen[i].result, NET_OK);
}

static void test_256_in_flight(void **state)
{
    struct net *net = net_of((struct net_options){.max_in_flight = 256});
    int64_t start = clock_now_ns();

    (void)state;
    for (uint64_t i = 0; i < 256; i++)
        post(net, i, "mock-delay=300", "");
    assert_int_equal(net_in_flight(net), 256);
    drain(net);
    double seconds = (double)(clock_now_ns() - start) * 1e-9;
    net_free(net);
    for (size_t i = 0; i < 256; i++) {
        assert_int_equal(bag.seen[i].times, 1);
        assert_int_equal(bag.seen[i].status, 200);
    }
    assert_in_range(stat_of("max_in_flight"), 256, 260); /* leftovers of stalled tests */
    assert_true(seconds < 5);                            /* one after the other would take 77 s */
}

static void test_mixed_storm(void **state)
{
    static const char *const commands[] = {"mock", "mock-resetnow", "mock-closeidle", "mock-cut=9",
        "mock-stall=3", "mock-500", "mock-chunked-write=5", "mock-nohttp", "mock-close"};
    static const enum net_result want[] = {
        NET_OK, NET_BROKEN, NET_OK, NET_BROKEN, NET_TIMEOUT, NET_OK, NET_OK, NET_BROKEN, NET_OK};
    struct net *net = net_of((struct net_options){.max_in_flight = 32, .idle_ms = 400});

    (void)state;
    for (uint64_t i = 0; i < 360; i++) {
        while (net_in_flight(net) >= 32)
            net_poll(net, 1000, on_reply, &bag);
        post(net, i, commands[i % ARRAY_LEN(commands)], "");
    }
    drain(net);
    net_free(net);
    for (size_t i = 0; i < 360; i++)
        if (bag.seen[i].times != 1 || bag.seen[i].result != want[i % ARRAY_LEN(want)])
            fail_msg("%s: %d replies, result %d (%s)", commands[i % ARRAY_LEN(commands)],
                bag.seen[i].times, bag.seen[i].result, buf_cstr(&bag.seen[i].why));
}

/* Waiting must cost no processor time: a spin on a forgotten event would. */
static void test_waiting_is_idle(void **state)
{
    struct net *net = net_of((struct net_options){.max_in_flight = 8});
    struct rusage before, after;

    (void)state;
    for (uint64_t i = 0; i < 7; i++)
        post(net, i, "mock-closeidle", "");
    drain(net);
    post(net, 7, "mock-delay=600", "");
    getrusage(RUSAGE_SELF, &before);
    drain(net);
    getrusage(RUSAGE_SELF, &after);
    net_free(net);
    double cpu = (double)(after.ru_utime.tv_sec - before.ru_utime.tv_sec) +
                 (double)(after.ru_utime.tv_usec - before.ru_utime.tv_usec) * 1e-6 +
                 (double)(after.ru_stime.tv_sec - before.ru_stime.tv_sec) +
                 (double)(after.ru_stime.tv_usec - before.ru_stime.tv_usec) * 1e-6;
    assert_true(cpu < 0.2);
}

static void test_unreachable(void **state)
{
    struct net *net = net_of((struct net_options){.max_in_flight = 2, .connect_ms = 300});
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof a;
    char text[64];
    struct err err;
    struct buf body = BUF_INIT;
    long status = -1;

    (void)state;
    int fd = socket(AF_INET, SOCK_STREAM, 0); /* bound, never listening: refuses */
    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
    getsockname(fd, (struct sockaddr *)&a, &n);
    snprintf(text, sizeof text, "http://127.0.0.1:%d/v1", ntohs(a.sin_port));
    assert_int_equal(net_send(net, &(struct net_request){.id = 0, .url = text}, &err), OK);
    drain(net);
    assert_int_equal(bag.seen[0].result, NET_UNREACHABLE);
    assert_int_equal(bag.seen[0].status, 0);
    assert_true(bag.seen[0].why.n > 0);
    assert_int_equal(
        net_fetch(&(struct net_request){.url = text}, &body, &status, &err), ERR_ENDPOINT);
    assert_true(str_find(str_c(err.msg), str_c(text), 0) != SIZE_MAX);
    assert_int_equal(status, -1);
    close(fd);

    assert_int_equal(
        net_send(net, &(struct net_request){.url = "file:///etc/passwd"}, &err), ERR_USAGE);
    assert_int_equal(
        net_send(net, &(struct net_request){.url = "example.org/v1"}, &err), ERR_USAGE);
    static const char *const malformed[] = {
        "http://", "http://a b/v1", "http://127.0.0.1:99999/v1", "http://[::1/v1"};
    for (size_t i = 0; i < ARRAY_LEN(malformed); i++)
        assert_int_equal(
            net_send(net, &(struct net_request){.url = malformed[i]}, &err), ERR_USAGE);
    assert_int_equal(net_in_flight(net), 0);
    assert_int_equal(
        net_send(net, &(struct net_request){.id = 1, .url = url("/health")}, &err), OK);
    drain(net);
    assert_int_equal(bag.seen[1].status, 200); /* nothing of the bad ones stuck */
    net_free(net);
}

/* A full accept queue swallows connections: the connect limit must end the call. */
static void test_connect_limit(void **state)
{
    struct net *net = net_of((struct net_options){.max_in_flight = 8, .connect_ms = 300});
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof a;
    char text[64];
    struct err err;
    size_t timeouts = 0;

    (void)state;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a) || listen(fd, 0), 0);
    getsockname(fd, (struct sockaddr *)&a, &n);
    snprintf(text, sizeof text, "http://127.0.0.1:%d/v1", ntohs(a.sin_port));
    for (uint64_t i = 0; i < 6; i++)
        assert_int_equal(net_send(net, &(struct net_request){.id = i, .url = text}, &err), OK);
    int64_t end = clock_now_ns() + INT64_C(1500000000);
    while (clock_now_ns() < end)
        net_poll(net, 200, on_reply, &bag);
    for (size_t i = 0; i < 6; i++)
        timeouts += bag.seen[i].times == 1 && bag.seen[i].result == NET_TIMEOUT;
    assert_true(timeouts >= 3); /* one or two found room in the queue and wait for bytes */
    net_free(net);              /* with requests in flight */
    close(fd);
}

static void test_redirects_are_not_followed(void **state)
{
    const struct net_options options = {.max_in_flight = 1};

    (void)state;
    assert_int_equal(one(&options, "mock-302", "")->status, 302);
}

/* A proxy in the environment is not asked for a loopback address. */
static void test_no_proxy_for_loopback(void **state)
{
    const struct net_options options = {.max_in_flight = 1, .connect_ms = 500};

    (void)state;
    setenv("http_proxy", "http://127.0.0.1:9", 1);
    assert_int_equal(one(&options, "mock", "")->status, 200);
    struct net *net = net_of(options);
    struct err err;
    assert_int_equal(
        net_send(net, &(struct net_request){.url = "http://model.invalid/v1"}, &err), OK);
    drain(net);
    net_free(net);
    unsetenv("http_proxy");
    assert_int_equal(bag.seen[0].result, NET_UNREACHABLE);
    assert_false(has(&bag.seen[0].why, "resolve host: model")); /* the proxy was asked instead */
}

/* One slot serves requests that differ in everything; nothing may linger from one to the next. */
static void test_reuse_forgets(void **state)
{
    static const char *const key_a[] = {"Authorization: Bearer aaaaaa", NULL};
    static const char *const key_b[] = {"X-Other: 1", "Content-Type: text/plain", NULL};
    struct net *net = net_of((struct net_options){.max_in_flight = 1});
    const struct net_request requests[] = {
        {.body = STR("{\"model\":\"mock-429-after=3\"}"), .headers = key_a},
        {.body = {NULL, 0}, .headers = key_a},
        {.body = STR("{\"model\":\"mock\"}"), .headers = key_b},
        {.body = STR(""), .headers = NULL},
        {.body = STR("{\"model\":\"mock-emptybody\"}"), .headers = NULL},
        {.body = {NULL, 0}, .headers = NULL},
    };
    static const struct {
        const char *path;
        long status;
        const char *body;
        int64_t retry_after_ms;
    } want[] = {
        {"/v1/chat/completions", 429, "mock_429", 3000},
        {"/v1/models", 200, "list", -1},
        {"/v1/chat/completions", 200, "The answer is 4.", -1},
        {"/v1/chat/completions", 400, "mock_400", -1},
        {"/v1/chat/completions", 200, "", -1},
        {"/health", 200, "ok", -1},
    };
    struct err err;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
        struct net_request r = requests[i];
        r.id = i;
        r.url = url(want[i].path);
        assert_int_equal(net_send(net, &r, &err), OK);
        drain(net);
        const struct seen *s = &bag.seen[i];
        if (s->status != want[i].status || s->retry_after_ms != want[i].retry_after_ms ||
            !has(&s->body, want[i].body))
            fail_msg("request %zu: status %ld body \"%s\"", i, s->status, buf_cstr(&s->body));
    }
    assert_int_equal(bag.seen[4].body.n, 0);
    net_free(net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_behaviours),
        cmocka_unit_test(test_retry_after_date),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_ready_is_the_callers),
        cmocka_unit_test(test_empty_body_has_no_first_byte),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_headers),
        cmocka_unit_test(test_header_lines),
        cmocka_unit_test(test_keep_alive),
        cmocka_unit_test(test_idle_connection_closed_by_server),
        cmocka_unit_test(test_256_in_flight),
        cmocka_unit_test(test_mixed_storm),
        cmocka_unit_test(test_waiting_is_idle),
        cmocka_unit_test(test_unreachable),
        cmocka_unit_test(test_connect_limit),
        cmocka_unit_test(test_redirects_are_not_followed),
        cmocka_unit_test(test_no_proxy_for_loopback),
        cmocka_unit_test(test_reuse_forgets),
    };

    int failed = cmocka_run_group_tests(tests, mock_start, mock_stop);
    bag_clear();
    return failed;
}
