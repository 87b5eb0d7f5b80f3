/*
 * bench_bare.c - the yardstick: the least a libcurl program must do for N chat calls.
 *
 *     bench_bare URL TASKS IN_FLIGHT [perform|socket]
 *
 * Builds each request of about 1 KB with cJSON, sends it, parses the reply with cJSON and reads
 * answer and usage; keeps nothing. Two loops: "perform" is curl_multi_perform with
 * curl_multi_poll, as in curl's own examples; "socket" (the default, the faster one with many in
 * flight) is curl_multi_socket_action over epoll. Prints tasks, seconds, CPU seconds and peak
 * resident memory as key=value pairs.
 */
#include <cjson/cJSON.h>
#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>

enum { EVENTS = 256, BODY_MAX = 65536, PAD = 780 };

struct call {
    CURL *easy;
    char *request;
    char body[BODY_MAX];
    size_t n;
};

struct bench {
    const char *url;
    long tasks, sent, done, failed;
    CURLM *multi;
    struct curl_slist *headers;
    char pad[PAD + 1];
    int epoll;
    long timeout_ms;
    double checksum; /* so that no reading of the reply can be left out */
};

static double now_s(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

static size_t on_body(char *p, size_t size, size_t n, void *payload)
{
    struct call *c = payload;

    n *= size;
    if (n >= sizeof c->body - c->n)
        return 0;
    memcpy(c->body + c->n, p, n);
    c->n += n;
    return n;
}

static void add_message(cJSON *list, const char *role, const char *text)
{
    cJSON *m = cJSON_CreateObject();

    cJSON_AddStringToObject(m, "role", role);
    cJSON_AddStringToObject(m, "content", text);
    cJSON_AddItemToArray(list, m);
}

static char *build(const struct bench *b, long i)
{
    char text[PAD + 64];
    cJSON *doc = cJSON_CreateObject();

    snprintf(text, sizeof text, "%s Question %ld: what is 2 + 2?", b->pad, i);
    cJSON_AddStringToObject(doc, "model", "bench");
    cJSON *messages = cJSON_AddArrayToObject(doc, "messages");
    add_message(messages, "system", "You answer questions about a context in one line.");
    add_message(messages, "user", text);
    cJSON_AddNumberToObject(doc, "temperature", 0);
    cJSON_AddNumberToObject(doc, "max_tokens", 1024);
    cJSON_AddNumberToObject(doc, "seed", (double)i);
    char *out = cJSON_PrintUnformatted(doc);
    cJSON_Delete(doc);
    return out;
}

static void start(struct bench *b, struct call *c)
{
    free(c->request);
    c->request = build(b, b->sent++);
    c->n = 0;
    curl_easy_setopt(c->easy, CURLOPT_POSTFIELDSIZE, (long)strlen(c->request));
    curl_easy_setopt(c->easy, CURLOPT_POSTFIELDS, c->request);
    curl_multi_add_handle(b->multi, c->easy);
}

static bool read_reply(struct bench *b, const struct call *c)
{
    cJSON *doc = cJSON_ParseWithLength(c->body, c->n);
    const cJSON *choice = cJSON_GetArrayItem(cJSON_GetObjectItem(doc, "choices"), 0);
    const cJSON *text = cJSON_GetObjectItem(cJSON_GetObjectItem(choice, "message"), "content");
    const cJSON *used = cJSON_GetObjectItem(cJSON_GetObjectItem(doc, "usage"), "completion_tokens");
    bool ok = cJSON_IsString(text) && cJSON_IsNumber(used);

    if (ok)
        b->checksum += used->valuedouble + (double)strlen(text->valuestring);
    cJSON_Delete(doc);
    return ok;
}

static void finish(struct bench *b)
{
    CURLMsg *msg;
    int left;

    while ((msg = curl_multi_info_read(b->multi, &left))) {
        struct call *c;
        long status = 0;
        CURLcode code = msg->data.result;
        curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &c);
        curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
        curl_multi_remove_handle(b->multi, c->easy);
        if (code != CURLE_OK || status != 200 || !read_reply(b, c))
            b->failed++;
        b->done++;
        if (b->sent < b->tasks)
            start(b, c);
    }
}

