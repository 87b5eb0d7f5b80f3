/* fuzz_json.c - any bytes as JSON: what strict takes, repair takes too, and every value is read. */
#include "harness/base/json.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void walk(const struct json *v)
{
    double number;

    for (; v; v = json_next(v)) {
        struct str text = json_str(v);
        struct str key = json_key(v);
        if (json_num(v, &number) && json_type(v) != JSON_NUMBER)
            abort();
        if (!str_utf8_ok(text) || !str_utf8_ok(key))
            abort();
        walk(json_first(v));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct str text = {(const char *)data, n};
    struct json *doc;
    bool strict = json_parse(text, JSON_STRICT, &doc, NULL) == OK;

    if (strict) {
        walk(doc);
        json_free(doc);
    }
    bool repaired = json_parse(text, JSON_REPAIR, &doc, NULL) == OK;
    if (repaired) {
        walk(doc);
        json_free(doc);
    }
    if (strict && !repaired)
        abort();
    return 0;
}
