/*
 * split.h - one context, known early, and its queries, which come late.
 *
 * A splitter turns items into splits. Items with an equal (cluster, context) share one split, so a
 * context is thought about once. The file form is JSON lines, one split a line:
 *   {"id","cluster","stratum","context","queries":[{"id","query","gold","stratum","solution"}]}
 * plus "origin", "verified" and "votes" of a query and "flags" (e.g. "empty_context") where there
 * are any; docs/split.schema.json has all of it.
 */
#ifndef SPLITTERS_SPLIT_H
#define SPLITTERS_SPLIT_H

#include "datasets/item.h"
#include "harness/base/buf.h"

/* Who asks a query: the source, a model that was told to ask more, or the law of one of our worlds.
 * A file need not say; an unsaid origin counts as original. */
enum split_origin { ORIGIN_UNSAID, ORIGIN_ORIGINAL, ORIGIN_GENERATED, ORIGIN_WORLD, ORIGIN_COUNT };
/* Did other answers agree with the gold often enough? */
enum split_verified { VERIFIED_UNSAID, VERIFIED_NO, VERIFIED_YES };

/* Short, since a run may hold 100,000 of them. The C strings are never NULL. */
struct split_query {
    const char *id;
    struct str text;
    const char *gold, *stratum, *solution;
    uint8_t origin, verified; /* enum split_origin, enum split_verified */
    uint16_t agree, votes;    /* answers that agree with the gold, of how many; votes 0 = unsaid */
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
    size_t nqueries;     /* over all splits */
    size_t altered;      /* queries whose context and query no longer join to the source's text */
    struct buf warnings; /* of the items and of the cut, a line each */
    size_t nwarnings;
};

void split_list_release(struct split_list *list);
const char *split_origin_name(enum split_origin origin); /* "" if unsaid */

struct split_options {
    bool tail_context; /* strict: a note behind the question moves to the end of the context */
};

/* One problem, cut. */
struct cut {
    struct str context, query;
    const char *warning; /* what is odd about it, in the arena; NULL = nothing */
};

/* How one problem is cut: from item->question, markup and override. Pure. The results are slices
 * of, or text in, the arena. *ret is zeroed by the caller. */
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

/* Puts the queries of splits with equal (cluster, context) into the first of them. */
void split_list_merge(struct split_list *list);

/* Reads a split file; splits of equal (cluster, context) become one, wherever they stand, so that a
 * file written row by row means what splitting the rows at once would. */
MUST_CHECK enum err_code split_read(
    const char *path, struct arena *arena, struct split_list *ret_list, struct err *err);

/* All that is wrong with a file: "file:line: what" a line, for at most `most` of n problems. */
struct split_problems {
    struct buf text;
    size_t n, most;
};
void split_problems_release(struct split_problems *p);

/* Like split_read, but goes on behind what is malformed: the list holds what is well-formed. The
 * caller sets ret->most. OK however many problems there are; an error only if the file cannot be
 * read. */
MUST_CHECK enum err_code split_check(const char *path, struct arena *arena,
    struct split_list *ret_list, struct split_problems *ret, struct err *err);
void split_write(struct buf *out, const struct split_list *list); /* the JSON lines form */

#endif
