/* fuzz_split.c - any bytes as a problem: every splitter cuts it without adding to it. */
#include "splitters/split.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct arena arena = {0};
    struct item item = {.question = {(const char *)data, n}};
    struct split_options options = {.tail_context = n && data[0] % 2};

    for (size_t i = 0; splitter_all[i]; i++) {
        struct cut cut = {0};
        splitter_all[i]->cut(&item, &options, &arena, &cut);
        if (cut.context.n + cut.query.n >
            2 * n + 2) /* the release form puts a blank behind each point */
            abort();
    }
    arena_release(&arena);
    return 0;
}
