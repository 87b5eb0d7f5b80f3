/* batches_anthropic.c - Anthropic's message batches as the phantom serves them; see batches.h. */
#include "harness/base/clock.h"
#include "harness/base/json.h"
#include "harness/base/json_slice.h"
#include "harness/base/seen.h"
#include "harness/phantom/batches_impl.h"

enum { MOST_REQUESTS = 100000, ID_MOST = 64, WINDOW_MS = 24 * 3600 * 1000 };

static const struct str collection = {"/v1/messages/batches", 20};

/* ---- reading --------------------------------------------------------------------------------- */

static bool id_ok(struct str id)
{
    for (size_t i = 0; i < id.n; i++)
        if (!str_is_alpha(id.p[i]) && !str_is_digit(id.p[i]) && id.p[i] != '_' && id.p[i] != '-')
            return false;
    return id.n >= 1 && id.n <= ID_MOST;
}

struct repeat {
    uint64_t first, again; /* counted from 1; 0 = none */
};

static void on_repeat(void *payload, uint64_t first, uint64_t again)
{
    struct repeat *r = payload;

    if (!r->first)
        *r = (struct repeat){first, again};
}

static bool check_distinct(const struct batches_batch *batch, struct wire_error *e)
{
    struct seen *seen = seen_new();
    struct repeat r = {0, 0};
    struct err err;
    enum err_code code = OK;

    for (size_t i = 0; i < batch->n && !code; i++)
        code = seen_add(seen, batch->lines[i].id, i + 1, &err);
    if (!code)
        code = seen_repeats(seen, on_repeat, &r, &err);
    seen_free(seen);
    if (code)
        return wire_fail(e, 500, NULL, NULL, "%s", err.msg);
    if (r.first)
        return wire_fail(e, 400, NULL, NULL, "requests.%llu.custom_id: is that of requests.%llu",
            (unsigned long long)r.again - 1, (unsigned long long)r.first - 1);
    return true;
}

static bool read_requests(
    struct str body, const struct json *doc, struct batches_batch *batch, struct wire_error *e)
{
    const struct json *list = json_get(doc, "requests");
    size_t n = json_len(list);
    struct json_slices slices = json_slices_of(json_slice(body, "requests"));
    struct str key, text;

    if (json_type(list) != JSON_ARRAY || n < 1 || n > MOST_REQUESTS)
        return wire_fail(
            e, 400, NULL, NULL, "requests: a list of 1 to %d is needed", MOST_REQUESTS);
    batch->lines = arena_array(&batch->arena, struct batches_line, n);
    for (const struct json *v = json_first(list); v; v = json_next(v)) {
        struct str id = json_str(json_get(v, "custom_id"));
        if (!json_slices_next(&slices, &key, &text))
            return wire_fail(e, 400, NULL, NULL, "requests: written in a way this server refuses");
        if (!id_ok(id))
            return wire_fail(e, 400, NULL, NULL,
                "requests.%zu.custom_id: 1 to %d of a-z, A-Z, 0-9, _ and - are needed", batch->n,
                ID_MOST);
        if (json_type(json_get(v, "params")) != JSON_OBJECT)
            return wire_fail(
                e, 400, NULL, NULL, "requests.%zu.params: an object is needed", batch->n);
        batch->lines[batch->n++] = (struct batches_line){.id = arena_str(&batch->arena, id),
            .body = arena_str(&batch->arena, json_slice(text, "params"))};
    }
    return check_distinct(batch, e);
}

/* ---- writing --------------------------------------------------------------------------------- */

enum result {
    RESULT_PROCESSING,
    RESULT_SUCCEEDED,
    RESULT_ERRORED,
    RESULT_CANCELED,
    RESULT_EXPIRED
};

static const char *const result_names[] = {
    "processing", "succeeded", "errored", "canceled", "expired"};

