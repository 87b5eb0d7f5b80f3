/* phantom.c - the HTTP server around chat.h; see phantom.h. Starting it as a child: child.c. */
#include "harness/phantom/phantom.h"

#include "harness/base/clock.h"
#include "harness/base/digest.h"
#include "harness/base/log.h"
#include "harness/phantom/batches.h"
#include "harness/phantom/faults_http.h"
#include "harness/phantom/ledger.h"
#include "harness/phantom/listen.h"

#include <errno.h>
#include <microhttpd.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

enum { MAX_CONNECTIONS = 2048, IDLE_SECONDS = 600 };

struct server {
    struct chat *chat;
    struct batches *batches;
    struct faults_http *faults; /* NULL = none */
    struct ledger ledger;
};

/* One HTTP request from its header to the end of its response. */
struct exchange {
    const char *path; /* a route's own text, or NULL before the answer is known */
    struct buf body;
    struct chat_answer answer;
    size_t sent; /* bytes of a stream already handed over */
};

static size_t body_most(const char *path)
{
    return batches_serves(path) ? batches_body_most(path) : CHAT_MAX_BODY;
}

static struct exchange *exchange_new(const char *path)
{
    struct exchange *x = xcalloc(1, sizeof *x);

    buf_init(&x->body, body_most(path));
    return x;
}

static void exchange_free(struct exchange *x)
{
    buf_release(&x->body);
    chat_answer_release(&x->answer);
    free(x);
}

/* Hands over one event at a time, so that a client sees pieces. */
static ssize_t stream_piece(void *payload, uint64_t at UNUSED, char *out, size_t max)
{
    struct exchange *x = payload;
    struct str rest = str_from(buf_str(&x->answer.body), x->sent);
    size_t end = str_find(rest, STR("\n\n"), 0);
    size_t n = end == SIZE_MAX ? rest.n : end + 2;

    if (rest.n == 0)
        return MHD_CONTENT_READER_END_OF_STREAM;
    if (n > max)
        n = max;
    memcpy(out, rest.p, n);
    x->sent += n;
    return (ssize_t)n;
}

static enum MHD_Result respond(
    struct server *s, struct MHD_Connection *connection, struct exchange *x, enum fault fault)
{
    struct chat_answer *a = &x->answer;
    struct MHD_Response *r =
        faults_http_response(s->faults, fault, connection, buf_str(&a->body), a->stream);

    if (!r)
        r = a->stream
                ? MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 8192, stream_piece, x, NULL)
                : MHD_create_response_from_buffer(a->body.n, a->body.p, MHD_RESPMEM_PERSISTENT);

    if (!r)
        return MHD_NO;
    const char *type = a->stream ? "text/event-stream" : "application/json";
    MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, a->type ? a->type : type);
    if (a->retry_after)
        MHD_add_response_header(r, MHD_HTTP_HEADER_RETRY_AFTER, a->retry_after);
    if (a->stream)
        MHD_add_response_header(r, MHD_HTTP_HEADER_CACHE_CONTROL, "no-cache");
    if (a->allow)
        MHD_add_response_header(r, MHD_HTTP_HEADER_ALLOW, a->allow);
    enum MHD_Result queued = MHD_queue_response(connection, (unsigned)a->status, r);
    MHD_destroy_response(r);
    return queued;
}

static bool announced_too_large(struct MHD_Connection *connection, size_t most)
{
    const char *length =
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);
    size_t n = 0;

    for (const char *p = length; p && str_is_digit(*p); p++) {
        n = n * 10 + (size_t)(*p - '0');
        if (n > most)
            return true;
    }
    return false;
}

static void answer_batches(struct server *s, struct MHD_Connection *connection, const char *method,
    const char *path, struct exchange *x)
{
    const char *after = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "after");
    const char *host = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Host");
    struct batches_ask ask = {
        .method = method,
        .path = path,
        .type =
            MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_TYPE),
        .after = after ? after
                       : MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "after_id"),
        .limit = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "limit"),
        .purpose = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "purpose"),
        .host = host,
        .body = buf_str(&x->body),
    };

    batches_answer(s->batches, &ask, &x->answer);
}

