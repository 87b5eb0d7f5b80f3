/* batch_openai.c - OpenAI's files and batches, seen from a client; see batch_wire.h. */
#include "harness/base/json.h"
#include "harness/base/json_slice.h"
#include "harness/provider/batch_wire.h"

#include <string.h>

enum { MOST_LINES = 50000, MOST_BYTES = 200 * 1000 * 1000, PAGE = 100, PAGE_MOST = 10000 };

/* ---- asking ---------------------------------------------------------------------------------- */

static bool wire(const struct provider *p)
{
    static const char *const paths[] = {"/chat/completions", "/responses", "/completions"};

    for (size_t i = 0; i < ARRAY_LEN(paths); i++)
        if (strcmp(p->path, paths[i]) == 0)
            return true;
    return false;
}

/* The vendor's name of an endpoint, wherever the base address leads. */
static void write_endpoint(struct json_writer *w, const char *key, const struct provider *p)
{
    struct buf path = BUF_INIT;

    buf_printf(&path, "/v1%s", p->path);
    jsonw_str(w, key, buf_str(&path));
    buf_release(&path);
}

static void line(const struct provider *p, struct str id, struct str body, struct buf *payload)
{
    struct json_writer w = json_writer(payload, 0);

    jsonw_object(&w, NULL);
    jsonw_str(&w, "custom_id", id);
    jsonw_cstr(&w, "method", "POST");
    write_endpoint(&w, "url", p);
    jsonw_raw(&w, "body", body);
    jsonw_end_object(&w);
    buf_putc(payload, '\n');
}

static void close_payload(struct buf *payload)
{
    (void)payload; /* lines need nothing behind them */
}

static void upload(struct str tag, struct str payload, struct batch_ask *ret)
{
    batch_ask_reset(ret);
    ret->post = true;
    buf_puts(&ret->path, "/files");
    buf_printf(
        &ret->type, "Content-Type: multipart/form-data; boundary=sleepbench-%.*s", STR_ARG(tag));
    /* lines hold no CR, so that the boundary cannot stand in them */
    buf_printf(&ret->body,
        "--sleepbench-%.*s\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n"
        "--sleepbench-%.*s\r\nContent-Disposition: form-data; name=\"file\"; filename=\"",
        STR_ARG(tag), STR_ARG(tag));
    batch_file_name(tag, &ret->body);
    buf_puts(&ret->body, "\"\r\nContent-Type: application/jsonl\r\n\r\n");
    buf_str_add(&ret->body, payload);
    buf_printf(&ret->body, "\r\n--sleepbench-%.*s--\r\n", STR_ARG(tag));
}

static void create(const struct provider *p, struct str tag, struct str file, struct str payload,
    struct batch_ask *ret)
{
    (void)payload; /* it is in the file */
    batch_ask_reset(ret);
    ret->post = true;
    buf_puts(&ret->path, "/batches");
    struct json_writer w = json_writer(&ret->body, 0);
    jsonw_object(&w, NULL);
    jsonw_str(&w, "input_file_id", file);
    write_endpoint(&w, "endpoint", p);
    jsonw_cstr(&w, "completion_window", "24h");
    jsonw_object(&w, "metadata");
    jsonw_str(&w, "sleepbench", tag);
    jsonw_end_object(&w);
    jsonw_end_object(&w);
}

static void poll(struct str id, struct batch_ask *ret)
{
    batch_ask_reset(ret);
    buf_printf(&ret->path, "/batches/%.*s", STR_ARG(id));
}

static void list(struct str after, struct batch_ask *ret)
{
    batch_ask_reset(ret);
    buf_printf(&ret->path, "/batches?limit=%d", PAGE);
    if (after.n)
        buf_printf(&ret->path, "&after=%.*s", STR_ARG(after));
}

static void list_files(struct str after, struct batch_ask *ret)
{
    batch_ask_reset(ret);
    buf_printf(&ret->path, "/files?purpose=batch&order=desc&limit=%d", PAGE);
    if (after.n)
        buf_printf(&ret->path, "&after=%.*s", STR_ARG(after));
}

/* ---- reading --------------------------------------------------------------------------------- */

static struct str copy(struct arena *arena, const struct json *v)
{
    return arena_str(arena, json_str(v));
}

static int64_t seconds(const struct json *v)
{
    int64_t s;

    return json_int(v, &s) && s >= 0 && s < INT64_C(1) << 40 ? s * 1000 : -1;
}

static enum batch_state state_of(struct str word)
{
    static const struct {
        const char *word;
        enum batch_state state;
    } words[] = {{"completed", BATCH_ENDED}, {"expired", BATCH_ENDED}, {"cancelled", BATCH_ENDED},
        {"failed", BATCH_FAILED}};

    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (str_eqc(word, words[i].word))
            return words[i].state;
    return BATCH_WORKING; /* validating, in_progress, finalizing, cancelling, and what may come */
}

/* "line 3: the custom_id is missing; ..." of the first errors. */
static struct str failure_of(const struct json *errors, struct arena *arena)
{
    const struct json *list_of = json_get(errors, "data");
    struct buf text = BUF_INIT;
    size_t n = 0;

    for (const struct json *e = json_first(list_of); e && n < 3; e = json_next(e), n++) {
        int64_t at;
        if (n)
            buf_puts(&text, "; ");
        if (json_int(json_get(e, "line"), &at))
            buf_printf(&text, "line %lld: ", (long long)at);
        buf_str_add(&text, str_slice(json_str(json_get(e, "message")), 0, 300));
    }
    if (json_len(list_of) > n)
        buf_printf(&text, "; and %zu more", json_len(list_of) - n);
    struct str ret = arena_str(arena, buf_str(&text));
    buf_release(&text);
    return ret;
}

