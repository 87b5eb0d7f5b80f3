/*
 * mock_server.c - a chat completions server that misbehaves on command. Tests only.
 *
 *     mock_server [--script FILE] [--log FILE] [--key KEY]
 *
 * Loopback, one thread, HTTP/1.1 with keep-alive, no HTTP library: it must break the protocol on
 * purpose. Prints "port N" on its first line; ends on SIGTERM, SIGINT or when stdin closes.
 *
 * WHERE A COMMAND STANDS, the later one winning word by word: the path's first segment
 * (/mock-500/v1/chat/completions), the "model" of the JSON body, the script's line for this
 * request. A model or segment that does not begin with "mock" commands nothing. A script line is
 * "N mock-..." for the N-th chat request since the start (from 1) or "* mock-..." for all.
 *
 * WORDS follow "mock", separated by '-' or ','; a word is a name or name=value, '_' in a text value
 * stands for a blank. An unknown word is answered with status 400 and shape=plain. "ok" is empty.
 *   failing   429            a number from 100 up: answer with this status (same: status=429)
 *             2              a number below 100: only the first 2 requests with the same body are
 *                            answered so, later ones well (same: times=2); firsts=N counts the
 *                            requests of one model whatever their body. Both gate every word of the
 *                            command, not only the status: mock-reset=10-1, mock-html-firsts=3
 *             shape=S        error body: openai (default), anthropic, flat, string, quota, context,
 *                            plain, html, empty
 *             after=TEXT     Retry-After, verbatim;  after_ms=TEXT  retry-after-ms
 *             afterdate=S    Retry-After as a date S seconds from now (may be negative)
 *             should=true    x-should-retry
 *   time      delay=MS       before the first byte;  tokdelay=MS  between events (or writes)
 *             stall=N        silence after N body bytes, connection open (stall: after the header)
 *   wire      cut=N reset=N  close, or RST, after N body bytes;  closenow, resetnow: before any
 * byte write=N        N bytes a write(2);  chunked=N  chunked coding, N bytes a chunk close
 * Connection: close;  closeidle: closes after the reply without a word nohttp         the reply is
 * not HTTP body      blank          blank lines before the JSON;  garbage, html, notjson, emptybody
 *             error200       error object behind a 200;  big=BYTES  a long answer
 *             nul badutf8    U+0000 or invalid UTF-8 in the answer;  utf8: 2, 3 and 4 byte code
 * points answer=TEXT    instead of "The answer is 4." sayings   nullcontent, length, budget
 * (thought, nothing visible, length), reasoning (the same, stop), refusal, filter, nochoice,
 * nofinish, nousage, used=N (completion tokens) tools          call the first tool offered, the
 * last one once a result is there; toolbad, toolcut (cut arguments, the latter with length),
 * toolunknown stream    crlf, cr, bom, comments, nodone (no [DONE]), nofinish (no terminal marker
 * at all), errevent (error event mid-stream), noblank (no blank line behind the last event), plain
 * (ignore "stream")
 *
 * OTHER PATHS: GET /v1/models, /health, and /mock/stats, a JSON object of requests (chat only),
 * connections, max_open and max_in_flight. With --key, requests without "Authorization: Bearer KEY"
 * get 401. --log writes "number model status body-hash" per chat request.
 */
#include "harness/base/clock.h"
#include "harness/base/digest.h"
#include "harness/base/file.h"
#include "tests/mock/mock_answer.h"
#include "tests/mock/mock_listen.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MAX_FD = 2048, EVENTS = 128, COUNTERS = 1 << 17 };

#define NEVER INT64_MAX
#define REQUEST_MAX ((size_t)64 << 20)

enum ending { END_KEEP, END_CLOSE, END_RESET, END_STALL };

struct conn {
    int fd;
    struct buf in, out;
    size_t pos, body_at, end_at; /* written so far; where the body begins; where writing ends */
    enum ending ending;
    struct rule rule;
    int64_t resume_ns; /* writing goes on then; NEVER = nothing to write */
};

struct counter {
    uint64_t key;
    int64_t n;
};

