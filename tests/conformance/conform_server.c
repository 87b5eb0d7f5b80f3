/* conform_server.c - requests in, the case's answers out; see conform_server.h. */
#include "tests/conformance/conform_server.h"

#include "harness/base/clock.h"
#include "tests/conformance/conform_rule.h"
#include "tests/conformance/conform_wire.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST_CONNECTIONS = 512, MOST_REQUESTS = 2048, MOST_IDS = 256 };

struct seat {
    struct conform_server *server;
    pthread_t thread;
    size_t number;
    int fd;
};

struct conform_server {
    struct conform_case *c;
    struct wire_tls *tls;
    int listen_fd, stop[2];
    pthread_t thread;
    pthread_mutex_t lock; /* of all below and of the answers' counters */
    struct arena arena;
    struct seat seats[MOST_CONNECTIONS];
    size_t nseats;
    struct conform_request requests[MOST_REQUESTS];
    size_t nrequests;
    struct str ids[MOST_IDS]; /* every custom_id of a batch, in the order they came */
    size_t nids;
    bool h2_offered;
    struct buf faults;
};

/* --- a request ---------------------------------------------------------------------------------
 */

static struct str header_of(struct str head, struct str name)
{
    struct str line;

    while (str_cut(&head, '\n', &line))
        if (str_eq_nocase(str_slice(line, 0, name.n), name))
            return str_trim(str_from(line, name.n));
    return (struct str){NULL, 0};
}

/* Reads one request; in keeps what came behind it. */
static bool read_request(struct wire *w, struct buf *in, struct conform_request *ret, size_t *ret_n)
{
    size_t end;

    while ((end = str_find(buf_str(in), STR("\r\n\r\n"), 0)) == SIZE_MAX)
        if (!wire_read(w, in))
            return false;
    struct str length = header_of(str_slice(buf_str(in), 0, end), STR("content-length:"));
    size_t n = 0;
    for (size_t i = 0; i < length.n; i++)
        n = n * 10 + (size_t)(length.p[i] - '0');
    while (in->n < end + 4 + n)
        if (!wire_read(w, in))
            return false;
    struct str rest = str_slice(buf_str(in), 0, end);
    str_cut(&rest, ' ', &ret->method);
    str_cut(&rest, ' ', &ret->path);
    ret->head = rest;
    ret->body = str_slice(buf_str(in), end + 4, end + 4 + n);
    ret->at_ns = clock_now_ns();
    *ret_n = end + 4 + n;
    return true;
}

static bool fits(const struct case_answer *a, const struct conform_request *r)
{
    struct str path = r->path;
    size_t star = str_find(a->path, STR("*"), 0);

    if (a->times >= 0 && a->given >= a->times)
        return false;
    if (a->method.n && !str_eq(a->method, r->method))
        return false;
    if (star != SIZE_MAX ? !str_starts(path, str_slice(a->path, 0, star))
                         : a->path.n && !str_eq(a->path, path))
        return false;
    if (a->when.n && str_find(r->body, a->when, 0) == SIZE_MAX)
        return false;
    return !a->unless.n || str_find(r->body, a->unless, 0) == SIZE_MAX;
}

static void keep_request(
    struct conform_server *s, const struct conform_request *r, size_t connection)
{
    if (s->nrequests == MOST_REQUESTS)
        return;
    s->requests[s->nrequests++] = (struct conform_request){
        .method = arena_str(&s->arena, r->method),
        .path = arena_str(&s->arena, r->path),
        .head = arena_str(&s->arena, r->head),
        .body = arena_str(&s->arena, r->body),
        .at_ns = r->at_ns,
        .connection = connection,
    };
}

/* Lines of batches: as members of a body, and of JSON lines inside a multipart form. */
static void keep_ids(struct conform_server *s, struct str body)
{
    struct str word = STR("\"custom_id\":\"");

    for (size_t at = 0; (at = str_find(body, word, at)) != SIZE_MAX && s->nids < MOST_IDS;) {
        at += word.n;
        size_t end = str_find(body, STR("\""), at);
        s->ids[s->nids++] = arena_str(&s->arena, str_slice(body, at, end));
    }
}

/* The answer to a request; NULL if there is none, or a rule was broken: then *ret_why says so. */
static struct case_answer *choose(struct conform_server *s, const struct conform_request *r,
    size_t connection, struct buf *ret_why)
{
    struct case_answer *a = NULL;

    pthread_mutex_lock(&s->lock);
    keep_request(s, r, connection);
    keep_ids(s, r->body);
    for (size_t i = 0; i < s->c->nanswers && !a; i++)
        if (fits(&s->c->answers[i], r))
            a = &s->c->answers[i];
    if (!a)
        buf_printf(ret_why, "request %zu, %.*s %.*s: the case has no answer to it", s->nrequests,
            STR_ARG(r->method), STR_ARG(r->path));
    else if (!conform_rules_kept(a->validate, a->known, r->body, ret_why))
        a = NULL;
    if (a)
        a->given++;
    else
        buf_printf(&s->faults, "%s\n", buf_cstr(ret_why));
    pthread_mutex_unlock(&s->lock);
    return a;
}

