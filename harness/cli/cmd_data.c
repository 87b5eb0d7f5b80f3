/* cmd_data.c - `sleepbench data ACTION`: finds the action's row and hands over. */
#include "harness/cli/cmd_data.h"

#include "harness/base/file.h"
#include "harness/base/outfile.h"
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

static bool is_stdout(const char *path)
{
    return strcmp(path, "-") == 0;
}

enum err_code data_check_files(const struct data_file *files, size_t n, struct err *err)
{
    for (size_t i = 0; i < n; i++) {
        if (files[i].path && !files[i].path[0])
            return err_set(
                err, ERR_USAGE, "an output needs the name of a file, or - for standard output");
        for (size_t k = 0; k < i; k++)
            if (files[i].path && files[k].path && file_is_same(files[i].path, files[k].path))
                return err_set(err, ERR_USAGE,
                    "%s cannot be two outputs: name another file for one",
                    is_stdout(files[i].path) ? "standard output" : files[i].path);
    }
    return OK;
}

static enum err_code write_stdout(struct str text, struct err *err)
{
    if (fwrite(text.p, 1, text.n, stdout) != text.n || fflush(stdout) != 0)
        return err_set(err, ERR_IO, "cannot write to standard output");
    return OK;
}

enum err_code data_write_all(const struct data_file *files, size_t n, struct err *err)
{
    struct outfile *out[DATA_FILES_MAX] = {NULL};
    enum err_code code = data_check_files(files, n, err);

    for (size_t i = 0; i < n && !code; i++) {
        if (!files[i].path || is_stdout(files[i].path))
            continue;
        code = outfile_open(files[i].path, &out[i], err);
        if (!code)
            outfile_write(out[i], files[i].text);
    }
    for (size_t i = 0; i < n && !code; i++)
        if (files[i].path)
            code = out[i] ? outfile_commit(out[i], err) : write_stdout(files[i].text, err);
    for (size_t i = 0; i < n; i++)
        outfile_free(out[i]);
    return code;
}

enum err_code data_write(const char *path, struct str text, struct err *err)
{
    const struct data_file file = {path, text};

    return data_write_all(&file, 1, err);
}

/* The row that was perhaps meant: one that begins so, or is few letters away; NULL = none. */
static const char *nearest(struct str name, const struct command *const *table)
{
    const char *ret = NULL;
    size_t best = 1 + name.n / 2;

    for (size_t i = 0; table[i]; i++) {
        struct str row = str_c(last_word(table[i]->name));
        size_t distance = name.n && str_starts(row, name) ? 0 : str_distance(name, row);
        if (distance < best) {
            best = distance;
            ret = row.p;
        }
    }
    return ret;
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
    const char *near = nearest(str_c(argv[1]), table);
    return err_set(err, ERR_USAGE,
        "\"%s\" is no choice here%s%s%s `sleepbench %s --help` lists them", argv[1],
        near ? "; did you mean \"" : ":", near ? near : "", near ? "\"?" : "", parent->name);
}

static enum err_code run(int argc, char **argv, struct err *err)
{
    return data_dispatch(&cmd_data, actions, argc, argv, err);
}

const struct command cmd_data = {
    "data", "ACTION ...", "get, check, describe and make data sets", run, false};
