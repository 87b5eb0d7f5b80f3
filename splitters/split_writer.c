/* split_writer.c - see split_writer.h. The released form of a row: split_released.c. */
#include "splitters/split_writer.h"

#include "harness/base/seen.h"
#include "splitters/split_line.h"
#include "splitters/split_released.h"
#include "splitters/splitters.h"

#include <stdlib.h>
#include <string.h>

/* A context with more queries than fit goes on in a further line: lines can be read back. */
enum { FULL_LINE = 4 << 20 };

struct split_writer {
    struct outfile *out;
    enum split_form form;
    const char *dataset;
    struct split_totals totals;
    uint64_t lines;
    struct seen *contexts; /* of every line: how many are different */
    struct buf line, key;
    /* the split whose line is being written, own form only */
    bool is_open;
    struct json_writer json;
    struct split split;
    struct arena arena;
    struct arena query; /* of the one being written */
};

struct split_writer *split_writer_new(
    struct outfile *out, enum split_form form, const char *dataset)
{
    struct split_writer *w = xcalloc(1, sizeof *w);

    w->out = out;
    w->form = form;
    w->dataset = dataset;
    w->contexts = seen_new();
    return w;
}

void split_writer_free(struct split_writer *w)
{
    if (!w)
        return;
    seen_free(w->contexts);
    buf_release(&w->line);
    buf_release(&w->key);
    arena_release(&w->arena);
    arena_release(&w->query);
    free(w);
}

/* Texts hold no NUL, so a NUL keeps cluster and context apart. */
static enum err_code note_context(
    struct split_writer *w, struct str cluster, struct str context, struct err *err)
{
    buf_reset(&w->key);
    buf_str_add(&w->key, cluster);
    buf_putc(&w->key, '\0');
    buf_str_add(&w->key, context);
    return seen_add(w->contexts, buf_str(&w->key), w->lines++, err);
}

static void put_line(struct split_writer *w)
{
    outfile_write(w->out, buf_str(&w->line));
    buf_reset(&w->line);
}

static void close_split(struct split_writer *w)
{
    if (!w->is_open)
        return;
    split_line_close(&w->json, &w->split);
    put_line(w);
    w->is_open = false;
}

static enum err_code open_split(
    struct split_writer *w, const struct item *item, const struct cut *cut, struct err *err)
{
    arena_reset(&w->arena);
    w->split = (struct split){
        .id = arena_str(&w->arena, item->id),
        .cluster = arena_str(&w->arena, item->cluster),
        .stratum = arena_str(&w->arena, item->stratum),
        .context = arena_str(&w->arena, cut->context),
        .empty_context = split_context_is_empty(cut->context),
    };
    w->json = json_writer(&w->line, 0);
    split_line_open(&w->json, &w->split);
    w->is_open = true;
    return note_context(w, item->cluster, cut->context, err);
}

static enum err_code add_own(
    struct split_writer *w, const struct item *item, const struct cut *cut, struct err *err)
{
    if (w->is_open && (w->line.n >= FULL_LINE || !str_eq(w->split.cluster, item->cluster) ||
                          !str_eq(w->split.context, cut->context)))
        close_split(w);
    if (!w->is_open && open_split(w, item, cut, err))
        return err->code;
    arena_reset(&w->query);
    struct split_query q = split_query_of(item, cut, &w->query);
    split_line_query(&w->json, &q);
    return OK;
}

enum err_code split_writer_add(struct split_writer *w, const struct item *item,
    const struct cut *cut, struct str row, struct err *err)
{
    w->totals.queries++;
    w->totals.empty += split_context_is_empty(cut->context);
    w->totals.altered += split_is_altered(item, cut);
    if (w->form == SPLIT_FORM_OWN)
        return add_own(w, item, cut, err);
    if (split_released_row(item, cut, row, w->dataset, &w->line, err))
        return err->code;
    put_line(w);
    return note_context(w, item->cluster, cut->context, err);
}

static void count_repeat(void *payload, uint64_t first, uint64_t again)
{
    uint64_t *repeats = payload;

    (void)first, (void)again;
    ++*repeats;
}

enum err_code split_writer_end(struct split_writer *w, struct split_totals *ret, struct err *err)
{
    uint64_t repeats = 0;

    close_split(w);
    if (seen_repeats(w->contexts, count_repeat, &repeats, err))
        return err->code;
    w->totals.contexts = w->lines - repeats;
    *ret = w->totals;
    return OK;
}
