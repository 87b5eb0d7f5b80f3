/* chat.c - routes, models, and the path of one completion; see chat.h. */
#include "harness/phantom/chat.h"

#include "harness/base/json.h"
#include "harness/phantom/ledger.h"
#include "harness/phantom/messages_say.h"
#include "harness/phantom/raw_tokens.h"
#include "harness/phantom/shelf.h"
#include "harness/phantom/wire_impl.h"
#include "harness/phantom/wire_responses.h"

#include <stdatomic.h>

struct chat {
    struct mind *mind;
    uint64_t state_seed;
    _Atomic uint64_t draws;
    bool ignore_budgets;
    struct scorer *scorer; /* or NULL */
    struct shelf *shelf;   /* of responses in the background */
};

/* One HTTP request on its way through. */
struct visit {
    struct chat *chat;
    const struct route *route;
    const char *path;
    struct str body;
    struct arena *arena;
    struct chat_answer *ret;
    struct wire_error *e;
};

static void write_chat(
    const struct wire_request *request, const struct wire_reply *reply, struct buf *out)
{
    if (request->stream)
        wire_write_sse(reply, request->include_usage, out);
    else
        wire_write_json(reply, out);
}

static bool answer_health(const struct visit *v);
static bool answer_models(const struct visit *v);
static bool answer_props(const struct visit *v);
static bool answer_chat(const struct visit *v);
static bool answer_count(const struct visit *v);
static bool answer_look(const struct visit *v);
static bool answer_raw(const struct visit *v);
static bool answer_tokens(const struct visit *v);

/* What is served: a line a path; one that ends in '/' stands for what is below it. `answer` is
 * false when it has filled v->e. */
static const struct route {
    const char *path, *method;
    bool (*answer)(const struct visit *v);
    void (*refuse)(const struct wire_error *e, struct buf *out);
    /* answer_chat */
    bool (*read)(struct str body, struct arena *arena, struct wire_request *ret,
        struct wire_error *ret_error);
    void (*write)(
        const struct wire_request *request, const struct wire_reply *reply, struct buf *out);
    /* answer_raw */
    bool (*raw_read)(
        struct str body, struct arena *arena, struct raw_request *ret, struct wire_error *e);
    void (*raw_write)(
        const struct raw_request *request, const struct raw_reply *reply, struct buf *out);
    /* answer_tokens */
    bool (*tokens)(const struct mind *mind, struct str body, struct arena *arena, struct buf *out,
        struct wire_error *e);
} routes[] = {
    {"/health", "GET", .answer = answer_health, .refuse = wire_write_error},
    {"/v1/models", "GET", .answer = answer_models, .refuse = wire_write_error},
    {"/props", "GET", .answer = answer_props, .refuse = raw_llama_error},
    {"/v1/chat/completions", "POST", .answer = answer_chat, .refuse = wire_write_error,
        .read = wire_read, .write = write_chat},
    {"/v1/messages", "POST", .answer = answer_chat, .refuse = messages_write_error,
        .read = messages_ask, .write = messages_write},
    {"/v1/messages/count_tokens", "POST", .answer = answer_count, .refuse = messages_write_error},
    {"/v1/responses", "POST", .answer = answer_chat, .refuse = wire_write_error,
        .read = wire_responses_read, .write = wire_responses_write},
    {"/v1/responses/", "GET", .answer = answer_look, .refuse = wire_write_error},
    {"/v1/completions", "POST", .answer = answer_raw, .refuse = wire_write_error,
        .raw_read = raw_openai_read, .raw_write = raw_openai_write},
    {"/completion", "POST", .answer = answer_raw, .refuse = raw_llama_error,
        .raw_read = raw_llama_read, .raw_write = raw_llama_write},
    {"/generate", "POST", .answer = answer_raw, .refuse = raw_sglang_error,
        .raw_read = raw_sglang_read, .raw_write = raw_sglang_write},
    {"/tokenize", "POST", .answer = answer_tokens, .refuse = raw_llama_error,
        .tokens = raw_tokenize},
    {"/detokenize", "POST", .answer = answer_tokens, .refuse = raw_llama_error,
        .tokens = raw_detokenize},
    {"/apply-template", "POST", .answer = answer_tokens, .refuse = raw_llama_error,
        .tokens = raw_apply_template},
};

