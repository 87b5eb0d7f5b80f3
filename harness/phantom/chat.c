/* chat.c - routes, models, and the path of one completion; see chat.h. */
#include "harness/phantom/chat.h"

#include "harness/base/json.h"
#include "harness/phantom/ledger.h"
#include "harness/phantom/messages_say.h"
#include "harness/phantom/wire.h"
#include "harness/phantom/wire_responses.h"

#include <stdatomic.h>

struct chat {
    struct mind *mind;
    uint64_t state_seed;
    _Atomic uint64_t draws;
    bool ignore_budgets;
};

static const struct route {
    const char *path, *method;
} routes[] = {{"/v1/chat/completions", "POST"}, {"/v1/messages", "POST"},
    {"/v1/messages/count_tokens", "POST"}, {"/v1/responses", "POST"}, {"/v1/models", "GET"},
    {"/health", "GET"}};

static void write_chat(
    const struct wire_request *request, const struct wire_reply *reply, struct buf *out)
{
    if (request->stream)
        wire_write_sse(reply, request->include_usage, out);
    else
        wire_write_json(reply, out);
}

/* The wire format that a path speaks. */
static const struct dialect {
    const char *path;
    bool (*read)(struct str body, struct arena *arena, struct wire_request *ret,
        struct wire_error *ret_error);
    void (*write)(
        const struct wire_request *request, const struct wire_reply *reply, struct buf *out);
} dialects[] = {
    {"/v1/chat/completions", wire_read, write_chat},
    {"/v1/messages", messages_ask, messages_write},
    {"/v1/responses", wire_responses_read, wire_responses_write},
};

static const struct dialect *dialect_of(const char *path)
{
    for (size_t i = 0; i < ARRAY_LEN(dialects); i++)
        if (strcmp(path, dialects[i].path) == 0)
            return &dialects[i];
    BUG("chat_early lets through %s, which nothing answers", path);
}

struct chat *chat_new(struct mind *mind, uint64_t state_seed)
{
    struct chat *c = xcalloc(1, sizeof *c);

    c->mind = mind;
    c->state_seed = state_seed;
    atomic_init(&c->draws, 0);
    return c;
}

void chat_free(struct chat *c)
{
    if (!c)
        return;
    mind_free(c->mind);
    free(c);
}

void chat_ignore_budgets(struct chat *c)
{
    c->ignore_budgets = true;
}

void chat_answer_release(struct chat_answer *a)
{
    buf_release(&a->body);
    buf_release(&a->ledger);
}

static void refuse(struct chat_answer *ret, const char *path, const struct wire_error *e)
{
    ret->status = e->status;
    if (str_starts(str_c(path), STR("/v1/messages")))
        messages_write_error(e, &ret->body);
    else
        wire_write_error(e, &ret->body);
}

void chat_too_large(const char *path, struct chat_answer *ret)
{
    struct wire_error e;

    wire_fail(&e, 413, NULL, "request_too_large", "The request body is larger than %d bytes.",
        CHAT_MAX_BODY);
    refuse(ret, path, &e);
}

bool chat_early(const char *method, const char *path, struct chat_answer *ret)
{
    struct wire_error e;

    for (size_t i = 0; i < ARRAY_LEN(routes); i++) {
        if (strcmp(path, routes[i].path) != 0)
            continue;
        if (strcmp(method, routes[i].method) == 0)
            return false;
        ret->allow = routes[i].method;
        wire_fail(&e, 405, NULL, "method_not_allowed",
            "Method %.16s is not allowed for %s; use %s.", method, path, routes[i].method);
        refuse(ret, path, &e);
        return true;
    }
    wire_fail(&e, 404, NULL, "unknown_url", "Unknown request URL: %.16s %.200s.", method, path);
    refuse(ret, path, &e);
    return true;
}

