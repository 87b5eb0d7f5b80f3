/*
 * config_budget.h - test_budget and sleep_budget: what a list of levels means under its kind.
 */
#ifndef HARNESS_CONFIG_CONFIG_BUDGET_H
#define HARNESS_CONFIG_CONFIG_BUDGET_H

#include "harness/config/config.h"

/* Gives the numbers of both lists, and of the arms' own, their kind, and fills in what an absent
 * list stands for. ERR_USAGE names the key, what is wrong with it and what to write. */
MUST_CHECK enum err_code config_budget_resolve(
    struct config *c, struct arena *arena, struct err *err);

#endif
