/*
 * bench_server.c - the one server every side of the benchmark talks to: as little as can be.
 *
 *     bench_server [REPLY_BYTES [LATENCY_MS]]        defaults 250 and 0
 *
 * Loopback, HTTP/1.1, keep-alive, one thread, one epoll set. It answers every request with the same
 * chat completion, padded to REPLY_BYTES of JSON, after LATENCY_MS. It prints "port N", and when
 * stdin closes or a signal ends it "requests N mean_body_bytes M" so that the benchmark can show
 * that all sides sent requests of the same size.
 */
#include "tests/mock/mock_listen.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MAX_FD = 4096, READ_BYTES = 32768, EVENTS = 256, REPLY_MAX = 8192 };

struct conn {
    char in[READ_BYTES];
    size_t n;
};

/* Answers that wait for their time; latency is constant, so they leave in the order they came. */
struct due {
    int fd;
    int64_t at_ns;
};

static struct conn *conns[MAX_FD];
static struct due queue[MAX_FD * 4];
static size_t queue_head, queue_tail;
static char reply[REPLY_MAX];
static size_t reply_n;
static int64_t latency_ns;
static uint64_t requests, body_bytes;
static volatile sig_atomic_t stopped;

static int64_t now_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static void on_signal(int sig)
{
    (void)sig;
    stopped = 1;
}

static void make_reply(size_t want)
{
    static const char head[] =
        "{\"id\":\"bench\",\"object\":\"chat.completion\",\"created\":1,\"model\":\"bench\","
        "\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"";
    static const char tail[] =
        "The answer is 4.\"},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":200,"
        "\"completion_tokens\":6,\"total_tokens\":206}}";
    char body[REPLY_MAX / 2];
    size_t fixed = sizeof head + sizeof tail - 2;
    size_t pad = want > fixed && want < sizeof body ? want - fixed : 0;

    memcpy(body, head, sizeof head - 1);
    for (size_t i = 0; i < pad; i++)
        body[sizeof head - 1 + i] = "So far so good. "[i % 16];
    memcpy(body + sizeof head - 1 + pad, tail, sizeof tail);
    reply_n = (size_t)snprintf(reply, sizeof reply,
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
        fixed + pad, body);
}

static void drop(int fd)
{
    free(conns[fd]);
    conns[fd] = NULL;
    close(fd);
}

/* Length of the request at the start of the buffer, 0 if it is not complete. */
static size_t request_length(const struct conn *c, size_t *ret_body)
{
    const char *end = memmem(c->in, c->n, "\r\n\r\n", 4);

    if (!end)
        return 0;
    size_t head = (size_t)(end - c->in) + 4, body = 0;
    for (const char *p = c->in; p < end;) {
        const char *eol = memchr(p, '\n', (size_t)(end + 4 - p));
        if (strncasecmp(p, "content-length:", 15) == 0)
            body = strtoul(p + 15, NULL, 10);
        p = eol + 1;
    }
    *ret_body = body;
    return head + body <= c->n ? head + body : 0;
}

static void answer(int fd)
{
    if (send(fd, reply, reply_n, MSG_NOSIGNAL) != (ssize_t)reply_n)
        drop(fd);
}

static void on_readable(int fd)
{
    struct conn *c = conns[fd];
    ssize_t got = recv(fd, c->in + c->n, sizeof c->in - c->n, 0);
    size_t body = 0, n;

    if (got <= 0) {
        if (got == 0 || errno != EAGAIN)
            drop(fd);
        return;
    }
    c->n += (size_t)got;
    while (conns[fd] && (n = request_length(c, &body)) > 0) {
        requests++;
        body_bytes += body;
        memmove(c->in, c->in + n, c->n - n);
        c->n -= n;
        if (latency_ns == 0)
            answer(fd);
        else
            queue[queue_tail++ % (MAX_FD * 4)] = (struct due){fd, now_ns() + latency_ns};
    }
}

static int send_due(void)
{
    while (queue_head < queue_tail) {
        const struct due *d = &queue[queue_head % (MAX_FD * 4)];
        int64_t left = d->at_ns - now_ns();
        if (left > 0)
            return (int)((left + 999999) / 1000000);
        if (conns[d->fd])
            answer(d->fd);
        queue_head++;
    }
    return -1;
}

static void on_connection(int listener, int epoll)
{
    int on = 1, fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

    if (fd < 0)
        return;
    if (fd >= MAX_FD) {
        close(fd);
        return;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    conns[fd] = calloc(1, sizeof *conns[fd]);
    struct epoll_event e = {.events = EPOLLIN, .data.fd = fd};
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e);
}

int main(int argc, char **argv)
{
    struct epoll_event events[EVENTS];
    int epoll = epoll_create1(EPOLL_CLOEXEC), listener = mock_listen("bench_server");

    make_reply(argc > 1 ? strtoul(argv[1], NULL, 10) : 250);
    latency_ns = argc > 2 ? strtol(argv[2], NULL, 10) * 1000000 : 0;
    struct sigaction act = {.sa_handler = on_signal};
    sigaction(SIGTERM, &act, NULL);
    sigaction(SIGINT, &act, NULL);
    struct epoll_event e = {.events = EPOLLIN, .data.fd = listener};
    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &e);
    e = (struct epoll_event){.events = EPOLLIN, .data.fd = STDIN_FILENO};
    /* Fails for a file or /dev/null, which never close. */
    (void)epoll_ctl(epoll, EPOLL_CTL_ADD, STDIN_FILENO, &e);
    while (!stopped) {
        int n = epoll_wait(epoll, events, EVENTS, send_due());
        for (int i = 0; i < n; i++) {
            int fd = events[i].data.fd;
            char ignored[64];
            if (fd == listener)
                on_connection(listener, epoll);
            else if (fd == STDIN_FILENO)
                stopped = read(fd, ignored, sizeof ignored) <= 0;
            else if (conns[fd])
                on_readable(fd);
        }
    }
    printf("requests %llu mean_body_bytes %llu\n", (unsigned long long)requests,
        (unsigned long long)(requests ? body_bytes / requests : 0));
    return 0;
}
