/*
 * background.h - a response that the server makes in the background, until it is there. Pure.
 *
 * The request for it is answered at once with its name; GETs of path/NAME tell how far it is, and
 * the last one has it whole. A server that does not know the name any more, or says that the
 * response failed or was cancelled, has lost it: then the request is due again. A reply about
 * something else (429, 503, a proxy's page) changes nothing: the same name is asked for again.
 */
#ifndef HARNESS_RUN_BACKGROUND_H
#define HARNESS_RUN_BACKGROUND_H

#include "harness/provider/provider.h"

enum { BACKGROUND_NAME = 200 }; /* most bytes of a name */

struct background {
    char name[BACKGROUND_NAME + 1]; /* of the response under way; empty = none is */
    int64_t polls;                  /* replies that said it is under way */
    bool lost;                      /* the last reply ended it without a result */
};

/* Takes what a reply says of the response under way. One that is still being made is
 * OUTCOME_PENDING and has used nothing; one whose name is not of letters, digits, '_' and '-' is
 * OUTCOME_PROVIDER_ERROR. A lost one is worth another attempt where reply->retry says so. Texts
 * live in the arena. True if the reply is the response, a result. */
bool background_take(struct background *b, long status, struct arena *arena, struct reply *reply);

/* Milliseconds to the next look, about poll_s: longer after many looks, but below most_s. */
int64_t background_pause_ms(const struct background *b, double poll_s, int64_t most_s);

#endif
