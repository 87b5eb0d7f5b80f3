/*
 * net.c - requests in flight on one curl multi handle; see net.h.
 *
 * Owns the loop: slots (a curl easy handle and its buffers, reused for ever), one epoll set and the
 * deadlines. What a request looks like on the wire is net_wire.c's, what a reply's header lines say
 * net_header.c's.
 *
 * Four things make it cheap. The epoll set is lazy: curl drops its interest in a socket after
 * every reply and takes it up again with the next request, so a socket stays registered until an
 * event nobody wants comes in or it is closed. Easy handles keep their options and only what
 * differs is set. And deadlines are looked at once per shortest limit, not once per request: an
 * activity only moves a deadline away, so the earliest one seen last time is a lower bound (a new
 * connection, whose idle limit begins to count, is noted). And slow streams are fetched together:
 * see gather().
 */
#include "harness/net/net.h"

#include "harness/base/clock.h"
#include "harness/base/log.h"
#include "harness/net/net_header.h"
#include "harness/net/net_wire.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    CONNECT_MS = 10000,
    IDLE_MS = 300000,
    KEEPALIVE_S = 60, /* NAT boxes forget silent connections after 60 to 350 s */
    MAXAGE_S = 60,    /* below the idle limit of the usual proxies, 75 s and more */
    EVENTS = 256,
    SMALLEST_POOL = 64,
    TRICKLE_MS = 250,     /* a stream is slow when it has taken so long already, */
    TRICKLE_BYTES = 2048, /* and brings no more than this at once. Its tokens may lie for */
    GATHER_SHARE = 50,    /* this part of the time it has taken, */
    GATHER_MS = 50,       /* or so long; */
    GATHER_SILENT_MS = 5, /* less while another request waits for its first byte */
};

#define REPLY_BYTES ((size_t)64 << 20)
#define NS_PER_MS INT64_C(1000000)
#define NO_LIMIT_MS (INT64_C(1000) * 365 * 86400)

struct slot {
    struct net *net;
    CURL *easy;
    struct slot *next_free;
    struct net_wire wire;
    struct buf reply_body;
    struct net_header header;
    struct call_times times;
    int64_t active_ns; /* last sign of life */
    int64_t idle_ms;   /* longest silence */
    uint64_t id;
    bool in_flight, connected;
    char why[CURL_ERROR_SIZE];
};

/* What epoll has registered for a descriptor and what curl wants of it; indexed by descriptor. */
struct watch {
    uint32_t registered, wanted;
    bool ours; /* opened by on_open: we hear of its end, so it may stay registered */
};

struct net {
    struct net_options options;
    CURLM *multi;
    int epoll_fd;
    struct slot **slots;
    size_t nslots, cap_slots, in_flight;
    struct slot *free;
    struct watch *watches;
    size_t nwatches;
    int64_t timer_ns;    /* when curl wants to be called; INT64_MAX = never */
    int64_t check_ns;    /* no deadline passes before this */
    int64_t turn_ns;     /* time of the running turn of the loop */
    size_t silent;       /* in flight without a byte of a body yet */
    size_t trickles;     /* bodies of slow streams that got bytes in this turn, */
    size_t others;       /* everything else that did, */
    int64_t youngest_ns; /* and when the last of those streams began */
    bool polling;
};

static pthread_once_t once = PTHREAD_ONCE_INIT;

/* A broken TLS connection raises SIGPIPE inside the TLS library, and curl told to leave signals
 * alone (NOSIGNAL) does not catch it. A handler set by the program stays. */
static void init_process(void)
{
    struct sigaction old;

    curl_global_init(CURL_GLOBAL_DEFAULT);
    if (sigaction(SIGPIPE, NULL, &old) == 0 && old.sa_handler == SIG_DFL)
        signal(SIGPIPE, SIG_IGN);
}

void net_init(void)
{
    pthread_once(&once, init_process);
}

/* --- sockets ------------------------------------------------------------------------------- */

static struct watch *watch_of(struct net *net, int fd)
{
    size_t i = (size_t)fd;

    if (i >= net->nwatches) {
        size_t n = net->nwatches;
        GROW(net->watches, i + 1, n);
        memset(net->watches + net->nwatches, 0, (n - net->nwatches) * sizeof *net->watches);
        net->nwatches = n;
    }
    return &net->watches[i];
}

