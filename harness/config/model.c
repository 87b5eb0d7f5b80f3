/* model.c - the table of providers, and API keys. See model.h. */
#include "harness/config/model.h"

#include "harness/base/file.h"
#include "harness/base/log.h"

#include <stdlib.h>
#include <string.h>

/* Public base addresses and the environment variables their documentation uses. */
static const struct provider_place {
    const char *name, *base_url, *key_env;
    const char *limit_key; /* NULL = "max_tokens", which servers elsewhere know best */
    const char *wire;      /* NULL = "openai-chat", which most speak */
} providers[] = {
    {"anthropic", "https://api.anthropic.com", "ANTHROPIC_API_KEY", NULL, "anthropic-messages"},
    {"deepseek", "https://api.deepseek.com", "DEEPSEEK_API_KEY", NULL, NULL},
    {"fireworks", "https://api.fireworks.ai/inference/v1", "FIREWORKS_API_KEY", NULL, NULL},
    {"gemini", "https://generativelanguage.googleapis.com/v1beta/openai", "GEMINI_API_KEY", NULL,
        NULL},
    {"groq", "https://api.groq.com/openai/v1", "GROQ_API_KEY", NULL, NULL},
    {"mistral", "https://api.mistral.ai/v1", "MISTRAL_API_KEY", NULL, NULL},
    {"openai", "https://api.openai.com/v1", "OPENAI_API_KEY", "max_completion_tokens", NULL},
    {"openrouter", "https://openrouter.ai/api/v1", "OPENROUTER_API_KEY", NULL, NULL},
    {"phantom", "phantom", "", NULL, NULL},
    {"together", "https://api.together.ai/v1", "TOGETHER_API_KEY", NULL, NULL},
};

const char *model_provider_name(size_t i)
{
    return i < ARRAY_LEN(providers) ? providers[i].name : NULL;
}

/* "127." and three more numbers below 256: a name may begin with "127." and be anywhere. */
static bool is_loopback_address(struct str host)
{
    struct str rest = host, part;
    size_t parts = 0;

    while (str_cut(&rest, '.', &part)) {
        int v = 0;
        for (size_t i = 0; i < part.n; i++) {
            if (!str_is_digit(part.p[i]))
                return false;
            v = v * 10 + (part.p[i] - '0');
        }
        if (part.n == 0 || part.n > 3 || v > 255 || (parts == 0 && !str_eqc(part, "127")))
            return false;
        parts++;
    }
    return parts == 4;
}

/* What stands between "://" and the next '/', '?' or '#'. */
static struct str authority_of(struct str url)
{
    size_t at = str_find(url, STR("://"), 0), end = 0;
    struct str rest = at == SIZE_MAX ? url : str_from(url, at + 3);

    while (end < rest.n && !memchr("/?#\\", rest.p[end], 4))
        end++;
    return str_slice(rest, 0, end);
}

static bool is_loopback(struct str url)
{
    struct str host = authority_of(url);
    size_t colon = str_starts(host, STR("[")) ? str_find(host, STR("]:"), 0) : SIZE_MAX;

    if (colon != SIZE_MAX)
        host.n = colon + 1;
    else if (!str_starts(host, STR("[")) && (colon = str_find(host, STR(":"), 0)) != SIZE_MAX)
        host.n = colon;
    return is_loopback_address(host) || str_eq_nocase(host, STR("localhost")) ||
           str_eqc(host, "[::1]");
}

static const struct provider_place *find_provider(struct str name, struct str *ret_rest)
{
    struct str rest = name, head;

    if (!str_cut(&rest, '/', &head) || !rest.p)
        return NULL;
    for (size_t i = 0; i < ARRAY_LEN(providers); i++)
        if (str_eqc(head, providers[i].name)) {
            *ret_rest = rest;
            return &providers[i];
        }
    return NULL;
}

static enum err_code own_url(
    const struct model_config *m, struct model_place *place, struct err *err)
{
    struct str url = m->base_url;

    if (!str_starts(url, STR("http://")) && !str_starts(url, STR("https://")))
        return err_set(
            err, ERR_USAGE, "base_url \"%.*s\" must begin with http:// or https://", STR_ARG(url));
    for (size_t i = 0; i < url.n; i++)
        if ((unsigned char)url.p[i] <= ' ')
            return err_set(err, ERR_USAGE, "base_url has a blank in it");
    if (str_find(authority_of(url), STR("@"), 0) != SIZE_MAX)
        return err_set(err, ERR_USAGE,
            "base_url has a user or password in it: give the key by api_key_env or api_key_file");
    while (str_ends(url, STR("/")))
        url.n--;
    place->base_url = url;
    place->loopback = is_loopback(url);
    return OK;
}

