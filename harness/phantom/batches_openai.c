/* batches_openai.c - OpenAI's files and batches as the phantom serves them; see batches.h. */
#include "harness/base/clock.h"
#include "harness/base/json.h"
#include "harness/base/json_slice.h"
#include "harness/base/seen.h"
#include "harness/phantom/batches_form.h"
#include "harness/phantom/batches_impl.h"

enum { MOST_LINES = 50000, MOST_ERRORS = 100, MOST_PARTS = 8, WINDOW_MS = 24 * 3600 * 1000 };

/* What a batch can ask for, where the server answers it at all. */
static const char *const endpoints[] = {"/v1/chat/completions", "/v1/responses", "/v1/completions"};

/* ---- the lines of the input file ------------------------------------------------------------- */

struct validation {
    struct batches_batch *batch;
    struct buf errors;
    struct json_writer w;
    size_t nerrors, line; /* line: counts from 1 */
    struct str model;     /* of the first line */
};

PRINTF_LIKE(4, 5)
static void complain(
    struct validation *v, const char *code, const char *param, const char *fmt, ...)
{
    struct buf text = BUF_INIT;
    va_list ap;

    if (v->nerrors++ >= MOST_ERRORS)
        return;
    va_start(ap, fmt);
    buf_vprintf(&text, fmt, ap);
    va_end(ap);
    jsonw_object(&v->w, NULL);
    jsonw_cstr(&v->w, "code", code);
    jsonw_str(&v->w, "message", buf_str(&text));
    jsonw_cstr(&v->w, "param", param);
    if (v->line)
        jsonw_int(&v->w, "line", (int64_t)v->line);
    else
        jsonw_null(&v->w, "line");
    jsonw_end_object(&v->w);
    buf_release(&text);
}

static void check_model(struct validation *v, const struct json *body)
{
    struct str model = json_str(json_get(body, "model"));

    if (!v->model.p)
        v->model = arena_str(&v->batch->arena, model);
    else if (!str_eq(model, v->model))
        complain(v, "mismatched_model", "body.model",
            "The model of a line differs from that of the first line.");
}

static void read_line(struct validation *v, struct str text, const struct json *doc)
{
    struct batches_batch *batch = v->batch;
    struct str id = json_str(json_get(doc, "custom_id"));

    if (id.n == 0)
        complain(v, "missing_required_parameter", "custom_id", "The line has no custom_id.");
    if (!str_eqc(json_str(json_get(doc, "method")), "POST"))
        complain(v, "invalid_method", "method", "The method of a line must be POST.");
    if (!str_eqc(json_str(json_get(doc, "url")), batch->path))
        complain(v, "mismatched_endpoint", "url", "The url of a line must be %s.", batch->path);
    if (json_type(json_get(doc, "body")) != JSON_OBJECT)
        complain(v, "invalid_request", "body", "The body of a line must be an object.");
    check_model(v, json_get(doc, "body"));
    batch->lines[batch->n++] =
        (struct batches_line){.id = arena_str(&batch->arena, id), .body = json_slice(text, "body")};
}

static void on_repeat(void *payload, uint64_t first, uint64_t again)
{
    struct validation *v = payload;

    v->line = (size_t)again;
    complain(v, "duplicate_custom_id", "custom_id", "The custom_id is that of line %llu, too.",
        (unsigned long long)first);
}

static void check_distinct(struct validation *v)
{
    struct seen *seen = seen_new();
    struct err err;

    for (size_t i = 0; i < v->batch->n; i++)
        if (seen_add(seen, v->batch->lines[i].id, i + 1, &err))
            complain(v, "server_error", NULL, "%s", err.msg);
    if (seen_repeats(seen, on_repeat, v, &err))
        complain(v, "server_error", NULL, "%s", err.msg);
    seen_free(seen);
}

static size_t count_lines(struct str text)
{
    size_t n = 1;

    for (size_t i = 0; i < text.n; i++)
        n += text.p[i] == '\n';
    return n;
}

