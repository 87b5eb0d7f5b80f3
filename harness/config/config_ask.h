/*
 * config_ask.h - what a configuration asks of its models against what their endpoints take.
 *
 * Servers ignore or reject what they do not know; a run finds out before its first call. Known is
 * what the traits say (models.h); where they say nothing, nothing is refused.
 */
#ifndef HARNESS_CONFIG_CONFIG_ASK_H
#define HARNESS_CONFIG_CONFIG_ASK_H

#include "harness/config/config.h"

/* ERR_USAGE names the model, what it does not take, and what to write instead. */
MUST_CHECK enum err_code config_ask_check(const struct config *c, struct err *err);

/* A line on what requests will not hold because an endpoint has no member for it; nothing if there
 * is no such thing. */
void config_ask_unsent(const struct config *c, struct buf *out);

#endif
