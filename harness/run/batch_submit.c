/* batch_submit.c - a batch's way to the provider, and looking for one that may be there already. */
#include "harness/base/clock.h"
#include "harness/base/log.h"
#include "harness/run/batch_impl.h"

enum { LOOKS = 2, MOST_PAGES = 1000 };

/* Clocks differ; lists are newest first and end for us where they are older than this. */
#define SLACK_MS (INT64_C(3600) * 1000)

/* ---- requests -------------------------------------------------------------------------------- */

enum err_code batch_flight(struct batch_desk *desk, int64_t task, bool *ret_found, struct err *err)
{
    struct run *run = desk->run;
    struct store_task row;
    size_t n = 0;
    bool started = false, skip;

    arena_reset(&desk->task_arena);
    *ret_found = false;
    if (store_pending(run->o->store, task - 1, false, 1, &desk->task_arena, &row, &n, err))
        return err->code;
    if (n == 0 || row.key != task)
        return OK;
    if (flight_start(run, &run->flights[0], &row, &started, &skip, err))
        return err->code;
    *ret_found = started && !flight_is_awaited(&run->flights[0]);
    if (!*ret_found)
        flight_free(run, &run->flights[0]);
    return OK;
}

void batch_add_line(struct batch_desk *desk, const struct batch_open *o)
{
    const struct flight *f = &desk->run->flights[0];
    struct buf id = BUF_INIT;

    batch_line_id(o->row.tag, f->task.key, f->n, &id);
    o->dialect->line(desk->run->o->endpoints[o->row.model].provider, buf_str(&id),
        buf_str(&f->body), &desk->payload);
    buf_release(&id);
}

/* The same lines again, for a batch of an earlier process. */
static enum err_code make_payload(struct batch_desk *desk, struct batch_open *o, struct err *err)
{
    struct run *run = desk->run;
    struct store_batch_line *lines;
    struct arena arena = {0};
    size_t n;
    bool found = true;

    if (desk->payload_of == o->row.key)
        return OK;
    buf_reset(&desk->payload);
    desk->payload_of = 0;
    run->by_batch = o->row.key;
    enum err_code code = store_begin(run->o->store, err);
    if (!code)
        code = store_batch_lines(run->o->store, o->row.key, &arena, &lines, &n, err);
    for (size_t i = 0; !code && i < n; i++) {
        code = batch_flight(desk, lines[i].task, &found, err);
        if (!code && (!found || run->flights[0].n != lines[i].n))
            code = err_set(err, ERR_FAILED, "task %lld has gone on outside its batch",
                (long long)lines[i].task);
        if (!code)
            batch_add_line(desk, o);
        flight_free(run, &run->flights[0]);
    }
    if (!code)
        code = store_commit(run->o->store, err);
    run->by_batch = 0;
    arena_release(&arena);
    if (code)
        return code;
    o->dialect->close(&desk->payload);
    desk->payload_of = o->row.key;
    return OK;
}

/* ---- what is confirmed ----------------------------------------------------------------------- */

static enum err_code is_uploaded(
    struct batch_desk *desk, struct batch_open *o, struct str file, struct err *err)
{
    o->row.file = arena_str(&desk->arena, file);
    o->row.state = STORE_BATCH_UPLOADED;
    return store_batch_uploaded(desk->run->o->store, o->row.key, o->row.file, err);
}

static enum err_code is_created(
    struct batch_desk *desk, struct batch_open *o, struct str id, struct err *err)
{
    o->row.remote = arena_str(&desk->arena, id);
    o->row.state = STORE_BATCH_CREATED;
    o->due_ns = clock_now_ns() + batch_poll_ns(desk);
    if (desk->payload_of == o->row.key) {
        desk->payload_of = 0;
        buf_reset(&desk->payload);
    }
    log_msg(LOG_INFO, "batch %lld of %lld requests is %.*s", (long long)o->row.key,
        (long long)o->row.lines, STR_ARG(id));
    return store_batch_created(desk->run->o->store, o->row.key, o->row.remote, err);
}

