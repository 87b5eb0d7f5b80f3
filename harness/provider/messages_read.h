/* messages_read.h - reading Messages responses, plain and streamed. Pure. */
#ifndef HARNESS_PROVIDER_MESSAGES_READ_H
#define HARNESS_PROVIDER_MESSAGES_READ_H

#include "harness/provider/provider.h"

void messages_read(
    long status, struct str body, bool streamed, struct arena *arena, struct reply *ret);

#endif
