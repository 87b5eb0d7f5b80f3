/* cmd_phantom.c - `sleepbench phantom`: the embedded model as a server of its own. */
#include "harness/cli/commands.h"
#include "harness/phantom/phantom.h"

#include <stdio.h>

static enum err_code run(int argc, char **argv, struct err *err)
{
    struct phantom_options o = {.ready_fd = -1, .life_fd = -1};
    int64_t port = 0, threads = 0, ready = -1, life = -1;
    const struct option options[] = {
        {"--host", OPTION_STR, &o.host, "ADDRESS", "address to listen on (default 127.0.0.1)"},
        {"--port", OPTION_INT, &port, "N", "port to listen on (default: a free one)"},
        {"--threads", OPTION_INT, &threads, "N", "worker threads (default 2)"},
        {"--ledger", OPTION_STR, &o.ledger, "FILE", "append one line a completed request"},
        {"--library", OPTION_STR, &o.library, "DIR", "problem templates to know"},
        {"--params", OPTION_STR, &o.params, "FILE", "parameters instead of the built-in ones"},
        {"--ignore-budgets", OPTION_FLAG, &o.ignore_budgets, NULL,
            "take max_completion_tokens and thinking budgets, and do nothing about them"},
        {"--faults", OPTION_STR, &o.faults, "NAME:PERCENT,...", "go wrong on purpose"},
        {"--batch-polls", OPTION_INT, &o.batch_polls, "N", "polls before a batch is done (2)"},
        {"--batch-ms", OPTION_INT, &o.batch_ms, "MS", "age before a batch is done (0)"},
        {"--background-polls", OPTION_INT, &o.background_polls, "N",
            "polls before a response in the background is done (2)"},
        {"--ready-fd", OPTION_INT, &ready, "N", "write the port to this file descriptor"},
        {"--life-fd", OPTION_INT, &life, "N", "stop at the end of this file descriptor"},
    };
    size_t nargs;

    if (cli_wants_help(argc, argv, &cmd_phantom, options, ARRAY_LEN(options)))
        return OK;
    if (option_parse(argc, argv, options, ARRAY_LEN(options), NULL, 0, &nargs, err))
        return err->code;
    if (port < 0 || port > 65535)
        return err_set(err, ERR_USAGE, "--port is %lld, outside 0 to 65535", (long long)port);
    if (threads < 0 || threads > 64)
        return err_set(err, ERR_USAGE, "--threads is %lld, outside 1 to 64", (long long)threads);
    if (o.batch_polls < 0 || o.batch_polls > 1000 || o.batch_ms < 0 || o.batch_ms > 86400000)
        return err_set(
            err, ERR_USAGE, "--batch-polls must be 0 to 1000 and --batch-ms 0 to 86400000");
    if (o.background_polls < 0 || o.background_polls > 100000)
        return err_set(err, ERR_USAGE, "--background-polls must be 0 to 100000");
    o.port = (int)port;
    o.threads = (int)threads;
    o.ready_fd = ready >= 0 ? (int)ready : 1; /* a person reads the port on standard output */
    o.life_fd = (int)life;
    return phantom_serve(&o, err);
}

const struct command cmd_phantom = {
    "phantom", "[options]", "serve the embedded model on loopback", run, false};