/* ---- looking for it -------------------------------------------------------------------------- */

struct page_reading {
    const struct batch_dialect *dialect;
    struct arena *arena;
    struct batch_status *batches;
    struct batch_file *files;
    struct batch_page page;
};

static bool read_batches(struct str body, void *payload)
{
    struct page_reading *r = payload;

    return r->dialect->read_list(body, r->arena, &r->batches, &r->page);
}

static bool read_files(struct str body, void *payload)
{
    struct page_reading *r = payload;

    return r->dialect->read_files(body, r->arena, &r->files, &r->page);
}

/* What one look brings. */
struct look {
    struct str found; /* id; empty = it is not there */
    bool open;        /* something may be it, and only time tells */
};

static bool too_old(const struct batch_open *o, int64_t created_ms)
{
    return created_ms >= 0 && created_ms < o->row.meant_ms - SLACK_MS;
}

struct first_line {
    const struct batch_open *o;
    struct arena *arena;
    bool ours;
};

/* Results that name their lines: are these ours? */
static bool read_first(struct str body, void *payload)
{
    struct first_line *f = payload;
    struct str rest = body, line;
    struct batch_result r;
    int64_t task, n;

    while (str_cut(&rest, '\n', &line)) {
        if (str_trim(line).n == 0)
            continue;
        if (!f->o->dialect->read_result(line, f->arena, &r))
            return false;
        f->ours = batch_line_parse(r.id, f->o->row.tag, &task, &n);
        return true;
    }
    return true;
}

/* A batch whose list entry does not tell whose it is. */
static enum err_code look_closer(struct batch_desk *desk, const struct batch_open *o,
    const struct batch_status *s, struct look *look, struct err *err)
{
    struct arena arena = {0};
    struct first_line first = {o, &arena, false};
    struct batch_heard heard;
    bool known;

    if (s->total >= 0 && s->total != o->row.lines)
        return OK;
    if (store_batch_known(desk->run->o->store, s->id, &known, err))
        return err->code;
    if (known)
        return OK;
    if (s->state == BATCH_WORKING) {
        look->open = true;
        return OK;
    }
    batch_ask_reset(&desk->ask);
    buf_str_add(&desk->ask.path, s->results[0]);
    enum err_code code = batch_talk(desk, (size_t)o->row.model, read_first, &first, &heard, err);
    if (!code && heard.ok && first.ours)
        look->found = arena_str(&desk->arena, s->id);
    arena_release(&arena);
    return code;
}

static enum err_code look_at(struct batch_desk *desk, const struct batch_open *o,
    const struct batch_status *s, struct look *look, struct err *err)
{
    bool ours = str_eq(s->tag, o->row.tag) || (o->row.file.n && str_eq(s->file, o->row.file));

    if (!o->dialect->tagged)
        return look_closer(desk, o, s, look, err);
    if (ours)
        look->found = arena_str(&desk->arena, s->id);
    return OK;
}

/* Asks for the next page of a list. */
static enum err_code next_page(struct batch_desk *desk, const struct batch_open *o, bool files,
    struct page_reading *r, struct err *err)
{
    struct batch_heard heard;

    (files ? o->dialect->list_files : o->dialect->list)(r->page.last, &desk->ask);
    if (batch_talk(desk, (size_t)o->row.model, files ? read_files : read_batches, r, &heard, err))
        return err->code;
    if (heard.ok)
        return OK;
    return err_set(err, ERR_STOPPED,
        "batch %lld: the provider's list cannot be read (%s), so nobody knows whether it is there; "
        "the same command looks again",
        (long long)o->row.key, heard.words);
}