/* What a provider's requests are like, where the model's entry does not say otherwise. */
static void take_habits(
    const struct provider_place *p, const struct model_config *m, struct model_place *place)
{
    if (p->limit_key)
        place->traits.limit_key = str_c(p->limit_key);
    if (!m->api.p && p->wire)
        place->traits.api = str_c(p->wire);
}

enum err_code model_place(const struct model_config *m, struct model_place *ret, struct err *err)
{
    struct str rest = {NULL, 0};
    const struct provider_place *p = find_provider(m->name, &rest);
    struct model_place place = {.model = m->name, .traits = traits_default};

    if (m->api.p)
        place.traits.api = m->api;
    place.simulated = p && strcmp(p->name, "phantom") == 0;
    if (m->base_url.p && place.simulated)
        place.model = rest;
    if (m->base_url.p) {
        if (own_url(m, &place, err))
            return err->code;
        for (size_t i = 0; i < ARRAY_LEN(providers); i++)
            if (str_eqc(place.base_url, providers[i].base_url))
                take_habits(&providers[i], m, &place);
        *ret = place;
        return OK;
    }
    if (!p) {
        struct buf known = BUF_INIT;
        for (size_t i = 0; i < ARRAY_LEN(providers); i++)
            buf_printf(&known, "%s%s", i ? ", " : "", providers[i].name);
        enum err_code code = err_set(err, ERR_USAGE,
            "\"%.*s\" names no known provider: write provider/name with one of %s, or give "
            "base_url",
            STR_ARG(m->name), buf_cstr(&known));
        buf_release(&known);
        return code;
    }
    place.model = rest;
    place.phantom = place.simulated;
    place.loopback = place.phantom;
    place.base_url = str_c(p->base_url);
    place.key_env = str_c(p->key_env);
    take_habits(p, m, &place);
    *ret = place;
    return OK;
}

static enum err_code key_from_file(struct str path, struct buf *ret_key, struct err *err)
{
    struct buf name = BUF_INIT, content = BUF_INIT;

    buf_str_add(&name, path);
    enum err_code code = file_read(buf_cstr(&name), 65536, &content, err);
    if (code) {
        err->code = ERR_USAGE;
        (void)err_wrap(err, "api_key_file"); /* the code is what we return */
        code = ERR_USAGE;
    } else {
        struct str rest = buf_str(&content), line = {NULL, 0};
        (void)str_cut(&rest, '\n', &line); /* an empty file gives an empty key, refused below */
        line = str_trim(line);
        if (line.n == 0)
            code = err_set(err, ERR_USAGE, "api_key_file %s is empty", buf_cstr(&name));
        else
            buf_str_add(ret_key, line);
    }
    buf_release(&name);
    buf_release(&content);
    return code;
}

enum err_code model_key(const struct model_config *m, struct buf *ret_key, struct err *err)
{
    struct model_place place;

    if (model_place(m, &place, err))
        return err->code;
    if (m->api_key_file.p) {
        if (key_from_file(m->api_key_file, ret_key, err))
            return err->code;
    } else {
        struct str env = m->api_key_env.p ? m->api_key_env : place.key_env;
        struct buf name = BUF_INIT;
        buf_str_add(&name, env);
        const char *value = env.n ? getenv(buf_cstr(&name)) : NULL;
        buf_release(&name);
        if (env.n && (!value || !*value))
            return err_set(err, ERR_USAGE,
                "model \"%.*s\" needs a key: set the environment variable %.*s", STR_ARG(m->name),
                STR_ARG(env));
        if (value)
            buf_str_add(ret_key, str_trim(str_c(value)));
    }
    for (size_t i = 0; i < ret_key->n; i++)
        if ((unsigned char)ret_key->p[i] <= ' ')
            return err_set(err, ERR_USAGE, "the key of \"%.*s\" has a blank or line break in it",
                STR_ARG(m->name));
    secret_add(buf_str(ret_key));
    return OK;
}