static void models(const struct chat *c, struct chat_answer *ret)
{
    struct json_writer w = json_writer(&ret->body, 0);
    const char *name;

    jsonw_object(&w, NULL);
    jsonw_cstr(&w, "object", "list");
    jsonw_array(&w, "data");
    for (size_t i = 0; (name = mind_model_name(c->mind, i)); i++) {
        struct buf id = BUF_INIT;
        buf_printf(&id, "phantom/%s", name);
        jsonw_object(&w, NULL);
        jsonw_str(&w, "id", buf_str(&id));
        jsonw_cstr(&w, "object", "model");
        jsonw_int(&w, "created", 1735689600);
        jsonw_cstr(&w, "owned_by", "sleepbench");
        jsonw_end_object(&w);
        buf_release(&id);
    }
    jsonw_end_array(&w);
    jsonw_end_object(&w);
    ret->status = 200;
}

static bool unknown_model(const struct chat *c, struct str model, struct wire_error *e)
{
    struct buf names = BUF_INIT;
    const char *name;

    for (size_t i = 0; (name = mind_model_name(c->mind, i)); i++)
        buf_printf(&names, "%sphantom/%s", i ? ", " : "", name);
    wire_fail(e, 404, "model", "model_not_found",
        "The model '%.100s' does not exist. This server has %s.", model.p, buf_cstr(&names));
    buf_release(&names);
    return false;
}

/* Ids of a seeded request depend on its bytes alone; without a seed on the server's state too. */
static struct digest reply_digest(
    struct chat *c, const struct wire_request *r, struct digest body, uint64_t *ret_seed)
{
    if (r->has_seed) {
        *ret_seed = r->seed;
        return body;
    }
    struct digest_ctx *ctx = digest_new();
    digest_field_int(ctx, (int64_t)c->state_seed);
    digest_field_int(ctx, (int64_t)atomic_fetch_add(&c->draws, 1));
    digest_add(ctx, (struct str){(const char *)body.b, DIGEST_LEN});
    struct digest d = digest_end(ctx);
    digest_free(ctx);
    *ret_seed = digest_u64(d);
    return d;
}

static bool complete(struct chat *c, const struct dialect *dialect, struct str body,
    struct arena *arena, struct chat_answer *ret, struct wire_error *e)
{
    struct wire_request request = {
        .ignore_limit = c->ignore_budgets, .ignore_thinking = c->ignore_budgets};
    struct mind_reply said;
    struct wire_reply reply;
    struct err err;

    if (!dialect->read(body, arena, &request, e))
        return false;
    if (!mind_has_model(c->mind, request.mind.model))
        return unknown_model(c, request.model, e);
    struct digest body_digest = digest_of(body);
    struct digest id = reply_digest(c, &request, body_digest, &request.mind.seed);
    if (mind_answer(c->mind, &request.mind, arena, &said, &err))
        return wire_fail(e, 500, NULL, NULL, "%s", err.msg);
    wire_fit(&request, &said, id, arena, &reply);
    reply.fingerprint = mind_fingerprint(c->mind, request.mind.model);
    ret->status = 200;
    ret->stream = request.stream;
    dialect->write(&request, &reply, &ret->body);
    ledger_line(body_digest, &reply, &ret->ledger);
    return true;
}

static bool count_tokens(struct chat *c, struct str body, struct arena *arena,
    struct chat_answer *ret, struct wire_error *e)
{
    struct wire_request request = {0};

    if (!messages_ask_count(body, arena, &request, e))
        return false;
    if (!mind_has_model(c->mind, request.mind.model))
        return unknown_model(c, request.model, e);
    ret->status = 200;
    messages_write_count(request.prompt_tokens, &ret->body);
    return true;
}

void chat_answer(struct chat *c, const char *path, struct str body, struct chat_answer *ret)
{
    struct arena arena = {0};
    struct wire_error e;
    bool ok = true;

    if (strcmp(path, "/health") == 0) {
        ret->status = 200;
        buf_puts(&ret->body, "{\"status\":\"ok\"}");
    } else if (strcmp(path, "/v1/models") == 0) {
        models(c, ret);
    } else if (strcmp(path, "/v1/messages/count_tokens") == 0) {
        ok = count_tokens(c, body, &arena, ret, &e);
    } else {
        ok = complete(c, dialect_of(path), body, &arena, ret, &e);
    }
    if (!ok)
        refuse(ret, path, &e);
    arena_release(&arena);
}