static struct conn *conns[MAX_FD];
static struct counter counters[COUNTERS];
static struct str script;
static const char *key;
static FILE *log_file;
static int epoll_fd;
static int64_t requests, connections, open_now, max_open, in_flight, max_in_flight;
static volatile sig_atomic_t stopped;

static void on_signal(int sig)
{
    (void)sig;
    stopped = 1;
}

/* How often this key was asked for before. */
static int64_t count(uint64_t k)
{
    size_t i = (size_t)(k % COUNTERS);

    while (counters[i].n && counters[i].key != k)
        i = (i + 1) % COUNTERS;
    counters[i].key = k;
    return counters[i].n++;
}

/* --- connections --------------------------------------------------------------------------- */

static void drop(struct conn *c, bool reset)
{
    struct linger hard = {.l_onoff = 1, .l_linger = 0};

    if (reset)
        setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    if (c->resume_ns != NEVER || c->ending == END_STALL)
        in_flight--;
    close(c->fd);
    conns[c->fd] = NULL;
    open_now--;
    buf_release(&c->in);
    buf_release(&c->out);
    free(c);
}

static void watch(const struct conn *c, bool writing)
{
    struct epoll_event e = {.events = EPOLLIN | (writing ? EPOLLOUT : 0u), .data.fd = c->fd};

    epoll_ctl(epoll_fd, EPOLL_CTL_MOD, c->fd, &e);
}

/* End of the piece that is written at once. */
static size_t piece_end(const struct conn *c)
{
    struct str out = buf_str(&c->out);

    if (rule_on(&c->rule, OPT_WRITE) && c->pos >= c->body_at) {
        size_t end = c->pos + (size_t)c->rule.v[OPT_WRITE];
        return end < c->end_at ? end : c->end_at;
    }
    if (rule_on(&c->rule, OPT_WRITE) && c->body_at < c->end_at)
        return c->body_at;
    if (rule_on(&c->rule, OPT_TOKDELAY)) {
        size_t from = c->pos > c->body_at ? c->pos : c->body_at;
        size_t end = str_find(out, STR("\n\n"), from);
        return end == SIZE_MAX || end + 2 > c->end_at ? c->end_at : end + 2;
    }
    return c->end_at;
}

static void finish(struct conn *c)
{
    if (c->ending == END_STALL) {
        c->resume_ns = NEVER;
        watch(c, false);
    } else if (c->ending != END_KEEP) {
        drop(c, c->ending == END_RESET);
    } else {
        c->resume_ns = NEVER;
        in_flight--;
        buf_reset(&c->out);
        watch(c, false);
    }
}

static void write_more(struct conn *c)
{
    int64_t gap = rule_on(&c->rule, OPT_TOKDELAY) ? c->rule.v[OPT_TOKDELAY] * 1000000 : 0;

    while (c->pos < c->end_at) {
        size_t end = piece_end(c);
        ssize_t n = send(c->fd, c->out.p + c->pos, end - c->pos, MSG_NOSIGNAL);
        if (n < 0 && errno == EAGAIN) {
            watch(c, true);
            return;
        }
        if (n < 0) {
            drop(c, false);
            return;
        }
        c->pos += (size_t)n;
        if (gap && c->pos == end && c->pos < c->end_at) {
            c->resume_ns = clock_now_ns() + gap;
            return;
        }
    }
    finish(c);
}

/* --- replies ------------------------------------------------------------------------------- */

static void put_chunked(struct buf *out, struct str body, size_t piece)
{
    for (size_t i = 0; i < body.n; i += piece) {
        struct str part = str_slice(body, i, i + piece);
        buf_printf(out, "%zx\r\n", part.n);
        buf_str_add(out, part);
        buf_puts(out, "\r\n");
    }
    buf_puts(out, "0\r\n\r\n");
}

