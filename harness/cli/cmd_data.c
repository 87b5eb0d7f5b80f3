/* cmd_data.c - `sleepbench data ACTION`: finds the action's row and hands over. */
#include "harness/cli/cmd_data.h"

#include "harness/base/file.h"
#include "harness/cli/commands.h"

#include <stdio.h>
#include <string.h>

static const struct command *const actions[] = {
    &data_list, &data_fetch, &data_verify, &data_show, &data_stats, &data_generate, NULL};

/* "data generate" is chosen by its last word. */
static const char *last_word(const char *name)
{
    const char *blank = strrchr(name, ' ');

    return blank ? blank + 1 : name;
}

static void print_rows(const struct command *parent, const struct command *const *table)
{
    printf("usage: sleepbench %s %s\n\n%s\n\n", parent->name, parent->args, parent->help);
    for (size_t i = 0; table[i]; i++)
        printf("  %-18s %s\n", last_word(table[i]->name), table[i]->help);
    printf("\n`sleepbench %s NAME --help` tells more.\n", parent->name);
}

enum err_code data_write(const char *path, struct str text, struct err *err)
{
    if (strcmp(path, "-") != 0)
        return file_write(path, text, err);
    if (fwrite(text.p, 1, text.n, stdout) != text.n || fflush(stdout) != 0)
        return err_set(err, ERR_IO, "cannot write to standard output");
    return OK;
}

enum err_code data_dispatch(const struct command *parent, const struct command *const *table,
    int argc, char **argv, struct err *err)
{
    if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        print_rows(parent, table);
        return OK;
    }
    for (size_t i = 0; table[i]; i++)
        if (strcmp(argv[1], last_word(table[i]->name)) == 0)
            return table[i]->run(argc - 1, argv + 1, err);
    return err_set(err, ERR_USAGE, "\"%s\" is no choice here: `sleepbench %s --help` lists them",
        argv[1], parent->name);
}

static enum err_code run(int argc, char **argv, struct err *err)
{
    return data_dispatch(&cmd_data, actions, argc, argv, err);
}

const struct command cmd_data = {
    "data", "ACTION ...", "get, check, describe and make data sets", run, false};
