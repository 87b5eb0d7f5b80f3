/*
 * messages.h - Anthropic Messages, as Anthropic and those who imitate it speak it.
 *
 * What a chat says and how it goes out:
 *   max_tokens    the format demands one: MESSAGES_LIMIT where the chat has none
 *   effort        other than "none": thinking adaptive, summarised, and output_config.effort, the
 *                 word unchanged; "none" or absent: neither is sent
 *   temperature   left out while the model thinks: the vendor refuses it then
 *   seed          never sent: the format has none
 */
#ifndef HARNESS_PROVIDER_MESSAGES_H
#define HARNESS_PROVIDER_MESSAGES_H

#include "harness/provider/provider.h"

enum { MESSAGES_LIMIT = 8192 }; /* tokens of thinking and text together */

extern const struct provider messages_format;

#endif
