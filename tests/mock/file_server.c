/*
 * file_server.c - serves the files of a directory by HTTP, and misbehaves on command. Tests only.
 *
 *     file_server DIR [LOG]
 *
 * Loopback; prints "port N" on its first line; ends on SIGTERM or when stdin closes. A thread a
 * connection, one request each. LOG gets a line a request:
 * "PATH range=VALUE if-range=VALUE auth=VALUE", "-" for a header that is absent.
 *
 * The last segment of a path is a file of DIR; with a query it is the rows API: the file
 * CONFIG.OFFSET.json. Segments before it are commands, values percent-coded:
 *   times=N       the commands hold for the first N requests of this path; then it is served well
 *   status=N      answer with this status;  after=TEXT  with this Retry-After;  said=TEXT  and this
 *                 as {"error": TEXT};  flood=N  N bytes of words instead, also behind a redirect
 *   cut=N         close after N body bytes;  reset=N  the same by RST;  stall=N  silence after them
 *   slow=MS       a pause every 1000 bytes
 *   norange       knows no ranges;  badrange  answers them with another place
 *   etag=TEXT     instead of one made of the content;  noetag;  modified=TEXT  Last-Modified
 *   nolength      no Content-Length
 *   type=TEXT     Content-Type
 *   to=URL        redirect;  loop  to itself;  host  to the last segment, echoed by "localhost"
 *   need=TOKEN    401 without it as bearer token
 *   echo          the body is what came as Authorization, or "none"
 */
#include "harness/base/clock.h"
#include "harness/base/digest.h"
#include "harness/base/file.h"
#include "tests/mock/mock_listen.h"

#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

enum { HEAD_MAX = 65536, FILE_BYTES_MAX = 64 << 20, PATHS = 4096, PIECE = 1000 };

static const char *dir;
static FILE *log_file;
static int port;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static uint64_t asked[PATHS]; /* first 8 bytes of the path's digest, once a request */
static size_t nasked;

struct request {
    struct buf head;
    struct str path, query;
    struct str segments[16];
    size_t n;
    bool gated_out; /* times=N is over: commands do not hold */
    struct buf values[16];
};

struct answer {
    int status;
    struct buf headers, body;
    size_t start;    /* of the body that is sent */
    int64_t stop_at; /* bytes after which something happens; -1 = never */
    enum { STOP_CUT, STOP_RESET, STOP_STALL } how;
    int64_t slow_ms;
    bool no_length;
};

/* --- the request --------------------------------------------------------------------------- */

static struct str header(const struct request *r, struct str name)
{
    struct str rest = buf_str(&r->head), line;

    while (str_cut(&rest, '\n', &line))
        if (line.n > name.n && str_eq_nocase(str_slice(line, 0, name.n), name))
            return str_trim(str_from(line, name.n));
    return (struct str){NULL, 0};
}

static int hex_digit(char c)
{
    return str_is_digit(c)                              ? c - '0'
           : str_lower(c) >= 'a' && str_lower(c) <= 'f' ? str_lower(c) - 'a' + 10
                                                        : 0;
}

static void decode(struct str s, struct buf *out)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == '%' && i + 2 < s.n) {
            buf_putc(out, (char)(hex_digit(s.p[i + 1]) * 16 + hex_digit(s.p[i + 2])));
            i += 2;
        } else {
            buf_putc(out, s.p[i]);
        }
}

/* Value of the command `name`; p NULL if it is not there. A command without a value has "". */
static struct str command(struct request *r, const char *name)
{
    for (size_t i = 0; i + 1 < r->n && !r->gated_out; i++) {
        struct str rest = r->segments[i], word = rest;
        if (str_cut(&rest, '=', &word) && str_eqc(word, name)) {
            buf_reset(&r->values[i]);
            decode(rest.p ? rest : STR(""), &r->values[i]);
            return (struct str){buf_cstr(&r->values[i]), r->values[i].n};
        }
    }
    return (struct str){NULL, 0};
}

static int64_t number(struct request *r, const char *name, int64_t fallback)
{
    struct str v = command(r, name);

    return v.p ? strtoll(v.p, NULL, 10) : fallback;
}

/* How often this path was asked for, this time included. */
static int64_t count_request(struct str path)
{
    uint64_t key = digest_u64(digest_of(path));
    int64_t n = 0;

    pthread_mutex_lock(&mutex);
    if (nasked < PATHS)
        asked[nasked++] = key;
    for (size_t i = 0; i < nasked; i++)
        n += asked[i] == key;
    pthread_mutex_unlock(&mutex);
    return n;
}

static void write_log(const struct request *r, struct str target)
{
    static const char *const names[] = {"range", "if-range", "authorization"};
    static const char *const shown[] = {"range", "if-range", "auth"};

    if (!log_file)
        return;
    pthread_mutex_lock(&mutex);
    fprintf(log_file, "%.*s", STR_ARG(target));
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct buf name = BUF_INIT;
        buf_printf(&name, "%s:", names[i]);
        struct str v = header(r, buf_str(&name));
        fprintf(log_file, " %s=%.*s", shown[i], STR_ARG(v.p ? v : STR("-")));
        buf_release(&name);
    }
    fprintf(log_file, "\n");
    fflush(log_file);
    pthread_mutex_unlock(&mutex);
}