static void read_all(struct validation *v, struct str rest)
{
    struct str text;

    while (str_cut(&rest, '\n', &text)) {
        struct json *doc;
        struct err err;
        v->line++;
        text = str_trim(text);
        if (text.n == 0)
            continue;
        if (json_parse(text, JSON_REPAIR, &doc, &err)) {
            complain(v, "invalid_json_line", NULL, "The line is not JSON: %.200s.", err.msg);
            continue;
        }
        read_line(v, text, doc);
        json_free(doc);
    }
}

void batches_openai_lines(struct batches_batch *batch, struct str *ret_failure)
{
    struct validation v = {.batch = batch};
    struct str content = buf_str(&batch->content);
    size_t n = count_lines(content);

    v.w = json_writer(&v.errors, 0);
    jsonw_array(&v.w, NULL);
    if (n > MOST_LINES + 1 || (n == MOST_LINES + 1 && !str_ends(content, STR("\n")))) {
        complain(&v, "too_many_requests", NULL, "The file has more than %d lines.", MOST_LINES);
    } else {
        batch->lines = arena_array(&batch->arena, struct batches_line, n);
        read_all(&v, content);
        check_distinct(&v);
        v.line = 0;
        if (batch->n == 0 && v.nerrors == 0)
            complain(&v, "empty_file", NULL, "The file has no line.");
    }
    jsonw_end_array(&v.w);
    if (v.nerrors)
        *ret_failure = arena_str(&batch->arena, buf_str(&v.errors));
    buf_release(&v.errors);
}

/* ---- its results ----------------------------------------------------------------------------- */

static bool is_failed(const struct batches_line *line)
{
    return line->state != LINE_ANSWERED || line->status != 200;
}

static void write_result(struct batches *b, const struct batches_line *line, struct buf *out)
{
    struct json_writer w = json_writer(out, 0);
    char id[BATCHES_ID], request[BATCHES_ID];

    batches_id(b, "batch_req_", id);
    batches_id(b, "req_", request);
    jsonw_object(&w, NULL);
    jsonw_cstr(&w, "id", id);
    jsonw_str(&w, "custom_id", line->id);
    if (line->state == LINE_ANSWERED) {
        jsonw_object(&w, "response");
        jsonw_int(&w, "status_code", line->status);
        jsonw_cstr(&w, "request_id", request);
        jsonw_raw(&w, "body", line->answer);
        jsonw_end_object(&w);
        jsonw_null(&w, "error");
    } else {
        bool expired = line->state == LINE_EXPIRED;
        jsonw_null(&w, "response");
        jsonw_object(&w, "error");
        jsonw_cstr(&w, "code", expired ? "batch_expired" : "batch_cancelled");
        jsonw_cstr(&w, "message",
            expired ? "This request could not be executed before the completion window expired."
                    : "This request was not executed: the batch was cancelled.");
        jsonw_end_object(&w);
    }
    jsonw_end_object(&w);
    buf_putc(out, '\n');
}

static void make_output(
    struct batches *b, const struct batches_batch *batch, bool failed, char id[BATCHES_ID])
{
    struct buf content = BUF_INIT;
    size_t *order = batches_order(b, batch);

    for (size_t i = 0; i < batch->n; i++)
        if (is_failed(&batch->lines[order[i]]) == failed)
            write_result(b, &batch->lines[order[i]], &content);
    free(order);
    struct batches_file *f = content.n ? batches_file_new(b, "file-", content.n) : NULL;
    if (f) {
        struct buf name = BUF_INIT;
        buf_printf(&name, "%s_%s.jsonl", batch->id, failed ? "error" : "output");
        f->output = true;
        f->filename = arena_str(&f->arena, buf_str(&name));
        buf_str_add(&f->content, buf_str(&content));
        memcpy(id, f->id, BATCHES_ID);
        buf_release(&name);
    }
    buf_release(&content);
}

