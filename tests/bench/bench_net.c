/*
 * bench_net.c - the same work as bench_bare.c, done through the program's own rooms.
 *
 *     bench_net URL TASKS IN_FLIGHT
 *
 * Requests are written by json.h and sent by net.h, replies parsed by json.h; nothing is stored or
 * graded. What it loses against bench_bare is the price of the harness's own network layer.
 */
#include "harness/base/clock.h"
#include "harness/base/json.h"
#include "harness/net/net.h"

#include <sys/resource.h>

enum { PAD = 780 };

struct bench {
    const char *url;
    long tasks, sent, done, failed;
    struct net *net;
    struct buf pad, request, text;
    int64_t checksum;
};

static void add_message(struct json_writer *w, const char *role, struct str text)
{
    jsonw_object(w, NULL);
    jsonw_cstr(w, "role", role);
    jsonw_str(w, "content", text);
    jsonw_end_object(w);
}

static void start(struct bench *b)
{
    static const char *const headers[] = {"Content-Type: application/json", NULL};
    struct json_writer w = json_writer(&b->request, 0);
    struct err err;
    long i = b->sent++;

    buf_reset(&b->request);
    buf_reset(&b->text);
    buf_str_add(&b->text, buf_str(&b->pad));
    buf_printf(&b->text, " Question %ld: what is 2 + 2?", i);
    jsonw_object(&w, NULL);
    jsonw_cstr(&w, "model", "bench");
    jsonw_array(&w, "messages");
    add_message(&w, "system", STR("You answer questions about a context in one line."));
    add_message(&w, "user", buf_str(&b->text));
    jsonw_end_array(&w);
    jsonw_num(&w, "temperature", 0);
    jsonw_int(&w, "max_tokens", 1024);
    jsonw_int(&w, "seed", i);
    jsonw_end_object(&w);
    if (net_send(b->net,
            &(struct net_request){
                .id = (uint64_t)i, .url = b->url, .body = buf_str(&b->request), .headers = headers},
            &err)) {
        fprintf(stderr, "bench_net: %s\n", err.msg);
        exit(1);
    }
}

static bool read_reply(struct bench *b, struct str body)
{
    struct json *doc;
    struct err err;
    int64_t used;

    if (json_parse(body, JSON_REPAIR, &doc, &err))
        return false;
    const struct json *choice = json_at(json_get(doc, "choices"), 0);
    struct str text = json_str(json_path(choice, "message.content"));
    bool ok = text.n && json_int(json_path(doc, "usage.completion_tokens"), &used);
    if (ok)
        b->checksum += used + (int64_t)text.n;
    json_free(doc);
    return ok;
}

static void on_reply(const struct net_reply *reply, void *payload)
{
    struct bench *b = payload;

    if (reply->result != NET_OK || reply->status != 200 || !read_reply(b, reply->body))
        b->failed++;
    b->done++;
    if (b->sent < b->tasks)
        start(b);
}

int main(int argc, char **argv)
{
    struct err err;

    if (argc != 4) {
        fprintf(stderr, "usage: bench_net URL TASKS IN_FLIGHT\n");
        return 2;
    }
    int64_t begin = clock_now_ns();
    struct bench b = {.url = argv[1], .tasks = strtol(argv[2], NULL, 10)};
    size_t n = strtoul(argv[3], NULL, 10);
    if (net_new(&(struct net_options){.max_in_flight = n}, &b.net, &err)) {
        fprintf(stderr, "bench_net: %s\n", err.msg);
        return 1;
    }
    for (size_t i = 0; i < PAD; i++)
        buf_putc(&b.pad, "The orchard has 12 rows of 8 trees. "[i % 36]);
    for (size_t i = 0; i < n && b.sent < b.tasks; i++)
        start(&b);
    while (net_in_flight(b.net))
        net_poll(b.net, 1000, on_reply, &b);
    net_free(b.net);
    buf_release(&b.pad);
    buf_release(&b.request);
    buf_release(&b.text);

    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    double wall = (double)(clock_now_ns() - begin) * 1e-9;
    double cpu = (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
                 (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) * 1e-6;
    printf("tasks=%ld failed=%ld wall_s=%.4f cpu_s=%.4f rss_kb=%ld per_s=%.0f checksum=%lld\n",
        b.tasks, b.failed, wall, cpu, u.ru_maxrss, (double)b.tasks / wall, (long long)b.checksum);
    return b.failed ? 1 : 0;
}
