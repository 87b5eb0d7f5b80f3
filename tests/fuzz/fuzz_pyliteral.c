/* fuzz_pyliteral.c - Python literals and rows of any bytes: nothing is read that JSON refuses. */
#include "datasets/pyliteral.h"
#include "datasets/swe_row.h"
#include "harness/base/json.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* The same bytes as a row of released columns. */
static void read_row(struct str text)
{
    struct arena arena = {0};
    struct swe_list list = {0};
    struct swe_task task;
    struct json *doc;
    struct err err;

    if (!json_parse(text, JSON_REPAIR, &doc, &err)) {
        if (!swe_row_read(doc, "x/y", "fuzz", &arena, &list, &task, &err) && !task.repo.n)
            abort();
        json_free(doc);
    }
    swe_list_release(&list);
    arena_release(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct str text = {(const char *)data, n};
    struct buf out = BUF_INIT;
    struct json *doc;
    struct err err;

    if (!pyliteral_json(text, &out, &err)) {
        if (json_parse(buf_str(&out), JSON_REPAIR, &doc, &err))
            abort();
        json_free(doc);
    }
    buf_release(&out);
    read_row(text);
    return 0;
}