static void watch_set(struct net *net, struct watch *w, int fd, uint32_t events)
{
    struct epoll_event e = {.events = events, .data.fd = fd};
    int op = !events ? EPOLL_CTL_DEL : w->registered ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;

    if (events == w->registered)
        return;
    w->registered = events;
    if (epoll_ctl(net->epoll_fd, op, fd, &e) && op != EPOLL_CTL_DEL)
        BUG("epoll_ctl(%d) on descriptor %d: %s", op, fd, strerror(errno));
}

static curl_socket_t on_open(void *payload, curlsocktype purpose, struct curl_sockaddr *a)
{
    int fd = socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);

    (void)purpose;
    if (fd < 0)
        return CURL_SOCKET_BAD;
    *watch_of(payload, fd) = (struct watch){.ours = true};
    return fd;
}

static int on_close(void *payload, curl_socket_t fd)
{
    struct net *net = payload;
    struct watch *w = watch_of(net, fd);

    watch_set(net, w, fd, 0);
    *w = (struct watch){0};
    return close(fd);
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *payload, void *unused)
{
    struct net *net = payload;
    struct watch *w = watch_of(net, fd);

    (void)easy, (void)unused;
    if (what == CURL_POLL_REMOVE) {
        w->wanted = 0;
        if (!w->ours)
            watch_set(net, w, fd, 0);
        return 0;
    }
    w->wanted = (what & CURL_POLL_IN ? EPOLLIN : 0u) | (what & CURL_POLL_OUT ? EPOLLOUT : 0u);
    watch_set(net, w, fd, w->wanted);
    return 0;
}

static int on_timer(CURLM *multi, long ms, void *payload)
{
    struct net *net = payload;

    (void)multi;
    net->timer_ns = ms < 0 ? INT64_MAX : ms == 0 ? 0 : clock_now_ns() + ms * NS_PER_MS;
    return 0;
}

/* --- one request --------------------------------------------------------------------------- */

/* Tells the tokens of a slow stream from all that should be looked at without delay. */
static void note_body(const struct slot *s, size_t n)
{
    struct net *net = s->net;

    if (n > TRICKLE_BYTES || net->turn_ns - s->times.first_byte < TRICKLE_MS * NS_PER_MS) {
        net->others++;
        return;
    }
    net->trickles++;
    if (s->times.first_byte > net->youngest_ns)
        net->youngest_ns = s->times.first_byte;
}

static size_t on_body(char *p, size_t size, size_t n, void *payload)
{
    struct slot *s = payload;

    n *= size;
    s->active_ns = s->net->turn_ns;
    if (s->times.first_byte == 0) {
        s->times.first_byte = clock_now_ns();
        s->net->silent--;
    }
    note_body(s, n);
    buf_add(&s->reply_body, p, n);
    return s->reply_body.full ? 0 : n;
}

static size_t on_header(char *p, size_t size, size_t n, void *payload)
{
    struct slot *s = payload;

    n *= size;
    s->active_ns = s->net->turn_ns;
    s->net->others++;
    net_header_line(&s->header, (struct str){p, n});
    return n;
}

/* When the call must be given up if nothing happens, and why. */
static int64_t deadline_of(const struct slot *s, const char **ret_why)
{
    const struct net_options *o = &s->net->options;
    int64_t at = s->active_ns + (s->connected ? s->idle_ms : o->connect_ms) * NS_PER_MS;

    *ret_why = s->connected ? "no byte for longer than the idle limit"
                            : "no connection within the connect limit";
    if (o->total_ms > 0 && s->times.sent + o->total_ms * NS_PER_MS < at) {
        at = s->times.sent + o->total_ms * NS_PER_MS;
        *ret_why = "longer than the limit for a whole call";
    }
    return at;
}

/* Called whenever a deadline may have come nearer. */
static void note_deadline(struct slot *s)
{
    const char *why;
    int64_t at = deadline_of(s, &why);

    if (at < s->net->check_ns)
        s->net->check_ns = at;
}

