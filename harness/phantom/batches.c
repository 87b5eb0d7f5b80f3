/* batches.c - files and batches in memory, and the thread that answers lines; see batches.h. */
#include "harness/phantom/batches.h"

#include "harness/base/clock.h"
#include "harness/base/json.h"
#include "harness/base/log.h"
#include "harness/base/rng.h"
#include "harness/phantom/batches_impl.h"
#include "harness/phantom/messages_say.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { FILE_MOST = 200 << 20, MESSAGES_MOST = 256 << 20, FORM_MOST = 1 << 16 };

/* All files and batches together. */
#define HELD_MOST ((size_t)2 << 30)

struct batches {
    struct chat *chat;
    const struct ledger *ledger;
    struct batches_options o;
    pthread_mutex_t lock;
    pthread_cond_t work; /* a batch came, or the end */
    pthread_t thread;
    atomic_bool stop;
    struct batches_batch **batches;
    size_t n, cap, next; /* next: the first that was not worked through */
    struct batches_file **files;
    size_t nfiles, files_cap;
    size_t held;     /* bytes */
    uint64_t ids;    /* given so far */
    struct rng fate; /* of the thread */
};

/* ---- small things ---------------------------------------------------------------------------- */

void batches_id(struct batches *b, const char *prefix, char out[BATCHES_ID])
{
    struct buf text = BUF_INIT;
    char hex[DIGEST_HEX_LEN + 1];

    buf_printf(&text, "%llu %llu", (unsigned long long)b->o.seed, (unsigned long long)b->ids++);
    digest_hex(digest_of(buf_str(&text)), hex);
    hex[24] = '\0';
    buf_reset(&text);
    buf_printf(&text, "%s%s", prefix, hex);
    if (text.n >= BATCHES_ID)
        BUG("the prefix %s is too long", prefix);
    memcpy(out, buf_cstr(&text), text.n + 1);
    buf_release(&text);
}

void batches_refuse(const char *path, struct wire_error *e, struct chat_answer *ret)
{
    ret->status = e->status;
    buf_reset(&ret->body);
    if (str_starts(str_c(path), STR("/v1/messages")))
        messages_write_error(e, &ret->body);
    else
        wire_write_error(e, &ret->body);
}

bool batches_path(const char *path, struct str prefix, struct str *ret_id, struct str *ret_action)
{
    struct str rest = str_c(path), id;

    if (!str_starts(rest, prefix))
        return false;
    rest = str_from(rest, prefix.n);
    if (!str_starts(rest, STR("/")))
        return false;
    rest = str_from(rest, 1);
    if (!str_cut(&rest, '/', &id) || id.n == 0)
        return false;
    *ret_id = id;
    *ret_action = rest.p ? rest : STR("");
    return true;
}

bool batches_limit(
    const struct batches_ask *ask, size_t fallback, size_t most, size_t *ret, struct wire_error *e)
{
    size_t n = 0;

    *ret = fallback;
    if (!ask->limit)
        return true;
    for (const char *p = ask->limit; n <= most && str_is_digit(*p); p++)
        n = n * 10 + (size_t)(*p - '0');
    if (n < 1 || n > most)
        return wire_fail(e, 400, "limit", "invalid_value",
            "Invalid 'limit': expected an integer from 1 to %zu.", most);
    *ret = n;
    return true;
}

/* ---- what is held ---------------------------------------------------------------------------- */

size_t batches_count(const struct batches *b)
{
    return b->n;
}

struct batches_batch *batches_at(const struct batches *b, size_t i)
{
    return b->batches[i];
}

size_t batches_files(const struct batches *b)
{
    return b->nfiles;
}

struct batches_file *batches_file_at(const struct batches *b, size_t i)
{
    return b->files[i];
}

struct batches_file *batches_file_find(const struct batches *b, struct str id)
{
    for (size_t i = 0; i < b->nfiles; i++)
        if (str_eqc(id, b->files[i]->id))
            return b->files[i];
    return NULL;
}

