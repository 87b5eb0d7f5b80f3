/* fuzz_prices.c - any bytes as a price table and as price rows: what is read is written and read.
 */
#include "harness/config/price_import.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* Written rows are read again to the same text; only names that clash may be refused. */
static void write_and_read(const struct price_list *list, bool must, struct arena *arena)
{
    struct buf a = BUF_INIT, b = BUF_INIT;
    struct price_list again;
    struct err err;

    price_write(&a, list->v, list->n);
    if (price_read(buf_str(&a), "written", arena, &again, &err)) {
        if (must)
            abort();
    } else {
        price_write(&b, again.v, again.n);
        if (!str_eq(buf_str(&a), buf_str(&b)))
            abort();
    }
    buf_release(&a);
    buf_release(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    const struct price_import_options options = {"fuzz", STR("2026-11-23"), STR("u")};
    struct str text = {(const char *)data, n};
    struct price_import_counts counts;
    struct arena arena = {0};
    struct price_list list;
    struct price_cost cost;
    struct err err;

    if (price_read(text, "fuzz", &arena, &list, &err) == OK)
        write_and_read(&list, true, &arena);
    if (price_import(text, &options, &arena, &list, &counts, &err) == OK) {
        write_and_read(&list, true, &arena);
        for (size_t i = 0; i < list.n; i++) {
            struct usage u = {(int64_t)n * 1000, 7, -1, 100000, -1};
            if (price_cost(&list.v[i], u, false, &cost, &err) == OK && cost.uusd < 0)
                abort();
        }
    }
    arena_release(&arena);
    return 0;
}