static const struct route *route_of(const char *path)
{
    for (size_t i = 0; i < ARRAY_LEN(routes); i++) {
        struct str own = str_c(routes[i].path);
        bool below = str_ends(own, STR("/")) && str_starts(str_c(path), own);
        if (below || str_eqc(own, path))
            return &routes[i];
    }
    return NULL;
}

struct chat *chat_new(struct mind *mind, uint64_t state_seed)
{
    struct chat *c = xcalloc(1, sizeof *c);

    c->mind = mind;
    c->state_seed = state_seed;
    c->shelf = shelf_new(0);
    atomic_init(&c->draws, 0);
    return c;
}

void chat_free(struct chat *c)
{
    if (!c)
        return;
    mind_free(c->mind);
    scorer_free(c->scorer);
    shelf_free(c->shelf);
    free(c);
}

void chat_ignore_budgets(struct chat *c)
{
    c->ignore_budgets = true;
}

void chat_background_polls(struct chat *c, int64_t polls)
{
    shelf_free(c->shelf);
    c->shelf = shelf_new(polls);
}

void chat_add_scorer(struct chat *c, struct scorer *scorer)
{
    c->scorer = scorer;
}

void chat_answer_release(struct chat_answer *a)
{
    buf_release(&a->body);
    buf_release(&a->ledger);
}

/* An unknown path is refused in the shape of the vendor whose paths begin so. */
static void refuse(struct chat_answer *ret, const char *path, const struct wire_error *e)
{
    const struct route *route = route_of(path);

    ret->status = e->status;
    if (route)
        route->refuse(e, &ret->body);
    else if (str_starts(str_c(path), STR("/v1/messages")))
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
    const struct route *route = route_of(path);
    struct wire_error e;

    if (route && strcmp(method, route->method) == 0)
        return false;
    if (route) {
        ret->allow = route->method;
        wire_fail(&e, 405, NULL, "method_not_allowed",
            "Method %.16s is not allowed for %s; use %s.", method, path, route->method);
    } else {
        wire_fail(&e, 404, NULL, "unknown_url", "Unknown request URL: %.16s %.200s.", method, path);
    }
    refuse(ret, path, &e);
    return true;
}

static bool answer_health(const struct visit *v)
{
    buf_puts(&v->ret->body, "{\"status\":\"ok\"}");
    return true;
}

/* Minds, then scorers; NULL behind the last. */
static const char *model_name(const struct chat *c, size_t i)
{
    size_t minds = 0;

    while (mind_model_name(c->mind, minds))
        minds++;
    if (i < minds)
        return mind_model_name(c->mind, i);
    return c->scorer ? scorer_model_name(i - minds) : NULL;
}

static bool answer_models(const struct visit *v)
{
    struct json_writer w = json_writer(&v->ret->body, 0);
    const char *name;

    jsonw_object(&w, NULL);
    jsonw_cstr(&w, "object", "list");
    jsonw_array(&w, "data");
    for (size_t i = 0; (name = model_name(v->chat, i)); i++) {
        jsonw_object(&w, NULL);
        jsonw_cstr(&w, "id", arena_printf(v->arena, "phantom/%s", name));
        jsonw_cstr(&w, "object", "model");
        jsonw_int(&w, "created", 1735689600);
        jsonw_cstr(&w, "owned_by", "sleepbench");
        jsonw_int(&w, "max_model_len", RAW_CONTEXT);
        jsonw_object(&w, "meta");
        jsonw_int(&w, "n_vocab", vocab_size());
        jsonw_int(&w, "n_ctx_train", RAW_CONTEXT);
        jsonw_end_object(&w);
        jsonw_end_object(&w);
    }
    jsonw_end_array(&w);
    jsonw_end_object(&w);
    return true;
}

static bool answer_props(const struct visit *v)
{
    raw_write_props(mind_model_name(v->chat->mind, 0), &v->ret->body);
    return true;
}

