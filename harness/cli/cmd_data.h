/*
 * cmd_data.h - the actions of `sleepbench data`: list, fetch, verify, show, stats, generate.
 *
 * Each is a file of its own, data_NAME.c, and a line in cmd_data.c; each kind of thing that
 * `data generate` makes is a file data_generate_NAME.c and a line in data_generate.c.
 */
#ifndef HARNESS_CLI_CMD_DATA_H
#define HARNESS_CLI_CMD_DATA_H

#include "harness/cli/cli.h"

/* Rows of these tables are commands too. Their names are whole ("data generate worlds"): the last
 * word chooses, and argv[0] is that word. */
extern const struct command data_list, data_fetch, data_verify, data_show, data_stats,
    data_generate;

extern const struct command data_generate_competition, data_generate_gsm, data_generate_multi,
    data_generate_empty, data_generate_null, data_generate_paper, data_generate_swe;

extern const struct command *const data_generator_all[]; /* sorted by name, NULL-terminated */

/* Writes a whole file, or to standard output if path is "-". */
MUST_CHECK enum err_code data_write(const char *path, struct str text, struct err *err);

struct data_file {
    const char *path; /* NULL = not wanted, "-" = standard output */
    struct str text;
};
/* Writes several, at most DATA_FILES_MAX: all that can fail by a name or a full disk is tried
 * before the first gets its name. ERR_USAGE if two are one file. */
enum { DATA_FILES_MAX = 4 };
MUST_CHECK enum err_code data_write_all(const struct data_file *files, size_t n, struct err *err);
/* ERR_USAGE if a name is empty or two name one file, before the work is done. */
MUST_CHECK enum err_code data_check_files(const struct data_file *files, size_t n, struct err *err);

/* `data stats` of a data set whose rows are pull requests; see data_stats_swe.c. */
#define data_swe_name "swe-features"
struct split_source;
MUST_CHECK enum err_code data_stats_swe(
    const struct split_source *source, bool json, struct err *err);

/* Runs the row of `table` that argv[1] names, or prints the table as help of `parent`. */
MUST_CHECK enum err_code data_dispatch(const struct command *parent,
    const struct command *const *table, int argc, char **argv, struct err *err);

#endif
