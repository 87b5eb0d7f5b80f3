/*
 * limits.h - were the tokens of a reply those that the chat allowed? Pure.
 *
 * Servers drop limits they do not know, and some builds drop those they do: only the count of what
 * came tells. Rules, the first that is broken counts:
 *
 *   over the limit     visible + reasoning > max_tokens + 1
 *   over the thinking  reasoning > thinking_tokens + 1; where the endpoint's number is a target
 *                      (traits.thinking_hard false) only max_tokens binds
 *   thought at all     reasoning > 0, or text of it, although thinking was switched off
 *
 * The one token is for servers that count the token which ended the text, or the delimiter that
 * ended the thinking. What the server did not count breaks nothing: unknown is no violation. A
 * server that gives one total has its thinking in the visible part, so the second rule can't speak.
 */
#ifndef HARNESS_PROVIDER_LIMITS_H
#define HARNESS_PROVIDER_LIMITS_H

#include "harness/provider/provider.h"

enum limits_broken { LIMITS_KEPT, LIMITS_MAX_TOKENS, LIMITS_THINKING, LIMITS_NO_THINKING };

enum { LIMITS_SLACK = 1 }; /* tokens */

/* What was broken; a sentence about it is added to *why ("312 tokens came, 256 were allowed"),
 * which may be NULL. */
enum limits_broken limits_violation(
    const struct chat *chat, const struct reply *reply, struct buf *why);

#endif
