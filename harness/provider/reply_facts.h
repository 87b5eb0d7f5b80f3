/*
 * reply_facts.h - who answered: what a response says of its model, its configuration and itself.
 *
 * Models change behind their names; these words, kept with every call, show when. They are hostile
 * text: blanks are collapsed, and each is cut to FACTS_MOST bytes at a code point. Internal to
 * harness/provider.
 */
#ifndef HARNESS_PROVIDER_REPLY_FACTS_H
#define HARNESS_PROVIDER_REPLY_FACTS_H

#include "harness/base/json.h"
#include "harness/provider/provider.h"

enum { FACTS_MOST = 200 };

struct reply_facts {
    struct str model, fingerprint, provider, tier, request, id;
};

/* Takes what a response object or stream chunk says; its first word on each stays, but for the
 * service tier, which is settled at the end. */
void reply_facts_take(struct reply_facts *f, struct arena *arena, const struct json *v);
void reply_facts_copy(const struct reply_facts *f, struct arena *arena, struct reply *ret);

#endif
