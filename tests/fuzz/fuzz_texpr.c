/* fuzz_texpr.c - any bytes as an expression: an error, or a value over some variables; and as the
 * right side of an #init line: an error, or a domain whose elements can be read. */
#include "datasets/template_domain.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const struct str names[] = {{"a", 1}, {"b", 1}, {"c", 1}, {"w", 1}, {"s", 1}, {"u", 1}};

static void evaluate(struct str text, struct arena *arena)
{
    struct tvalue v[] = {{{"7", 1}, true, {7, 1}}, {{"-3", 2}, true, {-3, 1}},
        {{"a quarter", 9}, true, {1, 4}}, {{"week", 4}, false, {0, 1}},
        {{"six-sided", 9}, true, {6, 1}}, {{NULL, 0}, false, {0, 1}}};
    bool known[] = {true, true, true, true, true, false};
    struct tbinding b = {v, known};
    struct buf out = BUF_INIT;
    struct err err;
    struct texpr *e;
    struct tvalue got;
    const char *why;

    if (texpr_parse(text, arena, &e, &err) == OK &&
        texpr_bind(e, names, ARRAY_LEN(names), NULL, &err) == OK &&
        texpr_eval(e, &b, &got, &why) == TEXPR_OK) {
        texpr_show(&out, got);
        (void)texpr_true(got);
    }
    buf_release(&out);
}

static void make_domain(struct str text, const struct words *words, struct arena *arena)
{
    struct buf pattern = BUF_INIT;
    struct err err;
    struct texpr *e;
    struct domain d;
    enum domain_draw draw;
    struct rng rng = rng_seeded(1);

    if (texpr_parse(text, arena, &e, &err) == OK &&
        domain_make(e, 1, words, arena, &d, &draw, &err) == OK) {
        struct tvalue v = domain_text(&d, domain_pick(&d, &rng), arena), back;
        domain_pattern(&d, &pattern);
        if (v.text.n && !domain_read(&d, v.text, arena, &back))
            abort();
    }
    buf_release(&pattern);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static struct words words;
    struct str text = {(const char *)data, n};
    struct arena arena = {0};
    struct err err;

    if (!words.n && words_load(&words, &err))
        abort();
    evaluate(text, &arena);
    make_domain(text, &words, &arena);
    arena_release(&arena);
    return 0;
}
