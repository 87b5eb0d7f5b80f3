/*
 * cmd_split.h - what `sleepbench split` shares with the commands beside it.
 */
#ifndef HARNESS_CLI_CMD_SPLIT_H
#define HARNESS_CLI_CMD_SPLIT_H

#include "datasets/dataset.h"
#include "harness/cli/cli.h"

extern const struct command split_check_command; /* `split check FILE` */

/* A dataset chosen on the command line: the keys of a configuration that say where items come from.
 */
struct split_source {
    const char *dataset, *input, *columns; /* NULL: not given */
    const char *split, *tail;              /* NULL: the default */
    bool skip_bad;
    struct option_list sets; /* KEY=VALUE of further keys */
};

/* The configuration that `source` comes to, checked, and the dataset it names; *ret_d is NULL for
 * "splits". "gsm-symbolic" stands for gsm-symbolic-p2: both are read alike. */
MUST_CHECK enum err_code split_source_load(const struct split_source *source, struct arena *arena,
    struct config *ret, const struct dataset **ret_d, struct err *err);

#endif