struct batches_file *batches_file_new(struct batches *b, const char *prefix, size_t bytes)
{
    if (bytes > HELD_MOST - b->held)
        return NULL;
    struct batches_file *f = xcalloc(1, sizeof *f);
    batches_id(b, prefix, f->id);
    f->created_ms = clock_wall_ms();
    buf_reserve(&f->content, bytes + 1);
    b->held += bytes;
    GROW(b->files, b->nfiles + 1, b->files_cap);
    b->files[b->nfiles++] = f;
    return f;
}

static void file_free(struct batches_file *f)
{
    buf_release(&f->content);
    arena_release(&f->arena);
    free(f);
}

void batches_file_delete(struct batches *b, struct batches_file *file)
{
    size_t i = 0;

    while (b->files[i] != file)
        i++;
    b->held -= file->content.n < b->held ? file->content.n : b->held;
    memmove(&b->files[i], &b->files[i + 1], (b->nfiles - i - 1) * sizeof *b->files);
    b->nfiles--;
    file_free(file);
}

struct batches_batch *batches_find(struct batches *b, bool anthropic, struct str id)
{
    for (size_t i = 0; i < b->n; i++)
        if (b->batches[i]->anthropic == anthropic && str_eqc(id, b->batches[i]->id))
            return b->batches[i];
    return NULL;
}

bool batches_page_of(const struct batches *b, size_t all, const char *after, size_t limit,
    batches_id_fn *id, batches_wanted_fn *wanted, const void *payload, struct batches_page *ret)
{
    bool begun = !after;

    ret->n = 0;
    ret->more = false;
    for (size_t i = all; i-- > 0;) {
        if (!begun) {
            begun = strcmp(id(b, i), after) == 0;
            continue;
        }
        if (wanted && !wanted(b, i, payload))
            continue;
        if (ret->n == limit || ret->n == ARRAY_LEN(ret->at)) {
            ret->more = true;
            break;
        }
        ret->at[ret->n++] = i;
    }
    return begun;
}

size_t *batches_order(struct batches *b, const struct batches_batch *batch)
{
    struct rng r = rng_labelled(b->o.seed, str_c(batch->id));
    size_t *order = xcalloc(batch->n + 1, sizeof *order);

    for (size_t i = 0; i < batch->n; i++)
        order[i] = i;
    rng_shuffle(&r, order, batch->n);
    return order;
}

/* ---- the way of a batch ---------------------------------------------------------------------- */

struct batches_batch *batches_begin(struct batches *b, bool anthropic)
{
    struct batches_batch *batch = xcalloc(1, sizeof *batch);

    batch->anthropic = anthropic;
    batch->usage = USAGE_ZERO;
    batch->created_ms = clock_wall_ms();
    batches_id(b, anthropic ? "msgbatch_" : "batch_", batch->id);
    return batch;
}

void batches_batch_free(struct batches_batch *batch)
{
    buf_release(&batch->content);
    arena_release(&batch->arena);
    free(batch);
}

void batches_submit(struct batches *b, struct batches_batch *batch)
{
    GROW(b->batches, b->n + 1, b->cap);
    b->batches[b->n++] = batch;
    pthread_cond_signal(&b->work);
}

/* Two thirds of the polls show the work, the first and the last of many show what is around it. */
static enum batches_stage stage_at(const struct batches_batch *batch, int64_t polls)
{
    if (batch->polls >= polls)
        return STAGE_DONE;
    if (batch->anthropic)
        return STAGE_WORKING;
    if (polls >= 4 && batch->polls <= 1)
        return STAGE_VALIDATING;
    if (polls >= 3 && batch->polls == polls - 1)
        return STAGE_FINALIZING;
    return STAGE_WORKING;
}