static int on_connected(void *payload, char *ip, char *local_ip, int port, int local_port)
{
    struct slot *s = payload;

    (void)ip, (void)local_ip, (void)port, (void)local_port;
    s->connected = true;
    s->active_ns = clock_now_ns();
    note_deadline(s); /* the idle limit may be the shorter one */
    return CURL_PREREQFUNC_OK;
}

static void slot_options(struct slot *s)
{
    const char *ca = getenv("SSL_CERT_FILE");
    CURL *e = s->easy;

    curl_easy_setopt(e, CURLOPT_PRIVATE, s);
    curl_easy_setopt(e, CURLOPT_ERRORBUFFER, s->why);
    curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
    /* Packing is not asked for; a proxy that packs all the same is understood, curl unpacks then.
     */
    curl_easy_setopt(e, CURLOPT_ACCEPT_ENCODING, "identity");
    curl_easy_setopt(e, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(e, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(e, CURLOPT_TCP_KEEPIDLE, (long)KEEPALIVE_S);
    curl_easy_setopt(e, CURLOPT_TCP_KEEPINTVL, (long)KEEPALIVE_S / 2);
    curl_easy_setopt(e, CURLOPT_MAXAGE_CONN, (long)MAXAGE_S);
    /* Nobody is asked for it (net_wire.c), but a body that comes compressed is read. */
    curl_easy_setopt(e, CURLOPT_ACCEPT_ENCODING, "");
    curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(e, CURLOPT_WRITEDATA, s);
    curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(e, CURLOPT_HEADERDATA, s);
    curl_easy_setopt(e, CURLOPT_PREREQFUNCTION, on_connected);
    curl_easy_setopt(e, CURLOPT_PREREQDATA, s);
    curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, on_open);
    curl_easy_setopt(e, CURLOPT_OPENSOCKETDATA, s->net);
    curl_easy_setopt(e, CURLOPT_CLOSESOCKETFUNCTION, on_close);
    curl_easy_setopt(e, CURLOPT_CLOSESOCKETDATA, s->net);
    /* Our own clock ends a call (check_deadlines); curl's would only cost a timer per request. */
    curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)s->net->options.connect_ms + 60000L);
    if (ca)
        curl_easy_setopt(e, CURLOPT_CAINFO, ca);
}

static void slot_add(struct net *net)
{
    struct slot *s = xcalloc(1, sizeof *s);

    s->net = net;
    s->easy = curl_easy_init();
    if (!s->easy)
        die_oom();
    net_wire_init(&s->wire, s->easy);
    buf_init(&s->reply_body, net->options.max_reply_bytes);
    net_header_init(&s->header);
    slot_options(s);
    GROW(net->slots, net->nslots + 1, net->cap_slots);
    net->slots[net->nslots++] = s;
    s->next_free = net->free;
    net->free = s;
}

static void slot_free(struct slot *s)
{
    curl_easy_cleanup(s->easy);
    net_wire_release(&s->wire);
    buf_release(&s->reply_body);
    net_header_release(&s->header);
    free(s);
}

/* --- the loop ------------------------------------------------------------------------------ */

enum err_code net_new(const struct net_options *options, struct net **ret, struct err *err)
{
    net_init();

