/* cmd_data.c - `sleepbench data ACTION`: finds the action's row and hands over. */
#include "harness/cli/commands.h"
#include "harness/cli/cmd_data.h"

#include <stdio.h>
#include <string.h>

static const struct command *const actions[] = {&data_generate, NULL};

static void print_actions(const struct command *parent, const struct command *const *table)
{
    printf("usage: sleepbench %s\n\n%s\n\n", parent->args, parent->help);
    for (size_t i = 0; table[i]; i++)
        printf("  %-16s %s\n", table[i]->name, table[i]->help);
    printf("\n`sleepbench %.*sNAME --help` tells more.\n", (int)strcspn(parent->args, "AN"),
        parent->args)
}

enum err_code data_dispatch(const struct command *parent, const struct command *const *table,
    int argc, char **argv, struct err *err)
{
    if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        print_actions(parent, table);
        return OK;
    }
    for (size_t i = 0; table[i]; i++)
        if (strcmp(argv[1], table[i]->name) == 0)
            return table[i]->run(argc - 1, argv + 1, err);
    return err_set(err, ERR_USAGE, "\"%s\" is no choice here: `sleepbench %s --help` lists them",
        argv[1], parent->name);
}

static enum err_code run(int argc, char **argv, struct err *err)
{
    return data_dispatch(&cmd_data, actions, argc, argv, err);
}

const struct command cmd_data = {
    "data", "data ACTION ...", "get, check, describe and make data sets", run, false};
