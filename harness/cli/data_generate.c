/* data_generate.c - `sleepbench data generate NAME`: fresh problems, one file a kind. */
#include "harness/cli/cmd_data.h"

#include <stddef.h>

const struct command *const data_generator_all[] = {&data_generate_competition, &data_generate_gsm,
    &data_generate_multi, &data_generate_swe, &data_generate_empty, &data_generate_null,
    &data_generate_paper, NULL};

static enum err_code run(int argc, char **argv, struct err *err)
{
    return data_dispatch(&data_generate, data_generator_all, argc, argv, err);
}

const struct command data_generate = {
    "data generate", "NAME ...", "make fresh problems that no model has seen", run, false};
