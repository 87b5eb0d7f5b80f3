/* dataset.c - GSM-Symbolic files, plain JSON lines and our own worlds under their names. */
#include "datasets/dataset.h"

#include "datasets/aime.h"
#include "datasets/competition.h"
#include "datasets/world.h"

#include <string.h>

static enum err_code load_jsonl(const struct dataset *d, const struct config *c,
    struct arena *arena, struct item_list *ret, struct err *err)
{
    struct dataset_input in;

    if (dataset_input(d, c, arena, &in, err))
        return err->code;
    return item_read_jsonl(in.path, d->name, &in.columns, c->skip_bad, arena, ret, err);
}

static enum err_code load_world(const struct dataset *d, const struct config *c,
    struct arena *arena, struct item_list *ret, struct err *err)
{
    struct world_library *lib;
    struct world_options options = {
        .world = str_c(d->name + strlen("worlds/")),
        .level = c->world_level,
        .instances = (int)c->world_instances,
        .queries = (int)c->world_queries,
        .seed = (uint64_t)c->seed,
    };

    if (world_library_load(&lib, err))
        return err_wrap(err, "%s", d->name);
    enum err_code code = world_items(lib, &options, arena, ret, err);
    world_library_free(lib);
    return code;
}

static enum err_code load_competition(const struct dataset *d, const struct config *c,
    struct arena *arena, struct item_list *ret, struct err *err)
{
    struct competition_library lib;

    if (competition_load(&lib, err))
        return err_wrap(err, "%s", d->name);
    enum err_code code =
        competition_items(&lib, (int)c->world_instances, (uint64_t)c->seed, arena, ret, err);
    competition_release(&lib);
    return code;
}

/* A task is answered by files of a repository, which somebody must look into. */
static enum err_code load_swe(const struct dataset *d, const struct config *c, struct arena *arena,
    struct item_list *ret, struct err *err)
{
    (void)c, (void)arena, (void)ret;
    return err_set(err, ERR_USAGE,
        "%s needs the agent, which this version does not have. `sleepbench data generate %s --rows "
        "FILE --stats` checks and describes its tasks",
        d->name, d->name);
}

static const struct dataset competition = {"competition",
    "our own competition-style problems, answers from 0 to 999", false, load_competition};
static const struct dataset gsm_main = {
    "gsm-symbolic-main", "GSM-Symbolic as it is (Apple's rows)", true, load_jsonl};
static const struct dataset gsm_p1 = {"gsm-symbolic-p1",
    "GSM-Symbolic with one more clause (Apple's rows or the released stateful form)", true,
    load_jsonl};
static const struct dataset gsm_p2 = {"gsm-symbolic-p2",
    "GSM-Symbolic with two more clauses (Apple's rows or the released stateful form)", true,
    load_jsonl};
static const struct dataset jsonl = {
    "jsonl", "any JSON lines file with question and answer columns", true, load_jsonl};
static const struct dataset swe = {"swe-features",
    "pull requests that add features; asked by the agent, which is not there yet", true, load_swe};
static const struct dataset world_empty = {"worlds/empty",
    "our own problems, everything in the query: nothing to sleep on", false, load_world};
static const struct dataset world_null = {"worlds/null",
    "our own problems, asked without regard to what a sleeper expects", false, load_world};
static const struct dataset world_paper = {
    "worlds/paper-like", "our own problems, partly predictable questions", false, load_world};

const struct dataset *const dataset_all[] = {&aime_both, &aime_2024, &aime_2025, &competition,
    &gsm_main, &gsm_p1, &gsm_p2, &jsonl, &swe, &world_empty, &world_null, &world_paper, NULL};

const struct dataset *dataset_find(struct str name)
{
    for (size_t i = 0; dataset_all[i]; i++)
        if (str_eqc(name, dataset_all[i]->name))
            return dataset_all[i];
    return NULL;
}

bool dataset_is_rows(const struct dataset *d)
{
    return d->load == load_jsonl;
}

bool dataset_takes_overrides(const struct dataset *d)
{
    return d == &aime_both || d == &aime_2024 || d == &aime_2025;
}