/* Is it on this page? *ret_more: it may be on the next. */
static enum err_code look_at_page(struct batch_desk *desk, const struct batch_open *o, bool files,
    const struct page_reading *r, struct look *look, bool *ret_more, struct err *err)
{
    struct buf name = BUF_INIT;
    enum err_code code = OK;

    batch_file_name(o->row.tag, &name);
    *ret_more = r->page.last.n > 0;
    for (size_t i = 0; !code && look->found.n == 0 && i < r->page.n; i++) {
        bool old = too_old(o, files ? r->files[i].created_ms : r->batches[i].created_ms);
        if (old)
            *ret_more = false;
        else if (!files)
            code = look_at(desk, o, &r->batches[i], look, err);
        else if (str_eq(r->files[i].name, buf_str(&name)))
            look->found = arena_str(&desk->arena, r->files[i].id);
    }
    buf_release(&name);
    return code;
}

/* Goes through a list page by page until it is found or all is too old. */
static enum err_code look_through(struct batch_desk *desk, const struct batch_open *o, bool files,
    struct look *look, struct err *err)
{
    struct arena arena = {0};
    struct page_reading r = {.dialect = o->dialect, .arena = &arena, .page = {0, {"", 0}}};
    enum err_code code = OK;
    bool more = true;

    for (int page = 0; !code && more && look->found.n == 0; page++) {
        if (page == MOST_PAGES)
            code = err_set(err, ERR_STOPPED,
                "batch %lld: the provider's list does not end, so nobody knows whether it is there",
                (long long)o->row.key);
        else
            code = next_page(desk, o, files, &r, err);
        if (!code)
            code = look_at_page(desk, o, files, &r, look, &more, err);
    }
    arena_release(&arena);
    return code;
}

/* Looks for what may be there; what is found is confirmed. */
static enum err_code look_for(struct batch_desk *desk, struct batch_open *o, struct err *err)
{
    struct look batch = {{"", 0}, false}, file = {{"", 0}, false};

    if (look_through(desk, o, false, &batch, err))
        return err->code;
    if (batch.found.n)
        return is_created(desk, o, batch.found, err);
    if (o->dialect->uploads && o->row.file.n == 0) {
        if (look_through(desk, o, true, &file, err))
            return err->code;
        if (file.found.n && is_uploaded(desk, o, file.found, err))
            return err->code;
    }
    if (!batch.open)
        o->looks--;
    if (o->looks > 0)
        o->due_ns = clock_now_ns() + batch_poll_ns(desk);
    return OK;
}

/* ---- sending it ------------------------------------------------------------------------------ */

struct made_reading {
    const struct batch_dialect *dialect;
    struct arena *arena;
    struct batch_status batch;
    struct batch_file file;
};

static bool read_made(struct str body, void *payload)
{
    struct made_reading *r = payload;

    return r->dialect->read_status(body, r->arena, &r->batch);
}

static bool read_uploaded(struct str body, void *payload)
{
    struct made_reading *r = payload;

    return r->dialect->read_file(body, r->arena, &r->file);
}

static enum err_code send_next(struct batch_desk *desk, struct batch_open *o, struct err *err)
{
    const struct batch_dialect *d = o->dialect;
    const struct provider *p = desk->run->o->endpoints[o->row.model].provider;
    bool upload = d->uploads && o->row.file.n == 0;
    struct made_reading r = {.dialect = d, .arena = &desk->scratch};
    struct batch_heard heard;

    if ((upload || !d->uploads) && make_payload(desk, o, err))
        return err->code;
    arena_reset(&desk->scratch);
    if (upload)
        d->upload(o->row.tag, buf_str(&desk->payload), &desk->ask);
    else
        d->create(p, o->row.tag, o->row.file, buf_str(&desk->payload), &desk->ask);
    if (batch_talk(desk, (size_t)o->row.model, upload ? read_uploaded : read_made, &r, &heard, err))
        return err->code;
    if (heard.ok)
        return upload ? is_uploaded(desk, o, r.file.id, err) : is_created(desk, o, r.batch.id, err);
    if (!heard.unsure)
        return batch_fail(desk, o, heard.words, err);
    o->looks = LOOKS;
    o->due_ns = clock_now_ns() + batch_poll_ns(desk);
    return OK;
}

enum err_code batch_submit(struct batch_desk *desk, struct batch_open *o, struct err *err)
{
    return o->looks > 0 ? look_for(desk, o, err) : send_next(desk, o, err);
}
