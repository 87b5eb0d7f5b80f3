/*
 * faults_http.c - breaking off and falling silent; see faults_http.h.
 *
 * A silent connection is suspended: the server's threads go on with others. A thread of its own
 * wakes each when its time has come.
 */
#include "harness/phantom/faults_http.h"

#include "harness/base/clock.h"

#include <errno.h>
#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>

enum { TICK_MS = 20 };

struct sleeper {
    struct MHD_Connection *connection;
    int64_t until_ns;
};

struct faults_http {
    struct faults f;
    _Atomic uint64_t requests;
    pthread_mutex_t lock;
    pthread_t thread;
    bool stop; /* under the lock, as the rest */
    bool joined;
    struct sleeper *sleepers;
    size_t n, cap;
};

/* One response on its way. */
struct delivery {
    struct faults_http *h;
    struct MHD_Connection *connection;
    enum fault fault;
    struct str body;
    bool slept;
};

static void *waker(void *payload)
{
    struct faults_http *h = payload;

    for (bool stop = false; !stop;) {
        clock_sleep_ms(TICK_MS);
        int64_t now = clock_now_ns();
        pthread_mutex_lock(&h->lock);
        stop = h->stop;
        for (size_t i = h->n; i-- > 0;)
            if (stop || h->sleepers[i].until_ns <= now) {
                MHD_resume_connection(h->sleepers[i].connection);
                h->sleepers[i] = h->sleepers[--h->n];
            }
        pthread_mutex_unlock(&h->lock);
    }
    return NULL;
}

struct faults_http *faults_http_new(const struct faults *f)
{
    struct faults_http *h = xcalloc(1, sizeof *h);

    h->f = *f;
    atomic_init(&h->requests, 0);
    if (pthread_mutex_init(&h->lock, NULL) || pthread_create(&h->thread, NULL, waker, h))
        die_oom();
    return h;
}

void faults_http_wake(struct faults_http *h)
{
    if (!h)
        return;
    pthread_mutex_lock(&h->lock);
    h->stop = true;
    pthread_mutex_unlock(&h->lock);
    if (!h->joined)
        pthread_join(h->thread, NULL);
    h->joined = true;
}

void faults_http_free(struct faults_http *h)
{
    if (!h)
        return;
    faults_http_wake(h);
    pthread_mutex_destroy(&h->lock);
    free(h->sleepers);
    free(h);
}

enum fault faults_http_next(struct faults_http *h)
{
    return h ? faults_draw(&h->f, atomic_fetch_add(&h->requests, 1)) : FAULT_NONE;
}

bool faults_http_answer(
    const struct faults_http *h, enum fault fault, const char *path, struct chat_answer *ret)
{
    return h && faults_answer(&h->f, fault, path, ret);
}

/* A RST goes out at once; what the library does with the descriptor afterwards is not seen. */
static void reset_connection(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct linger none = {.l_onoff = 1, .l_linger = 0};
    struct sockaddr nowhere = {.sa_family = AF_UNSPEC};
    int keep = errno;

    if (info && setsockopt(info->connect_fd, SOL_SOCKET, SO_LINGER, &none, sizeof none) == 0)
        (void)connect(info->connect_fd, &nowhere, sizeof nowhere); /* fails if it is gone already */
    errno = keep;
}

/* Falls silent, unless the server is about to stop. */
static bool fall_silent(struct delivery *d)
{
    struct faults_http *h = d->h;

    pthread_mutex_lock(&h->lock);
    bool sleeps = !h->stop;
    if (sleeps) {
        GROW(h->sleepers, h->n + 1, h->cap);
        h->sleepers[h->n++] =
            (struct sleeper){d->connection, clock_now_ns() + (int64_t)(h->f.stall_s * 1e9)};
        MHD_suspend_connection(d->connection);
    }
    pthread_mutex_unlock(&h->lock);
    d->slept = true;
    return sleeps;
}

static ssize_t next_piece(void *payload, uint64_t at, char *out, size_t max)
{
    struct delivery *d = payload;
    size_t half = d->body.n / 2, end = d->slept ? d->body.n : half;

    if (at < end) {
        size_t n = end - (size_t)at < max ? end - (size_t)at : max;
        memcpy(out, d->body.p + at, n);
        return (ssize_t)n;
    }
    if (d->slept)
        return MHD_CONTENT_READER_END_OF_STREAM;
    if (d->fault == FAULT_STALL)
        return fall_silent(d) ? 0 : MHD_CONTENT_READER_END_WITH_ERROR;
    if (d->fault == FAULT_RESET)
        reset_connection(d->connection);
    return MHD_CONTENT_READER_END_WITH_ERROR;
}

struct MHD_Response *faults_http_response(struct faults_http *h, enum fault fault,
    struct MHD_Connection *connection, struct str body, bool stream)
{
    if (!h || (fault != FAULT_RESET && fault != FAULT_TRUNCATE && fault != FAULT_STALL))
        return NULL;
    struct delivery *d = xcalloc(1, sizeof *d);
    *d = (struct delivery){h, connection, fault, body, false};
    return MHD_create_response_from_callback(
        stream ? MHD_SIZE_UNKNOWN : body.n, 8192, next_piece, d, free);
}
