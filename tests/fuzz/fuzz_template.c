/* fuzz_template.c - any bytes as a problem template, its answer behind a NUL: an error or a
 * template. */
#include "datasets/template.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct str rest = {(const char *)data, n}, question;
    if (!str_cut(&rest, '\0', &question))
        return 0;
    struct template_source source = {.name = "fuzz", .question = question, .answer = rest};
    struct template *t;
    struct err err;

    if (template_parse(&source, &t, &err) == OK)
        template_free(t);
    return 0;
}