void batches_openai_finish(struct batches *b, struct batches_batch *batch)
{
    make_output(b, batch, false, batch->output);
    make_output(b, batch, true, batch->errors);
}

/* ---- objects --------------------------------------------------------------------------------- */

static void write_file(struct json_writer *w, const struct batches_file *f)
{
    jsonw_object(w, NULL);
    jsonw_cstr(w, "id", f->id);
    jsonw_cstr(w, "object", "file");
    jsonw_int(w, "bytes", (int64_t)f->content.n);
    jsonw_int(w, "created_at", f->created_ms / 1000);
    jsonw_str(w, "filename", f->filename);
    jsonw_cstr(w, "purpose", f->output ? "batch_output" : "batch");
    jsonw_cstr(w, "status", "processed");
    jsonw_end_object(w);
}

static const char *status_of(const struct batches_batch *batch)
{
    static const char *const names[] = {[STAGE_VALIDATING] = "validating",
        [STAGE_WORKING] = "in_progress",
        [STAGE_FINALIZING] = "finalizing",
        [STAGE_CANCELING] = "cancelling"};

    if (batch->stage != STAGE_DONE)
        return names[batch->stage];
    if (batch->failure.n)
        return "failed";
    if (batch->canceled_ms)
        return "cancelled";
    for (size_t i = 0; i < batch->n; i++)
        if (batch->lines[i].state == LINE_EXPIRED)
            return "expired";
    return "completed";
}

static void write_counts(struct json_writer *w, const struct batches_batch *batch)
{
    bool known = batch->stage != STAGE_VALIDATING && batch->worked && !batch->failure.n;
    int64_t failed = 0;

    for (size_t i = 0; i < batch->n && known; i++)
        failed += is_failed(&batch->lines[i]);
    jsonw_object(w, "request_counts");
    jsonw_int(w, "total", known ? (int64_t)batch->n : 0);
    jsonw_int(w, "completed", known ? (int64_t)batch->n - failed : (int64_t)batch->answered);
    jsonw_int(w, "failed", failed);
    jsonw_end_object(w);
}

static void write_usage(struct json_writer *w, const struct usage *u)
{
    jsonw_object(w, "usage");
    jsonw_int(w, "input_tokens", u->in_uncached);
    jsonw_object(w, "input_tokens_details");
    jsonw_int(w, "cached_tokens", 0);
    jsonw_end_object(w);
    jsonw_int(w, "output_tokens", u->out_visible + u->out_reasoning);
    jsonw_object(w, "output_tokens_details");
    jsonw_int(w, "reasoning_tokens", u->out_reasoning);
    jsonw_end_object(w);
    jsonw_int(w, "total_tokens", u->in_uncached + u->out_visible + u->out_reasoning);
    jsonw_end_object(w);
}

static void write_id(struct json_writer *w, const char *key, const char *id, bool known)
{
    jsonw_cstr(w, key, known && id[0] ? id : NULL);
}

static void write_times(struct json_writer *w, const struct batches_batch *batch)
{
    static const struct {
        const char *key, *status;
    } ends[] = {{"completed_at", "completed"}, {"failed_at", "failed"}, {"expired_at", "expired"},
        {"cancelled_at", "cancelled"}};
    const char *status = status_of(batch);

    jsonw_int(w, "created_at", batch->created_ms / 1000);
    jsonw_int(w, "expires_at", (batch->created_ms + WINDOW_MS) / 1000);
    if (batch->canceled_ms)
        jsonw_int(w, "cancelling_at", batch->canceled_ms / 1000);
    else
        jsonw_null(w, "cancelling_at");
    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        if (strcmp(status, ends[i].status) == 0)
            jsonw_int(w, ends[i].key, batch->ended_ms / 1000);
        else
            jsonw_null(w, ends[i].key);
    }
}

