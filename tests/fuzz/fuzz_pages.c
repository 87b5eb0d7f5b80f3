/* fuzz_pages.c - any bytes as an array of rows or a page of the rows API: every line is an object.
 */
#include "datasets/rows.h"

#include "harness/base/json.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* The text is `count` lines, each of them one JSON object. */
static void check(struct str text, int64_t count)
{
    struct str line;
    struct json *doc;

    if (text.n && text.p[text.n - 1] != '\n')
        abort();
    while (text.n && str_cut(&text, '\n', &line)) {
        if (json_parse(line, JSON_STRICT, &doc, NULL) || json_type(doc) != JSON_OBJECT)
            abort();
        json_free(doc);
        count--;
    }
    if (count)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct str text = {(const char *)data, n};
    struct rows_walk walk = {0, -1};
    struct buf out = BUF_INIT;
    int64_t count = 0;

    if (rows_array(text, &out, &count, NULL) == OK)
        check(buf_str(&out), count);
    else if (out.n || count)
        abort();
    buf_reset(&out);
    if (rows_page(text, &walk, &out, NULL) == OK)
        check(buf_str(&out), walk.next);
    else if (walk.next || walk.total != -1)
        abort();
    buf_release(&out);
    return 0;
}
