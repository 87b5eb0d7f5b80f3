/*
 * fuzz_rows.c - any bytes as a row and as a line of a split file.
 *
 * What was read is cut by both rules and written in both forms, and both are read back: the split
 * file with the same texts, the released row as JSON with the same cut.
 */
#include "datasets/item_row.h"
#include "splitters/split_line.h"
#include "splitters/split_released.h"
#include "splitters/splitters.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const struct item_columns columns;
static struct err err;

static void must(bool ok)
{
    if (!ok)
        abort();
}

static void through_split_line(const struct item *item, const struct cut *cut, struct arena *arena)
{
    struct split s = {.id = item->id, .cluster = item->cluster, .context = cut->context};
    struct split_query q = split_query_of(item, cut, arena);
    struct buf line = BUF_INIT;
    struct json_writer w = json_writer(&line, 0);
    struct split back;

    if (!str_trim(cut->query).n) /* the release keeps blanks that are none in ASCII */
        return;
    s.stratum = item->stratum;
    split_line_open(&w, &s);
    split_line_query(&w, &q);
    split_line_close(&w, &s);
    must(split_line_read(buf_str(&line), arena, &back, &err) == OK);
    must(back.nqueries == 1 && str_eq(back.context, cut->context));
    must(str_eq(back.queries[0].text, cut->query) && strcmp(back.queries[0].gold, q.gold) == 0);
    free(back.queries);
    buf_release(&line);
}

static void through_released(const struct item *item, const struct cut *cut, struct str row)
{
    struct buf out = BUF_INIT;
    struct json *doc;

    if (split_released_row(item, cut, row, "set", &out, &err))
        return;
    must(json_parse(buf_str(&out), JSON_STRICT, &doc, &err) == OK);
    must(str_eq(json_str(json_get(doc, "stateful_gsm_symbolic_context")), cut->context));
    must(str_eq(json_str(json_get(doc, "stateful_gsm_symbolic_question")), cut->query));
    json_free(doc);
    buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct str row = {(const char *)data, n};
    struct arena arena = {0};
    struct item item = {.line = 1};
    struct split split;

    if (item_row_read(row, "set", &columns, &arena, &item, &err) == OK)
        for (int i = 0; i < 3; i++) {
            const struct split_options options = {.tail_context = i == 2};
            struct cut cut;
            if (split_cut_item(
                    i == 1 ? &split_release : &split_strict, &options, &item, &arena, &cut, &err))
                continue;
            through_split_line(&item, &cut, &arena);
            through_released(&item, &cut, row);
        }
    if (split_line_read(row, &arena, &split, &err) == OK)
        free(split.queries);
    arena_release(&arena);
    return 0;
}
