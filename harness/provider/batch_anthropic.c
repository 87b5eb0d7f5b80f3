/* batch_anthropic.c - Anthropic's message batches, seen from a client; see batch_wire.h. */
#include "harness/base/json.h"
#include "harness/base/json_slice.h"
#include "harness/provider/batch_wire.h"

#include <string.h>

enum { MOST_REQUESTS = 100000, MOST_BYTES = 256 * 1000 * 1000, PAGE = 100, PAGE_MOST = 10000 };

static const char opening[] = "{\"requests\":[";

/* ---- asking ---------------------------------------------------------------------------------- */

static bool wire(const struct provider *p)
{
    return strcmp(p->path, "/v1/messages") == 0;
}

static void line(const struct provider *p, struct str id, struct str body, struct buf *payload)
{
    (void)p; /* there is one path only */
    buf_puts(payload, payload->n ? "," : opening);
    struct json_writer w = json_writer(payload, 0);
    jsonw_object(&w, NULL);
    jsonw_str(&w, "custom_id", id);
    jsonw_raw(&w, "params", body);
    jsonw_end_object(&w);
}

static void close_payload(struct buf *payload)
{
    buf_puts(payload, "]}");
}

static void create(const struct provider *p, struct str tag, struct str file, struct str payload,
    struct batch_ask *ret)
{
    (void)p;
    (void)tag; /* it is in the ids */
    (void)file;
    batch_ask_reset(ret);
    ret->post = true;
    buf_puts(&ret->path, "/v1/messages/batches");
    buf_str_add(&ret->body, payload);
}

static void poll(struct str id, struct batch_ask *ret)
{
    batch_ask_reset(ret);
    buf_printf(&ret->path, "/v1/messages/batches/%.*s", STR_ARG(id));
}

static void list(struct str after, struct batch_ask *ret)
{
    batch_ask_reset(ret);
    buf_printf(&ret->path, "/v1/messages/batches?limit=%d", PAGE);
    if (after.n)
        buf_printf(&ret->path, "&after_id=%.*s", STR_ARG(after));
}

/* ---- reading --------------------------------------------------------------------------------- */

static int64_t total_of(const struct json *counts)
{
    int64_t total = 0, n;

    if (json_type(counts) != JSON_OBJECT)
        return -1;
    for (const struct json *v = json_first(counts); v; v = json_next(v))
        if (json_int(v, &n) && n >= 0 && n <= INT32_MAX)
            total += n;
    return total;
}

static bool status_of(const struct json *v, struct arena *arena, struct batch_status *ret)
{
    struct batch_status s = {
        .id = arena_str(arena, json_str(json_get(v, "id"))),
        .word = arena_str(arena, json_str(json_get(v, "processing_status"))),
        .created_ms = batch_time_ms(json_str(json_get(v, "created_at"))),
        .total = total_of(json_get(v, "request_counts")),
    };

    if (!batch_id_ok(s.id) || s.word.n == 0)
        return false;
    s.state = str_eqc(s.word, "ended") ? BATCH_ENDED : BATCH_WORKING;
    if (s.state == BATCH_ENDED)
        s.results[0] =
            str_c(arena_printf(arena, "/v1/messages/batches/%.*s/results", STR_ARG(s.id)));
    *ret = s;
    return true;
}

static bool read_status(struct str body, struct arena *arena, struct batch_status *ret)
{
    struct json *doc;

    if (json_parse(body, JSON_REPAIR, &doc, NULL))
        return false;
    bool ok = status_of(doc, arena, ret);
    json_free(doc);
    return ok;
}

static bool read_list(
    struct str body, struct arena *arena, struct batch_status **ret, struct batch_page *ret_page)
{
    struct json *doc;

    if (json_parse(body, JSON_REPAIR, &doc, NULL))
        return false;
    const struct json *data = json_get(doc, "data");
    struct str last = json_str(json_get(doc, "last_id"));
    bool more = json_bool(json_get(doc, "has_more"), false) && batch_id_ok(last);
    bool ok = json_type(data) == JSON_ARRAY && json_len(data) <= PAGE_MOST;
    *ret_page = (struct batch_page){0, more ? arena_str(arena, last) : STR("")};
    if (ok)
        *ret = arena_array(arena, struct batch_status, json_len(data) + 1);
    for (const struct json *v = ok ? json_first(data) : NULL; v; v = json_next(v))
        ret_page->n += status_of(v, arena, &(*ret)[ret_page->n]);
    json_free(doc);
    return ok;
}

/* The status that a single call would have had. */
static long status_of_error(const struct json *error)
{
    static const struct {
        const char *type;
        long status;
    } types[] = {{"invalid_request_error", 400}, {"invalid_request", 400},
        {"authentication_error", 401}, {"billing_error", 402}, {"permission_error", 403},
        {"not_found_error", 404}, {"request_too_large", 413}, {"rate_limit_error", 429},
        {"timeout_error", 504}, {"overloaded_error", 529}};
    const struct json *inner = json_get(error, "error");
    struct str type = json_str(json_get(inner ? inner : error, "type"));

    for (size_t i = 0; i < ARRAY_LEN(types); i++)
        if (str_eqc(type, types[i].type))
            return types[i].status;
    return 500;
}

static bool result_of(
    const struct json *doc, struct str text, struct arena *arena, struct batch_result *ret)
{
    const struct json *result = json_get(doc, "result");
    struct str type = json_str(json_get(result, "type"));
    struct str raw = json_slice(text, "result"), body = raw;
    struct batch_result r = {.id = arena_str(arena, json_str(json_get(doc, "custom_id")))};

    if (str_eqc(type, "succeeded")) {
        r.status = 200;
        body = json_slice(raw, "message");
    } else if (str_eqc(type, "errored")) {
        r.status = status_of_error(json_get(result, "error"));
        body = json_slice(raw, "error");
    } else if (str_eqc(type, "expired")) {
        r.status = BATCH_STATUS_EXPIRED;
    } else if (str_eqc(type, "canceled")) {
        r.status = BATCH_STATUS_CANCELED;
    }
    if (r.id.n == 0 || r.status == 0)
        return false;
    r.body = arena_str(arena, body);
    *ret = r;
    return true;
}

static bool read_result(struct str text, struct arena *arena, struct batch_result *ret)
{
    struct json *doc;

    if (json_parse(text, JSON_REPAIR, &doc, NULL))
        return false;
    bool ok = result_of(doc, text, arena, ret);
    json_free(doc);
    return ok;
}

const struct batch_dialect batch_anthropic = {
    .name = "anthropic",
    .most_lines = MOST_REQUESTS,
    .most_bytes = MOST_BYTES,
    .wire = wire,
    .line = line,
    .close = close_payload,
    .create = create,
    .poll = poll,
    .list = list,
    .read_status = read_status,
    .read_list = read_list,
    .read_result = read_result,
};
