/* fuzz_template.c - any bytes as a problem template, its answer behind a NUL: an error or a
 * template, of which a few rows are made and which reads any text, its own source too. */
#include "datasets/template_internal.h"
#include "datasets/template_rows.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* Rows cost up to two million steps each: only small templates are drawn. */
static bool is_small(const struct template *t)
{
    double product = 1;

    for (size_t i = 0; i < t->nvars; i++)
        product *= (double)t->vars[i].domain.n;
    return product < 10000;
}

static void make_rows(const struct template *t)
{
    struct arena arena = {0};
    struct template_rows rows;
    struct buf out = BUF_INIT;
    struct err err;

    if (is_small(t) && template_rows_make(t, 1, 3, &arena, &rows, &err) == OK)
        for (size_t i = 0; i < rows.n; i++)
            template_row_write(t, &rows.v[i], true, &out);
    buf_release(&out);
    arena_release(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static struct words words;
    struct str rest = {(const char *)data, n}, question;
    struct arena arena = {0};
    struct template *t;
    struct tbinding b;
    struct err err;

    if (!words.n && words_load(&words, &err))
        abort();
    if (!str_cut(&rest, '\0', &question))
        return 0;
    struct template_source source = {.name = "fuzz", .question = question, .answer = rest};
    if (template_parse_words(&source, &words, &t, &err))
        return 0;
    make_rows(t);
    for (int part = TEMPLATE_WHOLE; is_small(t) && part <= TEMPLATE_QUERY; part++)
        (void)template_read(t, (enum template_part)part, question, &arena, &b);
    template_free(t);
    arena_release(&arena);
    return 0;
}
