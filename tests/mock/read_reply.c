/*
 * read_reply.c - the readers of the wire formats behind a pipe, for tests/interop.
 *
 *     read_reply FORMAT STATUS plain|streamed < BODY
 *
 * Reads a response's body from standard input as the provider FORMAT ("openai-chat") does and
 * prints struct reply as one JSON object. What a provider did not say is null.
 */
#include "harness/base/json.h"
#include "harness/base/number.h"
#include "harness/provider/provider.h"

#include <stdio.h>
#include <string.h>

static void write_count(struct json_writer *w, const char *key, int64_t n)
{
    if (n < 0)
        jsonw_null(w, key);
    else
        jsonw_int(w, key, n);
}

static void write_reply(const struct reply *r, struct buf *out)
{
    struct json_writer w = json_writer(out, 0);

    jsonw_object(&w, NULL);
    jsonw_cstr(&w, "outcome", outcome_text(r->outcome));
    jsonw_str(&w, "content", r->content);
    jsonw_str(&w, "reasoning", r->reasoning);
    jsonw_str(&w, "refusal", r->refusal);
    jsonw_str(&w, "finish", r->finish);
    jsonw_str(&w, "error", r->error);
    jsonw_str(&w, "native", r->native);
    jsonw_bool(&w, "retry", r->retry);
    jsonw_array(&w, "calls");
    for (size_t i = 0; i < r->ncalls; i++) {
        jsonw_object(&w, NULL);
        jsonw_str(&w, "id", r->calls[i].id);
        jsonw_str(&w, "name", r->calls[i].name);
        jsonw_str(&w, "arguments", r->calls[i].arguments);
        jsonw_end_object(&w);
    }
    jsonw_end_array(&w);
    jsonw_object(&w, "usage");
    write_count(&w, "in_uncached", r->usage.in_uncached);
    write_count(&w, "in_cached", r->usage.in_cached);
    write_count(&w, "in_write", r->usage.in_write);
    write_count(&w, "out_visible", r->usage.out_visible);
    write_count(&w, "out_reasoning", r->usage.out_reasoning);
    jsonw_end_object(&w);
    jsonw_end_object(&w);
    buf_putc(out, '\n');
}

int main(int argc, char **argv)
{
    const struct provider *p = argc == 4 ? provider_find(str_c(argv[1])) : NULL;
    struct arena arena = {0};
    struct buf body = BUF_INIT, out = BUF_INIT;
    struct reply reply;
    struct rat status;
    char piece[4096];
    size_t n;

    if (!p || !rat_parse(str_c(argv[2]), &status)) {
        fputs("usage: read_reply FORMAT STATUS plain|streamed\n", stderr);
        return 2;
    }
    while ((n = fread(piece, 1, sizeof piece, stdin)) > 0)
        buf_add(&body, piece, n);
    p->read((long)status.num, buf_str(&body), strcmp(argv[3], "streamed") == 0, &arena, &reply);
    write_reply(&reply, &out);
    fwrite(out.p, 1, out.n, stdout);
    buf_release(&out);
    buf_release(&body);
    arena_release(&arena);
    return 0;
}
