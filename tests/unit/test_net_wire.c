/* test_net_wire.c - bytes on the wire: what is sent, and replies that are written out by hand. */
#include "harness/base/buf.h"
#include "harness/base/clock.h"
#include "harness/net/net.h"
#include "harness/net/sse.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* One connection of the server: it reads a request and writes bytes, again and again. */
struct turn {
    struct str reply;
    int pause_ms; /* before the second half of the reply */
    bool close;   /* hang up then */
};

static struct seen {
    int times;
    enum net_result result;
    long status;
    struct buf body;
} seen;

static void on_reply(const struct net_reply *r, void *payload)
{
    (void)payload;
    seen.times++;
    seen.result = r->result;
    seen.status = r->status;
    buf_reset(&seen.body);
    buf_str_add(&seen.body, r->body);
}

/* --- the server ---------------------------------------------------------------------------- */

static void write_all(int fd, struct str s)
{
    while (s.n > 0) {
        ssize_t got = send(fd, s.p, s.n, MSG_NOSIGNAL);
        if (got <= 0)
            return;
        s = str_from(s, (size_t)got);
    }
}

/* False when the client has hung up. Requests here are small and come in one piece. */
static bool read_request(int fd, int log)
{
    char in[8192];
    ssize_t n = recv(fd, in, sizeof in, 0);

    if (n <= 0)
        return false;
    return write(log, in, (size_t)n) == n;
}

/* Plays the turns over as many connections as the client opens; logs what it read. */
static void serve(int listener, const struct turn *turns, size_t n, int log)
{
    int fd = -1;

    for (size_t i = 0; i < n;) {
        if (fd < 0)
            fd = accept(listener, NULL, NULL);
        if (!read_request(fd, log)) {
            close(fd);
            fd = -1;
            continue;
        }
        size_t half = turns[i].pause_ms ? turns[i].reply.n / 2 : 0;
        write_all(fd, str_slice(turns[i].reply, 0, half));
        if (turns[i].pause_ms)
            clock_sleep_ms(turns[i].pause_ms);
        write_all(fd, str_from(turns[i].reply, half));
        if (turns[i++].close) {
            close(fd);
            fd = -1;
        }
    }
    if (fd >= 0) /* the client hangs up */
        (void)read_request(fd, log);
    _exit(0);
}

struct server {
    pid_t pid;
    int log;
    char url[64];
};

static struct server start(const struct turn *turns, size_t n)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof a;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), log[2];
    struct server s;

    assert_int_equal(bind(listener, (struct sockaddr *)&a, sizeof a) || listen(listener, 8), 0);
    getsockname(listener, (struct sockaddr *)&a, &size);
    assert_int_equal(pipe(log), 0);
    snprintf(s.url, sizeof s.url, "http://127.0.0.1:%d/v1/x", ntohs(a.sin_port));
    s.pid = fork();
    if (s.pid == 0)
        serve(listener, turns, n, log[1]);
    close(log[1]);
    close(listener);
    s.log = log[0];
    return s;
}

/* Everything the server read. */
static void stop(struct server *s, struct buf *ret_log)
{
    char part[4096];
    ssize_t n;

    while ((n = read(s->log, part, sizeof part)) > 0)
        buf_add(ret_log, part, (size_t)n);
    close(s->log);
    waitpid(s->pid, NULL, 0);
}

static void ask(struct net *net, const char *url, const char *body, int64_t idle_ms)
{
    struct err err;

    seen.times = 0;
    if (net_send(net,
            &(struct net_request){
                .url = url, .body = body ? str_c(body) : (struct str){NULL, 0}, .idle_ms = idle_ms},
            &err))
        fail_msg("%s", err.msg);
    while (net_in_flight(net))
        net_poll(net, 1000, on_reply, NULL);
    assert_int_equal(seen.times, 1);
}

static struct net *net_of(struct net_options options)
{
    struct net *net;
    struct err err;

    assert_int_equal(net_new(&options, &net, &err), OK);
    return net;
}

#define HEAD "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
#define SMALL HEAD "Content-Length: 2\r\n\r\nok"

static bool has(const struct buf *b, const char *text)
{
    return str_find(buf_str(b), str_c(text), 0) != SIZE_MAX;
}

/* --- tests --------------------------------------------------------------------------------- */

static void test_request_lines(void **state)
{
    const struct turn turns[] = {{STR(SMALL), 0, false}};
    struct server s = start(turns, 1);
    struct net *net = net_of((struct net_options){.max_in_flight = 1});
    struct buf log = BUF_INIT, big = BUF_INIT;

    (void)state;
    for (int i = 0; i < 3000; i++) /* large enough for curl to want a 100-continue */
        buf_putc(&big, 'x');
    ask(net, s.url, buf_cstr(&big), 0);
    net_free(net);
    stop(&s, &log);
    assert_true(str_starts(buf_str(&log), STR("POST /v1/x HTTP/1.1\r\n")));
    assert_true(has(&log, "\r\nAccept-Encoding: identity\r\n"));
    assert_true(has(&log, "\r\nUser-Agent: sleepbench\r\n"));
    assert_false(has(&log, "Expect"));
    assert_false(has(&log, "Upgrade"));
    buf_release(&log);
    buf_release(&big);
}