static bool unknown_model(const struct chat *c, struct str model, struct wire_error *e)
{
    struct buf names = BUF_INIT;
    const char *name;

    for (size_t i = 0; (name = model_name(c, i)); i++)
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

/* What has been written is for later: now there is only the name of it. */
static void keep(
    const struct visit *v, const struct wire_request *r, const struct wire_reply *reply)
{
    struct buf name = BUF_INIT, queued = BUF_INIT, under_way = BUF_INIT;

    wire_responses_name(reply, &name);
    wire_responses_under_way(r, reply, "queued", &queued);
    wire_responses_under_way(r, reply, "in_progress", &under_way);
    struct shelf_stages stages = {buf_str(&queued), buf_str(&under_way), buf_str(&v->ret->body)};
    shelf_put(v->chat->shelf, buf_str(&name), &stages);
    buf_reset(&v->ret->body);
    buf_str_add(&v->ret->body, stages.queued);
    buf_release(&name);
    buf_release(&queued);
    buf_release(&under_way);
}

static bool answer_look(const struct visit *v)
{
    struct str name = str_from(str_c(v->path), strlen(v->route->path));

    if (shelf_look(v->chat->shelf, name, &v->ret->body))
        return true;
    return wire_fail(v->e, 404, NULL, "not_found", "Response with id '%.*s' not found.",
        STR_ARG(str_slice(name, 0, 64)));
}

static bool answer_chat(const struct visit *v)
{
    struct chat *c = v->chat;
    struct wire_request request = {
        .ignore_limit = c->ignore_budgets, .ignore_thinking = c->ignore_budgets};
    struct mind_reply said;
    struct wire_reply reply;
    struct err err;

    if (!v->route->read(v->body, v->arena, &request, v->e))
        return false;
    if (c->scorer && scorer_is(request.mind.model))
        return wire_fail(v->e, 400, "model", "unsupported_value",
            "'%.100s' scores and completes texts by /v1/completions; it does not chat.",
            request.model.p);
    if (!mind_has_model(c->mind, request.mind.model))
        return unknown_model(c, request.model, v->e);
    struct digest body_digest = digest_of(v->body);
    struct digest id = reply_digest(c, &request, body_digest, &request.mind.seed);
    if (mind_answer(c->mind, &request.mind, v->arena, &said, &err))
        return wire_fail(v->e, 500, NULL, NULL, "%s", err.msg);
    wire_fit(&request, &said, id, v->arena, &reply);
    reply.fingerprint = mind_fingerprint(c->mind, request.mind.model);
    v->ret->stream = request.stream;
    v->route->write(&request, &reply, &v->ret->body);
    if (request.background)
        keep(v, &request, &reply);
    ledger_line(body_digest, &reply, &v->ret->ledger);
    return true;
}

static bool answer_count(const struct visit *v)
{
    struct wire_request request = {0};

    if (!messages_ask_count(v->body, v->arena, &request, v->e))
        return false;
    if (!mind_has_model(v->chat->mind, request.mind.model))
        return unknown_model(v->chat, request.model, v->e);
    messages_write_count(request.prompt_tokens, &v->ret->body);
    return true;
}

static bool answer_raw(const struct visit *v)
{
    struct chat *c = v->chat;
    struct raw_models models = {c->mind, c->scorer};
    struct raw_request request = {0};
    struct raw_reply reply;

    request.wire.ignore_limit = request.wire.ignore_thinking = c->ignore_budgets;
    if (!v->route->raw_read(v->body, v->arena, &request, v->e))
        return false;
    if (!request.wire.model.n) /* servers of one model are not told it */
        wire_name_model(str_c(mind_model_name(c->mind, 0)), v->arena, &request.wire);
    if (!mind_has_model(c->mind, request.wire.mind.model) &&
        !(c->scorer && scorer_is(request.wire.mind.model)))
        return unknown_model(c, request.wire.model, v->e);
    struct digest body_digest = digest_of(v->body);
    struct digest id = reply_digest(c, &request.wire, body_digest, &request.wire.mind.seed);
    if (!raw_complete(&models, &request, id, v->arena, &reply, v->e))
        return false;
    v->ret->stream = request.wire.stream;
    v->route->raw_write(&request, &reply, &v->ret->body);
    ledger_line(body_digest, &reply.wire, &v->ret->ledger);
    return true;
}

static bool answer_tokens(const struct visit *v)
{
    return v->route->tokens(v->chat->mind, v->body, v->arena, &v->ret->body, v->e);
}

void chat_answer(struct chat *c, const char *path, struct str body, struct chat_answer *ret)
{
    struct arena arena = {0};
    struct wire_error e;
    struct visit v = {c, route_of(path), path, body, &arena, ret, &e};

    if (!v.route)
        BUG("chat_early lets through %s, which nothing answers", path);
    ret->status = 200;
    if (!v.route->answer(&v))
        refuse(ret, path, &e);
    arena_release(&arena);
}
