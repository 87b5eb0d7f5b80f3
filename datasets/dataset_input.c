/* dataset_input.c - the file a dataset is read from, and what its columns are called. */
#include "datasets/dataset.h"

#include "datasets/item_columns.h"

enum err_code dataset_input(const struct dataset *d, const struct config *c, struct arena *arena,
    struct dataset_input *ret, struct err *err)
{
    struct dataset_input in = {0};

    if (!c->input.p)
        return err_set(err, ERR_USAGE, "dataset \"%s\" is read from a file: set input", d->name);
    in.path = arena_cstr(arena, c->input);
    if (c->columns.p && item_columns_read(c->columns, arena, &in.columns, err))
        return err_wrap(err, "columns");
    *ret = in;
    return OK;
}