/* The server takes the second request of a connection and hangs up without a byte, as one does
 * that closes an idle connection in this moment: asked once more, on a new connection. */
static void test_reuse_that_fails(void **state)
{
    const struct turn turns[] = {
        {STR(SMALL), 0, false}, {STR(""), 0, true}, {STR(SMALL), 0, false}};
    struct server s = start(turns, ARRAY_LEN(turns));
    struct net *net = net_of((struct net_options){.max_in_flight = 1});
    struct buf log = BUF_INIT;
    size_t posts = 0;

    (void)state;
    ask(net, s.url, "one", 0);
    assert_int_equal(seen.result, NET_OK);
    ask(net, s.url, "two", 0);
    assert_int_equal(seen.result, NET_OK);
    assert_string_equal(buf_cstr(&seen.body), "ok");
    net_free(net);
    stop(&s, &log);
    for (size_t at = 0; (at = str_find(buf_str(&log), STR("POST "), at)) != SIZE_MAX; at++)
        posts++;
    assert_int_equal(posts, 3);
    buf_release(&log);
}

/* With a byte of the reply there, it is not asked again by itself: that would be billed twice. */
static void test_reuse_that_broke_later(void **state)
{
    const struct turn turns[] = {
        {STR(SMALL), 0, false}, {STR("HTTP/1.1 200 OK\r\nContent-Le"), 0, true}};
    struct server s = start(turns, ARRAY_LEN(turns));
    struct net *net = net_of((struct net_options){.max_in_flight = 1});
    struct buf log = BUF_INIT;

    (void)state;
    ask(net, s.url, "one", 0);
    ask(net, s.url, "two", 0);
    assert_int_equal(seen.result, NET_BROKEN);
    net_free(net);
    stop(&s, &log);
    buf_release(&log);
}

static void test_gzip(void **state)
{
    static const char text[] = "{\"answer\":\"four\"} {\"answer\":\"four\"} {\"answer\":\"four\"}";
    /* python3: gzip.compress(text, 9, mtime=0) */
    static const unsigned char packed[] = {
        0x1F,
        0x8B,
        0x08,
        0x00,
        0x00,
        0x00,
        0x00,
        0x00,
        0x02,
        0x03,
        0xAB,
        0x56,
        0x4A,
        0xCC,
        0x2B,
        0x2E,
        0x4F,
        0x2D,
        0x52,
        0xB2,
        0x52,
        0x4A,
        0xCB,
        0x2F,
        0x2D,
        0x52,
        0xAA,
        0x55,
        0xA8,
        0x26,
        0x2C,
        0x02,
        0x00,
        0xAA,
        0xF5,
        0xBD,
        0x19,
        0x35,
        0x00,
        0x00,
        0x00,
    };
    struct buf reply = BUF_INIT, bomb = BUF_INIT, log = BUF_INIT;

    (void)state;
    buf_printf(&reply, HEAD "Content-Encoding: gzip\r\nContent-Length: %zu\r\n\r\n", sizeof packed);
    buf_add(&reply, packed, sizeof packed);
    buf_printf(
        &bomb, HEAD "Content-Encoding: gzip\r\nContent-Length: 20\r\n\r\nnot packed at all...");
    const struct turn turns[] = {
        {buf_str(&reply), 20, false}, {buf_str(&reply), 0, false}, {buf_str(&bomb), 0, true}};
    struct server s = start(turns, ARRAY_LEN(turns));
    struct net *net = net_of((struct net_options){.max_in_flight = 1});
    ask(net, s.url, "{}", 0);
    assert_int_equal(seen.result, NET_OK);
    assert_string_equal(buf_cstr(&seen.body), text);
    ask(net, s.url, NULL, 0);
    assert_string_equal(buf_cstr(&seen.body), text);
    ask(net, s.url, "{}", 0);
    assert_int_equal(seen.result, NET_BROKEN);
    net_free(net);
    stop(&s, &log);
    buf_release(&reply);
    buf_release(&bomb);
    buf_release(&log);
}

