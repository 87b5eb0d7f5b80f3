/* model.c - from a model's entry to its endpoint, and API keys; see model.h. */
#include "harness/config/model.h"

#include "harness/base/file.h"
#include "harness/base/log.h"

#include <stdlib.h>
#include <string.h>

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

enum err_code model_address(
    struct str url, struct str *ret_base, bool *ret_loopback, struct err *err)
{
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
    *ret_base = url;
    *ret_loopback = is_loopback(url);
    return OK;
}

static enum err_code own_url(
    const struct model_config *m, struct model_place *place, struct err *err)
{
    return model_address(m->base_url, &place->base_url, &place->loopback, err);
}

/* No host of that name: by `host`, or in front of a model's name. */
static enum err_code no_host(
    const struct model_book *book, struct str name, bool by_key, struct err *err)
{
    struct buf known = BUF_INIT;

    models_host_names(book, &known);
    if (by_key)
        (void)err_set(err, ERR_USAGE, "host \"%.*s\" is not known: it must be one of %s",
            STR_ARG(name), buf_cstr(&known)); /* the code is what we return */
    else
        (void)err_set(err, ERR_USAGE,
            "\"%.*s\" names no known provider: write provider/name with one of %s, or give "
            "base_url",
            STR_ARG(name), buf_cstr(&known));
    buf_release(&known);
    return ERR_USAGE;
}

/* The name in front of the first '/' and what is behind it; false if there is no such host. */
static bool host_in_front(
    const struct model_book *book, struct str name, struct model_host *ret, struct str *ret_rest)
{
    struct str rest = name, head;

    if (!str_cut(&rest, '/', &head) || !rest.p || !models_host(book, head, ret))
        return false;
    *ret_rest = rest;
    return true;
}

/* Which host serves the entry, and what it calls the model; *ret->name empty: an unknown server. */
static enum err_code find_host(const struct model_config *m, const struct model_book *book,
    const struct model_place *place, struct model_host *ret, struct str *ret_model, struct err *err)
{
    struct model_host front;
    struct str rest;
    bool in_front = host_in_front(book, m->name, &front, &rest);

    *ret = (struct model_host){.name = STR("")};
    *ret_model = m->name;
    if (m->host.p) {
        if (!models_host(book, m->host, ret))
            return no_host(book, m->host, true, err);
        if (in_front && str_eq(front.name, ret->name))
            *ret_model = rest;
        return OK;
    }
    if (in_front && (!m->base_url.p || front.by_name)) {
        *ret = front;
        *ret_model = rest;
        return OK;
    }
    if (!m->base_url.p)
        return no_host(book, m->name, false, err);
    /* of this machine's ports only the user knows what listens there */
    struct model_book own = {place->loopback ? NULL : book->shipped, book->own};
    if (models_host_at(&own, place->base_url, ret))
        return OK;
    *ret = (struct model_host){.name = STR("")};
    return OK;
}

static bool is_phantom(struct str host)
{
    return str_eqc(host, "phantom");
}

/* The host's own address and the variable of its key. */
static enum err_code host_place(
    const struct model_host *host, struct model_place *place, struct err *err)
{
    struct model_config at = {.base_url = host->base_url};

    place->key_env = host->key_env;
    place->phantom = is_phantom(host->name);
    if (place->phantom) {
        place->base_url = host->base_url;
        place->loopback = true;
        return OK;
    }
    return own_url(&at, place, err) ? err_wrap(err, "host %.*s", STR_ARG(host->name)) : OK;
}

enum err_code model_resolve(const struct model_config *m, const struct model_book *book,
    struct arena *arena, struct model_place *ret, struct err *err)
{
    struct model_place place = {.model = m->name};
    struct model_host host;

    if ((m->base_url.p && own_url(m, &place, err)) ||
        find_host(m, book, &place, &host, &place.model, err))
        return err->code;
    if (!m->base_url.p && !host.base_url.p)
        return err_set(err, ERR_USAGE,
            "host %.*s has no address of its own: give the model's base_url", STR_ARG(host.name));
    if (!m->base_url.p && host_place(&host, &place, err))
        return err->code;
    place.host = host.name;
    place.simulated = is_phantom(host.name);
    if (models_traits(
            book, host.name, place.model, m->api, m->traits, arena, &place.traits, NULL, err))
        return err->code;
    *ret = place;
    return OK;
}

enum err_code model_place(const struct model_config *m, struct model_place *ret, struct err *err)
{
    (void)err; /* what could go wrong went wrong in config_load */
    if (!m->place)
        BUG("a model of no loaded configuration");
    *ret = *m->place;
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
