/* openai_chat.h - OpenAI Chat Completions, as OpenAI and most servers speak it. */
#ifndef HARNESS_PROVIDER_OPENAI_CHAT_H
#define HARNESS_PROVIDER_OPENAI_CHAT_H

#include "harness/provider/provider.h"

extern const struct provider openai_chat;

#endif
