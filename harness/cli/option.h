/*
 * option.h - command-line options by table: parsing and help from the same rows.
 */
#ifndef HARNESS_CLI_OPTION_H
#define HARNESS_CLI_OPTION_H

#include "harness/base/arena.h"
#include "harness/base/buf.h"
#include "harness/base/err.h"

enum option_type {
    OPTION_FLAG, /* bool */
    OPTION_STR,  /* const char * */
    OPTION_INT,  /* int64_t */
    OPTION_LIST, /* struct option_list: may be given several times */
};

enum { OPTION_LIST_MAX = 64 };

struct option_list {
    const char *v[OPTION_LIST_MAX];
    size_t n;
};

struct option {
    const char *name; /* "--set" */
    enum option_type type;
    void *to;
    const char *value; /* what the value is called in help, NULL for flags */
    const char *help;
};

/* Parses argv[1..argc): options in any place, "--name value" or "--name=value", "--" ends them.
 * What is no option goes to args (at most max_args). An unknown option is ERR_USAGE with the
 * nearest. */
MUST_CHECK enum err_code option_parse(int argc, char **argv, const struct option *options, size_t n,
    const char **args, size_t max_args, size_t *ret_nargs, struct err *err);
/* KEY="VALUE" as --set takes it: a value that looks like a number stays a text. */
const char *option_text(struct arena *arena, const char *key, const char *value);
void option_help(const struct option *options, size_t n, struct buf *out);

#endif
