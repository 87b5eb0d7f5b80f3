/*
 * messages_ask.h - the phantom's side of Anthropic Messages: request bytes in.
 *
 * Pure. Accepted: system as a string or text blocks; roles user and assistant; content as a string
 * or blocks of text, tool_use, tool_result, thinking; tools, tool_choice, max_tokens (required),
 * temperature 0..1 (not with thinking), thinking adaptive, enabled with budget_tokens or disabled,
 * output_config.effort, stream, a prefill of the answer where thinking is not on. Any other field
 * is ignored. Refused with 400, as the vendor does: a prefill with thinking, a forced tool with
 * thinking, a budget below 1024 or not below max_tokens, tool results that are missing or not in
 * front, blank texts, and thinking that does not come back as it was sent. Models called ":newest"
 * refuse thinking enabled and every prefill.
 *
 * Effort: output_config.effort; without it "high" where thinking is on, and what the model does by
 * itself where thinking is absent. "disabled" is "none".
 *
 * A signature is STAMP.MAC: the stamp is part of the response's ids, the mac a digest of stamp and
 * text shown. Ids of calls that followed thinking carry a mark and the stamp, so that thinking left
 * out is noticed without a memory of what was said.
 */
#ifndef HARNESS_PHANTOM_MESSAGES_ASK_H
#define HARNESS_PHANTOM_MESSAGES_ASK_H

#include "harness/phantom/wire.h"

enum { MESSAGES_STAMP = 20 }; /* hex digits */

/* Texts live in the arena. On false *ret_error says why. */
bool messages_ask(
    struct str body, struct arena *arena, struct wire_request *ret, struct wire_error *ret_error);
/* The same where max_tokens may be absent, as when tokens are only counted. */
bool messages_ask_count(
    struct str body, struct arena *arena, struct wire_request *ret, struct wire_error *ret_error);

/* Into ret, NUL-terminated: STAMP "." MAC. */
enum { MESSAGES_SIGNATURE = MESSAGES_STAMP + 1 + DIGEST_HEX_LEN };
void messages_sign(struct str stamp, struct str text, char ret[MESSAGES_SIGNATURE + 1]);
/* Begins the id of a call whose response had thinking; the stamp follows. */
#define MESSAGES_CALL_AFTER_THINKING "toolu_t"

#endif