static void put_retry_headers(struct buf *out, const struct rule *r)
{
    if (r->after[0])
        buf_printf(out, "Retry-After: %s\r\n", r->after);
    if (r->after_ms[0])
        buf_printf(out, "retry-after-ms: %s\r\n", r->after_ms);
    if (r->should[0])
        buf_printf(out, "x-should-retry: %s\r\n", r->should);
    if (r->v[OPT_AFTERDATE] != -1) {
        time_t at = (time_t)(clock_wall_ms() / 1000 + r->v[OPT_AFTERDATE]);
        struct tm tm;
        char date[64];
        gmtime_r(&at, &tm);
        strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", &tm);
        buf_printf(out, "Retry-After: %s\r\n", date);
    }
}

static void set_ending(struct conn *c)
{
    static const struct {
        enum option option;
        enum ending ending;
    } points[] = {{OPT_CUT, END_CLOSE}, {OPT_RESET, END_RESET}, {OPT_STALL, END_STALL}};
    const struct rule *r = &c->rule;

    c->end_at = c->out.n;
    c->ending = rule_on(r, OPT_CLOSE) || rule_on(r, OPT_CLOSEIDLE) ? END_CLOSE : END_KEEP;
    for (size_t i = 0; i < ARRAY_LEN(points); i++)
        if (rule_on(r, points[i].option)) {
            size_t end = c->body_at + (size_t)r->v[points[i].option];
            c->end_at = end < c->out.n ? end : c->out.n;
            c->ending = points[i].ending;
        }
    if (rule_on(r, OPT_CLOSENOW) || rule_on(r, OPT_RESETNOW)) {
        c->end_at = 0;
        c->ending = rule_on(r, OPT_RESETNOW) ? END_RESET : END_CLOSE;
    }
}

/* Takes the answer's body. */
static void reply(struct conn *c, struct answer *a)
{
    const struct rule *r = &c->rule;
    bool chunked = rule_on(r, OPT_CHUNKED);

    buf_reset(&c->out);
    c->pos = 0;
    if (rule_on(r, OPT_NOHTTP)) {
        buf_puts(&c->out, "I speak another protocol.\r\n\r\n");
        c->body_at = 0;
    } else {
        buf_printf(&c->out, "HTTP/1.1 %d Mock\r\nContent-Type: %s\r\nx-request-id: mock-%lld\r\n",
            a->status, a->content_type, (long long)requests);
        buf_puts(&c->out, "Set-Cookie: session=not-for-you\r\n");
        put_retry_headers(&c->out, r);
        if (rule_on(r, OPT_CLOSE))
            buf_puts(&c->out, "Connection: close\r\n");
        if (chunked)
            buf_puts(&c->out, "Transfer-Encoding: chunked\r\n\r\n");
        else
            buf_printf(&c->out, "Content-Length: %zu\r\n\r\n", a->body.n);
        c->body_at = c->out.n;
        if (chunked)
            put_chunked(&c->out, buf_str(&a->body), (size_t)r->v[OPT_CHUNKED]);
        else
            buf_str_add(&c->out, buf_str(&a->body));
    }
    buf_release(&a->body);
    set_ending(c);
    in_flight++;
    max_in_flight = in_flight > max_in_flight ? in_flight : max_in_flight;
    c->resume_ns = 0;
    if (rule_on(r, OPT_DELAY))
        c->resume_ns = clock_now_ns() + r->v[OPT_DELAY] * 1000000;
    else
        write_more(c);
}

static bool apply_script(struct rule *r, int64_t number)
{
    struct str rest = script, line;

    while (str_cut(&rest, '\n', &line)) {
        struct str which, command = str_trim(line);
        struct rat n;
        if (command.n == 0 || !str_cut(&command, ' ', &which))
            continue;
        bool mine = str_eqc(which, "*") || (rat_parse(which, &n) && n.num == number);
        if (mine && !rule_parse(r, str_trim(command)))
            return false;
    }
    return true;
}

/* times and firsts: has the command been carried out often enough? Then all is well. */
static void gate(struct rule *r, struct str model, struct str body)
{
    int64_t same_body = count(digest_u64(digest_of(body)) | 1);
    int64_t same_model = count(digest_u64(digest_of(model)) & ~UINT64_C(1));

    if ((rule_on(r, OPT_TIMES) && same_body >= r->v[OPT_TIMES]) ||
        (rule_on(r, OPT_FIRSTS) && same_model >= r->v[OPT_FIRSTS]))
        rule_reset(r);
}

