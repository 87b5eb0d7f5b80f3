/* mind.c - entry of the phantom's engine: models, randomness, awake or asleep; see mind.h. */
#include "harness/phantom/mind.h"

#include "harness/base/json.h"
#include "harness/phantom/mind_generate.h"

struct mind {
    struct mind_models models;
    struct mind_prompts *prompts;
    struct mind_wishes *wishes;
    struct mind_reader *reader; /* has a lock of its own */
};

enum err_code mind_new(const struct mind_options *options, struct mind **ret, struct err *err)
{
    struct mind *m = xcalloc(1, sizeof *m);
    enum err_code code = mind_params_load(options->params, &m->models, err);

    if (code == OK)
        code = mind_prompts_new(&m->prompts, err);
    if (code == OK)
        code = mind_wishes_new(&m->wishes, err);
    if (code == OK)
        code = mind_reader_new(options->library, &m->reader, err);
    if (code)
        mind_free(m);
    else
        *ret = m;
    return code;
}

void mind_free(struct mind *m)
{
    if (!m)
        return;
    mind_params_release(&m->models);
    mind_prompts_free(m->prompts);
    mind_wishes_free(m->wishes);
    mind_reader_free(m->reader);
    free(m);
}

static const struct mind_model *find(const struct mind *m, struct str name)
{
    for (size_t i = 0; i < m->models.n; i++)
        if (str_eqc(name, m->models.v[i].name))
            return &m->models.v[i];
    return NULL;
}

bool mind_has_model(const struct mind *m, struct str model)
{
    return find(m, model) != NULL;
}

bool mind_thinks_unasked(const struct mind *m, struct str model)
{
    const struct mind_model *found = find(m, model);

    return found && found->params.effort_absent > 0;
}

const char *mind_model_name(const struct mind *m, size_t i)
{
    return i < m->models.n ? m->models.v[i].name : NULL;
}

const char *mind_fingerprint(const struct mind *m, struct str model)
{
    const struct mind_model *found = find(m, model);

    return found ? found->params.fingerprint : NULL;
}

static void digest_message(struct digest_ctx *ctx, const struct mind_message *m)
{
    digest_field_int(ctx, (int64_t)m->role);
    digest_field(ctx, m->text);
    for (size_t i = 0; i < m->ncalls; i++) {
        digest_field(ctx, m->calls[i].name);
        digest_field(ctx, m->calls[i].arguments);
    }
}

/* What a reply may depend on, and nothing else: see mind_answer in mind.h. */
struct rng mind_rng(const struct mind_params *params, const struct mind_request *r, struct str said)
{
    struct digest_ctx *ctx = digest_new();
    struct buf temperature = BUF_INIT;

    digest_field(ctx, (struct str){(const char *)params->digest.b, DIGEST_LEN});
    for (size_t i = 0; i < r->nmessages; i++)
        digest_message(ctx, &r->messages[i]);
    for (size_t i = 0; i < r->ntools; i++)
        digest_field(ctx, r->tools[i]);
    digest_field(ctx, r->reasoning_effort);
    json_number(&temperature, r->temperature);
    digest_field(ctx, buf_str(&temperature));
    digest_field_int(ctx, r->temperature > 0 ? (int64_t)r->seed : 0);
    if (r->thinks && !r->reasoning_effort.n && params->effort_absent == 0)
        digest_field(ctx, STR("thinks"));
    if (said.n)
        digest_field(ctx, said);
    uint64_t seed = digest_u64(digest_end(ctx));
    digest_free(ctx);
    buf_release(&temperature);
    return rng_seeded(seed);
}

static struct str last_user_text(const struct mind_request *r)
{
    for (size_t i = r->nmessages; i-- > 0;)
        if (r->messages[i].role == MIND_USER)
            return r->messages[i].text;
    return STR("");
}

static bool offered(const struct mind_request *r, const char *tool)
{
    for (size_t i = 0; i < r->ntools; i++)
        if (str_eqc(r->tools[i], tool))
            return true;
    return false;
}

/* Where a tool is the way to speak, the answer goes there. */
static void say_by_tool(struct arena *arena, struct mind_reply *ret)
{
    struct buf b = BUF_INIT;
    struct json_writer w = json_writer(&b, 0);

    jsonw_object(&w, NULL);
    jsonw_str(&w, "message", ret->content);
    jsonw_end_object(&w);
    ret->calls = arena_new(arena, struct mind_tool_call);
    ret->ncalls = 1;
    ret->calls[0].name = STR("send_message");
    ret->calls[0].arguments = arena_str(arena, buf_str(&b));
    ret->content = STR("");
    buf_release(&b);
}

enum err_code mind_answer(const struct mind *m, const struct mind_request *request,
    struct arena *arena, struct mind_reply *ret, struct err *err)
{
    const struct mind_model *model = find(m, request->model);

    if (!model)
        return err_set(err, ERR_NOT_FOUND, "no model '%.*s'", STR_ARG(request->model));
    struct mind_scene s = {.params = &model->params,
        .prompts = m->prompts,
        .request = request,
        .text = last_user_text(request),
        .rng = mind_rng(&model->params, request, STR("")),
        .arena = arena,
        .meter = {request->thinking_limited, request->thinking_tokens}};
    *ret = (struct mind_reply){.content = STR(""), .reasoning = STR("")};
    s.problem = mind_reader_take(m->reader, s.text);
    if (offered(request, "rethink_memory")) {
        mind_asleep(&s, ret);
    } else {
        int64_t wished = mind_wishes_of(m->wishes, request);
        if (wished)
            mind_generate(&s, wished, ret);
        else if (request->prefix.stage != MIND_FRESH)
            mind_continue(&s, ret);
        else
            mind_awake(&s, ret);
        if (offered(request, "send_message"))
            say_by_tool(arena, ret);
    }
    mind_reader_give_back(m->reader, s.problem);
    return OK;
}
