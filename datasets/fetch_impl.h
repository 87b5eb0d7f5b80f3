/*
 * fetch_impl.h - what the files of fetch share: a set while it is fetched.
 */
#ifndef DATASETS_FETCH_IMPL_H
#define DATASETS_FETCH_IMPL_H

#include "datasets/fetch.h"
#include "datasets/rows.h"
#include "harness/net/download.h"

struct fetch {
    const struct manifest_set *set;
    const struct fetch_options *o;
    struct arena *arena;
    const char *dir;
    const char *now;        /* "2026-11-23T18:44:00Z" */
    struct cache_lock lock; /* being made: files that stand in dir as NAME.new */
    const char *what;       /* file under way, for progress */
};

/* What a part became: in `text` as JSON lines, or as the file `path`, which may be renamed. */
struct fetch_part {
    const char *path; /* NULL: the text */
    struct buf text;
    int64_t rows;
    struct cache_source source;
};

/* Fills in what all downloads of a source share, its token above all. */
void fetch_download(
    const struct fetch *f, const struct manifest_source *source, struct download *ret);

/* All pages of the rows API as JSON lines. */
MUST_CHECK enum err_code fetch_pages(
    struct fetch *f, const struct manifest_source *source, struct fetch_part *ret, struct err *err);

/* Part i from its mirrors, whatever their format. */
MUST_CHECK enum err_code fetch_part_sources(
    struct fetch *f, size_t i, struct fetch_part *ret, struct err *err);

/* Parts from the files that --from names. A set of rows gives one part each or, of pages, one
 * altogether. */
MUST_CHECK enum err_code fetch_part_import(
    struct fetch *f, size_t i, struct fetch_part *ret, struct err *err);

/* Rows of a file in any shape, into ret->text; of JSON lines, checked only, ret->path. */
MUST_CHECK enum err_code fetch_rows_of(
    const char *path, struct rows_walk *walk, struct fetch_part *ret, struct err *err);

#endif
