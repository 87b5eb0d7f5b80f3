/*
 * bench_stream.c - what it costs to listen to many slow streams.
 *
 *     bench_stream [STREAMS [TOKENS_PER_S [SECONDS]]]        default 64, 50, 10
 *
 * A child process is the server: every stream gets one chunk of 169 bytes each 1/TOKENS_PER_S s,
 * the streams spread evenly over that time, in chunked coding, and ends as Chat Completions do.
 * This process is the client: harness/net receives, openai_read reads each answer when it is whole.
 * It prints, as key=value:
 *
 *     stream_cpu_percent   user and system time of the client, as a share of one core
 *     stream_chunks        chunks that arrived, of all streams together
 *     stream_late_percent  by how much the whole took longer than SECONDS
 */
#include "harness/base/arena.h"
#include "harness/base/clock.h"
#include "harness/net/net.h"
#include "harness/provider/openai_read.h"

#include <arpa/inet.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 1024, LINE = 169 };

#define NS_PER_S INT64_C(1000000000)

static const char head[] = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                           "Transfer-Encoding: chunked\r\n\r\n";
static const char last[] =
    "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
    "data: [DONE]\n\n";

/* --- the server ---------------------------------------------------------------------------- */

static void send_all(int fd, const char *p, size_t n)
{
    while (n > 0) {
        ssize_t got = send(fd, p, n, MSG_NOSIGNAL);
        if (got <= 0)
            _exit(1);
        p += got;
        n -= (size_t)got;
    }
}

static void send_chunk(int fd, const char *p, size_t n)
{
    struct buf b = BUF_INIT;

    buf_printf(&b, "%zx\r\n", n);
    buf_add(&b, p, n);
    buf_puts(&b, "\r\n");
    send_all(fd, b.p, b.n);
    buf_release(&b);
}

static void make_line(struct buf *b)
{
    static const char end[] =
        "\",\"object\":\"chat.completion.chunk\",\"created\":1790000000,\"model\":\"m-4o\","
        "\"choices\":[{\"index\":0,\"delta\":{\"content\":\" "
        "token\"},\"finish_reason\":null}]}\n\n";

    buf_puts(b, "data: {\"id\":\"");
    while (b->n + sizeof end - 1 < LINE + 1)
        buf_putc(b, 'x');
    buf_puts(b, end);
}

static void sleep_until(int64_t at_ns)
{
    struct timespec t = {at_ns / NS_PER_S, at_ns % NS_PER_S};

    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL))
        continue;
}

/* All streams begin together when the last one has asked. */
static void serve(int listener, int streams, int per_s, int seconds)
{
    struct buf line = BUF_INIT;
    static int fds[MOST];
    char ignored[4096];

    make_line(&line);
    for (int i = 0; i < streams; i++) {
        fds[i] = accept(listener, NULL, NULL);
        if (fds[i] < 0 || recv(fds[i], ignored, sizeof ignored, 0) <= 0)
            _exit(1);
        send_all(fds[i], head, sizeof head - 1);
    }
    int64_t start = clock_now_ns() + NS_PER_S / 10, n = (int64_t)streams * per_s * seconds;
    for (int64_t i = 0; i < n; i++) {
        sleep_until(start + i * NS_PER_S / ((int64_t)streams * per_s));
        send_chunk(fds[i % streams], line.p, line.n);
    }
    for (int i = 0; i < streams; i++) {
        send_chunk(fds[i], last, sizeof last - 1);
        send_all(fds[i], "0\r\n\r\n", 5);
    }
    _exit(0);
}

/* --- the client ---------------------------------------------------------------------------- */

static size_t tokens, answers;

static void on_reply(const struct net_reply *r, void *payload)
{
    struct arena *arena = payload;
    struct reply reply;

    openai_read(r->status, r->body, true, arena, &reply);
    if (r->result == NET_OK && reply.outcome == OUTCOME_OK)
        answers++;
    tokens += reply.content.n / strlen(" token");
    arena_reset(arena);
}

static double cpu_s(void)
{
    struct rusage u;

    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
           (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) * 1e-6;
}

static void start(struct net *net, int port, int streams)
{
    struct buf url = BUF_INIT;
    struct err err;

    buf_printf(&url, "http://127.0.0.1:%d/v1/chat/completions", port);
    for (int i = 0; i < streams; i++)
        if (net_send(net,
                &(struct net_request){
                    .id = (uint64_t)i, .url = buf_cstr(&url), .body = STR("{\"stream\":true}")},
                &err)) {
            fprintf(stderr, "bench_stream: %s\n", err.msg);
            exit(1);
        }
    buf_release(&url);
}

static int argument(int argc, char **argv, int i, int fallback)
{
    return argc > i ? (int)strtol(argv[i], NULL, 10) : fallback;
}

int main(int argc, char **argv)
{
    int streams = argument(argc, argv, 1, 64), per_s = argument(argc, argv, 2, 50);
    int seconds = argument(argc, argv, 3, 10);
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof a;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct arena arena = {0};
    struct net *net;
    struct err err;

    if (streams < 1 || streams > MOST || per_s < 1 || seconds < 1 ||
        bind(listener, (struct sockaddr *)&a, sizeof a) || listen(listener, MOST) ||
        getsockname(listener, (struct sockaddr *)&a, &n)) {
        fprintf(stderr, "usage: bench_stream [STREAMS [TOKENS_PER_S [SECONDS]]]\n");
        return 1;
    }
    pid_t server = fork();
    if (server == 0)
        serve(listener, streams, per_s, seconds);
    close(listener);
    if (server < 0 || net_new(&(struct net_options){.max_in_flight = MOST}, &net, &err))
        return 1;
    start(net, ntohs(a.sin_port), streams);
    int64_t begun = clock_now_ns();
    double before = cpu_s();
    while (net_in_flight(net))
        net_poll(net, 1000, on_reply, &arena);
    double took = (double)(clock_now_ns() - begun) * 1e-9, cpu = cpu_s() - before;
    net_free(net);
    arena_release(&arena);
    waitpid(server, NULL, 0);
    printf("stream_cpu_percent=%.2f\nstream_chunks=%zu\nstream_late_percent=%.1f\n",
        100 * cpu / took, tokens, 100 * (took / seconds - 1));
    bool whole = tokens == (size_t)streams * per_s * seconds && answers == (size_t)streams;
    if (!whole)
        fprintf(stderr, "bench_stream: %zu answers, %zu tokens\n", answers, tokens);
    return whole ? 0 : 1;
}
