/* fuzz_models.c - any bytes as a models file: what is read gives every model traits that hold. */
#include "harness/config/model.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* Layers may contradict each other, which is an error that says so, and nothing worse. */
static void ask(
    const struct model_book *book, struct str host, struct str name, struct arena *arena)
{
    struct model_layers layers;
    struct traits t;
    struct err err;

    if (models_traits(book, host, name, STR(""), STR(""), arena, &t, &layers, &err) == OK &&
        (traits_check(&t, "traits", &err) || t.api.n == 0))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct arena arena = {0};
    struct model_list list;
    struct err err;

    if (models_read((struct str){(const char *)data, n}, "fuzz", &arena, &list, &err) == OK) {
        struct model_book book = {&list, &list};
        const struct model_host *hosts = list.hosts.v;
        const struct model_row *rows = list.models.v;
        for (size_t i = 0; i < list.hosts.n && i < 8; i++)
            for (size_t j = 0; j < list.models.n && j < 8; j++)
                ask(&book, hosts[i].name, rows[j].names.v[0], &arena);
        struct model_place place;
        struct model_config m = {.name = STR("a/b")};
        if (model_resolve(&m, &book, &arena, &place, &err) == OK && !place.base_url.n)
            abort();
    }
    arena_release(&arena);
    return 0;
}
