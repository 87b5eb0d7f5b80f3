/* commands.h - every command's row; see cli.h. */
#ifndef HARNESS_CLI_COMMANDS_H
#define HARNESS_CLI_COMMANDS_H

#include "harness/cli/cli.h"

extern const struct command cmd_demo, cmd_data, cmd_split, cmd_plan, cmd_run, cmd_status, cmd_grade,
    cmd_report, cmd_export, cmd_phantom, cmd_prices, cmd_models, cmd_replay, cmd_probe;

#endif
