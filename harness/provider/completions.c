/*
 * completions.c - the dialects of raw completions and building their requests; the readers are in
 * completions_read.c.
 *
 * Member order is fixed, so equal completions give equal bytes. Servers fall back to a sampler of
 * their own where a parameter is not sent: those of the dialects that do are switched off by name.
 */
#include "harness/provider/completions.h"

#include "harness/provider/completions_impl.h"
#include "harness/provider/members.h"

static const struct completions_dialect dialects[] = {
    {.name = "completions",
        .path = "/completions",
        .options = true,
        .text_key = "prompt",
        .limit = "max_tokens",
        .seed = "seed",
        .read = completions_read_openai},
    {.name = "llama.cpp",
        .path = "~/completion",
        .ids = true,
        .tells_stop = true,
        .text_key = "prompt",
        .ids_key = "prompt",
        .limit = "n_predict",
        .seed = "seed",
        .preserve = "preserved_tokens",
        .sampling = "{\"top_k\":0,\"top_p\":1,\"min_p\":0}",
        .fixed = "{\"return_tokens\":true,\"cache_prompt\":false}",
        .read = completions_read_llama,
        .render = COMPLETIONS_RENDER_TEXT,
        .tokenize_key = "content",
        .specials_key = "add_special"},
    {.name = "sglang",
        .path = "~/generate",
        .ids = true,
        .tells_stop = true,
        .text_key = "text",
        .ids_key = "input_ids",
        .params = "sampling_params",
        .limit = "max_new_tokens",
        .least = "min_new_tokens",
        .stop_ids = "stop_token_ids",
        .seed = "sampling_seed",
        .logprobs_from = "logprob_start_len",
        .sampling = "{\"sampling_params\":{\"top_p\":1,\"top_k\":-1,\"min_p\":0}}",
        .fixed = "{\"sampling_params\":{\"skip_special_tokens\":false}}",
        .read = completions_read_sglang,
        .tokenize_key = "prompt",
        .specials_key = "add_special_tokens",
        .detokenize_with = ",\"skip_special_tokens\":false"},
    {.name = "vllm",
        .path = "/completions",
        .ids = true,
        .tells_stop = true,
        .options = true,
        .text_key = "prompt",
        .ids_key = "prompt",
        .limit = "max_tokens",
        .least = "min_tokens",
        .stop_ids = "stop_token_ids",
        .seed = "seed",
        .prompt_logprobs = "prompt_logprobs",
        .sampling = "{\"top_p\":1,\"top_k\":-1,\"min_p\":0,\"repetition_penalty\":1}",
        .fixed = "{\"skip_special_tokens\":false,\"include_stop_str_in_output\":false,"
                 "\"return_token_ids\":true}",
        .read = completions_read_openai,
        .render = COMPLETIONS_RENDER_IDS,
        .tokenize_key = "prompt",
        .specials_key = "add_special_tokens"},
};

const struct completions_dialect *completions_find(struct str name)
{
    for (size_t i = 0; i < ARRAY_LEN(dialects); i++)
        if (str_eqc(name, dialects[i].name))
            return &dialects[i];
    return NULL;
}

bool completions_has_ids(const struct completions_dialect *d)
{
    return d->ids;
}

bool completions_has_stop_ids(const struct completions_dialect *d)
{
    return d->stop_ids != NULL;
}

const char *completions_path(const struct completions_dialect *d)
{
    return d->path;
}

void completions_url(struct str base, struct str path, struct buf *out)
{
    static const char *const versions[] = {"/v1", "/beta"};

    while (base.n && base.p[base.n - 1] == '/')
        base.n--;
    if (str_starts(path, STR("~/"))) {
        path = str_from(path, 1);
        for (size_t i = 0; i < ARRAY_LEN(versions); i++)
            if (str_ends(base, str_c(versions[i]))) {
                base.n -= str_c(versions[i]).n;
                break;
            }
    }
    buf_str_add(out, base);
    buf_str_add(out, path);
}

/* ---- requests -------------------------------------------------------------------------------- */

void completions_put_ids(struct buf *body, struct token_ids ids)
{
    buf_putc(body, '[');
    for (size_t i = 0; i < ids.n; i++)
        buf_printf(body, i ? ",%lld" : "%lld", (long long)ids.v[i]);
    buf_putc(body, ']');
}

