/* split_source.c - options of `split` and `data stats` become a configuration; see cmd_split.h. */
#include "harness/cli/cmd_split.h"
#include "harness/plan/source.h"

#include <string.h>

enum { OWN_SETS = 7 };

static void add(
    struct arena *arena, const char **sets, size_t *n, const char *key, const char *value)
{
    if (value)
        sets[(*n)++] = option_text(arena, key, value);
}

enum err_code split_source_load(const struct split_source *source, struct arena *arena,
    struct config *ret, const struct dataset **ret_d, struct err *err)
{
    const char *sets[OWN_SETS + OPTION_LIST_MAX];
    const char *dataset = source->dataset;
    size_t n = 0;

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
