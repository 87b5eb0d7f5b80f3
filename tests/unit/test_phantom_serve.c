/*
 * test_phantom_serve.c - the server as a process: spawn, HTTP, ledger, many connections, endings.
 *
 * phantom_spawn starts /proc/self/exe, which is this test: its main() serves when it is told to.
 */
#include "tests/unit/test_mind_lab.h"

#include "harness/base/clock.h"
#include "harness/phantom/phantom.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

static char ledger_path[512];
static struct phantom_child *child;
static const char *base_url;

static int setup(void **state)
{
    const char *dir = getenv("TMPDIR");
    struct phantom_options o = {.ready_fd = -1, .life_fd = -1, .ledger = ledger_path};
    struct err err;

    (void)state;
    snprintf(ledger_path, sizeof ledger_path, "%s/ledger.XXXXXX", dir ? dir : "/tmp");
    int fd = mkstemp(ledger_path);
    if (fd < 0)
        return -1;
    close(fd);
    if (phantom_spawn(&o, &child, &base_url, &err)) {
        print_message("%s\n", err.msg);
        return -1;
    }
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    phantom_stop(child);
    unlink(ledger_path);
    return 0;
}

static int port_of(const char *url)
{
    return (int)strtol(strrchr(url, ':') + 1, NULL, 10);
}

static int dial(int port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof a) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static void send_all(int fd, struct str s)
{
    while (s.n) {
        ssize_t n = send(fd, s.p, s.n, MSG_NOSIGNAL);
        if (n <= 0)
            return; /* the server may refuse before it has read all */
        s = str_from(s, (size_t)n);
    }
}

static void send_post(int fd, const char *path, struct str body)
{
    struct buf b = BUF_INIT;

    buf_printf(&b,
        "POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: "
        "%zu\r\n\r\n",
        path, body.n);
    buf_str_add(&b, body);
    send_all(fd, buf_str(&b));
    buf_release(&b);
}

/* Reads one response with a Content-Length; returns its status, 0 when the connection ends. */
static int receive(int fd, struct buf *body)
{
    struct buf b = BUF_INIT;
    char chunk[8192];
    size_t head = SIZE_MAX, need = SIZE_MAX;
    int status = 0;

    while (need == SIZE_MAX || b.n < need) {
        ssize_t n = recv(fd, chunk, sizeof chunk, 0);
        if (n <= 0)
            break;
        buf_add(&b, chunk, (size_t)n);
        if (need == SIZE_MAX && (head = str_find(buf_str(&b), STR("\r\n\r\n"), 0)) != SIZE_MAX) {
            const char *length = strcasestr(buf_cstr(&b), "content-length:");
            assert_non_null(length);
            need = head + 4 + strtoul(length + 15, NULL, 10);
        }
    }
    if (need != SIZE_MAX && b.n >= need) {
        status = (int)strtol(buf_cstr(&b) + 9, NULL, 10);
        buf_add(body, b.p + head + 4, need - head - 4);
    }
    buf_release(&b);
    return status;
}

static int ask(const char *path, struct str body, struct buf *reply)
{
    int fd = dial(port_of(base_url));

    assert_true(fd >= 0);
    send_post(fd, path, body);
    int status = receive(fd, reply);
    close(fd);
    return status;
}

#define HI "{\"model\":\"small\",\"seed\":1,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"

#define SCORE                                                                                      \
    "{\"model\":\"phantom/"                                                                        \
    "scorer\",\"prompt\":\"hi\",\"echo\":true,\"logprobs\":1,\"max_tokens\":0}"
#define CHAT_SCORE                                                                                 \
    "{\"model\":\"phantom/scorer\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"

static void statuses(void **state)
{
    struct buf reply = BUF_INIT, big = BUF_INIT;

    (void)state;
    assert_int_equal(ask("/v1/chat/completions", STR(HI), &reply), 200);
    assert_int_equal(ask("/v1/chat/completions", STR("{"), &reply), 400);
    assert_int_equal(ask("/v1/models", STR(""), &reply), 405);
    assert_int_equal(ask("/v1/completions", STR(SCORE), &reply), 200);
    assert_int_equal(ask("/v1/chat/completions", STR(CHAT_SCORE), &reply), 400);
    buf_reset(&reply);
    assert_int_equal(ask("/tokenize", STR("{\"content\":\"a</think>\"}"), &reply), 200);
    assert_string_equal(buf_cstr(&reply), "{\"tokens\":[256,5]}");
    assert_int_equal(ask("/generate", STR("{\"text\":\"hi\"}"), &reply), 200);
    assert_int_equal(ask("/completion", STR("{\"prompt\":\"hi\"}"), &reply), 200);
    assert_int_equal(ask("/nowhere", STR(""), &reply), 404);
    for (size_t i = 0; i < (16 << 20) + 1; i += 64)
        buf_puts(&big, "0123456789012345678901234567890123456789012345678901234567890123");
    assert_int_equal(ask("/v1/chat/completions", buf_str(&big), &reply), 413);
    buf_release(&reply);
    buf_release(&big);
}

static size_t ledger_lines(void)
{
    struct buf b = BUF_INIT;
    struct str rest, line;
    struct err err;
    size_t n = 0;

    assert_int_equal(file_read(ledger_path, 0, &b, &err), OK);
    rest = buf_str(&b);
    while (str_cut(&rest, '\n', &line)) {
        struct json *doc;
        if (!line.n)
            continue;
        assert_int_equal(json_parse(line, JSON_STRICT, &doc, &err), OK);
        assert_int_equal(json_str(json_get(doc, "digest")).n, 64);
        json_free(doc);
        n++;
    }
    buf_release(&b);
    return n;
}

