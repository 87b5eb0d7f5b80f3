/*
 * model.h - which endpoint a model name stands for, what it takes, and where its key comes from.
 *
 * "host/name" is a model of a known host (models.h): its address, the variable of its key, its
 * traits. Any other name needs base_url or host. An address of its own makes a name a name, and no
 * host's key goes there; the host is then told by `host`, by a host's name in front (of hosts that
 * stand anywhere, as vllm), or by the address, unless that is this machine. "phantom/..." is the
 * embedded model.
 */
#ifndef HARNESS_CONFIG_MODEL_H
#define HARNESS_CONFIG_MODEL_H

#include "harness/config/config.h"
#include "harness/config/models.h"

struct model_place {
    bool phantom;     /* the embedded model: a child of this process answers */
    bool simulated;   /* a phantom answers, here or at base_url: no claim about language models */
    struct str host;  /* whose traits it has; empty = an unknown server */
    struct str model; /* the name sent on the wire */
    struct str base_url;  /* without a closing slash; "phantom" for the embedded model */
    struct str key_env;   /* empty: no key needed unless api_key_env or api_key_file says so */
    bool loopback;        /* the host is this machine */
    struct traits traits; /* what its requests are like; traits.api is the wire format */
};

/* Looks a model up. Texts live in the arena or in what was given. */
MUST_CHECK enum err_code model_resolve(const struct model_config *m, const struct model_book *book,
    struct arena *arena, struct model_place *ret, struct err *err);

/* What config_load has found for a model of its configuration. */
MUST_CHECK enum err_code model_place(
    const struct model_config *m, struct model_place *ret, struct err *err);

/* Checks an address: http or https, no blank, no user in it. *ret_base is the part of it without
 * slashes at its end; *ret_loopback: the host is this machine. */
MUST_CHECK enum err_code model_address(
    struct str url, struct str *ret_base, bool *ret_loopback, struct err *err);

/* Appends the key; nothing if the model needs none. A named but missing key is ERR_USAGE. The key
 * is registered as a secret (log.h). */
MUST_CHECK enum err_code model_key(
    const struct model_config *m, struct buf *ret_key, struct err *err);

#endif