static void write_batch(struct json_writer *w, const struct batches_batch *batch)
{
    bool done = batch->stage == STAGE_DONE;

    jsonw_object(w, NULL);
    jsonw_cstr(w, "id", batch->id);
    jsonw_cstr(w, "object", "batch");
    jsonw_cstr(w, "endpoint", batch->path);
    if (done && batch->failure.n) {
        jsonw_object(w, "errors");
        jsonw_cstr(w, "object", "list");
        jsonw_raw(w, "data", batch->failure);
        jsonw_end_object(w);
    } else {
        jsonw_null(w, "errors");
    }
    jsonw_cstr(w, "input_file_id", batch->input);
    jsonw_str(w, "completion_window", batch->window);
    jsonw_cstr(w, "status", status_of(batch));
    write_id(w, "output_file_id", batch->output, done);
    write_id(w, "error_file_id", batch->errors, done);
    write_times(w, batch);
    write_counts(w, batch);
    write_usage(w, &batch->usage);
    if (batch->metadata.n)
        jsonw_raw(w, "metadata", batch->metadata);
    else
        jsonw_null(w, "metadata");
    jsonw_end_object(w);
}

/* ---- requests -------------------------------------------------------------------------------- */

static bool upload(
    struct batches *b, const struct batches_ask *ask, struct chat_answer *ret, struct wire_error *e)
{
    struct batches_part parts[MOST_PARTS];
    size_t n = batches_form(ask->type ? ask->type : "", ask->body, parts, MOST_PARTS);
    const struct batches_part *file = NULL, *purpose = NULL;

    for (size_t i = 0; i < n; i++) {
        if (str_eqc(parts[i].name, "file"))
            file = &parts[i];
        if (str_eqc(parts[i].name, "purpose"))
            purpose = &parts[i];
    }
    if (!file || !purpose)
        return wire_fail(e, 400, file ? "purpose" : "file", "missing_required_parameter",
            "A multipart/form-data body with the parts 'purpose' and 'file' is needed.");
    if (!str_eqc(purpose->content, "batch"))
        return wire_fail(e, 400, "purpose", "invalid_value", "Only the purpose 'batch' is served.");
    if (file->content.n == 0 || !str_ends(file->filename, STR(".jsonl")))
        return wire_fail(e, 400, "file", "invalid_file_format",
            "The file must have content and a name that ends in .jsonl.");
    if (file->content.n > batches_body_most("/v1/files"))
        return wire_fail(e, 413, "file", NULL, "The file is larger than 200 MB.");
    struct batches_file *f = batches_file_new(b, "file-", file->content.n);
    if (!f)
        return wire_fail(e, 413, "file", NULL, "This server's memory for files is full.");
    f->filename = arena_str(&f->arena, file->filename);
    buf_str_add(&f->content, file->content);
    struct json_writer w = json_writer(&ret->body, 0);
    write_file(&w, f);
    ret->status = 200;
    return true;
}

static const char *file_id(const struct batches *b, size_t i)
{
    return batches_file_at(b, i)->id;
}

static bool file_wanted(const struct batches *b, size_t i, const void *payload)
{
    const char *purpose = payload;

    return !purpose ||
           strcmp(purpose, batches_file_at(b, i)->output ? "batch_output" : "batch") == 0;
}

static const char *batch_id(const struct batches *b, size_t i)
{
    return batches_at(b, i)->id;
}

static bool batch_wanted(const struct batches *b, size_t i, const void *payload)
{
    (void)payload; /* all there are */
    return !batches_at(b, i)->anthropic;
}

static bool list(struct batches *b, const struct batches_ask *ask, bool files,
    struct chat_answer *ret, struct wire_error *e)
{
    struct batches_page page;
    size_t limit;