/* The line is written when the last byte has been sent: a moment behind the reader. */
static size_t ledger_settles(size_t expected)
{
    for (int i = 0; i < 500 && ledger_lines() < expected; i++)
        clock_sleep_ms(2);
    return ledger_lines();
}

/* One line for each completed 200, also over one connection; none for errors. */
static void ledger_counts_completions(void **state)
{
    size_t before = ledger_lines();
    struct buf reply = BUF_INIT;
    int fd = dial(port_of(base_url));

    (void)state;
    for (int i = 0; i < 25; i++) {
        send_post(fd, "/v1/chat/completions", i % 5 ? STR(HI) : STR("{}"));
        assert_int_equal(receive(fd, &reply), i % 5 ? 200 : 400);
    }
    close(fd);
    assert_int_equal(ledger_settles(before + 20), before + 20);
    buf_release(&reply);
}

/* 1024 open connections, each with one request under way. */
static void many_connections(void **state)
{
    enum { N = 1000 };
    static int fds[N];
    struct buf reply = BUF_INIT, first = BUF_INIT;

    (void)state;
    for (int i = 0; i < N; i++) {
        fds[i] = dial(port_of(base_url));
        assert_true(fds[i] >= 0);
    }
    for (int i = 0; i < N; i++)
        send_post(fds[i], "/v1/chat/completions", STR(HI));
    for (int i = 0; i < N; i++) {
        buf_reset(&reply);
        assert_int_equal(receive(fds[i], &reply), 200);
        if (i == 0)
            buf_str_add(&first, buf_str(&reply));
        assert_true(str_eq(buf_str(&first), buf_str(&reply)));
        close(fds[i]);
    }
    buf_release(&reply);
    buf_release(&first);
}

static bool refuses_within(int port, int ms)
{
    for (int i = 0; i < ms / 5; i++) {
        int fd = dial(port);
        if (fd < 0)
            return true;
        close(fd);
        clock_sleep_ms(5);
    }
    return false;
}

/* kill -9 of the parent ends the child: its life line closes. */
static void dies_with_its_parent(void **state)
{
    int pipe_fds[2], port = 0, status;

    (void)state;
    assert_int_equal(pipe(pipe_fds), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct phantom_options o = {.ready_fd = -1, .life_fd = -1};
        struct phantom_child *grandchild;
        const char *url;
        if (phantom_spawn(&o, &grandchild, &url, NULL))
            _exit(1);
        port = port_of(url);
        if (write(pipe_fds[1], &port, sizeof port) != sizeof port)
            _exit(1);
        for (;;)
            pause();
    }
    assert_int_equal(read(pipe_fds[0], &port, sizeof port), sizeof port);
    int fd = dial(port);
    assert_true(fd >= 0);
    close(fd);
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
    close(pipe_fds[0]);
    close(pipe_fds[1]);
    assert_true(refuses_within(port, 5000));
}

static void stops_on_request(void **state)
{
    struct phantom_options o = {.ready_fd = -1, .life_fd = -1};
    struct phantom_child *other;
    const char *url;
    struct err err;

    (void)state;
    assert_int_equal(phantom_spawn(&o, &other, &url, &err), OK);
    int port = port_of(url), fd = dial(port);
    int64_t start = clock_now_ns();
    assert_true(fd >= 0); /* an idle connection does not hold it up */
    phantom_stop(other);
    assert_true(clock_now_ns() - start < 2000000000);
    close(fd);
    assert_true(refuses_within(port, 100));
    phantom_stop(NULL);
}

/* What cannot start says so: a bad parameter file, a port in use. */
static void failures_to_start(void **state)
{
    /* below a file there is nothing, whatever this machine has */
    struct phantom_options o = {.ready_fd = -1, .life_fd = -1, .params = "/dev/null/params.json"};
    struct phantom_child *other;
    const char *url;
    struct err err;

    (void)state;
    assert_int_equal(phantom_spawn(&o, &other, &url, &err), ERR_FAILED);
    assert_non_null(strstr(err.msg, "did not start"));
    o.params = NULL;
    o.port = port_of(base_url);
    assert_int_equal(phantom_serve(&o, &err), ERR_USAGE);
    assert_non_null(strstr(err.msg, "cannot listen"));
    o.port = 70000;
    assert_int_equal(phantom_serve(&o, &err), ERR_USAGE);
    o.port = 0;
    o.ledger = "/dev/null/ledger";
    assert_true(phantom_serve(&o, &err) != OK);
    assert_non_null(strstr(err.msg, "/dev/null/ledger"));
}

static int serve(int argc, char **argv)
{
    struct phantom_options o = {.ready_fd = -1, .life_fd = -1};
    struct err err;

    for (int i = 2; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--ready-fd") == 0)
            o.ready_fd = (int)strtol(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--life-fd") == 0)
            o.life_fd = (int)strtol(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--ledger") == 0)
            o.ledger = argv[i + 1];
        else if (strcmp(argv[i], "--params") == 0)
            o.params = argv[i + 1];
    }
    return err_exit_code(phantom_serve(&o, &err));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(statuses),
        cmocka_unit_test(ledger_counts_completions),
        cmocka_unit_test(many_connections),
        cmocka_unit_test(dies_with_its_parent),
        cmocka_unit_test(stops_on_request),
        cmocka_unit_test(failures_to_start),
    };

    if (argc > 1 && strcmp(argv[1], "phantom") == 0)
        return serve(argc, argv);
    return cmocka_run_group_tests(tests, setup, teardown);
}
