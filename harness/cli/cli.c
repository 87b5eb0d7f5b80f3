/* cli.c - the list of commands, help, version and the exit code. */
#include "harness/cli/cli.h"

#include "datasets/dataset.h"
#include "harness/base/data.h"
#include "harness/base/embedded.h"
#include "harness/base/log.h"
#include "harness/cli/commands.h"
#include "harness/config/config.h"
#include "harness/plan/source.h"
#include "harness/store/store.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char version[] = "0.1.0";

const struct command *const command_all[] = {&cmd_demo, &cmd_data, &cmd_split, &cmd_plan, &cmd_run,
    &cmd_status, &cmd_grade, &cmd_report, &cmd_export, &cmd_phantom, &cmd_prices, &cmd_models,
    &cmd_replay, &cmd_probe, NULL};

/* Reads a character at *i that a terminal may act upon: a control character, C1 (U+0080 to U+009F)
 * among them, or a byte that is no UTF-8, which may be one of these in another encoding. */
static bool take_harmful(struct str s, size_t *i)
{
    size_t start = *i;
    uint32_t cp = str_utf8_next(s, i);

    return cp < 0x20 || (cp >= 0x7F && cp < 0xA0) || (cp == 0xFFFD && *i == start + 1);
}

static void print_to(FILE *to, struct str text)
{
    for (size_t i = 0; i < text.n;) {
        size_t start = i;
        if (!take_harmful(text, &i) || text.p[start] == '\n' || text.p[start] == '\t')
            fwrite(text.p + start, 1, i - start, to);
    }
}

void cli_print(struct str text)
{
    print_to(stdout, text);
}

void cli_print_aside(struct str text)
{
    print_to(stderr, text);
}

void cli_warn(const char *fmt, ...)
{
    char text[1024];
    va_list ap;
    struct buf clean = BUF_INIT;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    secret_redact(&clean, str_c(text));
    for (size_t i = 0; i < clean.n;) {
        size_t start = i;
        if (take_harmful(buf_str(&clean), &i))
            memset(clean.p + start, ' ', i - start);
    }
    fprintf(stderr, "sleepbench: %s\n", buf_cstr(&clean));
    buf_release(&clean);
}

void cli_warn_lines(struct str lines, size_t n)
{
    enum { MOST = 20 };
    struct str line;
    size_t shown = 0;

    for (; shown < n && shown < MOST && str_cut(&lines, '\n', &line); shown++)
        cli_warn("%.*s", STR_ARG(line));
    if (n > shown)
        cli_warn(".. and %zu more like these", n - shown);
}

bool cli_wants_help(
    int argc, char **argv, const struct command *c, const struct option *options, size_t n)
{
    struct buf text = BUF_INIT;

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--") == 0)
            break;
        if (strcmp(argv[i], "--help") != 0 && strcmp(argv[i], "-h") != 0)
            continue;
        buf_printf(&text, "usage: sleepbench %s %s\n\n%s\n\n", c->name, c->args, c->help);
        option_help(options, n, &text);
        cli_print(buf_str(&text));
        buf_release(&text);
        return true;
    }
    return false;
}

static void print_version(void)
{
    printf(
        "sleepbench %s (git %s, store schema %d)\n", version, build_revision, STORE_SCHEMA_VERSION);
}

static void print_help(void)
{
    printf("sleepbench measures when to spend a language model's inference compute.\n\n"
           "usage: sleepbench [--data-dir DIR] COMMAND ...\n\n");
    for (size_t i = 0; command_all[i]; i++)
        if (!command_all[i]->hidden)
            printf("  %-10s %s\n", command_all[i]->name, command_all[i]->help);
    printf("\n  help config      every configuration key\n"
           "  help datasets    every dataset name\n"
           "  help schema      JSON Schema of the configuration\n"
           "  COMMAND --help   one command\n\n"
           "exit codes: 0 done, 1 failed, 2 wrong use or configuration, 3 gate says worse,\n"
           "            4 stopped early, the same command goes on\n");
}

static enum err_code help_topic(const char *topic, struct err *err)
{
    struct buf text = BUF_INIT;

    if (strcmp(topic, "config") == 0)
        field_help(&config_table, &text);
    else if (strcmp(topic, "datasets") == 0)
        source_help(&text);
    else if (strcmp(topic, "schema") == 0)
        field_schema(&config_table, &text);
    else
        return err_set(err, ERR_USAGE, "no help on \"%s\": config, datasets or schema", topic);
    cli_print(buf_str(&text));
    buf_release(&text);
    return OK;
}

static enum err_code unknown_command(const char *name, struct err *err)
{
    const char *nearest = NULL;
    size_t best = 4;

    for (size_t i = 0; command_all[i]; i++) {
        size_t d = str_distance(str_c(name), str_c(command_all[i]->name));
        if (d < best) {
            best = d;
            nearest = command_all[i]->name;
        }
    }
    if (nearest)
        return err_set(err, ERR_USAGE, "no command \"%s\"; did you mean \"%s\"?", name, nearest);
    return err_set(err, ERR_USAGE, "no command \"%s\"; `sleepbench --help` lists them", name);
}

static enum err_code dispatch(int argc, char **argv, struct err *err)
{
    for (size_t i = 0; command_all[i]; i++)
        if (strcmp(argv[0], command_all[i]->name) == 0)
            return command_all[i]->run(argc, argv, err);
    return unknown_command(argv[0], err);
}

static enum err_code run(int argc, char **argv, struct err *err)
{
    int i = 1;

    if (i + 1 < argc && strcmp(argv[i], "--data-dir") == 0) {
        data_override(argv[i + 1]);
        i += 2;
    }
    if (i >= argc || strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0 ||
        (strcmp(argv[i], "help") == 0 && i + 1 >= argc)) {
        print_help();
        return OK;
    }
    if (strcmp(argv[i], "--version") == 0 || strcmp(argv[i], "version") == 0) {
        print_version();
        return OK;
    }
    if (strcmp(argv[i], "help") == 0)
        return help_topic(argv[i + 1], err);
    if (argv[i][0] == '-')
        return err_set(
            err, ERR_USAGE, "unknown option %s; `sleepbench --help` shows the use", argv[i]);
    return dispatch(argc - i, argv + i, err);
}

int cli_main(int argc, char **argv)
{
    struct err err = {0};

    /* where the system cannot tell a program its own file, the phantom's child is found by this */
    if (argc > 0)
        setenv("SLEEPBENCH_ARGV0", argv[0], 0);
    enum err_code code = run(argc, argv, &err);

    bool lost = fflush(stdout) != 0; /* first: what was printed stands before why it ended */

    if (code)
        cli_warn("%s", err.msg);
    if (lost && !code) {
        cli_warn("cannot write to standard output");
        code = ERR_IO;
    }
    return err_exit_code(code);
}
