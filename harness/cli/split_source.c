/* split_source.c - options of `split` and `data stats` become a configuration; see cmd_split.h. */
#include "harness/base/file.h"
#include "harness/cli/cmd_split.h"
#include "harness/plan/source.h"
#include "splitters/split.h"

#include <string.h>

enum { OWN_SETS = 7 };

static void add(
    struct arena *arena, const char **sets, size_t *n, const char *key, const char *value)
{
    if (value)
        sets[(*n)++] = option_text(arena, key, value);
}

/* What was mistaken is told by the option that was written, not by the key it stands for. */
static enum err_code check_names(const struct split_source *source, struct err *err)
{
    const char *name = source->dataset;

    if (name && !dataset_find(str_c(name)) && file_is_regular(name))
        return err_set(err, ERR_USAGE,
            "%s is a file, not the name of a data set: give it as --input %s behind what it is, "
            "for "
            "example jsonl",
            name, name);
    if (source->split && !splitter_find(str_c(source->split)))
        return err_set(err, ERR_USAGE, "--split %s: strict or release", source->split);
    if (source->tail && strcmp(source->tail, "query") != 0 && strcmp(source->tail, "context") != 0)
        return err_set(err, ERR_USAGE, "--tail %s: query or context", source->tail);
    return OK;
}

enum err_code split_source_load(const struct split_source *source, struct arena *arena,
    struct config *ret, const struct dataset **ret_d, struct err *err)
{
    const char *sets[OWN_SETS + OPTION_LIST_MAX];
    const char *dataset = source->dataset;
    size_t n = 0;

    if (check_names(source, err))
        return err->code;
    if (dataset && strcmp(dataset, "gsm-symbolic") == 0)
        dataset = "gsm-symbolic-p2";
    add(arena, sets, &n, "name", "split");
    for (size_t i = 0; i < source->sets.n; i++)
        sets[n++] = source->sets.v[i];
    add(arena, sets, &n, "dataset", dataset);
    add(arena, sets, &n, "input", source->input);
    add(arena, sets, &n, "columns", source->columns);
    add(arena, sets, &n, "split", source->split);
    add(arena, sets, &n, "tail", source->tail);
    if (source->skip_bad)
        sets[n++] = "skip_bad=true";
    if (config_load(STR("{}"), "options", sets, n, arena, ret, err))
        return err->code;
    return source_check(ret, ret_d, err);
}
