/*
 * split_release.c - the cut of the paper's released script, with its faults, byte for byte.
 *
 * The problem is cut at every '.', also inside decimals and titles; pieces are trimmed as Python
 * trims and blank ones dropped; the last piece is the query and loses its final period; the others
 * are put together with ". " and a final ".". So "$0.7" becomes "$0. 7", and a problem of one
 * sentence has the context ".".
 */
#include "splitters/splitters.h"

#include "harness/base/buf.h"

/* White space of Python's str.strip. */
static bool is_space(uint32_t cp)
{
    return cp == ' ' || (cp >= 0x09 && cp <= 0x0D) || (cp >= 0x1C && cp <= 0x1F) || cp == 0x85 ||
           cp == 0xA0 || cp == 0x1680 || (cp >= 0x2000 && cp <= 0x200A) || cp == 0x2028 ||
           cp == 0x2029 || cp == 0x202F || cp == 0x205F || cp == 0x3000;
}

static struct str strip(struct str s)
{
    size_t start = SIZE_MAX, end = 0;

    for (size_t i = 0, at; i < s.n;) {
        at = i;
        if (is_space(str_utf8_next(s, &i)))
            continue;
        start = start == SIZE_MAX ? at : start;
        end = i;
    }
    return str_slice(s, start, end);
}

static void cut(const struct item *item, const struct split_options *options, struct arena *arena,
    struct cut *ret)
{
    struct str rest = item->question, piece, last = {NULL, 0};
    struct buf context = BUF_INIT;

    (void)options;
    while (str_cut(&rest, '.', &piece)) {
        piece = strip(piece);
        if (!piece.n)
            continue;
        if (last.n) {
            buf_puts(&context, context.n ? ". " : "");
            buf_str_add(&context, last);
        }
        last = piece;
    }
    buf_putc(&context, '.');
    ret->context = arena_str(arena, buf_str(&context));
    ret->query = arena_str(arena, last);
    buf_release(&context);
}

const struct splitter split_release = {
    .name = "release",
    .help = "the paper's released script: cuts at every period, decimals and titles included",
    .cut = cut,
};
