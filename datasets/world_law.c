/*
 * world_law.c - the laws of what is asked, foreseen and scored; parameters in worlds/laws.json.
 *
 *     asked    = form + depth + noise * z1
 *     null     = noise * z2                   (without forms that may have a long decimal as value)
 *     sleeper  = (asked + noise * z3) / temperature
 *     scorer   = (asked or null + noise * z4) / temperature
 *
 * z1..z4 are standard normal numbers fixed by a law's seed, the context's name and the quantity's
 * form and arguments. All are computed once when a context is loaded.
 */
#include "datasets/world_impl.h"

#include "harness/base/data.h"
#include "harness/base/json.h"

#include <math.h>

static enum err_code need_number(
    const struct json *v, const char *key, double *ret, struct err *err)
{
    if (!json_num(json_get(v, key), ret))
        return err_set(err, ERR_INPUT, "laws.json: no number %s", key);
    return OK;
}

static enum err_code load_noise(const struct json *v, struct world_noise *ret, struct err *err)
{
    int64_t seed;
    enum err_code code = need_number(v, "noise", &ret->noise, err);

    if (!code)
        code = need_number(v, "temperature", &ret->temperature, err);
    if (!code && (!json_int(json_get(v, "seed"), &seed) || ret->temperature <= 0))
        code = err_set(err, ERR_INPUT, "laws.json: a law needs a seed and a temperature above 0");
    if (!code)
        ret->seed = (uint64_t)seed;
    return code;
}

static enum err_code load_weights(
    const struct json *doc, struct world_law_params *ret, struct err *err)
{
    const struct json *forms = json_get(doc, "form"), *depth = json_get(doc, "depth");
    enum err_code code = OK;

    for (size_t i = 0; i < world_form_count && !code; i++)
        if (world_forms[i].question)
            code = need_number(forms, world_forms[i].name, &ret->form[i], err);
    for (size_t i = 0; i < ARRAY_LEN(ret->depth) && !code; i++)
        if (!json_num(json_at(depth, i), &ret->depth[i]))
            code =
                err_set(err, ERR_INPUT, "laws.json: depth needs %d numbers", WORLD_MAX_DEPTH + 1);
    return code;
}

enum err_code world_law_load(struct world_law_params *ret, struct err *err)
{
    struct buf text = BUF_INIT;
    struct json *doc = NULL;
    enum err_code code = data_read("datasets/worlds/laws.json", &text, err);

    if (!code)
        code = json_parse(buf_str(&text), JSON_STRICT, &doc, err);
    buf_release(&text);
    if (code)
        return err_wrap(err, "laws.json");
    if (!(code = load_weights(doc, ret, err)) &&
        !(code = load_noise(json_get(doc, "asked"), &ret->asked, err)) &&
        !(code = load_noise(json_get(doc, "null"), &ret->null, err)) &&
        !(code = load_noise(json_get(doc, "sleeper"), &ret->sleeper, err)))
        code = load_noise(json_get(doc, "scorer"), &ret->scorer, err);
    json_free(doc);
    return code;
}

/* FNV-1a over what makes a quantity that quantity. */
static uint64_t node_key(const struct world_node *node)
{
    uint64_t h = 0xCBF29CE484222325u;

    for (const char *p = world_forms[node->form].name; *p; p++)
        h = (h ^ (unsigned char)*p) * 0x100000001B3u;
    for (size_t i = 0; i < ARRAY_LEN(node->args); i++)
        h = (h ^ node->args[i]) * 0x100000001B3u;
    return h;
}

static double noise_of(uint64_t stream, const struct world_node *node)
{
    struct rng r = rng_seeded(stream ^ node_key(node));

    return rng_normal(&r);
}

/* law[i] = (from[i] + noise * z) / temperature; from == NULL counts as 0 */
static double *noisy_copy(const struct world_context *c, const double *from,
    const struct world_noise *p, struct arena *arena)
{
    struct rng r = rng_labelled(p->seed, c->name);
    uint64_t stream = rng_u64(&r);
    double *law = arena_array(arena, double, c->nnodes);

    for (size_t i = 0; i < c->nnodes; i++) {
        double base = from ? from[i] : 0;
        law[i] = c->nodes[i].candidate
                     ? (base + p->noise * noise_of(stream, &c->nodes[i])) / p->temperature
                     : -INFINITY;
    }
    return law;
}

void world_law_prepare(
    struct world_context *c, const struct world_law_params *params, struct arena *arena)
{
    double *plain = arena_array(arena, double, c->nnodes);

    for (size_t i = 0; i < c->nnodes; i++)
        if (c->nodes[i].candidate)
            plain[i] = params->form[c->nodes[i].form] + params->depth[c->nodes[i].depth];
    double *asked = noisy_copy(c, plain, &params->asked, arena);
    double *null = noisy_copy(c, NULL, &params->null, arena);
    for (size_t i = 0; i < c->nnodes; i++)
        if (world_forms[c->nodes[i].form].flags & FORM_BROKEN)
            null[i] = -INFINITY;
    c->laws[KEPT_ASKED] = asked;
    c->laws[KEPT_ASKED_NULL] = null;
    c->laws[KEPT_SLEEPER] = noisy_copy(c, asked, &params->sleeper, arena);
    c->laws[KEPT_SCORER] = noisy_copy(c, asked, &params->scorer, arena);
    c->laws[KEPT_SCORER_NULL] = noisy_copy(c, null, &params->scorer, arena);
}

void world_law(
    const struct world_view *v, enum world_law law, struct str world, double *ret_log_weights)
{
    static const enum world_law_kept kept[][2] = {
        [LAW_ASKED] = {KEPT_ASKED, KEPT_ASKED_NULL},
        [LAW_SLEEPER] = {KEPT_SLEEPER, KEPT_SLEEPER},
        [LAW_SCORER] = {KEPT_SCORER, KEPT_SCORER_NULL},
    };
    const double *from = v->context->laws[kept[law][str_eqc(world, "null")]];

    memcpy(ret_log_weights, from, v->n * sizeof(*from));
}