static void answer(struct server *s, struct MHD_Connection *connection, const char *method,
    const char *path, struct exchange *x)
{
    if (batches_serves(path))
        answer_batches(s, connection, method, path, x);
    else if (!chat_early(method, path, &x->answer))
        chat_answer(s->chat, path, buf_str(&x->body), &x->answer);
}

static enum MHD_Result on_request(void *payload, struct MHD_Connection *connection,
    const char *path, const char *method, const char *version UNUSED, const char *upload,
    size_t *upload_n, void **state)
{
    struct server *s = payload;
    struct exchange *x = *state;

    if (!x) {
        *state = x = exchange_new(path);
        if (!announced_too_large(connection, body_most(path)))
            return MHD_YES;
        chat_too_large(path, &x->answer);
        return respond(s, connection, x, FAULT_NONE);
    }
    if (*upload_n) {
        buf_add(&x->body, upload, *upload_n);
        *upload_n = 0;
        return MHD_YES;
    }
    if (x->answer.status)
        return MHD_NO;
    enum fault fault = faults_http_next(s->faults);
    if (x->body.full)
        chat_too_large(path, &x->answer);
    else if (!faults_http_answer(s->faults, fault, path, &x->answer))
        answer(s, connection, method, path, x);
    return respond(s, connection, x, fault);
}

static void on_completed(void *payload, struct MHD_Connection *connection UNUSED, void **state,
    enum MHD_RequestTerminationCode how)
{
    struct server *s = payload;
    struct exchange *x = *state;

    if (!x)
        return;
    struct str line = buf_str(&x->answer.ledger);
    if (how == MHD_REQUEST_TERMINATED_COMPLETED_OK && line.n && s->ledger.fd >= 0 &&
        !ledger_append(&s->ledger, line))
        log_msg(LOG_ERROR, "the phantom's ledger lost a line: %s", strerror(errno));
    exchange_free(x);
    *state = NULL;
}

static int stop_pipe[2] = {-1, -1};

static void on_signal(int signal_number UNUSED)
{
    int keep = errno;
    ssize_t n = write(stop_pipe[1], "", 1);

    (void)n; /* a full pipe means that a stop is already on its way */
    errno = keep;
}

/* Signals this server answers to, and what they did before. */
struct signals {
    struct sigaction old_int, old_term, old_pipe;
};

static enum err_code signals_take(struct signals *s, struct err *err)
{
    struct sigaction stop = {.sa_handler = on_signal}, ignore = {.sa_handler = SIG_IGN};

    if (listen_pipe(stop_pipe) != 0)
        return err_set(err, ERR_IO, "cannot make a pipe: %s", strerror(errno));
    sigaction(SIGINT, &stop, &s->old_int);
    sigaction(SIGTERM, &stop, &s->old_term);
    sigaction(SIGPIPE, &ignore, &s->old_pipe);
    return OK;
}

static void signals_give_back(struct signals *s)
{
    sigaction(SIGINT, &s->old_int, NULL);
    sigaction(SIGTERM, &s->old_term, NULL);
    sigaction(SIGPIPE, &s->old_pipe, NULL);
    close(stop_pipe[0]);
    close(stop_pipe[1]);
    stop_pipe[0] = stop_pipe[1] = -1;
}

/* Until a signal or the end of life_fd. */
static void wait_for_stop(int life_fd)
{
    struct pollfd p[2] = {
        {.fd = stop_pipe[0], .events = POLLIN}, {.fd = life_fd, .events = POLLIN}};
    char scrap[64];

    for (;;) {
        if (poll(p, 2, -1) < 0 && errno != EINTR)
            return;
        if (p[0].revents)
            return;
        if (p[1].revents && read(life_fd, scrap, sizeof scrap) <= 0)
            return;
        p[0].revents = p[1].revents = 0;
    }
}

static void raise_file_limit(void)
{
    struct rlimit r;

    if (getrlimit(RLIMIT_NOFILE, &r) != 0 || r.rlim_cur >= MAX_CONNECTIONS + 64)
        return;
    r.rlim_cur = r.rlim_max < MAX_CONNECTIONS + 64 ? r.rlim_max : MAX_CONNECTIONS + 64;
    (void)setrlimit(RLIMIT_NOFILE, &r); /* fewer connections then */
}

