/* batch.c - rounds of batches: which tasks go next, and what is done about each batch when. */
#include "harness/run/batch.h"

#include "harness/base/clock.h"
#include "harness/base/log.h"
#include "harness/run/batch_impl.h"

#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

enum { CHUNK = 256, LOOKS_OF_EARLIER = 2, MOST_REPLY = 1 << 30 };

static const struct batch_dialect *dialect_of(const struct run *run, int64_t model)
{
    const struct run_endpoint *e = &run->o->endpoints[model];
    const struct batch_dialect *d = batch_dialect_find(e->traits.batch);

    return d && d->wire(e->provider) ? d : NULL;
}

bool batch_wants(const struct run *run, const struct store_variant *v)
{
    return run->o->config->sleep_batch && v->asleep && dialect_of(run, v->model) != NULL;
}

/* ---- before anything is sent ----------------------------------------------------------------- */

static enum err_code check_model(const struct run *run, int64_t model, struct err *err)
{
    const struct run_endpoint *e = &run->o->endpoints[model];
    struct price_cost cost;

    if (!dialect_of(run, model))
        return err_set(err, ERR_USAGE,
            "sleep_batch: model %s takes no batches by %s: set sleep_batch false, or say in a "
            "models_file that it does (trait batch)",
            e->name, e->provider->name);
    if (e->price && price_cost(e->price, USAGE_ZERO, true, &cost, err))
        return err_wrap(err, "sleep_batch");
    return OK;
}

static bool has_sleeps(const struct run *run, int64_t model)
{
    for (size_t i = 0; i < run->nvariants; i++)
        if (run->variants[i].asleep && run->variants[i].model == model)
            return true;
    return false;
}

/* ---- a new batch ----------------------------------------------------------------------------- */

/* Digits that no other batch has. */
static struct str new_tag(struct arena *arena)
{
    struct buf seed = BUF_INIT;
    unsigned char noise[32];
    char hex[DIGEST_HEX_LEN + 1];
    ssize_t n = getrandom(noise, sizeof noise, 0);

    buf_add(&seed, noise, n > 0 ? (size_t)n : 0);
    buf_printf(&seed, " %ld %lld %lld", (long)getpid(), (long long)clock_now_ns(),
        (long long)clock_wall_ms());
    digest_hex(digest_of(buf_str(&seed)), hex);
    buf_release(&seed);
    return arena_str(arena, str_slice(str_c(hex), 0, BATCH_TAG));
}

static struct batch_open *add_open(struct batch_desk *desk, const struct store_batch *row)
{
    GROW(desk->open, desk->n + 1, desk->cap);
    desk->open[desk->n] =
        (struct batch_open){.row = *row, .dialect = batch_dialect_find(row->dialect), .due_ns = 0};
    return &desk->open[desk->n++];
}

/* Most lines of the next batch: batch_most, the vendor's limit, and what --max-calls leaves. */
static enum err_code lines_allowed(
    struct batch_desk *desk, const struct batch_dialect *d, size_t *ret, struct err *err)
{
    const struct run *run = desk->run;
    int64_t most = run->o->config->batch_most, open = 0;

    if ((int64_t)d->most_lines < most)
        most = (int64_t)d->most_lines;
    if (run->o->max_calls) {
        if (store_batch_lines_open(run->o->store, &open, err))
            return err->code;
        int64_t left = run->o->max_calls - run->progress.calls - open;
        most = left < most ? left : most;
    }
    *ret = most > 0 ? (size_t)most : 0;
    return OK;
}

struct forming {
    struct batch_desk *desk;
    struct batch_open o; /* its row is not in the store yet */
    struct store_batch_line *lines;
    size_t n, cap, most;
};

/* Appends a task's request; *ret_full if there is no room for it. */
static enum err_code form_line(struct forming *g, int64_t task, bool *ret_full, struct err *err)
{
    struct batch_desk *desk = g->desk;
    struct flight *f = &desk->run->flights[0];
    bool found;

    if (batch_flight(desk, task, &found, err) || !found)
        return err->code;
    *ret_full =
        g->n == g->most || (g->n && desk->payload.n + f->body.n + 512 > g->o.dialect->most_bytes);
    if (!*ret_full) {
        batch_add_line(desk, &g->o);
        GROW(g->lines, g->n + 1, g->cap);
        g->lines[g->n++] = (struct store_batch_line){f->task.key, f->n, true};
    }
    flight_free(desk->run, f);
    return OK;
}

static enum err_code form_lines(struct forming *g, struct err *err)
{
    const struct run *run = g->desk->run;
    int64_t keys[CHUNK], after = 0;
    size_t n = CHUNK;
    bool full = false;

    while (n == CHUNK && !full) {
        if (store_batch_ready(run->o->store, g->o.row.model, after, run->o->only_tried,
                run->o->config->attempts, CHUNK, keys, &n, err))
            return err->code;
        for (size_t i = 0; i < n && !full; i++) {
            after = keys[i];
            if (form_line(g, keys[i], &full, err))
                return err->code;
        }
    }
    return OK;
}

/* Writes what is meant to be sent; *ret NULL if there is nothing. */
static enum err_code form(
    struct batch_desk *desk, int64_t model, struct batch_open **ret, struct err *err)
{
    struct run *run = desk->run;
    const struct batch_dialect *d = dialect_of(run, model);
    struct forming g = {.desk = desk, .o.dialect = d};

