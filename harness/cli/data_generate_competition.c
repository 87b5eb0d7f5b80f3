/* data_generate_competition.c - `sleepbench data generate competition`: problems of our own. */
#include "datasets/competition.h"
#include "harness/cli/cmd_data.h"

#include <inttypes.h>
#include <stdio.h>

enum { MOST_INSTANCES = 10000 };

struct request {
    const char *out;
    int64_t instances, seed;
};

static enum err_code check(const struct request *r, struct err *err)
{
    if (r->instances < 1 || r->instances > MOST_INSTANCES)
        return err_set(err, ERR_USAGE, "--instances %" PRId64 ": from 1 to %d", r->instances,
            (int)MOST_INSTANCES);
    if (!r->out[0])
        return err_set(err, ERR_USAGE, "--out needs the name of a file, or - for standard output");
    return OK;
}

static enum err_code generate(const struct request *r, struct err *err)
{
    struct competition_library lib;
    struct item_list items = {0};
    struct arena arena = {0};
    struct buf text = BUF_INIT;
    enum err_code code = check(r, err);

    if (code || (code = competition_load(&lib, err)))
        return code;
    code = competition_items(&lib, (int)r->instances, (uint64_t)r->seed, &arena, &items, err);
    for (size_t i = 0; !code && i < items.n; i++)
        competition_row_write(&items.v[i], &text);
    if (!code)
        code = data_write(r->out, buf_str(&text), err);
    if (!code)
        fprintf(stderr, "%zu problems of %zu kinds, seed %" PRId64 "\n", items.n, lib.n, r->seed);
    buf_release(&text);
    item_list_release(&items);
    arena_release(&arena);
    competition_release(&lib);
    return code;
}

static enum err_code run(int argc, char **argv, struct err *err)
{
    struct request r = {.out = "-", .instances = 10, .seed = 1};
    const struct option options[] = {
        {"--instances", OPTION_INT, &r.instances, "N", "drawings of each problem (10)"},
        {"--seed", OPTION_INT, &r.seed, "S", "same seed, same problems (1)"},
        {"--out", OPTION_STR, &r.out, "FILE", "where to write; - (default) is standard output"},
    };
    size_t nargs;

    if (cli_wants_help(argc, argv, &data_generate_competition, options, ARRAY_LEN(options)))
        return OK;
    enum err_code code =
        option_parse(argc, argv, options, ARRAY_LEN(options), NULL, 0, &nargs, err);
    return code ? code : generate(&r, err);
}

const struct command data_generate_competition = {"data generate competition", "[options]",
    "competition-style problems with answers from 0 to 999", run, false};