static enum result result_of(const struct batches_line *line)
{
    switch (line->state) {
    case LINE_ANSWERED:
        return line->status == 200 ? RESULT_SUCCEEDED : RESULT_ERRORED;
    case LINE_EXPIRED:
        return RESULT_EXPIRED;
    case LINE_CANCELED:
        return RESULT_CANCELED;
    default:
        return RESULT_PROCESSING;
    }
}

/* As the vendor counts: all are in processing until the batch has ended. */
static void write_counts(struct json_writer *w, const struct batches_batch *batch)
{
    int64_t counts[ARRAY_LEN(result_names)] = {0};

    if (batch->stage != STAGE_DONE)
        counts[RESULT_PROCESSING] = (int64_t)batch->n;
    else
        for (size_t i = 0; i < batch->n; i++)
            counts[result_of(&batch->lines[i])]++;
    jsonw_object(w, "request_counts");
    for (size_t i = 0; i < ARRAY_LEN(result_names); i++)
        jsonw_int(w, result_names[i], counts[i]);
    jsonw_end_object(w);
}

static void write_time(struct json_writer *w, const char *key, int64_t ms)
{
    char text[24];

    jsonw_cstr(w, key, ms ? clock_iso(ms, text) : NULL);
}

static void write_batch(struct json_writer *w, const struct batches_batch *batch, const char *host)
{
    bool done = batch->stage == STAGE_DONE;
    struct buf url = BUF_INIT;

    buf_printf(&url, "http://%s%s/%s/results", host ? host : "localhost", collection.p, batch->id);
    jsonw_object(w, NULL);
    jsonw_cstr(w, "id", batch->id);
    jsonw_cstr(w, "type", "message_batch");
    jsonw_cstr(w, "processing_status",
        done                              ? "ended"
        : batch->stage == STAGE_CANCELING ? "canceling"
                                          : "in_progress");
    write_counts(w, batch);
    write_time(w, "created_at", batch->created_ms);
    write_time(w, "expires_at", batch->created_ms + WINDOW_MS);
    write_time(w, "ended_at", batch->ended_ms);
    write_time(w, "cancel_initiated_at", batch->canceled_ms);
    write_time(w, "archived_at", 0);
    jsonw_cstr(w, "results_url", done ? buf_cstr(&url) : NULL);
    jsonw_end_object(w);
    buf_release(&url);
}

static void write_result(const struct batches_line *line, struct buf *out)
{
    struct json_writer w = json_writer(out, 0);
    enum result r = result_of(line);

    jsonw_object(&w, NULL);
    jsonw_str(&w, "custom_id", line->id);
    jsonw_object(&w, "result");
    jsonw_cstr(&w, "type", result_names[r]);
    if (r == RESULT_SUCCEEDED)
        jsonw_raw(&w, "message", line->answer);
    if (r == RESULT_ERRORED)
        jsonw_raw(&w, "error", line->answer);
    jsonw_end_object(&w);
    jsonw_end_object(&w);
    buf_putc(out, '\n');
}

/* ---- requests -------------------------------------------------------------------------------- */

static bool create(
    struct batches *b, const struct batches_ask *ask, struct chat_answer *ret, struct wire_error *e)
{
    struct json *doc;
    struct err err;

    if (json_parse(ask->body, JSON_REPAIR, &doc, &err))
        return wire_fail(e, 400, NULL, NULL, "The body is not JSON: %s.", err.msg);
    struct batches_batch *batch = batches_begin(b, true);
    batch->path = "/v1/messages";
    bool ok = read_requests(ask->body, doc, batch, e);
    json_free(doc);
    if (!ok) {
        batches_batch_free(batch);
        return false;
    }
    batch->stage = STAGE_WORKING;
    struct json_writer w = json_writer(&ret->body, 0);
    write_batch(&w, batch, ask->host);
    batches_submit(b, batch);
    ret->status = 200;
    return true;
}

static const char *batch_id(const struct batches *b, size_t i)
{
    return batches_at(b, i)->id;
}

