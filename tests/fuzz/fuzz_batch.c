/*
 * fuzz_batch.c - any bytes as a vendor's answer about batches, and as an upload to the phantom.
 *
 * What is read of an answer leads nowhere else: ids are plain words, paths are ours. What is read
 * of a result goes through the readers of single calls. Parts of a form lie inside the body.
 */
#include "harness/base/json.h"
#include "harness/phantom/batches_form.h"
#include "harness/provider/batch_wire.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check(bool ok)
{
    if (!ok)
        abort();
}

static void check_path(struct str path)
{
    bool ours = str_starts(path, STR("/files/")) || str_starts(path, STR("/v1/messages/batches/"));

    check(path.n == 0 || ours);
    for (size_t i = 0; i < path.n; i++)
        check((unsigned char)path.p[i] > ' ' && path.p[i] != '?' && path.p[i] != '.');
}

static void check_status(const struct batch_status *s)
{
    check(batch_id_ok(s->id) && s->total >= -1);
    check_path(s->results[0]);
    check_path(s->results[1]);
}

static void read_by(const struct batch_dialect *d, const char *wire, struct str body)
{
    struct arena arena = {0};
    struct batch_status one, *list;
    struct batch_file file, *files;
    struct batch_page page;
    struct batch_result result;
    struct reply reply;
    int64_t task, attempt;

    if (d->read_status(body, &arena, &one))
        check_status(&one);
    if (d->read_list(body, &arena, &list, &page)) {
        check(page.last.n == 0 || batch_id_ok(page.last));
        for (size_t i = 0; i < page.n; i++)
            check_status(&list[i]);
    }
    if (d->uploads && d->read_file(body, &arena, &file))
        check(batch_id_ok(file.id));
    if (d->uploads && d->read_files(body, &arena, &files, &page))
        for (size_t i = 0; i < page.n; i++)
            check(batch_id_ok(files[i].id));
    if (d->read_result(body, &arena, &result)) {
        check(result.status >= 100 && result.status <= 599);
        provider_find(str_c(wire))->read(result.status, result.body, false, &arena, &reply);
        if (batch_line_parse(result.id, STR("0123456789abcdef0123"), &task, &attempt))
            check(task >= 0 && attempt >= 0);
    }
    arena_release(&arena);
}

static void read_form(struct str body)
{
    struct batches_part parts[4];
    size_t n = batches_form("multipart/form-data; boundary=X", body, parts, ARRAY_LEN(parts));

    for (size_t i = 0; i < n; i++)
        check(parts[i].content.p >= body.p &&
              parts[i].content.p + parts[i].content.n <= body.p + body.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct str body = {(const char *)data, n};

    read_by(&batch_openai, "openai-chat", body);
    read_by(&batch_anthropic, "anthropic-messages", body);
    read_form(body);
    return 0;
}
