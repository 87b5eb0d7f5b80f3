/*
 * split_strict.c - the cut that keeps every byte: context and query are runs of whole sentences.
 *
 * The query is the last sentence that holds a '?' with all that follows it (a note behind the
 * question belongs to it), or the last sentence if there is no '?'. context + " " + query equals
 * the problem with its blanks collapsed. With the option tail_context the note goes to the end of
 * the context instead, as the paper's authors rearranged their problems by hand. LaTeX problems are
 * cut into statements by statement.h.
 */
#include "splitters/splitters.h"

#include "harness/base/buf.h"
#include "splitters/sentence.h"
#include "splitters/statement.h"

#include <string.h>

/* text without the sentence [start, end): what comes before and behind it, joined by one space. */
static struct str without(struct arena *arena, struct str text, size_t start, size_t end)
{
    struct str before = str_trim(str_slice(text, 0, start)), note = str_trim(str_from(text, end));

    if (!before.n || !note.n)
        return before.n ? before : note;
    return str_c(arena_printf(arena, "%.*s %.*s", STR_ARG(before), STR_ARG(note)));
}

static void cut_prose(const struct item *item, const struct split_options *options,
    struct arena *arena, struct cut *ret)
{
    struct buf flat = BUF_INIT;
    size_t asked = SIZE_MAX, asked_end = 0, last = 0;

    buf_collapse(&flat, item->question);
    struct str text = arena_str(arena, buf_str(&flat));
    buf_release(&flat);
    for (size_t start = 0, end; start < text.n; start = end) {
        end = sentence_end(text, start);
        last = start;
        if (memchr(text.p + start, '?', end - start)) {
            asked = start;
            asked_end = end;
        }
        while (end < text.n && str_is_blank(text.p[end]))
            end++;
    }
    size_t query = asked == SIZE_MAX ? last : asked;
    size_t end = options->tail_context && asked != SIZE_MAX ? asked_end : text.n;
    ret->context = without(arena, text, query, end);
    ret->query = str_slice(text, query, end);
}

static void cut(const struct item *item, const struct split_options *options, struct arena *arena,
    struct cut *ret)
{
    if (item->markup == MARKUP_LATEX)
        statement_cut(item, arena, ret);
    else
        cut_prose(item, options, arena, ret);
}

const struct splitter split_strict = {
    .name = "strict",
    .help = "whole sentences: the question and what follows it is the query, the rest is context",
    .cut = cut,
};
