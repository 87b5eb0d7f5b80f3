/*
 * model.h - which endpoint a model name stands for, and where its key comes from.
 *
 * "provider/name" looks the provider up in a table (base URL, environment variable of the key);
 * any other name needs base_url. "phantom/..." is the embedded model.
 */
#ifndef HARNESS_CONFIG_MODEL_H
#define HARNESS_CONFIG_MODEL_H

#include "harness/config/config.h"
#include "harness/config/traits.h"

struct model_place {
    bool phantom;     /* the embedded model: a child of this process answers */
    bool simulated;   /* a phantom answers, here or at base_url: no claim about language models */
    struct str model; /* the name sent on the wire */
    struct str base_url;  /* without a closing slash; "phantom" for the embedded model */
    struct str key_env;   /* empty: no key needed unless api_key_env or api_key_file says so */
    bool loopback;        /* the host is this machine */
    struct traits traits; /* what its requests are like; traits.api is the wire format */
};

MUST_CHECK enum err_code model_place(
    const struct model_config *m, struct model_place *ret, struct err *err);

/* Appends the key; nothing if the model needs none. A named but missing key is ERR_USAGE. The key
 * is registered as a secret (log.h). */
MUST_CHECK enum err_code model_key(
    const struct model_config *m, struct buf *ret_key, struct err *err);

/* Names of known providers: i from 0, NULL behind the last. */
const char *model_provider_name(size_t i);

#endif
