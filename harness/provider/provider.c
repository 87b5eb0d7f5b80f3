/* provider.c - the list of wire formats and the meaning of HTTP statuses. */
#include "harness/provider/provider.h"

#include "harness/provider/completions_template.h"
#include "harness/provider/messages.h"
#include "harness/provider/openai_chat.h"
#include "harness/provider/responses.h"

const struct provider *const provider_all[] = {
    &messages_format, &openai_chat, &openai_completions, &openai_responses, NULL};

const struct provider *provider_find(struct str name)
{
    for (size_t i = 0; provider_all[i]; i++)
        if (str_eqc(name, provider_all[i]->name))
            return provider_all[i];
    return NULL;
}

void provider_url(const struct provider *p, struct str base, struct buf *out)
{
    struct str path = str_c(p->path);

    buf_str_add(out, base);
    if (str_ends(base, STR("/v1")) && str_starts(path, STR("/v1/")))
        path = str_from(path, 3);
    buf_str_add(out, path);
}

enum outcome provider_status(long status, bool *ret_retry)
{
    *ret_retry = true;
    if (status == 429 || status == 498) /* 498: capacity of Groq's flex tier */
        return OUTCOME_RATE_LIMITED;
    if (status == 408)
        return OUTCOME_TIMEOUT;
    if (status == 409)
        return OUTCOME_HTTP_ERROR;
    if (status >= 500)
        return OUTCOME_PROVIDER_ERROR;
    *ret_retry = false;
    bool refused = status >= 401 && status <= 404; /* key, money, permission, address */
    return status >= 400 && !refused ? OUTCOME_REJECTED : OUTCOME_HTTP_ERROR;
}