static void loop_perform(struct bench *b)
{
    int running;

    while (b->done < b->tasks) {
        curl_multi_perform(b->multi, &running);
        finish(b);
        if (b->done < b->tasks)
            curl_multi_poll(b->multi, NULL, 0, 1000, NULL);
    }
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *payload, void *known)
{
    struct bench *b = payload;
    struct epoll_event e = {.data.fd = fd};

    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        epoll_ctl(b->epoll, EPOLL_CTL_DEL, fd, &e);
        return 0;
    }
    e.events = (what & CURL_POLL_IN ? EPOLLIN : 0u) | (what & CURL_POLL_OUT ? EPOLLOUT : 0u);
    epoll_ctl(b->epoll, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &e);
    if (!known)
        curl_multi_assign(b->multi, fd, b);
    return 0;
}

static int on_timer(CURLM *multi, long ms, void *payload)
{
    (void)multi;
    ((struct bench *)payload)->timeout_ms = ms;
    return 0;
}

static void loop_socket(struct bench *b)
{
    struct epoll_event events[EVENTS];
    int running;

    while (b->done < b->tasks) {
        int n = epoll_wait(b->epoll, events, EVENTS, (int)b->timeout_ms);
        for (int i = 0; i < n; i++)
            curl_multi_socket_action(b->multi, events[i].data.fd,
                (events[i].events & EPOLLIN ? CURL_CSELECT_IN : 0) |
                    (events[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0),
                &running);
        if (n == 0 || b->timeout_ms == 0) {
            b->timeout_ms = -1;
            curl_multi_socket_action(b->multi, CURL_SOCKET_TIMEOUT, 0, &running);
        }
        finish(b);
    }
}

static void call_init(struct bench *b, struct call *c)
{
    c->easy = curl_easy_init();
    curl_easy_setopt(c->easy, CURLOPT_URL, b->url);
    curl_easy_setopt(c->easy, CURLOPT_HTTPHEADER, b->headers);
    curl_easy_setopt(c->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(c->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c->easy, CURLOPT_PROXY, "");
    curl_easy_setopt(c->easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(c->easy, CURLOPT_WRITEDATA, c);
    curl_easy_setopt(c->easy, CURLOPT_PRIVATE, c);
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        fprintf(stderr, "usage: bench_bare URL TASKS IN_FLIGHT [perform|socket]\n");
        return 2;
    }
    double begin = now_s();
    bool perform = argc > 4 && strcmp(argv[4], "perform") == 0;
    struct bench b = {.url = argv[1], .tasks = strtol(argv[2], NULL, 10), .timeout_ms = -1};
    size_t n = strtoul(argv[3], NULL, 10);
    struct call *calls = calloc(n, sizeof *calls);

    curl_global_init(CURL_GLOBAL_DEFAULT);
    b.multi = curl_multi_init();
    b.epoll = epoll_create1(EPOLL_CLOEXEC);
    b.headers = curl_slist_append(NULL, "Content-Type: application/json");
    b.headers = curl_slist_append(b.headers, "Expect:");
    for (size_t i = 0; i < PAD; i++)
        b.pad[i] = "The orchard has 12 rows of 8 trees. "[i % 36];
    if (!perform) {
        curl_multi_setopt(b.multi, CURLMOPT_SOCKETFUNCTION, on_socket);
        curl_multi_setopt(b.multi, CURLMOPT_SOCKETDATA, &b);
        curl_multi_setopt(b.multi, CURLMOPT_TIMERFUNCTION, on_timer);
        curl_multi_setopt(b.multi, CURLMOPT_TIMERDATA, &b);
    }
    for (size_t i = 0; i < n; i++) {
        call_init(&b, &calls[i]);
        if (b.sent < b.tasks)
            start(&b, &calls[i]);
    }
    if (perform)
        loop_perform(&b);
    else
        loop_socket(&b);
    for (size_t i = 0; i < n; i++) {
        curl_easy_cleanup(calls[i].easy);
        free(calls[i].request);
    }
    curl_multi_cleanup(b.multi);
    curl_slist_free_all(b.headers);
    free(calls);

    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    double wall = now_s() - begin;
    double cpu = (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
                 (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) * 1e-6;
    printf("tasks=%ld failed=%ld wall_s=%.4f cpu_s=%.4f rss_kb=%ld per_s=%.0f checksum=%.0f\n",
        b.tasks, b.failed, wall, cpu, u.ru_maxrss, (double)b.tasks / wall, b.checksum);
    return b.failed ? 1 : 0;
}