void batches_poll(struct batches *b, struct batches_batch *batch)
{
    int64_t now = clock_wall_ms(), polls = b->o.polls > 0 ? b->o.polls : 2;

    if (batch->stage == STAGE_DONE)
        return;
    batch->polls++;
    if (batch->canceled_ms) {
        batch->stage = batch->worked ? STAGE_DONE : STAGE_CANCELING;
    } else {
        bool early = !batch->worked || now - batch->created_ms < b->o.ms;
        if (early && batch->polls > polls - 1)
            batch->polls = polls - 1; /* the last one is still to come */
        batch->stage = stage_at(batch, polls);
        if (early && batch->stage > STAGE_WORKING)
            batch->stage = STAGE_WORKING;
        if (batch->worked && batch->failure.n)
            batch->stage = STAGE_DONE;
    }
    if (batch->stage == STAGE_DONE)
        batch->ended_ms = now;
}

void batches_cancel(struct batches *b, struct batches_batch *batch)
{
    (void)b; /* its lock is held */
    if (batch->stage == STAGE_DONE || batch->canceled_ms)
        return;
    batch->cancel = true;
    batch->canceled_ms = clock_wall_ms();
    batch->stage = STAGE_CANCELING;
}

/* ---- the thread ------------------------------------------------------------------------------ */

static int64_t member(const struct json *doc, const char *key)
{
    int64_t v;

    return json_int(json_get(doc, key), &v) ? v : 0;
}

/* What the ledger says of an answer. */
static struct usage usage_of(struct str ledger_line)
{
    struct json *doc;

    if (ledger_line.n == 0 || json_parse(ledger_line, JSON_STRICT, &doc, NULL))
        return USAGE_ZERO;
    struct usage u = {.in_uncached = member(doc, "prompt_tokens"),
        .out_visible = member(doc, "completion_tokens") - member(doc, "reasoning_tokens"),
        .out_reasoning = member(doc, "reasoning_tokens")};
    json_free(doc);
    return u;
}

static void overloaded(struct batches_batch *batch, struct chat_answer *a)
{
    struct wire_error e;

    wire_fail(&e, 500, NULL, "server_error", "The request failed, as --faults wants it.");
    batches_refuse(batch->anthropic ? "/v1/messages" : batch->path, &e, a);
}

static void not_streamed(struct batches_batch *batch, struct chat_answer *a)
{
    struct wire_error e;

    wire_fail(&e, 400, "stream", "invalid_value", "A request of a batch cannot be streamed.");
    batches_refuse(batch->anthropic ? "/v1/messages" : batch->path, &e, a);
}

static bool wants_stream(struct str body)
{
    struct json *doc;

    if (json_parse(body, JSON_REPAIR, &doc, NULL))
        return false;
    bool stream = json_bool(json_get(doc, "stream"), false);
    json_free(doc);
    return stream;
}

static bool drawn(struct batches *b, double percent)
{
    return percent > 0 && rng_chance(&b->fate, percent / 100);
}

static void answer_line(struct batches *b, struct batches_batch *batch, struct batches_line *line)
{
    struct chat_answer a = {.status = 0};

    if (drawn(b, batch->cut ? 50 : b->o.line_expired)) {
        line->state = LINE_EXPIRED;
        return;
    }
    if (drawn(b, b->o.line_errored))
        overloaded(batch, &a);
    else if (wants_stream(line->body))
        not_streamed(batch, &a);
    else
        chat_answer(b->chat, batch->path, line->body, &a);
    struct str paid = buf_str(&a.ledger);
    if (paid.n && b->ledger->fd >= 0 && !ledger_append(b->ledger, paid))
        log_msg(LOG_ERROR, "the phantom's ledger lost a line of a batch");
    line->status = a.status;
    line->answer = arena_str(&batch->arena, buf_str(&a.body));
    line->state = LINE_ANSWERED;
    struct usage used = usage_of(paid);
    chat_answer_release(&a);
    pthread_mutex_lock(&b->lock);
    batch->answered++;
    batch->usage = usage_add(batch->usage, used);
    pthread_mutex_unlock(&b->lock);
}

static bool cancelled(struct batches *b, const struct batches_batch *batch)
{
    pthread_mutex_lock(&b->lock);
    bool cancel = batch->cancel;
    pthread_mutex_unlock(&b->lock);
    return cancel || atomic_load(&b->stop);
}

