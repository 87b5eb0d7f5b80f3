/*
 * completions.c - the dialects of raw completions and building their requests; the readers are in
 * completions_read.c.
 *
 * Member order is fixed, so equal completions give equal bytes. Servers fall back to a sampler of
 * their own where a parameter is not sent: those of the dialects that do are switched off by name.
 */
#include "harness/provider/completions.h"

#include "harness/base/json_slice.h"
#include "harness/provider/completions_impl.h"

static const struct completions_dialect dialects[] = {
    {.name = "completions",
        .path = "/completions",
        .model = true,
        .options = true,
        .text_key = "prompt",
        .limit = "max_tokens",
        .seed = "seed",
        .read = completions_read_openai},
    {.name = "llama.cpp",
        .path = "~/completion",
        .model = true,
        .ids = true,
        .tells_stop = true,
        .text_key = "prompt",
        .ids_key = "prompt",
        .limit = "n_predict",
        .seed = "seed",
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
        .sampling = "{\"top_p\":1,\"top_k\":-1,\"min_p\":0}",
        .fixed_params = "{\"skip_special_tokens\":false}",
        .read = completions_read_sglang,
        .tokenize_key = "prompt",
        .specials_key = "add_special_tokens",
        .detokenize_with = "{\"skip_special_tokens\":false}"},
    {.name = "vllm",
        .path = "/completions",
        .model = true,
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

static void put_key(struct buf *body, const char *key)
{
    if (body->n && body->p[body->n - 1] != '{')
        buf_putc(body, ',');
    json_quote(body, str_c(key));
    buf_putc(body, ':');
}

static void put_int(struct buf *body, const char *key, int64_t v)
{
    put_key(body, key);
    buf_printf(body, "%lld", (long long)v);
}

void completions_put_ids(struct buf *body, struct token_ids ids)
{
    buf_putc(body, '[');
    for (size_t i = 0; i < ids.n; i++)
        buf_printf(body, i ? ",%lld" : "%lld", (long long)ids.v[i]);
    buf_putc(body, ']');
}

static bool has_member(struct str object, struct str key)
{
    struct json_slices s = json_slices_of(object);
    struct str name, value;

    while (json_slices_next(&s, &name, &value))
        if (str_eq(name, key))
            return true;
    return false;
}

void completions_put_members(struct buf *body, struct str members, struct str instead)
{
    struct json_slices s = json_slices_of(members);
    struct str key, value;

    while (s.object && json_slices_next(&s, &key, &value)) {
        if (has_member(instead, key))
            continue;
        if (body->n && body->p[body->n - 1] != '{')
            buf_putc(body, ',');
        buf_printf(body, "\"%.*s\":", STR_ARG(key));
        buf_str_add(body, value);
    }
}

static void put_prompt(const struct completion *c, struct buf *body)
{
    bool ids = c->dialect->ids && c->ids.n;

    put_key(body, ids ? c->dialect->ids_key : c->dialect->text_key);
    if (ids)
        completions_put_ids(body, c->ids);
    else
        json_quote(body, c->text);
}

static void put_stops(const struct completion *c, struct buf *body)
{
    if (c->nstops) {
        put_key(body, "stop");
        for (size_t i = 0; i < c->nstops; i++) {
            buf_putc(body, i ? ',' : '[');
            json_quote(body, c->stops[i]);
        }
        buf_putc(body, ']');
    }
    if (c->stop_ids.n && c->dialect->stop_ids) {
        put_key(body, c->dialect->stop_ids);
        completions_put_ids(body, c->stop_ids);
    }
}

static void put_params(const struct completion *c, const struct traits *traits, struct buf *body)
{
    const struct completions_dialect *d = c->dialect;

    if (c->max_tokens >= 0 && traits->limit_key.n)
        put_int(body, d->limit, c->max_tokens);
    if (c->min_tokens > 0 && d->least)
        put_int(body, d->least, c->min_tokens);
    put_stops(c, body);
    if (c->temperature >= 0 && traits->sampling) {
        put_key(body, "temperature");
        json_number(body, c->temperature);
        completions_put_members(body, str_c(d->sampling), traits->extra);
    }
    if (c->seed >= 0 && traits->seed_key.n && d->seed)
        put_int(body, d->seed, c->seed);
    completions_put_members(body, str_c(d->fixed_params), traits->extra);
}

static void put_logprobs(const struct completion *c, struct buf *body)
{
    if (c->echo)
        buf_puts(body, ",\"echo\":true");
    if (c->logprobs >= 0)
        put_int(body, "logprobs", c->logprobs);
    if (c->prompt_logprobs >= 0 && c->dialect->prompt_logprobs)
        put_int(body, c->dialect->prompt_logprobs, c->prompt_logprobs);
    if (c->logprobs_from >= 0 && c->dialect->logprobs_from) {
        buf_puts(body, ",\"return_logprob\":true");
        put_int(body, c->dialect->logprobs_from, c->logprobs_from);
        buf_puts(body, ",\"return_text_in_logprobs\":true");
    }
}

void completions_request(const struct completion *c, struct buf *body)
{
    const struct completions_dialect *d = c->dialect;
    const struct traits *traits = c->traits ? c->traits : &traits_default;

    buf_putc(body, '{');
    if (d->model) {
        put_key(body, "model");
        json_quote(body, c->model);
    }
    put_prompt(c, body);
    if (d->params) {
        put_key(body, d->params);
        buf_putc(body, '{');
        put_params(c, traits, body);
        buf_putc(body, '}');
    } else {
        put_params(c, traits, body);
    }
    put_logprobs(c, body);
    completions_put_members(body, str_c(d->fixed), traits->extra);
    if (c->stream) {
        buf_puts(body, ",\"stream\":true");
        if (d->options && traits->stream_usage)
            buf_puts(body, ",\"stream_options\":{\"include_usage\":true}");
    }
    completions_put_members(body, traits->extra, STR(""));
    buf_putc(body, '}');
}