static enum err_code announce(int ready_fd, int port, struct err *err)
{
    struct buf line = BUF_INIT;

    if (ready_fd < 0)
        return OK;
    buf_printf(&line, "%d\n", port);
    bool ok = write(ready_fd, line.p, line.n) == (ssize_t)line.n;
    buf_release(&line);
    if (ready_fd > STDERR_FILENO)
        close(ready_fd);
    return ok ? OK : err_set(err, ERR_IO, "nobody waits for the phantom's port");
}

static enum err_code serve(struct server *s, const struct phantom_options *o, struct err *err)
{
    int fd, port;
    unsigned threads = o->threads > 0 ? (unsigned)o->threads : 2;

    raise_file_limit();
    if (listen_open(o->host ? o->host : "127.0.0.1", o->port, &fd, &port, err))
        return err->code;
    struct MHD_Daemon *d =
        MHD_start_daemon(MHD_USE_POLL_INTERNAL_THREAD | MHD_USE_ITC | MHD_ALLOW_SUSPEND_RESUME, 0,
            NULL, NULL, on_request, s, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_NOTIFY_COMPLETED,
            on_completed, s, MHD_OPTION_THREAD_POOL_SIZE, threads, MHD_OPTION_CONNECTION_LIMIT,
            (unsigned)MAX_CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_SECONDS,
            MHD_OPTION_END);
    if (!d) {
        close(fd);
        return err_set(err, ERR_FAILED, "cannot start the HTTP server");
    }
    enum err_code code = announce(o->ready_fd, port, err);
    if (code == OK)
        wait_for_stop(o->life_fd);
    faults_http_wake(s->faults);
    MHD_stop_daemon(d);
    return code;
}

static uint64_t own_state(void)
{
    struct buf b = BUF_INIT;

    buf_printf(
        &b, "%ld %lld %lld", (long)getpid(), (long long)clock_now_ns(), (long long)clock_wall_ms());
    uint64_t v = digest_u64(digest_of(buf_str(&b)));
    buf_release(&b);
    return v;
}

/* Batches, and what goes wrong. */
static void add_wrongs(struct server *s, const struct phantom_options *o, const struct faults *f)
{
    struct batches_options b = {
        .polls = o->batch_polls,
        .ms = o->batch_ms,
        .seed = own_state(), /* no two servers give the same ids */
        .fates = f->seed,
        .failed = f->batch_failed,
        .expired = f->batch_expired,
        .line_errored = f->line_errored,
        .line_expired = f->line_expired,
    };

    s->batches = batches_new(s->chat, &s->ledger, &b);
    s->faults = faults_any(f) ? faults_http_new(f) : NULL;
}

enum err_code phantom_serve(const struct phantom_options *o, struct err *err)
{
    struct server s = {.ledger = {-1}};
    struct mind_options mo = {.library = o->library, .params = o->params};
    struct signals signals;
    struct faults faults;
    struct mind *mind;
    struct scorer *scorer;
    enum err_code code = faults_parse(o->faults, &faults, err);

    if (!code)
        code = mind_new(&mo, &mind, err);
    if (code)
        return code;
    s.chat = chat_new(mind, own_state());
    if ((code = scorer_new(o->params, &scorer, err)) == OK)
        chat_add_scorer(s.chat, scorer);
    chat_background_polls(s.chat, o->background_polls);
    if (o->ignore_budgets)
        chat_ignore_budgets(s.chat);
    if (code == OK && o->ledger)
        code = ledger_open(o->ledger, &s.ledger, err);
    add_wrongs(&s, o, &faults);
    if (code == OK && (code = signals_take(&signals, err)) == OK) {
        code = serve(&s, o, err);
        signals_give_back(&signals);
    }
    batches_free(s.batches);
    faults_http_free(s.faults);
    ledger_close(&s.ledger);
    chat_free(s.chat);
    return code;
}
