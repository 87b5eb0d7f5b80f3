/*
 * conform_rule.h - what a strict server asks of a request before it answers.
 *
 * Rules are words: "chat", "messages" and "responses" hold the turns of a body against that wire
 * format: roles in order, a result for every call of a turn before any other turn, arguments that
 * are JSON objects, no id twice in a turn.
 */
#ifndef TESTS_CONFORMANCE_CONFORM_RULE_H
#define TESTS_CONFORMANCE_CONFORM_RULE_H

#include "harness/base/buf.h"

/* `known`: the only members the body may have, separated by blanks; empty = any. False: *ret_why
 * says which rule was broken. */
MUST_CHECK bool conform_rules_kept(
    struct str rules, struct str known, struct str body, struct buf *ret_why);

#endif
