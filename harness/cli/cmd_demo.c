#include "harness/cli/commands.h"
#include "harness/cli/job.h"
static enum err_code run(int argc, char **argv, struct err *err)
{
    (void)argc;(void)argv;(void)err;
    return OK;
}
const struct command cmd_demo = {"demo", "[options]", "the core experiment on the embedded model", run, false};
