/*
 * knobs.h - what a chat asks for beside its messages, as members of a request.
 *
 * Shared by the wire formats: which members an endpoint takes and what they are called stands in
 * its traits, and what it does not take is not sent (the planner refuses such wishes; a wire format
 * says nothing). Internal to harness/provider.
 *
 *   thinking off   (effort "none" or no_thinking) members of none_with; an endpoint without them
 *                  gets "none" as its effort, unless it lists its efforts and "none" is not there
 *   effort         effort_key, and the members of effort_with
 *   thinking       thinking_key, and the members of thinking_with
 *   tools and an effort where the endpoint takes not both (tools_with_effort): as thinking off
 */
#ifndef HARNESS_PROVIDER_KNOBS_H
#define HARNESS_PROVIDER_KNOBS_H

#include "harness/plan/message.h"
#include "harness/provider/members.h"

/* The traits of the chat's endpoint; of a format other than Chat Completions, whose own names are
 * `own`: a name that stands as in traits_default was never said and is the format's own. */
struct traits knobs_traits(const struct chat *chat, const struct traits *own);

bool knobs_none(const struct chat *chat);                                 /* thinking is unwanted */
bool knobs_offers_tools(const struct chat *chat, const struct traits *t); /* by its own means */

/* Effort, thinking tokens (at most `most` of them, below 1 = no bound), or neither. */
void knobs_thinking(
    const struct chat *chat, const struct traits *t, int64_t most, struct members *m);
void knobs_temperature(const struct chat *chat, const struct traits *t, struct members *m);
void knobs_limit(const struct chat *chat, const struct traits *t, struct members *m);
void knobs_seed(const struct chat *chat, const struct traits *t, struct members *m);

#endif
