/* fuzz_split.c - any bytes as a problem: every splitter cuts it without adding to it. */
#include "splitters/split.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct arena arena = {0};

    for (size_t i = 0; splitter_all[i]; i++) {
        struct str context = {NULL, 0}, query = {NULL, 0};
        splitter_all[i]->cut((struct str){(const char *)data, n}, &arena, &context, &query);
        if (context.n + query.n > 2 * n + 2) /* the release form puts a blank behind each point */
            abort();
    }
    arena_release(&arena);
    return 0;
}
