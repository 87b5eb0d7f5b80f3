/* batch_take.c - how far a batch is, and its results as rows; see batch_impl.h. */
#include "harness/base/clock.h"
#include "harness/base/log.h"
#include "harness/run/batch_impl.h"

enum { CHUNK = 256, MISSING_STATUS = 0 };

/* ---- one result ------------------------------------------------------------------------------ */

/* Writes what became of a line; `r` NULL: the batch has ended without a word on it. */
static enum err_code take_line(struct batch_desk *desk, const struct batch_open *o, int64_t task,
    int64_t n, const struct batch_result *r, struct err *err)
{
    struct run *run = desk->run;
    struct flight *f = &run->flights[0];
    struct net_reply reply = {
        .result = r ? NET_OK : NET_BROKEN,
        .status = r ? r->status : MISSING_STATUS,
        .body = r ? r->body : STR(""),
        .headers = STR(""),
        .retry_after_ms = -1,
        .times = {.done = clock_now_ns()},
        .why = r ? "" : "the batch has ended without a result of this line",
    };
    bool mine, found;

    if (store_batch_take(run->o->store, o->row.key, task, n, &mine, err))
        return err->code;
    if (!mine)
        return OK; /* taken before, or a line that is not ours */
    if (batch_flight(desk, task, &found, err))
        return err->code;
    if (!found || f->n != n) {
        log_msg(LOG_WARN, "batch %lld: task %lld has gone on without it", (long long)o->row.key,
            (long long)task);
        flight_free(run, f);
        return OK;
    }
    run->batch_failed = false;
    run->batch_again = true;
    if (flight_reply(run, f, &reply, err))
        return err->code;
    if (f->state != FLIGHT_FREE)
        flight_free(run, f); /* it goes on in the next round */
    return run->batch_failed ? store_batch_failed(run->o->store, task, !run->batch_again, err)
                             : store_batch_went_well(run->o->store, task, err);
}

/* Rows of at most CHUNK results appear together. */
struct taking {
    struct batch_desk *desk;
    struct batch_open *o;
    size_t in_chunk;
};

static enum err_code take(
    struct taking *t, int64_t task, int64_t n, const struct batch_result *r, struct err *err)
{
    struct store *s = t->desk->run->o->store;

    if (store_begin(s, err) || take_line(t->desk, t->o, task, n, r, err))
        return err->code;
    if (++t->in_chunk < CHUNK)
        return OK;
    t->in_chunk = 0;
    run_show_progress(t->desk->run, false);
    return store_commit(s, err);
}

/* ---- a file of results ----------------------------------------------------------------------- */

static enum err_code take_file(struct taking *t, struct str content, struct err *err)
{
    struct arena arena = {0};
    struct str rest = content, line;
    enum err_code code = OK;

    while (!code && str_cut(&rest, '\n', &line)) {
        struct batch_result r;
        int64_t task, n;
        line = str_trim(line);
        if (line.n == 0)
            continue;
        arena_reset(&arena);
        if (t->o->dialect->read_result(line, &arena, &r) &&
            batch_line_parse(r.id, t->o->row.tag, &task, &n))
            code = take(t, task, n, &r, err);
        else
            log_msg(LOG_WARN, "batch %lld: a result cannot be read: %.*s", (long long)t->o->row.key,
                STR_ARG(str_slice(line, 0, 200)));
    }
    arena_release(&arena);
    return code;
}

struct result_reading {
    const struct batch_dialect *dialect;
    struct arena *arena;
};

/* Is the body a file of results, going by its first line? */
static bool read_results(struct str body, void *payload)
{
    struct result_reading *r = payload;
    struct str rest = body, line;
    struct batch_result result;

    while (str_cut(&rest, '\n', &line))
        if (str_trim(line).n)
            return r->dialect->read_result(str_trim(line), r->arena, &result);
    return true;
}

static enum err_code fetch(struct taking *t, struct str path, struct err *err)
{
    struct batch_desk *desk = t->desk;
    struct result_reading r = {t->o->dialect, &desk->scratch};
    struct batch_heard heard;

    batch_ask_reset(&desk->ask);
    buf_str_add(&desk->ask.path, path);
    enum err_code code = batch_talk(desk, (size_t)t->o->row.model, read_results, &r, &heard, err);
    if (!code && !heard.ok)
        code = err_set(err, ERR_STOPPED,
            "batch %.*s has ended, but its results cannot be had: %s; the same command tries again",
            STR_ARG(t->o->row.remote), heard.words);
    return code ? code : take_file(t, buf_str(&desk->heard), err);
}

/* Lines that no file had. */
static enum err_code take_rest(struct taking *t, struct err *err)
{
    struct store_batch_line *lines;
    struct arena arena = {0};
    size_t n;
    enum err_code code =
        store_batch_lines(t->desk->run->o->store, t->o->row.key, &arena, &lines, &n, err);

