/*
 * messages.h - Anthropic Messages, as Anthropic and those who imitate it speak it.
 *
 * Traits that stand as in traits_default mean the format's own names. What a chat says and how it
 * goes out:
 *   max_tokens    the format demands one: what the endpoint can put out, or else MESSAGES_LIMIT,
 *                 where the chat has none
 *   effort        output_config.effort, the word unchanged, with thinking adaptive and summarised;
 *                 "none" or absent: neither is sent, unless a trait switches thinking off
 *   thinking      a number of tokens where a trait names its member; always below max_tokens, as
 *                 the vendor demands, so a larger wish is cut to max_tokens - 1
 *   temperature   left out while the model thinks: the vendor refuses it then
 *   tool_choice   a forced tool becomes `auto` while the model thinks, for the same reason
 *   seed          not sent: the format has none
 */
#ifndef HARNESS_PROVIDER_MESSAGES_H
#define HARNESS_PROVIDER_MESSAGES_H

#include "harness/provider/provider.h"

enum { MESSAGES_LIMIT = 8192 }; /* tokens of thinking and text together */

extern const struct provider messages_format;

#endif