static bool batch_wanted(const struct batches *b, size_t i, const void *payload)
{
    (void)payload; /* all there are */
    return batches_at(b, i)->anthropic;
}

static bool list(
    struct batches *b, const struct batches_ask *ask, struct chat_answer *ret, struct wire_error *e)
{
    struct batches_page page;
    size_t limit;

    if (!batches_limit(ask, 20, 1000, &limit, e))
        return false;
    if (!batches_page_of(
            b, batches_count(b), ask->after, limit, batch_id, batch_wanted, NULL, &page))
        return wire_fail(e, 400, NULL, NULL, "after_id: there is no such batch");
    struct json_writer w = json_writer(&ret->body, 0);
    jsonw_object(&w, NULL);
    jsonw_array(&w, "data");
    for (size_t i = 0; i < page.n; i++) {
        batches_poll(b, batches_at(b, page.at[i]));
        write_batch(&w, batches_at(b, page.at[i]), ask->host);
    }
    jsonw_end_array(&w);
    jsonw_bool(&w, "has_more", page.more);
    jsonw_cstr(&w, "first_id", page.n ? batch_id(b, page.at[0]) : NULL);
    jsonw_cstr(&w, "last_id", page.n ? batch_id(b, page.at[page.n - 1]) : NULL);
    jsonw_end_object(&w);
    ret->status = 200;
    return true;
}

static bool results(struct batches *b, const struct batches_batch *batch, struct chat_answer *ret,
    struct wire_error *e)
{
    if (batch->stage != STAGE_DONE)
        return wire_fail(e, 404, NULL, NULL, "The batch %s has no results yet.", batch->id);
    size_t *order = batches_order(b, batch);
    for (size_t i = 0; i < batch->n; i++)
        write_result(&batch->lines[order[i]], &ret->body);
    free(order);
    ret->type = "application/x-jsonl";
    ret->status = 200;
    return true;
}

static bool no_method(
    const struct batches_ask *ask, struct chat_answer *ret, struct wire_error *e, const char *allow)
{
    ret->allow = allow;
    return wire_fail(
        e, 405, NULL, NULL, "Method %.16s is not allowed here; use %s.", ask->method, allow);
}

static bool about(struct batches *b, const struct batches_ask *ask, struct str id,
    struct str action, struct chat_answer *ret, struct wire_error *e)
{
    struct batches_batch *batch = batches_find(b, true, id);
    bool cancel = str_eqc(action, "cancel");
    struct json_writer w = json_writer(&ret->body, 0);

    if (!batch || (action.n && !cancel && !str_eqc(action, "results")))
        return wire_fail(
            e, 404, NULL, NULL, "There is no batch %.*s.", STR_ARG(str_slice(id, 0, 100)));
    if (strcmp(ask->method, cancel ? "POST" : "GET") != 0)
        return no_method(ask, ret, e, cancel ? "POST" : "GET");
    if (str_eqc(action, "results"))
        return results(b, batch, ret, e);
    if (cancel && batch->stage == STAGE_DONE)
        return wire_fail(e, 400, NULL, NULL, "The batch %s has ended already.", batch->id);
    if (cancel)
        batches_cancel(b, batch);
    else
        batches_poll(b, batch);
    write_batch(&w, batch, ask->host);
    ret->status = 200;
    return true;
}

void batches_anthropic_answer(
    struct batches *b, const struct batches_ask *ask, struct chat_answer *ret)
{
    struct str id, action;
    struct wire_error e;
    bool ok;

    if (batches_path(ask->path, collection, &id, &action))
        ok = about(b, ask, id, action, ret, &e);
    else if (strcmp(ask->method, "GET") == 0)
        ok = list(b, ask, ret, &e);
    else if (strcmp(ask->method, "POST") == 0)
        ok = create(b, ask, ret, &e);
    else
        ok = no_method(ask, ret, &e, "GET, POST");
    if (!ok)
        batches_refuse(ask->path, &e, ret);
}