/* A line of two million bytes in an event stream arrives whole. */
static void test_long_line(void **state)
{
    enum { LONG = 2 << 20 };
    struct buf reply = BUF_INIT, scratch = BUF_INIT, log = BUF_INIT;
    struct sse_event e;

    (void)state;
    buf_puts(&reply, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: ");
    for (int i = 0; i < LONG; i++)
        buf_putc(&reply, 'x');
    buf_puts(&reply, "\r\n\r\ndata: [DONE]\r\n\r\n");
    const struct turn turns[] = {{buf_str(&reply), 10, true}};
    struct server s = start(turns, 1);
    struct net *net = net_of((struct net_options){.max_in_flight = 1});
    ask(net, s.url, "{}", 0);
    assert_int_equal(seen.result, NET_OK);
    struct sse sse = sse_of(buf_str(&seen.body));
    assert_true(sse_next(&sse, &scratch, &e));
    assert_int_equal(e.data.n, LONG);
    assert_true(sse_next(&sse, &scratch, &e));
    assert_true(str_eqc(e.data, "[DONE]"));
    net_free(net);
    stop(&s, &log);
    buf_release(&reply);
    buf_release(&scratch);
    buf_release(&log);
}

/* 400 s of silence under a limit of 300 s, a thousand times as fast: a request that has no limit
 * waits, one that has goes. */
static void test_idle_of_a_request(void **state)
{
    const struct turn turns[] = {{STR(SMALL), 400, false}, {STR(SMALL), 400, true}};
    struct server s = start(turns, ARRAY_LEN(turns));
    struct net *net = net_of((struct net_options){.max_in_flight = 1, .idle_ms = 300});
    struct buf log = BUF_INIT;

    (void)state;
    ask(net, s.url, "{}", -1);
    assert_int_equal(seen.result, NET_OK);
    ask(net, s.url, "{}", 0);
    assert_int_equal(seen.result, NET_TIMEOUT);
    net_free(net);
    stop(&s, &log);
    buf_release(&log);
}

/* Options of the first open socket of this process that is connected over TCP to the port. */
static void test_keepalive(void **state)
{
    const struct turn turns[] = {{STR(SMALL), 0, false}};
    struct server s = start(turns, 1);
    struct net *net = net_of((struct net_options){.max_in_flight = 1});
    struct buf log = BUF_INIT;
    int port = (int)strtol(strrchr(s.url, ':') + 1, NULL, 10), found = 0;

    (void)state;
    ask(net, s.url, "{}", 0);
    for (int fd = 3; fd < 256; fd++) {
        struct sockaddr_in a = {.sin_port = 0};
        socklen_t n = sizeof a, m = sizeof(int);
        int on = 0, idle = 0, each = 0;
        if (getpeername(fd, (struct sockaddr *)&a, &n) || a.sin_family != AF_INET ||
            ntohs(a.sin_port) != port)
            continue;
        assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, &m), 0);
        assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, &m), 0);
        assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &each, &m), 0);
        assert_int_equal(on, 1);
        assert_int_equal(idle, 60);
        assert_int_equal(each, 30);
        found++;
    }
    assert_int_equal(found, 1);
    net_free(net);
    stop(&s, &log);
    buf_release(&log);
}

/* A certificate of our own making is trusted where SSL_CERT_FILE names it, and nowhere else. */
static void test_tls_with_own_authority(void **state)
{
    char dir[] = "/tmp/sleepbench-tls.XXXXXX", command[512], url[64];
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof a;
    struct net *net;

    (void)state;
    if (system("command -v openssl > /dev/null") || !mkdtemp(dir))
        skip();
    snprintf(command, sizeof command,
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
        "-subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 -keyout %s/key -out %s/cert "
        "> /dev/null 2>&1",
        dir, dir);
    assert_int_equal(system(command), 0);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0); /* a port that is free */
    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
    getsockname(fd, (struct sockaddr *)&a, &n);
    close(fd);
    int port = ntohs(a.sin_port);
    pid_t pid = fork();
    if (pid == 0) {
        snprintf(command, sizeof command,
            "cd %s && exec openssl s_server -accept 127.0.0.1:%d -key key -cert cert -www "
            "> /dev/null 2>&1",
            dir, port);
        execl("/bin/sh", "sh", "-c", command, NULL);
        _exit(127);
    }
    snprintf(url, sizeof url, "https://127.0.0.1:%d/", port);
    snprintf(command, sizeof command, "%s/cert", dir);
    setenv("SSL_CERT_FILE", command, 1);
    net = net_of((struct net_options){.max_in_flight = 1});
    for (int i = 0; i < 100; i++) { /* until it listens */
        ask(net, url, NULL, 0);
        if (seen.result == NET_OK)
            break;
        clock_sleep_ms(30);
    }
    assert_int_equal(seen.result, NET_OK);
    assert_int_equal(seen.status, 200);
    net_free(net);
    unsetenv("SSL_CERT_FILE");
    net = net_of((struct net_options){.max_in_flight = 1});
    ask(net, url, NULL, 0);
    assert_int_equal(seen.result, NET_UNREACHABLE);
    net_free(net);
    kill(pid, SIGTERM);
    waitpid(pid, NULL, 0);
    snprintf(command, sizeof command, "rm -r %s", dir);
    assert_int_equal(system(command), 0);
}

static int finish(void **state)
{
    (void)state;
    buf_release(&seen.body);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_request_lines),
        cmocka_unit_test(test_reuse_that_fails),
        cmocka_unit_test(test_reuse_that_broke_later),
        cmocka_unit_test(test_gzip),
        cmocka_unit_test(test_long_line),
        cmocka_unit_test(test_idle_of_a_request),
        cmocka_unit_test(test_keepalive),
        cmocka_unit_test(test_tls_with_own_authority),
    };

    return cmocka_run_group_tests(tests, NULL, finish);
}