    if (!batches_limit(ask, files ? 1000 : 20, files ? 10000 : 100, &limit, e))
        return false;
    if (!batches_page_of(b, files ? batches_files(b) : batches_count(b), ask->after, limit,
            files ? file_id : batch_id, files ? file_wanted : batch_wanted, ask->purpose, &page))
        return wire_fail(e, 400, "after", "invalid_value", "There is no such id as 'after' names.");
    struct json_writer w = json_writer(&ret->body, 0);
    jsonw_object(&w, NULL);
    jsonw_cstr(&w, "object", "list");
    jsonw_array(&w, "data");
    for (size_t i = 0; i < page.n; i++) {
        if (files) {
            write_file(&w, batches_file_at(b, page.at[i]));
            continue;
        }
        batches_poll(b, batches_at(b, page.at[i]));
        write_batch(&w, batches_at(b, page.at[i]));
    }
    jsonw_end_array(&w);
    batches_id_fn *id = files ? file_id : batch_id;
    jsonw_cstr(&w, "first_id", page.n ? id(b, page.at[0]) : NULL);
    jsonw_cstr(&w, "last_id", page.n ? id(b, page.at[page.n - 1]) : NULL);
    jsonw_bool(&w, "has_more", page.more);
    jsonw_end_object(&w);
    ret->status = 200;
    return true;
}

static const char *endpoint_of(struct str name)
{
    struct chat_answer none = {.status = 0};
    const char *found = NULL;

    for (size_t i = 0; i < ARRAY_LEN(endpoints); i++)
        if (str_eqc(name, endpoints[i]) && !chat_early("POST", endpoints[i], &none))
            found = endpoints[i];
    chat_answer_release(&none);
    return found;
}

static bool read_create(struct batches *b, const struct json *doc, struct batches_file **ret_file,
    const char **ret_path, struct wire_error *e)
{
    const struct json *metadata = json_get(doc, "metadata");
    enum json_type type = json_type(metadata);

    *ret_file = batches_file_find(b, json_str(json_get(doc, "input_file_id")));
    *ret_path = endpoint_of(json_str(json_get(doc, "endpoint")));
    if (!*ret_file || (*ret_file)->output)
        return wire_fail(e, 400, "input_file_id", "invalid_value",
            "'input_file_id' names no file of the purpose 'batch'.");
    if (!*ret_path)
        return wire_fail(e, 400, "endpoint", "invalid_value",
            "'endpoint' must be one of /v1/chat/completions, /v1/responses, /v1/completions, and "
            "this server must answer it.");
    if (!str_eqc(json_str(json_get(doc, "completion_window")), "24h"))
        return wire_fail(
            e, 400, "completion_window", "invalid_value", "'completion_window' must be '24h'.");
    if (type != JSON_ABSENT && type != JSON_NULL && type != JSON_OBJECT)
        return wire_fail(e, 400, "metadata", "invalid_type", "'metadata' must be an object.");
    for (const struct json *m = json_first(metadata); m; m = json_next(m))
        if (json_type(m) != JSON_STRING || json_len(metadata) > 16)
            return wire_fail(e, 400, "metadata", "invalid_type",
                "'metadata' must have at most 16 members, all of them strings.");
    return true;
}

static bool create(
    struct batches *b, const struct batches_ask *ask, struct chat_answer *ret, struct wire_error *e)
{
    struct batches_file *file = NULL;
    const char *path = NULL;
    struct json *doc;
    struct err err;

    if (json_parse(ask->body, JSON_REPAIR, &doc, &err))
        return wire_fail(e, 400, NULL, NULL, "The body is not JSON: %s.", err.msg);
    bool ok = read_create(b, doc, &file, &path, e) && file;
    if (ok) {
        struct batches_batch *batch = batches_begin(b, false);
        struct buf metadata = BUF_INIT;
        memcpy(batch->input, file->id, BATCHES_ID);
        batch->path = path;
        batch->window = STR("24h");
        buf_str_add(&batch->content, buf_str(&file->content));
        if (json_type(json_get(doc, "metadata")) == JSON_OBJECT)
            json_print(&metadata, json_get(doc, "metadata"));
        batch->metadata = arena_str(&batch->arena, buf_str(&metadata));
        buf_release(&metadata);
        struct json_writer w = json_writer(&ret->body, 0);
        write_batch(&w, batch);
        batches_submit(b, batch);
        ret->status = 200;
    }
    json_free(doc);
    return ok;
}