static bool result_path(const struct json *id, struct arena *arena, struct str *ret)
{
    struct str word = json_str(id);

    *ret = STR("");
    if (word.n == 0)
        return true;
    if (!batch_id_ok(word))
        return false;
    *ret = str_c(arena_printf(arena, "/files/%.*s/content", STR_ARG(word)));
    return true;
}

static bool status_of(const struct json *v, struct arena *arena, struct batch_status *ret)
{
    struct batch_status s = {
        .id = copy(arena, json_get(v, "id")),
        .tag = copy(arena, json_path(v, "metadata.sleepbench")),
        .file = copy(arena, json_get(v, "input_file_id")),
        .word = copy(arena, json_get(v, "status")),
        .created_ms = seconds(json_get(v, "created_at")),
        .total = -1,
    };

    if (!batch_id_ok(s.id) || s.word.n == 0 ||
        !result_path(json_get(v, "output_file_id"), arena, &s.results[0]) ||
        !result_path(json_get(v, "error_file_id"), arena, &s.results[1]))
        return false;
    s.state = state_of(s.word);
    if (!json_int(json_path(v, "request_counts.total"), &s.total))
        s.total = -1;
    s.why = failure_of(json_get(v, "errors"), arena);
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

/* A page's array; what follows it. NULL if it is no list. */
static const struct json *page_of(
    const struct json *doc, struct arena *arena, struct batch_page *ret)
{
    const struct json *data = json_get(doc, "data"), *last = NULL;

    if (json_type(data) != JSON_ARRAY || json_len(data) > PAGE_MOST)
        return NULL;
    for (const struct json *v = json_first(data); v; v = json_next(v))
        last = v;
    struct str id = json_str(json_get(last, "id"));
    bool more = json_bool(json_get(doc, "has_more"), false) && batch_id_ok(id);
    *ret = (struct batch_page){0, more ? arena_str(arena, id) : STR("")};
    return data;
}

static bool read_list(
    struct str body, struct arena *arena, struct batch_status **ret, struct batch_page *ret_page)
{
    struct json *doc;

    if (json_parse(body, JSON_REPAIR, &doc, NULL))
        return false;
    const struct json *data = page_of(doc, arena, ret_page);
    if (data)
        *ret = arena_array(arena, struct batch_status, json_len(data) + 1);
    for (const struct json *v = json_first(data); v; v = json_next(v))
        ret_page->n += status_of(v, arena, &(*ret)[ret_page->n]); /* foreign ones may be odd */
    json_free(doc);
    return data != NULL;
}

static bool file_of(const struct json *v, struct arena *arena, struct batch_file *ret)
{
    struct batch_file f = {copy(arena, json_get(v, "id")), copy(arena, json_get(v, "filename")),
        seconds(json_get(v, "created_at"))};

    if (!batch_id_ok(f.id))
        return false;
    *ret = f;
    return true;
}

static bool read_file(struct str body, struct arena *arena, struct batch_file *ret)
{
    struct json *doc;

    if (json_parse(body, JSON_REPAIR, &doc, NULL))
        return false;
    bool ok = file_of(doc, arena, ret);
    json_free(doc);
    return ok;
}

static bool read_files(
    struct str body, struct arena *arena, struct batch_file **ret, struct batch_page *ret_page)
{
    struct json *doc;

    if (json_parse(body, JSON_REPAIR, &doc, NULL))
        return false;
    const struct json *data = page_of(doc, arena, ret_page);
    if (data)
        *ret = arena_array(arena, struct batch_file, json_len(data) + 1);
    for (const struct json *v = json_first(data); v; v = json_next(v))
        ret_page->n += file_of(v, arena, &(*ret)[ret_page->n]);
    json_free(doc);
    return data != NULL;
}

/* A line without a response: why stands beside it. */
static void not_answered(
    const struct json *doc, struct str text, struct arena *arena, struct batch_result *ret)
{
    struct str code = json_str(json_path(doc, "error.code"));

    ret->status = 500;
    if (str_eqc(code, "batch_expired"))
        ret->status = BATCH_STATUS_EXPIRED;
    if (str_eqc(code, "batch_cancelled"))
        ret->status = BATCH_STATUS_CANCELED;
    struct str error = json_slice(text, "error");
    ret->body =
        str_c(arena_printf(arena, "{\"error\":%.*s}", STR_ARG(error.n ? error : STR("null"))));
}

static bool result_of(
    const struct json *doc, struct str text, struct arena *arena, struct batch_result *ret)
{
    struct batch_result r = {.id = copy(arena, json_get(doc, "custom_id"))};
    const struct json *response = json_get(doc, "response");
    int64_t status;

    if (r.id.n == 0)
        return false;
    if (json_type(response) != JSON_OBJECT) {
        not_answered(doc, text, arena, &r);
    } else {
        if (!json_int(json_get(response, "status_code"), &status) || status < 100 || status > 599)
            return false;
        r.status = (long)status;
        r.body = arena_str(arena, json_slice(json_slice(text, "response"), "body"));
    }
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

const struct batch_dialect batch_openai = {
    .name = "openai",
    .most_lines = MOST_LINES,
    .most_bytes = MOST_BYTES,
    .uploads = true,
    .tagged = true,
    .wire = wire,
    .line = line,
    .close = close_payload,
    .create = create,
    .poll = poll,
    .list = list,
    .read_status = read_status,
    .read_list = read_list,
    .read_result = read_result,
    .upload = upload,
    .list_files = list_files,
    .read_file = read_file,
    .read_files = read_files,
};