static void work_through(struct batches *b, struct batches_batch *batch)
{
    struct str failure = {"", 0};

    if (!batch->anthropic)
        batches_openai_lines(batch, &failure);
    if (failure.n == 0 && !batch->anthropic && drawn(b, b->o.failed))
        failure =
            STR("[{\"code\":\"server_error\",\"message\":\"The batch failed, as --faults wants "
                "it.\",\"param\":null,\"line\":null}]");
    batch->cut = drawn(b, b->o.expired);
    for (size_t i = 0; i < batch->n && failure.n == 0; i++) {
        if (cancelled(b, batch))
            batch->lines[i].state = LINE_CANCELED;
        else
            answer_line(b, batch, &batch->lines[i]);
    }
    pthread_mutex_lock(&b->lock);
    batch->failure = failure;
    if (!batch->anthropic && failure.n == 0)
        batches_openai_finish(b, batch);
    batch->worked = true;
    pthread_mutex_unlock(&b->lock);
}

static void *worker(void *payload)
{
    struct batches *b = payload;

    for (;;) {
        pthread_mutex_lock(&b->lock);
        while (b->next == b->n && !atomic_load(&b->stop))
            pthread_cond_wait(&b->work, &b->lock);
        struct batches_batch *batch = b->next < b->n ? b->batches[b->next] : NULL;
        b->next += batch != NULL;
        pthread_mutex_unlock(&b->lock);
        if (!batch || atomic_load(&b->stop))
            return NULL;
        work_through(b, batch);
    }
}

struct batches *batches_new(
    struct chat *chat, const struct ledger *ledger, const struct batches_options *options)
{
    struct batches *b = xcalloc(1, sizeof *b);

    b->chat = chat;
    b->ledger = ledger;
    b->o = *options;
    b->fate = rng_labelled(options->fates, STR("batches"));
    atomic_init(&b->stop, false);
    if (pthread_mutex_init(&b->lock, NULL) || pthread_cond_init(&b->work, NULL) ||
        pthread_create(&b->thread, NULL, worker, b))
        die_oom();
    return b;
}

void batches_free(struct batches *b)
{
    if (!b)
        return;
    atomic_store(&b->stop, true);
    pthread_mutex_lock(&b->lock);
    pthread_cond_signal(&b->work);
    pthread_mutex_unlock(&b->lock);
    pthread_join(b->thread, NULL);
    for (size_t i = 0; i < b->n; i++)
        batches_batch_free(b->batches[i]);
    for (size_t i = 0; i < b->nfiles; i++)
        file_free(b->files[i]);
    free(b->batches);
    free(b->files);
    pthread_cond_destroy(&b->work);
    pthread_mutex_destroy(&b->lock);
    free(b);
}

/* ---- asking ---------------------------------------------------------------------------------- */

static const struct family {
    struct str prefix;
    size_t body_most;
    void (*answer)(struct batches *b, const struct batches_ask *ask, struct chat_answer *ret);
} families[] = {
    {{"/v1/files", 9}, FILE_MOST + FORM_MOST, batches_openai_answer},
    {{"/v1/batches", 11}, CHAT_MAX_BODY, batches_openai_answer},
    {{"/v1/messages/batches", 20}, MESSAGES_MOST, batches_anthropic_answer},
};

static const struct family *family_of(const char *path)
{
    for (size_t i = 0; i < ARRAY_LEN(families); i++) {
        struct str p = str_c(path);
        size_t n = families[i].prefix.n;
        if (str_starts(p, families[i].prefix) && (p.n == n || p.p[n] == '/'))
            return &families[i];
    }
    return NULL;
}

bool batches_serves(const char *path)
{
    return family_of(path) != NULL;
}

size_t batches_body_most(const char *path)
{
    const struct family *f = family_of(path);

    return f ? f->body_most : 0;
}

void batches_answer(struct batches *b, const struct batches_ask *ask, struct chat_answer *ret)
{
    const struct family *f = family_of(ask->path);

    if (!f)
        BUG("%s is no path of batches", ask->path);
    pthread_mutex_lock(&b->lock);
    f->answer(b, ask, ret);
    pthread_mutex_unlock(&b->lock);
}
