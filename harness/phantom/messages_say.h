/*
 * messages_say.h - the phantom's side of Anthropic Messages: response bytes out. Pure.
 *
 * Tokens are those of wire.h; thinking_tokens are the hidden reasoning. A thinking block is there
 * when there was reasoning; its text is what was thought up to the limit, or empty. A call whose
 * input the limit cut has {} in a plain response, and what there was of it in a stream.
 */
#ifndef HARNESS_PHANTOM_MESSAGES_SAY_H
#define HARNESS_PHANTOM_MESSAGES_SAY_H

#include "harness/phantom/messages_ask.h"

void messages_write(
    const struct wire_request *request, const struct wire_reply *reply, struct buf *out);
void messages_write_count(int64_t tokens, struct buf *out);
void messages_write_error(const struct wire_error *e, struct buf *out);

#endif