static void chat(struct conn *c, struct str segment, struct str body)
{
    struct answer a = {.status = 200};
    struct json *doc = NULL;
    struct err err;
    char hex[DIGEST_HEX_LEN + 1];

    requests++;
    if (json_parse(body, JSON_STRICT, &doc, &err)) {
        put_error(&a, &c->rule, 400);
        reply(c, &a);
        return;
    }
    struct str model = json_str(json_get(doc, "model"));
    if (!rule_parse(&c->rule, segment) || !rule_parse(&c->rule, model) ||
        !apply_script(&c->rule, requests)) {
        rule_reset(&c->rule);
        a.status = 400;
        a.content_type = "text/plain";
        buf_puts(&a.body, "mock_server: a word of this command is unknown\n");
    } else {
        gate(&c->rule, model, body);
        if (rule_on(&c->rule, OPT_STATUS))
            put_error(&a, &c->rule, (int)c->rule.v[OPT_STATUS]);
        else
            answer_make(&a, &c->rule, doc, body.n);
    }
    if (log_file) {
        fprintf(log_file, "%lld %.*s %d %.16s\n", (long long)requests, STR_ARG(model), a.status,
            digest_hex(digest_of(body), hex));
        fflush(log_file);
    }
    json_free(doc);
    reply(c, &a);
}

/* --- requests ------------------------------------------------------------------------------ */

static struct str header_of(struct str head, struct str name)
{
    struct str line;

    while (str_cut(&head, '\n', &line))
        if (str_eq_nocase(str_slice(line, 0, name.n), name))
            return str_trim(str_from(line, name.n));
    return (struct str){NULL, 0};
}

static void route(struct conn *c, struct str head, struct str body)
{
    struct answer a = {.status = 200, .content_type = "application/json"};
    struct str rest = head, method, path, segment;

    str_cut(&rest, ' ', &method);
    str_cut(&rest, ' ', &path);
    segment = str_from(path, 1);
    size_t slash = str_find(segment, STR("/"), 0);
    segment = str_slice(segment, 0, slash == SIZE_MAX ? segment.n : slash);
    rule_reset(&c->rule);
    struct str bearer = header_of(head, STR("authorization:"));
    if (key && !(str_starts(bearer, STR("Bearer ")) && str_eqc(str_from(bearer, 7), key))) {
        put_error(&a, &c->rule, 401);
    } else if (str_ends(path, STR("/chat/completions")) && str_eqc(method, "POST")) {
        chat(c, segment, body);
        return;
    } else if (str_eqc(path, "/mock/stats")) {
        buf_printf(&a.body,
            "{\"requests\":%lld,\"connections\":%lld,\"max_open\":%lld,\"max_in_flight\":%lld}",
            (long long)requests, (long long)connections, (long long)max_open,
            (long long)max_in_flight);
    } else if (str_ends(path, STR("/models"))) {
        buf_puts(
            &a.body, "{\"object\":\"list\",\"data\":[{\"id\":\"mock\",\"object\":\"model\"}]}");
    } else if (str_eqc(path, "/health")) {
        buf_puts(&a.body, "{\"status\":\"ok\"}");
    } else {
        put_error(&a, &c->rule, 404);
    }
    reply(c, &a);
}

/* Serves the request at the start of the buffer, if it is whole and no reply is under way. */
static void serve(struct conn *c)
{
    int fd = c->fd;

    while (conns[fd] == c && c->resume_ns == NEVER && c->ending != END_STALL) {
        struct str in = buf_str(&c->in);
        struct rat length = RAT_ZERO;
        size_t end = str_find(in, STR("\r\n\r\n"), 0);
        if (end == SIZE_MAX)
            return;
        struct str head = str_slice(in, 0, end);
        struct str stated = header_of(head, STR("content-length:"));
        if (stated.n && !rat_parse(stated, &length)) {
            drop(c, true);
            return;
        }
        size_t whole = end + 4 + (size_t)length.num;
        if (in.n < whole)
            return;
        struct buf request = c->in;
        c->in = (struct buf){.limit = REQUEST_MAX};
        buf_str_add(&c->in, str_from(in, whole));
        route(c, head, str_slice(in, end + 4, whole));
        buf_release(&request);
    }
}

