/*
 * fuzz_statement.c - any bytes as a LaTeX problem: repaired, then cut into statements that hold all
 * of it, in order; and as an override.
 */
#include "datasets/aime_override.h"
#include "datasets/aime_text.h"
#include "splitters/statement.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static size_t solid_bytes(struct str s)
{
    size_t n = 0;

    for (size_t i = 0; i < s.n; i++)
        n += !str_is_blank(s.p[i]);
    return n;
}

static void check(struct str text, struct arena *arena)
{
    struct statements s;
    const char *at = text.p;
    size_t held = 0;

    statement_find(text, arena, &s);
    for (size_t i = 0; i < s.n; i++) {
        if (!s.v[i].n || s.v[i].p < at)
            abort();
        at = s.v[i].p + s.v[i].n;
        held += solid_bytes(s.v[i]);
    }
    if (held != solid_bytes(text) || (s.n && s.question >= s.n))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct str text = {(const char *)data, n};
    struct aime_overrides overrides = {.n = 0};
    struct arena arena = {0};
    struct err err = {0};
    struct aime_text clean;
    struct cut cut = {.warning = NULL};
    struct item item = {.question = text, .markup = MARKUP_LATEX};

    check(text, &arena);
    aime_clean(text, &arena, &clean);
    check(clean.text, &arena);
    if (aime_overrides_read(text, "fuzz", &arena, &overrides, &err) == OK && overrides.n)
        item.override = &overrides.v[0].cut;
    item.question = clean.text;
    statement_cut(&item, &arena, &cut);
    if (!item.override &&
        solid_bytes(cut.context) + solid_bytes(cut.query) != solid_bytes(item.question))
        abort();
    arena_release(&arena);
    return 0;
}
