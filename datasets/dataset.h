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

#endif