static void put_prompt(const struct completion *c, struct buf *body)
{
    bool ids = c->dialect->ids && c->ids.n;

    json_quote(body, str_c(ids ? c->dialect->ids_key : c->dialect->text_key));
    buf_putc(body, ':');
    if (ids)
        completions_put_ids(body, c->ids);
    else
        json_quote(body, c->text);
}

/* A parameter, in the object where the dialect has them; nothing where it has no name for it. */
static void put_param(
    const struct completions_dialect *d, struct members *m, const char *name, struct str json)
{
    if (!name)
        return;
    const char *path = d->params ? arena_printf(&m->arena, "%s.%s", d->params, name) : name;
    members_put(m, str_c(path), json);
}

static void put_int(
    const struct completions_dialect *d, struct members *m, const char *name, int64_t v)
{
    put_param(d, m, name, str_c(arena_printf(&m->arena, "%lld", (long long)v)));
}

static void put_stops(const struct completion *c, struct members *m)
{
    struct buf list = BUF_INIT;

    for (size_t i = 0; i < c->nstops; i++) {
        buf_putc(&list, i ? ',' : '[');
        json_quote(&list, c->stops[i]);
    }
    if (c->nstops) {
        buf_putc(&list, ']');
        put_param(c->dialect, m, "stop", buf_str(&list));
        put_param(c->dialect, m, c->dialect->preserve, buf_str(&list));
    }
    buf_reset(&list);
    completions_put_ids(&list, c->stop_ids);
    if (c->stop_ids.n)
        put_param(c->dialect, m, c->dialect->stop_ids, buf_str(&list));
    buf_release(&list);
}

static void put_params(const struct completion *c, const struct traits *traits, struct members *m)
{
    const struct completions_dialect *d = c->dialect;
    struct buf number = BUF_INIT;

    if (c->max_tokens >= 0 && traits->limit_key.n)
        put_int(d, m, d->limit, c->max_tokens);
    if (c->min_tokens > 0)
        put_int(d, m, d->least, c->min_tokens);
    put_stops(c, m);
    if (c->temperature >= 0 && traits->sampling) {
        json_number(&number, c->temperature);
        put_param(d, m, "temperature", buf_str(&number));
    }
    if (c->seed >= 0 && traits->seed_key.n)
        put_int(d, m, d->seed, c->seed);
    buf_release(&number);
}

static void put_logprobs(const struct completion *c, struct members *m)
{
    const struct completions_dialect *d = c->dialect;

    if (c->echo)
        members_put(m, STR("echo"), STR("true"));
    if (c->logprobs >= 0)
        members_int(m, STR("logprobs"), c->logprobs);
    if (c->prompt_logprobs >= 0 && d->prompt_logprobs)
        members_int(m, str_c(d->prompt_logprobs), c->prompt_logprobs);
    if (c->logprobs_from >= 0 && d->logprobs_from) {
        members_put(m, STR("return_logprob"), STR("true"));
        members_int(m, str_c(d->logprobs_from), c->logprobs_from);
        members_put(m, STR("return_text_in_logprobs"), STR("true"));
    }
}

void completions_request(const struct completion *c, struct buf *body)
{
    const struct completions_dialect *d = c->dialect;
    const struct traits *traits = c->traits ? c->traits : &traits_default;
    struct members m = {0};

    put_params(c, traits, &m);
    put_logprobs(c, &m);
    if (c->stream)
        members_put(&m, STR("stream"), STR("true"));
    if (c->stream && d->options && traits->stream_usage)
        members_put(&m, STR("stream_options.include_usage"), STR("true"));
    members_merge(&m, traits->extra);
    if (c->temperature >= 0 && traits->sampling)
        members_merge(&m, str_c(d->sampling));
    members_merge(&m, str_c(d->fixed));
    buf_puts(body, "{\"model\":"); /* a server of one model passes it over, a gateway does not */
    json_quote(body, c->model);
    buf_putc(body, ',');
    put_prompt(c, body);
    if (m.first)
        buf_putc(body, ',');
    members_print(&m, body);
    buf_putc(body, '}');
    members_release(&m);
}
