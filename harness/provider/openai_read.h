/* openai_read.h - reading Chat Completions responses, plain and streamed. Pure. */
#ifndef HARNESS_PROVIDER_OPENAI_READ_H
#define HARNESS_PROVIDER_OPENAI_READ_H

#include "harness/provider/provider.h"

void openai_read(
    long status, struct str body, bool streamed, struct arena *arena, struct reply *ret);

#endif