static void on_readable(struct conn *c)
{
    char chunk[65536];
    ssize_t n = recv(c->fd, chunk, sizeof chunk, 0);

    if (n <= 0) {
        if (n == 0 || errno != EAGAIN)
            drop(c, false);
        return;
    }
    buf_add(&c->in, chunk, (size_t)n);
    serve(c);
}

static void on_connection(int listener)
{
    int on = 1, fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

    if (fd < 0)
        return;
    if (fd >= MAX_FD) {
        close(fd);
        return;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct conn *c = xcalloc(1, sizeof *c);
    c->fd = fd;
    c->resume_ns = NEVER;
    buf_init(&c->in, REQUEST_MAX);
    conns[fd] = c;
    connections++;
    open_now++;
    max_open = open_now > max_open ? open_now : max_open;
    struct epoll_event e = {.events = EPOLLIN, .data.fd = fd};
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &e);
}

/* Writes what is due; returns milliseconds until the next time, -1 for never. */
static int run_timers(void)
{
    int64_t now = clock_now_ns(), next = NEVER;

    for (int fd = 0; fd < MAX_FD; fd++) {
        struct conn *c = conns[fd];
        if (c && c->resume_ns != NEVER && c->resume_ns <= now && c->resume_ns > 0) {
            c->resume_ns = 0;
            write_more(c);
            if (conns[fd] == c)
                serve(c);
        }
        c = conns[fd];
        if (c && c->resume_ns > 0 && c->resume_ns < next)
            next = c->resume_ns;
    }
    return next == NEVER ? -1 : next <= now ? 0 : (int)((next - now + 999999) / 1000000);
}

static void on_event(const struct epoll_event *e)
{
    struct conn *c = conns[e->data.fd];

    if (c && e->events & EPOLLOUT) {
        int fd = c->fd;
        watch(c, false);
        write_more(c);
        c = conns[fd];
        if (c)
            serve(c);
    }
    if (c && e->events & (EPOLLIN | EPOLLHUP | EPOLLERR))
        on_readable(c);
}

static void options(int argc, char **argv)
{
    static struct buf text = BUF_INIT;
    struct err err;

    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--script") == 0) {
            if (file_read(argv[i + 1], 0, &text, &err)) {
                fprintf(stderr, "mock_server: %s\n", err.msg);
                exit(2);
            }
            script = buf_str(&text);
        } else if (strcmp(argv[i], "--log") == 0) {
            log_file = fopen(argv[i + 1], "w");
        } else if (strcmp(argv[i], "--key") == 0) {
            key = argv[i + 1];
        } else {
            fprintf(stderr, "mock_server: unknown option %s\n", argv[i]);
            exit(2);
        }
    }
}

int main(int argc, char **argv)
{
    struct epoll_event events[EVENTS];
    struct sigaction act = {.sa_handler = on_signal};

    options(argc, argv);
    int listener = mock_listen("mock_server");
    sigaction(SIGTERM, &act, NULL);
    sigaction(SIGINT, &act, NULL);
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event e = {.events = EPOLLIN, .data.fd = listener};
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, listener, &e);
    e.data.fd = STDIN_FILENO;
    /* Fails for a file or /dev/null, which never close. */
    (void)epoll_ctl(epoll_fd, EPOLL_CTL_ADD, STDIN_FILENO, &e);
    while (!stopped) {
        int n = epoll_wait(epoll_fd, events, EVENTS, run_timers());
        for (int i = 0; i < n; i++) {
            char ignored[64];
            if (events[i].data.fd == listener)
                on_connection(listener);
            else if (events[i].data.fd == STDIN_FILENO)
                stopped = read(STDIN_FILENO, ignored, sizeof ignored) <= 0;
            else
                on_event(&events[i]);
        }
    }
    return 0;
}