    *ret = NULL;
    g.o.row = (struct store_batch){
        .model = model,
        .tag = new_tag(&desk->arena),
        .dialect = str_c(d->name),
        .base = run->o->endpoints[model].base,
        .meant_ms = clock_wall_ms(),
    };
    if (lines_allowed(desk, d, &g.most, err))
        return err->code;
    if (g.most == 0)
        return OK;
    buf_reset(&desk->payload);
    desk->payload_of = 0;
    run->by_batch = -1; /* no key yet */
    enum err_code code = store_begin(run->o->store, err);
    if (!code)
        code = form_lines(&g, err);
    run->by_batch = 0;
    if (!code && g.n)
        code = store_batch_put(run->o->store, &g.o.row, g.lines, g.n, err);
    if (!code)
        code = store_commit(run->o->store, err);
    free(g.lines);
    if (code || g.n == 0)
        return code;
    d->close(&desk->payload);
    desk->payload_of = g.o.row.key;
    *ret = add_open(desk, &g.o.row);
    return OK;
}

/* ---- rounds ---------------------------------------------------------------------------------- */

/* One step of a batch that is due; *ret_over when nothing more comes of it. */
static enum err_code advance(
    struct batch_desk *desk, struct batch_open *o, bool *ret_over, struct err *err)
{
    *ret_over = false;
    if (o->row.state == STORE_BATCH_CREATED)
        return batch_look(desk, o, ret_over, err);
    while (o->row.state != STORE_BATCH_CREATED && o->due_ns <= clock_now_ns())
        if (batch_submit(desk, o, err))
            return err->code;
    return OK;
}

static enum err_code advance_all(struct batch_desk *desk, struct err *err)
{
    for (size_t i = 0; i < desk->n;) {
        struct batch_open *o = &desk->open[i];
        bool over = false;
        if (o->due_ns <= clock_now_ns() && advance(desk, o, &over, err))
            return err->code;
        if (over)
            *o = desk->open[--desk->n];
        else
            i++;
    }
    return OK;
}

/* New batches of all tasks that are ready, each submitted before the next is formed. */
static enum err_code form_all(struct batch_desk *desk, struct err *err)
{
    const struct run *run = desk->run;

    if (!run->o->config->sleep_batch)
        return OK;
    for (size_t m = 0; m < run->o->nendpoints; m++) {
        struct batch_open *o = NULL;
        if (!has_sleeps(run, (int64_t)m))
            continue;
        do {
            bool over;
            if (form(desk, (int64_t)m, &o, err) || (o && advance(desk, o, &over, err)))
                return err->code;
        } while (o);
    }
    return OK;
}

static int64_t next_due(const struct batch_desk *desk)
{
    int64_t due = INT64_MAX;

    for (size_t i = 0; i < desk->n; i++)
        due = desk->open[i].due_ns < due ? desk->open[i].due_ns : due;
    return due;
}

static enum err_code rounds(struct batch_desk *desk, struct err *err)
{
    struct run *run = desk->run;

    for (;;) {
        if (advance_all(desk, err))
            return err->code;
        run_check_limits(run);
        if (run->stop_now || form_all(desk, err))
            return run->stop_now ? OK : err->code;
        if (desk->n == 0)
            return OK;
        if (!batch_wait(desk, next_due(desk)))
            return batch_stopped(desk, err);
    }
}

/* Batches of an earlier process, or of none if nothing is open. */
static enum err_code take_up(struct batch_desk *desk, struct err *err)
{
    const struct run_options *o = desk->run->o;
    struct store_batch *rows;
    size_t n;

    if (store_batch_open(o->store, &desk->arena, &rows, &n, err))
        return err->code;
    for (size_t i = 0; i < n; i++) {
        if (rows[i].model < 0 || (size_t)rows[i].model >= o->nendpoints ||
            !batch_dialect_find(rows[i].dialect))
            return err_set(
                err, ERR_INPUT, "batch %lld is of no model of this run", (long long)rows[i].key);
        struct batch_open *open = add_open(desk, &rows[i]);
        open->looks = LOOKS_OF_EARLIER;
        log_msg(LOG_INFO, "batch %lld of an earlier process is taken up", (long long)rows[i].key);
    }
    return OK;
}

static enum err_code work(struct batch_desk *desk, struct err *err)
{
    struct run *run = desk->run;
    struct net_options net = {.max_in_flight = 1,
        .idle_ms = run->o->config->idle_s == FIELD_NONE ? 0 : run->o->config->idle_s * 1000,
        .max_reply_bytes = MOST_REPLY};
    int64_t given_up = 0;

    for (size_t m = 0; m < run->o->nendpoints && run->o->config->sleep_batch; m++)
        if (has_sleeps(run, (int64_t)m) && check_model(run, (int64_t)m, err))
            return err->code;
    if (store_batch_begin(run->o->store, err) || take_up(desk, err))
        return err->code;
    if (desk->n == 0 && !run->o->config->sleep_batch)
        return OK;
    if (net_new(&net, &desk->net, err) || rounds(desk, err) ||
        store_batch_given_up(run->o->store, run->o->config->attempts, &given_up, err))
        return err->code;
    run->progress.failed += given_up;
    return OK;
}

enum err_code batch_run(struct run *run, struct err *err)
{
    struct batch_desk desk = {.run = run};
    enum err_code code = work(&desk, err);

    if (code)
        store_rollback(run->o->store);
    net_free(desk.net);
    batch_ask_release(&desk.ask);
    buf_release(&desk.payload);
    buf_release(&desk.heard);
    arena_release(&desk.task_arena);
    arena_release(&desk.scratch);
    arena_release(&desk.arena);
    free(desk.open);
    return code;
}