    struct net *net = xcalloc(1, sizeof *net);
    net->options = *options;
    net->options.connect_ms = options->connect_ms > 0 ? options->connect_ms : CONNECT_MS;
    net->options.idle_ms = options->idle_ms > 0 ? options->idle_ms : IDLE_MS;
    net->options.max_reply_bytes =
        options->max_reply_bytes ? options->max_reply_bytes : REPLY_BYTES;
    net->timer_ns = net->check_ns = INT64_MAX;
    net->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    net->multi = curl_multi_init();
    if (net->epoll_fd < 0 || !net->multi) {
        enum err_code code = err_set(
            err, ERR_FAILED, "network loop: %s; raise the limit of open files", strerror(errno));
        net_free(net);
        return code;
    }
    long pool = (long)(options->max_in_flight * 2);
    curl_multi_setopt(net->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(net->multi, CURLMOPT_SOCKETDATA, net);
    curl_multi_setopt(net->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(net->multi, CURLMOPT_TIMERDATA, net);
    curl_multi_setopt(net->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
    curl_multi_setopt(
        net->multi, CURLMOPT_MAXCONNECTS, pool > SMALLEST_POOL ? pool : SMALLEST_POOL);
    *ret = net;
    return OK;
}

void net_free(struct net *net)
{
    if (!net)
        return;
    if (net->polling)
        BUG("net_free inside a reply callback");
    for (size_t i = 0; i < net->nslots; i++) {
        if (net->slots[i]->in_flight)
            curl_multi_remove_handle(net->multi, net->slots[i]->easy);
        slot_free(net->slots[i]);
    }
    curl_multi_cleanup(net->multi); /* closes pooled connections: on_close still needs net */
    if (net->epoll_fd >= 0)
        close(net->epoll_fd);
    free(net->slots);
    free(net->watches);
    free(net);
}

size_t net_in_flight(const struct net *net)
{
    return net->in_flight;
}

enum err_code net_send(struct net *net, const struct net_request *r, struct err *err)
{
    if (!net->free)
        slot_add(net);
    struct slot *s = net->free;
    enum err_code code = net_wire_set(&s->wire, r, err);
    if (code)
        return code;
    net->free = s->next_free;
    s->id = r->id;
    s->why[0] = '\0';
    s->connected = false;
    s->idle_ms = r->idle_ms < 0 ? NO_LIMIT_MS : r->idle_ms ? r->idle_ms : net->options.idle_ms;
    net_wire_empty(&s->reply_body);
    net_header_reset(&s->header);
    s->active_ns = clock_now_ns();
    s->times = (struct call_times){
        .ready = r->ready_ns ? r->ready_ns : s->active_ns, .sent = s->active_ns};
    CURLMcode added = curl_multi_add_handle(net->multi, s->easy);
    if (added) {
        s->next_free = net->free;
        net->free = s;
        return err_set(err, ERR_FAILED, "request to %s: %s", r->url, curl_multi_strerror(added));
    }
    s->in_flight = true;
    net->in_flight++;
    net->silent++;
    note_deadline(s);
    return OK;
}

static enum net_result result_of(CURLcode code, const struct slot *s)
{
    if (code == CURLE_OK) /* curl takes a header that was cut off for one that has ended */
        return s->header.ended ? NET_OK : NET_BROKEN;
    if (s->reply_body.full)
        return NET_TOO_LARGE;
    if (code == CURLE_OPERATION_TIMEDOUT)
        return NET_TIMEOUT;
    return s->connected ? NET_BROKEN : NET_UNREACHABLE;
}

/* Tells the caller and makes the slot free again. `timeout` is NULL unless a deadline passed. */
static void deliver(
    struct slot *s, CURLcode code, const char *timeout, net_reply_fn *fn, void *payload)
{
    struct net *net = s->net;
    struct net_reply reply = {.id = s->id, .times = s->times, .body = buf_str(&s->reply_body)};

    reply.times.done = clock_now_ns();
    curl_easy_getinfo(s->easy, CURLINFO_RESPONSE_CODE, &reply.status);
    curl_multi_remove_handle(net->multi, s->easy);
    s->in_flight = false;
    net->in_flight--;
    net->silent -= s->times.first_byte == 0;
    net_header_end(&s->header);
    reply.result = timeout ? NET_TIMEOUT : result_of(code, s);
    reply.content_type = s->header.content_type;
    reply.headers = buf_str(&s->header.lines);
    reply.retry_after_ms = s->header.retry_after_ms;
    reply.why = "";
    if (timeout)
        reply.why = timeout;
    else if (reply.result == NET_TOO_LARGE)
        reply.why = "the reply is larger than the limit";
    else if (!code && reply.result == NET_BROKEN)
        reply.why = "the connection was closed inside the header";
    else if (code)
        reply.why = s->why[0] ? s->why : curl_easy_strerror(code);
    fn(&reply, payload);
    s->next_free = net->free;
    net->free = s;
}

static size_t drain(struct net *net, net_reply_fn *fn, void *payload)
{
    CURLMsg *msg;
    size_t n = 0;
    int left;

    while ((msg = curl_multi_info_read(net->multi, &left))) {
        struct slot *s;
        if (msg->msg != CURLMSG_DONE)
            continue;
        CURLcode code = msg->data.result; /* msg dies with the removal in deliver() */
        curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &s);
        deliver(s, code, NULL, fn, payload);
        n++;
    }
    return n;
}

static size_t check_deadlines(struct net *net, int64_t now_ns, net_reply_fn *fn, void *payload)
{
    size_t n = 0, nslots = net->nslots; /* a callback may add slots: theirs lie in the future */
    const char *why;

    if (now_ns < net->check_ns)
        return 0;
    net->check_ns = INT64_MAX;
    for (size_t i = 0; i < nslots; i++) {
        struct slot *s = net->slots[i];
        if (!s->in_flight)
            continue;
        int64_t at = deadline_of(s, &why);
        if (at <= now_ns) {
            deliver(s, CURLE_OPERATION_TIMEDOUT, why, fn, payload);
            n++;
        } else if (at < net->check_ns) {
            net->check_ns = at;
        }
    }
    return n;
}

/* Lets curl start what was added and follow its own timers. */
static void run_timer(struct net *net)
{
    int running;

    for (int i = 0; i < 2 && net->timer_ns <= clock_now_ns(); i++) {
        net->timer_ns = INT64_MAX;
        curl_multi_socket_action(net->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    }
}

static void run_events(struct net *net, const struct epoll_event *events, int n)
{
    int running;

    for (int i = 0; i < n; i++) {
        int fd = events[i].data.fd;
        struct watch *w = watch_of(net, fd);
        uint32_t what = events[i].events;
        if (!w->wanted) { /* an idle connection was closed by its server, or talks unasked */
            watch_set(net, w, fd, 0);
            continue;
        }
        int bits = (what & EPOLLIN ? CURL_CSELECT_IN : 0) |
                   (what & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
                   (what & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);
        curl_multi_socket_action(net->multi, fd, bits, &running);
    }
}

static int wait_ms(const struct net *net, int64_t now_ns, int64_t until_ns)
{
    int64_t at = until_ns;

    at = net->timer_ns < at ? net->timer_ns : at;
    at = net->check_ns < at ? net->check_ns : at;
    if (at <= now_ns)
        return 0;
    int64_t ms = (at - now_ns + NS_PER_MS - 1) / NS_PER_MS;
    return ms < 60000 ? (int)ms : 60000;
}

/* Waking for every token of every stream costs more than the tokens: when a turn has brought
 * nothing else, the next one comes a little later and finds several. No time of such a stream is
 * off by more than a fiftieth. */
static void gather(const struct net *net, int64_t now_ns, int64_t until_ns)
{
    int64_t ms = wait_ms(net, now_ns, until_ns);
    int64_t most = net->silent ? GATHER_SILENT_MS : GATHER_MS;

    if (!net->trickles || net->others)
        return;
    int64_t share = (now_ns - net->youngest_ns) / NS_PER_MS / GATHER_SHARE;
    most = share < most ? share : most;
    clock_sleep_ms(ms < most ? ms : most);
}

size_t net_poll(struct net *net, int64_t timeout_ms, net_reply_fn *fn, void *payload)
{
    struct epoll_event events[EVENTS];
    int64_t now = clock_now_ns();
    int64_t until =
        timeout_ms > INT64_MAX / NS_PER_MS / 2 ? INT64_MAX : now + timeout_ms * NS_PER_MS;
    size_t delivered = 0;
    int n;

    if (net->polling)
        BUG("net_poll inside a reply callback");
    net->polling = true;
    do {
        net->turn_ns = now;
        net->trickles = net->others = 0;
        net->youngest_ns = 0;
        run_timer(net);
        /* A fast server's reply can be whole before anything was waited for. */
        delivered += drain(net, fn, payload);
        n = epoll_wait(net->epoll_fd, events, EVENTS, delivered ? 0 : wait_ms(net, now, until));
        now = net->turn_ns = clock_now_ns();
        run_events(net, events, n);
        run_timer(net);
        delivered += drain(net, fn, payload);
        delivered += check_deadlines(net, now, fn, payload);
        if (!delivered)
            gather(net, now, until);
    } while (!delivered && n >= 0 && now < until && net->in_flight);
    /* What the callback sent goes out now, so that the server works while the caller does. */
    run_timer(net);
    net->polling = false;
    return delivered;
}
