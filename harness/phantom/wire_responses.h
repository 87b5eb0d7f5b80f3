/*
 * wire_responses.h - the phantom's side of OpenAI Responses, without earlier turns stored. Pure.
 *
 * Accepted: instructions; input as a string or items (messages, function calls and their outputs,
 * reasoning); flat tools, reasoning.effort, include, max_output_tokens, temperature, stream. What
 * belongs to Chat Completions is a 400, and so is what needs a store.
 *
 * With background: true the answer is made as any other, and kept by chat.h until it is fetched;
 * it needs a store (store: false is a 400) and is no stream.
 *
 * The mind hears what it would hear by Chat Completions, and tokens are counted alike. There is no
 * seed: above temperature 0 each answer is another draw from the server's state.
 *
 * An item's id is a digest of what the item says and of the reasoning item it follows. An item
 * that comes back with an id must fit it: altered text, arguments or encrypted_content, or
 * reasoning left out, is a 400. Items without an id are the client's own and are taken as they are.
 */
#ifndef HARNESS_PHANTOM_WIRE_RESPONSES_H
#define HARNESS_PHANTOM_WIRE_RESPONSES_H

#include "harness/phantom/wire.h"

/* As wire_read. */
bool wire_responses_read(
    struct str body, struct arena *arena, struct wire_request *ret, struct wire_error *ret_error);
/* Plain or as events, as the request asked. */
void wire_responses_write(
    const struct wire_request *request, const struct wire_reply *reply, struct buf *out);
/* In the background: the name under which it is fetched, and what stands in its place until it is
 * done; status is "queued" or "in_progress". */
void wire_responses_name(const struct wire_reply *reply, struct buf *out);
void wire_responses_under_way(const struct wire_request *request, const struct wire_reply *reply,
    const char *status, struct buf *out);

/* "PREFIX_" and 24 hex digits of a digest of what follows: the id of a reasoning item (prefix rs;
 * its encrypted_content), of a call (fc; call_id, name, arguments) or of a message (msg; text). */
enum { WIRE_MARK_SIZE = 32 };
const char *wire_responses_mark(char out[WIRE_MARK_SIZE], const char *prefix, struct str reasoning,
    const struct str *parts, size_t n);

#endif