static bool read_request(int fd, struct request *r)
{
    struct str line, rest, target, segment;
    char chunk[4096];

    buf_init(&r->head, HEAD_MAX);
    while (str_find(buf_str(&r->head), STR("\r\n\r\n"), 0) == SIZE_MAX) {
        ssize_t n = read(fd, chunk, sizeof chunk);
        if (n <= 0 || r->head.full)
            return false;
        buf_add(&r->head, chunk, (size_t)n);
    }
    rest = buf_str(&r->head);
    if (!str_cut(&rest, '\n', &line) || !str_cut(&line, ' ', &target) ||
        !str_cut(&line, ' ', &target))
        return false;
    write_log(r, target);
    rest = target;
    if (!str_cut(&rest, '?', &r->path))
        return false;
    r->query = rest;
    int64_t times = count_request(target);
    rest = str_from(r->path, 1);
    while (r->n < ARRAY_LEN(r->segments) && str_cut(&rest, '/', &segment))
        r->segments[r->n++] = segment;
    r->gated_out = times > number(r, "times", INT64_MAX);
    return r->n > 0;
}

/* --- the answer ---------------------------------------------------------------------------- */

/* Value of a key of the query, as it stands there. */
static struct str asked_for(const struct request *r, struct str key)
{
    struct str rest = r->query, pair;

    while (rest.p && str_cut(&rest, '&', &pair))
        if (str_starts(pair, key))
            return str_from(pair, key.n);
    return STR("");
}

static void load_file(struct request *r, struct answer *a)
{
    struct buf path = BUF_INIT;
    struct err err;

    buf_printf(&path, "%s/", dir);
    if (r->query.p)
        buf_printf(&path, "%.*s.%.*s.json", STR_ARG(asked_for(r, STR("config="))),
            STR_ARG(asked_for(r, STR("offset="))));
    else
        decode(r->segments[r->n - 1], &path);
    if (file_read(buf_cstr(&path), FILE_BYTES_MAX, &a->body, &err))
        a->status = 404;
    buf_release(&path);
}

static void set_validator(struct request *r, struct answer *a, struct buf *ret)
{
    struct str etag = command(r, "etag"), modified = command(r, "modified");

    if (modified.p) {
        buf_printf(&a->headers, "Last-Modified: %.*s\r\n", STR_ARG(modified));
        buf_str_add(ret, modified);
        return;
    }
    if (command(r, "noetag").p)
        return;
    if (etag.p)
        buf_str_add(ret, etag);
    else
        buf_printf(
            ret, "\"%016llx\"", (unsigned long long)digest_u64(digest_of(buf_str(&a->body))));
    buf_printf(&a->headers, "ETag: %s\r\n", buf_cstr(ret));
}

/* A range from some byte to the end, if it is asked for and If-Range is met. */
static void set_range(struct request *r, struct answer *a, struct str validator)
{
    struct str range = header(r, STR("range:")), if_range = header(r, STR("if-range:"));

    if (!str_starts(range, STR("bytes=")) || command(r, "norange").p ||
        (if_range.p && !str_eq(if_range, validator)))
        return;
    a->start = (size_t)strtoull(range.p + 6, NULL, 10);
    if (a->start >= a->body.n) {
        buf_printf(&a->headers, "Content-Range: bytes */%zu\r\n", a->body.n);
        buf_reset(&a->body);
        a->start = 0;
        a->status = 416;
        return;
    }
    size_t told = a->start + (command(r, "badrange").p ? 1 : 0);
    a->status = 206;
    buf_printf(&a->headers, "Content-Range: bytes %zu-%zu/%zu\r\n", told, a->body.n - 1, a->body.n);
}

static bool set_redirect(struct request *r, struct answer *a)
{
    struct str to = command(r, "to");

    if (to.p)
        buf_printf(&a->headers, "Location: %.*s\r\n", STR_ARG(to));
    else if (command(r, "loop").p)
        buf_printf(&a->headers, "Location: %.*s\r\n", STR_ARG(r->path));
    else if (command(r, "host").p)
        buf_printf(&a->headers, "Location: http://localhost:%d/echo/%.*s\r\n", port,
            STR_ARG(r->segments[r->n - 1]));
    else
        return false;
    a->status = 302;
    return true;
}

