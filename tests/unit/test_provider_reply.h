/* test_provider_reply.h - replies as text, so that any difference between two of them shows. */
#ifndef TESTS_UNIT_TEST_PROVIDER_REPLY_H
#define TESTS_UNIT_TEST_PROVIDER_REPLY_H

#include "harness/provider/provider.h"

/* Every member of the reply. */
static inline void reply_print(const struct reply *r, struct buf *out)
{
    const struct str texts[] = {r->content, r->reasoning, r->refusal, r->native, r->finish,
        r->error, r->error_code, r->model, r->fingerprint, r->request_id};
    const struct usage *u = &r->usage;

    buf_printf(out, "%s retry=%d\n", outcome_text(r->outcome), r->retry);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        buf_printf(out, "%zu: %.*s\n", i, STR_ARG(texts[i]));
    for (size_t i = 0; i < r->ncalls; i++)
        buf_printf(out, "call %.*s %.*s %.*s\n", STR_ARG(r->calls[i].id), STR_ARG(r->calls[i].name),
            STR_ARG(r->calls[i].arguments));
    buf_printf(out, "%lld %lld %lld %lld %lld %lld\n", (long long)u->in_uncached,
        (long long)u->in_cached, (long long)u->in_write, (long long)u->in_write_1h,
        (long long)u->out_visible, (long long)u->out_reasoning);
}

/* The stream with other line ends: 0 CRLF, 1 CR, above that a mixture by number. */
static inline void line_ends(const char *stream, int kind, struct buf *out)
{
    static const char *const ends[] = {"\r\n", "\r", "\n"};
    int k = kind;
    bool bare = false; /* a lone CR came last: an LF behind it would be the same line end */

    buf_reset(out);
    for (const char *p = stream; *p; p++) {
        if (*p != '\n') {
            buf_putc(out, *p);
            bare = false;
            continue;
        }
        int which = kind < 2 ? kind : (k = (k * 7 + 3) % 11) % 3;
        if (bare && which == 2)
            which = 0;
        buf_puts(out, ends[which]);
        bare = which == 1;
    }
}

#endif
