/*
 * split_strict.c - the cut that keeps every byte: context and query are runs of whole sentences.
 *
 * The query is the last sentence that holds a '?' with all that follows it (a note behind the
 * question belongs to it), or the last sentence if there is no '?'. context + " " + query equals
 * the problem with its blanks collapsed.
 */
#include "splitters/splitters.h"

#include "harness/base/buf.h"
#include "splitters/sentence.h"

#include <string.h>

static void cut(const struct item *item, const struct split_options *options, struct arena *arena,
    struct cut *ret)
{
    struct buf flat = BUF_INIT;
    size_t asked = SIZE_MAX, last = 0;

    (void)options;
    buf_collapse(&flat, item->question);
    struct str text = arena_str(arena, buf_str(&flat));
    buf_release(&flat);
    for (size_t start = 0, end; start < text.n; start = end) {
        end = sentence_end(text, start);
        last = start;
        if (memchr(text.p + start, '?', end - start))
            asked = start;
        while (end < text.n && str_is_blank(text.p[end]))
            end++;
    }
    size_t query = asked == SIZE_MAX ? last : asked;
    ret->context = str_trim(str_slice(text, 0, query));
    ret->query = str_from(text, query);
}

const struct splitter split_strict = {
    .name = "strict",
    .help = "whole sentences: the question and what follows it is the query, the rest is context",
    .cut = cut,
};
