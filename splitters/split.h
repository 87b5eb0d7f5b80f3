/*
 * split.h - one context, known early, and its queries, which come late.
 *
 * A splitter turns items into splits. Items with an equal (cluster, context) share one split, so a
 * context is thought about once. The file form is JSON lines, one split a line:
 *   {"id","cluster","stratum","context","queries":[{"id","query","gold","stratum","solution"}]}
 * plus "flags" (e.g. "empty_context") where there are any.
 */
#ifndef SPLITTERS_SPLIT_H
#define SPLITTERS_SPLIT_H

#include "datasets/item.h"
#include "harness/base/buf.h"

struct split_query {
    struct str id, text, gold;
    const char *stratum, *solution; /* never NULL; short, since a run may hold 100,000 queries */
};

struct split {
    struct str id, cluster, stratum, context;
    bool empty_context;
    struct split_query *queries;
    size_t nqueries, cap;
};

struct split_list {
    struct split *v;
    size_t n, cap;
    size_t nqueries; /* over all splits */
    size_t altered;  /* queries whose context and query no longer join to the source's text */
};

void split_list_release(struct split_list *list);

struct split_options {
    bool tail_context; /* strict: a note behind the question moves to the end of the context */
};

/* One problem, cut. */
struct cut {
    struct str context, query;
};

/* How one problem is cut: from item->question, markup and override. Pure. The results are slices
 * of, or text in, the arena. */
struct splitter {
    const char *name, *help;
    void (*cut)(const struct item *item, const struct split_options *options, struct arena *arena,
        struct cut *ret);
};

extern const struct splitter *const splitter_all[];    /* NULL-terminated, sorted by name */
const struct splitter *splitter_find(struct str name); /* NULL if unknown */

/* Splits every item; stateful items are taken as they are under `strict`, and cut again from
 * `question` under `release`. Texts live in the arena. */
MUST_CHECK enum err_code split_items(const struct splitter *splitter,
    const struct split_options *options, const struct item_list *items, struct arena *arena,
    struct split_list *ret_list, struct err *err);

MUST_CHECK enum err_code split_read(
    const char *path, struct arena *arena, struct split_list *ret_list, struct err *err);
void split_write(struct buf *out, const struct split_list *list); /* the JSON lines form */

#endif
