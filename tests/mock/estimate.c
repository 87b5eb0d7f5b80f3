/*
 * estimate.c - the estimators of metrics/ behind a pipe, for
 * scripts/reference/compare_estimators.py.
 *
 * A JSON case a line on standard input (estimators.py says what is in one), a JSON object a line on
 * standard output, in order.
 */
#include "tests/unit/estimate_case.h"

#include <stdio.h>

int main(void)
{
    struct buf out = BUF_INIT;
    struct err err = {0};
    char *line = NULL;
    size_t cap = 0;
    ssize_t n;
    int rc = 0;

    while (rc == 0 && (n = getline(&line, &cap, stdin)) > 0) {
        struct json *in;
        if (json_parse((struct str){line, (size_t)n}, JSON_STRICT, &in, &err)) {
            fprintf(stderr, "estimate: %s\n", err.msg);
            rc = 1;
            break;
        }
        if (estimate_case(in, &out)) {
            puts(buf_cstr(&out));
        } else {
            fprintf(
                stderr, "estimate: no estimator \"%.*s\"\n", STR_ARG(json_str(json_get(in, "f"))));
            rc = 1;
        }
        buf_reset(&out);
        json_free(in);
    }
    free(line);
    buf_release(&out);
    return rc;
}