static void set_refusal(struct request *r, struct answer *a)
{
    struct str need = command(r, "need"), auth = header(r, STR("authorization:"));
    struct str after = command(r, "after"), said = command(r, "said");

    if (need.p && !(str_starts(auth, STR("Bearer ")) && str_eq(str_from(auth, 7), need)))
        a->status = 401;
    if (command(r, "status").p)
        a->status = (int)number(r, "status", 200);
    if (a->status < 400)
        return;
    if (after.p)
        buf_printf(&a->headers, "Retry-After: %.*s\r\n", STR_ARG(after));
    buf_reset(&a->body);
    if (said.p)
        buf_printf(&a->body, "{\"error\":\"%.*s\"}", STR_ARG(said));
}

static void set_faults(struct request *r, struct answer *a)
{
    static const char *const names[] = {"cut", "reset", "stall"};

    a->stop_at = -1;
    for (int i = 0; i < 3; i++)
        if (command(r, names[i]).p) {
            a->stop_at = number(r, names[i], 0);
            a->how = i;
        }
    a->slow_ms = number(r, "slow", 0);
    a->no_length = command(r, "nolength").p != NULL;
}

static void make_answer(struct request *r, struct answer *a)
{
    struct buf validator = BUF_INIT;
    struct str type = command(r, "type"), auth = header(r, STR("authorization:"));

    a->status = 200;
    set_faults(r, a);
    if (command(r, "echo").p)
        buf_str_add(&a->body, auth.p ? auth : STR("none"));
    else if (!set_redirect(r, a))
        load_file(r, a);
    if (a->status == 200)
        set_refusal(r, a);
    if (a->status == 200) {
        set_validator(r, a, &validator);
        set_range(r, a, buf_str(&validator));
    }
    for (int64_t left = a->status == 200 ? 0 : number(r, "flood", 0); left > 0; left--)
        buf_putc(&a->body, 'x');
    buf_printf(&a->headers, "Content-Type: %.*s\r\n", STR_ARG(type.p ? type : STR("text/plain")));
    buf_release(&validator);
}

/* --- sending ------------------------------------------------------------------------------- */

static bool send_bytes(int fd, struct str s)
{
    while (s.n) {
        ssize_t n = send(fd, s.p, s.n, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        s = str_from(s, (size_t)n);
    }
    return true;
}

static void send_body(int fd, const struct answer *a)
{
    struct str rest = str_from(buf_str(&a->body), a->start);
    int64_t left = a->stop_at;

    while (rest.n) {
        size_t n = a->slow_ms ? PIECE : rest.n;
        n = n < rest.n ? n : rest.n;
        if (left >= 0 && (int64_t)n > left)
            n = (size_t)left;
        if (!send_bytes(fd, str_slice(rest, 0, n)))
            return;
        rest = str_from(rest, n);
        left -= left >= 0 ? (int64_t)n : 0;
        if (left == 0)
            return;
        if (a->slow_ms)
            clock_sleep_ms(a->slow_ms);
    }
}

static void send_answer(int fd, const struct answer *a)
{
    struct linger hard = {1, 0};
    struct buf head = BUF_INIT;
    char byte;

    buf_printf(&head, "HTTP/1.1 %d Told\r\nConnection: close\r\n", a->status);
    if (!a->no_length)
        buf_printf(&head, "Content-Length: %zu\r\n", a->body.n - a->start);
    buf_str_add(&head, buf_str(&a->headers));
    buf_puts(&head, "\r\n");
    if (send_bytes(fd, buf_str(&head)))
        send_body(fd, a);
    buf_release(&head);
    if (a->stop_at >= 0 && a->how == STOP_STALL)
        (void)!read(fd, &byte, 1); /* until the client goes */
    if (a->stop_at >= 0 && a->how == STOP_RESET) {
        clock_sleep_ms(50); /* what was sent arrives before the RST */
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    }
}

static void *serve(void *payload)
{
    int *given = payload, fd = *given;
    struct request *r = xcalloc(1, sizeof *r);
    struct answer a = {0};

    free(given);
    if (read_request(fd, r)) {
        make_answer(r, &a);
        send_answer(fd, &a);
    }
    close(fd);
    buf_release(&a.headers);
    buf_release(&a.body);
    buf_release(&r->head);
    for (size_t i = 0; i < ARRAY_LEN(r->values); i++)
        buf_release(&r->values[i]);
    free(r);
    return NULL;
}

static void *watch_stdin(void *unused)
{
    char byte;

    (void)unused;
    while (read(0, &byte, 1) > 0)
        ;
    exit(0);
}

int main(int argc, char **argv)
{
    struct sockaddr_in a;
    socklen_t n = sizeof a;
    pthread_t thread;

    if (argc < 2)
        return 2;
    dir = argv[1];
    log_file = argc > 2 ? fopen(argv[2], "a") : NULL;
    int listener = mock_listen("file_server");
    if (getsockname(listener, (struct sockaddr *)&a, &n))
        return 1;
    port = ntohs(a.sin_port);
    if (pthread_create(&thread, NULL, watch_stdin, NULL))
        return 1;
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0)
            continue;
        int *given = xmalloc(sizeof *given);
        *given = fd;
        if (pthread_create(&thread, NULL, serve, given))
            return 1;
        pthread_detach(thread);
    }
}
