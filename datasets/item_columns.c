/* item_columns.c - reading a column map; see item_columns.h. */
#include "datasets/item_columns.h"

#include <stddef.h>

static const struct {
    const char *name;
    size_t member;
} ours[] = {
    {"id", offsetof(struct item_columns, id)},
    {"question", offsetof(struct item_columns, question)},
    {"problem", offsetof(struct item_columns, question)},
    {"answer", offsetof(struct item_columns, answer)},
    {"cluster", offsetof(struct item_columns, cluster)},
    {"stratum", offsetof(struct item_columns, stratum)},
    {"context", offsetof(struct item_columns, context)},
    {"query", offsetof(struct item_columns, query)},
};

static const char **member_of(struct str name, struct item_columns *columns)
{
    for (size_t i = 0; i < ARRAY_LEN(ours); i++)
        if (str_eqc(name, ours[i].name))
            return (const char **)((char *)columns + ours[i].member);
    return NULL;
}

enum err_code item_columns_read(
    struct str text, struct arena *arena, struct item_columns *columns, struct err *err)
{
    struct item_columns read = *columns;
    struct str rest = text, part;

    while (str_cut(&rest, ',', &part)) {
        struct str column = part, name;
        bool there = str_cut(&column, '=', &name);
        const char **member = there ? member_of(str_trim(name), &read) : NULL;
        column = str_trim(column);
        if (!member || !column.n)
            return err_set(err, ERR_USAGE,
                "\"%.*s\" is no column map: write NAME=COLUMN,... where NAME is id, question, "
                "answer, cluster, stratum, context or query",
                STR_ARG(str_trim(part)));
        *member = arena_cstr(arena, column);
    }
    *columns = read;
    return OK;
}
