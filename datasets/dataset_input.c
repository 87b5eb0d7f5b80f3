/* dataset_input.c - the file a dataset is read from, and what its columns are called. */
#include "datasets/dataset.h"

#include "datasets/cache.h"
#include "datasets/item_columns.h"

static const struct str cache_mark = {"cache:", 6};

/* The set's file in the cache, and its columns. */
static enum err_code from_cache(
    const struct manifest_set *set, struct arena *arena, struct dataset_input *ret, struct err *err)
{
    if (!manifest_is_rows(set))
        return err_set(err, ERR_USAGE, "input: \"%.*s\" is no set of rows", STR_ARG(set->name));
    if (set->columns.p && item_columns_read(set->columns, arena, &ret->columns, err))
        return err->code;
    return cache_use(set, NULL, arena, &ret->path, err);
}

enum err_code dataset_input(const struct dataset *d, const struct config *c, struct arena *arena,
    struct dataset_input *ret, struct err *err)
{
    struct dataset_input in = {0};
    struct manifest manifest = {0};
    const struct manifest_set *set = NULL;
    bool named = str_starts(c->input, cache_mark);

    if ((named || !c->input.p) && manifest_load(arena, &manifest, err))
        return err->code;
    if (named) {
        if (manifest_need(&manifest, str_from(c->input, cache_mark.n), &set, err))
            return err_wrap(err, "input");
    } else if (!c->input.p) {
        set = manifest_find(&manifest, str_c(d->name));
        if (!set)
            return err_set(err, ERR_USAGE,
                "dataset \"%s\" is read from a file: set input to its path, or to cache:SET for a "
                "set of `sleepbench data list`",
                d->name);
    }
    if (!set)
        in.path = arena_cstr(arena, c->input);
    else if (from_cache(set, arena, &in, err))
        return err->code;
    if (c->columns.p && item_columns_read(c->columns, arena, &in.columns, err))
        return err_wrap(err, "columns");
    *ret = in;
    return OK;
}