/* --- an answer ---------------------------------------------------------------------------------
 */

/* Sends bytes in writes of a->write bytes. */
static bool send_bytes(struct wire *w, const struct case_answer *a, struct str bytes)
{
    size_t step = a->write > 0 ? (size_t)a->write : bytes.n;

    for (size_t i = 0; i < bytes.n; i += step)
        if (!wire_write(w, str_slice(bytes, i, i + step)))
            return false;
    return true;
}

static bool send_body(struct wire *w, const struct case_answer *a, struct str bytes)
{
    struct buf frame = BUF_INIT;
    bool ok = true;

    if (a->chunk <= 0)
        return send_bytes(w, a, bytes);
    for (size_t i = 0; ok && i < bytes.n; i += (size_t)a->chunk) {
        struct str part = str_slice(bytes, i, i + (size_t)a->chunk);
        buf_reset(&frame);
        buf_printf(&frame, "%zx\r\n", part.n);
        buf_str_add(&frame, part);
        buf_puts(&frame, "\r\n");
        ok = send_bytes(w, a, buf_str(&frame));
    }
    buf_release(&frame);
    return ok;
}

/* "{date+30}" in a header stands for the date 30 s from now. */
static void put_headers(struct buf *out, struct str headers)
{
    size_t at = str_find(headers, STR("{date+"), 0), end = str_find(headers, STR("}"), 0);
    int64_t seconds = 0;
    struct tm tm;
    char date[64];

    if (at == SIZE_MAX || end == SIZE_MAX) {
        buf_str_add(out, headers);
        return;
    }
    for (size_t i = at + 6; i < end; i++)
        seconds = seconds * 10 + (headers.p[i] - '0');
    time_t when = (time_t)(clock_wall_ms() / 1000 + seconds);
    gmtime_r(&when, &tm);
    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", &tm);
    buf_str_add(out, str_slice(headers, 0, at));
    buf_puts(out, date);
    buf_str_add(out, str_from(headers, end + 1));
}

static void put_head(struct buf *out, const struct case_answer *a)
{
    bool stream = str_find(buf_str(&a->body), STR("data:"), 0) < 200;

    buf_printf(out, "HTTP/1.1 %d Played\r\n", (int)a->status);
    if (str_find(a->headers, STR("Content-Type:"), 0) == SIZE_MAX)
        buf_printf(out, "Content-Type: %s\r\n", stream ? "text/event-stream" : "application/json");
    put_headers(out, a->headers);
    if (a->close)
        buf_puts(out, "Connection: close\r\n");
    if (a->chunk > 0)
        buf_puts(out, "Transfer-Encoding: chunked\r\n");
    else if (a->chunk == 0)
        buf_printf(out, "Content-Length: %zu\r\n", a->body.n);
    buf_puts(out, "\r\n");
}

/* False if the connection is no more. */
static bool do_mark(struct wire *w, const struct case_mark *mark)
{
    if (mark->act == ACT_WAIT)
        return wire_wait(w, mark->ms);
    if (mark->act == ACT_STALL)
        return wire_wait(w, -1);
    wire_end(w, mark->act == ACT_RESET);
    return false;
}

/* Plays the whole answer; true if the connection stays for another request. What stands in front of
 * the first byte of the body happens before the head, too. */
static bool play(struct wire *w, const struct case_answer *a)
{
    struct buf head = BUF_INIT;
    struct str body = buf_str(&a->body);
    bool ok = true, headed = false;
    size_t at = 0;

    put_head(&head, a);
    for (size_t m = 0; ok && m <= a->nmarks; m++) {
        size_t end = m < a->nmarks ? a->marks[m].at : body.n;
        if (!headed && (end > 0 || m == a->nmarks)) {
            ok = wire_write(w, buf_str(&head));
            headed = true;
        }
        ok = ok && send_body(w, a, str_slice(body, at, end));
        at = end;
        if (ok && m < a->nmarks)
            ok = do_mark(w, &a->marks[m]);
    }
    buf_release(&head);
    if (ok && a->chunk > 0)
        ok = wire_write(w, STR("0\r\n\r\n"));
    return ok && !a->close && !a->close_idle && a->chunk >= 0;
}

/* "{id3}" in a body stands for the third custom_id that came. */
static void fill_ids(struct conform_server *s, struct str body, struct buf *out)
{
    for (size_t i = 0; i < body.n; i++) {
        size_t end = str_starts(str_from(body, i), STR("{id")) ? str_find(body, STR("}"), i) : i;
        size_t n = 0;
        for (size_t k = i + 3; k < end && end != SIZE_MAX; k++)
            n = str_is_digit(body.p[k]) ? n * 10 + (size_t)(body.p[k] - '0') : MOST_IDS + 1;
        if (n == 0 || n > s->nids) {
            buf_putc(out, body.p[i]);
            continue;
        }
        buf_str_add(out, s->ids[n - 1]);
        i = end;
    }
}

