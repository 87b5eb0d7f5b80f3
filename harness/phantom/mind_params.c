/* mind_params.c - the parameter file of the phantom's models; see mind_impl.h. */
#include "harness/phantom/mind_impl.h"

#include "harness/base/data.h"
#include "harness/base/file.h"
#include "harness/base/json.h"

/* Part of every digest: raise it when the same parameters come to mean another behaviour. */
#define ENGINE_VERSION 1

enum { MAX_FILE = 1 << 20 };

#define PARAM(name, least, most)                                                                   \
    {                                                                                              \
#name, offsetof(struct mind_params, name), least, most, false, 0                           \
    }
/* One that a model may leave out. At its neutral value it is no part of the digest, so that models
 * without it answer as they did before it was there. */
#define OPTIONAL(name, least, most, neutral)                                                       \
    {                                                                                              \
#name, offsetof(struct mind_params, name), least, most, true, neutral                      \
    }

static const struct param {
    const char *key;
    size_t offset;
    double least, most;
    bool optional;
    double neutral;
} params[] = {
    PARAM(explicit_slip, 0, 1),
    PARAM(implicit_slip, 0, 1),
    PARAM(misread, 0, 1),
    PARAM(retrieval_beta, 0, 1e6),
    PARAM(retrieval_gamma, 0, 100),
    PARAM(retrieval_lines, 1, 1e6),
    PARAM(working_memory, 1, 1000),
    PARAM(lines_as_needed, 0, 1000),
    PARAM(lines_effort_low, 0, 1000),
    PARAM(lines_effort_medium, 0, 1000),
    PARAM(sleep_lines, 1, 1000),
    PARAM(sleep_calls, 1, 1000),
    PARAM(sleep_mass_left, 0, 1),
    PARAM(sleep_noise, 0, 100),
    OPTIONAL(effort_absent, 0, 5, 0),
    OPTIONAL(lines_effort_minimal, 0, 1000, 0),
    OPTIONAL(checks_effort_medium, 0, 1000, 0),
    OPTIONAL(checks_effort_high, 0, 1000, 0),
    OPTIONAL(agree_effort_xhigh, 2, MIND_AGREE_MOST, 2),
};

static double *slot(struct mind_params *p, const struct param *k)
{
    return (double *)(void *)((char *)p + k->offset);
}

static const struct param *find(struct str key)
{
    for (size_t i = 0; i < ARRAY_LEN(params); i++)
        if (str_eqc(key, params[i].key))
            return &params[i];
    return NULL;
}

static void seal(struct mind_params *p)
{
    struct buf text = BUF_INIT;
    char hex[DIGEST_HEX_LEN + 1];

    buf_printf(&text, "%d", ENGINE_VERSION);
    for (size_t i = 0; i < ARRAY_LEN(params); i++) {
        if (params[i].optional && *slot(p, &params[i]) == params[i].neutral)
            continue;
        buf_printf(&text, " %s=", params[i].key);
        json_number(&text, *slot(p, &params[i]));
    }
    p->digest = digest_of(buf_str(&text));
    buf_reset(&text);
    buf_printf(&text, "phantom-%.12s", digest_hex(p->digest, hex));
    memcpy(p->fingerprint, buf_cstr(&text), text.n + 1);
    buf_release(&text);
}

/* Every parameter is explained with its unit: a file that does not say so is not accepted. */
static enum err_code check_explained(
    const struct json *explained, const struct param *k, const char *path, struct err *err)
{
    const struct json *p = json_get(explained, k->key);

    if (json_str(json_get(p, "unit")).n && json_str(json_get(p, "comment")).n)
        return OK;
    return err_set(err, ERR_INPUT, "%s: parameters.%s needs a unit and a comment", path, k->key);
}

static enum err_code read_value(const struct json *v, const struct json *explained,
    const char *path, struct mind_model *model, struct err *err)
{
    const struct param *k = find(json_key(v));
    double x;

    if (!k)
        return err_set(err, ERR_INPUT, "%s: models.%s.%.*s is no parameter", path, model->name,
            STR_ARG(json_key(v)));
    if (!json_num(v, &x) || x < k->least || x > k->most)
        return err_set(err, ERR_INPUT, "%s: models.%s.%s must be a number from %g to %g", path,
            model->name, k->key, k->least, k->most);
    *slot(&model->params, k) = x;
    return k->optional ? check_explained(explained, k, path, err) : OK;
}

static enum err_code read_model(const struct json *v, const struct json *explained,
    const char *path, struct mind_model *model, struct err *err)
{
    size_t seen = 0, needed = 0;

    for (size_t i = 0; i < ARRAY_LEN(params); i++) {
        needed += !params[i].optional;
        *slot(&model->params, &params[i]) = params[i].neutral;
    }
    for (const struct json *m = json_first(v); m; m = json_next(m)) {
        enum err_code code = read_value(m, explained, path, model, err);
        if (code)
            return code;
        seen += !find(json_key(m))->optional;
    }
    if (seen != needed)
        return err_set(err, ERR_INPUT, "%s: models.%s has %zu of %zu parameters", path, model->name,
            seen, needed);
    seal(&model->params);
    return OK;
}

static enum err_code read_file(
    struct str text, const char *path, struct mind_models *ret, struct err *err)
{
    struct json *doc;

    if (json_parse(text, JSON_STRICT, &doc, err))
        return err_wrap(err, "%s", path);
    const struct json *models = json_get(doc, "models"), *explained = json_get(doc, "parameters");
    enum err_code code = OK;
    for (size_t i = 0; i < ARRAY_LEN(params) && code == OK; i++)
        if (!params[i].optional)
            code = check_explained(explained, &params[i], path, err);
    for (const struct json *m = json_first(models); m && code == OK; m = json_next(m)) {
        GROW(ret->v, ret->n + 1, ret->cap);
        struct mind_model *model = &ret->v[ret->n++];
        *model = (struct mind_model){.name = xstrdup(json_key(m).p)};
        code = read_model(m, explained, path, model, err);
    }
    if (code == OK && ret->n == 0)
        code = err_set(err, ERR_INPUT, "%s: no models", path);
    json_free(doc);
    return code;
}

enum err_code mind_params_load(const char *path, struct mind_models *ret, struct err *err)
{
    struct buf text = BUF_INIT;
    struct mind_models models = {0};
    enum err_code code = path ? file_read(path, MAX_FILE, &text, err)
                              : data_read("configs/phantom.json", &text, err);

    if (code == OK)
        code = read_file(buf_str(&text), path ? path : "configs/phantom.json", &models, err);
    buf_release(&text);
    if (code)
        mind_params_release(&models);
    else
        *ret = models;
    return code;
}

void mind_params_release(struct mind_models *models)
{
    for (size_t i = 0; i < models->n; i++)
        free(models->v[i].name);
    free(models->v);
    *models = (struct mind_models){0};
}