static bool no_such(struct wire_error *e, const char *what, struct str id)
{
    return wire_fail(
        e, 404, "id", "not_found", "No such %s: %.*s.", what, STR_ARG(str_slice(id, 0, 100)));
}

static bool no_method(
    const struct batches_ask *ask, struct chat_answer *ret, struct wire_error *e, const char *allow)
{
    ret->allow = allow;
    return wire_fail(e, 405, NULL, "method_not_allowed",
        "Method %.16s is not allowed here; use %s.", ask->method, allow);
}

static bool about_file(struct batches *b, const struct batches_ask *ask, struct str id,
    struct str action, struct chat_answer *ret, struct wire_error *e)
{
    struct batches_file *f = batches_file_find(b, id);
    struct json_writer w = json_writer(&ret->body, 0);
    bool remove = strcmp(ask->method, "DELETE") == 0;

    if (!f || (action.n && !str_eqc(action, "content")))
        return no_such(e, "File object", id);
    if (strcmp(ask->method, "GET") != 0 && (!remove || action.n))
        return no_method(ask, ret, e, action.n ? "GET" : "GET, DELETE");
    ret->status = 200;
    if (action.n) {
        ret->type = "application/octet-stream";
        buf_str_add(&ret->body, buf_str(&f->content));
    } else if (remove) {
        jsonw_object(&w, NULL);
        jsonw_cstr(&w, "id", f->id);
        jsonw_cstr(&w, "object", "file");
        jsonw_bool(&w, "deleted", true);
        jsonw_end_object(&w);
        batches_file_delete(b, f);
    } else {
        write_file(&w, f);
    }
    return true;
}

static bool about_batch(struct batches *b, const struct batches_ask *ask, struct str id,
    struct str action, struct chat_answer *ret, struct wire_error *e)
{
    struct batches_batch *batch = batches_find(b, false, id);
    bool cancel = str_eqc(action, "cancel");
    struct json_writer w = json_writer(&ret->body, 0);

    if (!batch || (action.n && !cancel))
        return no_such(e, "Batch object", id);
    if (strcmp(ask->method, cancel ? "POST" : "GET") != 0)
        return no_method(ask, ret, e, cancel ? "POST" : "GET");
    if (cancel && batch->stage == STAGE_DONE)
        return wire_fail(e, 409, NULL, "invalid_state", "The batch has ended already.");
    if (cancel)
        batches_cancel(b, batch);
    else
        batches_poll(b, batch);
    write_batch(&w, batch);
    ret->status = 200;
    return true;
}

static bool on_collection(struct batches *b, const struct batches_ask *ask, bool files,
    struct chat_answer *ret, struct wire_error *e)
{
    if (strcmp(ask->method, "GET") == 0)
        return list(b, ask, files, ret, e);
    if (strcmp(ask->method, "POST") != 0)
        return no_method(ask, ret, e, "GET, POST");
    return files ? upload(b, ask, ret, e) : create(b, ask, ret, e);
}

void batches_openai_answer(
    struct batches *b, const struct batches_ask *ask, struct chat_answer *ret)
{
    bool files = str_starts(str_c(ask->path), STR("/v1/files"));
    struct str id, action;
    struct wire_error e;
    bool ok;

    if (!batches_path(ask->path, files ? STR("/v1/files") : STR("/v1/batches"), &id, &action))
        ok = on_collection(b, ask, files, ret, &e);
    else if (files)
        ok = about_file(b, ask, id, action, ret, &e);
    else
        ok = about_batch(b, ask, id, action, ret, &e);
    if (!ok)
        batches_refuse(ask->path, &e, ret);
}