static bool play_filled(struct conform_server *s, struct wire *w, const struct case_answer *a)
{
    struct buf body = BUF_INIT;

    pthread_mutex_lock(&s->lock); /* others count how often the answer was given */
    struct case_answer filled = *a;
    bool with_ids = str_find(buf_str(&a->body), STR("{id"), 0) != SIZE_MAX;
    if (with_ids) {
        fill_ids(s, buf_str(&a->body), &body);
        filled.body = body;
    }
    pthread_mutex_unlock(&s->lock);
    bool ok = play(w, &filled);
    buf_release(&body);
    return ok;
}

static bool refuse(struct wire *w, const char *why)
{
    struct buf out = BUF_INIT;

    buf_printf(&out, "HTTP/1.1 599 Fault\r\nContent-Length: %zu\r\n\r\n%s", strlen(why), why);
    bool ok = wire_write(w, buf_str(&out));
    buf_release(&out);
    return ok;
}

static void *serve(void *payload)
{
    struct seat *seat = payload;
    struct conform_server *s = seat->server;
    struct wire w;
    struct buf in = BUF_INIT;
    bool ok = wire_begin(&w, seat->fd, s->stop[0], s->tls);

    while (ok) {
        struct conform_request r = {.connection = seat->number};
        struct buf why = BUF_INIT;
        size_t n;
        if (!read_request(&w, &in, &r, &n))
            break;
        struct case_answer *a = choose(s, &r, seat->number, &why);
        ok = a ? play_filled(s, &w, a) : refuse(&w, buf_cstr(&why));
        buf_release(&why);
        memmove(in.p, in.p + n, in.n - n);
        buf_truncate(&in, in.n - n);
    }
    pthread_mutex_lock(&s->lock);
    s->h2_offered |= w.h2_offered;
    pthread_mutex_unlock(&s->lock);
    wire_end(&w, false);
    buf_release(&in);
    return NULL;
}

static void *accept_all(void *payload)
{
    struct conform_server *s = payload;
    struct pollfd p[2] = {
        {.fd = s->listen_fd, .events = POLLIN}, {.fd = s->stop[0], .events = POLLIN}};

    while (poll(p, 2, -1) > 0 && !p[1].revents) {
        int fd = accept4(s->listen_fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0)
            continue;
        if (s->nseats == MOST_CONNECTIONS) {
            close(fd);
            continue;
        }
        struct seat *seat = &s->seats[s->nseats];
        *seat = (struct seat){.server = s, .number = s->nseats + 1, .fd = fd};
        if (pthread_create(&seat->thread, NULL, serve, seat))
            close(fd);
        else
            s->nseats++;
    }
    return NULL;
}

/* --- the server ---------------------------------------------------------------------------------
 */

enum err_code conform_server_start(struct conform_case *c, const char *tls_dir,
    struct conform_server **ret, int *ret_port, struct err *err)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof a;
    struct conform_server *s = xcalloc(1, sizeof *s);

    s->c = c;
    s->stop[0] = s->stop[1] = -1;
    s->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    pthread_mutex_init(&s->lock, NULL);
    if (tls_dir && wire_tls_new(tls_dir, &s->tls, err)) {
        conform_server_free(s);
        return err->code;
    }
    if (s->listen_fd < 0 || bind(s->listen_fd, (struct sockaddr *)&a, sizeof a) ||
        listen(s->listen_fd, MOST_CONNECTIONS) ||
        getsockname(s->listen_fd, (struct sockaddr *)&a, &n) || pipe2(s->stop, O_CLOEXEC) ||
        pthread_create(&s->thread, NULL, accept_all, s)) {
        conform_server_free(s);
        return err_set(err, ERR_FAILED, "no server on the loopback");
    }
    *ret = s;
    *ret_port = ntohs(a.sin_port);
    return OK;
}

void conform_server_stop(struct conform_server *s, struct conform_server_end *ret)
{
    close(s->stop[1]);
    s->stop[1] = -1;
    pthread_join(s->thread, NULL);
    for (size_t i = 0; i < s->nseats; i++)
        pthread_join(s->seats[i].thread, NULL);
    *ret = (struct conform_server_end){.connections = s->nseats,
        .requests = s->nrequests,
        .h2_offered = s->h2_offered,
        .faults = buf_str(&s->faults)};
}

const struct conform_request *conform_server_request(const struct conform_server *s, size_t i)
{
    return i < s->nrequests ? &s->requests[i] : NULL;
}

void conform_server_free(struct conform_server *s)
{
    if (!s)
        return;
    wire_tls_free(s->tls);
    for (size_t i = 0; i < 2; i++)
        if (s->stop[i] >= 0)
            close(s->stop[i]);
    if (s->listen_fd >= 0)
        close(s->listen_fd);
    arena_release(&s->arena);
    buf_release(&s->faults);
    pthread_mutex_destroy(&s->lock);
    free(s);
}
