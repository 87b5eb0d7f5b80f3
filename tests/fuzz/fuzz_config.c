/* fuzz_config.c - any bytes as a configuration: what loads, prints, and what is printed loads. */
#include "harness/config/config.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct arena arena = {0};
    struct config c, again;
    struct buf printed = BUF_INIT;
    struct err err;

    if (config_load((struct str){(const char *)data, n}, "fuzz", NULL, 0, &arena, &c, &err) == OK) {
        field_print(&config_table, &c, &printed);
        if (config_load(buf_str(&printed), "printed", NULL, 0, &arena, &again, &err))
            abort();
    }
    buf_release(&printed);
    arena_release(&arena);
    return 0;
}