    for (size_t i = 0; !code && i < n; i++)
        if (lines[i].open)
            code = take(t, lines[i].task, lines[i].n, NULL, err);
    arena_release(&arena);
    return code;
}

/* The row of a call that made the run end is kept, too. */
static void keep_rows(struct store *s)
{
    struct err second = {0}; /* the first error is the one to tell */

    if (store_commit(s, &second))
        store_rollback(s);
}

static enum err_code collect(
    struct batch_desk *desk, struct batch_open *o, const struct str paths[2], struct err *err)
{
    struct store *s = desk->run->o->store;
    struct taking t = {desk, o, 0};
    enum err_code code = OK;

    desk->run->by_batch = o->row.key;
    for (size_t i = 0; !code && i < 2; i++)
        if (paths[i].n)
            code = fetch(&t, paths[i], err);
    if (!code)
        code = take_rest(&t, err);
    desk->run->by_batch = 0;
    if (!code && !(code = store_begin(s, err)) &&
        !(code = store_batch_end(s, o->row.key, STORE_BATCH_COLLECTED, STR(""), err)))
        code = store_commit(s, err);
    if (code)
        keep_rows(s);
    return code;
}

/* ---- a batch -----------------------------------------------------------------------------------
 */

static enum err_code end_failed(
    struct batch_desk *desk, struct batch_open *o, const char *why, struct err *err)
{
    struct store *s = desk->run->o->store;

    log_msg(LOG_ERROR, "batch %lld %.*s failed: %s", (long long)o->row.key, STR_ARG(o->row.remote),
        why);
    o->row.state = STORE_BATCH_FAILED;
    if (store_begin(s, err) ||
        store_batch_end(s, o->row.key, STORE_BATCH_FAILED, str_c(why), err) || store_commit(s, err))
        return err->code;
    return OK;
}

enum err_code batch_fail(
    struct batch_desk *desk, struct batch_open *o, const char *why, struct err *err)
{
    const struct run_endpoint *e = &desk->run->o->endpoints[o->row.model];

    if (end_failed(desk, o, why, err))
        return err->code;
    return err_set(err, ERR_STOPPED,
        "a batch of %lld requests to %s failed as a whole: %s; the same command submits them anew, "
        "with sleep_batch false it asks them one by one",
        (long long)o->row.lines, e->name, why[0] ? why : "the provider does not say why");
}

struct status_reading {
    const struct batch_dialect *dialect;
    struct arena *arena;
    struct batch_status status;
};

static bool read_status(struct str body, void *payload)
{
    struct status_reading *r = payload;

    return r->dialect->read_status(body, r->arena, &r->status);
}

static bool on_loopback(struct str base)
{
    static const char *const hosts[] = {"http://127.0.0.1:", "http://localhost:", "http://[::1]:"};

    for (size_t i = 0; i < ARRAY_LEN(hosts); i++)
        if (str_starts(base, str_c(hosts[i])))
            return true;
    return false;
}

/* The provider does not know the batch: what is at another port of this machine now was never told;
 * anything else is for the user to see. */
static enum err_code is_gone(
    struct batch_desk *desk, struct batch_open *o, bool *ret_over, struct err *err)
{
    const struct run_endpoint *e = &desk->run->o->endpoints[o->row.model];

    if (on_loopback(o->row.base) && !str_eq(o->row.base, e->base)) {
        *ret_over = true;
        return end_failed(desk, o, "the server it was given to is gone", err);
    }
    return batch_fail(desk, o,
        "the provider does not know it (was it given to another account or address?)", err);
}

enum err_code batch_look(
    struct batch_desk *desk, struct batch_open *o, bool *ret_over, struct err *err)
{
    struct status_reading r = {.dialect = o->dialect, .arena = &desk->scratch};
    struct batch_heard heard;

    *ret_over = false;
    arena_reset(&desk->scratch);
    o->dialect->poll(o->row.remote, &desk->ask);
    if (batch_talk(desk, (size_t)o->row.model, read_status, &r, &heard, err))
        return err->code;
    if (heard.status == 404)
        return is_gone(desk, o, ret_over, err);
    if (!heard.ok)
        return err_set(err, ERR_STOPPED, "batch %.*s: %s; the same command asks again",
            STR_ARG(o->row.remote), heard.words);
    if (r.status.state == BATCH_FAILED)
        return batch_fail(desk, o, r.status.why.n ? r.status.why.p : "", err);
    if (r.status.state == BATCH_WORKING) {
        o->due_ns = clock_now_ns() + batch_poll_ns(desk);
        return OK;
    }
    *ret_over = true;
    struct str paths[2] = {
        arena_str(&desk->arena, r.status.results[0]), arena_str(&desk->arena, r.status.results[1])};
    return collect(desk, o, paths, err);
}
