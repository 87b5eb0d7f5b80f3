/*
 * responses.h - OpenAI Responses, without earlier turns stored: items go in, items come out and go
 * back in.
 *
 * An assistant's turn that called tools is sent back as the very bytes that were received
 * (reply.native), because reasoning items carry encrypted text that the server checks. A turn that
 * cannot be answered as it stands (calls without an id, with one id twice, or with arguments that
 * are no JSON object) is not kept: it is sent back written anew from its text and calls.
 *
 * In the background (chat.background, traits.background) the server stores the response while it is
 * made: a reply that says `queued` or `in_progress` names it (reply.pending), and a GET of
 * /responses/NAME tells how far it is.
 *
 * The format has no seed: samples of equal requests differ by the server's own state. Traits that
 * stand as in traits_default mean the format's own names: max_output_tokens, reasoning.effort.
 */
#ifndef HARNESS_PROVIDER_RESPONSES_H
#define HARNESS_PROVIDER_RESPONSES_H

#include "harness/provider/provider.h"

extern const struct provider openai_responses;

/* Pure, as struct provider says. */
void responses_read(
    long status, struct str body, bool streamed, struct arena *arena, struct reply *ret);

#endif
