/*
 * dataset.h - the list of datasets: how each name becomes items.
 *
 * Adding one: a load function in a file of its own and one line in dataset_all (dataset.c).
 */
#ifndef DATASETS_DATASET_H
#define DATASETS_DATASET_H

#include "datasets/item.h"
#include "harness/config/config.h"

struct dataset {
    const char *name, *help;
    bool needs_input; /* reads the file named by the configuration's `input` */
    MUST_CHECK enum err_code (*load)(const struct dataset *d, const struct config *c,
        struct arena *arena, struct item_list *ret, struct err *err);
};

extern const struct dataset *const dataset_all[]; /* sorted by name, NULL-terminated */
const struct dataset *dataset_find(struct str name);
/* Is it read by item_read_jsonl with dataset_input, so that item_stream gives the same? */
bool dataset_is_rows(const struct dataset *d);
/* Can the configuration's `overrides` correct its cuts? */
bool dataset_takes_overrides(const struct dataset *d);

/* Where the rows of a dataset are, and the names of their columns. */
struct dataset_input {
    const char *path;
    struct item_columns columns;
};

/* The configuration's `input` (a path, or "cache:SET" for what `data fetch SET` has stored), else
 * the fetched set that has the dataset's own name. Columns: the configuration's, over those of the
 * set. ERR_USAGE says how to fetch what is not there. Every loader that reads a file uses this. */
MUST_CHECK enum err_code dataset_input(const struct dataset *d, const struct config *c,
    struct arena *arena, struct dataset_input *ret, struct err *err);

#endif
