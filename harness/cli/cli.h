/*
 * cli.h - the commands: each parses, calls and prints; nothing else in the tree prints.
 *
 * Adding one: a file cmd_NAME.c with a struct command, and one line in cli.c.
 */
#ifndef HARNESS_CLI_CLI_H
#define HARNESS_CLI_CLI_H

#include "harness/cli/option.h"

struct command {
    const char *name;
    const char *args; /* "CONFIG [options]" */
    const char *help; /* one line */
    MUST_CHECK enum err_code (*run)(int argc, char **argv, struct err *err);
    bool hidden;
};

extern const struct command *const command_all[]; /* in the order of a first use, NULL-terminated */

int cli_main(int argc, char **argv);

/* True if argv asks for help: prints usage of the command with its options. */
bool cli_wants_help(
    int argc, char **argv, const struct command *c, const struct option *options, size_t n);
/* Prints text to stdout with terminal escapes made harmless. */
void cli_print(struct str text);
void cli_print_aside(struct str text); /* the same to stderr: what goes along with a result */
/* One line on stderr, "sleepbench: ...". */
PRINTF_LIKE(1, 2) void cli_warn(const char *fmt, ...);
/* The first 20 of n warnings, a line each, and how many are left. */
void cli_warn_lines(struct str lines, size_t n);

#endif
