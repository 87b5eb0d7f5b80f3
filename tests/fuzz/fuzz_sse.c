/* fuzz_sse.c - any bytes as an event stream: it ends, and no event is longer than the stream. */
#include "harness/net/sse.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct sse s = sse_of((struct str){(const char *)data, n});
    struct buf scratch = BUF_INIT;
    struct sse_event e;
    size_t total = 0;

    while (sse_next(&s, &scratch, &e))
        total += e.data.n + e.name.n + 1;
    if (total > 2 * n + 2)
        abort();
    buf_release(&scratch);
    return 0;
}
