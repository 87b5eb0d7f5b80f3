/* fuzz_provider.c - any bytes as a response, plain and streamed: there is always an outcome. */
#include "harness/provider/provider.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const long statuses[] = {200, 200, 400, 429, 500};
    struct arena arena = {0};

    if (n == 0)
        return 0;
    long status = statuses[data[0] % 5];
    struct str body = {(const char *)data + 1, n - 1};
    for (size_t i = 0; provider_all[i]; i++)
        for (int streamed = 0; streamed < 2; streamed++) {
            struct reply reply = {.outcome = OUTCOME_COUNT};
            provider_all[i]->read(status, body, streamed, &arena, &reply);
            if (reply.outcome <= OUTCOME_NONE || reply.outcome >= OUTCOME_COUNT)
                abort();
            if (status != 200 && outcome_is_result(reply.outcome) &&
                reply.outcome != OUTCOME_CONTENT_FILTER)
                abort();
        }
    arena_release(&arena);
    return 0;
}
