/* data_list.c - `sleepbench data list`: the sets of the manifest, and which are on this machine. */
#include "datasets/cache.h"
#include "harness/base/table.h"
#include "harness/cli/cmd_data.h"

static const struct column columns[] = {
    {"name", "", COLUMN_STR, 0},
    {"kind", "", COLUMN_STR, 0},
    {"fetched", "date", COLUMN_STR, 0},
    {"rows", "rows", COLUMN_INT, 0},
    {"bytes", "bytes", COLUMN_INT, 0},
    {"licence", "", COLUMN_STR, 0},
    {"what", "", COLUMN_STR, 0},
};

static void add_row(struct table *t, const struct manifest_set *set, const struct cache_lock *lock)
{
    const struct cache_file *first = cache_lock_file(lock, 0);
    int64_t bytes = 0;

    for (size_t i = 0; i < lock->files.n; i++)
        bytes += cache_lock_file(lock, i)->bytes;
    table_row(t);
    table_str(t, set->name);
    table_str(t, set->kind);
    if (first)
        table_str(t, str_slice(first->fetched_at, 0, 10));
    else
        table_missing(t);
    if (first && first->rows != FIELD_NONE)
        table_int(t, first->rows);
    else
        table_missing(t);
    if (first)
        table_int(t, bytes);
    else
        table_missing(t);
    table_str(t, set->licence);
    table_str(t, set->help);
}

static enum err_code fill(struct table *t, struct arena *arena, struct err *err)
{
    struct manifest manifest;

    if (manifest_load(arena, &manifest, err))
        return err->code;
    for (size_t i = 0; i < manifest.sets.n; i++) {
        const struct manifest_set *set = manifest_set(&manifest, i);
        struct cache_lock lock;
        const char *dir;
        if (cache_dir(set->name, arena, &dir, err) || cache_lock_read(dir, arena, &lock, err))
            return err->code;
        add_row(t, set, &lock);
    }
    return OK;
}

static enum err_code run(int argc, char **argv, struct err *err)
{
    bool json = false;
    const struct option options[] = {
        {"--json", OPTION_FLAG, &json, NULL, "one JSON object a line"},
    };
    struct arena arena = {0};
    struct buf text = BUF_INIT;
    size_t nargs;

    if (cli_wants_help(argc, argv, &data_list, options, ARRAY_LEN(options)))
        return OK;
    if (option_parse(argc, argv, options, ARRAY_LEN(options), NULL, 0, &nargs, err))
        return err->code;
    struct table *t = table_new("data", columns, ARRAY_LEN(columns));
    enum err_code code = fill(t, &arena, err);
    if (!code) {
        table_print(t, json ? TABLE_JSONL : TABLE_TEXT, &text);
        cli_print(buf_str(&text));
    }
    buf_release(&text);
    table_free(t);
    arena_release(&arena);
    return code;
}

const struct command data_list = {
    "data list", "[--json]", "public data sets, and which are on this machine", run, false};
